"""
What is written to values, by the declared type of the fact: so `NO` stays Norway in a text.

`read` takes what rules and answers are written in. `decoder` takes what people and programs write
of facts, in files, cells, columns, lines and events alike.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.decode.amounts import (
    MOST,
    Threshold,
    check_number,
    read_amount,
    read_number,
)
from govrules.decode.dates import date_reader, read_date, read_duration
from govrules.decode.problems import Problem, describe, unreadable, with_care
from govrules.decode.states import (
    NIL_WORDS,
    NONE_WORDS,
    PLACEHOLDERS,
    UNKNOWN_WORDS,
    YES_OR_NO,
    fold,
    state_of,
)
from govrules.diagnostics import Code, did_you_mean
from govrules.truth import UNKNOWN
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
    absent_of,
)

__all__ = [
    "CellFormat",
    "Problem",
    "Single",
    "check_number",
    "decoder",
    "describe",
    "read",
    "read_choice",
    "read_date",
    "read_duration",
    "written",
]

_YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}
#: What is written for yes and no.
YES_NO_WORDS: Final = {
    **_YES_NO,
    **dict.fromkeys(("y", "t", "\u2713", "\u2714", "\u2611", "\u2705"), True),
    **dict.fromkeys(("n", "f", "\u2717", "\u2718", "\u274c"), False),
}
#: Programs write yes and no as numbers; where a column has others, these are numbers too.
_BITS: Final = {"1": True, "1.0": True, "0": False, "0.0": False}
SHARE_UNITS: Final = {"%": Decimal(1), "fraction": Decimal(100)}
MONTHS_UNITS: Final = {"months": Decimal(1), "years": Decimal(12)}
PER_CENT: Final = "per cent"
_POUNDS: Final = frozenset({"", "pounds"})
#: What parts thousands abroad parts pence here.
_POINTED: Final = re.compile(r"£? ?([1-9][0-9]{0,2})\.([0-9]{3})")
_BULLET: Final = re.compile(r"^(?:[-*\u2013\u2022\u00b7\u25aa]|[0-9]{1,2}[.)])[ \t]+")
_NO_VALUES: Final = UNKNOWN_WORDS | PLACEHOLDERS | NONE_WORDS | NIL_WORDS
_VALUES: Final = "`govrules explain FACT` lists its values"
_MARKED: Final = re.compile(r"(?P<word>[^*\u2020\u2021#]+?) ?[*\u2020\u2021#]+")

#: A single value, as facts hold it.
Single: TypeAlias = bool | str | int | Decimal | dt.date


@attrs.frozen(eq=False)
class CellFormat:
    """
    How a column is written.

    Attributes:
        values: what words mean, by the word as it is compared.
        unit: the unit of its numbers; "" for the fact's own.
        dates: the ways in which its dates are typed.
        separator: what parts several values in one cell; "" where a cell holds one.
        complete: whether the values in a cell are all there are.
        unknown: further words that say that nobody knows.
        bands: which end of a band of amounts counts, of `BANDS`; "" where nobody says.
        thresholds: with what rules compare the amounts; none where that is not known.
    """

    values: Mapping[str, Any] = attrs.field(factory=dict)
    unit: str = ""
    dates: tuple[str, ...] = ()
    separator: str = ""
    complete: bool = False
    unknown: frozenset[str] = frozenset()
    bands: str = ""
    thresholds: frozenset[Threshold] = frozenset()


# ── As rules and answers are written ──────────────────────────────────────────────────────────


def read(text: str, fact_type: FactType) -> Single | Problem:
    """Read a single value written as rules write it, or say why that cannot be done."""
    match fact_type:
        case Text():
            return text
        case YesNo():
            value = _YES_NO.get(text.strip().lower())
            return _no_yes_or_no(text) if value is None else value
        case Choice(values=values):
            return _choice(text, values)
        case Money():
            amount = read_number(text.strip().removeprefix("£").lstrip(), fact_type)
            if isinstance(amount, Problem) and (meant := amount_meant(text)):
                return attrs.evolve(amount, help=f'write "{meant}"')
            return amount
        case Number():
            return read_number(text.strip(), fact_type)
        case Date():
            return read_date(text.strip())
        case Months():
            return read_duration(text)
        case _:
            return Problem(Code.WRONG_SHAPE, f"`{text}` stands where a list or a record belongs")


def amount_meant(text: str) -> str:
    """
    Return an informal amount in the syntax of rules; "" if the text is no amount.

    >>> amount_meant("500k"), amount_meant("a lot")
    ('£500,000', '')
    """
    value = decoder(Money())(text)
    is_one = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return f"£{Decimal(value).normalize():,f}" if is_one else ""


def _no_yes_or_no(text: str) -> Problem:
    return attrs.evolve(
        unreadable(text, YesNo(), "write `yes` or `no`"),
        of_column=f"say under `values` of the column what `{text}` means",
    )


def _choice(text: str, values: tuple[str, ...]) -> str | Problem:
    if text in values:
        return text
    if state_of(fold(text)) is UNKNOWN:
        allowed = ", ".join(f"`{value}`" for value in values)
        return unreadable(text, Choice(values), f"write one of {allowed}")
    help_ = did_you_mean(fold(text), values) or _VALUES
    return Problem(Code.UNKNOWN_VALUE, f"unknown value `{text}`", help_)


# ── As people and programs write facts ────────────────────────────────────────────────────────


def decoder(fact_type: FactType, cell_format: CellFormat | None = None) -> Callable[[Any], Any]:
    """
    Return what reads the values of a type: a text, or a number, date, or yes or no as it is.

    It returns the value; None for one known to be absent, or what stands for that in the type;
    UNKNOWN where nobody knows; or a `Problem`.

    Args:
        fact_type: the type; of records only that there are none can be said in a value.

        cell_format: how the column is written, where it is one of a table.
    """
    cell_format = cell_format or CellFormat()
    typed = _typed(fact_type, cell_format)
    absent = absent_of(fact_type)
    nil = Decimal(0) if isinstance(fact_type, Money) else UNKNOWN
    said = cell_format.values
    unknown = cell_format.unknown
    explained = bool(said or unknown)

    def decode(value: Any) -> Any:  # noqa: ANN401 - whatever stands there
        if type(value) is int and not explained:
            return typed(value)
        if not isinstance(value, str) and is_nothing(value):
            return UNKNOWN
        if explained:
            word = " ".join(written(value).split()).casefold()
            if word in said:
                return _as_said(said[word], cell_format)
            if word in unknown:
                return UNKNOWN
        elif not isinstance(value, str) or value[:1].isdigit():
            # No word for a state begins with a digit.
            return typed(value)
        word = fold(value if type(value) is str else written(value))
        if word not in _NO_VALUES:
            return typed(value)
        if word in NIL_WORDS:
            return nil
        return absent if state_of(word) is None else UNKNOWN

    return decode


def is_nothing(value: object) -> bool:
    """Tell whether a value is missing: None or NaN."""
    if isinstance(value, Decimal):
        return value.is_nan()
    # What is no number is not equal to itself.
    return value is None or bool(value != value)  # noqa: PLR0124


def is_placeholder(value: object, fact_type: FactType) -> bool:
    """Tell whether a cell holds a placeholder, which says less than "unknown"."""
    word = fold(written(value))
    return word in PLACEHOLDERS or (word in NIL_WORDS and not isinstance(fact_type, Money))


def whole_said(fact_type: FactType) -> str:
    """Return the state a cell gives for a whole record or list."""
    return "`yes`, `none` or `unknown`" if isinstance(fact_type, Record) else "`none` or `unknown`"


def _as_said(value: Any, cell_format: CellFormat) -> Any:  # noqa: ANN401 - any fact's value
    # A value of a set is all that a cell says, and not all that there is.
    if not isinstance(value, frozenset) or not value or cell_format.complete:
        return value
    return value | {UNKNOWN}


def written(value: object) -> str:
    """
    Return a value that is no text as text, as a spreadsheet shows it.

    >>> written(1001.0), written(True), written(dt.datetime(2024, 3, 31))
    ('1001', 'TRUE', '2024-03-31')
    """
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case _:
            return str(value)


def _typed(fact_type: FactType, cell_format: CellFormat) -> Callable[[Any], Any]:
    """Return a reader of values that are neither states nor words of the mapping."""
    match fact_type:
        case Text():
            return _text
        case YesNo():
            return _yes_no
        case Choice(values):
            return lambda value: read_choice(written(value), values)
        case Choices(values):
            return lambda value: _several(value, values, cell_format)
        case Date():
            return date_reader(cell_format.dates)
        case Money():
            return functools.partial(_money, fact_type=fact_type, cell_format=cell_format)
        case Number():
            scale = SHARE_UNITS.get(cell_format.unit, Decimal(1))
            return lambda value: _number(value, fact_type, scale)
        case Months():
            return lambda value: _months(value, cell_format.unit)
        case Record() | Records():
            return lambda value: Problem(
                Code.UNREADABLE_VALUE,
                f"`{written(value)}` says nothing that the mapping knows",
                f"say under `values` of the column what `{written(value)}` means: "
                f"{whole_said(fact_type)}",
            )
        case _:
            assert_never(fact_type)


def _text(value: Any) -> str | Problem:  # noqa: ANN401 - whatever stands there
    text = " ".join(written(value).split())
    if fold(text) in YES_OR_NO:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{text}` answers no question that asks for a text",
            "write who or what it is, or `none`",
        )
    return text


def _yes_no(value: Any) -> bool | Problem:  # noqa: ANN401 - whatever stands there
    if isinstance(value, bool):
        return value
    text = written(value).strip()
    word = fold(text)
    if word in _BITS:
        return _BITS[word]
    found = YES_NO_WORDS.get(word.removesuffix("."))
    if found is not None:
        return found
    marked = _MARKED.fullmatch(word)
    found = YES_NO_WORDS.get(marked["word"]) if marked else None
    if found is None:
        return _no_yes_or_no(text)
    return with_care(text, found, "yes" if found else "no", "a mark of a note stands beside it")


def read_choice(text: str, values: Sequence[str]) -> str | Problem:
    """Read one of a closed list, written as it is or as people write it: `County council`."""
    if text in values:
        return text
    word = "_".join(re.split(r"[\s_-]+", fold(text)))
    if word in values:
        return word
    found = _choice(text, tuple(values))
    assert isinstance(found, Problem)  # noqa: S101 - it is none of the values
    of_column = f"say under `values` of the column what `{text}` means"
    if found.help.startswith("did you mean"):
        of_column = f"{found.help} If so, {of_column}"
    return attrs.evolve(found, of_column=of_column)


def parted(text: str, separator: str) -> list[str]:
    r"""
    Return the parts of a multi-valued cell; a line break separates too.

    What heads each line of a list in a cell is no part of its text.

    >>> parted("Eastshire Council; Westvale Council;", ";")
    ['Eastshire Council', 'Westvale Council']
    >>> parted("1. Eastshire Council\n2. Westvale Council", ";")
    ['Eastshire Council', 'Westvale Council']
    """
    if not separator:
        return [text]
    parts = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", separator)
    return [_BULLET.sub("", part) for part in map(str.strip, parts.split(separator)) if part]


def _several(value: Any, values: Sequence[str], cell_format: CellFormat) -> Any:  # noqa: ANN401 - whatever stands there
    parts = (
        [*value]
        if isinstance(value, (list, tuple))
        else parted(written(value), cell_format.separator)
    )
    read_one = decoder(Choice(tuple(values)), attrs.evolve(cell_format, complete=True))
    members: set[Any] = set()
    problem: Problem | None = None
    for part in parts:
        found = read_one(part)
        if isinstance(found, Problem):
            problem = problem or found
            found = UNKNOWN
        if found is not None:
            members |= found if isinstance(found, frozenset) else {found}
    if not cell_format.complete:
        members.add(UNKNOWN)
    members_ = frozenset(members)
    return members_ if problem is None else attrs.evolve(problem, value=members_)


def _money(value: Any, fact_type: Money, cell_format: CellFormat) -> Decimal | Problem:  # noqa: ANN401 - any
    kind = type(value)
    plain = kind is int or kind is Decimal
    if (
        plain or (kind is str and value.isascii() and value.isdecimal())
    ) and cell_format.unit in _POUNDS:
        number = Decimal(value)
        if 0 <= number <= MOST:
            return number
    text = written(value)
    if kind is bool:
        return unreadable(text, fact_type, "write digits, such as 250000 or 250,000")
    if kind is str and cell_format.unit in _POUNDS:
        parted_by_point = _POINTED.fullmatch(text.strip())
        if parted_by_point:
            whole, rest = parted_by_point.groups()
            return Problem(
                Code.UNREADABLE_VALUE,
                f"`{text.strip()}` may be £{whole}, or £{whole},{rest} with a point for the comma",
                "write it in whole pounds, or with two digits behind the point",
            )
    return read_amount(text, fact_type, cell_format.unit, cell_format.bands, cell_format.thresholds)


def _number(value: Any, fact_type: Number, scale: Decimal) -> int | Decimal | Problem:  # noqa: ANN401 - whatever stands there
    text = written(value).strip()
    digits = text
    if fact_type.unit == PER_CENT:
        digits = re.sub(r" ?(?:%|per cent|percent)$", "", text)
        scale = Decimal(1) if digits != text else scale
    found = (
        unreadable(text, fact_type, "")
        if isinstance(value, bool)
        else read_number(digits, Number())
    )
    if isinstance(found, Problem):
        help_ = "write a number in digits"
        return attrs.evolve(
            unreadable(text, fact_type, help_),
            of_column="write it in the unit of the column, as digits",
        )
    return check_number(found * scale, fact_type, text)


def _months(value: Any, unit: str) -> int | Problem:  # noqa: ANN401 - whatever stands there
    text = written(value)
    stated = read_duration(text)
    if not isinstance(stated, Problem):
        return stated
    if not unit:
        return attrs.evolve(stated, of_column="give the column a `unit`, or write `12 months`")
    found = read_number(text.strip(), Number())
    if isinstance(found, (int, Decimal)):
        months = found * MONTHS_UNITS[unit]
        if months == int(months):
            return int(months)
    return unreadable(text, Months(), "write a number, or a length of time such as `12 months`")
