"""Values as plain data, as every machine-readable format prints them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, get_args

import attrs

from govrules.assessment import Assessment, WhatIf
from govrules.diagnostics import Diagnostic
from govrules.errors import FactsError
from govrules.explain.adaptations import adaptation_phrase, counting
from govrules.explain.phrases import joined, record_name
from govrules.explain.ways import ToBeChosen
from govrules.findings import Change, DerivedValue, Finding, Opened, Question, Reason
from govrules.frozen import Identical
from govrules.plans import Plan
from govrules.portfolio import RegisterAssessment
from govrules.ranking import RankedQuestion
from govrules.reading import Read, facts_data
from govrules.receipt import Receipt
from govrules.render.action_progress import ActionProgress, all_decided, decided
from govrules.rulebook.adapted import Adaptation, Adapts, Amendment
from govrules.rulebook.ast import Citation, Remedy, Rule, Rulebook, Verdict
from govrules.saved import ChangesSince
from govrules.subjects import words_of
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import Which, one_of
from govrules.vocabulary import Collected, closed_values, vocabulary_of

FORMAT = 1
#: How many rules are kept as data.
_MOST_RULES: Final = 2**10


def to_data(value: Any, *, findings: Which = "all") -> Any:  # noqa: ANN401 - any public value to JSON
    """
    Return a value of govrules as JSON can hold it: what `--format json` prints of it.

    The schema is `govrules.schema.findings_schema()`; that of subjects is `subject_schema`.

    Args:
        value: a partnership, a register or a subject of another class, which `read` takes back; an
            assessment of one of them, which is a whole document; a finding, a question, a plan, a
            diagnostic, what `read` returned, a rulebook or one of its rules; or a list of these.

        findings: all of an assessment's findings, or those alone that are flagged, which takes a
            part of the time: what is asked is then what is asked about these.

    Raises:
        FactsError: the value is none of these, or there is no such choice of findings.

    >>> from govrules import Partnership
    >>> to_data(Partnership(name="Care pool", protocol=None))
    {'govrules': 1, 'name': 'Care pool', 'protocol': 'none'}
    """
    one_of("findings", findings, get_args(Which))
    match value:
        case Assessment():
            subject = assessment_data(value, findings=findings)
            return report_data([subject], value.rulebook, value.as_of, value.warnings)
        case RegisterAssessment():
            of = value.register
            said = (*value.problems, *value.warnings)
            subjects = [assessment_data(each, findings=findings) for each in value.all()]
            return report_data(subjects, of.rulebook, of.as_of, said)
        case Finding():
            return {**finding_data(value), "derived": _derived_data(value.steps)}
        case Question() | RankedQuestion():
            return question_data(value)
        case Plan():
            return plan_data(value)
        case WhatIf():
            return what_if_data(value)
        case Diagnostic():
            return problem_data(value)
        case Rulebook():
            return rulebook_data(value)
        case Rule():
            return rule_data(value)
        case Read():
            rest = problems_data((*value.problems, *value.warnings), value.notes)
            as_of = _date(value.as_of)
            return {"subject": to_data(value.subject), "as_of": as_of, **rest}
        case Collected():
            return to_data(value.entries)
        case list() | tuple():
            known = (each for each in value if each is not UNKNOWN)
            return [to_data(each, findings=findings) for each in known]
        case _ if attrs.has(type(value)):
            cls: type = type(value)
            vocabulary_of(cls)
            return {"govrules": FORMAT, **facts_data(value)}
        case _:
            raise FactsError("value", "a value of govrules", type(value).__name__)


def verdict_word(verdict: Verdict) -> str:
    """Return a verdict as one word without a space."""
    return verdict.value.replace(" ", "_")


def plain(value: Any) -> Any:  # noqa: ANN401 - any fact's value to JSON
    """
    Return a fact's value as JSON can hold it.

    Amounts are numbers, dates ISO texts, sets sorted lists, records their names; "none" is known
    to be absent, and "unknown" in a list says that there may be more. What is to be chosen is
    {"one_of": […]}.

    >>> plain(Decimal("250000"))
    250000
    """
    match value:
        case str():
            return str(value)
        case None:
            return "none"
        case bool() | int():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dt.date():
            return value.isoformat()
        case frozenset():
            known = sorted(str(each) for each in value if each is not UNKNOWN)
            return [*known, "unknown"] if UNKNOWN in value else known
        case ToBeChosen(values):
            return {"one_of": [*values]}
        case tuple():
            return [
                record_name(each, index, words_of(type(each))) for index, each in enumerate(value)
            ]
        case _:
            return str(value)


def _as_they_are(value: object, *names: str) -> dict[str, Any]:
    """Return a value's attributes by name."""
    return {name: getattr(value, name) for name in names}


def _date(value: dt.date | Unknown) -> str | None:
    return value.isoformat() if isinstance(value, dt.date) else None


# ── Findings ──────────────────────────────────────────────────────────────────────────────────


def assessment_data(assessment: Assessment, *, findings: Which = "all") -> dict[str, Any]:
    """Return an assessment as plain data."""
    every = findings == "all"
    chosen = assessment.findings if every else assessment.of(Verdict.FLAGGED)
    summaries = [
        summary for summary in assessment.summaries if every or summary.verdict is Verdict.FLAGGED
    ]
    questions = assessment.questions if every else assessment.questions_of(chosen)
    rating = getattr(assessment.subject, "own_rating", UNKNOWN)
    derived = {**assessment.derived}
    for each in (*chosen, *summaries):
        derived |= each.steps
    return {
        **_as_they_are(assessment, "id", "name"),
        "counts": {verdict_word(verdict): number for verdict, number in assessment.counts.items()},
        "derived": _derived_data(derived),
        "own_rating": rating if isinstance(rating, str) else None,
        "questions": [question_data(question) for question in questions],
        "good_practice": [
            {"rule": each.rule.id, **_as_they_are(each.rule, "title", "met")}
            for each in assessment.good_practice
        ],
        "findings": [finding_data(each) for each in chosen],
        "summaries": [finding_data(summary) for summary in summaries],
        "coming_up": [coming_data(each) for each in assessment.coming_up],
        "actions": [
            {"rule": each.action.rule, **action_data(each)} for each in all_decided([assessment])
        ],
        "so_of": [*assessment.so_of],
        "contradictions": [
            {
                "stated": each.stated,
                "sentence": each.sentence,
                "follows": derived_data(each.follows),
            }
            for each in assessment.contradictions
        ],
    }


def coming_data(finding: Finding) -> dict[str, Any]:
    """Return a rule not yet in force that will flag, as plain data."""
    begins, _ = finding.rule.in_force
    return {
        "rule": finding.rule.id,
        "title": finding.rule.title,
        "from": None if begins is None else begins.isoformat(),
        "severity": finding.severity.value if finding.severity else None,
        "sentence": finding.sentence,
    }


def _derived_data(derived: Mapping[str, DerivedValue]) -> dict[str, Any]:
    return {path: derived_data(each) for path, each in derived.items()}


def derived_data(derived: DerivedValue) -> dict[str, Any]:
    """Return what a derived fact may be, and why, as plain data."""
    return {
        "label": derived.label,
        "phrase": derived.phrase or None,
        "values": [plain(value) for value in derived.values],
        "because": [reason_data(reason) for reason in derived.because],
        "questions": [question_data(question) for question in derived.questions],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    rule = finding.rule
    head, says, source = _of_rule(Identical((rule,)))
    reply = decided(finding)
    return {
        **head,
        "verdict": verdict_word(finding.verdict),
        "severity": finding.severity.value if finding.severity else None,
        "could_be": finding.could_be.value if finding.could_be else None,
        "sentence": finding.sentence,
        "because": [reason_data(reason) for reason in finding.because],
        "questions": [question_data(question) for question in finding.questions],
        "clears": [[change_data(each) for each in way] for way in finding.clears],
        "opens": [[opened_data(each) for each in way] for way in finding.opens],
        "remedy": _remedy(finding.remedy, rule.remedy),
        "mitigations": [
            {"because": mitigation.because, "source": _citation(mitigation.source)}
            for mitigation in finding.mitigations
        ],
        "waived": _waived(finding),
        "action": None if reply is None else action_data(reply),
        "says": {**says},
        "source": {**source},
        "location": {
            "rule": finding.rule_location,
            "subject": finding.subject_location or None,
        },
    }


@lru_cache(maxsize=_MOST_RULES)
def _of_rule(only: Identical) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the fields all findings of a rule share."""
    (rule,) = only
    head = {"rule": rule.id, "title": rule.title, "theme": rule.theme, "pack": rule.pack}
    source = {**(_citation(rule.source) or {}), "principle": rule.principle}
    return head, _says(rule), source


def reason_data(reason: Reason) -> dict[str, Any]:
    """Return a reason as plain data."""
    return {
        "fact": reason.fact,
        "value": plain(reason.value),
        "phrase": reason.phrase,
        "evidence": reason.evidence or None,
    }


def change_data(change: Change) -> dict[str, Any]:
    """Return a change as plain data."""
    return {"fact": change.fact, "to": plain(change.to), "phrase": change.phrase}


def opened_data(opened: Opened) -> dict[str, Any]:
    """Return a side effect as plain data."""
    return {
        "rule": opened.rule,
        "severity": opened.severity.value if opened.severity else None,
        "could_be": opened.could_be.value if opened.could_be else None,
        "phrase": opened.phrase,
    }


def question_data(question: Question | RankedQuestion) -> dict[str, Any]:
    """Return a question as plain data; of a ranked one, what answering it would settle too."""
    if isinstance(question, Question):
        return {"fact": question.fact, "question": question.question}
    return {
        **question_data(question.question),
        "rules": [*question.rules],
        "could_be": question.could_be.value,
        "settles": [*question.settles],
    }


def _remedy(do: str, remedy: Remedy | None) -> dict[str, Any] | None:
    if remedy is None:
        return None
    return {"do": do, **_as_they_are(remedy, "who", "within", "part_of")}


def _citation(source: Citation | None) -> dict[str, str] | None:
    return None if source is None else _as_they_are(source, "document", "paragraph")


def _waived(finding: Finding) -> dict[str, str] | None:
    waiver = finding.waived
    if waiver is None:
        return None
    return {**_as_they_are(waiver, "reason", "approved"), "until": waiver.until.isoformat()}


def action_data(found: ActionProgress) -> dict[str, Any]:
    """Return what was decided about a finding, and what has become of it, as plain data."""
    action = found.action
    by = action.by.isoformat() if isinstance(action.by, dt.date) else action.by
    return {
        "do": action.do,
        "owner": action.owner or None,
        "by": by or None,
        "state": action.state.value,
        "why": action.why or None,
        "progress": found.progress.value,
        "phrase": found.told,
    }


def _says(rule: Rule) -> dict[str, str | None]:
    """Return how far the source goes in each element of a rule; None where the pack is silent."""
    said = rule.says
    return {element: said[element].value if element in said else None for element in rule.elements}


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    return {
        "level": plan.level.value,
        "steps": [
            {
                "rule": step.rule,
                "severity": None if step.severity is None else step.severity.value,
                **_as_they_are(step, "do", "who", "within"),
                "changes": [change_data(change) for change in step.changes],
                "helps": [*step.helps],
            }
            for step in plan.steps
        ],
        "clears": [*plan.clears],
        "left": [*plan.left],
        "open": [*plan.open],
        "proven_smallest": plan.proven_smallest,
    }


# ── The rulebook ──────────────────────────────────────────────────────────────────────────────


def rulebook_data(rulebook: Rulebook) -> dict[str, Any]:
    """Return a rulebook as plain data."""
    return {
        "govrules": FORMAT,
        **_as_they_are(rulebook, "id", "title", "version", "owner"),
        "packs": packs_data(rulebook),
        "documents": {
            name: _as_they_are(each, "title", "publisher", "year", "where")
            for name, each in rulebook.documents.items()
        },
        "parameters": {
            name: {
                "value": plain(each.value),
                "unit": each.unit,
                "reason": each.reason,
                "says": each.says.value,
                "pack": each.pack,
            }
            for name, each in rulebook.parameters.items()
        },
        "facts": {
            path: _as_they_are(each, "label", "question") for path, each in rulebook.own.items()
        },
        "derived": {
            name: {"label": each.fact.label, "values": [*closed_values(each.fact.type)]}
            for name, each in rulebook.derived.items()
        },
        "themes": [_as_they_are(theme, "id", "title") for theme in rulebook.themes],
        "work": dict(rulebook.work),
        "rules": [rule_data(rule) for rule in rulebook.rules],
    }


def rule_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data, without its conditions, which the rule files hold."""
    begins, ends = rule.in_force
    remedy = "" if rule.remedy is None else rule.remedy.do
    return {
        **_as_they_are(rule, "id", "title", "theme", "subject", "principle", "met", "note"),
        "source": _citation(rule.source),
        "also": [_citation(each) for each in rule.also],
        "says": _says(rule),
        "severities": sorted(
            {rule.otherwise.value, *(grade.severity.value for grade in rule.grades)}
        ),
        "remedy": _remedy(remedy, rule.remedy),
        "in_force": {
            "from": None if begins is None else begins.isoformat(),
            "until": None if ends is None else ends.isoformat(),
        },
        "tags": [*rule.tags],
        "pack": rule.pack,
        "approved": rule.approved,
        "changed": [amendment_data(each) for each in rule.changed],
        "location": str(rule.span),
    }


def packs_data(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Return a rulebook's packs as plain data."""
    return [
        {
            "id": pack.id,
            "version": pack.version,
            "content": f"sha256:{pack.content}",
            "rules": pack.with_rules,
            "approved": pack.approved,
            "changed": [amendment_data(one) for one in pack.changed],
            "adapted": [
                adaptation_data(one, rulebook) for one in rulebook.adaptations if one.of == pack.id
            ],
        }
        for pack in rulebook.packs
    ]


def amendment_data(amendment: Amendment) -> dict[str, Any]:
    """Return what was changed in a rule or a pack as plain data."""
    said = _as_they_are(amendment, "what", "version", "on", "approved")
    return {**said, "on": amendment.on.isoformat() if amendment.on else None}


def adaptation_data(adaptation: Adaptation, rulebook: Rulebook) -> dict[str, Any]:
    """Return what one pack changes in another as plain data, and whether it counts."""
    was = adaptation.was
    severities = isinstance(was, tuple) and adaptation.what is not Adapts.PARAMETER
    return {
        "by": adaptation.pack,
        "what": adaptation.what.value,
        "name": adaptation.name,
        "was": [each.value for each in was] if severities else _dated_data(was),
        "now": _dated_data(adaptation.now),
        "reason": adaptation.reason,
        "approved": adaptation.approved,
        "counts": adaptation in counting(rulebook),
        "phrase": adaptation_phrase(adaptation, rulebook),
    }


def _dated_data(value: Any) -> Any:  # noqa: ANN401 - any value of a parameter
    """Return a value as plain data; of dated ones each with its first day."""
    if not isinstance(value, tuple):
        return plain(value)
    return [{"from": begins.isoformat(), "value": plain(each)} for begins, each in value]


# ── Whole documents ───────────────────────────────────────────────────────────────────────────


def problem_data(problem: Diagnostic) -> dict[str, Any]:
    """Return what is wrong with a source as plain data."""
    return {
        "code": problem.code.id,
        "name": problem.code.title,
        "warning": problem.code.is_warning,
        **_as_they_are(problem, "message", "help", "path"),
        "allowed": [*problem.allowed],
        "place": str(problem.span),
    }


def problems_data(problems: Iterable[Diagnostic], notes: Iterable[str]) -> dict[str, Any]:
    """Return what is wrong with files, and what of them is not read, as plain data."""
    return {"problems": [problem_data(problem) for problem in problems], "notes": [*notes]}


def head_data(rulebook: Rulebook, as_of: dt.date | Unknown) -> dict[str, Any]:
    """Return the head of every document."""
    return {
        "govrules": FORMAT,
        "rulebook": {"id": rulebook.id, "version": rulebook.version},
        "packs": packs_data(rulebook),
        "as_of": _date(as_of),
    }


def what_if_data(found: WhatIf) -> dict[str, Any]:
    """Return what would be found if some facts were otherwise as plain data."""
    return {
        **head_data(found.before.rulebook, found.before.as_of),
        "id": found.before.id,
        "name": found.before.name,
        "what_if": {path: plain(value) for path, value in found.facts.items()},
        "derived": {
            label: {"before": before, "after": after}
            for label, before, after in derived_changed(found)
        },
        "opened": [finding_data(each) for each in found.opened],
        "closed": [finding_data(each) for each in found.closed],
        "changed": [
            {"before": finding_data(one), "after": finding_data(other)}
            for one, other in found.changed
        ],
    }


def derived_changed(found: WhatIf) -> Iterator[tuple[str, str, str]]:
    """Yield the shown derived facts that a what-if changes."""
    for name, before in found.before.derived.items():
        after = found.after.derived.get(name)
        if after is not None and after.values != before.values:
            yield before.label, _may_be(before.values), _may_be(after.values)


def _may_be(values: tuple[Any, ...]) -> str:
    return joined((_word(value) for value in values), "or")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def report_data(
    subjects: Iterable[Mapping[str, Any]],
    rulebook: Rulebook,
    as_of: dt.date | Unknown,
    problems: Iterable[Diagnostic] = (),
    notes: Iterable[str] = (),
    *,
    changed: ChangesSince | None = None,
    receipt: Receipt | None = None,
) -> dict[str, Any]:
    """
    Return a whole run as plain data; with what changed and a receipt, where there are any.

    Args:
        subjects: what `assessment_data` makes of each assessment.

        rulebook: the rules.

        as_of: the date of the assessments.

        problems: what was said of the files.

        notes: what else was said of them.

        changed: what changed since an assessment that was saved.

        receipt: how the report was made.
    """
    return {
        **head_data(rulebook, as_of),
        "subjects": [*subjects],
        **problems_data(problems, notes),
        **({} if changed is None else {"changes": changed.data}),
        **({} if receipt is None else {"receipt": receipt.data}),
    }


def plans_data(
    plans: Iterable[tuple[Assessment, Plan]],
    rulebook: Rulebook,
    said: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the plans of a run as plain data, with what was said of its files."""
    made = [(each, plan) for each, plan in plans]
    dates = {each.as_of for each, _ in made}
    return {
        **head_data(rulebook, dates.pop() if len(dates) == 1 else UNKNOWN),
        "plans": [{"id": each.id, "name": each.name, **plan_data(plan)} for each, plan in made],
        **said,
    }
