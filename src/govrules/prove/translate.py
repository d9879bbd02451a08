"""
Lowered formulas as z3 terms over the facts of a space, each list as long as its bound.

Nothing is decided here: what rules mean is said by `govrules.lowering`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, assert_never

import attrs
import z3

from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.prove import symbols
from govrules.prove import terms as t
from govrules.prove.symbols import Day, Held, Single, SymbolicRecord, SymbolicSubject
from govrules.prove.terms import Term
from govrules.rulebook.expr import FactSource, Op
from govrules.vocabulary import FactType, Months

#: The record for which each variable of a formula stands.
_Env: TypeAlias = Mapping[ir.Var, SymbolicRecord]


@attrs.define(eq=False)
class Translator:
    """
    Translates formulas about one subject.

    Attributes:
        space: its facts.
    """

    space: SymbolicSubject
    _terms: dict[tuple[ir.Formula | ir.Num, tuple[SymbolicRecord, ...]], Term] = attrs.field(
        factory=dict
    )
    #: The tables about the subject that are terms already.
    _done: set[ir.DerivedTable] = attrs.field(factory=set)

    def term(self, formula: ir.Formula, env: _Env | None = None) -> Term:
        """Return a formula as a term; with no records given, one about the subject alone."""
        env = {ir.subject(self.space.cls): self.space.top} if env is None else env
        # Tables become terms one after the other, so that no chain of them is walked down.
        for table in ir.tables_in_order([formula], self._done.__contains__):
            if table.var in env:
                for each in table.may.values():
                    self._term(each, env)
                if not table.var.depth:
                    self._done.add(table)
        return self._term(formula, env)

    def _term(self, node: ir.Formula | ir.Num, env: _Env) -> Term:
        about = sorted(node.about, key=lambda var: var.depth)
        key = (node, tuple(env[each] for each in about))
        if key not in self._terms:
            self._terms[key] = self._made(node, env)
            # What is in the parts is kept, so that the whole need not be gone through for it.
            t.names_in(self._terms[key])
        return self._terms[key]

    def _made(self, node: ir.Formula | ir.Num, env: _Env) -> Term:
        match node:
            case ir.Const(value=value):
                return t.truth(value)
            case ir.And(items=items):
                return t.both(*(self._term(each, env) for each in items))
            case ir.Neg(item=ir.And(items=items)):
                return t.either(*(self._term(f.no(each), env) for each in items))
            case ir.Neg(item=item):
                return t.no(self._term(item, env))
            case ir.IsUnknown(read=read):
                held = self._held(read, env)
                return _naming(held, t.no(held.known))
            case ir.Absent(read=read):
                return self._held(read, env).none
            case ir.More(read=read):
                held = self._held(read, env)
                return _naming(held, held.more)
            case ir.Among(read=read, values=values):
                one = self._held(read, env)
                several = [self._constant(each, read.type) for each in sorted(values)]
                same = (_related(Op.EQUALS, one.term, each) for each in several)
                return t.both(one.there, t.either(*same))
            case ir.Holds():
                return self._holds(node, env)
            case ir.Meets(read=read, wanted=wanted, all=every):
                return self._meets(self._held(read, env).of, wanted, env, every=every)
            case ir.Exists():
                return t.either(*(so for so, _ in self._records(node, env)))
            case ir.Above(one=one, other=other, equal=equal):
                more, less = self._term(one, env), self._term(other, env)
                return z3.simplify(more >= less if equal else more > less)
            case ir.May(table=table, values=values):
                several = [so for each, so in table.may.items() if each in values]
                return t.either(*(self._term(each, env) for each in several))
            case ir.Amount(of=of):
                return self._amount(of, env) if isinstance(of, ir.FactRead) else t.exact(of)
            case ir.Members(read=read):
                return t.number_of(self._held(read, env).of.values())
            case ir.Times(one=one, other=ir.RecordTotal(of=None) as total):
                # Added up rather than multiplied, which z3 could not always decide.
                each = self._term(one, env)
                return t.added(
                    t.one_of(so, each, t.exact(0)) for so, _ in self._records(total, env)
                )
            case ir.Times(one=one, other=other):
                return self._term(one, env) * self._term(other, env)
            case ir.RecordTotal(of=of):
                return t.added(
                    t.one_of(so, t.exact(1) if of is None else self._amount(of, inner), t.exact(0))
                    for so, inner in self._records(node, env)
                )
            case _:
                assert_never(node)

    def _amount(self, read: ir.FactRead, env: _Env) -> Term:
        held = self._held(read, env)
        return t.one_of(held.there, held.term, t.exact(0))

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _held(self, read: ir.FactRead, env: _Env) -> Any:  # noqa: ANN401 - of the kind that the leaf asks
        if read.source is FactSource.AS_OF:
            return self.space.as_of
        if read.source is FactSource.DERIVED:
            # Nobody states what is derived: it is unknown, whatever stands for its value.
            texts, value = self.space.texts, self._constant(None, read.type)
            return Single(read.path, read.fact, t.false(), t.false(), value, texts)
        assert read.var is not None  # noqa: S101 - only the date is of no record
        return env[read.var].find(read.path)

    def _constant(self, value: Any, kind: FactType) -> Term:  # noqa: ANN401 - any value
        return symbols.constant(value, kind, self.space.texts)

    def _records(self, of: ir.Exists | ir.RecordTotal, env: _Env) -> Iterator[tuple[Term, _Env]]:
        """Yield for each list position whether its record matches, with the records."""
        assert of.var.list is not None  # noqa: S101 - only lists are gone through
        listed = self._held(of.var.list, env)
        for there, record in listed.places:
            inner = {**env, of.var: record}
            yield t.both(there, self.term(of.so, inner)), inner

    # ── Relations ─────────────────────────────────────────────────────────────────────────────

    def _holds(self, node: ir.Holds, env: _Env) -> Term:
        one = self._held(node.one, env)
        there = [one.there]
        if isinstance(node.other, ir.FactRead):
            held = self._held(node.other, env)
            other = held.term
            there.append(held.there)
        else:
            other = self._constant(node.other, Months() if node.op.is_age else node.type)
        if node.op.is_age:
            as_of = self._held(f.AS_OF_READ, env)
            exists, before = symbols.months_earlier(as_of.term, other)
            return t.both(*there, as_of.there, exists, symbols.earlier(one.term, before))
        return t.both(*there, _related(node.op, one.term, other))

    def _meets(
        self,
        inside: Mapping[str, Term],
        wanted: ir.FactRead | frozenset[str],
        env: _Env,
        *,
        every: bool,
    ) -> Term:
        if isinstance(wanted, ir.FactRead):
            of = self._held(wanted, env).of
        else:
            of = dict.fromkeys(sorted(wanted), t.true())
        pairs = [(so, inside.get(each, t.false())) for each, so in of.items()]
        if every:
            return t.both(*(t.implied(so, here) for so, here in pairs))
        return t.either(*(t.both(so, here) for so, here in pairs))


def _naming(held: Held, unknown: Term) -> Term:
    """Return whether a fact is unknown, noting its name for witnesses."""
    variables = held.variables()
    return variables[0] != variables[0] if t.is_false(unknown) and variables else unknown


def _related(op: Op, one: Term | Day, other: Term | Day) -> Term:
    match op, one:
        case Op.EQUALS, Day():
            return symbols.same_day(one, other)
        case Op.EQUALS, _:
            return z3.simplify(one == other)
        case Op.AT_LEAST, Day():
            return t.no(symbols.earlier(one, other))
        case Op.AT_LEAST, _:
            return one >= other
        case _, Day():
            return symbols.earlier(other, one)
        case _:
            return one > other
