"""What a change of rules does, as text, as Markdown for a meeting paper, and as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from govrules.diff.moves import Move
from govrules.diff.rulebooks import ChangeKind, RulebookDifference, RuleChange
from govrules.diff.runs import ResultsCompared
from govrules.explain.phrases import counted, day, named, sentence
from govrules.render.catalogue import escaped, table
from govrules.render.lines import Line, folded_text, item

#: So many moves of one rule are listed, unless all are asked for.
_MOST: Final = 8
_HEADS: Final = {
    ChangeKind.MEANING: "Changed in meaning",
    ChangeKind.THROUGH: "Changed by what they rest on",
    ChangeKind.ADDED: "New",
    ChangeKind.REMOVED: "Gone",
    ChangeKind.RENAMED: "Renamed",
    ChangeKind.WORDS: "Changed only in words",
}
#: A heading, and below it titles with the lines that belong to each.
Block = tuple[str, list[tuple[str, list[str]]]]


@attrs.frozen
class RulebookComparison:
    """
    Two rulebooks compared, with what that does to a register.

    Attributes:
        found: what is different.
        moves: whose outcome changes; None where no register was given.
        subjects: how many subjects were judged.
    """

    found: RulebookDifference
    moves: tuple[Move, ...] | None = None
    subjects: int = 0


def _blocks(compared: RulebookComparison, *, full: bool) -> Iterator[Block]:
    found = compared.found
    if found.packs:
        yield "Packs", [(f"{pack}.", []) for pack in found.packs]
    if found.same_version:
        several: list[tuple[str, list[str]]] = [
            (f"{name}: its rules changed, and its version did not.", [])
            for name in found.same_version
        ]
        yield "To put right before it is released", several
    if found.parameters:
        yield "Parameters", [(f"{parameter}.", []) for parameter in found.parameters]
    for change, head in _HEADS.items():
        its = [rule for rule in found.rules if rule.change is change]
        if its:
            yield f"{head} ({len(its)})", [*_rules(its, full=full)]
    if compared.moves is not None:
        moved = {(move.id, move.name) for move in compared.moves}
        of = counted(len(moved), "subject")
        # Pairs, and the register itself, are none of its entries.
        if {"pair", "register"}.isdisjoint(move.change.rule.subject for move in compared.moves):
            of = f"{len(moved):,} of {counted(compared.subjects, 'subject')}"
        head = f"Whose outcome changes: {of}, {counted(len(compared.moves), 'outcome')}"
        yield head, [*_moves(compared.moves, full=full)]


def _rules(changes: Sequence[RuleChange], *, full: bool) -> Iterator[tuple[str, list[str]]]:
    if changes[0].change is ChangeKind.THROUGH and not full:
        by: dict[tuple[str, ...], list[str]] = {}
        for change in changes:
            by.setdefault(change.edits, []).append(change.id)
        for edits, ids in by.items():
            yield named(ids), [sentence("; ".join(edits))]
        return
    for change in changes:
        lines = [sentence(edit) for edit in change.edits]
        if change.decided is not None:
            same = "It means the same" if change.decided.same else "It means something else"
            lines.append(f"{same}: {change.decided.how}.")
        if change.decided is not None and change.decided.example:
            example = change.decided.example.strip()
            nothing = f"a {change.rule.subject} of which nothing is recorded"
            lines.append(f"Such as: {nothing if example == '{}' else example}")
        yield f"{change.id}: {change.rule.title}", lines


def _moves(moves: Sequence[Move], *, full: bool) -> Iterator[tuple[str, list[str]]]:
    by: dict[str, list[Move]] = {}
    for move in moves:
        by.setdefault(move.change.id, []).append(move)
    for its in by.values():
        change = its[0].change
        edits = "; ".join(change.edits[:3])
        shown = its if full else its[:_MOST]
        lines = [_move(each) for each in shown]
        if len(its) > len(shown):
            lines.append(f"{len(its) - len(shown):,} more: `--full` lists them.")
        yield f"{change.id} ({change.change.value}: {edits})", lines


def _move(move: Move) -> str:
    called = " ".join(
        each for each in (move.name, f"({move.id})" if move.id != move.name else "") if each
    )
    because = _because(move.facts)
    return f"{called}: was {move.was}; is {move.now}{because}."


def _because(facts: Sequence[str]) -> str:
    return f", because {'; '.join(facts)}" if facts else ""


def text_lines(compared: RulebookComparison, *, full: bool) -> Iterator[Line]:
    """Yield a comparison as text."""
    blocks = [*_blocks(compared, full=full)]
    for head, its in blocks:
        yield head, "bold"
        for title, lines in its:
            yield from folded_text(title, indent=2)
            for line in lines:
                yield from folded_text(line, indent=6)
        yield "", ""
    yield _verdict(compared), ""


def _verdict(compared: RulebookComparison) -> str:
    found = compared.found
    meaning = sum(rule.means_more for rule in found.rules)
    words = len(found.rules) - meaning
    if not found.rules:
        return "No rule changed."
    told = f"{counted(meaning, 'rule')} changed in meaning, {words} only in words or in name."
    if compared.moves is None:
        return f"{told} Name a register to see whose outcome changes."
    return told


def markdown(compared: RulebookComparison, *, full: bool) -> str:
    """Return a comparison as Markdown, to stand in a meeting paper."""
    found = compared.found
    lines = [f"# What changes: {escaped(found.new.title)}", "", _verdict(compared), ""]
    for head, its in _blocks(compared, full=full):
        lines += [f"## {escaped(head)}", ""]
        for title, below in its:
            lines.append(f"- {escaped(title)}")
            lines += [f"  - {escaped(each)}" for each in below]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def data(compared: RulebookComparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    found = compared.found
    made: dict[str, Any] = {
        "govrules": 1,
        "packs": [*found.packs],
        "same_version": [*found.same_version],
        "parameters": [*found.parameters],
        "derived": {
            name: {"same": each.same, "how": each.how, "example": each.example}
            for name, each in found.derived.items()
        },
        "rules": [_rule_data(rule) for rule in found.rules],
        "outcomes": None,
    }
    if compared.moves is not None:
        made["outcomes"] = [
            {
                "id": move.id,
                "name": move.name,
                "rule": move.change.id,
                "was": str(move.was),
                "now": str(move.now),
                "because": [*move.facts],
                "edits": [*move.change.edits],
            }
            for move in compared.moves
        ]
    return made


def _rule_data(change: RuleChange) -> dict[str, Any]:
    decided = change.decided
    return {
        "rule": change.id,
        "was": change.old.id if change.old else None,
        "title": change.rule.title,
        "change": change.change.value,
        "edits": [*change.edits],
        "same": None if decided is None else decided.same,
        "how": "" if decided is None else decided.how,
        "example": "" if decided is None else decided.example,
    }


# ── Kept results ──────────────────────────────────────────────────────────────────────────────


def _between(compared: ResultsCompared) -> str:
    """Return of which days two results are, as people write them."""
    first, last = (
        day(dt.date.fromisoformat(each)) if each[:1].isdigit() else f"a date that is {each}"
        for each in compared.days
    )
    return f"Both as at {first}" if first == last else f"From {first} to {last}"


def results_lines(compared: ResultsCompared, *, full: bool) -> Iterator[Line]:
    """Yield two runs compared as text."""
    yield _between(compared), "bold"
    for pack in compared.packs:
        yield from folded_text(f"{pack}.", indent=2)
    by: dict[tuple[str, str], list[str]] = {}
    for move in compared.moves:
        because = _because(move.facts)
        said = f"{move.rule}: was {move.was}; is {move.now}{because}. [{move.why}]"
        by.setdefault((move.id, move.name), []).append(said)
    for (id_, name), lines in by.items():
        yield "", ""
        yield f"{name} ({id_})" if name != id_ else name, "bold"
        shown = lines if full else lines[:_MOST]
        for line in shown:
            yield from item("", line, indent=2)
        if len(lines) > len(shown):
            yield f"  {len(lines) - len(shown)} more: `--full` lists them.", ""
    yield "", ""
    yield f"{counted(len(compared.moves), 'outcome')} changed.", ""


def results_markdown(compared: ResultsCompared) -> str:
    """Return two runs compared as Markdown."""
    lines = [f"# {_between(compared)}", ""]
    if compared.packs:
        lines += [*(f"- {escaped(pack)}" for pack in compared.packs), ""]
    rows = [
        map(escaped, (move.name or move.id, move.rule, move.was, move.now, move.why))
        for move in compared.moves
    ]
    heads = ("partnership", "rule", "was", "is", "why")
    lines += [*table(heads, rows)] if rows else ["No outcome changed."]
    return "\n".join(lines).rstrip() + "\n"


def results_data(compared: ResultsCompared) -> dict[str, Any]:
    """Return two runs compared as plain data."""
    return {
        "govrules": 1,
        "days": [*compared.days],
        "packs": [*compared.packs],
        "outcomes": [attrs.asdict(move) for move in compared.moves],
    }
