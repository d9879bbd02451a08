"""Why something that is written cannot be read, or only with care."""

from __future__ import annotations

from typing import Any

import attrs

from govrules.diagnostics import Code
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Date, FactType, Money, Months, Number, Text, YesNo


@attrs.frozen
class Problem:
    """
    Why something cannot be read as a type, or only with care.

    Attributes:
        code: what kind of problem it is.
        message: what is wrong.
        help: what to do.
        of_column: what to do about a column of a table that is written so, where that is more.
        value: what is known of the fact all the same; UNKNOWN where nothing is.
    """

    code: Code
    message: str
    help: str = ""
    of_column: str = ""
    value: Any = UNKNOWN

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


def unreadable(text: str, fact_type: FactType, help_: str) -> Problem:
    """Return the problem of a text that has no value of a type."""
    return Problem(
        Code.UNREADABLE_VALUE, f"`{text}` cannot be read as {describe(fact_type)}", help_
    )


def with_care(text: str, value: Any, read_as: str, why: str) -> Problem:  # noqa: ANN401 - any fact's value
    """Return a value together with a warning about text beside it."""
    return Problem(
        Code.READ_WITH_CARE,
        f"`{text}` is read as {read_as}, though {why}",
        f"if that is right, write {read_as} alone",
        value=value,
    )
