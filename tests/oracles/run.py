"""
Hold each engine to itself: `make oracles CHECKS=2000`, or for so many minutes (ARGS="--minutes 10").

Prints for each oracle and engine how many checks were made, and what failed. Spark is asked too
where it is installed and a Java is found; it takes a second or more for each question, so that it
gets few of the checks.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from random import Random
from typing import Any

import attrs

from govrules.model import Partnership
from govrules.rulebook.load import load_rulebook
from govrules.vocabulary import vocabulary_of
from tests.oracles.checks import (
    Tally,
    Way,
    by_columns,
    by_live,
    by_rows,
    by_spark,
    conditions_of,
    must_be_flagged,
    parted_by_condition,
    parted_by_fact,
    probe,
    rewritten,
    written_another_way,
)

#: Registers have at most so many partnerships.
ENTRIES = 12
#: So many rules are asked about at once.
RULES = 5
#: So many registers are drawn for them.
REGISTERS = 20
_SPARK_EACH = 20
#: So many checks are made where nobody says how many, or for how long.
_CHECKS = 2_000


def partnerships(number: int) -> list[Partnership]:
    """Draw partnerships near the thresholds of the shipped rules, the same in every run."""
    from tests.conformance.agreement import cases
    from tests.conformance.run import batches

    found: list[Partnership] = []
    batches(cases(), number, lambda case: found.append(case[2]))
    return found


def drawn(pool: Sequence[Partnership], random: Random) -> list[Partnership]:
    """Return a register of partnerships of the pool, crossed with each other."""
    from tests.conformance.run import crossed

    several = crossed(pool, random.randint(1, ENTRIES), random)
    return [attrs.evolve(each, id=f"p{at}") for at, each in enumerate(several)]


def session() -> Any:
    """Return a session of Spark on this machine; None where there is none."""
    if shutil.which("java") is None:
        return None
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        return None
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    found = builder.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    found.sparkContext.setLogLevel("OFF")
    return found


def run(
    ways: dict[str, Way], *, checks: int, seconds: float, seed: int, drawn_from: int = 60
) -> Tally:
    """Make so many checks, or as many as the time allows."""
    random = Random(seed)
    rulebook = load_rulebook()
    pool = partnerships(drawn_from)
    conditions = conditions_of(rulebook)
    rules = [each for each in rulebook.rules if each.subject == "partnership"]
    facts = [*vocabulary_of(Partnership).facts]
    tally = Tally()
    until = time.monotonic() + seconds
    turn = 0
    while sum(tally.checks.values()) < checks and time.monotonic() < until:
        turn += 1
        # A few rules of the shipped ones at a time: each set is compiled anew, and asked much.
        several = random.sample(rules, RULES)
        few = attrs.evolve(rulebook, rules=(*several, probe(random.choice(conditions))))
        other = attrs.evolve(few, rules=tuple(rewritten(each, random) for each in few.rules))
        registers = [drawn(pool, random) for _ in range(REGISTERS)]
        for name, way in ways.items():
            often = name != "spark" or turn % _SPARK_EACH == 0
            for entries in registers[: None if name != "spark" else int(often)]:
                parted_by_condition(name, way, few, entries, tally)
                parted_by_fact(name, way, few, entries, random.choice(facts), tally)
                written_another_way(name, way, few, other, entries, tally)
            if often:
                must_be_flagged(name, way, rulebook, several[0], registers[0], tally)
    return tally


WAYS: dict[str, Way] = {"rows": by_rows, "columns": by_columns, "live": by_live}


def main() -> int:
    """Make the checks and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--seed", type=int, default=Random().randrange(10**9))
    parser.add_argument("--no-spark", action="store_true")
    chosen = parser.parse_args()
    spark = None if chosen.no_spark else session()
    ways = WAYS | ({} if spark is None else {"spark": by_spark(spark)})
    began = time.monotonic()
    checks = chosen.checks or (_CHECKS if chosen.minutes == math.inf else sys.maxsize)
    tally = run(ways, checks=checks, seconds=chosen.minutes * 60, seed=chosen.seed)
    spent = time.monotonic() - began
    print(f"seed {chosen.seed}, {spent:.0f} s")
    for (oracle, way), number in sorted(tally.checks.items()):
        print(f"{oracle:<24} {way:<8} {number:7,} checks")
    for each in tally.failures[:10]:
        print(f"FAILED {each}")
    if spark is None:
        print("Spark was not asked" if chosen.no_spark else "Spark is not installed here")
    print(f"{sum(tally.checks.values()):,} checks, {len(tally.failures)} failures")
    return 1 if tally.failures or not tally.checks else 0


if __name__ == "__main__":
    sys.exit(main())
