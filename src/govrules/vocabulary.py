"""
The vocabulary: what can be recorded of a subject, derived from its attrs class.

Each field's type is its annotation; its label, question, unit and kind are its metadata.
The rule checker, the JSON Schemas, the English, the questions and the strategies read them here.
"""

from __future__ import annotations

import datetime as dt
import functools
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar, Union

import attrs

from govrules.errors import VocabularyError
from govrules.frozen import Frozen
from govrules.truth import UNKNOWN, Unknown

T = TypeVar("T")

#: What a field holds: a value, None (known to be absent), or UNKNOWN (nobody recorded it).
Recorded: TypeAlias = Union[T, Unknown, None]  # noqa: UP007 - a generic alias of its own
#: A list of records; UNKNOWN as an item says that there may be more.
ListOf: TypeAlias = tuple[Union[T, Unknown], ...]  # noqa: UP007
#: A set of choices; UNKNOWN as a member says that there may be more.
SetOf: TypeAlias = frozenset[Union[T, Unknown]]  # noqa: UP007


class Kind(Enum):
    """Whether a fact is what the subject is, or what its governance can change."""

    CIRCUMSTANCE = "circumstance"
    ARRANGEMENT = "arrangement"


class OrderedChoice(StrEnum):
    """Closed values that are ordered as they are listed, lowest first."""


@attrs.frozen
class YesNo:
    """Yes or no."""


@attrs.frozen
class Text:
    """Free text."""


@attrs.frozen
class Number:
    """A number of at least zero, counted in `unit`; whole numbers only where `whole`."""

    whole: bool = False
    unit: str = ""
    most: Decimal | None = None


@attrs.frozen
class Money:
    """An amount of at least zero, in pounds; of one year where it is `yearly`."""

    yearly: bool = False


@attrs.frozen
class Date:
    """A calendar date; `past` where it says when something was done, so never lies ahead."""

    past: bool = False


@attrs.frozen
class Months:
    """A length of time in calendar months."""


@attrs.frozen
class Choice:
    """One of a closed list of values."""

    values: tuple[str, ...]
    ordered: bool = False


@attrs.frozen
class Choices:
    """Any number of a closed list of values."""

    values: tuple[str, ...]


@attrs.frozen
class Record:
    """One record of facts."""

    cls: type


@attrs.frozen
class Records:
    """A list of records."""

    cls: type


FactType: TypeAlias = (
    YesNo | Text | Number | Money | Date | Months | Choice | Choices | Record | Records
)
#: The types of a single value that a test can compare.
Scalar: TypeAlias = YesNo | Text | Number | Money | Date | Months | Choice

#: A value as evaluation sees it; None is known to be absent.
Value: TypeAlias = (
    bool | str | int | Decimal | dt.date | frozenset[Any] | tuple[Any, ...] | object | None
)


#: What a number of records is.
COUNTED: Final = Number(whole=True)
#: What a share is.
PER_CENT: Final = Number(unit="per cent")


def is_past(fact_type: FactType) -> bool:
    """Tell whether values of a type are dates on which something was done."""
    return isinstance(fact_type, Date) and fact_type.past


def absent_of(fact_type: FactType) -> Any:  # noqa: ANN401 - any fact's value
    """Return what a fact is when it is known to be absent: no, nothing in it, or None."""
    match fact_type:
        case YesNo():
            return False
        case Choices():
            return frozenset()
        case Records():
            return ()
        case _:
            return None


def closed_values(fact_type: FactType) -> tuple[str | bool, ...]:
    """Return the values of a type that has a closed list of them; else nothing."""
    if isinstance(fact_type, YesNo):
        return (True, False)
    return fact_type.values if isinstance(fact_type, Choice) else ()


@attrs.frozen
class Fact:
    """
    One thing that can be recorded.

    Attributes:
        name: the field's name in its record.
        type: what values it takes.
        kind: circumstance or arrangement.
        label: a noun phrase ("the annual spend"); for a yes or no, the sentence that says yes.
        denial: for a yes or no, the sentence that says no; else the one that says what a value is
            not, with ``{value}`` in it; "" where none is given.
        question: what to ask when nobody recorded it.
        each: for a list, what one of its records is called ("partner").
        sentence: what is so, with ``{value}`` in it ("it spends {value} a year"); "" where none
            is given. ``[one|several]`` in it is chosen by the number of a set's members.
        absent: the sentence that says that there is none.
        present: the sentence that says that there is one, whichever.
        act: what people do so that it is so anew ("all partners review it"); for a set, so that
            what is missing is there.
        among: for a set, what says the members that are known where there may be more.
        zero: for a number, the sentence that says that it is nought, and the one that denies it.
        said: values that have sentences of their own: the value, what says it, what denies it.
        words: what values are called within a sentence, where that differs.
    """

    name: str
    type: FactType
    kind: Kind
    label: str
    question: str
    denial: str = ""
    each: str = ""
    sentence: str = ""
    absent: str = ""
    present: str = ""
    act: str = ""
    among: str = ""
    zero: tuple[str, str] | None = None
    said: tuple[tuple[str, str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Vocabulary:
    """
    All that can be recorded of one attrs class.

    Attributes:
        cls: the class.
        fields: its own fields, by name.
        facts: every fact reachable without entering a list, by dotted path.
        about: its fields that carry what is said about facts; see `about_facts`.
    """

    cls: type
    fields: Mapping[str, Fact]
    facts: Mapping[str, Fact]
    about: frozenset[str]

    @cached_property
    def paths(self) -> Mapping[str, Fact]:
        """Every fact by its full path; the records of a list stand under ``[]``."""
        found: dict[str, Fact] = {}
        for path, fact in self.facts.items():
            found[path] = fact
            if isinstance(fact.type, Records):
                inside = vocabulary_of(fact.type.cls).paths
                found |= {f"{path}[].{inner}": each for inner, each in inside.items()}
        return found


#: The date of the assessment, which every rule may read.
AS_OF = Fact(
    name="as_of",
    type=Date(),
    kind=Kind.CIRCUMSTANCE,
    label="the date of the assessment",
    question="As of which date is this assessed?",
    sentence="this assessment is of things as they stood {value}",
)

#: One sentence for every value, or one for each; under ``*`` stands the one for all others.
Sentences: TypeAlias = str | Mapping[str, str]
_OTHERS: Final = "*"

_METADATA = "govrules"
_ABOUT = "govrules-about"


def fact(
    label: str,
    *,
    ask: str,
    kind: Kind = Kind.CIRCUMSTANCE,
    no: Sentences = "",
    each: str = "",
    unit: str = "",
    most: int | None = None,
    past: bool = False,
    yearly: bool = False,
    sentence: Sentences = "",
    absent: str = "",
    present: str = "",
    act: str = "",
    among: str = "",
    zero: tuple[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - attrs fields are declared with Any so that annotations decide
    """
    Declare a field of an attrs class as a fact, unknown unless recorded.

    Args:
        label: a noun phrase that begins with "the"; for a yes or no, the sentence that says yes.

        ask: the question to put when nobody recorded it.

        kind: circumstance (the default) or arrangement.

        no: for a yes or no, the sentence that says no; else what says that a value is not so.

        each: for a list of records, what one of them is called.

        unit: for a number, what it counts; ``months`` makes a whole number a length of time.

        most: for a number, the greatest value it can take.

        past: for a date, that it says when something was done, so that it never lies ahead.

        yearly: for an amount, that it is of one year.

        sentence: what says a value, with ``{value}`` in it; or a mapping with a sentence for each
            value, and one for all others under ``*``.

        absent, present: what says that there is none, and that there is one.

        act: what people do so that it is so anew; for a set, so that what is missing is there.

        among: for a set, what says the members that are known where there may be more.

        zero: what says that a number is nought, and what denies that.

        words: what values are called within a sentence, where that differs.
    """
    about = {"label": label, "ask": ask, "kind": kind, "no": no}
    about |= {"each": each, "unit": unit, "most": most, "past": past, "yearly": yearly}
    about |= {"sentence": sentence, "absent": absent, "present": present}
    about |= {"act": act, "among": among, "zero": zero, "words": words}
    return attrs.field(default=UNKNOWN, metadata={_METADATA: about})


def arrangement(label: str, *, ask: str, **more: Any) -> Any:  # noqa: ANN401
    """Declare a fact that governance can change; see `fact` for the arguments."""
    return fact(label, ask=ask, kind=Kind.ARRANGEMENT, **more)


def about_facts(*, compared: bool = True) -> Any:  # noqa: ANN401 - see `fact`
    """
    Declare a field of annotations on facts: a mapping that is no fact itself.

    Those that govrules knows are `local`, `stated`, `evidence` and `origin`.
    """
    return attrs.field(
        factory=dict, eq=compared, hash=False, repr=compared, metadata={_ABOUT: True}
    )


#: Called with each class that is derived from `Subject`, when it is declared.
WHEN_DECLARED: Final[list[Callable[[type], None]]] = []


@attrs.frozen(kw_only=True)
class Subject:
    """
    The base of subject classes: fields for annotations on facts.

    A class of somebody's own that has it keeps where its facts were read and seen, takes a rule
    pack's local facts, and its derived facts can be stated.

    Attributes:
        local: the values of a rule pack's local facts, by name.
        stated: derived facts that somebody stated, which are then not derived, by name.
        evidence: where a fact was seen, by fact path.
        origin: where the facts were read, by fact path, as ``file:line``; "" is the whole record.
    """

    local: Mapping[str, Any] = about_facts()
    stated: Mapping[str, Any] = about_facts()
    evidence: Mapping[str, str] = about_facts()
    origin: Mapping[str, str] = about_facts(compared=False)

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - whatever a base takes
        super().__init_subclass__(**options)
        for each in WHEN_DECLARED:
            each(cls)


@attrs.frozen
class Collected:
    """
    Subjects read together that no class lists.

    Attributes:
        entries: the subjects; UNKNOWN among them where there may be more.
    """

    entries: tuple[Any, ...]


#: The vocabularies of classes whose fields no annotation declares.
MADE: Final[dict[type, Vocabulary]] = {}


@functools.cache
def list_of(cls: type) -> tuple[str, type] | None:
    """
    Return the list field of a class of registers, and the class it lists.

    Returns:
        the field's name and the class of its records; None where it lists no subjects.
    """
    for name, fact in vocabulary_of(cls).fields.items():
        if isinstance(fact.type, Records) and issubclass(fact.type.cls, Subject):
            return name, fact.type.cls
    return None


@functools.cache
def vocabulary_of(cls: type) -> Vocabulary:
    """
    Derive the vocabulary of an attrs class from its annotations and metadata.

    Raises:
        VocabularyError: the class is no attrs class, or a field has a type that facts cannot take.
    """
    given: object = cls
    if cls in MADE:
        return MADE[cls]
    if not isinstance(given, type) or not attrs.has(given):
        name = getattr(cls, "__name__", type(cls).__name__)
        msg = f"`{name}` is no attrs class, so its facts are not declared"
        raise VocabularyError(msg)
    hints = typing.get_type_hints(cls)
    fields: dict[str, Fact] = {}
    about: set[str] = set()
    for field in attrs.fields(cls):
        if _ABOUT in field.metadata:
            about.add(field.name)
            continue
        fields[field.name] = _describe(cls, field, hints.get(field.name))
    return Vocabulary(cls, Frozen(fields), dotted(fields), frozenset(about))


def dotted(fields: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """Return facts by dotted path, nested records expanded."""
    facts: dict[str, Fact] = {}
    for name, described in fields.items():
        facts[name] = described
        if isinstance(described.type, Record):
            inner = vocabulary_of(described.type.cls).facts
            facts |= {f"{name}.{path}": each for path, each in inner.items()}
    return Frozen(facts)


def _describe(cls: type, field: attrs.Attribute[Any], hint: object) -> Fact:
    about = field.metadata.get(_METADATA, {})
    words = field.name.replace("_", " ")
    fact_type = _type_of(hint, about)
    if fact_type is None:
        msg = f"`{cls.__name__}.{field.name}` has the type {hint}, which no fact can take"
        raise VocabularyError(msg)
    label = about.get("label") or (words if isinstance(fact_type, YesNo) else f"the {words}")
    return Fact(
        name=field.name,
        type=fact_type,
        kind=about.get("kind", Kind.CIRCUMSTANCE),
        label=label,
        question=about.get("ask") or f"What is recorded of {label}?",
        each=about.get("each") or words.removesuffix("s"),
        absent=about.get("absent", ""),
        present=about.get("present", ""),
        act=about.get("act", ""),
        among=about.get("among", ""),
        zero=about.get("zero"),
        words=tuple((about.get("words") or {}).items()),
        **sentences(label, fact_type, about.get("sentence", ""), about.get("no", "")),
    )


def sentences(label: str, fact_type: FactType, says: Sentences, denies: Sentences) -> Any:  # noqa: ANN401 - arguments of a fact
    """Return the sentence templates of a fact, as arguments of `Fact`."""
    if isinstance(fact_type, YesNo):
        return {"denial": denies or f"not so: {label}"}
    yes = {_OTHERS: says} if isinstance(says, str) else says
    no = {_OTHERS: denies} if isinstance(denies, str) else denies
    own = [each for each in (*yes, *no) if each != _OTHERS]
    return {
        "sentence": yes.get(_OTHERS, ""),
        "denial": no.get(_OTHERS, ""),
        "said": tuple((each, yes.get(each, ""), no.get(each, "")) for each in dict.fromkeys(own)),
    }


def _type_of(hint: object, about: Mapping[str, Any]) -> FactType | None:
    arms = [arm for arm in _arms(hint) if arm not in (type(None), Unknown)]
    if len(arms) != 1:
        return None
    arm = arms[0]
    origin = typing.get_origin(arm)
    if origin is typing.Literal:
        return Choice(tuple(str(each) for each in typing.get_args(arm)))
    if origin in (tuple, frozenset):
        return _collection(origin, arm)
    if not isinstance(arm, type):
        return None
    if issubclass(arm, Enum):
        return Choice(_values(arm), issubclass(arm, OrderedChoice))
    if attrs.has(arm):
        return Record(arm)
    return _plain(arm, about)


def _collection(origin: object, arm: object) -> FactType | None:
    members = {
        inner
        for each in typing.get_args(arm)
        for inner in _arms(each)
        if inner not in (Unknown, Ellipsis)
    }
    if len(members) != 1:
        return None
    member = members.pop()
    if origin is tuple and isinstance(member, type) and attrs.has(member):
        return Records(member)
    if origin is frozenset and isinstance(member, type) and issubclass(member, Enum):
        return Choices(_values(member))
    return None


def _plain(arm: type, about: Mapping[str, Any]) -> FactType | None:
    unit = about.get("unit", "")
    most = about.get("most")
    limit = None if most is None else Decimal(most)
    match arm:
        case _ if arm is bool:
            return YesNo()
        case _ if arm is str:
            return Text()
        case _ if arm is int:
            return Months() if unit == "months" else Number(whole=True, unit=unit, most=limit)
        case _ if arm is Decimal:
            return Number(unit=unit, most=limit) if unit else Money(bool(about.get("yearly")))
        case _ if arm is dt.date:
            return Date(bool(about.get("past")))
        case _:
            return None


def _arms(hint: object) -> tuple[object, ...]:
    if typing.get_origin(hint) in (Union, types.UnionType):
        return tuple(arm for each in typing.get_args(hint) for arm in _arms(each))
    return (hint,)


def _values(enum: type[Enum]) -> tuple[str, ...]:
    return tuple(str(each.value) for each in enum)
