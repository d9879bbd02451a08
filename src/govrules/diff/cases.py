"""Subjects on which two rules are tried where no prover is installed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random
from typing import Any, Final

import attrs

from govrules.engines.reference import Case, case_of
from govrules.facts import Facts
from govrules.reading import read_values
from govrules.rulebook.ast import Derived, Rule, Rulebook, rule_conditions
from govrules.rulebook.expr import By, FactRef, FactSource, Literal, Operand, Parameter, Sum
from govrules.rulebook.walk import nodes, operands, predicates_at, references_at
from govrules.vocabulary import Choice, Choices, Date, Money, Months, Number, Record, Records, YesNo

_DAY: Final = dt.date(2026, 3, 31)
_MOST_RECORDS: Final = 3


@attrs.frozen
class Made:
    """A subject that was made, and its facts as they are written."""

    subject: Any
    as_of: dt.date
    written: str

    def under(self, rulebook: Rulebook) -> Case:
        """Return it as a case under a rulebook."""
        return case_of(Facts(self.subject, self.as_of), rulebook)


def cases_for(
    about: Iterable[Rule | Derived], rulebook: Rulebook, source: Random, number: int
) -> Iterator[Made]:
    """
    Yield subjects on which the facts that rules read take the values that they turn on.

    Args:
        about: the rules, or derived facts.

        rulebook: a rulebook that declares the facts.

        source: what chooses.

        number: how many subjects.
    """
    several = [*about]
    first = several[0]
    cls = first.cls if isinstance(first, Derived) else rulebook.subjects[first.subject]
    roots = [root for each in several for root in _roots(each, rulebook)]
    refs = list(
        dict.fromkeys(ref for root in roots for node in nodes(root) for ref in references_at(node))
    )
    turns = [
        value
        for root in roots
        for node in nodes(root)
        for predicate in predicates_at(node)
        for operand in operands(predicate)
        for value in _values(operand)
    ]
    lists = {ref.path: ref for ref in refs if isinstance(ref.type, Records)}
    inside = {name: _inside(name, roots) for name in lists}
    kind = next(name for name, each in rulebook.subjects.items() if each is cls)
    for _ in range(number):
        facts: dict[str, Any] = {}
        for ref in refs:
            if ref.level == 0 and ref.source in (FactSource.RECORDED, FactSource.LOCAL):
                made = (
                    _records(inside[ref.path], turns, source)
                    if ref.path in inside
                    else _value(ref, turns, source)
                )
                if made is not None:
                    facts[ref.path] = made
        day = source.choice([_DAY, _DAY.replace(year=2024)])
        read = read_values(_nested(facts), rulebook=rulebook, kind=kind)
        yield Made(read.subject, day, json.dumps(facts, ensure_ascii=False, default=str))


def _roots(about: Rule | Derived, rulebook: Rulebook) -> Iterator[Any]:
    seen: set[str] = set()
    waiting = [about]
    while waiting:
        each = waiting.pop()
        roots = (
            [*rule_conditions(each)] if isinstance(each, Rule) else [row.when for row in each.rows]
        )
        yield from roots
        for root in roots:
            for node in nodes(root):
                for ref in references_at(node):
                    if ref.source is FactSource.DERIVED and ref.path not in seen:
                        seen.add(ref.path)
                        waiting.append(rulebook.derived[ref.path])


def _inside(name: str, roots: Iterable[Any]) -> list[FactRef]:
    found: dict[FactRef, None] = {}
    for root in roots:
        for node in nodes(root):
            listed = getattr(node, "list", None)
            if listed is None or listed.path != name:
                continue
            if isinstance(node, Sum):
                found[node.of] = None
            for part in (getattr(node, "where", None), getattr(node, "among", None)):
                for each in () if part is None else nodes(part):
                    found |= dict.fromkeys(ref for ref in references_at(each) if ref.level == 1)
    return [each for each in found if each.source is FactSource.RECORDED]


def _records(refs: list[FactRef], turns: list[Any], source: Random) -> Any:  # noqa: ANN401 - plain data
    made = [
        {
            ref.path: value
            for ref in refs
            if not isinstance(ref.type, Records)
            and (value := _value(ref, turns, source)) is not None
        }
        for _ in range(source.randrange(_MOST_RECORDS + 1))
    ]
    chosen: Any = source.choice(["none", None])
    return made or chosen


def _values(operand: Operand) -> Iterator[Any]:
    match operand:
        case Literal(value) | Parameter(value=value):
            yield value
        case By(cases=cases):
            for _, each in cases:
                yield from _values(each)
        case _:
            return


def _value(ref: FactRef, turns: list[Any], source: Random) -> Any:  # noqa: ANN401 - plain data
    """Return a value of a fact as a file has it; None is unknown."""
    if source.random() < 0.15:  # noqa: PLR2004 - now and then it is unknown
        return None
    if source.random() < 0.1 and not isinstance(ref.type, YesNo):  # noqa: PLR2004 - or none
        return "none"
    match ref.type:
        case YesNo():
            return source.choice(["yes", "no"])
        case Choice(values):
            return source.choice(values)
        case Choices(values):
            return source.sample(values, source.randrange(1, len(values) + 1))
        case Number() | Money() | Months():
            near = [each for each in turns if type(each) in (int, Decimal)]
            value = source.choice([*near, 0, 1]) + source.choice([-1, 0, 0, 1])
            return str(max(0, int(value)))
        case Date():
            months = [each for each in turns if type(each) is int]
            back = source.choice([*months, 1]) + source.choice([-1, 0, 1])
            return (_DAY - dt.timedelta(days=max(0, back) * 30)).isoformat()
        case Record():
            return None
        case _:
            return source.choice(["A", "B"])


def _nested(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as a mapping that reads; what is in a record that is none goes."""
    gone = [path for path, value in facts.items() if value == "none"]
    return {
        path: value
        for path, value in facts.items()
        if not any(path.startswith(f"{each}.") for each in gone)
    }
