"""Findings as other tools take them: SARIF 2.1.0, JUnit, annotations of GitHub, and CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import PurePath, PurePosixPath
from typing import Any, Final
from xml.etree import ElementTree as ET

from govrules.assessment import Assessment
from govrules.catalogue import citation_phrase
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import Change, Finding
from govrules.portfolio import subject_name
from govrules.ranking import RankedQuestion
from govrules.receipt import Receipt
from govrules.render.action_progress import decided
from govrules.render.advice import good_state, told_apart
from govrules.render.plain import verdict_word
from govrules.render.report import asked, by_whom, whose
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.saved import ChangesSince, FindingDifference
from govrules.visible import harmless, visible

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


# ── SARIF ─────────────────────────────────────────────────────────────────────────────────────


def sarif(
    assessments: Sequence[Assessment],
    rulebook: Rulebook,
    *,
    changed: Sequence[ChangesSince] = (),
    receipt: Receipt | None = None,
) -> str:
    """
    Return findings as SARIF 2.1.0.

    What is flagged fails, what is not known is open; what is met or does not apply is left out. A
    fingerprint is the same as long as the subject keeps its id and the rule its own.
    """
    rules = [*rulebook.rules]
    places = {rule.id: index for index, rule in enumerate(rules)}
    version = receipt.version if receipt is not None else ""
    driver: dict[str, Any] = {
        "name": "govrules",
        **({"semanticVersion": version} if version else {}),
        "rules": [_descriptor(each, rulebook) for each in rules],
    }
    results = [
        _result(finding, assessment, places[finding.rule.id], changed)
        for assessment in assessments
        for finding in (*assessment.flagged, *assessment.of(Verdict.UNKNOWN))
    ]
    results += [_absent(each, places.get(each.rule)) for one in changed for each in one.closed]
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    properties: dict[str, Any] = {}
    if receipt is not None:
        properties["receipt"] = receipt.data
    if changed:
        properties["changes"] = [each.data for each in changed]
    if properties:
        run["properties"] = properties
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(_visible(log), indent=1, ensure_ascii=False) + "\n"


def _visible(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return visible(value)
        case dict():
            return {key: _visible(each) for key, each in value.items()}
        case list():
            return [_visible(each) for each in value]
        case _:
            return value


def _descriptor(rule: Rule, rulebook: Rulebook) -> dict[str, Any]:
    source = citation_phrase(rule.source, rulebook)
    claims = whose(rule)
    help_ = f"{rule.principle}\n\nSource: {source}." + (
        f"\nWhose point: {claims}" if claims else ""
    )
    return {
        "id": rule.id,
        "shortDescription": {"text": sentence(rule.title)},
        "fullDescription": {"text": sentence(rule.principle)},
        "help": {"text": help_},
        "defaultConfiguration": {"level": _LEVELS[rule.otherwise]},
        "properties": {"theme": rule.theme, "subject": rule.subject, "tags": [*rule.tags]},
    }


def _result(
    finding: Finding, assessment: Assessment, place: int, changed: Sequence[ChangesSince]
) -> dict[str, Any]:
    flagged = finding.verdict is Verdict.FLAGGED
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": place,
        "kind": "fail" if flagged else "open",
        "level": _LEVELS[finding.severity] if finding.severity else "none",
        "message": {"text": _message(finding, assessment)},
        "locations": [_location(finding, assessment)],
        "partialFingerprints": {"govrules/v1": _fingerprint(assessment.id, finding.rule.id)},
        "properties": {
            "severity": finding.severity.value if finding.severity else None,
            "couldBe": finding.could_be.value if finding.could_be else None,
        },
    }
    if finding.waived is not None:
        told_why = f"{finding.waived.reason} ({finding.waived.approved})"
        until = f"until {finding.waived.until.isoformat()}"
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": f"{told_why}, {until}"}
        ]
    if flagged and changed:
        told = _since(finding, assessment, changed)
        result["baselineState"] = "new" if told == "new" else "unchanged"
        if told:
            result["properties"]["since"] = told
    return result


def _since(finding: Finding, assessment: Assessment, changed: Iterable[ChangesSince]) -> str:
    """Return whether a finding is new or since when it is open; "" without saved results."""
    several = (each.since_of(assessment.id, finding.rule.id) for each in changed)
    return next(filter(None, several), "")


def _absent(closed: FindingDifference, place: int | None) -> dict[str, Any]:
    return {
        "ruleId": closed.rule,
        **({} if place is None else {"ruleIndex": place}),
        "kind": "pass",
        "level": "none",
        "baselineState": "absent",
        "message": {"text": f"{closed.name}: {closed.title}: {closed.how}."},
        "partialFingerprints": {"govrules/v1": _fingerprint(closed.subject, closed.rule)},
    }


def _message(finding: Finding, assessment: Assessment) -> str:
    name = assessment.name or assessment.id
    begin = f"{name}: " if name else ""
    if finding.verdict is Verdict.UNKNOWN:
        asked = " ".join(question.question for question in finding.questions)
        return (
            f"{begin}It is not known whether {_lowered(good_state(finding.rule))}. {asked}".strip()
        )
    because = joined(dict.fromkeys(reason.phrase for reason in finding.because))
    told = f"{begin}{sentence(finding.rule.title)} Because: {sentence(because)}"
    if finding.remedy:
        owner = by_whom(finding, assessment)
        told += f" To put it right: {sentence(finding.remedy)}" + (f" ({owner})" if owner else "")
    return told


def _lowered(text: str) -> str:
    plain = text.removesuffix(".")
    return plain if plain[1:2].isupper() else plain[:1].lower() + plain[1:]


def _fingerprint(subject: str, rule: str) -> str:
    return hashlib.sha256(f"{subject}\n{rule}".encode("utf-8", "surrogatepass")).hexdigest()


def _location(finding: Finding, assessment: Assessment) -> dict[str, Any]:
    name = subject_name(assessment)
    logical = {"name": name, "fullyQualifiedName": assessment.id or name, "kind": "resource"}
    location: dict[str, Any] = {"logicalLocations": [logical]}
    file, line = _place(finding.subject_location)
    if file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _address(file)}}
        if line:
            physical["region"] = {"startLine": line}
        location["physicalLocation"] = physical
    return location


def _place(told: str) -> tuple[str, int]:
    """Return the file and line of a place; no line if it has none."""
    first = told.split(" and ", maxsplit=1)[0]
    file, _, line = first.rpartition(":")
    if file and line.isdecimal() and int(line):
        return file, int(line)
    return first.partition(": ")[0], 0


def _address(file: str) -> str:
    path = PurePath(file)
    if path.is_absolute():
        return path.as_uri()
    return PurePosixPath("/", path.as_posix()).as_uri().removeprefix("file:///")


# ── JUnit ─────────────────────────────────────────────────────────────────────────────────────


def junit(
    assessments: Sequence[Assessment],
    *,
    fail_on: Severity = Severity.LOW,
    changed: Sequence[ChangesSince] = (),
    receipt: Receipt | None = None,
) -> str:
    """
    Return findings as JUnit: a suite for each subject, a case for each check.

    What is flagged at a level or above fails; what is not known or does not apply is skipped.
    """
    root = ET.Element("testsuites", name="govrules")
    totals = dict.fromkeys(("tests", "failures", "skipped"), 0)
    for assessment in assessments:
        suite = _suite(assessment, fail_on, changed)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        if receipt is not None:
            properties = ET.Element("properties")
            ET.SubElement(properties, "property", name="govrules.receipt", value=receipt.text)
            suite.insert(0, properties)
            receipt = None
        root.append(suite)
    for name, number in totals.items():
        root.set(name, str(number))
    root.set("errors", "0")
    ET.indent(root)
    told = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{told}\n'


def _suite(
    assessment: Assessment, fail_on: Severity, changed: Sequence[ChangesSince]
) -> ET.Element:
    name = visible(subject_name(assessment))
    suite = ET.Element("testsuite", name=name)
    numbers = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for finding in assessment.findings:
        numbers["tests"] += 1
        title = visible(finding.rule.title)
        case = ET.SubElement(suite, "testcase", classname=name, name=f"{finding.rule.id}: {title}")
        if finding.severity is not None:
            since = _since(finding, assessment, changed)
            told = visible(_message(finding, assessment))
            level = f"{finding.severity.value}{f', {since}' if since else ''}"
            if finding.severity >= fail_on and finding.waived is None:
                numbers["failures"] += 1
                kind = finding.severity.value
                ET.SubElement(case, "failure", type=kind, message=f"{level}: {title}").text = told
            else:
                ET.SubElement(case, "system-out").text = f"{level}: {told}"
        elif finding.verdict is Verdict.UNKNOWN:
            numbers["skipped"] += 1
            asked = counted(len(finding.questions), "question")
            ET.SubElement(case, "skipped", message=f"not known: {asked} would settle it")
        elif finding.verdict is Verdict.NOT_APPLICABLE:
            numbers["skipped"] += 1
            ET.SubElement(case, "skipped", message="does not apply")
    for key_, number in numbers.items():
        suite.set(key_, str(number))
    return suite


# ── GitHub ────────────────────────────────────────────────────────────────────────────────────


def github(
    assessments: Iterable[Assessment],
    *,
    changed: Sequence[ChangesSince] = (),
    receipt: Receipt | None = None,
) -> Iterator[str]:
    """Yield findings as GitHub workflow commands."""
    unknown = 0
    for assessment in assessments:
        unknown += assessment.counts[Verdict.UNKNOWN]
        for finding in (each for each in assessment.flagged if each.waived is None):
            assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
            yield _annotation(finding, finding.severity, assessment, changed)
    if unknown:
        yield f"::notice title=Not known::{counted(unknown, 'check')} cannot be settled yet"
    for each in changed:
        yield f"::notice title=Since {each.since}::{_data(each.sentence)}"
    if receipt is not None:
        yield f"::debug::{_data(receipt.text)}"


def _annotation(
    finding: Finding, severity: Severity, assessment: Assessment, changed: Sequence[ChangesSince]
) -> str:
    file, line = _place(finding.subject_location)
    since = _since(finding, assessment, changed)
    level = f"{severity.value.capitalize()}{f', {since}' if since else ''}"
    properties = {"file": file, "line": str(line or ""), "title": f"{level}: {finding.rule.title}"}
    told = ",".join(f"{name}={_property(each)}" for name, each in properties.items() if each)
    return f"::{_COMMANDS[_LEVELS[severity]]} {told}::{_data(_message(finding, assessment))}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────


def _together(way: Iterable[Change]) -> str:
    return " and ".join(told_apart(way))


def _asked(finding: Finding) -> str:
    """Return the questions, one a line, merging those alike for several records."""
    alike = asked(
        RankedQuestion(question, (finding.rule.id,), Severity.LOW) for question in finding.questions
    )
    return "\n".join(each.text for each in alike)


def _waived(finding: Finding) -> str:
    """Return by what a finding is waived; "" where it is not."""
    waiver = finding.waived
    if waiver is None:
        return ""
    return f"until {waiver.until.isoformat()}: {waiver.reason} ({waiver.approved})"


#: What a row says of a finding, by the heads of its columns.
_CELLS: Final[Mapping[str, Callable[[Finding], str]]] = {
    "rule": attrgetter("rule.id"),
    "title": attrgetter("rule.title"),
    "theme": attrgetter("rule.theme"),
    "verdict": lambda finding: verdict_word(finding.verdict),
    "severity": lambda finding: finding.severity.value if finding.severity else "",
    "could be": lambda finding: finding.could_be.value if finding.could_be else "",
    "waived": _waived,
    "decided": lambda finding: "" if (reply := decided(finding)) is None else reply.text,
    "because": lambda finding: "\n".join(told_apart(finding.because)),
    "ask": _asked,
    "cleared where": lambda finding: "\n".join(map(_together, finding.clears)),
    "document": attrgetter("source.document"),
    "paragraph": lambda finding: str(finding.source.paragraph),
    "principle": attrgetter("principle"),
    "rule at": attrgetter("rule_location"),
    "subject at": lambda finding: finding.subject_location or "",
}
HEADS: Final = ("subject", "name", *_CELLS, "summary", "change")


def rows_of(assessment: Assessment, changed: ChangesSince | None = None) -> list[tuple[str, ...]]:
    """
    Return a row per finding; summaries come last, and say so.

    The last cell says whether a finding was opened or closed since an assessment that was saved,
    or for how long it is open.
    """
    rows = []
    for summary, several in (("", assessment.findings), ("yes", assessment.summaries)):
        for finding in several:
            key = assessment.id, finding.rule.id
            change = "" if changed is None else changed.since_of(*key)
            cells = (cell(finding) for cell in _CELLS.values())
            rows.append((assessment.id, assessment.name, *cells, summary, change))
    return rows


def as_csv(several: Iterable[Iterable[tuple[str, ...]]]) -> str:
    """
    Return findings as CSV, from `rows_of`.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, as people
    type one: what stands in a register is never carried out.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows([harmless(each) for each in row] for rows in several for row in rows)
    return text.getvalue()
