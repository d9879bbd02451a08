"""Assessments that are shared out to processes: what comes back, and what is left behind."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from multiprocessing import parent_process
from pathlib import Path

import pytest

from govrules import Partnership, Register, assess, load_rulebook
from govrules.assessment import Assessment
from govrules.cli import main
from govrules.cli.processes import each_of

ROWS = 36
TABLE = "id,name,objective\n" + "".join(f"P{n},Pool {n},Homes {n}\n" for n in range(ROWS))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govrules.cli.processes.SHARED_FROM", 2)
    monkeypatch.setattr("govrules.cli.processes._processors", lambda: 2)


def assessments() -> list[Assessment]:
    rulebook = load_rulebook()
    several = [Partnership(id=f"P{number}") for number in range(ROWS)]
    whole = Register(name="All", partnerships=tuple(several))
    day = dt.date(2026, 3, 31)
    return [assess(each, rulebook, as_of=day) for each in (whole, *several)]


def where(assessment: Assessment) -> tuple[str, bool]:
    return assessment.id, parent_process() is None


def ended(assessment: Assessment) -> str:
    """End the process that was to do it, in the midst of the work."""
    if parent_process() is not None and assessment.id == "P20":
        os._exit(9)
    return assessment.id


def failing(assessment: Assessment) -> str:
    if assessment.id == "P20":
        raise ZeroDivisionError
    return assessment.id


def slow(assessment: Assessment) -> int:
    time.sleep(60)
    return os.getpid()


@pytest.mark.usefixtures("shared")
def test_each_comes_back_in_its_place_and_a_register_stays_here() -> None:
    several = assessments()
    made = list(each_of(where, several))
    assert [name for name, _ in made] == [each.id for each in several]
    assert [here for _, here in made] == [True] + [False] * ROWS


def test_few_are_worked_on_here() -> None:
    assert all(here for _, here in each_of(where, assessments()))


@pytest.mark.usefixtures("shared")
def test_what_an_ended_process_leaves_undone_is_done_here() -> None:
    several = assessments()
    assert list(each_of(ended, several)) == [each.id for each in several]


@pytest.mark.usefixtures("shared")
def test_what_fails_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(each_of(failing, assessments()))


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("options", [["--full"], ["--format", "jsonl"]])
def test_a_report_is_the_same_to_the_last_letter(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    table = tmp_path / "register.csv"
    table.write_text(TABLE, "utf-8")
    wanted = ["check", str(table), "--as-of", "2026-03-31", *options]
    main(wanted)
    shared_out = capsys.readouterr().out
    monkeypatch.setattr("govrules.cli.processes._processors", lambda: 1)
    main(wanted)
    assert shared_out == capsys.readouterr().out
    assert f"Pool {ROWS - 1}" in shared_out


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found in /proc")
def test_processes_end_with_the_one_that_began_them() -> None:
    program = (
        "import govrules.cli.processes as p; p.SHARED_FROM = 2; p._processors = lambda: 2\n"
        "from tests.cli.test_processes import assessments, slow\n"
        "if __name__ == '__main__': list(p.each_of(slow, assessments()[1:]))"
    )
    begun = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{begun.pid}/task/{begun.pid}/children")

    def helpers() -> list[str]:
        # One more keeps account of what processes share.
        return children.read_text("ascii").split()

    _wait(lambda: len(helpers()) >= 3)
    its = helpers()
    time.sleep(2)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    _wait(lambda: not any(_runs(each) for each in its))


def _runs(process: str) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return False


def _wait(until: object) -> None:
    assert callable(until)
    for _ in range(300):
        if until():
            return
        time.sleep(0.1)
    pytest.fail("it takes too long")
