"""
What the entries of a register add up to, kept up as entries change.

What each entry adds to each number is kept, so that a change of one entry looks at that entry
alone. The rules on the register are judged with the sums in place of the entries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Context
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.compiled import tells
from govrules.live.evaluation import Evaluation, Evaluator, Index, Task, names_of, settler_of_list
from govrules.live.json_values import changed_paths
from govrules.live.pairs import Entries, overlay
from govrules.lowering.merge import Leaf
from govrules.lowering.reads import reads
from govrules.rulebook.ast import Rule, Rulebook
from govrules.rulebook.reads import Path
from govrules.truth import Unknown

#: Sums are exact, in whatever order amounts come and go.
_EXACT: Final = Context(prec=10_000)

#: What an entry adds to each number.
Shares: TypeAlias = tuple[Any, ...]


@attrs.frozen
class Counted:
    """
    What an event does to the numbers.

    Attributes:
        added: what entries add from now on, by key; None where one goes.
        totals: what each number is after it.
        changed: the numbers that it changes, named like facts.
    """

    added: Mapping[str, Shares | None]
    totals: Mapping[Leaf, Any]
    changed: frozenset[Path]


@attrs.define(eq=False, init=False)
class Counters:
    """
    Numbers over all entries.

    Args:
        leaves: the numbers: how many entries are so, or what an amount of those comes to.

        cls: the class of the register.

        listed: its list whose records are the entries.
    """

    _cls: type
    _listed: str
    _leaves: tuple[Leaf, ...]
    _names: tuple[Path, ...]
    _index: Index
    _totals: Shares
    _added: dict[str, Shares]

    def __init__(self, leaves: tuple[Leaf, ...], cls: type, listed: str) -> None:
        self._cls = cls
        self._listed = listed
        self._leaves = leaves
        self._names = tuple(names_of(leaves).values())
        self._index = Index(tuple(reads((leaf,)) for leaf in leaves))
        self._totals = (0,) * len(leaves)
        self._added = {}

    def plan(
        self,
        subject: Any,  # noqa: ANN401 - a register of any class
        as_of: dt.date | Unknown,
        changed: Collection[Path],
        entries: Entries,
        changed_of: Mapping[str, Collection[Path] | None],
    ) -> Counted:
        """
        Return what an event does to the numbers.

        Args:
            subject: the register itself, after the event.

            as_of: the date of the assessment.

            changed: the facts of the register itself that it changes.

            entries: the entries after it.

            changed_of: what it changes in each of them; None where one comes or goes.
        """
        asked = {key for key, _ in entries} if self._index.moved_by(changed) else set()
        for key, paths in changed_of.items():
            inside = (f"{self._listed}[].{path}" for path in paths or ())
            if paths is None or self._index.moved_by(inside):
                asked.add(key)
        nothing = (0,) * len(self._leaves)
        totals = list(self._totals)
        added: dict[str, Shares | None] = {}
        var = self._leaves[0].var if self._leaves else None
        tell = tells(self._leaves, self._cls, (), var)(as_of)
        for key in asked:
            entry = entries.get(key)
            before = self._added.get(key, nothing)
            after = nothing if entry is None else tell(subject, {}, entry.effective)
            for number, (old, new) in enumerate(zip(before, after, strict=True)):
                if old != new:
                    totals[number] = _moved(totals[number], old, new)
            added[key] = None if entry is None else after
        names = zip(self._names, self._totals, totals, strict=True)
        return Counted(
            added,
            dict(zip(self._leaves, totals, strict=True)),
            frozenset(name for name, old, new in names if old != new),
        )

    def commit(self, counted: Counted) -> None:
        """Take what an event does to the numbers."""
        self._totals = tuple(counted.totals.values())
        overlay(self._added, counted.added)


@attrs.define
class OfRegister:
    """The effect of an event on the register itself; `settled` is None where there is none."""

    counted: Counted
    settled: Evaluation | None = None


@attrs.define(eq=False, init=False)
class RegisterRules:
    """
    The rules on the register itself, with what they say of it.

    Args:
        engine: which engine settles.

        rules: the rules.

        rulebook: the rulebook that they stand in.

        cls: the class of the register.

        listed: its list whose records are the entries.
    """

    _listed: str
    rules: tuple[Rule, ...]
    settled: Evaluation | None
    _settler: Evaluator
    _counters: Counters
    #: Whether the numbers are all that is asked of the entries.
    _is_counted: bool

    def __init__(
        self, engine: str, rules: tuple[Rule, ...], rulebook: Rulebook, cls: type, listed: str
    ) -> None:
        self.rules = rules
        self.settled = None
        self._listed = listed
        self._settler, merged = settler_of_list(engine, rules, rulebook, listed)
        self._counters = Counters(merged.leaves, cls, listed)
        self._is_counted = merged.is_all

    def plan(
        self,
        records: tuple[Any, Any],
        entries: Entries,
        changed_of: Mapping[str, Collection[Path] | None],
        more: tuple[Unknown, ...],
        as_of: dt.date | Unknown,
    ) -> OfRegister | None:
        """
        Return what an event does; None where no rule is on the register.

        Args:
            records: the register's own facts before and after the event.

            entries: the entries after it.

            changed_of: what it changes in each of them; None where one comes or goes.

            more: UNKNOWN where there may be more entries; else nothing.

            as_of: the date of the assessment.

        Raises:
            EngineError: the engine could not do it; nothing has changed.
        """
        if not self.rules:
            return None
        before, after = records
        inside = f"{self._listed}[]."
        record = attrs.evolve(after, **{self._listed: more})
        changed: set[Path] = set(changed_paths(before, after))
        counted = self._counters.plan(record, as_of, changed, entries, changed_of)
        found = OfRegister(counted)
        changed |= counted.changed
        changed |= {f"{inside}{path}" for paths in changed_of.values() for path in paths or ()}
        if None in changed_of.values():
            changed.add(self._listed)
        if self.settled is None or self._settler.read(changed):
            if not self._is_counted:
                known = (each.effective for _, each in entries)
                record = attrs.evolve(after, **{self._listed: (*known, *more)})
            task = Task(record, self.settled, changed, counted.totals)
            (found.settled,) = self._settler.settle((task,), as_of)
        return found

    def commit(self, found: OfRegister) -> None:
        """Take what an event does."""
        self._counters.commit(found.counted)
        self.settled = found.settled or self.settled


def _moved(total: Any, before: Any, after: Any) -> Any:  # noqa: ANN401 - numbers
    if isinstance(before, int) and isinstance(after, int) and isinstance(total, int):
        return total - before + after
    return _EXACT.add(_EXACT.subtract(total, before), after)
