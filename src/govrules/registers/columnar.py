"""
Files whose columns are laid out as `schema_of` says: one row a partnership, records in structs.

They are read batch by batch, so that a register of any size is judged in bounded memory; where its
facts are to be explained, objects are made of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import attrs

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.explain.phrases import counted
from govrules.gc_pause import gc_paused
from govrules.model import Partnership, Register
from govrules.reading import Read
from govrules.registers.own_schema import Doubts, Stored, check_headings, readable
from govrules.registers.sources import too_many
from govrules.registers.tables import MAX_ROWS
from govrules.rulebook.ast import Rulebook, class_in
from govrules.truth import UNKNOWN
from govrules.vocabulary import Record, Records, vocabulary_of


@attrs.frozen(eq=False)
class Columns:
    """
    A file of partnerships as columns.

    Attributes:
        stored: what holds them.
    """

    stored: Stored

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.stored.name

    @property
    def rows(self) -> int:
        """How many partnerships it holds."""
        return self.stored.rows

    def batches(
        self,
        rulebook: Rulebook | None = None,
        wanted: Collection[str] | None = None,
        *,
        doubts: Doubts | None = None,
        exact: bool = False,
        as_of: dt.date | None = None,
    ) -> Iterator[Any]:
        """
        Yield the rows as Arrow record batches with the columns that `schema_of` says.

        Args:
            rulebook: the rules, whose local and derived facts have columns too.

            wanted: the columns to read; all if not given. What is not there is unknown.

            doubts: where is told what cannot be read, which is unknown.

            exact: whether numbers are kept with more digits than engines reckon with.

            as_of: the date of the assessment, if dates of things done that lie after it are told.

        Raises:
            FactsError: the file cannot be read to its end.
        """
        from govrules.registers.decoding import ColumnDecoder  # noqa: PLC0415 - it needs pyarrow

        names = self.stored.schema.names
        names = [name for name in names if wanted is None or _head(name) in wanted]
        decoder = ColumnDecoder(
            class_in(rulebook, Partnership), rulebook, doubts or Doubts(self.name), exact, as_of
        )
        before = 0
        with readable(self.name):
            for batch in self.stored.batches(names):
                yield decoder.batch(batch, before, wanted)
                before += batch.num_rows

    def not_read(self, rulebook: Rulebook | None = None) -> Iterator[Diagnostic]:
        """Yield a warning of the columns no fact is read from."""
        from govrules.engines.columns import schema_of  # noqa: PLC0415 - it needs pyarrow

        left = [
            *_not_in(self.stored.schema, schema_of(class_in(rulebook, Partnership), rulebook), "")
        ]
        if left:
            words = ", ".join(f"`{each}`" for each in left)
            yield Diagnostic(
                Code.COLUMN_NOT_MAPPED,
                f"no fact is read from {counted(len(left), 'column')}: {words}",
                Span(self.name),
                "name each as the fact that it holds, or leave it out",
            )

    def read(self, rulebook: Rulebook | None = None, only: Collection[str] = ()) -> Read:
        """
        Return the partnerships as a register of objects, with the row of each.

        Args:
            rulebook: the rules, whose local and derived facts have columns too.

            only: the ids or names of those that are wanted; all if none is given.

        Raises:
            FactsError: there are too many rows to be kept as objects, or the file cannot be read.
        """
        import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

        from govrules.engines.columns import subjects_of  # noqa: PLC0415 - likewise

        if self.rows > MAX_ROWS and not only:
            too_many(
                self.name,
                self.rows,
                "`govrules findings` judges any number of rows; `--entry` explains single ones",
            )
        found: list[Partnership] = []
        cls = class_in(rulebook, Partnership)
        doubts = Doubts(self.name)
        before = 0
        with gc_paused():
            for batch in self.batches(rulebook, doubts=doubts, exact=True):
                rows = _called(batch, only) if only else range(batch.num_rows)
                chosen = batch.take(pa.array(rows, pa.int64())) if only else batch
                for row, subject in zip(rows, subjects_of(chosen, cls, rulebook), strict=True):
                    origin = {"": f"{self.name}:{before + row + 1}", **subject.origin}
                    found.append(attrs.evolve(subject, origin=origin))
                before += batch.num_rows
        return Read(
            class_in(rulebook, Register)(partnerships=tuple(found)),
            UNKNOWN,
            (*self.not_read(rulebook), *doubts.diagnostics()),
            (),
            (f"{self.name}: {len(found):,} of {before:,} rows read as partnerships",),
        )


def _head(column: str) -> str:
    """Return the fact a column belongs to; it may be its absence column."""
    from govrules.engines.columns import NONE  # noqa: PLC0415 - it needs pyarrow

    return column.removesuffix(NONE)


def _not_in(fields: Any, known: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 - fields of Arrow
    """Yield the unknown columns, nested ones included."""
    from pyarrow import types  # noqa: PLC0415 - only a file of columns pays for it

    by_name = {each.name: each for each in known}
    for field in fields:
        wanted = by_name.get(field.name)
        if wanted is None:
            yield f"{prefix}{field.name}"
            continue
        one, other, mark = field.type, wanted.type, ""
        if types.is_list(other) and types.is_nested(one) and not types.is_struct(one):
            one, other, mark = one.value_type, other.value_type, "[]"
        if types.is_struct(one) and types.is_struct(other):
            yield from _not_in(one, other, f"{prefix}{field.name}{mark}.")


def columns_in(found: Stored) -> Columns | None:
    """
    Return a table's columns if it has the layout of `schema_of`; else None.

    Raises:
        FactsError: two columns have one heading.
    """
    if not any(map(_is_laid_out, found.schema)):
        return None
    check_headings(found.schema, found.name)
    return Columns(found)


def _is_laid_out(field: Any) -> bool:  # noqa: ANN401 - a field of Arrow
    """Tell whether a column has a type no flat table has."""
    from pyarrow import types  # noqa: PLC0415 - only a file of columns pays for it

    from govrules.engines.columns import NONE  # noqa: PLC0415 - likewise

    fields = vocabulary_of(Partnership).fields
    if field.name.endswith(NONE):
        return field.name.removesuffix(NONE) in fields
    fact = fields.get(field.name)
    holds = fact is not None and isinstance(fact.type, Record | Records)
    return bool(types.is_nested(field.type)) and (holds or field.name in ("local", "stated"))


def _called(batch: Any, names: Collection[str]) -> Sequence[int]:  # noqa: ANN401 - a batch
    """Return the row indexes of partnerships by id or name."""
    wanted = frozenset(names)
    columns = [
        batch.column(each).to_pylist() for each in ("id", "name") if each in batch.schema.names
    ]
    return [
        row for row, texts in enumerate(zip(*columns, strict=True)) if not wanted.isdisjoint(texts)
    ]
