"""What a condition refers to, which facts it reads, which of them a change can move, and which no rule reads."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import attrs
import pytest

from govrules import UNKNOWN, Funding, Partner, Partnership, Register, load_rulebook
from govrules.cli import main
from govrules.engines.reference import AS_OF_REF
from govrules.model import OrganisationKind, Pool, Scrutiny
from govrules.rulebook import expr
from govrules.rulebook.ast import SEVERITIES, Derived, Row, Rulebook, Severity, rule_conditions
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
from govrules.rulebook.walk import nodes, references
from tests.pages import laid
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
    book = load_rulebook("health-pooled-funds")
    scrutiny = Scrutiny(by=frozenset({UNKNOWN}))
    register = Register(partnerships=(Partnership(scrutiny=scrutiny),))
    assert unread(register, book) == ()
    known = attrs.evolve(scrutiny, by=frozenset({"audit_committee", UNKNOWN}))
    register = Register(partnerships=(Partnership(scrutiny=known),))
    assert unread(register, book) == ("partnerships[].scrutiny.by",)
    # What rules on partnerships read is read of a register too.
    assert unread(register, load_rulebook()) == ()


GOOD = laid("rule_files.md") / "good"


@pytest.fixture
def rulebook() -> Rulebook:
    return load_rulebook(GOOD / "everything")


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        ("yes-or-no", ["local.net_zero_plan"]),
        (
            "an-amount",
            ["funding.guarantees", "funding.annual_spend", "funding.borrowing", "local.levy"],
        ),
        ("a-date", ["reviewed", "tier", "reviewed", "reviewed"]),
        (
            "a-text",
            [
                "responsible_officer",
                "accountability.accountable_body",
                "funding.pooled",
                "pool.host",
                "name",
            ],
        ),
        (
            "a-list",
            [
                "partners",
                "named_accountable",
                "roles",
                "partners",
                "kind",
                "funding.pooled",
                "partners",
                "independent",
                "partners",
                "independent",
                "partners",
                "voting_share",
                "kind",
                "partners",
                "independent",
                "receives_money",
                "conflicts.declared",
            ],
        ),
        ("an-incomplete-register", ["partnerships", "funding.pooled", "protocol"]),
        ("a-choice", ["integration_level", "integration_level"]),
    ],
)
def test_every_fact_is_found_in_the_order_of_the_text(
    rulebook: Rulebook, rule: str, paths: list[str]
) -> None:
    """Facts that are tested, compared with, chosen by and added up are all references."""
    assert [each.path for each in references(rulebook.rule(rule).requires)] == paths


@pytest.mark.parametrize(
    ("requires", "amounts"),
    [
        ("{ at_least: £500 }", {(500, True)}),
        ("{ more_than: £500 }", {(500, False)}),
        ("{ between: [£500, { parameter: large_spend }] }", {(500, True), (250_000, False)}),
        (
            "{ less_than: { by: tier, high: £500, low: { parameter: large_spend } } }",
            {(500, True), (250_000, True)},
        ),
        # What else is asked of an amount than whether it is above another, no band settles.
        ("[£500, £600]", None),
        ("{ at_least: { fact: funding.borrowing } }", None),
        ("{ at_least: { by: tier, high: £500, low: { fact: funding.borrowing } } }", None),
    ],
)
def test_amounts_with_which_a_fact_is_compared_are_found(
    tmp_path: Path, requires: str, amounts: set[tuple[int, bool]] | None
) -> None:
    """A band of amounts is read as one of them where none of these lies within it."""
    shutil.copytree(laid("rule_files.md") / "base", tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "pack" / "rules.yaml").read_text("utf-8")
    tested = f"{{ funding.guarantees: {requires} }}"
    changed = rules.replace("{ protocol.agreed: yes }", tested)
    (tmp_path / "pack" / "rules.yaml").write_text(changed, "utf-8")
    found = load_rulebook(tmp_path / "pack").thresholds
    by_name = {
        fact.name: {(each.amount, each.reached) for each in its} for fact, its in found.items()
    }
    assert by_name.get("guarantees") == amounts


def test_one_of_refers_to_its_operands(rulebook: Rulebook) -> None:
    """A list of values has no facts but those that are compared with."""
    applies = rulebook.rule("a-choice").applies_when
    assert applies is not None
    assert [each.path for each in references(applies)] == ["status", "local.season"]


def test_nodes_are_walked_outermost_first(rulebook: Rulebook) -> None:
    """A condition comes before those inside it."""
    found = list(nodes(rulebook.rule("a-set").requires))
    assert [type(each) for each in found] == [
        All,
        expr.Test,
        expr.Test,
        All,
        Count,
        Count,
    ]


def test_the_conditions_of_a_rule_are_all_found(rulebook: Rulebook) -> None:
    """Scope, exceptions, duty, grades and mitigations are the conditions of a rule."""
    rule = rulebook.rule("yes-or-no")
    assert list(rule_conditions(rule)) == [
        rule.applies_when,
        rule.unless[0].when,
        rule.requires,
        rule.grades[0].when,
        rule.grades[1].when,
        rule.mitigated_by[0].when,
    ]
    assert list(rule_conditions(rulebook.rule("a-pair"))) == [rulebook.rule("a-pair").requires]


def test_severities_are_ordered() -> None:
    """Low is the least and critical the most, in every comparison."""
    assert [each.value for each in sorted(SEVERITIES, reverse=True)] == [
        "critical",
        "high",
        "medium",
        "low",
    ]
    for one, two in itertools.product(SEVERITIES, repeat=2):
        assert (one < two) == (one.rank < two.rank)
        assert (one <= two) == (one.rank <= two.rank)
        assert (one > two) == (one.rank > two.rank)
        assert (one >= two) == (one.rank >= two.rank)


def test_a_severity_steps_down_by_one_and_low_stays() -> None:
    """A mitigation never makes a finding less than low."""
    assert Severity.CRITICAL.stepped_down() is Severity.HIGH
    assert Severity.LOW.stepped_down() is Severity.LOW
