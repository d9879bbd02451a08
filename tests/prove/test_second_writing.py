"""What rules mean is written twice, as lowered formulas and in `encode`: z3 proves the two equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import load_rulebook
from govrules.lowering.formulas import FALSE
from govrules.lowering.ir import subject
from govrules.lowering.lower import Lowering
from govrules.model import AssessmentFacts, Pair, Partnership, Register
from govrules.rulebook.ast import Derived, Rule, Rulebook, Severity
from govrules.rulebook.packs import packs_in
from govrules.testing.grammar import rulebooks
from tests.properties import small

z3 = pytest.importorskip("z3")

from govrules.prove.solving import Clock  # noqa: E402 - z3 must be there first
from govrules.prove.symbols import Space  # noqa: E402 - likewise
from govrules.prove.terms import both, either, false, names_in, new_solver, no  # noqa: E402 - likewise
from govrules.prove.translate import Translator  # noqa: E402 - likewise
from tests.prove.encode import Encoder  # noqa: E402 - likewise

#: By what is said: as it is lowered, and as it is encoded.
Both: TypeAlias = Mapping[str, tuple[Any, Any]]
BOUND = 4
#: How long z3 may take for one formula; it takes a fraction of a second.
SECONDS = 60
SHIPPED = load_rulebook(*packs_in(()))
few = settings(max_examples=max(5, settings.default.max_examples // 2))


class Twice:
    """The rules and derived facts of a rulebook, written twice over the same partial facts."""

    def __init__(self, rulebook: Rulebook, cls: type, bound: int = BOUND) -> None:
        self.space = Space(cls, False, bound, [], rulebook.local)
        self.lowering = Lowering(rulebook.derived)
        self.translator = Translator(self.space)
        self.encoder = Encoder(self.space, rulebook.derived)

    def of_rule(self, rule: Rule) -> Both:
        """Each thing that is said of a rule, as it is lowered and as it is encoded."""
        lowered, encoded = self.lowering.rule(rule, self.space.cls), self.encoder.judge(rule)
        term = self.translator.term
        flagged, clear, gone = map(term, (lowered.flagged, lowered.clear, lowered.not_applicable))
        found = {
            "flagged": (flagged, encoded.flagged),
            "clear": (clear, encoded.clear),
            "not applicable": (gone, encoded.not_applicable),
        }
        # How grave it is, and what mitigates it, is asked where it is flagged or may be.
        mine = no(either(clear, gone))
        theirs = no(either(encoded.clear, encoded.not_applicable))
        for level in Severity:
            possible = term(lowered.severities.get(level, FALSE))
            found[level.value] = both(mine, possible), both(theirs, encoded.severities[level])
        several = zip(lowered.mitigations, encoded.mitigations, strict=True)
        for number, (one, other) in enumerate(several, start=1):
            found[f"mitigation {number}"] = both(mine, term(one)), both(theirs, other)
        return found

    def of_derived(self, derived: Derived) -> Both:
        """Where a derived fact may have each value, as it is lowered and as it is encoded."""
        lowered = self.lowering.table(derived.name, subject(self.space.cls)).may
        encoded = self.encoder.table(derived, self.space.top)
        return {
            str(value): (
                self.translator.term(lowered.get(value, FALSE)),
                encoded.get(value, false()),
            )
            for value in {**lowered, **encoded}
        }

    def apart(self, pairs: Both) -> list[str]:
        """Return what is not the same both times; an error is raised where z3 does not say."""
        # One by one, and with nothing assumed: z3 takes far longer to refute them together.
        return [name for name, pair in pairs.items() if self._differ(z3.Xor(*pair))]

    def _differ(self, apart: Any) -> bool:
        solver = new_solver()
        solver.add(apart, *self.space.laws_of(names_in(apart))[1])
        return Clock.of(SECONDS).check(solver)


def proved(rulebook: Rulebook, bound: int = BOUND) -> int:
    """Prove all that a rulebook says the same both times, and return how many formulas that is."""
    twice = {cls: Twice(rulebook, cls, bound) for cls in rulebook.subjects.values()}
    number = 0
    several = [
        *((each.name, twice[each.cls], each) for each in rulebook.derived.values()),
        *((each.id, twice[rulebook.subjects[each.subject]], each) for each in rulebook.rules),
    ]
    for name, of, each in several:
        pairs = of.of_rule(each) if isinstance(each, Rule) else of.of_derived(each)
        assert (name, of.apart(pairs)) == (name, [])
        number += len(pairs)
    return number


def test_every_shipped_rule_and_derived_fact():
    derived = SHIPPED.derived.values()
    # None is possible of none of them, which is proved too.
    values = sum(len({*(row.value for row in each.rows), each.otherwise, None}) for each in derived)
    judged = sum(3 + len(Severity) + len(each.mitigated_by) for each in SHIPPED.rules)
    assert proved(SHIPPED) == values + judged > 700


@few
@given(st.sampled_from([Partnership, Register, Pair, AssessmentFacts]), st.data())
def test_generated_rules(cls, data):
    assert proved(data.draw(rulebooks(cls, subject="subject", most=2, depth=1)), bound=2)


@few
@given(small.rulebooks())
def test_small_rules(rulebook):
    assert proved(rulebook, bound=2)


def test_what_is_lowered_wrongly_is_found(monkeypatch):
    monkeypatch.setattr("govrules.lowering.formulas.exists", lambda var, so: FALSE)
    with pytest.raises(AssertionError):
        proved(SHIPPED)
