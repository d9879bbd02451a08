"""Waivers: findings that a body has decided to live with; they stay in sight and do not count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.errors import RuleFileError
from govrules.explain.phrases import day
from govrules.facts import names_of
from govrules.model import Pair
from govrules.nodes import Node, Report
from govrules.portfolio import THE_REGISTER, Assessed, is_register, subject_name, with_each
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.rulebook.decisions import Waiver
from govrules.rulebook.fields import Fields, open_kept

_KEYS: Final = ("rule", "partnership", "partnerships", "reason", "approved", "until")


def read_waivers(source: str | Path | Mapping[str, str]) -> tuple[Waiver, ...]:
    """
    Read a file of waivers.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

    Raises:
        RuleFileError: something in the file is wrong; it carries every problem found.
    """
    report, fields = open_kept(source, "waivers")
    found: list[Waiver] = []
    if fields is not None:
        fields.required("waivers")
        found = [each for item in fields.items("waivers") for each in _waiver(report, item)]
    if report.diagnostics:
        raise RuleFileError(report.in_order())
    return tuple(found)


def _waiver(report: Report, node: Node) -> Iterator[Waiver]:
    before = report.errors
    fields = Fields(report, node, _KEYS, "a waiver")
    if not fields.is_mapping:
        return
    rule = fields.text("rule", required=True)
    one, several = fields.text("partnership"), fields.texts("partnerships")
    if bool(one) == bool(several):
        report.add(
            Code.MISSING_KEY if not one else Code.WRONG_SHAPE,
            "a waiver is for one partnership or for several",
            node,
            "write `partnership: its id`, or `partnerships: [its id, another id]`",
        )
    reason, approved = fields.text("reason", required=True), fields.text("approved", required=True)
    fields.required("until", "2026-12-31")
    until = fields.date("until")
    if report.errors == before and until is not None:
        names = (one, *several) if one else several
        yield Waiver(rule, names, reason, approved, until, span=report.span(fields.value("rule")))


def waive(assessed: Assessed, waivers: Iterable[Waiver]) -> Assessed:
    """
    Return an assessment on which findings that are waived do not count.

    They stay flagged, and say by what they are waived; a waiver past its last day hides nothing.

    Args:
        assessed: what `assess` or `assess_register` returned.

        waivers: the waivers, of whatever partnerships and rules.

    >>> from govrules import assess, load_rulebook
    >>> from govrules.model import Funding, Partnership, Protocol
    >>> pool = Partnership(id="care", funding=Funding(pooled=True), protocol=None)
    >>> found = assess(pool, load_rulebook(), as_of=dt.date(2026, 3, 31))
    >>> until = dt.date(2026, 12, 31)
    >>> waiver = Waiver("pooled-budget-without-protocol", ("care",), "New.", "Cabinet", until)
    >>> [each.rule.id for each in waive(found, [waiver]).waived]
    ['pooled-budget-without-protocol']
    """
    several = tuple(waivers)
    return with_each(assessed, lambda each: _waived(each, several))


def _waived(assessment: Assessment, waivers: Sequence[Waiver]) -> Assessment:
    called = called_by(assessment)
    its = tuple(waiver for waiver in waivers if waiver.covers(called, assessment.as_of))
    return attrs.evolve(assessment, waivers=its) if its else assessment


def called_by(assessment: Assessment) -> tuple[frozenset[str], ...]:
    """Return a subject's ids and names; for a pair, both sides' too."""
    subject = assessment.subject
    of_two = (subject.first, subject.second) if isinstance(subject, Pair) else ()
    own = THE_REGISTER if is_register(subject) else ""
    itself = frozenset(each for each in (assessment.id, assessment.name, own) if each)
    return (itself, *(frozenset(names_of(each)) for each in of_two))


def waiver_problems(
    assessments: Iterable[Assessment],
    waivers: Sequence[Waiver],
    rulebook: Rulebook,
    *,
    whole: bool = True,
) -> Iterator[Diagnostic]:
    """
    Yield the problems of waivers without effect: expired, or for nothing.

    Args:
        assessments: every assessment on which they could count.

        waivers: the waivers.

        rulebook: the rules.

        whole: whether the assessments are of a whole register, so that a partnership that none of
            them is of is on none.
    """
    rules = {rule.id for rule in rulebook.rules}
    left_out = {rule.id for rule in rulebook.left_out}
    several = [*assessments]
    called = [called_by(each) for each in several]
    known = sorted({name for names in called for each in names for name in each})
    for waiver in waivers:
        its = [each for each, names in zip(several, called, strict=True) if waiver.names(names)]
        strange = [each for each in waiver.partnerships if each not in known] if whole else []
        if not its and not strange:
            continue
        if waiver.rule not in rules:
            why = "it is left out" if waiver.rule in left_out else "there is none of this id"
            yield Diagnostic(
                Code.WAIVER_FOR_NOTHING,
                f"rule `{waiver.rule}` is waived, but {why}",
                waiver.span,
                "remove it"
                if waiver.rule in left_out
                else did_you_mean(waiver.rule, rules, otherwise="remove it"),
            )
            continue
        for name in strange:
            yield Diagnostic(
                Code.WAIVER_FOR_NOTHING,
                f"`{waiver.rule}` is waived for `{name}`, which is not on the register",
                waiver.span,
                did_you_mean(name, known, otherwise="give its id, or its name where it has no id"),
            )
        yield from _of_subjects(waiver, its)


def _of_subjects(waiver: Waiver, its: Sequence[Assessment]) -> Iterator[Diagnostic]:
    past = [each for each in its if not waiver.covers(called_by(each), each.as_of)]
    if past:
        as_of = past[0].as_of
        ended = f"until {day(waiver.until)}"
        on = f"and not on {day(as_of)}" if isinstance(as_of, dt.date) else "and the day is unknown"
        yield Diagnostic(
            Code.WAIVER_PAST_ITS_DAY,
            f"`{waiver.rule}` is waived {ended}, {on}: it counts again",
            waiver.span,
            "remove it, or have it approved anew with a later `until`",
        )
        return
    said = [
        (subject_name(each), finding.verdict)
        for each in its
        for finding in (*each.findings, *each.summaries)
        if finding.rule.id == waiver.rule
    ]
    if any(verdict is Verdict.FLAGGED for _, verdict in said) or not its:
        return
    of = ", ".join(f"{verdict.value} of {name}" for name, verdict in said[:3])
    yield Diagnostic(
        Code.WAIVER_FOR_NOTHING,
        f"`{waiver.rule}` is waived, but flags nothing there" + (f": it is {of}" if of else ""),
        waiver.span,
        "remove it when it is no longer needed",
    )
