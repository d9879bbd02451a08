"""What formulas about a register need to know of its records, which adds up over parts of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from govrules.errors import EngineError
from govrules.lowering.formulas import (
    Exists,
    Formula,
    Num,
    Read,
    Total,
    beneath,
    reads,
    total,
)


def mergeable(
    formulas: Iterable[Formula], path: str, *, engine: str, rule: str
) -> tuple[Exists | Total, ...]:
    """
    Return what formulas ask of the records of a list of the subject, each once, in order.

    How many records are so, and what they come to, is what the parts of the list come to together.
    Nothing else in the formulas reads the records; see `counted`.

    Args:
        formulas: formulas about the subject.

        path: the list.

        engine: the name of the engine that merges, for messages.

        rule: the id of the rule that the formulas say, likewise.

    Raises:
        EngineError: the list is read again for each of its own records.
    """

    def is_leaf(node: Formula | Num) -> bool:
        return isinstance(node, Exists | Total) and _is(node.var.list, path)

    found: list[Any] = [each for each in beneath(formulas, is_leaf) if is_leaf(each)]
    if any(_is(read, path) for each in found for read in reads([each.so])):
        again = f"`{path}` is gone through again for each of its own records"
        raise EngineError(engine, f"rule `{rule}`: {again}")
    return tuple(found)


def _is(read: Read | None, path: str) -> bool:
    """Tell whether a fact is the list at a path of the subject."""
    return read is not None and read.full_path == path


def counted(leaf: Exists | Total) -> Num:
    """Return what adds up of what can be merged: a sum, or how many records are so."""
    return leaf if isinstance(leaf, Total) else total(leaf.var, leaf.so)
