"""The proofs, in the order in which they are asked."""

from typing import Final

from govrules.prove.proofs import adoption, conflict, idle_question, tables, verdicts, withholding
from govrules.prove.results import Flaw

#: What is asked of each derived fact, and of each rule by itself.
OF_DERIVED: Final = tables.PROOFS
OF_RULES: Final = (*verdicts.PROOFS, adoption.PROOF, withholding.PROOF, idle_question.PROOF)
#: What is asked of each rule beside the others about its subject.
BESIDE_OTHERS: Final = verdicts.IMPLIED_BY
#: What is asked of all rules about a subject together, by flaw.
OF_SUBJECTS: Final = {
    Flaw.CONFLICT: conflict.results,
    Flaw.NEVER_WORSE: adoption.looks_better,
}
