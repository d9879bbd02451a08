"""The questions left: the facts that, once told, settle what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from govrules.engines.registry import Outcome
from govrules.explain.cells import Cited
from govrules.explain.view import AS_OF_REF, View
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Derived,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    OnList,
    Operand,
    Parameter,
    Predicate,
    Rule,
    Test,
    Verdict,
    beside,
    children,
    tested,
)
from govrules.rulebook.walk import once_each, operands
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Records


def questions(rule: Rule, view: View, outcome: Outcome) -> tuple[Cited, ...]:
    """
    Return the facts to ask for.

    For an unknown verdict, those that settle it; for a flagged one whose severity is not settled,
    those that settle how grave it is; none otherwise.
    """
    # What derived facts hang on is worked out once for all rules.
    asking: _Asking = view.frames[0].known.setdefault(_Asking, _Asking(view.derived))
    found: Support = {}
    if outcome.verdict is Verdict.UNKNOWN:
        judging, frames = view.rule(rule), view.frames
        if judging.scope(frames) is Truth.UNKNOWN:
            if rule.applies_when is not None:
                found |= asking.of(rule.applies_when, view)
            for exception in rule.unless:
                found |= asking.of(exception.when, view)
        if judging.requires(frames) is Truth.UNKNOWN:
            found |= asking.of(rule.requires, view)
    elif outcome.could_be is not None:
        for grade in rule.grades:
            found |= asking.of(grade.when, view)
            if view.truth(grade.when) is Truth.TRUE:
                break
        for mitigation in rule.mitigated_by:
            found |= asking.of(mitigation.when, view)
    return tuple(found.values())


#: Facts by path, in the order in which the tree meets them.
Support: TypeAlias = dict[str, Cited]


class _Asking:
    """Finds the facts on which conditions of one view still hang."""

    def __init__(self, derived: Mapping[str, Derived]) -> None:
        self._derived = derived
        #: What each derived fact still hangs on, by the prefix of its record and its name.
        self._tables: dict[str, dict[str, Support]] = {}

    def of(self, condition: Condition, view: View) -> Support:
        """Return the unknown facts on which the value of a condition still hangs."""
        if isinstance(condition, Known) or view.truth(condition) is not Truth.UNKNOWN:
            return {}
        found: Support = {}
        match condition:
            case All(items) | AnyOf(items):
                for item in items:
                    found |= self.of(item, view)
            case Not(item):
                found = self.of(item, view)
            case Test(ref, predicate):
                found = self._of_fact(ref, view) | self._of_predicate(predicate, view)
            case _:
                found = self._of_records(condition, view)
                number = tested(condition)
                found |= {} if number is None else self._of_predicate(number, view)
        return found

    def _of_records(self, condition: OnList, view: View) -> Support:
        ref, conditions = condition.list, children(condition)
        if isinstance(ref.type, Choices):
            return self._of_fact(ref, view)
        records, closed = view.records(ref)
        found: Support = {} if closed else _ask(ref, view) | self._beside(ref, conditions, view)
        for inner in records:
            for each in conditions:
                found |= self.of(each, inner)
            for fact in beside(condition):
                found |= self._of_fact(fact, inner)
        return found

    def _beside(self, ref: FactRef, conditions: tuple[Condition, ...], view: View) -> Support:
        """Return what conditions on records not yet known hang on beside the records themselves."""
        inner = view.added(ref, 0)
        return {
            path: cited
            for condition in conditions
            for path, cited in self.of(condition, inner).items()
            if not path.startswith(inner.frame.prefix)
        }

    def _of_predicate(self, predicate: Predicate, view: View) -> Support:
        found: Support = {}
        for operand in operands(predicate):
            found |= self._of_operand(operand, view)
        if isinstance(predicate, Compare) and predicate.op.is_age:
            found |= self._of_fact(AS_OF_REF, view)
        return found

    def _of_operand(self, operand: Operand, view: View) -> Support:
        match operand:
            case FactRef():
                return self._of_fact(operand, view)
            case By(selector, cases):
                found = {**self._of_fact(selector, view)}
                chosen = {*view.chosen_by(selector)}
                for value, each in cases:
                    if value in chosen:
                        found |= self._of_operand(each, view)
                return found
            case Literal() | Parameter():
                return {}
            case _:
                assert_never(operand)

    def _of_fact(self, ref: FactRef, view: View) -> Support:
        if ref.source is FactSource.DERIVED:
            inner = view.at(ref.level)
            tables = self._tables.setdefault(inner.frame.prefix, {})
            return once_each(
                ref.path, self._derived, tables, lambda each: self._of_table(each, inner)
            )
        value = view.cell(ref)
        open_ = value[1] if isinstance(ref.type, Choices | Records) else value is UNKNOWN
        return _ask(ref, view) if open_ else {}

    def _of_table(self, derived: Derived, view: View) -> Support:
        """Return what the rows of a derived fact still hang on; nothing where it is stated."""
        found: Support = {}
        if view.stated(derived) is not UNKNOWN:
            return found
        for row in derived.rows:
            found |= self.of(row.when, view)
            if view.truth(row.when) is Truth.TRUE:
                break
        return found


def _ask(ref: FactRef, view: View) -> Support:
    cited = view.cite(ref)
    return {cited.path: cited}
