"""
What is asked of every engine: to say of each rule and subject what the reference engine says.

An engine is held to it by being named in the registry. One that is not installed is left out, and
`absent` says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from govrules import load_rulebook
from govrules.engines.registry import ENGINES, comparable, engine
from govrules.errors import EngineError
from govrules.findings import Finding
from govrules.rulebook.ast import Citation, Rule, Rulebook, Severity
from govrules.rulebook.expr import Compare, FactRef, FactSource, Literal, OneOf, Op, Test
from govrules.testing.strategies import boundaries, partnerships, records
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import closed_values

AS_OF = dt.date(2026, 3, 31)
#: Days on which ages turn, the end of a short month among them; and a day that is not known.
DATES = (AS_OF, dt.date(2024, 2, 29), UNKNOWN)
PACKS = tuple(
    load_rulebook(each)
    for each in ("governing-partnerships", "health-pooled-funds", "agreements-in-force")
)


def _absent() -> Mapping[str, str]:
    found = {}
    for name in ENGINES:
        try:
            engine(name)
        except (EngineError, ModuleNotFoundError) as error:
            found[name] = str(error)
    return found


#: Engines that are not here, with the reason.
absent = _absent()
#: The engines that are held to the reference engine here.
HELD = tuple(name for name in ENGINES[1:] if name not in absent)


@attrs.frozen
class Disagreement:
    """A rule and a subject of which an engine says something else than the reference engine."""

    engine: str
    rule: Rule
    subject: Any
    as_of: dt.date | Unknown
    expected: tuple[object, ...]
    actual: tuple[object, ...]


@attrs.define
class Tally:
    """How many rules and subjects were compared, and where engines disagreed."""

    pairs: int = 0
    subjects: int = 0
    disagreements: list[Disagreement] = attrs.field(factory=list)

    def compare(
        self,
        names: Sequence[str],
        rules: Sequence[Rule],
        subjects: Sequence[Any],
        as_of: dt.date | Unknown,
        rulebook: Rulebook,
    ) -> None:
        """Compare what engines say of each rule and subject with what the reference says."""
        expected = list(engine("reference").outcomes(rules, subjects, as_of, rulebook))
        for name in names:
            actual = engine(name).outcomes(rules, subjects, as_of, rulebook)
            for subject, ours, theirs in zip(subjects, expected, actual, strict=True):
                self.subjects += 1
                for rule, one, other in zip(rules, ours, theirs, strict=True):
                    self.pairs += 1
                    if comparable(one) != comparable(other):
                        told = comparable(one), comparable(other)
                        self.disagreements.append(Disagreement(name, rule, subject, as_of, *told))


def asked(finding: Finding) -> set[str]:
    """The facts that a finding asks for, with `[]` for any record of a list, as columns ask."""
    return {re.sub(r"\[\d+\]", "[]", each.fact) for each in finding.questions}


def rules_of(rulebook: Rulebook, kind: str, as_of: dt.date | Unknown) -> tuple[Rule, ...]:
    """The rules in force about a kind, with those that show each derived fact of its class."""
    shown = rules_that_show(rulebook, kind) if kind in rulebook.subjects else ()
    return (*rulebook.rules_for(kind, as_of), *shown)


def rules_that_show(rulebook: Rulebook, kind: str) -> Iterator[Rule]:
    """Rules that are flagged, clear or unknown by what a derived fact is, or may still be."""
    for derived in rulebook.derived.values():
        if derived.cls is not rulebook.subjects[kind]:
            continue
        ref = FactRef(derived.name, 0, derived.fact, FactSource.DERIVED)
        values = [Literal(each) for each in closed_values(derived.fact.type)]
        predicates = [Compare(Op.EQUALS, each) for each in values]
        for index, predicate in enumerate([*predicates, OneOf(tuple(values[:2]))]):
            yield Rule(
                id=f"{derived.name}-{index}",
                title="A derived fact",
                theme="shown",
                principle="A principle.",
                source=Citation("source", "1"),
                requires=Test(ref, predicate),
                otherwise=Severity.LOW,
                subject=kind,
            )


@st.composite
def stated(draw: st.DrawFn, subject: Any, rulebook: Rulebook) -> Any:
    """The subject, now and then with derived facts that somebody stated."""
    of = [each for each in rulebook.derived.values() if each.cls is type(subject)]
    chosen = draw(st.lists(st.sampled_from(of), max_size=2)) if of else []
    values = {
        each.name: draw(st.sampled_from((*closed_values(each.fact.type), None))) for each in chosen
    }
    return attrs.evolve(subject, stated=values) if values else subject


_NEAR = [[boundaries(pack, each) for each in DATES] for pack in PACKS]


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, Any]:
    """A pack, a date and a partial partnership near the pack's thresholds on that date."""
    pack = draw(st.integers(0, len(PACKS) - 1))
    day = draw(st.integers(0, len(DATES) - 1))
    partnership = draw(partnerships(PACKS[pack], near=_NEAR[pack][day]))
    return pack, day, draw(stated(partnership, PACKS[pack]))


@st.composite
def others(draw: st.DrawFn, kind: str) -> Any:
    """A subject of another kind, near the thresholds of the largest pack."""
    near = _NEAR[0][0]
    return draw(records(PACKS[0].subjects[kind], PACKS[0], near=near))
