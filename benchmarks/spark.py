"""
Hold Spark to the reference engine: `make spark`.

Runs what the README shows of clusters as it is printed. Assesses 100,000 partnerships on two local
workers, and compares what is said of a part of them, of the register and of pairs with the
reference engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from benchmarks.population import AS_OF, population, sample
from govrules import load_rulebook
from govrules.assessment import assess
from govrules.engines.columns import subjects_of
from govrules.model import Partnership, Register
from govrules.pairing import pair_of
from govrules.portfolio import assess_register
from govrules.registers.batches import assess_batches
from govrules.rulebook.ast import Rulebook

ROWS = 100_000
SAMPLE = 150
#: On how many partnerships the README's code is run.
PRINTED = 200
HERE = Path(__file__).parent.parent
README = HERE / "README.md"


def documented(folder: Path) -> None:
    """Run what the README shows of clusters in a folder with a small register."""
    page = README.read_text(encoding="utf-8").partition("<!-- begin: cluster -->")[2]
    blocks = re.findall(
        r"```python\n(.*?)```", page.partition("<!-- end: cluster -->")[0], re.DOTALL
    )
    register = pa.Table.from_batches(list(sample(PRINTED)))
    pa.parquet.write_table(register, folder / "register.parquet")
    (folder / "parts").mkdir()
    for start in range(0, PRINTED, PRINTED // 2):
        part = folder / "parts" / f"{start}.parquet"
        pa.parquet.write_table(register.slice(start, PRINTED // 2), part)
    for code in blocks:
        # In a process of its own: Spark reads paths from where its own process began.
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    expected = findings(assess_batches(load_rulebook(), register.to_batches(), as_of=AS_OF))
    for name in ("findings.parquet", "findings-ray", "findings-dask"):
        found = findings(pa.dataset.dataset(folder / name, format="parquet").to_batches())
        assert found == expected, f"{name} differs"
    print(f"the README's {len(blocks)} clusters run as printed: {len(expected):,} findings, alike")


def findings(batches: Iterable[pa.RecordBatch]) -> list[tuple[str, ...]]:
    """Return findings in an order of their own."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(
        (row["subject"], row["rule"], row["verdict"], str(row["severity"])) for row in rows
    )


def main() -> int:
    """Compare; 1 if anything differs."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - a big import

    from govrules.registers.spark import (  # noqa: PLC0415 - likewise
        assess_pairs_spark,
        assess_register_spark,
        assess_spark,
    )

    os.environ["PYSPARK_PYTHON"] = sys.executable
    master = os.environ.get("SPARK_MASTER", "local-cluster[2,1,1024]")
    book = load_rulebook()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spark = (
            SparkSession.builder.master(master)
            .appName("govrules")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "20000")
            .config("spark.executorEnv.PYTHONPATH", str(HERE))
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("ERROR")
        status = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()  # noqa: SLF001 - Spark tells it nowhere else
        print(f"{master}: {status} block managers, the driver's among them; Spark {spark.version}")
        for place, batch in enumerate(population(ROWS)):
            pa.parquet.write_table(
                pa.Table.from_batches([batch]), folder / f"part-{place:04}.parquet"
            )
        frame = spark.read.parquet(*map(str, sorted(folder.glob("part-*.parquet"))))
        begin = time.perf_counter()
        assess_spark(frame, book, as_of=AS_OF).write.parquet(str(folder / "found"))
        took = time.perf_counter() - begin
        found = pa.parquet.read_table(folder / "found")
        print(f"{ROWS:,} rows, {found.num_rows:,} findings in {took:.1f} s")
        wrong = compare(found, book)
        wrong += register_and_pairs(spark, folder, book, assess_register_spark, assess_pairs_spark)
        spark.stop()
        documented(folder)
    return 1 if wrong else 0


def compare(found: pa.Table, book: Rulebook) -> int:
    """Compare all findings with the kernel here, and those on a sample with the reference."""
    names = ["subject", "rule", "verdict", "severity", "could_be"]
    theirs = {
        (row[0], row[1]): row[2:]
        for row in zip(*(found[each].to_pylist() for each in names), strict=True)
    }
    ours = 0
    wrong = 0
    for batch in assess_batches(book, population(ROWS), as_of=AS_OF):
        for row in zip(*(batch[each].to_pylist() for each in names), strict=True):
            ours += 1
            wrong += theirs.get((row[0], row[1])) != row[2:]
    print(f"{ours:,} findings compared with the kernel here, {wrong} differ")
    number = 0
    differ = 0
    (batch,) = sample(SAMPLE)
    for subject in subjects_of(batch, Partnership, book):
        for finding in assess(subject, book, as_of=AS_OF).findings:
            number += 1
            expected = (
                finding.verdict.value,
                finding.severity and finding.severity.value,
                finding.could_be and finding.could_be.value,
            )
            differ += theirs.get((subject.id, finding.rule.id)) != expected
    print(
        f"{number:,} pairs of rule and subject compared with the reference engine, {differ} differ"
    )
    return wrong + differ + (ours != len(theirs))


def register_and_pairs(
    spark: Any,  # noqa: ANN401 - a session of Spark
    folder: Path,
    book: Rulebook,
    on_register: Any,  # noqa: ANN401 - a frame of Spark
    on_pairs: Any,  # noqa: ANN401 - likewise
) -> int:
    """Compare what is said of a register of a sample, and of its pairs."""
    (batch,) = sample(60)
    path = folder / "sample.parquet"
    pa.parquet.write_table(pa.Table.from_batches([batch]), path, row_group_size=10)
    frame = spark.read.parquet(str(path)).repartition(3)
    entries = tuple(subjects_of(batch, Partnership, book))
    expected = assess_register(Register(partnerships=entries), book, as_of=AS_OF)
    found = on_register(frame, book, as_of=AS_OF).to_pylist()
    one = [(each.rule.id, each.verdict.value) for each in expected.register.findings]
    wrong = int(one != [(each["rule"], each["verdict"]) for each in found])
    ordered = spark.read.parquet(str(path)).coalesce(1)
    pairs: dict[str, dict[str, str]] = {}
    for row in on_pairs(ordered, book, as_of=AS_OF).toLocalIterator():
        pairs.setdefault(row.subject, {})[row.rule] = row.verdict
    # A register tells those pairs alone on which something is flagged or open, and counts the rest.
    wrong += len(pairs) != len(expected.pairs) + expected.more_pairs
    wrong += not {each.id for each in expected.pairs} <= pairs.keys()
    by_id = {each.id: each for each in entries}
    for name, said in pairs.items():
        pair = pair_of(*(by_id[each] for each in name.split(" + ")))
        judged = assess(pair, book, as_of=AS_OF).findings
        wrong += said != {each.rule.id: each.verdict.value for each in judged}
    print(
        f"{len(one)} findings on a register and those on its {len(pairs):,} pairs compared with "
        f"the reference engine, {wrong} differ"
    )
    return wrong


if __name__ == "__main__":
    sys.exit(main())
