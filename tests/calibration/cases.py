"""Invented partnerships, what a practitioner expects of each; faults that a reading found."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

from govrules import Assessment, assess, load_rulebook
from govrules.findings import Finding
from govrules.reading import read_subject, read_values
from govrules.rulebook.ast import Rulebook, Severity
from govrules.testing.theorems.knowledge import gravest
from tests.pages import laid

HERE: Final = Path(__file__).parent
FILES: Final = laid("calibration/cases.md")
#: So many findings are what a reader takes in.
FIRST: Final = 5


@attrs.frozen(eq=False)
class Case:
    """
    A partnership and what a practitioner expects of it.

    Attributes:
        name: its heading in `cases.md`.
        why: the judgement in a sentence or two.
        gravest: the severity of the worst finding.
        at_most: how many findings of a severity there may be.
        first: what comes first, in order.
        among: what else may stand among the first five.
        said: what has to be found.
        not_said: what must not be found.
        revised: what was changed after the rules were run, and why; "" where nothing was.
    """

    name: str
    why: str
    gravest: str
    at_most: Mapping[str, int]
    first: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    among: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    said: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    not_said: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    revised: str = ""

    @property
    def points(self) -> int:
        """How many expectations there are; the gravest, the order and the first five are three."""
        return 3 + len(self.at_most) + len(self.said) + len(self.not_said)


@attrs.frozen
class Judged:
    """
    What the rules find of a case.

    Attributes:
        flagged: the flagged findings, gravest first.
        unread: warnings and problems of its file.
        case: the case.
    """

    case: Case
    flagged: tuple[Finding, ...]
    unread: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many findings are critical, high, medium and low."""
        found = Counter(each.severity for each in self.flagged)
        return tuple(found[severity] for severity in sorted(Severity, key=lambda each: -each.rank))

    @property
    def gravest(self) -> str:
        """The severity of the worst finding; `none` where nothing is flagged."""
        worst = self.flagged[0].severity if self.flagged else None
        return worst.value if worst else "none"

    @property
    def amiss(self) -> tuple[str, ...]:
        """What is not as expected, one line each."""
        return tuple(self._amiss())

    def _amiss(self) -> Iterator[str]:
        case = self.case
        rank = {each.rule.id: each.severity.rank for each in self.flagged if each.severity}
        if self.gravest != case.gravest:
            yield f"the gravest finding is {self.gravest}, not {case.gravest}"
        counts = Counter(each.severity.value for each in self.flagged if each.severity)
        for severity, most in case.at_most.items():
            if counts[severity] > most:
                yield f"{counts[severity]} are {severity}, more than {most}"
        order = [rank.get(each, -1) for each in case.first]
        if order != sorted(order, reverse=True) or -1 in order:
            yield f"the order is not {', '.join(case.first)}"
        expected = {*case.first, *case.among}
        stray = [each.rule.id for each in self.flagged[:FIRST] if each.rule.id not in expected]
        if case.first and stray:
            yield f"among the first {FIRST}: {', '.join(stray)}"
        yield from (f"`{each}` is not found" for each in case.said if each not in rank)
        yield from (f"`{each}` is found" for each in case.not_said if each in rank)


@cache
def rulebook() -> Rulebook:
    """Return all shipped packs together."""
    return load_rulebook()


@cache
def judged(case: Case) -> Judged:
    """Return what the shipped rules find of a case."""
    read = read_subject(FILES / case.name / "facts.yaml", rulebook=rulebook())
    found = assess(read.subject, rulebook(), as_of=read.as_of)
    unread = tuple(str(each) for each in (*read.warnings, *read.problems))
    return Judged(case, found.flagged, unread)


_WRITTEN: Final = yaml.safe_load((HERE / "expected.yaml").read_text(encoding="utf-8"))
#: Every case by its name.
CASES: Final = {name: Case(name=name, **each) for name, each in _WRITTEN["cases"].items()}


DAY: Final = dt.date(2026, 3, 31)


@attrs.frozen(eq=False)
class Fault:
    """
    A fault of the rulebook as it was.

    Attributes:
        id: the number that it was given.
        what: the facts in words.
        before: what was said of them.
        given: the facts of a partnership.
        register: those of a register, where it is about one.
        now: by rule, the verdict and severity that the facts have to have.
    """

    id: str
    what: str
    before: str
    now: Mapping[str, str]
    given: Mapping[str, Any] | None = None
    register: Mapping[str, Any] | None = None

    def said(self) -> dict[str, str]:
        """Return what the shipped rules say of the facts."""
        found = _assessed(self.given or self.register)
        outcomes = {each.rule.id: each for each in found.findings}
        return {
            each: " ".join(
                [
                    outcomes[each].verdict.value.replace("_", " "),
                    *([outcomes[each].severity.value] if outcomes[each].severity else []),
                ]
            )
            for each in self.now
        }


@attrs.frozen(eq=False)
class Pair:
    """
    Of what is absent and what is imperfect, that the first looked better.

    Attributes:
        id: the number that the fault was given.
        what: what is absent or imperfect.
        before: what was said.
        absent: the facts where nothing is in place.
        imperfect: the facts where something is.
    """

    id: str
    what: str
    before: str
    absent: Mapping[str, Any]
    imperfect: Mapping[str, Any]

    def gravities(self) -> tuple[Any, Any]:
        """Return how grave the findings are on each."""
        one, other = (gravest(_assessed(each)) for each in (self.absent, self.imperfect))
        return one, other


def _assessed(facts: object) -> Assessment:
    read = read_values(facts, rulebook=rulebook())
    assert not read.problems
    return assess(read.subject, rulebook(), as_of=DAY)


FAULTS: Final = [Fault(**each) for each in _WRITTEN["faults"]]
PAIRS: Final = [Pair(**each) for each in _WRITTEN["pairs"]]


def row(case: Case) -> str:
    """Return a line of the table: counts by severity, the gravest and what is amiss."""
    found = judged(case)
    counts = "/".join(str(number) for number in found.counts)
    gravest = f"{found.gravest} ({case.gravest})"
    return f"{case.name:30} {counts:>11}  {gravest:20} {len(found.amiss):>2}"


def main() -> None:
    """Print the table, and below it what is not as expected."""
    print(f"{'case':30} {'c/h/m/l':>11}  {'gravest (expected)':20} amiss")
    for case in CASES.values():
        print(row(case))
    amiss = [(case.name, line) for case in CASES.values() for line in judged(case).amiss]
    print(f"\n{len(amiss)} points of {sum(case.points for case in CASES.values())} not as expected")
    for name, line in amiss:
        print(f"  {name}: {line}")
    print("\nFaults of the rulebook as it was")
    for fault in FAULTS:
        print(f"{fault.id:5} {fault.what}\n      before: {fault.before}")
        for rule, said in fault.said().items():
            print(f"      now: {rule}: {said}")
    for pair in PAIRS:
        absent, imperfect = pair.gravities()
        print(f"{pair.id:5} {pair.what}\n      before: {pair.before}")
        print(f"      now, rank and number of the gravest: absent {absent}, imperfect {imperfect}")


if __name__ == "__main__":
    main()
