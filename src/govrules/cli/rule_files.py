"""The rule files of the packs in use, as they are watched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import attrs

from govrules.cli.output import warn
from govrules.errors import GovrulesError, RuleFileError
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in, shipped_packs

#: What tells one state of files from another: when each was written, its size and its number.
Marks: TypeAlias = dict[Path, tuple[int, int, int]]


def marks_of(paths: Iterable[Path]) -> Marks:
    """Return the state of files; what is not there has none."""
    found: Marks = {}
    for path in paths:
        with contextlib.suppress(OSError):
            stat = path.stat()
            found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


@attrs.define
class RuleFiles:
    """
    Packs whose files are looked at, and read again where they have changed and stand still.

    Attributes:
        packs: the packs as they were named; none are all that are shipped.
    """

    packs: tuple[str, ...]
    subjects: dict[str, type] | None = None
    _taken: Marks = attrs.field(init=False)
    _seen: Marks = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._taken = self._seen = self._marks()

    def changed(self, rulebook: Rulebook) -> Rulebook | None:
        """Return the rulebook that the files hold now; None where they hold what they did."""
        seen = self._marks()
        still = seen == self._seen
        self._seen = seen
        if seen == self._taken or not still:
            return None
        self._taken = seen
        try:
            found = load_rulebook(*packs_in(self.packs), subjects=self.subjects)
        except RuleFileError as error:
            warn([*(str(each) for each in error.diagnostics), _KEPT])
            return None
        except GovrulesError as error:
            warn([f"govrules: {error}", _KEPT])
            return None
        same = [each.content for each in found.packs] == [each.content for each in rulebook.packs]
        return None if same else found

    def _marks(self) -> Marks:
        return marks_of(_files(self.packs or tuple(packs_in(()))))


_KEPT = "govrules: the rules were not taken; those of before still count"


def _files(packs: Iterable[str]) -> Iterator[Path]:
    """Yield the files of packs, and of the packs that stand beside them and may be adapted."""
    folders: dict[Path, None] = {}
    for pack in packs:
        folder = Path(pack) if Path(pack).is_dir() else shipped_packs() / pack
        folders |= dict.fromkeys(
            [folder, *(each.parent for each in folder.parent.glob("*/rulebook.yaml"))]
        )
    for folder in folders:
        yield from sorted(folder.glob("*.yaml"))
