"""
Hold the coverage of branches to what each folder owes: `make coverage`.

What decides and explains owes every line and branch, every other folder 95 % of them. A line that
is left out by hand says why, and at most ten are. Reads what `tests/cover.py` wrote.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import slipcover

ROOT = Path(__file__).parents[1]
PACKAGE = "src/govrules/"
#: What decides and explains.
WHOLE = ("vocabulary.py", "rulebook/", "lowering/", "engines/reference.py", "explain/")
LEAST = 95.0
MOST_LEFT_OUT = 10
_BY_HAND = re.compile(r"#\s*pragma:\s*no (?:cover|branch)\b(?P<reason>.*)")
_COVERED = ("covered_lines", "covered_branches")
_COUNTED = (*_COVERED, "missing_lines", "missing_branches")


def folder_of(path: str) -> str:
    """Return what a file is counted under: itself where it owes more than its folder."""
    inside = path.replace("\\", "/").rpartition(PACKAGE)[2]
    if inside in WHOLE:
        return inside
    head, slash, _ = inside.partition("/")
    return f"{head}/" if slash else "(files at the top)"


def by_folder(report: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Return what was covered, and of how much, by folder."""
    found: dict[str, Counter[str]] = {}
    for path, each in report["files"].items():
        numbers = found.setdefault(folder_of(path), Counter())
        numbers.update({name: each["summary"][name] for name in _COUNTED})
    return dict(sorted(found.items(), key=lambda each: (each[0] not in WHOLE, each[0])))


def share(numbers: Mapping[str, int]) -> float:
    """Return which share of lines and branches is covered, in per cent."""
    of = sum(numbers.values())
    return 100.0 * sum(numbers[name] for name in _COVERED) / of if of else 100.0


def missing(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield, of what owes everything, each line and branch that no test takes."""
    for path, each in report["files"].items():
        if folder_of(path) not in WHOLE:
            continue
        for line in each["missing_lines"]:
            yield f"{path}:{line}: no test runs it"
        for line, to in each["missing_branches"]:
            if line not in each["missing_lines"]:
                where = f"line {to}" if to else "the end"
                yield f"{path}:{line}: no test goes on from it to {where}"


def left_out(source: Path) -> Iterator[tuple[str, str]]:
    """Yield each line that is left out by hand, and the reason that it gives."""
    for path in sorted(source.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = _BY_HAND.search(line)
            if found is not None:
                place = f"{path.relative_to(source)}:{number}"
                yield place, found["reason"].strip(" -:")


def problems(report: Mapping[str, Any], source: Path) -> list[str]:
    """Return what falls short."""
    found = []
    for folder, numbers in by_folder(report).items():
        least = 100.0 if folder in WHOLE else LEAST
        if share(numbers) < least:
            found.append(f"{folder}: {share(numbers):.2f} % is covered, and {least:.0f} % is owed")
    found += missing(report)
    by_hand = [*left_out(source)]
    found += [
        f"{place}: it is left out by hand without a reason" for place, why in by_hand if not why
    ]
    if len(by_hand) > MOST_LEFT_OUT:
        found.append(
            f"{len(by_hand)} lines are left out by hand, and at most {MOST_LEFT_OUT} may be"
        )
    return found


def unreached(source: str) -> set[int]:
    """Return the lines that no run may reach: what only says so, and cases that do nothing else."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        body = node.body if isinstance(node, ast.match_case) else [node]
        if all(isinstance(each, ast.stmt) and _only_says(each) for each in body):
            first = node.pattern if isinstance(node, ast.match_case) else body[0]
            found |= {*range(first.lineno, body[-1].end_lineno + 1)}
    return found


def _only_says(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
    return False


def read(folder: Path, root: Path = ROOT) -> dict[str, Any]:
    """Return what all processes ran together, without what no run may reach."""
    report, *others = (json.loads(each.read_text("utf-8")) for each in folder.glob("*.json"))
    for each in others:
        slipcover.merge_coverage(report, each)
    for path, each in report["files"].items():
        never = unreached((root / path).read_text(encoding="utf-8"))
        lines = [line for line in each["missing_lines"] if line not in never]
        branches = [ends for ends in each["missing_branches"] if never.isdisjoint(ends)]
        each |= {"missing_lines": lines, "missing_branches": branches}
        each["summary"] |= {"missing_lines": len(lines), "missing_branches": len(branches)}
    return report


def main(folder: str) -> int:
    """Print the figures by folder, and what falls short."""
    report = read(Path(folder))
    for name, numbers in by_folder(report).items():
        each = [
            f"{numbers[f'covered_{what}']:,} of "
            f"{numbers[f'covered_{what}'] + numbers[f'missing_{what}']:,} {what}"
            for what in ("lines", "branches")
        ]
        print(f"{share(numbers):7.2f} %  {name:22} {each[0]:>24}  {each[1]:>24}")
    for place, why in left_out(ROOT / PACKAGE):
        print(f"left out by hand: {place}: {why or 'no reason'}")
    short = problems(report, ROOT / PACKAGE)
    print(*short, sep="\n", end="\n" if short else "")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
