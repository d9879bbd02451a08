"""The action plan: the fewest changes of arrangements that clear many findings at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.engines.reference import Case, judge
from govrules.explain.clears import ways_out
from govrules.explain.supposing import Way, followed_by, supposing, trial_of
from govrules.facts import parts_of
from govrules.rulebook.ast import FactSource, Rule, Severity, Verdict
from govrules.rulebook.walk import references, rule_conditions

#: How many combinations are tried before the best plan so far is given as not proven smallest.
MAX_TRIED: Final = 2000


@attrs.frozen
class Outline:
    """
    A plan before it is put into words.

    Attributes:
        changes: what to change, by path.
        cleared: the rules that it clears.
        left: the rules that it leaves flagged, because no change of arrangements clears them
            together with the others.
        proven: whether every smaller plan was ruled out.
    """

    changes: Way
    cleared: tuple[Rule, ...]
    left: tuple[Rule, ...]
    proven: bool


def outline(rules: Sequence[Rule], case: Case, level: Severity) -> Outline:
    """Return the fewest changes after which no rule flags at a level or above, if any do."""
    left: list[Rule] = []
    proven = True
    while True:
        search = _Search([rule for rule in rules if rule not in left], case, level)
        search.follow({})
        proven = proven and search.tried < MAX_TRIED
        if search.best is not None:
            break
        # What most often stands in the way is left, and the rest planned without it.
        left.append((search.blocked or search.met).most_common(1)[0][0])
    flagged = [rule for rule in rules if _flags(rule, case, level)]
    after = supposing(case, search.best)
    cleared = tuple(rule for rule in flagged if not _flags(rule, after, level))
    unsolved = tuple(rule for rule in rules if _flags(rule, after, level))
    return Outline(search.best, cleared, unsolved, proven)


def _flags(rule: Rule, case: Case, level: Severity) -> bool:
    outcome = judge(rule, case)
    return (
        outcome.verdict is Verdict.FLAGGED
        and outcome.severity is not None
        and outcome.severity >= level
    )


def _read_by(rule: Rule, case: Case) -> frozenset[str]:
    """Return the facts that a rule reads, derived facts by what they are derived from."""
    found: set[str] = set()
    waiting = list(rule_conditions(rule))
    while waiting:
        for ref in references(waiting.pop()):
            if ref.source is FactSource.DERIVED and ref.path not in found:
                waiting += [row.when for row in case.derived[ref.path].rows]
            found |= _parts(ref.path)
    return frozenset(found)


class _Search:
    """Branch and bound over the ways out of each flagged rule in turn."""

    def __init__(self, rules: Sequence[Rule], case: Case, level: Severity) -> None:
        self.rules = rules
        self.case = trial_of(case)
        self.level = level
        self.best: dict[str, Any] | None = None
        self.tried = 0
        #: How often a rule was met that nothing clears.
        self.blocked: Counter[Rule] = Counter()
        #: How often a rule was met at all.
        self.met: Counter[Rule] = Counter()
        self._reads = {rule.id: _read_by(rule, case) for rule in rules}
        self._flags: dict[Hashable, bool] = {}
        self._ways: dict[Hashable, list[Way]] = {}
        self._seen: set[Hashable] = set()

    def follow(self, changed: dict[str, Any]) -> None:
        """Look for a plan that begins with these changes."""
        state = frozenset(changed.items())
        if state in self._seen or self.tried >= MAX_TRIED:
            return
        self._seen.add(state)
        self.tried += 1
        flagged = [rule for rule in self.rules if self._flagged(rule, changed)]
        if not flagged:
            needed = self._needed(changed)
            if self.best is None or len(needed) < len(self.best):
                self.best = needed
            return
        self.met.update(flagged)
        options = [(rule, self._ways_out(rule, changed)) for rule in flagged]
        stuck = [rule for rule, ways in options if not ways]
        if stuck:
            self.blocked.update(stuck)
            return
        fewest = _at_least([ways for _, ways in options], changed)
        if self.best is not None and len(changed) + fewest >= len(self.best):
            return
        # The rule with the fewest ways out decides most.
        for way in min((ways for _, ways in options), key=len):
            self.follow(followed_by(changed, way))

    def _needed(self, changed: dict[str, Any]) -> dict[str, Any]:
        """Return the changes without those that others among them have made needless."""
        kept = changed
        for path in changed:
            fewer = {each: to for each, to in kept.items() if each != path}
            if not any(self._flagged(rule, fewer) for rule in self.rules):
                kept = fewer
        return kept

    def _flagged(self, rule: Rule, changed: Mapping[str, Any]) -> bool:
        key = self._key(rule, changed)
        if key not in self._flags:
            self._flags[key] = _flags(rule, supposing(self.case, changed), self.level)
        return self._flags[key]

    def _ways_out(self, rule: Rule, changed: Mapping[str, Any]) -> list[Way]:
        key = self._key(rule, changed)
        if key not in self._ways:
            self._ways[key] = ways_out(rule, supposing(self.case, changed))
        return self._ways[key]

    def _key(self, rule: Rule, changed: Mapping[str, Any]) -> Hashable:
        """Return a key of the changes that matter to a rule: those of facts that it reads."""
        reads = self._reads[rule.id]
        matter = [(path, to) for path, to in changed.items() if _name(path) & reads]
        return rule.id, frozenset(matter)


def _name(path: str) -> set[str]:
    """Return the names under which a rule may read a fact: whole, of its list, or in a record."""
    whole = path.partition("[")[0]
    return {whole} | _parts(path.rpartition("].")[2])


def _parts(path: str) -> set[str]:
    """Return a path and those of the records that it leads through."""
    return {*parts_of(path), path}


def _at_least(options: Sequence[Sequence[Way]], changed: Mapping[str, Any]) -> int:
    """Return a number of changes that no plan can do without: rules that share no fact add up."""
    total = 0
    counted: set[str] = set()
    inside: set[str] = set()
    for ways in sorted(options, key=lambda each: sum(len(way) for way in each)):
        paths = {path for way in ways for path in way}
        parts = {part for path in paths for part in _parts(path)}
        # Doing away with a record changes the facts in it too.
        if not paths & inside and not parts & counted:
            counted |= paths
            inside |= parts
            total += min(len(way.keys() - changed.keys()) for way in ways)
    return total
