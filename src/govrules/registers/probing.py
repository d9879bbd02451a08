"""
Files of columns are read once by another process before this one reads them.

The libraries that read Parquet, Arrow and DuckDB trust what a file says of itself: one changed byte
can end the process. The other process reads the whole file and validates it, and may die.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import attrs

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


@attrs.define
class _Probe:
    """The process: begun when it is first asked, and again when a file has ended it."""

    _process: subprocess.Popen[str] | None = None
    _owner: int = 0
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def sound(self, file: str, kind: str) -> bool:
        """Tell whether a file could be read to its end."""
        with self._lock:
            process = self._begun()
            watch = threading.Timer(SECONDS + 5, process.kill)
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
                if process.stdin is not None and process.stdout is not None:
                    process.stdin.write(json.dumps(request) + "\n")
                    process.stdin.flush()
                    answer = process.stdout.readline()
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

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
            if process is None or self._owner != os.getpid():
                return
            process.kill()
            for pipe in filter(None, (process.stdin, process.stdout)):
                with contextlib.suppress(OSError):
                    pipe.close()
            process.wait()

    def _begun(self) -> subprocess.Popen[str]:
        process = self._process
        if process is not None and self._owner == os.getpid() and process.poll() is None:
            return process
        self.stop()
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-W", "ignore", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        return self._process


_PROBE: Final = _Probe()
atexit.register(_PROBE.stop)
