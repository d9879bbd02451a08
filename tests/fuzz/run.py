"""
Fuzz every way in for what strangers write: `make fuzz MINUTES=5` (ARGS="csv xlsx" to choose).

Coverage guides the inputs where atheris is installed; else Hypothesis makes them. Prints for each
target how many inputs were run, how much they reach, and what failed. `--keep` puts the inputs that
reach most into the corpora, a folder of `corpus.zip` a target.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

NAMES = (
    "rules",
    "rulebook",
    "subject",
    "mapping",
    "waivers",
    "answers",
    "csv",
    "xlsx",
    "arrow",
    "lines",
    "snapshot",
)
WORDS = (
    *(
        "govrules: 1",
        "theme: ",
        "rules:",
        "- id: ",
        "title: ",
        "principle: ",
        "source: ",
        "requires: ",
    ),
    *("applies_when: ", "severity: ", "otherwise: ", "examples:", "given: ", "expect: flagged"),
    *(
        "{ all: [",
        "{ any: [",
        "{ not: ",
        "{ by: ",
        "between: [",
        "one_of: [",
        "includes: ",
        "known: ",
    ),
    *("some: ", "every: ", "none: ", "count: ", "sum: ", "share: ", "older_than: ", "parameter: "),
    *("funding.pooled", "protocol.agreed", "risk_tier", "partners[].name", "partners", "as_of"),
    *(
        "id",
        "name",
        "status",
        "local.slogan",
        "funding.annual_spend",
        "yes",
        "no",
        "unknown",
        "none",
    ),
    *(
        "TBC",
        "12 months",
        "2026-03-31",
        "29/02/2025",
        "1e400",
        "-0",
        "NaN",
        "null",
        "true",
        "\\xc2\\xa31.2m",
    ),
    *("columns:", "lists:", "file: ", "sideways: yes", "header: 2-3", "table: ", "rows: partners"),
    *(
        "values: ",
        "unsure: yes",
        "skip:",
        "register:",
        "derived:",
        "facts:",
        "parameters:",
        "extends: ",
    ),
    *(
        '<c r=\\"A1\\" t=\\"s\\">',
        "<v>",
        "</v>",
        '<row r=\\"',
        "XFD1048576",
        'hidden=\\"1\\"',
        "ARROW1",
    ),
    *(
        "\\xef\\xbb\\xbf",
        "\\xff\\xfe",
        "\\x00",
        "\\x1b[31m",
        "\\xe2\\x80\\xae",
        "\\\\ud800",
        "&a",
        "*a",
        "!!python/",
    ),
)


HERE = Path(__file__).parent
#: The most inputs that are kept of a target, and the longest of them.
KEPT, LONGEST = 150, 4_000


def guided(name: str, seconds: float, folder: Path) -> None:
    """Run one target in this process until the time is up or something fails."""
    import atheris

    with atheris.instrument_imports(include=["govrules"]):
        from tests.fuzz import targets

    for at, data in enumerate([*targets.seeds(name), *targets.corpus(name).values()]):
        (folder / f"seed{at}").write_bytes(data)
    words = folder.parent / "words"
    words.write_text("".join(f'"{each}"\n' for each in WORDS))
    options = [
        sys.argv[0],
        str(folder),
        f"-max_total_time={max(1, round(seconds))}",
        f"-dict={words}",
        f"-artifact_prefix={folder.parent}/failed-",
        "-print_final_stats=1",
        "-max_len=20000",
        "-timeout=60",
        # A unit is slow, and kept, where it takes what is too long; a busy machine slows them all.
        "-report_slow_units=60",
        "-rss_limit_mb=6000",
    ]
    atheris.Setup(options, lambda data: targets.replay(name, data))
    atheris.Fuzz()


def unguided(name: str, seconds: float) -> tuple[int, str]:
    """Run inputs that Hypothesis makes; return how many, and what failed."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from tests.fuzz import targets

    bases = [*targets.seeds(name), *targets.corpus(name).values()]
    until, number = time.monotonic() + seconds, 0

    @st.composite
    def changed(draw: st.DrawFn) -> bytes:
        data = bytearray(draw(st.sampled_from(bases)))
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, max(0, len(data) - 1)))
            word = st.sampled_from([each.encode() for each in WORDS])
            data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8) | word)
        return bytes(data)

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(changed() | st.binary(max_size=2_000))
    def several(data: bytes) -> None:
        nonlocal number
        number += 1
        targets.replay(name, data)

    while time.monotonic() < until:
        try:
            several()
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            return number, f"{type(error).__name__}: {error}"
    return number, ""


def keep(name: str, folder: Path) -> None:
    """Keep inputs of a target in the corpora: the shortest of those that coverage kept."""
    from tests.fuzz import targets

    found = sorted(
        {each.read_bytes() for each in folder.iterdir()}, key=lambda each: (len(each), each)
    )
    chosen = [each for each in found if len(each) <= LONGEST][:KEPT]
    inputs = {other: targets.corpus(other).values() for other in NAMES} | {name: chosen}
    with zipfile.ZipFile(targets.CORPORA, "w", zipfile.ZIP_DEFLATED) as archive:
        for target in sorted(inputs):
            for each in inputs[target]:
                # The same inputs make the same archive.
                key = f"{target}/{hashlib.sha256(each).hexdigest()[:16]}"
                entry = zipfile.ZipInfo(key, (2000, 1, 1, 0, 0, 0))
                archive.writestr(entry, each, zipfile.ZIP_DEFLATED)


def fuzz(name: str, seconds: float, *, kept: bool) -> tuple[int, str, str]:
    """Fuzz one target; return how many inputs were run, what they reach, and what failed."""
    if importlib.util.find_spec("atheris") is None:
        number, failed = unguided(name, seconds)
        return number, "not measured", failed
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs"
        inputs.mkdir()
        command = [sys.executable, "-m", "tests.fuzz.run", "--one", name, str(inputs)]
        ran = subprocess.run(
            [*command, "--minutes", str(seconds / 60)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        said = ran.stderr + ran.stdout
        counted = re.findall(
            r"stat::number_of_executed_units:\s*(\d+)|^#(\d+)\s", said, re.MULTILINE
        )
        number = max((int(a or b) for a, b in counted), default=0)
        reached = re.findall(r"\bcov: (\d+)", said)
        failures = sorted(Path(folder).glob("failed-*"))
        failed = ""
        if failures or ran.returncode:
            where = HERE / "failed"
            where.mkdir(exist_ok=True)
            for each in failures:
                (where / f"{name}-{each.name[-12:]}").write_bytes(each.read_bytes())
            failed = next(
                iter(re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception)\b.*", said, re.MULTILINE)), ""
            )
            failed = failed or said[-300:]
        if kept:
            keep(name, inputs)
        return number, f"{reached[-1]} edges" if reached else "not measured", failed


def main() -> int:
    """Fuzz the targets that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *NAMES])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--one", nargs=2)
    chosen = parser.parse_args()
    if chosen.one:
        guided(chosen.one[0], chosen.minutes * 60, Path(chosen.one[1]))
        return 0
    failures = 0
    print(f"{'target':<10} {'minutes':>7} {'executions':>10}  {'reached':<14} failures")
    for name in chosen.targets or NAMES:
        began = time.monotonic()
        number, reached, failed = fuzz(name, chosen.minutes * 60, kept=chosen.keep)
        failures += bool(failed)
        spent = (time.monotonic() - began) / 60
        print(f"{name:<10} {spent:7.1f} {number:10,}  {reached:<14} {failed or 0}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
