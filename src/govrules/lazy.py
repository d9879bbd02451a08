"""What is imported when it is first asked for: names of a package, and what draws in notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """
    Return the `__getattr__` of a package.

    Args:
        package: its name.

        homes: the module of each of its public names.
    """

    def find(name: str) -> Any:  # noqa: ANN401 - any public name
        if name not in homes:
            msg = f"module `{package}` has no attribute `{name}`"
            raise AttributeError(msg)
        value = getattr(import_module(homes[name]), name)
        vars(sys.modules[package])[name] = value
        return value

    return find


#: What draws them stands above the values, and is loaded by its name alone.
_RENDERER = "govrules.render.notebook"


class ShownInNotebooks:
    """Something that a notebook shows as HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        drawn: str = import_module(_RENDERER).html_of(self)
        return drawn
