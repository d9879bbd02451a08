import datetime as dt

import pytest

from govrules import UNKNOWN, Funding, Partnership, Register, assess, load_rulebook
from govrules.saved import save

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
