"""Arrangements without which a subject looks better, taken all rules together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from govrules.engines.reference import judge
from govrules.engines.registry import Outcome
from govrules.prove import terms as t
from govrules.prove import witness
from govrules.prove.arrangements import Step, put, steps
from govrules.prove.encoded import EncodedRulebook, is_about_records
from govrules.prove.results import Flaw, Result, Status
from govrules.prove.solving import Clock, Found, UndecidedError, solve_with
from govrules.prove.symbols import Space, Tree
from govrules.prove.terms import Term, names_in
from govrules.rulebook.ast import Rule, Severity

#: By rule, whether it is flagged with each severity, the gravest first.
_Graded: TypeAlias = Mapping[str, Sequence[Term]]


def results(encoded: EncodedRulebook, subject: str, rules: Sequence[Rule]) -> Iterator[Result]:
    """Yield each arrangement without which a subject looks better; that there is none, if so."""
    kind, asked = Flaw.NEVER_WORSE, []
    for rule in rules:
        if is_about_records(rule):
            continue
        if reason := dict(rule.intended).get(kind.value):
            says = f"`{rule.id}` may go with an arrangement that is taken away"
            yield Result(kind, rule.id, Status.INTENDED, says, reason=reason, span=rule.span)
        else:
            asked.append(rule)
    if not asked:
        return
    space = encoded.rule(asked[0]).space
    graded = {each.id: _levels(encoded, each) for each in asked}
    tried, found = 0, set[str]()
    for step in list(steps(space.top, choices=True)):
        tried += 1
        if step.about in found:
            continue
        try:
            pair = _lessened(space, graded, step, Clock.of(encoded.seconds))
        except UndecidedError:
            less = Result(kind, subject, Status.NOT_DECIDED, f"less of `{step.about}`")
            yield encoded.undecided(less)
            continue
        if pair is not None:
            found.add(step.about)
            yield _looks_better(encoded, asked, step, (pair[0].tree(), pair[1].tree()))
    if tried and not found:
        sound = f"{tried} arrangements of a {subject} may go, and it never looks better for it"
        yield Result(kind, subject, Status.PROVED, sound)


def _levels(encoded: EncodedRulebook, rule: Rule) -> list[Term]:
    """Return whether a rule is flagged with each severity, the gravest first."""
    terms, graver, levels = encoded.rule(rule), t.false(), []
    for level in reversed(Severity):
        so = terms.at_least[level]
        levels.append(t.both(terms.flagged, terms.in_force, so, t.no(graver)))
        graver = so
    return levels


def _lessened(
    space: Space, graded: _Graded, step: Step, clock: Clock
) -> tuple[Found, Found] | None:
    """
    Return a subject with an arrangement and without it that looks better without; None if none.

    What is compared is the worst severity and how many rules have it. Rules that the arrangement
    does not touch say the same of both. The touched ones are asked alone first: where their pair
    never gets smaller, that of all does not.
    """
    touched = {
        rule: levels
        for rule, levels in graded.items()
        if any(not names_in(each).isdisjoint(step.without) for each in levels)
    }
    if not touched or _found(space, touched, step, clock) is None:
        return None
    return _found(space, graded, step, clock)


def _found(space: Space, graded: _Graded, step: Step, clock: Clock) -> tuple[Found, Found] | None:
    levels = [list(each) for each in zip(*graded.values(), strict=True)]
    terms = [each for level in levels for each in level]
    named, laws = space.laws_of(set[str](step.without).union(*map(names_in, terms)))
    without = {**step.without, **step.fresh(space, named, "gone")}

    worse: list[Term] = []
    none_above: Term = t.true()
    for level in levels:
        now = [put(space, each, step.having) for each in level]
        then = [put(space, each, without) for each in level]
        # What an arrangement does not touch counts alike on both sides.
        pairs = [(a, b) for a, b in zip(now, then, strict=True) if not a.eq(b)]
        fewer = t.number_of([b for _, b in pairs]) < t.number_of([a for a, _ in pairs])
        worse.append(t.both(none_above, fewer) if pairs else t.false())
        none_above = t.both(none_above, *(t.no(each) for each in (*now, *then)))
    states = [put(space, law, each) for each in (step.having, without) for law in laws]
    found = solve_with(space, clock, named - set(step.without), [*states, t.either(*worse)])
    if found is None:
        return None
    both = Found(space, found.model, named)
    return both.changed(step.having), both.changed(without)


def _looks_better(
    encoded: EncodedRulebook, rules: Sequence[Rule], step: Step, pair: tuple[Tree, ...]
) -> Result:
    def outcomes(tree: Tree) -> list[Outcome]:
        case = encoded.case(rules[0], tree)
        return [judge(each, case) for each in rules]

    def better(trees: tuple[Tree, ...]) -> bool:
        with_it, without_it = (_rank(outcomes(each)) for each in trees)
        return without_it < with_it

    trees = witness.shrunk(pair, better, step.about)
    verdicts = zip(rules, *map(outcomes, trees), strict=True)
    gone = [rule for rule, one, other in verdicts if one.severity != other.severity]
    names = (f"with {step.about}", f"without {step.about}")
    shown = tuple(
        encoded.example(each, tree, name)
        for each in gone
        for tree, name in zip(trees, names, strict=True)
    )
    says = f"taking `{step.about}` away ({step.undone}) makes a {rules[0].subject} look better"
    ids, span = tuple(each.id for each in gone), gone[0].span
    return Result(Flaw.NEVER_WORSE, step.about, Status.REFUTED, says, ids, shown, span=span)


def _rank(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Return the rank of the worst severity and how many have it; nought for none."""
    ranks = [each.severity.rank + 1 for each in outcomes if each.severity is not None]
    worst = max(ranks, default=0)
    return worst, ranks.count(worst)
