"""Thirty hostile packs, registers and workbooks: what each tries, and what it gets (`-s` prints it)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tests.cli.conftest import RULEBOOK, RULES
from tests.fuzz.targets import packed
from tests.hostile.conftest import ROOT
from tests.hostile.test_readers import HEAD, NAMES, arrow_bytes, sheet


@attrs.frozen
class Hostile:
    """
    Something hostile.

    Attributes:
        tries: what it tries.
        files: its files, by name; a function makes one that is no text.
        words: the command that meets it.
        code: the exit code.
        gets: what is said of it, or printed.
    """

    tries: str
    files: dict[str, str | bytes | Callable[[Path], object]]
    words: str
    code: int
    gets: str


def _pack(rules: str = RULES, book: str = RULEBOOK, **more: str) -> dict[str, str]:
    return {
        "p/rulebook.yaml": book,
        "p/money.yaml": rules,
        **{f"p/{k}.yaml": v for k, v in more.items()},
    }


def _entries(*lines: dict[str, object]) -> str:
    return "".join(json.dumps(each) + "\n" for each in lines)


_ONE = {"id": "p1", "name": "A", "funding.pooled": True, "protocol": "none"}
_TEXT = 'year: "2026"'
_DERIVED = "derived:\n" + "".join(
    f"  d{at}: {{ label: d, values: [low, high], first_match: "
    f"[{{ when: {{ d{(at + 1) % 3}: high }}, value: high }}], otherwise: low }}\n"
    for at in range(3)
)
TABLE = (
    # Packs.
    Hostile("run code by a tag", _pack(RULES.replace("title: No officer", "title: !!python/object/apply:os.system [id] #")), "lint p", 2, "GR008"),
    Hostile("a billion laughs by aliases", _pack(RULES + "x: &a [1]\ny: [*a, *a]\n"), "lint p", 2, "GR008"),
    Hostile("200,000 open brackets", _pack("[" * 200_000), "lint p", 2, "GR004"),
    Hostile("an endless device as a source's text", _pack(book=RULEBOOK.replace(_TEXT, f"{_TEXT}, text: /dev/zero")), "lint p", 2, "GR403"),
    Hostile("a file outside the pack as a text", _pack(book=RULEBOOK.replace(_TEXT, f"{_TEXT}, text: ../../etc/passwd")), "lint p", 2, "GR403"),
    Hostile("a link to a secret as a rule file", {**_pack(), "p/x.yaml": lambda at: at.symlink_to("/etc/hostname")}, "lint p", 2, "leads out of the pack"),
    Hostile("a pipe as a rule file", {**_pack(), "p/x.yaml": os.mkfifo}, "lint p", 2, "a pipe"),
    Hostile("derived facts in a ring", _pack(book=RULEBOOK + _DERIVED), "lint p", 2, "GR301"),
    Hostile("a pack elsewhere, by `extends`", _pack(book=RULEBOOK + "extends: ['../../../etc']\n"), "lint p", 2, "there is no pack"),
    Hostile("a title that clears the terminal", _pack(RULES.replace("Budgets are pooled without a protocol", r'"\e[2J\e[31mAll is well"')), "explain pooled-without-protocol --rules p", 0, r"\u001b[2J"),
    Hostile("a remedy written from right to left", _pack(RULES.replace("do: Agree a protocol.", 'do: "Agree \\u202ella"')), "explain pooled-without-protocol --rules p", 0, r"\u202e"),
    Hostile("a rule file that is a picture", {**_pack(), "p/x.yaml": bytes(range(256))}, "lint p", 2, "GR001"),
    Hostile("a number of 5,000 digits", _pack(book=RULEBOOK.replace("value: 1000", f"value: {'9' * 5000}")), "lint p", 2, "p/rulebook.yaml"),
    # Registers.
    Hostile("a formula as an id", {**_pack(), "r.jsonl": _entries({**_ONE, "id": "=cmd|' /C calc'!A0"})}, "check r.jsonl --rules p --format csv", 1, "'=cmd"),
    Hostile("a name that forges a line", {**_pack(), "r.jsonl": _entries({**_ONE, "name": "A\r\x1b[1A\x1b[2KAll clear"})}, "check r.jsonl --rules p", 1, r"\u001b"),
    Hostile("bytes that are no text, in one line", {**_pack(), "r.jsonl": b'{"name": "\xff"}\n{"name": "B"}\n'}, "check r.jsonl --rules p", 2, "line 1 is left out"),
    Hostile("half a character", {**_pack(), "r.jsonl": '{"name": "\\ud800"}\n{"name": "B"}\n'}, "check r.jsonl --rules p", 2, "half a character"),
    Hostile("a line cut short after NaN", {**_pack(), "r.jsonl": '{"name": "B"}\n{"name": NaN'}, "check r.jsonl --rules p", 2, "line 2 is left out"),
    Hostile("a quote that swallows a million rows", {**_pack(), "r.csv": 'name\n"A\n' + "B\n" * 200_000}, "check r.csv --rules p", 2, "GR701"),
    Hostile("two columns for one fact", {**_pack(), "r.csv": "name,name\nA,B\n"}, "check r.csv --rules p", 2, "two columns"),
    Hostile("a text with NUL in it", {**_pack(), "r.csv": "name\nA\0B\n"}, "check r.csv --rules p", 2, "never holds"),
    Hostile("a list outside the mapping's folder", {**_pack(), "r.csv": "id,name\n1,A\n", "m.yaml": "govrules: 1\ncolumns: { id: id, name: name }\nlists: { partners: { file: /etc/passwd.csv, key: a, joins: id, columns: { a: name } } }\n"}, "check r.csv --rules p --mapping m.yaml", 2, "leads out"),
    Hostile("the register as its own output", {**_pack(), "r.csv": "name\nA\n"}, "findings r.csv --rules p --output r.csv", 2, "is not written over"),
    Hostile("1e400 pounds and the year 99999", {**_pack(), "r.csv": "name,funding.annual_spend,reviewed\nA,1e400,99999-01-01\n"}, "check r.csv --rules p", 0, "GR601"),
    # Workbooks and files of columns.
    Hostile("one cell in the last corner", {**_pack(), "w.xlsx": packed(sheet(*NAMES, ("XFD1048576", "x")))}, "check w.xlsx --rules p", 2, "XFD1048576"),
    Hostile("a million open elements", {**_pack(), "w.xlsx": packed(HEAD.encode() + b"<a>" * 300_000)}, "check w.xlsx --rules p", 2, "w.xlsx"),
    Hostile("entities that double", {**_pack(), "w.xlsx": packed(b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><worksheet>&c;</worksheet>')}, "check w.xlsx --rules p", 2, "w.xlsx"),
    Hostile("a workbook that is a program", {**_pack(), "w.xlsx": b"\x7fELF" + b"\0" * 500}, "check w.xlsx --rules p", 2, "GR701"),
    Hostile("an Arrow file cut in half", {**_pack(), "r.arrow": arrow_bytes("arrow")[:700]}, "check r.arrow --rules p", 2, "GR701"),
    Hostile("a Parquet file of zeros within", {**_pack(), "r.parquet": b"PAR1" + b"\0" * 400 + b"PAR1"}, "check r.parquet --rules p", 2, "GR701"),
)  # fmt: skip


def laid(folder: Path, files: dict[str, str | bytes | Callable[[Path], object]]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)


def test_there_are_thirty() -> None:
    assert len(TABLE) == 30
    assert len({each.tries for each in TABLE}) == 30


@pytest.mark.parametrize("hostile", TABLE, ids=lambda each: each.tries)
def test_what_is_hostile_gets_an_answer(hostile, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    laid(tmp_path, hostile.files)
    began = time.monotonic()
    ran = run(*hostile.words.split())
    spent = time.monotonic() - began
    said = next((each for each in (ran.err + ran.out).splitlines() if hostile.gets in each), "")
    print(f"{hostile.tries:<42} exit {ran.code} {spent:5.1f} s  {said.strip()[:110]}")  # noqa: T201 - the table
    assert (ran.code, bool(said)) == (hostile.code, True), ran.err
    assert spent < 30


# ── Where and how it is run ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "folder", ["with spaces", "Ynys Môn a Chaerffili ŵ", 'it\'s "quoted" $HOME', "-dash"]
)
def test_folders_may_be_called_anything(run, tmp_path, monkeypatch, folder):
    place = tmp_path / folder
    (place / "p").mkdir(parents=True)
    laid(
        place,
        {
            **_pack(),
            "r.csv": "id,name,funding.pooled,protocol\np1,A,yes,none\n",
            "w.xlsx": packed(sheet(*NAMES)),
        },
    )
    for words in (
        ["check", place / "r.csv", "--rules", place / "p"],
        ["check", place / "w.xlsx", "--rules", place / "p"],
        ["findings", place / "r.csv", "--rules", place / "p", "--output", place / "f.parquet"],
        ["lint", place / "p"],
        ["init", place / "new"],
    ):
        ran = run(*words)
        assert ran.code in (0, 1), ran.err


@pytest.mark.parametrize("environment", [
    {"PYTHONWARNINGS": "error"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
])  # fmt: skip
@pytest.mark.parametrize("command", ["check", "findings"])
def test_it_runs_with_warnings_as_errors_and_in_a_plain_locale(tmp_path, environment, command):
    place = tmp_path / "Ynys Môn"
    place.mkdir()
    laid(
        place,
        {
            **_pack(),
            "r.csv": "id,name,funding.pooled,protocol\np1,Café £,yes,none\n",
            "w.xlsx": packed(sheet(*NAMES)),
            "r.arrow": arrow_bytes("arrow"),
        },
    )
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    for name in ("r.csv", "w.xlsx", "r.arrow"):
        more = ["--output", str(place / "o.csv")] if command == "findings" else []
        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "govrules",
                command,
                str(place / name),
                "--rules",
                str(place / "p"),
                *more,
            ],
            env={**os.environ, "PYTHONPATH": paths, **environment},
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode in (0, 1), ran.stderr
        assert b"Traceback" not in ran.stderr
