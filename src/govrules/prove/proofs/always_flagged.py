"""A rule that is flagged whenever it applies."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import judge
from govrules.prove.encoded import EncodedRulebook, Finding, Proof
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Rule, Verdict


def _find(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[Finding]:
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
        yield Finding(f"`{rule.id}` is flagged whenever it applies", shown)


PROOF = Proof(Flaw.ALWAYS_FLAGGED, "`{0}` can be clear where it applies", _find)
