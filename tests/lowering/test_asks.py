"""What formulas ask and tell is what findings do, for every kind of condition; and what of it adds up."""

from __future__ import annotations

import datetime as dt
import random

import attrs
import pytest
from hypothesis import given

from govrules import Register, assess, load_rulebook
from govrules.engines import reference
from govrules.engines.columns import to_batches
from govrules.engines.compiled import tells
from govrules.engines.outcomes import outcome_of
from govrules.engines.registry import comparable
from govrules.lowering.dependencies import aggregate_of, facts_read, mergeable
from govrules.lowering.ir import Exists, RecordTotal
from govrules.lowering.lower import Lowering, lowered
from govrules.registers.batches import assess_batches
from govrules.rulebook.ast import (
    Derived,
    Exemption,
    Grade,
    Mitigation,
    Row,
    Severity,
    rule_conditions,
)
from govrules.rulebook.expr import (
    All,
    AnyOf,
    By,
    Compare,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Not,
    Op,
    Quantified,
    Quantity,
    SetOp,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.reads import reads as read_by_conditions
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Kind, ListOf, Recorded, SetOf, YesNo, fact, vocabulary_of
from tests.conformance.agreement import DATES, PACKS, asked, cases, rules_of
from tests.conformance.run import generated
from tests.conformance.test_every_kind_of_condition import CONDITIONS, DERIVED, rule, things
from tests.properties.small import CITED, SOUND, Colour, Item, Thing, ref, rulebook_of


def alone():
    return tuple(rule(index, each) for index, each in enumerate(CONDITIONS))


def together():
    """Conditions in every place of a rule that asks."""
    drawn = random.Random(9)  # noqa: S311 - the same in every run
    for index in range(100):
        one, two, three, four, five, six = drawn.choices(CONDITIONS, k=6)
        yield rule(
            index,
            drawn.choice((one, Not(one), All((one, two)), AnyOf((one, two)))),
            applies_when=drawn.choice((None, three, AnyOf((three, four)))),
            unless=drawn.choice(((), (Exemption(four, "Why.", CITED),))),
            grades=(Grade(Severity.CRITICAL, five), Grade(Severity.MEDIUM, six)),
            mitigated_by=(Mitigation(six, "Why.", CITED),),
        )


@pytest.mark.parametrize("rules", [alone(), tuple(together())], ids=["alone", "together"])
@pytest.mark.parametrize("as_of", DATES[1:])
def test_every_kind_of_condition_asks_what_findings_ask(rules, as_of):
    book = rulebook_of(rules, DERIVED)
    several = things()[::12]
    batches = assess_batches(book, to_batches(several, Thing, book), kind="thing", as_of=as_of)
    rows = [row for batch in batches for row in batch.to_pylist()]
    findings = [each for one in several for each in assess(one, book, as_of=as_of).findings]
    several_ask = 0
    for row, finding in zip(rows, findings, strict=True):
        expected = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected, finding.rule
        several_ask += bool(expected)
    assert several_ask > len(findings) / 10


@attrs.frozen(kw_only=True)
class Tin:
    mixed: Recorded[SetOf[Colour]] = fact("the colours mixed in it", ask="Of which colours?")


@attrs.frozen(kw_only=True)
class Shop(Thing):
    tins: Recorded[ListOf[Tin]] = fact("the tins", ask="Which tins?", each="tin")


@pytest.mark.parametrize(
    ("wanted", "questions"),
    [
        (frozenset(), "tins"),
        (frozenset({"red"}), "tins; big"),
        (frozenset({"red", UNKNOWN}), "tins; colours; big"),
    ],
)
def test_a_set_of_a_record_nobody_recorded_yet_has_certainly_all_of_nothing(wanted, questions):
    """So whatever tins there are, where no colour is wanted nothing beside them is asked."""
    tins = FactRef("tins", 0, vocabulary_of(Shop).facts["tins"])
    mixed = FactRef("mixed", 1, vocabulary_of(Tin).facts["mixed"])
    has_all = FactTest(mixed, Includes(SetOp.INCLUDES_ALL, ref("colours")))
    big = FactTest(ref("big"), Compare(Op.EQUALS, Literal(True)))
    rules = (rule(0, Quantified(Quantity.EVERY, tins, AnyOf((has_all, big)))),)
    book = attrs.evolve(rulebook_of(rules, {}), subjects={"thing": Shop})
    shop = Shop(tins=(UNKNOWN,), colours=wanted)
    (batch,) = assess_batches(book, to_batches([shop], Shop, book), kind="thing")
    (finding,) = assess(shop, book).findings
    assert asked(finding) == {*questions.split("; ")}
    assert batch.to_pylist()[0]["questions"] == questions


def is_so(name):
    """That a fact, or the derived fact of this name, is so."""
    if name in ("big", "mended"):
        return FactTest(ref(name), Compare(Op.EQUALS, Literal(True)))
    derived = FactRef(name, 0, attrs.evolve(SOUND, name=name), FactSource.DERIVED)
    return FactTest(derived, Compare(Op.EQUALS, Literal(True)))


@pytest.mark.parametrize("width", [1, 2], ids=["chain", "diamonds"])
def test_what_derived_facts_hang_on_is_asked_however_many_there_are(width):
    """Four hundred follow from each other, and what they ask is told apart by what is known."""
    rows = {"one0": is_so("big"), "two0": is_so("mended")}
    for number in range(1, 400 // width):
        below = [is_so(f"{each}{number - 1}") for each in ("one", "two")[:width]]
        rows[f"one{number}"] = AnyOf(tuple(below))
        rows[f"two{number}"] = All(tuple(below))
    derived = {
        name: Derived(attrs.evolve(SOUND, name=name), Thing, (Row(when, value=True),), False)
        for name, when in rows.items()
        if width == 2 or name.startswith("one")
    }
    book = rulebook_of((rule(0, is_so([*derived][-width])),), derived)
    things = [
        Thing(big=big, mended=mended)
        for big in (True, False, UNKNOWN)
        for mended in (True, False, UNKNOWN)
    ]
    batches = assess_batches(book, to_batches(things, Thing, book), kind="thing")
    found = [row["questions"] for batch in batches for row in batch.to_pylist()]
    nothing, both = [""] * 3, "big; mended"
    if width == 1:
        assert found == [*nothing, *nothing, *["big"] * 3]
    else:
        # All of both, or either of both, hangs on both until one says that it is so.
        assert found == [*nothing, "", "", "mended", "", "big", both]


LEVEL = vocabulary_of(Thing).facts["level"]
PAINTED, MENDED, BIG = (
    FactTest(ref(name), Compare(Op.EQUALS, Literal(True))) for name in ("painted", "mended", "big")
)
FINE = FactTest(
    FactRef("fine", 0, vocabulary_of(Item).facts["fine"]), Compare(Op.EQUALS, Literal(True))
)
HEAVY = FactTest(
    FactRef("weight", 0, vocabulary_of(Item).facts["weight"]), Compare(Op.AT_LEAST, Literal(9))
)


def is_top(depth=0):
    return FactTest(
        FactRef("grade", depth, attrs.evolve(LEVEL, name="grade"), FactSource.DERIVED),
        Compare(Op.EQUALS, Literal("top")),
    )


def asks(requires, rows, cls=Thing, **facts):
    grade = attrs.evolve(LEVEL, name="grade")
    derived = {"grade": Derived(grade, cls, tuple(Row(*row) for row in rows), "low")}
    book = rulebook_of((rule(0, requires),), derived)
    several = [Thing(**facts)]
    (batch,) = assess_batches(book, to_batches(several, Thing, book), kind="thing")
    (finding,) = assess(several[0], book).findings
    assert {*filter(None, batch.to_pylist()[0]["questions"].split("; "))} == asked(finding)
    return asked(finding)


def test_a_row_is_not_asked_where_all_that_follows_comes_to_the_same():
    rows = [(PAINTED, "top"), (MENDED, "middle"), (BIG, "top")]
    assert asks(is_top(), rows) == {"painted", "mended", "big"}
    # Mended or not, what is not big is not top.
    assert asks(is_top(), rows, big=False) == {"painted"}
    assert asks(is_top(), rows, big=True) == {"painted", "mended"}


def test_a_row_of_a_record_is_not_asked_where_all_that_follows_comes_to_the_same():
    rows = [(HEAVY, "top"), (FINE, "middle")]
    items = FactRef("items", 0, vocabulary_of(Thing).facts["items"])
    every = Quantified(Quantity.EVERY, items, is_top(1))
    assert asks(every, rows, Item, items=(Item(),)) == {"items[].weight"}
    assert asks(every, rows, Item, items=(Item(weight=9),)) == set()


def test_a_row_is_not_asked_where_what_it_gives_chooses_what_the_others_choose():
    def size(**cases):
        grade = FactRef("grade", 0, attrs.evolve(LEVEL, name="grade"), FactSource.DERIVED)
        chosen = By(grade, tuple((case, Literal(number)) for case, number in cases.items()))
        return FactTest(ref("size"), Compare(Op.AT_LEAST, chosen))

    rows = [(PAINTED, "top"), (MENDED, "middle")]
    assert asks(size(low=1, middle=2, top=3), rows, size=2) == {"painted"}
    assert asks(size(low=1, middle=1, top=3), rows) == {"painted", "size"}
    assert asks(size(low=1, middle=1, top=1), rows) == {"size"}


LOWERED = {
    (pack, day): lowered(rules_of(each, "partnership", DATES[day]), each)
    for pack, each in enumerate(PACKS)
    for day in range(len(DATES))
}


def agree(rules, judged, subject, as_of, rulebook):
    (expected,) = reference.outcomes(rules, [subject], as_of, rulebook)
    formulas = tuple(each for rule in judged for each in rule.formulas)
    told = tells(formulas, type(subject))(as_of)(subject, {}, None)
    holds = dict(zip(formulas, told, strict=True)).__getitem__
    found = [outcome_of(*each, holds) for each in zip(rules, judged, strict=True)]
    assert list(map(comparable, found)) == list(map(comparable, expected))


@given(cases())
def test_shipped_rules_told_are_what_reference_says(case):
    pack, day, subject = case
    rules = rules_of(PACKS[pack], "partnership", DATES[day])
    agree(rules, LOWERED[pack, day], subject, DATES[day], PACKS[pack])


@given(generated())
def test_generated_rules_told_are_what_reference_says(case):
    rulebook, subjects = case
    judged = lowered(rulebook.rules, rulebook)
    for subject in subjects:
        agree(rulebook.rules, judged, subject, DATES[0], rulebook)


def test_formulas_read_nothing_that_their_rule_does_not():
    rules = PACKS[0].rules_for("partnership", UNKNOWN)
    for each, judged in zip(rules, lowered(rules, PACKS[0]), strict=True):
        found = facts_read(judged.formulas)
        named = read_by_conditions(rule_conditions(each), PACKS[0].derived)
        assert found.items() <= {**named, "as_of": False}.items()
        assert found


BOOK = load_rulebook("governing-partnerships")
LISTED = FactRef("partnerships", 0, vocabulary_of(Register).facts["partnerships"])
SOME = Quantified(Quantity.SOME, LISTED, All(()))
TOLD = Fact("told", YesNo(), Kind.CIRCUMSTANCE, "some are told", "Told?", "none are told")
IS_TOLD = FactTest(FactRef("told", 0, TOLD, FactSource.DERIVED), Compare(Op.EQUALS, Literal(True)))
TELLING = {"told": Derived(TOLD, Register, (Row(SOME, value=True),), otherwise=False)}


def merged(condition, derived=BOOK.derived):
    return mergeable(Lowering(derived).condition(condition, Register), "partnerships")


def test_what_shipped_rules_ask_of_partnerships_adds_up():
    lowering = Lowering(BOOK.derived)
    rules = BOOK.rules_for("register", dt.date(2026, 3, 31))
    several = [lowering.rule(rule, Register).formulas for rule in rules]
    found = mergeable([each for formulas in several for each in formulas], "partnerships")
    assert found.is_all
    assert {type(each) for each in found.leaves} == {Exists, RecordTotal}
    assert all(isinstance(aggregate_of(each), RecordTotal) for each in found.leaves)


def test_what_stands_beneath_a_derived_fact_adds_up_too():
    assert merged(IS_TOLD, TELLING) == merged(SOME)
    assert len(merged(SOME).leaves) == 1


@pytest.mark.parametrize(
    "again", [SOME, IS_TOLD, Known(LISTED, recorded=True)], ids=["some", "derived", "known"]
)
def test_a_list_that_is_read_again_for_each_of_its_own_records_does_not_add_up(again):
    declared = FactRef("declared_count", 0, vocabulary_of(Register).facts["declared_count"])
    condition = Quantified(Quantity.SOME, LISTED, AnyOf((again, Known(declared, recorded=True))))
    assert not merged(condition, TELLING).is_all
