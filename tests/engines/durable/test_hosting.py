"""A host that already runs durable-rules takes the rules beside its own."""

from __future__ import annotations

import pytest
from durable.engine import Host

from govrules import EngineError, FactsError, Funding, Partnership, Verdict, assess, load_rulebook
from govrules.live import hosting
from govrules.live.hosting import ruleset
from tests.live.conftest import AS_OF

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
