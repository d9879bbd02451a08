"""Tells Hypothesis how to make the classes of the vocabulary, whenever it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from govrules.model import Organisation, Partner
from govrules.vocabulary import WHEN_DECLARED, Subject


def register() -> None:
    """
    Register a strategy for each class, made when it is first asked for.

    So is one for every class of somebody's own that is derived from `Subject`, before or after.
    """
    for cls in (Partner, Organisation, *_derived(Subject)):
        _declared(cls)
    WHEN_DECLARED.append(_declared)


def _derived(cls: type) -> Iterator[type]:
    several: list[type] = cls.__subclasses__()
    for each in several:
        yield each
        yield from _derived(each)


def _declared(cls: type) -> None:
    st.register_type_strategy(cls, _strategy)


def _strategy(cls: type) -> st.SearchStrategy[Any]:
    from govrules.testing.strategies import records  # noqa: PLC0415 - what is not asked for is free

    return records(cls)
