"""Rules and their conditions as English sentences, made from the tree and what facts are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

import attrs

from govrules.explain.compared import compared_phrase, listed, one_of_clauses, predicate_phrase
from govrules.explain.phrases import (
    NOBODY,
    joined,
    naming_phrases,
    plural,
    sentence,
    without_article,
)
from govrules.rulebook.ast import Rule
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Count,
    FactRef,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Quantified,
    Quantity,
    Share,
    Sum,
    Test,
)
from govrules.vocabulary import COUNTED, PER_CENT, Choices, Fact, FactType, Kind, Records, YesNo

#: A condition, and whether it is to hold.
_Part = tuple[Condition, bool]
#: The two of a pair, as the paths of their facts begin.
_TWO: Final = {"first": "for the first", "second": "for the second"}
_IT: Final = re.compile(r"^(?P<before>(?:either )?)(?P<it>its|it)\b")
#: How a clause begins that two conditions share.
_BOTH: Final = ("for ", "neither partnership ", "both partnerships ", "at least one of the two ")
_BEGINS: Final = re.compile(r"(is|has|does|was) ")
_VERB: Final = re.compile(r"\b(is|has|does|was)\b")
_DENIES: Final = re.compile(r"\b(not|no|never|neither|nobody|nothing|none)\b")
_OF_SEVERAL: Final = {"is": "are", "has": "have", "does": "do", "was": "were"}
_VALUE: Final = "{value}"
#: Of a number that is worked out, and so never none, one of two orders holds.
_OPPOSITE: Final = {
    Op.AT_LEAST: Op.LESS_THAN,
    Op.LESS_THAN: Op.AT_LEAST,
    Op.AT_MOST: Op.MORE_THAN,
    Op.MORE_THAN: Op.AT_MOST,
}
#: A sentence with more letters than this is a list.
_LONG: Final = 200


def rule_sentence(rule: Rule) -> str:
    """
    Return the whole rule in English: a sentence, and a list where one could be read two ways.

    >>> from govrules import load_rulebook
    >>> rule_sentence(load_rulebook().rule("pooled-budget-without-protocol"))
    'Where partners pool budgets, the partners have agreed a protocol for decisions and money.'
    """
    applies = rule.applies_when
    where = "" if applies is None else f"where {_named_first(condition_phrase(applies), rule)}"
    every, duties = _duties(rule.requires)
    if _is_too_much(every, duties):
        word = "all of these hold" if every else "at least one of these holds"
        first = sentence(f"{where}, {word}" if where else word).removesuffix(".")
        phrases = [condition_phrase(each, holds=holds) for each, holds in duties]
        lines = [f"- {phrase}{'.' if phrase is phrases[-1] else ';'}" for phrase in phrases]
        lines = [f"{first}:", *lines]
    else:
        duty = condition_phrase(rule.requires)
        duty = duty if where else _named_first(duty, rule)
        lines = [sentence(f"{where}{':' if ',' in where else ','} {duty}" if where else duty)]
    excepted = [
        f"This does not apply where {_named_first(condition_phrase(exemption.when), rule)}."
        for exemption in rule.unless
    ]
    return "\n".join([*lines, *excepted]) if len(lines) > 1 else " ".join([*lines, *excepted])


def _named_first(phrase: str, rule: Rule) -> str:
    """Return the clause with which a sentence begins, with the partnership for its first "it"."""
    if rule.subject != "partnership" or NOBODY.match(phrase):
        return phrase
    name = {"it": "the partnership", "its": "the partnership's"}
    return _IT.sub(lambda found: found["before"] + name[found["it"]], phrase)


def _duties(requires: Condition) -> tuple[bool, list[_Part]]:
    """Return the requirements of a rule, and whether all or one must hold."""
    every = _flat(requires, All, holds=True)
    return (True, every) if len(every) > 1 else (False, _flat(requires, AnyOf, holds=True))


def _is_too_much(every: bool, duties: Sequence[_Part]) -> bool:  # noqa: FBT001 - as `_duties` has it
    """Tell whether the requirements need a list to be unambiguous."""
    if len(duties) == 1:
        return False
    kinds = (AnyOf, All) if every else (All, AnyOf)
    nested = [duty for duty in duties if len(_flat(duty[0], kinds[0], holds=duty[1])) > 1]
    long = sum(len(_phrase(duty)) for duty in duties) > _LONG
    return len(nested) > 1 or bool(nested and len(duties) > 2) or long  # noqa: PLR2004


def _bare(condition: Condition) -> Condition:
    return _bare(condition.item) if isinstance(condition, Not) else condition


def severity_sentence(rule: Rule) -> str:
    """Return how grave a finding of the rule is, and what makes it less so."""
    grades = []
    before: Condition | None = None
    for grade in rule.grades:
        grades.append(f"{grade.severity.value} where {_after(before, grade.when, rule)}")
        before = grade.when
    last = f"otherwise {rule.otherwise.value}" if grades else rule.otherwise.value
    text = "; ".join([*grades, last])
    for mitigation in rule.mitigated_by:
        text += f"; one step lower where {_named_first(condition_phrase(mitigation.when), rule)}"
    return sentence(text)


def _after(before: Condition | None, when: Condition, rule: Rule) -> str:
    """Return a condition as a clause, with "it" for the fact just named."""
    phrase = condition_phrase(when)
    if isinstance(before, Test) and isinstance(when, Test) and before.fact == when.fact:
        label = when.fact.fact.label
        if phrase.startswith(f"{label} is "):
            return f"it{phrase.removeprefix(label)}"
    return _named_first(phrase, rule)


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
            return _of_two(ref, predicate_phrase(ref.fact, predicate, holds=holds))
        case Known(ref, recorded):
            return _of_two(ref, known_phrase(ref.fact, recorded=recorded is holds))
        case Quantified(quantity, ref, where):
            return _quantified(quantity, ref, where, holds=holds)
        case Count():
            return _count(condition, holds=holds)
        case Sum(ref, of, where, predicate):
            subject = f"the sum of {of.fact.label} over the {_plural(ref)}{_which(ref, where)}"
            return _number(subject, of.type, predicate, holds=holds)
        case Share():
            return _share(condition, holds=holds)
        case _:
            assert_never(condition)


def alternatives(condition: Condition) -> list[str]:
    """Return the clauses of which one is enough for a condition to hold; the one, mostly."""
    return [_phrase(part) for part in _flat(condition, AnyOf, holds=True)]


def known_phrase(fact: Fact, *, recorded: bool) -> str:
    """Return the clause that says that somebody, or nobody, recorded a fact."""
    name = f"whether {fact.label}" if isinstance(fact.type, YesNo) else fact.label
    return f"{name} is {'recorded' if recorded else 'not recorded'}"


def _of_two(ref: FactRef, clause: str, *, which: str = "") -> str:
    """Return a clause with which of two it is about, where it is about one of two."""
    first = ref.path.partition(".")[0]
    which = which or ("" if ref.level else _TWO.get(first, ""))
    return f"{which}, {clause}" if which else clause


def _listed(items: Sequence[Condition], word: str, *, holds: bool) -> str:
    if len(items) == len(_TWO):
        alike = _alike(items)
        if alike is not None:
            return _of_both(condition_phrase(alike, holds=holds), every=word == "and")
    phrases: list[str] = []
    for item in items:
        apart = _apart((item, holds), word)
        if len(apart) > 1:
            phrases.extend(apart)
            continue
        phrase = condition_phrase(item, holds=holds)
        # A list inside a list of the other kind would read either way without its brackets.
        bare = _bare(item)
        if isinstance(bare, All | AnyOf) and not phrase.startswith(_BOTH):
            is_either = word == "and" and len(_flat(item, AnyOf, holds=holds)) == len(_TWO)
            if is_either and (item is items[-1] or ", or " not in phrase):
                phrase = f"either {phrase}"
            elif not _is_plain_last(phrase, word, len(items)):
                phrase = f"({phrase})"
        phrases.append(phrase)
    return listed(phrases, word)


def _is_plain_last(phrase: str, word: str, number: int) -> bool:
    """Tell whether a comma before "or" is enough to set off a clause with "and"."""
    return word == "or" and number == len(_TWO) and ", " not in phrase


def _of_both(clause: str, *, every: bool) -> str:
    """Return a clause about one of two partnerships as one about both, or at least one."""
    own = _of_each(clause, "partnership")
    if not own:
        return f"for {'both' if every else 'at least one of the two'}, {clause}"
    if not every:
        return f"at least one of the two partnerships {own}"
    denied = re.match(r"(is|has) not ", own)
    if denied:
        return f"neither partnership {denied[1]} {own[denied.end() :]}"
    return f"both partnerships {_of_more(own)}"


def _apart(part: _Part, word: str) -> list[str]:
    """Return a condition as the operands joined by this word; usually just itself."""
    item, holds = part
    if isinstance(item, Not):
        return _apart((item.item, not holds), word)
    match item:
        case Test(ref, OneOf(operands)) if not isinstance(ref.type, YesNo):
            clauses = one_of_clauses(ref.fact, operands, holds=holds)
            lists_so = len(clauses) > 1 and word == ("or" if holds else "and")
            return [_of_two(ref, clause) for clause in clauses] if lists_so else [_phrase(part)]
    return [condition_phrase(item, holds=holds)]


def _alike(items: Sequence[Condition]) -> Condition | None:
    """Return the common test of both of a pair as a test of one."""
    denied = [isinstance(item, Not) for item in items]
    tests = [_bare(item) for item in items]
    if len({*denied}) > 1 or not all(isinstance(test, Test) for test in tests):
        return None
    names = [test.fact.path.partition(".")[0] for test in tests if isinstance(test, Test)]
    bare = [
        attrs.evolve(test, fact=attrs.evolve(test.fact, path=test.fact.path.partition(".")[2]))
        for test in tests
        if isinstance(test, Test)
    ]
    if {*names} != {*_TWO} or bare[0] != bare[1]:
        return None
    return Not(bare[0]) if denied[0] else bare[0]


# ── Records ───────────────────────────────────────────────────────────────────────────────────


def _quantified(quantity: Quantity, ref: FactRef, where: Condition, *, holds: bool) -> str:
    match quantity, holds:
        case (Quantity.SOME, True) | (Quantity.NONE, False):
            return _some(ref, _flat(where, All, holds=True))
        case Quantity.EVERY, False:
            return _some(ref, _flat(where, All, holds=False))
        case Quantity.EVERY, True:
            return _every(ref, _flat(where, AnyOf, holds=True))
        case _:
            return _no(ref, where)


def _flat(where: Condition, kind: type[All | AnyOf], *, holds: bool) -> list[_Part]:
    """Return nested conjunctions, or disjunctions, flattened."""
    if isinstance(where, Not):
        return _flat(where.item, kind, holds=not holds)
    wanted = kind if holds else (AnyOf if kind is All else All)
    if isinstance(where, wanted):
        return [part for item in where.items for part in _flat(item, kind, holds=holds)]
    return [(where, holds)]


def _phrase(part: _Part, *, denied: bool = False) -> str:
    return condition_phrase(part[0], holds=part[1] is not denied)


def _some(ref: FactRef, parts: Sequence[_Part]) -> str:
    each = ref.fact.each
    phrases = [_bracketed(part, All) for part in parts]
    rest = [_of_each(phrase, each) for phrase in phrases]
    if all(rest):
        return f"at least one {each} {_joined_own(rest)}"
    if len(phrases) == 1 and _is_owned(phrases[0], each):
        return f"at least one {each}{phrases[0].removeprefix(f'the {each}')}"
    mains = [phrase for phrase, own in zip(phrases, rest, strict=True) if not own]
    own = [own for own in rest if own]
    which = f" that {_joined_own(own)}" if own else ""
    again = [_said_again(phrase, each) for phrase in mains]
    return f"for at least one {each}{which}, {listed(again, 'and')}"


def _joined_own(rest: Sequence[str]) -> str:
    """Return clauses about a record as one list, nested lists last."""
    *_, last = ordered = sorted(rest, key=lambda own: ", " in own)
    return joined(ordered) if ", " in last or len(ordered) != len(_TWO) else " and ".join(ordered)


def _no(ref: FactRef, where: Condition) -> str:
    each = ref.fact.each
    parts = _flat(where, All, holds=True)
    own = _of_each(_phrase(parts[0]), each)
    if len(parts) == 1 and own and not _DENIES.search(own):
        return f"no {each} {own}"
    return _every(ref, [(condition, not holds) for condition, holds in parts])


def _every(ref: FactRef, parts: Sequence[_Part]) -> str:
    """
    Return the clause that every record meets at least one of several conditions.

    What is said of the record itself tells which records are meant: every one that has not ended.
    """
    each = ref.fact.each
    whiches = [part for part in parts if _of_each(_phrase(part, denied=True), each)]
    mains = [part for part in parts if part not in whiches] or [whiches.pop()]
    apart = [own for part in whiches for own in _apart((part[0], not part[1]), "and")]
    rest = [_of_each(own, each) for own in apart]
    which = f" that {_joined_own(rest)}" if rest else ""
    phrases = [_bracketed(part, AnyOf, len(mains)) for part in mains]
    own = _of_each(phrases[0], each)
    if len(phrases) > 1 or not (own or _is_owned(phrases[0], each)):
        either = "either " if len(phrases) == len(_TWO) else ""
        phrases = [_said_again(phrase, each) for phrase in phrases]
        return f"for every {each}{which}, {either}{listed(phrases, 'or')}"
    if own:
        return f"every {each}{which} {own}"
    whose = phrases[0].removeprefix(f"the {each}")
    return f"for every {each}{which}, its{whose[2:]}" if which else f"every {each}{whose}"


def _bracketed(part: _Part, kind: type[All | AnyOf], number: int = 0) -> str:
    """Return a clause; in brackets where it is a list inside a list of the other kind."""
    other = AnyOf if kind is All else All
    phrase = _phrase(part)
    if len(_flat(part[0], other, holds=part[1])) == 1:
        return phrase
    plain = _is_plain_last(phrase, "or" if kind is AnyOf else "and", number)
    return phrase if plain else f"({phrase})"


def _of_each(phrase: str, each: str) -> str:
    """Return a clause about the current record; "" if it is about another."""
    for subject in (f"the {each} ", f"the {each.rpartition(' ')[2]} "):
        if phrase.startswith(subject):
            return phrase.removeprefix(subject)
    return ""


def _said_again(phrase: str, each: str) -> str:
    """Return a clause about a record just named, using "its"."""
    for thing in (f"the {each}", f"the {each.rpartition(' ')[2]}"):
        if phrase.startswith(f"{thing}'s "):
            return f"its{phrase.removeprefix(thing)[2:]}"
        if phrase.endswith(f" {thing}"):
            return f"{phrase.removesuffix(thing)}it"
    return phrase


def _is_owned(phrase: str, each: str) -> bool:
    return phrase.startswith((f"the {each}'s ", f"the {each}’s "))


def _which(ref: FactRef, where: Condition | None) -> str:
    """Return the relative clause selecting records: those "that are significant"."""
    if where is None:
        return ""
    own = _own(ref, where)
    if not all(own):
        return f" for which {condition_phrase(where)}"
    return f" that {_joined_own([_of_more(each) for each in own])}"


def _own(ref: FactRef, where: Condition) -> list[str]:
    """Return clauses about the record itself; "" for one about another."""
    parts = _flat(where, All, holds=True)
    return [_of_each(each, ref.fact.each) for part in parts for each in _apart(part, "and")]


def _of_more(own: str) -> str:
    """
    Return a clause in the plural.

    >>> _of_more("calls for action"), _of_more("has not ended")
    ('call for action', 'have not ended')
    """
    verb, _, rest = own.partition(" ")
    if not _BEGINS.match(own):
        return f"{verb.removesuffix('s')} {rest}"
    return _VERB.sub(lambda found: _OF_SEVERAL[found[0]], own)


def _plural(ref: FactRef) -> str:
    return without_article(ref.fact.label)


def _count(condition: Count, *, holds: bool) -> str:
    ref, where, predicate = condition.list, condition.where, condition.predicate
    if where is None and isinstance(ref.type, Choices) and _is_any(predicate):
        return predicate_phrase(ref.fact, Compare(Op.EQUALS, Literal(None)), holds=not holds)
    if _is_plain(predicate) and isinstance(ref.type, Records):
        assert isinstance(predicate, Compare)  # noqa: S101 - only comparisons are plain
        things = ref.fact.each if _value_of(predicate) == 1 else plural(ref.fact.each)
        number = _amount(COUNTED, predicate, holds=holds)
        if where is None:
            return f"there {'is' if things == ref.fact.each else 'are'} {number} {things}"
        own = _own(ref, where)
        if all(own):
            said = own if things == ref.fact.each else [_of_more(each) for each in own]
            return f"{number} {things} {_joined_own(said)}"
        return f"for {number} {things}, {condition_phrase(where)}"
    subject = f"the number of {_plural(ref)}{_which(ref, where)}"
    return _number(subject, COUNTED, predicate, holds=holds)


def _is_plain(predicate: Comparison) -> bool:
    """Tell whether an aggregate is compared with a constant."""
    if not isinstance(predicate, Compare) or _value_of(predicate) is None:
        return False
    return predicate.op is not Op.EQUALS


def _value_of(predicate: Compare) -> object:
    return getattr(predicate.operand, "value", None)


def _is_any(predicate: Comparison) -> bool:
    if not isinstance(predicate, Compare):
        return False
    least = {Op.AT_LEAST: 1, Op.MORE_THAN: 0}.get(predicate.op)
    return least is not None and _value_of(predicate) == least


def _share(condition: Share, *, holds: bool) -> str:
    ref, among, where = condition.list, condition.among, condition.where
    which = _which(ref, among)
    if isinstance(condition.predicate, Compare) and condition.predicate.op is not Op.EQUALS:
        share = _amount(PER_CENT, condition.predicate, holds=holds)
        clause = re.sub(r"^its ", "their ", condition_phrase(where))
        return f"for {share} of the {_plural(ref)}{which}, {clause}"
    subject = f"the share of the {_plural(ref)}{which} where {condition_phrase(where)}"
    return _number(subject, PER_CENT, condition.predicate, holds=holds)


def _number(subject: str, fact_type: FactType, predicate: Comparison, *, holds: bool) -> str:
    """Return the comparison of an aggregate in words."""
    if not holds and isinstance(predicate, Compare) and not isinstance(predicate.operand, FactRef):
        holds = predicate.op in _OPPOSITE
        predicate = _opposite(predicate)
    template = f"{subject} is {'' if holds else 'not '}{_VALUE}"
    phrase = compared_phrase(template, _worked_out(fact_type), predicate)
    if isinstance(predicate, Compare) and isinstance(predicate.operand, FactRef):
        phrase = phrase.replace(" is the number ", " is the same as the number ", 1)
    # A number is less, and things are fewer.
    return phrase.replace(" is fewer than ", " is less than ", 1)


def _amount(fact_type: FactType, predicate: Compare, *, holds: bool) -> str:
    predicate = predicate if holds else _opposite(predicate)
    return compared_phrase(_VALUE, _worked_out(fact_type), predicate)


def _opposite(predicate: Compare) -> Compare:
    """Return the complement of an order relation."""
    return attrs.evolve(predicate, op=_OPPOSITE.get(predicate.op, predicate.op))


def _worked_out(fact_type: FactType) -> Fact:
    return Fact("number", fact_type, Kind.CIRCUMSTANCE, "the number", "")


def names_every(condition: Condition, refs: Sequence[FactRef], *, holds: bool) -> list[str]:
    """Return the paths of the facts that the clause of a condition does not name."""
    phrase = condition_phrase(condition, holds=holds)
    missing = []
    for ref in refs:
        names = naming_phrases(ref.fact) | (
            {ref.fact.each} if isinstance(ref.type, Records) else set()
        )
        if not any(name in phrase for name in names):
            missing.append(ref.path)
    return missing
