import datetime as dt
import io
import json
import random
import shutil
from importlib.metadata import version

import pytest

from govrules import UNKNOWN, Funding, Partnership, Register, assess, load_rulebook
from govrules.saved import save

FORMATS = (
    "html",
    "markdown",
    "pull-request",
    "sarif",
    "junit",
    "github",
    "json",
    "jsonl",
    "csv",
    "text",
)


@pytest.fixture
def report(run, pack, pooled, tmp_path):
    def made(kind="html"):
        output = tmp_path / f"report.{kind}"
        ran = run("check", pooled, "--rules", pack, "--format", kind, "--output", output)
        assert ran.code == 1, ran.err
        return output

    return made


@pytest.mark.parametrize("kind", FORMATS)
def test_a_report_of_each_format_is_verified(run, report, kind):
    ran = run("verify", report(kind))
    assert ran.code == 0, ran.out + ran.err
    assert "Verified" in ran.out


@pytest.mark.parametrize("kind", FORMATS)
def test_a_report_that_was_changed_is_told(run, report, kind):
    path = report(kind)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("pool", "pond", 1), encoding="utf-8")
    ran = run("verify", path)
    assert ran.code == 1
    assert "Not verified: the report itself differs." in ran.out


def test_facts_that_changed_are_told(run, report, pooled):
    path = report()
    pooled.write_text(pooled.read_text() + "\n# A remark.\n")
    ran = run("verify", path)
    assert ran.code == 1
    assert f"Facts {pooled}: changed" in ran.out
    assert "The findings: as it was" in ran.out
    pooled.write_text(pooled.read_text().replace("protocol: none", "protocol.agreed: yes"))
    ran = run("verify", path)
    assert "The findings: are others now" in ran.out


def test_facts_that_are_gone_are_told(run, report, pooled, tmp_path):
    path = report()
    moved = tmp_path / "moved.yaml"
    pooled.rename(moved)
    ran = run("verify", path)
    assert ran.code == 1
    assert "are not there any more" in ran.out
    assert run("verify", path, "--facts", moved).code == 0


def test_packs_that_changed_are_told(run, report, pack):
    path = report()
    rules = (
        pack / "rules.yaml"
        if (pack / "rules.yaml").exists()
        else next(each for each in pack.glob("*.yaml") if each.name != "rulebook.yaml")
    )
    rules.write_text(rules.read_text().replace("severity: low", "severity: high"))
    ran = run("verify", path)
    assert ran.code == 1
    assert "Pack small 7: its files changed" in ran.out
    book = pack / "rulebook.yaml"
    book.write_text(book.read_text().replace('version: "7"', 'version: "8"'))
    ran = run("verify", path)
    assert "Pack small: was 7 and is 8" in ran.out


def test_packs_that_cannot_be_read_are_told(run, report, pack):
    path = report()
    shutil.rmtree(pack)
    ran = run("verify", path)
    assert ran.code == 1
    assert "The packs: cannot be read" in ran.out


def test_packs_that_come_and_go_are_told(run, report, tmp_path):
    path = report()
    ran = run("verify", path, "--rules", "agreements-in-force")
    assert ran.code == 1
    assert "Pack small: is not among the packs any more" in ran.out
    assert "Pack agreements-in-force: was not among the packs" in ran.out
    ran = run("verify", path, "--rules", tmp_path / "gone")
    assert "The packs: cannot be read: " in ran.out


def test_what_came_by_standard_input_cannot_be_read_again(run, pack, tmp_path, monkeypatch):
    facts = io.TextIOWrapper(io.BytesIO(b"name: Care pool\nfunding.pooled: no\n"))
    monkeypatch.setattr("sys.stdin", facts)
    path = tmp_path / "report.html"
    run("check", "-", "--rules", pack, "--format", "html", "--output", path)
    ran = run("verify", path)
    assert ran.code == 1
    assert "Facts -: came by standard input, and cannot be read again" in ran.out


def test_another_version_is_told(run, report, monkeypatch):
    path = report()
    monkeypatch.setattr("govrules.cli.verify.version", lambda _: "99.0")
    ran = run("verify", path)
    assert ran.code == 1
    assert "this is govrules 99.0" in ran.out


def test_a_file_without_a_receipt_is_refused(run, pooled, tmp_path):
    ran = run("verify", pooled)
    assert ran.code == 2
    assert "carries no receipt" in ran.err
    assert run("verify", tmp_path / "missing.html").code == 2
    broken = tmp_path / "broken.json"
    broken.write_text('{"govrules_receipt": 1, "version": 3')
    assert run("verify", broken).code == 2


def test_two_hundred_reports_are_each_said_rightly(run, pack, pooled, tmp_path, monkeypatch):
    """150 as they were, 50 after a change of pack, facts or version."""
    drawn = random.Random(7)  # noqa: S311 - which are changed is no secret
    kinds = ["html", "markdown", "json", "sarif", "csv"]
    fates = ["same"] * 150 + ["pack"] * 17 + ["facts"] * 17 + ["version"] * 16
    drawn.shuffle(fates)
    here = version("govrules")
    for number, fate in enumerate(fates):
        folder = tmp_path / str(number)
        rules = shutil.copytree(pack, folder / "pack")
        facts = folder / "facts.yaml"
        facts.write_text(pooled.read_text().replace("Care pool", f"Pool {number}"))
        path = folder / "report"
        run("check", facts, "--rules", rules, "--format", kinds[number % 5], "--output", path)
        now = here
        if fate == "pack":
            book = rules / "rulebook.yaml"
            book.write_text(book.read_text().replace("A small pack", "A small pack, changed"))
        elif fate == "facts":
            facts.write_text(facts.read_text().replace("pooled: yes", "pooled: no"))
        elif fate == "version":
            now = "99.0"
        with monkeypatch.context() as patch:
            patch.setattr("govrules.cli.verify.version", lambda _, now=now: now)
            ran = run("verify", path)
        assert ran.code == (0 if fate == "same" else 1), (number, fate, ran.out)
        told = {
            "pack": "its files changed",
            "facts": ": changed",
            "version": "this is govrules 99.0",
        }
        for kind, words in told.items():
            assert (words in ran.out) is (kind == fate), (number, fate, ran.out)


def test_a_receipt_is_plain_data(report):
    path = report("json")
    data = json.loads(path.read_text())["receipt"]
    assert data["govrules_receipt"] == 1
    assert [each["id"] for each in data["packs"]] == ["small"]
    assert data["facts"][0]["content"].startswith("sha256:")
    assert data["as_of"] == "2026-03-31"


RULEBOOK = load_rulebook()
FIRST, SECOND, THIRD = (dt.date(2026, month, 1) for month in (1, 3, 6))
WITHOUT = Partnership(id="P1", name="Care pool", funding=Funding(pooled=True), protocol=None)
UNSAID = Partnership(id="P1", name="Care pool", funding=Funding(pooled=True))


@pytest.fixture
def saved(tmp_path):
    def kept(subject, day):
        return save(tmp_path, "Care pool", [assess(subject, RULEBOOK, as_of=day)], day)

    return kept


def test_the_first_time_nothing_is_said(saved, tmp_path):
    assert saved(WITHOUT, FIRST) is None
    assert [each.name for each in tmp_path.iterdir()] == ["care-pool.2026-01-01.json"]


def test_what_is_still_open_is_open_since_the_first_time(saved):
    saved(WITHOUT, FIRST)
    saved(WITHOUT, SECOND)
    changed = saved(WITHOUT, THIRD)
    assert not changed.opened
    assert not changed.closed
    [still] = changed.still
    assert still.since == FIRST.isoformat()
    assert changed.since_of("P1", still.rule) == "open for 5 months"


def test_what_nobody_records_any_more_is_no_longer_known_and_not_met(saved):
    saved(WITHOUT, FIRST)
    changed = saved(UNSAID, SECOND)
    [closed] = changed.closed
    assert closed.how == "not known any more"


def test_a_finding_that_comes_back_is_new(saved):
    saved(WITHOUT, FIRST)
    saved(UNSAID, SECOND)
    changed = saved(WITHOUT, THIRD)
    [opened] = changed.opened
    assert opened.since == THIRD.isoformat()


def test_asked_twice_it_says_the_same(saved, tmp_path):
    saved(WITHOUT, FIRST)
    once = saved(UNSAID, SECOND)
    twice = saved(UNSAID, SECOND)
    assert once.data == twice.data
    assert len([*tmp_path.iterdir()]) == 2


def test_facts_that_change_on_one_day_are_kept_apart(saved, tmp_path):
    saved(WITHOUT, FIRST)
    assert saved(UNSAID, FIRST) is not None
    assert {each.name for each in tmp_path.iterdir()} == {
        "care-pool.2026-01-01.json",
        "care-pool.2026-01-01.2.json",
    }


def test_a_later_assessment_is_not_looked_back_on(saved):
    saved(WITHOUT, THIRD)
    assert saved(WITHOUT, FIRST) is None


def test_without_a_date_it_is_today(tmp_path):
    save(tmp_path, "x", [assess(WITHOUT, RULEBOOK)], UNKNOWN)
    [path] = tmp_path.iterdir()
    assert path.name.startswith("x.20")


def test_what_left_the_register_is_closed(tmp_path):
    other = Partnership(id="P2", name="Other pool", funding=Funding(pooled=True), protocol=None)
    both = [assess(each, RULEBOOK, as_of=FIRST) for each in (WITHOUT, other)]
    save(tmp_path, "register", both, FIRST)
    changed = save(tmp_path, "register", [assess(WITHOUT, RULEBOOK, as_of=SECOND)], SECOND)
    [closed] = changed.closed
    assert (closed.name, closed.how) == ("Other pool", "no longer on the register")


def test_what_a_register_without_a_name_is_told_of_is_told_of_the_register(tmp_path):
    before, after = Register(partnerships=()), Register(partnerships=(), reviewed=None)
    for day, subject in ((FIRST, before), (SECOND, after)):
        changed = save(tmp_path, "r", [assess(subject, RULEBOOK, as_of=day)], day)
    assert {each.name for each in changed.opened} == {"(the register)"}
