"""Kleene's logic on pairs of formulas, and what alternatives that are possible agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from govrules.lowering import formulas as f
from govrules.lowering import ir


def conjunction(pairs: Iterable[f.Pair]) -> f.Pair:
    """Return Kleene's *and*."""
    every = list(pairs)
    return f.Pair(f.both(*(each.true for each in every)), f.either(*(each.false for each in every)))


def disjunction(pairs: Iterable[f.Pair]) -> f.Pair:
    """Return Kleene's *or*."""
    return ~conjunction(~each for each in pairs)


def wherever(alternatives: Iterable[tuple[ir.Formula, ir.Formula]]) -> ir.Formula:
    """Return what holds for each alternative that may be; at least one always may."""
    grouped: dict[ir.Formula, list[ir.Formula]] = {}
    for possible, formula in alternatives:
        if possible is not f.FALSE:
            grouped.setdefault(formula, []).append(possible)
    if len(grouped) == 1:
        return next(iter(grouped))
    return _factored(
        list(grouped),
        lambda rest: f.both(
            *(
                f.either(f.no(f.either(*several)), each)
                for each, several in zip(rest, grouped.values(), strict=True)
            )
        ),
    )


def _factored(
    formulas: Sequence[ir.Formula], joined: Callable[[Sequence[ir.Formula]], ir.Formula]
) -> ir.Formula:
    """Return formulas joined by their alternatives, what all of them have in common told once."""
    for turned, joint in ((lambda each: each, f.both), (f.no, f.either)):
        parts = [tuple(map(turned, _items(turned(each)))) for each in formulas]
        common = [each for each in parts[0] if all(each in other for other in parts)]
        if common:
            rest = [joint(*(each for each in own if each not in common)) for own in parts]
            return joint(*common, joined(rest))
    return joined(formulas)


def _items(formula: ir.Formula) -> tuple[ir.Formula, ...]:
    return formula.items if isinstance(formula, ir.And) else (formula,)


def agreed(alternatives: Iterable[tuple[ir.Formula, f.Pair]]) -> f.Pair:
    """Return what all alternatives that may be agree on; at least one always may."""
    every = list(alternatives)
    return f.Pair(
        wherever((possible, pair.true) for possible, pair in every),
        wherever((possible, pair.false) for possible, pair in every),
    )
