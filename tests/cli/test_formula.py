"""`govrules explain --formula`: a lowered rule in words."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given

from govrules.render.formula import formula_lines
from govrules.rulebook.ast import Rule, Rulebook
from tests.conformance.test_every_kind_of_condition import CONDITIONS, DERIVED, rule
from tests.properties import small

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
WIDTH = 88


def lines(of: Rule, rulebook: Rulebook) -> list[str]:
    return [text for text, _ in formula_lines(of, rulebook)]


def printed(requires: object) -> str:
    """What is printed of a rule that requires something of a thing, on one line."""
    one = rule(0, requires)
    return " ".join(" ".join(lines(one, small.rulebook_of((one,), DERIVED))).split())


def test_the_page_on_engines_shows_what_is_printed(run):
    block = r"\$ govrules explain --formula (\S+)\n(.*?)```"
    ((name, text),) = re.findall(block, PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ran = run("explain", name, "--formula")
    assert (ran.code, ran.out) == (0, text)


def test_lines_are_short_and_brackets_are_closed(run):
    ran = run("explain", "--formula")
    assert ran.code == 0
    assert "\nflagged =" in ran.out
    assert max(map(len, ran.out.splitlines())) <= WIDTH
    for paragraph in ran.out.split("\n\n"):
        assert paragraph.count("(") == paragraph.count(")")


def test_what_is_no_rule(run):
    ran = run("explain", "pooled-budget-without-protocl", "--formula")
    assert ran.code == 2
    assert "did you mean `pooled-budget-without-protocol`?" in ran.err


def test_every_kind_of_condition_is_told_apart():
    told = [printed(each) for each in CONDITIONS]
    for text in (
        "price is at least £1",
        "nobody recorded big",
        "big is no",
        "level is middle or top",
        "tier may be middle",
        "tier cannot be",
        "checked is more than 1 year ago",
        "colours includes blue or red",
        "there may be more items",
        "some item: (items[].fine is yes",
        "there is no item",
        "the number of items where (items[].fine is yes) is at least 2",
        "the number of colours is",
        "the sum of items[].weight",
        "100 times the number of items where",
        "level is at least deal.level",
        "deal is none",
    ):
        assert any(text in each for each in told), text


@given(small.rulebooks())
def test_any_rule_is_printed(rulebook):
    for each in rulebook.rules:
        text = lines(each, rulebook)
        assert max(map(len, text)) <= WIDTH
        assert not any("Var(" in line or "Read(" in line for line in text)
