"""Whatever is written, the decoder returns what fits the fact, a state, or why there is neither."""

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
from govrules.decode.values import Wording, decoder
from govrules.model import Partnership
from govrules.truth import UNKNOWN
from govrules.validate import _fits
from govrules.vocabulary import Choices, Money, Record, Records, vocabulary_of

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
    found = decoder(fact_type, Wording(dates=tuple(ways)))(written)
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
