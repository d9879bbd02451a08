"""One partnership on one screen: how bad is it, what to do first, what to find out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.explain.phrases import counted, day, joined, lowered, sentence
from govrules.render.actions import RemedyTask, Work
from govrules.render.advice import good_state
from govrules.render.lines import STYLES, WIDTH, Line, cut, folded_text, heading, item, row
from govrules.render.report import SubjectReport, headline, number_word, rulebook_line, when_of
from govrules.rulebook.ast import SEVERITIES, Severity, Verdict
from govrules.truth import Unknown

#: How many lines a partnership takes.
MOST_LINES: Final = 40
_ACTIONS: Final = 6
_DATES: Final = 2
_QUESTIONS: Final = 10
_FEWER_QUESTIONS: Final = 5
_NAMED: Final = 3
#: Where the text of an action and the numbers of a table begin.
_TEXT: Final = 14
_NUMBERS: Final = 72
#: How long a title is at most where there is little room.
_TITLE: Final = 60
#: How many questions, pieces of work and actions there are as room gets scarce.
_TIGHTER: Final = (
    (5, 5, 6),
    (3, 5, 6),
    (3, 4, 6),
    (2, 3, 6),
    (1, 3, 6),
    (1, 2, 6),
    (1, 3, 5),
    (1, 2, 5),
    (1, 3, 4),
    (1, 2, 4),
    (1, 2, 3),
    (1, 1, 2),
    (1, 0, 2),
    (1, 0, 1),
)


@attrs.frozen
class _SubjectLimits:
    """How many items of each block are shown."""

    questions: int
    good: int = _NAMED
    works: int = 5
    actions: int = _ACTIONS


def page_lines(report: SubjectReport, *, hints: Sequence[str] = ()) -> Iterator[Line]:
    """
    Yield the page of one subject, in at most `MOST_LINES` lines.

    Args:
        report: what is to be said of the subject.

        hints: what to type next; at most two lines.
    """
    page = _SubjectPage(report, hints)
    rooms = [_SubjectLimits(page.asked_at_most)]
    rooms.append(attrs.evolve(rooms[-1], good=0))
    for questions, works, actions in _TIGHTER:
        at_most = min(page.asked_at_most, questions)
        rooms.append(_SubjectLimits(at_most, 0, works, actions))
    yield from first_layout((page.lines(room) for room in rooms), MOST_LINES)


def first_layout(layouts: Iterable[Iterable[Line]], most: int) -> list[Line]:
    """Return the first layout within the line limit, else the last."""
    lines: list[Line] = []
    for each in layouts:
        lines = [*each]
        if len(lines) <= most:
            break
    return lines


def titled(name: str, right: str) -> str:
    """Return a name with a right-aligned text, if it fits."""
    room = WIDTH - len(name) - len(right)
    return f"{name}{' ' * room}{right}" if room > 1 else f"{name}  {right}"


class _SubjectPage:
    """The contents of a subject's page, laid out within limits."""

    def __init__(self, report: SubjectReport, hints: Sequence[str]) -> None:
        self.assessment = report.assessment
        self.hints = hints
        self.report = report
        # What is waived is named below, and is nothing to do.
        self.flagged = report.to_do
        self.works, self.actions = report.works, report.actions
        self.asked, self.tier = report.asked, report.tier
        self.good, self.empty = report.good, len(report.empty)
        self.asked_at_most = _FEWER_QUESTIONS if self.flagged else _QUESTIONS

    def lines(self, room: _SubjectLimits) -> Iterator[Line]:
        yield from self._head()
        yield from self._stake()
        yield from self._counts()
        if room.works and self.works:
            yield from self._works(self.works[: room.works])
        if self.actions:
            yield from self._first(room.actions)
        if self.asked:
            yield from self._ask(room.questions)
        if self.good or self.empty:
            yield from self._good(room.good)
        yield "", ""
        if not self.asked:
            yield "Nothing is left to ask.", ""
        for hint in self.hints:
            yield hint, ""

    def _head(self) -> Iterator[Line]:
        found = self.assessment
        date = "" if isinstance(found.as_of, Unknown) else f"as at {day(found.as_of)}"
        wrapped = textwrap.wrap(
            self.report.name, WIDTH - len(date) - 2, max_lines=2, placeholder=" …"
        )
        for index, line in enumerate(wrapped):
            yield (titled(line, date) if date and not index else line), "bold"
        checks = counted(len(found.findings), "check")
        yield from folded_text(rulebook_line(found.rulebook, checks))
        yield "", ""
        for each in headline(found):
            yield from folded_text(each, style="bold")

    def _stake(self) -> Iterator[Line]:
        notices = [*self._notices()]
        if notices:
            yield "", ""
        for notice in notices:
            yield from folded_text(notice)
        if self.tier is not None:
            yield "", ""
            yield from folded_text(self.tier.sentence)

    def _notices(self) -> Iterator[str]:
        yield from self.report.notices
        if self.report.unread:
            yield _one_line("Recorded, but read by no check: ", self.report.unread)

    def _counts(self) -> Iterator[Line]:
        counts, severities = self.assessment.counts, self.assessment.severities
        graded = [
            (severity.value.capitalize(), severities[severity]) for severity in reversed(SEVERITIES)
        ]
        numbers = graded if self.flagged else [("Flagged", 0)]
        numbers += [
            ("Not known", counts[Verdict.UNKNOWN]),
            ("Met", counts[Verdict.CLEAR]),
            ("Does not apply", counts[Verdict.NOT_APPLICABLE]),
        ]
        yield "", ""
        yield "  " + "   ".join(f"{word} {number:,}" for word, number in numbers), ""

    def _works(self, works: Sequence[Work]) -> Iterator[Line]:
        settled = len({finding.rule.id for work in works for finding in work.findings})
        pieces = "One piece" if len(works) == 1 else f"{number_word(len(works))} pieces"
        if len(works) < len(self.works):
            pieces = f"The largest {pieces[:1].lower()}{pieces[1:]}"
        settle = "settles" if len(works) == 1 else "settle"
        title = f"{pieces} of work {settle} {settled} of the {len(self.flagged)}"
        yield from heading(row(title, "settles", "critical", at=_NUMBERS))
        for work in works:
            name = f"  {work.letter}  {cut(work.title, _TITLE)}"
            numbers = str(len(work.findings)), str(work.critical or "-")
            yield row(name, *numbers, at=_NUMBERS), ""

    def _first(self, most: int) -> Iterator[Line]:
        yield from heading("Do first")
        dates = list(dict.fromkeys(when_of(each) for each in self.actions))
        near = [each for each in self.actions if when_of(each) in dates[:_DATES]]
        grave = sorted(near, key=lambda each: -each.severity.rank)[:most]
        shown = [each for each in near if each in grave]
        last = None
        for action in shown:
            if when_of(action) != last:
                last = when_of(action)
                yield f"  {last[:1].upper()}{last[1:] or 'When it can be done'}", ""
            yield from _action_lines(action)
        rest = [each for each in self.actions if each not in shown]
        if rest:
            yield from item("Later", f"{_numbers(rest)}.", indent=2)

    def _ask(self, most: int) -> Iterator[Line]:
        shown = self.asked[:most]
        least = min(each.could_be for each in shown)
        worst = max(each.could_be for each in shown)
        what = (
            f"a {worst.value} finding" if least is worst else f"a {least.value} or graver finding"
        )
        each = "it could" if len(shown) == 1 else "each could"
        title = f"Answer {'this' if len(shown) == 1 else 'these'} first: {each} show {what}"
        yield from heading(row(title, "helps to settle", at=_NUMBERS - 2))
        for number, one in enumerate(shown, 1):
            checks = counted(len(one.rules), "check") if number == 1 else str(len(one.rules))
            yield from _numbered(number, one.short, checks)
        rest = self.asked[most:]
        if rest:
            grave = sum(one.could_be is worst for one in rest)
            more = f"      and {len(rest):,} more"
            if grave:
                more += f", {grave:,} of which could show a {worst.value} finding"
            yield more, ""

    def _good(self, most: int) -> Iterator[Line]:
        more = f"{self.empty} more {'has' if self.empty == 1 else 'have'} nothing to check"
        number = f"{len(self.good)}; {more}" if self.empty else str(len(self.good))
        yield from heading(f"Good practice met ({number})")
        if not most or not self.good:
            return
        states = [good_state(each.rule) for each in self.good[:most]]
        first, *others = [state.removesuffix(".") for state in states]
        text = "; ".join([first[:1].upper() + first[1:], *map(lowered, others)])
        if len(self.good) > most:
            text += f"; and {len(self.good) - most} more"
        yield from folded_text(text, indent=2)


def _one_line(begin: str, names: Sequence[str]) -> str:
    """Return a sentence with as many names as fit, and the number of others."""
    line = f"{begin}{joined(names)}."
    shown = len(names)
    while len(line) > WIDTH and shown > 1:
        shown -= 1
        line = f"{begin}{joined([*names[:shown], f'{len(names) - shown} more'])}."
    return line


def _action_lines(action: RemedyTask) -> Iterator[Line]:
    letter = f"  ({action.letter})" if action.letter else ""
    word = action.severity.value.upper()
    text = f"{sentence(action.do)}{letter}"
    for index, line in enumerate(textwrap.wrap(text, WIDTH - _TEXT)):
        left = f"    {word}" if not index else ""
        yield f"{left:<{_TEXT}}{line}", STYLES[action.severity] if not index else ""
    worse = f"could turn out {action.could_be.value}" if action.could_be else ""
    who = "; ".join(each for each in (action.who, worse) if each)
    if who:
        yield from folded_text(f"{who[:1].upper()}{who[1:]}", indent=_TEXT)


def _numbers(actions: Sequence[RemedyTask]) -> str:
    """Return the number of actions by due date, and of critical ones."""
    told: list[str] = []
    for when in dict.fromkeys(map(when_of, actions)):
        its = [action for action in actions if when_of(action) == when]
        critical = sum(each.severity is Severity.CRITICAL for each in its)
        number = f"{len(its):,}" if told else counted(len(its), "action")
        grave = f" ({critical:,} critical)" if critical else ""
        told.append(f"{number} {when or 'at no set time'}{grave}")
    return "; ".join(told)


def _numbered(number: int, text: str, checks: str) -> Iterator[Line]:
    wrapped = textwrap.wrap(text, _NUMBERS - 8, break_on_hyphens=False)
    for index, line in enumerate(wrapped):
        left = f"  {number:>2}  {line}" if not index else f"      {line}"
        last = index == len(wrapped) - 1
        yield (row(left, checks, at=_NUMBERS) if last else left), ""
