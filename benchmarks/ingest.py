"""
Time reading a register of 5,500 partnerships beside the bare parse of the same file, in one run.

Ours turns every cell into a fact with its place and every row into a partnership; a bare parse
leaves texts and numbers. Prints ratios of processor time; each is of the best of several runs, ours
and the peers' taken in turn, so that what else the machine does counts little. Kinds of files that
are named, such as `csv jsonl`, are timed alone. Everything in the register is made up.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow.csv
import pyarrow.json
import python_calamine
import xlsxwriter
import yaml

from govrules.registers.read import read_source

PARTNERSHIPS = 5500
MOST_PARTNERS = 6
UNKNOWN_SHARE = 0.15
RUNS = 9
AIM = 3.0


def entries() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the facts of each partnership and of its two to six partners, some left unknown."""
    chance = random.Random(5500)  # noqa: S311 - the same register every time

    def yes_no() -> str:
        return chance.choice(["yes", "no"])

    def date() -> str:
        return f"20{chance.randint(19, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"

    for number in range(PARTNERSHIPS):
        facts: dict[str, Any] = {
            "id": f"P{number}",
            "name": f"Partnership {number}",
            "objective": f"{chance.choice(['Build homes', 'Cut crime'])} in area {number % 97}",
            "status": chance.choice(["active", "dormant", "proposed"]),
            "area": f"Area {chance.randint(1, 150)}",
            "legal_form": chance.choice(["joint_committee", "contract_only", "other"]),
            "integration_level": chance.choice(["liaison", "coordination", "pooled"]),
            "binds_partners": yes_no(),
            "statutory_functions_delegated": yes_no(),
            "responsible_officer": f"Officer {chance.randint(1, 400)}",
            "reviewed": date(),
            "funding.pooled": yes_no(),
            "funding.annual_spend": chance.randint(1, 40_000) * 1000,
            "funding.external_grant": yes_no(),
            "funding.traced_share": chance.randint(0, 100),
            "protocol.agreed": yes_no(),
            "governing_document.legally_binding": yes_no(),
            "governing_document.reviewed": date(),
            "accountability.accountable_body": f"Council {chance.randint(1, 300)}",
            "accountability.responsibility_shared": yes_no(),
            "leadership.lead_agreed": yes_no(),
            "decisions.minuted": yes_no(),
            "scrutiny.last": date(),
            "risk.register": chance.choice(["nowhere", "joint", "each_body_alone"]),
            "assurance.internal_audit": yes_no(),
            "public.served_directly": yes_no(),
            "public.vulnerable_users": yes_no(),
            "oversight.board": yes_no(),
            "value.assessment": chance.choice(["never", "done", "in_progress"]),
        }
        bodies = chance.sample(range(1, 900), chance.randint(2, MOST_PARTNERS))
        partners = [
            {
                "name": f"Body {body}",
                "kind": chance.choice(["county_council", "nhs_trust", "charity", "police"]),
                "named_accountable": yes_no(),
                "voting_share": chance.randint(0, 100),
            }
            for body in bodies
        ]
        yield _known(facts, chance), [_known(each, chance) for each in partners]


def _known(facts: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return what is known of facts: all but the name may not be."""
    return {
        path: value
        for path, value in facts.items()
        if path in ("id", "name") or chance.random() >= UNKNOWN_SHARE
    }


def _nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in facts.items():
        head, _, tail = path.partition(".")
        if tail:
            found.setdefault(head, {})[tail] = value
        else:
            found[head] = value
    return found


def write(folder: Path) -> None:
    """Write one register in every format."""
    register = [*entries()]
    headings = dict.fromkeys(path for facts, _ in register for path in facts)
    for index in range(MOST_PARTNERS):
        for name in ("name", "kind", "named_accountable", "voting_share"):
            headings[f"partners[{index}].{name}"] = None
    rows = []
    for facts, partners in register:
        row = dict(facts)
        for index, partner in enumerate(partners):
            row |= {f"partners[{index}].{name}": value for name, value in partner.items()}
        rows.append([row.get(each, "") for each in headings])
    with (folder / "register.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[*headings], *rows])
    with xlsxwriter.Workbook(str(folder / "register.xlsx")) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([[*headings], *rows]):
            for column, cell in enumerate(cells):
                if cell != "":
                    sheet.write(number, column, cell)
    lines = [{**_nested(facts), "partners": partners} for facts, partners in register]
    (folder / "register.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    text = ["partnerships:"]
    for line in lines:
        text += _yaml(line, 2)
    (folder / "register.yaml").write_text("\n".join(text) + "\n")


def _yaml(facts: Mapping[str, Any], indent: int) -> Iterator[str]:
    mark = "- "
    for name, value in facts.items():
        begins = " " * indent + mark + f"{name}:"
        mark = "  "
        if isinstance(value, dict):
            yield begins
            yield from (" " * (indent + 4) + f"{inner}: {each}" for inner, each in value.items())
        elif isinstance(value, list):
            yield begins
            for each in value:
                yield from _yaml(each, indent + 4)
        else:
            yield f"{begins} {value}"


def peers(folder: Path) -> dict[str, dict[str, Callable[[], object]]]:
    """Return the bare parses of each file, by what does them."""
    paths = {kind: folder / f"register.{kind}" for kind in ("csv", "jsonl", "xlsx", "yaml")}

    def rows() -> object:
        with paths["csv"].open(newline="", encoding="utf-8") as file:
            return [*csv.reader(file)]

    def lines(loads: Callable[[bytes], object]) -> Callable[[], object]:
        return lambda: [loads(line) for line in paths["jsonl"].read_bytes().splitlines()]

    def cells() -> object:
        return (
            python_calamine.CalamineWorkbook.from_path(paths["xlsx"])
            .get_sheet_by_index(0)
            .to_python()
        )

    return {
        "csv": {
            "pyarrow.csv, columns in Arrow": lambda: pyarrow.csv.read_csv(paths["csv"]),
            "pyarrow.csv, values in Python": lambda: pyarrow.csv.read_csv(paths["csv"]).to_pylist(),
            "csv.reader": rows,
        },
        "jsonl": {
            "pyarrow.json, columns in Arrow": lambda: pyarrow.json.read_json(paths["jsonl"]),
            "orjson": lines(orjson.loads),
            "json": lines(json.loads),
        },
        "xlsx": {"python-calamine": cells},
        "yaml": {
            "yaml.compose in C": lambda: yaml.compose(
                paths["yaml"].read_bytes(), Loader=yaml.CSafeLoader
            )
        },
    }


def seconds(work: Callable[[], object]) -> float:
    """Return how much processor time a piece of work takes, on all threads together."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> int:
    """Run every comparison; the exit code says whether every aim is met."""
    met = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        for kind, others in peers(folder).items():
            if sys.argv[1:] and kind not in sys.argv[1:]:
                continue
            path = folder / f"register.{kind}"
            read = read_source(path)
            assert len(read.subject.partnerships) == PARTNERSHIPS
            assert not read.warnings
            assert not read.problems
            work = {"ours": lambda path=path: read_source(path), **others}
            taken: dict[str, list[float]] = {each: [] for each in work}
            for _ in range(RUNS):
                for each, run in work.items():
                    taken[each].append(seconds(run))
            best = {each: min(times) for each, times in taken.items()}
            fastest = min(others, key=best.__getitem__)
            ours = best["ours"]
            size = path.stat().st_size / 1_000_000
            print(f"{kind} of {PARTNERSHIPS:,} partnerships ({size:.1f} MB): {ours * 1000:.0f} ms")
            for each in others:
                ratio = ours / best[each]
                aim = ""
                if each == fastest:
                    reached = ratio <= AIM
                    met = met and reached
                    aim = (
                        f" (the fastest; aim: at most {AIM:.0f}, {'met' if reached else 'missed'})"
                    )
                print(f"  {each}: {best[each] * 1000:.0f} ms, ratio {ratio:.1f}{aim}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
