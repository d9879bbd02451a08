"""
What is warned of in the words of a pack, and that the shipped ones and the vocabulary hold to it.

Each case of words in ``diagnostics`` is laid over the sound pack in ``rule_files.md``, and what is
said is every warning in full.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from govrules.cli import main
from govrules.diagnostics import Code, Diagnostic
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.kinds import SUBJECTS
from govrules.rulebook.load import lint_pack, load_rulebook
from govrules.rulebook.packs import packs_in
from govrules.rulebook.wording import (
    MOST_WORDS,
    begins_with_a_verb,
    is_a_sentence,
    is_needless_no,
    is_open,
    negatives,
)
from govrules.vocabulary import YesNo, vocabulary_of
from tests.pages import cases, laid

FILES = laid("rule_files.md")
CASES = cases("Words of a pack")
#: A title says less than a sentence, and is read in a list.
LONGEST_TITLE = 100


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    """All packs that are shipped."""
    return load_rulebook()


def lay(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay a case over the sound pack and go there."""
    shutil.copytree(FILES / "base", folder, dirs_exist_ok=True)
    CASES[case].lay(folder)
    monkeypatch.chdir(folder)


def worded(pack: Path | str) -> list[Diagnostic]:
    """Return what is said of a pack, but that a part of the base is not used by it."""
    return [each for each in lint_pack(pack)[1] if each.code is not Code.NOT_USED]


@pytest.mark.parametrize("case", CASES)
def test_words_are_warned_of(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each warning is told word for word, with its place, cause and remedy."""
    lay(case, tmp_path, monkeypatch)
    found = worded("pack")
    said = "\n".join(str(each) for each in found) + "\n"
    CASES[case].check(said)
    assert all(each.help for each in found)


def test_every_code_on_words_has_a_case_and_is_a_warning() -> None:
    """No code of this kind stops a pack from being used."""
    said = "".join(case.said for case in CASES.values())
    codes = [code for code in Code if "GR801" <= code.id <= "GR807"]
    assert len(codes) == 7
    for code in codes:
        assert f"warning: {code.id} {code.title}: " in said
        assert code.is_warning


def test_the_base_is_plainly_said() -> None:
    """So that a case shows its own words only."""
    assert worded(FILES / "base" / "pack") == []


def test_warnings_do_not_stop_a_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It loads, `lint` says what it warns of, and the exit code is that of a sound pack."""
    lay("two-negatives-in-a-title", tmp_path, monkeypatch)
    assert load_rulebook("pack").rules
    assert main(["lint", "pack"]) == 0
    told = capsys.readouterr()
    assert told.out == "1 rule in 1 pack: 3 warnings\n"
    assert "warning: GR801" in told.err
    assert main(["lint", "pack", "--format", "json"]) == 0
    assert [each["warning"] for each in json.loads(capsys.readouterr().out)] == [True] * 3


def test_a_fault_is_a_fault_whatever_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are told at once."""
    lay("a-fault-beside-a-warning", tmp_path, monkeypatch)
    assert main(["lint", "pack"]) == 2
    told = capsys.readouterr().err
    assert "GR103" in told
    assert "GR801" in told


@pytest.mark.parametrize("pack", packs_in(()))
def test_shipped_packs_are_warned_of_nothing(pack: str) -> None:
    """They are the example that others follow."""
    assert lint_pack(pack)[1] == ()


def test_every_shipped_rule_says_its_good_state_and_what_is_its_source_s(shipped: Rulebook) -> None:
    """No element of a shipped rule is *not said*."""
    for rule in shipped.rules:
        assert rule.met, rule.id
        assert not rule.met.endswith("."), rule.id
        assert [*rule.says] == [*rule.elements], rule.id


def test_each_good_state_is_said_of_one_rule(shipped: Rulebook) -> None:
    """Two checks that are met by the same words would be told apart by nobody."""
    said = [rule.met for rule in shipped.rules]
    assert len({*said}) == len(said)


def test_principles_and_titles_are_short(shipped: Rulebook) -> None:
    """One duty, and a fault in one line."""
    for rule in shipped.rules:
        assert len(rule.principle.split()) <= MOST_WORDS, rule.id
        assert len(rule.title) <= LONGEST_TITLE, rule.id


def test_every_shipped_theme_and_piece_of_work_is_used(shipped: Rulebook) -> None:
    """Nothing has a title that no rule stands under."""
    assert {each.id for each in shipped.themes} == {rule.theme for rule in shipped.rules}
    assert {*shipped.work} == {
        rule.remedy.part_of for rule in shipped.rules if rule.remedy and rule.remedy.part_of
    }


def test_the_vocabulary_asks_what_yes_or_no_answers() -> None:
    """The vocabulary holds to what packs are warned of."""
    for cls in SUBJECTS.values():
        for path, fact in vocabulary_of(cls).paths.items():
            assert not is_a_sentence(fact.label), path
            assert "whom" not in f"{fact.label} {fact.denial} {fact.question}", path
            if isinstance(fact.type, YesNo):
                assert not is_open(fact.question), path


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Decisions are minuted", 0),
        ("It isn't signed", 1),
        ("The board neither meets nor decides", 1),
        ("Nobody says that nothing is owed", 2),
        ("A note is kept, and knots are tied", 0),
        ("The parties cannot leave without notice", 2),
    ],
)
def test_negatives_are_counted_as_words(text: str, number: int) -> None:
    """Whole words count, and neither … nor is one."""
    assert negatives(text) == number


@pytest.mark.parametrize(
    ("met", "title", "needless"),
    [
        ("No decision is lost", "Decisions are not minuted", True),
        ("Nothing is owed", "Something is owed", False),
        ("No member has gained", "A member gained from what was not declared", False),
        ("Notes are kept", "No notes are kept", False),
    ],
)
def test_a_good_state_may_begin_with_no_where_the_fault_is_there(
    met: str, title: str, *, needless: bool
) -> None:
    """Of a fault that is an absence the good state is a presence."""
    assert is_needless_no(met, title) is needless


@pytest.mark.parametrize("act", ["Agree it.", "Discuss it.", "Apply it.", "Implement it.", "Need"])
def test_acts_begin_with_verbs(act: str) -> None:
    """What has the ending of a noun may be a verb all the same."""
    assert begins_with_a_verb(act)


@pytest.mark.parametrize(
    "act", ["The aims.", "Agreement.", "Signs.", "Signing.", "Signed.", "2 days"]
)
def test_other_words_are_no_acts(act: str) -> None:
    """What is told is a state, a thing or a time."""
    assert not begins_with_a_verb(act)
