"""
Read partnerships, registers and subjects of any other class: files, texts and Python mappings.

Each becomes nodes that know their place, if they have one, and one reader reads them all.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

import attrs

from govrules import nodes
from govrules.decode.values import is_nothing, written
from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.errors import FactsError
from govrules.fact_nodes import says_a_state
from govrules.facts import annotation
from govrules.model import Partnership
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.parsing import MAX_DEPTH, MAX_NODES, parse
from govrules.rulebook.ast import Rulebook, class_in
from govrules.rulebook.fields import check_format
from govrules.rulebook.kinds import SUBJECTS
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import Collected, Months, list_of, vocabulary_of

_KEYS_OF_RULE_FILES: Final = ("rules", "sources", "parameters", "derived", "extends")
#: Two escapes that are one character, which JSON may write so and YAML may not.
_PAIR: Final = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE
)
_TABS: Final = re.compile(r"^[ \t]*\t", re.MULTILINE)
#: What no text holds.
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_LONGEST_NUMBER: Final = 400
#: Of what is too deep or too much, the rest is not looked at.
_ENDLESS: Final = (Code.NESTED_TOO_DEEPLY, Code.TOO_MANY_VALUES)


@attrs.frozen
class Read:
    """
    What was read: the subject, and all that has to be said of the reading.

    Attributes:
        subject: a `Partnership`, a `Register`, or an object of the class that was asked for.
        as_of: the date of assessment that the source states, if it does.
        warnings: values that could not be read and so count as unknown.
        problems: what is wrong with entries of a register that had to be left out.
        notes: of each table, what became of its rows; of others, how many facts are `null`.
    """

    subject: Any
    as_of: dt.date | Unknown
    warnings: tuple[Diagnostic, ...]
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()

    def strictly(self, name: str = "") -> Read:
        """
        Return it where nothing is left to say of it but notes.

        Raises:
            FactsError: something was left out, or could not be read.
        """
        if self.problems or self.warnings:
            raise FactsError(name, "facts", "problems", (*self.problems, *self.warnings))
        return self


def read_partnership(path: str | Path, *, rulebook: Rulebook | None = None) -> Partnership:
    """
    Read a partnership from a YAML or JSON file; `read` also says what could not be read.

    Args:
        path: the file.

        rulebook: the rules, where the file gives local or derived facts that they declare.

    Raises:
        FactsError: the file cannot be used; it carries every problem found.
    """
    read = read_subject(path, rulebook=rulebook)
    if not isinstance(read.subject, Partnership):
        raise FactsError(str(path), "a partnership", "a register")
    return read.subject


def read_subject(path: str | Path, *, rulebook: Rulebook | None = None, kind: str = "") -> Read:
    """
    Read whatever a file holds: a register if it lists `partnerships`, else a partnership.

    Args:
        path: the file, in YAML or JSON.

        rulebook: the rules.

        kind: of which kind of subject the facts are; see `read_text`.

    Raises:
        FactsError: the file cannot be used; it carries every problem found.
    """
    text, report = nodes.read_file(Path(path), str(path))
    quoted = Path(path).suffix.lower() != ".json"
    return _read_document(text, report, quoted=quoted, rulebook=rulebook, kind=kind)


def read_text(
    text: str,
    *,
    name: str = "",
    rulebook: Rulebook | None = None,
    kind: str = "",
    strict: bool = False,
) -> Read:
    """
    Read a text in YAML or JSON, as a file of it is read.

    Args:
        text: the facts of a partnership, or of a register if it lists `partnerships`.

        name: what messages call it; without one they name lines and facts alone.

        rulebook: the rules, where local or derived facts that they declare are given.

        kind: of which of the rulebook's kinds of subject the facts are; where it is not said, of
            the kind that the rules are about.

        strict: whether what is otherwise a warning is an error.

    Raises:
        FactsError: the text cannot be used; it carries every problem found.

    >>> read_text('{"name": "Care pool", "protocol": "none"}').subject.protocol is None
    True
    """
    if not isinstance(text, str):
        raise FactsError(name or "text", "text in YAML or JSON", type(text).__name__)
    report = Report(name, text)
    if len(text.encode("utf-8", "surrogatepass")) > nodes.MAX_BYTES:
        report.add(
            Code.FILE_TOO_LARGE,
            f"the text has more than {nodes.MAX_BYTES // 1_000_000} MB",
            help_="split it into several",
        )
    quoted = not (name.lower().endswith(".json") or _is_json(text))
    read = _read_document(text, report, quoted=quoted, rulebook=rulebook, kind=kind)
    return read.strictly(name) if strict else read


def _is_json(text: str) -> bool:
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return False
    try:
        json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def read_values(
    source: Any,  # noqa: ANN401 - what a program holds
    *,
    name: str = "",
    rulebook: Rulebook | None = None,
    kind: str = "",
) -> Read:
    """
    Read a mapping of facts, or a list of them, each of which is an entry of a register.

    Raises:
        FactsError: it cannot be used; it carries every problem found.
    """
    report = Report(name)
    node = node_of(source, report)
    endless = any(diagnostic.code in _ENDLESS for diagnostic in report.diagnostics)
    whole = None if endless else node
    return _read_node(whole, report, rulebook, kind, lenient=True, in_json=True)


def _read_document(
    text: str, report: Report, *, quoted: bool, rulebook: Rulebook | None, kind: str
) -> Read:
    if not quoted:
        text = _TABS.sub(lambda found: " " * len(found[0]), _PAIR.sub(_one, text))
        report.lines = text.splitlines()
    text = text.removeprefix("\ufeff")
    to_begin = _TO_BEGIN if quoted else 'write `{"name": …}` to begin'
    node = parse(text, report, quoted=quoted, to_begin=to_begin) if report.ok else None
    return _read_node(node, report, rulebook, kind, in_json=not quoted)


_TO_BEGIN: Final = (
    "begin one by `govrules new`, fill this one by `govrules ask`, or write `name: …`"
)


def _one(pair: re.Match[str]) -> str:
    both = bytes.fromhex(pair[2] + pair[3])
    return pair[1] + both.decode("utf-16-be")


def _read_node(
    node: Node | None,
    report: Report,
    rulebook: Rulebook | None,
    kind: str,
    *,
    lenient: bool = False,
    in_json: bool,
) -> Read:
    reader = SubjectReader(
        report,
        declared_by(rulebook),
        with_origin=bool(report.file or report.lines),
        lenient=lenient,
        in_json=in_json,
    )
    cls = class_of(rulebook, kind)
    subject: Any = None
    as_of: dt.date | Unknown = UNKNOWN
    if isinstance(node, Items):
        subject = listed(node.items, reader, cls, rulebook)
    elif node is not None:
        subject, as_of = _read(node, report, reader, cls, rulebook)
    if report.errors > reader.errors_in_entries:
        raise FactsError(report.file, "facts", "problems", report.in_order())
    return read_result(subject, as_of, report.in_order(), null_notes(report.file, reader.nulls))


def read_result(
    subject: Any,  # noqa: ANN401 - any subject
    as_of: dt.date | Unknown,
    diagnostics: Sequence[Diagnostic],
    notes: tuple[str, ...],
) -> Read:
    """Return the result of a reading."""
    return Read(
        subject,
        as_of,
        tuple(diagnostic for diagnostic in diagnostics if diagnostic.code.is_warning),
        tuple(diagnostic for diagnostic in diagnostics if not diagnostic.code.is_warning),
        notes,
    )


def null_notes(file: str, number: int) -> tuple[str, ...]:
    """Return the note on a file in which facts are written as `null`."""
    if not number:
        return ()
    facts = "1 fact is" if number == 1 else f"{number:,} facts are"
    of_file = f"{file}: " if file else ""
    return (f"{of_file}{facts} `null`, and so unknown: write `none` where there is none",)


# ── Which class the facts are of ──────────────────────────────────────────────────────────────


def class_of(rulebook: Rulebook | None, kind: str = "") -> type:
    """
    Return the class of subject that facts are read into.

    Args:
        rulebook: the rules.

        kind: one of its kinds of subject; "" for the kind that it is about: a partnership, unless
            it was loaded with kinds of somebody's own and has no rule about partnerships.

    Raises:
        FactsError: there is no such kind.
    """
    kinds = SUBJECTS if rulebook is None else rulebook.subjects
    if kind:
        if kind not in kinds:
            known = did_you_mean(kind, kinds)
            raise FactsError("kind", f"a kind of subject of the rulebook; {known}", f"`{kind}`")
        return kinds[kind]
    own = [name for name in kinds if name not in SUBJECTS]
    if rulebook is None or not own or any(r.subject in SUBJECTS for r in rulebook.rules):
        return class_in(rulebook, Partnership)
    about = {rule.subject for rule in rulebook.rules}
    lists = [name for name in own if list_of(kinds[name]) is not None]
    chosen = next((n for n in own if n in about and n not in lists), "") or own[0]
    return kinds[chosen]


def register_class(
    cls: type, rulebook: Rulebook | None, keys: Iterable[str] | None = None
) -> type | None:
    """
    Return the class that lists objects of a class; None if there is none.

    Args:
        cls: the class.

        rulebook: the rules, which know the classes.

        keys: those of which the list's must be one, if given.
    """
    kinds = SUBJECTS if rulebook is None else rulebook.subjects
    for kind in kinds.values():
        found = list_of(kind)
        if found is not None and found[1] is cls and (keys is None or found[0] in keys):
            return kind
    return None


def collector_of(
    cls: type, rulebook: Rulebook | None
) -> tuple[Callable[[tuple[Any, ...]], Any], str]:
    """Return a constructor of registers of a class, and the name of their list."""
    lister = register_class(cls, rulebook)
    found = None if lister is None else list_of(lister)
    if lister is None or found is None:
        return Collected, "entries"
    name = found[0]
    return lambda entries: lister(**{name: entries}), name


# ── Python values as nodes ────────────────────────────────────────────────────────────────────


@attrs.define
class _Nodes:
    """Turns the values of a program into nodes, which have no place."""

    report: Report
    number: int = 0

    def of(self, value: Any, path: str, depth: int = 0) -> Node:  # noqa: ANN401 - whatever a program holds
        self.number += 1
        if depth > MAX_DEPTH or self.number > MAX_NODES:
            code = Code.NESTED_TOO_DEEPLY if depth > MAX_DEPTH else Code.TOO_MANY_VALUES
            what = f"{MAX_DEPTH} levels" if depth > MAX_DEPTH else f"{MAX_NODES:,} values"
            if self.report.ok:
                head = path.partition(".")[0]
                self._refuse(code, f"it holds more than {what}", head, "send less at once")
            return Scalar("unknown", plain=True, line=0, column=0)
        if isinstance(value, Mapping):
            return Entries([*self._entries(value, path, depth)], 0, 0)
        if isinstance(value, list | tuple | AbstractSet):
            several = sorted(value, key=str) if isinstance(value, AbstractSet) else value
            items = [self.of(each, f"{path}[{at}]", depth + 1) for at, each in enumerate(several)]
            return Items(items, 0, 0)
        if attrs.has(type(value)) and not isinstance(value, type):
            return self.of(_as_mapping(value), path, depth)
        return Scalar(self._text(value, path), plain=True, line=0, column=0)

    def _entries(
        self, value: Mapping[Any, Any], path: str, depth: int
    ) -> Iterable[tuple[Scalar, Node]]:
        for key, inner in value.items():
            if not isinstance(key, str):
                help_ = "name each fact by a text"
                self._refuse(Code.WRONG_SHAPE, f"the key `{_shown(key)}` is no text", path, help_)
                continue
            text = self._text(key, path)
            below = f"{path}.{text}" if path else text
            yield Scalar(text, plain=True, line=0, column=0), self.of(inner, below, depth + 1)

    def _text(self, value: Any, path: str) -> str:  # noqa: ANN401 - whatever a program holds
        """Return a single value as it is written."""
        if isinstance(value, Enum) and value is not UNKNOWN:
            value = value.value
        match value:
            case None:
                return "null"
            case Unknown():
                return "unknown"
            case bool():
                return "true" if value else "false"
            case str():
                if not _NO_TEXT.search(value):
                    return str(value)
                help_ = "leave out what is no character"
                message = "the text holds a character that text never holds"
                self._refuse(Code.TYPE_MISMATCH, message, path, help_)
                return _NO_TEXT.sub("\ufffd", value)
            case int() if value.bit_length() > _LONGEST_NUMBER:
                return f"{'-' if value < 0 else ''}1e{_LONGEST_NUMBER}"
            case int() | float() | Decimal() | dt.date():
                day = value.date() if isinstance(value, dt.datetime) else value
                return "null" if is_nothing(value) else written(day)
        kind = type(value).__name__
        if kind == "NAType":
            return "null"
        if callable(getattr(value, "item", None)) and not getattr(value, "shape", ()):
            # numpy makes a number of a time to the nanosecond.
            of_time = kind in ("datetime64", "timedelta64")
            return self._text((value.astype(f"{kind}[us]") if of_time else value).item(), path)
        self._refuse(
            Code.TYPE_MISMATCH,
            f"a value of the type `{kind}` is no fact (`{path}`)" if path else f"`{kind}` is none",
            path,
            "give text, numbers, dates, yes or no, lists and mappings",
        )
        return "unknown"

    def _refuse(self, code: Code, message: str, path: str, help_: str) -> None:
        self.report.add(code, message, None, help_, path=path)


def _shown(value: object) -> str:
    return ascii(value)[:_LONGEST_NUMBER]


def _as_mapping(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    """Return a record as a mapping of its facts."""
    cls: type = type(record)
    try:
        vocabulary = vocabulary_of(cls)
    except TypeError:
        return {}
    found: dict[str, Any] = {}
    for name in vocabulary.fields:
        value = getattr(record, name)
        if value is not UNKNOWN:
            found[name] = "none" if value is None else value
    for name in vocabulary.about & {*CARRIED}:
        said = {
            key: "none" if each is None else each for key, each in getattr(record, name).items()
        }
        if name == "stated":
            found |= said
        elif said:
            found[name] = said
    return found


# ── And back ──────────────────────────────────────────────────────────────────────────────────

#: What is said about facts and is carried; where they were read is not.
CARRIED: Final = ("local", "stated", "evidence")
_UNKNOWN: Final = "unknown"
_NONE: Final = "none"


def facts_data(record: Any, *, stated: str = "") -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    """
    Return a record's known facts as JSON values; `read` takes them back.

    Args:
        record: the record.

        stated: below which key the derived facts stand that somebody stated; "" for beside the
            others, as files have them.
    """
    cls: type = type(record)
    found = {
        name: _months(value) if fact.type == Months() else _value_data(value, stated)
        for name, fact in vocabulary_of(cls).fields.items()
        if (value := getattr(record, name)) is not UNKNOWN
    }
    for name in CARRIED:
        known = {key: each for key, each in annotation(record, name).items() if each is not UNKNOWN}
        if not known:
            continue
        texts = name == "evidence"
        written = {key: each if texts else _value_data(each, stated) for key, each in known.items()}
        if name != "stated":
            found[name] = written
        elif stated:
            found[stated] = written
        else:
            found |= written
    return found


def _value_data(value: Any, stated: str) -> Any:  # noqa: ANN401 - any fact's value
    if value is UNKNOWN:
        return _UNKNOWN
    match value:
        case None:
            return _NONE
        case bool() | int():
            return value
        case Enum():
            return str(value.value)
        case str():
            # A text that would be read as a state says that it is a text.
            return {"text": value} if says_a_state(value) else value
        case Decimal():
            whole = value == value.to_integral_value() and value < _MOST_EXACT
            return int(value) if whole else str(value)
        case dt.date():
            return value.isoformat()
        case frozenset():
            return sorted(_UNKNOWN if each is UNKNOWN else str(each) for each in value)
        case tuple():
            return [_value_data(each, stated) for each in value]
        case _:
            return facts_data(value, stated=stated)


def _months(value: int | None) -> str:
    return _NONE if value is None else f"{value} months"


#: Whole numbers below this are the same in every reader of JSON.
_MOST_EXACT: Final = 2**53


def node_of(value: Any, report: Report) -> Node:  # noqa: ANN401 - whatever a program holds
    """Return a program's values as nodes, reporting those that are no fact's."""
    return _Nodes(report).of(value, "")


# ── What stands at the top ────────────────────────────────────────────────────────────────────


def listed(
    items: Sequence[Node], reader: SubjectReader, cls: type, rulebook: Rulebook | None
) -> Any:  # noqa: ANN401 - a register
    """Return a register of a list's entries; unreadable ones leave the list open."""
    collect, name = collector_of(cls, rulebook)
    found: list[Any] = []
    for at, item in enumerate(items):
        reader.base = f"{name}[{at}]."
        found.append(reader.read_entry(item, cls))
    reader.base = ""
    return collect(known_of(found))


def known_of(records: Sequence[Any], *, complete: bool = True) -> tuple[Any, ...]:
    """
    Return the known records of a list, UNKNOWN last if the list is open.

    Args:
        records: the records; UNKNOWN stands for one that could not be read.

        complete: whether there are certainly no others.
    """
    known = [record for record in records if record is not UNKNOWN]
    return (*known,) if complete and len(known) == len(records) else (*known, UNKNOWN)


def _read(
    node: Node, report: Report, reader: SubjectReader, cls: type, rulebook: Rulebook | None
) -> tuple[Any, dt.date | Unknown]:
    keys: Mapping[str, tuple[Scalar, Node]] = {}
    if isinstance(node, Entries):
        keys = {key.text: (key, value) for key, value in node.items}
    of_rules = next((key for key, _ in keys.values() if key.text in _KEYS_OF_RULE_FILES), None)
    if of_rules is not None and of_rules.text not in vocabulary_of(cls).fields:
        report.add(
            Code.NOT_A_SUBJECT,
            "this is a file of rules, not of facts",
            of_rules,
            "name its folder with `--rules`, and here the file of a partnership or register",
        )
        return None, UNKNOWN
    version = keys.get("govrules")
    if version is not None and not check_format(version[1], report):
        return None, UNKNOWN
    return reader.read_subject(node, register_class(cls, rulebook, keys) or cls)


def declared_by(rulebook: Rulebook | None, kind: str = "") -> Declared:
    """
    Return a rulebook's declarations: derived facts, thresholds, and the class of entries.

    Raises:
        FactsError: there is no such kind of subject.
    """
    if rulebook is None:
        return Declared()
    derived = {name: (each.fact, each.cls) for name, each in rulebook.derived.items()}
    cls = class_of(rulebook, kind)
    listed = list_of(cls)
    cls = cls if listed is None else listed[1]
    return Declared(
        derived,
        thresholds=rulebook.thresholds,
        cls=cls,
        lister=register_class(cls, rulebook),
    )
