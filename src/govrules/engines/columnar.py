"""
The engine for many subjects at once: each condition is worked out for a whole batch of rows.

A rulebook is compiled once to steps on bit planes (see `planes`); a step that several rules share
is worked out once. Contexts stand for what a condition is about: the subjects, or the records of a
list, with the way from each record back to the records that it is in.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, Generic, TypeAlias, TypeVar, assert_never

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from govrules.engines import reference
from govrules.engines.columns import BLOCK, to_batches
from govrules.engines.planes import (
    Column,
    Flags,
    Integers,
    ListColumn,
    Plane,
    SetColumn,
    Spans,
    Store,
    Tri,
    days,
    everywhere,
    nowhere,
    pack,
    taken,
    unpack,
)
from govrules.engines.reference import months_before
from govrules.engines.registry import Outcome
from govrules.errors import EngineError, FactsError
from govrules.rulebook.ast import (
    ORDER,
    SEVERITIES,
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Mitigation,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Quantified,
    Quantity,
    Rule,
    Rulebook,
    SetOp,
    Severity,
    Share,
    Sum,
    Test,
    ValueTest,
    Verdict,
)
from govrules.truth import UNKNOWN, Truth, Unknown
from govrules.vocabulary import Choice, Choices, FactType, Number, Records, Text, YesNo

T = TypeVar("T")
Codes: TypeAlias = NDArray[np.uint8]

NAME: Final = "columnar"
#: Verdicts and severities by their codes; no severity is 0.
VERDICTS: Final = (Verdict.FLAGGED, Verdict.CLEAR, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
GRAVITIES: Final = (None, *SEVERITIES)
_FLAGGED, _UNKNOWN = VERDICTS.index(Verdict.FLAGGED), VERDICTS.index(Verdict.UNKNOWN)
#: Sums stay below this, so that 64 bits hold them.
_MOST: Final = 2**62
_OUTSIDE: Final = np.uint64(1) << np.uint64(63)
_SWAPPED: Final = {
    Op.EQUALS: Op.EQUALS,
    Op.AT_LEAST: Op.AT_MOST,
    Op.AT_MOST: Op.AT_LEAST,
    Op.MORE_THAN: Op.LESS_THAN,
    Op.LESS_THAN: Op.MORE_THAN,
}


class Block:
    """
    Some rows on which conditions are worked out, and what has been worked out of them.

    Args:
        root: the subjects.

        as_of: the date of the assessment.

        lists: lists of the subjects that come from elsewhere, by path.
    """

    def __init__(
        self,
        root: Store,
        as_of: dt.date | Unknown,
        lists: Mapping[str, ListColumn] | None = None,
    ) -> None:
        self.root = root
        self.as_of = as_of
        self.lists = lists or {}
        self.memo: dict[int, Any] = {}


@attrs.frozen(eq=False)
class Step(Generic[T]):
    """Something to be worked out of a block, once."""

    id: int
    work: Callable[[Block], T]

    def __call__(self, block: Block) -> T:
        """Return what it makes of a block."""
        found = block.memo.get(self.id)
        if found is None:
            found = self.work(block)
            block.memo[self.id] = found
        return found


@attrs.frozen(eq=False)
class Context:
    """
    What a condition is about.

    Attributes:
        key: the same for the same.
        stores: the key and the records at each level, the subject's first.
        rows: how many rows it has.
        levels: which record of each level its rows are in; None for all of them, in order.
    """

    key: tuple[object, ...]
    stores: tuple[tuple[tuple[str, ...], Step[Store]], ...]
    rows: Step[int]
    levels: tuple[Step[Integers | None], ...]

    def index(self, block: Block, level: int) -> Integers | None:
        """Return which record of a level each row is in."""
        return self.levels[level](block)


@attrs.frozen(eq=False)
class _Value:
    """
    A value that a fact or an operand may have.

    Attributes:
        may: where it may have it; None for everywhere.
        plain: a constant, unless there is a column.
        column: the value of each row.
        type: the fact's type.
    """

    may: Step[Plane] | None
    plain: Any = None
    column: Step[Column] | None = None


@attrs.frozen(eq=False)
class _Ranges:
    """The least and the greatest that a number of each row can be, as fractions."""

    least: Integers
    greatest: Integers
    unlimited: Flags
    least_of: Integers | int = 1
    greatest_of: Integers | int = 1
    scale: int = 1


@attrs.frozen(eq=False)
class Tally:
    """Of the records of each row's list: of how many a condition is true, and false."""

    true: Integers
    false: Integers
    total: Integers

    def merged(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(self.true + other.true, self.false + other.false, self.total + other.total)


@attrs.frozen(eq=False)
class Summed:
    """The sum over the records of each row's list: what is certain, possible, and unlimited."""

    least: Integers
    greatest: Integers
    open: Integers
    scale: int

    def merged(self, other: Summed) -> Summed:
        """Return both together."""
        return Summed(
            _plus(self.least, other.least),
            _plus(self.greatest, other.greatest),
            self.open + other.open,
            max(self.scale, other.scale),
        )


@attrs.frozen(eq=False)
class Crossed:
    """How many records count for certain and are so, are not, or may be; and how many may count."""

    cells: tuple[Integers, ...]

    def merged(self, other: Crossed) -> Crossed:
        """Return both together."""
        return Crossed(tuple(one + two for one, two in zip(self.cells, other.cells, strict=True)))


@attrs.frozen(eq=False)
class Judge:
    """A rule as steps."""

    rule: Rule
    scope: Step[Tri]
    requires: Step[Tri]
    grades: tuple[tuple[Severity, Step[Tri]], ...]
    mitigations: tuple[Step[Tri], ...]


@attrs.frozen(eq=False)
class Verdicts:
    """
    What a rule says of each row.

    Attributes:
        verdict: places in `VERDICTS`.
        severity: places in `GRAVITIES`, the severity that is certain.
        could_be: likewise, the worst that is possible where that is worse.
        holding: where each mitigation holds and counts.
    """

    verdict: Codes
    severity: Codes
    could_be: Codes
    holding: tuple[Flags, ...]


@attrs.define(eq=False)
class Program:
    """
    The rules of a rulebook as steps on columns.

    Args:
        rulebook: the rulebook in which derived facts stand.

    Attributes:
        columns: the columns of the top level that rules read.
        inner: the columns that rules read of the records of each list of the top level.
        merging: steps on the subjects' own lists, whose results can be merged; by step.
    """

    rulebook: Rulebook
    columns: set[str] = attrs.field(factory=set, init=False)
    inner: dict[str, set[str]] = attrs.field(factory=dict, init=False)
    merging: dict[int, tuple[str, Step[Any]]] = attrs.field(factory=dict, init=False)
    _steps: dict[object, Step[Any]] = attrs.field(factory=dict, init=False)
    _contexts: dict[object, Context] = attrs.field(factory=dict, init=False)
    #: Lists that only come merged: they cannot be gone through again inside themselves.
    apart: frozenset[str] = frozenset()

    # ── Steps and contexts ────────────────────────────────────────────────────────────────────

    def _step(self, key: object, work: Callable[[Block], T]) -> Step[T]:
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = Step(len(self._steps), work)
        return found

    def top(self) -> Context:
        """Return the context of the subjects."""
        return self._alone((), self._step("root", lambda block: block.root))

    def _alone(self, key: tuple[str, ...], store: Step[Store]) -> Context:
        found = self._contexts.get(("alone", key))
        if found is None:
            rows = self._step(("alone", key), lambda block: store(block).rows)
            found = Context(("alone", key), ((key, store),), rows, (self.in_order(),))
            self._contexts["alone", key] = found
        return found

    def in_order(self) -> Step[Integers | None]:
        """Return the step for rows that are all the records of a level."""
        return self._step("in order", lambda _: None)

    def _list(self, context: Context, ref: FactRef) -> Step[ListColumn]:
        key, store = context.stores[ref.level]
        self._reads(key, ref.path)

        def work(block: Block) -> ListColumn:
            given = block.lists.get(ref.path) if key == () else None
            return store(block).list_column(ref.path, ref.fact) if given is None else given

        return self._step(("list", key, ref.path), work)

    def _reads(self, key: tuple[str, ...], path: str) -> None:
        name = path.partition(".")[0]
        if not key:
            self.columns.add(name)
        elif len(key) == 1:
            self.inner.setdefault(key[0], set()).add(name)

    def _inside(self, context: Context, ref: FactRef) -> Context:
        """Return the context of the records of a list."""
        name = ("inside", context.key, ref.level, ref.path)
        found = self._contexts.get(name)
        if found is not None:
            return found
        column = self._list(context, ref)
        outer_key = context.stores[ref.level][0]
        if outer_key == () and ref.path in self.apart and len(context.stores) > 1:
            raise EngineError(
                NAME, f"`{ref.path}` is gone through again for each of its own records"
            )
        key = (*outer_key, ref.path)
        store = self._step(("store", key), lambda block: column(block).records)
        starts = self._starts(context, ref)

        def within(block: Block) -> Integers:
            return np.repeat(np.arange(context.rows(block)), np.diff(starts(block)))

        def own(block: Block) -> Integers | None:
            chosen = context.index(block, ref.level)
            if chosen is None:
                return None
            begins = starts(block)
            shift = column(block).offsets[chosen] - begins[:-1]
            return np.arange(begins[-1]) + np.repeat(shift, np.diff(begins))

        parent = self._step((*name, "parent"), within)

        def outer(block: Block, level: int) -> Integers:
            each = context.index(block, level)
            return parent(block) if each is None else each[parent(block)]

        levels: list[Step[Integers | None]] = [
            self._step((*name, level), lambda block, level=level: outer(block, level))  # type: ignore[misc]
            for level in range(len(context.levels))
        ]
        found = Context(
            name,
            (*context.stores, (key, store)),
            self._step((*name, "rows"), lambda block: int(starts(block)[-1])),
            (*levels, self._step((*name, "own"), own)),
        )
        self._contexts[name] = found
        return found

    def _starts(self, context: Context, ref: FactRef) -> Step[Integers]:
        """Return where the records of each row begin in the context inside."""
        column = self._list(context, ref)

        def work(block: Block) -> Integers:
            offsets = column(block).offsets
            chosen = context.index(block, ref.level)
            if chosen is None:
                return offsets
            return np.concatenate([[0], np.cumsum(offsets[chosen + 1] - offsets[chosen])])

        return self._step(("starts", context.key, ref.level, ref.path), work)

    def _spans(self, context: Context, ref: FactRef) -> Step[Spans]:
        """Return where the records of each row stand in the context inside, and which count."""
        column, starts = self._list(context, ref), self._starts(context, ref)
        inside = self._inside(context, ref)

        def work(block: Block) -> Spans:
            real, rows = column(block).real, column(block).records.rows
            if real is not None:
                real = taken(real, rows, inside.index(block, -1))
            return Spans(starts(block), real)

        return self._step(("spans", context.key, ref.level, ref.path), work)

    def _closed(self, context: Context, ref: FactRef) -> Step[Plane]:
        if isinstance(ref.type, Choices):
            members = self._set(context, ref)
            return self._step(
                ("closed set", context.key, ref.level, ref.path, ref.source),
                lambda block: members(block).closed,
            )
        column = self._list(context, ref)

        def work(block: Block) -> Plane:
            found = column(block)
            rows = len(found.offsets) - 1
            return taken(found.closed, rows, context.index(block, ref.level))

        return self._step(("closed", context.key, ref.level, ref.path), work)

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _column(self, context: Context, ref: FactRef) -> Step[Column]:
        """Return a recorded or local fact of a single value."""
        if ref.source is FactSource.AS_OF:
            return self._step(("as_of", context.key), lambda block: _day(block, context))
        key, store = context.stores[ref.level]
        self._reads(key, ref.path)
        own = self._step(
            ("column", key, ref.path), lambda block: store(block).column(ref.path, ref.fact)
        )
        return self._step(
            ("column", context.key, ref.level, ref.path),
            lambda block: own(block).at(context.index(block, ref.level)),
        )

    def _set(self, context: Context, ref: FactRef) -> Step[SetColumn]:
        key, store = context.stores[ref.level]
        self._reads(key, ref.path)
        own = self._step(
            ("set", key, ref.path), lambda block: store(block).set_column(ref.path, ref.fact)
        )
        return self._step(
            ("set", context.key, ref.level, ref.path),
            lambda block: own(block).at(context.index(block, ref.level)),
        )

    def _there(self, context: Context, ref: FactRef) -> Step[Column]:
        """Return whether a list or a set has anything in it: then it has a value."""
        closed = self._closed(context, ref)
        if isinstance(ref.type, Choices):
            members = self._set(context, ref)

            def some(block: Block) -> Plane:
                return pack(members(block).masks != 0)
        else:
            spans = self._spans(context, ref)

            def some(block: Block) -> Plane:
                return pack(spans(block).total > 0)

        def work(block: Block) -> Column:
            found, shut = some(block), closed(block)
            return Column(context.rows(block), ~found & ~shut, ~found & shut, None)

        return self._step(("there", context.key, ref.level, ref.path), work)

    def _values(self, context: Context, ref: FactRef) -> list[_Value]:
        """Return every value that a fact may have."""
        if ref.source is FactSource.DERIVED:
            return self._derived_values(context, ref)
        if isinstance(ref.type, Records | Choices):
            return [_Value(None, plain=True, column=self._there(context, ref))]
        return [_Value(None, None, self._column(context, ref))]

    def _derived_values(self, context: Context, ref: FactRef) -> list[_Value]:
        key, store = context.stores[ref.level]
        alone = self._alone(key, store)
        derived = self.rulebook.derived[ref.path]
        names = tuple(dict.fromkeys([*(row.value for row in derived.rows), derived.otherwise]))
        worked = self._table(alone, derived, names)
        allowed = (
            derived.fact.type.values if isinstance(derived.fact.type, Choice) else (True, False)
        )
        found = []
        for value in dict.fromkeys([*names, *allowed, None]):
            place = names.index(value) if value in names else None
            own = self._may(alone, derived, value, place, worked)
            may = self._step(
                ("may", context.key, ref.level, ref.path, type(value), value),
                lambda block, own=own: taken(  # type: ignore[misc]
                    own(block), store(block).rows, context.index(block, ref.level)
                ),
            )
            found.append(_Value(may, value))
        return found

    def _stated(
        self, key: tuple[str, ...], store: Step[Store], derived: Derived
    ) -> Step[tuple[Column | None]]:
        """Return what somebody stated of a derived fact, in a box: there may be nothing."""
        path = f"stated.{derived.name}"
        self._reads(key, path)

        def work(block: Block) -> tuple[Column | None]:
            return (store(block).stated(path, derived.fact),)

        return self._step(("stated", key, path), work)

    def _may(
        self,
        alone: Context,
        derived: Derived,
        value: str | bool | None,  # noqa: FBT001 - a fact's value
        place: int | None,
        worked: Step[list[Plane]],
    ) -> Step[Plane]:
        key, store = alone.stores[0]
        stated = self._stated(key, store, derived)

        def work(block: Block) -> Plane:
            rows = alone.rows(block)
            (said,) = stated(block)
            own = nowhere(rows) if place is None else worked(block)[place]
            if said is None:
                return own
            if value is None:
                return (own & said.unknown) | said.none
            equal = _compare_plain(said, Op.EQUALS, value, derived.fact.type, block)
            return (own & said.unknown) | equal.true

        return self._step(("derived", key, derived.name, type(value), value), work)

    def _table(
        self, alone: Context, derived: Derived, names: Sequence[str | bool | None]
    ) -> Step[list[Plane]]:
        rows = [(names.index(row.value), self.condition(row.when, alone)) for row in derived.rows]
        last = names.index(derived.otherwise)

        def work(block: Block) -> list[Plane]:
            number = alone.rows(block)
            found = [nowhere(number) for _ in names]
            reached = everywhere(number)
            for place, step in rows:
                holds = step(block)
                found[place] = found[place] | (reached & ~holds.false)
                reached = reached & ~holds.true
            found[last] = found[last] | reached
            return found

        return self._step(("table", alone.key, derived.name), work)

    def _possible(self, operand: Operand, context: Context) -> list[_Value]:
        """Return every value that an operand may have."""
        match operand:
            case Literal(value) | Parameter(value=value):
                return [_Value(None, value)]
            case FactRef():
                return self._values(context, operand)
            case By(selector, cases):
                return self._chosen(selector, cases, context)
            case _:
                assert_never(operand)

    def _chosen(
        self, selector: FactRef, cases: Sequence[tuple[str | bool, Operand]], context: Context
    ) -> list[_Value]:
        found: list[_Value] = []
        for each in self._values(context, selector):
            if each.column is None:
                selected = [(each.plain, each.may)]
            else:
                selected = self._cases(context, selector, each.column, [case for case, _ in cases])
            for value, may in selected:
                if value is None or value is UNKNOWN:
                    found.append(_Value(may, value))
                    continue
                found.extend(
                    attrs.evolve(inner, may=self._both(may, inner.may))
                    for inner in self._possible(dict(cases)[value], context)
                )
        return found

    def _cases(
        self, context: Context, ref: FactRef, column: Step[Column], cases: Sequence[str | bool]
    ) -> list[tuple[Any, Step[Plane] | None]]:
        name = ("case", context.key, ref.level, ref.path, ref.source)
        found: list[tuple[Any, Step[Plane] | None]] = [
            (UNKNOWN, self._step((*name, UNKNOWN), lambda block: column(block).unknown)),
            (None, self._step((*name, None), lambda block: column(block).none)),
        ]
        for case in cases:
            step = self._step(
                (*name, type(case), case),
                lambda block, case=case: (  # type: ignore[misc]
                    _compare_plain(column(block), Op.EQUALS, case, ref.type, block).true
                ),
            )
            found.append((case, step))
        return found

    def _both(self, one: Step[Plane] | None, other: Step[Plane] | None) -> Step[Plane] | None:
        if one is None or other is None:
            return one if other is None else other
        first, second = one, other
        return self._step(("both", one.id, other.id), lambda block: first(block) & second(block))

    # ── Conditions ────────────────────────────────────────────────────────────────────────────

    def condition(self, condition: Condition, context: Context) -> Step[Tri]:
        """Return the step that works out a condition."""
        match condition:
            case All(items):
                return self._all([self.condition(each, context) for each in items], context)
            case AnyOf(items):
                steps = [self._not(self.condition(each, context)) for each in items]
                return self._not(self._all(steps, context))
            case Not(item):
                return self._not(self.condition(item, context))
            case Test(ref, predicate):
                if isinstance(predicate, Includes):
                    return self._includes(ref, predicate.op, predicate.operand, context)
                parts = [
                    (each.may, self._stands(each, predicate, ref.type, context))
                    for each in self._values(context, ref)
                ]
                return self._unanimous(parts)
            case Known(ref, recorded):
                known = self._known(ref, context)
                return known if recorded else self._not(known)
            case Quantified(quantity, ref, where):
                return self._quantified(quantity, ref, where, context)
            case Count(ref, where, predicate):
                ranges = self._count(ref, where, context)
                return self._in_ranges(ranges, predicate, context)
            case Sum(ref, of, where, predicate):
                ranges = self._sum(ref, of, where, context)
                return self._in_ranges(ranges, predicate, context)
            case Share(ref, among, where, predicate):
                return self._share(ref, among, where, predicate, context)
            case _:
                assert_never(condition)

    def _constant(self, truth: Truth, context: Context) -> Step[Tri]:
        def work(block: Block) -> Tri:
            rows = context.rows(block)
            none = nowhere(rows)
            return Tri(
                everywhere(rows) if truth is Truth.TRUE else none,
                everywhere(rows) if truth is Truth.FALSE else none,
            )

        return self._step(("constant", context.key, truth), work)

    def _not(self, item: Step[Tri]) -> Step[Tri]:
        return self._step(("not", item.id), lambda block: Tri(*reversed(item(block))))

    def _all(self, items: Sequence[Step[Tri]], context: Context) -> Step[Tri]:
        steps = list({each.id: each for each in items}.values())
        if not steps:
            return self._constant(Truth.TRUE, context)
        if len(steps) == 1:
            return steps[0]

        def work(block: Block) -> Tri:
            true, false = steps[0](block)
            for each in steps[1:]:
                other = each(block)
                true = true & other.true
                false = false | other.false
            return Tri(true, false)

        return self._step(("all", tuple(sorted(each.id for each in steps))), work)

    def _unanimous(self, parts: Sequence[tuple[Step[Plane] | None, Step[Tri]]]) -> Step[Tri]:
        if len(parts) == 1 and parts[0][0] is None:
            return parts[0][1]

        def work(block: Block) -> Tri:
            true: Plane | None = None
            false: Plane | None = None
            for may, step in parts:
                assert may is not None  # noqa: S101 - what is sure stands alone
                never = ~may(block)
                holds = step(block)
                one, other = holds.true | never, holds.false | never
                true = one if true is None else true & one
                false = other if false is None else false & other
            assert true is not None  # noqa: S101 - there are parts
            assert false is not None  # noqa: S101 - likewise
            # Where no part is possible both would hold; then nothing is known.
            return Tri(true & ~false, false & ~true)

        key = tuple((None if may is None else may.id, step.id) for may, step in parts)
        return self._step(("unanimous", key), work)

    def _stands(
        self, value: _Value, predicate: ValueTest, fact_type: FactType, context: Context
    ) -> Step[Tri]:
        """Return whether a value stands a test."""
        match predicate:
            case Compare(op, operand):
                parts = [
                    (other.may, self._compare(value, op, other, fact_type, context))
                    for other in self._possible(operand, context)
                ]
                return self._unanimous(parts)
            case OneOf(operands):
                steps = [
                    self._not(self._stands(value, Compare(Op.EQUALS, each), fact_type, context))
                    for each in operands
                ]
                return self._not(self._all(steps, context))
            case Between(low, high):
                return self._all(
                    [
                        self._stands(value, Compare(Op.AT_LEAST, low), fact_type, context),
                        self._stands(value, Compare(Op.AT_MOST, high), fact_type, context),
                    ],
                    context,
                )
            case _:
                assert_never(predicate)

    def _compare(
        self, value: _Value, op: Op, other: _Value, fact_type: FactType, context: Context
    ) -> Step[Tri]:
        """Return whether one value stands in a relation to another."""
        one, two = value.column, other.column
        if one is not None and two is not None:
            first, second = one, two
            return self._step(
                ("compare", first.id, op, second.id),
                lambda block: _compare_columns(first(block), op, second(block), fact_type, block),
            )
        if one is not None:
            first = one
            return self._step(
                ("compare", first.id, op, type(other.plain), other.plain),
                lambda block: _compare_plain(first(block), op, other.plain, fact_type, block),
            )
        if two is not None:
            second = two
            return self._step(
                ("compare", second.id, _SWAPPED[op], type(value.plain), value.plain),
                lambda block: _compare_plain(
                    second(block), _SWAPPED[op], value.plain, fact_type, block
                ),
            )
        return self._constant(_settled(value.plain, op, other.plain, fact_type), context)

    def _includes(self, ref: FactRef, op: SetOp, operand: Operand, context: Context) -> Step[Tri]:
        assert isinstance(ref.type, Choices)  # noqa: S101 - settled when the rule was checked
        own = self._set(context, ref)
        parts = []
        for may, wanted in self._wanted(operand, context):
            parts.append((may, self._includes_one(own, op, wanted, ref.type.values, context)))
        return self._unanimous(parts)

    def _wanted(self, operand: Operand, context: Context) -> list[tuple[Step[Plane] | None, Any]]:
        """Return every set that an operand may be: a plain one, or the step to a column."""
        match operand:
            case Literal(value) | Parameter(value=value):
                return [(None, value)]
            case FactRef():
                return [(None, (self._set(context, operand), operand.type))]
            case By(selector, cases):
                found: list[tuple[Step[Plane] | None, Any]] = []
                for each in self._values(context, selector):
                    selected = (
                        [(each.plain, each.may)]
                        if each.column is None
                        else self._cases(context, selector, each.column, [one for one, _ in cases])
                    )
                    for value, may in selected:
                        if value is None or value is UNKNOWN:
                            found.append((may, value))
                            continue
                        found.extend(
                            (self._both(may, inner), wanted)
                            for inner, wanted in self._wanted(dict(cases)[value], context)
                        )
                return found
            case _:
                assert_never(operand)

    def _includes_one(
        self,
        own: Step[SetColumn],
        op: SetOp,
        wanted: Any,  # noqa: ANN401 - a plain set, a column's step, or a state
        values: tuple[str, ...],
        context: Context,
    ) -> Step[Tri]:
        if wanted is UNKNOWN:
            return self._constant(Truth.UNKNOWN, context)
        if isinstance(wanted, tuple):
            step, _ = wanted
            return self._step(
                ("includes", own.id, op, step.id),
                lambda block: _includes(own(block), op, step(block).masks, step(block).closed),
            )
        mask = _mask(wanted or frozenset(), values)
        return self._step(
            ("includes", own.id, op, "plain", int(mask)),
            lambda block: _includes(own(block), op, mask, None),
        )

    def _known(self, ref: FactRef, context: Context) -> Step[Tri]:
        if isinstance(ref.type, Records | Choices):
            closed = self._closed(context, ref)
            return self._step(("known", closed.id), lambda block: _sure(closed(block)))
        if ref.source is not FactSource.DERIVED:
            column = self._column(context, ref)
            return self._step(("known", column.id), lambda block: _sure(~column(block).unknown))
        values = [each.may for each in self._values(context, ref) if each.may is not None]

        def work(block: Block) -> Tri:
            number = sum(unpack(may(block), context.rows(block)).astype(np.int64) for may in values)
            return _sure(pack(np.asarray(number) == 1))

        return self._step(("known", tuple(each.id for each in values)), work)

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _merges(self, context: Context, ref: FactRef, step: Step[Any]) -> None:
        if context.stores[ref.level][0] == () and len(context.stores) == 1:
            self.merging[step.id] = (ref.path, step)

    def _tally(self, ref: FactRef, where: Condition | None, context: Context) -> Step[Tally]:
        spans = self._spans(context, ref)
        inside = self._inside(context, ref)
        holds = None if where is None else self.condition(where, inside)

        def work(block: Block) -> Tally:
            records = spans(block)
            if holds is None:
                return Tally(records.total, np.zeros_like(records.total), records.total)
            found = holds(block)
            return Tally(records.counted(found.true), records.counted(found.false), records.total)

        key = ("tally", context.key, ref.level, ref.path, None if holds is None else holds.id)
        step = self._step(key, work)
        self._merges(context, ref, step)
        return step

    def _quantified(
        self, quantity: Quantity, ref: FactRef, where: Condition, context: Context
    ) -> Step[Tri]:
        tally = self._tally(ref, where, context)
        closed = self._closed(context, ref)

        def work(block: Block) -> Tri:
            found, shut = tally(block), closed(block)
            if quantity is Quantity.EVERY:
                return Tri(shut & pack(found.true == found.total), pack(found.false > 0))
            some = Tri(pack(found.true > 0), shut & pack(found.false == found.total))
            return some if quantity is Quantity.SOME else Tri(some.false, some.true)

        return self._step(("quantified", quantity, tally.id), work)

    def _count(self, ref: FactRef, where: Condition | None, context: Context) -> Step[_Ranges]:
        if isinstance(ref.type, Choices):
            members = self._set(context, ref)
            most = len(ref.type.values)

            def of_set(block: Block) -> _Ranges:
                found = members(block)
                least = np.bitwise_count(found.masks).astype(np.int64)
                greatest = np.where(unpack(found.closed, found.rows), least, most)
                return _Ranges(least, greatest, np.zeros(found.rows, np.bool_))

            return self._step(("count", members.id), of_set)
        tally = self._tally(ref, where, context)
        closed = self._closed(context, ref)

        def work(block: Block) -> _Ranges:
            found = tally(block)
            return _Ranges(
                found.true,
                found.total - found.false,
                ~unpack(closed(block), context.rows(block)),
            )

        return self._step(("count", tally.id), work)

    def _sum(
        self, ref: FactRef, of: FactRef, where: Condition | None, context: Context
    ) -> Step[_Ranges]:
        spans = self._spans(context, ref)
        closed = self._closed(context, ref)
        inside = self._inside(context, ref)
        holds = None if where is None else self.condition(where, inside)
        amounts = self._column(inside, of)

        def gathered(block: Block) -> Summed:
            rows, records = inside.rows(block), spans(block)
            column = amounts(block)
            sure, maybe = everywhere(rows), everywhere(rows)
            if holds is not None:
                found = holds(block)
                sure, maybe = found.true, ~found.false
            numbers = np.where(unpack(column.known, rows), column.data, 0)
            if rows and int(numbers.max()) * rows >= _MOST:
                numbers = numbers.astype(object)
            return Summed(
                records.summed(numbers, sure),
                records.summed(numbers, maybe),
                records.counted(maybe & column.unknown),
                column.scale,
            )

        key = (context.key, ref.level, ref.path, amounts.id, None if holds is None else holds.id)
        step = self._step(("gathered", *key), gathered)
        self._merges(context, ref, step)

        def work(block: Block) -> _Ranges:
            found = step(block)
            unlimited = (found.open > 0) | ~unpack(closed(block), context.rows(block))
            return _Ranges(found.least, found.greatest, unlimited, scale=found.scale)

        return self._step(("sum", *key), work)

    def _share(
        self,
        ref: FactRef,
        among: Condition | None,
        where: Condition,
        predicate: Comparison,
        context: Context,
    ) -> Step[Tri]:
        spans = self._spans(context, ref)
        closed = self._closed(context, ref)
        inside = self._inside(context, ref)
        counts = (
            self._constant(Truth.TRUE, inside) if among is None else self.condition(among, inside)
        )
        holds = self.condition(where, inside)

        def crossed(block: Block) -> Crossed:
            records = spans(block)
            true, _, unknown = _thirds(counts(block))
            return Crossed(
                tuple(
                    records.counted(one & other)
                    for one in (true, unknown)
                    for other in _thirds(holds(block))
                )
            )

        key = (context.key, ref.level, ref.path, counts.id, holds.id)
        cells = self._step(("crossed", *key), crossed)
        self._merges(context, ref, cells)

        def ranges(block: Block) -> _Ranges:
            so, not_so, either, yes, no, open_ = cells(block).cells
            base = so + not_so + either
            # Where nothing counts for certain, or there may be more, any share is possible.
            free = (base == 0) | ~unpack(closed(block), context.rows(block))
            least_of = np.where(free, 1, base + no + open_)
            greatest_of = np.where(free, 1, base + yes + open_)
            return _Ranges(
                np.where(free, 0, 100 * so),
                np.where(free, 100, 100 * (so + either + yes + open_)),
                np.zeros(len(base), np.bool_),
                least_of,
                greatest_of,
            )

        def empty(block: Block) -> Plane:
            so, not_so, either, *_ = cells(block).cells
            return pack(so + not_so + either == 0)

        def some(block: Block) -> Plane:
            so, not_so, either, yes, no, open_ = cells(block).cells
            nothing = pack(so + not_so + either + yes + no + open_ == 0)
            return ~(nothing & closed(block))

        none = self._stands(_Value(None, None), predicate, Number(unit="per cent"), context)
        parts = [
            (self._step(("nothing shared", *key), empty), none),
            (
                self._step(("something shared", *key), some),
                self._in_ranges(self._step(("share", *key), ranges), predicate, context),
            ),
        ]
        return self._unanimous(parts)

    def _in_ranges(
        self, ranges: Step[_Ranges], predicate: Comparison, context: Context
    ) -> Step[Tri]:
        """Return whether a number that lies in a range stands a test."""
        match predicate:
            case Compare(op, operand):
                parts = [
                    (other.may, self._range_compares(ranges, op, other, context))
                    for other in self._possible(operand, context)
                ]
                return self._unanimous(parts)
            case Between(low, high):
                return self._all(
                    [
                        self._in_ranges(ranges, Compare(Op.AT_LEAST, low), context),
                        self._in_ranges(ranges, Compare(Op.AT_MOST, high), context),
                    ],
                    context,
                )
            case _:
                assert_never(predicate)

    def _range_compares(
        self, ranges: Step[_Ranges], op: Op, other: _Value, context: Context
    ) -> Step[Tri]:
        column = other.column
        if column is None:
            if other.plain is None:
                return self._constant(Truth.FALSE, context)
            if other.plain is UNKNOWN:
                return self._constant(Truth.UNKNOWN, context)
            number = Fraction(other.plain)
            return self._step(
                ("range", ranges.id, op, number),
                lambda block: _range_compares(
                    ranges(block), op, number.numerator, number.denominator
                ),
            )
        step = column

        def work(block: Block) -> Tri:
            found = step(block)
            numbers = np.where(unpack(found.known, found.rows), found.data, 0)
            holds = _range_compares(ranges(block), op, numbers, found.scale)
            return Tri(holds.true & found.known, (holds.false & found.known) | found.none)

        return self._step(("range", ranges.id, op, "column", step.id), work)

    # ── Rules ─────────────────────────────────────────────────────────────────────────────────

    def judge(self, rule: Rule) -> Judge:
        """
        Return a rule as steps.

        Raises:
            EngineError: something in the rule cannot be worked out on columns.
        """
        top = self.top()
        try:
            scope = [] if rule.applies_when is None else [self.condition(rule.applies_when, top)]
            scope += [self._not(self.condition(each.when, top)) for each in rule.unless]
            return Judge(
                rule,
                self._all(scope, top),
                self.condition(rule.requires, top),
                tuple((each.severity, self.condition(each.when, top)) for each in rule.grades),
                tuple(self.condition(each.when, top) for each in rule.mitigated_by),
            )
        except EngineError as error:
            raise EngineError(NAME, f"rule `{rule.id}`: {error.message}") from error


def judged(judge: Judge, block: Block) -> Verdicts:
    """Return what a rule says of each row of a block."""
    rows = block.root.rows
    scope, requires = judge.scope(block), judge.requires(block)
    clear = requires.true & ~scope.false
    flagged = scope.true & requires.false
    unknown = ~(scope.false | clear | flagged)
    verdict: Codes = unpack(clear | scope.false, rows).view(np.uint8) | (
        unpack(unknown | scope.false, rows).view(np.uint8) << np.uint8(1)
    )
    flags = verdict == _FLAGGED
    code = np.uint8(judge.rule.otherwise.rank + 1)
    if not judge.grades and not judge.mitigations:
        sure: Codes = np.multiply(flags, code)
        return Verdicts(verdict, sure, np.multiply(verdict == _UNKNOWN, code), ())
    least: Any = np.full(rows, code)
    worst: Any = least
    if judge.grades:
        least, worst = _graded(judge, block, rows)
    graded = flagged | unknown
    holding = tuple(unpack(each(block).true & graded, rows) for each in judge.mitigations)
    if holding:
        relieved = np.logical_or.reduce(holding)
        least = least - (relieved & (least > 1))
        worst = worst - (relieved & (worst > 1))
    severity: Codes = flags * least
    could_be: Codes = ((verdict == _UNKNOWN) | (flags & (worst != least))) * worst
    return Verdicts(verdict, severity, could_be, holding)


def _graded(judge: Judge, block: Block, rows: int) -> tuple[Any, Any]:
    least = np.zeros(rows, np.uint8)
    worst = np.zeros(rows, np.uint8)
    reached = everywhere(rows)
    for severity, step in judge.grades:
        holds = step(block)
        _admit(least, worst, unpack(reached & ~holds.false, rows), severity)
        reached = reached & ~holds.true
    _admit(least, worst, unpack(reached, rows), judge.rule.otherwise)
    return least, worst


def _admit(least: Any, worst: Any, where: Flags, severity: Severity) -> None:  # noqa: ANN401 - arrays
    code = severity.rank + 1
    least[where & ((least == 0) | (least > code))] = code
    worst[where & (worst < code)] = code


# ── Comparisons ───────────────────────────────────────────────────────────────────────────────


def _sure(where: Plane) -> Tri:
    return Tri(where, ~where)


def _thirds(holds: Tri) -> tuple[Plane, Plane, Plane]:
    return holds.true, holds.false, ~(holds.true | holds.false)


def _day(block: Block, context: Context) -> Column:
    rows = context.rows(block)
    none = nowhere(rows)
    if not isinstance(block.as_of, dt.date):
        return Column(rows, everywhere(rows), none, np.zeros(rows, np.int32))
    return Column(rows, none, none, np.full(rows, days(block.as_of), np.int32))


def _settled(value: Any, op: Op, other: Any, fact_type: FactType) -> Truth:  # noqa: ANN401 - any two values
    """Compare two values that are the same in every row; neither is a date."""
    if op is not Op.EQUALS and (value is None or other is None):
        return Truth.FALSE
    if value is UNKNOWN or other is UNKNOWN:
        return Truth.UNKNOWN
    if op is Op.EQUALS:
        return Truth.TRUE if value == other else Truth.FALSE
    assert isinstance(fact_type, Choice)  # noqa: S101 - nothing else that is worked out is ordered
    places = map(fact_type.values.index, (value, other))
    return Truth.TRUE if ORDER[op](*places) else Truth.FALSE


def _from_raw(raw: Plane, known: Plane, none: Plane) -> Tri:
    return Tri(raw & known, (known & ~raw) | none)


def _compare_plain(column: Column, op: Op, plain: Any, fact_type: FactType, block: Block) -> Tri:  # noqa: ANN401 - any fact's value
    rows = column.rows
    if plain is None:
        if op is Op.EQUALS:
            return Tri(column.none, column.known)
        return Tri(nowhere(rows), everywhere(rows))
    if plain is UNKNOWN:
        return Tri(nowhere(rows), nowhere(rows) if op is Op.EQUALS else column.none)
    if op in (Op.OLDER_THAN, Op.NEWER_THAN):
        if not isinstance(block.as_of, dt.date):
            return Tri(nowhere(rows), column.none)
        limit = days(months_before(block.as_of, plain))
        older = pack(column.data < limit)
        return _from_raw(older if op is Op.OLDER_THAN else ~older, column.known, column.none)
    return _from_raw(_raw_plain(column, op, plain, fact_type), column.known, column.none)


def _raw_plain(column: Column, op: Op, plain: Any, fact_type: FactType) -> Plane:  # noqa: ANN401 - any fact's value
    match fact_type:
        case YesNo():
            if plain is True:
                return column.data  # type: ignore[no-any-return]
            return ~column.data if plain is False else nowhere(column.rows)
        case Text():
            found = pc.equal(column.data, plain).fill_null(False)  # noqa: FBT003 - Arrow's own
            return _from_arrow(found)
        case Choice(values):
            return pack(_ORDER[op](column.data, values.index(plain)))
        case _:
            if isinstance(plain, dt.date):
                return pack(_ORDER[op](column.data, days(plain)))
            return _raw_number(column, op, Fraction(plain) * column.scale)


def _raw_number(column: Column, op: Op, number: Fraction) -> Plane:
    if number.denominator == 1:
        return pack(_ORDER[op](column.data, number.numerator))
    if op is Op.EQUALS:
        return nowhere(column.rows)
    if op in (Op.AT_LEAST, Op.MORE_THAN):
        return pack(column.data > math.floor(number))
    return pack(column.data <= math.floor(number))


_ORDER: Final[Mapping[Op, Callable[[Any, Any], Any]]] = {
    **ORDER,
    Op.EQUALS: lambda one, other: one == other,
}


def _from_arrow(flags: pa.Array) -> Plane:
    return pack(np.asarray(flags.to_numpy(zero_copy_only=False), np.bool_))


def _compare_columns(one: Column, op: Op, other: Column, fact_type: FactType, block: Block) -> Tri:
    known = one.known & other.known
    if op is Op.EQUALS:
        raw = _raw_columns(one, op, other, fact_type)
        both = one.none & other.none
        either = (one.none & other.known) | (other.none & one.known)
        return Tri((known & raw) | both, (known & ~raw) | either)
    none = one.none | other.none
    if op in (Op.OLDER_THAN, Op.NEWER_THAN):
        if not isinstance(block.as_of, dt.date):
            return Tri(nowhere(one.rows), none)
        flags = unpack(other.known, other.rows)
        lengths, places = np.unique(np.where(flags, other.data, 0), return_inverse=True)
        limits = np.array([days(months_before(block.as_of, int(each))) for each in lengths])
        older = pack(one.data < limits[places])
        return _from_raw(older if op is Op.OLDER_THAN else ~older, known, none)
    return _from_raw(_raw_columns(one, op, other, fact_type), known, none)


def _raw_columns(one: Column, op: Op, other: Column, fact_type: FactType) -> Plane:
    match fact_type:
        case YesNo():
            return ~(one.data ^ other.data)  # type: ignore[no-any-return]
        case Text():
            return _from_arrow(pc.equal(one.data, other.data).fill_null(False))  # noqa: FBT003 - Arrow's own
        case _:
            first, second = one.data, other.data
            if one.scale != other.scale:
                first, second = _exact(first, other.scale), _exact(second, one.scale)
            return pack(_ORDER[op](first, second))


def _plus(one: Integers, other: Integers) -> Integers:
    """Return a sum that does not run over."""
    if len(one) and int(one.max()) + int(other.max()) >= _MOST:
        return one.astype(object) + other
    return one + other


def _exact(numbers: Any, by: Any) -> Any:  # noqa: ANN401 - integers or arrays of them
    """Return a product that does not run over."""
    if isinstance(by, int) and by == 1:
        return numbers
    if isinstance(numbers, np.ndarray) and len(numbers):
        most = max(abs(int(numbers.max())), abs(int(numbers.min())))
        factor = int(by.max()) if isinstance(by, np.ndarray) else int(by)
        if most * factor >= _MOST:
            return numbers.astype(object) * by
    return numbers * by


def _range_compares(ranges: _Ranges, op: Op, number: Any, of: int) -> Tri:  # noqa: ANN401 - an integer or an array
    """Compare `least / (least_of * scale)` and the greatest likewise with `number / of`."""
    least = _exact(ranges.least, of)
    greatest = _exact(ranges.greatest, of)
    rows = len(ranges.least)
    numbers = np.broadcast_to(
        np.asarray(number, object if abs(_top(number)) >= _MOST else None), rows
    )
    low = _exact(_exact(numbers, ranges.scale), ranges.least_of)
    high = _exact(_exact(numbers, ranges.scale), ranges.greatest_of)
    limited = ~ranges.unlimited
    if op is Op.EQUALS:
        point = limited & (
            _exact(ranges.least, ranges.greatest_of) == _exact(ranges.greatest, ranges.least_of)
        )
        true = point & (least == low)
        outside = (low < least) | (limited & (high > greatest))
        return Tri(pack(true.astype(np.bool_)), pack(outside.astype(np.bool_)))
    reach = op in (Op.AT_LEAST, Op.LESS_THAN)
    sure = least >= low if reach else least > low
    maybe = ranges.unlimited | (greatest >= high if reach else greatest > high)
    holds = Tri(pack(sure.astype(np.bool_)), pack(~maybe.astype(np.bool_)))
    return holds if op in (Op.AT_LEAST, Op.MORE_THAN) else Tri(holds.false, holds.true)


def _top(number: Any) -> int:  # noqa: ANN401 - an integer or an array
    if isinstance(number, np.ndarray):
        return int(np.abs(number).max()) if len(number) else 0
    return int(number)


def _mask(members: frozenset[str], values: tuple[str, ...]) -> np.uint64:
    mask = np.uint64(0)
    for each in members:
        place = np.uint64(values.index(each)) if each in values else None
        mask |= _OUTSIDE if place is None else np.uint64(1) << place
    return mask


def _includes(own: SetColumn, op: SetOp, wanted: Any, closed: Plane | None) -> Tri:  # noqa: ANN401 - a mask or masks
    if op is SetOp.INCLUDES:
        hit = pack((own.masks & wanted) != 0)
        holds = Tri(hit, own.closed & ~hit)
    else:
        missing = pack((wanted & ~own.masks) != 0)
        holds = Tri(~missing, missing & own.closed)
        if op is SetOp.MISSING_ANY_OF:
            holds = Tri(holds.false, holds.true)
    return holds if closed is None else Tri(holds.true & closed, holds.false & closed)


# ── The engine ────────────────────────────────────────────────────────────────────────────────


def outcomes(
    rules: Sequence[Rule],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
    rulebook: Rulebook,
) -> Iterator[Sequence[Outcome]]:
    """
    Yield for each subject what each rule says of it.

    Subjects with more digits than a column keeps are judged by the reference engine.

    Raises:
        EngineError: a rule cannot be worked out on columns.
    """
    if not subjects:
        return
    program = Program(rulebook)
    judges = [program.judge(rule) for rule in rules]
    cls = type(subjects[0])
    for start in range(0, len(subjects), BLOCK):
        several = subjects[start : start + BLOCK]
        try:
            (batch,) = to_batches(
                several, cls, rulebook, leave_out=frozenset(("evidence", "origin"))
            )
        except FactsError:
            yield from reference.outcomes(rules, several, as_of, rulebook)
            continue
        block = block_of(batch, as_of)
        found = [judged(each, block) for each in judges]
        for row in range(batch.num_rows):
            yield tuple(
                _outcome(judge, verdicts, row)
                for judge, verdicts in zip(judges, found, strict=True)
            )


def _outcome(judge: Judge, found: Verdicts, row: int) -> Outcome:
    holding: tuple[Mitigation, ...] = tuple(
        each
        for each, where in zip(judge.rule.mitigated_by, found.holding, strict=True)
        if where[row]
    )
    return Outcome(
        VERDICTS[found.verdict[row]],
        GRAVITIES[found.severity[row]],
        GRAVITIES[found.could_be[row]],
        holding,
    )


def block_of(batch: pa.RecordBatch, as_of: dt.date | Unknown) -> Block:
    """Return the rows of a batch, ready for conditions to be worked out."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    return Block(Store(columns, batch.num_rows), as_of)
