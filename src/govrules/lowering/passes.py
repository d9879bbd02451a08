"""What a backend that writes code asks of formulas: what they read, cost and imply."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

import attrs

from govrules.facts import parts_of
from govrules.lowering.formulas import (
    TRUE,
    Above,
    Among,
    And,
    Exists,
    Formula,
    Holds,
    May,
    Neg,
    Node,
    Read,
    Table,
    Total,
    Var,
    absent,
    either,
    given,
    more,
    no,
    unknown,
)
from govrules.rulebook.ast import FactSource

#: How many looks at names a comparison takes, guards included.
_GUARDED: Final = 3


@attrs.frozen
class Sought:
    """
    What a pass over a list finds.

    Attributes:
        node: whether a record is so, or how many are.
        open: whether a record that nobody recorded counts as being so.
    """

    node: Exists | Total
    open: bool = False


def ends(items: tuple[Formula, ...]) -> tuple[list[Exists], list[Formula]]:
    """Return what no record of a list is that has no more, and the other parts of an *and*."""
    lists: dict[Read, Exists] = {}
    for each in items:
        match each:
            case Neg(item=Exists(var=Var(list=Read() as fact), so=so) as node) if so is not TRUE:
                if no(more(fact)) in items:
                    lists.setdefault(fact, node)
            case _:
                pass
    told = {no(each) for each in lists.values()} | {no(more(each)) for each in lists}
    return [*lists.values()], [each for each in items if each not in told]


def asked(roots: Sequence[Formula]) -> dict[Hashable, None]:
    """Return all that some formulas ask themselves, by the keys under which it may be bound."""
    waiting: list[Any] = list(roots)
    found: dict[Hashable, None] = {}
    while waiting:
        each = waiting.pop()
        if each in found or not isinstance(each, Node | Read | Table | Var):
            continue
        found[each] = None
        match each:
            case Var(list=fact):
                waiting.append(fact)
            case Read(var=var, path=path, source=source):
                if var is not None and source is FactSource.RECORDED:
                    found |= {("part", part, var): None for part in parts_of(path)}
                elif source is FactSource.LOCAL:
                    found["local", var] = None
            case Table(var=var):
                found["stated", var] = None
            case And(items=items):
                open_, rest = ends(items)
                found |= {Sought(node, open=True): None for node in open_}
                waiting += [*rest, *(node.so for node in open_)]
            case Exists(so=so) | Total(so=so) if so is not TRUE:
                found[Sought(each)] = None
                waiting += each.parts()
            case _:
                waiting += each.parts()
    return found


def apart(formula: Formula) -> tuple[Formula, Formula]:
    """Return an *or* in two: what is seen at a glance, and what takes loops or derived facts."""
    items = formula.item.items if isinstance(formula, Neg) and isinstance(formula.item, And) else ()
    parts = [no(each) for each in items] or [formula]
    cheap = [each for each in parts if not _is_costly(each)]
    return either(*cheap), either(*(each for each in parts if each not in cheap))


def _is_costly(formula: Formula) -> bool:
    match formula:
        case And(items=items):
            return any(map(_is_costly, items))
        case Neg(item=item):
            return _is_costly(item)
        case Exists(so=so):
            return so is not TRUE
        case Above() | May():
            return True
        case _:
            return False


def rank(item: Formula) -> int:
    """Return what is looked at first: what most often decides, and last what costs."""
    inner = item.item if isinstance(item, Neg) else item
    match inner:
        case Among() | May():
            return 0
        case And():
            return 2 + any(map(_is_costly, inner.items))
        case Exists() | Above():
            return 3
        case _:
            return 1


def size(formula: Formula) -> int:
    """Return how many looks at a name a formula takes."""
    match formula:
        case And(items=items):
            return sum(map(size, items))
        case Neg(item=item):
            return size(item)
        case Holds() | Above():
            return _GUARDED
        case _:
            return 1


def owner(node: Node, otherwise: Var) -> Var:
    """Return the innermost record that a formula is about."""
    return max(node.about, key=lambda each: each.depth, default=otherwise)


def following(item: Formula) -> frozenset[Formula]:
    """Return what holds where a formula does, as far as guards need it."""
    facts: list[Any] = []
    if isinstance(item, Among):
        facts = [item.read]
    elif isinstance(item, Holds):
        facts = [item.one, item.other]
    return frozenset({item}).union(
        *({no(unknown(each)), no(absent(each))} for each in facts if isinstance(each, Read))
    )


def implies(one: Formula, other: Formula) -> bool:
    """Tell whether it is seen that where one formula holds, the other does."""
    return given(other, [one]) is TRUE
