"""Registers are watched as they are edited."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from govrules import load_rulebook
from govrules.cli.watch import RuleFiles, Watching

SHIPPED = load_rulebook()
AS_OF = dt.date(2026, 3, 31)
POOL = "  - id: pool\n    name: Care pool\n    status: active\n    funding.pooled: yes\n"
REGISTER = f"govrules: 1\nname: Ours\npartnerships:\n{POOL}"
RULE = "pooled-budget-without-protocol"


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "register.yaml"
    found.write_text(REGISTER)
    return found


@pytest.fixture
def watching(file):
    def begin(*paths, **options):
        given = list(paths) or [file]
        found = Watching(given, SHIPPED, AS_OF, engine="reference", **options)
        found._begin()
        return found

    return begin


def settle(watching):
    """Look twice: a file is read when it has stood still from one look to the next."""
    watching.look()
    watching.look()


def test_it_begins_by_saying_how_much_is_open(watching, capsys):
    watching()
    out = capsys.readouterr().out
    assert out.startswith("watching 1 partnership: ")
    assert len(out.splitlines()) == 1


def test_what_opens_and_closes_is_told(watching, file, capsys):
    found = watching()
    capsys.readouterr()
    file.write_text(REGISTER + "    protocol: none\n")
    settle(found)
    out = capsys.readouterr().out
    assert f"opened (medium): pool  [{RULE}]\n    Budgets are pooled without an agreed" in out
    file.write_text(REGISTER + "    protocol: none\n    risk_tier: high\n")
    settle(found)
    assert f"changed (high, was medium): pool  [{RULE}]" in capsys.readouterr().out
    file.write_text(REGISTER)
    settle(found)
    out = capsys.readouterr().out
    assert f"closed (high): pool  [{RULE}]" in out
    assert "It is open no more, and not known to be in order." in out
    file.write_text(REGISTER.replace(POOL, "  - id: other\n"))
    settle(found)
    assert not [line for line in capsys.readouterr().out.splitlines() if RULE in line]


def test_an_entry_that_is_taken_out_closes_its_findings(watching, file, capsys):
    file.write_text(REGISTER + "    protocol: none\n")
    found = watching()
    file.write_text(REGISTER.replace(POOL, "  - id: other\n"))
    settle(found)
    out = capsys.readouterr().out
    assert f"closed (medium): pool  [{RULE}]\n    It is no longer on the register." in out


def test_a_file_that_is_being_written_is_let_finish(watching, file, capsys):
    found = watching()
    capsys.readouterr()
    file.write_text("govrules: 1\npartnerships:\n  - id: po")
    found.look()
    file.write_text(REGISTER + "    protocol: none\n")
    found.look()
    assert capsys.readouterr() == ("", "")
    found.look()
    assert "opened (medium)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (REGISTER + "  - [broken", "GR006"),
        (REGISTER + "    funding.pooled: no\n", "GR"),
        (REGISTER + "    statsu: active\n", "unknown-fact"),
        ("", "GR"),
    ],
)
def test_a_broken_file_is_reported_once_and_what_it_last_said_still_counts(
    watching, file, capsys, text, code
):
    file.write_text(REGISTER + "    protocol: none\n")
    found = watching()
    capsys.readouterr()
    file.write_text(text)
    settle(found)
    settle(found)
    out, err = capsys.readouterr()
    assert out == ""
    assert code in err
    assert err.count("was not taken; what it last said still counts") == 1
    assert RULE in {each.rule for each in found._live.findings("pool")}
    file.write_text(REGISTER)
    settle(found)
    assert "closed (medium)" in capsys.readouterr().out


def test_a_folder_of_partnership_files_is_a_register(watching, tmp_path, capsys):
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "one.yaml").write_text("name: One\nfunding.pooled: yes\n")
    (folder / "notes.txt").write_text("not read")
    found = watching(folder)
    assert "watching 1 partnership" in capsys.readouterr().out
    (folder / "two.yaml").write_text("name: Two\nfunding.pooled: yes\nprotocol: none\n")
    settle(found)
    assert f"opened (medium): Two  [{RULE}]" in capsys.readouterr().out
    (folder / "two.yaml").unlink()
    found.look()
    assert capsys.readouterr().out == ""
    found.look()
    assert f"closed (medium): Two  [{RULE}]" in capsys.readouterr().out


def test_a_file_that_is_gone_still_counts_when_it_was_named(watching, file, capsys):
    found = watching()
    file.unlink()
    settle(found)
    settle(found)
    assert capsys.readouterr().err.count("is gone; what it last said still counts") == 1
    assert len(found._live) == 1


def test_two_entries_of_one_name_and_one_without_any_are_told(watching, file, tmp_path, capsys):
    other = tmp_path / "pool.yaml"
    other.write_text("id: pool\nfunding.pooled: no\n")
    file.write_text(REGISTER + "  - funding.pooled: yes\n")
    watching(file, other)
    err = capsys.readouterr().err
    assert "has neither id nor name and is left out" in err
    assert "stands in" in err


def test_each_notice_can_be_a_line_of_json(watching, file, capsys):
    file.write_text(REGISTER + "    protocol: none\n")
    watching(as_lines=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"movement": "opened", "kind": "partnership", "subject": "pool", "rule": RULE} in [
        {key: each[key] for key in ("movement", "kind", "subject", "rule")} for each in lines
    ]


def test_rules_that_change_open_and_close_findings(pack, tmp_path, capsys):
    file = tmp_path / "pool.yaml"
    file.write_text("name: Pool\nfunding.pooled: yes\nprotocol: none\nlocal.slogan: Onward\n")
    rules = RuleFiles((str(pack),))
    found = Watching([file], load_rulebook(pack), AS_OF, engine="reference", rules=rules)
    found._begin()
    capsys.readouterr()
    money = pack / "money.yaml"
    money.write_text(money.read_text().replace("protocol.agreed: yes }", "local.slogan: Onward }"))
    settle(found)
    told = capsys.readouterr()
    assert "govrules: the rules have changed: small 7" in told.err
    assert "closed (medium): Pool  [pooled-without-protocol]" in told.out


def test_another_day_is_told(tmp_path, pack, capsys):
    file = tmp_path / "register.yaml"
    file.write_text("as_of: 2026-03-31\nreviewed: 2026-01-31\npartnerships: [{ name: A }]\n")
    found = Watching([file], load_rulebook(pack), None, engine="reference")
    found._begin()
    capsys.readouterr()
    file.write_text(file.read_text().replace("2026-03-31", "2027-03-31"))
    settle(found)
    assert "opened (high): the register  [register-not-reviewed]" in capsys.readouterr().out


def test_the_time_it_may_take_can_be_bounded(run, file):
    ran = run("watch", str(file), "--seconds", "0", "--engine", "reference")
    assert ran.code in (0, 1)
    file.write_text(REGISTER + "    protocol: none\n")
    assert run("watch", str(file), "--seconds", "0", "--engine", "reference").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.yaml",), "there is no such file or folder"),
        ((".",), "there is nothing to watch"),
        ((".", "--every", "0"), "`--every` and `--seconds` are above zero"),
    ],
)
def test_what_cannot_be_watched_is_exit_code_2(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    ran = run("watch", *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_an_interrupt_ends_it_with_130(file):
    # A test run in the background inherits that interrupts are ignored, as no terminal has it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "govrules", "watch", str(file), "--every", "0.1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout.readline().startswith("watching 1 partnership")
    time.sleep(0.1)
    # Python loses an interrupt that comes while it clears away an object; people press it again.
    while process.poll() is None:
        os.kill(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "govrules: interrupted\n"
