"""The harnesses of `make fuzz`, `oracles`, `faults`, `soak`, `bench` and `survivors`, each for a moment."""

from __future__ import annotations

import pytest

from benchmarks.run import pack_of
from govrules import load_rulebook
from govrules.cli import main
from tests.faults import soak
from tests.faults.kills import COMMANDS, hashes, prepared, strays, wrong
from tests.fuzz import targets
from tests.fuzz.run import NAMES
from tests.mutation import survivors
from tests.oracles.run import WAYS, run


@pytest.mark.parametrize("name", NAMES)
def test_what_fuzzing_kept_raises_nothing(name):
    """At most 40 inputs of each: workbooks start a process each."""
    assert (*targets.TARGETS,) == NAMES
    kept = targets.corpus(name)
    assert kept
    several = [*targets.seeds(name), *list(kept.values())[: 8 if name == "xlsx" else 40]]
    for data in several:
        targets.replay(name, data)


def test_a_target_that_fails_is_seen(monkeypatch):
    def broken(_: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(targets.TARGETS, "csv", broken)
    with pytest.raises(ZeroDivisionError):
        targets.replay("csv", b"")


def test_the_oracles_hold():
    tally = run(WAYS, checks=40, seconds=60, seed=1, drawn_from=6)
    assert tally.checks
    assert not tally.failures


def test_each_oracle_sees_a_fault():
    """An engine that forgets, now and then, the last of what it found."""
    calls = [0]

    def forgetful(rulebook, entries):
        calls[0] += 1
        found = list(WAYS["rows"](rulebook, entries))
        return found[: len(found) - calls[0] % 3]

    tally = run({"rows": forgetful}, checks=100, seconds=60, seed=2, drawn_from=6)
    seen = {each.partition(",")[0] for each in tally.failures}
    assert seen == {oracle for oracle, _ in tally.checks}
    assert len(seen) == 4


@pytest.mark.parametrize("writes", COMMANDS, ids=lambda each: each.name)
def test_a_command_that_nothing_stops_writes_what_it_says(writes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO(writes.typed))
    before = prepared(tmp_path, writes)
    assert main(list(writes.words)) in (0, 1)
    after = hashes(tmp_path)
    assert not strays(tmp_path)
    assert not wrong(writes, before, after, after)
    assert all(each in after for each in writes.outputs)
    changed = {**after, "r.csv": "another"}
    assert wrong(writes, before, changed, after)


def test_what_is_soaked_is_done(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["soak", "--assessments", "400", "--events", "40"])
    # So little work says nothing of memory, and all of it was done.
    soak.main()
    said = capsys.readouterr().out
    assert "assessments: 400 in" in said
    assert "live events: 40 in" in said


def test_the_rules_that_are_timed_load(tmp_path):
    texts = pack_of(300, tmp_path / "pack")
    assert len(load_rulebook(tmp_path / "pack").rules) == 300
    assert len(texts) > 2


def test_the_page_of_mutants_stays_where_nothing_was_mutated(tmp_path, capsys):
    before = survivors.PAGE.read_text(encoding="utf-8")
    assert survivors.main(tmp_path) == 1
    assert capsys.readouterr().out.startswith("there is nothing to count")
    assert survivors.PAGE.read_text(encoding="utf-8") == before
