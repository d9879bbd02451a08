"""
The ways in which people type amounts, dates, and yes or no: none misread, most read, the rest told.

Each table says what a cell holds: a value, a state, `CARE` with the value where something beside it
may qualify it, or `TOLD` where it is reported and unknown. What a person would understand as one
value is marked by having one; of these at least 85 in 100 are read.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from govrules.decode.problems import Problem
from govrules.decode.values import CellFormat
from govrules.diagnostics import Code
from govrules.model import Partnership
from govrules.registers.cell_reader import CellReader
from govrules.truth import UNKNOWN
from govrules.vocabulary import vocabulary_of

FACTS = vocabulary_of(Partnership).facts
#: Reported, and unknown.
TOLD = "told"
#: A word for what nobody knows: unknown, and reported once a column.
WORD = "word"


class Care:
    """Read, with a warning."""

    def __init__(self, value):
        self.value = value


class Missed:
    """A person would understand it; it is reported and unknown."""

    def __init__(self, value):
        self.value = value


def pounds(number):
    return Decimal(str(number))


MONEY = {
    "£1.2m": pounds(1_200_000),
    "1.2M": pounds(1_200_000),
    "£1.2 million": pounds(1_200_000),
    "250k": pounds(250_000),
    "250K": pounds(250_000),
    "£250,000 pa": pounds(250_000),
    "£250,000 (2023/24)": pounds(250_000),
    "c. £250k": Care(pounds(250_000)),
    "~£250k": Care(pounds(250_000)),
    "(250,000)": TOLD,
    "-250000": TOLD,
    "250 000": pounds(250_000),
    "250\u00a0000": pounds(250_000),
    "1,5": TOLD,
    "1.234,56": TOLD,
    "£1m-£5m": TOLD,
    "Nil": pounds(0),
    "nil": pounds(0),
    "£0": pounds(0),
    "0": pounds(0),
    "None": None,
    "TBC": WORD,
    "tbc": WORD,
    "N/A": WORD,
    "n/a": WORD,
    "not known": WORD,
    "n/k": WORD,
    "In kind": TOLD,
    "£21,400*": Care(pounds(21_400)),
    "£21,400 ": pounds(21_400),
    "£21,400": pounds(21_400),
    "€50,000": TOLD,
    "50%": TOLD,
    "12.50": pounds("12.5"),
    "£1.2m/yr": pounds(1_200_000),
    "1.2bn": pounds(1_200_000_000),
    "£1bn": pounds(1_000_000_000),
    "£250k+": TOLD,
    "<£250k": TOLD,
    ">£5m": TOLD,
    "up to £50k": TOLD,
    "£1,200,000.00": pounds(1_200_000),
    "£ 250,000": pounds(250_000),
    "GBP 250000": pounds(250_000),
    "250000.0": pounds(250_000),
    "2,50,000": TOLD,
    "twenty": Missed(pounds(20)),
    True: TOLD,
    0.5: pounds("0.5"),
    "1e6": pounds(1_000_000),
    "£12,34": TOLD,
    1705.0: pounds(1705),
    # Of our own making.
    "£3\u2009400": pounds(3_400),
    "£3\u202f400\u202f000": pounds(3_400_000),
    "£86,300 per annum": pounds(86_300),
    "£86,300 p.a.": pounds(86_300),
    "approx £86,300": Care(pounds(86_300)),
    "£86,300 (approx)": Care(pounds(86_300)),
    "est. 86,300 pa": Care(pounds(86_300)),
    "about 4 million": Care(pounds(4_000_000)),
    "£4mn": pounds(4_000_000),
    "£750 thousand": pounds(750_000),
    "£86,300 2024-25": pounds(86_300),
    "£86,300 (FY 2024/25)": pounds(86_300),
    "£86,300[1]": Care(pounds(86_300)),
    "£86,300 per month": TOLD,
    "£1,200 pcm": TOLD,
    "£100k to £250k": TOLD,
    "between £100k and £250k": TOLD,
    "£1-5m": TOLD,
    "over £1m": TOLD,
    "less than £10,000": TOLD,
    "£10,000 or more": TOLD,
    "£250,000 in kind": TOLD,
    "£250,000 + £40,000": TOLD,
    "£250,000 / £40,000": TOLD,
    "see accounts": TOLD,
    "$1m": TOLD,
    "£250,000 (LA) £40,000 (ICB)": TOLD,
    "50p": pounds("0.5"),
    "2.14E7": pounds(21_400_000),
    "50.000": TOLD,
    "£250.000": TOLD,
    "£ 1.250": TOLD,
    "0.125": pounds("0.125"),
    33.333: pounds("33.333"),
    "1234.567": pounds("1234.567"),
    "\u2014": WORD,
    "": UNKNOWN,
    None: UNKNOWN,
}

DATES = {
    "2024-03-31": dt.date(2024, 3, 31),
    "2024-03-31 00:00:00": dt.date(2024, 3, 31),
    "2024-03-31T00:00:00": dt.date(2024, 3, 31),
    dt.date(2024, 3, 31): dt.date(2024, 3, 31),
    "31/03/2024": dt.date(2024, 3, 31),
    "31.03.2024": dt.date(2024, 3, 31),
    "31-3-2024": dt.date(2024, 3, 31),
    "2024/03/31": dt.date(2024, 3, 31),
    "31 March 2024": dt.date(2024, 3, 31),
    "31st March 2024": dt.date(2024, 3, 31),
    "31 Mar 2024": dt.date(2024, 3, 31),
    "31-Mar-2024": dt.date(2024, 3, 31),
    "Sunday 31 March 2024": dt.date(2024, 3, 31),
    "Sun, 31 March 2024": dt.date(2024, 3, 31),
    "March 31, 2024": dt.date(2024, 3, 31),
    "5 Sept 2023": dt.date(2023, 9, 5),
    "05/05/2023": dt.date(2023, 5, 5),
    "01/04/2024": TOLD,
    "31/03/24": Missed(dt.date(2024, 3, 31)),
    "01/04/24": TOLD,
    "31-Mar-24": Missed(dt.date(2024, 3, 31)),
    "Mar-24": TOLD,
    "March 2024": TOLD,
    "Sept 2024": TOLD,
    "03/2024": TOLD,
    "2024-03": TOLD,
    "2024": TOLD,
    2024: TOLD,
    2025.0: TOLD,
    "2023/24": TOLD,
    "2023-24": TOLD,
    "2023/2024": TOLD,
    "FY 2023/24": TOLD,
    "Q1 2024/25": TOLD,
    "spring 2024": TOLD,
    "45382": TOLD,
    45382: TOLD,
    20240331: TOLD,
    "30/02/2024": TOLD,
    "31/02/2024": TOLD,
    "every year": TOLD,
    "annually": TOLD,
    "March": TOLD,
    "due March 2025": TOLD,
    "31/03/2024 and 31/03/2025": TOLD,
    "yes": TOLD,
    dt.datetime(1905, 7, 17): TOLD,  # noqa: DTZ001 - cells have no zone
    dt.date(1905, 7, 17): TOLD,
    dt.date(1899, 12, 31): TOLD,
    "never": TOLD,
    "Wed 31 March 2024": TOLD,
    "Monday, 31 March 2024": TOLD,
    "0001-01-01": TOLD,
    "0202-03-31": TOLD,
    "9999-12-31": TOLD,
    "31/12/9999": TOLD,
    dt.datetime(1899, 12, 30): TOLD,  # noqa: DTZ001 - likewise
    dt.datetime(1900, 1, 1): TOLD,  # noqa: DTZ001 - likewise
    "TBC": WORD,
    "n/a": WORD,
    "none": None,
    "": UNKNOWN,
}

YES_NO = {
    "Yes": True,
    "yes ": True,
    "Y": True,
    "y": True,
    "YES": True,
    "N": False,
    "No": False,
    "no.": False,
    "Y*": Care(True),
    "Yes - see note": Missed(True),
    "Yes (draft)": TOLD,
    "Partly": TOLD,
    "In part": TOLD,
    "✓": True,
    "✔": True,
    "x": TOLD,
    "X": TOLD,
    "✗": False,
    "TRUE": True,
    True: True,
    0.0: False,
    "1": True,
    "0": False,
    "TBC": WORD,
    "N/A": WORD,
    "Not applicable": WORD,
    "-": WORD,
    "\u2013": WORD,
    "—": WORD,
    "?": WORD,
    "??": WORD,
    "Don't know": WORD,
    "Don’t know": WORD,
    "DK": WORD,
    "n/k": WORD,
    "Under review": TOLD,
    "In progress": TOLD,
    "Green": TOLD,
    "G": TOLD,
    "R": TOLD,
    "A": TOLD,
    "Ie": TOLD,
    "Na": WORD,
    "Yes/No": TOLD,
    "NO LONGER": TOLD,
    "none": False,
    "None": False,
    "nil": WORD,
    # Of our own making.
    "f": False,
    "t": True,
    "☑": True,
    "✘": False,
    "Yes.": True,
    "No*": Care(False),
    "yes and no": TOLD,
    "not yet": TOLD,
    "yes, until 2024": TOLD,
    "2": TOLD,
    2: TOLD,
    "31/03/2024": TOLD,
    "#REF!": WORD,
    "": UNKNOWN,
}

ZOOS = {"funding.annual_spend": MONEY, "reviewed": DATES, "funding.pooled": YES_NO}
CELLS = [(path, cell, meant) for path, zoo in ZOOS.items() for cell, meant in zoo.items()]


def verdict(path, cell):
    """Return what becomes of a cell, in the words of the tables."""
    reader = CellReader(FACTS[path], CellFormat())
    found = reader.read(cell)
    if isinstance(found, Problem):
        care = found.code is Code.READ_WITH_CARE
        return ("care", found.value) if care else TOLD
    return WORD if reader.placeholder else found


@pytest.mark.parametrize(("path", "cell", "meant"), CELLS)
def test_no_cell_is_misread(path, cell, meant):
    found = verdict(path, cell)
    if isinstance(meant, Care):
        assert found == ("care", meant.value)
    elif isinstance(meant, Missed):
        assert found == TOLD
    else:
        assert type(found) is type(meant) or not isinstance(meant, bool)
        assert found == meant


@pytest.mark.parametrize("path", ZOOS)
def test_most_of_what_a_person_understands_is_read(path):
    understood = [
        meant
        for meant in ZOOS[path].values()
        if not isinstance(meant, str) and meant is not UNKNOWN
    ]
    read = [each for each in understood if not isinstance(each, Missed)]
    assert len(read) >= 0.85 * len(understood)


def read(path, cell, **wording):
    return CellReader(FACTS[path], CellFormat(**wording)).read(cell)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        (2025, dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
        ("2025", dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
        ("February 2024", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("Mar-25", dt.date(2025, 3, 1), dt.date(2025, 3, 31)),
        ("12/2025", dt.date(2025, 12, 1), dt.date(2025, 12, 31)),
        ("2024/25", dt.date(2024, 4, 1), dt.date(2025, 3, 31)),
        ("FY2024-25", dt.date(2024, 4, 1), dt.date(2025, 3, 31)),
        ("Q1 2024/25", dt.date(2024, 4, 1), dt.date(2024, 6, 30)),
        ("Q4 2024/25", dt.date(2025, 1, 1), dt.date(2025, 3, 31)),
    ],
)
def test_the_mapping_says_which_day_of_a_period_counts(cell, first, last):
    assert read("reviewed", cell, dates=("period start",)) == first
    assert read("reviewed", cell, dates=("d/m/y", "period end")) == last
    told = read("reviewed", cell, dates=("d/m/y", "excel"))
    assert told.value is UNKNOWN
    for day in (first, last):
        assert f"{day.day} {day:%B %Y}" in told.message


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (">£5m", "at least £5,000,000"),
        ("£250k+", "at least £250,000"),
        ("<£250k", "at most £250,000"),
        ("up to £50k", "at most £50,000"),
        ("£1m-£5m", "from £1,000,000 to £5,000,000"),
        ("£1-5m", "from £1,000,000 to £5,000,000"),
        ("£100k \u2013 £250k", "from £100,000 to £250,000"),
    ],
)
def test_a_band_is_told_with_what_it_says(cell, says):
    told = read("funding.annual_spend", cell)
    assert told.value is UNKNOWN
    assert says in told.message


@pytest.mark.parametrize("path", ["funding.total_spend", "funding.contract_value"])
def test_an_amount_of_a_year_is_not_read_as_one_of_many(path):
    assert read(path, "£250,000 pa").value is UNKNOWN
    assert read(path, "£250,000") == Decimal(250_000)


@pytest.mark.parametrize(
    ("cells", "unit", "values"),
    [
        (["120", "85", "£210,000", "40"], "£k", [120_000, 85_000, None, 40_000]),
        ([120, 85, 210_000, 40], "£k", [120_000, 85_000, None, 40_000]),
        (["21,400", "9,300", "£1,250.50"], "£k", [21_400_000, 9_300_000, 1_250_500]),
        (["120", "£210k", "1.2m"], "£k", [120_000, 210_000, 1_200_000]),
        (["3.5", "0.4", "350,000", "2"], "£m", [3_500_000, 400_000, None, 2_000_000]),
        (["£210,000"], "£k", [None]),
    ],
)
def test_pounds_in_a_column_of_thousands_are_told(cells, unit, values):
    found = CellReader(FACTS["funding.annual_spend"], CellFormat(unit=unit)).column(cells)
    read_ = [None if isinstance(each, Problem) else int(each) for each in found]
    assert read_ == values


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ([1, 0, 1.0, 0.0], [True, False, True, False]),
        (["1", "0", "", "yes"], [True, False, UNKNOWN, True]),
        ([1, 0, 3, 12], [None, None, None, None]),
        (["1", "0", "7"], [None, None, None]),
        ([1, "TBC", True], [True, UNKNOWN, True]),
    ],
)
def test_one_and_nought_are_yes_and_no_where_no_other_number_is(cells, values):
    found = CellReader(FACTS["funding.pooled"], CellFormat()).column(cells)
    assert [None if isinstance(each, Problem) else each for each in found] == values


@pytest.mark.parametrize("cell", ["yes", "No", "TRUE", True, "false"])
@pytest.mark.parametrize("path", ["name", "funding.spending_authority", "responsible_officer"])
def test_a_plain_yes_or_no_is_no_text(path, cell):
    assert read(path, cell).value is UNKNOWN
