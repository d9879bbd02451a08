"""Headings are proposed right or not at all: held to judgements made before the proposal was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from govrules import load_rulebook
from govrules.errors import FactsError
from govrules.reading import declared_by
from govrules.registers.headings import SHIPPED, read_headings
from govrules.registers.propose import propose
from govrules.subjects import Declared

HERE = Path(__file__).parent
#: Facts that came after the judgements, and the headings that name them.
SINCE = {
    "own_rating": {
        *("RAG", "Risk rating", "Risk level", "Governance rating", "Governance strength rating"),
        *("Significance rating",),
    }
}


@pytest.fixture(scope="module")
def declared():
    return declared_by(load_rulebook())


def judged(which, declared, folder):
    """Return for each heading how it was proposed, with the fact."""
    found = []
    for each in yaml.safe_load((HERE / "headings.yaml").read_text("utf-8"))[which]:
        path = folder / "register.csv"
        # Beside a name, unless the heading may be the name itself.
        rows = [
            ("Partnership", each["heading"]),
            *((f"p{at}", cell) for at, cell in enumerate(each["cells"])),
        ]
        if {"name", "id"} & {*each["facts"]}:
            rows = [("Colour", each["heading"]), *(("red", cell) for cell in each["cells"])]
        path.write_text(
            "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows), "utf-8"
        )
        columns = [
            one
            for one in propose(str(path), declared).columns
            if one.heading not in ("Partnership", "Colour")
        ]
        about = columns[0].about if columns else {}
        if not about:
            said = "left, none fits" if each["none"] else "left, a fact fits"
        else:
            right = about["fact"] in each["facts"] or each["heading"] in SINCE.get(
                about["fact"], ()
            )
            said = (
                f"{'right' if right else 'wrong'} and {'marked' if 'unsure' in about else 'sure'}"
            )
        found.append((said, each["heading"], about.get("fact"), each["facts"]))
    return found


def table(found):
    return "\n".join(" | ".join(map(str, each)) for each in sorted(found, key=str))


def test_likely_headings_are_right_or_left(tmp_path, declared):
    found = judged("likely", declared, tmp_path)
    counts = Counter(said for said, *_ in found)
    assert counts["wrong and sure"] == 0, table(found)
    assert counts["right and sure"] + counts["right and marked"] >= 90, table(found)
    assert counts["wrong and marked"] <= 6, table(found)


def test_headings_of_public_registers_are_right_or_left(tmp_path, declared):
    found = judged("public", declared, tmp_path)
    counts = Counter(said for said, *_ in found)
    # So it came out when it was measured, with nothing fitted to it.
    assert counts["right and sure"] + counts["right and marked"] >= 37, table(found)
    assert counts["wrong and sure"] == 0, table(found)
    assert counts["wrong and marked"] <= 6, table(found)


def test_the_shipped_words_mean_one_thing(declared):
    words = read_headings(SHIPPED, declared)
    assert not words.no_fact & words.means.keys()
    assert not words.no_fact & words.may_mean.keys()
    assert not words.no_fact & words.yes_or_no.keys()
    twice = {key: paths for key, paths in words.means.items() if len({*paths}) > 1}
    assert twice == {}


OWN = """govrules: 1
means:
  funding.annual_spend: [kitty, notes]
  responsible_officer: [boss]
no_fact: [lead officer]
words:
  status: { active: [firing on all cylinders] }
"""


def test_a_policy_team_adds_words_of_its_own(tmp_path, declared):
    own = tmp_path / "own.yaml"
    own.write_text(OWN, "utf-8")
    path = tmp_path / "register.csv"
    path.write_text(
        "Partnership,The Kitty (£k),Boss,Lead officer,Status\nCare pool,5,A. Smith,B. Jones,Firing on all cylinders\n",
        "utf-8",
    )
    found = {
        each.heading: each.about for each in propose(str(path), declared, headings=own).columns
    }
    assert found["The Kitty (£k)"] == {"fact": "funding.annual_spend", "unit": "£k"}
    assert found["Boss"] == {"fact": "responsible_officer"}
    assert found["Lead officer"] == {}
    assert found["Status"] == {"fact": "status", "values": {"Firing on all cylinders": "active"}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("means: { name: [x] }\n", "missing-key"),
        ("govrules: 1\nmeans: { nmae: [x] }\n", "unknown-fact"),
        ("govrules: 1\nmeens: {}\n", "unknown-key"),
        ("govrules: 1\nmeans: { name: x }\n", "wrong-shape"),
        ("govrules: 1\nwords: { status: { alive: [x] } }\n", "unknown-key"),
        ("govrules: 1\nno_fact: yes\n", "wrong-shape"),
        ("govrules: 1\nmeans: [name]\n", "wrong-shape"),
        ("govrules: 1\nmay_mean:\n", "wrong-shape"),
        ("govrules: 1\nno_partnership: grant\n", "wrong-shape"),
        ("govrules: 1\nwords: { name: pool }\n", "wrong-shape"),
        ("govrules: 1\nwords: { name: { pool: [kitty] } }\n", "wrong-shape"),
    ],
)
def test_a_file_of_words_is_read_with_care(tmp_path, declared, text, code):
    own = tmp_path / "own.yaml"
    own.write_text(text, "utf-8")
    path = tmp_path / "register.csv"
    path.write_text("Partnership\nCare pool\n", "utf-8")
    with pytest.raises(FactsError) as raised:
        propose(str(path), declared, headings=own)
    assert code in {each.code.title for each in raised.value.diagnostics}
    assert all(each.span.line for each in raised.value.diagnostics)


def test_words_of_a_fact_that_no_pack_in_force_derives_are_left_out(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("govrules: 1\nwords: { risk_tier: { high: [grave] } }\n", "utf-8")
    assert read_headings(own, Declared()).values == {}
