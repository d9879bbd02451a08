"""A register as one HTML page for a committee, with each partnership below or in files beside."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from govrules.assessment import Assessment, ended
from govrules.catalogue import citation_phrase
from govrules.explain.phrases import counted, sentence, short_amount
from govrules.findings import Finding
from govrules.model import Organisation, Partnership, Register
from govrules.portfolio import RegisterAssessment, subject_name
from govrules.render.action_progress import law_of
from govrules.render.advice import good_state, settled_when
from govrules.render.html import (
    GRADES,
    NAME,
    RenderedFiles,
    View,
    finding_view,
    made_from,
    status_of,
)
from govrules.render.lines import cut
from govrules.render.overview import (
    Overview,
    ToPutRight,
    officer_of,
    spend_of,
    together,
    worst,
)
from govrules.render.report import (
    NOWHERE,
    Provenance,
    asked,
    by_theme,
    date_phrase,
    graded,
    number_word,
    reasons_of,
    rulebook_name,
    whose,
)
from govrules.render.standing import tier_of
from govrules.render.templating import macro, template
from govrules.rulebook.ast import SEVERITIES, Rule, Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN

#: A page of a register is no larger; above that its partnerships stand in files beside it.
MOST_BYTES: Final = 4_000_000
#: How large each file beside it is, at most, unless one partnership alone is larger.
_BESIDE_BYTES: Final = 1_000_000
_ASK_FIRST: Final = 5
_GOOD: Final = 5
_NAMED: Final = 10
_FREQUENT: Final = 10
_OFFICERS: Final = 15
_PAIRS: Final = 20
_HEAT: Final = 500
#: Of more findings it is not worked out for each what would settle it.
_SETTLED: Final = 1000
_NEVER: Final = re.compile(r"[^A-Za-z0-9_-]+")


def register_page(
    whole: RegisterAssessment,
    origin: Provenance = NOWHERE,
    *,
    beside: str = "",
) -> RenderedFiles:
    """
    Return a register's page, with extra files if it would be too large.

    Args:
        whole: the assessment of the register.

        origin: from what the page is made.

        beside: how the names of files beside the page begin; "" to put everything into the page.
    """
    return _RegisterFiles(Overview(whole), origin).made(beside)


class _RegisterFiles:
    """The files of a register's page."""

    def __init__(self, view: Overview, origin: Provenance) -> None:
        self.view = view
        self.origin = origin
        self.register = view.whole.register
        self.rulebook: Rulebook = self.register.rulebook
        self.anchors = _anchors(view.ranked)
        self.tiers = {id(entry): tier_of(entry) for entry in view.entries}
        self.checks: dict[str, Rule] = {}

    def made(self, beside: str) -> RenderedFiles:
        articles = [(each, self._article(each)) for each in self.view.ranked]
        size = sum(len(text.encode()) for _, text in articles)
        self.files: dict[str, str] = {}
        parts: list[list[tuple[Assessment, str]]] = []
        # About so much a page takes without what is said of each partnership.
        head = 120_000 + 2_600 * len(self.view.entries)
        if beside and size > MOST_BYTES - head:
            parts = [*_in_parts(articles)]
            self.files = {
                self.anchors[id(each)]: _file_name(beside, number)
                for number, part in enumerate(parts, 1)
                for each, _ in part
            }
        page = self._page()
        shown = "" if parts else Markup("").join(Markup(text) for _, text in articles)  # noqa: S704 - made by templates
        made = template("register.html").render(
            page=page,
            changed=self.origin.changed,
            articles=shown,
            beside=[
                {"link": _file_name(beside, number), "told": _range(part)}
                for number, part in enumerate(parts, 1)
            ],
            checks=self._checks(),
            law=law_of(self.view.whole.all(), named=True),
        )
        others = {
            _file_name(beside, number): self._other(part, number, len(parts), f"{beside}.html")
            for number, part in enumerate(parts, 1)
        }
        return RenderedFiles(made, others)

    def _page(self) -> View:
        view = self.view
        name = self._name()
        first = view.flagged[:_NAMED]
        rows = [self._row(each) for each in view.ranked]
        officers = view.officers
        return {
            "title": f"{name}: report to the committee",
            "name": name,
            "kind": "Register of partnerships: report to the committee",
            "about": [*self._about()],
            "headline": " ".join(view.headline()),
            "common": view.common,
            "figures": [*self._figures()],
            "columns": (
                ("To put right", "All"),
                *GRADES,
                ("Not known", "?"),
                ("Met", "Met"),
            ),
            "totals": [*view.totals()],
            "first": [self._first(each) for each in first],
            "first_title": _first_title(len(first)),
            "first_note": self._first_note(),
            "themes": view.themes,
            "heat": [self._heat(each) for each in view.ranked[:_HEAT]],
            "heat_note": self._heat_note(),
            "money": self._money(),
            "org": [self._org(each) for each in view.to_put_right],
            "pairs": self._pairs(),
            "pairs_told": self._pairs_told(),
            "frequent": [
                {"check": self._check(rule), "title": rule.title, "times": times}
                for rule, times in view.frequent.most_common(_FREQUENT)
            ],
            "officers": officers[:_OFFICERS],
            "officers_more": f"and {counted(len(officers) - _OFFICERS, 'more officer')}."
            if len(officers) > _OFFICERS
            else "",
            "rows": rows,
            **made_from(self.register, counted(len(view.entries), "partnership"), self.origin),
        }

    def _name(self) -> str:
        subject = self.register.subject
        if isinstance(subject, Register) and isinstance(subject.organisation, Organisation):
            called = subject.organisation.name
            if not self.register.name and isinstance(called, str):
                return called
        return self.register.name or "Partnerships"

    def _about(self) -> Iterator[tuple[str, str]]:
        date = date_phrase(self.register.as_of)
        if date:
            yield "Assessed as at", date
        yield "Rules", rulebook_name(self.rulebook)
        subject = self.register.subject
        if isinstance(subject, Register) and isinstance(subject.organisation, Organisation):
            called = subject.organisation.name
            if isinstance(called, str) and called != self._name():
                yield "Organisation", called
        yield "On the register", counted(len(self.view.entries), "partnership")

    def _figures(self) -> Iterator[tuple[str, str]]:
        view = self.view
        flagged = view.findings
        of = counted(len(view.flagged), "partnership")
        yield f"{'finding' if flagged == 1 else 'findings'} in {of}", f"{flagged:,}"
        if view.worst:
            level = worst(view.worst[0])
            grave = sum(each.severities[level] for each in view.worst)
            where = counted(len(view.worst), "partnership")
            yield f"{level.value}, in {where}", f"{grave:,}"
            spent = together(view.worst)
            if spent:
                least = "at least, " if spent.startswith("at least ") else ""
                yield f"a year, {least}in those {where}", spent.removeprefix("at least ")
        if self.register.checks:
            number = len(view.to_put_right)
            yield "for the organisation itself to put right", f"{number:,}"
        unknown, apply = view.checks
        yield f"of {apply:,} checks not known yet", f"{unknown:,}"

    def _link(self, assessment: Assessment) -> str:
        anchor = self.anchors[id(assessment)]
        return f"{self.files.get(anchor, '')}#{anchor}"

    def _short_name(self, assessment: Assessment) -> str:
        return cut(subject_name(assessment), NAME)

    def _tier(self, assessment: Assessment) -> tuple[str, int]:
        tier = self.tiers[id(assessment)]
        if tier is None:
            return "", 0
        if len(tier.values) == 1:
            return tier.values[0].capitalize(), _rank(tier.values[0])
        if tier.values[0] == tier.lowest:
            return "Not known", -1
        return f"At least {tier.values[0]}", _rank(tier.values[0])

    def _row(self, each: Assessment) -> View:
        """Return a partnership as a row of a table."""
        spend = spend_of(each)
        tier, rank = self._tier(each)
        counts = each.counts
        return {
            "link": self._link(each),
            "name": self._short_name(each),
            "level": worst(each).value if counts[Verdict.FLAGGED] else "none",
            "tier": tier,
            "tier_rank": rank,
            "spend": "Not known" if spend is None else short_amount(spend),
            "spend_value": "-1" if spend is None else str(spend),
            "officer": cut(officer_of(each), NAME),
            "status": status_of(each.subject),
            "numbers": (
                *((s.value.capitalize(), each.severities[s]) for s in reversed(SEVERITIES)),
                ("Not known", counts[Verdict.UNKNOWN]),
                ("Met", counts[Verdict.CLEAR]),
            ),
        }

    def _first(self, each: Assessment) -> View:
        grave = each.flagged[0]
        return {
            **self._row(each),
            "gravest": grave.rule.title,
            "do": sentence(grave.remedy) if grave.remedy else "",
            "found": ", ".join(graded(each.severities)),
        }

    def _first_note(self) -> str:
        notes = "; ".join(self.view.notes(_NAMED))
        return sentence(notes) if notes else ""

    def _heat(self, each: Assessment) -> View:
        rows = {row.theme.id: row for row in by_theme(each)}
        cells = [rows.get(theme.id) for theme in self.view.themes]
        return {"link": self._link(each), "name": self._short_name(each), "cells": cells}

    def _heat_note(self) -> str:
        more = len(self.view.ranked) - _HEAT
        return f"{more:,} more stand in the table below." if more > 0 else ""

    def _money(self) -> View | None:
        its = self.view.worst
        if not its or not any(isinstance(each.subject, Partnership) for each in its):
            return None
        level = worst(its[0])
        spent = together(its)
        all_spent = [each for each in map(spend_of, self.view.entries) if each is not None]
        total = sum(all_spent, Decimal(0))
        known = sum((spend_of(each) or Decimal(0) for each in its), Decimal(0))
        unknown = [each for each in its if spend_of(each) is None]
        number = counted(len(its), "partnership")
        have = "has" if len(its) == 1 else "have"
        told = f"{number} {have} {level.value} findings"
        if spent:
            spends = "spends" if len(its) == 1 else "spend"
            told += f" and {spends} {spent} a year"
            if total:
                told += f", of {short_amount(total)} that all partnerships are known to spend"
                told += f" ({round(100 * known / total)} per cent)"
        told += "."
        if unknown:
            of = "one of them spends" if len(unknown) == 1 else f"{len(unknown)} of them spend"
            told += f" What {of} is not recorded."
        spending = [each for each in its if spend_of(each) is not None]
        spending.sort(key=lambda each: -(spend_of(each) or 0))
        rows = [{**self._row(each), "grave": each.severities[level]} for each in spending[:_NAMED]]
        return {"level": level.value, "told": told, "rows": rows}

    def _org(self, item: ToPutRight) -> View:
        finding = item.finding
        by_name = {entry.name: entry for entry in self.view.entries}
        names = [
            {
                "name": cut(name, NAME),
                "link": self._link(by_name[name]) if name in by_name else "",
            }
            for name in item.names
        ]
        return {
            "view": self._view(f"org-{finding.rule.id}", finding, self.register),
            "told": sentence(item.told) if item.told else "",
            "names": names,
            "count": counted(len(names), "partnership"),
        }

    def _pairs(self) -> list[View]:
        found = self._flagged_pairs[:_PAIRS]
        return [
            {
                **self._view(f"pair-{number}", finding, pair),
                "title": f"{cut(pair.name, 2 * NAME)}: {finding.rule.title}",
            }
            for number, (pair, finding) in enumerate(found, 1)
        ]

    @functools.cached_property
    def _flagged_pairs(self) -> list[tuple[Assessment, Finding]]:
        found = [(pair, finding) for pair in self.view.pairs for finding in pair.flagged]
        return sorted(found, key=lambda each: -(each[1].severity or Severity.LOW).rank)

    def _pairs_told(self) -> str:
        number = len(self._flagged_pairs)
        more = f" The gravest {_PAIRS} are shown." if number > _PAIRS else ""
        things = counted(number, "finding")
        is_ = "is" if number == 1 else "are"
        return f"{things} {is_} about two partnerships that share a partner or a purpose.{more}"

    def _check(self, rule: Rule) -> str:
        """Return a link to a rule's shared details."""
        self.checks[rule.id] = rule
        return f"#check-{rule.id}"

    def _checks(self) -> list[View]:
        order = [rule for rule in self.rulebook.rules if rule.id in self.checks]
        return [_check_view(each, self.rulebook) for each in order]

    def _view(self, anchor: str, finding: Finding, assessment: Assessment) -> View:
        return finding_view(
            finding,
            assessment,
            self.origin,
            reasons_of(finding),
            anchor=anchor,
            settled=self._settled(finding, assessment),
            check=self._check(finding.rule),
        )

    def _settled(self, finding: Finding, assessment: Assessment) -> str:
        """Return when a finding is settled; a long good state stands once."""
        if self.view.findings > _SETTLED or not isinstance(assessment.subject, Partnership):
            return ""
        return sentence(settled_when(finding, assessment.subject))

    def _article(self, each: Assessment) -> str:
        anchor = self.anchors[id(each)]
        subject = each.subject
        objective = getattr(subject, "objective", UNKNOWN)
        tier = self.tiers[id(each)]
        officer = officer_of(each)
        counts = each.counts
        good = [rule for rule, verdict, _ in ended(each) if verdict is Verdict.CLEAR]
        status = status_of(subject)
        view = {
            "anchor": anchor,
            "name": subject_name(each),
            "id": each.id if each.id != each.name else "",
            "objective": sentence(objective) if isinstance(objective, str) and objective else "",
            "status": f"{status}." if status != "Not known" else "Status not known.",
            "officer": f"Lead officer: {officer}.",
            "tier": "" if tier is None else tier.sentence,
            "findings": [
                self._view(f"{anchor}-{finding.rule.id}", finding, each) for finding in each.flagged
            ],
            "open": counts[Verdict.UNKNOWN],
            "ask": [*self._ask_first(each)] if counts[Verdict.UNKNOWN] else [],
            "met": counts[Verdict.CLEAR],
            "good": [sentence(good_state(one)) for one in good[:_GOOD]],
        }
        return str(macro("_parts.html", "entry")(view))

    def _ask_first(self, each: Assessment) -> Iterator[str]:
        """Yield the first questions among those that could show the gravest findings."""
        grave = max(level for level in SEVERITIES if each.could_be[level])
        unknown = [one for one in each.of(Verdict.UNKNOWN) if one.could_be is grave]
        for one in asked(each.questions_of(unknown))[:_ASK_FIRST]:
            yield one.short

    def _other(
        self, part: Sequence[tuple[Assessment, str]], number: int, of: int, back: str
    ) -> str:
        rules = {finding.rule.id: finding.rule for each, _ in part for finding in each.flagged}
        order = [rule for rule in self.rulebook.rules if rule.id in rules]
        page = {
            "title": f"{self._name()}: partnerships, part {number} of {of}",
            "kind": "Register of partnerships: report to the committee",
            "back": back,
            **made_from(self.register, counted(len(part), "partnership"), self.origin),
        }
        articles = Markup("").join(Markup(text) for _, text in part)  # noqa: S704 - made by templates
        checks = [_check_view(each, self.rulebook) for each in order]
        return template("entries.html").render(page=page, articles=articles, checks=checks)


def _first_title(number: int) -> str:
    if number == 1:
        return "The one to look at first"
    return f"{'Ten' if number == _NAMED else number_word(number)} to look at first"


def _rank(value: str) -> int:
    return ("low", "medium", "high").index(value) if value in ("low", "medium", "high") else 0


def _check_view(rule: Rule, rulebook: Rulebook) -> View:
    return {
        "anchor": f"check-{rule.id}",
        "title": rule.title,
        "principle": rule.principle,
        "settled": sentence(good_state(rule)),
        "source": citation_phrase(rule.source, rulebook),
        "rule": rule.id,
        "whose": whose(rule),
    }


def _anchors(several: Iterable[Assessment]) -> dict[int, str]:
    """Return a link target for each partnership, from its id."""
    taken: set[str] = set()
    found: dict[int, str] = {}
    for number, each in enumerate(several, 1):
        name = _NEVER.sub("-", cut(each.id, NAME)).strip("-") or str(number)
        anchor = f"p-{name}"
        while anchor in taken:
            anchor = f"{anchor}-{number}"
        taken.add(anchor)
        found[id(each)] = anchor
    return found


def _in_parts(
    articles: Iterable[tuple[Assessment, str]],
) -> Iterator[list[tuple[Assessment, str]]]:
    part: list[tuple[Assessment, str]] = []
    size = 0
    for each, text in articles:
        length = len(text.encode())
        if part and size + length > _BESIDE_BYTES:
            yield part
            part, size = [], 0
        part.append((each, text))
        size += length
    if part:
        yield part


def _range(part: Sequence[tuple[Assessment, str]]) -> str:
    first, last = part[0][0], part[-1][0]
    names = [cut(each.name or each.id, NAME) for each in (first, last)]
    number = counted(len(part), "partnership")
    return f"{number}: {names[0]} to {names[1]}" if len(part) > 1 else names[0]


def _file_name(beside: str, number: int) -> str:
    return f"{beside}-{number}.html"
