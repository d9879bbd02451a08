"""
Explanations that hold of every subject on which a rule reads the same.

What a rule says, why, and what it asks follow from the facts that it reads and from nothing else;
of a date or an amount only where it lies among those that it is compared with. On a register many
subjects have all that in common.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.engines.reference import Case, Judgement, months_before
from govrules.explain.because import Cited
from govrules.facts import said
from govrules.rulebook.ast import (
    By,
    Compare,
    FactRef,
    Includes,
    Literal,
    Operand,
    Parameter,
    Rule,
)
from govrules.rulebook.reads import Path, Use, uses
from govrules.rulebook.walk import operands, rule_conditions
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    AS_OF,
    Choice,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    vocabulary_of,
)

#: How many explanations are kept at once.
MOST_KEPT: Final = 2**16
#: Stands for every text that a rule does not name.
_OTHER: Final = object()

#: Takes a fact's value, and returns what of it matters to a rule.
_Reader: TypeAlias = Callable[[Any], Hashable]
#: What a rule compares each fact with; None where all of its value matters.
_Compared: TypeAlias = Mapping[Path, frozenset[Any] | None]


@attrs.define
class Explanation:
    """
    What was worked out of a rule on facts; None what nobody asked for yet.

    Attributes:
        judged: what the reference engine says.
        because: the facts that force it, of which it was seen that they alone do.
        asks: the facts that are asked for.
    """

    judged: Judgement | None = None
    because: tuple[Cited, ...] | None = None
    asks: tuple[Cited, ...] | None = None


class Memory:
    """
    Explanations on one date under one rulebook, by the rule and the facts that it reads.

    It is bounded: when it is full it begins anew.
    """

    def __init__(self) -> None:
        self._readers: dict[str, _Reader] = {}
        self._kept: dict[Hashable, Explanation] = {}

    def of(self, rule: Rule, case: Case) -> Explanation:
        """Return what was worked out of a rule on a case, or on another that reads the same."""
        reader = self._readers.get(rule.id)
        if reader is None:
            reader = _reader(case.scopes[0].cls, _compared(rule, case))
            self._readers[rule.id] = reader
        key = (rule.id, reader(case.scopes[0].record))
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept.setdefault(key, Explanation())
        return found


def seen_in(cited: Iterable[Cited], case: Case) -> tuple[Cited, ...]:
    """Return cited facts as those of the subject of a case, with its own records."""
    return tuple(Cited(each.path, each.ref, case.facts.scope(each.scope.prefix)) for each in cited)


def _compared(rule: Rule, case: Case) -> _Compared:
    found: dict[Path, frozenset[Any] | None] = {}
    for condition in rule_conditions(rule):
        for use in uses(condition, case.derived):
            before, more = found.get(use.path, frozenset()), _edges(use, case.facts.as_of)
            found[use.path] = None if before is None or more is None else before | more
    return found


def _edges(use: Use, as_of: dt.date | Unknown) -> frozenset[Any] | None:
    """Return the values with which a fact is compared; None where all of its value matters."""
    if use.test is None or isinstance(use.test, Includes):
        return None
    values = _constants(operands(use.test))
    if values is not None and isinstance(use.test, Compare) and use.test.op.is_age:
        if not isinstance(as_of, dt.date):
            return frozenset()
        return frozenset(months_before(as_of, each) for each in values if each is not None)
    return values


def _constants(several: Iterable[Operand]) -> frozenset[Any] | None:
    found: frozenset[Any] = frozenset()
    for operand in several:
        match operand:
            case Literal(value) | Parameter(value=value):
                found |= {value}
            case By(_, cases):
                inside = _constants(each for _, each in cases)
                if inside is None:
                    return None
                found |= inside
            case FactRef():
                return None
            case _:
                assert_never(operand)
    return found


def _reader(cls: type, compared: _Compared) -> _Reader:
    """
    Return a function that tells all that the facts of a record can say to a rule.

    Two records of which it returns the same are the same to the rule: values, as far as they are
    compared, what is unknown, what is absent, how many records a list has and whether it may have
    more.
    """
    own: dict[str, dict[Path, frozenset[Any] | None]] = {}
    asides: list[tuple[str, str]] = []
    fields = vocabulary_of(cls).fields
    for path, edges in compared.items():
        name, _, rest = path.partition(".")
        name = name.removesuffix("[]")
        if name in fields:
            own.setdefault(name, {})[rest] = edges
        elif name == "local":
            asides.append((name, rest))
        elif path != AS_OF.name:
            asides.append(("stated", name))
    readers = [(name, _field_reader(fields[name].type, below)) for name, below in own.items()]

    def read(record: Any) -> Hashable:  # noqa: ANN401 - any attrs object
        found = [inner(getattr(record, name)) for name, inner in readers]
        found += [said(record, where).get(name, UNKNOWN) for where, name in asides]
        return tuple(found)

    return read


def _field_reader(fact_type: FactType, below: _Compared) -> _Reader:
    inside = {path: edges for path, edges in below.items() if path}
    known: _Reader
    match fact_type:
        case Record(cls):
            known = _reader(cls, inside)
        case Records(cls):
            each_known = _reader(cls, inside)

            def known(value: Any) -> Hashable:  # noqa: ANN401 - the records of a list
                return tuple(each if each is UNKNOWN else each_known(each) for each in value)
        case Text() if below[""] is not None:
            words = below[""]
            known = lambda value: value if value in words else _OTHER  # noqa: E731
        case Choice(values) if below[""] is not None:
            places = sorted(values.index(each) for each in below[""] if each is not None)
            known = lambda value: _between(places, values.index(value))  # noqa: E731
        case Date() | Money() | Months() | Number() if below[""] is not None:
            edges = sorted(each for each in below[""] if each is not None)
            known = lambda value: _between(edges, value)  # noqa: E731
        case _:
            return lambda value: value
    return lambda value: value if value is UNKNOWN or value is None else known(value)


def _between(edges: Sequence[Any], value: Any) -> tuple[int, int]:  # noqa: ANN401 - any ordered value
    return bisect_left(edges, value), bisect_right(edges, value)
