"""
Files whose columns are laid out as `schema_of` says: one row a partnership, records in structs.

They are read batch by batch, so that a register of any size is judged in bounded memory; where its
facts are to be explained, objects are made of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

import attrs

from govrules.decode.problems import Problem
from govrules.decode.values import decoder
from govrules.diagnostics import Code, Diagnostic, Span
from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.model import Partnership, Register
from govrules.reading import Read
from govrules.registers.sources import (
    ARROW,
    DUCKDB,
    Layout,
    check_file,
    duckdb_table,
    needs,
    refuse,
    suffix_of,
    too_many,
    whole_table,
)
from govrules.registers.tables import MAX_ROWS, undisturbed
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.validate import check_subject
from govrules.vocabulary import Choices, Record, Records, vocabulary_of

#: What a subject says of facts that are no facts of the vocabulary.
_ABOUT: Final = frozenset({"local", "stated"})
_CORRECT: Final = "correct the column or the value"


@attrs.frozen(eq=False)
class Columns:
    """
    A file of partnerships as columns.

    Attributes:
        name: what it is called in messages.
        rows: how many partnerships it holds.
        names: its columns, in order.
    """

    name: str
    rows: int
    names: tuple[str, ...]
    _batches: Callable[[list[str]], Iterator[Any]]

    def batches(self, wanted: Collection[str] | None = None) -> Iterator[Any]:
        """
        Yield the rows as Arrow record batches.

        Args:
            wanted: the columns to read; all if not given. What is not there is left out.

        Raises:
            FactsError: the file cannot be read to its end.
        """
        names = [each for each in self.names if wanted is None or each in wanted]
        with _readable(self.name):
            yield from self._batches(names)

    def not_read(self, rulebook: Rulebook | None = None) -> Iterator[Diagnostic]:
        """Yield a warning of the columns, if any, from which no fact is read."""
        from govrules.engines.columns import schema_of  # noqa: PLC0415 - it needs pyarrow

        known = schema_of(Partnership, rulebook).names
        left = [each for each in self.names if each not in known]
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

        A value that does not fit the vocabulary is unknown, and said.

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
        told: list[Diagnostic] = []
        before = 0
        with undisturbed():
            for batch in self.batches():
                rows = _called(batch, only) if only else range(batch.num_rows)
                chosen = batch.take(pa.array(rows, pa.int64())) if only else batch
                for row, subject in zip(
                    rows, subjects_of(chosen, Partnership, rulebook), strict=True
                ):
                    place = Span(self.name, before + row + 1)
                    fitting, misfits = _fitting(subject, rulebook, place)
                    told += misfits
                    if fitting is not UNKNOWN:
                        origin = {"": f"{place.file}:{place.line}", **fitting.origin}
                        found.append(attrs.evolve(fitting, origin=origin))
                before += batch.num_rows
        problems = [each for each in told if not each.code.is_warning]
        warnings = [each for each in told if each.code.is_warning]
        return Read(
            Register(partnerships=tuple(found)),
            UNKNOWN,
            (*self.not_read(rulebook), *warnings),
            tuple(problems),
            (f"{self.name}: {len(found):,} of {before:,} rows read as partnerships",),
        )


def open_columns(file: str, table: str = "") -> Columns | None:
    """
    Open a file whose columns are laid out as `schema_of` says.

    Args:
        file: a Parquet file, an Arrow file or a DuckDB database.

        table: the table, where a database holds several.

    Returns:
        the columns; None where the file is of another kind, or has flat columns only.

    Raises:
        FactsError: the file is of one of these kinds, and cannot be read.
    """
    suffix = suffix_of(file)
    opener = _OPENERS.get(suffix)
    if opener is None:
        return None
    check_file(file, file, suffix)
    needs("pyarrow", file)
    with _readable(file):
        schema, rows, batches, name = opener(file, table)
    if not any(map(_is_laid_out, schema)):
        return None
    return Columns(name, rows, tuple(schema.names), batches)


def columns_of_table(source: Any, name: str) -> Columns | None:  # noqa: ANN401 - whatever holds Arrow data
    """
    Return the columns of a table in memory that is laid out so; None of one that is not.

    Args:
        source: an Arrow table, or whatever gives its data as Arrow does.

        name: what to call it in messages.

    Raises:
        FactsError: pyarrow is not installed.
    """
    table = whole_table(source, name)
    if not any(map(_is_laid_out, table.schema)):
        return None

    def batches(names: list[str]) -> Iterator[Any]:
        return iter(table.select(names).to_batches())

    return Columns(name, table.num_rows, tuple(table.column_names), batches)


def _is_laid_out(field: Any) -> bool:  # noqa: ANN401 - a field of Arrow
    """Tell whether a column is as no flat table has it."""
    from pyarrow import types  # noqa: PLC0415 - only a file of columns pays for it

    from govrules.engines.columns import NONE  # noqa: PLC0415 - likewise

    fields = vocabulary_of(Partnership).fields
    if field.name.endswith(NONE):
        return field.name.removesuffix(NONE) in fields
    fact = fields.get(field.name)
    holds = fact is not None and isinstance(fact.type, Record | Records)
    return bool(types.is_nested(field.type)) and (holds or field.name in _ABOUT)


def _called(batch: Any, names: Collection[str]) -> Sequence[int]:  # noqa: ANN401 - a batch
    """Return the rows of the partnerships of these ids or names."""
    wanted = frozenset(names)
    columns = [
        batch.column(each).to_pylist() for each in ("id", "name") if each in batch.schema.names
    ]
    return [
        row for row, texts in enumerate(zip(*columns, strict=True)) if not wanted.isdisjoint(texts)
    ]


def _fitting(
    subject: Any,  # noqa: ANN401 - any attrs object
    rulebook: Rulebook | None,
    place: Span,
) -> tuple[Any, list[Diagnostic]]:
    """
    Return a subject with every value as its type has it, and what is said of those that have none.

    A value that does not fit is read as a cell is; where that cannot be done, it is unknown.
    """
    told: list[Diagnostic] = []
    tried: set[str] = set()
    while True:
        try:
            check_subject(subject, rulebook)
        except FactsError as error:
            path = error.path
            mended = subject if path in tried else _mended(subject, path)
            if mended is subject:
                message = f"the row is left out: {_first(error)}"
                told.append(Diagnostic(Code.TYPE_MISMATCH, message, place, _CORRECT))
                return UNKNOWN, told
            tried.add(path)
            if _at(mended, path) is UNKNOWN:
                message = f"the value is unknown: {_first(error)}"
                told.append(Diagnostic(Code.UNREADABLE_VALUE, message, place, _CORRECT))
            subject = mended
        else:
            return subject, told


def _first(error: FactsError) -> str:
    """Return what is said of the first fact that does not fit."""
    return f"`{error.path}` must be {error.expected}, not {error.actual}"


def _at(record: Any, path: str) -> Any:  # noqa: ANN401 - any attrs object
    """Return the value of a fact by its path; UNKNOWN where there is none."""
    head, _, rest = path.partition(".")
    name, _, index = head.partition("[")
    if head in _ABOUT:
        return getattr(record, head).get(rest, UNKNOWN)
    value: Any = getattr(record, name, UNKNOWN)
    if index:
        value = [each for each in value if each is not UNKNOWN][int(index.rstrip("]"))]
    return _at(value, rest) if rest else value


def _mended(record: Any, path: str) -> Any:  # noqa: ANN401 - any attrs object
    """Return a record with a fact read by its type, or as it is where it has none of this path."""
    cls: type = type(record)
    head, _, rest = path.partition(".")
    name, _, index = head.partition("[")
    if head in _ABOUT:
        kept = {each: value for each, value in getattr(record, head).items() if each != rest}
        return attrs.evolve(record, **{head: kept})
    fact = vocabulary_of(cls).fields.get(name)
    if fact is None:
        return record
    value = getattr(record, name)
    if not rest:
        several = isinstance(fact.type, Record | Records | Choices)
        found = UNKNOWN if several else decoder(fact.type)(value)
        found = found.value if isinstance(found, Problem) else found
        return attrs.evolve(record, **{name: found})
    if not index:
        return attrs.evolve(record, **{name: _mended(value, rest)})
    items = [*value]
    known = [at for at, each in enumerate(items) if each is not UNKNOWN]
    at = known[int(index.rstrip("]"))]
    items[at] = _mended(items[at], rest)
    return attrs.evolve(record, **{name: tuple(items)})


# ── Each kind of file ─────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _readable(name: str) -> Iterator[None]:
    import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

    try:
        yield
    except (pa.ArrowException, OSError, ValueError):
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it cannot be read to its end: it is cut short or damaged",
            "write it again from where it came from",
        )


#: The schema of a file, its rows, what reads some of its columns, and what it is called.
_Opened = tuple[Any, int, Callable[[list[str]], Iterator[Any]], str]


def _parquet(file: str, _: str) -> _Opened:
    parquet = needs("pyarrow.parquet", file)
    from govrules.engines.columns import BLOCK  # noqa: PLC0415 - as above

    def batches(names: list[str]) -> Iterator[Any]:
        with parquet.ParquetFile(file, memory_map=True) as opened:
            yield from opened.iter_batches(BLOCK, columns=names)

    with parquet.ParquetFile(file, memory_map=True) as opened:
        return opened.schema_arrow, opened.metadata.num_rows, batches, file


def _arrow(file: str, _: str) -> _Opened:
    pyarrow = needs("pyarrow", file)

    def whole() -> Iterator[Any]:
        with pyarrow.memory_map(file) as source, pyarrow.ipc.open_file(source) as opened:
            for place in range(opened.num_record_batches):
                yield opened.get_batch(place)

    def batches(names: list[str]) -> Iterator[Any]:
        return (each.select(names) for each in whole())

    with pyarrow.memory_map(file) as source, pyarrow.ipc.open_file(source) as opened:
        schema = opened.schema
    return schema, sum(each.num_rows for each in whole()), batches, file


def _duckdb(file: str, table: str) -> _Opened:
    from govrules.engines.columns import BLOCK  # noqa: PLC0415 - as above

    def selected(database: Any, what: str, of: str) -> Any:  # noqa: ANN401 - a reader of batches
        found = database.sql(f"select {what} from {of}")  # noqa: S608 - names are quoted
        reader = getattr(found, "to_arrow_reader", None) or found.fetch_arrow_reader
        return reader(BLOCK)

    with duckdb_table(file, file, Layout(table)) as (database, quoted, name):
        [(rows,)] = database.execute(f"select count(*) from {quoted}").fetchall()  # noqa: S608 - quoted
        schema = selected(database, "*", f"{quoted} limit 0").schema

    def batches(names: list[str]) -> Iterator[Any]:
        what = ", ".join('"' + each.replace('"', '""') + '"' for each in names)
        with duckdb_table(file, file, Layout(table)) as (database, quoted, _):
            yield from selected(database, what, quoted)

    return schema, rows, batches, name


_OPENERS: Final[dict[str, Callable[[str, str], _Opened]]] = {
    ".parquet": _parquet,
    **dict.fromkeys(ARROW, _arrow),
    **dict.fromkeys(DUCKDB, _duckdb),
}
