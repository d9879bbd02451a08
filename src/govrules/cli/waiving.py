"""What was decided about findings: files of waivers and actions, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from govrules.actions import action_problems, follow_up, read_actions
from govrules.assessment import Assessment
from govrules.cli.said import Said
from govrules.cli.workspace import workspace
from govrules.explain.adaptations import counting, said_of
from govrules.explain.phrases import counted, day, joined, named
from govrules.portfolio import Checked, RegisterAssessment, apart
from govrules.render.decided import all_decided, by_progress, short_summary, summary
from govrules.render.lines import Line, folded_text, heading, item
from govrules.rulebook.ast import Rulebook
from govrules.waivers import read_waivers, waive, waiver_problems


def with_decisions(
    checked: list[Checked],
    waivers: Path | None,
    actions: Path | None,
    rulebook: Rulebook,
    told: Said,
) -> list[Checked]:
    """
    Return assessments on which what is waived does not count, and which say what became of actions.

    Args:
        checked: what was assessed.

        waivers: the file of waivers; where none is named, that of the workspace.

        actions: the file of actions; where none is named, that of the workspace, if it is there
            yet.

        rulebook: the rules.

        told: where it is said which waivers hide nothing, and which actions cannot be followed up.
    """
    here = workspace()
    whole = any(isinstance(each, RegisterAssessment) for each in checked)
    if (path := waivers or here.waivers) is not None:
        living_with = read_waivers(path)
        checked = [waive(each, living_with) for each in checked]
        told.say(waiver_problems(apart(checked), living_with, rulebook, whole=whole))
    if (path := actions or here.actions) is not None and (actions or path.exists()):
        doing = read_actions(path)
        checked = [follow_up(each, doing) for each in checked]
        several = apart(checked, told_only=False)
        told.say(action_problems(several, doing, rulebook, whole=whole))
    return checked


def law_hints(assessments: Sequence[Assessment], rulebook: Rulebook) -> Iterator[str]:
    """Yield, for the foot of a page, what is decided and waived, and who changed shipped rules."""
    actions = all_decided(assessments)
    if actions:
        yield short_summary(actions)
    found = [finding for each in assessments for finding in each.waived]
    if found:
        names = named(list(dict.fromkeys(each.rule.id for each in found)))
        yield f"Waived, and not counted ({len(found)}): {names}. Why, and until when: --full"
    coming = [finding for each in assessments for finding in each.coming_up]
    if coming:
        first = min(begins for each in coming if (begins := each.rule.in_force[0]))
        names = named(list(dict.fromkeys(each.rule.id for each in coming)))
        yield f"Coming up, from {day(first)} ({len(coming)}): {names}. More: --full"
    several = counting(rulebook)
    if several:
        packs = joined(dict.fromkeys(each.pack or "this program" for each in several))
        yield f"{counted(len(several), 'change')} of other packs' rules by {packs}: --full says why"


def law_lines(assessments: Sequence[Assessment], rulebook: Rulebook) -> Iterator[Line]:
    """Yield, below a full report, what is decided, waived, adapted and coming up."""
    yield from action_lines(assessments)
    yield from waived_lines(assessments)
    yield from coming_lines(assessments)
    several = counting(rulebook)
    if several:
        yield from heading(f"Adapted here ({len(several)})")
    for each in several:
        yield from folded_text(f"{said_of(each, rulebook)}.", indent=2)


def coming_lines(assessments: Iterable[Assessment]) -> Iterator[Line]:
    """Yield what rules that are not in force yet will flag."""
    found = [(each, finding) for each in assessments for finding in each.coming_up]
    if found:
        yield from heading(f"Coming up: {counted(len(found), 'finding')} once the rule is in force")
    for assessment, finding in found:
        begins, _ = finding.rule.in_force
        name = assessment.name or assessment.id or "the partnership"
        when = f" (from {day(begins)})" if begins else ""
        grave = finding.severity.value if finding.severity else ""
        yield from item(name, f"{finding.rule.title}{when}: {grave}. [{finding.rule.id}]", indent=2)


def action_lines(assessments: Iterable[Assessment]) -> Iterator[Line]:
    """Yield what was decided, and what has become of it."""
    several = all_decided(assessments)
    if several:
        yield from heading(f"Decided: {summary(several)}")
    for title, its in by_progress(several):
        yield f"  {title} ({len(its)})", ""
        for each in its:
            text = f"{each.title}. {each.text} [{each.action.rule}]"
            yield from item(each.name or "the partnership", text, indent=4)


def waived_lines(assessments: Iterable[Assessment]) -> Iterator[Line]:
    """Yield what is waived: flagged, in sight, and not counted."""
    found = [(each, finding) for each in assessments for finding in each.waived]
    if not found:
        return
    yield from heading(f"Waived: {counted(len(found), 'finding')} flagged and not counted")
    for assessment, finding in found:
        waiver = finding.waived
        if waiver is not None:
            name = assessment.name or assessment.id or "the partnership"
            reason = waiver.reason.rstrip(".")
            text = f"{finding.rule.title}: {reason} ({waiver.approved}; until {day(waiver.until)})."
            yield from item(name, f"{text} [{finding.rule.id}]", indent=2)
