"""
A long run in little memory: `make soak` assesses a million partnerships and takes 100,000 live events.

Prints after each tenth the memory that this process and that of its engine hold. It must stay flat:
the last half may not hold a tenth more than the first half did at its most.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Callable

from benchmarks.live import Events, memory
from govrules.engines.registry import engine
from govrules.live.evaluation import default_engine
from govrules.live.register import LiveRegister
from govrules.rulebook.load import load_rulebook
from tests.oracles.run import partnerships

DAY = dt.date(2026, 3, 31)
#: How many partnerships the events are about.
ENTRIES = 50
#: How much more the second half may hold than the first.
GROWTH = 1.1


def soaked(what: str, number: int, work: Callable[[int], object], each: int, *, by: str) -> bool:
    """Do so much work by an engine, so many at once; tell whether the memory stayed flat."""
    held: list[float] = []
    began = time.monotonic()
    for done in range(0, number, each):
        work(each)
        if (done + each) * 10 // number > done * 10 // number:
            held.append(sum(memory(by).values()) / 1024)
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
    rules = rulebook.rules_for("partnership", DAY)
    pool = [rulebook.adopted(each) for each in partnerships(40)]
    compiled = engine("compiled")
    by = default_engine()

    def assess(number: int) -> None:
        for outcomes in compiled.outcomes(
            rules, [pool[at % len(pool)] for at in range(number)], DAY, rulebook
        ):
            assert len(outcomes) == len(rules)

    live = LiveRegister(rulebook, as_of=DAY, engine=by)
    stream = Events(ENTRIES)

    def events(number: int) -> None:
        for _ in range(number):
            stream.feed(live)

    flat = soaked(
        "assessments", chosen.assessments, assess, max(1, chosen.assessments // 100), by="compiled"
    )
    flat &= soaked("live events", chosen.events, events, max(1, chosen.events // 100), by=by)
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
