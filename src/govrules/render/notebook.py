"""Values as fragments of HTML, which notebooks show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import Finding
from govrules.plans import Plan
from govrules.portfolio import RegisterAssessment
from govrules.render.overview import Overview, called, money, officer_of, worst
from govrules.render.report import SubjectReport, graded, headline
from govrules.render.standing import tier_of
from govrules.render.templating import macro
from govrules.rulebook.ast import Verdict

#: How many rows of a table and how many questions are shown; how many there are more is said.
_ROWS: Final = 20
_FIRST: Final = 10
_QUESTIONS: Final = 5


def html_of(value: Assessment | RegisterAssessment | Plan | Finding) -> str:
    """Return a value as a fragment of HTML."""
    match value:
        case Assessment():
            return _made("value", **_assessment(value))
        case RegisterAssessment():
            return _made("value", **_register(value))
        case Plan():
            return _made("value", **_plan(value))
        case Finding():
            worse = f", could be {value.could_be.value}" if value.could_be else ""
            level = value.severity.value if value.severity else value.verdict.value
            return _made("finding", value.rule.title, level + worse, [*_about(value)])


def _made(name: str, *values: object, **more: object) -> str:
    return str(macro("notebook.html", name)(*values, **more))


def _assessment(assessment: Assessment) -> dict[str, object]:
    report = SubjectReport(assessment)
    return {
        "title": report.name,
        "lead": " ".join(headline(assessment)),
        "tier": report.tier and report.tier.sentence,
        "heads": ("severity", "finding", "because", "to put it right"),
        "rows": [
            (
                finding.severity,
                finding.rule.title,
                " ".join(one.text for one in report.reasons(finding)[:2]),
                sentence(finding.remedy) if finding.remedy else "",
            )
            for finding in report.flagged[:_ROWS]
        ],
        "number": len(report.flagged),
        "asked": counted(len(report.asked), "question"),
        "questions": report.asked[:_QUESTIONS],
    }


def _register(whole: RegisterAssessment) -> dict[str, object]:
    view = Overview(whole)
    several = view.flagged[:_FIRST]
    things = counted(len(view.to_put_right), "thing")
    heads = ("look at first", "gravest finding", "all findings", "tier", "a year", "lead officer")
    return {
        "title": whole.register.name or "Partnerships",
        "lead": " ".join(view.headline()),
        "heads": heads,
        "rows": [
            (
                called(each.subject),
                f"{worst(each).value}: {each.flagged[0].rule.title}",
                joined(graded(each.severities)),
                tier.word if (tier := tier_of(each)) else "",
                money(each),
                officer_of(each),
            )
            for each in several
        ],
        "number": len(several),
        "notes": [f"{things} for the organisation itself to put right."]
        if view.to_put_right
        else [],
    }


def _about(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.because:
        yield "because", "; ".join(dict.fromkeys(reason.phrase for reason in finding.because))
    if finding.remedy and finding.verdict is Verdict.FLAGGED:
        yield "to put it right", sentence(finding.remedy)
    if finding.questions:
        yield "to ask", " ".join(question.question for question in finding.questions)
    if finding.clears:
        ways = ("; ".join(each.phrase for each in way) for way in finding.clears)
        yield "settled when", "; or ".join(ways)
    yield "source", f"{finding.source.document}, {finding.source.paragraph}"


def _plan(plan: Plan) -> dict[str, object]:
    if not plan.steps:
        return {"notes": ["There is nothing to plan."]}
    settle = "settles" if len(plan.changes) == 1 else "settle"
    changes, things = counted(len(plan.changes), "change"), counted(len(plan.clears), "thing")
    rows = [
        (
            step.severity or "to come",
            sentence(step.do or step.rule),
            step.who,
            step.within,
            "; ".join(change.phrase for change in step.changes),
        )
        for step in plan.steps
    ]
    return {
        "lead": f"{changes} {settle} {things} to put right.",
        "heads": ("severity", "do", "who", "within", "settled when"),
        "rows": rows[:_ROWS],
        "number": len(rows),
    }
