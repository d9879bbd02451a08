"""
Subjects as columns: the Arrow schema of a class, and the way there and back.

A null is a fact that nobody recorded. What is known to be absent is said beside it, in a column
`<fact>__none`; a record that is absent has `__none` set in it. A null among the items of a list or
a set says that there may be more. A yes/no that is absent is no, and an absent list or set is
empty, as everywhere. Money is kept to the penny and other fractions to a millionth.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias, assert_never

import pyarrow as pa

from govrules import vocabulary as v
from govrules.errors import FactsError
from govrules.rulebook.ast import Rulebook, class_in
from govrules.truth import UNKNOWN
from govrules.visible import visible

#: What the name of a column ends in that says whether a fact is known to be absent.
NONE: Final = "__none"
#: Digits after the point, of money and of other numbers that need not be whole.
_PENCE, _MILLIONTHS = 2, 6
#: With no more digits than these a decimal fits into 64 bits.
_DIGITS: Final = 18
#: Rows of a batch, unless told otherwise: the bitmaps of as many stay in cache.
BLOCK: Final = 65_536
_DOES_NOT_FIT: Final = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError)
#: Is told of a subject, the path of a fact of it, and its value.
Misfit: TypeAlias = Callable[[Any, str, Any], None]
#: What is said of facts, as texts by path.
SAID: Final = ("evidence", "origin")
#: Where the derived facts stand that somebody stated.
STATED: Final = "stated"
#: Types of facts for which it makes no difference, or is said in them, that they are absent.
_ALONE: Final = (v.YesNo, v.Choices, v.Record, v.Records)


def schema_of(cls: type, rulebook: Rulebook | None = None) -> pa.Schema:
    """
    Derive the Arrow schema of a subject class from its vocabulary.

    Args:
        cls: the class, such as `Partnership`.

        rulebook: its own and derived facts get columns too, these in `stated`.
    """
    return pa.schema(_fields(class_in(rulebook, cls), rulebook))


def _fields(cls: type, rulebook: Rulebook | None) -> list[pa.Field]:
    about = v.vocabulary_of(cls).about
    found = _companions(v.vocabulary_of(cls).fields, rulebook)
    inner = _companions(derived_of(cls, rulebook), rulebook, always=True)
    if inner and STATED in about:
        found.append(pa.field(STATED, pa.struct(inner)))
    text = pa.map_(pa.string(), pa.string())
    return found + [pa.field(each, text) for each in SAID if each in about]


def derived_of(cls: type, rulebook: Rulebook | None) -> Mapping[str, v.Fact]:
    """Return the derived facts of a class, which are no fields of it."""
    if rulebook is None:
        return {}
    derived = rulebook.derived.items()
    return {each: held.fact for each, held in derived if held.cls is cls}


def _companions(
    facts: Mapping[str, v.Fact], rulebook: Rulebook | None, *, always: bool = False
) -> list[pa.Field]:
    """Return the columns of facts, with an absence column where absence matters."""
    found = []
    for name, fact in facts.items():
        found.append(pa.field(name, arrow_type(fact.type, rulebook)))
        if always or not isinstance(fact.type, _ALONE):
            found.append(pa.field(f"{name}{NONE}", pa.bool_()))
    return found


def arrow_type(fact_type: v.FactType, rulebook: Rulebook | None = None) -> pa.DataType:
    """Return the Arrow type of a type; the records in it have the rulebook's facts too."""
    match fact_type:
        case v.YesNo():
            return pa.bool_()
        case v.Text():
            return pa.string()
        case v.Money():
            return pa.decimal128(_DIGITS, _PENCE)
        case v.Number(whole=False):
            return pa.decimal128(_DIGITS, _MILLIONTHS)
        case v.Number() | v.Months():
            return pa.int64()
        case v.Date():
            return pa.date32()
        case v.Choice():
            return pa.dictionary(pa.int32(), pa.string())
        case v.Choices():
            return pa.list_(pa.dictionary(pa.int32(), pa.string()))
        case v.Record(cls):
            return pa.struct([*_fields(cls, rulebook), pa.field(NONE, pa.bool_())])
        case v.Records(cls):
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
    misfit: Misfit | None = None,
) -> Iterator[pa.RecordBatch]:
    """
    Yield subjects of one class as Arrow batches.

    Args:
        subjects: objects of the class that fit the vocabulary.

        cls: the class.

        rulebook: its own and derived facts get columns too.

        rows: the most rows of a batch.

        leave_out: columns of the top level that are not wanted.

        misfit: is told of each number with more digits than a column keeps, which is then unknown.

    Raises:
        FactsError: there is such a number, and nobody who is told of it.
    """
    schema = pa.schema(each for each in schema_of(cls, rulebook) if each.name not in leave_out)
    cls = class_in(rulebook, cls)
    subjects = iter(subjects if rulebook is None else map(rulebook.adopted, subjects))
    while several := list(islice(subjects, rows)):
        made = [_row(each, cls, rulebook) for each in several]
        yield pa.RecordBatch.from_arrays(
            [_array(field, made, several, misfit) for field in schema], schema=schema
        )


def _array(
    field: pa.Field, rows: list[dict[str, Any]], subjects: list[Any], misfit: Misfit | None
) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    try:
        return _sound(pa.array(values, field.type))
    except _DOES_NOT_FIT:

        def told(subject: Any, path: str, value: Any) -> None:  # noqa: ANN401 - an object, and a number
            if misfit is None:
                found = f"{value}, which has more digits than that"
                raise FactsError(path, "a number that a column keeps", found)
            misfit(subject, path, value)

        kept = [
            _kept(value, field.type, field.name, functools.partial(told, subject))
            for value, subject in zip(values, subjects, strict=True)
        ]
        return _sound(pa.array(kept, field.type))


def _sound(array: pa.Array) -> pa.Array:
    """
    Return an array whose dictionary covers all its indices.

    Beneath a record that is null Arrow puts the first word, and there may be none.
    """
    if _is_sound(array):
        return array
    if pa.types.is_struct(array.type):
        # Flattened, what stands beneath null is null.
        inside = [_sound(each) for each in array.flatten()]
        return pa.StructArray.from_arrays(inside, fields=[*array.type], mask=array.is_null())
    whole = _sound(array.values)
    return pa.ListArray.from_arrays(array.offsets, whole, type=array.type, mask=array.is_null())


def _is_sound(array: pa.Array) -> bool:
    if pa.types.is_dictionary(array.type):
        return len(array.dictionary) > 0 or array.null_count == len(array)
    if pa.types.is_struct(array.type):
        return all(_is_sound(array.field(each)) for each in range(array.type.num_fields))
    return not pa.types.is_list(array.type) or _is_sound(array.values)


def _kept(value: Any, kind: pa.DataType, path: str, told: Callable[[str, Any], None]) -> Any:  # noqa: ANN401 - as Arrow takes it
    """Return a value with numbers that do not fit its column replaced by None."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {
            each.name: _kept(value.get(each.name), each.type, f"{path}.{each.name}", told)
            for each in kind
        }
    if pa.types.is_list(kind):
        return [
            _kept(each, kind.value_type, f"{path}[{at}]", told) for at, each in enumerate(value)
        ]
    try:
        pa.scalar(value, kind)
    except _DOES_NOT_FIT:
        told(path, value)
        return None
    return value


@functools.cache
def _fact_types(cls: type) -> tuple[tuple[str, v.FactType], ...]:
    return tuple((name, fact.type) for name, fact in v.vocabulary_of(cls).fields.items())


def _row(record: Any, cls: type, rulebook: Rulebook | None) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    row: dict[str, Any] = {}
    for name, fact_type in _fact_types(cls):
        value = getattr(record, name)
        if value is not UNKNOWN:
            _put(row, name, value, fact_type, rulebook)
    about = v.vocabulary_of(cls).about
    said = record.stated if STATED in about else None
    if said:
        inner = row[STATED] = {}
        for name, fact in derived_of(cls, rulebook).items():
            value = said.get(name, UNKNOWN)
            if value is None:
                inner[f"{name}{NONE}"] = True
            elif value is not UNKNOWN:
                _put(inner, name, value, fact.type, rulebook)
    for name in SAID:
        if name in about and getattr(record, name):
            # Files may be called what is no text in UTF-8.
            row[name] = [(key, visible(text)) for key, text in getattr(record, name).items()]
    return row


def _put(
    row: dict[str, Any],
    name: str,
    value: Any,  # noqa: ANN401 - any fact's value
    fact_type: v.FactType,
    rulebook: Rulebook | None,
) -> None:
    match fact_type:
        case v.YesNo():
            row[name] = value is True
        case v.Choices():
            row[name] = _members(value or frozenset())
        case v.Records(cls):
            row[name] = [
                None if each is UNKNOWN else _row(each, cls, rulebook) for each in value or ()
            ]
        case v.Record(cls):
            row[name] = {NONE: True} if value is None else _row(value, cls, rulebook)
        case _ if value is None:
            row[f"{name}{NONE}"] = True
        case _:
            row[name] = value


def to_array(
    values: Iterable[Any], fact_type: v.FactType, rulebook: Rulebook | None, kind: pa.DataType
) -> pa.Array:
    """Return values of one type as an array."""
    rows: list[dict[str, Any]] = []
    for value in values:
        rows.append({})
        if value is not UNKNOWN:
            _put(rows[-1], "value", value, fact_type, rulebook)
    return pa.array([row.get("value") for row in rows], kind)


def _members(value: frozenset[Any]) -> list[str | None]:
    known = sorted(str(each) for each in value if each is not UNKNOWN)
    return [*known] if len(known) == len(value) else [*known, None]


# ── And back ──────────────────────────────────────────────────────────────────────────────────


def from_row(batch: pa.RecordBatch, index: int, cls: type, rulebook: Rulebook | None = None) -> Any:  # noqa: ANN401 - an object of the class
    """Return a row of a batch as an object of its class."""
    (found,) = subjects_of(batch.slice(index, 1), cls, rulebook)
    return found


def subjects_of(
    batch: pa.RecordBatch, cls: type, rulebook: Rulebook | None = None
) -> Iterator[Any]:
    """Yield every row of a batch as an object of its class."""
    cls = class_in(rulebook, cls)
    for row in batch.to_pylist():
        yield _record(row, cls, rulebook)


def from_array(array: pa.Array, fact_type: v.FactType, rulebook: Rulebook | None) -> Iterator[Any]:
    """Yield what an array holds as values of a type."""
    for each in array.to_pylist():
        yield _value({"value": each}, "value", fact_type, rulebook)


def _record(row: Mapping[str, Any], cls: type, rulebook: Rulebook | None) -> Any:  # noqa: ANN401 - an object of the class
    about = v.vocabulary_of(cls).about
    values = {name: _value(row, name, held, rulebook) for name, held in _fact_types(cls)}
    inner = row.get(STATED)
    if inner and STATED in about:
        facts = derived_of(cls, rulebook).items()
        read = {name: _value(inner, name, fact.type, rulebook) for name, fact in facts}
        values[STATED] = {name: value for name, value in read.items() if value is not UNKNOWN}
    for name in SAID:
        if name in about and row.get(name):
            values[name] = dict(row[name])
    return cls(**values)


def _value(
    row: Mapping[str, Any], name: str, fact_type: v.FactType, rulebook: Rulebook | None
) -> Any:  # noqa: ANN401 - any fact's value
    value = row.get(name)
    if value is None:
        return None if row.get(f"{name}{NONE}") else UNKNOWN
    match fact_type:
        case v.Choices():
            return frozenset(UNKNOWN if each is None else each for each in value)
        case v.Records(cls):
            return tuple(
                UNKNOWN if each is None else _record(each, cls, rulebook) for each in value
            )
        case v.Record(cls):
            return None if value.get(NONE) else _record(value, cls, rulebook)
        case _:
            return value
