"""
The engine for many subjects at once: formulas as bitmaps over a whole batch of rows.

It is the backend of the engine that is called `columnar`. A formula is worked out once for all the
records that it is about, and spread from there to the rows that need it: those of a list, or of
one list within another. Nothing is decided here: see `govrules.lowering`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any, Final, TypeAlias, assert_never

import attrs
import numpy as np

from govrules.engines import reference
from govrules.engines.bitmaps import (
    Bitmap,
    Column,
    Integers,
    ListColumn,
    SetColumn,
    Spans,
    Store,
    days,
    equals,
    everywhere,
    mask_of,
    nowhere,
    ordered,
    pack,
    product,
    related,
    summable,
    taken,
    unpack,
)
from govrules.engines.columns import BLOCK, to_batches
from govrules.engines.reference import months_before
from govrules.engines.registry import Outcome
from govrules.engines.verdicts import outcomes_of
from govrules.errors import FactsError
from govrules.lowering.formulas import (
    Above,
    Absent,
    Among,
    Amount,
    And,
    Const,
    Exists,
    Formula,
    Holds,
    May,
    Meets,
    Members,
    More,
    Neg,
    Num,
    Read,
    Table,
    Times,
    Total,
    Unknown,
    Var,
    amount,
    in_order,
)
from govrules.lowering.lower import Lowering
from govrules.rulebook.ast import FactSource, Rule, Rulebook
from govrules.truth import Unknown as UnknownDate
from govrules.vocabulary import Choices

#: A number of each row, or of all, times a scale; and the scale.
Scaled: TypeAlias = tuple[Any, int]

_PREFIX: Final = {FactSource.LOCAL: "local.", FactSource.DERIVED: "stated."}


@attrs.define(eq=False)
class Rows:
    """
    Rows that formulas are worked out on, each of them in one record of every variable in sight.

    Attributes:
        number: how many they are.
        var: the records of a list that they are; None where they are the subjects.
        own: which record each of them is; None for all records, in order.
        outer: the rows around them.
        starts: where those in each of the rows around begin, and where the last end.
        memo: what has been worked out of them.
    """

    number: int
    var: Var | None = None
    own: Integers | None = None
    outer: Rows | None = None
    starts: Integers | None = None
    memo: dict[Any, Any] = attrs.field(factory=dict, init=False)

    @cached_property
    def parent(self) -> Integers:
        """Which of the rows around each row is in."""
        assert self.outer is not None  # noqa: S101 - nothing is around the subjects
        assert self.starts is not None  # noqa: S101 - likewise
        return np.repeat(np.arange(self.outer.number), np.diff(self.starts))

    def index(self, var: Var | None) -> Integers | None:
        """Return which record of a variable each row is in; None for all of them, in order."""
        if var is self.var or self.outer is None:
            return self.own
        if var not in self.memo:
            chosen = self.outer.index(var)
            self.memo[var] = self.parent if chosen is None else chosen[self.parent]
        return self.memo[var]  # type: ignore[no-any-return]


class Block:
    """
    Some rows on which formulas are worked out, and what has been worked out of them.

    Args:
        root: the subjects.

        as_of: the date of the assessment.

        lists: lists of the subjects that come from elsewhere, by path.
    """

    def __init__(
        self,
        root: Store,
        as_of: dt.date | UnknownDate,
        lists: Mapping[str, ListColumn] | None = None,
    ) -> None:
        self.root = root
        self.top = Rows(root.rows)
        self._day = as_of if isinstance(as_of, dt.date) else None
        self._lists = lists or {}
        self._done: set[Table] = set()
        #: Facts of all records that have them.
        self._read: dict[Read, Any] = {}
        self._homes: dict[frozenset[Var], Rows | None] = {}

    def bitmap(self, formula: Formula) -> Bitmap:
        """Return where a formula about the subjects holds."""
        self._fill(formula)
        return self._of(formula, self.top)  # type: ignore[no-any-return]

    def number(self, num: Num) -> Scaled:
        """Return a number about the subjects."""
        self._fill(num)
        return self._of(num, self.top)  # type: ignore[no-any-return]

    def know(self, leaf: Exists | Total, number: Fraction) -> None:
        """Take it as known how many records are so, or what they come to, in all rows."""
        some = everywhere(self.top.number) if number > 0 else nowhere(self.top.number)
        self.top.memo[leaf] = some if isinstance(leaf, Exists) else number.as_integer_ratio()

    def _fill(self, node: Formula | Num) -> None:
        """Work the derived facts beneath out, each after those that it reads."""
        if self._done.issuperset(node.tables):
            return
        for table in in_order((node,), self._done):
            for may in table.may.values():
                self._of(may, self._rows(table.var))
            self._done.add(table)

    # ── Records and rows ──────────────────────────────────────────────────────────────────────

    def _rows(self, var: Var | None) -> Rows:
        """Return the rows that are all records of a list, in order."""
        if var is None or var.list is None:
            return self.top
        return self._inside(var, self._rows(var.list.var))[0]

    def _inside(self, var: Var, rows: Rows) -> tuple[Rows, Spans]:
        """Return the records of a list for each of some rows, and how they lie in these."""
        key = (var, "inside")
        if key in rows.memo:
            return rows.memo[key]  # type: ignore[no-any-return]
        assert var.list is not None  # noqa: S101 - only lists are gone through
        column, chosen, own = self._list(var.list), rows.index(var.list.var), None
        starts, real = column.offsets, column.real
        if chosen is not None:
            starts = np.concatenate([[0], np.cumsum(starts[chosen + 1] - starts[chosen])])
            own = np.arange(starts[-1])
            own += np.repeat(column.offsets[chosen] - starts[:-1], np.diff(starts))
            real = real if real is None else taken(real, column.records.rows, own)
        rows.memo[key] = Rows(int(starts[-1]), var, own, rows, starts), Spans(starts, real)
        return rows.memo[key]  # type: ignore[no-any-return]

    def _home(self, about: frozenset[Var], rows: Rows) -> Rows:
        """Return where something is worked out: on the records that it is about, if on one list."""
        if about not in self._homes:
            deepest = max(about, key=lambda var: var.depth, default=None)
            chain, var = set(), deepest
            while var is not None:
                chain.add(var)
                var = None if var.list is None else var.list.var
            self._homes[about] = self._rows(deepest) if deepest and about <= chain else None
        return self._homes[about] or rows

    def _of(self, node: Formula | Num, rows: Rows) -> Any:  # noqa: ANN401 - a bitmap or numbers
        """Return what a formula or a number is of some rows."""
        found = rows.memo.get(node)
        if found is None:
            home = self._home(node.about, rows)
            if home is rows:
                found = self._worked(node, rows)
            else:
                found, index = self._of(node, home), rows.index(home.var)
                if not isinstance(found, tuple):
                    found = taken(found, home.number, index)
                elif isinstance(found[0], np.ndarray):
                    found = found[0][index], found[1]
            rows.memo[node] = found
        return found

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _kept(self, read: Read, of: str) -> Any:  # noqa: ANN401 - a column of any kind
        """Return a fact of all records that have it."""
        found = self._read.get(read)
        if found is None:
            path = _PREFIX.get(read.source, "") + read.path
            listed = None if read.var is None else read.var.list
            store = self.root if listed is None else self._list(listed).records
            found = self._read[read] = getattr(store, of)(path, read.fact)
        return found

    def _list(self, read: Read) -> ListColumn:
        given = self._lists.get(read.path) if read.var is not None and not read.var.depth else None
        return self._kept(read, "list_column") if given is None else given

    def _set(self, read: Read, rows: Rows) -> SetColumn:
        assert read.var is not None  # noqa: S101 - the date is no set
        return self._kept(read, "set_column").at(rows.index(read.var))  # type: ignore[no-any-return]

    def _column(self, read: Read, rows: Rows) -> Column:
        if read.var is not None:
            of = "stated" if read.source is FactSource.DERIVED else "column"
            return self._kept(read, of).at(rows.index(read.var))  # type: ignore[no-any-return]
        none = nowhere(rows.number)
        if self._day is None:
            return Column(rows.number, ~none, none, np.zeros(rows.number, np.int32))
        return Column(rows.number, none, none, np.full(rows.number, days(self._day), np.int32))

    # ── Formulas ──────────────────────────────────────────────────────────────────────────────

    def _worked(self, node: Formula | Num, rows: Rows) -> Any:  # noqa: ANN401 - a bitmap or numbers
        match node:
            case Const(value=value):
                return everywhere(rows.number) if value else nowhere(rows.number)
            case And(items=items):
                return self._all(items, rows)
            case Neg(item=item):
                return ~self._of(item, rows)
            case Unknown(read=read):
                return self._column(read, rows).unknown
            case Absent(read=read):
                return self._column(read, rows).none
            case More(read=read):
                return self._more(read, rows)
            case Among(read=read, values=values):
                column = self._column(read, rows)
                found = nowhere(rows.number)
                for each in values:
                    found |= equals(column, each, read.type)
                return found & column.known
            case Holds():
                return self._related(node, rows)
            case Meets(read=read, wanted=wanted, all=every):
                own = self._set(read, rows).masks
                if isinstance(wanted, Read):
                    other: Any = self._set(wanted, rows).masks
                else:
                    assert isinstance(read.type, Choices)  # noqa: S101 - nothing else is a set
                    other = mask_of(wanted, read.type.values)
                return pack(other & ~own == 0) if every else pack(own & other != 0)
            case Exists(var=var, so=so):
                inner, spans = self._inside(var, rows)
                return pack(spans.counted(self._of(so, inner)) > 0)
            case Above(one=one, other=other, equal=equal):
                (first, scale), (second, of) = self._of(one, rows), self._of(other, rows)
                first, second = product(first, of), product(second, scale)
                above = first >= second if equal else first > second
                return pack(np.broadcast_to(np.asarray(above, np.bool_), rows.number))
            case May(table=table, values=values):
                return reduce(or_, (self._of(table.may[each], rows) for each in values))
            case Amount() | Total() | Members() | Times():
                return self._number(node, rows)
            case _:
                assert_never(node)

    def _all(self, items: Sequence[Formula], rows: Rows) -> Bitmap:
        """Return where all of some formulas hold; what must not hold is put together first."""
        must, must_not = [], []
        for each in items:
            if isinstance(each, Neg):
                must_not.append(self._of(each.item, rows))
            else:
                must.append(self._of(each, rows))
        if must_not:
            must.append(~reduce(or_, must_not))
        return reduce(and_, must)

    def _more(self, read: Read, rows: Rows) -> Bitmap:
        """Return where a list or a set may have more in it."""
        if isinstance(read.type, Choices):
            return ~self._set(read, rows).closed
        assert read.var is not None  # noqa: S101 - the date is no list
        column = self._list(read)
        return ~taken(column.closed, len(column.offsets) - 1, rows.index(read.var))

    def _related(self, node: Holds, rows: Rows) -> Bitmap:
        one, other = self._column(node.one, rows), node.other
        known = one.known
        if isinstance(other, Read):
            other = self._column(other, rows)
            known = known & other.known
        if node.op.is_age:
            months, _ = self._of(amount(node.other), rows)
            return self._older(one, months) & known
        if isinstance(other, Column):
            return related(one, node.op, other, node.type) & known
        return ordered(one, node.op, other) & known

    def _older(self, column: Column, months: Any) -> Bitmap:  # noqa: ANN401 - a number, or one of each row
        """Return where dates are older than so many months."""
        if self._day is None:
            return nowhere(column.rows)
        several, places = np.unique(np.atleast_1d(months), return_inverse=True)
        limits = [days(months_before(self._day, each)) for each in several.tolist()]
        return pack(column.data < np.array(limits, np.int64)[places])

    def _number(self, num: Num, rows: Rows) -> Scaled:
        match num:
            case Amount(of=Read() as read):
                column = self._column(read, rows)
                return np.where(unpack(column.known, rows.number), column.data, 0), column.scale
            case Amount(of=value):
                return Fraction(value).as_integer_ratio()  # type: ignore[arg-type]
            case Members(read=read):
                return np.bitwise_count(self._set(read, rows).masks).astype(np.int64), 1
            case Times(one=one, other=other):
                (first, scale), (second, of) = self._of(one, rows), self._of(other, rows)
                return product(first, second), scale * of
            case Total(var=var, so=so, of=of):
                inner, spans = self._inside(var, rows)
                where = self._of(so, inner)
                if of is None:
                    return spans.counted(where), 1
                numbers, scale = self._of(amount(of), inner)
                return spans.summed(summable(numbers), where), scale
            case _:
                assert_never(num)


# ── The engine ────────────────────────────────────────────────────────────────────────────────


def outcomes(
    rules: Sequence[Rule],
    subjects: Sequence[Any],
    as_of: dt.date | UnknownDate,
    rulebook: Rulebook,
) -> Iterator[Sequence[Outcome]]:
    """
    Yield for each subject what each rule says of it.

    Subjects with more digits than a column keeps are judged by the reference engine.

    Raises:
        EngineError: a set has more closed values than a column keeps.
    """
    if not subjects:
        return
    cls = type(subjects[0])
    lowering = Lowering(rulebook.derived)
    judged = [lowering.rule(rule, cls) for rule in rules]
    for start in range(0, len(subjects), BLOCK):
        several = subjects[start : start + BLOCK]
        try:
            (batch,) = to_batches(
                several, cls, rulebook, leave_out=frozenset(("evidence", "origin"))
            )
        except FactsError:
            yield from reference.outcomes(rules, several, as_of, rulebook)
            continue
        block = Block(Store.of(batch), as_of)
        told = (
            outcomes_of(*each, block.bitmap, batch.num_rows)
            for each in zip(rules, judged, strict=True)
        )
        yield from zip(*told, strict=True)
