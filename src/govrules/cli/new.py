"""The command `new`: a partnership's file, begun by a short interview."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from govrules.cli.answer_files import FactKeeper
from govrules.cli.ask import Terminal
from govrules.cli.options import AsOf, Rules, load, today
from govrules.cli.output import FINE, Stop, emit
from govrules.interview import Interview
from govrules.reading import class_of
from govrules.rulebook.ast import Rulebook
from govrules.visible import argument
from govrules.vocabulary import vocabulary_of

#: What a file begins with, as far as the class of subjects has it.
_FIRST: Final = ("name", "id", "status", "started", "responsible_officer", "partners")
_TIER: Final = "risk_tier"


def new(
    file: Annotated[Path, Parameter(name="FILE", negative="")],
    *,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """
    Begin a partnership's file: its name, its partners, and what says how much is at stake.

    Parameters
    ----------
    file
        The YAML file to begin; it must not be there yet.
    """
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise Stop(f"`{file}` is no name of a YAML file", f"name it `{file.with_suffix('.yaml')}`")
    if file.exists():
        raise Stop(
            f"`{file}` is there already",
            f"go on with `govrules ask {argument(file)}`, or name another file",
        )
    if not file.parent.is_dir():
        raise Stop(
            f"there is no folder `{file.parent}`",
            f"make it with `mkdir {argument(file.parent)}`, or name another",
        )
    rulebook = load(rules)
    keeper = FactKeeper(file, rulebook)
    facts = vocabulary_of(class_of(rulebook)).facts
    talk = Interview(
        class_of(rulebook)(),
        rulebook,
        as_of=as_of or today(),
        first=[each for each in _FIRST if each in facts],
        settle=_shown(rulebook),
    )
    terminal = Terminal()
    terminal.begin()
    terminal.hold(talk, keeper)
    if not terminal.written:
        emit(f"\nNothing was answered, so {file} was not begun.\n")
        return FINE
    it = argument(file)
    emit(f"\n{file} is begun. Go on: govrules ask {it}    Assess it: govrules check {it}\n")
    return FINE


def _shown(rulebook: Rulebook) -> str:
    """Return the derived fact that says how much is at stake; else the first that is shown."""
    cls = class_of(rulebook)
    shown = [
        derived.name
        for derived in rulebook.derived.values()
        if derived.cls is cls and derived.shown
    ]
    return _TIER if _TIER in shown else next(iter(shown), "")
