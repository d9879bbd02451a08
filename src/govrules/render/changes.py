"""What changed since an assessment that was saved, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from govrules.render.lines import STYLES, Line, folded_text, hanging, heading
from govrules.saved import Changed

#: How many findings of each group are named at the default length.
_NAMED: Final = 5


def changed_lines(changed: Changed, *, full: bool = False) -> Iterator[Line]:
    """Yield what was opened and closed, and in full what is still open."""
    yield from heading(f"What changed since {changed.since}")
    yield from folded_text(changed.sentence, indent=2)
    for title, lines in changed.groups:
        if title == "Still open" and not full:
            continue
        shown = lines if full else lines[:_NAMED]
        yield f"  {title}", ""
        for each in shown:
            begin = f"    {each.severity.value.upper():<8}  "
            yield from hanging(begin, each.text, STYLES[each.severity])
        if len(lines) > len(shown):
            yield f"    and {len(lines) - len(shown):,} more", ""
