"""A rule that says nothing that another does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govrules.engines.reference import Case, judge
from govrules.prove import terms as t
from govrules.prove.encoded import EncodedRulebook, Finding, Proof
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.prove.symbols import value_in
from govrules.prove.terms import Term, names_in
from govrules.prove.witness import DisagreementError
from govrules.rulebook.ast import SEVERITIES, Rule, Verdict


def _find(
    encoded: EncodedRulebook, rule: Rule, alive: Sequence[Rule], clock: Clock
) -> Iterator[Finding]:
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
        grave = (t.implied(own.at_least[each], terms.at_least[each]) for each in SEVERITIES[1:])
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
) -> Finding:
    also = encoded.rule(other, encoded.plain(rule))
    found = solve(also.space, clock, premise, also.flagged)
    if found is None:
        raise DisagreementError(f"`{rule.id}` can be flagged, and then it cannot")

    def holds(case: Case) -> bool:
        first, second = judge(rule, case), judge(other, case)
        flagged = first.verdict is second.verdict is Verdict.FLAGGED
        worst = first.could_be or first.severity
        if not flagged or worst is None or second.severity is None:
            return False
        return second.severity >= worst

    tree = found.tree()
    return Finding(
        f"whenever `{rule.id}` is flagged, so is `{other.id}`, and no less gravely",
        (
            *encoded.examples(rule, {f"{other.id} is flagged with it": tree}, holds),
            *encoded.examples(other, {f"{rule.id} is flagged with it": tree}, holds),
        ),
    )


PROOF = Proof(Flaw.IMPLIED_BY, "`{0}` says something that no other rule says", _find)
