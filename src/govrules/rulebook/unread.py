"""Examples of shipped packs, most of their text: left out until somebody asks for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar, overload

T = TypeVar("T")
#: An entry `examples` of a rule or a derived fact, with all lines that are indented below it.
_EXAMPLES: Final = re.compile(r"^( +)examples:\n(?:\1[ -].*\n|[ ]*\n)+", re.MULTILINE)


def without_examples(text: str) -> str:
    """Return a shipped rule file with its examples blanked out, line numbers kept."""
    return _EXAMPLES.sub(lambda found: "\n" * found[0].count("\n"), text)


class Unread(Sequence[T]):
    """
    The examples of a rule or derived fact, read on first use.

    Args:
        read: reads them.
    """

    __slots__ = ("_read", "_whole")

    def __init__(self, read: Callable[[], Sequence[T]]) -> None:
        self._read = read
        self._whole: tuple[T, ...] | None = None

    def _all(self) -> tuple[T, ...]:
        if self._whole is None:
            self._whole = tuple(self._read())
        return self._whole

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[T]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Unread) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._all(),)
