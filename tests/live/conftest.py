"""Live registers under the shipped rules, with an engine that needs nothing installed."""

from __future__ import annotations

import datetime as dt

import pytest

from govrules import LiveRegister, Verdict, assess_register, load_rulebook

AS_OF = dt.date(2026, 3, 31)
SHIPPED = load_rulebook()


@pytest.fixture
def live():
    return LiveRegister(SHIPPED, as_of=AS_OF, engine="reference")


@pytest.fixture
def fresh():
    """What the reference engine flags on a live register as it stands."""

    def flagged(live):
        whole = assess_register(live.register(), live.rulebook, as_of=live.as_of)
        kinds = (
            ("register", (whole.register,)),
            ("partnership", whole.entries),
            ("pair", whole.pairs),
        )
        return {
            (
                kind,
                "" if kind == "register" else each.id,
                finding.rule.id,
                finding.severity,
                finding.could_be,
                len(finding.mitigations),
            )
            for kind, several in kinds
            for each in several
            for finding in each.of(Verdict.FLAGGED)
        }

    return flagged


@pytest.fixture
def told():
    """What a live register says is open."""

    def opened(live):
        return {
            (each.kind, each.subject, each.rule, each.severity, each.could_be, each.mitigations)
            for each in live.findings()
        }

    return opened
