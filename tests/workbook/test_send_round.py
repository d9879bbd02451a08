"""The tutorial about sending round: every command prints what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from tests.workbook.conftest import Typed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "send-round.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^```console\n\$ govrules (.+)\n((?:.*\n)*?)```$", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Z][\w ]+) \| ([a-z_.]+) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def filled(rows: list[tuple[str, str, str, str]]) -> None:
    """Type the answers that the page shows, and save the workbook."""
    book = Typed.open(Path("round.xlsx"))
    for name, fact, answer, seen in rows:
        (row,) = [each for each in book.rows() if (each[1], each[10]) == (name, fact)]
        row[5], row[6] = answer, seen.strip()
    book.save(Path("filled.xlsx"))


def test_the_page_shows_what_is_printed(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """From the example spreadsheet to a filled workbook to changed findings."""
    for name in ("eastshire.xlsx", "eastshire.mapping.yaml"):
        shutil.copy(ROOT / "examples" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    commands = COMMAND.findall(PAGE)
    rows = ROW.findall(PAGE)
    assert (len(commands), len(rows)) == (4, 8)
    found = []
    for number, (words, shown) in enumerate(commands):
        if number == 1:
            filled(rows[:6])
        if number == 2:
            filled(rows)
        ran = run(*words.split())
        found.append(ran.code)
        if shown:
            assert ran.out == shown
    assert found == [0, 2, 0, 1]
    assert all(line in ran.out for line in re.findall(r"```text\n((?:.*\n)*?)```", PAGE)[-1:])
    (shown,) = re.findall(r"```yaml\n((?:.*\n)*?)```", PAGE)
    assert Path("answers.yaml").read_text().startswith(shown)
