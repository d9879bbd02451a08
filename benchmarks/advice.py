"""
What advice asks for, over many generated flagged findings: `make bench-advice`.

Counts the ways out that take away what is held though the finding can be settled without, and the
lines of reasons that a finding prints at its default length. The exit code says whether no way
takes anything away and no finding has more than five lines.
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.population import AS_OF, population
from govrules import Partnership, load_rulebook
from govrules.assessment import assess_each
from govrules.engines.columns import subjects_of
from govrules.engines.reference import case_of, judge
from govrules.engines.registry import NEVER_FLAGS
from govrules.explain.ways import Effort, each_choice
from govrules.facts import Facts
from govrules.render.html import short_reasons
from govrules.render.report import Provenance, SubjectReport
from govrules.testing.theorems.advice import keeping

FINDINGS = 100_000
AT_ONCE = 500
MOST_LINES = 5


def main(wanted: int = FINDINGS) -> int:
    """Print every figure."""
    book = load_rulebook()
    ways = harmful = 0
    lines: list[int] = []
    for batch in population(wanted):
        for first in range(0, len(batch), AT_ONCE):
            subjects = [*subjects_of(batch.slice(first, AT_ONCE), Partnership, book)]
            for found in assess_each(subjects, book, as_of=AS_OF, engine="compiled"):
                case, effort = case_of(Facts(found.subject, AS_OF), book), Effort(found.subject)
                report = SubjectReport(found)
                for finding in found.flagged:
                    told = short_reasons(report.reasons(finding), Provenance())
                    lines.append(len(told["shown"]) + bool(told["more"]))
                    for way in finding.clears:
                        ways += 1
                        harmful += any(
                            judge(finding.rule, case.overridden(kept)).verdict in NEVER_FLAGS
                            for changes in each_choice({each.fact: each.to for each in way})
                            for _, kept in keeping(changes, effort)
                        )
                if len(lines) >= wanted:
                    break
            if len(lines) >= wanted:
                break
        if len(lines) >= wanted:
            break
    print(f"{len(lines):,} flagged findings, {ways:,} ways out")
    print(f"  ways that take away what can stay: {harmful:,}")
    print(f"  lines of reasons: median {statistics.median(lines):g}, greatest {max(lines)}")
    return 1 if harmful or max(lines) > MOST_LINES else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
