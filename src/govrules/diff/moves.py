"""Whose outcome a change of rules changes: each move with the fact and the edit behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import attrs

from govrules.assessment import asking_for, assess_rule
from govrules.diff.rulebooks import ChangeKind, RulebookDifference, RuleChange, derived_changed
from govrules.engines.registry import REFERENCE, engine
from govrules.explain.adaptations import in_force_phrase
from govrules.frozen import Identical
from govrules.model import Register
from govrules.pairing import pairs_of
from govrules.portfolio import entries_of, is_register, owner_of
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN, Unknown

#: Up to so many judgements are made by the reference engine, which has nothing to prepare.
_FEW: Final = 1500


@attrs.frozen
class VersionOutcome:
    """
    The outcome of a rule under one version of a rulebook.

    Attributes:
        verdict: the verdict; None where there is no such rule, or it is not in force.
        severity: how grave; None unless it is flagged.
        could_be: how grave it could turn out, where that is graver.
    """

    verdict: Verdict | None
    severity: Severity | None = None
    could_be: Severity | None = None

    def __str__(self) -> str:
        if self.verdict is None:
            return "not checked"
        graver = f", could be {self.could_be.value}" if self.could_be else ""
        return f"{self.verdict.value}{f', {self.severity.value}' if self.severity else ''}{graver}"


@attrs.frozen
class Move:
    """
    A subject whose outcome of one rule changes.

    Attributes:
        id: the subject's id, or its name where it has none.
        name: its name.
        change: what became of the rule.
        was: the outcome before.
        now: the outcome after.
    """

    id: str
    name: str
    change: RuleChange
    was: VersionOutcome
    now: VersionOutcome
    _subject: Any = attrs.field(repr=False, eq=False)
    _as_of: dt.date | Unknown = attrs.field(repr=False, eq=False)
    _books: tuple[Rulebook, Rulebook] = attrs.field(repr=False, eq=False)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts that force the outcome after, or where it is open, the one before."""
        old, new = self._books
        if self.now.verdict is None:
            period = in_force_phrase(self.change.new) if self.change.new else ""
            return (f"it is in force {period}",) if period else ()
        sides: list[tuple[Rule | None, VersionOutcome, Rulebook]] = [
            (self.change.new, self.now, new),
            (self.change.old, self.was, old),
        ]
        for rule, outcome, rulebook in sides:
            if rule is None or outcome.verdict in (None, Verdict.UNKNOWN):
                continue
            finding = assess_rule(rule, self._subject, self._as_of, rulebook)
            return tuple(reason.phrase for reason in finding.because)
        return ()


def moves(
    found: RulebookDifference,
    subject: Any,  # noqa: ANN401 - a register or a partnership
    *,
    as_of: dt.date | Unknown = UNKNOWN,
) -> tuple[Move, ...]:
    """
    Return by rule the subjects whose outcome differs under the new rulebook.

    Args:
        found: what is different between two rulebooks.

        subject: a register, whose entries and pairs are judged too, or one partnership.

        as_of: the day on which both judge.
    """
    changes = [rule for rule in found.rules if rule.means_more]
    kinds = {each.rule.subject for each in changes}
    made: list[Move] = []
    for kind in [each for each in found.new.subjects if each in kinds]:
        several = [*_subjects(subject, kind, found.new)]
        its = [each for each in changes if each.rule.subject == kind]
        made += _of_kind(found, its, several, as_of)
    place = {change.id: index for index, change in enumerate(found.rules)}
    return tuple(sorted(made, key=lambda each: place[each.change.id]))


def _subjects(subject: Any, kind: str, rulebook: Rulebook) -> Iterable[Any]:  # noqa: ANN401 - likewise
    cls = rulebook.subjects[kind]
    if type(subject) is cls:
        return (subject,)
    if not is_register(subject):
        return ()
    entries = entries_of(subject)
    if kind == "pair" and isinstance(subject, Register):
        return pairs_of(entries, owner=owner_of(subject))
    return [entry for entry in entries if type(entry) is cls]


def _of_kind(
    found: RulebookDifference,
    changes: Sequence[RuleChange],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
) -> Iterator[Move]:
    own = [change for change in changes if change.change is not ChangeKind.THROUGH]
    yield from _moves(found, own, subjects, as_of)
    through = [change for change in changes if change.change is ChangeKind.THROUGH]
    if through and subjects:
        # Where a derived fact has its old value, what rests on it alone says what it said.
        affected = _affected(found, subjects, as_of)
        yield from _moves(found, through, affected, as_of)


def _affected(
    found: RulebookDifference, subjects: Sequence[Any], as_of: dt.date | Unknown
) -> Sequence[Any]:
    """Return the subjects for which a changed derived fact has another value."""
    cls = type(subjects[0])
    moved = derived_changed(found)
    if any(each.cls is not cls for each in moved):
        # A register's rules may read what is derived of its entries.
        return subjects
    asked = [
        (
            asking_for(Identical((found.old.derived[each.name],)), value),
            asking_for(Identical((each,)), value),
        )
        for each in moved
        for value in {*(row.value for row in each.rows), each.otherwise}
    ]
    olds = _said([old for old, _ in asked], subjects, as_of, found.old)
    news = _said([new for _, new in asked], subjects, as_of, found.new)
    return [subject for subject, old, new in zip(subjects, olds, news, strict=True) if old != new]


def _moves(
    found: RulebookDifference,
    changes: Sequence[RuleChange],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
) -> Iterator[Move]:
    """Yield the moves of rules, subject by subject."""
    if not changes or not subjects:
        return
    books = (found.old, found.new)
    sides = []
    for book, rules in zip(
        books, zip(*((each.old, each.new) for each in changes), strict=True), strict=True
    ):
        there = [each for each in rules if each is not None and each.counts_on(as_of)]
        several = _said(there, subjects, as_of, book)
        sides.append(
            [{rule.id: one for rule, one in zip(there, each, strict=True)} for each in several]
        )
    nothing = VersionOutcome(None)
    for subject, before, after in zip(subjects, *sides, strict=True):
        for change in changes:
            was = before.get(change.old.id, nothing) if change.old else nothing
            now = after.get(change.new.id, nothing) if change.new else nothing
            if was != now and not _is_nothing(was, now):
                name = _text(subject, "name")
                yield Move(
                    _text(subject, "id") or name, name, change, was, now, subject, as_of, books
                )


def _said(
    rules: Sequence[Rule], subjects: Sequence[Any], as_of: dt.date | Unknown, rulebook: Rulebook
) -> Iterable[tuple[VersionOutcome, ...]]:
    """Return the outcomes of rules for each subject."""
    # A register is as much work as its entries.
    size = sum(len(entries_of(subject)) if is_register(subject) else 1 for subject in subjects)
    chosen = engine(REFERENCE if size * len(rules) <= _FEW else "compiled")
    return [
        tuple(VersionOutcome(each.verdict, each.severity, each.could_be) for each in several)
        for several in chosen.outcomes(tuple(rules), subjects, as_of, rulebook)
    ]


def _is_nothing(was: VersionOutcome, now: VersionOutcome) -> bool:
    """Tell whether an added or removed rule neither flags nor asks anything."""
    quiet = (None, Verdict.CLEAR, Verdict.NOT_APPLICABLE)
    return was.verdict in quiet and now.verdict in quiet and None in (was.verdict, now.verdict)


def _text(subject: Any, name: str) -> str:  # noqa: ANN401 - any attrs object
    value = getattr(subject, name, UNKNOWN)
    return value if isinstance(value, str) else ""
