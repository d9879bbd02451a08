"""
Files of columns are read once by another process before this one reads them.

The libraries that read Parquet, Arrow and DuckDB trust what a file says of itself: one changed byte
can end the process. The other process reads the whole file and validates it, and may die.
"""

from __future__ import annotations

import atexit
import sys
import threading
from pathlib import Path
from typing import Final

from govrules.children import Program
from govrules.diagnostics import Code
from govrules.registers.sources import ARROW, DUCKDB, refuse, suffix_of

#: The memory that reading a file may take, in bytes, what is mapped of it too.
MEMORY: Final = 16_000_000_000
#: The time that it may take, in seconds.
SECONDS: Final = 300
_CHILD: Final = Path(__file__).with_name("probe_child.py")
_KINDS: Final = {
    ".parquet": "parquet",
    **dict.fromkeys(ARROW, "arrow"),
    **dict.fromkeys(DUCKDB, "duckdb"),
}
#: What is said of a file that cannot be read, and what to do.
_FILE: Final = (
    "it cannot be read to its end: it is cut short or damaged",
    "write it again from where it came from",
)
_DATABASE: Final = (
    "it is no DuckDB database that can be read here, or it is damaged or in use",
    "close what writes to it, and check that this version of DuckDB reads it",
)


def check_sound(file: str, name: str) -> None:
    """
    Check that a file of columns can be read to its end.

    Args:
        file: its path, which was looked at.

        name: what to call it.

    Raises:
        FactsError: it cannot.
    """
    kind = _KINDS.get(suffix_of(file))
    if kind is not None and not _PROBE.sound(file, kind):
        refuse(Code.UNREADABLE_TABLE, name, *(_DATABASE if kind == "duckdb" else _FILE))


class _Probe(Program):
    """A process that validates files, restarted when a file crashes it."""

    def sound(self, file: str, kind: str) -> bool:
        """Tell whether a file can be read to its end."""
        with self.lock:
            self.begin(_CHILD, "-I", "-S")
            watch = threading.Timer(SECONDS + 5, self.kill)
            watch.daemon = True
            watch.start()
            request = {
                "file": str(Path(file).absolute()),
                "kind": kind,
                "path": [str(Path(each or ".").absolute()) for each in sys.path],
                "memory": MEMORY,
                "seconds": SECONDS,
            }
            answer = ""
            try:
                self.send(request)
                answer = self.receive()
            except OSError:
                answer = ""
            except BaseException:
                # An answer that nobody waits for would be taken for the next one.
                self.stop()
                raise
            finally:
                watch.cancel()
            if not answer.endswith("\n"):
                self.stop()
            return answer == "true\n"


_PROBE: Final = _Probe()
atexit.register(_PROBE.stop)
