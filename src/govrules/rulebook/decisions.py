"""What a body decides about a finding: to live with it for a time, or to act on it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import attrs
from attrs.validators import instance_of
from dateutil.relativedelta import relativedelta

from govrules.diagnostics import NOWHERE, Span
from govrules.rulebook.ast import Verdict
from govrules.truth import Unknown

_SPAN: Final = re.compile(r"(\d+) (day|week|month|year)s?")


@attrs.frozen
class Waiver:
    """
    The decision that what a rule flags of some partnerships does not count until a day.

    Attributes:
        rule: the id of the rule.
        partnerships: the ids of the partnerships, or the names of those that have none.
        reason: why.
        approved: who approved it and when.
        until: the last day on which it counts.
    """

    rule: str
    partnerships: tuple[str, ...] = attrs.field(validator=instance_of(tuple))
    reason: str
    approved: str
    until: dt.date = attrs.field(validator=instance_of(dt.date))
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)

    def covers(self, called: Sequence[frozenset[str]], as_of: object) -> bool:
        """
        Tell whether it counts for a subject on a day; on a day not known it does not.

        Args:
            called: the ids and names of the subject; of a pair, first those of the pair itself and
                then those of each of the two, and each of the two must be named.

            as_of: the date of the assessment.
        """
        if not isinstance(as_of, dt.date) or as_of > self.until:
            return False
        return self.names(called)

    def names(self, called: Sequence[frozenset[str]]) -> bool:
        """Tell whether it names a subject of these ids and names, whatever the day."""
        named = frozenset(self.partnerships)
        itself, *two = called
        return bool(named & itself) or (bool(two) and all(named & each for each in two))


class State(StrEnum):
    """How far an action is, as people say."""

    PLANNED = "planned"
    DONE = "done"
    NOT_PLANNED = "not planned"


class Progress(StrEnum):
    """What has become of an action, as the facts say, in the order in which it is told."""

    LATE = "late"
    NOT_CLEARED = "done and did not clear"
    NOT_KNOWN = "done but not known whether it cleared"
    PLANNED = "planned"
    NOT_PLANNED = "not planned"
    KEPT = "kept"
    NO_LONGER_NEEDED = "no longer needed"


@attrs.frozen
class Action:
    """
    What is to be done about what a rule flags of a partnership, or why nothing is.

    Attributes:
        partnership: the partnership's id, or its name where it has none.
        rule: the id of the rule.
        do: the act; "" where nobody said.
        owner: the post that does it; "" where nobody said.
        by: the day by which, or when in words; "" where nobody said.
        state: how far it is.
        why: the reason why nothing is planned, or what else is to be said of it.
    """

    partnership: str
    rule: str
    do: str = ""
    owner: str = ""
    by: dt.date | str = ""
    state: State = attrs.field(default=State.PLANNED, converter=State)
    why: str = ""
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)

    @property
    def key(self) -> tuple[str, str]:
        """Its key in a file: partnership and rule."""
        return self.partnership, self.rule

    def progress(self, verdict: Verdict | None, as_of: object) -> Progress:
        """
        Return what has become of it.

        Args:
            verdict: what the rule says now; None where it is not among those in force.

            as_of: the date of the assessment; on one not known, nothing is late.
        """
        if verdict in (None, Verdict.NOT_APPLICABLE):
            return Progress.NO_LONGER_NEEDED
        if verdict is Verdict.CLEAR:
            needed = self.state is not State.NOT_PLANNED
            return Progress.KEPT if needed else Progress.NO_LONGER_NEEDED
        if self.state is State.NOT_PLANNED:
            return Progress.NOT_PLANNED
        if self.state is State.DONE:
            known = verdict is Verdict.FLAGGED
            return Progress.NOT_CLEARED if known else Progress.NOT_KNOWN
        return Progress.LATE if self.is_late(as_of) else Progress.PLANNED

    def is_late(self, as_of: object) -> bool:
        """Tell whether the day by which it was due is past."""
        known = isinstance(self.by, dt.date) and isinstance(as_of, dt.date)
        return known and self.by < as_of  # type: ignore[operator]


def due_date(within: str, as_of: dt.date | Unknown) -> dt.date | None:
    """
    Return the day by which something is due; None where that is no number of days.

    >>> due_date("3 months", dt.date(2026, 1, 31))
    datetime.date(2026, 4, 30)
    """
    found = _SPAN.fullmatch(within.strip())
    if found is None or isinstance(as_of, Unknown):
        return None
    length: Any = {f"{found[2]}s": int(found[1])}
    return as_of + relativedelta(**length)
