"""
What a service waits for: starting, verdicts, findings explained, pools and tables.

Run it with ``python benchmarks/service.py``; a number is the rows of a table to be assessed.
"""

from __future__ import annotations

import datetime as dt
import json
import pickle
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from govrules import (
    Assessment,
    Partnership,
    Rulebook,
    Verdict,
    assess,
    assess_table,
    load_rulebook,
    read,
    to_data,
)
from govrules.rulebook.packs import shipped_examples

DAY = dt.date(2026, 3, 31)
#: What a new process does before its first answer.
_START = """
import time
begun = time.perf_counter()
from govrules import load_rulebook
load_rulebook()
print(time.perf_counter() - begun)
"""
_UNPICKLE = """
import pickle, sys, time
begun = time.perf_counter()
pickle.load(sys.stdin.buffer)
print(time.perf_counter() - begun)
"""


def median(call: Callable[[], object], times: int = 9) -> float:
    """Return how many milliseconds a call takes, the median of some."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def flagged(rulebook: Rulebook, body: dict[str, Any]) -> int:
    """Return how many findings on a body are flagged."""
    found = read(body, rulebook=rulebook)
    return assess(found.subject, rulebook, as_of=DAY, engine="compiled").counts[Verdict.FLAGGED]


def service() -> None:
    """Time one body, as a service is sent it."""
    rulebook = load_rulebook()
    subject = read(shipped_examples() / "high-tier-pool-without-arrangements.yaml").subject
    body = to_data(subject)
    text = json.dumps(body)
    begun = subprocess.run(
        [sys.executable, "-c", _START], text=True, capture_output=True, check=True
    )
    print(f"starting and loading the rules: {float(begun.stdout) * 1000:.0f} ms")
    counts = assess(subject, rulebook, as_of=DAY).counts
    number = counts[Verdict.FLAGGED]
    print(f"a body of {len(text):,} bytes, {number} of {sum(counts.values())} flagged")
    took = median(lambda: read(json.loads(text), rulebook=rulebook))
    print(f"  read                      {took:8.2f} ms")

    def judged() -> Assessment:
        return assess(subject, rulebook, as_of=DAY, engine="compiled")

    print(f"  verdicts                  {median(lambda: judged().counts):8.2f} ms")
    for show in ("flagged", "all"):
        took = median(lambda show=show: json.dumps(to_data(judged(), findings=show)), 5)
        print(f"  {show:7} explained as JSON {took:8.2f} ms")
    others = (read(each, rulebook=rulebook).subject for each in like(body))
    first = [assess(next(others), rulebook, as_of=DAY, engine="compiled") for _ in range(9)]
    bodies = iter(first)
    took = median(lambda: json.dumps(to_data(next(bodies), findings="flagged")))
    print(f"  flagged of bodies like it {took:8.2f} ms")
    packed = pickle.dumps(rulebook)
    print(f"a rulebook pickled: {len(packed):,} bytes")
    command = [sys.executable, "-c", _UNPICKLE]
    fresh = subprocess.run(command, input=packed, capture_output=True, check=True)
    print(f"  in a new process, imports and all: {float(fresh.stdout) * 1000:.0f} ms")
    again = median(lambda: pickle.loads(packed))  # noqa: S301 - it was pickled above
    print(f"  once more in one that has it: {again:.3f} ms")
    with ProcessPoolExecutor(4) as pool:
        begun_at = time.perf_counter()
        found = {*pool.map(flagged, [rulebook] * 40, [body] * 40)}
        took = time.perf_counter() - begun_at
    assert found == {flagged(rulebook, body)}
    print(f"  40 tasks in a pool of 4 processes: {took:.2f} s, equal findings")
    on_dask(rulebook, body)


def like(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield bodies like one, none with the facts of another: each lacks a tenth of them."""
    drawn = random.Random(1)  # noqa: S311 - no secret

    def lacking(part: dict[str, Any]) -> dict[str, Any]:
        return {
            name: lacking(value) if isinstance(value, dict) else value
            for name, value in part.items()
            if name == "govrules" or drawn.random() < 0.9
        }

    while True:
        yield lacking(body)


def on_dask(rulebook: Rulebook, body: dict[str, Any]) -> None:
    """Have processes of Dask judge a body, if Dask is here."""
    try:
        import dask  # noqa: PLC0415 - only this needs it
    except ModuleNotFoundError:
        print("  Dask is not installed, and was not tried")
        return
    begun = time.perf_counter()
    tasks = [dask.delayed(flagged)(rulebook, body) for _ in range(40)]
    found = {*dask.compute(*tasks, scheduler="processes", num_workers=4)}
    took = time.perf_counter() - begun
    assert found == {flagged(rulebook, body)}
    print(f"  40 tasks on 4 processes of Dask: {took:.2f} s, equal findings")


def tables(rows: int) -> None:
    """Time tables beside the kernel that judges them."""
    import pandas as pd  # noqa: PLC0415 - only tables need it
    import polars as pl  # noqa: PLC0415 - likewise
    import pyarrow as pa  # noqa: PLC0415 - likewise

    from govrules.registers.batches import kernel  # noqa: PLC0415 - likewise
    from govrules.registers.frames import laid_out  # noqa: PLC0415 - likewise

    rulebook, drawn = load_rulebook(), random.Random(1)  # noqa: S311 - no secret

    def column(*several: object) -> list[object]:
        return [drawn.choice(several) for _ in range(rows)]

    frame = pd.DataFrame(
        {
            "id": [f"P{each}" for each in range(rows)],
            "name": [f"Partnership {each}" for each in range(rows)],
            "status": column("active", "dormant", None),
            "funding.pooled": column(True, False, None),  # noqa: FBT003 - cells
            "funding.annual_spend": [drawn.randrange(10**7) for _ in range(rows)],
            "protocol": column("none", None),
            "accountability.responsibility_shared": column(True, False, None),  # noqa: FBT003 - cells
            "reviewed": column(dt.date(2019, 1, 1), dt.date(2025, 9, 1), None),
            "nature": column("statutory", "voluntary", None),
        }
    )
    laid = (
        laid_out(pa.table(frame), Partnership, rulebook, kernel(rulebook, details=False).columns)[0]
        .combine_chunks()
        .to_batches(65_536)
    )

    def alone() -> None:
        judge = kernel(rulebook, as_of=DAY, details=False)
        for batch in laid:
            judge.whole(batch)

    for table in (frame, pl.from_pandas(frame)):
        from govrules.registers import frames  # noqa: PLC0415 - likewise

        ratios = []
        for _ in range(5):
            frames._kernel.cache_clear()  # noqa: SLF001 - both sides compile
            whole, part = (
                median(lambda t=table: assess_table(t, rulebook, as_of=DAY), 1),
                median(alone, 1),
            )
            ratios.append((whole / part, whole, part))
        ratio, whole, part = sorted(ratios)[len(ratios) // 2]
        library = type(table).__module__.partition(".")[0]
        print(f"{library}: {rows:,} rows in {whole / 1000:.2f} s")
        print(f"  the kernel alone {part / 1000:.2f} s: {ratio:.2f} times")


if __name__ == "__main__":
    service()
    for each in sys.argv[1:]:
        tables(int(each))
