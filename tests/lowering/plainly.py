"""Formulas worked out on one attrs object in the plainest way there is, to test the lowering by."""

from __future__ import annotations

import datetime as dt
from typing import Any

from govrules.facts import annotation, read_field
from govrules.lowering.formulas import spelled
from govrules.lowering.ir import (
    Above,
    Absent,
    Among,
    Amount,
    And,
    Const,
    Exists,
    Holds,
    May,
    Meets,
    Members,
    More,
    Neg,
    Read,
    Times,
    Total,
    Unknown,
    Var,
    subject,
)
from govrules.lowering.judged import Judged
from govrules.months import months_before
from govrules.rulebook.ast import Verdict
from govrules.rulebook.expr import ORDER, FactSource, Op
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, YesNo


class Plainly:
    """One subject on one date."""

    def __init__(self, subject_: Any, as_of: Any) -> None:
        self.as_of = as_of
        self.top = {subject(type(subject_)): subject_}

    def raw(self, read: Read, env: dict[Var, Any]) -> Any:
        if read.source is FactSource.AS_OF:
            return self.as_of
        record = env[read.var]
        if read.source is FactSource.DERIVED:
            return annotation(record, "stated").get(read.path, UNKNOWN)
        if read.source is FactSource.LOCAL:
            value = annotation(record, "local").get(read.path, UNKNOWN)
            return False if value is None and isinstance(read.type, YesNo) else value
        return read_field(record, read.path, read.fact)

    def several(self, read: Read, env: dict[Var, Any]) -> list[Any]:
        value = self.raw(read, env)
        return [] if value is None else [UNKNOWN] if value is UNKNOWN else list(value)

    def is_there(self, value: Any) -> bool:
        return value is not UNKNOWN and value is not None

    def holds(self, formula: Any, env: dict[Var, Any] | None = None) -> bool:
        env = self.top if env is None else env
        match formula:
            case Const(value=value):
                return value
            case Neg(item=item):
                return not self.holds(item, env)
            case And(items=items):
                return all(self.holds(each, env) for each in items)
            case Unknown(read=read):
                return self.raw(read, env) is UNKNOWN
            case Absent(read=read):
                return self.raw(read, env) is None
            case More(read=read):
                return UNKNOWN in self.several(read, env)
            case Among(read=read, values=values):
                value = self.raw(read, env)
                return self.is_there(value) and value in values
            case Holds():
                return self.stand(formula, env)
            case Meets(read=read, wanted=wanted, all=every):
                own = {*self.several(read, env)} - {UNKNOWN}
                other = self.several(wanted, env) if isinstance(wanted, Read) else wanted
                other = {*other} - {UNKNOWN}
                return other <= own if every else bool(other & own)
            case Exists(var=var, so=so):
                return any(self.holds(so, each) for each in self.records(var, env))
            case Above(one=one, other=other, equal=equal):
                a, b = self.number(one, env), self.number(other, env)
                return a >= b if equal else a > b
            case May():
                return self.holds(spelled(formula), env)
            case _:
                raise AssertionError(formula)

    def stand(self, formula: Holds, env: dict[Var, Any]) -> bool:
        other = formula.other
        one = self.raw(formula.one, env)
        other = self.raw(other, env) if isinstance(other, Read) else other
        if not (self.is_there(one) and self.is_there(other)):
            return False
        if formula.op is Op.OLDER_THAN:
            return isinstance(self.as_of, dt.date) and one < months_before(self.as_of, other)
        if formula.op is Op.EQUALS:
            return one == other
        if isinstance(formula.type, Choice):
            one, other = formula.type.values.index(one), formula.type.values.index(other)
        return ORDER[formula.op](one, other)

    def records(self, var: Var, env: dict[Var, Any]) -> list[dict[Var, Any]]:
        found = self.several(var.list, env)
        return [{**env, var: each} for each in found if each is not UNKNOWN]

    def number(self, number: Any, env: dict[Var, Any]) -> Any:
        match number:
            case Amount(of=Read() as read):
                value = self.raw(read, env)
                return value if self.is_there(value) else 0
            case Amount(of=value):
                return value
            case Members(read=read):
                return len({*self.several(read, env)} - {UNKNOWN})
            case Times(one=one, other=other):
                return self.number(one, env) * self.number(other, env)
            case Total(var=var, so=so, of=of):
                several = [each for each in self.records(var, env) if self.holds(so, each)]
                return sum(1 if of is None else self.number(Amount(of), each) for each in several)
            case _:
                raise AssertionError(number)

    def verdict(self, judged: Judged) -> Verdict:
        names = ("not_applicable", "clear", "flagged")
        found = [each for each in names if self.holds(getattr(judged, each))]
        assert len(found) <= 1
        return Verdict(found[0].replace("_", " ")) if found else Verdict.UNKNOWN

    def outcome(self, judged: Judged, rule: Any) -> tuple[object, ...]:
        """What `registry.comparable` gives of an outcome."""
        verdict = self.verdict(judged)
        if verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE):
            return verdict, None, None, ()
        possible = [each for each, where in judged.severities.items() if self.holds(where)]
        pairs = zip(rule.mitigated_by, judged.mitigations, strict=True)
        holding = tuple(each for each, where in pairs if self.holds(where))
        least, worst = min(possible), max(possible)
        if verdict is Verdict.UNKNOWN:
            return verdict, None, worst, holding
        return verdict, least, None if worst is least else worst, holding
