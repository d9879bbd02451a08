"""What settles a finding, said as what is done in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from govrules.explain.english import condition_phrase
from govrules.explain.phrases import named, presence, test_phrase
from govrules.explain.ways import Effort, members
from govrules.findings import Change, Finding
from govrules.render.lines import INDEX
from govrules.rulebook.ast import Includes, Literal, OneOf, Rule, Rulebook, SetOp
from govrules.vocabulary import Choice, Choices, Fact, vocabulary_of

#: From so many choices on, it matters that one is made and not which.
_ANY: Final = 5


def good_state(rule: Rule) -> str:
    """Return the good state that a rule asks for; what it requires, where it names none."""
    return rule.met or condition_phrase(rule.requires)


def settled_when(finding: Finding, subject: Any, rulebook: Rulebook) -> str:  # noqa: ANN401 - any attrs object
    """
    Return when a finding is settled, as a clause: the ways out, else the good state.

    No way is told that takes something away: a role, a clause or a yes.
    """
    effort = Effort(subject)
    ways = [
        way
        for way in finding.clears
        if way and not effort.takes_away({each.fact: each.to for each in way})
    ]
    if not ways:
        return good_state(finding.rule)
    return _of_one_fact(ways, subject, rulebook, effort) or "; or ".join(
        dict.fromkeys(told_together(way) for way in ways)
    )


def told_together(changes: Sequence[Change]) -> str:
    """Return changes as clauses, those that say the same of several records as one."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for each in changes:
        groups.setdefault((INDEX.sub("[]", each.fact), each.of_any_record), []).append(each)
    told = []
    for (_, said), its in groups.items():
        names = [each.record for each in its if each.record]
        told.append(f"{named(names)}: {said}" if names else said)
    return "; ".join(told)


def _of_one_fact(
    ways: Sequence[Sequence[Change]],
    subject: Any,  # noqa: ANN401 - any attrs object
    rulebook: Rulebook,
    effort: Effort,
) -> str:
    """Return ways that each give one fact another value as one clause; "" where they do not."""
    if len(ways) == 1 or any(len(way) > 1 for way in ways):
        return ""
    changes = [each for way in ways for each in way]
    paths = {INDEX.sub("[]", each.fact) for each in changes}
    if len(paths) > 1:
        return ""
    said = {each.of_any_record for each in changes}
    if len(said) == 1:
        return f"{named([each.record for each in changes], 'or')}: {said.pop()}"
    fact = fact_at(paths.pop(), type(subject), rulebook)
    if fact is None or len({each.fact for each in changes}) > 1:
        return ""
    owner = f"{changes[0].record}: " if changes[0].record else ""
    if isinstance(fact.type, Choice):
        if len(changes) >= _ANY:
            return owner + presence(fact)
        wanted = OneOf(tuple(Literal(each.to) for each in changes))
        return owner + test_phrase(fact, wanted, holds=True)
    if isinstance(fact.type, Choices):
        held = members(effort.now(changes[0].fact))
        added = [each.to - held for each in changes]
        if all(len(each) == 1 for each in added):
            any_of = Includes(SetOp.INCLUDES, Literal(frozenset().union(*added)))
            return f"{owner}{test_phrase(fact, any_of, holds=True)} (at least one)"
    return ""


def fact_at(path: str, cls: type, rulebook: Rulebook) -> Fact | None:
    """Return the fact of a subject at a path, whatever record of a list it is of."""
    if path.startswith("local."):
        return rulebook.local.get(path.removeprefix("local."))
    return dict(vocabulary_of(cls).walk()).get(INDEX.sub("[]", path))
