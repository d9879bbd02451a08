"""What durable-rules is given: nothing outside the subset that holds; on a host that runs it already, too."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from durable.engine import Host
from hypothesis import given

from govrules import EngineError, FactsError, Funding, Partnership, Verdict, assess, load_rulebook
from govrules.engines import reference
from govrules.engines.durable import network as networks
from govrules.engines.durable.child import DISCRIMINATOR, rules_of
from govrules.engines.durable.network import (
    MOST_IN_A_TERM,
    MOST_NAMES,
    MOST_PATTERNS,
    MOST_PROPERTIES,
    Network,
    network_of,
)
from govrules.engines.durable.settle import outcomes
from govrules.engines.registry import comparable
from govrules.live import hosting
from govrules.live.hosting import ruleset
from govrules.lowering.ir import And, May, Neg
from govrules.lowering.lower import lowered
from govrules.rulebook.ast import Derived, Row, Rule, Rulebook, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Condition,
    FactRef,
    FactSource,
    Literal,
    Not,
    Op,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.testing.grammar import rulebooks
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Kind, YesNo
from tests.live.conftest import AS_OF
from tests.properties.small import CITED, Thing, ref, rulebook_of

PACKS = [
    load_rulebook(),
    load_rulebook("health-pooled-funds"),
    load_rulebook("agreements-in-force"),
]
KINDS = ("partnership", "register", "pair", "assessment")


def holds_to_the_subset(network: Network) -> None:
    settled = set(range(len(network.atoms)))
    for shard in network.shards:
        rules = rules_of(shard, lambda *_: None)
        assert len(rules) <= MOST_PATTERNS
        assert len(shard["inputs"]) <= MOST_PROPERTIES
        for name, rule in rules.items():
            assert re.fullmatch(r"n[0-9]{1,5}x[0-9]{1,2}|end", name)
            assert set(rule) == {"pri", "all", "run"}
            ((pattern,),) = (each.items() for each in rule["all"])
            assert pattern[0] == "m"
            assert set(pattern[1]) == {"$and"}
            first, *others = pattern[1]["$and"]
            assert first == {DISCRIMINATOR: shard["name"]}
            assert len(others) + 1 <= MOST_IN_A_TERM + 1 < 15
            for compared in others:
                ((prop, word),) = compared.items()
                assert re.fullmatch(r"p[0-9]{1,5}", prop)
                assert word in {"yes", "no"}
                assert int(prop[1:]) in shard["inputs"]
        # A shard reads only what was settled before it runs: nothing derived is ever withdrawn, and
        # what is not shown by then is no.
        assert settled.issuperset(shard["inputs"])
        settled |= {node for node, _ in shard["nodes"]}
    assert settled == set(range(len(network.atoms) + network.nodes))
    assert settled.issuperset(number for number, _ in network.shown.values())


def network_of_rules(rules: Sequence[Rule], rulebook: Rulebook) -> Network:
    return network_of(lowered(rules, rulebook))


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_hold_to_the_subset(kind):
    for pack in PACKS:
        holds_to_the_subset(network_of_rules(pack.rules_for(kind, UNKNOWN), pack))


@given(rulebooks(depth=3))
def test_generated_rules_hold_to_the_subset(rulebook):
    holds_to_the_subset(network_of_rules(rulebook.rules, rulebook))


def wide(condition: Condition) -> Rule:
    return Rule("wide", "Wide", "t", "P.", CITED, condition, Severity.LOW, subject="thing")


def weighs(number: int) -> Condition:
    return FactTest(ref("size"), Compare(Op.MORE_THAN, Literal(number)))


WIDE = [
    All(tuple(weighs(each) for each in range(100))),
    AnyOf(tuple(weighs(each) for each in range(300))),
    All(tuple(AnyOf((weighs(each), Not(weighs(each + 500)))) for each in range(40))),
    AnyOf(tuple(All(tuple(weighs(a * 20 + b) for b in range(20))) for a in range(70))),
]


@pytest.mark.parametrize("condition", WIDE)
def test_conditions_too_wide_for_one_ruleset_are_parted(condition):
    rulebook = rulebook_of((wide(condition),), {})
    holds_to_the_subset(network_of_rules(rulebook.rules, rulebook))
    things = [Thing(size=each) for each in (UNKNOWN, None, 0, 5, 50, 99, 100, 299, 300, 2000)]
    ours = outcomes(rulebook.rules, things, UNKNOWN, rulebook)
    theirs = reference.outcomes(rulebook.rules, things, UNKNOWN, rulebook)
    for mine, yours in zip(ours, theirs, strict=True):
        assert [comparable(each) for each in mine] == [comparable(each) for each in yours]


def test_derived_facts_are_combined_by_the_network():
    # What their tables test are atoms, and that one may have a value never is.
    network = network_of_rules(PACKS[0].rules_for("partnership", UNKNOWN), PACKS[0])
    assert not [each for each in network.atoms if isinstance(each, And | Neg | May)]
    tier = next(each for each in PACKS[0].rules if "risk_tier" in each.reads)
    (judged,) = lowered((tier,), PACKS[0])
    assert any(each.tables for each in judged.formulas)


def test_a_long_chain_of_derived_facts_is_followed():
    yes = Compare(Op.EQUALS, Literal(value=True))
    derived, below = {}, FactTest(ref("big"), yes)
    for number in range(600):
        fact = Fact(f"d{number}", YesNo(), Kind.CIRCUMSTANCE, "", "")
        derived[fact.name] = Derived(fact, Thing, (Row(below, value=True),), otherwise=False)
        below = FactTest(FactRef(fact.name, 0, fact, FactSource.DERIVED), yes)
    rulebook = rulebook_of((wide(below),), derived)
    things = [Thing(big=each) for each in (True, False, UNKNOWN)]
    found = [each.verdict for (each,) in outcomes(rulebook.rules, things, UNKNOWN, rulebook)]
    assert found == [Verdict.CLEAR, Verdict.FLAGGED, Verdict.UNKNOWN]


def test_more_conditions_than_can_be_told_apart_are_refused(monkeypatch):
    monkeypatch.setattr(networks, "MOST_NAMES", 100)
    with pytest.raises(EngineError, match=r"more than 100 conditions.*use the engine `compiled`"):
        network_of_rules(PACKS[0].rules_for("partnership", UNKNOWN), PACKS[0])


@pytest.mark.parametrize("multiplied_first", [True, False])
def test_no_two_names_have_one_hash(multiplied_first):
    # The engine knows a property by 32 bits of an FNV hash of its name.
    seen = set()
    names = [f"p{each}" for each in range(MOST_NAMES)] + [DISCRIMINATOR, "id", "sid", "$s"]
    for name in names:
        value = 0x811C9DC5
        for byte in name.encode():
            if multiplied_first:
                value = (value * 0x01000193 & 0xFFFFFFFF) ^ byte
            else:
                value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
        seen.add(value)
    assert len(seen) == len(names)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHIPPED = load_rulebook()
SUBJECTS = [
    Partnership(),
    Partnership(id="pool", name="Pool", funding=Funding(pooled=True), protocol=None),
    Partnership(funding=Funding(pooled=False), stated={"risk_tier": "high"}),
]


class Theirs(Host):
    """A host of somebody else's, with rules of their own."""

    def _run(self) -> None:
        pass


@pytest.fixture
def host():
    heard: list[str] = []

    def hear(context):
        heard.append(context.m.word)

    found = Theirs()
    rule = {"all": [{"m": {"$and": [{"word": "hello"}]}}], "run": hear}
    found.register_rulesets({"theirs": {"greets": rule}})
    found.heard = heard
    return found


def test_the_rules_say_on_their_host_what_they_say_here(host):
    rules = ruleset(SHIPPED, as_of=AS_OF)
    host.register_rulesets(rules.definitions())
    for subject in SUBJECTS:
        found = rules.assess(host, subject)
        expected = assess(subject, SHIPPED, as_of=AS_OF)
        assert [(each.rule.id, each.verdict, each.severity) for each in found.findings] == [
            (each.rule.id, each.verdict, each.severity) for each in expected.findings
        ]
        assert (found.id, found.name) == (expected.id, expected.name)
    assert rules.assess(host, SUBJECTS[1]).flagged[0].because


def test_their_own_rules_go_on_as_before(host):
    rules = ruleset(SHIPPED)
    host.register_rulesets(rules.definitions())
    rules.assess(host, SUBJECTS[1])
    host.assert_fact("theirs", {"id": "1", "word": "hello"})
    assert host.heard == ["hello"]
    assert all(each.startswith("govrules_") for each in rules.names)


def test_several_rulebooks_stand_beside_each_other_under_names_of_their_own(host):
    both = [ruleset(SHIPPED), ruleset(load_rulebook("agreements-in-force"), name="agreements")]
    for each in both:
        host.register_rulesets(each.definitions())
    assert not set(both[0].names) & set(both[1].names)
    assert both[1].assess(host, SUBJECTS[1]).counts[Verdict.UNKNOWN]


def test_nothing_is_left_on_the_host(host):
    rules = ruleset(SHIPPED)
    host.register_rulesets(rules.definitions())
    rules.assess(host, SUBJECTS[1])
    assert all(host.get_facts(each, "0") == [] for each in rules.names)
    assert not rules._fired


def test_a_host_that_does_not_finish_is_an_error(host, monkeypatch):
    monkeypatch.setattr(hosting, "SECONDS", 0.05)
    rules = ruleset(SHIPPED)
    host.register_rulesets(rules.definitions())
    monkeypatch.setattr(host, "assert_fact", lambda *_: None)
    monkeypatch.setattr(host, "retract_fact", lambda *_: None)
    with pytest.raises(EngineError, match="the host did not finish `govrules_s0`"):
        rules.assess(host, SUBJECTS[1])


def test_a_host_that_does_not_have_the_rules_is_an_error(host):
    with pytest.raises(EngineError, match=r"the host failed on `govrules_s0`.*not found"):
        ruleset(SHIPPED).assess(host, SUBJECTS[1])


def test_a_subject_that_does_not_fit_is_refused(host):
    with pytest.raises(FactsError, match="`status`"):
        ruleset(SHIPPED).assess(host, Partnership(status="gone"))


def test_a_host_with_threads_is_asked_twice_and_must_agree(host, monkeypatch):
    rules = ruleset(SHIPPED)
    host.register_rulesets(rules.definitions())
    host._d_timer = None
    before = rules._asserted
    assert rules.assess(host, SUBJECTS[1]).flagged
    assert rules._asserted - before == 2 * len(rules.names)
    states = iter(("yy", "yu"))
    monkeypatch.setattr(type(rules), "_state", lambda *_: next(states))
    with pytest.raises(EngineError, match="threads lost an action"):
        rules.assess(host, SUBJECTS[1])
