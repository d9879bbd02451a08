"""Whether two rules, or two tables of a derived fact, mean the same: proved, or else tried."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

import attrs

from govrules.engines.reference import Case, case_of, derive, judge
from govrules.facts import Facts
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.lower import Lowering
from govrules.own import joint_class
from govrules.reading import read_values
from govrules.rulebook.ast import Derived, Rule, Rulebook, Severity, rule_conditions
from govrules.rulebook.expr import Condition, FactRef, FactSource
from govrules.rulebook.reads import uses
from govrules.rulebook.walk import constants, nodes, predicates_at
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Money,
    Months,
    Number,
    Record,
    Records,
    YesNo,
)

#: The longest list of records that a proof considers, and how long it may take in seconds.
BOUND: Final = 4
SECONDS: Final = 10.0
#: So many subjects are generated where no prover is installed.
CASES: Final = 400

Logic = Rule | Derived


@attrs.frozen
class Equivalence:
    """
    Whether two rules are equivalent, and how that was decided.

    Attributes:
        same: whether they do.
        how: by what it was decided, as a clause.
        example: facts of which they say different things, as YAML; "" where there are none.
    """

    same: bool
    how: str
    example: str = ""


@attrs.frozen(eq=False)
class LoweredRulebook:
    """One of two rulebooks, lowered on demand."""

    rulebook: Rulebook
    lowering: Lowering

    @classmethod
    def of(cls, rulebook: Rulebook) -> LoweredRulebook:
        """Make a side."""
        return cls(rulebook, Lowering(rulebook.derived))

    def cls(self, about: Logic) -> type:
        """Return the class of the records that a rule or a derived fact is about."""
        return about.cls if isinstance(about, Derived) else self.rulebook.subjects[about.subject]

    def formulas(self, about: Logic, cls: type) -> tuple[ir.Formula, ...]:
        """Return all formulas of a rule's outcome, or of a derived fact's values."""
        if isinstance(about, Derived):
            table = self.lowering.table(about.name, ir.subject(cls))
            return tuple(table.may.get(value, f.FALSE) for value in _values(about))
        judged = self.lowering.rule(about, cls)
        possible = (judged.severities.get(severity, f.FALSE) for severity in Severity)
        verdicts = (judged.not_applicable, judged.clear, judged.flagged)
        return (*verdicts, *possible, *judged.mitigations)


def _values(derived: Derived) -> list[Any]:
    found = {*(row.value for row in derived.rows), derived.otherwise}
    return sorted(found, key=str)


def decide(
    old: Logic, old_side: LoweredRulebook, new: Logic, new_side: LoweredRulebook
) -> Equivalence:
    """Decide whether two rules, or two derived facts, are equivalent."""
    if isinstance(old, Derived) and isinstance(new, Derived) and _values(old) != _values(new):
        return Equivalence(same=False, how="it has other values")
    if isinstance(old, Rule) and isinstance(new, Rule):
        if old.subject != new.subject or old.in_force != new.in_force:
            return Equivalence(
                same=False, how="it is about something else, or in force at other times"
            )
        if len(old.mitigated_by) != len(new.mitigated_by):
            return Equivalence(same=False, how="it has another number of mitigations")
    cls = joint_class(old_side.cls(old), new_side.cls(new))
    one, two = old_side.formulas(old, cls), new_side.formulas(new, cls)
    if all(each is other for each, other in zip(one, two, strict=True)):
        return Equivalence(same=True, how="both come to the same formulas")
    try:
        return _proved(cls, one, two)
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
    except TimeoutError:
        pass
    return _tried(old, old_side, new, new_side)


def _proved(cls: type, one: Sequence[ir.Formula], two: Sequence[ir.Formula]) -> Equivalence:
    """Decide by the prover."""
    from govrules.prove import terms as t  # noqa: PLC0415 - z3 is an extra
    from govrules.prove.solving import Clock, UndecidedError, solve  # noqa: PLC0415 - likewise
    from govrules.prove.symbols import SymbolicSubject  # noqa: PLC0415 - likewise
    from govrules.prove.translate import Translator  # noqa: PLC0415 - likewise
    from govrules.prove.witness import given  # noqa: PLC0415 - likewise

    def ask() -> Iterator[Equivalence]:
        translator = Translator(SymbolicSubject(cls, complete=False, bound=BOUND, texts=[]))
        pairs = [
            (translator.term(each), translator.term(other))
            for each, other in zip(one, two, strict=True)
            if each is not other
        ]
        differ = t.either(*(t.either(t.both(a, t.no(b)), t.both(b, t.no(a))) for a, b in pairs))
        try:
            found = solve(translator.space, Clock.of(SECONDS), differ)
        except UndecidedError:
            raise TimeoutError from None
        if found is None:
            how = f"proved, for lists of up to {BOUND} records"
            yield Equivalence(same=True, how=how)
        else:
            yield Equivalence(
                same=False, how="an example was found", example=given(found.tree(), cls)
            )

    return next(t.within(t.Context(), ask()))


def _tried(
    old: Logic, old_side: LoweredRulebook, new: Logic, new_side: LoweredRulebook
) -> Equivalence:
    """Decide by generated subjects, the same ones every time."""
    source = random.Random(0)  # noqa: S311 - nothing secret hangs on it
    for facts in cases_for((old, new), old_side.rulebook, source, CASES):
        one, two = facts.under(old_side.rulebook), facts.under(new_side.rulebook)
        if isinstance(old, Rule) and isinstance(new, Rule):
            said, now = judge(old, one), judge(new, two)
            differs = (said.verdict, said.severity, said.could_be, len(said.mitigations)) != (
                now.verdict,
                now.severity,
                now.could_be,
                len(now.mitigations),
            )
        else:
            assert isinstance(old, Derived)  # noqa: S101 - both are
            assert isinstance(new, Derived)  # noqa: S101 - likewise
            differs = derive(old, one) != derive(new, two)
        if differs:
            return Equivalence(same=False, how="an example was found", example=facts.written)
    how = f"{CASES} generated cases showed no difference, which is no proof"
    return Equivalence(same=True, how=how)


_DAY: Final = dt.date(2026, 3, 31)
_MOST_RECORDS: Final = 3


@attrs.frozen
class MadeSubject:
    """A generated subject, with its facts as they are written."""

    subject: Any
    as_of: dt.date
    written: str

    def under(self, rulebook: Rulebook) -> Case:
        """Return it as a case under a rulebook."""
        return case_of(Facts(self.subject, self.as_of), rulebook)


def cases_for(
    about: Iterable[Rule | Derived], rulebook: Rulebook, source: Random, number: int
) -> Iterator[MadeSubject]:
    """
    Yield subjects covering the values at which the facts of two rules turn.

    Args:
        about: the rules, or derived facts.

        rulebook: a rulebook that declares the facts.

        source: what chooses.

        number: how many subjects.
    """
    several = [*about]
    first = several[0]
    cls = first.cls if isinstance(first, Derived) else rulebook.subjects[first.subject]
    roots = [root for each in several for root in _conditions(each)]
    read = {use.path: use.ref for use in uses(roots, rulebook.derived)}
    beneath = dict.fromkeys(r.path for r in read.values() if r.source is FactSource.DERIVED)
    roots += (root for name in beneath for root in _conditions(rulebook.derived[name]))
    turns = [
        value
        for root in roots
        for node in nodes(root)
        for predicate in predicates_at(node)
        for value in constants(predicate)
    ]
    # What hangs on others is not made, nor what is in lists that stand in records of lists.
    plain = {
        path: ref
        for path, ref in read.items()
        if ref.source is FactSource.RECORDED and path.count("[]") <= 1
    }
    kind = next(name for name, each in rulebook.subjects.items() if each is cls)
    for _ in range(number):
        facts: dict[str, Any] = {}
        for path, ref in plain.items():
            if "[]" in path:
                continue
            if isinstance(ref.type, Records):
                inside = [of for at, of in plain.items() if at.startswith(f"{path}[].")]
                made = _records(inside, turns, source)
            else:
                made = _value(ref, turns, source)
            if made is not None:
                facts[path] = made
        day = source.choice([_DAY, _DAY.replace(year=2024)])
        found = read_values(_nested(facts), rulebook=rulebook, kind=kind)
        yield MadeSubject(found.subject, day, json.dumps(facts, ensure_ascii=False, default=str))


def _conditions(about: Logic) -> Iterable[Condition]:
    return rule_conditions(about) if isinstance(about, Rule) else [row.when for row in about.rows]


def _records(refs: list[FactRef], turns: list[Any], source: Random) -> Any:  # noqa: ANN401 - plain data
    made = [
        {
            ref.path: value
            for ref in refs
            if not isinstance(ref.type, Records)
            and (value := _value(ref, turns, source)) is not None
        }
        for _ in range(source.randrange(_MOST_RECORDS + 1))
    ]
    chosen: Any = source.choice(["none", None])
    return made or chosen


def _value(ref: FactRef, turns: list[Any], source: Random) -> Any:  # noqa: ANN401 - plain data
    """Return a value of a fact as a file has it; None is unknown."""
    if source.random() < 0.15:  # noqa: PLR2004 - now and then it is unknown
        return None
    if source.random() < 0.1 and not isinstance(ref.type, YesNo):  # noqa: PLR2004 - or none
        return "none"
    match ref.type:
        case YesNo():
            return source.choice(["yes", "no"])
        case Choice(values):
            return source.choice(values)
        case Choices(values):
            return source.sample(values, source.randrange(1, len(values) + 1))
        case Number() | Money() | Months():
            near = [each for each in turns if type(each) in (int, Decimal)]
            value = source.choice([*near, 0, 1]) + source.choice([-1, 0, 0, 1])
            return str(max(0, int(value)))
        case Date():
            months = [each for each in turns if type(each) is int]
            back = source.choice([*months, 1]) + source.choice([-1, 0, 1])
            return (_DAY - dt.timedelta(days=max(0, back) * 30)).isoformat()
        case Record():
            return None
        case _:
            return source.choice(["A", "B"])


def _nested(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as a nested mapping, without those of records that are none."""
    gone = [path for path, value in facts.items() if value == "none"]
    return {
        path: value
        for path, value in facts.items()
        if not any(path.startswith(f"{each}.") for each in gone)
    }
