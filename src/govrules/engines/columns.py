"""
Subjects as columns: the Arrow schema of a class, and the way there and back.

A null is a fact that nobody recorded. What is known to be absent is said beside it, in a column
`<fact>__none`; a record that is absent has `__none` set in it. A null among the items of a list or
a set says that there may be more. A yes/no that is absent is no, and an absent list or set is
empty, as everywhere. Money is kept to the penny and other fractions to a thousandth.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, assert_never

import pyarrow as pa

from govrules.errors import FactsError
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
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
    vocabulary_of,
)

#: What the name of a column ends in that says whether a fact is known to be absent.
NONE: Final = "__none"
#: Digits after the point, of money and of other numbers that need not be whole.
PENCE, THOUSANDTHS = 2, 3
#: With no more digits than these a decimal fits into 64 bits.
_DIGITS: Final = 18
#: Rows of a batch, unless told otherwise: the bitmaps of as many stay in cache.
BLOCK: Final = 65_536
_SAID: Final = ("evidence", "origin")


def schema_of(cls: type, rulebook: Rulebook | None = None) -> pa.Schema:
    """
    Derive the Arrow schema of a subject class from its vocabulary.

    Args:
        cls: the class, such as `Partnership`.

        rulebook: its local and derived facts get columns too, in `local` and `stated`.
    """
    return pa.schema(_fields(cls, rulebook))


def _fields(cls: type, rulebook: Rulebook | None) -> list[pa.Field]:
    vocabulary = vocabulary_of(cls)
    found = [
        field
        for name, fact in vocabulary.fields.items()
        for field in _fact_fields(name, fact.type, rulebook)
    ]
    for name, facts in (("local", _local(rulebook)), ("stated", _derived(cls, rulebook))):
        inner = [
            field
            for each, fact in facts.items()
            for field in _fact_fields(each, fact.type, rulebook, always=name == "stated")
        ]
        if name in vocabulary.about and inner:
            found.append(pa.field(name, pa.struct(inner)))
    text = pa.map_(pa.string(), pa.string())
    return found + [pa.field(each, text) for each in _SAID if each in vocabulary.about]


def _local(rulebook: Rulebook | None) -> Mapping[str, Fact]:
    return {} if rulebook is None else rulebook.local


def _derived(cls: type, rulebook: Rulebook | None) -> Mapping[str, Fact]:
    derived = {} if rulebook is None else rulebook.derived
    return {name: each.fact for name, each in derived.items() if each.cls is cls}


def _fact_fields(
    name: str, fact_type: FactType, rulebook: Rulebook | None, *, always: bool = False
) -> Iterator[pa.Field]:
    yield pa.field(name, _arrow_type(fact_type, rulebook))
    if always or has_companion(fact_type):
        yield pa.field(f"{name}{NONE}", pa.bool_())


def has_companion(fact_type: FactType) -> bool:
    """Tell whether it makes a difference that a fact of a type is absent."""
    return not isinstance(fact_type, YesNo | Choices | Record | Records)


def _arrow_type(fact_type: FactType, rulebook: Rulebook | None) -> pa.DataType:
    match fact_type:
        case YesNo():
            return pa.bool_()
        case Text():
            return pa.string()
        case Money():
            return pa.decimal128(_DIGITS, PENCE)
        case Number(whole=False):
            return pa.decimal128(_DIGITS, THOUSANDTHS)
        case Number() | Months():
            return pa.int64()
        case Date():
            return pa.date32()
        case Choice():
            return pa.dictionary(pa.int32(), pa.string())
        case Choices():
            return pa.list_(pa.dictionary(pa.int32(), pa.string()))
        case Record(cls):
            return pa.struct([*_fields(cls, rulebook), pa.field(NONE, pa.bool_())])
        case Records(cls):
            return pa.list_(pa.struct(_fields(cls, rulebook)))
        case _:
            assert_never(fact_type)


# ── Subjects to columns ───────────────────────────────────────────────────────────────────────


def to_batches(
    subjects: Iterable[Any],
    cls: type,
    rulebook: Rulebook | None = None,
    *,
    rows: int = BLOCK,
    leave_out: frozenset[str] = frozenset(),
) -> Iterator[pa.RecordBatch]:
    """
    Yield subjects of one class as Arrow batches.

    Args:
        subjects: objects of the class that fit the vocabulary.

        cls: the class.

        rulebook: its local and derived facts get columns too.

        rows: the most rows of a batch.

        leave_out: columns of the top level that are not wanted.

    Raises:
        FactsError: a number has more digits than a column keeps.
    """
    schema = pa.schema(each for each in schema_of(cls, rulebook) if each.name not in leave_out)
    taken: list[dict[str, Any]] = []
    for subject in subjects:
        taken.append(_row(subject, cls, rulebook))
        if len(taken) == rows:
            yield _batch(taken, schema)
            taken = []
    if taken:
        yield _batch(taken, schema)


def _batch(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for field in schema:
        try:
            arrays.append(pa.array([row.get(field.name) for row in rows], field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise FactsError(
                field.name, f"what a column of {field.type} keeps", str(error)
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@functools.cache
def _fact_types(cls: type) -> tuple[tuple[str, FactType], ...]:
    return tuple((name, fact.type) for name, fact in vocabulary_of(cls).fields.items())


def _row(record: Any, cls: type, rulebook: Rulebook | None) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    row: dict[str, Any] = {}
    for name, fact_type in _fact_types(cls):
        value = getattr(record, name)
        if value is not UNKNOWN:
            _put(row, name, value, fact_type, rulebook)
    about = vocabulary_of(cls).about
    if "local" in about and record.local:
        local: dict[str, Any] = {}
        row["local"] = local
        for name, fact in _local(rulebook).items():
            value = record.local.get(name, UNKNOWN)
            if value is not UNKNOWN:
                _put(local, name, value, fact.type, rulebook)
    if "stated" in about and record.stated:
        row["stated"] = {
            f"{name}{NONE}" if value is None else name: True if value is None else value
            for name, value in record.stated.items()
            if value is not UNKNOWN
        }
    for name in _SAID:
        if name in about and getattr(record, name):
            row[name] = list(getattr(record, name).items())
    return row


def _put(
    row: dict[str, Any],
    name: str,
    value: Any,  # noqa: ANN401 - any fact's value
    fact_type: FactType,
    rulebook: Rulebook | None,
) -> None:
    match fact_type:
        case YesNo():
            row[name] = value is True
        case Choices():
            row[name] = [] if value is None else _members(value)
        case Records(cls):
            row[name] = [
                None if each is UNKNOWN else _row(each, cls, rulebook) for each in value or ()
            ]
        case Record(cls):
            row[name] = {NONE: True} if value is None else _row(value, cls, rulebook)
        case _ if value is None:
            row[f"{name}{NONE}"] = True
        case _:
            row[name] = value


def _members(value: frozenset[Any]) -> list[str | None]:
    known = sorted(str(each) for each in value if each is not UNKNOWN)
    return [*known] if len(known) == len(value) else [*known, None]


# ── And back ──────────────────────────────────────────────────────────────────────────────────


def from_row(batch: pa.RecordBatch, index: int, cls: type, rulebook: Rulebook | None = None) -> Any:  # noqa: ANN401 - an object of the class
    """Return a row of a batch as an object of its class."""
    (row,) = batch.slice(index, 1).to_pylist()
    return _record(row, cls, rulebook)


def subjects_of(
    batch: pa.RecordBatch, cls: type, rulebook: Rulebook | None = None
) -> Iterator[Any]:
    """Yield every row of a batch as an object of its class."""
    for row in batch.to_pylist():
        yield _record(row, cls, rulebook)


def _record(row: Mapping[str, Any], cls: type, rulebook: Rulebook | None) -> Any:  # noqa: ANN401 - an object of the class
    vocabulary = vocabulary_of(cls)
    values = {
        name: _value(row, name, fact.type, rulebook) for name, fact in vocabulary.fields.items()
    }
    for name, facts in (("local", _local(rulebook)), ("stated", _derived(cls, rulebook))):
        if name in vocabulary.about and row.get(name):
            read = {
                each: _value(row[name], each, fact.type, rulebook) for each, fact in facts.items()
            }
            values[name] = {each: value for each, value in read.items() if value is not UNKNOWN}
    for name in _SAID:
        if name in vocabulary.about and row.get(name):
            values[name] = dict(row[name])
    return cls(**values)


def _value(
    row: Mapping[str, Any], name: str, fact_type: FactType, rulebook: Rulebook | None
) -> Any:  # noqa: ANN401 - any fact's value
    value = row.get(name)
    if value is None:
        return None if row.get(f"{name}{NONE}") else UNKNOWN
    match fact_type:
        case Choices():
            return frozenset(UNKNOWN if each is None else each for each in value)
        case Records(cls):
            return tuple(
                UNKNOWN if each is None else _record(each, cls, rulebook) for each in value
            )
        case Record(cls):
            return None if value.get(NONE) else _record(value, cls, rulebook)
        case _:
            return value
