"""Which partnerships a finding on their register counts, all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from govrules.assessment import Assessment
from govrules.explain.phrases import fact_phrase, record_name
from govrules.findings import Finding
from govrules.model import Partnership
from govrules.own import base_of
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Condition,
    Count,
    FactRef,
    Not,
    Op,
    Quantified,
    Quantity,
    Share,
)
from govrules.rulebook.walk import nodes
from govrules.truth import Truth
from govrules.vocabulary import Records

#: The comparisons of a number that too many break.
_AT_MOST: Final = (Op.AT_MOST, Op.LESS_THAN)


def that_count(finding: Finding, register: Assessment) -> Iterator[str]:
    """Yield the partnerships a register's finding is based on."""
    view = register._view  # noqa: SLF001 - from where it is explained
    for ref, among, where, counts in _lists(finding.rule.requires, holds=True):
        if not isinstance(ref.type, Records) or base_of(ref.type.cls) is not Partnership:
            continue
        for index, each in enumerate(view.records(ref)[0]):
            if among is not None and each.truth(among) is not Truth.TRUE:
                continue
            if each.truth(where) is counts:
                yield record_name(each.frame.record, index, ref.fact.each)


def _lists(
    condition: Condition, *, holds: bool
) -> Iterator[tuple[FactRef, Condition | None, Condition, Truth]]:
    """Yield each list asked about: its entries, the condition, and its polarity."""
    against = Truth.FALSE if holds else Truth.TRUE
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from _lists(item, holds=holds)
        case Not(item):
            yield from _lists(item, holds=not holds)
        case Quantified(Quantity.EVERY, ref, where) if holds:
            yield ref, None, where, Truth.FALSE
        case Quantified(Quantity.NONE, ref, where) if holds:
            yield ref, None, where, Truth.TRUE
        case Quantified(Quantity.SOME, ref, where) if not holds:
            yield ref, None, where, Truth.TRUE
        case Count(ref, where, Compare(op)) if where is not None:
            yield ref, None, where, ~against if op in _AT_MOST else against
        case Share(ref, among, where, Compare(op)):
            yield ref, among, where, ~against if op in _AT_MOST else against
        case _:
            return


def counted_otherwise(finding: Finding, register: Assessment) -> str:
    """Return two counts that should agree, if a finding is about that; else ""."""
    view = register._view  # noqa: SLF001 - from where it is explained
    for node in nodes(finding.rule.requires):
        if not isinstance(node, Count) or node.where is None:
            continue
        predicate = node.predicate
        if not isinstance(predicate, Compare) or predicate.op is not Op.EQUALS:
            continue
        if not isinstance(predicate.operand, FactRef):
            continue
        ref = predicate.operand
        declared = fact_phrase(ref.fact, view.of(ref).value(ref.path))
        records, closed = view.records(node.list)
        truths = Counter(record.truth(node.where) for record in records)
        certain, open_ = truths[Truth.TRUE], truths[Truth.UNKNOWN]
        least = "at least " if open_ or not closed else ""
        counts, do = ("counts" if certain == 1 else "count"), ("does" if open_ == 1 else "do")
        more = f", or {certain + open_} if the {open_} not known yet {do} too" if open_ else ""
        return f"{declared}, but {least}{certain} on the register {counts}{more}"
    return ""
