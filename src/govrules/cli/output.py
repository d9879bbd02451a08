"""Where output goes: the terminal, a pipe, or a file that is written whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from govrules.cli.exits import Stop
from govrules.files import replacing


def show(lines: Iterable[tuple[str, str]], output: Path | None = None) -> None:
    """Print lines with their styles; the styles are used on a terminal only."""
    if output is not None:
        write(output, "".join(f"{text}\n" for text, _ in lines))
    elif sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - a pipe has no use for it

        console = Console(highlight=False, soft_wrap=True)
        for text, style in lines:
            console.print(text, style=style or None, markup=False)
    else:
        sys.stdout.writelines(f"{text}\n" for text, _ in lines)


def emit(text: str, output: Path | None = None) -> None:
    """Print text as it is, or write it to a file."""
    if output is None:
        sys.stdout.write(text)
    else:
        write(output, text)


def warn(lines: Iterable[str]) -> None:
    """Print lines beside the output."""
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - the command line speaks


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole: an older file stays as it was until the new one is complete."""
    data = content.encode() if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            _write_device(path, data)
            return
        with replacing(path) as new:
            new.write_bytes(data)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise Stop(
            f"govrules: `{path}`: {reason}", "  help: name a file that can be written"
        ) from error


def _write_device(path: Path, data: bytes) -> None:
    # A pipe or a terminal cannot be replaced; a folder refuses to be opened, and says so.
    with path.open("wb") as file:
        file.write(data)
