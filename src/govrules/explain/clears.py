"""The smallest changes of arrangements that clear a finding; each is re-evaluated."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs

from govrules.explain.candidates import Compared, candidates, comparison_values, is_crossed
from govrules.explain.closures import Check
from govrules.explain.view import ChangedSubject, View
from govrules.explain.ways import Effort, Way, contradict, gone_by, left_to_choose, members, within
from govrules.facts import TO_BE_FOUND, parts_of
from govrules.rulebook.ast import Derived, Rule
from govrules.rulebook.derivation import memoised
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Condition,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    OnList,
    Parameter,
    Quantified,
    Quantity,
    Test,
    children,
)
from govrules.rulebook.walk import operands
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Kind, Records, vocabulary_of

#: How many ways are followed at once; beyond it the smallest are kept.
MAX_WAYS: Final = 32
#: Of a way with more changes than this no variants are followed.
LONG: Final = 48
#: How many records are changed or added together to move a count, sum or share.
MAX_RECORDS: Final = 3
#: Of how many records a change is considered for that.
MAX_OPTIONS: Final = 12
#: How many changes of both kinds are tried together: more would take long in a register.
MIXED: Final = 2
#: Of how many tests of a rule, and sets that they are of, it is kept what meets them.
MOST_MET: Final = 2**10
#: How many ways are shown.
SHOWN: Final = 5

#: Values of which each is a choice of its own; of amounts and dates one stands for all.
_NAMED: Final = (str, bool, frozenset)

#: Ways that give a derived fact each of its values.
_Ways = Mapping[Any, list[Way]]


@attrs.frozen
class _Hints:
    """
    Heuristics of the search for change sets in one view.

    Attributes:
        compared: the values that the rule compares each fact with, by the fact's name.
        effort: how much a way asks for.
        gives_up: whether what is in place may be given up.
        met: what was found out for all subjects: by which changes tests by constants are met.
        tables: the ways that were found for derived facts, by the prefix of the record and the
            name.
    """

    compared: Compared
    effort: Effort
    gives_up: bool
    met: dict[Hashable, list[Way]] = attrs.field(repr=False)
    tables: dict[str, dict[str, _Ways]] = attrs.field(init=False, factory=dict)

    def elsewhere(self) -> _Hints:
        """Return fresh heuristics for another view."""
        return _Hints(self.compared, self.effort, self.gives_up, self.met)

    def met_by(self, key: Hashable, met: Callable[[], list[Way]]) -> list[Way]:
        """Return the change sets that meet a test against constants, whatever else holds."""
        found = self.met.get(key)
        if found is None:
            if len(self.met) >= MOST_MET:
                self.met.clear()
            found = self.met[key] = met()
        return found

    def allow(self, way: Way) -> bool:
        """Tell whether a change set may be pursued."""
        return self.gives_up or not self.effort.takes_away(way)

    def pruned(self, ways: Iterable[Way], most: int = MAX_WAYS) -> list[Way]:
        """Return the smallest change sets, without supersets of others."""
        several = [*ways]
        if len(several) <= 1:
            return several
        if not all(several):
            return [{}]
        kept: list[Way] = []
        for way in sorted(several, key=self.effort.size):
            for other in kept:
                if other.items() <= way.items():
                    break
            else:
                kept.append(way)
                if len(kept) == most:
                    break
        return kept

    def joined(self, several: Iterable[list[Way]]) -> list[Way]:
        """Return every consistent union of one change set of each group."""
        ways: list[Way] = [{}]
        waiting = iter(several)
        for options in waiting:
            if not options:
                return []
            most = 1 if len(ways[0]) > LONG else MAX_WAYS
            if not options[0]:
                ways = ways[:most]
                continue
            joined = (
                {**way, **option}
                for way in ways
                for option in options
                if not (way and contradict(way, option))
            )
            ways = self.pruned(joined, most)
            if not ways:
                return []
            if most == 1:
                return self._followed(ways[0], waiting)
        return ways

    def _followed(self, way: Way, several: Iterable[list[Way]]) -> list[Way]:
        """Return a long change set completed with the smallest consistent one of each group."""
        found, gone = {**way}, gone_by(way)
        for options in several:
            fitting = [option for option in options if not contradict(found, option, gone)]
            if not fitting:
                return []
            news = [{path: each[path] for path in each if path not in found} for each in fitting]
            new = min(news, key=self.effort.size)
            found |= new
            gone += gone_by(new)
        return [found]


def clears(rule: Rule, view: View) -> tuple[Way, ...]:
    """
    Return the minimal change sets, all of one size, that settle the rule unflagged.

    They give up nothing that is in place, unless nothing else helps. Of several amounts or dates
    for one fact the nearest to what the rule asks stands for all, which of several names it has is
    left to be chosen, and doing without a fact is advised only where nothing else helps.
    """
    moves = view.changes_under(rule)
    if moves.ways is not None:
        return moves.ways
    ways = change_sets(rule, view)
    size = view.effort.size
    least = min(map(size, ways), default=0)
    shown: dict[object, Way] = {}
    for way in sorted((each for each in ways if size(each) == least), key=_absent):
        facts = frozenset(way)
        if _absent(way) and any(frozenset(each) == facts for each in shown.values()):
            continue
        named = frozenset((path, to if isinstance(to, _NAMED) else "") for path, to in way.items())
        shown.setdefault(named, way)
    found = tuple(left_to_choose(shown.values()))[:SHOWN]
    if not is_crossed(rule, view):
        moves.ways = found
    return found


def _absent(way: Way) -> int:
    return sum(to is None for to in way.values())


def change_sets(rule: Rule, view: View) -> list[Way]:
    """
    Return change sets after which the rule no longer flags, smallest first.

    None can be made smaller. Only arrangements are changed, and only so that what the rule
    requires holds or an exception does: never by making the rule's own case go away. What is in
    place is given up only where no way leaves it.
    """
    compared = comparison_values(rule, view)
    effort = view.effort
    goal = _Goal(rule, view.apart(), view.rule(rule).settled)
    for gives_up in (False, True):
        found = _ways_out(goal, _Hints(compared, effort, gives_up, view.rule(rule).met))
        if found:
            return sorted(found, key=effort.size)
    return []


@attrs.frozen(eq=False)
class _Goal:
    """A rule that is to be settled unflagged for a subject."""

    rule: Rule
    view: View
    check: Check
    _settled: dict[frozenset[tuple[str, Any]], bool] = attrs.field(init=False, factory=dict)

    def settles(self, way: Way) -> bool:
        """Tell whether the requirement or an exception holds for all derived values."""
        key = frozenset(way.items())
        if key not in self._settled:
            self._settled[key] = self.view.tried(way, self.check)
        return self._settled[key]

    def still(self, way: dict[str, Any]) -> Callable[..., bool]:
        """Return a check of a change set with one value altered or dropped."""
        view = self.view
        # In a register that takes as long for each change as for a whole way.
        changed = None if view.overrides else ChangedSubject.of(view.frames[0], way)
        if changed is not None:
            return partial(changed.still, self.check)

        def still(path: str, *to: Any) -> bool:  # noqa: ANN401 - any fact's value
            fewer = {each: value for each, value in way.items() if each != path}
            return self.settles({**way, path: to[0]} if to else fewer)

        return still


def _ways_out(goal: _Goal, hints: _Hints) -> list[Way]:
    rule, view = goal.rule, goal.view
    met = [mended for way in _to_meet(rule, view, hints) for mended in _completed(way, goal, hints)]
    excepted = [
        reached
        for exemption in rule.unless
        for way in _change_sets(exemption.when, view, Truth.TRUE, hints)
        for reached in _still_in_case(way, rule, view, hints)
    ]
    found: list[Way] = []
    for way in [*met, *excepted]:
        shrunk = _minimised(way, goal, hints.effort)
        if shrunk is not None and shrunk not in found:
            found.append(shrunk)
    return found


def _to_meet(rule: Rule, view: View, hints: _Hints) -> list[Way]:
    """Return change sets that make the requirement hold, for all values still possible."""
    found = _change_sets(rule.requires, view, Truth.TRUE, hints)
    cases = view.split(rule)
    if len(cases) > 1:
        apart = (_change_sets(rule.requires, case, Truth.TRUE, hints.elsewhere()) for case in cases)
        found = hints.pruned([*found, *hints.joined(apart)])
    return found


def _completed(way: Way, goal: _Goal, hints: _Hints) -> list[Way]:
    """Extend a change set until what the rule requires holds again."""
    if goal.settles(way):
        return [way]
    after = goal.view.overridden(way)
    more = _change_sets(goal.rule.requires, after, Truth.TRUE, hints.elsewhere())
    return [{**way, **each} for each in more if not contradict(way, each)]


def _still_in_case(way: Way, rule: Rule, view: View, hints: _Hints) -> list[Way]:
    """Extend a change set so that the rule's own case still applies."""
    if rule.applies_when is None:
        return [way]
    kept = _change_sets(rule.applies_when, view.overridden(way), Truth.TRUE, hints.elsewhere())
    return [{**way, **more} for more in kept if not contradict(way, more)]


def _minimised(way: Way, goal: _Goal, effort: Effort) -> Way | None:
    """Return a minimal subset of a change set; None if the set does not settle the rule."""
    if not way or not goal.settles(way):
        return None
    kept = dict(way)
    still = goal.still(kept)
    for path in list(way):
        if len(kept) > 1 and still(path):
            del kept[path]
    for path, to in kept.items():
        if isinstance(to, frozenset):
            now = effort.now(path)
            for member in sorted(members(now) ^ to):
                nearer = kept[path] ^ {member}
                # What is held, and no more, is a change where there may have been more.
                if nearer != now and still(path, nearer):
                    kept[path] = nearer
    return kept


def _change_sets(condition: Condition, view: View, target: Truth, hints: _Hints) -> list[Way]:
    """Return change sets that give a condition the wanted value; empty if it has it already."""
    if view.check(condition, target)(view.frames):
        return [{}]
    if not view.backend.moves(condition):
        return []
    match condition:
        case All(items):
            return _of_several(items, view, target, hints, needs_all=target is Truth.TRUE)
        case AnyOf(items):
            return _of_several(items, view, target, hints, needs_all=target is Truth.FALSE)
        case Not(item):
            return _change_sets(item, view, ~target, hints)
        case Test():
            return _of_test(condition, view, target, hints)
        case Known():
            return []
        case Quantified(quantity, ref, where):
            goal = ~target if quantity is Quantity.NONE else target
            decided_by_one = Truth.FALSE if quantity is Quantity.EVERY else Truth.TRUE
            if goal is decided_by_one:
                return _one_record(ref, where, view, goal, hints)
            return _every_record(ref, where, view, goal, hints)
        case _ if isinstance(condition.list.type, Choices):
            return _of_set(condition, condition.list, view, target, hints)
        case _:
            return _of_many(condition, view, target, hints)


def _of_several(
    items: tuple[Condition, ...],
    view: View,
    target: Truth,
    hints: _Hints,
    *,
    needs_all: bool,
) -> list[Way]:
    each = (_change_sets(item, view, target, hints) for item in items)
    return hints.joined(each) if needs_all else hints.pruned(itertools.chain.from_iterable(each))


def _of_test(condition: Test, view: View, target: Truth, hints: _Hints) -> list[Way]:
    refs = [condition.fact]
    refs += [operand for operand in operands(condition.predicate) if isinstance(operand, FactRef)]
    found: list[Way] = []
    for ref in refs:
        if ref.source is FactSource.DERIVED:
            found += _of_derived(condition, ref, view, target, hints)
        elif ref.fact.kind is Kind.ARRANGEMENT:
            found += _of_fact(condition, ref, view, target, hints)
    return hints.pruned(found)


def _of_fact(condition: Test, ref: FactRef, view: View, target: Truth, hints: _Hints) -> list[Way]:
    prefix = view.of(ref).prefix

    def met() -> list[Way]:
        """Return changes of the record that make the condition as wanted."""
        found: list[Way] = [{ref.path: value} for value in candidates(ref, view, hints.compared)]
        found += [{record: None} for record in _asked_around(ref, view, hints)]
        return [*filter(view.trial(condition, target, ref), found)]

    if isinstance(ref.type, Records) or not _is_constant(condition):
        found = [within(prefix, way) for way in met()]
        added = [_mentioned(each) for each in _new_records(ref, view)[:1]]
        found += [way for way in added if view.tried(way, view.check(condition, target))]
    else:
        held = view.cell(ref)[0] if isinstance(ref.type, Choices) else None
        key = (id(condition), target, view.as_of, hints.compared.get(ref.path), held)
        found = [within(prefix, way) for way in hints.met_by(key, met)]
    return [way for way in found if hints.allow(way)]


def _is_constant(test: Test) -> bool:
    """Tell whether a fact is compared with constants only, so that what meets it is fixed."""
    return all(isinstance(operand, Literal | Parameter) for operand in operands(test.predicate))


def _asked_around(ref: FactRef, view: View, hints: _Hints) -> list[str]:
    """Return the enclosing records whose presence the rule itself tests."""
    shape = view.of(ref).shape
    asked = (part for part in parts_of(ref.path) if part in hints.compared)
    return [each for each in asked if shape.facts[each].kind is Kind.ARRANGEMENT]


def _of_derived(
    condition: Test, ref: FactRef, view: View, target: Truth, hints: _Hints
) -> list[Way]:
    """Return change sets giving a derived fact a value that makes the condition as wanted."""
    if ref.path not in view.backend.moving:
        return []
    inner = view.at(ref.level)
    ways = memoised(
        ref.path,
        view.derived,
        hints.tables.setdefault(inner.frame.prefix, {}),
        lambda each: _of_table(each, inner, hints),
    )
    path, so = view.path(ref), view.check(condition, target)

    def met() -> list[Way]:
        values = dict.fromkeys((*(row.value for row in derived.rows), derived.otherwise))
        return [{ref.path: value} for value in values if view.tried({path: value}, so)]

    derived = view.derived[ref.path]
    is_constant = condition.fact is ref and _is_constant(condition)
    key = (id(condition), target, view.taken)
    values = hints.met_by(key, met) if is_constant else met()
    return hints.pruned(way for each in values for way in ways.get(each[ref.path], ()))


def _of_table(derived: Derived, view: View, hints: _Hints) -> _Ways:
    """Return change sets for each value of a derived fact; none if it is stated."""
    if view.stated(derived) is not UNKNOWN:
        return {}
    found: dict[Any, list[Way]] = {}
    before: list[list[Way]] = []
    for row in derived.rows:
        holds = _change_sets(row.when, view, Truth.TRUE, hints)
        found.setdefault(row.value, []).extend(hints.joined([*before, holds]))
        before.append(_change_sets(row.when, view, Truth.FALSE, hints))
    found.setdefault(derived.otherwise, []).extend(hints.joined(before))
    return {value: hints.pruned(several) for value, several in found.items()}


def _new_records(ref: FactRef, view: View) -> list[View]:
    """Return the views of records that governance could add to a list."""
    if ref.fact.kind is not Kind.ARRANGEMENT or not isinstance(ref.type, Records):
        return []
    return [view.added(ref, more) for more in range(MAX_RECORDS)]


def _one_record(
    ref: FactRef, where: Condition, view: View, wanted: Truth, hints: _Hints
) -> list[Way]:
    found = [
        way for each in view.records(ref)[0] for way in _change_sets(where, each, wanted, hints)
    ]
    for added in _new_records(ref, view)[:1]:
        found += [_with_record(way, added) for way in _change_sets(where, added, wanted, hints)]
    return hints.pruned(found)


def _every_record(
    ref: FactRef, where: Condition, view: View, goal: Truth, hints: _Hints
) -> list[Way]:
    records, closed = view.records(ref)
    return (
        hints.joined(_change_sets(where, record, goal, hints) for record in records)
        if closed
        else []
    )


def _of_many(condition: OnList, view: View, target: Truth, hints: _Hints) -> list[Way]:
    """Return the change sets over fewest records that move a count, sum or share as wanted."""
    apart = [_options(condition, view, goal, hints) for goal in (Truth.TRUE, Truth.FALSE)]
    # A record may have to be so by one condition, and another, or the same, not so by the other.
    mixes = len(children(condition)) > 1
    so = view.check(condition, target)
    for number in range(1, MAX_RECORDS + 1):
        found = [
            way
            for options in ([apart[0] + apart[1]] if mixes and number == MIXED else apart)
            for several in itertools.combinations(options, number)
            for way in [{path: to for each in several for path, to in each.items()}]
            if view.tried(way, so)
        ]
        if found:
            return hints.pruned(found)
    return []


def _options(condition: OnList, view: View, goal: Truth, hints: _Hints) -> list[Way]:
    """Return the cheapest change sets for each record, and for records to add."""
    found: dict[frozenset[tuple[str, Any]], Way] = {}
    for way in _of_each_record(condition, view, goal, hints):
        found.setdefault(frozenset(way.items()), way)
        if len(found) == MAX_OPTIONS:
            break
    return [*found.values()]


def _of_each_record(condition: OnList, view: View, goal: Truth, hints: _Hints) -> Iterator[Way]:
    conditions = children(condition)[::-1]
    for each in view.records(condition.list)[0] if conditions else []:
        for one in conditions:
            yield from (way for way in _cheapest(_change_sets(one, each, goal, hints), each) if way)
    for added in _new_records(condition.list, view) if goal is Truth.TRUE else []:
        for ways in [_change_sets(one, added, goal, hints) for one in conditions] or [[{}]]:
            yield from (_with_record(way, added) for way in _cheapest(ways, added))


def _cheapest(ways: Sequence[Way], record: View) -> list[Way]:
    """Return the first change set, and equally small ones that other records may depend on."""
    prefix = record.frame.prefix
    return [
        way
        for place, way in enumerate(ways)
        if not place
        or (len(way) == len(ways[0]) and not all(path.startswith(prefix) for path in way))
    ]


def _with_record(way: Way, added: View) -> Way:
    """Return a change set that adds a record, even if none of its facts matters."""
    prefix = added.frame.prefix
    there = any(path.startswith(prefix) for path in way)
    return way if there else {**way, **_mentioned(added)}


def _mentioned(view: View) -> Way:
    """Return the change that makes a record present: its first fact becomes known."""
    frame = view.frame
    first = next(iter(vocabulary_of(frame.shape.cls).fields))
    return {f"{frame.prefix}{first}": TO_BE_FOUND}


def _of_set(
    condition: Condition, ref: FactRef, view: View, target: Truth, hints: _Hints
) -> list[Way]:
    """Return the set nearest to the current one that has the wanted number of members."""
    if ref.fact.kind is not Kind.ARRANGEMENT or not isinstance(ref.type, Choices):
        return []
    path = view.path(ref)
    members, _ = view.cell(ref)
    ordered = [value for value in ref.type.values if value in members]
    others = [value for value in ref.type.values if value not in members]
    so = view.check(condition, target)
    for number in range(len(ref.type.values) + 1):
        for changed in (ordered + others[:number], ordered[: len(ordered) - number]):
            way = {path: frozenset(changed)}
            if hints.allow(way) and view.tried(way, so):
                return [way]
    return []
