"""
What is said of rule files that are wrong.

Each case of a rule file in ``diagnostics`` breaks one thing: its files are laid over the sound
pack in ``rule_files.md``, and what is said is every diagnostic in full.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from govrules.diagnostics import Code
from govrules.errors import RuleFileError
from govrules.nodes import MAX_BYTES
from govrules.parsing import MAX_NODES
from govrules.rulebook.load import load_rulebook
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
