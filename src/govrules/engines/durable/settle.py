"""Atoms settled by govrules, and outcomes read from the nodes that the network shows."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from govrules.engines.durable.network import Atom, Network, State, Stated, Verdicts, network_of
from govrules.engines.durable.process import BATCH, CHILD
from govrules.engines.reference import Case, case_of, evaluate
from govrules.engines.registry import Outcome
from govrules.facts import Facts
from govrules.rulebook.ast import Condition, Known, Rule, Rulebook, Verdict
from govrules.truth import UNKNOWN, Truth, Unknown

_LETTERS: Final = {Truth.TRUE: "y", Truth.FALSE: "n", Truth.UNKNOWN: "u"}
_HOLDS: Final = "y"
#: Where nothing is wrong nothing is grave: one value for all such outcomes.
_SAID: Final = {
    verdict: Outcome(verdict, None, None, ()) for verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
}
#: How many networks are kept made.
_KEPT: Final = 8


@attrs.frozen(eq=False)
class Made:
    """
    A network with what it was made from.

    Attributes:
        key: what the engine's process knows it by.
        network: the network.
        rules: its rules.
        rulebook: where they stand.
    """

    key: str
    network: Network
    rules: tuple[Rule, ...]
    rulebook: Rulebook

    def settle(self, case: Case) -> State:
        """Return what a case settles, and of the nodes those that always hold."""
        return "".join(_letter(atom, case) for atom in self.network.atoms) + self.network.nodes

    def settle_again(
        self, state: State, atoms: Iterable[int], case: Case
    ) -> tuple[State, list[int]]:
        """Return a state with some of its atoms settled anew, and the atoms that changed."""
        letters = list(state)
        changed = []
        for number in atoms:
            letter = _letter(self.network.atoms[number], case)
            if letters[number] != letter:
                letters[number] = letter
                changed.append(number)
        return "".join(letters), changed

    def read(self, state: State) -> tuple[Outcome, ...]:
        """Return what each rule says, from a state whose nodes are worked out."""
        return tuple(outcome_of(each, state) for each in self.network.rules)


_made: OrderedDict[tuple[int, tuple[int, ...]], Made] = OrderedDict()
_lock = threading.Lock()
_numbers = itertools.count(1)


def made_of(rules: Sequence[Rule], rulebook: Rulebook) -> Made:
    """
    Return the network of some rules; it is made once and kept.

    Raises:
        EngineError: the rules are more than the engine can hold.
    """
    key = (id(rulebook), tuple(id(rule) for rule in rules))
    with _lock:
        found = _made.get(key)
        if found is None:
            network = network_of(rules, rulebook.derived)
            # What is kept keeps its rules alive, so that no other gets their identity.
            found = Made(f"g{next(_numbers)}", network, tuple(rules), rulebook)
            _made[key] = found
        _made.move_to_end(key)
        while len(_made) > _KEPT:
            _made.popitem(last=False)
    return found


def outcomes(
    rules: Sequence[Rule],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
    rulebook: Rulebook,
) -> Iterator[Sequence[Outcome]]:
    """Yield for each subject what each rule says of it."""
    made = made_of(rules, rulebook)
    for begin in range(0, len(subjects), BATCH):
        states = [
            (made.settle(case_of(Facts(subject, as_of), rulebook)), None)
            for subject in subjects[begin : begin + BATCH]
        ]
        for state in CHILD.run(made.key, made.network, states):
            yield made.read(state)


def outcome_of(rule: Verdicts, state: State) -> Outcome:
    """Return what a rule says where these nodes hold."""
    verdict = next(
        (verdict for node, verdict in rule.verdict.items() if state[node] == _HOLDS),
        Verdict.UNKNOWN,
    )
    if verdict in _SAID:
        return _SAID[verdict]
    least = next(severity for node, severity in rule.least.items() if state[node] == _HOLDS)
    worst = next(severity for node, severity in rule.worst.items() if state[node] == _HOLDS)
    mitigations = tuple(each for each, node in rule.mitigations if state[node] == _HOLDS)
    if verdict is Verdict.UNKNOWN:
        return Outcome(verdict, None, worst, mitigations)
    return Outcome(verdict, least, None if worst is least else worst, mitigations)


def conditions_of(atom: Atom) -> tuple[Condition, ...]:
    """Return what an atom reads, as conditions."""
    return (Known(atom.ref, recorded=True),) if isinstance(atom, Stated) else (atom,)


def _letter(atom: Atom, case: Case) -> str:
    if not isinstance(atom, Stated):
        return _LETTERS[evaluate(atom, case)]
    stated = case.facts.stated(atom.ref.path, case.scopes[atom.ref.level])
    if stated is UNKNOWN:
        return _LETTERS[Truth.UNKNOWN]
    same = stated == atom.value
    return _LETTERS[Truth.TRUE if same else Truth.FALSE]
