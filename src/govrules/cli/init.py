"""The command `init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.cli.options import KINDS
from govrules.cli.output import FINE, emit
from govrules.scaffold import scaffold
from govrules.visible import argument


def init(directory: Annotated[Path, Parameter(name="DIR", negative="")]) -> int:
    """
    Begin a pack of rules: a rulebook, one rule with examples, and settings for an editor.

    With --subjects the rule is about a class of your own.

    Parameters
    ----------
    directory
        The folder of the pack; nothing in it is overwritten.
    """
    kinds = KINDS.get()
    folder = argument(directory)
    for path in scaffold(directory, kinds):
        emit(f"wrote {path}\n")
    if kinds is None:
        own, rules = "", f"--rules governing-partnerships --rules {folder}"
    else:
        named = (f"{name}={cls.__module__}:{cls.__qualname__}" for name, cls in kinds.items())
        own = "".join(f" --subjects {each}" for each in named)
        rules = f"--rules {folder}"
    emit(
        "\nTry next:\n"
        f"  govrules lint {folder}{own}\n"
        f"  govrules test {folder}{own}\n"
        f"  govrules check FILE {rules}{own}\n"
    )
    return FINE
