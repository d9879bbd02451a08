"""Waivers: what is waived stays in sight and does not count, and what hides nothing is reported."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import pickle
from pathlib import Path

import pytest

from govrules import (
    Waiver,
    assess,
    assess_register,
    load_rulebook,
    read,
    read_waivers,
    to_data,
    waive,
)
from govrules.cli import main
from govrules.errors import RuleFileError
from govrules.model import Register
from govrules.portfolio import entries_of, not_waived
from govrules.rulebook.ast import Severity, Verdict
from govrules.waivers import waiver_problems

REGISTER = Path(__file__).parents[1] / "examples" / "example-register.yaml"
DAY = dt.date(2026, 1, 31)
BOOK = load_rulebook()
RULE = "value-never-assessed"


def waiver(rule=RULE, partnerships=("EX-01",), until=dt.date(2026, 12, 31)):
    return Waiver(rule, partnerships, "It is new.", "Cabinet", until)


@pytest.mark.parametrize("wrong", [{"until": "2026-12-31"}, {"partnerships": "EX-01"}])
def test_a_waiver_whose_parts_are_texts_is_refused(wrong):
    with pytest.raises(TypeError, match=f"'{next(iter(wrong))}' must be"):
        waiver(**wrong)


@pytest.fixture(scope="module")
def whole():
    return assess_register(read(REGISTER).subject, BOOK, as_of=DAY)


def test_a_waived_finding_stays_flagged_and_does_not_count(whole):
    entry = whole.entries[0]
    found = waive(entry, [waiver()])
    (one,) = found.waived
    assert (one.rule.id, one.verdict, one.waived) == (RULE, Verdict.FLAGGED, waiver())
    assert found.counts == entry.counts
    assert not_waived([found])[Severity.HIGH] == not_waived([entry])[Severity.HIGH] - 1
    assert pickle.loads(pickle.dumps(found)).waived == found.waived
    assert pickle.loads(pickle.dumps(one)).waived == waiver()


@pytest.mark.parametrize(
    "other",
    [
        waiver(rule="agreement-not-reviewed"),
        waiver(partnerships=("EX-02",)),
        waiver(until=DAY - dt.timedelta(days=1)),
    ],
)
def test_other_rules_partnerships_and_days_are_not_waived(whole, other):
    found = waive(whole.entries[0], [other])
    assert RULE not in [each.rule.id for each in found.waived]


def test_the_last_day_counts_and_a_day_that_is_not_known_does_not(whole):
    subject = entries_of(read(REGISTER).subject)[0]
    assert waive(whole.entries[0], [waiver(until=DAY)]).waived
    assert not waive(assess(subject, BOOK), [waiver()]).waived


def test_several_partnerships_are_waived_by_id_or_name(whole):
    several = waiver(partnerships=("EX-01", "Homelessness forum"))
    found = waive(whole, [several])
    waived = {each.id for each in found.entries if each.waived}
    assert "EX-01" in waived


def test_a_pair_is_waived_where_both_are_named(whole):
    pair = next(each for each in whole.pairs if each.flagged)
    rule = pair.flagged[0].rule.id
    one, two = pair.subject.first.id, pair.subject.second.id
    assert waive(pair, [waiver(rule, (one, two))]).waived
    assert not waive(pair, [waiver(rule, (one,))]).waived


def test_the_register_itself_is_waived_by_its_name(whole):
    found = waive(whole, [waiver("register-not-reviewed", (whole.register.name,))])
    assert [each.rule.id for each in found.register.waived] == ["register-not-reviewed"]


def test_a_register_without_a_name_is_waived_as_actions_name_it():
    its = waiver("register-not-reviewed", ("the register",))
    nameless = Register(partnerships=(), reviewed=None)
    found = waive(assess_register(nameless, BOOK, as_of=DAY), [its])
    assert [each.rule.id for each in found.register.waived] == [its.rule]
    assert not [*waiver_problems([found.register], [its], BOOK)]


def test_what_hides_nothing_is_reported(whole):
    several = [
        waiver(rule="value-never-asessed"),
        waiver(partnerships=("EX-99",)),
        waiver(until=dt.date(2025, 1, 1)),
        waiver(rule="no-governing-document"),
        waiver(),
    ]
    said = [str(each) for each in waiver_problems(waive(whole, several).all(), several, BOOK)]
    assert len(said) == 4
    assert "did you mean `value-never-assessed`?" in said[0]
    assert "`EX-99`, which is not on the register" in said[1]
    assert "until 1 January 2025, and not on 31 January 2026: it counts again" in said[2]
    assert "flags nothing there: it is clear of Eastshire care pool" in said[3]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{ rule: a, reason: b, approved: c, until: 2026-01-01 }", "for one partnership or for"),
        ("{ rule: a, partnership: p, approved: c, until: 2026-01-01 }", "has no `reason`"),
        ("{ rule: a, partnership: p, reason: b, until: 2026-01-01 }", "has no `approved`"),
        ("{ rule: a, partnership: p, reason: b, approved: c }", "has no `until`"),
        ("{ rule: a, partnership: p, reason: b, approved: c, until: soon }", "a date such as"),
        (
            "{ rule: a, partnership: p, partnerships: [q], reason: b, approved: c, until: 2026-01-01 }",
            "for one partnership or for several",
        ),
        ("{ rul: a, partnership: p, reason: b, approved: c, until: 2026-01-01 }", "did you mean"),
        ("just this", "a waiver is a mapping"),
    ],
)
def test_a_waiver_that_is_badly_written_is_refused_with_place_and_remedy(entry, said):
    text = f"govrules: 1\nwaivers:\n  - {entry}\n"
    with pytest.raises(RuleFileError) as caught:
        read_waivers({"waivers.yaml": text})
    assert said in "\n".join(map(str, caught.value.diagnostics))
    assert all(each.span.line and each.help for each in caught.value.diagnostics)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "waivers.yaml"
    path.write_text(
        "govrules: 1\nwaivers:\n"
        f"  - {{ rule: {RULE}, partnership: EX-01, reason: It is new., approved: Cabinet, "
        "until: 2026-12-31 }\n",
        "utf-8",
    )
    return path


def test_every_format_shows_what_is_waived(file, capsys):
    def said(*more):
        main(["check", str(REGISTER), "--waivers", str(file), *more])
        return capsys.readouterr().out

    assert f"Waived, and not counted (1): {RULE}." in said()
    full = " ".join(said("--full").split())
    assert "Waived: 1 finding flagged and not counted" in full
    assert "It is new. Cabinet; until 31 December 2026." in full
    data = json.loads(said("--format", "json"))
    (waived,) = [
        each["waived"] for one in data["subjects"] for each in one["findings"] if each["waived"]
    ]
    assert waived == {"reason": "It is new.", "approved": "Cabinet", "until": "2026-12-31"}
    rows = list(csv.DictReader(io.StringIO(said("--format", "csv"))))
    assert [each["rule"] for each in rows if each["waived"]] == [RULE]


def test_a_waived_finding_does_not_fail_a_run(tmp_path, capsys):
    (tmp_path / "pool.yaml").write_text(
        "govrules: 1\nid: P-1\nas_of: 2026-01-31\nfunding.pooled: yes\nprotocol: none\n", "utf-8"
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rulebook.yaml").write_text(
        "govrules: 1\nid: own\ntitle: T\nversion: '1'\nowner: us\n"
        "sources: { s: { title: S, publisher: P, year: '2026' } }\n",
        "utf-8",
    )
    (tmp_path / "rules" / "a.yaml").write_text(
        "govrules: 1\ntheme: a\nrules:\n  - id: no-protocol\n    title: T\n    principle: P.\n"
        "    source: { document: s, paragraph: 1 }\n    requires: { protocol.agreed: yes }\n"
        "    severity: high\n",
        "utf-8",
    )
    (tmp_path / "waivers.yaml").write_text(
        "govrules: 1\nwaivers:\n  - { rule: no-protocol, partnership: P-1, reason: R, approved: A,"
        " until: 2026-12-31 }\n",
        "utf-8",
    )
    words = ["check", str(tmp_path / "pool.yaml"), "--rules", str(tmp_path / "rules")]
    assert main(words) == 1
    assert main([*words, "--waivers", str(tmp_path / "waivers.yaml")]) == 0
    assert main([*words, "--waivers", str(tmp_path / "waivers.yaml"), "--as-of", "2027-01-31"]) == 1
    assert "GR902 waiver-past-its-day" in capsys.readouterr().err


def test_data_of_a_waived_assessment_says_so(whole):
    (finding,) = waive(whole.entries[0], [waiver()]).waived
    assert to_data(finding)["waived"]["approved"] == "Cabinet"
