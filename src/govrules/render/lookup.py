"""A parameter, a test and a word of the format in plain English; facts by the words people use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govrules.explain.adaptations import said_of
from govrules.explain.phrases import day, joined, sentence, value_phrase
from govrules.render.advice import takes_phrase
from govrules.render.lines import Line, folded_text, item
from govrules.rulebook.ast import Rulebook, Says
from govrules.rulebook.words import JOINS, TESTS, WORDS
from govrules.vocabulary import Fact

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
    value = value_phrase(parameter.value, parameter.type)
    yield f"{name}  (a parameter of {parameter.pack or rulebook.id}, {parameter.span})", "bold"
    if parameter.dated:
        for begins, each in parameter.dated:
            yield f"From {day(begins)}: {value_phrase(each, parameter.type)}", ""
    else:
        yield f"Value: {value}", ""
    yield from item("Why", sentence(parameter.reason), indent=0)
    yield _SAYS[parameter.says], ""
    for adaptation in parameter.adapted:
        yield from item("Adapted", f"{said_of(adaptation, rulebook)}.", indent=0)
    derived = {each.name: each.parameters for each in rulebook.derived.values()}
    rules = {each.id: each.parameters for each in rulebook.rules}
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
