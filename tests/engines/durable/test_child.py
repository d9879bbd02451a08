"""How durable-rules is held at arm's length: each of its faults, and what keeps it away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from govrules.engines.durable import child
from govrules.engines.durable.child import (
    DISCRIMINATOR,
    END,
    Loaded,
    Server,
    Unfinished,
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
    found = Loaded(private_host(), [SHARD, NEXT])
    yield found
    found.free()


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


def test_networks_are_loaded_run_dropped_and_loaded_again():
    server = Server()
    load = {"do": "load", "network": "g", "shards": [SHARD, NEXT]}
    for _ in range(2):
        assert server.answer(load) == {"loaded": "g"}
    assert server.answer({"do": "run", "network": "g", "states": [("ynnn", None)]}) == {
        "states": ["ynyn"]
    }
    for _ in range(2):
        assert server.answer({"do": "drop", "network": "g"}) == {"dropped": "g"}
    assert not server.loaded


def test_what_was_made_before_a_ruleset_fails_is_freed(monkeypatch):
    host = private_host()
    first = host.register_rulesets
    monkeypatch.setattr(
        host, "register_rulesets", lambda each: first(each) if "s0" in each else 1 / 0
    )
    freed: list[Loaded] = []
    monkeypatch.setattr(Loaded, "free", lambda self: freed.append(self))  # noqa: PLW0108 - a method
    with pytest.raises(ZeroDivisionError):
        Loaded(host, [SHARD, NEXT])
    assert [each.names for each in freed] == [["s0"]]


def test_it_serves_until_the_other_end_is_closed():
    requests = [
        {"do": "load", "network": "g", "shards": [SHARD, NEXT], "path": sys.path},
        {"do": "run", "network": "g", "states": [("ynnn", None)]},
        {"do": "run", "network": "h", "states": [("ynnn", None)]},
    ]
    ran = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", child.__file__],
        input="".join(json.dumps({**each, "seconds": 60}) + "\n" for each in requests),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    loaded, run, failed = (
        json.loads(line) for line in ran.stdout.splitlines() if line != child.BEAT
    )
    assert loaded == {"loaded": "g"}
    assert run == {"states": ["ynyn"]}
    assert failed == {"error": "KeyError: 'h'"}


def test_where_there_are_no_alarms_nothing_is_limited(monkeypatch):
    monkeypatch.delattr(child.signal, "setitimer")
    child.limit(0.001)
    time.sleep(0.01)


class Sabotaged:
    """A host that fails in one way or another."""

    def __init__(self, fails: str) -> None:
        self.fails = fails
        self.host = private_host()

    def register_rulesets(self, rulesets: Any) -> None:
        self.host.register_rulesets(rulesets)

    def get_ruleset(self, name: str) -> Any:
        return self.host.get_ruleset(name)

    def assert_fact(self, name: str, message: Any) -> None:
        if self.fails == "raises":
            raise MemoryError
        if self.fails == "asserts nothing":
            return
        self.host.assert_fact(name, message)

    def retract_fact(self, name: str, message: Any) -> None:
        if self.fails == "keeps":
            raise RuntimeError


def test_a_run_without_its_last_rule_did_not_finish():
    loaded = Loaded(Sabotaged("asserts nothing"), [SHARD])
    with pytest.raises(Unfinished):
        loaded.run("nnn", None)
    loaded.free()


@pytest.mark.parametrize("fails", ["raises", "asserts nothing", "keeps"])
def test_after_any_error_another_host_takes_over(fails):
    server = Server()
    server.loaded["g"] = Loaded(Sabotaged(fails), [SHARD, NEXT])
    broken = server.loaded["g"].host
    request = {"do": "run", "network": "g", "states": [("ynnn", None), ("nnnn", None)]}
    assert server.answer(request) == {"states": ["ynyn", "nnny"]}
    assert server.loaded["g"].host is not broken
    server.drop("g")


def test_a_host_of_the_engine_runs_threads_and_ours_does_not(python):
    ran = raw(
        python,
        "import threading\nengine.Host({'r': {'a': rule('a', [{'w': 'x'}])}})\n"
        "print(threading.active_count() > 1)",
    )
    assert ran.stdout == "True\n"
    before = threading.active_count()
    Loaded(private_host(), [SHARD]).free()
    assert threading.active_count() == before


def test_what_is_not_freed_is_never_given_back_and_we_free_it(python):
    ran = raw(
        python,
        f"import sys\nsys.path.insert(0, {str(Path(child.__file__).parent)!r})\n"
        """
from child import Loaded, private_host

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4

nodes = [[59, [[[number, "yes"]] for number in range(59)]]]
shard = {"name": "s0", "inputs": list(range(59)), "nodes": nodes}
for turn in range(2):
    for free in (True, False):
        before = held()
        for _ in range(40):
            loaded = Loaded(private_host(), [shard])
            if free:
                loaded.free()
        if turn:
            print(held() - before)
""",
    )
    freed, kept = (int(each) for each in ran.stdout.split())
    assert freed < kept / 10
