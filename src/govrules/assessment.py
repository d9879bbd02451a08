"""Assess subjects: every rule in force, one finding each, and what follows from them together."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from govrules.diagnostics import Diagnostic
from govrules.doubts import doubts
from govrules.engines.reference import case_of, judge
from govrules.engines.registry import Outcome, comparable
from govrules.engines.registry import engine as engine_called
from govrules.errors import FactsError
from govrules.explain import phrases
from govrules.explain.view import Seen, View
from govrules.facts import Facts, annotation, replaced
from govrules.findings import DerivedValue, Finding, finding_of
from govrules.frozen import Identical, frozen
from govrules.lazy import ShownInNotebooks
from govrules.model import AssessmentFacts, FindingFacts, FindingSeverity, FindingVerdict
from govrules.plans import Plan, plan_of
from govrules.ranking import RankedQuestion, gravity, ranked
from govrules.rulebook.ast import Citation, Derived, Rule, Rulebook, Severity, Verdict
from govrules.rulebook.decisions import Action, Waiver
from govrules.rulebook.expr import Compare, FactRef, FactSource, Literal, Op, Test
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_subject, one_of, require_rulebook


@attrs.frozen
class Contradiction:
    """
    A derived fact that was stated, and that other facts contradict: it counts as stated.

    Attributes:
        stated: what was stated of it, as a clause.
        follows: what it may be as the other facts have it, and why.
        sentence: both, in a sentence.
    """

    stated: str
    follows: DerivedValue
    sentence: str


@attrs.frozen
class WhatIf:
    """
    What an assessment would find if some facts were otherwise.

    Attributes:
        facts: the value of each fact that would be otherwise, by its path.
        before: the assessment as the facts are.
        after: the assessment as they would be.
        opened: what would be flagged and is not.
        closed: what is flagged and would not be, as it would stand.
        changed: what would otherwise stand differently: as it is, and as it would be.
    """

    facts: Mapping[str, Any]
    before: Assessment
    after: Assessment
    opened: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    changed: tuple[tuple[Finding, Finding], ...]


@attrs.frozen
class Assessment(ShownInNotebooks):
    """
    All findings on one subject, one for each rule in force.

    Findings are made when they are first asked for; verdicts are there from the beginning.

    Attributes:
        id: the subject's id; its name where it has no id; "" where it has neither.
        name: the subject's name; "" where nobody recorded it.
        as_of: the date of the assessment.
        rulebook: the rules.
        subject: what was assessed.
        waivers: those by which findings on it do not count.
        actions: what was decided about findings on it.
        so_of: of a body that is in many partnerships, those of which what is flagged is so.
    """

    id: str
    name: str
    as_of: dt.date | Unknown
    rulebook: Rulebook = attrs.field(repr=False)
    subject: Any = attrs.field(repr=False, hash=False)
    _rules: tuple[Rule, ...] = attrs.field(repr=False, eq=False, alias="rules")
    #: Engines may know more of an outcome than they have to; what they say is compared.
    _outcomes: Sequence[Outcome] = attrs.field(
        repr=False, eq=lambda several: tuple(map(comparable, several)), hash=False, alias="outcomes"
    )
    _engine: str = attrs.field(repr=False, eq=False, alias="engine")
    waivers: tuple[Waiver, ...] = attrs.field(default=(), repr=False)
    actions: tuple[Action, ...] = attrs.field(default=(), repr=False)
    so_of: tuple[str, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        called = f" {self.id}" if self.id else ""
        return f"<Assessment{called}: {self.counts[Verdict.FLAGGED]} of {len(self._rules)} flagged>"

    def __deepcopy__(self, _memo: object) -> Assessment:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # The rules stand in the rulebook, and what is remembered is worked out again.
        outcomes = [
            Outcome(outcome.verdict, outcome.severity, outcome.could_be, outcome.mitigations)
            for outcome in self._outcomes
        ]
        values = (self.id, self.name, self.as_of, self.rulebook, self.subject)
        decided = (self.waivers, self.actions)
        rules = tuple(rule.id for rule in self._rules) if self.so_of else ()
        return _unpacked, (values, outcomes, self._engine, decided, self.so_of, rules)

    def afresh(self) -> Assessment:
        """Return an equal assessment without cached findings, so that this one can be freed."""
        return attrs.evolve(self)

    @cached_property
    def _seen(self) -> Seen:
        return Seen(self.subject, self.as_of, self.rulebook)

    @property
    def _view(self) -> View:
        return self._seen.view

    @cached_property
    def _made(self) -> dict[int, Finding]:
        return {}

    def _finding(self, place: int) -> Finding:
        """Return the cached finding of the rule at an index."""
        made = self._made.get(place)
        if made is None:
            made = finding_of(
                self._rules[place],
                self._outcomes[place],
                self._seen,
                engine=self._engine,
                waived=self._waiver(self._rules[place], self._outcomes[place]),
                action=self._action(self._rules[place]),
            )
            # Of two threads that make it at once, both hand out the first one's.
            made = self._made.setdefault(place, made)
        return made

    @cached_property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is read otherwise than the facts record it, such as a date that is yet to come."""
        return tuple(doubts(self.subject, self.as_of))

    @cached_property
    def coming_up(self) -> tuple[Finding, ...]:
        """What rules that are not in force yet flag on their first day, as the facts stand."""
        if not isinstance(self.as_of, dt.date) or not attrs.has(type(self.subject)):
            return ()
        kinds = (name for name, cls in self.rulebook.subjects.items() if cls is type(self.subject))
        kind = next(kinds, "")
        coming = [
            (begins, rule)
            for rule in self.rulebook.rules
            if rule.subject == kind
            and (begins := rule.in_force[0]) is not None
            and begins > self.as_of
        ]
        found = (assess_rule(rule, self.subject, begins, self.rulebook) for begins, rule in coming)
        return tuple(each for each in found if each.verdict is Verdict.FLAGGED)

    def _waiver(self, rule: Rule, outcome: Outcome) -> Waiver | None:
        """Return the waiver of a rule; None where it is not flagged or not waived."""
        if outcome.verdict is not Verdict.FLAGGED:
            return None
        return next((waiver for waiver in self.waivers if waiver.rule == rule.id), None)

    def _action(self, rule: Rule) -> Action | None:
        """Return the action on the finding of a rule; None where there is none."""
        return next((action for action in self.actions if action.rule == rule.id), None)

    @property
    def acted_on(self) -> tuple[Finding, ...]:
        """The findings that have an action, done or not."""
        rules = {action.rule for action in self.actions}
        several = [place for place, rule in enumerate(self._rules) if rule.id in rules]
        sums = (summary for summary in self.summaries if summary.action) if self.actions else ()
        return (*map(self._finding, several), *sums)

    @property
    def waived(self) -> tuple[Finding, ...]:
        """The flagged findings that are waived, gravest first: they do not count."""
        return tuple(finding for finding in self.flagged if finding.waived) if self.waivers else ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One finding for each rule in force, in the rulebook's order."""
        return tuple(self._finding(place) for place in range(len(self._rules)))

    @cached_property
    def summaries(self) -> tuple[Finding, ...]:
        """What rules that sum up the findings say; counted apart."""
        if type(self.subject) is not self.rulebook.subjects.get("partnership"):
            return ()
        rules = self.rulebook.rules_for("assessment", self.as_of)
        if not rules:
            return ()
        pairs = zip(self._rules, self._outcomes, strict=True)
        subject = AssessmentFacts(findings=tuple(_as_fact(rule, each) for rule, each in pairs))
        (found,) = engine_called(self._engine).outcomes(
            rules, (subject,), self.as_of, self.rulebook
        )
        seen = Seen(subject, self.as_of, self.rulebook)
        return tuple(
            finding_of(
                rule,
                outcome,
                seen,
                engine=self._engine,
                parts=self.findings,
                waived=self._waiver(rule, outcome),
                action=self._action(rule),
            )
            for rule, outcome in zip(rules, found, strict=True)
        )

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """Return the findings with a verdict."""
        verdict = one_of("verdict", verdict, Verdict)
        return tuple(
            self._finding(place)
            for place, outcome in enumerate(self._outcomes)
            if outcome.verdict is verdict
        )

    @cached_property
    def flagged(self) -> tuple[Finding, ...]:
        """The flagged findings, gravest first."""
        return tuple(sorted(self.of(Verdict.FLAGGED), key=gravity))

    @property
    def checks(self) -> int:
        """How many rules are in force about it: as many as there are findings."""
        return len(self._rules)

    @cached_property
    def counts(self) -> Mapping[Verdict, int]:
        """How many findings have each verdict."""
        found = Counter(outcome.verdict for outcome in self._outcomes)
        return {verdict: found[verdict] for verdict in Verdict}

    @cached_property
    def severities(self) -> Mapping[Severity, int]:
        """How many flagged findings have each severity."""
        found = Counter(outcome.severity for outcome in self._outcomes)
        return {severity: found[severity] for severity in Severity}

    @cached_property
    def could_be(self) -> Mapping[Severity, int]:
        """How many findings whose verdict is not known could turn out to have each severity."""
        unknown = (each for each in self._outcomes if each.verdict is Verdict.UNKNOWN)
        found = Counter(outcome.could_be for outcome in unknown)
        return {severity: found[severity] for severity in Severity}

    @property
    def good_practice(self) -> tuple[Finding, ...]:
        """The rules that apply and are met: good practice to report."""
        return self.of(Verdict.CLEAR)

    @cached_property
    def questions(self) -> tuple[RankedQuestion, ...]:
        """Every question left, in the order of consequence."""
        return self.questions_of(self.findings)

    def questions_of(self, findings: Iterable[Finding]) -> tuple[RankedQuestion, ...]:
        """
        Return every question that some of the findings leave, ranked as all of them are.

        First come those of rules that certainly apply, the gravest that they could show first;
        then those of rules of which it is open whether they apply. Of several alike that comes
        first which helps to settle most.
        """
        return ranked(findings, self.derived)

    @cached_property
    def derived(self) -> Mapping[str, DerivedValue]:
        """What each derived fact of the subject that is shown may be, and why, by its name."""
        cls = type(self.subject)
        shown = (each for each in self.rulebook.derived.values() if each.cls is cls and each.shown)
        return {each.name: self._derived(each) for each in shown}

    def _derived(self, derived: Derived) -> DerivedValue:
        values = self._view.settle(derived.name, 0)
        rule = asking_for(Identical((derived,)), values[0])
        found = finding_of(rule, self._view.says(rule), self._seen)
        if derived.name in found.steps:
            return found.steps[derived.name]
        settled = phrases.fact_phrase(derived.fact, values[0]) if len(values) == 1 else ""
        return DerivedValue(
            derived.name, derived.fact.label, settled, values, found.because, found.questions
        )

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """What was stated of derived facts, and other facts contradict; it counts as stated."""
        stated = annotation(self.subject, "stated")
        return tuple(
            found
            for name, derived in self.rulebook.derived.items()
            if derived.cls is type(self.subject) and stated.get(name, UNKNOWN) is not UNKNOWN
            for found in self._contradicted(derived, stated)
        )

    def _contradicted(self, derived: Derived, stated: Mapping[str, Any]) -> Iterator[Contradiction]:
        others = {name: value for name, value in stated.items() if name != derived.name}
        without = attrs.evolve(self, subject=attrs.evolve(self.subject, stated=others))
        follows, value = without._derived(derived), stated[derived.name]  # noqa: SLF001 - its own
        if value in follows.values:
            return
        told = phrases.fact_phrase(derived.fact, value)
        which = follows.phrase or phrases.joined(
            (phrases.fact_phrase(derived.fact, each) for each in follows.values), "or"
        )
        because = phrases.joined(dict.fromkeys(reason.phrase for reason in follows.because))
        why = f" ({because})" if because else ""
        yield Contradiction(
            told,
            follows,
            phrases.sentence(
                f"it is stated that {told}, and counts so; from the other facts it follows that "
                f"{which}{why}"
            ),
        )

    def what_if(self, facts: Mapping[str, Any]) -> WhatIf:
        """
        Return what would be found if some facts were otherwise; nothing is changed.

        Args:
            facts: the value of each fact by its path, such as ``funding.annual_spend`` or
                ``partners[1].named_accountable``; a record of a list may stand by its name, as in
                ``partners[Police].kind``. None is known to be absent, UNKNOWN is not known.

        Raises:
            FactsError: there is no such fact or record, or it takes no such value.

        >>> from govrules import Funding, Partnership, load_rulebook
        >>> pool = Partnership(name="Care pool", funding=Funding(pooled=True), protocol=None)
        >>> found = assess(pool, load_rulebook()).what_if({"protocol.agreed": True})
        >>> [each.rule.id for each in found.closed]
        ['pooled-budget-without-protocol']
        """
        subject = self.subject
        for path, value in facts.items():
            subject = replaced(subject, path, value)
        made = assess(subject, self.rulebook, as_of=self.as_of, engine=self._engine)
        after = attrs.evolve(made, waivers=self.waivers, actions=self.actions)
        pairs = [*zip(self._outcomes, after._outcomes, strict=True)]  # noqa: SLF001 - its own
        differ = [
            at for at, (one, other) in enumerate(pairs) if comparable(one) != comparable(other)
        ]
        was = {at: pairs[at][0].verdict is Verdict.FLAGGED for at in differ}
        now = {at: pairs[at][1].verdict is Verdict.FLAGGED for at in differ}
        opened = [after._finding(at) for at in differ if now[at] and not was[at]]  # noqa: SLF001 - its own
        return WhatIf(
            frozen(facts),
            before=self,
            after=after,
            opened=tuple(sorted(opened, key=gravity)),
            closed=tuple(
                after._finding(at)  # noqa: SLF001 - its own
                for at in sorted((at for at in differ if was[at] and not now[at]), key=self._grave)
            ),
            changed=tuple(
                (self._finding(at), after._finding(at))  # noqa: SLF001 - its own
                for at in differ
                if was[at] == now[at]
            ),
        )

    def _grave(self, place: int) -> int:
        return gravity(self._finding(place))

    def plan(self, level: Severity = Severity.LOW) -> Plan:
        """Return the smallest action plan that clears all flagged findings at a level or above."""
        level = one_of("level", level, Severity)
        return plan_of(self._rules, self.findings, self._view, level)


def _unpacked(  # noqa: PLR0917 - as it is pickled
    values: tuple[str, str, dt.date | Unknown, Rulebook, Any],
    outcomes: Sequence[Outcome],
    engine: str,
    decided: tuple[tuple[Waiver, ...], tuple[Action, ...]],
    so_of: tuple[str, ...],
    of: tuple[str, ...],
) -> Assessment:
    *_, as_of, rulebook, subject = values
    rules = rulebook.rules_for(_kind((subject,), rulebook), as_of)
    if of:
        rules = tuple(rule for rule in rules if rule.id in of)
    made = Assessment(*values, rules=rules, outcomes=outcomes, engine=engine, so_of=so_of)
    waivers, actions = decided
    return attrs.evolve(made, waivers=waivers, actions=actions)


def assess(
    subject: Any,  # noqa: ANN401 - any attrs object that the rulebook has rules for
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> Assessment:
    """
    Assess one subject: one finding for each rule in force that is about its kind.

    Args:
        subject: a `Partnership`, a `Register`, or an object of any attrs class that the rulebook
            was loaded with.

        rulebook: the rules.

        as_of: the date of the assessment; where unknown, what hangs on it is asked for.

        engine: which engine evaluates; the findings are the same.

    Raises:
        FactsError: the subject does not fit the vocabulary.

        EngineError: there is no such engine here, or it cannot do this rulebook.

    >>> from govrules import Funding, Partnership, load_rulebook
    >>> pool = Partnership(status="active", funding=Funding(pooled=True), protocol=None)
    >>> print(*(each.rule.title for each in assess(pool, load_rulebook()).flagged))
    Budgets are pooled without an agreed protocol
    """
    (assessment,) = assess_each((subject,), rulebook, as_of=as_of, engine=engine)
    return assessment


def assess_each(
    subjects: Sequence[Any],
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> Iterator[Assessment]:
    """
    Assess many subjects of one kind, in order, each as `assess` does.

    Raises:
        FactsError: the subjects are of more than one kind, or one does not fit the vocabulary.

        EngineError: there is no such engine here, or it cannot do this rulebook.
    """
    require_rulebook(rulebook)
    check_as_of(as_of)
    made = [check_subject(subject, rulebook) for subject in subjects]
    yield from assess_made(made, rulebook, as_of=as_of, engine=engine)


def assess_made(
    subjects: Sequence[Any],
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> Iterator[Assessment]:
    """Assess subjects that were already validated, each as `assess` does."""
    judge_each = engine_called(engine).outcomes
    if not subjects:
        return
    kind = _kind(subjects, rulebook)
    rules = rulebook.rules_for(kind, as_of)
    found = judge_each(rules, subjects, as_of, rulebook)
    for subject, outcomes in zip(subjects, found, strict=True):
        name = _text(subject, "name")
        yield Assessment(
            id=_text(subject, "id") or name,
            name=name,
            as_of=as_of,
            rulebook=rulebook,
            subject=subject,
            rules=rules,
            outcomes=outcomes,
            engine=engine,
        )


def ended(assessment: Assessment) -> Iterator[tuple[Rule, Verdict, Severity | None]]:
    """Yield each rule with its verdict and certain severity, without building findings."""
    for rule, outcome in zip(assessment._rules, assessment._outcomes, strict=True):  # noqa: SLF001 - its own
        yield rule, outcome.verdict, outcome.severity


@functools.lru_cache(maxsize=256)
def asking_for(only: Identical, value: str | bool | None) -> Rule:  # noqa: FBT001 - a value
    """Return a synthetic rule requiring a derived fact to have a value, to explain that value."""
    (derived,) = only
    ref = FactRef(derived.name, 0, derived.fact, FactSource.DERIVED)
    return Rule(
        id=derived.name,
        title=derived.fact.label,
        theme="",
        principle="",
        source=derived.sources[0] if derived.sources else Citation("", ""),
        requires=Test(ref, Compare(Op.EQUALS, Literal(value))),
        otherwise=Severity.LOW,
    )


def _as_fact(rule: Rule, outcome: Outcome) -> FindingFacts:
    """Return a finding as the fact of a summary rule; what is open in it is unknown."""
    settled = outcome.verdict is not Verdict.UNKNOWN
    sure = outcome.severity is not None and outcome.could_be is None
    return FindingFacts(
        rule=rule.id,
        name=rule.title,
        theme=rule.theme,
        verdict=FindingVerdict(outcome.verdict.value.replace(" ", "_")) if settled else UNKNOWN,
        severity=_severity_fact(outcome, sure=sure, settled=settled),
    )


def _severity_fact(
    outcome: Outcome, *, sure: bool, settled: bool
) -> FindingSeverity | Unknown | None:
    if sure and outcome.severity is not None:
        return FindingSeverity(outcome.severity.value)
    return None if settled and outcome.severity is None else UNKNOWN


def assess_rule(
    rule: Rule,
    subject: Any,  # noqa: ANN401 - any attrs object
    as_of: dt.date | Unknown,
    rulebook: Rulebook,
) -> Finding:
    """Return what one rule says of a subject."""
    outcome = judge(rule, case_of(Facts(subject, as_of), rulebook))
    return finding_of(rule, outcome, Seen(subject, as_of, rulebook))


def _kind(subjects: Sequence[Any], rulebook: Rulebook) -> str:
    """Return the kind that all subjects share."""
    first = type(subjects[0])
    for name, cls in rulebook.subjects.items():
        if cls is first:
            other = next((subject for subject in subjects if type(subject) is not cls), None)
            if other is None:
                return name
            raise FactsError("subject", f"a {cls.__name__}", type(other).__name__)
    known = " or ".join(cls.__name__ for cls in rulebook.subjects.values())
    raise FactsError("subject", f"a {known}", first.__name__)


def _text(subject: Any, name: str) -> str:  # noqa: ANN401 - any attrs object
    value = getattr(subject, name, UNKNOWN)
    return value if isinstance(value, str) else ""
