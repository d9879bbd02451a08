"""Work on many assessments, shared out to processes beside this one."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from govrules.assessment import Assessment
from govrules.gc_pause import let_go
from govrules.portfolio import is_register

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

R = TypeVar("R")

#: Fewer assessments than this are explained before other processes would have begun.
SHARED_FROM: Final = 400
#: How many processes there are at most: each holds the rules, and what it keeps of them.
MOST: Final = 4
#: So many assessments go to a process at once.
_AT_ONCE: Final = 16
#: So often ahead of what is taken, so that none rests while the register itself is worked on here.
_AHEAD: Final = 32


def each_of(work: Callable[[Assessment], R], several: Sequence[Assessment]) -> Iterator[R]:
    """
    Map a function over assessments in order, in parallel, keeping no result.

    Many are shared out to processes, no more of them than there are processors. What a process
    cannot do, or leaves undone because it is ended, is done here.

    Args:
        work: a function that stands in a module, or a `functools.partial` of one.

        several: the assessments; those of a register itself are worked on here.
    """
    processes = min(MOST, _processors())
    if processes == 1 or len(several) < SHARED_FROM:
        yield from _here(work, several)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - few are worked on here
    from multiprocessing import get_context  # noqa: PLC0415 - likewise

    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin_process)
    waiting: deque[Callable[[], Iterable[R]]] = deque()
    try:
        for chunk in _chunks(several):
            waiting.append(_handed_out(pool, work, chunk))
            if len(waiting) > _AHEAD:
                yield from waiting.popleft()()
        while waiting:
            yield from waiting.popleft()()
    finally:
        pool.shutdown(cancel_futures=True)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _chunks(several: Sequence[Assessment]) -> Iterator[Sequence[Assessment]]:
    """Yield assessments in small chunks; a register's own assessment alone."""
    for whole, some in itertools.groupby(several, lambda each: is_register(each.subject)):
        rest = [*some]
        size = 1 if whole else _AT_ONCE
        yield from (rest[first : first + size] for first in range(0, len(rest), size))


def _handed_out(
    pool: ProcessPoolExecutor, work: Callable[[Assessment], R], chunk: Sequence[Assessment]
) -> Callable[[], Iterable[R]]:
    """Distribute assessments to worker processes; return how to collect each result."""
    here = partial(_here, work, chunk)
    if is_register(chunk[0].subject):
        return here
    try:
        future = pool.submit(_worked, work, chunk)
    except RuntimeError:
        # The pool is broken: a process was ended.
        return here

    def made() -> Iterable[R]:
        try:
            return future.result()
        except Exception:  # noqa: BLE001 - whatever it is, it comes again here or is gone
            return here()

    return made


def _here(work: Callable[[Assessment], R], several: Sequence[Assessment]) -> Iterator[R]:
    return let_go(work(each.afresh()) for each in several)


def _worked(work: Callable[[Assessment], R], chunk: Sequence[Assessment]) -> list[R]:
    made = [work(each.afresh()) for each in chunk]
    gc.collect(0)
    return made


def _begin_process() -> None:
    """Leave interrupts to the process that began this one, and end with it."""
    from multiprocessing import parent_process  # noqa: PLC0415 - as above

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    beginner = parent_process()
    assert beginner is not None  # noqa: S101 - it began this one

    def end_too() -> None:
        beginner.join()
        os._exit(1)

    threading.Thread(target=end_too, daemon=True).start()
