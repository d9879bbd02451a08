"""What always holds, on generated rules and partial facts; each test is named like a theorem."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govrules import Severity, Verdict, assess
from govrules.assessment import Assessment
from govrules.engines.reference import Case, case_of, evaluate, judge, settle
from govrules.engines.registry import comparable
from govrules.explain.cells import Restricted, cited_among
from govrules.explain.english import condition_phrase, names_every, rule_sentence
from govrules.explain.view import view_of
from govrules.explain.ways import Effort, each_choice
from govrules.facts import TO_BE_FOUND, Facts
from govrules.findings import Finding
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.rulebook.ast import (
    Derived,
    Exemption,
    Grade,
    Mitigation,
    Row,
    Rule,
    Rulebook,
    rule_conditions,
)
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.expr import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    FactSource,
    Literal,
    Not,
    OneOf,
    Op,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.reads import reads
from govrules.rulebook.walk import nodes, references
from govrules.rulebook.write import write_condition
from govrules.subjects import Declared
from govrules.testing.theorems.advice import (
    because_is_sufficient,
    changes_are_smallest,
    no_question_is_idle,
    settled,
)
from govrules.testing.trial import Trial
from govrules.truth import UNKNOWN, Truth
from tests.properties.oracle import Oracle
from tests.properties.small import (
    AS_OF,
    CITED,
    DATES,
    DERIVED_NAMES,
    LEVELS,
    PARAMETERS,
    SETS,
    Deal,
    Thing,
    complete_things,
    completions,
    conditions,
    partial_things,
    rulebook_of,
    rulebooks,
    rules,
    sparse_things,
)
from tests.properties.small import ref as ref_to

#: How many completions of one partial thing are looked at: fewer where many things are.
LOOKED_AT = 400 if settings().max_examples < 1000 else 100


def assessed(thing: Thing, rulebook: Rulebook) -> Assessment:
    return assess(thing, rulebook, as_of=AS_OF)


def some_completions(thing: Thing) -> list[Thing]:
    return list(itertools.islice(completions(thing), LOOKED_AT))


@given(partial_things(), rulebooks(), conditions())
def test_agrees_with_a_naive_oracle(thing: Thing, rulebook: Rulebook, condition: Condition) -> None:
    case = case_of(Facts(thing, AS_OF), rulebook)
    truth = evaluate(condition, case)
    findings = assessed(thing, rulebook).findings
    for complete in some_completions(thing):
        oracle = Oracle(complete, rulebook, AS_OF)
        if truth is not Truth.UNKNOWN:
            assert oracle.holds(condition) is (truth is Truth.TRUE)
        for finding in findings:
            expected = oracle.verdict(finding.rule)
            if finding.verdict is Verdict.FLAGGED:
                assert expected == "flagged"
            if finding.verdict is Verdict.CLEAR:
                assert expected in ("clear", "not applicable")
            if finding.verdict is Verdict.NOT_APPLICABLE:
                assert expected == "not applicable"


@given(complete_things(), rulebooks(), conditions())
def test_nothing_is_unknown_of_complete_facts(
    thing: Thing, rulebook: Rulebook, condition: Condition
) -> None:
    oracle = Oracle(thing, rulebook, AS_OF)
    truth = evaluate(condition, case_of(Facts(thing, AS_OF), rulebook))
    assert truth is (Truth.TRUE if oracle.holds(condition) else Truth.FALSE)
    for finding in assessed(thing, rulebook).findings:
        assert finding.verdict.value == oracle.verdict(finding.rule)
        assert finding.could_be is None
        assert finding.questions == ()
        if finding.verdict is Verdict.FLAGGED:
            assert finding.severity is not None
            assert finding.severity.value == oracle.severity(finding.rule)


@given(sparse_things(), rulebooks(), st.data())
def test_knowledge_is_monotone(thing: Thing, rulebook: Rulebook, data: st.DataObject) -> None:
    more = data.draw(st.sampled_from(some_completions_of_few(thing)))
    before, after = assessed(thing, rulebook), assessed(more, rulebook)
    for less_known, better_known in zip(before.findings, after.findings, strict=True):
        was, now = less_known.verdict, better_known.verdict
        if was is Verdict.FLAGGED:
            assert now is Verdict.FLAGGED
        if was is Verdict.NOT_APPLICABLE:
            assert now is Verdict.NOT_APPLICABLE
        if was is Verdict.CLEAR:
            assert now in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
        if was is Verdict.FLAGGED:
            assert less_known.severity is not None
            assert better_known.severity is not None
            assert less_known.severity <= better_known.severity
            assert _worst(better_known) <= _worst(less_known)


def some_completions_of_few(thing: Thing) -> list[Thing]:
    """The first few completions, and partial things on the way to them."""
    found = list(itertools.islice(completions(thing), 6))
    for complete in found[:2]:
        found.append(attrs.evolve(thing, big=complete.big, deal=complete.deal))
        found.append(attrs.evolve(thing, items=complete.items, size=complete.size))
    return found


def _worst(finding: Any) -> Severity:
    return finding.could_be or finding.severity


@given(sparse_things(), rulebooks(), st.data())
def test_questions_suffice(thing: Thing, rulebook: Rulebook, data: st.DataObject) -> None:
    unknown = assessed(thing, rulebook).of(Verdict.UNKNOWN)
    assume(unknown)
    complete = data.draw(st.sampled_from(list(itertools.islice(completions(thing), 12))))
    for finding in unknown:
        assert finding.questions
        answered = thing
        for question in finding.questions:
            answered = answer(answered, complete, question.fact)
        outcome = judge(finding.rule, case_of(Facts(answered, AS_OF), rulebook))
        assert outcome.verdict is not Verdict.UNKNOWN


def answer(thing: Thing, complete: Thing, path: str) -> Thing:
    """The thing with one question answered as the complete one has it."""
    name, _, part = path.partition(".")
    name, _, index = name.partition("[")
    whole = getattr(complete, name)
    if not part or whole is None:
        return attrs.evolve(thing, **{name: whole})
    value = getattr(thing, name)
    if not index:
        known = Deal() if value is UNKNOWN else value
        return attrs.evolve(thing, deal=attrs.evolve(known, **{part: getattr(whole, part)}))
    place = int(index.rstrip("]"))
    if value is UNKNOWN or place >= len(value):
        return thing
    item = attrs.evolve(value[place], **{part: getattr(whole[place], part)})
    return attrs.evolve(thing, **{name: (*value[:place], item, *value[place + 1 :])})


def known(several: Any) -> tuple[Any, ...]:
    """Return the records of a list that somebody recorded."""
    return (
        tuple(each for each in several or () if each is not UNKNOWN)
        if several is not UNKNOWN
        else ()
    )


@given(sparse_things(), rulebooks(), st.data())
def test_cells_say_what_the_reference_engine_says(
    thing: Thing, rulebook: Rulebook, data: st.DataObject
) -> None:
    """Of the whole, of a part of the facts, and after changes, those of what is to be found too."""
    case, view = case_of(Facts(thing, AS_OF), rulebook), view_of(thing, AS_OF, rulebook)
    whole = attrs.evolve(thing, items=known(thing.items), spares=known(thing.spares))
    values = {**all_changes(whole, rulebook), "checked": [TO_BE_FOUND, None]}
    changes = {
        path: data.draw(st.sampled_from(values[path]))
        for path in data.draw(st.sets(st.sampled_from(sorted(values)), max_size=3))
    }
    after, again = case.overridden(changes), view.overridden(changes)
    cited = list(cited_among(view.all, view.frames[0].numbers[1:]))
    kept = data.draw(st.lists(st.sampled_from(cited), unique=True))
    alone = case.restricted([each.path for each in kept])
    only = Restricted.to(view.frames[0], kept).top
    for rule in rulebook.rules:
        assert comparable(view.says(rule)) == comparable(judge(rule, case))
        assert comparable(again.says(rule)) == comparable(judge(rule, after))
        assert comparable(view.rule(rule).says((only,))) == comparable(judge(rule, alone))


def with_only(case: Case, finding: Finding, facts: Collection[str]) -> Case:
    """Return a case of which only these facts are known, derived ones as they were settled."""
    values = {each.fact: each.value for each in finding.because}
    steps = {each: values[each] for each in facts if each in finding.steps}
    return case.restricted(facts).overridden(steps)


@given(sparse_things(), rulebooks())
def test_because_has_no_needless_fact(thing: Thing, rulebook: Rulebook) -> None:
    case = case_of(Facts(thing, AS_OF), rulebook)
    for finding in assessed(thing, rulebook).findings:
        facts = [each.fact for each in finding.because]
        whole = judge(finding.rule, case)
        for each in facts:
            fewer = judge(finding.rule, with_only(case, finding, {*facts} - {each}))
            assert comparable(fewer) != comparable(whole) or fewer.scope is not whole.scope


@given(sparse_things(), rulebooks())
def test_because_is_sufficient(thing: Thing, rulebook: Rulebook) -> None:
    case = case_of(Facts(thing, AS_OF), rulebook)
    for finding in assessed(thing, rulebook).findings:
        alone = judge(finding.rule, with_only(case, finding, [r.fact for r in finding.because]))
        assert alone.verdict is finding.verdict
        assert alone.severity is finding.severity
        assert alone.could_be is finding.could_be
        assert alone.mitigations == finding.mitigations


@given(sparse_things(), rulebooks())
def test_because_cites_known_facts_only(thing: Thing, rulebook: Rulebook) -> None:
    for finding in assessed(thing, rulebook).findings:
        asked = {each.fact for each in finding.questions}
        for reason in finding.because:
            assert reason.value is not UNKNOWN
            assert reason.fact not in asked or reason.fact in ("colours", "items", "spares")


@given(sparse_things(), rulebooks())
def test_changes_settle(thing: Thing, rulebook: Rulebook) -> None:
    case = case_of(Facts(thing, AS_OF), rulebook)
    for finding in assessed(thing, rulebook).findings:
        if finding.verdict is not Verdict.FLAGGED:
            assert finding.clears == ()
        ways = ({change.fact: change.to for change in way} for way in finding.clears)
        for changes in itertools.chain.from_iterable(map(each_choice, ways)):
            assert settled(finding.rule, case.overridden(changes))
            for path in changes:
                fewer = {other: to for other, to in changes.items() if other != path}
                assert not fewer or not settled(finding.rule, case.overridden(fewer))


def asked_of(rulebook: Rulebook) -> set[str]:
    """The facts that rules ask for, also beneath derived ones; those of records with `[]`."""
    asking = [each for rule in rulebook.rules for each in rule_conditions(rule)]
    return set(reads(asking, rulebook.derived))


def all_changes(thing: Thing, rulebook: Rulebook) -> dict[str, list[Any]]:
    """
    Every arrangement of a thing, with every value that it can have.

    To do away with a whole record is a change only where a rule asks whether it is there.
    """
    found: dict[str, list[Any]] = {
        "mended": [True, False],
        "painted": [True, False],
        "size": [0, 1, 2, 3, None],
        "colours": list(SETS),
        "checked": [*DATES, AS_OF, None],
        "deal": [None, True],
        "deal.signed": [True, False],
        "deal.level": ["low", "middle", "top", None],
    }
    for index in range(len(thing.items)):
        found[f"items[{index}].fine"] = [True, False]
    for index in range(len(thing.spares) + 1):
        found[f"spares[{index}].fine"] = [True, False]
    if "deal" not in asked_of(rulebook):
        del found["deal"]
    return found


@given(complete_things(), rulebooks(most=1))
def test_changes_are_smallest_and_give_up_nothing_needlessly(
    thing: Thing, rulebook: Rulebook
) -> None:
    """Against every change of one or two facts: members of a set count one by one."""
    (finding,) = assessed(thing, rulebook).findings
    assume(finding.verdict is Verdict.FLAGGED)
    case, effort = case_of(Facts(thing, AS_OF), rulebook), Effort(thing)
    shown = [{change.fact: change.to for change in way} for way in finding.clears]
    assert len(set(map(effort.size, shown))) <= 1
    least = effort.size(shown[0]) if shown else 3
    gives_up = any(map(effort.takes_away, shown)) or not shown
    for number in (1, 2):
        for changes in sets_of_changes(thing, rulebook, number):
            keeps = not effort.takes_away(changes)
            smaller = effort.size(changes) < least and (keeps or gives_up)
            if smaller or (keeps and gives_up):
                assert not settled(finding.rule, case.overridden(changes)), changes


def sets_of_changes(thing: Thing, rulebook: Rulebook, size: int) -> Iterator[dict[str, Any]]:
    values = all_changes(thing, rulebook)
    for paths in itertools.combinations(values, size):
        for chosen in itertools.product(*(values[path] for path in paths)):
            changes = dict(zip(paths, chosen, strict=True))
            parts = [to for path, to in changes.items() if path.startswith("deal.")]
            # There can be nothing in a record that is none.
            if "deal" not in changes or changes["deal"] or not any(parts):
                yield changes


@given(complete_things(), st.lists(conditions(derived=False), min_size=1, max_size=2))
def test_plan_is_smallest(thing: Thing, required: list[Condition]) -> None:
    several = tuple(
        Rule(
            id=f"rule-{index}",
            title="A rule is broken",
            theme="theme",
            principle="A principle.",
            source=CITED,
            requires=condition,
            otherwise=Severity.HIGH,
            subject="thing",
        )
        for index, condition in enumerate(required)
    )
    rulebook = rulebook_of(several, {})
    assessment = assessed(thing, rulebook)
    plan = assessment.plan(Severity.HIGH)
    flagged = {each.rule.id for each in assessment.flagged}
    case, effort = case_of(Facts(thing, AS_OF), rulebook), Effort(thing)

    def wrong(changes: Mapping[str, Any]) -> set[str]:
        """Return what is flagged before and not settled after, and what is flagged only after."""
        after = case.overridden(changes)
        verdicts = {rule.id: judge(rule, after).verdict for rule in several}
        away = (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
        return {
            name
            for name, verdict in verdicts.items()
            if (name in flagged and verdict not in away) or verdict is Verdict.FLAGGED
        }

    planned = {change.fact: change.to for change in plan.changes}
    assert set().union(*map(wrong, each_choice(planned))) == set(plan.left)
    assert set(plan.clears) == flagged - set(plan.left)
    if plan.left or not plan.proven_smallest:
        return
    for number in (1, 2):
        for changes in sets_of_changes(thing, rulebook, number):
            if effort.size(changes) < effort.size(planned) and not effort.takes_away(changes):
                assert wrong(changes), changes


@given(sparse_things(), rulebooks(), st.data())
def test_withholding_never_helps(thing: Thing, rulebook: Rulebook, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["big", "level", "deal", "items", "spares", "colours"]))
    less = attrs.evolve(thing, **{name: UNKNOWN})
    before, after = assessed(thing, rulebook), assessed(less, rulebook)
    for told, withheld in zip(before.findings, after.findings, strict=True):
        if told.verdict is Verdict.FLAGGED:
            assert withheld.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
            assert _worst(told) <= _worst(withheld)


@given(partial_things(), rulebooks())
def test_severity_is_bounded(thing: Thing, rulebook: Rulebook) -> None:
    for finding in assessed(thing, rulebook).findings:
        graves = [
            Severity(oracle.severity(finding.rule))
            for oracle in oracles(thing, rulebook, finding.rule)
            if oracle.verdict(finding.rule) == "flagged"
        ]
        if graves:
            assert finding.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
            assert max(graves) <= _worst(finding)
        if finding.verdict is Verdict.FLAGGED:
            assert finding.severity is not None
            assert finding.severity <= min(graves)


@given(partial_things(), rulebooks(most=1), st.data())
def test_severity_is_exact_where_the_grades_hang_on_one_derived_fact(
    thing: Thing, rulebook: Rulebook, data: st.DataObject
) -> None:
    grades = st.lists(st.sampled_from(TIER_TESTS), max_size=3, unique=True)
    falling = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]
    rule = attrs.evolve(
        rulebook.rules[0],
        applies_when=None,
        unless=(),
        requires=Not(TIER_TESTS[0]) if data.draw(st.booleans()) else ALWAYS_BROKEN,
        grades=tuple(map(Grade, falling, data.draw(grades))),
        mitigated_by=tuple(
            Mitigation(each, "because", CITED)
            for each in data.draw(st.lists(st.sampled_from(TIER_TESTS), max_size=1))
        ),
    )
    rulebook = attrs.evolve(rulebook, rules=(rule,))
    several = list(oracles(thing, rulebook, rule))
    tier = rulebook.derived["tier"]
    may_be = settle("tier", case_of(Facts(thing, AS_OF), rulebook))
    # A table may leave open what no completion can give: then the bounds are wider than they need be.
    assume({oracle.derive(tier) for oracle in several} == {*may_be})
    graves = [
        Severity(oracle.severity(rule)) for oracle in several if oracle.verdict(rule) == "flagged"
    ]
    (finding,) = assessed(thing, rulebook).findings
    if not graves:
        assert finding.verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
    else:
        assert _worst(finding) is max(graves)
        assert finding.verdict is (
            Verdict.FLAGGED if len(graves) == len(several) else Verdict.UNKNOWN
        )
    if finding.verdict is Verdict.FLAGGED:
        assert finding.severity is min(graves)


#: What a grade can ask of the tier alone.
TIER_TESTS = [
    *(FactTest(ref_to("tier"), Compare(Op.EQUALS, Literal(each))) for each in LEVELS),
    FactTest(ref_to("tier"), Compare(Op.AT_LEAST, Literal("middle"))),
    FactTest(ref_to("tier"), Compare(Op.AT_MOST, Literal("middle"))),
]
#: No tier is every tier.
ALWAYS_BROKEN = All(tuple(TIER_TESTS[:3]))


def oracles(thing: Thing, rulebook: Rulebook, rule: Rule) -> Iterator[Oracle]:
    """An oracle for each thing that the partial one could be; what no rule reads is left out."""
    read = {
        each.partition(".")[0].partition("[")[0]
        for each in reads(rule_conditions(rule), rulebook.derived)
    }
    (default,) = itertools.islice(completions(Thing()), 1)
    unread = {
        each.name: getattr(default, each.name)
        for each in attrs.fields(Thing)
        if each.name not in read and getattr(thing, each.name) is UNKNOWN
    }
    for complete in completions(attrs.evolve(thing, **unread)):
        yield Oracle(complete, rulebook, AS_OF)


@given(sparse_things(), rulebooks(), st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(thing: Thing, rulebook: Rulebook, random: Any) -> None:
    shuffled = list(rulebook.rules)
    random.shuffle(shuffled)
    again = attrs.evolve(rulebook, rules=tuple(_jumbled(rule, random) for rule in shuffled))
    one = {each.rule.id: _said(each) for each in assessed(thing, rulebook).findings}
    two = {each.rule.id: _said(each) for each in assessed(thing, again).findings}
    assert one == two


def _said(finding: Any) -> tuple[Any, ...]:
    mitigated = bool(finding.mitigations)
    return finding.verdict, finding.severity, finding.could_be, mitigated


def _jumbled(rule: Rule, random: Any) -> Rule:
    """The rule with its conditions' items in another order, and one of them twice."""
    applies = None if rule.applies_when is None else jumble(rule.applies_when, random)
    return attrs.evolve(rule, requires=jumble(rule.requires, random), applies_when=applies)


def jumble(condition: Condition, random: Any) -> Condition:
    if not isinstance(condition, All | AnyOf):
        return condition
    items = [jumble(each, random) for each in condition.items]
    random.shuffle(items)
    return attrs.evolve(condition, items=(*items, items[0]))


@given(sparse_things(), rulebooks())
def test_one_finding_per_rule(thing: Thing, rulebook: Rulebook) -> None:
    assessment = assessed(thing, rulebook)
    assert [each.rule.id for each in assessment.findings] == [each.id for each in rulebook.rules]
    assert sum(assessment.counts.values()) == len(rulebook.rules)


@given(sparse_things(), rulebooks())
def test_checked_rules_never_raise(thing: Thing, rulebook: Rulebook) -> None:
    for as_of in (AS_OF, UNKNOWN):
        assessment = assess(thing, rulebook, as_of=as_of)
        for finding in assessment.findings:
            assert finding.sentence.endswith(".")
        assert len(assessment.questions) >= bool(assessment.of(Verdict.UNKNOWN))


@given(rules())
def test_english_names_every_fact(rule: Rule) -> None:
    sentence = rule_sentence(rule)
    assert sentence.endswith(".")
    for condition in rule_conditions(rule):
        refs = [*references(condition)]
        assert names_every(condition, refs, holds=True) == []
        assert names_every(condition, refs, holds=False) == []


@given(conditions())
def test_denial_of_a_denial_is_the_affirmation(condition: Condition) -> None:
    assert condition_phrase(condition) != condition_phrase(condition, holds=False)


@given(conditions())
def test_format_round_trips(condition: Condition) -> None:
    text = yaml.safe_dump(write_condition(condition), sort_keys=False, width=10_000)
    report = Report("generated.yaml", text)
    node = parse(text, report)
    declared = Declared(derived={name: (fact, Thing) for name, fact in DERIVED_NAMES.items()})
    reader = ConditionReader(report, declared, PARAMETERS)
    read = reader.condition(node, (Thing,))
    assert report.diagnostics == []
    assert read == condition


def test_every_kind_of_condition_is_generated() -> None:
    seen: set[str] = set()

    @settings(max_examples=1500)
    @given(conditions())
    def look(condition: Condition) -> None:
        for node in nodes(condition):
            seen.add(type(node).__name__)
            if isinstance(node, FactTest):
                seen.add(type(node.predicate).__name__)
        sources = {ref.source for ref in references(condition)}
        seen.update(source.value for source in sources)
        assert not isinstance(condition, Literal)

    look()
    wanted = {"All", "AnyOf", "Not", "Test", "Quantified", "Count", "Sum", "Share"}
    wanted |= {"Compare", "OneOf", "Between", "Includes", FactSource.DERIVED.value}
    assert wanted <= seen


def test_no_question_is_idle_where_two_facts_are_compared() -> None:
    """Either of them matters where the other is answered."""
    alike = FactTest(ref_to("mended"), Compare(Op.EQUALS, ref_to("painted")))
    rule = Rule("alike", "It is odd", "theme", "Mend.", CITED, alike, Severity.LOW, subject="thing")
    trial = Trial(rulebook_of((rule,), {}), Thing(), AS_OF, lambda _: None)
    assert len(trial.assess().findings[0].questions) == 2
    no_question_is_idle(trial)


@pytest.mark.parametrize(("other", "asked"), [("top", ["level"]), ("low", ["level", "big"])])
def test_what_chooses_the_same_either_way_is_not_asked(other: str, asked: list[str]) -> None:
    chosen = By(ref_to("big"), ((True, Literal("top")), (False, Literal(other))))
    requires = FactTest(ref_to("level"), Compare(Op.EQUALS, chosen))
    rule = Rule("by", "It is odd", "theme", "Mend.", CITED, requires, Severity.LOW, subject="thing")
    trial = Trial(rulebook_of((rule,), {}), Thing(), AS_OF, lambda _: None)
    assert [each.fact for each in trial.assess().findings[0].questions] == asked
    no_question_is_idle(trial)


def test_a_reason_may_be_needed_to_say_how_grave_it_is_alone() -> None:
    """It is flagged whatever the facts, and its one reason keeps it from being critical."""
    big = FactTest(ref_to("big"), Compare(Op.EQUALS, Literal(True)))
    unsound = FactTest(ref_to("sound"), Compare(Op.EQUALS, Literal(False)))
    sound = Derived(DERIVED_NAMES["sound"], Thing, (Row(big, value=True),), otherwise=True)
    rule = Rule(
        "always", "It is odd", "theme", "Mend.", CITED, unsound, Severity.LOW, subject="thing",
        grades=(Grade(Severity.CRITICAL, big),),
    )  # fmt: skip
    book = rulebook_of((rule,), {"sound": sound})
    trial = Trial(book, Thing(big=False), AS_OF, lambda _: None)
    assert [each.fact for each in trial.assess().findings[0].because] == ["big"]
    because_is_sufficient(trial)


def test_a_way_out_may_keep_the_case_standing_though_what_keeps_it_would_end_it_alone() -> None:
    never = FactTest(ref_to("big"), Compare(Op.EQUALS, Literal(True)))
    without = FactTest(ref_to("deal"), Compare(Op.EQUALS, Literal(None)))
    mended = By(ref_to("tier"), tuple((each, Literal(each == "low")) for each in LEVELS))
    rule = Rule(
        "kept", "It is odd", "theme", "Mend.", CITED, never, Severity.LOW, subject="thing",
        applies_when=FactTest(ref_to("mended"), Compare(Op.EQUALS, mended)),
        unless=(Exemption(FactTest(ref_to("deal.level"), Compare(Op.EQUALS, Literal("low"))), "so", CITED),),
    )  # fmt: skip
    tier = Derived(DERIVED_NAMES["tier"], Thing, (Row(without, "low"),), otherwise="middle")
    book = rulebook_of((rule,), {"tier": tier})
    trial = Trial(book, Thing(big=False, mended=True, deal=None), AS_OF, lambda _: None)
    (way,) = trial.assess().findings[0].clears
    assert {each.fact: each.to for each in way} == {"deal.level": "low", "mended": False}
    changes_are_smallest(trial)


def test_one_of_several_that_a_fact_chooses_is_several_tests() -> None:
    """Three-valued logic does not see that yes and no are all that there is."""
    chosen = By(ref_to("painted"), ((True, Literal(True)), (False, Literal(False))))
    either = OneOf((Literal(True), Literal(False), chosen))
    requires = FactTest(ref_to("mended"), either)
    rule = Rule(
        "any", "It is odd", "theme", "Mend.", CITED, requires, Severity.LOW, subject="thing"
    )
    trial = Trial(rulebook_of((rule,), {}), Thing(), AS_OF, lambda _: None)
    assert [each.fact for each in trial.assess().findings[0].questions] == ["mended", "painted"]
    no_question_is_idle(trial)
