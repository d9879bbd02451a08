"""
Hold each engine to itself: `make oracles CHECKS=2000`, or for so many minutes (ARGS="--minutes 10").

Prints for each oracle and engine how many checks were made, and what failed. Spark is asked too
where it is installed and a Java is found; it takes a second or more for each question, so that it
gets few of the checks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import attrs
import pyarrow as pa

from govrules.engines.columns import to_batches
from govrules.engines.registry import engine
from govrules.facts import read_field
from govrules.live.register import LiveRegister
from govrules.model import Partnership
from govrules.registers.batches import assess_batches
from govrules.rulebook.ast import Citation, Rule, Rulebook, Severity, Verdict, rule_conditions
from govrules.rulebook.expr import All, AnyOf, Condition, Not
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.reads import reads
from govrules.truth import UNKNOWN
from govrules.vocabulary import vocabulary_of

DAY = dt.date(2026, 3, 31)
#: What is found of one rule and one partnership.
Found = tuple[str, str, str, str | None]
#: Returns what is found of partnerships, each known by its id.
Way = Callable[[Rulebook, Sequence[Partnership]], Iterable[Found]]


def by_rows(rulebook: Rulebook, entries: Sequence[Partnership]) -> Iterator[Found]:
    """Object by object, by the generated Python."""
    rules = rulebook.rules_for("partnership", DAY)
    found = engine("compiled").outcomes(rules, entries, DAY, rulebook)
    for entry, outcomes in zip(entries, found, strict=True):
        for rule, each in zip(rules, outcomes, strict=True):
            grave = each.severity.value if each.severity else None
            yield str(entry.id), rule.id, each.verdict.value, grave


def by_columns(rulebook: Rulebook, entries: Sequence[Partnership]) -> Iterator[Found]:
    """As columns of Arrow."""
    batches = to_batches(entries, Partnership, rulebook)
    for batch in assess_batches(rulebook, batches, as_of=DAY, details=False):
        yield from _of_batch(batch)


def _of_batch(batch: Any) -> Iterator[Found]:
    names = ("subject", "rule", "verdict", "severity")
    yield from zip(*(batch.column(each).to_pylist() for each in names), strict=True)


def by_live(rulebook: Rulebook, entries: Sequence[Partnership]) -> Iterator[Found]:
    """Event by event, in another order; only what is flagged is told."""
    live = LiveRegister(rulebook, as_of=DAY)
    live.put_all(entries[1::2])
    for each in entries[::2]:
        live.put(each)
    for each in live.findings():
        if each.kind == "partnership":
            yield each.subject, each.rule, Verdict.FLAGGED.value, each.severity.value


def by_spark(session: Any) -> Way:
    """By workers of Spark."""
    from govrules.registers.spark import assess_spark

    def way(rulebook: Rulebook, entries: Sequence[Partnership]) -> Iterator[Found]:
        table = pa.Table.from_batches(list(to_batches(entries, Partnership, rulebook)))
        found = assess_spark(session.createDataFrame(table), rulebook, as_of=DAY).toArrow()
        yield from _of_batch(found)

    return way


@attrs.define
class Tally:
    """How many checks were made, by oracle and engine, and what failed."""

    checks: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    failures: list[str] = attrs.field(factory=list)

    def check(self, oracle: str, way: str, *, holds: bool, what: str) -> None:
        """Count a check."""
        self.checks[oracle, way] += 1
        if not holds:
            self.failures.append(f"{oracle}, {way}: {what}")


def counted(found: Iterable[Found]) -> Counter[tuple[str, str, str | None]]:
    """Count what is found by rule, verdict and severity."""
    return Counter(each[1:] for each in found)


# ── A register in parts adds up ───────────────────────────────────────────────────────────────


def probe(condition: Condition) -> Rule:
    """Return a rule that is clear where a condition holds, and flagged where it does not."""
    return Rule(
        id="probe",
        title="Probe",
        theme="probe",
        principle="Probe.",
        source=Citation("probe", "1"),
        requires=condition,
        otherwise=Severity.LOW,
    )


def conditions_of(rulebook: Rulebook) -> list[Condition]:
    """Return every condition and part of one that stands in rules on partnerships by itself."""
    found: list[Condition] = []
    for rule in rulebook.rules:
        if rule.subject == "partnership" and not rule.about_records:
            for each in rule_conditions(rule):
                # What stands inside `some` or `every` is about a record, and is no condition here.
                found += [each, *_plainly_below(each)]
    return found


def _plainly_below(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(items) | AnyOf(items):
            for each in items:
                yield each
                yield from _plainly_below(each)
        case Not(item):
            yield item
            yield from _plainly_below(item)
        case _:
            return


def parted_by_condition(
    name: str, way: Way, rulebook: Rulebook, entries: Sequence[Partnership], tally: Tally
) -> None:
    """Part a register by what a condition is, of which the rulebook has the probe."""
    rows = list(by_rows(rulebook, entries) if name == "live" else way(rulebook, entries))
    said = {each[0]: each[2] for each in rows if each[1] == "probe"}
    parts = [[e for e in entries if said.get(str(e.id)) == v] for v in sorted({*said.values()})]
    whole = counted(way(rulebook, entries) if name == "live" else rows)
    by = rulebook.rules[-1].requires
    _adds_up("parted by a condition", name, way, rulebook, entries, parts, whole, tally, by)


def parted_by_fact(
    name: str, way: Way, rulebook: Rulebook, entries: Sequence[Partnership], fact: str, tally: Tally
) -> None:
    """Part a register by what is known of a fact, and add the parts up."""
    about = vocabulary_of(Partnership).facts[fact]
    parts: dict[str, list[Partnership]] = {}
    for each in entries:
        value = read_field(each, fact, about)
        key = "unknown" if value is UNKNOWN else "no" if value in (None, False, ()) else "yes"
        parts.setdefault(key, []).append(each)
    whole = counted(way(rulebook, entries))
    several = [*parts.values()]
    _adds_up("parted by a fact", name, way, rulebook, entries, several, whole, tally, fact)


def _adds_up(
    oracle: str, name: str, way: Way, rulebook: Rulebook, entries: Sequence[Partnership],
    parts: Sequence[Sequence[Partnership]], whole: Counter[Any], tally: Tally, by: object,
) -> None:  # fmt: skip
    summed: Counter[Any] = Counter()
    for part in parts:
        if part:
            summed += counted(way(rulebook, part))
    holds = whole == summed and sum(map(len, parts)) == len(entries)
    tally.check(oracle, name, holds=holds, what=f"{by}: {whole - summed} {summed - whole}"[:2000])


# ── A partnership that must be flagged ────────────────────────────────────────────────────────


def must_be_flagged(
    name: str, way: Way, rulebook: Rulebook, rule: Rule, others: Sequence[Partnership], tally: Tally
) -> None:
    """Take what examples say that a rule flags, and fill in what the rule does not read."""
    alone = attrs.evolve(rulebook, rules=(rule,))
    heads = {*_read(rule, rulebook)}
    free = [each for each in vocabulary_of(Partnership).fields if each not in {*heads, "id"}]
    made: dict[str, Any] = {}
    for at, example in enumerate(rule.examples):
        if example.expect is not Verdict.FLAGGED or example.as_of not in (None, DAY):
            continue
        for number, other in enumerate(others):
            filled = {each: getattr(other, each) for each in free}
            given = attrs.evolve(example.given, id=f"{at}-{number}", **filled)
            made[str(given.id)] = (given, example.severity)
    found = {each[0]: each[2:] for each in way(alone, [each for each, _ in made.values()])}
    for key, (_, severity) in made.items():
        said, grave = found.get(key, ("", None))
        holds = said == Verdict.FLAGGED.value and (severity is None or grave == severity.value)
        tally.check("must be flagged", name, holds=holds, what=f"{rule.id}: {key}: {said} {grave}")


def _read(rule: Rule, rulebook: Rulebook) -> Iterator[str]:
    """Yield the heads of the facts that a rule reads, those beneath derived facts too."""
    for path in reads(rule_conditions(rule), rulebook.derived):
        yield re.split(r"[.\[]", str(path))[0]


# ── A rule written another way ────────────────────────────────────────────────────────────────


def otherwise_written(condition: Condition, random: Random) -> Condition:
    """Return a condition that means the same, its parts written another way too."""
    match condition:
        case All(items):
            inner = [otherwise_written(each, random) for each in items]
            random.shuffle(inner)
            if random.random() < 0.5:
                return Not(AnyOf(tuple(Not(each) for each in inner)))
            return All((*inner, inner[0]))
        case AnyOf(items):
            inner = [otherwise_written(each, random) for each in items]
            random.shuffle(inner)
            if random.random() < 0.5:
                return Not(All(tuple(Not(each) for each in inner)))
            return AnyOf((inner[-1], *inner))
        case Not(item):
            return Not(otherwise_written(item, random))
        case _:
            return random.choice((Not(Not(condition)), All((condition,)), AnyOf((condition,) * 2)))


def rewritten(rule: Rule, random: Random) -> Rule:
    """Return a rule that means the same, written another way."""
    applies = rule.applies_when
    return attrs.evolve(
        rule,
        requires=otherwise_written(rule.requires, random),
        applies_when=None if applies is None else otherwise_written(applies, random),
    )


def written_another_way(
    name: str, way: Way, ours: Rulebook, theirs: Rulebook, entries: Sequence[Partnership],
    tally: Tally,
) -> None:  # fmt: skip
    """Compare what two rulebooks say that mean the same."""
    holds = sorted(way(ours, entries), key=str) == sorted(way(theirs, entries), key=str)
    tally.check("written another way", name, holds=holds, what=ours.rules[0].id)


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
