"""Each planted flaw is found, with an example that runs; and nothing is found where nothing is."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
import yaml

from govrules import load_rulebook
from govrules.examples import run_derived_examples, run_examples
from govrules.rulebook.ast import Severity
from govrules.rulebook.packs import packs_in
from tests.pages import laid

pytest.importorskip("z3")

from govrules.prove.proofs import adoption
from govrules.prove.prover import USUAL, Flaw, ProofStatus, Prover
from govrules.prove.solving import UndecidedError
from govrules.rulebook.reads import is_about_records

PACKS = laid("packs.md")
#: What is wrong with each pack: the kind of flaw, and what it is found of.
PLANTED = {
    "always-flagged": {("always-flagged", "cannot-be-met")},
    "always-flagged-by-a-share": {("always-flagged", "more-than-all")},
    "conflict": {
        ("conflict", "board-missing board-too-many"),
        ("perverse-incentive", "board-too-many"),
    },
    "conflict-of-dates": {("conflict", "not-reviewed reviewed-too-often")},
    "conflict-of-one": {("conflict", "too-much-money")},
    "conflict-of-three": {
        ("conflict", "too-few-scrutineers own-board-missing own-board-not-alone"),
        ("perverse-incentive", "own-board-not-alone"),
    },
    "gap": {("gap", "stakes")},
    "idle-question": {("idle-question", "aims-pooled-or-not")},
    "implied": {("implied-by", "no-lead")},
    "implied-through-a-list": {("implied-by", "nobody-has-a-role")},
    "never-applies": {("never-applicable", "spend-high-and-low")},
    "never-applies-because-of-an-exception": {("never-applicable", "excepted-always")},
    "never-applies-by-date": {("never-applicable", "old-and-new")},
    "never-worse": {("never-worse", "no-document no-review-point")},
    "never-flagged": {("never-flagged", "cannot-fail")},
    "never-flagged-where-it-applies": {("never-flagged", "asks-what-it-knows")},
    "overlap": {("overlap", "stakes")},
    "perverse-board": {("perverse-incentive", "board-of-a-small-one")},
    "perverse-list": {("perverse-incentive", "too-many-measures")},
    "perverse-record": {("perverse-incentive", "protocol-where-none-belongs")},
    "perverse-set": {("perverse-incentive", "too-many-scrutineers")},
    "unreachable-row": {("unreachable-row", "stakes")},
    "unreachable-row-that-contradicts-itself": {("unreachable-row", "stakes")},
    "withholding": {("withholding-helps", "name-is-recorded")},
}
SOUND = sorted(each.name for each in (PACKS / "sound").iterdir())


#: What the examples of each kind of flaw have to expect, for it to be seen in them.
SHOWN = {
    Flaw.NEVER_APPLICABLE: ["not applicable"],
    Flaw.NEVER_FLAGGED: ["clear"],
    Flaw.ALWAYS_FLAGGED: ["flagged"],
    Flaw.IMPLIED_BY: ["flagged", "flagged"],
    Flaw.PERVERSE_INCENTIVE: ["clear or not applicable", "flagged"],
    Flaw.WITHHOLDING_HELPS: ["flagged", "clear or not applicable"],
    Flaw.IDLE_QUESTION: ["unknown"],
    Flaw.NEVER_WORSE: ["clear", "flagged", "flagged", "not applicable"],
}


def prove(folder: Path) -> list:
    by_name = {each for each in Flaw if each not in USUAL and each.value == folder.name}
    asked = by_name or USUAL
    return list(Prover(load_rulebook(folder), flaws=frozenset(asked)).results())


@pytest.fixture(scope="module", params=sorted(PLANTED))
def planted(request):
    """The name of a pack with a flaw, and what is proved of it, once for all tests of it."""
    return request.param, prove(PACKS / "flawed" / request.param)


def test_every_pack_is_tried():
    assert sorted(PLANTED) == sorted(each.name for each in (PACKS / "flawed").iterdir())
    assert {flaw for each in PLANTED.values() for flaw, _ in each} == {each.value for each in Flaw}


def test_a_planted_flaw_is_found_and_no_other(planted):
    name, results = planted
    found = {
        (each.flaw.value, " ".join(each.rules) or each.about)
        for each in results
        if each.status is ProofStatus.REFUTED
    }
    assert found == PLANTED[name]
    assert not any(each.status is ProofStatus.NOT_DECIDED for each in results)


def test_its_example_can_be_pasted_and_runs(planted, tmp_path):
    name, results = planted
    shown = [each for result in results for each in result.examples]
    assert shown
    pack = tmp_path / "pack"
    shutil.copytree(PACKS / "flawed" / name, pack)
    for each in shown:
        paste(pack, each.of, each.text)
    rulebook = load_rulebook(pack)
    ran = [*run_examples(rulebook), *run_derived_examples(rulebook)]
    assert len(ran) == len(shown)
    failing = [each for each in ran if each.diagnostic]
    # A table with a gap has no value that an example could expect, until somebody gives it one.
    assert len(failing) == sum(each.fails for each in shown) == (name == "gap")


def test_its_example_shows_what_is_found(planted):
    for result in planted[1]:
        if result.status is not ProofStatus.REFUTED:
            continue
        entries = [yaml.safe_load(each.text)[0] for each in result.examples]
        expected = [each["expect"] for each in entries]
        if result.flaw is Flaw.CONFLICT:
            assert [each.of for each in result.examples] == list(result.rules)
            assert expected == ["flagged"] * len(result.rules)
        elif result.flaw in SHOWN:
            assert len(expected) == len(SHOWN[result.flaw])
            assert all(
                one in other for one, other in zip(expected, SHOWN[result.flaw], strict=True)
            )
        else:
            assert [each.of for each in result.examples] == [result.about]


def test_what_is_shipped_never_looks_better_for_having_less():
    results = list(Prover(load_rulebook(), flaws=frozenset({Flaw.NEVER_WORSE})).results())
    assert {each.status for each in results} == {ProofStatus.PROVED, ProofStatus.INTENDED}
    proved = {each.about for each in results if each.status is ProofStatus.PROVED}
    assert proved == {"partnership", "register", "pair"}
    meant = {each.about for each in results if each.status is ProofStatus.INTENDED}
    assert all(dict(load_rulebook().rule(each).intended)["never-worse"] for each in meant)


def never_worse(name):
    rulebook = load_rulebook(PACKS / "flawed" / name)
    return list(Prover(rulebook, flaws=frozenset({Flaw.NEVER_WORSE})).results())


def test_a_rule_that_reads_only_what_stands_in_a_record_is_touched_when_the_record_goes():
    refuted = {e.about for e in never_worse("conflict-of-three") if e.status is ProofStatus.REFUTED}
    assert "scrutiny" in refuted


def test_where_an_arrangement_is_left_undecided_nothing_is_said_to_be_proved(monkeypatch):
    assert ProofStatus.REFUTED not in {each.status for each in never_worse("overlap")}
    lessened, left = adoption._lessened, []

    def slow(space, graded, step, clock):
        if not left:
            left.append(step.about)
            raise UndecidedError
        return lessened(space, graded, step, clock)

    monkeypatch.setattr(adoption, "_lessened", slow)
    results = never_worse("overlap")
    assert left
    assert {each.status for each in results} == {ProofStatus.NOT_DECIDED}


def test_no_question_of_what_is_shipped_is_idle():
    # What can hang on a fact in a short list can in a longer one; the time is for slow machines.
    asked = frozenset({Flaw.IDLE_QUESTION})
    prover = Prover(load_rulebook(), bound=2, seconds=300, flaws=asked)
    results = list(prover.results())
    assert {each.status for each in results} == {ProofStatus.PROVED}
    assert {each.about for each in results} == {
        each.id for each in prover.rulebook.rules if not is_about_records(each)
    }


def paste(pack: Path, of: str, text: str) -> None:
    """Put an entry below `examples:` of a rule or derived fact, as a person would."""
    rules = (pack / "rules.yaml").read_text(encoding="utf-8")
    head = f"  - id: {of}\n"
    if head in rules:
        before, after = rules.split(head)
        begin, rest = after.split("\n", 1)
        new = "" if "    examples:\n" in rest.split("  - id:")[0] else "    examples:\n"
        if new:
            rest = f"{new}      {text}\n{rest}"
        else:
            rest = rest.replace("    examples:\n", f"    examples:\n      {text}\n", 1)
        (pack / "rules.yaml").write_text(f"{before}{head}{begin}\n{rest}", encoding="utf-8")
        return
    book = (pack / "rulebook.yaml").read_text(encoding="utf-8")
    label = "    label: the stakes\n"
    assert of == "stakes"
    new = f"{label}    examples:\n      {text}\n"
    (pack / "rulebook.yaml").write_text(book.replace(label, new), encoding="utf-8")


@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_found_in_a_sound_pack(name):
    results = prove(PACKS / "sound" / name)
    assert results
    unexplained = [(each.flaw, each.says) for each in results if each.unexplained]
    assert unexplained == []


def test_examples_are_as_small_as_they_can_be():
    results = prove(PACKS / "flawed" / "conflict")
    (conflict,) = [each for each in results if each.flaw is Flaw.CONFLICT]
    for shown in conflict.examples:
        facts = yaml.safe_load(shown.text)[0]["given"]
        assert set(facts) == {"oversight.board", "funding.annual_spend", "partners"}


def test_what_takes_too_long_is_not_decided():
    results = list(Prover(load_rulebook(PACKS / "sound" / "plain"), seconds=1e-9).results())
    assert {each.status for each in results} == {ProofStatus.NOT_DECIDED}
    assert all(each.unexplained for each in results)


#: They test what is recorded, so that no arrangement clears them.
ABOUT_RECORDS = {"costs-missing-from-register", "stakes-missing-from-register"}


def test_everything_about_the_shipped_packs_is_decided_and_explained():
    rulebook = load_rulebook(*packs_in(()))
    results = list(Prover(rulebook).results())
    conflicts = Prover(rulebook, level=Severity.LOW, flaws=frozenset([Flaw.CONFLICT]))
    results += conflicts.results()
    assert [(each.flaw, each.says, each.reason) for each in results if each.unexplained] == []
    outside = {each.about for each in results if each.status is ProofStatus.OUTSIDE}
    assert outside == ABOUT_RECORDS
    for flaw in (Flaw.NEVER_APPLICABLE, Flaw.NEVER_FLAGGED, Flaw.ALWAYS_FLAGGED, Flaw.IMPLIED_BY):
        about = [each for each in results if each.flaw is flaw]
        proved = [
            each.about
            for each in about
            if each.status in (ProofStatus.PROVED, ProofStatus.INTENDED)
        ]
        assert sorted(proved) == sorted(each.id for each in rulebook.rules)
    meant = [each for each in results if each.status is ProofStatus.INTENDED]
    found = {(rule, each.flaw.value) for each in meant for rule in each.rules or (each.about,)}
    kinds = {each.value for each in USUAL}
    given = {
        (rule.id, kind) for rule in rulebook.rules for kind, _ in rule.intended if kind in kinds
    }
    assert given == found, "a reason is given for what is no longer found"


BOOK_OF_MANY = """\
govrules: 1
id: many
title: Many
version: "1"
owner: Nobody
sources:
  m: { title: M, publisher: N, year: "2026" }
derived:
"""
LAST_RULE = """\
govrules: 1
theme: many
rules:
  - id: the-last
    title: The last does not hold
    principle: The last holds.
    source: { document: m, paragraph: 1 }
    requires: { LAST: yes }
    severity: high
"""


def pack_of_many(folder: Path, number: int, condition: str) -> Path:
    """Write a pack of derived facts, each of which asks the one before it."""
    names = ["protocol.agreed", *(f"fact_{each}" for each in range(number))]
    pairs = itertools.pairwise(names)
    facts = [
        f"  {name}:\n    label: it holds\n    when: {condition.replace('LAST', last)}\n"
        for last, name in pairs
    ]
    (folder / "rulebook.yaml").write_text(BOOK_OF_MANY + "".join(facts))
    (folder / "rules.yaml").write_text(LAST_RULE.replace("LAST", names[-1]))
    return folder


@pytest.mark.parametrize(
    ("number", "condition", "never"),
    [
        (400, "{ LAST: yes }", False),
        (40, "{ any: [ { LAST: yes }, { not: { LAST: yes } } ] }", True),
        (40, "{ all: [ { LAST: yes }, { not: { LAST: no } } ] }", False),
    ],
)
def test_many_derived_facts_are_decided_soon(tmp_path, number, condition, never):
    results = Prover(load_rulebook(pack_of_many(tmp_path, number, condition)), seconds=5).results()
    found = {f"{each.flaw.value}: {each.about}" for each in results if each.unexplained}
    assert found == ({"never-flagged: the-last"} if never else set())
