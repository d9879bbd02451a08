"""A rulebook as z3 terms: what every proof asks of it, and the examples that show what it found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import attrs

from govrules.engines.reference import Case, evaluate, judge
from govrules.lowering.lower import Lowering, lowering_of
from govrules.prove import symbols, witness
from govrules.prove import terms as t
from govrules.prove.results import USUAL, Flaw, ProofResult, ProofStatus
from govrules.prove.solving import Clock, UndecidedError, solve
from govrules.prove.symbols import SymbolicSubject, Tree
from govrules.prove.terms import Term
from govrules.prove.translate import Translator
from govrules.prove.witness import Witness
from govrules.rulebook import ast, expr
from govrules.rulebook.ast import Derived, Rule, Severity, Verdict
from govrules.rulebook.expr import Condition
from govrules.rulebook.reads import is_about_records
from govrules.truth import Truth


@attrs.frozen(eq=False)
class EncodedRule:
    """
    A rule's outcome as terms.

    Attributes:
        rule: the rule.
        space: the subject's facts.
        applies: whether it applies and no exception holds.
        not_applicable: whether it does not apply.
        clear: whether the subject is clear.
        flagged: whether it is flagged.
        at_least: whether what it is flagged for is at least so grave.
    """

    rule: Rule
    space: SymbolicSubject
    applies: Term
    not_applicable: Term
    clear: Term
    flagged: Term
    at_least: Mapping[Severity, Term]

    @cached_property
    def in_force(self) -> Term:
        """Whether it is in force on the date of the assessment."""
        today, when = self.space.as_of.term, t.true()
        begins, ends = self.rule.in_force
        if begins is not None:
            when = t.no(symbols.earlier(today, symbols.day_of(begins)))
        if ends is not None:
            when = t.both(when, t.no(symbols.earlier(symbols.day_of(ends), today)))
        return when


class ProofFinding(NamedTuple):
    """A proof's finding, with witnesses."""

    says: str
    examples: tuple[Witness, ...]


@attrs.frozen
class Proof:
    """
    One kind of proof.

    Attributes:
        flaw: what it looks for.
        sound: what is so of what has no such flaw; `{0}` is its name, and more what is asked of it.
        find: yields the flaws of a rule or derived fact, given what is asked of it and a clock.
        cases: what is asked of it, one after the other; nothing where the proof is not for it.
    """

    flaw: Flaw
    sound: str
    find: Callable[..., Iterator[ProofFinding]]
    cases: Callable[[EncodedRulebook, Any], Iterable[tuple[Any, ...]]] = lambda *_: ((),)


@attrs.define(eq=False)
class EncodedRulebook:
    """
    The rules and derived facts of a rulebook as terms, memoised.

    Attributes:
        rulebook: the rulebook.
        bound: the longest list that is considered.
        seconds: how long one proof may take.
        level: the severity from which rules can be in conflict.
        flaws: what is looked for.
        hopeless: rules that were said to be flagged whenever they apply.
    """

    rulebook: ast.Rulebook
    bound: int = 4
    seconds: float = 30
    level: Severity = Severity.HIGH
    flaws: frozenset[Flaw] = USUAL
    hopeless: set[str] = attrs.field(factory=set, init=False)
    context: t.Context = attrs.field(factory=t.Context, init=False)
    _translators: dict[tuple[type, bool, str], Translator] = attrs.field(factory=dict, init=False)
    _rules: dict[tuple[str, Translator], EncodedRule] = attrs.field(factory=dict, init=False)
    _possible: dict[tuple[str, Flaw], bool] = attrs.field(factory=dict, init=False)

    @property
    def lowering(self) -> Lowering:
        """The rules and derived facts as formulas."""
        return lowering_of(self.rulebook)

    # ── Terms ─────────────────────────────────────────────────────────────────────────────────

    def translator(self, cls: type, *, complete: bool, tag: str = "") -> Translator:
        """Return the translator of formulas to terms on a subject's facts, complete or not."""
        key = (cls, complete, tag)
        if key not in self._translators:
            space = SymbolicSubject(cls, complete, self.bound, [], tag)
            self._translators[key] = Translator(space)
        return self._translators[key]

    def plain(self, about: Rule | Derived) -> Translator:
        """Return what puts formulas on the facts with which a proof begins."""
        complete = isinstance(about, Derived) or not is_about_records(about)
        return self.translator(self.cls(about), complete=complete)

    def cls(self, about: Rule | Derived) -> type:
        """Return the class of the records that a rule or derived fact is about."""
        return about.cls if isinstance(about, Derived) else self.rulebook.subjects[about.subject]

    def rule(self, rule: Rule, translator: Translator | None = None) -> EncodedRule:
        """Return what a rule says of a subject's facts: those with which a proof of it begins."""
        translator = translator or self.plain(rule)
        key = (rule.id, translator)
        if key not in self._rules:
            judged, term = self.lowering.rule(rule, self.cls(rule)), translator.term
            possible = {each: term(so) for each, so in judged.severities.items()}
            at_least = {
                level: t.both(*(t.no(so) for each, so in possible.items() if each < level))
                for level in Severity
            }
            self._rules[key] = EncodedRule(
                rule,
                translator.space,
                applies=term(judged.scope.true),
                not_applicable=term(judged.not_applicable),
                clear=term(judged.clear),
                flagged=term(judged.flagged),
                at_least=at_least,
            )
        return self._rules[key]

    def pair(self, condition: Condition, translator: Translator) -> tuple[Term, Term]:
        """Return whether a condition certainly holds, and whether it certainly does not."""
        pair = self.lowering.condition(condition, translator.space.cls)
        return translator.term(pair.true), translator.term(pair.false)

    def rows(self, derived: Derived) -> tuple[SymbolicSubject, list[tuple[Term, Term]]]:
        """Return of each row whether it certainly holds and certainly does not, on full facts."""
        translator = self.plain(derived)
        return translator.space, [self.pair(row.when, translator) for row in derived.rows]

    # ── Questions ─────────────────────────────────────────────────────────────────────────────

    def can(self, rule: Rule, flaw: Flaw, clock: Clock) -> bool:
        """Tell whether a rule can do what a check says it never does."""
        key = (rule.id, flaw)
        if key not in self._possible:
            encoded = self.rule(rule)
            wanted = encoded.applies if flaw is Flaw.NEVER_APPLICABLE else encoded.flagged
            self._possible[key] = solve(encoded.space, clock, wanted) is not None
        return self._possible[key]

    def is_dead(self, rule: Rule, flaw: Flaw) -> bool:
        """Tell whether a rule has a flaw that would be echoed by other checks."""
        try:
            echoed = flaw in (Flaw.NEVER_APPLICABLE, Flaw.NEVER_FLAGGED)
            return echoed and not self.can(rule, flaw, Clock.of(self.seconds))
        except UndecidedError:
            return False

    def nearly(
        self,
        about: Rule | Derived,
        parts: Sequence[Condition],
        others: Sequence[Condition],
        clock: Clock,
    ) -> tuple[list[Condition], Tree]:
        """Return a largest satisfiable set of conjuncts, and a subject that shows it."""
        translator = self.plain(about)
        space = translator.space
        terms = [t.both(*(t.either(*self.pair(each, translator)) for each in (*parts, *others)))]
        met: list[Condition] = []
        found = solve(space, clock, *terms)
        for part in parts:
            more = [*terms, self.pair(part, translator)[0]]
            better = solve(space, clock, *more)
            if better is not None:
                found, terms = better, more
                met.append(part)
        return met, found.tree() if found else {}

    def settled(self, none: ProofResult, findings: Iterable[ProofResult]) -> Iterator[ProofResult]:
        """Yield the findings of a check; if there are none, that it is proved."""
        found = False
        try:
            for finding in findings:
                found = True
                yield finding
        except UndecidedError:
            yield self.undecided(none)
        else:
            if not found:
                yield none

    def undecided(self, none: ProofResult) -> ProofResult:
        """Return the result of a check that ran out of time."""
        reason = f"there was no answer within {self.seconds:g} seconds"
        return attrs.evolve(none, status=ProofStatus.NOT_DECIDED, reason=reason)

    # ── Examples ──────────────────────────────────────────────────────────────────────────────

    def case(self, about: Rule | Derived, tree: Tree) -> Case:
        """Return a subject as the reference engine judges it."""
        return witness.case_for(tree, self.cls(about), self.rulebook)

    def verdict(self, rule: Rule, tree: Tree) -> Verdict:
        """Return what the reference engine says of a subject."""
        return judge(rule, self.case(rule, tree)).verdict

    def examples(
        self, about: Rule | Derived, trees: Mapping[str, Tree], holds: Callable[..., bool]
    ) -> tuple[Witness, ...]:
        """Return witnesses of these names, minimised while a condition on their cases holds."""

        def kept(trees: tuple[Tree, ...]) -> bool:
            return holds(*(self.case(about, each) for each in trees))

        small = witness.shrunk(tuple(trees.values()), kept, rule_name(about))
        return tuple(map(self.example, itertools.repeat(about), small, trees))

    def example(self, about: Rule | Derived, tree: Tree, name: str) -> Witness:
        """Return an example of a rule or derived fact as it can be pasted below it."""
        return witness.show(about, tree, name, self.rulebook)


def all_hold(conditions: Iterable[Condition], case: Case) -> bool:
    """Tell whether all conditions certainly hold."""
    return all(evaluate(condition, case) is Truth.TRUE for condition in conditions)


def parts(condition: Condition) -> list[Condition]:
    """Return what must hold together for a condition to hold."""
    if isinstance(condition, expr.All):
        return [part for item in condition.items for part in parts(item)]
    return [condition]


def rule_name(about: Rule | Derived) -> str:
    """Return what a rule or derived fact is called."""
    return about.id if isinstance(about, Rule) else about.name
