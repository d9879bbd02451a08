"""The schema of files of partnerships and registers."""

from __future__ import annotations

from govrules.reading import class_of, register_class
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.fields import FORMAT
from govrules.schema.parts import (
    DIALECT,
    OPEN,
    TEXT,
    WORD,
    Schema,
    all_required,
    object_of,
    ref,
    urn,
    value_of,
)
from govrules.subjects import words_of
from govrules.vocabulary import Choices, Fact, Record, Records, Text, list_of, vocabulary_of


def subject_schema(rulebook: Rulebook, kind: str = "") -> Schema:
    """
    Return the schema of a partnership or register file, with the rulebook's own facts.

    Args:
        rulebook: the rules.

        kind: of which of its kinds of subject; "" for the kind that it is about.

    Raises:
        FactsError: there is no such kind.
    """
    cls = class_of(rulebook, kind)
    lister = register_class(cls, rulebook)
    defs: dict[str, Schema] = {}
    schema: Schema = {
        "$schema": DIALECT,
        "$id": urn("subject"),
        "title": f"govrules: a {words_of(cls)}",
    }
    top = {"govrules": {"const": int(FORMAT)}, "as_of": TEXT}
    for each in (cls, lister):
        if each is not None:
            define_record(each, rulebook, defs)
            defs[each.__name__]["properties"].update(top)
    listed = None if lister is None else list_of(lister)
    if lister is None or listed is None:
        return {**schema, **ref(cls.__name__), "$defs": defs}
    return {
        **schema,
        "title": f"govrules: a {words_of(cls)} or a {words_of(lister)}",
        "if": {"required": [listed[0]]},
        "then": ref(lister.__name__),
        "else": ref(cls.__name__),
        "$defs": defs,
    }


def define_record(cls: type, rulebook: Rulebook, defs: dict[str, Schema]) -> None:
    """Add the schema of the records of a class, and of those in them, to definitions."""
    if cls.__name__ in defs:
        return
    properties: dict[str, Schema] = {}
    defs[cls.__name__] = {"type": "object", "additionalProperties": False}
    defs[cls.__name__]["properties"] = properties
    for path, fact in vocabulary_of(cls).facts.items():
        properties[path] = _recorded(fact, rulebook, defs)
    names = vocabulary_of(cls).about
    if "evidence" in names:
        properties["evidence"] = {"type": "object", "additionalProperties": TEXT}
    if "local" in names:
        local = {name: _recorded(fact, rulebook, defs) for name, fact in rulebook.local.items()}
        properties["local"] = object_of(local)
        properties.update({f"local.{name}": schema for name, schema in local.items()})
    if "stated" in names:
        for name, derived in rulebook.derived.items():
            if derived.cls is cls:
                properties[name] = _recorded(derived.fact, rulebook, defs)


def _recorded(fact: Fact, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    described: Schema = {"description": f"{fact.label} — {fact.question}"}
    states: Schema = {"enum": ["none", "unknown", None]}
    match fact.type:
        case Record(cls):
            define_record(cls, rulebook, defs)
            value: Schema = {"$ref": f"#/$defs/{cls.__name__}"}
        case Records(cls):
            define_record(cls, rulebook, defs)
            item: Schema = {"anyOf": [{"$ref": f"#/$defs/{cls.__name__}"}, OPEN]}
            value = {"type": "array", "items": item}
        case Choices(values):
            value = {"type": "array", "items": {"enum": [*values, "unknown"]}}
        case Text():
            said: Schema = all_required({"text": TEXT})
            value = {"anyOf": [WORD, said]}
        case _:
            value = value_of(fact.type)
    return {**described, "anyOf": [value, states]}
