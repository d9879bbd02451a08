"""Whose a fact is that an explanation cites: a record's of a list, one's of two, the subject's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from govrules.explain.cells import Cited
from govrules.explain.phrases import record_name
from govrules.subjects import words_of
from govrules.truth import UNKNOWN
from govrules.vocabulary import Record, vocabulary_of


def of_two(record: Any, path: str) -> str:  # noqa: ANN401 - any attrs object
    """Return the name of the one of two that a fact is of; "" where it is of no such one."""
    name, _, inside = path.partition(".")
    cls: type = type(record)
    if not inside or name not in twins(cls):
        return ""
    one = getattr(record, name)
    # Unknown has a name of its own, which is nobody's.
    called = UNKNOWN if one is UNKNOWN else getattr(one, "name", UNKNOWN)
    return called if isinstance(called, str) else f"the {name} {twins(cls)[name]}"


@lru_cache
def twins(cls: type) -> Mapping[str, str]:
    """
    Return the records in subjects of a class of which there is another of the same kind.

    Each with what it is called: ``{"first": "partnership", "second": "partnership"}``.
    """
    kinds = {
        name: fact.type.cls
        for name, fact in vocabulary_of(cls).fields.items()
        if isinstance(fact.type, Record)
    }
    several = [*kinds.values()]
    return {name: words_of(kind) for name, kind in kinds.items() if several.count(kind) > 1}


def owner_of(cited: Cited) -> str:
    """Return the name of the record that a fact is in; "" for the subject itself."""
    if not cited.frame.prefix:
        return of_two(cited.frame.record, cited.path)
    index = cited.frame.prefix.rstrip("].").rpartition("[")[2]
    return record_name(cited.frame.record, int(index), called_of(cited))


def called_of(cited: Cited) -> str:
    """Return what the record that a fact is in is called: one of a list or of two; else ""."""
    frame = cited.frame
    if frame.prefix:
        return frame.listed[1].each
    cls: type = type(frame.record)
    return twins(cls).get(cited.path.partition(".")[0], "")
