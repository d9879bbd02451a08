"""
What formulas are made of, which facts they read, and what they ask of a list that adds up.

A number over the records of a list adds up where each record may be looked at by itself: whether
one is so (`Exists`, which adds up as a count), how many are, or what they sum to (`Total`) hangs on
that record and on the subject. What goes through the list again inside its own records does not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.lowering.formulas import total
from govrules.lowering.ir import DerivedTable, Exists, FactRead, Node, Num, RecordTotal, Var
from govrules.rulebook.reads import Path
from govrules.vocabulary import Record

_NOTHING: Final[Mapping[Node, Path]] = {}
#: A number over a list.
Leaf: TypeAlias = Exists | RecordTotal


def subnodes(
    nodes: Iterable[Node], stop: Container[Node | DerivedTable] = ()
) -> Iterator[Node | FactRead | DerivedTable]:
    """
    Yield all nodes and fact reads below formulas, each once.

    Args:
        nodes: where to begin.

        stop: what is yielded without what it is made of.
    """
    waiting: list[Any] = [*nodes][::-1]
    seen: set[Node | FactRead | DerivedTable | Var] = set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Node | FactRead | DerivedTable | Var) or part in seen:
            continue
        seen.add(part)
        match part:
            case Node():
                yield part
                waiting += () if part in stop else [*part.parts()][::-1]
            case FactRead():
                yield part
            case DerivedTable() if part in stop:
                yield part
            case DerivedTable():
                waiting += part.may.values()
            case _:
                waiting.append(part.list)


def facts_read(nodes: Iterable[Node], named: Mapping[Node, Path] = _NOTHING) -> Mapping[Path, bool]:
    """
    Return every fact that formulas read.

    Each stands with whether it is a record, which what changes beneath it can bring about.

    Args:
        nodes: the formulas.

        named: formulas and numbers that are taken for facts, each with the fact's path.
    """
    found: dict[Path, bool] = {}
    for part in subnodes(nodes, named):
        if isinstance(part, FactRead):
            found[part.full_path] = isinstance(part.type, Record)
        elif isinstance(part, Node) and part in named:
            found[named[part]] = False
    return found


# ── Numbers over a list ───────────────────────────────────────────────────────────────────────


@attrs.frozen
class Merged:
    """
    The aggregates that formulas take over a list of their subject.

    Attributes:
        leaves: what adds up over its records, in the order of the formulas, each once.
        is_all: whether nothing else goes through the list.
    """

    leaves: tuple[Leaf, ...]
    is_all: bool


def mergeable(nodes: Iterable[Node], listed: Path) -> Merged:
    """Return the aggregates of formulas over one list of the subject."""
    through = (each for each in subnodes(nodes) if isinstance(each, Exists | RecordTotal))
    over = [each for each in through if each.var.prefix == f"{listed}[]."]
    leaves = tuple(each for each in over if _adds_up(each, listed))
    return Merged(leaves, len(leaves) == len(over))


def _adds_up(leaf: Leaf, listed: Path) -> bool:
    # About the subject alone, seen from the subject, and nothing else of the list.
    if leaf.var.depth != 1 or any(each.depth for each in leaf.about):
        return False
    facts = (each for each in subnodes([leaf.so]) if isinstance(each, FactRead))
    return all(fact.full_path != listed for fact in facts)


def aggregate_of(leaf: Leaf) -> Num:
    """Return the aggregate of a node: a sum, or the count of matching records."""
    return leaf if isinstance(leaf, RecordTotal) else total(leaf.var, leaf.so)
