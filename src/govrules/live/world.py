"""
What a live register knows, and what the rules say of it.

An event is first worked out as a plan, which changes nothing and may fail; committing a plan only
puts what was worked out in its place.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.assessment import rules_for
from govrules.engines.reference import Case, case_of
from govrules.engines.registry import Outcome
from govrules.facts import Facts
from govrules.findings import Finding
from govrules.live.plain import changed_paths
from govrules.live.settling import Settled, Settler, Task, settler_of
from govrules.live.tallies import ENTRIES, Tally, rewritten, told
from govrules.model import Organisation, Pair, Partner, Partnership, Register
from govrules.portfolio import fold_name, key_of_partner, keys_of, owner_of, pair_of
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.rulebook.reads import Path
from govrules.truth import UNKNOWN, Unknown

#: What is recorded of an organisation and counts in place of what entries say of their partner.
OF_ORGANISATIONS: Final = ("kind", "weaknesses")
#: The facts of a partnership that decide with which it stands as a pair, or make up the pair.
_OF_PAIRS: Final = frozenset({"id", "name", "parent", "sub_group", "area", "objective", "partners"})

#: Two entries by their ids, the one that was put first before the other.
Two: TypeAlias = tuple[str, str]
#: What is settled: partnership, register or pair; and its id, none, or the ids of the two.
Subject: TypeAlias = tuple[str, tuple[str, ...]]
THE_REGISTER: Final[Subject] = ("register", ())


@attrs.frozen
class Entry:
    """
    A partnership on the register.

    Attributes:
        recorded: as it was recorded.
        effective: as it counts, with what is known of the organisations in it.
        settled: what the rules say of it.
        keys: what it has in common with those it stands beside as a pair.
        place: entries are in the order in which they were first put.
    """

    recorded: Partnership
    effective: Partnership
    settled: Settled
    keys: frozenset[str]
    place: int


@attrs.frozen
class Weight:
    """
    How a finding that is open stands.

    Attributes:
        severity: how grave it is for certain.
        could_be: how grave it could turn out, where that is graver.
        mitigations: which of the rule's mitigations hold, by their places.
    """

    severity: Severity
    could_be: Severity | None
    mitigations: tuple[int, ...]


@attrs.frozen
class Move:
    """
    What the rules said of a subject, and what they say now.

    Attributes:
        subject: the subject.
        before: what was open, by rule.
        after: what is open now.
        now: what each rule says now, by its id; None where the subject is gone.
    """

    subject: Subject
    before: Mapping[str, Weight]
    after: Mapping[str, Weight]
    now: Mapping[str, tuple[Rule, Outcome]] | None


@attrs.define
class Plan:
    """What an event changes; None stands for what goes."""

    organisations: Mapping[str, Organisation | None]
    record: Register
    entries: dict[str, Entry | None] = attrs.field(factory=dict)
    #: What changed in each entry; None where it came or went.
    changed: dict[str, Collection[Path] | None] = attrs.field(factory=dict)
    pairs: dict[Two, Settled | None] = attrs.field(factory=dict)
    given: dict[str, dict[str, tuple[Any, ...] | None]] = attrs.field(factory=dict)
    counted: dict[str, Counter[tuple[Any, ...]]] = attrs.field(factory=dict)
    truths: dict[str, Any] = attrs.field(factory=dict)
    register: Settled | None = None


@attrs.define(eq=False, init=False)
class World:
    """All entries with what is settled of them, as of one date."""

    rulebook: Rulebook
    engine: str
    as_of: dt.date | Unknown
    complete: bool
    record: Register
    entries: dict[str, Entry]
    organisations: dict[str, Organisation]
    pairs: dict[Two, Settled]
    _of_entries: Settler
    _of_pairs: Settler
    _of_register: Settler
    _register_rules: tuple[Rule, ...]
    _register: Settled | None
    _tallies: Mapping[str, Tally]
    _truths: dict[str, Any]
    _tallied: Rulebook
    _keyed: dict[str, dict[str, None]]
    _paired: dict[str, set[Two]]
    _places: int

    def __init__(
        self, rulebook: Rulebook, *, engine: str, as_of: dt.date | Unknown, complete: bool
    ) -> None:
        self.rulebook = rulebook
        self.engine = engine
        self.as_of = as_of
        self.complete = complete
        self.record = Register()
        self.entries = {}
        self.organisations = {}
        self.pairs = {}
        self._of_entries = settler_of(engine, rules_for("partnership", rulebook, as_of), rulebook)
        self._of_pairs = settler_of(engine, rules_for("pair", rulebook, as_of), rulebook)
        self._register_rules = rules_for("register", rulebook, as_of)
        made = rewritten(self._register_rules, rulebook)
        self._of_register = settler_of(engine, made.rules, made.rulebook)
        self._tallies = made.tallies
        self._tallied = made.rulebook
        self._register = None
        self._truths = {}
        self._keyed = {}
        self._paired = {}
        self._places = 0

    # ── What it says ──────────────────────────────────────────────────────────────────────────

    def settled(self) -> Iterator[Move]:
        """Yield what the rules say of every subject, as if all were new."""
        if self._register is not None:
            yield self._move(THE_REGISTER, None, self._register)
        for key, entry in self.entries.items():
            yield self._move(("partnership", (key,)), None, entry.settled)
        for two in sorted(self.pairs, key=self._in_order):
            yield self._move(("pair", two), None, self.pairs[two])

    def _in_order(self, two: Two) -> tuple[int, int]:
        return self.entries[two[0]].place, self.entries[two[1]].place

    def rules(self, kind: str) -> tuple[Rule, ...]:
        """Return the rules in force about a kind of subject."""
        if kind == "register":
            return self._register_rules
        return (self._of_entries if kind == "partnership" else self._of_pairs).rules

    def finding(self, subject: Subject, rule: Rule, outcome: Outcome) -> Finding:
        """Return what a rule says of a subject as a finding that explains itself."""
        kind, ids = subject
        seen: Partnership | Register | Pair
        if kind == "register":
            seen = self.whole()
            outcome = _on_original(rule, self._rewritten(rule), outcome)
        elif kind == "pair":
            first, second = (self.entries[each].effective for each in ids)
            seen = pair_of(first, second)
        else:
            seen = self.entries[ids[0]].effective
        return Finding(
            rule=rule,
            verdict=outcome.verdict,
            severity=outcome.severity,
            could_be=outcome.could_be,
            mitigations=outcome.mitigations,
            case=case_of(Facts(seen, self.as_of), self.rulebook),
            outcome=outcome,
            engine=self.engine,
        )

    def _rewritten(self, rule: Rule) -> Rule:
        return self._of_register.rules[self._register_rules.index(rule)]

    def whole(self) -> Register:
        """Return the register as it counts."""
        return self._seen(self.record, (each.effective for each in self.entries.values()))

    def _seen(self, record: Register, entries: Iterable[Partnership]) -> Register:
        more = () if self.complete else (UNKNOWN,)
        return attrs.evolve(record, partnerships=(*entries, *more))

    def _move(self, subject: Subject, before: Settled | None, after: Settled | None) -> Move:
        kind, _ = subject
        # Rules on the register are told as they stand in the rulebook, and were judged rewritten.
        judged = self._of_register.rules if kind == "register" else self.rules(kind)
        return Move(
            subject,
            opened(judged, None if before is None else before.outcomes),
            opened(judged, None if after is None else after.outcomes),
            None
            if after is None
            else {
                rule.id: (rule, outcome)
                for rule, outcome in zip(self.rules(kind), after.outcomes, strict=True)
            },
        )

    # ── Working an event out ──────────────────────────────────────────────────────────────────

    def plan(
        self,
        *,
        entries: Mapping[str, Partnership | None] | None = None,
        organisations: Mapping[str, Organisation | None] | None = None,
        record: Register | None = None,
    ) -> Plan:
        """
        Return what an event would change.

        Args:
            entries: what was recorded of partnerships, by id; None where one goes.

            organisations: what was recorded of organisations, by folded name; None where it goes.

            record: the register's own facts.

        Raises:
            EngineError: the engine could not settle it.
        """
        plan = Plan(organisations or {}, self.record if record is None else record)
        self._plan_entries(plan, entries or {})
        if self._of_pairs.rules:
            self._plan_pairs(plan)
        self._plan_register(plan)
        return plan

    def _plan_entries(self, plan: Plan, entries: Mapping[str, Partnership | None]) -> None:
        recorded = dict(entries)
        for name in plan.organisations:
            for key in self._keyed.get(key_of_partner(name), ()):
                recorded.setdefault(key, self.entries[key].recorded)
        tasks: dict[str, Task] = {}
        for key, partnership in recorded.items():
            old = self.entries.get(key)
            if partnership is None:
                plan.entries[key] = None
                plan.changed[key] = None
                continue
            effective = self._effective(partnership, plan.organisations)
            if old is None:
                plan.changed[key] = None
                tasks[key] = Task(effective)
            else:
                changed = tuple(changed_paths(old.effective, effective))
                plan.changed[key] = changed
                tasks[key] = Task(effective, old.settled, changed)
        settled = self._of_entries.settle(tuple(tasks.values()), self.as_of)
        place = self._places
        for (key, task), each in zip(tasks.items(), settled, strict=True):
            found = self.entries.get(key)
            place += found is None
            partnership = recorded[key]
            assert partnership is not None  # noqa: S101 - those that go have no task
            keys = frozenset(keys_of(task.subject))
            where = place if found is None else found.place
            plan.entries[key] = Entry(partnership, task.subject, each, keys, where)

    def _effective(
        self, partnership: Partnership, organisations: Mapping[str, Organisation | None]
    ) -> Partnership:
        """Return a partnership with what is recorded of the organisations in it."""
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
        name = fold_name(partner.name)
        found = organisations[name] if name in organisations else self.organisations.get(name)
        if found is None:
            return {}
        facts = {each: getattr(found, each) for each in OF_ORGANISATIONS}
        return {each: value for each, value in facts.items() if value is not UNKNOWN}

    def _plan_pairs(self, plan: Plan) -> None:
        owner = key_of_partner(owner_of(plan.record))
        moved = {key for key, changed in plan.changed.items() if self._moves_pairs(changed)}
        if owner != key_of_partner(owner_of(self.record)):
            moved |= self.entries.keys()
        keyed: dict[str, set[str]] = {}
        for key, entry in plan.entries.items():
            for each in () if entry is None else entry.keys:
                keyed.setdefault(each, set()).add(key)
        tasks: dict[Two, Task] = {}
        for key in moved:
            for two in self._paired.get(key, ()):
                plan.pairs[two] = None
            entry = self._entry(key, plan)
            for each in () if entry is None else entry.keys - {owner}:
                beside = keyed.get(each, set()) | {
                    other for other in self._keyed.get(each, ()) if other not in plan.entries
                }
                for other in beside - {key}:
                    tasks.update(self._pair(key, other, plan))
        settled = self._of_pairs.settle(tuple(tasks.values()), self.as_of)
        plan.pairs.update(zip(tasks, settled, strict=True))

    def _moves_pairs(self, changed: Collection[Path] | None) -> bool:
        """Tell whether changes of an entry count for the pairs that it is in."""
        if changed is None or any(
            each.partition(".")[0].partition("[")[0] in _OF_PAIRS for each in changed
        ):
            return True
        return self._of_pairs.read(
            f"{one}.{path}" for path in changed for one in ("first", "second")
        )

    def _pair(self, one: str, other: str, plan: Plan) -> dict[Two, Task]:
        found = [(key, self._entry(key, plan)) for key in (one, other)]
        known = [(key, entry) for key, entry in found if entry is not None]
        (first, this), (second, that) = sorted(known, key=lambda each: each[1].place)
        two = (first, second)
        return {two: Task(pair_of(this.effective, that.effective), self.pairs.get(two), None)}

    def _entry(self, key: str, plan: Plan) -> Entry | None:
        return plan.entries[key] if key in plan.entries else self.entries.get(key)

    def _after(self, plan: Plan) -> Iterator[tuple[str, Entry]]:
        """Yield the entries as they are after the event, in their order."""
        for key in (*self.entries, *(each for each in plan.entries if each not in self.entries)):
            entry = self._entry(key, plan)
            if entry is not None:
                yield key, entry

    def _plan_register(self, plan: Plan) -> None:
        if not self._register_rules:
            return
        changed: set[Path] = set(changed_paths(self.record, plan.record))
        case = case_of(Facts(plan.record, self.as_of), self._tallied)
        moved: dict[str, bool] = {}
        for name, tally in self._tallies.items():
            self._tally(name, tally, plan, changed, case)
            if name in plan.given or name not in self._truths or tally.beside(changed):
                counted = plan.counted.get(name, tally.counted)
                truth = told(tally.truth(counted, case, closed=self.complete))
                plan.truths[name] = truth
                moved[name] = name not in self._truths or self._truths[name] is not truth
        changed |= {f"local.{name}" for name, moves in moved.items() if moves}
        changed |= {
            f"{ENTRIES}[].{path}" for paths in plan.changed.values() for path in paths or ()
        }
        if None in plan.changed.values():
            changed.add(ENTRIES)
        if self._register is None or self._of_register.read(changed):
            seen = self._seen(plan.record, (each.effective for _, each in self._after(plan)))
            local = {**plan.record.local, **self._truths, **plan.truths}
            task = Task(attrs.evolve(seen, local=local), self._register, changed)
            (plan.register,) = self._of_register.settle((task,), self.as_of)

    def _tally(
        self, name: str, tally: Tally, plan: Plan, changed: Collection[Path], case: Case
    ) -> None:
        """Work out what entries give to a condition on them all, where that can have moved."""
        given: dict[str, tuple[Any, ...] | None] = {}
        if tally.moved_by_register(changed):
            given = {key: tally.of(entry.effective, case) for key, entry in self._after(plan)}
        for key, paths in plan.changed.items():
            entry = plan.entries[key]
            if entry is None:
                given[key] = None
            elif paths is None or tally.moved_by_entry(paths):
                given[key] = tally.of(entry.effective, case)
        given = {key: each for key, each in given.items() if each != tally.given.get(key)}
        if not given:
            return
        counted = tally.counted.copy()
        for key, each in given.items():
            if (old := tally.given.get(key)) is not None:
                counted[old] -= 1
                if not counted[old]:
                    del counted[old]
            if each is not None:
                counted[each] += 1
        plan.given[name] = given
        plan.counted[name] = counted

    # ── Taking it ─────────────────────────────────────────────────────────────────────────────

    def commit(self, plan: Plan) -> list[Move]:
        """Put what was worked out in its place, and return what moved."""
        moves: list[Move] = []
        if plan.register is not None:
            moves.append(self._move(THE_REGISTER, self._register, plan.register))
            self._register = plan.register
        self._truths.update(plan.truths)
        for name, given in plan.given.items():
            tally = self._tallies[name]
            tally.counted = plan.counted[name]
            _overlay(tally.given, given)
        for key, entry in plan.entries.items():
            old = self.entries.get(key)
            before = None if old is None else old.settled
            after = None if entry is None else entry.settled
            moves.append(self._move(("partnership", (key,)), before, after))
            self._key(key, old, entry)
        _overlay(self.entries, plan.entries)
        for two, settled in plan.pairs.items():
            moves.append(self._move(("pair", two), self.pairs.get(two), settled))
            for key in two:
                known = self._paired.setdefault(key, set())
                (known.discard if settled is None else known.add)(two)
                if not known:
                    del self._paired[key]
        _overlay(self.pairs, plan.pairs)
        _overlay(self.organisations, plan.organisations)
        self.record = plan.record
        self._places += sum(entry is not None for entry in plan.entries.values())
        return moves

    def _key(self, key: str, old: Entry | None, new: Entry | None) -> None:
        before = frozenset() if old is None else old.keys
        after = frozenset() if new is None else new.keys
        for each in before - after:
            del self._keyed[each][key]
            if not self._keyed[each]:
                del self._keyed[each]
        for each in after - before:
            self._keyed.setdefault(each, {})[key] = None


def _overlay(known: dict[Any, Any], changed: Mapping[Any, Any]) -> None:
    """Put each value in its place, and take away what is None."""
    for key, value in changed.items():
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value


def _on_original(rule: Rule, mine: Rule, outcome: Outcome) -> Outcome:
    """Return what a rewritten rule says as what its original says."""
    holding = tuple(
        original
        for original, each in zip(rule.mitigated_by, mine.mitigated_by, strict=True)
        if each in outcome.mitigations
    )
    return Outcome(outcome.verdict, outcome.severity, outcome.could_be, holding)


def opened(rules: Iterable[Rule], outcomes: Iterable[Outcome] | None) -> dict[str, Weight]:
    """Return the findings that are open, by the ids of their rules."""
    return {
        rule.id: Weight(
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
