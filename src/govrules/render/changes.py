"""Two assessments set side by side: since one that was saved, and what would be found otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from govrules.assessment import WhatIf
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import Finding
from govrules.portfolio import subject_name
from govrules.render.lines import STYLES, Line, folded_text, hanging, heading
from govrules.render.plain import derived_changed
from govrules.rulebook.ast import Verdict
from govrules.saved import ChangesSince

#: How many findings of each group are named at the default length.
_NAMED: Final = 5


def changed_lines(changed: ChangesSince, *, full: bool = False) -> Iterator[Line]:
    """Yield what opened and closed, and optionally what is still open."""
    yield from heading(f"What changed since {changed.since}")
    yield from folded_text(changed.sentence, indent=2)
    for title, lines in changed.groups:
        if title == "Still open" and not full:
            continue
        shown = lines if full else lines[:_NAMED]
        yield f"  {title}", ""
        for each in shown:
            begin = f"    {each.severity.value.upper():<8}  "
            yield from hanging(begin, each.text, STYLES[each.severity])
        if len(lines) > len(shown):
            yield f"    and {len(lines) - len(shown):,} more", ""


_ENDS = {
    Verdict.CLEAR: "met",
    Verdict.UNKNOWN: "not known",
    Verdict.NOT_APPLICABLE: "does not apply",
}


def what_if_lines(found: WhatIf, said: Mapping[str, str], *, full: bool = False) -> Iterator[Line]:
    """
    Yield the result of a what-if.

    Args:
        found: what would be found.

        said: what was supposed, each fact with its value in words.

        full: whether all that would stand differently is named, and not its number alone.
    """
    yield subject_name(found.before), "bold"
    supposed = joined(f"{path} were {value}" for path, value in said.items())
    yield from folded_text(f"If {supposed}:")
    numbers = [(found.opened, "opened"), (found.closed, "closed"), (found.changed, "changed")]
    told = joined(f"{len(several):,} {word}" for several, word in numbers)
    yield from folded_text(f"Findings: {told}.")
    for name, before, after in derived_changed(found):
        yield from folded_text(sentence(f"{name}: {before} now, {after} then"))
    if found.opened:
        yield from heading("Opened")
        for each in found.opened:
            yield from _line(each, _how(each))
    if found.closed:
        yield from heading("Closed")
        for each in found.closed:
            yield from folded_text(f"{each.rule.title}: {_how(each)} [{each.rule.id}]", indent=2)
    if found.changed and full:
        yield from heading("Changed")
        for one, other in found.changed:
            text = f"{one.rule.title}: {_how(one)} now, {_how(other)} then [{one.rule.id}]"
            yield from folded_text(text, indent=2)
    elif found.changed:
        yield "", ""
        checks = counted(len(found.changed), "check")
        yield f"{checks} would stand differently without opening or closing: --full names each", ""


def _how(finding: Finding) -> str:
    could = f", could be {finding.could_be.value}" if finding.could_be else ""
    ended = finding.severity.value if finding.severity else _ENDS[finding.verdict]
    return f"{ended}{could}"


def _line(finding: Finding, how: str) -> Iterator[Line]:
    assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
    begin = f"  {finding.severity.value.upper():<8}  "
    _, _, could = how.partition(", ")
    text = f"{finding.rule.title}{f' ({could})' if could else ''} [{finding.rule.id}]"
    yield from hanging(begin, text, STYLES[finding.severity])
