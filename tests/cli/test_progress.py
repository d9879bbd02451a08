"""A long run shows on a terminal how far it is, how fast, and how long yet; elsewhere nothing."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from govrules.cli.exits import FINE, FLAGGED
from govrules.cli.progress import LONG, followed, followed_batches, waited
from tests.pages import laid

PACK = laid("packs.md") / "sound" / "plain"
ROWS = "name\n" + "".join(f"Partnership {each}\n" for each in range(LONG))


def told(number: int, *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120)
    seen = []
    for each in followed(range(number), "Explaining", console):
        seen.append(each)
        time.sleep(0.005)
    assert seen == list(range(number))
    return file.getvalue()


def test_a_long_run_shows_how_far_it_is() -> None:
    shown = told(LONG, terminal=True)
    assert "Explaining" in shown
    assert f"{LONG}/{LONG}" in shown
    assert re.search(r"[\d.,]+ a second", shown)
    assert re.search(r"\d:\d\d:\d\d", shown)


@pytest.mark.parametrize(("number", "terminal"), [(LONG - 1, True), (LONG, False)])
def test_a_short_run_and_a_pipe_show_nothing(number: int, terminal: bool) -> None:
    assert told(number, terminal=terminal) == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_of_batches_the_rows_are_counted(terminal: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120)
    batches = [range(30), range(30), range(40)]
    assert list(followed_batches(batches, 100, "Judging", console)) == batches
    assert ("100/100" in file.getvalue()) is terminal


@pytest.mark.parametrize(("soon", "terminal"), [(0.01, True), (60, True), (0.01, False)])
def test_a_long_wait_shows_what_for(
    monkeypatch: pytest.MonkeyPatch, soon: float, terminal: bool
) -> None:
    monkeypatch.setattr("govrules.cli.progress._SOON", soon)
    file = io.StringIO()
    with waited("Reading", Console(file=file, force_terminal=terminal, width=120)):
        time.sleep(0.1)
    assert ("Reading" in file.getvalue()) is (terminal and soon < 1)


@pytest.mark.parametrize("terminal", [True, False])
def test_check_shows_it_beside_its_output(tmp_path: Path, terminal: bool) -> None:
    register, findings = tmp_path / "register.csv", tmp_path / "findings.csv"
    register.write_text(ROWS, encoding="utf-8")
    ours, theirs = pty.openpty() if terminal else os.pipe()
    options = ["--rules", str(PACK), "--format", "csv", "--output", str(findings)]
    command = [sys.executable, "-m", "govrules", "check", str(register), *options]
    with subprocess.Popen(command, stderr=theirs) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:
                break
            if not read:
                break
            shown += read
    os.close(ours)
    assert run.returncode in (FINE, FLAGGED)
    assert findings.read_text(encoding="utf-8").count("Partnership 7,")
    assert (b"Explaining" in shown) is terminal
