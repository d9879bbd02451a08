"""Text to values: the fact's declared type reads the text, so `NO` stays Norway in a text."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from govrules.diagnostics import Code, did_you_mean
from govrules.vocabulary import (
    Choice,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Text,
    YesNo,
)

_YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}
_DURATION: Final = re.compile(r"([0-9]{1,4})\s*(month|months|year|years)", re.IGNORECASE)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Commas part thousands and nothing else, so that `1,5` is not read as fifteen.
_NUMBER: Final = re.compile(r"[+-]?(([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?|\.[0-9]+)")
#: More than any fact of a partnership counts, and few enough digits to reckon with exactly.
_MOST: Final = Decimal(10**15)
_MONTHS_IN_A_YEAR: Final = 12
#: What people write where they have nothing to write.
PLACEHOLDERS: Final = frozenset({"", "?", "-", "tbc", "tba", "tbd", "n/a", "na", "not known"})

_VALUES: Final = "`govrules explain FACT` lists its values"
#: A single value, as facts hold it.
Single: TypeAlias = bool | str | int | Decimal | dt.date


@attrs.frozen
class Problem:
    """Why a text cannot be read as a type."""

    code: Code
    message: str
    help: str = ""

    def about(self, path: str) -> str:
        """Return the message with the fact that it is about."""
        known = self.code is Code.UNKNOWN_VALUE
        return f"{self.message} of `{path}`" if known else f"{self.message} (`{path}`)"


def describe(fact_type: FactType) -> str:
    """Return what a type takes, in words that finish "must be"."""
    match fact_type:
        case YesNo():
            return "yes or no"
        case Text():
            return "text"
        case Money():
            return "an amount in pounds"
        case Number(whole=whole, unit=unit):
            return f"a {'whole ' if whole else ''}number" + (f" ({unit})" if unit else "")
        case Date():
            return "a date such as 2026-03-31"
        case Months():
            return "a length of time such as 12 months"
        case Choice():
            return "one of a closed list of values"
        case _:
            return "a list or a record"


def read(text: str, fact_type: FactType) -> Single | Problem:
    """Read the text of a single value as the type says, or say why that cannot be done."""
    match fact_type:
        case Text():
            return text
        case YesNo():
            return _read_yes_no(text)
        case Choice(values=values):
            return _read_choice(text, values)
        case Money():
            return _read_number(text.strip().removeprefix("£").lstrip(), fact_type)
        case Number():
            return _read_number(text.strip(), fact_type)
        case Date():
            return read_date(text.strip())
        case Months():
            return read_duration(text)
        case _:
            return Problem(Code.WRONG_SHAPE, f"`{text}` stands where a list or a record belongs")


def _read_yes_no(text: str) -> bool | Problem:
    value = _YES_NO.get(text.strip().lower())
    if value is not None:
        return value
    return _unreadable(text, YesNo(), "write `yes` or `no`")


def _read_choice(text: str, values: tuple[str, ...]) -> str | Problem:
    if text in values:
        return text
    word = text.strip().lower()
    if word in PLACEHOLDERS:
        allowed = ", ".join(f"`{each}`" for each in values)
        return _unreadable(text, Choice(values), f"write one of {allowed}")
    help_ = did_you_mean(word, values) or _VALUES
    return Problem(Code.UNKNOWN_VALUE, f"unknown value `{text}`", help_)


def _read_number(text: str, fact_type: Money | Number) -> int | Decimal | Problem:
    if not _NUMBER.fullmatch(text):
        return _unreadable(text, fact_type, "write digits, such as 250000 or 250,000")
    return check_number(Decimal(text.replace(",", "")), fact_type, text)


def check_number(value: Decimal, fact_type: Money | Number, text: str) -> int | Decimal | Problem:
    """Return a number that is in the range of its type, or why it is not."""
    if value < 0:
        return Problem(Code.OUT_OF_RANGE, f"`{text}` is below zero", "write 0 or more")
    most = _MOST if isinstance(fact_type, Money) or fact_type.most is None else fact_type.most
    if value > most:
        return Problem(
            Code.OUT_OF_RANGE,
            f"`{text}` is more than {most:,}",
            f"write a number from 0 to {most:,}",
        )
    if isinstance(fact_type, Money) or not fact_type.whole:
        return value
    if value != value.to_integral_value():
        return Problem(Code.TYPE_MISMATCH, f"`{text}` is no whole number", "write a whole number")
    return int(value)


def read_date(text: str) -> dt.date | Problem:
    """
    Read a calendar date.

    >>> read_date("2026-03-31")
    datetime.date(2026, 3, 31)
    """
    help_ = "write a date such as 2026-03-31"
    if _DATE.fullmatch(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return Problem(Code.TYPE_MISMATCH, f"there is no such date as `{text}`", help_)
    if _NUMBER.fullmatch(text):
        return Problem(Code.TYPE_MISMATCH, f"`{text}` is a number, not a date", help_)
    return _unreadable(text, Date(), help_)


def read_duration(text: str) -> int | Problem:
    """
    Read a length of time and return it in calendar months.

    >>> read_duration("3 years")
    36
    """
    found = _DURATION.fullmatch(text.strip())
    if not found:
        return _unreadable(text, Months(), "write a length of time such as `12 months`")
    number, unit = int(found[1]), found[2].lower()
    return number * _MONTHS_IN_A_YEAR if unit.startswith("year") else number


def _unreadable(text: str, fact_type: FactType, help_: str) -> Problem:
    return Problem(
        Code.UNREADABLE_VALUE, f"`{text}` cannot be read as {describe(fact_type)}", help_
    )
