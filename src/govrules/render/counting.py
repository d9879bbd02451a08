"""Which partnerships a finding on their register counts, all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from govrules.assessment import Assessment
from govrules.engines.reference import case_of, evaluate
from govrules.explain.phrases import fact_phrase, record_name
from govrules.facts import Facts
from govrules.findings import Finding
from govrules.model import Partnership
from govrules.rulebook.ast import Compare, Count, FactRef, Op, Quantified, Quantity, Share
from govrules.rulebook.walk import nodes
from govrules.truth import Truth
from govrules.vocabulary import Records


def that_count(finding: Finding, register: Assessment) -> Iterator[str]:
    """Yield the names of the partnerships for which a finding on their register is made."""
    case = case_of(Facts(register.subject, register.as_of), register.rulebook)
    for node in nodes(finding.rule.requires):
        match node:
            case Quantified(Quantity.EVERY, ref, where):
                counts = Truth.FALSE
            case Quantified(Quantity.NONE, ref, where):
                counts = Truth.TRUE
            case Count(ref, where, Compare(op)) | Share(ref, _, where, Compare(op)) if where:
                counts = Truth.TRUE if op in (Op.AT_MOST, Op.LESS_THAN) else Truth.FALSE
            case _:
                continue
        if not isinstance(ref.type, Records) or ref.type.cls is not Partnership:
            continue
        among = node.among if isinstance(node, Share) else None
        for index, each in enumerate(case.facts.records(ref, case.scopes)[0]):
            inside = case.inside(each)
            if among is not None and evaluate(among, inside) is not Truth.TRUE:
                continue
            if evaluate(where, inside) is counts:
                yield record_name(each.record, index, ref.fact.each)


def counted_otherwise(finding: Finding, register: Assessment) -> str:
    """Return two numbers that should be one, where a finding is about that; else ""."""
    case = case_of(Facts(register.subject, register.as_of), register.rulebook)
    for node in nodes(finding.rule.requires):
        if not isinstance(node, Count) or node.where is None:
            continue
        predicate = node.predicate
        if not isinstance(predicate, Compare) or predicate.op is not Op.EQUALS:
            continue
        if not isinstance(predicate.operand, FactRef):
            continue
        ref = predicate.operand
        declared = fact_phrase(ref.fact, case.facts.value(ref, case.scopes))
        records, closed = case.facts.records(node.list, case.scopes)
        truths = Counter(evaluate(node.where, case.inside(each)) for each in records)
        certain, open_ = truths[Truth.TRUE], truths[Truth.UNKNOWN]
        least = "at least " if open_ or not closed else ""
        more = f"; {certain + open_} if the {open_} that nobody can tell of do" if open_ else ""
        return f"{declared}, and {least}{certain} on the register count{more}"
    return ""
