"""The command `explain`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from govrules.cli.options import Rules, load
from govrules.cli.output import FINE, Stop, emit, show
from govrules.diagnostics import CODES
from govrules.render.explained import (
    code_lines,
    fact_lines,
    near,
    parameter_lines,
    rule_lines,
    word_lines,
)
from govrules.render.formula import formula_lines
from govrules.rulebook.ast import Rule, Rulebook


def explain(
    name: str | None = None,
    *,
    rules: Rules = None,
    code: Annotated[bool, Parameter(name="--code", negative="")] = False,
    formula: Annotated[bool, Parameter(name="--formula", negative="")] = False,
) -> int:
    """
    Explain a rule, a diagnostic's code, a fact, a parameter, or a word of the format.

    Parameters
    ----------
    name
        A rule's id, a code such as GR104 or its name, a fact such as funding.pooled, a parameter
        such as high_spend, or a word such as newer_than or mitigated_by.
    code
        Print the Python to which the engine `compiled` turns the rule, or all rules if none is
        named.
    formula
        Print when the rule flags, is clear and does not apply, and when each severity is possible,
        in words, or of all rules if none is named.
    """
    if code:
        return _explain_code(name, load(rules))
    if formula:
        return _explain_formula(name, load(rules))
    if name is None:
        raise Stop(
            "`explain` needs the name of a rule, a code or a fact",
            "`--code` or `--formula` alone prints all rules; "
            "run `govrules --help` for what can be asked",
        )
    return _explain_name(name, rules)


def _explain_code(name: str | None, rulebook: Rulebook) -> int:
    from govrules.engines import compiled  # noqa: PLC0415 - only this option needs it

    chosen = _rules_called(name, rulebook)
    for subject, cls in rulebook.subjects.items():
        about = [rule for rule in chosen if rule.subject == subject]
        if about:
            emit(f"# rules about {subject}\n\n{compiled.source(about, cls, rulebook)}\n")
    return FINE


def _explain_formula(name: str | None, rulebook: Rulebook) -> int:
    for index, rule in enumerate(_rules_called(name, rulebook)):
        show([*([("", "")] if index else []), *formula_lines(rule, rulebook)])
    return FINE


def _rules_called(name: str | None, rulebook: Rulebook) -> list[Rule]:
    """Return the rule of this name, or all rules if none is named."""
    chosen = [rule for rule in rulebook.rules if name in (None, rule.id)]
    if not chosen:
        raise Stop(
            f"`{name}` is no rule",
            f"{near(name or '', rulebook) or 'see `govrules catalogue` for the rules'}",
        )
    return chosen


def _explain_name(name: str, rules: list[str] | None) -> int:
    diagnostic = CODES.get(name) or CODES.get(name.upper())
    if diagnostic is not None:
        show(code_lines(diagnostic))
        return FINE
    rulebook = load(rules)
    rules_ = (each for each in (*rulebook.rules, *rulebook.left_out) if each.id == name)
    if (rule := next(rules_, None)) is not None:
        lines = [*rule_lines(rule, rulebook)]
    else:
        facts_or_parameter = (*fact_lines(name, rulebook), *parameter_lines(name, rulebook))
        lines = [*(facts_or_parameter or word_lines(name))]
    if not lines:
        raise Stop(
            f"`{name}` is no rule, code, fact, parameter or word of the format",
            f"{near(name, rulebook) or 'find a fact by `govrules facts WORDS`'}",
        )
    show(lines)
    return FINE
