"""A rule, a fact or a diagnostic's code in plain English."""

from __future__ import annotations

from collections.abc import Iterator

from govrules.diagnostics import CODES, Code, did_you_mean
from govrules.explain.english import (
    condition_phrase,
    joined,
    rule_sentence,
    sentence,
    severity_sentence,
    value_phrase,
)
from govrules.render.text import Line
from govrules.rulebook.ast import Citation, Derived, FactRef, FactSource, Rule, Rulebook
from govrules.rulebook.walk import references, rule_conditions
from govrules.values import describe
from govrules.vocabulary import Choice, Choices, Fact, Record, Records, vocabulary_of


def rule_lines(rule: Rule, rulebook: Rulebook) -> Iterator[Line]:
    """Yield a rule with its source, severity, remedy, questions and examples."""
    yield f"{rule.id}  ({rule.theme}, {rule.span})", "bold"
    yield rule.title, ""
    yield "", ""
    yield f"Rule: {rule_sentence(rule)}", ""
    yield f"Principle: {rule.principle}", ""
    for citation in (rule.source, *rule.also):
        yield f"Source: {citation_phrase(citation, rulebook)}", ""
    yield f"Severity: {severity_sentence(rule)}", ""
    for exception in rule.unless:
        yield f"Exception: {exception.because}", ""
    for mitigation in rule.mitigated_by:
        yield f"Mitigation: {mitigation.because}", ""
    if rule.remedy is not None:
        about = [each for each in (rule.remedy.who, rule.remedy.within) if each]
        yield f"Remedy: {rule.remedy.do}" + (f" ({', '.join(about)})" if about else ""), ""
        for when, do in rule.remedy.instead:
            yield f"Remedy where {condition_phrase(when)}: {do}", ""
    yield "", ""
    yield "It reads:", "bold"
    for ref in facts_read(rule):
        question = "" if ref.source is FactSource.DERIVED else f"  {ref.fact.question}"
        yield f"  {ref.path}{question}", ""
    if rule.examples:
        yield "", ""
        yield "Examples:", "bold"
    for example in rule.examples:
        level = f", {example.severity.value}" if example.severity else ""
        yield f"  {example.name}: {example.expect.value}{level}", ""


def facts_read(rule: Rule) -> tuple[FactRef, ...]:
    """Return the facts that a rule names, each once, in the order of the rule."""
    found = {
        (ref.path, ref.level): ref for root in rule_conditions(rule) for ref in references(root)
    }
    return tuple(found.values())


def citation_phrase(citation: Citation, rulebook: Rulebook) -> str:
    """Return a citation in full."""
    document = rulebook.documents[citation.document]
    quote = f": “{citation.quote}”" if citation.quote else ""
    about = f"{document.publisher}, {document.title} ({document.year})"
    return f"{about}, paragraph {citation.paragraph}{quote}"


def code_lines(code: Code) -> Iterator[Line]:
    """Yield what a diagnostic's code means."""
    yield f"{code.id} {code.title}", "bold"
    yield code.meaning, ""


def fact_lines(path: str, rulebook: Rulebook) -> Iterator[Line]:
    """Yield what a fact is, what is asked for it and which rules read it; nothing if unknown."""
    derived = rulebook.derived.get(path)
    if derived is not None:
        yield from _derived_lines(derived, rulebook)
        return
    for subject, cls in rulebook.subjects.items():
        fact = dict(vocabulary_of(cls).walk()).get(path)
        if fact is not None:
            yield from _fact_lines(path, fact, f"of a {subject}", rulebook)
            return
    local = rulebook.local.get(path.removeprefix("local."))
    if local is not None and path.startswith("local."):
        yield from _fact_lines(path, local, "of this pack", rulebook)


def _fact_lines(path: str, fact: Fact, whose: str, rulebook: Rulebook) -> Iterator[Line]:
    yield f"{path}  ({fact.kind.value} {whose})", "bold"
    yield sentence(fact.label), ""
    yield f"Ask: {fact.question}", ""
    if isinstance(fact.type, Choice | Choices):
        several = "any of" if isinstance(fact.type, Choices) else "one of"
        yield f"Takes {several}: {', '.join(fact.type.values)}", ""
    elif isinstance(fact.type, Records):
        yield f"Takes: a list, each a {fact.each}", ""
    elif isinstance(fact.type, Record):
        yield "Takes: a record of facts, or none", ""
    else:
        yield f"Takes: {describe(fact.type)}", ""
    yield from _readers(path, rulebook)


def _derived_lines(derived: Derived, rulebook: Rulebook) -> Iterator[Line]:
    yield f"{derived.name}  (derived, {derived.span})", "bold"
    yield sentence(derived.fact.label), ""
    for row in derived.rows:
        value = value_phrase(row.value, derived.fact.type)
        yield f"  {value} where {condition_phrase(row.when)}", ""
    yield f"  otherwise {value_phrase(derived.otherwise, derived.fact.type)}", ""
    yield from _readers(derived.name, rulebook)


def _readers(path: str, rulebook: Rulebook) -> Iterator[Line]:
    name = path.rpartition("[].")[2]
    rules = [
        rule.id for rule in rulebook.rules if name in {ref.path for ref in facts_read(rule)}
    ]
    if rules:
        yield f"Read by: {joined(rules)}", ""


def near(name: str, rulebook: Rulebook) -> str:
    """Return the rule, fact or code that was most likely meant."""
    facts = [path for cls in rulebook.subjects.values() for path, _ in vocabulary_of(cls).walk()]
    rules = [rule.id for rule in rulebook.rules]
    return did_you_mean(name, [*rules, *facts, *rulebook.derived, *CODES])
