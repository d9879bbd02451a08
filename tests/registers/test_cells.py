"""What cells mean, by the type of the fact and by what the mapping says of the column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from govrules.decode.dates import DATE_FORMATS
from govrules.decode.problems import Problem
from govrules.decode.values import CellFormat
from govrules.model import Partnership
from govrules.registers.cell_reader import CellReader
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Kind, Months, vocabulary_of

FACTS = vocabulary_of(Partnership).facts
DURATION = Fact("length", Months(), Kind.CIRCUMSTANCE, "the length", "How long?")


def read(path, cell, **wording):
    return CellReader(FACTS[path], CellFormat(**wording)).read(cell)


@pytest.mark.parametrize(
    "cell", ["", "  ", "TBC", "tbc ", "n/a", "N/A", "-", "?", "unknown", None, float("nan"), "#N/A"]
)
@pytest.mark.parametrize("path", ["name", "funding.pooled", "funding.annual_spend", "reviewed"])
def test_what_says_that_nobody_knows_is_unknown(path, cell):
    assert read(path, cell) is UNKNOWN


@pytest.mark.parametrize(
    ("path", "none"),
    [
        ("name", None),
        ("funding.annual_spend", None),
        ("reviewed", None),
        ("protocol.agreed", False),
        ("scrutiny.by", frozenset()),
        ("risk", None),
    ],
)
def test_none_says_that_there_is_none(path, none):
    for cell in ("none", "None", " NONE "):
        assert read(path, cell) == none


@pytest.mark.parametrize("path", ["name", "funding.pooled", "reviewed"])
def test_nil_is_nought_in_an_amount_and_unknown_elsewhere(path):
    assert read(path, "nil") is UNKNOWN
    assert read("funding.annual_spend", "nil") == 0


@pytest.mark.parametrize("cell", ["none", "nil", "Not applicable", "\u2013"])
@pytest.mark.parametrize("path", ["name", "protocol.agreed", "funding.annual_spend", "scrutiny.by"])
def test_the_mapping_says_what_a_word_means(path, cell):
    assert read(path, cell, values={cell.casefold(): None}) is None
    assert read(path, cell, unknown=frozenset({cell.casefold()})) is UNKNOWN


@pytest.mark.parametrize(
    ("cell", "wording", "value"),
    [
        ("£21,400", {}, Decimal(21400)),
        ("21400.50", {}, Decimal("21400.50")),
        (21400.5, {}, Decimal("21400.5")),
        (9300, {"unit": "£k"}, Decimal(9_300_000)),
        ("9.3", {"unit": "£m"}, Decimal(9_300_000)),
        ("£250k", {}, Decimal(250_000)),
        ("1.2M", {}, Decimal(1_200_000)),
        (Decimal("12.34"), {}, Decimal("12.34")),
        (1250, {"unit": "pence"}, Decimal("12.5")),
    ],
)
def test_amounts(cell, wording, value):
    assert read("funding.annual_spend", cell, **wording) == value


@pytest.mark.parametrize(
    "cell", ["lots", "£", "1,5", "£1m-£5m", "-5", -5, True, float("inf"), "9e99", "9e"]
)
def test_what_is_no_amount(cell):
    assert isinstance(read("funding.annual_spend", cell), Problem)


def test_an_amount_with_its_own_unit_keeps_it_in_a_column_with_another():
    assert read("funding.annual_spend", "250k", unit="£m") == Decimal(250_000)


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("45%", "", 45),
        (45, "", 45),
        (0.45, "fraction", 45),
        ("0.45", "fraction", 45),
        ("45 %", "fraction", 45),
    ],
)
def test_shares(cell, unit, value):
    assert read("funding.traced_share", cell, unit=unit) == value


@pytest.mark.parametrize("cell", [0.45, "0.45", 1.0, "1"])
def test_a_share_that_may_be_one_of_a_hundred_or_of_one_is_told(cell):
    assert isinstance(read("funding.traced_share", cell), Problem)
    assert read("funding.traced_share", cell, unit="%") == Decimal(str(cell))


@pytest.mark.parametrize(("cell", "value"), [(0, 0), ("0.5%", Decimal("0.5")), ("2", 2)])
def test_a_share_that_can_only_be_one_of_a_hundred_is_read(cell, value):
    assert read("funding.traced_share", cell) == value


@pytest.mark.parametrize(
    ("way", "cell"),
    [
        ("d/m/y", "31/3/24"),
        ("d/m/y", "31/03/2024"),
        ("m/d/y", "3/31/24"),
        ("d.m.y", "31.3.2024"),
        ("d-m-y", "31-3-24"),
        ("y/m/d", "2024/3/31"),
        ("d mmm y", "31 March 2024"),
        ("d mmm y", "31st mar 24"),
        ("d mmm y", "31-Mar-24"),
        ("mmm d y", "March 31, 2024"),
        ("excel", 45382),
        ("excel", "45382"),
        ("d/m/y", "2024-03-31"),
        ("d/m/y", "2024-03-31 00:00:00"),
        ("d/m/y", dt.date(2024, 3, 31)),
        ("d/m/y", dt.datetime(2024, 3, 31, 12, 30)),  # noqa: DTZ001 - cells have no zone
    ],
)
def test_dates_as_they_are_typed(way, cell):
    assert way in DATE_FORMATS
    assert read("reviewed", cell, dates=(way,)) == dt.date(2024, 3, 31)


@pytest.mark.parametrize(
    "cell", ["31/3/24", "March 2024", "30/2/2024", 45382, 20240331, "31/3", "0/1/24", "31 Foo 2024"]
)
def test_what_is_no_date_in_the_way_that_is_stated(cell):
    assert isinstance(read("reviewed", cell, dates=("m/d/y", "d mmm y")), Problem)


def test_years_of_two_digits_are_of_this_century_up_to_68():
    reader = CellReader(FACTS["reviewed"], CellFormat(dates=("d/m/y",)))
    assert [reader.read(f"1/1/{year}").year for year in ("00", "68", "69", "99")] == [
        2000,
        2068,
        1969,
        1999,
    ]


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("12 months", "", 12),
        ("2 years", "", 24),
        ("3", "years", 36),
        (1.5, "years", 18),
        (6, "months", 6),
    ],
)
def test_lengths_of_time(cell, unit, value):
    assert CellReader(DURATION, CellFormat(unit=unit)).read(cell) == value


@pytest.mark.parametrize(("cell", "unit"), [(12, ""), ("long", "months"), (0.3, "months")])
def test_what_is_no_length_of_time(cell, unit):
    assert isinstance(CellReader(DURATION, CellFormat(unit=unit)).read(cell), Problem)


def test_choices_are_read_as_people_write_them():
    assert read("legal_form", "Joint Committee") == "joint_committee"
    assert read("legal_form", " charitable-trust ".strip()) == "charitable_trust"
    assert isinstance(read("legal_form", "a club"), Problem)


def test_a_set_is_open_unless_the_mapping_says_that_it_is_complete():
    cell = "Audit committee; own board ;"
    values = {"audit_committee", "own_board"}
    assert read("scrutiny.by", cell, separator=";") == {*values, UNKNOWN}
    assert read("scrutiny.by", cell, separator=";", complete=True) == values
    assert read("scrutiny.by", ["audit_committee", "own_board"], complete=True) == values


def test_a_set_keeps_what_can_be_read_of_it():
    found = read("scrutiny.by", "Audit committee; town meeting", separator=";", complete=True)
    assert isinstance(found, Problem)
    assert found.value == {"audit_committee", UNKNOWN}


def test_a_set_is_translated_value_by_value():
    values = {"oss": frozenset({"overview_and_scrutiny"}), "nobody": frozenset()}
    assert read("scrutiny.by", "OSS", values=values, complete=True) == {"overview_and_scrutiny"}
    assert read("scrutiny.by", "OSS", values=values) == {"overview_and_scrutiny", UNKNOWN}
    assert read("scrutiny.by", "Nobody", values=values) == frozenset()


def test_true_is_not_one():
    reader = CellReader(FACTS["funding.annual_spend"], CellFormat())
    number, yes, text = reader.column([1, True, "1"])
    assert number == text == Decimal(1)
    assert isinstance(yes, Problem)
    pooled = CellReader(FACTS["funding.pooled"], CellFormat()).column([True, 1, 1.0, False, 0])
    assert pooled == [True, True, True, False, False]


def test_a_number_in_a_column_of_text_is_the_text_that_a_spreadsheet_shows():
    assert read("id", 1001.0) == "1001"
    assert read("id", "  A   7 ") == "A 7"


def test_a_number_among_amounts_in_thousands_or_millions_may_be_one_of_them():
    reader = CellReader(FACTS["funding.annual_spend"], CellFormat())
    cells = ["£1.2m", "250k", "1.5", 850.0, "£850", "21400", 0, ""]
    told = [isinstance(each, Problem) for each in reader.column(cells)]
    assert told == [False, False, True, True, *[False] * 4]
    assert not any(isinstance(each, Problem) for each in reader.column(cells[2:]))
    in_pounds = CellReader(FACTS["funding.annual_spend"], CellFormat(unit="pounds"))
    assert in_pounds.column(cells)[2] == Decimal("1.5")


def test_one_is_one_per_cent_where_other_shares_of_the_column_are_more():
    shares = CellReader(FACTS["funding.traced_share"], CellFormat())
    one, half, other = shares.column(["1", "0.5", "57"])
    assert (one, other) == (Decimal(1), Decimal(57))
    assert isinstance(half, Problem)
    assert all(isinstance(each, Problem) for each in shares.column(["1", "0.5"]))


def test_a_tick_that_is_drawn_as_a_picture_is_one():
    assert read("funding.pooled", "\u2714\ufe0f") is True


@pytest.mark.parametrize("cell", ["1900-01-01", "1 January 1900", "1900-01-01 00:00:00"])
def test_the_day_that_programs_write_for_no_date_is_told(cell):
    assert isinstance(read("reviewed", cell), Problem)
    assert read("reviewed", cell.replace("1900", "1901")).year == 1901
