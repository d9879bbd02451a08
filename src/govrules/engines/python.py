"""
Formulas as Python source: one function that judges a subject by all rules.

Every leaf becomes an expression that holds where the leaf does. What several rules ask (facts,
tables of derived facts, parts of conditions, loops over lists) is bound to a name once, before the
first of them; what one rule alone asks stands where that rule needs it. A derived fact is a mask
with a bit for each value that it may still have.

No text of a rulebook reaches the source. Values, names of local and derived facts, and outcomes are
constants, bound by generated names; fields are read only where the vocabulary declares them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import attrs

from govrules.errors import EngineError
from govrules.facts import parts_of
from govrules.lowering.formulas import (
    FALSE,
    TRUE,
    Above,
    Absent,
    Among,
    Amount,
    And,
    Const,
    Exists,
    Formula,
    Holds,
    May,
    Meets,
    Members,
    More,
    Neg,
    Node,
    Num,
    Read,
    Table,
    Times,
    Total,
    Unknown,
    Var,
    absent,
    either,
    given,
    in_order,
    no,
    subject,
    unknown,
)
from govrules.lowering.lower import Judged
from govrules.rulebook.ast import FactSource, Op, Rule, Severity
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Choices, Records, YesNo, closed_values, vocabulary_of

NAME: Final = "compiled"
#: Python compiles at most twenty loops inside each other.
_MOST_LOOPS: Final = 18
#: How deep expressions are nested before a part of them gets a name of its own.
_MOST_NESTED: Final = 8
#: From so many leaves on, what several rules ask is worth a name.
_WORTH_A_NAME: Final = 3
#: What is named most is a local name, for those are read the fastest.
_HEAD: Final = "subject, UNKNOWN=UNKNOWN, CLEAR=CLEAR, NOT_APPLICABLE=NOT_APPLICABLE"

_Known: TypeAlias = frozenset[Formula]
_NOTHING: Final[_Known] = frozenset()
_Loop: TypeAlias = Exists | Total


@attrs.frozen
class Code:
    """
    What a set of rules compiles to.

    Attributes:
        source: the Python source of `prepare`, which takes the date of the assessment and returns
            the function that judges one subject.
        constants: the values that the source names.
        gravities: what decides how grave each rule's outcome is.
        compiled: the code object of the source.
    """

    source: str
    constants: dict[str, Any] = attrs.field(repr=False)
    gravities: tuple[Gravity, ...] = attrs.field(repr=False)
    compiled: Any = attrs.field(repr=False)


@attrs.define(eq=False)
class _Block:
    """Lines that run together, and the names that are bound in them."""

    parent: _Block | None
    var: Var
    loops: int = 0
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
        return _Block(self, self.var, self.loops)

    def loop(self, var: Var) -> _Block:
        """Return an empty block to be repeated in this one."""
        if self.loops >= _MOST_LOOPS:
            raise EngineError(
                NAME,
                f"conditions on lists stand more than {_MOST_LOOPS} deep in each other; "
                "use the engine `reference`",
            )
        return _Block(self, var, self.loops + 1)

    def nest(self, head: str, block: _Block) -> None:
        """Add a block under its head."""
        self.lines.append(head)
        self.lines += [f"    {line}" for line in block.lines or ["pass"]]


def generate(rules: Sequence[tuple[Rule, Judged]], cls: type) -> Code:
    """
    Return what rules about a class compile to.

    Args:
        rules: each rule with its formulas.

        cls: the class.

    Raises:
        EngineError: the conditions are nested too deep, or name what the vocabulary has not.
    """
    try:
        writer = _Writer([judged for _, judged in rules])
        gravities = tuple(Gravity(judged) for _, judged in rules)
        source = writer.function(rules, gravities, cls)
        compiled = compile(source, "<govrules compiled>", "exec")
        return Code(source, writer.constants, gravities, compiled)
    except (RecursionError, MemoryError, SyntaxError, OverflowError) as error:
        raise EngineError(
            NAME, "the conditions are nested too deep to be compiled; use the engine `reference`"
        ) from error


class Gravity:
    """
    What decides how grave the outcome of a rule is, as one number.

    Attributes:
        atoms: where in the number each stands: the mask of a derived fact, or a bit for whether a
            formula holds.
    """

    def __init__(self, judged: Judged) -> None:
        self._judged = judged
        self.atoms: dict[Table | Formula, int] = {}
        width = 0
        for formula in (*judged.severities.values(), *judged.mitigations):
            for atom in _atoms(formula):
                if atom not in self.atoms:
                    self.atoms[atom] = width
                    width += len(_bits(atom)) if isinstance(atom, Table) else 1

    def possible(self, number: int) -> list[Severity]:
        """Return the severities that are possible, least first."""
        found = self._judged.severities.items()
        return [severity for severity, where in found if self._holds(where, number)]

    def holding(self, number: int) -> list[bool]:
        """Return whether each mitigation holds."""
        return [self._holds(each, number) for each in self._judged.mitigations]

    def _holds(self, formula: Formula, number: int) -> bool:
        if formula in self.atoms:
            return bool(number >> self.atoms[formula] & 1)
        match formula:
            case Const(value=value):
                return value
            case Neg(item=item):
                return not self._holds(item, number)
            case And(items=items):
                return all(self._holds(each, number) for each in items)
            case May(table=table, values=values):
                bits = _bits(table)
                return bool(number >> self.atoms[table] & sum(bits[each] for each in values))
            case _:
                raise AssertionError("what holds no derived fact is an atom")


def _atoms(formula: Formula) -> Iterator[Table | Formula]:
    """Yield the derived facts that a formula asks, and the largest parts that ask none."""
    match formula:
        case Const():
            return
        case Neg(item=item):
            yield from _atoms(item)
        case May(table=table):
            yield table
        case And(items=items) if formula.tables:
            for each in items:
                yield from _atoms(each)
        case _:
            yield formula


def sanitise(text: str) -> str:
    """Return a text as a comment may carry it: words, numbers and hyphens, on one line."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "?", text, flags=re.ASCII)[:80]


class _Writer:
    """Writes the function."""

    def __init__(self, rules: Sequence[Judged]) -> None:
        self._asked = [_asked(_roots(each)) for each in rules]
        tables = {each for asked in self._asked for each in asked if isinstance(each, Table)}
        units = [*self._asked, *(_asked(_sides(each)) for each in tables)]
        uses = Counter(node for each in units for node in each)
        #: What several rules ask, or a rule and the table of a derived fact.
        self._shared = {node for node, number in uses.items() if number > 1}
        self._looked_for = [each for each in uses if each in self._shared]
        #: What is looked for or counted in lists, of the rule that is written and of several.
        self._loops: list[_Loop] = []
        self.constants: dict[str, Any] = {}
        self._constant_names: dict[Hashable, str] = {}
        self._names = 0
        self._prepared: list[str] = []
        self._days: dict[str, str] = {}

    # ── The function and its rules ────────────────────────────────────────────────────────────

    def function(
        self, rules: Sequence[tuple[Rule, Judged]], gravities: Sequence[Gravity], cls: type
    ) -> str:
        """Return the source."""
        top = _Block(None, subject(cls))
        top.names["record", top.var] = "subject"
        for index, (rule, judged) in enumerate(rules):
            top.lines.append(f"# {index}: {sanitise(rule.id)}")
            looked_for = (*self._asked[index], *self._looked_for)
            self._loops = [
                each
                for each in looked_for
                if isinstance(each, Exists | Total) and each.so is not TRUE
            ]
            self._rule(index, judged, gravities[index], top)
        results = "".join(f"r{index}, " for index in range(len(rules)))
        lines = ["def prepare(as_of):", *(f"    {line}" for line in self._prepared)]
        lines += [f"    def judge({_HEAD}):", *(f"        {line}" for line in top.lines)]
        return "\n".join([*lines, f"        return ({results})", "    return judge", ""])

    def _rule(self, index: int, judged: Judged, gravity: Gravity, top: _Block) -> None:
        block = top
        passed: list[Formula] = []
        around: list[tuple[_Block, str]] = []
        # What takes loops is looked at last: the rest often says that the rule does not apply.
        cheap, costly = _apart(judged.not_applicable)
        for part in (cheap, costly):
            if part is not FALSE:
                around.append((block, self._say(given(part, passed), block)))
                block = block.inside()
                passed.append(no(part))
        clear = self._say(given(judged.clear, passed), block)
        inner = block.inside()
        passed.append(no(judged.clear))
        flagged = given(judged.flagged, passed)
        at = self._gravity(gravity, inner)
        said = self._say(flagged, inner)
        word = f"U{index}" if said == "False" else f"(F{index} if {said} else U{index})"
        inner.lines.append(f"r{index} = {word}{at}")
        block.lines.append(f"if {clear}: r{index} = CLEAR")
        block.nest("else:", inner)
        # A block goes under its head last, so that what is bound before it stands before the head.
        for outer, condition in reversed(around):
            outer.lines.append(f"if {condition}: r{index} = NOT_APPLICABLE")
            outer.nest("else:", block)
            block = outer

    def _gravity(self, gravity: Gravity, block: _Block) -> str:
        """Return the index of an outcome: what decides how grave it is, as one number."""
        parts = []
        for atom, shift in gravity.atoms.items():
            if isinstance(atom, Table):
                mask = self._mask(atom, block)
                parts.append(f"{mask} << {shift}" if shift else mask)
            else:
                parts.append(f"({1 << shift} if {self._say(atom, block)} else 0)")
        return f"[{' | '.join(parts)}]" if parts else ""

    # ── Names ─────────────────────────────────────────────────────────────────────────────────

    def _fresh(self, hint: str) -> str:
        self._names += 1
        word = re.sub(r"[^a-z0-9]+", "_", hint.lower(), flags=re.ASCII).strip("_")[:40]
        return f"{word if word.isidentifier() else f'it_{word}'}_{self._names}"

    def _constant(self, value: Any, key: Hashable = None) -> str:  # noqa: ANN401 - any value of a rulebook
        """Return the name of a constant, which is known by its key where it has no hash."""
        key = (type(value), value) if key is None else key
        name = self._constant_names.get(key)
        if name is None:
            name = self._constant_names[key] = f"K{len(self._constant_names)}"
            self.constants[name] = value
        return name

    def _bind(
        self,
        key: Hashable,
        var: Var,
        block: _Block,
        hint: str,
        write: Callable[[str, _Block], None],
    ) -> str:
        """Return the name under which something about a record is bound, binding it if need be."""
        found = block.find(key)
        if found is not None:
            return found
        home = block
        while home.var is not var and home.var.depth > var.depth:
            assert home.parent is not None  # noqa: S101 - the record's own block stands around
            home = home.parent
        while key in self._shared and home.parent is not None and home.parent.var is home.var:
            home = home.parent
        name = self._fresh(hint)
        write(name, home)
        home.names[key] = name
        return name

    # ── Facts ─────────────────────────────────────────────────────────────────────────────────

    def _record(self, var: Var, block: _Block) -> str:
        name = block.find(("record", var))
        assert name is not None  # noqa: S101 - its loop stands around
        return name

    def _raw(self, fact: Read, block: _Block) -> str:
        """Return the name of a fact's value; of a yes or no, None may stand for no."""
        if fact.var is None:
            return "as_of"
        var = fact.var
        if isinstance(fact.type, Records):
            return self._list(fact, block)

        def write(name: str, home: _Block) -> None:
            if fact.source is FactSource.LOCAL:
                said = self._about("local", var, home)
                home.lines.append(f"{name} = {said}.get({self._constant(fact.path)}, UNKNOWN)")
            else:
                home.lines.append(f"{name} = {self._attribute(fact.path, var, home)}")
            if isinstance(fact.type, Choices):
                nothing, anything = map(self._constant, (frozenset(), frozenset((UNKNOWN,))))
                home.lines.append(f"if {name} is None: {name} = {nothing}")
                home.lines.append(f"elif {name} is UNKNOWN: {name} = {anything}")

        return self._bind(fact, var, block, fact.path, write)

    def _about(self, which: str, var: Var, block: _Block) -> str:
        def write(name: str, home: _Block) -> None:
            home.lines.append(f"{name} = {self._record(var, home)}.{which}")

        return self._bind((which, var), var, block, which, write)

    def _attribute(self, path: str, var: Var, block: _Block) -> str:
        """Return the expression that reads a field, past the records that it is part of."""
        head, _, field = path.rpartition(".")
        cls = var.cls
        for part in path.split("."):
            fields = vocabulary_of(cls).fields
            if part not in fields:
                raise EngineError(NAME, f"`{cls.__name__}` has no fact `{sanitise(part)}`")
            cls = getattr(fields[part].type, "cls", cls)
        if not head:
            return f"{self._record(var, block)}.{field}"
        inner: type = getattr(vocabulary_of(var.cls).facts[head].type, "cls", object)

        def write(name: str, home: _Block) -> None:
            none = self._constant(_filled(inner, None), ("none", inner))
            unknown = self._constant(_filled(inner, UNKNOWN), ("unknown", inner))
            home.lines.append(f"{name} = {self._attribute(head, var, home)}")
            home.lines.append(f"if {name} is None: {name} = {none}")
            home.lines.append(f"elif {name} is UNKNOWN: {name} = {unknown}")

        return f"{self._bind(('part', head, var), var, block, head, write)}.{field}"

    def _list(self, fact: Read, block: _Block) -> str:
        """Return the name of the known records of a list; `_more` after it, whether more may be."""
        assert fact.var is not None  # noqa: S101 - no list is a date
        var = fact.var

        def write(name: str, home: _Block) -> None:
            home.lines.append(f"{name} = {self._attribute(fact.path, var, home)}")
            home.lines.append(f"if {name} is None: {name} = ()")
            home.lines.append(f"elif {name} is UNKNOWN: {name} = {self._constant((UNKNOWN,))}")
            home.lines.append(f"{name}_more = False")
            home.lines.append(f"for each in {name}:")
            home.lines.append("    if each is UNKNOWN:")
            home.lines.append(f"        {name}_more = True")
            # A comprehension here would make UNKNOWN a variable that is read more slowly.
            home.lines.append(f"        {name} = recorded({name})")
            home.lines.append("        break")

        return self._bind(fact, var, block, fact.path, write)

    # ── Derived facts ─────────────────────────────────────────────────────────────────────────

    def _mask(self, table: Table, block: _Block) -> str:
        """Return the name of the mask of the values that a derived fact may have."""
        found = block.find(table)
        if found is None:
            for each in in_order([table]):
                if block.find(each) is None:
                    write = partial(self._table, each)
                    found = self._bind(each, each.var, block, each.name, write)
        return found or ""

    def _table(self, table: Table, name: str, block: _Block) -> None:
        bits = _bits(table)
        stated, inner = "", block
        if table.stated is not None:
            said, key = self._about("stated", table.var, block), self._constant(table.name)
            stated, inner = self._fresh("stated"), block.inside()
            block.lines.append(f"{stated} = {said}.get({key}, UNKNOWN) if {said} else UNKNOWN")
        otherwise = bits[table.otherwise]
        if len(table.rows) == 1:
            ((true, false, value),) = table.rows
            holds, fails = self._say(true, inner), self._say(given(false, [no(true)]), inner)
            inner.lines.append(
                f"{name} = {bits[value]} if {holds} else {otherwise} if {fails} "
                f"else {bits[value] | otherwise}"
            )
        else:
            rows = _Block(inner, inner.var, inner.loops + 1)
            for true, false, value in table.rows:
                holds = self._say(true, rows)
                rows.lines += [f"if {holds}:", f"    {name} |= {bits[value]}", "    break"]
                possible = self._say(given(no(false), [no(true)]), rows)
                rows.lines.append(f"if {possible}: {name} |= {bits[value]}")
            rows.lines += [f"{name} |= {otherwise}", "break"]
            inner.lines.append(f"{name} = 0")
            inner.nest("while True:", rows)
        if stated:
            by_value = self._constant(bits, ("bits", *bits.items()))
            block.lines.append(f"if {stated} is not UNKNOWN: {name} = {by_value}[{stated}]")
            block.nest("else:", inner)

    # ── Formulas ──────────────────────────────────────────────────────────────────────────────

    def _say(
        self, formula: Formula, block: _Block, known: _Known = _NOTHING, depth: int = 0
    ) -> str:
        """
        Return the expression that holds where a formula does.

        Args:
            formula: the formula.

            block: where the expression will stand.

            known: what holds wherever the expression is looked at.

            depth: in how many others it stands.
        """
        affirmed = not isinstance(formula, Neg)
        item = formula.item if isinstance(formula, Neg) else formula
        name = block.find(item) or self._named(item, block, depth)
        if name is not None:
            return name if affirmed else f"not {name}"
        return self._expression(item, block, known, depth, affirmed=affirmed)

    def _named(self, item: Formula, block: _Block, depth: int) -> str | None:
        """Return the name that is given to what several rules ask, or what stands too deep."""
        if isinstance(item, Exists) and item.so is not TRUE:
            return self._loop(item, block)
        deep = depth > _MOST_NESTED and isinstance(item, And)
        if not deep and (item not in self._shared or _size(item) < _WORTH_A_NAME):
            return None

        def write(name: str, home: _Block) -> None:
            home.lines.append(f"{name} = {self._expression(item, home, _NOTHING, 0)}")

        return self._bind(item, _owner(item, block), block, "so", write)

    def _expression(
        self, item: Formula, block: _Block, known: _Known, depth: int, *, affirmed: bool = True
    ) -> str:
        match item:
            case Const(value=value):
                return str(value is affirmed)
            case And(items=items):
                parts = []
                for each in sorted(items, key=_place):
                    parts.append(self._say(each if affirmed else no(each), block, known, depth + 1))
                    known |= _following(each)
                return f"({(' and ' if affirmed else ' or ').join(parts)})"
            case _:
                *guards, test, contrary = self._leaf(item, block, known)
                if not guards:
                    return test if affirmed else contrary
                return f"{'' if affirmed else 'not '}({' and '.join([*guards, test])})"

    def _leaf(self, item: Formula, block: _Block, known: _Known) -> list[str]:
        """Return expressions that must all hold, and last the contrary of the last of them."""
        match item:
            case Unknown(read=fact):
                name = self._raw(fact, block)
                return [f"{name} is UNKNOWN", f"{name} is not UNKNOWN"]
            case Absent(read=fact):
                name = self._raw(fact, block)
                return [f"{name} is None", f"{name} is not None"]
            case More(read=Read(type=Choices()) as fact):
                name = self._raw(fact, block)
                return [f"UNKNOWN in {name}", f"UNKNOWN not in {name}"]
            case More(read=fact):
                name = f"{self._raw(fact, block)}_more"
                return [name, f"not {name}"]
            case Among(read=fact, values=values):
                return self._among(self._raw(fact, block), values)
            case Holds():
                return self._holds(item, block, known)
            case Meets(read=fact, wanted=wanted, all=every):
                own = self._raw(fact, block)
                other = (
                    self._raw(wanted, block) if isinstance(wanted, Read) else self._constant(wanted)
                )
                test = f"{other} <= {own}" if every else f"not {other}.isdisjoint({own})"
                return [test, f"not {test}" if every else f"{other}.isdisjoint({own})"]
            case Exists(var=Var(list=Read() as fact)):
                name = self._raw(fact, block)
                return [name, f"not {name}"]
            case Above(one=one, other=other, equal=equal):
                left, right = (self._number(each, block, known) for each in (one, other))
                return [
                    f"{left} {'>=' if equal else '>'} {right}",
                    f"{left} {'<' if equal else '<='} {right}",
                ]
            case May(table=table, values=values):
                bits = _bits(table)
                test = f"{self._mask(table, block)} & {sum(bits[each] for each in values)}"
                return [test, f"not {test}"]
            case _:
                raise AssertionError("it is no leaf")

    def _among(self, name: str, values: frozenset[Any]) -> list[str]:
        if len(values) > 1:
            word = self._constant(values)
            return [f"{name} in {word}", f"{name} not in {word}"]
        (value,) = values
        if isinstance(value, bool):
            return [f"{name} is {value}", f"{name} is not {value}"]
        word = self._constant(value)
        return [f"{name} == {word}", f"{name} != {word}"]

    def _holds(self, item: Holds, block: _Block, known: _Known) -> list[str]:
        left = self._raw(item.one, block)
        guards = _guards(item.one, left, known)
        fact = item.other if isinstance(item.other, Read) else None
        right = self._constant(item.other) if fact is None else self._raw(fact, block)
        if item.op is Op.OLDER_THAN:
            if fact is None:
                day = self._days.get(right)
                if day is None:
                    day = self._days[right] = f"D{len(self._days)}"
                    self._prepared.append(f"{day} = day_before(as_of, {right})")
            else:
                guards += _guards(fact, right, known)
                day = f"day_before(as_of, {right})"
            return [*guards, f"{left} < {day}", f"{left} >= {day}"]
        if item.op is Op.EQUALS:
            if isinstance(item.type, YesNo):
                guards += _guards(item.other, right, known)
                left, right = f"({left} is True)", f"({right} is True)"
            # What equals a value that is there is there itself.
            return [*guards, f"{left} == {right}", f"{left} != {right}"]
        if fact is not None:
            guards += _guards(fact, right, known)
        if isinstance(item.type, Choice):
            places = {value: place for place, value in enumerate(item.type.values)}
            order = self._constant(places, ("order", item.type))
            left, right = f"{order}[{left}]", f"{order}[{right}]"
        sign, contrary = (">=", "<") if item.op is Op.AT_LEAST else (">", "<=")
        return [*guards, f"{left} {sign} {right}", f"{left} {contrary} {right}"]

    def _number(self, number: Num, block: _Block, known: _Known) -> str:
        match number:
            case Amount(of=Read() as fact):
                name = self._raw(fact, block)
                guards = _guards(fact, name, known)
                return f"({name} if {' and '.join(guards)} else 0)" if guards else name
            case Amount(of=value):
                return self._constant(value)
            case Members(read=fact):
                name = self._raw(fact, block)
                return f"(len({name}) - (UNKNOWN in {name}))"
            case Times(one=one, other=other):
                return f"{self._number(one, block, known)} * {self._number(other, block, known)}"
            case Total(var=Var(list=Read() as fact), so=so, of=None) if so is TRUE:
                return f"len({self._raw(fact, block)})"
            case Total():
                return block.find(number) or self._loop(number, block)
            case _:
                raise AssertionError("it is no number")

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _loop(self, node: _Loop, block: _Block) -> str:
        """Return the name of what is found in one pass over a list, with what else it can tell."""
        var, fact = node.var, node.var.list
        assert fact is not None  # noqa: S101 - only lists are gone through
        chain = self._chain(node, block)

        def write(name: str, home: _Block) -> None:
            names = {each: name if each is node else self._fresh("so") for each in chain}
            whole = self._raw(fact, home)
            inner = home.loop(var)
            record = inner.names["record", var] = self._fresh(fact.path)
            self._pass(chain, names, inner)
            for each, said in names.items():
                home.lines.append(f"{said} = {'False' if isinstance(each, Exists) else 0}")
                home.names[each] = said
            home.nest(f"for {record} in {whole}:", inner)

        return self._bind(node, _owner(node, block), block, "so", write)

    def _chain(self, node: _Loop, block: _Block) -> list[_Loop]:
        """Return what is counted or looked for in one pass, each within what stands before it."""
        chain = [node]
        for each in self._loops:
            alike = each.var is node.var and (each in self._shared) is (node in self._shared)
            if each is node or not alike or block.find(each) is not None:
                continue
            places = [
                place
                for place in range(len(chain) + 1)
                if all(_implies(each.so, one.so) for one in chain[:place])
                and all(_implies(one.so, each.so) for one in chain[place:])
            ]
            if places:
                chain.insert(places[-1], each)
        return chain

    def _pass(
        self,
        chain: list[_Loop],
        names: dict[_Loop, str],
        block: _Block,
        passed: Sequence[Formula] = (),
    ) -> None:
        """Write what a pass does with each record, where what stands before in the chain holds."""
        first, *others = chain
        said = self._say(given(first.so, passed), block)
        inner = block.inside()
        if isinstance(first, Exists):
            inner.lines.append(f"{names[first]} = True")
        else:
            amount = "1" if first.of is None else self._raw(first.of, inner)
            inner.lines.append(f"{names[first]} = {names[first]} + {amount}")
        if others:
            self._pass(others, names, inner, [*passed, first.so])
        elif all(isinstance(each, Exists) for each in names):
            inner.lines.append("break")
        block.nest(f"if {said}:", inner)


def _filled(cls: type, value: object) -> Any:  # noqa: ANN401 - an instance of the class
    """
    Return what stands for a record that is none, or of which nothing is known.

    It is of the record's own class, for Python reads attributes of one class the fastest.
    """
    made: Any = object.__new__(cls)
    for name in vocabulary_of(cls).fields:
        object.__setattr__(made, name, value)
    return made


def _bits(table: Table) -> dict[Any, int]:
    """Return the bit of each value that a derived fact may have."""
    values = (*closed_values(table.fact.type), None)
    return {value: 1 << place for place, value in enumerate(values)}


def _roots(judged: Judged) -> list[Formula]:
    """Return the formulas of a rule that are written."""
    verdicts = [judged.not_applicable, judged.clear, judged.flagged]
    return [*verdicts, *judged.severities.values(), *judged.mitigations]


def _sides(table: Table) -> list[Formula]:
    return [side for true, false, _ in table.rows for side in (true, false)]


def _asked(roots: Sequence[Formula]) -> dict[Hashable, None]:
    """Return all that some formulas ask themselves, by the keys under which it may be bound."""
    waiting: list[Any] = list(roots)
    found: dict[Hashable, None] = {}
    while waiting:
        each = waiting.pop()
        if each in found or not isinstance(each, Node | Read | Table | Var):
            continue
        found[each] = None
        match each:
            case Var(list=fact):
                waiting.append(fact)
            case Read(var=var, path=path, source=source):
                if var is not None and source is FactSource.RECORDED:
                    found |= {("part", part, var): None for part in parts_of(path)}
                elif source is FactSource.LOCAL:
                    found["local", var] = None
            case Table(var=var):
                found["stated", var] = None
            case _:
                waiting += each.parts()
    return found


def _apart(formula: Formula) -> tuple[Formula, Formula]:
    """Return an *or* in two: what is seen at a glance, and what takes loops or derived facts."""
    items = formula.item.items if isinstance(formula, Neg) and isinstance(formula.item, And) else ()
    parts = [no(each) for each in items] or [formula]
    cheap = [each for each in parts if not _is_costly(each)]
    return either(*cheap), either(*(each for each in parts if each not in cheap))


def _is_costly(formula: Formula) -> bool:
    match formula:
        case And(items=items):
            return any(map(_is_costly, items))
        case Neg(item=item):
            return _is_costly(item)
        case Exists(so=so):
            return so is not TRUE
        case Above() | May():
            return True
        case _:
            return False


def _place(item: Formula) -> int:
    """Return what is looked at first: what most often decides, and last what costs."""
    inner = item.item if isinstance(item, Neg) else item
    match inner:
        case Among() | May():
            return 0
        case And():
            return 2 + any(map(_is_costly, inner.items))
        case Exists() | Above():
            return 3
        case _:
            return 1


def _size(formula: Formula) -> int:
    """Return how many looks at a name a formula takes."""
    match formula:
        case And(items=items):
            return sum(map(_size, items))
        case Neg(item=item):
            return _size(item)
        case Holds() | Above():
            return _WORTH_A_NAME
        case _:
            return 1


def _owner(node: Node, block: _Block) -> Var:
    """Return the innermost record that a formula is about."""
    around = block.var
    return max(node.about, key=lambda each: each.depth, default=around)


def _following(item: Formula) -> _Known:
    """Return what holds where a formula does, as far as guards need it."""
    facts: list[Any] = []
    if isinstance(item, Among):
        facts = [item.read]
    elif isinstance(item, Holds):
        facts = [item.one, item.other]
    return frozenset({item}).union(
        *({no(unknown(each)), no(absent(each))} for each in facts if isinstance(each, Read))
    )


def _guards(fact: Read, name: str, known: _Known) -> list[str]:
    """Return what must be looked at before a value is compared."""
    found = []
    if no(absent(fact)) is not TRUE and no(absent(fact)) not in known:
        found.append(f"{name} is not None")
    if no(unknown(fact)) not in known:
        found.append(f"{name} is not UNKNOWN")
    return found


def _implies(one: Formula, other: Formula) -> bool:
    return given(other, [one]) is TRUE
