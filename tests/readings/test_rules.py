"""Rules that were read and scored are those that ship, and each score has its reason."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from govrules.rulebook.load import load_rulebook

BOOK = load_rulebook()
READINGS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "rules.yaml").read_text("utf-8")
)["readings"]
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


def test_the_thirty_are_those_that_were_drawn() -> None:
    """Whatever rules are added since."""
    ids = sorted(each.id for each in BOOK.rules)
    drawn = random.Random(20261201).sample(ids, 30)  # noqa: S311 - a draw that anybody can repeat
    assert [each["id"] for each in READINGS] == drawn


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["id"])
def test_a_score_is_the_sum_of_its_points_and_has_a_reason(reading: dict[str, Any]) -> None:
    """Eight points of 0 to 2."""
    assert set(reading["points"]) == POINTS
    assert set(reading["points"].values()) <= {0, 1, 2}
    assert reading["total"] == sum(reading["points"].values())
    assert len(reading["because"]) > 20
    assert reading["total"] >= 14 or len(reading["mend"]) > 20


def test_no_rule_is_below_eleven_and_the_mean_is_fourteen_at_least() -> None:
    """Of sixteen."""
    totals = [each["total"] for each in READINGS]
    assert min(totals) >= 11
    assert sum(totals) / len(totals) >= 14
