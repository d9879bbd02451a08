"""Two partnerships that have something in common: which they are, and which of them are told."""

from __future__ import annotations

import itertools
import re
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from govrules.decode.names import fold_body
from govrules.decode.states import fold
from govrules.engines.registry import Outcome
from govrules.facts import names_of, origin_of, recorded
from govrules.model import Pair, Partner, Partnership, SharedPartner
from govrules.own import class_with
from govrules.rulebook.ast import Rule, Rulebook, Verdict, rule_conditions
from govrules.rulebook.reads import reads
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF

_SIDES: Final = ("first", "second")
#: What is known of any pair.
_MAKE_A_PAIR: Final = frozenset(
    {
        AS_OF.name,
        "id",
        "name",
        "first",
        "second",
        "shared_partners",
        "shared_partners[].name",
        "nested",
        "membership_identical",
    }
)
#: Partners by the name under which they are compared; and whether these are certainly all.
Members: TypeAlias = tuple[dict[str, Partner], bool]


#: Bodies in no more partnerships than this make pairs, however few partnerships there are.
_ALWAYS: Final = 50
#: How many pairs are judged at once.
_AT_ONCE: Final = 2048
#: What is said of so many pairs is kept, for those that are like them in all that rules read.
_KEPT: Final = 50_000
#: Entries of every kind are compared with those of so many kinds, the commonest of a body.
_KINDS: Final = 48
#: Decimals of whole percentages.
_PER_CENT: Final = tuple(map(Decimal, range(101)))
#: What no two pairs have in common.
_OWN: Final = frozenset({"id", "name", "shared_partners[].name"})


@attrs.frozen(eq=False)
class Body:
    """
    A body in so many entries that it makes no pairs.

    Attributes:
        name: its name.
        entries: the entries that it is a partner in.
    """

    name: str
    entries: tuple[Partnership, ...] = attrs.field(repr=False)


def common_bodies(
    entries: Sequence[Partnership], share: Decimal, *, owner: str = ""
) -> tuple[Body, ...]:
    """
    Return the bodies that make no pairs of entries, those in most of them first.

    Args:
        entries: the partnerships on a register.

        share: the percentage of the entries of which a body is in more; in 50 or fewer it makes
            pairs all the same.

        owner: the name of the organisation whose register it is, which never does.
    """
    found: dict[str, list[Partnership]] = {}
    names: dict[str, str] = {}
    for entry in entries:
        for key, partner in _members(entry)[0].items():
            found.setdefault(key, []).append(entry)
            names.setdefault(key, str(partner.name))
    least, own = max(Decimal(_ALWAYS), len(entries) * share / 100), fold_body(owner)
    chosen = [each for each, its in found.items() if each == own or len(its) > least]
    chosen.sort(key=lambda each: -len(found[each]))
    return tuple(Body(names[each], tuple(found[each])) for each in chosen)


def pairs_of(
    entries: Sequence[Partnership], *, owner: str = "", common: Sequence[Body] = ()
) -> Iterator[Pair]:
    """
    Yield each two partnerships that share a named partner or a parent, or are nested.

    Args:
        entries: the partnerships on a register.

        owner: the name of the organisation whose register it is; being in all of them, it alone
            brings no two of them together.

        common: other bodies that alone bring no two together.
    """
    for pair in _pairs(entries, owner, common):
        yield pair.made()


def _pairs(
    entries: Sequence[Partnership], owner: str = "", common: Sequence[Body] = ()
) -> Iterator[_Two]:
    """Yield each two partnerships that have something in common, in the order of the entries."""
    apart = {key_of_partner(owner), *(key_of_partner(each.name) for each in common)}
    keys = [[key for key in keys_of(entry) if key not in apart] for entry in entries]
    by_key: dict[str, list[int]] = {}
    for index, its in enumerate(keys):
        for key in dict.fromkeys(its):
            by_key.setdefault(key, []).append(index)
    sides: dict[int, _PairSide] = {}
    for one, its in enumerate(keys):
        others = {two for key in its for two in by_key[key] if two > one}
        for index in (one, *others) if others else ():
            if index not in sides:
                sides[index] = _side(entries[index])
        for two in sorted(others):
            yield _Two(sides[one], sides[two])
        sides.pop(one, None)


def keys_of(entry: Partnership) -> Iterator[str]:
    """Yield the join keys of an entry."""
    for name in _members(entry)[0]:
        yield key_of_partner(name)
    for text in (entry.id, entry.name, entry.parent):
        if isinstance(text, str):
            yield f"partnership {fold(text)}"


def key_of_partner(name: str) -> str:
    """Return the join key of a partner's partnerships."""
    return f"partner {fold_body(name)}"


def _members(entry: Partnership) -> Members:
    if not isinstance(entry.partners, tuple):
        return {}, entry.partners is None
    known = [partner for partner in entry.partners if isinstance(partner, Partner)]
    named = {fold_body(each.name): each for each in known if isinstance(each.name, str)}
    complete = len(known) == len(entry.partners)
    return named, complete and all(isinstance(each.name, str) for each in known)


@attrs.frozen(eq=False)
class _PairSide:
    """One side of a pair, with its precomputed comparison values."""

    entry: Partnership
    name: str
    id: str
    place: str
    members: Members
    parent: str | Unknown | None
    known_as: frozenset[str]
    area: str | Unknown | None
    words: frozenset[tuple[str, int]] | Unknown
    standing: Mapping[str, tuple[bool | Unknown, bool | Unknown]]
    _below: dict[tuple[str, str], dict[str, str]] = attrs.field(factory=dict, init=False)

    def below(self, which: str, what: str) -> dict[str, str]:
        """Where its facts were seen (`evidence`) or read (`origin`), by their paths in the pair."""
        if (which, what) not in self._below:
            said = getattr(self.entry, what)
            self._below[which, what] = {
                f"{which}.{path}" if path else which: text for path, text in said.items()
            }
        return self._below[which, what]


def _side(entry: Partnership) -> _PairSide:
    name = str(entry.name if isinstance(entry.name, str) else entry.id)
    parent = _parent(entry)
    objective = entry.objective
    members = _members(entry)
    return _PairSide(
        entry=entry,
        name=name,
        id=entry.id if isinstance(entry.id, str) else name,
        place=origin_of(entry),
        members=members,
        parent=fold(parent) if isinstance(parent, str) else parent,
        known_as=frozenset(known_as(entry)),
        area=fold(entry.area) if isinstance(entry.area, str) else entry.area,
        words=objective if isinstance(objective, Unknown) else _words(objective or ""),
        standing={key: _standing(partner) for key, partner in members[0].items()},
    )


def pair_of(first: Partnership, second: Partnership) -> Pair:
    """Return two partnerships as a pair, with what they have in common."""
    return _Two(_side(first), _side(second)).made()


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[tuple[str, int]]:
    """Return a text's words, numbered by occurrence."""
    before: Counter[str] = Counter()
    found = []
    for word in re.findall(r"\w+", text.casefold()):
        found.append((word, before[word]))
        before[word] += 1
    return frozenset(found)


class _Two(NamedTuple):
    """Two partnerships, and what they have in common."""

    one: _PairSide
    two: _PairSide

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the two together."""
        one, two = self.one, self.two
        records = tuple(self.shared(key) for key in one.standing if key in two.standing)
        return {
            "id": f"{one.id} + {two.id}",
            "name": f"{one.name} and {two.name}",
            "first": one.entry,
            "second": two.entry,
            "shared_partners": records if self.is_complete else (*records, UNKNOWN),
            **{path: compare(*self) for path, compare in _COMPARED.items()},
        }

    @property
    def is_complete(self) -> bool:
        """Whether all their partners are known."""
        return self.one.members[1] and self.two.members[1]

    def shared(self, key: str) -> SharedPartner:
        """Return a partner that they share, by the name under which it is compared."""
        weak, on_both = _in_both(self.one.standing[key], self.two.standing[key])
        name = self.one.members[0][key].name
        return SharedPartner(name=name, weak=weak, on_both_risk_registers=on_both)

    @property
    def read(self) -> tuple[Any, ...]:
        """The facts rules can read of the pair, without names and each side's own facts."""
        one, two = self
        twos = two.standing
        shared = [_in_both(its, twos[key]) for key, its in one.standing.items() if key in twos]
        return (
            tuple(shared),
            self.is_complete,
            *[compare(*self) for compare in _COMPARED.values()],
        )

    @property
    def places(self) -> dict[str, Any]:
        """Where their facts were seen, and read."""
        one, two = self.one, self.two
        where = " and ".join(each for each in (one.place, two.place) if each)
        # An entry stands in many pairs: what it says is kept once.
        return {
            "evidence": ChainMap(
                {"shared_partners": where} if where else {},
                one.below("first", "evidence"),
                two.below("second", "evidence"),
            ),
            "origin": ChainMap(
                {"": one.place}, one.below("first", "origin"), two.below("second", "origin")
            ),
        }

    def made(self) -> Pair:
        """Return them as a pair."""
        return _class_of(self.one.entry)(**self.facts, **self.places)


def _class_of(entry: Partnership) -> type[Pair]:
    """Return the pair class with an entry's own facts."""
    cls: type = type(entry)
    return class_with(Pair, cls)


def _standing(partner: Partner) -> tuple[bool | Unknown, bool | Unknown]:
    """Return whether a partner is weak, and whether a risk register records that."""
    seen = partner.weakness_on_risk_register
    weaknesses = frozenset() if partner.weaknesses is None else partner.weaknesses
    if isinstance(weaknesses, Unknown):
        weak: bool | Unknown = UNKNOWN
    else:
        weak = bool(weaknesses - {UNKNOWN}) or (UNKNOWN if weaknesses else False)
    return weak, False if seen is None else seen


@cache
def _in_both(
    one: tuple[bool | Unknown, bool | Unknown], two: tuple[bool | Unknown, bool | Unknown]
) -> tuple[bool | Unknown, bool | Unknown]:
    """Combine a shared partner's weakness and risk registers over both sides."""
    weak, seen = (one[0], two[0]), (one[1], two[1])
    return (
        True if True in weak else UNKNOWN if UNKNOWN in weak else False,
        False if False in seen else UNKNOWN if UNKNOWN in seen else True,
    )


def _identical(first: _PairSide, second: _PairSide) -> bool | Unknown:
    (ones, ones_complete), (twos, twos_complete) = first.members, second.members
    if (ones_complete and not twos.keys() <= ones.keys()) or (
        twos_complete and not ones.keys() <= twos.keys()
    ):
        return False
    return True if ones_complete and twos_complete else UNKNOWN


def _same(one: str | Unknown | None, two: str | Unknown | None) -> bool | Unknown:
    """Compare two folded names."""
    if one is None or two is None:
        return False
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    return one == two


def _similarity(first: _PairSide, second: _PairSide) -> Decimal | Unknown:
    one, two = first.words, second.words
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    # Counted, not aligned: the same whichever of the two comes first.
    total = len(one) + len(two)
    return _PER_CENT[round(100 * 2 * len(one & two) / total)] if total else _PER_CENT[0]


def _nested(one: _PairSide, two: _PairSide) -> bool | Unknown:
    if one.parent is None and two.parent is None:
        return False
    unknown = False
    for side, parent in ((one, two.parent), (two, one.parent)):
        if isinstance(parent, Unknown):
            unknown = True
        elif parent is not None and parent in side.known_as:
            return True
    if _same(one.parent, two.parent) is True:
        return True
    return UNKNOWN if unknown else False


#: How two compare, by the path of each fact of the pair.
_COMPARED: Final[Mapping[str, Callable[[_PairSide, _PairSide], Any]]] = {
    "membership_identical": _identical,
    "same_area": lambda one, two: _same(one.area, two.area),
    "objective_similarity": _similarity,
    "nested": _nested,
}


def _parent(entry: Partnership) -> str | Unknown | None:
    """Return the parent of an entry; what is no sub-group has none, though nobody says so."""
    if isinstance(entry.parent, Unknown) and entry.sub_group in (False, None):
        return None
    return entry.parent


def known_as(entry: Any) -> set[str]:  # noqa: ANN401 - a subject of any class
    """Return the folded names of a subject."""
    return {fold(each) for each in names_of(entry)}


# ── Which of them are told ────────────────────────────────────────────────────────────────────

#: Judges several subjects by rules: an outcome for each rule, subject by subject.
Judge: TypeAlias = Callable[[Sequence[Rule], Sequence[Any]], Iterable[Sequence[Outcome]]]


@attrs.frozen(eq=False)
class Pairs:
    """
    A register's reported pairs.

    Attributes:
        told: each with what every rule says of it.
        number: how many pairs there are.
    """

    told: tuple[tuple[Pair, Sequence[Outcome]], ...]
    number: int


def pairs_told(
    entries: Sequence[Partnership],
    rules: Sequence[Rule],
    rulebook: Rulebook,
    judge: Judge,
    *,
    owner: str = "",
    common: Sequence[Body] = (),
) -> Pairs:
    """
    Return the pairs with a flagged rule, or an open one that facts of both sides bear on.

    The others are counted and let go: each body of a large register makes many. Pairs that are
    alike in all that the rules read are judged once.
    """
    asked = _asked(rules, rulebook)
    kind_of = _kinds(asked)
    bearing = [_asked_of_two(rule, rulebook) for rule in rules]
    told: list[tuple[Pair, Sequence[Outcome]]] = []
    number = 0
    several = _pairs(entries, owner, common)
    kept: dict[Any, Sequence[Outcome] | None] = {}
    while batch := [*itertools.islice(several, _AT_ONCE)]:
        number += len(batch)
        like = [
            id(each) if asked & _OWN else (kind_of(each.one), kind_of(each.two), each.read)
            for each in batch
        ]
        if len(kept) > _KEPT or asked & _OWN:
            kept.clear()
        new = {key: two for key, two in zip(like, batch, strict=True) if key not in kept}
        bare = [_class_of(each.one.entry)(**each.facts) for each in new.values()]
        for key, pair, outcomes in zip(new, bare, judge(rules, bare), strict=True):
            kept[key] = outcomes if _is_told(pair, outcomes, bearing) else None
        for key, two in zip(like, batch, strict=True):
            said = kept[key]
            if said is not None:
                told.append((two.made(), said))
    return Pairs(tuple(told), number)


def _asked(rules: Sequence[Rule], rulebook: Rulebook) -> frozenset[str]:
    """Return the paths of all facts rules read."""
    conditions = [condition for rule in rules for condition in rule_conditions(rule)]
    return frozenset(reads(conditions, rulebook.derived))


def _kinds(asked: Iterable[str]) -> Callable[[_PairSide], Any]:
    """Return a function grouping entries that agree in all the rules read."""
    paths = sorted({path.partition("[]")[0] for path in _of_sides(asked)})
    kinds: dict[Any, int] = {}
    found: dict[int, int] = {}

    def kind_of(side: _PairSide) -> int:
        kind = found.get(id(side.entry))
        if kind is None:
            key = tuple(recorded(side.entry, path) for path in paths)
            kind = found[id(side.entry)] = kinds.setdefault(key, len(kinds))
        return kind

    return kind_of


def _of_sides(asked: Iterable[str]) -> Iterator[str]:
    """Yield the paths rules read of either side, relative to the entry."""
    for path in asked:
        side, _, inside = path.partition(".")
        if inside and side in _SIDES:
            yield inside


def _is_told(
    pair: Pair,
    outcomes: Iterable[Outcome],
    bearing: Iterable[Mapping[str, Sequence[Sequence[str]]]],
) -> bool:
    """Tell whether a pair is reported; `bearing` has each rule's facts by side."""
    for outcome, asked in zip(outcomes, bearing, strict=True):
        if outcome.verdict is Verdict.FLAGGED:
            return True
        if outcome.verdict is Verdict.UNKNOWN and _bears_on_both(pair, asked):
            return True
    return False


def _bears_on_both(pair: Pair, asked: Mapping[str, Sequence[Sequence[str]]]) -> bool:
    """Tell whether a fact of both sides, or of what they share, is known."""
    return any(_known(pair, *each) for each in asked.get("", ())) or all(
        any(_known(getattr(pair, side), *each) for each in asked.get(side, ())) for side in _SIDES
    )


def _known(record: Any, path: str, *inside: str) -> bool:  # noqa: ANN401 - any attrs object
    """Tell whether a fact is known; for a list, of any record."""
    value = recorded(record, path)
    if not inside:
        return value is not UNKNOWN
    return isinstance(value, tuple) and any(_known(each, *inside) for each in value)


def _asked_of_two(rule: Rule, rulebook: Rulebook) -> Mapping[str, Sequence[Sequence[str]]]:
    """
    Return the facts a requirement reads: of the first, of the second, of both ("").

    What only says when it applies, such as that neither has ended, is known of nearly all.
    """
    found: dict[str, list[list[str]]] = {}
    for path in reads([rule.requires], rulebook.derived):
        side, _, inside = path.partition(".")
        if path not in _MAKE_A_PAIR:
            of_side = inside and side in _SIDES
            its = found.setdefault(side if of_side else "", [])
            its.append((inside if of_side else path).split("[]."))
    return found


# ── Bodies that make no pairs ─────────────────────────────────────────────────────────────────


@attrs.frozen(eq=False)
class OnBody:
    """
    A pair rule's finding on a body that is in too many entries to pair them.

    Attributes:
        rule: the rule.
        pair: two of the entries, with no more in common than the body, of which it is so.
        outcome: what the rule says of them; of all such two the gravest.
        entries: every entry that is one of two of which it is so.
    """

    rule: Rule
    pair: Pair
    outcome: Outcome
    entries: tuple[Partnership, ...]


def of_body(
    body: Body, rules: Sequence[Rule], rulebook: Rulebook, judge: Judge
) -> Iterator[OnBody]:
    """
    Yield the findings of pair rules on a body.

    Entries are of one kind that agree in all that the rules read of them and of the body; two of
    each kind stand for all of it. Of more than 48 kinds, two that are both rare are not compared
    with each other, but with themselves and with the commonest.
    """
    paths = {path for path in _of_sides(_asked(rules, rulebook)) if "[]" not in path}
    kinds: dict[Any, list[Partnership]] = {}
    key = fold_body(body.name)
    for entry in body.entries:
        partner = _members(entry)[0][key]
        weak = (partner.weaknesses, partner.weakness_on_risk_register)
        facts = tuple(recorded(entry, path) for path in sorted(paths))
        kinds.setdefault((*weak, *facts), []).append(entry)
    chosen = sorted(kinds.values(), key=len, reverse=True)
    twos = [
        (one, two)
        for place, one in enumerate(chosen[:_KINDS])
        for two in chosen[place:]
        if one is not two or len(one) > 1
    ]
    twos += [(one, one) for one in chosen[_KINDS:] if len(one) > 1]
    pairs = [_of_body_alone(one[0], two[-1], key) for one, two in twos]
    found: dict[int, list[int]] = {}
    outcomes = [*judge(rules, pairs)] if pairs else []
    for at, several in enumerate(outcomes):
        for place, outcome in enumerate(several):
            if outcome.verdict is Verdict.FLAGGED:
                found.setdefault(place, []).append(at)
    for place, its in found.items():
        worst = max(its, key=lambda at: _grave(outcomes[at][place]))
        counted = {id(entry): entry for at in its for kind in twos[at] for entry in kind}
        in_order = tuple(each for each in body.entries if id(each) in counted)
        yield OnBody(rules[place], pairs[worst], outcomes[worst][place], in_order)


def _grave(outcome: Outcome) -> int:
    return -1 if outcome.severity is None else outcome.severity.rank


def _of_body_alone(first: Partnership, second: Partnership, key: str) -> Pair:
    """Return a pair sharing one body, of which only that body's roles are known."""
    two = _Two(_side(first), _side(second))
    facts = two.facts
    known = {each: facts[each] for each in ("id", "name", "first", "second")}
    shared = (two.shared(key), UNKNOWN)
    return _class_of(first)(**known, shared_partners=shared, **two.places)
