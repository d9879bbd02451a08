"""Atoms settled by govrules, and outcomes read from the nodes that the network shows."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.engines.compiled import tells
from govrules.engines.durable.network import NO, YES, Network, State, network_of
from govrules.engines.durable.process import BATCH, CHILD
from govrules.engines.outcomes import outcome_of
from govrules.engines.registry import Outcome
from govrules.frozen import Identical
from govrules.lowering.dependencies import Leaf
from govrules.lowering.ir import Formula
from govrules.lowering.judged import Judged
from govrules.lowering.lower import lowered
from govrules.rulebook.ast import Rule, Rulebook, kept_on_rulebook
from govrules.truth import Unknown

_NOTHING: Final[Mapping[Leaf, Any]] = {}
#: How many networks are kept made.
_KEPT: Final = 8


@attrs.frozen(eq=False)
class CompiledNetwork:
    """
    A network with what it was made from.

    Attributes:
        key: what the engine's process knows it by.
        network: the network.
        rules: its rules.
        judged: the same as formulas.
        rulebook: where they stand.
    """

    key: str
    network: Network
    rules: tuple[Rule, ...]
    judged: tuple[Judged, ...]
    rulebook: Rulebook

    def settle(
        self,
        subject: Any,  # noqa: ANN401 - any attrs object
        as_of: dt.date | Unknown,
        given: Mapping[Leaf, Any] = _NOTHING,
    ) -> State:
        """
        Return the atoms of a subject, before any node.

        Args:
            subject: an attrs object of the class that the rules are about.

            as_of: the date of the assessment.

            given: numbers over its lists that count in place of what they are worked out from.
        """
        cls: type = type(subject)
        told = tells(self.network.atoms, cls, tuple(given))(as_of)(subject, given, None)
        return "".join([YES[0] if each else NO[0] for each in told]) + NO[0] * self.network.nodes

    def update(self, before: State, state: State) -> tuple[State, list[int]]:
        """Return updated atoms beside the previous nodes, and the atoms that changed."""
        number = len(self.network.atoms)
        pairs = enumerate(zip(before[:number], state, strict=False))
        return state[:number] + before[number:], [each for each, (a, b) in pairs if a != b]

    def read(self, state: State) -> tuple[Outcome, ...]:
        """Return the outcomes in a state whose nodes are evaluated."""

        def holds(formula: Formula) -> bool:
            number, word = self.network.shown[formula]
            return state[number] == word[0]

        return tuple(map(outcome_of, self.rules, self.judged, itertools.repeat(holds)))


_numbers = itertools.count(1)


def compiled_network(rules: Sequence[Rule], rulebook: Rulebook) -> CompiledNetwork:
    """
    Return the network of some rules; it is made once and kept.

    Raises:
        EngineError: the rules are more than the engine can hold.
    """
    return _made(rulebook, Identical(rules))


@kept_on_rulebook(_KEPT)
def _made(rulebook: Rulebook, rules: Identical) -> CompiledNetwork:
    judged = lowered(rules, rulebook)
    return CompiledNetwork(f"g{next(_numbers)}", network_of(judged), rules, judged, rulebook)


def outcomes(
    rules: Sequence[Rule],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
    rulebook: Rulebook,
) -> Iterator[Sequence[Outcome]]:
    """Yield for each subject what each rule says of it."""
    made = compiled_network(rules, rulebook)
    for begin in range(0, len(subjects), BATCH):
        states = [
            (made.settle(subject, as_of), None) for subject in subjects[begin : begin + BATCH]
        ]
        for state in CHILD.run(made.key, made.network, states):
            yield made.read(state)
