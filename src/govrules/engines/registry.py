"""
The engines by name, and what each of them owes.

An engine is a module with a function `outcomes` (see `Engine`). It is given the rules to judge by,
subjects of one class that fit the vocabulary, the date of the assessment and the rulebook that the
rules and the derived facts stand in. For each subject, in order, it owes one `Outcome` for each
rule, in order: what `reference.judge` says, no more and no less, whatever is unknown. It raises
for no subject, reads no clock and keeps nothing that could change an outcome. Explanations are
none of its business: `govrules.explain` makes them when they are asked for, and a finding raises an
`EngineError` for an outcome that they do not share. `tests/conformance` holds every engine named
here to this. An installed package adds an engine by the entry point `govrules.engines`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final, Protocol, cast

import attrs

from govrules.diagnostics import did_you_mean
from govrules.errors import EngineError
from govrules.extensions import ENGINES as EXTENSIONS
from govrules.extensions import added, loaded
from govrules.rulebook.ast import Mitigation, Rule, Rulebook, Severity, Verdict
from govrules.truth import Unknown


@attrs.frozen
class Outcome:
    """
    What a rule says of a subject.

    Attributes:
        verdict: flagged, clear, unknown or not applicable.
        severity: the severity that is certain; None unless flagged.
        could_be: the worst severity that is possible, where that is worse than what is certain.
        mitigations: those that hold; none where the verdict is clear or not applicable.
    """

    verdict: Verdict
    severity: Severity | None
    could_be: Severity | None
    mitigations: tuple[Mitigation, ...]


#: The verdicts that nothing unknown can turn into a flag.
NEVER_FLAGS: Final = (Verdict.CLEAR, Verdict.NOT_APPLICABLE)


def comparable(outcome: Outcome) -> tuple[object, ...]:
    """Return the part of an outcome on which all engines must agree."""
    return (outcome.verdict, outcome.severity, outcome.could_be, outcome.mitigations)


class Engine(Protocol):
    """What an engine's module offers."""

    def outcomes(
        self,
        rules: Sequence[Rule],
        subjects: Sequence[Any],
        as_of: dt.date | Unknown,
        rulebook: Rulebook,
    ) -> Iterator[Sequence[Outcome]]:
        """
        Yield for each subject what each rule says of it.

        Raises:
            EngineError: the engine cannot do these rules or this load.
        """


#: The module of each engine, and the extra that brings what it needs; "" for none.
_HOMES: Final = {
    "reference": ("govrules.engines.reference", ""),
    "compiled": ("govrules.engines.compiled", ""),
    "columnar": ("govrules.engines.arrays", "registers"),
    "durable": ("govrules.engines.durable", "durable"),
}
#: The names of all engines, the one that the others are held to first.
ENGINES: Final = tuple(_HOMES)


#: The engine that says what rules mean.
REFERENCE: Final = ENGINES[0]
#: From so many subjects on, making a function of the rules takes less time than it saves.
_MANY: Final = 50


def engine_for(subjects: int) -> str:
    """
    Return the fastest engine for a number of subjects that needs no extra package.

    >>> engine_for(1), engine_for(5_500)
    ('reference', 'compiled')
    """
    return "compiled" if subjects >= _MANY else REFERENCE


def engine(name: str) -> Engine:
    """
    Return the engine of this name; it is imported when it is first asked for.

    Raises:
        EngineError: there is no such engine, or what it needs is not installed.

        GovrulesError: it is an installed package's, and cannot be loaded.

    >>> engine("refrence")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    govrules.errors.EngineError: engine `refrence`: ... did you mean `reference`?
    """
    if name not in _HOMES:
        return _added(name)
    module, extra = _HOMES[name]
    try:
        return cast("Engine", import_module(module))
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").startswith("govrules"):
            raise
        raise EngineError(
            name,
            f"it needs `{error.name}`, which is not installed: pip install govrules[{extra}]",
        ) from error


@functools.cache
def _added(name: str) -> Engine:
    """Return the engine of an installed package."""
    found = loaded(EXTENSIONS, name)
    if found is None:
        known = (*ENGINES, *added(EXTENSIONS))
        raise EngineError(name, f"there is no such engine; {did_you_mean(name, known)}")
    if not callable(getattr(found, "outcomes", None)):
        raise EngineError(name, "it has no function `outcomes`, and so is no engine")
    return cast("Engine", found)
