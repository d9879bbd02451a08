"""Which facts a condition reads, so that what a changed fact can move is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, assert_never

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


def reads(
    conditions: Iterable[Condition],
    derived: Mapping[str, Derived],
    prefixes: Prefixes = ("",),
) -> Mapping[Path, bool]:
    """
    Return every fact that conditions read, those beneath derived facts included.

    Each stands with whether it is a record, which what changes beneath it can bring about.
    """
    return dict(each for condition in conditions for each in _read(condition, derived, prefixes))


def _read(
    condition: Condition, derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[tuple[Path, bool]]:
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from _read(item, derived, prefixes)
        case Not(item):
            yield from _read(item, derived, prefixes)
        case Test(ref, predicate):
            yield from _facts((ref, *compared_with(predicate)), derived, prefixes)
        case Known(ref):
            yield from _facts((ref,), derived, prefixes)
        case Quantified(list=ref, where=where):
            yield from _facts((ref,), derived, prefixes)
            yield from _read(where, derived, _inside(ref, prefixes))
        case Count(list=ref, where=where, predicate=predicate):
            yield from _facts((ref, *compared_with(predicate)), derived, prefixes)
            yield from _read_any((where,), derived, _inside(ref, prefixes))
        case Sum(list=ref, of=of, where=where, predicate=predicate):
            yield from _facts((ref, *compared_with(predicate)), derived, prefixes)
            yield from _facts((of,), derived, _inside(ref, prefixes))
            yield from _read_any((where,), derived, _inside(ref, prefixes))
        case Share(list=ref, among=among, where=where, predicate=predicate):
            yield from _facts((ref, *compared_with(predicate)), derived, prefixes)
            yield from _read_any((among, where), derived, _inside(ref, prefixes))
        case _:
            assert_never(condition)


def _read_any(
    conditions: Iterable[Condition | None], derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[tuple[Path, bool]]:
    for condition in conditions:
        if condition is not None:
            yield from _read(condition, derived, prefixes)


def _inside(ref: FactRef, prefixes: Prefixes) -> Prefixes:
    return (*prefixes, f"{prefixes[ref.level]}{ref.path}[].")


def _facts(
    refs: Iterable[FactRef], derived: Mapping[str, Derived], prefixes: Prefixes
) -> Iterator[tuple[Path, bool]]:
    for ref in refs:
        if ref.source is FactSource.AS_OF:
            yield ref.path, False
            continue
        prefix = prefixes[ref.level]
        yield f"{prefix}{ref.path}", isinstance(ref.type, Record)
        if ref.source is FactSource.DERIVED:
            for row in derived[ref.path].rows:
                yield from _read(row.when, derived, (prefix,))


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
