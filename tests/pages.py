"""
Files of tests, as pages, so that many small ones stand in one.

Cases of diagnostics: ``tests/diagnostics/GR104.md`` holds all that bring about GR104.

A case is a section, whose heading is ``what kind of file: its name``. It has a block for each file,
behind the file's path, and at its end a block of what is said in full. What cannot be kept as text
has no block: the test writes it. ``GOVRULES_UPDATE=1`` rewrites what is said, for a review by diff.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import attrs
from markdown_it import MarkdownIt

PAGES = Path(__file__).parent / "diagnostics"
UPDATING = bool(os.environ.get("GOVRULES_UPDATE"))
_HEADING = re.compile(r"([A-Z][a-z ]+): ([a-z0-9-]+)")


@attrs.frozen
class Case:
    """A case: its page, the texts of its files by path, and what is said of them."""

    name: str
    page: Path
    files: dict[str, str]
    said: str

    def lay(self, folder: Path) -> None:
        """Write the files of the case into a folder."""
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode())

    def check(self, said: str) -> None:
        """Hold what is said to what the page has, or rewrite it there."""
        # Markdown knows no NUL.
        said = said.replace("\0", "\N{REPLACEMENT CHARACTER}")
        if UPDATING and said != self.said:
            text = self.page.read_text("utf-8")
            before, heading, after = text.partition(f": {self.name}\n")
            old, new = block(self.said, "text"), block(said, "text")
            self.page.write_text(before + heading + after.replace(old, new, 1), "utf-8")
            return
        assert said == self.said


def block(text: str, language: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text}```\n"


def cases(kind: str) -> dict[str, Case]:
    """Return the cases of a kind of file, by name."""
    found = [case for page in sorted(PAGES.glob("*.md")) for case in _cases(page, kind)]
    named = {case.name: case for case in found}
    assert len(named) == len(found), "two cases have one name"
    return named


def _cases(page: Path, kind: str) -> Iterator[Case]:
    for heading, blocks in _sections(page):
        named = _HEADING.fullmatch(heading)
        assert named, f"{page}: {heading}"
        said = blocks.pop("What is said:")
        if named[1] == kind:
            yield Case(named[2], page, blocks, said)


def _sections(page: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the heading of each section with its blocks, by what stands before each."""
    heading = label = ""
    blocks: dict[str, str] = {}
    for before, token in pairwise(MarkdownIt().parse(page.read_text("utf-8"))):
        if before.type == "heading_open" and before.tag == "h2":
            if heading:
                yield heading, blocks
            heading, blocks = token.content, {}
        elif before.type == "paragraph_open":
            label = token.content.strip("`")
        elif token.type == "fence":
            blocks[label] = token.content
    if heading:
        yield heading, blocks


@cache
def laid(page: str) -> Path:
    """Return a folder with the files of a page, those of each section in a folder of its name."""
    folder = Path(tempfile.mkdtemp(prefix="govrules-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for heading, blocks in _sections(Path(__file__).parent / page):
        for path, text in blocks.items():
            (folder / heading / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / heading / path).write_bytes(text.encode())
    return folder
