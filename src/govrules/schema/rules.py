"""The schema of files of rules."""

from __future__ import annotations

from govrules.model import Partnership
from govrules.rulebook.ast import ELEMENTS, INTENDABLE, NOT_IN_FORCE, Rulebook, Verdict
from govrules.rulebook.fields import FORMAT
from govrules.rulebook.rules import EXAMPLE_KEYS, REMEDY_KEYS, SAYS
from govrules.rulebook.types import AGES, tests_for
from govrules.schema.parts import (
    DIALECT,
    LEVELS,
    TEXT,
    WORD,
    YES_NO,
    Schema,
    array_of,
    facts_of,
    key_of,
    object_of,
    urn,
    value_of,
)
from govrules.vocabulary import Choices, Fact, FactType, Months, Number, Record, Records


def rules_schema(rulebook: Rulebook) -> Schema:
    """Return the schema of a theme file whose pack declares what the rulebook does."""
    defs: dict[str, Schema] = {}
    for cls in rulebook.subjects.values():
        _define_conditions(cls, rulebook, defs)
    rule = _rule(rulebook)
    return {
        "$schema": DIALECT,
        "$id": urn("rules"),
        "title": "govrules: a file of rules",
        "type": "object",
        "required": ["govrules", "theme", "rules"],
        "additionalProperties": False,
        "properties": {
            "govrules": {"const": int(FORMAT)},
            "theme": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "rules": {"type": "array", "items": rule},
        },
        "$defs": defs,
    }


def _rule(rulebook: Rulebook) -> Schema:
    citation = _citation(rulebook)
    schema = object_of(
        {
            "id": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
            "title": TEXT,
            "met": TEXT,
            "principle": TEXT,
            "note": TEXT,
            "source": citation,
            "says": object_of({element: {"enum": [*SAYS]} for element in ELEMENTS}),
            "also": array_of(citation),
            "subject": {"enum": [*rulebook.subjects]},
            "about": {"const": "records"},
            "in_force": object_of({"from": TEXT, "until": TEXT}),
            "supersedes": array_of(TEXT),
            "tags": array_of(TEXT),
            "approved": TEXT,
            "changed": array_of(
                object_of(
                    dict.fromkeys(("what", "version", "on", "approved"), TEXT), required=["what"]
                )
            ),
            "intended": object_of(dict.fromkeys(INTENDABLE, TEXT)),
            # What stands in these hangs on the subject.
            **{key: {} for key in ("applies_when", "unless", "requires", "severity")},
            **{key: {} for key in ("mitigated_by", "remedy", "examples")},
        },
        required=["id", "title", "principle", "source", "requires", "severity"],
    )
    schema["allOf"] = [
        _for_subject(name, cls, citation, rulebook) for name, cls in rulebook.subjects.items()
    ]
    return schema


def _for_subject(name: str, cls: type, citation: Schema, rulebook: Rulebook) -> Schema:
    """Return the schema of rules about a kind of subject; partnership is the default."""
    condition: Schema = {"$ref": f"#/$defs/{_key(cls)}"}
    case = object_of(
        {"when": condition, "because": TEXT, "source": citation},
        required=["when", "because", "source"],
    )
    graded = object_of(
        {**dict.fromkeys(LEVELS, condition), "otherwise": {"enum": LEVELS}},
        required=["otherwise"],
    )
    instead = object_of({"when": condition, "do": TEXT}, required=["when", "do"])
    part_of: Schema = {"enum": [*rulebook.work]} if rulebook.work else TEXT
    remedy = object_of(
        dict.fromkeys(REMEDY_KEYS, TEXT) | {"part_of": part_of, "instead": array_of(instead)},
        required=["do"],
    )
    example = object_of(
        {
            **dict.fromkeys(EXAMPLE_KEYS, WORD),
            "given": {"type": "object"},
            "expect": {"enum": [*(verdict.value for verdict in Verdict), NOT_IN_FORCE]},
            "severity": {"enum": LEVELS},
            "could_be": {"enum": LEVELS},
            "asks": array_of(TEXT),
        },
        required=["name", "given", "expect"],
    )
    is_subject: Schema = {"properties": {"subject": {"const": name}}}
    if name != "partnership":
        is_subject["required"] = ["subject"]
    return {
        "if": is_subject,
        "then": {
            "properties": {
                "applies_when": condition,
                "requires": condition,
                "unless": array_of(case),
                "mitigated_by": array_of(case),
                "severity": {"anyOf": [{"enum": LEVELS}, graded]},
                "remedy": remedy,
                "examples": array_of(example),
            }
        },
    }


def _citation(rulebook: Rulebook) -> Schema:
    return object_of(
        {
            "document": {"enum": [*rulebook.documents]} if rulebook.documents else TEXT,
            "paragraph": {"type": ["string", "integer"]},
            "quote": TEXT,
            "says": {"enum": [*SAYS]},
        },
        required=["document", "paragraph"],
    )


def _define_conditions(cls: type, rulebook: Rulebook, defs: dict[str, Schema]) -> None:
    key, subject = _key(cls), rulebook.class_of(Partnership)
    if key in defs:
        return
    this: Schema = {"$ref": f"#/$defs/{key}"}
    several: Schema = {"anyOf": [{"type": "array", "items": this, "minItems": 1}, this]}
    properties: dict[str, Schema] = {"all": several, "any": several, "not": this}
    defs[key] = {"type": "object", "minProperties": 1, "additionalProperties": False}
    defs[key]["properties"] = properties
    for path, fact in facts_of(cls, rulebook):
        if isinstance(fact.type, Records):
            _define_conditions(fact.type.cls, rulebook, defs)
        properties[path] = _tested(fact, rulebook, defs)
    if cls is not subject:
        # A record inside a list may also read the facts of the subject that it belongs to.
        for path, fact in facts_of(subject, rulebook):
            if not isinstance(fact.type, Records):
                properties.setdefault(path, _tested(fact, rulebook, defs))


def _shared(what: str, fact_type: FactType, defs: dict[str, Schema], schema: Schema) -> Schema:
    """
    Return a reference to a schema shared by many facts.

    Editors read the whole file: with every closed list of values written out at every fact, it
    would have several megabytes.
    """
    kind = type(fact_type).__name__.lower()
    number = 1
    while defs.setdefault(f"{what}-{kind}-{number}", schema) != schema:
        number += 1
    return {"$ref": f"#/$defs/{what}-{kind}-{number}"}


def _key(cls: type) -> str:
    return f"condition-on-{key_of(cls)}"


def _tested(fact: Fact, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    """Return the schema of a fact's tests."""
    described: Schema = {"description": f"{fact.label} — {fact.question}"}
    return {**described, **_shared("tests", fact.type, defs, _tests(fact.type, rulebook, defs))}


def _tests(fact_type: FactType, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    if isinstance(fact_type, Records):
        inner: Schema = {"$ref": f"#/$defs/{_key(fact_type.cls)}"}
        counted = _comparisons(Number(whole=True), rulebook, defs)
        quantified: Schema = object_of(
            {
                **dict.fromkeys(("some", "every", "none"), inner),
                "count": object_of({"where": inner, **counted}),
                "sum": object_of({"of": TEXT, "where": inner, **counted}, required=["of"]),
                "share": object_of({"among": inner, "where": inner, **counted}, required=["where"]),
                "known": YES_NO,
            }
        )
        return {"anyOf": [{"const": "none"}, quantified]}
    if isinstance(fact_type, Record):
        return {"anyOf": [{"const": "none"}, object_of({"known": YES_NO})]}
    value = _operand(fact_type, rulebook, defs)
    tests: dict[str, Schema] = {"known": YES_NO}
    if isinstance(fact_type, Choices):
        tests.update(dict.fromkeys(("includes", "includes_all", "missing_any_of"), value))
        tests["count"] = object_of(_comparisons(Number(whole=True), rulebook, defs))
        return {"anyOf": [{"const": "none"}, object_of(tests)]}
    tests.update(_comparisons(fact_type, rulebook, defs))
    one_of = {"type": "array", "items": value, "minItems": 1}
    return {"anyOf": [value, one_of, object_of(tests)]}


def _comparisons(
    fact_type: FactType, rulebook: Rulebook, defs: dict[str, Schema]
) -> dict[str, Schema]:
    value = _operand(fact_type, rulebook, defs)
    age = _operand(Months(), rulebook, defs)
    found: dict[str, Schema] = {}
    for name in tests_for(fact_type):
        if name == "between":
            found[name] = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        else:
            found[name] = age if name in AGES else value
    return found


def _operand(fact_type: FactType, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    choosers = [
        object_of({"fact": TEXT}, required=["fact"]),
        object_of({"parameter": {"enum": [*rulebook.parameters]}}, required=["parameter"]),
        {"type": "object", "required": ["by"]},
    ]
    return _shared("value", fact_type, defs, {"anyOf": [value_of(fact_type), *choosers]})
