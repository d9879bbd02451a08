"""A fact that a rule asks for though no answer, whatever else turns out, changes what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import attrs
import z3

from govrules.lowering.asks import QuestionCompiler
from govrules.prove import terms as t
from govrules.prove.encoded import EncodedRulebook, Proof, ProofFinding
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, solve
from govrules.prove.symbols import (
    Day,
    Held,
    Several,
    Single,
    SymbolicRecord,
    SymbolicSubject,
    earlier,
)
from govrules.prove.terms import Term, names_in, variable_name
from govrules.rulebook.ast import Rule
from govrules.rulebook.reads import is_about_records
from govrules.vocabulary import AS_OF, is_past

_PLACE: Final = re.compile(r"\[\d+\]")


@attrs.frozen(eq=False)
class _Questions:
    """
    A rule's questions on a partial subject, with two of its completions.

    Attributes:
        space: what is known of the subject.
        asks: by the path of a fact, where the rule asks for it.
        chosen: by the path of a fact, whether that is the fact in which the two may differ.
        outcome: what the rule says.
        laws: what holds of the subject and of all that it can turn out to be.
        few: that no list turns out to have more than one record.
        pairs: the subject's variables, each with what it turns out to be in each of the two.
    """

    space: SymbolicSubject
    asks: dict[str, Term]
    chosen: dict[str, Term]
    outcome: list[Term]
    laws: list[Term]
    few: list[Term] = attrs.field(factory=list)
    pairs: tuple[list[tuple[Term, Term]], list[tuple[Term, Term]]] = attrs.field(
        factory=lambda: ([], [])
    )

    def fill(self, record: SymbolicRecord, there: Term, wanted: set[str]) -> None:
        """Complete a record's unknown facts, as far as they matter."""
        for held in list(record.held.values()):
            if not wanted.isdisjoint(map(variable_name, held.variables())):
                self._fill(held, there)
            for taken, inner in held.places if isinstance(held, Several) else ():
                self.fill(inner, t.both(there, taken), wanted)

    def _fill(self, held: Held, there: Term) -> None:
        path = _PLACE.sub("[]", held.path)
        differs = t.either(*(so for each, so in self.chosen.items() if _covers(each, path)))
        if isinstance(held, Single):
            for variable in held.variables():
                if variable.eq(held.known):
                    self._turn(variable, t.true(), t.true())
                else:
                    known = t.both(there, held.known)
                    answers = _answers(variable, differs)
                    self._turn(variable, *(t.one_of(known, variable, answer) for answer in answers))
            if is_past(held.fact.type) and isinstance(held.term, Day):
                # What is said to be done on a day ahead counts as unknown.
                ahead = earlier(self.space.as_of.term, held.term)
                self.laws.append(t.either(held.none, t.no(ahead)))
            return
        # Of a record that nobody recorded yet nothing is known.
        more = t.either(t.no(there), held.more)
        for variable in held.of.values():
            known = t.both(there, variable)
            answers = _answers(variable, differs)
            several = (t.one_of(more, t.either(known, answer), variable) for answer in answers)
            self._turn(variable, *several)
        if held.records:
            beyond = len(held.of) - 1
            for pairs in self.pairs if beyond else ():
                self.few.extend(t.no(each) for _, each in pairs[-beyond:])
        self._turn(held.more, t.false(), t.false())

    def _turn(self, variable: Term, *turned: Term) -> None:
        if t.is_variable(variable):
            for pairs, each in zip(self.pairs, turned, strict=True):
                pairs.append((variable, each))

    @cached_property
    def solver(self) -> z3.Solver:
        """A solver asking whether two answers can change the outcome."""
        solver = t.new_solver()
        solver.add(*self.laws)
        for pairs in self.pairs:
            solver.add(*(z3.substitute(law, *pairs) for law in self.laws))
        one, other = (
            [z3.substitute(each, *pairs) for each in self.outcome] for pairs in self.pairs
        )
        solver.add(t.either(*map(z3.Xor, one, other)))
        return solver


def _answers(variable: Term, differs: Term) -> tuple[Term, Term]:
    name, sort = variable_name(variable), variable.sort()
    one = z3.Const(f"{name} answered", sort)
    return one, t.one_of(differs, z3.Const(f"{name} answered otherwise", sort), one)


def _covers(asked: str, path: str) -> bool:
    """Tell whether the answer to a question also fixes the value at a path."""
    return path == asked or path.startswith((f"{asked}.", f"{asked}[]."))


def _cases(encoded: EncodedRulebook, rule: Rule) -> Iterator[tuple[str, _Questions]]:
    # What a rule says of the record itself changes with every answer.
    if is_about_records(rule):
        return
    cls = encoded.cls(rule)
    translator = encoded.translator(cls, complete=False)
    formulas = QuestionCompiler(encoded.lowering).rule(rule, cls)
    asks = {path: translator.term(so) for path, so in formulas.items() if path != AS_OF.name}
    told, space = encoded.rule(rule, translator), translator.space
    outcome = [told.flagged, told.clear, told.not_applicable, *told.at_least.values()]
    wanted, laws = space.laws_of(set[str]().union(*map(names_in, (*asks.values(), *outcome))))
    asks = {path: so for path, so in asks.items() if not t.is_false(so)}
    chosen = {path: t.variable(z3.Bool, f"`{path}` is asked for") for path in asks}
    questions = _Questions(space, asks, chosen, outcome, [space.as_of.known, *laws])
    questions.fill(space.top, t.true(), wanted)
    for path in asks:
        yield path, questions


def _find(
    encoded: EncodedRulebook, rule: Rule, path: str, questions: _Questions, clock: Clock
) -> Iterator[ProofFinding]:
    asked = questions.asks[path]
    alone = [so if each == path else t.no(so) for each, so in questions.chosen.items()]
    # One record of a list is enough for most, and soon looked at.
    for few in (questions.few, ()):
        if clock.check(questions.solver, asked, *alone, *few):
            return
    found = solve(questions.space, clock, asked)
    if found is not None:
        shown = encoded.example(rule, found.tree(), f"{path} is asked for in vain")
        says = f"`{rule.id}` asks for `{path}`, and no answer to it ever changes anything"
        yield ProofFinding(says, (shown,))


PROOF = Proof(
    Flaw.IDLE_QUESTION, "what `{0}` says can hang on `{1}`, for which it asks", _find, _cases
)
