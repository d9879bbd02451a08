"""The text on a register, run from the command line on small packs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from govrules.cli.output import FINE, FLAGGED

DAY = "2026-03-31"
PAIRED = """\
  - id: overlapping
    title: Two partnerships do the same
    principle: Who does what is clear.
    source: { document: policy, paragraph: 4 }
    subject: pair
    requires: { shared_partners: { none: { weak: yes } } }
    severity: high
"""


@pytest.fixture
def paired(pack: Path) -> Path:
    theme = pack / "money.yaml"
    theme.write_text(theme.read_text() + PAIRED)
    return pack


def written(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "register.yaml"
    lines = "".join(f"  - {each}\n" for each in entries)
    path.write_text(f"as_of: {DAY}\nname: Ours\npartnerships:\n{lines}")
    return path


def pooled(name: str, more: str = "") -> str:
    return f"{{ name: {name}, funding.pooled: yes, protocol: none{more} }}"


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_page_says_which_partnership_to_look_at_first(run, pack, tmp_path):
    several = [pooled(f"Pool {number}") for number in range(12)]
    worst = pooled("The worst", ", public.vulnerable_users: yes, responsible_officer: none")
    ran = run("check", written(tmp_path, *several, worst), "--rules", pack)
    lines = ran.out.splitlines()
    assert lines[0].startswith("Ours ")
    assert lines[0].endswith("as at 31 March 2026")
    assert lines[1] == "A small pack 7, 13 partnerships"
    assert "1 partnership has a critical finding." in lines
    assert (
        "12 of 27 checks are not known yet, because the facts are not on the register." not in lines
    )
    table = words("In 13 partnerships 14 1 - 12 1 12 -")
    assert table in words(ran.out)
    assert "1 The worst 1 - - 1 ?" in words(ran.out)
    assert "3 more have findings" in ran.out
    assert words("Most frequent 13 Budgets are pooled without a protocol 1 No officer") in words(
        ran.out
    )
    assert words("Nobody or not recorded (12 partnerships) 12 -") not in words(ran.out)
    assert words("Nobody or not recorded (12 partnerships) 12 0") in words(ran.out)
    assert 'One partnership: --entry "Pool 0"' in ran.out
    assert ran.code == FLAGGED


def test_nothing_to_put_right_is_said(run, pack, tmp_path):
    several = [
        f"{{ name: Forum {number}, funding.pooled: no, responsible_officer: A. Smith }}"
        for number in range(3)
    ]
    path = written(tmp_path, *several)
    path.write_text(path.read_text().replace("name: Ours", "name: Ours\nreviewed: 2026-01-31"))
    ran = run("check", path, "--rules", pack)
    assert ran.code == FINE
    assert "Nothing found to put right." in ran.out
    assert "Look at first" not in ran.out


def test_little_that_is_known_is_said_where_nothing_is_flagged(run, pack, tmp_path):
    path = written(tmp_path, *(f"{{ name: Forum {number} }}" for number in range(3)))
    ran = run("check", path, "--rules", pack)
    assert "Too little is recorded to judge: 7 of 7 checks are not known yet." in ran.out


def test_of_the_register_itself_the_remedy_has_an_owner_and_a_date(run, pack, register):
    theme = pack / "money.yaml"
    remedy = "    remedy: { do: Review it., who: the officer who keeps it, within: 2 months }\n"
    theme.write_text(theme.read_text() + remedy)
    said = words(run("check", register, "--rules", pack).out)
    assert "HIGH The register has not been reviewed." in said
    assert "The officer who keeps it, by 31 May 2026" in said


def test_pairs_are_counted_and_told_in_full_where_something_is_flagged(run, paired, tmp_path):
    weak = "{ name: A trust, weaknesses: [intervention] }"
    sound = "{ name: B trust, weaknesses: none }"
    bad = [f"{{ name: {name}, partners: [{weak}] }}" for name in ("X", "Y")]
    good = [f"{{ name: {name}, partners: [{sound}] }}" for name in ("Z", "Q")]
    path = written(tmp_path, *bad, *good)
    page = run("check", path, "--rules", paired).out
    assert "Between partnerships 1 - 1 - - - - 1 more pair of partnerships" in words(page)
    assert "X and Y" not in page
    full = run("check", path, "--rules", paired, "--full").out
    assert "HIGH      Two partnerships do the same" in full
    assert "A trust's own governance is known to be weak." in words(full)
    assert "Z and Q" not in full


def test_what_is_said_of_one_of_two_names_it(run, paired, tmp_path):
    theme = paired / "money.yaml"
    said = "requires: { first.relations_stated: yes }"
    theme.write_text(
        theme.read_text().replace("requires: { shared_partners: { none: { weak: yes } } }", said)
    )
    known = "relations_stated: no, partners: [{ name: A trust }]"
    entries = [f"{{ id: p{each}, name: Forum {each}, {known} }}" for each in range(2)]
    full = words(run("check", written(tmp_path, *entries), "--rules", paired, "--full").out)
    said = "relationship to similar partnerships is not recorded"
    assert f"because: Forum 0's {said}." in full


def test_of_a_register_what_many_entries_have_in_common_is_told_once(run, pack, tmp_path):
    theme = pack / "money.yaml"
    every = "requires: { partnerships: { share: { where: { funding.pooled: no }, at_least: 90 } } }"
    theme.write_text(
        theme.read_text().replace("requires: { reviewed: { newer_than: 12 months } }", every)
    )
    path = written(tmp_path, *(pooled(f"Pool {number}") for number in range(60)))
    page = words(run("check", path, "--rules", pack).out)
    assert "not been reviewed: Pool 0, Pool 1, Pool 2, Pool 3, Pool 4 and 55 more." in page
    full = words(run("check", path, "--rules", pack, "--full").out)
    told = "Pool 0, Pool 1, Pool 2, Pool 3, Pool 4 and 55 more: partners pool budgets."
    assert f"because: {told} [partnerships[].funding.pooled]" in full


def test_a_colon_in_the_name_of_a_partner_is_part_of_it(run, pack, tmp_path):
    theme = pack / "money.yaml"
    some = "requires: { partners: { every: { independent: yes } } }"
    theme.write_text(
        theme.read_text().replace("requires: { not: { responsible_officer: none } }", some)
    )
    partners = ", ".join(f'{{ name: "{each}: the borough" }}' for each in ("North", "South"))
    path = tmp_path / "forum.yaml"
    path.write_text(f"name: Forum\npartners: [{partners}]\n")
    page = words(run("check", path, "--rules", pack).out)
    question = "Is the partner independent of the others?"
    assert f"North: the borough and South: the borough: {question} 1" in page


def test_a_finding_on_what_nobody_recorded_says_of_whom(run, tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("id,name,status\nA1,Harbour,active\nA2,Skills,active\nA3,Arts,ended\n")
    told = words(run("check", path, "--as-of", DAY, "--full").out)
    missing = "the full yearly cost to the organisation cannot be told from what is recorded."
    assert f"because: Harbour and Skills: {missing}" in told


def test_rows_of_csv_say_what_sums_up_and_gather_what_is_alike(run, tmp_path):
    path = tmp_path / "register.csv"
    rows = (f"P{each},Board {each},active\n" for each in range(30))
    path.write_text("id,name,status\n" + "".join(rows))
    ran = run("check", path, "--as-of", DAY, "--format", "csv")
    found = [*csv.DictReader(io.StringIO(ran.out))]
    own = [each for each in found if not each["subject"]]
    assert any("Board 4 and 25 more: How much does" in each["ask"] for each in own)
    assert max(len(cell) for each in found for cell in each.values()) < 5000
    summaries = {each["rule"] for each in found if each["summary"]}
    assert summaries == {"governance-too-light"}
