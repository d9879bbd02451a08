"""
Exit codes, and where output goes: the terminal, a pipe, or a file that is written whole or not.

All that a command says goes through here, and what strangers wrote in it is shown and not obeyed.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import attrs

from govrules.diagnostics import Diagnostic
from govrules.files import InputError, check_output, replacing
from govrules.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from govrules.answered import Laid

FINE: Final = 0
FLAGGED: Final = 1
PROBLEM: Final = 2
NOTHING_CHECKED: Final = 3
#: A fault of ours, so that it is never taken for a verdict.
FAULT: Final = 70
INTERRUPTED: Final = 130
#: What the name of a file asks for.
_BY_SUFFIX: Final = {
    **{each: each for each in (".xls", ".ods", ".pdf", ".docx")},
    ".html": "html",
    ".htm": "html",
    ".yaml": "actions",
    ".yml": "actions",
    ".xlsx": "xlsx",
    ".md": "markdown",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".sarif": "sarif",
}


class Stop(Exception):  # noqa: N818 - it ends a command and is no error of the library
    """
    Ends a command with a message and an exit code.

    Args:
        message: what is wrong.

        help_: what to do about it.

        code: the exit code.
    """

    def __init__(self, message: str, help_: str = "", *, code: int = PROBLEM) -> None:
        super().__init__(message)
        self.lines = complaint(message, help_)
        self.code = code


def complaint(message: str, help_: str = "") -> list[str]:
    """Return what is wrong, and what to do about it, as the lines that a command prints."""
    return [f"govrules: {message}", *([f"  help: {help_}"] if help_ else [])]


def reason_of(error: BaseException, otherwise: str = "it cannot be read") -> str:
    """Return why the system refused, in its own words where it has any."""
    return (getattr(error, "strerror", "") or otherwise).lower()


#: How many lines are printed at once.
_AT_ONCE: Final = 64


def show(lines: Iterable[tuple[str, str]], output: Path | None = None) -> None:
    """Print lines with their styles; the styles are used on a terminal only."""
    if output is not None:
        emit_lines((text for text, _ in lines), output)
    elif sys.stdout is not None and sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - a pipe has no use for it

        console = Console(highlight=False, soft_wrap=True)
        for text, style in lines:
            _guarded(_printing(console, text, style))
    else:
        emit_lines(text for text, _ in lines)


def _printing(console: Console, text: str, style: str) -> Callable[[], object]:
    return lambda: console.print(visible(text), style=style or None, markup=False)


def emit(text: str, output: Path | None = None) -> None:
    """Print text, or write it to a file."""
    if output is None:
        _print(visible(text))
    else:
        write(output, text)


def emit_lines(lines: Iterable[str], output: Path | None = None) -> None:
    """
    Print lines, or write them to a file: no more than a few are kept.

    Raises:
        Stop: they cannot be written.
    """
    if output is None:
        waiting: list[str] = []
        try:
            for line in lines:
                waiting.append(f"{visible(line)}\n")
                if len(waiting) == _AT_ONCE:
                    waiting, some = [], waiting
                    _print("".join(some))
        finally:
            _print("".join(waiting))
        return
    try:
        with replacing(output) as new, new.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(f"{visible(line)}\n")
    except (OSError, ValueError, RuntimeError) as error:
        raise not_written(output, error) from error


def flush() -> None:
    """
    Have whoever reads standard output read all that was printed.

    Raises:
        Stop: it cannot be written.
    """
    if sys.stdout is not None:
        _guarded(sys.stdout.flush)


def warn(lines: Iterable[str]) -> None:
    """Print lines beside the output; where that cannot be done, the exit code tells."""
    for line in lines:
        if sys.stderr is not None:
            try:
                sys.stderr.write(f"{visible(line)}\n")
                sys.stderr.flush()
            except (OSError, ValueError):
                _discard(sys.stderr)


def complain(message: str, help_: str = "") -> None:
    """Print what is wrong beside the output, and what to do about it."""
    warn(complaint(message, help_))


def emit_json(data: object, output: Path | None = None) -> None:
    """Print plain data as JSON, or write it to a file."""
    emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)


def format_of(given: str | None, output: Path | None, *formats: str) -> str:
    """
    Return the output format: the one asked for, else the one a file name implies.

    Args:
        given: the format that is asked for; None where none is.

        output: the file to be written; None for standard output.

        formats: those that there are, first the one that is written where nothing is asked for.

    Raises:
        Stop: the name asks for one that is not written here, as a workbook.
    """
    if given is not None:
        return given
    suffix = "" if output is None else output.suffix.lower()
    wanted = _BY_SUFFIX.get(suffix, formats[0])
    if wanted not in formats:
        raise Stop(
            f"`{output}`: this is not written as `{suffix}`",
            f"name another file, or say how with `--format`: {', '.join(formats)}",
        )
    return wanted


def refuse_inputs(output: Path | None, *inputs: Path | Sequence[Path | str] | None) -> None:
    """
    Refuse, before anything is read, to write over what will be read.

    Args:
        output: the file to be written; None for standard output.

        inputs: files, and folders of packs; what of it is no path is left out.

    Raises:
        Stop: the output is one of them.
    """
    if output is None:
        return
    several: list[Path] = []
    for each in inputs:
        if isinstance(each, Path):
            several.append(each)
        elif each is not None:
            several += map(Path, each)
    # A sheet or table may be named after its file.
    several += [Path(str(each).rpartition("::")[0]) for each in several if "::" in str(each)]
    try:
        check_output(output, several)
    except (OSError, ValueError) as error:
        raise not_written(output, error) from error


def write(path: Path, content: str | bytes, *, over_inputs: bool = False) -> None:
    """
    Write a file whole: an older file stays as it was until the new one is complete.

    Raises:
        Stop: it cannot be written, or is a file that this run reads and that is to stay.
    """
    data = visible(content).encode() if isinstance(content, str) else content
    try:
        with replacing(path, over_inputs=over_inputs) as new:
            new.write_bytes(data)
    except (OSError, ValueError, RuntimeError) as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: Exception) -> Stop:
    """Return the error that ends a command whose output file cannot be written."""
    help_ = error.help if isinstance(error, InputError) else "name a file that can be written"
    return Stop(f"`{path}`: {reason_of(error, 'it cannot be written')}", help_)


# ── Streams that are closed, full or not read ─────────────────────────────────────────────────


def _stdout() -> TextIO:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdout


def _print(text: str) -> None:
    _guarded(lambda: _stdout().write(text))


def _guarded(work: Callable[[], object]) -> None:
    """
    Write to standard output.

    A reader that has gone reads no more, and the verdict stays what it is.

    Raises:
        Stop: standard output is closed or full.
    """
    try:
        work()
    except BrokenPipeError:
        _discard(sys.stdout)
    except (OSError, ValueError) as error:
        if sys.stdout is not None:
            _discard(sys.stdout)
        raise Stop(
            f"standard output cannot be written: {reason_of(error, 'it is closed')}",
            "name a file with `--output`, or let somebody read what is printed",
        ) from error


def _discard(stream: TextIO) -> None:
    """Redirect a stream so that unflushed output is dropped silently."""
    try:
        handle = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(handle, stream.fileno())
        finally:
            os.close(handle)
    except (OSError, ValueError):
        pass


@attrs.define
class RunNotes:
    """
    What was said beside the findings of one run.

    Attributes:
        diagnostics: what is wrong with files, or not read of them, in the order in which it was
            met.
        notes: what became of the rows and sheets of each table.
        laid: which answers there are, and what counts for each fact.
        failed: whether anything was said that is more than a warning.
    """

    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    laid: list[Laid] = attrs.field(factory=list)
    failed: bool = False

    def say(self, found: Iterable[Diagnostic]) -> None:
        """Print what is wrong, and keep it."""
        new = [*found]
        warn(str(each) for each in new)
        self.diagnostics += new
        self.failed = self.failed or any(not each.code.is_warning for each in new)

    def note(self, notes: Iterable[str]) -> None:
        """Print what became of rows and sheets, and keep it."""
        new = [*notes]
        warn(new)
        self.notes += new

    def fail(self, message: str) -> None:
        """Print a problem that has no place in a file."""
        warn([message])
        self.failed = True
