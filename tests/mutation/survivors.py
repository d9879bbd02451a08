"""
What `make mutate` left alive: how many of each module, and why each of them lives.

The reasons stand in `reasons.yaml` beside this: the first whose functions and change fit a mutant
is its reason. Run it in the folder that `mutmut run` worked in; it prints the survivors, and writes
the page of the docs.
"""

from __future__ import annotations

import ast
import datetime as dt
import difflib
import functools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
import yaml

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "mutation.md"
#: So many of a hundred mutants are to be noticed by the tests.
WANTED: Final = 90
#: What the numbers of mutmut mean; a mutant that ran out of time was noticed.
SURVIVED: Final = 0
UNTESTED: Final = 33
INTRO: Final = """\
# Mutation of the semantics

<!-- Written by `make survivors` after `make mutate`. -->

`make mutate` changes what rules mean and how that is told (`rulebook/`, the reference engine and
`explain/`) in one small way at a time, and runs the tests that reach the change. A change that no
test notices is a survivor. `make survivors` counts them, gives each its reason from
`tests/mutation/reasons.yaml`, prints them by reason, and fails where one has none or where too few
were noticed. The table tells of the code as it was on the day it names.
"""


@attrs.frozen
class Mutant:
    """One change, and how the tests took it."""

    name: str
    module: str
    code: int | None

    @property
    def function(self) -> str:
        """The function that was changed, without what mutmut adds to its name."""
        name = self.name.rpartition(".")[2].rpartition("__mutmut_")[0]
        return name.removeprefix("x").replace("ǁ", ".").lstrip(".").removeprefix("_")


@attrs.frozen
class Reason:
    """Why mutants live."""

    because: str
    functions: re.Pattern[str]
    change: re.Pattern[str]


def mutants(folder: Path) -> Iterator[Mutant]:
    """Yield every mutant of a run."""
    source = folder / "mutants" / "src" / "govrules"
    for path in sorted(source.rglob("*.meta")):
        module = str(path.relative_to(source)).removesuffix(".meta")
        codes: Mapping[str, int | None] = json.loads(path.read_text())["exit_code_by_key"]
        for name, code in codes.items():
            yield Mutant(name, module, code)


@functools.cache
def functions(module: Path) -> Mapping[str, Sequence[str]]:
    """Return the lines of each variant of each function of a module, by what mutmut calls it."""
    text = module.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: [each.strip() for each in lines[node.lineno : node.end_lineno]]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def change_of(mutant: Mutant, folder: Path) -> tuple[str, ...]:
    """Return the lines that a mutant takes away and adds."""
    variants = functions(folder / "mutants" / "src" / "govrules" / mutant.module)
    name = mutant.name.rpartition(".")[2]
    original = variants[name.rpartition("__mutmut_")[0] + "__mutmut_orig"]
    told = difflib.unified_diff(original, variants[name], n=0, lineterm="")
    return tuple(f"{each[0]} {each[1:]}" for each in list(told)[2:] if each[0] in "-+")


def reasons() -> list[Reason]:
    """Return the reasons that are known."""
    read = yaml.safe_load((HERE / "reasons.yaml").read_text(encoding="utf-8"))
    return [
        Reason(each["because"], re.compile(each.get("in", "")), re.compile(each.get("change", "")))
        for each in read
    ]


def main(folder: Path) -> int:
    """Write the page, and tell whether every survivor has a reason and enough were noticed."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    survivors: dict[str, list[str]] = defaultdict(list)
    without = 0
    known = reasons()
    for mutant in mutants(folder):
        alive = mutant.code in (SURVIVED, UNTESTED)
        word = "survived" if alive else "not run" if mutant.code is None else "noticed"
        counted[mutant.module][word] += 1
        if not alive:
            continue
        change = change_of(mutant, folder)
        where = f"{mutant.module}: {mutant.function}"
        fits = (
            each.because
            for each in known
            if each.functions.search(where) and each.change.search("\n".join(change))
        )
        because = next(fits, "")
        without += not because
        survivors[because or "No reason is known"].append("\n".join([where, *change]))
    total = sum(counted.values(), Counter[str]())
    if not total:
        sys.stdout.write("there is nothing to count: `make mutate` comes first\n")
        return 1
    run = total["noticed"] + total["survived"]
    share = 100 * total["noticed"] / run if run else 0.0
    words = ("noticed", "survived", "not run")
    page = [
        INTRO,
        f"Run on {dt.datetime.now(tz=dt.UTC):%-d %B %Y}.",
        "",
        "| Module | Changes | Noticed | Survived | Not run |",
    ]
    page.append("| --- | --: | --: | --: | --: |")
    for module, each in [*counted.items(), ("**all**", total)]:
        if each:
            numbers = " | ".join(str(each[word]) for word in words)
            page.append(f"| {module} | {each.total()} | {numbers} |")
    page += ["", f"Of those that were run, {share:.1f} % were noticed."]
    PAGE.write_text("\n".join(page) + "\n", encoding="utf-8")
    for because, each in sorted(survivors.items(), key=lambda one: -len(one[1])):
        sys.stdout.write("\n".join([f"{because} ({len(each)})", *each, "", ""]))
    sys.stdout.write(
        f"{share:.1f} % of {run} noticed; {total['not run']} not run; {without} without a reason\n"
    )
    sys.stdout.write(f"{PAGE.relative_to(HERE.parents[1])}\n")
    return int(share < WANTED or without > 0 or total["not run"] > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
