"""
Formulas as a network: what durable-rules combines once govrules has settled their leaves.

Every leaf that the facts alone settle is an *atom*: yes or no. Everything above it is a *node*,
which holds if one of its terms does, and a term is a conjunction of properties that are yes or no.
A node that is not shown by any of its terms is no: each is worked out after all that it reads.
Derived facts, verdicts, severities and mitigations are nodes; what they are is said by the
formulas (see `govrules.lowering`), and nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from govrules.errors import EngineError
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.judged import Judged

_T = TypeVar("_T")
#: The words that stand for what is settled, wherever the engine compares.
YES: Final = "yes"
NO: Final = "no"

#: What is settled of all properties, by number: the first letter of each word.
State: TypeAlias = str
#: A settled value of a property: its number, and the word.
Settled: TypeAlias = tuple[int, str]
#: Settled values that all hold.
Term: TypeAlias = frozenset[Settled]
#: Terms of which one holds.
Terms: TypeAlias = tuple[Term, ...]
#: One ruleset, as JSON can hold it: its `name`; the `inputs`, which its patterns compare and which
#: are settled before; and its `nodes`, worked out together, each with its terms.
Shard: TypeAlias = dict[str, Any]

#: What one ruleset of durable-rules is trusted with; the pattern that ends a run included.
MOST_PATTERNS: Final = 60
MOST_PROPERTIES: Final = 240
#: The discriminator takes one of the engine's fifteen connectives, and one is left in hand.
MOST_IN_A_TERM: Final = 13
#: The engine knows properties by a hash of 32 bits; up to this number none of ours collide.
MOST_NAMES: Final = 100_000


@attrs.frozen(eq=False)
class Network:
    """
    Rules about one kind of subject as properties and shards.

    Attributes:
        atoms: what govrules settles, by number from 0; the numbers of nodes follow theirs.
        nodes: how many nodes there are.
        shards: in the order in which they run.
        shown: each formula of the rules with the property and the word that show it.
    """

    atoms: tuple[ir.Formula, ...]
    nodes: int
    shards: tuple[Shard, ...]
    shown: Mapping[ir.Formula, Settled]


def network_of(rules: Sequence[Judged]) -> Network:
    """
    Return the network of rules about one kind of subject.

    Raises:
        EngineError: there are more conditions than the engine can tell apart.
    """
    builder = _NetworkBuilder()
    shown = {formula: builder.settled(formula) for rule in rules for formula in rule.formulas}
    if len(builder.atoms) + len(builder.nodes) > MOST_NAMES:
        raise EngineError(
            "durable",
            f"the rulebook has more than {MOST_NAMES:,} conditions, and durable-rules cannot tell "
            "so many apart: use the engine `compiled`, or part the rulebook",
        )
    return builder.finish(shown)


@attrs.define
class _NetworkBuilder:
    """Numbers atoms from 0 upwards and nodes from -1 downwards until all atoms are known."""

    atoms: dict[ir.Formula, int] = attrs.field(factory=dict)
    nodes: dict[int, Terms] = attrs.field(factory=dict)
    _by_terms: dict[frozenset[Term], int] = attrs.field(factory=dict)
    _settled: dict[ir.Formula, Settled] = attrs.field(factory=dict)
    _usual: dict[ir.Formula, bool] = attrs.field(factory=dict)
    #: The derived facts whose values are worked out.
    _tables: set[ir.DerivedTable] = attrs.field(factory=set)

    def settled(self, formula: ir.Formula) -> Settled:
        """Return the property of a formula and its value where the formula holds."""
        if isinstance(formula, ir.Neg):
            number, word = self.settled(formula.item)
            return number, NO if word == YES else YES
        if formula not in self._settled:
            self._settled[formula] = self._property(formula)
        return self._settled[formula]

    def _property(self, formula: ir.Formula) -> Settled:
        match formula:
            case ir.And(items=items) if self._is_usual(formula):
                against = (f.conjuncts(f.no(item)) for item in items)
                return self._node(tuple(frozenset(map(self.settled, each)) for each in against)), NO
            case ir.And(items=items):
                return self._node((frozenset(map(self.settled, items)),)), YES
            case ir.May():
                for table in ir.tables_in_order([formula], self._tables.__contains__):
                    # Those of records of lists are part of the atoms that go through the lists.
                    if not table.var.depth:
                        self._tables.add(table)
                        for so in table.may.values():
                            self.settled(so)
                return self.settled(f.spelled(formula))
            case _:
                return self.atoms.setdefault(formula, len(self.atoms)), YES

    def _is_usual(self, formula: ir.Formula) -> bool:
        """
        Tell whether a formula holds where nothing is known.

        Most is unknown of most subjects, and what fires costs time: of a formula that holds then it
        is shown that it does not hold.
        """
        if formula not in self._usual:
            match formula:
                case ir.Neg(item=item):
                    usual = not self._is_usual(item)
                case ir.And(items=items):
                    # All are asked, so that what is beneath the next derived fact is known.
                    parts = [self._is_usual(each) for each in items]
                    usual = all(parts)
                case ir.May():
                    usual = self._is_usual(f.spelled(formula))
                case ir.Const(value=value):
                    usual = value
                case _:
                    usual = isinstance(formula, ir.IsUnknown | ir.More)
            self._usual[formula] = usual
        return self._usual[formula]

    def _node(self, terms: Terms) -> int:
        """Return the number of a disjunction's node."""
        terms = self._fitting(terms)
        key = frozenset(terms)
        if key not in self._by_terms:
            self._by_terms[key] = -1 - len(self.nodes)
            self.nodes[self._by_terms[key]] = terms
        return self._by_terms[key]

    def _fitting(self, terms: Terms) -> Terms:
        """Split a disjunction that exceeds the limits of a ruleset, adding nodes."""
        whole = tuple(self._short(term) for term in terms)
        while len(whole) > MOST_PATTERNS // 2:
            parts = _in_parts(whole, MOST_PATTERNS // 2)
            whole = tuple(frozenset({(self._node(part), YES)}) for part in parts)
        return whole

    def _short(self, term: Term) -> Term:
        settled = sorted(term)
        while len(settled) > MOST_IN_A_TERM:
            parts = _in_parts(settled, MOST_IN_A_TERM)
            settled = [(self._node((frozenset(part),)), YES) for part in parts]
        return frozenset(settled)

    # ── Shards ────────────────────────────────────────────────────────────────────────────────

    def finish(self, shown: Mapping[ir.Formula, Settled]) -> Network:
        """Return the network, with the nodes numbered after the atoms."""
        first = len(self.atoms)

        def after(settled: Settled) -> Settled:
            number, word = settled
            return number if number >= 0 else first - 1 - number, word

        nodes = {
            after((name, YES))[0]: tuple(frozenset(map(after, term)) for term in terms)
            for name, terms in self.nodes.items()
        }
        depth: dict[int, int] = dict.fromkeys(range(first), 0)
        for node, terms in nodes.items():
            # A node is made after all those that it reads.
            depth[node] = 1 + max(depth[each] for term in terms for each, _ in term)
        shards: list[Shard] = []
        for level in range(1, max(depth.values(), default=0) + 1):
            of_level = [(node, terms) for node, terms in nodes.items() if depth[node] == level]
            shards += _packed(of_level, len(shards))
        return Network(
            tuple(self.atoms),
            len(nodes),
            tuple(shards),
            {formula: after(settled) for formula, settled in shown.items()},
        )


def _in_parts(several: Sequence[_T], most: int) -> Iterator[tuple[_T, ...]]:
    return (tuple(several[begin : begin + most]) for begin in range(0, len(several), most))


def _packed(nodes: Sequence[tuple[int, Terms]], already: int) -> list[Shard]:
    """Pack nodes of one depth into as few shards as the engine's limits allow."""
    batches: list[list[tuple[int, Terms]]] = [[]]
    patterns = 1
    inputs: set[int] = set()
    for node, terms in nodes:
        read = {each for term in terms for each, _ in term}
        full = patterns + len(terms) > MOST_PATTERNS or len(inputs | read) > MOST_PROPERTIES
        if full and batches[-1]:
            batches.append([])
            patterns, inputs = 1, set()
        batches[-1].append((node, terms))
        patterns += len(terms)
        inputs |= read
    return [
        {
            "name": f"s{already + index}",
            "inputs": sorted({each for _, terms in batch for term in terms for each, _ in term}),
            "nodes": [(node, [sorted(term) for term in terms]) for node, terms in batch],
        }
        for index, batch in enumerate(batches)
    ]
