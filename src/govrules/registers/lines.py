"""
JSON Lines to partnerships: one object a line, with facts as a partnership file has them.

What is well written is read straight from the parser's values; a line in which anything is odd
is read again as every other file of facts is, which says what is wrong and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.model import Partnership, Register
from govrules.nodes import Report, parse
from govrules.reading import Read
from govrules.registers.sources import check_file, once, read_lines, refuse
from govrules.registers.tables import MAX_ROWS
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN
from govrules.values import PLACEHOLDERS, Problem, check_number, read
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

_STATES: Final[Mapping[str, Any]] = {"unknown": UNKNOWN, "~": UNKNOWN, "null": UNKNOWN, "none": None}


class _OddError(Exception):
    """Something that the careful reader has to look at."""


class LineOrigin(Mapping[str, str]):
    """The place of every fact of a line: the line."""

    __slots__ = ("file", "line")

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line

    def __getitem__(self, path: str) -> str:
        if path:
            raise KeyError(path)
        return f"{self.file}:{self.line}"

    def __iter__(self) -> Iterator[str]:
        yield ""

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return repr(dict(self))
