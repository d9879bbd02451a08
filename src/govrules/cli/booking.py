"""What is wanted of a workbook, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

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


@attrs.frozen
class Book:
    """
    What is wanted of a workbook.

    Attributes:
        everything: whether it asks every question, and not those alone that matter most.
        folder: where one for each lead officer is put; None for none.
        locked: whether what identifies a row is protected.
    """

    everything: bool = False
    folder: Path | None = None
    locked: bool = True
