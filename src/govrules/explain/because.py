"""The facts that force a verdict, or settle a derived fact: those alone reproduce it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import Final

from govrules.explain.cells import Cited, Restricted
from govrules.explain.view import Order, Said, View
from govrules.rulebook.ast import Rule

#: Above this many facts the support is shown as the formulas give it, not reduced one by one.
REDUCED_UP_TO: Final = 48
#: How many sets of facts are kept with those of them that are needed.
_MOST_KEPT: Final = 2**14
_INDEX: Final = re.compile(r"\d+")


def because(rule: Rule, view: View, said: Said) -> tuple[Cited, ...]:
    """
    Return the facts that force the outcome; with no others known, it is the same.

    A derived fact that is settled is one of them, and not what settles it: see `proof`.
    """
    if said.because is None:
        found = _because(rule, view, said)
        said.settled = tuple((each.number, each.value) for each in found if each.is_step)
        said.because = tuple(each.number for each in found)
        return found
    found = view.cited(said.because)
    if said.settled:
        values = dict(said.settled)
        for each in found:
            if each.number in values:
                each.frame.known[each.place] = values[each.number]
    return found


def _because(rule: Rule, view: View, said: Said) -> tuple[Cited, ...]:
    judging = view.rule(rule)
    forced = judging.forced(view.frames, said.outcome)
    numbers = forced.support(view.frames)

    def is_said(alone: Restricted) -> bool:
        return forced.check((alone.top,))

    return _least(view, numbers, judging.order, is_said, forced, f"`{rule.id}`")


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
        what = (table, view.frame.prefix, values)
        found = _least(view, numbers(view.frames), order, is_said, what, f"`{name}`")
        known[proof, name] = found
    return found


def _least(  # noqa: PLR0917 - as they are told
    view: View,
    numbers: Iterable[int],
    order: Order,
    is_said: Callable[[Restricted], bool],
    what: Hashable,
    called: str,
) -> tuple[Cited, ...]:
    """
    Return facts without those that can be left out of them, each with its place in the text.

    Whether they can be hangs on nothing but the facts themselves, so that of equal facts it is
    found out once.

    Args:
        view: the subject.

        numbers: the facts.

        order: the order in which they are given.

        is_said: whether what is explained is so with these facts alone.

        what: what is explained.

        called: how to name it.
    """
    ordered = sorted(numbers)
    key = (what, *view.signature(ordered))
    kept = view.backend.needed
    needed = kept.get(key)
    if needed is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = _reduced(view, view.cited(ordered), order, is_said, called)
        needed = kept[key] = tuple(each.number for each in found)
    return view.cited(needed)


def _reduced(
    view: View,
    cited: Iterable[Cited],
    order: Order,
    is_said: Callable[[Restricted], bool],
    called: str,
) -> list[Cited]:
    top = view.frames[0]
    facts = sorted(cited, key=order)
    alone = Restricted(top, facts)
    if not is_said(alone):
        raise AssertionError(f"the explanation of {called} does not reproduce it")
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
    return facts
