"""
Hypothesis strategies over any vocabulary and any rulebook.

Subjects are partial, as real ones are: each fact is known, none or unknown. Conditions are such
as the rule checker accepts, so that what is generated can be written to a rule file and read back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar, assert_never

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from govrules.facts import months_before
from govrules.model import Partnership, Register
from govrules.rulebook.ast import Rulebook, all_conditions, class_in, kept_on_rulebook
from govrules.rulebook.expr import (
    Compare,
    Count,
    Op,
    Plain,
    Sum,
    Test,
)
from govrules.rulebook.walk import constants, nodes, references
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Scalar,
    Text,
    YesNo,
    is_past,
    vocabulary_of,
)

T = TypeVar("T")

#: The longest list of records that is generated where no rule turns on longer ones.
MOST_RECORDS: Final = 3
#: How many records a list of which there may be more turns out to have beyond those known.
MOST_MORE: Final = 2
#: Lists are generated no longer than this, wherever rules turn.
LONGEST: Final = 6
#: Around these days dates are generated where no boundary is given.
DAYS: Final = (dt.date(2024, 2, 29), dt.date(2025, 3, 31), dt.date(2026, 1, 1))
#: Texts are one of these, or one that rules compare with.
WORDS: Final = ("one", "two", "three")


def boundaries(
    rulebook: Rulebook, as_of: dt.date | Unknown = UNKNOWN
) -> Mapping[Fact, tuple[Plain, ...]]:
    """
    Return by fact the values at which a rulebook's tests turn.

    An age turns on a day, a count on the length of a list, and a sum on the amount that is summed.
    """
    found: dict[Fact, dict[Plain, None]] = {}
    for node in (each for root in all_conditions(rulebook, remedies=True) for each in nodes(root)):
        match node:
            case Test(fact=ref, predicate=predicate):
                tested = ref.fact
            case Count(list=ref, predicate=predicate) | Sum(of=ref, predicate=predicate):
                tested = ref.fact
            case _:
                continue
        values = constants(predicate)
        if isinstance(predicate, Compare) and predicate.op.is_age:
            ahead = predicate.op is Op.WITHIN_NEXT
            lengths = [-value if ahead else value for value in values]
            days = [months_before(as_of, each) for each in lengths] if as_of is not UNKNOWN else []
            values = [*days, *([as_of] if as_of is not UNKNOWN else [])]
        found.setdefault(tested, {}).update(dict.fromkeys(values))
    return {tested: tuple(values) for tested, values in found.items()}


@attrs.frozen
class Mood:
    """
    How complete and how well governed a generated subject is.

    Attributes:
        unknown: how often in a hundred a fact is unknown.
        absent: how often in a hundred a fact is known to be none.
        arranged: how often in a hundred an arrangement is there, and a yes or no of one yes.
        at_stake: how often in a hundred a circumstance is yes, or more than the least it can be.
    """

    unknown: int
    absent: int
    arranged: int
    at_stake: int = 50


_EVEN: Final = 50
#: What most subjects are: a register of proposed, dormant and ended ones would try few rules.
USUAL: Final[Mapping[str, str]] = {
    "status": "active",
    "legal_form": "unincorporated_association",
}
#: One is drawn for each subject, because where every fact is unknown as often as not, a rule that
#: reads six of them is hardly ever anything but unknown.
PARTIAL: Final = (
    Mood(unknown=45, absent=15, arranged=50),
    Mood(unknown=12, absent=8, arranged=55),
    Mood(unknown=3, absent=3, arranged=92),
    Mood(unknown=3, absent=15, arranged=35),
    Mood(unknown=1, absent=8, arranged=80, at_stake=3),
)
COMPLETE: Final = tuple(attrs.evolve(each, unknown=0) for each in PARTIAL)


def partnerships(
    rulebook: Rulebook | None = None,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    near: Iterable[Plain] = (),
    complete: bool = False,
) -> SearchStrategy[Partnership]:
    """
    Generate partnerships, partial unless `complete`.

    Args:
        rulebook: facts are drawn from the boundaries of its tests and from their neighbours, and
            its local facts are generated too.

        as_of: the date of the assessment, on which the boundaries of ages depend.

        near: further values that numbers, dates and texts are to be near.

        complete: whether every fact is known.
    """
    return records(Partnership, rulebook, as_of=as_of, near=near, complete=complete)


def registers(
    rulebook: Rulebook | None = None,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    near: Iterable[Plain] = (),
    complete: bool = False,
) -> SearchStrategy[Register]:
    """Generate registers of a few partnerships; see `partnerships` for the arguments."""
    return records(Register, rulebook, as_of=as_of, near=near, complete=complete)


def records(
    cls: type[T],
    rulebook: Rulebook | None = None,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    near: Iterable[Plain] = (),
    complete: bool = False,
    only_read: bool = False,
) -> SearchStrategy[T]:
    """
    Generate records of any attrs class that is a vocabulary; see `partnerships`.

    With `only_read`, what no rule of the rulebook reads stays unknown: that is quicker, and what
    fails is shown by fewer facts.
    """
    cls = class_in(rulebook, cls)
    ground = _Ground.of(rulebook, as_of, near, only_read=only_read)
    moods = COMPLETE if complete else PARTIAL
    return st.sampled_from(moods).flatmap(lambda mood: ground.in_mood(mood).record(cls))


def completions(
    of: T,
    rulebook: Rulebook | None = None,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    near: Iterable[Plain] = (),
    only_read: bool = False,
) -> SearchStrategy[T]:
    """
    Generate complete records that a partial one could turn out to be.

    Every unknown fact is given a value, and what there may be more of is given none to two more.
    See `records` for the arguments.
    """
    ground = _Ground.of(rulebook, as_of, near, only_read=only_read)
    return st.sampled_from(COMPLETE).flatmap(lambda mood: ground.in_mood(mood).completion(of))


@attrs.frozen(eq=False)
class _Ground:
    """
    The boundary values that generated values are drawn near.

    Attributes:
        own: of each fact the boundaries of its own tests.
        near: values for every fact of their type.
        read: the facts that are generated; None for all.
        as_of: the date of the assessment, after which nothing was done.
    """

    own: Mapping[Fact, tuple[Plain, ...]]
    near: tuple[Plain, ...]
    read: frozenset[Fact] | None = None
    as_of: dt.date | Unknown = UNKNOWN
    _moods: dict[Mood, _FactValues] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(
        cls,
        rulebook: Rulebook | None,
        as_of: dt.date | Unknown,
        near: Iterable[Plain],
        *,
        only_read: bool,
    ) -> _Ground:
        """Return what a rulebook says of values, and keep it for the next that asks."""
        if rulebook is None:
            return cls({}, tuple(near), as_of=as_of)
        return _ground(rulebook, as_of, tuple(near), only_read)

    def in_mood(self, mood: Mood) -> _FactValues:
        """Return the strategies of one mood, cached."""
        if mood not in self._moods:
            self._moods[mood] = _FactValues(self, mood)
        return self._moods[mood]

    def values(self, fact: Fact) -> tuple[Plain, ...]:
        """Return what the values of a fact are to be near."""
        return (*self.own.get(fact, ()), *self.near)

    def fields(self, cls: type) -> dict[str, Fact]:
        """Return the facts of a class that are generated, by name."""
        fields = vocabulary_of(cls).fields
        return {name: fact for name, fact in fields.items() if self._wants(fact)}

    def _wants(self, fact: Fact) -> bool:
        if self.read is None or fact in self.read:
            return True
        inner = fact.type.cls if isinstance(fact.type, Record | Records) else None
        return inner is not None and any(map(self._wants, vocabulary_of(inner).fields.values()))


@kept_on_rulebook(16)
def _ground(
    rulebook: Rulebook,
    as_of: dt.date | Unknown,
    near: tuple[Plain, ...],
    only_read: bool,  # noqa: FBT001 - a part of the key
) -> _Ground:
    roots = all_conditions(rulebook, remedies=True) if only_read else ()
    read = frozenset(ref.fact for root in roots for ref in references(root))
    own = boundaries(rulebook, as_of)
    return _Ground(own, near, read if only_read else None, as_of)


class _FactValues:
    """Strategies for the values of facts, in one mood."""

    def __init__(self, ground: _Ground, mood: Mood) -> None:
        self.ground = ground
        self.mood = mood
        self._made: dict[type, SearchStrategy[Any]] = {}

    def record(self, cls: type) -> SearchStrategy[Any]:
        """Return records of a class."""
        if cls not in self._made:
            parts = {name: self.fact(fact) for name, fact in self.ground.fields(cls).items()}
            self._made[cls] = st.builds(cls, **parts)
        return self._made[cls]

    def fact(self, fact: Fact) -> SearchStrategy[Any]:
        """Return the possible states of a fact, unknown first as the simplest."""
        value = self._value(fact)
        absent = self.mood.absent
        if fact.kind is Kind.ARRANGEMENT:
            # An arrangement that is not there is the commonest fault of all.
            absent = (absent + 100 - self.mood.arranged) // 2
        shares = [(self.mood.unknown, _UNKNOWN), (100 - self.mood.unknown - absent, value)]
        return _weighted([*shares, (absent, _NONE)])

    def _value(self, fact: Fact) -> SearchStrategy[Any]:
        match fact.type:
            case Record(cls):
                return self.record(cls)
            case Records(cls):
                return self._ends(self._list(self.record(cls), self._most(fact)))
            case Choices(values):
                return self._ends(self._sets(fact, values))
            case _:
                return self._single(fact, fact.type)

    @staticmethod
    def _list(record: SearchStrategy[Any], most: int) -> SearchStrategy[tuple[Any, ...]]:
        """Return lists of each length, as empty ones show nothing."""
        lengths = (0, *range(1, most + 1), *range(1, most + 1))
        drawn = st.sampled_from(lengths)
        return drawn.flatmap(lambda n: st.lists(record, min_size=n, max_size=n)).map(tuple)

    def _most(self, fact: Fact) -> int:
        """Return the maximal length of a list: beyond the rules' boundaries, within reason."""
        lengths = [each + 1 for each in self.ground.own.get(fact, ()) if type(each) is int]
        return max([MOST_RECORDS, *(each for each in lengths if each <= LONGEST)])

    def _sets(self, fact: Fact, values: tuple[str, ...]) -> SearchStrategy[frozenset[Any]]:
        """Return sets of choices: small ones, nearly full ones, and those near a test's."""
        few = st.frozensets(st.sampled_from(values), max_size=min(4, len(values)))
        found = [each for each in self.ground.own.get(fact, ()) if isinstance(each, frozenset)]
        about = [
            st.builds(
                frozenset.symmetric_difference,
                st.just(each),
                st.sampled_from([frozenset([one]) for one in sorted(each)]),
            )
            for each in found
        ]
        exact = [st.sampled_from(found)] if found else []
        return st.one_of([few, few.map(frozenset(values).difference), *exact, *about])

    def _ends(self, found: SearchStrategy[Any]) -> SearchStrategy[Any]:
        """Return collections closed or open."""
        open_ = self.mood.unknown
        return _weighted([(100 - open_, found), (open_, found.map(_left_open))])

    def _single(self, fact: Fact, fact_type: Scalar) -> SearchStrategy[Any]:
        match fact_type:
            case YesNo():
                arranged = fact.kind is Kind.ARRANGEMENT
                yes = self.mood.arranged if arranged else self.mood.at_stake
                return _weighted([(100 - yes, st.just(value=False)), (yes, st.just(value=True))])
            case Choice(values, ordered):
                tested = [each for each in self.ground.own.get(fact, ()) if each in values]
                found = st.one_of(st.sampled_from(values), st.sampled_from(tested or values))
                if USUAL.get(fact.name) in values:
                    found = _weighted([(1, found), (4, st.just(USUAL[fact.name]))])
                return self._staked(fact, found, st.just(values[0])) if ordered else found
            case Text():
                texts = tuple(each for each in self.ground.values(fact) if isinstance(each, str))
                return st.sampled_from((*texts, *WORDS))
            case Date():
                return self._dates(fact)
            case Months():
                return self._numbers(fact, whole=True, most=Decimal(60))
            case Money():
                return self._numbers(fact, whole=False, most=Decimal(10**7))
            case Number(whole=whole, most=most):
                most = Decimal(100) if most is None else most
                return self._numbers(fact, whole=whole, most=most)
            case _:
                assert_never(fact_type)

    def _dates(self, fact: Fact) -> SearchStrategy[dt.date]:
        found = self.ground.values(fact)
        days = tuple(each for each in found if isinstance(each, dt.date)) or DAYS
        near = st.builds(_days_later, st.sampled_from(days), st.integers(-1, 1))
        last, as_of = dt.date(2040, 12, 31), self.ground.as_of
        if is_past(fact.type) and not isinstance(as_of, Unknown):
            # Nothing was done after the day on which it is looked at.
            last = as_of
            near = near.map(lambda day: min(day, last))
        return _weighted([(2, near), (1, st.dates(dt.date(2000, 1, 1), last))])

    def _numbers(self, fact: Fact, *, whole: bool, most: Decimal) -> SearchStrategy[int | Decimal]:
        found = [
            Decimal(each)
            for each in self.ground.values(fact)
            if isinstance(each, int | Decimal) and not isinstance(each, bool)
        ]
        steps = {each + step for each in found for step in (-1, 0, 1)} | {Decimal(0), Decimal(1)}
        edges = sorted(each for each in steps if 0 <= each <= most)
        if whole:
            near = st.sampled_from([int(each) for each in edges])
            drawn = _weighted([(2, near), (1, st.integers(0, int(most)))])
            return self._staked(fact, drawn, st.just(0))
        exact = st.sampled_from(edges)
        drawn = _weighted([(2, exact), (1, st.decimals(0, most, places=2))])
        return self._staked(fact, drawn, st.just(Decimal(0)))

    def _staked(
        self, fact: Fact, drawn: SearchStrategy[Any], least: SearchStrategy[Any]
    ) -> SearchStrategy[Any]:
        """Return the least value of a circumstance, where little is at stake."""
        if fact.kind is Kind.ARRANGEMENT or self.mood.at_stake >= _EVEN:
            return drawn
        return _weighted([(100 - self.mood.at_stake, least), (self.mood.at_stake, drawn)])

    def completion(self, of: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - any attrs object
        """Return what a partial record could turn out to be."""
        cls: type = type(of)
        parts = {
            name: self._completed(getattr(of, name), fact)
            for name, fact in self.ground.fields(cls).items()
        }
        return st.fixed_dictionaries(parts).map(lambda drawn: attrs.evolve(of, **drawn))

    def _completed(self, value: Any, fact: Fact) -> SearchStrategy[Any]:  # noqa: ANN401 - any fact's value
        if value is UNKNOWN:
            return self.fact(fact)
        if value is None:
            return st.none()
        match fact.type:
            case Record():
                return self.completion(value)
            case Records(cls):
                known = [self.completion(each) for each in value if each is not UNKNOWN]
                most = MOST_MORE if UNKNOWN in value else 0
                more = st.lists(self.record(cls), max_size=most)
                return st.builds(lambda one, other: (*one, *other), st.tuples(*known), more)
            case Choices(values):
                members = value - {UNKNOWN}
                others = [each for each in values if each not in members and UNKNOWN in value]
                return (
                    st.sets(st.sampled_from(others)).map(members.union)
                    if others
                    else st.just(members)
                )
            case _:
                return st.just(value)


_UNKNOWN: Final = st.just(UNKNOWN)
_NONE: Final = st.none()


def _weighted(shares: list[tuple[int, SearchStrategy[Any]]]) -> SearchStrategy[Any]:
    """Draw from strategies by weight; the first is simplest."""
    wanted = [(weight, each) for weight, each in shares if weight > 0]
    if len(wanted) == 1:
        return wanted[0][1]
    smallest = min(weight for weight, _ in wanted)
    # `one_of` counts a strategy that is named twice once, so places are drawn instead.
    places = [each for weight, each in wanted for _ in range(max(1, round(weight / smallest)))]
    return st.sampled_from(range(len(places))).flatmap(places.__getitem__)


def _left_open(value: Any) -> Any:  # noqa: ANN401 - a list or a set
    return (*value, UNKNOWN) if isinstance(value, tuple) else value | {UNKNOWN}


def _days_later(day: dt.date, days: int) -> dt.date:
    return dt.date.fromordinal(max(1, day.toordinal() + days))
