"""An action plan as text, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from govrules.assessment import Assessment, Plan
from govrules.explain.english import counted, sentence
from govrules.findings import Change
from govrules.render.plain import plain
from govrules.render.text import Line, item
from govrules.rulebook.ast import Verdict


def plan_lines(assessment: Assessment, plan: Plan) -> Iterator[Line]:
    """Yield a plan: what to change, what that clears, and what no change clears."""
    yield assessment.name or assessment.id or "(a subject without a name)", "bold"
    level = f"at {plan.level.value} or above"
    if not plan.clears and not plan.left:
        yield f"Nothing is flagged {level}, so there is nothing to plan.", ""
        yield from _open(assessment)
        yield "", ""
        return
    if plan.changes:
        changes = counted(len(plan.changes), "change")
        cleared = f"{counted(len(plan.clears), 'finding')} flagged {level}"
        yield f"{changes} would clear {cleared}; {_how_small(plan)}.", ""
        yield "", ""
    for number, change in enumerate(plan.changes, 1):
        yield from item(f"{number}", f"{sentence(change.phrase)}  ({change.fact})", indent=2)
        for rule in helped(assessment, plan, change):
            yield from item("for", _rule(assessment, rule), indent=5)
    if plan.changes:
        yield "", ""
    if plan.left:
        yield f"No change of arrangements clears {counted(len(plan.left), 'finding')}:", "bold"
        for rule in plan.left:
            yield from item("", _rule(assessment, rule), indent=2)
        yield "", ""
    yield from _open(assessment)
    yield "", ""


def _how_small(plan: Plan) -> str:
    if plan.proven_smallest:
        return "fewer changes would not do"
    return "the search ended before every smaller plan was ruled out"


def _rule(assessment: Assessment, rule: str) -> str:
    return f"{assessment.rulebook.rule(rule).title}  [{rule}]"


def _open(assessment: Assessment) -> Iterator[Line]:
    number = len(assessment.of(Verdict.UNKNOWN))
    if number:
        rules = counted(number, "rule")
        yield f"The facts for {rules} are not known yet: `govrules ask` asks for them.", ""


def helped(assessment: Assessment, plan: Plan, change: Change) -> tuple[str, ...]:
    """Return the rules that a change helps to clear, as their own ways out show."""
    planned = {each.fact for each in plan.changes}
    found = []
    for finding in assessment.flagged:
        if finding.rule.id not in plan.clears:
            continue
        ways = [{each.fact for each in way} for way in finding.clears]
        if any(change.fact in way and way <= planned for way in ways):
            found.append(finding.rule.id)
    return tuple(found)


def plan_data(assessment: Assessment, plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    return {
        "id": assessment.id,
        "name": assessment.name,
        "level": plan.level.value,
        "changes": [
            {
                "fact": each.fact,
                "to": plain(each.to),
                "phrase": each.phrase,
                "helps": [*helped(assessment, plan, each)],
            }
            for each in plan.changes
        ],
        "clears": [*plan.clears],
        "left": [*plan.left],
        "proven_smallest": plan.proven_smallest,
    }
