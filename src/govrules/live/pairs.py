"""Entries that stand beside each other as pairs, and what the rules say of each two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.live.evaluation import Evaluation, EvaluationTask, Evaluator
from govrules.pairing import pair_of
from govrules.rulebook.reads import Path
from govrules.truth import Unknown

#: The facts of a partnership that decide with which it stands as a pair, or make up the pair.
_OF_PAIRS: Final = frozenset({"id", "name", "parent", "sub_group", "area", "objective", "partners"})

#: Two entries by their ids, the one that was put first before the other.
Two: TypeAlias = tuple[str, str]


@attrs.frozen
class Entry:
    """
    A subject on the register: a partnership, or an object of somebody's own class.

    Attributes:
        recorded: as it was recorded.
        effective: as it counts, with what is known of the organisations in it.
        settled: what the rules say of it.
        keys: what it has in common with those it stands beside as a pair.
        place: entries are in the order in which they were first put.
    """

    recorded: Any
    effective: Any
    settled: Evaluation
    keys: frozenset[str]
    place: int


@attrs.frozen
class EntryIndex:
    """
    The entries after an event.

    Attributes:
        before: the entries before it.
        changes: those that it changes; None where one goes.
    """

    before: Mapping[str, Entry]
    changes: Mapping[str, Entry | None]

    def get(self, key: str) -> Entry | None:
        """Return an entry; None where there is none."""
        return self.changes[key] if key in self.changes else self.before.get(key)

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        """Yield the entries in their order."""
        new = (change for change in self.changes if change not in self.before)
        for key in (*self.before, *new):
            entry = self.get(key)
            if entry is not None:
                yield key, entry


@attrs.define(eq=False)
class PairIndex:
    """
    An index of related entries, with the outcomes of each pair.

    Attributes:
        settler: settles the rules about pairs.
        settled: what they say of each two.
    """

    settler: Evaluator
    settled: dict[Two, Evaluation] = attrs.field(factory=dict)
    _keyed: dict[str, dict[str, None]] = attrs.field(factory=dict)
    _paired: dict[str, set[Two]] = attrs.field(factory=dict)

    def with_key(self, key: str) -> Collection[str]:
        """Return the entries sharing a key."""
        return self._keyed.get(key, ())

    def plan(
        self,
        entries: EntryIndex,
        changed: Mapping[str, Collection[Path] | None],
        owners: tuple[str, str],
        as_of: dt.date | Unknown,
    ) -> dict[Two, Evaluation | None]:
        """
        Return the changed outcomes of pairs after an event; None for a dissolved pair.

        Args:
            entries: the entries after it.

            changed: what it changes in each of them; None where one comes or goes.

            owners: what those have in common that are with the register's own organisation, which
                makes no pair: before the event, and after it.

            as_of: the date of the assessment.

        Raises:
            EngineError: the engine could not do it; nothing has changed.
        """
        if not self.settler.rules:
            return {}
        before, owner = owners
        moved = {key for key, paths in changed.items() if self._moves(paths)}
        if owner != before:
            moved |= entries.before.keys()
        keyed: dict[str, set[str]] = {}
        for key, entry in entries.changes.items():
            for each in () if entry is None else entry.keys:
                keyed.setdefault(each, set()).add(key)
        pairs: dict[Two, Evaluation | None] = {}
        tasks: dict[Two, EvaluationTask] = {}
        for key in moved:
            pairs.update(dict.fromkeys(self._paired.get(key, ())))
            entry = entries.get(key)
            for each in () if entry is None else entry.keys - {owner}:
                beside = keyed.get(each, set()) | {
                    other for other in self.with_key(each) if other not in entries.changes
                }
                for other in beside - {key}:
                    tasks.update(self._pair(key, other, entries))
        settled = self.settler.settle(tuple(tasks.values()), as_of)
        pairs.update(zip(tasks, settled, strict=True))
        return pairs

    def _moves(self, changed: Collection[Path] | None) -> bool:
        """Tell whether changes of an entry affect its pairs."""
        if changed is None or any(
            each.partition(".")[0].partition("[")[0] in _OF_PAIRS for each in changed
        ):
            return True
        return self.settler.read(f"{one}.{path}" for path in changed for one in ("first", "second"))

    def _pair(self, one: str, other: str, entries: EntryIndex) -> dict[Two, EvaluationTask]:
        found = [(key, entries.get(key)) for key in (one, other)]
        known = [(key, entry) for key, entry in found if entry is not None]
        (first, this), (second, that) = sorted(known, key=lambda each: each[1].place)
        two = (first, second)
        return {
            two: EvaluationTask(
                pair_of(this.effective, that.effective), self.settled.get(two), None
            )
        }

    def commit(self, entries: EntryIndex, pairs: Mapping[Two, Evaluation | None]) -> None:
        """Apply an event; `entries.before` still holds the entries before it."""
        for key, entry in entries.changes.items():
            self._key(key, entries.before.get(key), entry)
        for two, settled in pairs.items():
            for key in two:
                known = self._paired.setdefault(key, set())
                (known.discard if settled is None else known.add)(two)
                if not known:
                    del self._paired[key]
        overlay(self.settled, pairs)

    def _key(self, key: str, old: Entry | None, new: Entry | None) -> None:
        before = frozenset() if old is None else old.keys
        after = frozenset() if new is None else new.keys
        for each in before - after:
            del self._keyed[each][key]
            if not self._keyed[each]:
                del self._keyed[each]
        for each in after - before:
            self._keyed.setdefault(each, {})[key] = None


def overlay(known: dict[Any, Any], changed: Mapping[Any, Any]) -> None:
    """Update a mapping with values, and delete the keys whose value is None."""
    for key, value in changed.items():
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value
