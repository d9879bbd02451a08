"""The smallest changes of arrangements that clear a finding; each is re-evaluated."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, assert_never

import attrs

from govrules.explain.view import AS_OF_REF, View
from govrules.explain.ways import Effort, Way, contradict, members
from govrules.facts import TO_BE_FOUND, parts_of
from govrules.identical import Identical
from govrules.months import months_before
from govrules.rulebook.ast import Derived, Rule, rule_conditions
from govrules.rulebook.derivation import once_each
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    OnList,
    Op,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    SetOp,
    Test,
    children,
)
from govrules.rulebook.walk import nodes, operands
from govrules.truth import UNKNOWN, Truth, Unknown
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

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
#: How many ways are shown.
SHOWN: Final = 5

#: Values of which each is a choice of its own; of amounts and dates one stands for all.
_NAMED: Final = (str, bool, frozenset)

#: Ways that give a derived fact each of its values.
_Ways = Mapping[Any, list[Way]]


@attrs.frozen
class _Hints:
    """
    What guides the search for ways in one view.

    Attributes:
        compared: the values that the rule compares each fact with, by the fact's name.
        effort: how much a way asks for.
        gives_up: whether what is in place may be given up.
        tables: the ways that were found for derived facts, by the prefix of the record and the
            name.
    """

    compared: Mapping[str, tuple[Any, ...]]
    effort: Effort
    gives_up: bool
    tables: dict[str, dict[str, _Ways]] = attrs.field(init=False, factory=dict)

    def elsewhere(self) -> _Hints:
        """Return the hints for another view, in which nothing was looked for yet."""
        return _Hints(self.compared, self.effort, self.gives_up)

    def allow(self, way: Way) -> bool:
        """Tell whether a way may be followed."""
        return self.gives_up or not self.effort.takes_away(way)

    def pruned(self, ways: Iterable[Way], most: int = MAX_WAYS) -> list[Way]:
        """Return the smallest ways, without those that do as another does and more."""
        kept: list[Way] = []
        for way in sorted(ways, key=self.effort.size):
            if not any(other.items() <= way.items() for other in kept):
                kept.append(way)
            if len(kept) == most:
                break
        return kept

    def joined(self, several: Iterable[list[Way]]) -> list[Way]:
        """Return every way that takes one of each, where they agree."""
        ways: list[Way] = [{}]
        for options in several:
            joined = (
                {**way, **option}
                for way in ways
                for option in options
                if not contradict(way, option)
            )
            ways = self.pruned(joined, 1 if ways and len(ways[0]) > LONG else MAX_WAYS)
        return ways


def clears(rule: Rule, view: View) -> tuple[Way, ...]:
    """
    Return the smallest changes, all of one size, after which the rule is settled and never flags.

    They give up nothing that is in place, unless nothing else helps. Of several amounts or dates
    for one fact the nearest to what the rule asks stands for all, and doing without a fact is
    advised only where nothing else helps.
    """
    ways = ways_out(rule, view)
    size = Effort(view.record, view.supposed).size
    least = min(map(size, ways), default=0)
    shown: dict[object, Way] = {}
    for way in sorted((each for each in ways if size(each) == least), key=_absent):
        facts = frozenset(way)
        if _absent(way) and any(frozenset(each) == facts for each in shown.values()):
            continue
        named = frozenset((path, to if isinstance(to, _NAMED) else "") for path, to in way.items())
        shown.setdefault(named, way)
    given = tuple(shown.values())[:SHOWN]
    if not all(_settles(way, rule, view) for way in given):
        raise AssertionError(f"a change that is to clear `{rule.id}` does not")
    return given


def _absent(way: Way) -> int:
    return sum(to is None for to in way.values())


def ways_out(rule: Rule, view: View) -> list[Way]:
    """
    Return changes after which the rule no longer flags, smallest first.

    None can be made smaller. Only arrangements are changed, and only so that what the rule
    requires holds or an exception does: never by making the rule's own case go away. What is in
    place is given up only where no way leaves it.
    """
    compared = compared_with(rule, view)
    effort = Effort(view.record, view.supposed)
    for gives_up in (False, True):
        found = _ways_out(rule, view, _Hints(compared, effort, gives_up))
        if found:
            return sorted(found, key=effort.size)
    return []


def _ways_out(rule: Rule, view: View, hints: _Hints) -> list[Way]:
    met = [
        mended for way in _to_meet(rule, view, hints) for mended in _mended(way, rule, view, hints)
    ]
    excepted = [
        reached
        for each in rule.unless
        for way in _ways(each.when, view, Truth.TRUE, hints)
        for reached in _still_in_case(way, rule, view, hints)
    ]
    found: list[Way] = []
    for way in [*met, *excepted]:
        shrunk = _shrunk(way, rule, view, hints.effort)
        if shrunk is not None and shrunk not in found:
            found.append(shrunk)
    return found


def _to_meet(rule: Rule, view: View, hints: _Hints) -> list[Way]:
    """Return changes with which what a rule requires holds, or holds for all that may be."""
    found = _ways(rule.requires, view, Truth.TRUE, hints)
    cases = view.split(rule)
    if len(cases) > 1:
        apart = (_ways(rule.requires, each, Truth.TRUE, hints.elsewhere()) for each in cases)
        found = hints.pruned([*found, *hints.joined(apart)])
    return found


def _mended(way: Way, rule: Rule, view: View, hints: _Hints) -> list[Way]:
    """Return the way, with what makes good again what it breaks of what the rule requires."""
    after = view.supposing(way)
    if _settles(way, rule, view):
        return [way]
    more = _ways(rule.requires, after, Truth.TRUE, hints.elsewhere())
    return [{**way, **each} for each in more if not contradict(way, each)]


def _still_in_case(way: Way, rule: Rule, view: View, hints: _Hints) -> list[Way]:
    """Return the way, with what keeps the rule's own case standing where the way would end it."""
    if rule.applies_when is None:
        return [way]
    kept = _ways(rule.applies_when, view.supposing(way), Truth.TRUE, hints.elsewhere())
    return [{**way, **more} for more in kept if not contradict(way, more)]


def _settles(way: Way, rule: Rule, view: View) -> bool:
    """Tell whether, whatever derived facts are, the requirement is met or an exception holds."""
    after = view.supposing(way)
    return after.rule(rule).settled(after.frames)


def _shrunk(way: Way, rule: Rule, view: View, effort: Effort) -> Way | None:
    """Return the way without the changes it can do without; None where it leads nowhere."""
    if not way or not _settles(way, rule, view):
        return None
    kept = dict(way)
    for path in list(way):
        fewer = {each: value for each, value in kept.items() if each != path}
        if fewer and _settles(fewer, rule, view):
            kept = fewer
    for path, to in kept.items():
        if isinstance(to, frozenset):
            held = members(effort.now(path))
            for member in sorted(held ^ to):
                nearer = kept[path] ^ {member}
                if nearer != held and _settles({**kept, path: nearer}, rule, view):
                    kept[path] = nearer
    return kept


def _ways(condition: Condition, view: View, target: Truth, hints: _Hints) -> list[Way]:
    """Return changes that give a condition the value that is wanted; an empty one if it has it."""
    if view.truth(condition) is target:
        return [{}]
    match condition:
        case All(items):
            return _of_several(items, view, target, hints, needs_all=target is Truth.TRUE)
        case AnyOf(items):
            return _of_several(items, view, target, hints, needs_all=target is Truth.FALSE)
        case Not(item):
            return _ways(item, view, ~target, hints)
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
    each = [_ways(item, view, target, hints) for item in items]
    return hints.joined(each) if needs_all else hints.pruned(itertools.chain.from_iterable(each))


def _of_test(condition: Test, view: View, target: Truth, hints: _Hints) -> list[Way]:
    refs = [condition.fact]
    refs += [each for each in operands(condition.predicate) if isinstance(each, FactRef)]
    found: list[Way] = []
    for ref in refs:
        if ref.source is FactSource.DERIVED:
            found += _of_derived(condition, ref, view, target, hints)
        elif ref.fact.kind is Kind.ARRANGEMENT:
            found += _of_fact(condition, ref, view, target, hints)
    return hints.pruned(found)


def _of_fact(
    condition: Condition, ref: FactRef, view: View, target: Truth, hints: _Hints
) -> list[Way]:
    path = view.path(ref)
    found: list[Way] = [{path: value} for value in _candidates(ref, view, hints)]
    found += [{record: None} for record in _asked_around(ref, path, view, hints)]
    found += [_mentioned(added) for added in _new_records(ref, view)[:1]]
    return [
        way for way in found if hints.allow(way) and view.supposing(way).truth(condition) is target
    ]


def _asked_around(ref: FactRef, path: str, view: View, hints: _Hints) -> list[str]:
    """Return the records that a fact stands in of which the rule asks whether they are there."""
    prefix, shape = path.removesuffix(ref.path), view.of(ref).shape
    asked = [part for part in parts_of(ref.path) if part in hints.compared]
    return [f"{prefix}{each}" for each in asked if shape.facts[each].kind is Kind.ARRANGEMENT]


def _of_derived(
    condition: Condition, ref: FactRef, view: View, target: Truth, hints: _Hints
) -> list[Way]:
    """Return changes that give a derived fact a value with which the condition is as wanted."""
    inner = view.at(ref.level)
    ways = once_each(
        ref.path,
        view.derived,
        hints.tables.setdefault(inner.frame.prefix, {}),
        lambda each: _of_table(each, inner, hints),
    )
    path = view.path(ref)
    return hints.pruned(
        way
        for value, several in ways.items()
        if view.supposing({path: value}).truth(condition) is target
        for way in several
    )


def _of_table(derived: Derived, view: View, hints: _Hints) -> _Ways:
    """Return changes that give a derived fact each of its values; none where it is stated."""
    if view.stated(derived) is not UNKNOWN:
        return {}
    found: dict[Any, list[Way]] = {}
    before: list[list[Way]] = []
    for row in derived.rows:
        holds = _ways(row.when, view, Truth.TRUE, hints)
        found.setdefault(row.value, []).extend(hints.joined([*before, holds]))
        before.append(_ways(row.when, view, Truth.FALSE, hints))
    found.setdefault(derived.otherwise, []).extend(hints.joined(before))
    return {value: hints.pruned(several) for value, several in found.items()}


def _new_records(ref: FactRef, view: View) -> list[View]:
    """Return the view from each record that governance could add to a list, if it can."""
    if ref.fact.kind is not Kind.ARRANGEMENT or not isinstance(ref.type, Records):
        return []
    return [view.added(ref, more) for more in range(MAX_RECORDS)]


def _one_record(
    ref: FactRef, where: Condition, view: View, wanted: Truth, hints: _Hints
) -> list[Way]:
    found = [way for each in view.records(ref)[0] for way in _ways(where, each, wanted, hints)]
    for added in _new_records(ref, view)[:1]:
        found += [_with_record(way, added) for way in _ways(where, added, wanted, hints)]
    return hints.pruned(found)


def _every_record(
    ref: FactRef, where: Condition, view: View, goal: Truth, hints: _Hints
) -> list[Way]:
    records, closed = view.records(ref)
    return hints.joined(_ways(where, each, goal, hints) for each in records) if closed else []


def _of_many(condition: OnList, view: View, target: Truth, hints: _Hints) -> list[Way]:
    """Return the changes of the fewest records that move a count, sum or share as wanted."""
    apart = [_options(condition, view, goal, hints) for goal in (Truth.TRUE, Truth.FALSE)]
    # A record may have to be so by one condition, and another, or the same, not so by the other.
    mixes = len(children(condition)) > 1
    for number in range(1, MAX_RECORDS + 1):
        found = [
            way
            for options in ([apart[0] + apart[1]] if mixes and number == MIXED else apart)
            for several in itertools.combinations(options, number)
            for way in [{path: to for each in several for path, to in each.items()}]
            if view.supposing(way).truth(condition) is target
        ]
        if found:
            return hints.pruned(found)
    return []


def _options(condition: OnList, view: View, goal: Truth, hints: _Hints) -> list[Way]:
    """Return the cheapest changes of each record, and of records that could be added."""
    conditions = children(condition)[::-1]
    options: list[Way] = []
    for each in view.records(condition.list)[0] if conditions else []:
        several = [_ways(one, each, goal, hints) for one in conditions]
        options += [way for ways in several for way in _cheapest(ways, each) if way]
    for added in _new_records(condition.list, view) if goal is Truth.TRUE else []:
        several = [_ways(one, added, goal, hints) for one in conditions] or [[{}]]
        options += [_with_record(way, added) for ways in several for way in _cheapest(ways, added)]
    return list({frozenset(way.items()): way for way in options}.values())[:MAX_OPTIONS]


def _cheapest(ways: Sequence[Way], record: View) -> list[Way]:
    """Return the first way, and those as small that change what other records may hang on too."""
    prefix = record.frame.prefix
    return [
        way
        for place, way in enumerate(ways)
        if not place
        or (len(way) == len(ways[0]) and not all(path.startswith(prefix) for path in way))
    ]


def _with_record(way: Way, added: View) -> Way:
    """Return a way that adds a record, though nothing in it need be so."""
    prefix = added.frame.prefix
    there = any(path.startswith(prefix) for path in way)
    return way if there else {**way, **_mentioned(added)}


def _mentioned(view: View) -> Way:
    """Return the change by which a record is there: its first fact is known."""
    frame = view.frame
    first = next(iter(vocabulary_of(frame.shape.cls).fields))
    return {f"{frame.prefix}{first}": TO_BE_FOUND}


def _of_set(
    condition: Condition, ref: FactRef, view: View, target: Truth, hints: _Hints
) -> list[Way]:
    """Return the set with the fewest members added or removed that has the number wanted."""
    if ref.fact.kind is not Kind.ARRANGEMENT or not isinstance(ref.type, Choices):
        return []
    path = view.path(ref)
    members, _ = view.cell(ref)
    ordered = [each for each in ref.type.values if each in members]
    others = [each for each in ref.type.values if each not in members]
    for number in range(len(ref.type.values) + 1):
        for changed in (ordered + others[:number], ordered[: len(ordered) - number]):
            way = {path: frozenset(changed)}
            if hints.allow(way) and view.supposing(way).truth(condition) is target:
                return [way]
    return []


def compared_with(rule: Rule, view: View) -> dict[str, tuple[Any, ...]]:
    """Return the values that a rule, and the derived facts, compare each fact with."""
    plain, crossed = _tests_of(Identical((rule, view.backend.rulebook)), view.cell(AS_OF_REF))
    if not crossed:
        return plain
    found = {path: dict.fromkeys(values) for path, values in plain.items()}
    for test in crossed:
        for value in _literals(test.predicate, view.cell(AS_OF_REF), partial(_plain, view=view)):
            found.setdefault(test.fact.path, {})[value] = None
        for operand in operands(test.predicate):
            if isinstance(operand, FactRef):
                compared = dict.fromkeys(_plain(test.fact, view))
                found.setdefault(operand.path, {}).update(compared)
    return {path: tuple(values) for path, values in found.items()}


@lru_cache(maxsize=2**12)
def _tests_of(
    only: Identical, as_of: dt.date | Unknown
) -> tuple[dict[str, tuple[Any, ...]], tuple[Test, ...]]:
    """Return what a rule compares facts with that is no fact, and its tests of facts by facts."""
    rule, rulebook = only
    roots = [*rule_conditions(rule)]
    roots += [row.when for derived in rulebook.derived.values() for row in derived.rows]
    found: dict[str, dict[Any, None]] = {}
    crossed: list[Test] = []
    for node in (each for root in roots for each in nodes(root)):
        if isinstance(node, Known):
            found.setdefault(node.fact.path, {})
        if isinstance(node, Test) and any(map(_is_fact, _flat(node.predicate))):
            crossed.append(node)
        elif isinstance(node, Test):
            values = dict.fromkeys(_literals(node.predicate, as_of, _constant))
            found.setdefault(node.fact.path, {}).update(values)
    return {path: tuple(values) for path, values in found.items()}, tuple(crossed)


def _flat(predicate: Predicate) -> Iterator[Operand]:
    """Yield what a predicate compares with, whatever is chosen."""
    waiting = [*operands(predicate)]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, By):
            waiting[:0] = [one for _, one in each.cases]
        else:
            yield each


def _is_fact(operand: Operand) -> bool:
    return isinstance(operand, FactRef)


def _constant(operand: Operand) -> list[Any]:
    assert isinstance(operand, Literal | Parameter)  # noqa: S101 - a fact is no constant
    return [operand.value]


def _literals(
    predicate: Predicate,
    as_of: dt.date | Unknown,
    values_of: Callable[[Operand], list[Any]],
) -> list[Any]:
    compared = [value for each in _flat(predicate) for value in values_of(each)]
    match predicate:
        case Compare(op) if op.is_age:
            if not isinstance(as_of, dt.date):
                return []
            ahead = op is Op.WITHIN_NEXT
            edges = [months_before(as_of, -each if ahead else each) for each in compared]
            return [as_of, *edges]
        case Includes(op):
            one_by_one = [
                frozenset({each}) for value in compared if value for each in sorted(value)
            ]
            return compared + (one_by_one if op is SetOp.INCLUDES else [])
        case Compare() | OneOf() | Between():
            return compared
        case _:
            assert_never(predicate)


def _plain(operand: Operand, view: View) -> list[Any]:
    if isinstance(operand, FactRef) and operand.level >= len(view.scopes):
        return []
    return [value for value in view.possible(operand) if value is not UNKNOWN]


def _candidates(ref: FactRef, view: View, hints: _Hints) -> list[Any]:
    """Return the values worth trying for a fact: the edges of what the rule compares it with."""
    constants = hints.compared.get(ref.path, ())
    one: Any
    match ref.type:
        case YesNo():
            return [True, False]
        case Choice(values=values):
            return [*values, None]
        case Number(whole=whole, most=most):
            one = 1 if whole else Decimal(1)
            return _around(constants, one, most)
        case Money() | Months():
            one = Decimal(1) if isinstance(ref.type, Money) else 1
            return _around(constants, one, None)
        case Date():
            return _around(constants, dt.timedelta(days=1), None)
        case Text():
            return [*constants, TO_BE_FOUND, None]
        case Choices(values):
            return _sets(ref, values, constants, view)
        case Record():
            return [True, None]
        case Records():
            return []
        case _:
            assert_never(ref.type)


def _around(constants: Iterable[Any], step: Any, most: Decimal | None) -> list[Any]:  # noqa: ANN401 - any ordered value
    found: dict[Any, None] = {}
    for value in constants:
        if value is None:
            found[TO_BE_FOUND] = None
            continue
        found[value] = None
        for beyond in (value + step, value - step):
            negative = not isinstance(beyond, dt.date) and beyond < 0
            if not negative and (most is None or beyond <= most):
                found[beyond] = None
    return [*found, None]


def _sets(
    ref: FactRef, values: Sequence[str], constants: Collection[Any], view: View
) -> list[frozenset[str]]:
    members, _ = view.cell(ref)
    wanted = [each for each in constants if each]
    everything: frozenset[str] = frozenset().union(*wanted)
    found = [members | each for each in wanted] + [members - each for each in wanted]
    found += [members | everything, members - everything]
    found += [(members | everything) - each for each in wanted]
    if None in constants:
        found += [frozenset({each}) for each in values]
    return list(dict.fromkeys([*found, frozenset()]))
