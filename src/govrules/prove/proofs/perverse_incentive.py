"""An arrangement whose adoption adds a finding."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import Case, judge
from govrules.prove import terms as t
from govrules.prove.arrangements import Step, put, steps
from govrules.prove.encoded import EncodedRule, EncodedRulebook, Finding, Proof
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, Found, solve_with, with_no_answer
from govrules.prove.terms import Term, name_of, names_in
from govrules.prove.witness import DisagreementError
from govrules.rulebook.ast import Rule, Verdict


def _find(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[Finding]:
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
            first, second = (judge(rule, each).verdict for each in cases)
            return first is verdict and second is Verdict.FLAGGED

        trees = {f"without {step.about}": before, f"with {step.about}": after}
        says = f"adopting `{step.about}` ({step.what}) adds `{rule.id}`"
        yield Finding(says, encoded.examples(rule, trees, holds))


def _adopted(
    terms: EncodedRule, step: Step, named: set[str], laws: Term, clock: Clock
) -> tuple[Found, Found] | None:
    """Return subjects to which a step adds a finding, without and with it; None if none."""
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
            answers={name_of(each): each for each in fresh.values()},
            given=free,
            like={},
            clock=clock,
        )
        if hopeless is None:
            return None
        found = solve_with(space, clock, free, [*now, *space.fixed(hopeless, free)])
        if found is None:
            raise DisagreementError(f"`{terms.rule.id}`: no example of adopting {step.about}")
    both_sides = Found(space, found.model, named)
    return both_sides.changed(without), both_sides.changed(adopted)


PROOF = Proof(
    Flaw.PERVERSE_INCENTIVE,
    "no arrangement that is adopted adds `{0}`",
    _find,
    lambda encoded, rule: ((),) if encoded.can_change(rule) else (),
)
