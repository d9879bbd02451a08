"""Properties of knowledge: what to learn, withhold or begin can change, and what is asked."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from govrules.assessment import Assessment
from govrules.engines.reference import judge
from govrules.engines.registry import NEVER_FLAGS
from govrules.facts import parts_of, recorded, replaced
from govrules.findings import Finding
from govrules.rulebook.ast import Severity, Verdict
from govrules.rulebook.reads import is_about_records
from govrules.testing.trial import Trial, least, verdict_phrase, worst
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF, Kind, Record, Records, vocabulary_of

#: So many ways in which what is unknown could turn out are tried of each subject.
_COMPLETED: Final = 3


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
            if not is_about_records(was.rule):
                says = f"{verdict_phrase(was)} became {verdict_phrase(now)} when more was learned"
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
        if told.verdict is not Verdict.FLAGGED or is_about_records(told.rule):
            continue
        open_ = after.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
        says = f"{verdict_phrase(told)} became {verdict_phrase(after)} when facts were withheld"
        as_grave = open_ and worst(after) >= worst(told)
        trial.require(as_grave, says, told.rule, with_less_told=withheld)


def severity_is_bounded(trial: Trial) -> None:
    """As the unknown turns out, a finding is as grave as is said and no graver than it could be."""
    before = trial.assess().findings
    for _ in range(_COMPLETED):
        complete = trial.completion()
        for was, now in zip(before, trial.assess(complete).findings, strict=True):
            if now.verdict is not Verdict.FLAGGED or is_about_records(was.rule):
                continue
            says = f"{verdict_phrase(was)} became {verdict_phrase(now)} when all was learned"
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
            says = f"it is still {verdict_phrase(after)} when all that it asks for is answered"
            # What it asks to settle a verdict may leave open how grave it is.
            settled = after.could_be is None or unknown
            settled = settled and after.verdict is not Verdict.UNKNOWN
            trial.require(settled, says, rule, answered=answered)


def is_open_in(record: Any, path: str, as_of: dt.date | Unknown = UNKNOWN) -> bool:  # noqa: ANN401 - any attrs object
    """Tell whether a fact was unrecorded, or recorded as open."""
    if path == AS_OF.name:
        return as_of is UNKNOWN
    value = recorded(record, path)
    return value is UNKNOWN or (isinstance(value, tuple | frozenset) and UNKNOWN in value)


def with_answers(partial: Any, complete: Any, paths: list[str]) -> Any:  # noqa: ANN401 - any attrs object
    """Return the partial record with only these facts taken from the complete one."""
    for path in paths:
        if path != AS_OF.name:
            # What is in a record that is none is answered by that.
            none = (each for each in parts_of(path) if recorded(complete, each) is None)
            at = next(none, path)
            partial = replaced(partial, at, recorded(complete, at))
    return partial


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
    says = f"{_in_words(gravest(before))} became {_in_words(gravest(after))} without `{path}`"
    trial.require(gravest(after) >= gravest(before), says, with_it=complete, without_it=without)


def gravest(assessment: Assessment) -> tuple[int, int]:
    """Return the rank of the worst severity and its number; zero for none."""
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
    """Yield each arrangement with the record without it."""
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
