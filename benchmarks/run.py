"""
Time the loader, the import and the command line beside what they are built on, in one run.

Prints ratios; each is the median of several runs, ours and the peer's taken in turn.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from govrules import load_rulebook

ROOT = Path(__file__).parents[1]
RUNS = 5
RULES = 1000


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def side_by_side(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of both, run in turn so that the machine's moods fall on both."""
    ours(), peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(RUNS)]
    return statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs)


def report(name: str, ours: float, peer: float, aim: float) -> bool:
    """Print a ratio beside its aim."""
    ratio = ours / peer
    met = ratio <= aim
    word = "met" if met else "missed"
    print(
        f"{name}: {ours * 1000:.0f} ms against {peer * 1000:.0f} ms, "
        f"ratio {ratio:.2f} (aim: at most {aim}, {word})"
    )
    return met


def pack_of(number: int, folder: Path) -> list[str]:
    """Write a pack with copies of the shipped rules under other ids, and return its texts."""
    source = ROOT / "rules" / "governing-partnerships"
    shutil.copytree(source, folder, dirs_exist_ok=True)
    themes = [path for path in sorted(folder.glob("*.yaml")) if path.name != "rulebook.yaml"]
    blocks = [
        (path.stem, part) for path in themes for part in path.read_text().split("\n  - id:")[1:]
    ]
    # The rules themselves stay, for some name each other.
    copies: dict[str, list[str]] = {}
    for index in range(number - len(blocks)):
        theme, block = blocks[index % len(blocks)]
        first, _, rest = block.partition("\n")
        copies.setdefault(theme, []).append(f"  - id:{first}-copy-{index}\n{rest}")
    for theme, several in copies.items():
        text = f"govrules: 1\ntheme: {theme}\nrules:\n" + "\n".join(several) + "\n"
        (folder / f"{theme}-copies.yaml").write_text(text)
    return [path.read_text() for path in sorted(folder.glob("*.yaml"))]


def loading() -> bool:
    """Time loading and checking 1,000 rules against composing the same text."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pack"
        texts = pack_of(RULES, folder)
        assert len(load_rulebook(folder).rules) == RULES

        def compose() -> None:
            for text in texts:
                yaml.compose(text, Loader=yaml.CSafeLoader)

        ours, peer = side_by_side(lambda: load_rulebook(folder), compose)
    return report(f"load and check {RULES} rules / yaml.compose", ours, peer, 4)


def python(*arguments: str) -> Callable[[], object]:
    """Return work that runs Python with these arguments, and must succeed."""

    def run() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return run


def importing() -> bool:
    """Time importing govrules against importing what it stands on."""
    ours, peer = side_by_side(
        python("-c", "import govrules"), python("-c", "import attrs, cattrs, yaml")
    )
    return report("import govrules / import attrs, cattrs, yaml", ours, peer, 1.5)


def checking() -> bool:
    """Time checking one partnership against importing the option parser."""
    example = str(ROOT / "examples" / "digital-technology-centre.yaml")
    ours, peer = side_by_side(
        python("-m", "govrules", "check", example, "--fail-on", "critical"),
        python("-c", "import cyclopts"),
    )
    return report("govrules check of one partnership / import cyclopts", ours, peer, 2)


def main() -> int:
    """Run every comparison; the exit code says whether every aim is met."""
    return 0 if all([loading(), importing(), checking()]) else 1


if __name__ == "__main__":
    sys.exit(main())
