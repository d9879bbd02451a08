"""The questions left: the facts that, once told, settle what is still open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, assert_never

from govrules.engines.registry import Outcome
from govrules.explain.cells import Cited, Frame, Frames
from govrules.explain.closures import Check, Closures
from govrules.explain.judging import ExplainedOutcome
from govrules.explain.view import View
from govrules.lowering import ir
from govrules.lowering.asks import (
    Beneath,
    Part,
    Parts,
    QuestionPlan,
    RecordResidual,
    Residual,
    question_tables,
)
from govrules.rulebook.ast import Rule, Verdict
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Records

#: Facts by their numbers, in the order in which the rule comes to them.
_Found: TypeAlias = dict[int, None]
_Ask: TypeAlias = Callable[[Frames, _Found], None]


def questions(rule: Rule, view: View, said: ExplainedOutcome) -> tuple[Cited, ...]:
    """
    Return the facts to ask for.

    For an unknown verdict, those that settle it; for a flagged one whose severity is not settled,
    those that settle how grave it is.
    """
    if said.asked is None:
        said.asked = tuple(_asked(rule, view, said.outcome))
    return view.cited(said.asked)


def _asked(rule: Rule, view: View, outcome: Outcome) -> _Found:
    frames, found = view.frames, _Found()
    if outcome.verdict is Verdict.UNKNOWN:
        asks, judging = _asks(rule, view), view.rule(rule)
        if judging.scope(frames) is Truth.UNKNOWN:
            asks.scope(frames, found)
        if judging.requires(frames) is Truth.UNKNOWN:
            asks.requires(frames, found)
    else:
        asks = _asks(rule, view)
        for holds, ask in asks.grades:
            ask(frames, found)
            if holds(frames):
                break
        asks.mitigations(frames, found)
    return found


def _asks(rule: Rule, view: View) -> _Asks:
    backend, cls = view.backend, view.frames[0].shape.cls
    kept = backend.asks
    found: tuple[Rule, _Asks] | None = kept.get((id(rule), cls))
    if found is None:
        asking = kept.setdefault(_QuestionClosures, _QuestionClosures(backend.closures))
        found = kept[id(rule), cls] = rule, _Asks(asking, backend.asking.of(rule, cls))
    return found[1]


class _Asks:
    """A rule's questions, as closures on cells."""

    def __init__(self, asking: _QuestionClosures, asked: QuestionPlan) -> None:
        self.scope: Final = asking.of(asked.scope)
        self.requires: Final = asking.of(asked.requires)
        self.mitigations: Final = asking.of(asked.mitigations)
        self.grades: Final = [
            (asking.closures.check(true), asking.of(parts)) for true, parts in asked.grades
        ]


class _QuestionClosures:
    """Compiles question plans to closures collecting fact numbers."""

    def __init__(self, closures: Closures) -> None:
        self.closures: Final = closures
        self._rows: dict[Beneath, Callable[[Frames], _Found]] = {}

    def of(self, parts: Parts) -> _Ask:
        """Return a closure collecting the facts some residuals lead to."""
        several = [self._part(part) for part in parts]
        if len(several) == 1:
            return several[0]

        def ask(s: Frames, found: _Found) -> None:
            for each in several:
                each(s, found)

        return ask

    def _part(self, part: Part) -> _Ask:
        match part:
            case ir.FactRead():
                return self._fact(part)
            case Residual(where, parts):
                return _where(self.closures.check(where), self.of(parts))
            case RecordResidual(var, parts):
                return self._inside(var, self.of(parts))
            case Beneath():
                return self._beneath(part)
            case _:
                assert_never(part)

    def _fact(self, read: ir.FactRead) -> _Ask:
        depth, place = self.closures.at(read)
        whole = isinstance(read.type, Records | Choices)

        def ask(s: Frames, found: _Found) -> None:
            frame = s[depth]
            value = frame.values[place]
            if value[1] if whole else value is UNKNOWN:
                found[frame.first + 1 + place] = None

        return ask

    def _inside(self, var: ir.Var, inner: _Ask) -> _Ask:
        assert var.list is not None  # noqa: S101 - only lists are gone through
        depth, place = self.closures.at(var.list)
        if not var.recorded:
            shape = self.closures.shapes.of(var.cls)

            def ask_beside(s: Frames, found: _Found) -> None:
                blank = Frame(UNKNOWN, "", shape, [*shape.unknown])
                inner((*s[: var.depth], blank), found)

            return ask_beside

        def ask(s: Frames, found: _Found) -> None:
            outer = s[: var.depth]
            for frame in s[depth].values[place][0]:
                inner((*outer, frame), found)

        return ask

    def _beneath(self, beneath: Beneath) -> _Ask:
        depth, order = beneath.table.var.depth, question_tables([beneath])

        def ask(s: Frames, found: _Found) -> None:
            known = s[depth].known
            # Those beneath first, so that a long chain of them is not gone down.
            for each in order:
                if each not in known:
                    known[each] = (self._rows.get(each) or self._filler(each))(s[: depth + 1])
            found.update(known[beneath])

        return ask

    def _filler(self, beneath: Beneath) -> Callable[[Frames], _Found]:
        """Return a closure giving the facts a derived fact's rows still depend on."""
        table, check = beneath.table, self.closures.check
        stated = None if table.stated is None else self.closures.at(table.stated)
        pairs = zip(beneath.rows, table.rows, strict=False)
        rows = [(self.of(parts), check(true)) for parts, (true, _, _) in pairs]

        def fill(s: Frames) -> _Found:
            found = _Found()
            if stated is not None and s[stated[0]].values[stated[1]] is not UNKNOWN:
                return found
            for ask, holds in rows:
                ask(s, found)
                if holds(s):
                    break
            return found

        self._rows[beneath] = fill
        return fill


def _where(holds: Check, inner: _Ask) -> _Ask:
    def ask(s: Frames, found: _Found) -> None:
        if holds(s):
            inner(s, found)

    return ask
