"""One body is one, however its name is spelt: partners that are listed twice count once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from govrules.decode.names import fold_body
from govrules.decode.problems import Problem
from govrules.diagnostics import Code
from govrules.model import Partner
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choices, vocabulary_of


class Bodies:
    """Index of the bodies of one list: the position at which each first stood."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def twin(self, record: Any, place: int) -> int | None:  # noqa: ANN401 - a record of a list, or UNKNOWN
        """Return the earlier position of a partner's body; None if it is new."""
        name = record.name if isinstance(record, Partner) else record
        if not isinstance(name, str):
            return None
        first = self._places.setdefault(fold_body(name), place)
        return None if first == place else first


def twins_merged(partners: Sequence[Any]) -> tuple[tuple[Any, ...], list[tuple[int, int]]]:
    """
    Return partners with duplicates of one body merged.

    Beside them are the places of those that stood there before, each with that of the first.
    """
    found = dict(enumerate(partners))
    bodies = Bodies()
    twice = []
    for place, each in enumerate(partners):
        first = bodies.twin(each, place)
        if first is not None:
            found[first] = records_merged(found[first], found.pop(place))
            twice.append((place, first))
    return tuple(found.values()), twice


def records_merged(one: Any, other: Any) -> Any:  # noqa: ANN401 - two records of one class
    """Merge two records of one body; facts they contradict each other in become unknown."""
    values: dict[str, Any] = {}
    cls: type = type(one)
    for name, fact in vocabulary_of(cls).fields.items():
        first, second = getattr(one, name), getattr(other, name)
        if name == "name" or second is UNKNOWN or first == second:
            values[name] = first
        elif first is UNKNOWN:
            values[name] = second
        elif isinstance(fact.type, Choices) and None not in (first, second):
            values[name] = first | second
        else:
            values[name] = UNKNOWN
    return attrs.evolve(one, **values)


def counts_once(name: str, path: str, other: str = "") -> Problem:
    """Return the problem of a body listed twice; `other` is its first place."""
    at = f", the other at {other}" if other else ""
    return Problem(
        Code.PARTNER_TWICE,
        f"`{name}` stands twice in `{path}`{at}: it counts once",
        "leave one of the two out",
    )
