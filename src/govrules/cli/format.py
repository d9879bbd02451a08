"""`govrules format`: every file of the packs first, and written only when all can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.cli.output import FINE, FLAGGED, PROBLEM, Stop, emit, warn, write
from govrules.diagnostics import Code
from govrules.explain.phrases import counted
from govrules.nodes import Report, read_file
from govrules.parsing import parse
from govrules.rulebook.layout import LayoutError, laid_out
from govrules.rulebook.packs import packs_in


def format_(
    directories: Annotated[
        list[str], Parameter(name="DIR", negative="", help="A pack, or a folder of packs.")
    ],
    *,
    check: Annotated[bool, Parameter(name="--check", negative="")] = False,
) -> int:
    """
    Lay rule files out in block form, with short lines and all comments; what they say is kept.

    Nothing is written where one of the files cannot be read or laid out.

    Parameters
    ----------
    directories
        Packs, or folders of packs.
    check
        Write nothing, and say which files would be laid out anew; exit code 1 if there are any.
    """
    packs = packs_in(directories)
    changed: dict[Path, str] = {}
    problems: list[str] = []
    number = 0
    for pack in packs:
        for path in _files(pack):
            number += 1
            text, report = read_file(path, str(path))
            made = _made(text, report)
            problems += [str(each) for each in report.in_order()]
            if report.ok and made != text:
                changed[path] = made
    warn(problems)
    if problems:
        return PROBLEM
    for path, made in changed.items():
        if not check:
            write(path, made.encode(), over_inputs=True)
        emit(f"{path}: {'would be laid out anew' if check else 'laid out anew'}\n")
    if not changed:
        emit(f"{counted(number, 'file')} in {counted(len(packs), 'pack')}: all are laid out\n")
    return FLAGGED if changed and check else FINE


def _files(pack: str) -> Iterator[Path]:
    folder = Path(pack)
    if not (folder / "rulebook.yaml").is_file():
        raise Stop(
            f"`{pack}` holds no `rulebook.yaml`, so it is no pack",
            "name the folder of a pack, or a folder of packs",
        )
    yield from sorted(folder.glob("*.yaml"))


def _made(text: str, report: Report) -> str:
    """Return a file laid out; the original text if the report says why it cannot be."""
    if not report.ok or parse(text, report) is None:
        return text
    try:
        return laid_out(text)
    except LayoutError:
        report.add(
            Code.NOT_LAID_OUT,
            "laid out anew, the file would not say the same",
            help_="write texts of several lines without a number behind `|` or `>`, in one block",
        )
        return text
