"""Whether two rules, or two tables of a derived fact, say the same of every subject."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.diff.cases import cases_for
from govrules.engines.reference import derive, judge
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.lower import Lowering
from govrules.rulebook.ast import Derived, Rule, Rulebook, Severity
from govrules.vocabulary import Fact

#: The longest list of records that a proof considers, and how long it may take in seconds.
BOUND: Final = 4
SECONDS: Final = 10.0
#: So many subjects are generated where no prover is installed.
CASES: Final = 400

Logic = Rule | Derived


@attrs.frozen
class Decided:
    """
    Whether two rules mean the same, and how that is known.

    Attributes:
        same: whether they do.
        how: by what it was decided, as a clause.
        example: facts of which they say different things, as YAML; "" where there are none.
    """

    same: bool
    how: str
    example: str = ""


@attrs.frozen(eq=False)
class Side:
    """One of two rulebooks, lowered where that is asked for."""

    rulebook: Rulebook
    lowering: Lowering

    @classmethod
    def of(cls, rulebook: Rulebook) -> Side:
        """Make a side."""
        return cls(rulebook, Lowering(rulebook.derived))

    def formulas(self, about: Logic) -> tuple[ir.Formula, ...]:
        """Return all that tells of the outcome of a rule, or of the values of a derived fact."""
        if isinstance(about, Derived):
            table = self.lowering.table(about.name, ir.subject(about.cls))
            return tuple(table.may.get(each, f.FALSE) for each in _values(about))
        judged = self.lowering.rule(about, self.rulebook.subjects[about.subject])
        possible = (judged.severities.get(each, f.FALSE) for each in Severity)
        verdicts = (judged.not_applicable, judged.clear, judged.flagged)
        return (*verdicts, *possible, *judged.mitigations)


def _values(derived: Derived) -> list[Any]:
    found = {*(row.value for row in derived.rows), derived.otherwise}
    return sorted(found, key=str)


def decide(old: Logic, old_side: Side, new: Logic, new_side: Side) -> Decided:
    """Return whether two rules, or two derived facts, say the same of every subject."""
    if isinstance(old, Derived) and isinstance(new, Derived) and _values(old) != _values(new):
        return Decided(same=False, how="it has other values")
    if isinstance(old, Rule) and isinstance(new, Rule):
        if old.subject != new.subject or old.in_force != new.in_force:
            return Decided(same=False, how="it is about something else, or in force at other times")
        if len(old.mitigated_by) != len(new.mitigated_by):
            return Decided(same=False, how="it has another number of mitigations")
    one, two = old_side.formulas(old), new_side.formulas(new)
    if all(each is other for each, other in zip(one, two, strict=True)):
        return Decided(same=True, how="both come to the same formulas")
    try:
        return _proved(old, one, two, old_side, new_side)
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
    except TimeoutError:
        pass
    return _tried(old, old_side, new, new_side)


def _proved(
    about: Logic,
    one: Sequence[ir.Formula],
    two: Sequence[ir.Formula],
    old_side: Side,
    new_side: Side,
) -> Decided:
    """Decide by the prover."""
    from govrules.prove import terms as t  # noqa: PLC0415 - z3 is an extra
    from govrules.prove.solving import Clock, UndecidedError, solve  # noqa: PLC0415 - likewise
    from govrules.prove.symbols import Space  # noqa: PLC0415 - likewise
    from govrules.prove.translate import Translator  # noqa: PLC0415 - likewise
    from govrules.prove.witness import given  # noqa: PLC0415 - likewise

    cls = about.cls if isinstance(about, Derived) else new_side.rulebook.subjects[about.subject]
    local: Mapping[str, Fact] = {**old_side.rulebook.local, **new_side.rulebook.local}

    def ask() -> Iterator[Decided]:
        translator = Translator(Space(cls, complete=False, bound=BOUND, texts=[], local=local))
        pairs = [
            (translator.term(each), translator.term(other))
            for each, other in zip(one, two, strict=True)
            if each is not other
        ]
        differ = t.either(*(t.either(t.both(a, t.no(b)), t.both(b, t.no(a))) for a, b in pairs))
        try:
            found = solve(translator.space, Clock.of(SECONDS), differ)
        except UndecidedError:
            raise TimeoutError from None
        if found is None:
            how = f"proved, for lists of up to {BOUND} records"
            yield Decided(same=True, how=how)
        else:
            yield Decided(same=False, how="an example was found", example=given(found.tree(), cls))

    return next(t.within(t.Context(), ask()))


def _tried(old: Logic, old_side: Side, new: Logic, new_side: Side) -> Decided:
    """Decide by subjects that are generated: the same ones every time."""
    source = random.Random(0)  # noqa: S311 - nothing secret hangs on it
    for facts in cases_for((old, new), old_side.rulebook, source, CASES):
        one, two = facts.under(old_side.rulebook), facts.under(new_side.rulebook)
        if isinstance(old, Rule) and isinstance(new, Rule):
            said, now = judge(old, one), judge(new, two)
            differs = (said.verdict, said.severity, said.could_be, len(said.mitigations)) != (
                now.verdict,
                now.severity,
                now.could_be,
                len(now.mitigations),
            )
        else:
            assert isinstance(old, Derived)  # noqa: S101 - both are
            assert isinstance(new, Derived)  # noqa: S101 - likewise
            differs = derive(old, one) != derive(new, two)
        if differs:
            return Decided(same=False, how="an example was found", example=facts.written)
    how = f"{CASES} generated cases showed no difference, which is no proof"
    return Decided(same=True, how=how)
