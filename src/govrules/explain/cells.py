"""
The facts of a subject as cells: read once, tried otherwise, left out.

A record is a list of values with a number for each, so that a set of facts is a set of numbers, and
a trial sets values in a copy.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import attrs

from govrules.explain.ways import Way
from govrules.facts import absent, annotation, lies_ahead
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF, Choices, Fact, Record, Records, is_past, vocabulary_of

_NOBODY_KNOWS: Final[tuple[frozenset[str], bool]] = (frozenset(), True)


@attrs.define(eq=False)
class Frame:
    """
    A record in cells.

    Attributes:
        record: the attrs object; UNKNOWN for a record of which nothing is known.
        prefix: what the paths of its facts begin with: "" or ``partners[1].``.
        shape: which cell each fact has.
        values: the value of each cell; of a set its known members, of a list its records, each
            with whether there may be more.
        first: the number of the record itself; those of its cells come next. -1 for a record that
            is only supposed.
        outer: the record that it is in, as it was read.
        known: what was worked out of it; the value of a derived fact by its cell.
    """

    record: Any
    prefix: str
    shape: Shape = attrs.field(repr=False)
    values: list[Any] = attrs.field(repr=False)
    first: int = -1
    outer: Frame | None = attrs.field(default=None, repr=False)
    known: dict[Any, Any] = attrs.field(factory=dict, repr=False)

    @property
    def listed(self) -> tuple[str, Fact]:
        """The list that it is a record of: its path in the record that it is in, and the fact."""
        assert self.outer is not None  # noqa: S101 - nobody asks it of the subject itself
        name = self.prefix.removeprefix(self.outer.prefix).rpartition("[")[0]
        return name, self.outer.shape.facts[name]

    @property
    def numbers(self) -> range:
        """The numbers of the record and of its cells."""
        return range(self.first, self.first + 1 + len(self.values))

    def cell(self, place: int) -> Any:  # noqa: ANN401 - the value of a cell
        """Return the value of a cell; of a derived fact that nobody stated, what settled it."""
        value = self.values[place]
        return self.known.get(place, value) if value is UNKNOWN else value


#: The records in sight by depth, the subject first.
Frames: TypeAlias = tuple[Frame, ...]


class Shape:
    """
    The cells of the records of a class.

    Attributes:
        cls: the class.
        facts: the fact of each cell, by path.
        places: the number of each cell, by path.
        unknown: the values of a record of which nothing is known.
        lists: the cells of its lists.
        local: the local facts that its records may have.
        stated: the derived facts that may be stated of them.
        steps: how its recorded facts are read, in order.
    """

    def __init__(self, cls: type, shapes: Shapes) -> None:
        vocabulary = vocabulary_of(cls)
        rulebook = shapes.rulebook
        derived = {name: each.fact for name, each in rulebook.derived.items()}
        local = rulebook.local if "local" in vocabulary.about else {}
        stated = derived if "stated" in vocabulary.about else {}
        self.cls: Final = cls
        self.local: Final = [*local]
        self.stated: Final = [*stated]
        self.facts: Final[Mapping[str, Fact]] = {
            AS_OF.name: AS_OF,
            **vocabulary.facts,
            **{f"local.{name}": fact for name, fact in local.items()},
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
        self.steps: Final = [_step_to(path, fact) for path, fact in vocabulary.facts.items()]
        self._shapes = shapes
        self._below = {
            path: [each for each in self.facts if each.startswith(f"{path}.")]
            for path, fact in self.facts.items()
            if isinstance(fact.type, Record)
        }

    def changed(self, frame: Frame, changes: Way) -> Frame:
        """Return a record as it is after changes of its own facts, and of records of its lists."""
        values = [*frame.values]
        inside: dict[str, dict[int, dict[str, Any]]] = {}
        for path in sorted(changes, key=len):
            name, place, rest = _step(path)
            to = changes[path]
            self._there(name, values, changes)
            if place is not None:
                inside.setdefault(name, {}).setdefault(place, {})[rest] = to
                continue
            several = isinstance(self.facts[name].type, Choices)
            values[self.places[name]] = _members(to) if several else to
            for below in self._below.get(name, ()) if to is None else ():
                values[self.places[below]] = _hollow(self.facts[below])
        for name, records in inside.items():
            place = self.places[name]
            known, open_ = values[place]
            values[place] = self._records(frame.prefix, name, known, records), open_
        return Frame(frame.record, frame.prefix, self, values, frame.first)

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
        """Return a record at a place of a list of which nothing is known, and that nobody cites."""
        kind = self.facts[name].type
        assert isinstance(kind, Records)  # noqa: S101 - only lists are indexed
        inner = self._shapes.of(kind.cls)
        return Frame(UNKNOWN, f"{prefix}{name}[{place}].", inner, [*inner.unknown])

    def _there(self, path: str, values: list[Any], changes: Way) -> None:
        """Say that the records are there in which a fact is supposed."""
        head = path.rpartition(".")[0]
        while head and head != "local":
            place = self.places[head]
            if head not in changes and (values[place] is UNKNOWN or values[place] is None):
                values[place] = True
            head = head.rpartition(".")[0]


class Shapes:
    """The cells of classes under one rulebook, with its local and derived facts."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook: Final = rulebook
        self._of: dict[type, Shape] = {}

    def of(self, cls: type) -> Shape:
        """Return the cells of a class."""
        if cls not in self._of:
            self._of[cls] = Shape(cls, self)
        return self._of[cls]


def _step_to(path: str, fact: Fact) -> tuple[str, str, str, Fact, Any, bool]:
    """Return how a fact is read: its path in two, what none is, and whether that is all."""
    head, _, name = path.rpartition(".")
    parted = isinstance(fact.type, Choices | Record | Records) or is_past(fact.type)
    return path, head, name, fact, absent(fact), not parted


def _blank(fact: Fact) -> Any:  # noqa: ANN401 - the value of a cell
    """Return the cell of a fact of which nothing is known."""
    if isinstance(fact.type, Records):
        return (), True
    return _NOBODY_KNOWS if isinstance(fact.type, Choices) else UNKNOWN


def _hollow(fact: Fact) -> Any:  # noqa: ANN401 - the value of a cell
    """Return the cell of a fact of a record that is none."""
    value = absent(fact)
    return (value, False) if isinstance(fact.type, Choices | Records) else value


def _members(value: Any, kind: Any = frozenset) -> tuple[Any, bool]:  # noqa: ANN401 - a set or list of facts
    """Return what is known of a set or a list, and whether there may be more."""
    if value is UNKNOWN or value is None:
        return kind(), value is UNKNOWN
    known = kind(each for each in value if each is not UNKNOWN)
    return known, len(known) < len(value)


@lru_cache(maxsize=2**14)
def _step(path: str) -> tuple[str, int | None, str]:
    """Return the first list in a path, the place in it and the rest; a plain path as it is."""
    head, found, rest = path.partition("].")
    if not found:
        return path, None, ""
    name, _, place = head.rpartition("[")
    return name, int(place), rest


class Reading:
    """One subject as it is read into cells, with all its records in the order of their numbers."""

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
        local, stated = annotation(record, "local"), annotation(record, "stated")
        values += [
            self._cell(shape.facts[f"local.{name}"], local.get(name, UNKNOWN), "", frame)
            for name in shape.local
        ]
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
        return UNKNOWN if lies_ahead(value, kind, self.as_of) else value


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
        value = self.frame.cell(self.frame.shape.places[self.name])
        match self.fact.type:
            case Records():
                return tuple(each.record for each in value[0])
            case Choices():
                return value[0] | ({UNKNOWN} if value[1] else frozenset())
            case _:
                return value


def cited_among(frames: Sequence[Frame], numbers: Iterable[int]) -> Iterator[Cited]:
    """
    Yield what stands under numbers.

    Args:
        frames: every record of the subject as it was read, in the order of the numbers.

        numbers: the numbers.
    """
    firsts = [each.first for each in frames]
    for number in numbers:
        frame = frames[bisect_right(firsts, number) - 1]
        place = number - frame.first - 1
        if place >= 0:
            path = frame.shape.paths[place]
            yield Cited(number, frame.prefix + path, frame.shape.facts[path], frame, path)
        else:
            yield Cited(number, frame.prefix.removesuffix("."), frame.listed[1], frame, "")


class Restricted:
    """
    A subject of which only some facts are known, and that can do with fewer yet.

    Args:
        top: the subject.

        cited: the facts that are known.
    """

    def __init__(self, top: Frame, cited: Iterable[Cited]) -> None:
        self._chosen: dict[Frame, list[int]] = {}
        self._there: set[Frame] = set()
        for each in cited:
            # A record that is cited is the one that it is in.
            self._chosen.setdefault(each.frame, []).append(each.place)
            outer: Frame | None = each.frame
            while outer is not None and outer not in self._there:
                self._there.add(outer)
                outer = outer.outer
        self._copies: dict[Frame, Frame] = {}
        self.top: Final = self._only(top)

    def of(self, frame: Frame) -> Frame:
        """Return what is known of a record."""
        return self._copies.get(frame, frame)

    def without(self, cited: Cited) -> Callable[[], None] | None:
        """Forget a fact, and return what brings it back; None where that takes more than a cell."""
        frame, place = cited.frame, cited.place
        if place < 0 or place in frame.shape.lists:
            return None
        values = self._copies[frame].values
        known = values[place]

        def put(value: Any) -> None:  # noqa: ANN401 - any fact's value
            values[place] = value
            outer: Frame | None = frame
            while outer is not None:
                self._copies[outer].known.clear()
                outer = outer.outer

        put(frame.shape.unknown[place])
        return partial(put, known)

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
                kept = tuple(self._only(each) for each in known if whole or each in self._there)
                values[place] = kept, open_ or not whole
        copy = Frame(frame.record, frame.prefix, shape, values, frame.first, frame.outer)
        self._copies[frame] = copy
        return copy


def again(top: Frame, frame: Frame) -> Frame:
    """Return a record as it is in another view of its subject; itself where it is not there."""
    *parts, _ = frame.prefix.split("].")
    found = top
    for part in parts:
        name, _, place = part.rpartition("[")
        known, _ = found.values[found.shape.places[name]]
        if int(place) >= len(known):
            return frame
        found = known[int(place)]
    return found
