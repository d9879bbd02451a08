"""YAML as nodes that know their place, and the report on a file of them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.files import SpecialFileError, read_bytes

MAX_BYTES: Final = 10_000_000
_LONGEST_MESSAGE: Final = 400


@attrs.define(eq=False)
class Scalar:
    """A single value, as text."""

    text: str
    plain: bool
    line: int
    column: int
    length: int = 1


@attrs.define(eq=False)
class Entries:
    """A mapping, in the order of the file."""

    items: list[tuple[Scalar, Node]]
    line: int
    column: int


@attrs.define(eq=False)
class Items:
    """A list."""

    items: list[Node]
    line: int
    column: int


Node: TypeAlias = Scalar | Entries | Items


class Report:
    """Collects the diagnostics of one file; `ok` tells whether any is an error."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self.lines = text.splitlines()
        self.diagnostics: list[Diagnostic] = []

    @property
    def ok(self) -> bool:
        """Whether nothing but warnings was reported."""
        return not self.errors

    @property
    def errors(self) -> int:
        """How many problems are more than warnings."""
        return sum(not diagnostic.code.is_warning for diagnostic in self.diagnostics)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics in the order of lines."""
        by_place = sorted(self.diagnostics, key=lambda each: (each.span.line, each.span.column))
        return tuple(by_place)

    def span(self, node: Node | None) -> Span:
        """Return the place of a node, or of the file."""
        if node is None:
            return Span(self.file)
        length = node.length if isinstance(node, Scalar) else 1
        source = self.lines[node.line - 1] if 0 < node.line <= len(self.lines) else ""
        length = max(1, min(length, len(source) - node.column + 1))
        return Span(self.file, node.line, node.column, length)

    def add(
        self,
        code: Code,
        message: str,
        node: Node | None = None,
        help_: str = "",
        *,
        path: str = "",
        allowed: tuple[str, ...] = (),
    ) -> None:
        """Report a problem at a node; a message is one line, however long the user's text is."""
        span = self.span(node)
        message = textwrap.shorten(message, _LONGEST_MESSAGE, placeholder=" …")
        source = self.lines[span.line - 1] if 0 < span.line <= len(self.lines) else ""
        self.diagnostics.append(Diagnostic(code, message, span, help_, source, path, allowed))


def read_file(path: Path, name: str) -> tuple[str, Report]:
    """Return the text of a file and a report on it; the text is empty if it cannot be used."""
    try:
        data = read_bytes(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        report = Report(name)
        reason, help_ = why_not_read(error)
        report.add(Code.UNREADABLE_FILE, reason, help_=help_)
        return "", report
    return decoded(data, name)


def why_not_read(error: OSError | ValueError) -> tuple[str, str]:
    """Return in words why a file cannot be opened, and what to do."""
    match error:
        case FileNotFoundError():
            return "there is no such file", "check the path"
        case IsADirectoryError():
            return "this is a folder", "name a file"
        case SpecialFileError():
            return str(error.strerror), error.help
        case _:
            reason = getattr(error, "strerror", "") or "it cannot be opened"
            return reason.lower(), "check the path and who may read it"


def decoded(data: bytes | None, name: str) -> tuple[str, Report]:
    """Return bytes decoded as text, and a report; None is a file above the limit."""
    report = Report(name)
    if data is None or len(data) > MAX_BYTES:
        report.add(
            Code.FILE_TOO_LARGE,
            f"the file has more than {MAX_BYTES // 1_000_000} MB",
            help_="split it into several files",
        )
        return "", report
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        report.add(
            Code.UNREADABLE_FILE,
            f"line {line} is not text in UTF-8",
            help_="save the file as UTF-8 text; a spreadsheet or document is not a YAML file",
        )
        return "", report
    return text, Report(name, text)


def move(node: Node, lines: int) -> None:
    """Move a node, and all in it, down by some lines."""
    node.line += lines
    match node:
        case Entries(items):
            for key, value in items:
                key.line += lines
                move(value, lines)
        case Items(items):
            for item in items:
                move(item, lines)
        case Scalar():
            pass
