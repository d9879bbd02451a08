"""The order of derived facts, and those by whose values rules are judged apart."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Container,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
)
from typing import Final, TypeVar

from govrules.rulebook.ast import Derived, Rule

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)
#: For so many joint values of derived facts a rule is judged apart, at the most.
MOST_SPLITS: Final = 64


def in_order(
    several: Iterable[H], below: Callable[[H], Iterable[H]], done: Callable[[H], bool]
) -> Iterator[H]:
    """Yield what is not done, and what is below it, each once and after all below it."""
    waiting = [*several]
    seen: set[H] = set()
    while waiting:
        each = waiting[-1]
        new = each not in seen and not done(each)
        open_ = [other for other in below(each) if other not in seen and not done(other)]
        if new and open_:
            waiting += open_
            continue
        waiting.pop()
        if new:
            seen.add(each)
            yield each


def beneath(name: str, derived: Mapping[str, Derived], done: Container[str]) -> Iterator[str]:
    """Yield a derived fact and what it reads that is not done, each after those that it reads."""
    return in_order([name], lambda each: derived[each].reads, done.__contains__)


def once_each(
    name: str,
    derived: Mapping[str, Derived],
    found: MutableMapping[str, T],
    work: Callable[[Derived], T],
) -> T:
    """
    Return what is worked out of a derived fact of a record, and keep it.

    What it reads is worked out first, so that however long a chain of derived facts is, and however
    often each is named, each is worked out once and from what is there already.

    Args:
        name: the derived fact.

        derived: the rulebook's derived facts.

        found: what was worked out of derived facts of the same record; it is added to.

        work: works it out of one derived fact when `found` has all that are beneath it.
    """
    if name not in found:
        for each in beneath(name, derived, found):
            found[each] = work(derived[each])
    return found[name]


def splits(rule: Rule, derived: Mapping[str, Derived]) -> tuple[str, ...]:
    """
    Return the derived facts for each of whose joint values a rule is judged apart.

    They are those that it reads, each after those that it hangs on itself; where that would make
    more than `MOST_SPLITS` joint values, the later ones are left together.
    """
    if not rule.reads:
        return ()
    chosen: list[str] = []
    number = 1
    for name in derived:
        if name in rule.reads:
            number *= len({*(row.value for row in derived[name].rows), derived[name].otherwise})
            if number > MOST_SPLITS:
                break
            chosen.append(name)
    return tuple(chosen)
