"""Every engine says what the reference engine says, of adapted rulebooks too. `make conform` does this at length."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections import defaultdict
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
from govrules.engines.registry import ENGINES, engine
from govrules.model import Partnership, Register
from govrules.portfolio import assess_register, entries_of
from govrules.registers.spark import assess_spark
from govrules.rulebook.adapt import applied
from govrules.rulebook.adapted import Adaptation, Adapts
from govrules.rulebook.ast import Rulebook, Severity
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships
from tests.conformance.agreement import (
    AS_OF,
    DATES,
    HELD,
    PACKS,
    Tally,
    absent,
    cases,
    others,
    rules_of,
    stated,
)
from tests.properties import small

#: Partnerships are large to draw, and `make conform` draws many.
few = settings(max_examples=max(5, settings.default.max_examples // 3))
each_engine = pytest.mark.parametrize("name", HELD)


def agree(names, rules, subjects, as_of, rulebook):
    tally = Tally()
    tally.compare(names, rules, subjects, as_of, rulebook)
    assert tally.pairs == len(names) * len(rules) * len(subjects)
    assert not tally.disagreements


@pytest.mark.parametrize("name", ENGINES[1:])
def test_an_engine_is_here_or_says_why_not(name):
    if name in absent:
        pytest.skip(absent[name])
    assert callable(engine(name).outcomes)


def test_the_engine_that_needs_nothing_is_always_here():
    assert "compiled" in HELD


@each_engine
@few
@given(cases())
def test_on_every_shipped_rule(name, case):
    pack, day, partnership = case
    rules = rules_of(PACKS[pack], "partnership", DATES[day])
    agree([name], rules, [partnership], DATES[day], PACKS[pack])


@each_engine
@pytest.mark.parametrize("kind", ["register", "pair", "assessment"])
@few
@given(st.data())
def test_on_other_subjects(name, kind, data):
    subject = data.draw(others(kind))
    agree([name], rules_of(PACKS[0], kind, AS_OF), [subject], AS_OF, PACKS[0])


@each_engine
@few
@given(st.data())
def test_on_generated_rulebooks(name, data):
    rulebook = data.draw(rulebooks())
    near = boundaries(rulebook, AS_OF)
    drawn = data.draw(partnerships(rulebook, near=near))
    partnership = data.draw(stated(drawn, rulebook))
    agree([name], rules_of(rulebook, "partnership", AS_OF), [partnership], AS_OF, rulebook)


@each_engine
@given(small.rulebooks(), st.lists(small.sparse_things(), max_size=4), st.sampled_from(DATES))
def test_on_small_rulebooks(name, rulebook, things, as_of):
    agree([name], rules_of(rulebook, "thing", as_of), things, as_of, rulebook)


@each_engine
def test_where_no_rule_is_in_force_each_subject_has_no_finding(name):
    found = engine(name).outcomes((), (Partnership(), Partnership()), AS_OF, PACKS[0])
    assert [len(each) for each in found] == [0, 0]


@pytest.mark.parametrize("rulebook", PACKS, ids=lambda each: each.id)
def test_on_the_examples_of_every_rule(rulebook):
    given = defaultdict(list)
    for rule in rulebook.rules:
        for example in rule.examples:
            given[rule.subject, example.as_of or DATES[-1]].append(example.given)
    for (kind, as_of), subjects in given.items():
        agree(HELD, rules_of(rulebook, kind, as_of), subjects, as_of, rulebook)


@each_engine
@few
@given(st.lists(partnerships(PACKS[0]), min_size=1, max_size=3))
def test_a_register_comes_to_the_same(name, entries):
    """The register, its entries, its pairs and what sums them up, with their explanations."""
    register = Register(partnerships=tuple(entries))
    ours, theirs = (
        assess_register(register, PACKS[0], as_of=AS_OF, engine=each)
        for each in ("reference", name)
    )
    for one, other in zip(ours.all(), theirs.all(), strict=True):
        assert one.counts == other.counts
        assert one.severities == other.severities
        for first, second in zip(
            (*one.findings, *one.summaries), (*other.findings, *other.summaries), strict=True
        ):
            assert (first.verdict, first.severity, first.could_be, first.mitigations) == (
                second.verdict, second.severity, second.could_be, second.mitigations,
            )  # fmt: skip


@each_engine
def test_findings_explain_themselves_alike(name):
    example = next(each for rule in PACKS[0].rules for each in rule.examples)
    ours, theirs = (
        assess(example.given, PACKS[0], as_of=AS_OF, engine=each) for each in ("reference", name)
    )
    for one, other in zip(
        (*ours.findings, *ours.summaries), (*theirs.findings, *theirs.summaries), strict=True
    ):
        assert one.because == other.because
        assert one.questions == other.questions
        assert one.clears == other.clears
        assert one.sentence == other.sentence
    assert ours.questions == theirs.questions
    assert ours.plan() == theirs.plan()


fewer = settings(max_examples=max(5, settings.default.max_examples // 5))
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


def agree_here(name, subjects, as_of, rulebook):
    tally = Tally()
    rules = rules_of(rulebook, "partnership", as_of)
    tally.compare([name], rules, subjects, as_of, rulebook)
    assert tally.pairs == len(rules) * len(subjects)
    assert not tally.disagreements


@pytest.mark.parametrize("name", HELD)
@fewer
@given(st.data())
def test_engines_agree_on_packs_that_are_adapted(name, data):
    rulebook = data.draw(adapted(COUNCIL.plain))
    near = boundaries(rulebook, AS_OF)
    partnership = data.draw(stated(data.draw(partnerships(rulebook, near=near)), rulebook))
    agree_here(name, [partnership], data.draw(st.sampled_from(DATES)), rulebook)


@pytest.mark.parametrize("name", HELD)
@fewer
@given(st.data())
def test_engines_agree_on_values_by_date(name, data):
    near = boundaries(DATED, AS_OF)
    partnership = data.draw(partnerships(DATED, near=near))
    agree_here(name, [partnership], data.draw(st.sampled_from(DATES)), DATED)


@pytest.mark.parametrize("name", HELD)
def test_engines_agree_on_the_law_of_a_council(name):
    register = read(EXAMPLES / "example-register.yaml", rulebook=COUNCIL)
    agree_here(name, entries_of(register.subject), register.as_of, COUNCIL)
    agree_here(name, entries_of(register.subject), DATES[2], COUNCIL)


def test_an_adaptation_moves_an_outcome():
    """The engines do not agree_here only because nothing was adapted."""
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
