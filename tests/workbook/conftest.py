"""A register whose questions go round, and a way to fill a workbook in as people do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from govrules.cli import main
from tests.cli.conftest import pack, run  # noqa: F401 - fixtures

AS_OF = dt.date(2026, 3, 31)
OFFICERS = ("Head of housing", "Director of adult care", "A. Smith", "none", "")
BODIES = ("Norvale Council", "NHS Norvale", '=HYPERLINK("http://x","y")', "Westmoor Council")


def _register() -> str:
    """Return a register of six partnerships."""
    lines = ["govrules: 1", f"as_of: {AS_OF}", "name: Norvale register", "partnerships:"]
    for number in range(1, 7):
        officer = OFFICERS[number % len(OFFICERS)]
        partners = [BODIES[number % 4], BODIES[(number + 1) % 4]]
        lines += [
            f"  - id: P{number:02}",
            f"    name: Partnership {number}",
            "    status: active",
            f"    funding.annual_spend: {number * 200_000}",
            *([f"    responsible_officer: {officer}"] if officer else []),
            "    partners:",
            *(f"      - {{ name: '{each}' }}" for each in partners),
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def round_sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the register and the workbook of all its questions, made once."""
    folder = tmp_path_factory.mktemp("sent")
    (folder / "register.yaml").write_text(_register())
    words = ["ask", folder / "register.yaml", "--workbook", folder / "sent.xlsx"]
    assert main([*map(str, words), "--all-questions"]) == 0
    return folder


@pytest.fixture
def register(round_sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a register in the folder in which commands are run."""
    monkeypatch.chdir(tmp_path)
    path = Path("register.yaml")
    path.write_text((round_sent / "register.yaml").read_text())
    return path


@pytest.fixture
def typed(round_sent: Path) -> Typed:
    """Return the workbook of all questions, to be filled in."""
    return Typed.open(round_sent / "sent.xlsx")


@attrs.define
class Typed:
    """A workbook as rows of cells, to be typed in and saved as a spreadsheet program does."""

    sheets: dict[str, list[list[Any]]]
    hidden: set[int] = attrs.field(factory=set)
    formulas: dict[tuple[int, int], tuple[str, Any]] = attrs.field(factory=dict)

    @classmethod
    def open(cls, path: Path) -> Typed:
        """Read a workbook."""
        book = CalamineWorkbook.from_path(path)
        return cls(
            {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in book.sheet_names
            }
        )

    def rows(self, sheet: str = "Questions") -> list[list[Any]]:
        """Return the rows below the headings."""
        return self.sheets[sheet][3:]

    def put(self, rows: Iterable[Sequence[Any]], sheet: str = "Questions") -> None:
        """Replace the rows below the headings."""
        self.sheets[sheet][3:] = [list(each) for each in rows]

    def save(self, path: Path) -> Path:
        """Write the workbook."""
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
            day = book.add_format({"num_format": "dd/mm/yyyy"})
            for name, rows in self.sheets.items():
                sheet = book.add_worksheet(name)
                for at, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if isinstance(cell, dt.date):
                            sheet.write_datetime(at, column, cell, day)
                        elif cell not in (None, ""):
                            sheet.write(at, column, cell)
                if name == "Questions":
                    for at in self.hidden:
                        sheet.set_row(at, None, None, {"hidden": True})
                    for (at, column), (formula, value) in self.formulas.items():
                        sheet.write_formula(at, column, formula, None, value)
        return path
