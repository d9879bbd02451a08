"""What holds of advice and plans: no needless reason, no idle question, no harm."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from govrules.assessment import Assessment
from govrules.engines.reference import Case, Judgement, evaluate, judge, split
from govrules.engines.registry import NEVER_FLAGS
from govrules.explain.because import REDUCED_UP_TO
from govrules.explain.ways import Effort, each_choice, members
from govrules.findings import Finding
from govrules.plans import Plan
from govrules.rulebook.ast import Rule, Severity, Verdict, rule_conditions
from govrules.rulebook.expr import Literal, OneOf
from govrules.rulebook.reads import uses
from govrules.testing.trial import Trial, least
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choice, Fact, Kind, Records, YesNo, vocabulary_of

#: So many ways to answer what a finding asks are gone through, of so many questions.
_MOST_ANSWERS: Final = 243
_MOST_ASKED: Final = 5


def because_has_no_needless_fact(trial: Trial) -> None:
    """Without any one of the facts that a finding cites, it is not what it is."""
    whole = trial.case()
    for finding in trial.assess().findings:
        facts = {reason.fact: reason.value for reason in finding.because}
        if len(facts) > REDUCED_UP_TO:
            continue
        said = judge(finding.rule, whole)
        for left_out in facts:
            kept = [fact for fact in facts if fact != left_out]
            steps = {each: facts[each] for each in kept if each in finding.steps}
            fewer = judge(finding.rule, whole.restricted(kept).overridden(steps))
            needed = _outcome(fewer) != _outcome(said) or fewer.scope is not said.scope
            trial.require(needed, f"it cites `{left_out}`, and does not need it", finding.rule)


def _outcome(found: Judgement | Finding) -> tuple[Any, ...]:
    return found.verdict, found.severity, found.could_be, found.mitigations


def no_question_is_idle(trial: Trial) -> None:
    """
    Of each question some answers to the others leave something open that its own answer changes.

    It is gone through where few facts of closed values are asked. A rule that tests a fact twice is
    left out: three-valued logic does not see that both tests are of one value, and `prove` names
    the rule.
    """
    case = trial.case()
    for finding in trial.assess().findings:
        answers = _answers(finding, trial)
        if not answers or _tests_twice(finding.rule, trial):
            continue
        for asked in answers:
            others = {path: values for path, values in answers.items() if path != asked}
            matters = any(
                _changes_it(finding.rule, case, so, {asked: answers[asked]})
                for so in _all_of(others)
            )
            trial.require(matters, f"no answer to `{asked}` changes anything", finding.rule)


def _answers(finding: Finding, trial: Trial) -> dict[str, Sequence[Any]]:
    """Return every combination of answers; none if there are too many."""
    found: dict[str, Sequence[Any]] = {}
    facts: Mapping[str, Fact] = vocabulary_of(trial.cls).facts
    for question in finding.questions[: _MOST_ASKED + 1]:
        fact = facts.get(question.fact)
        if fact is None or not isinstance(fact.type, YesNo | Choice):
            return {}
        closed = (True, False) if isinstance(fact.type, YesNo) else (*fact.type.values, None)
        found[question.fact] = closed
    ways = 1
    for values in found.values():
        ways *= len(values)
    return found if len(found) <= _MOST_ASKED and ways <= _MOST_ANSWERS else {}


def _all_of(answers: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*answers.values()):
        yield dict(zip(answers, values, strict=True))


def _changes_it(
    rule: Rule, case: Case, others: Mapping[str, Any], asked: Mapping[str, Sequence[Any]]
) -> bool:
    """Tell whether some answer to a question matters, given answers to the others."""
    before = _outcome(judge(rule, case.overridden(others)))
    several = ({**others, **answer} for answer in _all_of(asked))
    return any(_outcome(judge(rule, case.overridden(each))) != before for each in several)


def _tests_twice(rule: Rule, trial: Trial) -> bool:
    """Tell whether a rule, derived facts included, tests a fact more than once."""
    found = [*uses(rule_conditions(rule), trial.rulebook.derived)]
    if any(number > 1 for number in Counter(each.path for each in found).values()):
        return True
    # One of several that are not all written down is a test for each.
    several = [each.test.operands for each in found if isinstance(each.test, OneOf)]
    return any(
        len(its) > 1 and not all(isinstance(each, Literal) for each in its) for its in several
    )


def _ways(finding: Finding) -> Iterator[dict[str, Any]]:
    """Yield a finding's change sets, each with every combination of its open choices."""
    for way in finding.clears:
        yield from each_choice({each.fact: each.to for each in way})


def nothing_held_is_taken_away(trial: Trial) -> None:
    """Nothing in place is given up by a way out that would do with it."""
    whole, assessment, effort = trial.case(), trial.assess(), Effort(trial.subject)
    for finding in assessment.flagged:
        for changes in _ways(finding):
            for path, kept in keeping(changes, effort):
                after = judge(finding.rule, whole.overridden(kept))
                says = f"its way out takes from `{path}` what can stay"
                trial.require(after.verdict not in NEVER_FLAGS, says, finding.rule)


def keeping(changes: Mapping[str, Any], effort: Effort) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield changes with one removal undone: a set's members, or the whole fact."""
    for path, to in changes.items():
        if not effort.takes_away({path: to}):
            continue
        if isinstance(to, frozenset):
            yield path, {**changes, path: to | members(effort.now(path))}
        elif len(changes) > 1:
            yield path, {each: value for each, value in changes.items() if each != path}


def changes_are_smallest(trial: Trial) -> None:
    """Nothing can be left out of a way out: no fact, and no member that a set gains or loses."""
    whole, effort = trial.case(), Effort(trial.subject)
    for finding in trial.assess().flagged:
        for changes in _ways(finding):
            for path, fewer in _fewer(changes, effort):
                says = f"its way out does without all that it changes in `{path}`"
                trial.require(
                    not settled(finding.rule, whole.overridden(fewer)), says, finding.rule
                )


def settled(rule: Rule, case: Case) -> bool:
    """
    Tell whether a rule is met, or excepted while its own case still applies.

    Where a derived fact may still have several values, whichever it has.
    """
    return all(_settled_in(rule, each) for each in split(rule, case))


def _settled_in(rule: Rule, case: Case) -> bool:
    if evaluate(rule.requires, case) is Truth.TRUE:
        return True
    applies = rule.applies_when is None or evaluate(rule.applies_when, case) is Truth.TRUE
    return applies and Truth.TRUE in [evaluate(exemption.when, case) for exemption in rule.unless]


def _fewer(changes: Mapping[str, Any], effort: Effort) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, to in changes.items():
        others = {each: value for each, value in changes.items() if each != path}
        # What a record is without its one known fact is no smaller change of it.
        if others and "]" not in path and effort.now(path) is not UNKNOWN:
            yield path, others
        if isinstance(to, frozenset):
            held = members(effort.now(path))
            for member in sorted(to ^ held):
                nearer = to ^ {member}
                if nearer != held:
                    yield path, {**changes, path: nearer}


def because_is_sufficient(trial: Trial) -> None:
    """The facts that a finding cites reproduce it, and a single one of them is needed."""
    whole = trial.case()
    for finding in trial.assess().findings:
        paths = [reason.fact for reason in finding.because]
        steps = {
            reason.fact: reason.value for reason in finding.because if reason.fact in finding.steps
        }
        alone = judge(finding.rule, whole.restricted(paths).overridden(steps))
        same = _outcome(alone) == _outcome(finding)
        trial.require(same, f"{', '.join(paths)} do not reproduce it", finding.rule)
        trial.require(len(set(paths)) == len(paths), "it cites a fact twice", finding.rule)
        if finding.verdict in (Verdict.FLAGGED, Verdict.NOT_APPLICABLE) and len(paths) == 1:
            none = judge(finding.rule, whole.restricted([]))
            says = f"it cites `{paths[0]}`, and does not need it"
            trial.require(_outcome(none) != _outcome(finding), says, finding.rule)


def changes_settle(trial: Trial) -> None:
    """Each way out that a finding offers changes arrangements alone, and settles it."""
    whole, effort = trial.case(), Effort(trial.subject)
    for finding in trial.assess().flagged:
        sizes = {effort.size({each.fact: each.to for each in way}) for way in finding.clears}
        trial.require(len(sizes) <= 1, "it offers a longer way out beside a shorter", finding.rule)
        for changes in _ways(finding):
            after = judge(finding.rule, whole.overridden(changes))
            cleared = after.verdict in NEVER_FLAGS
            words = "; ".join(f"{path}: {to}" for path, to in changes.items())
            trial.require(cleared, f"its way out does not clear it: {words}", finding.rule)
        for way in finding.clears:
            for change in way:
                says = f"it offers to change `{change.fact}`, which is a circumstance"
                arranged = is_arrangement(change.fact, trial.cls)
                trial.require(arranged, says, finding.rule)
                trial.require(bool(change.phrase), f"`{change.fact}` is not in words", finding.rule)


def is_arrangement(path: str, cls: type) -> bool:
    """Tell whether governance can change a fact of a class, or a list that it is in."""
    *lists, last = path.split("].")
    for each in lists:
        fact = vocabulary_of(cls).facts[each.partition("[")[0]]
        if fact.kind is Kind.ARRANGEMENT:
            return True
        assert isinstance(fact.type, Records)  # noqa: S101 - only lists are indexed
        cls = fact.type.cls
    return vocabulary_of(cls).facts[last].kind is Kind.ARRANGEMENT


#: So many unions of ways to clear findings are held against a plan that is said to be smallest.
_MOST_UNIONS: Final = 64
#: So many rules are planned for at once.
_PLANNED: Final = 6


def plan_is_smallest(trial: Trial) -> None:
    """A plan settles what it says, and nothing smaller that is tried does as much."""
    planned = _planned(trial)
    plan, judged = planned.plan, planned.judged
    settled = set.intersection(*(planned.settled(judged(choice)) for choice in planned.choices))
    by_id = {rule.id: rule for rule in planned.rules}
    for name in planned.goals:
        says = name in plan.clears
        trial.require(
            says is (name in settled), "the plan does not say how it leaves it", by_id[name]
        )
        trial.require(says is not (name in plan.left), "it is cleared and left", by_id[name])
    if plan.left or not plan.proven_smallest:
        return
    for smaller in _smaller(planned):
        words = ", ".join(smaller) or "no change"
        enough = planned.goals <= planned.settled(judged(smaller))
        newly = planned.newly_flagged(smaller)
        trial.require(not enough or bool(newly), f"a smaller plan would do: {words}")


def plan_flags_nothing_new(trial: Trial) -> None:
    """After a plan no rule flags that did not before, and what is open then is said."""
    planned = _planned(trial)
    open_: set[str] = set()
    for chosen in planned.choices:
        newly = planned.newly_flagged(chosen)
        trial.require(not newly, f"the plan brings about {', '.join(sorted(newly))}")
        after = planned.judged(chosen)
        open_ |= {name for name, each in after.items() if each.verdict is Verdict.UNKNOWN}
    trial.require(open_ == {*planned.plan.open}, "the plan does not say what is open after it")


@attrs.frozen
class _Planned:
    rules: Sequence[Rule]
    case: Case
    assessment: Assessment
    plan: Plan

    @property
    def choices(self) -> Sequence[Mapping[str, Any]]:
        """The changes of the plan, once for each way to choose what it leaves open."""
        return [*each_choice({change.fact: change.to for change in self.plan.changes})]

    @property
    def goals(self) -> set[str]:
        level = self.plan.level
        return {finding.rule.id for finding in self.assessment.flagged if least(finding) >= level}

    def judged(self, changes: Mapping[str, Any]) -> Mapping[str, Judgement]:
        case = self.case.overridden(changes)
        return {rule.id: judge(rule, case) for rule in self.rules}

    def settled(self, after: Mapping[str, Judgement]) -> set[str]:
        return {name for name, each in after.items() if each.verdict in NEVER_FLAGS}

    def newly_flagged(self, changes: Mapping[str, Any]) -> set[str]:
        before, after = self.judged({}), self.judged(changes)
        flagged = [name for name, each in after.items() if each.verdict is Verdict.FLAGGED]
        return {finding for finding in flagged if before[finding].verdict is not Verdict.FLAGGED}


def _planned(trial: Trial) -> _Planned:
    level = trial.draw(st.sampled_from(Severity))
    # The plans of a few rules at a time: of all rules at once one takes most of a second.
    chosen = trial.draw(
        st.lists(st.sampled_from(trial.rulebook.rules), max_size=_PLANNED, unique_by=id)
    )
    trial = attrs.evolve(trial, rulebook=attrs.evolve(trial.rulebook, rules=tuple(chosen)))
    assessment = trial.assess()
    rules = [finding.rule for finding in assessment.findings]
    return _Planned(rules, trial.case(), assessment, assessment.plan(level))


def _smaller(planned: _Planned) -> Iterator[Mapping[str, Any]]:
    """Yield smaller change sets: the plan without one change, and unions of ways out."""
    size, changes = Effort(planned.case.facts.record).size, planned.choices[0]
    for left_out in changes:
        yield {path: to for path, to in changes.items() if path != left_out}
    ways = [
        finding.clears for finding in planned.assessment.flagged if finding.rule.id in planned.goals
    ]
    for chosen in itertools.islice(itertools.product(*ways), _MOST_UNIONS):
        union = {change.fact: change.to for way in chosen for change in way}
        if size(union) < size(changes):
            yield union
