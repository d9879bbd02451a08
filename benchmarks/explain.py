"""
What explanations take beside the bare ids of what is flagged: `make bench-explain`.

On partnerships of which every fact is drawn and 15 % are unknown, and under all shipped rules. All
take their turn in each round, which has partnerships of its own, as what is worked out of equal
facts is kept; times are of this process alone, and the medians of the rounds are given.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.population import AS_OF, population
from govrules import Partnership, load_rulebook
from govrules.assessment import Assessment, assess_each
from govrules.engines import compiled
from govrules.engines.columns import subjects_of
from govrules.findings import Finding
from govrules.rulebook.ast import Verdict

ROWS = 200
ROUNDS = 5
#: Ways out take long: they are timed on so many flagged findings.
FEW = 500


def seconds(work: Callable[[], object]) -> float:
    """Return how much of the processor's time a piece of work takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _asked(findings: Sequence[Finding], name: str) -> None:
    for each in findings:
        getattr(each, name)


def main() -> int:
    """Print every figure."""
    book = load_rulebook()
    (batch, *_) = population(ROWS * ROUNDS * 2)
    slices = (batch.slice(at * ROWS, ROWS) for at in itertools.count())
    subjects: list[Partnership] = []
    rules = book.rules_for("partnership", AS_OF)
    judge = compiled.judge_for(rules, Partnership, AS_OF, book)

    def assessed() -> list[Assessment]:
        return list(assess_each(subjects, book, as_of=AS_OF, engine="compiled"))

    def ids() -> list[list[str]]:
        return [
            [rule.id for rule, found in zip(rules, judge(each), strict=True)
             if found.verdict is Verdict.FLAGGED]
            for each in subjects
        ]  # fmt: skip

    def streamed() -> None:
        for assessment in assess_each(subjects, book, as_of=AS_OF, engine="compiled"):
            for finding in assessment.flagged:
                finding.because  # noqa: B018 - it is worked out when it is asked for

    def flagged() -> list[Finding]:
        return [each for one in assessed() for each in one.flagged]

    taken: dict[str, list[float]] = {}
    number = 0

    def took(name: str, work: Callable[[], object], many: int) -> None:
        taken.setdefault(name, []).append(seconds(work) / many * 1e6)

    for _ in range(ROUNDS):
        subjects[:] = subjects_of(next(slices), Partnership, book)
        number = sum(map(len, ids()))
        took("explained and streamed", streamed, number)
        # Others, and findings of their own, for what was worked out of them is kept.
        subjects[:] = subjects_of(next(slices), Partnership, book)
        number = sum(map(len, ids()))
        findings, few = flagged(), flagged()[:FEW]
        unknown = [each for one in assessed() for each in one.of(Verdict.UNKNOWN)]
        took("bare compiled ids", ids, number)
        took("because, checked", partial(_asked, findings, "because"), number)
        took("questions of what is unknown", partial(_asked, unknown, "questions"), len(unknown))
        took("clears", partial(_asked, few, "clears"), len(few))
    found = {name: statistics.median(each) for name, each in taken.items()}
    base = found["bare compiled ids"]
    print(f"{ROWS} partnerships, {len(rules)} rules, {number:,} flagged findings; us a finding:")
    for name, each in found.items():
        print(f"  {name}: {each:.1f} us ({base / each:.3f} of bare ids)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
