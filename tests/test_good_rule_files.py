"""Sound packs load, and damaged ones raise nothing but what is said of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules.diagnostics import Diagnostic
from govrules.errors import FactsError, RuleFileError
from govrules.reading import read_subject
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import shipped_packs
from tests.pages import laid

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
