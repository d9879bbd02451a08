"""What a reading found wrong with the rulebook, as it was then and as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import attrs
import yaml

from govrules import Assessment, assess
from govrules.reading import read_values
from govrules.testing.theorems.never_worse import gravest
from tests.calibration.cases import HERE, rulebook

DAY: Final = dt.date(2026, 3, 31)


@attrs.frozen(eq=False)
class Fault:
    """
    A fault of the rulebook as it was.

    Attributes:
        id: the number that it was given.
        what: the facts in words.
        before: what was said of them.
        given: the facts of a partnership.
        register: those of a register, where it is about one.
        now: by rule, the verdict and severity that the facts have to have.
    """

    id: str
    what: str
    before: str
    now: Mapping[str, str]
    given: Mapping[str, Any] | None = None
    register: Mapping[str, Any] | None = None

    def said(self) -> dict[str, str]:
        """Return what the shipped rules say of the facts."""
        found = _assessed(self.given or self.register)
        outcomes = {each.rule.id: each for each in found.findings}
        return {
            each: " ".join(
                [
                    outcomes[each].verdict.value.replace("_", " "),
                    *([outcomes[each].severity.value] if outcomes[each].severity else []),
                ]
            )
            for each in self.now
        }


@attrs.frozen(eq=False)
class Pair:
    """
    Of what is absent and what is imperfect, that the first looked better.

    Attributes:
        id: the number that the fault was given.
        what: what is absent or imperfect.
        before: what was said.
        absent: the facts where nothing is in place.
        imperfect: the facts where something is.
    """

    id: str
    what: str
    before: str
    absent: Mapping[str, Any]
    imperfect: Mapping[str, Any]

    def gravities(self) -> tuple[Any, Any]:
        """Return how grave the findings are on each."""
        one, other = (gravest(_assessed(each)) for each in (self.absent, self.imperfect))
        return one, other


def _assessed(facts: object) -> Assessment:
    read = read_values(facts, rulebook=rulebook())
    assert not read.problems
    return assess(read.subject, rulebook(), as_of=DAY)


_WRITTEN: Final = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))
FAULTS: Final = [Fault(**each) for each in _WRITTEN["faults"]]
PAIRS: Final = [Pair(**each) for each in _WRITTEN["pairs"]]
