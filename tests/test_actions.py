"""Files of actions: read with every mistake named, and written so that what people typed stays."""

from __future__ import annotations

import datetime as dt

import pytest

from govrules.actions import Action, State, read_actions, write_actions
from govrules.editing import EditError
from govrules.errors import RuleFileError

AGREE = Action("care", "protocol", "Agree it: all partners", "", dt.date(2026, 3, 31))
MEET = Action("fund", "meetings", "Meet", "Head", "the next meeting", State.DONE, "It met.")
TYPED = """\
# Agreed by the board.
govrules: 1
actions:
  - partnership: care   # the pool
    rule: protocol
    do: Agree it
    owner: Head of care
    by: 31 March 2026
    # Moved once.
    state: planned
"""


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "actions.yaml"
    write_actions(path, [AGREE, MEET])
    assert read_actions(path) == (AGREE, MEET)
    before = path.read_text()
    write_actions(path, [MEET, AGREE])
    assert path.read_text() == before


def test_a_date_as_people_type_it_and_words_are_both_read():
    (first,) = read_actions({"a.yaml": TYPED})
    assert first.by == dt.date(2026, 3, 31)
    (other,) = read_actions({"a.yaml": TYPED.replace("31 March 2026", "the next meeting")})
    assert other.by == "the next meeting"


def test_what_people_typed_stays_and_what_changed_is_put_in_its_place(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text(TYPED)
    (typed,) = read_actions(path)
    done = Action("care", "protocol", "Agree it", typed.owner, typed.by, State.DONE, "Signed.")
    write_actions(path, [done, MEET])
    changed = TYPED.replace("state: planned", "state: done\n    why: Signed.")
    assert path.read_text().startswith(changed)
    assert read_actions(path) == (done, MEET)


def test_what_is_no_longer_needed_is_marked_once_and_can_be_needed_again(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text(TYPED)
    key = ("care", "protocol")
    write_actions(path, [], no_longer={key: "the rule is met"})
    write_actions(path, [], no_longer={key: "it has ended"})
    assert path.read_text().count("# no longer needed: it has ended\n") == 1
    assert "the rule is met" not in path.read_text()
    write_actions(path, [], no_longer={key: ""})
    assert path.read_text() == TYPED


@pytest.mark.parametrize(
    "text",
    [
        "govrules: 1\nactions: []\n",
        "govrules: 1\nactions:\n",
        "govrules: 1\nactions: # none yet\n# later\n",
        "govrules: 1\r\nactions:\r\n- partnership: a\r\n  rule: b\r\n  do: |\r\n    Long\r\n    text\r\n# end",
        "\ufeffgovrules: 1\nactions: [{partnership: a, rule: b, do: 'x, y'}]\n",
    ],
)
def test_every_layout_takes_more_actions(tmp_path, text):
    path = tmp_path / "actions.yaml"
    path.write_bytes(text.encode())
    before = read_actions(path)
    write_actions(path, [AGREE, MEET])
    assert read_actions(path) == (*before, AGREE, MEET)
    for line in text.split("\n"):
        assert line.strip(" []\r\n}") in path.read_bytes().decode()


def test_a_file_in_braces_is_left_alone(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text('{"govrules": 1, "actions": []}')
    with pytest.raises(EditError, match="in braces"):
        write_actions(path, [AGREE])
    assert path.read_text() == '{"govrules": 1, "actions": []}'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    rule: protocol\n", "", "an action has no `rule`"),
        ("31 March 2026", "31.13.2026", "`31.13.2026` cannot be read as a day"),
        ("state: planned", "state: not planned", "an action that is not planned has no reason"),
        ("state: planned", "state: doen", "unknown value `doen` of `state`"),
        ("owner:", "who:", "unknown key `who` of an action"),
        ("actions:\n", "action:\n", "unknown key `action` of a file of actions"),
        (
            "state: planned\n",
            "state: planned\n  - {partnership: care, rule: protocol}\n",
            "`protocol` of `care` has an action already, a.yaml:5",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_cure(old, new, said):
    with pytest.raises(RuleFileError) as raised:
        read_actions({"a.yaml": TYPED.replace(old, new)})
    first = raised.value.diagnostics[0]
    assert said in first.message
    assert first.span.line
    assert first.help
