"""What all else stands on: Kleene's logic, value by value; programs of our own in processes of theirs."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from govrules.children import Program
from govrules.truth import UNKNOWN, Truth, conjunction, disjunction, truth, unanimous

F, U, T = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
ORDER = [F, U, T]


@pytest.mark.parametrize("pair", [*itertools.product(Truth, repeat=2)])
def test_and_is_the_lesser_and_or_the_greater(pair: tuple[Truth, Truth]) -> None:
    """False is less than unknown, and unknown less than true."""
    ranks = [ORDER.index(each) for each in pair]
    assert conjunction(pair) is ORDER[min(ranks)]
    assert disjunction(pair) is ORDER[max(ranks)]


@pytest.mark.parametrize(("value", "negated"), [(F, T), (U, U), (T, F)])
def test_not_keeps_what_is_unknown(value: Truth, negated: Truth) -> None:
    """The denial of what is not known is not known."""
    assert ~value is negated


def test_of_nothing() -> None:
    """All of nothing holds, some of nothing does not, and nothing agrees on nothing."""
    assert conjunction([]) is T
    assert disjunction([]) is F
    assert unanimous([]) is U


@pytest.mark.parametrize(
    ("truths", "agreed"), [([T], T), ([F, F], F), ([T, T, F], U), ([U, U], U), ([T, U], U)]
)
def test_unanimous_is_what_all_agree_on(truths: list[Truth], agreed: Truth) -> None:
    """Where values differ, it is unknown which it is."""
    assert unanimous(truths) is agreed


def test_no_if_can_lose_the_third_value() -> None:
    """Neither a truth nor UNKNOWN is a plain yes or no."""
    with pytest.raises(TypeError, match="three values"):
        bool(T)
    with pytest.raises(TypeError, match="neither yes nor no"):
        bool(UNKNOWN)
    assert truth(True) is T
    assert truth(False) is F
    assert repr(UNKNOWN) == "UNKNOWN"


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
