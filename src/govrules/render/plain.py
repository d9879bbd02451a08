"""Values as plain data, as every machine-readable format prints them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from govrules.assessment import Assessment
from govrules.diagnostics import Diagnostic
from govrules.explain.phrases import record_name
from govrules.findings import Finding
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.truth import UNKNOWN, Unknown

FORMAT = 1


def verdict_word(verdict: Verdict) -> str:
    """Return a verdict as one word without a space."""
    return verdict.value.replace(" ", "_")


def plain(value: Any) -> Any:  # noqa: ANN401 - any fact's value to JSON
    """
    Return a fact's value as JSON can hold it.

    Amounts are numbers, dates ISO texts, sets sorted lists, records their names; None is known
    to be absent, and "unknown" in a list says that there may be more.

    >>> plain(Decimal("250000"))
    250000
    """
    match value:
        case None | bool() | int():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dt.date():
            return value.isoformat()
        case frozenset():
            known = sorted(str(each) for each in value if each is not UNKNOWN)
            return [*known, "unknown"] if UNKNOWN in value else known
        case tuple():
            return [record_name(each, index) for index, each in enumerate(value)]
        case _:
            return str(value)


def assessment_data(assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as plain data."""
    return {
        "id": assessment.id,
        "name": assessment.name,
        "counts": {verdict_word(verdict): number for verdict, number in assessment.counts.items()},
        "findings": [finding_data(each) for each in assessment.findings],
        "summaries": [finding_data(each) for each in assessment.summaries],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    return {
        "rule": finding.rule.id,
        "verdict": verdict_word(finding.verdict),
        "severity": finding.severity.value if finding.severity else None,
        "could_be": finding.could_be.value if finding.could_be else None,
        "because": [
            {"fact": each.fact, "value": plain(each.value), "evidence": each.evidence or None}
            for each in finding.because
        ],
        "questions": [{"fact": each.fact, "question": each.question} for each in finding.questions],
        "clears": [
            [{"fact": each.fact, "to": plain(each.to)} for each in way] for way in finding.clears
        ],
        "source": {
            "document": finding.source.document,
            "paragraph": finding.source.paragraph,
            "principle": finding.principle,
        },
        "location": {
            "rule": finding.rule_location,
            "subject": finding.subject_location or None,
        },
    }


def problems_data(problems: Iterable[Diagnostic], notes: Iterable[str]) -> dict[str, Any]:
    """Return what is wrong with files, and what of them is not read, as plain data."""
    return {
        "problems": [
            {
                "code": each.code.id,
                "name": each.code.title,
                "warning": each.code.is_warning,
                "message": each.message,
                "help": each.help,
                "place": str(each.span),
            }
            for each in problems
        ],
        "notes": [*notes],
    }


def report_data(
    assessments: Iterable[Assessment],
    rulebook: Rulebook,
    as_of: dt.date | Unknown,
    problems: Iterable[Diagnostic] = (),
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a whole run as plain data."""
    return {
        "govrules": FORMAT,
        "rulebook": {"id": rulebook.id, "version": rulebook.version},
        "as_of": as_of.isoformat() if isinstance(as_of, dt.date) else None,
        "subjects": [assessment_data(each) for each in assessments],
        **problems_data(problems, notes),
    }
