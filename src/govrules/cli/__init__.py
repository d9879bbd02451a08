"""The command line: `govrules COMMAND`, with the same exit codes whatever the format."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from govrules.cli.exits import PROBLEM, Stop
from govrules.errors import FactsError, GovrulesError, RuleFileError


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command and return its exit code.

    0: nothing at or above `--fail-on`; 1: flagged findings, or examples that fail; 2: a rule
    file, data or usage error; 3: nothing was checked; 130: interrupted.
    """
    from cyclopts import CycloptsError  # noqa: PLC0415 - only the command line pays for it

    from govrules.cli import demo, verify  # noqa: F401, PLC0415 - each adds a command
    from govrules.cli.commands import app  # noqa: PLC0415 - only the command line pays for it
    from govrules.cli.kinds import without_kinds  # noqa: PLC0415 - likewise

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The same bytes whatever the machine's own encoding and line ends are.
            stream.reconfigure(encoding="utf-8", newline="\n")
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    # A dash alone is no option, and stands for standard input.
    tokens = ["./-" if each == "-" else each for each in tokens]
    try:
        code = app(
            without_kinds(tokens),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        _say(f"govrules: {str(error).strip()}", "run `govrules --help` for what can be asked")
        return PROBLEM
    except Stop as stop:
        _say(*stop.lines)
        return stop.code
    except RuleFileError as error:
        _say(*(str(each) for each in error.diagnostics))
        return PROBLEM
    except FactsError as error:
        _say(*([str(each) for each in error.diagnostics] or [f"govrules: {error}"]))
        return PROBLEM
    except GovrulesError as error:
        _say(f"govrules: {error}")
        return PROBLEM
    except KeyboardInterrupt:
        _say("govrules: interrupted")
        return 130
    except BrokenPipeError:
        # The reader has gone; what it did not read is no error of ours.
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0


def _say(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - the command line speaks
