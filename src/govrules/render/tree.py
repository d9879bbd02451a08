"""A rule's conditions as a tree, each with whether it holds and what is recorded beneath it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from govrules.engines.reference import Case, evaluate, judge, judge_all, values
from govrules.engines.registry import comparable
from govrules.explain.english import condition_phrase
from govrules.explain.phrases import fact_phrase, joined, record_name
from govrules.rulebook.ast import Rule
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Condition,
    FactRef,
    FactSource,
    Known,
    Not,
    Test,
    children,
)
from govrules.rulebook.walk import compared_with
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Records

_WORDS: Final = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "unknown"}


#: Lines of a tree, or parts of it that are yet to be gone through.
_Lines: TypeAlias = Iterator["str | _Lines"]


def tree_lines(rule: Rule, case: Case) -> Iterator[str]:
    """
    Yield a rule's outcome on a case, with each condition below it.

    What a derived fact follows from stands below it where it is first met.
    """
    waiting = [_Tree(case).lines(rule)]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif isinstance(found, str):
            yield found
        else:
            waiting.append(found)


class _Tree:
    """The tree of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        #: The paths of the derived facts of which it is shown already what they follow from.
        self._shown: set[str] = set()

    def lines(self, rule: Rule) -> _Lines:
        """Yield what a rule says, and what it rests on."""
        outcome = judge(rule, self.case)
        grave = f", {outcome.severity.value}" if outcome.severity else ""
        worse = f", could be {outcome.could_be.value}" if outcome.could_be else ""
        yield f"`{rule.id}` is {outcome.verdict.value}{grave}{worse}"
        if comparable(judge_all(rule, [self.case])) != comparable(outcome):
            yield "  so it is for every value that derived facts may have, one after the other"
        parts = [("applies when", rule.applies_when)]
        parts += [("unless", exemption.when) for exemption in rule.unless]
        parts += [("requires", rule.requires)]
        parts += [(f"{grade.severity.value} where", grade.when) for grade in rule.grades]
        parts += [("one step lower where", mitigation.when) for mitigation in rule.mitigated_by]
        for label, condition in parts:
            if condition is not None:
                yield f"  {label}"
                yield self._condition(condition, self.case, 4)

    def _condition(self, condition: Condition, case: Case, indent: int) -> _Lines:
        yield f"{' ' * indent}{_WORDS[evaluate(condition, case)]}: {_heading(condition)}"
        match condition:
            case All() | AnyOf() | Not():
                for child in children(condition):
                    yield self._condition(child, case, indent + 2)
            case Test(ref, predicate):
                for each in (ref, *compared_with(predicate)):
                    yield self._fact(each, case, indent + 2)
            case Known(ref):
                yield self._fact(ref, case, indent + 2)
            case _:
                yield self._records(condition, condition.list, case, indent + 2)

    def _records(self, condition: Condition, ref: FactRef, case: Case, indent: int) -> _Lines:
        if not isinstance(ref.type, Records):
            yield self._fact(ref, case, indent)
            return
        found, closed = case.facts.records(ref, case.scopes)
        for index, scope in enumerate(found):
            yield f"{' ' * indent}{record_name(scope.record, index, ref.fact.each)}"
            for child in children(condition):
                yield self._condition(child, case.inside(scope), indent + 2)
        if not closed:
            yield f"{' ' * indent}{ref.path}: there may be more"

    def _fact(self, ref: FactRef, case: Case, indent: int) -> _Lines:
        """Yield a recorded fact, or a derived one with the rows that may hold."""
        pad = " " * indent
        path = case.facts.path(ref, case.scopes)
        if ref.source is not FactSource.DERIVED:
            yield f"{pad}{path}: {_recorded(ref, case)}"
            return
        found = joined((fact_phrase(ref.fact, value) for value in values(ref, case)), "or")
        if case.facts.stated(ref.path, case.scopes[ref.level]) is not UNKNOWN:
            yield f"{pad}{path}: {found}, as stated"
            return
        if path in self._shown:
            yield f"{pad}{path}: {found}, as above"
            return
        self._shown.add(path)
        yield f"{pad}{path}: {found}"
        inside = case.at(ref.level)
        for row in case.derived[ref.path].rows:
            truth = evaluate(row.when, inside)
            if truth is not Truth.FALSE:
                yield self._condition(row.when, inside, indent + 2)
            if truth is Truth.TRUE:
                return


def _heading(condition: Condition) -> str:
    match condition:
        case All():
            return "all of these"
        case AnyOf():
            return "any of these"
        case Not():
            return "not this"
        case _:
            return condition_phrase(condition)


def _recorded(ref: FactRef, case: Case) -> str:
    if isinstance(ref.type, Records):
        found, closed = case.facts.records(ref, case.scopes)
        return f"{len(found)} recorded" + ("" if closed else ", there may be more")
    value = case.facts.value(ref, case.scopes)
    if value is UNKNOWN:
        return "nobody recorded it"
    more = isinstance(ref.type, Choices) and value is not None and UNKNOWN in value
    return fact_phrase(ref.fact, value) + (", there may be more" if more else "")
