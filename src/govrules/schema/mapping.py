"""The schema of mappings from columns to facts."""

from __future__ import annotations

from govrules.decode.amounts import BANDS, MONEY_UNITS
from govrules.decode.dates import DATE_FORMATS, PERIODS
from govrules.decode.values import MONTHS_UNITS, SHARE_UNITS
from govrules.model import Partnership, Register
from govrules.reading import declared_by
from govrules.registers.mapping import ENCODINGS
from govrules.registers.paths import paths_of
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.fields import FORMAT
from govrules.schema.parts import (
    DIALECT,
    TEXT,
    WORD,
    YES_NO,
    Schema,
    array_of,
    facts_of,
    object_of,
    urn,
)
from govrules.schema.subjects import define_record
from govrules.subjects import Declared
from govrules.vocabulary import Records, vocabulary_of


def mapping_schema(rulebook: Rulebook) -> Schema:
    """Return the schema of a mapping file, with the facts that the rulebook declares."""
    declared = declared_by(rulebook)
    lists = [
        path for path, fact in facts_of(Partnership, rulebook) if isinstance(fact.type, Records)
    ]
    of_rows = _sheet(Partnership, declared)
    joined = {
        path: object_of(
            {
                **_sheet(_record_class(path), Declared()),
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
    define_record(Register, rulebook, defs)
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


def _record_class(path: str) -> type:
    fact_type = vocabulary_of(Partnership).facts[path].type
    assert isinstance(fact_type, Records)  # noqa: S101 - the caller chose lists
    return fact_type.cls


def _sheet(cls: type, declared: Declared) -> dict[str, Schema]:
    """Return what may be said of how a table is read."""
    paths: Schema = {"enum": [*paths_of(cls, declared)]}
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
