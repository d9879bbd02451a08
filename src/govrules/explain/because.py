"""The facts that force a verdict: those alone reproduce it."""

from __future__ import annotations

from typing import Final

from govrules.engines.registry import Outcome
from govrules.explain.cells import Cited, Restricted, cited_among
from govrules.explain.closures import NOTHING
from govrules.explain.view import View
from govrules.rulebook.ast import Rule

#: Above this many facts the support is shown as the formulas give it, not reduced one by one.
REDUCED_UP_TO: Final = 48


def because(rule: Rule, view: View, outcome: Outcome) -> tuple[Cited, ...]:
    """Return the facts that force the outcome; with no others known, it is the same."""
    judging, closures, top = view.rule(rule), view.backend.closures, view.frames[0]
    forced = judging.forced(view.frames, outcome)
    numbers = NOTHING.union(*[closures.support(each)(view.frames) for each in forced])
    facts = sorted(cited_among(view.all, numbers), key=judging.order)
    checks = [closures.check(each) for each in forced]
    alone = Restricted(top, facts)

    def is_said() -> bool:
        return all(check((alone.top,)) for check in checks)

    if not is_said():
        raise AssertionError(f"the explanation of `{rule.id}` does not reproduce its verdict")
    if len(facts) <= REDUCED_UP_TO:
        for each in reversed(facts):
            fewer = [other for other in facts if other is not each]
            before, back = alone, alone.without(each)
            if back is None:
                alone = Restricted(top, fewer)
            if is_said():
                facts = fewer
            elif back is None:
                alone = before
            else:
                back()
    return tuple(facts)
