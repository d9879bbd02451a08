"""What changed since an assessment that was saved, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from govrules.render.lines import STYLES, Line, folded_text
from govrules.saved import Changed

#: How many findings of each group are named at the default length.
_NAMED: Final = 5


def changed_lines(changed: Changed, *, full: bool = False) -> Iterator[Line]:
    """Yield what was opened and closed, and in full what is still open."""
    yield "", ""
    yield f"What changed since {changed.since}", "bold"
    yield from folded_text(changed.sentence, indent=2)
    for title, lines in changed.groups:
        if title == "Still open" and not full:
            continue
        shown = lines if full else lines[:_NAMED]
        yield f"  {title}", ""
        for each in shown:
            begin = f"    {each.severity.value.upper():<8}  "
            for index, (line, _) in enumerate(folded_text(each.text, indent=len(begin))):
                style = STYLES[each.severity] if not index else ""
                yield (f"{begin}{line.strip()}" if not index else line), style
        if len(lines) > len(shown):
            yield f"    and {len(lines) - len(shown):,} more", ""
