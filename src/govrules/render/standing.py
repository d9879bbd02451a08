"""Where a derived fact such as the risk tier stands: what it may be, and why, said once."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.explain.english import condition_phrase
from govrules.explain.phrases import (
    fact_phrase,
    joined,
    short_amount,
    value_phrase,
    without_article,
)
from govrules.explain.view import View
from govrules.rulebook.ast import Derived
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Condition,
    FactSource,
    Literal,
    Op,
    Parameter,
    Test,
)
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choice, Money, Number

#: The derived fact that says how much is at stake.
TIER: Final = "risk_tier"
#: Of more ways in which it could rise than these, the others are counted.
_MOST: Final = 3
_AMOUNT: Final = re.compile(r"£\d[\d,]*(?![\d.,]*\d)")


@attrs.frozen
class Standing:
    """
    The possible values of a subject's derived fact.

    Attributes:
        label: what it is called.
        values: what it may be, lowest first.
        reasons: clauses each of which alone gives it the lowest of these; none where nothing does.
        rises: clauses each of which alone would give it the highest.
        stated: whether somebody stated it, so that it does not follow from other facts.
        lowest: the lowest of all values that there are.
        own: the register's own rating, which is set beside it; "" where there is none.
    """

    label: str
    values: tuple[str, ...]
    reasons: tuple[str, ...]
    rises: tuple[str, ...]
    stated: bool
    lowest: str
    own: str = ""

    @property
    def word(self) -> str:
        """Its word in a column: "+" for at least, "?" for unknown."""
        if len(self.values) == 1:
            return self.values[0]
        return "?" if self.values[0] == self.lowest else f"{self.values[0]}+"

    @property
    def settled(self) -> bool:
        """Whether it is one value, derived from other facts."""
        return len(self.values) == 1 and not self.stated

    @property
    def name(self) -> str:
        """Its lowest possible value and what it is called."""
        return f"{self.values[0]} {without_article(self.label)}"

    @property
    def sentence(self) -> str:
        """Its value and reason in a sentence or two, with the register's own rating."""
        beside = f" The register itself rates it {self.own}." if self.own else ""
        return self._found + beside

    @property
    def _found(self) -> str:
        name, lowest, highest = without_article(self.label), self.values[0], self.values[-1]
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        if self.stated:
            return f"{lowest.capitalize()} {name}, as stated."
        if len(self.values) == 1:
            return f"{lowest.capitalize()} {name}{why or ': nothing raises it'}."
        least = f", at least {lowest}" if lowest != self.lowest else ""
        first = f"{name.capitalize()} not known{least}{why if least else ''}."
        shown = [*self.rises]
        if len(shown) > _MOST + 1:
            shown = [*shown[:_MOST], f"any of {len(shown) - _MOST} other conditions is met"]
        if not shown:
            return first
        begin = f"{first} {highest.capitalize()}" if least else f"{first[:-1]}: {highest}"
        return f"{begin} if {joined(shown, 'or')}."


def tier_of(assessment: Assessment) -> Standing | None:
    """Return a subject's risk tier; None if its rulebook has none."""
    derived = assessment.rulebook.derived.get(TIER)
    if derived is None or derived.cls is not type(assessment.subject):
        return None
    own = getattr(assessment.subject, "own_rating", UNKNOWN)
    found = standing(derived, assessment._view)  # noqa: SLF001 - from where it is explained
    return attrs.evolve(found, own=own if isinstance(own, str) else "")


def standing(derived: Derived, view: View) -> Standing:
    """Return the standing of a subject's derived fact."""
    order = derived.fact.type.values if isinstance(derived.fact.type, Choice) else ()
    found = {each for each in view.settle(derived.name, 0) if each is not None}
    values = tuple(each for each in order if each in found)
    stated = view.stated(derived) is not UNKNOWN
    rows = [row for row in derived.rows if row.value == values[0]]
    true = next((row for row in rows if view.truth(row.when) is Truth.TRUE), None)
    high = [row for row in derived.rows if row.value == values[-1]] if len(values) > 1 else []
    rises = [short(clause) for row in high for clause in _clauses(row.when, view, Truth.UNKNOWN)]
    return Standing(
        derived.fact.label,
        values,
        _apart(_clauses(true.when, view, Truth.TRUE)) if true else (),
        tuple(dict.fromkeys(rises)),
        stated,
        order[0],
    )


def _apart(reasons: list[str]) -> tuple[str, ...]:
    """Return reasons without those implied by others."""
    return tuple(
        each
        for each in dict.fromkeys(reasons)
        if not any(other != each and other in each for other in reasons)
    )


def short(text: str) -> str:
    """
    Return a text with amounts abbreviated.

    >>> short("it spends at least £1,000,000 a year, or £650,000")
    'it spends at least £1m a year, or £650,000'
    """
    return _AMOUNT.sub(lambda found: short_amount(Decimal(found[0][1:].replace(",", ""))), text)


def _clauses(condition: Condition, view: View, truth: Truth) -> list[str]:
    """
    Return clauses each of which shows a condition, or would make it hold.

    Args:
        condition: the condition, which has this truth.

        view: the subject.

        truth: true, or unknown where nobody can tell yet.
    """
    match condition:
        case AnyOf(items):
            its = [item for item in items if view.truth(item) is truth]
            return [clause for each in its for clause in _clauses(each, view, truth)]
        case All(items):
            its = [item for item in items if view.truth(item) is truth]
            plain = [each for each in its if not _is_derived(each)] or its
            several = [_clauses(each, view, truth) for each in plain]
            if len(several) == 1:
                return several[0]
            return [joined([each[0] for each in several if each])]
        case Test(ref) if ref.source is FactSource.DERIVED:
            derived = view.derived[ref.path]
            rows = [row for row in derived.rows if view.truth(row.when) is truth]
            if truth is Truth.UNKNOWN:
                rows = [row for row in rows if _would_do(condition, derived, row.value)]
            else:
                rows = rows[:1]
            return [clause for row in rows for clause in _clauses(row.when, view, truth)]
        case Test(ref, predicate) if truth is Truth.TRUE:
            told = short(fact_phrase(ref.fact, view.of(ref).value(ref.path)))
            return [told + _threshold(condition) if isinstance(predicate, Compare) else told]
        case _:
            return [condition_phrase(condition)]


def _is_derived(condition: Condition) -> bool:
    return isinstance(condition, Test) and condition.fact.source is FactSource.DERIVED


def _threshold(test: Test) -> str:
    predicate = test.predicate
    if not isinstance(predicate, Compare) or not isinstance(test.fact.type, Money | Number):
        return ""
    if predicate.op is not Op.AT_LEAST or not isinstance(predicate.operand, Literal | Parameter):
        return ""
    return f" (the threshold is {short(value_phrase(predicate.operand.value, test.fact.type))})"


def _would_do(test: Test, derived: Derived, value: str | bool) -> bool:  # noqa: FBT001 - a value of a fact
    """Tell whether a derived fact's value passes a test of it."""
    predicate = test.predicate
    order = derived.fact.type.values if isinstance(derived.fact.type, Choice) else ()
    if not isinstance(predicate, Compare) or not isinstance(predicate.operand, Literal):
        return True
    wanted = predicate.operand.value
    if predicate.op is Op.AT_LEAST and value in order and wanted in order:
        return order.index(str(value)) >= order.index(str(wanted))
    return value == wanted
