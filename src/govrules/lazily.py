"""Names of a package that are imported from their modules when they are first used."""

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
