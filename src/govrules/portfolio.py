"""A whole register: the register itself, each partnership on it, and each two that overlap."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import attrs

from govrules.assessment import Assessment, assess, assess_each
from govrules.decode.names import fold_body
from govrules.decode.states import fold
from govrules.diagnostics import Code, Diagnostic, Place
from govrules.doubts import doubts, place_of
from govrules.facts import origin_of
from govrules.model import Organisation, Pair, Partner, Partnership, Register, SharedPartner
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN, Unknown

#: Partners by the name under which they are compared; and whether these are certainly all.
Members: TypeAlias = tuple[dict[str, Partner], bool]


@attrs.frozen
class RegisterAssessment:
    """
    All findings on a register.

    Attributes:
        register: on the register itself; without findings where no rule is about registers.
        entries: on each partnership, in the register's order.
        pairs: on each two partnerships that share a partner or a parent.
        problems: what is wrong with the register as data.
        warnings: facts that are read otherwise than they are recorded.
    """

    register: Assessment
    entries: tuple[Assessment, ...]
    pairs: tuple[Assessment, ...]
    problems: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...] = ()

    def all(self) -> tuple[Assessment, ...]:
        """Return every assessment that has findings: the register's, entries' and pairs'."""
        everything = (self.register, *self.entries, *self.pairs)
        return tuple(each for each in everything if each.checks)


def assess_register(
    register: Register,
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> RegisterAssessment:
    """
    Assess a register, each partnership on it, and each two that have something in common.

    Args:
        register: the register.

        rulebook: the rules.

        as_of: the date of the assessment.

        engine: which engine evaluates; the findings are the same.

    Raises:
        FactsError: the register does not fit the vocabulary.

        EngineError: there is no such engine here.
    """
    entries = entries_of(register)
    pair_rules = any(rule.subject == "pair" for rule in rulebook.rules)
    pairs = list(pairs_of(entries, owner=owner_of(register))) if pair_rules else []
    return RegisterAssessment(
        register=assess(register, rulebook, as_of=as_of, engine=engine),
        entries=tuple(assess_each(entries, rulebook, as_of=as_of, engine=engine)),
        pairs=tuple(assess_each(pairs, rulebook, as_of=as_of, engine=engine)),
        problems=tuple(register_problems(entries)),
        warnings=tuple(doubts(register, as_of)),
    )


def entries_of(register: Register) -> tuple[Partnership, ...]:
    """Return the partnerships on a register that are known."""
    if not isinstance(register.partnerships, tuple):
        return ()
    return tuple(each for each in register.partnerships if isinstance(each, Partnership))


def is_empty(assessed: RegisterAssessment) -> bool:
    """Tell whether a register certainly holds no partnership, so that nothing was checked."""
    register = assessed.register.subject
    return isinstance(register, Register) and register.partnerships == ()


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
    for one, two in sorted(joined):
        yield pair_of(entries[one], entries[two])


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


def pair_of(first: Partnership, second: Partnership) -> Pair:
    """Return two partnerships as a pair, with what they have in common."""
    names = [str(each.name if isinstance(each.name, str) else each.id) for each in (first, second)]
    ids = [
        each.id if isinstance(each.id, str) else name
        for each, name in zip((first, second), names, strict=True)
    ]
    ones, ones_complete = _members(first)
    twos, twos_complete = _members(second)
    shared = [name for name in ones if name in twos]
    complete = ones_complete and twos_complete
    records: tuple[SharedPartner | Unknown, ...] = tuple(
        _shared(ones[name], twos[name]) for name in shared
    )
    where = " and ".join(each for each in (origin_of(first), origin_of(second)) if each)
    return Pair(
        id=" + ".join(ids),
        name=" and ".join(names),
        first=first,
        second=second,
        shared_partners=records if complete else (*records, UNKNOWN),
        membership_identical=_identical(
            ones, twos, ones_complete=ones_complete, twos_complete=twos_complete
        ),
        same_area=_same(first.area, second.area),
        objective_similarity=_similarity(first.objective, second.objective),
        nested=_nested(first, second),
        evidence={
            **_below("first", first.evidence),
            **_below("second", second.evidence),
            **({"shared_partners": where} if where else {}),
        },
        origin={
            "": origin_of(first),
            **_below("first", first.origin),
            **_below("second", second.origin),
        },
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
    if one is None or two is None:
        return False
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    return fold(one) == fold(two)


def _similarity(one: str | Unknown | None, two: str | Unknown | None) -> Decimal | Unknown:
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return UNKNOWN
    # Counted, not aligned: the same whichever of the two comes first.
    words = [Counter(re.findall(r"\w+", (each or "").casefold())) for each in (one, two)]
    total = words[0].total() + words[1].total()
    return Decimal(round(100 * 2 * (words[0] & words[1]).total() / total)) if total else Decimal(0)


def _nested(first: Partnership, second: Partnership) -> bool | Unknown:
    unknown = False
    parents = [_parent(first), _parent(second)]
    for entry, parent in ((first, parents[1]), (second, parents[0])):
        if isinstance(parent, Unknown):
            unknown = True
        elif parent is not None and fold(parent) in _known_as(entry):
            return True
    if _same(*parents) is True:
        return True
    return UNKNOWN if unknown else False


def _parent(entry: Partnership) -> str | Unknown | None:
    """Return the parent of an entry; what is no sub-group has none, though nobody says so."""
    if isinstance(entry.parent, Unknown) and entry.sub_group in (False, None):
        return None
    return entry.parent


def _known_as(entry: Partnership) -> set[str]:
    return {fold(each) for each in (entry.id, entry.name) if isinstance(each, str)}


def register_problems(entries: Sequence[Partnership]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a register as data: the entries are assessed all the same."""
    ids: dict[str, Partnership] = {}
    names: dict[str, Partnership] = {}
    known = {name for entry in entries for name in _known_as(entry)}
    in_order = sorted(known)

    @functools.cache
    def nearest(parent: str) -> list[str]:
        return difflib.get_close_matches(parent, in_order, n=1)

    spellings: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if isinstance(entry.id, str):
            twin = ids.setdefault(fold(entry.id), entry)
            if twin is not entry:
                yield Diagnostic(
                    Code.DUPLICATE_ENTRY,
                    f"two entries have the id `{entry.id}`, the other at {origin_of(twin, 'id')}",
                    place_of(entry, "id"),
                    "give one of them another id, or remove it",
                )
        elif isinstance(entry.name, str):
            twin = names.setdefault(fold(entry.name), entry)
            if twin is not entry:
                yield Diagnostic(
                    Code.DUPLICATE_ENTRY,
                    f"two entries without ids have the name `{entry.name}`, the other at "
                    f"{origin_of(twin, 'name')}",
                    place_of(entry, "name"),
                    "give each an id of its own, or remove one",
                )
        if isinstance(entry.parent, str) and fold(entry.parent) not in known:
            near = nearest(fold(entry.parent))
            yield Diagnostic(
                Code.UNKNOWN_PARENT,
                f"the parent `{entry.parent}` is not on the register",
                place_of(entry, "parent"),
                f"did you mean `{near[0]}`?" if near else "add the parent, or write `parent: none`",
            )
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
