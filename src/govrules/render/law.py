"""What is decided, waived, adapted and coming up: what a report must say beside what counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from govrules.assessment import Assessment
from govrules.explain.adaptations import counting, said_of
from govrules.explain.phrases import counted, day, sentence
from govrules.findings import Finding
from govrules.render.decided import Decided, all_decided, by_progress, summary
from govrules.render.lines import Line, folded_text, heading, item
from govrules.rulebook.ast import Rulebook, Severity


@attrs.frozen
class Law:
    """
    What of a report's findings a body has settled for itself, or will have to settle.

    Attributes:
        waived: what is flagged and does not count, with why, by whom and until when.
        adapted: what packs change in others, as sentences.
        coming: what rules that are not in force yet will flag, and from when.
        actions: what was decided about findings, by what has become of it.
        summary: how many actions there are, and how far they have come.
    """

    waived: tuple[Settled, ...]
    adapted: tuple[str, ...]
    coming: tuple[Settled, ...]
    actions: tuple[tuple[str, tuple[Settled, ...]], ...] = ()
    summary: str = ""


@attrs.frozen
class Settled:
    """
    What is settled of one finding, or will have to be, as a line.

    Attributes:
        severity: how grave the finding is; None where nothing is flagged.
        text: what is settled.
        name: what its subject is called.
        rule: the id of its rule.
    """

    severity: Severity | None
    text: str
    name: str
    rule: str


def law_of(assessments: Sequence[Assessment], *, named: bool) -> Law:
    """
    Return what is decided, waived, adapted and coming up.

    Args:
        assessments: the assessments.

        named: whether each finding is told with the name of its subject.
    """

    def line(severity: Severity | None, name: str, text: str, rule: str) -> Settled:
        return Settled(severity, f"{name}: {text}" if named else text, name, rule)

    def flagged(each: Assessment, finding: Finding, told: str) -> Settled:
        text = f"{finding.rule.title}. {told}"
        return line(finding.severity, each.name or each.id, text, finding.rule.id)

    def decided(each: Decided) -> Settled:
        return line(each.severity, each.name, f"{each.title}. {each.text}", each.action.rule)

    several = all_decided(assessments)
    return Law(
        tuple(flagged(one, each, _waiver(each)) for one in assessments for each in one.waived),
        adapted(assessments[0].rulebook) if assessments else (),
        tuple(flagged(one, each, _begins(each)) for one in assessments for each in one.coming_up),
        tuple((title, tuple(map(decided, its))) for title, its in by_progress(several)),
        summary(several),
    )


def adapted(rulebook: Rulebook) -> tuple[str, ...]:
    """Return what packs change in others, as sentences."""
    return tuple(sentence(said_of(each, rulebook)) for each in counting(rulebook))


def law_lines(assessments: Sequence[Assessment]) -> Iterator[Line]:
    """Yield, below a full report, what is decided, waived, coming up and adapted."""
    law = law_of(assessments, named=False)
    if law.actions:
        yield from heading(f"Decided: {law.summary}")
    for title, several in law.actions:
        yield f"  {title} ({len(several)})", ""
        yield from _listed(several, 4)
    if law.waived:
        yield from heading(f"Waived: {counted(len(law.waived), 'finding')} flagged and not counted")
        yield from _listed(law.waived, 2)
    if law.coming:
        findings = counted(len(law.coming), "finding")
        yield from heading(f"Coming up: {findings} once the rule is in force")
        yield from _listed(law.coming, 2)
    if law.adapted:
        yield from heading(f"Adapted here ({len(law.adapted)})")
    for told in law.adapted:
        yield from folded_text(told, indent=2)


def _listed(several: Iterable[Settled], indent: int) -> Iterator[Line]:
    for each in several:
        level = f"{each.severity.value.capitalize()}: " if each.severity else ""
        name = each.name or "the partnership"
        yield from item(name, f"{level}{each.text} [{each.rule}]", indent=indent)


def _waiver(finding: Finding) -> str:
    waiver = finding.waived
    if waiver is None:
        return ""
    return f"{sentence(waiver.reason)} {waiver.approved}; until {day(waiver.until)}."


def _begins(finding: Finding) -> str:
    begins, _ = finding.rule.in_force
    return f"Checked from {day(begins)}." if begins else ""
