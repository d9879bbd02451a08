"""
How the cells of a column seem to be written, and how many of them can be read so.

What cannot be told for certain, such as which of two numbers is the day, makes a proposal unsure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from rapidfuzz import fuzz

from govrules.decode.dates import DATE_FORMATS
from govrules.decode.problems import Problem
from govrules.decode.states import fold, state_of
from govrules.decode.values import PER_CENT, YES_NO_WORDS, CellFormat, read_choice, written
from govrules.diagnostics import Code
from govrules.registers.cell_reader import CellReader
from govrules.registers.headings import Meaning, YesOrNo, heading_key
from govrules.registers.paths import FactPath
from govrules.registers.rows import loose_key
from govrules.registers.tables import Table, blank, fold_heading
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Text,
    YesNo,
)

_CELLS: Final = 2000
#: So many of the cells must be readable for a column to be sure of its fact.
_FIT: Final = 0.75
#: So many must be for a heading that only may mean a fact of a closed list.
_HALF: Final = 0.5
_SAME_WORD: Final = 86
_SHOWN: Final = 3
#: Numbers that may be counts as well as yes and no.
_DIGITS: Final = frozenset({"1", "0"})
_SEPARATORS: Final = (";", "\n", "|", " / ", " + ", "\u2022", ",")


@attrs.frozen
class Guess:
    """
    What a column may hold.

    Attributes:
        path: the fact.
        cell_format: how it is written, as a mapping says it.
        sure: whether heading and cells together leave no doubt.
        fit: how much of what is known in the cells can be read.
        unread: some cells that cannot be.
    """

    path: str
    cell_format: Mapping[str, Any]
    sure: bool
    fit: float = 1.0
    unread: tuple[str, ...] = ()


def is_answered(cells: Sequence[Any]) -> bool:
    """Tell whether most cells of a column are plain yes and no."""
    known = [fold(each) for each in map(shown_text, cells) if _is_known(each)]
    return bool(known) and sum(each in YES_NO_WORDS for each in known) >= _HALF * len(known)


def _is_known(text: str) -> bool:
    return state_of(fold(text)) is not UNKNOWN


def guess(
    heading: str,
    path: FactPath,
    meaning: Meaning,
    cells: Sequence[Any],
    words: Mapping[str, str],
    *,
    alone: bool = False,
) -> Guess | None:
    """
    Return what a column may hold and its cell_format; None if its cells rule the fact out.

    Args:
        heading: its heading.

        path: the fact that the heading may mean.

        meaning: what the heading says of it.

        cells: the cells below it.

        words: what registers write for the values of the fact.

        alone: whether a cell holds one record of a list and not several.
    """
    sample = [each for each in cells if not blank(each)]
    sample = sample[:: max(1, len(sample) // _CELLS)]
    if meaning.answers is not None:
        values = _answers(sample, meaning.answers)
        rest = Counter(
            text
            for text in map(shown_text, sample)
            if _is_known(text) and fold(text) not in YES_NO_WORDS
        )
        other = tuple(each for each, _ in rest.most_common(_SHOWN))
        return Guess(path.text, {"values": values}, sure=False, unread=other)
    if isinstance(path.fact.type, Text) and not _are_names(path, sample):
        return None
    if isinstance(path.fact.type, Record):
        return None
    name = path.text
    if alone:
        path = attrs.evolve(path, list="", text=path.rest)
    cell_format, certain = _cell_format(heading, path, sample, words)
    if path.list and "separator" not in cell_format:
        cell_format["separator"] = _SEPARATORS[0]
        certain = False
    reader = CellReader(path.fact, _as_cell_format(path, cell_format))
    unread: list[str] = []
    known = bad = 0
    for cell in sample:
        for part in _parts(cell, path, cell_format):
            value = reader.read(part)
            if value is UNKNOWN:
                continue
            known += 1
            if isinstance(value, Problem) and value.code is not Code.READ_WITH_CARE:
                bad += 1
                unread.append(shown_text(part))
    fit = 1 - bad / known if known else 1.0
    if fit < _HALF and not meaning.sure and not isinstance(path.fact.type, (Money, Date)):
        return None
    if not fit and isinstance(path.fact.type, YesNo):
        return None
    shown = tuple(each for each, _ in Counter(unread).most_common(_SHOWN))
    sure = meaning.sure and certain and fit >= _FIT and bool(known)
    return Guess(name, cell_format, sure, fit, shown)


def _are_names(path: FactPath, cells: Sequence[Any]) -> bool:
    """Tell whether cells may be names, not numbers or yes and no."""
    if path.text == "id" or not cells:
        return True
    words = [shown_text(cell) for cell in cells]
    plain = sum(
        not any(map(str.isalpha, word)) or fold(word) in YES_NO_WORDS
        for word in words
        if _is_known(word)
    )
    return plain <= len(words) - plain


def _answers(cells: Sequence[Any], answers: YesOrNo) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in sorted({shown_text(cell) for cell in cells}):
        said = YES_NO_WORDS.get(fold(each))
        if said is not None and each.casefold() not in map(str.casefold, found):
            found[each] = answers.yes if said else answers.no
    return found


def shown_text(cell: object) -> str:
    """Return what stands in a cell as a person reads it."""
    return fold_heading(cell) if isinstance(cell, str) else written(cell)


def _parts(cell: Any, path: FactPath, cell_format: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401 - any cell
    separator = cell_format.get("separator", "")
    if path.list and separator and isinstance(cell, str):
        return [each for each in cell.split(separator) if each.strip()]
    return [cell]


def _as_cell_format(path: FactPath, cell_format: Mapping[str, Any]) -> CellFormat:
    """Return a proposed cell_format for decoding."""
    states: dict[str, Any] = {"unknown": UNKNOWN, "yes": True, "no": False}
    values = {
        fold_heading(key).casefold(): states.get(value, value)
        for key, value in cell_format.get("values", {}).items()
    }
    if isinstance(path.fact.type, Choices):
        values = {
            key: frozenset({value}) if isinstance(value, str) else value
            for key, value in values.items()
        }
    dates = cell_format.get("dates", ())
    return CellFormat(
        values,
        cell_format.get("unit", ""),
        (dates,) if isinstance(dates, str) else tuple(dates),
        "" if path.list else cell_format.get("separator", ""),
    )


def _cell_format(
    heading: str, path: FactPath, cells: Sequence[Any], meant: Mapping[str, str]
) -> tuple[dict[str, Any], bool]:
    """Return the likely cell_format of a column, and whether it is certain."""
    about: dict[str, Any] = {}
    words = {shown_text(cell) for cell in cells}
    known = {word for word in words if _is_known(word)}
    separator = _separator(cells)
    if path.list and path.index is None and separator:
        about["separator"] = separator
    values: dict[str, str] = {}
    match path.fact.type:
        case YesNo():
            sure = not known & _DIGITS
        case Choice(allowed):
            values, sure = _translated(known, allowed, meant)
        case Choices(allowed):
            if separator:
                about["separator"] = separator
                parts = {fold_heading(part) for each in known for part in each.split(separator)}
                known = {each for each in parts if each}
            values, sure = _translated(known, allowed, meant)
            sure = sure and separator != ","
        case Money():
            about |= _money_unit(heading)
            sure = True
        case Number(unit=unit) if unit == PER_CENT:
            numbers = [cell for cell in cells if isinstance(cell, float)]
            sure = not any(0 < number <= 1 for number in numbers)
            if not sure and max(numbers) <= 1:
                about["unit"] = "fraction"
        case Months():
            sure = any(each in heading.casefold() for each in ("month", "year"))
            about["unit"] = "years" if "year" in heading.casefold() else "months"
        case Date():
            dates, sure = _dates(path.fact, cells)
            if dates:
                about["dates"] = dates[0] if len(dates) == 1 else dates
        case _:
            sure = separator != "," or not about
    if values:
        about["values"] = values
    return about, sure


def _separator(cells: Sequence[Any]) -> str:
    """Return the separator of multi-valued cells; "" if there is none."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    for each in _SEPARATORS:
        parted = sum(each in text for text in texts)
        # A comma may also stand within a name.
        if parted and (each != "," or parted * 4 >= len(texts)):
            return each
    return ""


def _translated(
    words: Iterable[str], allowed: Sequence[str], meant: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Return what words outside a closed list may mean."""
    found: dict[str, str] = {}
    sure = True
    for word in sorted(words):
        if not isinstance(read_choice(word, allowed), Problem):
            continue
        # Capitals are not told apart where the mapping is read.
        if word.casefold() in map(str.casefold, found):
            continue
        scored = sorted(
            (
                (fuzz.token_sort_ratio(heading_key(word), heading_key(value)), value)
                for value in allowed
            ),
            key=lambda pair: -pair[0],
        )
        if word.casefold() in meant:
            found[word] = meant[word.casefold()]
        elif scored[0][0] >= _SAME_WORD:
            found[word] = scored[0][1]
            sure = False
    return found, sure


def _money_unit(heading: str) -> dict[str, str]:
    words = heading.casefold().replace("'", "").replace("’", "").replace(",", "")
    if re.search(r"£ ?k\b|£ ?000s?\b|\b000s?\b|thousand", words):
        return {"unit": "£k"}
    return {"unit": "£m"} if re.search(r"£ ?m\b|million", words) else {}


def _dates(fact: Fact, cells: Sequence[Any]) -> tuple[list[str], bool]:
    """Return the likely date formats, and whether day and month are certain."""
    texts = {shown_text(cell) for cell in cells if isinstance(cell, str)}
    numbers = [cell for cell in cells if isinstance(cell, (int, float))]
    plain = CellReader(fact, CellFormat())
    # A date that means one day alone is read as it stands, and shows how the others are typed.
    left = {
        text
        for text in texts
        if plain.read(text) not in (UNKNOWN, None) and not re.match(r"[0-9]{4}-", text)
    }
    found: list[str] = []
    sure = True
    for way in (each for each in DATE_FORMATS if each not in ("m/d/y", "excel")):
        reader = CellReader(fact, CellFormat(dates=(way,)))
        read = {each for each in left if not isinstance(reader.read(each), Problem)}
        if read:
            found.append(way)
            left -= read
            # A day above twelve shows which of the two numbers is the day.
            if way in ("d/m/y", "d.m.y", "d-m-y"):
                sure = any(int(re.split(r"\D", each)[0]) > 12 for each in read)  # noqa: PLR2004 - months
    other = CellReader(fact, CellFormat(dates=("m/d/y",)))
    american = {each for each in left if not isinstance(other.read(each), Problem)}
    if american and "d/m/y" not in found:
        found.append("m/d/y")
    elif american:
        sure = False
    serial = CellReader(fact, CellFormat(dates=("excel",)))
    if any(not isinstance(serial.read(number), Problem) for number in numbers):
        found.append("excel")
        sure = False
    return found, sure


def joining(table: Table, other: Table) -> tuple[int, int] | None:
    """Return the columns by which two tables join."""
    best: tuple[float, int, int] | None = None
    for mine, cells in enumerate(table.columns):
        keys = [*_keys(cells)]
        known = {*keys}
        if len(known) < 2 or len(known) < 0.9 * len(keys):  # noqa: PLR2004 - no key
            continue
        for its, others in enumerate(other.columns):
            theirs = [*_keys(others)]
            share = sum(each in known for each in theirs) / len(theirs) if theirs else 0
            if share >= 0.8 and (best is None or share > best[0]):  # noqa: PLR2004 - nearly all
                best = (share, mine, its)
    return None if best is None else best[1:]


def _keys(cells: Sequence[Any]) -> Iterator[str]:
    """Yield join keys of cells, ignoring leading zeros and inner spaces."""
    for cell in cells:
        if not blank(cell):
            yield loose_key(cell)
