"""Which facts a condition reads, so that what a changed fact can move is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, assert_never

import attrs

from govrules.rulebook.ast import (
    All,
    AnyOf,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Known,
    Not,
    Predicate,
    Quantified,
    Share,
    Sum,
    Test,
)
from govrules.rulebook.walk import compared_with
from govrules.vocabulary import Record

#: A fact's path from the subject, with `[]` for any record of a list: ``partners[].name``.
Path: TypeAlias = str
#: What the paths of the records begin with that a condition is about, the subject's first.
Prefixes: TypeAlias = tuple[str, ...]


@attrs.frozen
class Use:
    """
    One place in a rule where a fact is read.

    Attributes:
        path: the fact, from the subject.
        ref: the rule's reference to it.
        test: what it is tested for; None where it is read otherwise.
    """

    path: Path
    ref: FactRef
    test: Predicate | None


def reads(
    conditions: Iterable[Condition],
    derived: Mapping[str, Derived],
    prefixes: Prefixes = ("",),
) -> Mapping[Path, bool]:
    """
    Return every fact that conditions read, those beneath derived facts included.

    Each stands with whether it is a record, which what changes beneath it can bring about.
    """
    return {
        use.path: isinstance(use.ref.type, Record)
        for condition in conditions
        for use in uses(condition, derived, prefixes)
    }


def uses(
    condition: Condition, derived: Mapping[str, Derived], prefixes: Prefixes = ("",)
) -> Iterator[Use]:
    """Yield every place where a condition reads a fact, those beneath derived facts included."""
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from uses(item, derived, prefixes)
        case Not(item):
            yield from uses(item, derived, prefixes)
        case Test(ref, predicate):
            yield from _use(ref, predicate, derived, prefixes)
            yield from _plain(compared_with(predicate), derived, prefixes)
        case Known(ref):
            yield from _plain((ref,), derived, prefixes)
        case Quantified(list=ref, where=where):
            yield from _plain((ref,), derived, prefixes)
            yield from uses(where, derived, _inside(ref, prefixes))
        case Count(list=ref, where=where, predicate=predicate):
            yield from _plain((ref, *compared_with(predicate)), derived, prefixes)
            yield from _any((where,), derived, _inside(ref, prefixes))
        case Sum(list=ref, of=of, where=where, predicate=predicate):
            yield from _plain((ref, *compared_with(predicate)), derived, prefixes)
            yield from _plain((of,), derived, _inside(ref, prefixes))
            yield from _any((where,), derived, _inside(ref, prefixes))
        case Share(list=ref, among=among, where=where, predicate=predicate):
            yield from _plain((ref, *compared_with(predicate)), derived, prefixes)
            yield from _any((among, where), derived, _inside(ref, prefixes))
        case _:
            assert_never(condition)


def _any(
    conditions: Iterable[Condition | None], derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[Use]:
    for condition in conditions:
        if condition is not None:
            yield from uses(condition, derived, prefixes)


def _inside(ref: FactRef, prefixes: Prefixes) -> Prefixes:
    return (*prefixes, f"{prefixes[ref.level]}{ref.path}[].")


def _plain(
    refs: Iterable[FactRef], derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[Use]:
    for ref in refs:
        yield from _use(ref, None, derived, prefixes)


def _use(
    ref: FactRef, test: Predicate | None, derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[Use]:
    if ref.source is FactSource.AS_OF:
        yield Use(ref.path, ref, test)
        return
    prefix = prefixes[ref.level]
    yield Use(f"{prefix}{ref.path}", ref, test)
    if ref.source is FactSource.DERIVED:
        for row in derived[ref.path].rows:
            yield from uses(row.when, derived, (prefix,))


def moves(changed: Path, read: Path, *, record: bool) -> bool:
    """
    Tell whether a change of one fact can move what reads another.

    It can if they are the same, if what is read stands in what changed, or if what changed stands
    in a record that is read.

    >>> moves("partners", "partners[].name", record=False)
    True
    >>> moves("partners[].name", "partners", record=False)
    False
    """
    if changed == read or read.startswith((f"{changed}.", f"{changed}[")):
        return True
    return record and changed.startswith(f"{read}.")
