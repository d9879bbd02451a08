"""Assessments that were saved, and what changed since: opened, closed, still open for how long."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import attrs
from dateutil.relativedelta import relativedelta

from govrules.assessment import Assessment, ended
from govrules.errors import GovrulesError
from govrules.explain.phrases import counted, day, joined
from govrules.files import replacing
from govrules.portfolio import subject_name
from govrules.rulebook.ast import Severity, Verdict
from govrules.truth import Unknown

FORMAT: Final = 1
_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 60
_DAYS_OF_A_MONTH: Final = 45
_LITTLE: Final = 14


@attrs.frozen
class SavedFinding:
    """
    A flagged finding as saved.

    Attributes:
        name: what its subject is called.
        title: what its rule is called.
        severity: how grave it is.
        since: the date of the assessment since which it is flagged.
    """

    name: str
    title: str
    severity: Severity
    since: str


@attrs.frozen
class Saved:
    """
    The flagged findings of a saved assessment.

    Attributes:
        as_of: the date of the assessment, as 2026-03-31.
        flagged: by the subject's id and the rule's.
    """

    as_of: str
    flagged: Mapping[tuple[str, str], SavedFinding] = attrs.field(hash=False)

    @property
    def data(self) -> dict[str, Any]:
        """It as plain data."""
        subjects: dict[str, Any] = {}
        for (subject, rule), each in self.flagged.items():
            its = subjects.setdefault(subject, {"name": each.name, "flagged": {}})
            its["flagged"][rule] = attrs.asdict(each, filter=attrs.filters.exclude("name"))
        return {"govrules_saved": FORMAT, "as_of": self.as_of, "subjects": subjects}


@attrs.frozen
class FindingDifference:
    """
    A finding that opened, closed or stayed open.

    Attributes:
        subject: the id of the subject.
        name: what the subject is called.
        rule: the id of the rule.
        title: what the rule is called.
        severity: how grave it is; of one that was closed, how grave it was.
        was: how grave it was before; None where it was not flagged.
        since: the date of the assessment since which it is flagged.
        how: of one that was closed, how it is now.
    """

    subject: str
    name: str
    rule: str
    title: str
    severity: Severity
    was: Severity | None
    since: str
    how: str = ""


@attrs.frozen(eq=False, slots=False)
class ChangesSince:
    """
    The changes since a saved assessment.

    Attributes:
        before: the date of that assessment.
        now: the date of this one.
        opened: what is flagged now and was not.
        closed: what was flagged and no longer is.
        still: what was flagged and still is, what is open longest first.
    """

    before: str
    now: str
    opened: tuple[FindingDifference, ...]
    closed: tuple[FindingDifference, ...]
    still: tuple[FindingDifference, ...]

    @property
    def since(self) -> str:
        """The date of the assessment that was saved, in words."""
        return day(dt.date.fromisoformat(self.before))

    @property
    def sentence(self) -> str:
        """How many were opened and closed, and are still open."""
        longest = self.still[0] if self.still else None
        told = [
            f"{counted(len(self.opened), 'finding')} opened",
            f"{len(self.closed):,} closed",
            f"{len(self.still):,} still open",
        ]
        ended_ = ""
        if longest is not None:
            ended_ = f"; the longest since {day(dt.date.fromisoformat(longest.since))}"
        return f"{joined(told)}{ended_}."

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """The changes by group, as lines."""
        found = {"Opened": self.opened, "Closed": self.closed, "Still open": self.still}
        one = len({each.subject for its in found.values() for each in its}) == 1
        return [
            (title, [_line(each, self.now, one=one) for each in its])
            for title, its in found.items()
            if its
        ]

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], str]:
        found = {(each.subject, each.rule): "new" for each in self.opened}
        for each in self.still:
            found[each.subject, each.rule] = f"open for {how_long(each.since, self.now)}"
        return found | {(each.subject, each.rule): "closed" for each in self.closed}

    def since_of(self, subject: str, rule: str) -> str:
        """Return whether a finding is new, since when it is open, or closed; else ""."""
        return self._by_key.get((subject, rule), "")

    @property
    def data(self) -> dict[str, Any]:
        """What changed as plain data."""
        return {
            "since": self.before,
            "opened": [*map(_difference_data, self.opened)],
            "closed": [*map(_difference_data, self.closed)],
            "still_open": [*map(_difference_data, self.still)],
        }


@attrs.frozen
class Line:
    """A change as a line: severity and text."""

    severity: Severity
    text: str


def _line(each: FindingDifference, now: str, *, one: bool) -> Line:
    name = "" if one else f"{each.name}: "
    if each.how:
        return Line(each.severity, f"{name}{each.title} ({each.how})")
    if each.was is None:
        return Line(each.severity, f"{name}{each.title}")
    graver = "" if each.was is each.severity else f", and was {each.was.value}"
    text = f"{name}{each.title} (open for {how_long(each.since, now)}{graver})"
    return Line(each.severity, text)


def _difference_data(each: FindingDifference) -> dict[str, Any]:
    return {**attrs.asdict(each), "how": each.how or None}


def how_long(since: str, now: str) -> str:
    """
    Return the time between two dates in words.

    >>> how_long("2026-01-31", "2026-05-31"), how_long("2024-01-01", "2026-02-01")
    ('4 months', '2 years')
    >>> how_long("2026-01-31", "2026-01-31")
    'less than a day'
    """
    first, last = dt.date.fromisoformat(since), dt.date.fromisoformat(now)
    days = (last - first).days
    if days < 1:
        return "less than a day"
    if days < _LITTLE:
        return counted(days, "day")
    if days < _DAYS_OF_A_MONTH:
        return counted(round(days / 7), "week")
    apart = relativedelta(last, first)
    if apart.years:
        months = f" and {counted(apart.months, 'month')}" if apart.months > 1 else ""
        return f"{counted(apart.years, 'year')}{months}"
    return counted(apart.months, "month")


def save(
    folder: Path, called: str, assessments: Iterable[Assessment], as_of: dt.date | Unknown
) -> ChangesSince | None:
    """
    Save what is flagged into a folder, and return what changed since the last time.

    What is flagged just as it was, on the same day, is not saved again: asked twice, the same
    report says the same.

    Args:
        folder: the folder.

        called: what is assessed, by which it is found again.

        assessments: its assessments.

        as_of: the date of the assessment; the day of today where it is unknown.

    Raises:
        GovrulesError: a file in the folder that should be a saved assessment is none.

        OSError: the folder cannot be read or written.
    """
    today = dt.date.today()  # noqa: DTZ011 - a date without a time has no zone
    now = (as_of if isinstance(as_of, dt.date) else today).isoformat()
    stem = _stem(called)
    several = [*assessments]
    earlier = [each for each in _saved(folder, stem) if each.as_of <= now]
    same = bool(earlier) and _alike(earlier[-1], _made(several, now, None))
    if same:
        earlier.pop()
    before = earlier[-1] if earlier else None
    made = _made(several, now, before)
    if not same:
        number = sum(each.as_of == now for each in earlier)
        path = folder / f"{stem}.{now}{f'.{number + 1}' if number else ''}.json"
        text = json.dumps(made.data, indent=1, ensure_ascii=False) + "\n"
        with replacing(path) as new:
            new.write_text(text, encoding="utf-8")
    return None if before is None else _changed(before, several, made)


def changed_between(
    before: Iterable[Assessment], after: Iterable[Assessment], as_of: dt.date
) -> ChangesSince:
    """Return what changed from assessments to others of the same day."""
    was = _made(before, as_of.isoformat(), None)
    several = [*after]
    return _changed(was, several, _made(several, was.as_of, was))


def _alike(one: Saved, other: Saved) -> bool:
    def severities(of: Saved) -> dict[tuple[str, str], Severity]:
        return {key: each.severity for key, each in of.flagged.items()}

    return one.as_of == other.as_of and severities(one) == severities(other)


def _stem(called: str) -> str:
    plain = unicodedata.normalize("NFKD", called).casefold()
    return _NAME.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "assessment"


def _saved(folder: Path, stem: str) -> list[Saved]:
    """Return the assessments saved under a name, in order."""
    pattern = re.compile(rf"{re.escape(stem)}\.(\d{{4}}-\d\d-\d\d)(?:\.(\d+))?\.json")
    found = []
    for path in folder.iterdir():
        matched = pattern.fullmatch(path.name)
        if matched:
            found.append((matched[1], int(matched[2] or 1), path))
    return [_read(path) for _, _, path in sorted(found)]


def _read(path: Path) -> Saved:
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = (
            f"`{path}` is no assessment that govrules saved, or was changed since\n"
            "  help: remove it, or save into another folder"
        )
        raise GovrulesError(msg) from error


def _parsed(data: Mapping[str, Any]) -> Saved:
    if data["govrules_saved"] != FORMAT:
        raise ValueError(data["govrules_saved"])
    dt.date.fromisoformat(data["as_of"])
    flagged: dict[tuple[str, str], SavedFinding] = {}
    for subject, its in data["subjects"].items():
        for rule, each in its["flagged"].items():
            dt.date.fromisoformat(each["since"])
            severity = Severity(each["severity"])
            name, title = str(its["name"]), str(each["title"])
            flagged[subject, rule] = SavedFinding(name, title, severity, each["since"])
    return Saved(data["as_of"], flagged)


def _made(assessments: Iterable[Assessment], now: str, before: Saved | None) -> Saved:
    flagged: dict[tuple[str, str], SavedFinding] = {}
    for assessment in assessments:
        for rule, _, severity in ended(assessment):
            if severity is not None:
                was = before.flagged.get((assessment.id, rule.id)) if before else None
                since = was.since if was else now
                found = SavedFinding(subject_name(assessment), rule.title, severity, since)
                flagged[assessment.id, rule.id] = found
    return Saved(now, flagged)


def _changed(before: Saved, assessments: Iterable[Assessment], now: Saved) -> ChangesSince:
    several = {assessment.id: assessment for assessment in assessments}
    found: dict[str, list[FindingDifference]] = {"opened": [], "closed": [], "still": []}
    for (subject, rule), each in now.flagged.items():
        was = before.flagged.get((subject, rule))
        severity = was.severity if was else None
        one = FindingDifference(subject, rule=rule, was=severity, **attrs.asdict(each))
        found["still" if was else "opened"].append(one)
    for (subject, rule), was in before.flagged.items():
        if (subject, rule) not in now.flagged:
            how = _how(several.get(subject), rule)
            one = FindingDifference(
                subject, rule=rule, was=was.severity, how=how, **attrs.asdict(was)
            )
            found["closed"].append(one)
    for its in found.values():
        its.sort(key=lambda each: -each.severity.rank)
    found["still"].sort(key=lambda each: each.since)
    return ChangesSince(before.as_of, now.as_of, *map(tuple, found.values()))


def _how(assessment: Assessment | None, rule_id: str) -> str:
    """Return the present state of a finding flagged before."""
    if assessment is None:
        return "no longer on the register"
    for rule, verdict, _ in ended(assessment):
        if rule.id == rule_id:
            return {
                Verdict.CLEAR: "now met",
                Verdict.UNKNOWN: "not known any more",
                Verdict.NOT_APPLICABLE: "does not apply any more",
                Verdict.FLAGGED: "flagged",
            }[verdict]
    return "no longer checked"
