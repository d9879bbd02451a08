"""A finding that is escaped by leaving a fact unrecorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from govrules.engines.registry import NEVER_FLAGS
from govrules.prove import terms as t
from govrules.prove import witness
from govrules.prove.encoded import EncodedRulebook, Proof, ProofFinding
from govrules.prove.results import Flaw
from govrules.prove.solving import Clock, Solution, solve_with
from govrules.prove.symbols import Held, Several, Single, SymbolicRecord, Tree
from govrules.prove.terms import Term, names_in, variable_name
from govrules.prove.witness import DisagreementError
from govrules.rulebook.ast import Rule, Verdict


def _find(encoded: EncodedRulebook, rule: Rule, clock: Clock) -> Iterator[ProofFinding]:
    cls = encoded.cls(rule)
    one, other = (encoded.translator(cls, complete=False, tag=each) for each in ("", "'"))
    full, less = one.space, other.space
    before = encoded.rule(rule, one).flagged
    # Texts stand for the same places in both.
    less.texts[:] = full.texts
    after = encoded.rule(rule, other)
    escaped = t.either(after.clear, after.not_applicable)
    named = {*names_in(before), *(each.removesuffix("'") for each in names_in(escaped))}
    wanted, laws = full.laws_of(named)
    twins, more_laws = less.laws_of(f"{each}'" for each in wanted)
    terms = [before, escaped, *laws, *more_laws]
    for fact, twin in (*_twins(full.top, less.top), (full.as_of, less.as_of)):
        if not wanted.isdisjoint(map(variable_name, fact.variables())):
            terms += _says_less(fact, twin)
    found = solve_with(full, clock, wanted, terms)
    if found is None:
        return

    def escapes(flagged: Tree, withheld: Tree) -> bool:
        was_flagged = encoded.verdict(rule, flagged) is Verdict.FLAGGED
        return was_flagged and encoded.verdict(rule, withheld) in NEVER_FLAGS

    def holds(trees: tuple[Tree, ...]) -> bool:
        flagged, withheld = trees
        fewer = any(witness.without(flagged, path) == withheld for path in _facts_in(flagged))
        return fewer and escapes(flagged, withheld)

    whole, sparse = found.tree(), Solution(less, found.model, twins).tree()
    if not escapes(whole, sparse):
        raise DisagreementError(f"`{rule.id}`: {whole} and {sparse} do not differ as z3 says")
    # A pair that differs in one fact, if there is one.
    pairs = ((whole, witness.without(whole, path)) for path in _facts_in(whole))
    trees: tuple[Tree, ...] = next((pair for pair in pairs if escapes(*pair)), (whole, sparse))
    if holds(trees):
        trees = witness.shrunk(trees, holds, rule.id)
    names = ("it is recorded and flagged", "it is withheld and no longer flagged")
    shown = tuple(map(encoded.example, (rule, rule), trees, names))
    yield ProofFinding(f"a fact that is withheld takes `{rule.id}` away", shown)


def _twins(one: SymbolicRecord, other: SymbolicRecord) -> Iterator[tuple[Held, Held]]:
    """Yield corresponding facts of two copies of a record, outer ones first."""
    for name in [each for each in one.held if each in other.held]:
        mine, theirs = one.held[name], other.held[name]
        yield mine, theirs
        if isinstance(mine, Several) and isinstance(theirs, Several):
            for place, record in mine.records.items():
                yield from _twins(record, theirs.records[place])


def _says_less(one: Held, other: Held) -> Iterator[Term]:
    """Yield that the second fact is no more informative than the first."""
    pairs: list[tuple[Term, Term]]
    match one, other:
        case Single(), Single():
            pairs = list(zip(one.variables(), other.variables(), strict=True))
            same = [a == b for a, b in pairs if not a.eq(one.known)]
            yield t.implied(other.known, t.both(one.known, *same))
        case Several(), Several():
            pairs = list(zip(one.of.values(), other.of.values(), strict=True))
            yield from (t.implied(b, a) for a, b in pairs)
            same = [a == b for a, b in pairs]
            yield t.implied(t.no(other.more), t.both(t.no(one.more), *same))
            if not one.records:
                # It follows, but z3 does not see it: a part of a set has no more members.
                yield _size(other) <= _size(one)
                yield t.implied(t.no(other.more), _size(other) == _size(one))
        case _:
            raise AssertionError("two copies of a fact are of one kind")


def _size(members: Several) -> Term:
    return t.number_of(members.of.values())


def _facts_in(tree: Tree) -> Iterator[witness.Path]:
    """Yield the facts that can be withheld: neither list positions nor set members."""
    for path in witness.droppable(tree):
        within: Any = tree
        for key in path[:-1]:
            within = within[key]
        if isinstance(within, dict):
            yield path


PROOF = Proof(Flaw.WITHHOLDING_HELPS, "`{0}` is not escaped by withholding a fact", _find)
