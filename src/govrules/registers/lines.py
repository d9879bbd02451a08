"""
JSON Lines to partnerships: one object a line, with facts as a partnership file has them.

What is well written is read straight from the parser's values; a line in which anything is odd
is read again as every other file of facts is, which says what is wrong and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.model import Partnership, Register
from govrules.nodes import Report, move, parse
from govrules.reading import Read
from govrules.registers.sources import check_file, once, read_lines, refuse
from govrules.registers.tables import MAX_ROWS, undisturbed
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN
from govrules.values import Problem, check_number, read
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
    vocabulary_of,
)

_STATES: Final[Mapping[str, Any]] = {
    "unknown": UNKNOWN,
    "~": UNKNOWN,
    "null": UNKNOWN,
    "none": None,
}


class _OddError(Exception):
    """Something that the careful reader has to look at."""


class LineOrigin(Mapping[str, str]):
    """The place of every fact of a line: the line."""

    __slots__ = ("file", "line")

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line

    def __getitem__(self, path: str) -> str:
        if path:
            raise KeyError(path)
        return f"{self.file}:{self.line}"

    def __iter__(self) -> Iterator[str]:
        yield ""

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return repr(dict(self))


def read_lines_of_facts(file: str, declared: Declared) -> Read:
    """
    Read a register of one partnership a line.

    Args:
        file: its path.

        declared: the local and derived facts that may be given.

    Raises:
        FactsError: the file cannot be used as a whole; a line that cannot is left out and said.
    """
    check_file(file, file, ".jsonl")
    lines = read_lines(file, file).split("\n")
    report = Report(file)
    report.lines = lines
    careful = SubjectReader(report, declared)
    quick = _record_reader(Partnership)
    found: list[Any] = []
    with undisturbed():
        for number, line in enumerate(lines, 1):
            if not line or line.isspace():
                continue
            if len(found) >= MAX_ROWS:
                refuse(
                    Code.TOO_MANY_ROWS,
                    file,
                    f"the file has more than {MAX_ROWS:,} lines, and at most so many are read",
                    "split the register into several files",
                )
            try:
                facts = _DECODER.decode(line)
                if type(facts) is not dict:
                    raise _OddError  # noqa: TRY301 - as what is odd inside it does
                if not found and not _holds_facts(facts, declared):
                    _no_facts(file, number)
                found.append(quick(facts, LineOrigin(file, number)))
            except (ValueError, RecursionError, _OddError) as error:
                found.append(_read_carefully(line, number, careful, error))
    if not found:
        refuse(Code.EMPTY_FILE, file, "the file holds no partnership", "write one object a line")
    whole = [each for each in found if each is not UNKNOWN]
    partnerships = (*whole,) if len(whole) == len(found) else (*whole, UNKNOWN)
    return Read(
        Register(partnerships=partnerships, origin={"": file}),
        UNKNOWN,
        tuple(each for each in report.in_order() if each.code.is_warning),
        tuple(each for each in report.in_order() if not each.code.is_warning),
    )


def _holds_facts(facts: object, declared: Declared) -> bool:
    """Tell whether an object has any key that a partnership has."""
    vocabulary = vocabulary_of(Partnership)
    known = {*vocabulary.fields, *vocabulary.about, *declared.derived}
    return not isinstance(facts, dict) or any(each.partition(".")[0] in known for each in facts)


def _no_facts(file: str, number: int) -> NoReturn:
    refuse(
        Code.NOT_A_SUBJECT,
        Span(file, number),
        "no key is the name of a fact",
        f"`govrules map {file} --output mapping.yaml` proposes what its keys hold; then check it "
        "with `--mapping mapping.yaml`",
    )


def _read_carefully(line: str, number: int, reader: SubjectReader, error: Exception) -> Any:  # noqa: ANN401 - a partnership, or UNKNOWN
    """Read a line as a file of facts is read, and say what is wrong with it."""
    if isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError):
        message = str(error)
    elif isinstance(error, _OddError):
        message = ""
    else:
        message = "it cannot be read as JSON"
    report = Report(reader.report.file, line)
    node = parse(line, report, quoted=False) if not message else None
    if node is None and not message:
        # What JSON may escape and YAML may not is written out.
        line = json.dumps(json.loads(line), ensure_ascii=False)
        report = Report(reader.report.file, line)
        node = parse(line, report, quoted=False)
    if node is None:
        reader.report.diagnostics.append(
            Diagnostic(
                Code.UNREADABLE_TABLE,
                f"line {number} is left out: {message or 'it cannot be read as facts'}",
                Span(reader.report.file, number),
                "write one object on the line, with every quote and bracket closed",
            )
        )
        return UNKNOWN
    move(node, number - 1)
    return reader.read_entry(node, Partnership)


def _decimal(text: str) -> Decimal:
    if "e" in text or "E" in text:
        raise _OddError
    return Decimal(text)


def _constant(_text: str) -> object:
    raise _OddError


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=once, parse_float=_decimal, parse_constant=_constant
)

# ── Values that are well written ──────────────────────────────────────────────────────────────


class _RecordReader:
    """Reads objects into records of one class."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.with_origin = "origin" in vocabulary_of(cls).about
        self.reads = {
            name: _value_reader(fact.type) for name, fact in vocabulary_of(cls).fields.items()
        }

    def __call__(self, facts: Any, origin: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - what the parser gives, to the record's class
        if type(facts) is not dict:
            return _state(facts, None)
        reads = self.reads
        try:
            values = {key: reads[key](value) for key, value in facts.items()}
        except KeyError:
            values = self._dotted(facts)
        if origin is not None:
            values["origin"] = origin
        return self.cls(**values)

    def _dotted(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the values of an object some of whose keys are paths."""
        values: dict[str, Any] = {}
        below: dict[str, dict[str, Any]] = {}
        reads = self.reads
        for key, value in facts.items():
            read_value = reads.get(key)
            if read_value is not None:
                values[key] = read_value(value)
                continue
            head, _, tail = key.partition(".")
            if not tail or head not in reads:
                raise _OddError
            below.setdefault(head, {})[tail] = value
        for head, inner in below.items():
            if head in values:
                raise _OddError
            values[head] = reads[head](inner)
        return values


_READERS: Final[dict[type, _RecordReader]] = {}


def _record_reader(cls: type) -> _RecordReader:
    if cls not in _READERS:
        _READERS[cls] = _RecordReader(cls)
    return _READERS[cls]


def _value_reader(fact_type: FactType) -> Callable[[Any], Any]:
    match fact_type:
        case Record(cls):
            return _record_reader(cls)
        case Records(cls):
            return _records(_record_reader(cls))
        case Choices(values):
            return _choices(frozenset(values))
        case Choice(values):
            return _words({each: each for each in values}, None)
        case YesNo():
            return _yes_no
        case Text():
            return _text
        case Money() | Number():
            return _numbers(fact_type)
        case Date() | Months():
            return _words({}, fact_type)


def _state(value: object, none: object) -> Any:  # noqa: ANN401 - a state
    """Return what a value that is no fact's own says: that it is none, or unknown."""
    if value is None:
        return UNKNOWN
    if not isinstance(value, str):
        raise _OddError
    word = value.strip().lower()
    if not word:
        return UNKNOWN
    if word not in _STATES:
        raise _OddError
    state = _STATES[word]
    return none if state is None else state


def _records(reader: _RecordReader) -> Callable[[Any], Any]:
    def read_records(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
        if type(value) is not list:
            return _state(value, ())
        if all(type(each) is dict for each in value):
            return tuple([reader(each) for each in value])
        known = [reader(each) for each in value if type(each) is dict]
        if any(type(each) is not dict and _state(each, None) is not UNKNOWN for each in value):
            raise _OddError
        return (*known, UNKNOWN)

    return read_records


def _choices(values: frozenset[str]) -> Callable[[Any], Any]:
    def read_choices(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
        if type(value) is not list:
            return _state(value, frozenset())
        members = {
            each if type(each) is str and each in values else _state(each, None) for each in value
        }
        if None in members:
            raise _OddError
        return frozenset(members)

    return read_choices


def _yes_no(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
    if value is True or value is False:
        return value
    if isinstance(value, str):
        found = read(value, YesNo())
        if isinstance(found, bool):
            return found
    return _state(value, none=False)


def _text(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
    if type(value) is str and value.strip() and value.strip().lower() not in _STATES:
        return value
    return _state(value, None)


def _words(known: dict[str, Any], fact_type: Date | Months | None) -> Callable[[Any], Any]:
    """Return a reader of words that keeps what it has read."""

    def read_word(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
        if type(value) is not str:
            return _state(value, None)
        if value in known:
            return known[value]
        found = None if fact_type is None else read(value, fact_type)
        if found is None or isinstance(found, Problem):
            return _state(value, None)
        if len(known) < _KEPT:
            known[value] = found
        return found

    return read_word


#: Of the words of one fact so many are kept.
_KEPT: Final = 10_000


def _numbers(fact_type: Money | Number) -> Callable[[Any], Any]:
    whole = isinstance(fact_type, Number) and fact_type.whole

    def read_number(value: Any) -> Any:  # noqa: ANN401 - see `_RecordReader`
        found: object
        if type(value) is int or type(value) is Decimal:
            found = check_number(Decimal(value), fact_type, str(value))
        elif type(value) is str and value.strip().lower() not in (*_STATES, ""):
            found = read(value, fact_type)
        else:
            return _state(value, None)
        if isinstance(found, Problem) or (whole and type(found) is not int):
            raise _OddError
        return found

    return read_number
