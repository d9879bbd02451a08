"""Arrangements adopted and taken away, and whether less in place is ever found less grave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs
import z3

from govrules.prove import symbols
from govrules.prove import terms as t
from govrules.prove.solving import Clock, Found, solve_with
from govrules.prove.symbols import Space, SymbolicRecord
from govrules.prove.terms import Term, name_of, names_in
from govrules.vocabulary import Date, Fact, Kind, Record, YesNo

#: By rule, whether it is flagged with each severity, the gravest first.
Graded: TypeAlias = Mapping[str, Sequence[Term]]


@attrs.frozen(eq=False)
class Step:
    """
    The adoption of one arrangement; the other way round, that it is taken away.

    Attributes:
        path: the fact.
        what: what is done where it is adopted.
        undone: what is done where it is taken away.
        without: variables as they are without it, by name.
        having: the same variables with it.
        prefix: what the names of the facts begin with that come and go with it.
    """

    path: str
    what: str
    undone: str
    without: Mapping[str, Term]
    having: Mapping[str, Term]
    prefix: str = ""

    @property
    def about(self) -> str:
        """The fact, without places in lists."""
        return self.path.replace("[0]", "[]")

    def fresh(self, space: Space, named: set[str], word: str) -> dict[str, Term]:
        """Return for each named variable that comes or goes with it a new one, called by a word."""
        prefix = self.prefix
        several = {each for each in named if prefix and each.startswith(prefix)} - set(self.without)
        found = space.named(several).items()
        return {name: z3.Const(f"{name} {word}", variable.sort()) for name, variable in found}


def put(space: Space, term: Term, values: Mapping[str, Term]) -> Term:
    """Return a term with values in place of variables, by name."""
    pairs = [(space.by_name[name], value) for name, value in values.items()]
    return z3.substitute(term, *pairs) if pairs else term


def lessened(space: Space, graded: Graded, step: Step, clock: Clock) -> tuple[Found, Found] | None:
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


def _found(space: Space, graded: Graded, step: Step, clock: Clock) -> tuple[Found, Found] | None:
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


def steps(record: SymbolicRecord, *, choices: bool) -> Iterator[Step]:
    """Yield every adoption of an arrangement that a rule could see; if so asked, of choices too."""
    for held in list(record.held.values()):
        if held.fact.kind is Kind.ARRANGEMENT:
            yield from _steps_of(held, choices=choices)
        if isinstance(held, symbols.Listed):
            # Records of a list are alike: what one can do, the first can.
            yield from steps(held.records[0], choices=choices)


def _steps_of(held: symbols.Held, *, choices: bool) -> Iterator[Step]:
    path, yes, no = held.path, t.true(), t.false()
    match held:
        case symbols.Single(fact=Fact(type=YesNo()), term=term):
            name = name_of(term)
            yield Step(path, "no to yes", "yes to no", {name: no}, {name: yes})
        case symbols.Single(fact=Fact(type=Date())):
            # A date goes with the act that it dates: alone it would only leave that unsaid.
            pass
        case symbols.Single(fact=Fact(type=kind)) if choices or isinstance(kind, Record):
            known = {name_of(held.known): yes} if t.is_variable(held.known) else {}
            none, inside = name_of(held.none), f"{path}." if isinstance(kind, Record) else ""
            without, having = {none: yes, **known}, {none: no, **known}
            yield Step(path, "none to in place", "in place to none", without, having, inside)
        case symbols.Members(of=of):
            for member, variable in of.items():
                more, less = f"a member more, `{member}`", f"a member less, `{member}`"
                name = name_of(variable)
                yield Step(path, more, less, {name: no}, {name: yes})
        case symbols.Listed(of=of, records=records):
            names = [name_of(each) for each in of.values()]
            for index, name in enumerate(names):
                without = {each: t.truth(i < index) for i, each in enumerate(names)}
                having, prefix = {**without, name: yes}, records[index].prefix
                yield Step(path, "a record more", "a record less", without, having, prefix)
        case _:
            pass
