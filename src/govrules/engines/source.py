"""
Where generated Python source binds what it reads: blocks of lines, names, constants and facts.

No text of a rulebook reaches the source but the names of its own facts, which are words of small
letters. Values, names of derived facts, and outcomes are constants, bound by generated names;
fields are read only where the vocabulary declares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from govrules.errors import EngineError
from govrules.facts import parts_of
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.ir import FactRead, Var
from govrules.rulebook.expr import FactSource
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choices, Records, is_past, vocabulary_of

NAME: Final = "compiled"
#: Python compiles at most twenty loops inside each other.
_MOST_LOOPS: Final = 18
#: An expression, or two and the relation in which one stands to the other.
Test: TypeAlias = str | tuple[str, str, str]
#: What holds where a relation does not.
_CONTRARY: Final = {"is": "is not", "in": "not in", "==": "!=", "<": ">=", ">=": "<", ">": "<="}


def sanitise(text: str) -> str:
    """Return a text as a comment may carry it: words, numbers and hyphens, on one line."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "?", text, flags=re.ASCII)[:80]


def word(test: Test, *, affirmed: bool) -> str:
    """Return the expression of a test, or of its denial."""
    if isinstance(test, str):
        return test if affirmed else f"not {test}"
    left, sign, right = test
    return f"{left} {sign if affirmed else _CONTRARY[sign]} {right}"


def joined(words: Sequence[str], *, affirmed: bool) -> str:
    """Return the expression of a conjunction, or negated, of the disjunction of denials."""
    if not words:
        return str(affirmed)
    return words[0] if len(words) == 1 else f"({(' and ' if affirmed else ' or ').join(words)})"


@attrs.define(eq=False)
class Block:
    """A block of generated lines, with the names bound in it."""

    parent: Block | None
    var: Var
    loops: int = 0
    lines: list[str] = attrs.field(factory=list)
    names: dict[Hashable, str] = attrs.field(factory=dict)

    def find(self, key: Hashable) -> str | None:
        """Return the name something is bound to in this block or an enclosing one."""
        block: Block | None = self
        while block is not None:
            if key in block.names:
                return block.names[key]
            block = block.parent
        return None

    def inside(self) -> Block:
        """Return an empty block nested in this one."""
        return Block(self, self.var, self.loops)

    def loop(self, var: Var) -> Block:
        """Return an empty loop body nested in this one."""
        if self.loops >= _MOST_LOOPS:
            raise EngineError(
                NAME,
                f"conditions on lists stand more than {_MOST_LOOPS} deep in each other; "
                "use the engine `reference`",
            )
        return Block(self, var, self.loops + 1)

    def nest(self, head: str, block: Block) -> None:
        """Add a block under its head."""
        self.lines.append(head)
        self.lines += [f"    {line}" for line in block.lines or ["pass"]]


class BindingPlan:
    """
    Binds each value read to a name in the innermost block visible to all its readers.

    Args:
        shared: what several rules ask, in order: it is bound where its record is, before the first
            of them.

    Attributes:
        constants: the values that the source names.
    """

    def __init__(self, shared: Mapping[Hashable, None]) -> None:
        self.constants: dict[str, Any] = {}
        self.shared = shared
        self._constant_names: dict[Hashable, str] = {}
        self._names = 0

    def fresh(self, hint: str) -> str:
        """Return an unused name."""
        self._names += 1
        word = re.sub(r"[^a-z0-9]+", "_", hint.lower(), flags=re.ASCII).strip("_")[:40]
        return f"{word if word.isidentifier() else f'it_{word}'}_{self._names}"

    def constant(self, value: Any, key: Hashable = None) -> str:  # noqa: ANN401 - any value of a rulebook
        """Return the name of a constant, identified by its key if it is not hashable."""
        key = (type(value), value) if key is None else key
        name = self._constant_names.get(key)
        if name is None:
            name = self._constant_names[key] = f"K{len(self._constant_names)}"
            self.constants[name] = value
        return name

    def bind(
        self,
        key: Hashable,
        var: Var,
        block: Block,
        hint: str,
        write: Callable[[str, Block], None],
    ) -> str:
        """Return the name bound to a value read from a record, binding it if needed."""
        found = block.find(key)
        if found is not None:
            return found
        home = block
        while home.var is not var and home.var.depth > var.depth:
            assert home.parent is not None  # noqa: S101 - the record's own block stands around
            home = home.parent
        while key in self.shared and home.parent is not None and home.parent.var is home.var:
            home = home.parent
        name = self.fresh(hint)
        write(name, home)
        home.names[key] = name
        return name

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def raw(self, fact: FactRead, block: Block) -> str:
        """
        Return the name of a fact's raw value; None may stand for no in a yes or no.

        In a list or a set, UNKNOWN says that there may be more. What was done on a day that is yet
        to come is UNKNOWN.
        """
        if fact.var is None:
            return "as_of"
        var, stated = fact.var, fact.source is FactSource.DERIVED

        def write(name: str, home: Block) -> None:
            if stated:
                said = self._stated(var, home)
                value = f"{said}.get({self.constant(fact.path)}, UNKNOWN) if {said} else UNKNOWN"
                home.lines.append(f"{name} = {value}")
            else:
                home.lines.append(f"{name} = {self._attribute(fact.path, var, home)}")
            if is_past(fact.type):
                dated = f"{name} is not UNKNOWN and {name} is not None"
                home.lines.append(f"if {dated} and {name} > NOW: {name} = UNKNOWN")
            if isinstance(fact.type, Choices | Records):
                kind = frozenset if isinstance(fact.type, Choices) else tuple
                nothing, anything = self.constant(kind()), self.constant(kind((UNKNOWN,)))
                home.lines.append(f"if {name} is None: {name} = {nothing}")
                home.lines.append(f"elif {name} is UNKNOWN: {name} = {anything}")

        return self.bind(fact, var, block, "stated" if stated else fact.path, write)

    def counted(self, fact: FactRead, block: Block) -> str:
        """Return the name of the number of known records in a list."""
        assert fact.var is not None  # noqa: S101 - no list is a date

        def write(name: str, home: Block) -> None:
            home.lines.append(f"{name} = 0")
            home.lines.append(f"for each in {self.raw(fact, home)}:")
            home.lines.append(f"    if each is not UNKNOWN: {name} += 1")

        return self.bind(("counted", fact), fact.var, block, fact.path, write)

    def _stated(self, var: Var, block: Block) -> str:
        """Return the name of a record's stated derived facts."""

        def write(name: str, home: Block) -> None:
            home.lines.append(f"{name} = {home.find(('record', var))}.stated")

        return self.bind(("stated", var), var, block, "stated", write)

    def _attribute(self, path: str, var: Var, block: Block) -> str:
        """Return the expression reading a field through the nested records above it."""
        facts = vocabulary_of(var.cls).facts
        if path not in facts:
            raise EngineError(NAME, f"`{var.cls.__name__}` has no fact `{sanitise(path)}`")
        head, _, field = path.rpartition(".")
        if not head:
            return f"{block.find(('record', var))}.{field}"
        inner: type = getattr(facts[head].type, "cls", object)

        def write(name: str, home: Block) -> None:
            none = self.constant(_filled(inner, None), ("none", inner))
            unknown = self.constant(_filled(inner, UNKNOWN), ("unknown", inner))
            home.lines.append(f"{name} = {self._attribute(head, var, home)}")
            home.lines.append(f"if {name} is None: {name} = {none}")
            home.lines.append(f"elif {name} is UNKNOWN: {name} = {unknown}")

        return f"{self.bind(('part', head, var), var, block, head, write)}.{field}"


def _filled(cls: type, value: object) -> Any:  # noqa: ANN401 - an instance of the class
    """
    Return the placeholder for a record that is none or unknown.

    It is of the record's own class, for Python reads attributes of one class the fastest.
    """
    made: Any = object.__new__(cls)
    for name in vocabulary_of(cls).fields:
        object.__setattr__(made, name, value)
    return made


@attrs.frozen
class Sought:
    """
    One result of a pass over a list.

    Attributes:
        node: whether a record is so, or how many are.
        open: whether a record that nobody recorded counts as being so.
    """

    node: ir.Exists | ir.RecordTotal
    open: bool = False


def asked(roots: Sequence[ir.Formula | ir.Num]) -> dict[Hashable, None]:
    """Return the subformulas of formulas that may be bound to names, by key."""
    waiting: list[Any] = list(roots)
    found: dict[Hashable, None] = {}
    while waiting:
        each = waiting.pop()
        if each in found or not isinstance(each, ir.Node | ir.FactRead | ir.DerivedTable | ir.Var):
            continue
        found[each] = None
        match each:
            case ir.Var(list=fact):
                waiting.append(fact)
            case ir.FactRead(var=var, path=path, source=source):
                if var is not None and source is FactSource.RECORDED:
                    found |= {("part", part, var): None for part in parts_of(path)}
                elif source is FactSource.DERIVED:
                    found["stated", var] = None
            case ir.DerivedTable(var=var, stated=stated):
                found |= {} if stated is None else {stated: None, ("stated", var): None}
            case ir.And(items=items):
                open_, rest = ends(items)
                found |= {Sought(node, open=True): None for node in open_}
                waiting += [*rest, *(node.so for node in open_)]
            case ir.Exists(so=so) | ir.RecordTotal(so=so) if so is not f.TRUE:
                found[Sought(each)] = None
                waiting += each.parts()
            case _:
                waiting += each.parts()
    return found


def ends(items: tuple[ir.Formula, ...]) -> tuple[list[ir.Exists], list[ir.Formula]]:
    """
    Split an *and* into quantifiers over closed lists and the other conjuncts.

    That nothing was done on a day that is yet to come is left out: reading such dates sees to it.
    """
    lists: dict[ir.FactRead, ir.Exists] = {}
    for item in items:
        match item:
            case ir.Neg(item=ir.Exists(var=ir.Var(list=ir.FactRead() as fact), so=so) as node) if (
                so is not f.TRUE
            ):
                if f.no(f.more(fact)) in items:
                    lists.setdefault(fact, node)
            case _:
                pass
    told = {f.no(each) for each in lists.values()} | {f.no(f.more(each)) for each in lists}
    rest = [item for item in items if item not in told and not is_ahead(f.no(item))]
    return [*lists.values()], rest


def owner(node: ir.Node, otherwise: ir.Var) -> ir.Var:
    """Return the innermost record variable of a formula."""
    return max(node.about, key=lambda each: each.depth, default=otherwise)


def is_ahead(item: ir.Formula) -> bool:
    """Tell whether a formula says that a past event is dated in the future."""
    return isinstance(item, ir.Holds) and is_past(item.one.type) and item is f.ahead(item.one)


def implies(one: ir.Exists | ir.RecordTotal, other: ir.Exists | ir.RecordTotal) -> bool:
    """Tell whether one filter of records syntactically implies another."""
    return f.given(other.so, [one.so]) is f.TRUE
