"""JSON Schemas of rule files, subject files and findings, derived from the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, assert_never

from govrules.decode.amounts import BANDS, MONEY_UNITS
from govrules.decode.dates import DATE_FORMATS, PERIODS
from govrules.decode.values import MONTHS_UNITS, SHARE_UNITS
from govrules.model import Partnership, Register
from govrules.reading import class_of, declared_by, register_class
from govrules.registers.mapping import ENCODINGS
from govrules.registers.paths import paths_of
from govrules.rulebook.action import Progress, State
from govrules.rulebook.ast import (
    ELEMENTS,
    INTENDABLE,
    NOT_IN_FORCE,
    SEVERITIES,
    Rulebook,
    Says,
    Verdict,
)
from govrules.rulebook.conditions import AGES, tests_for
from govrules.rulebook.load import FORMAT
from govrules.rulebook.rules import EXAMPLE_KEYS, REMEDY_KEYS, RULE_KEYS, SAYS
from govrules.subjects import Declared, words_of
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
    list_of,
    vocabulary_of,
)

Schema: TypeAlias = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_YES_NO: Final[Schema] = {"enum": [True, False, "yes", "no", "Yes", "No"]}
_TEXT: Final[Schema] = {"type": "string"}
_WORD: Final[Schema] = {"type": ["string", "number", "boolean"]}
_DURATION: Final[Schema] = {"type": "string", "pattern": r"^\d+ (month|months|year|years)$"}
_LEVELS: Final = [each.value for each in SEVERITIES]
_OPEN: Final[Schema] = {"const": "unknown"}


def rules_schema(rulebook: Rulebook) -> Schema:
    """Return the schema of a theme file whose pack declares what the rulebook does."""
    defs: dict[str, Schema] = {}
    for cls in rulebook.subjects.values():
        _define_conditions(cls, rulebook, defs)
    rule = _rule(rulebook)
    return {
        "$schema": _DIALECT,
        "$id": _id("rules"),
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
    schema = _object(
        {
            "id": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
            "title": _TEXT,
            "met": _TEXT,
            "principle": _TEXT,
            "note": _TEXT,
            "source": citation,
            "says": _object({each: {"enum": [*SAYS]} for each in ELEMENTS}),
            "also": _list(citation),
            "subject": {"enum": [*rulebook.subjects]},
            "about": {"const": "records"},
            "in_force": _object({"from": _TEXT, "until": _TEXT}),
            "supersedes": _list(_TEXT),
            "tags": _list(_TEXT),
            "approved": _TEXT,
            "changed": _list(
                _object(
                    dict.fromkeys(("what", "version", "on", "approved"), _TEXT), required=["what"]
                )
            ),
            "intended": _object(dict.fromkeys(INTENDABLE, _TEXT)),
            **{
                key: {}
                for key in (
                    "applies_when",
                    "unless",
                    "requires",
                    "severity",
                    "mitigated_by",
                    "remedy",
                )
            },
            "examples": {},
        },
        required=["id", "title", "principle", "source", "requires", "severity"],
    )
    missing = set(RULE_KEYS) - set(schema["properties"])
    schema["properties"].update({key: {} for key in sorted(missing)})
    schema["allOf"] = [
        _for_subject(name, cls, citation, rulebook) for name, cls in rulebook.subjects.items()
    ]
    return schema


def _for_subject(name: str, cls: type, citation: Schema, rulebook: Rulebook) -> Schema:
    """Return what a rule about this subject may say; partnership is what is not said."""
    condition: Schema = {"$ref": f"#/$defs/{_key(cls)}"}
    case = _object(
        {"when": condition, "because": _TEXT, "source": citation},
        required=["when", "because", "source"],
    )
    graded = _object(
        {**dict.fromkeys(_LEVELS, condition), "otherwise": {"enum": _LEVELS}},
        required=["otherwise"],
    )
    instead = _object({"when": condition, "do": _TEXT}, required=["when", "do"])
    part_of: Schema = {"enum": [*rulebook.work]} if rulebook.work else _TEXT
    remedy = _object(
        dict.fromkeys(REMEDY_KEYS, _TEXT) | {"part_of": part_of, "instead": _list(instead)},
        required=["do"],
    )
    example = _object(
        {
            **dict.fromkeys(EXAMPLE_KEYS, _WORD),
            "given": {"type": "object"},
            "expect": {"enum": [*(each.value for each in Verdict), NOT_IN_FORCE]},
            "severity": {"enum": _LEVELS},
            "could_be": {"enum": _LEVELS},
            "asks": _list(_TEXT),
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
                "unless": _list(case),
                "mitigated_by": _list(case),
                "severity": {"anyOf": [{"enum": _LEVELS}, graded]},
                "remedy": remedy,
                "examples": _list(example),
            }
        },
    }


def _citation(rulebook: Rulebook) -> Schema:
    return _object(
        {
            "document": {"enum": [*rulebook.documents]} if rulebook.documents else _TEXT,
            "paragraph": {"type": ["string", "integer"]},
            "quote": _TEXT,
            "says": {"enum": [*SAYS]},
        },
        required=["document", "paragraph"],
    )


def _define_conditions(cls: type, rulebook: Rulebook, defs: dict[str, Schema]) -> None:
    key = _key(cls)
    if key in defs:
        return
    this: Schema = {"$ref": f"#/$defs/{key}"}
    several: Schema = {"anyOf": [{"type": "array", "items": this, "minItems": 1}, this]}
    properties: dict[str, Schema] = {"all": several, "any": several, "not": this}
    defs[key] = {"type": "object", "minProperties": 1, "additionalProperties": False}
    defs[key]["properties"] = properties
    for path, fact in _facts(cls, rulebook):
        if isinstance(fact.type, Records):
            _define_conditions(fact.type.cls, rulebook, defs)
        properties[path] = _tested(fact, rulebook, defs)
    if cls is not Partnership:
        # A record inside a list may also read the facts of the subject that it belongs to.
        for path, fact in _facts(Partnership, rulebook):
            if not isinstance(fact.type, Records):
                properties.setdefault(path, _tested(fact, rulebook, defs))


def _shared(what: str, fact_type: FactType, defs: dict[str, Schema], schema: Schema) -> Schema:
    """
    Return a reference to a schema that many facts share, so that it stands in the file once.

    Editors read the whole file: with every closed list of values written out at every fact, it
    would have several megabytes.
    """
    kind = type(fact_type).__name__.lower()
    number = 1
    while defs.setdefault(f"{what}-{kind}-{number}", schema) != schema:
        number += 1
    return {"$ref": f"#/$defs/{what}-{kind}-{number}"}


def _facts(cls: type, rulebook: Rulebook) -> Iterable[tuple[str, Fact]]:
    yield from vocabulary_of(cls).facts.items()
    for name, derived in rulebook.derived.items():
        if derived.cls is cls:
            yield name, derived.fact
    if "local" in vocabulary_of(cls).about:
        yield from ((f"local.{name}", fact) for name, fact in rulebook.local.items())


def _key(cls: type) -> str:
    return f"condition-on-{cls.__name__}"


def _tested(fact: Fact, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    """Return what may stand below a fact in a condition."""
    described: Schema = {"description": f"{fact.label} — {fact.question}"}
    return {**described, **_shared("tests", fact.type, defs, _tests(fact.type, rulebook, defs))}


def _tests(fact_type: FactType, rulebook: Rulebook, defs: dict[str, Schema]) -> Schema:
    if isinstance(fact_type, Records):
        inner: Schema = {"$ref": f"#/$defs/{_key(fact_type.cls)}"}
        counted = _comparisons(Number(whole=True), rulebook, defs)
        quantified: Schema = _object(
            {
                **dict.fromkeys(("some", "every", "none"), inner),
                "count": _object({"where": inner, **counted}),
                "sum": _object({"of": _TEXT, "where": inner, **counted}, required=["of"]),
                "share": _object({"among": inner, "where": inner, **counted}, required=["where"]),
                "known": _YES_NO,
            }
        )
        return {"anyOf": [{"const": "none"}, quantified]}
    if isinstance(fact_type, Record):
        return {"anyOf": [{"const": "none"}, _object({"known": _YES_NO})]}
    value = _operand(fact_type, rulebook, defs)
    tests: dict[str, Schema] = {"known": _YES_NO}
    if isinstance(fact_type, Choices):
        tests.update(dict.fromkeys(("includes", "includes_all", "missing_any_of"), value))
        tests["count"] = _object(_comparisons(Number(whole=True), rulebook, defs))
        return {"anyOf": [{"const": "none"}, _object(tests)]}
    tests.update(_comparisons(fact_type, rulebook, defs))
    one_of = {"type": "array", "items": value, "minItems": 1}
    return {"anyOf": [value, one_of, _object(tests)]}


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
        _object({"fact": _TEXT}, required=["fact"]),
        _object({"parameter": {"enum": [*rulebook.parameters]}}, required=["parameter"]),
        {"type": "object", "required": ["by"]},
    ]
    return _shared("value", fact_type, defs, {"anyOf": [_written(fact_type), *choosers]})


def _written(fact_type: FactType) -> Schema:
    """Return how a value of this type is written, in a rule or in a subject file."""
    match fact_type:
        case YesNo():
            return _YES_NO
        case Text():
            return _WORD
        case Choice(values):
            return {"enum": [*values, "none"]}
        case Number() | Money():
            return {"anyOf": [{"type": "number", "minimum": 0}, _TEXT]}
        case Months():
            return {"anyOf": [_DURATION, {"const": "none"}]}
        case Date():
            return {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2}|none)$"}
        case Choices(values):
            member: Schema = {"enum": [*values]}
            return {"anyOf": [member, {"type": "array", "items": member, "minItems": 1}]}
        case Record() | Records():
            return {"const": "none"}
        case _:
            assert_never(fact_type)


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
        "$schema": _DIALECT,
        "$id": _id("subject"),
        "title": f"govrules: a {words_of(cls)}",
    }
    top = {"govrules": {"const": int(FORMAT)}, "as_of": _TEXT}
    for each in (cls, lister):
        if each is not None:
            _define_record(each, rulebook, defs)
            defs[each.__name__]["properties"].update(top)
    listed = None if lister is None else list_of(lister)
    if lister is None or listed is None:
        return {**schema, **_defined(cls.__name__), "$defs": defs}
    return {
        **schema,
        "title": f"govrules: a {words_of(cls)} or a {words_of(lister)}",
        "if": {"required": [listed[0]]},
        "then": _defined(lister.__name__),
        "else": _defined(cls.__name__),
        "$defs": defs,
    }


def _define_record(cls: type, rulebook: Rulebook, defs: dict[str, Schema]) -> None:
    if cls.__name__ in defs:
        return
    properties: dict[str, Schema] = {}
    defs[cls.__name__] = {"type": "object", "additionalProperties": False}
    defs[cls.__name__]["properties"] = properties
    for path, fact in vocabulary_of(cls).facts.items():
        properties[path] = _recorded(fact, rulebook, defs)
    names = vocabulary_of(cls).about
    if "evidence" in names:
        properties["evidence"] = {"type": "object", "additionalProperties": _TEXT}
    if "local" in names:
        local = {name: _recorded(fact, rulebook, defs) for name, fact in rulebook.local.items()}
        properties["local"] = _object(local)
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
            _define_record(cls, rulebook, defs)
            value: Schema = {"$ref": f"#/$defs/{cls.__name__}"}
        case Records(cls):
            _define_record(cls, rulebook, defs)
            item: Schema = {"anyOf": [{"$ref": f"#/$defs/{cls.__name__}"}, _OPEN]}
            value = {"type": "array", "items": item}
        case Choices(values):
            value = {"type": "array", "items": {"enum": [*values, "unknown"]}}
        case Text():
            said: Schema = _whole({"text": _TEXT})
            value = {"anyOf": [_WORD, said]}
        case _:
            value = _written(fact.type)
    return {**described, "anyOf": [value, states]}


def mapping_schema(rulebook: Rulebook) -> Schema:
    """Return the schema of a mapping file, with the facts that the rulebook declares."""
    declared = declared_by(rulebook)
    lists = [path for path, fact in _facts(Partnership, rulebook) if isinstance(fact.type, Records)]
    of_rows = _sheet(Partnership, declared)
    joined = {
        path: _object(
            {
                **_sheet(_record_class(path), Declared()),
                "complete": _YES_NO,
                "file": _TEXT,
                "key": _WORD,
                "joins": _WORD,
                "unsure": _YES_NO,
            }
        )
        for path in lists
    }
    defs: dict[str, Schema] = {}
    _define_record(Register, rulebook, defs)
    # The partnerships come from the table.
    facts = {**defs["Register"]["properties"], "as_of": _TEXT}
    del facts["partnerships"]
    return {
        "$schema": _DIALECT,
        "$id": _id("mapping"),
        "title": "govrules: a mapping of columns to facts",
        **_object(
            {
                "govrules": {"const": int(FORMAT)},
                "register": _object(facts),
                **of_rows,
                "rows": {"enum": lists},
                "unknown": _list(_WORD),
                "lists": _object(joined),
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
    column = _object(
        {
            "fact": fact,
            "values": {"type": "object"},
            "unit": {"enum": units},
            "dates": {"anyOf": [way, _list(way)]},
            "bands": {"enum": [*BANDS]},
            "separator": _TEXT,
            "complete": _YES_NO,
            "unsure": _YES_NO,
        },
        required=["fact"],
    )
    skip = _object(
        {"column": _WORD, "is": {"anyOf": [_WORD, _list(_WORD)]}, "unsure": _YES_NO},
        required=["column", "is"],
    )
    return {
        "table": {"anyOf": [_WORD, _list(_WORD)]},
        "sideways": _YES_NO,
        "header": {"type": ["integer", "string"]},
        "encoding": {"enum": [*ENCODINGS]},
        "delimiter": _TEXT,
        "columns": {"type": "object", "additionalProperties": {"anyOf": [fact, column]}},
        "ignored": _list(_WORD),
        "skip": _list(skip),
    }


def findings_schema() -> Schema:
    """
    Return the schema of what `govrules check --format json` prints and `to_data` returns.

    A whole document is what it describes; under `$defs` stand a finding, a plan, a rulebook and
    the other values that `to_data` takes.
    """
    nullable = {"type": ["string", "null"]}
    levels: Schema = {"enum": _LEVELS}
    severity: Schema = {"enum": [*_LEVELS, None]}
    verdicts = [each.value.replace(" ", "_") for each in Verdict]
    citation = _whole({"document": _TEXT, "paragraph": _TEXT})
    named = _whole({"id": _TEXT, "title": _TEXT})
    says: Schema = {
        "type": "object",
        "propertyNames": {"enum": [*ELEMENTS]},
        "additionalProperties": {"enum": [*(each.value for each in Says), None]},
    }
    remedy = _or_null(_whole({"do": _TEXT, "who": _TEXT, "within": _TEXT, "part_of": nullable}))
    change = _defined("change")
    several = _list(_defined("question"))
    question = _whole({"fact": _TEXT, "question": _TEXT})
    ranked = {**question["properties"], "rules": _list(_TEXT), "could_be": levels}
    action: Schema = {
        **dict.fromkeys(("do", "phrase"), _TEXT),
        **dict.fromkeys(("owner", "by", "why"), nullable),
        "state": {"enum": [each.value for each in State]},
        "progress": {"enum": [each.value for each in Progress]},
    }
    ranked["settles"] = _list(_TEXT)
    finding = {
        "rule": _TEXT,
        "title": _TEXT,
        "theme": _TEXT,
        "pack": _TEXT,
        "verdict": {"enum": verdicts},
        "severity": severity,
        "could_be": severity,
        "sentence": _TEXT,
        "because": _list(_defined("reason")),
        "questions": several,
        "clears": _list(_list(change)),
        "opens": _list(
            _list(
                _whole(
                    {
                        **dict.fromkeys(("rule", "phrase"), _TEXT),
                        **dict.fromkeys(("severity", "could_be"), severity),
                    }
                )
            )
        ),
        "remedy": remedy,
        "mitigations": _list(_whole({"because": _TEXT, "source": _or_null(citation)})),
        "waived": _or_null(_whole({"reason": _TEXT, "approved": _TEXT, "until": _TEXT})),
        "action": _or_null(_whole(action)),
        "says": says,
        "source": _whole({"document": _TEXT, "paragraph": _TEXT, "principle": _TEXT}),
        "location": _whole({"rule": _TEXT, "subject": nullable}),
    }
    step = {
        "rule": _TEXT,
        "severity": severity,
        "do": _TEXT,
        "who": _TEXT,
        "within": _TEXT,
        "changes": _list(change),
        "helps": _list(_TEXT),
    }
    plan = {
        "level": levels,
        "steps": _list(_whole(step)),
        "clears": _list(_TEXT),
        "left": _list(_TEXT),
        "open": _list(_TEXT),
        "proven_smallest": {"type": "boolean"},
    }
    derived = {
        "label": _TEXT,
        "phrase": nullable,
        "values": _list({}),
        "because": _list(_defined("reason")),
        "questions": several,
    }
    subject = {
        "id": _TEXT,
        "name": _TEXT,
        "counts": _whole({each: {"type": "integer", "minimum": 0} for each in verdicts}),
        "derived": _each(_whole(derived)),
        "own_rating": nullable,
        "questions": _list(_whole(ranked)),
        "good_practice": _list(_whole({"rule": _TEXT, "title": _TEXT, "met": nullable})),
        "findings": _list(_defined("finding")),
        "summaries": _list(_defined("finding")),
        "actions": _list(_whole({"rule": _TEXT, **action})),
        "coming_up": _list(
            _whole(
                {
                    **dict.fromkeys(("rule", "title", "sentence"), _TEXT),
                    "from": nullable,
                    "severity": severity,
                }
            )
        ),
        "so_of": _list(_TEXT),
        "contradictions": _list(
            _whole({"stated": _TEXT, "sentence": _TEXT, "follows": _whole(derived)})
        ),
    }
    words = ("code", "name", "message", "help", "path", "place")
    problem = {
        **dict.fromkeys(words, _TEXT),
        "warning": {"type": "boolean"},
        "allowed": _list(_TEXT),
    }
    amendments = _list(
        _whole({**dict.fromkeys(("what", "version", "approved"), _TEXT), "on": nullable})
    )
    adapted = {
        **dict.fromkeys(("by", "what", "name", "reason", "approved", "phrase"), _TEXT),
        "was": {},
        "now": {},
        "counts": {"type": "boolean"},
    }
    pack = {
        **dict.fromkeys(("id", "version", "content", "approved"), _TEXT),
        "rules": {"type": "boolean"},
        "changed": amendments,
        "adapted": _list(_whole(adapted)),
    }
    rule = {
        **dict.fromkeys(
            ("id", "title", "theme", "subject", "principle", "location", "pack", "approved"), _TEXT
        ),
        "changed": amendments,
        "met": nullable,
        "note": nullable,
        "source": _or_null(citation),
        "also": _list(citation),
        "says": says,
        "severities": _list(levels),
        "remedy": remedy,
        "in_force": _whole({"from": nullable, "until": nullable}),
        "tags": _list(_TEXT),
    }
    document = _whole(dict.fromkeys(("title", "publisher", "year", "where"), _TEXT))
    parameter = _whole({"value": {}, **dict.fromkeys(("unit", "reason", "says", "pack"), _TEXT)})
    rulebook = {
        "govrules": {"const": int(FORMAT)},
        **dict.fromkeys(("id", "title", "version", "owner"), _TEXT),
        "packs": _list(_defined("pack")),
        "documents": _each(document),
        "parameters": _each(parameter),
        "facts": _each(_whole({"label": _TEXT, "question": _TEXT})),
        "derived": _each(_whole({"label": _TEXT, "values": _list({})})),
        "themes": _list(named),
        "work": _each(_TEXT),
        "rules": _list(_defined("rule")),
    }
    always = {
        "govrules": {"const": int(FORMAT)},
        "rulebook": _whole({"id": _TEXT, "version": _TEXT}),
        "packs": _list(_defined("pack")),
        "as_of": nullable,
        "subjects": _list(_defined("assessment")),
        "problems": _list(_defined("problem")),
        "notes": _list(_TEXT),
    }
    difference = _whole(
        {
            **dict.fromkeys(("subject", "name", "rule", "title", "since"), _TEXT),
            "severity": levels,
            "was": severity,
            "how": nullable,
        }
    )
    kinds = ("opened", "closed", "still_open")
    changes = _whole({"since": _TEXT, **{each: _list(difference) for each in kinds}})
    file = _whole({"name": _TEXT, "content": _TEXT})
    receipt = _whole(
        {
            "govrules_receipt": {"const": 1},
            **dict.fromkeys(("version", "findings", "report"), _TEXT),
            "as_of": nullable,
            "packs": _list(_whole(dict.fromkeys(("id", "version", "content"), _TEXT))),
            "facts": _list(file),
            "beside": _list(file),
            "options": {"type": "object"},
        }
    )
    whole = _object({**always, "changes": changes, "receipt": receipt}, required=always)
    reason = {"fact": _TEXT, "value": {}, "phrase": _TEXT, "evidence": nullable}
    return {
        "$schema": _DIALECT,
        "$id": _id("findings"),
        "title": "govrules: findings",
        **whole,
        "$defs": {
            "assessment": _whole(subject),
            "change": _whole({"fact": _TEXT, "to": {}, "phrase": _TEXT}),
            # One that stands alone has its proofs beside it; in a report these stand once.
            "finding": _object({**finding, "derived": _each(_whole(derived))}, required=finding),
            "pack": _whole(pack),
            "plan": _whole(plan),
            "problem": _whole(problem),
            "question": question,
            "reason": _whole(reason),
            "rule": _whole(rule),
            "rulebook": _whole(rulebook),
        },
    }


def components(name: str, schema: Schema) -> dict[str, Schema]:
    """
    Return a schema and all that it defines as the components of an OpenAPI document.

    Args:
        name: what the schema is called there; what it defines is called after it.

        schema: one of those that this module makes.

    >>> sorted(components("Findings", findings_schema()))[:2]
    ['Findings', 'Findings-assessment']
    """
    own = {each: value for each, value in schema.items() if each not in _OF_DOCUMENTS}
    found = {name: own} | {f"{name}-{key}": value for key, value in schema.get("$defs", {}).items()}
    return {key: _rerooted(value, name) for key, value in found.items()}


#: What a schema says of itself as a document, which a part of another is none of.
_OF_DOCUMENTS: Final = ("$schema", "$id", "$defs")
_HERE: Final = "#/$defs/"


def _rerooted(schema: Any, name: str) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        return [_rerooted(each, name) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"#/components/schemas/{name}-{value.removeprefix(_HERE)}"
        if key == "$ref" and isinstance(value, str)
        else _rerooted(value, name)
        for key, value in schema.items()
    }


def _id(name: str) -> str:
    """Return what a schema is called wherever it stands."""
    return f"urn:govrules:schema:{name}:{FORMAT}"


def _defined(name: str) -> Schema:
    return {"$ref": f"{_HERE}{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _each(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _object(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
    }
    if required:
        schema["required"] = [*required]
    return schema


def _whole(properties: Mapping[str, Schema]) -> Schema:
    return _object(properties, required=properties)


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}
