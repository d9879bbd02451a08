"""What holds the size of the house fails when it grows, and says by how much."""

from __future__ import annotations

import importlib.util
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("size", ROOT / ".ci" / "size.py")
size = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(size)


@pytest.fixture
def house(tmp_path):
    """A house of two folders, three lines in each, held by git at what it is."""
    package = tmp_path / size.PACKAGE
    for name in ("rulebook", "engines"):
        (package / name).mkdir(parents=True)
        (package / name / "one.py").write_text("one = 1\n\n# a remark\n")
    (tmp_path / ".ci").mkdir()
    limits = 'files = 9\n[lines]\n"engines/" = 9\n"rulebook/" = 9\n[long]\n'
    (tmp_path / size.LIMITS).write_text(limits)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    assert size.main(["--lower"], tmp_path) == 0
    assert size.main([], tmp_path) == 0
    return tmp_path


def grown(house, path, lines):
    """Add lines to a file of the house."""
    file = house / size.PACKAGE / path
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.is_file() else "") + "two = 2\n" * lines)


def test_this_house_is_within_its_limits(capsys):
    assert size.main([]) == 0, capsys.readouterr().out
    printed = capsys.readouterr().out
    whole = size.total(size.sizes(ROOT))
    assert f"{whole:,} of {size.WHOLE:,}" in printed
    assert ("over the aim by" in printed) is (whole > size.WHOLE)


def test_a_folder_that_grows_fails(house, capsys):
    grown(house, "engines/one.py", 2)
    assert size.main([], house) == 1
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("engines/: 2 lines over its limit of 3:")


def test_lines_that_move_from_one_folder_to_another_fail(house, capsys):
    grown(house, "engines/one.py", 2)
    (house / size.PACKAGE / "rulebook" / "one.py").write_text("one = 1\n")
    assert size.main([], house) == 1
    assert "engines/: 2 lines over" in capsys.readouterr().out


def test_a_new_folder_needs_a_limit(house, capsys):
    grown(house, "prove/one.py", 1)
    assert size.main([], house) == 1
    assert "prove/: it has no limit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "most"), [("engines/one.py", 600), ("engines/python.py", 400), ("model.py", None)]
)
def test_a_file_has_a_length(house, path, most, capsys):
    limits = tomllib.loads((house / size.LIMITS).read_text())
    limits["lines"] = dict.fromkeys(("(files at the top)", "engines/", "rulebook/"), 9999)
    (house / size.LIMITS).write_text(size.written(limits))
    grown(house, path, 597 if path == "engines/one.py" else 400)
    assert size.main([], house) == 0
    capsys.readouterr()
    grown(house, path, 1)
    assert size.main([], house) == (0 if most is None else 1)
    printed = capsys.readouterr().out
    assert most is None or f"{path}: {most + 1} lines, and a file has at most {most}" in printed


def test_a_file_that_is_long_already_must_not_grow(house):
    limits = tomllib.loads((house / size.LIMITS).read_text())
    limits["lines"]["engines/"] = 9999
    limits["long"] = {"engines/one.py": 700}
    (house / size.LIMITS).write_text(size.written(limits))
    grown(house, "engines/one.py", 697)
    assert size.main([], house) == 0
    grown(house, "engines/one.py", 1)
    assert size.main([], house) == 1


def test_more_files_than_git_may_hold_fail(house, capsys):
    (house / "new").write_text("")
    assert size.main([], house) == 0
    subprocess.run(["git", "add", "new"], cwd=house, check=True)
    assert size.main([], house) == 1
    assert "git holds 4 files, 1 over the limit of 3" in capsys.readouterr().out


def test_limits_are_lowered_and_never_raised(house):
    grown(house, "engines/one.py", 2)
    (house / size.PACKAGE / "rulebook" / "one.py").write_text("one = 1\n")
    assert size.main(["--lower"], house) == 0
    limits = tomllib.loads((house / size.LIMITS).read_text())
    assert limits["lines"] == {"engines/": 3, "rulebook/": 1}


def test_what_is_code():
    text = (
        '"""\nA module.\n"""\n\n# a remark\nx = (\n    1,\n)  # one\n\n\ndef f():\n    """Say."""\n'
    )
    assert size.lines_of_code(text) == 4
