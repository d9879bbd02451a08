"""Python objects that do or do not fit the vocabulary."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from govrules import validate
from govrules.errors import FactsError, VocabularyError
from govrules.model import (
    Accountability,
    Conflicts,
    DeclaredInterest,
    Funding,
    Partner,
    Partnership,
    Protocol,
    Register,
    Staffing,
    Status,
)
from govrules.reading import read_text
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.truth import UNKNOWN
from govrules.validate import check_subject
from govrules.vocabulary import Recorded, fact
from tests.pages import laid

GOOD = laid("rule_files.md") / "good"


@attrs.frozen(kw_only=True)
class Review:
    """A subject with a length of time."""

    interval: Recorded[int] = fact("the interval", ask="How often?", unit="months")


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(GOOD / "everything")


@pytest.mark.parametrize(
    "subject",
    [
        Partnership(),
        Partnership(name=None, status=None, funding=None, nature=None, partners=None),
        Partnership(
            name="Eastshire care pool",
            status=Status.ACTIVE,
            integration_level="liaison",
            reviewed=dt.date(2026, 1, 31),
            nature=frozenset({"statutory", UNKNOWN}),
            funding=Funding(pooled=True, annual_spend=Decimal(5), traced_share=Decimal(100)),
            staffing=Staffing(shared_posts=0),
            partners=(Partner(name="Eastshire Council"), UNKNOWN),
            local={"net_zero_plan": True, "carbon": Decimal("0.5"), "motto": UNKNOWN},
            stated={"tier": "high", "weighty": False},
        ),
        Partnership(funding=Funding(annual_spend=5)),
        Register(partnerships=(Partnership(),), stated={"crowded": True}),
        Review(interval=0),
        Review(interval=12),
    ],
)
def test_what_fits_is_accepted(rulebook: Rulebook, subject: Any) -> None:
    """Values of the declared types, None and UNKNOWN fit everywhere."""
    assert check_subject(subject, rulebook) == subject


@pytest.mark.parametrize(
    ("subject", "path", "expected", "actual"),
    [
        (Partnership(name=5), "name", "text, None or UNKNOWN", "5"),
        (
            Partnership(status="actve"),
            "status",
            "one of proposed, active, dormant, closing, ended, None or UNKNOWN",
            "'actve'",
        ),
        (
            Partnership(status=5),
            "status",
            "one of a closed list of values, None or UNKNOWN",
            "5",
        ),
        (
            Partnership(reviewed="2026-01-31"),
            "reviewed",
            "a date such as 2026-03-31, None or UNKNOWN",
            "'2026-01-31'",
        ),
        (
            Partnership(reviewed=dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
            "reviewed",
            "a date such as 2026-03-31, None or UNKNOWN",
            repr(dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
        ),
        (Partnership(sub_group="yes"), "sub_group", "yes or no, None or UNKNOWN", "'yes'"),
        (Partnership(sub_group=1), "sub_group", "yes or no, None or UNKNOWN", "1"),
        (
            Partnership(funding=Funding(annual_spend=1.5)),
            "funding.annual_spend",
            "an amount in pounds, None or UNKNOWN",
            "1.5",
        ),
        (
            Partnership(funding=Funding(annual_spend=Decimal("NaN"))),
            "funding.annual_spend",
            "an amount in pounds, None or UNKNOWN",
            "Decimal('NaN')",
        ),
        (
            Partnership(funding=Funding(annual_spend=Decimal(-1))),
            "funding.annual_spend",
            "an amount in pounds, None or UNKNOWN",
            "Decimal('-1')",
        ),
        (
            Partnership(funding=Funding(annual_spend=True)),
            "funding.annual_spend",
            "an amount in pounds, None or UNKNOWN",
            "True",
        ),
        (
            Partnership(funding=Funding(traced_share=Decimal(101))),
            "funding.traced_share",
            "a number (per cent), None or UNKNOWN",
            "Decimal('101')",
        ),
        (
            Partnership(staffing=Staffing(shared_posts=Decimal(2))),
            "staffing.shared_posts",
            "a whole number (posts), None or UNKNOWN",
            "Decimal('2')",
        ),
        (
            Partnership(staffing=Staffing(shared_posts=-1)),
            "staffing.shared_posts",
            "a whole number (posts), None or UNKNOWN",
            "-1",
        ),
        (
            Partnership(staffing=Staffing(shared_posts=True)),
            "staffing.shared_posts",
            "a whole number (posts), None or UNKNOWN",
            "True",
        ),
        (
            Review(interval=-1),
            "interval",
            "a length of time such as 12 months, None or UNKNOWN",
            "-1",
        ),
        (
            Review(interval=True),
            "interval",
            "a length of time such as 12 months, None or UNKNOWN",
            "True",
        ),
        (
            Partnership(protocol=True),
            "protocol",
            "a Protocol, None or UNKNOWN",
            "True",
        ),
        (
            Partnership(protocol=Protocol(agreed="yes")),
            "protocol.agreed",
            "yes or no, None or UNKNOWN",
            "'yes'",
        ),
        (
            Partnership(nature={"statutory"}),
            "nature",
            "a frozenset, None or UNKNOWN",
            "{'statutory'}",
        ),
        (
            Partnership(exit_terms=frozenset({"end"})),
            "exit_terms",
            "a set of ending, leaving, return_of_resources, notice_costs",
            "'end'",
        ),
        (
            Partnership(partners=[]),
            "partners",
            "a tuple of Partner, None or UNKNOWN",
            "[]",
        ),
        (
            Partnership(partners=(UNKNOWN, "Eastshire Council")),
            "partners[0]",
            "a Partner",
            "'Eastshire Council'",
        ),
        (
            Partnership(conflicts=Conflicts(declared=(DeclaredInterest(member=5),))),
            "conflicts.declared[0].member",
            "text, None or UNKNOWN",
            "5",
        ),
        (
            Register(partnerships=(Partnership(accountability=Accountability(published="no")),)),
            "partnerships[0].accountability.published",
            "yes or no, None or UNKNOWN",
            "'no'",
        ),
        (
            Partnership(local={"carbon": "much"}),
            "local.carbon",
            "a number (tonnes), None or UNKNOWN",
            "'much'",
        ),
        (
            Partnership(stated={"tier": "hgh"}),
            "tier",
            "one of low, medium, high, None or UNKNOWN",
            "'hgh'",
        ),
        (
            Partnership(stated={"crowded": True}),
            "crowded",
            "a derived fact of the rulebook",
            "no such fact",
        ),
        (
            Partnership(stated={"teir": "high"}),
            "teir",
            "a derived fact of the rulebook",
            "no such fact",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(
    rulebook: Rulebook, subject: Any, path: str, expected: str, actual: str
) -> None:
    """The error says which fact, what the vocabulary allows and what stands there."""
    with pytest.raises(FactsError) as caught:
        check_subject(subject, rulebook)
    error = caught.value
    assert (error.path, error.expected, error.actual) == (path, expected, actual)
    (told,) = error.diagnostics
    assert told.path == path
    assert str(error) == told.headline
    assert told.message.startswith(f"`{path}` must be {expected}, not ")


def test_every_fact_that_does_not_fit_is_named_at_once(rulebook: Rulebook) -> None:
    """Each problem has the path of its fact, and what is allowed or was meant."""
    wrong: Any = Partnership(
        status="actve",
        partners=(Partner(kind="counci"), Partner(name=5)),
        funding={"pooled": True},
    )
    with pytest.raises(FactsError) as caught:
        check_subject(wrong, rulebook)
    told = {each.path: each for each in caught.value.diagnostics}
    assert set(told) == {"status", "partners[0].kind", "partners[1].name", "funding"}
    assert told["status"].help == "did you mean `active`?"
    assert told["status"].allowed == ("proposed", "active", "dormant", "closing", "ended")
    assert "govrules.read" in told["funding"].help
    assert all(not each.span.file for each in told.values())


def test_an_undeclared_local_fact_is_refused(rulebook: Rulebook) -> None:
    """The error names the local facts that there are, or that there are none."""
    with pytest.raises(FactsError) as caught:
        check_subject(Partnership(local={"xyzzy": True}), rulebook)
    assert caught.value.path == "local.xyzzy"
    assert "local.net_zero_plan" in caught.value.expected
    alone = load_rulebook("governing-partnerships")
    with pytest.raises(FactsError, match=r"a declared fact \(none\)"):
        check_subject(Partnership(local={"xyzzy": True}), alone)


def test_what_has_to_be_read_first_is_told_how(rulebook: Rulebook) -> None:
    """A mapping of facts is no subject, and `read` makes one of it; nor is what it returned."""
    with pytest.raises(VocabularyError, match=r"`dict` is no subject.*`read\(…\)\.subject`"):
        check_subject({"name": "Care pool"}, rulebook)
    with pytest.raises(VocabularyError, match=r"`Read` is no subject; .* its `subject`"):
        check_subject(read_text("name: Care pool"), rulebook)


def test_what_is_plainly_sound_is_seen_at_a_glance():
    """The careful check is for what is wrong, and for what somebody says about facts."""
    sound = Partnership(
        name="Care pool",
        reviewed=dt.date(2026, 1, 31),
        nature=frozenset({"statutory", UNKNOWN}),
        funding=Funding(pooled=True, annual_spend=Decimal(5), traced_share=100),
        staffing=Staffing(shared_posts=0),
        partners=(Partner(name="Eastshire Council"), UNKNOWN),
    )
    look = validate._quick(Partnership)
    assert look(sound)
    for wrong in (
        {"name": 1},
        {"reviewed": dt.datetime(2026, 1, 31, tzinfo=dt.UTC)},
        {"nature": frozenset({"odd"})},
        {"status": "odd"},
        {"funding": Funding(pooled=1)},
        {"funding": Funding(annual_spend=Decimal("NaN"))},
        {"funding": Funding(annual_spend=-1)},
        {"funding": Funding(traced_share=101)},
        {"staffing": Staffing(shared_posts=True)},
        {"partners": [Partner()]},
        {"partners": (None,)},
        {"partners": (Partner(independent="yes"),)},
        {"local": {"odd": 1}},
    ):
        assert not look(attrs.evolve(sound, **wrong)), wrong
