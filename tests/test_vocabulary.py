"""The vocabulary of any attrs class."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Literal, Optional, Union

import attrs
import pytest

from govrules.model import Partnership, Register
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Kind,
    ListOf,
    Money,
    Months,
    Number,
    OrderedChoice,
    Record,
    Recorded,
    Records,
    SetOf,
    Subject,
    Text,
    YesNo,
    about_facts,
    arrangement,
    fact,
    vocabulary_of,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Grade(Enum):
    ONE = 1
    TWO = 2


class Size(OrderedChoice):
    SMALL = "small"
    LARGE = "large"


@attrs.frozen(kw_only=True)
class Arch:
    width: Recorded[int] = fact("the width", ask="How wide?", unit="metres", most=40)


@attrs.frozen(kw_only=True)
class Plain:
    """A class that knows nothing of govrules."""

    open_to_all: bool
    built_in: int
    load_limit: Decimal
    name: str
    opened: dt.date | None
    colour: Colour
    grade: Optional[Grade]  # noqa: UP045 - the older way of writing it
    size: Union[Size, None]  # noqa: UP007 - the older way of writing it
    side: Literal["left", "right"]
    arch: Arch
    arches: tuple[Arch, ...]
    colours: frozenset[Colour]


@attrs.frozen(kw_only=True)
class Declared:
    """A class whose facts are described."""

    lit: Recorded[bool] = arrangement("it is lit", no="it is dark", ask="Is it lit?")
    share: Recorded[Decimal] = fact("the share", ask="What share?", unit="per cent", most=100)
    review: Recorded[int] = fact("the interval", ask="How often?", unit="months")
    colours: Recorded[SetOf[Colour]] = fact("the colours", ask="Which colours?")
    arches: Recorded[ListOf[Arch]] = fact("the arches", ask="Which arches?", each="arch")
    notes: dict[str, str] = about_facts()


@pytest.mark.parametrize(
    ("name", "fact_type"),
    [
        ("open_to_all", YesNo()),
        ("built_in", Number(whole=True)),
        ("load_limit", Money()),
        ("name", Text()),
        ("opened", Date()),
        ("colour", Choice(("red", "blue"))),
        ("grade", Choice(("1", "2"))),
        ("size", Choice(("small", "large"), ordered=True)),
        ("side", Choice(("left", "right"))),
        ("arch", Record(Arch)),
        ("arches", Records(Arch)),
        ("colours", Choices(("red", "blue"))),
    ],
)
def test_plain_annotations_say_the_type(name: str, fact_type: FactType) -> None:
    """Any attrs class can be a subject: its annotations are its facts."""
    assert vocabulary_of(Plain).fields[name].type == fact_type


def test_a_plain_class_has_labels_and_questions_made_for_it() -> None:
    """What a class does not say is made of the field's name."""
    fields = vocabulary_of(Plain).fields
    assert fields["open_to_all"].label == "open to all"
    assert fields["open_to_all"].denial == "not so: open to all"
    assert fields["load_limit"].label == "the load limit"
    assert fields["load_limit"].question == "What is recorded of the load limit?"
    assert fields["load_limit"].kind is Kind.CIRCUMSTANCE
    assert fields["arches"].each == "arche"


def test_a_described_class_says_its_own() -> None:
    """Label, denial, question, kind, unit, limit and the name of each record are as declared."""
    fields = vocabulary_of(Declared).fields
    lit = fields["lit"]
    assert (lit.label, lit.denial, lit.question) == ("it is lit", "it is dark", "Is it lit?")
    assert lit.kind is Kind.ARRANGEMENT
    assert fields["share"].type == Number(unit="per cent", most=Decimal(100))
    assert fields["review"].type == Months()
    assert fields["colours"].type == Choices(("red", "blue"))
    assert fields["arches"].each == "arch"
    assert vocabulary_of(Arch).fields["width"].type == Number(
        whole=True, unit="metres", most=Decimal(40)
    )


def test_a_described_fact_is_unknown_unless_recorded() -> None:
    """Making a record of nothing leaves everything unknown."""
    assert Declared().lit is UNKNOWN
    assert Declared().notes == {}


def test_what_is_said_about_facts_is_no_fact() -> None:
    """A field declared by `about_facts` is left out of the facts and named beside them."""
    assert "notes" not in vocabulary_of(Declared).facts
    assert vocabulary_of(Declared).about == {"notes"}
    assert vocabulary_of(Partnership).about == {"local", "stated", "evidence", "origin"}


def test_origin_does_not_count_when_records_are_compared() -> None:
    """Two records that say the same are equal, wherever they were read."""
    assert Subject(origin={"": "a:1"}) == Subject(origin={"": "b:2"})
    assert Subject(evidence={"name": "a"}) != Subject(evidence={"name": "b"})


def test_facts_are_reached_by_dotted_paths_up_to_lists() -> None:
    """A record's facts stand under its name, and those of a list are walked under []."""
    vocabulary = vocabulary_of(Plain)
    assert vocabulary.cls is Plain
    assert "arch.width" in vocabulary.facts
    assert "arches.width" not in vocabulary.facts
    assert [path for path in vocabulary.paths if path.startswith("arch")] == [
        "arch",
        "arch.width",
        "arches",
        "arches[].width",
    ]
    inner = vocabulary_of(Register).paths
    assert inner["partnerships[].partners[].named_accountable"].type == YesNo()


def test_a_vocabulary_is_derived_once_and_cannot_be_changed() -> None:
    """All who ask get the same mapping, so none may write to it."""
    assert vocabulary_of(Plain) is vocabulary_of(Plain)
    with pytest.raises(TypeError):
        vocabulary_of(Plain).facts["new"] = vocabulary_of(Plain).facts["name"]  # type: ignore[index]


@pytest.mark.parametrize(
    "hint",
    [
        float,
        list[str],
        dict[str, str],
        int | str,
        tuple[int, ...],
        tuple[Arch, Plain],
        frozenset[str],
        frozenset[Arch],
        Any,
        None,
        object,
    ],
)
def test_a_type_that_no_fact_can_take_is_refused(hint: Any) -> None:
    """A field of another type raises TypeError that names the class and the field."""
    cls = attrs.make_class("Wrong", {"field": attrs.field(type=hint)})
    with pytest.raises(TypeError, match=r"`Wrong\.field` has the type .*, which no fact can take"):
        vocabulary_of(cls)


def test_only_attrs_classes_have_a_vocabulary() -> None:
    """Any other class raises TypeError."""
    with pytest.raises(TypeError):
        vocabulary_of(int)


@pytest.mark.parametrize("cls", [Partnership, Register])
def test_every_shipped_fact_has_words_of_its_own(cls: type) -> None:
    """A label, a question that asks, and for a yes or no the sentence that says no."""
    for path, described in vocabulary_of(cls).paths.items():
        assert described.label, path
        assert described.question.endswith("?"), path
        if isinstance(described.type, YesNo):
            assert not described.denial.startswith("not so"), path
