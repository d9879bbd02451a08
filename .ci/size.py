"""
Hold the size of the house to its budget: `make size`.

Two things are held against each other and never mixed. The aim is what the house is to become, and
being over it is printed. The limits of `size.toml` are what each folder has at most: growing over
one fails, `make size ARGS=--lower` lowers each to what is there, and raising one is an edit by hand
that its commit gives a reason for.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = "src/govrules"
LIMITS = ".ci/size.toml"

#: What all of the package is to have at most, in lines.
WHOLE = 37_000
#: What decides and explains, and what reads texts: what stands together in each, and its aim.
TOGETHER: Mapping[str, tuple[tuple[str, ...], int]] = {
    "what decides and explains": (
        ("vocabulary.py", "rulebook/", "lowering/", "engines/reference.py", "explain/"),
        8_000,
    ),
    "decode/": (("decode/",), 2_000),
}
#: What a file has at most, and one of a backend that translates formulas.
LONGEST = 600
LONGEST_TRANSLATOR = 400
TRANSLATORS = ("engines/arrays.py", "engines/python.py", "prove/translate.py")
#: Tables of data, which are right to be long.
DATA = ("model.py", "diagnostics.py")
#: How many files git is to hold at most.
TRACKED = 640

_NO_CODE = (
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
)


def lines_of_code(text: str) -> int:
    """Return how many lines hold code: no comment, docstring or blank line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = {
        number
        for each in tokens
        if each.type not in _NO_CODE
        for number in range(each.start[0], each.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
            continue
        value = body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found -= {*range(value.lineno, (value.end_lineno or value.lineno) + 1)}
    return len(found)


def sizes(root: Path) -> dict[str, tuple[int, int]]:
    """Return the lines of code and all lines of each file of the package, by its path in it."""
    package = root / PACKAGE
    texts = {each: each.read_text(encoding="utf-8") for each in sorted(package.rglob("*.py"))}
    return {
        each.relative_to(package).as_posix(): (lines_of_code(text), len(text.splitlines()))
        for each, text in texts.items()
    }


def by_folder(found: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return lines of code and all lines by folder; files at the top count as one folder."""
    folders: dict[str, tuple[int, int]] = {}
    for path, (code, lines) in found.items():
        head, slash, _ = path.partition("/")
        folder = f"{head}/" if slash else "(files at the top)"
        before = folders.get(folder, (0, 0))
        folders[folder] = before[0] + code, before[1] + lines
    return dict(sorted(folders.items()))


def longest(path: str) -> int | None:
    """Return how many lines a file is to have at most; None where it is a table of data."""
    if path in DATA:
        return None
    return LONGEST_TRANSLATOR if path in TRANSLATORS else LONGEST


def tracked(root: Path) -> int:
    """Return how many files git holds, or will at the next commit."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--deduplicate"],  # noqa: S607 - as a person would
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return sum(bool(name) for name in names)


def total(found: Mapping[str, tuple[int, int]], within: Iterable[str] = ("",)) -> int:
    """Return the lines of all files whose paths begin so."""
    heads = tuple(within)
    return sum(lines for path, (_, lines) in found.items() if path.startswith(heads))


def problems(
    found: Mapping[str, tuple[int, int]], limits: Mapping[str, Any], files: int
) -> Iterator[str]:
    """Yield what is over a limit."""
    for folder, (_, lines) in by_folder(found).items():
        most = limits["lines"].get(folder)
        if most is None:
            yield f"{folder}: it has no limit in {LIMITS}: give it one"
        elif lines > most:
            yield (
                f"{folder}: {lines - most:,} lines over its limit of {most:,}: take something out,"
                f" or raise it in {LIMITS} and say in the commit why"
            )
    for path, (_, lines) in found.items():
        most = longest(path)
        if most is not None and lines > max(most, limits["long"].get(path, 0)):
            yield f"{path}: {lines} lines, and a file has at most {most}: split it"
    most = limits["files"]
    if files > most:
        yield (
            f"git holds {files} files, {files - most} over the limit of {most}: put small ones"
            f" together, or raise it in {LIMITS} and say in the commit why"
        )


def lowered(
    found: Mapping[str, tuple[int, int]], limits: Mapping[str, Any], files: int
) -> dict[str, Any]:
    """Return limits of which none is above what is there."""
    folders = by_folder(found)
    long = {
        path: min(most, found[path][1]) for path, most in limits["long"].items() if path in found
    }
    return {
        "files": min(files, limits["files"]),
        "lines": {
            folder: min(lines, limits["lines"].get(folder, lines))
            for folder, (_, lines) in folders.items()
        },
        "long": {path: most for path, most in long.items() if most > (longest(path) or most)},
    }


def written(limits: Mapping[str, Any]) -> str:
    """Return limits as `size.toml` has them."""
    parts = [
        "# How many files git holds at most: .ci/size.py says how each of these limits is held.",
        f"files = {limits['files']}",
        "",
        "# What each folder of the package has at most, in lines.",
        "[lines]",
        *(f'"{folder}" = {most}' for folder, most in limits["lines"].items()),
        "",
        "# Files that are longer than a file should be, and must not grow.",
        "[long]",
        *(f'"{path}" = {most}' for path, most in limits["long"].items()),
    ]
    return "\n".join(parts) + "\n"


def beside_aim(number: int, aim: int) -> str:
    """Return a number beside what it is to be at most."""
    difference = number - aim
    said = f"over the aim by {difference:,}" if difference > 0 else f"{-difference:,} under the aim"
    return f"{number:>7,} of {aim:,}: {said}"


def shown(
    found: Mapping[str, tuple[int, int]], limits: Mapping[str, Any], files: int
) -> Iterator[str]:
    """Yield the table: each folder beside its limit, and the whole beside the aim."""
    yield f"{'lines of code':>13} {'all lines':>10} {'at most':>8}"
    for folder, (code, lines) in by_folder(found).items():
        yield f"{code:>13,} {lines:>10,} {limits['lines'].get(folder, 0):>8,}  {folder}"
    code = sum(each for each, _ in found.values())
    yield f"{code:>13,} {total(found):>10,} {sum(limits['lines'].values()):>8,}  the whole"
    yield ""
    yield f"the whole                  {beside_aim(total(found), WHOLE)}"
    for name, (within, aim) in TOGETHER.items():
        yield f"{name:26} {beside_aim(total(found, within), aim)}"
    for path, (_, lines) in found.items():
        most = longest(path)
        if most is not None and lines > most:
            yield f"{path:26} {beside_aim(lines, most)}"
    for path in DATA:
        if path in found:
            yield f"{path:26} {found[path][1]:>7,}: a table of data"
    yield f"{'files that git holds':26} {beside_aim(files, TRACKED)}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Print the sizes, and what is over a limit; or lower the limits."""
    found = sizes(root)
    limits = tomllib.loads((root / LIMITS).read_text(encoding="utf-8"))
    files = tracked(root)
    if arguments == ["--lower"]:
        (root / LIMITS).write_text(written(lowered(found, limits, files)), encoding="utf-8")
        return 0
    print(*shown(found, limits, files), sep="\n")
    over = [*problems(found, limits, files)]
    print(*over, sep="\n", end="\n" if over else "")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
