"""The proofs, one a file, in the order in which they are asked."""

from typing import Final

from govrules.prove.proofs import (
    always_flagged,
    conflict,
    gap,
    idle_question,
    implied_by,
    never_applicable,
    never_flagged,
    never_worse,
    overlap,
    perverse_incentive,
    unreachable_row,
    withholding,
)
from govrules.prove.results import Flaw

#: What is asked of each derived fact, and of each rule by itself.
OF_DERIVED: Final = (unreachable_row.PROOF, gap.PROOF, overlap.PROOF)
OF_RULES: Final = (
    never_applicable.PROOF,
    never_flagged.PROOF,
    always_flagged.PROOF,
    perverse_incentive.PROOF,
    withholding.PROOF,
    idle_question.PROOF,
)
#: What is asked of each rule beside the others about its subject.
BESIDE_OTHERS: Final = implied_by.PROOF
#: What is asked of all rules about a subject together, by flaw.
OF_SUBJECTS: Final = {
    Flaw.CONFLICT: conflict.results,
    Flaw.NEVER_WORSE: never_worse.results,
}
