"""
Arrow columns as bitmaps and codes, which is what formulas are worked out on.

A bitmap has one bit for each row, in words of 64, lowest bit first, as Arrow keeps its own; bits
beyond the last row mean nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import gcd
from operator import eq
from typing import Any, Final, NamedTuple, TypeAlias

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from govrules.decode.values import describe
from govrules.engines.columns import NONE, arrow_type
from govrules.errors import EngineError, FactsError
from govrules.rulebook.expr import ORDER, Op
from govrules.vocabulary import Choice, Choices, Fact, FactType, Record, Records, Text, YesNo

Bitmap: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]
#: A number of each row, or of all, times a scale; and the scale.
Scaled: TypeAlias = tuple[Any, int]

_WORD: Final = 64
#: Sets are masks of one word; the sign stands for what no set of the type can have.
_MOST_MEMBERS: Final = 63
#: How many digits an integer of 64 bits may have.
_DIGITS: Final = 20
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def pack(flags: Flags) -> Bitmap:
    """Return one bit for each flag."""
    return _words(np.packbits(flags, bitorder="little"), len(flags))


def _words(octets: NDArray[np.uint8], rows: int) -> Bitmap:
    """Return bytes as 64-bit words of a bitmap, without a copy if they fill them."""
    if rows % _WORD:
        filled = np.zeros(-(-rows // _WORD) * 8, np.uint8)
        filled[: len(octets)] = octets
        octets = filled
    return octets.view(np.uint64)


def unpack(bitmap: Bitmap, rows: int) -> Flags:
    """Return the flag of each row."""
    return np.unpackbits(bitmap.view(np.uint8), count=rows, bitorder="little").view(np.bool_)


def zeros(rows: int) -> Bitmap:
    """Return the bitmap with no bit set."""
    return np.zeros(-(-rows // _WORD), np.uint64)


def ones(rows: int) -> Bitmap:
    """Return the bitmap with all bits set."""
    return ~zeros(rows)


def take(bitmap: Bitmap, rows: int, index: Integers | None) -> Bitmap:
    """Return the bits at an index; the bitmap itself if the index is None."""
    return bitmap if index is None else pack(unpack(bitmap, rows)[index])


def days(day: dt.date) -> int:
    """Return a date as Arrow counts it."""
    return day.toordinal() - _EPOCH


def bits(buffer: pa.Buffer | None, offset: int, rows: int) -> Bitmap:
    """Return the bits of an Arrow buffer from an offset; all set if it is None."""
    if buffer is None:
        return ones(rows)
    octets = np.frombuffer(buffer, np.uint8)
    first, shift = divmod(offset, 8)
    octets = octets[first : first + (shift + rows + 7) // 8]
    if shift:
        flags = np.unpackbits(octets, bitorder="little")[shift : shift + rows]
        return pack(flags.view(np.bool_))
    return _words(octets, rows)


def valid(array: pa.Array) -> Bitmap:
    """Return the validity bitmap of an array."""
    if types.is_null(array.type):
        return zeros(len(array))
    return bits(array.buffers()[0], array.offset, len(array))


def _with_own_nulls(array: pa.Array) -> pa.Array:
    """Return an array whose nulls are in its own validity, not its dictionary's."""
    if types.is_dictionary(array.type) and array.dictionary.null_count:
        return array.dictionary_decode().dictionary_encode()
    return array


def _yes(flags: pa.BooleanArray) -> Bitmap:
    """Return the bitmap of rows that say yes."""
    return valid(flags) & bits(flags.buffers()[1], flags.offset, len(flags))


@attrs.frozen(eq=False)
class FactColumn:
    """
    A single-valued fact of every row.

    Attributes:
        rows: how many rows.
        known: where it has a value; of a set, where it certainly has no more members.
        none: where it is known to be absent.
        data: the values, by its type: a bitmap of what is yes; integers (pence, thousandths, days,
            places in the list of closed values, or of a set the mask of its known members); an
            Arrow array of texts; nothing for a record.
        scale: what a number is multiplied by in `data`.
    """

    rows: int
    known: Bitmap
    none: Bitmap
    data: Any
    scale: int = 1

    @cached_property
    def unknown(self) -> Bitmap:
        """Where nobody recorded it."""
        return ~(self.known | self.none)

    def at(self, index: Integers | None) -> FactColumn:
        """Return the fact of the rows of an index."""
        if index is None:
            return self
        data = self.data
        if isinstance(data, pa.Array):
            data = data.take(pa.array(index))
        elif data is not None:
            data = take(data, self.rows, index) if data.dtype == np.uint64 else data[index]
        known, none = (take(each, self.rows, index) for each in (self.known, self.none))
        return FactColumn(len(index), known, none, data, self.scale)


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
class Segments:
    """
    List offsets, for counting and summing over each row's records.

    Attributes:
        offsets: where those of each row begin, and where the last end.
        real: which of them count; None where all do.
    """

    offsets: Integers
    real: Bitmap | None

    @cached_property
    def _places(self) -> tuple[Integers, Bitmap]:
        """The word index of each list offset, and the bits before it in that word."""
        words, places = np.divmod(self.offsets, _WORD)
        return words, (np.uint64(1) << places.astype(np.uint64)) - np.uint64(1)

    def counted(self, bitmap: Bitmap) -> Integers:
        """Return the number of set bits per row."""
        bitmap = bitmap if self.real is None else bitmap & self.real
        # The bits before an offset: those of the words before its own, and those before it there.
        words = np.zeros(len(bitmap) + 1, np.uint64)
        words[:-1] = bitmap
        before = np.zeros(len(words), np.int64)
        np.cumsum(np.bitwise_count(bitmap), out=before[1:])
        own, below = self._places
        ranks: Integers = before[own]
        ranks += np.bitwise_count(words[own] & below)
        return np.diff(ranks)

    def summed(self, numbers: Integers, where: Bitmap) -> Integers:
        """Return the sum per row of the numbers whose bit is set; none is negative."""
        where = where if self.real is None else where & self.real
        if len(numbers) and int(numbers.max()) * len(numbers) >= _MOST:
            numbers = numbers.astype(object)
        sums = np.zeros(len(numbers) + 1, numbers.dtype)
        np.cumsum(np.where(unpack(where, len(numbers)), numbers, 0), out=sums[1:])
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]


# ── Comparisons ───────────────────────────────────────────────────────────────────────────────

#: Integers stay below this, so that 64 bits hold them.
_MOST: Final = 2**62
_RELATION: Final = {**ORDER, Op.EQUALS: eq}


def related(one: FactColumn, op: Op, other: Any, kind: FactType) -> Bitmap:  # noqa: ANN401 - any value
    """Return the bitmap of a comparison of two columns, or of a column with a value."""
    match kind, other:
        case YesNo(), FactColumn(data=data):
            return ~(one.data ^ data)  # type: ignore[no-any-return]
        case YesNo(), _:
            return one.data if other else ~one.data  # type: ignore[no-any-return]
        case Text(), _:
            return _yes(pc.equal(one.data, other.data if isinstance(other, FactColumn) else other))
        case _, FactColumn(data=data, scale=scale):
            second: Scaled = data, scale
        case Choice(values), _:
            second = values.index(other), 1
        case _, dt.date():
            second = days(other), 1
        case _:
            second = Fraction(other).as_integer_ratio()
    return pack(holds((one.data, one.scale), op, second))


def holds(one: Scaled, op: Op, other: Scaled) -> Any:  # noqa: ANN401 - a flag or an array of them
    """Tell whether a number equals another, or is at least or more than it."""
    (first, scale), (second, of) = one, other
    common = gcd(scale, of)
    return _RELATION[op](product(first, of // common), product(second, scale // common))


def product(one: Any, other: Any) -> Any:  # noqa: ANN401 - integers or arrays of them
    """Return a product, widened so that it cannot overflow."""
    if isinstance(other, int) and other == 1:
        return one
    if _top(one) * _top(other) >= _MOST:
        one = np.asarray(one).astype(object)
    return one * other


def _top(number: Any) -> int:  # noqa: ANN401 - an integer or an array
    if isinstance(number, int):
        return abs(number)
    return max(abs(int(number.max())), abs(int(number.min()))) if len(number) else 0


def mask_of(members: frozenset[str], values: tuple[str, ...]) -> np.int64:
    """Return a set as a bit mask; a value outside its type gets a bit no set has."""
    places = {values.index(member) if member in values else _MOST_MEMBERS for member in members}
    return np.uint64(sum(1 << place for place in places)).view(np.int64)


#: Types that are cast into each other.
_ALIKE: Final = (
    (types.is_integer, types.is_decimal, types.is_floating),
    (types.is_string, types.is_large_string, types.is_dictionary),
    (types.is_temporal,),
)


def _may_be_cast(one: pa.DataType, other: pa.DataType) -> bool:
    alike = (all(any(is_(of) for is_ in kind) for of in (one, other)) for kind in _ALIKE)
    return types.is_null(one) or any(alike)


# ── Records ───────────────────────────────────────────────────────────────────────────────────


class _RecordColumns(NamedTuple):
    """A nested record of every row: its columns, presence and known absence."""

    columns: Mapping[str, pa.Array]
    there: Bitmap
    none: Bitmap


#: The record of the facts that packs add.
_LOCAL: Final = "local"


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
        self._inside = {"": _RecordColumns(columns, ones(rows), zeros(rows))}
        if _LOCAL not in columns:
            self._inside[_LOCAL] = _RecordColumns({}, zeros(rows), zeros(rows))

    @classmethod
    def of(cls, batch: pa.RecordBatch, place: str = "") -> Store:
        """Return the rows of a batch as records."""
        return cls(dict(zip(batch.schema.names, batch.columns, strict=True)), batch.num_rows, place)

    def _error(self, path: str, expected: str, found: object) -> FactsError:
        return FactsError(self.place + path, expected, str(found))

    def _array(self, path: str, hint: str = "") -> tuple[_RecordColumns, pa.Array, Bitmap]:
        """Return the record of a fact, its array and its validity."""
        head, _, name = path.rpartition(".")
        record = self._record(head)
        array = record.columns.get(name)
        if array is None and head == _LOCAL:
            # Who keeps a table need not know which facts of their own packs read.
            array = pa.nulls(self.rows)
        if array is None:
            raise self._error(path, f"a column of the table{hint}", "missing")
        array = _with_own_nulls(array)
        return record, array, record.there & valid(array)

    def _record(self, path: str) -> _RecordColumns:
        found = self._inside.get(path)
        if found is None:
            outer, array, here = self._array(path)
            if not types.is_struct(array.type):
                raise self._error(path, "a column of records", array.type)
            columns = {field.name: array.field(place) for place, field in enumerate(array.type)}
            none = here & self._absent(columns, NONE)
            found = self._inside[path] = _RecordColumns(columns, here & ~none, outer.none | none)
        return found

    def _absent(self, columns: Mapping[str, pa.Array], name: str) -> Bitmap:
        array = columns.get(name)
        if array is None or array.null_count == len(array):
            return zeros(self.rows)
        if not types.is_boolean(array.type):
            raise self._error(name, "a column of yes and no", array.type)
        return _yes(array)

    def _leaf(self, path: str) -> tuple[pa.Array, Bitmap, Bitmap]:
        """Return the array of a fact, its validity, and where it is known to be absent."""
        hint = " (where nobody recorded it, a column of nulls)"
        record, array, here = self._array(path, hint)
        absent = self._absent(record.columns, f"{path.rpartition('.')[2]}{NONE}")
        return array, here, record.none | (record.there & ~here & absent)

    def column(self, path: str, fact: Fact, *, raw: bool = False) -> FactColumn:
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
            return FactColumn(self.rows, record.there, record.none, None)
        array, here, none = self._leaf(path)
        data, scale = self._data(array, fact, path)
        if isinstance(fact.type, YesNo):
            data = here & data
            if not raw:
                here, none = here | none, zeros(self.rows)
        return FactColumn(self.rows, here, none, data, scale)

    def stated(self, path: str, fact: Fact) -> FactColumn:
        """Return the column of a stated derived fact; empty if there is none."""
        there = "stated" in self._inside[""].columns
        if there and path.partition(".")[2] in self._record("stated").columns:
            return self.column(path, fact, raw=True)
        none = zeros(self.rows)
        data = none if isinstance(fact.type, YesNo) else np.zeros(self.rows, np.int16)
        return FactColumn(self.rows, none, none, data)

    def _data(self, array: pa.Array, fact: Fact, path: str) -> Scaled:
        """Return the values of a fact as `Column` has them, under nulls any; and their scale."""
        if isinstance(fact.type, Choice):
            return self._codes(array, fact.type.values, path), 1
        to = arrow_type(fact.type)
        if types.is_decimal(to) and types.is_integer(array.type):
            # Arrow asks for room for every integer before it looks at those that there are.
            array = array.cast(pa.decimal128(_DIGITS + to.scale, to.scale))
        if not array.type.equals(to):
            if not _may_be_cast(array.type, to):
                raise self._error(path, f"{describe(fact.type)} ({to})", array.type)
            try:
                array = array.cast(to)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise self._error(path, describe(fact.type), error) from error
        if types.is_string(to):
            return array, 1
        if types.is_boolean(to):
            return bits(array.buffers()[1], array.offset, len(array)), 1
        if types.is_decimal(to):
            # Of a decimal of at most 18 digits the lower half is the integer.
            return _numbers(array, np.int64, 2), 10**to.scale
        return _numbers(array, np.int32 if types.is_date(to) else np.int64), 1

    def _codes(self, array: pa.Array, values: tuple[str, ...], path: str) -> NDArray[np.int16]:
        """Return the index of each value among the closed values; arbitrary for nulls."""
        if types.is_null(array.type):
            return np.zeros(len(array), np.int16)
        one_of = f"one of {', '.join(values)}"
        if types.is_string(array.type) or types.is_large_string(array.type):
            array = array.dictionary_encode()
        if not types.is_dictionary(array.type):
            raise self._error(path, one_of, array.type)
        words = array.dictionary.to_pylist()
        places = [values.index(word) if word in values else -1 for word in words]
        raw = _numbers(array.indices, np.dtype(str(array.indices.type)))
        # Under a null there may be any number.
        codes = np.array(places or [0], np.int16).take(raw, mode="clip")
        if -1 in places:
            wrong = (codes < 0) & unpack(valid(array), len(array))
            if wrong.any():
                raise self._error(path, one_of, repr(words[raw[int(np.argmax(wrong))]]))
            codes = np.maximum(codes, 0)
        return codes

    def set_column(self, path: str, fact: Fact) -> FactColumn:
        """
        Return a fact that is a set.

        Raises:
            FactsError: the column is missing, or of another type.
        """
        assert isinstance(fact.type, Choices)  # noqa: S101 - settled when the rule was checked
        values = fact.type.values
        if len(values) > _MOST_MEMBERS:
            raise EngineError("columnar", f"`{path}` has more than {_MOST_MEMBERS} closed values")
        inner, offsets, here, closed = self._items(path, fact)
        members = np.int64(1) << self._codes(inner, values, path).astype(np.int64)
        members[~unpack(valid(inner), len(inner))] = 0
        masks = np.zeros(self.rows, np.int64)
        filled = np.flatnonzero(np.diff(offsets))
        masks[filled] = np.bitwise_or.reduceat(members, offsets[filled])
        masks[~unpack(here, self.rows)] = 0
        return FactColumn(self.rows, closed, zeros(self.rows), masks)

    def list_column(self, path: str, fact: Fact) -> ListColumn:
        """
        Return a fact that is a list of records.

        Raises:
            FactsError: the column is missing, or of another type.
        """
        inner, offsets, here, closed = self._items(path, fact)
        lengths = np.diff(offsets)
        if (pack(lengths > 0) & ~here).any():
            there = np.repeat(unpack(here, self.rows), lengths)
            there &= unpack(valid(inner), len(inner))
            inner = pa.StructArray.from_arrays(
                inner.flatten(), fields=list(inner.type), mask=pa.array(~there)
            )
        # Flattened, what lies under a gap is null.
        columns = dict(zip((field.name for field in inner.type), inner.flatten(), strict=True))
        records = Store(columns, len(inner), f"{self.place}{path}[].")
        return ListColumn(offsets, closed, records, valid(inner) if inner.null_count else None)

    def _items(self, path: str, fact: Fact) -> tuple[pa.Array, Integers, Bitmap, Bitmap]:
        """Return all items of a list column, the offsets, presence, and closedness."""
        array, here, none = self._leaf(path)
        records = isinstance(fact.type, Records)
        if types.is_null(array.type):
            array = array.cast(pa.list_(pa.struct([]) if records else pa.string()))
        if not (types.is_list(array.type) or types.is_large_list(array.type)):
            raise self._error(path, "a list", array.type)
        if records and not types.is_struct(array.type.value_type):
            raise self._error(path, "a list of records", array.type)
        offsets = np.asarray(array.offsets).astype(np.int64)
        inner = _with_own_nulls(array.values.slice(offsets[0], offsets[-1] - offsets[0]))
        offsets -= offsets[0]
        closed = here
        if inner.null_count:
            closed = here & ~pack(Segments(offsets, None).counted(~valid(inner)) > 0)
        return inner, offsets, here, closed | none


def _numbers(array: pa.Array, dtype: Any, step: int = 1) -> NDArray[Any]:  # noqa: ANN401 - a numpy type
    """Return an array's integers; with a step, the first of each group."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), dtype)
    end = array.offset + len(array)
    return np.frombuffer(buffer, dtype)[step * array.offset : step * end : step]
