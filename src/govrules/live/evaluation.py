"""
Rules settled again when facts change: only those that read what changed.

With the durable engine the atoms that read a changed fact are settled, and of its network only the
rulesets that these reach are run; with any other engine the rules that read it are judged again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from govrules.engines.compiled import tells
from govrules.engines.outcomes import NOT_APPLICABLE, outcome_of
from govrules.engines.registry import Outcome
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError
from govrules.lowering.dependencies import Leaf, Merged, mergeable
from govrules.lowering.dependencies import facts_read as read_by
from govrules.lowering.ir import Node
from govrules.lowering.judged import Judged
from govrules.lowering.lower import lowered
from govrules.rulebook.ast import Rule, Rulebook, rule_conditions
from govrules.rulebook.reads import Path, affects, reads
from govrules.truth import Unknown

if TYPE_CHECKING:
    from govrules.engines.durable.settle import CompiledNetwork


@attrs.frozen
class Evaluation:
    """
    The outcomes of all rules on a subject.

    Attributes:
        outcomes: one for each rule.
        state: what the engine keeps for next time; "" where it keeps nothing.
    """

    outcomes: tuple[Outcome, ...]
    state: str = ""


@attrs.frozen
class EvaluationTask:
    """
    A subject to evaluate.

    Attributes:
        subject: an attrs object.
        before: what was settled of it; None where nothing was.
        changed: the facts that changed since; None where that is not known.
        given: numbers that count in place of what they are worked out from.
    """

    subject: Any
    before: Evaluation | None = None
    changed: Collection[Path] | None = None
    given: Mapping[Leaf, Any] = attrs.field(factory=dict)


@attrs.define
class Index:
    """An index from facts to their readers, filled on first change."""

    _reads: tuple[Mapping[Path, bool], ...]
    _found: dict[Path, tuple[int, ...]] = attrs.field(factory=dict)

    def moved_by(self, changed: Iterable[Path]) -> list[int]:
        """Return the numbers of all readers of some facts, in order."""
        return sorted({number for path in changed for number in self._of(path)})

    def _of(self, path: Path) -> tuple[int, ...]:
        found = self._found.get(path)
        if found is None:
            found = tuple(
                number
                for number, read in enumerate(self._reads)
                if any(affects(path, each, record=record) for each, record in read.items())
            )
            self._found[path] = found
        return found


@attrs.define
class Evaluator(ABC):
    """Evaluates the rules about one kind of subject."""

    rules: tuple[Rule, ...]
    _index: Index

    @abstractmethod
    def settle(self, tasks: Sequence[EvaluationTask], as_of: dt.date | Unknown) -> list[Evaluation]:
        """
        Return what the rules say of each subject.

        Raises:
            EngineError: the engine could not do it; nothing has changed.
        """

    def read(self, changed: Iterable[Path]) -> bool:
        """Tell whether any rule reads one of the facts."""
        return bool(self._index.moved_by(changed))

    def _moved(self, task: EvaluationTask) -> list[int] | None:
        """Return the readers of the changed facts; None for all."""
        if task.before is None or task.changed is None:
            return None
        return self._index.moved_by(task.changed)


@attrs.define
class ByRule(Evaluator):
    """
    Judges the rules that read what changed, with any engine.

    `reference` judges each by itself; others make one whole of all rules, which is faster than
    what picking some of them would take, and are asked where any of them reads what changed.
    """

    engine: str
    rulebook: Rulebook

    def settle(self, tasks: Sequence[EvaluationTask], as_of: dt.date | Unknown) -> list[Evaluation]:
        """See `Evaluator`."""
        judge = engine_called(self.engine).outcomes
        if not self.rules:
            return [Evaluation(())] * len(tasks)
        moved = [self._asked(task) for task in tasks]
        wanted = [task.subject for task, rules in zip(tasks, moved, strict=True) if rules is None]
        whole = iter(judge(self.rules, wanted, as_of, self.rulebook))
        settled = []
        for task, rules in zip(tasks, moved, strict=True):
            if rules is None or task.before is None:
                settled.append(Evaluation(tuple(next(whole))))
                continue
            known = list(task.before.outcomes)
            for number in rules:
                rule = self.rules[number]
                ((known[number],),) = judge((rule,), (task.subject,), as_of, self.rulebook)
            settled.append(Evaluation(tuple(known)))
        return settled

    def _asked(self, task: EvaluationTask) -> list[int] | None:
        """Return the rules to evaluate again; None for all."""
        moved = self._moved(task)
        return moved if self.engine == "reference" or not moved else None


@attrs.define
class ByFormula(Evaluator):
    """Evaluates the rules that read changed facts, by formulas whose aggregates are given."""

    _judged: tuple[Judged, ...]

    def settle(self, tasks: Sequence[EvaluationTask], as_of: dt.date | Unknown) -> list[Evaluation]:
        """See `Evaluator`."""
        return [Evaluation(self._outcomes(task, as_of)) for task in tasks]

    def _outcomes(self, task: EvaluationTask, as_of: dt.date | Unknown) -> tuple[Outcome, ...]:
        known = [NOT_APPLICABLE] * len(self.rules)
        moved: Iterable[int] | None = self._moved(task)
        if moved is None or task.before is None:
            moved = range(len(self.rules))
        else:
            known = [*task.before.outcomes]
        for number in moved:
            judged = self._judged[number]
            cls: type = type(task.subject)
            tell = tells(judged.formulas, cls, tuple(task.given))(as_of)
            told = tell(task.subject, task.given, None)
            holds = dict(zip(judged.formulas, told, strict=True)).__getitem__
            known[number] = outcome_of(self.rules[number], judged, holds)
        return tuple(known)


@attrs.define
class ByNetwork(Evaluator):
    """Evaluates the atoms that read changed facts, and the nodes that they reach."""

    _made: Any

    def settle(self, tasks: Sequence[EvaluationTask], as_of: dt.date | Unknown) -> list[Evaluation]:
        """See `Evaluator`."""
        from govrules.engines.durable.process import run_all  # noqa: PLC0415 - an extra

        made = self._made
        settled: list[Evaluation | None] = []
        asked: list[tuple[str, Sequence[int] | None]] = []
        for task in tasks:
            before = task.before
            if self._moved(task) == []:
                settled.append(before)
                continue
            state, changed = made.settle(task.subject, as_of, task.given), None
            if before is not None:
                state, changed = made.update(before.state, state)
            if changed != []:
                asked.append((state, changed))
            settled.append(before if changed == [] else None)
        states = iter(run_all(made.key, made.network, asked))
        return [
            each if each is not None else Evaluation(made.read(state := next(states)), state)
            for each in settled
        ]


def evaluator_of(engine: str, rules: tuple[Rule, ...], rulebook: Rulebook) -> Evaluator:
    """
    Return the evaluator of rules on one kind of subject.

    Raises:
        EngineError: there is no such engine here, or it cannot do these rules.
    """
    engine_called(engine)
    if engine == "durable":
        return _by_network(_made_of(rules, rulebook), ())
    index = Index(tuple(reads(rule_conditions(rule), rulebook.derived) for rule in rules))
    return ByRule(rules, index, engine, rulebook)


def evaluator_of_list(
    engine: str, rules: tuple[Rule, ...], rulebook: Rulebook, listed: Path
) -> tuple[Evaluator, Merged]:
    """
    Return the evaluator of rules whose list is given as aggregates.

    The numbers come with the tasks; in what changed they are named as by `aggregate_names`.

    Raises:
        EngineError: there is no such engine here, or it cannot do these rules.
    """
    engine_called(engine)
    made = _made_of(rules, rulebook) if engine == "durable" else None
    judged = lowered(rules, rulebook) if made is None else made.judged
    merged = mergeable((formula for rule in judged for formula in rule.formulas), listed)
    if made is not None:
        return _by_network(made, merged.leaves), merged
    names = aggregate_names(merged.leaves)
    index = Index(tuple(read_by(rule.formulas, names) for rule in judged))
    return ByFormula(rules, index, judged), merged


def aggregate_names(leaves: Iterable[Leaf]) -> Mapping[Node, Path]:
    """Return a path for each aggregate, distinct from that of any fact."""
    return {leaf: f"#{number}" for number, leaf in enumerate(leaves)}


def _made_of(rules: tuple[Rule, ...], rulebook: Rulebook) -> CompiledNetwork:
    from govrules.engines.durable.settle import compiled_network  # noqa: PLC0415 - an extra

    return compiled_network(rules, rulebook)


def _by_network(made: CompiledNetwork, leaves: Iterable[Leaf]) -> ByNetwork:
    names = aggregate_names(leaves)
    index = Index(tuple(read_by((atom,), names) for atom in made.network.atoms))
    return ByNetwork(made.rules, index, made)


def default_engine() -> str:
    """
    Return the engine of a live register where none is named: the first of these that is here.

    `durable` is made for facts that change; `compiled` and `reference` need nothing installed.
    """
    for name in ("durable", "compiled"):
        with contextlib.suppress(EngineError, ModuleNotFoundError):
            engine_called(name)
            return name
    return "reference"
