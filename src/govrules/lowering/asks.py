"""
The questions left of a rule: which facts, once told, settle what is still open.

They stand once, as a tree beside the rule's own: what is asked where a formula holds, of each
record of a list, of the rows of a derived fact. `Asking.rule` says the same by path as formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias, assert_never

import attrs

from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.lower import Lowering, Vars, each_of, fact_read
from govrules.rulebook import ast, derivation, expr
from govrules.rulebook.walk import operands
from govrules.vocabulary import Choices, Records, YesNo


@attrs.frozen(eq=False)
class Residual:
    """The questions that remain where a formula holds."""

    where: ir.Formula
    parts: Parts


@attrs.frozen(eq=False)
class RecordResidual:
    """The questions about each known record of a list, or about an unrecorded one."""

    var: ir.Var
    parts: Parts


@attrs.frozen(eq=False)
class Beneath:
    """
    The questions of an unstated derived fact: row by row until one holds.

    Attributes:
        table: the derived fact.
        rows: what each of its rows asks, where what follows may come to something else.
    """

    table: ir.DerivedTable
    rows: tuple[Parts, ...]

    @property
    def below(self) -> Iterator[Beneath]:
        """The question tables of derived facts of the same record that it reads."""
        waiting: list[Part] = [each for row in self.rows for each in row]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Beneath):
                yield part
            elif isinstance(part, Residual):
                waiting += part.parts


#: A fact that is asked for where it is open; or what leads to such facts.
Part: TypeAlias = ir.FactRead | Residual | RecordResidual | Beneath
Parts: TypeAlias = tuple[Part, ...]
#: What compares something.
_Compares: TypeAlias = expr.Test | expr.Count | expr.Sum | expr.Share
#: What each row of a derived fact comes to where it is read, and what it does otherwise.
_Comes: TypeAlias = tuple[Any, ...]
#: Where each fact is asked for, by its path.
Asks: TypeAlias = dict[str, ir.Formula]


@attrs.frozen(eq=False)
class QuestionPlan:
    """
    The questions of a rule, by fact.

    Attributes:
        scope: where it is open whether it applies.
        requires: where it is open whether what it requires holds.
        grades: where it is open how grave it is: of each grade where it holds, and what it asks; a
            later one counts where none before it holds.
        mitigations: what its mitigations ask, likewise.
    """

    scope: Parts
    requires: Parts
    grades: tuple[tuple[ir.Formula, Parts], ...]
    mitigations: Parts


def question_tables(several: Iterable[Beneath]) -> list[Beneath]:
    """Return the question tables of derived facts, in dependency order."""
    return [*derivation.in_dependency_order(several, lambda each: each.below, lambda _: False)]


def _open(pair: f.DualRail) -> ir.Formula:
    return f.all_of(f.no(pair.true), f.no(pair.false))


def _where(where: ir.Formula, parts: Iterable[Part]) -> Parts:
    """Return what is asked where a formula holds."""
    several = tuple(parts)
    if where is f.TRUE or not several:
        return several
    return () if where is f.FALSE else (Residual(where, several),)


@attrs.frozen(eq=False)
class QuestionCompiler:
    """
    Compiles rules to question plans.

    Args:
        lowering: what lowers them.
    """

    lowering: Lowering
    #: What each derived fact of a record asks, by what its values come to.
    _tables: dict[tuple[str, ir.Var, _Comes], Beneath] = attrs.field(factory=dict, init=False)
    _told: dict[Beneath, Asks] = attrs.field(factory=dict, init=False)

    def of(self, rule: ast.Rule, cls: type) -> QuestionPlan:
        """Return what a rule asks on subjects of a class."""
        top = (ir.subject(cls),)
        scope = [] if rule.applies_when is None else [rule.applies_when]
        scope += [exemption.when for exemption in rule.unless]
        return QuestionPlan(
            scope=self._of_all(scope, top),
            requires=self._residual(rule.requires, top),
            grades=tuple(
                (self.lowering.pair(grade.when, top).true, self._residual(grade.when, top))
                for grade in rule.grades
            ),
            mitigations=self._of_all((mitigation.when for mitigation in rule.mitigated_by), top),
        )

    def rule(self, rule: ast.Rule, cls: type) -> Asks:
        """
        Return by path where a rule asks for each fact it reads and depends on.

        `partners[].role` is that fact of whichever partner.

        Args:
            rule: the rule.

            cls: the class of the subjects.
        """
        asked, judged, found = self.of(rule, cls), self.lowering.rule(rule, cls), Asks()
        unknown = f.all_of(*map(f.no, (judged.not_applicable, judged.clear, judged.flagged)))
        self._tell(asked.scope, f.all_of(unknown, _open(judged.scope)), found)
        self._tell(asked.requires, f.all_of(unknown, _open(judged.requires)), found)
        pairs = combinations(judged.severities.values(), 2)
        open_ = f.all_of(judged.flagged, f.any_of(*(f.all_of(*pair) for pair in pairs)))
        self._tell(asked.mitigations, open_, found)
        for true, parts in asked.grades:
            self._tell(parts, open_, found)
            open_ = f.all_of(open_, f.no(true))
        return found

    # ── The tree ──────────────────────────────────────────────────────────────────────────────

    def _of_all(self, conditions: Iterable[expr.Condition], scopes: Vars) -> Parts:
        return tuple(part for condition in conditions for part in self._residual(condition, scopes))

    def _residual(self, condition: expr.Condition, scopes: Vars) -> Parts:
        """Return the residual of a condition."""
        match condition:
            case expr.Not(item):
                return self._residual(item, scopes)
            case expr.Known():
                return ()
            case expr.All(items) | expr.AnyOf(items):
                parts = self._of_all(items, scopes)
            case expr.Test(ref) if ref.source is expr.FactSource.DERIVED:
                taken = partial(self.lowering.taken, condition, scopes)
                parts = (*self._of_derived(ref, scopes, taken), *self._compared(condition, scopes))
            case expr.Test(ref):
                parts = (*self._of_fact(ref, scopes), *self._compared(condition, scopes))
            case expr.Quantified():
                parts = self._of_records(condition, scopes)
            case _:
                parts = (*self._of_records(condition, scopes), *self._compared(condition, scopes))
        return _where(_open(self.lowering.pair(condition, scopes)), parts)

    def _of_records(self, condition: expr.OnList, scopes: Vars) -> Parts:
        ref = condition.list
        found = self._of_fact(ref, scopes)
        if isinstance(ref.type, Choices):
            return found
        var, unmet = each_of(ref, scopes), each_of(ref, scopes, recorded=False)
        # Of records that nobody recorded yet only what hangs on other facts is asked.
        beside = self._of_all(expr.children(condition), (*scopes, unmet))
        inside = (*scopes, var)
        inner = self._of_all(expr.children(condition), inside)
        inner += tuple(
            part for fact in expr.beside(condition) for part in self._of_fact(fact, inside)
        )
        more = _where(
            f.more(fact_read(ref, scopes)), (RecordResidual(unmet, beside),) if beside else ()
        )
        return (*found, *more, *((RecordResidual(var, inner),) if inner else ()))

    def _compared(self, test: _Compares, scopes: Vars) -> Parts:
        """Return the residual of all operands of a test."""
        predicate = test.predicate
        if not isinstance(predicate, expr.Compare):
            several = operands(predicate)
            return tuple(part for each in several for part in self._of_operand(each, scopes))

        def says(operand: expr.Operand) -> f.DualRail:
            compare = attrs.evolve(predicate, operand=operand)
            return self.lowering.pair(attrs.evolve(test, predicate=compare), scopes)

        found = self._of_operand(predicate.operand, scopes, says)
        return (*found, f.AS_OF_READ) if predicate.op.is_age else found

    def _of_operand(
        self,
        operand: expr.Operand,
        scopes: Vars,
        comes_to: Callable[[expr.Operand], Any] = lambda operand: operand,
    ) -> Parts:
        match operand:
            case expr.FactRef():
                return self._of_fact(operand, scopes)
            case expr.By(selector, cases):
                # Where yes and no choose alike it does not matter which it is.
                alike = isinstance(selector.type, YesNo) and len({one for _, one in cases}) == 1
                chosen = {value: comes_to(each) for value, each in cases}
                found = () if alike else self._of_fact(selector, scopes, chosen.get)
                for value, each in cases:
                    may = self._may_be(selector, value, scopes)
                    found += _where(may, self._of_operand(each, scopes, comes_to))
                return found
            case expr.Literal() | expr.Parameter():
                return ()
            case _:
                assert_never(operand)

    def _may_be(self, ref: expr.FactRef, value: Any, scopes: Vars) -> ir.Formula:  # noqa: ANN401 - a closed value
        """Return where a fact may have a value."""
        if ref.source is expr.FactSource.DERIVED:
            return f.may(self.lowering.table(ref.path, scopes[ref.level]), (value,))
        fact = fact_read(ref, scopes)
        return f.any_of(f.unknown(fact), f.among(fact, frozenset({value})))

    def _of_fact(
        self, ref: expr.FactRef, scopes: Vars, comes_to: Callable[[Any], Any] = lambda value: value
    ) -> Parts:
        if ref.source is expr.FactSource.DERIVED:
            return self._of_derived(ref, scopes, comes_to)
        fact = fact_read(ref, scopes)
        return (fact,) if fact.is_recorded else ()

    def _of_derived(self, ref: expr.FactRef, scopes: Vars, comes_to: Callable[[Any], Any]) -> Parts:
        """Return the residual of a derived fact, of which only distinguished values matter."""
        name, var = ref.path, scopes[ref.level]
        key = name, var, _comes(self.lowering.derived[name], comes_to)
        if key not in self._tables:
            whole = {
                each: (each, var, _comes(of, lambda value: value))
                for each, of in self.lowering.derived.items()
            }
            done = {each for each in whole if whole[each] in self._tables}
            # Those beneath first, so that a long chain of them is not gone down.
            for each in derivation.beneath(name, self.lowering.derived, done):
                self._made(*whole[each])
            if key not in self._tables:
                self._made(*key)
        found = self._tables[key]
        return (found,) if any(found.rows) else ()

    def _made(self, name: str, var: ir.Var, comes: _Comes) -> None:
        table, derived = self.lowering.table(name, var), self.lowering.derived[name]
        matters = _matters(table, comes)
        rows = (
            _where(where, self._residual(row.when, (var,)))
            for row, where in zip(derived.rows, matters, strict=True)
        )
        self._tables[name, var, comes] = Beneath(table, tuple(rows))

    # ── By path ───────────────────────────────────────────────────────────────────────────────

    def _tell(self, parts: Parts, where: ir.Formula, into: Asks) -> None:
        """Collect where each fact is asked for."""
        for part in parts:
            found: Mapping[str, ir.Formula] = {}
            match part:
                case ir.FactRead():
                    whole = isinstance(part.type, Records | Choices)
                    found = {part.full_path: f.more(part) if whole else f.unknown(part)}
                case Residual(inner, its):
                    self._tell(its, f.all_of(where, inner), into)
                case RecordResidual(var, its):
                    found = below = Asks()
                    self._tell(its, f.TRUE, below)
                    if var.recorded:
                        found = {path: f.exists(var, asked) for path, asked in below.items()}
                case Beneath():
                    found = self._of_rows(part)
                case _:
                    assert_never(part)
            for path, asked in found.items():
                into[path] = f.any_of(into.get(path, f.FALSE), f.all_of(where, asked))

    def _of_rows(self, beneath_: Beneath) -> Asks:
        """Return by fact where a derived fact asks for it, each as a table."""
        for each in question_tables([beneath_]) if beneath_ not in self._told else ():
            found, held = Asks(), each.table
            reached = f.TRUE if held.stated is None else f.unknown(held.stated)
            for parts, (true, _, _) in zip(each.rows, held.rows, strict=False):
                self._tell(parts, reached, found)
                reached = f.all_of(reached, f.no(true))
            self._told[each] = {path: _named(path, asked, each) for path, asked in found.items()}
        return self._told[beneath_]


def _comes(derived: ast.Derived, comes_to: Callable[[Any], Any]) -> _Comes:
    return tuple(map(comes_to, (*(row.value for row in derived.rows), derived.otherwise)))


def _matters(table: ir.DerivedTable, comes: _Comes) -> list[ir.Formula]:
    """Return for each row of a derived fact where later rows may change the result."""
    # Where all that follows certainly comes to the same as each.
    alike = {each: _same(each, comes[-1], table.var) for each in comes}
    found = []
    for (true, false, _), own in zip(reversed(table.rows), reversed(comes[:-1]), strict=True):
        found.append(f.no(alike[own]))
        for each, so in alike.items():
            same = _same(each, own, table.var)
            alike[each] = f.both(f.either(false, same), f.either(true, so))
    return found[::-1]


def _same(one: Any, other: Any, var: ir.Var) -> ir.Formula:  # noqa: ANN401 - whatever values come to
    """Return where two values are certainly equal, as far as a record tells."""
    if one == other:
        return f.TRUE
    if not (isinstance(one, f.DualRail) and isinstance(other, f.DualRail)):
        return f.FALSE
    same = f.either(f.both(one.true, other.true), f.both(one.false, other.false))
    return same if all(each.depth <= var.depth for each in same.about) else f.FALSE


def _named(path: str, formula: ir.Formula, beneath_: Beneath) -> ir.Formula:
    """Return a formula as a table of its own, so that chains do not grow."""
    of = beneath_.table
    name = f"{of.name} in {len(beneath_.rows)} rows asks {path}"
    rows = [(f.DualRail(formula, f.no(formula)), True)]
    return f.may(f.table(name, of.var, rows, otherwise=False, stated=None, fact=of.fact), (True,))
