"""An action plan as text, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, sentence
from govrules.findings import Change
from govrules.plans import Plan, Step
from govrules.portfolio import subject_name
from govrules.render.actions import when_due
from govrules.render.advice import alike, told_together
from govrules.render.lines import STYLES, Line, folded_text, hanging, item
from govrules.rulebook.ast import Severity


def plan_lines(assessment: Assessment, plan: Plan) -> Iterator[Line]:
    """Yield a plan: what to do, by whom and when, what that settles, and what nothing settles."""
    yield subject_name(assessment), "bold"
    level = "" if plan.level is Severity.LOW else f" of {plan.level.value} severity or above"
    if not plan.clears and not plan.left:
        yield f"There is nothing{level} to put right, so there is nothing to plan.", ""
        yield from _open(plan)
        yield "", ""
        return
    if plan.changes:
        changes = counted(len(plan.changes), "change")
        settle = "settles" if len(plan.changes) == 1 else "settle"
        things = f"{counted(len(plan.clears), 'thing')} to put right{level}"
        rules = {rule for step in plan.steps for rule in step.helps}
        coming = len(rules.difference(plan.clears))
        more = f" and {counted(coming, 'thing')} that would come with it" if coming else ""
        yield from folded_text(f"{changes} {settle} {things}{more}; {_how_small(plan)}.")
        yield "", ""
    for number, step in enumerate(plan.steps, 1):
        yield from _step_lines(assessment, number, step)
    if plan.steps:
        yield "", ""
    if plan.left:
        tried = "" if plan.proven_smallest else " that was tried"
        left = counted(len(plan.left), "thing")
        yield f"No change of arrangements{tried} settles {left}:", "bold"
        for rule in plan.left:
            yield from folded_text(assessment.rulebook.rule(rule).title, indent=2)
        yield "", ""
    yield from _open(plan)
    yield "", ""


def _step_lines(assessment: Assessment, number: int, step: Step) -> Iterator[Line]:
    word = "TO COME" if step.severity is None else step.severity.value.upper()
    begin = f"{number:>3}  {word:<8}  "
    do = step.do or assessment.rulebook.rule(step.rule).title
    style = "" if step.severity is None else STYLES[step.severity]
    yield from hanging(begin, sentence(do), style)
    if step.who or step.within:
        owner = ", ".join(filter(None, (step.who, when_due(step.within, assessment.as_of))))
        yield from folded_text(f"{owner[:1].upper()}{owner[1:]}", indent=len(begin))
    for told in settled_lines(step.changes):
        yield from item("settled when", told, indent=len(begin))
    titles = dict.fromkeys(assessment.rulebook.rule(rule).title for rule in step.helps)
    for title in titles:
        yield from item("puts right", title, indent=len(begin))


def settled_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Yield changes as sentences with their facts, those of several records alike as one."""
    for (fact, _), its in alike(changes).items():
        path = its[0].fact if len(its) == 1 else fact
        yield f"{sentence(told_together(its))} [{path}]"


def _how_small(plan: Plan) -> str:
    if plan.proven_smallest:
        return "fewer would not do"
    return "it was not shown that fewer would not do"


def _open(plan: Plan) -> Iterator[Line]:
    if plan.open:
        checks = counted(len(plan.open), "check")
        yield f"{checks} would still not be known: `govrules ask` asks what would settle them.", ""
