"""What proofs look for, and the results that they give."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

import attrs

from govrules.diagnostics import Span

if TYPE_CHECKING:
    from govrules.prove.witness import Witness


class Flaw(StrEnum):
    """A check: what a proof looks for."""

    NEVER_APPLICABLE = "never-applicable"
    NEVER_FLAGGED = "never-flagged"
    ALWAYS_FLAGGED = "always-flagged"
    IMPLIED_BY = "implied-by"
    UNREACHABLE_ROW = "unreachable-row"
    GAP = "gap"
    OVERLAP = "overlap"
    CONFLICT = "conflict"
    PERVERSE_INCENTIVE = "perverse-incentive"
    WITHHOLDING_HELPS = "withholding-helps"
    NEVER_WORSE = "never-worse"
    IDLE_QUESTION = "idle-question"


class ProofStatus(Enum):
    """How a proof ended."""

    PROVED = "proved"
    REFUTED = "refuted"
    INTENDED = "intended"
    NOT_DECIDED = "not decided"
    OUTSIDE = "outside the proof"


@attrs.frozen
class ProofResult:
    """
    What a proof found.

    Attributes:
        flaw: what was looked for.
        about: the rule, derived fact or subject.
        status: proved where there is none, refuted where there is one.
        says: the result in one line.
        rules: the rules that are involved, where there are several.
        examples: what shows it.
        reason: why it is intended, was not decided or could not be asked.
        span: where the rule or derived fact stands.
    """

    flaw: Flaw
    about: str
    status: ProofStatus
    says: str
    rules: tuple[str, ...] = ()
    examples: tuple[Witness, ...] = ()
    reason: str = ""
    span: Span | None = attrs.field(default=None, eq=False)

    @property
    def unexplained(self) -> bool:
        """Whether a person has to look at the result."""
        return self.status in (ProofStatus.REFUTED, ProofStatus.NOT_DECIDED)


#: What is looked for unless something else is asked: what compares all rules of packs that are
#: meant to work together is asked for by name.
USUAL: Final = frozenset(Flaw) - {Flaw.NEVER_WORSE, Flaw.IDLE_QUESTION}
