"""Nodes to conditions: every fact found, every value read by the type of its fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from govrules.decode.values import Problem, read
from govrules.diagnostics import Code, did_you_mean
from govrules.nodes import Entries, Items, Node, Scalar
from govrules.own import LOCAL
from govrules.parsing import OF_SIGNS
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Count,
    FactRef,
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
from govrules.rulebook.operands import (
    Comparand,
    One,
    OperandReader,
    RefusedError,
    all_read,
)
from govrules.rulebook.types import (
    AGGREGATES,
    ORDERED,
    QUANTITIES,
    SET_OPS,
    TESTS,
    tests_for,
    type_phrase,
)
from govrules.rulebook.words import DENIED, MEANT, ONE_OF
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

_JOINS: Final[Mapping[str, type[All | AnyOf]]] = {"all": All, "any": AnyOf}
_CHOOSERS: Final = ("fact", "parameter", "by")


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
            None where there is none, or the report says why it cannot be read.
        """
        try:
            return None if node is None else self._condition(node, classes)
        except RefusedError:
            return None

    def _condition(self, node: Node, classes: tuple[type, ...]) -> Condition:
        if isinstance(node, Items):
            raise self.refused(
                Code.WRONG_SHAPE,
                "a condition is a mapping of facts, not a list",
                node,
                "write `all:` or `any:` before the list",
            )
        if isinstance(node, Scalar) and node.text:
            joined = re.fullmatch(r"([\w.]+):(\S+)", node.text)
            raise self.refused(
                Code.WRONG_SHAPE,
                "a condition is a mapping of facts to what is tested",
                node,
                f"put a space after the colon: `{joined[1]}: {joined[2]}`"
                if joined
                else "write `fact: value`",
            )
        if not isinstance(node, Entries) or not node.items:
            raise self.refused(
                Code.EMPTY_CONDITION, "the condition is empty", node, "name a fact, or drop it"
            )
        return self._joined(lambda each: self._entry(*each, classes), node.items, node)

    def _joined(
        self,
        read: Callable[[One], Condition],
        several: Iterable[One],
        node: Node,
        kind: type[All | AnyOf] = All,
    ) -> Condition:
        items = all_read(read, several)
        return items[0] if len(items) == 1 else kind(tuple(items), span=self.report.span(node))

    def _entry(self, key: Scalar, value: Node, classes: tuple[type, ...]) -> Condition:
        if key.text in _JOINS:
            return self._several(key, value, classes)
        if key.text == "not":
            return Not(self._condition(value, classes), span=self.report.span(key))
        ref = self.fact(key, classes)
        self._check_recorded(ref, key, classes)
        return self._tests(ref, key, value, classes)

    def _check_recorded(self, ref: FactRef, key: Scalar, classes: tuple[type, ...]) -> None:
        """Refuse an outer record's own fact that reads as a list record's."""
        cls, inner = classes[ref.level], classes[-1]
        if ref.level < len(classes) - 1 and ref.path.startswith(f"{LOCAL}."):
            message = f"`{ref.path}` is recorded of a {words_of(cls)}, not of a {words_of(inner)}"
            help_ = f"each {words_of(inner)} would have the same: test it outside the list"
            raise self.refused(Code.OWN_FACT_OUT_OF_PLACE, message, key, help_)

    def _several(self, key: Scalar, value: Node, classes: tuple[type, ...]) -> Condition:
        nodes: list[Node]
        if isinstance(value, Items):
            nodes = value.items
        elif isinstance(value, Entries):
            nodes = [Entries([pair], pair[0].line, pair[0].column) for pair in value.items]
        else:
            raise self.refused(
                Code.WRONG_SHAPE,
                f"`{key.text}` takes a list of conditions",
                value,
                "begin each with `- `",
            )
        if not nodes:
            raise self.refused(
                Code.EMPTY_CONDITION, f"`{key.text}` holds no condition", key, "name at least one"
            )
        kind = _JOINS[key.text]
        return self._joined(lambda each: self._condition(each, classes), nodes, key, kind)

    def _tests(
        self, ref: FactRef, key: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition:
        if isinstance(value, Entries) and not self._is_chooser(value):
            if not value.items:
                raise self.refused(
                    Code.EMPTY_CONDITION,
                    f"no test of `{ref.path}`",
                    key,
                    did_you_mean("", tests_for(ref.type)),
                )
            return self._joined(lambda each: self._test(ref, *each, classes), value.items, key)
        if isinstance(ref.type, Choices) and not self._is_none(value):
            raise self.refused(
                Code.TEST_NOT_FOR_TYPE,
                f"`{ref.path}` is a set, which is not compared with a value",
                value,
                "use `includes`, `includes_all` or `missing_any_of`",
            )
        if isinstance(ref.type, Record | Records) and not self._is_none(value):
            raise self.refused(
                Code.TEST_NOT_FOR_TYPE,
                f"`{ref.path}` is {type_phrase(ref.type)}, which is not compared with a value",
                value,
                "write `none`, or test the facts in it",
            )
        of = Comparand(ref.type, ref.path, classes)
        predicate: ValueTest
        if isinstance(value, Items):
            predicate = self._one_of(value, of)
        else:
            predicate = Compare(Op.EQUALS, self.operand(value, of))
        return Test(ref, predicate, span=self.report.span(key))

    @staticmethod
    def _is_chooser(node: Entries) -> bool:
        return any(key.text in _CHOOSERS for key, _ in node.items)

    def _one_of(self, node: Items, of: Comparand) -> OneOf:
        if not node.items:
            raise self.refused(
                Code.EMPTY_CONDITION, "the list of values is empty", node, "name at least one"
            )
        return OneOf(tuple(all_read(lambda each: self.operand(each, of), node.items)))

    def _test(
        self, ref: FactRef, test: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition:
        name = test.text
        span = self.report.span(test)
        if name == "known":
            return self._known(ref, test, value)
        if name in QUANTITIES and isinstance(ref.type, Records):
            where = self._condition(value, (*classes, ref.type.cls))
            return Quantified(QUANTITIES[name], ref, where, span=span)
        counted = isinstance(ref.type, Choices) and name == "count"
        if counted or (name in AGGREGATES and isinstance(ref.type, Records)):
            return self._aggregate(ref, test, value, classes)
        if name not in TESTS:
            tests = tests_for(ref.type)
            help_ = _test_meant(name, ref.path, tests)
            if name in ONE_OF and "equals" in tests:
                help_ = f"write `{ref.path}: [ … ]`"
            raise self.refused(Code.UNKNOWN_TEST, f"unknown test `{name}`", test, help_)
        if name not in tests_for(ref.type):
            raise self.refused(
                Code.TEST_NOT_FOR_TYPE,
                f"`{name}` does not test `{ref.path}`, which is {type_phrase(ref.type)}",
                test,
                "allowed: " + ", ".join(f"`{each}`" for each in tests_for(ref.type)),
            )
        of = Comparand(ref.type, ref.path, classes)
        predicate: Predicate
        if name in SET_OPS:
            predicate = Includes(SET_OPS[name], self._compared_with(name, value, of))
        else:
            predicate = self._comparison(name, value, of)
        return Test(ref, predicate, span=span)

    def _known(self, ref: FactRef, test: Scalar, value: Node) -> Condition:
        if not self.known_allowed:
            raise self.refused(
                Code.KNOWN_OUTSIDE_RECORDS,
                "`known` is only for register rules marked `about: records`",
                test,
                "test the value; what nobody recorded becomes a question by itself",
            )
        word = value.text.lower() if isinstance(value, Scalar) else ""
        answer = read(word, YesNo())
        if isinstance(answer, Problem):
            raise self.refused(
                Code.TYPE_MISMATCH, "`known` takes yes or no", value, "write `known: yes`"
            )
        return Known(ref, bool(answer), span=self.report.span(test))

    def _aggregate(
        self, ref: FactRef, test: Scalar, value: Node, classes: tuple[type, ...]
    ) -> Condition:
        if not isinstance(value, Entries):
            raise self.refused(
                Code.WRONG_SHAPE,
                f"`{test.text}` takes a mapping",
                value,
                f"write `{test.text}: {{at_least: …}}`",
            )
        inner = (*classes, ref.type.cls) if isinstance(ref.type, Records) else classes
        parts = {"count": ("where",), "sum": ("of", "where"), "share": ("among", "where")}
        allowed = parts[test.text] if isinstance(ref.type, Records) else ()
        given = {key.text: each for key, each in value.items if key.text in allowed}
        parted = [name for name in ("among", "where") if name in given]
        read_ = all_read(lambda name: self._condition(given[name], inner), parted)
        conditions = dict(zip(parted, read_, strict=True))
        where = conditions.get("where")
        summed = self._summed(given, test, inner) if test.text == "sum" else None
        if test.text == "share" and where is None:
            raise self.refused(
                Code.MISSING_KEY, "`share` needs `where`", test, "say share of which"
            )
        fact_type: FactType = COUNTED if summed is None else summed.type
        fact_type = PER_CENT if test.text == "share" else fact_type
        of = Comparand(fact_type, test.text, classes)
        tests = [(key, each) for key, each in value.items if key.text not in allowed]
        if not tests:
            raise self.refused(
                Code.EMPTY_CONDITION, f"`{test.text}` compares with nothing", test, "add `at_least`"
            )
        span = self.report.span(test)

        def build(predicate: Comparison) -> Condition:
            if summed is not None:
                return Sum(ref, summed, where, predicate, span=span)
            if where is not None and test.text == "share":
                return Share(ref, conditions.get("among"), where, predicate, span=span)
            return Count(ref, where, predicate, span=span)

        return self._joined(
            lambda each: build(self._aggregate_predicate(*each, of)),
            tests,
            test,
        )

    def _summed(self, given: dict[str, Node], test: Scalar, classes: tuple[type, ...]) -> FactRef:
        named = given.get("of")
        if not isinstance(named, Scalar):
            raise self.refused(
                Code.MISSING_KEY, "`sum` needs `of`", test, "name the number to add up"
            )
        of = self.fact(named, classes)
        if not isinstance(of.type, Number | Money) or of.level != len(classes) - 1:
            raise self.refused(
                Code.TYPE_MISMATCH,
                f"`{of.path}` is no number of the records that are added up",
                named,
                "name a number or an amount of the record",
            )
        return of

    def _aggregate_predicate(self, key: Scalar, value: Node, of: Comparand) -> Comparison:
        allowed = ("equals", *(op.value for op in ORDERED), "between")
        if key.text not in allowed:
            raise self.refused(
                Code.UNKNOWN_TEST,
                f"unknown test `{key.text}` of a {of.path}",
                key,
                _test_meant(key.text, of.path, allowed),
            )
        return self._comparison(key.text, value, of)


def _test_meant(written: str, path: str, tests: Sequence[str]) -> str:
    """Return the proper spelling of a test written otherwise."""
    word = re.sub(r"[\s-]+", "_", written.lower())
    meant = OF_SIGNS.get(word) or MEANT.get(word, word)
    denies = re.fullmatch(r"(?:is_|does_)?not?_(\w+)", word)
    denied = DENIED.get(word) or (denies and MEANT.get(denies[1], denies[1]))
    if meant not in tests and denied in tests:
        return f"write `{denied}` here, and the whole test below `not:`"
    if meant in TESTS and meant not in tests:
        return f"`{path}` takes: " + ", ".join(f"`{test}`" for test in tests)
    return did_you_mean(meant, tests)
