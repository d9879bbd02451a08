"""The three truth values, and the sentinel for a fact that nobody recorded."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final, Literal, NoReturn


class Truth(Enum):
    """
    A truth value of Kleene's strong three-valued logic.

    `bool()` of it raises, so that no ``if`` can lose the third value.
    """

    FALSE = "false"
    UNKNOWN = "unknown"
    TRUE = "true"

    #: There is one of each, and verdicts are looked up by them.
    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        msg = "a Truth has three values: compare it with `is Truth.TRUE`"
        raise TypeError(msg)

    def __invert__(self) -> Truth:
        return _NEGATED[self]


_NEGATED: Final = {
    Truth.TRUE: Truth.FALSE,
    Truth.FALSE: Truth.TRUE,
    Truth.UNKNOWN: Truth.UNKNOWN,
}


class Unknown(Enum):
    """The type of `UNKNOWN`, so that type checkers can tell it from a value."""

    UNKNOWN = "unknown"

    #: There is one of it, and it is looked up in every set of values.
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> NoReturn:
        msg = "UNKNOWN is neither yes nor no: compare it with `is UNKNOWN`"
        raise TypeError(msg)


UNKNOWN: Final[Literal[Unknown.UNKNOWN]] = Unknown.UNKNOWN


def truth(value: bool) -> Truth:  # noqa: FBT001 - the one place where a bool becomes a Truth
    """Return the truth value of a plain yes or no."""
    return Truth.TRUE if value else Truth.FALSE


def conjunction(truths: Iterable[Truth]) -> Truth:
    """
    Return *and* of the truth values: false wins, then unknown.

    >>> conjunction([Truth.TRUE, Truth.UNKNOWN])
    <Truth.UNKNOWN: 'unknown'>
    """
    result = Truth.TRUE
    for each in truths:
        if each is Truth.FALSE:
            return each
        if each is Truth.UNKNOWN:
            result = each
    return result


def disjunction(truths: Iterable[Truth]) -> Truth:
    """
    Return *or* of the truth values: true wins, then unknown.

    >>> disjunction([Truth.TRUE, Truth.UNKNOWN])
    <Truth.TRUE: 'true'>
    """
    result = Truth.FALSE
    for each in truths:
        if each is Truth.TRUE:
            return each
        if each is Truth.UNKNOWN:
            result = each
    return result


def unanimous(truths: Iterable[Truth]) -> Truth:
    """
    Return the value that all agree on, and unknown where they differ.

    No truth at all is unknown.
    """
    found: Truth | None = None
    for each in truths:
        if found is not None and each is not found:
            return Truth.UNKNOWN
        found = each
    return Truth.UNKNOWN if found is None else found
