"""Where output goes: written whole or not at all, the same bytes every time, quiet when unread."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from govrules.cli import main
from govrules.cli.output import FINE, FLAGGED, Stop, write
from govrules.cli.progress import LONG, followed, followed_batches, waited
from tests.pages import laid

COMMAND = [sys.executable, "-m", "govrules"]


def spawn(*arguments, seed="0", **options):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
        **options,
    )


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_output_holds_what_would_be_printed(run, pack, pooled, tmp_path, form):
    printed = run("check", pooled, "--rules", pack, "--format", form)
    path = tmp_path / "findings.out"
    ran = run("check", pooled, "--rules", pack, "--format", form, "--output", path)
    assert (ran.code, ran.out) == (printed.code, "")
    assert path.read_text() == printed.out


def test_output_into_a_missing_folder_is_refused(run, pack, pooled, tmp_path):
    ran = run("check", pooled, "--rules", pack, "--output", tmp_path / "no" / "out.txt")
    assert ran.code == 2
    assert "there is no folder" in ran.err
    assert "mkdir" in ran.err
    assert not (tmp_path / "no").exists()


def test_output_onto_a_folder_is_refused(run, pack, pooled, tmp_path):
    ran = run("check", pooled, "--rules", pack, "--output", tmp_path)
    assert ran.code == 2
    assert "is a folder" in ran.err


def test_output_into_a_folder_that_may_not_be_written_is_refused(
    run, pack, pooled, tmp_path, monkeypatch
):
    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("govrules.files._new_beside", closed)
    ran = run("check", pooled, "--rules", pack, "--output", tmp_path / "out.txt")
    assert ran.code == 2
    assert "permission denied" in ran.err
    assert not (tmp_path / "out.txt").exists()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(Stop) as stopped:
        write(path, "new")
    assert "no space left on device" in stopped.value.lines[0]
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out.txt"]


def test_a_write_that_is_interrupted_leaves_the_old_file_and_nothing_beside_it(
    tmp_path, monkeypatch
):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out.txt"]


def test_a_file_that_is_written_again_keeps_its_permissions_and_its_link(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.write_text("")
    write(tmp_path / "out.txt", "new")
    assert (tmp_path / "out.txt").stat().st_mode == usual.stat().st_mode


def test_output_into_a_pipe_goes_through_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write(pipe, "through")
    reader.join(timeout=10)
    assert heard == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--format", "json"),
        ("check", "--format", "text"),
        ("plan", "--format", "json"),
        ("plan", "--format", "text"),
    ],
)
def test_the_bytes_are_the_same_whatever_the_hash_seed(pooled, register, arguments):
    name, *options = arguments
    runs = [spawn(name, pooled, register, *options, seed=seed) for seed in ("0", "4242")]
    assert len({each.stdout for each in runs}) == 1
    assert len({each.stderr for each in runs}) == 1
    assert runs[0].stdout


@pytest.mark.parametrize(
    "arguments", [("schema", "rules"), ("catalogue",), ("lint", "--format", "json")]
)
def test_what_is_said_of_rules_is_the_same_whatever_the_hash_seed(arguments):
    assert len({spawn(*arguments, seed=seed).stdout for seed in ("0", "4242")}) == 1


def test_a_reader_that_goes_away_is_no_error(register):
    with subprocess.Popen(
        [*COMMAND, "catalogue"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait(timeout=60)
    assert (code, said) == (0, b"")


def test_a_reader_that_reads_nothing_leaves_the_verdict(pack, pooled):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ran = subprocess.run(
            [*COMMAND, "check", str(pooled), "--rules", str(pack)],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_a_pipe_gets_no_colours(pack, pooled):
    ran = spawn("check", pooled, "--rules", pack)
    assert ran.returncode == 1
    assert b"\x1b[" not in ran.stdout


def test_text_is_written_in_utf_8_whatever_the_locale(pack, tmp_path):
    path = tmp_path / "pounds.yaml"
    path.write_text("name: Café £\nfunding.pooled: yes\nprotocol: none\n", encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = subprocess.run(
        [*COMMAND, "check", str(path), "--rules", str(pack), "--format", "json"],
        env=environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr == b""
    assert json.loads(ran.stdout.decode("utf-8"))["subjects"][0]["name"] == "Café £"


def test_an_interrupted_command_is_exit_code_130(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("govrules.cli.lint.lint_pack", interrupted)
    assert main(["lint"]) == 130
    assert capsys.readouterr().err == "govrules: interrupted\n"


# ── Streams, in this process ──────────────────────────────────────────────────────────────────


class Screen(io.StringIO):
    """A terminal that keeps what is shown."""

    def isatty(self):
        return True


def test_a_terminal_gets_colours_and_nothing_that_it_would_obey(pack, tmp_path, monkeypatch):
    path = tmp_path / "hostile.yaml"
    path.write_text(
        'name: "\\e]0;owned\\a Care"\nas_of: 2026-03-31\nfunding.pooled: yes\nprotocol: none\n'
    )
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["check", str(path), "--rules", str(pack)]) == 1
    shown = screen.getvalue()
    assert "\x1b[1m" in shown
    assert "\x1b]" not in shown
    assert "1 thing to put right" in shown


@pytest.fixture
def unread():
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w", buffering=1, encoding="utf-8") as stream:
        yield stream


def test_nobody_reading_on_leaves_the_verdict(pack, pooled, monkeypatch, capsys, unread):
    monkeypatch.setattr(sys, "stdout", unread)
    assert main(["check", str(pooled), "--rules", str(pack)]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("lines", [1, -1])
def test_output_that_is_full_is_exit_code_2(pack, pooled, monkeypatch, capsys, lines):
    with Path("/dev/full").open("w", buffering=lines, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["check", str(pooled), "--rules", str(pack)]) == 2
        monkeypatch.undo()
    err = capsys.readouterr().err
    assert "standard output cannot be written: no space left on device" in err
    assert "name a file with `--output`" in err


def test_output_that_is_closed_is_exit_code_2(pack, pooled, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["check", str(pooled), "--rules", str(pack)]) == 2
    assert "standard output cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("gone", ["full", "closed"])
def test_warnings_that_nobody_can_read_change_nothing(pack, tmp_path, monkeypatch, capsys, gone):
    path = tmp_path / "odd.yaml"
    path.write_text("name: Care pool\nfunding.pooled: perhaps\n")
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream if gone == "full" else None)
        assert main(["check", str(path), "--rules", str(pack)]) == 0
        monkeypatch.undo()
    assert "Care pool" in capsys.readouterr().out


PACK = laid("packs.md") / "sound" / "plain"
ROWS = "name\n" + "".join(f"Partnership {each}\n" for each in range(LONG))


def told(number: int, *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120)
    seen = []
    for each in followed(iter(range(number)), number, "Explaining", console):
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
