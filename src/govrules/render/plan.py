"""An action plan as text, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.assessment import Assessment, Plan, Step
from govrules.explain.english import counted, sentence
from govrules.render.text import Line, item


def plan_lines(assessment: Assessment, plan: Plan) -> Iterator[Line]:
    """Yield a plan: what to change, what that clears, and what no change clears."""
    yield assessment.name or assessment.id or "(a subject without a name)", "bold"
    level = f"at {plan.level.value} or above"
    if not plan.clears and not plan.left:
        yield f"Nothing is flagged {level}, so there is nothing to plan.", ""
        yield from _open(plan)
        yield "", ""
        return
    if plan.changes:
        changes = counted(len(plan.changes), "change")
        cleared = f"{counted(len(plan.clears), 'finding')} flagged {level}"
        yield f"{changes} would clear {cleared}; {_how_small(plan)}.", ""
        yield "", ""
    for number, step in enumerate(plan.steps, 1):
        yield from _step_lines(assessment, number, step)
    if plan.steps:
        yield "", ""
    if plan.left:
        yield f"No change of arrangements clears {counted(len(plan.left), 'finding')}:", "bold"
        for rule in plan.left:
            yield from item("", _rule(assessment, rule), indent=2)
        yield "", ""
    yield from _open(plan)
    yield "", ""


def _step_lines(assessment: Assessment, number: int, step: Step) -> Iterator[Line]:
    grave = "to come" if step.severity is None else step.severity.value
    yield from item(f"{number}", f"[{grave}] {step.do or _rule(assessment, step.rule)}", indent=2)
    if step.who or step.within:
        yield from item("who", _owner(step), indent=5)
    for change in step.changes:
        yield from item("·", f"{sentence(change.phrase)}  ({change.fact})", indent=5)
    for rule in step.helps:
        yield from item("for", _rule(assessment, rule), indent=5)


def _owner(step: Step) -> str:
    due = f"within {step.within}" if step.within[:1].isdigit() else f"by {step.within}"
    return ", ".join(filter(None, (step.who, due if step.within else "")))


def _how_small(plan: Plan) -> str:
    if plan.proven_smallest:
        return "fewer changes would not do"
    return "the search ended before every smaller plan was ruled out"


def _rule(assessment: Assessment, rule: str) -> str:
    return f"{assessment.rulebook.rule(rule).title}  [{rule}]"


def _open(plan: Plan) -> Iterator[Line]:
    if plan.open:
        rules = counted(len(plan.open), "rule")
        yield f"{rules} would still be open: `govrules ask` asks for what is not known.", ""
