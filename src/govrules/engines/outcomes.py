"""Outcomes of lowered rules, from which of their formulas hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from govrules.engines.registry import Outcome
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.judged import Judged
from govrules.rulebook.ast import Rule, Verdict

#: Where nothing is wrong nothing is grave: one value for all such outcomes.
CLEAR: Final = Outcome(Verdict.CLEAR, None, None, ())
NOT_APPLICABLE: Final = Outcome(Verdict.NOT_APPLICABLE, None, None, ())
#: The formulas that decide how grave an outcome is, each with its place in a number.
Atoms: TypeAlias = dict[ir.Formula, int]


def outcome_of(rule: Rule, judged: Judged, holds: Callable[[ir.Formula], bool]) -> Outcome:
    """
    Return what a rule says of a subject.

    Args:
        rule: the rule.

        judged: the same as formulas.

        holds: which of its formulas hold of the subject.
    """
    if holds(judged.not_applicable):
        return NOT_APPLICABLE
    if holds(judged.clear):
        return CLEAR
    possible = [each for each, so in judged.severities.items() if holds(so)]
    least, worst = min(possible), max(possible)
    pairs = zip(rule.mitigated_by, judged.mitigations, strict=True)
    mitigations = tuple(each for each, so in pairs if holds(so))
    if holds(judged.flagged):
        return Outcome(Verdict.FLAGGED, least, None if worst is least else worst, mitigations)
    return Outcome(Verdict.UNKNOWN, None, worst, mitigations)


class Outcomes(dict[int, Outcome]):
    """
    The outcomes of a rule that may flag, created on first use.

    The key is a number that tells what decides how grave it is: see `atoms_of`.

    Args:
        rule: the rule.

        judged: the same as formulas.

        flagged: whether it flags.
    """

    def __init__(self, rule: Rule, judged: Judged, *, flagged: bool) -> None:
        super().__init__()
        self.atoms = atoms_of(judged)
        self._rule = rule
        self._judged = judged
        self._verdict: dict[ir.Formula, bool] = {
            judged.not_applicable: False,
            judged.clear: False,
            judged.flagged: flagged,
        }

    def __missing__(self, number: int) -> Outcome:
        holds = {atom: bool(number >> place & 1) for atom, place in self.atoms.items()}
        holds |= {**self._verdict, f.TRUE: True, f.FALSE: False}
        # Of two threads that make it at once, both hand out the first one's.
        return self.setdefault(number, outcome_of(self._rule, self._judged, holds.__getitem__))


def atoms_of(judged: Judged) -> Atoms:
    """Return the formulas that determine a rule's severity, each with its bit."""
    several = dict.fromkeys((*judged.severities.values(), *judged.mitigations))
    open_ = (each for each in several if not isinstance(each, ir.Const))
    return {each: place for place, each in enumerate(open_)}
