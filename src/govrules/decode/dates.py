"""
Dates and lengths of time as they are written.

A date that can be read in two ways is no date until the mapping says in which; nor is a year, a
month or a financial year, of which nobody knows the day.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs

from govrules.decode.problems import Problem, unreadable
from govrules.diagnostics import Code
from govrules.vocabulary import Date, Months

_MONTHS: Final = tuple(each.casefold() for each in calendar.month_name[1:])
_PARTS: Final = {
    "d": r"(?P<d>[0-9]{1,2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "mmm": r"(?P<name>[a-z]{3,9})\.?",
    "y": r"(?P<y>[0-9]{4}|[0-9]{2})",
}
#: The ways in which dates are typed, as a mapping names them.
DATE_FORMATS: Final = ("d/m/y", "m/d/y", "d.m.y", "d-m-y", "y/m/d", "d mmm y", "mmm d y", "excel")
#: As which day a mapping may say that a year, a month or a financial year is read.
PERIODS: Final = ("period start", "period end")
#: Excel counts days from here: its 1900 was a leap year, so day 60 and all after it are one late.
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
#: Smaller numbers count something else, such as months.
_EXCEL_DAYS: Final = (10_000, 2_958_465)
_FIRST_DAY: Final = dt.date(1900, 1, 1)
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Numbers that are years, and the days that a spreadsheet shows for them as dates.
_YEARS: Final = (1900, 2100)
_YEARS_AS_DAYS: Final = tuple(_EXCEL_EPOCH + dt.timedelta(days=each) for each in _YEARS)
#: Of years written with two digits, those from here on are of the last century.
_PIVOT: Final = 69
_ISO: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
#: In no other year anything of a partnership is, though programs write 0001 and 9999 for no date,
#: and the first day of 1900.
_LIKELY: Final = range(1800, 2200)
_IN_FULL: Final = "write a date such as 2026-03-31"
_SAY_HOW: Final = f"{_IN_FULL}, or give the column `dates:` and the way in which it is typed"
_WHICH_DAY: Final = (
    f"{_IN_FULL}, or say with `dates: period start` or `dates: period end` of the column which "
    "day counts"
)
_MONTHS_IN_A_YEAR: Final = 12
_DURATION: Final = re.compile(
    r"(?P<number>[0-9]{1,4}(?:\.[0-9]{1,2})?)\s*-?\s*(?P<unit>months?|mths?|years?|yrs?)",
    re.IGNORECASE,
)

#: The first and the last day on which something can have been.
_Period: TypeAlias = tuple[dt.date, dt.date]


def read_date(text: str) -> dt.date | Problem:
    """
    Read a calendar date in full.

    >>> read_date("2026-03-31")
    datetime.date(2026, 3, 31)
    """
    found = _ISO.fullmatch(text)
    if found:
        return _iso(found[1])
    if _NUMBER.fullmatch(text):
        return Problem(Code.TYPE_MISMATCH, f"`{text}` is a number, not a date", _IN_FULL)
    return unreadable(text, Date(), _IN_FULL)


def _iso(text: str) -> dt.date | Problem:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return Problem(Code.TYPE_MISMATCH, f"there is no such date as `{text}`", _IN_FULL)


def _no_such(text: str) -> Problem:
    return Problem(
        Code.UNREADABLE_VALUE,
        f"there is no such date as `{text}`",
        "check the day and the month",
        "check the day and the month, and the `dates:` of the column",
    )


def date_reader(ways: Sequence[str]) -> Callable[[Any], dt.date | Problem]:
    """
    Return a reader of dates in the given formats, or in a format with one meaning only.

    Args:
        ways: of `DATE_FORMATS` and `PERIODS`; none where nobody says.
    """
    patterns = [_compiled(way) for way in ways if way in DATE_FORMATS and way != "excel"]
    serial = "excel" in ways
    end = PERIODS[1] in ways if set(ways) & set(PERIODS) else None

    def read_likely(value: Any) -> dt.date | Problem:  # noqa: ANN401 - whatever stands there
        found = read_any(value)
        if isinstance(found, Problem) or (found.year in _LIKELY and found != _FIRST_DAY):
            return found
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{found}` is too far off to be meant",
            "write the year in full, or leave the date out",
        )

    def read_any(value: Any) -> dt.date | Problem:  # noqa: ANN401 - whatever stands there
        if not isinstance(value, str):
            if isinstance(value, dt.date):
                return _shown(value)
            if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
                return _number(Decimal(str(value)), serial=serial, end=end)
        text = str(value).strip()
        iso = _ISO.fullmatch(text)
        if iso:
            return _iso(iso[1])
        if _NUMBER.fullmatch(text):
            return _number(Decimal(text), serial=serial, end=end)
        folded = text.casefold().replace("\u2013", "-")
        for each in patterns:
            found = each.fullmatch(folded)
            if found:
                return _day(found, text)
        period = _period(folded)
        if period is not None:
            return _of_period(text, period, end=end)
        # Where nobody says how dates are typed, one that means one day alone is read.
        days = set() if patterns else _unmistakable(folded)
        return days.pop() if len(days) == 1 else _no_date(text, ways=bool(patterns))

    return read_likely


def _no_date(text: str, *, ways: bool) -> Problem:
    found = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{2,4})", text)
    if found and not ways and len(found[3]) == len("2026") and not _unmistakable(text):
        return _no_such(text)
    if found and not ways:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{text}` can be read as more than one date",
            _IN_FULL,
            _SAY_HOW,
        )
    return attrs.evolve(unreadable(text, Date(), _IN_FULL), of_column=_SAY_HOW)


def _shown(value: dt.date) -> dt.date | Problem:
    day, at = (value.date(), value.time()) if isinstance(value, dt.datetime) else (value, None)
    if day <= _FIRST_DAY:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{day}` is what a spreadsheet makes of 0 or 1 in a cell for dates",
            "write the date, or leave the cell empty",
        )
    if _YEARS_AS_DAYS[0] <= day <= _YEARS_AS_DAYS[1] and not (at and at != dt.time()):
        year = (day - _EXCEL_EPOCH).days
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{day}` is what a spreadsheet makes of the year {year} in a cell for dates",
            "write the whole date, or the day as text if that is the day that is meant",
        )
    return day


def _number(number: Decimal, *, serial: bool, end: bool | None) -> dt.date | Problem:
    text = f"{number.normalize():f}"
    if _YEARS[0] <= number <= _YEARS[1] and number == int(number):
        year = int(number)
        return _of_period(text, (dt.date(year, 1, 1), dt.date(year, 12, 31)), end=end)
    if serial and _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        return _EXCEL_EPOCH + dt.timedelta(days=int(number))
    return Problem(Code.UNREADABLE_VALUE, f"`{text}` is a number, not a date", _IN_FULL, _SAY_HOW)


def _of_period(text: str, period: _Period, *, end: bool | None) -> dt.date | Problem:
    if end is not None:
        return period[end]
    first, last = (f"{each.day} {each:%B %Y}" for each in period)
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` is no day: it may be any from {first} to {last}",
        _IN_FULL,
        _WHICH_DAY,
    )


_YEAR: Final = re.compile(r"(?:in )?(?P<y>(?:19|20)[0-9]{2})")
_FINANCIAL: Final = re.compile(
    r"(?:fy ?)?(?P<y>(?:19|20)[0-9]{2}) ?[/-] ?(?P<next>(?:[0-9]{2}){1,2})"
)
_QUARTER: Final = re.compile(rf"q(?P<q>[1-4]) ?,? ?(?:of )?{_FINANCIAL.pattern}")
_NAMED: Final = re.compile(r"(?P<name>[a-z]{3,9})\.?[ -]?(?P<y>(?:19|20)[0-9]{2}|'?[0-9]{2})")
_MONTH: Final = re.compile(r"(?P<m>0?[1-9]|1[0-2])[/.-](?P<y>(?:19|20)[0-9]{2})")
_MONTH_ISO: Final = re.compile(r"(?P<y>(?:19|20)[0-9]{2})[/-](?P<m>0[1-9]|1[0-2])")


def _period(text: str) -> _Period | None:
    """Return the first and last day of a year, financial year, quarter or month."""
    if found := _YEAR.fullmatch(text):
        year = int(found["y"])
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    for pattern in (_QUARTER, _FINANCIAL):
        if found := pattern.fullmatch(text):
            year = int(found["y"])
            if int(found["next"]) % 100 != (year + 1) % 100:
                continue
            quarter = int(found.groupdict().get("q") or 0)
            if quarter:
                begins = dt.date(year + quarter // 4, 3 * (quarter % 4) + 1, 1)
                return begins, _last_day(begins.year, begins.month + 2)
            return dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
    for pattern in (_NAMED, _MONTH, _MONTH_ISO):
        if found := pattern.fullmatch(text):
            named = found.groupdict()
            month = int(named["m"]) if named.get("m") else _month(named["name"])
            if month:
                year = _full_year(named["y"].removeprefix("'"))
                return dt.date(year, month, 1), _last_day(year, month)
    return None


def _last_day(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _month(name: str) -> int:
    """Return the number of a month that is written in full or cut short; 0 where it is none."""
    # Sept is written as well as Sep.
    return next((at for at, each in enumerate(_MONTHS, 1) if each.startswith(name)), 0)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:  # noqa: PLR2004 - two digits
        year += 1900 if year >= _PIVOT else 2000
    return year


def _unmistakable(text: str) -> set[dt.date]:
    """Return every date a text with a four-digit year can mean, whatever its format."""
    days = set()
    for way in DATE_FORMATS[:-1]:
        found = _compiled(way).fullmatch(text)
        if found:
            day = _day(found, text)
            # With two digits any of the three parts may be the year.
            if len(found["y"]) == 2:  # noqa: PLR2004 - two digits
                return set()
            if not isinstance(day, Problem):
                days.add(day)
    return days


def _day(found: re.Match[str], text: str) -> dt.date | Problem:
    groups = found.groupdict()
    month = int(groups["m"]) if groups.get("m") else _month(groups["name"])
    if not month and groups.get("name"):
        return _no_date(text, ways=True)
    try:
        day = dt.date(_full_year(groups["y"]), month, int(groups["d"]))
    except ValueError:
        return _no_such(text)
    weekday = groups["weekday"]
    if weekday and weekday != _WEEKDAYS[day.weekday()]:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{text}` is no such day: {day.day} {day:%B %Y} is a {day:%A}",
            "check the date and the day of the week",
        )
    return day


@functools.cache
def _compiled(way: str) -> re.Pattern[str]:
    """Return the pattern of a date format; a weekday may precede it."""
    if " " in way:
        pattern = r"(?:,? |-)".join(_PARTS[part] for part in way.split(" "))
        pattern = pattern.replace(_PARTS["d"], _PARTS["d"] + "(?:st|nd|rd|th)?")
    else:
        pattern = "".join(_PARTS.get(part, re.escape(part)) for part in re.split(r"([^a-z])", way))
    return re.compile(r"(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?" + pattern)


def read_duration(text: str) -> int | Problem:
    """
    Read a length of time and return it in calendar months.

    >>> read_duration("3 years"), read_duration("1.5 yrs")
    (36, 18)
    """
    found = _DURATION.fullmatch(text.strip())
    if found:
        number = Decimal(found["number"])
        months = number * _MONTHS_IN_A_YEAR if found["unit"][0] in "yY" else number
        if months == int(months):
            return int(months)
    return unreadable(text, Months(), "write a length of time such as `12 months`")
