"""Files of answers, and answers laid over subjects from wherever they were read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules import UNKNOWN, FactsError, load_rulebook, read
from govrules.answered import (
    Answer,
    lay_over,
    named_path,
    read_answers,
    with_answers,
    write_answers,
)
from govrules.answered.answer_cells import BLANK, Refusal, how_to_answer, read_answer
from govrules.diagnostics import Code
from govrules.model import Funding, Partner, Partnership, Protocol, Register
from govrules.vocabulary import Fact, vocabulary_of

DAY = dt.date(2026, 1, 9)


def one(fact: str, value: str) -> str:
    """Return a file of one answer."""
    return f"govrules: 1\nanswers:\n  - partnership: p7\n    fact: {fact}\n    value: {value}\n"


def test_each_kind_of_answer_is_read_back_as_it_was_written() -> None:
    """A value, none, not known, a set, names, and texts that look like something else."""
    several = [
        Answer(
            "p7", "funding.pooled", value=True, evidence="Minute 4", by="Head of care", date=DAY
        ),
        Answer("p7", "funding.annual_spend", Decimal("1200000.50")),
        Answer("p7", "funding.guarantees", None),
        Answer("p7", "funding.borrowing", UNKNOWN, by="Head: of #care", date=DAY),
        Answer("p7", "exit_terms", frozenset({"ending", "leaving"})),
        Answer("p7", "nature", frozenset()),
        Answer("p7", "partners", ("Yes", "A: B # c", "- d", '"quoted"')),
        Answer("p7", "pool.reports", frozenset({UNKNOWN})),
        Answer("p7", "conflicts.declared", ()),
        Answer("p7", "protocol", value=True),
        Answer("p7", "partners[A: B # c].independent", value=False),
        Answer("p7", "responsible_officer", "none"),
        Answer("p7", "area", "TBC"),
        Answer("p7", "objective", "=1+1\u2028\u0085 é ✓"),
        Answer("p7", "reviewed", DAY),
        Answer("=HYPERLINK(1)", "oversight.audits_per_year", 3),
    ]
    # A name that is a plain word for a state has to be written as a text.
    text = with_answers("", several[:6] + several[7:])
    assert read_answers({"a.yaml": text}) == tuple(several[:6] + several[7:])
    with pytest.raises(FactsError, match="names"):
        read_answers({"a.yaml": with_answers("", [several[6]])})


def test_a_note_is_kept_beside_its_answer() -> None:
    """It is a comment of the file, and no fact."""
    text = with_answers("", [Answer("p7", "reviewed", DAY, note="see\nbelow")])
    (found,) = read_answers({"a.yaml": text})
    assert found.note == "see below"
    assert with_answers("", [found]) == text


def test_what_stands_in_the_file_stays() -> None:
    """Comments, order, blank lines and the answers of others are as they were."""
    before = (
        "# Answers of the spring round\r\ngovrules: 1\r\nanswers:\r\n"
        "  # first\r\n  - {partnership: p1, fact: funding.pooled, value: no}\r\n\r\n"
        "  - fact: reviewed\r\n    partnership: p7   # ours\r\n    value: unknown\r\n"
        "    evidence: >\r\n      a long\r\n      text\r\n# the end\r\n"
    )
    new = [
        Answer("p7", "reviewed", DAY, by="Head of care"),
        Answer("p9", "reviewed", DAY),
        Answer("p1", "funding.pooled", value=True),
    ]
    text = with_answers(before, new)
    assert text == (
        "# Answers of the spring round\r\ngovrules: 1\r\nanswers:\r\n  # first\r\n"
        "  - partnership: p1\r\n    fact: funding.pooled\r\n    value: yes\r\n\r\n"
        "  - partnership: p7\r\n    fact: reviewed\r\n    value: 2026-01-09\r\n"
        "    by: Head of care\r\n"
        "  - partnership: p9\r\n    fact: reviewed\r\n    value: 2026-01-09\r\n# the end\r\n"
    )
    assert with_answers(text, new) == text


@pytest.mark.parametrize("begin", ["", "govrules: 1\nanswers:\n", "answers: []\ngovrules: 1\n"])
def test_a_file_without_answers_takes_some(begin: str) -> None:
    """Whether it is not there, or has an empty list, at the end or not."""
    assert len(read_answers({"a": with_answers(begin, [Answer("p7", "reviewed", DAY)])})) == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A file that is none of answers stays as it was."""
    path = tmp_path / "answers.yaml"
    write_answers(path, [Answer("p7", "reviewed", DAY)])
    assert read_answers(path) == (Answer("p7", "reviewed", DAY),)
    path.write_bytes(b"\xff")
    with pytest.raises(FactsError):
        write_answers(path, [Answer("p7", "reviewed", DAY)])
    assert path.read_bytes() == b"\xff"
    path.write_text("name: Care pool\n")
    with pytest.raises(FactsError, match="unknown key `name` of a file of answers"):
        write_answers(path, [Answer("p7", "reviewed", DAY)])
    assert path.read_text() == "name: Care pool\n"
    answer = "{partnership: p, fact: reviewed, value: none}"
    for text in (f"govrules: 1\nanswers: [{answer}]\n", "{govrules: 1, answers: []}\n"):
        path.write_text(text)
        with pytest.raises(FactsError, match="on lines of its own"):
            write_answers(path, [Answer("p7", "reviewed", DAY)])
        assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("funding.poold", "yes"), "unknown fact `funding.poold`"),
        (one("funding.pooled", "perhaps"), "`perhaps` cannot be read as yes or no"),
        (one("funding.pooled", "n/a"), "`n/a` is no answer"),
        (one("funding.annual_spend", "£1m-£5m"), "cannot be read as an amount"),
        (one("funding.annual_spend", "nil"), "`nil` is no answer"),
        (one("reviewed", "March 2026"), "March 2026"),
        (one("exit_terms", "[endings]"), "unknown value `endings`"),
        (one("partners", "Eastshire Council"), "partners"),
        (one("partners", "[yes]"), "answered by names"),
        (one("partners[A].independant", "yes"), "unknown fact"),
        (one("status[A].kind", "yes"), "unknown fact"),
        ("govrules: 1\nanswers: [yes]\n", "answer"),
        (one("responsible_officer", "yes"), "asks for a text"),
        ("govrules: 2\nanswers: []\n", "format version `2`"),
        ("govrules: 1\n", "has no `answers`"),
        ("govrules: 1\nanswers:\n  - fact: reviewed\n", "has no `partnership`"),
        (one("reviewed", "2026-01-09\n    date: soon"), "date"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_place(text: str, said: str) -> None:
    """The line, what is wrong and what to write; nothing of the file is used."""
    with pytest.raises(FactsError) as caught:
        read_answers({"answers.yaml": text})
    found = caught.value.diagnostics
    assert any(said in each.message for each in found), found
    assert all(each.span.file == "answers.yaml" and each.help for each in found)


def fact(path: str) -> Fact:
    """Return a fact of a partnership, or of the records of one of its lists."""
    whole, _, inner = path.partition("[].")
    found = vocabulary_of(Partnership).facts[whole]
    return vocabulary_of(found.type.cls).facts[inner] if inner else found


def laid(subject: Any, *answers: Answer) -> tuple[Any, list[str], list[str]]:
    """Return a subject with answers, which counted, and the codes of what was said."""
    new, done = lay_over(subject, answers)
    codes = [each.problem.code.title if each.problem else "" for each in done]
    return new, [each.used for each in done], codes


def test_an_answer_fills_in_what_is_open_and_nothing_else() -> None:
    """The record stays where it says something, and says so where the two differ."""
    pool = Partnership(id="p7", funding=Funding(pooled=True), protocol=None)
    new, used, codes = laid(
        pool,
        Answer("p7", "funding.annual_spend", Decimal(5), "Minute 4"),
        Answer("p7", "funding.pooled", value=True),
        Answer("p7", "protocol.agreed", value=True),
        Answer("p7", "funding.borrowing", UNKNOWN),
        Answer("p8", "reviewed", DAY),
        Answer("p7", "partners[A].independent", value=True),
    )
    assert used == ["answer", "record", "record", "neither", "neither", "neither"]
    nothing = "answer-for-nothing"
    assert codes == ["", "", "answer-against-the-record", "", nothing, nothing]
    assert new.funding == Funding(pooled=True, annual_spend=Decimal(5))
    assert new.protocol is None
    assert new.evidence == {"funding.annual_spend": "Minute 4"}


@pytest.mark.parametrize(
    ("pool", "answer", "value", "used"),
    [
        (Partnership(protocol=Protocol()), ("protocol", True), Protocol(), "record"),
        (Partnership(protocol=None), ("protocol", True), None, "against"),
        (
            Partnership(exit_terms=frozenset({"ending", UNKNOWN})),
            ("exit_terms", frozenset({"leaving", UNKNOWN})),
            frozenset({"ending", "leaving", UNKNOWN}),
            "answer",
        ),
        (
            Partnership(exit_terms=frozenset({"ending", UNKNOWN})),
            ("exit_terms", frozenset({"ending", UNKNOWN})),
            frozenset({"ending", UNKNOWN}),
            "record",
        ),
        (
            Partnership(partners=(Partner(name="A"), UNKNOWN)),
            ("partners", ("B",)),
            (Partner(name="A"), UNKNOWN),
            "against",
        ),
        (
            Partnership(partners=(UNKNOWN,)),
            ("partners[C].name", "D"),
            (UNKNOWN,),
            "for nothing",
        ),
        (
            Partnership(partners=(Partner(),)),
            ("partners[0].kind", "charity"),
            (Partner(kind="charity"),),
            "answer",
        ),
    ],
)
def test_an_answer_beside_what_is_on_record(
    pool: Partnership, answer: tuple[str, Any], value: Any, used: str
) -> None:
    """It fills in, says the same, or counts for nothing and says against what."""
    path, given = answer
    new, counts, codes = laid(attrs.evolve(pool, id="p7"), Answer("p7", path, given))
    assert getattr(new, path.partition("[")[0]) == value
    told = {"against": "answer-against-the-record", "for nothing": "answer-for-nothing"}
    assert codes == [told.get(used, "")]
    assert used in told or counts == [used]


@pytest.mark.parametrize(
    ("path", "cell", "known", "value"),
    [
        ("responsible_officer", "nil", UNKNOWN, "`nil` is no answer here"),
        ("funding.annual_spend", "nil", UNKNOWN, Decimal(0)),
        ("nature", "none", UNKNOWN, frozenset()),
        ("partners", "none", UNKNOWN, ()),
        ("protocol", "No.", UNKNOWN, None),
        ("protocol", "yes", UNKNOWN, True),
        ("nature", "yes", frozenset({"statutory", UNKNOWN}), frozenset({"statutory"})),
        ("nature", "yes", UNKNOWN, "`yes` does not say which"),
        ("nature", " ; ", UNKNOWN, BLANK),
        ("partners", "A; unknown", UNKNOWN, "`unknown` is no name"),
        ("partners[].voting_share", 0.5, UNKNOWN, "`0.5` may be 50 per cent, or less than one"),
        ("partners[].voting_share", 50.0, UNKNOWN, Decimal(50)),
    ],
)
def test_what_a_cell_says(path: str, cell: Any, known: Any, value: Any) -> None:
    """A value as an answer holds it, nothing, or why it is no answer."""
    found = read_answer(cell, fact(path), known)
    assert (found.message if isinstance(found, Refusal) else found) == value


@pytest.mark.parametrize(
    ("path", "known", "said"),
    [
        ("protocol", "unknown", "yes or no"),
        ("pool.host", "unknown", "words; of a person the post, not the name"),
        ("partners", "unknown", "the name of each, with ; between; or none"),
        ("partners", "A", "yes, if these are all; else the name of each, with ; between"),
    ],
)
def test_how_a_question_is_answered(path: str, known: str, said: str) -> None:
    """In the words of the cell beside it."""
    assert how_to_answer(fact(path), known) == said


def test_two_answers_to_one_question_that_differ_count_for_nothing() -> None:
    """One that is given twice counts once, and *not known* says nothing against an answer."""
    yes, no = (Answer("p7", "funding.pooled", value=each) for each in (True, False))
    dunno = Answer("p7", "funding.pooled", UNKNOWN)
    pool = Partnership(id="p7")
    assert laid(pool, yes, no) == (pool, ["neither"] * 2, ["answers-disagree"] * 2)
    assert laid(pool, yes, yes, dunno)[0].funding.pooled is True


def test_who_the_partners_are_is_answered_by_their_names() -> None:
    """All of them are named, those on record are kept, and facts of each are for the name."""
    pool = Partnership(id="p7", partners=(Partner(name="A & Co", independent=True), UNKNOWN))
    new, used, _ = laid(
        pool,
        Answer("p7", "partners[B].independent", value=False),
        Answer("p7", "partners", ("B", "a and co")),
    )
    assert used == ["answer", "answer"]
    both = Partner(name="A & Co", independent=True), Partner(name="B", independent=False)
    assert new.partners == both
    assert new.evidence["partners[1].independent"] == "answered"
    again, used, codes = laid(
        new, Answer("p7", "partners", ("B",)), Answer("p7", "partners[C].name", "C")
    )
    assert (again, used) == (new, ["record", "record"])
    assert codes == ["answer-against-the-record"] * 2


def test_one_partner_more_leaves_the_list_open() -> None:
    """Whether there are further partners stays unknown."""
    new, used, _ = laid(
        Partnership(id="p7"),
        Answer("p7", "partners[C].name", "C"),
        Answer("p7", "partners[C].voting_share", Decimal(50)),
    )
    assert used == ["answer", "answer"]
    assert new.partners == (Partner(name="C", voting_share=Decimal(50)), UNKNOWN)


def test_that_there_is_none_of_a_set_may_be_answered_by_nothing() -> None:
    """`None` says of a set that may have members what an empty set says."""
    for known in (frozenset({UNKNOWN}), frozenset({"ending", UNKNOWN})):
        pool = Partnership(id="p7", exit_terms=known)
        empty = laid(pool, Answer("p7", "exit_terms", frozenset[str]()))
        assert laid(pool, Answer("p7", "exit_terms", None)) == empty


def test_sets_that_may_have_more_are_completed() -> None:
    """What is on record stays in; an answer without it is against the record."""
    pool = Partnership(id="p7", exit_terms=frozenset({"ending", UNKNOWN}))
    more = laid(pool, Answer("p7", "exit_terms", frozenset({"ending", "leaving"})))[0]
    assert more.exit_terms == {"ending", "leaving"}
    for value in (frozenset({"leaving"}), frozenset[str]()):
        assert laid(pool, Answer("p7", "exit_terms", value))[1:] == (
            ["record"],
            ["answer-against-the-record"],
        )


def test_there_is_one_of_which_nothing_more_is_known() -> None:
    """A record can be answered with yes."""
    assert laid(Partnership(id="p"), Answer("p", "protocol", value=True))[0].protocol == Protocol()
    assert laid(Partnership(id="p"), Answer("p", "protocol", None))[0].protocol is None


def test_a_register_is_answered_by_id_or_name(tmp_path: Path) -> None:
    """So is the register itself; a name that two have is nobody's."""
    table = tmp_path / "register.csv"
    table.write_text("id,name,funding.pooled\np1,Care,\n,Twin,\n,Twin,yes\n")
    register = read(table).subject
    new, used, codes = laid(
        register,
        Answer("p1", "funding.pooled", value=False),
        Answer("Care", "reviewed", DAY),
        Answer("Twin", "reviewed", DAY),
        Answer("the register", "organisation.entry_policy", value=True),
        Answer("the register", "funding.pooled", value=True),
    )
    assert used == ["answer", "answer", "neither", "answer", "neither"]
    assert codes[2] == codes[4] == "answer-for-nothing"
    assert new.partnerships[0].funding.pooled is False
    assert new.partnerships[0].reviewed == DAY
    assert new.partnerships[1:] == register.partnerships[1:]
    assert new.organisation.entry_policy is True


def test_facts_of_a_pack_and_derived_facts_are_answered() -> None:
    """Those that rules derive can be stated."""
    rulebook = load_rulebook()
    text = one("risk_tier", "high")
    new, (done,) = lay_over(Partnership(id="p7"), read_answers({"a": text}, rulebook), rulebook)
    assert new.stated == {"risk_tier": "high"}
    assert done.used == "answer"
    assert new.origin["risk_tier"] == "a:4"


def test_a_record_is_named_and_not_counted() -> None:
    """So an answer stays that of its partner where rows are sorted anew."""
    pool = Partnership(
        partners=(Partner(name="A"), Partner(), Partner(name="B"), Partner(name="b"))
    )
    paths = [f"partners[{each}].kind" for each in range(5)]
    assert [named_path(pool, each) for each in paths] == ["partners[A].kind", *paths[1:]]
    assert named_path(pool, "reviewed") == "reviewed"


def test_each_answer_has_its_line() -> None:
    """A finding that rests on it says where it stands."""
    text = one("funding.pooled", "yes")
    register = Register(partnerships=(Partnership(id="p7"),))
    new, _ = lay_over(register, read_answers({"answers.yaml": text}))
    assert new.partnerships[0].origin["funding.pooled"] == "answers.yaml:4"
    assert Code.ANSWER_FOR_NOTHING.is_warning
