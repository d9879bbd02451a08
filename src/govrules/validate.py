"""Check that a Python object fits the vocabulary, before any rule reads it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, assert_never

from govrules.errors import FactsError
from govrules.facts import said
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.values import describe
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
    Scalar,
    Text,
    YesNo,
    vocabulary_of,
)


def check_subject(record: Any, rulebook: Rulebook, prefix: str = "") -> None:  # noqa: ANN401 - any attrs object
    """
    Check every fact of a record, and of the records in it.

    Raises:
        FactsError: the first fact that does not fit, with its path.
    """
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        _check(getattr(record, name), fact, f"{prefix}{name}", rulebook)
    for name, value in said(record, "local").items():
        local = rulebook.local.get(name)
        if local is None:
            known = ", ".join(f"local.{each}" for each in rulebook.local) or "none"
            raise FactsError(f"{prefix}local.{name}", f"a declared fact ({known})", "undeclared")
        _check(value, local, f"{prefix}local.{name}", rulebook)
    for name, value in said(record, "stated").items():
        derived = rulebook.derived.get(name)
        if derived is None or derived.cls is not type(record):
            raise FactsError(f"{prefix}{name}", "a derived fact of the rulebook", "no such fact")
        _check(value, derived.fact, f"{prefix}{name}", rulebook)


def _check(value: Any, fact: Fact, path: str, rulebook: Rulebook) -> None:  # noqa: ANN401 - what a user passed
    if value is UNKNOWN or value is None:
        return
    match fact.type:
        case Record(cls):
            if not isinstance(value, cls):
                raise FactsError(path, f"a {cls.__name__}, None or UNKNOWN", repr(value))
            check_subject(value, rulebook, f"{path}.")
        case Records(cls):
            _check_records(value, cls, path, rulebook)
        case Choices(values):
            if not isinstance(value, frozenset):
                raise FactsError(path, "a frozenset, None or UNKNOWN", repr(value))
            for each in value:
                if each is not UNKNOWN and each not in values:
                    raise FactsError(path, f"a set of {', '.join(values)}", repr(each))
        case _:
            if not _fits(value, fact.type):
                raise FactsError(path, f"{describe(fact.type)}, None or UNKNOWN", repr(value))


def _check_records(value: Any, cls: type, path: str, rulebook: Rulebook) -> None:  # noqa: ANN401 - what a user passed
    if not isinstance(value, tuple):
        raise FactsError(path, f"a tuple of {cls.__name__}, None or UNKNOWN", repr(value))
    known = [each for each in value if each is not UNKNOWN]
    for index, each in enumerate(known):
        if not isinstance(each, cls):
            raise FactsError(f"{path}[{index}]", f"a {cls.__name__}", repr(each))
        check_subject(each, rulebook, f"{path}[{index}].")


def _fits(value: Any, fact_type: Scalar) -> bool:  # noqa: ANN401 - what a user passed
    match fact_type:
        case YesNo():
            return isinstance(value, bool)
        case Text():
            return isinstance(value, str)
        case Choice(values):
            return isinstance(value, str) and value in values
        case Date():
            return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        case Months():
            return type(value) is int and value >= 0
        case Money():
            return _is_number(value) and value >= 0
        case Number(whole, _, most):
            if whole and not isinstance(value, int):
                return False
            return _is_number(value) and value >= 0 and (most is None or value <= most)
        case _:
            assert_never(fact_type)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - what a user passed
    if isinstance(value, Decimal):
        return value.is_finite()
    return type(value) is int
