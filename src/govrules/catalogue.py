"""What a rulebook's catalogue says, as plain values; every renderer prints the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from govrules.explain.adaptations import (
    amendment_phrase,
    counting,
    in_force_phrase,
    of_rule,
    said_of,
    threshold_phrase,
)
from govrules.explain.english import condition_phrase, rule_sentence, severity_sentence
from govrules.explain.phrases import joined, sentence, value_phrase, within_phrase
from govrules.rulebook.ast import (
    ELEMENTS,
    NOT_IN_FORCE,
    Citation,
    Derived,
    Document,
    Exemption,
    Mitigation,
    ParameterValue,
    Rule,
    Rulebook,
    Says,
    Theme,
    rule_conditions,
)
from govrules.rulebook.expr import FactRef, FactSource
from govrules.rulebook.reads import uses
from govrules.rulebook.walk import references

#: How far a source goes, in words; None is that nobody said.
SAYS_IN_WORDS: Final[Mapping[Says | None, str]] = {
    Says.STATED: "stated by the source",
    Says.IMPLIED: "implied by the source",
    Says.OURS: "ours",
    None: "not said",
}


@attrs.frozen
class Ask:
    """
    A fact that a rule may ask for.

    Attributes:
        fact: its path; a fact of a list's records stands under ``[]``.
        question: what to ask.
    """

    fact: str
    question: str


@attrs.frozen
class Shown:
    """An example and what it shows."""

    name: str
    verdict: str


@attrs.frozen
class Claim:
    """An element of a rule with how far its source supports it, in words."""

    element: str
    says: str


@attrs.frozen
class RuleEntry:
    """
    A rule in plain English.

    Attributes:
        subject: what it is about.
        met: the good state that it asks for; "" where the pack does not say.
        sentence: the whole rule as one sentence.
        severity: how grave a finding is, and what makes it less so.
        note: remarks on how it is encoded.
        sources: every citation, in full.
        says: how far its source goes in each of its elements.
        exceptions: why it does not apply in some cases.
        mitigations: what makes a finding one step less grave.
        remedies: what to do, the usual remedy first.
        part_of: the title of the piece of work that the remedy belongs to.
        asks: the facts that it may ask for, those beneath derived facts included.
        examples: its examples with their verdicts.
        place: ``file:line`` of the rule.
        law: what is adapted in it, when it is in force, who approved it, what was changed in it,
            what it supersedes, and its tags, each with what it is.
    """

    id: str
    title: str
    theme: str
    subject: str
    met: str
    sentence: str
    principle: str
    note: str
    severity: str
    sources: tuple[str, ...]
    says: tuple[Claim, ...]
    exceptions: tuple[str, ...]
    mitigations: tuple[str, ...]
    remedies: tuple[str, ...]
    part_of: str
    asks: tuple[Ask, ...]
    examples: tuple[Shown, ...]
    place: str
    law: tuple[tuple[str, str], ...]

    @property
    def details(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The labelled lines shown below a rule's sentence, in order."""
        found: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("Met", (self.met,)),
            ("Principle", (self.principle,)),
            ("Source", self.sources),
            ("What is the source's", (claims_phrase(self.says),)),
            ("Severity", (self.severity,)),
            ("Exception", self.exceptions),
            ("One step lower", self.mitigations),
            ("Remedy", self.remedies),
            ("Part of", (self.part_of,)),
            ("Note", (self.note,)),
            *((what, (said,)) for what, said in self.law),
        )
        return tuple((label, texts) for label, texts in found if any(texts))


@attrs.frozen
class ThemeEntry:
    """The rules of one theme."""

    id: str
    title: str
    rules: tuple[RuleEntry, ...]


@attrs.frozen
class DerivedEntry:
    """A derived fact as sentences, in the order in which they are tried."""

    name: str
    label: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]


@attrs.frozen
class ParameterEntry:
    """A threshold, how far a source gives it, and what was adapted in it, in words."""

    name: str
    value: str
    unit: str
    reason: str
    says: str
    adapted: tuple[str, ...]


@attrs.frozen
class SourceShare:
    """
    How far sources support one element of rules, or all parameters.

    Attributes:
        of: the element, or "parameter".
        counts: how many of each of `SAYS_IN_WORDS`.
    """

    of: str
    counts: tuple[int, ...]

    @property
    def number(self) -> int:
        """How many rules have the element."""
        return sum(self.counts)


@attrs.frozen
class Catalogue:
    """All that a rulebook says, grouped by theme, and what packs change in each other."""

    id: str
    title: str
    version: str
    themes: tuple[ThemeEntry, ...]
    derived: tuple[DerivedEntry, ...]
    parameters: tuple[ParameterEntry, ...]
    sources: tuple[Document, ...]
    adapted: tuple[str, ...]

    @property
    def rules(self) -> tuple[RuleEntry, ...]:
        """Every rule, in the order of themes."""
        return tuple(rule for theme in self.themes for rule in theme.rules)


def catalogue(rulebook: Rulebook) -> Catalogue:
    """
    Return the catalogue of a rulebook.

    >>> from govrules import load_rulebook
    >>> entries = {each.id: each for each in catalogue(load_rulebook()).rules}
    >>> entries["pooled-budget-without-protocol"].asks[0].question
    'Do partners pool budgets?'
    """
    rules: dict[str, list[RuleEntry]] = {}
    for rule in rulebook.rules:
        rules.setdefault(rule.theme, []).append(rule_entry(rule, rulebook))
    titled = {theme.id for theme in rulebook.themes}
    themes = (*rulebook.themes, *(Theme.untitled(each) for each in rules if each not in titled))
    return Catalogue(
        id=rulebook.id,
        title=rulebook.title,
        version=rulebook.version,
        themes=tuple(
            ThemeEntry(theme.id, theme.title, tuple(rules[theme.id]))
            for theme in themes
            if theme.id in rules
        ),
        derived=tuple(_derived(derived, rulebook) for derived in rulebook.derived.values()),
        parameters=tuple(
            _parameter(parameter, rulebook) for parameter in rulebook.parameters.values()
        ),
        sources=tuple(rulebook.documents.values()),
        adapted=tuple(sentence(said_of(each, rulebook)) for each in counting(rulebook)),
    )


def claims_of(rule: Rule) -> tuple[Claim, ...]:
    """Return how far the source of a rule supports each of its elements."""
    return tuple(Claim(element, SAYS_IN_WORDS[rule.says.get(element)]) for element in rule.elements)


def claims_phrase(claims: Iterable[Claim]) -> str:
    """
    Return how far a source supports a rule, grouping elements it supports alike.

    >>> claims_phrase([Claim("scope", "ours"), Claim("test", "ours"), Claim("deadline", "ours")])
    'scope, test and deadline ours'
    """
    alike: dict[str, list[str]] = {each: [] for each in SAYS_IN_WORDS.values()}
    for claim in claims:
        alike[claim.says].append(claim.element)
    return "; ".join(f"{joined(of)} {says}" for says, of in alike.items() if of)


def shares(rulebook: Rulebook) -> tuple[SourceShare, ...]:
    """Return how far the sources go, for each element of rules and for the parameters."""
    found: dict[str, Counter[Says | None]] = {each: Counter() for each in ELEMENTS}
    for rule in rulebook.rules:
        for element in rule.elements:
            found[element][rule.says.get(element)] += 1
    found["parameter"] = Counter(parameter.says for parameter in rulebook.parameters.values())
    return tuple(
        SourceShare(of, tuple(counted[each] for each in SAYS_IN_WORDS))
        for of, counted in found.items()
    )


def rule_entry(rule: Rule, rulebook: Rulebook) -> RuleEntry:
    """Return one rule in plain English."""
    part_of = rule.remedy.part_of if rule.remedy else ""
    return RuleEntry(
        id=rule.id,
        title=rule.title,
        theme=rule.theme,
        subject=rule.subject,
        met=rule.met or "",
        sentence=rule_sentence(rule),
        principle=rule.principle,
        note=rule.note or "",
        severity=severity_sentence(rule),
        sources=tuple(citation_phrase(each, rulebook) for each in (rule.source, *rule.also)),
        says=claims_of(rule),
        exceptions=tuple(_case(exemption, rulebook) for exemption in rule.unless),
        mitigations=tuple(_case(mitigation, rulebook) for mitigation in rule.mitigated_by),
        remedies=tuple(_remedies(rule)),
        part_of=rulebook.work[part_of] if part_of else "",
        asks=asks(rule, rulebook),
        examples=tuple(_shown(rule)),
        place=str(rule.span),
        law=tuple(_law(rule, rulebook)),
    )


def _law(rule: Rule, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield the labelled lines on a rule's approval, period and adaptations."""
    for adaptation in of_rule(rule, rulebook):
        yield "Adapted", sentence(said_of(adaptation, rulebook))
    if any(rule.in_force):
        yield "In force", sentence(in_force_phrase(rule))
    if rule.approved:
        yield "Approved", sentence(rule.approved)
    for amendment in rule.changed:
        yield "Changed", sentence(amendment_phrase(amendment))
    if rule.supersedes:
        yield "Supersedes", f"{joined(rule.supersedes)}."
    if rule.tags:
        yield "Tags", f"{joined(rule.tags)}."


def _case(case: Exemption | Mitigation, rulebook: Rulebook) -> str:
    about = f" ({citation_phrase(case.source, rulebook)})" if case.source else ""
    return f"{sentence(f'where {condition_phrase(case.when)}')} {sentence(case.because)}{about}"


def _remedies(rule: Rule) -> Iterator[str]:
    if rule.remedy is None:
        return
    about = [each for each in (rule.remedy.who, within_phrase(rule.remedy.within)) if each]
    yield sentence(rule.remedy.do) + (f" ({', '.join(about)})" if about else "")
    for when, do in rule.remedy.instead:
        yield f"Where {condition_phrase(when)}: {sentence(do)}"


def _shown(rule: Rule) -> Iterator[Shown]:
    for example in rule.examples:
        verdict = example.expect.value if example.expect else NOT_IN_FORCE
        if example.severity:
            verdict += f", {example.severity.value}"
        if example.could_be:
            verdict += f", could be {example.could_be.value}"
        yield Shown(example.name, verdict)


def _derived(derived: Derived, rulebook: Rulebook) -> DerivedEntry:
    rows = [
        f"{value_phrase(row.value, derived.fact.type).capitalize()} "
        f"where {condition_phrase(row.when)}."
        for row in derived.rows
    ]
    rows.append(
        "Otherwise unknown."
        if derived.otherwise is None
        else f"Otherwise {value_phrase(derived.otherwise, derived.fact.type)}."
    )
    sources = tuple(citation_phrase(source, rulebook) for source in derived.sources)
    return DerivedEntry(derived.name, derived.fact.label, tuple(rows), sources)


def _parameter(parameter: ParameterValue, rulebook: Rulebook) -> ParameterEntry:
    return ParameterEntry(
        parameter.name,
        threshold_phrase(parameter),
        parameter.unit,
        parameter.reason,
        says=SAYS_IN_WORDS[parameter.says],
        adapted=tuple(sentence(said_of(each, rulebook)) for each in parameter.adapted),
    )


def citation_phrase(citation: Citation, rulebook: Rulebook) -> str:
    """Return a citation in full."""
    document = rulebook.documents[citation.document]
    quote = f": “{citation.quote}”" if citation.quote else ""
    about = f"{document.publisher}, {document.title} ({document.year})"
    return f"{about}, {place_phrase(citation.paragraph)}{quote}"


def place_phrase(paragraph: str) -> str:
    """
    Return a place in a document: a number becomes "paragraph N".

    >>> place_phrase("7"), place_phrase("checklist 1b")
    ('paragraph 7', 'checklist 1b')
    """
    return f"paragraph {paragraph}" if paragraph[:1].isdigit() else paragraph


def facts_read(rule: Rule) -> tuple[FactRef, ...]:
    """Return the facts a rule names, each once, in the order of its text."""
    found = {
        (ref.path, ref.level): ref for root in rule_conditions(rule) for ref in references(root)
    }
    return tuple(found.values())


def asks(rule: Rule, rulebook: Rulebook) -> tuple[Ask, ...]:
    """Return the facts that a rule may ask for; a derived fact asks for those beneath it."""
    if rule.subject == "assessment":
        # It reads findings, and nobody can be asked for a finding.
        return ()
    return tuple(
        {
            use.path: Ask(use.path, use.ref.fact.question)
            for use in uses(rule_conditions(rule), rulebook.derived, asked=True)
            if use.ref.source is not FactSource.DERIVED
        }.values()
    )
