"""What would be so after changes: a view of a case, and one on which many changes are tried."""

from __future__ import annotations

from typing import Final

import attrs

from govrules.engines.reference import Case, evaluate
from govrules.explain.ways import Way, followed_by
from govrules.facts import Scope
from govrules.rulebook.ast import Condition, FactRef
from govrules.rulebook.reads import reads
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import AS_OF

#: What the paths of the record begin with that a condition is put to.
_OWN: Final = "(own)."


def supposing(case: Case, changes: Way) -> Case:
    """Return the case as it would be after changes, on top of those already supposed."""
    supposed = followed_by(case.facts.supposed, changes)
    return attrs.evolve(case, facts=attrs.evolve(case.facts, supposed=supposed))


@attrs.frozen
class _Tried:
    """What a condition was in the records of a list when it was last put to them."""

    supposed: Way
    records: list[Scope]
    truths: list[Truth]
    closed: bool

    def moved_by(self, supposed: Way, path: str) -> set[int] | None:
        """Return the places of the records of which other is supposed now; None for any."""
        found: set[int] = set()
        begins = f"{path}["
        for changed, _ in self.supposed.items() ^ supposed.items():
            if changed.startswith(begins):
                place = int(changed[len(begins) : changed.index("]")])
                if place >= len(self.records) or self.records[place].record is UNKNOWN:
                    # A record that is there only as long as something is supposed of it.
                    return None
                found.add(place)
            elif f"{path}.".startswith(f"{changed}."):
                return None
        return found


@attrs.frozen
class Trial(Case):
    """
    A case on which many changes are tried: what no change touches is not evaluated again.

    A record of the subject's own lists says the same of a condition as long as the same is supposed
    of it, unless the condition looks beyond the record. So to try a change in one entry of a
    register costs what that entry costs, and not what all of them do.
    """

    #: By a condition and the list that it was put to.
    _tried: dict[tuple[int, str], _Tried] = attrs.field(
        factory=dict, eq=False, repr=False, alias="tried"
    )
    #: Whether a condition looks at nothing but the record that it is put to.
    _alone: dict[int, bool] = attrs.field(factory=dict, eq=False, repr=False, alias="alone")

    def within(self, ref: FactRef, where: Condition) -> tuple[list[Truth], bool]:
        """Return whether a condition holds in each record of a list, and if there are no more."""
        of_subject = len(self.scopes) == 1 and not self.scopes[0].prefix
        if not of_subject or not self._looks_inside_alone(where):
            return super().within(ref, where)
        key, supposed = (id(where), ref.path), self.facts.supposed
        last = self._tried.get(key)
        moved = None if last is None else last.moved_by(supposed, ref.path)
        if last is None or moved is None:
            records, closed = self.facts.records(ref, self.scopes)
            truths = [evaluate(where, self.inside(each)) for each in records]
        else:
            records, closed, truths = last.records, last.closed, [*last.truths]
            for place in moved:
                truths[place] = evaluate(where, self.inside(records[place]))
        self._tried[key] = _Tried(supposed, records, truths, closed)
        return truths, closed

    def _looks_inside_alone(self, where: Condition) -> bool:
        # Each condition lives as long as its rule, which outlives every trial.
        key = id(where)
        if key not in self._alone:
            paths = reads((where,), self.derived, ("", _OWN))
            self._alone[key] = all(each.startswith(_OWN) or each == AS_OF.name for each in paths)
        return self._alone[key]


def trial_of(case: Case) -> Trial:
    """Return a case for many changes to be tried on; on none of them the date is changed."""
    return Trial(case.facts, case.derived, case.scopes, case.local)
