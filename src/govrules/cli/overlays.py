"""Files beside what is assessed: answers, waivers and actions, and what of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from govrules.actions import action_problems, follow_up, read_actions
from govrules.assessment import Assessment
from govrules.cli.output import RunNotes
from govrules.cli.workspace import workspace
from govrules.diagnostics import Code
from govrules.explain.adaptations import counting
from govrules.explain.phrases import counted, day, joined, named
from govrules.portfolio import Checked, RegisterAssessment, apart
from govrules.reading import Read
from govrules.render.action_progress import all_decided, short_summary
from govrules.render.lines import Line, heading, item
from govrules.rulebook.ast import Rulebook
from govrules.waivers import read_waivers, waive, waiver_problems

if TYPE_CHECKING:
    from govrules.answered import Answer, Laid

_COUNTS = {
    "answer": "the answer counts",
    "record": "the record counts",
    "neither": "neither counts",
}


def answers_file(given: Path | None) -> Path | None:
    """Return the file of answers that was named; else that of the workspace, if it is there."""
    if given is not None:
        return given
    own = workspace().answers
    return own if own is not None and own.exists() else None


def laid_over(
    reads: Sequence[Read], path: Path | None, rulebook: Rulebook, told: RunNotes, *, whole: bool
) -> list[Read]:
    """
    Return what was read with the answers of a file laid over it.

    Args:
        reads: what was read.

        path: the file of answers; None for none.

        rulebook: the rules.

        told: where it is said which answers count for what.

        whole: whether all partnerships were read, so that an answer for another is for nobody.
    """
    if path is None:
        return [*reads]
    from govrules.answered import lay_over, read_answers  # noqa: PLC0415 - only answers need it

    answers = read_answers(path, rulebook)
    done: dict[int, Laid] = {}
    found = []
    for read in reads:
        new, laid = lay_over(read.subject, answers, rulebook)
        found.append(attrs.evolve(read, subject=new))
        for each in laid:
            before = done.get(id(each.answer))
            if before is None or _is_for_nothing(before):
                done[id(each.answer)] = each
    several = [each for each in done.values() if whole or not _is_for_nothing(each)]
    told.say(dict.fromkeys(each.problem for each in several if each.problem is not None))
    told.note([_tally(path, answers, several)])
    told.laid += several
    return found


def _is_for_nothing(laid: Laid) -> bool:
    return laid.problem is not None and laid.problem.code is Code.ANSWER_FOR_NOTHING


def _tally(path: Path, answers: Sequence[Answer], laid: Sequence[Laid]) -> str:
    """Return one line with the number of answers applied."""
    number = Counter(each.used for each in laid if each.problem is None)
    against = sum(each.used == "record" and each.problem is not None for each in laid)
    dropped = sum(each.used == "neither" and each.problem is not None for each in laid)
    parts = [
        (number["answer"], f"{number['answer']:,} used"),
        (number["record"], f"{number['record']:,} on record already"),
        (against, f"{against:,} against the record, which counts"),
        (number["neither"], f"{number['neither']:,} not known"),
        (dropped, f"{dropped:,} for nothing"),
    ]
    said = ", ".join(text for many, text in parts if many)
    return f"{path}: {counted(len(answers), 'answer')}" + (f": {said}" if said else "")


def answer_lines(laid: Sequence[Laid], rulebook: Rulebook) -> Iterator[Line]:
    """Yield the answers and which of them apply, for the foot of a full report."""
    if not laid:
        return
    from govrules.answered.file import answer_text  # noqa: PLC0415 - only answers need it

    yield from heading(f"Answered: {counted(len(laid), 'fact')}")
    for each in laid:
        answer = each.answer
        counts = "nobody knows" if each.used == "neither" and not each.problem else ""
        text = f"{answer.fact}: {answer_text(answer, rulebook)}; {counts or _COUNTS[each.used]}."
        yield from item(answer.partnership, f"{text} {answer.seen}", indent=2)


def with_decisions(
    checked: list[Checked],
    waivers: Path | None,
    actions: Path | None,
    rulebook: Rulebook,
    told: RunNotes,
) -> list[Checked]:
    """
    Return assessments with waivers and actions applied.

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
    """Yield the foot lines on actions, waivers and adapted rules."""
    actions = all_decided(assessments)
    if actions:
        yield short_summary(actions)
    found = [finding for assessment in assessments for finding in assessment.waived]
    if found:
        names = named(list(dict.fromkeys(each.rule.id for each in found)))
        yield f"Waived, and not counted ({len(found)}): {names}. Why, and until when: --full"
    coming = [finding for assessment in assessments for finding in assessment.coming_up]
    if coming:
        first = min(begins for each in coming if (begins := each.rule.in_force[0]))
        names = named(list(dict.fromkeys(each.rule.id for each in coming)))
        yield f"Coming up, from {day(first)} ({len(coming)}): {names}. More: --full"
    several = counting(rulebook)
    if several:
        packs = joined(dict.fromkeys(each.pack or "this program" for each in several))
        yield f"{counted(len(several), 'change')} of other packs' rules by {packs}: --full says why"
