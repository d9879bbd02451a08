"""YAML text to nodes that know their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from govrules.diagnostics import Code, Span
from govrules.nodes import Entries, Items, Node, Report, Scalar, read_file
from govrules.parsing import MAX_DEPTH, parse


def parsed(text: str) -> tuple[Node | None, Report]:
    report = Report("file.yaml", text)
    return parse(text, report), report


def test_values_are_text_with_a_place() -> None:
    """No value is interpreted: the type of the fact decides how its text is read."""
    root, report = parsed("name: NO\nyear: 2026\nlist: [1, 'two']\n")
    assert report.ok
    assert isinstance(root, Entries)
    values = {key.text: value for key, value in root.items}
    assert isinstance(values["name"], Scalar)
    assert (values["name"].text, values["name"].plain) == ("NO", True)
    assert (values["year"].line, values["year"].column) == (2, 7)  # type: ignore[union-attr]
    assert isinstance(values["list"], Items)
    quoted = values["list"].items[1]
    assert isinstance(quoted, Scalar)
    assert (quoted.text, quoted.plain) == ("two", False)


def test_entries_stand_in_the_order_of_the_file() -> None:
    """The order of keys is kept, nested ones too."""
    root, _ = parsed("b: 1\na: { d: 1, c: 2 }\n")
    assert isinstance(root, Entries)
    assert [key.text for key, _ in root.items] == ["b", "a"]
    inner = root.items[1][1]
    assert isinstance(inner, Entries)
    assert [key.text for key, _ in inner.items] == ["d", "c"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("a: word\n", 4),
        ("a: 'two words'\n", 11),
        ('a: "é\U0001f600"\n', 4),
        ("a: |\n  long\n  text\n", 1),
        ("a: two\n  lines\n", 3),
        ("a: ''\n", 2),
        ("a:\n", 1),
    ],
)
def test_a_value_is_underlined_as_it_is_written(text: str, length: int) -> None:
    """Quotes belong to the place, and a text of several lines ends with the first."""
    root, report = parsed(text)
    assert isinstance(root, Entries)
    assert report.span(root.items[0][1]).length == length


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", Code.EMPTY_FILE, 0, 0),
        ("# a remark\n", Code.EMPTY_FILE, 0, 0),
        ("---\n", Code.EMPTY_FILE, 0, 0),
        ("a: &x 1\n", Code.YAML_FEATURE, 1, 4),
        ("a: *x\n", Code.YAML_FEATURE, 1, 4),
        ("*x : a\n", Code.YAML_FEATURE, 1, 1),
        ("a: !!str b\n", Code.YAML_FEATURE, 1, 4),
        ("a: ! b\n", Code.YAML_FEATURE, 1, 4),
        ("a: !mine [b]\n", Code.YAML_FEATURE, 1, 4),
        ("a: &x {b: c}\n", Code.YAML_FEATURE, 1, 4),
        ("a:\n  <<: b\n", Code.YAML_FEATURE, 2, 3),
        ("a:\n\tb: c\n", Code.TAB, 2, 1),
        ("a: b\n  \t\n", Code.TAB, 2, 3),
        ("a: b\n---\nc: d\n", Code.SECOND_DOCUMENT, 2, 1),
        ("a: b\na: c\n", Code.DUPLICATE_KEY, 2, 1),
        ("{a: {b: c, b: d}}\n", Code.DUPLICATE_KEY, 1, 12),
        ("[a]: b\n", Code.WRONG_SHAPE, 1, 1),
        ("{a: b}: c\n", Code.WRONG_SHAPE, 1, 1),
        ("a: [\n", Code.INVALID_YAML, 1, 5),
        ("a: 'b\n", Code.INVALID_YAML, 1, 4),
        ("a: b: c\n", Code.INVALID_YAML, 1, 5),
        ("a: {b: c\n", Code.INVALID_YAML, 1, 4),
        ("a: 'b' c\n", Code.INVALID_YAML, 1, 8),
        (" a: b\nc: d\n", Code.INVALID_YAML, 2, 1),
        ("a:\n- b\n c: d\n", Code.INVALID_YAML, 3, 3),
        ("a: b\nc\nd: e\n", Code.INVALID_YAML, 2, 1),
        ('a: "\\q"\n', Code.INVALID_YAML, 1, 5),
        ('a: "\\ud83d"\n', Code.INVALID_YAML, 1, 7),
        ("a: @b\n", Code.INVALID_YAML, 1, 4),
        ("a: *\n", Code.INVALID_YAML, 1, 5),
        ("%YAML 3.0\n---\na: b\n", Code.INVALID_YAML, 1, 1),
        ("a: \x07\n", Code.UNREADABLE_FILE, 0, 0),
    ],
)
def test_what_the_format_refuses_is_said_with_its_place(
    text: str, code: Code, line: int, column: int
) -> None:
    """Every feature that would hide something is refused, at the place where it stands."""
    root, report = parsed(text)
    assert root is None
    (found,) = report.diagnostics
    assert (found.code, found.span.line, found.span.column) == (code, line, column)


def test_all_refusals_of_a_file_are_said() -> None:
    """One refusal does not hide the next."""
    _, report = parsed("a: &x 1\nb: *x\nb: !y 2\n")
    assert [each.code for each in report.diagnostics] == [
        Code.YAML_FEATURE,
        Code.YAML_FEATURE,
        Code.DUPLICATE_KEY,
        Code.YAML_FEATURE,
    ]


def test_depth_has_a_limit_and_no_more() -> None:
    """Sixty-four levels are read; one more is refused, however many follow."""
    root, report = parsed("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert root is not None
    assert report.ok
    for more in (1, 20_000):
        root, report = parsed("[" * (MAX_DEPTH + 1 + more) + "]" * (MAX_DEPTH + 1 + more))
        assert root is None
        assert [each.code for each in report.diagnostics] == [Code.NESTED_TOO_DEEPLY]


def test_text_is_read_from_a_file(tmp_path: Path) -> None:
    """A byte order mark is no part of the text."""
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: Eastshire\n")
    text, report = read_file(path, "file.yaml")
    assert text == "name: Eastshire\n"
    assert report.ok
    assert report.file == "file.yaml"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "there is no such file"),
        ("", "this is a folder"),
        ("a\0b", "it cannot be opened"),
        ("n" * 300, "file name too long"),
        ("latin", "line 2 is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, message: str) -> None:
    """The reason is in words, and nothing is raised."""
    (tmp_path / "latin").write_bytes("name:\n  Besançon\n".encode("latin-1"))
    text, report = read_file(tmp_path / name, "file.yaml")
    assert text == ""
    (found,) = report.diagnostics
    assert (found.code, found.message) == (Code.UNREADABLE_FILE, message)


def test_warnings_leave_a_report_ok() -> None:
    """Only errors count as errors."""
    report = Report("file.yaml", "a: b")
    report.add(Code.UNREADABLE_VALUE, "it cannot be read")
    assert report.ok
    report.add(Code.UNKNOWN_FACT, "unknown fact")
    assert not report.ok
    assert report.errors == 1


def test_a_message_is_one_line_however_long_the_text() -> None:
    """Line ends in a user's text become spaces, and what is too long is cut."""
    report = Report("file.yaml")
    report.add(Code.UNKNOWN_VALUE, "unknown value `a\nb`")
    report.add(Code.UNKNOWN_VALUE, "word " * 1000)
    first, second = report.diagnostics
    assert first.message == "unknown value `a b`"
    assert len(second.message) <= 400
    assert second.message.endswith(" …")


def test_diagnostics_stand_in_the_order_of_lines() -> None:
    """However they were found, they are told from the top."""
    report = Report("file.yaml", "a: b\nc: d\n")
    report.add(Code.UNKNOWN_FACT, "second", Scalar("c", plain=True, line=2, column=1))
    report.add(Code.UNKNOWN_FACT, "first", Scalar("b", plain=True, line=1, column=4))
    assert [each.message for each in report.in_order()] == ["first", "second"]


def test_a_place_never_reaches_beyond_its_line() -> None:
    """Where no node is named, the file as a whole is the place."""
    report = Report("file.yaml", "ab\n")
    assert report.span(None) == Span("file.yaml")
    far = Scalar("ab", plain=True, line=1, column=2, length=9)
    assert report.span(far) == Span("file.yaml", 1, 2, 1)
    below = Scalar("ab", plain=True, line=7, column=3, length=2)
    assert report.span(below) == Span("file.yaml", 7, 3, 1)
