"""
The process in which durable-rules runs: it reads requests and writes answers, one JSON a line.

It is run by its path and imports nothing of govrules, so that it starts at once. It keeps no fact
between requests: whoever asks holds all that is known, and a new process can take its place.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

#: The name under which a message says for which ruleset it is.
DISCRIMINATOR: Final = "w"
#: The line that shows that the work goes on.
BEAT: Final = "."
#: The rule that fires last: without it a run did not finish.
END: Final = "end"
#: The engine's words by the letters of a state.
WORDS: Final = {"y": "yes", "n": "no"}


def rules_of(shard: Mapping[str, Any], fired: Callable[[str, str], None]) -> dict[str, Any]:
    """
    Return a shard as a ruleset of durable-rules, in its dict form.

    Args:
        shard: its `name`, and `nodes`: pairs of a node and its terms, each a list of property
            and word.

        fired: called with the id of a message and the name of a rule that fires; it records.
    """
    own = {DISCRIMINATOR: shard["name"]}

    def rule(name: str, term: Sequence[tuple[int, str]], priority: int) -> dict[str, Any]:
        compared = [own, *({f"p{number}": word} for number, word in term)]

        def run(context: Any) -> None:  # noqa: ANN401 - the engine's own
            fired(context.m.id, name)

        return {"pri": priority, "all": [{"m": {"$and": compared}}], "run": run}

    made = {
        f"n{node}x{index}": rule(f"n{node}x{index}", term, 1)
        for node, terms in shard["nodes"]
        for index, term in enumerate(terms)
    }
    return {**made, END: rule(END, (), 2)}


class Unfinished(Exception):  # noqa: N818 - it says what happened to a run
    """The engine came back before the last rule had fired."""


class Loaded:
    """
    The rulesets of one network on a host.

    Args:
        host: a host of durable-rules.

        shards: as in `rules_of`, each with its `inputs`.

        beat: is called after each shard, which shows that the work goes on.
    """

    def __init__(
        self,
        host: Any,  # noqa: ANN401 - the engine has no types
        shards: Sequence[Mapping[str, Any]],
        beat: Callable[[], object] = int,
    ) -> None:
        self.host = host
        self.shards = shards
        self.fired: dict[str, list[str]] = {}
        self.asserted = 0
        for shard in shards:
            host.register_rulesets({shard["name"]: rules_of(shard, self.record)})
            beat()

    def record(self, message: str, rule: str) -> None:
        """Note that a rule fired; an action does nothing else."""
        self.fired.setdefault(message, []).append(rule)

    def run(self, state: str, changed: Sequence[int] | None) -> str:
        """
        Return the state with all nodes worked out.

        Args:
            state: what is settled, a letter for each property.

            changed: the properties that changed since the nodes were worked out; None for all.

        Raises:
            Unfinished: a run did not finish.
        """
        letters = list(state)
        moved = None if changed is None else set(changed)
        for shard in self.shards:
            if moved is not None and moved.isdisjoint(shard["inputs"]):
                continue
            holding = self.settle(shard, letters)
            for node, _ in shard["nodes"]:
                letter = "y" if node in holding else "n"
                if letters[node] != letter:
                    letters[node] = letter
                    if moved is not None:
                        moved.add(node)
        return "".join(letters)

    def settle(self, shard: Mapping[str, Any], letters: Sequence[str]) -> set[int]:
        """Put one flat message before one ruleset, and return the nodes that it shows."""
        self.asserted += 1
        message = {"id": str(self.asserted), DISCRIMINATOR: shard["name"]}
        message.update({f"p{each}": WORDS[letters[each]] for each in shard["inputs"]})
        self.fired.clear()
        self.host.assert_fact(shard["name"], dict(message))
        self.host.retract_fact(shard["name"], dict(message))
        fired = self.fired.get(message["id"], [])
        if fired[-1:] != [END]:
            raise Unfinished(shard["name"])
        return {int(each[1:].partition("x")[0]) for each in fired[:-1]}


def private_host() -> Any:  # noqa: ANN401 - the engine has no types
    """Return a host that starts no threads: what is asserted is run where it is asserted."""
    from durable.engine import Host  # noqa: PLC0415 - only here is it needed

    class Private(Host):  # type: ignore[misc]
        def _run(self) -> None:
            """Leave out the threads that would run actions elsewhere, and lose some."""

    return Private()


def answer(
    request: Mapping[str, Any], loaded: dict[str, Loaded], beat: Callable[[], object] = int
) -> Mapping[str, Any]:
    """
    Return the states of a request with all nodes worked out.

    Args:
        request: a `network`; its `shards`, where it is not loaded; and `states`, each with what
            changed.

        loaded: the networks, each on a host of its own; one that is new is added.

        beat: is called after each part of the work.
    """
    key = request["network"]
    if key not in loaded:
        loaded[key] = Loaded(private_host(), request["shards"], beat)
    states = []
    for each in request["states"]:
        beat()
        states.append(loaded[key].run(*each))
    return {"states": states}


def limit(seconds: float) -> None:
    """
    End the process when so much time has passed; 0 takes that back.

    The engine can hang while it holds the interpreter's lock, and an alarm that nobody handles
    needs no lock.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> None:
    """Serve until the other end is closed."""
    # An interrupt is for whoever asks; when they go, the pipe ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever the engine prints goes nowhere near the answers.
    os.dup2(2, 1)
    seconds = 0.0

    def beat() -> None:
        limit(seconds)
        print(BEAT, file=answers, flush=True)

    loaded: dict[str, Loaded] = {}
    for line in sys.stdin:
        request = json.loads(line)
        sys.path[:] = request.get("path", sys.path)
        seconds = request["seconds"]
        beat()
        try:
            told = answer(request, loaded, beat)
        except Exception as error:  # noqa: BLE001 - told to whoever asks, and another process begun
            told = {"error": f"{type(error).__name__}: {error}"}
        limit(0)
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
