"""Tests of a fact as clauses, affirmed and denied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

from govrules.explain.phrases import (
    MOST_NAMES,
    NOBODY,
    VALUE,
    absence,
    at_limit,
    choice_phrase,
    compared_value,
    denying,
    duration,
    filled,
    joined,
    members_phrase,
    named,
    ordered,
    presence,
    saying,
    told,
    with_article,
    word_of,
)
from govrules.rulebook.expr import (
    Between,
    By,
    Compare,
    FactRef,
    Includes,
    Literal,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    SetOp,
)
from govrules.vocabulary import Choice, Fact, YesNo, closed_values

_SUBJECT: Final = re.compile(
    r"(the (?:governing document|\w+)|its staff) (?=(?:is|are|has|have|does|was|were|expires) )"
)
#: A clause with another beside it, of another subject.
_TWO_CLAUSES: Final = re.compile(r", (?:or|and) (?:no|the|an?|its?|nobody) ")
_PARTNERSHIP: Final = "the partnership "
#: How clauses begin that are about the partnership itself.
_ITSELF: Final = frozenset({"it ", _PARTNERSHIP})


def predicate_phrase(fact: Fact, predicate: Predicate, *, holds: bool) -> str:
    """Return a test of a fact as a clause; with `holds` false, as the clause that denies it."""
    match predicate:
        case Compare(Op.EQUALS, Literal(None)):
            return absence(fact) if holds else presence(fact)
        case Compare(Op.EQUALS, Literal(bool() as value)):
            return fact.label if value is holds else fact.denial
        case Compare(Op.EQUALS, FactRef() as other) if isinstance(fact.type, YesNo):
            one, two = fact.label, other.fact.label
            return (
                f"{one} if and only if {two}" if holds else f"either {one} or {two}, but not both"
            )
        case Compare(Op.MORE_THAN, Literal(value)) if value == 0 and fact.zero:
            return fact.zero[1 if holds else 0]
        case Compare(Op.EQUALS, Literal(value)) if value == 0 and fact.zero:
            return fact.zero[0 if holds else 1]
        case Compare(Op.EQUALS, By() as operand) if isinstance(fact.type, YesNo):
            words = _operand(operand, fact, Op.EQUALS)
            return f"whether {fact.label} is {'' if holds else 'not '}{words}"
        case OneOf(operands) if isinstance(fact.type, YesNo):
            several = (Compare(Op.EQUALS, each) for each in operands)
            each_one = [predicate_phrase(fact, each, holds=holds) for each in several]
            return listed([*dict.fromkeys(each_one)], "or" if holds else "and")
        case OneOf(operands):
            return _one_of(fact, operands, holds=holds)
        case Compare(Op.EQUALS, operand) if isinstance(fact.type, Choice):
            return _one_of(fact, (operand,), holds=holds)
        case Includes(op, operand):
            return _includes(fact, op, operand, holds=holds)
        case Compare() | Between():
            # What is not at most £5 need not be more than £5: there may be none.
            template = saying(fact) if holds else denying(fact)
            return compared_phrase(template, fact, predicate, again="" if holds else "not ")
        case _:
            assert_never(predicate)


def chosen_phrase(fact: Fact, values: Sequence[str]) -> str:
    """
    Return that one of several values is to be chosen, as a clause.

    Of more than fit into a sentence that there is one comes first.
    """
    if len(values) <= MOST_NAMES and {*values} != {*closed_values(fact.type)}:
        return predicate_phrase(fact, OneOf(tuple(map(Literal, values))), holds=True)
    several = named([word_of(value, dict(fact.words)) for value in values], "or")
    return f"{presence(fact)} (to be chosen: {several})"


def compared_phrase(
    template: str, fact: Fact, predicate: Compare | Between, *, again: str = ""
) -> str:
    """Return a comparison as a clause: the template with the words of the comparison in it."""
    return filled(template, *_comparison(fact, predicate, again))


def _comparison(fact: Fact, predicate: Compare | Between, again: str) -> tuple[str, int, str]:
    """Return a comparison's words; and for a chosen value, the fact it depends on."""
    match predicate:
        case Between(low, high):
            lowest, highest = (_operand(each, fact, Op.EQUALS, dates=False) for each in (low, high))
            return f"between {lowest} and {highest}", 1, ""
        case Compare(op, By(selector, cases)):
            groups: dict[str, list[str | bool]] = {}
            for value, each in cases:
                words = _comparison(fact, Compare(op, each), again)[0]
                groups.setdefault(words, []).append(value)
            return _by(selector, groups, again)
        case _:
            return _compare(fact, predicate.op, predicate.operand), 1, ""


def _compare(fact: Fact, op: Op, operand: Operand) -> str:
    if op.is_age:
        length = _operand(operand, fact, op, dates=False).removeprefix("1 ")
        if op is Op.WITHIN_NEXT:
            return f"within the next {length}"
        if op is Op.NEWER_THAN:
            return f"within the last {length}"
        return f"more than {with_article(length) if length in ('year', 'month') else length} ago"
    if op is Op.AT_LEAST and isinstance(operand, Literal | Parameter) and operand.value is not None:
        op = at_limit(fact.type, op, operand.value)
    return _operand(operand, fact, op)


def _by(
    selector: FactRef, groups: dict[str, list[str | bool]], again: str = ""
) -> tuple[str, int, str]:
    (first, whens), *others = groups.items()
    after = f" where {_case(selector, whens)}"
    if others:
        told_ = ((again + words, _case(selector, when, again=True)) for words, when in others)
        rest = [" where ".join(each) for each in told_]
        after += f", {joined(rest, 'or')}" if len(rest) > 1 else f", or {rest[0]}"
    return first, 1, after


def _case(selector: FactRef, values: Sequence[str | bool], *, again: bool = False) -> str:
    fact = selector.fact
    if isinstance(fact.type, YesNo):
        return joined((fact.label if value else fact.denial for value in values), "or")
    words = joined((told(value, fact.type, dict(fact.words), "or") for value in values), "or")
    return f"it is {words}" if again else f"{fact.label} is {words}"


def _one_of(fact: Fact, operands: Sequence[Operand], *, holds: bool) -> str:
    return listed(one_of_clauses(fact, operands, holds=holds), "or" if holds else "and")


def one_of_clauses(fact: Fact, operands: Sequence[Operand], *, holds: bool) -> list[str]:
    """Return the alternatives of a one-of test as clauses, or all of them denied."""
    literal = [operand.value for operand in operands if isinstance(operand, Literal)]
    if len(literal) < len(operands) or not isinstance(fact.type, Choice):
        words = joined((_operand(operand, fact, Op.EQUALS) for operand in operands), "or")
        return [filled(denying(fact) if not holds else saying(fact), words)]
    own = {value: each for value, *each in fact.said}
    apart = [
        choice_phrase(fact, each, holds=holds) for each in literal if each is None or each in own
    ]
    rest = [
        word_of(str(each), dict(fact.words))
        for each in literal
        if each is not None and each not in own
    ]
    if rest:
        template = saying(fact) if holds else denying(fact)
        apart.insert(0, filled(template, joined(rest, "or")))
    return [*dict.fromkeys(apart)]


def listed(phrases: Sequence[str], word: str) -> str:
    """
    Return clauses as a list, sharing a common subject.

    >>> listed(["the partnership is proposed", "the partnership has ended"], "or")
    'the partnership is proposed or has ended'
    >>> listed(["it is big", "there is a board", "it has not ended"], "and")
    'it is big and has not ended, and there is a board'
    """
    groups: dict[str, list[str]] = {}
    for phrase in phrases:
        begin = "" if _TWO_CLAUSES.search(phrase) else _subject(phrase)
        groups.setdefault("it " if begin in _ITSELF else begin or phrase, []).append(phrase)
    told: list[str] = []
    for subject, its in groups.items():
        begins = [_subject(each) if subject != each else "" for each in its]
        # After another subject "it" would be that.
        named = _PARTNERSHIP in begins or bool(told)
        first = _PARTNERSHIP if subject == "it " and named else begins[0]
        parts = [each.removeprefix(begin) for each, begin in zip(its, begins, strict=True)]
        if told and "it " not in groups:
            parts = [part.replace("either it ", f"either {_PARTNERSHIP}") for part in parts]
        told.append(joined([first + parts[0], *parts[1:]], word))
    return joined(told, word)


def _subject(phrase: str) -> str:
    """Return the grammatical subject of a clause; "" if that is not certain."""
    if phrase.startswith("it ") and not NOBODY.match(phrase):
        return "it "
    found = _SUBJECT.match(phrase)
    return found[0] if found else ""


def _includes(fact: Fact, op: SetOp, operand: Operand, *, holds: bool) -> str:
    has = holds is (op is not SetOp.MISSING_ANY_OF)
    template = (
        (fact.sentence or f"{fact.label} include {VALUE}")
        if has
        else (fact.denial or f"{fact.label} do not include {VALUE}")
    )
    any_of = op is SetOp.INCLUDES
    if (
        isinstance(operand, Literal)
        and isinstance(operand.value, frozenset)
        and len(operand.value) == 1
    ):
        (member,) = operand.value
        own = next((each for value, *each in fact.said if value == member), ("", ""))
        if own[0 if has else 1]:
            return own[0 if has else 1]
    if not isinstance(operand, By):
        return filled(template, *_several(fact, operand, any_of=any_of, has=has))
    groups: dict[str, list[str | bool]] = {}
    number = 1
    for value, each in operand.cases:
        words, size = _several(fact, each, any_of=any_of, has=has)
        number = max(number, size)
        groups.setdefault(words, []).append(value)
    words, _, after = _by(operand.selector, groups)
    return filled(template, words, number, after)


def _several(fact: Fact, operand: Operand, *, any_of: bool, has: bool) -> tuple[str, int]:
    value = operand.value if isinstance(operand, Literal | Parameter) else None
    if not isinstance(value, frozenset):
        return _operand(operand, fact, Op.EQUALS), 2
    words = members_phrase(value, fact.type, dict(fact.words), "or" if any_of else "and")
    if any_of or len(value) == 1:
        return words, len(value)
    if len(value) == 2:  # noqa: PLR2004 - both of two
        return f"both {words.replace(', and ', ' and ')}", len(value)
    return words if has and fact.sentence else f"all of {words}", len(value)


def _operand(operand: Operand, fact: Fact, op: Op, *, dates: bool = True) -> str:
    match operand:
        case Literal(value) | Parameter(value=value):
            if value is None:
                return "none"
            if op.is_age and isinstance(value, int):
                return duration(value)
            return compared_value(value, fact, op, dates=dates)
        case FactRef():
            return ordered(operand.fact, op, dates=dates).format(operand.fact.label)
        case By(selector, cases):
            groups: dict[str, list[str | bool]] = {}
            for value, each in cases:
                groups.setdefault(_operand(each, fact, op, dates=dates), []).append(value)
            first, _, after = _by(selector, groups)
            return first + after
        case _:
            assert_never(operand)
