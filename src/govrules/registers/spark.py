"""
The same kernel on a Spark DataFrame: nothing but aggregates comes to the driver.

Needs the extra `[spark]`. Spark runs the kernel on each partition's Arrow batches (`mapInArrow`),
joins pairs itself, and writes what comes out.
"""

from __future__ import annotations

import datetime as dt
import functools
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

try:
    import pyarrow as pa
except ModuleNotFoundError as error:
    msg = f"it needs `{error.name}`, which is not installed: pip install govrules[spark]"
    raise ModuleNotFoundError(msg, name=error.name) from error

from govrules.engines.columns import from_row, to_batches
from govrules.model import Pair, Partnership, Register
from govrules.pairing import key_of_partner, keys_of, pair_of
from govrules.registers.batches import FINDINGS, Partial, RegisterKernel, kernel, register_kernel
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN, Unknown

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: Findings as Spark keeps them.
SCHEMA: Final = (
    "subject string, rule string, verdict string, severity string, could_be string, "
    "questions string, facts string"
)
_PLAIN: Final = pa.schema([pa.field(each.name, pa.string()) for each in FINDINGS])
#: Findings that Spark is handed at once: it holds a batch whole and off its heap, texts and all.
_ROWS: Final = 65_536
#: Pairs that a worker holds at once.
_PAIRS: Final = 500


def assess_spark(
    frame: DataFrame,
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    kind: str = "partnership",
) -> DataFrame:
    """
    Assess every row of a DataFrame: one row for each subject and rule.

    Args:
        frame: subjects, with the columns that `schema_of` says.

        rulebook: the rules.

        as_of: the date of the assessment.

        kind: the kind of subject.
    """
    packed = pickle.dumps(rulebook)

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        judge = _kernel(packed, as_of, kind)
        for batch in batches:
            for found in judge(batch):
                yield from _plain(found)

    return frame.mapInArrow(work, SCHEMA)


def assess_register_spark(
    frame: DataFrame,
    rulebook: Rulebook,
    *,
    register: Register | None = None,
    complete: bool = True,
    as_of: dt.date | Unknown = UNKNOWN,
) -> pa.RecordBatch:
    """
    Assess the register that the rows of a DataFrame are: one row for each rule on registers.

    Each partition is worked out to a partial result; these alone come to the driver. See
    `assess_register_batches` for the arguments.
    """
    whole = register_kernel(rulebook, register, as_of=as_of)
    packed = pickle.dumps(rulebook)

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = _register_kernel(packed, register, as_of)
        merged: Partial = ()
        for batch in batches:
            merged = own.merge(merged, own.partial(batch))
        yield pa.RecordBatch.from_pydict({"partial": pa.array([pickle.dumps(merged)])})

    merged: Partial = ()
    for row in frame.mapInArrow(work, "partial binary").toLocalIterator():
        # What comes back is what our own workers sent.
        merged = whole.merge(merged, pickle.loads(row.partial))  # noqa: S301
    return whole.findings(merged, complete=complete)


def assess_pairs_spark(
    frame: DataFrame,
    rulebook: Rulebook,
    *,
    owner: str = "",
    as_of: dt.date | Unknown = UNKNOWN,
) -> DataFrame:
    """
    Assess each two rows of a DataFrame that have something in common, by Spark's own join.

    The first of two is the one whose row comes first. See `assess_pairs` for the arguments.
    """
    from pyspark.sql import functions as sf  # noqa: PLC0415 - the module can be read without Spark

    packed = pickle.dumps(rulebook)
    in_all = key_of_partner(owner)
    numbered = frame.withColumn("_row", sf.monotonically_increasing_id()).persist()

    def keys(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows, names = [], []
            for index, row in enumerate(batch.column("_row").to_pylist()):
                entry = from_row(batch, index, Partnership)
                found = {each for each in keys_of(entry) if each != in_all}
                rows += [row] * len(found)
                names += sorted(found)
            yield pa.RecordBatch.from_pydict(
                {"_row": pa.array(rows, pa.int64()), "_key": pa.array(names, pa.string())}
            )

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        judge = _kernel(packed, as_of, "pair")
        book = _unpacked(packed)
        entry = book.class_of(Partnership)
        for whole in batches:
            for start in range(0, whole.num_rows, _PAIRS):
                batch = whole.slice(start, _PAIRS)
                sides = [
                    pa.RecordBatch.from_struct_array(batch.column(name)) for name in ("one", "two")
                ]
                pairs = [
                    pair_of(*(from_row(side, index, entry, book) for side in sides))
                    for index in range(batch.num_rows)
                ]
                for each in to_batches(pairs, book.class_of(Pair), book):
                    for found in judge(each):
                        yield from _plain(found)

    keyed = numbered.mapInArrow(keys, "_row long, _key string")
    one, two = keyed.alias("one"), keyed.alias("two")
    joined = (
        one.join(
            two,
            (sf.col("one._key") == sf.col("two._key")) & (sf.col("one._row") < sf.col("two._row")),
        )
        .select(sf.col("one._row").alias("_one"), sf.col("two._row").alias("_two"))
        .distinct()
    )
    sides = [
        numbered.select(sf.col("_row").alias(f"_{name}"), sf.struct(*frame.columns).alias(name))
        for name in ("one", "two")
    ]
    return (joined.join(sides[0], "_one").join(sides[1], "_two").select("one", "two")).mapInArrow(
        work, SCHEMA
    )


def _plain(found: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, found.num_rows, _ROWS):
        columns = [column.cast(pa.string()) for column in found.slice(start, _ROWS).columns]
        yield pa.RecordBatch.from_arrays(columns, schema=_PLAIN)


# A worker is handed the rulebook once with the task, and compiles it once.


def _unpacked(packed: bytes) -> Rulebook:
    book: Rulebook = pickle.loads(packed)  # noqa: S301 - our own driver sent it
    return book


@functools.lru_cache(maxsize=8)
def _kernel(
    packed: bytes, as_of: dt.date | Unknown, kind: str
) -> Callable[[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    return kernel(_unpacked(packed), as_of=as_of, kind=kind)


def _register_kernel(
    packed: bytes, register: Register | None, as_of: dt.date | Unknown
) -> RegisterKernel:
    return register_kernel(_unpacked(packed), register, as_of=as_of)
