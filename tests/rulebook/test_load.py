"""Packs as the rulebook that they make."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from govrules import files
from govrules.diagnostics import Code
from govrules.errors import RuleFileError
from govrules.explain.compared import predicate_phrase
from govrules.explain.phrases import fact_phrase, presence
from govrules.model import Partnership, Register
from govrules.rulebook.ast import (
    Citation,
    Document,
    Exemption,
    Grade,
    Mitigation,
    ParameterValue,
    Rulebook,
    Says,
    Severity,
    Verdict,
    rule_conditions,
)
from govrules.rulebook.dated import operand_of
from govrules.rulebook.expr import All, Compare, FactSource, Literal, Op, Quantified, Test
from govrules.rulebook.load import lint_pack, load_rulebook
from govrules.rulebook.packs import packs_in, shipped_examples, shipped_packs
from govrules.rulebook.rules import _nearest
from govrules.rulebook.walk import nodes, references
from govrules.vocabulary import (
    Choice,
    Date,
    Kind,
    Money,
    Months,
    Number,
    Recorded,
    Text,
    YesNo,
    fact,
)
from tests.pages import laid

GOOD = laid("rule_files.md") / "good"


@pytest.fixture
def rulebook() -> Rulebook:
    return load_rulebook(GOOD / "everything")


def test_a_rulebook_says_whose_it_is(rulebook: Rulebook) -> None:
    """Title, version and owner are those of the pack."""
    assert rulebook.id == "everything"
    assert rulebook.title == "Every form that a rule can take"
    assert rulebook.version == "3"
    assert rulebook.owner == "the policy team"


def test_rules_stand_in_the_order_of_files_and_lines(rulebook: Rulebook) -> None:
    """Themes are read in alphabetical order, and rules as they stand."""
    ids = [rule.id for rule in rulebook.rules]
    assert ids[0] == "a-set"
    assert ids[-1] == "a-record"
    assert {rule.theme for rule in rulebook.rules[:6]} == {"many-values"}
    assert {rule.theme for rule in rulebook.rules[6:]} == {"single-values"}


def test_a_rule_is_found_by_its_id(rulebook: Rulebook) -> None:
    """An id that no rule has raises KeyError."""
    assert rulebook.rule("a-set").title == "A set"
    with pytest.raises(KeyError):
        rulebook.rule("no-such-rule")


def test_sources_are_named_with_all_that_is_known(rulebook: Rulebook) -> None:
    """A document has a title, publisher and year, and where to find it if that is said."""
    assert rulebook.documents == {
        "charter": Document(
            "charter",
            "A charter",
            "A council",
            "2026",
            "the council's web site",
            "sources/charter.txt",
        ),
        "plan": Document("plan", "A plan", "A council", "2025"),
    }


def test_the_form_of_a_parameter_says_its_type(rulebook: Rulebook) -> None:
    """Pounds make an amount, months a length of time, a date a date, anything else a number."""
    parameters = rulebook.parameters
    assert parameters["large_spend"] == ParameterValue(
        "large_spend",
        Decimal(250000),
        Money(),
        "It is much here.",
        says=Says.OURS,
        unit="pounds",
    )
    assert (parameters["small_grant"].value, parameters["small_grant"].type) == (
        Decimal(500),
        Money(),
    )
    assert (parameters["review_interval"].value, parameters["review_interval"].type) == (
        24,
        Months(),
    )
    assert parameters["review_interval"].says is Says.STATED
    assert (parameters["new_rules"].value, parameters["new_rules"].type) == (
        dt.date(2024, 4, 1),
        Date(),
    )
    assert (parameters["few"].value, parameters["few"].type) == (
        Decimal(3),
        Number(unit="partners"),
    )


def test_local_facts_have_a_type_a_kind_and_a_question(rulebook: Rulebook) -> None:
    """Every type that a local fact can have is read, and its denial made where none is said."""
    types = {name: each.type for name, each in rulebook.own.items()}
    assert types == {
        "local.net_zero_plan": YesNo(),
        "local.carbon": Number(unit="tonnes"),
        "local.levy": Money(),
        "local.begun": Date(),
        "local.motto": Text(),
        "local.season": Choice(("summer", "winter")),
    }
    plan = rulebook.own["local.net_zero_plan"]
    assert plan.name == "net_zero_plan"
    assert plan.kind is Kind.ARRANGEMENT
    assert plan.question == "Is there a plan for net zero?"
    assert plan.denial == "no plan says how it reaches net zero"
    assert rulebook.own["local.carbon"].denial == ""


def test_local_facts_have_sentences_of_their_own(rulebook: Rulebook) -> None:
    """Each way of being known can have its sentence; what has none is said by its label."""
    levy, season = rulebook.own["local.levy"], rulebook.own["local.season"]
    assert fact_phrase(levy, Decimal(500)) == "members pay a levy of £500"
    assert fact_phrase(levy, None) == "there is no levy"
    assert presence(levy) == "members pay a levy"
    assert fact_phrase(season, "winter") == "it meets in winter"
    summer = Compare(Op.EQUALS, Literal("summer"))
    assert predicate_phrase(season, summer, holds=False) == "it does not meet in summer"
    assert fact_phrase(rulebook.own["local.carbon"], Decimal(2)) == "the carbon is 2 tonnes"
    assert rulebook.own["local.carbon"].kind is Kind.CIRCUMSTANCE


def test_a_table_is_a_derived_fact_with_ordered_values(rulebook: Rulebook) -> None:
    """The rows stand in order, and the values are ordered lowest first."""
    tier = rulebook.derived["tier"]
    assert tier.name == "tier"
    assert tier.cls is rulebook.class_of(Partnership)
    assert tier.fact.type == Choice(("low", "medium", "high"), ordered=True)
    assert [row.value for row in tier.rows] == ["high", "medium"]
    assert tier.otherwise == "low"
    assert tier.sources == (Citation("plan", "3"),)
    assert rulebook.derived["mood"].otherwise is None


def test_a_condition_is_a_derived_fact_that_is_yes_or_no(rulebook: Rulebook) -> None:
    """Where its condition does not hold, it is no; it may rest on another derived fact."""
    weighty = rulebook.derived["weighty"]
    assert weighty.fact.type == YesNo()
    assert weighty.fact.denial == "little hangs on it"
    assert [row.value for row in weighty.rows] == [True]
    assert weighty.otherwise is False
    assert rulebook.derived["crowded"].cls is rulebook.class_of(Register)


def test_derived_facts_have_examples(rulebook: Rulebook) -> None:
    """An example of a derived fact gives facts and expects a value, or that it is unknown."""
    large, unknown = rulebook.derived["tier"].examples
    assert large.name == "a large spend"
    assert isinstance(large.given, Partnership)
    assert large.given.funding.annual_spend == 300000  # type: ignore[union-attr]
    assert large.expect == "high"
    assert large.as_of == dt.date(2026, 3, 31)
    assert unknown.expect is None
    assert unknown.as_of is None
    (tier,) = rulebook.derived["weighty"].examples
    assert tier.expect is True
    assert tier.given.stated == {"tier": "high"}  # type: ignore[attr-defined]


def test_a_rule_carries_all_that_is_said_of_it(rulebook: Rulebook) -> None:
    """Sources, exceptions, severities, mitigations, remedy, period and tags are read."""
    rule = rulebook.rule("yes-or-no")
    assert rule.principle == "A yes or no is one of two."
    assert rule.source.document == "charter"
    assert rule.source.quote == "share a purse   share the duty"
    assert rule.also == (Citation("plan", "4.2"),)
    assert rule.in_force == (dt.date(2026, 4, 1), dt.date(2027, 3, 31))
    assert rule.supersedes == ("an-older-rule",)
    assert rule.tags == ("climate", "plans")
    assert rule.subject == "partnership"
    assert not rule.about_records
    (exception,) = rule.unless
    assert isinstance(exception, Exemption)
    assert exception.because == "Nothing is left to do."
    assert exception.source == Citation("plan", "5", says=Says.IMPLIED)
    (mitigation,) = rule.mitigated_by
    assert isinstance(mitigation, Mitigation)
    assert mitigation.source == Citation("plan", "6")
    assert rule.remedy is not None
    assert (rule.remedy.do, rule.remedy.who, rule.remedy.within) == (
        "Agree a plan.",
        "the board",
        "12 months",
    )
    assert [do for _, do in rule.remedy.instead] == ["Write it first."]
    assert str(rule.span).endswith("single-values.yaml:4")


def test_grades_stand_most_severe_first(rulebook: Rulebook) -> None:
    """However they are written, the worst grade is tried first, and `otherwise` last."""
    rule = rulebook.rule("yes-or-no")
    assert all(isinstance(grade, Grade) for grade in rule.grades)
    assert [grade.severity for grade in rule.grades] == [Severity.CRITICAL, Severity.HIGH]
    assert rule.otherwise is Severity.MEDIUM
    assert rulebook.rule("a-set").grades == ()


def test_examples_are_read_as_subjects(rulebook: Rulebook) -> None:
    """An example holds its facts, its date and what it expects."""
    (example,) = rulebook.rule("yes-or-no").examples
    assert example.name == "no plan"
    assert isinstance(example.given, Partnership)
    assert example.given.protocol is None
    assert example.given.local == {"net_zero_plan": False}
    assert example.given.origin == {}
    assert example.as_of == dt.date(2026, 6, 1)
    assert example.expect is Verdict.FLAGGED
    assert (example.severity, example.could_be) == (Severity.MEDIUM, Severity.CRITICAL)
    assert example.asks == frozenset({"funding.annual_spend"})


def test_a_rule_without_more_has_nothing_more(rulebook: Rulebook) -> None:
    """What a rule does not say is absent, not guessed."""
    rule = rulebook.rule("a-pair")
    assert rule.subject == "pair"
    assert rule.applies_when is None
    assert rule.remedy is None
    assert rule.in_force == (None, None)
    assert (rule.unless, rule.mitigated_by, rule.examples, rule.also) == ((), (), (), ())


def test_a_pack_uses_what_it_extends_and_not_its_rules() -> None:
    """Sources, parameters, local and derived facts come along; rules do not."""
    rulebook = load_rulebook(GOOD / "extending")
    assert [rule.id for rule in rulebook.rules] == ["on-top"]
    assert rulebook.id == "extending"
    assert "weighty" in rulebook.derived
    assert "large_spend" in rulebook.parameters
    assert "local.net_zero_plan" in rulebook.own


def test_packs_are_joined_in_the_order_of_their_reading() -> None:
    """Several packs make one rulebook, and a pack named twice is read once."""
    both = load_rulebook(GOOD / "everything", GOOD / "extending", GOOD / "everything")
    assert both.id == "everything+extending"
    assert both.title == "Every form that a rule can take and A pack on top of another"
    assert both.version == "3+1"
    assert len(both.rules) == 14


def test_an_extended_pack_that_is_named_too_gives_its_rules() -> None:
    """The order in which packs are named does not decide whose rules count."""
    both = load_rulebook(GOOD / "extending", GOOD / "everything")
    assert {rule.id for rule in both.rules} == {
        rule.id for rule in load_rulebook(GOOD / "everything", GOOD / "extending").rules
    }


def test_packs_may_extend_each_other(tmp_path: Path) -> None:
    """Two packs that extend each other are each read once."""
    for name, other in (("one", "two"), ("two", "one")):
        shutil.copytree(GOOD / "extending", tmp_path / name)
        (tmp_path / name / "rulebook.yaml").write_text(
            f'govrules: 1\nid: {name}\ntitle: x\nversion: "1"\nowner: x\nextends: [{other}]\n',
            "utf-8",
        )
        (tmp_path / name / "rules.yaml").write_text(
            f"govrules: 1\ntheme: x\nrules: []\n# of {name}\n", "utf-8"
        )
    assert load_rulebook(tmp_path / "one").id == "one"


def test_all_shipped_packs_are_loaded_if_none_is_named() -> None:
    """Without packs, every shipped rule is in force, the core's first."""
    rulebook = load_rulebook()
    assert rulebook.id == "governing-partnerships+agreements-in-force+health-pooled-funds"
    alone = [load_rulebook(each.name).rules for each in shipped_packs().iterdir()]
    assert {each.id for each in rulebook.rules} == {each.id for rules in alone for each in rules}


@pytest.mark.parametrize("name", sorted(each.name for each in shipped_packs().iterdir()))
def test_each_shipped_pack_loads_by_its_name(name: str) -> None:
    """A shipped pack is found from any folder, and its places do not name this machine."""
    rulebook = load_rulebook(name)
    assert rulebook.rules
    assert all(rule.span.file.startswith(f"{name}/") for rule in rulebook.rules)


def test_a_folder_of_packs_stands_for_the_packs_in_it() -> None:
    """A folder that is no pack is taken for those in it; a folder with neither for itself."""
    assert packs_in([str(GOOD)]) == [str(GOOD / "everything"), str(GOOD / "extending")]
    assert packs_in([str(GOOD / "everything")]) == [str(GOOD / "everything")]
    assert packs_in(["nowhere"]) == ["nowhere"]
    assert "governing-partnerships" in packs_in([])


def test_folders_of_packs_and_packs_are_named_in_turn(tmp_path: Path) -> None:
    """What several folders stand for follows in their order; a pack with packs in it is one."""
    outer = tmp_path / "outer"
    shutil.copytree(GOOD / "everything", outer)
    shutil.copytree(GOOD / "extending", outer / "inner")
    assert packs_in([str(outer), str(GOOD)]) == [str(outer), *packs_in([str(GOOD)])]


@pytest.mark.parametrize(
    ("folder", "found"), [("packs", shipped_packs), ("examples", shipped_examples)]
)
def test_what_is_installed_beside_the_code_comes_first(
    folder: str, found: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder in the package, that of the source tree is taken."""
    code = tmp_path / "src" / "govrules"
    monkeypatch.setattr(files, "__file__", str(code / "files.py"))
    assert found() == tmp_path / {"packs": "rules"}.get(folder, folder)
    (code / folder).mkdir(parents=True)
    assert found() == code / folder


def test_the_shipped_folders_are_there() -> None:
    """Packs and examples are found wherever govrules runs from."""
    assert (shipped_packs() / "governing-partnerships" / "rulebook.yaml").is_file()
    assert shipped_examples().is_dir()


def test_every_node_says_where_it_stands(rulebook: Rulebook) -> None:
    """A place is that of the word that makes the node: an operator, a fact or the test of one."""
    told = 0
    for node in (
        each for rule in rulebook.rules for one in rule_conditions(rule) for each in nodes(one)
    ):
        line = Path(node.span.file).read_text(encoding="utf-8").splitlines()[node.span.line - 1]
        word = line[node.span.column - 1 :][: node.span.length]
        match node:
            case Test(fact, predicate):
                words = {fact.path, getattr(getattr(predicate, "op", None), "value", "between")}
            case Quantified(quantity):
                words = {quantity.value}
            case All():
                # It stands where the conditions do that it joins.
                assert node.span.line > 1
                continue
            case _:
                words = {type(node).__name__.lower().removesuffix("of")}
        assert word in words
        told += 1
    assert told > 70
    sources = set()
    for ref in (each for rule in rulebook.rules for one in rule_conditions(rule)
                for each in references(one)):  # fmt: skip
        line = Path(ref.span.file).read_text(encoding="utf-8").splitlines()[ref.span.line - 1]
        word = line[ref.span.column - 1 :][: ref.span.length]
        assert word.endswith(ref.path.rpartition(".")[2])
        sources.add(ref.source)
    assert sources == {*FactSource}


def test_what_belongs_to_a_rule_says_where_it_stands(rulebook: Rulebook) -> None:
    """Exceptions and mitigations stand where their first word does, examples of derived facts too."""
    rule = rulebook.rule("yes-or-no")
    placed = {
        "when: { status: ended }": rule.unless[0].span,
        "when: { place_agreement.in_force: yes }": rule.mitigated_by[0].span,
        "name: a large spend": rulebook.derived["tier"].examples[0].span,
    }
    for text, span in placed.items():
        line = Path(span.file).read_text(encoding="utf-8").splitlines()[span.line - 1]
        assert text in line[max(span.column - 3, 0) :]
    assert rule.mitigated_by[0].because == "It settles most."


SMALL_PACK = """\
govrules: 1
id: small
title: A small pack
version: "1"
owner: the tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
facts:
  local.slogan: { type: text, kind: arrangement, label: the slogan, question: What is it? }
"""
SMALL_RULE = """\
govrules: 1
theme: slogans
rules:
  - id: no-slogan
    title: No slogan
    principle: Each has one.
    source: { document: policy, paragraph: 1 }
    subject: register
    requires: { partnerships: { every: { not: { local.slogan: none } } } }
    severity: medium
    intended: INTENDED
    remedy: { do: Find one., who: the partners, within: 3 months }
    examples:
      - { name: without, given: { partnerships: [{ local.slogan: none }] }, expect: flagged }
      - { name: open, given: { partnerships: [{ name: Pool }] }, EXPECTED }
"""


def small(
    folder: Path, expected: str, intended: str = "{ conflict: Nothing stands in for one. }"
) -> Rulebook:
    folder.mkdir(exist_ok=True)
    (folder / "rulebook.yaml").write_text(SMALL_PACK, encoding="utf-8")
    text = SMALL_RULE.replace("EXPECTED", expected).replace("INTENDED", intended)
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return load_rulebook(folder)


def test_an_example_may_ask_for_a_local_fact_of_a_record(tmp_path: Path) -> None:
    """What is meant of a rule is read beside it."""
    (rule,) = small(
        tmp_path / "pack", 'expect: unknown, asks: ["partnerships[0].local.slogan"]'
    ).rules
    assert rule.examples[1].asks == {"partnerships[0].local.slogan"}
    assert rule.intended == (("conflict", "Nothing stands in for one."),)


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        ('expect: unknown, asks: ["partnerships[0].local.motto"]', ["partnerships[0].local.motto"]),
        ('expect: unknown, asks: ["partners[0].local.slogan"]', ["partners[0].local.slogan"]),
        (
            'expect: unknown, asks: ["partnerships[0].local.slogan", motto, slogan]',
            ["`motto`", "`slogan`"],
        ),
        ("expect: not applicable, severity: low", ["what is not applicable has no `severity`"]),
    ],
)
def test_what_an_example_cannot_expect(tmp_path: Path, expected: str, wrong: list[str]) -> None:
    """Each word that is wrong is told, and none that is right."""
    with pytest.raises(RuleFileError) as raised:
        small(tmp_path / "pack", expected)
    told = [each.message for each in raised.value.diagnostics]
    assert len(told) == len(wrong)
    assert all(word in message for word, message in zip(wrong, told, strict=True))


@pytest.mark.parametrize(
    ("requires", "help_"),
    [
        ("partnerships[].name", "write `partnerships: {some: {name: …}}` or `every`"),
        ("partnerships.partners[].name", "write `partnerships: {some: {partners.name: …}}`"),
        ("slogan", "did you mean `local.slogan`?"),
    ],
)
def test_a_fact_that_is_not_named_in_full(tmp_path: Path, requires: str, help_: str) -> None:
    """The help says how a fact of a list is reached, or what a local fact is called."""
    (tmp_path / "rulebook.yaml").write_text(SMALL_PACK, encoding="utf-8")
    lines = SMALL_RULE.replace("EXPECTED", "expect: clear").splitlines()
    wrong = f'    requires: {{ "{requires}": none }}'
    kept = [wrong if "requires" in each else each for each in lines if "INTENDED" not in each]
    (tmp_path / "rules.yaml").write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(RuleFileError) as raised:
        load_rulebook(tmp_path)
    told = [each.help for each in raised.value.diagnostics if each.code is Code.UNKNOWN_FACT]
    assert len(told) == 1
    assert help_ in told[0]


DERIVED = """\
derived:
  sound:
    when: { funding.pooled: yes }
    label: it is sound
    denial: it is unsound
    source: { document: policy, paragraph: 2 }
  size:
    label: the size
    first_match:
      - { value: large, when: { funding.pooled: yes } }
    otherwise: small
    unique: UNIQUE
    values: [small, large]
"""


def derived(folder: Path, unique: str, text: str = DERIVED) -> Rulebook:
    folder.mkdir(exist_ok=True)
    pack = folder / "rulebook.yaml"
    pack.write_text(SMALL_PACK + text.replace("UNIQUE", unique), encoding="utf-8")
    rules = SMALL_RULE.replace("EXPECTED", "expect: unknown").replace(
        "    intended: INTENDED\n", ""
    )
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return load_rulebook(folder)


def test_what_is_said_of_derived_facts(tmp_path: Path) -> None:
    """A condition has one row, which stands where the fact does; a table may be unique."""
    read = derived(tmp_path / "pack", "yes").derived
    sound, size = read["sound"], read["size"]
    assert (sound.unique, size.unique) == (False, True)
    assert (sound.otherwise, size.otherwise) == (False, "small")
    assert (sound.inherited, size.inherited) == (False, False)
    assert [(each.document, each.paragraph) for each in sound.sources] == [("policy", "2")]
    assert size.sources == ()
    assert (sound.fact.kind, sound.fact.label) == (Kind.CIRCUMSTANCE, "it is sound")
    assert sound.fact.question == "Is it so that it is sound?"
    lines = (tmp_path / "pack" / "rulebook.yaml").read_text().splitlines()
    assert [lines[each.span.line - 1].strip() for each in (sound, size)] == ["sound:", "size:"]
    assert sound.rows[0].span == sound.span
    assert not derived(tmp_path / "pack", "no").derived["size"].unique


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("derived: { sound: { when: { funding.pooled: yes }, unique: yes } }",
         "it belongs to a fact with `first_match`"),
        ("derived: { Sound: { when: { funding.pooled: yes } } }", "Sound"),
        ("derived: { sound: { when: { funding.pooled: yes } } }", "label"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_derived_facts(tmp_path: Path, text: str, problem: str) -> None:
    """The message or the help names what is wrong, at the line where it stands."""
    with pytest.raises(RuleFileError) as raised:
        derived(tmp_path / "pack", "", text)
    told = [f"{each.message} {each.help}" for each in raised.value.diagnostics]
    assert any(problem in each for each in told)
    assert {each.span.line for each in raised.value.diagnostics} == {10}


def test_what_cannot_be_meant(tmp_path: Path) -> None:
    """Only kinds of proof can be meant."""
    with pytest.raises(RuleFileError) as raised:
        small(tmp_path / "pack", "expect: unknown", "{ slogan: It is meant. }")
    assert [each.span.line for each in raised.value.diagnostics] == [11]


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("They share a purse", "They share a duty "),
        ("They share the work", "They share the purs"),
        ("They share the purse", "They share the purse"),
        ("They share", "They share"),
        ("They rest", ""),
        ("Duty", ""),
    ],
)
def test_the_passage_that_begins_most_like_a_quote_is_shown(quote: str, passage: str) -> None:
    """Of passages that begin alike the first is taken; one word is no likeness."""
    text = "They share a duty now. They share the purse. They share the duty."
    assert _nearest(quote, text).partition("the source has: ")[2] == passage


def test_a_rule_that_is_not_there_is_named(rulebook: Rulebook) -> None:
    """The error says which id was asked for."""
    with pytest.raises(KeyError, match="no-such-rule"):
        rulebook.rule("no-such-rule")


def test_an_id_used_in_two_packs_is_reported(tmp_path: Path) -> None:
    """Two packs that are read together may not use one id for two rules."""
    shutil.copytree(GOOD / "everything", tmp_path / "everything")
    with pytest.raises(RuleFileError) as caught:
        load_rulebook(GOOD / "everything", tmp_path / "everything")
    codes = {each.code for each in caught.value.diagnostics}
    assert codes == {Code.DUPLICATE_ID, Code.NAME_TAKEN}


@attrs.frozen(kw_only=True)
class Bridge:
    """A subject of a developer's own."""

    name: Recorded[str] = fact("the name", ask="What is it called?")
    span: int | None = None


def test_rules_may_be_about_a_class_of_ones_own(tmp_path: Path) -> None:
    """`subjects` names further attrs classes that rules may be about."""
    (tmp_path / "rulebook.yaml").write_text(
        'govrules: 1\nid: bridges\ntitle: Bridges\nversion: "1"\nowner: the engineers\n'
        'sources: { code: { title: A code, publisher: A body, year: "2020" } }\n',
        "utf-8",
    )
    (tmp_path / "bridges.yaml").write_text(
        "govrules: 1\ntheme: bridges\nrules:\n  - id: too-long\n    title: A bridge is too long\n"
        "    principle: A bridge is as long as it must be.\n    subject: bridge\n"
        "    source: { document: code, paragraph: 1 }\n    requires: { span: { at_most: 90 } }\n"
        "    severity: low\n    examples:\n"
        "      - { name: a long one, given: { name: Firth, span: 2000 }, expect: flagged }\n",
        "utf-8",
    )
    rulebook = load_rulebook(tmp_path, subjects={"bridge": Bridge})
    (rule,) = rulebook.rules
    assert rule.subject == "bridge"
    assert rule.examples[0].given == Bridge(name="Firth", span=2000)
    with pytest.raises(RuleFileError, match="unknown value `bridge` of `subject`"):
        load_rulebook(tmp_path)


VERSIONS = """govrules: 1
theme: money
rules:
  - id: old
    title: It is not agreed
    principle: It is agreed.
    source: {{ document: plan, paragraph: 1 }}
    requires: {{ protocol.agreed: yes }}
    severity: low
    in_force: {{ until: 2025-03-31 }}
  - id: new
    title: It is not agreed in writing
    principle: It is agreed in writing.
    source: {{ document: plan, paragraph: {paragraph} }}
    requires: {requires}
    severity: low
    in_force: {{ {begins} }}
    {more}
  - id: newest
    title: It is not agreed any more
    principle: It is agreed for ever.
    source: {{ document: plan, paragraph: 1 }}
    requires: {{ not: {{ protocol.agreed: no }} }}
    severity: low
    in_force: {{ from: 2027-01-01 }}
"""


@pytest.mark.parametrize(
    ("new", "said"),
    [
        # The day after, and before the old one ends.
        ({"begins": "from: 2025-04-01"}, ""),
        ({"begins": "from: 2025-03-01"}, ""),
        ({"begins": "from: 2025-04-02"}, "`new`, which follows it, is in force on 2025-04-01"),
        ({}, "`new`, which follows it, is in force on 2025-04-01 to 2025-04-30"),
        (
            {"paragraph": 2, "more": "supersedes: [old]"},
            "`new`, which follows it, is in force on 2025-04-01 to 2025-04-30",
        ),
        # What stands elsewhere or asks for other facts is another duty, and does not follow.
        (
            {"paragraph": 2},
            "`newest`, which follows it, is in force on 2025-04-01 to 2026-12-31",
        ),
        (
            {"requires": "{ funding.pooled: yes }"},
            "`newest`, which follows it, is in force on 2025-04-01 to 2026-12-31",
        ),
    ],
)
def test_days_on_which_neither_a_rule_nor_its_successor_is_in_force_are_warned_of(
    tmp_path: Path, new: dict[str, object], said: str
) -> None:
    """The successor is the rule that supersedes it, or the first of its paragraph on its facts."""
    shutil.copytree(laid("rule_files.md") / "base", tmp_path, dirs_exist_ok=True)
    plain = {
        "paragraph": 1,
        "requires": "{ any: [{ protocol.agreed: yes }] }",
        "begins": "from: 2025-05-01",
        "more": "",
    }
    (tmp_path / "pack" / "rules.yaml").write_text(VERSIONS.format(**plain | new), "utf-8")
    rulebook, found = lint_pack(tmp_path / "pack")
    assert rulebook is not None
    gaps = [each for each in found if each.code is Code.GAP_BETWEEN_VERSIONS]
    assert [each.message for each in gaps] == [f"neither `old` nor {said}"] * bool(said)
    assert all("write `from: 2025-04-01`" in each.help for each in gaps)


@pytest.mark.parametrize(
    ("read", "said"),
    [("tier", ["where no row of `tier` holds it is none, and `pool-without-protocol` reads it"]),
     ("weighty", [])],
)  # fmt: skip
def test_a_table_with_a_hole_is_warned_of_where_a_rule_reads_it(
    tmp_path: Path, read: str, said: list[str]
) -> None:
    """A derived fact that reads it says itself what it is where the other is none."""
    shutil.copytree(laid("rule_files.md") / "base", tmp_path, dirs_exist_ok=True)
    book, rules = tmp_path / "pack" / "rulebook.yaml", tmp_path / "pack" / "rules.yaml"
    book.write_text(book.read_text("utf-8").replace("    otherwise: low\n", ""), "utf-8")
    tested = {"tier": "tier: high", "weighty": "weighty: yes"}[read]
    rules.write_text(rules.read_text("utf-8").replace("funding.pooled: yes", tested), "utf-8")
    _, found = lint_pack(tmp_path / "pack")
    holes = [each.message for each in found if each.code is Code.TABLE_WITHOUT_OTHERWISE]
    assert holes == said


def test_a_rulebook_is_frozen(rulebook: Rulebook) -> None:
    """Nothing in a rulebook can be changed after it was checked."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        rulebook.id = "another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        rulebook.derived["tier"] = rulebook.derived["weighty"]  # type: ignore[index]


def test_each_period_of_a_parameter_by_date_is_told_by_its_own_days() -> None:
    """No day lies in two of them, and the first is for the days before it too."""
    days = (dt.date(2024, 4, 1), dt.date(2025, 4, 1), dt.date(2026, 4, 1))
    dated = tuple((begins, number) for number, begins in enumerate(days))
    parameter = ParameterValue("most", 2, Number(), "It is.", Says.OURS, dated=dated)
    words = [words for _, words in operand_of(parameter, Partnership).selector.fact.words]
    assert words == [
        "before 1 April 2025",
        "between 1 April 2025 and 31 March 2026",
        "on or after 1 April 2026",
    ]
