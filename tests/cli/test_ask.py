"""`govrules ask`: the most useful question first, and a file that keeps all else as it was."""

from __future__ import annotations

import io
import json

import pytest


@pytest.fixture
def ask(run, monkeypatch):
    def ask(path, *answers, rules):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in answers)))
        return run("ask", path, "--rules", rules)

    return ask


@pytest.fixture
def rules(pack):
    """A rule for each kind of fact that can be asked for."""
    (pack / "money.yaml").write_text("""\
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
        - partners: { some: { named_accountable: yes } }
    severity: low
  - id: again
    title: The protocol is asked for twice
    principle: Ask.
    source: { document: policy, paragraph: 1 }
    requires: { protocol.agreed: yes }
    severity: low
""")
    return pack


TEXT = """\
# A comment.
name:   "Care pool"   # another

partners:
  - name: A
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(TEXT)
    return path


ANSWERS = [
    "yes",
    "A. Smith: £ #1",
    "£1,000",
    "joint_committee",
    "aims, roles",
    "2020-01-31",
    "Onward",
]


def test_answers_are_added_at_the_end_and_nothing_else_changes(ask, rules, path):
    ran = ask(path, *ANSWERS, rules=rules)
    assert ran.code == 0
    assert path.read_text() == TEXT + (
        "protocol.agreed: yes\n"
        'responsible_officer: "A. Smith: £ #1"\n'
        'funding.annual_spend: "£1,000"\n'
        "legal_form: joint_committee\n"
        "governing_document.clauses: [aims, roles]\n"
        "governing_document.reviewed: 2020-01-31\n"
        'local.slogan: "Onward"\n'
    )
    assert "7 facts written to" in ran.out


def test_the_question_that_settles_most_comes_first(ask, rules, path):
    ran = ask(path, "quit", rules=rules)
    assert "protocol.agreed: yes or no; helps to settle 2 rules" in ran.out
    assert path.read_text() == TEXT
    assert "0 facts written" in ran.out


def test_an_empty_answer_skips_and_the_end_of_input_stops(ask, rules, path):
    ran = ask(path, "", "unknown", "500", rules=rules)
    assert path.read_text() == TEXT + "funding.annual_spend: 500\n"
    assert ran.code == 0


def test_an_answer_that_cannot_be_read_is_asked_again_with_the_reason(ask, rules, path):
    ran = ask(path, "perhaps", "TBC", "no", "quit", rules=rules)
    assert "`perhaps` cannot be read as yes or no: write `yes`" in ran.out
    assert path.read_text() == TEXT + "protocol.agreed: no\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (["", "", "-5"], "below zero"),
        (["", "", "", "plc"], "unknown value `plc`"),
        (["", "", "", "", "aims, rolse"], "did you mean `roles`?"),
        (["", "", "", "", "", "31.1.2026"], "a date such as 2026-03-31"),
    ],
)
def test_each_kind_of_answer_is_checked(ask, rules, path, answer, reason):
    ran = ask(path, *answer, rules=rules)
    assert reason in ran.out
    assert path.read_text() == TEXT


def test_records_of_lists_are_named_and_not_asked(ask, rules, path):
    ran = ask(path, *[""] * 7, rules=rules)
    assert "A: Is the partner named as accountable?" in ran.out
    assert "Not asked here: write it in the file, in the list `partners`." in ran.out


def test_a_list_is_named_and_not_asked(ask, rules, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("name: X\n")
    ran = ask(path, rules=rules)
    assert "write them in the file, as the list `partners`; or `partners: none`" in (
        ask(path, *[""] * 9, rules=rules).out + ran.out
    )


def test_none_is_an_answer(ask, rules, path):
    ask(path, "", "none", "quit", rules=rules)
    assert path.read_text() == TEXT + "responsible_officer: none\n"


def test_a_fact_that_the_file_leaves_open_is_answered_where_it_stands(ask, rules, path):
    path.write_text(
        TEXT
        + "protocol:\n  agreed: unknown  # who knows\nresponsible_officer:\nlegal_form: 'TBC' # soon\narea: B\n"
    )
    ran = ask(path, "yes", "A. Smith: £ #1", "", "joint_committee", "quit", rules=rules)
    assert path.read_text() == TEXT + (
        'protocol:\n  agreed: yes  # who knows\nresponsible_officer: "A. Smith: £ #1"\nlegal_form: joint_committee # soon\narea: B\n'
    )
    assert ran.code == 0


def test_a_record_that_the_file_leaves_open_takes_the_answer(ask, rules, path):
    path.write_text(TEXT + "protocol: unknown\n")
    ask(path, "yes", "quit", rules=rules)
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
    ran = ask(path, "yes", "quit", rules=rules)
    if path.read_bytes().decode() == before:
        # `partners` is not in these files; it may come first among equals.
        pytest.fail(ran.out)
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("text", ["{name: X}\n", json.dumps({"name": "X"})])
def test_a_file_in_braces_is_left_alone_and_it_says_so(ask, rules, tmp_path, text):
    path = tmp_path / "p.json"
    path.write_text(text)
    ran = ask(path, "yes", rules=rules)
    assert ran.code == 2
    assert "written in braces" in ran.err
    assert path.read_text() == text


def test_a_list_that_the_file_leaves_open_is_not_written_over(ask, rules, path):
    text = TEXT + "governing_document.clauses: [quorum, unknown]\n"
    path.write_text(text)
    ran = ask(path, "", "", "", "", "aims", "", rules=rules)
    assert "the file lists some already: complete the list there" in ran.out
    assert path.read_text() == text


def test_a_register_is_refused(ask, rules, register):
    ran = ask(register, "yes", rules=rules)
    assert ran.code == 2
    assert "is a register" in ran.err


def test_a_file_that_cannot_be_used_is_refused(ask, rules, tmp_path):
    assert ask(tmp_path / "missing.yaml", rules=rules).code == 2


def test_nothing_is_asked_where_all_is_known(ask, pack, in_order):
    ran = ask(in_order, rules=pack)
    assert ran.code == 0
    assert ran.out.endswith("0 rules were unknown, 0 are.\n")


def test_a_write_that_fails_leaves_the_file_whole(ask, rules, path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    ran = ask(path, "yes", rules=rules)
    assert ran.code == 2
    assert path.read_text() == TEXT


def test_the_answers_count_at_once(ask, rules, path):
    ran = ask(path, "no", "quit", rules=rules)
    assert "2 rules were unknown, 0 are." in ran.out


def test_a_table_is_not_written_into(ask, pack, tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("Name,Pooled\nCare pool,\n")
    ran = ask(path, "yes", rules=pack)
    assert ran.code == 2
    assert "is a table" in ran.err
    assert "name the YAML file of one partnership" in ran.err
    assert path.read_text() == "Name,Pooled\nCare pool,\n"
