"""
Numbers and amounts as they are written.

A number is read where it says one thing. A band, a limit and an amount in another unit say what
it may be and not what it is: they are reported, with what they say. A band within which no rule
tells one amount from another is read as one of them.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from govrules.decode.problems import Problem, unreadable, with_care
from govrules.diagnostics import Code
from govrules.vocabulary import Money, Number

#: Commas part thousands and nothing else, so that `1,5` is not read as fifteen.
_DIGITS: Final = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
)
NUMBER: Final = re.compile(rf"[+-]?(?:{_DIGITS})(?:e[+-]?[0-9]{{1,3}})?", re.IGNORECASE)
#: More than any fact of a partnership counts, and few enough digits to reckon with exactly.
MOST: Final = Decimal(10**15)
_LONGEST: Final = 60
_Ends: TypeAlias = tuple[Decimal | None, Decimal | None]


@attrs.frozen
class Threshold:
    """
    An amount with which rules compare a fact.

    Attributes:
        amount: the amount, in pounds.
        reached: whether the amount itself counts among those above it.
    """

    amount: Decimal
    reached: bool

    def parts(self, low: Decimal, high: Decimal | None) -> bool:
        """Tell whether the threshold splits a band of amounts; None is an open end."""
        above = low < self.amount if self.reached else low <= self.amount
        below = high is None or (self.amount <= high if self.reached else self.amount < high)
        return above and below


#: What one of a unit is worth in pounds, as a mapping names it.
MONEY_UNITS: Final = {
    "pounds": Decimal(1),
    "pence": Decimal("0.01"),
    "£k": Decimal(1000),
    "£m": Decimal(1_000_000),
}
#: Which end of a band counts, where the mapping says so.
BANDS: Final = ("lower end", "upper end")
_SUFFIXES: Final = {
    **dict.fromkeys(("k", "thousand", "thousands"), Decimal(1000)),
    **dict.fromkeys(("m", "mn", "mil", "mill", "million", "millions"), Decimal(1_000_000)),
    **dict.fromkeys(("b", "bn", "billion", "billions"), Decimal(1_000_000_000)),
    **dict.fromkeys(("p", "pence"), Decimal("0.01")),
}
#: In a column of thousands or millions, a number from here on may be one of pounds.
_PERHAPS_POUNDS: Final = {"£k": Decimal(1_000_000), "£m": Decimal(1_000)}
_WITH_A_SIGN: Final = {"£k": Decimal(100_000), "£m": Decimal(1_000)}

_UNIT: Final = "|".join(sorted(_SUFFIXES, key=len, reverse=True))
#: An amount that is said in thousands or more.
SCALED: Final = re.compile(r"[0-9] ?(?:k|m|b)", re.IGNORECASE)
_CORE: Final = re.compile(
    r"(?P<minus>-|\()? ?(?P<sign>£|gbp|pounds )? ?(?P<minus2>-)?\+?"
    rf"(?P<number>(?:{_DIGITS})(?:e[+-]?[0-9]{{1,3}})?) ?(?P<unit>{_UNIT})?(?: ?(?:gbp|pounds))?\)?"
)
#: The spaces, dashes and other letters that are written for plain ones.
_PLAIN: Final = {
    **dict.fromkeys(map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2007\u2008\u2009\u200a\u202f"), " "),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u2248"), "~"),
    **dict.fromkeys(map(ord, "\uffe1"), "£"),
}
_ABOUT: Final = re.compile(
    r"(?:c\.?|ca\.?|circa|approx\.?|approximately|about|around|roughly|est\.?|estimated(?: at)?"
    r"|~)(?=[ £0-9]) ?"
)
_ABOUT_AFTER: Final = re.compile(r",? ?\(?(?:approx\.?|approximately|est\.?|estimated?)\)?$")
_YEARLY: Final = re.compile(
    r",? ?\(?(?:p\.?a\.?|p/a|per annum|per year|per yr|a year|each year|/ ?yr|/ ?year|/ ?pa|yearly"
    r"|annually|annual)\)?$"
)
_OTHER_PERIOD: Final = re.compile(
    r" ?\(?(?:p\.?c\.?m\.?|(?:per|a|each|/) ?(?:month|quarter|week|day|term|meeting)|monthly"
    r"|quarterly|weekly)\)?$"
)
#: The year that an amount is of.
_OF_YEAR: Final = re.compile(
    r",? ?(?:\(|in |for |- ?)?(?:in |for )?(?:fy ?)?(?:19|20)[0-9]{2} ?[/-] ?(?:[0-9]{2}){1,2}\)?$"
    r"|,? ?\((?:in |for )?(?:fy ?)?(?:19|20)[0-9]{2}\)$"
)
_FOOTNOTE: Final = re.compile(
    r"(?<=[0-9a-z)]) ?(?:[*\u2020\u2021#\u00b9\u00b2\u00b3]+|\[[0-9a-z]\])$"
)
_AT_LEAST: Final = re.compile(
    r"(?:>=?|\u2265|over|more than|above|at least|min(?:imum)?(?: of)?|from|in excess of) ?"
)
_AT_MOST: Final = re.compile(
    r"(?:<=?|\u2264|up to|under|less than|below|at most|no more than|max(?:imum)?(?: of)?) ?"
)
_OR_MORE: Final = re.compile(r" ?(?:\+|plus|or more|and over|and above|or over)$")
_OR_LESS: Final = re.compile(r" ?(?:or less|or under|and under|and below)$")
_RANGE: Final = re.compile(r"(?:between )?(?P<low>.*[0-9a-z]) ?(?:-|to|and) ?(?P<high>[£0-9].*)")


def check_number(value: Decimal, fact_type: Money | Number, text: str) -> int | Decimal | Problem:
    """Return a number if it is in its type's range, else the problem."""
    if value < 0:
        return Problem(Code.OUT_OF_RANGE, f"`{text}` is below zero", "write 0 or more")
    most = MOST if isinstance(fact_type, Money) or fact_type.most is None else fact_type.most
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


def read_number(text: str, fact_type: Money | Number) -> int | Decimal | Problem:
    """
    Read a number that is written in digits.

    >>> read_number("2.14E7", Money())
    Decimal('21400000')
    """
    if not NUMBER.fullmatch(text):
        return unreadable(text, fact_type, "write digits, such as 250000 or 250,000")
    return check_number(_decimal(text), fact_type, text)


def _decimal(digits: str) -> Decimal:
    value = Decimal(digits.replace(",", "").replace(" ", ""))
    # 2.14E7 is written out, as every other number is.
    return Decimal(f"{value:f}") if abs(value.adjusted()) < _LONGEST else value


def read_amount(
    text: str,
    fact_type: Money,
    unit: str = "",
    bands: str = "",
    thresholds: AbstractSet[Threshold] = frozenset(),
) -> Decimal | Problem:
    """
    Read an amount of money.

    Args:
        text: what is written.

        fact_type: of which fact; only of one that is of a year an amount of a year is read.

        unit: the unit of the column, of `MONEY_UNITS`; "" for pounds.

        bands: of `BANDS`, the end of a band that counts; "" where nobody says.

        thresholds: with what rules compare the fact; none where that is not known.

    Returns:
        the amount in pounds; or why there is none, with the amount where it is only qualified.

    >>> read_amount("£1.2 million", Money())
    Decimal('1200000.0')
    """
    rest = " ".join(text.translate(_PLAIN).split()).casefold()
    if len(rest) > _LONGEST:
        return unreadable(text, fact_type, "write one amount, as digits")
    doubts: list[str] = []
    before = ""
    while rest != before:
        before = rest
        for pattern, doubt in (
            (_FOOTNOTE, "a mark of a note stands beside it"),
            (_OF_YEAR, ""),
            (_YEARLY, "" if fact_type.yearly else "it is an amount of a year"),
            (_ABOUT_AFTER, "it says `about`"),
        ):
            shorter = pattern.sub("", rest)
            if shorter != rest and re.search("[0-9]", shorter):
                rest = shorter
                doubts += [doubt] if doubt else []
    if "it is an amount of a year" in doubts:
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{text}` is an amount of a year, and the fact is of more than that",
            "write the whole amount",
        )
    if _OTHER_PERIOD.search(rest):
        return Problem(
            Code.UNREADABLE_VALUE,
            f"`{text}` is no amount of a whole year",
            "write the amount of a year, or the whole amount",
        )
    shorter = _ABOUT.sub("", rest, count=1) if _ABOUT.match(rest) else rest
    if shorter != rest:
        rest = shorter
        doubts.append("it says `about`")
    ends = _ends(rest, fact_type, unit)
    if ends is None:
        value = _core(text, rest, fact_type, unit)
    else:
        stated = ends[BANDS.index(bands)] if bands else None
        value = _no_amount(text, ends, bands, thresholds) if stated is None else stated
    if isinstance(value, Problem) or not doubts:
        return value
    return with_care(text, value, _pounds(value), doubts[-1])


def _pounds(value: Decimal) -> str:
    whole = value.to_integral_value() == value
    return f"£{int(value):,}" if whole else f"£{value:,.2f}"


def _no_amount(text: str, ends: _Ends, bands: str, thresholds: AbstractSet[Threshold]) -> Problem:
    """Return the problem of a band of amounts; with a value if no threshold splits the band."""
    low, high = (end and _pounds(end) for end in ends)
    one = f"at least {low}" if low else f"at most {high}"
    says = f"from {low} to {high}" if low and high else one
    missing = f", and no {bands}" if bands else ""
    within = any(each.parts(ends[0] or Decimal(0), ends[1]) for each in thresholds)
    if thresholds and not bands and not within:
        value = ends[0] if ends[0] is not None else ends[1]
        return Problem(
            Code.READ_WITH_CARE,
            f"`{text}` says {says}, and is read as {low or high}: no threshold of the rules lies "
            "within it",
            "write the amount where it is known",
            value=value,
        )
    ways = " or ".join(f"`bands: {each}`" for each in BANDS)
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` is no amount: it says {says}{missing}",
        "write the amount, or leave the cell empty",
        "" if bands else f"write the amount, or say with {ways} which end of a band counts",
    )


def _ends(rest: str, fact_type: Money, unit: str) -> _Ends | None:
    """Return the ends of a band or a limit; None for an open end."""

    def amount(words: str) -> Decimal | None:
        found = _core(words, words, fact_type, unit)
        return None if isinstance(found, Problem) else found

    for pattern, end in (
        (_AT_LEAST, 0),
        (_OR_MORE, 0),
        (_AT_MOST, 1),
        (_OR_LESS, 1),
    ):
        shorter = pattern.sub("", rest, count=1)
        found = pattern.match(rest) if pattern in (_AT_LEAST, _AT_MOST) else pattern.search(rest)
        value = amount(shorter) if found else None
        if value is not None:
            return (value, None) if end == 0 else (None, value)
    parted = _RANGE.fullmatch(rest)
    if parted is None:
        return None
    high = amount(parted["high"])
    # `£1-5m` has its unit once.
    last = _CORE.fullmatch(parted["high"])
    shared = last["unit"] if last is not None and last["unit"] else ""
    has_unit = re.search("[a-z]$", parted["low"])
    low = amount(parted["low"] if has_unit else f"{parted['low']}{shared}")
    return (low, high) if low is not None and high is not None and low < high else None


def _core(text: str, rest: str, fact_type: Money, unit: str) -> Decimal | Problem:
    """Return an amount stripped of all but its sign and unit."""
    found = _CORE.fullmatch(rest)
    if found is None or (found["minus"] == "(") != rest.endswith(")"):
        return unreadable(text, fact_type, "write an amount such as 250000, £250,000 or £1.2m")
    number = _decimal(found["number"])
    if found["minus"] or found["minus2"]:
        number = -number
    own = found["unit"]
    scale = _SUFFIXES[own] if own else MONEY_UNITS[unit or "pounds"]
    if not own and unit in _PERHAPS_POUNDS:
        limit = (_WITH_A_SIGN if found["sign"] else _PERHAPS_POUNDS)[unit]
        if number >= limit:
            return perhaps_pounds(text, number, unit)
    value = check_number(number * scale, fact_type, text)
    return value if isinstance(value, Problem) else Decimal(value)


def perhaps_pounds(text: str, number: Decimal, unit: str) -> Problem:
    """Return the problem of a number that may be in pounds in a column of thousands."""
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` may be {_pounds(number)}, or {_pounds(number * MONEY_UNITS[unit])} as the "
        "column says",
        "write its unit beside it, such as £210k or £210m",
    )
