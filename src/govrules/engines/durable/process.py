"""The process that durable-rules runs in, as seen from outside: asked, watched and replaced."""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import attrs

from govrules.children import Program
from govrules.engines.durable.network import Network, State
from govrules.errors import EngineError

_ALARM: Final = getattr(signal, "SIGALRM", 0)
_CHILD: Final = Path(__file__).with_name("child.py")
#: How long a process may be silent before it is taken for hung: it says after each state and each
#: shard, which take thousandths of a second, that it goes on. Two attempts end within 5 seconds.
SECONDS: Final = 2.0
#: How long it may take to begin and to say so.
_BEGINNING: Final = 2.4
#: How much longer a process has that does not end itself, in seconds.
_GRACE: Final = 0.2
#: How often that is looked at.
_LOOK: Final = 0.1
#: The line by which it says that it goes on.
_BEAT: Final = ".\n"
#: How many states one request carries.
BATCH: Final = 64
#: How often one request is made before its failing is told.
_ATTEMPTS: Final = 2
#: After so many states a new process takes over, so that what the engine leaks stays bounded.
_STATES_OF_ONE_PROCESS: Final = 200_000
#: Likewise before more shards than these are loaded, of which each takes half a megabyte.
_SHARDS_OF_ONE_PROCESS: Final = 200


class _Ended(Exception):  # noqa: N818 - it says what happened to the process
    """The process ended before it answered."""


@attrs.define
class EngineProcess(Program):
    """
    A process of the engine: begun when it is first asked, and replaced when it ends.

    It holds rules and no facts, so nothing is lost with it.
    """

    #: How many shards each network has that the process holds.
    _loaded: dict[str, int] = attrs.field(factory=dict)
    _answered: int = 0
    #: When the process has been silent for too long.
    _until: float | None = None
    #: Whether it has said anything yet, and whether it was ended because it said no more.
    _heard: bool = False
    _silent: bool = False

    def run(
        self, key: str, network: Network, states: Sequence[tuple[State, Sequence[int] | None]]
    ) -> list[State]:
        """
        Return states with all nodes worked out.

        Args:
            key: what the network is known by: one key for one network.

            network: the network.

            states: what is settled, each with the properties that changed since its nodes were
                worked out; None for all.

        Raises:
            EngineError: the engine could not do it, twice in a row.
        """
        problem = ""
        for _ in range(_ATTEMPTS):
            with self.lock:
                try:
                    answer = self._ask(self._request(key, network, states))
                except _Ended as ended:
                    problem = str(ended)
                    continue
                except BaseException:
                    # An answer that nobody waits for any more would be taken for the next one.
                    self.stop()
                    raise
                if "error" not in answer:
                    self._answered += len(states)
                    self._loaded[key] = len(network.shards)
                    return cast("list[State]", answer["states"])
                problem = answer["error"]
                # Whatever it was, its hosts are not to be trusted any more.
                self.stop()
        raise EngineError("durable", f"durable-rules failed {_ATTEMPTS} times in a row: {problem}")

    def _request(
        self, key: str, network: Network, states: Sequence[tuple[State, Sequence[int] | None]]
    ) -> Mapping[str, Any]:
        """Return the reply to a request; the process is restarted after its quota."""
        held = sum(self._loaded.values())
        more = key not in self._loaded and held + len(network.shards) > _SHARDS_OF_ONE_PROCESS
        if (held and more) or self._answered >= _STATES_OF_ONE_PROCESS:
            self.stop()
        try:
            # Firing a rule warns on Python 3.12, and no warning is to end the process.
            begun = self.begin(_CHILD, "-P")
        except OSError as error:
            raise EngineError("durable", f"its process could not be begun: {error}") from error
        if begun:
            self._loaded.clear()
            self._answered = 0
            self._heard = self._silent = False
            threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        new = {"shards": network.shards, "path": sys.path}
        return {"network": key, "states": states, **({} if key in self._loaded else new)}

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Kill a process stopped from outside; one that is merely slow ends itself."""
        while process.poll() is None:
            until = self._until
            if until is not None and time.monotonic() > until and process is self._process:
                self._silent = True
                process.kill()
            time.sleep(_LOOK)

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._until = time.monotonic() + (SECONDS if self._heard else _BEGINNING) + _GRACE
        try:
            self.send({**request, "seconds": SECONDS})
            while (line := self.receive()) == _BEAT:
                self._heard = True
                self._until = time.monotonic() + SECONDS + _GRACE
        except OSError:
            line = ""
        finally:
            self._until = None
        if not line.endswith("\n"):
            code = self.wait()
            silent, self._silent = self._silent, False
            self.stop()
            raise _Ended(_how(-_ALARM if silent and _ALARM else code))
        return cast("Mapping[str, Any]", json.loads(line))


def _how(code: int) -> str:
    if code == -_ALARM:
        return f"its process said nothing for {SECONDS:g} seconds"
    if code < 0:
        return f"its process was ended by signal {-code}"
    return f"its process ended with status {code}"


#: The process that all calls of this program share.
CHILD: Final = EngineProcess()
atexit.register(CHILD.stop)


def run_all(
    key: str, network: Network, states: Sequence[tuple[State, Sequence[int] | None]]
) -> Iterator[State]:
    """Yield states with all nodes worked out, asked for in batches; see `Child.run`."""
    for begin in range(0, len(states), BATCH):
        yield from CHILD.run(key, network, states[begin : begin + BATCH])
