"""The engine's process is watched, and replaced with nothing lost; each fault of durable-rules is kept away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from govrules import Funding, Partnership, assess, load_rulebook
from govrules.engines.durable import child, process
from govrules.engines.durable.child import (
    DISCRIMINATOR,
    END,
    Loaded,
    Unfinished,
    answer,
    private_host,
    rules_of,
)
from govrules.engines.durable.process import CHILD, EngineProcess
from govrules.engines.durable.settle import compiled_network, outcomes
from govrules.errors import EngineError
from govrules.truth import UNKNOWN
from govrules.validate import check_subject

SHIPPED = load_rulebook()
RULES = SHIPPED.rules_for("partnership", UNKNOWN)
POOLED = check_subject(Partnership(id="pool", funding=Funding(pooled=True), protocol=None), SHIPPED)
STATE = compiled_network(RULES, SHIPPED).settle(POOLED, UNKNOWN)
EXPECTED = [each.verdict for each in assess(POOLED, SHIPPED).findings]


def verdicts() -> list[object]:
    return [each.verdict for each in assess(POOLED, SHIPPED, engine="durable").findings]


def ended(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    # Whoever waits for the process may have seen it end first.
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def running() -> int:
    assert verdicts() == EXPECTED
    assert CHILD.pid is not None
    return CHILD.pid


def test_the_engine_is_chosen_by_name_and_explains_by_reference():
    found = next(
        each
        for each in assess(POOLED, SHIPPED, engine="durable").flagged
        if each.rule.id == "pooled-budget-without-protocol"
    )
    assert [each.fact for each in found.because][:2] == ["funding.pooled", "protocol.agreed"]


def test_it_runs_in_a_process_of_its_own():
    assert running() != os.getpid()


def test_a_process_that_was_ended_is_replaced_within_the_call():
    first = running()
    ended(first)
    assert running() != first


def test_a_process_that_ends_while_it_answers_is_replaced_within_the_call():
    first = running()
    many = [POOLED] * 64
    killer = threading.Timer(0.05, ended, (first,))
    killer.start()
    found = list(outcomes(RULES, many, UNKNOWN, SHIPPED))
    killer.join()
    assert CHILD.pid != first
    assert [[each.verdict for each in several] for several in found] == [EXPECTED] * 64


def test_a_process_that_hangs_is_ended_and_replaced(monkeypatch):
    first = running()
    monkeypatch.setattr(process, "_GRACE", 6 - process.SECONDS)
    os.kill(first, signal.SIGSTOP)
    assert running() != first


def test_a_process_that_takes_too_long_ends_itself(monkeypatch):
    # However busy it is: an alarm needs no lock of the interpreter's.
    monkeypatch.setattr(process, "SECONDS", 0.001)
    child = EngineProcess()
    made = compiled_network(RULES, SHIPPED)
    with pytest.raises(EngineError, match=r"failed 2 times in a row: its process said nothing for"):
        child.run(made.key, made.network, [(STATE, None)] * 64)
    child.stop()


def test_a_process_that_cannot_be_begun_is_an_error(monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/no/such/python")
    child = EngineProcess()
    made = compiled_network(RULES, SHIPPED)
    with pytest.raises(EngineError, match="its process could not be begun"):
        child.run(made.key, made.network, [(STATE, None)])


def test_what_fails_twice_in_a_row_is_told(tmp_path, monkeypatch):
    broken = tmp_path / "child.py"
    broken.write_text(
        "import sys, json\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'error': 'MemoryError: error code: 303'}))\n"
        "    sys.stdout.flush()\n"
    )
    monkeypatch.setattr(process, "_CHILD", broken)
    child = EngineProcess()
    made = compiled_network(RULES, SHIPPED)
    with pytest.raises(EngineError, match="failed 2 times in a row: MemoryError: error code: 303"):
        child.run(made.key, made.network, [(STATE, None)])
    assert child.pid is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(3)", "its process ended with status 3"),
        (
            "import sys; sys.stdin.read(10); sys.exit(3)",
            "its process ended with status 3",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9"),
    ],
)
def test_how_a_process_ended_is_told(code, told, tmp_path, monkeypatch):
    broken = tmp_path / "child.py"
    broken.write_text(code)
    monkeypatch.setattr(process, "_CHILD", broken)
    made = compiled_network(RULES, SHIPPED)
    child = EngineProcess()
    # One request is so long that the pipe breaks while it is written.
    states = [(STATE, list(range(1_000_000)))]
    with pytest.raises(EngineError, match=told):
        child.run(made.key, made.network, states)


def test_a_call_that_is_interrupted_leaves_no_answer_behind(monkeypatch):
    def interrupted(_text: str) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(process.json, "loads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            verdicts()
    assert verdicts() == EXPECTED


def test_after_many_answers_another_process_takes_over(monkeypatch):
    first = running()
    monkeypatch.setattr(process, "_STATES_OF_ONE_PROCESS", 1)
    assert running() != first


def test_before_too_many_networks_another_process_takes_over(monkeypatch):
    first = running()
    kept = sum(CHILD._loaded.values())
    monkeypatch.setattr(process, "_SHARDS_OF_ONE_PROCESS", kept)
    assert running() == first
    list(outcomes(RULES[:3], [POOLED], UNKNOWN, SHIPPED))
    assert CHILD.pid != first
    assert len(CHILD._loaded) == 1


def test_a_network_of_more_shards_than_are_kept_is_run_by_itself(monkeypatch):
    monkeypatch.setattr(process, "_SHARDS_OF_ONE_PROCESS", 1)
    CHILD.stop()
    assert running() == running()


def test_states_are_asked_for_in_batches_until_all_are_answered(monkeypatch):
    monkeypatch.setattr(process, "BATCH", 2)
    made = compiled_network(RULES, SHIPPED)
    answered = list(process.run_all(made.key, made.network, [(STATE, None)] * 5))
    assert len(answered) == 5
    assert len(set(answered)) == 1


def test_threads_take_turns():
    found: list[object] = []

    def work() -> None:
        found.extend(verdicts() for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [EXPECTED] * 12


def test_a_program_that_forks_has_a_process_of_its_own_in_each():
    first = running()
    pid = os.fork()
    if not pid:
        os._exit(0 if verdicts() == EXPECTED and CHILD.pid != first else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert running() == first


def test_more_subjects_than_the_engine_has_sessions_for():
    number = next(
        index for index, each in enumerate(RULES) if each.id == "pooled-budget-without-protocol"
    )
    rules = RULES[number : number + 1]
    many = [POOLED, SHIPPED.class_of(Partnership)()] * 2500
    found = [one.verdict.value for (one,) in outcomes(rules, many, UNKNOWN, SHIPPED)]
    assert found == ["flagged", "unknown"] * 2500


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


def raw(code: str) -> subprocess.CompletedProcess[str]:
    """What the engine does when it is used as it comes."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RAW + code],
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


def test_a_fact_that_stays_behind_counts_for_the_next_object():
    ran = raw(
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


def test_a_message_that_is_posted_stops_at_the_first_rule_and_one_that_is_asserted_does_not():
    ran = raw(
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


def test_many_sessions_end_the_engine_and_one_session_does_not(loaded):
    ran = raw(
        """
host = Private({"r": {"a": rule("a", [{"w": "x"}])}})
for number in range(1100):
    host.assert_fact("r", {"id": str(number), "sid": str(number), "w": "x"})
""",
    )
    assert ran.returncode != 0
    for _ in range(1100):
        assert loaded.run("nnnn", None) == "nnny"


def test_a_batch_without_facts_ends_the_process_and_none_is_ever_sent():
    ran = raw('Private({"r": {"a": rule("a", [{"w": "x"}])}}).assert_facts("r", [])')
    assert ran.returncode < 0
    assert Loaded(private_host(), []).run("", None) == ""


def test_what_an_action_raises_is_lost():
    ran = raw(
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


def test_a_host_of_the_engine_runs_threads_and_ours_does_not():
    ran = raw(
        "import threading\nengine.Host({'r': {'a': rule('a', [{'w': 'x'}])}})\n"
        "print(threading.active_count() > 1)",
    )
    assert ran.stdout == "True\n"
    before = threading.active_count()
    Loaded(private_host(), [SHARD])
    assert threading.active_count() == before
