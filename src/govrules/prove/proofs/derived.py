"""Derived facts' tables: rows that no subject reaches, subjects without a row, or with two."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from govrules.engines.reference import derive
from govrules.prove.encoded import EncodedRulebook, Proof, ProofFinding, all_hold, parts
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Derived
from govrules.vocabulary import YesNo


def _rows(_: EncodedRulebook, derived: Derived) -> Iterator[tuple[str, int]]:
    for index, row in enumerate(derived.rows):
        word = row.value if isinstance(row.value, str) else ("yes" if row.value else "no")
        yield f"row {index + 1} of `{derived.name}`, `{word}`,", index


def _unreachable(
    encoded: EncodedRulebook, derived: Derived, what: str, index: int, clock: Clock
) -> Iterator[ProofFinding]:
    space, rows = encoded.rows(derived)
    if solve(space, clock, *(false for _, false in rows[:index]), rows[index][0]):
        return
    wanted = parts(derived.rows[index].when)
    met, tree = encoded.nearly(derived, wanted, [row.when for row in derived.rows], clock)
    values = derive(derived, encoded.case(derived, tree))
    shown = encoded.examples(
        derived,
        {f"row {index + 1} is not reached": tree},
        lambda case: all_hold(met, case) and derive(derived, case) == values,
    )
    contradicts = len(met) < len(wanted)
    why = "its condition never holds" if contradicts else "an earlier row always holds first"
    yield ProofFinding(f"{what} is never reached: {why}", shown)


def _gap(encoded: EncodedRulebook, derived: Derived, clock: Clock) -> Iterator[ProofFinding]:
    if derived.otherwise is not None:
        return
    space, rows = encoded.rows(derived)
    if found := solve(space, clock, *(false for _, false in rows)):
        trees = {"no row holds": found.tree()}
        shown = encoded.examples(derived, trees, lambda case: derive(derived, case) == (None,))
        yield ProofFinding(f"`{derived.name}` has no value where no row holds", shown)


def _overlap(encoded: EncodedRulebook, derived: Derived, clock: Clock) -> Iterator[ProofFinding]:
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
        yield ProofFinding(f"{numbers} of `{derived.name}` can both hold", shown)


PROOFS: Final = (
    Proof(Flaw.UNREACHABLE_ROW, "{1} can be reached", _unreachable, _rows),
    Proof(
        Flaw.GAP,
        "`{0}` always has a value",
        _gap,
        lambda _, derived: () if isinstance(derived.fact.type, YesNo) else ((),),
    ),
    Proof(
        Flaw.OVERLAP,
        "no two rows of `{0}` hold at once",
        _overlap,
        lambda _, each: ((),) if each.unique and not isinstance(each.fact.type, YesNo) else (),
    ),
)
