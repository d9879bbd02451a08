"""All of these need durable-rules; where it cannot be built they are left out, and say so."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("durable_rules_engine") else ["test_*.py"]


@pytest.fixture
def python():
    """The command that runs Python as this one."""
    return sys.executable
