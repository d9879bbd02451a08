"""Properties of a rule alone: its English names every fact, and its text is read back equal."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from govrules.explain.english import names_every, rule_sentence
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.rulebook.ast import Rule, Rulebook, rule_conditions
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.expr import Condition
from govrules.rulebook.walk import references
from govrules.rulebook.write import write_condition
from govrules.subjects import Declared
from govrules.testing.trial import FalsifiedError


def english_names_every_fact(rulebook: Rulebook) -> None:
    """The English of every condition, affirmed and denied, names each fact that it reads."""
    for rule, condition, _ in conditions_of(rulebook):
        if rule is not None and not rule_sentence(rule).endswith("."):
            raise FalsifiedError("its sentence is cut short", rule)
        for path in unnamed(condition):
            raise FalsifiedError(f"its English does not name `{path}`", rule)


def unnamed(condition: Condition) -> Iterator[str]:
    """Yield the facts that the English of a condition does not name."""
    refs = [*references(condition)]
    for holds in (True, False):
        yield from names_every(condition, refs, holds=holds)


def format_round_trips(rulebook: Rulebook) -> None:
    """Every condition that is written to a file, in either style of YAML, is read back equal."""
    for rule, condition, cls in conditions_of(rulebook):
        for flow in (True, False):
            if read_back(condition, rulebook, cls, flow=flow) != condition:
                raise FalsifiedError(f"it is read back otherwise: {condition.span}", rule)


def read_back(
    condition: Condition, rulebook: Rulebook, cls: type, *, flow: bool = False
) -> Condition | None:
    """Return a condition as it is read from the file to which it was written."""
    text = yaml.safe_dump(write_condition(condition), sort_keys=False, default_flow_style=flow)
    report = Report("generated.yaml", text)
    derived = {name: (each.fact, each.cls) for name, each in rulebook.derived.items()}
    declared = Declared(rulebook.local, derived)
    reader = ConditionReader(report, declared, rulebook.parameters, known_allowed=True)
    found = reader.condition(parse(text, report), (cls,))
    return None if report.diagnostics else found


def conditions_of(rulebook: Rulebook) -> Iterator[tuple[Rule | None, Condition, type]]:
    """Yield every outermost condition with the class that it is about; derived facts' rows too."""
    for rule in rulebook.rules:
        for condition in rule_conditions(rule):
            yield rule, condition, rulebook.subjects[rule.subject]
    for derived in rulebook.derived.values():
        for row in derived.rows:
            yield None, row.when, derived.cls
