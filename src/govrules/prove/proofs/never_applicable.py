"""A rule that never applies."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import Case, judge
from govrules.prove.encoded import EncodedRulebook, Finding, Proof, all_hold, parts
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock
from govrules.rulebook.ast import Rule, Verdict
from govrules.rulebook.expr import Not


def _find(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[Finding]:
    if encoded.can(rule, Flaw.NEVER_APPLICABLE, clock):
        return
    wanted = [] if rule.applies_when is None else parts(rule.applies_when)
    wanted += [Not(each.when) for each in rule.unless]
    met, tree = encoded.nearly(rule, wanted, (), clock)

    def holds(case: Case) -> bool:
        return judge(rule, case).verdict is Verdict.NOT_APPLICABLE and all_hold(met, case)

    shown = encoded.examples(rule, {"it comes as near to applying as it can": tree}, holds)
    yield Finding(f"`{rule.id}` never applies", shown)


PROOF = Proof(Flaw.NEVER_APPLICABLE, "`{0}` can apply", _find)
