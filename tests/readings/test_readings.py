"""Readings of rules, principles and sources are kept, and what ships is what was read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from govrules.coverage import read_units
from govrules.rulebook.load import load_rulebook

HERE = Path(__file__).parent
BOOK = load_rulebook()


def kept(name: str, key: str = "readings") -> Any:
    """Return what a file of readings has under a key."""
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))[key]


RULES: list[dict[str, Any]] = kept("rules")
POINTS = {
    "citation",
    "applies_when",
    "requires",
    "severity",
    "mitigation",
    "remedy",
    "plain_english",
    "question",
}
PRINCIPLES: list[dict[str, Any]] = kept("principles")
CANDIDATES: dict[str, dict[str, Any]] = kept("candidates", "candidates")
#: Rules for which no principle was drawn beforehand, each asked for by its own citation.
BESIDE = {"pool-vat-unsettled"}
PARTS: list[dict[str, Any]] = kept("coverage")
UNITS = {
    f"{unit.document} {unit.paragraph}": unit
    for group in read_units(HERE.parents[1] / "docs" / "coverage.yaml")
    for unit in group.units
}


def test_the_thirty_are_those_that_were_drawn() -> None:
    """Whatever rules are added since."""
    ids = sorted(each.id for each in BOOK.rules)
    drawn = random.Random(20261201).sample(ids, 30)  # noqa: S311 - a draw that anybody can repeat
    assert [each["id"] for each in RULES] == drawn


@pytest.mark.parametrize("reading", RULES, ids=lambda reading: reading["id"])
def test_a_score_is_the_sum_of_its_points_and_has_a_reason(reading: dict[str, Any]) -> None:
    """Eight points of 0 to 2."""
    assert set(reading["points"]) == POINTS
    assert set(reading["points"].values()) <= {0, 1, 2}
    assert reading["total"] == sum(reading["points"].values())
    assert len(reading["because"]) > 20
    assert reading["total"] >= 14 or len(reading["mend"]) > 20


def test_no_rule_is_below_eleven_and_the_mean_is_fourteen_at_least() -> None:
    """Of sixteen."""
    totals = [each["total"] for each in RULES]
    assert min(totals) >= 11
    assert sum(totals) / len(totals) >= 14


@pytest.mark.parametrize("reading", PRINCIPLES, ids=lambda reading: reading["id"])
def test_a_principle_is_as_it_was_read(reading: dict[str, Any]) -> None:
    """One that is changed is read again, with its source, and the reading kept here."""
    rule = BOOK.rule(reading["id"])
    assert rule.principle == reading["principle"]
    assert f"{rule.source.document} {rule.source.paragraph}" == reading["source"]
    assert reading["verdict"] in ("kept", "mended")


@pytest.mark.parametrize("reading", PRINCIPLES, ids=lambda reading: reading["id"])
def test_a_principle_begins_with_who_must_do_it(reading: dict[str, Any]) -> None:
    """The duty comes first, and its reason after it."""
    assert reading["principle"].startswith(reading["who"])


def test_thirty_were_read() -> None:
    """Each once."""
    assert len({reading["id"] for reading in PRINCIPLES}) == 30


def test_there_are_seventy() -> None:
    """One for each principle."""
    assert len(CANDIDATES) == 70


def test_each_has_rules_that_ship_and_each_rule_is_of_one() -> None:
    """Nothing is claimed of a rule that is not there, and no rule came from nowhere."""
    named = [rule for each in CANDIDATES.values() for rule in each["rules"]]
    assert len(named) == len(set(named))
    assert {*named} | BESIDE == {rule.id for rule in BOOK.rules}


def test_what_is_left_out_has_its_reason() -> None:
    """Two are encoded in part."""
    left = [name for name, each in CANDIDATES.items() if "left" in each]
    assert left == ["pooled-mandatory-terms", "one-size-fits-all"]
    assert all(len(CANDIDATES[each]["left"]) > 40 for each in left)


def test_all_sixty_one_were_read() -> None:
    """Each once, in the order of the source."""
    assert [each["part"] for each in PARTS] == list(UNITS)
    assert len(PARTS) == 61


@pytest.mark.parametrize("reading", PARTS, ids=lambda reading: reading["part"])
def test_a_claim_is_as_it_was_read(reading: dict[str, Any]) -> None:
    """One that is changed is read again, and so is one that other rules cite."""
    unit = UNITS[reading["part"]]
    assert f"{unit.about} {unit.not_encoded}".strip() == reading["claim"]
    citing = {
        rule.id
        for rule in BOOK.rules
        for each in (rule.source, *rule.also)
        if f"{each.document} {each.paragraph}" == reading["part"]
    }
    assert citing == {*reading["rules"]}
    assert bool(citing) != bool(unit.not_encoded)
    assert (reading["verdict"] == "mended") == ("because" in reading)
