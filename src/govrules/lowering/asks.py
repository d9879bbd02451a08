"""
The questions left of a rule as formulas: which facts, once told, settle what is still open.

They are those of `govrules.explain.questions`, with `partners[].role` for that fact of whichever
partner.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, TypeAlias, assert_never

import attrs

from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.judged import Judged
from govrules.lowering.lower import Lowering, Vars, each_of, read_of
from govrules.rulebook import ast
from govrules.rulebook.walk import once_each, operands
from govrules.vocabulary import Choices, Records

#: Where each fact is asked for.
Asks: TypeAlias = dict[ir.Read, ir.Formula]


def _add(into: Asks, more_: Asks, where: ir.Formula = f.TRUE) -> None:
    """Add what is asked somewhere."""
    for read, asked in more_.items():
        into[read] = f.any_of(into.get(read, f.FALSE), f.all_of(where, asked))


def _open(pair: f.Pair) -> ir.Formula:
    return f.all_of(f.no(pair.true), f.no(pair.false))


@attrs.frozen(eq=False)
class Asking:
    """
    Tells what rules ask.

    Args:
        lowering: what lowers them.

        derived: the rulebook's derived facts by name.
    """

    lowering: Lowering
    derived: Mapping[str, ast.Derived]
    _tables: dict[ir.Var, dict[str, Asks]] = attrs.field(factory=dict, init=False)

    def rule(self, rule: ast.Rule, judged: Judged, cls: type) -> dict[str, ir.Formula]:
        """
        Return by path where a rule asks for each fact that it reads, and that it hangs on.

        Args:
            rule: the rule.

            judged: the rule, lowered.

            cls: the class of the subjects.
        """
        top, found = (ir.subject(cls),), Asks()
        scope = [] if rule.applies_when is None else [rule.applies_when]
        scope += [each.when for each in rule.unless]
        unknown_ = f.all_of(*map(f.no, (judged.not_applicable, judged.clear, judged.flagged)))
        in_scope = f.all_of(unknown_, _open(judged.scope))
        for condition in scope:
            _add(found, self._residual(condition, top), in_scope)
        requires = self._residual(rule.requires, top)
        _add(found, requires, f.all_of(unknown_, _open(judged.requires)))
        pairs = combinations(judged.severities.values(), 2)
        open_ = f.all_of(judged.flagged, f.any_of(*(f.all_of(*pair) for pair in pairs)))
        for mitigation in rule.mitigated_by:
            _add(found, self._residual(mitigation.when, top), open_)
        for grade in rule.grades:
            _add(found, self._residual(grade.when, top), open_)
            open_ = f.all_of(open_, f.no(self.lowering.pair(grade.when, top).true))
        asked: dict[str, ir.Formula] = {}
        for read, where in found.items():
            asked[read.full_path] = f.any_of(asked.get(read.full_path, f.FALSE), where)
        return asked

    def _residual(self, condition: ast.Condition, scopes: Vars) -> Asks:
        """Return where each fact is asked for, as the condition's value hangs on it."""
        found: Asks = {}
        match condition:
            case ast.Not(item):
                return self._residual(item, scopes)
            case ast.Known():
                return found
            case ast.All(items) | ast.AnyOf(items):
                for item in items:
                    _add(found, self._residual(item, scopes))
            case ast.Test(ref, predicate):
                _add(found, self._of_fact(ref, scopes))
                _add(found, self._of_predicate(predicate, scopes))
            case _:
                _add(found, self._of_records(condition, scopes))
                number = ast.tested(condition)
                _add(found, {} if number is None else self._of_predicate(number, scopes))
        open_ = _open(self.lowering.pair(condition, scopes))
        return {read: f.all_of(open_, asked) for read, asked in found.items()}

    def _of_records(self, condition: ast.OnList, scopes: Vars) -> Asks:
        ref = condition.list
        found = self._of_fact(ref, scopes)
        if isinstance(ref.type, Choices):
            return found
        var, unmet = each_of(ref, scopes), each_of(ref, scopes, recorded=False)
        inner, beside = Asks(), Asks()
        for fact in ast.beside(condition):
            _add(inner, self._of_fact(fact, (*scopes, var)))
        for each in ast.children(condition):
            _add(inner, self._residual(each, (*scopes, var)))
            _add(beside, self._residual(each, (*scopes, unmet)))
        _add(found, {read: f.exists(var, asked) for read, asked in inner.items()})
        # Of records that nobody recorded yet only what hangs on other facts is asked.
        recorded = {read: asked for read, asked in beside.items() if read.is_recorded}
        _add(found, recorded, f.more(read_of(ref, scopes)))
        return found

    def _of_predicate(self, predicate: ast.Predicate, scopes: Vars) -> Asks:
        found: Asks = {}
        for operand in operands(predicate):
            _add(found, self._of_operand(operand, scopes))
        if isinstance(predicate, ast.Compare) and predicate.op.is_age:
            _add(found, {f.AS_OF_READ: f.unknown(f.AS_OF_READ)})
        return found

    def _of_operand(self, operand: ast.Operand, scopes: Vars) -> Asks:
        match operand:
            case ast.FactRef():
                return self._of_fact(operand, scopes)
            case ast.By(selector, cases):
                found = dict(self._of_fact(selector, scopes))
                for value, each in cases:
                    asks = self._of_operand(each, scopes)
                    _add(found, asks, self._may_be(selector, value, scopes))
                return found
            case ast.Literal() | ast.Parameter():
                return {}
            case _:
                assert_never(operand)

    def _may_be(self, ref: ast.FactRef, value: Any, scopes: Vars) -> ir.Formula:  # noqa: ANN401 - a closed value
        """Return where a fact may have a value."""
        if ref.source is ast.FactSource.DERIVED:
            return f.may(self.lowering.table(ref.path, scopes[ref.level]), (value,))
        fact = read_of(ref, scopes)
        return f.any_of(f.unknown(fact), f.among(fact, frozenset({value})))

    def _of_fact(self, ref: ast.FactRef, scopes: Vars) -> Asks:
        if ref.source is ast.FactSource.DERIVED:
            var = scopes[ref.level]
            tables = self._tables.setdefault(var, {})
            held = once_each(ref.path, self.derived, tables, lambda each: self._of_table(each, var))
            return dict(held)
        fact = read_of(ref, scopes)
        whole = isinstance(ref.type, Records | Choices)
        return {fact: f.more(fact) if whole else f.unknown(fact)}

    def _of_table(self, derived: ast.Derived, var: ir.Var) -> Asks:
        """Return what a derived fact of a record asks, where nobody stated it."""
        held, found = self.lowering.table(derived.name, var), Asks()
        reached = f.TRUE if held.stated is None else f.unknown(held.stated)
        for row, (true, _, _) in zip(derived.rows, held.rows, strict=True):
            _add(found, self._residual(row.when, (var,)), reached)
            reached = f.all_of(reached, f.no(true))
        return {read: _named(read, var, asked, derived) for read, asked in found.items()}


def _named(read: ir.Read, var: ir.Var, formula: ir.Formula, derived: ast.Derived) -> ir.Formula:
    """Return a formula as a table of its own, so that a chain of them does not grow."""
    name, rows = f"{derived.name} asks {read.full_path}", [(f.Pair(formula, f.no(formula)), True)]
    held = f.table(name, var, rows, otherwise=False, stated=None, fact=derived.fact)
    return f.may(held, (True,))
