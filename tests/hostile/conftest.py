"""What hostile files are tried with: the small pack, and commands in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import POOLED, REGISTER, Ran, in_order, pack, pooled, register, run  # noqa: F401 - fixtures

ROOT = Path(__file__).parents[2]


@pytest.fixture
def spawn() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command as the shell would, in a process that may die."""

    def spawn(*words: object, script: str = "", **options):
        paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        environment = {**os.environ, "PYTHONPATH": paths, **options.pop("env", {})}
        command = [sys.executable, "-m", "govrules", *map(str, words)]
        if script:
            # The shell closes and redirects streams.
            command = ["bash", "-c", f'"$@" {script}', "bash", *command]
        return subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=120, **options
        )

    return spawn
