"""
What holds of every rulebook and every subject, named as theorems.

Each property is tried on one subject at a time: `check` looks for the subject, and what a
property draws beside it, that falsify it, and Hypothesis makes them small.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import attrs
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from govrules.assessment import Assessment, assess
from govrules.engines.reference import Case, Judgement, case_of, judge
from govrules.engines.registry import ENGINES, NEVER_FLAGS
from govrules.errors import EngineError
from govrules.explain.english import names_every, rule_sentence
from govrules.explain.ways import Effort
from govrules.facts import Facts
from govrules.findings import Finding
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.plans import Plan
from govrules.render.tree import tree_lines
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict, rule_conditions
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.expr import All, AnyOf, Condition, Known
from govrules.rulebook.walk import nodes, references
from govrules.rulebook.write import write_condition
from govrules.subjects import Declared
from govrules.testing.advised import (
    because_has_no_needless_fact,
    changes_are_smallest,
    no_question_is_idle,
    nothing_held_is_taken_away,
)
from govrules.testing.strategies import completions, records
from govrules.testing.written import written
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_subject
from govrules.vocabulary import Kind, Record, Records, vocabulary_of

T = TypeVar("T")

#: So many unions of ways to clear findings are held against a plan that is said to be smallest.
_MOST_UNIONS: Final = 64
#: So many ways in which what is unknown could turn out are tried of each subject.
_COMPLETED: Final = 3
#: So many rules are planned for at once.
_PLANNED: Final = 6


class FalsifiedError(AssertionError):
    """
    A property does not hold.

    Attributes:
        says: what was found, in one line.
        rule: the rule of which it was found; None where it is of the rulebook as a whole.
        subjects: the subjects that show it, by what each of them is.
    """

    def __init__(self, says: str, rule: Rule | None = None, subjects: str = "") -> None:
        super().__init__(says, rule, subjects)
        self.says = says
        self.rule = rule
        self.subjects = subjects

    def __str__(self) -> str:
        where = f"{self.rule.span}: `{self.rule.id}`: " if self.rule else ""
        return f"{where}{self.says}\n{self.subjects}".rstrip()


class Draw(Protocol):
    """Draws from a strategy, as the `draw` of Hypothesis does."""

    def __call__(self, strategy: SearchStrategy[T], /) -> T:
        """Return one value of a strategy."""


@attrs.frozen
class Trial:
    """
    One subject under one rulebook.

    Attributes:
        rulebook: the rules.
        subject: the subject, partial or complete.
        as_of: the date of the assessment.
        draw: draws what a property needs beside the subject.
        only_read: whether what no rule reads is left unknown throughout.
    """

    rulebook: Rulebook
    subject: Any
    as_of: dt.date | Unknown
    draw: Draw
    only_read: bool = False

    @property
    def cls(self) -> type:
        """The class of the subject."""
        return type(self.subject)

    def assess(self, subject: Any = None, **options: Any) -> Assessment:  # noqa: ANN401 - any attrs object
        """Assess the subject, or another one, under the same rules on the same day."""
        chosen = self.subject if subject is None else subject
        return assess(chosen, self.rulebook, as_of=self.as_of, **options)

    def case(self, subject: Any = None) -> Case:  # noqa: ANN401 - any attrs object
        """Return the facts of the subject, or of another one."""
        chosen = self.subject if subject is None else subject
        return case_of(Facts(chosen, self.as_of), self.rulebook)

    def completion(self) -> Any:  # noqa: ANN401 - of the subject's class
        """Draw what the subject could turn out to be."""
        return self.draw(
            completions(self.subject, self.rulebook, as_of=self.as_of, only_read=self.only_read)
        )

    def require(
        self,
        holds: bool,  # noqa: FBT001 - it reads as a sentence
        says: str,
        rule: Rule | None = None,
        **others: Any,  # noqa: ANN401 - further subjects, by what they are
    ) -> None:
        """
        Require that something holds, as `assert` does.

        Raises:
            FalsifiedError: it does not; with every subject as YAML and the rule's tree below it.
        """
        if not holds:
            raise FalsifiedError(says, rule, "\n".join(self.shown(rule, **others)))

    def shown(self, rule: Rule | None = None, **others: Any) -> Iterator[str]:  # noqa: ANN401 - subjects
        """Yield the subject and others as YAML, and what the rule says of each."""
        for label, subject in {"subject": self.subject, **others}.items():
            yield f"the {label.replace('_', ' ')}, as a file:"
            yield from (f"    {line}" for line in written(subject, self.as_of).splitlines())
            if rule is not None:
                yield f"of the {label.replace('_', ' ')}:"
                yield from (f"    {line}" for line in tree_lines(rule, self.case(subject)))


Property = Callable[[Trial], None]


# ── Knowledge ─────────────────────────────────────────────────────────────────────────────────


def knowledge_is_monotone(trial: Trial) -> None:
    """Learning more never takes back what was certain, and complete facts leave nothing open."""
    complete = trial.completion()
    names = sorted(vocabulary_of(trial.cls).fields)
    learned = trial.draw(st.sets(st.sampled_from(names)))
    between = attrs.evolve(trial.subject, **{name: getattr(complete, name) for name in learned})
    found = [trial.assess(each) for each in (trial.subject, between, complete)]
    subjects = {"same with more known": between, "same with all known": complete}
    for less, more in itertools.pairwise(found):
        for was, now in zip(less.findings, more.findings, strict=True):
            if not tests_what_is_known(was.rule):
                says = f"{said(was)} became {said(now)} when more was learned"
                trial.require(_never_goes_back(was, now), says, was.rule, **subjects)
    for finding in found[-1].findings:
        says = "it is unknown though every fact is known"
        trial.require(finding.verdict is not Verdict.UNKNOWN, says, finding.rule, **subjects)


def _never_goes_back(was: Finding, now: Finding) -> bool:
    match was.verdict:
        case Verdict.UNKNOWN:
            return now.verdict is not Verdict.FLAGGED or worst(now) <= worst(was)
        case Verdict.CLEAR:
            return now.verdict in NEVER_FLAGS
        case Verdict.NOT_APPLICABLE:
            return now.verdict is Verdict.NOT_APPLICABLE
        case Verdict.FLAGGED if now.verdict is not Verdict.FLAGGED:
            return False
    return least(was) <= least(now) <= worst(now) <= worst(was)


def withholding_never_helps(trial: Trial) -> None:
    """What is flagged stays flagged, or becomes a question as grave, when facts are withheld."""
    names = sorted(vocabulary_of(trial.cls).fields)
    hidden = trial.draw(st.sets(st.sampled_from(names), min_size=1))
    withheld = attrs.evolve(trial.subject, **dict.fromkeys(hidden, UNKNOWN))
    pairs = zip(trial.assess().findings, trial.assess(withheld).findings, strict=True)
    for told, after in pairs:
        if told.verdict is not Verdict.FLAGGED or tests_what_is_known(told.rule):
            continue
        open_ = after.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
        says = f"{said(told)} became {said(after)} when facts were withheld"
        as_grave = open_ and worst(after) >= worst(told)
        trial.require(as_grave, says, told.rule, with_less_told=withheld)


def severity_is_bounded(trial: Trial) -> None:
    """As the unknown turns out, a finding is as grave as is said and no graver than it could be."""
    before = trial.assess().findings
    for _ in range(_COMPLETED):
        complete = trial.completion()
        for was, now in zip(before, trial.assess(complete).findings, strict=True):
            if now.verdict is not Verdict.FLAGGED or tests_what_is_known(was.rule):
                continue
            says = f"{said(was)} became {said(now)} when all was learned"
            flaggable = was.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
            bounded = flaggable and worst(now) <= worst(was)
            if was.severity is not None:
                bounded = bounded and was.severity <= least(now)
            trial.require(bounded, says, was.rule, with_all_known=complete)


def questions_suffice(trial: Trial) -> None:
    """A finding that is open asks for facts that nobody recorded, and their answers settle it."""
    complete = trial.completion()
    for finding in trial.assess().findings:
        rule = finding.rule
        unknown = finding.verdict is Verdict.UNKNOWN
        open_ = unknown or finding.could_be is not None
        trial.require(not open_ or bool(finding.questions), "it is open and asks nothing", rule)
        trial.require(open_ or not finding.questions, "it is settled and asks", rule)
        for question in finding.questions:
            is_open = is_open_in(trial.subject, question.fact, trial.as_of)
            trial.require(is_open, f"it asks for `{question.fact}`, which is known", rule)
            trial.require(question.question.endswith("?"), f"`{question.fact}`: no question", rule)
        if open_:
            paths = [each.fact for each in finding.questions]
            answered = with_answers(trial.subject, complete, paths)
            after = judge(rule, trial.case(answered))
            says = f"it is still {said(after)} when all that it asks for is answered"
            # What it asks to settle a verdict may leave open how grave it is.
            settled = after.could_be is None or unknown
            settled = settled and after.verdict is not Verdict.UNKNOWN
            trial.require(settled, says, rule, answered=answered)


def is_open_in(record: Any, path: str, as_of: dt.date | Unknown = UNKNOWN) -> bool:  # noqa: ANN401 - any attrs object
    """Tell whether a fact of a record was not recorded, or not to its end."""
    if path == "as_of":
        return as_of is UNKNOWN
    value = record
    for part in path.split("."):
        name, _, index = part.partition("[")
        if name == "local":
            return path.rpartition("local.")[2] not in value.local
        value = getattr(value, name)
        if value is UNKNOWN:
            return True
        if index:
            value = [each for each in value if each is not UNKNOWN][int(index.rstrip("]"))]
    return isinstance(value, tuple | frozenset) and UNKNOWN in value


def with_answers(partial: Any, complete: Any, paths: list[str], prefix: str = "") -> Any:  # noqa: ANN401 - any attrs object
    """Return the partial record with these facts, and no others, as the complete one has them."""
    changed: dict[str, Any] = {}
    cls: type = type(partial)
    for name, fact in vocabulary_of(cls).fields.items():
        path, value, whole = f"{prefix}{name}", getattr(partial, name), getattr(complete, name)
        if path in paths:
            changed[name] = whole
        elif isinstance(fact.type, Record) and any(each.startswith(f"{path}.") for each in paths):
            if whole is None:
                changed[name] = None
            else:
                known = fact.type.cls() if value is UNKNOWN else value
                changed[name] = with_answers(known, whole, paths, f"{path}.")
        elif isinstance(fact.type, Records) and isinstance(value, tuple):
            there = [each for each in value if each is not UNKNOWN]
            items = tuple(
                with_answers(each, whole[index], paths, f"{path}[{index}].")
                for index, each in enumerate(there)
            )
            changed[name] = items + ((UNKNOWN,) if UNKNOWN in value else ())
    if "local" in vocabulary_of(cls).about:
        local = {
            name: value
            for name, value in complete.local.items()
            if f"{prefix}local.{name}" in paths
        }
        changed["local"] = {**partial.local, **local}
    return attrs.evolve(partial, **changed)


# ── Explanations ──────────────────────────────────────────────────────────────────────────────


def because_is_sufficient(trial: Trial) -> None:
    """The facts that a finding cites reproduce it, and a single one of them is needed."""
    whole = trial.case()
    for finding in trial.assess().findings:
        paths = [each.fact for each in finding.because]
        steps = {each.fact: each.value for each in finding.because if each.fact in finding.steps}
        alone = judge(finding.rule, whole.restricted(paths).supposing(steps))
        same = (alone.verdict, alone.severity, alone.could_be, alone.mitigations)
        given_ = (finding.verdict, finding.severity, finding.could_be, finding.mitigations)
        trial.require(same == given_, f"{', '.join(paths)} do not reproduce it", finding.rule)
        trial.require(len(set(paths)) == len(paths), "it cites a fact twice", finding.rule)
        if finding.verdict in (Verdict.FLAGGED, Verdict.NOT_APPLICABLE) and len(paths) == 1:
            none = judge(finding.rule, whole.restricted([])).verdict
            says = f"it cites `{paths[0]}`, and does not need it"
            trial.require(none is not finding.verdict, says, finding.rule)


def changes_settle(trial: Trial) -> None:
    """Each way out that a finding offers changes arrangements alone, and settles it."""
    whole, effort = trial.case(), Effort(trial.subject)
    for finding in trial.assess().flagged:
        sizes = {effort.size({each.fact: each.to for each in way}) for way in finding.clears}
        trial.require(len(sizes) <= 1, "it offers a longer way out beside a shorter", finding.rule)
        for way in finding.clears:
            after = judge(finding.rule, whole.supposing({each.fact: each.to for each in way}))
            cleared = after.verdict in NEVER_FLAGS
            words = "; ".join(f"{each.fact}: {each.phrase}" for each in way)
            trial.require(cleared, f"its way out does not clear it: {words}", finding.rule)
            for change in way:
                says = f"it offers to change `{change.fact}`, which is a circumstance"
                arranged = is_arrangement(change.fact, trial.cls, trial.rulebook)
                trial.require(arranged, says, finding.rule)
                trial.require(bool(change.phrase), f"`{change.fact}` is not in words", finding.rule)


def is_arrangement(path: str, cls: type, rulebook: Rulebook) -> bool:
    """Tell whether governance can change a fact of a class, or a list that it is in."""
    *lists, last = path.split("].")
    for each in lists:
        fact = vocabulary_of(cls).facts[each.partition("[")[0]]
        if fact.kind is Kind.ARRANGEMENT:
            return True
        assert isinstance(fact.type, Records)  # noqa: S101 - only lists are indexed
        cls = fact.type.cls
    if last.startswith("local."):
        return rulebook.local[last.removeprefix("local.")].kind is Kind.ARRANGEMENT
    return vocabulary_of(cls).facts[last].kind is Kind.ARRANGEMENT


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


# ── Effort ────────────────────────────────────────────────────────────────────────────────────


def never_worse_for_having_begun(trial: Trial) -> None:
    """
    With an arrangement taken away, neither the worst severity nor how often it is found gets less.

    What is wholly absent is then graded above what is imperfect, so that nobody who starts to put
    things right looks worse for it. A rule that is meant to hold against more of something says so
    under ``intended: never-worse`` and is left out.
    """
    complete = trial.completion()
    ways = list(removals(complete))
    if not ways:
        return
    path, without = trial.draw(st.sampled_from(ways))
    before, after = (trial.assess(each, engine="compiled") for each in (complete, without))
    says = f"{_in_words(gravity(before))} became {_in_words(gravity(after))} without `{path}`"
    trial.require(gravity(after) >= gravity(before), says, with_it=complete, without_it=without)


def gravity(assessment: Assessment) -> tuple[int, int]:
    """Return the rank of the worst severity and how many findings have it; nought for none."""
    found = [
        least(each).rank + 1
        for each in assessment.of(Verdict.FLAGGED)
        if "never-worse" not in dict(each.rule.intended)
    ]
    worst_ = max(found, default=0)
    return worst_, found.count(worst_)


def _in_words(pair: tuple[int, int]) -> str:
    rank, number = pair
    severity = next((each.value for each in Severity if each.rank + 1 == rank), "none")
    return f"{number} {severity}"


def removals(record: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any attrs object
    """Yield each arrangement of a record with the record as it is without it."""
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        value = getattr(record, name)
        if value is UNKNOWN or value is None:
            continue
        path = f"{prefix}{name}"
        if fact.kind is Kind.ARRANGEMENT and value is not False:
            yield path, attrs.evolve(record, **{name: False if value is True else None})
        if isinstance(fact.type, Record):
            for inner, changed in removals(value, f"{path}."):
                yield inner, attrs.evolve(record, **{name: changed})
        elif isinstance(fact.type, Records):
            for index, item in enumerate(value):
                if item is UNKNOWN:
                    continue
                for inner, changed in removals(item, f"{path}[{index}]."):
                    items = (*value[:index], changed, *value[index + 1 :])
                    yield inner, attrs.evolve(record, **{name: items})


# ── Form ──────────────────────────────────────────────────────────────────────────────────────


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
        says = f"{said(finding)} became {said(other)} in another order"
        same = said(finding) == said(other) and len(finding.mitigations) == len(other.mitigations)
        trial.require(same, says, finding.rule)


def _jumbled(rule: Rule, random: Any) -> Rule:  # noqa: ANN401 - a source of chance
    applies = None if rule.applies_when is None else jumbled(rule.applies_when, random)
    return attrs.evolve(rule, requires=jumbled(rule.requires, random), applies_when=applies)


def jumbled(condition: Condition, random: Any) -> Condition:  # noqa: ANN401 - a source of chance
    """Return a condition with its items in another order, and one of them twice."""
    if not isinstance(condition, All | AnyOf):
        return condition
    items = [jumbled(each, random) for each in condition.items]
    random.shuffle(items)
    return attrs.evolve(condition, items=(*items, items[0]))


def one_finding_per_rule(trial: Trial) -> None:
    """Each rule about the subject's kind has one finding, in the rulebook's order."""
    kinds = [name for name, each in trial.rulebook.subjects.items() if each is trial.cls]
    expected = [each for each in trial.rulebook.rules if each.subject == kinds[0]]
    day = trial.as_of
    if isinstance(day, dt.date):
        expected = [each for each in expected if (each.in_force[0] or day) <= day]
        expected = [each for each in expected if (each.in_force[1] or day) >= day]
    assessment = trial.assess()
    trial.require([each.rule for each in assessment.findings] == expected, "a finding is amiss")
    trial.require(sum(assessment.counts.values()) == len(expected), "the counts do not add up")


def checked_rules_never_raise(trial: Trial) -> None:
    """A subject that fits the vocabulary is assessed and explained whatever is unknown of it."""
    check_subject(trial.subject, trial.rulebook)
    for as_of in (trial.as_of, UNKNOWN):
        assessment = attrs.evolve(trial, as_of=as_of).assess()
        for finding in (*assessment.findings, *assessment.summaries):
            whole = finding.sentence.endswith((".", "?", "!"))
            trial.require(whole, "its sentence is cut short", finding.rule)
            worded = all(each.phrase for each in finding.because)
            trial.require(worded, "it cites a fact without words", finding.rule)
            trial.require(isinstance(finding.remedy, str), "its remedy is no text", finding.rule)
        ranked = {each.question for each in assessment.questions}
        asked = {each for finding in assessment.findings for each in finding.questions}
        trial.require(ranked == asked, "the ranked questions are not those that are asked")


def engines_agree(trial: Trial) -> None:
    """Every engine that is installed says what the reference engine says."""
    expected = trial.assess().findings
    for name in installed_engines(trial.rulebook)[1:]:
        for one, other in zip(expected, trial.assess(engine=name).findings, strict=True):
            says = f"`{name}` says {said(other)}, the reference engine {said(one)}"
            same = said(one) == said(other) and one.mitigations == other.mitigations
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


#: Every property of a subject by its name.
PROPERTIES: Final[Mapping[str, Property]] = {
    each.__name__: each
    for each in (
        knowledge_is_monotone,
        questions_suffice,
        no_question_is_idle,
        because_is_sufficient,
        because_has_no_needless_fact,
        changes_settle,
        changes_are_smallest,
        nothing_held_is_taken_away,
        plan_is_smallest,
        plan_flags_nothing_new,
        withholding_never_helps,
        severity_is_bounded,
        order_and_duplicates_do_not_matter,
        one_finding_per_rule,
        checked_rules_never_raise,
        engines_agree,
    )
}

#: What a pack can be held to beside them, where its rules are meant to work together.
OF_PACKS: Final[Mapping[str, Property]] = {
    each.__name__: each for each in (never_worse_for_having_begun,)
}


# ── Properties of a rule alone ────────────────────────────────────────────────────────────────


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


#: Every property of a rulebook alone by its name.
OF_RULES: Final[Mapping[str, Callable[[Rulebook], None]]] = {
    each.__name__: each for each in (english_names_every_fact, format_round_trips)
}


# ── Running ───────────────────────────────────────────────────────────────────────────────────


def kinds_of(rulebook: Rulebook) -> list[str]:
    """Return the subjects that a rulebook has rules about, in its order."""
    about = {each.subject for each in rulebook.rules}
    return [each for each in rulebook.subjects if each in about]


def days_of(rulebook: Rulebook, as_of: dt.date | Unknown) -> list[dt.date | Unknown]:
    """Return the days to assess on: the one asked for, and some on which each rule is in force."""
    ends = [day for rule in rulebook.rules for day in rule.in_force if day is not None]
    return list(dict.fromkeys([as_of, *ends]))


def check(
    name: str,
    rulebook: Rulebook,
    kind: str,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    examples: int | None = None,
    seeded: int | None = None,
) -> int:
    """
    Try a property on generated subjects of one kind; return on how many it was tried.

    Args:
        name: one of `PROPERTIES` or of `OF_PACKS`.

        rulebook: the rules.

        kind: the subject, as rules name it.

        as_of: the date of the assessment; further days are tried where rules begin or end.

        examples: on how many subjects; what the profile of Hypothesis says if not given.

        seeded: the seed; Hypothesis chooses one if not given.

    Raises:
        FalsifiedError: it does not hold; the smallest subject that shows it.
    """
    tried = 0
    days = days_of(rulebook, as_of)
    cls = rulebook.subjects[kind]
    subjects: Mapping[dt.date | Unknown, SearchStrategy[Any]] = {
        day: records(cls, rulebook, as_of=day, only_read=True) for day in days
    }

    def look(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        day = data.draw(st.sampled_from(days))
        trial = Trial(rulebook, data.draw(subjects[day]), day, data.draw, only_read=True)
        try:
            (PROPERTIES.get(name) or OF_PACKS[name])(trial)
        except FalsifiedError:
            raise
        except Exception as error:
            if type(error).__module__.startswith("hypothesis"):
                raise
            says = f"{type(error).__name__}: {error}"
            raise FalsifiedError(says, None, "\n".join(trial.shown())) from error

    # The name is a part of the key under which Hypothesis keeps what failed for the next run.
    look.__name__ = look.__qualname__ = re.sub(r"\W", "_", f"{name}_{rulebook.id}_{kind}")
    profile = settings()
    run = settings(
        max_examples=profile.max_examples if examples is None else examples,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        derandomize=profile.derandomize and seeded is None,
    )(given(st.data())(look))
    (run if seeded is None else seed(seeded)(run))()
    return tried


def said(finding: Any) -> str:  # noqa: ANN401 - a finding or an outcome
    """Return a verdict with its severities in words."""
    grave = f" ({finding.severity.value})" if finding.severity else ""
    worse = f" (could be {finding.could_be.value})" if finding.could_be else ""
    return f"{finding.verdict.value}{grave}{worse}"


def least(finding: Finding) -> Severity:
    """Return how grave a flagged finding is for certain."""
    assert finding.severity is not None  # noqa: S101 - it is flagged
    return finding.severity


def worst(finding: Finding) -> Severity:
    """Return how grave a finding that is flagged or unknown could be."""
    found = finding.could_be or finding.severity
    assert found is not None  # noqa: S101 - it is flagged or unknown
    return found


def tests_what_is_known(rule: Rule) -> bool:
    """Tell whether a rule tests what was recorded, which is not monotone."""
    roots: Iterable[Condition] = rule_conditions(rule)
    return any(isinstance(node, Known) for root in roots for node in nodes(root))
