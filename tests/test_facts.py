"""What is known of a subject, in full and as views of it."""

from __future__ import annotations

import attrs
import pytest

from govrules.engines.reference import case_of, settle
from govrules.facts import TO_BE_FOUND, Facts, Scope, annotation, evidence_of, origin_of
from govrules.model import Partner, Partnership, Protocol
from govrules.rulebook.ast import Derived, Row
from govrules.rulebook.expr import Compare, FactRef, FactSource, Literal, Op
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import AS_OF, Fact, Kind, YesNo, vocabulary_of
from tests.properties.small import AS_OF as DAY
from tests.properties.small import COLOURS, TIER, Deal, Item, Thing, ref, rulebook_of

FINE = Item(fine=True, weight=1)
PLANNED = Fact("local.planned", YesNo(), Kind.ARRANGEMENT, "it is planned", "Planned?")
LOCAL = FactRef("local.planned", 0, PLANNED, FactSource.LOCAL)
IS_BIG = FactTest(ref("big"), Compare(Op.EQUALS, Literal(True)))
AS_OF_REF = FactRef("as_of", 0, AS_OF, FactSource.AS_OF)


def value(facts: Facts, path: str) -> object:
    return facts.value(ref(path), (facts.top(),))


def test_a_record_that_is_none_has_nothing_in_it() -> None:
    """Its yes or no is no, and its other facts are none."""
    facts = Facts(Thing(deal=None))
    assert value(facts, "deal.signed") is False
    assert value(facts, "deal.level") is None
    assert value(facts, "deal") is None


def test_a_record_not_known_has_no_facts_known() -> None:
    """What is in a record that nobody recorded is unknown."""
    facts = Facts(Thing())
    assert value(facts, "deal.signed") is UNKNOWN
    assert facts.records(ref("items"), (facts.top(),)) == ([], False)
    assert facts.members(ref("colours"), (facts.top(),)) == (frozenset(), False)


def test_local_and_assessment_facts() -> None:
    """A local fact stands in its own mapping; the date of the assessment beside the record."""
    facts = Facts(Thing(local={"planned": None}), DAY)
    assert facts.value(LOCAL, (facts.top(),)) is False
    assert Facts(Thing(local={"planned": True})).value(LOCAL, (facts.top(),)) is False
    assert facts.value(AS_OF_REF, (facts.top(),)) == DAY
    inside = (facts.top(), Scope(FINE, "items[0].", Item))
    assert facts.path(AS_OF_REF, inside) == "as_of"
    assert facts.path(ref("fine", 1), inside) == "items[0].fine"


@pytest.mark.parametrize(
    ("items", "found", "closed"),
    [
        (None, 0, True),
        ((), 0, True),
        ((FINE,), 1, True),
        ((FINE, UNKNOWN, FINE), 2, False),
        ((UNKNOWN,), 0, False),
    ],
)
def test_records_of_a_list(items: object, found: int, closed: bool) -> None:
    """An unknown item says that there may be more; the records known are counted without it."""
    facts = Facts(attrs.evolve(Thing(), items=items))
    records, no_more = facts.records(ref("items"), (facts.top(),))
    assert [each.prefix for each in records] == [f"items[{index}]." for index in range(found)]
    assert no_more is closed


def test_members_of_a_set() -> None:
    """A set that is none is empty; one with an unknown member is open."""
    for colours, expected in (
        (None, (frozenset(), True)),
        (frozenset(COLOURS), (frozenset(COLOURS), True)),
        (frozenset({"red", UNKNOWN}), (frozenset({"red"}), False)),
    ):
        facts = Facts(attrs.evolve(Thing(), colours=colours))
        assert facts.members(ref("colours"), (facts.top(),)) == expected


def test_only_some_facts_are_known() -> None:
    """A list counts as closed only where its own path is kept; a record where it or a fact is."""
    thing = Thing(big=True, size=1, items=(FINE, FINE), stated={"tier": "low"})
    facts = Facts(thing, DAY, only=frozenset({"size", "items[1].fine"}))
    scopes = (facts.top(),)
    assert value(facts, "size") == 1
    assert value(facts, "big") is UNKNOWN
    assert facts.stated("tier", scopes[0]) is UNKNOWN
    assert facts.value(AS_OF_REF, scopes) is UNKNOWN
    records, closed = facts.records(ref("items"), scopes)
    assert ([each.prefix for each in records], closed) == (["items[1]."], False)
    there = attrs.evolve(facts, only=frozenset({"items[0]"}))
    assert [each.prefix for each in there.records(ref("items"), scopes)[0]] == ["items[0]."]
    whole = attrs.evolve(facts, only=frozenset({"items", "tier"}))
    assert whole.records(ref("items"), scopes)[1] is True
    assert whole.stated("tier", scopes[0]) == "low"


def test_supposing_facts() -> None:
    """What is supposed goes before what is recorded, and a record is there when a part of it is."""
    facts = Facts(Thing(deal=None, spares=(FINE,)), supposed={"deal.signed": True, "tier": "top"})
    assert value(facts, "deal.signed") is True
    assert value(facts, "deal") is True
    assert facts.stated("tier", facts.top()) == "top"
    gone = Facts(Thing(deal=Deal(signed=True, level="low")), supposed={"deal": None})
    assert value(gone, "deal.signed") is False
    assert value(gone, "deal.level") is None
    unmanaged = Facts(Partnership(), supposed={"performance": None})
    measures = vocabulary_of(Partnership).facts["performance.measures"]
    listed = FactRef("performance.measures", 0, measures)
    assert unmanaged.records(listed, (unmanaged.top(),)) == ([], True)
    added = Facts(Thing(spares=(FINE,)), supposed={"spares[1].fine": True, "size": 2})
    records, closed = added.records(ref("spares"), (added.top(),))
    assert [each.prefix for each in records] == ["spares[0].", "spares[1]."]
    assert closed is True
    scopes = (added.top(), records[1])
    assert added.value(ref("fine", 1), scopes) is True
    assert added.value(ref("weight", 1), scopes) is UNKNOWN


def test_where_a_fact_was_seen() -> None:
    """Evidence and origin of a fact are its own, or those of what it is part of."""
    thing = Partnership(
        partners=(Partner(),),
        protocol=Protocol(),
        evidence={"protocol": "minutes", "partners[0].name": "letter"},
        origin={"": "a.yaml:1", "partners": "a.yaml:3", "protocol.agreed": "a.yaml:9"},
    )
    assert evidence_of(thing, "protocol.agreed") == "minutes"
    assert evidence_of(thing, "partners[0].name") == "letter"
    assert evidence_of(thing, "partners[0].role") == ""
    assert origin_of(thing, "partners[0].role") == "a.yaml:3"
    assert origin_of(thing, "protocol.agreed") == "a.yaml:9"
    assert origin_of(thing, "funding.pooled") == origin_of(thing) == "a.yaml:1"
    assert annotation(FINE, "evidence") == annotation(UNKNOWN, "local") == {}


def test_what_is_to_be_found_says_so() -> None:
    """A value that is only supposed to be there prints as such."""
    assert str(TO_BE_FOUND) == "(to be found)"


def test_what_is_taken_and_what_is_settled_stay_with_one_view_of_the_facts() -> None:
    """Another view of a subject settles its derived facts anew, and takes them as it says."""
    facts = Facts(Thing(size=1))
    facts.settled[""] = {"tier": ("low",)}
    for other in (
        attrs.evolve(facts, taken={"tier": "top"}),
        attrs.evolve(facts, supposed={"size": 2}),
        attrs.evolve(facts, only=frozenset()),
    ):
        assert other.settled == {}
    assert facts.taken == {}
    assert facts == Facts(Thing(size=1))
    assert facts != attrs.evolve(facts, taken={"tier": "top"})


def test_a_derived_fact_is_settled_once_a_record_and_as_it_is_taken() -> None:
    """What is taken of the subject stands before what follows, and is not stated."""
    tiers = Derived(TIER, Thing, (Row(IS_BIG, "top"),), "low")
    case = case_of(Facts(Thing()), rulebook_of((), {"tier": tiers}))
    assert settle("tier", case) == ("top", "low")
    assert case.facts.settled == {"": {"tier": ("top", "low")}}
    taking = case.taking({"tier": "low"})
    assert settle("tier", taking) == ("low",)
    assert taking.facts.stated("tier", taking.facts.top()) is UNKNOWN
    assert settle("tier", case) == ("top", "low")
    stated = case_of(Facts(Thing(stated={"tier": "top"})), rulebook_of((), {"tier": tiers}))
    assert settle("tier", stated) == ("top",)
