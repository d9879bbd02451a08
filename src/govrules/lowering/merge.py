"""
Numbers over the records of a list that add up, so that each record may be looked at by itself.

Whether a record is so (`Exists`, which adds up as a count), how many are, or what they sum to
(`Total`) hangs on that record and on the subject. What goes through the list again inside its own
records does not add up.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from govrules.lowering.formulas import Exists, Node, Num, Total, total
from govrules.lowering.reads import beneath
from govrules.rulebook.reads import Path


@attrs.frozen
class Merged:
    """
    What formulas ask of a list of their subject.

    Attributes:
        leaves: what adds up over its records, in the order of the formulas, each once.
        is_all: whether nothing else goes through the list.
    """

    leaves: tuple[Exists | Total, ...]
    is_all: bool


def mergeable(nodes: Iterable[Node], listed: Path) -> Merged:
    """Return what formulas and numbers about a subject ask of one of its lists."""
    over = _over(nodes, listed)
    leaves = tuple(each for each in over if _adds_up(each, listed))
    return Merged(leaves, len(leaves) == len(over))


def _over(nodes: Iterable[Node], listed: Path) -> list[Exists | Total]:
    """Return all that goes through a list."""
    found = (each for each in beneath(nodes) if isinstance(each, Exists | Total))
    return [each for each in found if each.var.prefix == f"{listed}[]."]


def _adds_up(leaf: Exists | Total, listed: Path) -> bool:
    # About the subject alone, seen from the subject, and no other record of the list.
    alone = leaf.var.depth == 1 and all(not each.depth for each in leaf.about)
    return alone and not _over([leaf.so], listed)


def counted(leaf: Exists | Total) -> Num:
    """Return what adds up: a sum, or how many records are so."""
    return leaf if isinstance(leaf, Total) else total(leaf.var, leaf.so)
