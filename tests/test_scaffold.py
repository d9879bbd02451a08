"""`govrules init`: a pack that passes its own checks, and that overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from govrules import GovrulesError, load_rulebook
from govrules.cli import main
from govrules.examples import run_examples, unseen
from govrules.mutants import survivors
from govrules.scaffold import ScaffoldError, pack_files, pack_id, scaffold


def test_a_new_pack_passes_lint_and_test(tmp_path, capsys):
    assert main(["init", str(tmp_path / "ours")]) == 0
    assert f"wrote {tmp_path / 'ours' / 'rulebook.yaml'}" in capsys.readouterr().out
    assert main(["lint", str(tmp_path / "ours")]) == 0
    assert main(["test", str(tmp_path / "ours")]) == 0
    said = capsys.readouterr()
    assert "no example shows" not in said.out
    assert said.err == ""


def test_its_examples_hold_show_every_test_and_catch_every_mutant(tmp_path):
    scaffold(tmp_path / "ours")
    rulebook = load_rulebook(tmp_path / "ours")
    assert len(rulebook.rules) == 1
    assert [each.problem for each in run_examples(rulebook) if each.problem] == []
    assert list(unseen(rulebook)) == []
    assert survivors(rulebook)[0] == []


def test_it_works_beside_the_shipped_pack(tmp_path):
    scaffold(tmp_path / "ours")
    rulebook = load_rulebook("governing-partnerships", tmp_path / "ours")
    assert rulebook.rule("no-net-zero-plan").title


def test_its_schemas_hold_its_own_facts_and_validate_its_own_rules(tmp_path):
    scaffold(tmp_path / "ours")
    schema = json.loads((tmp_path / "ours/.govrules/rules.schema.json").read_text())
    theme = yaml.safe_load((tmp_path / "ours/our-policy.yaml").read_text())
    Draft202012Validator(schema).validate(theme)
    assert "local.net_zero_plan" in json.dumps(schema)
    subject = json.loads((tmp_path / "ours/.govrules/subject.schema.json").read_text())
    Draft202012Validator(subject).validate({"name": "X", "local.net_zero_plan": "yes"})


def test_the_editor_finds_the_schemas(tmp_path):
    scaffold(tmp_path / "ours")
    settings = json.loads((tmp_path / "ours/.vscode/settings.json").read_text())
    for schema in settings["yaml.schemas"]:
        assert (tmp_path / "ours" / schema).exists()
    first = (tmp_path / "ours/our-policy.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=.govrules/rules.schema.json"
    assert (tmp_path / "ours" / first.rpartition("=")[2]).exists()


@pytest.mark.parametrize("name", [*pack_files("ours"), "another-theme.yaml"])
def test_nothing_is_overwritten(tmp_path, name, capsys):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert main(["init", str(tmp_path)]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_with_other_files_keeps_them(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    scaffold(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "rulebook.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(ScaffoldError):
        scaffold(tmp_path)
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["init", str(tmp_path / "file")]) == 2
    assert "this is a file, not a folder" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "file" / "below")]) == 2


def test_what_was_begun_is_taken_back_where_it_cannot_be_finished(tmp_path):
    (tmp_path / ".vscode").write_text("in the way")
    with pytest.raises(GovrulesError):
        scaffold(tmp_path)
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == [".vscode"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("Our Rules", "our-rules"), ("2026 rules", "rules"), ("___", "our-rules"), ("a_b.c", "a-b-c")],
)
def test_the_id_is_made_of_the_folders_name(tmp_path, folder, expected):
    assert pack_id(tmp_path / folder) == expected
    scaffold(tmp_path / folder)
    assert load_rulebook(tmp_path / folder).id == expected


def test_files_are_the_same_every_time():
    assert pack_files("ours") == pack_files("ours")
    assert all(not Path(each).is_absolute() for each in pack_files("ours"))


def test_a_pack_is_made_without_a_file_of_its_own_elsewhere(tmp_path, monkeypatch):
    """Where the folder for passing things is full, a pack is none the less begun."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert main(["init", str(tmp_path / "ours")]) == 0
    assert main(["lint", str(tmp_path / "ours")]) == 0
