"""The commands that write, each with what it reads and writes, ready to be stopped anywhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import attrs

from tests.cli.conftest import IN_ORDER, POOLED, REGISTER, RULEBOOK, RULES

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "govrules")
#: What is written for a moment beside what is to become of it.
UNFINISHED = "govrules-unfinished"


@attrs.frozen
class Writes:
    """
    A command that writes.

    Attributes:
        name: what to call it.
        words: the command's words, in a folder that `prepared` made.
        outputs: what it writes.
        changes: which of its inputs it is to change.
        typed: what is typed.
        older: whether its outputs are there before.
    """

    name: str
    words: tuple[str, ...]
    outputs: tuple[str, ...]
    changes: tuple[str, ...] = ()
    typed: str = ""
    older: bool = True


_CSV = "id,name,funding.pooled,protocol\np1,Care pool,yes,none\np2,Forum,no,\n"
_SMALL = ("--rules", "small")
COMMANDS = (
    Writes("check-json", ("check", "p.yaml", *_SMALL, "--format", "json", "--output", "o.json"), ("o.json",)),
    Writes("check-csv", ("check", "r.csv", *_SMALL, "--format", "csv", "--output", "o.csv"), ("o.csv",)),
    Writes("check-xlsx", ("check", "r.csv", *_SMALL, "--format", "xlsx", "--output", "o.xlsx"), ("o.xlsx",)),
    Writes("findings-csv", ("findings", "r.csv", *_SMALL, "--output", "f.csv"), ("f.csv",)),
    Writes("findings-parquet", ("findings", "r.csv", *_SMALL, "--output", "f.parquet"), ("f.parquet",)),
    Writes("plan", ("plan", "p.yaml", *_SMALL, "--output", "plan.txt"), ("plan.txt",)),
    Writes("map", ("map", "r.csv", *_SMALL, "--output", "m.yaml", "--overwrite"), ("m.yaml",)),
    Writes("catalogue", ("catalogue", *_SMALL, "--output", "c.md"), ("c.md",)),
    Writes("schema", ("schema", "subject", *_SMALL, "--output", "s.json"), ("s.json",)),
    Writes("format", ("format", "loose"), ("loose/money.yaml", "loose/rulebook.yaml"), changes=("loose/money.yaml", "loose/rulebook.yaml")),
    Writes("ask", ("ask", "p.yaml", *_SMALL), ("p.yaml",), changes=("p.yaml",), typed="\n".join(["none", "yes"] * 9)),
    Writes("init", ("init", "new"), ("new/rulebook.yaml", "new/our-policy.yaml"), older=False),
)  # fmt: skip


def prepared(folder: Path, writes: Writes) -> dict[str, str]:
    """Make the files that a command reads, and older ones where it writes; return their hashes."""
    for pack in ("small", "loose"):
        (folder / pack).mkdir()
        (folder / pack / "rulebook.yaml").write_text(RULEBOOK)
    (folder / "small" / "money.yaml").write_text(RULES)
    (folder / "loose" / "money.yaml").write_text(RULES)
    (folder / "p.yaml").write_text(POOLED)
    (folder / "q.yaml").write_text(IN_ORDER)
    (folder / "r.yaml").write_text(REGISTER)
    (folder / "r.csv").write_text(_CSV)
    if writes.older:
        for each in writes.outputs:
            if not (folder / each).exists():
                (folder / each).write_text("what was there before")
    return hashes(folder)


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file below a folder, by its path in it."""
    return {
        str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def environment(**more: str) -> dict[str, str]:
    """Return what a command is run with."""
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return {**os.environ, "PYTHONPATH": paths, **more}


def wholes(writes: Writes, folder: Path, run: Callable[[Path], object]) -> dict[str, str]:
    """Return what a command that nothing stops writes, by hash."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    prepared(folder, writes)
    run(folder)
    return hashes(folder)


def wrong(
    writes: Writes, before: dict[str, str], after: dict[str, str], whole: dict[str, str]
) -> list[str]:
    """Return what a stopped command left that it must not leave."""
    found = []
    for name, digest in before.items():
        if name not in writes.outputs and name not in writes.changes and after.get(name) != digest:
            found.append(f"input {name} changed")
    for name, digest in after.items():
        if UNFINISHED in name or (name in before and name not in writes.outputs):
            continue
        # An answer is written at once, so that some may stand there and others not.
        if writes.name != "ask" and digest not in (before.get(name), whole.get(name)):
            found.append(f"output {name} is neither as before nor whole")
    return found


def strays(folder: Path) -> list[str]:
    """Return what is left of files that did not become whole."""
    return [str(each) for each in folder.rglob("*") if UNFINISHED in each.name]
