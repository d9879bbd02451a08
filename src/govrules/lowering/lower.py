"""
Rules lowered to formulas: every desugaring of the rule format, once.

What `by`, `between`, one of, derived facts, `includes`, some, every and none, counts, sums, shares
and ages mean is spelled out here. The specification is `govrules.engines.reference`; the two share
the tree and nothing that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, assert_never

import attrs

from govrules.frozen import Identical
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.formulas import agreed, conjunction, disjunction
from govrules.lowering.judged import Judged, RuleSplit, Split, Tree, judged_of
from govrules.rulebook import ast, expr
from govrules.rulebook.ast import rule_conditions
from govrules.rulebook.derivation import beneath, memoised, splits
from govrules.rulebook.walk import derived_read
from govrules.vocabulary import (
    PER_CENT,
    Choice,
    Choices,
    FactType,
    Records,
    YesNo,
    is_past,
    vocabulary_of,
)

#: The records in sight, the subject first.
Vars: TypeAlias = tuple[ir.Var, ...]
#: Values that derived facts of the subject are taken to have, each with the fact's name.
Taken: TypeAlias = frozenset[tuple[str, Any]]


class Value(NamedTuple):
    """
    The alternatives of a single value or a set.

    Attributes:
        unknown: where it is not known; of a set, where it may have more members.
        none: where it is known to be none.
        term: what it is otherwise: a fact or a constant.
    """

    unknown: ir.Formula
    none: ir.Formula
    term: Any = None


class Range(NamedTuple):
    """
    The bounds of a number, as quotients.

    Attributes:
        least: the least.
        most: the greatest.
        unlimited: where it has no greatest.
        least_of: what the least is parted among; above nought.
        most_of: what the greatest is parted among; above nought.
    """

    least: ir.Num
    most: ir.Num
    unlimited: ir.Formula = f.FALSE
    least_of: ir.Num = f.ONE
    most_of: ir.Num = f.ONE


#: For how many rulebooks lowered rules are kept, and of each how many.
_MOST_RULES: Final = 1024
_NOTHING: Final = Value(f.FALSE, f.TRUE)
#: All that something may be, each with where it may.
Alternatives: TypeAlias = list[tuple[ir.Formula, Any]]
_Test: TypeAlias = Callable[[expr.Op, Value], f.DualRail]
_CERTAIN: Final = f.DualRail(f.TRUE, f.FALSE)


def fact_read(ref: expr.FactRef, scopes: Vars) -> ir.FactRead:
    """Return a fact of the records in sight, as it is read."""
    if ref.source is expr.FactSource.AS_OF:
        return f.AS_OF_READ
    return ir.read(scopes[ref.level], ref.path, ref.source, ref.fact)


def each_of(ref: expr.FactRef, scopes: Vars, *, recorded: bool = True) -> ir.Var:
    """Return the variable of a list's known records, or of an unrecorded one."""
    depth = max(scope.depth for scope in scopes) + 1
    return ir.records_of_list(fact_read(ref, scopes), depth, recorded=recorded)


class Lowering:
    """
    Lowers the rules of one rulebook.

    Args:
        derived: its derived facts by name, each after those that it reads.
    """

    def __init__(self, derived: Mapping[str, ast.Derived]) -> None:
        self.derived = derived
        self._tables: dict[tuple[str, ir.Var, Taken], ir.DerivedTable] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._rules = lru_cache(maxsize=_MOST_RULES)(self._rule)

    # ── Rules ─────────────────────────────────────────────────────────────────────────────────

    def rule(self, rule: ast.Rule, cls: type) -> Judged:
        """Return a rule on subjects of a class as formulas; kept for those who ask next."""
        return self._rules(Identical((rule, cls)))

    def _rule(self, only: Identical) -> Judged:
        rule, cls = only
        top = (ir.subject(cls),)
        conditions = [*rule_conditions(rule)]
        hang_on = {id(each): self.hang_on(derived_read([each])) for each in conditions}
        pairs: dict[tuple[int, Taken], f.DualRail] = {}
        parts: dict[tuple[f.DualRail, ...], RuleSplit] = {}

        def pair(condition: expr.Condition, taken: Taken) -> f.DualRail:
            # What is alike for several values of derived facts is made once.
            own = hang_on[id(condition)]
            key = id(condition), frozenset(each for each in taken if each[0] in own)
            if key not in pairs:
                pairs[key] = self.pair(condition, top, key[1])
            return pairs[key]

        def tree(names: tuple[str, ...], taken: Taken) -> Tree:
            """Return a result for each joint value of derived facts, as a decision tree."""
            if not names:
                found = tuple(pair(each, taken) for each in conditions)
                return parts.get(found) or parts.setdefault(found, _part(rule, found))
            held = self.table(names[0], top[0], taken)
            below = [tree(names[1:], taken | {(names[0], value)}) for value in held.may]
            if all(each is below[0] for each in below):
                return below[0]
            may = (f.may(held, (value,)) for value in held.may)
            return ir.once(Split, tuple(zip(may, below, strict=True)))

        return judged_of(tree(splits(rule, self.derived), frozenset()), len(rule.mitigated_by))

    def condition(self, condition: expr.Condition, cls: type) -> f.DualRail:
        """Return a condition on subjects of a class as formulas."""
        return self.pair(condition, (ir.subject(cls),))

    def pair(
        self, condition: expr.Condition, scopes: Vars, taken: Taken = frozenset()
    ) -> f.DualRail:
        """Return a condition on the records in sight as formulas."""
        return _Scoped(self, scopes, taken).pair(condition)

    def taken(self, test: expr.Test, scopes: Vars, value: Any) -> f.DualRail:  # noqa: ANN401 - any value
        """Return a test of a fact, taken to have a value, as formulas."""
        seen, predicate = _Scoped(self, scopes, frozenset()), test.predicate
        assert not isinstance(predicate, expr.Includes)  # noqa: S101 - only single values are taken
        return seen.tested(predicate, _than(plain(value), test.fact.type))

    # ── Derived facts ─────────────────────────────────────────────────────────────────────────

    def table(self, name: str, var: ir.Var, taken: Taken = frozenset()) -> ir.DerivedTable:
        """Return the table of a derived fact of a record."""
        key = self._key(name, var, taken)
        if key not in self._tables:
            keys = {derived: self._key(derived, var, taken) for derived in self.derived}
            done = {each for each in keys if keys[each] in self._tables}
            done |= {each for each, _ in taken}
            for each in beneath(name, self.derived, done):
                self._tables[keys[each]] = self._made(self.derived[each], var, taken)
        return self._tables[key]

    def _key(self, name: str, var: ir.Var, taken: Taken) -> tuple[str, ir.Var, Taken]:
        return name, var, self.of_taken((name,), taken) if taken else taken

    def of_taken(self, names: Iterable[str], taken: Taken) -> Taken:
        """Return the fixed values that some derived facts are or depend on."""
        hang_on = self.hang_on(names)
        return frozenset(each for each in taken if each[0] in hang_on)

    def hang_on(self, names: Iterable[str]) -> frozenset[str]:
        """Return derived facts and all of the same record they depend on."""
        return frozenset().union(*(self._hangs_on(name) | {name} for name in names))

    def _hangs_on(self, name: str) -> frozenset[str]:
        """Return the derived facts of the same record that one depends on, transitively."""

        def work(derived: ast.Derived) -> frozenset[str]:
            return frozenset(derived.reads).union(*map(self._reached.__getitem__, derived.reads))

        return memoised(name, self.derived, self._reached, work)

    def _made(self, derived: ast.Derived, var: ir.Var, taken: Taken) -> ir.DerivedTable:
        seen = _Scoped(self, (var,), taken)
        rows = [(seen.pair(row.when), row.value) for row in derived.rows]
        can_state = "stated" in vocabulary_of(var.cls).about
        said = (
            ir.read(var, derived.name, expr.FactSource.DERIVED, derived.fact) if can_state else None
        )
        return f.table(derived.name, var, rows, derived.otherwise, said, derived.fact)


def _part(rule: ast.Rule, pairs: Iterable[f.DualRail]) -> RuleSplit:
    """Return a rule from the dual rails of its conditions."""
    left = iter(pairs)
    applies = [] if rule.applies_when is None else [next(left)]
    scope = conjunction([*applies, *(~next(left) for _ in rule.unless)])
    requires = next(left)
    excepted = f.both(*(each.true for each in applies), scope.false)
    grades = [(next(left), grade.severity) for grade in rule.grades]
    settled = f.either(requires.true, excepted)
    severities = f.first_of(grades, rule.otherwise)
    return RuleSplit(scope, requires, settled, tuple(left), tuple(severities.items()))


@ast.kept_on_rulebook(1)
def lowering_of(rulebook: ast.Rulebook) -> Lowering:
    """Return the shared lowering of a rulebook."""
    return Lowering(rulebook.derived)


def lowered(rules: Iterable[ast.Rule], rulebook: ast.Rulebook) -> tuple[Judged, ...]:
    """Return rules of a rulebook as formulas, in their order."""
    lowering = lowering_of(rulebook)
    return tuple(lowering.rule(rule, rulebook.subjects[rule.subject]) for rule in rules)


@attrs.frozen(eq=False)
class _Scoped:
    """Lowers conditions from the view of some records, with derived values fixed."""

    lowering: Lowering
    scopes: Vars
    taken: Taken

    def inside(self, var: ir.Var) -> _Scoped:
        return _Scoped(self.lowering, (*self.scopes, var), self.taken)

    def pair(self, condition: expr.Condition) -> f.DualRail:
        match condition:
            case expr.All(items):
                return conjunction(map(self.pair, items))
            case expr.AnyOf(items):
                return disjunction(map(self.pair, items))
            case expr.Not(item):
                return ~self.pair(item)
            case expr.Test(ref, predicate):
                return self._test(ref, predicate)
            case expr.Known(ref, recorded):
                known = self._known(ref)
                return (
                    f.DualRail(known, f.no(known)) if recorded else f.DualRail(f.no(known), known)
                )
            case expr.Quantified(quantity, ref, where):
                return self._quantified(quantity, ref, where)
            case expr.Count():
                return self._count(condition)
            case expr.Sum():
                return self._sum(condition)
            case expr.Share():
                return self._share(condition)
            case _:
                assert_never(condition)

    def _test(self, ref: expr.FactRef, predicate: expr.Predicate) -> f.DualRail:
        if isinstance(predicate, expr.Includes):
            fact, op = self.read(ref), predicate.op
            several = self.possible(predicate.operand)
            return agreed((possible, _includes(op, fact, each)) for possible, each in several)
        values = self.values(ref)
        return agreed((so, self.tested(predicate, _than(each, ref.type))) for so, each in values)

    # ── Values ────────────────────────────────────────────────────────────────────────────────

    def read(self, ref: expr.FactRef) -> ir.FactRead:
        return fact_read(ref, self.scopes)

    def values(self, ref: expr.FactRef) -> Alternatives:
        """Return every value that a fact may have."""
        if ref.source is expr.FactSource.DERIVED:
            return self._derived(ref)
        fact = self.read(ref)
        if isinstance(ref.type, Records | Choices):
            if isinstance(ref.type, Records):
                empty = f.no(f.exists(self._each(ref), f.TRUE))
            else:
                empty = f.no(f.above(f.members(fact), f.ZERO, equal=False))
            more = f.more(fact)
            return [(f.TRUE, Value(f.both(empty, more), f.both(empty, f.no(more)), term=True))]
        return [(f.TRUE, Value(f.unknown(fact), f.absent(fact), fact))]

    def _derived(self, ref: expr.FactRef) -> Alternatives:
        var = self.scopes[ref.level]
        taken = frozenset() if var.depth else self.taken
        if ref.path in (values := dict(taken)):
            return [(f.TRUE, plain(values[ref.path]))]
        held = self.lowering.table(ref.path, var, taken)
        return [(f.may(held, (value,)), plain(value)) for value in held.may]

    def possible(self, operand: expr.Operand) -> Alternatives:
        """Return every value that an operand may have."""
        match operand:
            case expr.Literal(value) | expr.Parameter(value=value):
                return [(f.TRUE, plain(value))]
            case expr.FactRef(type=Choices()):
                fact = self.read(operand)
                return [(f.TRUE, Value(f.more(fact), f.FALSE, fact))]
            case expr.FactRef():
                return self.values(operand)
            case expr.By(selector, cases):
                return self._chosen(selector, cases)
            case _:
                assert_never(operand)

    def _chosen(
        self,
        selector: expr.FactRef,
        cases: tuple[tuple[str | bool, expr.Operand], ...],
    ) -> Alternatives:
        """Return the operands chosen by a fact's possible values; all, if it is unknown."""
        found: Alternatives = []
        for possible, value in self.values(selector):
            if not isinstance(selector.type, YesNo) or value.none is not f.FALSE:
                open_ = f.FALSE if isinstance(selector.type, YesNo) else value.unknown
                found.append((f.both(possible, f.either(value.none, open_)), _NOTHING))
            for case, operand in cases:
                equal = compare(value, expr.Op.EQUALS, plain(case), selector.type).true
                same = f.both(possible, f.either(value.unknown, equal))
                several = self.possible(operand)
                found += [(f.both(same, inner), each) for inner, each in several]
        return [(possible, each) for possible, each in found if possible is not f.FALSE]

    def _known(self, ref: expr.FactRef) -> ir.Formula:
        if isinstance(ref.type, Records | Choices):
            return f.no(f.more(self.read(ref)))
        if ref.source is not expr.FactSource.DERIVED:
            return f.no(f.unknown(self.read(ref)))
        # Whether it is known does not hang on what it is taken to be.
        held = self.lowering.table(ref.path, self.scopes[ref.level])
        return f.either(*(f.no(f.may(held, held.may.keys() - {value})) for value in held.may))

    # ── Tests ─────────────────────────────────────────────────────────────────────────────────

    def tested(self, predicate: expr.ValueTest, test: _Test) -> f.DualRail:
        match predicate:
            case expr.Compare(op, operand):
                return agreed(
                    (possible, test(op, each)) for possible, each in self.possible(operand)
                )
            case expr.OneOf(operands):
                return disjunction(
                    self.tested(expr.Compare(expr.Op.EQUALS, each), test) for each in operands
                )
            case expr.Between(low, high):
                ends = ((expr.Op.AT_LEAST, low), (expr.Op.AT_MOST, high))
                return conjunction(self.tested(expr.Compare(*end), test) for end in ends)
            case _:
                assert_never(predicate)

    def _ranged(self, found: Range, predicate: expr.Comparison) -> f.DualRail:
        return self.tested(predicate, lambda op, other: _in_range(found, op, other))

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _each(self, ref: expr.FactRef) -> ir.Var:
        return each_of(ref, self.scopes)

    def _maybe(self, where: expr.Condition | None, var: ir.Var) -> f.DualRail:
        return _CERTAIN if where is None else self.inside(var).pair(where)

    def _quantified(
        self, quantity: expr.Quantity, ref: expr.FactRef, where: expr.Condition
    ) -> f.DualRail:
        var, closed = self._each(ref), f.no(f.more(self.read(ref)))
        inner = self.inside(var).pair(where)
        inner = ~inner if quantity is expr.Quantity.EVERY else inner
        some = f.DualRail(
            f.exists(var, inner.true), f.both(closed, f.no(f.exists(var, f.no(inner.false))))
        )
        return some if quantity is expr.Quantity.SOME else ~some

    def _count(self, of: expr.Count) -> f.DualRail:
        fact = self.read(of.list)
        more = f.more(fact)
        if isinstance(fact.type, Choices):
            known, most = f.members(fact), f.amount(len(fact.type.values))
            ranges = ((more, Range(known, most)), (f.no(more), Range(known, known)))
            return agreed((may, self._ranged(each, of.predicate)) for may, each in ranges)
        var = self._each(of.list)
        so = self._maybe(of.where, var)
        found = Range(f.total(var, so.true), f.total(var, f.no(so.false)), more)
        return self._ranged(found, of.predicate)

    def _sum(self, of: expr.Sum) -> f.DualRail:
        var = self._each(of.list)
        so, summed = self._maybe(of.where, var), self.inside(var).read(of.of)
        counted, perhaps = f.there(summed), f.no(so.false)
        unknown = f.exists(var, f.both(perhaps, f.unknown(summed)))
        found = Range(
            f.total(var, f.both(so.true, counted), summed),
            f.total(var, f.both(perhaps, counted), summed),
            f.either(f.more(self.read(of.list)), unknown),
        )
        return self._ranged(found, of.predicate)

    def _share(self, of: expr.Share) -> f.DualRail:
        var, open_ = self._each(of.list), f.more(self.read(of.list))
        counts, so = self._maybe(of.among, var), self.inside(var).pair(of.where)
        sure, perhaps = counts.true, f.no(counts.false)
        only_perhaps = f.both(perhaps, f.no(sure))
        some = f.exists(var, sure)
        nothing = f.both(f.no(f.exists(var, perhaps)), f.no(open_))
        hundred = f.amount(100)
        share = Range(
            f.times(hundred, f.total(var, f.both(sure, so.true))),
            f.times(hundred, f.total(var, f.both(perhaps, f.no(so.false)))),
            f.FALSE,
            # The least where all that only may count, but is not so, counts; the greatest where
            # all that only may count, and may be so, counts.
            f.total(var, f.either(sure, f.both(only_perhaps, f.no(so.true)))),
            f.total(var, f.either(sure, f.both(only_perhaps, f.no(so.false)))),
        )
        exact = f.both(some, f.no(open_))
        anything = f.both(f.no(exact), f.no(nothing))
        none = self.tested(of.predicate, _than(_NOTHING, PER_CENT))
        ranges = ((anything, Range(f.ZERO, hundred)), (exact, share))
        ranged = [(may, self._ranged(each, of.predicate)) for may, each in ranges]
        return agreed([(f.no(some), none), *ranged])


def plain(value: Any) -> Value:  # noqa: ANN401 - any constant
    """Return a constant as a value."""
    return _NOTHING if value is None else Value(f.FALSE, f.FALSE, value)


# ── Comparisons ───────────────────────────────────────────────────────────────────────────────


def compare(one: Value, op: expr.Op, other: Value, kind: FactType) -> f.DualRail:
    """Lower a comparison of two values."""
    known = f.both(f.no(one.unknown), f.no(other.unknown))
    both_there = f.both(known, f.no(one.none), f.no(other.none))
    related = f.FALSE if both_there is f.FALSE else _related(op, one.term, other.term, kind)
    if op is expr.Op.EQUALS:
        same = f.both(known, f.either(f.both(one.none, other.none), f.both(both_there, related)))
        return f.DualRail(same, f.both(known, f.no(same)))
    if op.is_age:
        both_there = f.both(both_there, f.no(f.unknown(f.AS_OF_READ)))
    plain_ = isinstance(related, ir.Among) and not is_past(related.read.type)
    if plain_ and other.unknown is other.none is f.FALSE:
        return f.DualRail(related, f.both(known, f.no(related)))
    return f.DualRail(
        f.both(both_there, related),
        f.either(one.none, other.none, f.both(both_there, f.no(related))),
    )


def _than(value: Value, kind: FactType) -> _Test:
    """Return a value's test against another."""
    return lambda op, other: compare(value, op, other, kind)


def _related(op: expr.Op, one: Any, other: Any, kind: FactType) -> ir.Formula:  # noqa: ANN401 - any two values
    """Lower a relation of two present values to the relations leaves have."""
    facts = isinstance(one, ir.FactRead), isinstance(other, ir.FactRead)
    if not any(facts):
        # Of two constants one is of a derived fact.
        values = kind.values if isinstance(kind, Choice) else ()
        same = op is expr.Op.EQUALS
        so = one == other if same else expr.ORDER[op](values.index(one), values.index(other))
        return f.TRUE if so else f.FALSE
    match op:
        case expr.Op.LESS_THAN:
            return f.no(_related(expr.Op.AT_LEAST, one, other, kind))
        case expr.Op.AT_MOST:
            return f.no(_related(expr.Op.MORE_THAN, one, other, kind))
        case expr.Op.WITHIN_NEXT:
            # Before the day so many months ahead: older than so many months less than none.
            ahead = f.no(f.holds(expr.Op.MORE_THAN, f.AS_OF_READ, one, kind))
            return f.both(ahead, _related(expr.Op.OLDER_THAN, one, -other, kind))
        case expr.Op.NEWER_THAN:
            return f.no(_related(expr.Op.OLDER_THAN, one, other, kind))
        case expr.Op.EQUALS if not all(facts):
            fact, value = (one, other) if facts[0] else (other, one)
            return f.among(fact, frozenset({value}))
        case _ if facts[0]:
            return f.holds(op, one, other, kind)
        case _:
            # A constant at least a fact: the fact is not more than it.
            return f.no(f.holds(_STRICT[op], other, one, kind))


#: What does not hold of two values where this holds of them the other way round.
_STRICT: Final = {
    expr.Op.AT_LEAST: expr.Op.MORE_THAN,
    expr.Op.MORE_THAN: expr.Op.AT_LEAST,
}


def _includes(op: expr.SetOp, fact: ir.FactRead, wanted: Value) -> f.DualRail:
    known, closed = f.no(wanted.unknown), f.no(f.more(fact))
    term = frozenset() if wanted.none is f.TRUE or wanted.term is None else wanted.term
    met = f.meets(fact, term, all_=op is not expr.SetOp.INCLUDES)
    pair = f.DualRail(f.both(known, met), f.both(known, f.no(met), closed))
    return ~pair if op is expr.SetOp.MISSING_ANY_OF else pair


def _in_range(found: Range, op: expr.Op, other: Value) -> f.DualRail:
    """Lower a comparison of a bounded number with a value."""
    if other.term is None:
        return f.DualRail(f.FALSE, other.none)
    low, high = (f.times(f.amount(other.term), each) for each in (found.least_of, found.most_of))
    limited = f.no(found.unlimited)
    known = f.both(f.no(other.unknown), f.no(other.none))
    if op is expr.Op.EQUALS:
        true = f.both(
            limited,
            f.above(found.least, low, equal=True),
            f.no(f.above(found.most, high, equal=False)),
        )
        false = f.either(
            f.above(found.least, low, equal=False),
            f.both(limited, f.no(f.above(found.most, high, equal=True))),
        )
    else:
        equal = op in (expr.Op.AT_LEAST, expr.Op.LESS_THAN)
        true = f.above(found.least, low, equal=equal)
        false = f.both(limited, f.no(f.above(found.most, high, equal=equal)))
        if op in (expr.Op.AT_MOST, expr.Op.LESS_THAN):
            true, false = false, true
    return f.DualRail(f.both(known, true), f.either(other.none, f.both(known, false)))
