"""Asking z3, within a time limit: for a model as plain data, and for what no answer mends."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import attrs
import z3

from govrules.prove import terms as t
from govrules.prove.symbols import SymbolicSubject, Tree, value_in
from govrules.prove.terms import Term
from govrules.truth import UNKNOWN
from govrules.vocabulary import AS_OF

_ROUNDS: tuple[int, ...] = (1, 100, 10**6)
#: The seconds in which a goal is made smaller where that is easy.
_SOON = 1.0


class UndecidedError(Exception):
    """A proof ran out of time."""


@attrs.frozen
class Clock:
    """The deadline of a proof."""

    ends: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """Start a clock."""
        return cls(time.monotonic() + seconds)

    def check(self, solver: z3.Solver, *assumed: Term) -> bool:
        """Return whether there is a model."""
        left = int((self.ends - time.monotonic()) * 1000)
        if left > 0:
            solver.set("timeout", left)
            answer = solver.check(*assumed)
            if answer != z3.unknown:
                return bool(answer == z3.sat)
        raise UndecidedError


@attrs.frozen(eq=False)
class Solution:
    """
    A model with its variables.

    Attributes:
        space: the facts.
        model: their values.
        wanted: the names of the variables that matter.
    """

    space: SymbolicSubject
    model: z3.ModelRef
    wanted: set[str]

    def tree(self) -> Tree:
        """Return the facts as plain data."""
        tree = self.space.top.read(self.model, self.wanted)
        as_of = self.space.as_of
        if not self.wanted.isdisjoint(map(t.variable_name, as_of.variables())):
            day = as_of.read(self.model, self.wanted)
            tree |= {} if day is UNKNOWN else {AS_OF.name: day}
        return tree

    def changed(self, changes: Mapping[str, Term]) -> Solution:
        """Return the model with some variables replaced."""
        solver = t.new_solver()
        for name, variable in self.space.named(self.wanted).items():
            value = changes.get(name, variable)
            solver.add(variable == self.model.eval(value, model_completion=True))
        solver.check()
        return Solution(self.space, solver.model(), self.wanted)


def solve(space: SymbolicSubject, clock: Clock, *goals: Term) -> Solution | None:
    """Return a model of goals and of the laws on the facts they name; None if there is none."""
    goal = t.both(*goals)
    if t.is_false(goal):
        return None
    wanted, laws = space.laws_of(t.names_in(goal))
    return solve_with(space, clock, wanted, [goal, *laws])


def solve_with(
    space: SymbolicSubject, clock: Clock, wanted: set[str], terms: Sequence[Term]
) -> Solution | None:
    """Return a model of terms, preferring dates and amounts that people write."""
    solver = t.new_solver()
    solver.add(*terms)
    if not _satisfied(solver, space.near(wanted), clock):
        return None
    model = solver.model()
    reals = [each for each in space.named(wanted).values() if z3.is_real(each)]
    for scale in _ROUNDS:
        if all((value_in(model, each) * _ROUNDS[-1]).denominator == 1 for each in reals):
            break
        rounded = [z3.IsInt(each * scale) for each in reals]
        if clock.check(solver, *rounded):
            model = solver.model()
    return Solution(space, model, wanted)


def irrelevant(goal: Term, laws: Iterable[Term], variables: Sequence[Term]) -> list[Term]:
    """
    Return truth variables on which a goal jointly does not depend, under the laws.

    One solver learns for them all; what it does not decide soon counts as relevant.
    """
    solver = t.new_solver()
    differs, gone = ([z3.FreshConst(each.sort()) for each in variables] for _ in range(2))
    left = [t.both(each, t.no(out)) for each, out in zip(variables, gone, strict=True)]
    yes = [t.either(*pair) for pair in zip(differs, left, strict=True)]
    no = [t.both(t.no(each), rest) for each, rest in zip(differs, left, strict=True)]
    copies = (z3.substitute(goal, *zip(variables, each, strict=True)) for each in (yes, no))
    solver.add(*laws, z3.Xor(*copies))
    idle: list[Term] = []
    out = list(map(t.no, gone))
    for number, variable in enumerate(variables):
        same = [t.no(each) for each in differs if each is not differs[number]]
        try:
            matters = Clock.of(_SOON).check(solver, differs[number], *same, *out)
        except UndecidedError:
            matters = True
        if not matters:
            out[number] = gone[number]
            idle.append(variable)
    return idle


def with_no_answer(
    space: SymbolicSubject,
    circumstances: Iterable[Term],
    good: Term,
    *,
    answers: Mapping[str, Term],
    given: set[str],
    like: Mapping[str, Term],
    clock: Clock,
) -> z3.ModelRef | None:
    """
    Return circumstances in which no answer is good; None if there always is one.

    Each answer that is found to be good somewhere is ruled out everywhere at once.

    Args:
        space: the facts, of which dates had better be ones that people write.

        circumstances: what is so of them.

        good: what a good answer does, in terms of both.

        answers: the variables of an answer, by name.

        given: the names of the variables of the circumstances.

        like: what of the circumstances an answer may well be the same as, by its name: a review
            today is a good answer on every day.

        clock: when to stop.
    """
    prefer = space.near(given)
    guess = t.new_solver()
    guess.add(*circumstances)
    answer = t.new_solver()
    answer.add(good)
    named = t.names_in(good)
    free = [variable for name, variable in sorted(answers.items()) if name in named]
    same = {each.get_id(): like[name] for name, each in answers.items() if name in like}
    alike = [each == same[each.get_id()] for each in free if each.get_id() in same]
    # What is easiest to think of: everything in place.
    first = [(each, t.true()) for each in free if z3.is_bool(each)]
    last: list[tuple[Term, Term]] = []
    while True:
        if not _satisfied(guess, prefer, clock):
            return None
        model = guess.model()
        # Kept until the next, because z3 gives the numbers of terms that are gone to others.
        pinned = space.fixed(model, given & named)
        answer.push()
        answer.add(*pinned)
        rest = [each == value for each, value in (last or first) if each.get_id() not in same]
        hints = [*alike, *rest]
        found = answer.model() if _satisfied(answer, hints, clock) else None
        answer.pop()
        if found is None:
            return model
        last = [(each, _answered(each, found, same)) for each in free]
        guess.add(t.no(z3.simplify(z3.substitute(good, *last)) if last else good))


def _answered(variable: Term, model: z3.ModelRef, same: Mapping[int, Term]) -> Term:
    value = model.eval(variable, model_completion=True)
    other = same.get(variable.get_id())
    if other is not None and model.eval(other, model_completion=True).eq(value):
        return other
    return value


def _satisfied(solver: z3.Solver, hints: list[Term], clock: Clock) -> bool:
    """Check satisfiability, leaving a model that follows as many hints as possible."""
    kept = hints
    for _ in range(8):
        if clock.check(solver, *kept):
            return True
        core = {each.get_id() for each in solver.unsat_core()}
        if not core:
            return False
        kept = [each for each in kept if each.get_id() not in core]
    return clock.check(solver)
