"""
Facts as z3 variables: each with what is known of it, and the laws that hold of every subject.

A fact is made when a condition first reads it, so that a proof has only the facts it is about.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias, assert_never

import attrs
import z3

from govrules import vocabulary as v
from govrules.facts import parts_of
from govrules.prove import terms as t
from govrules.prove.terms import Term
from govrules.truth import UNKNOWN

#: The greatest number that can be recorded where a fact names none.
MOST: Final = 10**15
MOST_MONTHS: Final = 9999 * 12
_LAST_YEAR: Final = 9999
_MONTHS: Final = 12
_NEARBY_YEARS: Final = (2015, 2035)
#: Assessments are made in these years; nobody reviews before the calendar begins.
YEARS_OF_ASSESSMENT: Final = (1900, 2999)
#: What stands for a date that is not there.
_SOME_DAY: Final = dt.date(2000, 1, 1)
#: The variables of a date, by the ends of their names.
PARTS: Final = ("year", "month", "day")

#: A subject as plain data: a fact that is missing is unknown, None is known to be absent.
Tree: TypeAlias = dict[str, Any]


class Day(NamedTuple):
    """A calendar date as three whole numbers."""

    year: Term
    month: Term
    day: Term


def length_of_month(year: Term, month: Term) -> Term:
    """Return how many days a month has."""
    leap = z3.And(year % 4 == 0, z3.Or(year % 100 != 0, year % 400 == 0))
    short = z3.Or(month == 4, month == 6, month == 9, month == 11)  # noqa: PLR2004 - the calendar
    return z3.If(month == 2, z3.If(leap, 29, 28), z3.If(short, 30, 31))  # noqa: PLR2004 - likewise


def earlier(one: Day, other: Day) -> Term:
    """Return whether one day is before another."""
    return z3.Or(
        one.year < other.year,
        z3.And(
            one.year == other.year,
            z3.Or(one.month < other.month, z3.And(one.month == other.month, one.day < other.day)),
        ),
    )


def same_day(one: Day, other: Day) -> Term:
    """Return whether two days are one."""
    return z3.And(*(a == b for a, b in zip(one, other, strict=True)))


def months_earlier(day: Day, months: Term) -> tuple[Term, Day]:
    """Return whether there is a day this many months earlier, and which."""
    total = day.year * _MONTHS + (day.month - 1) - months
    year, month = total / _MONTHS, total % _MONTHS + 1
    length = length_of_month(year, month)
    return year >= 1, Day(year, month, z3.If(day.day < length, day.day, length))


@attrs.frozen(eq=False)
class Single:
    """A single-valued fact as variables; for a nested record, its presence."""

    path: str
    fact: v.Fact
    known: Term
    none: Term
    term: Any
    texts: list[str]

    @property
    def there(self) -> Term:
        """Whether the fact has a value."""
        return t.both(self.known, t.no(self.none))

    def variables(self) -> tuple[Term, ...]:
        """Return the variables that make up the fact."""
        terms = self.term if isinstance(self.term, Day) else (self.term,)
        every = (self.known, self.none, *terms)
        return tuple(each for each in every if each is not None and t.is_variable(each))

    def read(self, model: z3.ModelRef, wanted: set[str]) -> Any:  # noqa: ANN401, ARG002 - any fact's value; as others are read
        """Return the value in a model."""
        if not value_in(model, self.known):
            return UNKNOWN
        if value_in(model, self.none):
            return None
        if self.term is None:
            return {}
        if isinstance(self.term, Day):
            return dt.date(*(value_in(model, each) for each in self.term))
        value = value_in(model, self.term)
        match self.fact.type:
            case v.Choice(values=values):
                return values[value]
            case v.Text():
                return self.texts[value] if value < len(self.texts) else f"text {value}"
            case v.Number(whole=False) | v.Money():
                return Decimal(value.numerator) / Decimal(value.denominator)
            case _:
                return value


@attrs.frozen(eq=False)
class Several:
    """A list or set as variables: one per position or member, and closedness."""

    path: str
    fact: v.Fact
    of: Mapping[str, Term]
    more: Term
    records: Mapping[str, SymbolicRecord]

    @property
    def places(self) -> Iterator[tuple[Term, SymbolicRecord]]:
        """The presence of each position of a list, with its record."""
        return ((self.of[place], record) for place, record in self.records.items())

    def variables(self) -> tuple[Term, ...]:
        """Return the variables that make up the fact itself."""
        return tuple(each for each in (*self.of.values(), self.more) if t.is_variable(each))

    def read(self, model: z3.ModelRef, wanted: set[str]) -> Any:  # noqa: ANN401 - a list, a set or UNKNOWN
        """Return what is in it in a model; of records, the facts whose variables are wanted."""
        inside: list[Any] = [name for name, each in self.of.items() if value_in(model, each)]
        if self.records:
            inside = [self.records[each].read(model, wanted) for each in inside]
        if value_in(model, self.more):
            if not inside:
                return UNKNOWN
            inside.append(UNKNOWN)
        return inside if self.records else frozenset(inside)


Held: TypeAlias = Single | Several


@attrs.define(eq=False)
class SymbolicSubject:
    """
    A symbolic subject: all its facts as variables.

    Attributes:
        complete: whether every fact is known.
        bound: the longest list.
        texts: the texts that rules compare with; each stands for its place.
        tag: what the variables' names end in, to tell copies apart.
        laws: what holds of each variable, by its name.
        by_name: the variables.
        nearby: what makes dates ones that people know, for examples, by the name of the year.
    """

    cls: type
    complete: bool
    bound: int
    texts: list[str]
    tag: str = ""
    laws: dict[str, list[Term]] = attrs.field(factory=dict)
    by_name: dict[str, Term] = attrs.field(factory=dict)
    nearby: dict[str, Term] = attrs.field(factory=dict)
    top: SymbolicRecord = attrs.field(init=False)
    as_of: Single = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.top = SymbolicRecord(self, self.cls, "")
        self.as_of = self.single(v.AS_OF, v.AS_OF.name, None)
        year = self.as_of.term.year
        first, last = YEARS_OF_ASSESSMENT
        self.law([year], t.both(year >= first, year <= last))

    def yes_no(self, name: str) -> Term:
        """Make a variable that is yes or no."""
        return self._made(z3.Bool, name + self.tag)

    def _made(self, make: Callable[..., Term], name: str) -> Term:
        variable = self.by_name[name] = t.variable(make, name)
        return variable

    def law(self, variables: Iterable[Term], *laws: Term) -> None:
        """Add an axiom that holds whenever one of these variables is used."""
        wanted = [each for each in laws if not t.is_true(each)]
        for variable in variables:
            self.laws.setdefault(t.variable_name(variable), []).extend(wanted)

    def single(self, fact: v.Fact, path: str, parent: Single | None) -> Single:
        """Make a fact with one value, in a record of which the state is given."""
        known = t.true() if self.complete else self.yes_no(f"{path} known")
        may_be_none = fact is not v.AS_OF and not isinstance(fact.type, v.YesNo)
        none = self.yes_no(f"{path} none") if may_be_none else t.false()
        term, range_ = self._term(fact.type, path)
        single = Single(path, fact, known, none, term, self.texts)
        laws = [range_, t.implied(none, known)]
        if self.complete and v.is_past(fact.type):
            # What is said to be done on a day ahead is not known, and here all is.
            laws.append(t.either(none, t.no(earlier(self.as_of.term, term))))
        if parent is not None:
            gone = none if may_be_none else t.no(term)
            laws.append(t.implied(parent.none, t.both(known, gone)))
            laws.append(t.implied(t.no(parent.known), t.no(known)))
        self.law(single.variables(), *laws)
        return single

    def _term(self, fact_type: v.FactType, path: str) -> tuple[Any, Term]:
        """Return a fact's variable, None for a record, and the law of its range."""
        make: Callable[..., Term] = z3.Int
        most: Any = None
        match fact_type:
            case v.YesNo():
                return self.yes_no(path), t.true()
            case v.Date():
                return self._day(path + self.tag)
            case v.Record():
                return None, t.true()
            case v.Choice() | v.Text():
                pass
            case v.Number(whole=whole, most=limit):
                make = z3.Int if whole else z3.Real
                most = MOST if limit is None else limit
            case v.Money():
                make, most = z3.Real, MOST
            case v.Months():
                most = MOST_MONTHS
            case v.Choices() | v.Records():
                raise AssertionError(f"`{path}` is no single value")
            case _:
                assert_never(fact_type)
        made = self._made(make, path + self.tag)
        least = made >= 0
        if isinstance(fact_type, v.Choice):
            return made, t.both(least, made < len(fact_type.values))
        if not isinstance(fact_type, v.Money):
            most = None if most is None else t.exact(most)
        return made, least if most is None else t.both(least, made <= most)

    def _day(self, name: str) -> tuple[Day, Term]:
        day = Day(*(self._made(z3.Int, f"{name} {part}") for part in PARTS))
        year, month, number = day
        first, last = _NEARBY_YEARS
        self.nearby[t.variable_name(year)] = t.both(year >= first, year <= last)
        in_year = (year >= 1, year <= _LAST_YEAR, month >= 1, month <= _MONTHS)
        return day, t.both(*in_year, number >= 1, number <= length_of_month(year, month))

    def named(self, names: Iterable[str]) -> dict[str, Term]:
        """Return the variables of these names, in the order of the names."""
        return {name: self.by_name[name] for name in sorted(names)}

    def fixed(self, model: z3.ModelRef, names: Iterable[str]) -> list[Term]:
        """Return the equations that fix variables to their values in a model."""
        named = self.named(names).values()
        return [each == model.eval(each, model_completion=True) for each in named]

    def near(self, names: Iterable[str]) -> list[Term]:
        """Return the preference for dates that people write."""
        return [self.nearby[name] for name in sorted(names) if name in self.nearby]

    def laws_of(self, names: Iterable[str]) -> tuple[set[str], list[Term]]:
        """Return all variables these depend on, and their axioms."""
        seen: set[str] = set()
        found: dict[int, Term] = {}
        # In order, so that z3 is asked the same whatever the hash seed, and answers the same.
        waiting = sorted(each for each in names if each in self.by_name)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for law in self.laws.get(name, ()):
                if law.get_id() not in found:
                    found[law.get_id()] = law
                    waiting += sorted(t.names_in(law))
        return seen, list(found.values())


@attrs.define(eq=False)
class SymbolicRecord:
    """
    A symbolic record, whose facts are created on first read.

    Attributes:
        space: all the facts of the subject.
        cls: its attrs class.
        prefix: what the paths of its facts begin with.
        held: its facts and those of the records inside it, by dotted path, each after the record.
    """

    space: SymbolicSubject
    cls: type
    prefix: str
    held: dict[str, Held] = attrs.field(factory=dict)

    def find(self, path: str) -> Held:
        """Return a fact by its dotted path."""
        if path not in self.held:
            self.held[path] = self._make(path)
        return self.held[path]

    def _make(self, name: str) -> Held:
        space, path = self.space, self.prefix + name
        fact, parts = v.vocabulary_of(self.cls).facts[name], parts_of(name)
        parent = self.find(parts[-1]) if parts else None
        assert parent is None or isinstance(parent, Single)  # noqa: S101 - it is a record
        records: dict[str, SymbolicRecord] = {}
        match fact.type:
            case v.Choices(values):
                names = {value: f"{path} {value}" for value in values}
            case v.Records(cls):
                places = [f"{path}[{each}]" for each in range(space.bound)]
                names = {place: f"{place} there" for place in places}
                records = {place: SymbolicRecord(space, cls, f"{place}.") for place in places}
            case _:
                return space.single(fact, path, parent)
        of = {each: space.yes_no(name) for each, name in names.items()}
        more = t.false() if space.complete else space.yes_no(f"{path} more")
        several, inside = Several(path, fact, of, more, records), [*of.values()]
        if records:
            chain = [t.implied(later, sooner) for sooner, later in itertools.pairwise(inside)]
            space.law(several.variables(), *chain, *_gone(parent, inside[:1], more))
            return several
        for each in inside:
            space.law([each], *_gone(parent, [each], more))
        if t.is_variable(more):
            all_in = t.implied(t.both(*inside), t.no(more))
            space.law([more], all_in, *_gone(parent, [], more))
        return several

    def read(self, model: z3.ModelRef, wanted: set[str]) -> Tree:
        """Return the facts of a model whose variables are wanted, as plain data."""
        tree: Tree = {}
        for path, held in self.held.items():
            if wanted.isdisjoint(map(t.variable_name, held.variables())):
                continue
            value = held.read(model, wanted)
            if value is UNKNOWN:
                continue
            *heads, name = path.split(".")
            within: Any = tree
            for head in heads:
                within = within.get(head) if isinstance(within, dict) else None
            if isinstance(within, dict):
                within[name] = value
        return tree


def _gone(parent: Single | None, inside: Iterable[Term], more: Term) -> list[Term]:
    """Return the laws of a collection in a record that may be none or unknown."""
    if parent is None:
        return []
    empty = t.both(*map(t.no, inside))
    gone = t.implied(parent.none, t.both(empty, t.no(more)))
    return [gone, t.implied(t.no(parent.known), t.both(empty, more))]


def constant(value: Any, fact_type: v.FactType, texts: list[str]) -> Any:  # noqa: ANN401 - any fact's value
    """Return a value's term; for None, an arbitrary one in range."""
    match fact_type:
        case v.YesNo():
            return t.truth(bool(value))
        case v.Choice(values=values):
            return t.exact(0 if value is None else values.index(str(value)))
        case v.Text() if value is not None:
            if value not in texts:
                texts.append(value)
            return t.exact(texts.index(value))
        case v.Text() | v.Number() | v.Money() | v.Months():
            return t.exact(value or 0)
        case v.Date():
            return day_of(value or _SOME_DAY)
        case v.Choices() | v.Record() | v.Records():
            raise AssertionError("it is no single value")
        case _:
            assert_never(fact_type)


def day_of(date: dt.date) -> Day:
    """Return a date as a symbolic day."""
    return Day(*(t.exact(each) for each in (date.year, date.month, date.day)))


def value_in(model: z3.ModelRef, term: Term) -> Any:  # noqa: ANN401 - of the sort of the term
    """Return the value of a term in a model: a yes or no, a whole number or a fraction."""
    value = model.eval(term, model_completion=True)
    if z3.is_bool(value):
        return z3.is_true(value)
    return value.as_long() if z3.is_int(value) else value.as_fraction()
