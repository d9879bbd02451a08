"""Strategies that draw conditions, rules and whole rulebooks, on any vocabulary."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any, Final, assert_never

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from govrules.model import Partner, Partnership
from govrules.own import LOCAL, own_record_class, with_own
from govrules.rulebook.ast import (
    Citation,
    Derived,
    Document,
    Exemption,
    Grade,
    Mitigation,
    ParameterValue,
    Remedy,
    Row,
    Rule,
    Rulebook,
    Says,
    Severity,
)
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
    Test,
)
from govrules.rulebook.types import ORDERED, are_comparable, tests_for
from govrules.testing.strategies import DAYS, WORDS
from govrules.vocabulary import (
    AS_OF,
    COUNTED,
    PER_CENT,
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
    closed_values,
    vocabulary_of,
)

_AGES: Final = tuple(each for each in Op if each.is_age)


def conditions(
    cls: type, rulebook: Rulebook | None = None, *, known: bool = False, depth: int = 2
) -> SearchStrategy[Condition]:
    """
    Generate conditions on a class, of every kind that the rule checker accepts.

    Args:
        cls: the attrs class of the subject.

        rulebook: its derived facts, own facts and parameters are named too.

        known: whether to test what was recorded, which is not monotone.

        depth: how deep conditions stand in each other.
    """
    if rulebook is None:
        return _grammar((), (), known).condition((cls,), depth)
    derived = tuple((each.fact, each.cls) for each in rulebook.derived.values())
    parameters = tuple(rulebook.parameters.values())
    return _grammar(derived, parameters, known).condition((rulebook.class_of(cls),), depth)


@functools.cache
def _grammar(
    derived: tuple[tuple[Fact, type], ...],
    parameters: tuple[ParameterValue, ...],
    known: bool,  # noqa: FBT001 - a part of the key
) -> _Grammar:
    """Return the cached grammar of equal declarations."""
    return _Grammar(derived, parameters, known)


@attrs.frozen(eq=False)
class _Grammar:
    """The declarations that conditions can name beside the vocabulary, and their strategies."""

    derived: tuple[tuple[Fact, type], ...]
    parameters: tuple[ParameterValue, ...]
    known: bool

    @functools.cache  # noqa: B019 - grammars are kept too
    def condition(self, classes: tuple[type, ...], depth: int) -> SearchStrategy[Condition]:
        """Return conditions on records of these classes, the subject's first."""
        leaf: SearchStrategy[Condition] = st.sampled_from(
            [fact for fact in self.facts(classes) if not isinstance(fact.type, Records)]
        ).flatmap(lambda ref: self.test(ref, classes))
        if depth <= 0:
            return leaf
        inner = st.deferred(lambda: self.condition(classes, depth - 1))
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        kinds: list[SearchStrategy[Condition]] = [leaf, leaf]
        lists = [fact for fact in self.facts(classes) if isinstance(fact.type, Records)]
        if lists:
            of_lists = st.sampled_from(lists).flatmap(
                lambda ref: self.of_list(ref, classes, depth - 1)
            )
            kinds += [of_lists, of_lists]
        kinds += [st.builds(All, several), st.builds(AnyOf, several), st.builds(Not, inner)]
        return st.one_of(kinds)

    @functools.cache  # noqa: B019 - likewise
    def facts(self, classes: tuple[type, ...]) -> list[FactRef]:
        """Return the facts in scope; inner names shadow outer ones."""
        found = {AS_OF.name: FactRef(AS_OF.name, 0, AS_OF, FactSource.AS_OF)}
        for level, cls in enumerate(classes):
            # An own fact is recorded of the record itself, and not of each record in its lists.
            outer = level < len(classes) - 1
            for fact, of in self.derived:
                if of is cls:
                    found[fact.name] = FactRef(fact.name, level, fact, FactSource.DERIVED)
            for path, fact in vocabulary_of(cls).facts.items():
                if not (outer and path.partition(".")[0] == LOCAL):
                    found[path] = FactRef(path, level, fact)
        return list(found.values())

    @functools.cache  # noqa: B019 - likewise
    def test(self, ref: FactRef, classes: tuple[type, ...]) -> SearchStrategy[Condition]:
        """Return the conditions on a fact that is no list of records."""
        tested = self._predicate(ref.type, classes, ref).map(lambda each: Test(ref, each))
        options: list[SearchStrategy[Condition]] = [tested]
        if isinstance(ref.type, Choices):
            counted = self._amount(COUNTED, st.integers(0, 3), classes)
            options.append(counted.map(lambda each: Count(ref, None, each)))
        if self.known:
            options.append(st.builds(Known, st.just(ref), st.booleans()))
        return st.one_of(options)

    @functools.cache  # noqa: B019 - likewise
    def of_list(
        self, ref: FactRef, classes: tuple[type, ...], depth: int
    ) -> SearchStrategy[Condition]:
        """Return the conditions on a list of records."""
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
    ) -> SearchStrategy[Comparison]:
        """Return the tests of a count, sum or share."""
        operand = self._operand(fact_type, plain, classes, None)
        return st.one_of(
            st.builds(Compare, st.sampled_from((Op.EQUALS, *ORDERED)), operand),
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
        if "between" in tests_for(fact_type):
            options += [
                st.builds(Compare, st.sampled_from(ORDERED), operand),
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
        """Return the operands for a fact of a type, other than itself."""
        literal = plain.map(Literal)
        options: list[SearchStrategy[Operand]] = [literal, literal]
        options += [
            st.just(Parameter(parameter.name, parameter.value))
            for parameter in self.parameters
            if are_comparable(parameter.type, fact_type)
        ]
        facts = self.facts(classes)
        others = [fact for fact in facts if are_comparable(fact.type, fact_type) and fact != ref]
        if others:
            options.append(st.sampled_from(others))
        selectors = [fact for fact in facts if closed_values(fact.type) and fact != ref]
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
                return st.sampled_from(DAYS)
            case YesNo():
                return st.booleans()
            case Text():
                return st.sampled_from(WORDS)
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


_SOURCE: Final = Citation("source", "1")
_DOCUMENT: Final = Document("source", "A source", "Somebody", "2005")
_PARAMETERS: Final = {
    "few": ParameterValue("few", 2, Number(), "a limit", Says.OURS),
    "much": ParameterValue("much", Decimal(100), Money(), "a limit", Says.OURS),
    "long": ParameterValue("long", 12, Months(), "a limit", Says.OURS),
}
_SECTOR: Final = Fact(
    "sector", Choice(("public", "private")), Kind.CIRCUMSTANCE, "the sector", "Which sector?"
)
_SEEN: Final = Fact("seen", Date(), Kind.ARRANGEMENT, "the date it was seen", "Seen when?")
_LOCAL: Final = {
    "planned": Fact(
        "planned", YesNo(), Kind.ARRANGEMENT, "it is planned", "Planned?", "it is not planned"
    ),
    "stage": Fact(
        "stage",
        Choice(("early", "late"), ordered=True),
        Kind.CIRCUMSTANCE,
        "the stage",
        "Which stage?",
    ),
    "policies": Fact(
        "policies",
        Choices(("conduct", "whistleblowing")),
        Kind.ARRANGEMENT,
        "the policies",
        "Which policies?",
    ),
    "members": Fact(
        "members",
        Records(
            own_record_class(
                "Member", {"sector": _SECTOR, "seen": _SEEN}, "Generated.local.members"
            )
        ),
        Kind.ARRANGEMENT,
        "the members",
        "Which members?",
        each="member",
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
    own = {cls: _LOCAL, Partner: {"sector": _SECTOR}}
    cls = with_own(cls, own if "local" in vocabulary_of(cls).about else {})
    book = Rulebook(
        id="generated",
        title="Generated",
        version="1",
        owner="tests",
        documents={_DOCUMENT.id: _DOCUMENT},
        parameters=_PARAMETERS,
        derived={},
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
