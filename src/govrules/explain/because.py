"""The facts that force a verdict, or settle a derived fact: those alone reproduce it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from govrules.engines.registry import Outcome
from govrules.explain.cells import Cited, Restricted, cited_among
from govrules.explain.closures import NOTHING
from govrules.explain.view import Order, View
from govrules.rulebook.ast import Rule

#: Above this many facts the support is shown as the formulas give it, not reduced one by one.
REDUCED_UP_TO: Final = 48
_INDEX: Final = re.compile(r"\d+")


def because(rule: Rule, view: View, outcome: Outcome) -> tuple[Cited, ...]:
    """
    Return the facts that force the outcome; with no others known, it is the same.

    A derived fact that is settled is one of them, and not what settles it: see `proof`.
    """
    judging, closures = view.rule(rule), view.backend.closures
    forced = judging.forced(view.frames, outcome)
    numbers = NOTHING.union(*[closures.support(each)(view.frames) for each in forced])
    checks = [closures.check(each) for each in forced]

    def is_said(alone: Restricted) -> bool:
        return all(check((alone.top,)) for check in checks)

    return _least(view, numbers, judging.order, is_said, f"`{rule.id}`")


def proof(name: str, view: View) -> tuple[Cited, ...]:
    """Return the facts that settle a derived fact of the record in sight."""
    backend, known = view.backend, view.frame.known
    found: tuple[Cited, ...] | None = known.get((proof, name))
    if found is None:
        table = backend.lowering.table(name, view.scopes[-1])
        possible, numbers = backend.closures.possible(table), backend.closures.proof(table)
        values = possible(view.frames)

        def is_said(alone: Restricted) -> bool:
            return possible(tuple(map(alone.of, view.frames))) == values

        order = backend.order(name, _INDEX.sub("", view.frame.prefix))
        found = _least(view, numbers(view.frames), order, is_said, f"`{name}`")
        known[proof, name] = found
    return found


def _least(
    view: View,
    numbers: Iterable[int],
    order: Order,
    is_said: Callable[[Restricted], bool],
    what: str,
) -> tuple[Cited, ...]:
    """Return facts without those that can be left out of them."""
    top = view.frames[0]
    facts = sorted(cited_among(view.all, numbers), key=order)
    alone = Restricted(top, facts)
    if not is_said(alone):
        raise AssertionError(f"the explanation of {what} does not reproduce it")
    if len(facts) <= REDUCED_UP_TO:
        for each in reversed(facts):
            fewer = [other for other in facts if other is not each]
            before, back = alone, alone.without(each)
            if back is None:
                alone = Restricted(top, fewer)
            if is_said(alone):
                facts = fewer
            elif back is None:
                alone = before
            else:
                back()
    return tuple(facts)
