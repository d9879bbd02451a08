"""
What is said of partnership and register files that are wrong.

Each case of a partnership file in ``diagnostics`` has one file; what is said is whether the file is
used all the same, and every diagnostic in full.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from govrules.diagnostics import Code, Diagnostic
from govrules.doubts import doubts
from govrules.errors import FactsError
from govrules.model import Register
from govrules.nodes import MAX_BYTES
from govrules.portfolio import entries_of, register_problems
from govrules.reading import read_subject
from tests.pages import cases

CASES = cases("A partnership file")

#: Files that are too large or too strange to be kept are written by the test.
WRITTEN: dict[str, Callable[[Path], object]] = {
    "binary": lambda folder: (folder / "subject.yaml").write_bytes(b"PK\x03\x04\xff\xfe\x00"),
    "missing": lambda _folder: None,
    "folder": lambda folder: (folder / "subject.yaml").mkdir(),
    "utf-16": lambda folder: (folder / "subject.yaml").write_text("name: Eastshire\n", "utf-16"),
    "too-large": lambda folder: (folder / "subject.yaml").write_bytes(b"#" * (MAX_BYTES + 1)),
}


def said_of(path: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return what a user is told of a file: whether it is used, and every diagnostic."""
    try:
        read = read_subject(path)
    except FactsError as error:
        return "refused", error.diagnostics
    found = (*read.warnings, *read.problems, *doubts(read.subject, read.as_of))
    if isinstance(read.subject, Register):
        found += tuple(register_problems(entries_of(read.subject)))
    return "used", found


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Lay the file of a case out, and return its path."""

    def lay(case: str) -> str:
        CASES[case].lay(tmp_path)
        if case in WRITTEN:
            WRITTEN[case](tmp_path)
        monkeypatch.chdir(tmp_path)
        return "subject.json" if (tmp_path / "subject.json").exists() else "subject.yaml"

    return lay


@pytest.mark.parametrize("case", CASES)
def test_bad_subject_files_are_explained(case: str, lay: Callable[[str], str]) -> None:
    """Reading tells every problem, word for word, and whether the file is used all the same."""
    verdict, diagnostics = said_of(lay(case))
    said = "\n".join([verdict, *(str(each) for each in diagnostics)]) + "\n"
    CASES[case].check(said)


@pytest.mark.parametrize("case", CASES)
def test_each_problem_is_said_once_and_can_be_mended(case: str, lay: Callable[[str], str]) -> None:
    """A diagnostic has a one-line cause, a help and a place, and no other is like it."""
    _, diagnostics = said_of(lay(case))
    assert diagnostics
    assert len({str(each) for each in diagnostics}) == len(diagnostics)
    for each in diagnostics:
        assert each.message
        assert "\n" not in each.message
        assert each.help
        assert each.span.file.startswith("subject.")


def test_only_errors_refuse_a_file(lay: Callable[[str], str]) -> None:
    """A value that cannot be read is a warning, its fact is unknown, and the rest is read."""
    read = read_subject(lay("unreadable-values"))
    assert {each.code for each in read.warnings} == {
        Code.UNREADABLE_VALUE,
        Code.READ_WITH_CARE,
        Code.PLACEHOLDER,
    }
    assert read.subject.name == "Eastshire care pool"
    assert repr(read.subject.funding.annual_spend) == "UNKNOWN"
    assert not read.problems


def test_a_broken_entry_leaves_the_others_as_they_are(lay: Callable[[str], str]) -> None:
    """An entry of a register that cannot be read may be any, so that the list stays open."""
    text = "partnerships:\n  - name: One\n    staus: active\n  - name: Two\n"
    path = Path(lay("missing"))
    path.write_text(text, "utf-8")
    read = read_subject(path)
    first, rest = read.subject.partnerships
    assert first.name == "Two"
    assert repr(rest) == "UNKNOWN"
    assert [each.code for each in read.problems] == [Code.UNKNOWN_FACT]


def test_every_code_for_subjects_has_a_case() -> None:
    """Each GR6 code stands in some expected text."""
    said = "".join(case.said for case in CASES.values())
    codes = [code for code in Code if code.id.startswith("GR6")]
    assert codes
    assert [code for code in codes if f"{code.id} {code.title}: " not in said] == []
