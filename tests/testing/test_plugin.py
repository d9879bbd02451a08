"""One line of configuration makes every check of a pack an item of pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.packs import BROKEN, SOUND, write_pack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_pack(tmp_path / "rules", SOUND, BROKEN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    ini = "[pytest]\ntestpaths = tests\nfilterwarnings = error\ngovrules_packs = rules\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    return tmp_path


def pytest_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:benchmark", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_packs_are_collected_beside_the_projects_own_tests(project: Path) -> None:
    out = pytest_in(project, "--collect-only").stdout
    assert "tests/test_own.py::test_own" in out
    assert "rules/rulebook.yaml::knowledge_is_monotone[partnership]" in out
    assert "rules/rules.yaml::pooled-without-protocol::example: nothing is pooled" in out
    assert "rules/rules.yaml::pooled-without-protocol::proof: perverse-incentive" in out


def test_some_are_chosen_by_name_and_the_failed_ones_again_on_every_core(project: Path) -> None:
    done = pytest_in(project, "-k", "example", "-n", "2")
    assert "1 failed, 3 passed" in done.stdout
    assert "rules/rules.yaml:24:9: GR501 example-fails" in done.stdout
    assert "Traceback" not in done.stdout
    again = pytest_in(project, "--lf", "-k", "example")
    assert "1 failed" in again.stdout
    assert "passed" not in again.stdout


def test_one_file_of_a_pack_is_run_alone(project: Path) -> None:
    out = pytest_in(project, "rules/rules.yaml", "--collect-only").stdout
    assert "rules/rules.yaml::no-lead::example: nobody leads" in out
    assert "rulebook.yaml" not in out
    assert "test_own" not in out


def test_a_pack_that_does_not_load_is_one_collection_that_fails(project: Path) -> None:
    rules = project / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("protocol.agreed: yes", "protocol.agred: yes"))
    done = pytest_in(project)
    assert done.returncode == 2
    assert "rules/rules.yaml:10:17: GR101 unknown-fact" in done.stdout
    assert done.stdout.count("GR101 unknown-fact") <= 2
    assert "1 error" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("packs", "says"),
    [
        ("nowhere", "govrules_packs: `nowhere`: there is no such folder"),
        ("rules/rules.yaml", "this is a file, and a pack is a folder"),
    ],
)
def test_a_folder_that_is_no_pack_is_a_usage_error(project: Path, packs: str, says: str) -> None:
    (project / "pytest.ini").write_text(f"[pytest]\ngovrules_packs = {packs}\n", encoding="utf-8")
    done = pytest_in(project)
    assert done.returncode == 4
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_that_does_not_ask_imports_nothing(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    own = "import sys\n\n\ndef test_own():\n    assert 'govrules' not in sys.modules\n"
    (project / "tests" / "test_own.py").write_text(own, encoding="utf-8")
    assert "1 passed" in pytest_in(project, "tests").stdout
