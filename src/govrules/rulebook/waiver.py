"""A waiver: a finding that a body has decided to live with, for a stated time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import attrs

from govrules.diagnostics import NOWHERE, Span


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
    partnerships: tuple[str, ...]
    reason: str
    approved: str
    until: dt.date
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
