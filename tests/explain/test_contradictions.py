"""Derived facts that are stated, and that other facts contradict: assessed as stated, and said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from govrules import Partnership, load_rulebook
from govrules.assessment import assess
from govrules.cli import main
from govrules.model import Funding
from govrules.rulebook.ast import Severity
from govrules.truth import UNKNOWN

AS_OF = dt.date(2026, 3, 31)
LARGE = Funding(annual_spend=Decimal(5_000_000), pooled=True)


@pytest.fixture(scope="module")
def book():
    return load_rulebook()


@pytest.mark.parametrize(
    ("stated", "funding", "contradicted"),
    [
        ({}, LARGE, []),
        ({"risk_tier": "high"}, LARGE, []),
        ({"risk_tier": "low"}, UNKNOWN, []),
        ({"risk_tier": "low"}, LARGE, ["risk_tier"]),
        ({"significant": False}, LARGE, ["significant"]),
        ({"risk_tier": "low", "significant": True}, UNKNOWN, ["significant"]),
        ({"risk_tier": "low", "significant": True}, LARGE, ["risk_tier", "significant"]),
    ],
)
def test_what_is_stated_counts_and_what_contradicts_it_is_said(book, stated, funding, contradicted):
    subject = Partnership(name="Pool", funding=funding, protocol=None, stated=stated)
    found = assess(subject, book, as_of=AS_OF)
    assert [each.follows.name for each in found.contradictions] == contradicted
    for each in found.contradictions:
        value = stated[each.follows.name]
        counts = found.derived.get(each.follows.name)
        assert counts is None or counts.values == (value,)
        assert value not in each.follows.values
        assert each.follows.because
    # Everything that can be asked of an assessment is answered.
    for finding in (*found.findings, *found.summaries):
        assert isinstance(finding.sentence, str)
        assert isinstance(finding.questions, tuple)
        assert isinstance(finding.clears, tuple)
    assert found.plan(Severity.LOW) is not None


@pytest.mark.parametrize(
    "form", ["text", "json", "jsonl", "csv", "html", "markdown", "sarif", "junit", "github"]
)
def test_no_format_fails_where_stated_facts_contradict_each_other(tmp_path, capsys, form):
    path = tmp_path / "contradicted.yaml"
    path.write_text(
        "govrules: 1\nas_of: 2026-03-31\nname: Pool\nprotocol: none\n"
        "funding: { annual_spend: £5000000, pooled: yes }\nrisk_tier: low\nsignificant: yes\n",
        encoding="utf-8",
    )
    code = main(["check", str(path), "--format", form])
    said = " ".join(capsys.readouterr().out.split())
    assert code == 1
    if form in ("text", "json", "jsonl", "markdown"):
        assert "It is stated that the risk tier is low" in said
        assert "It is stated that the partnership is significant" in said
