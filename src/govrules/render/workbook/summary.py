"""The sheets that a committee reads: the summary, and the heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from govrules.assessment import Assessment
from govrules.diagnostics import Diagnostic
from govrules.explain.phrases import counted
from govrules.portfolio import RegisterAssessment
from govrules.render.overview import Overview, because_unknown, called, officer_of, spend_of
from govrules.render.report import ByTheme, by_theme
from govrules.render.standing import tier_of
from govrules.render.workbook.sheet import FILLS, PALE, Cell, SheetColumn, SheetWriter, Styles
from govrules.rulebook.ast import SEVERITIES, Verdict

_FREQUENT: Final = 10
_FIRST: Final = 10
_NOT_READ: Final = 25
_LEGEND: Final = (
    ("C 4", "critical: four findings, the gravest of them critical"),
    ("H", "high: one finding"),
    ("M", "medium"),
    ("L", "low"),
    ("?", "nothing flagged, and something not known"),
    ("met", "all that applies is met"),
    ("\u2013", "does not apply"),
)
_MET: Final = "#D5EBDE"
_BLOCK: Final = (SheetColumn("", 44), *(SheetColumn("", 14) for _ in range(8)))


def write_summary(
    styles: Styles,
    view: Overview,
    of: tuple[str, object],
    *,
    left_out: int,
    problems: Sequence[Diagnostic],
    notes: Sequence[str],
) -> None:
    """
    Write the first sheet, numbers as values so that a shortened copy stays true.

    Args:
        styles: the formats of the workbook.

        view: the register.

        of: what stands in the foot of each page.

        left_out: how many questions are left for the next workbook.

        problems: what is wrong with the files that were read.

        notes: what became of their rows, and of answers.
    """
    name = of[0]
    sheet = SheetWriter(styles, "Summary", name, " ".join(view.headline()), _BLOCK, of=of)
    for line, number in _numbers(view, left_out):
        sheet.add(line, number, styles={0: {"bold": True}, 1: {"num_format": "#,##0"}})
    _look_at_first(sheet, view)
    _for_the_organisation(sheet, view)
    if view.frequent:
        _heading(sheet, "Most frequent", ("Finding", "Partnerships"))
        for rule, times in view.frequent.most_common(_FREQUENT):
            sheet.add(rule.title, times)
    if notes:
        _heading(sheet, "What was read", ())
        for line in notes:
            sheet.add(line)
    if problems:
        _heading(sheet, "What was not read", ("What", "Where", "What to do"))
        for problem in problems[:_NOT_READ]:
            sheet.add(problem.message, str(problem.span), problem.help)
        more = len(problems) - _NOT_READ
        if more > 0:
            sheet.add(f"and {more:,} more: `govrules check` prints them all")


def _heading(sheet: SheetWriter, title: str, heads: Sequence[str]) -> None:
    sheet.row += 1
    sheet.put(sheet.row, 0, title, "title")
    sheet.row += 1
    for at, head in enumerate(heads):
        sheet.put(sheet.row, at, head, "head")
    sheet.row += bool(heads)


def _numbers(view: Overview, left_out: int) -> Iterator[tuple[str, int]]:
    yield "Partnerships", len(view.entries)
    for total in view.totals():
        yield f"To put right: {total.title[:1].lower()}{total.title[1:]}", total.flagged
    unknown, apply = view.checks
    yield "Checks that apply", apply
    yield "Checks not known yet", unknown
    if left_out:
        yield "Questions left for the next workbook (--all-questions asks them now)", left_out


def _look_at_first(sheet: SheetWriter, view: Overview) -> None:
    heads = ("Partnership", "Lead officer", "Risk tier", "Critical", "High", "Medium", "Low")
    _heading(sheet, "Look at first", (*heads, "Not known", "Yearly spend"))
    for finding in view.flagged[:_FIRST]:
        grades = (finding.severities[level] for level in reversed(SEVERITIES))
        spend = spend_of(finding)
        sheet.add(
            _called(finding),
            officer_of(finding),
            tier_word(finding),
            *grades,
            finding.counts[Verdict.UNKNOWN],
            None if spend is None else float(spend),
            styles={8: {"num_format": "£#,##0"}},
        )
    more = len(view.flagged) - _FIRST
    if more > 0:
        have = "has" if more == 1 else "have"
        sheet.add(f"{more:,} more {have} findings: see Heat map and Flagged")
    if view.unflagged:
        have = "has" if len(view.unflagged) == 1 else "have"
        why = because_unknown(view.unflagged)
        sheet.add(f"{counted(len(view.unflagged), 'partnership')} {have} no findings{why}")


def _for_the_organisation(sheet: SheetWriter, view: Overview) -> None:
    if not view.to_put_right:
        return
    heads = ("What is wrong", "Severity", "Which partnerships", "Who", "By when")
    _heading(sheet, "For the organisation to put right", heads)
    first = sheet.row
    for each in view.to_put_right:
        which = each.told or "; ".join(each.names)
        grade = each.severity.value.capitalize()
        sheet.add(each.finding.rule.title, grade, which, each.who, each.when)
    sheet.colour(1, (first, sheet.row - 1))


def _called(each: Assessment) -> str:
    return called(each.subject) if hasattr(each.subject, "name") else each.name or each.id


def tier_word(each: Assessment) -> str:
    """Return a partnership's risk tier for a column."""
    tier = tier_of(each)
    if tier is None:
        return ""
    return {"?": "not known"}.get(tier.word, tier.word.replace("+", " or more")).capitalize()


def heat(row: ByTheme | None) -> str:
    """Return a heat map cell: a theme's result for a partnership."""
    if row is None:
        return "\u2013"
    if row.gravest is not None:
        letter = row.gravest.value[0].upper()
        return f"{letter} {row.flagged}" if row.flagged > 1 else letter
    if row.unknown:
        return "?"
    return "met" if row.met else "\u2013"


def write_heat(styles: Styles, view: Overview, of: tuple[str, object]) -> None:
    """Write the heat map of partnerships by themes, gravest first."""
    themes = view.themes
    columns = (
        SheetColumn("Partnership", 38),
        SheetColumn("Lead officer", 26),
        SheetColumn("Risk tier", 12),
        *(SheetColumn(each.title, 9, "turned") for each in themes),
    )
    how = "The gravest finding of each theme, and how many there are. Gravest partnerships first."
    sheet = SheetWriter(styles, "Heat map", "Heat map", how, columns, of=of)
    for each in view.ranked:
        rows = {row.theme.id: row for row in by_theme(each)}
        cells: list[Cell] = [heat(rows.get(theme.id)) for theme in themes]
        sheet.add(_called(each), officer_of(each), tier_word(each), *cells)
    sheet.finish()
    if themes and view.ranked:
        _colours(sheet, len(columns) - 1)
    sheet.row += 1
    for text, meaning in _LEGEND:
        sheet.put(sheet.row, 0, f"{text}: {meaning}")
        sheet.row += 1


def _colours(sheet: SheetWriter, last: int) -> None:
    marks: dict[str, dict[str, Any]] = {
        "met": {"bg_color": _MET},
        "\u2013": {"bg_color": PALE},
        "?": {"border": 1, "border_color": "#9CA3AF"},
    }
    for text, style in marks.items():
        sheet.paint(3, last, {"type": "cell", "criteria": "==", "value": f'"{text}"'}, **style)
    for grade, (fill, ink) in FILLS.items():
        about = {"type": "text", "criteria": "begins with", "value": grade.value[0].upper()}
        sheet.paint(3, last, about, bg_color=fill, font_color=ink, bold=ink == "#FFFFFF")


def register_name(whole: RegisterAssessment) -> str:
    """Return a register's name on its workbook."""
    return whole.register.name or "Partnerships"
