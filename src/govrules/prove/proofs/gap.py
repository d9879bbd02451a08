"""Subjects of which no row of a derived fact's table holds, so that it has no value."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import derive
from govrules.prove.encoded import EncodedRulebook, Finding, Proof
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Derived
from govrules.vocabulary import YesNo


def _find(encoded: EncodedRulebook, derived: Derived, clock: Clock) -> Iterator[Finding]:
    if derived.otherwise is not None:
        return
    space, rows = encoded.rows(derived)
    if found := solve(space, clock, *(false for _, false in rows)):
        trees = {"no row holds": found.tree()}
        shown = encoded.examples(derived, trees, lambda case: derive(derived, case) == (None,))
        yield Finding(f"`{derived.name}` has no value where no row holds", shown)


PROOF = Proof(
    Flaw.GAP,
    "`{0}` always has a value",
    _find,
    lambda _, derived: () if isinstance(derived.fact.type, YesNo) else ((),),
)
