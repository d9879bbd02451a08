"""What is doubtful about facts that fit the vocabulary: they are assessed, and this is said."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from govrules.bodies import Bodies
from govrules.decode.problems import Problem
from govrules.diagnostics import Code, Diagnostic, Span, read_place
from govrules.facts import origin_of
from govrules.model import Partner, Partnership
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import Collected, is_past, list_of, vocabulary_of

#: Of one fact so many dates that lie ahead are named, and the others counted.
_NAMED: Final = 20


def doubts(subject: Any, as_of: dt.date | Unknown) -> Iterator[Diagnostic]:  # noqa: ANN401 - any attrs object
    """
    Yield a warning for each fact read otherwise than recorded.

    Args:
        subject: a partnership, or a register with all on it.

        as_of: the date of the assessment.
    """
    records = [subject]
    cls: type = type(subject)
    if isinstance(subject, Collected):
        records = [entry for entry in subject.entries if entry is not UNKNOWN]
    elif (found := list_of(cls)) is not None:
        entries = getattr(subject, found[0])
        known = entries if isinstance(entries, tuple) else ()
        records += [each for each in known if each is not UNKNOWN]
    yield from _dates_ahead(records, as_of)
    for record in records:
        if isinstance(record, Partnership):
            yield from _partners_twice(record)


def _dates_ahead(records: Iterable[Any], as_of: dt.date | Unknown) -> Iterator[Diagnostic]:
    if isinstance(as_of, Unknown):
        return
    number: Counter[str] = Counter()
    for record in records:
        for path, value in _past(record):
            if value <= as_of:
                continue
            number[path] += 1
            if number[path] <= _NAMED:
                each = date_ahead(value, as_of)
                yield Diagnostic(each.code, each.about(path), place_of(record, path), each.help)
    for path, found in number.items():
        if found > _NAMED:
            yield Diagnostic(
                Code.DATE_AHEAD,
                f"{found - _NAMED:,} more dates lie after {as_of} (`{path}`)",
                Span("the register"),
                "see whether the column holds dates of what is planned",
            )


def date_ahead(day: dt.date, as_of: dt.date) -> Problem:
    """Return the warning of a past event dated after the assessment."""
    return Problem(
        Code.DATE_AHEAD,
        f"{day} lies after {as_of}, the date of the assessment, so that nobody knows when it was "
        "done",
        "correct the date; a date that is planned is no date of something done",
    )


def _past(record: Any) -> Iterator[tuple[str, dt.date]]:  # noqa: ANN401 - any attrs object
    """Yield the dates of past events in a record, with their paths."""
    cls: type = type(record)
    for path, get in _paths(cls):
        try:
            value = get(record)
        except AttributeError:
            # What it is part of is none, or nobody knows.
            continue
        if isinstance(value, dt.date):
            yield path, value


@functools.cache
def _paths(cls: type) -> tuple[tuple[str, attrgetter[Any]], ...]:
    facts = vocabulary_of(cls).facts
    return tuple((path, attrgetter(path)) for path, fact in facts.items() if is_past(fact.type))


def _partners_twice(entry: Partnership) -> Iterator[Diagnostic]:
    if not isinstance(entry.partners, tuple):
        return
    bodies = Bodies()
    known = [each for each in entry.partners if isinstance(each, Partner)]
    for index, partner in enumerate(known):
        first = bodies.twin(partner, index)
        if first is not None:
            at = origin_of(entry, f"partners[{first}].name")
            yield Diagnostic(
                Code.PARTNER_TWICE,
                f"`{partner.name}` stands twice among the partners"
                + (f", the other at {at}" if at else ""),
                place_of(entry, f"partners[{index}].name"),
                "leave one of the two out: here each counts",
            )


def place_of(record: Any, path: str) -> Span:  # noqa: ANN401 - any attrs object
    """Return the place of a fact in its file; the record's name where it has no place."""
    place = read_place(origin_of(record, path))
    if place.file:
        return place
    name = getattr(record, "name", UNKNOWN)
    return Span(name if isinstance(name, str) else f"a {type(record).__name__.lower()}")
