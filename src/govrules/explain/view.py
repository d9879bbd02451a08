"""Subjects under a rulebook as explanations see them: judged, tried otherwise, and cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import Any, Final, TypeVar, assert_never

import attrs

from govrules.engines.registry import Outcome
from govrules.explain.cells import (
    Cited,
    Frame,
    Frames,
    Reading,
    Shapes,
    again,
    cited_among,
    first_list,
    recorded_in,
)
from govrules.explain.closures import Check, Closures
from govrules.explain.judging import MOST_DATES, ExplainedOutcome, Judging, Moves, Order, States
from govrules.explain.ways import Effort, Way, followed_by, within
from govrules.lowering import ir
from govrules.lowering.asks import QuestionCompiler
from govrules.lowering.lower import Taken, Vars, each_of, lowering_of
from govrules.rulebook import ast, expr
from govrules.rulebook.reads import reads
from govrules.rulebook.walk import derived_read, references
from govrules.truth import UNKNOWN, Truth, Unknown
from govrules.vocabulary import AS_OF, Choices, Kind, YesNo, closed_values

T = TypeVar("T")

#: The date of the assessment, as if a rule named it.
AS_OF_REF: Final = expr.FactRef(AS_OF.name, 0, AS_OF, expr.FactSource.AS_OF)
#: Of a subject with more records than these nothing is kept.
_MOST_RECORDS: Final = 2**6


class Backend:
    """One rulebook compiled to closures on cells, memoised."""

    def __init__(self, rulebook: ast.Rulebook) -> None:
        self.rulebook: Final = rulebook
        self.shapes: Final = Shapes(rulebook)
        self.lowering: Final = lowering_of(rulebook)
        self.closures: Final = Closures(self.shapes, self.lowering)
        self.asking: Final = QuestionCompiler(self.lowering)
        #: What rules ask, as functions; by the id of a rule, which is kept beside.
        self.asks: dict[Any, Any] = {}
        #: By the id of a condition or rule, which is kept beside so that it stays its own.
        self._pairs: dict[tuple[int, Vars, Taken], _Rails] = {}
        self._rules: dict[tuple[int, type], tuple[ast.Rule, Judging]] = {}
        self._orders: dict[tuple[str, str], Order] = {}
        self._states: Final = lru_cache(MOST_DATES)(
            lambda cls, as_of: States(self.shapes.of(cls), rulebook.derived, as_of, self.closures)
        )
        #: The rules about a kind of subject that are in force on a date.
        self.in_force: Final = lru_cache(MOST_DATES)(rulebook.rules_for)
        self._moves: dict[int, tuple[expr.Condition, bool]] = {}
        #: The derived facts that changes of arrangements can move.
        self.moving: Final[set[str]] = set()
        for name, derived in rulebook.derived.items():
            if any(self.moves(row.when) for row in derived.rows):
                self.moving.add(name)

    def moves(self, condition: expr.Condition) -> bool:
        """Tell whether changes of arrangements can affect a condition at all."""
        found = self._moves.get(id(condition))
        if found is None:
            can = any(
                ref.path in self.moving
                if ref.source is expr.FactSource.DERIVED
                else ref.fact.kind is Kind.ARRANGEMENT
                for ref in references(condition)
            )
            found = self._moves[id(condition)] = condition, can
        return found[1]

    def rule(self, rule: ast.Rule, cls: type) -> Judging:
        """Return what judges a rule on subjects of a class."""
        found = self._rules.get((id(rule), cls))
        if found is None:
            judged, states = self.lowering.rule(rule, cls), partial(self._states, cls)
            found = rule, Judging(rule, judged, states, self.closures, self.rulebook.derived)
            self._rules[id(rule), cls] = found
        return found[1]

    def order(self, name: str, prefix: str) -> Order:
        """Return the order of the facts in the table of a derived fact of records."""
        found = self._orders.get((name, prefix))
        if found is None:
            derived = self.rulebook.derived
            rows = [row.when for row in derived[name].rows]
            found = self._orders[name, prefix] = Order(reads(rows, derived, (prefix,)))
        return found

    def pair(self, condition: expr.Condition, scopes: Vars, taken: Taken) -> _Rails:
        """Return a condition's dual rails as closures."""
        key = (id(condition), scopes, taken)
        found = self._pairs.get(key)
        if found is None:
            pair = self.lowering.pair(condition, scopes, taken)
            true, false = map(self.closures.check, pair)
            alone = pair.true.about | pair.false.about <= {scopes[-1]}
            found = self._pairs[key] = _Rails(condition, true, false, alone=alone)
        return found


@attrs.frozen
class _Rails:
    """
    The dual rails of a condition, as closures.

    Attributes:
        condition: the condition.
        true: what tells that it holds.
        false: what tells that it does not.
        alone: whether it looks at nothing but the record in sight.
    """

    condition: expr.Condition
    true: Check
    false: Check
    alone: bool


_backend = ast.kept_on_rulebook(1)(Backend)


@attrs.frozen(eq=False)
class View:
    """
    A subject under a rulebook, possibly with overrides.

    Attributes:
        backend: the rulebook on cells.
        frames: the records in sight by depth, the subject first.
        scopes: the records that conditions are about, the subject first.
        all: every record of the subject as it was read, in the order of the numbers.
        overrides: what facts are supposed to be instead, by path.
        taken: what derived facts of the subject are taken to be.
    """

    backend: Backend = attrs.field(repr=False)
    frames: Frames
    scopes: Vars
    all: Frames = attrs.field(repr=False)
    overrides: Way = attrs.field(factory=dict)
    taken: Taken = frozenset()

    @property
    def record(self) -> Any:  # noqa: ANN401 - any attrs object
        """The subject, an attrs object."""
        return self.frames[0].record

    @property
    def as_of(self) -> dt.date | Unknown:
        """The date of the assessment."""
        found: dt.date | Unknown = self.frames[0].values[0]
        return found

    @property
    def frame(self) -> Frame:
        """The record that conditions are put to."""
        return self.frames[self.scopes[-1].depth]

    @property
    def effort(self) -> Effort:
        """What tells how much changes ask for."""
        found: Effort | None = self.frames[0].known.get(Effort)
        if found is None:
            effort = Effort(self.all[0], self.overrides, recorded_in)
            found = self.frames[0].known[Effort] = effort
        return found

    @property
    def derived(self) -> Mapping[str, ast.Derived]:
        """The rulebook's derived facts by name."""
        return self.backend.rulebook.derived

    # ── Judging ───────────────────────────────────────────────────────────────────────────────

    def truth(self, condition: expr.Condition) -> Truth:
        """Return whether a condition holds, as far as the facts tell."""
        pair = self._pair(condition)
        if pair.true(self.frames):
            return Truth.TRUE
        return Truth.FALSE if pair.false(self.frames) else Truth.UNKNOWN

    def check(self, condition: expr.Condition, wanted: Truth) -> Check:
        """Return a closure telling whether a condition certainly holds, or certainly fails."""
        pair = self._pair(condition)
        return pair.true if wanted is Truth.TRUE else pair.false

    def _pair(self, condition: expr.Condition) -> _Rails:
        taken = self.taken
        if taken:
            taken = self.backend.lowering.of_taken(derived_read([condition]), taken)
        return self.backend.pair(condition, self.scopes, taken)

    def says(self, rule: ast.Rule) -> Outcome:
        """Return what a rule about the subject says."""
        return self.rule(rule).says(self.frames)

    def said(self, rule: ast.Rule) -> ExplainedOutcome:
        """Return a rule's outcome on the subject, with its explanations."""
        judging, known = self.rule(rule), self.frames[0].known
        found: ExplainedOutcome | None = known.get((ExplainedOutcome, judging))
        if found is None:
            few = len(self.all) <= _MOST_RECORDS
            found = (
                judging.said(self.frames) if few else ExplainedOutcome(judging.says(self.frames))
            )
            known[ExplainedOutcome, judging] = found
        return found

    def changes_under(self, rule: ast.Rule) -> Moves:
        """Return what is known of what changes come to under a rule about the subject."""
        judging, known = self.rule(rule), self.frames[0].known
        found: Moves | None = known.get((Moves, judging))
        if found is None:
            few = len(self.all) <= _MOST_RECORDS
            found = known[Moves, judging] = judging.moves(self.frames) if few else Moves()
        return found

    def rules(self, kind: str) -> tuple[ast.Rule, ...]:
        """Return the rules about a kind of subject that are in force on the date."""
        return self.backend.in_force(kind, self.as_of)

    def rule(self, rule: ast.Rule) -> Judging:
        """Return what judges a rule about the subject."""
        return self.backend.rule(rule, self.frames[0].shape.cls)

    def split(self, rule: ast.Rule) -> list[View]:
        """Return the view once for each joint value of the derived facts a rule reads."""
        views = [self]
        for name in self.rule(rule).splits:
            views = [
                each if len(several) == 1 else each._taking(name, value)  # noqa: SLF001 - its own
                for each in views
                for several in [each.settle(name, 0)]
                for value in several
            ]
        return views

    def _taking(self, name: str, value: Any) -> View:  # noqa: ANN401 - a value of the fact
        taken = self.taken | {(name, value)}
        return View(self.backend, self.frames, self.scopes, self.all, self.overrides, taken)

    def settle(self, name: str, level: int) -> tuple[Any, ...]:
        """Return every value that a derived fact may still have, in the order of its table."""
        var = self.scopes[level]
        taken = frozenset() if var.depth else self.taken
        table = self.backend.lowering.table(name, var, taken)
        possible = self.backend.closures.possible(table)(self.frames)
        return tuple(value for value in table.may if value in possible)

    def values(self, ref: expr.FactRef) -> tuple[Any, ...]:
        """Return every value that a fact may have; UNKNOWN stands for any."""
        if ref.source is expr.FactSource.DERIVED:
            return self.settle(ref.path, ref.level)
        return (self.cell(ref),)

    def possible(self, operand: expr.Operand) -> tuple[Any, ...]:
        """Return every value that an operand may have; UNKNOWN stands for any."""
        match operand:
            case expr.Literal(value) | expr.Parameter(value=value):
                return (value,)
            case expr.FactRef(type=Choices()):
                members, open_ = self.cell(operand)
                return (UNKNOWN if open_ else members,)
            case expr.FactRef():
                return self.values(operand)
            case expr.By(selector, cases):
                found: dict[Any, None] = {}
                for value in self.chosen_by(selector):
                    several = [each for key, each in cases if key == value] or [expr.Literal(None)]
                    found.update(dict.fromkeys(self.possible(several[0])))
                return tuple(found)
            case _:
                assert_never(operand)

    def chosen_by(self, selector: expr.FactRef) -> Iterator[Any]:
        """Yield every value that a fact of closed values may have."""
        for value in self.values(selector):
            if value is not UNKNOWN:
                yield value
                continue
            yield from closed_values(selector.type)
            if not isinstance(selector.type, YesNo):
                yield None

    # ── Reading ───────────────────────────────────────────────────────────────────────────────

    def at(self, level: int) -> View:
        """Return the view from the record of a level alone, as derived facts have it."""
        return self._seen(self.frames, (self.scopes[level],))

    def records(self, ref: expr.FactRef) -> tuple[list[View], bool]:
        """Return the view from each record of a list, and whether there are certainly no more."""
        known, open_ = self.cell(ref)
        var = each_of(ref, self.scopes) if known else None
        return [self._with(each, var) for each in known if var is not None], not open_

    def inside(self, ref: expr.FactRef, frame: Frame) -> View:
        """Return the view from a record of a list."""
        return self._with(frame, each_of(ref, self.scopes))

    def _with(self, frame: Frame, var: ir.Var) -> View:
        return self._seen((*self.frames[: var.depth], frame), (*self.scopes, var))

    def _seen(self, frames: Frames, scopes: Vars) -> View:
        return View(self.backend, frames, scopes, self.all, self.overrides, self.taken)

    def seen_from(self, frame: Frame) -> View:
        """Return the view from a record, with those that it is in."""
        if frame.outer is None:
            return self
        outer = self.seen_from(frame.outer)
        name, fact = frame.listed
        source = expr.FactSource.RECORDED
        return outer.inside(expr.FactRef(name, len(outer.scopes) - 1, fact, source), frame)

    def added(self, ref: expr.FactRef, beyond: int) -> View:
        """Return the view from a record that a list does not have, so many beyond its end."""
        place = len(self.cell(ref)[0]) + beyond
        frame = self.of(ref)
        return self.inside(ref, frame.shape.added(frame.prefix, ref.path, place))

    def of(self, ref: expr.FactRef) -> Frame:
        """Return the record that a fact is in."""
        return self.frames[
            0 if ref.source is expr.FactSource.AS_OF else self.scopes[ref.level].depth
        ]

    def cell(self, ref: expr.FactRef) -> Any:  # noqa: ANN401 - any fact's value
        """Return the value of a fact that is not derived; or what was stated of one that is."""
        frame = self.of(ref)
        return frame.values[frame.shape.places[ref.path]]

    def stated(self, derived: ast.Derived) -> Any:  # noqa: ANN401 - any fact's value
        """Return what was stated of a derived fact of the record in sight, or UNKNOWN."""
        place = self.frame.shape.places.get(derived.name)
        return UNKNOWN if place is None else self.frame.values[place]

    def cited(self, numbers: Iterable[int]) -> tuple[Cited, ...]:
        """Return what stands under numbers, as explanations cite it."""
        known = self.all[0].known
        new = [number for number in numbers if (Cited, number) not in known]
        for each in cited_among(self.all, new) if new else ():
            known[Cited, each.number] = each
        return tuple([known[Cited, number] for number in numbers])

    def path(self, ref: expr.FactRef) -> str:
        """Return the full path of a fact that a rule names."""
        return ref.path if ref.source is expr.FactSource.AS_OF else self.of(ref).prefix + ref.path

    def record_of(self, frame: Frame, name: str, place: int) -> tuple[Frame, bool]:
        """Return the record at a place of a list, and whether it is yet to be added."""
        known, _ = frame.values[frame.shape.places[name]]
        if place < len(known):
            return known[place], False
        return frame.shape.added(frame.prefix, name, place), True

    # ── Views of it ───────────────────────────────────────────────────────────────────────────

    def apart(self) -> View:
        """Return the same view with cells of its own, in which changes can be tried."""
        frames = (self.frames[0].apart(), *self.frames[1:])
        return View(self.backend, frames, self.scopes, self.all, self.overrides, self.taken)

    def tried(self, changes: Way, check: Check) -> bool:
        """
        Return a result of the view under additional overrides.

        The cells are set and set back, so that they must be the view's own: see `apart`.
        """
        overrides = self.overrides
        if overrides and not (
            overrides.keys().isdisjoint(changes)
            and None not in overrides.values()
            and None not in changes.values()
        ):
            return check(self.overridden(changes).frames)
        top, frames = self.frames[0], self.frames
        values, tables, shape = top.values, top.tables, top.shape
        to_set = shape.to_set(top, changes)
        before = [(at, values[at]) for at in to_set]
        moved = [(each, tables.pop(each)) for each in shape.moved(to_set) if each in tables]
        try:
            for at, value in to_set.items():
                values[at] = value
            if len(frames) > 1:
                frames = (top, *[again(top, frame) for frame in frames[1:]])
            return check(frames)
        finally:
            # Of those that were first asked for in the trial, too.
            for table in shape.moved(to_set):
                tables.pop(table, None)
            tables.update(moved)
            for at, value in before:
                values[at] = value

    def trial(
        self, condition: expr.Condition, wanted: Truth, ref: expr.FactRef
    ) -> Callable[[Way], bool]:
        """Return a check of a condition under changes to one record."""
        check, frame, depth = self.check(condition, wanted), self.of(ref), self.scopes[-1].depth
        if (
            frame.prefix
            and frame is self.frame
            and not self.overrides
            and self._pair(condition).alone
        ):
            # In a register that takes as long for each entry, however many there are.
            outer, changed = self.frames[:depth], frame.shape.changed
            return lambda way: check((*outer, changed(frame, way)))
        return lambda way: self.tried(within(frame.prefix, way), check)

    def overridden(self, changes: Way) -> View:
        """Return the view under additional overrides."""
        overrides = followed_by(self.overrides, changes) if self.overrides else changes
        top = self.all[0]
        top = top.shape.changed(top, overrides)
        frames = (top, *[again(top, frame) for frame in self.frames[1:]])
        return View(self.backend, frames, self.scopes, self.all, overrides, self.taken)


class ChangedSubject:
    """
    A subject with changed list records, each of which can be changed further.

    Args:
        before: the subject before them.

        changes: the changes; all are of records that are there.
    """

    def __init__(self, before: Frame, changes: Way) -> None:
        self.frame: Final = before.shape.changed(before, changes)
        self._before: Final = before
        self._inside: dict[tuple[str, int | None], dict[str, Any]] = {}
        for path, to in changes.items():
            name, place, rest = first_list(path)
            self._inside.setdefault((name, place), {})[rest] = to

    @staticmethod
    def can_be(before: Frame, changes: Way) -> bool:
        """Tell whether all changes are to existing records."""
        places, values = before.shape.places, before.values
        steps = map(first_list, changes)
        return all(
            place is not None and place < len(values[places[name]][0]) for name, place, _ in steps
        )

    @classmethod
    def of(cls, before: Frame, changes: Way) -> ChangedSubject | None:
        """Return a subject after several changes; None where they are not all of such records."""
        return cls(before, changes) if len(changes) > 1 and cls.can_be(before, changes) else None

    def still(self, check: Callable[[Frames], bool], path: str, *to: Any) -> bool:  # noqa: ANN401 - any fact's value
        """Change a value further, or undo it, if the check still passes."""
        its, back = self._set(path, *to)
        if check((self.frame,)):
            name, place, _ = first_list(path)
            self._inside[name, place] = its
            return True
        back()
        return False

    def without(self, judge: Callable[[Frames], T], path: str) -> T:
        """Return what is judged of the subject without one of the changes."""
        _, back = self._set(path)
        try:
            return judge((self.frame,))
        finally:
            back()

    def _set(self, path: str, *to: Any) -> tuple[dict[str, Any], Callable[[], None]]:  # noqa: ANN401 - any fact's value
        """Set a fact or restore it; return its record's changes and the undo."""
        name, place, rest = first_list(path)
        assert place is not None  # noqa: S101 - only records of lists are changed
        its = {each: was for each, was in self._inside[name, place].items() if each != rest}
        its |= dict.fromkeys((rest,), *to) if to else {}
        frame, at = self.frame, self.frame.shape.places[name]
        was, tables = frame.values[at], {**frame.tables}
        one = self._before.values[at][0][place]
        one = one.shape.changed(one, its) if its else one
        known, open_ = was
        frame.values[at] = (*known[:place], one, *known[place + 1 :]), open_
        frame.forget((at,))

        def back() -> None:
            frame.values[at], frame.tables = was, tables

        return its, back


def view_of(subject: Any, as_of: dt.date | Unknown, rulebook: ast.Rulebook) -> View:  # noqa: ANN401 - any attrs object
    """Return a subject under a rulebook, as explanations see it."""
    backend = _backend(rulebook)
    reading = Reading(backend.shapes, as_of)
    top = reading.frame(subject, type(subject))
    return View(backend, (top,), (ir.subject(type(subject)),), tuple(reading.frames))


class Seen:
    """
    A subject under a rulebook, whose view is made when it is first asked for: counting needs none.

    Attributes:
        record: the subject.

        as_of: the date of the assessment.

        rulebook: the rules.
    """

    def __init__(self, record: Any, as_of: dt.date | Unknown, rulebook: ast.Rulebook) -> None:  # noqa: ANN401 - any attrs object
        self.record: Final = record
        self.as_of: Final = as_of
        self.rulebook: Final = rulebook

    @cached_property
    def view(self) -> View:
        """The subject as explanations see it."""
        return view_of(self.record, self.as_of, self.rulebook)
