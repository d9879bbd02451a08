"""
A rule as formulas, put together from what it says for each value of derived facts.

A rule is judged apart for each joint value that the derived facts it reads may have; what holds for
all of them holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import TypeAlias

import attrs

from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.rulebook import ast


@attrs.frozen(eq=False)
class Judged:
    """
    A lowered rule; at most one of its first three formulas holds.

    Attributes:
        not_applicable: where it does not apply.
        clear: where it cannot flag, and may apply.
        flagged: where it flags.
        severities: where each severity is possible, if it flags or may flag.
        mitigations: where each mitigation holds, likewise.
        scope: whether it applies and no exception holds.
        requires: whether what it requires holds.
        never_flags: where it cannot flag, whether it applies or not.
        settled: where what it requires holds, or it applies and an exception does.
    """

    not_applicable: ir.Formula
    clear: ir.Formula
    flagged: ir.Formula
    severities: Mapping[ast.Severity, ir.Formula]
    mitigations: tuple[ir.Formula, ...]
    scope: f.DualRail
    requires: f.DualRail
    never_flags: ir.Formula
    settled: ir.Formula

    @property
    def formulas(self) -> tuple[ir.Formula, ...]:
        """All formulas of the outcome."""
        verdicts = (self.not_applicable, self.clear, self.flagged)
        return (*verdicts, *self.severities.values(), *self.mitigations)


@attrs.frozen(eq=False)
class RuleSplit:
    """A rule under fixed joint values of the derived facts it reads."""

    scope: f.DualRail
    requires: f.DualRail
    settled: ir.Formula
    relief: tuple[f.DualRail, ...]
    grades: tuple[tuple[ast.Severity, ir.Formula], ...]

    @cached_property
    def may_flag(self) -> ir.Formula:
        """Where it flags, or may."""
        return f.both(f.no(self.scope.false), f.no(self.requires.true))

    def severity(self, severity: ast.Severity) -> ir.Formula:
        """Return where a severity is possible: as graded, and one step down."""
        relieved = f.disjunction(self.relief)
        own = [so for each, so in self.grades if each is severity]
        above_ = [so for each, so in self.grades if each.stepped_down() is severity]
        return f.either(
            f.both(f.either(*own), f.no(relieved.true)),
            f.both(f.either(*above_), f.no(relieved.false)),
        )


@attrs.frozen(eq=False)
class Split:
    """A rule split by a derived fact's values, with where each is possible."""

    branches: tuple[tuple[ir.Formula, Tree], ...]


Tree: TypeAlias = RuleSplit | Split


def judged_of(tree: Tree, mitigations: int) -> Judged:
    """
    Combine the splits of a rule.

    Args:
        tree: the parts.

        mitigations: how many mitigations the rule has.
    """

    def pair(of: Callable[[RuleSplit], f.DualRail]) -> f.DualRail:
        return f.DualRail(
            _everywhere(tree, lambda part: of(part).true),
            _everywhere(tree, lambda part: of(part).false),
        )

    scope, requires = pair(attrgetter("scope")), pair(attrgetter("requires"))
    never = _everywhere(tree, lambda part: f.no(part.may_flag))
    severities = {
        severity: f.no(_of_flagging(tree, lambda part, each=severity: f.no(part.severity(each))))  # type: ignore[misc]
        for severity in ast.Severity
    }
    # What makes it clear or not applicable need not be asked again.
    open_ = (f.no(scope.false), f.no(never))
    severities = {each: f.given(where, open_) for each, where in severities.items()}
    return Judged(
        not_applicable=scope.false,
        clear=f.both(f.no(scope.false), never),
        flagged=f.both(scope.true, requires.false),
        severities={each: where for each, where in severities.items() if where is not f.FALSE},
        mitigations=tuple(
            f.given(_of_flagging(tree, lambda part, place=place: part.relief[place].true), open_)  # type: ignore[misc]
            for place in range(mitigations)
        ),
        scope=scope,
        requires=requires,
        never_flags=never,
        settled=_everywhere(tree, attrgetter("settled")),
    )


def _parts(tree: Tree) -> frozenset[RuleSplit]:
    """Return the leaves of a split rule."""
    if isinstance(tree, RuleSplit):
        return frozenset({tree})
    return frozenset().union(*(_parts(below) for _, below in tree.branches))


def _everywhere(tree: Tree, of: Callable[[RuleSplit], ir.Formula]) -> ir.Formula:
    """Return the conjunction over all possible values."""
    found: dict[Tree, ir.Formula] = {}

    def within(tree: Tree) -> ir.Formula:
        if tree not in found:
            found[tree] = (
                of(tree)
                if isinstance(tree, RuleSplit)
                else f.wherever((possible, within(below)) for possible, below in tree.branches)
            )
        return found[tree]

    return within(tree)


def _of_flagging(tree: Tree, of: Callable[[RuleSplit], ir.Formula]) -> ir.Formula:
    """Return what holds of all possible splits that may flag, if the rule may flag."""
    if len({part.may_flag for part in _parts(tree)}) == 1:
        return _everywhere(tree, of)
    return _everywhere(tree, lambda part: f.either(f.no(part.may_flag), of(part)))
