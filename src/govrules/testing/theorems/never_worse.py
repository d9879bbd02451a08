"""A property of packs: nobody looks worse for having begun to put things right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from hypothesis import strategies as st

from govrules.assessment import Assessment
from govrules.rulebook.ast import Severity, Verdict
from govrules.testing.trial import Trial, least
from govrules.truth import UNKNOWN
from govrules.vocabulary import Kind, Record, Records, vocabulary_of


def never_worse_for_having_begun(trial: Trial) -> None:
    """
    With an arrangement taken away, neither the worst severity nor how often it is found gets less.

    What is wholly absent is then graded above what is imperfect, so that nobody who starts to put
    things right looks worse for it. A rule that is meant to hold against more of something says so
    under ``intended: never-worse`` and is left out.
    """
    complete = trial.completion()
    ways = list(removals(complete))
    if not ways:
        return
    path, without = trial.draw(st.sampled_from(ways))
    before, after = (trial.assess(each, engine="compiled") for each in (complete, without))
    says = f"{_in_words(gravest(before))} became {_in_words(gravest(after))} without `{path}`"
    trial.require(gravest(after) >= gravest(before), says, with_it=complete, without_it=without)


def gravest(assessment: Assessment) -> tuple[int, int]:
    """Return the rank of the worst severity and how many findings have it; nought for none."""
    found = [
        least(each).rank + 1
        for each in assessment.of(Verdict.FLAGGED)
        if "never-worse" not in dict(each.rule.intended)
    ]
    worst_ = max(found, default=0)
    return worst_, found.count(worst_)


def _in_words(pair: tuple[int, int]) -> str:
    rank, number = pair
    severity = next((each.value for each in Severity if each.rank + 1 == rank), "none")
    return f"{number} {severity}"


def removals(record: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any attrs object
    """Yield each arrangement of a record with the record as it is without it."""
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        value = getattr(record, name)
        if value is UNKNOWN or value is None:
            continue
        path = f"{prefix}{name}"
        if fact.kind is Kind.ARRANGEMENT and value is not False:
            yield path, attrs.evolve(record, **{name: False if value is True else None})
        if isinstance(fact.type, Record):
            for inner, changed in removals(value, f"{path}."):
                yield inner, attrs.evolve(record, **{name: changed})
        elif isinstance(fact.type, Records):
            for index, item in enumerate(value):
                if item is UNKNOWN:
                    continue
                for inner, changed in removals(item, f"{path}[{index}]."):
                    items = (*value[:index], changed, *value[index + 1 :])
                    yield inner, attrs.evolve(record, **{name: items})
