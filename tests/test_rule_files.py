"""What is said of rule files that are wrong; sound ones are read without a word."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules.diagnostics import Code, Diagnostic
from govrules.errors import FactsError, RuleFileError
from govrules.nodes import MAX_BYTES
from govrules.parsing import MAX_NODES
from govrules.reading import read_subject
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import shipped_packs
from tests.pages import cases, laid

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
