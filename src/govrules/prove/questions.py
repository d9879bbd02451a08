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
from govrules.explain.english import joined
from govrules.lowering.judged import Judged
from govrules.lowering.lower import Lowering
from govrules.prove.solving import Clock, Found, UndecidedError, solve, solve_with, with_no_answer
from govrules.prove.symbols import (
    Day,
    Held,
    Listed,
    Members,
    Nested,
    Single,
    Space,
    SymbolicRecord,
    Tree,
    day_of,
    earlier,
)
from govrules.prove.terms import (
    Term,
    World,
    both,
    either,
    false,
    implied,
    is_variable,
    names_in,
    new_solver,
    no,
    number_of,
    true,
    truth,
    within,
)
from govrules.prove.translate import Translator
from govrules.prove.witness import (
    DisagreementError,
    Path,
    Shown,
    case_for,
    removable,
    show_derived,
    show_rule,
    shrunk,
    without,
)
from govrules.rulebook.ast import (
    SEVERITIES,
    All,
    Condition,
    Derived,
    Known,
    Not,
    Rule,
    Rulebook,
    Severity,
    Test,
    Verdict,
)
from govrules.rulebook.walk import nodes, rule_conditions
from govrules.truth import Truth
from govrules.vocabulary import Kind, Record, YesNo, vocabulary_of


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
#: How many sets of rules are tried for conflicts before the search ends undecided.
MOST_CONFLICTS: Final = 60
Finding: TypeAlias = tuple[str, tuple[Shown, ...]]


@attrs.frozen(eq=False)
class _Told:
    """
    What a rule says of a subject, as terms.

    Attributes:
        applies: whether it applies and no exception holds.
        not_applicable: whether it does not apply.
        clear: whether the subject is clear.
        flagged: whether it is flagged.
        at_least: whether what it is flagged for is at least so grave.
    """

    applies: Term
    not_applicable: Term
    clear: Term
    flagged: Term
    at_least: Mapping[Severity, Term]

    @classmethod
    def of(cls, judged: Judged, translator: Translator) -> _Told:
        """Return a lowered rule as terms."""
        possible = {each: translator.term(so) for each, so in judged.severities.items()}
        at_least = {
            level: both(*(no(so) for each, so in possible.items() if each < level))
            for level in Severity
        }
        return cls(
            translator.term(judged.scope.true),
            translator.term(judged.not_applicable),
            translator.term(judged.clear),
            translator.term(judged.flagged),
            at_least,
        )


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

    rulebook: Rulebook
    bound: int = 4
    seconds: float = 30
    level: Severity = Severity.HIGH
    flaws: frozenset[Flaw] = frozenset(Flaw)
    _world: World = attrs.field(factory=World.new)
    _lowering: Lowering = attrs.field(init=False)
    _lowered: dict[str, Judged] = attrs.field(factory=dict)
    _translators: dict[tuple[type, bool, str], Translator] = attrs.field(factory=dict)
    _told: dict[tuple[str, Translator], _Told] = attrs.field(factory=dict)
    #: By rule and flaw, whether what the flaw denies is possible.
    _possible: dict[tuple[str, Flaw], bool] = attrs.field(factory=dict)
    #: Rules that were said to be flagged whenever they apply: no conflict is news of them.
    _hopeless: set[str] = attrs.field(factory=set)
    #: What it means of each fact that less is known of it, with the names of its variables.
    _relations: dict[int, tuple[Held, frozenset[str], tuple[Term, ...]]] = attrs.field(factory=dict)

    @_lowering.default
    def _lowering_of_the_rulebook(self) -> Lowering:
        return Lowering(self.rulebook.derived)

    def results(self) -> Iterator[Result]:
        """Yield the result of every proof; it depends on nothing that was asked before."""
        yield from within(self._world, self._results())

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
            if rule.id not in self._lowered:
                self._lowered[rule.id] = self._lowering.rule(rule, self._cls(rule))
            self._told[key] = _Told.of(self._lowered[rule.id], translator)
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
            if isinstance(node, Test | Known) and isinstance(node.fact.type, Record)
        )

    def _cls(self, rule: Rule) -> type:
        return self.rulebook.subjects[rule.subject]

    def _of(self, rule: Rule) -> tuple[Space, _Told]:
        complete = not self._is_about_records(rule)
        translator = self._translator(self._cls(rule), complete=complete)
        return translator.space, self._tells(rule, translator)

    def _is_about_records(self, rule: Rule) -> bool:
        """Tell whether a rule tests what is recorded, so that complete facts say nothing of it."""
        return any(
            isinstance(node, Known) for each in rule_conditions(rule) for node in nodes(each)
        )

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
            reason = f"there was no answer within {self.seconds:g} seconds"
            yield Result(flaw, name, Status.NOT_DECIDED, sound, reason=reason, span=span)
            return
        meant = dict(about.intended) if isinstance(about, Rule) else {}
        for says, examples in found:
            status = Status.INTENDED if flaw in meant else Status.REFUTED
            yield Result(flaw, name, status, says, (), examples, meant.get(flaw.value, ""), span)
        if not found:
            yield Result(flaw, name, Status.PROVED, sound, span=span)

    def _verdict(self, rule: Rule, tree: Tree) -> Verdict:
        return judge(rule, case_for(tree, self._cls(rule), self.rulebook)).verdict

    def _example(self, rule: Rule, tree: Tree, name: str) -> Shown:
        outcome = judge(rule, case_for(tree, self._cls(rule), self.rulebook))
        return show_rule(
            rule,
            tree,
            name,
            verdict=outcome.verdict,
            severity=outcome.severity,
            rulebook=self.rulebook,
        )

    def _small(
        self, rule: Rule, found: Found, verdict: Verdict, *, also: Iterable[Condition] = ()
    ) -> Tree:
        """Return the model made small, with the verdict that it must show."""
        kept = tuple(also)

        def holds(trees: tuple[Tree, ...]) -> bool:
            case = case_for(trees[0], self._cls(rule), self.rulebook)
            outcome = judge(rule, case)
            if outcome.verdict is not verdict:
                return False
            if verdict is Verdict.CLEAR and outcome.scope is not Truth.TRUE:
                return False
            return all(evaluate(each, case) is Truth.TRUE for each in kept)

        return self._shrunk((found.tree(),), holds, rule)[0]

    def _shrunk(
        self,
        trees: tuple[Tree, ...],
        holds: Callable[[tuple[Tree, ...]], bool],
        about: Rule | Derived,
    ) -> tuple[Tree, ...]:
        if not holds(trees):
            raise DisagreementError(
                f"`{_name(about)}`: z3 and the reference engine differ: {trees}"
            )
        return shrunk(trees, holds)

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
        translator = self._translator(derived.cls, complete=True)
        return translator.space, [self._pair(row.when, translator) for row in derived.rows]

    def _unreachable(self, derived: Derived, what: str, index: int, clock: Clock) -> list[Finding]:
        space, rows = self._rows(derived)
        if solve(space, clock, *(false for _, false in rows[:index]), rows[index][0]):
            return []
        parts, whole = _parts(derived.rows[index].when), [each.when for each in derived.rows]
        met, found = self._nearly(self._translator(derived.cls, complete=True), parts, whole, clock)
        value = self._value(derived, found.tree())
        contradicts = len(met) < len(parts)

        def holds(trees: tuple[Tree, ...]) -> bool:
            case = case_for(trees[0], derived.cls, self.rulebook)
            kept = all(evaluate(each, case) is Truth.TRUE for each in met)
            return kept and derive(derived, case) == (value,)

        (tree,) = self._shrunk((found.tree(),), holds, derived)
        shown = show_derived(
            derived, tree, f"row {index + 1} is not reached", value=value, rulebook=self.rulebook
        )
        why = "its condition never holds" if contradicts else "an earlier row always holds first"
        return [(f"{what} is never reached: {why}", (shown,))]

    def _value(self, derived: Derived, tree: Tree) -> Any:  # noqa: ANN401 - any value of the fact
        values = derive(derived, case_for(tree, derived.cls, self.rulebook))
        if len(values) != 1:
            raise DisagreementError(f"`{derived.name}` is open on complete facts: {tree}")
        return values[0]

    def _nearly(
        self,
        translator: Translator,
        parts: Sequence[Condition],
        about: Sequence[Condition],
        clock: Clock,
    ) -> tuple[list[Condition], Found]:
        """Return as many parts as can hold at once, and a subject on which all else is settled."""
        space = translator.space
        settled = both(*(either(*self._pair(each, translator)) for each in (*parts, *about)))
        met: list[Condition] = []
        terms: list[Term] = [settled]
        found = solve(space, clock, *terms) or self._anything(space)
        for part in parts:
            more = [*terms, self._pair(part, translator)[0]]
            better = solve(space, clock, *more)
            if better is not None:
                found, terms = better, more
                met.append(part)
        return met, found

    @staticmethod
    def _anything(space: Space) -> Found:
        solver = new_solver()
        solver.check()
        return Found(space, solver.model(), set())

    def _gap(self, derived: Derived, clock: Clock) -> list[Finding]:
        if derived.otherwise is not None:
            return []
        space, rows = self._rows(derived)
        found = solve(space, clock, *(false for _, false in rows))
        if found is None:
            return []

        def holds(trees: tuple[Tree, ...]) -> bool:
            return derive(derived, case_for(trees[0], derived.cls, self.rulebook)) == (None,)

        (tree,) = self._shrunk((found.tree(),), holds, derived)
        shown = show_derived(derived, tree, "no row holds", value=None, rulebook=self.rulebook)
        return [(f"`{derived.name}` has no value where no row holds", (shown,))]

    def _overlap(self, derived: Derived, clock: Clock) -> list[Finding]:
        space, pairs = self._rows(derived)
        rows = list(enumerate(zip(derived.rows, pairs, strict=True), start=1))
        found: list[Finding] = []
        for (first, (one, pair)), (second, (other, more)) in itertools.combinations(rows, 2):
            model = solve(space, clock, pair[0], more[0])
            if model is None:
                continue

            def holds(trees: tuple[Tree, ...], rows: tuple[Any, ...] = (one, other)) -> bool:
                case = case_for(trees[0], derived.cls, self.rulebook)
                hold = all(evaluate(each.when, case) is Truth.TRUE for each in rows)
                return hold and len(derive(derived, case)) == 1

            (tree,) = self._shrunk((model.tree(),), holds, derived)
            value = self._value(derived, tree)
            name = f"rows {first} and {second} both hold"
            shown = show_derived(derived, tree, name, value=value, rulebook=self.rulebook)
            found.append((f"rows {first} and {second} of `{derived.name}` can both hold", (shown,)))
        return found

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
            space, told = self._of(rule)
            wanted = told.applies if flaw is Flaw.NEVER_APPLICABLE else told.flagged
            self._possible[key] = solve(space, clock, wanted) is not None
        return self._possible[key]

    def _can_change(self, rule: Rule) -> bool:
        walked = vocabulary_of(self._cls(rule)).walk()
        local = rule.subject == "partnership" and self.rulebook.local.values()
        facts = [*(fact for _, fact in walked), *(local or ())]
        return any(fact.kind is Kind.ARRANGEMENT for fact in facts)

    def _never_applicable(self, rule: Rule, clock: Clock) -> list[Finding]:
        if self._can(rule, Flaw.NEVER_APPLICABLE, clock):
            return []
        translator = self._translator(self._cls(rule), complete=not self._is_about_records(rule))
        parts = [] if rule.applies_when is None else _parts(rule.applies_when)
        parts += [Not(each.when) for each in rule.unless]
        met, found = self._nearly(translator, parts, (), clock)
        tree = self._small(rule, found, Verdict.NOT_APPLICABLE, also=met)
        shown = self._example(rule, tree, "it comes as near to applying as it can")
        return [(f"`{rule.id}` never applies", (shown,))]

    def _never_flagged(self, rule: Rule, clock: Clock) -> list[Finding]:
        if self._can(rule, Flaw.NEVER_FLAGGED, clock):
            return []
        space, told = self._of(rule)
        found = solve(space, clock, told.applies, told.clear)
        says = f"`{rule.id}` is never flagged"
        if found is None:
            return [(says, ())]
        tree = self._small(rule, found, Verdict.CLEAR)
        return [(says, (self._example(rule, tree, "it applies and is clear all the same"),))]

    def _always_flagged(self, rule: Rule, clock: Clock) -> list[Finding]:
        space, told = self._of(rule)
        if solve(space, clock, told.applies, told.clear):
            return []
        found = solve(space, clock, told.flagged)
        if found is None:
            return []
        self._hopeless.add(rule.id)
        tree = self._small(rule, found, Verdict.FLAGGED)
        shown = self._example(rule, tree, "it applies, so it is flagged")
        return [(f"`{rule.id}` is flagged whenever it applies", (shown,))]

    # ── Withholding ───────────────────────────────────────────────────────────────────────────

    def _withholding(self, rule: Rule, clock: Clock) -> list[Finding]:
        cls = self._cls(rule)
        translators = [self._translator(cls, complete=False, tag=each) for each in ("", "'")]
        full, less = (each.space for each in translators)
        before = self._tells(rule, translators[0]).flagged
        # Texts stand for the same places in both.
        less.texts[:] = full.texts
        other = self._tells(rule, translators[1])
        after = either(other.clear, other.not_applicable)
        named = {*names_in(before), *(each.removesuffix("'") for each in names_in(after))}
        wanted, laws = full.laws_of(named)
        twins, more_laws = less.laws_of(f"{each}'" for each in wanted)
        known_less = [
            *self._less_known(full.top, less.top, wanted),
            *self._withheld(full.as_of, less.as_of, wanted),
        ]
        terms = [before, after, *laws, *more_laws, *known_less]
        found = solve_with(full, clock, wanted, terms)
        if found is None:
            return []
        twin = Found(less, found.model, twins)
        trees = self._one_withheld(rule, found.tree(), twin.tree())

        def holds(trees: tuple[Tree, ...]) -> bool:
            flagged, withheld = trees
            fewer = any(without(flagged, path) == withheld for path in _facts_in(flagged))
            return fewer and self._escapes(rule, flagged, withheld)

        if holds(trees):
            trees = shrunk(trees, holds)
        return [
            (
                f"a fact that is withheld takes `{rule.id}` away",
                (
                    self._example(rule, trees[0], "it is recorded and flagged"),
                    self._example(rule, trees[1], "it is withheld and no longer flagged"),
                ),
            )
        ]

    def _less_known(
        self, one: SymbolicRecord, other: SymbolicRecord, wanted: set[str]
    ) -> Iterator[Term]:
        """Yield that the second record says no more than the first of what is wanted."""
        for name, held in one.held.items():
            if name in other.held:
                yield from self._withheld(held, other.held[name], wanted)

    def _withheld(self, one: Held, other: Held, wanted: set[str]) -> Iterator[Term]:
        if isinstance(one, Nested) and isinstance(other, Nested):
            yield from self._withheld(one.state, other.state, wanted)
            yield from self._less_known(one.inner, other.inner, wanted)
            return
        assert not isinstance(one, Nested)  # noqa: S101 - two copies of a fact are of one kind
        key = id(one)
        if key not in self._relations:
            # The fact is kept, so that no other can come to have its id.
            names = frozenset(_name_of(each) for each in one.variables())
            self._relations[key] = (one, names, tuple(_says_less(one, other)))
        _, names, terms = self._relations[key]
        if names & wanted:
            yield from terms
        if isinstance(one, Listed) and isinstance(other, Listed):
            for mine, theirs in zip(one.records, other.records, strict=True):
                yield from self._less_known(mine, theirs, wanted)

    def _escapes(self, rule: Rule, flagged: Tree, withheld: Tree) -> bool:
        return self._verdict(rule, flagged) is Verdict.FLAGGED and self._verdict(
            rule, withheld
        ) in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)

    def _one_withheld(self, rule: Rule, full: Tree, less: Tree) -> tuple[Tree, ...]:
        """Return a pair that differs in one fact, if there is one."""
        if not self._escapes(rule, full, less):
            raise DisagreementError(f"`{rule.id}`: {full} and {less} do not differ as z3 says")
        for path in _facts_in(full):
            fewer = without(full, path)
            if self._escapes(rule, full, fewer):
                return full, fewer
        return full, less

    # ── Perverse incentives ───────────────────────────────────────────────────────────────────

    def _perverse(self, rule: Rule, clock: Clock) -> list[Finding]:
        space, told = self._of(rule)
        named, laws = space.laws_of(names_in(told.flagged))
        found: list[Finding] = []
        seen: set[str] = set()
        for step in _steps(space.top, named):
            if step.about in seen:
                continue
            shown = self._adopted(
                rule, space, told.flagged, both(*laws), step=step, named=named, clock=clock
            )
            if shown is not None:
                seen.add(step.about)
                says = f"adopting `{step.about}` ({step.what}) adds `{rule.id}`"
                found.append((says, shown))
        return found

    def _adopted(
        self,
        rule: Rule,
        space: Space,
        flagged: Term,
        laws: Term,
        *,
        step: _Step,
        named: set[str],
        clock: Clock,
    ) -> tuple[Shown, ...] | None:
        """Return the two examples that show that a step adds a finding; None where it does not."""
        inside = {name: space.by_name[name] for name in sorted(named) if step.holds(name)}
        fresh = {name: _copy(variable) for name, variable in inside.items()}

        def with_values(term: Term, values: Mapping[str, Term]) -> Term:
            pairs = [(space.by_name[name], value) for name, value in values.items()]
            return z3.substitute(term, *pairs) if pairs else term

        was = [with_values(laws, step.before), no(with_values(flagged, step.before))]
        now_values = {**step.after, **fresh}
        now_laws = with_values(laws, now_values)
        now_flagged = with_values(flagged, now_values)
        free = set(named) - set(step.before)
        found = solve_with(space, clock, free, [*was, now_laws, now_flagged])
        if found is None:
            return None
        model = found.model
        if inside:
            # What is adopted may be filled in as well as can be: is it a finding even then?
            given = {name: space.by_name[name] for name in sorted(free)}
            answers = {str(each.decl().name()): each for each in fresh.values()}
            good = both(now_laws, no(now_flagged))
            hopeless = with_no_answer(
                [*was, now_laws],
                good,
                answers=answers,
                given=given,
                like={},
                prefer=space.near(free),
                clock=clock,
            )
            if hopeless is None:
                return None
            pinned = [each == hopeless.eval(each, model_completion=True) for each in given.values()]
            again = solve_with(space, clock, free, [*was, now_laws, now_flagged, *pinned])
            if again is None:
                raise DisagreementError(f"`{rule.id}`: no example of adopting {step.about}")
            model = again.model
        both_sides = Found(space, model, named)
        before = both_sides.changed(step.before)
        after = both_sides.changed({**step.after, **fresh})
        return self._pair_of(rule, before.tree(), after.tree(), step)

    def _pair_of(self, rule: Rule, before: Tree, after: Tree, step: _Step) -> tuple[Shown, ...]:
        verdict = self._verdict(rule, before)

        def holds(trees: tuple[Tree, ...]) -> bool:
            first, second = (self._verdict(rule, each) for each in trees)
            return first is verdict and second is Verdict.FLAGGED

        trees = self._shrunk((before, after), holds, rule)
        return (
            self._example(rule, trees[0], f"without {step.about}"),
            self._example(rule, trees[1], f"with {step.about}"),
        )

    # ── Several rules ─────────────────────────────────────────────────────────────────────────

    def _of_subject(self, subject: str, rules: list[Rule]) -> Iterator[Result]:
        asked = {Flaw.IMPLIED_BY, Flaw.CONFLICT} & self.flaws
        if not asked:
            return
        alive = [rule for rule in rules if not self._is_dead(rule, Flaw.NEVER_FLAGGED)]
        for rule in alive:
            yield from self._asked(Flaw.IMPLIED_BY, rule, alive)
        if any(self._can_change(rule) for rule in alive) and Flaw.CONFLICT in self.flaws:
            yield from self._conflicts(subject, alive)

    def _in_force(self, rule: Rule, space: Space) -> Term:
        day = space.as_of.term
        assert isinstance(day, Day)  # noqa: S101 - it is a date
        begins, ends = rule.in_force
        when = true()
        if begins is not None:
            when = both(when, no(earlier(day, day_of(begins))))
        if ends is not None:
            when = both(when, no(earlier(day_of(ends), day)))
        return when

    def _implied(self, rule: Rule, others: list[Rule], clock: Clock) -> list[Finding]:
        others = [each for each in others if each is not rule]
        translator = self._translator(self._cls(rule), complete=not self._is_about_records(rule))
        space, own = self._of(rule)
        premise = both(own.flagged, self._in_force(rule, space))
        covered: dict[str, Term] = {}
        named = {*names_in(premise)}.union(*map(names_in, own.at_least.values()))
        for other in others:
            told = self._tells(other, translator)
            parts = [told.flagged, self._in_force(other, space)]
            # Their names are known from the last rule; those of the terms below are not.
            named.update(*map(names_in, (*parts, *told.at_least.values())))
            as_grave = [
                implied(own.at_least[level], told.at_least[level]) for level in SEVERITIES[1:]
            ]
            covered[other.id] = both(*parts, *as_grave)
        _, laws = space.laws_of(named)
        solver = new_solver()
        solver.add(premise, *laws)
        open_ = dict(covered)
        found: list[Finding] = []
        for other in others:
            if other.id not in open_:
                continue
            if clock.check(solver, no(covered[other.id])):
                model = solver.model()
                open_ = {
                    name: term
                    for name, term in open_.items()
                    if z3.is_true(model.eval(term, model_completion=True))
                }
            else:
                found.append(self._both_flagged(rule, other, translator, premise, clock))
                open_.pop(other.id)
        return found

    def _both_flagged(
        self, rule: Rule, other: Rule, translator: Translator, premise: Term, clock: Clock
    ) -> Finding:
        also = self._tells(other, translator).flagged
        model = solve(translator.space, clock, premise, also)
        if model is None:
            raise DisagreementError(f"`{rule.id}` can be flagged, and then it cannot")
        cls = self._cls(rule)

        def holds(trees: tuple[Tree, ...]) -> bool:
            case = case_for(trees[0], cls, self.rulebook)
            first, second = judge(rule, case), judge(other, case)
            flagged = first.verdict is second.verdict is Verdict.FLAGGED
            worst = first.could_be or first.severity
            if not flagged or worst is None or second.severity is None:
                return False
            return second.severity >= worst

        (tree,) = self._shrunk((model.tree(),), holds, rule)
        says = f"whenever `{rule.id}` is flagged, so is `{other.id}`, and no less gravely"
        return says, (
            self._example(rule, tree, f"{other.id} is flagged with it"),
            self._example(other, tree, f"{rule.id} is flagged with it"),
        )

    # ── Conflicts ─────────────────────────────────────────────────────────────────────────────

    def _conflicts(self, subject: str, rules: list[Rule]) -> Iterator[Result]:
        sound = f"some arrangement clears every rule on a {subject} from {self.level.value} upwards"
        asked: list[Rule] = []
        for rule in rules:
            if self._is_about_records(rule):
                reason = "it tests what is recorded, which no arrangement changes"
                says = f"`{rule.id}` is left out of the conflicts of a {subject}"
                yield Result(
                    Flaw.CONFLICT, rule.id, Status.OUTSIDE, says, reason=reason, span=rule.span
                )
            elif rule.id not in self._hopeless:
                asked.append(rule)
        if not asked:
            return
        count = 0
        try:
            for core, shown in self._cores(asked):
                count += 1
                yield self._conflict(subject, core, shown)
        except UndecidedError:
            count += 1
            reason = f"there was no answer within {self.seconds:g} seconds"
            yield Result(Flaw.CONFLICT, subject, Status.NOT_DECIDED, sound, reason=reason)
        if not count:
            yield Result(Flaw.CONFLICT, subject, Status.PROVED, sound)

    def _conflict(self, subject: str, core: list[Rule], shown: tuple[Shown, ...]) -> Result:
        names = tuple(each.id for each in core)
        listed = joined(f"`{each}`" for each in names)
        clears = f"clears {listed}" if len(core) == 1 else f"clears {listed} together"
        says = f"there are circumstances of a {subject} in which no arrangement {clears}"
        reasons = [dict(each.intended).get(Flaw.CONFLICT.value, "") for each in core]
        reason = next((each for each in reasons if each), "")
        status = Status.INTENDED if reason else Status.REFUTED
        about = names[0] if len(names) == 1 else subject
        return Result(Flaw.CONFLICT, about, status, says, names, shown, reason, core[0].span)

    def _cores(self, rules: list[Rule]) -> Iterator[tuple[list[Rule], tuple[Shown, ...]]]:
        """Yield every smallest set of rules that cannot always be cleared together."""
        clock = Clock.of(self.seconds)
        goals = {rule.id: self._goal(rule, clock) for rule in rules}
        for group in self._groups(rules, goals):
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
                    found = self._no_way_out(kept, goals, Clock.of(self.seconds))
                    if found is None:
                        continue
                    core = frozenset(each.id for each in found[0])
                    known.append(core)
                    yield found
                waiting += [left_out | {each} for each in sorted(core)]

    def _goal(self, rule: Rule, clock: Clock) -> Term:
        """Return that a rule is met, without arrangements on which that does not depend."""
        space, told = self._of(rule)
        grave = both(told.flagged, self._in_force(rule, space), told.at_least[self.level])
        goal = no(grave)
        for name in sorted(names_in(goal) & space.arranged):
            variable = space.by_name[name]
            if not z3.is_bool(variable):
                continue
            _, laws = space.laws_of(names_in(goal))
            cases = [z3.substitute(goal, (variable, each)) for each in (true(), false())]
            solver = new_solver()
            solver.add(*laws, z3.Xor(*cases))
            if not clock.check(solver):
                goal = z3.simplify(cases[1])
        return goal

    def _groups(self, rules: list[Rule], goals: Mapping[str, Term]) -> list[list[Rule]]:
        """Return the rules in groups that have no arrangement in common."""
        groups: list[tuple[set[str], list[Rule]]] = []
        for rule in rules:
            arranged = self._of(rule)[0].arranged
            named = set(names_in(goals[rule.id])) & arranged
            apart = []
            together = [rule]
            for names, members in groups:
                if names & named:
                    named |= names
                    together = [*members, *together]
                else:
                    apart.append((names, members))
            groups = [*apart, (named, together)]
        return [[rule for rule in rules if rule in members] for _, members in groups]

    def _search(
        self, rules: list[Rule], goals: Mapping[str, Term], clock: Clock
    ) -> tuple[z3.ModelRef, set[str], list[Term]] | None:
        """Return circumstances in which no arrangement meets all rules, with the laws there."""
        if not rules:
            return None
        space = self._of(rules[0])[0]
        good = both(*(goals[each.id] for each in rules))
        named, laws = space.laws_of(names_in(good))
        # A record that no rule tests as such may as well be there: its facts can be none or no.
        free = [space.by_name[each] for each in sorted(named & space.arranged - names_in(good))]
        there = [(each, false()) for each in free if z3.is_bool(each)]
        laws = [z3.simplify(z3.substitute(law, *there)) for law in laws]
        given = {each: space.by_name[each] for each in sorted(named - space.arranged)}
        answers = {each: space.by_name[each] for each in sorted(named & space.arranged)}
        own = [law for law in laws if not names_in(law) & space.arranged]
        model = with_no_answer(
            own,
            both(good, *laws),
            answers=answers,
            given=given,
            like=_today(space, answers, given),
            prefer=space.near(given),
            clock=clock,
        )
        return None if model is None else (model, named, laws)

    def _no_way_out(
        self, rules: list[Rule], goals: Mapping[str, Term], clock: Clock
    ) -> tuple[list[Rule], tuple[Shown, ...]] | None:
        """Return a smallest set of these rules that no arrangement clears, and what shows it."""
        found = self._search(rules, goals, clock)
        if found is None:
            return None
        model, named, laws = found
        space = self._of(rules[0])[0]
        pinned = [
            space.by_name[each] == model.eval(space.by_name[each], model_completion=True)
            for each in sorted(named - space.arranged)
        ]
        core = list(rules)
        for rule in rules:
            fewer = [each for each in core if each is not rule]
            solver = new_solver()
            solver.add(*pinned, *laws, *(goals[each.id] for each in fewer))
            if not clock.check(solver):
                core = fewer
        # Elsewhere still fewer of them may be in conflict.
        for rule in core if len(core) > 1 else []:
            smaller = self._no_way_out([each for each in core if each is not rule], goals, clock)
            if smaller is not None:
                return smaller
        return core, self._shown_conflict(core, named, goals, [*pinned, *laws], clock)

    def _shown_conflict(
        self,
        core: list[Rule],
        named: set[str],
        goals: Mapping[str, Term],
        facts: list[Term],
        clock: Clock,
    ) -> tuple[Shown, ...]:
        space = self._of(core[0])[0]
        told = [self._of(each)[1] for each in core]
        terms = [term for each in told for term in (each.flagged, each.at_least[self.level])]
        wanted, all_laws = space.laws_of(set[str]().union(*(names_in(each) for each in terms)))
        shown: list[Shown] = []
        for rule in core:
            others = [each for each in core if each is not rule]
            met = [goals[each.id] for each in others]
            model = solve_with(space, clock, named | wanted, [*facts, *met, *all_laws])
            if model is None:
                raise DisagreementError(f"the conflict of {[each.id for each in core]} is no core")
            start = Found(space, model.model, wanted).tree()
            whole = case_for(start, self._cls(rule), self.rulebook)
            applied = [(each, scope_of(each, whole)) for each in others]

            def holds(
                trees: tuple[Tree, ...],
                rule: Rule = rule,
                others: list[tuple[Rule, Truth]] = applied,
            ) -> bool:
                case = case_for(trees[0], self._cls(rule), self.rulebook)
                outcome = judge(rule, case)
                if outcome.severity is None or outcome.severity < self.level:
                    return False
                return all(self._is_met(each, case, scope) for each, scope in others)

            (tree,) = self._shrunk((start,), holds, rule)
            name = "nothing clears it" if not others else "what clears the others leaves it"
            shown.append(self._example(rule, tree, name))
        return tuple(shown)

    def _is_met(self, rule: Rule, case: Case, scope: Truth) -> bool:
        """Tell whether a rule is met, and applies to the case if it did."""
        outcome = judge(rule, case)
        if outcome.scope is not scope:
            return False
        if outcome.verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE):
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


@attrs.frozen(eq=False)
class _Step:
    """
    The adoption of one arrangement.

    Attributes:
        about: the fact, without places in lists.
        what: what is done.
        before: variables as they are before, by name.
        after: the same variables after.
        prefix: what the names of the facts begin with that come with it.
    """

    about: str
    what: str
    before: Mapping[str, Term]
    after: Mapping[str, Term]
    prefix: str = ""

    def holds(self, name: str) -> bool:
        """Tell whether a variable is part of what is adopted."""
        return bool(self.prefix) and name.startswith(self.prefix) and name not in self.before


def _steps(record: SymbolicRecord, named: set[str]) -> Iterator[_Step]:
    """Yield every adoption of an arrangement that a rule could see."""
    for held in list(record.held.values()):
        match held:
            case Nested(state=state, inner=inner):
                if state.fact.kind is Kind.ARRANGEMENT and _name_of(state.none) in named:
                    yield _record_step(state)
                yield from _steps(inner, named)
            case Single(fact=fact, term=term) if isinstance(fact.type, YesNo):
                name = _name_of(term)
                if fact.kind is Kind.ARRANGEMENT and name in named:
                    yield _Step(_plain(held.path), "no to yes", {name: false()}, {name: true()})
            case Members(fact=fact, of=of):
                if fact.kind is Kind.ARRANGEMENT:
                    for member, variable in of.items():
                        name = _name_of(variable)
                        if name in named:
                            what = f"a member more, `{member}`"
                            yield _Step(_plain(held.path), what, {name: false()}, {name: true()})
            case Listed():
                yield from _list_steps(held, named)
            case Single():
                pass


def _record_step(state: Single) -> _Step:
    name = _name_of(state.none)
    before: dict[str, Term] = {name: true()}
    after: dict[str, Term] = {name: false()}
    if is_variable(state.known):
        before[_name_of(state.known)] = after[_name_of(state.known)] = true()
    return _Step(_plain(state.path), "none to in place", before, after, f"{state.path}.")


def _list_steps(held: Listed, named: set[str]) -> Iterator[_Step]:
    if not {_name_of(each) for each in held.there} & named:
        return
    if held.fact.kind is Kind.ARRANGEMENT:
        for index, there in enumerate(held.there):
            before = {_name_of(each): truth(i < index) for i, each in enumerate(held.there)}
            after = {**before, _name_of(there): true()}
            yield _Step(_plain(held.path), "a record more", before, after, f"{held.path}[{index}].")
    # Records of a list are alike: what one can do, the first can.
    yield from _steps(held.records[0], named)


def _today(space: Space, answers: Iterable[str], given: Iterable[str]) -> dict[str, Term]:
    """Return the date of the assessment, part by part, for each part of a date."""
    found: dict[str, Term] = {}
    for part in space.as_of.variables():
        word = _name_of(part).removesuffix(space.tag).rpartition(" ")[2]
        if word in ("year", "month", "day") and _name_of(part) in given:
            found.update({name: part for name in answers if name.endswith(f" {word}")})
    return found


def _plain(path: str) -> str:
    return path.replace("[0]", "[]")


def _name_of(variable: Term) -> str:
    return str(variable.decl().name())


def _copy(variable: Term) -> Term:
    return z3.Const(f"{_name_of(variable)} adopted", variable.sort())


def _says_less(one: Single | Members | Listed, other: Held) -> Iterator[Term]:
    """Yield that the second fact, without records inside it, says no more than the first."""
    match one, other:
        case Single(), Single():
            same = [
                a == b
                for a, b in zip(one.variables(), other.variables(), strict=True)
                if not a.eq(one.known)
            ]
            yield implied(other.known, both(one.known, *same))
        case Members(), Members():
            pairs = list(zip(one.of.values(), other.of.values(), strict=True))
            yield from (implied(b, a) for a, b in pairs)
            yield implied(no(other.more), both(no(one.more), *(a == b for a, b in pairs)))
            # It follows, but z3 does not see it: a part of a set has no more members.
            yield number_of(other.of.values()) <= number_of(one.of.values())
            yield implied(
                no(other.more), number_of(other.of.values()) == number_of(one.of.values())
            )
        case Listed(), Listed():
            pairs = list(zip(one.there, other.there, strict=True))
            yield from (implied(b, a) for a, b in pairs)
            yield implied(no(other.more), both(no(one.more), *(a == b for a, b in pairs)))
        case _:
            msg = "two copies of a fact are of one kind"
            raise AssertionError(msg)


def _facts_in(tree: Tree) -> Iterator[Path]:
    """Yield the facts that could be withheld: not places in lists, nor members of sets."""
    for path in removable(tree):
        if not isinstance(path[-1], int) and _is_fact(tree, path):
            yield path


def _is_fact(tree: Any, path: Path) -> bool:  # noqa: ANN401 - any part of a tree
    for key in path[:-1]:
        tree = tree[key]
    return isinstance(tree, dict)


def _parts(condition: Condition) -> list[Condition]:
    if isinstance(condition, All):
        return [part for item in condition.items for part in _parts(item)]
    return [condition]


def _name(about: Rule | Derived) -> str:
    return about.id if isinstance(about, Rule) else about.name


def _word(value: str | bool) -> str:  # noqa: FBT001 - a value of a fact
    return value if isinstance(value, str) else ("yes" if value else "no")
