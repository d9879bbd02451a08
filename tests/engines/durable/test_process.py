"""The engine's process is watched, and replaced with nothing lost."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import pytest

from govrules import Funding, Partnership, assess, load_rulebook
from govrules.engines.durable import process
from govrules.engines.durable.process import CHILD, Child
from govrules.engines.durable.settle import compiled_network, outcomes
from govrules.errors import EngineError
from govrules.truth import UNKNOWN

SHIPPED = load_rulebook()
RULES = SHIPPED.rules_for("partnership", UNKNOWN)
POOLED = Partnership(id="pool", funding=Funding(pooled=True), protocol=None)
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
    child = Child()
    made = compiled_network(RULES, SHIPPED)
    with pytest.raises(EngineError, match=r"failed 2 times in a row: its process said nothing for"):
        child.run(made.key, made.network, [(STATE, None)] * 64)
    child.stop()


def test_a_process_that_cannot_be_begun_is_an_error(monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/no/such/python")
    child = Child()
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
    child = Child()
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
    child = Child()
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
    many = [POOLED, Partnership()] * 2500
    found = [one.verdict.value for (one,) in outcomes(rules, many, UNKNOWN, SHIPPED)]
    assert found == ["flagged", "unknown"] * 2500
