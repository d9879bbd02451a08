"""A register as text: one page for all of it, and in full each partnership and each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, Protocol, TypeVar

import attrs

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, day, named
from govrules.portfolio import RegisterAssessment
from govrules.render.lines import STYLES, WIDTH, Line, cut, folded_text, hanging
from govrules.render.overview import Overview, ToPutRight, called, money
from govrules.render.page import first_layout, titled
from govrules.render.report import rulebook_line
from govrules.render.standing import tier_of
from govrules.render.text import assessment_lines
from govrules.rulebook.ast import SEVERITIES
from govrules.truth import Unknown

#: How many lines a register takes.
MOST_LINES: Final = 50
_NAMED: Final = 10
_TO_PUT_RIGHT: Final = 3
_FREQUENT: Final = 3
_OFFICERS: Final = 5
_NAMELESS: Final = "(a register without a name)"

R = TypeVar("R")


class Each(Protocol):
    """Maps a function over assessments in order, as `map` does."""

    def __call__(
        self, work: Callable[[Assessment], R], several: Sequence[Assessment], /
    ) -> Iterator[R]:
        """Yield what is made of each; `work` can be pickled."""


@attrs.frozen
class _RegisterLimits:
    """How many items of each block are shown."""

    first: int = _NAMED
    to_put_right: int = _TO_PUT_RIGHT
    frequent: int = _FREQUENT
    officers: int = _OFFICERS


def register_lines(
    whole: RegisterAssessment,
    *,
    full: bool = False,
    depth: int | None = None,
    each: Each = map,
    hints: Sequence[str] = (),
) -> Iterator[Line]:
    """
    Yield a register's assessment: its page, and in full the details below.

    Args:
        whole: the assessment.

        full: after the page, also the register itself, each partnership, those with findings
            first, and each pair on which something is flagged or not known.

        depth: the most lines of reasons that a finding then has; None is all of them.

        each: makes something of each assessment; it may share them out.

        hints: what to type next; at most two lines.
    """
    page = _RegisterPage(whole, hints)
    rooms = [
        _RegisterLimits(),
        _RegisterLimits(frequent=0),
        _RegisterLimits(frequent=0, officers=3),
    ]
    rooms += [
        _RegisterLimits(5, frequent=0, officers=3),
        _RegisterLimits(5, 2, 0, 0),
        _RegisterLimits(3, 1, 0, 0),
    ]
    yield from first_layout((page.lines(room) for room in rooms), MOST_LINES)
    if full:
        for lines in each(partial(_in_full, depth=depth), page.view.in_full()):
            yield "", ""
            yield from lines


def _in_full(assessment: Assessment, depth: int | None) -> list[Line]:
    return [*assessment_lines(assessment, full=True, depth=depth)]


class _RegisterPage:
    """The contents of a register's page, laid out within limits."""

    def __init__(self, whole: RegisterAssessment, hints: Sequence[str]) -> None:
        self.whole = whole
        self.hints = hints
        self._made: dict[tuple[object, ...], list[Line]] = {}
        self.view = Overview(whole)
        self.flagged = self.view.flagged
        self.as_of = whole.register.as_of

    def lines(self, room: _RegisterLimits) -> Iterator[Line]:
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
        """Return a block's lines, cached over layouts."""
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
        for each in self.view.headline():
            yield from folded_text(each, style="bold")

    def _table(self) -> Iterator[Line]:
        grades = [severity.value for severity in reversed(SEVERITIES)]
        yield _row("", "to put right", *grades, "not known", "met"), ""
        for each in self.view.totals():
            numbers = (each.flagged, *each.severities, each.unknown, each.met)
            cells = (f"{number:,}" if number else "-" for number in numbers)
            yield _row(f"  {each.title}", *cells), ""
        if self.whole.more_pairs:
            more = counted(self.whole.more_pairs, "more pair")
            yield f"  {more} of partnerships with a partner in common.", ""
        if self.view.common:
            yield from folded_text(self.view.common, indent=2)

    def _look(self, most: int) -> Iterator[Line]:
        yield _ranked("Look at first", "C", "H", "M", "L", "tier", "a year"), "bold"
        several = False
        for number, each in enumerate(self.flagged[:most], 1):
            grades = [str(each.severities[one] or "-") for one in reversed(SEVERITIES)]
            tier = tier_of(each)
            word = tier.word if tier is not None else ""
            several = several or word.endswith("+")
            name = cut(called(each.subject), 48)
            yield _ranked(f"  {number:>2}  {name}", *grades, word, money(each)), ""
        notes = [*self.view.notes(most)]
        if several:
            notes.append("medium+: at least medium")
        if notes:
            yield from folded_text("; ".join(notes), indent=6)

    def _organisation(self, most: int) -> Iterator[Line]:
        flagged = self.view.to_put_right
        shown = flagged[:most]
        number = f" ({len(shown)} of {len(flagged)})" if len(flagged) > len(shown) else ""
        yield f"For the organisation to put right, gravest first{number}", "bold"
        for each in shown:
            yield from _to_put_right(each)

    def _frequent(self, most: int) -> Iterator[Line]:
        yield "Most frequent", "bold"
        for rule, times in self.view.frequent.most_common(most):
            yield from folded_text(f"{times:>4,}  {rule.title}")

    def _officers(self, most: int) -> Iterator[Line]:
        found = self.view.officers
        if not found:
            return
        title = "Answers that would settle most, by lead officer"
        yield _asked(title, "not known", "could be critical"), "bold"
        for each in found[:most]:
            of = f"{cut(each.name, 38)} ({counted(each.entries, 'partnership')})"
            yield _asked(f"  {of}", f"{each.unknown:,}", f"{each.critical:,}"), ""
        if len(found) > most:
            yield f"  and {counted(len(found) - most, 'more officer')}", ""


def _to_put_right(item: ToPutRight) -> Iterator[Line]:
    about = item.told or (named([cut(name, 40) for name in item.names]) if item.names else "")
    text = f"{item.finding.rule.title}{f': {about}' if about else ''}."
    begin = f"  {item.severity.value.upper():<8}  "
    yield from hanging(begin, text, STYLES[item.severity])
    if item.owner:
        yield from folded_text(f"{item.owner[:1].upper()}{item.owner[1:]}", indent=len(begin))


def _row(title: str, *cells: str) -> str:
    widths = (14, 10, 6, 8, 5, 12, 7)
    return f"{title:<30}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
    )


def _ranked(title: str, *cells: str) -> str:
    *grades, tier, spent = cells
    return (
        f"{title:<55}"
        + "".join(f"{grade:>4}" for grade in grades)
        + f"  {tier:<8}{spent:>10}".rstrip()
    )


def _asked(title: str, unknown: str, critical: str) -> str:
    return f"{title:<60}{unknown:>12}{critical:>20}"
