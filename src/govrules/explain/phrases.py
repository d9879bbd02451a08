"""Facts and their values as clauses of English: each way of being known has its own."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, assert_never

from govrules.facts import TO_BE_FOUND
from govrules.rulebook.expr import Op
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

#: Of more names than these, as many less one are given, and how many more there are.
MOST_NAMES: Final = 6
_ORDERS: Final = {
    Op.EQUALS: ("{}", "on {}"),
    Op.AT_LEAST: ("at least {}", "on or after {}"),
    Op.AT_MOST: ("at most {}", "on or before {}"),
    Op.MORE_THAN: ("more than {}", "after {}"),
    Op.LESS_THAN: ("less than {}", "before {}"),
}
VALUE: Final = "{value}"
_ONE_OR_MANY: Final = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
#: What a record without a name is called.
_NUMBERED: Final = re.compile(r"(?P<each>[a-z].*) (?P<number>\d+)")
#: A clause whose "it" is nobody.
NOBODY: Final = re.compile(
    r"it (is|was) (not )?(agreed|clear|defined|known|named|recorded|settled|so|stated|unclear|"
    r"written down)\b"
)
#: Whose a fact is at the beginning of a clause, and what it is of at its end.
_WHOSE: Final = re.compile(r"^the (?:\w+ )?\w+'s | the \w+$")
#: What a partnership has one of, so that a clause about it can begin with whose it is.
_OWNED: Final = ("the governing document ", "the aims ", "the risk tier ")
#: Things whose names are words, and would read as the subject of a verb in another number.
_QUOTED: Final = ("measure",)
_SOUNDS_LIKE_A_CONSONANT: Final = ("uni", "use", "eu", "one")


# ── Words ─────────────────────────────────────────────────────────────────────────────────────


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning and a full stop at its end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def lowered(text: str) -> str:
    """
    Return a sentence as it stands within another.

    >>> lowered("A board decides"), lowered("VAT is settled")
    ('a board decides', 'VAT is settled')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def joined(words: Iterable[str], word: str = "and") -> str:
    """
    Return words as a list in prose.

    >>> joined(["aims", "roles", "exit"])
    'aims, roles and exit'
    """
    *first, last = list(words) or [""]
    if not first:
        return last
    # Without the comma nobody could tell where one of them ends and the last begins.
    parts = [part.replace(" or more", "") for part in (*first, last)]
    has_own = any(f" {each} " in part for part in parts for each in ("and", "or"))
    return f"{', '.join(first)}{',' if has_own or ', ' in last else ''} {word} {last}"


def joined_clauses(clauses: Sequence[str]) -> str:
    """
    Return clauses in one; the subject and verb, or the noun, with which all begin is said once.

    >>> joined_clauses(["the partner is an observer", "the partner holds the chair"])
    'the partner is an observer and holds the chair'
    """
    first, *others = clauses
    begin = " ".join(first.split()[:2]) + " "
    if others and all(each.startswith(begin) for each in others):
        others = [each.removeprefix(begin) for each in others]
    return joined([first, *others])


def named(names: Sequence[str], word: str = "and", *, what: str = "more") -> str:
    """
    Return names as a list in prose; of many, the first and how many more there are.

    >>> named(["A", "B"]), named(list("ABCDEFGH"))
    ('A and B', 'A, B, C, D, E and 3 more')
    >>> named(["A", "partner 9", "partner 10"])
    'A and partners 9 and 10'
    """
    numbered = [_NUMBERED.fullmatch(each) for each in names]
    things = {each["each"] for each in numbered if each}
    if len(things) == 1 and sum(map(bool, numbered)) > 1:
        others = [name for name, number in zip(names, numbered, strict=True) if not number]
        numbers = named([each["number"] for each in numbered if each], word, what=what)
        # Any one of them is one: "partner 1 or 2".
        together = f"{things.pop() if word == 'or' else plural(*things)} {numbers}"
        return f"{named(others)} {word} {together}" if others else together
    if len(names) <= MOST_NAMES:
        return joined(names, word)
    more = len(names) - MOST_NAMES + 1
    return f"{', '.join(names[: MOST_NAMES - 1])} and {more:,} {what}"


def plural(what: str) -> str:
    """
    Return several of a thing.

    >>> plural("partner"), plural("entry"), plural("body")
    ('partners', 'entries', 'bodies')
    """
    if what.endswith("y") and what[-2:-1] not in "aeiou":
        return f"{what[:-1]}ies"
    return f"{what}es" if what.endswith(("s", "x", "ch", "sh")) else f"{what}s"


def _singular(unit: str) -> str:
    if unit.endswith("ies"):
        return f"{unit[:-3]}y"
    return "foot" if unit == "feet" else unit.removesuffix("s")


def counted(number: int, what: str) -> str:
    """
    Return how many there are of something.

    >>> counted(1, "rule"), counted(5500, "partnership"), counted(2, "entry")
    ('1 rule', '5,500 partnerships', '2 entries')
    """
    return f"{number:,} {what if number == 1 else plural(what)}"


def with_article(thing: str) -> str:
    """
    Return a thing with the article that it takes.

    >>> with_article("accountable body"), with_article("unitary council")
    ('an accountable body', 'a unitary council')
    """
    vowel = thing[:1].lower() in "aeiou" and not thing.lower().startswith(_SOUNDS_LIKE_A_CONSONANT)
    return f"{'an' if vowel else 'a'} {thing}"


def without_article(label: str) -> str:
    """Return a label without the article at its beginning."""
    return label.removeprefix("the ")


def day(date: dt.date) -> str:
    """
    Return a date as people write it.

    >>> day(dt.date(2026, 1, 31))
    '31 January 2026'
    """
    return f"{date.day} {date:%B} {date.year}"


def short_amount(amount: Decimal) -> str:
    """
    Return an amount as a headline has it.

    >>> [short_amount(Decimal(each)) for each in ("18000000", "31470000", "650000", "0")]
    ['£18m', '£31.47m', '£650,000', '£0']
    >>> short_amount(Decimal(81449610000))
    '£81.45bn'
    """
    if amount < 1_000_000:  # noqa: PLR2004 - a million
        return _amount(amount)
    unit, letters = (1_000_000, "m") if amount < 1_000_000_000 else (1_000_000_000, "bn")  # noqa: PLR2004
    number = f"{amount / unit:,.2f}".rstrip("0").rstrip(".")
    return f"£{number}{letters}"


def _amount(amount: Decimal) -> str:
    whole = amount == amount.to_integral_value()
    return f"£{int(amount):,}" if whole else f"£{amount:,.2f}"


def duration(months: int) -> str:
    """
    Return a length of time.

    >>> duration(12), duration(18)
    ('1 year', '18 months')
    """
    years, rest = divmod(months, 12)
    return counted(months, "month") if rest or not years else counted(years, "year")


def within_phrase(within: str) -> str:
    """
    Return by when something is to be done, as a rule says it.

    >>> [within_phrase(each) for each in ("3 months", "the next meeting", "the dates of those", "")]
    ['within 3 months', 'at the next meeting', 'by the dates of those', '']
    """
    if not within:
        return ""
    if within[:1].isdigit():
        return f"within {within}"
    place = "at" if "meeting" in within else "by" if "date" in within else "in"
    return f"{place} {within}"


# ── Values ────────────────────────────────────────────────────────────────────────────────────


def value_phrase(value: Any, fact_type: FactType, word: str = "and") -> str:  # noqa: ANN401 - any fact's value
    """
    Return a value as it stands in a sentence.

    >>> value_phrase(Decimal(250000), Money())
    '£250,000'
    """
    return told(value, fact_type, {}, word)


def told(value: Any, fact_type: FactType, words: dict[str, str], word: str) -> str:  # noqa: ANN401
    """Return a value in its fact's words; a set's members are joined by the last word."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case frozenset():
            return members_phrase(value, fact_type, words, word)
        case tuple():
            return f"{len(value)} recorded"
        case dt.date():
            return day(value)
        case _:
            return _single(value, fact_type, words)


def members_phrase(
    value: frozenset[Any], fact_type: FactType, words: dict[str, str], word: str
) -> str:
    """Return the members of a set, in the order of its values."""
    order = fact_type.values if isinstance(fact_type, Choices) else sorted(value)
    several = [word_of(each, words) for each in order if each in value]
    if UNKNOWN in value:
        several.append("perhaps others")
    return joined(several, word) if several else "none"


def word_of(value: str, words: dict[str, str]) -> str:
    """Return what a value of a closed list is called within a sentence."""
    return words.get(value) or value.replace("_", " ")


def _single(value: Any, fact_type: FactType, words: dict[str, str]) -> str:  # noqa: ANN401
    match fact_type:
        case Money():
            return _amount(Decimal(value))
        case Months():
            return duration(int(value))
        case Number(unit=unit):
            number = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
            if not unit:
                return number
            return f"{number} {_singular(unit) if value == 1 and unit != 'per cent' else unit}"
        case Choice():
            return word_of(str(value), words)
        case Record() | Records() | YesNo() | Date() | Choices():
            raise AssertionError("told by its value")
        case Text():
            text = words.get(str(value), str(value))
            # Within a sentence: "The council" is the council.
            return f"the {text[4:]}" if text.startswith("The ") else text
        case _:
            assert_never(fact_type)


# ── What a fact is ────────────────────────────────────────────────────────────────────────────


def naming_phrases(fact: Fact) -> frozenset[str]:
    """Return the phrases by which clauses name a fact; each clause has one of them."""
    whole = [fact.label, fact.denial, fact.sentence, fact.absent, fact.present, fact.act]
    whole += [fact.among]
    whole += [words for _, words in fact.words]
    whole += [each for _, *both in fact.said for each in both] + [*(fact.zero or ())]
    parts = {part for each in whole for part in re.split(r"\{value\}|\[.*?\]", each)}
    # A record is named once, and after that it is "it": "its representative", "answers for it".
    parts |= {_WHOSE.sub(" ", each) for each in parts}
    stems = {re.sub(r"^(the \w+|its?|partners|users|there is)\b", "", each) for each in parts}
    # A subject that the clause before has is not said again.
    stems |= {re.sub(r"^the \w+ \w+ (?=(is|has|was|does) )", "", each) for each in parts}
    # Of several the verb is another: those "that are significant".
    stems |= {re.sub(r"^(is|has|was|does)\b", "", each.strip()) for each in stems}
    found = {each.strip() for each in (*parts, *stems, without_article(fact.label))}
    return frozenset(each for each in found if each)


def absence(fact: Fact) -> str:
    """Return the clause that says that there is none."""
    if isinstance(fact.type, YesNo):
        return fact.denial
    thing = without_article(fact.label)
    is_many = isinstance(fact.type, Choices | Records)
    return fact.absent or (f"there are no {thing}" if is_many else f"there is no {thing}")


def presence(fact: Fact) -> str:
    """Return the clause that says that there is one, whichever."""
    if isinstance(fact.type, YesNo):
        return fact.label
    thing = without_article(fact.label)
    is_many = isinstance(fact.type, Choices | Records)
    return fact.present or (f"there are {thing}" if is_many else f"there is {with_article(thing)}")


def fact_phrase(fact: Fact, value: Any) -> str:  # noqa: ANN401 - any fact's value
    """Return a fact and its value as a clause ("partners pool budgets")."""
    match fact.type:
        case _ if value is None or value in ((), frozenset()):
            return absence(fact)
        case YesNo():
            return fact.label if value else fact.denial
        case Record():
            return presence(fact)
        case Choices():
            return _set_phrase(fact, value)
        case Records():
            return _list_phrase(fact, value)
        case Choice():
            return choice_phrase(fact, value, holds=True)
        case _ if value == 0 and fact.zero:
            return fact.zero[0]
        case _:
            fill = compared_value(value, fact, Op.EQUALS, dates=bool(fact.sentence))
            return filled(saying(fact), fill)


def _set_phrase(fact: Fact, value: frozenset[Any]) -> str:
    known = frozenset(each for each in value if each is not UNKNOWN)
    if not known:
        return f"nobody recorded all of {fact.label}"
    several = members_phrase(known, fact.type, dict(fact.words), "and")
    if len(known) < len(value):
        return filled(fact.among or f"{fact.label} include {VALUE}", several, len(known))
    own = {each: says for each, says, _ in fact.said if says and each in known}
    rest = known - {*own}
    clauses = [*own.values()]
    if rest:
        several = members_phrase(rest, fact.type, dict(fact.words), "and")
        clauses.insert(0, filled(fact.sentence or f"{fact.label} are {VALUE}", several, len(rest)))
    return joined_clauses(clauses)


def _list_phrase(fact: Fact, value: Sequence[Any]) -> str:
    known = [each for each in value if each is not UNKNOWN]
    if not known:
        return f"nobody recorded all of {fact.label}"
    several = [record_name(each, index, fact.each) for index, each in enumerate(known)]
    least = "at least " if len(known) < len(value) else ""
    if all(map(_NUMBERED.fullmatch, several)):
        if fact.sentence:
            number = counted(len(known), fact.each.rpartition(" ")[2])
            return filled(fact.sentence, least + number, len(known))
        verb = "is" if len(known) == 1 else "are"
        return f"there {verb} {least}{counted(len(known), fact.each)}"
    names = named(several)
    if fact.sentence:
        only = "" if least or len(known) > 1 else "only "
        return filled(fact.sentence, least + only + names, len(known))
    if least:
        return f"{fact.label} include {names}"
    return f"{fact.label} are {names}" if len(known) > 1 else f"the only {fact.each} is {names}"


def whether_all(fact: Fact, known: Collection[Any]) -> str:
    """Return the question whether these are all that a list or a set has."""
    if isinstance(fact.type, Choices):
        words = dict(fact.words)
        several = [word_of(value, words) for value in fact.type.values if value in known]
    else:
        several = [record_name(each, index, fact.each) for index, each in enumerate(known)]
    if all(map(_NUMBERED.fullmatch, several)):
        if len(several) == 1:
            return f"Is there only one {_one_of(fact)}?"
        return f"Are there only {len(several):,} {without_article(fact.label)}?"
    if len(several) == 1:
        return f"Is {several[0]} the only {_one_of(fact)}?"
    return f"Are these all {fact.label}: {named(several)}?"


def _one_of(fact: Fact) -> str:
    """Return the noun for a list's record, qualified as the label has it."""
    several = without_article(fact.label)
    many = (plural(each) for each in (fact.each, fact.each.rpartition(" ")[2]))
    begins = next((each for each in many if several.startswith(each)), "")
    return f"{_singular(begins)}{several.removeprefix(begins)}" if begins else fact.each


def record_name(record: Any, index: int, each: str) -> str:  # noqa: ANN401 - any attrs object
    """
    Return what a record of a list is called: its name, else its id, or its number counted from 1.

    >>> from govrules import Partner, Partnership
    >>> record_name(Partner(name="North Trust"), 0, "partner"), record_name(Partner(), 1, "partner")
    ('North Trust', 'partner 2')
    >>> record_name(Partnership(id="P3"), 2, "partnership")
    'P3'
    """
    if record is UNKNOWN:
        return "perhaps others"
    called = (getattr(record, key, UNKNOWN) for key in ("name", "id"))
    return next((each for each in called if isinstance(each, str)), f"{each} {index + 1}")


def of_record(record: str, clause: str, each: str) -> str:
    """
    Return a clause about a record of a list with its name in the place of "it" or "the partner".

    >>> of_record("North Trust", "the partner has signed the agreement", "partner")
    'North Trust has signed the agreement'
    >>> of_record("partnership 2", "its value has never been assessed", "partnership")
    "partnership 2's value has never been assessed"
    >>> of_record("Arts network", "no officer is responsible for it", "partnership")
    'no officer is responsible for Arts network'
    """
    thing = each.rpartition(" ")[2]
    if record and thing in _QUOTED and each not in record:
        record = f"the {thing} ‘{record}’"
    return of_records(record, clause, each)


def of_records(records: str, clause: str, each: str) -> str:
    """
    Return a clause about one of several records with their names in the place of "it".

    >>> of_records("A or B", "the partner is named as accountable", "partner")
    'A or B is named as accountable'
    """
    if not records:
        return clause
    whose = f"{records}'{'' if records.endswith('s') else 's'}"
    is_one = " or " not in records
    if is_one and each.endswith("partnership") and clause.startswith(_OWNED):
        return f"{whose} {clause.removeprefix('the ')}"
    nobody = NOBODY.match(clause)
    found = _mention(each).search(clause, nobody.end() if nobody else 0)
    # Of several each has its own, and a clause before the mention would lack its subject.
    if not found or (found["own"] and not is_one) or _joins(clause[: found.start()]):
        return f"{records}: {clause}"
    name = whose if found["own"] else records
    return clause[: found.start()] + name + clause[found.end() :]


@lru_cache
def _mention(each: str) -> re.Pattern[str]:
    """Return the mention of a record in a clause: its name, or "it"."""
    things = "|".join(map(re.escape, dict.fromkeys((each, each.rpartition(" ")[2]))))
    return re.compile(rf"\b(?:(?P<own>the (?:{things})'s|its)|the (?:{things})(?!')|it)(?![\w-])")


def _joins(words: str) -> bool:
    return " or " in words or " and " in words


def missing_phrase(fact: Fact, members: Iterable[str]) -> str:
    """Return the clause that says that these members of a set are not there."""
    words = dict(fact.words)
    assert isinstance(fact.type, Choices)  # noqa: S101 - only sets have members
    lacking = [each for each in fact.type.values if each in {*members}]
    own = next((denies for value, _, denies in fact.said if [value] == lacking), "")
    if own:
        return own
    found = [word_of(each, words) for each in lacking]
    template = fact.denial or f"{fact.label} do not include {VALUE}"
    return filled(template, named(found, "or"), len(found))


# ── What a fact is to become ──────────────────────────────────────────────────────────────────


def changed_phrase(fact: Fact, to: Any, was: Any = UNKNOWN) -> str:  # noqa: ANN401 - any fact's values
    """
    Return a fact as it is after a change ("an accountable body is named").

    A date of something done is said as the act; a set, by what is added to it.
    """
    if to is TO_BE_FOUND:
        named_ = f"{fact.label} is {'named' if isinstance(fact.type, Text) else 'known'}"
        act = fact.act if isinstance(fact.type, Text) else ""
        return act or fact.present or named_
    match fact.type:
        case Date() if isinstance(to, dt.date):
            return fact.act or f"{fact.label} is on or after {day(to)}"
        case Choices() if to:
            return _added_phrase(fact, to, was)
        case Choice() if to is not None and fact.act:
            return filled(fact.act, word_of(str(to), dict(fact.words)))
        case Money() | Number() | Months() if to is not None and isinstance(was, int | Decimal):
            op = Op.AT_LEAST if to > was else Op.AT_MOST
            template = saying(fact)
            return filled(template, compared_value(to, fact, at_limit(fact.type, op, to)))
        case _:
            return fact_phrase(fact, to)


def at_limit(fact_type: FactType, op: Op, to: Any) -> Op:  # noqa: ANN401 - a number
    """Return a comparison; "equal" at a number's bound."""
    most = fact_type.most if isinstance(fact_type, Number) else None
    return Op.EQUALS if to == (most if op is Op.AT_LEAST else 0) else op


def _added_phrase(fact: Fact, to: frozenset[Any], was: Any) -> str:  # noqa: ANN401 - a set
    held = frozenset() if was is UNKNOWN or was is None else frozenset(was) - {UNKNOWN}
    added = to - held
    if not added or held - to:
        return fact_phrase(fact, to)
    if held and len(added) > 1:
        several = members_phrase(added, fact.type, dict(fact.words), "and")
        if VALUE in fact.act:
            return filled(fact.act, several, len(added))
        return f"{fact.act or f'{fact.label} are completed'}. Add: {several}"
    # Without a sentence of its own a set would seem to be what is added alone.
    says_more = held and not fact.sentence and not fact.said
    return _set_phrase(fact, added | {UNKNOWN} if says_more else added)


# ── Words in their places ──────────────────────────────────────────────────────────────────────


def saying(fact: Fact) -> str:
    """Return the sentence that says what a fact is, with a place for its value."""
    return fact.sentence or f"{fact.label} is {VALUE}"


def denying(fact: Fact) -> str:
    """Return the sentence that says what a fact is not, with a place for its value."""
    return fact.denial or f"{fact.label} is not {VALUE}"


def choice_phrase(fact: Fact, value: Any, *, holds: bool) -> str:  # noqa: ANN401 - a value of a choice
    """Return the clause that says a value of a choice, or denies it."""
    if value is None:
        return absence(fact) if holds else presence(fact)
    for each, says, denies in fact.said:
        if each == value and (says if holds else denies):
            return says if holds else denies
        if each == value and says:
            return f"it is not so that {says}"
    template = saying(fact) if holds else denying(fact)
    return filled(template, word_of(str(value), dict(fact.words)))


def ordered(fact: Fact, op: Op, *, dates: bool = True) -> str:
    """Return the words of a comparison, with a place for what is compared with."""
    words = _ORDERS[op][1 if isinstance(fact.type, Date) and dates else 0]
    of_things = isinstance(fact.type, Number) and fact.type.whole
    return words.replace("less", "fewer") if of_things else words


def compared_value(
    value: Any,  # noqa: ANN401 - any fact's value
    fact: Fact,
    op: Op,
    *,
    dates: bool = True,
) -> str:
    """Return a value with the words of a comparison before it."""
    return ordered(fact, op, dates=dates).format(told(value, fact.type, dict(fact.words), "or"))


def filled(template: str, words: str, number: int = 1, after: str = "") -> str:
    """Return a template filled in, agreeing in number."""
    text = _ONE_OR_MANY.sub(lambda found: found[1 if number == 1 else 2], template)
    # Braces in what people recorded are no places of a template.
    return text.replace(VALUE, words, 1) + after
