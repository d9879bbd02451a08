"""What comes first: of findings the gravest, of questions those of most consequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Final

import attrs

from govrules.findings import DerivedValue, Finding, Question
from govrules.rulebook.ast import Severity


@attrs.frozen
class RankedQuestion:
    """
    A question with what answering it would do.

    Attributes:
        question: the question.
        rules: the ids of the rules whose verdict it would help to settle.
        could_be: the worst severity that one of them could have.
        settles: the derived facts that are shown, such as the risk tier, that it helps to settle.
    """

    question: Question
    rules: tuple[str, ...]
    could_be: Severity
    settles: tuple[str, ...] = ()


def gravity(finding: Finding) -> int:
    """Return a finding's sort key, least for the gravest."""
    return -finding.severity.rank if finding.severity else 0


def worst(finding: Finding) -> Severity:
    """Return the gravest severity a finding could have."""
    return finding.could_be or finding.severity or Severity.LOW


#: What severities are compared by.
by_rank: Final[Callable[[Severity], int]] = attrgetter("rank")


def ranked(
    findings: Iterable[Finding], derived: Mapping[str, DerivedValue]
) -> tuple[RankedQuestion, ...]:
    """
    Return every question that findings leave, in the order of consequence.

    Args:
        findings: the findings.

        derived: the derived facts that are shown, by name, with the questions that each leaves.
    """
    asked: dict[Question, list[tuple[int, Severity, str]]] = {}
    settles: dict[Question, list[str]] = {}
    for name, each in derived.items():
        for question in each.questions:
            settles.setdefault(question, []).append(name)
    for finding in findings:
        if finding.questions:
            could_be = worst(finding)
            asker = could_be.rank if finding.applies else -1, could_be, finding.rule.id
            for question in finding.questions:
                asked.setdefault(question, []).append(asker)
    found = []
    for question, askers in asked.items():
        certain, severities, rules = zip(*askers, strict=True)
        could_be = max(severities, key=by_rank)
        ranked_ = RankedQuestion(question, rules, could_be, tuple(settles.get(question, ())))
        found.append((max(certain), ranked_))
    found.sort(key=lambda each: (-each[0], -each[1].could_be.rank, -len(each[1].rules)))
    return tuple(question for _, question in found)
