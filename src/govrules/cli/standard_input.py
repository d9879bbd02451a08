"""What comes by standard input: a partnership or a register in YAML, JSON or JSON Lines."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Final

from govrules.cli.exits import Stop, reason_of
from govrules.errors import FactsError
from govrules.nodes import MAX_BYTES, decoded
from govrules.reading import Read, read_text, read_values
from govrules.rulebook.ast import Rulebook

#: What stands for standard input where a file is named.
STANDARD_INPUT: Final = Path("-")


def read_input(rulebook: Rulebook, mapping: Path | None, table: str) -> Read:
    """Read what comes by standard input: facts in YAML or JSON, or an object a line."""
    name = str(STANDARD_INPUT)
    if mapping is not None or table:
        raise Stop(
            "standard input holds no table",
            "save it, and name the file with `--mapping` or `--table`",
        )
    text, report = decoded(_standard_input(), name)
    if not report.ok:
        raise FactsError(name, "facts", "problems", report.in_order())
    lines = [each for each in text.splitlines() if each.strip()]
    if len(lines) > 1 and all(
        each.startswith("{") and each.rstrip().endswith("}") for each in lines
    ):
        with contextlib.suppress(ValueError):
            return read_values([json.loads(each) for each in lines], name=name, rulebook=rulebook)
    return read_text(text, name=name, rulebook=rulebook)


def _standard_input() -> bytes | None:
    """Return what comes by standard input; None where it is more than is read."""
    try:
        data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise Stop(f"standard input: {reason_of(error)}", "name a file") from error
    return data if len(data) <= MAX_BYTES else None
