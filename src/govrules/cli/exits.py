"""Exit codes, and the way a command stops short with one."""

from __future__ import annotations

from typing import Final

FINE: Final = 0
FLAGGED: Final = 1
PROBLEM: Final = 2
NOTHING_CHECKED: Final = 3
#: A fault of ours, so that it is never taken for a verdict.
FAULT: Final = 70
INTERRUPTED: Final = 130


class Stop(Exception):  # noqa: N818 - it ends a command and is no error of the library
    """Ends a command with a message and an exit code."""

    def __init__(self, *lines: str, code: int = PROBLEM) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.code = code
