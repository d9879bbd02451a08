"""`check --set`: what would be found if some facts were otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govrules.answered import Answer
from govrules.answered.answer import OF_RECORD, fact_at, label_of, record_called
from govrules.answered.answer_cells import BLANK, Refusal, how_to_answer, read_answer
from govrules.answered.file import answer_text
from govrules.assessment import Assessment, WhatIf
from govrules.cli.output import Stop, emit_json, show
from govrules.diagnostics import did_you_mean
from govrules.errors import FactsError
from govrules.reading import class_of, declared_by
from govrules.render.changes import what_if_lines
from govrules.render.plain import what_if_data
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Record, Records, vocabulary_of


def supposed(texts: Sequence[str], rulebook: Rulebook) -> dict[str, Any]:
    """
    Read overrides `fact=value`, each as an answer to the fact's question.

    Raises:
        Stop: one names no fact, or a value that the fact does not take.
    """
    found: dict[str, Any] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise Stop(
                f"`--set {text}` sets nothing",
                "write `--set fact=value`, such as `--set funding.pooled=yes`",
            )
        fact = _fact(path, rulebook)
        read = read_answer(value.strip(), fact)
        if isinstance(fact.type, Record) and read not in (None, UNKNOWN):
            within = next(iter(vocabulary_of(fact.type.cls).fields))
            raise Stop(
                f"`--set {text}`: `{path}` holds several facts",
                f"set a fact within it, as in `--set {path}.{within}=…`; or write none or unknown",
            )
        if isinstance(read, Refusal):
            raise Stop(f"`--set {text}`: {read.message}", f"{read.help}")
        if read is BLANK:
            raise Stop(f"`--set {text}` gives no value", f"write {how_to_answer(fact)}; or unknown")
        if isinstance(fact.type, Records) and isinstance(read, tuple):
            label = label_of(fact.type.cls)
            read = tuple(fact.type.cls(**{label: each}) for each in read)
        found[path] = read
    return found


def _fact(path: str, rulebook: Rulebook) -> Fact:
    cls, declared = class_of(rulebook), declared_by(rulebook)
    at = fact_at(path, cls, declared)
    if at is not None:
        return at.fact
    record = OF_RECORD.fullmatch(path)
    inner = record["rest"] if record else ""
    facts = vocabulary_of(cls).facts
    beside = f" in `{record['list']}`" if record else ""
    raise Stop(
        f"`--set`: there is no fact `{inner or path}`{beside}",
        did_you_mean(path, facts, otherwise="`govrules facts WORDS` finds facts"),
    )


def suppose(
    assessments: Sequence[Assessment],
    facts: dict[str, Any],
    format_: str,
    output: Path | None,
    *,
    full: bool,
) -> Assessment:
    """
    Print a what-if of one partnership, and return its assessment with the overrides.

    Raises:
        Stop: there is not just one partnership, or it has no such record.
    """
    if len(assessments) != 1:
        raise Stop(
            f"`--set` is about one partnership, and {len(assessments):,} were named",
            "name one with `--entry ID`",
        )
    if format_ not in ("text", "json"):
        raise Stop(
            f"`--set` is told as text or JSON, not as {format_}",
            "leave `--format` out, or write `--format json`",
        )
    (assessment,) = assessments
    try:
        found = assessment.what_if(facts)
    except FactsError as error:
        raise Stop(
            f"`--set {error.path}` names no record that is there, or one of several called so",
            "name a record that is there",
        ) from error
    _print(found, format_, output, full=full)
    return found.after


def _print(found: WhatIf, format_: str, output: Path | None, *, full: bool) -> None:
    if format_ == "json":
        emit_json(what_if_data(found), output)
        return
    rulebook = found.before.rulebook
    said = {path: _said(path, value, rulebook) for path, value in found.facts.items()}
    show(what_if_lines(found, said, full=full), output)


def _said(path: str, value: Any, rulebook: Rulebook) -> str:  # noqa: ANN401 - any fact's value
    if isinstance(value, tuple):
        value = tuple(map(record_called, value))
    return answer_text(Answer("", path, value), rulebook)
