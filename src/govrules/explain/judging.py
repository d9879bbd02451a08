"""Rules on cells: judged, what forces what they say, and what is kept of equal states of facts."""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar, assert_never

import attrs

from govrules.engines.outcomes import CLEAR, NOT_APPLICABLE
from govrules.engines.registry import Outcome
from govrules.explain.cells import Cited, Frame, Frames, Shape, Shapes
from govrules.explain.closures import Closures
from govrules.explain.ways import Way
from govrules.facts import months_before
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.judged import Judged
from govrules.rulebook import ast, expr
from govrules.rulebook.ast import rule_conditions
from govrules.rulebook.derivation import beneath, splits
from govrules.rulebook.expr import (
    Between,
    By,
    Compare,
    FactRef,
    Includes,
    OneOf,
    Op,
    Operand,
    Predicate,
    SetOp,
)
from govrules.rulebook.reads import reads, uses
from govrules.rulebook.walk import operands
from govrules.truth import Truth, Unknown
from govrules.vocabulary import Date, Money, Months, Number, Record, Records, Text

T = TypeVar("T")

#: The verdicts that show that a rule applies, where it does.
_ONLY_WHERE_IT_APPLIES: Final = (ast.Verdict.CLEAR, ast.Verdict.UNKNOWN)
_NUMBERS: Final = (Money, Number, Months)
#: Of these it counts only between which values that they are compared with they lie.
_ORDERED: Final = (*_NUMBERS, Date, Text)
#: Of how many states of its facts it is kept what a rule says.
_MOST_STATES: Final = 2**8
#: Of so many states it is seen with the first of them whether they come again.
_WINDOW: Final = 2**9
_TRIED: Final = 2**6
#: For how many dates states are kept.
MOST_DATES: Final = 2**4


class Order:
    """
    The textual order of facts in a rule or derived fact, record by record.

    Args:
        paths: the facts in that order, with `[]` for any record.

    Attributes:
        least: of states of such facts, the cells of those that cannot be left out.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.least: Final[dict[tuple[Forced | ir.DerivedTable, Hashable], tuple[int, ...]]] = {}
        self._places: Final = {path: at for at, path in enumerate(paths)}

    def __call__(self, cited: Cited) -> tuple[tuple[int, int], ...]:
        """Return by what a fact is put in order."""
        if not cited.frame.prefix and cited.name:
            return ((self._places.get(cited.name, 0), -1),)
        found: list[tuple[int, int]] = []
        at = ""
        *records, last = cited.path.split("]")
        for record in records:
            name, _, place = record.rpartition("[")
            at += name
            found.append((self._places.get(at, 0), int(place)))
            at += "[]"
        if last:
            found.append((self._places.get(at + last, 0), -1))
        return tuple(found)


@attrs.define(eq=False)
class ExplainedOutcome:
    """
    A rule's outcome for one state of its facts, with explanations filled in on demand.

    Attributes:
        outcome: the verdict and how grave it is.
        because: the numbers of the facts that force it.
        settled: the derived facts among these, each with its value.
        asked: the numbers of the facts to ask for.
    """

    outcome: Outcome
    because: tuple[int, ...] | None = None
    settled: tuple[tuple[int, Any], ...] = ()
    asked: tuple[int, ...] | None = None


@attrs.define(eq=False)
class Moves:
    """
    Outcomes of a rule under change sets, filled in on demand.

    Attributes:
        ways: the smallest ways out.
        after: what it says after changes.
    """

    ways: tuple[Way, ...] | None = None
    after: dict[Hashable, Outcome] = attrs.field(factory=dict)


class _StateMemo(Generic[T]):
    """A memo keyed by the state of a rule's facts."""

    def __init__(self, state: Callable[[Frame], Hashable], make: Callable[[Frames], T]) -> None:
        self._state = state
        self._make = make
        self._found: dict[Hashable, T] = {}
        self._turn = self._again = 0

    def of(self, s: Frames) -> T:
        """Return what is kept of a subject: of equal states the same."""
        # Where states hardly ever come again, as in drawn facts, they are not worth looking up.
        self._turn = (self._turn + 1) % _WINDOW
        if not self._turn:
            self._again = 0
        if self._turn > _TRIED and self._again * 4 < _TRIED:
            return self._make(s)
        state = self._state(s[0])
        found = self._found.get(state)
        self._again += found is not None
        if found is None:
            if len(self._found) >= _MOST_STATES:
                self._found.clear()
            found = self._found[state] = self._make(s)
        return found


class Judging:
    """
    A rule compiled to closures on cells.

    Attributes:
        judged: the rule as formulas.
    """

    def __init__(
        self,
        rule: ast.Rule,
        judged: Judged,
        states: Callable[[dt.date | Unknown], States],
        closures: Closures,
        derived: Mapping[str, ast.Derived],
    ) -> None:
        self._closures = closures
        self._derived = derived
        self._rule = rule
        self._judged = judged
        self._check = check = closures.check
        self._not_applicable = check(judged.not_applicable)
        self._never_flags = check(judged.never_flags)
        self._flagged = check(judged.flagged)
        self._severities = [(each, check(f.no(so))) for each, so in judged.severities.items()]
        self._mitigations = [check(so) for so in judged.mitigations]
        self.settled: Final = check(judged.settled)
        self._forced: dict[Hashable, Forced] = {}
        self._said = lru_cache(MOST_DATES)(
            lambda as_of: _StateMemo(
                states(as_of).settled(rule_conditions(rule), self.splits), self._says
            )
        )
        self._moves = lru_cache(MOST_DATES)(
            lambda as_of: _StateMemo(states(as_of).of(rule_conditions(rule)), lambda _: Moves())
        )
        #: By which changes of its facts its tests by constants are met.
        self.met: Final[dict[Hashable, list[Way]]] = {}

    @cached_property
    def worst(self) -> ast.Severity:
        """How grave what it flags may be."""
        return max(self._judged.severities, default=ast.Severity.LOW)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The derived facts for each of whose joint values it is judged apart."""
        return splits(self._rule, self._derived)

    @cached_property
    def order(self) -> Order:
        """The order of the facts that it reads."""
        return Order(reads(rule_conditions(self._rule), self._derived))

    def said(self, s: Frames) -> ExplainedOutcome:
        """Return what the rule says of a subject: of equal states of its facts the same."""
        return self._said(s[0].values[0]).of(s)

    def _says(self, s: Frames) -> ExplainedOutcome:
        return ExplainedOutcome(self.says(s))

    def moves(self, s: Frames) -> Moves:
        """Return what changes come to: of equal states of all that it hangs on the same."""
        return self._moves(s[0].values[0]).of(s)

    def says(self, s: Frames) -> Outcome:
        """Return the outcome of the rule."""
        if self._not_applicable(s):
            return NOT_APPLICABLE
        if self._never_flags(s):
            return CLEAR
        possible = [each for each, cannot in self._severities if not cannot(s)]
        least, worst = min(possible), max(possible)
        pairs = zip(self._rule.mitigated_by, self._mitigations, strict=True)
        mitigations = tuple(each for each, holds in pairs if holds(s))
        if self._flagged(s):
            could_be = None if worst is least else worst
            return Outcome(ast.Verdict.FLAGGED, least, could_be, mitigations)
        return Outcome(ast.Verdict.UNKNOWN, None, worst, mitigations)

    def scope(self, s: Frames) -> Truth:
        """Return whether the rule applies and no exception holds; kept, as much hangs on it."""
        known = s[0].known
        found: Truth | None = known.get(self)
        if found is None:
            found = known[self] = self._truth(self._judged.scope, s)
        return found

    def requires(self, s: Frames) -> Truth:
        """Return whether what the rule requires holds."""
        return self._truth(self._judged.requires, s)

    def _truth(self, pair: f.DualRail, s: Frames) -> Truth:
        if self._check(pair.true)(s):
            return Truth.TRUE
        return Truth.FALSE if self._check(pair.false)(s) else Truth.UNKNOWN

    def forced(self, s: Frames, outcome: Outcome) -> Forced:
        """
        Return the formulas that force the rule's outcome.

        What it does not say with fewer facts it says with none of them. That a rule applies is a
        part of what is said: a finding that is clear shows it, though what is required holds
        without it.
        """
        applies = outcome.verdict in _ONLY_WHERE_IT_APPLIES and self.scope(s) is Truth.TRUE
        mitigations = tuple(map(id, outcome.mitigations))
        key = (outcome.verdict, outcome.severity, outcome.could_be, mitigations, applies)
        found = self._forced.get(key)
        if found is None:
            formulas = [*self._forcing(outcome, applies=applies)]
            found = self._forced[key] = Forced(formulas, self._closures)
        return found

    def _forcing(self, outcome: Outcome, *, applies: bool) -> Iterator[ir.Formula]:
        judged = self._judged
        if outcome.verdict is ast.Verdict.NOT_APPLICABLE:
            yield judged.not_applicable
            return
        if outcome.verdict is ast.Verdict.FLAGGED:
            yield judged.flagged
        elif applies:
            yield judged.scope.true
        if outcome.verdict is ast.Verdict.CLEAR:
            yield judged.never_flags
            return
        least, worst = outcome.severity, outcome.could_be or outcome.severity
        for each, so in judged.severities.items():
            if (least and each < least) or (worst and each > worst):
                yield f.no(so)
        for mitigation, so in zip(self._rule.mitigated_by, judged.mitigations, strict=True):
            if mitigation in outcome.mitigations:
                yield so


class Forced:
    """
    The formulas that force each outcome of a rule.

    Attributes:
        check: whether they all hold.
        support: the facts that force them.
    """

    def __init__(self, formulas: Iterable[ir.Formula], closures: Closures) -> None:
        together = f.all_of(*formulas)
        self.check: Final = closures.check(together)
        self.support: Final = closures.support(together)


# ── States ─────────────────────────────────────────────────────────────────────────────────────


class States:
    """Hashable states of subjects on a date: equal states give equal results."""

    def __init__(
        self,
        shape: Shape,
        derived: Mapping[str, ast.Derived],
        as_of: dt.date | Unknown,
        closures: Closures,
    ) -> None:
        self._shape, self._shapes, self._as_of = shape, closures.shapes, as_of
        self._closures, self._derived = closures, derived
        self._own = [name for name, each in derived.items() if each.cls is shape.cls]
        own = {name: attrs.evolve(derived[name], rows=()) for name in self._own}
        self._beside = {**derived, **own}
        self._places = {name: place for place, name in enumerate(self._own)}
        self._tables = [self._read(row.when for row in derived[each].rows) for each in self._own]
        self._known: list[dict[Hashable, int]] = [{} for _ in self._own]
        self._fresh = itertools.count()

    def of(self, conditions: Iterable[expr.Condition]) -> Callable[[Frame], Hashable]:
        """Return what gives the state of all that conditions read."""
        read, places = self._read(conditions)
        if not places:
            return read
        return lambda frame: (read(frame), *map(self._numbers(frame).__getitem__, places))

    def settled(
        self, conditions: Iterable[expr.Condition], supposed: Sequence[str]
    ) -> Callable[[Frame], Hashable]:
        """
        Return a closure giving the state of all that conditions depend on.

        Where the derived facts that they read are settled, these are cited themselves: it does not
        matter what settles them. Of one that reads another of which a value is supposed, what
        settles it is cited.
        """
        conditions = [*conditions]
        whole = self.of(conditions)
        read, places = self._read(conditions)
        names = [self._own[place] for place in places]
        several = [self._closures.settling(each, self._shape.cls) for each in names]
        below = {
            other for name in names for other in beneath(name, self._derived, ()) if other != name
        }
        if not places or not all(several) or not below.isdisjoint(supposed):
            return whole

        def state(frame: Frame) -> Hashable:
            seen = (frame,)
            values = [possible(seen) for possible in several if possible]
            if any(len(value) > 1 for value in values):
                return whole(frame)
            return read(frame), *values

        return state

    def _numbers(self, frame: Frame) -> list[int]:
        """Return a number identifying the dependencies of each derived fact."""
        found: list[int] | None = frame.known.get(self)
        if found is None:
            found = []
            for (read, places), known in zip(self._tables, self._known, strict=True):
                # Those that it reads stand before it.
                state = (read(frame), *map(found.__getitem__, places))
                if len(known) >= _MOST_STATES and state not in known:
                    known.clear()
                found.append(known.setdefault(state, next(self._fresh)))
            frame.known[self] = found
        return found

    def _read(
        self, conditions: Iterable[expr.Condition]
    ) -> tuple[Callable[[Frame], Hashable], list[int]]:
        """Return the state of what conditions read, and the indexes of derived facts among it."""
        found: dict[str, set[Any] | None] = {}
        for use in uses(conditions, self._beside):
            test, kind = use.test, use.ref.type
            # What is advised also hangs on whether a number is nought.
            edges = found.setdefault(use.path, {0} if isinstance(kind, _NUMBERS) else set())
            ordered = test is not None and isinstance(kind, _ORDERED)
            values = constants_of(test, self._as_of) if test is not None and ordered else None
            if edges is None or values is None:
                found[use.path] = None
            else:
                edges.update(values)
        parts = {
            path: None if each is None else sorted(each - {None}) for path, each in found.items()
        }
        places = [self._places[each] for each in found if each in self._places]
        return _state(self._shape, self._shapes, parts), places


def _state(
    shape: Shape, shapes: Shapes, edges: Mapping[str, Sequence[Any] | None]
) -> Callable[[Frame], Hashable]:
    """
    Return a closure giving a record's state.

    Args:
        shape: the cells of the record.

        shapes: those of all classes.

        edges: the facts, with `[]` for any record of a list; each with the values, in order, that
            it is compared with, where it counts only between which of them it lies.
    """
    plain, parted = [0], list[tuple[int, Sequence[Any]]]()
    inside: dict[int, dict[str, Sequence[Any] | None]] = {}
    for path, between in edges.items():
        name, _, rest = path.partition("[].")
        place = shape.places.get(name)
        if place in shape.lists:
            inside.setdefault(place, {})[rest] = between
        elif place is None:
            continue
        elif isinstance(shape.facts[name].type, Record):
            parted.append((place, ()))
        elif between is None:
            plain.append(place)
        else:
            parted.append((place, between))
    lists = []
    for place, several in inside.items():
        kind = shape.facts[shape.paths[place]].type
        assert isinstance(kind, Records)  # noqa: S101 - only lists are gone through
        several.pop("", None)
        lists.append((place, _state(shapes.of(kind.cls), shapes, several)))
    others = itemgetter(0, *plain)

    def state(frame: Frame) -> Hashable:
        values = frame.values
        found = [frame.first, frame.ahead, *others(values)]
        for place, between in parted:
            value = values[place]
            if value is not None and not isinstance(value, Enum):
                # Between two of them it is odd, and even at one; a record has none.
                value = bisect_left(between, value) + bisect_right(between, value) if between else 0
            found.append(value)
        for place, inner in lists:
            records, open_ = values[place]
            found += (open_, *[inner(record) for record in records])
        return tuple(found)

    return state


def flat(predicate: Predicate) -> Iterator[Operand]:
    """Yield the operands of a predicate, choices expanded."""
    waiting = [*operands(predicate)]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, By):
            waiting[:0] = [one for _, one in each.cases]
        else:
            yield each


def is_fact(operand: Operand) -> bool:
    """Tell whether an operand is a fact."""
    return isinstance(operand, FactRef)


def constants_of(predicate: Predicate, as_of: dt.date | Unknown) -> list[Any] | None:
    """Return a predicate's constants, as `literals` does; None if an operand is a fact."""
    if any(map(is_fact, flat(predicate))):
        return None
    return literals(predicate, as_of, lambda operand: [operand.value])


def literals(
    predicate: Predicate,
    as_of: dt.date | Unknown,
    values_of: Callable[[Any], list[Any]],
) -> list[Any]:
    """Return a predicate's constants; durations become dates."""
    compared = [value for each in flat(predicate) for value in values_of(each)]
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
