"""Partnerships and registers at random, the same in every run, with anything recorded or not."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import attrs

from govrules.model import Organisation, Partnership, Register
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

AS_OF = dt.date(2026, 1, 31)
_AMOUNTS = (0, 500, 24_999, 120_000, 999_999, 21_400_000)
_LONG = "A name that goes on and on, as names of partnerships do, and on, until nobody reads it"


def partnership(chance: random.Random) -> Partnership:
    """Return a partnership of which more or less is known, and more or less is in place."""
    known, in_place = chance.random(), chance.random()
    made = _made(Partnership, chance, known, in_place)
    name = chance.choice([f"Partnership {chance.randint(1, 999)}", _LONG, _LONG * 4])
    return _with(made, name=name, id=f"P{chance.randint(1, 99_999)}")


def register(number: int, chance: random.Random) -> Register:
    """Return a register of so many partnerships."""
    entries = tuple(_with(partnership(chance), id=f"P{each}") for each in range(number))
    organisation = _made(Organisation, chance, 0.7, 0.5)
    officers = [UNKNOWN, None, *(f"Head of service {each} {_LONG}" for each in range(9))]
    return Register(
        name=chance.choice(["The register", _LONG * 3]),
        organisation=organisation,
        declared_count=chance.choice([UNKNOWN, None, 7]),
        partnerships=tuple(
            _with(each, responsible_officer=chance.choice(officers)) for each in entries
        ),
    )


def _with(record: Any, **facts: Any) -> Any:
    return attrs.evolve(record, **facts)


def _made(cls: type, chance: random.Random, known: float, in_place: float) -> Any:
    found: dict[str, Any] = {}
    for name, fact in vocabulary_of(cls).fields.items():
        if isinstance(fact.type, Record | Records) or chance.random() < known:
            found[name] = _value(fact, chance, known, in_place)
    return cls(**found)


def _value(fact: Fact, chance: random.Random, known: float, in_place: float) -> Any:
    absent = chance.random() > in_place and not isinstance(fact.type, Record | Records)
    match fact.type:
        case YesNo():
            return chance.random() < in_place
        case Record(cls):
            return _made(cls, chance, known, in_place)
        case Records(cls):
            number = chance.choice([0, 1, 2, 8]) if cls is not Partnership else 0
            return tuple(_made(cls, chance, known, in_place) for _ in range(number))
        case _ if absent:
            return frozenset() if isinstance(fact.type, Choices) else None
        case Choice(values):
            return chance.choice(values)
        case Choices(values):
            return frozenset(each for each in values if chance.random() < in_place)
        case Money():
            return Decimal(chance.choice(_AMOUNTS))
        case Months():
            return chance.randint(0, 40)
        case Number(whole=whole, most=most):
            number = chance.randint(0, int(most or 40))
            return number if whole else Decimal(number)
        case Date():
            return AS_OF - dt.timedelta(days=chance.randint(0, 3000))
        case Text():
            return chance.choice(["The council", _LONG, "X" * 100])
