"""Rules, facts and findings as English sentences, made from the tree and the facts' labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, assert_never

from govrules.facts import TO_BE_FOUND
from govrules.rulebook.ast import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    Rule,
    SetOp,
    Share,
    Sum,
    Test,
)
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
)

_IS_NOT = {
    Op.EQUALS: ("is", "is not"),
    Op.AT_LEAST: ("is at least", "is less than"),
    Op.AT_MOST: ("is at most", "is more than"),
    Op.MORE_THAN: ("is more than", "is at most"),
    Op.LESS_THAN: ("is less than", "is at least"),
}
_AGES = {
    Op.OLDER_THAN: ("is more than {} ago", "is not more than {} ago"),
    Op.NEWER_THAN: ("is within the last {}", "is not within the last {}"),
}


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning and a full stop at its end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def rule_sentence(rule: Rule) -> str:
    """
    Return the whole rule as one English sentence.

    >>> from govrules import load_rulebook
    >>> rule_sentence(load_rulebook().rule("pooled-budget-without-protocol"))
    'Where budgets are pooled, it is required that a protocol for decisions and money is agreed.'
    """
    parts = []
    if rule.applies_when is not None:
        parts.append(f"where {condition_phrase(rule.applies_when)},")
    parts.append(f"it is required that {condition_phrase(rule.requires)}")
    text = " ".join(parts)
    for exception in rule.unless:
        text += f"; except where {condition_phrase(exception.when)}"
    return sentence(text)


def severity_sentence(rule: Rule) -> str:
    """Return how grave a finding of the rule is, and what makes it less so."""
    grades = [f"{each.severity.value} where {condition_phrase(each.when)}" for each in rule.grades]
    last = f"otherwise {rule.otherwise.value}" if grades else rule.otherwise.value
    text = "; ".join([*grades, last])
    for each in rule.mitigated_by:
        text += f"; one step lower where {condition_phrase(each.when)}"
    return sentence(text)


def condition_phrase(condition: Condition, *, holds: bool = True) -> str:
    """Return a condition as a clause; with `holds` false, as the clause that denies it."""
    match condition:
        case All(items):
            return _listed(items, "and" if holds else "or", holds=holds)
        case AnyOf(items):
            return _listed(items, "or" if holds else "and", holds=holds)
        case Not(item):
            return condition_phrase(item, holds=not holds)
        case Test(ref, predicate):
            return _test(ref.fact, predicate, holds=holds)
        case Known(ref, recorded):
            is_recorded = "is recorded" if recorded is holds else "is not recorded"
            return f"{_name(ref.fact)} {is_recorded}"
        case Quantified(quantity, ref, where):
            return _quantified(quantity, ref, where, holds=holds)
        case Count(ref, where, predicate):
            which = f" of which {condition_phrase(where)}" if where is not None else ""
            return _verb(f"the number of {_plural(ref)}{which}", predicate, Number(), holds=holds)
        case Sum(ref, of, where, predicate):
            which = f" of which {condition_phrase(where)}" if where is not None else ""
            subject = f"the sum of {of.fact.label} over the {_plural(ref)}{which}"
            return _verb(subject, predicate, of.type, holds=holds)
        case Share(ref, among, where, predicate):
            which = f" of which {condition_phrase(among)}" if among is not None else ""
            subject = f"the share of the {_plural(ref)}{which} where {condition_phrase(where)}"
            return _verb(subject, predicate, Number(unit="per cent"), holds=holds)
        case _:
            assert_never(condition)


def _listed(items: Sequence[Condition], word: str, *, holds: bool) -> str:
    phrases = []
    for item in items:
        phrase = condition_phrase(item, holds=holds)
        # A list inside a list of the other kind would read either way without its brackets.
        nested = isinstance(item, All | AnyOf) or (
            isinstance(item, Not) and isinstance(item.item, All | AnyOf)
        )
        phrases.append(f"({phrase})" if nested else phrase)
    return joined(phrases, word)


def joined(words: Iterable[str], word: str = "and") -> str:
    """
    Return words as a list in prose.

    >>> joined(["aims", "roles", "exit"])
    'aims, roles and exit'
    """
    *first, last = list(words) or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def counted(number: int, what: str) -> str:
    """
    Return how many there are of something.

    >>> counted(1, "rule"), counted(5500, "partnership")
    ('1 rule', '5,500 partnerships')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _quantified(quantity: Quantity, ref: FactRef, where: Condition, *, holds: bool) -> str:
    each = ref.fact.each
    positive = condition_phrase(where)
    match quantity:
        case Quantity.SOME:
            if holds:
                return f"for at least one {each}, {positive}"
            return f"for no {each} is it so that {positive}"
        case Quantity.EVERY:
            if holds:
                return f"for every {each}, {positive}"
            return f"for at least one {each}, {condition_phrase(where, holds=False)}"
        case Quantity.NONE:
            if holds:
                return f"for no {each} is it so that {positive}"
            return f"for at least one {each}, {positive}"
        case _:
            assert_never(quantity)


def _plural(ref: FactRef) -> str:
    return ref.fact.label.removeprefix("the ")


def _name(fact: Fact) -> str:
    return f"whether {fact.label}" if isinstance(fact.type, YesNo) else fact.label


def _test(fact: Fact, predicate: Predicate, *, holds: bool) -> str:
    match predicate:
        case Compare(Op.EQUALS, Literal(None)):
            return _absence(fact, absent=holds)
        case Compare(Op.EQUALS, Literal(bool() as value)):
            return fact.label if value is holds else fact.denial
        case _:
            return _verb(_name(fact), predicate, fact.type, holds=holds)


def _absence(fact: Fact, *, absent: bool) -> str:
    thing = fact.label.removeprefix("the ")
    if isinstance(fact.type, Choices | Records):
        return f"there are no {thing}" if absent else f"there are {thing}"
    return f"there is no {thing}" if absent else f"there is a {thing}"


def _verb(subject: str, predicate: Predicate, fact_type: FactType, *, holds: bool) -> str:
    match predicate:
        case Compare(op, operand) if op in _AGES:
            words = _AGES[op][0 if holds else 1].format(_operand(operand, Months()))
            return f"{subject} {words}"
        case Compare(op, operand):
            return f"{subject} {_IS_NOT[op][0 if holds else 1]} {_operand(operand, fact_type)}"
        case OneOf(operands):
            words = joined((_operand(each, fact_type) for each in operands), "or")
            return f"{subject} {'is' if holds else 'is not'} {words}"
        case Between(low, high):
            words = f"between {_operand(low, fact_type)} and {_operand(high, fact_type)}"
            return f"{subject} {'is' if holds else 'is not'} {words}"
        case Includes(op, operand):
            return f"{subject} {_includes(op, operand, fact_type, holds=holds)}"
        case _:
            assert_never(predicate)


def _includes(op: SetOp, operand: Operand, fact_type: FactType, *, holds: bool) -> str:
    word = "or" if op is SetOp.INCLUDES else "and"
    members = _operand(operand, fact_type, word)
    if op is SetOp.MISSING_ANY_OF:
        return f"lack any of {members}" if holds else f"lack none of {members}"
    some = "include" if op is SetOp.INCLUDES else "include all of"
    return f"{some} {members}" if holds else f"do not {some} {members}"


def _operand(operand: Operand, fact_type: FactType, word: str = "or") -> str:
    match operand:
        case Literal(value):
            return value_phrase(value, fact_type, word)
        case Parameter(name, value):
            return f"{value_phrase(value, fact_type)} (parameter {name})"
        case FactRef():
            return _name(operand.fact)
        case By(selector, cases):
            words = [
                f"{_operand(each, fact_type, word)} where {_case(selector, value)}"
                for value, each in cases
            ]
            return joined(words, "or")
        case _:
            assert_never(operand)


def _case(selector: FactRef, value: str | bool) -> str:  # noqa: FBT001 - a value of a fact
    if isinstance(value, bool):
        return selector.fact.label if value else selector.fact.denial
    return f"{selector.fact.label} is {value_phrase(value, selector.type)}"


def value_phrase(value: Any, fact_type: FactType, word: str = "and") -> str:  # noqa: ANN401 - any fact's value
    """
    Return a value as it stands in a sentence.

    >>> value_phrase(Decimal(250000), Money())
    '£250,000'
    """
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case frozenset():
            return _members(value, fact_type, word)
        case tuple():
            return f"{len(value)} recorded"
        case dt.date():
            return f"{value.day} {value:%B} {value.year}"
        case _:
            return _single(value, fact_type)


def _members(value: frozenset[Any], fact_type: FactType, word: str) -> str:
    order = fact_type.values if isinstance(fact_type, Choices) else sorted(value)
    words = [each.replace("_", " ") for each in order if each in value]
    if UNKNOWN in value:
        words.append("perhaps others")
    return joined(words, word) if words else "none"


def _single(value: Any, fact_type: FactType) -> str:  # noqa: ANN401 - any single value
    match fact_type:
        case Money():
            return f"£{value:,f}"
        case Months():
            years, months = divmod(int(value), 12)
            if months or not years:
                return f"{value} month{'' if value == 1 else 's'}"
            return f"{years} year{'' if years == 1 else 's'}"
        case Number(unit=unit):
            return (
                f"{value:,f}{f' {unit}' if unit else ''}"
                if isinstance(value, Decimal)
                else f"{value:,}{f' {unit}' if unit else ''}"
            )
        case Choice():
            return str(value).replace("_", " ")
        case Record() | Records() | YesNo() | Date() | Choices():
            raise AssertionError("told by its value")
        case Text():
            return f"‘{value}’"
        case _:
            assert_never(fact_type)


def fact_phrase(fact: Fact, value: Any) -> str:  # noqa: ANN401 - any fact's value
    """Return a fact and its value as a clause ("budgets are pooled")."""
    match fact.type:
        case YesNo() if value is not None:
            return fact.label if value else fact.denial
        case Record() if value is not None:
            return _absence(fact, absent=False)
        case Choices() if value:
            return f"{fact.label} are {value_phrase(value, fact.type)}"
        case Records() if value:
            return f"{fact.label} are {joined(_names(value))}"
        case _ if value is None or value in ((), frozenset()):
            return _absence(fact, absent=True)
        case _:
            return f"{fact.label} is {value_phrase(value, fact.type)}"


def changed_phrase(fact: Fact, to: Any) -> str:  # noqa: ANN401 - any fact's value
    """Return a fact as it is after a change ("the accountable body is named")."""
    if to is TO_BE_FOUND:
        return f"{fact.label} is {'named' if isinstance(fact.type, Text) else 'known'}"
    return fact_phrase(fact, to)


def _names(records: Iterable[Any]) -> list[str]:
    return [record_name(record, index) for index, record in enumerate(records)]


def record_name(record: Any, index: int) -> str:  # noqa: ANN401 - any attrs object
    """Return what a record of a list is called: its name, or its number counted from 1."""
    if record is UNKNOWN:
        return "perhaps others"
    name = getattr(record, "name", UNKNOWN)
    return name if isinstance(name, str) else f"number {index + 1}"
