"""The workspace, `diff`, `facts` and what `explain` and `test --strict` say, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from govrules.cli import main
from govrules.cli.watch import RuleFiles
from govrules.cli.workspace import workspace
from govrules.diff.meaning import cases_for
from govrules.model import Register
from govrules.rulebook.load import _RULEBOOK_KEYS, load_rulebook
from govrules.rulebook.rules import EXAMPLE_KEYS, RULE_KEYS
from govrules.rulebook.types import TESTS
from govrules.rulebook.words import WORDS

EXAMPLES = Path(__file__).parents[2] / "examples"
COUNCIL = EXAMPLES / "council"
BOOK = """\
govrules: 1
id: {book}
title: Our law
version: "{version}"
owner: us
sources: {{ s: {{ title: S, publisher: P, year: "2026" }} }}
parameters:
  much: {{ value: {much}, unit: pounds, reason: It is much., says: ours }}
  {parameter}
facts:
  local.x: {{ type: yes or no, kind: arrangement, label: x is so, question: Is x so? }}
{derived}
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
    {more}
    requires: {requires}
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
    "book": "own",
    "version": "1",
    "much": 1000,
    "parameter": "",
    "id": "spends-much",
    "title": "It spends much",
    "applies": "{ any: [{ funding.pooled: yes }, { status: active }] }",
    "unless": UNLESS,
    "more": "",
    "requires": "{ funding.annual_spend: { less_than: { parameter: much } } }",
    "derived": "",
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
        "  - { id: A, name: Alpha, status: active, started: 2025-03-01, "
        "funding: { annual_spend: 900, pooled: yes } }\n"
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
            "where it applies edited",
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


def test_a_threshold_by_date_is_told_with_every_value(pack, register, capsys):
    old, new = pack("old"), Path(pack("new", version="2"), "rulebook.yaml")
    dated = "values: [{ from: 2025-01-01, value: 1000 }, { from: 2026-01-01, value: 800 }]"
    new.write_text(new.read_text("utf-8").replace("value: 1000", dated), "utf-8")
    _, data = compared(capsys, old, str(new.parent), register)
    told = "£1,000, then £800 from 1 January 2026"
    assert data["parameters"] == [f"much is {told}, and was £1,000"]
    assert data["rules"][0]["edits"] == [f"threshold: much was £1,000, is {told}"]
    (move,) = data["outcomes"]
    assert (move["id"], move["now"]) == ("A", "flagged, low")
    assert main(["explain", "much", "--rules", str(new.parent)]) == 0
    assert f"Value: {told}" in capsys.readouterr().out
    assert main(["explain", "spends-much", "--rules", str(new.parent)]) == 0
    assert f"Threshold: {told} (parameter much)" in " ".join(capsys.readouterr().out.split())


def test_what_is_not_in_force_yet_is_not_checked_for_that(pack, register, capsys):
    more = "in_force: { from: 2027-01-01 }"
    _, data = compared(capsys, pack("old"), pack("new", version="2", more=more), register)
    (move,) = data["outcomes"]
    assert (move["id"], move["now"]) == ("B", "not checked")
    assert move["because"] == ["it is in force from 1 January 2027"]


def test_rules_that_changed_under_one_version_are_reported(pack, capsys):
    _, data = compared(capsys, pack("old"), pack("new", much=500))
    assert data["same_version"] == ["own"]
    assert main(["diff", pack("old"), pack("new", much=500)]) == 1
    assert "its rules changed, and its version did not" in capsys.readouterr().out


@pytest.fixture
def no_prover(monkeypatch):
    def no_prover():
        for name in [*sys.modules]:
            if name.startswith("govrules.prove"):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "z3", None)

    return no_prover


@pytest.mark.parametrize(
    "case",
    [
        (
            True,
            "{ oversight.audits_per_year: { at_least: 5 } }",
            "{ oversight.audits_per_year: { more_than: 4 } }",
        ),
        (
            False,
            "{ funding.annual_spend: { at_least: 5 } }",
            "{ funding.annual_spend: { more_than: 5 } }",
        ),
        (
            True,
            "{ partners: { some: { kind: charity, independent: yes } } }",
            "{ partners: { count: { where: { kind: charity, independent: yes }, at_least: 1 } } }",
        ),
        (
            False,
            "{ partners: { sum: { of: voting_share, where: { independent: yes }, at_least: 2 } } }",
            "{ partners: { sum: { of: voting_share, where: { independent: yes }, more_than: 2 } } }",
        ),
        (
            False,
            "{ partners: { share: { among: { independent: yes }, where: { kind: charity }, at_most: 50 } } }",
            "{ partners: { share: { where: { kind: charity }, at_most: 50 } } }",
        ),
        (
            False,
            "{ reviewed: { newer_than: { by: funding.pooled, yes: 12 months, no: 3 months } } }",
            "{ reviewed: { newer_than: 12 months } }",
        ),
        (
            True,
            "{ nature: { includes_all: [statutory, strategic] } }",
            "{ all: [{ nature: { includes: statutory } }, { nature: { includes: strategic } }] }",
        ),
        (False, "{ protocol: none }", "{ not: { protocol: none } }"),
        (
            False,
            "{ accountability.accountable_body: { fact: pool.host } }",
            "{ not: { pool.host: { fact: accountability.accountable_body } } }",
        ),
    ],
)
def test_generated_cases_say_what_the_prover_says(pack, capsys, no_prover, case):
    same, old, new = case
    words = [pack("old", applies=old), pack("new", applies=new)]
    _, data = compared(capsys, *words)
    proved = data["rules"][0]
    no_prover()
    _, data = compared(capsys, *words)
    tried = data["rules"][0]
    assert (proved["same"], tried["same"]) == (same, same)
    assert tried["how"] == (
        "400 generated cases showed no difference, which is no proof"
        if same
        else "an example was found"
    )
    assert bool(tried["example"]) is not same


def test_rules_on_registers_are_tried_on_what_is_derived_of_their_entries():
    book = load_rulebook()
    rules = [each for each in book.rules if each.subject == "register"]
    assert any("risk_tier" in str(each.requires) for each in rules)
    for rule in rules:
        for each in cases_for([rule], book, Random(0), 3):  # noqa: S311 - nothing secret hangs on it
            assert isinstance(each.subject, Register)


DERIVED = """derived:
  big: {{ label: it is big, when: {{ funding.annual_spend: {{ {test} }} }} }}
  near: {{ label: it is near, when: {{ big: yes, funding.pooled: yes }} }}
  size: {{ label: the size, values: [{values}], first_match: [{{ when: {{ big: yes }}, value: big }}], otherwise: small }}
  {more}"""


def test_a_rule_changes_through_the_derived_facts_that_it_reads(pack, register, capsys, no_prover):
    was = DERIVED.format(test="at_least: 900", values="big, small", more="")
    calm = "calm: { label: it is calm, when: { big: no } }"
    now = DERIVED.format(test="more_than: 900", values="big, small, huge", more=calm).replace(
        "value: big", "value: huge"
    )
    words = [
        pack("old", applies="{ near: yes }", derived=was),
        pack("new", applies="{ near: yes }", derived=now),
        register,
    ]
    assert main(["diff", *words]) == 1
    short = capsys.readouterr().out
    assert "Changed by what they rest on (1)\n  spends-much\n      By whether it is near" in short
    assert "Alpha (A): was clear; is not applicable, because" in short
    assert main(["diff", *words, "--full"]) == 1
    assert "\n  spends-much: It spends much\n      By whether it is" in capsys.readouterr().out
    _, data = compared(capsys, *words)
    proved = data["derived"]
    assert proved["size"]["how"] == "it has other values"
    assert proved["near"]["example"] == "{ funding.annual_spend: 900, funding.pooled: yes }"
    no_prover()
    _, data = compared(capsys, *words)
    tried = data["derived"]
    assert [*tried] == [*proved] == ["big", "near", "size"]
    assert json.loads(tried["near"]["example"])["funding.annual_spend"] == "900"


STATUS = "{{ status: [{}] }}"
MITIGATED = "mitigated_by: [{{ when: {{ public.served_directly: yes }}, because: {}, source: {{ document: s, paragraph: 1 }} }}]"
REMEDY = "remedy: {{ do: {}, who: the board, within: 3 months }}"
REVIEWED = {"applies": "{ name: X }", "unless": "", "requires": "{ name: X }"}
SPENT = "unless: [{{ when: {{ status: proposed }}, because: {}, source: {{ document: s, paragraph: 1 }} }}]"


@pytest.mark.parametrize(
    "case",
    [
        (
            {},
            {"more": "in_force: { from: 2026-04-01 }"},
            "changed in meaning",
            "in force: was always, is from 1 April 2026",
            "it is about something else, or in force at other times",
        ),
        (
            REVIEWED,
            {**REVIEWED, "more": "subject: register"},
            "changed in meaning",
            "it is about a register, and was about a partnership",
            "it is about something else, or in force at other times",
        ),
        (
            {},
            {"more": MITIGATED.format("It helps.")},
            "changed in meaning",
            "mitigation added: where it serves the public directly",
            "it has another number of mitigations",
        ),
        (
            {"applies": STATUS.format("active, proposed")},
            {"applies": STATUS.format("proposed, active")},
            "changed only in words",
            "conditions stand in another order",
            "both come to the same formulas",
        ),
        (
            {"more": REMEDY.format("Save.")},
            {"more": REMEDY.format("Save more.")},
            "changed only in words",
            "remedy edited",
            "",
        ),
        (
            {"unless": SPENT.format("It is new.")},
            {"unless": SPENT.format("Nothing is spent yet.")},
            "changed only in words",
            "why exceptions and mitigations hold",
            "",
        ),
        (
            {},
            {"more": "intended: { never-flagged: It is so. }"},
            "changed only in words",
            "what of it is intended",
            "",
        ),
    ],
)
def test_every_edit_of_a_rule_is_named(pack, capsys, case):
    old, new, *told = case
    _, data = compared(capsys, pack("old", **old), pack("new", **new))
    (found,) = data["rules"]
    assert [found["change"], found["edits"][-1], found["how"]] == told


def test_packs_parameters_and_rules_that_come_and_go_are_told(pack, capsys):
    few = "few: { value: 3, unit: partners, reason: It is few., says: ours }"
    many = "many: { value: £30, reason: It is much., says: ours }"
    old = pack("old", book="ours", parameter=few)
    new = pack("new", parameter=many, id="it-spends", applies="{ status: active }")
    assert main(["diff", old, new]) == 1
    out = capsys.readouterr().out
    assert "Packs\n  own 1 is new.\n  ours 1 is gone.\n" in out
    assert "Parameters\n  many is new: £30.\n  few is gone.\n" in out
    assert "  it-spends: It spends much\n      Renamed from spends-much.\n" in out
    assert main(["diff", old, old]) == 0
    assert capsys.readouterr().out == "No rule changed.\n"


def test_a_proof_that_takes_too_long_gives_way_to_generated_cases(pack, capsys, monkeypatch):
    monkeypatch.setattr("govrules.diff.meaning.SECONDS", 0)
    _, data = compared(capsys, pack("old"), pack("new", much=500))
    assert json.loads(data["rules"][0]["example"])["funding.annual_spend"] == "500"


POOLS = """\
govrules: 1
partnerships:
  - { id: A, name: Alpha, funding.pooled: yes, protocol: none, partners: [{ name: X }, { name: Y }] }
  - { id: B, name: Beta, funding.pooled: yes, protocol: none, partners: [{ name: X }, { name: Y }] }
  - { id: C, name: Gamma, funding.pooled: yes, protocol: none, partners: [{ name: X }, { name: Y }] }
"""


def test_pairs_whose_outcome_changes_are_none_of_the_entries(pack, capsys, tmp_path):
    old, new = (
        pack(
            name,
            more="subject: pair",
            unless="",
            applies="{ first.funding.pooled: yes }",
            requires=f"{{ first.funding.pooled: {{ fact: second.{other} }} }}",
        )
        for name, other in (("old", "funding.pooled"), ("new", "protocol.agreed"))
    )
    (tmp_path / "pools.yaml").write_text(POOLS, "utf-8")
    assert main(["diff", old, new, str(tmp_path / "pools.yaml")]) == 1
    out = capsys.readouterr().out
    assert "Whose outcome changes: 3 subjects, 3 outcomes\n" in out
    assert "Alpha and Gamma (A + C): was clear; is flagged, low, because" in out
    (tmp_path / "one.yaml").write_text("govrules: 1\nname: Alpha\n", "utf-8")
    assert main(["diff", old, new, str(tmp_path / "one.yaml")]) == 1
    assert "Whose outcome changes: 0 of 1 subject, 0 outcomes\n" in capsys.readouterr().out


def test_many_moves_are_listed_where_all_are_asked_for(pack, capsys, tmp_path):
    path = tmp_path / "many.yaml"
    entries = "".join(
        f"  - {{ name: P{each}, status: active, funding.annual_spend: 700 }}\n"
        for each in range(10)
    )
    path.write_text(f"govrules: 1\npartnerships:\n{entries}", "utf-8")
    words = ["diff", pack("old"), pack("new", much=500), str(path)]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "P7: was clear; is flagged, low" in out
    assert "P8:" not in out
    assert "      2 more: `--full` lists them.\n" in out
    assert main([*words, "--full"]) == 1
    assert "P9: was clear; is flagged, low" in capsys.readouterr().out


def test_diff_takes_a_git_revision(pack, capsys, tmp_path, monkeypatch):
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
    (tmp_path / "deep").mkdir()
    moved = Path(new).rename(tmp_path / "deep" / "new")
    for revision, said in (
        ("v1", "neither a pack nor a revision"),
        ("HEAD", "revision `HEAD` has no folder `deep`"),
    ):
        assert main(["diff", revision, str(moved)]) == 2
        assert said in capsys.readouterr().err
    (tmp_path / "deep" / "note.txt").write_text("Soon.", "utf-8")
    git("add", "deep/note.txt")
    git("commit", "-qm", "two")
    assert main(["diff", "HEAD", str(moved)]) == 2
    assert "at revision `HEAD` there was no pack" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "HEAD", str(moved)]) == 2
    assert "neither a pack nor a revision" in capsys.readouterr().err


@pytest.fixture
def kept(pack, register, tmp_path):
    def kept(name, *words, edit=("", ""), **changed):
        other = tmp_path / "edited.yaml"
        other.write_text(Path(register).read_text("utf-8").replace(*edit), "utf-8")
        path = tmp_path / name
        rules = pack(**changed)
        main(
            [
                "check",
                str(other),
                "--rules",
                rules,
                *words,
                "--format",
                "json",
                "--output",
                str(path),
            ]
        )
        return str(path)

    return kept


WAIVED = """\
govrules: 1
waivers:
  - { rule: spends-much, partnership: B, reason: So it is., approved: Cabinet, until: 2026-09-30 }
"""
YOUNG = {"requires": "{ started: { newer_than: 12 months } }", "unless": ""}


@pytest.mark.parametrize(
    "case",
    [
        (
            {},
            {"edit": ("900,", "1900,")},
            [("A", "clear", "flagged, low", "the facts")],
            [],
        ),
        (
            {},
            {"much": 500, "version": "2"},
            [("A", "clear", "flagged, low", "the rules")],
            ["own changed: 1 to 2"],
        ),
        (
            {},
            {"much": 500, "edit": ("900,", "800,")},
            [("A", "clear", "flagged, low", "the facts, or the rules")],
            ["own changed: its version did not"],
        ),
        (
            {"id": "old", "applies": "{ name: Alpha }"},
            {"id": "new", "applies": "{ name: Alpha }", "book": "ours"},
            [
                ("A", "not checked", "clear", "the rule is new or gone"),
                ("B", "not checked", "not applicable", "the rule is new or gone"),
                ("C", "not checked", "not applicable", "the rule is new or gone"),
                ("A", "clear", "not checked", "the rule is new or gone"),
                ("B", "not applicable", "not checked", "the rule is new or gone"),
                ("C", "not applicable", "not checked", "the rule is new or gone"),
            ],
            ["ours is new", "own is gone"],
        ),
        (
            YOUNG,
            {**YOUNG, "edit": ("2026-01-31", "2026-06-30")},
            [("A", "clear", "flagged, low", "the day")],
            [],
        ),
        (
            YOUNG,
            {**YOUNG, "edit": ("2026-01-31", "2026-06-30"), "much": 2000},
            [("A", "clear", "flagged, low", "the rules, or the day")],
            ["own changed: its version did not"],
        ),
        (
            {},
            {"edit": ("id: C", "id: D")},
            [
                ("D", "not checked", "not applicable", "the subject is new or gone"),
                ("D", "not checked", "unknown, could be low", "the subject is new or gone"),
                ("C", "not applicable", "not checked", "the subject is new or gone"),
                ("C", "unknown, could be low", "not checked", "the subject is new or gone"),
            ],
            [],
        ),
    ],
)
def test_results_are_kept_and_compared(kept, capsys, case):
    rules, later, moved, packs = case
    one, two = kept("one.json", **rules), kept("two.json", **later)
    code, data = compared(capsys, one, two)
    told = [(each["id"], each["was"], each["now"], each["why"]) for each in data["outcomes"]]
    assert told == moved
    assert data["packs"] == packs
    assert code == 1


def test_what_is_waived_is_told_and_results_are_read_from_their_folder(kept, capsys, tmp_path):
    (tmp_path / "waivers.yaml").write_text(WAIVED, "utf-8")
    one = kept("one.json")
    two = kept("two.json", "--waivers", str(tmp_path / "waivers.yaml"))
    assert main(["diff", one, two]) == 1
    assert "1 outcome changed." in capsys.readouterr().out
    (tmp_path / "kept").mkdir()
    Path(one).rename(tmp_path / "kept" / "findings.json")
    one = str(tmp_path / "kept")
    assert main(["diff", one, two, "--format", "markdown"]) == 1
    row = "| Beta | spends-much | flagged, low | flagged, low, waived | a waiver |"
    assert row in capsys.readouterr().out
    assert main(["diff", one, one, "--format", "markdown"]) == 0
    assert capsys.readouterr().out == "# Both as at 31 January 2026\n\nNo outcome changed.\n"


@pytest.mark.parametrize("text", ["{", "[]", '{"govrules": 1}'])
def test_what_is_no_result_is_said_to_be_none(capsys, tmp_path, text):
    path = tmp_path / "one.json"
    path.write_text(text, "utf-8")
    assert main(["diff", str(path), str(path)]) == 2
    assert "these are no results of `check --format json`" in capsys.readouterr().err


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
        ("rules: [", "GR"),
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


def test_a_workspace_may_name_a_pack_that_is_shipped(tmp_path, monkeypatch):
    (tmp_path / "govrules.yaml").write_text("govrules: 1\nrules: [agreements-in-force]\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert workspace().rules == ("agreements-in-force",)


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
