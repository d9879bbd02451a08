"""Properties of form: rules say what they mean, order does not matter, engines agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import attrs
import yaml
from hypothesis import strategies as st

from govrules.assessment import assess
from govrules.engines.registry import ENGINES
from govrules.errors import EngineError
from govrules.explain.english import names_every, rule_sentence
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.reading import declared_by
from govrules.rulebook.ast import Rule, Rulebook, rule_conditions
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.expr import All, AnyOf, Condition
from govrules.rulebook.walk import references
from govrules.rulebook.write import write_condition
from govrules.testing.trial import FalsifiedError, Trial, kinds_of, verdict_phrase
from govrules.truth import UNKNOWN
from govrules.validate import check_subject


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
    reader = ConditionReader(report, declared_by(rulebook), rulebook.parameters, known_allowed=True)
    found = reader.condition(parse(text, report), (rulebook.class_of(cls),))
    return None if report.diagnostics else found


def conditions_of(rulebook: Rulebook) -> Iterator[tuple[Rule | None, Condition, type]]:
    """Yield every outermost condition with the class that it is about; derived facts' rows too."""
    for rule in rulebook.rules:
        for condition in rule_conditions(rule):
            yield rule, condition, rulebook.subjects[rule.subject]
    for derived in rulebook.derived.values():
        for row in derived.rows:
            yield None, row.when, derived.cls


def order_and_duplicates_do_not_matter(trial: Trial) -> None:
    """The order of rules and of the items of a condition, and an item twice, change nothing."""
    random = trial.draw(st.randoms(use_true_random=False))
    shuffled = list(trial.rulebook.rules)
    random.shuffle(shuffled)
    rules = tuple(_jumbled(rule, random) for rule in shuffled)
    again = attrs.evolve(trial.rulebook, rules=rules)
    after = {each.rule.id: each for each in attrs.evolve(trial, rulebook=again).assess().findings}
    for finding in trial.assess().findings:
        other = after[finding.rule.id]
        says = f"{verdict_phrase(finding)} became {verdict_phrase(other)} in another order"
        same = verdict_phrase(finding) == verdict_phrase(other) and len(finding.mitigations) == len(
            other.mitigations
        )
        trial.require(same, says, finding.rule)


def _jumbled(rule: Rule, random: Any) -> Rule:  # noqa: ANN401 - a source of chance
    applies = None if rule.applies_when is None else jumbled(rule.applies_when, random)
    return attrs.evolve(rule, requires=jumbled(rule.requires, random), applies_when=applies)


def jumbled(condition: Condition, random: Any) -> Condition:  # noqa: ANN401 - a source of chance
    """Return a condition with its items in another order, and one of them twice."""
    if not isinstance(condition, All | AnyOf):
        return condition
    items = [jumbled(item, random) for item in condition.items]
    random.shuffle(items)
    return attrs.evolve(condition, items=(*items, items[0]))


def one_finding_per_rule(trial: Trial) -> None:
    """Each rule about the subject's kind has one finding, in the rulebook's order."""
    kinds = [name for name, each in trial.rulebook.subjects.items() if each is trial.cls]
    expected = [rule for rule in trial.rulebook.rules if rule.subject == kinds[0]]
    day = trial.as_of
    if isinstance(day, dt.date):
        expected = [each for each in expected if (each.in_force[0] or day) <= day]
        expected = [each for each in expected if (each.in_force[1] or day) >= day]
    assessment = trial.assess()
    trial.require(
        [finding.rule for finding in assessment.findings] == expected, "a finding is amiss"
    )
    trial.require(sum(assessment.counts.values()) == len(expected), "the counts do not add up")


def checked_rules_never_raise(trial: Trial) -> None:
    """A subject that fits the vocabulary is assessed and explained whatever is unknown of it."""
    check_subject(trial.subject, trial.rulebook)
    for as_of in (trial.as_of, UNKNOWN):
        assessment = attrs.evolve(trial, as_of=as_of).assess()
        for finding in (*assessment.findings, *assessment.summaries):
            whole = finding.sentence.endswith((".", "?", "!"))
            trial.require(whole, "its sentence is cut short", finding.rule)
            worded = all(reason.phrase for reason in finding.because)
            trial.require(worded, "it cites a fact without words", finding.rule)
            trial.require(isinstance(finding.remedy, str), "its remedy is no text", finding.rule)
        ranked = {question.question for question in assessment.questions}
        asked = {question for finding in assessment.findings for question in finding.questions}
        trial.require(ranked == asked, "the ranked questions are not those that are asked")


def engines_agree(trial: Trial) -> None:
    """Every engine that is installed says what the reference engine says."""
    expected = trial.assess().findings
    for name in installed_engines(trial.rulebook)[1:]:
        for one, other in zip(expected, trial.assess(engine=name).findings, strict=True):
            says = (
                f"`{name}` says {verdict_phrase(other)}, the reference engine {verdict_phrase(one)}"
            )
            same = (
                verdict_phrase(one) == verdict_phrase(other)
                and one.mitigations == other.mitigations
            )
            trial.require(same, says, one.rule)


def installed_engines(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the engines that can do a rulebook here, the reference engine first."""
    found = []
    for name in ENGINES:
        try:
            for cls in {rulebook.subjects[each] for each in kinds_of(rulebook)}:
                assess(cls(), rulebook, engine=name)
        except EngineError:
            continue
        found.append(name)
    return tuple(found)
