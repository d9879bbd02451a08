"""The shape of what durable-rules is given: nothing outside the subset that holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from govrules import load_rulebook
from govrules.assessment import rules_for
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
from govrules.engines.registry import said
from govrules.errors import EngineError
from govrules.rulebook.ast import All, AnyOf, Compare, Condition, Literal, Not, Op, Rule, Severity
from govrules.rulebook.ast import Test as FactTest
from govrules.testing.strategies import rulebooks
from govrules.truth import UNKNOWN
from tests.properties.small import CITED, Thing, ref, rulebook_of

PACKS = [
    load_rulebook(),
    load_rulebook("health-pooled-funds"),
    load_rulebook("agreements-in-force"),
]
KINDS = ("partnership", "register", "pair", "assessment")


def holds_to_the_subset(network: Network) -> None:
    before = set(range(len(network.atoms)))
    for shard in network.shards:
        rules = rules_of(shard.plain(), lambda *_: None)
        assert len(rules) <= MOST_PATTERNS
        assert len(shard.inputs) <= MOST_PROPERTIES
        for name, rule in rules.items():
            assert re.fullmatch(r"n[0-9]{1,5}x[0-9]{1,2}|end", name)
            assert set(rule) == {"pri", "all", "run"}
            ((pattern,),) = (each.items() for each in rule["all"])
            assert pattern[0] == "m"
            assert set(pattern[1]) == {"$and"}
            first, *others = pattern[1]["$and"]
            assert first == {DISCRIMINATOR: shard.name}
            assert len(others) + 1 <= MOST_IN_A_TERM + 1 < 15
            for compared in others:
                ((prop, word),) = compared.items()
                assert re.fullmatch(r"p[0-9]{1,5}", prop)
                assert word in {"yes", "no", "unknown"}
                assert int(prop[1:]) in shard.inputs
        # A shard reads only what was settled before it runs, so nothing derived is ever withdrawn.
        assert before.issuperset(shard.inputs) or _constant(network, before, shard.inputs)
        before |= {node for node, _ in shard.nodes}


def _constant(network: Network, before: set[int], inputs: tuple[int, ...]) -> bool:
    settled = {node for shard in network.shards for node, _ in shard.nodes}
    return not settled & (set(inputs) - before)


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_hold_to_the_subset(kind):
    for pack in PACKS:
        holds_to_the_subset(network_of(rules_for(kind, pack, UNKNOWN), pack.derived))


@given(rulebooks(depth=3))
def test_generated_rules_hold_to_the_subset(rulebook):
    holds_to_the_subset(network_of(rulebook.rules, rulebook.derived))


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
    holds_to_the_subset(network_of(rulebook.rules, {}))
    things = [Thing(size=each) for each in (UNKNOWN, None, 0, 5, 50, 99, 100, 299, 300, 2000)]
    ours = outcomes(rulebook.rules, things, UNKNOWN, rulebook)
    theirs = reference.outcomes(rulebook.rules, things, UNKNOWN, rulebook)
    for mine, yours in zip(ours, theirs, strict=True):
        assert [said(each) for each in mine] == [said(each) for each in yours]


def test_derived_facts_are_chained_by_the_network():
    # The tests beneath a derived fact are atoms, and nothing that reads it is one.
    network = network_of(rules_for("partnership", PACKS[0], UNKNOWN), PACKS[0].derived)
    tested = [each for each in network.atoms if isinstance(each, FactTest)]
    assert tested
    assert not [each for each in tested if each.fact.source.value == "derived"]


def test_more_conditions_than_can_be_told_apart_are_refused(monkeypatch):
    monkeypatch.setattr(networks, "MOST_NAMES", 100)
    with pytest.raises(EngineError, match=r"more than 100 conditions.*use the engine `compiled`"):
        network_of(rules_for("partnership", PACKS[0], UNKNOWN), PACKS[0].derived)


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
