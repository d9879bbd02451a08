"""Nodes to subjects: the records of a partnership file, each fact read by its declared type."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from govrules.bodies import Bodies, counts_once, records_merged
from govrules.decode.amounts import Threshold
from govrules.decode.problems import describe
from govrules.diagnostics import Code, Place, did_you_mean
from govrules.fact_nodes import FactReader
from govrules.model import Partnership, Register
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.own import LOCAL, Own, is_own
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    AS_OF,
    Choices,
    Collected,
    Fact,
    Record,
    Records,
    Vocabulary,
    vocabulary_of,
)

INDEX: Final = re.compile(r"\[\d+\]")
EVERY_FACT: Final = "`govrules schema subject` lists every fact"
#: Where own facts can stand.
WHERE_OWN: Final = (
    "a pack's own facts stand on a partnership (`local.x`), on the records of its lists "
    "(`partners[].local.x`), on each of a pair (`first.local.x`), and with `subject: register` "
    "on a register"
)
_A_LINE_EACH: Final = "write one `fact: …` a line below it"
_DECLARED_THERE: Final = "read the file with the rulebook that declares it"
_KEYS_OF_A_FILE: Final = ("govrules", "as_of")


@attrs.frozen
class Declared:
    """
    Declarations of a rulebook that readers of facts need.

    Attributes:
        derived: derived facts by name, each with the class whose fact it is.
        own: own facts, by the class of the records that have them, and by name.
        thresholds: with what its rules compare facts of money, if they do nothing else with them.
        cls: the class of subject that a row of a table is.
        lister: the class that lists such subjects; None where none does.
    """

    derived: Mapping[str, tuple[Fact, type]] = attrs.field(factory=dict)
    own: Own = attrs.field(factory=dict)
    thresholds: Mapping[Fact, frozenset[Threshold]] = attrs.field(factory=dict)
    cls: type = Partnership
    lister: type | None = Register

    @property
    def register(self) -> Any:  # noqa: ANN401 - a register of any class
        """A register of such subjects with nothing recorded."""
        return Collected(()) if self.lister is None else self.lister()

    def owner(self, path: str) -> type | None:
        """Return the class of records with an own fact of a path; None if there is none."""
        _, local, name = f".{path}".rpartition(f".{LOCAL}.")
        return next((cls for cls, facts in self.own.items() if local and name in facts), None)

    def fact(self, path: str, cls: type) -> Fact | None:
        """Return a fact of subjects of a class by its path, recorded or derived; else None."""
        vocabulary = vocabulary_of(cls)
        if path in vocabulary.facts:
            return vocabulary.facts[path]
        fact, owner = self.derived.get(path, (None, None))
        return fact if owner is cls and "stated" in vocabulary.about else None


class _NodeOrigin(Mapping[str, str]):
    """The origins of a record's facts by path, computed lazily."""

    __slots__ = ("nodes", "report")

    def __init__(self, nodes: Mapping[str, Node], report: Report) -> None:
        self.nodes = nodes
        self.report = report

    def __getitem__(self, path: str) -> str:
        return Place(self.report.span(self.nodes[path]))

    def __contains__(self, path: object) -> bool:
        return path in self.nodes

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
class SubjectReader(FactReader):
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
    errors_in_entries: int = 0

    def read_subject(self, node: Node | None, cls: type) -> tuple[Any, dt.date | Unknown]:
        """Return the record and the date of assessment that the file states, if it does."""
        if not isinstance(node, Entries):
            self._say(
                "",
                Code.WRONG_SHAPE,
                f"a {words_of(cls)} is a mapping of facts",
                node,
                f"write {_object_of(cls)}" if self.in_json else "write one `fact: value` a line",
            )
            return cls(), UNKNOWN
        as_of: dt.date | Unknown = UNKNOWN
        entries = []
        around = self._around(node, cls)
        if around is not None:
            self._say(
                around.text,
                Code.UNKNOWN_FACT,
                f"unknown fact `{around.text}`",
                around,
                f"the entries seem to stand under `{around.text}`: give that list alone",
            )
            return cls(), UNKNOWN
        for key, value in node.items:
            if key.text == "as_of":
                as_of = self._as_of(value)
            elif key.text != "govrules":
                entries.append((key.text, key, value))
        return self._record(entries, cls, "", {"": node}, top=True), as_of

    def _around(self, node: Entries, cls: type) -> Scalar | None:
        """Return the key of a list of records in a mapping without facts; else None."""
        vocabulary = vocabulary_of(cls)
        known = {*vocabulary.fields, *vocabulary.about, *self.declared.derived}
        heads = [key.text.partition(".")[0] for key, _ in node.items]
        if self.strict or not known.isdisjoint(heads):
            return None
        for key, value in node.items:
            listed = value.items if isinstance(value, Items) else []
            near = did_you_mean(key.text, known, likeness=0.8, otherwise="")
            if listed and not near and all(isinstance(each, Entries) for each in listed):
                return key
        return None

    def read_entry(self, node: Node, cls: type) -> Any:  # noqa: ANN401 - the record's class
        """Return one record of a list of subjects; UNKNOWN where it cannot be read."""
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
            if head == "evidence" and head in vocabulary.about:
                values[head] = self._evidence_of(group, vocabulary)
            elif head in vocabulary.fields:
                path = f"{prefix}{head}"
                values[head] = self._fact(group, vocabulary.fields[head], path, origin)
            elif "stated" in vocabulary.about and self._is_derived(head, cls):
                path = f"{prefix}{head}"
                stated[head] = self._fact(group, self.declared.derived[head][0], path, origin)
            else:
                for whole, each in _named(head, group):
                    self._unknown_fact(f"{prefix}{whole}", whole, each, vocabulary, cls, top=top)
        if stated:
            values["stated"] = {
                name: value for name, value in stated.items() if value is not UNKNOWN
            }
        if self.with_origin and "origin" in vocabulary.about:
            values["origin"] = _NodeOrigin(origin, self.report)
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
                    help_ = self._a_list(fact.name, fact.each)
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
                self._write("its facts below it", "its facts as one object")
                if state == ""
                else "give its facts, or say that it is none or unknown",
            )
        return self._record(inner, cls, f"{path}.", origin)

    def _a_list(self, name: str, each: str = "") -> str:
        if self.in_json:
            return f'write `"{name}"`, and behind it a list of objects'
        return f"write `{name}:`, and below it a `- ` for {f'each {each}' if each else 'each'}"

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
                self._write("each record behind a `- `", "a list of objects"),
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
                    f'write {_object_of(fact.type.cls)}; `"unknown"` says that there may be more'
                    if self.in_json
                    else "write one `fact: value` a line; `- unknown` says that there may be more",
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
        """Merge two records of one body, so that it counts once with all known facts."""
        where, first = f"{path}[{len(records)}]", f"{path}[{twin}]"
        place, other = (origin.get(f"{each}.name", origin[each]) for each in (where, first))
        twice = counts_once(record.name, path, str(self.report.span(other)))
        self._say(where, twice.code, twice.message, place, twice.help)
        records[twin] = records_merged(records[twin], record)
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

    def _evidence_of(
        self, group: list[tuple[str, Scalar, Node]], vocabulary: Vocabulary
    ) -> dict[str, str]:
        said: dict[str, str] = {}
        for tail, key, node in group:
            entries: list[tuple[str, Scalar, Node]]
            if tail:
                entries = [(tail, key, node)]
            elif isinstance(node, Entries):
                entries = [(each.text, each, value) for each, value in node.items]
            else:
                self._say(
                    "evidence",
                    Code.WRONG_SHAPE,
                    "`evidence` is a mapping of facts",
                    node,
                    "write its facts as one object" if self.in_json else _A_LINE_EACH,
                )
                continue
            for name, name_key, value in entries:
                self._evidence(name, name_key, value, vocabulary, said)
        return said

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
        if plain not in recorded and plain not in lists and plain not in self.declared.derived:
            self._say(
                f"evidence.{path}",
                Code.UNKNOWN_FACT,
                f"unknown fact `{path}`",
                key,
                did_you_mean(plain, {*recorded, *self.declared.derived}) or EVERY_FACT,
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
            allowed += [*_KEYS_OF_A_FILE, LOCAL, "evidence"]
        each = "write its facts as one object" if self.in_json else _A_LINE_EACH
        if word == LOCAL:
            self._say(path, Code.WRONG_SHAPE, f"`{path}` is a mapping of facts", key, each)
            return
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
        own = is_own(cls) or word.startswith(f"{LOCAL}.")
        help_ = did_you_mean(word, allowed, written) or (_DECLARED_THERE if own else EVERY_FACT)
        if INDEX.search(word):
            help_ = self._a_list(word.partition("[")[0])
        self._say(path, Code.UNKNOWN_FACT, f"unknown fact `{path}`", key, help_)


def _named(head: str, group: list[tuple[str, Scalar, Node]]) -> Iterator[tuple[str, Scalar]]:
    """Yield the facts a group names: each own fact, else only the first."""
    for tail, key, node in group if head == LOCAL else group[:1]:
        if head == LOCAL and not tail and isinstance(node, Entries):
            yield from ((f"{head}.{each.text}", each) for each, _ in node.items)
        else:
            yield (f"{head}.{tail}" if tail else head), key


def record_fact(cls: type, listed: str, path: str) -> Fact | None:
    """Return a fact of a list's records; None if there is no such list."""
    records = vocabulary_of(cls).facts.get(listed)
    if records is None or not isinstance(records.type, Records):
        return None
    return vocabulary_of(records.type.cls).facts.get(path)


def words_of(cls: type) -> str:
    """
    Return the words for a record of a class.

    >>> from govrules import Partner
    >>> words_of(Partner)
    'partner'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__).lower()


def _object_of(cls: type) -> str:
    fields = vocabulary_of(cls).fields
    return f'`{{"{"name" if "name" in fields else next(iter(fields))}": …}}`'


@functools.cache
def paths_of(cls: type) -> tuple[frozenset[str], frozenset[str]]:
    """Return the paths of a class's facts, and those of its lists' records."""
    recorded = frozenset(vocabulary_of(cls).paths)
    lists = frozenset(path.partition("[]")[0] + "[]" for path in recorded if "[]" in path)
    return recorded, lists
