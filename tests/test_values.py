"""Text to values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govrules.decode.amounts import read_amount
from govrules.decode.problems import Problem
from govrules.decode.states import (
    NIL_WORDS,
    NO_TEXTS,
    PLACEHOLDERS,
    UNKNOWN_WORDS,
    are_plain,
    fold,
    state_of,
)
from govrules.decode.values import CellFormat, Single, decoder, describe, read, read_duration
from govrules.diagnostics import Code
from govrules.model import Partnership
from govrules.truth import UNKNOWN
from govrules.validate import _fits
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

STATUS = Choice(("active", "closing"))


@pytest.mark.parametrize(
    ("text", "fact_type", "value"),
    [
        ("NO", Text(), "NO"),
        (" spaces ", Text(), " spaces "),
        ("yes", YesNo(), True),
        ("No", YesNo(), False),
        (" TRUE ", YesNo(), True),
        ("false", YesNo(), False),
        ("active", STATUS, "active"),
        ("0", Money(), Decimal(0)),
        ("4,200,000", Money(), Decimal(4200000)),
        ("£ 4,200,000.50", Money(), Decimal("4200000.50")),
        ("£250000", Money(), Decimal(250000)),
        (".5", Number(), Decimal("0.5")),
        ("1e6", Money(), Decimal(1_000_000)),
        ("2.14E7", Money(), Decimal(21_400_000)),
        ("1.5e-1", Number(), Decimal("0.15")),
        ("+3", Number(), Decimal(3)),
        ("100", Number(most=Decimal(100)), Decimal(100)),
        ("12", Number(whole=True), 12),
        ("12.0", Number(whole=True), 12),
        ("2026-03-31", Date(), dt.date(2026, 3, 31)),
        (" 2024-02-29 ", Date(), dt.date(2024, 2, 29)),
        ("12 months", Months(), 12),
        ("1 Month", Months(), 1),
        ("2years", Months(), 24),
        (" 1 year ", Months(), 12),
    ],
)
def test_text_is_read_by_its_type(text: str, fact_type: FactType, value: Single) -> None:
    """Each type reads the forms that people write."""
    found = read(text, fact_type)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "fact_type", "code"),
    [
        ("maybe", YesNo(), Code.UNREADABLE_VALUE),
        ("1", YesNo(), Code.UNREADABLE_VALUE),
        ("TBC", Money(), Code.UNREADABLE_VALUE),
        ("", Money(), Code.UNREADABLE_VALUE),
        ("-", Number(), Code.UNREADABLE_VALUE),
        ("1,5", Money(), Code.UNREADABLE_VALUE),
        ("1,2345", Money(), Code.UNREADABLE_VALUE),
        ("٣", Number(), Code.UNREADABLE_VALUE),
        ("£5", Number(), Code.UNREADABLE_VALUE),
        ("NaN", Number(), Code.UNREADABLE_VALUE),
        ("-1", Money(), Code.OUT_OF_RANGE),
        ("101", Number(most=Decimal(100)), Code.OUT_OF_RANGE),
        ("1" + "0" * 16, Money(), Code.OUT_OF_RANGE),
        ("9" * 5000, Number(whole=True), Code.OUT_OF_RANGE),
        ("1.5", Number(whole=True), Code.TYPE_MISMATCH),
        ("2026", Date(), Code.TYPE_MISMATCH),
        ("2026.5", Date(), Code.TYPE_MISMATCH),
        ("2026-02-30", Date(), Code.TYPE_MISMATCH),
        ("31/03/2026", Date(), Code.UNREADABLE_VALUE),
        ("spring", Date(), Code.UNREADABLE_VALUE),
        ("12", Months(), Code.UNREADABLE_VALUE),
        ("12345 months", Months(), Code.UNREADABLE_VALUE),
        ("Active", STATUS, Code.UNKNOWN_VALUE),
        ("tbc", STATUS, Code.UNREADABLE_VALUE),
        ("n/a", STATUS, Code.UNREADABLE_VALUE),
        ("x", Choices(("a",)), Code.WRONG_SHAPE),
        ("x", Record(object), Code.WRONG_SHAPE),
        ("x", Records(object), Code.WRONG_SHAPE),
    ],
)
def test_text_that_cannot_be_read_is_a_problem(text: str, fact_type: FactType, code: Code) -> None:
    """Nothing is guessed: a comma that parts no thousands is no number."""
    found = read(text, fact_type)
    assert isinstance(found, Problem)
    assert found.code is code


def test_a_misspelt_value_is_set_right() -> None:
    """Capitals and spaces do not keep a value from being suggested; else all are named."""
    near = read("Closng", STATUS)
    assert isinstance(near, Problem)
    assert near.help == "did you mean `closing`?"
    far = read("xyzzy", STATUS)
    assert isinstance(far, Problem)
    assert far.help == "allowed: `active`, `closing`"
    many = read("xyzzy", Choice(tuple(f"value_{index}" for index in range(40))))
    assert isinstance(many, Problem)
    assert many.help == "`govrules explain FACT` lists its values"


def test_a_problem_names_the_fact() -> None:
    """An unknown value is one of the fact; any other problem stands beside it."""
    assert Problem(Code.UNKNOWN_VALUE, "unknown value `x`").about("a.b") == (
        "unknown value `x` of `a.b`"
    )
    assert Problem(Code.OUT_OF_RANGE, "`-1` is below zero").about("a.b") == (
        "`-1` is below zero (`a.b`)"
    )


@pytest.mark.parametrize(
    ("fact_type", "words"),
    [
        (YesNo(), "yes or no"),
        (Text(), "text"),
        (Money(), "an amount in pounds"),
        (Number(), "a number"),
        (Number(whole=True, unit="posts"), "a whole number (posts)"),
        (Date(), "a date such as 2026-03-31"),
        (Months(), "a length of time such as 12 months"),
        (STATUS, "one of a closed list of values"),
        (Choices(("a",)), "a list or a record"),
        (Record(object), "a list or a record"),
        (Records(object), "a list or a record"),
    ],
)
def test_a_type_is_described_in_words(fact_type: FactType, words: str) -> None:
    """The words finish the sentence that begins with "must be"."""
    assert describe(fact_type) == words


@given(st.integers(0, 9999), st.sampled_from(["month", "months", "year", "years"]))
def test_durations_are_counted_in_months(number: int, unit: str) -> None:
    """A year is twelve months."""
    months = number * 12 if unit.startswith("year") else number
    assert read_duration(f"{number} {unit}") == months


@given(st.decimals(0, 10**15, places=2))
def test_amounts_are_read_as_they_are_printed(amount: Decimal) -> None:
    """An amount printed with commas and two places is read to the penny."""
    assert read(f"£{amount:,}", Money()) == amount


@given(
    st.text(),
    st.sampled_from([YesNo(), Money(), Number(whole=True), Date(), Months(), STATUS, Choices(())]),
)
def test_any_text_is_a_value_or_a_problem(text: str, fact_type: FactType) -> None:
    """Reading raises nothing, whatever people write."""
    found = read(text, fact_type)
    assert isinstance(found, Problem | bool | int | Decimal | str | dt.date)


TYPES = sorted(
    {
        fact.type
        for _, fact in vocabulary_of(Partnership).paths.items()
        if not isinstance(fact.type, Choices | Record | Records)
    },
    key=repr,
)
#: Pieces of what people type, so that many texts come near to something that is read.
PIECES = st.sampled_from(
    (
        *("£", "1", "12", "250,000", "1.5", " ", "k", "m", "-", "/", "2024", "31", "March", "pa"),
        *("(", ")", "*", "%", "yes", "no", "TBC", "none", "c. ", ">", "to", "e", "months", "Q1"),
        *("\u00a0", "x"),
    )
)
WRITTEN = st.one_of(
    st.lists(PIECES, max_size=6).map("".join),
    st.text(max_size=30),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.none(),
)
WAYS = st.lists(
    st.sampled_from(["d/m/y", "m/d/y", "d mmm y", "excel", "period start", "period end"]),
    max_size=3,
)


@given(st.sampled_from(TYPES), WRITTEN, WAYS)
def test_what_is_read_fits_its_type(fact_type, written, ways):
    found = decoder(fact_type, CellFormat(dates=tuple(ways)))(written)
    value = found.value if isinstance(found, Problem) else found
    assert value is UNKNOWN or value is None or _fits(value, fact_type)
    if isinstance(found, Problem):
        assert found.message
        assert found.help


@given(st.integers(0, 10**9), st.sampled_from(["", "k", "m"]))
def test_an_amount_in_digits_is_that_amount(number, unit):
    scale = {"": 1, "k": 1000, "m": 1_000_000}[unit]
    for text in (f"{number}{unit}", f"£{number:,}{unit.upper()}", f" {number:,} {unit} "):
        assert read_amount(text, Money()) == Decimal(number * scale)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)))
def test_a_date_in_any_way_is_that_date(day):
    read = decoder(next(each for each in TYPES if type(each).__name__ == "Date"))
    for text in (f"{day}", f"{day.day} {day:%B %Y}", f"{day:%B} {day.day}, {day.year}"):
        assert read(text) == day
    slashed = read(f"{day:%d/%m/%Y}")
    assert slashed == day if day.day > 12 or day.day == day.month else isinstance(slashed, Problem)


@pytest.mark.parametrize("fact_type", TYPES, ids=repr)
def test_every_word_for_a_state_is_one_in_every_type(fact_type):
    read = decoder(fact_type)
    for word in UNKNOWN_WORDS | PLACEHOLDERS:
        assert fold(word) == word
        assert state_of(word) is UNKNOWN
        assert read(word.upper()) is UNKNOWN
    for word in NIL_WORDS:
        assert read(word) == (0 if isinstance(fact_type, Money) else UNKNOWN)


@given(
    st.sampled_from(sorted(NO_TEXTS)),
    st.lists(st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", ""]), min_size=3, max_size=3),
)
def test_no_word_is_taken_for_a_text_at_a_glance(word, spaces):
    before, within, after = spaces
    for each in (word, word.upper(), word.title(), word.replace("-", "\u2014")):
        written = f"{before}{each.replace(' ', within or ' ')}{after}"
        assert not are_plain([written])
        assert not are_plain(["Cabinet", written, "DASS"])
