"""
What a release asks of the repository, as commands.

check TAG   say what stands in the way of a release under this tag; exit 1 if something does
notes       print what the changelog says of the version
ships       write `shipped.txt` from what git holds
materials   read a bill of materials, and print what is kept of it: no address, no time
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
RESERVED = (".invalid", ".example", ".test", "localhost", "example.com", "example.org")
HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.MULTILINE)
HEADER = """\
# Every file that ships, and no other. All are in the source archive; src, rules, examples and the
# pages of diagnostics are in the wheel. `make ships` writes this from what git holds.
"""


def project(root: Path = ROOT) -> dict[str, Any]:
    """Return `pyproject.toml`."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def version(root: Path = ROOT) -> str:
    """Return the version, from the one place that states it."""
    return str(project(root)["project"]["version"])


def releases(changelog: str) -> dict[str, tuple[str | None, str]]:
    """Return each version of a changelog with its date, None where it has none, and its text."""
    found = list(HEADING.finditer(changelog))
    ends = [*(each.start() for each in found), len(changelog)][1:]
    return {
        each["version"]: (each["date"], changelog[each.end() : end].strip())
        for each, end in zip(found, ends, strict=True)
    }


def notes(changelog: str, of: str) -> str:
    """Return what a changelog says of a version, or of what is unreleased where it has none yet."""
    found = releases(changelog)
    return (found.get(of) or found.get("Unreleased") or (None, ""))[1]


def obstacles(tag: str, root: Path = ROOT) -> list[str]:
    """Return what stands in the way of a release under a tag, as sentences."""
    here = version(root)
    address = str(project(root)["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"])
    host = urlsplit(address).hostname or ""
    sections = releases((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    found = []
    if not host or host.endswith(RESERVED):
        found.append(
            f"The address {address} is reserved and leads nowhere:"
            " put the real one into pyproject.toml, under [tool.hatch.metadata.hooks.custom]."
        )
    if tag != f"v{here}":
        found.append(f"The tag is {tag}, and pyproject.toml says version {here}: tag v{here}.")
    date, text = sections.get(here, (None, ""))
    if date is None:
        found.append(f"CHANGELOG.md has no dated heading for it: write `## [{here}] - YYYY-MM-DD`.")
    elif not text:
        found.append(f"CHANGELOG.md says nothing of {here}: write what users notice.")
    if sections.get("Unreleased", (None, ""))[1]:
        found.append("CHANGELOG.md has unreleased changes: move them under the version.")
    return found


def shipped(root: Path = ROOT) -> str:
    """Return the list of what ships: every file that git holds, or will at the next commit."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--deduplicate"],  # noqa: S607 - as a person would
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    kept = sorted(name for name in names if name and (root / name).is_file())
    return HEADER + "".join(f"{name}\n" for name in kept)


def kept_of(bill: dict[str, Any]) -> dict[str, Any]:
    """Return a bill of materials without addresses: what it names, licences, what needs what."""
    keep = ("bom-ref", "licenses", "name", "purl", "type", "version")
    parts = [bill["metadata"]["component"], *bill["components"]]
    itself, *components = [{key: each[key] for key in keep if key in each} for each in parts]
    # The version has one place, and the build puts it in from there.
    del itself["version"]
    kept = {key: bill[key] for key in ("bomFormat", "dependencies", "specVersion", "version")}
    return {**kept, "components": components, "metadata": {"component": itself}}


def main(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    match arguments:
        case ["check", tag]:
            found = obstacles(tag)
            for each in found:
                print(each, file=sys.stderr)
            return 1 if found else 0
        case ["notes"]:
            print(notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version()))
        case ["ships"]:
            (ROOT / "shipped.txt").write_text(shipped(), encoding="utf-8")
        case ["materials"]:
            print(json.dumps(kept_of(json.load(sys.stdin)), indent=2, sort_keys=True))
        case _:
            print((__doc__ or "").strip(), file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
