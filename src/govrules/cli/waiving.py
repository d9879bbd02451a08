"""What was decided about findings: files of waivers and actions, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from govrules.actions import action_problems, follow_up, read_actions
from govrules.assessment import Assessment
from govrules.cli.output import Said
from govrules.cli.workspace import workspace
from govrules.explain.adaptations import counting
from govrules.explain.phrases import counted, day, joined, named
from govrules.portfolio import Checked, RegisterAssessment, apart
from govrules.render.decided import all_decided, short_summary
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
