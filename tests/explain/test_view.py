"""On cells conditions and rules say what the reference engine says, whatever is supposed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govrules.assessment import assess
from govrules.engines.reference import case_of, evaluate
from govrules.explain.clears import LONG, SHOWN, clears
from govrules.explain.view import view_of
from govrules.explain.ways import contradict, followed_by
from govrules.facts import Facts
from govrules.model import Funding, Leadership, Partner, Partnership, Protocol, Register
from govrules.rulebook.ast import Derived, Row, Rule, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Condition,
    Count,
    FactRef,
    FactSource,
    Literal,
    Not,
    Op,
    Quantified,
    Quantity,
    Share,
    Sum,
    Test,
)
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Kind, YesNo, vocabulary_of
from tests.properties.small import AS_OF, CITED, rulebook_of

SOUND = Fact("sound", YesNo(), Kind.CIRCUMSTANCE, "it is sound", "Sound?", "it is unsound")


def ref(cls: type, path: str, level: int) -> FactRef:
    return FactRef(path, level, vocabulary_of(cls).facts[path], FactSource.RECORDED)


def yes(given: FactRef) -> Test:
    return Test(given, Compare(Op.EQUALS, Literal(value=True)))


LISTED = ref(Register, "partnerships", 0)
POOLED = yes(ref(Partnership, "funding.pooled", 1))
NAMED = Quantified(
    Quantity.SOME,
    ref(Partnership, "partners", 1),
    yes(ref(Partner, "named_accountable", 2)),
)
#: Of a partnership, which in a register is a record: it sees that record as its subject.
DERIVED = {
    "sound": Derived(
        SOUND,
        Partnership,
        (
            Row(
                Quantified(
                    Quantity.EVERY,
                    ref(Partnership, "partners", 0),
                    yes(ref(Partner, "named_accountable", 1)),
                ),
                value=True,
            ),
        ),
        otherwise=False,
    )
}
IS_SOUND = yes(FactRef("sound", 1, SOUND, FactSource.DERIVED))
#: It looks beyond the record, at the register and at all others.
MANY = Test(ref(Register, "declared_count", 0), Compare(Op.AT_LEAST, Literal(3)))
ANY_POOLED = Quantified(Quantity.SOME, LISTED, yes(ref(Partnership, "funding.pooled", 2)))
WHERES = (
    POOLED,
    NAMED,
    IS_SOUND,
    Not(NAMED),
    All((POOLED, IS_SOUND)),
    AnyOf((POOLED, MANY)),
    All((NAMED, ANY_POOLED)),
)

TRUTHS = st.sampled_from([True, False, UNKNOWN])
PARTNERS = st.lists(st.builds(Partner, named_accountable=TRUTHS), max_size=2).map(tuple)
ENTRIES = st.builds(Partnership, funding=st.builds(Funding, pooled=TRUTHS), partners=PARTNERS)
REGISTERS = st.builds(
    Register,
    declared_count=st.just(2),
    partnerships=st.lists(ENTRIES, min_size=2, max_size=3).map(tuple),
)
#: Each is a small step from the others, so that most of what is remembered is asked for again.
CHANGES: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(
    st.sampled_from(
        [
            # Those beyond the last are there only as long as something is supposed of them.
            *(f"partnerships[{index}].funding.pooled" for index in range(5)),
            *(f"partnerships[{index}].partners[0].named_accountable" for index in range(2)),
        ]
    ),
    st.booleans(),
    max_size=2,
)
AT_LEAST = [Compare(Op.AT_LEAST, Literal(each)) for each in (1, 2)]


def conditions(where: Condition) -> list[Condition]:
    """Each kind of condition on the records of a list."""
    amount = ref(Partnership, "funding.annual_spend", 1)
    return [
        *(Quantified(each, LISTED, where) for each in Quantity),
        *(Count(LISTED, where, each) for each in AT_LEAST),
        Sum(LISTED, amount, where, AT_LEAST[0]),
        Share(LISTED, None, where, Compare(Op.AT_LEAST, Literal(Decimal(50)))),
        Share(LISTED, where, POOLED, Compare(Op.AT_LEAST, Literal(Decimal(50)))),
    ]


@pytest.mark.parametrize("where", WHERES)
@given(register=REGISTERS, ways=st.lists(CHANGES, min_size=1, max_size=4), declared=st.booleans())
def test_a_view_says_what_the_case_says(
    where: Condition,
    register: Register,
    ways: list[Mapping[str, Any]],
    declared: bool,
) -> None:
    book = rulebook_of((), DERIVED)
    case, view = case_of(Facts(register, AS_OF), book), view_of(register, AS_OF, book)
    more = {"declared_count": 3} if declared else {}
    for way in [*ways, more, *ways]:
        for condition in conditions(where):
            said = view.overridden(way).truth(condition)
            assert said is evaluate(condition, case.overridden(way))


AGREED = AnyOf(
    (
        yes(ref(Partnership, "protocol.agreed", 1)),
        yes(ref(Partnership, "leadership.lead_agreed", 1)),
    )
)
NOTHING_AGREED = Partnership(
    protocol=Protocol(agreed=False), leadership=Leadership(lead_agreed=False)
)


@pytest.mark.parametrize(("number", "shown"), [(2, 4), (LONG + 1, SHOWN), (LONG + 2, 1)])
def test_of_a_long_way_no_variants_are_followed(number: int, shown: int) -> None:
    """Each entry can be mended in two ways; all of them together in very many."""
    rule = Rule(
        "rule", "It is broken", "theme", "Mend.", CITED,
        Quantified(Quantity.EVERY, LISTED, AGREED), Severity.HIGH, subject="register",
    )  # fmt: skip
    register = Register(partnerships=(NOTHING_AGREED,) * number)
    ways = clears(rule, view_of(register, AS_OF, rulebook_of((rule,), {})))
    assert [len(way) for way in ways] == [number] * shown


def test_a_derived_fact_rests_on_those_of_the_records_of_a_list() -> None:
    """Each of these is one reason, with a proof of its own."""
    whole = attrs.evolve(SOUND, name="all_sound", label="all are sound")
    every = Quantified(Quantity.EVERY, LISTED, IS_SOUND)
    derived = DERIVED | {"all_sound": Derived(whole, Register, (Row(every, value=True),), False)}
    rule = Rule(
        "rule", "It is broken", "theme", "Mend.", CITED,
        Not(yes(FactRef("all_sound", 0, whole, FactSource.DERIVED))), Severity.HIGH,
        subject="register",
    )  # fmt: skip
    book = attrs.evolve(rulebook_of((rule,), derived), subjects={"register": Register})
    sound = Partnership(partners=(Partner(named_accountable=True),))
    (found,) = assess(Register(partnerships=(sound, sound)), book, as_of=AS_OF).findings
    assert [each.fact for each in found.because] == ["all_sound"]
    rests_on = {name: [each.fact for each in step.because] for name, step in found.steps.items()}
    entries = [f"partnerships[{index}]" for index in range(2)]
    partners = ("partners", "partners[0].named_accountable")
    assert rests_on == {
        "all_sound": ["partnerships", *(f"{each}.sound" for each in entries)],
        **{f"{each}.sound": [f"{each}.{one}" for one in partners] for each in entries},
    }


def test_what_is_supposed_already_stays_unless_it_is_undone() -> None:
    """A later change undoes an earlier one of the same fact, or of what it does away with."""
    earlier = {"protocol.agreed": True, "leadership.lead_agreed": True}
    assert followed_by(earlier, {"protocol.agreed": False}) == {
        "protocol.agreed": False,
        "leadership.lead_agreed": True,
    }
    assert followed_by(earlier, {"protocol": None}) == {
        "protocol": None,
        "leadership.lead_agreed": True,
    }
    assert followed_by({"protocol": None}, {"protocol.agreed": True}) == {"protocol.agreed": True}
    assert followed_by({"protocol": None}, {"protocol.agreed": False}) == {
        "protocol": None,
        "protocol.agreed": False,
    }


@pytest.mark.parametrize(
    ("one", "other", "at_odds"),
    [
        ({"name": "a"}, {"name": "a"}, False),
        ({"name": "a"}, {"name": "b"}, True),
        ({"name": "a", "nature": "x"}, {"name": "b", "nature": "x"}, True),
        ({"name": "a"}, {"nature": "b"}, False),
        ({"protocol": None}, {"protocol.agreed": True}, True),
        ({"protocol.agreed": True}, {"protocol": None}, True),
        ({"protocol": None}, {"protocol.agreed": False}, False),
        ({"protocol": True}, {"protocol.agreed": True}, False),
    ],
)
def test_changes_contradict_each_other(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    at_odds: bool,
) -> None:
    """Two values of a fact do, and a record that is none and something in it."""
    assert contradict(one, other) is at_odds
