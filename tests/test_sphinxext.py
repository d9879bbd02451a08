"""The directives on pages of both kinds, on several pages, and for packs that are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")

PACK = {
    "rulebook.yaml": """govrules: 1
id: own
title: Own
version: "1"
owner: us
sources:
  s: { title: S, publisher: P, year: "2025" }
""",
    "names.yaml": """govrules: 1
theme: names
rules:
  - id: no-name
    title: The partnership has no name
    principle: A partnership has a name.
    source: { document: s, paragraph: 1 }
    requires: { not: { name: none } }
    severity: low
""",
}
BLOCK = "```{govrules-catalogue} own\n```\n"


def build(folder: Path, pages: dict[str, str]) -> tuple[int, str, str]:
    """Build pages, two of them at once; return how that ended, what was said and the first page."""
    (folder / "conf.py").write_text(
        "project = 'x'\nextensions = ['govrules.sphinxext']\nnitpicky = True\n"
    )
    (folder / "own").mkdir()
    for name, text in {**{f"own/{each}": text for each, text in PACK.items()}, **pages}.items():
        (folder / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-j", "2"]
    done = subprocess.run(
        [*command, "-b", "html", str(folder), str(folder / "out")],
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    page = folder / "out" / "index.html"
    return done.returncode, done.stderr, page.read_text("utf-8") if page.exists() else ""


@pytest.mark.parametrize(
    "pages",
    [
        {"index.rst": "A\n=\n\n.. govrules-catalogue:: own\n\n:ref:`x <govrules-rule-no-name>`\n"},
        {"index.md": f"# A\n\n{BLOCK}\n{{ref}}`x <govrules-rule-no-name>`\n"},
    ],
)
def test_pages_of_both_kinds_hold_the_catalogue(tmp_path: Path, pages: dict[str, str]) -> None:
    code, said, page = build(tmp_path, pages)
    assert (code, said) == (0, "")
    assert "A partnership has a name." in page
    assert 'href="#govrules-rule-no-name"' in page


def test_one_pack_stands_on_two_pages(tmp_path: Path) -> None:
    second = BLOCK.replace("own\n", "own\n:without-targets:\n")
    toc = "\n```{toctree}\nb\n```\n"
    code, said, _ = build(
        tmp_path, {"index.md": f"# A\n\n{BLOCK}{toc}", "b.md": f"# B\n\n{second}"}
    )
    assert (code, said) == (0, "")


@pytest.mark.parametrize("name", ["nope", "broken"])
def test_what_is_wrong_with_a_pack_is_a_warning_at_the_directive(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rulebook.yaml").write_text("[", "utf-8")
    page = f"# A\n\n{BLOCK.replace('own', name)}\nMore.\n"
    code, said, built = build(tmp_path, {"index.md": page})
    assert code == 1
    assert "index.md:3: WARNING: " in said
    assert "GR0" in said
    assert "Traceback" not in said
    assert "More." in built
