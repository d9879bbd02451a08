"""Every part of the source has a rule that cites it, or a reason why none does; and the directives that show it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from govrules import RuleFileError, load_rulebook
from govrules.coverage import Covered, Unit, coverage, gaps, read_units
from govrules.render.catalogue import escaped
from govrules.rulebook.ast import Citation
from tests.testing.packs import NAMES

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


pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")

BLOCK = "```{govrules-catalogue} own\n```\n"


def build(folder: Path, pages: dict[str, str]) -> tuple[int, str, str]:
    """Build pages, two of them at once; return how that ended, what was said and the first page."""
    (folder / "conf.py").write_text(
        "project = 'x'\nextensions = ['govrules.sphinxext']\nnitpicky = True\n"
    )
    (folder / "own").mkdir()
    for name, text in {**{f"own/{each}": text for each, text in NAMES.items()}, **pages}.items():
        (folder / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-j", "2"]
    done = subprocess.run(
        [*command, "-b", "html", str(folder), str(folder / "out")],
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    page = folder / "out" / "index.html"
    return done.returncode, done.stderr, page.read_text("utf-8") if page.exists() else ""


@pytest.mark.parametrize(
    "pages",
    [
        {"index.rst": "A\n=\n\n.. govrules-catalogue:: own\n\n:ref:`x <govrules-rule-no-name>`\n"},
        {"index.md": f"# A\n\n{BLOCK}\n{{ref}}`x <govrules-rule-no-name>`\n"},
    ],
)
def test_pages_of_both_kinds_hold_the_catalogue(tmp_path: Path, pages: dict[str, str]) -> None:
    code, said, page = build(tmp_path, pages)
    assert (code, said) == (0, "")
    assert "A partnership has a name." in page
    assert 'href="#govrules-rule-no-name"' in page


def test_one_pack_stands_on_two_pages(tmp_path: Path) -> None:
    second = BLOCK.replace("own\n", "own\n:without-targets:\n")
    toc = "\n```{toctree}\nb\n```\n"
    code, said, _ = build(
        tmp_path, {"index.md": f"# A\n\n{BLOCK}{toc}", "b.md": f"# B\n\n{second}"}
    )
    assert (code, said) == (0, "")


@pytest.mark.parametrize("name", ["nope", "broken"])
def test_what_is_wrong_with_a_pack_is_a_warning_at_the_directive(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rulebook.yaml").write_text("[", "utf-8")
    page = f"# A\n\n{BLOCK.replace('own', name)}\nMore.\n"
    code, said, built = build(tmp_path, {"index.md": page})
    assert code == 1
    assert "index.md:3: WARNING: " in said
    assert "GR0" in said
    assert "Traceback" not in said
    assert "More." in built
