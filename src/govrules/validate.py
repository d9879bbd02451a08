"""Check that a Python object fits the vocabulary, before any rule reads it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, assert_never

from govrules.decode.values import describe
from govrules.errors import FactsError
from govrules.facts import said
from govrules.rulebook.ast import Rulebook
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
    Scalar,
    Text,
    YesNo,
    vocabulary_of,
)


def check_subject(record: Any, rulebook: Rulebook | None, prefix: str = "") -> None:  # noqa: ANN401 - any attrs object
    """
    Check every fact of a record, and of the records in it; local and derived facts by a rulebook.

    Raises:
        FactsError: the first fact that does not fit, with its path.
    """
    cls: type = type(record)
    if not prefix and _quick(cls)(record):
        return
    for name, fact in vocabulary_of(cls).fields.items():
        _check(getattr(record, name), fact, f"{prefix}{name}", rulebook)
    declared = {} if rulebook is None else rulebook.local
    follow = {} if rulebook is None else rulebook.derived
    for name, value in said(record, "local").items():
        local = declared.get(name)
        if local is None:
            known = ", ".join(f"local.{each}" for each in declared) or "none"
            raise FactsError(f"{prefix}local.{name}", f"a declared fact ({known})", "undeclared")
        _check(value, local, f"{prefix}local.{name}", rulebook)
    for name, value in said(record, "stated").items():
        derived = follow.get(name)
        if derived is None or derived.cls is not type(record):
            raise FactsError(f"{prefix}{name}", "a derived fact of the rulebook", "no such fact")
        _check(value, derived.fact, f"{prefix}{name}", rulebook)


#: What a value of a type is for certain, if it is plain; what is not plain is looked at again.
_PLAIN: Final[Mapping[type, str]] = {
    YesNo: "(v is True or v is False)",
    Text: "v.__class__ is str",
    Date: "v.__class__ is date",
    Months: "v.__class__ is int and v >= 0",
    Money: "(v.__class__ is Decimal and v.is_finite() or v.__class__ is int) and v >= 0",
}


@functools.cache
def _quick(cls: type) -> Callable[[Any], bool]:
    """
    Return a function that tells whether a record is plainly sound; where it is not, look closer.

    It is generated, for every subject of a register is checked before it is assessed.
    """
    names: dict[str, Any] = {"date": dt.date, "Decimal": Decimal, "UNKNOWN": UNKNOWN}
    vocabulary = vocabulary_of(cls)
    lines = ["def sound(it):"]
    lines += [f"    if it.{name}: return False" for name in vocabulary.about & {"local", "stated"}]
    for index, (name, fact) in enumerate(vocabulary.fields.items()):
        lines.append(f"    v = it.{name}")
        match fact.type:
            case Record(inner):
                names |= {f"C{index}": inner, f"S{index}": _quick(inner)}
                fits = f"v.__class__ is C{index} and S{index}(v)"
            case Records(inner):
                names |= {f"C{index}": inner, f"S{index}": _quick(inner)}
                lines.append("    if v is not UNKNOWN and v is not None:")
                lines.append("        if v.__class__ is not tuple: return False")
                lines.append("        for each in v:")
                lines.append("            if each is not UNKNOWN and not (")
                lines.append(f"                each.__class__ is C{index} and S{index}(each)")
                lines.append("            ): return False")
                continue
            case Choices(values):
                names[f"V{index}"] = frozenset((*values, UNKNOWN))
                fits = f"v.__class__ is frozenset and v <= V{index}"
            case Choice(values):
                names[f"V{index}"] = frozenset(values)
                fits = f"isinstance(v, str) and v in V{index}"
            case Number(whole, _, most):
                names[f"M{index}"] = most
                numbers = "v.__class__ is int"
                if not whole:
                    numbers = f"({numbers} or v.__class__ is Decimal and v.is_finite())"
                fits = f"{numbers} and v >= 0" + ("" if most is None else f" and v <= M{index}")
            case _:
                fits = _PLAIN[type(fact.type)]
        lines.append(f"    if v is not UNKNOWN and v is not None and not ({fits}): return False")
    lines.append("    return True")
    exec("\n".join(lines), names)  # noqa: S102 - of a user's text nothing stands in it
    made: Callable[[Any], bool] = names["sound"]
    return made


def _check(value: Any, fact: Fact, path: str, rulebook: Rulebook | None) -> None:  # noqa: ANN401 - what a user passed
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


def _check_records(value: Any, cls: type, path: str, rulebook: Rulebook | None) -> None:  # noqa: ANN401 - what a user passed
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
