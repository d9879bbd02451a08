"""
Columns that are laid out as facts, decoded: whatever stands in them, to what engines judge.

A column is looked at by its distinct values. One that already holds what its fact takes is passed
on as it is; what says no value, or none that can be read, is a null, and is told.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
import numpy as np
import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import types

from govrules.bodies import counts_once, twins_merged
from govrules.decode.amounts import MOST
from govrules.decode.names import fold_body
from govrules.decode.problems import Problem, describe
from govrules.decode.states import APOSTROPHES, DASHES, NO_TEXTS
from govrules.decode.values import CellFormat, written
from govrules.diagnostics import Code
from govrules.doubts import date_ahead
from govrules.engines.columns import (
    NONE,
    SAID,
    STATED,
    arrow_type,
    derived_of,
    from_array,
    to_array,
)
from govrules.model import Partner
from govrules.own import base_of
from govrules.registers.cell_reader import CellReader
from govrules.registers.own_schema import CORRECT, Doubts, Problems, Where
from govrules.registers.rows import MAX_CELLS_NAMED
from govrules.registers.tables import InterningMap
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Fact,
    FactType,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    is_past,
    vocabulary_of,
)

#: In a record, the column of what is said of the record itself.
ITSELF: Final = "__itself"
_DOES_NOT_FIT: Final = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
#: What the companion of a fact says: that there is none.
_ABSENT: Final = Fact("none", YesNo(), Kind.CIRCUMSTANCE, "it is none", "Is there none?")


def _pattern(words: Collection[str]) -> str:
    """Return a pattern of words, tolerant of spaces and dashes."""
    marks = {" ": r"[\s\pZ]+", "-": f"[-{DASHES}]", "'": f"['{APOSTROPHES}]"}
    each = ("".join(marks.get(mark) or re.escape(mark) for mark in word) for word in sorted(words))
    return rf"^[\s\pZ]*(?:{'|'.join(each)})[\s\pZ]*$"


#: So many values show whether those of a column are repeated.
_HEAD: Final = 1024

#: What a distinct value is of which something is told, as a number; 0 of all others.
_UNREAD: Final = 1
_WITH_CARE: Final = 2
_PLACEHOLDER: Final = 3
#: Texts that are none.
_NO_TEXT: Final = _pattern(NO_TEXTS)


@attrs.define
class ColumnDecoder:
    """
    Decodes batches of subjects of one class.

    Attributes:
        cls: the class.
        rulebook: the rules, whose local and derived facts have columns too.
        doubts: where is told what cannot be read.
        exact: whether numbers are kept with more digits than engines reckon with.
        as_of: the date of the assessment, if dates of things done that lie after it are told.
        complete: whether a list of closed values says that there are no others.
    """

    cls: type
    rulebook: Rulebook | None
    doubts: Doubts
    exact: bool = False
    as_of: dt.date | None = None
    complete: bool = True
    #: Columns of a batch in which nothing is known, which share their memory.
    _nothing: dict[tuple[int, pa.DataType], pa.Array] = attrs.field(factory=dict, init=False)

    def batch(
        self, batch: pa.RecordBatch, before: int, wanted: Collection[str] | None = None
    ) -> pa.RecordBatch:
        """
        Return a batch with the columns of `schema_of`.

        Args:
            batch: what was read.

            before: how many rows came before it.

            wanted: the columns; all if not given. What the batch lacks is unknown in every row.
        """
        self._nothing.clear()
        inner = dict(zip(batch.schema.names, batch.columns, strict=True))
        where = Where("", lambda at: at + before, batch.num_rows)
        made = self._facts(inner, self.cls, where, wanted)
        return pa.RecordBatch.from_arrays([*made.values()], names=[*made])

    def _nulls(self, rows: int, kind: pa.DataType) -> pa.Array:
        """Return a column of unknowns."""
        if (rows, kind) in self._nothing:
            return self._nothing[rows, kind]
        found = pa.nulls(rows, kind)
        # Of lists of records `pa.nulls` makes no columns of numbers that can be looked at.
        if types.is_list(kind):
            nowhere, empty = np.zeros(rows + 1, np.int32), pa.array([], kind.value_type)
            mask = found.is_null()
            found = pa.ListArray.from_arrays(pa.array(nowhere), empty, type=kind, mask=mask)
        elif types.is_struct(kind):
            inner = [self._nulls(rows, each.type) for each in kind]
            found = pa.StructArray.from_arrays(inner, fields=[*kind], mask=found.is_null())
        self._nothing[rows, kind] = found
        return found

    # ── Records ───────────────────────────────────────────────────────────────────────────────

    def _facts(
        self,
        inner: Mapping[str, pa.Array],
        cls: type,
        where: Where,
        wanted: Collection[str] | None = None,
    ) -> dict[str, pa.Array]:
        """Return a class's columns decoded; those already correct are unchanged."""
        vocabulary = vocabulary_of(cls)
        made: dict[str, pa.Array] = {}
        for name, fact in vocabulary.fields.items():
            if wanted is None or name in wanted:
                self._fact(made, inner, fact, where)
        facts = derived_of(cls, self.rulebook)
        if facts and STATED in inner and STATED in vocabulary.about:
            # Derived facts are called by their names alone.
            made[STATED] = self._stated(inner[STATED], facts, where)
        for name in SAID:
            if name in inner and name in vocabulary.about:
                made[name] = inner[name]
        return made

    def _stated(self, array: pa.Array, facts: Mapping[str, Fact], where: Where) -> pa.Array:
        def decoded(inner: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
            made: dict[str, pa.Array] = {}
            for name, fact in facts.items():
                if name in inner or f"{name}{NONE}" in inner:
                    self._fact(made, inner, attrs.evolve(fact, name=name), where)
            return made

        if not types.is_struct(array.type):
            return pa.nulls(len(array), pa.struct([]))
        return _struct(array, decoded)

    def _fact(
        self,
        made: dict[str, pa.Array],
        inner: Mapping[str, pa.Array],
        fact: Fact,
        around: Where,
    ) -> None:
        """Add the column of a fact, and its absence column."""
        name, companion, where = fact.name, f"{fact.name}{NONE}", around.fact(fact.name)
        array, absent = inner.get(name), inner.get(companion)
        none: pa.Array | None = None
        match fact.type:
            case _ if array is None:
                made[name] = self._nulls(where.number, arrow_type(fact.type, self.rulebook))
            case Record(cls):
                made[name] = self._record(array, cls, fact, where)
            case Records(cls):
                made[name] = self._list(array, cls, fact, where)
            case Choices():
                made[name] = self._set(array, fact, where)
            case _:
                made[name], none = self._single(array, fact, where)
        absent = self._absence(absent, where)
        if none is not None:
            absent = none if absent is None else pc.or_(_filled(absent), none)
        if absent is not None:
            made[companion] = absent

    def _absence(self, array: pa.Array | None, where: Where) -> pa.Array | None:
        """Return an absence column as booleans."""
        if array is None or types.is_boolean(array.type):
            return array
        return self._single(array, _ABSENT, where)[0]

    def _record(self, array: pa.Array, cls: type, fact: Fact, where: Where) -> pa.Array:
        if not types.is_struct(array.type):
            return self._states(array, fact, where)

        def decoded(inner: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
            made = self._facts(inner, cls, where)
            absent = self._absence(inner.get(NONE), where)
            if ITSELF in inner:
                absent = pc.struct_field(self._states(inner[ITSELF], fact, where), NONE)
            return made if absent is None else {**made, NONE: absent}

        return _struct(array, decoded)

    def _list(self, array: pa.Array, cls: type, fact: Fact, where: Where) -> pa.Array:
        if not _is_list(array.type):
            return self._states(array, fact, where)
        lengths = _lengths(array)
        parents = np.repeat(np.arange(len(array)), lengths)
        items = array.flatten()
        made, inside = items, where.items(parents)
        if types.is_struct(items.type):
            made = _struct(items, lambda inner: self._facts(inner, cls, inside))
        else:
            to = arrow_type(fact.type, self.rulebook).value_type
            made = self._of_another_shape(items, attrs.evolve(fact, type=Record(cls)), to, inside)
        if made is not items or not types.is_list(array.type):
            array = _listed(lengths, made, array)
        return self._once_each(array, parents, fact, where) if base_of(cls) is Partner else array

    def _once_each(
        self,
        array: pa.Array,
        parents: Any,  # noqa: ANN401 - an array of numbers
        fact: Fact,
        where: Where,
    ) -> pa.Array:
        """Return lists of partners with duplicates of one body merged."""
        names = pc.struct_field(array.flatten(), "name") if len(parents) else None
        if names is None or names.null_count == len(names):
            return array
        coded = names.dictionary_encode()
        bodies: dict[str, int] = {}
        body = np.array(
            [
                bodies.setdefault(fold_body(each), len(bodies))
                for each in coded.dictionary.to_pylist()
            ]
        )
        there = coded.indices.is_valid().to_numpy(zero_copy_only=False)
        codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
        keys = (parents * len(bodies) + body[codes])[there]
        # To count by hashes is far quicker than to sort, and seldom is there anything to be found.
        if pc.count_distinct(pa.array(keys)).as_py() == len(keys):
            return array
        found, counts = np.unique(keys, return_counts=True)
        places = np.unique(found[counts > 1] // len(bodies))
        lists = [*from_array(array.take(pa.array(places)), fact.type, self.rulebook)]
        merged = []
        for place, partners in zip(places, lists, strict=True):
            whole, twice = twins_merged(partners)
            merged.append(whole)
            for at, _ in twice:
                self.doubts.say(
                    where,
                    Code.PARTNER_TWICE,
                    np.array([place]),
                    _always(counts_once(partners[at].name, where.path)),
                )
        several = to_array(merged, fact.type, self.rulebook, array.type)
        index = np.arange(len(array))
        index[places] = len(array) + np.arange(len(places))
        return pa.concat_arrays([array, several]).take(pa.array(index))

    def _states(self, array: pa.Array, fact: Fact, where: Where) -> pa.Array:
        """Return records or lists given only as states."""
        to = arrow_type(fact.type, self.rulebook)
        if types.is_nested(array.type):
            return self._of_another_shape(array, fact, to, where)
        coded = _coded(array)
        values = self._read(coded, CellReader(fact, CellFormat()), where)
        absent: Any = [] if isinstance(fact.type, Records) else {NONE: True}
        said = pa.array([None if value is UNKNOWN else absent for value in values], to)
        return said.take(coded.indices)

    def _set(self, array: pa.Array, fact: Fact, where: Where) -> pa.Array:
        """Return sets of closed values."""
        assert isinstance(fact.type, Choices)  # noqa: S101 - the caller looked
        to, kind = arrow_type(fact.type), array.type
        complete = self.complete
        if complete and kind.equals(to) and _are_among(array.values.dictionary, fact.type):
            return array
        if not _is_list(kind):
            if types.is_nested(kind):
                return self._of_another_shape(array, fact, to, where)
            coded = _coded(array)
            values = self._read(coded, CellReader(fact, CellFormat()), where)
            return to_array(values, fact.type, None, to).take(coded.indices)
        if complete and types.is_string(kind.value_type):
            items = array.flatten().dictionary_encode()
            if _are_among(items.dictionary, fact.type):
                return _listed(_lengths(array), items, array)
        reader = CellReader(fact, CellFormat(complete=complete))
        cells = array.to_pylist()
        read = InterningMap(lambda cell: reader.read([*cell] if isinstance(cell, tuple) else cell))
        found = [read[tuple(cell) if isinstance(cell, list) else cell] for cell in cells]
        bad = np.flatnonzero([isinstance(each, Problem) for each in found])
        self.doubts.say(where, Code.UNREADABLE_VALUE, bad, lambda place: found[bad[place]])
        several = (each.value if isinstance(each, Problem) else each for each in found)
        return to_array(several, fact.type, None, to)

    # ── Single values ─────────────────────────────────────────────────────────────────────────

    def _single(
        self, array: pa.Array, fact: Fact, where: Where
    ) -> tuple[pa.Array, pa.Array | None]:
        """Return a decoded single-valued column, and its absence column, if any."""
        to = arrow_type(fact.type)
        none: pa.Array | None = None
        if types.is_dictionary(array.type) and types.is_string_view(array.type.value_type):
            # Arrow takes nothing from views of texts.
            words = array.dictionary.cast(pa.string())
            array = pa.DictionaryArray.from_arrays(array.indices, words)
        made = as_it_is(array, fact.type, to)
        if made is None and types.is_nested(array.type):
            made = self._of_another_shape(array, fact, to, where)
        if made is None:
            coded = _coded(array)
            # A number of months needs no unit beside it, and a text does.
            unit = "months" if isinstance(fact.type, Months) and _is_number(array.type) else ""
            values = self._read(coded, CellReader(fact, CellFormat(unit=unit)), where)
            made = self._made(values, coded, to, where)
            absent = pa.array([value is None for value in values], pa.bool_())
            found = _filled(absent.take(coded.indices))
            none = found if pc.any(found).as_py() else None
        if self.as_of is not None and is_past(fact.type):
            self._ahead(made, self.as_of, where)
        return made, none

    def _of_another_shape(
        self, array: pa.Array, fact: Fact, to: pa.DataType, where: Where
    ) -> pa.Array:
        message = f"what stands here cannot be read as {describe(fact.type)}: it is {array.type}"
        there = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
        self.doubts.say(
            where,
            Code.UNREADABLE_VALUE,
            there,
            _always(Problem(Code.UNREADABLE_VALUE, message, CORRECT)),
        )
        return pa.nulls(len(array), to)

    def _read(self, coded: pa.DictionaryArray, reader: CellReader, where: Where) -> list[Any]:
        """Decode each distinct value of a column, reporting unreadable ones."""
        words = coded.dictionary.to_pylist()
        found = reader.column(words)
        kinds = np.array(
            [
                (_WITH_CARE if each.code is Code.READ_WITH_CARE else _UNREAD)
                if isinstance(each, Problem)
                else _PLACEHOLDER * reader.is_placeholder(word)
                for word, each in zip(words, found, strict=True)
            ],
            np.int8,
        )
        if kinds.any():
            self.tell(where, coded, found, kinds)
        return [each.value if isinstance(each, Problem) else each for each in found]

    def tell(self, where: Where, coded: pa.DictionaryArray, found: list[Any], kinds: Any) -> None:  # noqa: ANN401 - an array of numbers
        """Report unreadable values and placeholders of a column."""
        there = coded.indices.is_valid().to_numpy(zero_copy_only=False)
        codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
        of = np.where(there, kinds[codes], 0)
        for kind, code in ((_UNREAD, Code.UNREADABLE_VALUE), (_WITH_CARE, Code.READ_WITH_CARE)):
            at = np.flatnonzero(of == kind)
            said = [found[each] for each in codes[at[:MAX_CELLS_NAMED]]]
            self.doubts.say(where, code, at, said.__getitem__)
        at = np.flatnonzero(of == _PLACEHOLDER)
        if len(at):
            held, words = dict.fromkeys(codes[at].tolist()), coded.dictionary.to_pylist()
            self.doubts.placeholders(where, at, [written(words[each]).strip() for each in held])

    def _made(
        self,
        values: list[Any],
        coded: pa.DictionaryArray,
        to: pa.DataType,
        where: Where,
    ) -> pa.Array:
        """Return a column's values by code."""
        known = [None if each is UNKNOWN else each for each in values]
        if types.is_dictionary(to):
            return pa.array(known, pa.string()).dictionary_encode().take(coded.indices)
        try:
            return pa.array(known, to).take(coded.indices)
        except (*_DOES_NOT_FIT, OverflowError):
            if self.exact:
                exact = [None if each is None else Decimal(each) for each in known]
                return pa.array(exact).take(coded.indices)
        kept = [each if _is_kept(each, to) else None for each in known]
        for code, (value, whole) in enumerate(zip(kept, known, strict=True)):
            if value is None is not whole:
                at = np.flatnonzero(coded.indices.to_numpy(zero_copy_only=False) == code)
                problem = Problem(
                    Code.UNREADABLE_VALUE,
                    f"`{whole}` has more digits than a column keeps, so that it is unknown here",
                    "round it: amounts to the penny, other numbers to six places; `check` reads it "
                    "whole",
                )
                self.doubts.say(where, Code.UNREADABLE_VALUE, at, _always(problem))
        return pa.array(kept, to).take(coded.indices)

    def _ahead(self, array: pa.Array, as_of: dt.date, where: Where) -> None:
        """Report past events dated in the future, which count as unknown."""
        late = _filled(pc.greater(array, pa.scalar(as_of)))
        at = np.flatnonzero(late.to_numpy(zero_copy_only=False))
        if len(at):
            self.doubts.say(
                where,
                Code.DATE_AHEAD,
                at,
                lambda place: date_ahead(array[int(at[place])].as_py(), as_of),
            )


def _struct(
    array: pa.Array, decoded: Callable[[Mapping[str, pa.Array]], dict[str, pa.Array]]
) -> pa.Array:
    """Return an array of records with decoded columns; itself if unchanged."""
    inner = dict(zip((each.name for each in array.type), array.flatten(), strict=True))
    made = decoded(inner)
    if made.keys() == inner.keys() and all(made[name] is inner[name] for name in made):
        return array
    return pa.StructArray.from_arrays([*made.values()], names=[*made], mask=pc.is_null(array))


def _always(problem: Problem) -> Problems:
    return lambda _: problem


def _filled(array: pa.Array) -> pa.Array:
    """Return yes and no with nulls as no."""
    return pc.fill_null(array, False)  # noqa: FBT003 - a plain value


def _is_list(kind: pa.DataType) -> bool:
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


# ── Columns that are as they should be ────────────────────────────────────────────────────────


def as_it_is(array: pa.Array, fact_type: FactType, to: pa.DataType) -> pa.Array | None:
    """Return a column that needs no decoding in its fact's type; else None."""
    kind = array.type
    if types.is_null(kind):
        return pa.nulls(len(array), to)
    match fact_type:
        case Text():
            return _plain_texts(array)
        case Choice(values):
            if types.is_dictionary(kind) and types.is_string(kind.value_type):
                words = array.dictionary
            elif _is_text(kind):
                array = array.cast(pa.string()).dictionary_encode()
                words = array.dictionary
            else:
                return None
            return array.cast(to) if {*words.to_pylist()} <= {*values} else None
        case Money() | Number() | Months():
            most = MOST if isinstance(fact_type, Money) else getattr(fact_type, "most", None)
            return _plain_numbers(array, to, most)
        case _:
            return array if kind.equals(to) else None


def _plain_texts(array: pa.Array) -> pa.Array | None:
    """Return texts that are plain values; None if one may not be."""
    kind = array.type
    if types.is_dictionary(kind):
        kind, words = kind.value_type, array.dictionary
    else:
        words = None
    if not _is_text(kind):
        return None
    if words is None:
        array = words = array.cast(pa.string())
        # Where texts are repeated each is looked at once.
        head = array.slice(0, _HEAD)
        if len(head) < len(array) and 2 * len(head.unique()) < len(head):
            words = array.dictionary_encode().dictionary
    odd = pc.match_substring_regex(words.cast(pa.string()), _NO_TEXT, ignore_case=True)
    return None if pc.any(odd).as_py() else array.cast(pa.string())


def _plain_numbers(array: pa.Array, to: pa.DataType, most: Decimal | None) -> pa.Array | None:
    """Return exact numbers in range; None if one may not be."""
    try:
        if types.is_floating(array.type):
            array = array.cast(pa.int64())
        if not _is_number(array.type):
            return None
        # Arrow asks for room for every integer before it looks at those that there are.
        wide = pa.decimal128(38, to.scale) if types.is_decimal(to) else to
        array = array.cast(wide)
        bounds = pc.min_max(array).as_py()
        least, greatest = bounds["min"], bounds["max"]
        if least is not None and (least < 0 or (most is not None and greatest > most)):
            return None
        return array.cast(to)
    except _DOES_NOT_FIT:
        return None


def _is_text(kind: pa.DataType) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_integer(kind) or types.is_decimal(kind))


def _is_kept(value: Any, to: pa.DataType) -> bool:  # noqa: ANN401 - any single value
    try:
        pa.scalar(value, to)
    except (*_DOES_NOT_FIT, OverflowError):
        return False
    return True


def _are_among(words: pa.Array, fact_type: Choices) -> bool:
    return {*words.to_pylist()} <= {*fact_type.values}


def _coded(array: pa.Array) -> pa.DictionaryArray:
    """Return a column dictionary-encoded."""
    if types.is_binary(array.type) or types.is_large_binary(array.type):
        with contextlib.suppress(pa.ArrowInvalid):
            array = array.cast(pa.string())
    return array if types.is_dictionary(array.type) else array.dictionary_encode()


def _lengths(array: pa.Array) -> Any:  # noqa: ANN401 - an array of numbers
    """Return how many items each list has."""
    return pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)


def _listed(lengths: Any, items: pa.Array, like: pa.Array) -> pa.Array:  # noqa: ANN401 - an array of numbers
    """Return items as lists of given lengths, null where another array is."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=pc.is_null(like))
