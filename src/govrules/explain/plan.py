"""The action plan: the fewest changes of arrangements after which many findings are settled."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.registry import NEVER_FLAGS, Outcome
from govrules.explain.candidates import comparison_values
from govrules.explain.cells import Frames, recorded_in
from govrules.explain.clears import change_sets
from govrules.explain.judging import ExplainedOutcome
from govrules.explain.view import ChangedSubject, View
from govrules.explain.ways import ToBeChosen, Way, each_choice, followed_by, later
from govrules.facts import parts_of
from govrules.frozen import Identical
from govrules.rulebook.ast import (
    Rule,
    Rulebook,
    Severity,
    Verdict,
    kept_on_rulebook,
    rule_conditions,
)
from govrules.rulebook.expr import Condition, FactRef, FactSource, Test
from govrules.rulebook.walk import nodes, operands, references
from govrules.truth import UNKNOWN

#: How many combinations are tried before the best plan so far is given as not proven smallest.
MAX_TRIED: Final = 2000
#: How often a rule is judged on changes, or ways out of it are looked for, before that.
MAX_WORK: Final = 20_000
#: Of how many rulebooks it is kept what their rules read.
_MOST_KEPT: Final = 32
#: After how many changes it is kept what a rule says of one state of its facts.
_MOST_AFTER: Final = 2**6
#: How often each rule is met in turn, after what others did, before that.
_TURNS: Final = 3
#: How many combinations are tried for one rule more, where not all can be cleared together.
MAX_ADDED: Final = 20

#: How many ways to choose are tried: beyond it a value is named.
MAX_CHOICES: Final = 64

_Changes: TypeAlias = dict[str, Any]


@attrs.frozen
class Outline:
    """
    A plan before it is put into words.

    Attributes:
        changes: what to change, by path.
        helps: by path, the rules that would flag or be open without that change.
        cleared: the rules that it settles.
        left: the flagged rules that it does not settle, because no change of arrangements settles
            them together with the others.
        open: the rules of which it is not known after the changes, for some choice that they
            leave, whether they flag.
        proven: whether every smaller plan was ruled out.
    """

    changes: Way
    helps: Mapping[str, tuple[Rule, ...]]
    cleared: tuple[Rule, ...]
    left: tuple[Rule, ...]
    open: tuple[Rule, ...]
    proven: bool


def outline(rules: Sequence[Rule], view: View, level: Severity) -> Outline:
    """
    Return the fewest changes after which all that flags at a level or above is settled.

    Nothing flags that did not before. A set to which three members are added is three changes.
    """
    board = _Board(rules, view, level)
    planned = [rule for rule in board.goals if board.ways_out(rule, {})]
    while True:
        touched = {*board.touched}
        plans = [_plan(board, *group) for group in board.groups(planned, touched)]
        # Ways that come up on the way may touch what other rules read.
        if board.touched <= touched:
            break
    changes: _Changes = {}
    for best, _ in plans:
        changes |= best
    cleared = frozenset(
        rule.id for rule in board.goals if board.judged(rule, changes).verdict in NEVER_FLAGS
    )
    chosen = board.left_open(changes, cleared)
    after = [*each_choice(chosen)]
    return Outline(
        chosen,
        {path: tuple(rules) for path, rules in board.needing(changes)},
        cleared=tuple(rule for rule in board.goals if rule.id in cleared),
        left=tuple(rule for rule in board.goals if rule.id not in cleared),
        open=tuple(
            rule
            for rule in rules
            if any(board.judged(rule, each).verdict is Verdict.UNKNOWN for each in after)
        ),
        proven=all(proven for _, proven in plans),
    )


@attrs.frozen
class SideEffect:
    """
    A rule a change set newly flags, aggravates or leaves unknown.

    Attributes:
        rule: the rule.
        outcome: what it says then: it flags what it did not, or more gravely; or it is not known
            any more.
    """

    rule: Rule
    outcome: Outcome


def opened(way: Way, rule: Rule, view: View) -> tuple[SideEffect, ...]:
    """
    Return the side effects of a change set on other rules.

    That is what it would whatever is chosen, and on whatever later date that settles the rule too.
    """
    known = view.all[0].known
    board: _Board | None = known.get(_Board)
    if board is None:
        board = known[_Board] = _Board(view.rules(rule.subject), view, Severity.LOW)
    read = {other.id: (other, said) for path in way for other, said in board.open_to(path)}
    read.pop(rule.id, None)
    dated = any(isinstance(to, dt.date) for to in way.values())
    key = rule.id if dated else "", frozenset(way.items())
    found = []
    for other, said in read.values():
        after = view.changes_under(other).after
        outcome = after.get(key)
        if outcome is None:
            if len(after) >= _MOST_AFTER:
                after.clear()
            ways = [*each_choice(way), *board.later(way, rule, other)]
            several = (board.after(each).says(other) for each in ways)
            outcome = after[key] = min(several, key=_badness)
        if _is_worse(outcome, said.outcome):
            found.append(SideEffect(other, outcome))
    return tuple(found)


def _badness(outcome: Outcome) -> int:
    """Return the rank of an outcome: never flagged is best, then unknown."""
    if outcome.severity is not None:
        return outcome.severity.rank
    return -1 if outcome.verdict is Verdict.UNKNOWN else -2


def _is_worse(after: Outcome, before: Outcome) -> bool:
    """Tell whether an outcome is newly flagged, graver, or newly unknown."""
    if after.verdict is Verdict.UNKNOWN:
        return before.verdict in NEVER_FLAGS
    if after.verdict is not Verdict.FLAGGED or after.severity is None:
        return False
    return before.severity is None or after.severity > before.severity


def _plan(board: _Board, goals: Sequence[Rule], watched: Sequence[Rule]) -> tuple[_Changes, bool]:
    """Return the fewest changes settling rules that share facts, and whether that is proven."""
    search = _PlanSearch(board, goals, watched)
    search.follow({})
    if search.best is not None:
        return search.best, search.is_proven
    # They cannot all be met, or it takes long to see: the gravest first, as many as go together.
    kept: list[Rule] = []
    changes: _Changes = {}
    for goal in sorted(goals, key=board.gravity, reverse=True):
        more = _PlanSearch(board, [*kept, goal], watched, most=MAX_ADDED)
        more.follow(changes)
        if more.best is not None:
            kept.append(goal)
            changes = more.best
    last = _PlanSearch(board, kept, watched, best=changes)
    last.follow({})
    return last.best or {}, search.is_proven and last.is_proven


class _Board:
    """The rules on one subject under change sets, memoised."""

    def __init__(self, rules: Sequence[Rule], view: View, level: Severity) -> None:
        self.rules = rules
        self.view = view
        self.level = level
        self.effort = view.effort
        #: The paths that ways out change.
        self.touched: set[str] = set()
        self.work = 0
        self._last: tuple[_Changes, View] | None = None
        rulebook = view.backend.rulebook
        self._reads: Final = _reads_of(rulebook)
        self._readers: Final = _readers_of(rulebook, Identical((rules,)))
        self._named: dict[str, frozenset[str]] = {}
        #: By the id of a rule, which is quicker to look up than the rule.
        self._open_to: dict[str, list[tuple[Rule, ExplainedOutcome]]] = {}
        self._open: dict[str, tuple[Rule, ExplainedOutcome] | None] = {}
        self._judged: dict[Hashable, Outcome] = {}
        self._ways: dict[Hashable, list[Way]] = {}
        #: The values of a closed list that ways out give to a fact.
        self._offered: defaultdict[str, dict[str, None]] = defaultdict(dict)

    @functools.cached_property
    def goals(self) -> list[Rule]:
        """The rules that flag at the level or above."""
        return [rule for rule in self.rules if self._is_grave(self.before(rule))]

    @functools.cached_property
    def grave(self) -> frozenset[str]:
        """The ids of those rules."""
        return frozenset(rule.id for rule in self.goals)

    def before(self, rule: Rule) -> Outcome:
        """Return what a rule says before any change."""
        return self.view.said(rule).outcome

    @functools.cached_property
    def _tested(self) -> tuple[Mapping[str, frozenset[Any]], frozenset[str]]:
        """What each fact is compared with, and which are compared with other facts."""
        values: defaultdict[str, set[Any]] = defaultdict(set)
        for rule in self.rules:
            for path, several in comparison_values(rule, self.view).items():
                values[path].update(several)
        roots = [condition for rule in self.rules for condition in rule_conditions(rule)]
        roots += [row.when for derived in self.view.derived.values() for row in derived.rows]
        tests = [node for root in roots for node in nodes(root) if isinstance(node, Test)]
        crossed: set[str] = set()
        for test in tests:
            others = {each.path for each in operands(test.predicate) if isinstance(each, FactRef)}
            crossed |= others
            if others:
                crossed.add(test.fact.path)
        return {path: frozenset(each) for path, each in values.items()}, frozenset(crossed)

    def gravity(self, rule: Rule) -> int:
        """Return how grave what a rule flags is."""
        severity = self.before(rule).severity
        return -1 if severity is None else severity.rank

    def _is_grave(self, outcome: Outcome) -> bool:
        return (
            outcome.verdict is Verdict.FLAGGED
            and outcome.severity is not None
            and outcome.severity >= self.level
        )

    def fails(self, rule: Rule, changed: Way, *, goal: bool) -> bool:
        """Tell whether a goal is not settled, or another rule newly flags."""
        return self.is_failing(rule, self.judged(rule, changed), goal=goal)

    def is_failing(self, rule: Rule, outcome: Outcome, *, goal: bool) -> bool:
        """Tell whether a rule fails with this outcome after changes."""
        if goal:
            return outcome.verdict not in NEVER_FLAGS
        if outcome.verdict is not Verdict.FLAGGED:
            return False
        before = self.before(rule)
        newly = before.verdict is not Verdict.FLAGGED
        return newly or (self._is_grave(outcome) and not self._is_grave(before))

    def open_to(self, path: str) -> list[tuple[Rule, ExplainedOutcome]]:
        """
        Return the rules reading a fact that could flag, or flag more gravely.

        Each with what it says before any change.
        """
        found = self._open_to.get(path)
        if found is None:
            several = map(self._as_open, self.reading(path))
            found = self._open_to[path] = [each for each in several if each]
        return found

    def _as_open(self, rule: Rule) -> tuple[Rule, ExplainedOutcome] | None:
        if rule.id not in self._open:
            said = self.view.said(rule)
            severity = said.outcome.severity
            can = severity is None or severity < self.view.rule(rule).worst
            self._open[rule.id] = (rule, said) if can else None
        return self._open[rule.id]

    def judged(self, rule: Rule, changed: Way) -> Outcome:
        """Return what a rule says after changes."""
        key = self._key(rule, changed)
        if key not in self._judged:
            self.work += 1
            self._judged[key] = self.after(changed).says(rule)
        return self._judged[key]

    def after(self, changed: Way) -> View:
        """Return the view after changes; the last one, if it is the same."""
        if self._last is None or self._last[0] != changed:
            self._last = {**changed}, self.view.overridden(changed)
        return self._last[1]

    def ways_out(self, rule: Rule, changed: Way) -> list[Way]:
        """Return a rule's change sets after changes, one of each equivalence class."""
        key = self._key(rule, changed)
        if key not in self._ways:
            self.work += 1
            alike: dict[Hashable, Way] = {}
            for way in change_sets(rule, self.after(changed)):
                alike.setdefault(self._class_of(way), way)
                self.touched.update(way)
                for path, to in way.items():
                    if isinstance(to, str):
                        self._offered[path][to] = None
            self._ways[key] = list(alike.values())
        return self._ways[key]

    def left_open(self, changes: Way, cleared: frozenset[str]) -> Way:
        """Return changes with values generalised to choices wherever any value does."""
        found = {**changes}
        for path, to in changes.items():
            offered = self._offered[path] if isinstance(to, str) else ()
            values = tuple(
                each
                for each in offered
                if each == to or self._does(path, {**found, path: each}, cleared)
            )
            if len(values) > 1:
                found[path] = ToBeChosen(values)
        return found

    def _does(self, path: str, changes: Way, cleared: frozenset[str]) -> bool:
        """Tell whether no rule reading a fact fails, whatever is chosen."""
        choices = [*itertools.islice(each_choice(changes), MAX_CHOICES + 1)]
        return len(choices) <= MAX_CHOICES and not any(
            self.fails(rule, choice, goal=rule.id in cleared)
            for choice in choices
            for rule in self.reading(path)
        )

    def _class_of(self, way: Way) -> Hashable:
        """Return the equivalence class of a change set, as rules other than its own see it."""
        shared = ((path, to) for path, to in way.items() if len(self.reading(path)) > 1)
        return frozenset((path, self._as_compared(path, to)) for path, to in shared)

    def _as_compared(self, path: str, to: Any) -> Any:  # noqa: ANN401 - any fact's value
        values, crossed = self._tested
        name = path.rpartition("].")[2]
        if name in crossed:
            return to
        known = values.get(name, frozenset())
        if isinstance(to, str):
            return to if to in known else ""
        if isinstance(to, frozenset):
            sets = sorted((each for each in known if each), key=sorted)
            return len(to), tuple((bool(to & each), each <= to) for each in sets)
        return to

    def later(self, way: Way, rule: Rule, other: Rule) -> Iterator[Way]:
        """Yield a change set with each later date that another rule distinguishes."""
        for changed in later(way, comparison_values(other, self.view)):
            if self.judged(rule, changed).verdict in NEVER_FLAGS:
                yield changed

    def reading(self, path: str) -> list[Rule]:
        """Return the rules that read a fact."""
        names, reads = self._names(path), self._reads
        found = self._readers.get(names)
        if found is None:
            found = [rule for rule in self.rules if not names.isdisjoint(reads[rule.id])]
            self._readers[names] = found
        return found

    def _key(self, rule: Rule, changed: Way) -> Hashable:
        """Return a memo key: the changes a rule reads."""
        reads = self._reads[rule.id]
        return rule.id, frozenset(each for each in changed.items() if self._names(each[0]) & reads)

    def _names(self, path: str) -> frozenset[str]:
        """Return the names by which a rule may read a changed fact or what it creates."""
        found = self._named.get(path)
        if found is None:
            own, through = _parted(path)
            names = (name for name, each in through if self._is_new(each))
            found = self._named[path] = frozenset((own, *names))
        return found

    def _is_new(self, path: str) -> bool:
        return recorded_in(self.view.frames[0], path) in (UNKNOWN, None)

    def groups(
        self, goals: Iterable[Rule], touched: Iterable[str]
    ) -> list[tuple[list[Rule], list[Rule]]]:
        """Return goals grouped by shared changeable facts, with all rules that read them."""
        group_of: dict[str, set[str]] = {}
        for path in sorted(touched):
            together = {rule.id for rule in self.reading(path)}
            for each in [*together]:
                together |= group_of.get(each, set())
            group_of.update(dict.fromkeys(together, together))
        found = [
            (
                [rule for rule in goals if rule.id in group],
                [rule for rule in self.rules if rule.id in group],
            )
            for group in {id(each): each for each in group_of.values()}.values()
        ]
        return [each for each in found if each[0]]

    def needing(self, changes: Way) -> Iterator[tuple[str, list[Rule]]]:
        """Yield each change with the rules it serves, gravest first."""
        # In a register that takes as long for each change as for all.
        together = ChangedSubject.of(self.view.frames[0], changes)
        met = {
            rule.id
            for rule in self.rules
            if not self.fails(rule, changes, goal=rule.id in self.grave)
        }
        for path in changes:
            rules = [rule for rule in self.reading(path) if rule.id in met]
            if together is None:
                fewer = {each: to for each, to in changes.items() if each != path}
                outcomes = [self.judged(rule, fewer) for rule in rules]
            else:
                outcomes = together.without(functools.partial(self.say, rules), path)
            served = [
                rule
                for rule, outcome in zip(rules, outcomes, strict=True)
                if self.is_failing(rule, outcome, goal=rule.id in self.grave)
            ]
            yield path, sorted(served, key=self.gravity, reverse=True)

    def say(self, rules: Iterable[Rule], s: Frames) -> list[Outcome]:
        """Return the outcomes of rules after the changes."""
        return [self.view.rule(rule).says(s) for rule in rules]


class _PlanSearch:
    """Branch and bound over the ways out of each rule in turn."""

    def __init__(
        self,
        board: _Board,
        goals: Sequence[Rule],
        watched: Sequence[Rule],
        *,
        best: _Changes | None = None,
        most: int | None = None,
    ) -> None:
        self.board = board
        self.goals = frozenset(rule.id for rule in goals)
        self.left_out = board.grave - self.goals
        self.watched = [rule for rule in watched if rule.id not in self.left_out]
        self.best = best
        self.size = board.effort.size
        self.tried = 0
        self.most = MAX_TRIED if most is None else most
        self.ends = board.work + MAX_WORK
        #: Rules that contradict each other can be met in turn for ever.
        self.deepest = _TURNS * (len(self.watched) + 1)
        self.is_cut = False
        self._seen: set[Hashable] = set()

    @property
    def is_proven(self) -> bool:
        """Whether all was tried."""
        return not self.spent and not self.is_cut

    @property
    def spent(self) -> bool:
        """Whether the search stopped before trying everything."""
        return self.tried >= self.most or self.board.work >= self.ends

    def follow(self, changed: _Changes) -> None:
        """Search for a plan extending these changes."""
        waiting = [iter([changed])]
        while waiting:
            after = next(waiting[-1], None)
            if after is None:
                waiting.pop()
            elif len(waiting) > self.deepest:
                self.is_cut = True
            else:
                waiting.append(self._next(after))

    def _next(self, changed: _Changes) -> Iterator[_Changes]:
        """Yield extensions of a partial plan; none if it is complete or hopeless."""
        state = frozenset(changed.items())
        if state in self._seen or self.spent:
            return
        self._seen.add(state)
        self.tried += 1
        failing = [rule for rule in self.watched if self._fails(rule, changed)]
        if not failing:
            needed = self._needed(changed)
            if self.best is None or self.size(needed) < self.size(self.best):
                self.best = needed
            return
        options = [self.board.ways_out(rule, changed) for rule in failing]
        if not all(options):
            return
        fewest = _at_least(options, changed, self.size)
        if self.best is not None and self.size(changed) + fewest >= self.size(self.best):
            return
        # The rule with the fewest ways out decides most.
        yield from (followed_by(changed, way) for way in min(options, key=len))

    def _fails(self, rule: Rule, changed: Way) -> bool:
        return self.board.fails(rule, changed, goal=rule.id in self.goals)

    def _needed(self, changed: _Changes) -> _Changes:
        """Return changes without those made redundant by others."""
        board, left = self.board, {**changed}
        # In a register that takes as long for each change as for all.
        together = ChangedSubject.of(board.view.frames[0], changed)
        for path in changed:
            rules = [each for each in board.reading(path) if each.id not in self.left_out]
            if together is not None:
                if together.still(functools.partial(self._none_fails, rules), path):
                    del left[path]
                continue
            fewer = {each: to for each, to in left.items() if each != path}
            if not any(self._fails(rule, fewer) for rule in rules):
                left = fewer
        return changed if len(left) == len(changed) else self._needed(left)

    def _none_fails(self, rules: Sequence[Rule], s: Frames) -> bool:
        said = zip(rules, self.board.say(rules, s), strict=True)
        return not any(
            self.board.is_failing(each, outcome, goal=each.id in self.goals)
            for each, outcome in said
        )


@kept_on_rulebook(1)
def _reads_of(rulebook: Rulebook) -> Mapping[str, frozenset[str]]:
    """Return by rule id the facts each rule of a rulebook reads."""
    beneath: dict[str, frozenset[str]] = {}
    for name, derived in rulebook.derived.items():
        beneath[name] = _read_in((row.when for row in derived.rows), beneath)
    return {rule.id: _read_in(rule_conditions(rule), beneath) for rule in rulebook.rules}


@kept_on_rulebook(_MOST_KEPT)
def _readers_of(_rulebook: Rulebook, _only: Identical) -> dict[frozenset[str], list[Rule]]:
    """Return a memo of which rules read any of some facts."""
    return {}


def _read_in(
    conditions: Iterable[Condition], beneath: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Return the facts conditions read, expanding derived facts."""
    found: set[str] = set()
    for ref in (each for condition in conditions for each in references(condition)):
        if ref.source is FactSource.DERIVED:
            found |= beneath[ref.path]
        found |= _parts(ref.path)
    return frozenset(found)


@functools.lru_cache(maxsize=2**14)
def _parted(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a path into the fact's name and the enclosing records' names and paths."""
    place, _, own = path.rpartition("].")
    inside = f"{place}]." if place else ""
    through = [(each, f"{inside}{each}") for each in parts_of(own)]
    if place:
        through.append((path.partition("[")[0], f"{place}]"))
    return own, tuple(through)


def _parts(path: str) -> set[str]:
    """Return a path and the paths of its enclosing records."""
    return {*parts_of(path), path}


def _at_least(options: Sequence[Sequence[Way]], changed: Way, size: Any) -> int:  # noqa: ANN401 - a function
    """Return a lower bound on a plan's size: costs of rules sharing no fact add up."""
    total = 0
    counted: set[str] = set()
    inside: set[str] = set()
    now = size(changed)
    least = [(min(size(followed_by(changed, way)) - now for way in ways), ways) for ways in options]
    for more, ways in sorted(least, key=lambda each: len(each[1])):
        paths = {path for way in ways for path in way}
        parts = {part for path in paths for part in _parts(path)}
        # Doing away with a record changes the facts in it too.
        if not paths & inside and not parts & counted:
            counted |= paths
            inside |= parts
            total += max(0, more)
    return total
