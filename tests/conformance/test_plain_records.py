"""Every engine on a class that says nothing about itself, with facts of every other type."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest

from govrules import assess
from govrules.engines.columns import to_batches
from govrules.engines.reference import AS_OF_REF
from govrules.registers.batches import assess_batches
from govrules.rulebook.ast import Derived, Row, Rule, Rulebook, Severity
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
    Quantified,
    Quantity,
    SetOp,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Fact,
    Kind,
    ListOf,
    Recorded,
    SetOf,
    YesNo,
    fact,
    vocabulary_of,
)
from tests.conformance.agreement import HELD, Tally, asked
from tests.properties.small import CITED, PARAMETERS

ORDERED = (Op.EQUALS, Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
AS_OF = dt.date(2026, 3, 31)


class Seal(StrEnum):
    WAX = "wax"
    INK = "ink"


@attrs.frozen(kw_only=True)
class Note:
    words: Recorded[str] = fact("the words", ask="Which words?")
    seals: Recorded[SetOf[Seal]] = fact("the seals of the note", ask="Which seals?")


@attrs.frozen(kw_only=True)
class Page:
    cost: Recorded[Decimal] = fact("the cost", ask="What cost?")
    signed: Recorded[bool] = fact("it is signed", no="it is not signed", ask="Signed?")
    notes: Recorded[ListOf[Note]] = fact("the notes", ask="Which notes?", each="note")


@attrs.frozen(kw_only=True)
class Deed:
    title: Recorded[str] = fact("the title", ask="What title?")
    other: Recorded[str] = fact("the other title", ask="What other title?")
    bound: Recorded[bool] = fact("it is bound", no="it is loose", ask="Is it bound?")
    seals: Recorded[SetOf[Seal]] = fact("the seals", ask="Which seals?")
    asked: Recorded[SetOf[Seal]] = fact("the seals asked for", ask="Which are asked for?")
    price: Recorded[Decimal] = fact("the price", ask="What price?")
    pages: Recorded[int] = fact("the number of pages", ask="How many?", unit="pages")
    weight: Recorded[Decimal] = fact("the weight", ask="What weight?", unit="grams")
    made: Recorded[dt.date] = fact("the date it was made", ask="When?", past=True)
    ended: Recorded[dt.date] = fact("the date it ended", ask="When?")
    sheets: Recorded[ListOf[Page]] = fact("the sheets", ask="Which sheets?", each="sheet")


FACTS = [vocabulary_of(each).facts for each in (Deed, Page, Note)]
RANKS = ("plain", "grand")
RANK = Fact("rank", Choice(RANKS, ordered=True), Kind.CIRCUMSTANCE, "the rank", "Which rank?")
FIT = Fact("fit", YesNo(), Kind.CIRCUMSTANCE, "it is fit", "Is it fit?", "it is unfit")


def ref(path: str, level: int = 0) -> FactRef:
    if path in ("rank", "fit"):
        return FactRef(path, 0, {"rank": RANK, "fit": FIT}[path], FactSource.DERIVED)
    return FactRef(path, level, FACTS[level][path])


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


BOUND, SIGNED = is_("bound", True), is_("signed", True, 1)
DERIVED = {
    "fit": Derived(FIT, Deed, (Row(BOUND, value=True),), otherwise=None),
    "rank": Derived(
        RANK, Deed, (Row(is_("fit", True), "grand"), Row(is_("title", "a"), "plain")), "grand"
    ),
}
SETS = [frozenset(each) for n in range(3) for each in itertools.combinations(("wax", "ink"), n)]
BY_BOUND = By(ref("bound"), ((True, Literal(SETS[1])), (False, ref("asked"))))
BY_RANK = By(ref("rank"), (("plain", Literal(SETS[3])), ("grand", Literal(SETS[2]))))
BY_FIT = By(ref("fit"), ((True, ref("asked")), (False, Literal(SETS[1]))))
BY_GRANDEUR = By(ref("rank"), (("plain", Literal(1)), ("grand", Literal(2))))
BY_BINDING = By(ref("bound"), ((True, Literal(1)), (False, Literal(2))))
HALF = Decimal("0.5")


def conditions() -> list[Condition]:
    """Tests of every operator on texts, sets, amounts, numbers, dates and derived facts."""
    sums = [Compare(op, each) for op in ORDERED for each in (Literal(Decimal(1)), ref("price"))]
    notes, sheets = ref("notes", 1), ref("sheets")
    waxed = FactTest(ref("seals", 2), Includes(SetOp.INCLUDES, Literal(SETS[1])))
    found: list[Condition] = [
        *(is_(name, value) for name in ("title", "other") for value in ("a", "b", None)),
        FactTest(ref("title"), Compare(Op.EQUALS, ref("other"))),
        FactTest(ref("title"), OneOf((Literal("a"), ref("other"), Literal(None)))),
        FactTest(ref("title"), OneOf((Literal("a"), Literal("b")))),
        *(FactTest(ref("seals"), Includes(op, operand)) for op in SetOp
          for operand in (ref("asked"), ref("seals"), BY_BOUND, BY_RANK, BY_FIT, Literal(SETS[3]))),
        *(FactTest(ref(one), Compare(op, ref(other))) for op in ORDERED
          for one, other in (("price", "price"), ("made", "ended"), ("pages", "weight"),
                             ("weight", "pages"), ("weight", "weight"))),
        *(FactTest(ref(name), Compare(op, Literal(value))) for op in ORDERED
          for name, value in (("price", HALF), ("weight", HALF), ("weight", Decimal("0.0005")),
                              ("pages", 1), ("made", AS_OF), ("rank", "plain"))),
        FactTest(ref("weight"), Between(Literal(HALF), Literal(Decimal(2)))),
        FactTest(ref("made"), Compare(Op.OLDER_THAN, Literal(12))),
        *(is_("fit", value) for value in (True, False, None)),
        *(FactTest(ref("rank"), Compare(op, Literal("grand"))) for op in ORDERED),
        FactTest(ref("bound"), Compare(Op.EQUALS, ref("fit"))),
        *(Sum(sheets, ref("cost", 1), where, each) for where in (None, SIGNED) for each in sums),
        *(Quantified(each, sheets, inner) for each in Quantity for inner in (
            Quantified(Quantity.SOME, notes, waxed),
            Count(notes, None, Compare(Op.AT_LEAST, Literal(1))),
            Quantified(Quantity.SOME, notes, AnyOf((waxed, BOUND))),
            AnyOf((Quantified(Quantity.EVERY, notes, is_("words", "a", 2)), BOUND)),
            FactTest(ref("cost", 1), Compare(Op.MORE_THAN, ref("price"))),
        )),
        All((is_("title", "a"), is_("title", "a"), Not(BOUND))),
        All(()),
        AnyOf(()),
        AnyOf((All(()), BOUND)),
        *(FactTest(AS_OF_REF, Compare(op, ref("made"))) for op in ORDERED),
        *(Count(sheets, where, Compare(op, BY_BINDING)) for op in ORDERED for where in (None, SIGNED)),
        FactTest(ref("pages"), Between(Literal(0), BY_GRANDEUR)),
        FactTest(ref("pages"), OneOf((BY_GRANDEUR, Literal(None)))),
    ]  # fmt: skip
    return found


CONDITIONS = conditions()


def deeds() -> list[Deed]:
    """Deeds of which any fact may be known, none or unknown."""
    drawn = random.Random(11)

    def state(*values: Any) -> Any:
        return drawn.choice((*values, *values, *values, None, UNKNOWN))

    def members() -> Any:
        chosen = drawn.choice(SETS)
        return state(chosen, chosen | {UNKNOWN})

    def several(make: Any) -> Any:
        made = tuple(make() for _ in range(drawn.randrange(3)))
        return state(made, (*made, UNKNOWN))

    def note() -> Note:
        return Note(words=state("a", "b"), seals=members())

    def page() -> Page:
        return Page(
            # Some hundreds of the largest are beyond 64 bits in pence.
            cost=state(Decimal(0), Decimal("1.00"), HALF, Decimal(9 * 10**15)),
            signed=state(True, False),
            notes=several(note),
        )

    return [
        Deed(
            title=state("a", "b"),
            other=state("a", "b"),
            bound=state(True, False),
            seals=members(),
            asked=members(),
            price=state(Decimal(0), HALF, Decimal(1)),
            # The largest are beyond 64 bits where they are counted in thousandths.
            pages=state(0, 1, 2, 10**17),
            weight=state(HALF, Decimal(1), Decimal("0.001")),
            made=state(dt.date(2025, 3, 31), AS_OF),
            ended=state(dt.date(2025, 3, 31), AS_OF),
            sheets=several(page),
        )
        for _ in range(120)
    ]


def rulebook(rules: tuple[Rule, ...]) -> Rulebook:
    return Rulebook(
        id="deeds", title="Deeds", version="1", owner="tests", documents={},
        parameters=PARAMETERS, derived=DERIVED, rules=rules, subjects={"deed": Deed},
    )  # fmt: skip


RULES = tuple(
    Rule(f"rule-{index}", "It is broken", "theme", "Mend.", CITED, each, Severity.LOW,
         subject="deed", applies_when=CONDITIONS[(7 * index) % len(CONDITIONS)] if index % 3 else All(()))
    for index, each in enumerate(each for one in CONDITIONS for each in (one, Not(one)))
)  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_every_engine_says_what_the_reference_engine_says(name):
    tally = Tally()
    tally.compare([name], RULES, deeds(), AS_OF, rulebook(RULES))
    assert tally.pairs == len(RULES) * len(deeds())
    assert not tally.disagreements


def test_columns_ask_what_findings_ask():
    book, several = rulebook(RULES), deeds()[::4]
    batches = assess_batches(book, to_batches(several, Deed, book), kind="deed", as_of=AS_OF)
    rows = [row for batch in batches for row in batch.to_pylist()]
    findings = [each for one in several for each in assess(one, book, as_of=AS_OF).findings]
    for row, finding in zip(rows, findings, strict=True):
        expected = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected, finding.rule
