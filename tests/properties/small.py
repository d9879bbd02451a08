"""A small vocabulary with small domains, so that every completion of partial facts can be listed."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from hypothesis import strategies as st

from govrules.rulebook.ast import (
    Citation,
    Derived,
    Document,
    Exemption,
    Grade,
    Mitigation,
    ParameterValue,
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
    Condition,
    Count,
    FactRef,
    FactSource,
    Includes,
    Literal,
    Not,
    OneOf,
    Op,
    Parameter,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
    Test,
)
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Fact,
    Kind,
    ListOf,
    Months,
    Number,
    OrderedChoice,
    Recorded,
    SetOf,
    Subject,
    YesNo,
    arrangement,
    fact,
    vocabulary_of,
)


class Level(OrderedChoice):
    LOW = "low"
    MIDDLE = "middle"
    TOP = "top"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen(kw_only=True)
class Deal:
    signed: Recorded[bool] = arrangement(
        "the deal is signed", no="no deal is signed", ask="Signed?"
    )
    level: Recorded[Level] = arrangement("the level of the deal", ask="What level?")


@attrs.frozen(kw_only=True)
class Item:
    fine: Recorded[bool] = arrangement("the item is fine", no="the item is not fine", ask="Fine?")
    weight: Recorded[int] = fact("the weight of the item", ask="What weight?", unit="stones")


@attrs.frozen(kw_only=True)
class Thing(Subject):
    big: Recorded[bool] = fact("it is big", no="it is small", ask="Is it big?")
    mended: Recorded[bool] = arrangement("it is mended", no="it is broken", ask="Is it mended?")
    painted: Recorded[bool] = arrangement("it is painted", no="it is bare", ask="Is it painted?")
    level: Recorded[Level] = fact("the level", ask="What is the level?")
    colours: Recorded[SetOf[Colour]] = arrangement("the colours", ask="Which colours?")
    size: Recorded[int] = arrangement("the size", ask="What size?", unit="feet")
    price: Recorded[Decimal] = fact("the price", ask="What price?")
    checked: Recorded[dt.date] = arrangement("the date of the check", ask="When was it checked?")
    deal: Recorded[Deal] = arrangement("the deal", ask="Is there a deal?")
    items: Recorded[ListOf[Item]] = fact("the items", ask="Which items?", each="item")
    spares: Recorded[ListOf[Item]] = arrangement("the spares", ask="Which spares?", each="spare")


AS_OF = dt.date(2026, 3, 31)
DATES = (dt.date(2025, 2, 28), dt.date(2025, 3, 31), dt.date(2026, 3, 30))
MONTHS = (1, 12, 13)
LEVELS = tuple(each.value for each in Level)
COLOURS = tuple(each.value for each in Colour)
SETS = tuple(
    frozenset(each) for n in range(len(COLOURS) + 1) for each in itertools.combinations(COLOURS, n)
)
DOMAINS: dict[str, tuple[Any, ...]] = {
    "big": (True, False),
    "mended": (True, False),
    "painted": (True, False),
    "level": (*LEVELS, None),
    "colours": SETS,
    "size": (0, 1, 2, None),
    "price": (Decimal(0), Decimal(1), Decimal(2)),
    "checked": (*DATES, None),
}
DEALS = (
    None,
    *(
        Deal(signed=signed, level=level)
        for signed in (True, False)
        for level in ("low", "top", None)
    ),
)
ITEMS = tuple(Item(fine=fine, weight=weight) for fine in (True, False) for weight in (0, 1, None))
LISTS = tuple(each for n in range(3) for each in itertools.product(ITEMS, repeat=n))


@functools.cache
def complete_things() -> st.SearchStrategy[Thing]:
    """Things of which everything is known."""
    return st.builds(
        Thing,
        **{name: st.sampled_from(domain) for name, domain in DOMAINS.items()},
        deal=st.sampled_from(DEALS),
        items=st.sampled_from(LISTS),
        spares=st.sampled_from(LISTS),
    )


#: What can be left out of a thing: whole facts, and parts of records, lists and sets.
HOLES = (
    *DOMAINS,
    "deal",
    "deal.signed",
    "deal.level",
    "items",
    "items.end",
    "items.fine",
    "items.weight",
    "spares",
    "spares.end",
    "spares.fine",
    "colours.end",
)


def without(thing: Thing, hole: str) -> Thing:
    """The thing with one fact less."""
    name, _, part = hole.partition(".")
    value = getattr(thing, name)
    if not part or value is UNKNOWN or value is None:
        return attrs.evolve(thing, **{name: UNKNOWN})
    if name == "colours":
        return attrs.evolve(thing, colours=frozenset([*sorted(value - {UNKNOWN})[:1], UNKNOWN]))
    if name == "deal":
        return attrs.evolve(thing, deal=attrs.evolve(value, **{part: UNKNOWN}))
    known = [each for each in value if each is not UNKNOWN]
    end = (UNKNOWN,) if UNKNOWN in value else ()
    if part == "end":
        return attrs.evolve(thing, **{name: (*known[:1], UNKNOWN)})
    known = [attrs.evolve(each, **{part: UNKNOWN}) for each in known[:1]] + known[1:]
    return attrs.evolve(thing, **{name: (*known, *end)})


@st.composite
def partial_things(draw: st.DrawFn, most: int = 3) -> Thing:
    """Things with a few facts unknown, so few that their completions can be listed."""
    thing = draw(complete_things())
    for hole in draw(st.lists(st.sampled_from(HOLES), max_size=most, unique=True)):
        thing = without(thing, hole)
    return thing


@st.composite
def sparse_things(draw: st.DrawFn) -> Thing:
    """Things with any number of facts unknown."""
    thing = draw(complete_things())
    for hole in draw(st.sets(st.sampled_from(HOLES))):
        thing = without(thing, hole)
    return thing


def completions(thing: Thing) -> Iterator[Thing]:
    """Every complete thing that the partial one could be, within the small domains."""
    choices: dict[str, list[Any]] = {}
    for name, domain in DOMAINS.items():
        value = getattr(thing, name)
        if name == "colours" and value is not UNKNOWN and UNKNOWN in value:
            choices[name] = [each for each in SETS if value - {UNKNOWN} <= each]
        else:
            choices[name] = list(domain) if value is UNKNOWN else [value]
    deal = thing.deal
    if deal is UNKNOWN:
        choices["deal"] = list(DEALS)
    elif deal is None:
        choices["deal"] = [None]
    else:
        signed = (True, False) if deal.signed is UNKNOWN else (deal.signed,)
        level = ("low", "top", None) if deal.level is UNKNOWN else (deal.level,)
        choices["deal"] = [Deal(signed=s, level=each) for s in signed for each in level]
    for name in ("items", "spares"):
        choices[name] = list(_lists(getattr(thing, name)))
    names = list(choices)
    for values in itertools.product(*choices.values()):
        yield attrs.evolve(thing, **dict(zip(names, values, strict=True)))


def _lists(value: Any) -> Iterator[tuple[Item, ...]]:
    if value is UNKNOWN:
        yield from LISTS
        return
    known = [each for each in value if each is not UNKNOWN]
    each_way = [_items(each) for each in known]
    more = [(), *((item,) for item in ITEMS)] if UNKNOWN in value else [()]
    for chosen in itertools.product(*each_way):
        for extra in more:
            yield (*chosen, *extra)


def _items(item: Item) -> list[Item]:
    fine = (True, False) if item.fine is UNKNOWN else (item.fine,)
    weight = (0, 1, None) if item.weight is UNKNOWN else (item.weight,)
    return [Item(fine=f, weight=w) for f in fine for w in weight]


THING = vocabulary_of(Thing).facts
ITEM = vocabulary_of(Item).facts
TIER = Fact("tier", Choice(LEVELS, ordered=True), Kind.CIRCUMSTANCE, "the tier", "Which tier?")
SOUND = Fact("sound", YesNo(), Kind.CIRCUMSTANCE, "it is sound", "Sound?", "it is unsound")
DERIVED_NAMES = {"tier": TIER, "sound": SOUND}
PARAMETERS = {
    "limit": ParameterValue("limit", 1, Number(), "a limit", Says.OURS),
    "age": ParameterValue("age", 12, Months(), "an age", Says.OURS),
}


def ref(path: str, level: int = 0) -> FactRef:
    """A reference to a fact of a thing, or of an item of its lists."""
    if path in DERIVED_NAMES:
        return FactRef(path, 0, DERIVED_NAMES[path], FactSource.DERIVED)
    return FactRef(path, level, (ITEM if level else THING)[path])


@functools.cache
def conditions(*, inside: bool = False, derived: bool = True) -> st.SearchStrategy[Condition]:
    """Conditions of every kind on a thing, or inside a quantifier on one of its items."""
    tests = _tests(derived=derived)
    if inside:
        tests = st.one_of(_item_tests(), _item_tests(), tests)
    leaves = tests if inside else st.one_of(tests, tests, tests, _of_lists(derived=derived))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(All, _several(inner)),
            st.builds(AnyOf, _several(inner)),
            st.builds(Not, inner),
        ),
        max_leaves=5,
    )


def _several(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[tuple[Condition, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


def _equals(path: str, values: tuple[Any, ...], level: int = 0) -> st.SearchStrategy[Condition]:
    return st.sampled_from(values).map(
        lambda value: Test(ref(path, level), Compare(Op.EQUALS, Literal(value)))
    )


def _ordered(
    path: str, values: tuple[Any, ...], parameter: str = "", level: int = 0
) -> st.SearchStrategy[Condition]:
    known = [each for each in values if each is not None]
    operands: list[st.SearchStrategy[Any]] = [st.sampled_from(known).map(Literal)]
    if parameter:
        value = PARAMETERS[parameter].value
        operands.append(st.just(Parameter(parameter, value)))
    operand = st.one_of(*operands)
    ops = st.sampled_from([Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN])
    compare = st.builds(Compare, ops, operand)
    pairs = [(low, high) for i, low in enumerate(known) for high in known[i:]]
    between = st.sampled_from(pairs).map(lambda pair: Between(Literal(pair[0]), Literal(pair[1])))
    one_of = st.lists(
        st.sampled_from(values).map(Literal), min_size=1, max_size=2, unique=True
    ).map(lambda each: OneOf(tuple(each)))
    return st.one_of(compare, between, one_of).map(lambda p: Test(ref(path, level), p))


@functools.cache
def _tests(*, derived: bool) -> st.SearchStrategy[Condition]:
    wanted = st.sampled_from([each for each in SETS if each]).map(Literal)
    by_level = st.tuples(*(st.sampled_from((0, 1, 2)) for _ in LEVELS)).map(
        lambda each: By(ref("level"), tuple(zip(LEVELS, map(Literal, each), strict=True)))
    )
    ages = st.builds(
        Compare,
        st.sampled_from([Op.OLDER_THAN, Op.NEWER_THAN, Op.WITHIN_NEXT]),
        st.one_of(st.sampled_from(MONTHS).map(Literal), st.just(Parameter("age", 12))),
    )
    options = [
        *(_equals(name, (True, False)) for name in ("big", "mended", "painted", "deal.signed")),
        _equals("level", DOMAINS["level"]),
        _ordered("level", LEVELS),
        _ordered("size", (0, 1, 2), "limit"),
        _equals("size", DOMAINS["size"]),
        _ordered("price", DOMAINS["price"]),
        _ordered("checked", DATES),
        _ordered("deal.level", LEVELS),
        _equals("deal.level", (*LEVELS, None)),
        _equals("deal", (None,)),
        _equals("colours", (None,)),
        _equals("items", (None,)),
        _equals("spares", (None,)),
        ages.map(lambda p: Test(ref("checked"), p)),
        st.builds(Includes, st.sampled_from(SetOp), wanted).map(lambda p: Test(ref("colours"), p)),
        by_level.map(lambda by: Test(ref("size"), Compare(Op.AT_LEAST, by))),
        st.just(Test(ref("level"), Compare(Op.EQUALS, ref("deal.level")))),
        st.sampled_from((0, 1, 2)).map(
            lambda n: Count(ref("colours"), None, Compare(Op.AT_LEAST, Literal(n)))
        ),
    ]
    if derived:
        by_tier = st.tuples(*(st.sampled_from((0, 1, 2)) for _ in LEVELS)).map(
            lambda each: By(ref("tier"), tuple(zip(LEVELS, map(Literal, each), strict=True)))
        )
        options += [
            _equals("sound", (True, False)),
            _equals("tier", LEVELS),
            _ordered("tier", LEVELS),
            by_tier.map(lambda by: Test(ref("size"), Compare(Op.MORE_THAN, by))),
        ]
    return st.one_of(*options)


@functools.cache
def _item_tests() -> st.SearchStrategy[Condition]:
    return st.one_of(
        _equals("fine", (True, False), 1),
        _equals("weight", (0, 1, None), 1),
        _ordered("weight", (0, 1, 2), level=1),
    )


@functools.cache
def _of_lists(*, derived: bool) -> st.SearchStrategy[Condition]:
    lists = st.sampled_from(["items", "spares"]).map(ref)
    inner = st.deferred(lambda: conditions(inside=True, derived=derived))
    counted = st.builds(
        Compare,
        st.sampled_from([Op.EQUALS, Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN]),
        st.sampled_from((0, 1, 2, 3)).map(Literal),
    )
    counts = st.one_of(counted, st.just(Between(Literal(1), Literal(2))))
    shares = st.builds(
        Compare,
        st.sampled_from([Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN, Op.EQUALS]),
        st.sampled_from((0, 50, 100)).map(lambda each: Literal(Decimal(each))),
    )
    return st.one_of(
        st.builds(Quantified, st.sampled_from(Quantity), lists, inner),
        st.builds(Count, lists, st.none() | inner, counts),
        st.builds(Sum, lists, st.just(ref("weight", 1)), st.none() | inner, counts),
        st.builds(Share, lists, st.none() | inner, inner, shares),
    )


CITED = Citation("source", "1")
MAYBE = st.one_of(st.none(), conditions())
SOME = st.lists(conditions(), max_size=1)


@st.composite
def rules(draw: st.DrawFn, rule_id: str = "a-rule") -> Rule:
    """Rules with every part that a rule can have."""
    levels = draw(st.sets(st.sampled_from([Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM])))
    return Rule(
        id=rule_id,
        title="A rule is broken",
        theme="theme",
        principle="A principle.",
        source=CITED,
        requires=draw(conditions()),
        otherwise=draw(st.sampled_from(Severity)),
        subject="thing",
        applies_when=draw(MAYBE),
        unless=tuple(Exemption(each, "because", CITED) for each in draw(SOME)),
        grades=tuple(
            Grade(level, draw(conditions()))
            for level in sorted(levels, key=lambda each: -each.rank)
        ),
        mitigated_by=tuple(Mitigation(each, "because", CITED) for each in draw(SOME)),
    )


@st.composite
def rulebooks(draw: st.DrawFn, most: int = 3) -> Rulebook:
    """Rulebooks with derived facts in a chain: `tier` follows from `sound`."""
    sound = Derived(
        SOUND, Thing, (Row(draw(conditions(derived=False)), value=True),), otherwise=False
    )
    of_sound = st.one_of(conditions(derived=False), _equals("sound", (True, False)))
    rows = tuple(
        Row(draw(of_sound), value=draw(st.sampled_from(LEVELS)))
        for _ in range(draw(st.integers(1, 3)))
    )
    tier = Derived(TIER, Thing, rows, otherwise=draw(st.sampled_from(LEVELS)))
    number = draw(st.integers(1, most))
    return rulebook_of(
        tuple(draw(rules(rule_id=f"rule-{index}")) for index in range(number)),
        {"sound": sound, "tier": tier},
    )


def rulebook_of(rules_: tuple[Rule, ...], derived: dict[str, Derived]) -> Rulebook:
    """A rulebook on things."""
    return Rulebook(
        id="small",
        title="Small",
        version="1",
        owner="tests",
        documents={"source": Document("source", "A source", "Somebody", "2005")},
        parameters=PARAMETERS,
        derived=derived,
        rules=rules_,
        subjects={"thing": Thing},
    )
