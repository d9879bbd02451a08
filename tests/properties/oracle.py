"""
A second opinion on complete facts, naive on purpose: plain booleans, no code of the engine's.
"""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from govrules.rulebook import ast


class Oracle:
    """Evaluates conditions and rules on a thing of which everything is known."""

    def __init__(self, thing: Any, rulebook: ast.Rulebook, as_of: dt.date) -> None:
        self.thing = thing
        self.rulebook = rulebook
        self.as_of = as_of

    def holds(self, condition: Any, items: tuple[Any, ...] = ()) -> bool:
        kind = type(condition).__name__
        if kind == "All":
            return all(self.holds(each, items) for each in condition.items)
        if kind == "AnyOf":
            return any(self.holds(each, items) for each in condition.items)
        if kind == "Not":
            return not self.holds(condition.item, items)
        if kind == "Test":
            return self.passes(self.value(condition.fact, items), condition, items)
        records = self.value(condition.list, items)
        if kind == "Count" and isinstance(records, frozenset):
            return self.stands(len(records), condition.predicate, condition, items)
        if kind == "Quantified":
            truths = [self.holds(condition.where, (*items, each)) for each in records]
            some = True in truths
            return {"some": some, "every": False not in truths, "none": not some}[
                condition.quantity.value
            ]
        where = condition.where
        so = [each for each in records if where is None or self.holds(where, (*items, each))]
        if kind == "Count":
            return self.stands(len(so), condition.predicate, condition, items)
        if kind == "Sum":
            amounts = [self.value(condition.of, (*items, each)) for each in so]
            total = sum(each for each in amounts if each is not None)
            return self.stands(total, condition.predicate, condition, items)
        assert kind == "Share"
        among = [
            each
            for each in records
            if condition.among is None or self.holds(condition.among, (*items, each))
        ]
        if not among:
            return self.stands(None, condition.predicate, condition, items)
        number = sum(self.holds(where, (*items, each)) for each in among)
        share = Fraction(100 * number, len(among))
        return self.stands(share, condition.predicate, condition, items)

    def value(self, ref: Any, items: tuple[Any, ...]) -> Any:
        owner = (self.thing, *items)[ref.level]
        source = ref.source.value
        if source == "as_of":
            return self.as_of
        if source == "derived":
            seen_from_there = Oracle(owner, self.rulebook, self.as_of)
            return seen_from_there.derive(self.rulebook.derived[ref.path])
        missing: Any = None
        kind = type(ref.fact.type).__name__
        if kind == "YesNo":
            missing = False
        if kind == "Choices":
            missing = frozenset()
        if kind == "Records":
            missing = ()
        for name in ref.path.split("."):
            owner = getattr(owner, name)
            if owner is None:
                return missing
        return owner

    def derive(self, derived: Any) -> Any:
        for row in derived.rows:
            if self.holds(row.when):
                return row.value
        return derived.otherwise

    def passes(self, value: Any, test: Any, items: tuple[Any, ...]) -> bool:
        predicate = test.predicate
        if type(predicate).__name__ != "Includes":
            if isinstance(value, frozenset | tuple):
                value = value or None
            return self.stands(value, predicate, test, items)
        wanted = self.operand(predicate.operand, items) or ()
        if predicate.op.value == "includes":
            return any(each in value for each in wanted)
        everything = all(each in value for each in wanted)
        return everything if predicate.op.value == "includes_all" else not everything

    def stands(self, value: Any, predicate: Any, test: Any, items: tuple[Any, ...]) -> bool:
        kind = type(predicate).__name__
        if kind == "OneOf":
            return any(value == self.operand(each, items) for each in predicate.operands)
        if kind == "Between":
            low, high = self.operand(predicate.low, items), self.operand(predicate.high, items)
            return self.compare(value, "at_least", low, test) and self.compare(
                value, "at_most", high, test
            )
        return self.compare(value, predicate.op.value, self.operand(predicate.operand, items), test)

    def operand(self, operand: Any, items: tuple[Any, ...]) -> Any:
        kind = type(operand).__name__
        if kind == "FactRef":
            return self.value(operand, items)
        if kind == "By":
            chosen = self.value(operand.selector, items)
            return None if chosen is None else self.operand(dict(operand.cases)[chosen], items)
        return operand.value

    def compare(self, value: Any, op: str, other: Any, test: Any) -> bool:
        if op == "equals":
            return bool(value == other)
        if value is None or other is None:
            return False
        if op in ("older_than", "newer_than"):
            older = value < months_earlier(self.as_of, other)
            return older if op == "older_than" else not older
        if op == "within_next":
            return bool(self.as_of <= value < months_earlier(self.as_of, -other))
        if isinstance(value, str):
            order = test.fact.fact.type.values
            value, other = order.index(value), order.index(other)
        if isinstance(value, Fraction) and isinstance(other, Decimal):
            other = Fraction(other)
        return {
            "at_least": value >= other,
            "at_most": value <= other,
            "more_than": value > other,
            "less_than": value < other,
        }[op]

    def verdict(self, rule: ast.Rule) -> str:
        applies = rule.applies_when is None or self.holds(rule.applies_when)
        if not applies or any(self.holds(each.when) for each in rule.unless):
            return "not applicable"
        return "clear" if self.holds(rule.requires) else "flagged"

    def severity(self, rule: ast.Rule) -> str:
        levels = ["low", "medium", "high", "critical"]
        level = rule.otherwise.value
        for grade in sorted(rule.grades, key=lambda each: -levels.index(each.severity.value)):
            if self.holds(grade.when):
                level = grade.severity.value
                break
        if any(self.holds(each.when) for each in rule.mitigated_by):
            level = levels[max(0, levels.index(level) - 1)]
        return level


def months_earlier(day: dt.date, months: int) -> dt.date:
    """The day this many months before, or the last day of a month that has no such day."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
