"""Records made of values in their order are those that their class makes of the same values."""

from __future__ import annotations

import copy

import attrs
import pytest

from govrules import UNKNOWN
from govrules.model import Funding, Partnership, Protocol
from govrules.registers.records import make_records, maker
from govrules.vocabulary import Record, Records, Subject, vocabulary_of


def classes(cls):
    yield cls
    for each in vocabulary_of(cls).fields.values():
        if isinstance(each.type, (Record, Records)):
            yield from classes(each.type.cls)


CLASSES = [*dict.fromkeys(classes(Partnership))]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("part", [slice(None), slice(1), slice(None, None, 2)])
def test_a_record_is_what_its_class_makes(cls, part):
    names = [*vocabulary_of(cls).fields][part]
    made = maker(cls, tuple(names))(*names)
    by_class = cls(**dict(zip(names, names, strict=True)))
    assert type(made) is cls
    assert made == by_class
    assert repr(made) == repr(by_class)
    assert copy.deepcopy(made) == by_class
    assert attrs.evolve(made) == by_class


@pytest.mark.parametrize("cls", CLASSES)
def test_a_record_cannot_be_changed(cls):
    [name, *_] = vocabulary_of(cls).fields
    made = maker(cls, (name,))(1)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, 2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, name)


def test_nothing_known_makes_no_record():
    make = maker(Partnership, ("id", "local"), ("origin",))
    assert make(UNKNOWN, UNKNOWN, {"": "a.csv:2"}) is UNKNOWN
    assert make(None, UNKNOWN, {}) == Partnership(id=None)
    assert make(UNKNOWN, {"tier": 1}, {}) == Partnership(local={"tier": 1})
    assert make("P1", UNKNOWN, {"": "a.csv:2"}).origin == {"": "a.csv:2"}


def test_what_is_said_about_one_record_is_its_own():
    make = maker(Partnership, ("id",))
    assert make("P1").local is not make("P2").local


def checked(**more):
    return attrs.make_class("Checked", {"name": attrs.field(default=UNKNOWN, **more)}, frozen=True)


@pytest.mark.parametrize(
    "cls",
    [
        checked(converter=str),
        checked(validator=attrs.validators.instance_of(str)),
        checked(init=False),
        attrs.make_class("Other", {"name": attrs.field(default="")}, bases=(Subject,), frozen=True),
    ],
)
def test_what_a_class_sets_itself_is_left_to_it(cls):
    with pytest.raises(TypeError, match="is set by its class"):
        maker(cls, ("name",))


def test_records_of_rows_without_a_fact_are_made_only_if_bare():
    columns = {"pooled": [True, UNKNOWN, True], "annual_spend": [UNKNOWN, UNKNOWN, 7]}
    first, second, third = (Funding(pooled=True), Funding(), Funding(pooled=True, annual_spend=7))
    assert make_records(Funding, columns) == [first, UNKNOWN, third]
    assert make_records(Funding, columns, bare=True) == [first, second, third]


def test_equal_records_of_closed_values_are_one():
    one, other, same = make_records(Protocol, {"agreed": [True, False, True]})
    assert one is same
    assert (one, other) == (Protocol(agreed=True), Protocol(agreed=False))
