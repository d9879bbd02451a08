"""Examples of shipped packs are left out until somebody asks for them, and are then the same."""

import copy
import pickle

import pytest

from govrules import load_rulebook
from govrules.nodes import Entries, Items, Report
from govrules.parsing import parse
from govrules.rulebook import load
from govrules.rulebook.packs import shipped_packs
from govrules.rulebook.unread import Unread, without_examples

FILES = sorted(shipped_packs().glob("*/*.yaml"))


def places(node, found):
    """Every key and value of a node with its place, but for the examples of rules and facts."""
    match node:
        case Entries(items):
            for key, value in items:
                if key.text == "examples":
                    continue
                found.append((key.text, key.line, key.column))
                places(value, found)
        case Items(items):
            for each in items:
                places(each, found)
        case _:
            found.append((node.text, node.line, node.column))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_but_examples_is_left_out(path):
    text = path.read_text("utf-8")
    left = without_examples(text)
    whole, less = (parse(each, Report(path.name, each)) for each in (text, left))
    assert places(less, []) == places(whole, [])
    assert "examples:" not in left


def test_what_is_left_out_is_read_when_it_is_asked_for():
    book, whole = load_rulebook(), load_rulebook(*(each for each in shipped_packs().iterdir()))
    for rule in book.rules:
        assert isinstance(rule.examples, Unread)
        same = whole.rule(rule.id)
        assert rule.examples == same.examples
        assert [each.given for each in rule.examples] == [each.given for each in same.examples]
        # Of a pack asked for by its name messages say the name.
        assert [each.span.line for each in rule.examples] == [
            each.span.line for each in same.examples
        ]
    for name, derived in book.derived.items():
        assert derived.examples == whole.derived[name].examples


def test_the_examples_of_a_pack_are_read_once_and_only_when_asked_for(monkeypatch):
    read = []
    parse_ = load.parse
    monkeypatch.setattr(
        load, "parse", lambda text, report: read.append(text) or parse_(text, report)
    )
    # Read anew, whatever other tests have read in this process.
    monkeypatch.setattr(load, "_shipped", load._shipped.__wrapped__)
    book = load_rulebook("agreements-in-force")
    assert not any("examples:" in each for each in read)
    read.clear()
    assert len([*book.rules[0].examples]) == len(book.rules[0].examples) > 0
    once = len(read)
    assert any("examples:" in each for each in read)
    for rule in book.rules:
        assert rule.examples[0].name
    assert len(read) == once


def test_examples_not_yet_read_are_values_like_others():
    rule = load_rulebook("agreements-in-force").rules[0]
    again = pickle.loads(pickle.dumps(rule))
    assert type(again.examples) is tuple
    assert again.examples == rule.examples
    assert copy.deepcopy(rule.examples) == copy.copy(rule.examples) == rule.examples
    assert hash(rule.examples) == hash(again.examples)
    # A set that was pickled may be printed in another order.
    assert repr(rule.examples) == repr(tuple(rule.examples))
    assert rule.examples[:1] == again.examples[:1]


def test_the_examples_of_a_pack_in_a_folder_are_read_at_once(tmp_path):
    for each in (shipped_packs() / "agreements-in-force").iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    assert all(type(rule.examples) is tuple for rule in load_rulebook(tmp_path).rules)


def test_a_pack_that_extends_a_shipped_one_sees_its_examples(tmp_path):
    (tmp_path / "rulebook.yaml").write_text(
        "govrules: 1\nid: ours\ntitle: Ours\nversion: 1\nowner: Us\nextends: [governing-partnerships]\n"
        "sources: { ours: { title: Ours, publisher: Us, year: 2026 } }\n"
    )
    (tmp_path / "ours.yaml").write_text(
        "govrules: 1\ntheme: ours\nrules:\n"
        "  - id: ours\n    title: Ours\n    principle: It is significant.\n"
        "    source: { document: ours, paragraph: 1 }\n"
        "    requires: { significant: yes }\n    severity: low\n"
    )
    book = load_rulebook(tmp_path)
    plain = load_rulebook("governing-partnerships")
    assert book.derived["significant"].examples == plain.derived["significant"].examples
    assert len(book.derived["significant"].examples) > 0
