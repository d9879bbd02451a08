"""Nodes to conditions: every fact found, every value read by the type of its fact."""

from __future__ import annotations

import re
from typing import Final

import attrs

from govrules.decode.values import Problem, read
from govrules.diagnostics import Code, did_you_mean
from govrules.model import AssessmentFacts, Pair
from govrules.nodes import Entries, Items, Node, Scalar
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Count,
    FactRef,
    FactSource,
    Includes,
    Known,
    Not,
    OneOf,
    Op,
    Predicate,
    Quantified,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.rulebook.operands import OperandReader
from govrules.rulebook.types import (
    AGGREGATES,
    ORDERED,
    QUANTITIES,
    SET_OPS,
    TESTS,
    tests_for,
    type_phrase,
)
from govrules.rulebook.words import MEANT
from govrules.subjects import words_of
from govrules.vocabulary import (
    COUNTED,
    PER_CENT,
    Choices,
    FactType,
    Money,
    Number,
    Record,
    Records,
    YesNo,
)

_CHOOSERS: Final = ("fact", "parameter", "by")
#: What is put together from what is recorded, and never recorded itself.
MADE: Final = (Pair, AssessmentFacts)


@attrs.define
class ConditionReader(OperandReader):
    """
    Reads the conditions of one file.

    Args:
        report: where problems go.

        declared: local and derived facts.

        parameters: the rulebook's thresholds by name.

        known_allowed: whether the rule is about records and may test `known`.
    """

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
        """Tell whether a local fact can be recorded for the records of its class; report if not."""
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
        if name in QUANTITIES and isinstance(ref.type, Records):
            where = self.condition(value, (*classes, ref.type.cls))
            return where if where is None else Quantified(QUANTITIES[name], ref, where, span=span)
        if name in AGGREGATES and self._aggregates(ref, name):
            return self._aggregate(ref, test, value, classes)
        if name not in TESTS:
            meant = MEANT.get(name.lower(), name)
            tests = tests_for(ref.type)
            help_ = did_you_mean(meant, tests)
            if meant in TESTS and meant not in tests:
                help_ = f"`{ref.path}` takes: " + ", ".join(f"`{each}`" for each in tests)
            self.report.add(Code.UNKNOWN_TEST, f"unknown test `{name}`", test, help_)
            return None
        if name not in tests_for(ref.type):
            self.report.add(
                Code.TEST_NOT_FOR_TYPE,
                f"`{name}` does not test `{ref.path}`, which is {type_phrase(ref.type)}",
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
        if name in SET_OPS:
            operand = self._compared_with(name, fact_type, path, value, classes)
            return None if operand is None else Includes(SET_OPS[name], operand)
        return self._comparison(name, fact_type, path, value, classes)

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
        allowed = ("equals", *(op.value for op in ORDERED), "between")
        if key.text not in allowed:
            self.report.add(
                Code.UNKNOWN_TEST,
                f"unknown test `{key.text}` of a {path}",
                key,
                did_you_mean(key.text, allowed),
            )
            return None
        return self._comparison(key.text, fact_type, path, value, classes)
