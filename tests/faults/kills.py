"""
Kill every command that writes, at events with files and at random moments.

After each kill the inputs are as they were, the outputs as they were or whole, and the same command
run again leaves nothing of the killed one behind.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

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


#: What is counted: all that opens for writing, locks, renames or removes a file.
_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.chown", "fcntl.flock")


@attrs.define
class Killed:
    """What came of kills."""

    kills: Counter[str] = attrs.field(factory=Counter)
    wrong: list[str] = attrs.field(factory=list)
    strays: list[str] = attrs.field(factory=list)


def _load() -> None:
    """Import what commands import, once for all the processes that are forked."""
    import xlsxwriter  # noqa: F401 - likewise

    import govrules.catalogue
    import govrules.cli.ask
    import govrules.cli.check
    import govrules.cli.export
    import govrules.cli.format
    import govrules.cli.mapping
    import govrules.registers.batches
    import govrules.registers.findings_files
    import govrules.registers.read
    import govrules.render.catalogue
    import govrules.render.machines
    import govrules.render.register
    import govrules.scaffold
    import govrules.schema  # noqa: F401
    from govrules.rulebook.load import load_rulebook

    load_rulebook()


def begun(writes: Writes, folder: Path, *, events: int = 0) -> int:
    """Fork a process that runs a command in a folder, and ends itself at its n-th file event."""
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.stdin = io.TextIOWrapper(io.BytesIO(writes.typed.encode()))
        if events:
            sys.addaudithook(_counting(events, str(folder)))
        from govrules.cli import main

        code = main(list(writes.words))
    finally:
        os._exit(code)
    return 0


def _counting(events: int, folder: str):
    left = [events]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in _EVENTS:
            return
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str | bytes | os.PathLike) or not isinstance(flags, int):
                return
            text = os.fsdecode(path)
            if not flags & (os.O_WRONLY | os.O_RDWR) or text == os.devnull:
                return
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def finished(pid: int) -> int:
    """Wait for a process and return its code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(
    folder: Path,
    number: int,
    seed: int,
    commands: tuple[Writes, ...] = COMMANDS,
    *,
    seconds: float = float("inf"),
) -> Killed:
    """Kill commands so many times in all, or for so long, half of them at events with files."""
    until = time.monotonic() + seconds
    _load()
    random = Random(seed)
    found = Killed()
    whole: dict[str, dict[str, str]] = {}
    takes: dict[str, float] = {}
    for each in commands:
        began = time.monotonic()
        whole[each.name] = wholes(
            each, folder, lambda place, each=each: finished(begun(each, place))
        )
        takes[each.name] = time.monotonic() - began
    at = 0
    while sum(found.kills.values()) < number and time.monotonic() < until:
        each = commands[at % len(commands)]
        by_event = at // len(commands) % 2 == 0
        at += 1
        shutil.rmtree(folder)
        folder.mkdir()
        before = prepared(folder, each)
        if by_event:
            ended = finished(
                begun(each, folder, events=random.randint(1, 45 if each.name == "init" else 9))
            )
        else:
            pid = begun(each, folder)
            time.sleep(random.random() * takes[each.name])
            os.kill(pid, signal.SIGKILL)
            ended = finished(pid)
        if ended != -signal.SIGKILL:
            continue  # It had finished before.
        found.kills[f"{each.name} {'at an event' if by_event else 'at a moment'}"] += 1
        found.wrong += [
            f"{each.name}: {one}" for one in wrong(each, before, hashes(folder), whole[each.name])
        ]
        finished(begun(each, folder))
        found.strays += [f"{each.name}: {one}" for one in strays(folder)]
        if each.name != "ask":
            after = hashes(folder)
            differs = [n for n in each.outputs if after.get(n) != whole[each.name].get(n)]
            found.wrong += [f"{each.name}: run again, {one} is not whole" for one in differs]
    return found
