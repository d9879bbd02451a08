"""
Count which lines and branches of the package the tests run, in each process of pytest: `make coverage`.

A plugin of pytest, loaded before the package is: `-p tests.cover`. What a process ran it writes into
the folder that `COVERAGE` names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import slipcover

SOURCE = Path(__file__).parents[1] / "src" / "govrules"
#: The worker that this process is; none where it gathers what workers ran, or runs all itself.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")

# Files that nobody imported are counted once, and not by each worker.
_counted = slipcover.Slipcover(
    branch=True,
    source=None if WORKER else [str(SOURCE)],
    exclude_also=["if TYPE_CHECKING:"],
)
slipcover.ImportManager(_counted, slipcover.FileMatcher(sources=[SOURCE])).__enter__()


def pytest_collection() -> None:
    """Keep the plugin from the runs of pytest that tests begin: they are in folders of their own."""
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_sessionfinish() -> None:
    """Write what this process ran, while the one that gathers still waits for it."""
    folder = Path(os.environ["COVERAGE"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{WORKER or 'main'}.json"
    path.write_text(json.dumps(_counted.get_coverage()), encoding="utf-8")
