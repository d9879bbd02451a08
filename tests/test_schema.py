"""The JSON Schemas accept what govrules accepts, refuse what is misspelt, and are committed as made."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from govrules import load_rulebook, schema
from govrules.rulebook.packs import packs_in, shipped_examples, shipped_packs

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


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader


def problems(document: Any, found: dict[str, Any]) -> list[str]:
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
    assert problems(read(path), rules[path.parent.name]) == []


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda each: each.name)
def test_shipped_subject_files_are_valid(subject, path):
    assert problems(read(path), subject) == []


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda each: each.name)
def test_shipped_mapping_files_are_valid(rulebooks, path):
    found = schema.mapping_schema(rulebooks["governing-partnerships"])
    assert problems(read(path), found) == []


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
    assert problems(yaml.safe_load(text), found)


@pytest.mark.parametrize("path", THEMES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_the_facts_of_examples_are_valid_subjects(rulebooks, path):
    found = schema.subject_schema(rulebooks[path.parent.name])
    for rule in read(path)["rules"]:
        if rule.get("subject", "partnership") != "partnership":
            continue
        for example in rule.get("examples", []):
            assert problems(example["given"], found) == [], example["name"]


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
    assert problems(theme(), rules["governing-partnerships"]) == []


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
    assert problems(theme(**changes), rules["governing-partnerships"])


@pytest.mark.parametrize("key", ["id", "title", "principle", "source", "requires", "severity"])
def test_a_rule_without_what_it_needs_is_refused(rules, key):
    document = theme()
    del document["rules"][0][key]
    assert problems(document, rules["governing-partnerships"])


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
    assert problems(facts, subject) == []


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
    assert problems(facts, subject)


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
