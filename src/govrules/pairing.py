"""Two partnerships that have something in common: which they are, and which of them are told."""

from __future__ import annotations

import itertools
import re
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs

from govrules.decode.names import fold_body
from govrules.decode.states import fold
from govrules.engines.registry import Outcome
from govrules.facts import names_of, origin_of, recorded
from govrules.model import Pair, Partner, Partnership, SharedPartner
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
#: Entries of every kind are compared with those of so many kinds, the commonest of a body.
_KINDS: Final = 48


@attrs.frozen(eq=False)
class Body:
    """
    A body in so many entries that it makes no pairs of them.

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
    sides: dict[int, _Side] = {}
    for one, its in enumerate(keys):
        others = {two for key in its for two in by_key[key] if two > one}
        for index in (one, *others) if others else ():
            if index not in sides:
                sides[index] = _side(entries[index])
        for two in sorted(others):
            yield _Two(sides[one], sides[two])
        sides.pop(one, None)


def keys_of(entry: Partnership) -> Iterator[str]:
    """Yield what an entry has in common with those it is compared with."""
    for name in _members(entry)[0]:
        yield key_of_partner(name)
    for text in (entry.id, entry.name, entry.parent):
        if isinstance(text, str):
            yield f"partnership {fold(text)}"


def key_of_partner(name: str) -> str:
    """Return what the partnerships of a partner have in common."""
    return f"partner {fold_body(name)}"


def _members(entry: Partnership) -> Members:
    if not isinstance(entry.partners, tuple):
        return {}, entry.partners is None
    known = [each for each in entry.partners if isinstance(each, Partner)]
    named = {fold_body(each.name): each for each in known if isinstance(each.name, str)}
    complete = len(known) == len(entry.partners)
    return named, complete and all(isinstance(each.name, str) for each in known)


@attrs.frozen(eq=False)
class _Side:
    """One of two partnerships, with what it is compared by, worked out once."""

    entry: Partnership
    name: str
    id: str
    place: str
    members: Members
    parent: str | Unknown | None
    known_as: frozenset[str]
    area: str | Unknown | None
    words: Counter[str] | Unknown
    _below: dict[tuple[str, str], dict[str, str]] = attrs.field(factory=dict, init=False)

    def below(self, which: str, what: str) -> dict[str, str]:
        """Where its facts were seen (`evidence`) or read (`origin`), by their paths in the pair."""
        if (which, what) not in self._below:
            said = getattr(self.entry, what)
            self._below[which, what] = {
                f"{which}.{path}" if path else which: text for path, text in said.items()
            }
        return self._below[which, what]


def _side(entry: Partnership) -> _Side:
    name = str(entry.name if isinstance(entry.name, str) else entry.id)
    parent = _parent(entry)
    words: Counter[str] | Unknown = UNKNOWN
    if not isinstance(entry.objective, Unknown):
        words = Counter(re.findall(r"\w+", (entry.objective or "").casefold()))
    return _Side(
        entry=entry,
        name=name,
        id=entry.id if isinstance(entry.id, str) else name,
        place=origin_of(entry),
        members=_members(entry),
        parent=fold(parent) if isinstance(parent, str) else parent,
        known_as=frozenset(known_as(entry)),
        area=fold(entry.area) if isinstance(entry.area, str) else entry.area,
        words=words,
    )


def pair_of(first: Partnership, second: Partnership) -> Pair:
    """Return two partnerships as a pair, with what they have in common."""
    return _Two(_side(first), _side(second)).made()


@attrs.frozen(eq=False)
class _Two:
    """Two partnerships, and what they have in common."""

    one: _Side
    two: _Side

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the two together."""
        one, two = self.one, self.two
        ones, ones_complete = one.members
        twos, twos_complete = two.members
        shared = [name for name in ones if name in twos]
        complete = ones_complete and twos_complete
        records: tuple[SharedPartner | Unknown, ...] = tuple(
            _shared(ones[name], twos[name]) for name in shared
        )
        return {
            "id": f"{one.id} + {two.id}",
            "name": f"{one.name} and {two.name}",
            "first": one.entry,
            "second": two.entry,
            "shared_partners": records if complete else (*records, UNKNOWN),
            "membership_identical": _identical(
                ones, twos, ones_complete=ones_complete, twos_complete=twos_complete
            ),
            "same_area": _same(one.area, two.area),
            "objective_similarity": _similarity(one.words, two.words),
            "nested": _nested(one, two),
        }

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
        return Pair(**self.facts, **self.places)


def _shared(one: Partner, two: Partner) -> SharedPartner:
    weak: bool | Unknown = False
    for partner in (one, two):
        known = frozenset() if partner.weaknesses is None else partner.weaknesses
        if not isinstance(known, Unknown) and known - {UNKNOWN}:
            weak = True
        elif weak is not True and (isinstance(known, Unknown) or UNKNOWN in known):
            weak = UNKNOWN
    both = (one.weakness_on_risk_register, two.weakness_on_risk_register)
    on_both: bool | Unknown = True
    if UNKNOWN in both:
        on_both = UNKNOWN
    if False in both or None in both:
        on_both = False
    return SharedPartner(name=one.name, weak=weak, on_both_risk_registers=on_both)


def _identical(
    ones: dict[str, Partner],
    twos: dict[str, Partner],
    *,
    ones_complete: bool,
    twos_complete: bool,
) -> bool | Unknown:
    missing_from_one = ones_complete and twos.keys() - ones.keys()
    missing_from_two = twos_complete and ones.keys() - twos.keys()
    if missing_from_one or missing_from_two:
        return False
    return True if ones_complete and twos_complete else UNKNOWN


def _same(one: str | Unknown | None, two: str | Unknown | None) -> bool | Unknown:
    """Tell whether two names are one, both of them as they are compared."""
    if one is None or two is None:
        return False
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    return one == two


def _similarity(one: Counter[str] | Unknown, two: Counter[str] | Unknown) -> Decimal | Unknown:
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    # Counted, not aligned: the same whichever of the two comes first.
    total = one.total() + two.total()
    both = sum(min(times, two[word]) for word, times in one.items() if word in two)
    return Decimal(round(100 * 2 * both / total)) if total else Decimal(0)


def _nested(one: _Side, two: _Side) -> bool | Unknown:
    unknown = False
    for side, parent in ((one, two.parent), (two, one.parent)):
        if isinstance(parent, Unknown):
            unknown = True
        elif parent is not None and parent in side.known_as:
            return True
    if _same(one.parent, two.parent) is True:
        return True
    return UNKNOWN if unknown else False


def _parent(entry: Partnership) -> str | Unknown | None:
    """Return the parent of an entry; what is no sub-group has none, though nobody says so."""
    if isinstance(entry.parent, Unknown) and entry.sub_group in (False, None):
        return None
    return entry.parent


def known_as(entry: Any) -> set[str]:  # noqa: ANN401 - a subject of any class
    """Return what a subject is called, as names are compared."""
    return {fold(each) for each in names_of(entry)}


# ── Which of them are told ────────────────────────────────────────────────────────────────────

#: Judges several subjects by rules: an outcome for each rule, subject by subject.
Judge: TypeAlias = Callable[[Sequence[Rule], Sequence[Any]], Iterable[Sequence[Outcome]]]


@attrs.frozen(eq=False)
class Pairs:
    """
    The pairs of a register that are told.

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
    Return the pairs on which something is flagged, or open though both sides bear on it.

    The others are counted and let go: each body of a large register makes many.
    """
    bearing = [_Bearing(_asked_of_two(rule, rulebook)) for rule in rules]
    told: list[tuple[Pair, Sequence[Outcome]]] = []
    number = 0
    several = _pairs(entries, owner, common)
    while batch := [*itertools.islice(several, _AT_ONCE)]:
        number += len(batch)
        bare = [Pair(**each.facts) for each in batch]
        for two, pair, outcomes in zip(batch, bare, judge(rules, bare), strict=True):
            if _is_told(pair, outcomes, bearing):
                told.append((attrs.evolve(pair, **two.places), outcomes))
    return Pairs(tuple(told), number)


def _is_told(pair: Pair, outcomes: Iterable[Outcome], bearing: Iterable[_Bearing]) -> bool:
    for outcome, its in zip(outcomes, bearing, strict=True):
        if outcome.verdict is Verdict.FLAGGED:
            return True
        if outcome.verdict is Verdict.UNKNOWN and its.both(pair):
            return True
    return False


@attrs.frozen(eq=False)
class _Bearing:
    """
    Which pairs have facts on what a rule asks of them.

    Attributes:
        asked: the paths of these facts, parted at lists: of the first, of the second, of both ("").
    """

    asked: Mapping[str, Sequence[Sequence[str]]]
    #: Of each side: an entry stands in many pairs.
    _known: dict[tuple[str, int], bool] = attrs.field(factory=dict, init=False)

    def both(self, pair: Pair) -> bool:
        """Tell whether something is known of both, or of what they have in common."""
        if any(_known(pair, *each) for each in self.asked.get("", ())):
            return True
        return all(self._side(side, getattr(pair, side)) for side in _SIDES)

    def _side(self, side: str, entry: Any) -> bool:  # noqa: ANN401 - an entry, which is any attrs object
        known = self._known.get((side, id(entry)))
        if known is None:
            known = any(_known(entry, *each) for each in self.asked.get(side, ()))
            self._known[side, id(entry)] = known
        return known


def _known(record: Any, path: str, *inside: str) -> bool:  # noqa: ANN401 - any attrs object
    """Tell whether a fact is known, of a list's records in any of them."""
    value = recorded(record, path)
    if not inside:
        return value is not UNKNOWN
    return isinstance(value, tuple) and any(_known(each, *inside) for each in value)


def _asked_of_two(rule: Rule, rulebook: Rulebook) -> Mapping[str, Sequence[Sequence[str]]]:
    """
    Return the facts that what a rule requires reads: of the first, of the second, of both ("").

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
    What a rule on pairs flags of a body that is in too many entries to make pairs of them.

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
    Yield what rules on pairs flag of a body.

    Entries are of one kind that agree in all that the rules read of them and of the body; two of
    each kind stand for all of it. Of more than 48 kinds, two that are both rare are not compared
    with each other, but with themselves and with the commonest.
    """
    paths = {
        path.partition(".")[2]
        for path in reads(
            [each for rule in rules for each in rule_conditions(rule)], rulebook.derived
        )
        if path.partition(".")[0] in _SIDES and "[]" not in path
    }
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
    """Return a pair of entries that share a body, of which only its roles in both are known."""
    two = _Two(_side(first), _side(second))
    shared = _shared(two.one.members[0][key], two.two.members[0][key])
    known = {each: two.facts[each] for each in ("id", "name", "first", "second")}
    return Pair(**known, shared_partners=(shared, UNKNOWN), **two.places)
