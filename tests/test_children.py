"""A program of our own in another process: begun when it is asked, and again when it has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from govrules.children import Program

ECHO = r"""import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request.get("end"):
        sys.exit(3)
    sys.stdout.buffer.write((request["say"] + "\n").encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
"""


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    path = tmp_path / "echo.py"
    path.write_text(ECHO, encoding="utf-8")
    return path


def test_a_program_answers_line_by_line_and_is_kept(echo: Path) -> None:
    program = Program()
    assert program.pid is None
    assert program.begin(echo, "-I")
    first = program.pid
    for word in ("one", "two\udcff"):
        program.send({"say": word})
        assert program.receive() == f"{word}\n"
    assert not program.begin(echo, "-I")
    assert program.pid == first
    program.stop()
    assert program.pid is None


def test_a_program_that_ended_says_how_and_is_begun_again(echo: Path) -> None:
    program = Program()
    program.begin(echo, "-I")
    program.send({"end": True})
    assert not program.receive()
    assert program.wait() == 3
    assert program.begin(echo, "-I")
    program.kill()
    assert not program.receive()
    program.stop()
