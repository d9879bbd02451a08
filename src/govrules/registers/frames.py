"""
A dataframe of subjects to a dataframe of findings, in the library that it came from.

Flat columns, headed by paths of facts, become columns as `schema_of` lays them out: what is
written in a column is decoded once for each of its different values.
"""

from __future__ import annotations

import datetime as dt
import functools
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, get_args

import attrs
import narwhals as nw
import numpy as np
import pyarrow as pa

from govrules import vocabulary as v
from govrules.decode.states import fold
from govrules.diagnostics import did_you_mean
from govrules.engines.columns import BLOCK, NONE, STATED, derived_of
from govrules.errors import FactsError, GovrulesWarning
from govrules.reading import class_of
from govrules.registers.batches import SEPARATOR, BatchOutcomes, Kernel, kernel, subject_names
from govrules.registers.decoding import ITSELF, ColumnDecoder
from govrules.registers.outcome_codes import SEVERITY_CODES, VERDICT_CODES
from govrules.registers.own_schema import Doubts, Where, check_headings, whole_table
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import Which, check_as_of, one_of, require_rulebook

_NAME: Final = "the table"
#: In the order of their codes.
_LEVELS: Final = [each.value for each in SEVERITY_CODES if each is not None]
_VERDICTS: Final = [each.value for each in VERDICT_CODES]
_TEXTS: Final = pa.list_(pa.string())
#: Before the names of derived facts, which headings leave out.
_STATED: Final = "stated."
#: Codes whose bits are taken at once.
_CACHED: Final = 1 << 17
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
    require_rulebook(rulebook)
    check_as_of(as_of)
    flagged = one_of("findings", findings, get_args(Which)) == "flagged"
    native, backend = _arrow(table)
    cls = class_of(rulebook, kind)
    name = next(each for each, known in rulebook.subjects.items() if known is cls)
    judge = _kernel(rulebook, as_of, name, details=details)
    laid, said = laid_out(native, cls, rulebook, judge.columns)
    for each in said:
        warnings.warn(each, GovrulesWarning, stacklevel=2)
    laid = laid.combine_chunks()
    told = [judge.told(judge.block(each)) for each in laid.to_batches(BLOCK)]
    return _native(_findings(told, judge, laid, flagged=flagged), backend)


@functools.lru_cache(maxsize=4)
def _kernel(rulebook: Rulebook, as_of: dt.date | Unknown, kind: str, *, details: bool) -> Kernel:
    return kernel(rulebook, as_of=as_of, kind=kind, details=details)


# ── The libraries ─────────────────────────────────────────────────────────────────────────────


def _arrow(table: Any) -> tuple[Any, str]:  # noqa: ANN401 - a dataframe of any library
    """Return a dataframe as an Arrow table, and the name of its library."""
    if type(table).__module__.partition(".")[0].lstrip("_") == "duckdb":
        return whole_table(table, _NAME), "duckdb"
    try:
        frame = nw.from_native(table, pass_through=True)
    except nw.exceptions.DuplicateError:
        check_headings(pa.schema([(str(column), pa.null()) for column in table.columns]), _NAME)
        raise
    if isinstance(frame, nw.LazyFrame):
        backend = frame.implementation.name.lower()
        return whole_table(frame.collect("pyarrow").to_native(), _NAME), backend
    if isinstance(frame, nw.DataFrame):
        return whole_table(table, _NAME), frame.implementation.name.lower()
    return whole_table(table, _NAME), "pyarrow"


@attrs.frozen(eq=False)
class _Findings:
    """
    The outcomes on a table's subjects.

    Attributes:
        row: the row of each finding, counted from 0.
        rule: the place of its rule.
        codes: what it says, as `Told` has it.
        names: what the subject of each row is called, as an Arrow array.
        rules: the ids of the rules.
        lists: further columns, of lists.
        every: whether each rule stands there of each row.
    """

    row: Any
    rule: Any
    codes: Any
    names: Any
    rules: list[str]
    lists: Mapping[str, Any]
    every: bool

    def coded(self, called: Any, words: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - arrays
        """
        Yield the columns that are categories: each with its codes, -1 where there is none.

        Args:
            called: of each row of the table, the place of what its subject is called.

            words: what subjects are called.
        """
        number = len(self.rules)
        yield "subject", np.repeat(called, number) if self.every else called[self.row], words
        yield "rule", self.rule, self.rules
        yield "verdict", (self.codes & 3).view(np.int8), _VERDICTS
        yield "severity", (self.codes >> 2 & 7).view(np.int8) - 1, _LEVELS
        yield "could_be", (self.codes >> 5).view(np.int8) - 1, _LEVELS


def _native(found: _Findings, backend: Any) -> Any:  # noqa: ANN401 - a dataframe of that library
    """Return findings as a dataframe of a library."""
    if backend == "pandas":
        return _pandas(found)
    if backend == "polars":
        return _polars(found)
    names = found.names.dictionary_encode()
    made = {"row": pa.array(found.row)}
    for name, codes, words in found.coded(names.indices.to_numpy(), names.dictionary):
        ordered = words is _LEVELS
        places = pa.array(codes, mask=codes < 0 if ordered else None)
        # The codes are our own, and need not be looked through.
        made[name] = pa.DictionaryArray.from_arrays(places, words, ordered=ordered, safe=False)
    table = pa.table({**made, **found.lists})
    if backend == "duckdb":
        import duckdb  # noqa: PLC0415 - only who passes a relation of it has it

        return duckdb.from_arrow(table)
    if backend in ("modin", "cudf"):
        return nw.from_arrow(table, backend=backend).to_native()
    return table


def _pandas(found: _Findings) -> Any:  # noqa: ANN401 - a dataframe of pandas
    """Return findings as a writable pandas dataframe."""
    import pandas as pd  # noqa: PLC0415 - only who passes a dataframe of it has it

    made = {"row": found.row}
    names = pd.Index(found.names.to_pandas(deduplicate_objects=False))
    called, names = (np.arange(len(names)), names) if names.is_unique else names.factorize()
    for name, codes, words in found.coded(called.astype(np.int32), names):
        kind = pd.CategoricalDtype(words, ordered=words is _LEVELS)
        made[name] = pd.Categorical.from_codes(codes, dtype=kind, validate=False)
    lists = {name: each.to_pandas().copy() for name, each in found.lists.items()}
    return pd.DataFrame({**made, **lists}, copy=False)


def _polars(found: _Findings) -> Any:  # noqa: ANN401 - a dataframe of Polars
    """Return findings as a Polars dataframe, severities as an ordered Enum."""
    import polars as pl  # noqa: PLC0415 - only who passes a dataframe of it has it

    def chosen(words: Any, bits: list[Any]) -> Any:  # noqa: ANN401 - series
        # Polars looks each code up, and takes the bits of many at once.
        if len(words) == 1 or not bits:
            return words
        *lower, highest = bits
        half = 1 << len(lower)
        return chosen(words[half:], lower).zip_with(highest, chosen(words[:half], lower))

    rules = pl.Series(found.rules, dtype=pl.Enum(found.rules))
    if found.every:
        # To double a column is to copy memory.
        while len(rules) < len(found.row):
            rules = pl.concat([rules, rules], rechunk=True)
        rules = rules.head(len(found.row))
    else:
        rules = rules.gather(found.rule)
    rows = len(found.codes)
    bits = [
        pl.Series(pa.Array.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(each)]))
        for each in _planes(found.codes)
    ]
    levels = pl.Series([None, *_LEVELS], dtype=pl.Enum(_LEVELS))
    names = pl.Series(found.names).cast(pl.Categorical)
    return pl.DataFrame(
        {
            "row": pl.Series(pa.array(found.row)),
            "subject": names.gather(pl.Series(pa.array(found.row.view(np.uint32)))),
            "rule": rules,
            "verdict": chosen(pl.Series(_VERDICTS, dtype=pl.Enum(_VERDICTS)), bits[:2]),
            "severity": chosen(levels, bits[2:5]),
            "could_be": chosen(levels, bits[5:]),
            **{name: pl.Series(each) for name, each in found.lists.items()},
        }
    )


def _planes(codes: Any) -> Any:  # noqa: ANN401 - arrays
    """Return the eight bits of codes as bitmaps."""
    made = np.empty((8, -(-len(codes) // 8)), np.uint8)
    # So many stay in cache until all their bits are taken.
    for start in range(0, len(codes), _CACHED):
        part, to = codes[start : start + _CACHED], slice(start // 8, (start + _CACHED) // 8)
        for at, plane in enumerate(made):
            plane[to] = np.packbits(part & (1 << at), bitorder="little")
    return made


# ── Findings ──────────────────────────────────────────────────────────────────────────────────


def _findings(told: list[BatchOutcomes], judge: Kernel, laid: Any, *, flagged: bool) -> _Findings:  # noqa: ANN401 - an Arrow table
    """Return the findings on a table from its blocks' outcomes."""
    number = len(judge.rules)
    kind = np.min_scalar_type(-max(1, number))
    codes = np.concatenate(
        [np.empty((0, number), np.uint8), *(each.codes for each in told)]
    ).ravel()
    chosen: Any = slice(None)
    if flagged:
        chosen = np.flatnonzero(codes & 3 == VERDICT_CODES.index(Verdict.FLAGGED))
        row, rule = np.divmod(chosen, max(1, number))
        row, rule, codes = row.astype(np.int32), rule.astype(kind), codes[chosen]
    else:
        row = np.repeat(np.arange(laid.num_rows, dtype=np.int32), number)
        rule = np.tile(np.arange(number, dtype=kind), laid.num_rows)
    lists = {}
    if told and told[0].questions is not None:
        starts = np.cumsum([0, *(len(each.texts) for each in told)])
        asked = [each.questions + at for each, at in zip(told, starts, strict=False)]
        texts = [text.split(SEPARATOR) if text else [] for each in told for text in each.texts]
        asked = pa.array(np.concatenate(asked).ravel()[chosen])
        lists["questions"] = pa.array(texts, _TEXTS).take(asked)
        lists["facts"] = pa.array([[*each] for each in judge.asks], _TEXTS).take(pa.array(rule))
    rules, names = [each.id for each in judge.rules], subject_names(laid)
    names = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    return _Findings(row, rule, codes, names, rules, lists, every=not flagged)


# ── Flat columns as they are laid out ─────────────────────────────────────────────────────────


def laid_out(
    table: Any,  # noqa: ANN401 - an Arrow table
    cls: type,
    rulebook: Rulebook,
    wanted: Collection[str],
) -> tuple[Any, list[str]]:
    """
    Return a table in the layout of `schema_of`, with diagnostics.

    Args:
        table: the table.

        cls: the class of the subjects.

        rulebook: the rules, which declare local and derived facts.

        wanted: the columns that there must be, though nothing is known of them.

    Raises:
        FactsError: no column holds a fact, or two hold one.
    """
    check_headings(table.schema, _NAME)
    cls = rulebook.class_of(cls)
    if any(pa.types.is_struct(each.type) or each.name.endswith(NONE) for each in table.schema):
        return _decoded(table, ColumnDecoder(cls, rulebook, Doubts(_NAME)), wanted)
    known, said = _paths(cls, rulebook), []
    paths = {each: known[fold(each)] for each in table.column_names if fold(each) in known}
    if not paths:
        expected = "columns that are headed by paths of facts"
        raise FactsError("table", expected, ", ".join(table.column_names)[:80] or "none")
    facts = table.select([*paths]).rename_columns([*paths.values()])
    check_headings(facts.schema, _NAME)
    decoder = _Flat(cls, rulebook, Doubts(_NAME), complete=False)
    made, others = _decoded(facts, decoder, wanted)
    for name in table.column_names:
        path = paths.get(name)
        unread = [*decoder.unread.get(path.removeprefix(_STATED), ())] if path else []
        if path is None:
            near = did_you_mean(name, known.values())
            what = f"no fact is called `{name}`, so that nothing is read from it. {near}"
            said.append(what.strip())
        elif unread:
            shown = ", ".join(f"`{each}`" for each in unread[:_SHOWN])
            more = f" and {len(unread) - _SHOWN} more" if unread[_SHOWN:] else ""
            said.append(f"`{path}` is unknown where its column holds {shown}{more}")
    return made, [*said, *others]


@attrs.define
class _Flat(ColumnDecoder):
    """Decodes flat columns, collecting distinct values to report."""

    unread: dict[str, dict[str, None]] = attrs.field(factory=dict)

    def batch(self, batch: Any, before: int, wanted: Collection[str] | None = None) -> Any:  # noqa: ANN401 - Arrow batches
        """Return a batch whose columns are as `schema_of` has them."""
        inner = _nested(dict(zip(batch.schema.names, batch.columns, strict=True)))
        return ColumnDecoder.batch(self, pa.RecordBatch.from_struct_array(inner), before, wanted)

    def tell(self, where: Where, coded: Any, found: list[Any], kinds: Any) -> None:  # noqa: ANN401, ARG002 - as it is overridden
        """Collect a column's values to report."""
        words = coded.dictionary.to_pylist()
        # A dictionary may hold words that no cell says.
        for at in np.unique(coded.indices.drop_null().to_numpy()):
            if kinds[at]:
                self.unread.setdefault(where.path, {})[str(words[at])] = None


def _paths(cls: type, rulebook: Rulebook) -> dict[str, str]:
    """Return the paths a column can hold, by folded heading."""
    vocabulary = v.vocabulary_of(cls)
    found = [*vocabulary.facts]
    if STATED in vocabulary.about:
        found += [f"{STATED}.{name}" for name in derived_of(cls, rulebook)]
    return {fold(each.removeprefix(_STATED)): each for each in found}


def _nested(columns: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an Arrow array
    """Return columns headed by paths as nested records."""
    heads: dict[str, dict[str, Any]] = {}
    for path, array in columns.items():
        head, _, rest = path.partition(".")
        heads.setdefault(head, {})[rest or ITSELF] = array
    arrays = [
        inner[ITSELF] if inner.keys() == {ITSELF} else _nested(inner) for inner in heads.values()
    ]
    return pa.StructArray.from_arrays(arrays, names=[*heads])


def _decoded(table: Any, decoder: ColumnDecoder, wanted: Collection[str]) -> tuple[Any, list[str]]:  # noqa: ANN401 - an Arrow table
    """Return a table decoded, with diagnostics."""
    made, before = [], 0
    heads = {name.partition(".")[0].removesuffix(NONE) for name in table.column_names}
    nothing = [pa.nulls(0, each.type) for each in table.schema]
    none = pa.RecordBatch.from_arrays(nothing, schema=table.schema)
    for each in table.combine_chunks().to_batches() or [none]:
        batch = decoder.batch(each, before, {"id", "name", *heads, *wanted})
        made.append(pa.Table.from_batches([batch]))
        before += each.num_rows
    found = pa.concat_tables(made, promote_options="default")
    return found, [diagnostic.message for diagnostic in decoder.doubts.diagnostics()]
