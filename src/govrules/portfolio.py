"""A whole register: the register itself, each partnership on it, and each two that overlap."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import itertools
import re
from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

import attrs

from govrules.assessment import Assessment, assess, assess_each, assess_made, ended
from govrules.decode.names import fold_body
from govrules.decode.states import fold
from govrules.diagnostics import Code, Diagnostic, Place
from govrules.doubts import doubts, place_of
from govrules.errors import FactsError
from govrules.facts import origin_of, recorded
from govrules.identical import Identical
from govrules.model import Organisation, Pair, Partner, Partnership, Register, SharedPartner
from govrules.notebooks import ShownInNotebooks
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.rulebook.reads import reads
from govrules.rulebook.walk import rule_conditions
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_rulebook
from govrules.vocabulary import AS_OF, Collected, list_of

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


@attrs.frozen
class RegisterAssessment(ShownInNotebooks):
    """
    All findings on a register.

    Attributes:
        register: on the register itself; without findings where no rule is about registers.
        entries: on each partnership, in the register's order.
        pairs: on each two partnerships that share a partner or a parent, whatever is found.
        problems: what is wrong with the register as data.
        warnings: facts that are read otherwise than they are recorded.
    """

    register: Assessment
    entries: tuple[Assessment, ...]
    pairs: tuple[Assessment, ...]
    problems: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...] = ()

    @cached_property
    def listed_pairs(self) -> tuple[Assessment, ...]:
        """The pairs that are told: something is flagged, or open though both sides bear on it."""
        return tuple(filter(_is_told, self.pairs))

    def all(self) -> tuple[Assessment, ...]:
        """Return every assessment that is told: the register's, entries' and listed pairs'."""
        everything = (self.register, *self.entries, *self.listed_pairs)
        return tuple(each for each in everything if each.checks)


def _is_told(pair: Assessment) -> bool:
    if pair.counts[Verdict.FLAGGED]:
        return True
    return any(
        verdict is Verdict.UNKNOWN
        and _bear(pair.subject, _read_of_pairs(Identical((rule, pair.rulebook))))
        for rule, verdict, _ in ended(pair)
    )


def _bear(pair: Pair, reads: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether both of two have facts on what a rule reads, beside what makes them a pair."""
    known = {side for side in reads if any(_known(pair, path) for path in reads[side])}
    return "" in known or {"first", "second"} <= known


def _known(record: Any, path: str) -> bool:  # noqa: ANN401 - any attrs object
    """Tell whether a fact is known, of a list's records in any of them."""
    several, found, rest = path.partition("[].")
    value = recorded(record, several)
    if not found:
        return value is not UNKNOWN
    return isinstance(value, tuple) and any(_known(each, rest) for each in value)


@lru_cache(maxsize=2**8)
def _read_of_pairs(only: Identical) -> Mapping[str, frozenset[str]]:
    """Return the facts that a rule on pairs reads: of the first, of the second, of both ("")."""
    rule, rulebook = only
    found: dict[str, set[str]] = {}
    for path in reads(rule_conditions(rule), rulebook.derived):
        side, _, inside = path.partition(".")
        if path not in _MAKE_A_PAIR:
            found.setdefault(side if inside and side in _SIDES else "", set()).add(path)
    return {side: frozenset(paths) for side, paths in found.items()}


def assess_register(
    register: Any,  # noqa: ANN401 - a register of any class
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> RegisterAssessment:
    """
    Assess a register, each partnership on it, and each two that have something in common.

    Args:
        register: a `Register`; an object of another class of the rulebook's that lists subjects;
            or what `read` returned of subjects that no class lists.

        rulebook: the rules.

        as_of: the date of the assessment.

        engine: which engine evaluates; the findings are the same.

    Raises:
        FactsError: the register does not fit the vocabulary.

        EngineError: there is no such engine here.
    """
    check_rulebook(rulebook)
    check_as_of(as_of)
    entries = entries_of(register)
    of_pairs = isinstance(register, Register) and any(
        rule.subject == "pair" for rule in rulebook.rules
    )
    pairs = list(pairs_of(entries, owner=owner_of(register))) if of_pairs else []
    return RegisterAssessment(
        register=_nothing(register, rulebook, as_of)
        if isinstance(register, Collected)
        else assess(register, rulebook, as_of=as_of, engine=engine),
        entries=tuple(assess_each(entries, rulebook, as_of=as_of, engine=engine)),
        pairs=tuple(assess_made(pairs, rulebook, as_of=as_of, engine=engine)),
        problems=tuple(register_problems(entries)),
        warnings=tuple(doubts(register, as_of)),
    )


def _nothing(register: Collected, rulebook: Rulebook, as_of: dt.date | Unknown) -> Assessment:
    """Return the assessment of a register that is none of the rulebook's kinds of subject."""
    return Assessment("", "", as_of, rulebook, register, rules=(), outcomes=(), engine="reference")


def collected(several: Sequence[Assessment | RegisterAssessment]) -> RegisterAssessment:
    """Return assessments that were made apart as those of one register that no class lists."""
    wholes = [each for each in several if isinstance(each, RegisterAssessment)]
    entries = [
        entry
        for each in several
        for entry in (each.entries if isinstance(each, RegisterAssessment) else (each,))
    ]
    as_of = entries[0].as_of if len({each.as_of for each in entries}) == 1 else UNKNOWN
    rulebook = (entries or [each.register for each in wholes])[0].rulebook
    register = Collected(tuple(each.subject for each in entries))
    return RegisterAssessment(
        register=_nothing(register, rulebook, as_of),
        entries=tuple(entries),
        pairs=tuple(pair for each in wholes for pair in each.pairs),
        problems=tuple(problem for each in wholes for problem in each.problems),
        warnings=tuple(warning for each in wholes for warning in each.warnings),
    )


def is_register(subject: object) -> bool:
    """Tell whether a subject lists others, as a register does."""
    cls: type = type(subject)
    return cls is Collected or (attrs.has(cls) and list_of(cls) is not None)


def listed(register: Any) -> Any:  # noqa: ANN401 - a register of any class
    """
    Return what stands in the list of a register: its entries, UNKNOWN or None.

    Raises:
        FactsError: it is no register.
    """
    if isinstance(register, Collected):
        return register.entries
    cls: type = type(register)
    found = list_of(cls) if attrs.has(cls) else None
    if found is None:
        raise FactsError("register", "a register", type(register).__name__)
    return getattr(register, found[0])


def entries_of(register: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a register of any class
    """Return the partnerships, or whatever subjects, on a register that are known."""
    entries = listed(register)
    if not isinstance(entries, tuple):
        return ()
    return tuple(each for each in entries if attrs.has(type(each)))


def is_empty(assessed: RegisterAssessment) -> bool:
    """Tell whether a register certainly holds no partnership, so that nothing was checked."""
    register = assessed.register.subject
    return is_register(register) and listed(register) == ()


def owner_of(register: Register) -> str:
    """Return the name of the organisation whose register it is; "" where nobody says."""
    name = register.organisation.name if isinstance(register.organisation, Organisation) else ""
    return name if isinstance(name, str) else ""


def pairs_of(entries: Sequence[Partnership], *, owner: str = "") -> Iterator[Pair]:
    """
    Yield each two partnerships that share a named partner or a parent, or are nested.

    Args:
        entries: the partnerships on a register.

        owner: the name of the organisation whose register it is; being in all of them, it alone
            brings no two of them together.
    """
    in_all = key_of_partner(owner)
    joined: dict[tuple[int, int], None] = {}
    by_key: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        for key in keys_of(entry):
            if key != in_all:
                by_key.setdefault(key, []).append(index)
    for indexes in by_key.values():
        for one, two in itertools.combinations(sorted(set(indexes)), 2):
            joined[one, two] = None
    sides: dict[int, _Side] = {}
    for index in dict.fromkeys(index for both in joined for index in both):
        sides[index] = _side(entries[index])
    for one, two in sorted(joined):
        yield _pair(sides[one], sides[two])


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
    _evidence: dict[str, dict[str, str]] = attrs.field(factory=dict, init=False)
    _origin: dict[str, dict[str, str]] = attrs.field(factory=dict, init=False)

    def evidence_below(self, which: str) -> dict[str, str]:
        """Where its facts were seen, by their paths in the pair."""
        if which not in self._evidence:
            self._evidence[which] = _below(which, self.entry.evidence)
        return self._evidence[which]

    def origin_below(self, which: str) -> dict[str, str]:
        """Where its facts were read, by their paths in the pair."""
        if which not in self._origin:
            self._origin[which] = _below(which, self.entry.origin)
        return self._origin[which]


def _side(entry: Partnership) -> _Side:
    name = str(entry.name if isinstance(entry.name, str) else entry.id)
    parent = _parent(entry)
    objective = entry.objective
    words = objective if isinstance(objective, Unknown) else Counter(_words_of(objective or ""))
    return _Side(
        entry=entry,
        name=name,
        id=entry.id if isinstance(entry.id, str) else name,
        place=origin_of(entry),
        members=_members(entry),
        parent=fold(parent) if isinstance(parent, str) else parent,
        known_as=frozenset(_known_as(entry)),
        area=fold(entry.area) if isinstance(entry.area, str) else entry.area,
        words=words,
    )


def pair_of(first: Partnership, second: Partnership) -> Pair:
    """Return two partnerships as a pair, with what they have in common."""
    return _pair(_side(first), _side(second))


def _pair(one: _Side, two: _Side) -> Pair:
    first, second = one.entry, two.entry
    ones, ones_complete = one.members
    twos, twos_complete = two.members
    shared = [name for name in ones if name in twos]
    complete = ones_complete and twos_complete
    records: tuple[SharedPartner | Unknown, ...] = tuple(
        _shared(ones[name], twos[name]) for name in shared
    )
    where = " and ".join(each for each in (one.place, two.place) if each)
    return Pair(
        id=f"{one.id} + {two.id}",
        name=f"{one.name} and {two.name}",
        first=first,
        second=second,
        shared_partners=records if complete else (*records, UNKNOWN),
        membership_identical=_identical(
            ones, twos, ones_complete=ones_complete, twos_complete=twos_complete
        ),
        same_area=_same(one.area, two.area),
        objective_similarity=_similarity(one.words, two.words),
        nested=_nested(one, two),
        # An entry stands in many pairs: what it says is kept once.
        evidence=ChainMap(
            {"shared_partners": where} if where else {},
            one.evidence_below("first"),
            two.evidence_below("second"),
        ),
        origin=ChainMap({"": one.place}, one.origin_below("first"), two.origin_below("second")),
    )


def _below(name: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return what one of a pair says of its facts, by their paths in the pair."""
    return {f"{name}.{path}" if path else name: text for path, text in said.items()}


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


def _words_of(objective: str) -> list[str]:
    return re.findall(r"\w+", objective.casefold())


def _similarity(one: Counter[str] | Unknown, two: Counter[str] | Unknown) -> Decimal | Unknown:
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    # Counted, not aligned: the same whichever of the two comes first.
    total = one.total() + two.total()
    return Decimal(round(100 * 2 * (one & two).total() / total)) if total else Decimal(0)


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


def _known_as(entry: Any) -> set[str]:  # noqa: ANN401 - a subject of any class
    texts = (getattr(entry, each, UNKNOWN) for each in ("id", "name"))
    return {fold(each) for each in texts if isinstance(each, str)}


def register_problems(entries: Sequence[Any]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a register as data: the entries are assessed all the same."""
    ids: dict[str, Any] = {}
    names: dict[str, Any] = {}
    known = {name for entry in entries for name in _known_as(entry)}
    in_order = sorted(known)

    @functools.cache
    def nearest(parent: str) -> list[str]:
        return difflib.get_close_matches(parent, in_order, n=1)

    spellings: dict[str, tuple[str, str]] = {}
    for entry in entries:
        id_, name, parent = (getattr(entry, each, UNKNOWN) for each in ("id", "name", "parent"))
        if isinstance(id_, str):
            twin = ids.setdefault(fold(id_), entry)
            if twin is not entry:
                yield Diagnostic(
                    Code.DUPLICATE_ENTRY,
                    f"two entries have the id `{id_}`, the other at {origin_of(twin, 'id')}",
                    place_of(entry, "id"),
                    "give one of them another id, or remove it",
                )
        elif isinstance(name, str):
            twin = names.setdefault(fold(name), entry)
            if twin is not entry:
                yield Diagnostic(
                    Code.DUPLICATE_ENTRY,
                    f"two entries without ids have the name `{name}`, the other at "
                    f"{origin_of(twin, 'name')}",
                    place_of(entry, "name"),
                    "give each an id of its own, or remove one",
                )
        if isinstance(entry, Partnership) and isinstance(parent, str) and fold(parent) not in known:
            near = nearest(fold(parent))
            yield Diagnostic(
                Code.UNKNOWN_PARENT,
                f"the parent `{parent}` is not on the register",
                place_of(entry, "parent"),
                f"did you mean `{near[0]}`?" if near else "add the parent, or write `parent: none`",
            )
        if isinstance(entry, Partnership):
            yield from _spellings(entry, spellings)


def _spellings(entry: Partnership, spellings: dict[str, tuple[str, str]]) -> Iterator[Diagnostic]:
    if not isinstance(entry.partners, tuple):
        return
    known = [each for each in entry.partners if isinstance(each, Partner)]
    for index, partner in enumerate(known):
        if not isinstance(partner.name, str):
            continue
        path = f"partners[{index}].name"
        letters = "".join(filter(str.isalnum, fold_body(partner.name)))
        spelt, other = spellings.setdefault(letters, (partner.name, origin_of(entry, path)))
        if spelt != partner.name:
            yield Diagnostic(
                Code.TWO_SPELLINGS,
                f"one partner is named two ways: `{partner.name}` here, `{spelt}` at "
                + (other.span.exact if isinstance(other, Place) else other),
                place_of(entry, path),
                "spell the name the same way everywhere",
            )
