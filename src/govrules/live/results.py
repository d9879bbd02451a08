"""What became of an event: findings that it opened, changed and closed; and who is told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TypeAlias

import attrs

from govrules.diagnostics import Diagnostic
from govrules.errors import GovrulesError
from govrules.findings import Finding
from govrules.live.working_memory import Delta, FindingState, Subject, WorkingMemory
from govrules.rulebook.ast import Severity, Verdict


class Movement(Enum):
    """How a finding changed."""

    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"


@attrs.frozen
class Notice:
    """
    A finding that opened, changed or closed.

    Attributes:
        number: notices are counted from 1 as they come about.
        movement: opened, changed or closed.
        kind: what the finding is about: partnership, register or pair.
        subject: its id.
        rule: the rule's id.
        verdict: what the rule says now; None where the subject or the rule is gone.
        severity: how grave it is for certain; None unless it is open.
        was: how grave it was; None where it opened.
        finding: the finding as it is now, which explains itself; None where there is none.
    """

    number: int
    movement: Movement
    kind: str
    subject: str
    rule: str
    verdict: Verdict | None
    severity: Severity | None
    was: Severity | None
    finding: Finding | None = attrs.field(repr=False, eq=False)


#: What is called with each notice.
Callback: TypeAlias = Callable[[Notice], object]


class CallbackError(GovrulesError):
    """A callback did not return in time, or called for a change itself; the register is whole."""


@attrs.define(eq=False)
class Dispatch:
    """Notices being delivered, with the result."""

    notices: Sequence[Notice]
    subscriber: Subscriber
    done: threading.Event = attrs.field(factory=threading.Event)
    errors: list[BaseException] = attrs.field(factory=list)

    def wait(self) -> None:
        """
        Wait until the notices were delivered.

        Raises:
            CallbackError: the callback did not return in time.

            Exception: what the callback raised; a group where it raised more than once.
        """
        if not self.done.wait(self.subscriber.patience):
            self.subscriber.stop()
            raise CallbackError(
                f"the callback did not return within {self.subscriber.patience:g} seconds and is "
                "called no more; the register is whole, and `listen` takes another callback"
            )
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            several = f"the callback failed {len(self.errors)} times"
            raise BaseExceptionGroup(several, self.errors)


@attrs.define(eq=False)
class Subscriber:
    """
    Delivers notices to a callback in order, on a thread of its own.

    Args:
        callback: what is called.

        patience: how many seconds the notices of one event may take.
    """

    callback: Callback
    patience: float
    #: Whether it is still called; one that did not return in time is called no more.
    listening: bool = True
    _waiting: queue.SimpleQueue[Dispatch | None] = attrs.field(factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def put(self, notices: Sequence[Notice]) -> Dispatch | None:
        """Line notices up; whoever keeps the order of events calls this in that order."""
        if not notices or not self.listening:
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="govrules-live", daemon=True)
            self._thread.start()
        dispatch = Dispatch(notices, self)
        self._waiting.put(dispatch)
        return dispatch

    def is_calling(self) -> bool:
        """Tell whether it is the callback itself that runs here."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End the thread when it has delivered what is lined up."""
        self.listening = False
        self._waiting.put(None)

    def _run(self) -> None:
        while (dispatch := self._waiting.get()) is not None:
            for notice in dispatch.notices:
                try:
                    self.callback(notice)
                except BaseException as error:  # noqa: BLE001 - raised again where it was caused
                    dispatch.errors.append(error)
            dispatch.done.set()


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
    """Yield the changes from earlier open findings to those open in a memory."""
    left = dict(before)
    for delta in memory.settled():
        yield attrs.evolve(delta, before=left.pop(delta.subject, {}))
    for subject, opened in left.items():
        yield Delta(subject, opened, {}, None)


def movement(before: FindingState | None, after: FindingState | None) -> Movement:
    """Return how a finding changed from one state to another; None is not open."""
    if before is None:
        return Movement.OPENED
    return Movement.CLOSED if after is None else Movement.CHANGED


def text_of(subject: Subject) -> str:
    """Return the ids of a subject as one text."""
    return " + ".join(subject[1])


def open_in(delta: Delta) -> Iterator[OpenFinding]:
    """Yield the findings open on a subject after a delta."""
    for rule_id, weight in delta.after.items():
        yield OpenFinding(
            delta.subject[0],
            text_of(delta.subject),
            rule_id,
            weight.severity,
            weight.could_be,
            len(weight.mitigations),
        )
