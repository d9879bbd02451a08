"""Values as fragments of HTML, which notebooks show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from markupsafe import Markup

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import Finding
from govrules.plans import Plan
from govrules.portfolio import RegisterAssessment
from govrules.render.overview import Overview, called, money, officer_of, worst
from govrules.render.report import Report, headline
from govrules.render.standing import tier_of
from govrules.rulebook.ast import SEVERITIES, Verdict
from govrules.visible import visible

#: How many rows of a table and how many questions are shown; how many there are more is said.
_ROWS: Final = 20
_FIRST: Final = 10
_QUESTIONS: Final = 5


def html_of(value: Any) -> str:  # noqa: ANN401 - any value that notebooks show
    """Return a value as a fragment of HTML."""
    match value:
        case Assessment():
            return str(_assessment(value))
        case RegisterAssessment():
            return str(_register(value))
        case Finding():
            return str(_finding(value))
        case Plan():
            return str(_plan(value))
        case _:
            return str(_put("<pre>{}</pre>", repr(value)))


def _put(html: str, *texts: object) -> Markup:
    """Return HTML with texts in it, escaped."""
    shown = [visible(each) if type(each) is str else each for each in texts]
    return Markup(html).format(*shown)  # noqa: S704 - HTML of ours, and the texts are escaped


def _all(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    head = _all(_put("<th style='text-align:left'>{}</th>", each) for each in heads)
    body = _all(
        _put(
            "<tr>{}</tr>",
            _all(_put("<td style='text-align:left'>{}</td>", cell) for cell in row),
        )
        for row in rows[:_ROWS]
    )
    more = len(rows) - _ROWS
    rest = _put("<p>and {} more</p>", more) if more > 0 else Markup("")
    return _put("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}", head, body, rest)


def _assessment(assessment: Assessment) -> Markup:
    report = Report(assessment)
    parts = [
        _put("<h4>{}</h4>", report.name),
        _put("<p><strong>{}</strong></p>", " ".join(headline(assessment))),
    ]
    if report.tier is not None:
        parts.append(_put("<p>{}</p>", report.tier.sentence))
    if report.flagged:
        rows = [
            (
                each.severity.value if each.severity else "",
                each.rule.title,
                " ".join(one.text for one in report.reasons(each)[:2]),
                sentence(each.remedy) if each.remedy else "",
            )
            for each in report.flagged[:_ROWS]
        ]
        rows += [("", "", "", "")] * max(0, len(report.flagged) - _ROWS)
        parts.append(_table(("severity", "finding", "because", "to put it right"), rows))
    if report.asked:
        items = _all(_put("<li>{}</li>", each.short) for each in report.asked[:_QUESTIONS])
        number = counted(len(report.asked), "question")
        parts.append(_put("<p>{}, the first:</p><ol>{}</ol>", number, items))
    return _put("<div>{}</div>", _all(parts))


def _register(whole: RegisterAssessment) -> Markup:
    view = Overview(whole)
    rows = []
    for each in view.flagged[:_FIRST]:
        tier = tier_of(each)
        levels = [level for level in reversed(SEVERITIES) if each.severities[level]]
        grades = [f"{each.severities[level]} {level.value}" for level in levels]
        rows.append(
            (
                called(each.subject),
                f"{worst(each).value}: {each.flagged[0].rule.title}",
                joined(grades),
                tier.word if tier else "",
                money(each),
                officer_of(each),
            )
        )
    heads = ("look at first", "gravest finding", "all findings", "tier", "a year", "lead officer")
    parts = [
        _put("<h4>{}</h4>", whole.register.name or "Partnerships"),
        _put("<p><strong>{}</strong></p>", " ".join(view.headline())),
    ]
    if rows:
        parts.append(_table(heads, rows))
    if view.to_put_right:
        number = counted(len(view.to_put_right), "thing")
        parts.append(_put("<p>{} for the organisation itself to put right.</p>", number))
    return _put("<div>{}</div>", _all(parts))


def _finding(finding: Finding) -> Markup:
    level = finding.severity.value if finding.severity else finding.verdict.value
    worse = f", could be {finding.could_be.value}" if finding.could_be else ""
    rows: list[tuple[str, object]] = []
    if finding.because:
        rows.append(("because", "; ".join(dict.fromkeys(each.phrase for each in finding.because))))
    if finding.remedy and finding.verdict is Verdict.FLAGGED:
        rows.append(("to put it right", sentence(finding.remedy)))
    if finding.questions:
        rows.append(("to ask", " ".join(each.question for each in finding.questions)))
    if finding.clears:
        ways = ("; ".join(each.phrase for each in way) for way in finding.clears)
        rows.append(("settled when", "; or ".join(ways)))
    rows.append(("source", f"{finding.source.document}, {finding.source.paragraph}"))
    body = _all(
        _put(
            "<tr><th style='text-align:left'>{}</th><td style='text-align:left'>{}</td></tr>", *row
        )
        for row in rows
    )
    return _put(
        "<div><strong>{}</strong> ({}{})<table><tbody>{}</tbody></table></div>",
        finding.rule.title,
        level,
        worse,
        body,
    )


def _plan(plan: Plan) -> Markup:
    if not plan.steps:
        return Markup("<p>There is nothing to plan.</p>")
    rows = [
        (
            "to come" if each.severity is None else each.severity.value,
            sentence(each.do or each.rule),
            each.who,
            each.within,
            "; ".join(change.phrase for change in each.changes),
        )
        for each in plan.steps
    ]
    changes = counted(len(plan.changes), "change")
    settle = "settles" if len(plan.changes) == 1 else "settle"
    things = counted(len(plan.clears), "thing")
    heads = ("severity", "do", "who", "within", "settled when")
    return _put(
        "<div><p><strong>{} {} {} to put right.</strong></p>{}</div>",
        changes,
        settle,
        things,
        _table(heads, rows),
    )
