"""
Arrow columns as bitmaps and codes, which is what formulas are worked out on.

A bitmap has one bit for each row, in words of 64, lowest bit first, as Arrow keeps its own; bits
beyond the last row mean nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from govrules.engines.columns import NONE, PENCE, THOUSANDTHS
from govrules.errors import EngineError, FactsError
from govrules.facts import absent
from govrules.rulebook.ast import ORDER, Op
from govrules.values import describe
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
)

Bitmap: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]

_WORD: Final = 64
#: Sets are masks of one word; the highest bit stands for what no set of the type can have.
_MOST_MEMBERS: Final = 63
_OUTSIDE: Final = np.uint64(1) << np.uint64(63)
#: How many digits an integer of 64 bits may have.
_DIGITS: Final = 20
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def pack(flags: Flags) -> Bitmap:
    """Return one bit for each flag."""
    return _words(np.packbits(flags, bitorder="little"), len(flags))


def _words(octets: NDArray[np.uint8], rows: int) -> Bitmap:
    """Return octets as the words of a bitmap; the same memory where they fill them."""
    if rows % _WORD:
        filled = np.zeros(-(-rows // _WORD) * 8, np.uint8)
        filled[: len(octets)] = octets
        octets = filled
    return octets.view(np.uint64)


def unpack(bitmap: Bitmap, rows: int) -> Flags:
    """Return the flag of each row."""
    return np.unpackbits(bitmap.view(np.uint8), count=rows, bitorder="little").view(np.bool_)


def nowhere(rows: int) -> Bitmap:
    """Return the bitmap with no bit set."""
    return np.zeros(-(-rows // _WORD), np.uint64)


def everywhere(rows: int) -> Bitmap:
    """Return the bitmap with all bits set."""
    return ~nowhere(rows)


def taken(bitmap: Bitmap, rows: int, index: Integers | None) -> Bitmap:
    """Return the bits of the rows of an index; all as they stand where there is none."""
    return bitmap if index is None else pack(unpack(bitmap, rows)[index])


def days(day: dt.date) -> int:
    """Return a date as Arrow counts it."""
    return day.toordinal() - _EPOCH


def bits(buffer: pa.Buffer | None, offset: int, rows: int) -> Bitmap:
    """Return the bits of an Arrow buffer from an offset; all set where there is none."""
    if buffer is None:
        return everywhere(rows)
    octets = np.frombuffer(buffer, np.uint8)
    first, shift = divmod(offset, 8)
    number = -(-rows // 8)
    found = octets[first : first + number]
    if shift:
        found = found >> np.uint8(shift)
        over = octets[first + 1 : first + 1 + number] << np.uint8(8 - shift)
        found[: len(over)] |= over
    return _words(found, rows)


def valid(array: pa.Array) -> Bitmap:
    """Return where an array has a value."""
    if pa.types.is_null(array.type):
        return nowhere(len(array))
    return bits(array.buffers()[0], array.offset, len(array))


@attrs.frozen(eq=False)
class Column:
    """
    A fact of every row.

    Attributes:
        rows: how many rows.
        unknown: where nobody recorded it.
        none: where it is known to be absent.
        data: the values, by its type: a bitmap of what is yes; integers (pence, thousandths, days,
            places in the list of closed values); an Arrow array of texts; nothing for a record.
        scale: what a number is multiplied by in `data`.
    """

    rows: int
    unknown: Bitmap
    none: Bitmap
    data: Any
    scale: int = 1

    @cached_property
    def known(self) -> Bitmap:
        """Where it has a value."""
        return ~(self.unknown | self.none)

    def at(self, index: Integers | None) -> Column:
        """Return the fact of the rows of an index."""
        if index is None:
            return self
        data = self.data
        if isinstance(data, pa.Array | pa.ChunkedArray):
            data = data.take(pa.array(index))
        elif data is not None:
            data = taken(data, self.rows, index) if data.dtype == np.uint64 else data[index]
        unknown = taken(self.unknown, self.rows, index)
        return Column(len(index), unknown, taken(self.none, self.rows, index), data, self.scale)


@attrs.frozen(eq=False)
class SetColumn:
    """The set of every row: its known members as a mask, and where it has certainly no more."""

    rows: int
    masks: NDArray[np.uint64]
    closed: Bitmap

    def at(self, index: Integers | None) -> SetColumn:
        """Return the set of the rows of an index."""
        if index is None:
            return self
        return SetColumn(len(index), self.masks[index], taken(self.closed, self.rows, index))


@attrs.frozen(eq=False)
class ListColumn:
    """
    The list of every row.

    Attributes:
        offsets: where the records of each row begin in `records`, and where the last ends.
        closed: where there are certainly no more records.
        records: the records of all rows, one after the other.
        real: which of them are records; the others are gaps. None where all are.
    """

    offsets: Integers
    closed: Bitmap
    records: Store
    real: Bitmap | None = None


@attrs.frozen(eq=False)
class Spans:
    """
    The records of each row, to count among them.

    Attributes:
        offsets: where those of each row begin, and where the last end.
        real: which of them count; None where all do.
    """

    offsets: Integers
    real: Bitmap | None

    @cached_property
    def _words(self) -> Integers:
        return self.offsets // _WORD

    @cached_property
    def _below(self) -> Bitmap:
        """The bits before each offset, in its word."""
        places = (self.offsets % _WORD).astype(np.uint64)
        return (np.uint64(1) << places) - np.uint64(1)

    @cached_property
    def total(self) -> Integers:
        """How many there are in each row."""
        if self.real is None:
            return np.diff(self.offsets)
        return self._counted(self.real)

    def counted(self, bitmap: Bitmap) -> Integers:
        """Return of how many in each row the bit is set."""
        return self._counted(bitmap if self.real is None else bitmap & self.real)

    def _counted(self, bitmap: Bitmap) -> Integers:
        # The bits before an offset: those of the words before its own, and those before it there.
        words = np.zeros(len(bitmap) + 1, np.uint64)
        words[:-1] = bitmap
        before = np.zeros(len(words), np.int64)
        np.cumsum(np.bitwise_count(bitmap), out=before[1:])
        ranks: Integers = before[self._words]
        ranks += np.bitwise_count(words[self._words] & self._below)
        return np.diff(ranks)

    def summed(self, numbers: Integers, where: Bitmap) -> Integers:
        """Return the sum of the numbers of each row, of those whose bit is set."""
        where = where if self.real is None else where & self.real
        sums = np.zeros(len(numbers) + 1, numbers.dtype)
        np.cumsum(np.where(unpack(where, len(numbers)), numbers, 0), out=sums[1:])
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]


# ── Comparisons ───────────────────────────────────────────────────────────────────────────────

#: Integers stay below this, so that 64 bits hold them.
_MOST: Final = 2**62
_RELATION: Final[Mapping[Op, Callable[[Any, Any], Any]]] = {
    **ORDER,
    Op.EQUALS: lambda one, other: one == other,
}


def equals(column: Column, value: Any, kind: FactType) -> Bitmap:  # noqa: ANN401 - any fact's value
    """Return where a column has a value, of the rows that have one."""
    match kind:
        case YesNo():
            return column.data if value else ~column.data  # type: ignore[no-any-return]
        case Text():
            return _from_arrow(pc.equal(column.data, value))
        case Choice(values):
            return pack(column.data == values.index(value))
        case _:
            return ordered(column, Op.EQUALS, value)


def ordered(column: Column, op: Op, value: Any) -> Bitmap:  # noqa: ANN401 - a number or a date
    """Return where a column is at least, more than, or equal to a number or a date."""
    if isinstance(value, dt.date):
        return pack(_RELATION[op](column.data, days(value)))
    number = Fraction(value) * column.scale
    if number.denominator == 1:
        return pack(_RELATION[op](column.data, number.numerator))
    if op is Op.EQUALS:
        return nowhere(column.rows)
    return pack(column.data > math.floor(number))


def related(one: Column, op: Op, other: Column, kind: FactType) -> Bitmap:
    """Return where two columns are equal, or one is at least or more than the other."""
    match kind:
        case YesNo():
            return ~(one.data ^ other.data)  # type: ignore[no-any-return]
        case Text():
            return _from_arrow(pc.equal(one.data, other.data))
        case _:
            first, second = one.data, other.data
            if one.scale != other.scale:
                first, second = product(first, other.scale), product(second, one.scale)
            return pack(_RELATION[op](first, second))


def _from_arrow(flags: pa.Array) -> Bitmap:
    there = flags.fill_null(False)  # noqa: FBT003 - Arrow's own
    return pack(np.asarray(there.to_numpy(zero_copy_only=False), np.bool_))


def product(one: Any, other: Any) -> Any:  # noqa: ANN401 - integers or arrays of them
    """Return a product that does not run over."""
    if isinstance(other, int) and other == 1:
        return one
    if _top(one) * _top(other) >= _MOST:
        one = np.asarray(one).astype(object)
    return one * other


def summable(numbers: Integers) -> Integers:
    """Return numbers above nought so that no sum of them runs over."""
    if len(numbers) and int(numbers.max()) * len(numbers) >= _MOST:
        return numbers.astype(object)
    return numbers


def _top(number: Any) -> int:  # noqa: ANN401 - an integer or an array
    if isinstance(number, int):
        return abs(number)
    return max(abs(int(number.max())), abs(int(number.min()))) if len(number) else 0


def mask_of(members: frozenset[str], values: tuple[str, ...]) -> np.uint64:
    """Return a set as a mask; what is none of its type's values is a bit that no set has."""
    mask = np.uint64(0)
    for each in members:
        place = np.uint64(values.index(each)) if each in values else None
        mask |= _OUTSIDE if place is None else np.uint64(1) << place
    return mask


# ── Records ───────────────────────────────────────────────────────────────────────────────────


class _Inside(NamedTuple):
    """A record in every row: its columns, and where it is not known, absent, or there."""

    columns: Mapping[str, pa.Array]
    unknown: Bitmap
    none: Bitmap
    there: Bitmap


class Store:
    """
    Records of one class as columns.

    Args:
        columns: the Arrow arrays by name.

        rows: how many records.

        place: where they stand, for messages: "" or ``partners[].``.
    """

    def __init__(self, columns: Mapping[str, pa.Array], rows: int, place: str = "") -> None:
        self.rows = rows
        self.place = place
        none, all_ = nowhere(rows), everywhere(rows)
        self._inside: dict[str, _Inside] = {"": _Inside(columns, none, none, all_)}

    @classmethod
    def of(cls, batch: pa.RecordBatch, place: str = "") -> Store:
        """Return the rows of a batch as records."""
        return cls(dict(zip(batch.schema.names, batch.columns, strict=True)), batch.num_rows, place)

    def _record(self, path: str) -> _Inside:
        found = self._inside.get(path)
        if found is None:
            head, _, name = path.rpartition(".")
            outer = self._record(head)
            array = outer.columns.get(name)
            if array is None:
                raise FactsError(self.place + path, "a column of the table", "missing")
            if not pa.types.is_struct(array.type):
                raise FactsError(self.place + path, "a column of records", str(array.type))
            columns = {field.name: array.field(place) for place, field in enumerate(array.type)}
            here = outer.there & valid(array)
            none = here & self._absent(columns, NONE)
            found = _Inside(
                columns,
                outer.unknown | (outer.there & ~here),
                outer.none | none,
                here & ~none,
            )
            self._inside[path] = found
        return found

    def _absent(self, columns: Mapping[str, pa.Array], name: str) -> Bitmap:
        array = columns.get(name)
        if array is None or array.null_count == len(array):
            return nowhere(self.rows)
        if not pa.types.is_boolean(array.type):
            raise FactsError(self.place + name, "a column of yes and no", str(array.type))
        return valid(array) & bits(array.buffers()[1], array.offset, self.rows)

    def _leaf(self, path: str) -> tuple[_Inside, pa.Array, Bitmap]:
        """Return the record that a fact is in, its array, and where it is known to be absent."""
        head, _, name = path.rpartition(".")
        record = self._record(head)
        array = record.columns.get(name)
        if array is None:
            raise FactsError(
                self.place + path,
                "a column of the table (where nobody recorded it, a column of nulls)",
                "missing",
            )
        return record, array, self._absent(record.columns, f"{name}{NONE}")

    def column(self, path: str, fact: Fact, *, raw: bool = False) -> Column:
        """
        Return a fact of a single value.

        Args:
            path: its path.

            fact: what is declared of it.

            raw: whether what is absent stays so where it would be no.

        Raises:
            FactsError: the column is missing, or of another type.
        """
        if isinstance(fact.type, Record):
            record = self._record(path)
            return Column(self.rows, record.unknown, record.none, None)
        record, array, none = self._leaf(path)
        here = record.there & valid(array)
        none = (record.there & none & ~here) | record.none
        unknown = record.unknown | (record.there & ~here & ~none)
        if isinstance(fact.type, YesNo):
            array = self._cast(array, pa.bool_(), fact, path)
            yes = here & bits(array.buffers()[1], array.offset, self.rows)
            if not raw and absent(fact) is False:
                none = nowhere(self.rows)
            return Column(self.rows, unknown, none, yes)
        data, scale = self._data(array, fact, path)
        return Column(self.rows, unknown, none, data, scale)

    def stated(self, path: str, fact: Fact) -> Column:
        """Return what somebody stated of a derived fact; nothing where there is no such column."""
        there = "stated" in self._inside[""].columns
        if there and path.partition(".")[2] in self._record("stated").columns:
            return self.column(path, fact, raw=True)
        none = nowhere(self.rows)
        data = none if isinstance(fact.type, YesNo) else np.zeros(self.rows, np.int16)
        return Column(self.rows, ~none, none, data)

    def _data(self, array: pa.Array, fact: Fact, path: str) -> tuple[Any, int]:
        match fact.type:
            case Text():
                return self._cast(array, pa.string(), fact, path), 1
            case Choice(values):
                return self._codes(array, values, path), 1
            case Date():
                return _numbers(self._cast(array, pa.date32(), fact, path), np.int32), 1
            case Money() | Number(whole=False):
                places = PENCE if isinstance(fact.type, Money) else THOUSANDTHS
                if pa.types.is_integer(array.type):
                    # Arrow asks for room for every integer before it looks at those that there are.
                    array = array.cast(pa.decimal128(_DIGITS + places, places))
                cast = self._cast(array, pa.decimal128(18, places), fact, path)
                return _decimals(cast), 10**places
            case Number() | Months():
                return _numbers(self._cast(array, pa.int64(), fact, path), np.int64), 1
            case _:
                raise AssertionError("sets, lists and records are read by their own")

    def _cast(self, array: pa.Array, to: pa.DataType, fact: Fact, path: str) -> pa.Array:
        if array.type.equals(to):
            return array
        numbers = (pa.types.is_integer, pa.types.is_decimal, pa.types.is_floating)
        number = any(each(array.type) for each in numbers)
        wanted = any(each(to) for each in numbers)
        textual = pa.types.is_string(to) and (
            pa.types.is_large_string(array.type) or pa.types.is_dictionary(array.type)
        )
        dated = pa.types.is_date(to) and pa.types.is_temporal(array.type)
        if pa.types.is_null(array.type) or textual or dated or (number and wanted):
            try:
                return array.cast(to)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise FactsError(self.place + path, describe(fact.type), str(error)) from error
        raise FactsError(self.place + path, f"{describe(fact.type)} ({to})", str(array.type))

    def _codes(self, array: pa.Array, values: tuple[str, ...], path: str) -> NDArray[np.int16]:
        """Return the place of each value among the closed values; for a null any place."""
        if pa.types.is_dictionary(array.type):
            words = array.dictionary.to_pylist()
            places = np.array([_place(values, each) for each in words] or [0], np.int16)
            raw = _numbers(array.indices, array.indices.type.to_pandas_dtype())
            # Under a null there may be any number.
            codes = places.take(raw, mode="clip")
            if places.min() < 0:
                wrong = (codes < 0) & unpack(valid(array), len(array))
                if wrong.any():
                    self._no_value(path, values, words[raw[int(np.argmax(wrong))]])
                codes = np.maximum(codes, 0)
            return codes
        if pa.types.is_null(array.type):
            return np.zeros(len(array), np.int16)
        if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
            raise FactsError(self.place + path, f"one of {', '.join(values)}", str(array.type))
        found = pc.index_in(array, pa.array(values, array.type))
        if found.null_count > array.null_count:
            strange = array.filter(pc.and_(array.is_valid(), found.is_null()))
            self._no_value(path, values, strange[0].as_py())
        return np.asarray(found.fill_null(0), np.int16)

    def _no_value(self, path: str, values: tuple[str, ...], word: object) -> None:
        raise FactsError(self.place + path, f"one of {', '.join(values)}", repr(word))

    def set_column(self, path: str, fact: Fact) -> SetColumn:
        """
        Return a fact that is a set.

        Raises:
            FactsError: the column is missing, or of another type.
        """
        assert isinstance(fact.type, Choices)  # noqa: S101 - settled when the rule was checked
        values = fact.type.values
        if len(values) > _MOST_MEMBERS:
            raise EngineError("columnar", f"`{path}` has more than {_MOST_MEMBERS} closed values")
        record, array, none = self._leaf(path)
        if pa.types.is_null(array.type):
            array = array.cast(pa.list_(pa.string()))
        self._is_list(array, path)
        here = record.there & valid(array)
        offsets = np.asarray(array.offsets).astype(np.int64)
        inner = array.values.slice(offsets[0], offsets[-1] - offsets[0])
        codes = self._codes(inner, values, path)
        gaps = ~valid(inner)
        members = np.uint64(1) << codes.astype(np.uint64)
        members[unpack(gaps, len(inner))] = 0
        masks = np.zeros(self.rows, np.uint64)
        filled = np.flatnonzero(np.diff(offsets))
        closed = here
        if len(filled):
            starts = offsets[:-1][filled] - offsets[0]
            masks[filled] = np.bitwise_or.reduceat(members, starts)
            if inner.null_count:
                closed = here & ~pack(Spans(offsets - offsets[0], gaps).total > 0)
        masks[~unpack(here, self.rows)] = 0
        return SetColumn(self.rows, masks, closed | record.none | (record.there & none & ~here))

    def list_column(self, path: str, fact: Fact) -> ListColumn:
        """
        Return a fact that is a list of records.

        Raises:
            FactsError: the column is missing, or of another type.
        """
        assert isinstance(fact.type, Records)  # noqa: S101 - settled when the rule was checked
        record, array, none = self._leaf(path)
        if pa.types.is_null(array.type):
            array = array.cast(pa.list_(pa.struct([])))
        self._is_list(array, path)
        here = record.there & valid(array)
        closed = here
        offsets = np.asarray(array.offsets).astype(np.int64)
        inner = array.values.slice(offsets[0], offsets[-1] - offsets[0])
        offsets = offsets - offsets[0]
        if not pa.types.is_struct(inner.type):
            raise FactsError(self.place + path, "a list of records", str(array.type))
        lengths = np.diff(offsets)
        if (pack(lengths > 0) & ~here).any():
            there = np.repeat(unpack(here, self.rows), lengths)
            there &= unpack(valid(inner), len(inner))
            inner = pa.StructArray.from_arrays(
                inner.flatten(), fields=list(inner.type), mask=pa.array(~there)
            )
        real: Bitmap | None = None
        if inner.null_count:
            real = valid(inner)
            closed = here & ~pack(Spans(offsets, ~real).total > 0)
        # Flattened, what lies under a gap is null.
        columns = {
            field.name: array for field, array in zip(inner.type, inner.flatten(), strict=True)
        }
        records = Store(columns, int(offsets[-1]), f"{self.place}{path}[].")
        closed = closed | record.none | (record.there & none & ~here)
        return ListColumn(offsets, closed, records, real)

    def _is_list(self, array: pa.Array, path: str) -> None:
        if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
            raise FactsError(self.place + path, "a list", str(array.type))


def _place(values: tuple[str, ...], word: object) -> int:
    return values.index(word) if word in values else -1


def _numbers(array: pa.Array, dtype: Any) -> NDArray[Any]:  # noqa: ANN401 - a numpy type
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), dtype)
    return np.frombuffer(buffer, dtype)[array.offset : array.offset + len(array)]


def _decimals(array: pa.Array) -> Integers:
    """Return decimals of at most 18 digits as integers: the lower half of each."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), np.int64)
    halves = np.frombuffer(buffer, np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    return halves[::2]
