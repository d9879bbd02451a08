"""Options that several commands take, and what they stand for."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter, validators

from govrules.cli.output import Stop
from govrules.cli.workspace import NAME, workspace
from govrules.engines.registry import ENGINES
from govrules.errors import GovrulesError
from govrules.reading import Read
from govrules.rulebook.ast import Rulebook, Severity
from govrules.rulebook.kinds import imported_kinds
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in


def read_day(_: object, tokens: Sequence[Any]) -> dt.date:
    """Read the date of an assessment."""
    text = tokens[0].value
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Stop(
            f"`{tokens[0].keyword} {text}` is no date", "write a date such as 2026-03-31"
        ) from error


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
Level = Severity
AsOf = Annotated[
    dt.date | None,
    Parameter(
        name="--as-of",
        converter=read_day,
        help="The date of the assessment, as 2026-03-31; today if not given.",
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
AllQuestions = Annotated[
    bool,
    Parameter(
        name="--all-questions",
        negative="",
        help="In a workbook, ask every question, and not those alone that matter most.",
    ),
]
PerOfficer = Annotated[
    Path | None,
    Parameter(
        name="--per-officer",
        help="A folder for a workbook of questions for each lead officer, beside the whole one.",
    ),
]
Unlocked = Annotated[
    bool,
    Parameter(
        name="--unlocked",
        negative="",
        help="In a workbook, protect no sheet against typing over what identifies a row.",
    ),
]


@Parameter(name="*")
@attrs.frozen
class WorkbookOptions:
    """
    What is wanted of a workbook.

    Attributes:
        everything: whether it asks every question, and not those alone that matter most.
        folder: where one for each lead officer is put; None for none.
        unlocked: whether what identifies a row is not protected.
    """

    everything: AllQuestions = False
    folder: PerOfficer = None
    unlocked: Unlocked = False

    @property
    def locked(self) -> bool:
        """Whether what identifies a row is protected."""
        return not self.unlocked


#: A workbook of which nothing else is said.
AS_USUAL: Final = WorkbookOptions()


@Parameter(name="*")
@attrs.frozen
class Source:
    """How files are read: rules, mapping and date of assessment."""

    rules: Rules = None
    mapping: Mapping = None
    table: Table = ""
    as_of: AsOf = None

    @property
    def rulebook(self) -> Rulebook:
        """The packs that were named; else those of the workspace, or all that are shipped."""
        return load(self.rules)

    def date(self, read: Read) -> dt.date:
        """Return the date of an assessment: the one that was given, else the file's, else today."""
        stated = read.as_of if isinstance(read.as_of, dt.date) else None
        return self.as_of or stated or today()

    def chosen(self, *subjects: Path | None) -> tuple[list[Path], Source]:
        """
        Return the files that were named, and how they are read.

        Where none were, it is the register of the workspace, which has a mapping of its own.

        Raises:
            Stop: none was named, and no workspace names a register.
        """
        found = workspace()
        paths = [subject for subject in subjects if subject is not None]
        if not paths:
            if found.register is None:
                where = f"`{found.path}` names none" if found.path else f"there is no `{NAME}` here"
                raise Stop(
                    f"no partnership or register was named, and {where}",
                    f"name a file, or write `register: FILE` in `{NAME}`",
                )
            paths = [found.register]
        own = found.register and found.register.resolve() in (path.resolve() for path in paths)
        mapping = self.mapping or (found.mapping if own else None)
        return paths, attrs.evolve(self, mapping=mapping)


#: Where nothing is said of how files are read.
AS_THEY_ARE: Final = Source()


def today() -> dt.date:
    """Return the date of an assessment for which none is given."""
    return dt.date.today()  # noqa: DTZ011 - a date without a time has no zone


def load(rules: list[str] | None) -> Rulebook:
    """Load the packs that were named; else those of the workspace, or all that are shipped."""
    packs = workspace().rules if rules is None else rules
    return load_rulebook(*packs_in(packs), subjects=KINDS.get())


#: The kinds of the command that is run, by the name that rules give them.
KINDS: ContextVar[dict[str, type] | None] = ContextVar("KINDS", default=None)
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
    for word in words:
        option, equals, value = word.partition("=")
        if option != _OPTION:
            rest.append(word)
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
