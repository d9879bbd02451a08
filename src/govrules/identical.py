"""Keys that are equal only where what they hold is the very same, for values that hash deeply."""

from __future__ import annotations

from operator import is_
from typing import Any


class Identical(tuple[Any, ...]):
    """
    Objects as a key: equal to a key of the same objects, and to no other.

    >>> one = [1]
    >>> Identical([one]) == Identical([one]), Identical([one]) == Identical([[1]])
    (True, False)
    """

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(map(id, self)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Identical) and len(self) == len(other) and all(map(is_, self, other))
        )

    def __ne__(self, other: object) -> bool:
        return not self == other
