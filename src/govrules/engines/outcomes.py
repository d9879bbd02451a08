"""Outcomes of lowered rules, from which of their formulas hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from govrules.engines.registry import Outcome
from govrules.lowering import ir
from govrules.lowering.judged import Judged
from govrules.rulebook.ast import Rule, Verdict

#: Where nothing is wrong nothing is grave: one value for all such outcomes.
CLEAR: Final = Outcome(Verdict.CLEAR, None, None, ())
NOT_APPLICABLE: Final = Outcome(Verdict.NOT_APPLICABLE, None, None, ())
#: What decides how grave an outcome is: the mask of a derived fact, or whether a formula holds;
#: each with its place in a number.
Atoms: TypeAlias = dict[ir.Table | ir.Formula, int]


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
    The outcomes of a rule that flags, or may flag, each made when it is first reached.

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
        def holds(formula: ir.Formula) -> bool:
            match formula:
                case ir.Const(value=value):
                    return value
                case _ if formula in self._verdict:
                    return self._verdict[formula]
                case _ if formula in self.atoms:
                    return bool(number >> self.atoms[formula] & 1)
                case ir.Neg(item=item):
                    return not holds(item)
                case ir.And(items=items):
                    return all(map(holds, items))
                case ir.May(table=table, values=values):
                    mask = sum(table.bits[each] for each in values)
                    return bool(number >> self.atoms[table] & mask)
                case _:
                    raise AssertionError("what asks no derived fact is an atom")

        # Of two threads that make it at once, both hand out the first one's.
        return self.setdefault(number, outcome_of(self._rule, self._judged, holds))


def atoms_of(judged: Judged) -> Atoms:
    """Return what decides how grave the outcome of a rule is, with its place in a number."""
    found: Atoms = {}
    width = 0
    for formula in (*judged.severities.values(), *judged.mitigations):
        for atom in _atoms(formula):
            if atom not in found:
                found[atom] = width
                width += len(atom.bits) if isinstance(atom, ir.Table) else 1
    return found


def _atoms(formula: ir.Formula) -> Iterator[ir.Table | ir.Formula]:
    """Yield the derived facts that a formula asks, and the largest parts that ask none."""
    match formula:
        case ir.Const():
            return
        case ir.Neg(item=item):
            yield from _atoms(item)
        case ir.May(table=table):
            yield table
        case ir.And(items=items) if formula.tables:
            for each in items:
                yield from _atoms(each)
        case _:
            yield formula
