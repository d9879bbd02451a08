"""
JSON Lines to partnerships: one object a line, with facts as a partnership file has them.

What is well written is read straight from the parser's values; a line in which anything is odd
is read again as every other file of facts is, which says what is wrong and where.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any, Final, TypeAlias

import attrs

from govrules.decode.names import fold_body
from govrules.decode.problems import Problem
from govrules.decode.states import PLACEHOLDERS, VALUE, fold, state_of
from govrules.decode.values import CellFormat
from govrules.diagnostics import Code, Span
from govrules.gc_pause import gc_paused
from govrules.model import Partner
from govrules.nodes import Node, Report, move
from govrules.own import base_of
from govrules.parsing import parse
from govrules.reading import Read, known_of, null_notes, read_result
from govrules.registers.cell_reader import CellReader
from govrules.registers.json_rows import json_lines, json_value, left_out, once, whole
from govrules.registers.records import make_records, maker
from govrules.registers.sources import check_file, refuse
from govrules.registers.tables import MAX_ROWS, InterningMap
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN
from govrules.visible import argument
from govrules.vocabulary import Choices, Fact, FactType, Record, Records, vocabulary_of


class _OddError(Exception):
    """A value that needs the careful reader."""


class LineOrigin(Mapping[str, str]):
    """The origin of all facts of a line."""

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
    lines = json_lines(file, file)
    numbered = [(at, line) for at, line in enumerate(lines, 1) if line and not line.isspace()]
    if not numbered:
        refuse(Code.EMPTY_FILE, file, "the file holds no partnership", "write one object a line")
    _check_facts(file, *numbered[0], declared)
    if len(numbered) > MAX_ROWS:
        refuse(
            Code.TOO_MANY_ROWS,
            file,
            f"the file has more than {MAX_ROWS:,} lines, and at most so many are read",
            "split the register into several files",
        )
    report = Report(file)
    report.lines = lines
    reader = _LineReader(SubjectReader(report, declared, lenient=True, in_json=True))
    found: list[Any] = []
    with gc_paused():
        for at in range(0, len(numbered), _AT_ONCE):
            found += reader.read(numbered[at : at + _AT_ONCE])
    register = attrs.evolve(declared.register, partnerships=known_of(found), origin={"": file})
    nulls = reader.quick.nulls + reader.careful.nulls
    return read_result(register, UNKNOWN, report.in_order(), null_notes(file, nulls))


def _check_facts(file: str, number: int, line: str, declared: Declared) -> None:
    """Refuse a file whose first object has no key that a partnership has."""
    try:
        facts = _ONCE.decode(line)
    except (ValueError, RecursionError, _OddError):
        return
    vocabulary = vocabulary_of(declared.cls)
    known = {*vocabulary.fields, *vocabulary.about, *declared.derived}
    if type(facts) is dict and not any(fact.partition(".")[0] in known for fact in facts):
        refuse(
            Code.NOT_A_SUBJECT,
            Span(file, number),
            "no key is the name of a fact",
            f"`govrules map {argument(file)} --output mapping.yaml` proposes what its keys hold; "
            "then check it with `--mapping mapping.yaml`",
        )


class _LineReader:
    """Reads lines as partnerships, falling back to the careful reader."""

    def __init__(self, careful: SubjectReader) -> None:
        self.careful = careful
        self.quick = QuickReader(careful.declared.cls)

    def read(self, lines: Sequence[tuple[int, str]]) -> list[Any]:
        """Return a partnership of each line; UNKNOWN of one that is left out, which is said."""
        file = self.careful.report.file
        try:
            origins = [LineOrigin(file, number) for number, _ in lines]
            return self.quick.read([line for _, line in lines], origins)
        except (ValueError, RecursionError, _OddError):
            if len(lines) == 1:
                [(number, line)] = lines
                return [_read_carefully(line, number, self.careful)]
        # Whatever is odd stands in some part of them.
        step = -(-len(lines) // _PARTS)
        parts = (lines[at : at + step] for at in range(0, len(lines), step))
        return [each for part in parts for each in self.read(part)]


def _read_carefully(line: str, number: int, reader: SubjectReader) -> Any:  # noqa: ANN401 - a partnership, or UNKNOWN
    """Read a line as a file of facts, reporting problems."""
    node, why = _node(line, reader.report.file)
    if node is None:
        reader.report.diagnostics.append(left_out(reader.report.file, number, why))
        return UNKNOWN
    move(node, number - 1)
    return reader.read_entry(node, reader.declared.cls)


def _node(line: str, file: str) -> tuple[Node | None, str]:
    """Return the node of a line, or why there is none."""
    try:
        record = json_value(line)
    except ValueError as error:
        return None, str(error)
    why = "it cannot be read as facts"
    # What JSON may escape and YAML may not is written out.
    for text in (line, json.dumps(record, ensure_ascii=False)):
        report = Report(file, text)
        node = parse(text, report, quoted=False)
        if node is not None:
            return node, ""
        why = next((diagnostic.message for diagnostic in report.diagnostics), why)
    return None, why


def _constant(_text: str) -> object:
    raise _OddError


def _exact(text: str) -> Decimal:
    """Return a number as written, if its exponent is in range."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _OddError from None


_PLAIN: Final = json.JSONDecoder(parse_float=_exact, parse_constant=_constant)
_ONCE: Final = json.JSONDecoder(
    object_pairs_hook=once, parse_float=_exact, parse_constant=_constant
)
#: What is put between two lines: no text goes on over it, and no object or list of facts holds it.
_BETWEEN: Final = "\n,0,\n"
#: So many lines are turned into columns together: few enough to stay near the processor.
_AT_ONCE: Final = 128
#: Into so many parts lines are parted to find one that is odd: 128, 16, 2 and 1 are tried.
_PARTS: Final = 8

# ── Values that are well written ──────────────────────────────────────────────────────────────

#: Reads the values of one field, one a row; None where a row has none.
_Column: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]


class QuickReader:
    """Reads well-formed lines as records of a class, a column at a time."""

    def __init__(self, cls: type) -> None:
        self.keys = 0
        #: How many facts are written as `null`.
        self.nulls = 0
        self._readers: dict[FactType, _Column] = {}
        self._partnerships = _RecordReader(cls, self)

    def read(self, lines: Sequence[str], origins: Sequence[Mapping[str, str]]) -> list[Any]:
        """
        Return a partnership of each line.

        Args:
            lines: at least one.

            origins: where the facts of each stand.

        Raises:
            ValueError: one of the lines is no JSON, or gives a key twice.
            RecursionError: one of them goes too deep.
            _OddError: something in one of them has to be looked at with care.
        """
        text = f"[{_BETWEEN.join(lines)}]"
        # A single mark is found far sooner than two.
        if not text.isascii() or ("\\" in text and "\\u" in text):
            for line in lines:
                whole(line)
        self.keys = 0
        # Of a line on its own an error is said, and a key that stands twice before all that is odd.
        objects = [_ONCE.decode(lines[0])] if len(lines) == 1 else _objects(text, len(lines))
        if {*map(type, objects)} != {dict}:
            raise _OddError
        made = self._partnerships(objects, origins)
        if len(lines) > 1 and not _once_each(text, self.keys):
            for line in lines:
                _ONCE.decode(line)
        if "null" in text:
            self.nulls += _nulls(objects)
        return made

    def reader(self, fact: Fact) -> _Column:
        """Return the column reader of a fact, shared by type."""
        if fact.type not in self._readers:
            self._readers[fact.type] = self._new(fact)
        return self._readers[fact.type]

    def _new(self, fact: Fact) -> _Column:
        match fact.type:
            case Record(cls):
                return _records_or_states(_RecordReader(cls, self))
            case Records(cls):
                return _lists(_RecordReader(cls, self))
            case Choices(values):
                return _choices(frozenset(values))
            case _:
                return _Strict(fact, CellFormat()).column


def _nulls(value: Any) -> int:  # noqa: ANN401 - whatever a line holds
    """Return the number of nulls in a value."""
    if isinstance(value, dict):
        return sum(map(_nulls, value.values()))
    if isinstance(value, list):
        return sum(map(_nulls, value))
    return value is None


def _objects(text: str, number: int) -> list[Any]:
    """Parse joined lines as one list."""
    values, end = _PLAIN.raw_decode(text)
    # Where a line holds half of an object, the other half follows on another, or a mark is inside.
    if end != len(text) or len(values) != 2 * number - 1:
        raise _OddError
    return list(values[::2])


def _once_each(text: str, keys: int) -> bool:
    """Tell whether lines with a number of distinct keys certainly repeat none."""
    # Each key is followed by a colon, before which stands its quote or white space.
    return keys == text.count(":") or keys == sum(text.count(f"{each}:") for each in '" \t\r')


class _RecordReader:
    """Reads objects into records of one class."""

    def __init__(self, cls: type, quick: QuickReader) -> None:
        self.cls = cls
        self.quick = quick
        self.fields = vocabulary_of(cls).fields
        #: What reads each field that was met, in the order of the class.
        self.reads: dict[str, _Column] = {}

    def __call__(
        self, objects: Sequence[Any], origins: Sequence[Mapping[str, str]] = ()
    ) -> list[Any]:
        self.quick.keys += sum(map(len, objects))
        met = set[str]().union(*objects)
        if not met <= self.fields.keys():
            objects = [self._nested(each) for each in objects]
            met = set[str]().union(*objects)
        if not met <= self.reads.keys():
            met |= self.reads.keys()
            self.reads = {
                name: self.quick.reader(fact) for name, fact in self.fields.items() if name in met
            }
        columns = {
            name: read_column(values)
            for (name, read_column), values in zip(
                self.reads.items(), _turned(objects, self.reads), strict=True
            )
        }
        if origins:
            make = maker(self.cls, tuple(columns), ("origin",), bare=True)
            return list(map(make, *columns.values(), origins))
        if not columns:
            return [self.cls() for _ in objects]
        return make_records(self.cls, columns, bare=True)

    def _nested(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return an object with dotted keys nested."""
        nested: dict[str, Any] = {}
        below: dict[str, dict[str, Any]] = {}
        for key, value in facts.items():
            if key in self.fields:
                nested[key] = value
                continue
            head, _, tail = key.partition(".")
            if not tail or head not in self.fields:
                raise _OddError
            below.setdefault(head, {})[tail] = value
            # It is counted once more where the record is read.
            self.quick.keys -= 1
        if nested.keys() & below.keys():
            raise _OddError
        return nested | below


def _turned(objects: Sequence[dict[str, Any]], names: Collection[str]) -> list[Sequence[Any]]:
    """Transpose objects to columns by name; None for a missing key."""
    if len(names) < _WIDE or not objects:
        return [[each.get(name) for each in objects] for name in names]
    nothing = dict.fromkeys(names)
    return [*zip(*[(nothing | each).values() for each in objects], strict=True)]


#: From so many names on it is quicker to fill every object up than to ask it for each of them.
_WIDE: Final = 10


def _state(value: object, none: object) -> Any:  # noqa: ANN401 - a state
    """Return the state a value says: none or unknown."""
    if value is None:
        return UNKNOWN
    word = fold(value) if isinstance(value, str) else "?"
    state = state_of(word)
    if state is VALUE or word in PLACEHOLDERS:
        raise _OddError
    return none if state is None else state


def _records_or_states(reader: _RecordReader) -> _Column:
    def read_records(values: Sequence[Any]) -> Sequence[Any]:
        if {*map(type, values)} == {dict}:
            return reader(values)
        made = iter(reader([value for value in values if type(value) is dict]))
        return [next(made) if type(value) is dict else _state(value, None) for value in values]

    return read_records


def _lists(reader: _RecordReader) -> _Column:
    folded = InterningMap(lambda name: fold_body(name) if type(name) is str else None)

    def read_lists(values: Sequence[Any]) -> Sequence[Any]:
        lists = [value for value in values if type(value) is list]
        whole = {*map(type, itertools.chain.from_iterable(lists))} <= {dict}
        known = lists if whole else [[each for each in one if type(each) is dict] for one in lists]
        records = reader([*itertools.chain.from_iterable(known)])
        if base_of(reader.cls) is Partner and _has_twins(
            (folded[record.name] for record in records), known
        ):
            raise _OddError
        made = iter(records)
        read: Iterator[Any] = (tuple(itertools.islice(made, len(each))) for each in known)
        if not whole:
            opens = map(_is_open, lists)
            read = ((*each, UNKNOWN) if next(opens) else each for each in read)
        return [next(read) if type(value) is list else _state(value, ()) for value in values]

    return read_lists


def _has_twins(bodies: Iterator[str | None], lists: Sequence[list[Any]]) -> bool:
    """Tell whether a list names one body twice."""
    for each in lists:
        its = [*itertools.islice(bodies, len(each))]
        if len({*its}) < len(its):
            # Of partners without a name nobody can tell.
            named = [*filter(None, its)]
            if len({*named}) < len(named):
                return True
    return False


def _is_open(value: list[Any]) -> bool:
    """Tell whether a list says that it has more records."""
    others = [each for each in value if type(each) is not dict]
    if any(_state(each, None) is not UNKNOWN for each in others):
        raise _OddError
    return bool(others)


class _Strict(CellReader):
    """Decodes single values without diagnostics; all others are odd."""

    folds_space = False

    def read(self, cell: Any) -> Any:  # noqa: ANN401 - whatever the parser gives
        """Return a value, UNKNOWN or None."""
        kind = type(cell)
        if kind in (list, dict) or (self.is_text and kind not in (str, NoneType)):
            raise _OddError
        if kind is str and self.is_text and " ".join(cell.split()) != cell:
            raise _OddError
        value = self.decode(cell)
        if type(value) is Problem or (value is UNKNOWN and self.is_placeholder(cell)):
            raise _OddError
        return value


def _choices(values: frozenset[str]) -> _Column:
    def read_choices(value: Any) -> Any:  # noqa: ANN401 - whatever the parser gives
        if type(value) is not list:
            return _state(value, frozenset())
        members = {
            each if type(each) is str and each in values else _state(each, None) for each in value
        }
        if None in members:
            raise _OddError
        return frozenset(members)

    return lambda cells: [*map(read_choices, cells)]
