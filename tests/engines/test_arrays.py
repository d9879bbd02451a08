"""The columnar engine says what the reference engine says; Arrow columns are read as bitmaps or refused."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import UNKNOWN, EngineError, FactsError, Funding, Partner, Partnership, load_rulebook
from govrules.engines import arrays, reference
from govrules.engines.bitmaps import (
    ListColumn,
    Segments,
    Store,
    bits,
    ones,
    pack,
    unpack,
)
from govrules.engines.columns import from_row, schema_of, subjects_of, to_batches
from govrules.engines.registry import comparable
from govrules.facts import read_field
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships, registers
from govrules.validate import check_subject
from govrules.vocabulary import Choices, Fact, Kind, Record, Records, YesNo, vocabulary_of
from tests.conformance.test_plain_records import Deed
from tests.properties.small import Item, Thing

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
    given = Partnership(
        local={"council_reports_annually": True},
        stated={"significant": True},
        evidence={"name": "minutes"},
    )
    book = load_rulebook()
    subject = check_subject(given, book)
    cls = type(subject)
    (batch,) = to_batches([subject, cls()], cls, book)
    assert list(subjects_of(batch, cls, book)) == [given, Partnership()]


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


FACTS = {**vocabulary_of(Deed).facts, **vocabulary_of(Thing).facts}


def read(name, array):
    """The values of a column of one fact, what is unknown as a question mark."""
    column = Store({name: array}, len(array)).column(name, FACTS[name])
    known = unpack(column.known, len(array))
    data = column.data
    if column.data.dtype == np.uint64:
        data = unpack(data, len(array))
    return [int(value) if there else "?" for value, there in zip(data, known, strict=True)]


@pytest.mark.parametrize(
    ("name", "array", "expected"),
    [
        ("big", pa.array([True, None, False]), [1, "?", 0]),
        ("big", pa.nulls(3), ["?", "?", "?"]),
        ("size", pa.array([1, None], pa.int8()), [1, "?"]),
        ("size", pa.nulls(2), ["?", "?"]),
        ("price", pa.array([Decimal("1.5"), None]), [150, "?"]),
        ("price", pa.array([1, None]), [100, "?"]),
        ("weight", pa.array([0.5]), [500_000]),
        ("level", pa.array(["low", None, "top"]), [0, "?", 2]),
        ("level", pa.array(["low", None, "top"], pa.large_string()), [0, "?", 2]),
        ("level", pa.array(["top", None, "low"]).dictionary_encode(), [2, "?", 0]),
        ("level", pa.array(["top", "low"]).dictionary_encode(), [2, 0]),
        ("level", pa.array(["top", None]).dictionary_encode("encode"), [2, "?"]),
        ("level", pa.nulls(2), ["?", "?"]),
        ("checked", pa.array([dt.date(1970, 1, 2), None]), [1, "?"]),
        ("checked", pa.array([dt.datetime(1970, 1, 3)], pa.timestamp("s")), [2]),  # noqa: DTZ001 - a table has no zone
    ],
)
def test_what_is_read(name, array, expected):
    assert read(name, array) == expected
    assert read(name, pa.concat_arrays([array, array])[1 : len(array) + 1]) == [
        *expected[1:],
        expected[0],
    ]


def test_a_text_is_read_from_a_dictionary():
    array = pa.array(["a", None]).dictionary_encode()
    column = Store({"title": array}, 2).column("title", FACTS["title"])
    assert column.data.to_pylist() == ["a", None]


@pytest.mark.parametrize("null_encoding", ["mask", "encode"])
def test_a_null_in_a_set_says_that_there_may_be_more(null_encoding):
    members = pa.array(["red", None]).dictionary_encode(null_encoding)
    colours = pa.ListArray.from_arrays([0, 1, 2], members)
    found = Store({"colours": colours}, 2).set_column("colours", FACTS["colours"])
    assert unpack(found.known, 2).tolist() == [True, False]


@pytest.mark.parametrize(
    ("path", "array", "problem"),
    [
        ("big", pa.array([1]), "bool"),
        ("size", pa.array(["one"]), "int64"),
        ("size", pa.array([1.5]), "size"),
        ("price", pa.array([Decimal("0.001")]), "price"),
        ("level", pa.array([1]), "one of low, middle, top"),
        ("level", pa.array(["least"]), "'least'"),
        ("level", pa.array(["low", "least"]).dictionary_encode(), "'least'"),
        ("checked", pa.array(["yesterday"]), "date32"),
        ("checked", pa.array([True]), "date32"),
        ("colours", pa.array(["red"]), "a list"),
        ("colours", pa.array([["green"]]), "'green'"),
        ("items", pa.array(["one"]), "a list"),
        ("items", pa.array([["one"]]), "a list of records"),
        ("deal.level", pa.array(["low"]), "a column of records"),
        ("deal.level", pa.array([{"signed": True}]), "a column of nulls"),
        ("deal", pa.array([{"__none": 1}]), "a column of yes and no"),
    ],
)
def test_what_is_refused_with_its_place(path, array, problem):
    store = Store({path.partition(".")[0]: array}, 1, "things[].")
    reads = {
        "colours": store.set_column,
        "items": store.list_column,
    }.get(path, store.column)
    with pytest.raises(FactsError, match=problem) as caught:
        reads(path, FACTS[path])
    assert "things[]." in str(caught.value)


@pytest.mark.parametrize("path", ["big", "deal.level", "colours", "items"])
def test_a_column_that_is_not_there_is_missing(path):
    store = Store({}, 1)
    reads = {"colours": store.set_column, "items": store.list_column}.get(path, store.column)
    with pytest.raises(FactsError, match="missing"):
        reads(path, FACTS[path])


def test_lists_and_sets_of_nulls_are_unknown():
    store = Store({"colours": pa.nulls(2), "items": pa.nulls(2)}, 2)
    members = store.set_column("colours", FACTS["colours"])
    assert not unpack(members.known, 2).any()
    assert not unpack(store.list_column("items", FACTS["items"]).closed, 2).any()


def weights(found: ListColumn) -> list[Any]:
    column = found.records.column("weight", vocabulary_of(Item).facts["weight"])
    known = unpack(column.known, column.rows)
    return [each if there else None for each, there in zip(column.data, known, strict=True)]


def test_a_gap_in_a_list_is_no_record():
    items = pa.array([[{"fine": True, "weight": 1}, None], [{"fine": False, "weight": 2}]])
    found = Store({"items": items}, 2).list_column("items", FACTS["items"])
    segments = Segments(found.offsets, found.real)
    assert segments.counted(ones(3)).tolist() == [1, 1]
    assert weights(found) == [1, None, 2]
    assert unpack(found.closed, 2).tolist() == [False, True]


def test_what_lies_under_a_list_that_is_null_is_no_record():
    values = pa.array([{"fine": True, "weight": 1}, {"fine": False, "weight": 2}])
    items = pa.ListArray.from_arrays(pa.array([0, 1, 2]), values, mask=pa.array([True, False]))
    found = Store({"items": items}, 2).list_column("items", FACTS["items"])
    assert unpack(found.closed, 2).tolist() == [False, True]
    assert Segments(found.offsets, found.real).counted(ones(2)).tolist() == [0, 1]
    assert weights(found) == [None, 2]


def test_what_lies_under_a_gap_is_not_read():
    values = pa.StructArray.from_arrays(
        [pa.array(["strange", "low"])], names=["level"], mask=pa.array([True, False])
    )
    items = pa.ListArray.from_arrays(pa.array([0, 2]), values)
    found = Store({"items": items}, 1).list_column("items", FACTS["items"])
    column = found.records.column("level", FACTS["level"])
    assert unpack(column.known, 2).tolist() == [False, True]


@pytest.mark.parametrize(("name", "of"), [("size", pa.int64()), ("price", pa.decimal128(18, 2))])
def test_a_column_without_rows_may_come_without_memory(name, of):
    assert read(name, pa.Array.from_buffers(of, 0, [None, None])) == []


def test_a_derived_fact_of_which_nobody_stated_anything_is_unknown():
    sound = Fact("sound", YesNo(), Kind.CIRCUMSTANCE, "it is sound", "Sound?", "it is unsound")
    other = Store({"stated": pa.array([{"tier": "top"}])}, 1)
    for store in (other, Store({}, 1)):
        column = store.stated("stated.sound", sound)
        assert unpack(column.unknown, 1).tolist() == [True]
        assert unpack(column.none | column.known | column.data, 1).tolist() == [False]


def test_a_set_of_more_values_than_a_mask_has_bits_is_refused():
    many = Choices(tuple(f"v{number}" for number in range(65)))
    fact = Fact("many", many, Kind.CIRCUMSTANCE, "the many", "Which?")
    with pytest.raises(EngineError, match="more than 63"):
        Store({"many": pa.nulls(1)}, 1).set_column("many", fact)


def test_all_bits_are_set_where_a_buffer_is_left_out():
    assert unpack(bits(None, 3, 5), 5).all()


@pytest.mark.parametrize("number", [3, 64, 130])
def test_sums_and_counts_of_rows(number):
    """Rows of any length, beginning anywhere in a word, and gaps that do not count."""
    drawn = np.random.default_rng(number)
    flags, real = drawn.random((2, number)) < 0.5
    numbers = drawn.integers(0, 9, number)
    cuts = np.sort(drawn.integers(0, number + 1, 20))
    offsets = np.concatenate([[0], cuts, [number]])
    rows = list(itertools.pairwise(offsets.tolist()))
    for counts in (None, real):
        segments = Segments(offsets, None if counts is None else pack(counts))
        there = np.ones(number, bool) if counts is None else counts
        of = flags & there
        assert segments.counted(ones(number)).tolist() == [there[a:b].sum() for a, b in rows]
        assert segments.counted(pack(flags)).tolist() == [of[a:b].sum() for a, b in rows]
        summed = segments.summed(numbers, pack(flags)).tolist()
        assert summed == [numbers[a:b][of[a:b]].sum() for a, b in rows]


def test_a_sum_may_be_beyond_64_bits():
    segments = Segments(np.array([0, 2, 2, 3]), None)
    beyond = segments.summed(np.array([2**62, 2**62, 1], object), ones(3))
    assert beyond.tolist() == [2**63, 0, 1]
