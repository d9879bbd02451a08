"""
Hypothesis strategies over any vocabulary and any rulebook.

Subjects are partial, as real ones are: each fact is known, none or unknown. Conditions are such
as the rule checker accepts, so that what is generated can be written to a rule file and read back.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar, assert_never

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from govrules.engines.reference import COUNTED, PER_CENT, months_before
from govrules.facts import said
from govrules.model import Partnership, Register
from govrules.rulebook.ast import (
    All,
    AnyOf,
    Between,
    By,
    Citation,
    Compare,
    Condition,
    Count,
    Derived,
    Document,
    Exemption,
    FactRef,
    FactSource,
    Grade,
    Includes,
    Known,
    Literal,
    Mitigation,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    ParameterValue,
    Plain,
    Predicate,
    Quantified,
    Quantity,
    Remedy,
    Row,
    Rule,
    Rulebook,
    SetOp,
    Severity,
    Share,
    Sum,
    Test,
)
from govrules.rulebook.conditions import closed_values, comparable
from govrules.rulebook.walk import nodes, operands, rule_conditions
from govrules.truth import UNKNOWN, Unknown
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
    Scalar,
    Text,
    YesNo,
    vocabulary_of,
)

T = TypeVar("T")

#: The longest list of records that is generated.
MOST_RECORDS: Final = 3
#: How many records a list of which there may be more turns out to have beyond those known.
MOST_MORE: Final = 2
#: Around these days dates are generated where no boundary is given.
_DAYS: Final = (dt.date(2024, 2, 29), dt.date(2025, 3, 31), dt.date(2026, 1, 1))
_WORDS: Final = ("one", "two", "three")
_ORDERED: Final = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
_AGES: Final = (Op.OLDER_THAN, Op.NEWER_THAN)


# ── Subjects ──────────────────────────────────────────────────────────────────────────────────


def boundaries(rulebook: Rulebook, as_of: dt.date | Unknown = UNKNOWN) -> tuple[Plain, ...]:
    """
    Return the values at which the tests of a rulebook turn; an age turns on a day.

    Values of numbers and dates are drawn from these and from their neighbours.
    """
    roots = [each for rule in rulebook.rules for each in rule_conditions(rule)]
    roots += [row.when for derived in rulebook.derived.values() for row in derived.rows]
    found: dict[Plain, None] = {}
    for node in (each for root in roots for each in nodes(root)):
        if not isinstance(node, Test | Count | Sum | Share):
            continue
        values = [each for one in operands(node.predicate) for each in _constants(one)]
        if isinstance(node.predicate, Compare) and node.predicate.op in _AGES:
            days = [months_before(as_of, each) for each in values] if as_of is not UNKNOWN else []
            values = [*days, *([as_of] if as_of is not UNKNOWN else [])]
        found.update(dict.fromkeys(values))
    return tuple(found)


def _constants(operand: Operand) -> list[Any]:
    match operand:
        case Literal(value) | Parameter(value=value):
            return [value]
        case By(cases=cases):
            return [value for _, each in cases for value in _constants(each)]
        case FactRef():
            return []
        case _:
            assert_never(operand)


def partnerships(
    rulebook: Rulebook | None = None,
    *,
    near: Iterable[Plain] = (),
    complete: bool = False,
) -> SearchStrategy[Partnership]:
    """
    Generate partnerships, partial unless `complete`.

    Args:
        rulebook: its local facts are generated too.

        near: the values that numbers, dates and texts are to be near; see `boundaries`.

        complete: whether every fact is known.
    """
    return records(Partnership, rulebook, near=near, complete=complete)


def registers(
    rulebook: Rulebook | None = None,
    *,
    near: Iterable[Plain] = (),
    complete: bool = False,
) -> SearchStrategy[Register]:
    """Generate registers of a few partnerships; see `partnerships` for the arguments."""
    return records(Register, rulebook, near=near, complete=complete)


def records(
    cls: type[T],
    rulebook: Rulebook | None = None,
    *,
    near: Iterable[Plain] = (),
    complete: bool = False,
) -> SearchStrategy[T]:
    """Generate records of any attrs class that is a vocabulary; see `partnerships`."""
    local = {} if rulebook is None else rulebook.local
    return _Values(tuple(near), local, complete=complete).record(cls)


def completions(
    of: T, rulebook: Rulebook | None = None, *, near: Iterable[Plain] = ()
) -> SearchStrategy[T]:
    """
    Generate complete records that a partial one could turn out to be.

    Every unknown fact is given a value, and what there may be more of is given none to two more.
    """
    local = {} if rulebook is None else rulebook.local
    return _Values(tuple(near), local, complete=True).completion(of)


class _Values:
    """Values of facts, by their types."""

    def __init__(
        self, near: tuple[Plain, ...], local: Mapping[str, Fact], *, complete: bool
    ) -> None:
        self.near = near
        self.local = local
        self.complete = complete
        self._made: dict[type, SearchStrategy[Any]] = {}

    def record(self, cls: type) -> SearchStrategy[Any]:
        """Return records of a class."""
        if cls not in self._made:
            parts = {name: self.fact(fact.type) for name, fact in vocabulary_of(cls).fields.items()}
            if "local" in vocabulary_of(cls).about and self.local:
                parts["local"] = self._locals({})
            self._made[cls] = st.builds(cls, **parts)
        return self._made[cls]

    def _locals(self, known: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
        each = {name: self.fact(fact.type) for name, fact in self.local.items()}
        return st.fixed_dictionaries(each).map(
            lambda drawn: {
                **{name: value for name, value in drawn.items() if value is not UNKNOWN},
                **known,
            }
        )

    def fact(self, fact_type: FactType) -> SearchStrategy[Any]:
        """Return the states that a fact of a type can be in."""
        value = self._value(fact_type)
        if self.complete:
            return st.one_of(value, value, st.none())
        return st.one_of(value, st.just(UNKNOWN), st.none())

    def _value(self, fact_type: FactType) -> SearchStrategy[Any]:
        match fact_type:
            case Record(cls):
                return self.record(cls)
            case Records(cls):
                return self._ends(st.lists(self.record(cls), max_size=MOST_RECORDS).map(tuple))
            case Choices(values):
                return self._ends(st.sets(st.sampled_from(values)).map(frozenset))
            case _:
                return self._single(fact_type)

    def _ends(self, found: SearchStrategy[Any]) -> SearchStrategy[Any]:
        """Return lists or sets that are closed, or where there may be more."""
        if self.complete:
            return found
        return st.one_of(found, found.map(_left_open))

    def _single(self, fact_type: Scalar) -> SearchStrategy[Any]:
        match fact_type:
            case YesNo():
                return st.booleans()
            case Choice(values):
                return st.sampled_from(values)
            case Text():
                texts = tuple(each for each in self.near if isinstance(each, str))
                return st.sampled_from((*texts, *_WORDS))
            case Date():
                return self._dates()
            case Months():
                return self._numbers(whole=True, most=Decimal(60))
            case Money():
                return self._numbers(whole=False, most=Decimal(10**7))
            case Number(whole=whole, most=most):
                return self._numbers(whole=whole, most=Decimal(100) if most is None else most)
            case _:
                assert_never(fact_type)

    def _dates(self) -> SearchStrategy[dt.date]:
        days = tuple(each for each in self.near if isinstance(each, dt.date)) or _DAYS
        near = st.builds(_days_later, st.sampled_from(days), st.integers(-1, 1))
        return st.one_of(near, near, st.dates(dt.date(2000, 1, 1), dt.date(2040, 12, 31)))

    def _numbers(self, *, whole: bool, most: Decimal) -> SearchStrategy[int | Decimal]:
        found = [
            Decimal(each)
            for each in self.near
            if isinstance(each, int | Decimal) and not isinstance(each, bool)
        ]
        steps = {each + step for each in found for step in (-1, 0, 1)} | {Decimal(0), Decimal(1)}
        edges = sorted(each for each in steps if 0 <= each <= most)
        if whole:
            near = st.sampled_from([int(each) for each in edges])
            return st.one_of(near, near, st.integers(0, int(most)))
        exact = st.sampled_from(edges)
        return st.one_of(exact, exact, st.decimals(0, most, places=2))

    def completion(self, of: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - any attrs object
        """Return what a partial record could turn out to be."""
        cls: type = type(of)
        parts = {
            name: self._completed(getattr(of, name), fact.type)
            for name, fact in vocabulary_of(cls).fields.items()
        }
        if "local" in vocabulary_of(cls).about and self.local:
            parts["local"] = self._locals(said(of, "local"))
        return st.fixed_dictionaries(parts).map(lambda drawn: attrs.evolve(of, **drawn))

    def _completed(self, value: Any, fact_type: FactType) -> SearchStrategy[Any]:  # noqa: ANN401 - any fact's value
        if value is UNKNOWN:
            return self.fact(fact_type)
        if value is None:
            return st.none()
        match fact_type:
            case Record():
                return self.completion(value)
            case Records(cls):
                known = [self.completion(each) for each in value if each is not UNKNOWN]
                most = MOST_MORE if UNKNOWN in value else 0
                more = st.lists(self.record(cls), max_size=most)
                return st.builds(lambda one, other: (*one, *other), st.tuples(*known), more)
            case Choices(values):
                members = value - {UNKNOWN}
                others = [each for each in values if each not in members and UNKNOWN in value]
                return (
                    st.sets(st.sampled_from(others)).map(members.union)
                    if others
                    else st.just(members)
                )
            case _:
                return st.just(value)


def _left_open(value: Any) -> Any:  # noqa: ANN401 - a list or a set
    return (*value, UNKNOWN) if isinstance(value, tuple) else value | {UNKNOWN}


def _days_later(day: dt.date, days: int) -> dt.date:
    return dt.date.fromordinal(max(1, day.toordinal() + days))


# ── Conditions ────────────────────────────────────────────────────────────────────────────────


def conditions(
    cls: type, rulebook: Rulebook | None = None, *, known: bool = False, depth: int = 2
) -> SearchStrategy[Condition]:
    """
    Generate conditions on a class, of every kind that the rule checker accepts.

    Args:
        cls: the attrs class of the subject.

        rulebook: its derived facts, local facts and parameters are named too.

        known: whether to test what was recorded, which is not monotone.

        depth: how deep conditions stand in each other.
    """
    if rulebook is None:
        return _grammar((), (), (), known).condition((cls,), depth)
    derived = tuple((each.fact, each.cls) for each in rulebook.derived.values())
    local, parameters = tuple(rulebook.local.items()), tuple(rulebook.parameters.values())
    return _grammar(derived, local, parameters, known).condition((cls,), depth)


@functools.cache
def _grammar(
    derived: tuple[tuple[Fact, type], ...],
    local: tuple[tuple[str, Fact], ...],
    parameters: tuple[ParameterValue, ...],
    known: bool,  # noqa: FBT001 - a part of the key
) -> _Grammar:
    """Return one grammar for all rulebooks that declare the same, so that it is built once."""
    return _Grammar(derived, local, parameters, known)


@attrs.frozen(eq=False)
class _Grammar:
    """What a condition can name beside the vocabulary, and the strategies made of it."""

    derived: tuple[tuple[Fact, type], ...]
    local: tuple[tuple[str, Fact], ...]
    parameters: tuple[ParameterValue, ...]
    known: bool
    _made: dict[Any, SearchStrategy[Condition]] = attrs.field(factory=dict, init=False)
    _named: dict[Any, list[FactRef]] = attrs.field(factory=dict, init=False)

    def condition(self, classes: tuple[type, ...], depth: int) -> SearchStrategy[Condition]:
        """Return conditions on records of these classes, the subject's first."""
        if (classes, depth) in self._made:
            return self._made[classes, depth]
        leaf: SearchStrategy[Condition] = st.sampled_from(
            [each for each in self.facts(classes) if not isinstance(each.type, Records)]
        ).flatmap(lambda ref: self.test(ref, classes))
        found = leaf
        if depth > 0:
            inner = st.deferred(lambda: self.condition(classes, depth - 1))
            several = st.lists(inner, min_size=2, max_size=3).map(tuple)
            kinds: list[SearchStrategy[Condition]] = [leaf, leaf]
            lists = [each for each in self.facts(classes) if isinstance(each.type, Records)]
            if lists:
                of_lists = st.sampled_from(lists).flatmap(
                    lambda ref: self.of_list(ref, classes, depth - 1)
                )
                kinds += [of_lists, of_lists]
            kinds += [st.builds(All, several), st.builds(AnyOf, several), st.builds(Not, inner)]
            found = st.one_of(kinds)
        self._made[classes, depth] = found
        return found

    def facts(self, classes: tuple[type, ...]) -> list[FactRef]:
        """Return the facts that can be named here; a name means the innermost fact of it."""
        if classes in self._named:
            return self._named[classes]
        found = {AS_OF.name: FactRef(AS_OF.name, 0, AS_OF, FactSource.AS_OF)}
        for level, cls in enumerate(classes):
            if "local" in vocabulary_of(cls).about:
                for name, fact in self.local:
                    path = f"local.{name}"
                    found[path] = FactRef(path, level, fact, FactSource.LOCAL)
            for fact, of in self.derived:
                if of is cls:
                    found[fact.name] = FactRef(fact.name, level, fact, FactSource.DERIVED)
            for path, fact in vocabulary_of(cls).facts.items():
                found[path] = FactRef(path, level, fact)
        self._named[classes] = list(found.values())
        return self._named[classes]

    def test(self, ref: FactRef, classes: tuple[type, ...]) -> SearchStrategy[Condition]:
        """Return the conditions that a fact which is no list of records can stand in."""
        if (ref, classes) not in self._made:
            self._made[ref, classes] = self._test(ref, classes)
        return self._made[ref, classes]

    def _test(self, ref: FactRef, classes: tuple[type, ...]) -> SearchStrategy[Condition]:
        tested = self._predicate(ref.type, classes, ref).map(lambda each: Test(ref, each))
        options: list[SearchStrategy[Condition]] = [tested]
        if isinstance(ref.type, Choices):
            counted = self._amount(COUNTED, st.integers(0, 3), classes)
            options.append(counted.map(lambda each: Count(ref, None, each)))
        if self.known:
            options.append(st.builds(Known, st.just(ref), st.booleans()))
        return st.one_of(options)

    def of_list(
        self, ref: FactRef, classes: tuple[type, ...], depth: int
    ) -> SearchStrategy[Condition]:
        """Return the conditions that a list of records can stand in."""
        if (ref, classes, depth) not in self._made:
            self._made[ref, classes, depth] = self._of_list(ref, classes, depth)
        return self._made[ref, classes, depth]

    def _of_list(
        self, ref: FactRef, classes: tuple[type, ...], depth: int
    ) -> SearchStrategy[Condition]:
        assert isinstance(ref.type, Records)  # noqa: S101 - only lists are asked for
        within = (*classes, ref.type.cls)
        where = st.deferred(lambda: self.condition(within, depth))
        few = self._amount(COUNTED, st.integers(0, 3), classes)
        shares = st.sampled_from([0, 25, 50, 100]).map(Decimal)
        per_cent = self._amount(PER_CENT, shares, classes)
        options: list[SearchStrategy[Condition]] = [
            st.builds(Quantified, st.sampled_from(Quantity), st.just(ref), where),
            st.builds(Count, st.just(ref), st.none() | where, few),
            st.builds(Share, st.just(ref), st.none() | where, where, per_cent),
            st.just(Test(ref, Compare(Op.EQUALS, Literal(None)))),
        ]
        if self.known:
            options.append(st.builds(Known, st.just(ref), st.booleans()))
        for of in self.facts(within):
            if isinstance(of.type, Number | Money) and of.level == len(within) - 1:
                amount = self._amount(of.type, self._plain(of.type), classes)
                options.append(st.builds(Sum, st.just(ref), st.just(of), st.none() | where, amount))
        return st.one_of(options)

    def _amount(
        self, fact_type: FactType, plain: SearchStrategy[Any], classes: tuple[type, ...]
    ) -> SearchStrategy[Predicate]:
        """Return the tests of a count, sum or share."""
        operand = self._operand(fact_type, plain, classes, None)
        return st.one_of(
            st.builds(Compare, st.sampled_from((Op.EQUALS, *_ORDERED)), operand),
            st.lists(plain, min_size=2, max_size=2).map(_between),
        )

    def _predicate(
        self, fact_type: FactType, classes: tuple[type, ...], ref: FactRef
    ) -> SearchStrategy[Predicate]:
        absent = st.just(Compare(Op.EQUALS, Literal(None)))
        if isinstance(fact_type, Record | Records):
            return absent
        if isinstance(fact_type, Choices):
            members = st.sets(st.sampled_from(fact_type.values), min_size=1, max_size=3)
            wanted = self._operand(fact_type, members.map(frozenset), classes, ref)
            return st.one_of(st.builds(Includes, st.sampled_from(SetOp), wanted), absent)
        plain = self._plain(fact_type)
        operand = self._operand(fact_type, plain, classes, ref)
        equals = st.builds(Compare, st.just(Op.EQUALS), operand)
        one_of = st.lists(operand, min_size=1, max_size=3).map(lambda each: OneOf(tuple(each)))
        options: list[SearchStrategy[Predicate]] = [equals, one_of]
        if not isinstance(fact_type, YesNo):
            options.append(absent)
        if isinstance(fact_type, Number | Money | Months | Date) or (
            isinstance(fact_type, Choice) and fact_type.ordered
        ):
            options += [
                st.builds(Compare, st.sampled_from(_ORDERED), operand),
                st.lists(plain, min_size=2, max_size=2).map(lambda each: _between(each, fact_type)),
            ]
        if isinstance(fact_type, Date):
            months = self._operand(Months(), self._plain(Months()), classes, None)
            options.append(st.builds(Compare, st.sampled_from(_AGES), months))
        return st.one_of(options)

    def _operand(
        self,
        fact_type: FactType,
        plain: SearchStrategy[Any],
        classes: tuple[type, ...],
        ref: FactRef | None,
    ) -> SearchStrategy[Operand]:
        """Return what a fact of a type can be compared with, other than with itself."""
        literal = plain.map(Literal)
        options: list[SearchStrategy[Operand]] = [literal, literal]
        options += [
            st.just(Parameter(each.name, each.value))
            for each in self.parameters
            if comparable(each.type, fact_type)
        ]
        facts = self.facts(classes)
        others = [each for each in facts if comparable(each.type, fact_type) and each != ref]
        if others:
            options.append(st.sampled_from(others))
        selectors = [each for each in facts if closed_values(each.type) and each != ref]
        if selectors:
            options.append(st.sampled_from(selectors).flatmap(lambda by: _chosen(by, literal)))
        return st.one_of(options)

    @staticmethod
    def _plain(fact_type: Scalar) -> SearchStrategy[Any]:
        match fact_type:
            case Months():
                return st.sampled_from([1, 6, 12, 13])
            case Number(whole=True):
                return st.integers(0, 3)
            case Number() | Money():
                return st.sampled_from([0, 1, 2, 50, 100]).map(Decimal)
            case Date():
                return st.sampled_from(_DAYS)
            case YesNo():
                return st.booleans()
            case Text():
                return st.sampled_from(_WORDS)
            case Choice(values):
                return st.sampled_from(values)
            case _:
                assert_never(fact_type)


def _chosen(selector: FactRef, literal: SearchStrategy[Literal]) -> SearchStrategy[By]:
    values = closed_values(selector.type)
    return st.tuples(*(literal for _ in values)).map(
        lambda drawn: By(selector, tuple(zip(values, drawn, strict=True)))
    )


def _between(ends: list[Any], fact_type: FactType | None = None) -> Between:
    """Return the range between two values, the lower first."""
    low, high = sorted(
        ends, key=fact_type.values.index if isinstance(fact_type, Choice) else lambda each: each
    )
    return Between(Literal(low), Literal(high))


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────

_SOURCE: Final = Citation("source", "1")
_DOCUMENT: Final = Document("source", "A source", "Somebody", "2005")
_PARAMETERS: Final = {
    "few": ParameterValue("few", 2, Number(), "a limit", given_by_source=False),
    "much": ParameterValue("much", Decimal(100), Money(), "a limit", given_by_source=False),
    "long": ParameterValue("long", 12, Months(), "a limit", given_by_source=False),
}
_LOCAL: Final = {
    "planned": Fact(
        "local.planned", YesNo(), Kind.ARRANGEMENT, "it is planned", "Planned?", "it is not planned"
    ),
    "stage": Fact(
        "local.stage",
        Choice(("early", "late"), ordered=True),
        Kind.CIRCUMSTANCE,
        "the stage",
        "Which stage?",
    ),
}
#: Each may follow from those before it.
_DERIVED: Final = (
    Fact("sound", YesNo(), Kind.CIRCUMSTANCE, "it is sound", "Is it sound?", "it is not sound"),
    Fact(
        "tier",
        Choice(("low", "medium", "high"), ordered=True),
        Kind.CIRCUMSTANCE,
        "the tier",
        "Which tier is it in?",
    ),
)


@st.composite
def rules(
    draw: st.DrawFn,
    cls: type,
    rulebook: Rulebook | None = None,
    *,
    rule_id: str = "a-rule",
    subject: str = "partnership",
    depth: int = 2,
) -> Rule:
    """Generate rules on a class with every part that a rule can have; see `conditions`."""
    when = conditions(cls, rulebook, depth=depth)
    few = st.lists(when, max_size=2)
    graded = draw(st.sets(st.sampled_from((Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM))))
    return Rule(
        id=rule_id,
        title="A rule is broken",
        theme="generated",
        principle="A principle.",
        source=_SOURCE,
        requires=draw(when),
        otherwise=draw(st.sampled_from(Severity)),
        subject=subject,
        applies_when=draw(st.none() | when),
        unless=tuple(Exemption(each, "A reason.", _SOURCE) for each in draw(few)),
        grades=tuple(
            Grade(each, draw(when)) for each in sorted(graded, key=lambda each: -each.rank)
        ),
        mitigated_by=tuple(Mitigation(each, "A reason.", _SOURCE) for each in draw(few)),
        remedy=Remedy("Mend it.", instead=tuple((each, "Mend that.") for each in draw(few)[:1])),
    )


@st.composite
def rulebooks(
    draw: st.DrawFn,
    cls: type = Partnership,
    *,
    subject: str = "partnership",
    most: int = 3,
    depth: int = 2,
) -> Rulebook:
    """
    Generate rulebooks on a class: derived facts in a chain, parameters, local facts and rules.

    Args:
        cls: the attrs class of the subject.

        subject: what rules call it.

        most: how many rules there are at most.

        depth: how deep conditions stand in each other.
    """
    book = Rulebook(
        id="generated",
        title="Generated",
        version="1",
        owner="tests",
        documents={_DOCUMENT.id: _DOCUMENT},
        parameters=_PARAMETERS,
        derived={},
        local=_LOCAL if "local" in vocabulary_of(cls).about else {},
        rules=(),
        subjects={subject: cls},
    )
    for fact in _DERIVED:
        derived = draw(_derived(fact, book, cls, depth=depth - 1))
        book = attrs.evolve(book, derived={**book.derived, fact.name: derived})
    number = draw(st.integers(1, most))
    made = [
        draw(rules(cls, book, rule_id=f"rule-{index}", subject=subject, depth=depth))
        for index in range(number)
    ]
    return attrs.evolve(book, rules=tuple(made))


@st.composite
def _derived(draw: st.DrawFn, fact: Fact, book: Rulebook, cls: type, *, depth: int) -> Derived:
    """Generate a derived fact that may use those that the rulebook has."""
    values = st.sampled_from(closed_values(fact.type))
    row = st.builds(Row, conditions(cls, book, depth=depth), values)
    rows = draw(st.lists(row, min_size=1, max_size=3))
    return Derived(fact, cls, tuple(rows), draw(values))
