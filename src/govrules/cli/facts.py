"""The command `facts`: facts by the words that people use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from cyclopts import Parameter

from govrules.cli.options import Output, Rules, load
from govrules.cli.output import FINE, NOTHING_CHECKED, complain, emit_json, format_of, show
from govrules.rulebook.ast import Rulebook
from govrules.vocabulary import Choice, Choices, Fact, Records, vocabulary_of

#: So many facts are named for words.
_MOST = 12


def facts(
    words: Annotated[list[str] | None, Parameter(name="WORDS", negative="")] = None,
    *,
    rules: Rules = None,
    format: Literal["text", "json"] | None = None,  # noqa: A002 - the option's name
    output: Output = None,
) -> int:
    """
    Find facts by the words that people use, such as `lead officer`; list all where none is given.

    Parameters
    ----------
    words
        What is looked for: in names, labels, questions, values and the headings of registers; or
        the name of a list or a record, whose facts are then listed.
    format
        How to print them.
    """
    rulebook = load(rules)
    every = [*_every(rulebook)]
    said = " ".join(words or ())
    found = _found(said, every, rulebook) if said else every
    if format_of(format, output, "text", "json") == "json":
        data = [
            {"fact": path, "of": whose, "label": fact.label, "question": fact.question}
            for path, fact, whose in found
        ]
        emit_json(data, output)
    else:
        from govrules.render.explained import found_lines  # noqa: PLC0415 - only this format needs it

        show(found_lines(found, whole=not said), output)
    if found:
        return FINE
    complain(f"no fact is like `{said}`", "try another word, or `govrules facts` for all of them")
    return NOTHING_CHECKED


def _every(rulebook: Rulebook) -> Iterator[tuple[str, Fact, str]]:
    for kind, cls in rulebook.subjects.items():
        if kind in ("pair", "assessment"):
            continue
        for path, fact in vocabulary_of(cls).paths.items():
            # What is on a register has its facts as a partnership.
            if kind == "partnership" or not path.startswith("partnerships[]"):
                yield path, fact, kind
    for name, derived in rulebook.derived.items():
        kind = next(each for each, cls in rulebook.subjects.items() if cls is derived.cls)
        yield name, derived.fact, kind


def _found(
    said: str, every: list[tuple[str, Fact, str]], rulebook: Rulebook
) -> list[tuple[str, Fact, str]]:
    """Return the facts that are meant, the likeliest first."""
    inside = [each for each in every if re.match(rf"{re.escape(said)}(\[\])?\.", each[0])]
    exact = [each for each in every if each[0] == said]
    if inside or exact:
        return [*exact, *inside]
    from govrules.reading import declared_by  # noqa: PLC0415 - likewise
    from govrules.registers.headings import Headings  # noqa: PLC0415 - only a search needs it

    headings = Headings(declared_by(rulebook))
    meant = [meaning.path for meaning in headings.meanings(said) if meaning.path]
    order = {path: place for place, path in enumerate(meant)}
    asked = _stems(said)
    scored = []
    for path, fact, whose in every:
        shares = _likeness(asked, path, fact)
        if path in order:
            shares += 2 - order[path] / 10
        if shares > 0:
            scored.append((-shares, path, fact, whose))
    scored.sort(key=lambda each: each[:2])
    best = -scored[0][0] if scored else 0
    return [(path, fact, whose) for score, path, fact, whose in scored if -score >= best / 2][
        :_MOST
    ]


def _likeness(asked: frozenset[str], path: str, fact: Fact) -> float:
    """Return the share of the query's words found in a fact's name, label, question and values."""
    values = fact.type.values if isinstance(fact.type, Choice | Choices) else ()
    texts = (path.replace("_", " "), fact.label, fact.question, " ".join(values).replace("_", " "))
    weights = (1.0, 1.0, 0.7, 0.5)
    each_ = fact.each if isinstance(fact.type, Records) else ""
    score = 0.0
    for word in asked:
        score += max(
            (weight for text, weight in zip(texts, weights, strict=True) if word in _stems(text)),
            default=0.7 if each_ and word in _stems(each_) else 0.0,
        )
    return score / len(asked) if score >= len(asked) / 2 else 0.0


def _stems(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(
        re.sub(r"(ies|es|s|ed|ing|e|y)$", "", word) or word for word in words if word not in _SMALL
    )


_SMALL = frozenset(
    "the a an of is are it to for and in on by what which who when does do".split()  # noqa: SIM905 - as a line of words
)
