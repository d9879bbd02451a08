"""What people type in a cell to answer a question: the value that it says, or why it says none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final

import attrs

from govrules.answered.answer import record_called
from govrules.decode.names import fold_body
from govrules.decode.states import NIL_WORDS, NONE_WORDS, PLACEHOLDERS, fold
from govrules.decode.values import (
    PER_CENT,
    YES_NO_WORDS,
    CellFormat,
    Problem,
    decoder,
    parted,
    written,
)
from govrules.diagnostics import Code
from govrules.explain.phrases import day
from govrules.fact_nodes import says_a_state
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
    Records,
    Text,
    YesNo,
    absent_of,
    is_past,
)

_DUNNO: Final = PLACEHOLDERS | {"unknown", "don't know yet", "do not know", "not sure"}
_LONGEST: Final = 60
#: A list of more words than these is not told, since the cell shows it.
_LISTED: Final = 12


class Blank(Enum):
    """The type of `BLANK`: nothing was answered."""

    BLANK = "blank"


#: What `read_answer` returns of a cell in which nothing stands.
BLANK: Final = Blank.BLANK


@attrs.frozen
class Refusal:
    """
    The reason a cell cannot be read as an answer.

    Attributes:
        message: what is wrong.
        help: what to write.
    """

    message: str
    help: str


def read_answer(cell: Any, fact: Fact, known: Any = UNKNOWN, as_of: object = UNKNOWN) -> Any:  # noqa: ANN401 - a cell, a value
    """
    Return the value that a cell says, as an `Answer` holds it.

    Args:
        cell: what stands in it.

        fact: the fact that is asked for.

        known: what is on record of it, where it is a set or a list that may have more.

        as_of: the date of the assessment, after which nothing has been done yet.

    Returns:
        the value; `BLANK` where nothing stands there, UNKNOWN where nobody knows; a `Refusal`
        where it cannot be read.
    """
    text = " ".join(written(cell).split()) if cell is not None else ""
    word = fold(text)
    if not text:
        return BLANK
    if word in _DUNNO or word.removesuffix(".") in _DUNNO:
        return UNKNOWN
    if word in NIL_WORDS and not isinstance(fact.type, Money):
        return Refusal(f"{_shown(text)} is no answer here", "write none, 0 or don't know")
    if word in NONE_WORDS:
        if isinstance(fact.type, YesNo):
            return Refusal("`none` answers no question of yes or no", "write yes, no or don't know")
        return absent_of(fact.type)
    return _READERS.get(type(fact.type), _single)(_AnswerCell(cell, text, fact, known, as_of))


@attrs.frozen
class _AnswerCell:
    """A cell with its fact, and what is known of it."""

    cell: Any
    text: str
    fact: Fact
    known: Any
    as_of: object

    @property
    def yes_no(self) -> bool | None:
        """Whether it says yes or no; None where it says something else."""
        return YES_NO_WORDS.get(fold(self.text).removesuffix("."))


def _shown(text: str) -> str:
    return f"`{text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}`"


def _refused(problem: Problem, cell: _AnswerCell) -> Refusal:
    message = problem.message.replace(f"`{cell.text}`", _shown(cell.text))
    if problem.code is Code.READ_WITH_CARE:
        message = message.replace(" is read as ", " could be ")
    help_ = problem.help or "write the value alone"
    return Refusal(message, help_.replace("govrules explain FACT", "the list beside the cell"))


def _yes_no(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    if isinstance(cell.cell, bool):
        return cell.cell
    found = cell.yes_no
    if found is None:
        return Refusal(
            f"{_shown(cell.text)} is not yes, no or don't know",
            "write one of the three alone",
        )
    return found


def _record(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    found = _yes_no(cell)
    # Of a record, no says that there is none.
    return None if found is False else found


def _choice(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    assert isinstance(cell.fact.type, Choice)  # noqa: S101 - the table says so
    found = decoder(cell.fact.type)(cell.text)
    if isinstance(found, Problem):
        words = ", ".join(value.replace("_", " ") for value in cell.fact.type.values)
        return Refusal(f"{_shown(cell.text)} is none of the words of the list", f"write {words}")
    return found


def _parts(cell: _AnswerCell) -> list[str]:
    return parted(str(cell.cell) if isinstance(cell.cell, str) else cell.text, ";")


def _choices(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    assert isinstance(cell.fact.type, Choices)  # noqa: S101 - the table says so
    members = _members(cell.known)
    if cell.yes_no is not None:
        return _whether_all(cell, frozenset(members))
    values = cell.fact.type.values
    parts = [each for part in _parts(cell) for each in part.split(",") if each.strip()]
    if not parts:
        return BLANK
    read_one = decoder(Choice(values), CellFormat(complete=True))
    found = set()
    for part in parts:
        value = read_one(part.strip())
        if isinstance(value, Problem) or value in (None, UNKNOWN):
            words = ", ".join(each.replace("_", " ") for each in values)
            return Refusal(
                f"{_shown(part.strip())} is none of the words",
                f"write any of these, with ; between: {words}",
            )
        found.add(value)
    return frozenset(found)


def _members(known: Any) -> Sequence[Any]:  # noqa: ANN401 - any fact's value
    if isinstance(known, (frozenset, tuple)):
        return [each for each in known if each is not UNKNOWN]
    return []


def _whether_all(cell: _AnswerCell, members: Any) -> Any:  # noqa: ANN401 - a value
    """Return the known members as a closed list, if the answer says that they are all."""
    if members and cell.yes_no:
        return members
    return Refusal(f"{_shown(cell.text)} does not say which", "write all of them, with ; between")


def _records(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    names = tuple(filter(None, map(record_called, _members(cell.known))))
    if cell.yes_no is not None:
        return _whether_all(cell, names)
    found: dict[str, str] = {}
    for part in _parts(cell):
        name = " ".join(part.split())
        if says_a_state(name):
            return Refusal(f"{_shown(name)} is no name", "write the name of each, with ; between")
        found.setdefault(fold_body(name), name)
    return tuple(found.values()) or BLANK


def _date(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    value = cell.cell.date() if isinstance(cell.cell, dt.datetime) else cell.cell
    found = value if isinstance(value, dt.date) else decoder(Date())(cell.cell)
    if isinstance(found, Problem):
        return _refused(attrs.evolve(found, help="write the day in full: 31 March 2026"), cell)
    if is_past(cell.fact.type) and isinstance(cell.as_of, dt.date) and found > cell.as_of:
        return Refusal(
            f"{day(found)} lies after {day(cell.as_of)}, so that it cannot have been done yet",
            "is this the next one? Write when it was last done, or none",
        )
    return found


def _number(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    share = isinstance(cell.fact.type, Number) and cell.fact.type.unit == PER_CENT
    if share and isinstance(cell.cell, float) and 0 < cell.cell <= 1:
        half = f"{cell.cell * 100:g}"
        return Refusal(
            f"{_shown(cell.text)} may be {half} per cent, or less than one",
            f"write {half}%, or the number of per cent",
        )
    return _single(cell)


def _single(cell: _AnswerCell) -> Any:  # noqa: ANN401 - a value
    number = isinstance(cell.cell, (int, float)) and not isinstance(cell.fact.type, Text)
    text = cell.cell if number else cell.text
    found = decoder(cell.fact.type)(text)
    if isinstance(found, Problem):
        return _refused(found, cell)
    return found


_READERS: Final[dict[type, Callable[[_AnswerCell], Any]]] = {
    YesNo: _yes_no,
    Record: _record,
    Choice: _choice,
    Choices: _choices,
    Records: _records,
    Date: _date,
    Number: _number,
}


# ── What an answer looks like ─────────────────────────────────────────────────────────────────


def said(word: str) -> str:
    """Return a value of a closed list as people say it."""
    return word.replace("_", " ")


def how_to_answer(fact: Fact, known: str = "unknown") -> str:
    """
    Return what an answer looks like, in words.

    Args:
        fact: the fact.

        known: what is on record of it, in words.

    >>> from govrules.model import Partnership
    >>> from govrules.vocabulary import vocabulary_of
    >>> how_to_answer(vocabulary_of(Partnership).facts["status"])
    'one of: proposed, active, dormant, closing, ended'
    """
    match fact.type:
        case YesNo():
            return "yes or no"
        case Choice(values) if len(values) > _LISTED:
            return "one of the list in the cell"
        case Choice(values):
            return f"one of: {', '.join(map(said, values))}"
        case Choices(values):
            words = f"{', '.join(map(said, values))}; with ; between"
            if known != "unknown":
                return f"yes, if these are all; else all of them, of: {words}"
            return f"any of: {words}, or none"
        case Money(yearly=True):
            return "pounds a year, such as 18,000 or £1.2m; or none"
        case Money():
            return "pounds, such as 18,000 or £1.2m; or none"
        case Number(unit=unit):
            return f"a number ({unit})" if unit else "a number"
        case Date():
            return "a date, such as 31 March 2026"
        case Months():
            return "a length of time, such as 12 months"
        case Record():
            return "yes or no"
        case Records() if known != "unknown":
            return "yes, if these are all; else the name of each, with ; between"
        case Records():
            return "the name of each, with ; between; or none"
        case _:
            return "words; of a person the post, not the name"
