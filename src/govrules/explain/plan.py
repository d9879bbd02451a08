"""The action plan: the fewest changes of arrangements that clear many findings at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.engines.reference import Case, judge
from govrules.explain.clears import Way, supposing, ways_out
from govrules.rulebook.ast import Rule, Severity, Verdict

#: How many combinations are tried before the best plan so far is given as not proven smallest.
MAX_TRIED: Final = 3000


@attrs.frozen
class Outline:
    """
    A plan before it is put into words.

    Attributes:
        changes: what to change, by path.
        cleared: the rules that it clears.
        left: the rules that no change of arrangements clears.
        proven: whether every smaller plan was ruled out.
    """

    changes: Way
    cleared: tuple[Rule, ...]
    left: tuple[Rule, ...]
    proven: bool


def outline(rules: Sequence[Rule], case: Case, level: Severity) -> Outline:
    """Return the fewest changes after which no rule flags at a level or above, where that can be."""
    flagged = _flagged(rules, case, level)
    left = tuple(rule for rule in flagged if not ways_out(rule, case))
    search = _Search([rule for rule in rules if rule not in left], level)
    search.follow(case, {})
    best: Mapping[str, Any] = search.best or {}
    cleared = tuple(rule for rule in flagged if rule not in left) if search.best else ()
    unsolved = tuple(rule for rule in flagged if rule not in cleared)
    return Outline(best, cleared, unsolved, proven=search.tried < MAX_TRIED)


def _flagged(rules: Sequence[Rule], case: Case, level: Severity) -> list[Rule]:
    found = []
    for rule in rules:
        outcome = judge(rule, case)
        if outcome.verdict is Verdict.FLAGGED and outcome.severity and outcome.severity >= level:
            found.append(rule)
    return found


class _Search:
    """Branch and bound over the ways out of each flagged rule in turn."""

    def __init__(self, rules: Sequence[Rule], level: Severity) -> None:
        self.rules = rules
        self.level = level
        self.best: dict[str, Any] | None = None
        self.tried = 0

    def follow(self, case: Case, changed: dict[str, Any]) -> None:
        self.tried += 1
        if self.tried >= MAX_TRIED:
            return
        flagged = _flagged(self.rules, case, self.level)
        if not flagged:
            if self.best is None or len(changed) < len(self.best):
                self.best = changed
            return
        options = [
            [way for way in ways_out(rule, case) if not way.keys() & changed.keys()]
            for rule in flagged
        ]
        if self.best is not None and len(changed) + _at_least(options) >= len(self.best):
            return
        # The rule with the fewest ways out decides most.
        for way in min(options, key=len):
            self.follow(supposing(case, way), {**changed, **way})


def _at_least(options: Sequence[Sequence[Way]]) -> int:
    """Return a number of changes that no plan can do without: rules that share no fact add up."""
    total = 0
    seen: set[str] = set()
    for ways in sorted(options, key=lambda each: sum(len(way) for way in each)):
        paths = {path for way in ways for path in way}
        if ways and not paths & seen:
            seen |= paths
            total += min(len(way) for way in ways)
    return total
