"""Which facts a condition reads, so that what a changed fact can move is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from govrules.rulebook.ast import Derived, Rule, Rulebook, kept_on_rulebook, rule_conditions
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Condition,
    FactRef,
    FactSource,
    Known,
    Not,
    Predicate,
    Test,
    beside,
    children,
    tested,
)
from govrules.rulebook.walk import compared_with, nodes
from govrules.truth import UNKNOWN
from govrules.vocabulary import AS_OF, Record, Records, Text, vocabulary_of

#: A fact's path from the subject, with `[]` for any record of a list: ``partners[].name``.
Path: TypeAlias = str
#: What the paths of the records begin with that a condition is about, the subject's first.
Prefixes: TypeAlias = tuple[str, ...]


@attrs.frozen
class Use:
    """
    One place in a rule where a fact is read.

    Attributes:
        path: the fact, from the subject.
        ref: the rule's reference to it.
        test: what it is tested for; None where it is read otherwise.
    """

    path: Path
    ref: FactRef
    test: Predicate | None


def reads(
    conditions: Iterable[Condition],
    derived: Mapping[str, Derived],
    prefixes: Prefixes = ("",),
) -> Mapping[Path, bool]:
    """
    Return every fact that conditions read, derived facts expanded.

    Each stands with whether it is a record, which what changes beneath it can bring about.
    """
    return {
        use.path: isinstance(use.ref.type, Record) for use in uses(conditions, derived, prefixes)
    }


def uses(
    conditions: Iterable[Condition],
    derived: Mapping[str, Derived],
    prefixes: Prefixes = ("",),
    *,
    asked: bool = False,
) -> Iterator[Use]:
    """
    Yield every read of a fact in conditions, derived facts expanded.

    What a derived fact of a record reads is yielded once, however often the fact is named: after
    all that the conditions themselves read, or if they are `asked`, where it is first named. Then
    an age also reads the date of the assessment.
    """

    def of(several: Iterable[Condition], seen_from: Prefixes) -> Iterator[Use]:
        return (use for each in several for use in _uses(each, seen_from, asked=asked))

    waiting = [of(conditions, prefixes)]
    seen: set[Path] = set()
    while waiting:
        at = -1 if asked else 0
        use = next(waiting[at], None)
        if use is None:
            del waiting[at]
            continue
        yield use
        if use.ref.source is FactSource.DERIVED and use.path not in seen:
            seen.add(use.path)
            rows = (row.when for row in derived[use.ref.path].rows)
            waiting.append(of(rows, (use.path.removesuffix(use.ref.path),)))


def _uses(condition: Condition, prefixes: Prefixes, *, asked: bool) -> Iterator[Use]:
    """Yield the direct reads of facts in a condition."""
    inside = prefixes
    match condition:
        case All() | AnyOf() | Not():
            pass
        case Test(ref, predicate):
            yield _use(ref, predicate, prefixes)
            yield from _plain(compared_with(predicate), prefixes)
            if asked and isinstance(predicate, Compare) and predicate.op.is_age:
                yield Use(AS_OF.name, FactRef(AS_OF.name, 0, AS_OF, FactSource.AS_OF), None)
        case Known(ref):
            yield _use(ref, None, prefixes)
        case _:
            inside = _inside(condition.list, prefixes)
            yield _use(condition.list, None, prefixes)
            number = tested(condition)
            yield from () if number is None else _plain(compared_with(number), prefixes)
            yield from _plain(beside(condition), inside)
    for child in children(condition):
        yield from _uses(child, inside, asked=asked)


def _inside(ref: FactRef, prefixes: Prefixes) -> Prefixes:
    return (*prefixes, f"{prefixes[ref.level]}{ref.path}[].")


def _plain(refs: Iterable[FactRef], prefixes: Prefixes) -> Iterator[Use]:
    return (_use(ref, None, prefixes) for ref in refs)


def _use(ref: FactRef, test: Predicate | None, prefixes: Prefixes) -> Use:
    prefix = "" if ref.source is FactSource.AS_OF else prefixes[ref.level]
    return Use(f"{prefix}{ref.path}", ref, test)


def affects(changed: Path, read: Path, *, record: bool) -> bool:
    """
    Tell whether a change of one fact can affect a read of another.

    It can if they are the same, if what is read stands in what changed, or if what changed stands
    in a record that is read.

    >>> affects("partners", "partners[].name", record=False)
    True
    >>> affects("partners[].name", "partners", record=False)
    False
    """
    if changed == read or read.startswith((f"{changed}.", f"{changed}[")):
        return True
    return record and changed.startswith(f"{read}.")


def is_about_records(rule: Rule) -> bool:
    """Tell whether a rule tests what was recorded, as `known` does."""
    found = (node for condition in rule_conditions(rule) for node in nodes(condition))
    return any(isinstance(node, Known) for node in found)


def unread(subject: Any, rulebook: Rulebook) -> tuple[str, ...]:  # noqa: ANN401 - any attrs object
    """
    Return a subject's recorded facts that no rule reads, in order.

    A fact of a list's records stands under ``[]``. Texts are left out: most are names.
    """
    read = _read_about(rulebook, rulebook.class_of(type(subject)))
    return tuple(path for path in dict.fromkeys(_recorded(subject)) if path not in read)


@kept_on_rulebook(32)
def _read_about(rulebook: Rulebook, cls: type) -> frozenset[str]:
    """Return the facts of a class that rules about any kind read."""
    found: set[str] = set()
    for kind, of in rulebook.subjects.items():
        rules = (rule for rule in rulebook.rules if rule.subject == kind)
        read = reads(
            [condition for rule in rules for condition in rule_conditions(rule)], rulebook.derived
        )
        heads = {of: [""]} if of is cls else _held(of)
        found |= {
            path.removeprefix(head)
            for head in heads.get(cls, ())
            for path in read
            if path.startswith(head)
        }
    kinds = {*rulebook.subjects.values()}
    held = ((inner, head) for inner, heads in _held(cls).items() for head in heads)
    for inner, head in held:
        if inner in kinds:
            found |= {f"{head}{path}" for path in _read_about(rulebook, inner)}
    return frozenset(found)


def _held(cls: type) -> dict[type, list[str]]:
    """Return by class the path prefixes of a record's nested records."""
    found: dict[type, list[str]] = {}
    for name, fact in vocabulary_of(cls).fields.items():
        if isinstance(fact.type, Record | Records):
            each = f"{name}." if isinstance(fact.type, Record) else f"{name}[]."
            found.setdefault(fact.type.cls, []).append(each)
    return found


def _recorded(record: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - any attrs object
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        value = getattr(record, name)
        path = f"{prefix}{name}"
        # Of a set of which no member is known nothing is recorded.
        if value is UNKNOWN or value == {UNKNOWN}:
            continue
        if isinstance(fact.type, Record):
            if value is not None:
                yield from _recorded(value, f"{path}.")
        elif isinstance(fact.type, Records):
            for each in value or ():
                if each is not UNKNOWN:
                    yield from _recorded(each, f"{path}[].")
        elif not isinstance(fact.type, Text):
            yield path
