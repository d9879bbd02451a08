"""Action plans: the fewest changes that settle findings, as pieces of work in the order of time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from govrules.explain.view import View
from govrules.findings import Change, Finding, changes
from govrules.lazy import ShownInNotebooks
from govrules.ranking import gravity
from govrules.rulebook.ast import Rule, Severity

if TYPE_CHECKING:
    from govrules.explain.plan import Outline


@attrs.frozen
class Step:
    """
    A piece of work of a plan: the changes that serve one finding most.

    Attributes:
        rule: the id of the gravest rule that the changes serve.
        severity: how grave what it flags is; None where it would only begin to flag.
        do: what the rule says is to be done about it; "" where it says nothing.
        who: who does it; "" where the rule does not say.
        within: by when; "" where the rule does not say.
        changes: what to change.
        helps: the ids of all the rules that these changes serve, the gravest first.
    """

    rule: str
    severity: Severity | None
    do: str
    who: str
    within: str
    changes: tuple[Change, ...]
    helps: tuple[str, ...]


@attrs.frozen
class Plan(ShownInNotebooks):
    """
    The fewest changes that settle all findings at or above a level, and flag nothing new.

    Attributes:
        level: the level.
        steps: what to do, the gravest first, and of what is as grave, what is due first.
        clears: the ids of the rules that then no longer flag, for certain.
        left: the ids of flagged rules that no change of arrangements clears with the others.
        open: the ids of the rules of which it would not be known whether they flag.
        proven_smallest: whether every smaller plan was ruled out.
    """

    level: Severity
    steps: tuple[Step, ...]
    clears: tuple[str, ...]
    left: tuple[str, ...]
    open: tuple[str, ...]
    proven_smallest: bool

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order of the steps."""
        return tuple(change for step in self.steps for change in step.changes)


#: The days of each unit of time in which a remedy is due.
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_SPAN = re.compile(rf"(\d+) ({'|'.join(_DAYS)})s?\b")


def _urgency(finding: Finding) -> tuple[bool, int, int]:
    """Return a finding's sort key; what is not flagged yet comes last."""
    return finding.severity is None, gravity(finding), _due(finding.rule)


def _due(rule: Rule) -> int:
    """Return the approximate number of days until due; soon, if it has no number."""
    found = _SPAN.search("" if rule.remedy is None else rule.remedy.within)
    return int(found[1]) * _DAYS[found[2]] if found else 0


def plan_of(
    rules: Sequence[Rule], findings: Iterable[Finding], view: View, level: Severity
) -> Plan:
    """
    Return the smallest plan that clears all findings at a level or above.

    Args:
        rules: the rules in force.

        findings: what each of them says of the subject.

        view: the subject's facts.

        level: the level.
    """
    from govrules.explain.plan import outline  # noqa: PLC0415 - only plans need it

    found = outline(rules, view, level)
    return Plan(
        level=level,
        steps=tuple(_steps(found, findings, view)),
        clears=tuple(rule.id for rule in found.cleared),
        left=tuple(rule.id for rule in found.left),
        open=tuple(rule.id for rule in found.open),
        proven_smallest=found.proven,
    )


def _steps(found: Outline, findings: Iterable[Finding], view: View) -> Iterator[Step]:
    """Yield the changes of a plan as pieces of work, in the order in which they are due."""
    served: dict[str, dict[str, Any]] = {}
    for path, rules in found.helps.items():
        served.setdefault(rules[0].id, {})[path] = found.changes[path]
    order = [each for each in findings if each.rule.id in served]
    for finding in sorted(order, key=_urgency):
        way = served[finding.rule.id]
        helped = {rule.id: None for path in way for rule in found.helps[path]}
        remedy = finding.rule.remedy
        yield Step(
            rule=finding.rule.id,
            severity=finding.severity,
            do=finding.remedy,
            who="" if remedy is None else remedy.who,
            within="" if remedy is None else remedy.within,
            changes=changes(way, view),
            helps=tuple(helped),
        )
