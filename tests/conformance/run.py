"""
Hold engines to the reference engine at length: `make conform` (ARGS="compiled 20000" to choose).

Prints how many pairs of a rule and a subject were compared, and every disagreement up to a few.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from govrules.engines.registry import ENGINES
from govrules.model import Partnership
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships
from govrules.truth import UNKNOWN
from govrules.validate import check_subject
from govrules.vocabulary import vocabulary_of
from tests.conformance.agreement import (
    AS_OF,
    DATES,
    HELD,
    PACKS,
    Tally,
    absent,
    cases,
    others,
    rules_of,
    stated,
)
from tests.properties import small

PARTNERSHIPS = 20_000
#: Subjects are handed over together, as registers are.
BATCH = 250
SHOWN = 5


def batches(strategy: st.SearchStrategy, number: int, take: Callable[[object], None]) -> None:
    """Draw this many of a strategy, the same in every run, and hand each over."""
    drawn = 0
    while drawn < number:
        several = min(BATCH, number - drawn)

        @seed(drawn)
        @settings(
            max_examples=several,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def draw(each: object) -> None:
            take(each)

        draw()
        drawn += several


def crossed(found: list[object], number: int, random: Random) -> list[object]:
    """Make this many partnerships, each fact from one of those found or left out."""
    names = [*vocabulary_of(Partnership).fields, "local", "stated"]
    made = []
    for _ in range(number):
        several = random.choices(found, k=3)
        values = {name: getattr(random.choice(several), name) for name in names}
        left_out = random.sample(names[:-2], random.choice((0, 3, 12, 40)))
        made.append(Partnership(**(values | dict.fromkeys(left_out, UNKNOWN))))
    return made


def on_shipped_rules(tallies: dict[str, Tally], number: int) -> None:
    """Compare on partial partnerships: one in forty is drawn, the others are crossed from them."""
    drawn: dict[tuple[int, int], list[object]] = {}

    def take(case: tuple[int, int, object]) -> None:
        pack, day, partnership = case
        drawn.setdefault((pack, day), []).append(partnership)

    batches(cases(), max(number // 40, 20), take)
    random = Random(number)
    rest = number - sum(map(len, drawn.values()))
    for place, ((pack, day), found) in enumerate(sorted(drawn.items(), key=lambda each: each[0])):
        share = rest // len(drawn) + (place < rest % len(drawn))
        rules = rules_of(PACKS[pack], "partnership", DATES[day])
        subjects = [*found, *crossed(found, share, random)]
        for subject in subjects:
            check_subject(subject, PACKS[pack])
        for name, tally in tallies.items():
            for start in range(0, len(subjects), BATCH):
                several = subjects[start : start + BATCH]
                tally.compare([name], rules, several, DATES[day], PACKS[pack])


def on_other_subjects(tallies: dict[str, Tally], number: int) -> None:
    """Compare on registers, pairs and what sums findings up."""
    for kind in ("register", "pair", "assessment"):
        found: list[object] = []
        batches(others(kind), number, found.append)
        rules = rules_of(PACKS[0], kind, AS_OF)
        for name, tally in tallies.items():
            tally.compare([name], rules, found, AS_OF, PACKS[0])


@st.composite
def generated(draw: st.DrawFn) -> tuple[object, list[object]]:
    """A generated rulebook and a few partnerships near its thresholds."""
    rulebook = draw(rulebooks())
    near = boundaries(rulebook, AS_OF)
    several = draw(st.lists(partnerships(rulebook, near=near), min_size=1, max_size=3))
    return rulebook, [draw(stated(each, rulebook)) for each in several]


def on_generated_rulebooks(tallies: dict[str, Tally], number: int) -> None:
    """Compare on rulebooks of every shape, on partnerships and on the small vocabulary."""
    for strategy, kind in (
        (generated(), "partnership"),
        (st.tuples(small.rulebooks(), st.lists(small.sparse_things(), min_size=3)), "thing"),
    ):

        def take(case: tuple, kind: str = kind) -> None:
            rulebook, subjects = case
            for as_of in DATES[1:] if kind == "thing" else DATES[:1]:
                rules = rules_of(rulebook, kind, as_of)
                for name, tally in tallies.items():
                    tally.compare([name], rules, subjects, as_of, rulebook)

        batches(strategy, number, take)


def main(arguments: list[str]) -> int:
    """Compare the engines that are named, or all; a number says on how many partnerships."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    names = [each for each in arguments if not each.isdigit()] or list(HELD)
    unknown = [each for each in names if each not in HELD]
    for name in unknown:
        print(f"{name}: {absent.get(name) or 'no engine; there is ' + ', '.join(ENGINES)}")
    if unknown:
        return 2
    number = numbers[0] if numbers else PARTNERSHIPS
    failed = False
    for title, compare, many in (
        ("partial partnerships under the shipped rules", on_shipped_rules, number),
        ("registers, pairs and assessments", on_other_subjects, number // 40),
        ("generated rulebooks", on_generated_rulebooks, number // 20),
    ):
        tallies = {name: Tally() for name in names}
        begin = time.perf_counter()
        compare(tallies, many)
        took = time.perf_counter() - begin
        for name, tally in tallies.items():
            print(
                f"{name}: {title}: {tally.subjects:,} subjects, {tally.pairs:,} pairs of rule and "
                f"subject compared, {len(tally.disagreements)} disagreements ({took:.0f} s)",
                flush=True,
            )
            for each in tally.disagreements[:SHOWN]:
                print(f"  {each}")
            failed = failed or bool(tally.disagreements)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
