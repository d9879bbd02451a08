"""
What holds a pack of rules to proof: strategies, properties, and a check of everything at once.

The names are imported when they are first used, so that a project that has govrules installed and
does not use them pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govrules.lazily import lazily

if TYPE_CHECKING:
    from govrules.testing.checks import Check, CheckError, Result, Status, check_rulebook
    from govrules.testing.counted import shares
    from govrules.testing.grammar import conditions, rulebooks
    from govrules.testing.strategies import completions, partnerships, records, registers

_HOMES = {
    "govrules.testing.checks": ("Check", "CheckError", "Result", "Status", "check_rulebook"),
    "govrules.testing.counted": ("shares",),
    "govrules.testing.grammar": ("conditions", "rulebooks"),
    "govrules.testing.strategies": (
        "completions",
        "partnerships",
        "records",
        "registers",
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


__getattr__ = lazily(__name__, _HOME_OF)


def __dir__() -> list[str]:
    return __all__
