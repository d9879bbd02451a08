"""The command `init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.cli.exits import FINE
from govrules.cli.output import emit
from govrules.scaffold import scaffold


def init(directory: Annotated[Path, Parameter(name="DIR", negative="")]) -> int:
    """
    Begin a pack of rules: a rulebook, one rule with examples, and settings for an editor.

    Parameters
    ----------
    directory
        The folder of the pack; nothing in it is overwritten.
    """
    for path in scaffold(directory):
        emit(f"wrote {path}\n")
    emit(
        "\nTry next:\n"
        f"  govrules lint {directory}\n"
        f"  govrules test {directory}\n"
        f"  govrules check FILE --rules governing-partnerships --rules {directory}\n"
    )
    return FINE
