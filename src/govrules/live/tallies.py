"""
Conditions on all entries of a register, kept up as entries change.

What a condition on the list of partnerships asks of each of them is remembered for each, so that
a change of one entry looks at that entry alone. The rules see what comes of it as a fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, assert_never

import attrs

from govrules.engines.reference import (
    COUNTED,
    PER_CENT,
    Case,
    count_between,
    evaluate,
    in_interval,
    quantified,
    share_between,
    sum_between,
)
from govrules.facts import Scope
from govrules.model import Partnership, Register
from govrules.rulebook.ast import (
    All,
    AnyOf,
    Compare,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    Op,
    Quantified,
    Rule,
    Rulebook,
    Share,
    Sum,
    Test,
    children,
)
from govrules.rulebook.reads import Path, moves, reads
from govrules.rulebook.walk import nodes
from govrules.truth import UNKNOWN, Truth, unanimous
from govrules.vocabulary import Fact, Kind, YesNo

#: The list whose records are the entries.
ENTRIES: Final = "partnerships"
_VALUES: Final = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: UNKNOWN}
#: A condition on a list.
_OnList = Quantified | Count | Sum | Share


@attrs.define
class Tally:
    """
    A condition on the entries, with what each of them gives to it.

    Attributes:
        name: the local fact that rules read instead.
        node: the condition.
        given: what each entry gives, by its key: truths, and an amount where one is summed.
    """

    name: str
    node: _OnList
    _inside: Mapping[Path, bool]
    _beside: Mapping[Path, bool]
    given: dict[str, tuple[Any, ...]] = attrs.field(factory=dict)
    counted: Counter[tuple[Any, ...]] = attrs.field(factory=Counter)

    def moved_by_entry(self, changed: Iterable[Path]) -> bool:
        """Tell whether facts of an entry count."""
        return any(
            moves(f"{ENTRIES}[].{path}", each, record=record)
            for path in changed
            for each, record in self._inside.items()
        )

    def moved_by_register(self, changed: Iterable[Path]) -> bool:
        """Tell whether facts of the register itself count for each entry."""
        return any(
            moves(path, each, record=record)
            for path in changed
            for each, record in self._inside.items()
        )

    def beside(self, changed: Iterable[Path]) -> bool:
        """Tell whether facts of the register itself count for what is compared with."""
        return any(
            moves(path, each, record=record)
            for path in changed
            for each, record in self._beside.items()
        )

    def of(self, entry: Partnership, case: Case) -> tuple[Any, ...]:
        """Return what an entry gives."""
        inner = case.inside(Scope(entry, f"{ENTRIES}[0].", Partnership))
        match self.node:
            case Quantified(where=where):
                return (evaluate(where, inner),)
            case Count(where=where):
                return (Truth.TRUE if where is None else evaluate(where, inner),)
            case Sum(of=of, where=where):
                counts = Truth.TRUE if where is None else evaluate(where, inner)
                return (counts, inner.facts.value(of, inner.scopes))
            case Share(among=among, where=where):
                counts = Truth.TRUE if among is None else evaluate(among, inner)
                return (counts, evaluate(where, inner))
            case _:
                assert_never(self.node)

    def truth(self, counted: Counter[tuple[Any, ...]], case: Case, *, closed: bool) -> Truth:
        """Return whether the condition holds where so many entries give what they give."""
        match self.node:
            case Quantified(quantity):
                return quantified(quantity, [each for (each,) in counted], closed)
            case Count(predicate=predicate):
                truths = {each: number for (each,), number in counted.items()}
                return in_interval(count_between(truths, closed=closed), predicate, COUNTED, case)
            case Sum(of=of, predicate=predicate):
                amounts = (
                    (counts, amount)
                    for (counts, amount), number in counted.items()
                    for _ in range(number)
                )
                between = sum_between(amounts, closed=closed)
                return in_interval(between, predicate, of.type, case)
            case Share(predicate=predicate):
                return unanimous(
                    in_interval(interval, predicate, PER_CENT, case)
                    for interval in share_between(counted, closed=closed)
                )
            case _:
                assert_never(self.node)


@attrs.frozen
class Rewritten:
    """
    Rules about registers that read tallies instead of the entries.

    Attributes:
        rulebook: the rulebook as those rules see it.
        rules: the rules, in the order of the originals.
        tallies: what they read, by name.
    """

    rulebook: Rulebook
    rules: tuple[Rule, ...]
    tallies: Mapping[str, Tally]


def rewritten(rules: Iterable[Rule], rulebook: Rulebook) -> Rewritten:
    """Return rules about registers with every condition on the entries as a fact."""
    writer = _Writer(rulebook)
    derived = {
        name: attrs.evolve(each, rows=tuple(writer.row(row) for row in each.rows))
        if each.cls is Register
        else each
        for name, each in rulebook.derived.items()
    }
    made = tuple(writer.rule(rule) for rule in rules)
    local = {name: _fact(name) for name in writer.tallies}
    return Rewritten(
        attrs.evolve(rulebook, rules=made, derived=derived, local={**rulebook.local, **local}),
        made,
        writer.tallies,
    )


def told(truth: Truth) -> Any:  # noqa: ANN401 - a yes, a no or UNKNOWN
    """Return a truth as the fact that rules read."""
    return _VALUES[truth]


def _fact(name: str) -> Fact:
    return Fact(name, YesNo(), Kind.CIRCUMSTANCE, name, name)


@attrs.define
class _Writer:
    rulebook: Rulebook
    tallies: dict[str, Tally] = attrs.field(factory=dict)
    _names: dict[Condition, str] = attrs.field(factory=dict)

    def rule(self, rule: Rule) -> Rule:
        return attrs.evolve(
            rule,
            applies_when=rule.applies_when and self.condition(rule.applies_when),
            requires=self.condition(rule.requires),
            unless=tuple(self.row(each) for each in rule.unless),
            grades=tuple(self.row(each) for each in rule.grades),
            mitigated_by=tuple(self.row(each) for each in rule.mitigated_by),
        )

    def row(self, holder: Any) -> Any:  # noqa: ANN401 - whatever has a condition `when`
        return attrs.evolve(holder, when=self.condition(holder.when))

    def condition(self, condition: Condition) -> Condition:
        match condition:
            case All(items) | AnyOf(items):
                return attrs.evolve(condition, items=tuple(self.condition(each) for each in items))
            case Not(item):
                return attrs.evolve(condition, item=self.condition(item))
            case Test() | Known():
                return condition
            case Quantified() | Count() | Sum() | Share():
                return self._tallied(condition) if _is_tallied(condition) else condition
            case _:
                assert_never(condition)

    def _tallied(self, node: _OnList) -> Test:
        name = self._names.get(node)
        if name is None:
            name = self._names[node] = f"tally_{len(self._names)}"
            derived: Mapping[str, Derived] = self.rulebook.derived
            read = reads((node,), derived)
            within = dict(reads(_within(node), derived, ("", f"{ENTRIES}[].")))
            if isinstance(node, Sum):
                within[f"{ENTRIES}[].{node.of.path}"] = False
            beside = {path: record for path, record in read.items() if path != ENTRIES}
            self.tallies[name] = Tally(name, node, within, beside)
        ref = FactRef(f"local.{name}", 0, _fact(name), FactSource.LOCAL)
        return Test(ref, Compare(Op.EQUALS, Literal(value=True)))


def _on_entries(node: Condition) -> bool:
    match node:
        case Quantified(list=ref) | Count(list=ref) | Sum(list=ref) | Share(list=ref):
            return ref.path == ENTRIES and ref.level == 0
        case _:
            return False


def _is_tallied(node: Condition) -> bool:
    """Tell whether a condition is on the entries, and on each of them by itself."""
    inside = (each for within in children(node) for each in nodes(within))
    return _on_entries(node) and not any(_on_entries(each) for each in inside)


def _within(node: _OnList) -> tuple[Condition, ...]:
    match node:
        case Share(among=among, where=where):
            return (where,) if among is None else (among, where)
        case Quantified(where=where):
            return (where,)
        case Count(where=where) | Sum(where=where):
            return () if where is None else (where,)
        case _:
            assert_never(node)
