"""How far a long piece of work is: shown on a terminal, beside the output."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Sized
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")
S = TypeVar("S", bound=Sized)

#: After so many seconds somebody may wonder.
_SOON: Final = 2
#: Fewer than this many are done before anybody wonders.
LONG: Final = 100


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} a second" if speed else "")


def followed(
    items: Iterable[T], total: int, what: str, console: Console | None = None
) -> Iterator[T]:
    """
    Yield items while showing count, rate and time left.

    Nothing is shown, and nothing is left behind, where standard error is no terminal.
    """
    console = console or Console(stderr=True)
    if total < LONG or not console.is_terminal:
        yield from items
        return
    with _progress(console) as progress:
        yield from progress.track(items, total=total, description=what)


@contextlib.contextmanager
def waited(what: str, console: Console | None = None) -> Iterator[None]:
    """
    Show the current task and its elapsed time after two seconds.

    Nothing is shown, and nothing is left behind, where standard error is no terminal.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    shown = Progress(*columns, console=console, transient=True)
    shown.add_task(what, total=None)
    timer = threading.Timer(_SOON, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if shown.live.is_started:
            shown.stop()


def followed_batches(
    batches: Iterable[S], total: int, what: str, console: Console | None = None
) -> Iterator[S]:
    """Yield batches while showing progress by rows."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield from batches
        return
    with _progress(console) as progress:
        task = progress.add_task(what, total=total)
        for batch in batches:
            yield batch
            progress.advance(task, len(batch))


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)
