"""The facts that force a verdict, or settle a derived fact: those alone reproduce it; and whose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from govrules.explain.cells import Cited, Restricted
from govrules.explain.judging import ExplainedOutcome, Forced, Order
from govrules.explain.phrases import record_name
from govrules.explain.view import View
from govrules.lowering import ir
from govrules.rulebook.ast import Rule
from govrules.subjects import words_of
from govrules.truth import UNKNOWN
from govrules.vocabulary import Record, vocabulary_of

#: Above this many facts the support is shown as the formulas give it, not reduced one by one.
REDUCED_UP_TO: Final = 48
#: Of how many states of such facts it is kept which of them are needed.
_MOST_KEPT: Final = 2**8
_INDEX: Final = re.compile(r"\d+")


def because(rule: Rule, view: View, said: ExplainedOutcome) -> tuple[Cited, ...]:
    """
    Return the facts that force the outcome: known alone, they reproduce it.

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


def _because(rule: Rule, view: View, said: ExplainedOutcome) -> tuple[Cited, ...]:
    judging = view.rule(rule)
    forced = judging.forced(view.frames, said.outcome)

    def is_said(alone: Restricted) -> bool:
        return forced.check((alone.top,))

    return _least(view, forced.support(view.frames), judging.order, is_said, forced)


def proof(name: str, view: View) -> tuple[Cited, ...]:
    """Return the facts that settle a derived fact of the current record."""
    backend = view.backend
    table = backend.lowering.table(name, view.scopes[-1])
    possible, numbers = backend.closures.possible(table), backend.closures.proof(table)
    values = possible(view.frames)

    def is_said(alone: Restricted) -> bool:
        return possible(tuple(map(alone.of, view.frames))) == values

    order = backend.order(name, _INDEX.sub("", view.frame.prefix))
    return _least(view, numbers(view.frames), order, is_said, table)


def _least(
    view: View,
    numbers: Iterable[int],
    order: Order,
    is_said: Callable[[Restricted], bool],
    of: Forced | ir.DerivedTable,
) -> tuple[Cited, ...]:
    """
    Return a minimal subset of facts that still suffices; cached by the facts' state.

    Args:
        view: the subject.

        numbers: the numbers of the facts.

        order: the order in which they are given.

        is_said: whether what is explained is so with these facts alone.

        of: what is explained.
    """
    top, frame = view.frames[0], view.frame
    cited = view.cited(sorted(numbers))
    state = frame.state(cited)
    kept = order.least.get((of, state))
    if kept is not None:
        return view.cited([frame.first + 1 + place for place in kept])
    facts = sorted(cited, key=order)
    alone = Restricted.to(top, facts)
    if not is_said(alone):
        raise AssertionError("an explanation does not reproduce what it explains")
    if len(facts) <= REDUCED_UP_TO:
        for fact in reversed(facts):
            fewer = [other for other in facts if other is not fact]
            before, back = alone, alone.without(fact)
            if back is None:
                alone = Restricted.to(top, fewer)
            if is_said(alone):
                facts = fewer
            elif back is None:
                alone = before
            else:
                back()
    if state is not None:
        if len(order.least) >= _MOST_KEPT:
            order.least.clear()
        order.least[of, state] = tuple(fact.place for fact in facts)
    return tuple(facts)


# ── Whose facts are ────────────────────────────────────────────────────────────────────────────


def of_two(record: Any, path: str) -> str:  # noqa: ANN401 - any attrs object
    """Return the name of the one of a pair a fact belongs to; "" outside pairs."""
    cls: type = type(record)
    if not twins(cls):
        return ""
    name, _, inside = path.partition(".")
    if not inside or name not in twins(cls):
        return ""
    one = getattr(record, name)
    # Unknown has a name of its own, which is nobody's.
    called = UNKNOWN if one is UNKNOWN else getattr(one, "name", UNKNOWN)
    return called if isinstance(called, str) else f"the {name} {twins(cls)[name]}"


@lru_cache
def twins(cls: type) -> Mapping[str, str]:
    """
    Return the fields of a class that hold two records of one kind.

    Each with what it is called: ``{"first": "partnership", "second": "partnership"}``.
    """
    kinds = {
        name: fact.type.cls
        for name, fact in vocabulary_of(cls).fields.items()
        if isinstance(fact.type, Record)
    }
    several = [*kinds.values()]
    return {name: words_of(kind) for name, kind in kinds.items() if several.count(kind) > 1}


def record_name_of(cited: Cited) -> str:
    """Return the name of the record that a fact is in; "" for the subject itself."""
    if not cited.frame.prefix:
        return of_two(cited.frame.record, cited.path)
    index = cited.frame.prefix.rstrip("].").rpartition("[")[2]
    return record_name(cited.frame.record, int(index), called_of(cited))


def called_of(cited: Cited) -> str:
    """Return the noun for a fact's record, in a list or a pair; "" for the subject."""
    frame = cited.frame
    if frame.prefix:
        return frame.listed[1].each
    cls: type = type(frame.record)
    kinds = twins(cls)
    return kinds.get(cited.path.partition(".")[0], "") if kinds else ""
