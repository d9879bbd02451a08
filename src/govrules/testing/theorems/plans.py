"""Properties of action plans: they settle what they say, do no harm, and are smallest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from govrules.assessment import Assessment
from govrules.engines.reference import Case, Judgement, judge
from govrules.engines.registry import NEVER_FLAGS
from govrules.explain.ways import Effort
from govrules.plans import Plan
from govrules.rulebook.ast import Rule, Severity, Verdict
from govrules.testing.trial import Trial, least

#: So many unions of ways to clear findings are held against a plan that is said to be smallest.
_MOST_UNIONS: Final = 64
#: So many rules are planned for at once.
_PLANNED: Final = 6


def plan_is_smallest(trial: Trial) -> None:
    """A plan settles what it says, and nothing smaller that is tried does as much."""
    planned = _planned(trial)
    plan, judged = planned.plan, planned.judged
    settled = planned.settled(judged(planned.changes))
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
    newly = planned.newly_flagged(planned.changes)
    trial.require(not newly, f"the plan brings about {', '.join(sorted(newly))}")
    after = planned.judged(planned.changes)
    open_ = {name for name, each in after.items() if each.verdict is Verdict.UNKNOWN}
    trial.require(open_ == {*planned.plan.open}, "the plan does not say what is open after it")


@attrs.frozen
class _Planned:
    rules: Sequence[Rule]
    case: Case
    assessment: Assessment
    plan: Plan

    @property
    def changes(self) -> Mapping[str, Any]:
        return {change.fact: change.to for change in self.plan.changes}

    @property
    def goals(self) -> set[str]:
        level = self.plan.level
        return {each.rule.id for each in self.assessment.flagged if least(each) >= level}

    def judged(self, changes: Mapping[str, Any]) -> Mapping[str, Judgement]:
        case = self.case.supposing(changes)
        return {rule.id: judge(rule, case) for rule in self.rules}

    def settled(self, after: Mapping[str, Judgement]) -> set[str]:
        return {name for name, each in after.items() if each.verdict in NEVER_FLAGS}

    def newly_flagged(self, changes: Mapping[str, Any]) -> set[str]:
        before, after = self.judged({}), self.judged(changes)
        flagged = [name for name, each in after.items() if each.verdict is Verdict.FLAGGED]
        return {each for each in flagged if before[each].verdict is not Verdict.FLAGGED}


def _planned(trial: Trial) -> _Planned:
    level = trial.draw(st.sampled_from(Severity))
    # The plans of a few rules at a time: of all rules at once one takes most of a second.
    chosen = trial.draw(
        st.lists(st.sampled_from(trial.rulebook.rules), max_size=_PLANNED, unique_by=id)
    )
    trial = attrs.evolve(trial, rulebook=attrs.evolve(trial.rulebook, rules=tuple(chosen)))
    assessment = trial.assess()
    rules = [each.rule for each in assessment.findings]
    return _Planned(rules, trial.case(), assessment, assessment.plan(level))


def _smaller(planned: _Planned) -> Iterator[Mapping[str, Any]]:
    """Yield sets of changes that are smaller: all but one of the plan's, and unions of ways out."""
    size, changes = Effort(planned.case.facts.record).size, planned.changes
    for left_out in changes:
        yield {path: to for path, to in changes.items() if path != left_out}
    ways = [each.clears for each in planned.assessment.flagged if each.rule.id in planned.goals]
    for chosen in itertools.islice(itertools.product(*ways), _MOST_UNIONS):
        union = {change.fact: change.to for way in chosen for change in way}
        if size(union) < size(changes):
            yield union
