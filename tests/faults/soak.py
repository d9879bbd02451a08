"""
A long run in little memory: `make soak` assesses a million partnerships and takes 100,000 live events.

Prints the memory in use after each tenth. It must stay flat: the last half may not hold a tenth more
than the first half did at its most.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.live import Events
from govrules.assessment import rules_for
from govrules.engines.registry import engine
from govrules.live.register import LiveRegister
from govrules.rulebook.load import load_rulebook
from tests.oracles.run import partnerships

DAY = dt.date(2026, 3, 31)
#: How many partnerships the events are about.
ENTRIES = 50
#: How much more the second half may hold than the first.
GROWTH = 1.1


def memory() -> float:
    """Return how much memory this process holds, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soaked(what: str, number: int, work: Callable[[int], object], each: int) -> bool:
    """Do so much work, so many at once; tell whether the memory stayed flat."""
    held: list[float] = []
    began = time.monotonic()
    for done in range(0, number, each):
        work(each)
        if (done + each) * 10 // number > done * 10 // number:
            gc.collect()
            held.append(memory())
            print(f"{what}: {done + each:,} done, {held[-1]:,.0f} MB", flush=True)
    half = len(held) // 2
    flat = max(held[half:]) <= GROWTH * max(held[:half])
    spent = time.monotonic() - began
    print(f"{what}: {number:,} in {spent:.0f} s, {'flat' if flat else 'GROWING'}", flush=True)
    return flat


def main() -> int:
    """Soak, and print what was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assessments", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=100_000)
    chosen = parser.parse_args()
    rulebook = load_rulebook()
    rules = rules_for("partnership", rulebook, DAY)
    pool = partnerships(40)
    compiled = engine("compiled")

    def assess(number: int) -> None:
        for outcomes in compiled.outcomes(
            rules, [pool[at % len(pool)] for at in range(number)], DAY, rulebook
        ):
            assert len(outcomes) == len(rules)

    live = LiveRegister(rulebook, as_of=DAY)
    stream = Events(ENTRIES)

    def events(number: int) -> None:
        for _ in range(number):
            stream.feed(live)

    flat = soaked("assessments", chosen.assessments, assess, max(1, chosen.assessments // 100))
    flat &= soaked("live events", chosen.events, events, max(1, chosen.events // 100))
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
