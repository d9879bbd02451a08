"""Names to facts, and nodes to operands: a value is read by the type of its fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import attrs

from govrules.decode.values import Problem, read
from govrules.diagnostics import Code, did_you_mean
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.own import LOCAL
from govrules.parsing import OF_SIGNS
from govrules.rulebook.ast import ParameterValue
from govrules.rulebook.dated import operand_of
from govrules.rulebook.expr import (
    Between,
    By,
    Compare,
    Comparison,
    FactRef,
    FactSource,
    Literal,
    Op,
    Operand,
    Parameter,
)
from govrules.rulebook.types import AGES, OPS, TESTS, are_comparable, type_phrase
from govrules.rulebook.walk import outcomes
from govrules.rulebook.words import DENIED, KEYS, MEANT, NO_TEXTS, SIGNS
from govrules.subjects import EVERY_FACT, WHERE_OWN, Declared, words_of
from govrules.vocabulary import (
    AS_OF,
    Choice,
    Choices,
    FactType,
    Months,
    Record,
    Records,
    Text,
    YesNo,
    closed_values,
    vocabulary_of,
)

T = TypeVar("T")
One = TypeVar("One")


class RefusedError(Exception):
    """A part of a rule that the report refuses."""


def all_read(read: Callable[[One], T], several: Iterable[One]) -> list[T]:
    """
    Read several parts, reporting the problems of all.

    Raises:
        RefusedError: one of them cannot be read.
    """
    found: list[T] = []
    refused: RefusedError | None = None
    for each in several:
        try:
            found.append(read(each))
        except RefusedError as error:
            refused = error
    if refused is not None:
        raise refused
    return found


@attrs.define
class FactResolver:
    """
    Resolves the names of facts in one file.

    Args:
        report: where problems go.

        declared: local and derived facts.
    """

    report: Report
    declared: Declared

    def refused(self, code: Code, message: str, node: Node | None, help_: str) -> RefusedError:
        """Report a problem, and return the error to raise."""
        self.report.add(code, message, node, help_)
        return RefusedError()

    def fact(self, key: Scalar, classes: tuple[type, ...]) -> FactRef:
        """Resolve a fact's name, from the innermost record outwards."""
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
        if path == AS_OF.name:
            return FactRef(path, 0, AS_OF, FactSource.AS_OF, span=span)
        raise self._unknown_fact(key, classes)

    def _unknown_fact(self, key: Scalar, classes: tuple[type, ...]) -> RefusedError:
        path = key.text
        head, _, own = path.partition(".")
        part = vocabulary_of(classes[-1]).facts.get(head)
        at = part.type.cls if part and isinstance(part.type, Record) else classes[-1]
        if at is not classes[-1] and self.declared.derived.get(own, (None, None))[1] is at:
            message = f"`{own}` cannot be tested of `{head}`"
            return self.refused(Code.OWN_FACT_OUT_OF_PLACE, message, key, NOT_OWN)
        owner = self.declared.owner(path)
        if owner is not None:
            message = f"`{path}` is recorded of a {words_of(owner)}, not of a {words_of(at)}"
            return self.refused(Code.OWN_FACT_OUT_OF_PLACE, message, key, WHERE_OWN)
        names = [name for cls in classes for name in vocabulary_of(cls).facts]
        names += [name for name, (_, cls) in self.declared.derived.items() if cls in classes]
        names += [f"{LOCAL}.{name}" for facts in self.declared.own.values() for name in facts]
        names.append(AS_OF.name)
        meant = MEANT.get(path.lower())
        if meant is not None:
            help_ = f"did you mean `{meant}`?"
        elif path in KEYS:
            help_ = f"`{path}` is a key of a rule: indent it like the other keys of the rule"
        elif path in TESTS:
            help_ = f"`{path}` is a test: write it below the fact that it tests"
        else:
            help_ = self._list_help(path, classes) or did_you_mean(path, names) or EVERY_FACT
        return self.refused(Code.UNKNOWN_FACT, f"unknown fact `{path}`", key, help_)

    @staticmethod
    def _list_help(path: str, classes: tuple[type, ...]) -> str:
        for cls in classes:
            for head, fact in vocabulary_of(cls).facts.items():
                tail = path.replace("[]", "").removeprefix(f"{head}.")
                if isinstance(fact.type, Records) and tail != path.replace("[]", ""):
                    return f"`{head}` is a list: write `{head}: {{some: {{{tail}: …}}}}` or `every`"
        return ""


#: What to do where a pack's own fact cannot be tested.
NOT_OWN: Final = "test facts of the vocabulary, or write the rule about a partnership"

_SILENCE: Final = ("unknown", "~", "null")


@attrs.frozen
class Comparand:
    """
    What an operand is compared with: its type, name and scope.

    Attributes:
        fact_type: the type of the value.
        path: what messages call it.
        classes: the classes of the records whose facts can be named, the subject's first.
    """

    fact_type: FactType
    path: str
    classes: tuple[type, ...]


@attrs.define
class OperandReader(FactResolver):
    """
    Reads what facts are compared with.

    Args:
        report: where problems go.

        declared: local and derived facts.

        parameters: the rulebook's thresholds by name.
    """

    parameters: Mapping[str, ParameterValue]

    def operand(self, node: Node, of: Comparand) -> Operand:
        """Read an operand."""
        if isinstance(of.fact_type, Record | Records) and not self._is_none(node):
            raise self.refused(
                Code.TYPE_MISMATCH,
                f"`{of.path}` compares with `none` only",
                node,
                "write `none`, or test the facts in it",
            )
        if isinstance(node, Entries):
            return self._chosen(node, of)
        if isinstance(of.fact_type, Choices):
            return self._set(node, of.fact_type, of.path)
        if isinstance(node, Items):
            raise self.refused(
                Code.WRONG_SHAPE,
                "a single value belongs here",
                node,
                f"write one value; several stand as `{of.path}: [ … ]`",
            )
        if self._is_none(node):
            if not isinstance(of.fact_type, YesNo):
                return Literal(None)
            raise self.refused(
                Code.TYPE_MISMATCH, f"`{of.path}` is yes or no, never none", node, "write `no`"
            )
        if not node.text.strip() or (node.plain and node.text.lower() in _SILENCE):
            raise self.refused(
                Code.SILENCE_AS_VALUE,
                "no rule can test for what nobody recorded",
                node,
                "test a value; an unknown fact becomes a question by itself",
            )
        if isinstance(of.fact_type, Text) and node.plain and node.text in NO_TEXTS:
            raise self.refused(
                Code.TEXT_TESTED_FOR_YES,
                f"`{of.path}` is text, and this asks whether it reads “{node.text}”",
                node,
                f"ask whether there is one: `not: {{ {of.path}: none }}`; "
                f"or whether there is none: `{of.path}: none`",
            )
        sign = SIGNS.match(node.text)
        if sign is not None and not (
            node.text in getattr(of.fact_type, "values", ())
            or (sign[1] == "not" and isinstance(of.fact_type, Text))
        ):
            rest = node.text[sign.end() :].strip() or "…"
            help_ = f"write `not: {{ {of.path}: {rest} }}`"
            if sign[1] not in DENIED:
                help_ = f"write `{of.path}: {{ {OF_SIGNS[sign[1]]}: {rest} }}`"
            raise self.refused(Code.WRONG_SHAPE, f"`{sign[1]}` is no test", node, help_)
        value = read(node.text, of.fact_type)
        if not isinstance(value, Problem):
            return Literal(value)
        mismatch = value.code in (Code.UNREADABLE_VALUE, Code.OUT_OF_RANGE)
        code = Code.TYPE_MISMATCH if mismatch else value.code
        raise self.refused(code, value.about(of.path), node, value.help)

    def _comparison(self, name: str, value: Node, of: Comparand) -> Comparison:
        if name == "between":
            return self._between(value, of)
        of = attrs.evolve(of, fact_type=Months()) if name in AGES else of
        return Compare(OPS[name], self._compared_with(name, value, of))

    def _compared_with(self, name: str, value: Node, of: Comparand) -> Operand:
        operand = self.operand(value, of)
        if name == Op.EQUALS.value or not may_be_none(operand):
            return operand
        raise self.refused(
            Code.TYPE_MISMATCH,
            f"`{name}` compares with a value, and `none` is none",
            value,
            f"write `{of.path}: none` to test for it",
        )

    def _between(self, value: Node, of: Comparand) -> Between:
        two = 2
        if not isinstance(value, Items) or len(value.items) != two:
            raise self.refused(
                Code.WRONG_SHAPE, "`between` takes two values", value, "write `[lowest, highest]`"
            )
        low, high = all_read(lambda each: self.operand(each, of), value.items)
        if may_be_none(low) or may_be_none(high):
            raise self.refused(
                Code.EMPTY_RANGE,
                "`none` is no end of a range",
                value,
                "write `at_least` or `at_most` alone",
            )
        if upside_down(low, high, of.fact_type):
            raise self.refused(
                Code.EMPTY_RANGE,
                "no value lies in this range",
                value,
                "write the lower bound first",
            )
        return Between(low, high)

    def _set(self, node: Node, fact_type: Choices, path: str) -> Operand:
        if self._is_none(node):
            return Literal(None)
        nodes = node.items if isinstance(node, Items) else [node]
        if not nodes:
            raise self.refused(
                Code.EMPTY_CONDITION, "the list of values is empty", node, "name at least one"
            )
        return Literal(frozenset(all_read(lambda each: self._member(each, fact_type, path), nodes)))

    def _member(self, node: Node, fact_type: Choices, path: str) -> str:
        if not isinstance(node, Scalar):
            raise self.refused(
                Code.WRONG_SHAPE,
                f"a value of `{path}` is a single word",
                node,
                f"write `[{fact_type.values[0]}]`",
            )
        if node.text not in fact_type.values:
            raise self.refused(
                Code.UNKNOWN_VALUE,
                f"unknown value `{node.text}` of `{path}`",
                node,
                did_you_mean(node.text, fact_type.values),
            )
        return node.text

    def _chosen(self, node: Entries, of: Comparand) -> Operand:
        keys = {key.text: (key, value) for key, value in node.items}
        if "by" in keys:
            return self._by(node, keys["by"][1], of)
        choosers = [name for name in ("fact", "parameter") if name in keys]
        if len(choosers) != 1 or len(keys) != 1:
            raise self.refused(
                Code.WRONG_SHAPE,
                "a value is a literal, `{fact: …}`, `{parameter: …}` or `{by: …}`",
                node,
                "write one of them",
            )
        key, value = keys[choosers[0]]
        if not isinstance(value, Scalar):
            raise self.refused(
                Code.WRONG_SHAPE,
                f"`{key.text}` takes a name",
                value,
                f"write `{{{key.text}: name}}`",
            )
        if choosers[0] == "fact":
            return self._other_fact(value, of)
        return self._parameter(value, of)

    def _other_fact(self, node: Scalar, of: Comparand) -> Operand:
        ref = self.fact(node, of.classes)
        if ref.path == of.path and ref.level == len(of.classes) - 1:
            raise self.refused(
                Code.COMPARED_WITH_ITSELF,
                f"`{of.path}` is compared with itself, so the test always comes out the same",
                node,
                "compare it with another fact, a value or a parameter",
            )
        if not are_comparable(ref.type, of.fact_type):
            raise self.refused(
                Code.TYPE_MISMATCH,
                f"`{ref.path}` is {type_phrase(ref.type)}, "
                f"where {type_phrase(of.fact_type)} belongs",
                node,
                "compare facts of one type",
            )
        return ref

    def _parameter(self, node: Scalar, of: Comparand) -> Operand:
        found = self.parameters.get(node.text)
        if found is None:
            raise self.refused(
                Code.UNKNOWN_PARAMETER,
                f"unknown parameter `{node.text}`",
                node,
                did_you_mean(node.text, self.parameters)
                or "declare it under `parameters` in `rulebook.yaml`",
            )
        if not are_comparable(found.type, of.fact_type):
            raise self.refused(
                Code.TYPE_MISMATCH,
                f"parameter `{found.name}` is {type_phrase(found.type)}, "
                f"where {type_phrase(of.fact_type)} belongs",
                node,
                "use a parameter of that type",
            )
        return operand_of(found, of.classes[0])

    def _by(self, node: Entries, named: Node, of: Comparand) -> Operand:
        if not isinstance(named, Scalar):
            raise self.refused(
                Code.WRONG_SHAPE,
                "`by` takes the name of a fact",
                named,
                "write `{by: risk_tier, …}`",
            )
        selector = self.fact(named, of.classes)
        values = closed_values(selector.type)
        if not values:
            raise self.refused(
                Code.INCOMPLETE_CHOICE,
                f"`{selector.path}` has no closed list of values to choose by",
                named,
                "choose by a derived fact, a choice or a yes or no",
            )
        words = {_word(value): value for value in values}

        def case(entry: tuple[Scalar, Node]) -> tuple[str | bool, Operand]:
            key, value = entry
            word = key.text.lower() if isinstance(selector.type, YesNo) else key.text
            if word not in words:
                raise self.refused(
                    Code.UNKNOWN_VALUE,
                    f"unknown value `{key.text}` of `{selector.path}`",
                    key,
                    did_you_mean(key.text, words),
                )
            return words[word], self.operand(value, of)

        cases = all_read(case, (item for item in node.items if item[0].text != "by"))
        given = {value for value, _ in cases}
        missing = [word for word, value in words.items() if value not in given]
        if missing:
            raise self.refused(
                Code.INCOMPLETE_CHOICE,
                f"no value is given for `{missing[0]}` of `{selector.path}`",
                named,
                "give a value for each: " + ", ".join(f"`{word}`" for word in words),
            )
        return By(selector, tuple(cases))

    @staticmethod
    def _is_none(node: Node) -> bool:
        return isinstance(node, Scalar) and node.plain and node.text.lower() == "none"


def may_be_none(operand: Operand) -> bool:
    """Tell whether an operand is `none`, or may be by a choice."""
    found = outcomes((operand,))
    return any(isinstance(each, Literal) and each.value is None for each in found)


def upside_down(low: Operand, high: Operand, fact_type: FactType | None) -> bool:
    """Tell whether a range's lower end exceeds its upper one."""
    if not isinstance(low, Literal | Parameter) or not isinstance(high, Literal | Parameter):
        return False
    ends: list[Any] = [low.value, high.value]
    if isinstance(fact_type, Choice):
        ends = [fact_type.values.index(end) for end in ends]
    return bool(ends[0] > ends[1])


def _word(value: str | bool) -> str:  # noqa: FBT001 - a value of a fact
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
