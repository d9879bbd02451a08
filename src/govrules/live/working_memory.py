"""
What a live register knows, and what the rules say of it.

An event is first worked out as a plan, which changes nothing and may fail; committing a plan only
puts what was worked out in its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.decode.names import fold_body
from govrules.engines.registry import Outcome
from govrules.explain.view import Seen
from govrules.findings import Finding
from govrules.live.counters import OfRegister, RegisterRules
from govrules.live.evaluation import Evaluation, EvaluationTask, evaluator_of
from govrules.live.json_values import changed_paths
from govrules.live.pairs import Entry, EntryIndex, PairIndex, Two, overlay
from govrules.model import Organisation, Partner, Partnership
from govrules.own import base_of
from govrules.pairing import key_of_partner, keys_of, pair_of
from govrules.portfolio import owner_of
from govrules.reading import class_of, register_class
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.rulebook.kinds import SUBJECTS
from govrules.rulebook.reads import Path
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import Collected, list_of

#: What is recorded of an organisation and counts in place of what entries say of their partner.
OF_ORGANISATIONS: Final = ("kind", "weaknesses")
#: What is settled: its kind; and its id, none of the register itself, or the ids of two.
Subject: TypeAlias = tuple[str, tuple[str, ...]]


@attrs.frozen
class Listing:
    """
    The class of a register's entries and of the register.

    Attributes:
        kind: what rules call an entry, such as partnership.
        cls: the class of an entry.
        whole: what rules call the register; "" where no class lists the entries.
        lister: the class of the register.
        listed: its list, whose records are the entries.
    """

    kind: str
    cls: type
    whole: str
    lister: type
    listed: str

    @property
    def is_of_partnerships(self) -> bool:
        """Whether entries make pairs, and what is known of organisations counts in them."""
        return base_of(self.cls) is Partnership

    @property
    def empty(self) -> Any:  # noqa: ANN401 - a register of any class
        """A register with nothing recorded."""
        return self.lister() if self.whole else Collected(())


def listing_of(rulebook: Rulebook, kind: str = "") -> Listing:
    """
    Return what a register under a rulebook lists.

    Args:
        rulebook: the rules.

        kind: what they call an entry; "" for what they are about.

    Raises:
        FactsError: there is no such kind.
    """
    cls = class_of(rulebook, kind)
    kinds = {**SUBJECTS, **rulebook.subjects}
    names = {base_of(each): name for name, each in kinds.items()}
    lister = register_class(cls, rulebook)
    found = None if lister is None else list_of(lister)
    if lister is None or found is None:
        return Listing(names[base_of(cls)], cls, "", Collected, "entries")
    return Listing(names[base_of(cls)], cls, names[base_of(lister)], lister, found[0])


@attrs.frozen
class FindingState:
    """
    The state of an open finding.

    Attributes:
        severity: how grave it is for certain.
        could_be: how grave it could turn out, where that is graver.
        mitigations: which of the rule's mitigations hold, by their places.
    """

    severity: Severity
    could_be: Severity | None
    mitigations: tuple[int, ...]


@attrs.frozen
class Delta:
    """
    A subject's outcomes before and after an event.

    Attributes:
        subject: the subject.
        before: what was open, by rule.
        after: what is open now.
        now: what each rule says now, by its id; None where the subject is gone.
    """

    subject: Subject
    before: Mapping[str, FindingState]
    after: Mapping[str, FindingState]
    now: Mapping[str, tuple[Rule, Outcome]] | None


@attrs.define
class Update:
    """The entries and organisations an event changes; None marks a removal."""

    organisations: Mapping[str, Organisation | None]
    record: Any
    entries: dict[str, Entry | None] = attrs.field(factory=dict)
    #: What changed in each entry; None where it came or went.
    changed: dict[str, Collection[Path] | None] = attrs.field(factory=dict)
    pairs: Mapping[Two, Evaluation | None] = attrs.field(factory=dict)
    register: OfRegister | None = None


class WorkingMemory:
    """All entries with their evaluations, as of one date."""

    def __init__(
        self,
        rulebook: Rulebook,
        listing: Listing,
        *,
        engine: str,
        as_of: dt.date | Unknown,
        complete: bool,
    ) -> None:
        self.rulebook = rulebook
        self.listing = listing
        self.engine = engine
        self.as_of = as_of
        self.complete = complete
        self.record: Any = listing.empty
        self.entries: dict[str, Entry] = {}
        self.organisations: dict[str, Organisation] = {}
        self._settler = evaluator_of(engine, rulebook.rules_for(listing.kind, as_of), rulebook)
        of_pairs = rulebook.rules_for("pair", as_of) if listing.is_of_partnerships else ()
        self._pairs = PairIndex(evaluator_of(engine, of_pairs, rulebook))
        of_whole = rulebook.rules_for(listing.whole, as_of) if listing.whole else ()
        self._register = RegisterRules(engine, of_whole, rulebook, listing.lister, listing.listed)
        self._places = 0

    # ── What it says ──────────────────────────────────────────────────────────────────────────

    def settled(self) -> Iterator[Delta]:
        """Yield the outcomes of every subject, evaluated from scratch."""
        if self._register.settled is not None:
            yield self._move((self.listing.whole, ()), None, self._register.settled)
        for key, entry in self.entries.items():
            yield self._move((self.listing.kind, (key,)), None, entry.settled)
        pairs = self._pairs.settled
        for two in sorted(pairs, key=lambda two: [self.entries[each].place for each in two]):
            yield self._move(("pair", two), None, pairs[two])

    def rules(self, kind: str) -> tuple[Rule, ...]:
        """Return the rules in force about a kind of subject."""
        if kind == self.listing.whole:
            return self._register.rules
        return (self._settler if kind == self.listing.kind else self._pairs.settler).rules

    def finding(self, subject: Subject, rule: Rule, outcome: Outcome) -> Finding:
        """Return what a rule says of a subject as a finding that explains itself."""
        kind, ids = subject
        seen: Any
        if kind == self.listing.whole:
            seen = self.whole()
        elif kind == self.listing.kind:
            seen = self.entries[ids[0]].effective
        else:
            first, second = (self.entries[each].effective for each in ids)
            seen = pair_of(first, second)
        return Finding(
            rule=rule,
            verdict=outcome.verdict,
            severity=outcome.severity,
            could_be=outcome.could_be,
            mitigations=outcome.mitigations,
            seen=Seen(seen, self.as_of, self.rulebook),
            outcome=outcome,
            engine=self.engine,
        )

    def whole(self) -> Any:  # noqa: ANN401 - a register of any class
        """Return the register as it counts."""
        known = (entry.effective for entry in self.entries.values())
        return attrs.evolve(self.record, **{self.listing.listed: (*known, *self._more)})

    @property
    def _more(self) -> tuple[Unknown, ...]:
        """The marker of an open list of entries, if it is open."""
        return () if self.complete else (UNKNOWN,)

    def _move(self, subject: Subject, before: Evaluation | None, after: Evaluation | None) -> Delta:
        rules = self.rules(subject[0])
        now = None
        if after is not None:
            pairs = zip(rules, after.outcomes, strict=True)
            now = {rule.id: (rule, outcome) for rule, outcome in pairs}
        return Delta(
            subject,
            opened(rules, None if before is None else before.outcomes),
            opened(rules, None if after is None else after.outcomes),
            now,
        )

    # ── Working an event out ──────────────────────────────────────────────────────────────────

    def plan(
        self,
        *,
        entries: Mapping[str, Any] | None = None,
        organisations: Mapping[str, Organisation | None] | None = None,
        record: Any = None,  # noqa: ANN401 - a register of any class
    ) -> Update:
        """
        Return the effect of an event without applying it.

        Args:
            entries: what was recorded of entries, by id; None where one goes.

            organisations: what was recorded of organisations, by folded name; None where it goes.

            record: the register's own facts.

        Raises:
            EngineError: the engine could not settle it.
        """
        plan = Update(organisations or {}, self.record if record is None else record)
        self._plan_entries(plan, entries or {})
        after = EntryIndex(self.entries, plan.entries)
        records = self.record, plan.record
        if self.listing.is_of_partnerships:
            owner, new_owner = (key_of_partner(owner_of(each)) for each in records)
            plan.pairs = self._pairs.plan(after, plan.changed, (owner, new_owner), self.as_of)
        plan.register = self._register.plan(records, after, plan.changed, self._more, self.as_of)
        return plan

    def _plan_entries(self, plan: Update, entries: Mapping[str, Any]) -> None:
        recorded = dict(entries)
        for name in plan.organisations:
            for key in self._pairs.with_key(key_of_partner(name)):
                recorded.setdefault(key, self.entries[key].recorded)
        tasks: dict[str, EvaluationTask] = {}
        for key, entry in recorded.items():
            old = self.entries.get(key)
            if entry is None:
                plan.entries[key] = None
                plan.changed[key] = None
                continue
            effective = self._effective(entry, plan.organisations)
            if old is None:
                plan.changed[key] = None
                tasks[key] = EvaluationTask(effective)
            else:
                changed = tuple(changed_paths(old.effective, effective))
                plan.changed[key] = changed
                tasks[key] = EvaluationTask(effective, old.settled, changed)
        settled = self._settler.settle(tuple(tasks.values()), self.as_of)
        place = self._places
        for (key, task), each in zip(tasks.items(), settled, strict=True):
            found = self.entries.get(key)
            place += found is None
            pairs = self.listing.is_of_partnerships
            keys = frozenset(keys_of(task.subject)) if pairs else frozenset()
            where = place if found is None else found.place
            plan.entries[key] = Entry(recorded[key], task.subject, each, keys, where)

    def _effective(
        self,
        partnership: Any,  # noqa: ANN401 - a subject of any class
        organisations: Mapping[str, Organisation | None],
    ) -> Any:  # noqa: ANN401 - likewise
        """Return an entry with the facts of its organisations merged in."""
        if not (self.organisations or organisations) or not isinstance(partnership.partners, tuple):
            return partnership
        partners: list[Partner | Unknown] = []
        evidence: dict[str, str] = {}
        index = 0
        for partner in partnership.partners:
            if not isinstance(partner, Partner):
                partners.append(partner)
                continue
            known = self._known_of(partner, organisations)
            partners.append(attrs.evolve(partner, **known) if known else partner)
            for name in known:
                evidence[f"partners[{index}].{name}"] = "recorded of the organisation itself"
            index += 1
        if not evidence:
            return partnership
        return attrs.evolve(
            partnership, partners=tuple(partners), evidence={**partnership.evidence, **evidence}
        )

    def _known_of(
        self, partner: Partner, organisations: Mapping[str, Organisation | None]
    ) -> dict[str, Any]:
        if not isinstance(partner.name, str):
            return {}
        name = fold_body(partner.name)
        found = organisations[name] if name in organisations else self.organisations.get(name)
        if found is None:
            return {}
        facts = {each: getattr(found, each) for each in OF_ORGANISATIONS}
        return {each: value for each, value in facts.items() if value is not UNKNOWN}

    # ── Taking it ─────────────────────────────────────────────────────────────────────────────

    def commit(self, plan: Update) -> list[Delta]:
        """Apply an event's effect and return the deltas."""
        deltas: list[Delta] = []
        if plan.register is not None:
            if plan.register.settled is not None:
                settled = self._register.settled
                whole = (self.listing.whole, ())
                deltas.append(self._move(whole, settled, plan.register.settled))
            self._register.commit(plan.register)
        for key, entry in plan.entries.items():
            old = self.entries.get(key)
            before = None if old is None else old.settled
            after = None if entry is None else entry.settled
            deltas.append(self._move((self.listing.kind, (key,)), before, after))
        for two, settled in plan.pairs.items():
            deltas.append(self._move(("pair", two), self._pairs.settled.get(two), settled))
        self._pairs.commit(EntryIndex(self.entries, plan.entries), plan.pairs)
        overlay(self.entries, plan.entries)
        overlay(self.organisations, plan.organisations)
        self.record = plan.record
        self._places += sum(entry is not None for entry in plan.entries.values())
        return deltas


def opened(rules: Iterable[Rule], outcomes: Iterable[Outcome] | None) -> dict[str, FindingState]:
    """Return the findings that are open, by the ids of their rules."""
    return {
        rule.id: FindingState(
            outcome.severity,
            outcome.could_be,
            tuple(
                place
                for place, each in enumerate(rule.mitigated_by)
                if outcome.mitigations and each in outcome.mitigations
            ),
        )
        for rule, outcome in zip(rules, outcomes or (), strict=outcomes is not None)
        if outcome.verdict is Verdict.FLAGGED and outcome.severity is not None
    }
