"""z3 terms, made in a context of their own for each prover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar, copy_context
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias, TypeVar

import attrs
import z3

#: A z3 term of any sort.
Term: TypeAlias = Any
T = TypeVar("T")


@attrs.frozen(eq=False)
class Context:
    """
    The z3 context in which terms are created.

    z3 numbers its terms, and a model depends on the numbers: in a context shared with whatever was
    asked before, the same question has other examples, and two threads may not ask at once.

    Attributes:
        context: the z3 context; terms of two contexts do not mix.
        true: *true*, of which z3 keeps one.
        false: *false*, likewise.
        names: the names of the variables in a term, by its number, each with the term itself,
            because z3 gives the number of one that is gone to another.
    """

    context: z3.Context = attrs.field(factory=z3.Context)
    true: Term = attrs.Factory(lambda self: z3.BoolVal(val=True, ctx=self.context), takes_self=True)
    false: Term = attrs.Factory(
        lambda self: z3.BoolVal(val=False, ctx=self.context), takes_self=True
    )
    names: dict[int, tuple[Term, frozenset[str]]] = attrs.field(factory=dict)


_SHARED: Final = Context()
_CONTEXT: Final = ContextVar("the context that terms are made in", default=_SHARED)
_context: Final = _CONTEXT.get


def within(context: Context, steps: Iterator[T]) -> Iterator[T]:
    """Run an iterator with each step inside a context."""
    there = copy_context()
    there.run(_CONTEXT.set, context)
    done: Any = object()
    while (found := there.run(next, steps, done)) is not done:
        yield found


def new_solver() -> z3.Solver:
    """Return a solver that nothing was told yet."""
    # The combined solver tries tactics first, which take minutes on sums of many truths.
    return z3.SimpleSolver(ctx=_context().context)


# ── Constants and variables ───────────────────────────────────────────────────────────────────


def true() -> Term:
    """Return *true*."""
    return _context().true


def false() -> Term:
    """Return *false*."""
    return _context().false


def truth(value: bool) -> Term:  # noqa: FBT001 - the value is what it is about
    """Return a truth value."""
    return true() if value else false()


def exact(number: float | Decimal | Fraction) -> Term:
    """Return a number, exactly: a whole number where it is one."""
    fraction = Fraction(number)
    if fraction.denominator == 1:
        return z3.IntVal(int(fraction), _context().context)
    return z3.RealVal(str(fraction), _context().context)


def variable(make: Callable[[str, z3.Context], Term], name: str) -> Term:
    """Return a variable: `z3.Bool`, `z3.Int` or `z3.Real` of a name."""
    return make(name, _context().context)


# ── Logic, folded where it is settled ─────────────────────────────────────────────────────────


def is_true(term: Term) -> bool:
    """Tell whether a term is *true* itself; z3 keeps one of it, and knows it by its number."""
    return bool(term.get_id() == true().get_id())


def is_false(term: Term) -> bool:
    """Tell whether a term is *false* itself."""
    return bool(term.get_id() == false().get_id())


def both(*parts: Term) -> Term:
    """Return *and*, with constants folded."""
    return _joined(z3.And, parts, true(), false())


def either(*parts: Term) -> Term:
    """Return *or*, with constants folded."""
    return _joined(z3.Or, parts, false(), true())


def _joined(join: Any, parts: Iterable[Term], idle: Term, decisive: Term) -> Term:  # noqa: ANN401 - of z3
    """Return operands joined, neutral ones dropped; the absorbing one if it is there."""
    skipped, settled = idle.get_id(), decisive.get_id()
    kept = [part for part in parts if part.get_id() != skipped]
    if any(each.get_id() == settled for each in kept):
        return decisive
    if len(kept) < 2:  # noqa: PLR2004 - one part is itself
        return kept[0] if kept else idle
    return join(*kept)


def no(part: Term) -> Term:
    """Return *not*, with constants folded."""
    if is_true(part):
        return false()
    return true() if is_false(part) else z3.Not(part)


def implied(one: Term, other: Term) -> Term:
    """Return an implication, with constants folded."""
    return either(no(one), other)


# ── Numbers, folded likewise ──────────────────────────────────────────────────────────────────


def one_of(when: Term, then: Term, otherwise: Term) -> Term:
    """Return if-then-else."""
    if is_true(when):
        return then
    return otherwise if is_false(when) else z3.If(when, then, otherwise)


def added(terms: Iterable[Term]) -> Term:
    """Return a sum."""
    several = list(terms)
    return z3.simplify(z3.Sum(several)) if several else exact(0)


def number_of(terms: Iterable[Term]) -> Term:
    """Return the number of true terms."""
    return added(one_of(term, exact(1), exact(0)) for term in terms)


# ── What is in a term ─────────────────────────────────────────────────────────────────────────


def is_variable(term: Term) -> bool:
    """Tell whether a term is a variable rather than a constant or a formula."""
    return bool(z3.is_const(term)) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED


def variable_name(variable: Term) -> str:
    """Return the name of a variable."""
    return str(variable.decl().name())


def names_in(term: Term) -> frozenset[str]:
    """Return the names of the variables in a term."""
    names = _context().names
    key = term.get_id()
    if key in names and names[key][0].eq(term):
        return names[key][1]
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [term]
    while waiting:
        each = waiting.pop()
        if each.get_id() in seen:
            continue
        seen.add(each.get_id())
        settled = names.get(each.get_id())
        if settled is not None and settled[0].eq(each):
            found |= settled[1]
            continue
        if is_variable(each):
            found.add(variable_name(each))
        waiting += each.children()
    names[key] = (term, frozenset(found))
    return names[key][1]
