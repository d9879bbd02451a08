"""
Cells to values: a reader for each column, made once from what the mapping says of it.

A register repeats itself, so each reader keeps what it has read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.diagnostics import Code
from govrules.registers.tables import Kept, fold_heading
from govrules.truth import UNKNOWN
from govrules.values import (
    PLACEHOLDERS,
    Problem,
    check_number,
    describe,
    read,
    read_date,
    read_duration,
)
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
)

#: Words that say that nobody knows, whatever the mapping adds to them.
UNKNOWN_WORDS: Final = PLACEHOLDERS | {"unknown", "not recorded", "#n/a"}
#: Words that may say that there is none, or that nobody knows.
_PERHAPS_NONE: Final = frozenset({"none", "nil", "null", "not applicable"})

#: What one of a unit is worth in the fact's own.
MONEY_UNITS: Final = {
    "pounds": Decimal(1),
    "pence": Decimal("0.01"),
    "£k": Decimal(1000),
    "£m": Decimal(1_000_000),
}
SHARE_UNITS: Final = {"%": Decimal(1), "fraction": Decimal(100)}
MONTHS_UNITS: Final = {"months": Decimal(1), "years": Decimal(12)}
PER_CENT: Final = "per cent"

_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_PARTS: Final = {
    "d": r"(?P<d>[0-9]{1,2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "mmm": r"(?P<name>[a-z]{3,9})",
    "y": r"(?P<y>[0-9]{4}|[0-9]{2})",
}
#: The ways in which dates are typed, as a mapping names them.
DATE_FORMATS: Final = ("d/m/y", "m/d/y", "d.m.y", "d-m-y", "y/m/d", "d mmm y", "mmm d y", "excel")
#: Excel counts days from here: its 1900 was a leap year, so day 60 and all after it are one late.
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
_EXCEL_DAYS: Final = (61, 2_958_465)
#: Of years written with two digits, those from here on are of the last century.
_PIVOT: Final = 69
_ISO: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_AMOUNT: Final = re.compile(r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?) ?(?P<unit>k|m)?", re.IGNORECASE)
_SUFFIXES: Final = {"": Decimal(1), "k": Decimal(1000), "m": Decimal(1_000_000)}


@attrs.frozen(eq=False)
class Bad:
    """
    A cell that cannot be read.

    Attributes:
        problem: why.
        value: what is known of the fact all the same.
    """

    problem: Problem
    value: Any = UNKNOWN


@attrs.frozen(eq=False)
class Wording:
    """
    How a column is written.

    Attributes:
        values: what words mean, by the word as it is compared.
        unit: the unit of its numbers; "" for the fact's own.
        dates: the ways in which its dates are typed.
        separator: what parts several values in one cell; "" where a cell holds one.
        complete: whether the values in a cell are all there are.
        unknown: further words that say that nobody knows.
    """

    values: Mapping[str, Any] = attrs.field(factory=dict)
    unit: str = ""
    dates: tuple[str, ...] = ()
    separator: str = ""
    complete: bool = False
    unknown: frozenset[str] = frozenset()


class CellReader:
    """
    Reads the cells of columns of one type that are written alike.

    Args:
        fact: a fact of the type.

        wording: how it is written.
    """

    def __init__(self, fact: Fact, wording: Wording) -> None:
        self._values = wording.values
        self._complete = wording.complete
        self._unknown = UNKNOWN_WORDS | wording.unknown
        #: The words that are no plain values.
        self._words = frozenset({*wording.values, *self._unknown, *_PERHAPS_NONE})
        self._plain = isinstance(fact.type, Text)
        self._typed = _reader(fact.type, wording)
        self._texts = Kept(self.read)
        #: Whether a cell was met that cannot be read.
        self.bad = False

    def column(self, cells: Sequence[Any], *, texts: bool = False) -> list[Any]:
        """Return the values of a column, of texts only if so said; what cannot be read is `Bad`."""
        kinds = {str} if texts else set(map(type, cells))
        if kinds == {str}:
            if self._plain:
                self._read_plain(cells)
            return list(map(self._texts.__getitem__, cells))
        # True equals 1, and both 1.0: where they meet, and where nothing can be kept, each is read.
        if kinds & {list, dict} or (bool in kinds and kinds & {int, float, Decimal}):
            return [self.read(each) for each in cells]
        return list(map(Kept(self.read).__getitem__, cells))

    def _read_plain(self, cells: Iterable[str]) -> None:
        """Read all at once the texts that are their own values."""
        new = [each for each in {*cells} if each not in self._texts]
        texts = list(map(" ".join, map(str.split, new)))
        words = map(str.casefold, texts)
        self._texts |= {
            cell: text
            for cell, text, word in zip(new, texts, words, strict=True)
            if word not in self._words
        }

    def read(self, cell: Any) -> Any:  # noqa: ANN401 - whatever stands in a cell
        """Return the value of one cell: None if it is none, UNKNOWN, or `Bad`."""
        if cell is None or cell != cell:  # noqa: PLR0124 - what is no number is not equal to itself
            return UNKNOWN
        text = fold_heading(cell) if isinstance(cell, str) else written(cell)
        word = text.casefold()
        if word in self._words:
            value = self._word(word, text)
        else:
            value = self._typed(text if isinstance(cell, str) else cell)
        if isinstance(value, Problem):
            value = Bad(value)
        if isinstance(value, Bad):
            self.bad = True
        return value

    def _word(self, word: str, text: str) -> Any:  # noqa: ANN401 - a value or a problem
        if word not in self._values:
            return UNKNOWN if word in self._unknown else _perhaps_none(text)
        value = self._values[word]
        # A value of a set is all that a cell says, and not all that there is.
        if not isinstance(value, frozenset) or not value or self._complete:
            return value
        return value | {UNKNOWN}


def _perhaps_none(text: str) -> Problem:
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` may say that there is none, or that nobody knows",
        f"say which under `values` of the column: `{text}: none` or `{text}: unknown`",
    )


def written(cell: object) -> str:
    """
    Return a cell that is no text as text, as a spreadsheet shows it.

    >>> written(1001.0), written(True), written(dt.datetime(2024, 3, 31))
    ('1001', 'TRUE', '2024-03-31')
    """
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case dt.datetime() if cell.time() == dt.time():
            return cell.date().isoformat()
        case _:
            return str(cell)


#: Reads what stands in a cell, with single spaces if it is text.
_Read: TypeAlias = Callable[[Any], Any]


def _reader(fact_type: FactType, wording: Wording) -> _Read:
    match fact_type:
        case Text():
            return lambda cell: cell if isinstance(cell, str) else written(cell)
        case YesNo():
            return lambda cell: cell if isinstance(cell, bool) else read(written(cell), YesNo())
        case Choice(values):
            return lambda cell: read_choice(written(cell), values)
        case Choices(values):
            return lambda cell: _choices(cell, values, wording)
        case Date():
            formats = [_compiled(each) for each in wording.dates if each != "excel"]
            serial = "excel" in wording.dates
            return lambda cell: _date(cell, formats, serial=serial)
        case Money():
            units = MONEY_UNITS | {"": Decimal(1)}
            # An amount that says itself what it is in needs a column that says nothing.
            suffixes = _SUFFIXES if wording.unit in ("", "pounds") else {"": Decimal(1)}
            return lambda cell: _number(cell, fact_type, units[wording.unit], suffixes)
        case Number():
            scale = SHARE_UNITS.get(wording.unit, Decimal(1))
            return lambda cell: _number(cell, fact_type, scale, {"": Decimal(1)})
        case Months():
            return lambda cell: _months(cell, wording.unit)
        case Record() | Records():
            return lambda cell: Problem(
                Code.UNREADABLE_VALUE,
                f"`{written(cell)}` says nothing that the mapping knows",
                "say under `values` of the column which words mean `none`",
            )
        case _:
            assert_never(fact_type)


def read_choice(text: str, values: Sequence[str]) -> str | Problem:
    """Read one of a closed list, written as it is or as people write it: `County council`."""
    if text in values:
        return text
    word = "_".join(re.split(r"[\s_-]+", text.casefold()))
    if word in values:
        return word
    found = read(text, Choice(tuple(values)))
    assert isinstance(found, Problem)  # noqa: S101 - it is none of the values
    help_ = f"say under `values` of the column what `{text}` means"
    if found.help.startswith("did you mean"):
        help_ = f"{found.help} If so, {help_}"
    return Problem(Code.UNREADABLE_VALUE, f"`{text}` is none of the values", help_)


def _choices(cell: Any, values: Sequence[str], wording: Wording) -> Any:  # noqa: ANN401 - any cell
    parts = [*cell] if isinstance(cell, (list, tuple)) else parted(written(cell), wording.separator)
    members: set[Any] = set()
    problem: Problem | None = None
    for part in parts:
        text = fold_heading(str(part))
        word = text.casefold()
        found: Any = wording.values.get(word, UNKNOWN)
        if word not in wording.values and word not in UNKNOWN_WORDS | wording.unknown:
            found = read_choice(text, values)
        if isinstance(found, Problem):
            problem = problem or found
            members.add(UNKNOWN)
        else:
            members |= found if isinstance(found, frozenset) else {found}
    if not wording.complete:
        members.add(UNKNOWN)
    value = frozenset(members)
    return value if problem is None else Bad(problem, value)


def parted(text: str, separator: str) -> list[str]:
    """
    Return the parts of a cell that holds several values.

    >>> parted("Eastshire Council; Westvale Council;", ";")
    ['Eastshire Council', 'Westvale Council']
    """
    if not separator:
        return [text]
    return [part.strip() for part in text.split(separator) if part.strip()]


def _number(
    cell: Any,  # noqa: ANN401 - any cell
    fact_type: Money | Number,
    scale: Decimal,
    suffixes: Mapping[str, Decimal],
) -> int | Decimal | Problem:
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return check_number(Decimal(written(cell)) * scale, fact_type, written(cell))
    text = written(cell)
    if text.isdecimal() and text.isascii():
        return check_number(Decimal(text) * scale, fact_type, text)
    digits = text
    if isinstance(fact_type, Money):
        digits = digits.removeprefix("£").lstrip()
    elif fact_type.unit == PER_CENT:
        digits = digits.removesuffix("%").rstrip()
        scale = Decimal(1) if digits != text else scale
    found = _AMOUNT.fullmatch(digits)
    suffix = (found["unit"] or "").lower() if found else ""
    if found and suffix in suffixes:
        value = read(found["number"], Number())
        if isinstance(value, (int, Decimal)):
            return check_number(value * suffixes[suffix] * scale, fact_type, text)
    answer = read(digits, fact_type)
    if isinstance(answer, Problem):
        return attrs.evolve(answer, message=answer.message.replace(f"`{digits}`", f"`{text}`"))
    return _unreadable(text, fact_type, "write it in the unit of the column, as digits")


def _months(cell: Any, unit: str) -> int | Problem:  # noqa: ANN401 - any cell
    text = written(cell)
    stated = read_duration(text)
    if not isinstance(stated, Problem):
        return stated
    if not unit:
        return Problem(
            stated.code, stated.message, "give the column a `unit`, or write `12 months`"
        )
    value = read(text, Number())
    if isinstance(value, (int, Decimal)):
        months = value * MONTHS_UNITS[unit]
        if months == int(months):
            return int(months)
    return _unreadable(text, Months(), "write a number, or a length of time such as `12 months`")


def _date(
    cell: Any,  # noqa: ANN401 - any cell
    formats: Sequence[re.Pattern[str]],
    *,
    serial: bool,
) -> dt.date | Problem:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = written(cell)
    iso = _ISO.fullmatch(text)
    if iso:
        return read_date(iso[1])
    if serial and text.isdecimal() and _EXCEL_DAYS[0] <= int(text) <= _EXCEL_DAYS[1]:
        return _EXCEL_EPOCH + dt.timedelta(days=int(text))
    for each in formats:
        found = each.fullmatch(text.casefold())
        if found:
            return _day(found, text)
    return _no_date(text)


def _no_date(text: str) -> Problem:
    return _unreadable(text, Date(), "give the column `dates:` and the way in which it is typed")


def _day(found: re.Match[str], text: str) -> dt.date | Problem:
    groups = found.groupdict()
    year = int(groups["y"])
    if len(groups["y"]) == 2:  # noqa: PLR2004 - two digits
        year += 1900 if year >= _PIVOT else 2000
    month = groups.get("m") or ""
    if not month:
        name = groups["name"]
        named = [at for at, each in enumerate(_MONTHS, 1) if each.startswith(name)]
        # Sept is written as well as Sep.
        if not named:
            return _no_date(text)
        month = str(named[0])
    try:
        return dt.date(year, int(month), int(groups["d"]))
    except ValueError:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"there is no such date as `{text}`",
            "check the day and the month, and the `dates:` of the column",
        )


def _compiled(way: str) -> re.Pattern[str]:
    """Return the pattern of a way to type dates; days of the week are not typed in registers."""
    if " " in way:
        pattern = r"(?:,? |-)".join(_PARTS[part] for part in way.split(" "))
        pattern = pattern.replace(_PARTS["d"], _PARTS["d"] + "(?:st|nd|rd|th)?")
    else:
        pattern = "".join(_PARTS.get(part, re.escape(part)) for part in re.split(r"([^a-z])", way))
    return re.compile(pattern)


def _unreadable(text: str, fact_type: FactType, help_: str) -> Problem:
    return Problem(
        Code.UNREADABLE_VALUE, f"`{text}` cannot be read as {describe(fact_type)}", help_
    )
