"""Kinds of subject of somebody's own, which every command takes by `--subjects module:Class`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path

from govrules.cli.exits import Stop
from govrules.errors import GovrulesError
from govrules.rulebook.kinds import imported_kinds

#: The kinds of the command that is run, by the name that rules give them.
KINDS: ContextVar[Mapping[str, type] | None] = ContextVar("KINDS", default=None)
_OPTION = "--subjects"


def without_kinds(tokens: Sequence[str]) -> list[str]:
    """
    Return the words of a command line without `--subjects`, whose classes are kept in `KINDS`.

    Raises:
        Stop: a class cannot be imported, or is no class of subjects.
    """
    rest: list[str] = []
    named: list[str] = []
    words = iter(tokens)
    for each in words:
        option, equals, value = each.partition("=")
        if option != _OPTION:
            rest.append(each)
            continue
        found = value if equals else next(words, "")
        if not found or found.startswith("-"):
            raise Stop(
                "`--subjects` names no class",
                "write `--subjects module:Class`, or `--subjects name=module:Class`",
            )
        named.append(found)
    if named and "" not in sys.path:
        # Modules beside the files that are checked are found, as `python -m` finds them.
        sys.path.insert(0, str(Path.cwd()))
    try:
        KINDS.set(imported_kinds(named) if named else None)
    except GovrulesError as error:
        help_ = "write `--subjects module:Class`, an attrs class whose fields are facts"
        raise Stop(f"{error}", help_) from error
    return rest
