"""
Records made of values in their order, many of one class after the other.

A frozen class sends every assignment through its own `__setattr__`. Here a record is filled as an
instance of a class of the same layout that lets its fields be assigned, and then given its class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from govrules.truth import UNKNOWN


@functools.cache
def maker(cls: type, names: tuple[str, ...], about: tuple[str, ...] = ()) -> Callable[..., Any]:
    """
    Return what makes a record of values, one for each name; UNKNOWN where none is known.

    Args:
        cls: the class of the records, as the model declares it.

        names: the fields of which values are given, in their order; UNKNOWN is as if not given.

        about: further fields whose values follow, which alone make no record.

    Raises:
        TypeError: records of the class can only be made by itself.
    """
    given = (*names, *about)
    space: dict[str, Any] = {
        "UNKNOWN": UNKNOWN,
        "cls": cls,
        "twin": _twin(cls),
        "new": object.__new__,
    }
    lines = [
        f"def make({', '.join(given)}):",
        "    unknown = UNKNOWN",
        f"    if {' and '.join(f'{name} is unknown' for name in names) or 'True'}:",
        "        return unknown",
        "    record = new(twin)",
    ]
    for field in attrs.fields(cls):
        name = field.name
        value = name if name in given else "unknown"
        if field.default is not UNKNOWN:
            value = f"{{}} if {name} is unknown else {name}" if name in given else "{}"
        lines.append(f"    record.{name} = {value}")
    exec("\n".join([*lines, "    record.__class__ = cls", "    return record"]), space)  # noqa: S102 - of names of fields only
    make: Callable[..., Any] = space["make"]
    return make


@functools.cache
def _twin(cls: type) -> type:
    """Return a class whose instances are laid out as those of a frozen class, and not frozen."""
    for field in attrs.fields(cls):
        plain = field.init and field.converter is None and field.validator is None
        if not plain or (field.default is not UNKNOWN and field.default != attrs.Factory(dict)):
            msg = f"`{cls.__name__}.{field.name}` is set by its class"
            raise TypeError(msg)
    open_ = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    slots: Sequence[str] = cls.__dict__["__slots__"]
    return type(cls.__name__, cls.__bases__, {"__slots__": slots, **open_})
