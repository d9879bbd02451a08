"""
Whole registers, one run, ratios: `make bench-registers` (ARGS="1000000" for the largest).

The same twenty rules by the kernel, by hand in Python on objects, in Polars, DuckDB and OpenFisca,
on whole numpy arrays, and by engines that take one partnership at a time, on the same partnerships;
verdicts are compared before anything is timed. The others have the facts prepared for them: flat,
with absence worked in.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet

from benchmarks import engines, fisca, twenty
from benchmarks.population import AS_OF, population
from govrules import load_rulebook
from govrules.engines.bitmaps import Store, unpack
from govrules.engines.columns import subjects_of
from govrules.model import Partner, Partnership
from govrules.registers.batches import ahead, assess_batches, kernel
from govrules.registers.findings_files import write_findings
from govrules.registers.outcome_codes import codes_of
from govrules.vocabulary import Choice, Date, Money, Number, YesNo, vocabulary_of

ROUNDS = 5
SIZES = (5_500, 100_000)
#: Objects take so much room that Python by hand is timed on no more than these, and scaled.
OBJECTS = 20_000
#: Likewise engines that take one partnership at a time.
PEERS = 5_500
#: Rows of a batch that threads share out between them.
WIDE = 262_144
#: Where a code holds the place of the verdict.
VERDICT_BITS = 3
VERDICTS = ("flagged", "clear", "unknown", "not applicable")


def median(work: Callable[[], object]) -> float:
    """Return the median of some rounds, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


# ── The same columns for the others ───────────────────────────────────────────────────────────


def flat(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    """Return the facts of the twenty rules as flat columns, as `twenty.flat` has them."""
    tables = []
    for batch in batches:
        store = Store(dict(zip(batch.schema.names, batch.columns, strict=True)), batch.num_rows)
        found = {path.replace(".", "_"): _flat(store, path, Partnership) for path in twenty.FLAT}
        listed = store.list_column("partners", vocabulary_of(Partnership).facts["partners"])
        inner = [_flat(listed.records, name, Partner) for name in twenty.INNER]
        struct = pa.StructArray.from_arrays(inner, names=list(twenty.INNER))
        found["more_partners"] = pa.array(~unpack(listed.closed, batch.num_rows))
        offsets = pa.array(listed.offsets.astype(np.int32))
        found["partners"] = pa.ListArray.from_arrays(offsets, struct)
        tables.append(pa.table(found))
    return pa.concat_tables(tables).combine_chunks()


def _flat(store: Store, path: str, cls: type) -> pa.Array:
    fact = vocabulary_of(cls).facts[path]
    column = store.column(path, fact)
    rows = store.rows
    unknown, none = unpack(column.unknown, rows), unpack(column.none, rows)
    match fact.type:
        case YesNo():
            return pa.array(unpack(column.data, rows), mask=unknown)
        case Choice(values, ordered=False):
            words = pa.array([*values, "none"])
            codes = np.where(none, len(values), column.data)
            return words.take(pa.array(codes, mask=unknown))
        case Date():
            data = column.data.astype(np.int64) + 719_163
        case Money() | Number():
            # Whole amounts, as for other engines: a share is only asked whether it is over.
            data = -(-column.data // column.scale)
        case Choice():
            data = column.data
        case _:
            raise AssertionError(path)
    return pa.array(np.where(none, -1, data), mask=unknown)


# ── Polars, DuckDB, numpy ─────────────────────────────────────────────────────────────────────


def in_polars(tree: Any, col: Callable[[str], Any] = pl.col) -> Any:  # noqa: ANN401 - an expression
    """Return a tree as a Polars expression that is never null."""
    kind, *rest = tree
    if kind in ("and", "or"):
        parts = [in_polars(each, col) for each in rest]
        return pl.all_horizontal(parts) if kind == "and" else pl.any_horizontal(parts)
    if kind in ("exists", "forall"):
        inner = in_polars(rest[0], pl.element().struct.field)
        whole = pl.col("partners").list.eval(inner)
        return whole.list.any() if kind == "exists" else whole.list.all()
    name, value = rest
    made = {
        "is": lambda: col(name) == value,
        "is_not": lambda: col(name) != value,
        "ge": lambda: col(name) >= value,
        "lt": lambda: col(name) < value,
    }[kind]()
    return made.fill_null(value=False)


def in_sql(tree: Any, of: str = "") -> str:  # noqa: ANN401 - a tree
    """Return a tree as SQL that is never null."""
    kind, *rest = tree
    if kind in ("and", "or"):
        return "(" + f" {kind} ".join(in_sql(each, of) for each in rest) + ")"
    if kind == "exists":
        return f"(len(list_filter(partners, lambda p: {in_sql(rest[0], 'p.')})) > 0)"
    if kind == "forall":
        return f"(len(list_filter(partners, lambda p: not {in_sql(rest[0], 'p.')})) = 0)"
    name, value = rest
    sign = {"is": "=", "is_not": "<>", "ge": ">=", "lt": "<"}[kind]
    plain = str(value).lower() if isinstance(value, bool | int) else f"'{value}'"
    return f"coalesce({of}{name} {sign} {plain}, false)"


class Arrays:
    """The flat columns as whole numpy arrays: values, and where they are known."""

    def __init__(self, table: pa.Table) -> None:
        self.columns = {
            name: self._pair(table[name].combine_chunks())
            for name in table.column_names
            if name != "partners"
        }
        partners = table["partners"].combine_chunks()
        partners = partners.chunk(0) if isinstance(partners, pa.ChunkedArray) else partners
        self.offsets = np.asarray(partners.offsets).astype(np.int64)
        inner = partners.values
        self.inner = {name: self._pair(inner.field(name)) for name in twenty.INNER}

    def _pair(self, array: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks)
        known = np.asarray(array.is_valid())
        if pa.types.is_string(array.type):
            coded = array.dictionary_encode()
            words = coded.dictionary.to_pylist()
            return (np.asarray(coded.indices.fill_null(0)).astype(np.int8), words), known
        fill = False if pa.types.is_boolean(array.type) else 0
        return np.asarray(array.fill_null(fill)), known

    def of_rows(self, flags: Any, kind: str) -> Any:  # noqa: ANN401 - arrays
        """Return in which rows some partners, or all, have a flag."""
        sums = np.concatenate([[0], np.cumsum(flags)])
        number = sums[self.offsets[1:]] - sums[self.offsets[:-1]]
        return number > 0 if kind == "exists" else number == np.diff(self.offsets)

    def true(self, tree: Any) -> Any:  # noqa: ANN401 - arrays
        """Return where a tree is true."""
        return true_of(tree, self.columns, self.inner, self.of_rows)


def true_of(tree: Any, columns: Any, inner: Any, of_rows: Any) -> Any:  # noqa: ANN401 - arrays
    """Return where a tree is true of columns: values, and where they are known."""
    kind, *rest = tree
    if kind in ("and", "or"):
        found = true_of(rest[0], columns, inner, of_rows)
        for each in rest[1:]:
            other = true_of(each, columns, inner, of_rows)
            found = found & other if kind == "and" else found | other
        return found
    if kind in ("exists", "forall"):
        return of_rows(true_of(rest[0], inner, None, None), kind)
    name, value = rest
    data, known = columns[name]
    if isinstance(data, tuple):
        data, words = data
        value = words.index(value) if value in words else -1
    if kind == "is":
        return known & (data == value)
    if kind == "is_not":
        return known & (data != value)
    return known & (data >= value if kind == "ge" else data < value)


def verdict_by(true: Callable[[Any], Any], scope: Any, requires: Any) -> Any:  # noqa: ANN401 - arrays
    """Return the verdict of a rule as numbers in the order of `VERDICTS`."""
    met, broken = true(requires[0]), true(requires[1])
    if scope is None:
        return np.where(met, 1, np.where(broken, 0, 2)).astype(np.int8)
    applies, never = true(scope[0]), true(scope[1])
    inner = np.where(met, 1, np.where(applies & broken, 0, 2))
    return np.where(never, 3, inner).astype(np.int8)


def judged_by(true: Callable[[Any], Any], pairs: Any) -> list[Any]:  # noqa: ANN401 - arrays
    """Return the verdicts of all rules."""
    return [verdict_by(true, *pair) for pair in pairs]


def in_openfisca(arrays: Arrays, pairs: Any) -> Callable[[], list[Any]]:  # noqa: ANN401 - trees
    """Return what has OpenFisca work all rules out."""

    def rule(scope: Any, requires: Any) -> Any:  # noqa: ANN401 - trees
        def work(group: Any, own: Any, members: Any) -> Any:  # noqa: ANN401 - OpenFisca's own
            def of_rows(flags: Any, kind: str) -> Any:  # noqa: ANN401 - arrays
                # Without a role it asks for members in every group, and its `all` does so always.
                (role,) = group.entity.flattened_roles
                if kind == "exists":
                    return group.any(flags, role=role)
                return ~group.any(~flags, role=role)

            return verdict_by(lambda tree: true_of(tree, own, members, of_rows), scope, requires)

        return work

    rules = {f"r{place}": rule(*pair) for place, pair in enumerate(pairs)}
    return fisca.simulation(arrays.columns, arrays.inner, arrays.offsets, rules)


def polars_of(pairs: Any) -> list[Any]:  # noqa: ANN401 - expressions
    """Return each rule's verdict as a Polars expression."""
    found = []
    for place, (scope, requires) in enumerate(pairs):
        met, broken = in_polars(requires[0]), in_polars(requires[1])
        if scope is not None:
            broken = broken & in_polars(scope[0])
        inner = pl.when(met).then(1).when(broken).then(0).otherwise(2)
        if scope is not None:
            inner = pl.when(in_polars(scope[1])).then(3).otherwise(inner)
        found.append(inner.cast(pl.Int8).alias(f"r{place}"))
    return found


def sql_of(pairs: Any) -> str:  # noqa: ANN401 - trees
    """Return the rules as one query."""
    found = []
    for place, (scope, requires) in enumerate(pairs):
        broken = in_sql(requires[1])
        never = ""
        if scope is not None:
            broken = f"({in_sql(scope[0])} and {broken})"
            never = f"when {in_sql(scope[1])} then 3 "
        case = f"case {never}when {in_sql(requires[0])} then 1 when {broken} then 0 else 2 end"
        found.append(f"cast({case} as tinyint) as r{place}")
    return f"select {', '.join(found)} from facts"  # noqa: S608 - our own rules


# ── One run ───────────────────────────────────────────────────────────────────────────────────


def run(rows: int) -> None:
    """Compare and time on this many partnerships."""
    book = twenty.rulebook()
    judge = kernel(book, as_of=AS_OF, details=False)
    batches = [
        each.select([*sorted(judge.columns - {"stated"}), "id"]) for each in population(rows)
    ]
    wide = pa.Table.from_batches(batches).combine_chunks().to_batches(max_chunksize=WIDE)

    def kernel_only() -> list[list[Any]]:
        found = []
        for batch in batches:
            block = judge.block(batch)
            told = (codes_of(each, block.bitmap, batch.num_rows) for each in judge.judged)
            found.append([each & VERDICT_BITS for each in told])
        return found

    # Ours come first: what else is loaded keeps threads and memory of its own.
    times = {
        "govrules: verdict, severity, could_be": median(kernel_only),
        **{
            f"govrules: {what}{on}": median(
                lambda details=details, threads=threads: sum(
                    each.num_rows
                    for each in assess_batches(
                        book, wide, as_of=AS_OF, details=details, threads=threads
                    )
                )
            )
            for what, details in (("rows of findings", False), ("with questions", True))
            for on, threads in (("", 1), (", two threads", 2))
        },
    }
    table = flat(batches)
    pairs = twenty.pairs()
    arrays = Arrays(table)
    frame = pl.from_arrow(table)
    expressions = polars_of(pairs)
    database = duckdb.connect()
    database.execute("set threads = 1")
    database.register("facts", table)
    database.execute("create table held as select * from facts")
    query = sql_of(pairs).replace("from facts", "from held")

    whole = [np.concatenate(each) for each in zip(*kernel_only(), strict=True)]
    by_fisca = in_openfisca(arrays, pairs)
    others = {
        "OpenFisca": by_fisca(),
        "numpy, whole arrays": judged_by(arrays.true, pairs),
        "Polars": [each.to_numpy() for each in frame.select(expressions).get_columns()],
        "DuckDB": list(database.execute(query).fetchnumpy().values()),
    }
    for name, found in others.items():
        for place, (ours, theirs) in enumerate(zip(whole, found, strict=True)):
            differ = int((ours != np.asarray(theirs)).sum())
            if differ:
                msg = f"{name}: {differ:,} of {rows:,} verdicts of rule {place + 1} differ"
                raise SystemExit(msg)
    objects = list(subjects_of(batches[0].slice(0, min(rows, OBJECTS)), Partnership, book))
    by_hand = twenty.by_hand(twenty.days())
    hand = [by_hand(each) for each in objects]
    wrong = sum(
        VERDICTS[whole[place][row]] != verdict.replace("_", " ")
        for row, verdicts in enumerate(hand)
        for place, verdict in enumerate(verdicts)
    )
    print(
        f"{rows:,} partnerships, 20 rules; "
        f"by hand: {wrong} of {20 * len(objects):,} verdicts differ"
    )
    if wrong:
        raise SystemExit(1)
    times |= {
        "by hand in Python": median(lambda: [by_hand(each) for each in objects])
        * rows
        / len(objects),
        "DuckDB": median(lambda: database.sql(query).to_arrow_table()),
        "Polars": median(lambda: frame.select(expressions)),
        "numpy, whole arrays": median(lambda: judged_by(arrays.true, pairs)),
        "OpenFisca": median(by_fisca),
        **{
            each.name: median(each.run) * rows / each.number
            for each in engines.peers(table.slice(0, PEERS).to_pylist(), hand)
        },
    }
    hand_time = times["by hand in Python"]
    for name, taken in times.items():
        print(f"  {name:40} {taken:9.3f} s  {hand_time / taken:7.1f} x by hand", flush=True)
    on_files(batches, book, table, expressions, query)


def on_files(
    batches: list[pa.RecordBatch],
    book: Any,  # noqa: ANN401
    table: pa.Table,
    expressions: list[Any],
    query: str,
) -> None:
    """
    Time from a Parquet file to a file of findings, and the bare decoding of the file.

    Polars and DuckDB begin from a file of flat columns, and write one column a rule.
    """
    with tempfile.TemporaryDirectory() as name:
        path, level = Path(name) / "register.parquet", Path(name) / "flat.parquet"
        new = Path(name) / "findings.parquet"
        pa.parquet.write_table(pa.Table.from_batches(batches), path)
        pa.parquet.write_table(table, level)
        from_file = query.replace("from held", f"from '{level}'")

        def read(*, threads: bool = False) -> Any:  # noqa: ANN401 - batches
            return pa.parquet.ParquetFile(path).iter_batches(65_536, use_threads=threads)

        def findings(*, details: bool) -> int:
            found = assess_batches(book, read(), as_of=AS_OF, details=details)
            return write_findings(found, new)

        def in_turn(*, details: bool) -> int:
            made = ahead(read(threads=True))
            return write_findings(
                ahead(assess_batches(book, made, as_of=AS_OF, details=details)), new
            )

        database = duckdb.connect()
        database.execute("set threads = 1")
        works: dict[str, Callable[[], object]] = {
            "bare decode": lambda: sum(each.num_rows for each in read()),
            "govrules": lambda: findings(details=False),
            "govrules, read and written beside": lambda: in_turn(details=False),
            "govrules with questions": lambda: findings(details=True),
            "  read and written beside": lambda: in_turn(details=True),
            "bare decode of the flat file": lambda: pl.read_parquet(level),
            "Polars, flat": lambda: pl.read_parquet(level).select(expressions).write_parquet(new),
            "DuckDB, flat": lambda: database.execute(
                f"copy ({from_file}) to '{new}' (format parquet)"
            ),
        }
        found = {each: median(work) for each, work in works.items()}
    print("  From a Parquet file to a file of findings:")
    for each, taken in found.items():
        ratio = taken / found["bare decode"]
        print(f"    {each:38} {taken:9.3f} s  {ratio:7.2f} of the bare decode", flush=True)


def whole_rulebook(rows: int) -> None:
    """Time the whole rulebook, a batch at a time, and tell the most memory it took."""
    book = load_rulebook()
    made = 0.0
    begin = time.perf_counter()

    def batches() -> Any:  # noqa: ANN401 - batches
        nonlocal made
        several = population(rows)
        while True:
            start = time.perf_counter()
            batch = next(several, None)
            made += time.perf_counter() - start
            if batch is None:
                return
            yield batch

    number = sum(each.num_rows for each in assess_batches(book, batches(), as_of=AS_OF))
    took = time.perf_counter() - begin - made
    # What the system says of a process's children begins from the parent's own peak.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(
        f"{rows:,} partnerships, whole rulebook: {number:,} findings with questions "
        f"in {took:.1f} s; peak {peak:,.0f} MB"
    )


def main(arguments: list[str]) -> None:
    """Run at each size; the whole rulebook in a process of its own, for its memory."""
    if arguments[:1] == ["whole"]:
        whole_rulebook(int(arguments[1]))
        return
    for rows in [int(each) for each in arguments] or list(SIZES):
        run(rows)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.registers", "whole", str(rows)], check=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
