"""A mapping that cannot be changed, and keys that are equal only where they hold the very same."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_
from typing import Any, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Frozen(dict[K, V]):
    """
    A mapping that stays as it was made.

    >>> Frozen(a=1)["b"] = 2
    Traceback (most recent call last):
    TypeError: this mapping cannot be changed
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Frozen, (dict(self),)

    def __deepcopy__(self, _memo: object) -> Frozen[K, V]:
        return self

    def __copy__(self) -> Frozen[K, V]:
        return self

    def __or__(self, other: Mapping[Any, Any]) -> dict[Any, Any]:
        return dict(self) | dict(other)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        msg = "this mapping cannot be changed"
        raise TypeError(msg)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def frozen(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return a mapping that stays as this one is now."""
    return values if isinstance(values, Frozen) else Frozen(values)


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
