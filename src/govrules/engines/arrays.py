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
from functools import reduce
from operator import and_, or_
from typing import Any, Final, assert_never

import attrs
import numpy as np

from govrules.engines import bitmaps
from govrules.engines.columns import BLOCK, to_batches
from govrules.engines.outcomes import outcome_of
from govrules.engines.registry import REFERENCE, Outcome, engine
from govrules.errors import FactsError
from govrules.facts import months_before
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.judged import Judged
from govrules.lowering.lower import lowering_of
from govrules.rulebook.ast import Rule, Rulebook
from govrules.rulebook.expr import FactSource, Op
from govrules.truth import Unknown
from govrules.vocabulary import Choices, Records

#: Columns that no formula reads.
_NOT_READ: Final = frozenset(("evidence", "origin"))
_PREFIX: Final = {FactSource.DERIVED: "stated."}


@attrs.define(eq=False)
class RowDomain:
    """
    The rows of a formula: one combination of records for the variables in scope.

    Attributes:
        number: how many they are.
        var: the records of a list that they are; None where they are the subjects.
        own: which record each of them is; None for all records, in order.
        outer: the rows around them.
        starts: where those in each of the rows around begin, and where the last end.
        memo: what has been worked out of them.
    """

    number: int
    var: ir.Var | None = None
    own: bitmaps.Integers | None = None
    outer: RowDomain | None = None
    starts: bitmaps.Integers | None = None
    memo: dict[Any, Any] = attrs.field(factory=dict, init=False)

    def index(self, var: ir.Var | None) -> bitmaps.Integers | None:
        """Return the record index of a variable for each row; None for the identity."""
        if var is self.var or self.outer is None:
            return self.own
        if var not in self.memo:
            assert self.starts is not None  # noqa: S101 - only nothing around has none
            chosen = self.outer.index(var)
            around = np.arange(self.outer.number) if chosen is None else chosen
            self.memo[var] = np.repeat(around, np.diff(self.starts))
        return self.memo[var]  # type: ignore[no-any-return]


class Batch:
    """
    A batch of rows with the formulas evaluated on it, memoised.

    Args:
        root: the subjects.

        as_of: the date of the assessment.

        lists: lists of the subjects that come from elsewhere, by path.
    """

    def __init__(
        self,
        root: bitmaps.Store,
        as_of: dt.date | Unknown,
        lists: Mapping[str, bitmaps.ListColumn] | None = None,
    ) -> None:
        self.root = root
        self.top = RowDomain(root.rows)
        self._day = as_of if isinstance(as_of, dt.date) else None
        self._lists = lists or {}
        self._done: set[ir.DerivedTable] = set()
        #: Facts of all records that have them.
        self._read: dict[ir.FactRead, Any] = {}
        self._homes: dict[frozenset[ir.Var], RowDomain | None] = {}

    def bitmap(self, formula: ir.Formula) -> bitmaps.Bitmap:
        """Return the bitmap of a formula about the subjects."""
        self._fill(formula)
        return self._of(formula, self.top)  # type: ignore[no-any-return]

    def number(self, num: ir.Num) -> bitmaps.Scaled:
        """Return a number about the subjects."""
        self._fill(num)
        return self._of(num, self.top)  # type: ignore[no-any-return]

    def know(self, leaf: ir.Exists | ir.RecordTotal, number: Fraction) -> None:
        """Set a count or sum over a list to known values in all rows."""
        some = bitmaps.ones(self.top.number) if number > 0 else bitmaps.zeros(self.top.number)
        self.top.memo[leaf] = some if isinstance(leaf, ir.Exists) else number.as_integer_ratio()

    def _fill(self, node: ir.Formula | ir.Num) -> None:
        """Evaluate the derived facts below a formula in dependency order."""
        if self._done.issuperset(node.tables):
            return
        for table in ir.tables_in_order((node,), self._done.__contains__):
            for may in table.may.values():
                self._of(may, self._rows(table.var))
            self._done.add(table)

    # ── Records and rows ──────────────────────────────────────────────────────────────────────

    def _rows(self, var: ir.Var | None) -> RowDomain:
        """Return the domain of all records of a list, in order."""
        if var is None or var.list is None:
            return self.top
        return self._inside(var, self._rows(var.list.var))[0]

    def _inside(self, var: ir.Var, rows: RowDomain) -> tuple[RowDomain, bitmaps.Segments]:
        """Return the records of a list for some rows, with their offsets."""
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
            real = real if real is None else bitmaps.take(real, column.records.rows, own)
        rows.memo[key] = (
            RowDomain(int(starts[-1]), var, own, rows, starts),
            bitmaps.Segments(starts, real),
        )
        return rows.memo[key]  # type: ignore[no-any-return]

    def _home(self, about: frozenset[ir.Var], rows: RowDomain) -> RowDomain:
        """Return the domain a formula is evaluated on: its list's records, if it reads one list."""
        if about not in self._homes:
            deepest = max(about, key=lambda var: var.depth, default=None)
            chain = [deepest]
            while (var := chain[-1]) and var.list:
                chain.append(var.list.var)
            self._homes[about] = self._rows(deepest) if about and about.issubset(chain) else None
        return self._homes[about] or rows

    def _of(self, node: ir.Formula | ir.Num, rows: RowDomain) -> Any:  # noqa: ANN401 - a bitmap or numbers
        """Return the bitmap or numbers of a node on a domain."""
        found = rows.memo.get(node)
        if found is None:
            home = self._home(node.about, rows)
            if home is rows:
                found = self._worked(node, rows)
            else:
                found, index = self._of(node, home), rows.index(home.var)
                if not isinstance(found, tuple):
                    found = bitmaps.take(found, home.number, index)
                elif isinstance(found[0], np.ndarray):
                    found = found[0][index], found[1]
            rows.memo[node] = found
        return found

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _kept(self, read: ir.FactRead) -> Any:  # noqa: ANN401 - a column of any kind
        """Return the column of a fact for all records of its class."""
        found = self._read.get(read)
        if found is None:
            path = _PREFIX.get(read.source, "") + read.path
            listed = None if read.var is None else read.var.list
            store = self.root if listed is None else self._list(listed).records
            kinds = {Choices: store.set_column, Records: store.list_column}
            of = kinds.get(type(read.type), store.column)
            of = store.stated if read.source is FactSource.DERIVED else of
            found = self._read[read] = of(path, read.fact)
        return found

    def _list(self, read: ir.FactRead) -> bitmaps.ListColumn:
        given = self._lists.get(read.path) if read.var is not None and not read.var.depth else None
        return self._kept(read) if given is None else given

    def _at(self, read: ir.FactRead, rows: RowDomain) -> bitmaps.FactColumn:
        """Return the column of a fact on a domain."""
        if read.var is not None:
            return self._kept(read).at(rows.index(read.var))  # type: ignore[no-any-return]
        none = bitmaps.zeros(rows.number)
        known, day = (none, 0) if self._day is None else (~none, bitmaps.days(self._day))
        return bitmaps.FactColumn(rows.number, known, none, np.full(rows.number, day, np.int32))

    # ── Formulas ──────────────────────────────────────────────────────────────────────────────

    def _worked(self, node: ir.Formula | ir.Num, rows: RowDomain) -> Any:  # noqa: ANN401 - a bitmap or numbers
        match node:
            case ir.Const(value=value):
                return bitmaps.ones(rows.number) if value else bitmaps.zeros(rows.number)
            case ir.And(items=items):
                return self._all(items, rows)
            case ir.Neg(item=item):
                return ~self._of(item, rows)
            case ir.IsUnknown(read=read):
                return self._at(read, rows).unknown
            case ir.Absent(read=read):
                return self._at(read, rows).none
            case ir.More(read=ir.FactRead(type=Choices()) as read):
                return ~self._at(read, rows).known
            case ir.More(read=read):
                lists = self._list(read)
                number = len(lists.offsets) - 1
                return ~bitmaps.take(lists.closed, number, rows.index(read.var))
            case ir.Among(read=read, values=values):
                column = self._at(read, rows)
                found = (bitmaps.related(column, Op.EQUALS, each, read.type) for each in values)
                return reduce(or_, found) & column.known
            case ir.Holds():
                return self._related(node, rows)
            case ir.Meets(read=read, wanted=wanted, all=every):
                own = self._at(read, rows).data
                if isinstance(wanted, ir.FactRead):
                    other: Any = self._at(wanted, rows).data
                else:
                    assert isinstance(read.type, Choices)  # noqa: S101 - nothing else is a set
                    other = bitmaps.mask_of(wanted, read.type.values)
                return bitmaps.pack(other & ~own == 0) if every else bitmaps.pack(own & other != 0)
            case ir.Exists(var=var, so=so):
                inner, segments = self._inside(var, rows)
                return bitmaps.pack(segments.counted(self._of(so, inner)) > 0)
            case ir.Above(one=one, other=other, equal=equal):
                op = Op.AT_LEAST if equal else Op.MORE_THAN
                above = bitmaps.holds(self._of(one, rows), op, self._of(other, rows))
                return bitmaps.pack(np.broadcast_to(np.asarray(above, np.bool_), rows.number))
            case ir.May(table=table, values=values):
                return reduce(or_, (self._of(table.may[each], rows) for each in values))
            case ir.Amount(of=ir.FactRead() as read):
                column = self._at(read, rows)
                known = bitmaps.unpack(column.known, rows.number)
                return np.where(known, column.data, 0), column.scale
            case ir.Amount(of=value):
                return Fraction(value).as_integer_ratio()  # type: ignore[arg-type]
            case ir.Members(read=read):
                return np.bitwise_count(self._at(read, rows).data).astype(np.int64), 1
            case ir.Times(one=one, other=other):
                (first, scale), (second, by) = self._of(one, rows), self._of(other, rows)
                return bitmaps.product(first, second), scale * by
            case ir.RecordTotal(var=var, so=so, of=of):
                inner, segments = self._inside(var, rows)
                where = self._of(so, inner)
                if of is None:
                    return segments.counted(where), 1
                numbers, scale = self._of(f.amount(of), inner)
                return segments.summed(numbers, where), scale
            case _:
                assert_never(node)

    def _all(self, items: Sequence[ir.Formula], rows: RowDomain) -> bitmaps.Bitmap:
        """Return the conjunction of formulas; negated ones are combined first."""
        must = [self._of(item, rows) for item in items if not isinstance(item, ir.Neg)]
        must_not = [self._of(item.item, rows) for item in items if isinstance(item, ir.Neg)]
        if must_not:
            must.append(~reduce(or_, must_not))
        return reduce(and_, must)

    def _related(self, node: ir.Holds, rows: RowDomain) -> bitmaps.Bitmap:
        one, other = self._at(node.one, rows), node.other
        known = one.known
        if isinstance(other, ir.FactRead):
            other = self._at(other, rows)
            known = known & other.known
        if not node.op.is_age:
            return bitmaps.related(one, node.op, other, node.type) & known
        if self._day is None:
            return bitmaps.zeros(rows.number)
        if not isinstance(other, bitmaps.FactColumn):
            return bitmaps.pack(one.data < bitmaps.days(months_before(self._day, other))) & known
        # A fact is older where it is before so many months ago, which may be others in each row.
        months, _ = self._of(f.amount(node.other), rows)
        several, places = np.unique(months, return_inverse=True)
        limits = [bitmaps.days(months_before(self._day, each)) for each in several.tolist()]
        return bitmaps.pack(one.data < np.array(limits, np.int64)[places]) & known


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
        EngineError: a set has more closed values than a column keeps.
    """
    if not subjects:
        return
    cls = type(subjects[0])
    lowering = lowering_of(rulebook)
    judged = [lowering.rule(rule, cls) for rule in rules]
    for start in range(0, len(subjects), BLOCK):
        several = subjects[start : start + BLOCK]
        try:
            (batch,) = to_batches(several, cls, rulebook, leave_out=_NOT_READ)
        except FactsError:
            yield from engine(REFERENCE).outcomes(rules, several, as_of, rulebook)
            continue
        block = Batch(bitmaps.Store.of(batch), as_of)
        told = (outcomes_of(*each, block) for each in zip(rules, judged, strict=True))
        yield from zip(*told, strict=True) if rules else [()] * len(several)


def outcomes_of(rule: Rule, judged: Judged, block: Batch) -> Iterator[Outcome]:
    """Yield the outcome of a rule for each row; equal rows share an outcome."""
    found = map(block.bitmap, judged.formulas)
    flags = np.array([bitmaps.unpack(each, block.root.rows) for each in found])
    made: dict[bytes, Outcome] = {}
    for row in flags.T:
        key = row.tobytes()
        if key not in made:
            holds = dict(zip(judged.formulas, row.tolist(), strict=True))
            made[key] = outcome_of(rule, judged, holds.__getitem__)
        yield made[key]
