"""What is known of a subject, in full and as views of it; and the facts that packs add."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules import (
    FactsError,
    Register,
    Rulebook,
    RuleFileError,
    assess,
    assess_register,
    load_rulebook,
    read,
    read_text,
    to_data,
)
from govrules.diagnostics import Code
from govrules.engines.reference import case_of, settle
from govrules.facts import TO_BE_FOUND, Facts, Scope, annotation, evidence_of, origin_of
from govrules.model import Partner, Partnership, Protocol
from govrules.own import adopted, with_own
from govrules.registers.read import read_source
from govrules.rulebook.ast import Derived, Row
from govrules.rulebook.expr import Compare, FactRef, FactSource, Literal, Op
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import AS_OF, Collected, Fact, Kind, YesNo, vocabulary_of
from tests.properties.small import AS_OF as DAY
from tests.properties.small import COLOURS, TIER, Deal, Item, Thing, ref, rulebook_of

FINE = Item(fine=True, weight=1)
PLANNED = Fact("planned", YesNo(), Kind.ARRANGEMENT, "it is planned", "Planned?")
LOCAL = FactRef("local.planned", 0, PLANNED)
OWN = with_own(Thing, {Thing: {"planned": PLANNED}})
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
    """A local fact stands in a record of its own; the date of the assessment beside the record."""
    facts = Facts(adopted(Thing(local={"planned": None}), OWN, []), DAY)
    assert facts.value(LOCAL, (facts.top(),)) is False
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
    facts = Facts(Thing(deal=None, spares=(FINE,)), overrides={"deal.signed": True, "tier": "top"})
    assert value(facts, "deal.signed") is True
    assert value(facts, "deal") is True
    assert facts.stated("tier", facts.top()) == "top"
    gone = Facts(Thing(deal=Deal(signed=True, level="low")), overrides={"deal": None})
    assert value(gone, "deal.signed") is False
    assert value(gone, "deal.level") is None
    unmanaged = Facts(Partnership(), overrides={"performance": None})
    measures = vocabulary_of(Partnership).facts["performance.measures"]
    listed = FactRef("performance.measures", 0, measures)
    assert unmanaged.records(listed, (unmanaged.top(),)) == ([], True)
    added = Facts(Thing(spares=(FINE,)), overrides={"spares[1].fine": True, "size": 2})
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
        attrs.evolve(facts, overrides={"size": 2}),
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


# ── A pack's own facts ────────────────────────────────────────────────────────────────────────

TOWN = {
    "rulebook.yaml": """
govrules: 1
id: town
title: Town partnerships
version: "1"
owner: The town
sources:
  code: { title: The town's code, publisher: The town, year: "2025" }
facts:
  local.policies:
    any_of: [code_of_conduct, whistleblowing]
    kind: arrangement
    label: the policies adopted
    question: Which policies have been adopted?
  partners[].local.sector:
    values: [public, private]
    kind: circumstance
    label: the sector
    question: Of which sector is the partner?
  local.members:
    list: member
    kind: arrangement
    label: the members of the board
    question: Who are the members of the board?
    facts:
      trained:
        type: yes or no
        kind: arrangement
        label: the member is trained
        denial: the member is not trained
        question: Has the member been trained?
  local.town_policy:
    subject: register
    type: yes or no
    kind: arrangement
    label: the town has a policy on partnerships
    denial: the town has no policy on partnerships
    question: Has the town a policy on partnerships?
  local.area:
    values: [north, south]
    kind: circumstance
    label: the area
    question: Which area does it serve?
""",
    "members.yaml": """
govrules: 1
theme: members
rules:
""",
}
#: Each with what it requires, and of what it is.
REQUIRED = {
    "no-code": "{ local.policies: { includes: code_of_conduct } }",
    "private-partner": "{ partners: { every: { local.sector: public } } }",
    "member-untrained": "{ local.members: { every: { trained: yes } } }",
    "no-town-policy": "{ local.town_policy: yes }\n    subject: register",
    "one-area": "{ not: { first.local.area: { fact: second.local.area } } }\n    subject: pair",
}
TOWN["members.yaml"] += "".join(
    f"""
  - id: {name}
    title: The rule {name} is broken
    principle: The town asks for it.
    source: {{ document: code, paragraph: "1" }}
    requires: {requires}
    severity: low
"""
    for name, requires in REQUIRED.items()
)
REGISTER = """
govrules: 1
local.town_policy: no
partnerships:
  - id: A
    name: Town pool
    local: { policies: [whistleblowing], area: north, members: [{ trained: yes }, { trained: no }] }
    partners: [{ name: Council, local.sector: public }, { name: Build Ltd, local.sector: private }]
  - id: B
    name: Park board
    local.policies: [code_of_conduct]
    local.area: north
    partners: [{ name: Council, local.sector: public }]
  - { id: C, name: River group, local.members: none }
"""
SAID = {
    ("A", "no-code"): "flagged",
    ("A", "private-partner"): "flagged",
    ("A", "member-untrained"): "flagged",
    ("B", "no-code"): "clear",
    ("B", "private-partner"): "clear",
    ("B", "member-untrained"): "unknown",
    ("C", "no-code"): "unknown",
    ("C", "private-partner"): "unknown",
    ("C", "member-untrained"): "clear",
    ("", "no-town-policy"): "flagged",
    ("A + B", "one-area"): "flagged",
}


@pytest.fixture(scope="module")
def town() -> Rulebook:
    return load_rulebook(TOWN)


def said(register: Any, rulebook: Rulebook, engine: str = "reference") -> dict[Any, str]:
    found = assess_register(register, rulebook, as_of=dt.date(2026, 3, 31), engine=engine)
    return {
        (each.id, finding.rule.id): finding.verdict.value
        for each in found.all()
        for finding in each.findings
    }


@pytest.mark.parametrize("engine", ["reference", "compiled", "columnar"])
def test_own_facts_stand_on_every_kind_of_record_and_each_engine_reads_them(
    town: Rulebook, engine: str
) -> None:
    read = read_text(REGISTER, rulebook=town)
    assert not (*read.warnings, *read.problems)
    found = said(read.subject, town, engine)
    assert {key: found[key] for key in SAID} == SAID


def test_own_facts_come_from_tables_with_lists_beside_them(town: Rulebook, tmp_path: Path) -> None:
    files = {
        "r.csv": "id,name,Policies,Area\nA,Town pool,whistleblowing,north\n"
        "B,Park board,code_of_conduct,north\nC,River group,,\n",
        "members.csv": "Ref,Trained\nA,yes\nA,no\n",
        "partners.csv": "Ref,Partner,Sector\nA,Council,public\nA,Build Ltd,private\n"
        "B,Council,public\n",
        "m.yaml": "govrules: 1\nregister: { local.town_policy: no }\ncolumns:\n"
        "  id: id\n  name: name\n  Area: local.area\n"
        "  Policies: { fact: local.policies, separator: ';' }\nlists:\n"
        "  local.members: { file: members.csv, key: Ref, joins: id, columns: { Trained: trained } }\n"
        "  partners: { file: partners.csv, key: Ref, joins: id, complete: yes,"
        " columns: { Partner: name, Sector: local.sector } }\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = read_source(tmp_path / "r.csv", mapping=tmp_path / "m.yaml", rulebook=town)
    assert not (*found.warnings, *found.problems)
    got = said(found.subject, town)
    # Nobody said that C has no members, and a cell does not say that there is no more.
    open_ = dict.fromkeys([("A", "no-code"), ("C", "member-untrained")], "unknown")
    assert {key: got[key] for key in SAID} == {**SAID, **open_}


def test_own_facts_are_written_read_back_copied_and_equal(town: Rulebook) -> None:
    register = read_text(REGISTER, rulebook=town).subject
    again = read(to_data(register), rulebook=town).subject
    assert again == register == pickle.loads(pickle.dumps(register)) == copy.deepcopy(register)
    (first, *_) = register.partnerships
    assert {*first.local} == {"policies", "area", "members"}
    assert first.local["area"] == "north"
    assert first != attrs.evolve(first, local={"area": "south"})
    made = Partnership(
        id="A", local={"policies": frozenset({"whistleblowing"}), "members": [{"trained": False}]}
    )
    assert said(Register(partnerships=(made,)), town)["A", "member-untrained"] == "flagged"
    plain = Partnership(id="A", local={"area": "north"})
    assert town.adopted(plain) == plain != town.adopted(made)
    assert town.adopted(Collected((plain, UNKNOWN))) == Collected((plain, UNKNOWN))
    assert plain != {"area": "north"}


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (Partnership(local={"xyzzy": True}), "local.xyzzy"),
        (
            Partnership(local={"members": [{"trained": True}, {"paid": True}]}),
            "local.members[1].paid",
        ),
        (Partnership(local={"members": [{"trained": "perhaps"}]}), "local.members[0].trained"),
        (Partnership(local={"policies": True}), "local.policies"),
        (Partnership(local="north"), "local"),
    ],
)
def test_own_facts_that_no_pack_declares_are_refused(
    town: Rulebook, record: Partnership, path: str
) -> None:
    with pytest.raises(FactsError) as caught:
        assess(record, town)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("was", "becomes", "code", "message"),
    [
        ("local.area:", "local.class:", Code.BAD_NAME, "`class` cannot be the name of a fact"),
        ("      trained:", "      Trained:", Code.BAD_NAME, "`Trained`"),
        (
            "any_of: [code_of_conduct, whistleblowing]",
            "any_of: [code_of_conduct, whistleblowing]\n    values: [none_yet, all_of_them]",
            Code.UNKNOWN_KEY,
            "`any_of` does not belong",
        ),
    ],
)
def test_own_facts_are_declared_one_way(was: str, becomes: str, code: Code, message: str) -> None:
    book = {**TOWN, "rulebook.yaml": TOWN["rulebook.yaml"].replace(was, becomes)}
    assert book != TOWN
    with pytest.raises(RuleFileError) as caught:
        load_rulebook(book)
    found = [(each.code, each.message) for each in caught.value.diagnostics]
    assert any(each == code and message in told for each, told in found), found


def test_advice_is_about_own_facts_too(town: Rulebook) -> None:
    register = read_text(REGISTER, rulebook=town).subject
    found = assess(register.partnerships[0], town, as_of=dt.date(2026, 3, 31))
    told = {change.fact: change.phrase for change in found.plan().changes}
    assert told == {
        "local.policies": "the policies adopted include code of conduct",
        "local.members[1].trained": "member 2 is trained",
    }
    assert found.plan().left == ("private-partner",)
    other = found.what_if(
        {"local.members[1].trained": True, "partners[Build Ltd].local.sector": "public"}
    )
    assert {each.rule.id for each in other.closed} == {"member-untrained", "private-partner"}
    asked = assess(register.partnerships[2], town).questions
    assert [each.question.fact for each in asked][:2] == ["local.policies", "partners"]
