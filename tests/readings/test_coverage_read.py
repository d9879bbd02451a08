"""What is claimed of each part of the source, and which rules cite it, is as it was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from govrules.coverage import read_units
from govrules.rulebook.load import load_rulebook

HERE = Path(__file__).parent
BOOK = load_rulebook()
UNITS = {
    f"{unit.document} {unit.paragraph}": unit
    for group in read_units(HERE.parents[1] / "docs" / "coverage.yaml")
    for unit in group.units
}
READINGS: list[dict[str, Any]] = yaml.safe_load((HERE / "coverage.yaml").read_text("utf-8"))[
    "readings"
]


def test_all_sixty_one_were_read() -> None:
    """Each once, in the order of the source."""
    assert [each["part"] for each in READINGS] == list(UNITS)
    assert len(READINGS) == 61


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["part"])
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
