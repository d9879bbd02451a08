"""
Each mistake is answered with its place, its cause and its cure.

A mistake is rated 3 where all three are named, 2 where the cure is not, 1 where it is only noticed
and 0 where it is not, or where govrules breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govrules import RuleFileError, read_waivers
from govrules.actions import read_actions
from govrules.cli.workspace import workspace
from govrules.diagnostics import Diagnostic
from govrules.rulebook.load import lint_pack
from tests.mistakes.cases import FILES, MISTAKES, NAMES, Mistake

#: What is not rated 3, with what is missing.
LESS: dict[str, int] = {}


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def said() -> Iterator[Diagnostic]:
    """What is said of all the files, as `lint`, `check` and every command say it."""
    for pack in ("pack", "own"):
        yield from lint_pack(pack)[1]
    for look in (
        lambda: read_waivers("waivers.yaml"),
        lambda: read_actions("actions.yaml"),
        workspace,
    ):
        try:
            look()
        except RuleFileError as error:
            yield from error.diagnostics


def expected_lines(mistake: Mistake, text: str) -> list[int]:
    """The lines that hold what the mistake is named by."""
    lines = text.split("\n")
    found = [number for number, line in enumerate(lines, 1) if mistake.at in line]
    assert found, f"{mistake.name}: {mistake.at!r} is not in the file"
    return found


def rating(mistake: Mistake, text: str, found: list[Diagnostic]) -> int:
    """How good the first answer on the file is."""
    of_file = [each for each in found if each.span.file == mistake.file and each not in SOUND]
    if not of_file:
        return 0
    lines = expected_lines(mistake, text)
    best = 1
    for each in of_file[:2]:
        # What is not there is said of the mapping that lacks it.
        near = 2 if each.code.title.startswith(("missing", "no-question", "severity-w")) else 0
        place = any(0 <= each.span.line - line <= near for line in lines)
        if place and each.code.id.startswith(mistake.code):
            best = max(best, 3 if mistake.cure in f"{each.help} {each.message}" else 2)
    return best


#: What is said of the files as they are.
SOUND: list[Diagnostic] = []


def rated(mistake: Mistake, folder: Path) -> tuple[int, list[Diagnostic]]:
    path = folder / mistake.file
    text = FILES[mistake.file]
    assert mistake.old in text, f"{mistake.name}: {mistake.old!r}"
    changed = text.replace(mistake.old, mistake.new, 1)
    path.write_text(changed, "utf-8")
    found = list(said())
    return rating(mistake, changed, found), found


def test_the_files_are_sound_but_for_one_parameter(lay):
    assert {each.code.title for each in said()} == {"not-used"}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.name)
def test_a_mistake_is_answered(mistake, lay):
    number, found = rated(mistake, lay)
    shown = "\n".join(map(str, found))
    assert number == LESS.get(mistake.name, 3), f"{number}:\n{shown}"


def test_mistakes_are_answered_well_on_the_whole():
    ratings = [LESS.get(each.name, 3) for each in MISTAKES] + [3] * len(NAMES)
    assert len(ratings) >= 80
    assert min(ratings) > 0
    assert sum(ratings) / len(ratings) >= 2.8


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_looks_like_rules_is_reported(name, lay):
    (lay / "pack" / "money.yaml").rename(lay / "pack" / name)
    found = [each for each in said() if each.code.title == "not-read"]
    assert [each.span.file for each in found][:1] == [f"pack/{name}"]
    assert NAMES[name] in found[0].help
