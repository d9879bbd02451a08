"""`govrules ask`: the most useful question first, and a file that keeps all else as it was."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import time

import pytest

from govrules import Severity, load_rulebook
from govrules.cli import main
from govrules.interview import Interview
from govrules.reading import read_partnership

RULES = """\
govrules: 1
theme: all
rules:
  - id: several
    title: Several facts are asked for
    principle: Ask.
    source: { document: policy, paragraph: 1 }
    requires:
      all:
        - protocol.agreed: yes
        - responsible_officer: "A. Smith: £ #1"
        - funding.annual_spend: { at_most: { parameter: much } }
        - legal_form: joint_committee
        - governing_document.clauses: { includes: aims }
        - governing_document.reviewed: { older_than: 12 months }
        - local.slogan: Onward
        - partners: { every: { named_accountable: yes } }
    severity: low
  - id: again
    title: The protocol is asked for twice
    principle: Ask.
    source: { document: policy, paragraph: 1 }
    requires: { protocol.agreed: yes }
    severity: low
"""
TEXT = """\
# A comment.
name:   "Care pool"   # another

partners:
  - name: A
"""
ANSWERS = ["y", "A. Smith: £ #1", "£1k", "Joint committee", "aims; roles", "31 January 2020"]


@pytest.fixture
def ask(run, monkeypatch):
    def ask(path, *answers, rules, words=()):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in answers)))
        return run("ask", path, "--rules", rules, *words)

    return ask


@pytest.fixture
def rules(pack):
    """A rule for each kind of fact that can be asked for."""
    (pack / "money.yaml").write_text(RULES)
    return pack


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(TEXT)
    return path


def test_answers_as_people_give_them_are_written_and_nothing_else_changes(ask, rules, path):
    ran = ask(path, *ANSWERS, "Onward", "n", rules=rules)
    assert ran.code == 0
    assert path.read_text() == TEXT + (
        "    named_accountable: no\n"
        "protocol.agreed: yes\n"
        'responsible_officer: "A. Smith: £ #1"\n'
        "funding.annual_spend: 1000\n"
        "legal_form: joint_committee\n"
        "governing_document.clauses: [aims, roles]\n"
        "governing_document.reviewed: 2020-01-31\n"
        "local.slogan: Onward\n"
    )
    assert "8 facts written to" in ran.out
    assert "Read as £1,000." in ran.out


def test_the_question_that_settles_most_comes_first_and_says_how_many_are_left(ask, rules, path):
    ran = ask(path, "stop", rules=rules)
    first = ran.out.split("\n\n")[1]
    assert "(8 left)" in first
    assert "yes or no; could show a low finding; helps to settle 2 checks" in first
    assert path.read_text() == TEXT
    assert "0 facts written" in ran.out


@pytest.mark.parametrize("word", ["", "skip", "don't know", "dk", "unknown", "Don’t know", "n/k"])
def test_what_is_skipped_or_not_known_stays_open(ask, rules, path, word):
    ran = ask(path, word, word, "500", "stop", rules=rules)
    assert path.read_text() == TEXT + "funding.annual_spend: 500\n"
    assert ran.code == 0
    assert "questions are left open." in ran.out


def test_an_answer_that_cannot_be_read_is_asked_again_with_the_reason(ask, rules, path):
    ran = ask(path, "perhaps", "no", "stop", rules=rules)
    assert "`perhaps` is not yes, no or don't know: write one of the three alone" in ran.out
    assert path.read_text() == TEXT + "protocol.agreed: no\n"


@pytest.mark.parametrize(
    ("before", "answer", "reason"),
    [
        (2, "-5", "below zero"),
        (2, "plenty", "`plenty`"),
        (3, "plc", "`plc` is none of the words of the list"),
        (4, "aims; rolse", "`rolse` is none of the words"),
        (5, "1.2.26", "`1.2.26`"),
        (5, "31 January 2099", "cannot have been done yet"),
        (6, "yes", "`yes` answers no question that asks for a text"),
    ],
)
def test_an_answer_of_the_wrong_type_is_refused(ask, rules, path, before, answer, reason):  # noqa: PLR0917 - what is answered
    ran = ask(path, *[""] * before, answer, "stop", rules=rules)
    assert reason in " ".join(ran.out.split())
    assert path.read_text() == TEXT


def test_back_takes_an_answer_back_and_puts_the_question_again(ask, rules, path):
    ran = ask(path, "back", "y", "back", "y", ANSWERS[1], "back", "back", "stop", rules=rules)
    assert path.read_text() == TEXT
    assert "This is the first question." in ran.out
    assert "0 facts written" in ran.out


def test_why_tells_what_the_answer_could_show_and_a_question_mark_how_to_answer(ask, rules, path):
    ran = ask(path, "why", "?", "stop", rules=rules)
    assert "It could show (low): Several facts are asked for. Ask." in ran.out
    assert "  Yes or no.\n" in ran.out


def test_evidence_is_taken_on_request(ask, rules, path):
    ask(path, "y", "seen Minute 4: page 3", "stop", rules=rules)
    assert path.read_text() == TEXT + (
        'protocol.agreed: yes\nevidence:\n  protocol.agreed: "Minute 4: page 3"\n'
    )
    ask(path, "Somebody", "The deed", "", rules=rules, words=["--evidence"])
    assert path.read_text().endswith(
        "  responsible_officer: The deed\nresponsible_officer: Somebody\n"
    )


def test_an_answer_says_at_once_what_it_shows(ask, rules, path):
    ran = ask(path, "no", "stop", rules=rules)
    assert "LOW: Several facts are asked for." in ran.out
    assert "2 checks were not known, 0 are." in ran.out


def test_none_is_an_answer(ask, rules, path):
    ask(path, "", "none", "stop", rules=rules)
    assert path.read_text() == TEXT + "responsible_officer: none\n"


def test_partners_are_taken_one_by_one_from_an_empty_file(ask, rules, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("# Begun.\n")
    ran = ask(path, *[""] * 7, "A Council", "B; C", "yes", "y", "n", "stop", rules=rules)
    assert ran.code == 0
    assert "So far: A Council, B and C." in ran.out
    assert path.read_text() == (
        "# Begun.\ngovrules: 1\npartners:\n  - name: A Council\n    named_accountable: yes\n"
        "  - name: B\n    named_accountable: no\n  - name: C\n"
    )


def test_a_fact_that_the_file_leaves_open_is_answered_where_it_stands(ask, rules, path):
    path.write_text(
        TEXT
        + "protocol:\n  agreed: unknown  # who knows\nresponsible_officer:\nlegal_form: 'TBC' # soon\narea: B\n"
    )
    ran = ask(path, "yes", "A. Smith: £ #1", "", "joint_committee", "stop", rules=rules)
    assert path.read_text() == TEXT + (
        'protocol:\n  agreed: yes  # who knows\nresponsible_officer: "A. Smith: £ #1"\nlegal_form: joint_committee # soon\narea: B\n'
    )
    assert ran.code == 0


def test_a_record_that_the_file_leaves_open_takes_the_answer(ask, rules, path):
    path.write_text(TEXT + "protocol: unknown\n")
    ask(path, "yes", "stop", rules=rules)
    assert path.read_text() == TEXT + "protocol: {agreed: yes}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: X", "name: X\nprotocol.agreed: yes\n"),
        ("name: X\r\narea: Y\r\n", "name: X\r\narea: Y\r\nprotocol.agreed: yes\r\n"),
        ("\ufeffname: X\n", "\ufeffname: X\nprotocol.agreed: yes\n"),
        ("---\nname: X\n...\n# end\n", "---\nname: X\nprotocol.agreed: yes\n...\n# end\n"),
        ("  name: X\n", "  name: X\n  protocol.agreed: yes\n"),
        ("objective: |\n  Long\n  text\n", "objective: |\n  Long\n  text\nprotocol.agreed: yes\n"),
        ("protocol:\n  # none yet\n", "protocol: {agreed: yes}\n  # none yet\n"),
        ("name: X\n# last words\n", "name: X\n# last words\nprotocol.agreed: yes\n"),
        ("name: X\n\n\n", "name: X\n\n\nprotocol.agreed: yes\n"),
    ],
)
def test_every_letter_around_an_answer_stays(ask, rules, tmp_path, before, after):
    path = tmp_path / "p.yaml"
    path.write_bytes(before.encode())
    ask(path, "yes", "stop", rules=rules)
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("text", ["{name: X}\n", json.dumps({"name": "X"})])
def test_a_file_in_braces_is_left_alone_and_its_answers_go_elsewhere(ask, rules, tmp_path, text):
    path, answers = tmp_path / "p.json", tmp_path / "answers.yaml"
    path.write_text(text)
    ran = ask(path, "yes", rules=rules)
    assert ran.code == 2
    assert "written in braces" in ran.err
    assert ask(path, "yes", "stop", rules=rules, words=["--answers", answers]).code == 0
    assert "fact: protocol.agreed\n    value: yes\n" in answers.read_text()
    assert path.read_text() == text


def test_what_a_set_is_known_to_have_stays_and_the_rest_is_added(ask, rules, path):
    path.write_text(TEXT + "governing_document.clauses: [quorum, unknown]\n")
    ask(path, "", "", "", "", "aims", "stop", rules=rules)
    assert path.read_text() == TEXT + "governing_document.clauses: [aims, quorum]\n"


def test_a_register_is_asked_entry_by_entry_with_answers_in_a_file(ask, rules, tmp_path):
    register, answers = tmp_path / "r.yaml", tmp_path / "answers.yaml"
    entries = "partnerships:\n  - { id: A, name: Care pool }\n  - { id: B, name: Fund }\n"
    register.write_text(entries)
    words = ["--answers", answers, "--by", "Head of care"]
    ran = ask(register, "y", "dk", "next", "n", "stop", rules=rules, words=words)
    assert ran.code == 0
    assert "── Care pool (A): 8 questions" in ran.out
    assert "── Fund (B): 8 questions" in ran.out
    assert register.read_text() == entries
    text = answers.read_text()
    assert "partnership: A\n    fact: protocol.agreed\n    value: yes\n    by: Head of care" in text
    assert "partnership: A\n    fact: responsible_officer\n    value: unknown" in text
    assert "partnership: B\n    fact: protocol.agreed\n    value: no" in text
    again = ask(register, "stop", rules=rules, words=words)
    assert "[funding.annual_spend]" in again.out
    assert "── Care pool (A): 7 questions" in again.out


def test_a_file_that_changed_meanwhile_is_read_again(ask, rules, path, monkeypatch):
    class Typing(io.StringIO):
        def readline(self, *_):
            line = super().readline()
            if line == "y\n":
                path.write_text(TEXT + "responsible_officer: Somebody else\n")
            return line

    monkeypatch.setattr("sys.stdin", Typing("y\n500\nback\nback\nstop\n"))
    assert main(["ask", str(path), "--rules", str(rules)]) == 0
    text = path.read_text()
    assert text == TEXT + "responsible_officer: Somebody else\n"


@pytest.fixture
def typing(run, rules, monkeypatch):
    def typing(path, lines, after, change, *words):
        """Answer, and let somebody else change the file once a line was typed."""

        class Typing(io.StringIO):
            def readline(self, *_):
                line = super().readline()
                if line == f"{after}\n":
                    change()
                return line

        monkeypatch.setattr("sys.stdin", Typing("".join(f"{each}\n" for each in lines)))
        return run("ask", path, "--rules", rules, *words)

    return typing


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("back", "has changed since: change the answer there"),
        ("seen the minutes", "Not written:"),
    ],
)
def test_what_somebody_else_wrote_meanwhile_stays(typing, path, after, said):
    other = TEXT + "protocol.agreed: no\n"
    ran = typing(path, ["y", after, "stop"], after, lambda: path.write_text(other))
    assert said in " ".join(ran.out.split())
    assert path.read_text() == other


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda path: path.write_bytes(b"name: \xff\n"), "it is no text in UTF-8 any more"),
        (lambda path: path.write_text(""), "it is empty"),
        (lambda path: path.unlink(), "it is not there any more"),
        (lambda path: (path.unlink(), path.mkdir()), "this is a folder"),
    ],
)
def test_a_file_that_cannot_be_read_any_more_is_waited_for(typing, path, change, why):
    ran = typing(path, ["y", "why", "", "stop"], "why", lambda: change(path))
    assert ran.code == 2
    assert f"has changed meanwhile: {why}" in ran.err
    assert "Mend it and press Enter to go on" in ran.out
    assert "cannot be read any more" in ran.err


def test_a_file_of_answers_that_is_broken_meanwhile_takes_no_answer(typing, tmp_path):
    register, answers = tmp_path / "r.yaml", tmp_path / "answers.yaml"
    register.write_text("partnerships: [{ id: A, name: Care pool }]\n")
    answers.write_text("govrules: 1\nanswers: []\n")
    broken = "govrules: 1\nanswers: [\n"
    words = ("--answers", answers)
    ran = typing(register, ["y", "stop"], "y", lambda: answers.write_text(broken), *words)
    assert f"Not written: nothing was written: {answers}" in " ".join(ran.out.split())
    assert answers.read_text() == broken


def test_that_nobody_knows_has_been_seen_nowhere_and_is_taken_back(ask, rules, path):
    ran = ask(path, "dk", "seen the minutes", "back", "stop", rules=rules)
    assert "The last answer says nothing that could have been seen." in ran.out
    assert ran.out.count("[protocol.agreed]") == 2
    assert path.read_text() == TEXT


def test_an_answer_names_the_gravest_of_what_it_shows(ask, rules, path):
    money = rules / "money.yaml"
    third = money.read_text().partition("  - id: again")[2]
    money.write_text(
        f"{money.read_text()}  - id: third{third.replace('low', 'high')}"
        f"  - id: fourth{third.replace('low', 'critical')}"
    )
    ran = ask(path, "no", "stop", rules=rules)
    assert "CRITICAL: The protocol is asked for twice.\n  HIGH: " in ran.out
    assert "and 2 more to put right." in ran.out


def test_what_is_typed_in_no_utf_8_ends_it(run, rules, path, monkeypatch):
    typed = io.TextIOWrapper(io.BytesIO(b"y\xff\n"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", typed)
    ran = run("ask", path, "--rules", rules)
    assert ran.code == 2
    assert "standard input: what was typed is not text in utf-8" in ran.err
    assert path.read_text() == TEXT


@pytest.mark.parametrize("words", [[], ["--workbook", "ask.xlsx"]])
def test_of_two_partnerships_of_one_name_nothing_is_asked(ask, rules, tmp_path, words):
    register = tmp_path / "r.csv"
    register.write_text("name,funding.pooled\nCare pool,yes\nCare pool,no\n")
    words = [tmp_path / each if each.endswith(".xlsx") else each for each in words]
    ran = ask(register, rules=rules, words=words)
    assert (ran.code, "GR604" in ran.err) == (2, True)
    assert "nothing is asked while entries or answers cannot be read" in ran.err
    assert not (tmp_path / "ask.xlsx").exists()


def test_a_register_of_which_nothing_is_left_to_ask(ask, pack, tmp_path):
    register = tmp_path / "r.yaml"
    register.write_text("partnerships:\n  - { funding.pooled: yes }\n")
    words = ["--answers", tmp_path / "answers.yaml"]
    ran = ask(register, rules=pack, words=words)
    assert "a partnership without id or name is not asked about" in ran.err
    assert ran.out.endswith("Nothing is left to ask.\n")
    register.write_text(
        "partnerships:\n  - { name: A, funding.pooled: no, responsible_officer: The clerk }\n"
    )
    assert ask(register, rules=pack, words=words).out.endswith("Nothing is left to ask.\n")
    ran = ask(register, rules=pack, words=["--answers", tmp_path])
    assert ran.code == 2
    assert "name another file with `--answers`" in ran.err


def test_a_level_leaves_out_what_is_less_grave(ask, rules, path):
    ran = ask(path, rules=rules, words=["--level", "high"])
    assert "No open question could show a finding of high severity or above." in ran.out


@pytest.mark.parametrize("data", [None, b"name: \xff\n"])
def test_a_file_that_cannot_be_used_is_refused(ask, rules, tmp_path, data):
    path = tmp_path / "p.yaml"
    if data is not None:
        path.write_bytes(data)
    assert ask(path, rules=rules).code == 2


def test_nothing_is_asked_where_all_is_known(ask, pack, in_order):
    ran = ask(in_order, rules=pack)
    assert ran.code == 0
    assert ran.out.endswith("0 checks were not known, 0 are.\n")


def test_a_write_that_fails_leaves_the_file_whole(ask, rules, path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    ran = ask(path, "yes", rules=rules)
    assert ran.code == 2
    assert path.read_text() == TEXT


# ── new ───────────────────────────────────────────────────────────────────────────────────────


def test_new_begins_a_file(run, monkeypatch, pack, tmp_path):
    path = tmp_path / "care.yaml"
    answers = "Care pool\nC-1\nactive\nApril 2024\n1 April 2024\n\nA Council; B\nyes\nstop\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    ran = run("new", path, "--rules", pack)
    assert ran.code == 0
    assert "`April 2024` names no day" in ran.out or "April 2024" in ran.out
    assert path.read_text() == (
        "govrules: 1\nname: Care pool\nid: C-1\nstatus: active\nstarted: 2024-04-01\n"
        "partners:\n  - name: A Council\n  - name: B\n"
    )


def test_new_writes_over_nothing(run, monkeypatch, pack, path):
    ran = run("new", path, "--rules", pack)
    assert ran.code == 2
    assert "is there already" in ran.err
    assert "govrules ask" in ran.err
    assert path.read_text() == TEXT
    assert run("new", path.with_suffix(".xlsx"), "--rules", pack).code == 2
    ran = run("new", path.parent / "gone" / "p.yaml", "--rules", pack)
    assert ran.code == 2
    assert "make it with `mkdir" in ran.err
    monkeypatch.setattr("sys.stdin", io.StringIO("stop\n"))
    ran = run("new", path.with_name("other.yaml"), "--rules", pack)
    assert "Nothing was answered, so " in ran.out
    assert not path.with_name("other.yaml").exists()


pty = pytest.importorskip("pty")

#: What is answered to a question by what it asks for: as in a partnership that is well kept.
KNOWN = {
    "status": "active",
    "partners": "A Council; B Police",
    "conflicts.declared": "none",
    "conflicts.undeclared": "n",
}


def answer_to(fact: str, hint: str, question: str, said: dict[str, int]) -> str:
    """Return what somebody types."""
    number = said[fact] = said.get(fact, 0) + 1
    if fact == "partners":
        return ("A Council; B Police", "C Trust", "yes")[min(number, 3) - 1]
    if number > 1:
        return "yes" if "So far" in question else "skip"
    if fact in KNOWN:
        return KNOWN[fact]
    if "yes or no" in hint:
        return "y"
    if "any of:" in hint or "one of:" in hint:
        return hint.partition(" of: ")[2].split(";")[0].split(",")[0].strip()
    if "date" in hint:
        return "1 December 2025"
    if "pounds" in hint:
        return "£18k"
    if "length of time" in hint:
        return "12 months"
    if "a number" in hint:
        return "3"
    if "a name" in hint:
        return "none"
    return "Head of policy"


@pytest.mark.slow
def test_from_an_empty_file_to_no_open_question_above_medium_with_three_partners(tmp_path):
    path = tmp_path / "care.yaml"
    path.write_text("")
    command = [sys.executable, "-m", "govrules", "ask", str(path)]
    options = ["--as-of", "2026-01-31", "--level", "high"]
    leader, follower = pty.openpty()
    asked = 0
    said: dict[str, int] = {}
    with subprocess.Popen(
        [*command, *options], stdin=follower, stdout=follower, stderr=follower, close_fds=True
    ) as process:
        os.close(follower)
        seen, ends = "", time.monotonic() + 900
        while time.monotonic() < ends:
            try:
                seen += os.read(leader, 2**16).decode(errors="replace")
            except OSError:
                break
            if not seen.endswith("> "):
                continue
            text = " ".join(seen.split())
            found = re.findall(r"\[([^\[\]]+(?:\[[^\]]+\][^\[\]]*)?)\] ?>$", text)
            assert found, text[-400:]
            hint = text.rpartition(" left)")[2]
            typed = answer_to(found[-1], hint, hint, said)
            os.write(leader, f"{typed}\n".encode())
            asked += 1
            seen = ""
    os.close(leader)
    assert process.returncode == 0
    read = read_partnership(path)
    assert [each.name for each in read.partners] == ["A Council", "B Police", "C Trust"]
    assert all(each.independent is not None for each in read.partners)
    left = Interview(read, load_rulebook(), as_of=dt.date(2026, 1, 31), level=Severity.HIGH).open
    assert left == ()
    assert "No open question could show a finding of high severity or above." in " ".join(
        seen.split()
    )
    assert asked > 20
