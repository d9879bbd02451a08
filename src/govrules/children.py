"""A program of our own in a process beside this one: begun, asked a line at a time, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs


@attrs.define
class Program:
    """
    A child process, started on first use and restarted after it ends.

    A program that forks has one of its own in each.

    Attributes:
        lock: is held while it is asked.
    """

    _process: subprocess.Popen[str] | None = attrs.field(default=None, init=False)
    _owner: int = attrs.field(default=0, init=False)
    lock: threading.RLock = attrs.field(factory=threading.RLock, init=False)

    @property
    def pid(self) -> int | None:
        """The number of the process, where one runs."""
        return None if self._process is None else self._process.pid

    def begin(self, program: Path, *flags: str) -> bool:
        """
        Have the process run; tell whether it is a new one.

        Args:
            program: the program's file.

            flags: options of the interpreter.

        Raises:
            OSError: it cannot be begun.
        """
        process = self._process
        if process is not None and self._owner == os.getpid() and process.poll() is None:
            return False
        self.stop()
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, *flags, "-W", "ignore", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        return True

    def send(self, request: Mapping[str, Any]) -> None:
        """Send a request as a line of JSON; raise `OSError` where the process is gone."""
        assert self._process is not None  # noqa: S101 - it was begun
        assert self._process.stdin is not None  # noqa: S101 - with pipes
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> str:
        """Return the next line from the process; a partial line if it has ended."""
        assert self._process is not None  # noqa: S101 - it was begun
        assert self._process.stdout is not None  # noqa: S101 - with pipes
        return self._process.stdout.readline()

    def wait(self) -> int:
        """Return how the process ended, once it has."""
        assert self._process is not None  # noqa: S101 - it was begun
        return self._process.wait()

    def kill(self) -> None:
        """Kill the process; the next reader notices."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End the process; the next request begins another."""
        with self.lock:
            process, self._process = self._process, None
            if process is not None and self._owner == os.getpid():
                end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """End a process and close its pipes."""
    process.kill()
    for pipe in filter(None, (process.stdin, process.stdout)):
        # What was not sent any more cannot be flushed either.
        with contextlib.suppress(OSError):
            pipe.close()
    process.wait()
