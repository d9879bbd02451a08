"""Run the examples of rules, and see which of a rule's tests they show true, false and unknown."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from govrules.assessment import assess_rule
from govrules.diagnostics import Code, Diagnostic
from govrules.engines.reference import Case, case_of, derive, evaluate
from govrules.explain.english import condition_phrase
from govrules.explain.phrases import joined
from govrules.facts import Facts
from govrules.findings import Finding
from govrules.rulebook.adapt import as_written, derived_as_written
from govrules.rulebook.ast import (
    Derived,
    DerivedExample,
    Example,
    Rule,
    Rulebook,
    Verdict,
    rule_conditions,
)
from govrules.rulebook.expr import All, AnyOf, Condition, Known, Not, Test, children
from govrules.rulebook.walk import nodes
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Records


@attrs.frozen
class ExampleResult:
    """
    What a rule says of one of its examples.

    Attributes:
        rule: the rule.
        example: the example.
        finding: what the rule says.
        problem: how that differs from what the example expects; "" where it does not.
    """

    rule: Rule
    example: Example
    finding: Finding
    problem: str

    @property
    def diagnostic(self) -> Diagnostic | None:
        """The failure as a diagnostic at the example's place; None where it holds."""
        if not self.problem:
            return None
        reasons = joined(reason.phrase for reason in self.finding.because)
        help_ = f"the rule sees: {reasons}" if reasons else "the rule sees no fact that decides"
        message = f"rule `{self.rule.id}`, example `{self.example.name}`: {self.problem}"
        return Diagnostic(Code.EXAMPLE_FAILS, message, self.example.span, help_)


@attrs.frozen
class Unseen:
    """
    A test of a rule that no example shows with some truth value.

    Attributes:
        rule: the rule.
        test: the test.
        truths: the values with which no example shows it.
    """

    rule: Rule
    test: Condition
    truths: tuple[Truth, ...]

    def __str__(self) -> str:
        missing = joined((each.value for each in self.truths), "or")
        phrase = condition_phrase(self.test)
        return f"{self.test.span}: rule `{self.rule.id}`: no example shows as {missing}: {phrase}"


@attrs.frozen
class DerivedResult:
    """
    What a derived fact is in one of its examples.

    Attributes:
        derived: the derived fact.
        example: the example.
        values: the values still possible.
    """

    derived: Derived
    example: DerivedExample
    values: tuple[object, ...]

    @property
    def diagnostic(self) -> Diagnostic | None:
        """The failure as a diagnostic at the example's place; None where it holds."""
        expected = self.example.expect
        if (expected is None) is (len(self.values) > 1) and expected in (None, *self.values):
            return None
        found = joined((_word(value) for value in self.values), "or")
        message = (
            f"`{self.derived.name}`, example `{self.example.name}`: "
            f"expected {_word(expected)}, but it is {found}"
        )
        return Diagnostic(Code.EXAMPLE_FAILS, message, self.example.span)


def _word(value: object) -> str:
    return {True: "yes", False: "no", None: "unknown"}.get(value, str(value))  # type: ignore[call-overload, no-any-return]


def run_derived_examples(rulebook: Rulebook) -> Iterator[DerivedResult]:
    """Run every example of every derived fact that the packs declare themselves."""
    for derived in rulebook.derived.values():
        if derived.inherited:
            continue
        written, seen = derived_as_written(derived, rulebook)
        for example in written.examples:
            yield run_derived_example(written, example, seen)


def run_derived_example(
    derived: Derived, example: DerivedExample, rulebook: Rulebook
) -> DerivedResult:
    """Run one example of a derived fact."""
    case = case_of(Facts(example.given, example.as_of or UNKNOWN), rulebook)
    return DerivedResult(derived, example, derive(derived, case))


def run_examples(rulebook: Rulebook) -> Iterator[ExampleResult]:
    """Run every example of every rule, each by the values of parameters that its pack sees."""
    for rule in rulebook.rules:
        written, seen = as_written(rule, rulebook)
        for example in written.examples:
            yield run_example(written, example, seen)


def run_example(rule: Rule, example: Example, rulebook: Rulebook) -> ExampleResult:
    """Run one example of a rule."""
    finding = assess_rule(rule, example.given, example.as_of or UNKNOWN, rulebook)
    if not rule.counts_on(example.as_of or UNKNOWN):
        expected = "" if example.expect is None else example.expect.value
        problem = f"expected {expected}, but it is not in force" if expected else ""
        return ExampleResult(rule, example, finding, problem)
    return ExampleResult(rule, example, finding, _problem(example, finding))


def example_case(example: Example, rulebook: Rulebook) -> Case:
    """Return the facts of an example under a rulebook."""
    return case_of(Facts(example.given, example.as_of or UNKNOWN), rulebook)


def _problem(example: Example, finding: Finding) -> str:
    if example.expect is None:
        return f"expected that it is not in force, but it is {finding.verdict.value}"
    asked = frozenset(question.fact for question in finding.questions)
    if finding.verdict is not example.expect:
        asks = f", and asks for {joined(sorted(asked))}"
        asks = asks if finding.verdict is Verdict.UNKNOWN else ""
        return f"expected {example.expect.value}, but it is {finding.verdict.value}{asks}"
    if example.severity is not None and finding.severity is not example.severity:
        found = finding.severity.value if finding.severity else "none"
        return f"expected severity {example.severity.value}, but it is {found}"
    if example.could_be is not None and finding.could_be is not example.could_be:
        found = finding.could_be.value if finding.could_be else "no worse than it is"
        return f"expected that it could be {example.could_be.value}, but that is {found}"
    if example.asks is not None and asked != example.asks:
        expected = joined(sorted(example.asks)) or "nothing"
        return (
            f"expected to ask for {expected}, but it asks for {joined(sorted(asked)) or 'nothing'}"
        )
    return ""


def unseen(rulebook: Rulebook) -> Iterator[Unseen]:
    """Yield the tests that the examples of their rule do not show with all three values."""
    for adapted in rulebook.rules:
        rule, its = as_written(adapted, rulebook)
        seen: dict[int, set[Truth]] = {
            id(node): set()
            for condition in rule_conditions(rule)
            for node in nodes(condition)
            if not isinstance(node, All | AnyOf | Not)
        }
        for example in rule.examples:
            case = example_case(example, its)
            for condition in rule_conditions(rule):
                _observe(condition, case, seen)
        for condition in rule_conditions(rule):
            for node in nodes(condition):
                missing = tuple(each for each in Truth if each not in seen.get(id(node), Truth))
                if missing and not isinstance(node, Known):
                    yield Unseen(rule, node, missing)


def _observe(condition: Condition, case: Case, seen: dict[int, set[Truth]]) -> None:
    """Record the truth of every test in a condition, whether or not it is decisive."""
    if id(condition) in seen:
        seen[id(condition)].add(evaluate(condition, case))
    match condition:
        case All() | AnyOf() | Not() | Test() | Known():
            for child in children(condition):
                _observe(child, case, seen)
        case _ if isinstance(condition.list.type, Records):
            for record in case.facts.records(condition.list, case.scopes)[0]:
                for child in children(condition):
                    _observe(child, case.inside(record), seen)
