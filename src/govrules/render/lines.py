"""Lines of text at the width of a page, and the styles in which a terminal shows them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from govrules.rulebook.ast import Severity

WIDTH: Final = 92
#: How many paragraphs are kept as lines: what rules say stands in the text of every subject.
_MOST_KEPT: Final = 2**13
#: The number of a record in the path of a fact.
INDEX: Final = re.compile(r"\[\d+\]")
STYLES: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
#: A line and the style to show it in on a terminal.
Line: TypeAlias = tuple[str, str]


def item(label: str, text: str, indent: int = 4) -> Iterator[Line]:
    """Yield a labelled text, wrapped."""
    first = " " * indent + (f"{label}: " if label else "")
    # A path is copied whole or not at all.
    for line in _wrapped(text, first, " " * (indent + 2), whole=True):
        yield line, ""


def folded_text(text: str, *, indent: int = 0, style: str = "") -> Iterator[Line]:
    """Yield a paragraph, wrapped."""
    for line in _wrapped(text, " " * indent, " " * indent):
        yield line, style


def hanging(begin: str, text: str, style: str = "") -> Iterator[Line]:
    """Yield a paragraph with a hanging indent; the style is the first line's."""
    for index, (line, _) in enumerate(folded_text(text, indent=len(begin))):
        yield (line, "") if index else (begin + line.strip(), style)


def heading(title: str) -> Iterator[Line]:
    """Yield a title below an empty line."""
    yield "", ""
    yield title, "bold"


@lru_cache(maxsize=_MOST_KEPT)
def _wrapped(text: str, first: str, rest: str, *, whole: bool = False) -> tuple[str, ...]:
    # Most fit on one line, and to see that costs little.
    if len(first) + len(text) <= WIDTH and text.isprintable() and text and text.strip() == text:
        return (first + text,)
    found: list[str] = []
    # A list stands on lines of its own.
    for index, part in enumerate(text.split("\n")):
        found += textwrap.wrap(
            part,
            WIDTH,
            initial_indent=rest if index else first,
            subsequent_indent=f"{rest}  " if part.startswith("- ") else rest,
            # A name without a blank in it may be longer than a line.
            break_long_words=not whole,
            break_on_hyphens=False,
        )
    return tuple(found)


def cut(text: str, most: int) -> str:
    """Return a text truncated to a width."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def row(text: str, *cells: str, at: int, width: int = 10) -> str:
    """
    Return a text with numbers in columns.

    >>> row("In 20 partnerships", "37", "8", at=24)
    'In 20 partnerships          37         8'
    >>> row("Which form has it?", "5 checks", at=24)
    'Which form has it?      5 checks'
    """
    first, *others = cells
    line = f"{text:<{at}}{first}" if len(others) == 0 else f"{text:<{at - 4}}{first:>{width}}"
    return (line + "".join(f"{each:>{width}}" for each in others)).rstrip()
