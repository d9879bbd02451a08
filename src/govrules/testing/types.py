"""Tells Hypothesis how to make the classes of the vocabulary, whenever it is imported."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from govrules.model import Organisation, Partner, Partnership, Register


def register() -> None:
    """Register a strategy for each class, made when it is first asked for."""
    for cls in (Partnership, Partner, Organisation, Register):
        st.register_type_strategy(cls, _strategy)


def _strategy(cls: type) -> st.SearchStrategy[Any]:
    from govrules.testing.strategies import records  # noqa: PLC0415 - what is not asked for is free

    return records(cls)
