"""The columnar engine says what the reference engine says."""

import datetime as dt
from decimal import Decimal

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import UNKNOWN, FactsError, Funding, Partner, Partnership, load_rulebook
from govrules.engines import arrays, reference
from govrules.engines.bitmaps import bits, pack, unpack
from govrules.engines.columns import from_row, schema_of, subjects_of, to_batches
from govrules.engines.registry import comparable
from govrules.facts import read_field
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships, registers
from govrules.vocabulary import Choice, Fact, Kind, Record, Records, vocabulary_of

AS_OF = dt.date(2026, 3, 31)
BOOK = load_rulebook("governing-partnerships")
NEAR = boundaries(BOOK, AS_OF)


def agree(rules, subjects, as_of, rulebook):
    ours = arrays.outcomes(rules, subjects, as_of, rulebook)
    theirs = reference.outcomes(rules, subjects, as_of, rulebook)
    for subject, one, other in zip(subjects, ours, theirs, strict=True):
        for rule, actual, expected in zip(rules, one, other, strict=True):
            assert comparable(actual) == comparable(expected), (rule.id, subject)


@given(
    st.lists(partnerships(BOOK, near=NEAR), min_size=1, max_size=4),
    st.sampled_from([AS_OF, UNKNOWN]),
)
def test_every_shipped_rule_on_partial_partnerships(subjects, as_of):
    agree(BOOK.rules_for("partnership", as_of), subjects, as_of, BOOK)


@settings(max_examples=10)
@given(registers(BOOK, near=NEAR))
def test_every_shipped_rule_on_registers(register):
    agree(BOOK.rules_for("register", AS_OF), [register], AS_OF, BOOK)


@given(st.data())
def test_generated_rulebooks(data):
    book = data.draw(rulebooks())
    near = boundaries(book, AS_OF)
    subjects = data.draw(st.lists(partnerships(book, near=near), min_size=1, max_size=3))
    agree(book.rules_for("partnership", AS_OF), subjects, AS_OF, book)


def alike(one, other, cls):
    """Whether two records say the same: what is absent as no or as empty is so."""
    for path, fact in vocabulary_of(cls).facts.items():
        if isinstance(fact.type, Record):
            first, second = (read_field(each, path, fact) for each in (one, other))
            assert (first is UNKNOWN) == (second is UNKNOWN), path
            assert (first is None) == (second is None), path
            continue
        first, second = (read_field(each, path, fact) for each in (one, other))
        if isinstance(fact.type, Records) and first is not UNKNOWN:
            assert len(first) == len(second), path
            for left, right in zip(first, second, strict=True):
                assert (left is UNKNOWN) == (right is UNKNOWN), path
                if left is not UNKNOWN:
                    alike(left, right, fact.type.cls)
        else:
            assert first == second, path


@given(st.lists(partnerships(BOOK), min_size=1, max_size=3))
def test_columns_and_back_say_the_same(subjects):
    (batch,) = to_batches(subjects, Partnership, BOOK)
    for one, other in zip(subjects, subjects_of(batch, Partnership, BOOK), strict=True):
        alike(one, other, Partnership)


@given(st.lists(partnerships(BOOK), min_size=1, max_size=5))
def test_what_stands_beneath_a_record_that_is_not_there_points_at_no_word(subjects):
    """Others cast what words point at, as Spark does."""
    (batch,) = to_batches([Partnership(), *subjects], Partnership, BOOK)
    batch.validate(full=True)
    for column in batch.columns:
        column.cast(plain(column.type))


def plain(kind):
    """Return a type with words where it has what points at them."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(plain(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(plain(kind.value_type))
    return kind


def test_what_is_said_of_facts_comes_back_from_columns():
    subject = Partnership(
        id="a",
        name=None,
        protocol=None,
        evidence={"protocol": "minutes"},
        partners=(Partner(), UNKNOWN),
    )
    (batch,) = to_batches([Partnership(), subject], Partnership, BOOK)
    assert from_row(batch, 1, Partnership, BOOK) == subject
    assert batch.schema == schema_of(Partnership, BOOK)


def test_local_and_stated_facts_come_back_from_columns():
    fact = Fact("local.stage", Choice(("early", "late")), Kind.CIRCUMSTANCE, "the stage", "Which?")
    book = attrs.evolve(BOOK, local={"stage": fact})
    subject = Partnership(
        local={"stage": "early"}, stated={"significant": True}, evidence={"name": "minutes"}
    )
    (batch,) = to_batches([subject, Partnership()], Partnership, book)
    assert list(subjects_of(batch, Partnership, book)) == [subject, Partnership()]


def test_of_nobody_nothing_is_said():
    assert list(arrays.outcomes(BOOK.rules_for("partnership", AS_OF), [], AS_OF, BOOK)) == []


@pytest.mark.parametrize("offset", range(10))
def test_bits_are_read_from_any_offset(offset):
    flags = np.random.default_rng(offset).random(200) < 0.5
    buffer = pa.py_buffer(pack(flags).tobytes())
    rows = 200 - offset
    assert (unpack(bits(buffer, offset, rows), rows) == flags[offset:]).all()


def test_a_number_with_more_digits_than_a_column_keeps_is_judged_by_the_reference_engine():
    subject = Partnership(funding=Funding(annual_spend=Decimal("0.001")))
    with pytest.raises(FactsError, match="funding"):
        list(to_batches([subject], Partnership))
    agree(BOOK.rules_for("partnership", AS_OF), [subject], AS_OF, BOOK)
