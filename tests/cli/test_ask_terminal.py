"""`govrules ask` on a real terminal: from an empty file to no open question above medium."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time

import pytest

from govrules import Severity, load_rulebook
from govrules.interview import Interview
from govrules.reading import read_partnership

pty = pytest.importorskip("pty")

#: What is answered to a question by what it asks for: as in a partnership that is well kept.
KNOWN = {
    "status": "active",
    "partners": "A Council; B Police",
    "conflicts.declared": "none",
    "conflicts.undeclared": "n",
}


def answer_to(fact: str, hint: str, question: str, said: dict[str, int]) -> str:
    """Return what somebody types."""
    number = said[fact] = said.get(fact, 0) + 1
    if fact == "partners":
        return ("A Council; B Police", "C Trust", "yes")[min(number, 3) - 1]
    if number > 1:
        return "yes" if "So far" in question else "skip"
    if fact in KNOWN:
        return KNOWN[fact]
    if "yes or no" in hint:
        return "y"
    if "any of:" in hint or "one of:" in hint:
        return hint.partition(" of: ")[2].split(";")[0].split(",")[0].strip()
    if "date" in hint:
        return "1 December 2025"
    if "pounds" in hint:
        return "£18k"
    if "length of time" in hint:
        return "12 months"
    if "a number" in hint:
        return "3"
    if "a name" in hint:
        return "none"
    return "Head of policy"


@pytest.mark.slow
def test_from_an_empty_file_to_no_open_question_above_medium_with_three_partners(tmp_path):
    path = tmp_path / "care.yaml"
    path.write_text("")
    command = [sys.executable, "-m", "govrules", "ask", str(path)]
    options = ["--as-of", "2026-01-31", "--level", "high"]
    leader, follower = pty.openpty()
    asked = 0
    said: dict[str, int] = {}
    with subprocess.Popen(
        [*command, *options], stdin=follower, stdout=follower, stderr=follower, close_fds=True
    ) as process:
        os.close(follower)
        seen, ends = "", time.monotonic() + 900
        while time.monotonic() < ends:
            try:
                seen += os.read(leader, 2**16).decode(errors="replace")
            except OSError:
                break
            if not seen.endswith("> "):
                continue
            text = " ".join(seen.split())
            found = re.findall(r"\[([^\[\]]+(?:\[[^\]]+\][^\[\]]*)?)\] ?>$", text)
            assert found, text[-400:]
            hint = text.rpartition(" left)")[2]
            typed = answer_to(found[-1], hint, hint, said)
            os.write(leader, f"{typed}\n".encode())
            asked += 1
            seen = ""
    os.close(leader)
    assert process.returncode == 0
    read = read_partnership(path)
    assert [each.name for each in read.partners] == ["A Council", "B Police", "C Trust"]
    assert all(each.independent is not None for each in read.partners)
    left = Interview(read, load_rulebook(), as_of=dt.date(2026, 1, 31), level=Severity.HIGH).open
    assert left == ()
    assert "No open question could show a finding of high severity or above." in " ".join(
        seen.split()
    )
    assert asked > 20
