"""A row of a derived fact's table that no subject reaches."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.engines.reference import derive
from govrules.prove.encoded import EncodedRulebook, Finding, Proof, all_hold, parts
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.rulebook.ast import Derived


def _rows(_: EncodedRulebook, derived: Derived) -> Iterator[tuple[str, int]]:
    for index, row in enumerate(derived.rows):
        word = row.value if isinstance(row.value, str) else ("yes" if row.value else "no")
        yield f"row {index + 1} of `{derived.name}`, `{word}`,", index


def _find(
    encoded: EncodedRulebook, derived: Derived, what: str, index: int, clock: Clock
) -> Iterator[Finding]:
    space, rows = encoded.rows(derived)
    if solve(space, clock, *(false for _, false in rows[:index]), rows[index][0]):
        return
    wanted = parts(derived.rows[index].when)
    met, tree = encoded.nearly(derived, wanted, [each.when for each in derived.rows], clock)
    values = derive(derived, encoded.case(derived, tree))
    shown = encoded.examples(
        derived,
        {f"row {index + 1} is not reached": tree},
        lambda case: all_hold(met, case) and derive(derived, case) == values,
    )
    contradicts = len(met) < len(wanted)
    why = "its condition never holds" if contradicts else "an earlier row always holds first"
    yield Finding(f"{what} is never reached: {why}", shown)


PROOF = Proof(Flaw.UNREACHABLE_ROW, "{1} can be reached", _find, _rows)
