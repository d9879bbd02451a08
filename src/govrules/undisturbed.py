"""Many values made at once, without a search for garbage among them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """
    Make many values without a search for garbage among them, which takes longer than making them.

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
