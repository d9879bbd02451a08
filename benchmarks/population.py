"""Partnerships by the hundred thousand as columns: 2 to 6 partners, 15 % of facts unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from govrules import load_rulebook
from govrules.engines.columns import BLOCK, NONE, schema_of
from govrules.model import Partnership
from govrules.vocabulary import Choice, Choices, Fact, Record, Records, is_past, vocabulary_of

AS_OF = dt.date(2026, 3, 31)
UNKNOWN = 0.15
#: How many of the facts that can be absent are known to be so.
ABSENT = 0.05
#: Of the members of a set, how often one says that there may be more.
OPEN = 0.02
PARTNERS = (2, 6)
_WORDS = (
    "Northmoor",
    "Eastshire",
    "Westvale",
    "Southbank",
    "care",
    "housing",
    "transport",
    "skills",
)
_FIRST = dt.date(2020, 1, 1)
_DAYS = 2_300


def population(rows: int, *, columns: frozenset[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield this many partnerships, the same in every run, in batches that stay in cache."""
    for start in range(0, rows, BLOCK):
        yield _batch(min(BLOCK, rows - start), start, columns)


def sample(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the first partnerships of the population."""
    yield _batch(BLOCK, 0, None).slice(0, rows)


def _batch(rows: int, start: int, columns: frozenset[str] | None) -> pa.RecordBatch:
    drawn = np.random.default_rng(start)
    schema = schema_of(Partnership, load_rulebook())
    arrays, fields = [], []
    for field in schema:
        if field.name in ("local", "stated", "evidence", "origin"):
            continue
        array = _array(field, Partnership, rows, drawn, start)
        if columns is None or field.name in columns or field.name == "id":
            arrays.append(array)
            fields.append(field)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _array(
    field: pa.Field, cls: type, rows: int, drawn: np.random.Generator, start: int
) -> pa.Array:
    kind = field.type
    fact = vocabulary_of(cls).fields.get(field.name)
    if field.name == "id":
        return pa.array([f"P{start + each:07}" for each in range(rows)])
    mask = drawn.random(rows) < UNKNOWN
    if field.name.endswith(NONE):
        return pa.array(drawn.random(rows) < ABSENT)
    assert fact is not None
    if pa.types.is_struct(kind):
        assert isinstance(fact.type, Record)
        inner = [_array(each, fact.type.cls, rows, drawn, start) for each in kind]
        return pa.StructArray.from_arrays(inner, fields=list(kind), mask=pa.array(mask))
    if pa.types.is_list(kind):
        return _list(kind, fact, rows, drawn, mask)
    return _scalars(kind, fact, rows, drawn, mask)


def _list(kind: Any, fact: Fact, rows: int, drawn: np.random.Generator, mask: Any) -> pa.Array:  # noqa: ANN401 - arrays
    low, high = PARTNERS if fact.name == "partners" else (0, 4)
    lengths = np.where(mask, 0, drawn.integers(low, high + 1, rows))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    inner = pa.field("item", kind.value_type)
    total = int(offsets[-1])
    if isinstance(fact.type, Records):
        parts = [_array(each, fact.type.cls, total, drawn, 0) for each in inner.type]
        values = pa.StructArray.from_arrays(parts, fields=list(inner.type))
    else:
        values = _scalars(inner.type, fact, total, drawn, drawn.random(total) < OPEN)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind, mask=pa.array(mask))


def _scalars(kind: Any, fact: Fact, rows: int, drawn: np.random.Generator, mask: Any) -> pa.Array:  # noqa: ANN401 - arrays
    if pa.types.is_boolean(kind):
        return pa.array(drawn.random(rows) < 0.5, mask=mask)
    if pa.types.is_date(kind):
        # What was done after the assessment is nobody's knowledge, which not every peer minds.
        most = (AS_OF - _FIRST).days + 1 if is_past(fact.type) else _DAYS
        first = (_FIRST - dt.date(1970, 1, 1)).days
        days = (first + drawn.integers(0, most, rows)).astype(np.int32)
        return pa.array(days, mask=mask).cast(kind)
    if pa.types.is_decimal(kind):
        most = 200_000_000 if kind.scale == 2 else 100_000
        # Money in whole pounds, which is all that some of the peers take.
        step = 100 if kind.scale == 2 else 1
        whole = pa.array(drawn.integers(0, most // step, rows) * step)
        cast = whole.cast(pa.decimal128(38, 0))
        raw = pa.Array.from_buffers(kind, rows, [pa.array(mask).buffers()[1], cast.buffers()[1]])
        return pa.Array.from_buffers(kind, rows, [pa.array(~mask).buffers()[1], raw.buffers()[1]])
    if pa.types.is_integer(kind):
        return pa.array(drawn.integers(0, 20, rows), mask=mask)
    if pa.types.is_dictionary(kind):
        assert isinstance(fact.type, Choice | Choices)
        words = fact.type.values
        codes = pa.array(drawn.integers(0, len(words), rows).astype(np.int32), mask=mask)
        return pa.DictionaryArray.from_arrays(codes, pa.array(words))
    words = pa.array(_names(fact.name))
    return words.take(pa.array(drawn.integers(0, len(words), rows), mask=mask))


def _names(name: str) -> list[str]:
    if name == "name":
        return [f"Body {each}" for each in range(400)]
    return list(_WORDS)
