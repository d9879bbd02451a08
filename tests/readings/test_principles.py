"""Principles that were read beside their sources are those that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from govrules.rulebook.load import load_rulebook

BOOK = load_rulebook()
READINGS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "principles.yaml").read_text("utf-8")
)["readings"]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["id"])
def test_a_principle_is_as_it_was_read(reading: dict[str, Any]) -> None:
    """One that is changed is read again, with its source, and the reading kept here."""
    rule = BOOK.rule(reading["id"])
    assert rule.principle == reading["principle"]
    assert f"{rule.source.document} {rule.source.paragraph}" == reading["source"]
    assert reading["verdict"] in ("kept", "mended")


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading["id"])
def test_a_principle_begins_with_who_must_do_it(reading: dict[str, Any]) -> None:
    """The duty comes first, and its reason after it."""
    assert reading["principle"].startswith(reading["who"])


def test_thirty_were_read() -> None:
    """Each once."""
    assert len({reading["id"] for reading in READINGS}) == 30
