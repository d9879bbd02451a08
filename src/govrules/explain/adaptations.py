"""What packs change in each other, as clauses: what counts, what stood there before, why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from govrules.explain.phrases import day, joined, value_phrase
from govrules.rulebook.adapted import Adaptation, Adapts, Amendment
from govrules.rulebook.ast import ParameterValue, Rule, Rulebook, Severity
from govrules.vocabulary import FactType


def adaptation_phrase(adaptation: Adaptation, rulebook: Rulebook) -> str:
    """
    Return what a pack changes in another as a clause without a full stop.

    Args:
        adaptation: the change.

        rulebook: the rulebook in which it counts.
    """
    name, was, now = adaptation.name, adaptation.was, adaptation.now
    match adaptation.what:
        case Adapts.PARAMETER:
            fact_type = rulebook.parameters[name].type
            said = [each if isinstance(each, tuple) else ((None, each),) for each in (now, was)]
            return f"{name} is {', not '.join(_dated_phrase(each, fact_type) for each in said)}"
        case Adapts.SEVERITY:
            return f"{name} is {_word(now)}, not {_before(was)}"
        case Adapts.LEAVE_OUT:
            return f"{name} is {'left out' if now else 'brought back'}"
        case _:
            return f"{name} is replaced by {now}"


def grounds_phrase(adaptation: Adaptation) -> str:
    """Return why something is changed, by which pack and on whose approval, as a clause."""
    by = f"pack {adaptation.pack}" if adaptation.pack else "this program"
    approved = adaptation.approved or "nobody is named who approved it"
    reason = adaptation.reason.rstrip(".") or "no reason is given"
    return f"{reason} ({by}; {approved})"


def said_of(adaptation: Adaptation, rulebook: Rulebook) -> str:
    """Return a change and its grounds as one clause."""
    return f"{adaptation_phrase(adaptation, rulebook)}: {grounds_phrase(adaptation)}"


def counting(rulebook: Rulebook) -> tuple[Adaptation, ...]:
    """Return the effective changes: the last for each target."""
    return tuple({adaptation.key: adaptation for adaptation in rulebook.adaptations}.values())


def of_rule(rule: Rule, rulebook: Rulebook) -> Iterator[Adaptation]:
    """Yield the changes affecting a rule: of the rule, and of parameters it reads."""
    yield from rule.adapted
    for parameter in rule.parameters:
        yield from rulebook.parameters[parameter.name].adapted


def amendment_phrase(amendment: Amendment) -> str:
    """Return what was changed in a rule or a pack, with version, day and approval."""
    on = day(amendment.on) if amendment.on else ""
    version = f"version {amendment.version}" if amendment.version else ""
    told = "; ".join(each for each in (version, on, amendment.approved) if each)
    what = amendment.what.rstrip(".")
    return f"{what} ({told})" if told else what


def _before(was: object) -> str:
    return joined(map(_word, was), "or") if isinstance(was, tuple) else _word(was)


def _word(value: object) -> str:
    return value.value if isinstance(value, Severity) else str(value)


def threshold_phrase(parameter: ParameterValue) -> str:
    """Return the value of a parameter, and from when it has which other."""
    return _dated_phrase(parameter.dated or ((None, parameter.value),), parameter.type)


def _dated_phrase(dated: Sequence[tuple[dt.date | None, Any]], fact_type: FactType) -> str:
    """Return values with the first day of each but the first."""
    told = [value_phrase(value, fact_type) for _, value in dated]
    dates = [f" from {day(begins)}" for begins, _ in dated[1:] if begins is not None]
    return ", then ".join([told[0], *map(str.__add__, told[1:], dates)])


def in_force_phrase(rule: Rule) -> str:
    """Return from when until when a rule is in force; "" where it always is."""
    begins, ends = rule.in_force
    if begins and ends:
        return f"from {day(begins)} until {day(ends)}"
    if begins:
        return f"from {day(begins)}"
    return f"until {day(ends)}" if ends else ""
