"""
Formulas as functions on cells: the backend of explanations.

A formula becomes a function that tells whether it certainly holds; of a value that is yet to be
found neither it nor its contrary need. Beside it stands a function that gives the facts which force
it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import compress, count
from operator import is_not
from typing import Any, Final, TypeAlias, assert_never

from govrules.explain.cells import Frame, Frames, Shapes
from govrules.facts import TO_BE_FOUND, months_before
from govrules.lowering import dependencies, ir
from govrules.lowering import formulas as f
from govrules.lowering.lower import Lowering
from govrules.rulebook.expr import ORDER, Op
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice

NOTHING: Final[frozenset[int]] = frozenset()
#: Of so many parts most formulas are.
_TWO: Final = 2
#: Under this, with a table, a record keeps what forces the values that it cannot have.
_KEPT: Final = "kept from"
#: Under this a record keeps which of a list's records differ from those that were added up last.
_CHANGED: Final = "changed"
#: From so many records it is kept what each comes to.
_MANY: Final = 2**5
#: What stands for a number without limit.
_UNLIMITED: Final = float("inf")

#: Of one date of assessment few lengths are asked.
_months_before: Final = lru_cache(maxsize=2**10)(months_before)

Check: TypeAlias = Callable[[Frames], bool]
Support: TypeAlias = Callable[[Frames], frozenset[int]]
_Amount: TypeAlias = Callable[[Frames], Any]


class Closures:
    """Compiles formulas to Python closures, lazily and memoised."""

    def __init__(self, shapes: Shapes, lowering: Lowering) -> None:
        self.shapes: Final = shapes
        self._lowering: Final = lowering
        self._checks: dict[ir.Formula, Check] = {}
        self._supports: dict[ir.Formula, Support] = {}
        self._possible: dict[ir.DerivedTable, Callable[[Frames], frozenset[Any]]] = {}
        self._fillers: dict[ir.DerivedTable, Callable[[Frames], frozenset[Any]]] = {}
        #: By the variable of derived facts: the cells of its record that each hangs on.
        self._hanging: dict[ir.Var, dict[ir.DerivedTable, frozenset[int]]] = {}

    def at(self, read: ir.FactRead) -> tuple[int, int]:
        """Return the depth of a fact's record, and the cell."""
        if read.var is None:
            return 0, 0
        return read.var.depth, self.shapes.of(read.var.cls).places[read.path]

    # ── Whether formulas hold ─────────────────────────────────────────────────────────────────

    def check(self, formula: ir.Formula) -> Check:
        """Return a closure telling whether a formula certainly holds."""
        found = self._checks.get(formula)
        if found is None:
            item, affirmed = ir.parted(formula)
            found = self._checks[formula] = self._checking(item, want=affirmed)
        return found

    def _checking(self, node: ir.Formula, *, want: bool) -> Check:
        match node:
            case ir.Const(value=value):
                return lambda _: value is want
            case ir.And(items=items) if want:
                return _every([self.check(item) for item in items])
            case ir.And(items=items):
                return _some([self.check(f.no(item)) for item in items])
            case ir.IsUnknown(read=fact):
                depth, place = self.at(fact)
                return lambda s: (s[depth].values[place] is UNKNOWN) is want
            case ir.Absent(read=fact):
                depth, place = self.at(fact)
                return lambda s: (s[depth].values[place] is None) is want
            case ir.More(read=fact):
                depth, place = self.at(fact)
                return lambda s: s[depth].values[place][1] is want
            case ir.Among(read=fact, values=values):
                depth, place = self.at(fact)
                if want:
                    return lambda s: s[depth].values[place] in values
                beside = values | {TO_BE_FOUND}
                return lambda s: s[depth].values[place] not in beside
            case ir.Holds():
                return self._relation(node, want=want)
            case ir.Meets(read=fact, wanted=wanted, all=every):
                depth, place = self.at(fact)
                other = self._several(wanted)
                if every:
                    return lambda s: (other(s) <= s[depth].values[place][0]) is want
                return lambda s: other(s).isdisjoint(s[depth].values[place][0]) is not want
            case ir.Exists(var=var, so=so):
                return self._exists(var, so if want else f.no(so), every=not want)
            case ir.Above(one=one, other=other, equal=equal):
                a, b = self._amount(one, most=not want), self._amount(other, most=want)
                if equal:
                    return (lambda s: a(s) >= b(s)) if want else (lambda s: a(s) < b(s))
                return (lambda s: a(s) > b(s)) if want else (lambda s: a(s) <= b(s))
            case ir.May(table=table, values=values):
                possible = self.possible(table)
                return lambda s: values.isdisjoint(possible(s)) is not want
            case ir.Neg():
                raise AssertionError("what is denied twice is said plainly")
            case _:
                assert_never(node)

    def _several(self, wanted: ir.FactRead | frozenset[str]) -> Callable[[Frames], frozenset[str]]:
        if isinstance(wanted, frozenset):
            return lambda _: wanted
        depth, place = self.at(wanted)
        return lambda s: s[depth].values[place][0]

    def _relation(self, node: ir.Holds, *, want: bool) -> Check:
        depth, place = self.at(node.one)
        stands = _relation_of(node)
        if isinstance(node.other, ir.FactRead):
            far, beside = self.at(node.other)
            other: _Amount = lambda s: s[far].values[beside]  # noqa: E731
        else:
            value = node.other
            other = lambda _: value  # noqa: E731

        def check(s: Frames) -> bool:
            one, two = s[depth].values[place], other(s)
            if one is UNKNOWN or one is None or two is UNKNOWN or two is None:
                return not want
            if one is TO_BE_FOUND or two is TO_BE_FOUND:
                return False
            return stands(one, two, s[0].values[0]) is want

        return check

    def _of_record(self, var: ir.Var, so: ir.Formula) -> Check:
        """Return a closure telling whether a formula holds of a list's record."""
        check = self.check(so)
        # What looks at nothing but the record is the same in every trial that leaves the record.
        if not so.about <= {var}:
            return check

        def holds(inside: Frames) -> bool:
            known = inside[-1].known
            found: bool | None = known.get(so)
            if found is None:
                found = known[so] = check(inside)
            return found

        return holds

    def each(
        self, var: ir.Var, so: ir.Formula
    ) -> Callable[[Frames], Iterator[tuple[Frames, bool]]]:
        """Return a closure yielding a list's records with the truth of a formula for each."""
        assert var.list is not None  # noqa: S101 - only lists are gone through
        depth, place = self.at(var.list)
        holds = self._of_record(var, so)

        def records(s: Frames) -> Iterator[tuple[Frames, bool]]:
            outer = s[: var.depth]
            for frame in s[depth].values[place][0]:
                inside = (*outer, frame)
                yield inside, holds(inside)

        return records

    def _exists(self, var: ir.Var, so: ir.Formula, *, every: bool) -> Check:
        """Return a closure telling whether a formula holds of some record of a list, or of all."""
        assert var.list is not None  # noqa: S101 - only lists are gone through
        depth, place = self.at(var.list)
        each, number = self.each(var, so), self._sum(var, so, None, most=False)

        def check(s: Frames) -> bool:
            many = len(s[depth].values[place][0])
            if many >= _MANY:
                return bool(number(s) == many if every else number(s))
            several = (holds for _, holds in each(s))
            return all(several) if every else any(several)

        return check

    def _amount(self, number: ir.Num, *, most: bool) -> _Amount:
        """Return a closure giving a number's lower or upper bound."""
        match number:
            case ir.Amount(of=ir.FactRead() as fact):
                depth, place = self.at(fact)
                open_ = _UNLIMITED if most else 0

                def amount(s: Frames) -> Any:  # noqa: ANN401 - a number
                    value = s[depth].values[place]
                    if value is TO_BE_FOUND:
                        return open_
                    return 0 if value is UNKNOWN or value is None else value

                return amount
            case ir.Amount(of=value):
                return lambda _: value
            case ir.Members(read=fact):
                depth, place = self.at(fact)
                return lambda s: len(s[depth].values[place][0])
            case ir.Times(one=one, other=other):
                a, b = self._amount(one, most=most), self._amount(other, most=most)
                return lambda s: a(s) * b(s)
            case ir.RecordTotal(var=var, so=so, of=of):
                return self._sum(var, f.no(so) if most else so, of, most=most)
            case _:
                assert_never(number)

    def _sum(self, var: ir.Var, so: ir.Formula, of: ir.FactRead | None, *, most: bool) -> _Amount:
        """Return a closure summing over a list; contributions of long lists are cached."""
        assert var.list is not None  # noqa: S101 - only lists are gone through
        depth, place = self.at(var.list)
        holds, key = self._of_record(var, so), (var, so, of, most)
        inner = None if of is None else self._amount(ir.once(ir.Amount, of), most=most)

        def part(inside: Frames) -> Any:  # noqa: ANN401 - a number
            counts = holds(inside) is not most
            return counts if inner is None or not counts else inner(inside)

        def amount(s: Frames) -> Any:  # noqa: ANN401 - a number
            records, outer = s[depth].values[place][0], s[: var.depth]
            if len(records) < _MANY or not so.about <= {var}:
                return sum(part((*outer, record)) for record in records)
            known = s[depth].known
            before, parts = known.get(key) or ((), [])
            # A trial changes few, which are found faster than all are asked again; what differs
            # is found once for all that add up the same records.
            was, now, changed = known.get(_CHANGED) or ((), (), [])
            if was is not before or now is not records:
                changed = [*compress(count(), map(is_not, before, records))]
                known[_CHANGED] = before, records, changed
            for at in changed:
                parts[at] = part((*outer, records[at]))
            parts[len(records) :] = [part((*outer, record)) for record in records[len(before) :]]
            known[key] = records, parts
            return sum(parts)

        return amount

    def possible(self, table: ir.DerivedTable) -> Callable[[Frames], frozenset[Any]]:
        """Return a closure giving the possible values of a derived fact."""
        found = self._possible.get(table)
        if found is None:
            found = self._possible[table] = self._settling(table)
        return found

    def settling(self, name: str, cls: type) -> Callable[[Frames], frozenset[Any]] | None:
        """Return a closure giving the values of a derived fact that is cited itself if settled."""
        table = self._lowering.table(name, ir.subject(cls))
        return None if table.stated is None else self.possible(table)

    def _settling(self, table: ir.DerivedTable) -> Callable[[Frames], frozenset[Any]]:
        depth = table.var.depth
        # Those of records further in are worked out where these are gone through.
        order = [each for each in ir.tables_in_order([table]) if each.var is table.var]

        def possible(s: Frames) -> frozenset[Any]:
            tables = s[depth].tables
            found = tables.get(table)
            if found is None:
                seen = s[: depth + 1]
                for each in order:
                    if each not in tables:
                        tables[each] = (self._fillers.get(each) or self._filler(each))(seen)
                found = tables[table]
            return found

        return possible

    def _hangs_on(self, table: ir.DerivedTable) -> frozenset[int]:
        """Return the cells a derived fact depends on; for nested facts, the list's."""
        known = self._hanging.setdefault(table.var, {})
        found = set() if table.stated is None else {self.at(table.stated)[1]}
        for each in dependencies.subnodes(table.may.values(), known):
            if isinstance(each, ir.DerivedTable):
                found |= known[each]
            elif isinstance(each, ir.FactRead) and each.var in (table.var, None):
                found.add(self.at(each)[1])
        known[table] = frozenset(found)
        return known[table]

    def _filler(self, table: ir.DerivedTable) -> Callable[[Frames], frozenset[Any]]:
        rows = [(self.check(true), self.check(false), value) for true, false, value in table.rows]
        stated = None if table.stated is None else self.at(table.stated)

        def fill(s: Frames) -> frozenset[Any]:
            if stated is not None:
                value = s[stated[0]].values[stated[1]]
                if value is not UNKNOWN:
                    return frozenset((value,))
            found: list[Any] = []
            for holds, fails, value in rows:
                if holds(s):
                    return frozenset((*found, value))
                if not fails(s):
                    found.append(value)
            return frozenset((*found, table.otherwise))

        self._fillers[table] = fill
        shape = self.shapes.of(table.var.cls)
        shape.hangs(table, self._hangs_on(table))
        if not table.var.depth:
            blank = Frame(UNKNOWN, "", shape, [*shape.unknown], tables=shape.blank)
            shape.blank[table] = fill((blank,))
        return fill

    # ── What forces them ──────────────────────────────────────────────────────────────────────

    def support(self, formula: ir.Formula) -> Support:
        """Return a closure giving facts that force a formula, where it holds."""
        found = self._supports.get(formula)
        if found is None:
            item, affirmed = ir.parted(formula)
            found = self._supports[formula] = self._supporting(item, want=affirmed)
        return found

    def _supporting(self, node: ir.Formula, *, want: bool) -> Support:
        match node:
            case ir.Const():
                return lambda _: NOTHING
            case ir.And(items=items) if want:
                several = [self.support(item) for item in items]
                return lambda s: NOTHING.union(*[each(s) for each in several])
            case ir.And(items=items):
                contrary = [f.no(item) for item in items]
                ways = [(self.check(each), self.support(each)) for each in contrary]
                return lambda s: min([why(s) for fails, why in ways if fails(s)], key=len)
            case ir.IsUnknown() | ir.More() if want:
                return lambda _: NOTHING
            case ir.IsUnknown(read=fact) | ir.Absent(read=fact) | ir.More(read=fact):
                return self._cell(fact)
            case ir.Among(read=fact):
                return self._cell(fact)
            case ir.Meets(read=fact, wanted=ir.FactRead() as wanted):
                return _both(self._cell(fact), self._cell(wanted))
            case ir.Meets(read=fact):
                return self._cell(fact)
            case ir.Holds(op=op, one=one, other=other):
                found = self._cell(one)
                if isinstance(other, ir.FactRead):
                    found = _both(found, self._cell(other))
                return _both(found, self._cell(f.AS_OF_READ)) if op.is_age else found
            case ir.Exists(var=var, so=so) if want:
                return self._one_record(var, so)
            case ir.Exists(var=var, so=so):
                each, why = self.each(var, f.no(so)), self.support(f.no(so))
                return lambda s: NOTHING.union(*[why(inside) for inside, _ in each(s)])
            case ir.Above(one=one, other=other):
                return _both(self._bound(one, most=not want), self._bound(other, most=want))
            case ir.May(table=table, values=values):
                return self._may(table, values) if want else self._cannot(table, values)
            case ir.Neg():
                raise AssertionError("what is denied twice is said plainly")
            case _:
                assert_never(node)

    def _cell(self, fact: ir.FactRead) -> Support:
        """Return a closure giving a known fact; nothing if it is unknown."""
        depth, place = self.at(fact)

        def cell(s: Frames) -> frozenset[int]:
            frame = s[depth]
            return (
                NOTHING if frame.values[place] is UNKNOWN else frozenset((frame.first + 1 + place,))
            )

        return cell

    def _one_record(self, var: ir.Var, so: ir.Formula) -> Support:
        """Return a closure giving the support of the cheapest record that satisfies a formula."""
        each, why, counted = self.each(var, so), self.support(so), self._counted(var)
        if so is f.TRUE:
            return lambda s: next(counted(s, inside[-1]) for inside, _ in each(s))

        def found(s: Frames) -> frozenset[int]:
            return min(
                (self.within(inside[-1], why(inside)) for inside, holds in each(s) if holds),
                key=len,
            )

        return found

    def _counted(self, var: ir.Var) -> Callable[[Frames, Frame], frozenset[int]]:
        """Return a closure giving the support of a record's presence: its list, or itself."""
        assert var.list is not None  # noqa: S101 - only lists are gone through
        depth, place = self.at(var.list)

        def counted(s: Frames, frame: Frame) -> frozenset[int]:
            whole = s[depth]
            open_ = whole.values[place][1]
            return frozenset((frame.first if open_ else whole.first + 1 + place,))

        return counted

    def within(self, frame: Frame, found: frozenset[int]) -> frozenset[int]:
        """Return the support within a record, or if that is empty, of its presence."""
        its = any(each in frame.numbers for each in found)
        return found if its else found | {frame.first}

    def _bound(self, number: ir.Num, *, most: bool) -> Support:
        """Return a closure giving the facts that bound a number from below, or above."""
        match number:
            case ir.Amount(of=ir.FactRead() as fact) | ir.Members(read=fact):
                return self._cell(fact)
            case ir.Amount():
                return lambda _: NOTHING
            case ir.Times(one=one, other=other):
                return _both(self._bound(one, most=most), self._bound(other, most=most))
            case ir.RecordTotal(var=var, so=so, of=of):
                return self._total(var, so, of, most=most)
            case _:
                assert_never(number)

    def _total(self, var: ir.Var, so: ir.Formula, of: ir.FactRead | None, *, most: bool) -> Support:
        side = f.no(so) if most else so
        each, why = self.each(var, side), self.support(side)
        amount = None if of is None else self._cell(of)
        counted = self._counted(var)

        def found(s: Frames) -> frozenset[int]:
            parts = []
            for inside, holds in each(s):
                if holds:
                    facts = why(inside)
                    parts.append(facts)
                    if not most:
                        whole = counted(s, inside[-1])
                        parts.append(whole)
                if amount is not None and holds is not most:
                    parts.append(amount(inside))
            return NOTHING.union(*parts)

        return found

    def _may(self, table: ir.DerivedTable, values: frozenset[Any]) -> Support:
        """Return a closure giving the facts that let a derived fact have one of some values."""
        possible = self.possible(table)
        ways = [(value, self.support(so)) for value, so in table.ways if value in values]

        def may(s: Frames) -> frozenset[int]:
            known = possible(s)
            return min([why(s) for value, why in ways if value in known], key=len)

        return may

    def _cannot(self, table: ir.DerivedTable, values: frozenset[Any]) -> Support:
        """
        Return a closure giving the facts that exclude some values of a derived fact.

        Where it is settled, that is the derived fact itself, which has a proof of its own.
        """
        depth, beneath = table.var.depth, self._kept_from(table)
        if table.stated is None or not self._is_own(table):
            return lambda s: NOTHING.union(*[beneath(s).get(value, NOTHING) for value in values])
        _, place = self.at(table.stated)
        possible = self.possible(table)

        def cannot(s: Frames) -> frozenset[int]:
            left = possible(s)
            if len(left) > 1:
                return NOTHING.union(*[beneath(s).get(value, NOTHING) for value in values])
            frame = s[depth]
            (frame.known[place],) = left
            return frozenset((frame.first + 1 + place,))

        return cannot

    def proof(self, table: ir.DerivedTable) -> Support:
        """Return a closure giving the facts that settle a derived fact."""
        beneath = self._kept_from(table)
        return lambda s: NOTHING.union(*beneath(s).values())

    def _is_own(self, table: ir.DerivedTable) -> bool:
        """Tell whether a table belongs to the record itself, not to a what-if copy."""
        return self._lowering.table(table.name, table.var) is table

    def _kept_from(
        self, table: ir.DerivedTable
    ) -> Callable[[Frames], Mapping[Any, frozenset[int]]]:
        """Return a closure giving facts that exclude each excluded value of a derived fact."""
        depth = table.var.depth

        def kept_from(s: Frames) -> Mapping[Any, frozenset[int]]:
            known, seen = s[depth].known, s[: depth + 1]

            def is_cited(each: ir.DerivedTable) -> bool:
                """Tell whether a table is expanded no further: visited, or cited itself."""
                if each.var is not table.var:
                    return False
                if (_KEPT, each) in known:
                    return True
                own = each is not table and self._is_own(each)
                return own and len(self.possible(each)(seen)) <= 1

            # Those beneath first, so that a long chain of them is not gone down.
            for each in ir.tables_in_order([table], is_cited):
                if each.var is table.var:
                    left = self.possible(each)(seen)
                    known[_KEPT, each] = {
                        value: self.support(f.no(so))(seen)
                        for value, so in each.ways
                        if value not in left
                    }
            found: Mapping[Any, frozenset[int]] = known[_KEPT, table]
            return found

        return kept_from


def _both(one: Support, other: Support) -> Support:
    return lambda s: one(s) | other(s)


def _every(checks: list[Check]) -> Check:
    if len(checks) == _TWO:
        one, other = checks
        return lambda s: one(s) and other(s)

    def every(s: Frames) -> bool:
        for check in checks:  # noqa: SIM110 - `all` takes twice as long
            if not check(s):
                return False
        return True

    return every


def _some(checks: list[Check]) -> Check:
    if len(checks) == _TWO:
        one, other = checks
        return lambda s: one(s) or other(s)

    def some(s: Frames) -> bool:
        for check in checks:  # noqa: SIM110 - `any` takes twice as long
            if check(s):
                return True
        return False

    return some


def _relation_of(node: ir.Holds) -> Callable[[Any, Any, Any], bool]:
    """Return whether two values stand in a relation, on a date."""
    op, kind = node.op, node.type
    if op is Op.EQUALS:
        return lambda one, two, _: one == two
    if op is Op.OLDER_THAN:
        return lambda one, two, as_of: (
            isinstance(as_of, dt.date) and one < _months_before(as_of, two)
        )
    compare = ORDER[op]
    if isinstance(kind, Choice):
        order = {value: place for place, value in enumerate(kind.values)}
        return lambda one, two, _: compare(order[one], order[two])
    return lambda one, two, _: compare(one, two)
