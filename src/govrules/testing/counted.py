"""How often generated subjects make each rule flagged, clear, unknown or not applicable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from govrules.assessment import assess
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.testing.checks import AS_OF
from govrules.testing.strategies import records
from govrules.testing.trial import kinds_of
from govrules.truth import Unknown

#: Hypothesis varies what it drew before, so many short rounds differ more than one long one.
_ROUND: Final = 50


def shares(
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = AS_OF,
    examples: int = 400,
    seeded: int = 0,
) -> Mapping[str, Mapping[Verdict, int]]:
    """
    Return how many generated subjects each rule gives each verdict, by the rule's id.

    Args:
        rulebook: the rules, those in force on the day.

        as_of: the date of the assessment.

        examples: how many subjects of each kind that has rules, rounded up to whole rounds of 50.

        seeded: what to generate them from.
    """
    found: dict[str, dict[Verdict, int]] = {}
    for kind in kinds_of(rulebook):

        def look(subject: Any) -> None:  # noqa: ANN401 - any attrs object
            for finding in assess(subject, rulebook, as_of=as_of, engine="compiled").findings:
                counts = found.setdefault(finding.rule.id, dict.fromkeys(Verdict, 0))
                counts[finding.verdict] += 1

        chosen = settings(
            max_examples=min(examples, _ROUND),
            deadline=None,
            database=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        cls = rulebook.subjects[kind]
        subjects: SearchStrategy[Any] = records(cls, rulebook, as_of=as_of, only_read=True)
        for each in range(-(-examples // _ROUND)):
            seed(seeded + each)(chosen(given(subjects)(look)))()
    return found
