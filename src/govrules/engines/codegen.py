"""
Python source for rules: one function that judges a subject by all of them.

A condition becomes a pair of expressions: one holds where it is certainly true, the other where it
is certainly false; where neither does, it is unknown. Kleene's logic is then plain `and`, `or` and
an exchange of the two. What several rules read (facts, derived facts, tests of lists, costly tests)
is worked out once, before the first of them; what one rule alone reads stands where that rule needs
it. A derived fact is a mask with a bit for each value that it may still have.

No text of a rulebook reaches the source. Values, names of local and derived facts, and outcomes are
constants, bound by generated names; fields are read only where the vocabulary declares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.engines.reference import PER_CENT, compare
from govrules.errors import EngineError
from govrules.rulebook.ast import (
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
    Quantified,
    Quantity,
    Rule,
    SetOp,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.rulebook.walk import nodes, references
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import (
    Choice,
    Choices,
    FactType,
    Record,
    Records,
    YesNo,
    closed_values,
    vocabulary_of,
)

NAME: Final = "compiled"
#: Where a condition certainly holds, and where it certainly does not: two expressions.
Pair: TypeAlias = tuple[str, str]
#: Python compiles at most twenty loops inside each other.
_MOST_LOOPS: Final = 18
#: How deep expressions are nested before a part of them gets a name of its own.
_MOST_NESTED: Final = 8
_YES, _NO = "True", "False"
_HOLDS: Final[Pair] = (_YES, _NO)
_FAILS: Final[Pair] = (_NO, _YES)
_OPEN: Final[Pair] = (_NO, _NO)
_SIGNS: Final = {Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.MORE_THAN: ">", Op.LESS_THAN: "<"}
_CONTRARY: Final = {
    Op.AT_LEAST: Op.LESS_THAN,
    Op.LESS_THAN: Op.AT_LEAST,
    Op.MORE_THAN: Op.AT_MOST,
    Op.AT_MOST: Op.MORE_THAN,
}
_MIRRORED: Final = {
    Op.AT_LEAST: Op.AT_MOST,
    Op.AT_MOST: Op.AT_LEAST,
    Op.MORE_THAN: Op.LESS_THAN,
    Op.LESS_THAN: Op.MORE_THAN,
}
_AGES: Final = (Op.OLDER_THAN, Op.NEWER_THAN)
#: What is named most is a local name, for those are read the fastest.
_HEAD: Final = "subject, UNKNOWN=UNKNOWN, CLEAR=CLEAR, NOT_APPLICABLE=NOT_APPLICABLE"
_LISTS: Final = (Quantified, Count, Sum, Share)


@attrs.frozen
class Code:
    """
    What a set of rules compiles to.

    Attributes:
        source: the Python source of `prepare`, which takes the date of the assessment and returns
            the function that judges one subject.
        constants: the values that the source names.
        compiled: the code object of the source.
    """

    source: str
    constants: dict[str, Any] = attrs.field(repr=False)
    compiled: Any = attrs.field(repr=False)


@attrs.frozen
class _Constant:
    """An operand that is a value of the rulebook."""

    value: Any


@attrs.frozen
class _Variable:
    """An operand that the source reads; it may be None or UNKNOWN."""

    name: str
    type: FactType


#: An operand of which nothing is known.
_ANYTHING: Final = _Variable("", YesNo())
_Operand: TypeAlias = _Constant | _Variable
#: An operand is one of these where each of the masks that guard it has one of the bits.
_Guards: TypeAlias = tuple[tuple[str, int], ...]


@attrs.define(eq=False)
class _Block:
    """Lines that run together, and the names that are bound in them."""

    parent: _Block | None = None
    #: How many loops over records stand around it.
    depth: int = 0
    #: How many loops of any kind stand around it.
    nested: int = 0
    lines: list[str] = attrs.field(factory=list)
    names: dict[Hashable, str] = attrs.field(factory=dict)

    def find(self, key: Hashable) -> str | None:
        """Return the name under which something is bound here or around."""
        block: _Block | None = self
        while block is not None:
            if key in block.names:
                return block.names[key]
            block = block.parent
        return None

    def inside(self) -> _Block:
        """Return an empty block to be nested in this one."""
        return _Block(self, self.depth, self.nested)

    def loop(self, *, of_records: bool) -> _Block:
        """Return an empty block to be repeated in this one."""
        if self.nested >= _MOST_LOOPS:
            raise EngineError(
                NAME,
                f"conditions on lists stand more than {_MOST_LOOPS} deep in each other; "
                "use the engine `reference`",
            )
        return _Block(self, self.depth + of_records, self.nested + 1)

    def add(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)

    def nest(self, head: str, block: _Block) -> None:
        """Add a block under its head; nothing where the block is empty."""
        self.lines.append(head)
        self.lines += [f"    {line}" for line in block.lines or ["pass"]]


@attrs.frozen
class _Scope:
    """A record that conditions are about: the variable that holds it, its class and its home."""

    name: str
    cls: type
    home: _Block = attrs.field(eq=False)


_Scopes: TypeAlias = tuple[_Scope, ...]


def generate(rules: Sequence[Rule], cls: type, derived: Mapping[str, Derived]) -> Code:
    """
    Return what rules about a class compile to.

    Raises:
        EngineError: the conditions are nested too deep, or name what the vocabulary has not.
    """
    try:
        # The first time shows what several rules read; the second binds that once, before them.
        first = _Writer(derived, frozenset())
        first.function(rules, cls)
        shared = frozenset(key for key, units in first.used.items() if len(units) > 1)
        writer = _Writer(derived, shared)
        source = writer.function(rules, cls)
        return Code(source, writer.constants, compile(source, "<govrules compiled>", "exec"))
    except (RecursionError, MemoryError, SyntaxError, OverflowError) as error:
        raise EngineError(
            NAME, "the conditions are nested too deep to be compiled; use the engine `reference`"
        ) from error


class _Writer:
    """Writes the function."""

    def __init__(self, derived: Mapping[str, Derived], shared: frozenset[Hashable]) -> None:
        self.derived = derived
        self.shared = shared
        #: Which rules read what.
        self.used: dict[Hashable, set[int]] = {}
        self.constants: dict[str, Any] = {}
        self._constant_names: dict[Hashable, str] = {}
        self._number = 0
        self._unit = 0
        self._prepared: list[str] = []
        self._cuts: dict[str, str] = {}
        #: What either half of a pair comes to where the other half is seen not to hold.
        self._given: dict[Pair, Pair] = {}

    # ── The function and its rules ────────────────────────────────────────────────────────────

    def function(self, rules: Sequence[Rule], cls: type) -> str:
        """Return the source."""
        top = _Block()
        scopes = (_Scope("subject", cls, top),)
        for index, rule in enumerate(rules):
            self._unit = index
            top.add(f"# {index}: {harmless(rule.id)}")
            self._rule(index, rule, scopes, top)
        results = "".join(f"r{index}, " for index in range(len(rules)))
        lines = ["def prepare(as_of):"]
        lines += [f"    {line}" for line in self._prepared]
        lines.append(f"    def judge({_HEAD}):")
        lines += [f"        {line}" for line in top.lines]
        lines += [f"        return ({results})", "    return judge", ""]
        return "\n".join(lines)

    def _rule(self, index: int, rule: Rule, scopes: _Scopes, top: _Block) -> None:
        conjuncts = [] if rule.applies_when is None else list(_conjuncts(rule.applies_when))
        conjuncts += [Not(each.when) for each in rule.unless]
        block = top
        applies: list[str] = []
        outer: list[tuple[_Block, str]] = []
        # What takes loops is looked at last: the rest often says that the rule does not apply.
        for costly in (False, True):
            part = [each for each in conjuncts if _is_costly(each) is costly]
            if not part:
                continue
            found = self._all(part, scopes, block)
            _, fails = found
            applies.append(self._given.get(found, found)[0])
            if fails != _NO:
                outer.append((block, fails))
                block = block.inside()
        found = self.pair(rule.requires, scopes, block)
        holds, fails = self._in_turn(found)
        inner = block.inside()
        self._severity(index, rule, scopes, inner, flagged=_and([fails, *applies]))
        block.add(f"if {holds}: r{index} = CLEAR")
        block.nest("else:", inner)
        # A block goes under its head last, so that what is bound before it stands before the head.
        for around, fails in reversed(outer):
            around.add(f"if {fails}: r{index} = NOT_APPLICABLE")
            around.nest("else:", block)
            block = around

    def _severity(
        self, index: int, rule: Rule, scopes: _Scopes, block: _Block, *, flagged: str
    ) -> None:
        """Write which outcome a rule has that is neither clear nor not applicable."""
        chosen = ""
        if rule.grades:
            mask = self._fresh("possible")
            rows = [(each.when, 1 << each.severity.rank) for each in rule.grades]
            self._table(mask, rows, 1 << rule.otherwise.rank, scopes, block)
            chosen = mask
        if rule.mitigated_by:
            held = self._fresh("mitigated")
            bits = []
            for place, each in enumerate(rule.mitigated_by):
                holds, _ = self.pair(each.when, scopes, block)
                bits.append(f"({1 << place} if {holds} else 0)")
            block.add(f"{held} = {' | '.join(bits)}")
            chosen = f"{chosen or 1 << rule.otherwise.rank} | {held} << 4"
        at = f"[{chosen}]" if chosen else ""
        if flagged == _NO:
            block.add(f"r{index} = U{index}{at}")
        else:
            block.add(f"r{index} = (F{index} if {flagged} else U{index}){at}")

    def _table(
        self,
        name: str,
        rows: Sequence[tuple[Condition, int]],
        otherwise: int,
        scopes: _Scopes,
        block: _Block,
    ) -> None:
        """Write the mask of the values that a table of first matches may still have."""
        if len(rows) == 1:
            ((when, bit),) = rows
            holds, fails = self._in_turn(self.pair(when, scopes, block))
            block.add(
                f"{name} = {bit} if {holds} else {otherwise} if {fails} else {bit | otherwise}"
            )
            return
        inner = block.loop(of_records=False)
        for when, bit in rows:
            holds, fails = self._in_turn(self.pair(when, scopes, inner))
            inner.add(f"if {holds}:")
            inner.add(f"    {name} |= {bit}")
            inner.add("    break")
            inner.add(f"if {_not(fails)}: {name} |= {bit}")
        inner.add(f"{name} |= {otherwise}")
        inner.add("break")
        block.add(f"{name} = 0")
        block.nest("while True:", inner)

    def _in_turn(self, pair: Pair) -> Pair:
        """Return a pair of which the second half is asked only where the first does not hold."""
        return pair[0], self._given.get(pair, pair)[1]

    def _learn(self, pair: Pair, given: Pair) -> Pair:
        """Note what the halves of a pair come to where the other half does not hold."""
        self._given[pair] = given
        self._given[pair[1], pair[0]] = given[1], given[0]
        return pair

    # ── Names ─────────────────────────────────────────────────────────────────────────────────

    def _fresh(self, hint: str) -> str:
        self._number += 1
        return f"{_identifier(hint)}_{self._number}"

    def _constant(self, value: Any) -> str:  # noqa: ANN401 - any value of a rulebook
        """Return the name of a constant."""
        key = (type(value), value)
        name = self._constant_names.get(key)
        if name is None:
            name = self._constant_names[key] = f"K{len(self._constant_names)}"
            self.constants[name] = value
        return name

    def _mapping(self, key: Hashable, value: Any) -> str:  # noqa: ANN401 - a table of values
        """Return the name of a constant that is known by its key."""
        name = self._constant_names.get(key)
        if name is None:
            name = self._constant_names[key] = f"K{len(self._constant_names)}"
            self.constants[name] = value
        return name

    def _bind(
        self,
        key: Hashable,
        scope: _Scope,
        block: _Block,
        hint: str,
        write: Callable[[str, _Block], None],
    ) -> str:
        """Return the name under which something about a record is bound, binding it if need be."""
        if scope.name == "subject":
            self.used.setdefault(key, set()).add(self._unit)
        found = block.find(key)
        if found is not None:
            return found
        home = scope.home if key in self.shared else block
        while home.depth > scope.home.depth:
            assert home.parent is not None  # noqa: S101 - the scope's home stands around
            home = home.parent
        name = self._fresh(hint)
        write(name, home)
        home.names[key] = name
        return name

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _attribute(self, path: str, scope: _Scope, block: _Block) -> str:
        """Return the expression that reads a field, past the records that it is part of."""
        record, _, field = path.rpartition(".")
        cls = scope.cls
        for part in path.split("."):
            fields = vocabulary_of(cls).fields
            if part not in fields:
                raise EngineError(NAME, f"`{cls.__name__}` has no fact `{harmless(part)}`")
            cls = getattr(fields[part].type, "cls", cls)
        if not record:
            return f"{scope.name}.{field}"
        fact = vocabulary_of(scope.cls).facts[record]

        def write(name: str, home: _Block) -> None:
            raw = home.find(("raw", record, scope)) or self._attribute(record, scope, home)
            inner: type = getattr(fact.type, "cls", object)
            none = self._mapping(("none", inner), _filled(inner, None))
            unknown = self._mapping(("unknown", inner), _filled(inner, UNKNOWN))
            home.add(f"{name} = {raw}")
            home.add(f"if {name} is None: {name} = {none}")
            home.add(f"elif {name} is UNKNOWN: {name} = {unknown}")

        return f"{self._bind(('record', record, scope), scope, block, record, write)}.{field}"

    def _raw(self, path: str, scope: _Scope, block: _Block) -> str:
        """Return the name of a field's value as it stands."""

        def write(name: str, home: _Block) -> None:
            home.add(f"{name} = {self._attribute(path, scope, home)}")

        return self._bind(("raw", path, scope), scope, block, path, write)

    def _about(self, which: str, scope: _Scope, block: _Block) -> str:
        """Return the name of a mapping of what is said of a record's facts."""

        def write(name: str, home: _Block) -> None:
            home.add(f"{name} = {scope.name}.{which}")

        return self._bind(("about", which, scope), scope, block, which, write)

    def _value(self, ref: FactRef, scopes: _Scopes, block: _Block) -> _Variable:
        """Return a recorded or local fact, or the date; for a yes or no, None may stand for no."""
        if ref.source is FactSource.AS_OF:
            return _Variable("as_of", ref.type)
        scope = scopes[ref.level]
        if isinstance(ref.type, Records | Choices):
            return _Variable(self._presence(ref, scope, block), ref.type)
        if ref.source is FactSource.RECORDED:
            return _Variable(self._raw(ref.path, scope, block), ref.type)

        def write(name: str, home: _Block) -> None:
            said = self._about("local", scope, home)
            key = self._constant(ref.path.removeprefix("local."))
            home.add(f"{name} = {said}.get({key}, UNKNOWN)")

        name = self._bind(("local", ref.path, scope), scope, block, "local", write)
        return _Variable(name, ref.type)

    def _plain(self, variable: _Variable, block: _Block) -> str:
        """Return a name of the value under which a yes or no that is absent is no."""
        if not isinstance(variable.type, YesNo):
            return variable.name
        key = ("plain", variable.name)
        found = block.find(key)
        if found is None:
            found = block.names[key] = self._fresh("plain")
            block.add(f"{found} = False if {variable.name} is None else {variable.name}")
        return found

    def _presence(self, ref: FactRef, scope: _Scope, block: _Block) -> str:
        """Return the name of what a list or set is as a single value: True where it holds any."""
        whole = (self._records if isinstance(ref.type, Records) else self._members)(
            ref, scope, block
        )

        def write(name: str, home: _Block) -> None:
            open_ = f"UNKNOWN in {whole}"
            home.add(f"{name} = True if len({whole}) > ({open_}) else UNKNOWN if {open_} else None")

        return self._bind(("presence", ref.path, scope), scope, block, ref.path, write)

    def _records(self, ref: FactRef, scope: _Scope, block: _Block) -> str:
        """Return the name of a list; UNKNOWN in it says that there may be more."""
        return self._collection(ref, scope, block, "()", (UNKNOWN,))

    def _members(self, ref: FactRef, scope: _Scope, block: _Block) -> str:
        """Return the name of a set; UNKNOWN in it says that there may be more."""
        nothing = self._mapping("no members", frozenset())
        return self._collection(ref, scope, block, nothing, frozenset({UNKNOWN}))

    def _collection(
        self, ref: FactRef, scope: _Scope, block: _Block, nothing: str, anything: Hashable
    ) -> str:
        def write(name: str, home: _Block) -> None:
            home.add(f"{name} = {self._attribute(ref.path, scope, home)}")
            home.add(f"if {name} is None: {name} = {nothing}")
            home.add(
                f"elif {name} is UNKNOWN: {name} = {self._mapping(('open', anything), anything)}"
            )

        return self._bind(("whole", ref.path, scope), scope, block, ref.path, write)

    def _derived(self, ref: FactRef, scopes: _Scopes, block: _Block) -> tuple[str, Domain]:
        """Return the mask of the values that a derived fact may have, and what its bits mean."""
        scope = scopes[ref.level]
        derived = self.derived[ref.path]
        domain = _domain(derived.fact.type)

        def write(name: str, home: _Block) -> None:
            if "stated" not in vocabulary_of(scope.cls).about:
                self._follows(name, derived, scope, domain, home)
                return
            said = self._about("stated", scope, home)
            key, bits = self._constant(derived.name), self._bits(domain)
            stated = self._fresh("stated")
            home.add(f"{stated} = {said}.get({key}, UNKNOWN) if {said} else UNKNOWN")
            inner = home.inside()
            self._follows(name, derived, scope, domain, inner)
            home.add(f"if {stated} is not UNKNOWN: {name} = {bits}[{stated}]")
            home.nest("else:", inner)

        return self._bind(("derived", ref.path, scope), scope, block, "derived", write), domain

    def _follows(
        self, name: str, derived: Derived, scope: _Scope, domain: Domain, block: _Block
    ) -> None:
        rows = [(row.when, domain[row.value]) for row in derived.rows]
        self._table(name, rows, domain[derived.otherwise], (scope,), block)

    def _bits(self, domain: Domain) -> str:
        return self._mapping(("bits", *domain.items()), domain)

    # ── Operands ──────────────────────────────────────────────────────────────────────────────

    def _alternatives(
        self, operand: Operand, scopes: _Scopes, block: _Block
    ) -> list[tuple[_Guards, _Operand]]:
        """Return all that an operand may be, each with the masks that say whether it may."""
        match operand:
            case Literal(value) | Parameter(value=value):
                return [((), _Constant(value))]
            case FactRef(source=FactSource.DERIVED):
                mask, domain = self._derived(operand, scopes, block)
                return [(((mask, bit),), _Constant(value)) for value, bit in domain.items()]
            case FactRef(type=Choices()):
                members = self._members(operand, scopes[operand.level], block)
                return [((), _Variable(members, operand.type))]
            case FactRef():
                return [((), self._value(operand, scopes, block))]
            case By(selector, cases):
                mask, domain = self._selected(selector, scopes, block)
                found: list[tuple[_Guards, _Operand]] = [
                    (((mask, domain[None]),), _Constant(None)),
                ]
                if UNKNOWN in domain:
                    found.append((((mask, domain[UNKNOWN]),), _ANYTHING))
                for value, each in cases:
                    inner = self._alternatives(each, scopes, block)
                    found += [(((mask, domain[value]), *guards), one) for guards, one in inner]
                return found
            case _:
                assert_never(operand)

    def _selected(self, ref: FactRef, scopes: _Scopes, block: _Block) -> tuple[str, Domain]:
        """Return the mask of the values by which a case is chosen."""
        if ref.source is FactSource.DERIVED:
            return self._derived(ref, scopes, block)
        domain = {**_domain(ref.type), UNKNOWN: 1 << len(closed_values(ref.type)) + 1}
        scope = scopes[ref.level]
        bits = dict(domain)
        if isinstance(ref.type, YesNo):
            bits[None] = bits[False]

        def write(name: str, home: _Block) -> None:
            variable = self._value(ref, scopes, home)
            home.add(f"{name} = {self._bits(bits)}[{variable.name}]")

        key = ("selected", ref.path, ref.source, scope)
        return self._bind(key, scope, block, "selected", write), domain

    # ── Conditions ────────────────────────────────────────────────────────────────────────────

    def pair(self, condition: Condition, scopes: _Scopes, block: _Block) -> Pair:
        """Return where a condition certainly holds and where it certainly does not."""
        match condition:
            case All(items):
                return self._all(items, scopes, block)
            case AnyOf(items):
                fails, holds = self._joined(items, scopes, block, negated=True)
                return holds, fails
            case Not(item):
                holds, fails = self.pair(item, scopes, block)
                return fails, holds
            case Test():
                return self._shared_test(condition, scopes, block)
            case Known(ref, recorded):
                known = self._known(ref, scopes, block)
                absent = _not(known)
                return (known, absent) if recorded else (absent, known)
            case Quantified():
                return self._settled(condition, scopes, block, self._quantified)
            case Count() | Sum() | Share():
                return self._interval_test(condition, scopes, block)
            case _:
                assert_never(condition)

    def _all(self, items: Sequence[Condition], scopes: _Scopes, block: _Block) -> Pair:
        return self._joined(items, scopes, block, negated=False)

    def _joined(
        self, items: Sequence[Condition], scopes: _Scopes, block: _Block, *, negated: bool
    ) -> Pair:
        """Return *and* of conditions, or of their contraries."""
        pairs = []
        given = []
        for item in items:
            holds, fails = self.pair(item, scopes, block)
            if _nesting(holds) > _MOST_NESTED or _nesting(fails) > _MOST_NESTED:
                name = self._fresh("part")
                block.add(f"{name} = True if {holds} else False if {fails} else None")
                holds, fails = f"{name} is True", f"{name} is False"
            pair = (fails, holds) if negated else (holds, fails)
            pairs.append(pair)
            given.append(self._given.get(pair, pair)[0])
        joined = _and([holds for holds, _ in pairs]), _or([fails for _, fails in pairs])
        # Where none of them fails, all hold if all are known.
        return self._learn(joined, (_and(given), joined[1]))

    def _settled(
        self,
        condition: Condition,
        scopes: _Scopes,
        block: _Block,
        write: Callable[[Any, str, _Scopes, _Block], None],
    ) -> Pair:
        """Return the pair of a condition that is worked out once and given a name."""
        name = self._bind(
            ("settled", condition, scopes),
            scopes[-1],
            block,
            "so",
            lambda name, home: write(condition, name, scopes, home),
        )
        return f"{name} is True", f"{name} is False"

    def _shared_test(self, test: Test, scopes: _Scopes, block: _Block) -> Pair:
        """Return the pair of a test; one that several rules share and that costs is named."""
        key = ("settled", test, scopes)
        if key in self.shared and block.find(key) is None:
            holds, fails = self._test(test, scopes, scopes[-1].home)
            if not _costs(holds, fails):
                return holds, fails
        elif key not in self.shared:
            if len(scopes) == 1:
                self.used.setdefault(key, set()).add(self._unit)
            return self._test(test, scopes, block)
        return self._settled(test, scopes, block, self._write_test)

    def _write_test(self, test: Test, name: str, scopes: _Scopes, block: _Block) -> None:
        holds, fails = self._in_turn(self._test(test, scopes, block))
        block.add(f"{name} = True if {holds} else False if {fails} else None")

    def _test(self, test: Test, scopes: _Scopes, block: _Block) -> Pair:
        ref, predicate = test.fact, test.predicate
        if isinstance(predicate, Includes):
            members = self._members(ref, scopes[ref.level], block)
            return _unanimous(
                [
                    (guards, self._includes(predicate.op, members, wanted))
                    for guards, wanted in self._alternatives(predicate.operand, scopes, block)
                ]
            )
        if ref.source is FactSource.DERIVED:
            lefts = self._alternatives(ref, scopes, block)
        else:
            lefts = [((), self._value(ref, scopes, block))]
        return _unanimous(
            [
                (guards, self._stands(left, predicate, ref.type, scopes, block))
                for guards, left in lefts
            ]
        )

    def _stands(
        self,
        left: _Operand,
        predicate: ValueTest,
        fact_type: FactType,
        scopes: _Scopes,
        block: _Block,
    ) -> Pair:
        match predicate:
            case Compare(op, operand):
                return _unanimous(
                    [
                        (guards, self._compared(left, op, right, fact_type, block))
                        for guards, right in self._alternatives(operand, scopes, block)
                    ]
                )
            case OneOf(operands):
                if isinstance(left, _Variable) and not isinstance(fact_type, YesNo | Record):
                    plain = [each for each in operands if isinstance(each, Literal | Parameter)]
                    if len(plain) == len(operands) > 1:
                        values = frozenset(each.value for each in plain)
                        among = self._constant(values)
                        name = left.name
                        return self._if_known(name, f"{name} in {among}", f"{name} not in {among}")
                pairs = [
                    self._stands(left, Compare(Op.EQUALS, each), fact_type, scopes, block)
                    for each in operands
                ]
                return _or([one for one, _ in pairs]), _and([other for _, other in pairs])
            case Between(low, high):
                pairs = [
                    self._stands(left, Compare(op, each), fact_type, scopes, block)
                    for op, each in ((Op.AT_LEAST, low), (Op.AT_MOST, high))
                ]
                return _and([one for one, _ in pairs]), _or([other for _, other in pairs])
            case _:
                assert_never(predicate)

    def _compared(
        self, left: _Operand, op: Op, right: _Operand, fact_type: FactType, block: _Block
    ) -> Pair:
        """Return the pair of one comparison; where either is None, all but equality fails."""
        if isinstance(left, _Constant) and isinstance(right, _Constant):
            return self._both_constant(left.value, op, right.value, fact_type)
        if op is Op.EQUALS:
            return self._equal(left, right, block)
        if _Constant(None) in (left, right):
            return _FAILS
        if left is _ANYTHING or right is _ANYTHING:
            return _NO, _or([f"{each.name} is None" for each in _variables(left, right)])
        if op in _AGES:
            return self._aged(left, op, right, block)
        names = [each.name for each in _variables(left, right)]
        if isinstance(fact_type, Choice) and isinstance(right, _Constant):
            return self._in_order(names[0], op, right.value, fact_type)
        if isinstance(fact_type, Choice) and isinstance(left, _Constant):
            return self._in_order(names[0], _MIRRORED[op], left.value, fact_type)
        one, other = (
            each.name if isinstance(each, _Variable) else self._constant(each.value)
            for each in (left, right)
        )
        if isinstance(fact_type, Choice):
            places = {value: place for place, value in enumerate(fact_type.values)}
            order = self._mapping(("order", *fact_type.values), places)
            one, other = f"{order}[{one}]", f"{order}[{other}]"
        there = [f"{each} is not UNKNOWN" for each in names]
        absent = [f"{each} is None" for each in names]
        present = [f"{each} is not None" for each in names]
        pair = (
            _and([*present, *there, f"{one} {_SIGNS[op]} {other}"]),
            _or([*absent, _and([*there, f"{one} {_SIGNS[_CONTRARY[op]]} {other}"])]),
        )
        known = _and(there)
        return self._learn(pair, (known, known if len(names) == 1 else _or([*absent, known])))

    @staticmethod
    def _both_constant(left: Any, op: Op, right: Any, fact_type: FactType) -> Pair:  # noqa: ANN401 - any two values
        assert op not in _AGES  # noqa: S101 - no date is a constant on the left
        # The reference engine says it, once; a case is needed for ages alone.
        found = compare(left, op, right, fact_type, _NO_CASE)
        return {Truth.TRUE: _HOLDS, Truth.FALSE: _FAILS, Truth.UNKNOWN: _OPEN}[found]

    def _equal(self, left: _Operand, right: _Operand, block: _Block) -> Pair:
        if left is _ANYTHING or right is _ANYTHING:
            return _OPEN
        if isinstance(left, _Variable) and isinstance(right, _Variable):
            one, other = self._plain(left, block), self._plain(right, block)
            there = [f"{one} is not UNKNOWN", f"{other} is not UNKNOWN"]
            return _and([*there, f"{one} == {other}"]), _and([*there, f"{one} != {other}"])
        variable, constant = (left, right) if isinstance(left, _Variable) else (right, left)
        assert isinstance(variable, _Variable)  # noqa: S101 - two constants are settled before
        assert isinstance(constant, _Constant)  # noqa: S101 - likewise
        name, value = variable.name, constant.value
        known = f"{name} is not UNKNOWN"
        if isinstance(variable.type, YesNo):
            if value is None:
                return _NO, known
            so, not_so = self._if_known(name, f"{name} is True", f"{name} is not True")
            return (so, not_so) if value else (not_so, so)
        if value is None:
            return self._if_known(name, f"{name} is None", f"{name} is not None")
        word = self._constant(value)
        return self._if_known(name, f"{name} == {word}", f"{name} != {word}")

    def _in_order(self, name: str, op: Op, value: Any, fact_type: Choice) -> Pair:  # noqa: ANN401 - a choice
        stand = [
            each
            for each in fact_type.values
            if self._both_constant(each, op, value, fact_type) == _HOLDS
        ]
        among = self._constant(frozenset(stand))
        return self._if_known(name, f"{name} in {among}", f"{name} not in {among}")

    def _if_known(self, name: str, so: str, not_so: str) -> Pair:
        """Return the pair of a test that an unknown value does not stand, of a single value."""
        known = f"{name} is not UNKNOWN"
        return self._learn((so, _and([not_so, known])), (known, known))

    def _aged(self, left: _Operand, op: Op, right: _Operand, block: _Block) -> Pair:
        """Return the pair of a comparison with a day some months before the assessment."""
        assert isinstance(left, _Variable)  # noqa: S101 - no date is a constant on the left
        name = left.name
        absent = [f"{name} is None"]
        if isinstance(right, _Constant):
            months = self._constant(right.value)
            day = self._cuts.get(months)
            if day is None:
                day = self._cuts[months] = f"D{len(self._cuts)}"
                self._prepared.append(f"{day} = day_before(as_of, {months})")
            present = [f"{name} is not None"]
        else:
            key = ("day", right.name)
            found = block.find(key)
            if found is None:
                found = block.names[key] = self._fresh("day")
                block.add(f"{found} = day_before(as_of, {right.name})")
            day = found
            absent.append(f"{day} is None")
            present = [f"{name} is not None", f"{day} is not None"]
        there = [f"{name} is not UNKNOWN", f"{day} is not UNKNOWN"]
        older, newer = f"{name} < {day}", f"{name} >= {day}"
        so, not_so = (older, newer) if op is Op.OLDER_THAN else (newer, older)
        pair = _and([*present, *there, so]), _or([*absent, _and([*there, not_so])])
        return self._learn(pair, (_and(there), _or([*absent, _and(there)])))

    def _includes(self, op: SetOp, members: str, wanted: _Operand) -> Pair:
        if wanted is _ANYTHING:
            return _OPEN
        closed = f"UNKNOWN not in {members}"
        if isinstance(wanted, _Constant):
            name = self._constant(frozenset() if wanted.value is None else wanted.value)
            there: list[str] = []
        else:
            name = wanted.name
            there = [f"UNKNOWN not in {name}"]
        if op is SetOp.INCLUDES:
            some = _and([*there, f"not {name}.isdisjoint({members})"])
            none = _and([*there, closed, f"{name}.isdisjoint({members})"])
            return self._learn((some, none), (some, _and([*there, closed])))
        whole = _and([*there, f"{name} <= {members}"])
        lacking = _and([*there, closed, f"not {name} <= {members}"])
        self._learn((whole, lacking), (whole, _and([*there, closed])))
        return (whole, lacking) if op is SetOp.INCLUDES_ALL else (lacking, whole)

    def _known(self, ref: FactRef, scopes: _Scopes, block: _Block) -> str:
        """Return the expression that says whether a fact was recorded."""
        scope = scopes[ref.level] if ref.source is not FactSource.AS_OF else scopes[0]
        if isinstance(ref.type, Records):
            return f"UNKNOWN not in {self._records(ref, scope, block)}"
        if isinstance(ref.type, Choices):
            return f"UNKNOWN not in {self._members(ref, scope, block)}"
        if ref.source is FactSource.DERIVED:
            mask, _ = self._derived(ref, scopes, block)
            return f"{mask} & {mask} - 1 == 0"
        return f"{self._value(ref, scopes, block).name} is not UNKNOWN"

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _each(self, ref: FactRef, scopes: _Scopes, block: _Block) -> tuple[str, _Scopes, _Block]:
        """Return the head of a loop over the records of a list, its scopes and its block."""
        assert isinstance(ref.type, Records)  # noqa: S101 - settled when the rule was checked
        whole = self._records(ref, scopes[ref.level], block)
        inner = block.loop(of_records=True)
        record = self._fresh(ref.fact.name)
        return (
            f"for {record} in {whole}:",
            (*scopes, _Scope(record, ref.type.cls, inner)),
            inner,
        )

    def _quantified(self, condition: Quantified, name: str, scopes: _Scopes, block: _Block) -> None:
        """Write the loop that looks for a record that decides, unless one may be there."""
        head, inner_scopes, inner = self._each(condition.list, scopes, block)
        record = inner_scopes[-1].name
        inner.add(f"if {record} is UNKNOWN:")
        inner.add(f"    {name} = None")
        inner.add("    continue")
        holds, fails = self.pair(condition.where, inner_scopes, inner)
        every = condition.quantity is Quantity.EVERY
        lets_pass, decides = self._in_turn((holds, fails) if every else (fails, holds))
        decided = condition.quantity is Quantity.SOME
        inner.add(f"if {lets_pass}: continue")
        inner.add(f"if {decides}:")
        inner.add(f"    {name} = {decided}")
        inner.add("    break")
        inner.add(f"{name} = None")
        block.add(f"{name} = {not decided}")
        block.nest(head, inner)

    def _interval_test(
        self, condition: Count | Sum | Share, scopes: _Scopes, block: _Block
    ) -> Pair:
        """Return the pair of a test of a number of which the ends alone may be known."""
        base = condition.list
        if isinstance(base.type, Choices):
            return self._members_counted(condition, scopes, block)
        without = attrs.evolve(condition, predicate=_NO_PREDICATE)

        def write(name: str, home: _Block) -> None:
            match condition:
                case Count():
                    self._count(condition, name, scopes, home)
                case Sum():
                    self._sum(condition, name, scopes, home)
                case Share():
                    self._share(condition, name, scopes, home)
                case _:
                    assert_never(condition)

        name = self._bind(("interval", without, scopes), scopes[-1], block, "number", write)
        least, most = f"{name}_least", f"{name}_most"
        if isinstance(condition, Share):
            interval = self._in_interval(least, most, condition.predicate, scopes, block)
            nothing = self._stands(_Constant(None), condition.predicate, PER_CENT, scopes, block)
            # A bit for each: there may be nothing to share, and there may be something.
            return _unanimous([(((name, 1),), nothing), (((name, 2),), interval)])
        return self._in_interval(least, most, condition.predicate, scopes, block)

    def _members_counted(
        self, condition: Count | Sum | Share, scopes: _Scopes, block: _Block
    ) -> Pair:
        ref = condition.list
        assert isinstance(ref.type, Choices)  # noqa: S101 - the caller looked
        whole = self._members(ref, scopes[ref.level], block)
        every = len(ref.type.values)

        def write(name: str, home: _Block) -> None:
            home.add(f"{name}_least = len({whole})")
            home.add(f"if UNKNOWN in {whole}:")
            home.add(f"    {name}_least -= 1")
            home.add(f"    {name}_most = {every}")
            home.add(f"else: {name}_most = {name}_least")

        scope = scopes[ref.level]
        name = self._bind(("counted", ref.path, scope), scope, block, "number", write)
        least, most = f"{name}_least", f"{name}_most"
        return self._in_interval(least, most, condition.predicate, scopes, block)

    def _count(self, condition: Count, name: str, scopes: _Scopes, block: _Block) -> None:
        whole = self._records(condition.list, scopes[condition.list.level], block)
        if condition.where is None:
            block.add(f"{name}_least = {name}_most = len({whole})")
            block.add(f"for each in {whole}:")
            block.add("    if each is UNKNOWN:")
            block.add(f"        {name}_least -= 1")
            block.add(f"        {name}_most = None")
            return
        open_ = self._fresh("open")
        block.add(f"{name}_least = {name}_most = 0")
        block.add(f"{open_} = False")
        head, inner_scopes, inner = self._each(condition.list, scopes, block)
        inner.add(f"if {inner_scopes[-1].name} is UNKNOWN:")
        inner.add(f"    {open_} = True")
        inner.add("    continue")
        found = self.pair(condition.where, inner_scopes, inner)
        fails, holds = self._in_turn((found[1], found[0]))
        inner.add(f"if {fails}: continue")
        inner.add(f"{name}_most += 1")
        inner.add(f"if {holds}: {name}_least += 1")
        block.nest(head, inner)
        block.add(f"if {open_}: {name}_most = None")

    def _sum(self, condition: Sum, name: str, scopes: _Scopes, block: _Block) -> None:
        whole = self._records(condition.list, scopes[condition.list.level], block)
        block.add(f"{name}_least = 0")
        block.add(f"{name}_most = None if UNKNOWN in {whole} else 0")
        head, inner_scopes, inner = self._each(condition.list, scopes, block)
        inner.add(f"if {inner_scopes[-1].name} is UNKNOWN: continue")
        holds = _YES
        if condition.where is not None:
            holds, fails = self.pair(condition.where, inner_scopes, inner)
            inner.add(f"if {fails}: continue")
        amount = self._value(condition.of, inner_scopes, inner).name
        inner.add(f"if {amount} is None: continue")
        inner.add(f"if {amount} is UNKNOWN:")
        inner.add(f"    {name}_most = None")
        inner.add("    continue")
        inner.add(f"if {holds}: {name}_least = {name}_least + {amount}")
        inner.add(f"if {name}_most is not None: {name}_most = {name}_most + {amount}")
        block.nest(head, inner)

    def _share(self, condition: Share, name: str, scopes: _Scopes, block: _Block) -> None:
        whole = self._records(condition.list, scopes[condition.list.level], block)
        tally = self._fresh("tally")
        block.add(f"{tally} = [0, 0, 0, 0, 0, 0, 0, 0, 0]")
        head, inner_scopes, inner = self._each(condition.list, scopes, block)
        inner.add(f"if {inner_scopes[-1].name} is UNKNOWN: continue")
        places = []
        among = _HOLDS
        if condition.among is not None:
            among = self.pair(condition.among, inner_scopes, inner)
        for holds, fails in (among, self.pair(condition.where, inner_scopes, inner)):
            places.append(f"(0 if {holds} else 1 if {fails} else 2)")
        inner.add(f"{tally}[{places[0]} * 3 + {places[1]}] += 1")
        block.nest(head, inner)
        block.add(f"{name}, {name}_least, {name}_most = shared({tally}, UNKNOWN not in {whole})")

    def _in_interval(
        self,
        least: str,
        most: str,
        predicate: Comparison,
        scopes: _Scopes,
        block: _Block,
    ) -> Pair:
        match predicate:
            case Compare(op, operand):
                return _unanimous(
                    [
                        (guards, self._interval_compared(least, most, op, other))
                        for guards, other in self._alternatives(operand, scopes, block)
                    ]
                )
            case Between(low, high):
                pairs = [
                    self._in_interval(least, most, Compare(op, each), scopes, block)
                    for op, each in ((Op.AT_LEAST, low), (Op.AT_MOST, high))
                ]
                return _and([one for one, _ in pairs]), _or([other for _, other in pairs])
            case _:
                assert_never(predicate)

    def _interval_compared(self, least: str, most: str, op: Op, other: _Operand) -> Pair:
        if other is _ANYTHING:
            return _OPEN
        there: list[str] = []
        absent: list[str] = []
        if isinstance(other, _Constant):
            if other.value is None:
                return _FAILS
            limit = self._constant(other.value)
        else:
            limit = other.name
            there = [f"{limit} is not None", f"{limit} is not UNKNOWN"]
            absent = [f"{limit} is None"]
        bounded = f"{most} is not None"
        match op:
            case Op.EQUALS:
                so = [f"{least} == {most} == {limit}"]
                not_so = _or([f"{limit} < {least}", _and([bounded, f"{limit} > {most}"])])
            case Op.AT_LEAST | Op.MORE_THAN:
                so = [f"{least} {_SIGNS[op]} {limit}"]
                not_so = _and([bounded, f"{most} {_SIGNS[_CONTRARY[op]]} {limit}"])
            case Op.AT_MOST | Op.LESS_THAN:
                so = [bounded, f"{most} {_SIGNS[op]} {limit}"]
                not_so = f"{least} {_SIGNS[_CONTRARY[op]]} {limit}"
            case _:
                raise AssertionError("an age is not counted")
        return _and([*there, *so]), _or([*absent, _and([*there, not_so])])


#: The bit of each value that a fact of closed values may have.
Domain: TypeAlias = dict[Any, int]
_NO_PREDICATE: Final = Between(Literal(None), Literal(None))
_NO_CASE: Final[Any] = None


def _filled(cls: type, value: object) -> Any:  # noqa: ANN401 - an instance of the class
    """
    Return what stands for a record that is none, or of which nothing is known.

    It is of the record's own class, for Python reads attributes of one class the fastest.
    """
    made: Any = object.__new__(cls)
    for name in vocabulary_of(cls).fields:
        object.__setattr__(made, name, value)
    return made


def _domain(fact_type: FactType) -> Domain:
    values = closed_values(fact_type)
    return {value: 1 << place for place, value in enumerate((*values, None))}


def _conjuncts(condition: Condition) -> Sequence[Condition]:
    return condition.items if isinstance(condition, All) else (condition,)


def _is_costly(condition: Condition) -> bool:
    if any(isinstance(node, _LISTS) for node in nodes(condition)):
        return True
    return any(ref.source is FactSource.DERIVED for ref in references(condition))


def _variables(*operands: _Operand) -> list[_Variable]:
    return [each for each in operands if isinstance(each, _Variable) and each is not _ANYTHING]


def _and(parts: Sequence[str]) -> str:
    kept = list(dict.fromkeys(each for each in parts if each != _YES))
    if _NO in kept:
        return _NO
    return " and ".join(kept) or _YES


def _or(parts: Sequence[str]) -> str:
    kept = list(dict.fromkeys(each for each in parts if each != _NO))
    if _YES in kept:
        return _YES
    if len(kept) == 1:
        return kept[0]
    return f"({' or '.join(kept)})" if kept else _NO


def _not(expression: str) -> str:
    """Return the contrary of an expression."""
    if re.fullmatch(r"not \w+ & \d+", expression):
        return expression.removeprefix("not ")
    return f"not ({expression})"


def _unanimous(alternatives: Sequence[tuple[_Guards, Pair]]) -> Pair:
    """Return what holds where it holds for all that may be, and fails where it fails for all."""
    if len(alternatives) == 1 and not alternatives[0][0]:
        return alternatives[0][1]
    merged: dict[tuple[str, _Guards, Pair], int] = {}
    for guards, pair in alternatives:
        mask, bit = guards[-1]
        key = (mask, guards[:-1], pair)
        merged[key] = merged.get(key, 0) | bit
    holds, fails = [], []
    for (mask, outer, pair), bits in merged.items():
        impossible = [f"not {name} & {bit}" for name, bit in (*outer, (mask, bits))]
        holds.append(_or([*impossible, pair[0]]))
        fails.append(_or([*impossible, pair[1]]))
    return _and(holds), _and(fails)


def _nesting(expression: str) -> int:
    """Return how deep parentheses stand in each other."""
    depth = deepest = 0
    for letter in expression:
        if letter == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif letter == ")":
            depth -= 1
    return deepest


def _costs(holds: str, fails: str) -> bool:
    """Tell whether a test is more than a look at a name."""
    return " and " in holds or " or " in holds or " or " in fails or " in " in holds


def _identifier(text: str) -> str:
    word = re.sub(r"[^a-z0-9]+", "_", text.lower(), flags=re.ASCII).strip("_")[:40]
    return word if word.isidentifier() else f"it_{word}"


def harmless(text: str) -> str:
    """Return a text as a comment may carry it: words, numbers and hyphens, on one line."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "?", text, flags=re.ASCII)[:80]
