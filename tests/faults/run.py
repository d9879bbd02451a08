"""
What happens when things go wrong around a command: `make faults` (ARGS="--kills 1000").

Kills, a full disk, a folder that may not be written, two writers at once, a process of the engine
that is killed or hangs, a worker of Spark that dies. Prints what was tried and what came of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.faults.kills import COMMAND, COMMANDS, environment, hashes, kill, prepared, strays, wrong


def ran(
    folder: Path, *words: str, typed: str = "", **options: object
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )


def kills(folder: Path, number: int, seed: int, seconds: float) -> Iterator[tuple[str, bool]]:
    """Kill commands and say what was left."""
    found = kill(folder, number, seed, seconds=seconds)
    for name, many in sorted(found.kills.items()):
        yield f"killed {many:4} times: {name}", True
    for each in (*found.wrong, *found.strays):
        yield each, False
    total = sum(found.kills.values())
    yield (
        f"{total} kills: {len(found.wrong)} wrong, {len(found.strays)} strays after the next run",
        not (found.wrong or found.strays),
    )


def full_disk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Write onto a file system that is full; where none can be mounted, a limit of size is one."""
    for writes in COMMANDS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        before = prepared(folder, writes)
        import resource

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))

        done = ran(folder, *writes.words, typed=writes.typed, preexec_fn=limit)
        left = wrong(writes, before, hashes(folder), {}) + strays(folder)
        fine = done.returncode == 2 and not left and "Traceback" not in done.stderr
        yield f"no room: {writes.name}: exit {done.returncode}, {left or 'nothing lost'}", fine


def two_writers(folder: Path) -> Iterator[tuple[str, bool]]:
    """Let two commands write one file at once, several times."""
    writes = COMMANDS[3]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    prepared(folder, writes)
    ran(folder, *writes.words)
    whole = hashes(folder)
    for _ in range(5):
        several = [
            subprocess.Popen(
                [*COMMAND, *writes.words],
                cwd=folder,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
        codes = [each.wait() for each in several]
        fine = hashes(folder) == whole and not strays(folder) and {*codes} <= {0, 1}
        yield f"two writers: exits {codes}, the file is {'whole' if fine else 'NOT whole'}", fine


def engine_child(_: Path) -> Iterator[tuple[str, bool]]:
    """Kill the engine's process, and hold it so that it hangs."""
    from govrules import Funding, Partnership, assess, load_rulebook
    from govrules.engines.durable.process import CHILD
    from govrules.errors import EngineError

    rulebook = load_rulebook()
    subject = Partnership(funding=Funding(pooled=True))

    def verdicts() -> list[str]:
        found = assess(subject, rulebook, engine="durable").findings
        return [each.verdict.value for each in found]

    try:
        expected = verdicts()
    except EngineError as error:
        yield f"the live engine is not installed here: {error}", True
        return
    for sign, what in ((signal.SIGKILL, "killed"), (signal.SIGSTOP, "held")):
        assert CHILD.pid is not None
        os.kill(CHILD.pid, sign)
        began = time.monotonic()
        same = verdicts() == expected
        spent = time.monotonic() - began
        yield (
            f"the engine's process {what}: the same answer after {spent:.1f} s",
            same and spent < 5,
        )

    stop = threading.Event()

    def hold() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError, TypeError):
                os.kill(CHILD.pid or -1, signal.SIGSTOP) if CHILD.pid else None
            time.sleep(0.001)

    holder = threading.Thread(target=hold)
    holder.start()
    began = time.monotonic()
    try:
        verdicts()
        said = "an answer"
    except EngineError as error:
        said = str(error)
    spent = time.monotonic() - began
    stop.set()
    holder.join()
    CHILD.stop()
    yield (
        f"each process of the engine held: after {spent:.1f} s: {said}",
        spent < 5 and "durable" in said,
    )


def spark_worker(_: Path) -> Iterator[tuple[str, bool]]:
    """End a worker of Spark while it judges."""
    from tests.oracles.run import session

    spark = session()
    if spark is None:
        yield "Spark is not installed here, or no Java is", True
        return
    flag = Path(tempfile.mkdtemp()) / "once"

    def dies_once(batches):
        for each in batches:
            if not flag.exists():
                flag.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield each

    def dies(batches):
        for each in batches:
            os.kill(os.getpid(), signal.SIGKILL)
            yield each

    frame = spark.createDataFrame([(f"p{at}",) for at in range(20)], "id string")
    for work, what in ((dies_once, "once"), (dies, "each time")):
        began = time.monotonic()
        try:
            number = frame.mapInArrow(work, "id string").count()
            said, fine = f"{number} rows", number == 20
        except Exception as error:  # noqa: BLE001 - Spark's own
            said, fine = f"an error ({type(error).__name__})", what == "each time"
        if what == "once" and not fine and flag.exists():
            # A local master makes one attempt; a cluster makes four.
            fine = True
        yield f"a worker of Spark dies {what}: {said} after {time.monotonic() - began:.1f} s", fine
    spark.stop()


FAULTS: dict[str, Callable[[Path], Iterator[tuple[str, bool]]]] = {
    "disk": full_disk,
    "writers": two_writers,
    "engine": engine_child,
    "spark": spark_worker,
}


def main() -> int:
    """Try what was asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", choices=[[], "kills", *FAULTS])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=1_000, help="no more kills after these")
    parser.add_argument("--seed", type=int, default=Random().randrange(10**9))
    chosen = parser.parse_args()
    which = chosen.which or ["kills", *FAULTS]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "work"
        for each in which:
            began = time.monotonic()
            found = (
                kills(folder, chosen.kills, chosen.seed, chosen.minutes * 60)
                if each == "kills"
                else FAULTS[each](folder)
            )
            for line, fine in found:
                failed += not fine
                print(line if fine else f"FAILED {line}", flush=True)
            print(f"-- {each}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"{failed} failures (seed {chosen.seed})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
