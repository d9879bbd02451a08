"""What packs are, and what is changed in them: by others without a copy, or in themselves."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any

import attrs

from govrules.diagnostics import NOWHERE, Span


class Adapts(Enum):
    """What a pack can change in another."""

    PARAMETER = "parameter"
    SEVERITY = "severity"
    LEAVE_OUT = "leave_out"
    REPLACED_BY = "replaced_by"


@attrs.frozen
class Adaptation:
    """
    One change that a pack makes to a parameter or a rule of another.

    Attributes:
        pack: the id of the pack that changes it; "" where a program did.
        of: the id of the pack whose parameter or rule it is.
        what: what is changed.
        name: the name of the parameter, or the id of the rule.
        was: the value before, or the severities that the rule could have, the least first.
        now: the value of the parameter, the severity, the id of the rule that replaces it, or
            whether the rule is left out; of values by date each with its first day, before and now.
        reason: why.
        approved: who approved it and when; "" where nobody says.
    """

    pack: str
    of: str
    what: Adapts
    name: str
    was: Any
    now: Any
    reason: str
    approved: str = ""
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)

    @property
    def key(self) -> tuple[bool, str]:
        """The target; of two adaptations of one target, one counts."""
        return self.what is Adapts.PARAMETER, self.name


@attrs.frozen
class Amendment:
    """
    What was changed in a rule or a pack.

    Attributes:
        what: what was changed and why.
        version: the version of the pack that has it first; "" where nobody says.
        on: the day; None where nobody says.
        approved: who approved it; "" where nobody says.
    """

    what: str
    version: str = ""
    on: dt.date | None = None
    approved: str = ""


@attrs.frozen
class Pack:
    """
    A pack of which a rulebook was made.

    Attributes:
        id: its id.
        version: its version.
        content: the SHA-256 of its files, as hexadecimal digits: of two packs of one content the
            files hold the same texts under the same names.
        with_rules: whether its rules are there too; one that others extend lends its facts alone.
        sees: the ids of the packs that it adapts or extends, and of those that they do.
        approved: who approved it and when; "" where nobody says.
        changed: what was changed in it, the latest last.
    """

    id: str
    version: str
    content: str
    with_rules: bool = True
    sees: tuple[str, ...] = ()
    approved: str = ""
    changed: tuple[Amendment, ...] = ()


def no_adaptations() -> Any:  # noqa: ANN401 - attrs fields are declared with Any
    """Return a field of adaptations, which is ignored in comparisons."""
    return attrs.field(default=(), eq=False, repr=False)
