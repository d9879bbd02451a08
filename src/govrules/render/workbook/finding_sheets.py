"""The sheets of findings: what is flagged, what is to be done, what is waived, and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from govrules.answered.labels import ACTION_HEADS, ACTIONS, WAIVER_HEADS, WAIVERS, due_of
from govrules.assessment import Assessment
from govrules.catalogue import citation_phrase
from govrules.explain.english import severity_sentence
from govrules.explain.phrases import sentence
from govrules.findings import Finding
from govrules.model import Pair
from govrules.portfolio import THE_REGISTER, is_register
from govrules.render.actions import RemedyTask
from govrules.render.advice import good_state
from govrules.render.overview import Overview, officer_of
from govrules.render.report import MOST_REASONS, SubjectReport
from govrules.render.workbook.sheet import FIRST, GREY, OVERDUE, SheetColumn, SheetWriter, Styles
from govrules.rulebook.decisions import State
from govrules.saved import ChangesSince

_BLANK: Final = 20
_FLAGGED: Final = (
    SheetColumn("Severity", 11),
    SheetColumn("Could be", 11),
    SheetColumn("Partnership", 32),
    SheetColumn("Id", 9),
    SheetColumn("Lead officer", 26),
    SheetColumn("Theme", 22),
    SheetColumn("What is wrong", 46),
    SheetColumn("Because", 54),
    SheetColumn("Where seen", 34),
    SheetColumn("To put it right", 46),
    SheetColumn("Settled when", 46),
    SheetColumn("Source", 34),
    SheetColumn("Check", 26, "grey"),
)
_ACTION_WIDTHS: Final = (7, 11, 13, 32, 56, 26, 22, 46, 8, 34, 26, 9)
_TYPED: Final = (0, 2, 6, 9)
_ACTIONS: Final = tuple(
    SheetColumn(head, width, "grey" if at > 9 else "", typed=at in _TYPED)  # noqa: PLR2004 - what identifies it
    for at, (head, width) in enumerate(zip(ACTION_HEADS, _ACTION_WIDTHS, strict=True))
)
_WAIVERS: Final = tuple(
    SheetColumn(head, width, typed=True)
    for head, width in zip(WAIVER_HEADS, (32, 34, 60, 34, 14), strict=True)
)
_CHANGED: Final = (
    SheetColumn("Change", 14),
    SheetColumn("Severity", 11),
    SheetColumn("What", 90),
)
_RULES: Final = (
    SheetColumn("Id", 34),
    SheetColumn("Theme", 22),
    SheetColumn("What is wrong", 46),
    SheetColumn("What is good", 46),
    SheetColumn("Severity and when", 40),
    SheetColumn("Principle", 60),
    SheetColumn("Source", 34),
    SheetColumn("Remedy", 46),
)


def told(view: Overview) -> list[Assessment]:
    """Return the subjects with flagged findings, gravest first, then register and pairs."""
    others = [view.whole.register, *view.pairs]
    return [*view.flagged, *(each for each in others if each.flagged)]


def called(each: Assessment) -> str:
    """Return a subject's name: a partnership, the register, or a pair."""
    if is_register(each.subject):
        return "The register"
    if isinstance(each.subject, Pair):
        names = (getattr(one, "name", "") for one in (each.subject.first, each.subject.second))
        return " and ".join(name for name in names if isinstance(name, str)) or each.name
    return each.name or each.id


def officer(each: Assessment) -> str:
    """Return a partnership's lead officer; "" for other subjects."""
    return "" if is_register(each.subject) or isinstance(each.subject, Pair) else officer_of(each)


def write_flagged(styles: Styles, view: Overview, of: tuple[str, object]) -> None:
    """Write a row per flagged finding, gravest first."""
    how = "What is to be put right, gravest first; what is waived stands on the sheet Waivers."
    sheet = SheetWriter(styles, "Flagged", "Flagged", how, _FLAGGED, of=of)
    rows = [
        (finding, report)
        for report in map(SubjectReport, told(view))
        for finding in report.to_do
        if finding.severity is not None
    ]
    rows.sort(key=lambda row: -row[0].severity.rank if row[0].severity else 0)
    titles = {theme.id: theme.title for theme in view.whole.register.rulebook.themes}
    for finding, report in rows:
        _write_finding(sheet, finding, report, titles)
    sheet.finish()
    sheet.colour(0)
    sheet.colour(1)


def _write_finding(
    sheet: SheetWriter, finding: Finding, report: SubjectReport, titles: Mapping[str, str]
) -> None:
    each = report.assessment
    reasons = report.reasons(finding)
    because = [one.text for one in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        because[-1] = f"and {len(reasons) - MOST_REASONS + 1} more reasons"
    seen = dict.fromkeys(one.seen for one in reasons[:MOST_REASONS] if one.seen)
    could_be = finding.could_be if finding.could_be != finding.severity else None
    sheet.add(
        finding.severity.value.capitalize() if finding.severity else "",
        could_be.value.capitalize() if could_be else "",
        called(each),
        "" if isinstance(each.subject, Pair) or each.id == each.name else each.id,
        officer(each),
        titles.get(finding.rule.theme, finding.rule.theme),
        finding.rule.title,
        "\n".join(because),
        "\n".join(seen),
        sentence(finding.remedy) if finding.remedy else "",
        "" if is_register(each.subject) else report.settled(finding),
        report.source(finding),
        finding.rule.id,
    )


def write_actions(
    styles: Styles,
    view: Overview,
    of: tuple[str, object],
    *,
    locked: bool,
) -> None:
    """
    Write a row per action: one partnership's remedy, with all it settles.

    Args:
        styles: the formats of the workbook.

        view: the register.

        of: what stands in the foot of each page.

        locked: whether what identifies a row is protected.
    """
    how = (
        "Write yes under Done, another day under By when, a post under Owner, and what has to be "
        "said under Note."
    )
    sheet = SheetWriter(styles, ACTIONS, "Actions", how, _ACTIONS, of=of, locked=locked)
    rows = [
        (action, report) for report in map(SubjectReport, told(view)) for action in report.actions
    ]
    rows.sort(key=lambda row: -row[0].severity.rank)
    for action, report in rows:
        _write_action(sheet, action, report)
    sheet.finish()
    sheet.colour(1)
    done = f'=LOWER($A{FIRST + 1})="yes"'
    sheet.paint(0, len(_ACTIONS) - 1, {"type": "formula", "criteria": done}, font_color=GREY)
    place = f"$C{FIRST + 1}"
    late = f"=AND(ISNUMBER({place}),{place}<TODAY(),LEN($A{FIRST + 1})=0)"
    sheet.paint(2, 2, {"type": "formula", "criteria": late}, bold=True, font_color=OVERDUE)


def _write_action(sheet: SheetWriter, action: RemedyTask, report: SubjectReport) -> None:
    each = report.assessment
    number = each.id or each.name or THE_REGISTER
    rules = [one.rule.id for one in action.findings]
    decided = next((one for one in each.actions if one.rule in rules), None)
    due = due_of(action.within, each.as_of)
    if decided is not None and decided.by:
        due = decided.by
    at = sheet.add(
        "yes" if decided is not None and decided.state is State.DONE else "",
        action.severity.value.capitalize(),
        due,
        called(each),
        sentence(action.do),
        action.who,
        "" if decided is None else decided.owner,
        "\n".join(one.rule.title for one in action.findings),
        action.letter,
        "" if decided is None else decided.why,
        "\n".join(rules),
        number,
    )
    sheet.sheet.data_validation(at, 0, at, 0, {"validate": "list", "source": ["yes"]})


def write_waivers(styles: Styles, view: Overview, of: tuple[str, object]) -> None:
    """Write the waived findings, with room for more."""
    how = "Findings that the body has decided to live with for a time. Type further ones below."
    sheet = SheetWriter(styles, WAIVERS, "Waivers", how, _WAIVERS, of=of)
    for partnership, rule, waiver in _waived(view):
        sheet.add(partnership, rule, waiver.reason, waiver.approved, waiver.until)
    for _ in range(_BLANK):
        sheet.add(*([""] * len(_WAIVERS)))
    sheet.finish()


def _waived(view: Overview) -> Iterator[tuple[str, str, Any]]:
    for each in [view.whole.register, *view.entries, *view.pairs]:
        for finding in each.waived:
            if finding.waived is not None:
                yield each.id or each.name or THE_REGISTER, finding.rule.id, finding.waived


def write_changed(styles: Styles, changed: Sequence[ChangesSince], of: tuple[str, object]) -> None:
    """Write what opened, closed and stayed open since saved results."""
    how = " ".join(f"Since {each.since}: {each.sentence}" for each in changed)
    sheet = SheetWriter(styles, "What changed", "What changed", how, _CHANGED, of=of)
    for each in changed:
        for title, several in each.groups:
            for one in several:
                sheet.add(title, one.severity.value.capitalize(), one.text)
    sheet.finish()
    sheet.colour(1)


def write_rules(styles: Styles, view: Overview, of: tuple[str, object]) -> None:
    """Write a row per check."""
    register = view.whole.register
    rulebook = register.rulebook
    titles = {theme.id: theme.title for theme in rulebook.themes}
    how = "What is checked, and on what it rests."
    sheet = SheetWriter(styles, "Rules", "Rules", how, _RULES, of=of)
    for rule in (each for each in rulebook.rules if each.counts_on(register.as_of)):
        remedy = rule.remedy
        sheet.add(
            rule.id,
            titles.get(rule.theme, rule.theme),
            rule.title,
            sentence(good_state(rule)),
            severity_sentence(rule),
            rule.principle,
            citation_phrase(rule.source, rulebook),
            sentence(remedy.do) if remedy else "",
        )
    sheet.finish()
