"""Diagnostics as they are printed, their codes, and what is said of rule files that are wrong."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules.diagnostics import CODES, Code, Diagnostic, Span, did_you_mean, read_place
from govrules.errors import EngineError, FactsError, GovrulesError, RuleFileError
from govrules.nodes import MAX_BYTES
from govrules.parsing import MAX_NODES
from govrules.reading import read_subject
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import shipped_packs
from tests.pages import cases, laid


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


BASE = laid("rule_files.md") / "base"
CASES = cases("A rule file")

#: Files that are too large or too strange to be kept are written by the test.
WRITTEN: dict[str, Callable[[Path], object]] = {
    "binary-file": lambda pack: (pack / "rules.yaml").write_bytes(b"PK\x03\x04\n\xff\xfe"),
    "control-character": lambda pack: (pack / "rules.yaml").write_bytes(b"govrules: 1\na: \x07"),
    "file-too-large": lambda pack: (pack / "rules.yaml").write_bytes(b"#" * (MAX_BYTES + 1)),
    "too-many-values": lambda pack: (pack / "rules.yaml").write_bytes(
        b"[" + b"1," * (MAX_NODES + 1) + b"]"
    ),
}
#: Codes that no rule file brings about when it is loaded, and why.
NOT_FOR_LOADING = {
    Code.NOT_LAID_OUT: "loading lays nothing out; tests of `format` show it",
    Code.EXAMPLE_FAILS: "the file is well formed; running its examples shows it",
}


def diagnostics_of(packs: list[str]) -> tuple[str, RuleFileError]:
    with pytest.raises(RuleFileError) as caught:
        load_rulebook(*packs)
    return "\n".join(str(each) for each in caught.value.diagnostics) + "\n", caught.value


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Lay a case over the sound pack, and return the packs to load."""

    def lay(case: str) -> list[str]:
        shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
        if case:
            CASES[case].lay(tmp_path)
        if case in WRITTEN:
            WRITTEN[case](tmp_path / "pack")
        monkeypatch.chdir(tmp_path)
        packs = tmp_path / "packs.txt"
        return packs.read_text("utf-8").split() if packs.exists() else ["pack"]

    return lay


def test_the_base_is_sound(lay: Callable[[str], list[str]]) -> None:
    """The pack that cases are laid over loads, so that a case shows its own fault only."""
    assert load_rulebook(*lay("")).id == "pack"


@pytest.mark.parametrize("case", CASES)
def test_bad_rule_files_are_explained(case: str, lay: Callable[[str], list[str]]) -> None:
    """Loading raises every diagnostic, word for word, with its place, line, caret and help."""
    said, _ = diagnostics_of(lay(case))
    CASES[case].check(said)


@pytest.mark.parametrize("case", CASES)
def test_each_diagnostic_says_where_and_how_to_mend_it(
    case: str, lay: Callable[[str], list[str]]
) -> None:
    """A diagnostic has a one-line cause without a full stop, a help, and a caret on the line."""
    _, error = diagnostics_of(lay(case))
    for each in error.diagnostics:
        assert each.message
        assert "\n" not in each.message
        assert not each.message.endswith(".")
        assert each.help
        assert each.span.column - 1 + each.span.length <= max(1, len(each.source) + 1)


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_reported_once(case: str, lay: Callable[[str], list[str]]) -> None:
    """No problem is reported twice, and none in another order than that of the lines."""
    _, error = diagnostics_of(lay(case))
    said = [str(each) for each in error.diagnostics]
    assert len(set(said)) == len(said)
    for file in {each.span.file for each in error.diagnostics}:
        places = [
            (each.span.line, each.span.column)
            for each in error.diagnostics
            if each.span.file == file
        ]
        assert places == sorted(places)


def test_many_mistakes_are_reported_in_one_run(lay: Callable[[str], list[str]]) -> None:
    """The mistakes of all files of a pack are raised together."""
    _, error = diagnostics_of(lay("many-mistakes-at-once"))
    files = {each.span.file for each in error.diagnostics}
    assert files == {"pack/rulebook.yaml", "pack/rules.yaml", "pack/more.yaml"}
    assert len({each.code for each in error.diagnostics}) > 5


def test_every_code_for_rule_files_has_a_case() -> None:
    """Each code of a fault in a pack stands in some expected text, save those excused."""
    said = "".join(case.said for case in CASES.values())
    about_rules = {code for code in Code if not code.id.startswith(("GR6", "GR7", "GR8", "GR9"))}
    missing = {code for code in about_rules if f": {code.id} {code.title}: " not in said}
    assert missing == NOT_FOR_LOADING.keys()


def test_every_code_has_a_page_of_its_own_words() -> None:
    """No two codes share an id, a name or a meaning, and names are in kebab-case."""
    for values in (
        [code.id for code in Code],
        [code.title for code in Code],
        [code.meaning for code in Code],
    ):
        assert len(set(values)) == len(values)
    assert all(code.title == code.title.lower().replace("_", "-") for code in Code)


GOOD = laid("rule_files.md") / "good"
RULES = (GOOD / "everything" / "single-values.yaml").read_bytes()
LISTS = (GOOD / "everything" / "many-values.yaml").read_bytes()
EVERYTHING = load_rulebook(GOOD / "everything")
BOOK = (GOOD / "everything" / "rulebook.yaml").read_bytes()
SUBJECTS = {
    path.name: path.read_bytes() for path in sorted((laid("subject_files.md") / "good").iterdir())
}


@pytest.mark.parametrize("pack", sorted(path.name for path in GOOD.iterdir()))
def test_good_packs_load_without_a_word(pack: str) -> None:
    """A pack under good/ loads, and its rules are about all subjects that are shipped."""
    assert load_rulebook(GOOD / pack).rules


@pytest.mark.parametrize("pack", sorted(path.name for path in shipped_packs().iterdir()))
def test_loading_twice_gives_equal_rulebooks(pack: str) -> None:
    """Loading depends on the files only."""
    one, two = load_rulebook(pack), load_rulebook(pack)
    assert one.rules == two.rules
    assert one.derived == two.derived


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_read(tmp_path: Path, end: str) -> None:
    """A file saved with other line ends, or a byte order mark, means the same."""
    shutil.copytree(GOOD / "everything", tmp_path / "everything")
    path = tmp_path / "everything" / "single-values.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + RULES.replace(b"\n", end.encode()))
    moved = load_rulebook(tmp_path / "everything")
    assert moved.rules == load_rulebook(GOOD / "everything").rules
    assert (
        moved.rule("a-record").span.line
        == load_rulebook(GOOD / "everything").rule("a-record").span.line
    )


def problems_of(path: Path, rulebook: Rulebook | None = None) -> tuple[Diagnostic, ...]:
    """Return what is said of a subject file that is refused; nothing where it is used."""
    try:
        read_subject(path, rulebook=rulebook)
    except FactsError as error:
        assert error.diagnostics  # noqa: PT017 - it need not be refused
        return error.diagnostics
    return ()


def damaged(files: list[bytes]) -> st.SearchStrategy[bytes]:
    """Files cut short, with pieces taken out, put twice, or changed."""

    @st.composite
    def draw(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(files))
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(data)))
            end = draw(st.integers(start, min(len(data), start + 40)))
            piece = draw(
                st.one_of(
                    st.just(b""),
                    st.just(data[start:end] * 2),
                    st.binary(max_size=6),
                    st.sampled_from(
                        [
                            *(b"{", b"}", b"[", b"]", b": ", b"- ", b"\n", b"\t", b"none"),
                            *(b"&a ", b"*a", b"!x ", b"<<", b"'", b'"', b"|\n", b"[]", b"{}"),
                            *(b'"\\0"', b"\xc2\x85", b"9" * 50, b"2026", b"-1", b"~"),
                            *(b"unknown", b"{fact: name}", b"{by: tier}"),
                        ]
                    ),
                )
            )
            data = data[:start] + piece + data[end:]
        return data

    return draw()


@settings(max_examples=150, deadline=None)
@given(damaged([RULES, LISTS]), damaged([BOOK]), st.booleans())
def test_a_damaged_pack_raises_nothing_but_its_diagnostics(
    rules: bytes, book: bytes, break_book: bool
) -> None:
    """However a rule file is damaged, what comes out is a rulebook or a RuleFileError."""
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "everything"
        shutil.copytree(GOOD / "everything", pack)
        (pack / "single-values.yaml").write_bytes(rules)
        (pack / "many-values.yaml").unlink()
        if break_book:
            (pack / "rulebook.yaml").write_bytes(book)
        try:
            load_rulebook(pack)
        except RuleFileError as error:
            diagnostics = error.diagnostics
        else:
            return
    assert diagnostics
    for each in diagnostics:
        assert each.help
        assert str(each).startswith(str(pack))


@settings(max_examples=200, deadline=None)
@given(damaged([*SUBJECTS.values()]))
def test_a_damaged_subject_raises_nothing_but_facts_errors(data: bytes) -> None:
    """However a subject file is damaged, what comes out is a subject or a FactsError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subject.yaml"
        path.write_bytes(data)
        assert all(each.help for each in problems_of(path, EVERYTHING))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Bytes that are no subject at all are refused in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subject.yaml"
        path.write_bytes(data)
        assert all(each.help for each in problems_of(path))
