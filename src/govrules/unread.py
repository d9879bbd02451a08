"""Which recorded facts no rule in force reads, so that nobody takes silence on them for a pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from govrules.identical import Identical
from govrules.rulebook.ast import Rulebook, rule_conditions
from govrules.rulebook.reads import reads
from govrules.truth import UNKNOWN
from govrules.vocabulary import Record, Records, Text, vocabulary_of


def unread(subject: Any, rulebook: Rulebook) -> tuple[str, ...]:  # noqa: ANN401 - any attrs object
    """
    Return the recorded facts of a subject that no rule about its kind reads, in their order.

    A fact of a list's records stands under ``[]``. Texts are left out: most are names.
    """
    read = _read_about(Identical((type(subject), rulebook)))
    return tuple(path for path in dict.fromkeys(_recorded(subject)) if path not in read)


@lru_cache(maxsize=32)
def _read_about(only: Identical) -> frozenset[str]:
    """Return the facts that rules about subjects of a class read."""
    cls, rulebook = only
    kinds = {name for name, each in rulebook.subjects.items() if each is cls}
    rules = (rule for rule in rulebook.rules if rule.subject in kinds)
    conditions = (each for rule in rules for each in rule_conditions(rule))
    return frozenset(reads(conditions, rulebook.derived))


def _recorded(record: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - any attrs object
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        value = getattr(record, name)
        path = f"{prefix}{name}"
        if value is UNKNOWN:
            continue
        if isinstance(fact.type, Record):
            if value is not None:
                yield from _recorded(value, f"{path}.")
        elif isinstance(fact.type, Records):
            for each in value or ():
                if each is not UNKNOWN:
                    yield from _recorded(each, f"{path}[].")
        elif not isinstance(fact.type, Text):
            yield path
