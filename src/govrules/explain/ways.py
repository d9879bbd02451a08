"""Changes of facts: what two of them come to together, how much they ask for and what they undo."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from govrules.facts import recorded
from govrules.truth import UNKNOWN

#: Changes of facts, by path.
Way = Mapping[str, Any]


@attrs.frozen
class ToBeChosen:
    """
    A choice left to people among values that all do.

    Attributes:
        values: the values, in the order of the list that they are of; more than one.
    """

    values: tuple[str, ...]


def each_choice(way: Way) -> Iterator[dict[str, Any]]:
    """Yield a change set with each combination of its open choices."""
    several = (to.values if isinstance(to, ToBeChosen) else (to,) for to in way.values())
    for values in itertools.product(*several):
        yield dict(zip(way, values, strict=True))


def later(way: Way, compared: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """Yield a change set with each later date a fact is compared with, and the day after."""
    for path, to in way.items():
        edges = compared.get(path, ()) if isinstance(to, dt.date) else ()
        for day in (each for each in edges if isinstance(each, dt.date) and each >= to):
            yield {**way, path: day}
            yield {**way, path: day + dt.timedelta(days=1)}


def left_to_choose(ways: Iterable[Way]) -> list[Way]:
    """Merge change sets differing in one value into one with an open choice."""
    found = [*ways]
    named = (path for way in found for path, to in way.items() if isinstance(to, str))
    for path in dict.fromkeys(named):
        apart: dict[Hashable, list[Way]] = {}
        for way in found:
            open_ = {path: ToBeChosen} if isinstance(way.get(path), str) else {}
            apart.setdefault(frozenset({**way, **open_}.items()), []).append(way)
        found = [
            {**first, path: ToBeChosen(tuple(each[path] for each in (first, *more)))}
            if more
            else first
            for first, *more in apart.values()
        ]
    return found


def followed_by(changes: Way, more: Way) -> dict[str, Any]:
    """Compose change sets, dropping what the later one undoes."""
    gone = gone_by(more)
    kept = {
        path: to
        for path, to in changes.items()
        if more.get(path, to) == to
        and not (gone and _hollows(gone, {path: to}))
        and not (to is None and _hollows((f"{path}.",), more))
    }
    return {**kept, **more}


def within(prefix: str, way: Way) -> Way:
    """Return a record's changes as changes of the subject."""
    return {f"{prefix}{path}": to for path, to in way.items()} if prefix else way


def contradict(one: Way, other: Way, gone: tuple[str, ...] | None = None) -> bool:
    """
    Tell whether change sets conflict: in a value, or in a record's presence.

    Args:
        one: a way.

        other: the other.

        gone: what the first does away with, where that is known.
    """
    if any(one.get(path, value) != value for path, value in other.items()):
        return True
    return _hollows(gone_by(one) if gone is None else gone, other) or _hollows(gone_by(other), one)


def gone_by(way: Way) -> tuple[str, ...]:
    """Return the path prefixes of records a change set removes."""
    return tuple(f"{path}." for path, to in way.items() if to is None)


def _hollows(gone: tuple[str, ...], other: Way) -> bool:
    """Tell whether a change set sets a fact in a record it removes."""
    if not gone:
        return False
    # No, none and nothing in it are what the facts of a record are that is none.
    return any(
        path.startswith(gone) and to not in (False, None, frozenset()) for path, to in other.items()
    )


@attrs.frozen(eq=False)
class Effort:
    """
    The cost of changes to a record.

    Attributes:
        record: the subject, as `look` takes it.
        overrides: what is supposed of it instead, by path.
        look: how it is looked up what is recorded under a path.
    """

    record: Any = attrs.field(repr=False)
    overrides: Way = attrs.field(factory=dict)
    look: Callable[[Any, str], Any] = recorded
    _known: dict[tuple[str, Any], tuple[int, bool]] = attrs.field(init=False, factory=dict)

    def size(self, way: Way) -> int:
        """Return a change set's size; each member added to or removed from a set counts."""
        size = 0
        for each in way.items():
            size += (self._known.get(each) or self._of(*each))[0]
        return size

    def takes_away(self, way: Way) -> bool:
        """Tell whether a change set removes a member, a record, a yes or a value."""
        return any((self._known.get(each) or self._of(*each))[1] for each in way.items())

    def _of(self, path: str, to: Any) -> tuple[int, bool]:  # noqa: ANN401 - any fact's value
        found = self._known[path, to] = _asked(self.now(path), to)
        return found

    def now(self, path: str) -> Any:  # noqa: ANN401 - any fact's value
        """Return what a fact is before the changes."""
        return self.overrides[path] if path in self.overrides else self.look(self.record, path)


def _asked(now: Any, to: Any) -> tuple[int, bool]:  # noqa: ANN401 - any fact's values
    """Return the number of changes between two values, and whether something is lost."""
    if isinstance(to, frozenset):
        held = members(now)
        return max(1, len(held ^ to)), not held <= to
    gives_up = to is None or (to is False and now is True)
    return 1, gives_up and now not in (UNKNOWN, None, False, (), frozenset())


def members(value: Any) -> frozenset[str]:  # noqa: ANN401 - the value of a set
    """Return the members that a recorded set is known to have."""
    several = () if value is UNKNOWN or value is None else value
    return frozenset(each for each in several if each is not UNKNOWN)
