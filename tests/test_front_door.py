"""What strangers see first: workflows, forms, links, licences, and what a release is held to."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from govrules.cli import main

ROOT = Path(__file__).parents[1]
WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    ROOT / "docs" / "workflows" / "rules.yml",
]
ADDRESS = "https://example.invalid/govrules"


def script(name: str) -> ModuleType:
    """Return a script of `.ci` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def release() -> ModuleType:
    return script("release")


def loaded(path: Path) -> Any:
    """Return a file of YAML; `on` is a word there, and not yes."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts alone


def linted(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Return what the linter of workflows says, which asks no other host."""
    linter = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("zizmor is not installed in this environment")
    options = ["--offline", "--no-progress", "--persona", "pedantic", "--format", "plain"]
    command = [linter, *options, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_linter_finds_nothing_in_the_workflows() -> None:
    done = linted(*WORKFLOWS, ROOT / ".github" / "dependabot.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        ("    steps:\n", "    step:\n"),
        ("runs-on:", "runs_on:"),
        ("contents: read", "contents: reed"),
        ("permissions: {}", "permissions: write-all"),
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6"),
        ("persist-credentials: false", "fetch-depth: 1"),
        ("- run: bash .ci/run", "- run: echo ${{ github.head_ref }}"),
    ],
)
def test_the_linter_finds_a_seeded_fault(tmp_path: Path, sound: str, faulty: str) -> None:
    text = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    assert sound in text
    path = tmp_path / ".github" / "workflows" / "checks.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(sound, faulty), encoding="utf-8")
    assert linted(path).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.name)
def test_workflows_call_what_is_there(path: Path) -> None:
    jobs = loaded(path)["jobs"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for job in jobs.values():
        assert set(job.get("needs", [])) <= set(jobs)
        assert int(job["timeout-minutes"]) > 0
        for step in job["steps"]:
            run = step.get("run", "")
            assert set(re.findall(r"\bmake ([a-z-]+)", run)) <= targets
            for script in re.findall(r"bash (\S+)", run):
                assert (ROOT / script).is_file()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda each: each.name)
def test_workflows_name_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"https?://|index-url|\b[a-z0-9-]+\.(?:org|com|io|net)\b", text)


def test_every_action_is_pinned_by_a_commit_and_alike_everywhere() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    used = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v[\d.]+)$", text, re.MULTILINE)
    assert len(used) == text.count("uses:")
    assert len(set(used)) == len({name for name, _, _ in used})


def test_the_workflow_for_a_policy_team_does_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("z3")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "our-rules"]) == 0
    [job] = loaded(WORKFLOWS[-1])["jobs"].values()
    pack = job["env"]["PACK"]
    runs = [each["run"].split() for each in job["steps"] if each.get("run", "").startswith("gov")]
    assert [words[1] for words in runs] == ["lint", "test", "prove"]
    for words in runs:
        assert main([each.replace('"$PACK"', pack) for each in words[1:]]) == 0
    rules = tmp_path / pack / "our-rules.yaml"
    if not rules.exists():
        [rules] = [each for each in (tmp_path / pack).glob("*.yaml") if each.stem != "rulebook"]
    rules.write_text(rules.read_text("utf-8").replace("expect: clear", "expect: flagged"), "utf-8")
    assert main(["test", pack]) != 0


def test_hooks_run_commands_that_take_the_folder_of_a_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("z3")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "our-rules"]) == 0
    hooks = loaded(ROOT / ".pre-commit-hooks.yaml")
    for hook in hooks:
        assert {"id", "name", "entry", "language"} <= set(hook)
        program, *words = hook["entry"].split()
        assert program == "govrules"
        assert main([*words, "our-rules"]) == 0
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert hooks[-1]["additional_dependencies"] == declared["optional-dependencies"]["prove"]


@pytest.mark.parametrize("name", ["rule-is-wrong", "engine-is-wrong"])
def test_forms_for_issues_are_what_the_host_reads(name: str) -> None:
    form = loaded(ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml")
    assert set(form) == {"name", "description", "title", "labels", "body"}
    asked = [each for each in form["body"] if each["type"] != "markdown"]
    assert {each["type"] for each in asked} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert len({each["id"] for each in asked}) == len(asked)
    for each in asked:
        assert each["attributes"]["label"]
        assert ("options" in each["attributes"]) == (each["type"] == "dropdown")


def test_the_form_on_a_rule_asks_for_its_id_paragraph_and_facts() -> None:
    form = loaded(ROOT / ".github" / "ISSUE_TEMPLATE" / "rule-is-wrong.yml")
    asked = {each["id"]: each for each in form["body"] if "id" in each}
    assert {"rule", "paragraph", "facts"} <= set(asked)
    assert all(asked[each]["validations"]["required"] == "true" for each in ("rule", "facts"))


def test_the_citation_names_no_person_and_no_version_of_its_own() -> None:
    citation = loaded(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "type", "license"} <= set(citation)
    assert citation["authors"] == [{"name": "govrules contributors"}]
    assert "version" not in citation
    assert citation["license"] == "MIT"


def test_the_address_of_the_project_stands_in_one_line() -> None:
    held = [
        line for line in (ROOT / "shipped.txt").read_text("utf-8").splitlines() if "#" not in line
    ]
    texts = [ROOT / each for each in held if not each.startswith("tests/")]
    found = [
        (path.name, line)
        for path in texts
        if path.suffix in (".md", ".yml", ".yaml", ".py", ".toml", ".cff", ".txt", "")
        for line in path.read_text(encoding="utf-8").splitlines()
        if ADDRESS in line
    ]
    assert [name for name, _ in found] in (["pyproject.toml"], [])


def test_every_link_of_the_package_is_made_from_the_address() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    address = declared["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"]
    about = metadata("govrules")
    urls = dict(each.split(", ", 1) for each in about.get_all("Project-URL") or [])
    assert {"Source", "Issues", "Documentation", "Changelog", "Security"} <= set(urls)
    assert all(each.startswith(address) for each in urls.values())
    page = "\n".join([*(about.get_all("Description") or []), str(about.get_payload())])
    targets = re.findall(r"\]\(([^)]+)\)", page)
    assert targets
    assert all(each.startswith(f"{address}/blob/v{about['Version']}/") for each in targets)


def test_no_release_is_made_at_the_reserved_address(release: ModuleType) -> None:
    tag = f"v{release.version()}"
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    address = declared["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"]
    stopped = any("is reserved and leads nowhere" in each for each in release.obstacles(tag))
    assert stopped == (address == ADDRESS)


CHANGES = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-03-31

### Added

- A thing.

## [1.1.0] - 2026-01-01

- An older thing.
"""


def repository(folder: Path, address: str, changes: str) -> Path:
    """Return a folder with what a release is held to."""
    (folder / "pyproject.toml").write_text(
        '[project]\nversion = "1.2.0"\n[tool.hatch.metadata.hooks.custom]\n'
        f'address = "{address}"\n',
        encoding="utf-8",
    )
    (folder / "CHANGELOG.md").write_text(changes, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("tag", "address", "changes", "said"),
    [
        ("v1.2.0", "https://host.gov.uk/govrules", CHANGES, []),
        ("v1.2.0", ADDRESS, CHANGES, ["The address"]),
        ("v1.2.0", "https://www.example.com/govrules", CHANGES, ["The address"]),
        ("v1.3.0", "https://host.gov.uk/govrules", CHANGES, ["The tag is v1.3.0"]),
        (
            "v1.2.0",
            "https://host.gov.uk/govrules",
            CHANGES.replace(" - 2026-03-31", ""),
            ["CHANGELOG.md has no dated heading"],
        ),
        (
            "v1.2.0",
            "https://host.gov.uk/govrules",
            CHANGES.replace("### Added\n\n- A thing.", ""),
            ["CHANGELOG.md says nothing of 1.2.0"],
        ),
        (
            "v1.2.0",
            "https://host.gov.uk/govrules",
            CHANGES.replace("[Unreleased]", "[Unreleased]\n\n- New."),
            ["CHANGELOG.md has unreleased changes"],
        ),
        ("1.2", ADDRESS, "# Changelog\n", ["The address", "The tag", "CHANGELOG.md has no dated"]),
    ],
)
def test_what_stands_in_the_way_of_a_release_is_said(
    release: ModuleType, tmp_path: Path, *, tag: str, address: str, changes: str, said: list[str]
) -> None:
    found = release.obstacles(tag, repository(tmp_path, address, changes))
    assert len(found) == len(said)
    assert all(each.startswith(start) for each, start in zip(found, said, strict=True))


def test_the_changelog_is_read_by_version(release: ModuleType) -> None:
    assert release.releases(CHANGES) == {
        "Unreleased": (None, ""),
        "1.2.0": ("2026-03-31", "### Added\n\n- A thing."),
        "1.1.0": ("2026-01-01", "- An older thing."),
    }
    assert release.notes(CHANGES, "1.1.0") == "- An older thing."
    assert (
        release.notes(CHANGES.replace("[Unreleased]", "[Unreleased]\n\n- New."), "2.0.0")
        == "- New."
    )
    ours = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## .*$", ours, re.MULTILINE)
    assert len(release.releases(ours)) == len(headings) > 0
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", ours, re.MULTILINE)) <= kinds


def covered(lines: int, of: int, missing: list[int] | None = None) -> dict[str, Any]:
    """Return what is counted of a file."""
    summary = {
        "covered_lines": lines,
        "missing_lines": of - lines,
        "covered_branches": lines,
        "missing_branches": of - lines,
    }
    return {
        "summary": summary,
        "missing_lines": missing or [],
        "missing_branches": [[7, 0]] * (lines < of),
    }


def coverage_gate() -> Any:
    """Return the script that `make coverage` runs, where what counts is installed."""
    pytest.importorskip("slipcover")
    return script("coverage")


def test_each_folder_owes_its_share_of_branches(tmp_path: Path) -> None:
    gate = coverage_gate()
    files = {
        "src/govrules/lowering/ir.py": covered(100, 100),
        "src/govrules/engines/reference.py": covered(10, 10),
        "src/govrules/engines/arrays.py": covered(95, 100, [3]),
        "src/govrules/cli/check.py": covered(50, 50),
        "src/govrules/cli/map.py": covered(45, 50),
        "src/govrules/files.py": covered(19, 20),
    }
    assert gate.problems({"files": files}, tmp_path) == []
    files["src/govrules/lowering/lower.py"] = covered(9_999, 10_000, [12])
    files["src/govrules/cli/map.py"] = covered(44, 50)
    assert gate.problems({"files": files}, tmp_path) == [
        "lowering/: 99.99 % is covered, and 100 % is owed",
        "cli/: 94.00 % is covered, and 95 % is owed",
        "src/govrules/lowering/lower.py:12: no test runs it",
        "src/govrules/lowering/lower.py:7: no test goes on from it to the end",
    ]


def test_what_no_run_may_reach_is_not_owed() -> None:
    source = (
        "match node:\n"
        "    case Known():\n"
        "        work()\n"
        "        raise AssertionError('after work')\n"
        "    case _:\n"
        "        assert_never(node)\n"
        "if not sound:\n"
        "    raise AssertionError(\n"
        "        'it is sound'\n"
        "    )\n"
        "raise ValueError('this may be reached')\n"
    )
    assert coverage_gate().unreached(source) == {4, 5, 6, 8, 9, 10}


def test_lines_are_left_out_by_hand_for_a_reason_and_seldom(tmp_path: Path) -> None:
    gate = coverage_gate()
    (tmp_path / "a.py").write_text("x = 1  # pragma: no cover - Windows\n" * 10, "utf-8")
    assert gate.problems({"files": {}}, tmp_path) == []
    (tmp_path / "b.py").write_text("y = 1  # pragma: no branch\n", "utf-8")
    assert gate.problems({"files": {}}, tmp_path) == [
        "b.py:1: it is left out by hand without a reason",
        "11 lines are left out by hand, and at most 10 may be",
    ]
    ours = [*gate.left_out(ROOT / "src" / "govrules")]
    assert len(ours) <= gate.MOST_LEFT_OUT
    assert all(why for _, why in ours)


def test_what_owes_everything_is_there() -> None:
    gate = coverage_gate()
    assert all((ROOT / "src" / "govrules" / each).exists() for each in gate.WHOLE)


def test_the_version_has_one_place(release: ModuleType) -> None:
    version = release.version()
    assert metadata("govrules")["Version"] == version
    assigned = re.compile(rf"version.{{0,12}}{re.escape(version)}")
    places = [*(ROOT / "src").rglob("*.py"), ROOT / "docs" / "conf.py", ROOT / "CITATION.cff"]
    assert not [path for path in places if assigned.search(path.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def bill() -> Any:
    return json.loads((ROOT / "requirements" / "run.cdx.json").read_text(encoding="utf-8"))


def test_the_bill_of_materials_names_what_is_locked(bill: Any) -> None:
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    locked = {name.lower(): v for name, v in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}
    named = {each["name"].lower().replace("_", "-"): each["version"] for each in bill["components"]}
    assert named == locked
    assert "http" not in json.dumps(bill)


def test_every_dependency_has_a_licence_that_asks_little(bill: Any) -> None:
    lenient = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python", re.IGNORECASE)
    for each in bill["components"]:
        stated = [str(one) for one in each["licenses"]]
        assert stated, each["name"]
        assert all(lenient.search(one) for one in stated), each["name"]
        try:
            about = metadata(each["name"])
        except PackageNotFoundError:
            continue
        said = [
            *(about.get_all("License-Expression") or []),
            *(about.get_all("License") or []),
            *(about.get_all("Classifier") or []),
        ]
        if about["Version"] == each["version"]:
            assert any(lenient.search(one) for one in said), each["name"]


def test_the_library_opens_no_connection() -> None:
    ways = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "xmlrpc", "requests", "httpx"}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {name.partition(".")[0] for name in names} & ways, path


def test_a_hostile_pack_reads_nothing_outside_its_folder_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "pack"]) == 0
    (tmp_path / "secret.txt").write_text("a secret\n", encoding="utf-8")
    book = tmp_path / "pack" / "rulebook.yaml"
    sound = book.read_text(encoding="utf-8")
    capsys.readouterr()
    for path in ("../secret.txt", str(tmp_path / "secret.txt"), "../pack/../secret.txt"):
        book.write_text(
            sound.replace("    publisher:", f"    text: {path}\n    publisher:", 1),
            encoding="utf-8",
        )
        assert main(["lint", "pack"]) == 2
        said = capsys.readouterr()
        assert "GR403" in said.err
        assert "a secret" not in said.out + said.err
    for tag in ("!!python/object/apply:os.system [touch ran]", "!!python/name:os.system ''"):
        book.write_text(sound.replace("owner: your policy team", f"owner: {tag}"), encoding="utf-8")
        assert main(["lint", "pack"]) == 2
        assert "GR008" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
