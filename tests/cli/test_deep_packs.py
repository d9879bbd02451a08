"""Derived facts that are named many times over, and that hang on each other in a long chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from govrules import assess, load_rulebook
from govrules.cli import main
from govrules.engines.reference import case_of
from govrules.facts import Facts
from govrules.model import Funding, Leadership, Partnership
from govrules.render.tree import tree_lines
from govrules.rulebook.reads import reads
from govrules.testing.properties import OF_RULES, PROPERTIES, check

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEAD = """
govrules: 1
id: deep
title: Deep
version: "1"
owner: tests
sources: { manual: { title: Manual, publisher: Nobody, year: "2026" } }
derived:
"""
#: Each fact is named twice in the next; as plain text of its own that would be 2 to the power of 40.
TWICE = "{{ any: [ {{ all: [ {{ {0}: yes }}, {{ leadership.lead_agreed: yes }} ] }}, {{ {0}: yes }} ] }}"
#: Each fact is the one before.
ONCE = "{{ {0}: yes }}"
RULE = """
govrules: 1
theme: deep
rules:
  - id: the-last-one-is-not-so
    title: The last of many is not so
    principle: The last should be so.
    source: {{ document: manual, paragraph: 1 }}
    requires: {{ {0}: yes }}
    severity: {{ high: {{ {0}: no }}, otherwise: low }}
    mitigated_by:
      - when: {{ {1}: yes }}
        because: It nearly is.
        source: {{ document: manual, paragraph: 2 }}
    examples:
      - {{ name: it is not so, given: {{ leadership.lead_agreed: no }}, expect: flagged, severity: high, asks: [] }}
      - {{ name: nobody knows, given: {{ name: x }}, expect: unknown, asks: [leadership.lead_agreed] }}
"""


def named(index: int) -> str:
    return f"so_{LETTERS[index // 26]}{LETTERS[index % 26]}"


@pytest.fixture(params=[(40, TWICE), (400, ONCE)], ids=["named twice", "in a chain"])
def pack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a pack whose last derived fact, which hangs on all the others, flags a rule."""
    number, table = request.param
    lines = [HEAD.strip()]
    for index in range(number):
        before = named(index - 1) if index else "leadership.lead_agreed"
        lines += [
            f"  {named(index)}:",
            f"    label: so {index}",
            f"    when: {table.format(before)}",
        ]
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "rulebook.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    last = RULE.format(named(number - 1), named(number - 2)).strip()
    (folder / "rules.yaml").write_text(f"{last}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["check", "x.yaml", "--rules"], "1 thing to put right, high."),
        (["check", "unknown.yaml", "--rules"], "Answer this first: it could show a high finding"),
        (["plan", "x.yaml", "--rules"], "leadership.lead_agreed"),
        (["explain", "the-last-one-is-not-so", "--rules"], "leadership.lead_agreed"),
        (["catalogue", "--rules"], "The last of many is not so"),
        (["lint"], "no problem found"),
        (["test"], "2 examples, 0 failed"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_each_command_ends(
    command: list[str],
    shown: str,
    pack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However often derived facts are named, and however long their chain is."""
    monkeypatch.chdir(pack.parent)
    Path("x.yaml").write_text("name: x\nleadership.lead_agreed: no\n", encoding="utf-8")
    Path("unknown.yaml").write_text("name: y\n", encoding="utf-8")
    assert main([*command, "deep"]) in (0, 1)
    assert shown in capsys.readouterr().out


def test_what_is_said_cites_and_asks_is_what_lies_beneath(pack: Path) -> None:
    """The fact at the bottom is cited once, asked for once, and changed once."""
    rulebook = load_rulebook(pack)
    (finding,) = assess(Partnership(leadership=Leadership(lead_agreed=False)), rulebook).findings
    assert [each.fact for each in finding.because] == [*finding.steps][:1]
    *_, bottom = finding.steps.values()
    assert [each.fact for each in bottom.because] == ["leadership.lead_agreed"]
    assert [[each.fact for each in way] for way in finding.clears] == [["leadership.lead_agreed"]]
    (finding,) = assess(Partnership(funding=Funding(pooled=True)), rulebook).findings
    assert [each.fact for each in finding.questions] == ["leadership.lead_agreed"]
    (rule,) = rulebook.rules
    found = reads([rule.requires], rulebook.derived)
    assert found.keys() == {"leadership.lead_agreed", *rulebook.derived}


def test_what_a_derived_fact_follows_from_is_printed_once(pack: Path) -> None:
    """Where it is named again, the tree says so."""
    rulebook = load_rulebook(pack)
    case = case_of(Facts(Partnership()), rulebook)
    lines = [each.strip() for each in tree_lines(rulebook.rules[0], case)]
    last = rulebook.rules[0].reads[0]
    beneath = [each for each in lines if each.startswith(f"{last}: ")]
    assert sum(each.endswith(", as above") for each in beneath) == len(beneath) - 1
    assert len(lines) < 10 * len(rulebook.derived)


@pytest.mark.parametrize("name", [each for each in PROPERTIES if each != "engines_agree"])
def test_properties_can_be_tried(name: str, pack: Path) -> None:
    """No property of subjects takes longer than what it does."""
    assert check(name, load_rulebook(pack), "partnership", examples=3, seeded=1) >= 1


@pytest.mark.parametrize("name", OF_RULES)
def test_properties_of_rules_can_be_tried(name: str, pack: Path) -> None:
    """Nor does one of the rules alone."""
    OF_RULES[name](load_rulebook(pack))
