"""The workspace, `diff`, `facts` and what `explain` and `test --strict` say, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from govrules.cli import main
from govrules.cli.rule_files import RuleFiles
from govrules.cli.workspace import workspace
from govrules.rulebook.load import _RULEBOOK_KEYS, load_rulebook
from govrules.rulebook.rules import EXAMPLE_KEYS, RULE_KEYS
from govrules.rulebook.types import TESTS
from govrules.rulebook.words import WORDS

EXAMPLES = Path(__file__).parents[2] / "examples"
COUNCIL = EXAMPLES / "council"
BOOK = """\
govrules: 1
id: own
title: Our law
version: "{version}"
owner: us
sources: {{ s: {{ title: S, publisher: P, year: "2026" }} }}
parameters:
  much: {{ value: {much}, unit: pounds, reason: It is much., says: ours }}
facts:
  local.x: {{ type: yes or no, kind: arrangement, label: x is so, question: Is x so? }}
"""
RULES = """\
govrules: 1
theme: t
rules:
  - id: {id}
    title: {title}
    principle: Who spends much is careful.
    source: {{ document: s, paragraph: 1 }}
    applies_when: {applies}
    {unless}
    requires: {{ funding.annual_spend: {{ less_than: {{ parameter: much }} }} }}
    severity: low
  - id: other
    title: X is not so
    principle: X is so.
    source: {{ document: s, paragraph: 2 }}
    requires: {{ local.x: yes }}
    severity: low
"""
UNLESS = (
    "unless: [{ when: { status: proposed }, because: It is new., "
    "source: { document: s, paragraph: 1 } }]"
)
SOUND = {
    "version": "1",
    "much": 1000,
    "id": "spends-much",
    "title": "It spends much",
    "applies": "{ any: [{ funding.pooled: yes }, { status: active }] }",
    "unless": UNLESS,
}


@pytest.fixture
def pack(tmp_path):
    def pack(name="new", **changed):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        words = {**SOUND, **changed}
        (folder / "rulebook.yaml").write_text(BOOK.format(**words), "utf-8")
        (folder / "rules.yaml").write_text(RULES.format(**words), "utf-8")
        return str(folder)

    return pack


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "register.yaml"
    path.write_text(
        "govrules: 1\nas_of: 2026-01-31\npartnerships:\n"
        "  - { id: A, name: Alpha, status: active, funding: { annual_spend: 900, pooled: yes } }\n"
        "  - { id: B, name: Beta, status: active, funding: { annual_spend: 2000, pooled: no } }\n"
        "  - { id: C, name: Gamma, status: proposed, funding: { annual_spend: 9000, pooled: yes } }\n",
        "utf-8",
    )
    return str(path)


def compared(capsys, *words):
    code = main(["diff", *words, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "case",
    [
        ({"much": 500}, "changed in meaning", "threshold: much was £1,000, is £500", ["A"]),
        ({"title": "It spends a lot"}, "changed only in words", "title: was", []),
        ({"id": "spends-too-much"}, "renamed", "renamed from spends-much", []),
        ({"unless": ""}, "changed in meaning", "exception removed: where", ["C"]),
        (
            {"applies": "{ any: [{ status: active }, { funding.pooled: yes }] }"},
            "changed only in words",
            "conditions stand in another order",
            [],
        ),
        (
            {
                "applies": "{ not: { all: [{ not: { funding.pooled: yes } }, { not: { status: active } }] } }"
            },
            "changed only in words",
            "where it applies: was",
            [],
        ),
    ],
)
def test_diff_tells_apart_what_changes(pack, register, capsys, case):
    changed, change, edit, moved = case
    old = pack("old")
    code, data = compared(capsys, old, pack("new", version="2", **changed), register)
    (found,) = data["rules"]
    assert found["change"] == change
    assert any(each.startswith(edit) for each in found["edits"])
    assert [each["id"] for each in data["outcomes"]] == moved
    assert code == (1 if change == "changed in meaning" else 0)
    assert found["how"] or change in ("renamed", "changed only in words")


def test_a_moved_outcome_has_the_fact_and_the_edit(pack, register, capsys):
    _, data = compared(capsys, pack("old"), pack("new", version="2", much=500), register)
    (move,) = data["outcomes"]
    assert (move["was"], move["now"]) == ("clear", "flagged, low")
    assert "it spends £900 a year" in move["because"]
    assert move["edits"] == ["threshold: much was £1,000, is £500"]


def test_rules_that_changed_under_one_version_are_reported(pack, capsys):
    _, data = compared(capsys, pack("old"), pack("new", much=500))
    assert data["same_version"] == ["own"]
    assert main(["diff", pack("old"), pack("new", much=500)]) == 1
    assert "its rules changed, and its version did not" in capsys.readouterr().out


def test_without_a_prover_cases_are_generated_and_said_to_be(pack, capsys, monkeypatch):
    for name in [*sys.modules]:
        if name.startswith("govrules.prove"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "z3", None)
    _, data = compared(capsys, pack("old"), pack("new", much=500))
    (found,) = data["rules"]
    assert found["same"] is False
    assert found["example"]
    one = {"applies": "{ any: [{ status: active }, { funding.annual_spend: { at_least: 5 } }] }"}
    two = {
        "applies": "{ any: [{ status: active }, { not: { funding.annual_spend: { less_than: 5 } } }] }"
    }
    _, data = compared(capsys, pack("old", **one), pack("new", **two))
    for each in data["rules"]:
        assert "formulas" in each["how"] or "generated" in each["how"] or each["example"]


def test_diff_takes_a_git_revision(pack, capsys, tmp_path):
    new = pack("new")

    def git(*words):
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words],
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    pack("new", much=500, version="2")
    code, data = compared(capsys, "HEAD", new)
    assert code == 1
    assert data["parameters"] == ["much is £500, and was £1,000"]
    assert main(["diff", "v1", new]) == 2
    assert "neither a pack nor a revision" in capsys.readouterr().err


def test_results_are_kept_and_compared(pack, register, capsys, tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    old = pack("old")
    main(["check", register, "--rules", old, "--format", "json", "--output", str(one)])
    text = Path(register).read_text("utf-8").replace("900,", "1900,")
    Path(register).write_text(text, "utf-8")
    main(["check", register, "--rules", old, "--format", "json", "--output", str(two)])
    code, data = compared(capsys, str(one), str(two))
    assert code == 1
    (move,) = data["outcomes"]
    assert (move["id"], move["was"], move["now"], move["why"]) == (
        "A",
        "clear",
        "flagged, low",
        "the facts",
    )
    assert compared(capsys, str(one), str(one))[0] == 0
    main(["diff", str(one), str(two)])
    assert "1 outcome changed." in capsys.readouterr().out


def test_diff_for_a_meeting_paper(pack, register, capsys):
    old = pack("old")
    assert main(["diff", old, pack("new", much=500), register, "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("# What changes: Our law\n")
    assert "## Whose outcome changes: 1 of 3 subjects, 1 outcome" in out


def test_the_workspace_is_found_upwards(tmp_path, pack, register, capsys, monkeypatch):
    pack("rules")
    (tmp_path / "govrules.yaml").write_text(
        "govrules: 1\nrules: [rules]\nregister: register.yaml\n", "utf-8"
    )
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert main(["lint"]) == 0
    assert "2 rules in 1 pack" in capsys.readouterr().out
    assert main(["check"]) == 1
    assert "Beta" in capsys.readouterr().out
    assert main(["explain", "much"]) == 0
    assert "Rules that read it: spends-much." in capsys.readouterr().out


@pytest.mark.parametrize(
    "case",
    [
        ("rules: [ruls]", "did you mean `rules`?"),
        ("rules: [rules]\nregister: registr.yaml", "did you mean `register.yaml`?"),
        ("rules: [rules]\nwaivers: none.yaml", "`none.yaml`, is not there"),
        ("rule: [rules]", "did you mean `rules`?"),
        ("rules: rules", "is a list"),
    ],
)
def test_a_workspace_that_names_what_is_not_there_is_refused(
    tmp_path, pack, capsys, monkeypatch, case
):
    text, said = case
    (tmp_path / "register.yaml").write_text("govrules: 1\npartnerships: none\n", "utf-8")
    pack("rules")
    (tmp_path / "govrules.yaml").write_text(f"govrules: 1\n{text}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["lint"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith(("govrules.yaml:2:", "govrules.yaml:3:"))


def test_without_a_workspace_nothing_is_guessed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert workspace().path is None
    assert main(["check"]) == 2
    assert "there is no `govrules.yaml` here" in capsys.readouterr().err


def test_a_file_that_needs_a_pack_says_which(pack, tmp_path, monkeypatch, capsys):
    pack("ours")
    (tmp_path / "a.yaml").write_text("govrules: 1\nname: A\nlocal.x: yes\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "a.yaml"]) == 2
    assert "pack `ours` declares it: add `--rules ours`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["lead", "officer"], "responsible_officer"),
        (["end", "date"], "governing_document.expires"),
        (["budget"], "funding.annual_spend"),
        (["funding"], "funding.pooled"),
        (["partners"], "partners[].named_accountable"),
    ],
)
def test_facts_are_found_by_the_words_people_use(capsys, words, path):
    assert main(["facts", *words, "--format", "json"]) == 0
    assert path in [each["fact"] for each in json.loads(capsys.readouterr().out)]


def test_facts_that_nobody_knows_are_said_to_be(capsys):
    assert main(["facts", "xyzzy"]) == 3
    assert "no fact is like `xyzzy`" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["high_spend", "newer_than", "mitigated_by", "adapts", "unknown"])
def test_parameters_tests_and_words_are_explained(capsys, word):
    assert main(["explain", word]) == 0
    assert capsys.readouterr().out.startswith(f"{word}  (")


def test_every_key_and_test_of_the_format_is_explained():
    plain = {"govrules", "version", "owner", "name"}
    keys = {*RULE_KEYS, *EXAMPLE_KEYS, *_RULEBOOK_KEYS, *TESTS}
    assert keys - plain - WORDS.keys() == set()


def test_packs_that_are_used_together_are_linted_together(pack, capsys):
    assert main(["lint", pack("one"), pack("two")]) == 2
    assert "is already the name of another" in capsys.readouterr().err


def test_strict_fails_on_a_rule_without_examples(pack, capsys):
    assert main(["test", pack("new")]) == 3
    assert main(["test", pack("new"), "--strict"]) == 1
    assert "it has no example" in capsys.readouterr().out


# ── The example of the third tutorial ─────────────────────────────────────────────────────────


def test_the_council_lints_and_tests_strictly(monkeypatch, capsys):
    monkeypatch.chdir(COUNCIL)
    assert main(["lint"]) == 0
    assert main(["test", "--strict", "--mutants"]) == 0
    out = capsys.readouterr().out
    assert "0 failed" in out
    assert "(100.0 %)" in out


def test_the_council_checks_its_register_as_yaml_and_as_a_spreadsheet(monkeypatch, capsys):
    monkeypatch.chdir(COUNCIL)
    assert main(["check", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (own,) = [each for each in data["packs"] if each["id"] == "governing-partnerships"]
    assert {each["what"] for each in own["adapted"]} == {
        "parameter",
        "severity",
        "leave_out",
        "replaced_by",
    }
    assert all(each["approved"] == "Cabinet, 20 January 2026" for each in own["adapted"])
    findings = {
        (one["id"], each["rule"]): each for one in data["subjects"] for each in one["findings"]
    }
    rules = {rule for _, rule in findings}
    assert "agreement-not-reviewed" not in rules
    assert "agreement-not-reviewed-this-year" in rules
    assert findings["EX-01", "value-never-assessed"]["waived"]["until"] == "2026-09-30"
    register = next(one for one in data["subjects"] if "register" in one["name"])
    (graded,) = [
        each
        for each in register["findings"]
        if each["rule"] == "significant-partnerships-without-agreement"
    ]
    assert graded["severity"] == "critical"
    words = ["check", "../eastshire.xlsx", "--mapping", "../eastshire.mapping.yaml"]
    assert main([*words, "--format", "json"]) in (0, 1)
    sheet = json.loads(capsys.readouterr().out)
    assert sheet["packs"] == data["packs"]


def test_the_council_compares_its_law_with_that_of_last_year(monkeypatch, capsys):
    monkeypatch.chdir(COUNCIL)
    code, data = compared(capsys, "our-law-2025", "our-law")
    assert code == 1
    assert data["same_version"] == []
    changes = {each["rule"]: each["change"] for each in data["rules"]}
    assert changes["agreement-not-reviewed"] == "removed"
    assert changes["agreement-not-reviewed-this-year"] == "added"
    assert changes["significant-partnerships-without-agreement"] == "changed in meaning"
    assert "EX-08" in {each["id"] for each in data["outcomes"]}


def test_rule_files_that_change_are_noticed_once_they_stand_still(pack, capsys):
    folder = pack("ours")
    book = load_rulebook(folder)
    files = RuleFiles((folder,))
    assert files.changed(book) is None
    pack("ours", much=500, version="2")
    assert files.changed(book) is None
    found = files.changed(book)
    assert found is not None
    assert found.parameters["much"].value == 500
    assert files.changed(found) is None
    rules = Path(folder) / "rules.yaml"
    rules.write_text("govrules: [", "utf-8")
    files.changed(found)
    assert files.changed(found) is None
    assert "those of before still count" in capsys.readouterr().err
