"""
YAML text to nodes, refusing what the format refuses.

PyYAML's C parser reads the text; no value is interpreted here, because the type of the fact
decides how its text is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

import attrs
import yaml

from govrules.diagnostics import Code
from govrules.nodes import Entries, Items, Node, Report, Scalar

MAX_DEPTH: Final = 64
MAX_NODES: Final = 1_000_000


def parse(
    text: str,
    report: Report,
    *,
    quoted: bool = True,
    to_begin: str = "write `govrules: 1` to begin",
) -> Node | None:
    """
    Parse one YAML document into nodes; None where the report says why not.

    Args:
        text: the document.

        report: where problems go.

        quoted: whether quotes make a word plain text; in JSON every word stands in quotes.

        to_begin: how a file that is empty is begun.

    The parser's events are read rather than `yaml.compose`: the C composer overflows its stack
    on deep nesting and forgets anchors and tags.
    """
    if _UNMERGED.search(text):
        _report_versions(report)
        return None
    if "\t" in text:
        _report_tabs(report)
    if _FROM_WORD.search(text):
        _report_marks(report)
    if report.errors:
        return None
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    try:
        root = _NodeBuilder(report, quoted=quoted).build(events)
    except yaml.MarkedYAMLError as error:
        _report_yaml_error(error, report)
        return None
    except yaml.reader.ReaderError as error:
        line = text[: text.find(chr(error.character))].count("\n") + 1
        report.add(
            Code.UNREADABLE_FILE,
            f"line {line} holds a character that text never holds",
            help_="save the file as UTF-8 text; a spreadsheet or document is not a YAML file",
        )
        return None
    if root is None and not report.errors:
        report.add(Code.EMPTY_FILE, "the file is empty", help_=to_begin)
    return root if report.ok else None


@attrs.define(eq=False)
class _OpenNode:
    """An unclosed collection; for a mapping, its keys and the key awaiting a value."""

    node: Entries | Items
    key: Scalar | None = None
    keys: set[str] = attrs.field(factory=set)


class _NodeBuilder:
    """Turns parser events into nodes, refusing what the format refuses."""

    def __init__(self, report: Report, *, quoted: bool) -> None:
        self.report = report
        self.quoted = quoted
        self.count = 0

    def build(self, events: Iterable[Any]) -> Node | None:
        root: Node | None = None
        stack: list[_OpenNode] = []
        documents = 0
        flow: list[bool] = []
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node: Node = self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                flow += [bool(event.flow_style)]
                node = Entries([], event.start_mark.line + 1, event.start_mark.column + 1)
            elif kind is yaml.SequenceStartEvent:
                flow += [bool(event.flow_style)]
                node = Items([], event.start_mark.line + 1, event.start_mark.column + 1)
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                closed = stack.pop().node
                if flow.pop():
                    self._check_commas(closed)
                continue
            elif kind is yaml.AliasEvent:
                node = self._refuse(event, f"alias `*{event.anchor}`")
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._second_document(event)
                    return None
                continue
            else:
                continue
            self.count += 1
            if not self._within_limits(node, len(stack)):
                return None
            if kind is not yaml.AliasEvent:
                self._check_features(event)
            if not stack:
                root = node
            else:
                self._attach(stack[-1], node)
            if not isinstance(node, Scalar):
                stack.append(_OpenNode(node))
        if isinstance(root, Scalar) and not root.text:
            return None
        return root

    def _scalar(self, event: Any) -> Scalar:  # noqa: ANN401 - the C parser has no types
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else len(event.value)
        length = 1 if event.style in _BLOCK_STYLES else max(1, length)
        plain = not (event.style and self.quoted)
        return Scalar(event.value, plain, start.line + 1, start.column + 1, length)

    def _attach(self, within: _OpenNode, node: Node) -> None:
        parent, key = within.node, within.key
        if isinstance(parent, Items):
            parent.items.append(node)
        elif key is None:
            if not isinstance(node, Scalar):
                self.report.add(
                    Code.WRONG_SHAPE,
                    "a key is a single word, not a list or a mapping",
                    node,
                    "write `key: value`; put a key that begins with a bracket in quotes",
                )
                within.key = Scalar("", plain=True, line=node.line, column=node.column)
                return
            if node.text == "<<" and node.plain:
                self.report.add(
                    Code.YAML_FEATURE,
                    "merge key `<<` is not used here",
                    node,
                    "write the keys out",
                )
            if node.text in within.keys:
                self.report.add(
                    Code.DUPLICATE_KEY,
                    f"key `{node.text}` stands twice",
                    node,
                    "keep one of the two",
                )
            within.keys.add(node.text)
            within.key = node
        else:
            parent.items.append((key, node))
            within.key = None

    def _check_commas(self, node: Node) -> None:
        """Report an amount whose comma parts two entries in braces or brackets."""
        before: Scalar | None = None
        for first, second in _neighbours(node):
            whole = f"{first.text},{second.text}"
            text = isinstance(node, Entries) and " " in second.text
            whole = f"{first.text}, {second.text}" if text else whole
            if (
                (text or _AMOUNT.fullmatch(whole))
                and first.plain
                and second.plain
                and before is not first
            ):
                self.report.add(
                    Code.INVALID_YAML,
                    f"a comma in braces or brackets parts what stands beside it: `{whole}`",
                    first,
                    f'write it without the comma, or in quotes: "{whole}"',
                )
                before = second

    def _within_limits(self, node: Node, depth: int) -> bool:
        if depth > MAX_DEPTH:
            self.report.add(
                Code.NESTED_TOO_DEEPLY,
                f"more than {MAX_DEPTH} levels are nested here",
                node,
                "write it with fewer levels; a derived fact can hold a part of a condition",
            )
            return False
        if self.count > MAX_NODES:
            self.report.add(
                Code.TOO_MANY_VALUES,
                f"the file holds more than {MAX_NODES:,} values",
                node,
                "split it into several files",
            )
            return False
        return True

    def _check_features(self, event: Any) -> None:  # noqa: ANN401 - the C parser has no types
        if event.anchor is not None:
            self._refuse(event, f"anchor `&{event.anchor}`")
        if event.tag is not None:
            help_ = "write `not: { fact: value }`" if event.tag == "!=" else ""
            self._refuse(event, f"tag `{event.tag.replace(_STANDARD_TAG, '!!')}`", help_)

    def _refuse(self, event: Any, what: str, help_: str = "") -> Scalar:  # noqa: ANN401 - the C parser has no types
        place = _place(event.start_mark)
        help_ = help_ or "write the value out"
        self.report.add(Code.YAML_FEATURE, f"{what} is not used here", place, help_)
        return place

    def _second_document(self, event: Any) -> None:  # noqa: ANN401 - the C parser has no types
        self.report.add(
            Code.SECOND_DOCUMENT,
            "a second document begins here",
            _place(event.start_mark, len("---")),
            "put it into a file of its own",
        )


#: An amount with commas, as it is where a comma has parted it.
_AMOUNT: Final = re.compile(r"£ ?\d{1,3},\d{3}(?:\.\d+)?|[1-9]\d{0,2},\d{3}(?:\.\d+)?")


def _neighbours(node: Node) -> Iterable[tuple[Scalar, Scalar]]:
    """Return adjacent values of a flow collection, as a comma splits them."""
    match node:
        case Entries(items):
            # Behind a comma an amount goes on as a key that has no value.
            after = [key for key, value in items[1:]]
            empty = [isinstance(value, Scalar) and not value.text for _, value in items[1:]]
            return [
                (value, key)
                for (_, value), key, bare in zip(items, after, empty, strict=False)
                if bare and isinstance(value, Scalar)
            ]
        case Items(items):
            pairs = pairwise(items)
            return [
                (one, two)
                for one, two in pairs
                if isinstance(one, Scalar)
                and isinstance(two, Scalar)
                and (one.text.startswith("£") or two.text.startswith("0"))
            ]
        case _:
            return ()


def _place(mark: Any, length: int = 1) -> Scalar:  # noqa: ANN401 - the C parser has no types
    return Scalar("", True, mark.line + 1, mark.column + 1, length)  # noqa: FBT003 - a plain text


#: What the YAML library says, what that means, and how to mend it.
_CAUSES: Final = (
    (
        "found unexpected end of stream",
        "a quote is opened here and never closed",
        "close the quote",
    ),
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        "put a text that holds a colon in quotes",
    ),
    (
        "did not find expected ','",
        "a comma or a closing bracket is missing before this",
        "close the bracket, or add a comma",
    ),
    (
        "did not find expected node content",
        "a value is missing here, or a bracket is not closed",
        "write a value, or close the bracket",
    ),
    (
        "did not find expected key",
        "no `key: value` can be read here",
        "indent the line like its neighbours; if part of a text is in quotes, quote the whole",
    ),
    (
        "did not find expected '-'",
        "the line is not indented like the list it stands in",
        "indent it like the lines above it",
    ),
    (
        "expected <document start>",
        "the line does not belong to what stands above it",
        "indent it like the first line",
    ),
    (
        "could not find expected ':'",
        "a key has no colon",
        "write `key: value`; put a text of several lines in quotes",
    ),
    (
        "unknown escape",
        "a backslash in double quotes begins no known escape",
        "use single quotes",
    ),
    (
        "invalid Unicode character",
        "an escape in double quotes is no character",
        "write the character itself",
    ),
    (
        "cannot start any token",
        "a value cannot begin with this character",
        "put the value in quotes",
    ),
    (
        "expected alphabetic or numeric character",
        "a value cannot begin with `*` or `&`",
        "put the value in quotes",
    ),
)
#: Of these the place where it began says more than the place where the parser gave up.
_BEGUN_EARLIER: Final = ("found unexpected end of stream", "could not find expected ':'")
_BLOCK_STYLES: Final = ("|", ">")
_STANDARD_TAG: Final = "tag:yaml.org,2002:"


def _report_tabs(report: Report) -> None:
    for number, line in enumerate(report.lines, 1):
        tab = line.find("\t")
        if tab >= 0 and not line[:tab].strip():
            place = Scalar("", plain=True, line=number, column=tab + 1)
            report.add(Code.TAB, "a tab stands in the indentation", place, "use two spaces")


#: What parts two versions of some lines that could not be merged.
_UNMERGED: Final = re.compile(r"^(?:<{7}|>{7}|={7}|\|{7})(?=\s|$)", re.MULTILINE)


def _report_versions(report: Report) -> None:
    """Report unresolved merge conflicts, each marker."""
    marks = [(at, line) for at, line in enumerate(report.lines, 1) if _UNMERGED.match(line)]
    for at, line in [mark for mark in marks if mark[1].startswith("<")] or marks:
        report.add(
            Code.INVALID_YAML,
            "two versions of the file stand here unmerged",
            Scalar("", True, at, 1, len(line)),  # noqa: FBT003 - a plain text
            "keep one of them and delete the lines of marks",
        )


#: Marks that look like those of YAML and are none: hard spaces, and dashes that Word makes.
_FROM_WORD: Final = re.compile(r"[\u00a0\u2007\u202f\u200b\ufeff\u2010-\u2015\u2212\u2022]")
_HARD: Final = "\u00a0\u2007\u202f\u200b\ufeff"
_HARD_INDENT: Final = re.compile(rf"[ -]*[{_HARD}]")
_HARD_AFTER_COLON: Final = re.compile(rf"^[^'\"#]*?[\w\]]+:[{_HARD}]")
_DASH: Final = re.compile(r"\s*[\u2010-\u2015\u2212\u2022]\s")


def _report_marks(report: Report) -> None:
    """Report marks that a word processor put where YAML has a space or a hyphen."""
    block = 0
    for number, line in enumerate(report.lines, 1):
        indent = len(line) - len(line.lstrip())
        # The lines of a text in a block of its own are read as they are.
        if block and (indent >= block or not line.strip()):
            continue
        block = indent + 1 if _BLOCK_BEGINS.search(line) else 0
        hard = _HARD_INDENT.match(line)
        after = _HARD_AFTER_COLON.match(line)
        dash = _DASH.match(line)
        if hard is not None or after is not None:
            end = (hard or after).end()  # type: ignore[union-attr]
            place = Scalar("", plain=True, line=number, column=end)
            where = "in the indentation" if hard is not None else "after the colon"
            message = f"a hard space stands {where}, which looks like a space and is none"
            report.add(
                Code.FROM_A_WORD_PROCESSOR, message, place, "type a plain space in its place"
            )
        elif dash is not None:
            mark = dash[0].strip()
            place = Scalar("", plain=True, line=number, column=line.index(mark) + 1)
            message = f"`{mark}` begins no item of a list: it is a dash that a word processor made"
            report.add(Code.FROM_A_WORD_PROCESSOR, message, place, "type a hyphen, `-`")


_BLOCK_BEGINS: Final = re.compile(r"[:-]\s+[|>][+-]?\d?\s*(?:#.*)?$")


def _swallowed(error: yaml.MarkedYAMLError, report: Report) -> tuple[str, Scalar, str] | None:
    """Return the problem of a comment that swallowed a flow collection's end."""
    if error.context is None or "flow" not in error.context or error.context_mark is None:
        return None
    number = error.context_mark.line + 1
    if number > len(report.lines):
        return None
    line = report.lines[number - 1]
    at = line.find(" #", error.context_mark.column)
    rest = line[at:]
    if at < 0 or not any(each in rest for each in "}]"):
        return None
    return (
        "what stands after ` #` is a comment, so that a bracket is not closed",
        Scalar("", plain=True, line=number, column=at + 2),
        "put a text that holds ` #` in quotes, or the comment on a line of its own",
    )


#: A sign of comparison where a value stands, which YAML takes for something else.
_COMPARED: Final = re.compile(r":\s*(>=|<=|=>|=<|>|<)\s*([^\s,}\]|>+-][^,}\]]*)")
#: The test that stands for a sign of comparison.
OF_SIGNS: Final = {
    ">=": "at_least",
    "=>": "at_least",
    "≥": "at_least",
    "<=": "at_most",
    "=<": "at_most",
    "≤": "at_most",
    ">": "more_than",
    "<": "less_than",
    "==": "equals",
}


def _sign(line: int, report: Report) -> tuple[str, Scalar, str] | None:
    """Return the problem, place and help where a comparison sign is written for a test."""
    found = _COMPARED.search(report.lines[line]) if line < len(report.lines) else None
    if found is None:
        return None
    place = Scalar("", plain=True, line=line + 1, column=found.start(1) + 1, length=len(found[1]))
    return (
        f"`{found[1]}` is no test",
        place,
        f"write `{{ {OF_SIGNS[found[1]]}: {found[2].strip()} }}`",
    )


#: So many lines above the place where the parser gave up a quote is looked for.
_LINES_ABOVE: Final = 6
_QUOTED: Final = re.compile(r"""^[^'"#]*[:\-]\s+(['"])""")


def _opened(error: yaml.MarkedYAMLError, report: Report) -> tuple[str, Scalar, str] | None:
    """Return the problem of a quote or bracket opened on an earlier line."""
    at = error.problem_mark.line if error.problem_mark is not None else 0
    for number in range(min(at, len(report.lines)), max(0, at - _LINES_ABOVE), -1):
        line = report.lines[number - 1]
        found = _QUOTED.match(line)
        if found is not None and line.count(found[1]) % 2:
            place = Scalar("", plain=True, line=number, column=found.start(1) + 1)
            return "a quote is opened here and never closed", place, "close the quote"
    start = error.context_mark
    if error.context is not None and "flow" in error.context and start is not None:
        line = report.lines[start.line] if start.line < len(report.lines) else ""
        if start.line < at and not _swallowed(error, report):
            place = Scalar("", plain=True, line=start.line + 1, column=start.column + 1)
            kind = "brace" if line[start.column : start.column + 1] == "{" else "bracket"
            return f"a {kind} is opened here and never closed", place, "close the bracket"
    return None


def _report_yaml_error(error: yaml.MarkedYAMLError, report: Report) -> None:
    problem = error.problem or ""
    early = problem.startswith(_BEGUN_EARLIER) and error.context_mark is not None
    mark: Any = error.context_mark if early else error.problem_mark
    cause, help_ = next(
        ((cause, help_) for words, cause, help_ in _CAUSES if words in problem),
        ("the line cannot be read as YAML", "check quotes, colons and indentation"),
    )
    place = _place(mark)
    found = _sign(mark.line, report) or _opened(error, report) or _swallowed(error, report)
    if found is not None:
        report.add(Code.INVALID_YAML, *found)
        return
    if place.line > len(report.lines):
        place.line = len(report.lines)
        place.column = len(report.lines[-1]) + 1
    report.add(Code.INVALID_YAML, cause, place, help_)
