"""Batches to findings: the same rows whatever the batches, and no file half written."""

import csv
import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import (
    UNKNOWN,
    EngineError,
    FactsError,
    Funding,
    NoSuchRuleError,
    Organisation,
    Partnership,
    assess,
    load_rulebook,
)
from govrules.engines.columns import to_batches
from govrules.model import Register
from govrules.portfolio import assess_register
from govrules.registers import batches as batches_
from govrules.registers.batches import (
    FINDINGS,
    ahead,
    assess_batches,
    assess_pairs,
    assess_register_batches,
    by_kind,
    explain_row,
)
from govrules.registers.findings_files import write_findings
from govrules.registers.spark import assess_register_spark, assess_spark
from govrules.rulebook.ast import Rule, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    FactRef,
    FactSource,
    Literal,
    Op,
    Quantified,
    Quantity,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.testing.strategies import boundaries, partnerships, registers
from govrules.vocabulary import vocabulary_of
from tests.conformance.agreement import asked
from tests.properties.small import CITED

AS_OF = dt.date(2026, 3, 31)
BOOK = load_rulebook("governing-partnerships")
SEVERAL = st.lists(partnerships(BOOK, near=boundaries(BOOK, AS_OF)), min_size=1, max_size=5)


def rows(batches):
    return [row for batch in batches for row in batch.to_pylist()]


def said(finding):
    severity, could_be = (each and each.value for each in (finding.severity, finding.could_be))
    return finding.rule.id, finding.verdict.value, severity, could_be


def said_of(row):
    return row["rule"], row["verdict"], row["severity"], row["could_be"]


@settings(max_examples=10)
@given(SEVERAL, st.sampled_from([AS_OF, UNKNOWN]))
def test_rows_say_what_findings_say(subjects, as_of):
    found = rows(assess_batches(BOOK, to_batches(subjects, Partnership, BOOK), as_of=as_of))
    expected = [each for one in subjects for each in assess(one, BOOK, as_of=as_of).findings]
    assert [said_of(each) for each in found] == [said(each) for each in expected]
    for row, finding in zip(found, expected, strict=True):
        expected_asks = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected_asks


@settings(max_examples=10)
@given(SEVERAL, st.integers(1, 3), st.integers(1, 3))
def test_the_size_of_batches_and_threads_make_no_difference(subjects, size, threads):
    (whole,) = to_batches(subjects, Partnership, BOOK)
    parts = [whole.slice(start, size) for start in range(0, len(subjects), size)]
    expected = rows(assess_batches(BOOK, [whole], as_of=AS_OF))
    assert rows(assess_batches(BOOK, parts, as_of=AS_OF, threads=threads)) == expected


@settings(max_examples=10)
@given(SEVERAL, st.booleans(), st.randoms())
def test_a_register_is_judged_from_parts_in_any_order(subjects, complete, random):
    parts = list(to_batches(subjects, Partnership, BOOK, rows=2))
    random.shuffle(parts)
    about = Register(organisation=Organisation(name="one"))
    more = () if complete else (UNKNOWN,)
    register = Register(organisation=about.organisation, partnerships=(*subjects, *more))
    found = assess_register_batches(BOOK, parts, register=about, complete=complete, as_of=AS_OF)
    expected = assess(register, BOOK, as_of=AS_OF).findings
    assert [said_of(each) for each in found.to_pylist()] == [said(each) for each in expected]


@settings(max_examples=10)
@given(registers(BOOK, near=boundaries(BOOK, AS_OF)))
def test_rows_of_a_register_say_what_findings_say(register):
    batches = to_batches([register], Register, BOOK)
    found = rows(assess_batches(BOOK, batches, as_of=AS_OF, kind="register"))
    for row, finding in zip(found, assess(register, BOOK, as_of=AS_OF).findings, strict=True):
        assert said_of(row) == said(finding)
        expected_asks = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected_asks


def of_register(*conditions):
    """A rulebook of rules on registers that each require one condition."""
    rules = tuple(
        Rule(f"rule-{index}", "It is so", "theme", "Mend.", CITED, each, Severity.LOW, subject="register")
        for index, each in enumerate(conditions)
    )  # fmt: skip
    return attrs.evolve(BOOK, rules=rules)


LISTED = FactRef("partnerships", 0, vocabulary_of(Register).facts["partnerships"])
SPEND = FactRef("funding.annual_spend", 1, vocabulary_of(Partnership).facts["funding.annual_spend"])
SIGNIFICANT = FactRef("significant", 1, BOOK.derived["significant"].fact, FactSource.DERIVED)
IS_SIGNIFICANT = FactTest(SIGNIFICANT, Compare(Op.EQUALS, Literal(True)))
IS_LARGE = FactTest(SPEND, Compare(Op.AT_LEAST, Literal(Decimal(5))))
COUNTED = FactRef("declared_count", 0, vocabulary_of(Register).facts["declared_count"])
IS_COUNTED = FactTest(COUNTED, Compare(Op.AT_LEAST, Literal(1)))
SUMS = [
    Sum(LISTED, SPEND, where, Compare(op, Literal(Decimal(limit))))
    for where in (None, IS_LARGE)
    for op in (Op.AT_LEAST, Op.LESS_THAN, Op.EQUALS)
    for limit in (8, 9 * 10**16)
]


@pytest.mark.parametrize("amounts", [(1, 2, 5), (9 * 10**15,) * 10, (1, UNKNOWN, None), ()])
def test_sums_over_a_register_are_merged_exactly(amounts):
    book = of_register(*SUMS)
    several = [Partnership(funding=Funding(annual_spend=each)) for each in amounts]
    parts = to_batches(several, Partnership, book, rows=2)
    found = assess_register_batches(book, parts, as_of=AS_OF).to_pylist()
    expected = assess(Register(partnerships=tuple(several)), book, as_of=AS_OF).findings
    assert [said_of(each) for each in found] == [said(each) for each in expected]


@pytest.mark.parametrize("known", [(Partnership(),), ()])
def test_what_hangs_on_partnerships_not_yet_known_is_asked_beside_them(known):
    either = AnyOf((IS_SIGNIFICANT, IS_COUNTED))
    book = of_register(*(Quantified(each, LISTED, either) for each in Quantity))
    register = Register(partnerships=(*known, UNKNOWN))
    found = rows(assess_batches(book, to_batches([register], Register, book), kind="register"))
    for row, finding in zip(found, assess(register, book).findings, strict=True):
        expected_asks = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected_asks
        assert "declared_count" in expected_asks


def test_a_rule_that_cannot_be_worked_out_part_by_part_is_named():
    again = Quantified(Quantity.SOME, LISTED, Quantified(Quantity.SOME, LISTED, All(())))
    (batch,) = to_batches([Partnership()], Partnership, BOOK)
    with pytest.raises(EngineError, match="rule `rule-0`: `partnerships` is gone through again"):
        assess_register_batches(of_register(again), [batch])


def test_a_register_without_partnerships_is_judged():
    found = assess_register_batches(BOOK, [], as_of=AS_OF).to_pylist()
    expected = assess(Register(partnerships=()), BOOK, as_of=AS_OF).findings
    assert [said_of(each) for each in found] == [said(each) for each in expected]


@settings(max_examples=10)
@given(SEVERAL)
def test_pairs_are_those_of_a_register(subjects):
    found = rows(assess_pairs(BOOK, to_batches(subjects, Partnership, BOOK, rows=2), as_of=AS_OF))
    pairs = assess_register(Register(partnerships=tuple(subjects)), BOOK, as_of=AS_OF).pairs
    told = Counter((each.id, *said(finding)) for each in pairs for finding in each.findings)
    given = Counter((each["subject"], *said_of(each)) for each in found)
    # A register keeps the pairs of which there is something to tell.
    assert told <= given
    assert not any("flagged" in each for each in given - told)


class Frame:
    """What Spark does with a DataFrame, on one machine: its workers are handed batches."""

    def __init__(self, batches):
        self.batches = batches

    def mapInArrow(self, work, _):  # noqa: N802 - as Spark calls it
        return Frame([*work(iter(self.batches))])

    def toLocalIterator(self):  # noqa: N802 - as Spark calls it
        return (SimpleNamespace(**row) for row in rows(self.batches))


def test_the_workers_of_spark_say_what_batches_say():
    of_register = [each for each in BOOK.rules if each.subject == "register"]
    book = attrs.evolve(BOOK, rules=(*BOOK.rules[:5], *of_register[:5]))
    parts = [each.slice(at, 1) for each in pooled() for at in range(2)]
    found = rows(assess_spark(Frame(parts), book, as_of=AS_OF).batches)
    assert found == [
        {name: None if each is None else str(each) for name, each in row.items()}
        for row in rows(assess_batches(book, parts, as_of=AS_OF))
    ]
    options = {"register": Register(declared_count=3), "complete": False, "as_of": AS_OF}
    whole = assess_register_spark(Frame(parts), book, **options)
    assert whole == assess_register_batches(book, parts, **options)


def pooled():
    return list(
        to_batches([Partnership(id="a"), Partnership(id="b", protocol=None)], Partnership, BOOK)
    )


def test_any_row_is_explained():
    finding = explain_row(BOOK, pooled()[0], 1, "pooled-budget-without-protocol", as_of=AS_OF)
    assert [each.fact for each in finding.questions] == ["funding.pooled"]
    with pytest.raises(NoSuchRuleError, match="no-such-rule"):
        explain_row(BOOK, pooled()[0], 1, "no-such-rule", as_of=AS_OF)


def test_without_a_rule_on_pairs_no_two_are_judged():
    alone = attrs.evolve(BOOK, rules=[each for each in BOOK.rules if each.subject != "pair"])
    assert [*assess_pairs(alone, pooled(), as_of=AS_OF)] == []


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_findings_are_written(tmp_path, ending):
    path = tmp_path / f"found.{ending}"
    expected = rows(assess_batches(BOOK, pooled(), as_of=AS_OF))
    assert write_findings(assess_batches(BOOK, pooled(), as_of=AS_OF), path) == len(expected)
    if ending == "parquet":
        assert pq.read_table(path).to_pylist() == expected
    elif ending == "jsonl":
        assert [json.loads(each) for each in path.read_text().splitlines()] == expected
    else:
        with path.open() as file:
            assert [each["verdict"] for each in csv.DictReader(file)] == [
                each["verdict"] for each in expected
            ]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_no_subjects_are_a_file_without_rows(tmp_path, ending):
    path = tmp_path / f"found.{ending}"
    assert write_findings(assess_batches(BOOK, []), path) == 0
    if ending == "parquet":
        assert pq.read_table(path).schema.names == FINDINGS.names
    if ending == "csv":
        assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_what_was_written_before_stays_whole(tmp_path, ending, stop):
    path = tmp_path / f"found.{ending}"
    path.write_text("as it was")

    def interrupted():
        yield from assess_batches(BOOK, pooled(), as_of=AS_OF)
        raise stop

    with pytest.raises(stop):
        write_findings(interrupted(), path)
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(FactsError, match="ends in"):
        write_findings([], tmp_path / "found.txt")


def test_a_column_that_rules_read_has_to_be_there():
    (batch,) = pooled()
    with pytest.raises(FactsError, match=r"`funding.*column"):
        list(assess_batches(BOOK, [batch.drop_columns(["funding"])]))


def test_a_column_of_another_type_is_refused():
    batch = pa.RecordBatch.from_pydict({"status": ["alive"]})
    (whole,) = to_batches([Partnership()], Partnership, BOOK)
    place = whole.schema.get_field_index("status")
    strange = whole.set_column(place, "status", batch.column(0))
    with pytest.raises(FactsError, match="alive"):
        list(assess_batches(BOOK, [strange]))
    numbers = whole.set_column(place, "status", pa.array([3]))
    with pytest.raises(FactsError, match="status"):
        list(assess_batches(BOOK, [numbers]))


@pytest.mark.parametrize(("module", "extra"), [("batches", "registers"), ("spark", "spark")])
def test_without_arrow_it_says_what_to_install(module: str, extra: str) -> None:
    code = f"""
import sys
sys.modules["pyarrow"] = None
import govrules.registers.{module}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "`pyarrow`, which is not installed" in done.stderr
    assert done.stderr.rstrip().endswith(f"pip install govrules[{extra}]")


@pytest.mark.parametrize("number", [1, 14, 15, 62, 63, 100])
def test_rows_of_flags_are_told_apart_however_many_there_are(number):
    drawn = np.random.default_rng(number)
    kinds = drawn.random((7, number)) < 0.5
    places = drawn.integers(0, 7, 500)
    flags = list(np.ascontiguousarray(kinds[places].T))
    known = {}
    found = by_kind(flags, lambda kind: known.setdefault(tuple(kind), len(known)))
    expected = [known[tuple(kind)] for kind in kinds[places].astype(int)]
    assert found.tolist() == expected
    assert len(known) == len(np.unique(kinds, axis=0))


def test_what_is_made_ahead_comes_in_order():
    made = []

    def source():
        for number in range(5):
            made.append(number)
            yield number

    several = ahead(source())
    assert next(several) == 0
    assert [*several] == [1, 2, 3, 4]
    assert made == [0, 1, 2, 3, 4]


def test_what_fails_ahead_fails_where_it_is_taken():
    def source():
        yield 1
        raise OSError(28, "No space left on device")

    several = ahead(source())
    assert next(several) == 1
    with pytest.raises(OSError, match="No space left"):
        next(several)


def test_threads_share_large_batches_out(monkeypatch):
    monkeypatch.setattr(batches_, "_WIDE", 3)
    several = [Partnership(id=str(number)) for number in range(10)]
    whole = list(to_batches(several, Partnership, BOOK))
    alone = rows(assess_batches(BOOK, whole, as_of=AS_OF))
    assert rows(assess_batches(BOOK, whole, as_of=AS_OF, threads=2)) == alone
