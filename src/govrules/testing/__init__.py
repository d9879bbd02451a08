"""
What holds a pack of rules to proof: strategies, properties, and a check of everything at once.

The names are imported when they are first used, so that a project that has govrules installed and
does not use them pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govrules.lazy import lazily

if TYPE_CHECKING:
    from govrules.testing.checks import Check as Check
    from govrules.testing.checks import CheckError as CheckError
    from govrules.testing.checks import Result as Result
    from govrules.testing.checks import Status as Status
    from govrules.testing.checks import check_rulebook as check_rulebook
    from govrules.testing.checks import shares as shares
    from govrules.testing.grammar import conditions as conditions
    from govrules.testing.grammar import rulebooks as rulebooks
    from govrules.testing.strategies import completions as completions
    from govrules.testing.strategies import partnerships as partnerships
    from govrules.testing.strategies import records as records
    from govrules.testing.strategies import registers as registers

_HOMES = {
    "govrules.testing.checks": "Check CheckError Result Status check_rulebook shares",
    "govrules.testing.grammar": "conditions rulebooks",
    "govrules.testing.strategies": "completions partnerships records registers",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:
    # A type checker reads what is exported above.
    __all__ = list(_HOME_OF)


__getattr__ = lazily(__name__, _HOME_OF)


def __dir__() -> list[str]:
    return list(_HOME_OF)
