"""An interview without a terminal, and facts written into a partnership's own file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from govrules import (
    UNKNOWN,
    FactsError,
    Partner,
    Partnership,
    Register,
    Severity,
    assess,
    load_rulebook,
    to_data,
)
from govrules.answered import Answer
from govrules.editing import EditError
from govrules.factfile import with_fact
from govrules.interview import AnswerError, Interview
from govrules.render.changes import what_if_lines

AS_OF = dt.date(2026, 1, 31)


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


def talk_of(rulebook, *first, **facts):
    return Interview(Partnership(**facts), rulebook, as_of=AS_OF, first=first)


def test_answers_fill_in_the_subject_and_back_takes_them_out_again(rulebook):
    talk = talk_of(rulebook, "name", "funding.annual_spend")
    talk.answer("Care pool")
    (answer,) = talk.answer("£1.2m", evidence="Budget", by="Treasurer", date=AS_OF)
    assert answer == Answer(
        "Care pool", "funding.annual_spend", 1200000, "Budget", "Treasurer", AS_OF
    )
    assert talk.subject.funding.annual_spend == Decimal(1200000)
    assert talk.answers == (Answer("", "name", "Care pool"), answer)
    prompt = talk.back()
    assert prompt is not None
    assert prompt.fact == "funding.annual_spend"
    assert talk.subject.funding is UNKNOWN
    assert talk.subject.name == "Care pool"
    assert talk.back().fact == "name"
    assert talk.back() is None


def test_partners_are_named_one_by_one_until_they_are_all(rulebook):
    talk = talk_of(rulebook, "partners", name="Care pool")
    talk.answer("A Council")
    assert talk.prompt.fact == "partners"
    assert talk.prompt.known == "A Council"
    talk.answer("B; C")
    talk.answer("yes")
    assert [each.name for each in talk.subject.partners] == ["A Council", "B", "C"]
    assert "partners" not in talk.open
    assert "partners[A Council].named_accountable" in talk.open


def test_what_nobody_knows_is_not_asked_again_and_stays_unknown(rulebook):
    talk = talk_of(rulebook, "funding.pooled", name="Care pool")
    (answer,) = talk.answer("don't know")
    assert answer.value is UNKNOWN
    assert talk.prompt.fact != "funding.pooled"
    assert talk.subject.funding is UNKNOWN
    assert "funding.pooled" in talk.open


def test_what_changed_meanwhile_is_taken_up(rulebook):
    talk = talk_of(rulebook, "status", name="Care pool")
    talk.update(Partnership(name="Care pool", status="ended"))
    assert talk.prompt.fact != "status"
    assert talk.subject.status == "ended"


def test_the_level_says_what_is_asked(rulebook):
    low = talk_of(rulebook, name="Care pool")
    high = Interview(Partnership(name="Care pool"), rulebook, as_of=AS_OF, level=Severity.CRITICAL)
    assert high.remaining < low.remaining
    assert high.prompt.could_be is Severity.CRITICAL
    assert high.why()[0].startswith("It could show (critical): ")


def test_facts_that_nobody_knew_are_asked_last(rulebook):
    first = talk_of(rulebook, name="Care pool").prompt.fact
    talk = Interview(Partnership(name="Care pool"), rulebook, as_of=AS_OF, last=[first])
    assert talk.prompt.fact != first
    assert talk.open[-1] == first


@pytest.mark.parametrize(
    ("fact", "text", "said"),
    [
        ("funding.pooled", "none", "`none` answers no question of yes or no"),
        ("funding.pooled", "Yes, see minute", "is not yes, no or don't know"),
        ("funding.annual_spend", "lots", "`lots`"),
        ("status", "asleep", "`asleep` is none of the words of the list"),
        ("reviewed", "3 March 2027", "cannot have been done yet"),
        ("partners", "yes", "`yes` does not say which"),
        ("partners", "", "there is no answer"),
    ],
)
def test_an_answer_of_the_wrong_type_changes_nothing(rulebook, fact, text, said):
    talk = talk_of(rulebook, fact, name="Care pool")
    before = talk.subject
    with pytest.raises(AnswerError) as raised:
        talk.answer(text)
    assert said in raised.value.message
    assert raised.value.help
    assert talk.subject is before
    assert talk.prompt.fact == fact


def test_a_register_is_no_subject_of_one_interview(rulebook):
    with pytest.raises(FactsError):
        Interview(Register(), rulebook)


# ── Into a file ───────────────────────────────────────────────────────────────────────────────


def fact(path, value, evidence=""):
    return Answer("", path, value, evidence)


@pytest.mark.parametrize(
    ("before", "answers", "after"),
    [
        (
            "partners:\n  - name: A   # first\n    kind: police\n  # more?\n  - unknown\n# end\n",
            [fact("partners[B].name", "B"), fact("partners[A].independent", value=True)],
            (
                "partners:\n  - name: A   # first\n    kind: police\n    independent: yes\n"
                "  - name: B\n  # more?\n  - unknown\n# end\n"
            ),
        ),
        (
            "partners: [{name: A}, unknown]\n",
            [fact("partners[B].name", "B"), fact("partners", ("A", "B"))],
            "partners: [{name: A}, {name: B}]\n",
        ),
        (
            "partners: unknown  # who\nname: X\n",
            [fact("partners", ("none", "B"))],
            'partners:  # who\n  - name: "none"\n  - name: B\nname: X\n',
        ),
        ("name: X\n", [fact("partners", ())], "name: X\npartners: none\n"),
        (
            "name: X\nevidence: {name: Deed}\n",
            [fact("reviewed", AS_OF, "Minute 4, item 2")],
            'name: X\nevidence: {name: Deed, reviewed: "Minute 4, item 2"}\nreviewed: 2026-01-31\n',
        ),
        (
            "governing_document:\n  clauses:\n    - aims\n    - unknown\n",
            [fact("governing_document.clauses", frozenset({"aims", "roles"}))],
            "governing_document:\n  clauses: [aims, roles]\n",
        ),
        ("", [fact("protocol", value=True)], "govrules: 1\nprotocol: {}\n"),
    ],
)
def test_a_fact_goes_where_it_belongs(rulebook, before, answers, after):
    for each in answers:
        before = with_fact(before, each, rulebook)
    assert before.replace("clauses:\n    [", "clauses: [") == after


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("funding.pooled: yes\n", fact("funding.pooled", value=False)),
        ("name: X\n", fact("partners[Nobody].independent", value=True)),
        ("name: X\n", fact("funding.pool", value=True)),
        ("{name: X}\n", fact("funding.pooled", value=True)),
        ("name: [\n", fact("funding.pooled", value=True)),
        (
            "governing_document.clauses: [aims, # one\n  unknown]\n",
            fact("governing_document.clauses", frozenset({"aims", "roles"})),
        ),
    ],
)
def test_a_file_that_cannot_take_a_fact_says_why(rulebook, text, answer):
    with pytest.raises(EditError):
        with_fact(text, answer, rulebook)


# ── What if ───────────────────────────────────────────────────────────────────────────────────


def test_what_if_tells_what_would_be_opened_closed_and_changed(rulebook):
    pool = Partnership(name="Care pool", partners=(Partner(name="A"), UNKNOWN))
    found = assess(pool, rulebook, as_of=AS_OF).what_if(
        {"funding.pooled": True, "protocol": None, "partners[A].kind": "police"}
    )
    assert "pooled-budget-without-protocol" in [each.rule.id for each in found.opened]
    assert found.after.subject.partners[0].kind == "police"
    assert not found.closed
    back = found.after.what_if({"protocol.agreed": True})
    assert "pooled-budget-without-protocol" in [each.rule.id for each in back.closed]
    assert found.before.subject == pool


def test_what_if_is_told_in_words_and_as_data(rulebook):
    pool = Partnership(name="Care pool", partners=(Partner(name="A"), UNKNOWN))
    facts = {"funding.pooled": True, "protocol": None}
    found = assess(pool, rulebook, as_of=AS_OF).what_if(facts)
    said = {"funding.pooled": "yes", "protocol": "none"}
    lines = [line for line, _ in what_if_lines(found, said)]
    assert lines[:4] == [
        "Care pool",
        "If funding.pooled were yes and protocol were none:",
        "Findings: 1 opened, 0 closed and 2 changed.",
        "The risk tier: high, medium or low now, high or medium then.",
    ]
    assert lines[6].startswith(
        "  MEDIUM    Budgets are pooled without an agreed protocol (could be"
    )
    last = "2 checks would stand differently without opening or closing: --full names each"
    assert lines[-1] == last
    full = [line for line, _ in what_if_lines(found, said, full=True)]
    assert full[: len(lines) - 2] == lines[:-2]
    assert "Changed" in full
    assert sum(" now, " in each for each in full) == 3
    data = to_data(found)
    assert data["what_if"] == {"funding.pooled": True, "protocol": "none"}
    assert data["derived"]["the risk tier"]["after"] == "high or medium"
    assert [len(data[each]) for each in ("opened", "closed", "changed")] == [1, 0, 2]
    back = found.after.what_if({"protocol.agreed": True})
    lines = [line for line, _ in what_if_lines(back, {"protocol.agreed": "yes"})]
    assert lines[-2:] == [
        "Closed",
        "  Budgets are pooled without an agreed protocol: met [pooled-budget-without-protocol]",
    ]


@pytest.mark.parametrize(
    "facts",
    [
        {"funding.pool": True},
        {"name.full": "X"},
        {"funding.pooled": "perhaps"},
        {"partners[9].kind": "police"},
        {"partners[Nobody].kind": "police"},
    ],
)
def test_what_if_refuses_what_is_no_fact(rulebook, facts):
    found = assess(Partnership(name="X"), rulebook, as_of=AS_OF)
    with pytest.raises(FactsError) as told:
        found.what_if(facts)
    assert str(told.value).count(next(iter(facts)))


def test_what_if_names_the_fact_that_is_meant(rulebook):
    found = assess(Partnership(partners=(Partner(),)), rulebook, as_of=AS_OF)
    for path in ("protocol.agred", "partners[0].independant"):
        with pytest.raises(FactsError) as told:
            found.what_if({path: True})
        (problem,) = told.value.diagnostics
        assert (problem.path, problem.help[:12]) == (path, "did you mean")


@pytest.mark.parametrize(("option", "value"), [("level", "hihg"), ("settle", "risk_teir")])
def test_an_option_that_is_none_is_refused(rulebook, option, value):
    with pytest.raises(FactsError, match=f"`{option}` must be one of .*, not '{value}'"):
        Interview(Partnership(), rulebook, **{option: value}).open  # noqa: B018 - it is worked out
