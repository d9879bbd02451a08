"""
Opens workbooks as other programs do: openpyxl, and LibreOffice where it is installed.

It is run as a command, `make workbook-check`, in an environment of its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl

ROOT = Path(__file__).parents[2]
SHEETS = ["Summary", "Heat map", "Flagged", "Actions", "Questions", "Clauses", "Rules", "Waivers"]
HIDDEN = ["Lists", "Facts"]


def govrules(command: str, *words: object) -> str:
    """Run a command, and return what it prints."""
    ran = subprocess.run([command, *map(str, words)], capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1):
        sys.exit(ran.stdout + ran.stderr)
    return ran.stdout


def opened(path: Path) -> str:
    """Open a workbook with openpyxl, type an answer as a person does, and save it."""
    book = openpyxl.load_workbook(path)
    shown = [each.title for each in book if each.sheet_state == "visible"]
    hidden = [each.title for each in book if each.sheet_state == "hidden"]
    assert (shown, hidden) == (SHEETS, HIDDEN), (shown, hidden)
    assert not [
        cell.coordinate for each in book for row in each for cell in row if cell.data_type == "f"
    ]
    sheet = book["Questions"]
    assert sheet.protection.sheet
    assert not sheet["F4"].protection.locked
    (row,) = [
        each
        for each in sheet.iter_rows(min_row=4)
        if (each[1].value, each[10].value) == ("Eastshire care pool", "pool.agreement_signed")
    ]
    row[5].value, row[6].value = "no", "Letter of 4 March 2025"
    waiver = ("EX-01", book["Rules"]["A4"].value, "New.", "Cabinet", "31 December 2026")
    for column, text in enumerate(waiver, 1):
        book["Waivers"].cell(4, column).value = text
    book.save(path)
    return str(row[5].coordinate)


def converted(path: Path, kind: str, folder: Path) -> Path | None:
    """Return a workbook as LibreOffice saves it; None where it is not installed."""
    office = shutil.which("soffice")
    if office is None:
        return None
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = [office, profile, "--headless", "--convert-to", kind, "--outdir", folder / kind, path]
    subprocess.run([*map(str, words)], capture_output=True, check=True, timeout=300)
    return folder / kind / f"{path.stem}.{kind}"


def main() -> None:
    """Write a workbook, open it, and take what each program saved back."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--govrules", required=True)
    command = parser.parse_args().govrules
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        register = ROOT / "examples" / "eastshire.xlsx"
        about = ("--mapping", ROOT / "examples" / "eastshire.mapping.yaml")
        book = folder / "round.xlsx"
        govrules(
            command,
            *("check", register, *about, "--as-of", "2026-01-31"),
            *("--format", "xlsx", "--output", book),
        )
        cell = opened(book)
        saved = {"openpyxl": book}
        for kind in ("ods", "xlsx"):
            path = converted(book, kind, folder)
            if path is None:
                print("LibreOffice is not installed here, and was not tried")  # noqa: T201
                break
            saved[f"LibreOffice as .{kind}"] = path
        found = {}
        for by, path in saved.items():
            files = {each: folder / f"{len(found)}-{each}.yaml" for each in ("answers", "waivers")}
            words = [word for each, file in files.items() for word in (f"--{each}", file)]
            told = govrules(command, "answer", path, "--register", register, *about, *words)
            assert " 1 answered," in told, told
            found[by] = [each.read_text() for each in files.values()]
            print(f"{by}: {cell} and a waiver came back")  # noqa: T201
        assert all(each == found["openpyxl"] for each in found.values()), found


if __name__ == "__main__":
    main()
