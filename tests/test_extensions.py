"""What installed packages add: an engine, a reader and a renderer, by entry points alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from govrules import (
    EngineError,
    FactsError,
    GovrulesError,
    Partnership,
    assess,
    load_rulebook,
    read,
)
from govrules.cli import main
from govrules.engines import registry

PACKAGE = r'''
"""A small package that adds to govrules."""

import tomllib

from govrules import GovrulesError
from govrules.engines.reference import outcomes as judged


class twice:
    """An engine: what the reference engine says, judged twice."""

    @staticmethod
    def outcomes(rules, subjects, as_of, rulebook):
        for first, again in zip(
            judged(rules, subjects, as_of, rulebook), judged(rules, subjects, as_of, rulebook)
        ):
            assert list(first) == list(again)
            yield first


nothing = object()


def toml(path):
    """A reader of files that end in .toml."""
    return tomllib.loads(path.read_text("utf-8"))


def raising(path):
    """A reader that fails."""
    raise ValueError("no such luck")


def lines(assessments, rulebook):
    """A renderer: a line for each finding that is flagged."""
    flagged = [each for one in assessments for each in one.flagged]
    return "".join(f"{each.severity.value}: {each.sentence}\n" for each in flagged)


def packed(assessments, rulebook):
    """A renderer of bytes."""
    return bytes([len(assessments)])


def nobody(assessments, rulebook):
    """A renderer that gives nothing."""


def broken(assessments, rulebook):
    """A renderer that fails."""
    raise ValueError("no such luck")


def refused(assessments, rulebook):
    """A renderer that says itself what is wrong."""
    raise GovrulesError("there is no finding to draw")
'''
POINTS = """\
[govrules.engines]
twice = council_tools:twice
nothing = council_tools:nothing
gone = council_tools:gone

[govrules.readers]
toml = council_tools:toml
luck = council_tools:raising

[govrules.renderers]
lines = council_tools:lines
packed = council_tools:packed
nobody = council_tools:nobody
broken = council_tools:broken
refused = council_tools:refused
"""
FACTS = """\
name = "Care pool"
status = "active"
protocol = "none"
as_of = 2026-03-31

[funding]
pooled = true
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a package is installed that adds to govrules."""
    (tmp_path / "council_tools.py").write_text(PACKAGE, "utf-8")
    about = tmp_path / "council_tools-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: council-tools\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    registry._added.cache_clear()
    return tmp_path


def test_an_engine_is_added(installed: Path) -> None:
    rulebook, pool = load_rulebook(), Partnership(name="Care pool", protocol=None)
    assert assess(pool, rulebook, engine="twice") == assess(pool, rulebook)
    with pytest.raises(EngineError, match="did you mean `twice`"):
        assess(pool, rulebook, engine="twise")
    with pytest.raises(EngineError, match="it has no function `outcomes`"):
        assess(pool, rulebook, engine="nothing")
    with pytest.raises(GovrulesError, match="the engine `gone` of an installed package cannot be"):
        assess(pool, rulebook, engine="gone")


def test_a_reader_is_added(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installed / "pool.toml").write_text(FACTS, "utf-8")
    found = read("pool.toml")
    assert found.subject.funding.pooled is True
    assert str(found.as_of) == "2026-03-31"
    assert main(["check", "pool.toml"]) == 1
    assert "Care pool" in capsys.readouterr().out
    (installed / "pool.toml").write_text(FACTS.replace("pooled", "poold"), "utf-8")
    assert main(["check", "pool.toml"]) == 2
    said = capsys.readouterr().err
    assert "pool.toml" in said
    assert "did you mean `pooled`" in said


def test_a_reader_that_fails_is_named(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installed / "pool.luck").write_text("x", "utf-8")
    with pytest.raises(
        FactsError, match="the reader `luck` of an installed package failed: no such"
    ):
        read("pool.luck")
    assert main(["check", "pool.luck"]) == 2
    assert "the reader `luck` of an installed package failed" in capsys.readouterr().err
    with pytest.raises(FactsError, match="there is no such file"):
        read("away.toml")


def test_a_renderer_is_added(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installed / "pool.toml").write_text(FACTS, "utf-8")
    assert main(["check", "pool.toml", "--format", "lines"]) == 1
    lines = capsys.readouterr().out.splitlines()
    main(["check", "pool.toml", "--format", "json"])
    (subject,) = json.loads(capsys.readouterr().out)["subjects"]
    assert len(lines) == subject["counts"]["flagged"]
    assert main(["check", "pool.toml", "--format", "packed", "--output", "out.bin"]) == 1
    assert (installed / "out.bin").read_bytes() == b"\1"
    for name, said in (
        ("packed", "`packed` cannot be printed"),
        ("nobody", "the renderer `nobody` of an installed package gives no text"),
        ("broken", "the renderer `broken` of an installed package failed"),
        ("refused", "govrules: there is no finding to draw"),
        ("linse", "there is no format `linse`\n  help: did you mean `lines`?"),
    ):
        assert main(["check", "pool.toml", "--format", name]) == 2
        assert said in capsys.readouterr().err


def test_it_is_so_in_a_process_of_its_own(installed: Path) -> None:
    (installed / "pool.toml").write_text(FACTS, "utf-8")
    paths = [str(installed), os.environ.get("PYTHONPATH", "")]
    environment: dict[str, Any] = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "govrules", "check", "pool.toml", "--engine", "twice"]
    done = subprocess.run(
        [*command, "--format", "lines"],
        cwd=installed,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Budgets are pooled" in done.stdout
