"""
Facts as z3 variables: each with what is known of it, and the laws that hold of every subject.

A fact is made when a condition first reads it, so that a proof has only the facts it is about.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias, assert_never

import attrs
import z3

from govrules.facts import absent
from govrules.prove.terms import (
    Term,
    both,
    exact,
    false,
    implied,
    is_true,
    is_variable,
    names_in,
    no,
    real_number,
    true,
    truth,
    whole_number,
    yes_or_no,
)
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    AS_OF,
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

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

#: A subject as plain data: a fact that is missing is unknown, None is known to be absent.
Tree: TypeAlias = dict[str, Any]


@attrs.frozen(eq=False)
class Day:
    """A calendar date as three whole numbers."""

    year: Term
    month: Term
    day: Term

    def parts(self) -> tuple[Term, Term, Term]:
        """Return year, month and day."""
        return self.year, self.month, self.day


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
    return z3.And(*(a == b for a, b in zip(one.parts(), other.parts(), strict=True)))


def months_earlier(day: Day, months: Term) -> tuple[Term, Day]:
    """Return whether there is a day this many months earlier, and which."""
    total = day.year * _MONTHS + (day.month - 1) - months
    year, month = total / _MONTHS, total % _MONTHS + 1
    length = length_of_month(year, month)
    return year >= 1, Day(year, month, z3.If(day.day < length, day.day, length))


@attrs.frozen(eq=False)
class Value:
    """
    A single value: unknown, none, or its term.

    Attributes:
        unknown: whether nobody recorded it.
        none: whether it is known to be absent; never where it is unknown.
        term: a Bool, a number, a Day, or None for a record.
    """

    unknown: Term
    none: Term
    term: Term | Day | None = None


@attrs.frozen(eq=False)
class Single:
    """A fact with one value, as variables; a record with only its state is one too."""

    path: str
    fact: Fact
    known: Term
    none: Term
    term: Term | Day | None
    texts: list[str]

    @property
    def value(self) -> Value:
        """The value as conditions see it."""
        return Value(no(self.known), self.none, self.term)

    def variables(self) -> tuple[Term, ...]:
        """Return the variables that make up the fact."""
        terms = self.term.parts() if isinstance(self.term, Day) else (self.term,)
        every = (self.known, self.none, *terms)
        return tuple(each for each in every if each is not None and is_variable(each))

    def pinned(self, value: Any) -> Iterator[tuple[Term, Term]]:  # noqa: ANN401 - any fact's value
        """Yield each variable with the constant that makes the fact this value."""
        if is_variable(self.known):
            yield self.known, truth(value is not UNKNOWN)
        if is_variable(self.none):
            yield self.none, truth(value is None)
        there = None if value is UNKNOWN or value is None else value
        if self.term is None or isinstance(self.fact.type, Record):
            return
        if isinstance(self.term, Day):
            day = there or _SOME_DAY
            yield self.term.year, exact(day.year)
            yield self.term.month, exact(day.month)
            yield self.term.day, exact(day.day)
            return
        yield self.term, constant(there, self.fact.type, self.texts, self.term.sort())

    def read(self, model: z3.ModelRef) -> Any:  # noqa: ANN401 - any fact's value
        """Return the value in a model."""
        if not holds(model, self.known):
            return UNKNOWN
        if holds(model, self.none):
            return None
        if self.term is None:
            return {}
        if isinstance(self.term, Day):
            return dt.date(*(number_in(model, each) for each in self.term.parts()))
        match self.fact.type:
            case YesNo():
                return holds(model, self.term)
            case Choice(values=values):
                return values[number_in(model, self.term)]
            case Text():
                code = number_in(model, self.term)
                return self.texts[code] if code < len(self.texts) else f"text {code}"
            case Number(whole=False) | Money():
                return decimal(fraction_in(model, self.term))
            case Number() | Months():
                return number_in(model, self.term)
            case _:
                msg = f"`{self.path}` is no single value"
                raise AssertionError(msg)


@attrs.frozen(eq=False)
class Members:
    """A set of choices: a variable a member, and whether there may be more."""

    path: str
    fact: Fact
    of: Mapping[str, Term]
    more: Term

    def variables(self) -> tuple[Term, ...]:
        """Return the variables that make up the fact."""
        return tuple(each for each in (*self.of.values(), self.more) if is_variable(each))

    def pinned(self, value: Any) -> Iterator[tuple[Term, Term]]:  # noqa: ANN401 - a set or UNKNOWN
        """Yield each variable with the constant that makes the fact this value."""
        members = frozenset() if value is UNKNOWN or value is None else value
        for name, variable in self.of.items():
            yield variable, truth(name in members)
        if is_variable(self.more):
            yield self.more, truth(value is UNKNOWN or UNKNOWN in members)

    def read(self, model: z3.ModelRef) -> Any:  # noqa: ANN401 - a set or UNKNOWN
        """Return the set in a model."""
        found: set[Any] = {name for name, each in self.of.items() if holds(model, each)}
        if holds(model, self.more):
            return frozenset({*found, UNKNOWN}) if found else UNKNOWN
        return frozenset(found)


@attrs.frozen(eq=False)
class Listed:
    """A list of records: which places are taken, and whether there may be more."""

    path: str
    fact: Fact
    there: tuple[Term, ...]
    records: tuple[SymbolicRecord, ...]
    more: Term

    def variables(self) -> tuple[Term, ...]:
        """Return the variables that make up the fact itself."""
        return tuple(each for each in (*self.there, self.more) if is_variable(each))


@attrs.frozen(eq=False)
class Nested:
    """A record inside a record: its state, and its facts."""

    state: Single
    inner: SymbolicRecord


Held: TypeAlias = Single | Members | Listed | Nested


@attrs.define(eq=False)
class Space:
    """
    All the facts of one subject, as variables.

    Attributes:
        complete: whether every fact is known.
        bound: the longest list.
        texts: the texts that rules compare with; each stands for its place.
        local: the rulebook's local facts.
        tested: paths of records that a rule tests as such.
        tag: what the variables' names end in, to tell copies apart.
        laws: what holds of each variable, by its name.
        arranged: the names of the variables that governance can change.
        by_name: the variables.
        dates: what makes dates ones that people know, for examples.
    """

    cls: type
    complete: bool
    bound: int
    texts: list[str]
    local: Mapping[str, Fact]
    tested: frozenset[str]
    tag: str = ""
    laws: dict[str, list[Term]] = attrs.field(factory=dict)
    arranged: set[str] = attrs.field(factory=set)
    by_name: dict[str, Term] = attrs.field(factory=dict)
    nearby: dict[str, Term] = attrs.field(factory=dict)
    top: SymbolicRecord = attrs.field(init=False)
    as_of: Single = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.top = SymbolicRecord(self, self.cls, "", None, arranged=False)
        self.as_of = self.single(AS_OF, AS_OF.name, None, arranged=False, may_be_none=False)
        if isinstance(self.as_of.term, Day):
            year = self.as_of.term.year
            first, last = YEARS_OF_ASSESSMENT
            self.law([year], both(year >= first, year <= last))

    def yes_no(self, name: str, *, arranged: bool) -> Term:
        """Make a variable that is yes or no."""
        return self._made(yes_or_no(name + self.tag), arranged=arranged)

    def _made(self, variable: Term, *, arranged: bool) -> Term:
        name = str(variable.decl().name())
        self.by_name[name] = variable
        if arranged:
            self.arranged.add(name)
        return variable

    def law(self, variables: Iterable[Term], *laws: Term) -> None:
        """Note what holds whenever one of these variables is read."""
        wanted = [each for each in laws if not is_true(each)]
        for variable in variables:
            self.laws.setdefault(str(variable.decl().name()), []).extend(wanted)

    def single(
        self,
        fact: Fact,
        path: str,
        parent: Nested | None,
        *,
        arranged: bool,
        may_be_none: bool = True,
    ) -> Single:
        """Make a fact with one value."""
        known = true() if self.complete else self.yes_no(f"{path} known", arranged=arranged)
        may_be_none = may_be_none and not isinstance(fact.type, YesNo)
        none = self.yes_no(f"{path} none", arranged=arranged) if may_be_none else false()
        term, range_ = self._term(fact.type, path, arranged=arranged)
        single = Single(path, fact, known, none, term, self.texts)
        laws = [range_, implied(none, known)]
        if parent is not None:
            gone = none if may_be_none else no(term)
            laws += [
                implied(parent.state.none, both(known, gone)),
                implied(no(parent.state.known), no(known)),
            ]
        self.law(single.variables(), *laws)
        return single

    def _term(self, fact_type: FactType, path: str, *, arranged: bool) -> tuple[Any, Term]:
        name = path + self.tag
        made: Term
        match fact_type:
            case YesNo():
                return self._made(yes_or_no(name), arranged=arranged), true()
            case Choice(values=values):
                made = self._made(whole_number(name), arranged=arranged)
                return made, both(made >= 0, made < len(values))
            case Text():
                made = self._made(whole_number(name), arranged=arranged)
                return made, made >= 0
            case Number(whole=whole, most=most):
                made = self._made((whole_number if whole else real_number)(name), arranged=arranged)
                return made, both(made >= 0, made <= exact(MOST if most is None else most))
            case Money():
                made = self._made(real_number(name), arranged=arranged)
                return made, both(made >= 0, made <= MOST)
            case Months():
                made = self._made(whole_number(name), arranged=arranged)
                return made, both(made >= 0, made <= MOST_MONTHS)
            case Date():
                return self._day(name, arranged=arranged)
            case Record():
                return None, true()
            case Choices() | Records():
                msg = f"`{path}` is no single value"
                raise AssertionError(msg)
            case _:
                assert_never(fact_type)

    def _day(self, name: str, *, arranged: bool) -> tuple[Day, Term]:
        parts = [
            self._made(whole_number(f"{name} {part}"), arranged=arranged)
            for part in ("year", "month", "day")
        ]
        day = Day(*parts)
        first, last = _NEARBY_YEARS
        self.nearby[str(parts[0].decl().name())] = both(parts[0] >= first, parts[0] <= last)
        return day, both(
            day.year >= 1,
            day.year <= _LAST_YEAR,
            day.month >= 1,
            day.month <= _MONTHS,
            day.day >= 1,
            day.day <= length_of_month(day.year, day.month),
        )

    def near(self, names: Iterable[str]) -> list[Term]:
        """Return that dates among these variables are ones that people write."""
        return [self.nearby[each] for each in sorted(names) if each in self.nearby]

    def laws_of(self, names: Iterable[str]) -> tuple[set[str], list[Term]]:
        """Return every variable that these depend on, themselves among them, and their laws."""
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
                    waiting += sorted(names_in(law))
        return seen, list(found.values())


class SymbolicRecord:
    """One record of a subject, whose facts are made when they are first read."""

    def __init__(
        self, space: Space, cls: type, prefix: str, parent: Nested | None, *, arranged: bool
    ) -> None:
        self.space = space
        self.cls = cls
        self.prefix = prefix
        self.parent = parent
        self.arranged = arranged
        self.held: dict[str, Held] = {}

    def find(self, path: str) -> Held:
        """Return a fact by its dotted path."""
        if path.startswith("local."):
            return self.field(path, self.space.local[path.removeprefix("local.")])
        record = self
        names = path.split(".")
        for name in names[:-1]:
            inner = record.field(name)
            assert isinstance(inner, Nested)  # noqa: S101 - settled when the rule was checked
            record = inner.inner
        return record.field(names[-1])

    def field(self, name: str, local: Fact | None = None) -> Held:
        """Return a fact of this record, made if it was not read before."""
        if name not in self.held:
            self.held[name] = self._make(name, local or vocabulary_of(self.cls).fields[name])
        return self.held[name]

    def _make(self, name: str, fact: Fact) -> Held:
        path = self.prefix + name
        arranged = self.arranged or fact.kind is Kind.ARRANGEMENT
        match fact.type:
            case Record(cls):
                # Where arrangements stand in a circumstance, adopting one puts the record there.
                mixed = path not in self.space.tested and _has_arrangements(cls)
                state = self.space.single(fact, path, self.parent, arranged=arranged or mixed)
                inner = SymbolicRecord(self.space, cls, f"{path}.", None, arranged=arranged)
                nested = Nested(state, inner)
                inner.parent = nested
                return nested
            case Choices(values):
                return self._members(fact, path, values, arranged=arranged)
            case Records(cls):
                return self._listed(fact, path, cls, arranged=arranged)
            case _:
                return self.space.single(fact, path, self.parent, arranged=arranged)

    def _members(
        self, fact: Fact, path: str, values: tuple[str, ...], *, arranged: bool
    ) -> Members:
        space = self.space
        of = {each: space.yes_no(f"{path} {each}", arranged=arranged) for each in values}
        more = false() if space.complete else space.yes_no(f"{path} more", arranged=arranged)
        members = Members(path, fact, of, more)
        for each in of.values():
            space.law([each], *self._gone([each], more))
        if is_variable(more):
            space.law([more], implied(both(*of.values()), no(more)), *self._gone([], more))
        return members

    def _listed(self, fact: Fact, path: str, cls: type, *, arranged: bool) -> Listed:
        space = self.space
        bound = range(space.bound)
        there = tuple(space.yes_no(f"{path}[{each}] there", arranged=arranged) for each in bound)
        more = false() if space.complete else space.yes_no(f"{path} more", arranged=arranged)
        records = tuple(
            SymbolicRecord(space, cls, f"{path}[{each}].", None, arranged=arranged)
            for each in bound
        )
        listed = Listed(path, fact, there, records, more)
        chain = [implied(later, sooner) for sooner, later in itertools.pairwise(there)]
        space.law(listed.variables(), *chain, *self._gone(there[:1], more))
        return listed

    def _gone(self, inside: Iterable[Term], more: Term) -> list[Term]:
        """Return the laws of a list or set in a record that may be none or unknown."""
        if self.parent is None:
            return []
        state = self.parent.state
        empty = both(*(no(each) for each in inside))
        laws = [implied(state.none, both(empty, no(more)))]
        return [*laws, implied(no(state.known), both(empty, more))]

    def pinned(self, record: Any) -> Iterator[tuple[Term, Term]]:  # noqa: ANN401 - an attrs object
        """Yield each variable with the constant that it has for a subject."""
        for name, held in self.held.items():
            if name.startswith("local."):
                value = _local(record, name.removeprefix("local."))
            else:
                value = record if record is UNKNOWN or record is None else getattr(record, name)
            if isinstance(held, Nested):
                yield from held.state.pinned(value)
                yield from held.inner.pinned(value)
                continue
            if value is None:
                value = absent(held.fact)
            if isinstance(held, Listed):
                yield from _pinned_list(held, value)
            else:
                yield from held.pinned(value)

    def read(self, model: z3.ModelRef, wanted: set[str]) -> Tree:
        """Return the facts of a model whose variables are wanted, as plain data."""
        tree: Tree = {}
        for name, held in self.held.items():
            value: Any = UNKNOWN
            if isinstance(held, Nested):
                if _named(held.state.variables()) & wanted or not held.state.variables():
                    value = held.state.read(model)
                    if value is not UNKNOWN and value is not None:
                        value = held.inner.read(model, wanted)
            elif not _named(held.variables()) & wanted:
                continue
            elif isinstance(held, Listed):
                value = _read_list(held, model, wanted)
            else:
                value = held.read(model)
            if value is UNKNOWN:
                continue
            if name.startswith("local."):
                tree.setdefault("local", {})[name.removeprefix("local.")] = value
            else:
                tree[name] = value
        return tree


def _local(record: Any, name: str) -> Any:  # noqa: ANN401 - any fact's value
    if record is UNKNOWN or record is None:
        return UNKNOWN
    return record.local.get(name, UNKNOWN)


def _pinned_list(held: Listed, value: Any) -> Iterator[tuple[Term, Term]]:  # noqa: ANN401 - a tuple
    known = [] if value is UNKNOWN else [each for each in value if each is not UNKNOWN]
    for index, (there, record) in enumerate(zip(held.there, held.records, strict=True)):
        yield there, truth(index < len(known))
        yield from record.pinned(known[index] if index < len(known) else UNKNOWN)
    if is_variable(held.more):
        yield held.more, truth(value is UNKNOWN or UNKNOWN in value)


def _read_list(held: Listed, model: z3.ModelRef, wanted: set[str]) -> Any:  # noqa: ANN401 - a list
    found: list[Any] = [
        record.read(model, wanted)
        for there, record in zip(held.there, held.records, strict=True)
        if holds(model, there)
    ]
    if holds(model, held.more):
        return [*found, UNKNOWN] if found else UNKNOWN
    return found


def _has_arrangements(cls: type) -> bool:
    return any(fact.kind is Kind.ARRANGEMENT for _, fact in vocabulary_of(cls).walk())


def _named(variables: Iterable[Term]) -> set[str]:
    return {str(each.decl().name()) for each in variables}


def constant(value: Any, fact_type: FactType, texts: list[str], sort: Any = None) -> Term:  # noqa: ANN401 - any fact's value
    """Return the term of a value; of None, any that is in range."""
    match fact_type:
        case YesNo():
            return truth(bool(value))
        case Choice(values=values):
            return exact(0 if value is None else values.index(str(value)))
        case Text():
            if value is None:
                return exact(0)
            if value not in texts:
                texts.append(value)
            return exact(texts.index(value))
        case Number() | Money() | Months():
            number = exact(value or 0)
            return (
                z3.ToReal(number)
                if sort is not None and sort.kind() == z3.Z3_REAL_SORT and z3.is_int(number)
                else number
            )
        case Date():
            return day_of(value)
        case Choices() | Record() | Records():
            msg = "it is no single value"
            raise AssertionError(msg)
        case _:
            assert_never(fact_type)


def day_of(date: dt.date) -> Day:
    """Return a date as a day of numbers."""
    return Day(*(exact(each) for each in (date.year, date.month, date.day)))


def decimal(fraction: Fraction) -> Decimal:
    """Return a fraction as the decimal number that it is."""
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def holds(model: z3.ModelRef, term: Term) -> bool:
    """Tell whether a yes or no is yes in a model."""
    return bool(z3.is_true(model.eval(term, model_completion=True)))


def number_in(model: z3.ModelRef, term: Term) -> int:
    """Return a whole number of a model."""
    return int(model.eval(term, model_completion=True).as_long())


def fraction_in(model: z3.ModelRef, term: Term) -> Fraction:
    """Return a number of a model, exactly."""
    value = model.eval(term, model_completion=True)
    return Fraction(str(value.as_fraction()))
