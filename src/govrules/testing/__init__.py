"""
What holds a pack of rules to proof: strategies, properties, and a check of everything at once.

The names are imported when they are first used, so that a project that has govrules installed and
does not use them pays nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govrules.testing.checks import Check, CheckError, Result, Status, check_rulebook
    from govrules.testing.counted import shares
    from govrules.testing.strategies import (
        completions,
        conditions,
        partnerships,
        records,
        registers,
        rulebooks,
    )

_HOMES = {
    "govrules.testing.checks": ("Check", "CheckError", "Result", "Status", "check_rulebook"),
    "govrules.testing.counted": ("shares",),
    "govrules.testing.strategies": (
        "completions",
        "conditions",
        "partnerships",
        "records",
        "registers",
        "rulebooks",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Check",
    "CheckError",
    "Result",
    "Status",
    "check_rulebook",
    "completions",
    "conditions",
    "partnerships",
    "records",
    "registers",
    "rulebooks",
    "shares",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOME_OF:
        msg = f"module `govrules.testing` has no attribute `{name}`"
        raise AttributeError(msg)
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
