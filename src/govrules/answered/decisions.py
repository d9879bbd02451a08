"""Actions and waivers that were typed into a workbook, as their files have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.answered import labels
from govrules.answered.book import Returned, SheetRow
from govrules.decode.states import fold
from govrules.decode.values import Problem, decoder
from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.editing import Flat
from govrules.portfolio import THE_REGISTER
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.decisions import Action, State, Waiver
from govrules.vocabulary import Date, YesNo

_DATE: Final = decoder(Date())
_YES_NO: Final = decoder(YesNo())


@attrs.frozen
class DecisionsBack:
    """
    What was decided in workbooks that came back.

    Attributes:
        actions: the actions that are new, or say something new.
        waivers: the waivers that are new or changed.
        problems: what is refused, each with its cell.
        notes: what is written over, each with its cell.
    """

    actions: tuple[Action, ...]
    waivers: tuple[Waiver, ...]
    problems: tuple[Diagnostic, ...]
    notes: tuple[str, ...]


def decided_in(
    books: Iterable[Returned],
    actions: Sequence[Action],
    waivers: Sequence[Waiver],
    rulebook: Rulebook,
) -> DecisionsBack:
    """
    Return the actions and waivers that workbooks add to what was decided before.

    Args:
        books: the workbooks.

        actions: the actions so far.

        waivers: the waivers so far.

        rulebook: the rules.
    """
    problems: list[Diagnostic] = []
    notes: list[str] = []
    before = {each.key: each for each in actions}
    found: dict[tuple[str, str], tuple[Action, SheetRow]] = {}
    new: dict[tuple[str, str], tuple[Waiver, SheetRow]] = {}
    for book in books:
        for row in book.rows.get(labels.ACTIONS, ()):
            for action in _actions(row, before, _due(row, book, rulebook), problems):
                first, its_row = found.setdefault(action.key, (action, row))
                if first != action:
                    problems.append(_differs(row, its_row, labels.OWNER))
        for row in book.rows.get(labels.WAIVERS, ()):
            waiver = _waiver(row, rulebook, problems)
            if waiver is not None and not any(_same(waiver, each) for each in waivers):
                key = waiver.rule, waiver.partnerships[0]
                if key in new and new[key][0] != waiver:
                    problems.append(_differs(row, new[key][1], labels.UNTIL))
                new[key] = waiver, row
    for key, (action, row) in found.items():
        was = before.get(key)
        if was is None:
            continue
        for head, one, other in (
            (labels.OWNER, was.owner, action.owner),
            (labels.WHEN, was.by, action.by),
        ):
            if one and one != other:
                told = f"`{one}` becomes `{other}` ({action.partnership})"
                notes.append(f"{row.cell(head)}: {told}")
    return DecisionsBack(
        tuple(action for action, _ in found.values()),
        tuple(waiver for waiver, _ in new.values()),
        tuple(problems),
        tuple(notes),
    )


def _refusal(row: SheetRow, head: str, message: str, help_: str) -> Diagnostic:
    return Diagnostic(Code.ANSWER_REFUSED, message, row.place(head), help_)


def _differs(row: SheetRow, other: SheetRow, head: str) -> Diagnostic:
    told = f"this is decided otherwise in {other.cell(head)}"
    return _refusal(row, head, told, "correct one of the two")


def _due(row: SheetRow, book: Returned, rulebook: Rulebook) -> dt.date | str | None:
    """Return the due date a row had under the rules; None if it can no longer be told."""
    rules = row.lines(labels.CHECK)
    remedy = next((rule.remedy for rule in rulebook.rules if rule.id in rules), None)
    if remedy is None or book.as_of is None:
        return None
    return labels.due_of(remedy.within, book.as_of)


def _actions(
    row: SheetRow,
    before: dict[tuple[str, str], Action],
    due: dt.date | str | None,
    problems: list[Diagnostic],
) -> Iterator[Action]:
    """Yield an action for each check of a row in which something new is typed."""
    done, owner, note = (row.text(each) for each in (labels.DONE, labels.OWNER, labels.NOTE))
    when = _day(row, labels.WHEN) or row.text(labels.WHEN)
    moved = when if due is not None and when != due else ""
    if not (done or owner or note or moved):
        return
    said = _YES_NO(done) if done else False
    if isinstance(said, Problem) or not isinstance(said, bool):
        problems.append(
            _refusal(row, labels.DONE, f"`{done}` is not yes", "write yes, or leave it blank")
        )
        return
    partnership, rules = row.text(labels.ID), row.lines(labels.CHECK)
    if not partnership or not rules:
        problems.append(
            _refusal(
                row,
                labels.CHECK,
                "the row names no check and partnership any more",
                f"fill in {labels.CHECK} and {labels.ID} as they were",
            )
        )
        return
    for rule in rules:
        was = before.get((partnership, rule), Action(partnership, rule))
        action = attrs.evolve(
            was,
            do=was.do or row.text(labels.ACTION),
            owner=owner or was.owner,
            by=when if not was.by or (when and when != due) else was.by,
            state=State.DONE if said else was.state,
            why=note or was.why,
        )
        if action != was or (partnership, rule) not in before:
            yield action


def _day(row: SheetRow, head: str) -> dt.date | None:
    """Return the day under a heading; None where there is none."""
    value = row.cells.get(head)
    value = value.date() if isinstance(value, dt.datetime) else value
    found = value if isinstance(value, dt.date) else _DATE(row.text(head))
    return found if isinstance(found, dt.date) else None


def _same(waiver: Waiver, other: Waiver) -> bool:
    return waiver.partnerships[0] in other.partnerships and waiver == attrs.evolve(
        other, partnerships=waiver.partnerships
    )


def _waiver(row: SheetRow, rulebook: Rulebook, problems: list[Diagnostic]) -> Waiver | None:
    texts = [row.text(each) for each in labels.WAIVER_HEADS]
    if not any(texts):
        return None
    missing = next((each for each in labels.WAIVER_HEADS if not row.text(each)), "")
    if missing:
        told = f"the waiver has no `{missing}`"
        problems.append(_refusal(row, missing, told, "fill in every column of the row"))
        return None
    partnership, rule, reason, approved, _ = texts
    if partnership.casefold() == THE_REGISTER:
        partnership = THE_REGISTER
    rules = {each.id for each in (*rulebook.rules, *rulebook.left_out)}
    if rule not in rules:
        near = did_you_mean(fold(rule), rules) or "the sheet Rules has the id of each"
        problems.append(_refusal(row, labels.CHECK, f"there is no check `{rule}`", near))
        return None
    until = _day(row, labels.UNTIL)
    if until is None:
        told = f"`{row.text(labels.UNTIL)}` is no day"
        problems.append(_refusal(row, labels.UNTIL, told, "write a date such as 31 December 2026"))
        return None
    return Waiver(rule, (partnership,), reason, approved, until, span=row.place(labels.CHECK))


def waiver_record(waiver: Waiver) -> Flat:
    """Return a waiver as a file holds it: every key, in order, as text."""
    return {
        "rule": waiver.rule,
        "partnership": waiver.partnerships[0],
        "reason": waiver.reason,
        "approved": waiver.approved,
        "until": waiver.until.isoformat(),
    }
