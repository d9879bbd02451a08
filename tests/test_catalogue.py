"""The catalogue says all that the rules say, in every format, and shows markup as text."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import attrs
import pytest
from markdown_it import MarkdownIt

from govrules import catalogue as catalogues
from govrules import load_rulebook
from govrules.cli import main
from govrules.render import catalogue as render
from govrules.rulebook.packs import packs_in, shipped_packs

NASTY = "a_b *c* <script>alert(1)</script> [d](e) | =1+1 & `f`"


@pytest.fixture(scope="module", params=packs_in(()))
def rulebook(request):
    return load_rulebook(request.param)


@pytest.fixture(scope="module")
def made(rulebook):
    return catalogues.catalogue(rulebook)


SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(data: bytes) -> dict[str, list[str]]:
    """Return the texts of each sheet of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:

        def part(name: str) -> ET.Element:
            return ET.fromstring(book.read(name))  # noqa: S314 - it was written just now

        shared = [
            "".join(each.text or "" for each in item.iter(f"{SPACE}t"))
            for item in part("xl/sharedStrings.xml")
        ]
        names = [each.get("name", "") for each in part("xl/workbook.xml").iter(f"{SPACE}sheet")]
        found = {}
        for number, name in enumerate(names, 1):
            sheet = part(f"xl/worksheets/sheet{number}.xml")
            assert not list(sheet.iter(f"{SPACE}f"))
            cells = [each for each in sheet.iter(f"{SPACE}c") if each.get("t") == "s"]
            found[name] = [shared[int(each.findtext(f"{SPACE}v", ""))] for each in cells]
        return found


class Text(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.ids += [value for name, value in attributes if name == "id" and value]


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_rule_stands_in_it_once_in_order_of_themes(rulebook, made):
    assert sorted(each.id for each in made.rules) == sorted(each.id for each in rulebook.rules)
    assert [each.id for each in made.themes] == [each.id for each in rulebook.themes]
    assert {each.name for each in made.parameters} == set(rulebook.parameters)
    assert {each.name for each in made.derived} == set(rulebook.derived)
    assert {each.id for each in made.sources} == set(rulebook.documents)


def test_every_entry_says_what_its_rule_says(rulebook, made):
    for entry in made.rules:
        rule = rulebook.rule(entry.id)
        assert (entry.title, entry.principle, entry.theme) == (
            rule.title,
            rule.principle,
            rule.theme,
        )
        assert len(entry.sources) == 1 + len(rule.also)
        assert len(entry.exceptions) == len(rule.unless)
        assert len(entry.mitigations) == len(rule.mitigated_by)
        assert [each.name for each in entry.examples] == [each.name for each in rule.examples]
        assert entry.severity.endswith(".")
        assert entry.sentence.endswith(".")


def test_a_rule_may_ask_all_that_its_examples_ask(rulebook, made):
    for entry in made.rules:
        asked = {each.fact for each in entry.asks}
        if rulebook.rule(entry.id).subject == "assessment":
            # Nobody is asked for a finding: what is open beneath it is asked for instead.
            assert asked == set()
            continue
        for example in rulebook.rule(entry.id).examples:
            for fact in example.asks or ():
                assert re.sub(r"\[\d+\]", "[]", fact) in asked


def test_what_may_be_asked_has_a_question_and_is_no_derived_fact(rulebook, made):
    for entry in made.rules:
        for each in entry.asks:
            assert each.question.endswith("?"), each
            assert each.fact not in rulebook.derived


def test_the_markdown_says_it_all(made):
    text = render.markdown(made)
    assert text.startswith("# ")
    for rule in made.rules:
        assert f"\n### {rule.id}\n" in text
        for part in (
            rule.title,
            *(line.removeprefix("- ") for line in rule.sentence.split("\n")),
            rule.principle,
            rule.severity,
            *rule.sources,
            *rule.remedies,
        ):
            assert render.escaped(part) in text
        for ask in rule.asks:
            assert f"`{ask.fact}`" in text
    for parameter in made.parameters:
        assert f"| `{parameter.name}` | {render.escaped(parameter.value)} |" in text


def test_the_page_says_it_all_and_needs_nothing_beside_it(made):
    text = render.html(made)
    page = Text(text)
    shown = words("".join(page.texts))
    for rule in made.rules:
        for part in (
            rule.title,
            rule.sentence,
            rule.principle,
            rule.severity,
            *rule.sources,
            *rule.remedies,
        ):
            assert words(part) in shown
    assert len(page.ids) == len(set(page.ids))
    targets = re.findall(r'href="#([^"]+)"', text)
    assert targets
    assert set(targets) <= set(page.ids)
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert "{" + "{" not in text


def test_the_workbook_says_it_all(made):
    found = sheets(render.xlsx(made))
    assert [*found] == ["Rules", "Derived facts", "Parameters", "Sources"]
    for rule in made.rules:
        assert {rule.id, rule.title, rule.sentence, rule.principle, rule.severity} <= set(
            found["Rules"]
        )
    for parameter in made.parameters:
        assert {parameter.name, parameter.value, parameter.says} <= set(found["Parameters"])


def test_every_format_says_the_good_state_and_what_is_the_source_s(made):
    markdown = render.markdown(made)
    shown = words("".join(Text(render.html(made)).texts))
    cells = sheets(render.xlsx(made))["Rules"]
    for rule in made.rules:
        assert f"- Met: {render.escaped(rule.met)}\n" in markdown
        claims = catalogues.claims_phrase(rule.says)
        assert f"- What is the source's: {render.escaped(claims)}\n" in markdown
        assert {rule.met, claims} <= {*cells}
        for text in (rule.met, rule.note, rule.part_of):
            assert render.escaped(text) in markdown
            assert words(text) in shown
            assert not text or text in cells


def test_the_shares_say_how_many_rules_and_how_much_of_all(rulebook):
    lines = render.shares_markdown(catalogues.shares(rulebook)).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == [
        *("of", "number", "stated by the source", "implied by the source", "ours", "not said")
    ]
    severity = next(line for line in lines if line.startswith("| severity"))
    number = len(rulebook.rules)
    assert [cell.strip() for cell in severity.split("|")[2:-1]] == [
        *(str(number), "0 (0 %)", "0 (0 %)", f"{number} (100 %)", "0 (0 %)")
    ]


def test_the_same_catalogue_is_the_same_workbook(made):
    assert render.xlsx(made) == render.xlsx(made)


@pytest.fixture
def nasty():
    rulebook = load_rulebook()
    rule = attrs.evolve(rulebook.rules[0], title=NASTY, principle=NASTY, theme="odd")
    return catalogues.catalogue(attrs.evolve(rulebook, rules=(rule,), title=NASTY))


def test_markup_in_a_rule_is_shown_as_text_in_html(nasty):
    page = Text(render.html(nasty))
    assert "script" not in page.tags
    assert words(NASTY) in words("".join(page.texts))


def test_markup_in_a_rule_is_shown_as_text_in_markdown(nasty):
    text = render.markdown(nasty)
    assert "<script>" not in text.replace("\\<script\\>", "")
    html = MarkdownIt("commonmark").render(text)
    assert "<script>" not in html
    assert "<em>c</em>" not in html


def test_markup_in_a_rule_is_shown_as_text_in_a_workbook(nasty):
    assert NASTY in sheets(render.xlsx(nasty))["Rules"]


def test_a_rule_on_findings_asks_nobody(rulebook, made):
    for entry in made.rules:
        if entry.subject == "assessment":
            assert entry.asks == ()


@pytest.mark.parametrize(
    ("form", "head"), [("markdown", "# Governing"), ("html", "<!doctype html>")]
)
def test_the_command_prints_it(capsys, form, head):
    assert main(["catalogue", "--format", form]) == 0
    assert capsys.readouterr().out.startswith(head)


def test_the_command_writes_a_workbook_and_prints_none(capsys, tmp_path):
    path = tmp_path / "catalogue.xlsx"
    assert main(["catalogue", "--format", "xlsx", "--output", str(path)]) == 0
    assert path.read_bytes().startswith(b"PK")
    assert main(["catalogue", "--format", "xlsx"]) == 2
    assert "--output catalogue.xlsx" in capsys.readouterr().err


def test_packs_loaded_together_make_one_catalogue():
    packs = packs_in(())
    together = catalogues.catalogue(load_rulebook(*packs))
    assert len(together.rules) == sum(
        len(catalogues.catalogue(load_rulebook(each)).rules) for each in packs
    )


def test_the_directives_build_pages_without_a_warning(tmp_path):
    application = pytest.importorskip("sphinx.application")
    pytest.importorskip("myst_parser")
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_parser", "govrules.sphinxext"]\nnitpicky = True\nproject = "x"\n'
    )
    (tmp_path / "index.md").write_text("# X\n\n```{toctree}\nrules\ncovered\n```\n")
    (tmp_path / "rules.md").write_text("# Rules\n\n```{govrules-catalogue}\n```\n")
    (tmp_path / "covered.md").write_text(
        "# Covered\n\n```{govrules-coverage} units.yaml\n:linked:\n```\n"
    )
    (tmp_path / "units.yaml").write_text(
        "groups:\n  - title: T\n    document: key-findings\n    units: { 7: Protocols., 1: { about: A., not_encoded: B. } }\n"
    )
    warnings = io.StringIO()
    app = application.Sphinx(
        tmp_path,
        tmp_path,
        tmp_path / "out",
        tmp_path / "trees",
        "html",
        status=None,
        warning=warnings,
    )
    app.build()
    assert warnings.getvalue() == ""
    page = (tmp_path / "out" / "rules.html").read_text()
    assert 'id="govrules-rule-pooled-budget-without-protocol"' in page
    covered = (tmp_path / "out" / "covered.html").read_text()
    assert 'href="rules.html#govrules-rule-pooled-budget-without-protocol"' in covered
    rules = {str(each) for each in shipped_packs().glob("governing-partnerships/*.yaml")}
    assert rules <= {str((tmp_path / each).resolve()) for each in app.env.dependencies["rules"]}
