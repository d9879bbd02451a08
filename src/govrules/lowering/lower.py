"""
Rules lowered to formulas: every desugaring of the rule format, once.

What `by`, `between`, one of, derived facts, `includes`, some, every and none, counts, sums, shares
and ages mean is spelled out here. The specification is `govrules.engines.reference`; the two share
the tree and nothing that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias, assert_never

import attrs

from govrules.lowering.formulas import (
    AS_OF_READ,
    FALSE,
    ONE,
    TRUE,
    ZERO,
    Formula,
    Num,
    Pair,
    Read,
    Table,
    Var,
    above,
    absent,
    among,
    amount,
    both,
    either,
    exists,
    first_of,
    holds,
    may,
    meets,
    members,
    more,
    no,
    read,
    record_of,
    subject,
    table,
    there,
    times,
    total,
    unknown,
)
from govrules.rulebook.ast import (
    ORDER,
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    Rule,
    SetOp,
    Severity,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.rulebook.walk import beneath, derived_read, splits
from govrules.vocabulary import (
    PER_CENT,
    Choice,
    Choices,
    FactType,
    Records,
    YesNo,
    vocabulary_of,
)

#: The records in sight, the subject first.
Vars: TypeAlias = tuple[Var, ...]
#: Values that derived facts of the subject are taken to have, each with the fact's name.
Taken: TypeAlias = frozenset[tuple[str, Any]]


class Value(NamedTuple):
    """
    A single value, or a set.

    Attributes:
        unknown: where it is not known; of a set, where it may have more members.
        none: where it is known to be none.
        term: what it is otherwise: a fact or a constant.
    """

    unknown: Formula
    none: Formula
    term: Any = None


class Range(NamedTuple):
    """
    What a number lies between: quotients.

    Attributes:
        least: the least.
        most: the greatest.
        unlimited: where it has no greatest.
        least_of: what the least is parted among; above nought.
        most_of: what the greatest is parted among; above nought.
    """

    least: Num
    most: Num
    unlimited: Formula = FALSE
    least_of: Num = ONE
    most_of: Num = ONE


_NOTHING: Final = Value(FALSE, TRUE)
#: All that something may be, each with where it may.
Alternatives: TypeAlias = list[tuple[Formula, Any]]
_Test: TypeAlias = Callable[[Op, Value], Pair]
_CERTAIN: Final = Pair(TRUE, FALSE)


@attrs.frozen(eq=False)
class Judged:
    """
    A rule as formulas, of which at most one of the first three holds.

    Attributes:
        not_applicable: where it does not apply.
        clear: where it cannot flag, and may apply.
        flagged: where it flags.
        severities: where each severity is possible, if it flags or may flag.
        mitigations: where each mitigation holds, likewise.
        scope: whether it applies and no exception holds.
        requires: whether what it requires holds.
    """

    not_applicable: Formula
    clear: Formula
    flagged: Formula
    severities: Mapping[Severity, Formula]
    mitigations: tuple[Formula, ...]
    scope: Pair
    requires: Pair

    @property
    def unknown(self) -> Formula:
        """Where it may turn out flagged."""
        return both(*map(no, (self.not_applicable, self.clear, self.flagged)))


class _Part(NamedTuple):
    """A rule for one joint value of the derived facts that it reads."""

    scope: Pair
    requires: Pair
    relief: tuple[Pair, ...]
    grades: Mapping[Severity, Formula]

    @property
    def may_flag(self) -> Formula:
        return both(no(self.scope.false), no(self.requires.true))

    def severity(self, severity: Severity) -> Formula:
        """Return where a severity is possible: as it is, and a step down."""
        relieved = disjunction(self.relief)
        above_ = [each for each in self.grades if each.stepped_down() is severity]
        return either(
            both(self.grades.get(severity, FALSE), no(relieved.true)),
            both(either(*(self.grades[each] for each in above_)), no(relieved.false)),
        )


#: A rule by the values of the derived facts that it reads, one after the other, with where each may
#: be; at least one always may.
_Tree: TypeAlias = "_Part | tuple[tuple[Formula, _Tree], ...]"


def _parts(tree: _Tree) -> Iterator[_Part]:
    if isinstance(tree, _Part):
        yield tree
        return
    for _, below in tree:
        yield from _parts(below)


def _everywhere(tree: _Tree, of: Callable[[_Part], Formula]) -> Formula:
    """Return what holds for all values that may be."""
    if isinstance(tree, _Part):
        return of(tree)
    return wherever((possible, _everywhere(below, of)) for possible, below in tree)


def _gravity(
    tree: _Tree, mitigations: int
) -> tuple[Mapping[Severity, Formula], tuple[Formula, ...]]:
    """Return where each severity is possible and each mitigation holds, of what may flag."""
    flags = {part.may_flag for part in _parts(tree)}

    def may_flag(part: _Part) -> Formula:
        # Where all parts flag alike, that the rule may flag at all says it already.
        return TRUE if len(flags) == 1 else part.may_flag

    severities = {
        each: no(
            _everywhere(tree, lambda part, each=each: no(both(may_flag(part), part.severity(each))))  # type: ignore[misc]
        )
        for each in Severity
    }
    return (
        {each: where for each, where in severities.items() if where is not FALSE},
        tuple(
            _everywhere(
                tree,
                lambda part, place=place: either(no(may_flag(part)), part.relief[place].true),  # type: ignore[misc]
            )
            for place in range(mitigations)
        ),
    )


def conjunction(pairs: Iterable[Pair]) -> Pair:
    """Return Kleene's *and*."""
    every = list(pairs)
    return Pair(both(*(each.true for each in every)), either(*(each.false for each in every)))


def disjunction(pairs: Iterable[Pair]) -> Pair:
    """Return Kleene's *or*."""
    return ~conjunction(~each for each in pairs)


def wherever(alternatives: Iterable[tuple[Formula, Formula]]) -> Formula:
    """Return what holds for each alternative that may be; at least one always may."""
    grouped: dict[Formula, list[Formula]] = {}
    for possible, formula in alternatives:
        if possible is not FALSE:
            grouped.setdefault(formula, []).append(possible)
    if len(grouped) == 1:
        return next(iter(grouped))
    return both(*(either(no(either(*several)), formula) for formula, several in grouped.items()))


def agreed(alternatives: Iterable[tuple[Formula, Pair]]) -> Pair:
    """Return what all alternatives that may be agree on; at least one always may."""
    every = list(alternatives)
    return Pair(
        wherever((possible, pair.true) for possible, pair in every),
        wherever((possible, pair.false) for possible, pair in every),
    )


class Lowering:
    """
    Lowers the rules of one rulebook.

    Args:
        derived: its derived facts by name, each after those that it reads.
    """

    def __init__(self, derived: Mapping[str, Derived]) -> None:
        self._derived = derived
        self._tables: dict[tuple[str, Var, Taken], Table] = {}
        self._reached: dict[str, frozenset[str]] = {}

    # ── Rules ─────────────────────────────────────────────────────────────────────────────────

    def rule(self, rule: Rule, cls: type) -> Judged:
        """Return a rule on subjects of a class as formulas."""
        lowered: dict[tuple[int, Taken], Pair] = {}
        tree = self._split(rule, (subject(cls),), splits(rule, self._derived), frozenset(), lowered)
        scope = Pair(
            _everywhere(tree, lambda part: part.scope.true),
            _everywhere(tree, lambda part: part.scope.false),
        )
        requires = Pair(
            _everywhere(tree, lambda part: part.requires.true),
            _everywhere(tree, lambda part: part.requires.false),
        )
        return Judged(
            scope.false,
            both(no(scope.false), _everywhere(tree, lambda part: no(part.may_flag))),
            both(scope.true, requires.false),
            *_gravity(tree, len(rule.mitigated_by)),
            scope,
            requires,
        )

    def _split(
        self,
        rule: Rule,
        top: Vars,
        names: tuple[str, ...],
        taken: Taken,
        lowered: dict[tuple[int, Taken], Pair],
    ) -> _Tree:
        """Return a rule for each value that the derived facts of these names may have, in turn."""
        if not names:
            return self._part(rule, top, taken, lowered)
        held = self._table(names[0], top[0], taken)
        return tuple(
            (
                may(held, (value,)),
                self._split(rule, top, names[1:], taken | {(names[0], value)}, lowered),
            )
            for value in held.may
        )

    def _part(
        self, rule: Rule, top: Vars, taken: Taken, lowered: dict[tuple[int, Taken], Pair]
    ) -> _Part:
        def pair(condition: Condition) -> Pair:
            # What does not hang on what is taken is lowered once for all values of it.
            key = (id(condition), self._of_taken(derived_read([condition]), taken))
            if key not in lowered:
                lowered[key] = _Seen(self, top, key[1]).pair(condition)
            return lowered[key]

        applies = [] if rule.applies_when is None else [pair(rule.applies_when)]
        return _Part(
            conjunction([*applies, *(~pair(each.when) for each in rule.unless)]),
            pair(rule.requires),
            tuple(pair(each.when) for each in rule.mitigated_by),
            first_of([(pair(each.when), each.severity) for each in rule.grades], rule.otherwise),
        )

    def condition(self, condition: Condition, cls: type) -> Pair:
        """Return a condition on subjects of a class as formulas."""
        return self.pair(condition, (subject(cls),))

    def pair(self, condition: Condition, scopes: Vars) -> Pair:
        """Return a condition on the records in sight as formulas."""
        return _Seen(self, scopes, frozenset()).pair(condition)

    # ── Derived facts ─────────────────────────────────────────────────────────────────────────

    def table(self, name: str, var: Var) -> Table:
        """Return the table of a derived fact of a record."""
        return self._table(name, var, frozenset())

    def _table(self, name: str, var: Var, taken: Taken) -> Table:
        key = self._key(name, var, taken)
        if key not in self._tables:
            keys = {each: self._key(each, var, taken) for each in self._derived}
            done = {each for each in keys if keys[each] in self._tables}
            done |= {each for each, _ in taken}
            for each in beneath(name, self._derived, done):
                self._tables[keys[each]] = self._made(self._derived[each], var, taken)
        return self._tables[key]

    def _key(self, name: str, var: Var, taken: Taken) -> tuple[str, Var, Taken]:
        return name, var, self._of_taken((name,), taken) if taken else taken

    def _of_taken(self, names: Iterable[str], taken: Taken) -> Taken:
        """Return of what is taken what some derived facts are or hang on."""
        hang_on = frozenset().union(*(self._hangs_on(each) | {each} for each in names))
        return frozenset(each for each in taken if each[0] in hang_on)

    def _hangs_on(self, name: str) -> frozenset[str]:
        """Return the derived facts of the same record that one reads, and those beneath them."""
        for each in beneath(name, self._derived, self._reached):
            read_ = self._derived[each].reads
            below = (self._reached[other] for other in read_)
            self._reached[each] = frozenset(read_).union(*below)
        return self._reached[name]

    def _made(self, derived: Derived, var: Var, taken: Taken) -> Table:
        seen = _Seen(self, (var,), taken)
        rows = [(seen.pair(row.when), row.value) for row in derived.rows]
        can_state = "stated" in vocabulary_of(var.cls).about
        said = read(var, derived.name, FactSource.DERIVED, derived.fact) if can_state else None
        return table(derived.name, var, rows, derived.otherwise, said, derived.fact)


@attrs.frozen(eq=False)
class _Seen:
    """Conditions as they are seen from some records, with what is taken of the subject."""

    lowering: Lowering
    scopes: Vars
    taken: Taken

    def inside(self, var: Var) -> _Seen:
        return _Seen(self.lowering, (*self.scopes, var), self.taken)

    def pair(self, condition: Condition) -> Pair:
        match condition:
            case All(items):
                return conjunction(map(self.pair, items))
            case AnyOf(items):
                return disjunction(map(self.pair, items))
            case Not(item):
                return ~self.pair(item)
            case Test(ref, predicate):
                return self._test(ref, predicate)
            case Known(ref, recorded):
                known = self._known(ref)
                return Pair(known, no(known)) if recorded else Pair(no(known), known)
            case Quantified(quantity, ref, where):
                return self._quantified(quantity, ref, where)
            case Count(ref, where, predicate):
                return self._count(ref, where, predicate)
            case Sum(ref, of, where, predicate):
                return self._sum(ref, of, where, predicate)
            case Share(ref, among_, where, predicate):
                return self._share(ref, among_, where, predicate)
            case _:
                assert_never(condition)

    def _test(self, ref: FactRef, predicate: Predicate) -> Pair:
        if isinstance(predicate, Includes):
            fact, op = self.read(ref), predicate.op
            several = self.possible(predicate.operand)
            return agreed((possible, _includes(op, fact, each)) for possible, each in several)
        return agreed(
            (possible, self._tested(predicate, partial(_compared_with, value, ref.type)))
            for possible, value in self.values(ref)
        )

    # ── Values ────────────────────────────────────────────────────────────────────────────────

    def read(self, ref: FactRef) -> Read:
        if ref.source is FactSource.AS_OF:
            return AS_OF_READ
        return read(self.scopes[ref.level], ref.path.removeprefix("local."), ref.source, ref.fact)

    def values(self, ref: FactRef) -> Alternatives:
        """Return every value that a fact may have."""
        if ref.source is FactSource.DERIVED:
            return self._derived(ref)
        fact = self.read(ref)
        if isinstance(ref.type, Records | Choices):
            if isinstance(ref.type, Records):
                empty = no(exists(self._each(ref), TRUE))
            else:
                empty = no(above(members(fact), ZERO, equal=False))
            return [(TRUE, Value(both(empty, more(fact)), both(empty, no(more(fact))), term=True))]
        return [(TRUE, Value(unknown(fact), absent(fact), fact))]

    def _derived(self, ref: FactRef) -> Alternatives:
        var = self.scopes[ref.level]
        taken = frozenset() if var.depth else self.taken
        if ref.path in (values := dict(taken)):
            return [(TRUE, plain(values[ref.path]))]
        held = self.lowering._table(ref.path, var, taken)  # noqa: SLF001 - one with what lowers
        return [(may(held, (value,)), plain(value)) for value in held.may]

    def possible(self, operand: Operand) -> Alternatives:
        """Return every value that an operand may have."""
        match operand:
            case Literal(value) | Parameter(value=value):
                return [(TRUE, plain(value))]
            case FactRef(type=Choices()):
                fact = self.read(operand)
                return [(TRUE, Value(more(fact), FALSE, fact))]
            case FactRef():
                return self.values(operand)
            case By(selector, cases):
                return self._chosen(selector, cases)
            case _:
                assert_never(operand)

    def _chosen(
        self, selector: FactRef, cases: tuple[tuple[str | bool, Operand], ...]
    ) -> Alternatives:
        """Return what each value that a fact may still have chooses; of one not known, all."""
        found: Alternatives = []
        for possible, value in self.values(selector):
            if not isinstance(selector.type, YesNo) or value.none is not FALSE:
                open_ = FALSE if isinstance(selector.type, YesNo) else value.unknown
                found.append((both(possible, either(value.none, open_)), _NOTHING))
            for case, operand in cases:
                same = either(
                    value.unknown, compare(value, Op.EQUALS, plain(case), selector.type).true
                )
                found += [
                    (both(possible, same, inner), each) for inner, each in self.possible(operand)
                ]
        return [(possible, each) for possible, each in found if possible is not FALSE]

    def _known(self, ref: FactRef) -> Formula:
        if isinstance(ref.type, Records | Choices):
            return no(more(self.read(ref)))
        if ref.source is not FactSource.DERIVED:
            return no(unknown(self.read(ref)))
        # Whether it is known does not hang on what it is taken to be.
        held = self.lowering.table(ref.path, self.scopes[ref.level])
        return either(*(no(may(held, held.may.keys() - {value})) for value in held.may))

    # ── Tests ─────────────────────────────────────────────────────────────────────────────────

    def _tested(self, predicate: ValueTest, test: _Test) -> Pair:
        match predicate:
            case Compare(op, operand):
                return agreed(
                    (possible, test(op, each)) for possible, each in self.possible(operand)
                )
            case OneOf(operands):
                return disjunction(
                    self._tested(Compare(Op.EQUALS, each), test) for each in operands
                )
            case Between(low, high):
                ends = (Compare(Op.AT_LEAST, low), Compare(Op.AT_MOST, high))
                return conjunction(self._tested(each, test) for each in ends)
            case _:
                assert_never(predicate)

    def _ranged(self, found: Range, predicate: Comparison) -> Pair:
        return self._tested(predicate, lambda op, other: _in_range(found, op, other))

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _each(self, ref: FactRef) -> Var:
        """Return the records of a list."""
        return record_of(self.read(ref), max(each.depth for each in self.scopes) + 1)

    def _maybe(self, where: Condition | None, var: Var) -> Pair:
        return _CERTAIN if where is None else self.inside(var).pair(where)

    def _quantified(self, quantity: Quantity, ref: FactRef, where: Condition) -> Pair:
        var, closed = self._each(ref), no(more(self.read(ref)))
        inner = self.inside(var).pair(where)
        inner = ~inner if quantity is Quantity.EVERY else inner
        some = Pair(exists(var, inner.true), both(closed, no(exists(var, no(inner.false)))))
        return some if quantity is Quantity.SOME else ~some

    def _count(self, ref: FactRef, where: Condition | None, predicate: Comparison) -> Pair:
        fact = self.read(ref)
        if isinstance(ref.type, Choices):
            known, most = members(fact), amount(len(ref.type.values))
            return agreed(
                [
                    (more(fact), self._ranged(Range(known, most), predicate)),
                    (no(more(fact)), self._ranged(Range(known, known), predicate)),
                ]
            )
        var = self._each(ref)
        so = self._maybe(where, var)
        found = Range(total(var, so.true), total(var, no(so.false)), more(fact))
        return self._ranged(found, predicate)

    def _sum(
        self, ref: FactRef, of: FactRef, where: Condition | None, predicate: Comparison
    ) -> Pair:
        var = self._each(ref)
        so, summed = self._maybe(where, var), self.inside(var).read(of)
        counted = there(summed)
        found = Range(
            total(var, both(so.true, counted), summed),
            total(var, both(no(so.false), counted), summed),
            either(more(self.read(ref)), exists(var, both(no(so.false), unknown(summed)))),
        )
        return self._ranged(found, predicate)

    def _share(
        self, ref: FactRef, among_: Condition | None, where: Condition, predicate: Comparison
    ) -> Pair:
        var, open_ = self._each(ref), more(self.read(ref))
        counts, so = self._maybe(among_, var), self.inside(var).pair(where)
        sure, perhaps = counts.true, no(counts.false)
        only_perhaps = both(perhaps, no(sure))
        some = exists(var, sure)
        nothing = both(no(exists(var, perhaps)), no(open_))
        hundred = amount(100)
        share = Range(
            times(hundred, total(var, both(sure, so.true))),
            times(hundred, total(var, both(perhaps, no(so.false)))),
            FALSE,
            # The least where all that only may count, but is not so, counts; the greatest where
            # all that only may count, and may be so, counts.
            total(var, either(sure, both(only_perhaps, no(so.true)))),
            total(var, either(sure, both(only_perhaps, no(so.false)))),
        )
        exact = both(some, no(open_))
        none = self._tested(predicate, partial(_compared_with, _NOTHING, PER_CENT))
        return agreed(
            [
                (no(some), none),
                (both(no(exact), no(nothing)), self._ranged(Range(ZERO, hundred), predicate)),
                (exact, self._ranged(share, predicate)),
            ]
        )


def plain(value: Any) -> Value:  # noqa: ANN401 - any constant
    """Return a constant as a value."""
    return _NOTHING if value is None else Value(FALSE, FALSE, value)


# ── Comparisons ───────────────────────────────────────────────────────────────────────────────


def compare(one: Value, op: Op, other: Value, kind: FactType) -> Pair:
    """Return whether one value stands in a relation to another."""
    known = both(no(one.unknown), no(other.unknown))
    both_there = both(known, no(one.none), no(other.none))
    related = FALSE if both_there is FALSE else _related(op, one.term, other.term, kind)
    if op is Op.EQUALS:
        same = both(known, either(both(one.none, other.none), both(both_there, related)))
        return Pair(same, both(known, no(same)))
    if op.is_age:
        both_there = both(both_there, no(unknown(AS_OF_READ)))
    return Pair(
        both(both_there, related), either(one.none, other.none, both(both_there, no(related)))
    )


def _compared_with(value: Value, kind: FactType, op: Op, other: Value) -> Pair:
    return compare(value, op, other, kind)


def _related(op: Op, one: Any, other: Any, kind: FactType) -> Formula:  # noqa: ANN401 - any two values
    """Return whether two values that are there stand in a relation, in the few that leaves have."""
    match op:
        case Op.LESS_THAN | Op.AT_MOST if not (isinstance(one, Read) or isinstance(other, Read)):
            return TRUE if _ordered(op, one, other, kind) else FALSE
        case Op.LESS_THAN:
            return no(_related(Op.AT_LEAST, one, other, kind))
        case Op.AT_MOST:
            return no(_related(Op.MORE_THAN, one, other, kind))
        case Op.NEWER_THAN:
            return no(_related(Op.OLDER_THAN, one, other, kind))
        case Op.EQUALS if isinstance(one, Read) and isinstance(other, Read):
            return holds(op, one, other, kind)
        case Op.EQUALS if isinstance(one, Read) or isinstance(other, Read):
            fact, value = (one, other) if isinstance(one, Read) else (other, one)
            return among(fact, frozenset({value}))
        case Op.EQUALS:
            return TRUE if one == other else FALSE
        case _ if isinstance(one, Read):
            return holds(op, one, other, kind)
        case _ if isinstance(other, Read):
            # A constant at least a fact: the fact is not more than it.
            return no(holds(_STRICT[op], other, one, kind))
        case _:
            return TRUE if _ordered(op, one, other, kind) else FALSE


#: What does not hold of two values where this holds of them the other way round.
_STRICT: Final = {Op.AT_LEAST: Op.MORE_THAN, Op.MORE_THAN: Op.AT_LEAST}


def _ordered(op: Op, one: Any, other: Any, kind: FactType) -> bool:  # noqa: ANN401 - any two values
    if isinstance(kind, Choice):
        one, other = kind.values.index(one), kind.values.index(other)
    return ORDER[op](one, other)


def _includes(op: SetOp, fact: Read, wanted: Value) -> Pair:
    known, closed = no(wanted.unknown), no(more(fact))
    term = frozenset() if wanted.none is TRUE or wanted.term is None else wanted.term
    met = meets(fact, term, all_=op is not SetOp.INCLUDES)
    pair = Pair(both(known, met), both(known, no(met), closed))
    return ~pair if op is SetOp.MISSING_ANY_OF else pair


def _in_range(found: Range, op: Op, other: Value) -> Pair:
    """Return whether a number that lies in a range stands in a relation to a value."""
    if other.term is None:
        return Pair(FALSE, other.none)
    low, high = (times(amount(other.term), each) for each in (found.least_of, found.most_of))
    limited = no(found.unlimited)
    known = both(no(other.unknown), no(other.none))
    if op is Op.EQUALS:
        true = both(
            limited,
            above(found.least, low, equal=True),
            no(above(found.most, high, equal=False)),
        )
        false = either(
            above(found.least, low, equal=False),
            both(limited, no(above(found.most, high, equal=True))),
        )
    else:
        equal = op in (Op.AT_LEAST, Op.LESS_THAN)
        true = above(found.least, low, equal=equal)
        false = both(limited, no(above(found.most, high, equal=equal)))
        if op in (Op.AT_MOST, Op.LESS_THAN):
            true, false = false, true
    return Pair(both(known, true), either(other.none, both(known, false)))
