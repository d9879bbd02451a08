"""Rules of which, in some circumstances, no arrangement clears all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

import z3

from govrules.engines.reference import Case, judge, scope_of
from govrules.engines.registry import NEVER_FLAGS
from govrules.explain.phrases import joined
from govrules.prove import symbols
from govrules.prove import terms as t
from govrules.prove.arrangements import arranged, can_change
from govrules.prove.encoded import EncodedRule, EncodedRulebook
from govrules.prove.results import Flaw, ProofResult, ProofStatus
from govrules.prove.solving import (
    Clock,
    Solution,
    UndecidedError,
    irrelevant,
    solve_with,
    with_no_answer,
)
from govrules.prove.symbols import SymbolicSubject
from govrules.prove.terms import Term, names_in, variable_name
from govrules.prove.witness import DisagreementError, Witness
from govrules.rulebook.ast import Rule, Verdict, all_conditions
from govrules.rulebook.reads import is_about_records
from govrules.rulebook.walk import tested_records
from govrules.truth import Truth

#: How many sets of rules are tried for conflicts before the search ends undecided.
MOST_CONFLICTS: Final = 60
#: A smallest set of rules that no arrangement clears together, and what shows it.
_Core: TypeAlias = tuple[Sequence[Rule], tuple[Witness, ...]]


def results(encoded: EncodedRulebook, subject: str, rules: Sequence[Rule]) -> Iterator[ProofResult]:
    """Yield each conflict of rules about a subject; that there is none, if so."""
    if not any(can_change(encoded, each) for each in rules):
        return
    kind, level = Flaw.CONFLICT, encoded.level
    outside = [each for each in rules if is_about_records(each)]
    for rule in outside:
        reason = "it tests what is recorded, which no arrangement changes"
        says = f"`{rule.id}` is left out of the conflicts of a {subject}"
        yield ProofResult(kind, rule.id, ProofStatus.OUTSIDE, says, reason=reason, span=rule.span)
    asked = [each for each in rules if each not in outside and each.id not in encoded.hopeless]
    if asked:
        sound = f"some arrangement clears every rule on a {subject} from {level.value} upwards"
        search = _ConflictSearch(encoded, asked)
        found = (_result(subject, *core) for core in search.cores())
        yield from encoded.settled(ProofResult(kind, subject, ProofStatus.PROVED, sound), found)


def _result(subject: str, rules: Sequence[Rule], shown: tuple[Witness, ...]) -> ProofResult:
    names = tuple(rule.id for rule in rules)
    clears = f"clears {joined(f'`{name}`' for name in names)}"
    clears += " together" if len(names) > 1 else ""
    says = f"there are circumstances of a {subject} in which no arrangement {clears}"
    reasons = [dict(rule.intended).get(Flaw.CONFLICT.value, "") for rule in rules]
    reason = next(filter(None, reasons), "")
    status = ProofStatus.INTENDED if reason else ProofStatus.REFUTED
    about, span = names[0] if len(names) == 1 else subject, rules[0].span
    return ProofResult(Flaw.CONFLICT, about, status, says, names, shown, reason, span)


class _ConflictSearch:
    """The search for conflicts of rules about one subject."""

    def __init__(self, encoded: EncodedRulebook, rules: Sequence[Rule]) -> None:
        self._encoded = encoded
        self._rules = {rule.id: encoded.rule(rule) for rule in rules}
        self._space = self._rules[rules[0].id].space
        tested = tested_records(all_conditions(encoded.rulebook))
        self._arranged = arranged(self._space.top, tested)
        #: By rule, that it is met, without arrangements on which that does not depend.
        self._goals: dict[str, Term] = {}

    def cores(self) -> Iterator[_Core]:
        """Yield every minimal set of rules that cannot always be cleared together."""
        self._goals = {name: self._goal(each) for name, each in self._rules.items()}
        for group in self._groups():
            known: list[frozenset[str]] = []
            waiting: list[frozenset[str]] = [frozenset()]
            tried: set[frozenset[str]] = set()
            while waiting:
                left_out = waiting.pop(0)
                if left_out in tried:
                    continue
                tried.add(left_out)
                if len(tried) > MOST_CONFLICTS:
                    raise UndecidedError
                core = next((each for each in known if not each & left_out), None)
                if core is None:
                    kept = [each for each in group if each.id not in left_out]
                    found = self._no_way_out(kept, Clock.of(self._encoded.seconds))
                    if found is None:
                        continue
                    core = frozenset(each.id for each in found[0])
                    known.append(core)
                    yield found
                waiting += [left_out | {each} for each in sorted(core)]

    def _goal(self, terms: EncodedRule) -> Term:
        """Return that a rule is met, without irrelevant arrangements."""
        space = self._space
        goal = t.no(t.both(terms.flagged, terms.in_force, terms.at_least[self._encoded.level]))
        named, laws = names_in(goal), space.laws_of(names_in(goal))[1]
        choices = space.named(named & self._arranged).values()
        idle = irrelevant(goal, laws, [choice for choice in choices if z3.is_bool(choice)])
        return z3.simplify(z3.substitute(goal, *((each, t.false()) for each in idle)))

    def _groups(self) -> Iterator[list[Rule]]:
        """Yield groups of rules that share no arrangement."""
        groups: list[tuple[frozenset[str], list[str]]] = []
        for name, goal in self._goals.items():
            named, together = names_in(goal) & self._arranged, [name]
            for other, members in [each for each in groups if each[0] & named]:
                groups.remove((other, members))
                named, together = named | other, [*together, *members]
            groups.append((named, together))
        for _, members in groups:
            yield [each.rule for name, each in self._rules.items() if name in members]

    def _no_way_out(self, rules: Sequence[Rule], clock: Clock) -> _Core | None:
        """Return a minimal set of rules that no arrangement clears, with its witness."""
        if not rules:
            return None
        space = self._space
        good = t.both(*(self._goals[each.id] for each in rules))
        named, laws = space.laws_of(names_in(good))
        # A record that no rule tests as such may as well be there: its facts can be none or no.
        free = space.named(named & self._arranged - names_in(good)).values()
        there = [(each, t.false()) for each in free if z3.is_bool(each)]
        laws = [z3.simplify(z3.substitute(law, *there)) for law in laws]
        answers, given = space.named(named & self._arranged), named - self._arranged
        model = with_no_answer(
            space,
            [law for law in laws if not names_in(law) & self._arranged],
            t.both(good, *laws),
            answers=answers,
            given=given,
            like=_today(space, answers, given),
            clock=clock,
        )
        if model is None:
            return None
        facts = [*space.fixed(model, given), *laws]
        core = list(rules)
        for rule in rules:
            fewer = [each for each in core if each is not rule]
            solver = t.new_solver()
            solver.add(*facts, *(self._goals[each.id] for each in fewer))
            if not clock.check(solver):
                core = fewer
        # Elsewhere still fewer of them may be in conflict.
        for rule in core if len(core) > 1 else []:
            smaller = self._no_way_out([each for each in core if each is not rule], clock)
            if smaller is not None:
                return smaller
        return core, self._shown(core, named, facts, clock)

    def _shown(
        self, core: Sequence[Rule], named: set[str], facts: list[Term], clock: Clock
    ) -> tuple[Witness, ...]:
        """Return for each rule of a conflict a witness: meeting the others leaves it flagged."""
        space, encoded = self._space, self._encoded
        several = [self._rules[each.id] for each in core]
        terms = [so for each in several for so in (each.flagged, each.at_least[encoded.level])]
        wanted, all_laws = space.laws_of(set[str]().union(*map(names_in, terms)))
        shown: list[Witness] = []
        for rule in core:
            others = [each for each in core if each is not rule]
            met = [self._goals[each.id] for each in others]
            found = solve_with(space, clock, named | wanted, [*facts, *met, *all_laws])
            if found is None:
                raise DisagreementError(f"the conflict of {[each.id for each in core]} is no core")
            start = Solution(space, found.model, wanted).tree()
            scopes = [(each, scope_of(each, encoded.case(rule, start))) for each in others]
            name = "nothing clears it" if not others else "what clears the others leaves it"
            shown += encoded.examples(rule, {name: start}, partial(self._shows, rule, scopes))
        return tuple(shown)

    def _shows(self, rule: Rule, others: Iterable[tuple[Rule, Truth]], case: Case) -> bool:
        """Tell whether a rule is grave while the others are met and still apply."""
        level, severity = self._encoded.level, judge(rule, case).severity
        if severity is None or severity < level:
            return False
        for other, scope in others:
            outcome = judge(other, case)
            worst = outcome.could_be or outcome.severity
            flagged = outcome.verdict is Verdict.FLAGGED and worst is not None and worst < level
            if outcome.scope is not scope or not (flagged or outcome.verdict in NEVER_FLAGS):
                return False
        return True


def _today(space: SymbolicSubject, answers: Iterable[str], given: Iterable[str]) -> dict[str, Term]:
    """Return the equations that fix a date to the assessment's, part by part."""
    days = zip(symbols.PARTS, space.as_of.term, strict=True)
    today = {word: part for word, part in days if variable_name(part) in given}
    pairs = itertools.product(answers, today)
    return {name: today[word] for name, word in pairs if name.endswith(f" {word}")}
