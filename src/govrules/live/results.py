"""What became of an event: the findings that it opened, changed and closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from govrules.diagnostics import Diagnostic
from govrules.live.notices import Movement, Notice
from govrules.live.working_memory import Delta, FindingState, Subject, WorkingMemory
from govrules.rulebook.ast import Severity


@attrs.frozen
class Applied:
    """
    What became of an event.

    Attributes:
        applied: whether it changed the register; False is a no-op.
        reason: why it was none; "" where it was applied.
        notices: what opened, changed and closed.
        warnings: of which values it was read with care, or as unknown.
    """

    applied: bool
    reason: str = ""
    notices: tuple[Notice, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


@attrs.frozen
class OpenFinding:
    """
    A finding that is open: its rule is flagged.

    Attributes:
        kind: what it is about: partnership, register or pair, or a kind of somebody's own.
        subject: its id.
        rule: the rule's id.
        severity: how grave it is for certain.
        could_be: how grave it could turn out, where that is graver.
        mitigations: how many of the rule's mitigations hold.
    """

    kind: str
    subject: str
    rule: str
    severity: Severity
    could_be: Severity | None
    mitigations: int


def since(
    before: Mapping[Subject, Mapping[str, FindingState]], memory: WorkingMemory
) -> Iterator[Delta]:
    """Yield what moved between what was open and what is open in a memory."""
    left = dict(before)
    for delta in memory.settled():
        yield attrs.evolve(delta, before=left.pop(delta.subject, {}))
    for subject, opened in left.items():
        yield Delta(subject, opened, {}, None)


def movement(before: FindingState | None, after: FindingState | None) -> Movement:
    """Return what became of a finding that was one thing and is another; None is not open."""
    if before is None:
        return Movement.OPENED
    return Movement.CLOSED if after is None else Movement.CHANGED


def text_of(subject: Subject) -> str:
    """Return the ids of a subject as one text."""
    return " + ".join(subject[1])


def open_in(delta: Delta) -> Iterator[OpenFinding]:
    """Yield the findings that are open on a subject after what moved."""
    for rule_id, weight in delta.after.items():
        yield OpenFinding(
            delta.subject[0],
            text_of(delta.subject),
            rule_id,
            weight.severity,
            weight.could_be,
            len(weight.mitigations),
        )
