"""Arrangements whose adoption adds a finding, or without which a subject looks better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from govrules.engines.reference import Case, judge
from govrules.engines.registry import Outcome
from govrules.prove import terms as t
from govrules.prove import witness
from govrules.prove.arrangements import Adoption, can_change, put, steps
from govrules.prove.encoded import EncodedRule, EncodedRulebook, Proof, ProofFinding
from govrules.prove.results import Flaw, ProofResult, ProofStatus
from govrules.prove.solving import Clock, Solution, UndecidedError, solve_with, with_no_answer
from govrules.prove.symbols import SymbolicSubject, Tree
from govrules.prove.terms import Term, names_in, variable_name
from govrules.prove.witness import DisagreementError
from govrules.rulebook.ast import Rule, Severity, Verdict
from govrules.rulebook.reads import is_about_records


def _perverse(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[ProofFinding]:
    terms = encoded.rule(rule)
    named, laws = terms.space.laws_of(names_in(terms.flagged))
    shown: set[str] = set()
    for step in steps(terms.space.top, choices=False):
        if step.about in shown or named.isdisjoint(step.without):
            continue
        pair = _adopted(terms, step, named, t.both(*laws), clock)
        if pair is None:
            continue
        shown.add(step.about)
        before, after = (each.tree() for each in pair)
        verdict = encoded.verdict(rule, before)

        def holds(*cases: Case, verdict: Verdict = verdict) -> bool:
            first, second = (judge(rule, case).verdict for case in cases)
            return first is verdict and second is Verdict.FLAGGED

        trees = {f"without {step.about}": before, f"with {step.about}": after}
        says = f"adopting `{step.about}` ({step.what}) adds `{rule.id}`"
        yield ProofFinding(says, encoded.examples(rule, trees, holds))


def _adopted(
    terms: EncodedRule, step: Adoption, named: set[str], laws: Term, clock: Clock
) -> tuple[Solution, Solution] | None:
    """Return subjects before and after an adoption that adds a finding; None if none."""
    space, flagged = terms.space, terms.flagged
    fresh, without = step.fresh(space, named, "adopted"), step.without
    was = [put(space, laws, without), t.no(put(space, flagged, without))]
    adopted = {**step.having, **fresh}
    now_laws, now_flagged = put(space, laws, adopted), put(space, flagged, adopted)
    free, now = named - set(without), [*was, now_laws, now_flagged]
    found = solve_with(space, clock, free, now)
    if found is None:
        return None
    if fresh:
        # What is adopted may be filled in as well as can be: is it a finding even then?
        hopeless = with_no_answer(
            space,
            [*was, now_laws],
            t.both(now_laws, t.no(now_flagged)),
            answers={variable_name(each): each for each in fresh.values()},
            given=free,
            like={},
            clock=clock,
        )
        if hopeless is None:
            return None
        found = solve_with(space, clock, free, [*now, *space.fixed(hopeless, free)])
        if found is None:
            raise DisagreementError(f"`{terms.rule.id}`: no example of adopting {step.about}")
    both_sides = Solution(space, found.model, named)
    return both_sides.changed(without), both_sides.changed(adopted)


def looks_better(
    encoded: EncodedRulebook, subject: str, rules: Sequence[Rule]
) -> Iterator[ProofResult]:
    """Yield each arrangement whose absence looks better; or that there is none."""
    kind, asked = Flaw.NEVER_WORSE, []
    for rule in rules:
        if is_about_records(rule):
            continue
        if reason := dict(rule.intended).get(kind.value):
            says = f"`{rule.id}` may go with an arrangement that is taken away"
            yield ProofResult(
                kind, rule.id, ProofStatus.INTENDED, says, reason=reason, span=rule.span
            )
        else:
            asked.append(rule)
    if not asked:
        return
    space = encoded.rule(asked[0]).space
    graded = [[*_levels(encoded.rule(each))] for each in asked]
    several, found, left = list(steps(space.top, choices=True)), set[str](), False
    for step in several:
        if step.about in found:
            continue
        try:
            trees = _lessened(space, graded, step, Clock.of(encoded.seconds))
        except UndecidedError:
            less = ProofResult(kind, subject, ProofStatus.NOT_DECIDED, f"less of `{step.about}`")
            yield encoded.undecided(less)
            left = True
            continue
        if trees is not None:
            found.add(step.about)
            yield _better(encoded, asked, step, trees)
    if several and not found and not left:
        sound = (
            f"{len(several)} arrangements of a {subject} may go, and it never looks better for it"
        )
        yield ProofResult(kind, subject, ProofStatus.PROVED, sound)


def _levels(terms: EncodedRule) -> Iterator[Term]:
    """Yield whether a rule is flagged at each severity, gravest first."""
    graver = t.false()
    for level in reversed(Severity):
        so = terms.at_least[level]
        yield t.both(terms.flagged, terms.in_force, so, t.no(graver))
        graver = so


def _lessened(
    space: SymbolicSubject, graded: Sequence[Sequence[Term]], step: Adoption, clock: Clock
) -> tuple[Tree, ...] | None:
    """
    Return a subject that looks better without an arrangement; None if none.

    What is compared is the worst severity and how many rules have it. Rules that the arrangement
    does not touch say the same of both. The touched ones are asked alone first: where their pair
    never gets smaller, that of all does not.
    """
    touched = [levels for levels in graded if any(step.touches(names_in(each)) for each in levels)]
    if not touched or _found(space, touched, step, clock) is None:
        return None
    return _found(space, graded, step, clock)


def _found(
    space: SymbolicSubject, graded: Sequence[Sequence[Term]], step: Adoption, clock: Clock
) -> tuple[Tree, ...] | None:
    levels = [*zip(*graded, strict=True)]
    terms = [each for level in levels for each in level]
    named, laws = space.laws_of(set[str](step.without).union(*map(names_in, terms)))
    without = {**step.without, **step.fresh(space, named, "gone")}
    worse: list[Term] = []
    none_above: Term = t.true()
    for level in levels:
        now = [put(space, each, step.having) for each in level]
        then = [put(space, each, without) for each in level]
        # What an arrangement does not touch counts alike on both sides.
        pairs = [(a, b) for a, b in zip(now, then, strict=True) if not a.eq(b)]
        fewer = t.number_of([b for _, b in pairs]) < t.number_of([a for a, _ in pairs])
        worse.append(t.both(none_above, fewer) if pairs else t.false())
        none_above = t.both(none_above, *(t.no(each) for each in (*now, *then)))
    states = [put(space, law, each) for each in (step.having, without) for law in laws]
    found = solve_with(space, clock, named - set(step.without), [*states, t.either(*worse)])
    if found is None:
        return None
    both = Solution(space, found.model, named)
    return tuple(both.changed(each).tree() for each in (step.having, without))


def _better(
    encoded: EncodedRulebook, rules: Sequence[Rule], step: Adoption, pair: tuple[Tree, ...]
) -> ProofResult:
    def outcomes(tree: Tree) -> list[Outcome]:
        case = encoded.case(rules[0], tree)
        return [judge(each, case) for each in rules]

    def better(trees: tuple[Tree, ...]) -> bool:
        with_it, without_it = (_rank(outcomes(each)) for each in trees)
        return without_it < with_it

    trees = witness.shrunk(pair, better, step.about)
    verdicts = zip(rules, *map(outcomes, trees), strict=True)
    gone = [rule for rule, one, other in verdicts if one.severity != other.severity]
    names = (f"with {step.about}", f"without {step.about}")
    shown = tuple(
        encoded.example(each, tree, name)
        for each in gone
        for tree, name in zip(trees, names, strict=True)
    )
    says = f"taking `{step.about}` away ({step.undone}) makes a {rules[0].subject} look better"
    ids, span = tuple(each.id for each in gone), gone[0].span
    return ProofResult(
        Flaw.NEVER_WORSE, step.about, ProofStatus.REFUTED, says, ids, shown, span=span
    )


def _rank(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Return the rank of the worst severity and its number; zero for none."""
    ranks = [outcome.severity.rank + 1 for outcome in outcomes if outcome.severity is not None]
    worst = max(ranks, default=0)
    return worst, ranks.count(worst)


PROOF: Final = Proof(
    Flaw.PERVERSE_INCENTIVE,
    "no arrangement that is adopted adds `{0}`",
    _perverse,
    lambda encoded, rule: ((),) if can_change(encoded, rule) else (),
)
