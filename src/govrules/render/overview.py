"""What is to be said of a register as a whole: worked out once, and printed in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, named, short_amount
from govrules.findings import Finding
from govrules.model import Funding, Partnership, Status
from govrules.portfolio import RegisterAssessment, counted_together, flagged_together
from govrules.render.actions import when_due
from govrules.render.counting import counted_otherwise, that_count
from govrules.render.report import by_theme, gravest
from govrules.rulebook.ast import SEVERITIES, Rule, Severity, Theme, Verdict
from govrules.truth import UNKNOWN

#: A body in no more partnerships than this leaves few pairs out.
_FEW: Final = 50
_NOBODY: Final = "Nobody or not recorded"
_NAMELESS: Final = "(a partnership without a name)"


@attrs.frozen
class SeverityCounts:
    """How many findings several subjects have: flagged ones by severity, not known, and met."""

    title: str
    flagged: int
    severities: tuple[int, ...]
    unknown: int
    met: int


@attrs.frozen
class ToPutRight:
    """
    What the organisation itself must put right.

    Attributes:
        finding: the finding on its register.
        severity: how grave it is.
        told: what it counts, where that is a number; else "".
        names: the partnerships that it counts, all of them; none where it counts none.
        who: who puts it right.
        when: by when.
    """

    finding: Finding
    severity: Severity
    told: str
    names: tuple[str, ...]
    who: str
    when: str

    @property
    def owner(self) -> str:
        """The owner and due date."""
        return ", ".join(filter(None, (self.who, self.when)))


@attrs.frozen
class Officer:
    """A lead officer's partnerships with unknowns that could be critical."""

    name: str
    entries: int
    unknown: int
    critical: int


@attrs.frozen(eq=False, slots=False)
class Overview:
    """
    A register as a committee sees it.

    Attributes:
        whole: its assessment.
    """

    whole: RegisterAssessment

    @cached_property
    def entries(self) -> list[Assessment]:
        """The partnerships that rules are about."""
        return [entry for entry in self.whole.entries if entry.checks]

    @cached_property
    def pairs(self) -> list[Assessment]:
        """Each two partnerships of which there is something to tell."""
        return [each for each in (*self.whole.bodies, *self.whole.pairs) if each.checks]

    @property
    def common(self) -> str:
        """The bodies that make no pairs, as a sentence; "" if nothing is lost by that."""
        found = {body.id for body in self.whole.bodies}
        told = [
            f"{name} ({number:,})"
            for name, number in self.whole.common
            if number > _FEW or name in found
        ]
        if not told:
            return ""
        return f"In too many partnerships to set each two side by side: {named(told)}."

    @cached_property
    def flagged(self) -> list[Assessment]:
        """The partnerships on which something is flagged, those to look at first before others."""
        return sorted(filter(flags, self.entries), key=_gravity)

    @cached_property
    def ranked(self) -> list[Assessment]:
        """All partnerships, those to look at first before others."""
        return [*self.flagged, *self.unflagged]

    @cached_property
    def unflagged(self) -> list[Assessment]:
        """The partnerships on which nothing is flagged."""
        return [entry for entry in self.entries if not flags(entry)]

    def notes(self, most: int) -> Iterator[str]:
        """Yield how many partnerships follow the first ones."""
        more = len(self.flagged) - most
        if more > 0:
            yield f"{more:,} more {'has' if more == 1 else 'have'} findings"
        none = self.unflagged
        if none:
            have = "has" if len(none) == 1 else "have"
            yield f"{len(none):,} {have} none{because_unknown(none)}"

    @cached_property
    def worst(self) -> list[Assessment]:
        """The partnerships that have one of the gravest findings."""
        if not self.flagged:
            return []
        grave = max(map(worst, self.flagged))
        return [finding for finding in self.flagged if worst(finding) is grave]

    def in_full(self) -> list[Assessment]:
        """Return what is told one by one, those on which something is flagged first."""
        told = sorted(self.pairs, key=flags, reverse=True)
        itself = [self.whole.register] if self.whole.register.checks else []
        return [*itself, *self.ranked, *told]

    @cached_property
    def findings(self) -> int:
        """How many findings there are on partnerships."""
        return sum(entry.counts[Verdict.FLAGGED] for entry in self.entries)

    @cached_property
    def checks(self) -> tuple[int, int]:
        """The applicable checks of partnerships and register: unknown, and all."""
        both = [*self.entries, *([self.whole.register] if self.whole.register.checks else [])]
        unknown = sum(each.counts[Verdict.UNKNOWN] for each in both)
        return unknown, sum(map(applying, both))

    def headline(self) -> Iterator[str]:
        """Yield the few sentences that say how things stand."""
        unknown, apply = self.checks
        little = apply and unknown > apply / 2
        register = self.whole.register
        if self.flagged:
            grave = worst(self.worst[0])
            several = len(self.worst) > 1
            spent = together(self.worst)
            money = f"; {'they spend' if several else 'it spends'} {spent} a year" if spent else ""
            alone = not several and self.worst[0].severities[grave] == 1
            what = f"a {grave.value} finding" if alone else f"{grave.value} findings"
            number = counted(len(self.worst), "partnership")
            yield f"{number} {'have' if several else 'has'} {what}{money}."
        elif register.flagged:
            number = counted(len(register.flagged), "thing")
            yield f"{number} to put right on the register itself{gravest(register)}."
        if little:
            told = f"{unknown:,} of {counted(apply, 'check')} are not known yet"
            if not self.flagged:
                yield f"Too little is recorded to judge: {told}."
            else:
                yield f"{told}, because the facts are not on the register."
        elif not self.flagged and not register.flagged:
            yield "Nothing found to put right."
        quiet = (Status.ENDED, Status.DORMANT)
        notice = [entry for entry in self.entries if getattr(entry.subject, "status", "") in quiet]
        if notice:
            told = "has ended or lies" if len(notice) == 1 else "have ended or lie"
            yield f"{counted(len(notice), 'partnership')} {told} dormant."

    def totals(self) -> Iterator[SeverityCounts]:
        """Yield how many findings there are in partnerships, on the register and in between."""
        rows = [(f"In {counted(len(self.entries), 'partnership')}", self.entries)]
        if self.whole.register.checks:
            rows.append(("The register itself", [self.whole.register]))
        if self.pairs or self.whole.more_pairs:
            rows.append(("Between partnerships", self.pairs))
        for title, several in rows:
            verdicts, severities = counted_together(several)
            yield SeverityCounts(
                title,
                verdicts[Verdict.FLAGGED],
                tuple(severities[severity] for severity in reversed(SEVERITIES)),
                verdicts[Verdict.UNKNOWN],
                verdicts[Verdict.CLEAR],
            )

    @cached_property
    def to_put_right(self) -> tuple[ToPutRight, ...]:
        """What the organisation itself must put right, gravest first."""
        register = self.whole.register
        return tuple(
            self.putting_right(finding, finding.severity)
            for finding in register.flagged
            if finding.severity is not None
        )

    def putting_right(self, finding: Finding, severity: Severity) -> ToPutRight:
        """Return a finding on the register with its count, owner and date."""
        register = self.whole.register
        told = counted_otherwise(finding, register)
        names = () if told else tuple(dict.fromkeys(that_count(finding, register)))
        remedy = finding.rule.remedy
        who, within = ("", "") if remedy is None else (remedy.who, remedy.within)
        return ToPutRight(finding, severity, told, names, who, when_due(within, register.as_of))

    @cached_property
    def frequent(self) -> Counter[Rule]:
        """Of how many partnerships each rule flags something."""
        return flagged_together(self.entries)

    @cached_property
    def themes(self) -> list[Theme]:
        """The themes of which anything is checked of the partnerships."""
        themes = self.whole.register.rulebook.themes
        used: set[str] = set()
        for entry in self.entries:
            if len(used) == len(themes):
                break
            used |= {row.theme.id for row in by_theme(entry)}
        return [theme for theme in themes if theme.id in used]

    @cached_property
    def officers(self) -> list[Officer]:
        """The officers who could answer open questions, most useful first."""
        unknown: Counter[str] = Counter()
        critical: Counter[str] = Counter()
        entries: Counter[str] = Counter()
        for entry in self.entries:
            found = entry.counts[Verdict.UNKNOWN]
            if not found:
                continue
            name = officer_of(entry)
            entries[name] += 1
            unknown[name] += found
            critical[name] += entry.could_be[Severity.CRITICAL]
        ranked = sorted(unknown, key=lambda name: (-critical[name], -unknown[name], name))
        return [Officer(name, entries[name], unknown[name], critical[name]) for name in ranked]


def called(partnership: Partnership) -> str:
    """Return a partnership's name, with its id if that adds something."""
    texts = (partnership.name, partnership.id)
    name, *more = dict.fromkeys(text for text in texts if isinstance(text, str) and text) or [
        _NAMELESS
    ]
    return f"{name} ({more[0]})" if more else name


def officer_of(assessment: Assessment) -> str:
    """Return a partnership's lead officer."""
    officer = getattr(assessment.subject, "responsible_officer", UNKNOWN)
    return officer if isinstance(officer, str) else _NOBODY


def because_unknown(several: Sequence[Assessment]) -> str:
    """Return that little is known, if that is why nothing is flagged; else ""."""
    if any(2 * each.counts[Verdict.UNKNOWN] < applying(each) for each in several):
        return ""
    settled = max(applying(each) - each.counts[Verdict.UNKNOWN] for each in several)
    checks = max(map(applying, several))
    on = "on it" if len(several) == 1 else "on each"
    most = "none" if not settled else f"at most {settled}"
    return f", because {most} of {checks} checks {on} {'is' if settled < 2 else 'are'} settled"  # noqa: PLR2004


def flags(assessment: Assessment) -> bool:
    """Tell whether something is flagged."""
    return assessment.counts[Verdict.FLAGGED] > 0


def worst(assessment: Assessment) -> Severity:
    """Return how grave the gravest finding is, where there is one."""
    return max(severity for severity in SEVERITIES if assessment.severities[severity])


def _gravity(assessment: Assessment) -> tuple[list[int], Decimal]:
    grades = [-assessment.severities[severity] for severity in reversed(SEVERITIES)]
    return grades, -(spend_of(assessment) or Decimal(0))


def applying(assessment: Assessment) -> int:
    """Return the number of checks that apply or may apply."""
    return assessment.checks - assessment.counts[Verdict.NOT_APPLICABLE]


def spend_of(assessment: Assessment) -> Decimal | None:
    """Return a partnership's yearly spend; None if unknown."""
    subject = assessment.subject
    funding = subject.funding if isinstance(subject, Partnership) else UNKNOWN
    spend = funding.annual_spend if isinstance(funding, Funding) else UNKNOWN
    return spend if isinstance(spend, Decimal) else None


def money(assessment: Assessment) -> str:
    """Return a partnership's yearly spend, abbreviated; "?" if unknown."""
    spend = spend_of(assessment)
    return "?" if spend is None else short_amount(spend)


def together(several: Sequence[Assessment]) -> str:
    """Return the combined spend, "at least" if some is unknown."""
    known = [each for each in map(spend_of, several) if each is not None]
    if not known:
        return ""
    least = "at least " if len(known) < len(several) else ""
    return f"{least}{short_amount(sum(known, Decimal(0)))}"
