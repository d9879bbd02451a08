"""
The facts of a subject as cells: read once, tried otherwise, left out.

A record is a list of values with a number for each, so that a set of facts is a set of numbers, and
a trial sets values in a copy.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

import attrs

from govrules.explain.ways import Way
from govrules.facts import absent, annotation, lies_ahead, parts_of, recorded
from govrules.lowering.ir import DerivedTable
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF, Choices, Fact, Record, Records, is_past, vocabulary_of

_NOBODY_KNOWS: Final[tuple[frozenset[str], bool]] = (frozenset(), True)


@attrs.define(eq=False)
class Frame:
    """
    A record as an array of cells.

    Attributes:
        record: the attrs object; UNKNOWN for a record of which nothing is known.
        prefix: what the paths of its facts begin with: "" or ``partners[1].``.
        shape: which cell each fact has.
        values: the value of each cell; of a set its known members, of a list its records, each
            with whether there may be more.
        first: the number of the record itself; those of its cells come next. -1 for a record that
            is only supposed.
        outer: the record that it is in, as it was read.
        tables: the values that derived facts of it may have, as far as they were asked for.
        known: what else was worked out of it; the value of a derived fact by its cell.
        ahead: what is said to have been done after the date of the assessment.
    """

    record: Any
    prefix: str
    shape: Shape = attrs.field(repr=False)
    values: list[Any] = attrs.field(repr=False)
    first: int = -1
    outer: Frame | None = attrs.field(default=None, repr=False)
    tables: dict[DerivedTable, frozenset[Any]] = attrs.field(factory=dict, repr=False)
    known: dict[Any, Any] = attrs.field(factory=dict, repr=False)
    ahead: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)

    @property
    def listed(self) -> tuple[str, Fact]:
        """The list the record belongs to: its path in the enclosing record, and the fact."""
        assert self.outer is not None  # noqa: S101 - nobody asks it of the subject itself
        name = self.prefix.removeprefix(self.outer.prefix).rpartition("[")[0]
        return name, self.outer.shape.facts[name]

    def apart(self) -> Frame:
        """Return a writable copy."""
        values, tables = [*self.values], {**self.tables}
        shape, outer, ahead = self.shape, self.outer, self.ahead
        return Frame(self.record, self.prefix, shape, values, self.first, outer, tables, {}, ahead)

    def forget(self, places: Iterable[int]) -> None:
        """Invalidate derived facts that depend on cells."""
        for place in places:
            for each in self.shape.moved((place,)):
                self.tables.pop(each, None)

    @property
    def numbers(self) -> range:
        """The numbers of the record and of its cells."""
        return range(self.first, self.first + 1 + len(self.values))

    def state(self, cited: Iterable[Cited]) -> Hashable:
        """Return a hashable state of some facts; None if one is outside the record or a record."""
        whole, found = self.shape.whole, list[Any]()
        for each in cited:
            place = each.place
            if each.frame is not self or place in whole:
                return None
            found += place, self.cell(place)
        return tuple(found)

    def says_nothing(self, path: str) -> bool:
        """Tell whether a fact is none, empty or declared unclear."""
        place = self.shape.places.get(path)
        value = UNKNOWN if place is None else self.values[place]
        return value is None or value == "unclear" or (isinstance(value, tuple) and not value[0])

    def cell(self, place: int) -> Any:  # noqa: ANN401 - the value of a cell
        """Return a cell's value; for an unstated derived fact, the settled value."""
        value = self.values[place]
        return self.known.get(place, value) if value is UNKNOWN else value

    def value(self, path: str) -> Any:  # noqa: ANN401 - any fact's value
        """Return the value of a fact of it; of a set its known members, of a list its records."""
        value = self.cell(self.shape.places[path])
        match self.shape.facts[path].type:
            case Records():
                return tuple(each.record for each in value[0])
            case Choices():
                return value[0] | ({UNKNOWN} if value[1] else frozenset())
            case _:
                return value


#: The records in sight by depth, the subject first.
Frames: TypeAlias = tuple[Frame, ...]


class Shape:
    """
    The cell layout of a class's records.

    Attributes:
        cls: the class.
        facts: the fact of each cell, by path.
        places: the number of each cell, by path.
        unknown: the values of a record of which nothing is known.
        lists: the cells of its lists.
        whole: the cells that hold records; -1 is the record itself.
        stated: the derived facts that may be stated of them.
        steps: how its recorded facts are read, in order.
        blank: what derived facts may be of a record of which nothing is known.
    """

    def __init__(self, cls: type, shapes: Shapes) -> None:
        vocabulary = vocabulary_of(cls)
        rulebook = shapes.rulebook
        derived = {name: each.fact for name, each in rulebook.derived.items()}
        stated = derived if "stated" in vocabulary.about else {}
        self.cls: Final = cls
        self.stated: Final = [*stated]
        self.facts: Final[Mapping[str, Fact]] = {
            AS_OF.name: AS_OF,
            **vocabulary.facts,
            **stated,
        }
        self.paths: Final = [*self.facts]
        self.places: Final = {path: place for place, path in enumerate(self.facts)}
        self.unknown: Final[list[Any]] = [_blank(fact) for fact in self.facts.values()]
        self.lists = [
            place
            for place, fact in enumerate(self.facts.values())
            if isinstance(fact.type, Records)
        ]
        parts = enumerate(self.facts.values())
        self.whole: Final = {-1} | {
            place for place, fact in parts if isinstance(fact.type, Record | Records)
        }
        self.steps: Final = [_step_to(path, fact) for path, fact in vocabulary.facts.items()]
        self.blank: Final[dict[DerivedTable, frozenset[Any]]] = {}
        self._hang_on: Final[dict[DerivedTable, frozenset[int]]] = {}
        self._moved: Final[dict[tuple[int, ...], tuple[DerivedTable, ...]]] = {}
        self._shapes = shapes
        self._settings: Final = {
            path: self._setting(path, fact) for path, fact in self.facts.items()
        }

    def _setting(self, path: str, fact: Fact) -> _Setting:
        """Return how a fact is set."""
        inside = (each for each in self.facts if each.startswith(f"{path}."))
        return _Setting(
            self.places[path],
            isinstance(fact.type, Choices),
            tuple((each, self.places[each]) for each in parts_of(path)[::-1]),
            {self.places[each]: _hollow(self.facts[each]) for each in inside}
            if isinstance(fact.type, Record)
            else {},
        )

    def to_set(self, frame: Frame, changes: Way) -> dict[int, Any]:
        """Return the cells a change set writes: of own facts, and of lists."""
        values, found = frame.values, dict[int, Any]()
        inside: dict[str, dict[int, dict[str, Any]]] = {}
        for path in sorted(changes, key=len) if len(changes) > 1 else changes:
            name, place, rest = first_list(path)
            to, how = changes[path], self._settings[name]
            for head, at in how.heads:
                there = found.get(at, values[at])
                if (there is UNKNOWN or there is None) and head not in changes:
                    found[at] = True
            if place is not None:
                inside.setdefault(name, {}).setdefault(place, {})[rest] = to
                continue
            found[how.place] = _members(to) if how.is_set else to
            if to is None:
                found |= how.hollow
        for name, records in inside.items():
            place = self.places[name]
            known, open_ = found.get(place, values[place])
            found[place] = self._records(frame.prefix, name, known, records), open_
        return found

    def changed(self, frame: Frame, changes: Way) -> Frame:
        """Return a record with a change set applied to its facts and list records."""
        to_set = self.to_set(frame, changes)
        copy = frame.apart()
        for at, value in to_set.items():
            copy.values[at] = value
        copy.forget(to_set)
        return copy

    def hangs(self, table: DerivedTable, places: frozenset[int]) -> None:
        """Register the cells a derived fact depends on."""
        self._hang_on[table] = places
        self._moved.clear()

    def moved(self, places: Iterable[int]) -> tuple[DerivedTable, ...]:
        """Return the evaluated derived facts that depend on cells."""
        key = tuple(places)
        found = self._moved.get(key)
        if found is None:
            hang_on = self._hang_on.items()
            found = tuple(each for each, its in hang_on if not its.isdisjoint(key))
            self._moved[key] = found
        return found

    def _records(
        self,
        prefix: str,
        name: str,
        known: Frames,
        changes: Mapping[int, Mapping[str, Any]],
    ) -> Frames:
        """Return the records of a list after changes, with those that changes add."""
        found = [*known]
        while len(found) in changes:
            found.append(self.added(prefix, name, len(found)))
        for place, several in changes.items():
            if place < len(found):
                found[place] = found[place].shape.changed(found[place], several)
        return tuple(found)

    def added(self, prefix: str, name: str, place: int) -> Frame:
        """Return a blank record at an index of a list, which nobody cites."""
        kind = self.facts[name].type
        assert isinstance(kind, Records)  # noqa: S101 - only lists are indexed
        inner = self._shapes.of(kind.cls)
        return Frame(UNKNOWN, f"{prefix}{name}[{place}].", inner, [*inner.unknown])


@attrs.frozen
class _Setting:
    """
    How a fact's cell is written.

    Attributes:
        place: its cell.
        is_set: whether it is a set, of which the members are known.
        heads: the records that it is in, which are there where it is, and their cells.
        hollow: where it is a record, the cells in it as they are where it is none.
    """

    place: int
    is_set: bool
    heads: tuple[tuple[str, int], ...]
    hollow: dict[int, Any]


class Shapes:
    """The cell layouts of all classes under one rulebook, derived facts included."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook: Final = rulebook
        self._of: dict[type, Shape] = {}

    def of(self, cls: type) -> Shape:
        """Return the cells of a class."""
        if cls not in self._of:
            self._of[cls] = Shape(cls, self)
        return self._of[cls]


def recorded_in(frame: Frame, path: str) -> Any:  # noqa: ANN401 - any fact's value
    """Return a recorded value by path, as `govrules.facts.recorded` does; lists at once."""
    name, place, rest = first_list(path)
    if place is None:
        return recorded(frame.record, path)
    known, _ = frame.values[frame.shape.places[name]]
    if place >= len(known):
        return UNKNOWN
    return recorded_in(known[place], rest) if rest else known[place].record


def _step_to(path: str, fact: Fact) -> tuple[str, str, str, Fact, Any, bool]:
    """Return how to read a fact: its path in two parts, its absent value, and completeness."""
    head, _, name = path.rpartition(".")
    parted = isinstance(fact.type, Choices | Record | Records) or is_past(fact.type)
    return path, head, name, fact, absent(fact), not parted


def _blank(fact: Fact) -> Any:  # noqa: ANN401 - the value of a cell
    """Return the cell of an unknown fact."""
    if isinstance(fact.type, Records):
        return (), True
    return _NOBODY_KNOWS if isinstance(fact.type, Choices) else UNKNOWN


def _hollow(fact: Fact) -> Any:  # noqa: ANN401 - the value of a cell
    """Return the cell of a fact in a record that is none."""
    value = absent(fact)
    return (value, False) if isinstance(fact.type, Choices | Records) else value


def _members(value: Any, kind: Any = frozenset) -> tuple[Any, bool]:  # noqa: ANN401 - a set or list of facts
    """Return the known members of a set or list, and whether it is closed."""
    if value is UNKNOWN or value is None:
        return kind(), value is UNKNOWN
    if UNKNOWN not in value:
        return kind(value), False
    known = kind(each for each in value if each is not UNKNOWN)
    return known, len(known) < len(value)


@lru_cache(maxsize=2**14)
def first_list(path: str) -> tuple[str, int | None, str]:
    """Split a path at its first list: path, index and rest; a plain path as it is."""
    head, found, rest = path.removesuffix("]").partition("].")
    if not found and not path.endswith("]"):
        return path, None, ""
    name, _, place = head.rpartition("[")
    return name, int(place), rest


class Reading:
    """One subject read into cells, with all its records numbered."""

    def __init__(self, shapes: Shapes, as_of: dt.date | Unknown) -> None:
        self.shapes = shapes
        self.as_of = as_of
        self.frames: list[Frame] = []
        self.next = 0

    def frame(self, record: Any, cls: type, prefix: str = "", outer: Frame | None = None) -> Frame:  # noqa: ANN401 - any attrs object
        """Return a record in cells, with the records of its lists."""
        shape = self.shapes.of(cls)
        values = [self.as_of]
        frame = Frame(record, prefix, shape, values, self.next, outer)
        self.frames.append(frame)
        self.next += 1 + len(shape.places)
        parts: dict[str, Any] = {"": record}
        for path, head, name, fact, none, is_plain in shape.steps:
            part = parts[head]
            value = part if part is UNKNOWN or part is None else getattr(part, name)
            if is_plain:
                values.append(none if value is None else value)
                continue
            if isinstance(fact.type, Record):
                parts[path] = value
            values.append(self._cell(fact, value, path, frame))
        if shape.stated:
            stated = annotation(record, "stated")
            values += [stated.get(name, UNKNOWN) for name in shape.stated]
        return frame

    def _cell(self, fact: Fact, value: Any, path: str, frame: Frame) -> Any:  # noqa: ANN401 - any fact's value
        kind = fact.type
        if isinstance(kind, Choices):
            return _members(value)
        if isinstance(kind, Records):
            known, open_ = _members(value, tuple)
            records = [
                self.frame(each, kind.cls, f"{frame.prefix}{path}[{place}].", frame)
                for place, each in enumerate(known)
            ]
            return tuple(records), open_
        if value is None:
            return absent(fact)
        if lies_ahead(value, kind, self.as_of):
            frame.ahead += ((path, fact.name),)
            return UNKNOWN
        return value


@attrs.frozen
class Cited:
    """
    A fact that an explanation cites.

    Attributes:
        number: the number under which it is cited.
        path: its full path.
        fact: what is declared of it; for a record of a list, of the list.
        frame: the record that it is in, or that it is.
        name: its path in the record; "" for the record itself.
    """

    number: int
    path: str
    fact: Fact
    frame: Frame = attrs.field(eq=False)
    name: str

    @property
    def place(self) -> int:
        """Its cell in the record; -1 for the record itself."""
        return self.number - self.frame.first - 1

    @property
    def is_step(self) -> bool:
        """Whether it is a derived fact that nobody stated, which has a proof of its own."""
        return self.place >= 0 and self.frame.values[self.place] is UNKNOWN

    @property
    def value(self) -> Any:  # noqa: ANN401 - any fact's value
        """The fact's value; of a set its known members, of a list its known records."""
        return self.frame.value(self.name)


def cited_among(frames: Sequence[Frame], numbers: Iterable[int]) -> Iterator[Cited]:
    """
    Yield the citations of fact numbers.

    Args:
        frames: every record of the subject as it was read, in the order of the numbers.

        numbers: the numbers.
    """
    known = frames[0].known
    firsts = known.get(cited_among) or known.setdefault(cited_among, [*map(_first, frames)])
    for number in numbers:
        frame = frames[bisect_right(firsts, number) - 1]
        place = number - frame.first - 1
        if place >= 0:
            path = frame.shape.paths[place]
            yield Cited(number, frame.prefix + path, frame.shape.facts[path], frame, path)
        else:
            yield Cited(number, frame.prefix.removesuffix("."), frame.listed[1], frame, "")


_first: Final = attrgetter("first")


class Restricted:
    """
    A view of a subject in which only some facts are known, and which can forget more.

    Args:
        top: the subject.

        chosen: the cells that are known of each record; -1 for the record itself.
    """

    def __init__(self, top: Frame, chosen: Mapping[Frame, Iterable[int]]) -> None:
        self._chosen: Final = {each: {*its} for each, its in chosen.items()}
        self._there: set[Frame] = set()
        #: The records whose lists are not cited, so that facts of theirs alone say that they are.
        self._alone: set[Frame] = set()
        for each in chosen:
            outer: Frame | None = each
            while outer is not None and outer not in self._there:
                self._there.add(outer)
                outer = outer.outer
        self._copies: dict[Frame, Frame] = {}
        self.top: Final = self._only(top)

    @classmethod
    def to(cls, top: Frame, cited: Iterable[Cited]) -> Restricted:
        """Return a subject of which only the cited facts are known."""
        chosen: dict[Frame, list[int]] = {}
        for each in cited:
            # A record that is cited is the one that it is in.
            chosen.setdefault(each.frame, []).append(each.place)
        return cls(top, chosen)

    def of(self, frame: Frame) -> Frame:
        """Return what is known of a record."""
        return self._copies.get(frame, frame)

    def without(self, cited: Cited) -> Callable[[], None] | None:
        """Forget a fact and return an undo; None if that changes more than one cell."""
        frame, place = cited.frame, cited.place
        chosen = self._chosen[frame]
        its_last = frame in self._alone and len(chosen) == 1
        if place < 0 or place in frame.shape.lists or its_last:
            return None
        values = self._copies[frame].values
        known = values[place]

        def put(value: Any) -> None:  # noqa: ANN401 - any fact's value
            values[place] = value
            self._copies[frame].forget((place,))
            self._copies[frame].known.clear()
            # On the date of the assessment the facts of any record may hang.
            for each in [] if place else self._copies.values():
                each.tables.clear()
                each.known.clear()
            outer = frame.outer
            while outer is not None:
                self._copies[outer].tables.clear()
                self._copies[outer].known.clear()
                outer = outer.outer

        def back() -> None:
            chosen.add(place)
            put(known)

        chosen.remove(place)
        put(frame.shape.unknown[place])
        return back

    def _only(self, frame: Frame) -> Frame:
        shape = frame.shape
        values = [*shape.unknown]
        places = self._chosen.get(frame, ())
        for place in places:
            if place >= 0:
                values[place] = frame.cell(place)
        for place in shape.lists:
            known, open_ = frame.values[place]
            if known:
                whole = place in places
                kept = known if whole else [each for each in known if each in self._there]
                if not whole:
                    self._alone.update(kept)
                values[place] = tuple(map(self._only, kept)), open_ or not whole
        tables = {**shape.blank}
        copy = Frame(frame.record, frame.prefix, shape, values, frame.first, frame.outer, tables)
        copy.forget((*places, *shape.lists))
        self._copies[frame] = copy
        return copy


def again(top: Frame, frame: Frame) -> Frame:
    """Return the same record in another view of its subject; itself if it is not there."""
    found, rest = top, frame.prefix
    while rest:
        name, place, rest = first_list(rest)
        known, _ = found.values[found.shape.places[name]]
        if place is None or place >= len(known):
            return frame
        found = known[place]
    return found
