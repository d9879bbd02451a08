"""The parts of which schemas are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, assert_never

from govrules.own import is_own
from govrules.rulebook.ast import SEVERITIES, Rulebook
from govrules.rulebook.fields import FORMAT
from govrules.vocabulary import (
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
    vocabulary_of,
)

Schema: TypeAlias = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
YES_NO: Final[Schema] = {"enum": [True, False, "yes", "no", "Yes", "No"]}
TEXT: Final[Schema] = {"type": "string"}
WORD: Final[Schema] = {"type": ["string", "number", "boolean"]}
DURATION: Final[Schema] = {"type": "string", "pattern": r"^\d+ (month|months|year|years)$"}
LEVELS: Final = [severity.value for severity in SEVERITIES]
OPEN: Final[Schema] = {"const": "unknown"}
HERE: Final = "#/$defs/"
#: What a schema says of itself as a document, which a part of another is none of.
_OF_DOCUMENTS: Final = ("$schema", "$id", "$defs")


def components(name: str, schema: Schema) -> dict[str, Schema]:
    """
    Return a schema and its definitions as OpenAPI components.

    Args:
        name: what the schema is called there; what it defines is called after it.

        schema: one of those that `govrules.schema` makes.

    >>> from govrules.schema import findings_schema
    >>> sorted(components("Findings", findings_schema()))[:2]
    ['Findings', 'Findings-assessment']
    """
    own = {each: value for each, value in schema.items() if each not in _OF_DOCUMENTS}
    found = {name: own} | {f"{name}-{key}": value for key, value in schema.get("$defs", {}).items()}
    return {key: _rerooted(value, name) for key, value in found.items()}


def _rerooted(schema: Any, name: str) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        return [_rerooted(each, name) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"#/components/schemas/{name}-{value.removeprefix(HERE)}"
        if key == "$ref" and isinstance(value, str)
        else _rerooted(value, name)
        for key, value in schema.items()
    }


def urn(name: str) -> str:
    """Return a schema's URN."""
    return f"urn:govrules:schema:{name}:{FORMAT}"


def ref(name: str) -> Schema:
    """Return a reference to a local definition."""
    return {"$ref": f"{HERE}{name}"}


def or_null(schema: Schema) -> Schema:
    """Return a nullable schema."""
    return {"anyOf": [schema, {"type": "null"}]}


def map_of(schema: Schema) -> Schema:
    """Return the schema of a mapping to values of a schema."""
    return {"type": "object", "additionalProperties": schema}


def object_of(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """Return the schema of an object with these properties only."""
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
    }
    if required:
        schema["required"] = [*required]
    return schema


def all_required(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object with all of these properties."""
    return object_of(properties, required=properties)


def array_of(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def key_of(cls: type) -> str:
    """Return a class's name among definitions."""
    return cls.__qualname__ if is_own(cls) else cls.__name__


def facts_of(cls: type, rulebook: Rulebook) -> Iterable[tuple[str, Fact]]:
    """Yield a class's facts by path, derived ones included."""
    yield from vocabulary_of(cls).facts.items()
    for name, derived in rulebook.derived.items():
        if derived.cls is cls:
            yield name, derived.fact


def value_of(fact_type: FactType) -> Schema:
    """Return the schema of a value as written in a rule or subject file."""
    match fact_type:
        case YesNo():
            return YES_NO
        case Text():
            return WORD
        case Choice(values):
            return {"enum": [*values, "none"]}
        case Number() | Money():
            return {"anyOf": [{"type": "number", "minimum": 0}, TEXT]}
        case Months():
            return {"anyOf": [DURATION, {"const": "none"}]}
        case Date():
            return {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2}|none)$"}
        case Choices(values):
            member: Schema = {"enum": [*values]}
            return {"anyOf": [member, {"type": "array", "items": member, "minItems": 1}]}
        case Record() | Records():
            return {"const": "none"}
        case _:
            assert_never(fact_type)
