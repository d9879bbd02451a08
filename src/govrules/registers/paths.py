"""Which fact a column holds, by its path: those of a record, and of records in lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from govrules.subjects import Declared, record_fact
from govrules.vocabulary import Fact, Records, vocabulary_of

_IN_LIST: Final = re.compile(r"(?P<list>[a-z_.]+)\[(?P<index>[0-9]{0,3})\]\.(?P<rest>[a-z_.]+)")


@attrs.frozen
class FactPath:
    """
    The path of a fact in a table.

    Attributes:
        text: as it is written: ``funding.pooled``, ``partners[0].name`` or ``partners[].name``.
        fact: the fact.
        list: the list that the fact is in; "" where it is in none.
        index: which of the list's records; None where one cell holds several.
        rest: the path of the fact in a record of that list; the whole path where it is in none.
    """

    text: str
    fact: Fact
    list: str = ""
    index: int | None = None
    rest: str = ""


def path_of(text: str, cls: type, declared: Declared) -> FactPath | None:
    """Return the path that a text names, or None where there is no such fact."""
    own = declared.fact(text, cls)
    if own is not None:
        return FactPath(text, own, rest=text)
    found = _IN_LIST.fullmatch(text)
    inner = record_fact(cls, found["list"], found["rest"]) if found else None
    if found is None or inner is None:
        return None
    index = int(found["index"]) if found["index"] else None
    return FactPath(text, inner, found["list"], index, found["rest"])


def column_paths(cls: type, declared: Declared) -> Iterator[str]:
    """Yield every path that a column may hold, the records of lists under ``[]``."""
    vocabulary = vocabulary_of(cls)
    for path, fact in vocabulary.facts.items():
        yield path
        if isinstance(fact.type, Records):
            yield from (f"{path}[].{inner}" for inner in vocabulary_of(fact.type.cls).facts)
    if "stated" in vocabulary.about:
        yield from (name for name, (_, owner) in declared.derived.items() if owner is cls)
