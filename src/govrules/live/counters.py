"""
What the entries of a register add up to, kept up as entries change.

What each entry adds to each number is kept, so that a change of one entry looks at that entry
alone. The rules on the register are judged with the sums in place of the entries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from decimal import Context
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.compiled import tells
from govrules.live.evaluation import (
    Evaluation,
    EvaluationTask,
    Index,
    aggregate_names,
    evaluator_of_list,
)
from govrules.live.json_values import changed_paths
from govrules.live.pairs import EntryIndex, overlay
from govrules.lowering.dependencies import facts_read
from govrules.rulebook.ast import Rule, Rulebook
from govrules.rulebook.reads import Path
from govrules.truth import Unknown

#: Sums are exact, in whatever order amounts come and go.
_EXACT: Final = Context(prec=10_000)

#: What an entry adds to each number.
Shares: TypeAlias = tuple[Any, ...]


@attrs.frozen
class OfRegister:
    """
    An event's effect on the register itself.

    Attributes:
        added: what entries add from now on, by key; None where one goes.
        totals: what each number is after it.
        settled: what the rules say then; None where that is what they said.
    """

    added: Mapping[str, Shares | None]
    totals: Shares
    settled: Evaluation | None


class RegisterRules:
    """
    The rules on the register, with their outcomes and aggregates over all entries.

    Args:
        engine: which engine settles.

        rules: the rules.

        rulebook: the rulebook that they stand in.

        cls: the class of the register.

        listed: its list whose records are the entries.
    """

    def __init__(
        self, engine: str, rules: tuple[Rule, ...], rulebook: Rulebook, cls: type, listed: str
    ) -> None:
        self._cls = cls
        self._listed = listed
        self.rules = rules
        self.settled: Evaluation | None = None
        self._settler, merged = evaluator_of_list(engine, rules, rulebook, listed)
        # How many entries are so, or what an amount of those comes to; and whether that is all
        # that is asked of the entries.
        self._leaves, self._is_counted = merged.leaves, merged.is_all
        self._index = Index(tuple(facts_read((leaf,)) for leaf in self._leaves))
        self._totals: Shares = (0,) * len(self._leaves)
        self._added: dict[str, Shares] = {}

    def plan(
        self,
        records: tuple[Any, Any],
        entries: EntryIndex,
        changed_of: Mapping[str, Collection[Path] | None],
        more: tuple[Unknown, ...],
        as_of: dt.date | Unknown,
    ) -> OfRegister | None:
        """
        Return an event's effect; None without rules on the register.

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
        record = attrs.evolve(after, **{self._listed: more})
        changed: set[Path] = set(changed_paths(before, after))
        inside = {
            key: [f"{self._listed}[].{path}" for path in paths or ()]
            for key, paths in changed_of.items()
        }
        if self._index.moved_by(changed):
            asked = {*changed_of, *(key for key, _ in entries)}
        else:
            moved = (key for key, paths in inside.items() if self._index.moved_by(paths))
            asked = {*moved, *(key for key, paths in changed_of.items() if paths is None)}
        added = self._shares(record, as_of, asked, entries)
        totals = self._after(added)
        names = zip(aggregate_names(self._leaves).values(), self._totals, totals, strict=True)
        changed.update((name for name, old, new in names if old != new), *inside.values())
        if None in changed_of.values():
            changed.add(self._listed)
        settled = None
        if self.settled is None or self._settler.read(changed):
            if not self._is_counted:
                known = (each.effective for _, each in entries)
                record = attrs.evolve(after, **{self._listed: (*known, *more)})
            given = dict(zip(self._leaves, totals, strict=True))
            (settled,) = self._settler.settle(
                (EvaluationTask(record, self.settled, changed, given),), as_of
            )
        return OfRegister(added, totals, settled)

    def _shares(
        self,
        record: Any,  # noqa: ANN401 - a register of any class
        as_of: dt.date | Unknown,
        asked: Iterable[str],
        entries: EntryIndex,
    ) -> dict[str, Shares | None]:
        """Return each entry's contribution to each aggregate; None for a missing entry."""
        var = self._leaves[0].var if self._leaves else None
        tell = tells(self._leaves, self._cls, (), var)(as_of)
        found = ((key, entries.get(key)) for key in asked)
        return {
            key: None if each is None else tell(record, {}, each.effective) for key, each in found
        }

    def _after(self, added: Mapping[str, Shares | None]) -> Shares:
        """Return aggregates after entries change their contributions."""
        nothing = (0,) * len(self._leaves)
        totals = list(self._totals)
        for key, shares in added.items():
            before = self._added.get(key, nothing)
            for number, (old, new) in enumerate(zip(before, shares or nothing, strict=True)):
                if old != new:
                    totals[number] = _moved(totals[number], old, new)
        return tuple(totals)

    def commit(self, found: OfRegister) -> None:
        """Apply an event's effect."""
        self._totals = found.totals
        overlay(self._added, found.added)
        self.settled = found.settled or self.settled


def _moved(total: Any, before: Any, after: Any) -> Any:  # noqa: ANN401 - numbers
    if isinstance(before, int) and isinstance(after, int) and isinstance(total, int):
        return total - before + after
    return _EXACT.add(_EXACT.subtract(total, before), after)
