"""Live registers under the shipped rules, with an engine that needs nothing installed."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

import benchmarks.live
from govrules import LiveRegister, load_rulebook

AS_OF = dt.date(2026, 3, 31)
SHIPPED = load_rulebook()


@pytest.fixture
def live():
    return LiveRegister(SHIPPED, as_of=AS_OF, engine="reference")


@pytest.fixture
def fresh():
    """What the reference engine flags on a live register as it stands."""
    return partial(benchmarks.live.fresh, engine="reference")


@pytest.fixture
def told():
    """What a live register says is open."""
    return benchmarks.live.told
