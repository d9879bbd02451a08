"""Arrangements adopted and taken away."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

import attrs
import z3

from govrules.facts import parts_of
from govrules.prove import symbols
from govrules.prove import terms as t
from govrules.prove.encoded import EncodedRulebook
from govrules.prove.symbols import SymbolicRecord, SymbolicSubject
from govrules.prove.terms import Term, variable_name
from govrules.rulebook.ast import Rule
from govrules.vocabulary import Date, Fact, Kind, Record, YesNo, vocabulary_of


@attrs.frozen(eq=False)
class Adoption:
    """
    The adoption of one arrangement; reversed, its removal.

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

    def touches(self, names: frozenset[str]) -> bool:
        """Tell whether the adoption changes any of some variables."""
        inside = bool(self.prefix) and any(name.startswith(self.prefix) for name in names)
        return inside or not names.isdisjoint(self.without)

    def fresh(self, space: SymbolicSubject, named: set[str], word: str) -> dict[str, Term]:
        """Return a renamed copy of each variable the adoption changes."""
        prefix = self.prefix
        several = {each for each in named if prefix and each.startswith(prefix)} - set(self.without)
        found = space.named(several).items()
        return {name: z3.Const(f"{name} {word}", variable.sort()) for name, variable in found}


def can_change(encoded: EncodedRulebook, rule: Rule) -> bool:
    """Tell whether governance can change anything about the subjects of a rule."""
    return _has_arrangements(encoded.cls(rule))


def arranged(record: SymbolicRecord, tested: Container[str], *, all_: bool = False) -> set[str]:
    """
    Return the names of a record's variables that governance can change.

    Args:
        record: the record.

        tested: paths of records that a rule tests as such.

        all_: whether it can change the record as a whole.
    """
    facts, found = vocabulary_of(record.cls).facts, set[str]()
    for name, held in record.held.items():
        within = [facts[each] for each in parts_of(name) if each in facts]
        so = all_ or any(map(_is_arrangement, (held.fact, *within)))
        if isinstance(held.fact.type, Record) and held.path not in tested:
            # Where arrangements stand in a circumstance, adopting one puts the record there.
            so = so or _has_arrangements(held.fact.type.cls)
        found.update(map(variable_name, held.variables() if so else ()))
        if isinstance(held, symbols.Several):
            found.update(*(arranged(each, tested, all_=so) for _, each in held.places))
    return found


def _is_arrangement(fact: Fact) -> bool:
    return fact.kind is Kind.ARRANGEMENT


def _has_arrangements(cls: type) -> bool:
    return any(map(_is_arrangement, vocabulary_of(cls).paths.values()))


def put(space: SymbolicSubject, term: Term, values: Mapping[str, Term]) -> Term:
    """Return a term with variables substituted, by name."""
    pairs = [(space.by_name[name], value) for name, value in values.items()]
    return z3.substitute(term, *pairs) if pairs else term


def steps(record: SymbolicRecord, *, choices: bool) -> Iterator[Adoption]:
    """Yield every adoption a rule could see; optionally of choices too."""
    for held in list(record.held.values()):
        if _is_arrangement(held.fact):
            yield from _steps_of(held, choices=choices)
        if isinstance(held, symbols.Several) and held.records:
            # Records of a list are alike: what one can do, the first can.
            yield from steps(next(iter(held.records.values())), choices=choices)


def _steps_of(held: symbols.Held, *, choices: bool) -> Iterator[Adoption]:
    path, yes, no = held.path, t.true(), t.false()
    match held:
        case symbols.Single(fact=Fact(type=YesNo()), term=term):
            name = variable_name(term)
            yield Adoption(path, "no to yes", "yes to no", {name: no}, {name: yes})
        case symbols.Single(fact=Fact(type=Date())):
            # A date goes with the act that it dates: alone it would only leave that unsaid.
            pass
        case symbols.Single(fact=Fact(type=kind)) if choices or isinstance(kind, Record):
            known = {variable_name(held.known): yes} if t.is_variable(held.known) else {}
            none, inside = variable_name(held.none), f"{path}." if isinstance(kind, Record) else ""
            without, having = {none: yes, **known}, {none: no, **known}
            yield Adoption(path, "none to in place", "in place to none", without, having, inside)
        case symbols.Several(of=of, records=records) if records:
            names = {variable_name(each): records[place].prefix for place, each in of.items()}
            for index, (name, prefix) in enumerate(names.items()):
                without = {each: t.truth(i < index) for i, each in enumerate(names)}
                having = {**without, name: yes}
                yield Adoption(path, "a record more", "a record less", without, having, prefix)
        case symbols.Several(of=of):
            for member, variable in of.items():
                more, less = f"a member more, `{member}`", f"a member less, `{member}`"
                name = variable_name(variable)
                yield Adoption(path, more, less, {name: no}, {name: yes})
        case _:
            pass
