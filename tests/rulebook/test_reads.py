"""Which facts a condition reads, which of them a change can move, and which no rule reads."""

from __future__ import annotations

import attrs
import pytest

from govrules import UNKNOWN, Funding, Partner, Partnership, Register, load_rulebook
from govrules.cli import main
from govrules.engines.reference import AS_OF_REF
from govrules.model import OrganisationKind, Pool, Scrutiny
from govrules.rulebook.ast import Derived, Row
from govrules.rulebook.expr import (
    All,
    AnyOf,
    By,
    Compare,
    Count,
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
    Share,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.reads import affects, reads, unread
from tests.properties.small import LEVELS, SOUND, TIER, Thing, ref

YES = Compare(Op.EQUALS, Literal(True))
ONE = Compare(Op.AT_LEAST, Literal(1))
BIG, MENDED = FactTest(ref("big"), YES), FactTest(ref("mended"), YES)
FINE, HEAVY = FactTest(ref("fine", 1), YES), FactTest(ref("weight", 1), ONE)
HEAVY_SPARE = FactTest(FactRef("weight", 2, ref("weight", 1).fact), ONE)
ITEMS, SPARES, SIZE = ref("items"), ref("spares"), Compare(Op.EQUALS, ref("size"))
DERIVED = {
    "sound": Derived(SOUND, Thing, (Row(BIG, value=True), Row(MENDED, value=True)), False),
    "tier": Derived(TIER, Thing, (Row(FactTest(ref("sound"), YES), "top"),), "low"),
}


@pytest.mark.parametrize(
    ("condition", "paths"),
    [
        (BIG, {"big"}),
        (All((BIG, FactTest(ref("deal.signed"), YES))), {"big", "deal.signed"}),
        (AnyOf((BIG, Not(MENDED))), {"big", "mended"}),
        (Known(ref("level"), recorded=True), {"level"}),
        (FactTest(ref("colours"), Includes(SetOp.INCLUDES, Literal(frozenset()))), {"colours"}),
        (FactTest(ref("level"), Compare(Op.EQUALS, ref("deal.level"))), {"level", "deal.level"}),
        (
            FactTest(ref("price"), Compare(Op.EQUALS, By(ref("level"), ((LEVELS[0], ref("size")),)))),
            {"price", "level", "size"},
        ),
        (FactTest(ref("checked"), Compare(Op.EQUALS, AS_OF_REF)), {"checked", AS_OF_REF.path}),
        (FactTest(ref("sound"), YES), {"sound", "big", "mended"}),
        (FactTest(ref("tier"), Compare(Op.EQUALS, Literal("top"))),
         {"tier", "sound", "big", "mended"}),
        (Quantified(Quantity.SOME, ITEMS, FINE), {"items", "items[].fine"}),
        (
            Quantified(Quantity.SOME, ITEMS, Quantified(Quantity.SOME, SPARES, HEAVY_SPARE)),
            {"items", "spares", "spares[].weight"},
        ),
        (
            Quantified(Quantity.SOME, ITEMS, Quantified(Quantity.SOME, SPARES, HEAVY)),
            {"items", "spares", "items[].weight"},
        ),
        (Count(ITEMS, None, SIZE), {"items", "size"}),
        (Count(ITEMS, FINE, ONE), {"items", "items[].fine"}),
        (Sum(ITEMS, ref("weight", 1), None, SIZE), {"items", "items[].weight", "size"}),
        (Sum(ITEMS, ref("weight", 1), FINE, ONE), {"items", "items[].weight", "items[].fine"}),
        (Share(ITEMS, None, FINE, SIZE), {"items", "items[].fine", "size"}),
        (Share(ITEMS, HEAVY, FINE, ONE), {"items", "items[].fine", "items[].weight"}),
    ],
)  # fmt: skip
def test_what_is_read(condition, paths):
    assert dict(reads((condition,), DERIVED)) == dict.fromkeys(paths, False)


IS_SOUND = FactTest(ref("sound"), YES)


@pytest.mark.parametrize(
    "condition",
    [
        All((IS_SOUND,)),
        AnyOf((IS_SOUND,)),
        Not(IS_SOUND),
        Known(ref("sound"), recorded=True),
        FactTest(ref("mended"), Compare(Op.EQUALS, ref("sound"))),
        Quantified(Quantity.EVERY, ITEMS, IS_SOUND),
        Count(ITEMS, IS_SOUND, ONE),
        Count(ITEMS, None, Compare(Op.EQUALS, ref("sound"))),
        Sum(ITEMS, ref("weight", 1), IS_SOUND, ONE),
        Sum(ITEMS, ref("weight", 1), None, Compare(Op.EQUALS, ref("sound"))),
        Sum(ITEMS, ref("sound"), None, ONE),
        Share(ITEMS, IS_SOUND, FINE, ONE),
        Share(ITEMS, None, IS_SOUND, ONE),
        Share(ITEMS, None, FINE, Compare(Op.EQUALS, ref("sound"))),
    ],
)
def test_what_derived_facts_follow_from_is_read_wherever_they_stand(condition):
    assert {"sound", "big", "mended"} <= set(reads((condition,), DERIVED))


def test_what_stands_after_the_date_is_read_too():
    since = FactTest(AS_OF_REF, Compare(Op.EQUALS, ref("checked")))
    assert set(reads((since,), DERIVED)) == {AS_OF_REF.path, "checked"}


def test_records_are_told_from_other_facts():
    about = (FactTest(ref("deal"), Compare(Op.EQUALS, Literal(None))), BIG)
    assert dict(reads(about, DERIVED)) == {"deal": True, "big": False}


def test_what_is_read_of_a_record_stands_beneath_where_it_is():
    condition = Quantified(Quantity.SOME, ITEMS, FINE)
    found = reads((condition,), DERIVED, ("partnerships[].",))
    assert set(found) == {"partnerships[].items", "partnerships[].items[].fine"}


def test_derived_facts_of_a_record_are_read_of_that_record():
    sound = FactRef("sound", 1, SOUND, FactSource.DERIVED)
    found = reads((FactTest(sound, YES),), DERIVED, ("", "things[]."))
    assert set(found) == {"things[].sound", "things[].big", "things[].mended"}


@pytest.mark.parametrize(
    ("changed", "read", "record", "moved"),
    [
        ("deal", "deal", False, True),
        ("deal", "deal.signed", False, True),
        ("items", "items[].fine", False, True),
        ("deal", "dealers", False, False),
        ("deal", "dealers", True, False),
        ("deal.signed", "deal", False, False),
        ("deal.signed", "deal", True, True),
        ("items[].fine", "items", True, False),
        ("dealers", "deal", True, False),
    ],
)
def test_what_a_change_moves(changed, read, record, moved):
    assert affects(changed, read, record=record) is moved


POOL = Partnership(
    name="Care pool",
    funding=Funding(pooled=True),
    pool=Pool(vat_settled=False),
    partners=(Partner(name="A", kind=OrganisationKind.CHARITY), Partner(name="B")),
)


def test_a_fact_of_a_pack_that_is_not_loaded_is_named():
    found = unread(POOL, load_rulebook("governing-partnerships"))
    assert found == ("pool.vat_settled",)


def test_all_shipped_packs_together_read_it():
    assert unread(POOL, load_rulebook()) == ()


def test_the_command_says_so(tmp_path, capsys):
    path = tmp_path / "pool.yaml"
    path.write_text("govrules: 1\nname: Pool\nfunding.pooled: yes\npool.vat_settled: no\n")
    main(["check", str(path), "--rules", "governing-partnerships"])
    unread = "Recorded, but read by no check: whether the treatment of VAT is settled.\n"
    assert unread in capsys.readouterr().out
    main(["check", str(path)])
    assert "read by no check" not in capsys.readouterr().out


def test_of_a_set_without_a_known_member_nothing_is_recorded():
    book = load_rulebook()
    scrutiny = Scrutiny(by=frozenset({UNKNOWN}))
    register = Register(partnerships=(Partnership(scrutiny=scrutiny),))
    assert unread(register, book) == ()
    known = attrs.evolve(scrutiny, by=frozenset({"audit_committee", UNKNOWN}))
    register = Register(partnerships=(Partnership(scrutiny=known),))
    assert unread(register, book) == ("partnerships[].scrutiny.by",)
