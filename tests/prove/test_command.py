"""`govrules prove`: what it prints, and its exit codes."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from govrules.cli import main
from govrules.rulebook.load import load_rulebook
from tests.pages import laid

z3 = pytest.importorskip("z3")

from govrules.prove.prover import Flaw, Prover  # noqa: E402 - z3 must be there first

PACKS = laid("packs.md")
ROOT = Path(__file__).parents[2]


def test_a_sound_pack_ends_well(capsys):
    assert main(["prove", str(PACKS / "sound" / "plain")]) == 0
    printed = capsys.readouterr().out
    assert "never-flagged       2 proved" in printed
    assert "Lists have at most 4 records" in printed
    assert re.search(r"^2 rules in [0-9.]+ seconds\.$", printed, re.MULTILINE)


def test_a_flaw_is_printed_with_its_examples(capsys):
    assert main(["prove", str(PACKS / "flawed" / "perverse-board")]) == 1
    printed = capsys.readouterr().out
    assert "REFUTED: perverse-incentive: adopting `oversight.board` (no to yes)" in printed
    assert "oversight.board: yes }, expect: flagged, severity: low }" in printed


def test_what_is_meant_is_said_with_its_reason(capsys):
    assert main(["prove", str(PACKS / "sound" / "intended")]) == 0
    printed = capsys.readouterr().out
    assert "INTENDED: perverse-incentive" in printed
    assert "because Little is at stake" in printed


def test_only_the_kinds_that_are_asked_for(capsys):
    pack = str(PACKS / "flawed" / "conflict")
    assert main(["prove", pack, "--kind", "implied-by", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {each["kind"] for each in data["results"]} == {"implied-by"}
    assert data["list_bound"] == 4


def test_the_same_bytes_each_time(capsys):
    pack = str(PACKS / "flawed" / "conflict")
    printed = []
    for _ in range(2):
        main(["prove", pack, "--format", "json"])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_the_same_bytes_whatever_the_hash_seed():
    pack = str(PACKS / "flawed" / "conflict-of-three")
    command = [sys.executable, "-m", "govrules", "prove", pack, "--format", "json"]
    printed = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=False
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert json.loads(printed[0])["results"]


def test_the_same_examples_whatever_was_asked_before():
    rulebook = load_rulebook(PACKS / "flawed" / "always-flagged")
    shown = set()
    for number in range(40):
        # z3 numbers terms as they are made, and the numbers of those that are gone are given again.
        others = [z3.Bool(f"other {each}") for each in range(50 * number)]
        kept = [z3.And(one, other) for one, other in itertools.pairwise(others)][:: 1 + number % 3]
        shown.add(tuple(Prover(rulebook).results()))
        del kept
    assert len(shown) == 1


def test_two_threads_prove_at_once():
    rulebooks = [load_rulebook(PACKS / "flawed" / each) for each in ("conflict-of-dates", "gap")]
    alone = [list(Prover(each).results()) for each in rulebooks]
    with ThreadPoolExecutor(2) as threads:
        for _ in range(3):
            at_once = list(threads.map(lambda each: list(Prover(each).results()), rulebooks))
            assert at_once == alone


def test_a_prover_can_be_asked_twice():
    prover = Prover(load_rulebook(PACKS / "flawed" / "gap"))
    assert list(prover.results()) == list(prover.results()) != []


def test_what_takes_too_long_is_said_to_be_not_decided(capsys):
    pack = str(PACKS / "sound" / "plain")
    assert main(["prove", pack, "--timeout", "0.000000001"]) == 1
    printed = capsys.readouterr().out
    assert "NOT DECIDED: never-applicable" in printed
    assert "because there was no answer within 1e-09 seconds" in printed
    assert " proved" not in printed


def shown_on_the_page() -> list[tuple[str, str]]:
    """Return each command on the page about proofs with what the page says that it prints."""
    page = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
    found = [
        textwrap.dedent(each).partition("\n")
        for each in re.findall(r"^ *```console\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    ]
    return [(command.removeprefix("$ "), text) for command, _, text in found if "$ " not in text]


@pytest.mark.parametrize(("command", "text"), shown_on_the_page())
def test_the_page_on_proofs_shows_what_is_printed(command, text, capsys, monkeypatch):
    monkeypatch.chdir(PACKS)
    program, *arguments = command.split()
    assert program == "govrules"
    main(arguments)
    printed = capsys.readouterr().out
    assert untimed(text)
    assert untimed(text) in untimed(printed)


def test_the_page_on_proofs_shows_every_kind_of_flaw():
    text = "".join(text for _, text in shown_on_the_page())
    assert [each.value for each in Flaw if f"REFUTED: {each.value}: " not in text] == []


def untimed(text: str) -> str:
    return re.sub(r"in [0-9.]+ seconds", "in no time", text)


def test_nothing_to_prove(capsys):
    pack = str(PACKS / "sound" / "plain")
    assert main(["prove", pack, "--kind", "overlap"]) == 3
    capsys.readouterr()


def test_a_broken_pack_is_a_file_error(capsys, tmp_path):
    assert main(["prove", str(tmp_path)]) == 2
    assert "rulebook.yaml" in capsys.readouterr().err


def test_a_pack_with_mistakes_gets_the_diagnostics_of_loading_it(capsys, tmp_path):
    source = PACKS / "sound" / "plain"
    for file in source.iterdir():
        text = file.read_text(encoding="utf-8").replace("requires:", "requyres:")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    assert main(["prove", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert "rules.yaml:" in told.err
    assert "did you mean `requires`?" in told.err
    assert told.out == ""


def test_a_bound_below_one_is_a_usage_error(capsys):
    assert main(["prove", str(PACKS / "sound" / "plain"), "--list-bound", "0"]) == 2
    assert "above zero" in capsys.readouterr().err


def test_a_level_from_which_rules_conflict(capsys):
    pack = str(PACKS / "flawed" / "perverse-board")
    assert main(["prove", pack, "--kind", "conflict", "--level", "low"]) == 0
    capsys.readouterr()


def test_without_z3_it_says_what_to_install(capsys, monkeypatch):
    for name in [*sys.modules]:
        if name.startswith(("govrules.prove", "govrules.cli.prove")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("govrules.cli.prove", raising=False)
    monkeypatch.setitem(sys.modules, "z3", None)
    assert main(["prove"]) == 2
    assert "pip install govrules[prove]" in capsys.readouterr().err


def test_a_kind_that_a_rule_cannot_intend_is_a_mistake(capsys, tmp_path):
    source = PACKS / "sound" / "intended"
    for file in source.iterdir():
        text = file.read_text(encoding="utf-8").replace("perverse-incentive", "perverse-incentiv")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    assert main(["prove", str(tmp_path)]) == 2
    assert "perverse-incentiv" in capsys.readouterr().err
