"""Nodes to subjects: the records of a partnership file, each fact read by its declared type."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from govrules.bodies import Bodies, counts_once, merged
from govrules.decode.amounts import Threshold
from govrules.decode.problems import Problem, describe
from govrules.decode.states import NIL_WORDS, PLACEHOLDERS, VALUE, YES_OR_NO, fold, state_of
from govrules.decode.values import decoder, is_placeholder, read, read_choice
from govrules.diagnostics import Code, Place, did_you_mean
from govrules.model import Partnership, Register
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    AS_OF,
    Choice,
    Choices,
    Collected,
    Fact,
    FactType,
    Record,
    Records,
    Text,
    Vocabulary,
    YesNo,
    vocabulary_of,
)

INDEX: Final = re.compile(r"\[\d+\]")
EVERY_FACT: Final = "`govrules schema subject` lists every fact"
EVERY_VALUE: Final = "`govrules explain FACT` lists its values"
#: A longer text says no state.
_LONGEST_WORD: Final = 40
_NIL: Final = len("nil")
_KEYS_OF_A_FILE: Final = ("govrules", "as_of")


@attrs.frozen
class Declared:
    """
    What a rulebook declares beside the vocabulary.

    Attributes:
        local: local facts by name.
        derived: derived facts by name, each with the class whose fact it is.
        thresholds: with what its rules compare facts of money, if they do nothing else with them.
        cls: the class of subject that a row of a table is.
        lister: the class that lists such subjects; None where none does.
    """

    local: Mapping[str, Fact] = attrs.field(factory=dict)
    derived: Mapping[str, tuple[Fact, type]] = attrs.field(factory=dict)
    thresholds: Mapping[Fact, frozenset[Threshold]] = attrs.field(factory=dict)
    cls: type = Partnership
    lister: type | None = Register

    @property
    def register(self) -> Any:  # noqa: ANN401 - a register of any class
        """A register of such subjects with nothing recorded."""
        return Collected(()) if self.lister is None else self.lister()


class _Origin(Mapping[str, str]):
    """The places of the facts of a record, by path; worked out when they are asked for."""

    __slots__ = ("nodes", "report")

    def __init__(self, nodes: Mapping[str, Node], report: Report) -> None:
        self.nodes = nodes
        self.report = report

    def __getitem__(self, path: str) -> str:
        return Place(self.report.span(self.nodes[path]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        """Leave the file's text behind."""
        return dict, (dict(self),)


@attrs.define
class SubjectReader:
    """
    Reads the records of one file.

    Args:
        report: where problems go.

        declared: the local and derived facts that may be given.

        with_origin: whether to keep the line of each fact.
    """

    report: Report
    declared: Declared
    with_origin: bool = True
    #: In a rule file nothing is left unread: what is a warning elsewhere is an error.
    strict: bool = False
    #: Of rows, lines, events and mappings a value that cannot be read costs that value alone.
    lenient: bool = False
    #: What the paths of the record that is read begin with: "" or ``partnerships[2].``.
    base: str = ""
    errors_in_entries: int = 0
    #: How many facts are written as `null`.
    nulls: int = 0

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

    def read_subject(self, node: Node | None, cls: type) -> tuple[Any, dt.date | Unknown]:
        """Return the record and the date of assessment that the file states, if it does."""
        if not isinstance(node, Entries):
            self._say(
                "",
                Code.WRONG_SHAPE,
                f"a {words_of(cls)} is a mapping of facts",
                node,
                "write one `fact: value` a line",
            )
            return cls(), UNKNOWN
        as_of: dt.date | Unknown = UNKNOWN
        entries = []
        for key, value in node.items:
            if key.text == "as_of":
                as_of = self._as_of(value)
            elif key.text != "govrules":
                entries.append((key.text, key, value))
        return self._record(entries, cls, "", {"": node}, top=True), as_of

    def read_entry(self, node: Node, cls: type) -> Any:  # noqa: ANN401 - the record's class
        """Return a record that stands in a list of subjects; UNKNOWN where it is left out."""
        if not isinstance(node, Entries):
            self.errors_in_entries += 1
            self._say(
                "",
                Code.WRONG_SHAPE,
                f"a {words_of(cls)} is a mapping of facts",
                node,
                "write its facts as one object",
            )
            return UNKNOWN
        entries = [(key.text, key, value) for key, value in node.items]
        return self._entry(entries, cls, "", {"": node})

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

    def _as_of(self, node: Node) -> dt.date | Unknown:
        # A date that the whole assessment hangs on is read as it stands, or not at all.
        value = self._single(node, AS_OF, "as_of", strict=True)
        return value if isinstance(value, dt.date) else UNKNOWN

    def _record(
        self,
        entries: list[tuple[str, Scalar, Node]],
        cls: type,
        prefix: str,
        origin: dict[str, Node],
        *,
        top: bool = False,
    ) -> Any:  # noqa: ANN401 - any attrs class can be a subject
        vocabulary = vocabulary_of(cls)
        groups: dict[str, list[tuple[str, Scalar, Node]]] = {}
        for path, key, value in entries:
            head, dot, tail = path.partition(".")
            if (path and not dot) or all(path.split(".")):
                groups.setdefault(head, []).append((tail, key, value))
            else:
                self._unknown_fact(f"{prefix}{path}", path, key, vocabulary, cls, top=top)
        values: dict[str, Any] = {}
        stated: dict[str, Any] = {}
        for head, group in groups.items():
            tail, key, _ = group[0]
            if head in vocabulary.about and head in ("local", "evidence"):
                values[head] = self._about(head, group, vocabulary)
            elif head in vocabulary.fields:
                path = f"{prefix}{head}"
                values[head] = self._fact(group, vocabulary.fields[head], path, origin)
            elif "stated" in vocabulary.about and self._is_derived(head, cls):
                path = f"{prefix}{head}"
                stated[head] = self._fact(group, self.declared.derived[head][0], path, origin)
            else:
                whole = f"{head}.{tail}" if tail else head
                self._unknown_fact(f"{prefix}{whole}", whole, key, vocabulary, cls, top=top)
        if stated:
            values["stated"] = {
                name: value for name, value in stated.items() if value is not UNKNOWN
            }
        if self.with_origin and "origin" in vocabulary.about:
            values["origin"] = _Origin(origin, self.report)
        return cls(**values)

    def _is_derived(self, name: str, cls: type) -> bool:
        return name in self.declared.derived and self.declared.derived[name][1] is cls

    def _fact(
        self,
        group: list[tuple[str, Scalar, Node]],
        fact: Fact,
        path: str,
        origin: dict[str, Node],
    ) -> Any:  # noqa: ANN401 - any type that a fact takes
        if len(group) == 1 and not group[0][0]:
            whole, parts = [group[0][1:]], []
        else:
            whole = [(key, node) for tail, key, node in group if not tail]
            parts = [(tail, key, node) for tail, key, node in group if tail]
        if not isinstance(fact.type, Record):
            if parts:
                help_ = f"write `{fact.name}:` and {describe(fact.type)}"
                if isinstance(fact.type, Records):
                    help_ = f"write `{fact.name}:`, and below it a `- ` for each {fact.each}"
                self._say(
                    path,
                    Code.WRONG_SHAPE,
                    f"`{path}` is no record, so `{parts[0][0]}` cannot stand in it",
                    parts[0][1],
                    help_,
                )
                return UNKNOWN
            if len(whole) > 1:
                self._twice(path, whole[1][0])
            key, node = whole[0]
            beside = isinstance(node, Scalar) and node.line == key.line
            origin[path] = node if beside else key
            if isinstance(fact.type, Records):
                return self._records(node, fact, path, origin)
            if isinstance(fact.type, Choices):
                return self._choices(node, fact, path)
            return self._single(node, fact, path)
        return self._nested(whole, parts, fact.type.cls, path, origin)

    def _nested(
        self,
        whole: list[tuple[Scalar, Node]],
        parts: list[tuple[str, Scalar, Node]],
        cls: type,
        path: str,
        origin: dict[str, Node],
    ) -> Any:  # noqa: ANN401 - the record's class
        inner = list(parts)
        for key, node in whole:
            origin[path] = key
            if isinstance(node, Entries):
                inner.extend((each.text, each, value) for each, value in node.items)
                continue
            state = self._state(node)
            if state != "" and not inner:
                return state
            said = "unknown" if state is UNKNOWN else "none"
            self._say(
                path,
                Code.WRONG_SHAPE,
                f"`{path}` is a record of facts"
                if state == ""
                else f"`{path}` is {said} here, and facts of it are given elsewhere",
                node,
                "write its facts below it, or `none`, or `unknown`"
                if state == ""
                else "give its facts, or say that it is none or unknown",
            )
        return self._record(inner, cls, f"{path}.", origin)

    def _twice(self, path: str, key: Scalar) -> None:
        self._say(path, Code.DUPLICATE_KEY, f"`{path}` is given twice", key, "keep one of the two")

    def _records(self, node: Node, fact: Fact, path: str, origin: dict[str, Node]) -> Any:  # noqa: ANN401 - a tuple of the record's class
        assert isinstance(fact.type, Records)  # noqa: S101 - the caller looked
        state = self._state(node)
        if state is None:
            return ()
        if state is UNKNOWN:
            self._placeholder(node, fact, path)
            return UNKNOWN
        if not isinstance(node, Items):
            self._say(
                path,
                Code.WRONG_SHAPE,
                f"`{path}` is a list of records",
                node,
                "begin each record with `- `, or write `none`, or `unknown`",
            )
            return UNKNOWN
        # Those that are known are counted without the gaps between them, as facts count them.
        records: list[Any] = []
        bodies = Bodies()
        complete = True
        for item in node.items:
            if self._state(item) is UNKNOWN:
                complete = False
            elif isinstance(item, Entries):
                where = f"{path}[{len(records)}]"
                origin[where] = item
                entries = [(key.text, key, value) for key, value in item.items]
                record = self._entry(entries, fact.type.cls, where, origin)
                if record is UNKNOWN:
                    complete = False
                elif (twin := bodies.twin(record, len(records))) is not None:
                    self._merge(twin, record, records, path, origin)
                else:
                    records.append(record)
            else:
                complete = False
                self.errors_in_entries += "origin" in vocabulary_of(fact.type.cls).about
                self._say(
                    path,
                    Code.WRONG_SHAPE,
                    f"each {fact.each} is a mapping of facts",
                    item,
                    "write one `fact: value` a line; `- unknown` says that there may be more",
                )
        return tuple(records) if complete else (*records, UNKNOWN)

    def _merge(
        self,
        twin: int,
        record: Any,  # noqa: ANN401 - a record of the list
        records: list[Any],
        path: str,
        origin: dict[str, Node],
    ) -> None:
        """Count a body that stands twice in a list once, with all that is known of it."""
        where, first = f"{path}[{len(records)}]", f"{path}[{twin}]"
        place, other = (origin.get(f"{each}.name", origin[each]) for each in (where, first))
        twice = counts_once(record.name, path, str(self.report.span(other)))
        self._say(where, twice.code, twice.message, place, twice.help)
        records[twin] = merged(records[twin], record)
        for each in [each for each in origin if each == where or each.startswith(f"{where}.")]:
            origin.setdefault(each.replace(where, first, 1), origin.pop(each))

    def _entry(
        self,
        entries: list[tuple[str, Scalar, Node]],
        cls: type,
        where: str,
        origin: dict[str, Node],
    ) -> Any:  # noqa: ANN401 - the record's class
        if "origin" in vocabulary_of(cls).about:
            # A record that can be a subject of its own keeps its own places, and one that
            # cannot be read leaves the others as they are.
            before, base = self.report.errors, self.base
            self.base = f"{base}{where}." if where else base
            record = self._record(entries, cls, "", {"": origin[where]})
            self.base = base
            broken = self.report.errors - before
            self.errors_in_entries += broken
            return UNKNOWN if broken else record
        return self._record(entries, cls, f"{where}.", origin)

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
                f"write `[{fact.type.values[0]}]`, or `none`, or `unknown`",
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
                    f"write `[{fact.type.values[0]}]`, or `none`, or `unknown`",
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
        """Say that a word says less than that nobody knows, if it does."""
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

    def _about(
        self, head: str, group: list[tuple[str, Scalar, Node]], vocabulary: Vocabulary
    ) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for tail, key, node in group:
            entries: list[tuple[str, Scalar, Node]]
            if tail:
                entries = [(tail, key, node)]
            elif isinstance(node, Entries):
                entries = [(each.text, each, value) for each, value in node.items]
            else:
                self._say(
                    head,
                    Code.WRONG_SHAPE,
                    f"`{head}` is a mapping of facts",
                    node,
                    "write one `fact: …` a line below it",
                )
                continue
            for name, name_key, value in entries:
                if head == "local":
                    self._local(name, name_key, value, said)
                else:
                    self._evidence(name, name_key, value, vocabulary, said)
        return said

    def _local(self, name: str, key: Scalar, node: Node, said: dict[str, Any]) -> None:
        fact = self.declared.local.get(name)
        if fact is None:
            help_ = did_you_mean(name, self.declared.local)
            self._say(
                f"local.{name}",
                Code.UNKNOWN_FACT,
                f"unknown fact `local.{name}`",
                key,
                help_ or "read the file with the rulebook that declares it",
            )
        elif name in said:
            self._twice(f"local.{name}", key)
        else:
            said[name] = self._single(node, fact, f"local.{name}")

    def _evidence(
        self,
        path: str,
        key: Scalar,
        node: Node,
        vocabulary: Vocabulary,
        said: dict[str, Any],
    ) -> None:
        plain = INDEX.sub("[]", path)
        recorded, lists = paths_of(vocabulary.cls)
        declared = {*self.declared.derived, *(f"local.{each}" for each in self.declared.local)}
        if plain not in recorded and plain not in lists and plain not in declared:
            self._say(
                f"evidence.{path}",
                Code.UNKNOWN_FACT,
                f"unknown fact `{path}`",
                key,
                did_you_mean(plain, recorded | declared) or EVERY_FACT,
            )
        elif path in said:
            self._twice(f"evidence.{path}", key)
        elif isinstance(node, Scalar):
            said[path] = node.text
        else:
            self._say(
                f"evidence.{path}",
                Code.WRONG_SHAPE,
                f"the evidence for `{path}` is a line of text",
                node,
                "write where it was seen, in quotes if it begins with a bracket",
            )

    def _unknown_fact(
        self, path: str, word: str, key: Scalar, vocabulary: Vocabulary, cls: type, *, top: bool
    ) -> None:
        derived = [name for name, (_, owner) in self.declared.derived.items() if owner is cls]
        allowed = [*vocabulary.fields, *vocabulary.facts, *derived]
        if top:
            allowed += [*_KEYS_OF_A_FILE, "local", "evidence"]
        if word in derived and "stated" not in vocabulary.about:
            self._say(
                path,
                Code.UNKNOWN_FACT,
                f"`{path}` follows from other facts, and a {words_of(cls)} holds none that does",
                key,
                f"derive `{cls.__name__}` from `govrules.Subject`, so that it can be stated",
            )
            return
        written = key.text.removesuffix(word)
        help_ = did_you_mean(word, allowed, written) or EVERY_FACT
        if INDEX.search(word):
            help_ = f"write `{word.partition('[')[0]}:`, and below it a `- ` for each"
        self._say(path, Code.UNKNOWN_FACT, f"unknown fact `{path}`", key, help_)


def _said_to_be_text(node: Entries) -> Scalar | None:
    """Return the text that is written as one, whatever its words; None where none is."""
    if len(node.items) != 1:
        return None
    [(key, value)] = node.items
    return value if key.text == "text" and isinstance(value, Scalar) else None


def says_a_state(text: str) -> bool:
    """Tell whether a text would be read as a state, or as a yes or no, and not as what it is."""
    if len(text) > _LONGEST_WORD:
        return False
    word = fold(text)
    return state_of(word) is not VALUE or word in YES_OR_NO or word in NIL_WORDS


def words_of(cls: type) -> str:
    """
    Return what a record of a class is called.

    >>> from govrules import Partner
    >>> words_of(Partner)
    'partner'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__).lower()


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
    """Return what reads the texts of a type, and keeps what it read last."""
    return functools.lru_cache(maxsize=4096)(decoder(fact_type))


@functools.cache
def paths_of(cls: type) -> tuple[frozenset[str], frozenset[str]]:
    """Return the paths of all facts of a class, and those that stand for a list's records."""
    recorded = frozenset(vocabulary_of(cls).paths)
    lists = frozenset(path.partition("[]")[0] + "[]" for path in recorded if "[]" in path)
    return recorded, lists
