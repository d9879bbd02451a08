"""
Two-valued formulas, which is what rules are lowered to: and, not, and a handful of leaves.

A three-valued condition is a pair of formulas, certainly true and certainly false; where neither
holds it is unknown. In the field's words this is a dual-rail encoding. Equal formulas are one
object, so that what rules share is worked out once and compared at a glance. A leaf holds only
where the values that it compares are there; nothing is left to decide for what translates it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import attrs

from govrules.rulebook.ast import FactSource, Op
from govrules.vocabulary import AS_OF, Choice, Fact, FactType, Records, YesNo, closed_values

_made: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
_N = TypeVar("_N")
#: How many conjunctions are kept simplified.
_MOST_KEPT: Final = 2**15


def _once(cls: Callable[..., _N], *fields: Any) -> _N:  # noqa: ANN401 - whatever it is made of
    """Return the one object of a class that is made of these."""
    key = (cls, *fields)
    found: _N | None = _made.get(key)
    return _made.setdefault(key, cls(*fields)) if found is None else found


@attrs.frozen(eq=False)
class Var:
    """
    A record that formulas are about.

    Attributes:
        depth: 0 for the subject, one more for each list that it is inside.
        cls: its attrs class.
        list: the list whose records it stands for; None for the subject.
        recorded: whether it is there; False for a record that nobody recorded yet.
    """

    depth: int
    cls: type
    list: Read | None = attrs.field(default=None, repr=False)
    recorded: bool = True

    @property
    def prefix(self) -> str:
        """What the paths of its facts begin with: ``""`` or ``partners[].``."""
        return "" if self.list is None else f"{self.list.full_path}[]."


@attrs.frozen(eq=False)
class Read:
    """
    A fact of a record, as it is read.

    Attributes:
        var: the record; None for the date of the assessment.
        path: the fact's path in it, without ``local.``.
        source: recorded, local, the date, or what was stated of a derived fact.
        fact: its type, label and question.
    """

    var: Var | None
    path: str
    source: FactSource
    fact: Fact = attrs.field(repr=False)

    @property
    def type(self) -> FactType:
        """The fact's type."""
        return self.fact.type

    @property
    def full_path(self) -> str:
        """The path from the subject, with ``[]`` for any record of a list."""
        local = "local." if self.source is FactSource.LOCAL else ""
        return f"{self.var.prefix if self.var else ''}{local}{self.path}"

    @property
    def is_recorded(self) -> bool:
        """Whether anything at all can be known of it."""
        return self.var is None or self.var.recorded


def subject(cls: type) -> Var:
    """Return the subject itself, of a class."""
    return _once(Var, 0, cls)


def record_of(listed: Read, depth: int, *, recorded: bool = True) -> Var:
    """Return each record of a list, at a depth that no record in sight has."""
    assert isinstance(listed.type, Records)  # noqa: S101 - settled when the rule was checked
    return _once(Var, depth, listed.type.cls, listed, recorded)


def read(var: Var | None, path: str, source: FactSource, fact: Fact) -> Read:
    """Return a fact of a record."""
    return _once(Read, var, path, source, fact)


@attrs.frozen(eq=False)
class Node:
    """
    What formulas and numbers have in common.

    Attributes:
        about: the records that it is about.
        tables: the tables of derived facts that it asks, without those beneath them, in the order
            in which it asks them.
    """

    about: frozenset[Var] = attrs.field(init=False, repr=False)
    tables: tuple[Table, ...] = attrs.field(init=False, repr=False)
    #: What holds where it does not; made when it is first asked for.
    contrary: Formula | None = attrs.field(init=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        about: frozenset[Var] = frozenset()
        tables: dict[Table, None] = {}
        for part in self.parts():
            if isinstance(part, Node):
                about |= part.about
                tables |= dict.fromkeys(part.tables)
            elif isinstance(part, Table):
                about |= {part.var}
                tables[part] = None
            elif isinstance(part, Read) and part.var is not None:
                about |= {part.var}
        bound: Any = getattr(self, "var", None)
        if bound is not None:
            about = (about - {bound}) | {bound.list.var}
        object.__setattr__(self, "about", about)
        object.__setattr__(self, "tables", tuple(tables))

    def parts(self) -> Iterator[Any]:
        """Yield what it is made of."""
        for field in attrs.fields(type(self)):
            if field.init:
                value = getattr(self, field.name)
                yield from value if isinstance(value, tuple) else (value,)


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────


@attrs.frozen(eq=False)
class Const(Node):
    """Always, or never."""

    value: bool


@attrs.frozen(eq=False)
class And(Node):
    """All of these hold."""

    items: tuple[Formula, ...]


@attrs.frozen(eq=False)
class Neg(Node):
    """This does not hold."""

    item: Formula


@attrs.frozen(eq=False)
class Unknown(Node):
    """Nobody recorded a single value."""

    read: Read


@attrs.frozen(eq=False)
class Absent(Node):
    """A single value is known to be none."""

    read: Read


@attrs.frozen(eq=False)
class More(Node):
    """A list or a set may have more in it than is known."""

    read: Read


@attrs.frozen(eq=False)
class Among(Node):
    """A value is there and is one of these."""

    read: Read
    values: frozenset[Any]


@attrs.frozen(eq=False)
class Holds(Node):
    """
    Two values are there and stand in a relation.

    Attributes:
        op: equals (two facts), at least, more than, or older than (so many months before the date
            of the assessment, which is then known).
        one: a fact.
        other: a fact, or a value.
        type: the type by which they are compared.
    """

    op: Op
    one: Read
    other: Read | Any
    type: FactType


@attrs.frozen(eq=False)
class Meets(Node):
    """
    What is known of a set has members in common with another set.

    Attributes:
        read: the set.
        wanted: the other: a fact, of which what is known counts, or its members.
        all: whether all that is wanted must be in it, and not any.
    """

    read: Read
    wanted: Read | frozenset[str]
    all: bool


@attrs.frozen(eq=False)
class Exists(Node):
    """A known record of a list is so."""

    var: Var
    so: Formula


@attrs.frozen(eq=False)
class Above(Node):
    """A number is greater than another, or where `equal`, at least it."""

    one: Num
    other: Num
    equal: bool


@attrs.frozen(eq=False)
class May(Node):
    """A derived fact may still have one of these values."""

    table: Table
    values: frozenset[Any]

    @property
    def formula(self) -> Formula:
        """The same in other formulas."""
        return either(*(self.table.may[each] for each in self.table.may if each in self.values))


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────


@attrs.frozen(eq=False)
class Amount(Node):
    """A number of the rulebook; or of a fact, and nought where that has no value."""

    of: int | Decimal | Read


@attrs.frozen(eq=False)
class Total(Node):
    """How many known records are so; where `of` is given, the sum of that fact over them."""

    var: Var
    so: Formula
    of: Read | None


@attrs.frozen(eq=False)
class Members(Node):
    """How many members of a set are known."""

    read: Read


@attrs.frozen(eq=False)
class Times(Node):
    """The product of two numbers."""

    one: Num
    other: Num


Leaf: TypeAlias = Unknown | Absent | More | Among | Holds | Meets | Exists | Above | May
Formula: TypeAlias = Const | And | Neg | Leaf
Num: TypeAlias = Amount | Total | Members | Times


class Pair(NamedTuple):
    """Where a condition is certainly true, and where it is certainly false."""

    true: Formula
    false: Formula

    def __invert__(self) -> Pair:
        return Pair(self.false, self.true)

    @property
    def open(self) -> Formula:
        """Where it is unknown."""
        return both(no(self.true), no(self.false))


@attrs.frozen(eq=False)
class Table:
    """
    A derived fact of a record: the value of the first row that holds.

    Attributes:
        name: its name.
        var: the record.
        rows: the condition of each row as two formulas, and its value.
        otherwise: its value where no row holds.
        stated: what somebody stated of it, which counts instead; None where nobody can.
        fact: what is declared of it.
    """

    name: str
    var: Var
    rows: tuple[tuple[Formula, Formula, Any], ...]
    otherwise: Any
    stated: Read | None
    fact: Fact = attrs.field(repr=False)
    may: Mapping[Any, Formula] = attrs.field(init=False, repr=False)

    @may.default
    def _may(self) -> Mapping[Any, Formula]:
        pairs = [(Pair(true, false), value) for true, false, value in self.rows]
        found = first_of(pairs, self.otherwise)
        said = self.stated
        if said is None:
            return found
        for value in (*closed_values(self.fact.type), None):
            same = absent(said) if value is None else among(said, frozenset({value}))
            found[value] = either(both(unknown(said), found.get(value, FALSE)), same)
        return found

    @property
    def bits(self) -> Mapping[Any, int]:
        """The bit of each value in a mask of those that it may have."""
        values = (*closed_values(self.fact.type), None)
        return {value: 1 << place for place, value in enumerate(values)}

    @property
    def sides(self) -> tuple[Formula, ...]:
        """Where each of its rows certainly holds, and where it certainly does not."""
        return tuple(each for true, false, _ in self.rows for each in (true, false))

    @property
    def beneath(self) -> tuple[Table, ...]:
        """The tables that its rows ask."""
        return tuple(dict.fromkeys(held for each in self.sides for held in each.tables))


def table(  # noqa: PLR0917 - as the attributes of a table stand
    name: str,
    var: Var,
    rows: Iterable[tuple[Pair, Any]],
    otherwise: Any,  # noqa: ANN401 - a value of the fact
    stated: Read | None,
    fact: Fact,
) -> Table:
    """Return the table of a derived fact of a record; see `Table`."""
    apart = tuple((pair.true, pair.false, value) for pair, value in rows)
    return _once(Table, name, var, apart, otherwise, stated, fact)


def first_of(rows: Iterable[tuple[Pair, Any]], otherwise: Any) -> dict[Any, Formula]:  # noqa: ANN401 - any value
    """Return by value where it may be that of the first row that holds, in the rows' order."""
    found: dict[Any, Formula] = {}
    reached: Formula = TRUE
    for pair, value in rows:
        may = both(reached, no(pair.false))
        found[value] = either(found.get(value, FALSE), may)
        reached = both(reached, no(pair.true))
    found[otherwise] = either(found.get(otherwise, FALSE), reached)
    return {value: may for value, may in found.items() if may is not FALSE}


def in_order(several: Iterable[Table | Node], done: Container[Table] = ()) -> Iterator[Table]:
    """Yield tables, and those that tables or formulas ask, each after those beneath it."""
    waiting: list[Table] = []
    for each in several:
        waiting += [each] if isinstance(each, Table) else each.tables
    seen: set[Table] = set()
    while waiting:
        held = waiting[-1]
        new = held not in seen and held not in done
        below = [each for each in held.beneath if each not in seen and each not in done]
        if new and below:
            waiting += below
            continue
        waiting.pop()
        if new:
            seen.add(held)
            yield held


# ── Making them: what can be said more simply is ──────────────────────────────────────────────

TRUE: Final[Formula] = _once(Const, True)  # noqa: FBT003
FALSE: Final[Formula] = _once(Const, False)  # noqa: FBT003


def no(item: Formula) -> Formula:
    """Return *not*."""
    match item:
        case Const(value=value):
            return FALSE if value else TRUE
        case Neg(item=inner):
            return inner
        case _:
            if item.contrary is None:
                object.__setattr__(item, "contrary", _once(Neg, item))
            return item.contrary  # type: ignore[return-value]


def unknown(fact: Read) -> Formula:
    """Return that nobody recorded a fact."""
    return _once(Unknown, fact) if fact.is_recorded else TRUE


def absent(fact: Read) -> Formula:
    """Return that a fact is known to be none; a yes or no is then no, unless it was stated."""
    plain = isinstance(fact.type, YesNo) and fact.source is not FactSource.DERIVED
    return FALSE if plain or not fact.is_recorded else _once(Absent, fact)


def there(fact: Read) -> Formula:
    """Return that a fact has a value."""
    return both(no(unknown(fact)), no(absent(fact)))


def more(fact: Read) -> Formula:
    """Return that a list or a set may have more in it than is known."""
    return _once(More, fact) if fact.is_recorded else TRUE


def among(fact: Read, values: frozenset[Any]) -> Formula:
    """Return that a fact has one of these values."""
    if not values or not fact.is_recorded:
        return FALSE
    if isinstance(fact.type, YesNo) and fact.source is not FactSource.DERIVED:
        if len(values) > 1:
            return there(fact)
        if False in values:
            return both(there(fact), no(among(fact, frozenset({True}))))
    return _once(Among, fact, values)


def holds(op: Op, one: Read, other: Read | Any, kind: FactType) -> Formula:  # noqa: ANN401 - a value
    """Return that two values stand in a relation; see `Holds`."""
    if not (one.is_recorded and (not isinstance(other, Read) or other.is_recorded)):
        return FALSE
    if isinstance(kind, Choice) and not isinstance(other, Read):
        place = kind.values.index(other)
        return among(one, frozenset(kind.values[place if op is Op.AT_LEAST else place + 1 :]))
    return _once(Holds, op, one, other, kind)


def meets(fact: Read, wanted: Read | frozenset[str], *, all_: bool) -> Formula:
    """Return that what is known of a set has members in common with another; see `Meets`."""
    if isinstance(wanted, Read) and not wanted.is_recorded:
        wanted = frozenset()
    if isinstance(wanted, frozenset) and not wanted:
        return TRUE if all_ else FALSE
    if not fact.is_recorded:
        if isinstance(wanted, frozenset) or not all_:
            return FALSE
        return no(above(members(wanted), ZERO, equal=False))
    return _once(Meets, fact, wanted, all_)


def exists(var: Var, so: Formula) -> Formula:
    """Return that a known record of a list is so."""
    assert var.list is not None  # noqa: S101 - only lists are gone through
    return FALSE if so is FALSE or not var.list.is_recorded else _once(Exists, var, so)


def above(one: Num, other: Num, *, equal: bool) -> Formula:
    """Return that a number is greater than another, or where `equal`, at least it."""
    if isinstance(one, Amount) and isinstance(other, Amount):
        more, less = one.of, other.of
        if not (isinstance(more, Read) or isinstance(less, Read)):
            return TRUE if (more >= less if equal else more > less) else FALSE
    return _once(Above, one, other, equal)


def may(table: Table, values: Iterable[Any]) -> Formula:
    """Return that a derived fact may still have one of these values."""
    possible = frozenset(values).intersection(table.may)
    if not table.var.recorded:
        # Of a record that nobody recorded yet nothing is left to be worked out.
        return either(*(table.may[each] for each in table.may if each in possible))
    if not possible:
        return FALSE
    return TRUE if len(possible) == len(table.may) else _once(May, table, possible)


def amount(of: int | Decimal | Read) -> Num:
    """Return a number of the rulebook or of a fact."""
    return _once(Amount, of) if not isinstance(of, Read) or of.is_recorded else ZERO


def total(var: Var, so: Formula, of: Read | None = None) -> Num:
    """Return how many known records are so, or the sum of a fact over them."""
    assert var.list is not None  # noqa: S101 - only lists are gone through
    return ZERO if so is FALSE or not var.list.is_recorded else _once(Total, var, so, of)


def members(fact: Read) -> Num:
    """Return how many members of a set are known."""
    return _once(Members, fact) if fact.is_recorded else ZERO


def times(one: Num, other: Num) -> Num:
    """Return a product."""
    if one is ONE or other is ONE:
        return other if one is ONE else one
    return _once(Times, one, other)


#: The date of the assessment.
AS_OF_READ: Final = read(None, AS_OF.name, FactSource.AS_OF, AS_OF)
ZERO: Final = amount(0)
ONE: Final = amount(1)


def either(*items: Formula) -> Formula:
    """Return *or*."""
    return no(both(*map(no, items)))


@functools.lru_cache(maxsize=_MOST_KEPT)
def both(*items: Formula) -> Formula:
    """Return *and*, in the order given, without what the other items already say."""
    known = _Known()
    waiting = list(reversed(items))
    while True:
        while waiting:
            item = waiting.pop()
            if isinstance(item, And):
                waiting += reversed(item.items)
            elif not known.learn(item):
                return FALSE
        found = known.unit()
        if found is None:
            return _conjunction(list(known.items()))
        waiting.append(found)


def all_of(*items: Formula) -> Formula:
    """Return *and* of formulas as they stand, whatever they say of each other; see `both`."""
    if FALSE in items:
        return FALSE
    return _conjunction(list(dict.fromkeys(each for each in items if each is not TRUE)))


def any_of(*items: Formula) -> Formula:
    """Return *or* of formulas as they stand, whatever they say of each other; see `either`."""
    return no(all_of(*map(no, items)))


def _conjunction(items: list[Formula]) -> Formula:
    if not items:
        return TRUE
    return items[0] if len(items) == 1 else _once(And, tuple(items))


class _Known:
    """Formulas that all hold, none of them an *and*, and what follows from them."""

    def __init__(self) -> None:
        self._held: dict[Formula, None] = {}
        #: Contraries of conjunctions: at least one part of each does not hold.
        self._clauses: dict[Formula, tuple[Formula, ...]] = {}
        #: By fact: the values that it is among, and those that it is not among.
        self._among: dict[Read, frozenset[Any]] = {}
        self._not_among: dict[Read, frozenset[Any]] = {}
        self._there: set[Read] = set()
        #: The values that a derived fact cannot have.
        self._never: dict[Table, frozenset[Any]] = {}

    def learn(self, item: Formula) -> bool:
        """Add what holds; return False where it contradicts the rest."""
        value = self.value(item)
        if value is not None:
            return value
        match item:
            case Neg(item=And(items=parts)):
                self._clauses[item] = parts
                return True
            case Among(read=fact, values=values):
                self._there.add(fact)
                self._among[fact] = self._left(fact, values)
            case Neg(item=Among(read=fact, values=values)):
                self._not_among[fact] = self._not_among.get(fact, frozenset()) | values
                if fact in self._among:
                    self._among[fact] -= values
            case Holds(op=op, one=one, other=other):
                self._there |= {each for each in (one, other) if isinstance(each, Read)}
                if op.is_age:
                    self._there.add(AS_OF_READ)
            case Neg(item=May(table=table, values=values)):
                self._never[table] = self._never.get(table, frozenset()) | values
            case _:
                pass
        self._held[item] = None
        return True

    def unit(self) -> Formula | None:
        """Return what must hold besides, FALSE where nothing can; None where nothing is new."""
        for fact, values in self._not_among.items():
            closed = isinstance(fact.type, Choice) and fact not in self._there
            if closed and all(no(each(fact)) in self._held for each in (_unknown, _absent)):
                return among(fact, frozenset(closed_values(fact.type)) - values)
        for clause, parts in self._clauses.items():
            left = self._left_of(parts)
            if left is None or len(left) < len(parts):
                del self._clauses[clause]
                return TRUE if left is None else no(_conjunction(left))
        return None

    def items(self) -> Iterator[Formula]:
        """Yield what holds, in the order in which it was learnt, each thing said once."""
        said: set[Read | Table] = set()
        for item in self._held:
            match item:
                case Neg(item=Unknown(read=fact) | Absent(read=fact)) if fact in self._there:
                    continue
                case Neg(item=Unknown(read=fact)) if _absent(fact) in self._held:
                    continue
                case Neg(item=Absent(read=fact)) if _unknown(fact) in self._held:
                    continue
                case Among(read=fact) | Neg(item=Among(read=fact)):
                    if fact not in said and not self._is_gone(fact):
                        said.add(fact)
                        apart = no(among(fact, self._not_among.get(fact, frozenset())))
                        yield among(fact, self._among[fact]) if fact in self._among else apart
                case May(table=table, values=values):
                    yield may(table, values - self._never.get(table, frozenset()))
                case Neg(item=May(table=table)):
                    if table not in said:
                        said.add(table)
                        yield no(may(table, self._never[table]))
                case _:
                    yield item
        yield from self._clauses

    def value(self, item: Formula) -> bool | None:
        """Tell whether a formula holds, as far as what is held says."""
        match item:
            case Const(value=value):
                return value
            case _ if item in self._held or item in self._clauses:
                return True
            case _ if no(item) in self._held or no(item) in self._clauses:
                return False
            case Neg(item=inner):
                found = self.value(inner)
                return None if found is None else not found
            case And(items=items):
                left = self._left_of(items)
                return False if left is None else None if left else True
            case Unknown(read=fact):
                return False if fact in self._there or _absent(fact) in self._held else None
            case Absent(read=fact):
                return False if fact in self._there or _unknown(fact) in self._held else None
            case Among(read=fact, values=values):
                if self._is_gone(fact) or not self._left(fact, values):
                    return False
                return True if fact in self._among and self._among[fact] <= values else None
            case Holds(one=one, other=other):
                facts = [each for each in (one, other) if isinstance(each, Read)]
                return False if any(map(self._is_gone, facts)) else None
            case May(table=table, values=values):
                never = self._never.get(table, frozenset())
                if values <= never:
                    return False
                return True if table.may.keys() - never <= values else None
            case _:
                return None

    def instead_of(self, item: Holds) -> Formula:
        """Return what says the same as a comparison that holds wherever its values are there."""
        alone = _Known()
        alone.learn(item)
        for parts in self._clauses.values():
            rest = [each for each in parts if each is not no(item)]
            if len(rest) < len(parts) and all(map(alone.value, rest)):
                return _conjunction(rest)
        return item

    def _is_gone(self, fact: Read) -> bool:
        return any(each(fact) in self._held for each in (_unknown, _absent))

    def _left(self, fact: Read, values: frozenset[Any]) -> frozenset[Any]:
        before = self._among.get(fact, values)
        return (values & before) - self._not_among.get(fact, frozenset())

    def _left_of(self, items: Iterable[Formula]) -> list[Formula] | None:
        """Return which of some formulas do not follow already; None where one cannot hold."""
        left = []
        for item in items:
            value = self.value(item)
            if value is False:
                return None
            if value is None:
                left.append(item)
        return left


def _unknown(fact: Read) -> Formula:
    return _once(Unknown, fact)


def _absent(fact: Read) -> Formula:
    return _once(Absent, fact)


def given(formula: Formula, facts: Iterable[Formula]) -> Formula:
    """Return what says the same as a formula wherever some others hold, and is no longer."""
    known = _Known()
    waiting = list(facts)
    while waiting:
        item = waiting.pop()
        if isinstance(item, And):
            waiting += item.items
        elif known.learn(item) and not waiting:
            found = known.unit()
            waiting += [] if found is None else [found]
    simpler: dict[Formula, Formula] = {}

    def under(item: Formula) -> Formula:
        if item not in simpler:
            value = known.value(item)
            match item:
                case _ if value is not None:
                    simpler[item] = TRUE if value else FALSE
                case And(items=items):
                    simpler[item] = both(*map(under, items))
                case Neg(item=inner):
                    simpler[item] = no(under(inner))
                case Holds():
                    simpler[item] = known.instead_of(item)
                case _:
                    simpler[item] = item
        return simpler[item]

    return under(formula)
