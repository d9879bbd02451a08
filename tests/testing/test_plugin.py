"""One line of configuration makes every check of a pack an item of pytest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import govrules.testing.plugin  # noqa: F401 - what a run here imports is forgotten after it
from tests.testing.packs import BROKEN, SOUND, write_pack

pytest_plugins = ["pytester"]
QUIET = ["-q", "-p", "no:benchmark"]
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_pack(tmp_path / "rules", SOUND, BROKEN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    ini = "[pytest]\ntestpaths = tests\nfilterwarnings = error\ngovrules_packs = rules\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    return tmp_path


@pytest.fixture
def pytest_here(project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(project)
    return partial(pytester.runpytest_inprocess, *QUIET, "-p", "no:xdist")


def pytest_in(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", *QUIET, *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.stdout


def test_packs_are_collected_beside_the_projects_own_tests(pytest_here: Run) -> None:
    out = pytest_here("--collect-only").outlines
    assert "tests/test_own.py::test_own" in out
    assert "rules/rulebook.yaml::knowledge_is_monotone[partnership]" in out
    assert "rules/rules.yaml::pooled-without-protocol::example: nothing is pooled" in out
    assert "rules/rules.yaml::pooled-without-protocol::proof: perverse-incentive" in out


def test_some_are_chosen_by_name_and_the_failed_ones_again(project: Path, pytest_here: Run) -> None:
    with (project / "rules" / "rules.yaml").open("a") as file:
        file.write(BROKEN.partition("    examples:")[0].replace("no-lead", "bare"))
    done = pytest_here("-k", "example", "-rs")
    done.assert_outcomes(failed=1, passed=3, skipped=1)
    out = done.stdout.str()
    assert "rules/rules.yaml:24:9: GR501 example-fails" in out
    assert "rules/rules.yaml:25: rule `bare` has no example" in out
    assert "Traceback" not in out
    pytest_here("--lf", "-k", "example").assert_outcomes(failed=1)


def test_they_are_run_on_every_core(project: Path) -> None:
    assert "1 failed, 3 passed" in pytest_in(project, "-k", "example", "-n", "2")


def test_one_file_of_a_pack_is_run_alone(pytest_here: Run) -> None:
    out = pytest_here("rules/rules.yaml", "--collect-only").stdout.str()
    assert "rules/rules.yaml::no-lead::example: nobody leads" in out
    assert "rulebook.yaml" not in out
    assert "test_own" not in out


def test_a_pack_that_does_not_load_is_one_collection_that_fails(
    project: Path, pytest_here: Run
) -> None:
    rules = project / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("protocol.agreed: yes", "protocol.agred: yes"))
    done = pytest_here()
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.assert_outcomes(errors=1)
    out = done.stdout.str()
    assert "rules/rules.yaml:10:17: GR101 unknown-fact" in out
    assert out.count("GR101 unknown-fact") <= 2
    assert "Traceback" not in out + done.stderr.str()


def test_a_class_that_cannot_be_imported_is_one_collection_that_fails(
    project: Path, pytest_here: Run
) -> None:
    with (project / "pytest.ini").open("a") as file:
        file.write("govrules_subjects =\n    charity = nowhere:Charity\n")
    done = pytest_here()
    done.assert_outcomes(errors=1)
    out = done.stdout.str()
    assert "the kind of subject `charity=nowhere:Charity` cannot be imported" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("packs", "says"),
    [
        ("nowhere", "govrules_packs: `nowhere`: there is no such folder"),
        ("rules/rules.yaml", "this is a file, and a pack is a folder"),
    ],
)
def test_a_folder_that_is_no_pack_is_a_usage_error(
    project: Path, pytest_here: Run, packs: str, says: str
) -> None:
    (project / "pytest.ini").write_text(f"[pytest]\ngovrules_packs = {packs}\n", encoding="utf-8")
    done = pytest_here()
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert says in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


def test_a_project_that_does_not_ask_imports_nothing(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    own = "import sys\n\n\ndef test_own():\n    assert 'govrules' not in sys.modules\n"
    (project / "tests" / "test_own.py").write_text(own, encoding="utf-8")
    assert "1 passed" in pytest_in(project, "tests")
