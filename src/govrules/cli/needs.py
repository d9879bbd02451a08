"""Which pack a file needs: the one that declares a fact of its own that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from govrules.diagnostics import Code, Diagnostic
from govrules.rulebook.packs import pack_names, shipped_packs


def with_packs(found: Iterable[Diagnostic], file: Path) -> Iterator[Diagnostic]:
    """
    Yield what is wrong with a file, and of an own fact that no pack in use declares, which does.

    Args:
        found: what is wrong.

        file: the file; packs are looked for beside it, here, and among those that are shipped.
    """
    packs: dict[str, str] = {}
    for each in found:
        name = each.path.rpartition("local.")[2]
        if each.code is Code.UNKNOWN_FACT and "local." in each.path:
            packs = packs or dict(_packs(file))
            wanted = re.compile(rf"^\s+(?:.*\.)?local\.{re.escape(name)}\s*:", re.MULTILINE)
            declaring = [pack for pack, text in packs.items() if wanted.search(text)]
            if declaring:
                add = " or ".join(f"`--rules {pack}`" for pack in declaring[:2])
                help_ = f"pack `{declaring[0]}` declares it: add {add}, or name it in govrules.yaml"
                yield attrs.evolve(each, help=help_)
                continue
        yield each


def _packs(file: Path) -> Iterator[tuple[str, str]]:
    """Yield packs as they are named on the command line, each with the text of its rulebook."""
    for folder in dict.fromkeys((Path(), file.parent, file.parent.parent)):
        for path in sorted((*folder.glob("rulebook.yaml"), *folder.glob("*/rulebook.yaml"))):
            yield str(path.parent), path.read_text("utf-8", "replace")
    for name in pack_names():
        path = shipped_packs() / name / "rulebook.yaml"
        if path.is_file():
            yield name, path.read_text("utf-8", "replace")
