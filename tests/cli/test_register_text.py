"""The text on a register begins with what stands out, and asks about pairs once."""

from __future__ import annotations

from pathlib import Path

import pytest

from govrules.cli.exits import FLAGGED
from govrules.render.register import MANY

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
    path.write_text(f"as_of: {DAY}\npartnerships:\n{lines}")
    return path


def pooled(name: str, more: str = "") -> str:
    return f"{{ name: {name}, funding.pooled: yes, protocol: none{more} }}"


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_large_register_begins_with_what_stands_out(run, pack, tmp_path):
    several = [pooled(f"Pool {number}") for number in range(MANY - 1)]
    worst = pooled("The worst", ", public.vulnerable_users: yes, responsible_officer: none")
    ran = run("check", written(tmp_path, *several, worst), "--rules", pack)
    overview, _, rest = ran.out.partition("(the register itself)\n")
    assert overview.splitlines() == [
        "10 partnerships",
        "11 flagged (1 critical, 9 medium and 1 low), 9 unknown, 0 clear, 0 not applicable",
        "",
        "Flagged most often",
        "  10: Budgets are pooled without a protocol  [pooled-without-protocol]",
        "  1: No officer is responsible  [nobody-responsible]",
        "",
        "To look at first",
        "  The worst: 2 flagged (1 critical and 1 low)",
        *(f"  Pool {number}: 1 flagged (1 medium)" for number in range(MANY - 1)),
        "",
    ]
    assert rest.count("Budgets are pooled without a protocol") == MANY
    last = rest.partition("Ask first on the register: the answers that help to settle most\n")[2]
    assert last.startswith("  1. ")
    assert "(public.vulnerable_users) (9 of 10 partnerships, 9 findings, up to critical)" in words(
        last
    )


def test_of_more_than_are_named_the_others_are_counted(run, pack, tmp_path):
    several = [pooled(f"Pool {number}") for number in range(MANY + 4)]
    ran = run("check", written(tmp_path, *several), "--rules", pack)
    assert "  and 4 more partnerships\n" in ran.out


def test_a_rule_that_asks_the_same_about_several_records_counts_once(run, pack, tmp_path):
    theme = pack / "money.yaml"
    some = "requires: { partners: { some: { independent: yes } } }"
    theme.write_text(
        theme.read_text().replace("requires: { not: { responsible_officer: none } }", some)
    )
    partners = "partners: [{ name: North }, { name: South }, { name: East }]"
    several = [f"{{ name: Forum {number}, {partners} }}" for number in range(MANY)]
    ran = run("check", written(tmp_path, *several), "--rules", pack)
    last = words(ran.out.partition("Ask first on the register")[2])
    assert "(partners[].independent) (10 of 10 partnerships, 10 findings, up to low)" in last


def test_a_colon_in_the_name_of_a_partner_is_part_of_it(run, pack, tmp_path):
    theme = pack / "money.yaml"
    some = "requires: { partners: { every: { independent: yes } } }"
    theme.write_text(
        theme.read_text().replace("requires: { not: { responsible_officer: none } }", some)
    )
    names = ('"North: the borough"', '"South: the borough"')
    partners = f"partners: [{', '.join(f'{{ name: {each} }}' for each in names)}]"
    several = [f"{{ name: Forum {number}, {partners} }}" for number in range(MANY)]
    ran = run("check", written(tmp_path, *several), "--rules", pack)
    asked, _, last = ran.out.partition("Ask first on the register")
    question = "Is the partner independent of the others?"
    told = f"ask: North: the borough and South: the borough: {question} (partners[].independent)"
    assert words(asked).count(told) == MANY
    assert f"3. {question} (partners[].independent) (10 of 10" in words(last)


def test_a_small_register_has_no_overview(run, pack, register):
    ran = run("check", register, "--rules", pack)
    assert ran.out.startswith("(the register itself)\n1 rule: ")
    assert "Flagged most often" not in ran.out
    assert "Ask first on the register" not in ran.out


def test_a_register_on_which_nothing_is_flagged_has_nothing_to_look_at_first(run, pack, tmp_path):
    several = [f"{{ name: Forum {number}, funding.pooled: no }}" for number in range(MANY)]
    ran = run("check", written(tmp_path, *several), "--rules", pack)
    assert ran.out.startswith("10 partnerships\n0 flagged, ")
    assert "To look at first" not in ran.out


def test_pairs_are_summed_up_and_asked_about_once(run, paired, tmp_path):
    entries = [
        f"{{ name: {name}, partners: [{{ name: A trust }}, unknown] }}" for name in ("X", "Y", "Z")
    ]
    path = written(tmp_path, *entries)
    ran = run("check", path, "--rules", paired)
    said = words(ran.out)
    assert "3 pairs of partnerships with a partner or a parent in common" in said
    assert "Two partnerships do the same: 0 flagged, 3 unknown, 0 clear, 0 not applicable" in said
    assert "0 with something flagged 3 with something unknown, 0 in order and 0 to which" in said
    assert "left out here: `--full` shows each, and `--format csv`, `jsonl` or `json`" in said
    asked = "A trust: Is the shared partner's own governance known to be weak?"
    assert f"{asked} (3 pairs, up to high)" in said
    assert "Of each pair: Which partners do both have? (3 pairs, up to high)" in said
    assert "X and Y" not in said
    full = words(run("check", path, "--rules", paired, "--full").out)
    assert all(pair in full for pair in ("X and Y", "X and Z", "Y and Z"))
    assert "left out" not in full


def test_a_pair_with_something_flagged_is_shown(run, paired, tmp_path):
    weak = "{ name: A trust, weaknesses: [intervention] }"
    bad = [f"{{ name: {name}, partners: [{weak}] }}" for name in ("X", "Y")]
    others = [f"{{ name: {name}, partners: [{{ name: A board }}] }}" for name in ("Z", "Q")]
    ran = run("check", written(tmp_path, *bad, *others), "--rules", paired)
    said = words(ran.out)
    assert ran.code == FLAGGED
    assert "X and Y 1 rule: 1 flagged (1 high)" in said
    assert "1 with something flagged, shown above 1 with something unknown, 0 in order" in said
    assert "Z and Q" not in said
    asked = said.partition("Ask first on the pairs left out")[2]
    assert "A board: " in asked
    assert "A trust: " not in asked


def test_every_pair_is_counted_by_how_it_stands(run, paired, tmp_path):
    theme = paired / "money.yaml"
    nested = "applies_when: { nested: no }\n    requires: { shared_partners"
    theme.write_text(theme.read_text().replace("requires: { shared_partners", nested))
    weak = "{ name: A trust, weaknesses: [intervention] }"
    sound = "{ name: B trust, weaknesses: none }"
    entries = [
        *(f"{{ name: W{each}, parent: none, partners: [{weak}] }}" for each in range(3)),
        *(f"{{ name: S{each}, parent: none, partners: [{sound}] }}" for each in range(4)),
        *(f"{{ name: O{each}, parent: none, partners: [{{ name: C }}] }}" for each in range(2)),
        *(f"{{ name: N{each}, parent: W0, partners: none }}" for each in range(2)),
    ]
    said = words(run("check", written(tmp_path, *entries), "--rules", paired).out)
    counted = "3 flagged (3 high), 1 unknown, 6 clear, 3 not applicable"
    together = "13 pairs of partnerships with a partner or a parent in common"
    assert said.count(f"{together} {counted}") == 1
    assert (
        f"{together} 3 with something flagged, shown above 1 with something unknown, 6 in order "
        "and 3 to which no rule applies, left out here: "
    ) in said


def test_what_is_asked_of_one_of_two_names_it(run, paired, tmp_path):
    theme = paired / "money.yaml"
    said = "requires: { first.relations_stated: yes }"
    theme.write_text(
        theme.read_text().replace("requires: { shared_partners: { none: { weak: yes } } }", said)
    )
    known = "partners: [{ name: A trust }]"
    entries = [f"{{ id: p{each}, name: Forum, {known} }}" for each in range(2)]
    entries.append(f"{{ id: p2, {known} }}")
    ran = words(run("check", written(tmp_path, *entries), "--rules", paired).out)
    asked = ran.partition("Ask first on the pairs left out")[2]
    question = "Is it recorded how the partnership relates to others like it?"
    assert f"1. Forum (p0): {question} (2 pairs, up to high)" in asked
    assert f"2. Forum (p1): {question} (1 pair, up to high)" in asked


def test_of_a_register_what_many_entries_have_in_common_is_told_once(run, pack, tmp_path):
    theme = pack / "money.yaml"
    every = "requires: { partnerships: { share: { where: { funding.pooled: no }, at_least: 90 } } }"
    theme.write_text(
        theme.read_text().replace("requires: { reviewed: { newer_than: 12 months } }", every)
    )
    path = written(tmp_path, *(pooled(f"Pool {number}") for number in range(60)))
    told = words(run("check", path, "--rules", pack).out.partition("(the register itself)")[2])
    assert "because: Pool 0, Pool 1, Pool 2, Pool 3, Pool 4 and 55 more: budgets are pooled" in told
    assert "(partnerships[].funding.pooled)" in told
    apart = words(run("check", path, "--rules", pack, "--full").out)
    assert "because: Pool 59: budgets are pooled" in apart
    assert "55 more" not in apart
