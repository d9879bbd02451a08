"""What is wrong with files, and what of them is not read: said at once, and kept for the report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from govrules.cli.output import warn
from govrules.diagnostics import Diagnostic

if TYPE_CHECKING:
    from govrules.answered import Laid


@attrs.define
class Said:
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
