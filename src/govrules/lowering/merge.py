"""
Numbers over the records of a list that add up, so that each record may be looked at by itself.

Whether a record is so (`Exists`, which adds up as a count), how many are, or what they sum to
(`Total`) hangs on that record and on the subject. What goes through the list again inside its own
records does not add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from govrules.lowering.formulas import total
from govrules.lowering.ir import Exists, Node, Num, Read, Total
from govrules.lowering.reads import beneath
from govrules.rulebook.reads import Path

#: A number over a list.
Leaf: TypeAlias = Exists | Total


@attrs.frozen
class Merged:
    """
    What formulas ask of a list of their subject.

    Attributes:
        leaves: what adds up over its records, in the order of the formulas, each once.
        is_all: whether nothing else goes through the list.
    """

    leaves: tuple[Leaf, ...]
    is_all: bool


def mergeable(nodes: Iterable[Node], listed: Path) -> Merged:
    """Return what formulas and numbers about a subject ask of one of its lists."""
    through = (each for each in beneath(nodes) if isinstance(each, Exists | Total))
    over = [each for each in through if each.var.prefix == f"{listed}[]."]
    leaves = tuple(each for each in over if _adds_up(each, listed))
    return Merged(leaves, len(leaves) == len(over))


def _adds_up(leaf: Leaf, listed: Path) -> bool:
    # About the subject alone, seen from the subject, and nothing else of the list.
    if leaf.var.depth != 1 or any(each.depth for each in leaf.about):
        return False
    facts = (each for each in beneath([leaf.so]) if isinstance(each, Read))
    return all(each.full_path != listed for each in facts)


def counted(leaf: Leaf) -> Num:
    """Return what adds up: a sum, or how many records are so."""
    return leaf if isinstance(leaf, Total) else total(leaf.var, leaf.so)
