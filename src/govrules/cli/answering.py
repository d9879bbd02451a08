"""Answers on the command line: the file, and what of it counts for each fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from govrules.cli.output import Said
from govrules.cli.workspace import workspace
from govrules.diagnostics import Code
from govrules.explain.phrases import counted
from govrules.reading import Read
from govrules.render.lines import Line, heading, item
from govrules.rulebook.ast import Rulebook

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
    reads: Sequence[Read], path: Path | None, rulebook: Rulebook, told: Said, *, whole: bool
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
    """Return in a line how many answers count."""
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
    """Yield, below a full report, which answers there are and what counts for each fact."""
    if not laid:
        return
    from govrules.answered.file import written  # noqa: PLC0415 - only answers need it

    yield from heading(f"Answered: {counted(len(laid), 'fact')}")
    for each in laid:
        answer = each.answer
        counts = "nobody knows" if each.used == "neither" and not each.problem else ""
        text = f"{answer.fact}: {written(answer, rulebook)}; {counts or _COUNTS[each.used]}."
        yield from item(answer.partnership, f"{text} {answer.seen}", indent=2)
