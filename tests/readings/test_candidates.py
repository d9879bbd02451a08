"""Each principle that was drawn from the sources has its rules, and each rule its principle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from govrules.rulebook.load import load_rulebook

BOOK = load_rulebook()
CANDIDATES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "candidates.yaml").read_text("utf-8")
)["candidates"]
#: Rules for which no principle was drawn beforehand, each asked for by its own citation.
BESIDE = {"pool-vat-unsettled"}


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
