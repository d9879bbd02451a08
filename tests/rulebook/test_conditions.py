"""The conditions of rule files as the tree that engines read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import attrs
import pytest

from govrules.model import Partner, Partnership, Register
from govrules.rulebook import conditions, expr, types
from govrules.rulebook.ast import Rule, Rulebook
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
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Plain,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
)
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.operands import may_be_none
from govrules.rulebook.types import are_comparable
from govrules.vocabulary import (
    AS_OF,
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    closed_values,
    vocabulary_of,
)
from tests.pages import laid

GOOD = laid("rule_files.md") / "good"


@pytest.fixture
def rulebook() -> Rulebook:
    return load_rulebook(GOOD / "everything")


def fact(path: str, *, of: type = Partnership, level: int = 0) -> FactRef:
    return FactRef(path, level, vocabulary_of(of).facts[path])


def derived(rulebook: Rulebook, name: str) -> FactRef:
    return FactRef(name, 0, rulebook.derived[name].fact, FactSource.DERIVED)


def local(rulebook: Rulebook, name: str) -> FactRef:
    return FactRef(f"local.{name}", 0, rulebook.own[f"local.{name}"])


def compare(ref: FactRef, op: Op, value: Plain | Operand) -> expr.Test:
    """Make a comparison; a plain value is a literal."""
    operand = value if isinstance(value, Parameter | FactRef | By) else Literal(value)  # type: ignore[arg-type]
    return expr.Test(ref, Compare(op, operand))


def applies(rule: Rule) -> Condition:
    assert rule.applies_when is not None
    return rule.applies_when


def test_a_mapping_of_facts_means_all(rulebook: Rulebook) -> None:
    """Each entry of a mapping is a test, and all of them must hold."""
    assert applies(rulebook.rule("yes-or-no")) == All(
        (
            compare(fact("funding.pooled"), Op.EQUALS, True),
            compare(fact("protocol.agreed"), Op.EQUALS, False),
        )
    )


def test_one_entry_stands_for_itself(rulebook: Rulebook) -> None:
    """A mapping of one entry is that entry, read by the type of a local fact here."""
    requires = rulebook.rule("yes-or-no").requires
    assert requires == compare(local(rulebook, "net_zero_plan"), Op.EQUALS, True)


def test_a_list_of_values_means_one_of(rulebook: Rulebook) -> None:
    """A list where a value belongs asks for one of its values, none among them."""
    assert applies(rulebook.rule("a-choice")) == All(
        (
            expr.Test(
                fact("status"), OneOf((Literal("active"), Literal("closing"), Literal(None)))
            ),
            compare(local(rulebook, "season"), Op.EQUALS, "winter"),
        )
    )


def test_several_tests_of_one_fact_must_all_hold(rulebook: Rulebook) -> None:
    """An ordered choice stands the tests of order, several at once."""
    assert rulebook.rule("a-choice").requires == All(
        (
            compare(fact("integration_level"), Op.AT_LEAST, "liaison"),
            compare(fact("integration_level"), Op.LESS_THAN, "pooled"),
        )
    )


def test_amounts_are_decimal_and_compare_with_parameters_and_facts(rulebook: Rulebook) -> None:
    """An amount reads pounds and commas, and may be compared with a parameter or a fact."""
    rule = rulebook.rule("an-amount")
    assert applies(rule) == All(
        (
            compare(fact("funding.annual_spend"), Op.MORE_THAN, Decimal(1000)),
            compare(
                fact("funding.annual_spend"), Op.AT_MOST, Parameter("large_spend", Decimal(250000))
            ),
        )
    )
    assert rule.requires == All(
        (
            expr.Test(
                fact("funding.guarantees"),
                Between(Literal(Decimal(0)), fact("funding.annual_spend")),
            ),
            expr.Test(fact("funding.borrowing"), Between(Literal(Decimal(1)), Literal(Decimal(2)))),
            compare(local(rulebook, "levy"), Op.AT_MOST, Parameter("small_grant", Decimal(500))),
        )
    )


def test_numbers_are_whole_where_the_fact_is(rulebook: Rulebook) -> None:
    """A count is an int, a share a Decimal, and numbers compare whatever they count."""
    assert rulebook.rule("a-number").requires == All(
        (
            compare(fact("funding.traced_share"), Op.AT_LEAST, Decimal("90.5")),
            compare(fact("staffing.shared_posts"), Op.EQUALS, 3),
            compare(local(rulebook, "carbon"), Op.AT_MOST, fact("funding.traced_share")),
        )
    )


def test_dates_compare_with_the_date_of_the_assessment(rulebook: Rulebook) -> None:
    """`as_of` may be compared with, and may be tested itself."""
    as_of = FactRef("as_of", 0, AS_OF, FactSource.AS_OF)
    assert applies(rulebook.rule("a-date")) == All(
        (
            compare(fact("governing_document.expires"), Op.AT_LEAST, as_of),
            compare(
                local(rulebook, "begun"),
                Op.LESS_THAN,
                Parameter("new_rules", dt.date(2024, 4, 1)),
            ),
            compare(as_of, Op.MORE_THAN, dt.date(2026, 1, 1)),
        )
    )


def test_ages_are_in_months_and_chosen_by_a_derived_fact(rulebook: Rulebook) -> None:
    """`by` gives a value for each value of the fact that chooses, literal or parameter."""
    choice = By(
        derived(rulebook, "tier"),
        (("high", Literal(12)), ("medium", Parameter("review_interval", 24)), ("low", Literal(36))),
    )
    assert rulebook.rule("a-date").requires == AnyOf(
        (
            compare(fact("reviewed"), Op.NEWER_THAN, choice),
            compare(fact("reviewed"), Op.OLDER_THAN, 1),
            compare(fact("reviewed"), Op.EQUALS, None),
        )
    )


def test_text_is_read_as_text(rulebook: Rulebook) -> None:
    """`NO` stays NO in a text, `not` denies nothing there, and `none` in quotes is a word."""
    assert applies(rulebook.rule("a-text")) == All(
        (
            expr.Test(fact("name"), OneOf((Literal("NO"), Literal("not for profit")))),
            compare(local(rulebook, "motto"), Op.EQUALS, "none"),
        )
    )
    chosen = By(fact("funding.pooled"), ((True, fact("pool.host")), (False, fact("name"))))
    assert rulebook.rule("a-text").requires == All(
        (
            Not(compare(fact("responsible_officer"), Op.EQUALS, None)),
            compare(fact("accountability.accountable_body"), Op.EQUALS, chosen),
        )
    )


def test_all_and_any_take_mappings_too(rulebook: Rulebook) -> None:
    """Each entry of a mapping under `all` or `any` is a condition; a record can be none."""
    assert rulebook.rule("a-record").requires == All(
        (
            Not(compare(fact("protocol"), Op.EQUALS, None)),
            AnyOf(
                (
                    compare(fact("pool"), Op.EQUALS, None),
                    compare(fact("funding.pooled"), Op.EQUALS, False),
                )
            ),
        )
    )


def test_sets_are_tested_by_their_members(rulebook: Rulebook) -> None:
    """A set includes, includes all, misses any of, and counts; none compares whole."""
    rule = rulebook.rule("a-set")
    assert applies(rule) == All(
        (
            expr.Test(fact("nature"), Includes(SetOp.INCLUDES, Literal(frozenset({"statutory"})))),
            compare(fact("exit_terms"), Op.EQUALS, None),
        )
    )
    clauses = fact("governing_document.clauses")
    chosen = By(
        derived(rulebook, "weighty"),
        ((True, Literal(frozenset({"aims", "roles"}))), (False, Literal(frozenset({"aims"})))),
    )
    assert rule.requires == All(
        (
            expr.Test(clauses, Includes(SetOp.INCLUDES_ALL, chosen)),
            expr.Test(
                clauses,
                Includes(SetOp.MISSING_ANY_OF, Literal(frozenset({"risk", "assets"}))),
            ),
            All(
                (
                    Count(clauses, None, Compare(Op.AT_LEAST, Literal(2))),
                    Count(clauses, None, Compare(Op.AT_MOST, Literal(9))),
                )
            ),
        )
    )


def test_lists_are_quantified_and_added_up(rulebook: Rulebook) -> None:
    """Inside a list a name is the record's if it has it, and else the subject's."""
    partners = fact("partners")

    def inner(path: str) -> FactRef:
        return fact(path, of=Partner, level=1)

    rule = rulebook.rule("a-list")
    assert applies(rule) == Quantified(
        Quantity.NONE,
        partners,
        expr.Test(
            inner("weaknesses"), Includes(SetOp.INCLUDES, Literal(frozenset({"insolvency_risk"})))
        ),
    )
    assert isinstance(rule.requires, All)
    tested, empty = rule.requires.items
    assert isinstance(tested, All)
    some, every, counts, total, share = tested.items
    assert some == Quantified(
        Quantity.SOME,
        partners,
        All(
            (
                compare(inner("named_accountable"), Op.EQUALS, True),
                expr.Test(
                    inner("roles"),
                    Includes(SetOp.INCLUDES, Literal(frozenset({"lead", "accountable_body"}))),
                ),
            )
        ),
    )
    assert every == Quantified(
        Quantity.EVERY,
        partners,
        All(
            (
                expr.Test(inner("kind"), OneOf((Literal("charity"), Literal("company")))),
                compare(fact("funding.pooled"), Op.EQUALS, True),
            )
        ),
    )
    independent = compare(inner("independent"), Op.EQUALS, True)
    assert counts == All(
        (
            Count(partners, independent, Compare(Op.AT_LEAST, Literal(2))),
            Count(partners, independent, Compare(Op.LESS_THAN, Parameter("few", Decimal(3)))),
        )
    )
    assert total == Sum(
        partners,
        inner("voting_share"),
        compare(inner("kind"), Op.EQUALS, "company"),
        Between(Literal(Decimal(0)), Literal(Decimal(50))),
    )
    assert share == Share(
        partners,
        independent,
        compare(inner("receives_money"), Op.EQUALS, True),
        Compare(Op.AT_MOST, Literal(Decimal(50))),
    )
    assert empty == Count(fact("conflicts.declared"), None, Compare(Op.EQUALS, Literal(0)))


def test_lists_need_no_condition_to_be_added_up(rulebook: Rulebook) -> None:
    """A sum, and a share among all records, are over the whole list; a list can be none."""
    rule = rulebook.rule("a-list-without-conditions")
    partners = fact("partners")
    assert applies(rule) == compare(partners, Op.EQUALS, None)
    assert rule.requires == All(
        (
            Sum(
                partners,
                fact("voting_share", of=Partner, level=1),
                None,
                Compare(Op.EQUALS, Literal(Decimal(100))),
            ),
            Share(
                partners,
                None,
                compare(fact("independent", of=Partner, level=1), Op.EQUALS, True),
                Compare(Op.MORE_THAN, Literal(Decimal(5))),
            ),
        )
    )


def test_register_rules_about_records_may_ask_what_is_known(rulebook: Rulebook) -> None:
    """`known: yes` asks whether a fact was recorded, `known: no` whether none was."""
    rule = rulebook.rule("an-incomplete-register")
    assert rule.about_records
    assert rule.requires == Quantified(
        Quantity.EVERY,
        fact("partnerships", of=rulebook.class_of(Register)),
        All(
            (
                Known(fact("funding.pooled", level=1), recorded=True),
                Known(fact("protocol", level=1), recorded=False),
            )
        ),
    )


def test_a_derived_fact_is_found_where_it_belongs(rulebook: Rulebook) -> None:
    """A derived fact of registers is one of the register's facts."""
    ref = FactRef("crowded", 0, rulebook.derived["crowded"].fact, FactSource.DERIVED)
    assert applies(rulebook.rule("an-incomplete-register")) == compare(ref, Op.EQUALS, False)


def test_places_point_at_facts_and_tests(rulebook: Rulebook) -> None:
    """A fact's place is its key's, a test's place that of the test, each with its length."""
    requires = rulebook.rule("a-choice").requires
    assert isinstance(requires, All)
    first = requires.items[0]
    assert isinstance(first, expr.Test)
    lines = (GOOD / "everything" / "single-values.yaml").read_text("utf-8").splitlines()

    def text_at(line: int, column: int, length: int) -> str:
        return lines[line - 1][column - 1 : column - 1 + length]

    ref, own = first.fact.span, first.span
    assert text_at(ref.line, ref.column, ref.length) == "integration_level"
    assert text_at(own.line, own.column, own.length) == "at_least"


@pytest.mark.parametrize(
    ("fact_type", "tests"),
    [
        (YesNo(), {"equals"}),
        (Text(), {"equals"}),
        (Choice(("a",)), {"equals"}),
        (Record(Partner), {"equals"}),
        (Number(), {"equals", "at_least", "at_most", "more_than", "less_than", "between"}),
        (Money(), {"equals", "at_least", "at_most", "more_than", "less_than", "between"}),
        (Months(), {"equals", "at_least", "at_most", "more_than", "less_than", "between"}),
        (
            Choice(("a",), ordered=True),
            {"equals", "at_least", "at_most", "more_than", "less_than", "between"},
        ),
        (
            Date(),
            {
                "equals",
                "at_least",
                "at_most",
                "more_than",
                "less_than",
                "between",
                "older_than",
                "newer_than",
                "within_next",
            },
        ),
        (Choices(("a",)), {"includes", "includes_all", "missing_any_of", "count"}),
        (Records(Partner), {"some", "every", "none", "count", "sum", "share"}),
    ],
)
def test_each_type_has_its_tests(fact_type: FactType, tests: set[str]) -> None:
    """What can be asked of a fact depends on its type only."""
    assert set(types.tests_for(fact_type)) == tests


def test_closed_values_are_those_of_choices_and_of_yes_or_no() -> None:
    """Only a fact with closed values can choose by `by`."""
    assert closed_values(YesNo()) == (True, False)
    assert closed_values(Choice(("a", "b"))) == ("a", "b")
    assert closed_values(Text()) == ()


def test_values_of_like_types_compare() -> None:
    """Numbers compare whatever they count, but never with amounts; choices by their values."""
    assert are_comparable(Number(unit="posts"), Number(whole=True))
    assert are_comparable(Money(), Money())
    assert not are_comparable(Money(), Number())
    assert are_comparable(Choice(("a",)), Choice(("a",), ordered=True))
    assert not are_comparable(Choice(("a",)), Choice(("b",)))
    assert are_comparable(Choices(("a",)), Choices(("a",)))
    assert not are_comparable(Choices(("a",)), Choices(("a", "b")))
    assert are_comparable(Date(), Date())
    assert not are_comparable(Date(), Text())


def test_an_operand_may_be_none_by_a_choice() -> None:
    """A choice may be none if one of its cases is; a parameter and a fact are values."""
    selector = fact("funding.pooled")
    assert may_be_none(Literal(None))
    assert may_be_none(By(selector, ((True, Literal(1)), (False, Literal(None)))))
    assert not may_be_none(By(selector, ((True, Literal(1)), (False, Literal(2)))))
    assert not may_be_none(Parameter("few", 3))
    assert not may_be_none(selector)


def test_trees_are_equal_when_they_mean_the_same(rulebook: Rulebook) -> None:
    """Places are left out of equality and of the way a tree is shown."""
    requires = rulebook.rule("yes-or-no").requires
    moved = attrs.evolve(requires, span=rulebook.rule("a-set").span)
    assert moved == requires
    assert "span" not in repr(moved)


def test_a_fact_reference_has_the_type_of_its_fact() -> None:
    """A reference carries the fact that it names."""
    described: Fact = vocabulary_of(Partnership).facts["name"]
    assert FactRef("name", 0, described).type == Text()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("min", "did you mean `at_least`?"),
        (">=", "did you mean `at_least`?"),
        ("more than", "did you mean `more_than`?"),
        ("is_not", "write `equals` here, and the whole test below `not:`"),
        ("not_above", "write `more_than` here, and the whole test below `not:`"),
        ("newer_than", "`count` takes: `equals`, `at_least`"),
        ("never_equals", "allowed: `equals`, `at_least`"),
    ],
)
def test_a_test_written_in_another_way_is_not_cured_by_its_opposite(
    written: str, meant: str
) -> None:
    assert conditions._test_meant(written, "count", ("equals", "at_least", "more_than")).startswith(
        meant
    )
