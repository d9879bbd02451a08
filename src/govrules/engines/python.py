"""
Formulas as Python source: one function that judges a subject by all rules.

Every leaf becomes an expression that holds where the leaf does. What several rules ask (facts,
tables of derived facts, parts of conditions, passes over lists) is bound to a name once, before the
first of them; what one rule alone asks stands where that rule needs it. A derived fact is a mask
with a bit for each value that it may still have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, TypeAlias

from govrules.engines import source
from govrules.engines.outcomes import atoms_of
from govrules.engines.source import BindingPlan, Block, Test, joined, sanitise, word
from govrules.lowering import formulas as f
from govrules.lowering import ir
from govrules.lowering.dependencies import Leaf
from govrules.lowering.judged import Judged
from govrules.rulebook.expr import Op
from govrules.vocabulary import Choice, Choices, FactType, YesNo

#: How deep expressions are nested before a part of them gets a name of its own.
_MOST_NESTED: Final = 8
#: What is named most is a local name, for those are read the fastest.
_HEAD: Final = "subject, UNKNOWN=UNKNOWN, CLEAR=CLEAR, NOT_APPLICABLE=NOT_APPLICABLE"

_Nodes: TypeAlias = Sequence[ir.Formula | ir.Num]
#: What holds wherever an expression is looked at.
_Known: TypeAlias = tuple[ir.Formula, ...]


class Writer(BindingPlan):
    """
    Writes a function that evaluates rules or formulas on a subject.

    Args:
        units: the formulas of each rule, or each formula by itself.
    """

    def __init__(self, units: Sequence[_Nodes]) -> None:
        self._asked = [*map(source.asked, units)]
        #: What is asked by the rule that is written, and by several.
        self._sought = dict.fromkeys(chain.from_iterable(self._asked))
        tables = [each for each in self._sought if isinstance(each, ir.DerivedTable)]
        every = [*self._asked, *(source.asked(table.sides) for table in tables)]
        uses = Counter(node for each in every for node in each)
        super().__init__(dict.fromkeys(node for node, number in uses.items() if number > 1))
        self._prepared = ["NOW = last_day(as_of)"]
        self._days: dict[str, str] = {}

    # ── The function and its rules ────────────────────────────────────────────────────────────

    def judging(self, rules: Sequence[Judged], names: Sequence[str], cls: type) -> str:
        """
        Return the source of a function that judges a subject.

        Args:
            rules: the rules as formulas.

            names: what each rule is called.

            cls: the class of the subjects.
        """
        top = self._top(cls)
        for index, (name, judged) in enumerate(zip(names, rules, strict=True)):
            top.lines.append(f"# {index}: {sanitise(name)}")
            self._sought = {**self._asked[index], **self.shared}
            self._rule(index, judged, top)
        return self._function(_HEAD, top.lines, [f"r{index}" for index in range(len(names))])

    def telling(
        self,
        nodes: Sequence[ir.Formula | ir.Num],
        cls: type,
        given: Iterable[Leaf],
        var: ir.Var | None,
    ) -> str:
        """Return the source of a function that returns the truth of formulas; see `tells`."""
        top = self._top(cls)
        block = top if var is None else Block(top, var, names={("record", var): "record"})
        for leaf in given:
            name = top.names[leaf] = top.names[source.Sought(leaf)] = self.fresh("given")
            top.lines.append(f"{name} = given[{self.constant(leaf)}]")
            if isinstance(leaf, ir.Exists) and leaf.var.list is not None:
                more = self._say(f.more(leaf.var.list), top)
                top.names[source.Sought(leaf, open=True)] = f"({name} or {more})"
        write: Any = self._say if var is None else self._added
        results = [write(node, block) for node in nodes]
        inner = [] if block is top else block.lines
        return self._function("subject, given, record", [*top.lines, *inner], results)

    def _added(self, leaf: Leaf, block: Block) -> str:
        """Return the expression of a record's contribution to an aggregate over its list."""
        of = leaf.of if isinstance(leaf, ir.RecordTotal) else None
        return (
            f"({'1' if of is None else self.raw(of, block)} if {self._say(leaf.so, block)} else 0)"
        )

    def _top(self, cls: type) -> Block:
        top = Block(None, ir.subject(cls))
        top.names["record", top.var] = "subject"
        return top

    def _function(self, head: str, lines: Sequence[str], results: Sequence[str]) -> str:
        prepared = "".join(f"    {line}\n" for line in self._prepared)
        body = "".join(f"        {line}\n" for line in lines)
        result = "".join(f"{each}, " for each in results)
        return (
            f"def prepare(as_of):\n{prepared}    def judge({head}):\n{body}"
            f"        return ({result})\n    return judge\n"
        )

    def _rule(self, index: int, judged: Judged, top: Block) -> None:
        gone, passed = judged.not_applicable, [f.no(judged.not_applicable)]
        condition, block = self._say(gone, top), top.inside()
        clear = self._say(f.given(judged.clear, passed), block)
        inner = block.inside()
        flagged = f.given(judged.flagged, [*passed, f.no(judged.clear)])
        # What decides how grave it is, as one number: the index of an outcome.
        atoms = atoms_of(judged).items()
        grave = " | ".join(f"({1 << at} if {self._say(atom, inner)} else 0)" for atom, at in atoms)
        said = self._say(flagged, inner)
        word = f"U{index}" if said == "False" else f"(F{index} if {said} else U{index})"
        inner.lines.append(f"r{index} = {word}{f'[{grave}]' if grave else ''}")
        # A block goes under its head last, so that what is bound before it stands before the head.
        block.lines.append(f"if {clear}: r{index} = CLEAR")
        block.nest("else:", inner)
        top.lines.append(f"if {condition}: r{index} = NOT_APPLICABLE")
        top.nest("else:", block)

    # ── Derived facts ─────────────────────────────────────────────────────────────────────────

    def _mask(self, table: ir.DerivedTable, block: Block) -> str:
        """Return the variable holding the mask of a derived fact's possible values."""
        for each in ir.tables_in_order([table], lambda held: block.find(held) is not None):
            self.bind(each, each.var, block, "derived", partial(self._table, each))
        return block.find(table) or ""

    def _table(self, table: ir.DerivedTable, name: str, block: Block) -> None:
        bits = table.bits
        stated, inner = "", block
        if table.stated is not None:
            stated, inner = self.raw(table.stated, block), block.inside()
        otherwise = bits[table.otherwise]
        if len(table.rows) == 1:
            ((true, false, value),) = table.rows
            holds, fails = self._say(true, inner), self._say(f.given(false, [f.no(true)]), inner)
            inner.lines.append(
                f"{name} = {bits[value]} if {holds} else {otherwise} if {fails} "
                f"else {bits[value] | otherwise}"
            )
        else:
            rows = Block(inner, inner.var, inner.loops + 1)
            for true, false, value in table.rows:
                holds = self._say(true, rows)
                rows.lines += [f"if {holds}:", f"    {name} |= {bits[value]}", "    break"]
                possible = self._say(f.given(f.no(false), [f.no(true)]), rows)
                rows.lines.append(f"if {possible}: {name} |= {bits[value]}")
            rows.lines += [f"{name} |= {otherwise}", "break"]
            inner.lines.append(f"{name} = 0")
            inner.nest("while True:", rows)
        if stated:
            by_value = self.constant(bits, ("bits", *bits.items()))
            block.lines.append(f"if {stated} is not UNKNOWN: {name} = {by_value}[{stated}]")
            block.nest("else:", inner)

    # ── Formulas ──────────────────────────────────────────────────────────────────────────────

    def _say(self, formula: ir.Formula, block: Block, known: _Known = (), depth: int = 0) -> str:
        """
        Return the expression of a formula.

        Args:
            formula: the formula.

            block: where the expression will stand.

            known: what holds wherever the expression is looked at.

            depth: in how many others it stands.
        """
        item, affirmed = ir.parted(formula)
        if source.is_ahead(item):
            return str(not affirmed)  # such a date is made unknown where it is read
        name = self._named(item, block, depth)
        if name is not None:
            return word(name, affirmed=affirmed)
        return self._expression(formula, block, known, depth)

    def _named(self, item: ir.Formula, block: Block, depth: int) -> str | None:
        """Return the variable of a formula that is shared by rules or too deeply nested."""
        if isinstance(item, ir.Exists) and item.so is not f.TRUE:
            return self._found(source.Sought(item), block)
        worth = item in self.shared and isinstance(item, ir.And | ir.Holds | ir.Above)
        if not worth and not (depth > _MOST_NESTED and isinstance(item, ir.And)):
            return block.find(item)

        def write(name: str, home: Block) -> None:
            home.lines.append(f"{name} = {self._expression(item, home)}")

        return self.bind(item, source.owner(item, block.var), block, "so", write)

    def _expression(
        self, formula: ir.Formula, block: Block, known: _Known = (), depth: int = 0
    ) -> str:
        item, affirmed = ir.parted(formula)
        if isinstance(item, ir.Const):
            return str(item.value is affirmed)
        if isinstance(item, ir.And):
            open_, rest = source.ends(item.items)
            ended = (self._found(source.Sought(each, open=True), block) for each in open_)
            parts = [word(each, affirmed=not affirmed) for each in ended]
            for each in rest:
                said = each if affirmed else f.no(each)
                parts.append(self._say(said, block, known, depth + 1))
                known = (*known, each)
            return joined(parts, affirmed=affirmed)
        tests = self._leaf(item, block, known)
        return joined([word(test, affirmed=affirmed) for test in tests], affirmed=affirmed)

    def _leaf(self, item: ir.Formula, block: Block, known: _Known) -> list[Test]:
        """Return the conjuncts of a leaf's expression."""
        match item:
            case ir.IsUnknown(read=fact):
                return [(self.raw(fact, block), "is", "UNKNOWN")]
            case ir.Absent(read=fact):
                return [(self.raw(fact, block), "is", "None")]
            case ir.More(read=ir.FactRead(type=Choices()) as fact):
                return [("UNKNOWN", "in", self.raw(fact, block))]
            case ir.More(read=fact):
                return [(self.counted(fact, block), "<", f"len({self.raw(fact, block)})")]
            case ir.Among(read=fact, values=values):
                return [self._among(self.raw(fact, block), fact.type, values)]
            case ir.Holds():
                return self._holds(item, block, known)
            case ir.Meets(read=fact, wanted=wanted, all=every):
                own = self.raw(fact, block)
                read = isinstance(wanted, ir.FactRead)
                other = self.raw(wanted, block) if read else self.constant(wanted)  # type: ignore[arg-type]
                return [f"{other} <= {own}" if every else f"not {other}.isdisjoint({own})"]
            case ir.Exists(var=ir.Var(list=ir.FactRead() as fact)):
                return [self.counted(fact, block)]
            case ir.Above(one=one, other=other, equal=equal):
                left, right = (self._number(each, block) for each in (one, other))
                return [(left, ">=" if equal else ">", right)]
            case ir.May(table=table, values=values):
                return [
                    f"{self._mask(table, block)} & {sum(table.bits[value] for value in values)}"
                ]
            case _:
                raise AssertionError("it is no leaf")

    def _among(self, name: str, type_: FactType, values: frozenset[Any]) -> Test:
        if len(values) > 1:
            return name, "in", self.constant(values)
        (value,) = values
        # The type decides, not the value: to Python 1 and True are equal, and so are sets of them.
        if isinstance(type_, YesNo):
            return name, "is", str(bool(value))
        return name, "==", self.constant(value)

    def _holds(self, item: ir.Holds, block: Block, known: _Known) -> list[Test]:
        left = self.raw(item.one, block)
        guards = self._there(item.one, block, known)
        fact = item.other if isinstance(item.other, ir.FactRead) else None
        right = self.constant(item.other) if fact is None else self.raw(fact, block)
        if item.op is Op.EQUALS:
            if isinstance(item.type, YesNo):
                guards += self._there(item.other, block, known)
                left, right = f"({left} is True)", f"({right} is True)"
            # What equals a value that is there is there itself.
            return [*guards, (left, "==", right)]
        guards += [] if fact is None else self._there(fact, block, known)
        if item.op is Op.OLDER_THAN:
            day = f"day_before(as_of, {right})"
            if fact is None:
                if right not in self._days:
                    self._days[right] = f"D{len(self._days)}"
                    self._prepared.append(f"{self._days[right]} = {day}")
                day = self._days[right]
            return [*guards, (left, "<", day)]
        if isinstance(item.type, Choice):
            places = {value: place for place, value in enumerate(item.type.values)}
            order = self.constant(places, ("order", item.type))
            left, right = f"{order}[{left}]", f"{order}[{right}]"
        return [*guards, (left, ">=" if item.op is Op.AT_LEAST else ">", right)]

    def _there(self, fact: ir.FactRead, block: Block, known: _Known = ()) -> list[Test]:
        """Return the presence checks needed before a value is compared."""
        there = f.given(f.both(f.no(f.absent(fact)), f.no(f.unrecorded(fact))), known)
        return [] if there is f.TRUE else [self._say(there, block)]

    def _number(self, number: ir.Num, block: Block) -> str:
        name = block.find(number)
        if name is not None:
            return name
        match number:
            case ir.Amount(of=ir.FactRead() as fact):
                name = self.raw(fact, block)
                (there,) = self._there(fact, block)
                return f"({name} if {there} else 0)"
            case ir.Amount(of=value):
                return self.constant(value)
            case ir.Members(read=fact):
                name = self.raw(fact, block)
                return f"(len({name}) - (UNKNOWN in {name}))"
            case ir.Times(one=one, other=other):
                return f"{self._number(one, block)} * {self._number(other, block)}"
            case ir.RecordTotal(var=ir.Var(list=ir.FactRead() as fact), so=so, of=None) if (
                so is f.TRUE
            ):
                return self.counted(fact, block)
            case ir.RecordTotal():
                return self._found(source.Sought(number), block)
            case _:
                raise AssertionError("it is no number")

    # ── Lists ─────────────────────────────────────────────────────────────────────────────────

    def _found(self, sought: source.Sought, block: Block) -> str:
        """Return the variable of one result of a pass over a list, emitting the pass."""
        node = sought.node
        fact = node.var.list
        assert fact is not None  # noqa: S101 - only lists are gone through

        def write(name: str, home: Block) -> None:
            chain = self._chain(sought, home)
            names = {each: name if each == sought else self.fresh("so") for each in chain}
            whole = self.raw(fact, home)
            inner = home.loop(node.var)
            record = inner.names["record", node.var] = self.fresh(fact.path)
            marks = [names[each] for each in chain if each.open]
            if not all(isinstance(each.node, ir.Exists) for each in chain):
                # No record ends the pass, so it sees whether there may be more of them.
                marks.append(home.names.setdefault(f.more(fact), self.fresh("open")))
                home.lines.append(f"{marks[-1]} = False")
            open_ = "".join(f"{mark} = " for mark in marks)
            inner.lines.append(f"if {record} is UNKNOWN:")
            inner.lines += [f"    {open_}True"] if open_ else []
            inner.lines.append("    continue")
            self._pass(chain, names, inner, [])
            for each, said in names.items():
                home.lines.append(f"{said} = {'False' if isinstance(each.node, ir.Exists) else 0}")
                home.names[each] = said
            home.nest(f"for {record} in {whole}:", inner)

        return self.bind(sought, source.owner(node, block.var), block, "so", write)

    def _chain(self, sought: source.Sought, block: Block) -> list[source.Sought]:
        """Return the results of one pass, each restricted to records that met the one before."""
        chain, shared = [sought], sought in self.shared
        for each in self._sought:
            if not isinstance(each, source.Sought) or each in chain or block.find(each):
                continue
            node = each.node
            if node.var is not sought.node.var or (each in self.shared) is not shared:
                continue
            for place in range(len(chain), -1, -1):
                before = all(source.implies(node, other.node) for other in chain[:place])
                after = (source.implies(other.node, node) for other in chain[place:])
                if before and all(after):
                    chain.insert(place, each)
                    break
        return chain

    def _pass(
        self,
        chain: Sequence[source.Sought],
        names: dict[source.Sought, str],
        block: Block,
        passed: list[ir.Formula],
    ) -> None:
        """Emit the loop body of a pass for one result and those chained after it."""
        first, *others = chain
        node, name = first.node, names[first]
        said = self._say(f.given(node.so, passed), block)
        inner = block.inside()
        if isinstance(node, ir.Exists):
            inner.lines.append(f"{name} = True")
        else:
            amount = "1" if node.of is None else self.raw(node.of, inner)
            inner.lines.append(f"{name} = {name} + {amount}")
        if others:
            self._pass(others, names, inner, [*passed, node.so])
        elif all(isinstance(each.node, ir.Exists) for each in names):
            inner.lines.append("break")
        block.nest(f"if {said}:", inner)
