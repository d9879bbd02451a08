"""Values that a notebook shows as HTML; what draws them is found when a notebook asks for it."""

from __future__ import annotations

from importlib import import_module

#: What draws them stands above the values, and is loaded by its name alone.
_RENDERER = "govrules.render.notebook"


class ShownInNotebooks:
    """Something that a notebook shows as HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        drawn: str = import_module(_RENDERER).html_of(self)
        return drawn
