"""What formulas are made of, and which facts they read, those beneath derived facts included."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

from govrules.lowering.ir import Node, Read, Table, Var
from govrules.rulebook.reads import Path
from govrules.vocabulary import Record

_NOTHING: Final[Mapping[Node, Path]] = {}


def beneath(
    nodes: Iterable[Node], stop: Container[Node | Table] = ()
) -> Iterator[Node | Read | Table]:
    """
    Yield formulas and numbers, what they are made of and the facts that they read, each once.

    Args:
        nodes: where to begin.

        stop: what is yielded without what it is made of.
    """
    waiting: list[Any] = [*nodes][::-1]
    seen: set[Node | Read | Table | Var] = set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Node | Read | Table | Var) or part in seen:
            continue
        seen.add(part)
        match part:
            case Node():
                yield part
                waiting += () if part in stop else [*part.parts()][::-1]
            case Read():
                yield part
            case Table() if part in stop:
                yield part
            case Table():
                waiting += part.may.values()
            case _:
                waiting.append(part.list)


def reads(nodes: Iterable[Node], named: Mapping[Node, Path] = _NOTHING) -> Mapping[Path, bool]:
    """
    Return every fact that formulas read.

    Each stands with whether it is a record, which what changes beneath it can bring about.

    Args:
        nodes: the formulas.

        named: formulas and numbers that are taken for facts, each with the fact's path.
    """
    found: dict[Path, bool] = {}
    for part in beneath(nodes, named):
        if isinstance(part, Read):
            found[part.full_path] = isinstance(part.type, Record)
        elif isinstance(part, Node) and part in named:
            found[named[part]] = False
    return found
