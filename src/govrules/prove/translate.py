"""
Lowered formulas as z3 terms over the facts of a space, each list as long as its bound.

Nothing is decided here: what rules mean is said by `govrules.lowering`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, assert_never

import attrs
import z3

from govrules.lowering import formulas
from govrules.lowering.formulas import Exists, Formula, Holds, Num, Read, Table, Total, Var
from govrules.prove.symbols import (
    Day,
    Nested,
    Single,
    Space,
    SymbolicRecord,
    constant,
    earlier,
    months_earlier,
    same_day,
)
from govrules.prove.terms import (
    Term,
    added,
    both,
    either,
    exact,
    false,
    implied,
    is_false,
    no,
    number_of,
    one_of,
    true,
    truth,
)
from govrules.rulebook.ast import FactSource, Op
from govrules.vocabulary import FactType, Months

#: The record for which each variable of a formula stands.
_Env: TypeAlias = Mapping[Var, SymbolicRecord]


@attrs.define(eq=False)
class Translator:
    """
    Translates formulas about one subject.

    Attributes:
        space: its facts.
    """

    space: Space
    _terms: dict[tuple[Formula | Num, tuple[SymbolicRecord, ...]], Term] = attrs.field(factory=dict)
    #: The tables about the subject that are terms already.
    _done: set[Table] = attrs.field(factory=set)

    def term(self, formula: Formula, env: _Env | None = None) -> Term:
        """Return a formula as a term; with no records given, one about the subject alone."""
        env = {formulas.subject(self.space.cls): self.space.top} if env is None else env
        # Tables become terms one after the other, so that no chain of them is walked down.
        for table in formulas.in_order([formula], self._done):
            if table.var in env:
                for each in table.may.values():
                    self._term(each, env)
                if not table.var.depth:
                    self._done.add(table)
        return self._term(formula, env)

    def _term(self, node: Formula | Num, env: _Env) -> Term:
        about = sorted(node.about, key=lambda var: var.depth)
        key = (node, tuple(env[each] for each in about))
        if key not in self._terms:
            self._terms[key] = self._made(node, env)
        return self._terms[key]

    def _made(self, node: Formula | Num, env: _Env) -> Term:
        match node:
            case formulas.Const(value=value):
                return truth(value)
            case formulas.And(items=items):
                return both(*(self._term(each, env) for each in items))
            case formulas.Neg(item=formulas.And(items=items)):
                return either(*(self._term(formulas.no(each), env) for each in items))
            case formulas.Neg(item=item):
                return no(self._term(item, env))
            case formulas.Unknown(read=read):
                held = self._held(read, env)
                return _naming(held, no(held.known))
            case formulas.Absent(read=read):
                return self._held(read, env).none
            case formulas.More(read=read):
                held = self._held(read, env)
                return _naming(held, held.more)
            case formulas.Among(read=read, values=values):
                one = self._held(read, env)
                several = [self._constant(each, read.type) for each in sorted(values)]
                return both(_there(one), either(*(_equal(one.term, each) for each in several)))
            case Holds():
                return self._holds(node, env)
            case formulas.Meets(read=read, wanted=wanted, all=every):
                return self._meets(self._held(read, env).of, wanted, env, every=every)
            case Exists():
                return either(*(so for so, _ in self._records(node, env)))
            case formulas.Above(one=one, other=other, equal=equal):
                more, less = self._term(one, env), self._term(other, env)
                return z3.simplify(more >= less if equal else more > less)
            case formulas.May(table=table, values=values):
                several = [so for each, so in table.may.items() if each in values]
                return either(*(self._term(each, env) for each in several))
            case formulas.Amount() | Total() | formulas.Members() | formulas.Times():
                return self._number(node, env)
            case _:
                assert_never(node)

    def _number(self, number: Num, env: _Env) -> Term:
        match number:
            case formulas.Amount(of=of):
                return self._amount(of, env) if isinstance(of, Read) else exact(of)
            case formulas.Members(read=read):
                return number_of(self._held(read, env).of.values())
            case formulas.Times(one=one, other=Total(of=None) as total):
                # Added up rather than multiplied, which z3 could not always decide.
                each = self._term(one, env)
                return added(one_of(so, each, exact(0)) for so, _ in self._records(total, env))
            case formulas.Times(one=one, other=other):
                return self._term(one, env) * self._term(other, env)
            case Total(of=of):
                return added(
                    one_of(so, exact(1) if of is None else self._amount(of, inner), exact(0))
                    for so, inner in self._records(number, env)
                )
            case _:
                assert_never(number)

    def _amount(self, read: Read, env: _Env) -> Term:
        held = self._held(read, env)
        return one_of(_there(held), held.term, exact(0))

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _held(self, read: Read, env: _Env) -> Any:  # noqa: ANN401 - of the kind that the leaf asks
        if read.source is FactSource.AS_OF:
            return self.space.as_of
        if read.source is FactSource.DERIVED:
            # Nobody states what is derived: it is unknown, whatever stands for its value.
            texts, value = self.space.texts, self._constant(None, read.type)
            return Single(read.path, read.fact, false(), false(), value, texts)
        local = "local." if read.source is FactSource.LOCAL else ""
        assert read.var is not None  # noqa: S101 - only the date is of no record
        held = env[read.var].find(local + read.path)
        return held.state if isinstance(held, Nested) else held

    def _constant(self, value: Any, kind: FactType) -> Term:  # noqa: ANN401 - any value
        return constant(value, kind, self.space.texts)

    def _records(self, of: Exists | Total, env: _Env) -> Iterator[tuple[Term, _Env]]:
        """Yield for each place of a list whether a record is there and so, with the records."""
        assert of.var.list is not None  # noqa: S101 - only lists are gone through
        listed = self._held(of.var.list, env)
        for there, record in zip(listed.there, listed.records, strict=True):
            inner = {**env, of.var: record}
            yield both(there, self.term(of.so, inner)), inner

    # ── Relations ─────────────────────────────────────────────────────────────────────────────

    def _holds(self, node: Holds, env: _Env) -> Term:
        one = self._held(node.one, env)
        there = [_there(one)]
        if isinstance(node.other, Read):
            held = self._held(node.other, env)
            other = held.term
            there.append(_there(held))
        else:
            other = self._constant(node.other, Months() if node.op.is_age else node.type)
        if node.op.is_age:
            as_of = self._held(formulas.AS_OF_READ, env)
            exists, before = months_earlier(as_of.term, other)
            return both(*there, _there(as_of), exists, earlier(one.term, before))
        return both(*there, _related(node.op, one.term, other))

    def _meets(
        self, inside: Mapping[str, Term], wanted: Read | frozenset[str], env: _Env, *, every: bool
    ) -> Term:
        if isinstance(wanted, Read):
            of = self._held(wanted, env).of
        else:
            of = dict.fromkeys(sorted(wanted), true())
        pairs = [(so, inside.get(each, false())) for each, so in of.items()]
        if every:
            return both(*(implied(so, here) for so, here in pairs))
        return either(*(both(so, here) for so, here in pairs))


def _naming(held: Any, unknown: Term) -> Term:  # noqa: ANN401 - of the kind that the leaf asks
    """Return whether a fact is unknown; where nothing is, name it for examples to state it."""
    variables = held.variables()
    return variables[0] != variables[0] if is_false(unknown) and variables else unknown


def _there(held: Single) -> Term:
    return both(held.known, no(held.none))


def _equal(one: Term | Day, other: Term | Day) -> Term:
    if isinstance(one, Day):
        return same_day(one, other)
    return z3.simplify(one == other)


def _related(op: Op, one: Term | Day, other: Term | Day) -> Term:
    if op is Op.EQUALS:
        return _equal(one, other)
    if isinstance(one, Day):
        return no(earlier(one, other)) if op is Op.AT_LEAST else earlier(other, one)
    return one >= other if op is Op.AT_LEAST else one > other
