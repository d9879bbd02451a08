"""Outputs that destroy nothing, streams that are not there, and text that is shown and not obeyed."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
import unicodedata
import zipfile
from pathlib import Path

import pytest

from govrules.cli import main
from govrules.files import READ, InputError, SpecialFileError, _new_beside, replacing
from govrules.rulebook.load import load_rulebook
from govrules.scaffold import ScaffoldError, scaffold
from govrules.visible import harmless, visible
from tests.faults.kills import UNFINISHED

CSV = "id,name,funding.pooled\np1,Care pool,yes\n"
MAPPING = "govrules: 1\ncolumns: { id: id, name: name, funding.pooled: funding.pooled }\n"


@pytest.fixture
def folder(tmp_path, pack, monkeypatch):
    (tmp_path / "r.csv").write_text(CSV)
    (tmp_path / "m.yaml").write_text(MAPPING)
    (tmp_path / "s.yaml").write_text("name: A\nfunding.pooled: yes\n")
    (tmp_path / "link.csv").symlink_to("r.csv")
    os.link(tmp_path / "r.csv", tmp_path / "hard.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "check s.yaml --output s.yaml",
        "check r.csv --format csv --output r.csv",
        "check r.csv --format csv --output link.csv",
        "check r.csv --format csv --output hard.csv",
        "check link.csv --format csv --output r.csv",
        "check r.csv --format csv --output ./x/../r.csv",
        "check r.csv --mapping m.yaml --output m.yaml",
        "check s.yaml r.csv --output r.csv",
        "check s.yaml --rules small --output small/money.yaml",
        "findings r.csv --output r.csv",
        "findings r.csv --mapping m.yaml --output link.csv",
        "map r.csv --output r.csv --overwrite",
        "map r.csv --mapping m.yaml --output m.yaml --overwrite",
        "plan s.yaml --output s.yaml",
        "catalogue --rules small --output small/rulebook.yaml",
        "schema rules --rules small --output small/money.yaml",
    ],
)
def test_no_output_is_written_over_an_input(run, folder, words):
    (folder / "x").mkdir()
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    ran = run(*words.split())
    assert ran.code == 2
    assert "this file is read, and is not written over" in ran.err
    assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before


def test_a_file_that_only_the_mapping_names_is_not_written_over(run, folder):
    (folder / "list.csv").write_text("Ref,Body\np1,A\n")
    (folder / "m.yaml").write_text(
        MAPPING
        + "lists: { partners: { file: list.csv, key: Ref, joins: id, columns: { Body: name } } }\n"
    )
    ran = run("check", "r.csv", "--mapping", "m.yaml", "--format", "csv", "--output", "list.csv")
    assert (ran.code, (folder / "list.csv").read_text()) == (2, "Ref,Body\np1,A\n")


@pytest.mark.parametrize(
    ("command", "name"),
    [("check", "pipe.csv"), ("findings", "pipe.csv"), ("plan", "pipe"), ("map", "pipe.csv")],
)
def test_a_pipe_is_written_into_and_stays_one(run, folder, command, name):
    os.mkfifo(name)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(Path(name).read_bytes()))
    reader.start()
    ran = run(command, "r.csv", "--output", name, *(["--overwrite"] if command == "map" else []))
    reader.join(timeout=20)
    assert ran.code in (0, 1)
    assert heard[0]
    assert stat.S_ISFIFO(Path(name).stat().st_mode)


def test_what_is_neither_file_nor_pipe_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError), replacing(tmp_path):
        pass
    assert issubclass(SpecialFileError, OSError)


def test_a_full_device_is_told(run, folder):
    ran = run("check", "s.yaml", "--output", "/dev/full")
    assert (ran.code, "no space left on device" in ran.err) == (2, True)


def test_strays_of_a_killed_writer_are_cleared_and_those_of_a_living_one_stay(tmp_path):
    path = tmp_path / "out.csv"
    dead, handle = _new_beside(path)
    os.close(handle)
    alive, handle = _new_beside(path)
    other, other_handle = _new_beside(tmp_path / "other.csv")
    os.close(other_handle)
    with replacing(path) as new:
        new.write_text("whole")
    assert path.read_text() == "whole"
    assert (dead.exists(), alive.exists(), other.exists()) == (False, True, True)
    os.close(handle)


def test_a_link_is_followed_once(tmp_path):
    (tmp_path / "a").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to("a/b.txt")
    with replacing(link) as new:
        assert new.parent == (tmp_path / "a").resolve()
        link.unlink()
        link.symlink_to("/etc/hostname")
        new.write_text("x")
    assert (tmp_path / "a" / "b.txt").read_text() == "x"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises((OSError, RuntimeError)), replacing(tmp_path / "loop"):
        pass


def test_what_was_read_in_this_run_is_not_replaced(tmp_path):
    path = tmp_path / "x"
    path.write_text("kept")
    found = path.stat()
    token = READ.set({(found.st_dev, found.st_ino)})
    try:
        with pytest.raises(InputError), replacing(path):
            pass
        with replacing(path, over_inputs=True) as new:
            new.write_text("answered")
    finally:
        READ.reset(token)
    assert path.read_text() == "answered"


def test_a_very_long_name_is_written(tmp_path):
    path = tmp_path / ("x" * 250)
    with replacing(path) as new:
        new.write_text("x")
    assert [each.name for each in tmp_path.iterdir()] == ["x" * 250]


@pytest.mark.parametrize("left", range(7))
def test_init_goes_on_where_it_was_stopped(tmp_path, left):
    files = scaffold(tmp_path / "new")
    whole = {each: each.read_bytes() for each in files}
    for each in sorted(files)[left:]:
        each.unlink()
    (tmp_path / "new" / f".rulebook.yaml.{UNFINISHED}-0").write_text("half")
    if left < len(files):
        scaffold(tmp_path / "new")
    assert {each: each.read_bytes() for each in files} == whole
    assert load_rulebook(tmp_path / "new").rules
    with pytest.raises(ScaffoldError, match="already there"):
        scaffold(tmp_path / "new")


def test_init_writes_over_nothing_that_is_otherwise(tmp_path):
    files = scaffold(tmp_path / "new")
    files[0].write_text("ours")
    files[1].unlink()
    with pytest.raises(ScaffoldError, match="already there"):
        scaffold(tmp_path / "new")
    assert not files[1].exists()


# ── Exits and streams ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("> /dev/full", 2, b"no space left"),
        (">&-", 2, b"closed"),
        (">&- 2>&-", 2, b""),
        ("2> /dev/full", 1, b""),
        ("2>&-", 1, b""),
        ("| head -c 1; exit ${PIPESTATUS[0]}", 1, b""),
        ("< /dev/null", 1, b""),
    ],
)
def test_streams_that_are_not_there_have_a_code_of_their_own(  # noqa: PLR0917 - fixtures
    spawn, pooled, pack, script, code, said
):
    ran = spawn("check", pooled, "--rules", pack, "--format", "json", script=script)
    assert ran.returncode == code
    assert said in ran.stderr
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("script", ["2>&-", "2> /dev/full"])
def test_what_cannot_be_said_is_not_said_elsewhere(spawn, tmp_path, script):
    ran = spawn("check", tmp_path / "no.yaml", script=script)
    assert (ran.returncode, ran.stdout) == (2, b"")


@pytest.mark.parametrize("words", [["check", "-"], ["ask", "p.yaml"]])
def test_a_closed_standard_input_is_no_fault(spawn, pooled, words):
    words = [str(pooled) if each == "p.yaml" else each for each in words]
    ran = spawn(*words, script="<&-")
    assert ran.returncode in (0, 2)
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["check", "lint", "test", "findings", "map", "ask", "watch"])
@pytest.mark.parametrize("there", [True, False])
def test_a_name_that_is_no_utf_8_is_shown_escaped(run, tmp_path, monkeypatch, command, there):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"b\xff.yaml")
    if there:
        Path(name).write_text("stauts: x\n")
    more = {"findings": ["--output", "o.csv"], "watch": ["--seconds", "0"]}
    ran = run(command, name, *more.get(command, []))
    assert ran.code in (2, 3)
    assert r"b\udcff.yaml" in ran.err
    ran.err.encode()


def test_a_fault_of_ours_is_exit_70(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("govrules.cli.lint.lint_pack", broken)
    assert main(["lint"]) == 70
    assert "this is a fault of govrules" in capsys.readouterr().err


@pytest.mark.parametrize("error", [MemoryError(), OSError(5, "Input/output error", "x.yaml")])
def test_what_the_machine_lacks_is_exit_2(monkeypatch, capsys, error):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("govrules.cli.lint.lint_pack", broken)
    assert main(["lint"]) == 2
    assert "Traceback" not in capsys.readouterr().err


# ── A file that changes while `ask` waits ─────────────────────────────────────────────────────


class Typing(io.StringIO):
    """Somebody who answers, and something that happens to the file before each answer."""

    def __init__(self, path: Path, happens: list[bytes | None], answers: list[str]) -> None:
        super().__init__()
        self.path, self.happens, self.answers = path, happens, answers

    def readline(self, *_: object) -> str:
        if self.happens:
            data = self.happens.pop(0)
            if data is None:
                self.path.unlink(missing_ok=True)
            elif data != b"as it is":
                self.path.write_bytes(data)
        return f"{self.answers.pop(0)}\n" if self.answers else ""


@pytest.mark.parametrize(
    "becomes",
    [
        b"name: [",
        None,
        b"\xff\xfe\xff",
        b"[" * 200_000,
        b"",
        b"a: {b: c}",
        b"partnerships: []\n",
        b"name: A\n" * 2,
    ],
)
def test_a_file_that_changes_while_ask_waits_is_said_and_kept(
    tmp_path, pack, monkeypatch, capsys, becomes
):
    path = tmp_path / "p.yaml"
    path.write_text("name: A\nfunding.pooled: yes\n")
    monkeypatch.setattr("sys.stdin", Typing(path, [becomes], ["yes", "yes", "yes", "quit"]))
    code = main(["ask", str(path), "--rules", str(pack)])
    captured = capsys.readouterr()
    assert code in (0, 2)
    assert "Traceback" not in captured.err
    assert captured.out.count("> ") > 1 or captured.err
    if becomes is None:
        assert not path.exists()
    else:
        assert path.read_bytes() == becomes


def test_a_file_that_is_mended_is_asked_about_again(tmp_path, pack, monkeypatch, capsys):
    path = tmp_path / "p.yaml"
    whole = b"name: A\nfunding.pooled: yes\n"
    path.write_bytes(whole)
    monkeypatch.setattr("sys.stdin", Typing(path, [b"name: [", whole], ["yes", "", "yes", "quit"]))
    assert main(["ask", str(path), "--rules", str(pack)]) == 0
    assert path.read_bytes().startswith(whole)
    assert len(path.read_bytes()) > len(whole)
    assert "cannot be read any more" in capsys.readouterr().out


# ── Text from strangers ───────────────────────────────────────────────────────────────────────

NASTY = "A\x1b[31mB\u202eC\x00D\x9bE\u2028F\u200fG\x07"
_ALLOWED = {"\n", "\t"}


def seen(text: str) -> None:
    """Nothing in a text is obeyed: no controls, no marks of direction, no half characters."""
    bad = [
        each
        for each in text.replace("\r\n", "\n")
        if each not in _ALLOWED and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    assert not bad


@pytest.fixture
def nasty(tmp_path, pack):
    """A pack and a register with such text in every place that takes any."""
    escaped = json.dumps(NASTY)
    theme = pack / "money.yaml"
    theme.write_text(
        theme.read_text()
        .replace("title: Budgets are pooled without a protocol", f"title: {escaped}")
        .replace("principle: Who pools writes down who decides.", f"principle: {escaped}")
        .replace("do: Agree a protocol.", f"do: {escaped}")
        .replace("who: the partners", f"who: {escaped}")
    )
    path = tmp_path / "nasty.jsonl"
    facts = {"id": NASTY, "name": NASTY, "funding.pooled": True, "protocol": "none", "aims": NASTY}
    path.write_text(json.dumps(facts) + "\n")
    path.write_text(
        json.dumps({**facts, "aims": "none", "evidence": {"funding.pooled": NASTY}}) + "\n"
    )
    return path


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
@pytest.mark.parametrize("full", [True, False])
def test_every_report_shows_what_it_does_not_obey(run, nasty, pack, form, full):
    ran = run("check", nasty, "--rules", pack, "--format", form, *(["--full"] if full else []))
    assert ran.code == 1
    seen(ran.out)
    seen(ran.err)
    assert r"\u001b[31m" in ran.out
    if form == "json":
        assert NASTY in [each["name"] for each in json.loads(ran.out)["subjects"]]


@pytest.mark.parametrize(
    "words",
    [
        ["catalogue", "--rules", "PACK"],
        ["catalogue", "--rules", "PACK", "--format", "html"],
        ["explain", "pooled-without-protocol", "--rules", "PACK"],
        ["lint", "PACK"],
        ["test", "PACK"],
        ["plan", "FILE", "--rules", "PACK"],
        ["map", "FILE", "--rules", "PACK"],
    ],
)
def test_every_command_shows_what_it_does_not_obey(run, nasty, pack, words):
    ran = run(*({"PACK": str(pack), "FILE": str(nasty)}.get(each, each) for each in words))
    seen(ran.out)
    seen(ran.err)


@pytest.mark.parametrize("name", ["f.csv", "f.jsonl"])
def test_findings_shows_what_it_does_not_obey(run, nasty, pack, tmp_path, name):
    assert run("findings", nasty, "--rules", pack, "--output", tmp_path / name).code == 1
    seen((tmp_path / name).read_text("utf-8"))


def test_a_workbook_shows_what_it_does_not_obey(run, nasty, pack, tmp_path):
    path = tmp_path / "f.xlsx"
    assert run("check", nasty, "--rules", pack, "--format", "xlsx", "--output", path).code == 1
    with zipfile.ZipFile(path) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    seen(strings)
    assert r"\u001b[31m" in strings
    assert "_x001B_" not in strings


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\n=1", "  =1", "\uff1d1"])
def test_no_text_of_a_register_is_a_formula(run, tmp_path, pack, text):
    path = tmp_path / "r.jsonl"
    path.write_text(
        json.dumps({"id": text, "name": "x", "funding.pooled": True, "protocol": "none"})
    )
    out = tmp_path / "out.csv"
    assert run("findings", path, "--rules", pack, "--output", out).code == 1
    assert run("check", path, "--rules", pack, "--format", "csv").out.count(f"'{text}") > 0
    assert f"'{text}" in out.read_text()
    assert harmless(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["Café £", "Ysgol Gymraeg ŵ", "日本", "\U0001f600", "a\r\nb\tc", ""]
)
def test_what_is_plain_stays_as_it_is(text):
    assert visible(text) == text


def test_only_one_module_makes_workbooks_for_people():
    source = Path(__file__).parents[2] / "src" / "govrules"
    made = [
        each.name
        for each in source.rglob("*.py")
        if "from xlsxwriter import Workbook" in each.read_text("utf-8")
    ]
    # What `map` writes is read back, letter for letter.
    assert made == ["mapping_book.py"]
