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
