"""Nodes to the values of single facts, each read by the declared type of the fact."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import attrs

from govrules.decode.problems import Problem, describe
from govrules.decode.states import NIL_WORDS, PLACEHOLDERS, VALUE, YES_OR_NO, fold, state_of
from govrules.decode.values import decoder, is_placeholder, read, read_choice
from govrules.diagnostics import Code, did_you_mean
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import Choice, Choices, Fact, FactType, Record, Records, Text, YesNo

EVERY_VALUE: Final = "`govrules explain FACT` lists its values"
#: A longer text says no state.
_LONGEST_WORD: Final = 40
_NIL: Final = len("nil")


@attrs.define
class FactReader:
    """
    Reads the facts of one file.

    Args:
        report: where problems go.
    """

    report: Report
    #: In a rule file nothing is left unread: what is a warning elsewhere is an error.
    strict: bool = attrs.field(default=False, kw_only=True)
    #: Of rows, lines, events and mappings a value that cannot be read costs that value alone.
    lenient: bool = attrs.field(default=False, kw_only=True)
    #: Whether facts are written as JSON and programs write them: objects, and words in quotes.
    in_json: bool = attrs.field(default=False, kw_only=True)
    #: What the paths of the record that is read begin with: "" or ``partnerships[2].``.
    base: str = attrs.field(default="", kw_only=True)
    #: How many facts are written as `null`.
    nulls: int = attrs.field(default=0, kw_only=True)

    def _say(
        self,
        path: str,
        code: Code,
        message: str,
        node: Node | None,
        help_: str = "",
        *,
        allowed: tuple[str, ...] = (),
    ) -> None:
        """Report a problem of a fact, by its path in the record that is read."""
        whole = f"{self.base}{path}".removesuffix(".")
        self.report.add(code, message, node, help_, path=whole, allowed=allowed)

    def _write(self, in_yaml: str, in_json: str) -> str:
        """Return how to write what may also be none or unknown."""
        if self.in_json:
            return f'write {in_json}, or `"none"`, or `"unknown"`'
        return f"write {in_yaml}, or `none`, or `unknown`"

    def read_value(self, node: Node, fact: Fact, path: str) -> Any:  # noqa: ANN401 - any fact's
        """
        Return what is written for one fact alone: a value, None, or UNKNOWN.

        Of a record or a list only that it is none or unknown can be said so.
        """
        match fact.type:
            case Choices() if isinstance(node, Scalar) and self._state(node) == "":
                return self._choices(Items([node], node.line, node.column), fact, path)
            case Choices():
                return self._choices(node, fact, path)
            case Record() | Records():
                state = self._state(node)
                if state == "":
                    self._say(
                        path,
                        Code.TYPE_MISMATCH,
                        f"`{path}` holds several facts",
                        node,
                        "write `none`, or `unknown`",
                    )
                    return UNKNOWN
                return () if state is None and isinstance(fact.type, Records) else state
            case _:
                return self._single(node, fact, path)

    def _choices(self, node: Node, fact: Fact, path: str) -> Any:  # noqa: ANN401 - a frozenset
        assert isinstance(fact.type, Choices)  # noqa: S101 - the caller looked
        state = self._state(node)
        if state is None:
            return frozenset()
        if state is UNKNOWN:
            self._placeholder(node, fact, path)
            return UNKNOWN
        if not isinstance(node, Items):
            self._say(
                path,
                Code.WRONG_SHAPE,
                f"`{path}` is a set of values",
                node,
                self._write(f"`[{fact.type.values[0]}]`", f'`["{fact.type.values[0]}"]`'),
            )
            return UNKNOWN
        members: set[Any] = set()
        for item in node.items:
            if self._state(item) is UNKNOWN:
                members.add(UNKNOWN)
            elif not isinstance(item, Scalar):
                self._say(
                    path,
                    Code.WRONG_SHAPE,
                    f"a value of `{path}` is a single word",
                    item,
                    self._write(f"`[{fact.type.values[0]}]`", f'`["{fact.type.values[0]}"]`'),
                )
            elif item.text in fact.type.values:
                members.add(item.text)
            elif self.lenient and (word := read_choice(item.text, fact.type.values)) in (
                fact.type.values
            ):
                members.add(word)
            else:
                self._say(
                    path,
                    Code.UNREADABLE_VALUE if self.lenient else Code.UNKNOWN_VALUE,
                    f"unknown value `{item.text}` of `{path}`",
                    item,
                    did_you_mean(item.text, fact.type.values) or EVERY_VALUE,
                    allowed=fact.type.values,
                )
                members.add(UNKNOWN)
        return frozenset(members)

    def _state(self, node: Node) -> Unknown | str | None:
        """Return None for `none`, UNKNOWN for `unknown` or nothing, and "" for a value."""
        if not isinstance(node, Scalar):
            return ""
        if len(node.text) > _LONGEST_WORD:
            return ""
        word = _word(node.text)
        if word and not node.plain and word not in PLACEHOLDERS:
            return ""
        state = state_of(word)
        if state is VALUE or (self.strict and word in PLACEHOLDERS):
            return ""
        self.nulls += word in ("null", "~")
        return None if state is None else UNKNOWN

    def _placeholder(self, node: Node, fact: Fact, path: str) -> None:
        """Report a placeholder, which says less than "unknown"."""
        if isinstance(node, Scalar) and is_placeholder(node.text, fact.type):
            self._say(
                path,
                Code.PLACEHOLDER,
                f"`{node.text}` counts as unknown (`{path}`)",
                node,
                "write the value, `none`, or nothing",
            )

    def _single(self, node: Node, fact: Fact, path: str, *, strict: bool = False) -> Any:  # noqa: ANN401 - any single value
        strict = strict or self.strict
        if isinstance(node, Entries) and isinstance(fact.type, Text):
            found = _said_to_be_text(node)
            if found is not None:
                return found.text
        if not isinstance(node, Scalar):
            self._say(
                path,
                Code.WRONG_SHAPE,
                f"`{path}` must be {describe(fact.type)}",
                node,
                "write a single value",
            )
            return UNKNOWN
        state = self._state(node)
        if state is None:
            return False if isinstance(fact.type, YesNo) else None
        nil = len(node.text) == _NIL and not strict and is_placeholder(node.text, fact.type)
        if state is UNKNOWN or nil:
            self._placeholder(node, fact, path)
            return UNKNOWN
        value = self._read(node, fact, strict=strict)
        if type(value) is not Problem:
            return value
        code, help_ = value.code, value.help
        if code is Code.UNREADABLE_VALUE:
            code = Code.TYPE_MISMATCH if strict else code
            help_ += ", or `unknown`"
        if self.lenient and not code.is_warning:
            code = Code.UNREADABLE_VALUE
        self._say(path, code, value.about(path), node, help_, allowed=values_of(fact.type))
        return value.value

    def _read(self, node: Scalar, fact: Fact, *, strict: bool) -> Any:  # noqa: ANN401 - any single value
        if isinstance(fact.type, Text):
            if node.plain and len(node.text) <= _LONGEST_WORD and _word(node.text) in YES_OR_NO:
                return Problem(
                    Code.UNREADABLE_VALUE if self.lenient else Code.TYPE_MISMATCH,
                    f"`{node.text}` answers no question that asks for a text",
                    "write who or what it is, or `none`; put a name that is such a word in quotes",
                )
            return node.text
        if strict:
            return read(node.text, fact.type)
        return _decoder(fact.type)(node.text)


def _said_to_be_text(node: Entries) -> Scalar | None:
    """Return the text that is written as one, whatever its words; None where none is."""
    if len(node.items) != 1:
        return None
    [(key, value)] = node.items
    return value if key.text == "text" and isinstance(value, Scalar) else None


def says_a_state(text: str) -> bool:
    """Tell whether a text would be misread as a state, or as yes or no."""
    if len(text) > _LONGEST_WORD:
        return False
    word = fold(text)
    return state_of(word) is not VALUE or word in YES_OR_NO or word in NIL_WORDS


def values_of(fact_type: FactType) -> tuple[str, ...]:
    """Return the closed values of a type; nothing where it has none."""
    match fact_type:
        case YesNo():
            return ("yes", "no")
        case Choice(values) | Choices(values):
            return values
        case _:
            return ()


#: Words are few and often the same.
_word = functools.lru_cache(maxsize=16_384)(fold)


@functools.cache
def _decoder(fact_type: FactType) -> Callable[[str], Any]:
    """Return a memoised decoder of a type."""
    return functools.lru_cache(maxsize=4096)(decoder(fact_type))
