"""
The questions left on each row of a batch: which facts, once told, settle what is still open.

They are those of `explain.questions`, with `partners[].role` for that fact of whichever partner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, assert_never

import attrs
import numpy as np
import pyarrow as pa

from govrules.engines.columnar import Block, Context, Judge, Program, Step
from govrules.engines.planes import (
    Column,
    ListColumn,
    Plane,
    SetColumn,
    Store,
    Tri,
    everywhere,
    nowhere,
    pack,
    taken,
)
from govrules.engines.reference import AS_OF_REF
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Share,
    Sum,
    Test,
)
from govrules.rulebook.walk import operands
from govrules.vocabulary import Choices, Fact, Records, Text, YesNo

#: Where each fact is asked for, in the rows of a context.
Asks: TypeAlias = dict[str, Step[Plane]]


class _Nobody(Store):
    """Records of which nothing is known."""

    def __init__(self, rows: int) -> None:
        super().__init__({}, rows)

    def column(self, path: str, fact: Fact, *, raw: bool = False) -> Column:  # noqa: ARG002 - as for any store
        none = nowhere(self.rows)
        data: Any
        match fact.type:
            case YesNo():
                data = none
            case Text():
                data = pa.nulls(self.rows, pa.string())
            case _:
                data = np.zeros(self.rows, np.int64)
        return Column(self.rows, everywhere(self.rows), none, data)

    def set_column(self, path: str, fact: Fact) -> SetColumn:  # noqa: ARG002 - likewise
        return SetColumn(self.rows, np.zeros(self.rows, np.uint64), nowhere(self.rows))

    def list_column(self, path: str, fact: Fact) -> ListColumn:  # noqa: ARG002 - likewise
        return ListColumn(np.zeros(self.rows + 1, np.int64), nowhere(self.rows), _Nobody(0))

    def stated(self, path: str, fact: Fact) -> Column | None:  # noqa: ARG002 - likewise
        return None


@attrs.frozen(eq=False)
class Asked:
    """
    Where each fact that a rule reads is asked for.

    Attributes:
        paths: the facts that the rule reads, those that derived facts follow from among them.
    """

    paths: tuple[str, ...]
    _unknown: tuple[Step[Plane] | None, ...]
    _flagged: tuple[Step[Plane] | None, ...]
    _judge: Judge

    def planes(self, block: Block) -> tuple[list[str], list[Plane]]:
        """Return the facts that are asked for somewhere, and where."""
        rows = block.root.rows
        scope, requires = self._judge.scope(block), self._judge.requires(block)
        flagged = scope.true & requires.false
        unknown = ~(scope.false | flagged | (requires.true & ~scope.false))
        paths, planes = [], []
        for path, one, other in zip(self.paths, self._unknown, self._flagged, strict=True):
            found = nowhere(rows)
            if one is not None:
                found = found | (one(block) & unknown)
            if other is not None:
                found = found | (other(block) & flagged)
            if found.any():
                paths.append(path)
                planes.append(found)
        return paths, planes


@attrs.define(eq=False)
class Asking(Program):
    """A program that also tells what is asked."""

    def asked(self, judge: Judge) -> Asked:
        """Return what a rule asks."""
        rule, top = judge.rule, self.top()
        scope = [rule.applies_when] if rule.applies_when is not None else []
        scope += [each.when for each in rule.unless]
        unsure = self._open(judge.scope)
        unknown: Asks = {}
        for condition in scope:
            self._merge(unknown, self._masked(self._residual(condition, top), unsure))
        self._merge(unknown, self._residual(rule.requires, top))
        flagged: Asks = {}
        reached: Step[Plane] | None = None
        for grade, (_, step) in zip(rule.grades, judge.grades, strict=True):
            self._merge(flagged, self._masked(self._residual(grade.when, top), reached))
            reached = self._still(reached, step)
        for mitigation in rule.mitigated_by:
            self._merge(flagged, self._residual(mitigation.when, top))
        paths = tuple(dict.fromkeys([*unknown, *flagged]))
        return Asked(
            paths,
            tuple(unknown.get(each) for each in paths),
            tuple(flagged.get(each) for each in paths),
            judge,
        )

    def _open(self, step: Step[Tri]) -> Step[Plane]:
        def work(block: Block) -> Plane:
            true, false = step(block)
            return ~(true | false)

        return self._step(("open", step.id), work)

    def _still(self, reached: Step[Plane] | None, step: Step[Tri]) -> Step[Plane]:
        """Return where a table or the grades go on after a row."""
        key = ("still", None if reached is None else reached.id, step.id)
        if reached is None:
            return self._step(key, lambda block: ~step(block).true)
        before = reached
        return self._step(key, lambda block: before(block) & ~step(block).true)

    def _merge(self, into: Asks, more: Asks) -> None:
        for path, step in more.items():
            there = into.get(path)
            into[path] = step if there is None else self._either(there, step)

    def _either(self, one: Step[Plane], other: Step[Plane]) -> Step[Plane]:
        if one is other:
            return one
        return self._step(("either", one.id, other.id), lambda block: one(block) | other(block))

    def _masked(self, asks: Asks, mask: Step[Plane] | None) -> Asks:
        if mask is None:
            return asks
        found = {path: self._both(step, mask) for path, step in asks.items()}
        return {path: step for path, step in found.items() if step is not None}

    def _residual(self, condition: Condition, context: Context) -> Asks:
        """Return where each fact is asked for, as the condition's value hangs on it."""
        found: Asks = {}
        match condition:
            case All(items) | AnyOf(items):
                for item in items:
                    self._merge(found, self._residual(item, context))
            case Not(item):
                return self._residual(item, context)
            case Known():
                return {}
            case Test(ref, predicate):
                self._merge(found, self._of_fact(ref, context))
                self._merge(found, self._of_predicate(predicate, context))
            case Quantified(list=ref, where=where):
                self._merge(found, self._of_records(ref, (where,), None, context))
            case Count(ref, where, predicate):
                conditions = () if where is None else (where,)
                self._merge(found, self._of_records(ref, conditions, None, context))
                self._merge(found, self._of_predicate(predicate, context))
            case Sum(ref, of, where, predicate):
                conditions = () if where is None else (where,)
                self._merge(found, self._of_records(ref, conditions, of, context))
                self._merge(found, self._of_predicate(predicate, context))
            case Share(ref, among, where, predicate):
                several = (where,) if among is None else (among, where)
                self._merge(found, self._of_records(ref, several, None, context))
                self._merge(found, self._of_predicate(predicate, context))
            case _:
                assert_never(condition)
        return self._masked(found, self._open(self.condition(condition, context)))

    def _of_records(
        self,
        ref: FactRef,
        conditions: Sequence[Condition],
        of: FactRef | None,
        context: Context,
    ) -> Asks:
        if isinstance(ref.type, Choices):
            return self._of_fact(ref, context)
        found = self._of_fact(ref, context)
        (shut,) = found.values()
        self._merge(found, self._masked(self._beside(ref, conditions, context), shut))
        inside = self._inside(context, ref)
        spans = self._spans(context, ref)
        within: Asks = {}
        for condition in conditions:
            self._merge(within, self._residual(condition, inside))
        if of is not None:
            self._merge(within, self._of_fact(of, inside))
        for path, step in within.items():
            reduced = self._step(
                ("any", step.id, context.key, ref.level, ref.path),
                lambda block, step=step: pack(  # type: ignore[misc]
                    spans(block).counted(step(block)) > 0
                ),
            )
            self._merge(found, {path: reduced})
        return found

    def _beside(self, ref: FactRef, conditions: Sequence[Condition], context: Context) -> Asks:
        """Return what conditions on records not yet known hang on beside the records themselves."""
        key = (*context.stores[ref.level][0], f"{ref.path}?")
        name = ("nobody", context.key, ref.level, ref.path)
        store: Step[Store] = self._step(
            (*name, "store"), lambda block: _Nobody(context.rows(block))
        )
        # The key names the context: these records are nobody's but its rows'.
        inner = Context(
            name,
            (*context.stores, ((*key, str(context.key)), store)),
            context.rows,
            (*context.levels, self.in_order()),
        )
        prefix = self._path(context, ref) + "[]."
        found: Asks = {}
        for condition in conditions:
            asks = self._residual(condition, inner)
            self._merge(found, {path: step for path, step in asks.items() if "?" not in path})
        return {path: step for path, step in found.items() if not path.startswith(prefix)}

    def _path(self, context: Context, ref: FactRef) -> str:
        if ref.source is FactSource.AS_OF:
            return ref.path
        return "".join(f"{each}[]." for each in context.stores[ref.level][0]) + ref.path

    def _of_predicate(self, predicate: Predicate, context: Context) -> Asks:
        found: Asks = {}
        for operand in operands(predicate):
            self._merge(found, self._of_operand(operand, context))
        if isinstance(predicate, Compare) and predicate.op.is_age:
            self._merge(found, self._of_fact(AS_OF_REF, context))
        return found

    def _of_operand(self, operand: Operand, context: Context) -> Asks:
        match operand:
            case FactRef():
                return self._of_fact(operand, context)
            case By(selector, cases):
                found = self._of_fact(selector, context)
                may = self._selected(selector, [case for case, _ in cases], context)
                for value, each in cases:
                    asks = self._of_operand(each, context)
                    self._merge(found, self._masked(asks, may[value]))
                return found
            case Literal() | Parameter():
                return {}
            case _:
                assert_never(operand)

    def _selected(
        self, ref: FactRef, cases: Sequence[str | bool], context: Context
    ) -> dict[str | bool, Step[Plane] | None]:
        """Return where a fact may have each value."""
        found: dict[str | bool, Step[Plane] | None] = {}
        for each in self._values(context, ref):
            if each.column is None:
                found[each.plain] = each.may
            else:
                found |= dict(self._cases(context, ref, each.column, cases)[2:])
        return found

    def _of_fact(self, ref: FactRef, context: Context) -> Asks:
        if ref.source is FactSource.DERIVED:
            return self._of_derived(ref, context)
        path = self._path(context, ref)
        if isinstance(ref.type, Records | Choices):
            closed = self._closed(context, ref)
            return {path: self._step(("unclosed", closed.id), lambda block: ~closed(block))}
        column = self._column(context, ref)
        return {path: self._step(("unknown", column.id), lambda block: column(block).unknown)}

    def _of_derived(self, ref: FactRef, context: Context) -> Asks:
        key, store = context.stores[ref.level]
        alone = self._alone(key, store)
        derived = self.rulebook.derived[ref.path]
        stated = self._stated(key, store, derived)

        def unsaid(block: Block) -> Plane:
            said = stated(block)[0]
            return everywhere(store(block).rows) if said is None else said.unknown

        reached: Step[Plane] = self._step(("unsaid", key, derived.name), unsaid)
        own: Asks = {}
        for row in derived.rows:
            self._merge(own, self._masked(self._residual(row.when, alone), reached))
            reached = self._still(reached, self.condition(row.when, alone))
        return {
            path: self._step(
                ("asked", context.key, ref.level, step.id),
                lambda block, step=step: taken(  # type: ignore[misc]
                    step(block), store(block).rows, context.index(block, ref.level)
                ),
            )
            for path, step in own.items()
        }
