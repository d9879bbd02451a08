"""
What is fuzzed: each target takes bytes, and may raise nothing but an error of the library.

A target is a way in for what strangers write. `replay` runs one input; the corpora beside this file
hold the inputs that reach most, one archive a target, and the tests replay them.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pyarrow as pa

from govrules.answered import Answer, fact_called
from govrules.answered.answer_cells import Blank, Refusal, read_answer
from govrules.assessment import assess
from govrules.engines.columns import to_batches
from govrules.errors import GovrulesError
from govrules.factfile import with_fact
from govrules.live.register import LiveRegister
from govrules.model import Funding, Partner, Partnership
from govrules.portfolio import is_register
from govrules.reading import Read, declared_by, read_text
from govrules.registers.mapping import read_mapping_text
from govrules.registers.read import read_source
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import shipped_examples, shipped_packs
from govrules.visible import visible
from govrules.waivers import read_waivers, waive
from tests.cli.conftest import POOLED, REGISTER, RULEBOOK, RULES

#: The inputs that fuzzing kept, in a folder a target.
CORPORA = Path(__file__).with_name("corpus.zip")
DAY = dt.date(2026, 3, 31)
#: A workbook's parts around the sheet that is fuzzed.
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}" Target="{1}"/>'
    "</Relationships>"
)
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Register" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>funding.pooled</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Care pool</t></is></c>'
    '<c r="B2" t="inlineStr"><is><t>yes</t></is></c></row>'
    '</sheetData><mergeCells count="1"><mergeCell ref="A3:B4"/></mergeCells></worksheet>'
)


@cache
def small() -> Rulebook:
    """The small pack that commands are tried with."""
    return load_rulebook({"rulebook.yaml": RULEBOOK, "money.yaml": RULES})


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="govrules-fuzz-"))


def _file(name: str, data: bytes) -> str:
    path = _folder() / name
    path.write_bytes(data)
    return str(path)


def _judged(read: Read) -> None:
    for each in (*read.warnings, *read.problems):
        said(each)
    if not is_register(read.subject):
        assess(read.subject, small(), as_of=DAY)


def said(problem: object) -> None:
    """Say a problem as the command line does: it is text, and can be written anywhere."""
    visible(str(problem)).encode("utf-8")


def rules(data: bytes) -> None:
    """A rule file of a pack."""
    load_rulebook({"rulebook.yaml": RULEBOOK, "money.yaml": data})


def rulebook(data: bytes) -> None:
    """The `rulebook.yaml` of a pack."""
    load_rulebook({"rulebook.yaml": data, "money.yaml": RULES})


def subject(data: bytes) -> None:
    """A partnership or register in YAML."""
    _judged(read_text(data.decode("utf-8", "replace"), name="x.yaml", rulebook=small()))


def mapping(data: bytes) -> None:
    """A mapping, and the table it is for."""
    text = data.decode("utf-8", "replace")
    said_of = read_mapping_text(text, "mapping.yaml", declared_by(small()))
    register = _file("mapped.csv", b"Ref,Name,Pooled\n1,Care pool,Yes\n2,Forum,No\n")
    _judged(read_source(register, mapping=said_of, rulebook=small()))


def waivers(data: bytes) -> None:
    """A file of waivers."""
    text = data.decode("utf-8", "replace")
    found = read_waivers({"waivers.yaml": text})
    waive(assess(read_text(POOLED).subject, small(), as_of=DAY), found)


def answers(data: bytes) -> None:
    """A partnership's file, and an answer that is written into it."""
    text, _, answer = data.decode("utf-8", "replace").partition("\0")
    for path in ("protocol.agreed", "local.slogan"):
        fact = fact_called(path, Partnership, small())
        assert fact is not None
        value = read_answer(answer or "yes", fact)
        if not isinstance(value, (Blank, Refusal)):
            changed = with_fact(text, Answer("", path, value), small())
            read_text(changed, name="x.yaml", rulebook=small())


def csv(data: bytes) -> None:
    """A register in CSV whose headings are facts."""
    _judged(read_source(_file("x.csv", data), rulebook=small()))


def xlsx(data: bytes) -> None:
    """The sheet of a workbook."""
    _judged(read_source(_file("x.xlsx", packed(data)), rulebook=small()))


def packed(sheet: bytes) -> bytes:
    """Return a workbook of one sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("[Content_Types].xml", _TYPES)
        book.writestr("_rels/.rels", _RELS.format("officeDocument", "xl/workbook.xml"))
        book.writestr("xl/workbook.xml", _BOOK)
        book.writestr(
            "xl/_rels/workbook.xml.rels", _RELS.format("worksheet", "worksheets/sheet1.xml")
        )
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return buffer.getvalue()


def arrow(data: bytes) -> None:
    """A register in Arrow."""
    _judged(read_source(_file("x.arrow", data), rulebook=small()))


def lines(data: bytes) -> None:
    """A register in JSON Lines."""
    _judged(read_source(_file("x.jsonl", data), rulebook=small()))


def snapshot(data: bytes) -> None:
    """The snapshot of a live register."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        return
    LiveRegister.resume(plain, small())


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        rules, rulebook, subject, mapping, waivers, answers, csv, xlsx, arrow, lines, snapshot
    )
}  # fmt: skip


def replay(name: str, data: bytes) -> None:
    """
    Run one input.

    Raises:
        Exception: what no input may raise.
    """
    try:
        TARGETS[name](data)
    except GovrulesError as error:
        said(error)


def seeds(name: str) -> Iterator[bytes]:
    """Yield inputs that are valid, from which a target's others are made."""
    match name:
        case "rules":
            yield RULES.encode()
            yield from (each.read_bytes() for each in sorted(shipped_packs().glob("*/[!r]*.yaml")))
        case "rulebook":
            yield RULEBOOK.encode()
            yield from (each.read_bytes() for each in shipped_packs().glob("*/rulebook.yaml"))
        case "subject":
            yield POOLED.encode()
            yield REGISTER.encode()
            yield from (each.read_bytes() for each in sorted(shipped_examples().glob("*.yaml")))
        case "mapping":
            yield (shipped_examples() / "eastshire.mapping.yaml").read_bytes()
            yield b"govrules: 1\ncolumns:\n  Ref: id\n  Name: name\n  Pooled: funding.pooled\n"
        case "waivers":
            yield (
                b"govrules: 1\nwaivers:\n  - { rule: pooled-without-protocol, partnership: Care pool, "
                b'reason: It is being drawn up., approved: "Board, 3 May 2026", until: 2026-12-31 }\n'
            )
        case "answers":
            yield POOLED.encode() + b"\0yes"
            yield b"name: A\nprotocol:\n  agreed:\nlocal.slogan: unknown\n\0none"
        case "csv":
            yield (shipped_examples() / "eastshire.csv").read_bytes()
            yield b"id,name,funding.pooled,partners[0].name\np1,Care pool,yes,A\np2,,TBC,\n"
        case "xlsx":
            yield SHEET.encode()
        case "arrow":
            one = Partnership(id="p1", funding=Funding(pooled=True), partners=(Partner(name="A"),))
            for made in (
                pa.table({"name": ["Care pool", None], "funding.pooled": ["yes", "no"]}),
                pa.Table.from_batches(list(to_batches([one], Partnership, small()))),
            ):
                buffer = io.BytesIO()
                with pa.ipc.new_file(buffer, made.schema) as writer:
                    writer.write_table(made)
                yield buffer.getvalue()
        case "lines":
            yield b'{"name": "Care pool", "funding": {"pooled": true}}\n{"name": "B", "partners": []}\n'
            yield b'{"name": "A", "funding.annual_spend": 1e5, "protocol": null}\n{"x": NaN'
        case "snapshot":
            live = LiveRegister(small(), as_of=DAY)
            live.replace(read_text(REGISTER, name="r.yaml", rulebook=small()).subject)
            yield json.dumps(live.snapshot()).encode()


def corpus(name: str) -> dict[str, bytes]:
    """Return the inputs that are kept for a target."""
    with zipfile.ZipFile(CORPORA) as kept:
        names = sorted(each for each in kept.namelist() if each.startswith(f"{name}/"))
        return {each: kept.read(each) for each in names}
