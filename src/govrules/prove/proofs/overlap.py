"""Two rows that both hold, of a derived fact's table in which only one is to hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from govrules.engines.reference import derive
from govrules.prove.encoded import EncodedRulebook, Finding, Proof, all_hold
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Derived
from govrules.vocabulary import YesNo


def _find(encoded: EncodedRulebook, derived: Derived, clock: Clock) -> Iterator[Finding]:
    space, rows = encoded.rows(derived)
    for first, second in itertools.combinations(range(len(rows)), 2):
        found = solve(space, clock, rows[first][0], rows[second][0])
        if found is None:
            continue
        both = [derived.rows[each].when for each in (first, second)]
        numbers = f"rows {first + 1} and {second + 1}"
        shown = encoded.examples(
            derived,
            {f"{numbers} both hold": found.tree()},
            lambda case, both=both: all_hold(both, case) and len(derive(derived, case)) == 1,
        )
        yield Finding(f"{numbers} of `{derived.name}` can both hold", shown)


PROOF = Proof(
    Flaw.OVERLAP,
    "no two rows of `{0}` hold at once",
    _find,
    lambda _, derived: ((),) if derived.unique and not isinstance(derived.fact.type, YesNo) else (),
)
