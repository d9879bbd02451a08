"""What settles a finding, said as what is done in the world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from govrules.decode.values import describe
from govrules.explain.compared import predicate_phrase
from govrules.explain.english import condition_phrase
from govrules.explain.phrases import joined, named, of_records, presence, sentence
from govrules.explain.ways import Effort, members
from govrules.findings import NOT_KNOWN_ANY_MORE, Change, Finding, Opened, Reason
from govrules.render.lines import INDEX
from govrules.rulebook.ast import Rule
from govrules.rulebook.expr import Count, Includes, Literal, SetOp
from govrules.rulebook.walk import nodes
from govrules.vocabulary import Choice, Choices, Fact, Record, Records, YesNo, vocabulary_of

Said = TypeVar("Said", Reason, Change)
#: What a fact becomes by a change that gives something up.
_LESS: Final[tuple[object, ...]] = (False, None, frozenset())
#: A way out with more parts than these is no sentence.
_TOGETHER: Final = 4


def good_state(rule: Rule) -> str:
    """Return the good state a rule asks for; its requirement if it names none."""
    return rule.met or condition_phrase(rule.requires)


def settled_when(finding: Finding, subject: Any) -> str:  # noqa: ANN401 - any attrs object
    """
    Return when a finding is settled, as a clause: its ways out, else the good state.

    No way is told that takes something away, a role, a clause or a yes, or that is long.
    """
    effort = Effort(subject)
    ways = [
        way
        for way in finding.clears
        if way
        and len(alike(way)) <= _TOGETHER
        and not effort.takes_away({each.fact: each.to for each in way})
        and not any(each.to in _LESS for each in way)
    ]
    if not ways:
        return good_state(finding.rule)
    cls = type(subject)
    groups: dict[str, list[Change]] = {}
    others: list[str] = []
    for way in ways:
        if len(way) == 1:
            groups.setdefault(INDEX.sub("[]", way[0].fact), []).append(way[0])
        else:
            others.append(told_together(way))
    told = []
    for path, its in groups.items():
        fact, listed = (fact_of_path(each, cls) for each in (path, path.rpartition("[]")[0]))
        told.append(_alternatives(its, fact, listed, effort, finding.rule))
    return "; or ".join(dict.fromkeys([*told, *others]))


def opened_elsewhere(finding: Finding) -> list[str]:
    """Return the side effects of ways out, as sentences."""
    told: dict[str, list[str]] = {}
    for way, opens in zip(finding.clears, finding.opens, strict=True):
        if opens:
            told.setdefault(_brings(opens), []).append(told_together(way))
    if len(told) == 1 and len(*told.values()) == len(finding.clears):
        (brings,) = told
        return [sentence(f"with that, {brings}")]
    return [sentence(f"where {joined(ways, 'or')}: {brings}") for brings, ways in told.items()]


def _brings(opens: Sequence[Opened]) -> str:
    """Return a way out's side effects: newly flagged ones first, then unknown ones."""
    flagged = dict.fromkeys(each.phrase for each in opens if each.severity)
    unknown = (each.phrase for each in opens if not each.severity)
    good = dict.fromkeys(each.removeprefix(f"{NOT_KNOWN_ANY_MORE} ") for each in unknown)
    unsure = f"{NOT_KNOWN_ANY_MORE} {joined(good)}" if good else ""
    return "; ".join(filter(None, (joined(flagged), unsure)))


def told_together(changes: Sequence[Change]) -> str:
    """Return changes as one clause, merging those alike for several records."""
    return "; ".join(told_apart(changes))


def told_apart(several: Iterable[Said]) -> Iterator[str]:
    """Yield reasons or changes as clauses, merging those alike for several records."""
    for (_, said), its in alike(several).items():
        names = [each.record for each in its if each.record]
        together = f"{named(names)}: {said}" if names else said
        yield its[0].phrase if len(its) == 1 else together


def alike(several: Iterable[Said]) -> dict[tuple[str, str], list[Said]]:
    """Group reasons or changes by fact and phrase, across records."""
    groups: dict[tuple[str, str], list[Said]] = {}
    for each in several:
        groups.setdefault((INDEX.sub("[]", each.fact), each.of_any_record), []).append(each)
    return groups


def _alternatives(
    changes: Sequence[Change], fact: Fact | None, listed: Fact | None, effort: Effort, rule: Rule
) -> str:
    """Return alternative changes of one fact, in one record or several."""
    names = [*dict.fromkeys(change.record for change in changes if change.record)]
    told = _any_of(changes, fact, effort, rule) if fact is not None else ""
    if len(names) < 2 and not told:  # noqa: PLR2004 - one record, or the subject
        return "; or ".join(dict.fromkeys(change.phrase for change in changes))
    told = told or "; or ".join(dict.fromkeys(change.of_any_record for change in changes))
    return of_records(named(names, "or"), told, listed.each if listed else "")


def _any_of(changes: Sequence[Change], fact: Fact, effort: Effort, rule: Rule) -> str:
    """Return the phrase that a set has any of several members; "" if there is no choice."""
    if not isinstance(fact.type, Choices):
        return ""
    added = [change.to - members(effort.now(change.fact)) for change in changes]
    if any(len(each) > 1 for each in added):
        return ""
    if any(isinstance(node, Count) and node.list.fact == fact for node in nodes(rule.requires)):
        return presence(fact)
    if len({*added}) == 1:
        return ""
    any_of = Includes(SetOp.INCLUDES, Literal(frozenset().union(*added)))
    return f"{predicate_phrase(fact, any_of, holds=True)} (at least one)"


def takes_phrase(fact: Fact) -> str:
    """Return the values a fact takes, in words."""
    match fact.type:
        case Choice(values):
            return f"one of: {', '.join(values)}"
        case Choices(values):
            return f"any of: {', '.join(values)}"
        case Records():
            return f"a list, each a {fact.each}"
        case Record():
            return "a record of facts, or none"
        case _:
            return describe(fact.type)


def noun_phrase(fact: Fact) -> str:
    """Return a fact as a noun phrase: "the risk tier", or whether something is so."""
    return f"whether {fact.label}" if isinstance(fact.type, YesNo) else fact.label


def fact_of_path(path: str, cls: type) -> Fact | None:
    """Return the fact at a path of a subject, in whichever record."""
    return vocabulary_of(cls).paths.get(INDEX.sub("[]", path))
