"""Every engine, and Spark, judges a rulebook that packs have adapted as the reference engine does."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import assess, load_rulebook, read, with_parameters
from govrules.assessment import assess_each
from govrules.engines.columns import to_batches
from govrules.model import Partnership
from govrules.portfolio import entries_of
from govrules.registers.spark import assess_spark
from govrules.rulebook.adapt import applied
from govrules.rulebook.adapted import Adaptation, Adapts
from govrules.rulebook.ast import Rulebook, Severity
from govrules.testing.strategies import boundaries, partnerships
from tests.conformance.agreement import AS_OF, DATES, HELD, Tally, rules_of, stated

few = settings(max_examples=max(5, settings.default.max_examples // 5))
EXAMPLES = Path(__file__).parents[2] / "examples"
COUNCIL = load_rulebook(EXAMPLES / "council" / "our-law")
DATED = load_rulebook(
    {
        "rulebook.yaml": """\
govrules: 1
id: dated
title: Values by date
version: "1"
owner: the tests
sources: { s: { title: S, publisher: P, year: "2026" } }
parameters:
  big:
    values: [{ from: 2020-01-01, value: £100000 }, { from: 2026-03-31, value: £200000 }]
    reason: It grows.
    says: ours
  near: { values: [{ from: 2025-01-01, value: 6 months }], reason: It is near., says: ours }
derived:
  large:
    label: it is large
    when: { funding.annual_spend: { at_least: { parameter: big } } }
""",
        "rules.yaml": """\
govrules: 1
theme: t
rules:
  - id: spends-much
    title: It spends much
    principle: Who spends much is careful.
    source: { document: s, paragraph: 1 }
    requires: { funding.annual_spend: { at_most: { parameter: big } } }
    severity: { high: { large: yes }, otherwise: low }
  - id: not-reviewed
    title: It is not reviewed
    principle: What is large is reviewed.
    source: { document: s, paragraph: 1 }
    applies_when: { large: yes }
    requires: { reviewed: { newer_than: { parameter: near } } }
    severity: medium
""",
    }
)


@st.composite
def adapted(draw: st.DrawFn, plain: Rulebook) -> Rulebook:
    """A rulebook with thresholds moved, rules graded otherwise and rules left out."""
    made: list[Adaptation] = []
    names = sorted(plain.parameters)
    for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=True)):
        value = plain.parameters[name].value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            moved = type(value)(max(1, int(value) * draw(st.sampled_from([1, 2, 3])) // 2))
            made.append(
                Adaptation("own", plain.id, Adapts.PARAMETER, name, value, moved, "A reason.")
            )
    rules = sorted(rule.id for rule in plain.rules)
    for name in draw(st.lists(st.sampled_from(rules), max_size=6, unique=True)):
        level = draw(st.sampled_from([*Severity, None]))
        what = Adapts.LEAVE_OUT if level is None else Adapts.SEVERITY
        made.append(Adaptation("own", plain.id, what, name, (), level or True, "A reason."))
    return applied(plain, made)


def agree(name, subjects, as_of, rulebook):
    tally = Tally()
    rules = rules_of(rulebook, "partnership", as_of)
    tally.compare([name], rules, subjects, as_of, rulebook)
    assert tally.pairs == len(rules) * len(subjects)
    assert not tally.disagreements


@pytest.mark.parametrize("name", HELD)
@few
@given(st.data())
def test_engines_agree_on_packs_that_are_adapted(name, data):
    rulebook = data.draw(adapted(COUNCIL.plain))
    near = boundaries(rulebook, AS_OF)
    partnership = data.draw(stated(data.draw(partnerships(rulebook, near=near)), rulebook))
    agree(name, [partnership], data.draw(st.sampled_from(DATES)), rulebook)


@pytest.mark.parametrize("name", HELD)
@few
@given(st.data())
def test_engines_agree_on_values_by_date(name, data):
    near = boundaries(DATED, AS_OF)
    partnership = data.draw(partnerships(DATED, near=near))
    agree(name, [partnership], data.draw(st.sampled_from(DATES)), DATED)


@pytest.mark.parametrize("name", HELD)
def test_engines_agree_on_the_law_of_a_council(name):
    register = read(EXAMPLES / "example-register.yaml")
    agree(name, entries_of(register.subject), register.as_of, COUNCIL)
    agree(name, entries_of(register.subject), DATES[2], COUNCIL)


def test_an_adaptation_moves_an_outcome():
    """The engines do not agree only because nothing was adapted."""
    entries = entries_of(read(EXAMPLES / "example-register.yaml").subject)
    (legal,) = [each for each in entries if each.id == "EX-08"]
    rules = load_rulebook()
    before = assess(legal, rules, as_of=dt.date(2026, 1, 31))
    after = assess(
        legal, with_parameters(rules, {"high_spend": "£500,000"}), as_of=dt.date(2026, 1, 31)
    )
    assert before.derived["risk_tier"].values != after.derived["risk_tier"].values
    assert attrs.asdict(before.derived["risk_tier"])["values"] != ()


@pytest.mark.slow
def test_spark_agrees_on_the_law_of_a_council(tmp_path, monkeypatch):
    # Its workers need what this process has.
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark_module = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    register = read(EXAMPLES / "example-register.yaml")
    entries = entries_of(register.subject)
    path = tmp_path / "entries.parquet"
    pq.write_table(pa.Table.from_batches(to_batches(entries, Partnership, COUNCIL)), path)
    spark = (
        spark_module.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path / "warehouse"))
        .getOrCreate()
    )
    try:
        frame = assess_spark(spark.read.parquet(str(path)), COUNCIL, as_of=register.as_of)
        found = {
            (row.subject, row.rule): (row.verdict, row.severity, row.could_be)
            for row in frame.collect()
        }
    finally:
        spark.stop()
    expected = {
        (each.id, finding.rule.id): (
            finding.verdict.value,
            finding.severity and finding.severity.value,
            finding.could_be and finding.could_be.value,
        )
        for each in assess_each(entries, COUNCIL, as_of=register.as_of)
        for finding in each.findings
    }
    assert found == expected
