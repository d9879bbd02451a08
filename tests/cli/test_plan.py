"""`govrules plan`: what to change, what that clears, what is left; and the files of actions that come of it."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from pathlib import Path

import attrs
import pytest

from govrules import UNKNOWN, Register, Verdict, assess_register, load_rulebook, to_data
from govrules.actions import action_problems, follow_up, read_actions, write_actions
from govrules.cli import main
from govrules.editing import EditError
from govrules.errors import RuleFileError
from govrules.reading import read_subject
from govrules.render.action_progress import all_decided, decided, short_summary
from govrules.rulebook.decisions import Action, Progress, State


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
    one = run("plan", register, "--rules", pack, "--entry", "p1", "--format", "json")
    assert json.loads(one.out)["plans"] == data["plans"][1:2]
    nobody = run("plan", register, "--rules", pack, "--entry", "p3")
    assert (nobody.code, "no partnership is called `p3`" in nobody.err) == (2, True)


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


AGREE = Action("care", "protocol", "Agree it: all partners", "", dt.date(2026, 3, 31))
MEET = Action("fund", "meetings", "Meet", "Head", "the next meeting", State.DONE, "It met.")
TYPED = """\
# Agreed by the board.
govrules: 1
actions:
  - partnership: care   # the pool
    rule: protocol
    do: Agree it
    owner: Head of care
    by: 31 March 2026
    # Moved once.
    state: planned
"""


def test_a_state_may_be_its_word():
    """Otherwise what is done would count as planned."""
    done = Action("care", "protocol", state="done")  # type: ignore[arg-type]
    assert done.progress(Verdict.FLAGGED, UNKNOWN) is Progress.NOT_CLEARED
    with pytest.raises(ValueError, match="'dnoe' is not a valid State"):
        Action("care", "protocol", state="dnoe")  # type: ignore[arg-type]


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "actions.yaml"
    write_actions(path, [AGREE, MEET])
    assert read_actions(path) == (AGREE, MEET)
    before = path.read_text()
    write_actions(path, [MEET, AGREE])
    assert path.read_text() == before


def test_a_date_as_people_type_it_and_words_are_both_read():
    (first,) = read_actions({"a.yaml": TYPED})
    assert first.by == dt.date(2026, 3, 31)
    (other,) = read_actions({"a.yaml": TYPED.replace("31 March 2026", "the next meeting")})
    assert other.by == "the next meeting"


def test_what_people_typed_stays_and_what_changed_is_put_in_its_place(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text(TYPED)
    (typed,) = read_actions(path)
    done = Action("care", "protocol", "Agree it", typed.owner, typed.by, State.DONE, "Signed.")
    write_actions(path, [done, MEET])
    changed = TYPED.replace("state: planned", "state: done\n    why: Signed.")
    assert path.read_text().startswith(changed)
    assert read_actions(path) == (done, MEET)


def test_what_is_no_longer_needed_is_marked_once_and_can_be_needed_again(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text(TYPED)
    key = ("care", "protocol")
    write_actions(path, [], no_longer={key: "the rule is met"})
    write_actions(path, [], no_longer={key: "it has ended"})
    assert path.read_text().count("# no longer needed: it has ended\n") == 1
    assert "the rule is met" not in path.read_text()
    write_actions(path, [], no_longer={key: ""})
    assert path.read_text() == TYPED


@pytest.mark.parametrize(
    "text",
    [
        "govrules: 1\nactions: []\n",
        "govrules: 1\nactions:\n",
        "govrules: 1\nactions: # none yet\n# later\n",
        "govrules: 1\r\nactions:\r\n- partnership: a\r\n  rule: b\r\n  do: |\r\n    Long\r\n    text\r\n# end",
        "\ufeffgovrules: 1\nactions: [{partnership: a, rule: b, do: 'x, y'}]\n",
    ],
)
def test_every_layout_takes_more_actions(tmp_path, text):
    path = tmp_path / "actions.yaml"
    path.write_bytes(text.encode())
    before = read_actions(path)
    write_actions(path, [AGREE, MEET])
    assert read_actions(path) == (*before, AGREE, MEET)
    for line in text.split("\n"):
        assert line.strip(" []\r\n}") in path.read_bytes().decode()


@pytest.mark.parametrize("by", ["10 working days", "1 month for each body, 3 months for both"])
def test_a_length_from_which_no_day_follows_is_kept_in_words(tmp_path, by):
    path = tmp_path / "actions.yaml"
    planned = attrs.evolve(AGREE, by=by)
    write_actions(path, [planned])
    assert read_actions(path) == (planned,)
    assert not planned.is_late(dt.date(2030, 1, 1))


def test_a_file_in_braces_is_left_alone(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text('{"govrules": 1, "actions": []}')
    with pytest.raises(EditError, match="in braces"):
        write_actions(path, [AGREE])
    assert path.read_text() == '{"govrules": 1, "actions": []}'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    rule: protocol\n", "", "an action has no `rule`"),
        ("31 March 2026", "31.13.2026", "`31.13.2026` cannot be read as a day"),
        ("state: planned", "state: not planned", "an action that is not planned has no reason"),
        ("state: planned", "state: doen", "unknown value `doen` of `state`"),
        ("owner:", "who:", "unknown key `who` of an action"),
        ("actions:\n", "action:\n", "unknown key `action` of a file of actions"),
        (
            "state: planned\n",
            "state: planned\n  - {partnership: care, rule: protocol}\n",
            "`protocol` of `care` has an action already, a.yaml:5",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_cure(old, new, said):
    with pytest.raises(RuleFileError) as raised:
        read_actions({"a.yaml": TYPED.replace(old, new)})
    first = raised.value.diagnostics[0]
    assert said in first.message
    assert first.span.line
    assert first.help


# ── What has become of them ───────────────────────────────────────────────────────────────────

EXAMPLE = Path(__file__).parents[2] / "examples" / "last-quarter"
AS_OF = dt.date(2026, 1, 31)


@pytest.fixture(scope="module")
def followed():
    register = read_subject(EXAMPLE.parent / "example-register.yaml").subject
    assessed = assess_register(register, load_rulebook(), as_of=AS_OF)
    return follow_up(assessed, read_actions(EXAMPLE / "actions.yaml"))


@pytest.mark.parametrize(
    ("partnership", "rule", "progress", "told"),
    [
        ("EX-01", "not-in-audit-plan", "kept", "Kept: the check is met."),
        (
            "EX-02",
            "agreement-not-reviewed",
            "kept",
            "Kept: the check is met, though nobody has marked it done.",
        ),
        ("EX-01", "agreement-not-comprehensive", "late", "Late: it was due 31 days ago."),
        (
            "EX-01",
            "agreement-not-reviewed",
            "done and did not clear",
            (
                "Done, and did not clear: the finding is still there."
                " Reply: The partners met on 6 November 2025."
            ),
        ),
        (
            "EX-01",
            "risks-not-registered",
            "done but not known whether it cleared",
            "Done, and it is not known whether it cleared: 1 question would settle it.",
        ),
        ("EX-10", "no-redress", "planned", "Planned."),
        (
            "EX-16",
            "form-not-addressed",
            "no longer needed",
            "No longer needed: the check is met. Reply: It was to be wound up.",
        ),
    ],
)
def test_each_action_of_last_quarter_is_followed_up(followed, partnership, rule, progress, told):
    entry = next(each for each in followed.entries if each.id == partnership)
    (finding,) = (each for each in entry.acted_on if each.rule.id == rule)
    assert finding.progress is not None
    assert finding.progress.value == progress
    found = decided(finding)
    assert found is not None
    assert found.told == told


def test_an_action_on_the_register_itself_is_followed_up(followed):
    (finding,) = followed.register.acted_on
    assert finding.progress is Progress.LATE


def test_json_holds_what_was_decided_beside_its_finding(followed):
    data = to_data(followed)
    entry = next(each for each in data["subjects"] if each["id"] == "EX-05")
    (finding,) = (each for each in entry["findings"] if each["rule"] == "value-never-assessed")
    assert finding["action"]["state"] == "not planned"
    assert finding["action"]["why"].startswith("It spends nothing of its own")
    assert [each["rule"] for each in entry["actions"]] == ["value-never-assessed"]


@pytest.mark.parametrize("words", [("markdown",), ("html",), ("text", "--full"), ("csv",)])
def test_every_format_says_what_has_become_of_each(words, capsys, monkeypatch):
    monkeypatch.chdir(EXAMPLE)
    assert main(["check", "--as-of", "2026-01-31", "--format", *words]) == 1
    told = " ".join(capsys.readouterr().out.replace("\\", "").split())
    assert "Late: it was due 31 days ago." in told
    assert "Done, and did not clear: the finding is still there." in told
    assert "Reply: It spends nothing of its own; the board looks at it again" in told


def test_a_page_ends_with_the_actions_that_need_somebody(followed, capsys, monkeypatch):
    monkeypatch.chdir(EXAMPLE)
    main(["check", "--as-of", "2026-01-31"])
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "Decided (" in each]
    told = "Decided (9): 2 late, 1 done and did not clear, and 6 others. Each: --full"
    assert line == told
    kept = [each for each in all_decided(followed.entries) if each.progress is Progress.KEPT]
    assert short_summary(kept) == f"Decided ({len(kept)}): {len(kept)} kept. Each: --full"


def test_an_action_on_a_register_without_a_name_is_said_to_be_on_the_register():
    action = Action("the register", "register-not-reviewed", do="Review it")
    nameless = assess_register(Register(partnerships=()), load_rulebook(), as_of=AS_OF)
    (found,) = all_decided([follow_up(nameless.register, [action])])
    assert found.name == "(the register)"


def test_an_action_on_a_rule_that_is_not_in_force_is_not_needed(followed):
    entry = attrs.evolve(followed.entries[0], actions=(Action("EX-01", "gone", do="Look at it"),))
    (found,) = all_decided([entry])
    assert found.text == "Look at it. No longer needed: the rule is not in force."
    assert found.title == "gone"


def test_what_is_late_and_not_known_is_asked_for(followed):
    finding = next(each for each in followed.entries[1].of(Verdict.UNKNOWN) if each.questions)
    late = Action("EX-02", finding.rule.id, by=dt.date(2026, 1, 30))
    found = decided(attrs.evolve(finding, action=late))
    assert found.told.startswith(
        "Late: it was due 1 day ago. Whether it is put right is not known:"
    )


def test_nothing_is_late_where_the_day_is_not_known_or_given_in_words(followed):
    late = Action("a", "b", by=dt.date(2020, 1, 1))
    assert late.progress(Verdict.FLAGGED, UNKNOWN) is Progress.PLANNED
    words = Action("a", "b", by="the next meeting")
    assert words.progress(Verdict.FLAGGED, AS_OF) is Progress.PLANNED
    assert late.progress(Verdict.UNKNOWN, AS_OF) is Progress.LATE
    assert late.progress(None, AS_OF) is Progress.NO_LONGER_NEEDED


def test_what_cannot_be_followed_up_is_said_with_its_place(followed):
    text = (
        "govrules: 1\nactions:\n  - {partnership: EX-99, rule: no-redress}\n"
        "  - {partnership: EX-10, rule: no-redres}\n"
    )
    actions = read_actions({"actions.yaml": text})
    every = (followed.register, *followed.entries)
    found = [*action_problems(every, actions, followed.register.rulebook)]
    assert [each.code.title for each in found] == ["action-not-followed-up"] * 2
    assert [each.span.line for each in found] == [3, 4]
    assert "`EX-99`, which is not on the register" in found[0].message
    assert found[1].help == "did you mean `no-redress`?"


def test_a_plan_is_written_once_and_what_was_decided_stays(tmp_path, capsys):
    path, pool = tmp_path / "actions.yaml", tmp_path / "pool.yaml"
    pool.write_text(
        "id: P\nname: Pool\nfunding.pooled: yes\nprotocol: none\nfunding.reporting_agreed: no\n"
    )
    words = ["plan", str(pool), "--as-of", "2026-01-31", "--output", str(path)]
    main(words)
    first = read_actions(path)
    assert first
    assert {each.partnership for each in first} == {"P"}
    assert all(isinstance(each.by, dt.date) and not each.owner for each in first)
    agreed = path.read_text().replace("owner:\n", "owner: Head of care  # by name\n", 1)
    path.write_text(agreed)
    main(words)
    assert path.read_text() == agreed
    pool.write_text("id: P\nname: Pool\nstatus: ended\nfunding.pooled: no\n")
    main(words)
    needless = path.read_text()
    assert needless.count("# no longer needed: ") == len(first)
    assert [each.rule for each in read_actions(path)] == [each.rule for each in first]
    assert f"{len(first)} of them no longer needed" in capsys.readouterr().out


def test_an_assessment_with_actions_is_pickled(followed):
    again = pickle.loads(pickle.dumps(followed.entries[0]))
    assert again.actions == followed.entries[0].actions
    finding = followed.entries[0].acted_on[0]
    assert pickle.loads(pickle.dumps(finding)).progress is finding.progress
