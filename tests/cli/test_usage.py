"""What the command line says when it is asked for what there is not; and demo, explain, init, lint, test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from govrules import GovrulesError, load_rulebook
from govrules.cli import main
from govrules.diagnostics import Code
from govrules.examples import run_examples, unseen
from govrules.mutants import survivors
from govrules.render.formula import formula_lines
from govrules.rulebook.ast import Rule, Rulebook
from govrules.scaffold import ScaffoldError, pack_files, pack_id, scaffold
from tests.conformance.test_every_kind_of_condition import CONDITIONS, DERIVED, rule
from tests.properties import small


@pytest.mark.parametrize(
    "arguments",
    [
        ("chekc",),
        ("check", "x.yaml", "--colour"),
        ("check", "x.yaml", "--format", "pdf"),
        ("check", "x.yaml", "--fail-on", "grave"),
        ("plan", "x.yaml", "--level", "grave"),
        ("catalogue", "--format", "pdf"),
        ("init",),
        ("ask",),
        ("ask", "one.yaml", "two.yaml"),
        ("schema", "everything"),
        ("explain",),
    ],
)
def test_a_usage_error_is_exit_code_2_in_one_line(run, arguments):
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("govrules: ")
    assert "run `govrules --help`" in ran.err
    assert "\x1b" not in ran.err


def test_help_names_every_command(run):
    ran = run("--help")
    assert ran.code == 0
    for name in (
        "demo",
        "check",
        "ask",
        "plan",
        "explain",
        "lint",
        "test",
        "init",
        "schema",
        "catalogue",
    ):
        assert f" {name} " in ran.out


def test_the_version_is_printed(run):
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.strip()[0].isdigit()


def test_the_command_runs_as_a_module():
    ran = subprocess.run(
        [sys.executable, "-m", "govrules", "chekc"], capture_output=True, check=False, timeout=60
    )
    assert ran.returncode == 2
    assert b"Traceback" not in ran.stderr


def test_a_rule_is_explained_in_english(run, pack):
    ran = run("explain", "pooled-without-protocol", "--rules", pack)
    assert ran.code == 0
    rule = "Rule: Where partners pool budgets, the partners have agreed a protocol for decisions"
    assert rule in ran.out
    assert "Principle: Who pools writes down who decides." in ran.out
    assert "Source: A council, The policy (2026), paragraph 1" in ran.out
    assert "Remedy: Agree a protocol. (the partners, within 3 months)" in ran.out
    assert "Do partners pool budgets?  (funding.pooled)" in ran.out
    assert "without: flagged" in ran.out


@pytest.mark.parametrize("name", ["GR104", "gr104", "unknown-test"])
def test_a_code_is_explained_by_number_or_name(run, name):
    ran = run("explain", name)
    assert ran.code == 0
    assert ran.out.startswith("GR104 unknown-test")


def test_every_code_is_explained(run):
    for code in Code:
        assert run("explain", code.id).code == 0


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("funding.pooled", "Takes: yes or no"),
        ("partners", "Takes: a list, each a partner"),
        ("partners[].roles", "Takes any of:"),
        ("protocol", "Takes: a record of facts, or none"),
        ("legal_form", "Takes one of:"),
        ("risk_tier", "otherwise low"),
    ],
)
def test_a_fact_is_explained(run, fact, said):
    ran = run("explain", fact)
    assert ran.code == 0
    assert said in ran.out


def test_a_local_fact_is_explained(run, pack):
    assert "the slogan" in run("explain", "local.slogan", "--rules", pack).out.lower()


def test_what_nothing_is_named_is_answered_with_what_was_meant(run):
    ran = run("explain", "pooled-budget-without-protocoll")
    assert ran.code == 2
    assert "did you mean `pooled-budget-without-protocol`?" in ran.err


def test_the_shares_of_what_sources_say_are_printed_alone(run, pack, tmp_path):
    ran = run("catalogue", "--says", "--rules", pack)
    assert ran.code == 0
    assert ran.out.startswith("| of ")
    assert "3 (100 %)" in next(line for line in ran.out.splitlines() if "severity" in line)
    path = tmp_path / "says.md"
    assert run("catalogue", "--says", "--rules", pack, "--output", path).code == 0
    assert path.read_text("utf-8") == ran.out
    refused = run("catalogue", "--says", "--format", "html")
    assert refused.code == 2
    assert "drop `--format`" in refused.err


def test_lint_says_that_nothing_is_wrong(run, pack):
    rulebook = pack / "rulebook.yaml"
    text = rulebook.read_text(encoding="utf-8").partition("parameters:")[0]
    rulebook.write_text(text, encoding="utf-8")
    ran = run("lint", pack)
    assert (ran.code, ran.out) == (0, "3 rules in 1 pack: no problem found\n")


def test_lint_warns_of_what_no_rule_reads(run, pack):
    ran = run("lint", pack)
    assert (ran.code, ran.out) == (0, "3 rules in 1 pack: 2 warnings\n")
    assert "no rule reads parameter `much`" in ran.err
    assert "no rule reads fact `local.slogan`" in ran.err


def test_lint_tells_every_problem_at_once(run, pack):
    theme = pack / "money.yaml"
    theme.write_text(
        theme.read_text()
        .replace("funding.pooled: yes }\n", "funding.poled: yes }\n")
        .replace("severity: low", "severity: lowish")
    )
    ran = run("lint", pack)
    assert ran.code == 2
    assert "GR101 unknown-fact" in ran.err
    assert "GR103 unknown-value" in ran.err
    listed = json.loads(run("lint", pack, "--format", "json").out)
    assert {"GR101", "GR103"} <= {each["code"] for each in listed}
    keys = {"code", "name", "warning", "message", "help", "file", "line", "column"}
    assert set(listed[0]) == keys


def test_lint_of_no_pack_is_exit_code_2(run, tmp_path):
    assert run("lint", tmp_path).code == 2
    assert run("lint", tmp_path / "missing").code == 2


def test_examples_that_hold_are_exit_code_0(run, pack):
    ran = run("test", pack)
    assert ran.code == 0
    assert "3 rules, 2 examples, 0 failed" in ran.out
    assert "no example shows as" in ran.out
    assert "no example shows as" not in run("test", pack, "--no-coverage").out


def test_an_example_that_fails_is_exit_code_1(run, pack):
    theme = pack / "money.yaml"
    theme.write_text(theme.read_text().replace("expect: clear", "expect: flagged"))
    ran = run("test", pack)
    assert ran.code == 1
    assert "rule `pooled-without-protocol`, example `with`: expected flagged" in ran.err


def test_a_pack_without_examples_is_exit_code_3(run, pack):
    theme = pack / "money.yaml"
    lines = theme.read_text().splitlines(keepends=True)
    theme.write_text(
        "".join(each for each in lines if "name: with" not in each and "examples" not in each)
    )
    assert run("test", pack).code == 3


def test_mutants_are_counted(run, pack):
    ran = run("test", pack, "--mutants")
    assert ran.code == 0
    assert "mutants caught" in ran.out
    assert "no example notices: " in ran.out


def test_a_folder_of_packs_stands_for_the_packs_in_it(run, pack):
    assert "in 1 pack:" in run("lint", pack.parent).out


def test_schemas_are_written_into_a_folder(run, tmp_path):
    ran = run("schema", "--output", tmp_path / "schemas")
    assert ran.code == 0
    names = sorted(each.name for each in (tmp_path / "schemas").iterdir())
    assert names == [
        "findings.schema.json",
        "mapping.schema.json",
        "rules.schema.json",
        "subject.schema.json",
    ]


def test_schemas_are_not_written_over_a_file(run, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("schema", "--output", tmp_path / "file").code == 2
    ran = run("schema", "--output", tmp_path / "file" / "below")
    assert ran.code == 2


@pytest.mark.parametrize("command", ["check", "plan"])
def test_an_engine_that_is_not_there_is_a_usage_error_that_names_the_nearest(run, command):
    ran = run(command, "x.yaml", "--engine", "refrence")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        "govrules: engine `refrence`: there is no such engine; did you mean `reference`?\n"
    )


def test_the_code_of_a_rule_and_of_all_rules(run):
    one = run("explain", "--code", "pooled-budget-without-protocol")
    assert one.code == 0
    assert one.out.startswith("# rules about partnership\n")
    assert one.out.count("return judge") == 1
    assert "# 0: pooled-budget-without-protocol" in one.out
    whole = run("explain", "--code")
    assert "# rules about register\n" in whole.out
    assert "# rules about pair\n" in whole.out
    assert "= Partnership unknown\n" in whole.out
    assert whole.out.count("return judge") == whole.out.count("# rules about ")


def test_the_code_of_what_is_no_rule(run):
    ran = run("explain", "pooled-budget-without-protocl", "--code")
    assert ran.code == 2
    assert "did you mean `pooled-budget-without-protocol`?" in ran.err
    assert run("explain").code == 2


PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
WIDTH = 88


def lines(of: Rule, rulebook: Rulebook) -> list[str]:
    return [text for text, _ in formula_lines(of, rulebook)]


def printed(requires: object) -> str:
    """What is printed of a rule that requires something of a thing, on one line."""
    one = rule(0, requires)
    return " ".join(" ".join(lines(one, small.rulebook_of((one,), DERIVED))).split())


def test_the_page_on_engines_shows_what_is_printed(run):
    block = r"\$ govrules explain --formula (\S+)\n(.*?)```"
    ((name, text),) = re.findall(block, PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ran = run("explain", name, "--formula")
    assert (ran.code, ran.out) == (0, text)


def test_lines_are_short_and_brackets_are_closed(run):
    ran = run("explain", "--formula")
    assert ran.code == 0
    assert "\nflagged =" in ran.out
    assert max(map(len, ran.out.splitlines())) <= WIDTH
    for paragraph in ran.out.split("\n\n"):
        assert paragraph.count("(") == paragraph.count(")")


def test_what_is_no_rule(run):
    ran = run("explain", "pooled-budget-without-protocl", "--formula")
    assert ran.code == 2
    assert "did you mean `pooled-budget-without-protocol`?" in ran.err


def test_every_kind_of_condition_is_told_apart():
    told = [printed(each) for each in CONDITIONS]
    for text in (
        "price is at least £1",
        "nobody recorded big",
        "big is no",
        "level is middle or top",
        "tier may be middle",
        "tier cannot be",
        "checked is more than 1 year ago",
        "colours includes blue or red",
        "there may be more items",
        "some item: (items[].fine is yes",
        "there is no item",
        "the number of items where (items[].fine is yes) is at least 2",
        "the number of colours is",
        "the sum of items[].weight",
        "100 times the number of items where",
        "level is at least deal.level",
        "deal is none",
    ):
        assert any(text in each for each in told), text


@given(small.rulebooks())
def test_any_rule_is_printed(rulebook):
    for each in rulebook.rules:
        text = lines(each, rulebook)
        assert max(map(len, text)) <= WIDTH
        assert not any("Var(" in line or "Read(" in line for line in text)


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


@pytest.mark.parametrize(
    ("words", "name", "begins"),
    [
        ("check", "report.json", b"{"),
        ("check", "report.jsonl", b'{"'),
        ("check", "report.xlsx", b"PK"),
        ("check", "report.html", b"<!doctype html>"),
        ("check", "report.md", b"# "),
        ("check", "report.txt", b"Pool"),
        ("check", "report", b"Pool"),
        ("plan", "plan.json", b"{"),
        ("plan", "plan.yaml", b"govrules: 1"),
        ("catalogue", "rules.HTML", b"<!doctype html>"),
        ("catalogue", "rules.xlsx", b"PK"),
        ("facts", "facts.json", b"["),
    ],
)
def test_a_file_holds_what_its_name_says(run, pack, words, name, begins) -> None:
    subject, output = pack.with_name("pool.yaml"), pack.with_name(name)
    subject.write_text("name: Pool\nfunding.pooled: yes\n")
    about = [subject] if words in ("check", "plan") else []
    assert run(words, *about, "--rules", pack, "--output", output).code in (0, 1)
    assert output.read_bytes().lstrip().startswith(begins)


@pytest.mark.parametrize(
    ("word", "name"), [("check", "r.pdf"), ("check", "r.ods"), ("plan", "p.xlsx")]
)
def test_a_file_is_not_written_as_what_it_cannot_hold(run, pack, word, name) -> None:
    subject, output = pack.with_name("pool.yaml"), pack.with_name(name)
    subject.write_text("name: Pool\nfunding.pooled: yes\nprotocol: none\n")
    ran = run(word, subject, "--rules", pack, "--output", output)
    assert (ran.code, output.exists()) == (2, False)
    assert f"this is not written as `{output.suffix}`" in ran.err
    assert "say how with `--format`: text, json" in ran.err
    assert run(word, subject, "--rules", pack, "--output", output, "--format", "text").code == 1
