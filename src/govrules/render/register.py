"""A register as text: one page for all of it, and in full each partnership and each pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from govrules.assessment import Assessment, counted_together, flagged_together
from govrules.explain.phrases import counted, day, named, short_amount
from govrules.findings import Finding
from govrules.model import Funding, Partnership
from govrules.portfolio import RegisterAssessment
from govrules.render.actions import due_date, when_phrase
from govrules.render.counting import counted_otherwise, that_count
from govrules.render.lines import STYLES, WIDTH, Line, cut, folded_text
from govrules.render.page import fitted, gravest, rulebook_line, titled
from govrules.render.standing import tier_of
from govrules.render.text import assessment_lines
from govrules.rulebook.ast import (
    SEVERITIES,
    Severity,
    Verdict,
)
from govrules.truth import UNKNOWN, Unknown

#: How many lines a register takes.
MOST_LINES: Final = 50
_NAMED: Final = 10
_TO_PUT_RIGHT: Final = 3
_FREQUENT: Final = 3
_OFFICERS: Final = 5
_NAMELESS: Final = "(a register without a name)"
_NOBODY: Final = "Nobody or not recorded"
#: Hands assessments out one by one, and may show how far they are.
Follow: TypeAlias = Callable[[Sequence[Assessment]], Iterable[Assessment]]


@attrs.frozen
class _Room:
    """How much of each block is shown."""

    first: int = _NAMED
    to_put_right: int = _TO_PUT_RIGHT
    frequent: int = _FREQUENT
    officers: int = _OFFICERS


def register_lines(
    whole: RegisterAssessment,
    *,
    full: bool = False,
    depth: int | None = None,
    follow: Follow = iter,
    hints: Sequence[str] = (),
) -> Iterator[Line]:
    """
    Yield the assessment of a register line by line: its page, and in full what stands below it.

    Args:
        whole: the assessment.

        full: after the page, also the register itself, each partnership, those with findings
            first, and each pair on which something is flagged or not known.

        depth: the most lines of reasons that a finding then has; None is all of them.

        follow: hands out the partnerships.

        hints: what to type next; at most two lines.
    """
    page = _Page(whole, hints)
    rooms = [_Room(), _Room(frequent=0), _Room(frequent=0, officers=3)]
    rooms += [_Room(5, frequent=0, officers=3), _Room(5, 2, 0, 0), _Room(3, 1, 0, 0)]
    yield from fitted((page.lines(room) for room in rooms), MOST_LINES)
    if full:
        for each in follow(page.in_full()):
            yield "", ""
            yield from assessment_lines(each, full=True, depth=depth)


def called(partnership: Partnership) -> str:
    """Return what a partnership is called, with its id where that says more."""
    texts = (partnership.name, partnership.id)
    name, *more = dict.fromkeys(each for each in texts if isinstance(each, str) and each) or [
        "(a partnership without a name)"
    ]
    return f"{name} ({more[0]})" if more else name


class _Page:
    """What stands on the page of a register, laid out in as much room as there is."""

    def __init__(self, whole: RegisterAssessment, hints: Sequence[str]) -> None:
        self.whole = whole
        self.hints = hints
        self._made: dict[tuple[object, ...], list[Line]] = {}
        self.entries = [each for each in whole.entries if each.checks]
        self.pairs = [each for each in whole.listed_pairs if each.checks]
        self.flagged = sorted(filter(_flags, self.entries), key=_gravity)
        self.as_of = whole.register.as_of

    def in_full(self) -> list[Assessment]:
        """Return what is told one by one, those on which something is flagged first."""
        rest = [each for each in self.entries if not _flags(each)]
        told = sorted(self.pairs, key=_flags, reverse=True)
        itself = [self.whole.register] if self.whole.register.checks else []
        return [*itself, *self.flagged, *rest, *told]

    def lines(self, room: _Room) -> Iterator[Line]:
        blocks = [self._once(self._head), self._once(self._table)]
        if self.flagged and room.first:
            blocks.append(self._once(self._look, room.first))
        if self.whole.register.flagged and room.to_put_right:
            blocks.append(self._once(self._organisation, room.to_put_right))
        if self.flagged and room.frequent:
            blocks.append(self._once(self._frequent, room.frequent))
        if room.officers:
            blocks.append(self._once(self._officers, room.officers))
        blocks.append([(hint, "") for hint in self.hints])
        yield from (line for block in blocks if block for line in (*block, ("", "")))

    def _once(self, make: Callable[..., Iterable[Line]], *most: int) -> list[Line]:
        """Return a block of lines, which other layouts may have asked for before."""
        key = (make.__name__, *most)
        if key not in self._made:
            self._made[key] = [*make(*most)]
        return self._made[key]

    def _head(self) -> Iterator[Line]:
        found = self.whole.register
        date = "" if isinstance(self.as_of, Unknown) else f"as at {day(self.as_of)}"
        name = found.name or _NAMELESS
        yield titled(cut(name, WIDTH - len(date) - 2), date), "bold"
        number = counted(len(self.whole.entries), "partnership")
        yield from folded_text(rulebook_line(found.rulebook, number))
        yield "", ""
        for each in self._headline():
            yield from folded_text(each, style="bold")

    def _headline(self) -> Iterator[str]:
        both = [*self.entries, *([self.whole.register] if self.whole.register.checks else [])]
        apply = sum(_apply(each) for each in both)
        unknown = sum(each.counts[Verdict.UNKNOWN] for each in both)
        little = apply and unknown > apply / 2
        if self.flagged:
            worst = max(_worst(each) for each in self.flagged)
            grave = [each for each in self.flagged if _worst(each) is worst]
            have = "has" if len(grave) == 1 else "have"
            they = "it spends" if len(grave) == 1 else "they spend"
            spent = _spent(grave)
            money = f"; {they} {spent} a year" if spent else ""
            number = counted(len(grave), "partnership")
            alone = len(grave) == 1 and grave[0].severities[worst] == 1
            what = f"a {worst.value} finding" if alone else f"{worst.value} findings"
            yield f"{number} {have} {what}{money}."
        elif self.whole.register.flagged:
            number = counted(len(self.whole.register.flagged), "thing")
            yield f"{number} to put right on the register itself{gravest(self.whole.register)}."
        if little:
            told = f"{unknown:,} of {counted(apply, 'check')} are not known yet"
            if not self.flagged:
                yield f"Too little is recorded to judge: {told}."
            else:
                yield f"{told}, because the facts are not on the register."
        elif not self.flagged and not self.whole.register.flagged:
            yield "Nothing found to put right."
        notice = [each for each in self.entries if _status(each) in ("ended", "dormant")]
        if notice:
            told = "has ended or lies" if len(notice) == 1 else "have ended or lie"
            yield f"{counted(len(notice), 'partnership')} {told} dormant."

    def _table(self) -> Iterator[Line]:
        grades = [each.value for each in reversed(SEVERITIES)]
        yield _row("", "to put right", *grades, "not known", "met"), ""
        rows = [(f"In {counted(len(self.entries), 'partnership')}", self.entries)]
        if self.whole.register.checks:
            rows.append(("The register itself", [self.whole.register]))
        if self.whole.pairs:
            rows.append(("Between partnerships", self.pairs))
        for title, several in rows:
            verdicts, severities = counted_together(several)
            numbers = [
                verdicts[Verdict.FLAGGED],
                *(severities[each] for each in reversed(SEVERITIES)),
            ]
            numbers += [verdicts[Verdict.UNKNOWN], verdicts[Verdict.CLEAR]]
            yield _row(f"  {title}", *(f"{each:,}" if each else "-" for each in numbers)), ""
        rest = len(self.whole.pairs) - len(self.pairs)
        if rest:
            yield f"  {counted(rest, 'more pair')} of partnerships with a partner in common.", ""

    def _look(self, most: int) -> Iterator[Line]:
        yield _ranked("Look at first", "C", "H", "M", "L", "tier", "a year"), "bold"
        several = False
        for number, each in enumerate(self.flagged[:most], 1):
            grades = [str(each.severities[one] or "-") for one in reversed(SEVERITIES)]
            tier = tier_of(each)
            word = tier.word if tier is not None else ""
            several = several or word.endswith("+")
            name = cut(called(each.subject), 48)
            yield _ranked(f"  {number:>2}  {name}", *grades, word, _money(each)), ""
        notes = []
        if len(self.flagged) > most:
            more = len(self.flagged) - most
            notes.append(f"{more:,} more {'has' if more == 1 else 'have'} findings")
        none = [each for each in self.entries if not _flags(each)]
        if none:
            notes.append(
                f"{len(none):,} {'has' if len(none) == 1 else 'have'} none{_because(none)}"
            )
        if several:
            notes.append("medium+: at least medium")
        if notes:
            yield from folded_text("; ".join(notes), indent=6)

    def _organisation(self, most: int) -> Iterator[Line]:
        flagged = self.whole.register.flagged
        shown = flagged[:most]
        number = f" ({len(shown)} of {len(flagged)})" if len(flagged) > len(shown) else ""
        yield f"For the organisation to put right, gravest first{number}", "bold"
        for finding in shown:
            assert finding.severity is not None  # noqa: S101 - it is flagged
            yield from self._finding(finding, finding.severity)

    def _finding(self, finding: Finding, severity: Severity) -> Iterator[Line]:
        about = self._about(finding)
        text = f"{finding.rule.title}{f': {about}' if about else ''}."
        begin = f"  {severity.value.upper():<8}  "
        for index, (line, _) in enumerate(folded_text(text, indent=len(begin))):
            yield (
                (f"{begin}{line.strip()}" if not index else line),
                STYLES[severity] if not index else "",
            )
        remedy = finding.rule.remedy
        if remedy is not None:
            when = when_phrase(due_date(remedy.within, self.as_of), remedy.within)
            who = ", ".join(each for each in (remedy.who, when) if each)
            if who:
                yield from folded_text(f"{who[:1].upper()}{who[1:]}", indent=len(begin))

    def _about(self, finding: Finding) -> str:
        """Return which partnerships a finding on the register counts, or how many there are."""
        told = counted_otherwise(finding, self.whole.register)
        if told:
            return told
        names = [*dict.fromkeys(that_count(finding, self.whole.register))]
        return named([cut(each, 40) for each in names]) if names else ""

    def _frequent(self, most: int) -> Iterator[Line]:
        yield "Most frequent", "bold"
        for rule, times in flagged_together(self.entries).most_common(most):
            yield from folded_text(f"{times:>4,}  {rule.title}")

    def _officers(self, most: int) -> Iterator[Line]:
        unknown: Counter[str] = Counter()
        critical: Counter[str] = Counter()
        entries: Counter[str] = Counter()
        for each in self.entries:
            found = each.counts[Verdict.UNKNOWN]
            if not found:
                continue
            officer = getattr(each.subject, "responsible_officer", UNKNOWN)
            name = officer if isinstance(officer, str) else _NOBODY
            entries[name] += 1
            unknown[name] += found
            critical[name] += each.could_be[Severity.CRITICAL]
        if not unknown:
            return
        title = "Answers that would settle most, by lead officer"
        yield _asked(title, "not known", "could be critical"), "bold"
        ranked = sorted(unknown, key=lambda name: (-critical[name], -unknown[name], name))
        for name in ranked[:most]:
            of = f"{cut(name, 38)} ({counted(entries[name], 'partnership')})"
            yield _asked(f"  {of}", f"{unknown[name]:,}", f"{critical[name]:,}"), ""
        if len(ranked) > most:
            yield f"  and {counted(len(ranked) - most, 'more officer')}", ""


def _because(several: Sequence[Assessment]) -> str:
    """Return why nothing is flagged of partnerships of which hardly anything is known; else ""."""
    if any(2 * each.counts[Verdict.UNKNOWN] < _apply(each) for each in several):
        return ""
    settled = max(_apply(each) - each.counts[Verdict.UNKNOWN] for each in several)
    checks = max(_apply(each) for each in several)
    on = "on it" if len(several) == 1 else "on each"
    most = "none" if not settled else f"at most {settled}"
    return f", because {most} of {checks} checks {on} {'is' if settled < 2 else 'are'} settled"  # noqa: PLR2004


def _flags(assessment: Assessment) -> bool:
    return assessment.counts[Verdict.FLAGGED] > 0


def _worst(assessment: Assessment) -> Severity:
    return max(each for each in SEVERITIES if assessment.severities[each])


def _gravity(assessment: Assessment) -> tuple[list[int], Decimal]:
    grades = [-assessment.severities[each] for each in reversed(SEVERITIES)]
    return grades, -(_spend(assessment) or Decimal(0))


def _apply(assessment: Assessment) -> int:
    return assessment.checks - assessment.counts[Verdict.NOT_APPLICABLE]


def _status(assessment: Assessment) -> str:
    return str(getattr(assessment.subject, "status", ""))


def _spend(assessment: Assessment) -> Decimal | None:
    """Return what a partnership spends in a year; None where nobody recorded it."""
    subject = assessment.subject
    funding = subject.funding if isinstance(subject, Partnership) else UNKNOWN
    spend = funding.annual_spend if isinstance(funding, Funding) else UNKNOWN
    return spend if isinstance(spend, Decimal) else None


def _money(assessment: Assessment) -> str:
    spend = _spend(assessment)
    return "?" if spend is None else short_amount(spend)


def _spent(several: Sequence[Assessment]) -> str:
    """Return what partnerships spend together, at least where it is not known of all."""
    known = [each for each in map(_spend, several) if each is not None]
    if not known:
        return ""
    least = "at least " if len(known) < len(several) else ""
    return f"{least}{short_amount(sum(known, Decimal(0)))}"


def _row(title: str, *cells: str) -> str:
    widths = (14, 10, 6, 8, 5, 12, 7)
    return f"{title:<30}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
    )


def _ranked(title: str, *cells: str) -> str:
    *grades, tier, money = cells
    return (
        f"{title:<55}"
        + "".join(f"{each:>4}" for each in grades)
        + f"  {tier:<8}{money:>10}".rstrip()
    )


def _asked(title: str, unknown: str, critical: str) -> str:
    return f"{title:<60}{unknown:>12}{critical:>20}"
