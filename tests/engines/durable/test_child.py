"""How durable-rules is held at arm's length: each of its faults, and what keeps it away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from govrules.engines.durable import child
from govrules.engines.durable.child import (
    DISCRIMINATOR,
    END,
    Loaded,
    Unfinished,
    answer,
    private_host,
    rules_of,
)

#: Firing a rule calls what Python 3.12 gave up.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SHARD = {"name": "s0", "inputs": [0, 1], "nodes": [[2, [[[0, "yes"], [1, "no"]], [[1, "yes"]]]]]}
NEXT = {"name": "s1", "inputs": [2], "nodes": [[3, [[[2, "no"]]]]]}

RAW = """
import durable.engine as engine
import durable_rules_engine

class Private(engine.Host):
    def _run(self):
        pass

def rule(name, conditions, priority=1):
    def run(context):
        fired.append(name)
    return {"pri": priority, "all": [{"m": {"$and": conditions}}], "run": run}

fired = []
"""


def raw(python: str, code: str) -> subprocess.CompletedProcess[str]:
    """What the engine does when it is used as it comes."""
    return subprocess.run(
        [python, "-W", "ignore", "-c", RAW + code],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        # As bare as can be: what it does with what it never wrote hangs on what else is loaded.
        env={},
    )


@pytest.fixture
def loaded():
    return Loaded(private_host(), [SHARD, NEXT])


@pytest.mark.parametrize(
    ("state", "expected"),
    [("ynnn", "ynyn"), ("yynn", "yyyn"), ("nnnn", "nnny"), ("nynn", "nyyn"), ("nnyn", "nnny")],
)
def test_what_is_shown_is_chained_and_what_is_not_shown_is_no(loaded, state, expected):
    assert loaded.run(state, None) == expected


def test_only_what_a_change_reaches_is_run_again(loaded):
    state = loaded.run("yynn", None)
    before = loaded.asserted
    assert loaded.run(state, []) == state
    assert loaded.asserted == before
    assert loaded.run("n" + state[1:], [0]) == "nyyn"
    assert loaded.asserted == before + 1
    assert loaded.run("nnyn", [1]) == "nnny"
    assert loaded.asserted == before + 3


def test_no_fact_stays_behind(loaded):
    for _ in range(10):
        loaded.run("ynnn", None)
    assert all(loaded.host.get_facts(each, "0") == [] for each in ("s0", "s1"))


def test_a_fact_that_stays_behind_counts_for_the_next_object(python):
    ran = raw(
        python,
        """
first = {"m": {"$and": [{"w": "x"}, {"p": "yes"}]}}
second = {"n": {"$and": [{"w": "x"}, {"p": "no"}]}}
def run(context):
    fired.append("both")
host = Private({"r": {"a": {"all": [first, second], "run": run}}})
host.assert_fact("r", {"id": "1", "w": "x", "p": "yes"})
host.assert_fact("r", {"id": "2", "w": "x", "p": "no"})
print(fired)
""",
    )
    assert ran.stdout == "['both']\n"


def test_a_message_that_is_posted_stops_at_the_first_rule_and_one_that_is_asserted_does_not(python):
    ran = raw(
        python,
        """
rules = lambda: {"r": {"a": rule("a", [{"w": "x"}]), "b": rule("b", [{"w": "x"}], 2)}}
host = Private(rules())
host.post("r", {"id": "1", "w": "x"})
print(len(fired))
fired.clear()
host = Private(rules())
host.assert_fact("r", {"id": "1", "w": "x"})
print(len(fired))
""",
    )
    assert ran.stdout == "1\n2\n"


def test_many_sessions_end_the_engine_and_one_session_does_not(python, loaded):
    ran = raw(
        python,
        """
host = Private({"r": {"a": rule("a", [{"w": "x"}])}})
for number in range(1100):
    host.assert_fact("r", {"id": str(number), "sid": str(number), "w": "x"})
""",
    )
    assert ran.returncode != 0
    for _ in range(1100):
        assert loaded.run("nnnn", None) == "nnny"


def test_a_batch_without_facts_ends_the_process_and_none_is_ever_sent(python):
    ran = raw(python, 'Private({"r": {"a": rule("a", [{"w": "x"}])}}).assert_facts("r", [])')
    assert ran.returncode < 0
    assert Loaded(private_host(), []).run("", None) == ""


def test_what_an_action_raises_is_lost(python):
    ran = raw(
        python,
        """
def bad(context):
    raise ValueError
broken = {"pri": 1, "all": [{"m": {"$and": [{"w": "x"}]}}], "run": bad}
host = Private({"r": {"a": broken, "end": rule("end", [{"w": "x"}], 2)}})
host.assert_fact("r", {"id": "1", "w": "x"})
print(fired)
""",
    )
    assert ran.stdout == "['end']\n"


def test_actions_take_one_argument_and_only_record():
    # One that took two would be called as if it finished later, and be lost.
    told: list[tuple[str, str]] = []
    rules = rules_of(SHARD, lambda *each: told.append(each))
    assert {each["run"].__code__.co_argcount for each in rules.values()} == {1}


def test_the_last_rule_is_of_lowest_priority_and_asks_for_the_ruleset_alone():
    rules = rules_of(SHARD, lambda *_: None)
    *others, (last, rule) = rules.items()
    assert last == END
    assert rule["all"] == [{"m": {"$and": [{DISCRIMINATOR: "s0"}]}}]
    assert rule["pri"] > max(each["pri"] for _, each in others)


def test_each_network_is_loaded_once_on_a_host_of_its_own():
    loaded: dict[str, Loaded] = {}
    request = {"network": "g", "states": [("ynnn", None)]}
    with pytest.raises(KeyError):
        answer(request, loaded)
    assert not loaded
    assert answer({**request, "shards": [SHARD, NEXT]}, loaded) == {"states": ["ynyn"]}
    first = loaded["g"]
    assert answer(request, loaded) == {"states": ["ynyn"]}
    assert answer({**request, "network": "h", "shards": [SHARD, NEXT]}, loaded)["states"]
    assert loaded["g"] is first
    assert loaded["h"].host is not first.host


def test_it_serves_until_the_other_end_is_closed():
    requests = [
        {"network": "g", "states": [("ynnn", None)], "shards": [SHARD, NEXT], "path": sys.path},
        {"network": "g", "states": [("nnnn", None)]},
        {"network": "h", "states": [("ynnn", None)]},
    ]
    ran = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", child.__file__],
        input="".join(json.dumps({**each, "seconds": 60}) + "\n" for each in requests),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    first, run, failed = (
        json.loads(line) for line in ran.stdout.splitlines() if line != child.BEAT
    )
    assert first == {"states": ["ynyn"]}
    assert run == {"states": ["nnny"]}
    assert failed == {"error": "KeyError: 'shards'"}


def test_where_there_are_no_alarms_nothing_is_limited(monkeypatch):
    monkeypatch.delattr(child.signal, "setitimer")
    child.limit(0.001)
    time.sleep(0.01)


class Sabotaged:
    """A host that runs nothing."""

    def register_rulesets(self, rulesets: Any) -> None: ...

    def assert_fact(self, name: str, message: Any) -> None: ...

    def retract_fact(self, name: str, message: Any) -> None: ...


def test_a_run_without_its_last_rule_did_not_finish():
    loaded = Loaded(Sabotaged(), [SHARD])
    with pytest.raises(Unfinished):
        loaded.run("nnn", None)


def test_a_host_of_the_engine_runs_threads_and_ours_does_not(python):
    ran = raw(
        python,
        "import threading\nengine.Host({'r': {'a': rule('a', [{'w': 'x'}])}})\n"
        "print(threading.active_count() > 1)",
    )
    assert ran.stdout == "True\n"
    before = threading.active_count()
    Loaded(private_host(), [SHARD])
    assert threading.active_count() == before
