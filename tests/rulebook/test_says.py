"""How far a rule's source goes, the good state, notes, themes and pieces of work."""

from __future__ import annotations

import pytest

from govrules.catalogue import SAYS_IN_WORDS, catalogue, shares
from govrules.rulebook.ast import ELEMENTS, Rulebook, Says, Theme
from govrules.rulebook.load import load_rulebook
from govrules.schema import rules_schema
from tests.pages import laid

PACKS = laid("rule_files.md") / "good"


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The pack that has every form of the format."""
    return load_rulebook(PACKS / "everything")


def test_a_rule_says_what_its_source_does_and_where_it_goes_less_far(book: Rulebook) -> None:
    """The source's own word holds for every element that the rule, or an exception, leaves alone."""
    rule = book.rule("yes-or-no")
    assert rule.source.says is Says.STATED
    assert rule.says == {
        "scope": Says.STATED,
        "test": Says.STATED,
        "exception": Says.IMPLIED,
        "severity": Says.OURS,
        "deadline": Says.OURS,
    }


def test_what_is_left_out_is_shown_as_not_said(book: Rulebook) -> None:
    """Silence is neither the source's word nor ours."""
    entry = next(each for each in catalogue(book).rules if each.id == "a-choice")
    assert book.rule("a-choice").says == {}
    assert {each.says for each in entry.says} == {"not said"}


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [("yes-or-no", False), ("an-amount", True), ("a-number", True), ("a-date", True)],
)
def test_a_threshold_is_a_parameter_or_a_number(
    book: Rulebook, rule: str, *, threshold: bool
) -> None:
    """A rule has the elements that it can be asked about, and no others."""
    assert ("threshold" in book.rule(rule).elements) is threshold
    assert set(book.rule(rule).elements) <= set(ELEMENTS)


def test_met_note_and_work_are_kept_and_printed(book: Rulebook) -> None:
    """They stand in the tree and in the catalogue."""
    rule = book.rule("yes-or-no")
    entry = next(each for each in catalogue(book).rules if each.id == rule.id)
    assert rule.remedy is not None
    assert (rule.met, rule.note) == (entry.met, entry.note)
    assert book.work[rule.remedy.part_of or ""] == entry.part_of == "One plan for all"
    assert book.rule("a-choice").met is None


def test_themes_stand_in_the_order_of_the_rulebook(book: Rulebook) -> None:
    """The files would come the other way round."""
    assert book.themes == (
        Theme("single-values", "Single values"),
        Theme("many-values", "Many values"),
    )
    assert [each.id for each in catalogue(book).themes] == ["single-values", "many-values"]


def test_themes_without_titles_are_named_by_their_ids() -> None:
    """A pack need not list its themes."""
    for each in load_rulebook(PACKS / "extending").themes:
        assert each.title == each.id.replace("-", " ").capitalize()


def test_every_element_is_counted_once(book: Rulebook) -> None:
    """The shares of an element add up to the rules that have it."""
    for share in shares(book):
        if share.of != "parameter":
            assert share.number == sum(share.of in rule.elements for rule in book.rules)
        assert len(share.counts) == len(SAYS_IN_WORDS)


def test_the_schema_knows_the_keys(book: Rulebook) -> None:
    """An editor completes the elements, their values and the pieces of work."""
    schema = rules_schema(book)
    rule = schema["properties"]["rules"]["items"]
    assert set(rule["properties"]["says"]["properties"]) == set(ELEMENTS)
    remedy = rule["allOf"][0]["then"]["properties"]["remedy"]
    assert remedy["properties"]["part_of"] == {"enum": ["one-plan"]}
