"""Two kept results, as `check --format json` prints them, compared finding by finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.errors import FactsError
from govrules.nodes import read_file
from govrules.vocabulary import AS_OF

_NOT_THERE: Final = "not checked"


@attrs.frozen
class ResultMove:
    """
    A finding that is another in a later run.

    Attributes:
        id: the subject's id.
        name: its name.
        rule: the rule's id.
        was: the verdict and severity before.
        now: the same after.
        why: what changed: the facts, the rules or the day.
        facts: the reasons after, or before where the finding is gone.
    """

    id: str
    name: str
    rule: str
    was: str
    now: str
    why: str
    facts: tuple[str, ...]


@attrs.frozen
class ResultsCompared:
    """
    What is different between two runs.

    Attributes:
        days: the dates of the two assessments.
        packs: which packs are not the same, each as a clause.
        moves: the findings that are not the same.
    """

    days: tuple[str, str]
    packs: tuple[str, ...]
    moves: tuple[ResultMove, ...]


def read_results(path: Path) -> dict[str, Any]:
    """
    Read kept results: a file of `check --format json`, or a folder that holds one.

    Raises:
        FactsError: it is no such file.
    """
    file = path / "findings.json" if path.is_dir() else path
    text, report = read_file(file, str(file))
    data: Any = None
    if report.ok:
        try:
            data = json.loads(text)
        except ValueError:
            data = None
    if (
        isinstance(data, dict)
        and data.get("govrules") == 1
        and isinstance(data.get("subjects"), list)
    ):
        return data
    wrong = Diagnostic(
        Code.UNREADABLE_FILE,
        "these are no results of `check --format json`",
        Span(str(file)),
        "keep them by `govrules check FILE --format json --output results.json`",
    )
    raise FactsError(str(file), "results", "something else", report.in_order() or (wrong,))


def is_results(path: Path) -> bool:
    """Tell whether a path is one of kept results and none of a pack."""
    if path.is_dir():
        return (path / "findings.json").is_file() and not (path / "rulebook.yaml").exists()
    return path.suffix.lower() == ".json"


def compare_results(old: Mapping[str, Any], new: Mapping[str, Any]) -> ResultsCompared:
    """Return what is different between two results that were read."""
    packs = tuple(_packs(old, new))
    days = (str(old.get("as_of") or "not known"), str(new.get("as_of") or "not known"))
    before, after = _findings(old), _findings(new)
    moves = []
    for key in dict.fromkeys((*after, *before)):
        was, now = before.get(key), after.get(key)
        said, says = _said(was), _said(now)
        if said == says:
            continue
        id_, name, rule = key
        why = _why(was, now, rules_changed=bool(packs), days=days)
        facts = _facts(now) or _facts(was)
        moves.append(ResultMove(id_, name, rule, said, says, why, facts))
    return ResultsCompared(days, packs, tuple(moves))


def _findings(data: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {
        (each.get("id", ""), each.get("name", ""), finding["rule"]): finding
        for each in data["subjects"]
        for finding in (*each.get("findings", ()), *each.get("summaries", ()))
    }


def _said(finding: Mapping[str, Any] | None) -> str:
    if finding is None:
        return _NOT_THERE
    severity = f", {finding['severity']}" if finding.get("severity") else ""
    could = f", could be {finding['could_be']}" if finding.get("could_be") else ""
    waived = ", waived" if finding.get("waived") else ""
    return f"{finding['verdict'].replace('_', ' ')}{severity}{could}{waived}"


def _facts(finding: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(each["phrase"] for each in (finding or {}).get("because", ()))


def _why(
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    *,
    rules_changed: bool,
    days: tuple[str, str],
) -> str:
    if was is None or now is None:
        return "the rule is new or gone" if rules_changed else "the subject is new or gone"
    if bool(was.get("waived")) != bool(now.get("waived")):
        return "a waiver"
    before, after = (
        {(each["fact"], str(each["value"])) for each in one["because"]} for one in (was, now)
    )
    asked = [{each["fact"] for each in one["questions"]} for one in (was, now)]
    others = {fact for fact, _ in before ^ after}
    if not others and (before or (rules_changed and asked[0] == asked[1])):
        return "the day" if days[0] != days[1] and not rules_changed else "the rules"
    if others == {AS_OF.name}:
        return "the rules, or the day" if rules_changed else "the day"
    return "the facts, or the rules" if rules_changed else "the facts"


def _packs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before = {each["id"]: each for each in old.get("packs", ())}
    after = {each["id"]: each for each in new.get("packs", ())}
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            yield f"{name} is {'new' if was is None else 'gone'}"
        elif was["content"] != now["content"]:
            same = was["version"] == now["version"]
            version = "its version did not" if same else f"{was['version']} to {now['version']}"
            yield f"{name} changed: {version}"
