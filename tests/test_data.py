"""What `to_data` returns fits its schema, holds the explanation, and is read back equal."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import attrs
import pytest
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
from govrules.rulebook.packs import shipped_examples
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
        "local": RULEBOOK.local,
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
