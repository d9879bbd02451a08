"""Whether less in place is ever found less grave: two states of a subject, compared by z3."""

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
from govrules.vocabulary import Date, Fact, Kind, YesNo

#: By rule, whether it is flagged with each severity, the gravest first.
Graded: TypeAlias = Mapping[str, Sequence[Term]]


@attrs.frozen
class Removal:
    """
    An arrangement that is taken away.

    Attributes:
        path: the fact.
        what: what is done.
        before: variables as they are before, by name.
        after: the same variables after.
        prefix: what the names of the facts begin with that go with it.
    """

    path: str
    what: str
    before: Mapping[str, Term]
    after: Mapping[str, Term]
    prefix: str = ""

    @property
    def about(self) -> str:
        """The fact, without places in lists."""
        return self.path.replace("[0]", "[]")


def lessened(
    space: Space, graded: Graded, removal: Removal, clock: Clock
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
        if any(not names_in(each).isdisjoint(removal.before) for each in levels)
    }
    if not touched or _found(space, touched, removal, clock) is None:
        return None
    return _found(space, graded, removal, clock)


def _found(
    space: Space, graded: Graded, removal: Removal, clock: Clock
) -> tuple[Found, Found] | None:
    levels = [list(each) for each in zip(*graded.values(), strict=True)]
    terms = [each for level in levels for each in level]
    named, laws = space.laws_of(set[str](removal.before).union(*map(names_in, terms)))
    gone = [each for each in named if removal.prefix and each.startswith(removal.prefix)]
    fresh = {
        name: z3.Const(f"{name} gone", variable.sort())
        for name, variable in space.named(set(gone) - set(removal.before)).items()
    }
    without = {**removal.after, **fresh}

    def put(values: Mapping[str, Term], term: Term) -> Term:
        pairs = [(space.by_name[name], value) for name, value in values.items()]
        return z3.substitute(term, *pairs)

    worse: list[Term] = []
    none_above: Term = t.true()
    for level in levels:
        now = [put(removal.before, each) for each in level]
        then = [put(without, each) for each in level]
        # What an arrangement does not touch counts alike on both sides.
        pairs = [(a, b) for a, b in zip(now, then, strict=True) if not a.eq(b)]
        fewer = t.number_of([b for _, b in pairs]) < t.number_of([a for a, _ in pairs])
        worse.append(t.both(none_above, fewer) if pairs else t.false())
        none_above = t.both(none_above, *(t.no(each) for each in (*now, *then)))
    states = [*(put(removal.before, law) for law in laws), *(put(without, law) for law in laws)]
    found = solve_with(space, clock, named - set(removal.before), [*states, t.either(*worse)])
    if found is None:
        return None
    both = Found(space, found.model, named)
    return both.changed(removal.before), both.changed(without)


def removals(record: SymbolicRecord) -> Iterator[Removal]:
    """Yield every way to take an arrangement away that a rule could see."""
    for held in list(record.held.values()):
        arranged = held.fact.kind is Kind.ARRANGEMENT
        match held:
            case symbols.Nested(state=state, inner=inner):
                if arranged:
                    yield _to_none(state, f"{state.path}.")
                yield from removals(inner)
            case symbols.Single(fact=Fact(type=YesNo()), term=term) if arranged:
                name = name_of(term)
                yield Removal(held.path, "yes to no", {name: t.true()}, {name: t.false()})
            case symbols.Single(fact=Fact(type=Date())):
                # A date goes with the act that it dates: alone it would only leave that unsaid.
                pass
            case symbols.Single() if arranged:
                yield _to_none(held)
            case symbols.Members(of=of) if arranged:
                for member, variable in of.items():
                    name, what = name_of(variable), f"a member less, `{member}`"
                    yield Removal(held.path, what, {name: t.true()}, {name: t.false()})
            case symbols.Listed(of=of, records=records):
                names = [name_of(each) for each in of.values()]
                for index, name in enumerate(names if arranged else []):
                    before = {each: t.truth(i <= index) for i, each in enumerate(names)}
                    after = {**before, name: t.false()}
                    yield Removal(held.path, "a record less", before, after)
                # Records of a list are alike: what one can do, the first can.
                yield from removals(records[0])
            case _:
                pass


def _to_none(single: symbols.Single, prefix: str = "") -> Removal:
    none = name_of(single.none)
    before, after = {none: t.false()}, {none: t.true()}
    return Removal(single.path, "in place to none", before, after, prefix)
