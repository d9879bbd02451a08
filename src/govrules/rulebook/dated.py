"""
Parameters whose value hangs on the day, as choices by a derived fact.

What is made here is all that the rule format has already, so that every engine reads it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import TypeAlias

from govrules.diagnostics import Code
from govrules.nodes import Items, Scalar
from govrules.rulebook.ast import Derived, ParameterValue, Row, Rulebook, all_conditions
from govrules.rulebook.expr import (
    By,
    Compare,
    FactRef,
    FactSource,
    Literal,
    Op,
    Parameter,
    Plain,
    Test,
)
from govrules.rulebook.fields import Fields
from govrules.rulebook.types import read_parameter_type
from govrules.rulebook.walk import references
from govrules.vocabulary import AS_OF, Choice, Fact, FactType, Kind

#: Dated values of a parameter: the first day of each, earliest first.
Dated: TypeAlias = tuple[tuple[dt.date, Plain], ...]


def value_and_days(given: Plain | Dated) -> tuple[Plain, Dated]:
    """Return the value that counts last, and where there are several, all with their days."""
    if not isinstance(given, tuple):
        return given, ()
    return given[-1][1], given if len(given) > 1 else ()


def operand_of(parameter: ParameterValue, cls: type) -> Parameter | By:
    """Return a parameter as an operand: of dated values a choice by the assessment's period."""
    if not parameter.dated:
        return Parameter(parameter.name, parameter.value)
    fact = _fact(parameter, cls)
    cases = tuple(
        (_called(begins), Parameter(parameter.name, value)) for begins, value in parameter.dated
    )
    return By(FactRef(fact.name, 0, fact, FactSource.DERIVED), cases)


def derived_by_day(parameter: ParameterValue, cls: type) -> Derived:
    """Return the derived fact naming the assessment's period for a dated parameter."""
    as_of = FactRef(AS_OF.name, 0, AS_OF, FactSource.AS_OF)
    first, *later = parameter.dated
    rows = tuple(
        Row(Test(as_of, Compare(Op.AT_LEAST, Literal(begins))), _called(begins))
        for begins, _ in reversed(later)
    )
    fact = _fact(parameter, cls)
    return Derived(fact, cls, rows, _called(first[0]), show=False, pack=parameter.pack)


def _fact(parameter: ParameterValue, cls: type) -> Fact:
    days = [begins for begins, _ in parameter.dated]
    values = tuple(map(_called, days))
    name = _period_name(parameter.name, cls)
    label, question = "the date of the assessment", "On which day is it assessed?"
    # The first of them is for the days before it too.
    words = [f"before {_day(days[1])}"]
    for begins, next_ in pairwise(days[1:]):
        words.append(f"between {_day(begins)} and {_day(next_ - dt.timedelta(days=1))}")
    words.append(f"on or after {_day(days[-1])}")
    said = tuple(zip(values, words, strict=True))
    return Fact(name, Choice(values), Kind.CIRCUMSTANCE, label, question, words=said)


def _day(date: dt.date) -> str:
    return f"{date.day} {date:%B} {date.year}"


def _called(begins: dt.date) -> str:
    return f"on_or_after_{begins}"


def _period_name(parameter: str, cls: type) -> str:
    return f"{parameter}_period_of_{cls.__name__.lower()}"


def parameter_by_day(choice: By, cls: type) -> str:
    """Return the parameter whose value is chosen by the period of the day; "" for other choices."""
    first = choice.cases[0][1]
    is_one = isinstance(first, Parameter) and choice.selector.path == _period_name(first.name, cls)
    return first.name if isinstance(first, Parameter) and is_one else ""


def periods_of(parameters: Iterable[ParameterValue], classes: Collection[type]) -> frozenset[str]:
    """Return the names of the period facts of dated parameters."""
    dated = [parameter.name for parameter in parameters if parameter.dated]
    return frozenset(_period_name(name, cls) for name in dated for cls in classes)


def with_periods(
    derived: Mapping[str, Derived], parameters: Iterable[ParameterValue], classes: Iterable[type]
) -> dict[str, Derived]:
    """Return derived facts preceded by the period facts of dated parameters."""
    dated = [parameter for parameter in parameters if parameter.dated]
    made = [derived_by_day(parameter, cls) for cls in classes for parameter in dated]
    return {each.name: each for each in made} | dict(derived)


def periods_read(rulebook: Rulebook) -> dict[str, Derived]:
    """Return a rulebook's derived facts without unused period facts."""
    made = periods_of(rulebook.parameters.values(), rulebook.subjects.values())
    read_ = {ref.path for root in all_conditions(rulebook) for ref in references(root)}
    return {
        name: each for name, each in rulebook.derived.items() if name not in made or name in read_
    }


def read_dated(fields: Fields, name: str, unit: str) -> tuple[Dated, FactType] | None:
    """
    Read the dated values of a parameter, under `values`, and their type.

    Returns:
        None where the report says what is wrong.
    """
    report = fields.report
    fields.refuse("value", "a parameter has one `value`, or `values` with their first days")
    items = fields.items("values")
    found: list[tuple[dt.date, Plain]] = []
    types: list[FactType] = []
    before = report.errors
    if isinstance(fields.value("values"), Items) and not items:
        message = f"parameter `{name}` has no value"
        report.add(Code.EMPTY_CONDITION, message, fields.key("values"), "write at least one")
    for item in items:
        value = Fields(report, item, ("from", "value"), f"a value of parameter `{name}`")
        value.required("from", "2026-04-01")
        begins, node = value.date("from"), value.required("value")
        read_ = read_parameter_type(node, unit) if isinstance(node, Scalar) else None
        if node is not None and read_ is None:
            message = f"a value of parameter `{name}` is no number, amount, length or date"
            report.add(Code.TYPE_MISMATCH, message, node, "write 250000 with `unit: pounds`")
        if begins is None or read_ is None:
            continue
        if types and type(types[0]) is not type(read_[1]):
            message = f"the values of parameter `{name}` are of two types"
            report.add(Code.TYPE_MISMATCH, message, node, "write all as the first is written")
        if found and begins <= found[-1][0]:
            message = f"the values of parameter `{name}` do not stand in the order of their days"
            report.add(Code.PERIOD_UPSIDE_DOWN, message, value.value("from"), "earliest first")
        types.append(read_[1])
        found.append((begins, read_[0]))
    return (tuple(found), types[0]) if found and report.errors == before else None
