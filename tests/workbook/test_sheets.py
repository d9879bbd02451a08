"""The workbook of a register: its sheets as they were promised, nothing in them that runs; and how it goes round."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from govrules import read_answers
from govrules.actions import read_actions
from govrules.render.workbook.question_rows import MOST_OF_AN_OFFICER
from govrules.waivers import read_waivers
from tests.workbook.conftest import Typed

SHEETS = (
    *("Summary", "Heat map", "Flagged", "Actions", "Questions", "Clauses", "Rules", "Waivers"),
    *("Lists", "Facts"),
)


@pytest.fixture(scope="module")
def folder(round_sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the whole workbook of a register with something to put right."""
    from govrules.cli import main  # noqa: PLC0415 - to be run once

    folder = tmp_path_factory.mktemp("whole")
    text = (round_sent / "register.yaml").read_text()
    text = text.replace("    funding.annual", "    governing_document: none\n    funding.annual", 3)
    (folder / "register.yaml").write_text(text)
    words = [str(folder / "register.yaml"), "--format", "xlsx", "--output"]
    assert main(["check", *words, str(folder / "a.xlsx"), "--per-officer", str(folder)]) == 1
    assert main(["check", *words, str(folder / "b.xlsx")]) == 1
    return folder


def parts(path: Path) -> dict[str, str]:
    """Return the parts of a workbook, as text."""
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_its_sheets_and_no_other(folder: Path) -> None:
    """In their order, only the two behind the questions hidden, and the same bytes each time."""
    book = CalamineWorkbook.from_path(folder / "a.xlsx")
    shown = {each.name: each.visible == SheetVisibleEnum.Visible for each in book.sheets_metadata}
    assert tuple(shown) == SHEETS
    assert [name for name in shown if not shown[name]] == ["Lists", "Facts"]
    assert (folder / "a.xlsx").read_bytes() == (folder / "b.xlsx").read_bytes()


def test_sheets_are_read_printed_and_protected(folder: Path) -> None:
    """Headings in row 3, frozen, filtered, on A4 across, fit to a page wide and repeated."""
    inside = parts(folder / "a.xlsx")
    for number, name in enumerate(SHEETS[:8], 1):
        sheet = inside[f"xl/worksheets/sheet{number}.xml"]
        assert 'xSplit="1" ySplit="3"' in sheet, name
        assert 'paperSize="9"' in sheet
        assert 'orientation="landscape"' in sheet
        assert 'fitToHeight="0"' in sheet
        assert "page &amp;P of &amp;N" in sheet
        assert ("<autoFilter" in sheet) == (name != "Summary"), name
        assert ("<sheetProtection" in sheet) == (name in ("Actions", "Questions", "Clauses"))
        assert "mergeCell" not in sheet
    questions = inside["xl/worksheets/sheet5.xml"]
    assert 'type="list"' in questions
    assert "no or don&apos;t know" in questions or "no or don't know" in questions
    assert all(len(each) <= 255 for each in re.findall(r"<formula1>(.*?)</formula1>", questions))
    assert re.search(
        r'<definedName name="list_1">Lists!\$A\$2:\$A\$\d+</definedName>', inside["xl/workbook.xml"]
    )


def test_nothing_in_it_runs_or_leads_out(folder: Path) -> None:
    """A partner called `=HYPERLINK(…)` stays text in every sheet, with the mark of a text."""
    for path in folder.glob("*.xlsx"):
        inside = parts(path)
        assert not [name for name in inside if "vba" in name.lower() or "external" in name.lower()]
        for name, text in inside.items():
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in text
                assert "<hyperlink" not in text
    assert 'quotePrefix="1"' in parts(folder / "a.xlsx")["xl/styles.xml"]
    rows = Typed.open(folder / "a.xlsx").rows()
    assert '=HYPERLINK("http://x","y")' in {row[2] for row in rows}


def test_each_officer_has_a_workbook_named_after_the_post(folder: Path) -> None:
    """With the questions of the post alone; a name that may be a person's is no file's."""
    names = {each.name for each in folder.glob("*.xlsx")} - {"a.xlsx", "b.xlsx"}
    assert names == {
        *("director-of-adult-care.xlsx", "head-of-housing.xlsx", "lead-officer-1.xlsx"),
        *("nobody.xlsx", "not-recorded.xlsx", "whoever-keeps-the-register.xlsx"),
    }
    every = {row[11] for row in Typed.open(folder / "a.xlsx").rows()}
    each_ = [row[11] for name in names for row in Typed.open(folder / name).rows()]
    assert len(each_) == len(set(each_))
    assert set(each_) == every
    officers = {row[0] for row in Typed.open(folder / "head-of-housing.xlsx").rows()}
    assert officers == {"Head of housing"}


def test_one_officer_is_asked_no_more_than_a_person_answers(run: Any, tmp_path: Path) -> None:
    """Of many partnerships the gravest questions, with how many more there are, or all of them."""
    lines = ["govrules: 1", "partnerships:"]
    for number in range(6):
        lines += [f"  - {{ id: P{number}, name: Pool {number}, status: active,"]
        lines += ["      responsible_officer: Head of housing, funding.annual_spend: 900000 }"]
    (tmp_path / "register.yaml").write_text("\n".join(lines))
    rows, how = {}, {}
    for option in ("--unlocked", "--all-questions"):
        book = tmp_path / f"{option}.xlsx"
        words = ("ask", tmp_path / "register.yaml", "--workbook", book, "--as-of", "2026-03-31")
        assert run(*words, option, "--per-officer", tmp_path).code == 0
        sheet = CalamineWorkbook.from_path(tmp_path / "head-of-housing.xlsx").get_sheet_by_name(
            "Questions"
        )
        cells = sheet.to_python(skip_empty_area=False)
        rows[option], how[option] = cells[3:], cells[1][0]
    few, every = rows.values()
    assert len(few) == MOST_OF_AN_OFFICER < len(every)
    order = ["Low", "Medium", "High", "Critical"]
    shown = [order.index(row[3]) for row in few]
    assert sorted(shown) == sorted(order.index(row[3]) for row in every)[-len(few) :]
    assert [row for row in every if row in few] == few
    number = len(every) - len(few)
    more = f"{number:,} more questions are left for the next workbook"
    assert f"{more}: `--all-questions` asks them all." in how["--unlocked"]
    assert "--all-questions" not in how["--all-questions"]


def test_actions_and_waivers_are_taken_back(
    run: Any, folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """Into files that `check` reads, and that fill in the next workbook."""
    monkeypatch.chdir(tmp_path)
    register = folder / "register.yaml"
    book = Typed.open(folder / "a.xlsx")
    actions = book.rows("Actions")
    assert actions
    actions[0][0], actions[1][6], actions[1][9] = "yes", "Head of law", "with the next budget"
    waivers = book.sheets["Waivers"]
    rule = actions[2][10].split("\n")[0]
    waivers[3:] = [[actions[2][11], rule, "New.", "Cabinet, 3 March 2026", "31 December 2026"]]
    book.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 0, ran.out
    assert "1 waiver written to waivers.yaml" in ran.out
    found = {(each.partnership, each.rule): each for each in read_actions("actions.yaml")}
    done = found[actions[0][11], actions[0][10].split("\n")[0]]
    assert done.state == "done"
    owned = found[actions[1][11], actions[1][10].split("\n")[0]]
    assert (owned.owner, owned.why, owned.state) == (
        "Head of law",
        "with the next budget",
        "planned",
    )
    (waiver,) = read_waivers("waivers.yaml")
    assert (waiver.rule, waiver.partnerships) == (rule, (actions[2][11],))
    assert not Path("answers.yaml").exists() or not read_answers("answers.yaml")
    for day, told in ((dt.date(2030, 1, 31), ""), (dt.date(2031, 1, 31), "`2030-01-31` becomes")):
        actions[1][2] = day
        book.save(Path("again.xlsx"))
        ran = run("answer", "again.xlsx", "--register", register)
        assert (ran.code, told in ran.out) == (0, True)
        found = {(each.partnership, each.rule): each for each in read_actions("actions.yaml")}
        assert found[owned.partnership, owned.rule].by == day
    run("check", register, "--actions", "actions.yaml", "--output", "next.xlsx")
    (row,) = [each for each in Typed.open(Path("next.xlsx")).rows("Actions") if each[6]]
    assert row[2] == dt.date(2031, 1, 31)
    # A day that nobody typed over takes none away.
    actions[1][2] = Typed.open(folder / "a.xlsx").rows("Actions")[1][2]
    book.save(Path("again.xlsx"))
    assert run("answer", "again.xlsx", "--register", register).code == 0
    found = {(each.partnership, each.rule): each for each in read_actions("actions.yaml")}
    assert found[owned.partnership, owned.rule].by == dt.date(2031, 1, 31)
    waivers[3][1] = "no-such-check"
    book.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert "back.xlsx[Waivers]!B4: there is no check `no-such-check`" in ran.out


ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "send-round.md").read_text(encoding="utf-8")
#: Whether the page is to show what is printed now.
UPDATE = os.environ.get("GOVRULES_UPDATE") == "1"
TEXT = re.compile(r"^```text\n((?:.*\n)*?)```$", re.MULTILINE)
COMMAND = re.compile(r"^```console\n\$ govrules (.+)\n((?:.*\n)*?)```$", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Z][\w ]+) \| ([a-z_.]+) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def filled(rows: list[tuple[str, str, str, str]]) -> None:
    """Type the answers that the page shows, and save the workbook."""
    book = Typed.open(Path("round.xlsx"))
    for name, fact, answer, seen in rows:
        (row,) = [each for each in book.rows() if (each[1], each[10]) == (name, fact)]
        row[5], row[6] = answer, seen.strip()
    book.save(Path("filled.xlsx"))


def test_the_page_shows_what_is_printed(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """From the example spreadsheet to a filled workbook to changed findings."""
    for name in ("eastshire.xlsx", "eastshire.mapping.yaml"):
        shutil.copy(ROOT / "examples" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    commands = COMMAND.findall(PAGE)
    rows = ROW.findall(PAGE)
    assert (len(commands), len(rows)) == (4, 8)
    found = []
    new = PAGE
    for number, (words, shown) in enumerate(commands):
        if number == 1:
            filled(rows[:6])
        if number == 2:
            filled(rows)
        ran = run(*words.split())
        found.append(ran.code)
        if shown and UPDATE:
            new = new.replace(shown, ran.out, 1)
        elif shown:
            assert ran.out == shown
    assert found == [0, 2, 0, 1]
    headline = f"{ran.out.split(chr(10) * 2)[1]}\n"
    (told,) = TEXT.findall(PAGE)
    if UPDATE:
        new = new.replace(told, headline)
        (ROOT / "docs" / "send-round.md").write_text(new, encoding="utf-8")
    assert UPDATE or told == headline
    (shown,) = re.findall(r"```yaml\n((?:.*\n)*?)```", PAGE)
    assert Path("answers.yaml").read_text().startswith(shown)
