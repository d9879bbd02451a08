"""Readers that no file can kill, hold up or lead astray."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from govrules.diagnostics import Code
from govrules.errors import FactsError, RuleFileError
from govrules.files import SpecialFileError, open_file
from govrules.model import Partnership
from govrules.portfolio import entries_of
from govrules.registers import probing, workbook_child, workbooks
from govrules.registers.read import read_source
from govrules.registers.tables import Table
from govrules.rulebook.load import load_rulebook
from govrules.truth import UNKNOWN
from tests.fuzz.targets import packed, small

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def sheet(*cells: tuple[str, str]) -> bytes:
    """Return the XML of a sheet whose cells are given by their names."""
    rows: dict[str, list[str]] = {}
    for name, text in cells:
        made = f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'
        rows.setdefault(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), []).append(made)
    body = "".join(f'<row r="{at}">{"".join(each)}</row>' for at, each in rows.items())
    return f"{HEAD}{body}</sheetData></worksheet>".encode()


def refused(path: Path, code: str) -> str:
    with pytest.raises(FactsError) as raised:
        read_source(path)
    [problem] = raised.value.diagnostics
    assert problem.code.id == code
    return str(problem)


NAMES = (("A1", "name"), ("B1", "funding.pooled"), ("A2", "Care pool"), ("B2", "yes"))


@pytest.mark.parametrize("far", ["XFD1048576", "XFD250000", "ZZ1048576", "ZZ250001"])
def test_a_cell_far_from_all_others_is_named(tmp_path, far):
    path = tmp_path / "stray.xlsx"
    path.write_bytes(packed(sheet(*NAMES, (far, "x"))))
    said = refused(path, "GR719")
    assert f"stray.xlsx[Register]!{far}" in said
    assert "delete what stands there" in said


@pytest.mark.parametrize("far", ["XFD9", "ZZ200", "B9000", "XFD1"])
def test_a_cell_that_can_be_read_is_read(tmp_path, far):
    path = tmp_path / "stray.xlsx"
    path.write_bytes(packed(sheet(*NAMES, (far, "x"))))
    found = read_source(path)
    assert found.subject.partnerships[0].funding.pooled is True


def test_a_stray_cell_beside_rows_without_names_of_cells_is_counted(tmp_path):
    # A cell without a name stands after the one before it.
    row = "<row>" + "<c t='inlineStr'><is><t>name</t></is></c>" * 3 + "</row>"
    path = tmp_path / "nameless.xlsx"
    path.write_bytes(
        packed(
            f"{HEAD}{row}<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>".encode()
        )
    )
    refused(path, "GR719")


def test_wide_sheets_take_time_by_their_cells(tmp_path):
    def taken(columns: int) -> float:
        headings = tuple(f"heading {each}" for each in range(columns))
        table = Table("t", headings, ((),) * columns, ())
        began = time.perf_counter()
        assert [table.named(at) for at in range(columns)] == list(headings)
        assert table.find(headings[-1]) == [columns - 1]
        return time.perf_counter() - began

    least = min(taken(2_000) for _ in range(3))
    # Four times as many took sixteen times as long; what runs beside it is allowed for.
    assert min(taken(8_000) for _ in range(3)) < 10 * least + 0.02


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "GR002"),
        (lambda: b"PK\x03\x04" + b"\0" * 400, "GR701"),
        (lambda: packed(b"<worksheet"), "GR701"),
        (lambda: packed(b"<a>" * 100_000), "GR002"),
        (lambda: packed(sheet(*NAMES))[:-200], "GR701"),
    ],
)
def test_a_broken_workbook_is_refused(tmp_path, make, code):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(make())
    with pytest.raises(FactsError):
        read_source(path)


def test_what_kills_the_process_of_a_workbook_is_told(tmp_path, monkeypatch):
    path = tmp_path / "register.xlsx"
    path.write_bytes(packed(sheet(*NAMES)))
    for code in ("import os; os.abort()", "import sys; sys.exit(3)", "print('no rows')"):
        child = tmp_path / "child.py"
        child.write_text(code)
        monkeypatch.setattr(workbooks, "_CHILD", child)
        refused(path, "GR719")


def test_a_workbook_that_takes_too_long_is_told(tmp_path, monkeypatch):
    path = tmp_path / "register.xlsx"
    path.write_bytes(packed(sheet(*NAMES)))
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(100)")
    monkeypatch.setattr(workbooks, "_CHILD", child)
    monkeypatch.setattr(workbooks, "SECONDS", 0.2)
    began = time.monotonic()
    refused(path, "GR719")
    assert time.monotonic() - began < 20


def answers_about(path: Path, monkeypatch: pytest.MonkeyPatch, **asked: object) -> list[object]:
    """Return all that the process would send of a workbook, without its limits."""
    monkeypatch.setattr(workbook_child, "limit", lambda *_: None)
    request = {"file": str(path), "path": [*sys.path], "memory": 0, "seconds": 0, **asked}
    sent, answers = io.BytesIO(), io.BytesIO()
    for each in (request, ("Register", ["Register"], 1)):
        pickle.dump(each, sent)
    sent.seek(0)
    workbook_child.serve(sent, answers)
    answers.seek(0)
    found = []
    while answers.tell() < len(answers.getvalue()):
        found.append(pickle.load(answers))
    return found


@pytest.mark.parametrize("alone", [False, True])
def test_the_process_of_a_workbook_sends_its_sheets_and_then_the_rows(tmp_path, monkeypatch, alone):
    path = tmp_path / "register.xlsx"
    path.write_bytes(packed(sheet(*NAMES, ("D3", ""))))
    asked = {"table": "Register", "alone": alone}
    assert answers_about(path, monkeypatch, **asked) == [
        ("sheets", {"Register": True}, {"Register": (3, 2, 3)}),
        {"Register": ([["name", "funding.pooled"]], ())},
        [["name", "funding.pooled"], ["Care pool", "yes"], []],
        ("end", ()),
    ]
    path.write_bytes(path.read_bytes()[:-200])
    assert answers_about(path, monkeypatch, **asked) == [("unreadable",)]


def test_rows_hold_nothing_but_cells(tmp_path, monkeypatch):
    """What the process sends is taken for values alone, never for a class of another kind."""
    path = tmp_path / "register.xlsx"
    path.write_bytes(packed(sheet(*NAMES)))
    child = tmp_path / "child.py"
    child.write_text(
        "import os, pickle, sys\n"
        "class Evil:\n"
        f"    def __reduce__(self): return (os.mkdir, ({str(tmp_path / 'made')!r},))\n"
        "sys.stdout.buffer.write(pickle.dumps(Evil()))\n"
    )
    monkeypatch.setattr(workbooks, "_CHILD", child)
    refused(path, "GR719")
    assert not (tmp_path / "made").exists()


# ── Arrow and Parquet ─────────────────────────────────────────────────────────────────────────


def arrow_bytes(kind: str) -> bytes:
    names = ["Care pool", "Forum", *(f"Body {each}" for each in range(16))]
    table = pa.table({"name": names, "funding.pooled": ["yes", None] * 9})
    buffer = io.BytesIO()
    if kind == "parquet":
        pa.parquet.write_table(table, buffer)
    else:
        with pa.ipc.new_file(buffer, table.schema) as writer:
            writer.write_table(table)
    return buffer.getvalue()


def test_the_byte_that_ended_the_process_is_refused(tmp_path):
    # The second offset of the first column's texts, by which they end before they begin.
    data = bytearray(arrow_bytes("arrow"))
    at = data.index(
        (0).to_bytes(4, "little") + (9).to_bytes(4, "little") + (14).to_bytes(4, "little")
    )
    data[at + 3] = 4
    path = tmp_path / "register.arrow"
    path.write_bytes(data)
    refused(path, "GR701")


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_no_changed_byte_ends_the_process(tmp_path, kind):
    data = arrow_bytes(kind)
    chosen = random.Random(7)  # noqa: S311 - the same bytes in every run
    read = 0
    for number in range(25):
        changed = bytearray(data)
        for _ in range(1 + number % 3):
            changed[chosen.randrange(8, len(data))] = chosen.choice((0, 4, 127, 255))
        path = tmp_path / f"r{number}.{kind}"
        path.write_bytes(changed)
        try:
            read_source(path)
            read += 1
        except FactsError:
            continue
    assert read


def test_a_file_that_ends_the_other_process_is_refused_and_the_next_is_read(tmp_path, monkeypatch):
    path = tmp_path / "register.arrow"
    path.write_bytes(arrow_bytes("arrow"))
    child = tmp_path / "child.py"
    child.write_text("import os, sys\nsys.stdin.readline()\nos.abort()")
    with monkeypatch.context() as patched:
        patched.setattr(probing, "_CHILD", child)
        probing._PROBE.stop()
        refused(path, "GR701")
    assert len(read_source(path).subject.partnerships) == 18


# ── JSON Lines ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    [
        b'{"name":NaN',
        b'{"name":1e',
        b'{"name": "x", "funding.annual_spend": ' + b"9" * 5_000 + b"}",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\0b"}',
        b"[" * 50_000,
        b'{"name": "a", "name": "b"}',
        b'{"name":' * 100 + b"1" + b"}" * 100,
        b'{"name": "a"} {"name": "b"}',
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_a_line_that_cannot_be_read_is_left_out_and_said(tmp_path, line, mapped):
    path = tmp_path / "register.jsonl"
    path.write_bytes(b'{"name": "first"}\n' + line + b'\n{"name": "last"}')
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("govrules: 1\ncolumns:\n  name: name\n")
    found = read_source(path, mapping=mapping if mapped else None)
    names = [each.name for each in found.subject.partnerships if isinstance(each, Partnership)]
    assert names == ["first", "last"]
    [problem] = found.problems
    assert problem.span.line == 2


@pytest.mark.parametrize(
    "number", ["1e9999999999999999999999", "-1E-99999999999999999999", "1e999"]
)
@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_number_with_an_exponent_beyond_all_bounds_costs_its_value(
    tmp_path, number, lines, mapped
):
    path = tmp_path / "register.jsonl"
    each = '{{"name": "x{}", "funding.annual_spend": {}}}'
    amounts = [number, *["5"] * (lines - 1)]
    path.write_text("\n".join(each.format(*both) for both in enumerate(amounts)))
    mapping = tmp_path / "mapping.yaml"
    facts = ["name", "funding.annual_spend"]
    mapping.write_text("govrules: 1\ncolumns:\n" + "".join(f"  {each}: {each}\n" for each in facts))
    found = read_source(path, mapping=mapping if mapped else None)
    first, *others = found.subject.partnerships
    assert getattr(first.funding, "annual_spend", UNKNOWN) is UNKNOWN
    assert [each.funding.annual_spend for each in others] == [5] * (lines - 1)
    assert not found.problems
    assert {(each.code, each.span.line) for each in found.warnings} == {(Code.UNREADABLE_VALUE, 1)}


def test_half_a_character_twice_is_one(tmp_path):
    path = tmp_path / "register.jsonl"
    path.write_text('{"name": "\\ud83d\\ude00"}')
    assert read_source(path).subject.partnerships[0].name == "\U0001f600"


# ── What is no file, and what lies elsewhere ──────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
@pytest.mark.parametrize("name", ["x.yaml", "x.csv", "x.xlsx", "x.arrow", "x.jsonl", "x.duckdb"])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind, name):
    path = tmp_path / name
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    said = refused(path, "GR001")
    assert {"pipe": "a pipe", "device": "a device", "folder": "a folder"}[kind] in said


def test_a_pipe_as_a_mapping_is_refused(tmp_path):
    os.mkfifo(tmp_path / "mapping.yaml")
    (tmp_path / "r.csv").write_text("Name\nA\n")
    with pytest.raises(FactsError, match="a pipe"):
        read_source(tmp_path / "r.csv", mapping=tmp_path / "mapping.yaml")


def test_a_pipe_that_takes_the_place_of_a_file_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    os.mkfifo(path)
    (tmp_path / "plain").write_text("")
    plain = (tmp_path / "plain").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: plain)
    with pytest.raises(SpecialFileError):
        open_file(path)


def _text(place: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        book = folder / "rulebook.yaml"
        book.write_text(book.read_text().replace('year: "2026"', f'year: "2026", text: {place}'))

    return change


def _link(name: str, place: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(place)

    return change


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "more.yaml")


@pytest.mark.parametrize(
    "change",
    [
        _text("/dev/zero"),
        _text("/etc/hostname"),
        _text("../outside.txt"),
        _text("a/../../outside.txt"),
        _link("more.yaml", "/etc/hostname"),
        _link("more.yaml", "../outside.txt"),
        _link("money.yaml", "/dev/zero"),
        _link("rulebook.yaml", "/dev/zero"),
        _pipe,
    ],
)
def test_no_pack_reads_what_is_not_its_own(pack, change):
    (pack.parent / "outside.txt").write_text("secret: 1")
    change(pack)
    with pytest.raises(RuleFileError) as raised:
        load_rulebook(pack)
    assert "secret" not in str(raised.value.diagnostics)


@pytest.mark.parametrize("name", ["../small", "/etc", "..", "a/b", "x" * 5_000])
def test_no_pack_extends_what_is_not_beside_it(pack, name):
    book = pack / "rulebook.yaml"
    book.write_text(book.read_text() + f"extends: ['{name}']\n")
    with pytest.raises(RuleFileError, match="there is no pack"):
        load_rulebook(pack)


@pytest.mark.parametrize("place", ["../other.csv", "/etc/passwd.csv", "link.csv"])
def test_no_mapping_reads_outside_its_folder(tmp_path, place):
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "other.csv").write_text("Ref,Body\n1,A\n")
    (folder / "link.csv").symlink_to(tmp_path / "other.csv")
    (folder / "r.csv").write_text("Ref,Name\n1,A\n")
    (folder / "m.yaml").write_text(
        "govrules: 1\ncolumns: { Ref: id, Name: name }\n"
        f"lists: {{ partners: {{ file: {place}, key: Ref, joins: Ref, columns: {{ Body: name }} }} }}\n"
    )
    with pytest.raises(FactsError, match="leads out of the folder"):
        read_source(folder / "r.csv", mapping=folder / "m.yaml")


def test_a_workbook_of_false_sizes_is_refused(tmp_path):
    """A zipped file may say that a part is small, and unpack to more than there is."""
    data = bytearray(packed(b" " * 5_000_000))
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(data.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(FactsError):
        read_source(path)


def test_what_is_nested_without_end_is_refused(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(FactsError):
        read_source(path)
    (tmp_path / "m.yaml").write_text("govrules: 1\ncolumns: { a: name }\n")
    inner: dict[str, object] = {"a": "x"}
    for _ in range(300):
        inner = {"b": inner}
    path.write_text(json.dumps([{"a": "fine"}, inner]))
    found = read_source(path, mapping=tmp_path / "m.yaml")
    assert [each.name for each in entries_of(found.subject)] == ["fine"]
    assert found.problems
    assert small().rules
