"""The command line: `govrules COMMAND`, with the same exit codes whatever the format."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from govrules.cli.output import FAULT, INTERRUPTED, PROBLEM, Stop, complain, flush, reason_of, warn
from govrules.gc_pause import gc_paused


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command and return its exit code.

    0: nothing at or above `--fail-on`; 1: flagged findings, or examples that fail; 2: a rule
    file, data or usage error, or an output that cannot be written; 3: nothing was checked;
    70: a fault of ours; 130: interrupted.
    """
    try:
        try:
            code = _run(sys.argv[1:] if arguments is None else list(arguments))
        except Exception as error:  # noqa: BLE001 - each way to fail has a code of its own
            code = _failed(error)
        return _flushed(code)
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def _run(tokens: list[str]) -> int:
    with gc_paused():
        from govrules.cli.app import command_line  # noqa: PLC0415 - only the command line pays for it
        from govrules.cli.options import without_kinds  # noqa: PLC0415 - likewise
        from govrules.files import READ  # noqa: PLC0415 - likewise

    _open_streams()
    READ.set(set())
    # A dash alone is no option, and stands for standard input.
    tokens = ["./-" if word == "-" else word for word in tokens]
    tokens = without_kinds(tokens)
    with gc_paused():
        run = command_line(tokens)
    code = run(
        tokens,
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )
    return code if isinstance(code, int) else 0


def _open_streams() -> None:
    """Make standard streams byte-identical on all systems, and tolerate closed ones."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Or the next file that is opened would be taken for the stream.
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _failed(error: Exception) -> int:
    """Say what went wrong, and return the code for it."""
    from cyclopts import CycloptsError  # noqa: PLC0415 - only the command line pays for it

    from govrules.errors import FactsError, GovrulesError, RuleFileError  # noqa: PLC0415 - likewise

    match error:
        case Stop():
            warn(error.lines)
            return error.code
        case CycloptsError():
            warn([f"govrules: {str(error).strip()}", "run `govrules --help` for what can be asked"])
        case RuleFileError():
            warn(str(diagnostic) for diagnostic in error.diagnostics)
        case FactsError():
            warn([str(diagnostic) for diagnostic in error.diagnostics] or [f"govrules: {error}"])
        case GovrulesError():
            complain(str(error))
        case MemoryError():
            complain("there is not enough memory for this", "give less at once")
        case OSError() if error.filename is not None:
            complain(
                f"`{error.filename}`: {reason_of(error, 'it cannot be used')}", "check the path"
            )
        case _:
            import traceback  # noqa: PLC0415 - seldom needed

            warn("".join(traceback.format_exception(error)).splitlines())
            complain(
                "this is a fault of govrules, and says nothing of what was checked",
                "report it with the lines above, and without any register",
            )
            return FAULT
    return PROBLEM


def _flushed(code: int) -> int:
    """Flush standard output and return the final exit code."""
    try:
        flush()
    except Stop as stop:
        warn(stop.lines)
        return stop.code
    return code
