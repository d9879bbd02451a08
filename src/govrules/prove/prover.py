"""Asks the proofs of a rulebook, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from govrules.prove import terms as t
from govrules.prove.encoded import EncodedRulebook, Proof, rule_name
from govrules.prove.proofs import adoption, conflict, derived, idle_question, verdicts, withholding
from govrules.prove.results import USUAL, Flaw, ProofResult, ProofStatus
from govrules.prove.solving import Clock
from govrules.rulebook.ast import Derived, Rule

__all__ = ["USUAL", "Flaw", "ProofResult", "ProofStatus", "Prover"]

#: What is asked of each derived fact, and of each rule by itself.
OF_DERIVED: Final = derived.PROOFS
OF_RULES: Final = (*verdicts.PROOFS, adoption.PROOF, withholding.PROOF, idle_question.PROOF)
#: What is asked of each rule beside the others about its subject.
BESIDE_OTHERS: Final = verdicts.IMPLIED_BY
#: What is asked of all rules about a subject together, by flaw.
OF_SUBJECTS: Final = {
    Flaw.CONFLICT: conflict.results,
    Flaw.NEVER_WORSE: adoption.looks_better,
}


class Prover(EncodedRulebook):
    """Asks the proofs of one rulebook; see `EncodedRulebook` for its arguments."""

    def results(self) -> Iterator[ProofResult]:
        """Yield the result of every proof; it depends on nothing that was asked before."""
        yield from t.within(self.context, self._results())

    def _results(self) -> Iterator[ProofResult]:
        for fact in self.rulebook.derived.values():
            if not fact.inherited:
                for proof in OF_DERIVED:
                    yield from self._asked(proof, fact)
        for rule in self.rulebook.rules:
            for proof in OF_RULES:
                yield from self._asked(proof, rule)
                if self.is_dead(rule, proof.flaw):
                    break
        if self.flaws.isdisjoint({BESIDE_OTHERS.flaw, *OF_SUBJECTS}):
            return
        for subject in self.rulebook.subjects:
            rules = [each for each in self.rulebook.rules if each.subject == subject]
            alive = [each for each in rules if not self.is_dead(each, Flaw.NEVER_FLAGGED)]
            for rule in alive:
                yield from self._asked(BESIDE_OTHERS, rule, alive)
            for flaw, results in OF_SUBJECTS.items():
                if flaw in self.flaws:
                    yield from results(self, subject, alive)

    def _asked(self, proof: Proof, about: Rule | Derived, *more: Any) -> Iterator[ProofResult]:  # noqa: ANN401 - what the proof asks besides
        """Ask a proof of a rule or derived fact, once for each of its cases."""
        if proof.flaw not in self.flaws:
            return
        name, flaw = rule_name(about), proof.flaw
        reason = dict(about.intended).get(flaw.value, "") if isinstance(about, Rule) else ""
        status = ProofStatus.INTENDED if reason else ProofStatus.REFUTED
        for case in proof.cases(self, about):
            asked = (*more, *case)
            sound = proof.sound.format(name, *asked)
            none = ProofResult(flaw, name, ProofStatus.PROVED, sound, span=about.span)
            yield from self.settled(
                none,
                (
                    ProofResult(flaw, name, status, says, (), shown, reason, about.span)
                    for says, shown in proof.find(self, about, *asked, Clock.of(self.seconds))
                ),
            )
