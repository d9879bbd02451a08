"""`govrules plan`: what to change, what that clears, and what is left."""

from __future__ import annotations

import json

import pytest


def test_a_plan_says_what_each_change_clears(run, pack, pooled):
    ran = run("plan", pooled, "--rules", pack)
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "Care pool",
        "1 change settles 1 thing to put right; fewer would not do.",
        "",
        "  1  MEDIUM    Agree a protocol.",
        "               The partners, by 30 June 2026",
        f"{' ' * 15}settled when: The partners have agreed a protocol for decisions and money.",
        f"{' ' * 17}[protocol.agreed]",
        "               puts right: Budgets are pooled without a protocol",
        "",
        "1 check would still not be known: `govrules ask` asks what would settle them.",
        "",
    ]


def test_a_plan_as_json(run, pack, pooled):
    data = json.loads(run("plan", pooled, "--rules", pack, "--format", "json").out)
    (made,) = data["plans"]
    (step,) = made["steps"]
    (change,) = step["changes"]
    assert (change["fact"], change["to"]) == ("protocol.agreed", True)
    assert (step["rule"], step["helps"]) == ("pooled-without-protocol", ["pooled-without-protocol"])
    assert (made["clears"], made["left"]) == (["pooled-without-protocol"], [])
    assert made["proven_smallest"] is True


def test_a_level_leaves_out_what_is_less_grave(run, pack, pooled):
    ran = run("plan", pooled, "--rules", pack, "--level", "high")
    assert ran.code == 0
    assert (
        "There is nothing of high severity or above to put right, so there is nothing to plan."
        in ran.out
    )


def test_what_no_arrangement_clears_is_named(run, pack, tmp_path):
    theme = pack / "money.yaml"
    theme.write_text(
        theme.read_text().replace(
            "requires: { not: { responsible_officer: none } }", "requires: { funding.pooled: no }"
        )
    )
    path = tmp_path / "pooled.yaml"
    path.write_text("name: X\nfunding.pooled: yes\nprotocol.agreed: yes\n")
    ran = run("plan", path, "--rules", pack)
    assert ran.code == 1
    assert "No change of arrangements settles 1 thing:\n  No officer is responsible\n" in ran.out
    assert "changes settle" not in ran.out


def test_a_register_is_planned_entry_by_entry(run, pack, register):
    data = json.loads(run("plan", register, "--rules", pack, "--format", "json").out)
    assert [each["id"] for each in data["plans"]] == ["", "p1", "p2"]
    assert sum(len(each["changes"]) for each in data["plans"][1]["steps"]) == 2
    assert data["plans"][2]["steps"] == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_plan_can_be_written_to_a_file(run, pack, pooled, tmp_path, form):
    printed = run("plan", pooled, "--rules", pack, "--format", form)
    ran = run("plan", pooled, "--rules", pack, "--format", form, "--output", tmp_path / "plan")
    assert (ran.code, ran.out) == (1, "")
    assert (tmp_path / "plan").read_text() == printed.out


def test_a_file_that_cannot_be_used_is_exit_code_2(run, pack, tmp_path):
    assert run("plan", tmp_path / "missing.yaml", "--rules", pack).code == 2


def test_actions_are_printed_and_those_of_nobody_are_left_out(run, pack, pooled, tmp_path):
    nobody = tmp_path / "nobody.yaml"
    nobody.write_text("funding.pooled: yes\nprotocol: none\n")
    ran = run("plan", pooled, nobody, "--rules", pack, "--format", "actions")
    assert ran.code == 1
    assert ran.out.count("rule: pooled-without-protocol") == 1
    assert "partnership: Care pool" in ran.out
    assert "of a partnership without id or name: left out" in ran.err


def test_actions_that_cannot_be_written_are_exit_code_2(run, pack, pooled, tmp_path):
    actions = tmp_path / "actions.yaml"
    actions.write_text("{ govrules: 1, actions: [] }\n")
    ran = run("plan", pooled, "--rules", pack, "--output", actions)
    assert ran.code == 2
    assert f"`{actions}`" in ran.err
    assert actions.read_text() == "{ govrules: 1, actions: [] }\n"


def test_without_a_plan_no_actions_are_written(run, pack, tmp_path):
    actions = tmp_path / "actions.yaml"
    assert run("plan", tmp_path / "gone.yaml", "--rules", pack, "--output", actions).code == 2
    assert not actions.exists()
