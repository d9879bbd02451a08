"""The proofs: what is asked of each rule, table and subject, and what was found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, ClassVar, Final, TypeAlias

import attrs
import z3

from govrules.diagnostics import Span
from govrules.engines.reference import Case, derive, evaluate, judge, scope_of
from govrules.engines.registry import NEVER_FLAGS, Outcome
from govrules.explain.phrases import joined
from govrules.lowering.lower import Lowering, lowering_of
from govrules.prove import effort, symbols, witness
from govrules.prove import terms as t
from govrules.prove.effort import put
from govrules.prove.solving import (
    Clock,
    Found,
    UndecidedError,
    irrelevant,
    solve,
    solve_with,
    with_no_answer,
)
from govrules.prove.symbols import Held, Space, SymbolicRecord, Tree
from govrules.prove.terms import Term, name_of, names_in
from govrules.prove.translate import Translator
from govrules.prove.witness import DisagreementError, Shown
from govrules.rulebook import ast
from govrules.rulebook.ast import Condition, Derived, Rule, Severity, Verdict
from govrules.rulebook.walk import nodes, rule_conditions
from govrules.truth import Truth
from govrules.vocabulary import Kind, Record, YesNo


class Flaw(StrEnum):
    """What a proof looks for."""

    NEVER_APPLICABLE = "never-applicable"
    NEVER_FLAGGED = "never-flagged"
    ALWAYS_FLAGGED = "always-flagged"
    IMPLIED_BY = "implied-by"
    UNREACHABLE_ROW = "unreachable-row"
    GAP = "gap"
    OVERLAP = "overlap"
    CONFLICT = "conflict"
    PERVERSE_INCENTIVE = "perverse-incentive"
    WITHHOLDING_HELPS = "withholding-helps"
    NEVER_WORSE = "never-worse"


class Status(Enum):
    """How a proof ended."""

    PROVED = "proved"
    REFUTED = "refuted"
    INTENDED = "intended"
    NOT_DECIDED = "not decided"
    OUTSIDE = "outside the proof"


@attrs.frozen
class Result:
    """
    What a proof found.

    Attributes:
        flaw: what was looked for.
        about: the rule, derived fact or subject.
        status: proved where there is none, refuted where there is one.
        says: the result in one line.
        rules: the rules that are involved, where there are several.
        examples: what shows it.
        reason: why it is intended, was not decided or could not be asked.
        span: where the rule or derived fact stands.
    """

    flaw: Flaw
    about: str
    status: Status
    says: str
    rules: tuple[str, ...] = ()
    examples: tuple[Shown, ...] = ()
    reason: str = ""
    span: Span | None = attrs.field(default=None, eq=False)

    @property
    def unexplained(self) -> bool:
        """Whether somebody has to look at it."""
        return self.status in (Status.REFUTED, Status.NOT_DECIDED)


#: What is looked for in one rule alone, in this order.
_OF_A_RULE: Final = (
    Flaw.NEVER_APPLICABLE,
    Flaw.NEVER_FLAGGED,
    Flaw.ALWAYS_FLAGGED,
    Flaw.PERVERSE_INCENTIVE,
    Flaw.WITHHOLDING_HELPS,
)
#: What is looked for unless something else is asked: what compares all rules of packs that are
#: meant to work together is asked for by name.
USUAL: Final = frozenset(Flaw) - {Flaw.NEVER_WORSE}
#: How many sets of rules are tried for conflicts before the search ends undecided.
MOST_CONFLICTS: Final = 60
Finding: TypeAlias = tuple[str, tuple[Shown, ...]]
_Core: TypeAlias = tuple[list[Rule], tuple[Shown, ...]]


@attrs.frozen(eq=False)
class _Told:
    """
    What a rule says of a subject, as terms.

    Attributes:
        space: the subject's facts.
        applies: whether it applies and no exception holds.
        not_applicable: whether it does not apply.
        clear: whether the subject is clear.
        flagged: whether it is flagged.
        at_least: whether what it is flagged for is at least so grave.
    """

    space: Space
    applies: Term
    not_applicable: Term
    clear: Term
    flagged: Term
    at_least: Mapping[Severity, Term]


@attrs.define(eq=False)
class Prover:
    """
    Asks the proofs of one rulebook.

    Attributes:
        rulebook: the rulebook.
        bound: the longest list that is considered.
        seconds: how long one proof may take.
        level: the severity from which rules can be in conflict.
    """

    rulebook: ast.Rulebook
    bound: int = 4
    seconds: float = 30
    level: Severity = Severity.HIGH
    flaws: frozenset[Flaw] = USUAL
    _world: t.World = attrs.field(factory=t.World.new)
    _translators: dict[tuple[type, bool, str], Translator] = attrs.field(factory=dict)
    _told: dict[tuple[str, Translator], _Told] = attrs.field(factory=dict)
    #: By rule and flaw, whether what the flaw denies is possible.
    _possible: dict[tuple[str, Flaw], bool] = attrs.field(factory=dict)
    #: Rules that were said to be flagged whenever they apply: no conflict is news of them.
    _hopeless: set[str] = attrs.field(factory=set)
    #: By rule, that it is met.
    _goals: dict[str, Term] = attrs.field(factory=dict)
    #: What it means of each fact that less is known of it, with the names of its variables.
    _relations: dict[Held, tuple[frozenset[str], tuple[Term, ...]]] = attrs.field(factory=dict)

    @property
    def _lowering(self) -> Lowering:
        return lowering_of(self.rulebook.derived)

    def results(self) -> Iterator[Result]:
        """Yield the result of every proof; it depends on nothing that was asked before."""
        yield from t.within(self._world, self._results())

    def _results(self) -> Iterator[Result]:
        for derived in self.rulebook.derived.values():
            if not derived.inherited:
                yield from self._of_derived(derived)
        for rule in self.rulebook.rules:
            yield from self._of_rule(rule)
        for subject in self.rulebook.subjects:
            rules = [each for each in self.rulebook.rules if each.subject == subject]
            if rules:
                yield from self._of_subject(subject, rules)

    # ── What every proof needs ────────────────────────────────────────────────────────────────

    def _translator(self, cls: type, *, complete: bool, tag: str = "") -> Translator:
        """Return what puts formulas on a subject's facts: all known, or not."""
        key = (cls, complete, tag)
        if key not in self._translators:
            space = Space(cls, complete, self.bound, [], self.rulebook.local, self._tested(), tag)
            self._translators[key] = Translator(space)
        return self._translators[key]

    def _tells(self, rule: Rule, translator: Translator) -> _Told:
        """Return what a rule says of a subject's facts."""
        key = (rule.id, translator)
        if key not in self._told:
            judged, term = self._lowering.rule(rule, self._cls(rule)), translator.term
            possible = {each: term(so) for each, so in judged.severities.items()}
            at_least = {
                level: t.both(*(t.no(so) for each, so in possible.items() if each < level))
                for level in Severity
            }
            said = (judged.scope.true, judged.not_applicable, judged.clear, judged.flagged)
            applies, not_applicable, clear, flagged = map(term, said)
            self._told[key] = _Told(
                translator.space, applies, not_applicable, clear, flagged, at_least
            )
        return self._told[key]

    def _pair(self, condition: Condition, translator: Translator) -> tuple[Term, Term]:
        """Return whether a condition certainly holds, and whether it certainly does not."""
        pair = self._lowering.condition(condition, translator.space.cls)
        return translator.term(pair.true), translator.term(pair.false)

    def _tested(self) -> frozenset[str]:
        roots = [each for rule in self.rulebook.rules for each in rule_conditions(rule)]
        roots += [row.when for each in self.rulebook.derived.values() for row in each.rows]
        return frozenset(
            node.fact.path
            for root in roots
            for node in nodes(root)
            if isinstance(node, ast.Test | ast.Known) and isinstance(node.fact.type, Record)
        )

    def _cls(self, about: Rule | Derived) -> type:
        return about.cls if isinstance(about, Derived) else self.rulebook.subjects[about.subject]

    def _plain(self, about: Rule | Derived) -> Translator:
        """Return what puts formulas on the facts with which a proof begins."""
        complete = isinstance(about, Derived) or not _is_about_records(about)
        return self._translator(self._cls(about), complete=complete)

    def _of(self, rule: Rule) -> _Told:
        return self._tells(rule, self._plain(rule))

    def _asked(self, flaw: Flaw, about: Rule | Derived, *more: Any) -> Iterator[Result]:  # noqa: ANN401 - what the proof asks besides
        """Ask one question, and yield what was found; nothing where it is not wanted."""
        if flaw not in self.flaws:
            return
        name, span = _name(about), about.span
        ask, words = self._PROOFS[flaw]
        sound = words.format(name, *more)
        try:
            found = ask(self, about, *more, Clock.of(self.seconds))
        except UndecidedError:
            yield self._too_late(flaw, name, sound, span)
            return
        meant = dict(about.intended) if isinstance(about, Rule) else {}
        for says, examples in found:
            status = Status.INTENDED if flaw in meant else Status.REFUTED
            yield Result(flaw, name, status, says, (), examples, meant.get(flaw.value, ""), span)
        if not found:
            yield Result(flaw, name, Status.PROVED, sound, span=span)

    def _too_late(self, flaw: Flaw, about: str, sound: str, span: Span | None = None) -> Result:
        reason = f"there was no answer within {self.seconds:g} seconds"
        return Result(flaw, about, Status.NOT_DECIDED, sound, reason=reason, span=span)

    def _case(self, about: Rule | Derived, tree: Tree) -> Case:
        return witness.case_for(tree, self._cls(about), self.rulebook)

    def _verdict(self, rule: Rule, tree: Tree) -> Verdict:
        return judge(rule, self._case(rule, tree)).verdict

    def _examples(
        self, about: Rule | Derived, trees: Mapping[str, Tree], holds: Callable[..., bool]
    ) -> tuple[Shown, ...]:
        """Return examples of these names, made small while something holds of their cases."""

        def kept(trees: tuple[Tree, ...]) -> bool:
            return holds(*(self._case(about, each) for each in trees))

        small = tuple(trees.values())
        if not kept(small):
            raise DisagreementError(
                f"`{_name(about)}`: z3 and the reference engine differ: {small}"
            )
        small = witness.shrunk(small, kept)
        return tuple(map(self._example, itertools.repeat(about), small, trees))

    def _example(self, about: Rule | Derived, tree: Tree, name: str) -> Shown:
        return witness.show(about, tree, name, self.rulebook)

    # ── A derived fact ────────────────────────────────────────────────────────────────────────

    def _of_derived(self, derived: Derived) -> Iterator[Result]:
        for index, row in enumerate(derived.rows):
            what = f"row {index + 1} of `{derived.name}`, `{_word(row.value)}`,"
            yield from self._asked(Flaw.UNREACHABLE_ROW, derived, what, index)
        if isinstance(derived.fact.type, YesNo):
            return
        yield from self._asked(Flaw.GAP, derived)
        if derived.unique:
            yield from self._asked(Flaw.OVERLAP, derived)

    def _rows(self, derived: Derived) -> tuple[Space, list[tuple[Term, Term]]]:
        """Return of each row whether it certainly holds and certainly does not, on full facts."""
        translator = self._plain(derived)
        return translator.space, [self._pair(row.when, translator) for row in derived.rows]

    def _unreachable(self, derived: Derived, what: str, index: int, clock: Clock) -> list[Finding]:
        space, rows = self._rows(derived)
        if solve(space, clock, *(false for _, false in rows[:index]), rows[index][0]):
            return []
        parts = _parts(derived.rows[index].when)
        met, tree = self._nearly(derived, parts, [each.when for each in derived.rows], clock)
        values = derive(derived, self._case(derived, tree))
        shown = self._examples(
            derived,
            {f"row {index + 1} is not reached": tree},
            lambda case: _all_hold(met, case) and derive(derived, case) == values,
        )
        contradicts = len(met) < len(parts)
        why = "its condition never holds" if contradicts else "an earlier row always holds first"
        return [(f"{what} is never reached: {why}", shown)]

    def _nearly(
        self,
        about: Rule | Derived,
        parts: Sequence[Condition],
        others: Sequence[Condition],
        clock: Clock,
    ) -> tuple[list[Condition], Tree]:
        """Return as many parts as can hold at once, and a subject on which all else is settled."""
        translator = self._plain(about)
        space = translator.space
        terms = [t.both(*(t.either(*self._pair(each, translator)) for each in (*parts, *others)))]
        met: list[Condition] = []
        found = solve(space, clock, *terms)
        for part in parts:
            more = [*terms, self._pair(part, translator)[0]]
            better = solve(space, clock, *more)
            if better is not None:
                found, terms = better, more
                met.append(part)
        return met, found.tree() if found else {}

    def _gap(self, derived: Derived, clock: Clock) -> list[Finding]:
        if derived.otherwise is not None:
            return []
        space, rows = self._rows(derived)
        found = solve(space, clock, *(false for _, false in rows))
        if found is None:
            return []
        shown = self._examples(
            derived,
            {"no row holds": found.tree()},
            lambda case: derive(derived, case) == (None,),
        )
        return [(f"`{derived.name}` has no value where no row holds", shown)]

    def _overlap(self, derived: Derived, clock: Clock) -> list[Finding]:
        space, pairs = self._rows(derived)
        rows = [(row.when, pair[0]) for row, pair in zip(derived.rows, pairs, strict=True)]
        findings: list[Finding] = []
        for (first, one), (second, other) in itertools.combinations(enumerate(rows, start=1), 2):
            found = solve(space, clock, one[1], other[1])
            if found is None:
                continue
            both = (one[0], other[0])
            shown = self._examples(
                derived,
                {f"rows {first} and {second} both hold": found.tree()},
                lambda case, both=both: _all_hold(both, case) and len(derive(derived, case)) == 1,
            )
            says = f"rows {first} and {second} of `{derived.name}` can both hold"
            findings.append((says, shown))
        return findings

    # ── One rule ──────────────────────────────────────────────────────────────────────────────

    def _of_rule(self, rule: Rule) -> Iterator[Result]:
        for flaw in _OF_A_RULE:
            if flaw is not Flaw.PERVERSE_INCENTIVE or self._can_change(rule):
                yield from self._asked(flaw, rule)
            if self._is_dead(rule, flaw):
                return

    def _is_dead(self, rule: Rule, flaw: Flaw) -> bool:
        """Tell whether a rule has a flaw of which others would only be echoes."""
        try:
            echoed = flaw in (Flaw.NEVER_APPLICABLE, Flaw.NEVER_FLAGGED)
            return echoed and not self._can(rule, flaw, Clock.of(self.seconds))
        except UndecidedError:
            return False

    def _can(self, rule: Rule, flaw: Flaw, clock: Clock) -> bool:
        """Tell whether a rule can do what a flaw says that it never does."""
        key = (rule.id, flaw)
        if key not in self._possible:
            told = self._of(rule)
            wanted = told.applies if flaw is Flaw.NEVER_APPLICABLE else told.flagged
            self._possible[key] = solve(told.space, clock, wanted) is not None
        return self._possible[key]

    def _can_change(self, rule: Rule) -> bool:
        local = self.rulebook.local.values() if rule.subject == "partnership" else ()
        arranged = any(fact.kind is Kind.ARRANGEMENT for fact in local)
        return arranged or symbols.has_arrangements(self._cls(rule))

    def _never_applicable(self, rule: Rule, clock: Clock) -> list[Finding]:
        if self._can(rule, Flaw.NEVER_APPLICABLE, clock):
            return []
        parts = [] if rule.applies_when is None else _parts(rule.applies_when)
        parts += [ast.Not(each.when) for each in rule.unless]
        met, tree = self._nearly(rule, parts, (), clock)

        def holds(case: Case) -> bool:
            return judge(rule, case).verdict is Verdict.NOT_APPLICABLE and _all_hold(met, case)

        shown = self._examples(rule, {"it comes as near to applying as it can": tree}, holds)
        return [(f"`{rule.id}` never applies", shown)]

    def _never_flagged(self, rule: Rule, clock: Clock) -> list[Finding]:
        if self._can(rule, Flaw.NEVER_FLAGGED, clock):
            return []
        told = self._of(rule)
        found = solve(told.space, clock, told.applies, told.clear)
        says = f"`{rule.id}` is never flagged"
        if found is None:
            return [(says, ())]

        def holds(case: Case) -> bool:
            outcome = judge(rule, case)
            return outcome.verdict is Verdict.CLEAR and outcome.scope is Truth.TRUE

        name = "it applies and is clear all the same"
        return [(says, self._examples(rule, {name: found.tree()}, holds))]

    def _always_flagged(self, rule: Rule, clock: Clock) -> list[Finding]:
        told = self._of(rule)
        if solve(told.space, clock, told.applies, told.clear):
            return []
        found = solve(told.space, clock, told.flagged)
        if found is None:
            return []
        self._hopeless.add(rule.id)
        shown = self._examples(
            rule,
            {"it applies, so it is flagged": found.tree()},
            lambda case: judge(rule, case).verdict is Verdict.FLAGGED,
        )
        return [(f"`{rule.id}` is flagged whenever it applies", shown)]

    # ── Withholding ───────────────────────────────────────────────────────────────────────────

    def _withholding(self, rule: Rule, clock: Clock) -> list[Finding]:
        translators = [
            self._translator(self._cls(rule), complete=False, tag=each) for each in ("", "'")
        ]
        full, less = (each.space for each in translators)
        before = self._tells(rule, translators[0]).flagged
        # Texts stand for the same places in both.
        less.texts[:] = full.texts
        other = self._tells(rule, translators[1])
        after = t.either(other.clear, other.not_applicable)
        named = {*names_in(before), *(each.removesuffix("'") for each in names_in(after))}
        wanted, laws = full.laws_of(named)
        twins, more_laws = less.laws_of(f"{each}'" for each in wanted)
        terms = [before, after, *laws, *more_laws]
        for one, twin in (*_twins(full.top, less.top), (full.as_of, less.as_of)):
            if one not in self._relations:
                about = frozenset(map(name_of, one.variables()))
                self._relations[one] = about, tuple(_says_less(one, twin))
            about, known_less = self._relations[one]
            terms += known_less if about & wanted else ()
        found = solve_with(full, clock, wanted, terms)
        if found is None:
            return []
        whole, sparse = found.tree(), Found(less, found.model, twins).tree()
        if not self._escapes(rule, whole, sparse):
            raise DisagreementError(f"`{rule.id}`: {whole} and {sparse} do not differ as z3 says")
        # A pair that differs in one fact, if there is one.
        pairs = ((whole, witness.without(whole, path)) for path in _facts_in(whole))
        alike = (pair for pair in pairs if self._escapes(rule, *pair))
        trees: tuple[Tree, ...] = next(alike, (whole, sparse))

        def holds(trees: tuple[Tree, ...]) -> bool:
            flagged, withheld = trees
            fewer = any(witness.without(flagged, path) == withheld for path in _facts_in(flagged))
            return fewer and self._escapes(rule, flagged, withheld)

        if holds(trees):
            trees = witness.shrunk(trees, holds)
        names = ("it is recorded and flagged", "it is withheld and no longer flagged")
        shown = tuple(map(self._example, (rule, rule), trees, names))
        return [(f"a fact that is withheld takes `{rule.id}` away", shown)]

    def _escapes(self, rule: Rule, flagged: Tree, withheld: Tree) -> bool:
        was_flagged = self._verdict(rule, flagged) is Verdict.FLAGGED
        return was_flagged and self._verdict(rule, withheld) in NEVER_FLAGS

    # ── Perverse incentives ───────────────────────────────────────────────────────────────────

    def _perverse(self, rule: Rule, clock: Clock) -> list[Finding]:
        told = self._of(rule)
        named, laws = told.space.laws_of(names_in(told.flagged))
        found: dict[str, Finding] = {}
        for step in effort.steps(told.space.top, choices=False):
            if step.about in found or named.isdisjoint(step.without):
                continue
            shown = self._adopted(rule, step, named, t.both(*laws), clock)
            if shown is not None:
                says = f"adopting `{step.about}` ({step.what}) adds `{rule.id}`"
                found[step.about] = (says, shown)
        return list(found.values())

    def _adopted(
        self, rule: Rule, step: effort.Step, named: set[str], laws: Term, clock: Clock
    ) -> tuple[Shown, ...] | None:
        """Return the two examples that show that a step adds a finding; None where it does not."""
        space, flagged = self._of(rule).space, self._of(rule).flagged
        fresh, without = step.fresh(space, named, "adopted"), step.without
        was = [put(space, laws, without), t.no(put(space, flagged, without))]
        adopted = {**step.having, **fresh}
        now_laws, now_flagged = put(space, laws, adopted), put(space, flagged, adopted)
        free = named - set(without)
        found = solve_with(space, clock, free, [*was, now_laws, now_flagged])
        if found is None:
            return None
        model = found.model
        if fresh:
            # What is adopted may be filled in as well as can be: is it a finding even then?
            hopeless = with_no_answer(
                space,
                [*was, now_laws],
                t.both(now_laws, t.no(now_flagged)),
                answers={name_of(each): each for each in fresh.values()},
                given=free,
                like={},
                clock=clock,
            )
            if hopeless is None:
                return None
            pinned = space.fixed(hopeless, free)
            again = solve_with(space, clock, free, [*was, now_laws, now_flagged, *pinned])
            if again is None:
                raise DisagreementError(f"`{rule.id}`: no example of adopting {step.about}")
            model = again.model
        both_sides = Found(space, model, named)
        before, after = (both_sides.changed(each).tree() for each in (without, adopted))
        verdict = self._verdict(rule, before)

        def holds(*cases: Case) -> bool:
            first, second = (judge(rule, each).verdict for each in cases)
            return first is verdict and second is Verdict.FLAGGED

        names = {f"without {step.about}": before, f"with {step.about}": after}
        return self._examples(rule, names, holds)

    # ── Several rules ─────────────────────────────────────────────────────────────────────────

    def _of_subject(self, subject: str, rules: list[Rule]) -> Iterator[Result]:
        asked = {Flaw.IMPLIED_BY, Flaw.CONFLICT, Flaw.NEVER_WORSE} & self.flaws
        if not asked:
            return
        alive = [rule for rule in rules if not self._is_dead(rule, Flaw.NEVER_FLAGGED)]
        for rule in alive:
            yield from self._asked(Flaw.IMPLIED_BY, rule, alive)
        if any(self._can_change(rule) for rule in alive) and Flaw.CONFLICT in self.flaws:
            yield from self._conflicts(subject, alive)
        if Flaw.NEVER_WORSE in self.flaws:
            stated = [each for each in alive if not _is_about_records(each)]
            yield from self._never_worse(subject, stated)

    # ── Effort ────────────────────────────────────────────────────────────────────────────────

    def _never_worse(self, subject: str, rules: list[Rule]) -> Iterator[Result]:
        """Yield each arrangement without which a subject looks better, taken all rules together."""
        meant = {each: dict(each.intended).get(Flaw.NEVER_WORSE.value) for each in rules}
        for rule, reason in meant.items():
            if reason:
                says = f"`{rule.id}` may go with an arrangement that is taken away"
                yield Result(
                    Flaw.NEVER_WORSE, rule.id, Status.INTENDED, says, reason=reason, span=rule.span
                )
        asked = [each for each in rules if not meant[each]]
        if not asked:
            return
        space = self._of(asked[0]).space
        graded = {each.id: self._graded(each) for each in asked}
        tried, found = 0, set[str]()
        for step in list(effort.steps(space.top, choices=True)):
            tried += 1
            if step.about in found:
                continue
            try:
                pair = effort.lessened(space, graded, step, Clock.of(self.seconds))
            except UndecidedError:
                yield self._too_late(Flaw.NEVER_WORSE, subject, f"less of `{step.about}`")
                continue
            if pair is not None:
                found.add(step.about)
                yield self._looks_better(asked, step, *(each.tree() for each in pair))
        if tried and not found:
            sound = f"{tried} arrangements of a {subject} may go, and it never looks better for it"
            yield Result(Flaw.NEVER_WORSE, subject, Status.PROVED, sound)

    def _graded(self, rule: Rule) -> list[Term]:
        """Return whether a rule is flagged with each severity, the gravest first."""
        told, graver = self._of(rule), t.false()
        in_force, levels = _in_force(rule, told.space), []
        for level in reversed(Severity):
            so = told.at_least[level]
            levels.append(t.both(told.flagged, in_force, so, t.no(graver)))
            graver = so
        return levels

    def _looks_better(
        self, rules: list[Rule], step: effort.Step, with_it: Tree, without_it: Tree
    ) -> Result:
        def outcomes(tree: Tree) -> list[Outcome]:
            case = self._case(rules[0], tree)
            return [judge(each, case) for each in rules]

        def better(trees: tuple[Tree, ...]) -> bool:
            with_it, without_it = map(_pair, map(outcomes, trees))
            return without_it < with_it

        if not better((with_it, without_it)):
            raise DisagreementError(f"`{step.about}`: it does not look better as z3 says")
        trees = witness.shrunk((with_it, without_it), better)
        before, after = map(outcomes, trees)
        told = zip(rules, before, after, strict=True)
        gone = [rule for rule, one, other in told if one.severity != other.severity]
        names = (f"with {step.about}", f"without {step.about}")
        shown = tuple(
            self._example(each, tree, name)
            for each in gone
            for tree, name in zip(trees, names, strict=True)
        )
        says = f"taking `{step.about}` away ({step.undone}) makes a {rules[0].subject} look better"
        ids = tuple(each.id for each in gone)
        return Result(
            Flaw.NEVER_WORSE, step.about, Status.REFUTED, says, ids, shown, span=gone[0].span
        )

    def _implied(self, rule: Rule, others: list[Rule], clock: Clock) -> list[Finding]:
        others = [each for each in others if each is not rule]
        translator, own = self._plain(rule), self._of(rule)
        premise = t.both(own.flagged, _in_force(rule, own.space))
        covered: dict[str, Term] = {}
        named = {*names_in(premise)}.union(*map(names_in, own.at_least.values()))
        for other in others:
            told = self._tells(other, translator)
            parts = [told.flagged, _in_force(other, own.space)]
            # Their names are known from the last rule; those of the terms below are not.
            named.update(*map(names_in, (*parts, *told.at_least.values())))
            as_grave = [
                t.implied(own.at_least[level], told.at_least[level]) for level in ast.SEVERITIES[1:]
            ]
            covered[other.id] = t.both(*parts, *as_grave)
        _, laws = own.space.laws_of(named)
        solver = t.new_solver()
        solver.add(premise, *laws)
        found: list[Finding] = []
        left = list(covered)
        for other in others:
            if other.id not in left:
                continue
            if clock.check(solver, t.no(covered[other.id])):
                model = solver.model()
                left = [each for each in left if symbols.value_in(model, covered[each])]
            else:
                found.append(self._both_flagged(rule, other, premise, clock))
                left.remove(other.id)
        return found

    def _both_flagged(self, rule: Rule, other: Rule, premise: Term, clock: Clock) -> Finding:
        translator = self._plain(rule)
        also = self._tells(other, translator).flagged
        found = solve(translator.space, clock, premise, also)
        if found is None:
            raise DisagreementError(f"`{rule.id}` can be flagged, and then it cannot")

        def holds(case: Case) -> bool:
            first, second = judge(rule, case), judge(other, case)
            flagged = first.verdict is second.verdict is Verdict.FLAGGED
            worst = first.could_be or first.severity
            if not flagged or worst is None or second.severity is None:
                return False
            return second.severity >= worst

        says = f"whenever `{rule.id}` is flagged, so is `{other.id}`, and no less gravely"
        tree = found.tree()
        return says, (
            *self._examples(rule, {f"{other.id} is flagged with it": tree}, holds),
            *self._examples(other, {f"{rule.id} is flagged with it": tree}, holds),
        )

    # ── Conflicts ─────────────────────────────────────────────────────────────────────────────

    def _conflicts(self, subject: str, rules: list[Rule]) -> Iterator[Result]:
        sound = f"some arrangement clears every rule on a {subject} from {self.level.value} upwards"
        for rule in filter(_is_about_records, rules):
            reason = "it tests what is recorded, which no arrangement changes"
            says = f"`{rule.id}` is left out of the conflicts of a {subject}"
            outside = (Flaw.CONFLICT, rule.id, Status.OUTSIDE, says)
            yield Result(*outside, reason=reason, span=rule.span)
        left_out = {each.id for each in rules if _is_about_records(each)} | self._hopeless
        asked = [each for each in rules if each.id not in left_out]
        found = False
        try:
            for core, shown in self._cores(asked):
                found = True
                yield self._conflict(subject, core, shown)
        except UndecidedError:
            yield self._too_late(Flaw.CONFLICT, subject, sound)
            return
        if asked and not found:
            yield Result(Flaw.CONFLICT, subject, Status.PROVED, sound)

    def _conflict(self, subject: str, core: list[Rule], shown: tuple[Shown, ...]) -> Result:
        names = tuple(each.id for each in core)
        clears = f"clears {joined(f'`{each}`' for each in names)}"
        clears += " together" if len(core) > 1 else ""
        says = f"there are circumstances of a {subject} in which no arrangement {clears}"
        reasons = [dict(each.intended).get(Flaw.CONFLICT.value, "") for each in core]
        reason = next(filter(None, reasons), "")
        status = Status.INTENDED if reason else Status.REFUTED
        about = names[0] if len(names) == 1 else subject
        return Result(Flaw.CONFLICT, about, status, says, names, shown, reason, core[0].span)

    def _cores(self, rules: list[Rule]) -> Iterator[_Core]:
        """Yield every smallest set of rules that cannot always be cleared together."""
        self._goals = {rule.id: self._goal(rule) for rule in rules}
        for group in self._groups(rules):
            known: list[frozenset[str]] = []
            waiting: list[frozenset[str]] = [frozenset()]
            tried: set[frozenset[str]] = set()
            while waiting:
                left_out = waiting.pop(0)
                if left_out in tried:
                    continue
                tried.add(left_out)
                if len(tried) > MOST_CONFLICTS:
                    raise UndecidedError
                core = next((each for each in known if not each & left_out), None)
                if core is None:
                    kept = [each for each in group if each.id not in left_out]
                    found = self._no_way_out(kept, Clock.of(self.seconds))
                    if found is None:
                        continue
                    core = frozenset(each.id for each in found[0])
                    known.append(core)
                    yield found
                waiting += [left_out | {each} for each in sorted(core)]

    def _goal(self, rule: Rule) -> Term:
        """Return that a rule is met, without arrangements on which that does not depend."""
        told = self._of(rule)
        grave = t.both(told.flagged, _in_force(rule, told.space), told.at_least[self.level])
        goal = t.no(grave)
        named, laws = names_in(goal), told.space.laws_of(names_in(goal))[1]
        arranged = told.space.named(named & told.space.arranged).values()
        idle = irrelevant(goal, laws, [each for each in arranged if z3.is_bool(each)])
        return z3.simplify(z3.substitute(goal, *((each, t.false()) for each in idle)))

    def _groups(self, rules: list[Rule]) -> list[list[Rule]]:
        """Return the rules in groups that have no arrangement in common."""
        groups: list[tuple[set[str], list[Rule]]] = []
        for rule in rules:
            named = set(names_in(self._goals[rule.id])) & self._of(rule).space.arranged
            apart = [each for each in groups if not each[0] & named]
            joint = [each for each in groups if each[0] & named]
            together = [rule, *(each for _, members in joint for each in members)]
            groups = [*apart, (named.union(*(names for names, _ in joint)), together)]
        return [[rule for rule in rules if rule in members] for _, members in groups]

    def _no_way_out(self, rules: list[Rule], clock: Clock) -> _Core | None:
        """Return a smallest set of these rules that no arrangement clears, and what shows it."""
        if not rules:
            return None
        space = self._of(rules[0]).space
        good = t.both(*(self._goals[each.id] for each in rules))
        named, laws = space.laws_of(names_in(good))
        # A record that no rule tests as such may as well be there: its facts can be none or no.
        free = space.named(named & space.arranged - names_in(good)).values()
        there = [(each, t.false()) for each in free if z3.is_bool(each)]
        laws = [z3.simplify(z3.substitute(law, *there)) for law in laws]
        answers, given = space.named(named & space.arranged), named - space.arranged
        model = with_no_answer(
            space,
            [law for law in laws if not names_in(law) & space.arranged],
            t.both(good, *laws),
            answers=answers,
            given=given,
            like=_today(space, answers, given),
            clock=clock,
        )
        if model is None:
            return None
        facts = [*space.fixed(model, given), *laws]
        core = list(rules)
        for rule in rules:
            fewer = [each for each in core if each is not rule]
            solver = t.new_solver()
            solver.add(*facts, *(self._goals[each.id] for each in fewer))
            if not clock.check(solver):
                core = fewer
        # Elsewhere still fewer of them may be in conflict.
        for rule in core if len(core) > 1 else []:
            smaller = self._no_way_out([each for each in core if each is not rule], clock)
            if smaller is not None:
                return smaller
        return core, self._shown_conflict(core, named, facts, clock)

    def _shown_conflict(
        self, core: list[Rule], named: set[str], facts: list[Term], clock: Clock
    ) -> tuple[Shown, ...]:
        space = self._of(core[0]).space
        told = [self._of(each) for each in core]
        terms = [term for each in told for term in (each.flagged, each.at_least[self.level])]
        wanted, all_laws = space.laws_of(set[str]().union(*map(names_in, terms)))
        shown: list[Shown] = []
        for rule in core:
            others = [each for each in core if each is not rule]
            met = [self._goals[each.id] for each in others]
            found = solve_with(space, clock, named | wanted, [*facts, *met, *all_laws])
            if found is None:
                raise DisagreementError(f"the conflict of {[each.id for each in core]} is no core")
            start = Found(space, found.model, wanted).tree()
            whole = self._case(rule, start)
            applied = [(each, scope_of(each, whole)) for each in others]

            def holds(
                case: Case, rule: Rule = rule, others: list[tuple[Rule, Truth]] = applied
            ) -> bool:
                severity = judge(rule, case).severity
                grave = severity is not None and severity >= self.level
                return grave and all(self._is_met(each, case, scope) for each, scope in others)

            name = "nothing clears it" if not others else "what clears the others leaves it"
            shown += self._examples(rule, {name: start}, holds)
        return tuple(shown)

    def _is_met(self, rule: Rule, case: Case, scope: Truth) -> bool:
        """Tell whether a rule is met, and applies to the case if it did."""
        outcome = judge(rule, case)
        if outcome.scope is not scope:
            return False
        if outcome.verdict in NEVER_FLAGS:
            return True
        worst = outcome.could_be or outcome.severity
        return outcome.verdict is Verdict.FLAGGED and worst is not None and worst < self.level

    #: By flaw: who looks for it, and what holds of a rule or derived fact that has it not.
    _PROOFS: ClassVar[Mapping[Flaw, tuple[Callable[..., list[Finding]], str]]] = {
        Flaw.UNREACHABLE_ROW: (_unreachable, "{1} can be reached"),
        Flaw.GAP: (_gap, "`{0}` always has a value"),
        Flaw.OVERLAP: (_overlap, "no two rows of `{0}` hold at once"),
        Flaw.NEVER_APPLICABLE: (_never_applicable, "`{0}` can apply"),
        Flaw.NEVER_FLAGGED: (_never_flagged, "`{0}` can be flagged"),
        Flaw.ALWAYS_FLAGGED: (_always_flagged, "`{0}` can be clear where it applies"),
        Flaw.PERVERSE_INCENTIVE: (_perverse, "no arrangement that is adopted adds `{0}`"),
        Flaw.WITHHOLDING_HELPS: (_withholding, "`{0}` is not escaped by withholding a fact"),
        Flaw.IMPLIED_BY: (_implied, "`{0}` says something that no other rule says"),
    }


def _today(space: Space, answers: Iterable[str], given: Iterable[str]) -> dict[str, Term]:
    """Return the date of the assessment, part by part, for each part of a date."""
    days = zip(symbols.PARTS, space.as_of.term, strict=True)
    today = {word: part for word, part in days if name_of(part) in given}
    pairs = itertools.product(answers, today)
    return {name: today[word] for name, word in pairs if name.endswith(f" {word}")}


def _in_force(rule: Rule, space: Space) -> Term:
    today = space.as_of.term
    begins, ends = rule.in_force
    when = t.true()
    if begins is not None:
        when = t.no(symbols.earlier(today, symbols.day_of(begins)))
    if ends is not None:
        when = t.both(when, t.no(symbols.earlier(symbols.day_of(ends), today)))
    return when


def _is_about_records(rule: Rule) -> bool:
    """Tell whether a rule tests what is recorded, so that complete facts say nothing of it."""
    found = (node for each in rule_conditions(rule) for node in nodes(each))
    return any(isinstance(node, ast.Known) for node in found)


def _all_hold(conditions: Iterable[Condition], case: Case) -> bool:
    return all(evaluate(each, case) is Truth.TRUE for each in conditions)


def _twins(one: SymbolicRecord, other: SymbolicRecord) -> Iterator[tuple[Held, Held]]:
    """Yield the facts of two copies of a record that both have, those inside them after them."""
    for name in [each for each in one.held if each in other.held]:
        mine, theirs = one.held[name], other.held[name]
        yield mine, theirs
        if isinstance(mine, symbols.Listed) and isinstance(theirs, symbols.Listed):
            for pair in zip(mine.records, theirs.records, strict=True):
                yield from _twins(*pair)


def _size(members: symbols.Members) -> Term:
    return t.number_of(members.of.values())


def _says_less(one: Held, other: Held) -> Iterator[Term]:
    """Yield that the second fact, without records inside it, says no more than the first."""
    pairs: list[tuple[Term, Term]]
    match one, other:
        case symbols.Single(), symbols.Single():
            pairs = list(zip(one.variables(), other.variables(), strict=True))
            same = [a == b for a, b in pairs if not a.eq(one.known)]
            yield t.implied(other.known, t.both(one.known, *same))
        case ((symbols.Members() | symbols.Listed()), (symbols.Members() | symbols.Listed())):
            pairs = list(zip(one.of.values(), other.of.values(), strict=True))
            yield from (t.implied(b, a) for a, b in pairs)
            same = [a == b for a, b in pairs]
            yield t.implied(t.no(other.more), t.both(t.no(one.more), *same))
            if isinstance(one, symbols.Members) and isinstance(other, symbols.Members):
                # It follows, but z3 does not see it: a part of a set has no more members.
                yield _size(other) <= _size(one)
                yield t.implied(t.no(other.more), _size(other) == _size(one))
        case _:
            raise AssertionError("two copies of a fact are of one kind")


def _facts_in(tree: Tree) -> Iterator[witness.Path]:
    """Yield the facts that could be withheld: not places in lists, nor members of sets."""
    for path in witness.removable(tree):
        within: Any = tree
        for key in path[:-1]:
            within = within[key]
        if isinstance(within, dict):
            yield path


def _pair(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Return the rank of the worst severity and how many have it; nought for none."""
    ranks = [each.severity.rank + 1 for each in outcomes if each.severity is not None]
    worst = max(ranks, default=0)
    return worst, ranks.count(worst)


def _parts(condition: Condition) -> list[Condition]:
    if isinstance(condition, ast.All):
        return [part for item in condition.items for part in _parts(item)]
    return [condition]


def _name(about: Rule | Derived) -> str:
    return about.id if isinstance(about, Rule) else about.name


def _word(value: str | bool) -> str:  # noqa: FBT001 - a value of a fact
    return value if isinstance(value, str) else ("yes" if value else "no")
