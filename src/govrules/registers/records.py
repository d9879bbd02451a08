"""
Records made of columns of values, many of one class.

A frozen class sends every assignment through its own `__setattr__`. Here a record is filled as an
instance of a class of the same layout that lets its fields be assigned, and then given its class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from govrules.registers.tables import InterningMap
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, YesNo, vocabulary_of


def make_records(
    cls: type, columns: Mapping[str, Sequence[Any]], *, bare: bool = False
) -> list[Any]:
    """
    Return records built from columns, one a row.

    Args:
        cls: the class of the records, as the model declares it.

        columns: the values of each field, of which there is at least one.

        bare: whether a row of which nothing is known gives a record too, and not UNKNOWN.

    Raises:
        TypeError: records of the class can only be made by itself.
    """
    make = maker(cls, tuple(columns), bare=bare)
    fields = vocabulary_of(cls).fields
    # Records of yes, no and closed values are few and often the same; others seldom are.
    if all(isinstance(fields[name].type, (YesNo, Choice)) for name in columns):
        if len(columns) == 1:
            return list(map(InterningMap(make).__getitem__, *columns.values()))
        rows = zip(*columns.values(), strict=True)
        return list(map(InterningMap(lambda row: make(*row)).__getitem__, rows))
    return list(map(make, *columns.values()))


@functools.lru_cache(maxsize=1024)
def maker(
    cls: type, names: tuple[str, ...], about: tuple[str, ...] = (), *, bare: bool = False
) -> Callable[..., Any]:
    """
    Return a constructor from values by position; UNKNOWN if none is known.

    Args:
        cls: the class of the records, as the model declares it.

        names: the fields of which values are given, in their order; UNKNOWN is as if not given.

        about: further fields whose values follow, which alone make no record.

        bare: whether a record is made of nothing too.

    Raises:
        TypeError: records of the class can only be made by itself.
    """
    given = (*names, *about)
    # No field begins with a stroke, so that none is mistaken for one of these.
    space: dict[str, Any] = {
        "_UNKNOWN": UNKNOWN,
        "_cls": cls,
        "_twin": _mutable_twin(cls),
        "_new": object.__new__,
    }
    lines = [f"def _make({', '.join(given)}):", "    _unknown = _UNKNOWN"]
    if not bare:
        nothing = " and ".join(f"{name} is _unknown" for name in names) or "True"
        lines += [f"    if {nothing}:", "        return _unknown"]
    lines.append("    _record = _new(_twin)")
    for field in attrs.fields(cls):
        name = field.name
        value = name if name in given else "_unknown"
        if field.default is not UNKNOWN:
            value = f"{{}} if {name} is _unknown else {name}" if name in given else "{}"
        lines.append(f"    _record.{name} = {value}")
    lines += ["    _record.__class__ = _cls", "    return _record"]
    exec("\n".join(lines), space)  # noqa: S102 - of nothing but the names of fields
    make: Callable[..., Any] = space["_make"]
    return make


def made_by(cls: type, names: tuple[str, ...], about: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Return the constructor `maker` gives, through the class itself."""

    def make(*values: Any) -> Any:  # noqa: ANN401 - any facts
        known = {
            name: value
            for name, value in zip((*names, *about), values, strict=True)
            if value is not UNKNOWN
        }
        return cls(**known) if known.keys() - {*about} else UNKNOWN

    return make


@functools.cache
def _mutable_twin(cls: type) -> type:
    """Return a mutable class with the memory layout of a frozen one."""
    for field in attrs.fields(cls):
        plain = field.init and field.converter is None and field.validator is None
        if not plain or (field.default is not UNKNOWN and field.default != attrs.Factory(dict)):
            msg = f"`{cls.__name__}.{field.name}` is set by its class"
            raise TypeError(msg)
    open_ = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    slots: Sequence[str] | None = cls.__dict__.get("__slots__")
    if slots is None:
        msg = f"`{cls.__name__}` keeps its fields in a dictionary"
        raise TypeError(msg)
    return type(cls.__name__, cls.__bases__, {"__slots__": slots, **open_})
