"""Diagnostics as they are printed, and their codes."""

from __future__ import annotations

import re

import pytest

from govrules.diagnostics import CODES, Code, Diagnostic, Span, did_you_mean, read_place
from govrules.errors import EngineError, FactsError, GovrulesError, RuleFileError


def test_a_diagnostic_shows_place_line_caret_and_help() -> None:
    """The caret underlines the word in its line."""
    found = Diagnostic(
        Code.UNKNOWN_FACT,
        "unknown fact `staus`",
        Span("pool.yaml", 3, 3, 5),
        "did you mean `status`?",
        "  staus: active",
    )
    assert str(found).splitlines() == [
        "pool.yaml:3:3: GR101 unknown-fact: unknown fact `staus`",
        "  3 |   staus: active",
        "        ^^^^^",
        "  help: did you mean `status`?",
    ]


def test_a_diagnostic_of_a_whole_file_shows_no_line() -> None:
    """Without a line there is neither line nor column nor caret."""
    found = Diagnostic(Code.EMPTY_FILE, "the file is empty", Span("pool.yaml"))
    assert str(found) == "pool.yaml: GR002 empty-file: the file is empty"


def test_a_diagnostic_of_an_empty_line_shows_no_caret() -> None:
    """A line with nothing to see is not shown."""
    found = Diagnostic(Code.TAB, "a tab", Span("pool.yaml", 2, 1), source="\t")
    assert str(found) == "pool.yaml:2:1: GR007 tab: a tab"


def test_a_warning_says_that_it_is_one() -> None:
    """A problem with which a file is used all the same is a warning."""
    found = Diagnostic(Code.UNREADABLE_VALUE, "`TBC`", Span("pool.yaml", 1, 1))
    assert found.headline == "pool.yaml:1:1: warning: GR601 unreadable-value: `TBC`"
    assert [code.title for code in Code if code.is_warning] == [
        "unreadable-value",
        "read-with-care",
        "placeholder",
        "date-ahead",
        "partner-twice",
        "column-not-mapped",
        "not-confirmed",
        "row-without-facts",
        "row-of-one-cell",
        "sheet-of-the-same-kind",
        "row-without-name",
        "two-negatives",
        "needless-no",
        "question-does-not-fit",
        "long-principle",
        "stiff-words",
        "label-as-a-sentence",
        "no-verb",
        "hidden-by-a-comment",
        "smart-quotes",
        "same-rule-twice",
        "gap-between-versions",
        "table-without-otherwise",
        "not-used",
        "not-approved",
        "waiver-for-nothing",
        "waiver-past-its-day",
        "action-not-followed-up",
        "answer-for-nothing",
        "answer-against-the-record",
        "answers-disagree",
    ]


def test_a_tab_before_the_word_does_not_move_the_caret() -> None:
    """A tab is shown as one space, so that the caret stands below the word."""
    found = Diagnostic(Code.UNKNOWN_VALUE, "x", Span("a", 1, 7, 3), source="name:\ttbd")
    assert str(found).splitlines()[1:] == ["  1 | name: tbd", "            ^^^"]


@pytest.mark.parametrize("column", [1, 300, 595])
def test_a_long_line_is_shown_around_the_place(column: int) -> None:
    """However long the line, what is shown is short, and the caret stands below the word."""
    source = ("x" * (column - 1) + "staus" + "y" * 595)[:600]
    found = Diagnostic(Code.UNKNOWN_FACT, "x", Span("a", 1, column, 5), source=source)
    _, line, caret = str(found).splitlines()
    assert len(line) < 150
    start = caret.index("^")
    assert caret[start:] == "^" * 5
    assert line[start : start + 5] == "staus"
    assert ("…" in line[:start]) == (column > 61)


def test_a_place_is_printed_as_editors_read_it() -> None:
    """A place is the file and the line; the file alone is the whole of it."""
    assert str(Span("pool.yaml", 3, 7)) == "pool.yaml:3"
    assert str(Span("pool.yaml")) == "pool.yaml"


def test_a_place_in_a_workbook_is_printed_as_spreadsheets_name_it() -> None:
    """A cell is named by its letters and row; a row by itself, and a sheet by its name."""
    assert str(Span("r.xlsx", 7, 28, sheet="Sheet 1")) == "r.xlsx[Sheet 1]!AB7"
    assert str(Span("r.xlsx", 7, sheet="Sheet 1")) == "r.xlsx[Sheet 1]!7"
    assert str(Span("r.xlsx", sheet="Sheet 1")) == "r.xlsx[Sheet 1]"


@pytest.mark.parametrize(
    "place",
    [
        "pool.yaml:3",
        "pool.yaml",
        "a:b.yaml:12",
        "r.xlsx[Sheet 1]!AB7",
        "r.xlsx[S]!7",
        "d.duckdb::t:7",
    ],
)
def test_a_place_that_was_printed_can_be_read(place: str) -> None:
    """Reading a place and printing it again gives the same."""
    assert str(read_place(place)) == place


def test_codes_are_found_by_id_and_by_name() -> None:
    """Every code is a number after GR and a name in kebab-case, and has a meaning."""
    for code in Code:
        assert re.fullmatch(r"GR[0-9]\d\d", code.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.title)
        assert code.meaning.endswith(".")
        assert CODES[code.id] is CODES[code.title] is code
    assert len(CODES) == 2 * len(Code)


def test_the_nearest_word_is_suggested() -> None:
    """One word is suggested if it is near, else all if they are few, else none."""
    assert did_you_mean("staus", ["status", "area"]) == "did you mean `status`?"
    assert did_you_mean("xyz", ["status", "area"]) == "allowed: `status`, `area`"
    assert did_you_mean("xyz", [str(index) for index in range(31)]) == ""
    assert did_you_mean("xyz", []) == ""


def test_a_suggestion_is_written_as_the_word_was() -> None:
    """What stands before the word stands before what is suggested."""
    assert did_you_mean("poold", ["pooled"], "funding.") == "did you mean `funding.pooled`?"
    assert did_you_mean("x", ["pooled"], "funding.") == "allowed: `funding.pooled`"


def test_an_error_shows_the_first_few_diagnostics() -> None:
    """Five headlines are shown, and how many more there are."""
    many = tuple(Diagnostic(Code.TAB, f"problem {n}", Span("a")) for n in range(7))
    error = RuleFileError(many)
    assert str(error).splitlines()[0] == "a: GR007 tab: problem 0"
    assert str(error).splitlines()[-1] == "and 2 more"
    assert len(str(error).splitlines()) == 6
    assert error.diagnostics == many
    assert "more" not in str(RuleFileError(many[:5]))


def test_errors_carry_what_programs_need() -> None:
    """Each error is a GovrulesError, with its parts as attributes and a sentence as text."""
    facts = FactsError("funding.pooled", "yes or no", "'maybe'")
    assert str(facts) == "`funding.pooled` must be yes or no, not 'maybe'"
    assert (facts.path, facts.expected, facts.actual) == ("funding.pooled", "yes or no", "'maybe'")
    read = FactsError("a", "facts", "problems", (Diagnostic(Code.TAB, "a tab", Span("a")),))
    assert str(read) == "a: GR007 tab: a tab"
    engine = EngineError("durable", "it is not installed")
    assert str(engine) == "engine `durable`: it is not installed"
    assert engine.engine == "durable"
    for error in (facts, read, engine, RuleFileError(())):
        assert isinstance(error, GovrulesError)
