"""A pack's own facts as `rulebook.yaml` declares them: of what records, and of which types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from govrules.diagnostics import Code, did_you_mean
from govrules.model import AssessmentFacts, Pair
from govrules.nodes import Entries, Node, Report, Scalar
from govrules.own import LOCAL, can_be_called, own_record_class
from govrules.rulebook.fields import SNAKE, Fields, check_name
from govrules.rulebook.words import TYPES_MEANT
from govrules.subjects import WHERE_OWN, words_of
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Kind,
    Money,
    Number,
    Records,
    Text,
    YesNo,
    sentences,
    vocabulary_of,
)

#: What is put together from what is recorded, and never recorded itself.
_PUT_TOGETHER: Final = (Pair, AssessmentFacts)
_PREFIX: Final = f"{LOCAL}."
_TYPES: Final[Mapping[str, FactType]] = {
    "yes or no": YesNo(),
    "text": Text(),
    "number": Number(),
    "money": Money(),
    "date": Date(),
}
_SAID: Final = ("label", "sentence", "denial", "absent", "present", "question")
_FACT: Final = ("type", "values", "any_of", "kind", "unit", *_SAID)
_KINDS: Final = ("values", "any_of", "list")


def read_own(
    report: Report, key: Scalar, node: Node, subjects: Mapping[str, type]
) -> tuple[type, Fact] | None:
    """
    Read a fact that a pack declares, and the class of the records that have it.

    Returns:
        None where the report says that it can stand on no such record.
    """
    fields = Fields(report, node, ("subject", "list", "facts", *_FACT), f"fact `{key.text}`")
    subject = fields.choice("subject", [*subjects]) or "partnership"
    listed, _, name = key.text.rpartition(_PREFIX)
    cls = _class_of(report, key, subjects[subject], listed)
    if listed + _PREFIX + name != key.text:
        report.add(
            Code.BAD_NAME,
            f"a pack's own fact is named `local.…`, not `{key.text}`",
            key,
            f"write `local.{name}`",
        )
    fact = _fact(fields, key, name, cls or subjects[subject])
    return None if cls is None or not _is_name(name) else (cls, fact)


def _class_of(report: Report, key: Scalar, cls: type, listed: str) -> type | None:
    """Return the class of a list's records, or of the subject if none is named."""
    if cls in _PUT_TOGETHER:
        message = f"nobody can record `{key.text}` of a {words_of(cls)}"
        report.add(Code.OWN_FACT_OUT_OF_PLACE, message, key, WHERE_OWN)
        return None
    if not listed:
        return cls
    facts = vocabulary_of(cls).facts
    path = listed.removesuffix("[].")
    found = facts.get(path)
    if found is not None and isinstance(found.type, Records) and path != listed:
        return found.type.cls
    lists = [fact for fact in facts if isinstance(facts[fact].type, Records)]
    message = f"`{listed.removesuffix('.')}` is no list of a {words_of(cls)}"
    known = [f"{each}[].{key.text.removeprefix(listed)}" for each in lists]
    near = did_you_mean(key.text, known) or WHERE_OWN
    report.add(Code.OWN_FACT_OUT_OF_PLACE, message, key, near)
    return None


def _fact(fields: Fields, key: Scalar, name: str, cls: type) -> Fact:
    report = fields.report
    check_name(report, name, key, SNAKE)
    if SNAKE.fullmatch(name) and not can_be_called(name):
        report.add(Code.BAD_NAME, f"`{name}` cannot be the name of a fact", key, "add a word to it")
    label = fields.text("label", required=True)
    if "question" not in fields:
        report.add(
            Code.NO_QUESTION,
            f"{fields.what} has no question",
            key,
            "add `question: …`, to be asked when nobody recorded it",
        )
    question = fields.text("question")
    kind = fields.member("kind", Kind, required=True)
    # A fact declared badly is a fact all the same, or each use of it would be reported too.
    fact_type = _type(fields, name, cls) or Text()
    return Fact(
        name=name,
        type=fact_type,
        kind=kind or Kind.CIRCUMSTANCE,
        label=label,
        question=question,
        each=fields.text("list") or name.replace("_", " ").removesuffix("s"),
        **sentences(
            label,
            fact_type,
            _sentences(fields, "sentence", fact_type),
            _sentences(fields, "denial", fact_type),
        ),
        absent=fields.text("absent"),
        present=fields.text("present"),
    )


def _is_name(name: str) -> bool:
    return SNAKE.fullmatch(name) is not None and can_be_called(name)


def _sentences(fields: Fields, key: str, fact_type: FactType) -> str | dict[str, str]:
    """Return one template for all values, or one per named value."""
    values = fact_type.values if isinstance(fact_type, Choice) else ()
    is_yes_no = isinstance(fact_type, YesNo)
    if is_yes_no and key == "sentence":
        fields.refuse(key, "a yes or no has its sentences in `label` and `denial`")
        return ""
    if not isinstance(fields.value(key), Entries) or not values:
        text = fields.text(key)
        if text and not is_yes_no and "{value}" not in text:
            fields.report.add(
                Code.WRONG_SHAPE,
                f"`{key}` of {fields.what} says no value",
                fields.value(key),
                "write `{value}` where the value stands",
            )
        return text
    found = Fields(fields.report, fields.value(key), values, f"`{key}` of {fields.what}")
    return {value: found.text(value) for value in values if value in found}


def _type(fields: Fields, name: str, cls: type) -> FactType | None:
    """Return the type of a fact; None where the report says why it has none."""
    given = [each for each in _KINDS if each in fields]
    for each in given[1:]:
        fields.refuse(each, f"it has `{given[0]}`")
    if given:
        fields.refuse("type", f"a fact has either `type` or `{given[0]}`")
        fields.refuse("unit", "only a number has a `unit`")
    if "list" not in fields:
        fields.refuse("facts", "only a list has `facts`")
    if given and given[0] == "list":
        return _records(fields, name, cls)
    if given:
        values = fields.values(given[0])
        made = Choice if given[0] == "values" else Choices
        return made(values) if values else None
    return _single(fields)


def _records(fields: Fields, name: str, cls: type) -> FactType:
    """Return the type of a list of records, each with facts of its own."""
    each = fields.name("list", SNAKE).replace("_", " ")
    fields.required("facts")
    facts: dict[str, Fact] = {}
    for key, node in fields.entries("facts"):
        inner = Fields(fields.report, node, _FACT, f"fact `{key.text}`")
        fact = _fact(inner, key, key.text, cls)
        if _is_name(key.text):
            facts[key.text] = fact
    called = each.title().replace(" ", "")
    return Records(own_record_class(called, facts, f"{cls.__qualname__}.{LOCAL}.{name}"))


def _single(fields: Fields) -> FactType | None:
    given = fields.value("type")
    written = given.text if isinstance(given, Scalar) else ""
    meant = TYPES_MEANT.get(written.lower(), written.lower())
    name = meant.partition("`")[0]
    if written not in _TYPES and name in _TYPES:
        message = f"unknown value `{written}` of `type`"
        fields.report.add(Code.UNKNOWN_VALUE, message, given, f"write `type: {meant}`")
        return _TYPES[name]
    word = fields.choice("type", [*_TYPES], required=True)
    if word is None:
        return None
    if word != "number":
        fields.refuse("unit", "only a number has a `unit`")
        return _TYPES[word]
    return Number(unit=fields.text("unit"))
