"""A rulebook with other parameters, and with rules left out, replaced or graded otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

import attrs

from govrules.decode.values import Problem, amount_meant, read
from govrules.diagnostics import Code, did_you_mean
from govrules.errors import GovrulesError
from govrules.nodes import Node, Report, Scalar
from govrules.rulebook.adapted import Adaptation, Adapts
from govrules.rulebook.ast import (
    Derived,
    Exemption,
    Grade,
    Mitigation,
    ParameterValue,
    Remedy,
    Row,
    Rule,
    Rulebook,
    Says,
    Severity,
    kept_on_rulebook,
    rule_conditions,
)
from govrules.rulebook.dated import (
    Dated,
    operand_of,
    parameter_by_day,
    periods_of,
    periods_read,
    read_dated,
    value_and_days,
    with_periods,
)
from govrules.rulebook.expr import (
    Between,
    By,
    Compare,
    Condition,
    Includes,
    OneOf,
    Parameter,
    Plain,
)
from govrules.rulebook.fields import Fields
from govrules.rulebook.operands import upside_down
from govrules.rulebook.types import are_comparable, read_parameter_type
from govrules.rulebook.walk import nodes, predicates_at
from govrules.vocabulary import FactType, Money, Months

T = TypeVar("T")

#: What of a rule is changed: one of them at a time.
_OF_A_RULE: Final = ("severity", "leave_out", "replaced_by")
#: What is gone through for parameters; facts, examples and sources hold none.
_HOLDS_PARAMETERS: Final = (
    *(Compare, Between, OneOf, Includes, By, Exemption, Grade, Mitigation, Rule, Derived),
    *(Row, Remedy, Condition),
)


def with_parameters(
    rulebook: Rulebook, values: Mapping[str, Any], *, reason: str = "", approved: str = ""
) -> Rulebook:
    """
    Return a rulebook that is the same, but for the values of some parameters.

    The examples of its rules are judged by the values that their own packs have.

    Args:
        rulebook: the rulebook; it stays as it is.

        values: the new values by the parameters' names: text as in a rule file, such as
            ``£500,000`` or ``18 months``, or a value of the parameter's type (a length of time is
            a number of months); of several, a mapping from the first day of each.

        reason: why, as reports print it.

        approved: who approved it and when.

    Raises:
        GovrulesError: the rulebook has no such parameter, or the value is none of its type.

    >>> from govrules import load_rulebook
    >>> mine = with_parameters(load_rulebook(), {"high_spend": "£500,000"})
    >>> mine.parameters["high_spend"].value
    Decimal('500000')
    """
    made = []
    for name, value in values.items():
        known = rulebook.parameters.get(name)
        if known is None:
            help_ = did_you_mean(name, rulebook.parameters)
            msg = f"there is no parameter `{name}`" + (f"; {help_}" if help_ else "")
            raise GovrulesError(msg)
        found = _value_of(known, value)
        if isinstance(found, Problem):
            msg = f"parameter `{name}`: {found.message}" + (f"; {found.help}" if found.help else "")
            raise GovrulesError(msg)
        was = known.dated or known.value
        made.append(
            Adaptation("", known.pack, Adapts.PARAMETER, name, was, found, reason, approved)
        )
    plain = rulebook.plain
    adapted = applied(plain, (*rulebook.adaptations, *made))
    for _, message in out_of_order(adapted):
        raise GovrulesError(message)
    return adapted


def _value_of(parameter: ParameterValue, value: Any) -> Plain | Dated | Problem:  # noqa: ANN401 - what a user passed
    if isinstance(value, Mapping):
        return _dated_of(parameter, value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and isinstance(parameter.type, Months)
    ):
        value = f"{value} months"
    return read(str(value), parameter.type)


def _dated_of(parameter: ParameterValue, values: Mapping[Any, Any]) -> Dated | Problem:
    """Return the values of a program, each with its first day."""
    found: list[tuple[dt.date, Plain]] = []
    for begins, value in values.items():
        if isinstance(begins, dt.datetime) or not isinstance(begins, dt.date):
            return Problem(Code.TYPE_MISMATCH, f"`{begins}` is no date", "give the first day")
        read_ = _value_of(parameter, value)
        if isinstance(read_, Problem):
            return read_
        if isinstance(read_, tuple):
            return Problem(Code.TYPE_MISMATCH, "one value belongs to a day", "give one")
        found.append((begins, read_))
    if not found:
        return Problem(Code.EMPTY_CONDITION, "it has no value", "give at least one")
    return tuple(sorted(found, key=lambda each: each[0]))


def applied(plain: Rulebook, adaptations: Sequence[Adaptation]) -> Rulebook:
    """
    Return a rulebook with adaptations applied; the last on each target counts.

    Args:
        plain: the rulebook without any.

        adaptations: the changes, in their order.
    """
    if not adaptations:
        return plain
    several: dict[tuple[bool, str], list[Adaptation]] = {}
    for adaptation in adaptations:
        several.setdefault(adaptation.key, []).append(adaptation)
    parameters = dict(plain.parameters)
    for (is_parameter, name), its in several.items():
        if is_parameter:
            last = its[-1]
            value, dated = value_and_days(last.now)
            parameters[name] = attrs.evolve(
                parameters[name],
                value=value,
                dated=dated,
                reason=last.reason or parameters[name].reason,
                says=Says.OURS,
                adapted=tuple(its),
            )
    changed = {name: parameters[name] for is_one, name in several if is_one}
    rules: list[Rule] = []
    left_out: list[Rule] = []
    for rule in plain.rules:
        of_rule = tuple(several.get((False, rule.id), ()))
        made = with_values(rule, changed, plain.subjects[rule.subject])
        made = _adapted_rule(made, of_rule, changed)
        gone = of_rule and of_rule[-1].what is not Adapts.SEVERITY and of_rule[-1].now is not False
        (left_out if gone else rules).append(made)
    classes = plain.subjects.values()
    gone_by = periods_of((plain.parameters[name] for name in changed), classes)
    derived = {
        name: with_values(each, changed, each.cls)
        for name, each in plain.derived.items()
        if name not in gone_by
    }
    book = attrs.evolve(
        plain,
        parameters=parameters,
        derived=with_periods(derived, changed.values(), classes),
        rules=tuple(rules),
        adaptations=tuple(adaptations),
        left_out=tuple(left_out),
        plain=plain,
    )
    return attrs.evolve(book, derived=periods_read(book))


def _adapted_rule(rule: Rule, adaptations: tuple[Adaptation, ...], changed: Container[str]) -> Rule:
    says = dict(rule.says)
    if "threshold" in says and any(parameter.name in changed for parameter in rule.parameters):
        says["threshold"] = Says.OURS
    if not adaptations:
        return rule if says == rule.says else attrs.evolve(rule, says=says)
    last = adaptations[-1]
    if last.what is Adapts.SEVERITY and isinstance(last.now, Severity):
        says["severity"] = Says.OURS
        rule = attrs.evolve(rule, grades=(), otherwise=last.now)
    return attrs.evolve(rule, says=says, adapted=adaptations)


def with_values(value: T, changed: Mapping[str, ParameterValue], cls: type) -> T:
    """Return a rule or derived fact about subjects of a class with parameters replaced."""
    if not changed:
        return value
    found: Any = _substitute(value, changed, cls)
    return found  # type: ignore[no-any-return]


def _substitute(value: Any, changed: Mapping[str, ParameterValue], cls: type) -> Any:  # noqa: ANN401 - any part of a tree
    if isinstance(value, Parameter):
        return operand_of(changed[value.name], cls) if value.name in changed else value
    if isinstance(value, By) and (name := parameter_by_day(value, cls)) in changed:
        return operand_of(changed[name], cls)
    if isinstance(value, tuple):
        several = tuple(_substitute(each, changed, cls) for each in value)
        same = all(one is other for one, other in zip(value, several, strict=True))
        return value if same else several
    if not isinstance(value, _HOLDS_PARAMETERS):
        return value
    different: dict[str, Any] = {}
    for field in attrs.fields(type(value)):
        if field.name in ("examples", "span"):
            continue
        before = getattr(value, field.name)
        after = _substitute(before, changed, cls)
        if after is not before:
            different[field.name] = after
    return attrs.evolve(value, **different) if different else value


def out_of_order(rulebook: Rulebook) -> Iterator[tuple[Adaptation, str]]:
    """Yield the adaptations that make a range empty, with the message."""
    changed = {
        adaptation.name: adaptation
        for adaptation in rulebook.adaptations
        if adaptation.what is Adapts.PARAMETER
    }
    whole = [(rule.span, [*rule_conditions(rule)]) for rule in rulebook.rules]
    whole += [
        (derived.span, [row.when for row in derived.rows]) for derived in rulebook.derived.values()
    ]
    for span, conditions in whole:
        for condition in conditions:
            for node in nodes(condition):
                for predicate in predicates_at(node):
                    if isinstance(predicate, Between):
                        ends = (predicate.low, predicate.high)
                        names = [end.name for end in ends if isinstance(end, Parameter)]
                        of_these = [changed[each] for each in names if each in changed]
                        if of_these and upside_down(*ends, None):
                            name = of_these[0].name
                            said = f"with this value of `{name}` no value is in the range at {span}"
                            yield of_these[0], said


# ── Which values a pack saw ───────────────────────────────────────────────────────────────────


def as_seen_by(rulebook: Rulebook, pack: str) -> Rulebook:
    """
    Return a rulebook with only the adaptations a pack makes or builds on.

    The examples of its rules were written for these values.
    """
    seen = next((each.sees for each in rulebook.packs if each.id == pack), ())
    these = tuple(
        adaptation for adaptation in rulebook.adaptations if adaptation.pack in (pack, *seen)
    )
    if these == rulebook.adaptations:
        return rulebook
    return _with_these(rulebook, these)


@kept_on_rulebook(64)
def _with_these(rulebook: Rulebook, these: tuple[Adaptation, ...]) -> Rulebook:
    return applied(rulebook.plain, these)


def as_written(rule: Rule, rulebook: Rulebook) -> tuple[Rule, Rulebook]:
    """Return a rule with the rulebook its examples were written for."""
    if not rulebook.adaptations:
        return rule, rulebook
    seen = as_seen_by(rulebook, rule.pack)
    if seen is rulebook:
        return rule, rulebook
    return next(each for each in (*seen.rules, *seen.left_out) if each.id == rule.id), seen


def derived_as_written(derived: Derived, rulebook: Rulebook) -> tuple[Derived, Rulebook]:
    """Return a derived fact with the rulebook its examples were written for."""
    seen = as_seen_by(rulebook, derived.pack) if rulebook.adaptations else rulebook
    # By which a parameter is chosen here, there it may not be.
    return seen.derived.get(derived.name, derived), seen


# ── Reading `adapts:` ─────────────────────────────────────────────────────────────────────────


@attrs.define
class Section:
    """
    One pack's `adapts:` section on another.

    Attributes:
        with_rules: whether what it says of rules counts; it does not where the pack is extended.
    """

    pack: str
    of: str
    node: Node
    report: Report
    with_rules: bool


def read_adaptations(
    sections: Sequence[Section], plain: Rulebook, builds_on: Mapping[str, frozenset[str]]
) -> tuple[Adaptation, ...]:
    """
    Read what packs change in others, each pack after those that it adapts.

    Args:
        sections: what they say, in the order in which it is done.

        plain: the rulebook without it.

        builds_on: the ids of the packs that each pack adapts, and that those adapt.
    """
    found: dict[tuple[bool, str], list[tuple[Adaptation, Section, Node]]] = {}
    for section in sections:
        for adaptation, node in _of_section(section, plain, builds_on):
            its = found.setdefault(adaptation.key, [])
            for other, where, _ in its:
                apart = other.pack not in builds_on.get(section.pack, ())
                same = (other.what, other.now) == (adaptation.what, adaptation.now)
                if apart and not same and other.pack != section.pack:
                    section.report.add(
                        Code.ADAPTED_DIFFERENTLY,
                        f"`{adaptation.name}` is adapted otherwise by pack `{where.pack}`, at "
                        f"{other.span}",
                        node,
                        f"keep one of the two, or let one pack adapt the other: "
                        f"`adapts: {{{where.pack}: {{}}}}`",
                    )
                    break
            its.append((adaptation, section, node))
    # What a pack says of a thing comes after what those that it builds on say of it.
    return tuple(
        adaptation
        for section in sections
        for several in found.values()
        for adaptation, of, _ in several
        if of is section
    )


def _of_section(
    section: Section, plain: Rulebook, builds_on: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Adaptation, Node]]:
    report = section.report
    what = f"what is adapted of `{section.of}`"
    fields = Fields(report, section.node, ("parameters", "rules"), what)
    within = {section.of, *builds_on.get(section.of, ())}
    rules = {rule.id: rule for rule in plain.rules}
    several: list[tuple[str, Mapping[str, ParameterValue | Rule]]]
    several = [("parameter", plain.parameters), ("rule", rules)]
    for kind, things in several if section.with_rules else several[:1]:
        for key, node in fields.entries(f"{kind}s"):
            thing = things.get(key.text)
            if thing is None or thing.pack not in within:
                names = [name for name, each in things.items() if each.pack in within]
                _nothing(section, key, kind, "" if thing is None else thing.pack, names)
                continue
            if isinstance(thing, Rule):
                made = _rule(section, key, node, thing, rules)
            else:
                made = _parameter(section, key, node, thing)
            if made is not None:
                yield made, key


def _nothing(section: Section, key: Scalar, what: str, home: str, names: Iterable[str]) -> None:
    near = did_you_mean(key.text, names)
    help_ = f"it is a {what} of `{home}`: write it under `adapts: {{{home}: …}}`" if home else near
    see = "`govrules catalogue` lists them all"
    section.report.add(
        Code.NOTHING_TO_ADAPT,
        f"pack `{section.of}` has no {what} `{key.text}`",
        key,
        help_ if help_.startswith(("it", "did")) else see,
    )


def _said(fields: Fields) -> tuple[str, str]:
    """Return an adaptation's reason and approval."""
    return fields.text("reason", required=True), fields.text("approved")


def _parameter(
    section: Section, key: Scalar, node: Node, parameter: ParameterValue
) -> Adaptation | None:
    report = section.report
    keys = ("value", "values", "reason", "approved")
    fields = Fields(report, node, keys, f"parameter `{key.text}`")
    unit = "pounds" if isinstance(parameter.type, Money) else parameter.unit
    found: tuple[Plain | Dated, FactType] | None
    if "values" in fields:
        found = read_dated(fields, key.text, unit)
        value = None if found is None else fields.value("values")
    else:
        value = fields.required("value")
        found = read_parameter_type(value, unit) if isinstance(value, Scalar) else None
    said = _said(fields)
    if value is None:
        return None
    if found is None or not are_comparable(found[1], parameter.type):
        text = value.text if isinstance(value, Scalar) else ""
        meant = amount_meant(text) if isinstance(parameter.type, Money) else ""
        report.add(
            Code.TYPE_MISMATCH,
            f"`{text}` is no amount as rules write it"
            if meant
            else f"parameter `{key.text}` is of another type: pack `{section.of}` gives it "
            f"{parameter_text(parameter.value, parameter)}",
            value,
            f'write "{meant}"'
            if meant
            else f"write a value such as {parameter_text(parameter.value, parameter)}",
        )
        return None
    span, was = report.span(key), parameter.dated or parameter.value
    of, what = parameter.pack, Adapts.PARAMETER
    return Adaptation(section.pack, of, what, key.text, was, found[0], *said, span=span)


def _rule(
    section: Section, key: Scalar, node: Node, rule: Rule, rules: Mapping[str, Rule]
) -> Adaptation | None:
    report = section.report
    fields = Fields(report, node, (*_OF_A_RULE, "reason", "approved"), f"rule `{key.text}`")
    if not fields.is_mapping:
        return None
    said = _said(fields)
    given = [each for each in _OF_A_RULE if each in fields]
    if len(given) != 1:
        report.add(
            Code.WRONG_SHAPE,
            f"rule `{key.text}` is changed in one way: `severity`, `leave_out` or `replaced_by`",
            key,
            "write one of them, such as `severity: high`",
        )
        return None
    now: Plain | Severity | None = None
    match given[0]:
        case "severity":
            now = fields.member("severity", Severity)
        case "leave_out":
            now = fields.yes_no("leave_out")
        case _:
            now = _replacement(report, fields, rule, rules)
    if now is None:
        return None
    was = tuple(sorted({rule.otherwise, *(grade.severity for grade in rule.grades)}))
    span, what = report.span(key), Adapts(given[0])
    return Adaptation(section.pack, rule.pack, what, key.text, was, now, *said, span=span)


def _replacement(
    report: Report, fields: Fields, rule: Rule, rules: Mapping[str, Rule]
) -> str | None:
    name = fields.text("replaced_by")
    if not name:
        return None
    other = rules.get(name)
    if other is None:
        others = [each for each in rules if each != rule.id]
        report.add(
            Code.NOTHING_TO_ADAPT,
            f"no rule is called `{name}`, by which `{rule.id}` is replaced",
            fields.value("replaced_by"),
            did_you_mean(name, others, otherwise="write the rule in a theme file of this pack"),
        )
        return None
    if other is rule:
        report.add(
            Code.NOTHING_TO_ADAPT,
            f"rule `{rule.id}` is replaced by itself",
            fields.value("replaced_by"),
            "name another rule, or change it by `severity` or `parameters`",
        )
        return None
    return name


def parameter_text(value: Plain, parameter: ParameterValue) -> str:
    """
    Return the value of a parameter as rule files have it.

    Args:
        value: the value; of a length of time, its months.

        parameter: the parameter, whose type and unit say how it is written.
    """
    match value, parameter.type:
        case Decimal() | int(), Money():
            return f"£{value:,}"
        case _, Months():
            return "1 month" if value == 1 else f"{value} months"
        case Decimal() | int(), _:
            unit = f" {parameter.unit}" if parameter.unit else ""
            return f"{value:,}{unit}"
        case _:
            return str(value)
