"""
Public names and signatures are a promise: a change of them is seen here before users see it.

``GOVRULES_UPDATE=1`` rewrites the list, for a review by diff; the changelog then says what changed.
"""

from __future__ import annotations

import enum
import inspect
import os
import re
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

import govrules
import govrules.testing

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".txt")
NAMED = re.compile(r"^\.\. (?:auto\w+|py:data):: (govrules[\w.]+)$", re.MULTILINE)


def public_names() -> list[str]:
    """Return each name that is promised: what the page on the API and `__all__` name."""
    page = set(NAMED.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    top = {f"govrules.{name}" for name in govrules.__all__}
    testing = {f"govrules.testing.{name}" for name in govrules.testing.__all__}
    return sorted(page | top | testing)


def named(path: str) -> Any:
    """Return what a public name stands for."""
    home, _, name = path.rpartition(".")
    return getattr(import_module(home), name)


def described(path: str, value: Any) -> Iterator[str]:
    """Yield what users rely on of a public name, a line each."""
    if isinstance(value, type) and issubclass(value, enum.Enum):
        yield f"{path} = {' | '.join(each.name for each in value)}"
    elif isinstance(value, type):
        bases = [base.__name__ for base in value.__bases__ if base is not object]
        yield f"class {path}({', '.join(bases)})"
    elif callable(value) and typing.get_origin(value) is None:
        yield f"{path}{inspect.signature(value)}"
    else:
        yield f"{path}: {type(value).__name__}"
    if isinstance(value, type):
        yield from (f"    {line}" for line in members(value))


def members(cls: type) -> Iterator[str]:
    """Yield the fields of a class, and its own public methods and properties."""
    if attrs.has(cls):
        # As they are written: attrs may have resolved its own, or not yet.
        written: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            written |= inspect.get_annotations(base)
        for field in attrs.fields(cls):
            if not field.name.startswith("_"):
                given = "" if field.default is attrs.NOTHING else " = ..."
                yield f"{'*, ' if field.kw_only else ''}{field.name}: {written[field.name]}{given}"
    for name, member in sorted(vars(cls).items()):
        if name.startswith("_"):
            continue
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if inspect.isfunction(plain):
            yield f"{name}{inspect.signature(plain)}"
        elif isinstance(plain, property) or type(plain).__name__ == "cached_property":
            yield f"{name}: property"


def test_public_names_and_signatures_are_those_of_the_list() -> None:
    pytest.importorskip("pyarrow")
    found = "".join(f"{line}\n" for name in public_names() for line in described(name, named(name)))
    if os.environ.get("GOVRULES_UPDATE"):
        LIST.write_text(found, encoding="utf-8")
    assert found == LIST.read_text(encoding="utf-8")


@attrs.frozen
class Old:
    kept: int
    dropped: str = ""

    def asks(self, *, depth: int = 1) -> str:
        return self.dropped * depth


@attrs.frozen
class New:
    kept: int
    now_needed: str

    def asks(self, *, deep: int = 1) -> str:
        return self.now_needed * deep


def test_a_field_a_default_and_an_option_that_change_are_seen() -> None:
    assert list(described("Thing", Old))[1:] == [
        "    kept: int",
        "    dropped: str = ...",
        "    asks(self, *, depth: 'int' = 1) -> 'str'",
    ]
    assert list(described("Thing", New))[1:] == [
        "    kept: int",
        "    now_needed: str",
        "    asks(self, *, deep: 'int' = 1) -> 'str'",
    ]
