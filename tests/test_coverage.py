"""Every part of the source has a rule that cites it, or a reason why none does, and never both."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from govrules import RuleFileError, load_rulebook
from govrules.coverage import Covered, Unit, coverage, gaps, read_units
from govrules.render.catalogue import escaped
from govrules.rulebook.ast import Citation

sphinxext = pytest.importorskip("govrules.sphinxext", reason="Sphinx is not installed here")

UNITS = Path(__file__).parents[1] / "docs" / "coverage.yaml"
KEY_FINDINGS = ["bullet 1", "bullet 2", "bullet 3"] + [str(number) for number in range(1, 14)]
CHECKLISTS = [
    f"checklist {group}{letter}"
    for group, letters in {
        "1": "abcd",
        "2": "abcd",
        "3": "abcdef",
        "4": "ab",
        "5": "abcd",
        "6": "abc",
        "7": "abc",
    }.items()
    for letter in letters
] + ["checklist 8", *(f"checklist B{number}" for number in range(1, 8))]
RECOMMENDATIONS = [
    f"{number}{letter}"
    for number, letters in {"14": "abcde", "15": "abc", "16": "abc"}.items()
    for letter in letters
]
#: Of the report, only the checklists and the recommendations are listed one by one.
LISTED = re.compile(r"checklist|1[456][a-z]")


#: Paragraphs of the report whose text could not be had; of 91, 95 and 103 a part was read.
UNREAD = {
    *range(24, 31), 38, 46, 47, 52, 53, 57, 58, *range(62, 67), 80, *range(84, 88), 92, 93,
    *range(96, 99), 104, 105, *range(108, 117), *range(120, 136), 143, *range(147, 160),
}  # fmt: skip
PARAGRAPHS = re.compile(r"(\d+)(?: to (\d+))?")


@pytest.fixture(scope="module")
def rulebook():
    return load_rulebook()


@pytest.fixture(scope="module")
def units():
    return [unit for group in read_units(UNITS) for unit in group.units]


def test_every_part_of_the_source_is_listed_once(units):
    assert [each.paragraph for each in units if each.document == "key-findings"] == KEY_FINDINGS
    listed = [each.paragraph for each in units if each.document == "report"]
    assert listed == [*CHECKLISTS, *RECOMMENDATIONS]


def test_every_part_of_the_source_has_a_rule_or_a_reason(units, rulebook):
    assert list(gaps(coverage(units, rulebook))) == []


def test_a_rule_cites_no_part_that_is_not_there(units, rulebook):
    listed = {(each.document, each.paragraph) for each in units}
    for rule in rulebook.rules:
        for each in (rule.source, *rule.also):
            if each.document == "key-findings" or LISTED.match(each.paragraph):
                assert (each.document, each.paragraph) in listed, f"{rule.span}: {each}"


def test_no_rule_cites_a_paragraph_that_was_not_read(rulebook):
    for rule in rulebook.rules:
        for each in (rule.source, *rule.also):
            span = PARAGRAPHS.fullmatch(each.paragraph)
            if each.document == "report" and span:
                cited = range(int(span[1]), int(span[2] or span[1]) + 1)
                assert not UNREAD & set(cited), f"{rule.span}: {each}"


def test_every_part_is_described_in_a_sentence(units):
    for each in units:
        assert each.about.endswith(".")
        assert not each.not_encoded or each.not_encoded.endswith(".")


def unit(reason=""):
    return Unit("report", "checklist 1b", "Aims.", reason)


def test_a_part_with_neither_is_a_gap():
    assert "has neither a rule" in Covered(unit(), (), ()).gap


def test_a_part_with_both_is_a_gap():
    assert (
        "yet it is cited by `aims-not-agreed`"
        in Covered(unit("Because."), ("aims-not-agreed",), ()).gap
    )


@pytest.mark.parametrize(("reason", "rules"), [("Because.", ()), ("", ("aims-not-agreed",))])
def test_a_part_with_one_of_the_two_is_covered(reason, rules):
    assert Covered(unit(reason), rules, ()).gap == ""


def test_a_derived_fact_is_shown_and_covers_nothing():
    row = Covered(unit(), (), ("risk_tier",))
    assert row.gap
    assert row.derived == ("risk_tier",)


def test_a_part_is_found_by_source_and_by_also_however_it_is_spaced(rulebook):
    first, second = rulebook.rules[:2]
    rules = (
        attrs.evolve(first, source=Citation("report", "Checklist  1b"), also=()),
        attrs.evolve(second, also=(Citation("report", "checklist 1b"),)),
    )
    (row,) = coverage([unit()], attrs.evolve(rulebook, rules=rules))
    assert row.rules == (first.id, second.id)


def test_gaps_tell_the_place(tmp_path, rulebook):
    path = tmp_path / "units.yaml"
    path.write_text(
        "groups:\n  - title: T\n    document: report\n    units:\n      checklist 99: Nothing.\n"
    )
    rows = coverage(read_units(path)[0].units, rulebook)
    assert list(gaps(rows)) == [
        f"{path}:5: report checklist 99 has neither a rule that cites it nor a reason why not"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("groups: []\nextra: 1\n", "unknown key `extra`"),
        ("title: x\n", "unknown key `title`"),
        (
            "groups:\n  - { title: T, document: d, units: { 1: { about: A. } } }\n",
            "has no `not_encoded`",
        ),
        ("groups:\n  - { title: T, document: d, units: { A: x, a: y } }\n", "`a` is given twice"),
        ("groups:\n  - { title: T, units: { A: x } }\n", "has no `document`"),
        ("- 1\n", "is a mapping"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(tmp_path, text, problem):
    path = tmp_path / "units.yaml"
    path.write_text(text)
    with pytest.raises(RuleFileError) as raised:
        read_units(path)
    assert problem in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RuleFileError):
        read_units(tmp_path / "missing.yaml")


def test_the_table_names_each_part_with_its_rules_or_its_reason(rulebook):
    groups = read_units(UNITS)
    text = sphinxext.coverage_markdown(groups, rulebook)
    for group in groups:
        assert f"## {escaped(group.title)}" in text
        for row in coverage(group.units, rulebook):
            for rule in row.rules:
                assert f"`{rule}`" in text
            assert escaped(row.unit.not_encoded) in text
    assert sphinxext.CoverageDirective.required_arguments == 1
