"""One partnership on one screen: how bad is it, what to do first, what to find out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.assessment import Assessment, RankedQuestion
from govrules.explain.phrases import counted, day, joined, lowered, named, sentence
from govrules.findings import Finding
from govrules.model import Status
from govrules.render.actions import Action, Work, actions_of, when_phrase, works_of
from govrules.render.advice import fact_at, good_state
from govrules.render.lines import INDEX, STYLES, WIDTH, Line, cut, folded_text, item, row
from govrules.render.standing import tier_of
from govrules.rulebook.ast import SEVERITIES, Rulebook, Severity, Verdict
from govrules.rulebook.walk import references
from govrules.truth import Unknown
from govrules.unread import unread
from govrules.vocabulary import YesNo

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
#: How long a name and a title are at most where there is little room.
_NAME: Final = 40
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
_NOTICES: Final = {
    Status.ENDED: "This partnership has ended. Only what still matters after the end is asked.",
    Status.DORMANT: "This partnership is dormant.",
    Status.PROPOSED: "This partnership has not begun yet.",
}
_NAMELESS: Final = "(a partnership without a name)"


@attrs.frozen
class Asked:
    """
    A question, once for all records that it is about.

    Attributes:
        question: the question, without the names of the records that it is about.
        records: their names; none where it is about the subject itself.
        fact: the path of the fact.
        rules: the ids of the rules that the answer helps to settle.
        could_be: the worst that it could show.
    """

    question: str
    records: tuple[str, ...]
    fact: str
    rules: frozenset[str]
    could_be: Severity

    @property
    def text(self) -> str:
        """The question, with the names."""
        return f"{named(self.records)}: {self.question}" if self.records else self.question

    @property
    def short(self) -> str:
        """The question, with as many names as there is room for on a page."""
        if len(self.records) <= _NAMED:
            names = joined(cut(each, _NAME) for each in self.records)
        else:
            shown = [cut(each, _NAME) for each in self.records[:_NAMED]]
            names = joined([*shown, f"{len(self.records) - _NAMED} more"])
        return f"{names}: {self.question}" if names else self.question


@attrs.frozen
class _Room:
    """How much of each block is shown."""

    questions: int
    good: int = _NAMED
    works: int = 5
    actions: int = _ACTIONS


def page_lines(assessment: Assessment, *, hints: Sequence[str] = ()) -> Iterator[Line]:
    """
    Yield the page of one subject, in at most `MOST_LINES` lines.

    Args:
        assessment: the assessment.

        hints: what to type next; at most two lines.
    """
    page = _Page(assessment, hints)
    rooms = [_Room(page.asked_at_most)]
    rooms.append(attrs.evolve(rooms[-1], good=0))
    for questions, works, actions in _TIGHTER:
        at_most = min(page.asked_at_most, questions)
        rooms.append(_Room(at_most, 0, works, actions))
    yield from fitted((page.lines(room) for room in rooms), MOST_LINES)


def fitted(layouts: Iterable[Iterable[Line]], most: int) -> list[Line]:
    """Return the first layout that takes no more lines than there may be, else the last."""
    lines: list[Line] = []
    for each in layouts:
        lines = [*each]
        if len(lines) <= most:
            break
    return lines


def asked(questions: Iterable[RankedQuestion]) -> list[Asked]:
    """Return questions in the order of consequence, each once for all the records it is about."""
    groups: dict[str, list[RankedQuestion]] = {}
    for each in questions:
        groups.setdefault(INDEX.sub("[]", each.question.fact), []).append(each)
    return [
        Asked(
            its[0].question.of_any_record,
            tuple(dict.fromkeys(each.question.record for each in its if each.question.record)),
            its[0].question.fact if len(its) == 1 else fact,
            frozenset(rule for each in its for rule in each.rules),
            max(each.could_be for each in its),
        )
        for fact, its in groups.items()
    ]


def headline(assessment: Assessment) -> Iterator[str]:
    """Yield the one or two sentences that say how things stand."""
    counts = assessment.counts
    flagged, unknown = counts[Verdict.FLAGGED], counts[Verdict.UNKNOWN]
    apply = sum(counts.values()) - counts[Verdict.NOT_APPLICABLE]
    checks = f"{unknown:,} of {counted(apply, 'check')}"
    little = unknown > apply / 2
    if flagged:
        yield f"{counted(flagged, 'thing')} to put right{gravest(assessment)}."
        waived = len(assessment.waived)
        if waived:
            do = "does" if waived == 1 else "do"
            yield f"{waived:,} of them {_are(waived)} waived and {do} not count."
        for summary in assessment.summaries:
            if summary.severity is not None:
                yield sentence(summary.rule.title)
        if little:
            yield f"And {checks} {_are(unknown)} not known yet."
    elif little:
        yield f"Too little is recorded to judge: {checks} {_are(unknown)} not known yet."
        yield "No finding is not a clean bill."
    else:
        met = counts[Verdict.CLEAR]
        unknowns = f", {unknown:,} {_are(unknown)} not known yet" if unknown else ""
        yield f"Nothing found to put right. {counted(met, 'check')} {_are(met)} met{unknowns}."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def gravest(assessment: Assessment) -> str:
    """Return how grave what is flagged is, as it follows in a sentence."""
    number = assessment.counts[Verdict.FLAGGED]
    worst = next(each for each in reversed(SEVERITIES) if assessment.severities[each])
    grave = assessment.severities[worst]
    if grave == number:
        return f", {worst.value}" if number == 1 else f", all of them {worst.value}"
    return f", {grave:,} of them {worst.value}"


def rulebook_line(rulebook: Rulebook, checks: str) -> str:
    """Return which rules were used, and how many checks they made."""
    versions = [*dict.fromkeys(rulebook.version.split("+"))]
    end = f" {', '.join(versions)}, {checks}"
    return f"{cut(rulebook.title, max(WIDTH - len(end), _NAME))}{end}"


def has_nothing_to_check(finding: Finding) -> bool:
    """Tell whether a check is met only because there is nothing that it could be about."""
    asked_for = {ref.path for ref in references(finding.rule.requires)}
    values = [
        each.value
        for each in finding.because
        if INDEX.sub("[]", each.fact).rpartition("[].")[2] in asked_for
    ]
    return bool(values) and all(
        value is None or value in ((), frozenset(), "unclear") for value in values
    )


def titled(name: str, right: str) -> str:
    """Return a name with something at the other end of the line, as far as there is room."""
    room = WIDTH - len(name) - len(right)
    return f"{name}{' ' * room}{right}" if room > 1 else f"{name}  {right}"


class _Page:
    """What stands on a page, worked out once and laid out in as much room as there is."""

    def __init__(self, assessment: Assessment, hints: Sequence[str]) -> None:
        self.assessment = assessment
        self.hints = hints
        # What is waived is named below, and is nothing to do.
        self.flagged = tuple(each for each in assessment.flagged if each.waived is None)
        self.works = works_of(self.flagged, assessment.rulebook)
        self.actions = actions_of(self.flagged, self.works, assessment.as_of)
        self.asked = asked(assessment.questions)
        self.tier = tier_of(assessment)
        empty = {each.rule.id for each in assessment.good_practice if has_nothing_to_check(each)}
        self.good = [each for each in assessment.good_practice if each.rule.id not in empty]
        self.empty = len(empty)
        self.asked_at_most = _FEWER_QUESTIONS if self.flagged else _QUESTIONS

    def lines(self, room: _Room) -> Iterator[Line]:
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
        name = found.name or found.id or _NAMELESS
        wrapped = textwrap.wrap(name, WIDTH - len(date) - 2, max_lines=2, placeholder=" …")
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
        for each in notices:
            yield from folded_text(each)
        if self.tier is not None:
            yield "", ""
            yield from folded_text(self.tier.sentence)

    def _notices(self) -> Iterator[str]:
        status = getattr(self.assessment.subject, "status", None)
        if status in _NOTICES:
            yield _NOTICES[status]
        facts = unread(self.assessment.subject, self.assessment.rulebook)
        if facts:
            labels = {self._label(each): None for each in facts}
            yield _one_line("Recorded, but read by no check: ", sorted(labels, key=len))

    def _label(self, path: str) -> str:
        fact = fact_at(path, type(self.assessment.subject), self.assessment.rulebook)
        assert fact is not None  # noqa: S101 - it is a path of the vocabulary
        return f"whether {fact.label}" if isinstance(fact.type, YesNo) else fact.label

    def _counts(self) -> Iterator[Line]:
        counts, severities = self.assessment.counts, self.assessment.severities
        graded = [(each.value.capitalize(), severities[each]) for each in reversed(SEVERITIES)]
        numbers = graded if self.flagged else [("Flagged", 0)]
        numbers += [
            ("Not known", counts[Verdict.UNKNOWN]),
            ("Met", counts[Verdict.CLEAR]),
            ("Does not apply", counts[Verdict.NOT_APPLICABLE]),
        ]
        yield "", ""
        yield "  " + "   ".join(f"{word} {number:,}" for word, number in numbers), ""

    def _works(self, works: Sequence[Work]) -> Iterator[Line]:
        settled = len({each.rule.id for work in works for each in work.findings})
        pieces = "One piece" if len(works) == 1 else f"{_word(len(works))} pieces"
        if len(works) < len(self.works):
            pieces = f"The largest {pieces[:1].lower()}{pieces[1:]}"
        settle = "settles" if len(works) == 1 else "settle"
        yield "", ""
        title = f"{pieces} of work {settle} {settled} of the {len(self.flagged)}"
        yield row(title, "settles", "critical", at=_NUMBERS), "bold"
        for work in works:
            critical = str(work.critical or "-")
            title = cut(work.title, _TITLE)
            yield (
                row(f"  {work.letter}  {title}", str(len(work.findings)), critical, at=_NUMBERS),
                "",
            )

    def _first(self, most: int) -> Iterator[Line]:
        yield "", ""
        yield "Do first", "bold"
        dates = list(dict.fromkeys(_when(each) for each in self.actions))
        near = [each for each in self.actions if _when(each) in dates[:_DATES]]
        grave = sorted(near, key=lambda each: -each.severity.rank)[:most]
        shown = [each for each in near if each in grave]
        last = None
        for action in shown:
            if _when(action) != last:
                last = _when(action)
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
        yield "", ""
        yield row(title, "helps to settle", at=_NUMBERS - 2), "bold"
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
        yield "", ""
        yield f"Good practice met ({number})", "bold"
        if not most or not self.good:
            return
        states = [good_state(each.rule) for each in self.good[:most]]
        first, *others = [each.removesuffix(".") for each in states]
        text = "; ".join([first[:1].upper() + first[1:], *map(lowered, others)])
        if len(self.good) > most:
            text += f"; and {len(self.good) - most} more"
        yield from folded_text(text, indent=2)


def _one_line(begin: str, names: Sequence[str]) -> str:
    """Return a sentence with as many names as stand on one line, and how many more there are."""
    line = f"{begin}{joined(names)}."
    shown = len(names)
    while len(line) > WIDTH and shown > 1:
        shown -= 1
        line = f"{begin}{joined([*names[:shown], f'{len(names) - shown} more'])}."
    return line


def _word(number: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    return words[number] if number < len(words) else str(number)


def _when(action: Action) -> str:
    return when_phrase(action.due, action.within)


def _action_lines(action: Action) -> Iterator[Line]:
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


def _numbers(actions: Sequence[Action]) -> str:
    """Return how many actions are due by when, and how many of them are critical."""
    told: list[str] = []
    for when in dict.fromkeys(map(_when, actions)):
        its = [each for each in actions if _when(each) == when]
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
