"""
The intermediate form that rules are lowered to: two-valued formulas, numbers, and what they read.

Equal nodes are one object, so that what rules share is worked out once and compared at a glance. A
leaf holds only where the values that it compares are there; nothing is left to decide for what
translates it. `govrules.lowering.formulas` makes nodes, and makes them simple.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import attrs

from govrules.rulebook import derivation
from govrules.rulebook.expr import FactSource, Op
from govrules.vocabulary import Fact, FactType, Records, closed_values

_made: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
_N = TypeVar("_N")


def once(cls: Callable[..., _N], *fields: Any) -> _N:  # noqa: ANN401 - whatever it is made of
    """Return the interned node of a class with these fields."""
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
    list: FactRead | None = attrs.field(default=None, repr=False)
    recorded: bool = True

    @property
    def prefix(self) -> str:
        """What the paths of its facts begin with: ``""`` or ``partners[].``."""
        return "" if self.list is None else f"{self.list.full_path}[]."


@attrs.frozen(eq=False)
class FactRead:
    """
    A fact of a record, as it is read.

    Attributes:
        var: the record; None for the date of the assessment.
        path: the fact's path in it.
        source: recorded, the date, or what was stated of a derived fact.
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
        return f"{self.var.prefix if self.var else ''}{self.path}"

    @property
    def is_recorded(self) -> bool:
        """Whether the fact can be known at all."""
        return self.var is None or self.var.recorded


def subject(cls: type) -> Var:
    """Return the subject itself, of a class."""
    return once(Var, 0, cls)


def records_of_list(listed: FactRead, depth: int, *, recorded: bool = True) -> Var:
    """Return the variable of a list's records, at an unused depth."""
    assert isinstance(listed.type, Records)  # noqa: S101 - settled when the rule was checked
    return once(Var, depth, listed.type.cls, listed, recorded)


def read(var: Var | None, path: str, source: FactSource, fact: Fact) -> FactRead:
    """Return a fact of a record."""
    return once(FactRead, var, path, source, fact)


@attrs.frozen(eq=False)
class Node:
    """
    The base of formulas and numbers.

    Attributes:
        about: the records that it is about.
        tables: the tables of derived facts that it asks, without those beneath them, in the order
            in which it asks them.
    """

    about: frozenset[Var] = attrs.field(init=False, repr=False)
    tables: tuple[DerivedTable, ...] = attrs.field(init=False, repr=False)
    #: What holds where it does not; made when it is first asked for.
    contrary: Formula | None = attrs.field(init=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        about: frozenset[Var] = frozenset()
        tables: dict[DerivedTable, None] = {}
        for part in self.parts():
            if isinstance(part, Node):
                about |= part.about
                tables |= dict.fromkeys(part.tables)
            elif isinstance(part, DerivedTable):
                about |= {part.var}
                tables[part] = None
            elif isinstance(part, FactRead) and part.var is not None:
                about |= {part.var}
        bound: Any = getattr(self, "var", None)
        if bound is not None:
            about = (about - {bound}) | {bound.list.var}
        object.__setattr__(self, "about", about)
        object.__setattr__(self, "tables", tuple(tables))

    def parts(self) -> Iterator[Any]:
        """Yield what it is made of."""
        cls: type = type(self)
        for name in _fields_of(cls):
            value = getattr(self, name)
            yield from value if isinstance(value, tuple) else (value,)


@cache
def _fields_of(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls) if field.init)


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
class IsUnknown(Node):
    """Nobody recorded a single value."""

    read: FactRead


@attrs.frozen(eq=False)
class Absent(Node):
    """A single value is known to be none."""

    read: FactRead


@attrs.frozen(eq=False)
class More(Node):
    """A list or a set may have more in it than is known."""

    read: FactRead


@attrs.frozen(eq=False)
class Among(Node):
    """A value is there and is one of these."""

    read: FactRead
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
    one: FactRead
    other: FactRead | Any
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

    read: FactRead
    wanted: FactRead | frozenset[str]
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

    table: DerivedTable
    values: frozenset[Any]


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────


@attrs.frozen(eq=False)
class Amount(Node):
    """A number of the rulebook; or of a fact, and nought where that has no value."""

    of: int | Decimal | FactRead


@attrs.frozen(eq=False)
class RecordTotal(Node):
    """How many known records are so; where `of` is given, the sum of that fact over them."""

    var: Var
    so: Formula
    of: FactRead | None


@attrs.frozen(eq=False)
class Members(Node):
    """How many members of a set are known."""

    read: FactRead


@attrs.frozen(eq=False)
class Times(Node):
    """The product of two numbers."""

    one: Num
    other: Num


Leaf: TypeAlias = IsUnknown | Absent | More | Among | Holds | Meets | Exists | Above | May
Formula: TypeAlias = Const | And | Neg | Leaf
Num: TypeAlias = Amount | RecordTotal | Members | Times


def parted(formula: Formula) -> tuple[Formula, bool]:
    """Return a formula without its negation, and whether it is affirmed."""
    return (formula.item, False) if isinstance(formula, Neg) else (formula, True)


@attrs.frozen(eq=False)
class DerivedTable:
    """
    A derived fact of a record: the value of the first row that holds.

    Attributes:
        name: its name.
        var: the record.
        rows: the condition of each row as two formulas, and its value.
        otherwise: its value where no row holds.
        stated: what somebody stated of it, which counts instead; None where nobody can.
        fact: what is declared of it.
        ways: each value with where it may still have it.
    """

    name: str
    var: Var
    rows: tuple[tuple[Formula, Formula, Any], ...]
    otherwise: Any
    stated: FactRead | None
    fact: Fact = attrs.field(repr=False)
    ways: tuple[tuple[Any, Formula], ...] = attrs.field(repr=False)

    @cached_property
    def may(self) -> Mapping[Any, Formula]:
        """The formula of each value's possibility."""
        return dict(self.ways)

    @property
    def bits(self) -> Mapping[Any, int]:
        """The bit of each value in a mask of those that it may have."""
        values = (*closed_values(self.fact.type), None)
        return {value: 1 << place for place, value in enumerate(values)}

    @property
    def sides(self) -> tuple[Formula, ...]:
        """The dual rails of each row."""
        return tuple(each for true, false, _ in self.rows for each in (true, false))

    @property
    def beneath(self) -> tuple[DerivedTable, ...]:
        """The tables its rows read."""
        return tuple(dict.fromkeys(held for each in self.sides for held in each.tables))


def tables_in_order(
    several: Iterable[DerivedTable | Node], done: Callable[[DerivedTable], bool] = lambda _: False
) -> Iterator[DerivedTable]:
    """Yield tables reachable from formulas or tables, in dependency order."""
    tables = (held for each in several for held in _tables(each))
    return derivation.in_dependency_order(tables, lambda held: held.beneath, done)


def _tables(of: DerivedTable | Node) -> Iterable[DerivedTable]:
    return (of,) if isinstance(of, DerivedTable) else of.tables
