"""
What is known of a subject, as evaluation reads it.

A subject is never changed: leaving facts out and supposing others are views of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any, Final

import attrs
from dateutil.relativedelta import relativedelta

from govrules.diagnostics import NOWHERE, Code, Diagnostic, did_you_mean
from govrules.errors import FactsError
from govrules.rulebook.expr import FactRef, FactSource
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    Fact,
    FactType,
    Record,
    Records,
    absent_of,
    is_past,
    vocabulary_of,
)


class Supposed(Enum):
    """The type of `TO_BE_FOUND`: an override that leaves the value open."""

    TO_BE_FOUND = "(to be found)"

    def __str__(self) -> str:
        return self.value


#: What a text, number or date becomes when it must be found before it can be recorded.
TO_BE_FOUND: Final = Supposed.TO_BE_FOUND


@attrs.frozen
class Scope:
    """
    One record that a condition is about.

    Attributes:
        record: the attrs object; UNKNOWN for a record of which nothing is known.
        prefix: what its facts' paths begin with: "" or ``partners[1].``.
        cls: its attrs class.
    """

    record: Any
    prefix: str
    cls: type


@attrs.frozen
class Facts:
    """
    The facts of one subject, in full or as a view.

    Attributes:
        record: the subject, an attrs object.
        as_of: the date of the assessment.
        only: the paths of the facts that count; None for all. A list's own path stands for
            the knowledge that it has no further records.
        overrides: values that facts are supposed to have instead, by path.
        taken: values that derived facts of the subject are taken to have, by name.
        settled: by the prefix of a record and a name, the values that evaluation found that a
            derived fact may still have.
    """

    record: Any
    as_of: dt.date | Unknown = UNKNOWN
    only: Collection[str] | None = None
    overrides: Mapping[str, Any] = attrs.field(factory=dict)
    taken: Mapping[str, Any] = attrs.field(factory=dict)
    settled: dict[str, dict[str, tuple[Any, ...]]] = attrs.field(
        init=False, factory=dict, eq=False, repr=False
    )

    def top(self) -> Scope:
        """Return the subject itself as the scope of a condition."""
        return Scope(self.record, "", type(self.record))

    def path(self, ref: FactRef, scopes: tuple[Scope, ...]) -> str:
        """Return the full path of a fact that a rule names."""
        return ref.path if ref.source is FactSource.AS_OF else scopes[ref.level].prefix + ref.path

    def value(self, ref: FactRef, scopes: tuple[Scope, ...]) -> Any:  # noqa: ANN401 - any fact's
        """Return a recorded fact: its value, None if known absent, or UNKNOWN."""
        path = self.path(ref, scopes)
        if path in self.overrides:
            return self.overrides[path]
        if isinstance(ref.type, Record) and self._supposes_below(path):
            return True
        if self._is_gone(path):
            return absent(ref.fact)
        if self.only is not None and path not in self.only:
            return UNKNOWN
        if ref.source is FactSource.AS_OF:
            return self.as_of
        scope = scopes[ref.level]
        found = read_field(scope.record, ref.path, ref.fact)
        return UNKNOWN if lies_ahead(found, ref.type, self.as_of) else found

    def stated(self, name: str, scope: Scope) -> Any:  # noqa: ANN401 - any fact's
        """Return the value that somebody stated for a derived fact of a record, or UNKNOWN."""
        path = scope.prefix + name
        if path in self.overrides:
            return self.overrides[path]
        if self.only is not None and path not in self.only:
            return UNKNOWN
        return annotation(scope.record, "stated").get(name, UNKNOWN)

    def records(self, ref: FactRef, scopes: tuple[Scope, ...]) -> tuple[list[Scope], bool]:
        """Return the records of a list, and whether there are certainly no more."""
        path = self.path(ref, scopes)
        assert isinstance(ref.type, Records)  # noqa: S101 - settled when the rule was checked
        if self._is_gone(path):
            return [], True
        cls = ref.type.cls
        value = read_field(scopes[ref.level].record, ref.path, ref.fact)
        closed = value is not UNKNOWN and UNKNOWN not in value
        items = [] if value is UNKNOWN else [each for each in value if each is not UNKNOWN]
        found = [Scope(item, f"{path}[{index}].", cls) for index, item in enumerate(items)]
        if self.only is not None and path not in self.only:
            closed = False
            found = [scope for scope in found if self._keeps_below(scope.prefix)]
        index = len(items)
        while self._supposes_below(f"{path}[{index}]"):
            found.append(Scope(UNKNOWN, f"{path}[{index}].", cls))
            index += 1
        return found, closed

    def members(self, ref: FactRef, scopes: tuple[Scope, ...]) -> tuple[frozenset[str], bool]:
        """Return the members of a set, and whether there are certainly no more."""
        value = self.value(ref, scopes)
        if value is UNKNOWN:
            return frozenset(), False
        if value is None:
            return frozenset(), True
        known = frozenset(each for each in value if each is not UNKNOWN)
        return known, len(known) == len(value)

    def _is_gone(self, path: str) -> bool:
        """Tell whether a fact's enclosing record is overridden to none."""
        if not self.overrides:
            return False
        return any(self.overrides.get(each, UNKNOWN) is None for each in parts_of(path))

    @cached_property
    def _supposed_above(self) -> frozenset[str]:
        """The paths of records with an override inside."""
        return frozenset(part for path in self.overrides for part in parts_of(path))

    @cached_property
    def _kept_above(self) -> frozenset[str]:
        """The paths of kept facts and of the records around them."""
        kept = self.only or ()
        return frozenset(part for path in kept for part in (path, *parts_of(path)))

    def _supposes_below(self, path: str) -> bool:
        return path in self._supposed_above

    def _keeps_below(self, prefix: str) -> bool:
        return prefix.removesuffix(".") in self._kept_above


def read_field(record: Any, path: str, fact: Fact) -> Any:  # noqa: ANN401 - any attrs object
    """Follow a dotted path through records; a record known to be none has no facts but `no`."""
    value = record
    for name in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        if value is None:
            return absent(fact)
        value = getattr(value, name)
    return absent(fact) if value is None else value


def recorded(record: Any, path: str) -> Any:  # noqa: ANN401 - any attrs object, any value
    """
    Return what is recorded of a subject under a path, such as ``partners[1].risk_share``.

    Nothing is recorded under the path of a record that a list does not have, or of a derived fact.
    """
    for name, index in _steps(path):
        if record is UNKNOWN or record is None:
            return record
        inside = isinstance(record, Mapping)
        record = record.get(name, UNKNOWN) if inside else getattr(record, name, UNKNOWN)
        if index is not None and record is not UNKNOWN:
            known = [each for each in record or () if each is not UNKNOWN]
            record = known[index] if index < len(known) else UNKNOWN
    return record


@lru_cache(maxsize=2**14)
def _steps(path: str) -> tuple[tuple[str, int | None], ...]:
    """Return the names of a path, each with the number of the record of its list."""
    several = [each.removesuffix("]").partition("[") for each in path.split(".")]
    return tuple((name, int(index) if index else None) for name, _, index in several)


def names_of(record: Any) -> tuple[str, ...]:  # noqa: ANN401 - any attrs object
    """Return what a subject is called: its id and its name, those of them that are recorded."""
    texts = (getattr(record, each, UNKNOWN) for each in ("id", "name"))
    return tuple(text for text in texts if isinstance(text, str))


def lies_ahead(value: Any, fact_type: FactType, as_of: dt.date | Unknown) -> bool:  # noqa: ANN401 - any fact's value
    """Tell whether something is said to have been done after the date of the assessment."""
    if not is_past(fact_type) or not isinstance(value, dt.date):
        return False
    return as_of is not UNKNOWN and value > as_of


def absent(fact: Fact) -> Any:  # noqa: ANN401 - the fact's type
    """Return what a fact is when it is known to be absent: no, nothing in it, or None."""
    return absent_of(fact.type)


def parts_of(path: str) -> list[str]:
    """Return the records that a fact is part of, as paths."""
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def annotation(record: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - any attrs object
    """Return what a record says about facts under a name; nothing where it has no such field."""
    cls: type = type(record)
    if record is UNKNOWN or name not in vocabulary_of(cls).about:
        return {}
    found: Mapping[str, Any] = getattr(record, name)
    return found


def evidence_of(record: Any, path: str) -> str:  # noqa: ANN401 - any attrs object
    """Return where a fact, or what it is part of, was seen; "" where nobody says."""
    return _nearest(annotation(record, "evidence"), path)


def origin_of(record: Any, path: str = "") -> str:  # noqa: ANN401 - any attrs object
    """Return ``file:line`` of a fact, of what it is part of, or of the whole record."""
    origin = annotation(record, "origin")
    return _nearest(origin, path) or origin.get("", "")


def _nearest(by_path: Mapping[str, str], path: str) -> str:
    if not by_path:
        return ""
    while path:
        if path in by_path:
            return by_path[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return ""


def replaced(record: Any, path: str, value: Any, within: str = "") -> Any:  # noqa: ANN401 - any attrs object, any value
    """
    Return a record in which a fact has a value, and what the fact is part of is there.

    Args:
        record: the record.

        path: as findings have it, such as ``partners[1].risk_share``; a record of a list may stand
            by its name, as in ``partners[Police].kind``.

        value: the value; it is not checked.

        within: what stands before the path in the subject, with its dot.

    Raises:
        FactsError: there is no such fact, or no such record.
    """
    # A name may hold dots.
    step, _, rest = path.partition(".") if "[" not in path.partition(".")[0] else _parted(path)
    name, _, which = step.removesuffix("]").partition("[")
    cls: type = type(record)
    vocabulary = vocabulary_of(cls)
    fact = vocabulary.fields.get(name)
    if fact is None:
        if rest or which or "stated" not in vocabulary.about:
            raise _no_fact(f"{within}{path}", did_you_mean(name, vocabulary.fields))
        return attrs.evolve(record, stated={**annotation(record, "stated"), name: value})
    held = getattr(record, name)
    if which:
        at = _place(held, which, f"{within}{path}")
        new = value if not rest else replaced(held[at], rest, value, f"{within}{step}.")
        return attrs.evolve(record, **{name: (*held[:at], new, *held[at + 1 :])})
    if not rest:
        return attrs.evolve(record, **{name: value})
    if not isinstance(fact.type, Record):
        raise _no_fact(f"{within}{path}", f"`{within}{name}` has no facts of its own")
    whole = fact.type.cls() if held is UNKNOWN or held is None else held
    return attrs.evolve(record, **{name: replaced(whole, rest, value, f"{within}{name}.")})


def _no_fact(path: str, help_: str) -> FactsError:
    told = Diagnostic(Code.UNKNOWN_FACT, f"unknown fact `{path}`", NOWHERE, help_, path=path)
    return FactsError(path, "a fact", "one that is not in the vocabulary", (told,))


def _parted(path: str) -> tuple[str, str, str]:
    step, bracket, rest = path.partition("].")
    return (f"{step}]", ".", rest) if bracket else (path, "", "")


def _place(held: Any, which: str, path: str) -> int:  # noqa: ANN401 - the value of a list
    """Return the place of a record in a list by its number or its name."""
    records = held if isinstance(held, tuple) else ()
    known = [at for at, each in enumerate(records) if each is not UNKNOWN]
    if which.isdecimal() and int(which) < len(known):
        return known[int(which)]
    its = [
        at for at in known if str(getattr(records[at], "name", "")).casefold() == which.casefold()
    ]
    if len(its) != 1:
        raise FactsError(path, "a fact of a record that is there", f"one of {len(its)} called so")
    return its[0]


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many calendar months earlier, later where negative; the last there is."""
    try:
        return day - relativedelta(months=months)
    except (ValueError, OverflowError):
        return dt.date.min if months > 0 else dt.date.max
