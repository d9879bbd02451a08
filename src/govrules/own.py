"""
A pack's own facts: fields of classes that are made of those that the vocabulary has.

A class that is made so is a subclass of its base, and records of both are equal where they say the
same. Whatever reads the vocabulary of a class finds its own facts there as it finds all others.
"""

from __future__ import annotations

import copyreg
import functools
import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.errors import VocabularyError
from govrules.frozen import Frozen
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    MADE,
    Fact,
    Kind,
    Record,
    Records,
    Vocabulary,
    dotted,
    vocabulary_of,
)

#: The field under which the own facts of a record stand.
LOCAL: Final = "local"
#: Own facts by the class of the records that have them, and by name.
Own: TypeAlias = Mapping[type, Mapping[str, Fact]]


class _OwnFactsMeta(type):
    """The metaclass of generated classes; they pickle by their definition."""

    made_of: tuple[str, type, Mapping[str, Fact], str]


def _reduced(cls: _OwnFactsMeta) -> tuple[Any, ...]:
    made: Any = _made
    return made, cls.made_of


copyreg.pickle(_OwnFactsMeta, _reduced)


class OwnFacts:
    """A record of own facts; as a mapping it holds the known ones."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        cls: type = type(self)
        names = vocabulary_of(cls).fields
        return (name for name in names if getattr(self, name) is not UNKNOWN)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any fact's value
        if name not in [*self]:
            raise KeyError(name)
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping | OwnFacts):
            return NotImplemented
        return known_facts(self) == known_facts(other)

    def __hash__(self) -> int:
        return hash(frozenset(known_facts(self).items()))


def known_facts(own: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping, or own facts
    """Return the own facts that are known, by name."""
    return {name: own[name] for name in own if own[name] is not UNKNOWN}


def is_own(cls: type) -> bool:
    """Tell whether records of a class hold nothing but own facts."""
    return issubclass(cls, OwnFacts)


def can_be_called(name: str) -> bool:
    """Tell whether a fact can have a name, which is that of a field of a class too."""
    return name.isidentifier() and not keyword.iskeyword(name) and name != "self"


def own_record_class(name: str, facts: Mapping[str, Fact], at: str) -> type:
    """Return the class of the records that hold own facts and nothing else; `at` is its place."""
    base: type = OwnFacts
    return _made(name, base, Frozen(facts), at)


def with_own(cls: type, own: Own) -> type:
    """Return the class of records that have own facts, or hold such; itself where none do."""
    if cls in MADE:
        return cls
    vocabulary = vocabulary_of(cls)
    fields = dict(vocabulary.fields)
    for name, fact in fields.items():
        if isinstance(fact.type, Record | Records):
            inner = with_own(fact.type.cls, own)
            if inner is not fact.type.cls:
                fields[name] = attrs.evolve(fact, type=type(fact.type)(inner))
    if own.get(cls):
        fields[LOCAL] = Fact(
            name=LOCAL,
            type=Record(own_record_class("OwnFacts", own[cls], f"{cls.__qualname__}.{LOCAL}")),
            kind=Kind.CIRCUMSTANCE,
            label="the facts that packs add",
            question="What is known of the facts that packs add?",
            absent="nothing of what packs add is there",
            present="something of what packs add is there",
        )
    if fields == vocabulary.fields:
        return cls
    return _made(cls.__name__, cls, Frozen(fields), cls.__qualname__)


@functools.cache
def _made(name: str, base: type, fields: Mapping[str, Fact], at: str) -> type:
    """Return the class of the records of a base that have these fields."""
    alone = base is OwnFacts
    wrong = [field for field in fields if alone and not can_be_called(field)]
    if wrong:
        msg = f"`{wrong[0]}` cannot be the name of a fact: no field of a class is called so"
        raise VocabularyError(msg)
    added = [field for field in fields if alone or field == LOCAL]
    body: dict[str, Any] = {each: attrs.field(default=UNKNOWN) for each in added}
    body |= {"__annotations__": dict.fromkeys(added, Any), "__module__": base.__module__}
    equal = OwnFacts.__eq__ if alone else _equal
    body |= {"__qualname__": at, "__eq__": equal, "__hash__": base.__hash__}
    cls: Any = attrs.frozen(kw_only=True, eq=False)(_OwnFactsMeta(name, (base,), body))
    cls.made_of = (name, base, fields, at)
    about = frozenset[str]() if alone else vocabulary_of(base).about - {*fields}
    MADE[cls] = Vocabulary(cls, fields, dotted(fields), about)
    return cls  # type: ignore[no-any-return]


def base_of(cls: type) -> type:
    """Return the class a generated one extends; a plain class itself."""
    return cls.made_of[1] if isinstance(cls, _OwnFactsMeta) else cls


def _equal(one: Any, other: object) -> Any:  # noqa: ANN401 - a record, and what `==` returns
    """Compare records across generated classes of one base."""
    base = base_of(type(one))
    if base_of(type(other)) is not base:
        return NotImplemented
    compared = (name for name in _compared(base) if name != LOCAL)
    if any(getattr(one, name) != getattr(other, name) for name in compared):
        return False
    return _own_of(one) == _own_of(other)


@functools.cache
def _compared(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(cls) if field.eq)


def _own_of(record: Any) -> Any:  # noqa: ANN401 - a record, and its own facts
    own = getattr(record, LOCAL, UNKNOWN)
    return UNKNOWN if isinstance(own, Mapping | OwnFacts) and not own else own


@functools.cache
def _aliases(cls: type) -> Mapping[str, str]:
    """Return the init names of a class's fields."""
    return {field.name: field.alias for field in attrs.fields(cls) if field.init and field.alias}


@functools.cache
def _parts(cls: type) -> Mapping[str, Record | Records]:
    """Return the types of the fields of a class that hold records, by name."""
    held = ((name, each.type) for name, each in vocabulary_of(cls).fields.items())
    return {name: kind for name, kind in held if isinstance(kind, Record | Records)}


def adopted(record: Any, cls: type, strays: list[str], path: str = "") -> Any:  # noqa: ANN401 - records
    """
    Return a record converted to a class with other own facts.

    Args:
        record: the record; what does not fit the vocabulary stays as it is.

        cls: the class.

        strays: is told the paths of own facts that the class does not have.

        path: what the paths of the record's facts begin with.
    """
    base = base_of(cls)
    if _fits(record, cls):
        return record
    if base is OwnFacts:
        return _own_facts(record, cls, strays, path)
    its: type = type(record)
    if base_of(its) is not base:
        return record
    aliases, parts = _aliases(cls), _parts(cls)
    held = {name: getattr(record, name) for name in _aliases(base)}
    own = _own_of(record)
    if LOCAL in held:
        held[LOCAL] = {}
    for name, kind in parts.items():
        value = own if name == LOCAL else held[name]
        held[name] = _adopted(value, kind, strays, f"{path}{name}")
    if LOCAL not in parts:
        strays += (f"{path}{LOCAL}.{each}" for each in (() if own is UNKNOWN else own))
    return cls(**{aliases[name]: value for name, value in held.items()})


@functools.cache
def _holders(cls: type) -> tuple[tuple[str, Record | Records], ...]:
    """Return the fields of a class in which own facts are, or may be given."""
    return tuple((name, kind) for name, kind in _parts(cls).items() if _may_hold_own(kind.cls))


@functools.cache
def _may_hold_own(cls: type) -> bool:
    given = is_own(cls) or any(field.name == LOCAL for field in attrs.fields(cls))
    return given or bool(_holders(cls))


def _fits(record: Any, cls: type) -> bool:  # noqa: ANN401 - a record
    """Tell whether a record, and what it holds, has its own facts where a class has them."""
    holders, parts = _holders(cls), _parts(cls)
    if type(record) is not cls:
        return False
    own = getattr(record, LOCAL, UNKNOWN)
    if own is not UNKNOWN and own and LOCAL not in parts:
        return False
    for name, kind in holders:
        value = getattr(record, name)
        several = value if isinstance(kind, Records) and isinstance(value, tuple) else (value,)
        if not all(each is UNKNOWN or each is None or _fits(each, kind.cls) for each in several):
            return False
    return True


def _adopted(value: Any, kind: Record | Records, strays: list[str], path: str) -> Any:  # noqa: ANN401 - a record, or several
    if value is UNKNOWN or value is None:
        return value
    if isinstance(kind, Record):
        return adopted(value, kind.cls, strays, f"{path}.")
    if not isinstance(value, tuple | list) or (isinstance(value, list) and not is_own(kind.cls)):
        return value
    found = []
    place = 0
    for each in value:
        inside = f"{path}[{place}]."
        found.append(each if each is UNKNOWN else adopted(each, kind.cls, strays, inside))
        place += each is not UNKNOWN
    return tuple(found)


def _own_facts(given: Any, cls: type, strays: list[str], path: str) -> Any:  # noqa: ANN401 - a mapping, and own facts
    """Return what a mapping says as own facts; UNKNOWN where it says nothing."""
    if not isinstance(given, Mapping | OwnFacts):
        return given
    fields = vocabulary_of(cls).fields
    strays += (f"{path}{each}" for each in given if each not in fields)
    kept = {field: given[field] for field in fields if field in given}
    parts = _parts(cls)
    return cls(
        **{
            name: _adopted(value, parts[name], strays, f"{path}{name}") if name in parts else value
            for name, value in kept.items()
        }
    )


def joint_class(one: type, other: type) -> type:
    """Return the class of the records that have the own facts of two classes of one base."""
    return class_with(base_of(one), other, one)


def _gather(cls: type, own: dict[type, dict[str, Fact]]) -> None:
    """Collect the own facts of a class and of the records in it; later ones win."""
    for name, fact in vocabulary_of(cls).fields.items():
        if name == LOCAL and isinstance(fact.type, Record):
            known = own.setdefault(base_of(cls), {})
            for each, its in vocabulary_of(fact.type.cls).fields.items():
                known[each] = _both(known.get(each, its), its)
        elif isinstance(fact.type, Record | Records):
            _gather(fact.type.cls, own)


def _both(one: Fact, other: Fact) -> Fact:
    """Return the later of two declarations of a fact; list records have the facts of both."""
    if not (isinstance(one.type, Records) and isinstance(other.type, Records)):
        return other
    cls = other.type.cls
    facts = {**vocabulary_of(one.type.cls).fields, **vocabulary_of(cls).fields}
    return attrs.evolve(
        other, type=Records(own_record_class(cls.__name__, facts, cls.__qualname__))
    )


@functools.cache
def class_with(base: type, *classes: type) -> type:
    """Return the class of the records of a base that have the own facts of other classes."""
    own: dict[type, dict[str, Fact]] = {}
    for cls in classes:
        _gather(cls, own)
    return with_own(base, own) if attrs.has(base) else base


def own_of(classes: Iterable[type]) -> dict[str, Fact]:
    """Return the own facts of the classes of subjects, by their paths in those that have them."""
    found: dict[str, Fact] = {}
    kinds = [*classes]
    for cls in kinds:
        vocabulary = vocabulary_of(cls)
        for path, fact in vocabulary.paths.items():
            first = vocabulary.fields[path.partition(".")[0].removesuffix("[]")].type
            # What stands on subjects in another subject is theirs.
            if f".{LOCAL}." in f".{path}" and getattr(first, "cls", None) not in kinds:
                found[path] = fact
    return found
