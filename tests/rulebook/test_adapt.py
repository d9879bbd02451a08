"""Packs that adapt others: parameters, severities, rules left out and replaced, at any depth."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from decimal import Decimal

import attrs
import pytest

from govrules import (
    Funding,
    GovrulesError,
    NoSuchRuleError,
    Partnership,
    assess,
    load_rulebook,
    with_parameters,
)
from govrules.catalogue import catalogue
from govrules.diagnostics import Code
from govrules.errors import RuleFileError
from govrules.examples import run_derived_examples, run_examples
from govrules.render.plain import adaptation_data
from govrules.rulebook.adapt import as_seen_by
from govrules.rulebook.ast import Says, Severity

HEAD = "govrules: 1\nid: {}\ntitle: A law\nversion: '1'\nowner: us\n"
BASE = (
    HEAD.format("base")
    + """\
sources: { s: { title: S, publisher: P, year: "2026" } }
parameters:
  much: { value: £1000, reason: It is much., says: stated }
  long: { value: 12 months, reason: It is long., says: ours }
derived:
  large: { label: it is large, when: { funding.annual_spend: { at_least: { parameter: much } } } }
"""
)
RULES = """\
govrules: 1
theme: t
rules:
  - id: large-pool
    title: A large pool has no protocol
    principle: Who pools much writes it down.
    source: { document: s, paragraph: 1, says: stated }
    applies_when: { large: yes }
    requires: { protocol.agreed: yes }
    severity: { high: { funding.pooled: yes }, otherwise: low }
    examples:
      - { name: large, given: { funding.annual_spend: 1000, protocol: none }, expect: flagged }
      - { name: small, given: { funding.annual_spend: 999, protocol: none }, expect: not applicable }
  - id: spends-much
    title: It spends much
    principle: Who spends much is careful.
    source: { document: s, paragraph: 1, says: stated }
    requires: { funding.annual_spend: { less_than: { parameter: much } } }
    severity: low
    remedy:
      do: Spend less.
      instead: [{ when: { funding.annual_spend: { at_least: { parameter: much } } }, do: Stop. }]
"""


@pytest.fixture
def load(tmp_path):
    def load(*names, **packs):
        every = {"base": (BASE, RULES), **packs}
        for name, (book, rules) in every.items():
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            (folder / "rulebook.yaml").write_text(book, "utf-8")
            if rules:
                (folder / "rules.yaml").write_text(rules, "utf-8")
        return load_rulebook(*(tmp_path / each for each in names))

    return load


def adapting(name, section):
    return HEAD.format(name) + f"adapts:\n{section}", ""


MUCH = "  base: {{ parameters: {{ much: {{ value: {}, reason: We are large. }} }} }}\n"


def test_a_parameter_counts_wherever_it_is_read(load):
    book = load("own", own=adapting("own", MUCH.format("£5000")))
    assert book.parameters["much"].value == Decimal(5000)
    assert book.parameters["much"].says is Says.OURS
    assert book.rule("spends-much").parameters[0].value == Decimal(5000)
    assert book.derived["large"].parameters[0].value == Decimal(5000)
    assert book.rule("spends-much").says["threshold"] is Says.OURS
    instead = book.rule("spends-much").remedy.instead[0][0]
    assert instead.predicate.operand.value == Decimal(5000)


def test_examples_are_judged_by_the_values_that_they_were_written_for(load):
    book = load("own", own=adapting("own", MUCH.format("£5000")))
    results = list(run_examples(book))
    assert len(results) == 2
    assert not [each.problem for each in results if each.problem]


def test_a_pack_that_extends_an_adapted_one_sees_what_is_adapted(load):
    extending = (
        HEAD.format("more") + "extends: [base]\n",
        RULES.replace("large-pool", "other-pool").replace("spends-much", "spends-more"),
    )
    book = load("own", "more", own=adapting("own", MUCH.format("£5000")), more=extending)
    assert book.rule("spends-more").parameters[0].value == Decimal(5000)
    assert not [each.problem for each in run_examples(book) if each.problem]


def test_adapting_goes_to_any_depth_and_the_last_counts(load):
    book = load(
        "top",
        mid=adapting("mid", MUCH.format("£5000")),
        top=adapting("top", "  mid: {}\n" + MUCH.format("£7000")),
    )
    assert book.parameters["much"].value == Decimal(7000)
    assert [each.pack for each in book.parameters["much"].adapted] == ["mid", "top"]
    assert as_seen_by(book, "mid").parameters["much"].value == Decimal(5000)
    assert as_seen_by(book, "base").parameters["much"].value == Decimal(1000)


def test_a_pack_names_what_the_pack_that_it_adapts_adapts_itself(load):
    section = "  mid: { rules: { large-pool: { severity: critical, reason: It hurts. } } }\n"
    book = load("top", mid=adapting("mid", "  base: {}\n"), top=adapting("top", section))
    assert book.rule("large-pool").otherwise is Severity.CRITICAL


def test_a_rule_is_graded_left_out_and_replaced(load):
    own = (
        HEAD.format("own")
        + """\
adapts:
  base:
    rules:
      large-pool: { replaced_by: our-pool, reason: Ours goes further., approved: Cabinet }
      spends-much: { leave_out: yes, reason: We do. }
""",
        RULES.replace("large-pool", "our-pool").replace("spends-much", "ours"),
    )
    book = load("own", own=own)
    assert [rule.id for rule in book.rules] == ["our-pool", "ours"]
    assert {rule.id for rule in book.left_out} == {"large-pool", "spends-much"}
    with pytest.raises(NoSuchRuleError, match="replaced by `our-pool` by pack `own`"):
        book.rule("large-pool")
    with pytest.raises(NoSuchRuleError, match="left out by pack `own`"):
        book.rule("spends-much")


def test_a_pack_above_brings_back_what_one_below_leaves_out(load):
    below = "  base: { rules: { spends-much: { leave_out: yes, reason: We do. } } }\n"
    above = "  below: { rules: { spends-much: { leave_out: no, reason: We mind. } } }\n"
    book = load("above", below=adapting("below", below), above=adapting("above", above))
    assert book.rule("spends-much").id == "spends-much"


def test_a_graded_severity_becomes_one(load):
    section = "  base: { rules: { large-pool: { severity: medium, reason: It is so. } } }\n"
    rule = load("own", own=adapting("own", section)).rule("large-pool")
    assert (rule.grades, rule.otherwise) == ((), Severity.MEDIUM)
    assert rule.says["severity"] is Says.OURS
    assert rule.adapted[0].was == (Severity.LOW, Severity.HIGH)


def test_a_catalogue_says_what_is_adapted_why_and_by_whom(load):
    above = (
        HEAD.format("above")
        + """\
adapts:
  below:
    rules:
      spends-much: { leave_out: no, reason: We mind. }
  base:
    parameters: { much: { value: £5000, reason: We are large, approved: Cabinet } }
    rules: { large-pool: { severity: critical, reason: It hurts., approved: Cabinet } }
""",
        RULES.replace("large-pool", "our-pool").replace("spends-much", "ours"),
    )
    below = adapting(
        "below",
        "  base: { rules: { spends-much: { replaced_by: large-pool, reason: So it is. } } }\n",
    )
    made = catalogue(load("below", below=below))
    assert made.adapted == (
        "Spends-much is replaced by large-pool: So it is (pack below; nobody is named who approved it).",
    )
    book = load("above", below=below, above=above)
    by_id = {each.id: each for each in catalogue(book).rules}
    much = "Much is £5,000, not £1,000: We are large (pack above; Cabinet)."
    back = "Spends-much is brought back: We mind (pack above; nobody is named who approved it)."
    grave = "Large-pool is critical, not low or high: It hurts (pack above; Cabinet)."
    assert {*catalogue(book).adapted} == {much, back, grave}
    replaced = catalogue(load("below", below=below)).adapted
    assert by_id["large-pool"].law == (("Adapted", grave),)
    assert by_id["spends-much"].law[1:] == (("Adapted", back), ("Adapted", much))
    assert by_id["spends-much"].law[0] == ("Adapted", *replaced)
    by_program = catalogue(with_parameters(book, {"much": "£6000"})).adapted
    assert (
        "Much is £6,000, not £5,000: no reason is given "
        "(this program; nobody is named who approved it)."
    ) in by_program


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("in_force: { from: 2026-04-01, until: 2027-03-31 }",
         [("In force", "From 1 April 2026 until 31 March 2027.")]),
        ("in_force: { from: 2026-04-01 }", [("In force", "From 1 April 2026.")]),
        ("in_force: { until: 2027-03-31 }", [("In force", "Until 31 March 2027.")]),
        ("changed: [{ what: It is high now., version: '2', on: 2026-03-03, approved: Cabinet }]",
         [("Changed", "It is high now (version 2; 3 March 2026; Cabinet).")]),
        ("changed: [{ what: It is high now }]", [("Changed", "It is high now.")]),
    ],
)  # fmt: skip
def test_a_catalogue_says_when_a_rule_is_the_law_and_what_was_changed(load, law, said):
    rules = RULES.replace("    applies_when: { large: yes }\n", f"    {law}\n", 1)
    entry = next(each for each in catalogue(load("base", base=(BASE, rules))).rules)
    assert list(entry.law) == said


def test_two_packs_that_change_one_thing_alike_are_at_peace(load):
    book = load(
        "one",
        "two",
        one=adapting("one", MUCH.format("5000")),
        two=adapting("two", MUCH.format("'£5,000'")),
    )
    assert book.parameters["much"].value == Decimal(5000)


def test_a_program_sets_parameters():
    plain = load_rulebook()
    mine = with_parameters(
        plain, {"high_spend": "£500,000", "agreement_review_high": 6}, reason="We are small."
    )
    assert mine.parameters["high_spend"].value == Decimal(500_000)
    assert mine.parameters["high_spend"].reason == "We are small."
    assert mine.parameters["agreement_review_high"].value == 6
    assert mine.plain is plain
    assert plain.parameters["high_spend"].value != Decimal(500_000)
    again = with_parameters(mine, {"high_spend": 600_000})
    assert again.parameters["high_spend"].value == Decimal(600_000)
    assert again.parameters["agreement_review_high"].value == 6
    assert pickle.loads(pickle.dumps(again)) == again
    assert copy.deepcopy(again) == again
    assert {mine: 1}[mine] == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"high_spnd": 1}, "did you mean `high_spend`"),
        ({"high_spend": "much"}, "cannot be read"),
        ({"high_spend": -5}, "high_spend"),
        ({"agreement_review_high": "£5"}, "agreement_review_high"),
    ],
)
def test_a_program_that_sets_what_cannot_be_is_told(values, said):
    with pytest.raises(GovrulesError, match=said):
        with_parameters(load_rulebook(), values)


def test_a_program_that_turns_a_range_upside_down_is_told(load):
    low = "  low: { value: £10, reason: It is little., says: ours }\n"
    narrow = RULES.replace(
        "{ less_than: { parameter: much } }",
        "{ between: [{ parameter: low }, { parameter: much }] }",
    )
    book = load("base", base=(BASE.replace("derived:", f"{low}derived:"), narrow))
    assert with_parameters(book, {"low": 999}).parameters["low"].value == 999
    with pytest.raises(GovrulesError, match=r"with this value of `low` no value is in the range"):
        with_parameters(book, {"low": 1001})


def test_evolving_the_parameters_alone_is_refused():
    plain = load_rulebook()
    other = attrs.evolve(plain.parameters["high_spend"], value=Decimal(1))
    with pytest.raises(GovrulesError, match="with_parameters"):
        attrs.evolve(plain, parameters={**plain.parameters, "high_spend": other})


@pytest.mark.parametrize(
    ("adapts", "said"),
    [
        ("{ no-such-pack: }", {Code.UNREADABLE_FILE}),
        ("[governing-partnerships]", {Code.WRONG_SHAPE}),
        ("{}", {Code.NO_RULEBOOK}),
    ],
)
def test_a_pack_that_adapts_another_is_not_asked_for_rules_of_its_own(adapts, said):
    book = f"govrules: 1\nid: own\ntitle: T\nversion: '1'\nowner: us\nadapts: {adapts}\n"
    with pytest.raises(RuleFileError) as error:
        load_rulebook({"rulebook.yaml": book})
    assert {each.code for each in error.value.diagnostics} == said


# ── Values by date ────────────────────────────────────────────────────────────────────────────

BY_DATE = """\
  base:
    parameters:
      much:
        values: [{ from: 2024-04-01, value: £500 }, { from: 2027-04-01, value: £600 }]
        reason: Prices rise.
"""
DATED = BASE.replace(
    "much: { value: £1000, ",
    "much: { values: [{ from: 2020-01-01, value: £900 }, { from: 2025-01-01, value: £1000 }], ",
)


def verdicts(book, spend, engine="reference"):
    pool = Partnership(funding=Funding(annual_spend=Decimal(spend)), protocol=None)
    found = {}
    for day in (dt.date(2023, 1, 1), dt.date(2027, 3, 31), dt.date(2027, 4, 1)):
        judged = assess(pool, book, as_of=day, engine=engine).findings
        found[day.isoformat()] = [each.verdict.value for each in judged]
    return found


@pytest.mark.parametrize("base", [BASE, DATED])
@pytest.mark.parametrize("engine", ["reference", "compiled", "columnar"])
def test_a_parameter_is_adapted_by_values_with_days(load, base, engine):
    book = load("own", base=(base, RULES), own=adapting("own", BY_DATE))
    assert verdicts(book, 550, engine) == {
        "2023-01-01": ["flagged", "flagged"],
        "2027-03-31": ["flagged", "flagged"],
        "2027-04-01": ["not applicable", "clear"],
    }
    was = "£1,000" if base is BASE else "£900, then £1,000 from 1 January 2025"
    said = f"Much is £500, then £600 from 1 April 2027, not {was}: Prices rise (pack own; nobody"
    assert catalogue(book).adapted[0].startswith(said)
    data = adaptation_data(book.adaptations[0], book)
    assert [each["from"] for each in data["now"]] == ["2024-04-01", "2027-04-01"]
    before = [{"from": "2020-01-01", "value": 900}, {"from": "2025-01-01", "value": 1000}]
    assert data["was"] == (1000 if base is BASE else before)


def test_examples_do_not_ask_for_the_day_of_an_adapted_value(load):
    book = load("own", own=adapting("own", BY_DATE))
    assert not [each.problem for each in run_examples(book) if each.problem]
    assert not [each.problem for each in run_derived_examples(book) if each.problem]


@pytest.mark.parametrize("section", [MUCH.format("£5000"), BY_DATE])
def test_a_fact_that_is_only_called_like_a_period_stays(load, section):
    name = "much_period_of_review"
    own = BASE + f"  {name}: {{ label: it is so, when: {{ funding.pooled: yes }} }}\n"
    book = load("own", base=(own, RULES), own=adapting("own", section))
    assert book.derived[name].rows[0].value is True


def test_one_value_takes_the_place_of_values_with_days(load):
    book = load("own", base=(DATED, RULES), own=adapting("own", MUCH.format("£5000")))
    assert {*map(tuple, verdicts(book, 4999).values())} == {("not applicable", "clear")}
    assert not [name for name in book.derived if name != "large"]


def test_a_program_gives_values_with_days(load):
    days = {dt.date(2027, 4, 1): "£600", dt.date(2024, 4, 1): 500}
    book = with_parameters(load("base"), {"much": days})
    assert book.parameters["much"].dated[0] == (dt.date(2024, 4, 1), Decimal(500))
    assert verdicts(book, 550)["2027-04-01"] == ["not applicable", "clear"]
    alone = with_parameters(book, {"much": {dt.date(2024, 4, 1): "£5"}})
    assert (alone.parameters["much"].value, alone.parameters["much"].dated) == (Decimal(5), ())


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "it has no value"),
        ({"2024": "£5"}, "`2024` is no date"),
        ({dt.date(2024, 4, 1): {dt.date(2024, 4, 1): "£5"}}, "one value belongs to a day"),
        ({dt.date(2024, 4, 1): "much"}, "`much`"),
    ],
)
def test_values_with_days_that_are_none_are_refused(load, values, says):
    with pytest.raises(GovrulesError, match=says):
        with_parameters(load("base"), {"much": values})


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("values: []", "parameter `much` has no value"),
        ("values: [{ from: 2024-04-01, value: soon }]", "a value of parameter `much` is no number"),
        ("values: [{ from: 2024-04-01, value: 2024-01-01 }]", "is no number"),
        ("value: £5, values: [{ from: 2024-04-01, value: £6 }]", "`value` does not belong"),
    ],
)
def test_a_pack_with_values_that_are_none_is_refused(load, values, says):
    section = f"  base: {{ parameters: {{ much: {{ {values}, reason: R. }} }} }}\n"
    with pytest.raises(RuleFileError, match=says):
        load("own", own=adapting("own", section))


def test_values_of_another_type_are_refused(load):
    values = "values: [{ from: 2024-04-01, value: 5 }]"
    section = f"  base: {{ parameters: {{ long: {{ {values}, reason: R. }} }} }}\n"
    with pytest.raises(RuleFileError, match="parameter `long` is of another type"):
        load("own", own=adapting("own", section))
    empty = BASE.replace("value: £1000", "values: []")
    with pytest.raises(RuleFileError, match="parameter `much` has no value"):
        load("base", base=(empty, RULES))
