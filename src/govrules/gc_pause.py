"""Many values made at once, without a search for garbage among them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
#: After so many values what was let go is looked for.
_OFTEN: Final = 32


def let_go(items: Iterable[T]) -> Iterator[T]:
    """
    Yield values, dropping each before the next is made.

    What hangs together in a circle is looked for among the new values alone.
    """
    for number, each in enumerate(items, 1):
        yield each
        if not number % _OFTEN:
            gc.collect(0)


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """
    Pause garbage collection while many objects are created.

    Values that are read hold no cycles. They are put among the old values, where the search comes
    seldom; what else became garbage meanwhile is found there.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
