from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from govrules.receipt import receipt_in
from govrules.render.machines import HEADS
from govrules.rulebook.packs import shipped_examples

FORMATS = ("html", "markdown", "pull-request", "sarif", "junit", "github", "json", "jsonl", "csv")
#: Markup, quotation marks, a mark that turns text round, a picture, controls, and great length.
HOSTILE = (
    "<script>alert(1)</script> & \"quoted\" 'single' `code` *bold* [link](x) | cell "
    "\u202eturned\u202c \U0001f600 \u0633\u0644\u0627\u0645 \x07\x1b end --> ]]> %0A ::error:: @all "
)


def _xml(text):
    return ET.fromstring(text)  # noqa: S314 - likewise


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "register.yaml"
    path.write_text(
        "name: Our register\nas_of: 2026-03-31\nreviewed: 2020-01-01\npartnerships:\n"
        "  - { id: A, name: Care pool, funding.pooled: yes, protocol: none }\n"
        "  - { id: B, name: Quiet forum, responsible_officer: The clerk, funding.pooled: no }\n"
        "  - { id: C, name: Unknown forum }\n"
    )
    return path


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "hostile.json"
    long = "x" * 10_000
    path.write_text(
        json.dumps(
            {
                "name": "register",
                "as_of": "2026-03-31",
                "partnerships": [
                    {
                        "id": f"{HOSTILE}1",
                        "name": HOSTILE,
                        "funding.pooled": True,
                        "protocol": "none",
                        "objective": HOSTILE,
                        "evidence": {"funding.pooled": HOSTILE},
                    },
                    {"id": "2", "name": long, "responsible_officer": "none", "objective": long},
                ],
            }
        )
    )
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("fixture", ["register", "pooled"])
def test_each_format_is_written_with_a_receipt(run, pack, kind, fixture, request):
    tmp_path = request.getfixturevalue("tmp_path")
    output = tmp_path / f"report.{kind}"
    subject = request.getfixturevalue(fixture)
    ran = run("check", subject, "--rules", pack, "--format", kind, "--output", output)
    assert ran.code == 1, ran.err
    beside = tmp_path / f"report.{kind}.receipt.json"
    carried = beside if kind in ("csv", "jsonl") else output
    assert receipt_in(carried.read_text()) is not None
    assert beside.exists() is (kind in ("csv", "jsonl"))
    assert "Budgets are pooled without a protocol" in output.read_text()


@pytest.mark.parametrize("kind", FORMATS)
def test_text_of_users_is_escaped_and_readable(run, pack, hostile, tmp_path, kind):
    output = tmp_path / f"report.{kind}"
    ran = run("check", hostile, "--rules", pack, "--format", kind, "--output", output)
    assert ran.code == 1, ran.err
    said = output.read_text(encoding="utf-8")
    if kind == "html":
        assert "<script>alert" not in said
        assert "&lt;script&gt;alert(1)" in said
        assert "\\u202eturned" in said
        assert "\\u0007\\u001b end" in said
    if kind in ("markdown", "pull-request"):
        assert "<script>" not in said
        assert "\\<script\\>" in said
        assert "@all" not in said
        assert said.count("-->") == 1, "a comment ends where it is meant to"
    if kind == "junit":
        root = _xml(said)
        names = {each.get("name") for each in root}
        assert any(name.startswith('<script>alert(1)</script> & "quoted"') for name in names)
    if kind in ("sarif", "json"):
        assert "<script>alert(1)" in json.dumps(json.loads(said))
    if kind == "github":
        lines = said.splitlines()
        assert all(line.startswith("::") for line in lines), "nothing breaks out of its line"
        assert "%250A" in said
    if kind in ("html", "markdown", "sarif", "junit", "github"):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", said)
        assert "\U0001f600" in said
        assert "\u0633\u0644\u0627\u0645" in said


def test_a_page_asks_nothing_of_a_network(run, pack, register, tmp_path):
    output = tmp_path / "page.html"
    run("check", register, "--rules", pack, "--format", "html", "--output", output)
    said = output.read_text()
    assert not re.search(r"(src|href)=[\"'](?!#)", said)
    assert "url(" not in said
    assert "http" not in said.replace("http-equiv", "")


def test_every_link_of_a_page_leads_somewhere(run, pack, register, tmp_path):
    output = tmp_path / "page.html"
    run("check", register, "--rules", pack, "--format", "html", "--output", output)
    said = output.read_text()
    ids = re.findall(r' id="([^"]*)"', said)
    assert len(ids) == len(set(ids))
    links = {html.unescape(each) for each in re.findall(r'href="#([^"]*)"', said)}
    assert links
    assert links <= set(ids)


def test_a_large_page_has_its_partnerships_beside_it(run, pack, register, tmp_path, monkeypatch):
    monkeypatch.setattr("govrules.render.register_html.MOST_BYTES", 120_000)
    monkeypatch.setattr("govrules.render.register_html._BESIDE_BYTES", 1)
    output = tmp_path / "page.html"
    run("check", register, "--rules", pack, "--format", "html", "--output", output)
    said = output.read_text()
    assert 'href="page-1.html#p-A"' in said
    assert 'id="p-A"' not in said
    beside = (tmp_path / "page-1.html").read_text()
    assert 'id="p-A"' in beside
    assert 'href="page.html"' in beside
    assert 'id="check-pooled-without-protocol"' in beside
    assert run("verify", tmp_path / "page-1.html", "--rules", pack).code == 0


def test_several_partnerships_make_one_page(run, pack, pooled, in_order, tmp_path):
    output = tmp_path / "page.html"
    ran = run("check", pooled, in_order, "--rules", pack, "--format", "html", "--output", output)
    assert ran.code == 1, ran.err
    said = output.read_text()
    assert ">Care pool<" in said
    assert ">Quiet forum<" in said


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--output", "{}/missing/page.html"), "there is no folder"),
        (("--output", "{}"), "is a folder"),
        (("--save", "{}/missing"), "there is no folder"),
        (("--save", "{}/file"), "is no folder"),
        (("--unlocked",), "are of a workbook"),
    ],
)
def test_a_folder_that_cannot_be_written_is_said_before_the_work(
    run, tmp_path, words, wrong, monkeypatch
):
    (tmp_path / "file").touch()

    def unwanted(*_, **__):
        raise AssertionError("nothing is to be read")

    monkeypatch.setattr("govrules.cli.options.load_rulebook", unwanted)
    ran = run("check", tmp_path / "no.yaml", *(each.format(tmp_path) for each in words))
    assert ran.code == 2
    assert wrong in ran.err
    assert "help:" in ran.err


def test_a_folder_that_takes_no_file_is_said_before_the_work(run, tmp_path, monkeypatch):
    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", closed)
    ran = run("check", tmp_path / "no.yaml", "--save", tmp_path)
    assert ran.code == 2
    assert f"nothing can be written into `{tmp_path}`: permission denied" in ran.err


def test_an_assessment_that_cannot_be_saved_is_said(run, pack, pooled, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("govrules.saved.save", full)
    ran = run("check", pooled, "--rules", pack, "--save", tmp_path)
    assert ran.code == 2
    assert f"`{tmp_path}`: no space left on device" in ran.err


def test_what_changed_is_said_in_every_format(run, pack, register, tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    first = run("check", register, "--rules", pack, "--save", saved)
    assert "What changed" not in first.out
    text = register.read_text()
    text = text.replace("2026-03-31", "2026-07-31").replace(
        "protocol: none", "protocol.agreed: yes"
    )
    register.write_text(text.replace("responsible_officer: The clerk", "responsible_officer: none"))
    told = {}
    for kind in ("text", *FORMATS):
        output = tmp_path / f"report.{kind}"
        ran = run(
            "check",
            register,
            "--rules",
            pack,
            "--format",
            kind,
            "--save",
            saved,
            "--output",
            output,
        )
        assert ran.code == 1, ran.err
        told[kind] = output.read_text()
    assert len([*saved.iterdir()]) == 2, "the same is not saved again"
    for kind in ("text", "html", "markdown", "pull-request", "github"):
        said = html.unescape(told[kind])
        assert "1 finding opened, 1 closed and 1 still open" in said, kind
        assert "31 March 2026" in said
    assert "Quiet forum: No officer is responsible" in told["text"]
    assert "Care pool: Budgets are pooled without a protocol (now met)" in told["text"]
    assert "open for 4 months" in told["html"]
    changes = json.loads(told["json"])["changes"]
    assert [len(changes[each]) for each in ("opened", "closed", "still_open")] == [1, 1, 1]
    assert changes["still_open"][0]["since"] == "2026-03-31"
    states = [each.get("baselineState") for each in json.loads(told["sarif"])["runs"][0]["results"]]
    assert {"new", "unchanged", "absent"} <= set(states)
    assert ",new" in told["csv"]
    assert ",closed" in told["csv"]
    assert "low, new: No officer is responsible" in told["junit"]
    assert '"changes"' in told["jsonl"]
    book = tmp_path / "report.xlsx"
    words = ("--format", "xlsx", "--output", book, "--save", saved)
    run("check", register, "--rules", pack, *words)
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("What changed").to_python()
    assert [[each[0], each[1], each[2].partition(" (")[0]] for each in rows[3:]] == [
        ["Opened", "Low", "Quiet forum: No officer is responsible"],
        ["Closed", "Medium", "Care pool: Budgets are pooled without a protocol"],
        ["Still open", "High", "Our register: The register has not been reviewed"],
    ]


def words_of(page):
    """Return what a reader sees of a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def test_the_report_of_one_partnership_says_what_settles_most(run):
    path = shipped_examples() / "high-tier-pool-without-arrangements.yaml"
    page = words_of(run("check", path, "--format", "html").out)
    assert "Five pieces of work settle 36 of the 50 findings." in page
    assert "Eastshire Council, Eastshire Integrated Care Board" in page
    assert "34 checks do not apply, for these reasons." in page
    paper = run("check", path, "--format", "markdown").out
    assert "| A | One signed partnership agreement | 18 | 9 |" in paper
    assert "## What was not assessed" in paper
    assert "- Which would open: With that, the aims are agreed but not published (medium)." in paper
    assert "Questions to answer" not in paper


def test_the_report_of_a_partnership_says_what_is_not_known_of_it(run):
    path = shipped_examples() / "digital-technology-centre.yaml"
    page = words_of(run("check", path, "--format", "html").out)
    assert ", perhaps others" in page
    assert "A check that lacks a fact is never counted as met." in page


def test_a_saved_assessment_that_is_none_is_said(run, pack, pooled, tmp_path):
    run("check", pooled, "--rules", pack, "--save", tmp_path)
    [saved] = tmp_path.glob("care-pool.*.json")
    saved.write_text("{}")
    ran = run("check", pooled, "--rules", pack, "--save", tmp_path)
    assert ran.code == 2
    assert saved.name in ran.err
    assert "help: remove it" in ran.err


def test_sarif_says_what_is_open_and_where(run, pack, register):
    ran = run("check", register, "--rules", pack, "--format", "sarif")
    [log] = json.loads(ran.out)["runs"]
    kinds = {each["kind"] for each in log["results"]}
    assert kinds == {"fail", "open"}
    flagged = next(each for each in log["results"] if each["ruleId"] == "pooled-without-protocol")
    assert flagged["level"] == "warning"
    [place] = flagged["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("register.yaml")
    assert place["physicalLocation"]["region"]["startLine"] == 5
    prints = [each["partialFingerprints"]["govrules/v1"] for each in log["results"]]
    assert len(prints) == len(set(prints))


def test_junit_fails_from_the_level_that_is_asked_for(run, pack, pooled):
    low = _xml(run("check", pooled, "--rules", pack, "--format", "junit").out)
    high = _xml(
        run("check", pooled, "--rules", pack, "--format", "junit", "--fail-on", "critical").out
    )
    assert int(low.get("failures")) > int(high.get("failures")) == 0
    assert low.get("tests") == high.get("tests")


def test_a_comment_is_no_longer_than_a_comment_may_be(run, pack, tmp_path):
    path = tmp_path / "many.json"
    entry = {"funding.pooled": True, "protocol": "none"}
    several = [
        {**entry, "id": f"P{each}", "name": f"Pool {'x' * 200} {each}"} for each in range(400)
    ]
    path.write_text(json.dumps({"name": "Many", "as_of": "2026-03-31", "partnerships": several}))
    said = run("check", path, "--rules", pack, "--format", "pull-request").out
    assert len(said) < 65_536
    assert re.search(r"and \d+ more with findings", said)


def test_pages_lie_beside_no_file_of_ours(run, pack, pooled, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    run("check", pooled, "--rules", pack, "--format", "html", "--output", folder / "page.html")
    assert [each.name for each in Path(folder).iterdir()] == ["page.html"]


def test_the_foot_of_a_page_names_what_was_decided_and_what_is_coming(run, pack, pooled, tmp_path):
    money = pack / "money.yaml"
    coming = "severity: low\n    in_force: { from: 2026-07-01 }\n"
    money.write_text(money.read_text().replace("severity: low\n", coming))
    own = tmp_path / "own"
    own.mkdir()
    (own / "rulebook.yaml").write_text(
        "govrules: 1\nid: own\ntitle: Our law\nversion: '1'\nowner: us\nadapts:\n  small:\n"
        "    rules:\n      register-not-reviewed: { leave_out: yes, reason: It is reviewed., "
        "approved: Cabinet }\n"
    )
    decided = tmp_path / "decided.yaml"
    decided.write_text(
        "govrules: 1\nactions:\n  - { rule: pooled-without-protocol, partnership: Care pool, "
        "do: Agree a protocol., owner: Head of care, by: 2026-02-28 }\n"
    )
    pooled.write_text(f"{pooled.read_text()}responsible_officer: none\n")
    ran = run("check", pooled, "--rules", own, "--actions", decided)
    assert "Decided (1): 1 late. Each: --full\n" in ran.out
    assert "Coming up, from 1 July 2026 (1): nobody-responsible. More: --full\n" in ran.out
    assert "1 change of other packs' rules by own: --full says why\n" in ran.out
    ran = run("explain", "register-not-reviewed", "--rules", own)
    assert ran.out.startswith("The register has not been reviewed\nregister-not-reviewed ")
    assert "left out" in ran.out.lower()


def test_what_is_waived_is_said_and_does_not_count(run, pack, register, tmp_path):
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "govrules: 1\nwaivers:\n  - { rule: pooled-without-protocol, partnership: A, "
        "reason: The pool closes soon, approved: 'Cabinet, 3 March 2026', until: 2026-06-30 }\n"
    )
    told = {}
    for kind in ("html", "markdown", "sarif", "junit", "github"):
        output = tmp_path / f"report.{kind}"
        words = ("--waivers", waivers, "--format", kind, "--output", output)
        run("check", register, "--rules", pack, *words)
        told[kind] = output.read_text()
        assert run("verify", output).code == 0, kind
    for kind in ("html", "markdown"):
        assert "Waived: flagged, and not counted" in told[kind]
        assert "Cabinet, 3 March 2026" in told[kind]
    book = tmp_path / "report.xlsx"
    run(
        "check",
        register,
        "--rules",
        pack,
        "--waivers",
        waivers,
        "--format",
        "xlsx",
        "--output",
        book,
    )
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("Waivers").to_python()
    assert rows[3][:4] == [
        "A",
        "pooled-without-protocol",
        "The pool closes soon",
        "Cabinet, 3 March 2026",
    ]
    results = json.loads(told["sarif"])["runs"][0]["results"]
    [waived] = [each for each in results if "suppressions" in each]
    assert waived["suppressions"][0]["kind"] == "external"
    assert "The pool closes soon" in waived["suppressions"][0]["justification"]
    assert 'type="medium"' not in told["junit"]
    assert "Budgets are pooled" not in told["github"]
    waivers.write_text(waivers.read_text().replace("soon", "late"))
    ran = run("verify", tmp_path / "report.html")
    assert ran.code == 1
    assert "waivers.yaml: changed" in ran.out


def test_what_is_adapted_and_what_begins_later_is_said(run, pack, pooled, tmp_path):
    rules = (pack / "money.yaml").read_text()
    later = "    in_force: { from: 2027-01-01 }\n    severity: low"
    (pack / "money.yaml").write_text(rules.replace("    severity: low", later))
    ours = tmp_path / "ours"
    ours.mkdir()
    head, _, _ = (pack / "rulebook.yaml").read_text().partition("parameters:")
    (ours / "rulebook.yaml").write_text(
        head.replace("id: small", "id: ours") + "adapts:\n  small:\n    rules:\n"
        "      nobody-responsible: { severity: high, reason: It matters here., approved: Cabinet }\n"
    )
    pooled.write_text(pooled.read_text() + "responsible_officer: none\n")
    words = {"text": ("--full",), "html": (), "markdown": ()}
    for kind, more in words.items():
        said = run("check", pooled, "--rules", ours, "--format", kind, *more).out
        said = " ".join(html.unescape(re.sub(r"<[^>]+>|\\", " ", said)).split())
        assert "Coming up" in said, kind
        assert "No officer is responsible. Checked from 1 January 2027." in said, kind
        assert "Adapted" in said, kind
        assert "It matters here" in said, kind
    for kind in ("html", "markdown"):
        said = run("catalogue", "--rules", ours, "--format", kind).out
        assert "It matters here" in said, kind


@pytest.fixture
def expected(run, pack, register):
    subjects = json.loads(run("check", register, "--rules", pack, "--format", "json").out)[
        "subjects"
    ]
    return [
        (subject["id"], each["rule"], each["verdict"], each["severity"] or "")
        for subject in subjects
        for each in (*subject["findings"], *subject["summaries"])
    ]


def picked(rows):
    head, *body = rows
    assert tuple(head) == HEADS
    wanted = [HEADS.index(each) for each in ("subject", "rule", "verdict", "severity")]
    return [tuple(row[at] for at in wanted) for row in body]


def test_csv_has_a_row_for_each_finding(run, pack, register, expected):
    ran = run("check", register, "--rules", pack, "--format", "csv")
    assert ran.code == 1
    assert picked([*csv.reader(io.StringIO(ran.out))]) == expected


def test_a_workbook_is_not_printed(run, pack, register):
    ran = run("check", register, "--rules", pack, "--format", "xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert "--output findings.xlsx" in ran.err


def test_what_looks_like_a_formula_is_never_carried_out(run, pack, tmp_path):
    path = tmp_path / "register.csv"
    path.write_text('name,funding.pooled\n"=HYPERLINK(""x"")",no\n')
    said = run("check", path, "--rules", pack, "--format", "csv").out
    names = [row[1] for row in csv.reader(io.StringIO(said))]
    assert '\'=HYPERLINK("x")' in names
    assert not any(each.startswith("=") for each in names)


def test_a_workbook_says_what_was_not_read(run, pack, tmp_path):
    path, book = tmp_path / "register.csv", tmp_path / "book.xlsx"
    path.write_text("name,funding.pooled,status\n" + "".join(f"P{n},often,so\n" for n in range(25)))
    run("check", path, "--rules", pack, "--format", "xlsx", "--output", book)
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("Summary").to_python()
    at = next(at for at, row in enumerate(rows) if row[0] == "What was not read")
    assert rows[at + 1][:3] == ["What", "Where", "What to do"]
    assert "5 more cells of the column cannot be read (`funding.pooled`" in rows[at + 2][0]
    assert rows[-1][0] == "and 17 more: `govrules check` prints them all"


@pytest.mark.parametrize("format_", ["text", "xlsx", *FORMATS])
def test_where_nothing_can_be_read_there_is_no_fault_of_ours(run, tmp_path, format_):
    broken, output = tmp_path / "broken.yaml", tmp_path / "report"
    broken.write_text("name: [")
    ran = run("check", broken, "--format", format_, "--output", output)
    assert ran.code == 2
    assert "broken.yaml:1" in ran.err
    assert output.exists() is (format_ not in {"xlsx", "html", "markdown"})
    assert ("nothing was read, so no report is made" in ran.err) is not output.exists()
