"""Nodes to conditions: every fact found, every value read by the type of its fact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, assert_never

import attrs

from govrules.decode.values import Problem, describe, read, read_duration
from govrules.diagnostics import Code, did_you_mean
from govrules.model import AssessmentFacts, Pair
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.parsing import OF_SIGNS
from govrules.rulebook.ast import ParameterValue
from govrules.rulebook.dated import by_day
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
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
    Plain,
    Predicate,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.rulebook.meant import MEANT, NO_TEXTS, SIGNS
from govrules.rulebook.words import KEYS
from govrules.subjects import EVERY_FACT, Declared, words_of
from govrules.vocabulary import (
    AS_OF,
    COUNTED,
    PER_CENT,
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    closed_values,
    vocabulary_of,
)

_ORDERED: Final = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
#: The tests that compare a date with a length of time.
AGES: Final = tuple(each.value for each in Op if each.is_age)
_OPS: Final = {op.value: op for op in Op}
_SET_OPS: Final = {op.value: op for op in SetOp}
_QUANTITIES: Final = {quantity.value: quantity for quantity in Quantity}
_AGGREGATES: Final = ("count", "sum", "share")
_TESTS: Final = (*_OPS, "between", *_SET_OPS, "known", *_QUANTITIES, *_AGGREGATES)
_CHOOSERS: Final = ("fact", "parameter", "by")
#: What is put together from what is recorded, and never recorded itself.
MADE: Final = (Pair, AssessmentFacts)
_SILENCE: Final = ("unknown", "~", "null")


@attrs.define
class ConditionReader:
    """
    Reads the conditions of one file.

    Args:
        report: where problems go.

        declared: local and derived facts.

        parameters: the rulebook's thresholds by name.

        known_allowed: whether the rule is about records and may test `known`.
    """

    report: Report
    declared: Declared
    parameters: Mapping[str, ParameterValue]
    known_allowed: bool = False

    def condition(self, node: Node | None, classes: tuple[type, ...]) -> Condition | None:
        """
        Read a condition on records of these classes, the subject's first.

        Returns:
            None where the report says why the condition cannot be read.
        """
        if isinstance(node, Items):
            self.report.add(
                Code.WRONG_SHAPE,
                "a condition is a mapping of facts, not a list",
                node,
                "write `all:` or `any:` before the list",
            )
            return None
        if isinstance(node, Scalar) and node.text:
            joined = re.fullmatch(r"([\w.]+):(\S+)", node.text)
            self.report.add(
                Code.WRONG_SHAPE,
                "a condition is a mapping of facts to what is tested",
                node,
                f"put a space after the colon: `{joined[1]}: {joined[2]}`"
                if joined
                else "write `fact: value`",
            )
            return None
        if not isinstance(node, Entries) or not node.items:
            self.report.add(
                Code.EMPTY_CONDITION, "the condition is empty", node, "name a fact, or drop it"
            )
            return None
        parts = [self._entry(key, value, classes) for key, value in node.items]
        return self._joined(parts, node)

    def required_condition(self, node: Node | None, classes: tuple[type, ...]) -> Condition | None:
        """Read a condition whose absence has been reported already."""
        return None if node is None else self.condition(node, classes)

    def _joined(self, parts: list[Condition | None], node: Node) -> Condition | None:
        read = [part for part in parts if part is not None]
        if len(read) != len(parts):
            return None
        return read[0] if len(read) == 1 else All(tuple(read), span=self.report.span(node))

    def _entry(self, key: Scalar, value: Node, classes: tuple[type, ...]) -> Condition | None:
        if key.text in ("all", "any"):
            return self._several(key, value, classes)
        if key.text == "not":
            item = self.condition(value, classes)
            return None if item is None else Not(item, span=self.report.span(key))
        ref = self.fact(key, classes)
        if ref is None or not self._can_be_recorded(ref, key, classes):
            return None
        return self._tests(ref, key, value, classes)

    def _can_be_recorded(self, ref: FactRef, key: Scalar, classes: tuple[type, ...]) -> bool:
        """Tell whether an own fact stands where somebody can record it, and report if not."""
        if ref.source is not FactSource.LOCAL:
            return True
        cls, inner = classes[ref.level], classes[-1]
        if ref.level < len(classes) - 1:
            message = f"`{ref.path}` is recorded of a {words_of(cls)}, not of a {words_of(inner)}"
            help_ = f"each {words_of(inner)} would have the same: test it outside the list"
        elif cls in MADE:
            message = f"nobody can record `{ref.path}` of a {words_of(cls)}"
            help_ = "test facts of the vocabulary, or write the rule about a partnership"
        else:
            return True
        self.report.add(Code.OWN_FACT_OUT_OF_PLACE, message, key, help_)
        return False

    def _several(self, key: Scalar, value: Node, classes: tuple[type, ...]) -> Condition | None:
        nodes: list[Node]
        if isinstance(value, Items):
            nodes = value.items
        elif isinstance(value, Entries):
            nodes = [Entries([pair], pair[0].line, pair[0].column) for pair in value.items]
        else:
            self.report.add(
                Code.WRONG_SHAPE,
                f"`{key.text}` takes a list of conditions",
                value,
                "begin each with `- `",
            )
            return None
        if not nodes:
            self.report.add(
                Code.EMPTY_CONDITION, f"`{key.text}` holds no condition", key, "name at least one"
            )
            return None
        parts = [self.condition(each, classes) for each in nodes]
        if key.text == "all":
            return self._joined(parts, key)
        read = [part for part in parts if part is not None]
        if len(read) != len(parts):
            return None
        return read[0] if len(read) == 1 else AnyOf(tuple(read), span=self.report.span(key))

    def fact(self, key: Scalar, classes: tuple[type, ...]) -> FactRef | None:
        """Find the fact of this name: of the innermost record first, of the subject last."""
        path = key.text
        span = self.report.span(key)
        for level in range(len(classes) - 1, -1, -1):
            cls = classes[level]
            found = vocabulary_of(cls).facts.get(path)
            if found is not None:
                return FactRef(path, level, found, span=span)
            derived = self.declared.derived.get(path)
            if derived is not None and derived[1] is cls:
                return FactRef(path, level, derived[0], FactSource.DERIVED, span=span)
            if path.startswith("local.") and "local" in vocabulary_of(cls).about:
                local = self.declared.local.get(path.removeprefix("local."))
                if local is not None:
                    return FactRef(path, level, local, FactSource.LOCAL, span=span)
        if path == AS_OF.name:
            return FactRef(path, 0, AS_OF, FactSource.AS_OF, span=span)
        self._unknown_fact(key, classes)
        return None

    def _unknown_fact(self, key: Scalar, classes: tuple[type, ...]) -> None:
        path = key.text
        names = [name for cls in classes for name in vocabulary_of(cls).facts]
        names += [name for name, (_, cls) in self.declared.derived.items() if cls in classes]
        names += [f"local.{name}" for name in self.declared.local]
        names.append(AS_OF.name)
        meant = MEANT.get(path.lower())
        if meant is not None:
            help_ = f"did you mean `{meant}`?"
        elif path in KEYS:
            help_ = f"`{path}` is a key of a rule: indent it like the other keys of the rule"
        elif path in _TESTS:
            help_ = f"`{path}` is a test: write it below the fact that it tests"
        else:
            help_ = self._list_help(path, classes) or did_you_mean(path, names) or EVERY_FACT
        self.report.add(Code.UNKNOWN_FACT, f"unknown fact `{path}`", key, help_)

    @staticmethod
    def _list_help(path: str, classes: tuple[type, ...]) -> str:
        for cls in classes:
            for head, fact in vocabulary_of(cls).facts.items():
                tail = path.replace("[]", "").removeprefix(f"{head}.")
                if isinstance(fact.type, Records) and tail != path.replace("[]", ""):
                    return f"`{head}` is a list: write `{head}: {{some: {{{tail}: …}}}}` or `every`"
        return ""

    def _tests(
        self, ref: FactRef, key: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition | None:
        if isinstance(value, Entries) and not self._is_chooser(value):
            if not value.items:
                self.report.add(
                    Code.EMPTY_CONDITION,
                    f"no test of `{ref.path}`",
                    key,
                    did_you_mean("", tests_for(ref.type)),
                )
                return None
            parts = [self._test(ref, test, each, classes) for test, each in value.items]
            return self._joined(parts, key)
        if isinstance(ref.type, Choices) and not self._is_none(value):
            self.report.add(
                Code.TEST_NOT_FOR_TYPE,
                f"`{ref.path}` is a set, which is not compared with a value",
                value,
                "use `includes`, `includes_all` or `missing_any_of`",
            )
            return None
        if isinstance(ref.type, Record | Records) and not self._is_none(value):
            self.report.add(
                Code.TEST_NOT_FOR_TYPE,
                f"`{ref.path}` is {self._described(ref)}, which is not compared with a value",
                value,
                "write `none`, or test the facts in it",
            )
            return None
        predicate: ValueTest | None
        if isinstance(value, Items):
            predicate = self._one_of(ref, value, classes)
        else:
            operand = self.operand(value, ref.type, ref.path, classes)
            predicate = None if operand is None else Compare(Op.EQUALS, operand)
        return None if predicate is None else Test(ref, predicate, span=self.report.span(key))

    @staticmethod
    def _is_chooser(node: Entries) -> bool:
        return any(key.text in _CHOOSERS for key, _ in node.items)

    @staticmethod
    def _is_none(node: Node) -> bool:
        return isinstance(node, Scalar) and node.plain and node.text.lower() == "none"

    @staticmethod
    def _described(ref: FactRef) -> str:
        return "a list of records" if isinstance(ref.type, Records) else "a record"

    def _one_of(self, ref: FactRef, node: Items, classes: tuple[type, ...]) -> OneOf | None:
        if not node.items:
            self.report.add(
                Code.EMPTY_CONDITION, "the list of values is empty", node, "name at least one"
            )
            return None
        operands = [self.operand(each, ref.type, ref.path, classes) for each in node.items]
        read = tuple(operand for operand in operands if operand is not None)
        return OneOf(read) if len(read) == len(operands) else None

    def _test(
        self, ref: FactRef, test: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition | None:
        name = test.text
        span = self.report.span(test)
        if name == "known":
            return self._known(ref, test, value)
        if name in _QUANTITIES and isinstance(ref.type, Records):
            where = self.condition(value, (*classes, ref.type.cls))
            return where if where is None else Quantified(_QUANTITIES[name], ref, where, span=span)
        if name in _AGGREGATES and self._aggregates(ref, name):
            return self._aggregate(ref, test, value, classes)
        if name not in _TESTS:
            meant = MEANT.get(name.lower(), name)
            help_ = did_you_mean(meant, tests_for(ref.type))
            if meant in _TESTS and meant not in tests_for(ref.type):
                help_ = f"`{ref.path}` takes: " + ", ".join(tests_for(ref.type))
            self.report.add(Code.UNKNOWN_TEST, f"unknown test `{name}`", test, help_)
            return None
        if name not in tests_for(ref.type):
            self.report.add(
                Code.TEST_NOT_FOR_TYPE,
                f"`{name}` does not test `{ref.path}`, which is {_name_of(ref.type)}",
                test,
                "allowed: " + ", ".join(f"`{each}`" for each in tests_for(ref.type)),
            )
            return None
        predicate = self._predicate(name, ref.type, ref.path, value, classes)
        return None if predicate is None else Test(ref, predicate, span=span)

    @staticmethod
    def _aggregates(ref: FactRef, name: str) -> bool:
        return isinstance(ref.type, Records) or (name == "count" and isinstance(ref.type, Choices))

    def _known(self, ref: FactRef, test: Scalar, value: Node) -> Condition | None:
        if not self.known_allowed:
            self.report.add(
                Code.KNOWN_OUTSIDE_RECORDS,
                "`known` is only for register rules marked `about: records`",
                test,
                "test the value; what nobody recorded becomes a question by itself",
            )
            return None
        word = value.text.lower() if isinstance(value, Scalar) else ""
        answer = read(word, YesNo())
        if isinstance(answer, Problem):
            self.report.add(
                Code.TYPE_MISMATCH, "`known` takes yes or no", value, "write `known: yes`"
            )
            return None
        return Known(ref, bool(answer), span=self.report.span(test))

    def _predicate(
        self,
        name: str,
        fact_type: FactType,
        path: str,
        value: Node,
        classes: tuple[type, ...],
    ) -> Predicate | None:
        if name in _SET_OPS:
            operand = self._compared_with(name, fact_type, path, value, classes)
            return None if operand is None else Includes(_SET_OPS[name], operand)
        return self._comparison(name, fact_type, path, value, classes)

    def _comparison(
        self,
        name: str,
        fact_type: FactType,
        path: str,
        value: Node,
        classes: tuple[type, ...],
    ) -> Comparison | None:
        if name == "between":
            return self._between(fact_type, path, value, classes)
        of = Months() if name in AGES else fact_type
        operand = self._compared_with(name, of, path, value, classes)
        return None if operand is None else Compare(_OPS[name], operand)

    def _compared_with(
        self,
        name: str,
        fact_type: FactType,
        path: str,
        value: Node,
        classes: tuple[type, ...],
    ) -> Operand | None:
        operand = self.operand(value, fact_type, path, classes)
        if operand is None or name == Op.EQUALS.value or not may_be_none(operand):
            return operand
        self.report.add(
            Code.TYPE_MISMATCH,
            f"`{name}` compares with a value, and `none` is none",
            value,
            f"write `{path}: none` to test for it",
        )
        return None

    def _between(
        self, fact_type: FactType, path: str, value: Node, classes: tuple[type, ...]
    ) -> Between | None:
        two = 2
        if not isinstance(value, Items) or len(value.items) != two:
            self.report.add(
                Code.WRONG_SHAPE, "`between` takes two values", value, "write `[lowest, highest]`"
            )
            return None
        low, high = (self.operand(each, fact_type, path, classes) for each in value.items)
        if low is None or high is None:
            return None
        if may_be_none(low) or may_be_none(high):
            self.report.add(
                Code.EMPTY_RANGE,
                "`none` is no end of a range",
                value,
                "write `at_least` or `at_most` alone",
            )
            return None
        if upside_down(low, high, fact_type):
            self.report.add(
                Code.EMPTY_RANGE,
                "no value lies in this range",
                value,
                "write the lower bound first",
            )
            return None
        return Between(low, high)

    def operand(
        self, node: Node, fact_type: FactType, path: str, classes: tuple[type, ...]
    ) -> Operand | None:
        """Read what a fact is compared with."""
        if isinstance(fact_type, Record | Records) and not self._is_none(node):
            self.report.add(
                Code.TYPE_MISMATCH,
                f"`{path}` compares with `none` only",
                node,
                "write `none`, or test the facts in it",
            )
            return None
        if isinstance(node, Entries):
            return self._chosen(node, fact_type, path, classes)
        if isinstance(fact_type, Choices):
            return self._set(node, fact_type, path)
        if isinstance(node, Items):
            self.report.add(
                Code.WRONG_SHAPE, "a single value belongs here", node, "write one value"
            )
            return None
        if self._is_none(node):
            if not isinstance(fact_type, YesNo):
                return Literal(None)
            self.report.add(
                Code.TYPE_MISMATCH, f"`{path}` is yes or no, never none", node, "write `no`"
            )
            return None
        if not node.text.strip() or (node.plain and node.text.lower() in _SILENCE):
            self.report.add(
                Code.SILENCE_AS_VALUE,
                "no rule can test for what nobody recorded",
                node,
                "test a value; an unknown fact becomes a question by itself",
            )
            return None
        if isinstance(fact_type, Text) and node.plain and node.text in NO_TEXTS:
            self.report.add(
                Code.TEXT_TESTED_FOR_YES,
                f"`{path}` is text, and this asks whether it reads “{node.text}”",
                node,
                f"ask whether there is one: `not: {{ {path}: none }}`; "
                f"or whether there is none: `{path}: none`",
            )
            return None
        sign = SIGNS.match(node.text)
        if sign is not None and node.text not in getattr(fact_type, "values", ()):
            test, rest = OF_SIGNS[sign[1]], node.text[sign.end() :].strip()
            self.report.add(
                Code.WRONG_SHAPE,
                f"`{sign[1]}` is no test",
                node,
                f"write `{path}: {{ {test}: {rest or '…'} }}`",
            )
            return None
        value = read(node.text, fact_type)
        if not isinstance(value, Problem):
            return Literal(value)
        mismatch = value.code in (Code.UNREADABLE_VALUE, Code.OUT_OF_RANGE)
        code = Code.TYPE_MISMATCH if mismatch else value.code
        self.report.add(code, value.about(path), node, value.help)
        return None

    def _set(self, node: Node, fact_type: Choices, path: str) -> Operand | None:
        if self._is_none(node):
            return Literal(None)
        nodes = node.items if isinstance(node, Items) else [node]
        if not nodes:
            self.report.add(
                Code.EMPTY_CONDITION, "the list of values is empty", node, "name at least one"
            )
            return None
        before = self.report.errors
        members: set[str] = set()
        for each in nodes:
            if not isinstance(each, Scalar):
                self.report.add(
                    Code.WRONG_SHAPE,
                    f"a value of `{path}` is a single word",
                    each,
                    f"write `[{fact_type.values[0]}]`",
                )
            elif each.text in fact_type.values:
                members.add(each.text)
            else:
                self.report.add(
                    Code.UNKNOWN_VALUE,
                    f"unknown value `{each.text}` of `{path}`",
                    each,
                    did_you_mean(each.text, fact_type.values),
                )
        return Literal(frozenset(members)) if self.report.errors == before else None

    def _chosen(
        self, node: Entries, fact_type: FactType, path: str, classes: tuple[type, ...]
    ) -> Operand | None:
        keys = {key.text: (key, value) for key, value in node.items}
        if "by" in keys:
            return self._by(node, keys, fact_type, path, classes)
        choosers = [name for name in ("fact", "parameter") if name in keys]
        if len(choosers) != 1 or len(keys) != 1:
            self.report.add(
                Code.WRONG_SHAPE,
                "a value is a literal, `{fact: …}`, `{parameter: …}` or `{by: …}`",
                node,
                "write one of them",
            )
            return None
        key, value = keys[choosers[0]]
        if not isinstance(value, Scalar):
            self.report.add(
                Code.WRONG_SHAPE,
                f"`{key.text}` takes a name",
                value,
                f"write `{{{key.text}: name}}`",
            )
            return None
        if choosers[0] == "fact":
            return self._other_fact(value, fact_type, path, classes)
        return self._parameter(value, fact_type, classes)

    def _other_fact(
        self, node: Scalar, fact_type: FactType, path: str, classes: tuple[type, ...]
    ) -> Operand | None:
        ref = self.fact(node, classes)
        if ref is None:
            return None
        if ref.path == path and ref.level == len(classes) - 1:
            self.report.add(
                Code.COMPARED_WITH_ITSELF,
                f"`{path}` is compared with itself, so the test always comes out the same",
                node,
                "compare it with another fact, a value or a parameter",
            )
            return None
        if not comparable(ref.type, fact_type):
            self.report.add(
                Code.TYPE_MISMATCH,
                f"`{ref.path}` is {_name_of(ref.type)}, where {_name_of(fact_type)} belongs",
                node,
                "compare facts of one type",
            )
            return None
        return ref

    def _parameter(
        self, node: Scalar, fact_type: FactType, classes: tuple[type, ...]
    ) -> Operand | None:
        found = self.parameters.get(node.text)
        if found is None:
            self.report.add(
                Code.UNKNOWN_PARAMETER,
                f"unknown parameter `{node.text}`",
                node,
                did_you_mean(node.text, self.parameters)
                or "declare it under `parameters` in `rulebook.yaml`",
            )
            return None
        if not comparable(found.type, fact_type):
            self.report.add(
                Code.TYPE_MISMATCH,
                f"parameter `{found.name}` is {_name_of(found.type)}, "
                f"where {_name_of(fact_type)} belongs",
                node,
                "use a parameter of that type",
            )
            return None
        if not found.dated:
            return Parameter(found.name, found.value)
        return by_day(found, classes[0])

    def _by(
        self,
        node: Entries,
        keys: dict[str, tuple[Scalar, Node]],
        fact_type: FactType,
        path: str,
        classes: tuple[type, ...],
    ) -> Operand | None:
        _, named = keys["by"]
        if not isinstance(named, Scalar):
            self.report.add(
                Code.WRONG_SHAPE,
                "`by` takes the name of a fact",
                named,
                "write `{by: risk_tier, …}`",
            )
            return None
        selector = self.fact(named, classes)
        if selector is None:
            return None
        values = closed_values(selector.type)
        if not values:
            self.report.add(
                Code.INCOMPLETE_CHOICE,
                f"`{selector.path}` has no closed list of values to choose by",
                named,
                "choose by a derived fact, a choice or a yes or no",
            )
            return None
        cases: list[tuple[str | bool, Operand]] = []
        complete = True
        words = {_word(value): value for value in values}
        for key, value in node.items:
            word = key.text.lower() if isinstance(selector.type, YesNo) else key.text
            if key.text == "by":
                continue
            if word not in words:
                self.report.add(
                    Code.UNKNOWN_VALUE,
                    f"unknown value `{key.text}` of `{selector.path}`",
                    key,
                    did_you_mean(key.text, words),
                )
                complete = False
                continue
            operand = self.operand(value, fact_type, path, classes)
            complete = complete and operand is not None
            if operand is not None:
                cases.append((words[word], operand))
        missing = [
            word for word, value in words.items() if value not in {each for each, _ in cases}
        ]
        if complete and missing:
            self.report.add(
                Code.INCOMPLETE_CHOICE,
                f"no value is given for `{missing[0]}` of `{selector.path}`",
                named,
                "give a value for each: " + ", ".join(f"`{word}`" for word in words),
            )
        return By(selector, tuple(cases)) if complete and not missing else None

    def _aggregate(
        self, ref: FactRef, test: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition | None:
        if not isinstance(value, Entries):
            self.report.add(
                Code.WRONG_SHAPE,
                f"`{test.text}` takes a mapping",
                value,
                f"write `{test.text}: {{at_least: …}}`",
            )
            return None
        inner = (*classes, ref.type.cls) if isinstance(ref.type, Records) else classes
        parts = {"count": ("where",), "sum": ("of", "where"), "share": ("among", "where")}
        allowed = parts[test.text] if isinstance(ref.type, Records) else ()
        given = {key.text: each for key, each in value.items if key.text in allowed}
        conditions: dict[str, Condition | None] = {}
        for name in ("among", "where"):
            if name in given:
                conditions[name] = self.condition(given[name], inner)
        if any(each is None for each in conditions.values()):
            return None
        where = conditions.get("where")
        of = self._summed(given, test, inner) if test.text == "sum" else None
        if test.text == "sum" and of is None:
            return None
        if test.text == "share" and where is None:
            self.report.add(Code.MISSING_KEY, "`share` needs `where`", test, "say share of which")
            return None
        fact_type = self._aggregate_type(test.text, of)
        tests = [(key, each) for key, each in value.items if key.text not in allowed]
        if not tests:
            self.report.add(
                Code.EMPTY_CONDITION, f"`{test.text}` compares with nothing", test, "add `at_least`"
            )
            return None
        span = self.report.span(test)

        def build(predicate: Comparison) -> Condition:
            if of is not None:
                return Sum(ref, of, where, predicate, span=span)
            if where is not None and test.text == "share":
                return Share(ref, conditions.get("among"), where, predicate, span=span)
            return Count(ref, where, predicate, span=span)

        read = [
            self._aggregate_predicate(key, each, fact_type, test.text, classes)
            for key, each in tests
        ]
        built = [None if predicate is None else build(predicate) for predicate in read]
        return self._joined(built, test)

    def _summed(
        self, given: dict[str, Node], test: Scalar, classes: tuple[type, ...]
    ) -> FactRef | None:
        named = given.get("of")
        if not isinstance(named, Scalar):
            self.report.add(Code.MISSING_KEY, "`sum` needs `of`", test, "name the number to add up")
            return None
        of = self.fact(named, classes)
        if of is None:
            return None
        if not isinstance(of.type, Number | Money) or of.level != len(classes) - 1:
            self.report.add(
                Code.TYPE_MISMATCH,
                f"`{of.path}` is no number of the records that are added up",
                named,
                "name a number or an amount of the record",
            )
            return None
        return of

    @staticmethod
    def _aggregate_type(name: str, of: FactRef | None) -> FactType:
        if name == "share":
            return PER_CENT
        return COUNTED if of is None else of.type

    def _aggregate_predicate(
        self,
        key: Scalar,
        value: Node,
        fact_type: FactType,
        path: str,
        classes: tuple[type, ...],
    ) -> Comparison | None:
        allowed = ("equals", *(op.value for op in _ORDERED), "between")
        if key.text not in allowed:
            self.report.add(
                Code.UNKNOWN_TEST,
                f"unknown test `{key.text}` of a {path}",
                key,
                did_you_mean(key.text, allowed),
            )
            return None
        return self._comparison(key.text, fact_type, path, value, classes)


def tests_for(fact_type: FactType) -> tuple[str, ...]:
    """Return the names of the tests that a fact of this type can stand."""
    ordered = ("equals", *(op.value for op in _ORDERED), "between")
    match fact_type:
        case Number() | Money() | Months() | Choice(ordered=True):
            return ordered
        case Date():
            return (*ordered, *AGES)
        case Choices():
            return (*_SET_OPS, "count")
        case Records():
            return (*_QUANTITIES, *_AGGREGATES)
        case YesNo() | Text() | Choice() | Record():
            return ("equals",)
        case _:
            assert_never(fact_type)


def comparable(one: FactType, other: FactType) -> bool:
    """Tell whether values of two types can be compared."""
    if isinstance(one, Number | Money) and isinstance(other, Number | Money):
        return isinstance(one, Money) == isinstance(other, Money)
    if isinstance(one, Choice) and isinstance(other, Choice):
        return one.values == other.values
    if isinstance(one, Choices) and isinstance(other, Choices):
        return one.values == other.values
    return type(one) is type(other)


def may_be_none(operand: Operand) -> bool:
    """Tell whether an operand is `none`, or can be by a choice."""
    match operand:
        case Literal(value):
            return value is None
        case By(cases=cases):
            return any(may_be_none(case) for _, case in cases)
        case _:
            return False


def upside_down(low: Operand, high: Operand, fact_type: FactType | None) -> bool:
    """Tell whether the lower end of a range is above the upper one."""
    if not isinstance(low, Literal | Parameter) or not isinstance(high, Literal | Parameter):
        return False
    ends: list[Any] = [low.value, high.value]
    if isinstance(fact_type, Choice):
        ends = [fact_type.values.index(each) for each in ends]
    return bool(ends[0] > ends[1])


def read_parameter_type(node: Scalar, unit: str) -> tuple[Plain, FactType] | None:
    """Read a parameter's value; its own form and its unit say of which type it is."""
    text = node.text.strip()
    if unit == "pounds" or text.startswith("£"):
        return _typed(text, Money())
    duration = read_duration(text)
    if not isinstance(duration, Problem):
        return duration, Months()
    return _typed(text, Date()) or _typed(text, Number(unit=unit))


def _typed(text: str, fact_type: FactType) -> tuple[Plain, FactType] | None:
    value = read(text, fact_type)
    return None if isinstance(value, Problem) else (value, fact_type)


def _word(value: str | bool) -> str:  # noqa: FBT001 - a value of a fact
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _name_of(fact_type: FactType) -> str:
    match fact_type:
        case Record():
            return "a record"
        case Records():
            return "a list of records"
        case Choices():
            return "a set of values"
        case Choice():
            return "a choice"
        case Date():
            return "a date"
        case Months():
            return "a length of time"
        case _:
            return describe(fact_type)
