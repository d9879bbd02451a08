"""The JSON Schemas accept what govrules accepts, refuse what is misspelt; what `to_data` returns fits them."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import Phase, assume, given, settings
from jsonschema import Draft202012Validator

from govrules import (
    UNKNOWN,
    Code,
    FactsError,
    Funding,
    Partner,
    Partnership,
    Verdict,
    assess,
    assess_register,
    load_rulebook,
    read,
    schema,
    to_data,
)
from govrules.rulebook.packs import packs_in, shipped_examples, shipped_packs
from govrules.testing import partnerships
from govrules.vocabulary import Choices, Records, YesNo, vocabulary_of

RULEBOOK = load_rulebook()
SCHEMA = schema.findings_schema()
POOL = shipped_examples() / "high-tier-pool-without-arrangements.yaml"


def problems(document: Any, name: str = "") -> list[str]:
    found = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]} if name else SCHEMA
    plain = json.loads(json.dumps(document))
    return [each.message for each in Draft202012Validator(found).iter_errors(plain)]


@pytest.fixture(scope="module")
def assessment() -> Any:
    found = read(POOL, rulebook=RULEBOOK)
    return assess(found.subject, RULEBOOK, as_of=found.as_of)


def test_each_value_fits_the_schema(assessment: Any) -> None:
    assert problems(to_data(assessment, findings="flagged")) == []
    assert problems(to_data(assessment.flagged[0]), "finding") == []
    assert problems(to_data(assessment.flagged[0].rule), "rule") == []
    assert problems(to_data(RULEBOOK), "rulebook") == []
    assert (
        problems(
            to_data(assessment.plan(max(each.severity for each in assessment.flagged))), "plan"
        )
        == []
    )
    pooled = assessment.what_if({"protocol.agreed": True, "partners": None})
    assert (pooled.closed, pooled.opened) != ((), ())
    assert problems(to_data(pooled), "what_if") == []
    found = read({"status": "active", "reviewed": "last year"})
    assert problems(to_data(found.warnings[0]), "problem") == []


def test_a_finding_can_be_shown_to_a_person(assessment: Any) -> None:
    said = to_data(assessment, findings="flagged")
    (subject,) = said["subjects"]
    assert {each["verdict"] for each in subject["findings"]} == {"flagged"}
    assert len(subject["findings"]) == assessment.counts[Verdict.FLAGGED]
    for each in subject["findings"]:
        assert each["title"]
        assert each["sentence"]
        assert all(reason["phrase"] for reason in each["because"])
        assert all(change["phrase"] for way in each["clears"] for change in way)
    assert any(each["remedy"] and each["remedy"]["do"] for each in subject["findings"])
    assert subject["derived"]["risk_tier"]["values"] == ["high"]
    assert subject["derived"]["risk_tier"]["because"]
    assert {each["rule"] for each in subject["good_practice"]} == {
        each.rule.id for each in assessment.good_practice
    }
    assert [each["id"] for each in said["packs"]] == [each.id for each in RULEBOOK.packs]
    assert all(len(each["content"]) == 71 for each in said["packs"])


def test_a_tier_that_nobody_knows_is_asked_for() -> None:
    found = assess(Partnership(name="A"), RULEBOOK)
    tier = found.derived["risk_tier"]
    assert set(tier.values) == {"low", "medium", "high"}
    assert tier.questions
    assert not tier.because


def test_a_question_and_what_was_read_fit_the_schema() -> None:
    found = read({"name": "A", "as_of": "2026-01-31", "reviewed": "last year"})
    said = to_data(found)
    assert (said["subject"]["name"], said["as_of"]) == ("A", "2026-01-31")
    assert [each["message"] for each in said["problems"]] == [found.warnings[0].message]
    asked = assess(found.subject, RULEBOOK).questions
    assert problems(to_data(asked[0].question), "question") == []
    assert [each["rules"] for each in to_data([asked[0], UNKNOWN])] == [[*asked[0].rules]]


def test_what_a_rule_that_begins_later_will_flag_is_said() -> None:
    day = dt.date(2026, 6, 1)
    rules = tuple(attrs.evolve(each, in_force=(day, None)) for each in RULEBOOK.rules)
    pool = Partnership(name="A", funding=Funding(pooled=True), protocol=None)
    found = assess(pool, attrs.evolve(RULEBOOK, rules=rules), as_of=dt.date(2026, 5, 31))
    said = to_data(found)
    assert problems(said) == []
    (coming,) = said["subjects"][0]["coming_up"]
    assert (coming["rule"], coming["from"], coming["severity"]) == (
        "pooled-budget-without-protocol",
        "2026-06-01",
        "medium",
    )


def test_a_register_fits_the_schema() -> None:
    found = read([{"name": "A", "funding": {"pooled": True}, "protocol": "none"}, {"name": "B"}])
    said = to_data(assess_register(found.subject, RULEBOOK), findings="flagged")
    assert problems(said) == []
    assert [each["name"] for each in said["subjects"]][-2:] == ["A", "B"]


def normal(record: Any) -> Any:
    """Return a record in which none of a yes or no, a list or a set is said as it is read."""
    if not attrs.has(type(record)):
        return record
    changed: dict[str, Any] = {}
    for name, fact in vocabulary_of(type(record)).fields.items():
        value = getattr(record, name)
        if value is None and isinstance(fact.type, YesNo):
            value = False
        elif value is None and isinstance(fact.type, Choices):
            value = frozenset()
        elif value is None and isinstance(fact.type, Records):
            value = ()
        elif isinstance(value, tuple):
            value = tuple(normal(each) for each in value)
        else:
            value = normal(value)
        changed[name] = value
    declared = {
        "own": RULEBOOK.own,
        "stated": {each: held.fact for each, held in RULEBOOK.derived.items()},
    }
    for name in vocabulary_of(type(record)).about & declared.keys():
        changed[name] = {
            key: False if each is None and declared[name][key].type == YesNo() else each
            for key, each in getattr(record, name).items()
        }
    return attrs.evolve(record, **changed)


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate))
@given(subject=partnerships(RULEBOOK))
def test_what_was_written_is_read_back_equal(subject: Partnership) -> None:
    said = json.loads(json.dumps(to_data(subject)))
    found = read(said, rulebook=RULEBOOK)
    # Of one body that stands twice, what is read counts it once, and says so.
    assume(Code.PARTNER_TWICE not in {each.code for each in found.warnings})
    assert not found.warnings
    assert found.subject == normal(subject)
    validator = Draft202012Validator(schema.subject_schema(RULEBOOK))
    assert [each.message for each in validator.iter_errors(said)] == []


@pytest.mark.parametrize("name", ["none", "unknown", "TBC", "yes", "", " nil ", "text", "Nobody"])
def test_a_text_that_reads_as_a_state_comes_back_as_the_text(name: str) -> None:
    subject = Partnership(name=name, partners=(Partner(name=name), UNKNOWN))
    assert read(to_data(subject)).subject == subject


def test_a_choice_of_findings_that_is_none_is_refused() -> None:
    with pytest.raises(FactsError, match="one of all, flagged"):
        to_data(assess(Partnership(), RULEBOOK), findings="flaged")  # type: ignore[arg-type]


def test_what_is_no_value_of_govrules_is_refused() -> None:
    with pytest.raises(FactsError):
        to_data(object())


@pytest.mark.parametrize(
    ("says", "shown"), [("", ["size"]), ("    show: yes\n", ["named", "size"])]
)
def test_a_pack_says_which_derived_facts_are_shown(says: str, shown: list[str]) -> None:
    rulebook = load_rulebook(
        {
            "rulebook.yaml": f"""govrules: 1
id: own
title: Own
version: "1"
owner: us
sources:
  s: {{ title: S, publisher: P, year: "2025" }}
derived:
  named:
    label: it has a name
    denial: it has no name
{says}    when: {{ not: {{ name: none }} }}
  size:
    label: the size
    values: [small, large]
    first_match: [{{ when: {{ funding.annual_spend: {{ at_least: 5 }} }}, value: large }}]
    otherwise: small
""",
            "names.yaml": """govrules: 1
theme: names
rules:
  - id: no-name
    title: The partnership has no name
    principle: A partnership has a name.
    source: { document: s, paragraph: 1 }
    requires: { named: yes, size: small }
    severity: low
""",
        }
    )
    found = assess(Partnership(name="A"), rulebook).derived
    assert sorted(found) == shown
    assert found["size"].values == ("large", "small")
    assert [each.fact for each in found["size"].questions] == ["funding.annual_spend"]


THEMES = sorted(each for each in shipped_packs().glob("*/*.yaml") if each.name != "rulebook.yaml")
SUBJECTS = sorted(
    each
    for each in shipped_examples().glob("*.yaml")
    if each.name != "waivers.yaml" and not each.name.endswith(".mapping.yaml")
)

MAPPINGS = sorted(shipped_examples().rglob("*.mapping.yaml"))


class Loader(yaml.SafeLoader):
    """Reads YAML as an editor does for its schema, with dates as texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def text_of(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader


def misfits(document: Any, found: dict[str, Any]) -> list[str]:
    return [
        f"{each.json_path}: {each.message}"
        for each in Draft202012Validator(found).iter_errors(document)
    ]


@pytest.fixture(scope="module")
def rulebooks():
    return {each: load_rulebook(each) for each in packs_in(())}


@pytest.fixture(scope="module")
def rules(rulebooks):
    return {name: schema.rules_schema(each) for name, each in rulebooks.items()}


@pytest.fixture(scope="module")
def subject(rulebooks):
    return schema.subject_schema(rulebooks["governing-partnerships"])


@pytest.mark.parametrize(
    "make", [schema.rules_schema, schema.subject_schema, schema.mapping_schema]
)
def test_they_are_valid_schemas(rulebooks, make):
    for each in rulebooks.values():
        Draft202012Validator.check_schema(make(each))
    Draft202012Validator.check_schema(schema.findings_schema())


@pytest.mark.parametrize("path", THEMES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_shipped_rule_files_are_valid(rules, path):
    assert misfits(text_of(path), rules[path.parent.name]) == []


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda each: each.name)
def test_shipped_subject_files_are_valid(subject, path):
    assert misfits(text_of(path), subject) == []


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda each: each.name)
def test_shipped_mapping_files_are_valid(rulebooks, path):
    found = schema.mapping_schema(rulebooks["governing-partnerships"])
    assert misfits(text_of(path), found) == []


@pytest.mark.parametrize(
    "text",
    [
        "govrules: 1\ncolumns: { A: nmae }",
        "govrules: 1\ncolumns: { A: { fact: name, unit: miles } }",
        "govrules: 1\ncolumns: { A: { fact: reviewed, dates: dd/mm } }",
        "columns: { A: name }",
        "govrules: 1\ncolums: { A: name }",
    ],
)
def test_a_misspelt_mapping_is_refused(rulebooks, text):
    found = schema.mapping_schema(rulebooks["governing-partnerships"])
    assert misfits(yaml.safe_load(text), found)


@pytest.mark.parametrize("path", THEMES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_the_facts_of_examples_are_valid_subjects(rulebooks, path):
    found = schema.subject_schema(rulebooks[path.parent.name])
    for rule in text_of(path)["rules"]:
        if rule.get("subject", "partnership") != "partnership":
            continue
        for example in rule.get("examples", []):
            assert misfits(example["given"], found) == [], example["name"]


RULE = {
    "id": "a-rule",
    "title": "A rule",
    "principle": "A principle.",
    "source": {"document": "key-findings", "paragraph": 7},
    "applies_when": {"funding.pooled": True},
    "requires": {"protocol.agreed": "yes"},
    "severity": {"critical": {"risk_tier": "high"}, "otherwise": "low"},
    "examples": [{"name": "x", "given": {"funding.pooled": True}, "expect": "unknown"}],
}


def theme(**changes: Any) -> dict[str, Any]:
    return {"govrules": 1, "theme": "a-theme", "rules": [{**copy.deepcopy(RULE), **changes}]}


def test_a_plain_rule_is_valid(rules):
    assert misfits(theme(), rules["governing-partnerships"]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"requires": {"protocol.agreeed": "yes"}},
        {"requires": {"protocol.agreed": "perhaps"}},
        {"requires": {"protocol.agreed": {"equal": "yes"}}},
        {"requires": {"funding.annual_spend": {"at_least": {"parameter": "no_such"}}}},
        {"requires": {"legal_form": "plc"}},
        {"requires": {"legal_form": {"older_than": "12 months"}}},
        {"requires": {"value.assessed": {"older_than": "12 moons"}}},
        {"requires": {"partners": {"any": {"independent": "yes"}}}},
        {"requires": {"partners": {"some": {"independant": "yes"}}}},
        {"requires": {"all": []}},
        {"requires": {}},
        {"severity": "grave"},
        {"severity": {"high": {"risk_tier": "high"}}},
        {"severity": {"high": {"risk_tier": "highest"}, "otherwise": "low"}},
        {"source": {"document": "key-finding", "paragraph": 7}},
        {"source": {"document": "key-findings"}},
        {"id": "Bad Id"},
        {"remedy": {"who": "nobody"}},
        {"remedy": {"do": "x", "when": "y"}},
        {"subject": "partnershp"},
        {"tag": ["x"]},
        {"unless": [{"when": {"funding.pooled": "yes"}}]},
        {
            "mitigated_by": [
                {"when": {"funding.poled": "yes"}, "because": "x", "source": RULE["source"]}
            ]
        },
        {"examples": [{"name": "x", "given": {}, "expect": "flaged"}]},
        {"examples": [{"name": "x", "given": {}, "expects": "flagged"}]},
        {"subject": "register", "requires": {"funding.pooledd": "yes"}},
    ],
    ids=str,
)
def test_a_misspelt_rule_is_refused(rules, changes):
    assert misfits(theme(**changes), rules["governing-partnerships"])


@pytest.mark.parametrize("key", ["id", "title", "principle", "source", "requires", "severity"])
def test_a_rule_without_what_it_needs_is_refused(rules, key):
    document = theme()
    del document["rules"][0][key]
    assert misfits(document, rules["governing-partnerships"])


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "X", "funding": {"pooled": True, "annual_spend": 250000}},
        {"name": "X", "funding.pooled": "yes", "funding.annual_spend": "£250,000"},
        {"protocol": "none", "governing_document": "unknown"},
        {"partners": [{"name": "A", "independent": "yes"}, "unknown"]},
        {"governing_document.clauses": ["aims", "unknown"], "value.assessed": "2026-03-31"},
        {"evidence": {"funding.pooled": "minutes"}, "risk_tier": "high", "as_of": "2026-03-31"},
        {"partnerships": [{"name": "A"}], "reviewed": "2026-03-31"},
    ],
    ids=str,
)
def test_a_subject_is_valid(subject, facts):
    assert misfits(facts, subject) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"naem": "X"},
        {"funding": {"poled": True}},
        {"funding.poled": True},
        {"funding.pooled": "maybe"},
        {"legal_form": "plc"},
        {"governing_document.clauses": ["aimes"]},
        {"governing_document.clauses": "aims"},
        {"partners": [{"nmae": "A"}]},
        {"partners": {"name": "A"}},
        {"value.assessed": "31.3.2026"},
        {"risk_tier": "highest"},
        {"partnerships": [{"naem": "A"}]},
        {"govrules": 2},
    ],
    ids=str,
)
def test_a_misspelt_subject_is_refused(subject, facts):
    assert misfits(facts, subject)


def test_every_fact_is_described_by_its_question(subject, rulebooks):
    pooled = subject["$defs"]["Funding"]["properties"]["pooled"]
    assert pooled["description"].endswith("Do partners pool budgets?")


@pytest.mark.parametrize(
    "make",
    [
        schema.rules_schema,
        schema.subject_schema,
        schema.mapping_schema,
        lambda _: schema.findings_schema(),
    ],
)
def test_the_schemas_name_no_machine(make):
    text = json.dumps(make(load_rulebook()))
    assert not re.search(r"/(home|root|work|tmp)/", text)
