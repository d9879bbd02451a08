"""A rule that is never flagged."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import Case, judge
from govrules.prove.encoded import EncodedRulebook, Finding, Proof
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Rule, Verdict
from govrules.truth import Truth


def _find(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[Finding]:
    if encoded.can(rule, Flaw.NEVER_FLAGGED, clock):
        return
    terms = encoded.rule(rule)
    found = solve(terms.space, clock, terms.applies, terms.clear)

    def holds(case: Case) -> bool:
        outcome = judge(rule, case)
        return outcome.verdict is Verdict.CLEAR and outcome.scope is Truth.TRUE

    trees = {"it applies and is clear all the same": found.tree()} if found else {}
    yield Finding(
        f"`{rule.id}` is never flagged", encoded.examples(rule, trees, holds) if trees else ()
    )


PROOF = Proof(Flaw.NEVER_FLAGGED, "`{0}` can be flagged", _find)
