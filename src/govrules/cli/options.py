"""Options that several commands take, and what they stand for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from govrules.cli.exits import Stop
from govrules.cli.kinds import KINDS
from govrules.cli.workspace import workspace
from govrules.engines.registry import ENGINES
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in

Rules = Annotated[
    list[str] | None,
    Parameter(name="--rules", negative="", help="A pack's folder or name; may be repeated."),
]
Mapping = Annotated[
    Path | None,
    Parameter(name="--mapping", help="The file that says what the columns of a table hold."),
]
Table = Annotated[
    str, Parameter(name="--table", help="The sheet or table, where a file holds several.")
]
Level = Literal["low", "medium", "high", "critical"]
AsOf = Annotated[
    str | None,
    Parameter(
        name="--as-of", help="The date of the assessment, as 2026-03-31; today if not given."
    ),
]
Engine = Annotated[
    str | None,
    Parameter(
        name="--engine",
        help=f"Which engine evaluates: {', '.join(ENGINES)}; chosen by the number of entries if not"
        " given. The findings are the same.",
    ),
]
Output = Annotated[
    Path | None, Parameter(name="--output", help="Write to this file, whole or not at all.")
]
Folder = Annotated[
    list[str] | None,
    Parameter(
        name="DIR", negative="", help="A pack, or a folder of packs; the shipped ones if none."
    ),
]
Waivers = Annotated[
    Path | None,
    Parameter(name="--waivers", help="The file of findings that are flagged and do not count."),
]
Answers = Annotated[
    Path | None,
    Parameter(name="--answers", help="The file of answers, which fill in what is not on record."),
]
Actions = Annotated[
    Path | None,
    Parameter(name="--actions", help="The file of what was decided about findings, by when."),
]
PairShare = Annotated[
    int | None,
    Parameter(
        name="--pair-share",
        validator=validators.Number(gte=1, lte=100),
        help="Percentage of a register's entries: a body in more of them makes no pairs, and what"
        " two of them have in common through it is told once; 25 if not given.",
    ),
]
Subjects = Annotated[list[Path] | None, Parameter(name="SUBJECT", negative="")]
Entry = Annotated[
    list[str] | None,
    Parameter(
        name="--entry",
        negative="",
        help="Of a register, only the partnership of this id or name; may be repeated.",
    ),
]


def load(rules: list[str] | None) -> Rulebook:
    """Load the packs that were named; else those of the workspace, or all that are shipped."""
    packs = workspace().rules if rules is None else rules
    return load_rulebook(*packs_in(packs), subjects=KINDS.get())


def day(text: str | None) -> dt.date | None:
    """Read the date of the assessment."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Stop(
            f"govrules: `--as-of {text}` is no date", "  help: write a date such as 2026-03-31"
        ) from error
