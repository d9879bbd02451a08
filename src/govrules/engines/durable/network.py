"""
A rulebook as a network: what durable-rules combines once govrules has settled the atomic tests.

Every test that the facts alone settle is an *atom*: yes, no or unknown. Everything above it is a
*node*, which says one thing that is shown for certain (this condition is true, that one is false,
this value of a derived fact is ruled out, this rule flags). A node holds if one of its terms does,
and a term is a conjunction of settled values. What is not shown is unknown, so Kleene's logic needs
no third kind of node: a condition has one node for *definitely true* and one for *definitely
false*, and neither holding is the third value.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.reference import Case, stands
from govrules.errors import EngineError
from govrules.facts import Facts
from govrules.rulebook.ast import (
    SEVERITIES,
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Derived,
    FactRef,
    FactSource,
    Includes,
    Literal,
    Mitigation,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    Rule,
    Severity,
    Test,
    Verdict,
)
from govrules.rulebook.walk import operands
from govrules.truth import Truth
from govrules.vocabulary import Choice, Records

#: The words that stand for what is settled, wherever the engine compares.
YES: Final = "yes"
NO: Final = "no"
UNSHOWN: Final = "unknown"

#: What is settled of all properties, by number: the first letter of each word.
State: TypeAlias = str
#: A settled value of a property: its number, and the word.
Settled: TypeAlias = tuple[int, str]
#: Settled values that all hold.
Term: TypeAlias = frozenset[Settled]
#: Terms of which one holds; no term at all is never, an empty term is always.
Terms: TypeAlias = tuple[Term, ...]

NEVER: Final[Terms] = ()
ALWAYS: Final[Terms] = (frozenset(),)

#: What one ruleset of durable-rules is trusted with; the pattern that ends a run included.
MOST_PATTERNS: Final = 60
MOST_PROPERTIES: Final = 240
#: The discriminator takes one of the engine's fifteen connectives, and one is left in hand.
MOST_IN_A_TERM: Final = 13
#: More terms than this in one condition are parted by a node of their own.
_MOST_TERMS: Final = 6
#: The engine knows properties by a hash of 32 bits; up to this number none of ours collide.
MOST_NAMES: Final = 100_000

_NO_CASE: Final = Case(Facts(None), {}, ())


@attrs.frozen
class Stated:
    """An atom that says whether somebody stated this value of a derived fact."""

    ref: FactRef
    value: Any


#: What govrules settles before the network runs.
Atom: TypeAlias = Condition | Stated


@attrs.frozen
class Verdicts:
    """
    Where the network says what a rule says: numbers of nodes.

    Attributes:
        verdict: the node of each verdict; unknown is none of them.
        mitigations: each mitigation with the node that shows it.
        least: the node of each severity as the least that is possible.
        worst: the node of each severity as the worst that is possible.
    """

    verdict: Mapping[int, Verdict]
    mitigations: tuple[tuple[Mitigation, int], ...]
    least: Mapping[int, Severity]
    worst: Mapping[int, Severity]


@attrs.frozen
class Shard:
    """
    One ruleset: nodes that are worked out together, from properties that are settled before.

    Attributes:
        name: the ruleset's name.
        inputs: the properties that its patterns compare.
        nodes: each node with its terms.
    """

    name: str
    inputs: tuple[int, ...]
    nodes: tuple[tuple[int, Terms], ...]

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {
            "name": self.name,
            "inputs": list(self.inputs),
            "nodes": [(node, [sorted(term) for term in terms]) for node, terms in self.nodes],
        }


@attrs.frozen
class Network:
    """
    The rules of one kind of subject as properties and shards.

    Attributes:
        atoms: what govrules settles, by number from 0.
        nodes: the nodes that hold whatever is settled, as a state; their numbers follow the atoms'.
        shards: in the order in which they run.
        rules: what each rule's nodes are, in the order of the rules.
    """

    atoms: tuple[Atom, ...]
    nodes: State
    shards: tuple[Shard, ...]
    rules: tuple[Verdicts, ...]


def network_of(rules: Sequence[Rule], derived: Mapping[str, Derived]) -> Network:
    """
    Return the network of rules about one kind of subject.

    Raises:
        EngineError: there are more conditions than the engine can tell apart.
    """
    builder = _Builder(derived)
    verdicts = tuple(builder.rule(rule) for rule in rules)
    if len(builder.atoms) + len(builder.nodes) > MOST_NAMES:
        raise EngineError(
            "durable",
            f"the rulebook has more than {MOST_NAMES:,} conditions, and durable-rules cannot tell "
            "so many apart: use the engine `compiled`, or part the rulebook",
        )
    return builder.finish(verdicts)


@attrs.frozen
class _Both:
    """When a condition is definitely true, and when it is definitely false."""

    true: Terms
    false: Terms

    def negated(self) -> _Both:
        return _Both(self.false, self.true)


@attrs.define
class _Builder:
    """Numbers atoms from 0 upwards and nodes from -1 downwards until all atoms are known."""

    derived: Mapping[str, Derived]
    atoms: dict[Atom, int] = attrs.field(factory=dict)
    nodes: dict[int, Terms] = attrs.field(factory=dict)
    _by_terms: dict[frozenset[Term], int] = attrs.field(factory=dict)
    _values: dict[str, Mapping[Any, int]] = attrs.field(factory=dict)

    # ── Rules ─────────────────────────────────────────────────────────────────────────────────

    def rule(self, rule: Rule) -> Verdicts:
        scope = self._all(
            [
                *([self.both(rule.applies_when)] if rule.applies_when is not None else []),
                *(self.both(each.when).negated() for each in rule.unless),
            ]
        )
        requires = self.both(rule.requires)
        not_applicable = self._node(scope.false)
        verdict = {
            self._node(self._meet([scope.true, requires.false])): Verdict.FLAGGED,
            self._node(self._meet([self._lacks(not_applicable), requires.true])): Verdict.CLEAR,
            not_applicable: Verdict.NOT_APPLICABLE,
        }
        mitigations = [(each, self._node(self.both(each.when).true)) for each in rule.mitigated_by]
        least, worst = self._severities(rule, [node for _, node in mitigations])
        return Verdicts(verdict, tuple(mitigations), least, worst)

    def _severities(
        self, rule: Rule, mitigations: Sequence[int]
    ) -> tuple[dict[int, Severity], dict[int, Severity]]:
        graded = [(each.severity, self.both(each.when)) for each in rule.grades]
        ways = self._first_of(graded, rule.otherwise)
        open_ = {
            severity: self._node(self._join([self._holds(way) for way in ways[severity]]))
            for severity in SEVERITIES
            if severity in ways
        }
        relieved = self._node(self._join([self._holds(each) for each in mitigations]))
        found: list[dict[int, Severity]] = []
        for beyond in (Severity.__lt__, Severity.__gt__):
            ends: dict[Severity, Terms] = {}
            for severity, node in open_.items():
                others = [
                    self._lacks(each) for other, each in open_.items() if beyond(other, severity)
                ]
                this = self._meet([self._holds(node), *others])
                for step, when in (
                    (severity, self._lacks(relieved)),
                    (severity.stepped_down(), self._holds(relieved)),
                ):
                    ends[step] = self._join([ends.get(step, NEVER), self._meet([this, when])])
            # Each severity keeps a node of its own, even where two come out alike.
            found.append({self._node(terms, own=True): each for each, terms in ends.items()})
        return found[0], found[1]

    def _first_of(
        self,
        rows: Sequence[tuple[Any, _Both]],
        otherwise: Any,  # noqa: ANN401 - a value of a table
    ) -> dict[Any, list[int]]:
        """Return by value the nodes that show that a row which gives it may be the first."""
        ways: dict[Any, list[int]] = {}
        earlier: list[Terms] = []
        for value, both in rows:
            open_ = [*earlier, self._lacks(self._node(both.false))]
            ways.setdefault(value, []).append(self._node(self._meet(open_)))
            earlier.append(self._lacks(self._node(both.true)))
        ways.setdefault(otherwise, []).append(self._node(self._meet(earlier)))
        return ways

    # ── Conditions ────────────────────────────────────────────────────────────────────────────

    def both(self, condition: Condition) -> _Both:
        match condition:
            case All(items):
                return self._all([self.both(each) for each in items])
            case AnyOf(items):
                return self._all([self.both(each).negated() for each in items]).negated()
            case Not(item):
                return self.both(item).negated()
            case Test(ref, predicate) if self._chains(ref, predicate):
                return self._chained(ref, predicate)
            case _:
                atom = self._atom(condition)
                return _Both((frozenset({(atom, YES)}),), (frozenset({(atom, NO)}),))

    def _all(self, parts: Sequence[_Both]) -> _Both:
        return _Both(
            self._meet([each.true for each in parts]), self._join([each.false for each in parts])
        )

    def _atom(self, atom: Atom) -> int:
        return self.atoms.setdefault(atom, len(self.atoms))

    def _chains(self, ref: FactRef, predicate: Predicate) -> bool:
        """Tell whether a test hangs on a derived fact in a way that the network can follow."""
        constant = all(isinstance(each, Literal | Parameter) for each in operands(predicate))
        if ref.source is FactSource.DERIVED:
            return constant and not isinstance(predicate, Includes)
        plain = not isinstance(ref.type, Records)
        return plain and any(_chosen_by_derived(each) for each in operands(predicate))

    def _chained(self, ref: FactRef, predicate: Predicate) -> _Both:
        if ref.source is FactSource.DERIVED and not isinstance(predicate, Includes):
            verdicts = {
                value: stands(value, predicate, ref.type, _NO_CASE)
                for value in self._values_of(ref)
            }
            return _Both(
                *(
                    self._meet(
                        [
                            self._lacks(node)
                            for value, node in self._values_of(ref).items()
                            if verdicts[value] is not wanted
                        ]
                    )
                    for wanted in (Truth.TRUE, Truth.FALSE)
                )
            )
        match predicate:
            case OneOf(several):
                return self.both(
                    AnyOf(tuple(Test(ref, Compare(Op.EQUALS, each)) for each in several))
                )
            case Between(low, high):
                ends = ((Op.AT_LEAST, low), (Op.AT_MOST, high))
                return self.both(All(tuple(Test(ref, Compare(op, each)) for op, each in ends)))
            case Compare(relation, By() as by):
                return self._for_each_value(by, lambda each: Test(ref, Compare(relation, each)))
            case Includes(op, By() as by):
                return self._for_each_value(by, lambda each: Test(ref, Includes(op, each)))
            case _:
                raise AssertionError("only a chosen value chains a test")

    def _for_each_value(self, by: By, test: Callable[[Operand], Test]) -> _Both:
        """Return the test with each operand that may be chosen; what is ruled out is passed by."""
        chosen: Mapping[Any, Operand] = dict(by.cases)
        true: list[Terms] = []
        false: list[Terms] = []
        for value, node in self._values_of(by.selector).items():
            operand = Literal(None) if value is None else chosen[value]
            both = self.both(test(operand))
            true.append(self._join([self._lacks(node), both.true]))
            false.append(self._join([self._lacks(node), both.false]))
        return _Both(self._meet(true), self._meet(false))

    def _values_of(self, ref: FactRef) -> Mapping[Any, int]:
        """Return for each value of a derived fact the node that shows that it may have it."""
        if ref.path not in self._values:
            derived = self.derived[ref.path]
            rows = [(row.value, self.both(row.when)) for row in derived.rows]
            ways = self._first_of(rows, derived.otherwise)
            declared = derived.fact.type.values if isinstance(derived.fact.type, Choice) else ()
            nodes: dict[Any, int] = {}
            for value in dict.fromkeys((*declared, *ways, True, False, None)):
                if isinstance(derived.fact.type, Choice) and isinstance(value, bool):
                    continue
                stated = self._atom(Stated(_plain(ref), value))
                unstated: Terms = (frozenset({(stated, UNSHOWN)}),)
                terms = [self._meet([unstated, self._holds(way)]) for way in ways.get(value, ())]
                terms.append((frozenset({(stated, YES)}),))
                nodes[value] = self._node(self._join(terms))
            self._values[ref.path] = nodes
        return self._values[ref.path]

    # ── Terms ─────────────────────────────────────────────────────────────────────────────────

    def _node(self, terms: Terms, *, own: bool = False) -> int:
        """Return the number of the node that holds if one of the terms does."""
        terms = self._fitting(terms)
        key = frozenset(terms)
        if own or key not in self._by_terms:
            number = -1 - len(self.nodes)
            self.nodes[number] = terms
            if own:
                return number
            self._by_terms[key] = number
        return self._by_terms[key]

    def _fitting(self, terms: Terms) -> Terms:
        """Part what one ruleset could not hold by nodes between."""
        whole = tuple(self._short(each) for each in terms)
        most = MOST_PATTERNS // 2
        while len(whole) > most:
            batches = (whole[begin : begin + most] for begin in range(0, len(whole), most))
            whole = tuple(term for batch in batches for term in self._holds(self._node(batch)))
        return whole

    def _short(self, term: Term) -> Term:
        settled = sorted(term)
        while len(settled) > MOST_IN_A_TERM:
            settled = [
                (self._node((frozenset(settled[begin : begin + MOST_IN_A_TERM]),)), YES)
                for begin in range(0, len(settled), MOST_IN_A_TERM)
            ]
        return frozenset(settled)

    def _join(self, parts: Iterable[Terms]) -> Terms:
        """Return when at least one of the parts holds."""
        return _without_repeats(term for terms in parts for term in terms)

    def _meet(self, parts: Sequence[Terms]) -> Terms:
        """Return when all parts hold; many terms are first gathered under a node."""
        if any(part == NEVER for part in parts):
            return NEVER
        number = 1
        for part in parts:
            number *= len(part)
        if number > _MOST_TERMS:
            parts = [part if len(part) == 1 else self._holds(self._node(part)) for part in parts]
        return _without_repeats(
            term
            for term in (frozenset().union(*each) for each in itertools.product(*parts))
            if _possible(term)
        )

    def _holds(self, node: int) -> Terms:
        terms = self.nodes[node]
        return terms if terms in (NEVER, ALWAYS) else (frozenset({(node, YES)}),)

    def _lacks(self, node: int) -> Terms:
        terms = self.nodes[node]
        if terms in (NEVER, ALWAYS):
            return NEVER if terms == ALWAYS else ALWAYS
        return (frozenset({(node, UNSHOWN)}),)

    # ── Shards ────────────────────────────────────────────────────────────────────────────────

    def finish(self, verdicts: tuple[Verdicts, ...]) -> Network:
        first = len(self.atoms)

        def number(name: int) -> int:
            return name if name >= 0 else first - 1 - name

        nodes = {
            number(name): tuple(
                frozenset((number(each), word) for each, word in term) for term in terms
            )
            for name, terms in self.nodes.items()
        }
        depth: dict[int, int] = dict.fromkeys(range(first), 0)
        for node, terms in nodes.items():
            # A node is made after all those that it reads.
            depth[node] = 1 + max((depth[each] for term in terms for each, _ in term), default=0)
        varying = {node: terms for node, terms in nodes.items() if terms not in (NEVER, ALWAYS)}
        shards: list[Shard] = []
        for level in range(1, max(depth.values(), default=0) + 1):
            of_level = [(node, terms) for node, terms in varying.items() if depth[node] == level]
            shards += _packed(of_level, len(shards))
        return Network(
            atoms=tuple(self.atoms),
            nodes="".join(YES[0] if terms == ALWAYS else UNSHOWN[0] for terms in nodes.values()),
            shards=tuple(shards),
            rules=tuple(
                Verdicts(
                    {number(node): verdict for node, verdict in each.verdict.items()},
                    tuple((mitigation, number(node)) for mitigation, node in each.mitigations),
                    {number(node): severity for node, severity in each.least.items()},
                    {number(node): severity for node, severity in each.worst.items()},
                )
                for each in verdicts
            ),
        )


def _packed(nodes: Sequence[tuple[int, Terms]], already: int) -> list[Shard]:
    """Return nodes of one depth in as few shards as the engine's limits allow, in their order."""
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
        Shard(
            f"s{already + index}",
            tuple(sorted({each for _, terms in batch for term in terms for each, _ in term})),
            tuple(batch),
        )
        for index, batch in enumerate(batches)
    ]


def _possible(term: Term) -> bool:
    """Tell whether a term asks no property for two values at once."""
    return len({each for each, _ in term}) == len(term)


def _without_repeats(terms: Iterable[Term]) -> Terms:
    """Return the terms without those that another already says."""
    kept: list[Term] = []
    for term in dict.fromkeys(terms):
        if any(other <= term for other in kept):
            continue
        kept = [other for other in kept if not term <= other]
        kept.append(term)
    return tuple(kept)


def _plain(ref: FactRef) -> FactRef:
    return attrs.evolve(ref, level=0)


def _chosen_by_derived(operand: Operand) -> bool:
    """Tell whether an operand is chosen by a derived fact, and by nothing else that is derived."""
    if not isinstance(operand, By) or operand.selector.source is not FactSource.DERIVED:
        return False
    return not any(
        isinstance(each, FactRef) and each.source is FactSource.DERIVED for _, each in operand.cases
    )
