"""A rulebook for a host that already runs durable-rules, beside its own rules."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from govrules.assessment import Assessment
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError
from govrules.rulebook.ast import Rule, Rulebook
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_subject

if TYPE_CHECKING:
    from govrules.engines.durable.settle import CompiledNetwork

#: How long a host that runs actions in threads of its own is waited for.
SECONDS: Final = 5.0


@attrs.define(eq=False)
class Ruleset:
    """
    A rulebook as rulesets of durable-rules.

    govrules settles each leaf of the rules' formulas as yes or no and puts one flat message before
    one ruleset at a time; the host's engine does the rest. One subject is judged at a time.

    Attributes:
        rules: the rules, in the order of the findings.
        as_of: the date of the assessment.
    """

    rules: tuple[Rule, ...]
    as_of: dt.date | Unknown
    _made: CompiledNetwork
    _shards: tuple[Mapping[str, Any], ...]
    _fired: dict[str, list[str]] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _asserted: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rulesets."""
        return tuple(shard["name"] for shard in self._shards)

    def definitions(self) -> dict[str, dict[str, Any]]:
        """
        Return the rulesets in the dict form that `Host.register_rulesets` takes.

        They are made anew for each call, because the engine changes what it is given. Their actions
        only record that they ran.
        """
        from govrules.engines.durable.child import rules_of  # noqa: PLC0415 - an extra

        return {shard["name"]: rules_of(shard, self._record) for shard in self._shards}

    def assess(self, host: Any, subject: Any) -> Assessment:  # noqa: ANN401 - the engine has no types
        """
        Return what each rule says of a subject, as the host's engine works it out.

        Args:
            host: the host on which `definitions` were registered.

            subject: an attrs object of the kind that the rules are about.

        Raises:
            FactsError: the subject does not fit the vocabulary.

            EngineError: the host did not finish a run; what it found is not used.
        """
        rulebook = self._made.rulebook
        subject = check_subject(subject, rulebook)
        with self._lock:
            state = self._state(host, subject)
            # A host with the engine's own threads loses an action now and then.
            if hasattr(host, "_d_timer") and self._state(host, subject) != state:
                raise EngineError("durable", "the host's threads lost an action; try again")
        texts = [getattr(subject, each, UNKNOWN) for each in ("id", "name")]
        known = [text if isinstance(text, str) else "" for text in texts]
        return Assessment(
            id=known[0] or known[1],
            name=known[1],
            as_of=self.as_of,
            rulebook=rulebook,
            subject=subject,
            rules=self.rules,
            outcomes=self._made.read(state),
            engine="durable",
        )

    def _state(self, host: Any, subject: Any) -> str:  # noqa: ANN401 - the engine has no types
        """Return what a subject settles, with the nodes as the host's engine works them out."""
        letters = list(self._made.settle(subject, self.as_of))
        for shard in self._shards:
            holding = self._run(host, shard, letters)
            for node, _ in shard["nodes"]:
                letters[node] = "y" if node in holding else "n"
        return "".join(letters)

    def _run(self, host: Any, shard: Mapping[str, Any], letters: Sequence[str]) -> set[int]:  # noqa: ANN401
        from govrules.engines.durable.child import (  # noqa: PLC0415 - an extra
            DISCRIMINATOR,
            END,
            WORDS,
        )

        self._asserted += 1
        message = {"id": f"govrules-{self._asserted}", DISCRIMINATOR: shard["name"]}
        message.update({f"p{each}": WORDS[letters[each]] for each in shard["inputs"]})
        fired = self._fired[message["id"]] = []
        try:
            host.assert_fact(shard["name"], dict(message))
            until = time.monotonic() + SECONDS
            # A host with threads of its own may run an action there, after this call came back.
            while END not in fired and time.monotonic() < until:
                time.sleep(0.001)
            host.retract_fact(shard["name"], dict(message))
        except Exception as error:
            raise EngineError(
                "durable", f"the host failed on `{shard['name']}`: {error}"
            ) from error
        finally:
            del self._fired[message["id"]]
        if END not in fired:
            raise EngineError("durable", f"the host did not finish `{shard['name']}`; try again")
        return {int(each[1:].partition("x")[0]) for each in fired if each != END}

    def _record(self, message: str, rule: str) -> None:
        if message in self._fired:
            self._fired[message].append(rule)


def ruleset(
    rulebook: Rulebook,
    *,
    subject: str = "partnership",
    as_of: dt.date | Unknown = UNKNOWN,
    name: str = "govrules",
) -> Ruleset:
    """
    Return a rulebook as rulesets that a host of durable-rules can load beside its own.

    Args:
        rulebook: the rules.

        subject: the kind of subject whose rules are wanted: partnership, register or pair.

        as_of: the date on which they are in force; where unknown, all are.

        name: what the names of the rulesets begin with.

    Raises:
        EngineError: the rulebook is more than the engine can hold.
    """
    try:
        from govrules.engines.durable.settle import compiled_network  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        engine_called("durable")
        raise
    rules = rulebook.rules_for(subject, as_of)
    made = compiled_network(rules, rulebook)
    shards = tuple({**shard, "name": f"{name}_{shard['name']}"} for shard in made.network.shards)
    return Ruleset(rules, as_of, made, shards)
