"""The page of a register of 500 set beside its text: time, size and memory. `make bench-pages`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmarks.population import sample

ROOT = Path(__file__).parents[1]
NUMBER = 500
TIMES = 3
#: The page takes at most so many times as long as the text.
MOST = 3.0


def hardly_known(folder: Path) -> Path:
    """Write the example register, its partnerships so often that there are 500."""
    text = (ROOT / "examples" / "example-register.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    entries = data["partnerships"]
    data["partnerships"] = [
        _again(each, number) for number in range(NUMBER // len(entries)) for each in entries
    ]
    path = folder / "hardly-known.json"
    path.write_text(json.dumps(data, default=str), encoding="utf-8")
    return path


def _again(entry: dict[str, Any], number: int) -> dict[str, Any]:
    """Return an entry under a name of its own."""
    named = (each for each in ("id", "name", "parent") if entry.get(each, "none") != "none")
    own = {each: f"{entry[each]} {number}" for each in named}
    return {**entry, **own}


def mostly_known(folder: Path) -> Path:
    """Write 500 partnerships of which 85 per cent of the facts are known."""
    path = folder / "mostly-known.parquet"
    pq.write_table(pa.Table.from_batches([*sample(NUMBER)]), path)
    return path


def run(*words: str) -> tuple[float, int]:
    """Return how many seconds of the processor a command takes, and how many bytes of memory."""
    best = float("inf")
    memory = 0
    for _ in range(TIMES):
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-W", "ignore", "-m", "govrules", *words],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
        )
        _, status, used = os.wait4(pid, 0)
        # Parents that are made up stand on no register: that is 2.
        assert os.waitstatus_to_exitcode(status) in (0, 1, 2), words
        best = min(best, used.ru_utime + used.ru_stime)
        memory = max(memory, used.ru_maxrss * 1024)
    return best, memory


def main() -> int:
    """Print the figures; return 1 where the page takes too long or is too large."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (hardly_known(folder), mostly_known(folder)):
            text, _ = run("check", str(path), "--output", str(folder / "out.txt"))
            page = folder / f"{path.stem}.html"
            html, memory = run("check", str(path), "--format", "html", "--output", str(page))
            beside = [*folder.glob(f"{path.stem}-*.html")]
            size = page.stat().st_size / 1e6
            more = f" and {len(beside)} files beside it" if beside else ""
            print(
                f"{NUMBER} {path.stem}: text {text:.1f} s, page {html:.1f} s "
                f"({html / text:.1f} times), {size:.1f} MB{more}, {memory / 1e6:.0f} MB of memory"
            )
            wrong += html / text > MOST or size > 4
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
