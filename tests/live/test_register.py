"""Facts go in, findings come out, and nothing is lost or left behind."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import json
import subprocess
import sys
import threading
import time
from decimal import Decimal
from importlib.util import find_spec

import pytest

from benchmarks.live import Events
from govrules import (
    UNKNOWN,
    CallbackError,
    FactsError,
    Funding,
    LiveRegister,
    Organisation,
    Partner,
    Partnership,
    Register,
    Verdict,
    load_rulebook,
)
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError, GovrulesError
from govrules.live import register as registers
from govrules.live import snapshot
from govrules.live.results import Movement
from govrules.rulebook.ast import Severity
from tests.fuzz.targets import small
from tests.live.conftest import AS_OF, SHIPPED

NO_PROTOCOL = "pooled-budget-without-protocol"
#: Where little is at stake, a register of each body does.
MEDIUM = {"risk_tier": "medium"}
WEAK = "weak-partner-not-on-risk-register"
POOLED = {"funding.pooled": True, "protocol": "none"}
ENGINES = ("reference", "durable") if find_spec("durable_rules_engine") else ("reference",)


def moved(applied, rule):
    return [(each.movement, each.subject) for each in applied.notices if each.rule == rule]


# ── What opens, changes and closes ────────────────────────────────────────────────────────────


def test_a_finding_opens_changes_and_closes_as_facts_arrive(live):
    live.put(Partnership(id="pool", status="active"))
    assert not moved(live.change("pool", {"funding.pooled": True}), NO_PROTOCOL)
    opened = live.change("pool", {"protocol": "none"})
    assert moved(opened, NO_PROTOCOL) == [(Movement.OPENED, "pool")]
    changed = live.change("pool", {"risk_tier": "high"})
    (notice,) = (each for each in changed.notices if each.rule == NO_PROTOCOL)
    assert notice.movement is Movement.CHANGED
    assert (notice.was, notice.severity) == (Severity.MEDIUM, Severity.HIGH)
    closed = live.change("pool", {"protocol.agreed": "yes"})
    (notice,) = (each for each in closed.notices if each.rule == NO_PROTOCOL)
    assert (notice.movement, notice.verdict) == (Movement.CLOSED, Verdict.CLEAR)
    assert (notice.was, notice.severity) == (Severity.HIGH, None)


def test_a_fact_taken_back_closes_a_finding_as_not_known(live):
    live.put(Partnership(id="pool", funding=Funding(pooled=True), protocol=None))
    (notice,) = (
        each
        for each in live.change("pool", {"protocol": UNKNOWN}).notices
        if each.rule == NO_PROTOCOL
    )
    assert (notice.movement, notice.verdict) == (Movement.CLOSED, Verdict.UNKNOWN)


def test_a_notice_carries_a_finding_that_explains_itself(live):
    live.put(Partnership(id="pool"))
    (notice,) = live.change("pool", POOLED).notices
    assert [each.fact for each in notice.finding.because] == ["funding.pooled", "protocol.agreed"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_adverse_opinion_counts_in_every_partnership_of_the_organisation(engine, fresh, told):
    live = LiveRegister(SHIPPED, as_of=AS_OF, engine=engine)
    unseen = Partner(name="Eastshire  Council", weakness_on_risk_register=False)
    other = Partner(name="A trust", weakness_on_risk_register=False)
    live.put_all(
        [
            Partnership(id="one", status="active", partners=(unseen,), stated=MEDIUM),
            Partnership(
                id="two", status="active", partners=(other, UNKNOWN, unseen), stated=MEDIUM
            ),
            Partnership(id="three", status="active", partners=(other,), stated=MEDIUM),
        ]
    )
    applied = live.change_organisation("eastshire council", {"weaknesses": ["adverse_opinion"]})
    assert moved(applied, WEAK) == [(Movement.OPENED, "one"), (Movement.OPENED, "two")]
    assert moved(applied, "weak-partner-shared-unseen") == [(Movement.OPENED, "one + two")]
    finding = next(each for each in live.assessment("two").flagged if each.rule.id == WEAK)
    reason = next(each for each in finding.because if "weaknesses" in each.fact)
    assert reason.fact == "partners[1].weaknesses"
    assert reason.evidence == "recorded of the organisation itself"
    assert told(live) == fresh(live)
    assert moved(
        live.put(Partnership(id="four", status="active", partners=(unseen,), stated=MEDIUM)), WEAK
    )
    closed = live.remove_organisation("Eastshire Council")
    assert {each for each, _ in moved(closed, WEAK)} == {Movement.CLOSED}
    assert len(moved(closed, WEAK)) == 3
    assert told(live) == fresh(live)


def test_a_partnership_that_is_removed_closes_its_findings(live):
    live.put(Partnership(id="pool", funding=Funding(pooled=True), protocol=None))
    (notice,) = (each for each in live.remove("pool").notices if each.rule == NO_PROTOCOL)
    assert (notice.movement, notice.verdict, notice.finding) == (Movement.CLOSED, None, None)
    assert "pool" not in live
    assert not live.findings("pool")


def test_rules_on_the_register_count_its_entries(live, fresh, told):
    rule = "declared-count-differs-from-register"
    closed = LiveRegister(SHIPPED, as_of=AS_OF, complete=True, engine="reference")
    for each in (live, closed):
        each.put_all([Partnership(id=key, status="active") for key in ("one", "two")])
        each.change_register({"declared_count": 3})
    assert rule not in {each.rule for each in live.findings()}
    assert rule in {each.rule for each in closed.findings()}
    assert moved(closed.put(Partnership(id="three", status="active")), rule)
    assert moved(closed.change("three", {"status": "ended"}), rule)
    assert told(closed) == fresh(closed)
    assert moved(live.restate(complete=True), rule)
    assert live.complete


def test_another_date_settles_everything_again(live, fresh, told):
    live.change_register({"reviewed": "2025-05-01"})
    assert "register-not-reviewed" not in {each.rule for each in live.findings()}
    later = live.restate(as_of=dt.date(2026, 6, 1))
    assert moved(later, "register-not-reviewed") == [(Movement.OPENED, "")]
    assert live.as_of == dt.date(2026, 6, 1)
    assert told(live) == fresh(live)


def test_a_whole_register_takes_the_place_of_another_at_once(live, fresh, told):
    live.put_all([Partnership(id="old"), Partnership(id="kept")])
    live.replace(
        Register(
            declared_count=2,
            partnerships=(
                Partnership(id="kept", funding=Funding(pooled=True)),
                Partnership(id="n"),
            ),
        )
    )
    assert [each in live for each in ("old", "kept", "n")] == [False, True, True]
    assert live.register().declared_count == 2
    assert told(live) == fresh(live)


@pytest.mark.parametrize("engine", ENGINES)
def test_after_random_events_the_open_findings_are_those_of_a_fresh_assessment(engine, fresh, told):
    events = Events(25, seed=3)
    live = LiveRegister(SHIPPED, as_of=AS_OF, engine=engine, complete=True)
    live.put_all(events.partnership(key) for key in events.ids)
    for _ in range(4):
        for _ in range(75):
            events.feed(live)
        assert told(live) == fresh(live)


def test_only_rules_that_read_what_changed_are_settled_again(live, monkeypatch):
    live.put_all([Partnership(id="pool"), Partnership(id="other")])
    reference = engine_called("reference")
    judged = []
    real = reference.outcomes

    def counted(rules, subjects, as_of, rulebook):
        judged.extend((rule.id, getattr(each, "id", "")) for rule in rules for each in subjects)
        return real(rules, subjects, as_of, rulebook)

    monkeypatch.setattr(reference, "outcomes", counted)
    live.change("pool", {"conflicts.register": True})
    assert judged == [
        ("conflicts-without-rules", "pool"),
        ("undeclared-interest", "pool"),
        ("declared-interest-not-handled", "pool"),
    ]


# ── Bad events ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (lambda live: live.change("nobody", POOLED), "one on the register.*nobody"),
        (lambda live: live.put("pool"), "a Partnership, not str"),
        (lambda live: live.put(Partnership()), "the reference of the partnership"),
        (lambda live: live.put(Partnership(id="x", status="gone")), "`status` must be"),
        (lambda live: live.put_organisation(Organisation()), "the name of the organisation"),
        (lambda live: live.put_organisation(Partnership(id="x")), "an? Organisation"),
        (lambda live: live.change("pool", {"fundng.pooled": True}), "`fundng.pooled`.*unknown"),
        (lambda live: live.change("pool", {"funding.pooled": "perhaps"}), "yes or no"),
        (lambda live: live.change("pool", {"funding.pooled": 3}), "`funding.pooled` must be"),
        (lambda live: live.change("pool", {"partners[3].name": "x"}), "one of 0 records"),
        (lambda live: live.change("pool", {"id": "another"}), "as it was put"),
        (lambda live: live.change("pool", POOLED, at="7"), "`at` must be a whole number, not str"),
        (lambda live: live.put(Partnership(id="x"), at=True), "a whole number, not bool"),
        (lambda live: live.change("pool", {"local.nothing": 1}), "a fact of the vocabulary"),
        (lambda live: live.change("pool", {"funding": 3}), "a mapping of facts"),
        (lambda live: live.change("pool", {"partners": "x"}), "a list of records"),
        (lambda live: live.change_register({"partnerships": []}), "about its entries"),
        (lambda live: live.change_organisation("x", {"name": "y"}), "as it was put"),
        (
            lambda live: live.change("pool", {f"f{number}": 1 for number in range(100_000)}),
            "at most 20,000 facts, not 100,000",
        ),
        (
            lambda live: live.put(Partnership(id="x", partners=(Partner(),) * 100_000)),
            "at most 20,000 facts",
        ),
    ],
)
def test_a_bad_event_is_a_clear_error_and_changes_nothing(live, event, message):
    live.put(Partnership(id="pool", funding=Funding(pooled=True)))
    before = live.snapshot()
    with pytest.raises(FactsError, match=message):
        event(live)
    assert live.snapshot() == before


@pytest.mark.parametrize(
    ("facts", "path", "code", "said"),
    [
        ({"funding.poled": True}, "funding.poled", "GR101", "did you mean `pooled`?"),
        ({"funding": {"poled": True}}, "funding.poled", "GR101", "did you mean `pooled`?"),
        ({"risk_tier": "hihg"}, "risk_tier", "GR103", "did you mean `high`?"),
        ({"reviewed": "soon"}, "reviewed", "GR102", "write a date such as 2026-03-31"),
    ],
)
def test_a_fact_of_an_event_is_refused_as_one_that_is_read(live, facts, path, code, said):
    live.put(Partnership(id="pool"))
    with pytest.raises(FactsError) as told:
        live.change("pool", facts)
    (problem,) = told.value.diagnostics
    assert (problem.path, problem.code.id) == (path, code)
    assert problem.help.startswith(said)


def test_more_entries_than_a_register_has_are_refused(live, monkeypatch):
    monkeypatch.setattr(registers, "MOST_ENTRIES", 2)
    live.put_all([Partnership(id="one"), Partnership(id="two")])
    with pytest.raises(FactsError, match="at most 2 entries"):
        live.put(Partnership(id="three"))
    assert live.put(Partnership(id="two", name="Two")).applied


def test_an_event_that_comes_twice_or_late_is_a_no_op_that_says_so(live):
    assert live.put(Partnership(id="pool"), at=5).applied
    assert live.change("pool", {"funding.pooled": True}, at=6).applied
    for at in (6, 5):
        late = live.change("pool", {"funding.pooled": False}, at=at)
        assert (late.applied, late.notices) == (False, ())
        assert f"an event numbered {at} or later was taken already" in late.reason
    assert live.put(Partnership(id="pool"), at=6).applied is False
    assert live.assessment("pool").findings
    assert live.register().partnerships[0].funding.pooled is True
    assert live.change_register({"declared_count": 3}, at=6).applied
    assert live.change_register({"declared_count": 4}, at=6).applied is False
    assert live.change_organisation("x", {"kind": "other"}, at=2).applied
    assert live.change_organisation("X", {"kind": "other"}, at=1).applied is False


def test_after_removal_late_events_are_no_ops_and_others_errors(live):
    live.put(Partnership(id="pool"), at=1)
    assert live.remove("pool", at=4).applied
    assert not live.remove("pool", at=4).applied
    assert not live.put(Partnership(id="pool"), at=3).applied
    assert "is not on the register" in live.remove("pool").reason
    with pytest.raises(FactsError):
        live.change("pool", {"funding.pooled": True}, at=5)
    assert live.put(Partnership(id="pool"), at=6).applied


def test_only_so_many_removed_subjects_are_remembered(live, monkeypatch):
    monkeypatch.setattr(snapshot, "MOST_REMOVED", 3)
    for number in range(10):
        live.put(Partnership(id=f"p{number}"), at=1)
        live.remove(f"p{number}", at=2)
    assert len(live.snapshot()["removed"]) == 3


def test_when_the_engine_fails_nothing_has_changed(live, monkeypatch):
    live.put(Partnership(id="pool"))
    before = live.snapshot()

    def fails(*_):
        raise EngineError("reference", "out of order")

    with monkeypatch.context() as patched:
        patched.setattr(engine_called("reference"), "outcomes", fails)
        with pytest.raises(EngineError):
            live.change("pool", POOLED)
        with pytest.raises(EngineError):
            live.restate(as_of=dt.date(2030, 1, 1))
    assert live.snapshot() == before
    assert moved(live.change("pool", POOLED), NO_PROTOCOL)


# ── Callbacks ─────────────────────────────────────────────────────────────────────────────────


def test_callbacks_are_called_in_order_before_the_event_returns(live):
    heard = []
    live.listen(heard.append)
    live.put(Partnership(id="pool"))
    applied = live.change("pool", POOLED)
    assert tuple(heard[-len(applied.notices) :]) == applied.notices
    assert [each.number for each in heard] == list(range(heard[0].number, heard[-1].number + 1))


def test_what_a_callback_raises_reaches_the_caller_and_the_register_is_whole(live, fresh, told):
    def bad(notice):
        raise ValueError(notice.rule)

    live.put(Partnership(id="pool"))
    live.listen(bad)
    with pytest.raises(ValueError, match=NO_PROTOCOL):
        live.change("pool", POOLED)
    assert told(live) == fresh(live)
    assert NO_PROTOCOL in {each.rule for each in live.findings("pool")}
    with pytest.raises(BaseExceptionGroup, match="failed 2 times"):
        live.put_all(
            [Partnership(id=each, funding=Funding(pooled=True), protocol=None) for each in "ab"]
        )
    assert "a" in live


def test_a_callback_that_does_not_return_is_waited_for_so_long_and_called_no_more(fresh, told):
    stuck = threading.Event()
    live = LiveRegister(SHIPPED, patience=0.2, as_of=AS_OF, engine="reference")
    live.put(Partnership(id="pool"))
    live.listen(lambda _: stuck.wait())
    before = threading.active_count()
    begin = time.monotonic()
    with pytest.raises(CallbackError, match=r"did not return within 0.2 seconds"):
        live.change("pool", POOLED)
    assert time.monotonic() - begin < 5
    # It is called no more: other events go on, and at most one thread is held.
    assert moved(live.change("pool", {"protocol.agreed": True}), NO_PROTOCOL)
    assert threading.active_count() <= before + 1
    assert told(live) == fresh(live)
    heard = []
    live.listen(heard.append)
    live.change("pool", {"protocol": "none"})
    assert [each.rule for each in heard] == [NO_PROTOCOL]
    stuck.set()


def test_a_callback_may_read_the_register_and_not_change_it(live):
    live.put(Partnership(id="pool"))
    read = []

    def curious(notice):
        read.append(len(live.findings("pool")))
        live.remove("pool")

    live.listen(curious)
    with pytest.raises(CallbackError, match="may read the register and not change it"):
        live.change("pool", POOLED)
    assert read == [1]
    assert "pool" in live
    live.close()
    assert live.remove("pool").applied


@pytest.mark.parametrize("engine", ENGINES)
def test_four_threads_putting_at_once_lose_nothing(engine, fresh, told):
    heard = []
    live = LiveRegister(SHIPPED, as_of=AS_OF, engine=engine, on_change=heard.append)

    def work(name):
        for number in range(8):
            key = f"{name}{number}"
            live.put(Partnership(id=key), at=1)
            live.change(key, POOLED, at=2)
            live.change_organisation(f"body {number}", {"kind": "other"})

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(live) == 32
    assert sum(each.rule == NO_PROTOCOL for each in live.findings()) == 32
    assert told(live) == fresh(live)
    assert [each.number for each in heard] == list(range(1, len(heard) + 1))
    opened = {(each.kind, each.subject, each.rule) for each in heard}
    assert {(each.kind, each.subject, each.rule) for each in live.findings()} <= opened
    live.close()


# ── Snapshots and memory ──────────────────────────────────────────────────────────────────────


def test_a_snapshot_is_plain_json_and_resumes_where_it_was(fresh, told):
    events = Events(12, seed=5)
    live = LiveRegister(SHIPPED, as_of=AS_OF, engine="reference", complete=True)
    live.put_all((events.partnership(key) for key in events.ids), at=1)
    for _ in range(60):
        events.feed(live)
    snapshot = json.loads(json.dumps(live.snapshot()))
    heard = []
    again = LiveRegister.resume(snapshot, SHIPPED, on_change=heard.append, engine="reference")
    assert heard == []
    assert told(again) == told(live) == fresh(again)
    assert again.snapshot() == live.snapshot()
    later = {"funding.annual_spend": Decimal(3_000_000), "protocol": "none", "funding.pooled": True}
    known = next(key for key in events.ids if key in live)
    both = [each.change(known, later, at=9) for each in (live, again)]
    assert both[0].notices == both[1].notices
    assert not again.change(known, {"protocol": "unknown"}, at=9).applied
    assert told(again) == told(live)


def test_what_opened_because_the_rules_changed_is_told_when_resuming():
    live = LiveRegister(load_rulebook("agreements-in-force"), as_of=AS_OF, engine="reference")
    live.put(Partnership(id="pool", funding=Funding(pooled=True), protocol=None))
    heard = []
    LiveRegister.resume(live.snapshot(), SHIPPED, on_change=heard.append, engine="reference")
    assert NO_PROTOCOL in {each.rule for each in heard}


def _places(plain, path=()):
    items = plain.items() if isinstance(plain, dict) else enumerate(plain)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


def _with(plain, path, value):
    changed = copy.deepcopy(plain)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    "value", [None, True, -1, 1.5, float("inf"), float("nan"), "x", [], [1], {}, {"id": 1}], ids=str
)
def test_a_snapshot_in_which_anything_is_of_another_kind_is_resumed_or_refused(value):
    rulebook = small()
    live = LiveRegister(rulebook, as_of=AS_OF, engine="reference")
    live.put(Partnership(id="pool", funding=Funding(pooled=True), protocol=None), at=3)
    live.put(Partnership(id="gone", name="Gone"), at=3)
    live.remove("gone", at=4)
    plain = live.snapshot()
    assert plain["open"]
    assert plain["removed"]
    refused = 0
    for path in _places(plain):
        try:
            LiveRegister.resume(_with(plain, path, value), rulebook, engine="reference")
        except GovrulesError:
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda plain: {}, "what `LiveRegister.snapshot` returned"),
        (lambda plain: {**plain, "govrules_live": 2}, "must be 1, not 2"),
        (lambda plain: {**plain, "entries": [{"id": "x"}]}, "damaged"),
        (lambda plain: {**plain, "as_of": "soon"}, "damaged"),
        (
            lambda plain: {**plain, "entries": [{"id": "x", "facts": {"colour": 1}}]},
            "`colour`",
        ),
        (
            lambda plain: {**plain, "register": {"declared_count": -1}},
            "`declared_count`",
        ),
    ],
)
def test_what_is_no_snapshot_is_refused(live, damage, message):
    with pytest.raises(FactsError, match=message):
        LiveRegister.resume(damage(live.snapshot()), SHIPPED, engine="reference")


KILLED = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[1])
from benchmarks.live import AS_OF, RULEBOOK, Events
from govrules import LiveRegister
events = Events(8, seed=7)
live = LiveRegister(RULEBOOK, as_of=AS_OF, complete=True, engine="reference")
for number in range(1, 41):
    events.feed(live)
    if number == 20:
        print(json.dumps(live.snapshot()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_program_that_was_killed_resumes_from_its_snapshot_and_the_events_after_it(
    request, told, fresh
):
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(request.config.rootpath)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode < 0
    resumed = LiveRegister.resume(json.loads(ran.stdout), SHIPPED, engine="reference")
    events = Events(8, seed=7)
    never_killed = LiveRegister(SHIPPED, as_of=AS_OF, complete=True, engine="reference")
    for number in range(1, 41):
        # The same events happen to both; the first twenty are in the snapshot already.
        state = events.random.getstate()
        events.feed(never_killed)
        if number > 20:
            events.random.setstate(state)
            events.feed(resumed)
    assert told(resumed) == told(never_killed) == fresh(resumed)


def test_memory_does_not_grow_with_events(live):
    live.put_all([Partnership(id=f"p{number}") for number in range(5)])

    def work(times):
        for number in range(times):
            key = f"p{number % 5}"
            live.change(key, POOLED if number % 2 else {"protocol": UNKNOWN})
            live.change_register({"declared_count": number % 7})
        gc.collect()
        return len(gc.get_objects())

    warm = work(40)
    assert work(200) < warm * 1.02
