"""
Time this tree beside another, such as the commit of before in a worktree: `benchmarks.beside TREE`.

Both are timed in turn, by processor time, so that what else runs on the machine counts for neither.
Each engine judges twenty rules on the same number of partnerships; a start is a process of its own.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parents[1]
ROUNDS: Final = 15
#: What is started, by what it is called.
STARTS: Final = {
    "import govrules": ["-c", "import govrules"],
    "check of one file": ["-m", "govrules", "check", "examples/low-tier-network.yaml"],
}
#: On so many partnerships each engine is timed.
SUBJECTS: Final = {"compiled": 4_000, "columnar": 131_072}


def worker(engine: str) -> Callable[[], object]:
    """Return what judges the twenty rules by an engine of the tree that is imported."""
    from benchmarks import twenty  # noqa: PLC0415 - of the tree that is timed

    book, number = twenty.rulebook(), SUBJECTS[engine]
    if engine == "compiled":
        from govrules.engines import compiled  # noqa: PLC0415 - likewise

        rules, subjects = book.rules, twenty.partnerships(number)
        return lambda: list(compiled.outcomes(rules, subjects, twenty.AS_OF, book))
    from benchmarks.population import population  # noqa: PLC0415 - likewise
    from govrules.registers.batches import assess_batches  # noqa: PLC0415 - likewise

    batches = [*population(number)]
    return lambda: [*assess_batches(book, batches, as_of=twenty.AS_OF, details=False)]


def serve(engine: str) -> None:
    """Answer each line with the processor time that judging takes, in seconds."""
    work = worker(engine)
    work()
    for _ in sys.stdin:
        began = time.process_time()
        work()
        print(time.process_time() - began, flush=True)


def environment(tree: Path) -> dict[str, str]:
    """Return the environment in which a tree is imported."""
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # What is installed was compiled before, so the compiling is left out of what is timed.
    kept["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir(), "govrules-beside"))
    return {**kept, "PYTHONPATH": os.pathsep.join((str(tree / "src"), str(tree)))}


def started(tree: Path, arguments: list[str]) -> float:
    """Return the processor time of a process of its own, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment(tree),
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judged(engine: str, trees: list[Path]) -> list[list[float]]:
    """Return the times of an engine of each tree, taken in turn."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--serve", engine],
            env=environment(tree),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for tree in trees
    ]
    times: list[list[float]] = [[] for _ in trees]
    for round_ in range(ROUNDS):
        for place in sorted(range(len(trees)), reverse=bool(round_ % 2)):
            asked, answered = processes[place].stdin, processes[place].stdout
            assert asked is not None
            assert answered is not None
            print(file=asked, flush=True)
            times[place].append(float(answered.readline()))
    for process in processes:
        process.communicate()
    return times


def main(before: Path) -> None:
    """Print the times of before, those of now, and how many times longer it takes now."""
    trees = [before.resolve(), HERE]
    found = {f"{engine}, twenty rules": judged(engine, trees) for engine in SUBJECTS}
    for what, arguments in STARTS.items():
        # The first of them compiles.
        pairs = [[started(tree, arguments) for tree in trees] for _ in range(ROUNDS + 1)]
        found[what] = [list(each) for each in zip(*pairs[1:], strict=True)]
    print(f"{'processor time, seconds':<28} {'before':>8} {'now':>8} {'ratio':>6}")
    for what, (old, new) in found.items():
        ratio = statistics.median(now / then for then, now in zip(old, new, strict=True))
        print(f"{what:<28} {min(old):8.4f} {min(new):8.4f} {ratio:6.2f}")


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        main(Path(sys.argv[1]))
