"""
The questions left of a rule as formulas: which facts, once told, settle what is still open.

They are those of `govrules.explain.questions`, with `partners[].role` for that fact of whichever
partner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, TypeAlias, assert_never

import attrs

from govrules.lowering.formulas import (
    AS_OF_READ,
    FALSE,
    TRUE,
    Formula,
    Pair,
    Read,
    Var,
    all_of,
    among,
    any_of,
    exists,
    may,
    more,
    no,
    subject,
    table,
    unknown,
)
from govrules.lowering.judged import Judged
from govrules.lowering.lower import Lowering, Vars, each_of, read_of
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Rule,
    Share,
    Sum,
    Test,
)
from govrules.rulebook.walk import beneath, operands
from govrules.vocabulary import Choices, Records

#: Where each fact is asked for.
Asks: TypeAlias = dict[Read, Formula]


def _add(into: Asks, more_: Asks, where: Formula = TRUE) -> None:
    """Add what is asked somewhere."""
    for read, asked in more_.items():
        into[read] = any_of(into.get(read, FALSE), all_of(where, asked))


def _open(pair: Pair) -> Formula:
    return all_of(no(pair.true), no(pair.false))


@attrs.frozen(eq=False)
class Asking:
    """
    Tells what rules ask.

    Args:
        lowering: what lowers them.

        derived: the rulebook's derived facts by name.
    """

    lowering: Lowering
    derived: Mapping[str, Derived]
    _of_tables: dict[tuple[str, Var], Asks] = attrs.field(factory=dict, init=False)

    def rule(self, rule: Rule, judged: Judged, cls: type) -> dict[str, Formula]:
        """
        Return by path where a rule asks for each fact that it reads, and that it hangs on.

        Args:
            rule: the rule.

            judged: the rule, lowered.

            cls: the class of the subjects.
        """
        top, found = (subject(cls),), Asks()
        scope = [] if rule.applies_when is None else [rule.applies_when]
        scope += [each.when for each in rule.unless]
        unknown_ = all_of(*map(no, (judged.not_applicable, judged.clear, judged.flagged)))
        in_scope = all_of(unknown_, _open(judged.scope))
        for condition in scope:
            _add(found, self._residual(condition, top), in_scope)
        requires = self._residual(rule.requires, top)
        _add(found, requires, all_of(unknown_, _open(judged.requires)))
        pairs = combinations(judged.severities.values(), 2)
        open_ = all_of(judged.flagged, any_of(*(all_of(*pair) for pair in pairs)))
        for mitigation in rule.mitigated_by:
            _add(found, self._residual(mitigation.when, top), open_)
        for grade in rule.grades:
            _add(found, self._residual(grade.when, top), open_)
            open_ = all_of(open_, no(self.lowering.pair(grade.when, top).true))
        asked: dict[str, Formula] = {}
        for read, where in found.items():
            asked[read.full_path] = any_of(asked.get(read.full_path, FALSE), where)
        return asked

    def _residual(self, condition: Condition, scopes: Vars) -> Asks:
        """Return where each fact is asked for, as the condition's value hangs on it."""
        found: Asks = {}
        conditions: tuple[Condition, ...]
        match condition:
            case All(items) | AnyOf(items):
                for item in items:
                    _add(found, self._residual(item, scopes))
            case Not(item):
                return self._residual(item, scopes)
            case Known():
                return {}
            case Test(ref, predicate):
                _add(found, self._of_fact(ref, scopes))
                _add(found, self._of_predicate(predicate, scopes))
            case Quantified(list=ref, where=where):
                _add(found, self._of_records(ref, (where,), None, scopes))
            case Count(ref, where, predicate):
                conditions = () if where is None else (where,)
                _add(found, self._of_records(ref, conditions, None, scopes))
                _add(found, self._of_predicate(predicate, scopes))
            case Sum(ref, of, where, predicate):
                conditions = () if where is None else (where,)
                _add(found, self._of_records(ref, conditions, of, scopes))
                _add(found, self._of_predicate(predicate, scopes))
            case Share(ref, among_, where, predicate):
                conditions = (where,) if among_ is None else (among_, where)
                _add(found, self._of_records(ref, conditions, None, scopes))
                _add(found, self._of_predicate(predicate, scopes))
            case _:
                assert_never(condition)
        masked: Asks = {}
        _add(masked, found, _open(self.lowering.pair(condition, scopes)))
        return masked

    def _of_records(
        self, ref: FactRef, conditions: Iterable[Condition], of: FactRef | None, scopes: Vars
    ) -> Asks:
        found = self._of_fact(ref, scopes)
        if isinstance(ref.type, Choices):
            return found
        var, unmet = each_of(ref, scopes), each_of(ref, scopes, recorded=False)
        inner: Asks = {} if of is None else self._of_fact(of, (*scopes, var))
        beside: Asks = {}
        for condition in conditions:
            _add(inner, self._residual(condition, (*scopes, var)))
            _add(beside, self._residual(condition, (*scopes, unmet)))
        for read, asked in inner.items():
            _add(found, {read: exists(var, asked)})
        # Of records that nobody recorded yet only what hangs on other facts is asked.
        open_ = more(read_of(ref, scopes))
        _add(found, {each: asked for each, asked in beside.items() if each.is_recorded}, open_)
        return found

    def _of_predicate(self, predicate: Predicate, scopes: Vars) -> Asks:
        found: Asks = {}
        for operand in operands(predicate):
            _add(found, self._of_operand(operand, scopes))
        if isinstance(predicate, Compare) and predicate.op.is_age:
            _add(found, {AS_OF_READ: unknown(AS_OF_READ)})
        return found

    def _of_operand(self, operand: Operand, scopes: Vars) -> Asks:
        match operand:
            case FactRef():
                return self._of_fact(operand, scopes)
            case By(selector, cases):
                found = dict(self._of_fact(selector, scopes))
                for value, each in cases:
                    asks = self._of_operand(each, scopes)
                    _add(found, asks, self._may_be(selector, value, scopes))
                return found
            case Literal() | Parameter():
                return {}
            case _:
                assert_never(operand)

    def _may_be(self, ref: FactRef, value: Any, scopes: Vars) -> Formula:  # noqa: ANN401 - a closed value
        """Return where a fact may have a value."""
        if ref.source is FactSource.DERIVED:
            return may(self.lowering.table(ref.path, scopes[ref.level]), (value,))
        fact = read_of(ref, scopes)
        return any_of(unknown(fact), among(fact, frozenset({value})))

    def _of_fact(self, ref: FactRef, scopes: Vars) -> Asks:
        if ref.source is FactSource.DERIVED:
            return dict(self._of_derived(ref.path, scopes[ref.level]))
        fact = read_of(ref, scopes)
        whole = isinstance(ref.type, Records | Choices)
        return {fact: more(fact) if whole else unknown(fact)}

    def _of_derived(self, name: str, var: Var) -> Asks:
        """Return what a derived fact of a record asks, where nobody stated it."""
        if (name, var) in self._of_tables:
            return self._of_tables[name, var]
        done = {each for each, of in self._of_tables if of is var}
        for each in beneath(name, self.derived, done):
            held, found = self.lowering.table(each, var), Asks()
            reached = TRUE if held.stated is None else unknown(held.stated)
            for row, (true, _, _) in zip(self.derived[each].rows, held.rows, strict=True):
                _add(found, self._residual(row.when, (var,)), reached)
                reached = all_of(reached, no(true))
            self._of_tables[each, var] = {
                read: _named(f"{each} asks {read.full_path}", var, asked, self.derived[each])
                for read, asked in found.items()
            }
        return self._of_tables[name, var]


def _named(name: str, var: Var, formula: Formula, derived: Derived) -> Formula:
    """Return a formula as a table of its own, so that a chain of them does not grow."""
    rows = [(Pair(formula, no(formula)), True)]
    return may(table(name, var, rows, otherwise=False, stated=None, fact=derived.fact), (True,))
