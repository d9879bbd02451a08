"""A rule, a fact, a parameter, a word of the format or a code of a diagnostic in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govrules.catalogue import facts_read, rule_entry
from govrules.diagnostics import CODES, Code, did_you_mean
from govrules.explain.adaptations import said_of, threshold_phrase
from govrules.explain.english import alternatives
from govrules.explain.phrases import joined, sentence, value_phrase, with_article
from govrules.files import shipped
from govrules.render.advice import takes_phrase
from govrules.render.lines import Line, folded_text, heading, item
from govrules.rulebook.ast import Derived, Rule, Rulebook, Says
from govrules.rulebook.words import JOINS, TESTS, WORDS
from govrules.vocabulary import Choice, Choices, Fact, vocabulary_of


def rule_lines(rule: Rule, rulebook: Rulebook) -> Iterator[Line]:
    """Yield a rule with its source, severity, remedy, questions and examples."""
    entry = rule_entry(rule, rulebook)
    yield entry.title, "bold"
    about = f"about {with_article(entry.subject)}; theme {_theme(rule, rulebook)}"
    yield f"{entry.id}  ({about}; {entry.place})", ""
    yield "", ""
    yield from item("Rule", entry.sentence, indent=0)
    named = dict.fromkeys(parameter.name for parameter in rule.parameters)
    for label, texts in entry.details:
        for text in texts:
            yield from item(label, text, indent=0)
        for name in named if label == "Severity" else ():
            value = threshold_phrase(rulebook.parameters[name])
            yield from item("Threshold", f"{value} (parameter {name})", indent=0)
    if entry.asks:
        yield from heading("It may ask:")
    for ask in entry.asks:
        yield from item("", f"{ask.question}  ({ask.fact})", indent=2)
    if entry.examples:
        yield from heading("Examples:")
    for example in entry.examples:
        yield from item("", f"{example.name}: {example.verdict}", indent=2)


def _theme(rule: Rule, rulebook: Rulebook) -> str:
    """Return a theme's title, with its id if that differs."""
    title = next((theme.title for theme in rulebook.themes if theme.id == rule.theme), rule.theme)
    return title if title.lower() == rule.theme else f"{title} ({rule.theme})"


def code_lines(code: Code) -> Iterator[Line]:
    """Yield what a diagnostic's code means, and a file that brings it about."""
    yield f"{code.id} {code.title}", "bold"
    yield code.meaning, ""
    case = case_of(code)
    if case:
        yield "", ""
    inside = False
    for line in case.splitlines():
        fenced = line.startswith("```")
        inside = inside != fenced
        if not fenced:
            yield (f"  {line}" if inside and line else line.replace("`", "")), ""


def case_of(code: Code) -> str:
    """Return as Markdown the simplest file that triggers a code, and its output."""
    page = shipped("cases", "tests/diagnostics") / f"{code.id}.md"
    if not page.is_file():
        return ""
    _, _, first = page.read_text(encoding="utf-8").partition("\n## ")
    heading, _, rest = first.partition("\n## ")[0].partition("\n")
    kind, _, name = heading.partition(": ")
    return f"{kind} ({name.replace('-', ' ')}):\n{rest}"


def fact_lines(path: str, rulebook: Rulebook) -> Iterator[Line]:
    """Yield what a fact is, what is asked for it and which rules read it; nothing if unknown."""
    derived = rulebook.derived.get(path)
    if derived is not None:
        yield from _derived_lines(derived, rulebook)
        return
    for subject, cls in rulebook.subjects.items():
        fact = vocabulary_of(cls).paths.get(path)
        if fact is not None:
            whose = "of this pack" if path in rulebook.own else f"of a {subject}"
            yield from _fact_lines(path, fact, whose, rulebook)
            return


def _fact_lines(path: str, fact: Fact, whose: str, rulebook: Rulebook) -> Iterator[Line]:
    yield f"{path}  ({fact.kind.value} {whose})", "bold"
    yield sentence(fact.label), ""
    yield f"Ask: {fact.question}", ""
    colon = "" if isinstance(fact.type, Choice | Choices) else ":"
    yield from item("", f"Takes{colon} {takes_phrase(fact)}", indent=0)
    yield from _readers(path, rulebook)


def _derived_lines(derived: Derived, rulebook: Rulebook) -> Iterator[Line]:
    yield f"{derived.name}  (derived, {derived.span})", "bold"
    yield sentence(derived.fact.label), ""
    yield "The first that holds:", ""
    for number, row in enumerate(derived.rows, 1):
        value = value_phrase(row.value, derived.fact.type)
        ways = alternatives(row.when)
        if len(ways) == 1:
            yield from item(f"{number}", f"{value} where {ways[0]}", indent=2)
            continue
        yield from item(f"{number}", f"{value} where at least one of these holds:", indent=2)
        for way in ways:
            yield from item("", f"- {way}", indent=4)
    yield f"  otherwise {value_phrase(derived.otherwise, derived.fact.type)}", ""
    yield from _readers(derived.name, rulebook)


def _readers(path: str, rulebook: Rulebook) -> Iterator[Line]:
    name = path.rpartition("[].")[2]
    rules = [rule.id for rule in rulebook.rules if name in {ref.path for ref in facts_read(rule)}]
    if rules:
        yield from item("Read by", joined(rules), indent=0)


def near(name: str, rulebook: Rulebook) -> str:
    """Return the rule, fact or code most likely meant."""
    facts = [path for cls in rulebook.subjects.values() for path in vocabulary_of(cls).paths]
    rules = [rule.id for rule in rulebook.rules]
    others = (*rulebook.parameters, *WORDS, *(each.id for each in rulebook.left_out))
    return did_you_mean(name, [*rules, *facts, *rulebook.derived, *CODES, *others])


_SAYS = {
    Says.STATED: "The source states it.",
    Says.IMPLIED: "The source implies it.",
    Says.OURS: "It is ours: set your own under `adapts`.",
}


def parameter_lines(name: str, rulebook: Rulebook) -> Iterator[Line]:
    """Yield what a parameter is, whose value counts and which rules read it."""
    parameter = rulebook.parameters.get(name)
    if parameter is None:
        return
    yield f"{name}  (a parameter of {parameter.pack or rulebook.id}, {parameter.span})", "bold"
    yield from item("Value", threshold_phrase(parameter), indent=0)
    yield from item("Why", sentence(parameter.reason), indent=0)
    yield _SAYS[parameter.says], ""
    for adaptation in parameter.adapted:
        yield from item("Adapted", f"{said_of(adaptation, rulebook)}.", indent=0)
    derived = {each.name: each.parameters for each in rulebook.derived.values()}
    rules = {rule.id: rule.parameters for rule in rulebook.rules}
    about = {"Derived facts that read it": derived, "Rules that read it": rules}
    for label, several in about.items():
        reading = [each for each, read in several.items() if name in (one.name for one in read)]
        if reading:
            yield from item(label, f"{joined(reading)}.", indent=0)


def word_lines(name: str) -> Iterator[Line]:
    """Yield what a word of the format says; nothing of another word."""
    found = WORDS.get(name)
    if found is None:
        return
    meaning, written = found
    kind = "a test" if name in TESTS else "a word of conditions" if name in JOINS else "a key"
    yield f"{name}  ({kind})", "bold"
    yield from folded_text(meaning)
    if written:
        yield f"  {written}", ""


def found_lines(facts: Sequence[tuple[str, Fact, str]], *, whole: bool) -> Iterator[Line]:
    """
    Yield facts, each with what it is and what it takes.

    Args:
        facts: each with its path and the kind of subject whose fact it is.

        whole: whether all facts are listed, so that each has one line.
    """
    for path, fact, whose in facts:
        if whole:
            yield f"{path:<44} {fact.label}", ""
            continue
        yield f"{path}  (of a {whose})", "bold"
        yield from item(
            "", f"{fact.question or sentence(fact.label)} {sentence(takes_phrase(fact))}", indent=2
        )
