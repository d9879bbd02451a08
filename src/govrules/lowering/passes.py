"""What a backend that writes code asks of formulas: what they read and imply."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import attrs

from govrules.facts import parts_of
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.rulebook.expr import FactSource
from govrules.vocabulary import is_past


@attrs.frozen
class Sought:
    """
    What a pass over a list finds.

    Attributes:
        node: whether a record is so, or how many are.
        open: whether a record that nobody recorded counts as being so.
    """

    node: ir.Exists | ir.Total
    open: bool = False


def ends(items: tuple[ir.Formula, ...]) -> tuple[list[ir.Exists], list[ir.Formula]]:
    """
    Return what no record of a list is that has no more, and the other parts of an *and*.

    That nothing was done on a day that is yet to come is left out: reading such dates sees to it.
    """
    lists: dict[ir.Read, ir.Exists] = {}
    for each in items:
        match each:
            case ir.Neg(item=ir.Exists(var=ir.Var(list=ir.Read() as fact), so=so) as node) if (
                so is not f.TRUE
            ):
                if f.no(f.more(fact)) in items:
                    lists.setdefault(fact, node)
            case _:
                pass
    told = {f.no(each) for each in lists.values()} | {f.no(f.more(each)) for each in lists}
    rest = [each for each in items if each not in told and not is_ahead(f.no(each))]
    return [*lists.values()], rest


def asked(roots: Sequence[ir.Formula | ir.Num]) -> dict[Hashable, None]:
    """Return all that some formulas ask themselves, by the keys under which it may be bound."""
    waiting: list[Any] = list(roots)
    found: dict[Hashable, None] = {}
    while waiting:
        each = waiting.pop()
        if each in found or not isinstance(each, ir.Node | ir.Read | ir.Table | ir.Var):
            continue
        found[each] = None
        match each:
            case ir.Var(list=fact):
                waiting.append(fact)
            case ir.Read(var=var, path=path, source=source):
                if var is not None and source is FactSource.RECORDED:
                    found |= {("part", part, var): None for part in parts_of(path)}
                elif source is FactSource.LOCAL:
                    found["local", var] = None
                elif source is FactSource.DERIVED:
                    found["stated", var] = None
            case ir.Table(var=var, stated=stated):
                found |= {} if stated is None else {stated: None, ("stated", var): None}
            case ir.And(items=items):
                open_, rest = ends(items)
                found |= {Sought(node, open=True): None for node in open_}
                waiting += [*rest, *(node.so for node in open_)]
            case ir.Exists(so=so) | ir.Total(so=so) if so is not f.TRUE:
                found[Sought(each)] = None
                waiting += each.parts()
            case _:
                waiting += each.parts()
    return found


def owner(node: ir.Node, otherwise: ir.Var) -> ir.Var:
    """Return the innermost record that a formula is about."""
    return max(node.about, key=lambda each: each.depth, default=otherwise)


def is_ahead(item: ir.Formula) -> bool:
    """Tell whether a formula is that something was done on a day that is yet to come."""
    return isinstance(item, ir.Holds) and is_past(item.one.type) and item is f.ahead(item.one)


def implies(one: ir.Formula, other: ir.Formula) -> bool:
    """Tell whether it is seen that where one formula holds, the other does."""
    return f.given(other, [one]) is f.TRUE
