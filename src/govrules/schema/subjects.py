"""The schemas of files of partnerships and registers, and of mappings from columns to facts."""

from __future__ import annotations

from govrules.decode.amounts import BANDS, MONEY_UNITS
from govrules.decode.dates import DATE_FORMATS, PERIODS
from govrules.decode.values import MONTHS_UNITS, SHARE_UNITS
from govrules.model import Register
from govrules.reading import class_of, declared_by, register_class
from govrules.registers.mapping import ENCODINGS
from govrules.registers.paths import column_paths
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.fields import FORMAT
from govrules.schema.parts import (
    DIALECT,
    OPEN,
    TEXT,
    WORD,
    YES_NO,
    Schema,
    all_required,
    array_of,
    facts_of,
    key_of,
    object_of,
    ref,
    urn,
    value_of,
)
from govrules.subjects import Declared, words_of
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
            defs[key_of(each)]["properties"].update(top)
    listed = None if lister is None else list_of(lister)
    if lister is None or listed is None:
        return {**schema, **ref(key_of(cls)), "$defs": defs}
    return {
        **schema,
        "title": f"govrules: a {words_of(cls)} or a {words_of(lister)}",
        "if": {"required": [listed[0]]},
        "then": ref(key_of(lister)),
        "else": ref(key_of(cls)),
        "$defs": defs,
    }


def define_record(cls: type, rulebook: Rulebook, defs: dict[str, Schema]) -> None:
    """Add the schemas of a class's records, nested ones included."""
    if key_of(cls) in defs:
        return
    properties: dict[str, Schema] = {}
    defs[key_of(cls)] = {"type": "object", "additionalProperties": False}
    defs[key_of(cls)]["properties"] = properties
    for path, fact in vocabulary_of(cls).facts.items():
        properties[path] = _recorded(fact, rulebook, defs)
    names = vocabulary_of(cls).about
    if "evidence" in names:
        properties["evidence"] = {"type": "object", "additionalProperties": TEXT}
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
            value: Schema = {"$ref": f"#/$defs/{key_of(cls)}"}
        case Records(cls):
            define_record(cls, rulebook, defs)
            item: Schema = {"anyOf": [{"$ref": f"#/$defs/{key_of(cls)}"}, OPEN]}
            value = {"type": "array", "items": item}
        case Choices(values):
            value = {"type": "array", "items": {"enum": [*values, "unknown"]}}
        case Text():
            said: Schema = all_required({"text": TEXT})
            value = {"anyOf": [WORD, said]}
        case _:
            value = value_of(fact.type)
    return {**described, "anyOf": [value, states]}


def mapping_schema(rulebook: Rulebook) -> Schema:
    """Return the schema of a mapping file, with the facts that the rulebook declares."""
    declared = declared_by(rulebook)
    lists = [
        path for path, fact in facts_of(declared.cls, rulebook) if isinstance(fact.type, Records)
    ]
    of_rows = _sheet(declared.cls, declared)
    joined = {
        path: object_of(
            {
                **_sheet(_record_class(path, declared.cls), Declared()),
                "complete": YES_NO,
                "file": TEXT,
                "key": WORD,
                "joins": WORD,
                "unsure": YES_NO,
            }
        )
        for path in lists
    }
    defs: dict[str, Schema] = {}
    define_record(rulebook.class_of(Register), rulebook, defs)
    # The partnerships come from the table.
    facts = {**defs["Register"]["properties"], "as_of": TEXT}
    del facts["partnerships"]
    return {
        "$schema": DIALECT,
        "$id": urn("mapping"),
        "title": "govrules: a mapping of columns to facts",
        **object_of(
            {
                "govrules": {"const": int(FORMAT)},
                "register": object_of(facts),
                **of_rows,
                "rows": {"enum": lists},
                "unknown": array_of(WORD),
                "lists": object_of(joined),
            },
            required=["govrules", "columns"],
        ),
        "$defs": {"Organisation": defs["Organisation"]},
    }


def _record_class(path: str, cls: type) -> type:
    fact_type = vocabulary_of(cls).facts[path].type
    assert isinstance(fact_type, Records)  # noqa: S101 - the caller chose lists
    return fact_type.cls


def _sheet(cls: type, declared: Declared) -> dict[str, Schema]:
    """Return the schema of a table's reading options."""
    paths: Schema = {"enum": [*column_paths(cls, declared)]}
    # Of a list whose records stand in columns of one row, each is named by its number.
    numbered: Schema = {"type": "string", "pattern": r"^[a-z_.]+\[\d+\]\.[a-z_.]+$"}
    fact: Schema = {"anyOf": [paths, numbered]}
    units = sorted({*MONEY_UNITS, *SHARE_UNITS, *MONTHS_UNITS})
    way: Schema = {"enum": [*DATE_FORMATS, *PERIODS]}
    column = object_of(
        {
            "fact": fact,
            "values": {"type": "object"},
            "unit": {"enum": units},
            "dates": {"anyOf": [way, array_of(way)]},
            "bands": {"enum": [*BANDS]},
            "separator": TEXT,
            "complete": YES_NO,
            "unsure": YES_NO,
        },
        required=["fact"],
    )
    skip = object_of(
        {"column": WORD, "is": {"anyOf": [WORD, array_of(WORD)]}, "unsure": YES_NO},
        required=["column", "is"],
    )
    return {
        "table": {"anyOf": [WORD, array_of(WORD)]},
        "sideways": YES_NO,
        "header": {"type": ["integer", "string"]},
        "encoding": {"enum": [*ENCODINGS]},
        "delimiter": TEXT,
        "columns": {"type": "object", "additionalProperties": {"anyOf": [fact, column]}},
        "ignored": array_of(WORD),
        "skip": array_of(skip),
    }
