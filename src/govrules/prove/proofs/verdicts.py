"""Rules that cannot say something: never applicable, never or always flagged, or as another is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from govrules.engines.reference import Case, judge
from govrules.prove import terms as t
from govrules.prove.encoded import EncodedRulebook, Proof, ProofFinding, all_hold, parts
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.prove.symbols import value_in
from govrules.prove.terms import Term, names_in
from govrules.prove.witness import DisagreementError
from govrules.rulebook.ast import SEVERITIES, Rule, Verdict
from govrules.rulebook.expr import Not
from govrules.truth import Truth


def _never_applicable(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[ProofFinding]:
    if encoded.can(rule, Flaw.NEVER_APPLICABLE, clock):
        return
    wanted = [] if rule.applies_when is None else parts(rule.applies_when)
    wanted += [Not(exemption.when) for exemption in rule.unless]
    met, tree = encoded.nearly(rule, wanted, (), clock)

    def holds(case: Case) -> bool:
        return judge(rule, case).verdict is Verdict.NOT_APPLICABLE and all_hold(met, case)

    shown = encoded.examples(rule, {"it comes as near to applying as it can": tree}, holds)
    yield ProofFinding(f"`{rule.id}` never applies", shown)


def _never_flagged(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[ProofFinding]:
    if encoded.can(rule, Flaw.NEVER_FLAGGED, clock):
        return
    terms = encoded.rule(rule)
    found = solve(terms.space, clock, terms.applies, terms.clear)

    def holds(case: Case) -> bool:
        outcome = judge(rule, case)
        return outcome.verdict is Verdict.CLEAR and outcome.scope is Truth.TRUE

    trees = {"it applies and is clear all the same": found.tree()} if found else {}
    shown = encoded.examples(rule, trees, holds) if trees else ()
    yield ProofFinding(f"`{rule.id}` is never flagged", shown)


def _always_flagged(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[ProofFinding]:
    terms = encoded.rule(rule)
    if solve(terms.space, clock, terms.applies, terms.clear):
        return
    if found := solve(terms.space, clock, terms.flagged):
        # No conflict is news of it.
        encoded.hopeless.add(rule.id)
        shown = encoded.examples(
            rule,
            {"it applies, so it is flagged": found.tree()},
            lambda case: judge(rule, case).verdict is Verdict.FLAGGED,
        )
        yield ProofFinding(f"`{rule.id}` is flagged whenever it applies", shown)


def _implied_by(
    encoded: EncodedRulebook, rule: Rule, alive: Sequence[Rule], clock: Clock
) -> Iterator[ProofFinding]:
    own = encoded.rule(rule)
    premise = t.both(own.flagged, own.in_force)
    covered: dict[str, Term] = {}
    named = {*names_in(premise)}.union(*map(names_in, own.at_least.values()))
    others = {each.id: each for each in alive if each is not rule}
    for other in others.values():
        terms = encoded.rule(other, encoded.plain(rule))
        both = [terms.flagged, terms.in_force]
        # Their names are known from the last rule; those of the terms below are not.
        named.update(*map(names_in, (*both, *terms.at_least.values())))
        grave = (
            t.implied(own.at_least[severity], terms.at_least[severity])
            for severity in SEVERITIES[1:]
        )
        covered[other.id] = t.both(*both, *grave)
    solver = t.new_solver()
    solver.add(premise, *own.space.laws_of(named)[1])
    left = list(covered)
    while left:
        name = left.pop(0)
        if clock.check(solver, t.no(covered[name])):
            model = solver.model()
            left = [each for each in left if value_in(model, covered[each])]
        else:
            yield _both_flagged(encoded, rule, others[name], premise, clock)


def _both_flagged(
    encoded: EncodedRulebook, rule: Rule, other: Rule, premise: Term, clock: Clock
) -> ProofFinding:
    also = encoded.rule(other, encoded.plain(rule))
    found = solve(also.space, clock, premise, also.flagged)
    if found is None:
        raise DisagreementError(f"`{rule.id}` can be flagged, and then it cannot")

    def holds(case: Case) -> bool:
        first, second = judge(rule, case), judge(other, case)
        flagged = first.verdict is second.verdict is Verdict.FLAGGED
        worst, its = first.could_be or first.severity, second.severity
        return flagged and worst is not None and its is not None and its >= worst

    tree = found.tree()
    return ProofFinding(
        f"whenever `{rule.id}` is flagged, so is `{other.id}`, and no less gravely",
        (
            *encoded.examples(rule, {f"{other.id} is flagged with it": tree}, holds),
            *encoded.examples(other, {f"{rule.id} is flagged with it": tree}, holds),
        ),
    )


#: What is asked of each rule by itself; then what is asked of it beside the others.
PROOFS: Final = (
    Proof(Flaw.NEVER_APPLICABLE, "`{0}` can apply", _never_applicable),
    Proof(Flaw.NEVER_FLAGGED, "`{0}` can be flagged", _never_flagged),
    Proof(Flaw.ALWAYS_FLAGGED, "`{0}` can be clear where it applies", _always_flagged),
)
IMPLIED_BY: Final = Proof(
    Flaw.IMPLIED_BY, "`{0}` says something that no other rule says", _implied_by
)
