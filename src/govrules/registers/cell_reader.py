"""
Cells to values: a reader for each column, made once from what the mapping says of it.

A register repeats itself, so each reader keeps what it has read. What single values mean is
decided by `govrules.decode`; here is what only a whole column tells.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, Final

from govrules.decode.amounts import NUMBER, SCALED, perhaps_pounds
from govrules.decode.problems import Problem
from govrules.decode.states import NO_TEXTS, are_plain, fold
from govrules.decode.values import (
    PER_CENT,
    CellFormat,
    decoder,
    is_nothing,
    is_placeholder,
    written,
)
from govrules.diagnostics import Code
from govrules.registers.tables import InterningMap, blank, fold_heading
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Money, Number, Text, YesNo

#: So many times the middle of its column, a number of thousands may be one of pounds.
_FAR_OFF: Final = 100
#: From so many pounds on, a number is none of thousands or millions.
_SMALL: Final = 1000
#: The numbers that may say yes or no.
_BITS: Final = frozenset({None, Decimal(0), Decimal(1)})


class CellReader:
    """
    Decodes the cells of columns of one type and cell_format.

    Args:
        fact: a fact of the type.

        cell_format: how it is written.
    """

    #: Whether space at the ends of a text, or twice in it, says nothing, as it does in cells.
    folds_space = True

    def __init__(self, fact: Fact, cell_format: CellFormat) -> None:
        self._type = fact.type
        self._cell_format = cell_format
        self.decode = decoder(fact.type, cell_format)
        #: The words that are no plain values.
        self._words = frozenset({*cell_format.values, *cell_format.unknown, *NO_TEXTS})
        self._explained = bool(cell_format.values or cell_format.unknown)
        self.is_text = isinstance(fact.type, Text)
        of_hundred = isinstance(fact.type, Number) and fact.type.unit == PER_CENT
        self._may_be_fractions = of_hundred and not cell_format.unit
        self._texts = InterningMap(self.read)
        #: Of some kinds equal values are written alike; True equals 1, and 7.0 equals 7.00.
        self._kept: dict[type, InterningMap] = {
            kind: InterningMap(self.read) for kind in (int, bool)
        }
        #: Whether a cell was met that cannot be read, or only with care.
        self.bad = False
        #: Whether a cell was met that says less than that nobody knows.
        self.placeholder = False

    def column(self, cells: Sequence[Any], *, texts: bool = False) -> list[Any]:
        """Return the values of a column, of texts only if so said; or why one cannot be read."""
        values = self._values(cells, texts=texts)
        match self._type:
            case Money() if self._cell_format.unit in ("£k", "£m"):
                return self._without_far_off(cells, values)
            case Money() if not self._cell_format.unit:
                return self._without_unsaid_unit(cells, values)
            case YesNo():
                return self._without_counts(cells, values)
            case _ if self._may_be_fractions and self.bad:
                return self._with_ones(cells, values)
            case _:
                return values

    def _values(self, cells: Sequence[Any], *, texts: bool) -> list[Any]:
        kinds = {str} if texts else {*map(type, cells)} - {NoneType}
        if kinds <= {str}:
            if self.is_text:
                self._read_plain(cells)
            return list(map(self._texts.__getitem__, cells))
        if len(kinds) == 1 and kinds <= self._kept.keys():
            return list(map(self._kept[kinds.pop()].__getitem__, cells))
        # Where equal values may be written otherwise, and where nothing can be kept, each is read.
        if kinds & {list, dict, Decimal} or (bool in kinds and kinds & {int, float}):
            return [self.read(cell) for cell in cells]
        return list(map(InterningMap(self.read).__getitem__, cells))

    def _read_plain(self, cells: Iterable[str | None]) -> None:
        """Decode in bulk the texts that are plain values."""
        new = [each for each in {*cells} if each is not None and each not in self._texts]
        # At a glance most are: they hold no word for a state, and no space to be folded.
        if not self._explained and are_plain(new) and "  " not in f"{' '.join(new)} ":
            self._texts.update(zip(new, new, strict=True))
            return
        texts = list(map(" ".join, map(str.split, new)))
        words = map(str.casefold, texts)
        self._texts |= {
            cell: text
            for cell, text, word in zip(new, texts, words, strict=True)
            if word not in self._words
            and (word.isascii() or fold(word) not in self._words)
            and (self.folds_space or text == cell)
        }

    def read(self, cell: Any) -> Any:  # noqa: ANN401 - whatever stands in a cell
        """Return the value of one cell: None if it is none, UNKNOWN, or a `Problem`."""
        value = self.decode(cell)
        number = _bare(cell) if self._may_be_fractions else None
        if number is not None and number == value and 0 < number <= 1:
            value = _perhaps_fraction(number)
        if isinstance(value, Problem):
            self.bad = True
        elif value is UNKNOWN and not self.placeholder:
            self.placeholder = self.is_placeholder(cell)
        return value

    def is_placeholder(self, cell: Any) -> bool:  # noqa: ANN401 - whatever stands in a cell
        """Tell whether a cell holds a placeholder that no mapping explains."""
        if blank(cell) or is_nothing(cell) or not is_placeholder(cell, self._type):
            return False
        word = fold_heading(written(cell)).casefold()
        return word not in self._cell_format.values and word not in self._cell_format.unknown

    def _without_far_off(self, cells: Sequence[Any], values: list[Any]) -> list[Any]:
        """Return amounts without outliers that seem to be pounds in a column of thousands."""
        numbers = [_bare(cell) for cell in cells]
        known = [each for each in numbers if each]
        if len(known) < 3:  # noqa: PLR2004 - of two numbers neither is far off
            return values
        limit = _FAR_OFF * statistics.median(known)
        unit = self._cell_format.unit
        for row, number in enumerate(numbers):
            if number is not None and number >= limit and not isinstance(values[row], Problem):
                values[row] = perhaps_pounds(written(cells[row]), number, unit)
                self.bad = True
        return values

    def _without_unsaid_unit(self, cells: Sequence[Any], values: list[Any]) -> list[Any]:
        """Return amounts without bare ones whose column is otherwise in thousands or more."""
        if not SCALED.search("\0".join(each for each in cells if isinstance(each, str))):
            return values
        for row, cell in enumerate(cells):
            number = _bare(cell)
            if number is not None and 0 < number < _SMALL and "£" not in written(cell):
                self.bad = True
                values[row] = Problem(
                    Code.UNREADABLE_VALUE,
                    f"`{written(cell)}` may be £{number:f}, or thousands or millions, as others of "
                    "the column are",
                    f"write its unit beside it, such as £{number:f}k, or its sign: £{number:f}",
                )
        return values

    def _with_ones(self, cells: Sequence[Any], values: list[Any]) -> list[Any]:
        """Return shares with 1 as 1 per cent if others of the column are greater."""
        numbers = [_bare(each) for each in cells]
        if all(each is None or each <= 1 for each in numbers):
            return values
        return [
            self.decode(cell) if number == 1 else value
            for cell, number, value in zip(cells, numbers, values, strict=True)
        ]

    def _without_counts(self, cells: Sequence[Any], values: list[Any]) -> list[Any]:
        """Return yes or no; 1 and 0 count only if the column has no other number."""
        if not self.bad or not any(_bare(each) is not None for each in cells):
            return values
        if all(_bare(each) in _BITS for each in cells):
            return values
        said = self._cell_format.values
        for row, cell in enumerate(cells):
            text = written(cell).strip()
            if _bare(cell) in _BITS and _bare(cell) is not None and text not in said:
                values[row] = Problem(
                    Code.UNREADABLE_VALUE,
                    f"`{text}` may be a number, as others of the column are",
                    "write `yes` or `no`",
                    "say under `values` of the column what each number means",
                )
        return values


def _perhaps_fraction(number: Decimal) -> Problem:
    """Return the warning that a share may be of one or of a hundred, as a sheet holds 45%."""
    text, share = f"{number:f}", f"{(number * 100).normalize():f}"
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` may be {share} per cent, or {text} per cent",
        f"write {share}%, or {text}%",
        'give the column `unit: fraction`, or `unit: "%"`',
    )


def _bare(cell: Any) -> Decimal | None:  # noqa: ANN401 - whatever stands in a cell
    """Return a number without a unit."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal, str)):
        return None
    text = written(cell).strip().removeprefix("£").replace(",", "").strip()
    found = Decimal(text) if text and NUMBER.fullmatch(text) and " " not in text else None
    return found if found is None or found.is_finite() else None
