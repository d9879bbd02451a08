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


def in_dependency_order(
    several: Iterable[H], below: Callable[[H], Iterable[H]], done: Callable[[H], bool]
) -> Iterator[H]:
    """Yield unfinished items in dependency order, each once."""
    waiting = [*several]
    seen: set[H] = set()
    while waiting:
        each = waiting[-1]
        if each in seen or done(each):
            waiting.pop()
        elif open_ := [other for other in below(each) if other not in seen and not done(other)]:
            waiting += open_
        else:
            waiting.pop()
            seen.add(each)
            yield each


def beneath(name: str, derived: Mapping[str, Derived], done: Container[str]) -> Iterator[str]:
    """Yield an unfinished derived fact and those it depends on, in dependency order."""
    return in_dependency_order([name], lambda each: derived[each].reads, done.__contains__)


def memoised(
    name: str,
    derived: Mapping[str, Derived],
    found: MutableMapping[str, T],
    work: Callable[[Derived], T],
) -> T:
    """
    Compute a value for a derived fact and all it depends on, memoised.

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
    Return the derived facts over whose joint values a rule is split.

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
