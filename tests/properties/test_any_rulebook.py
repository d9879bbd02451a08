"""The theorems on partnerships: under generated rulebooks and under the rulebook that is shipped."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import attrs
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from govrules import Partnership, Register, Rulebook, Verdict, assess, load_rulebook
from govrules.assessment import Assessment
from govrules.engines.reference import case_of, evaluate
from govrules.facts import Facts
from govrules.rulebook.expr import Condition
from govrules.rulebook.walk import nodes, references
from govrules.testing.grammar import conditions, rulebooks
from govrules.testing.properties import OF_RULES, PROPERTIES, check
from govrules.testing.strategies import completions, partnerships, records, registers
from govrules.testing.theorems.form import read_back, unnamed
from govrules.testing.trial import Property, Trial
from govrules.truth import UNKNOWN, Truth
from govrules.validate import check_subject
from govrules.vocabulary import Record, vocabulary_of
from tests.properties.oracle import Oracle
from tests.properties.small import Thing

AS_OF = dt.date(2026, 3, 31)
SHIPPED = load_rulebook()
PACKS = [SHIPPED, load_rulebook("health-pooled-funds"), load_rulebook("agreements-in-force")]
#: So many rules of a shipped rulebook are tried at once: neighbours are about the same matters.
WINDOW = 4
WINDOWS = [
    attrs.evolve(each, rules=each.rules[first : first + WINDOW])
    for each in PACKS
    for first in range(max(1, len(each.rules) - WINDOW + 1))
]
SUBJECTS = [records(Partnership, each, as_of=AS_OF, only_read=True) for each in WINDOWS]


VOCABULARIES = st.sampled_from([Partnership, Thing, Register])


@st.composite
def generated(draw: st.DrawFn, cls: type, **size: int) -> tuple[Rulebook, Any]:
    """A generated rulebook, and a subject near its thresholds."""
    rulebook = draw(rulebooks(cls, subject="subject", **size))
    return rulebook, draw(records(cls, rulebook, as_of=AS_OF))


@st.composite
def shipped(draw: st.DrawFn) -> tuple[Rulebook, Any]:
    """A few shipped rules, and a partnership near their thresholds."""
    index = draw(st.integers(0, len(WINDOWS) - 1))
    return WINDOWS[index], draw(SUBJECTS[index])


#: Most are of shipped rules, which are made once; the laws are tried on generated ones elsewhere.
CASES = st.integers(0, 3).flatmap(
    lambda one: (generated(Partnership), generated(Thing, most=2, depth=1), shipped())[min(one, 2)]
)


def assessed(subject: Any, rulebook: Rulebook) -> Assessment:
    return assess(subject, rulebook, as_of=AS_OF)


#: Drawing a rulebook takes longer than any theorem: those of one module are tried on the same.
TOGETHER = [
    [*several] for _, several in itertools.groupby(PROPERTIES.values(), attrgetter("__module__"))
]


@pytest.mark.parametrize(
    "several", TOGETHER, ids=lambda its: "-".join(each.__name__ for each in its)
)
@given(case=CASES, data=st.data())
def test_theorems(several: list[Property], case: tuple[Rulebook, Any], data: st.DataObject) -> None:
    for theorem in several:
        theorem(Trial(*case, AS_OF, data.draw, only_read=True))


@pytest.mark.parametrize("kind", ["register", "pair", "assessment"])
@pytest.mark.parametrize("name", PROPERTIES)
def test_theorem_of_other_subjects(
    name: str, kind: str, record_property: Callable[[str, object], None]
) -> None:
    """What the shipped rules say of registers, of pairs and of assessments."""
    few = max(4, settings().max_examples // 10)
    tried = check(name, SHIPPED, kind, as_of=AS_OF, examples=few)
    record_property("examples", tried)
    assert tried >= few


@given(CASES, st.data())
def test_agrees_with_a_naive_oracle(case: tuple[Rulebook, Any], data: st.DataObject) -> None:
    rulebook, partial = case
    complete = data.draw(completions(partial, rulebook, as_of=AS_OF))
    oracle = Oracle(complete, rulebook, AS_OF)
    before, after = assessed(partial, rulebook), assessed(complete, rulebook)
    for was, now in zip(before.findings, after.findings, strict=True):
        expected = oracle.verdict(was.rule)
        assert now.verdict.value == expected
        if was.verdict is Verdict.CLEAR:
            assert expected in ("clear", "not applicable")
        elif was.verdict is not Verdict.UNKNOWN:
            assert was.verdict.value == expected
        if now.verdict is Verdict.FLAGGED:
            assert now.severity is not None
            assert now.severity.value == oracle.severity(was.rule)
            assert now.could_be is None


@given(st.data())
def test_conditions_agree_with_a_naive_oracle(data: st.DataObject) -> None:
    cls = data.draw(VOCABULARIES)
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook))
    partial = data.draw(records(cls, rulebook, as_of=AS_OF, near=NEAR))
    complete = data.draw(completions(partial, rulebook, as_of=AS_OF, near=NEAR))
    expected = Oracle(complete, rulebook, AS_OF).holds(condition)
    before = evaluate(condition, case_of(Facts(partial, AS_OF), rulebook))
    after = evaluate(condition, case_of(Facts(complete, AS_OF), rulebook))
    assert after is (Truth.TRUE if expected else Truth.FALSE)
    assert before in (Truth.UNKNOWN, after)


#: Days that are a whole number of months before the assessment, at the ends of months, and what
#: generated conditions compare numbers with.
NEAR = (
    dt.date(2025, 9, 30),
    dt.date(2025, 3, 31),
    dt.date(2025, 2, 28),
    dt.date(2026, 2, 28),
    2,
    50,
)


@given(st.data())
def test_what_is_kept_of_other_subjects_changes_nothing(data: st.DataObject) -> None:
    """Of subjects that are alike in what a rule hangs on it is said what is said of each alone."""
    rulebook = data.draw(rulebooks(Thing, subject="subject", most=2, depth=1))
    first = data.draw(records(Thing, rulebook, as_of=AS_OF))
    others = data.draw(st.lists(records(Thing, rulebook, as_of=AS_OF), min_size=1, max_size=3))
    names = [*vocabulary_of(Thing).fields]
    several = [first]
    for other in others:
        changed = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=2))
        likes = {name: getattr(other, name) for name in changed}
        several += [other, attrs.evolve(first, **likes)]

    def told() -> list[object]:
        afresh = attrs.evolve(rulebook)
        return [
            (each.because, each.questions, each.clears, each.opens)
            for subject in several
            for each in assessed(subject, afresh).findings
        ]

    kept = told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("govrules.explain.view._MOST_RECORDS", -1)
        assert told() == kept


@given(registers(SHIPPED, as_of=AS_OF))
def test_registers_fit_the_vocabulary(register: Register) -> None:
    check_subject(register, SHIPPED)
    for finding in assess(register, SHIPPED, as_of=AS_OF).findings:
        assert finding.sentence


@given(VOCABULARIES, st.data())
def test_english_names_every_fact(cls: type, data: st.DataObject) -> None:
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook, known=True))
    assert list(unnamed(condition)) == []


@pytest.mark.parametrize("flow", [True, False])
@given(VOCABULARIES, st.data())
def test_format_round_trips(flow: bool, cls: type, data: st.DataObject) -> None:
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook, known=True))
    assert read_back(condition, rulebook, cls, flow=flow) == condition


@pytest.mark.parametrize("rulebook", PACKS, ids=lambda each: each.id)
@pytest.mark.parametrize("name", OF_RULES)
def test_theorem_of_shipped_rules(name: str, rulebook: Rulebook) -> None:
    OF_RULES[name](rulebook)


@given(partnerships(SHIPPED, as_of=AS_OF), st.data())
def test_completions_are_complete_and_agree(partial: Partnership, data: st.DataObject) -> None:
    """What is known stays; nothing is unknown any more; lists grow only where they may."""
    complete = data.draw(completions(partial, SHIPPED))
    extends(partial, complete)
    check_subject(complete, SHIPPED)


def extends(partial: Any, complete: Any) -> None:
    for name, fact in vocabulary_of(type(partial)).fields.items():
        value, whole = getattr(partial, name), getattr(complete, name)
        assert whole is not UNKNOWN
        if value is UNKNOWN:
            continue
        if isinstance(value, tuple):
            known = [each for each in value if each is not UNKNOWN]
            assert len(whole) - len(known) in ((0, 1, 2) if UNKNOWN in value else (0,))
            for one, other in zip(known, whole, strict=False):
                extends(one, other)
        elif isinstance(value, frozenset):
            assert value - {UNKNOWN} <= whole
            assert UNKNOWN in value or value == whole
        elif isinstance(fact.type, Record) and value is not None:
            extends(value, whole)
        else:
            assert value == whole


def test_every_kind_of_condition_is_generated() -> None:
    seen: set[str] = set()

    @settings(max_examples=1500)
    @given(conditions(Partnership, SHIPPED, known=True))
    def look(condition: Condition) -> None:
        for node in nodes(condition):
            seen.add(type(node).__name__)
            predicate = getattr(node, "predicate", None)
            seen.add(type(predicate).__name__)
            operand = getattr(predicate, "operand", None)
            seen.add(type(operand).__name__)
            seen.add(getattr(getattr(predicate, "op", None), "value", ""))
        seen.update(ref.source.value for ref in references(condition))

    wanted = {"All", "AnyOf", "Not", "Test", "Known", "Quantified", "Count", "Sum", "Share"}
    wanted |= {"Compare", "OneOf", "Between", "Includes", "Literal", "Parameter", "FactRef", "By"}
    wanted |= {"older_than", "newer_than", "missing_any_of", "derived", "as_of", "recorded"}
    for start in range(8):
        seed(start)(look)()
        if wanted <= seen:
            break
    assert wanted <= seen
