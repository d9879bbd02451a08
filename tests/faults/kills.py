"""
Kill every command that writes, at events with files and at random moments.

After each kill the inputs are as they were, the outputs as they were or whole, and the same command
run again leaves nothing of the killed one behind.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import attrs

from tests.faults.commands import COMMANDS, Writes, hashes, prepared, strays, wholes, wrong

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
    import govrules.cli.format
    import govrules.cli.mapping
    import govrules.cli.tabulating
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
