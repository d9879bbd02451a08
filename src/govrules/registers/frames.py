"""
A dataframe of subjects to a dataframe of findings, in the library that it came from.

Flat columns, headed by paths of facts, become columns as `schema_of` lays them out: what is
written in a column is decoded once for each of its different values.
"""

from __future__ import annotations

import datetime as dt
import functools
import warnings
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
import narwhals as nw
import numpy as np
import pyarrow as pa

from govrules import vocabulary as v
from govrules.decode.problems import Problem
from govrules.decode.states import fold
from govrules.decode.values import Wording
from govrules.diagnostics import did_you_mean
from govrules.engines.columns import BLOCK, NONE, arrow_type, schema_of
from govrules.errors import FactsError, GovrulesWarning
from govrules.reading import class_of
from govrules.registers.batches import SEPARATOR, Kernel, kernel, names_of
from govrules.registers.cells import CellReader
from govrules.registers.decoding import ColumnDecoder, Doubts, as_it_is
from govrules.registers.own_schema import check_headings, whole_table
from govrules.registers.verdicts import SEVERITY_CODES, VERDICT_CODES
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_rulebook

#: Which findings a table holds.
Which: TypeAlias = Literal["all", "flagged"]
_NAME: Final = "the table"
#: In the order of their codes.
_LEVELS: Final = [each.value for each in SEVERITY_CODES if each is not None]
#: The libraries whose frames narwhals makes of Arrow data.
_EAGER: Final[Mapping[str, Any]] = {
    "pandas": nw.Implementation.PANDAS,
    "modin": nw.Implementation.MODIN,
    "cudf": nw.Implementation.CUDF,
}
#: Of so many different values that cannot be read, each is shown.
_SHOWN: Final = 5


def assess_table(
    table: Any,  # noqa: ANN401 - a dataframe of any library
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    findings: Which = "all",
    details: bool = False,
    kind: str = "",
) -> Any:  # noqa: ANN401 - a dataframe of the same library
    """
    Assess every row of a dataframe: one row for each subject and rule.

    Args:
        table: a dataframe of pandas, Polars, PyArrow or DuckDB, or whatever gives its data as
            Arrow does. Its columns are headed by paths of facts, such as ``funding.pooled``, or
            laid out as `schema_of` says.

        rulebook: the rules.

        as_of: the date of the assessment.

        findings: all findings, or those alone that are flagged.

        details: whether to say what is asked and what was read, as lists of paths of facts.

        kind: of which of the rulebook's kinds of subject the rows are; where it is not said, of
            the kind that the rules are about.

    Returns:
        a dataframe of the same library, and an Arrow table where that library makes none of Arrow
        data: `row` (counted from 0), `subject` (its id, or else its name), `rule`, `verdict`,
        `severity` and `could_be` (ordered categories, `low` first; null where there is none), and
        with details `questions` and `facts`.

    Raises:
        FactsError: the table cannot be read, or no column holds a fact.

        EngineError: a set has more closed values than a column keeps.

    A value that cannot be read counts as unknown, and a column that holds no fact is not read:
    each is said by a `GovrulesWarning`.
    """
    check_rulebook(rulebook)
    check_as_of(as_of)
    native, backend = _arrow(table)
    cls = class_of(rulebook, kind)
    name = next(each for each, known in rulebook.subjects.items() if known is cls)
    judge = _kernel(rulebook, as_of, name, details=details)
    laid, said = laid_out(native, cls, rulebook, judge.columns)
    for each in said:
        warnings.warn(each, GovrulesWarning, stacklevel=2)
    laid = laid.combine_chunks()
    found = [judge.whole(each) for each in laid.to_batches(BLOCK)]
    made = _findings(found, len(judge.rules), laid, flagged=findings == "flagged")
    return _native(made, backend)


@functools.lru_cache(maxsize=4)
def _kernel(rulebook: Rulebook, as_of: dt.date | Unknown, kind: str, *, details: bool) -> Kernel:
    return kernel(rulebook, as_of=as_of, kind=kind, details=details)


# ── The libraries ─────────────────────────────────────────────────────────────────────────────


def _arrow(table: Any) -> tuple[Any, str]:  # noqa: ANN401 - a dataframe of any library
    """Return a dataframe as an Arrow table, and what its library is called."""
    if type(table).__module__.partition(".")[0].lstrip("_") == "duckdb":
        return whole_table(table, _NAME), "duckdb"
    try:
        frame = nw.from_native(table, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise FactsError(
            "table", "columns that each have a heading of their own", "two with one"
        ) from error
    if isinstance(frame, nw.LazyFrame):
        backend = frame.implementation.name.lower()
        return whole_table(frame.collect("pyarrow").to_native(), _NAME), backend
    if isinstance(frame, nw.DataFrame):
        return whole_table(table, _NAME), frame.implementation.name.lower()
    return whole_table(table, _NAME), "pyarrow"


@attrs.frozen(eq=False)
class _Coded:
    """
    A column of categories.

    Attributes:
        codes: the place of each row's word, as an array of NumPy; -1 where there is none.

        words: the categories, as an Arrow array.

        ordered: whether each category is more than the one before it.
    """

    codes: Any
    words: Any
    ordered: bool = False

    def as_arrow(self) -> Any:  # noqa: ANN401 - an Arrow array
        """Return the column as Arrow has it."""
        codes = pa.array(self.codes, mask=self.codes < 0 if self.ordered else None)
        # The codes are our own, and need not be looked through.
        return pa.DictionaryArray.from_arrays(codes, self.words, ordered=self.ordered, safe=False)


def _native(columns: Mapping[str, Any], backend: str) -> Any:  # noqa: ANN401 - dataframes
    """Return columns, each of numbers, of categories or of lists, as a dataframe of a library."""
    if backend == "pandas":
        return _pandas(columns)
    if backend == "polars":
        return _polars(columns)
    found = pa.table(
        {
            name: each.as_arrow() if isinstance(each, _Coded) else each
            for name, each in columns.items()
        }
    )
    if backend == "duckdb":
        import duckdb  # noqa: PLC0415 - only who passes a relation of it has it

        return duckdb.from_arrow(found)
    if backend in _EAGER:
        return nw.from_arrow(found, backend=_EAGER[backend]).to_native()
    return found


def _pandas(columns: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a dataframe of pandas
    """Return findings as pandas has them; its cells can be set, and Arrow's buffers cannot."""
    import pandas as pd  # noqa: PLC0415 - only who passes a dataframe of it has it

    found = {}
    for name, each in columns.items():
        if isinstance(each, _Coded):
            kind = pd.CategoricalDtype(each.words.to_pandas(), ordered=each.ordered)
            found[name] = pd.Categorical.from_codes(each.codes, dtype=kind, validate=False)
        else:
            found[name] = each.to_pandas().copy() if isinstance(each, pa.Array) else each
    return pd.DataFrame(found, copy=False)


def _polars(columns: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a dataframe of Polars
    """Return findings as Polars has them: severities are an Enum, whose values have an order."""
    import polars as pl  # noqa: PLC0415 - only who passes a dataframe of it has it

    found = {}
    for name, each in columns.items():
        if isinstance(each, _Coded):
            # Each word becomes a category once, and not for each of its rows.
            known = each.words.to_pylist()
            kind = pl.Categorical if name == "subject" else pl.Enum(known)
            words = pl.Series(known, dtype=pl.String).cast(kind)
            found[name] = words.gather(pl.Series(each.as_arrow().indices)).alias(name)
        else:
            found[name] = pl.Series(each)
    return pl.DataFrame(found)


# ── Findings ──────────────────────────────────────────────────────────────────────────────────


def _findings(found: list[Any], number: int, laid: Any, *, flagged: bool) -> dict[str, Any]:  # noqa: ANN401 - batches
    """Return the columns of findings on batches, with categories that are each other's."""
    rows = laid.num_rows
    codes = {name: _codes(found, name) for name in ("verdict", "severity", "could_be")}
    words = [each.value for each in VERDICT_CODES]
    names = names_of(laid).dictionary_encode()
    names = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    called = np.repeat(names.indices.to_numpy(zero_copy_only=False), number)
    row = np.repeat(np.arange(rows, dtype=np.int32), number)
    rule = np.tile(np.arange(number, dtype=np.min_scalar_type(-max(1, number))), rows)
    chosen = None
    if flagged:
        chosen = np.flatnonzero(codes["verdict"] == words.index(Verdict.FLAGGED.value))
        row, rule, called = row[chosen], rule[chosen], called[chosen]
        codes = {name: each[chosen] for name, each in codes.items()}
    rules = found[0].column("rule").dictionary if found else pa.array([], pa.string())
    levels = pa.array(_LEVELS)
    columns = {
        "row": row,
        "subject": _Coded(called, names.dictionary),
        "rule": _Coded(rule, rules),
        "verdict": _Coded(codes["verdict"], pa.array(words)),
        # In the order of their codes, lowest first.
        "severity": _Coded(codes["severity"], levels, ordered=True),
        "could_be": _Coded(codes["could_be"], levels, ordered=True),
    }
    for name in ("questions", "facts"):
        if found and name in found[0].schema.names:
            columns[name] = _lists([each.column(name) for each in found], chosen)
    return columns


def _codes(found: list[Any], name: str) -> Any:  # noqa: ANN401 - an array of NumPy
    """Return the codes of a column of all batches, which have the same words; -1 for none."""
    columns = [each.column(name).indices for each in found]
    several = [np.frombuffer(each.buffers()[1], np.int8, len(each)) for each in columns]
    return np.concatenate(several) if several else np.empty(0, np.int8)


def _lists(several: list[Any], chosen: Any) -> Any:  # noqa: ANN401 - arrays
    """Return columns of texts, each of several joined by a separator, as one column of lists."""
    whole = pa.chunked_array(several).unify_dictionaries()
    joined = pa.concat_arrays([each.indices.cast(pa.int32()) for each in whole.chunks])
    words = whole.chunk(0).dictionary.to_pylist()
    lists = pa.array(
        [each.split(SEPARATOR) if each else [] for each in words], pa.list_(pa.string())
    )
    return lists.take(joined if chosen is None else joined.take(pa.array(chosen)))


# ── Flat columns as they are laid out ─────────────────────────────────────────────────────────


@attrs.frozen(eq=False)
class _Column:
    """
    The values of a fact, and where it is known to be absent.

    Attributes:
        values: one a row, of the Arrow type of the fact.
        none: one yes or no a row; None where no row says so.
    """

    values: Any
    none: Any = None


def laid_out(
    table: Any,  # noqa: ANN401 - an Arrow table
    cls: type,
    rulebook: Rulebook,
    wanted: Collection[str],
) -> tuple[Any, list[str]]:
    """
    Return a table as `schema_of` lays its columns out, and what has to be said of it.

    Args:
        table: the table.

        cls: the class of the subjects.

        rulebook: the rules, which declare local and derived facts.

        wanted: the columns that there must be, though nothing is known of them.

    Raises:
        FactsError: no column holds a fact.
    """
    schema = pa.schema(each for each in schema_of(cls, rulebook) if each.name in wanted)
    check_headings(table.schema, _NAME)
    if any(pa.types.is_struct(each.type) or each.name.endswith(NONE) for each in table.schema):
        return _decoded_whole(table, cls, rulebook)
    known = _facts(cls, rulebook)
    columns: dict[str, _Column] = {}
    said: list[str] = []
    for name in table.column_names:
        found = known.get(fold(name))
        if found is None:
            near = did_you_mean(name, [path for path, _ in known.values()])
            said.append(
                f"no fact is called `{name}`, so that nothing is read from it. {near}".strip()
            )
            continue
        path, fact = found
        if path in columns:
            raise FactsError(path, "in one column", "in two")
        columns[path], unread = _decoded(table.column(name).combine_chunks(), fact, rulebook)
        if unread:
            shown = ", ".join(f"`{each}`" for each in unread[:_SHOWN])
            more = f" and {len(unread) - _SHOWN} more" if unread[_SHOWN:] else ""
            said.append(f"`{path}` is unknown where its column holds {shown}{more}")
    if not columns:
        expected = "columns that are headed by paths of facts"
        raise FactsError("table", expected, ", ".join(table.column_names)[:80] or "none")
    rows = table.num_rows
    called = pa.schema(each for each in schema_of(cls, rulebook) if each.name in ("id", "name"))
    schema = pa.unify_schemas([schema, called])
    arrays = _fields_of(schema, columns, "", rows)
    return pa.Table.from_arrays(arrays, schema=schema), said


def _facts(cls: type, rulebook: Rulebook) -> dict[str, tuple[str, v.Fact]]:
    """Return the facts that a column can hold, each with its path, by the folded heading."""
    found = dict(v.vocabulary_of(cls).facts)
    about = v.vocabulary_of(cls).about
    if "local" in about:
        found |= {f"local.{name}": fact for name, fact in rulebook.local.items()}
    if "stated" in about:
        derived = (each for each in rulebook.derived.values() if each.cls is cls)
        found |= {f"stated.{each.name}": each.fact for each in derived}
    return {fold(path.removeprefix("stated.")): (path, held) for path, held in found.items()}


def _decoded_whole(table: Any, cls: type, rulebook: Rulebook) -> tuple[Any, list[str]]:  # noqa: ANN401 - an Arrow table
    """Return a table that is laid out already with what stands in it decoded."""
    doubts = Doubts(_NAME)
    decoder = ColumnDecoder(cls, rulebook, doubts)
    batches, before = [], 0
    for each in table.combine_chunks().to_batches() or [_no_rows(table.schema)]:
        batches.append(pa.Table.from_batches([decoder.batch(each, before)]))
        before += each.num_rows
    made = pa.concat_tables(batches, promote_options="default")
    return made, [each.message for each in doubts.diagnostics()]


def _no_rows(schema: Any) -> Any:  # noqa: ANN401 - an Arrow batch
    return pa.RecordBatch.from_arrays([pa.array([], each.type) for each in schema], schema=schema)


def _nulls(rows: int, kind: Any) -> Any:  # noqa: ANN401 - an Arrow type
    """Return a column in which nothing is known."""
    # Of lists of records `pa.nulls` makes no columns of numbers that can be looked at.
    if pa.types.is_list(kind):
        nowhere = pa.array(np.zeros(rows + 1, np.int32))
        empty = pa.array([], kind.value_type)
        return pa.ListArray.from_arrays(nowhere, empty, type=kind, mask=_everywhere(rows))
    if pa.types.is_struct(kind):
        inner = [_nulls(rows, each.type) for each in kind]
        return pa.StructArray.from_arrays(inner, fields=[*kind], mask=_everywhere(rows))
    return pa.nulls(rows, kind)


def _everywhere(rows: int) -> Any:  # noqa: ANN401 - an Arrow array
    return pa.array(np.ones(rows, bool))


def _fields_of(
    fields: Any,  # noqa: ANN401 - a schema or a type of records
    columns: Mapping[str, _Column],
    prefix: str,
    rows: int,
) -> list[Any]:
    """Return the columns of a record's fields, those of records within put together."""
    found = []
    for field in fields:
        path = f"{prefix}{field.name}"
        if field.name.endswith(NONE):
            # Of a record that is itself none the companion stands in it.
            own = columns.get(path.removesuffix(NONE).removesuffix("."))
            found.append(_nulls(rows, pa.bool_()) if own is None or own.none is None else own.none)
        elif pa.types.is_struct(field.type):
            below = any(each == path or each.startswith(f"{path}.") for each in columns)
            if below:
                arrays = _fields_of(field.type, columns, f"{path}.", rows)
                found.append(pa.StructArray.from_arrays(arrays, fields=[*field.type]))
            else:
                found.append(_nulls(rows, field.type))
        else:
            own = columns.get(path)
            found.append(_nulls(rows, field.type) if own is None else own.values)  # noqa: PD011 - a column of ours
    return found


def _decoded(
    column: Any,  # noqa: ANN401 - an Arrow array
    fact: v.Fact,
    rulebook: Rulebook,
) -> tuple[_Column, list[str]]:
    """Return a column read by the type of its fact, and the values that cannot be read."""
    kind = arrow_type(fact.type, rulebook)
    plain = as_it_is(column, fact.type, kind)
    if plain is not None:
        return _Column(plain), []
    if pa.types.is_nested(column.type):
        column = pa.array([str(each) for each in column.to_pylist()], pa.string())
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    words = column.dictionary.to_pylist()
    reader = CellReader(fact, Wording())
    values, none, unread = [], [], []
    for each, found in zip(words, reader.column(words), strict=True):
        if isinstance(found, Problem) or reader.is_placeholder(each):
            unread.append(str(each))
        value = found.value if isinstance(found, Problem) else found
        none.append(value is None)
        values.append(_as_arrow(value))
    indices = column.indices
    if isinstance(fact.type, v.Record):
        made = _nulls(len(column), kind)
    else:
        made = pa.array(values, kind).take(indices)
    return _Column(made, pa.array(none, pa.bool_()).take(indices) if any(none) else None), unread


def _as_arrow(value: Any) -> Any:  # noqa: ANN401 - any fact's value
    if value is UNKNOWN or value is None:
        return None
    if isinstance(value, frozenset):
        known = sorted(each for each in value if each is not UNKNOWN)
        return known if len(known) == len(value) else [*known, None]
    return [] if value == () else value
