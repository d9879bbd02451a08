"""
Facts as events and snapshots carry them: plain values that JSON can hold, and paths into records.

A mapping holds what is recorded; what it leaves out is unknown, as is null, and `none` is known to
be absent. Single values may also be texts as a file has them (`"yes"`, `"12 months"`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from govrules.bodies import counts_once, twins_merged
from govrules.decode.problems import Problem, describe
from govrules.decode.states import VALUE, fold, state_of
from govrules.decode.values import decoder, is_placeholder, written
from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import FactsError
from govrules.facts import annotation
from govrules.reading import CARRIED
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.reads import Path
from govrules.truth import UNKNOWN
from govrules.validate import Misfit
from govrules.vocabulary import Choices, Fact, FactType, Record, Records, Text, vocabulary_of

#: More than anybody records of one partnership; what exceeds it is an error of the sender.
MOST_FACTS: Final = 20_000

_STEP: Final = re.compile(r"([a-z_][a-z0-9_]*)(?:\[([0-9]{1,6})\])?", re.ASCII)
_UNKNOWN: Final = "unknown"
_NONE: Final = "none"
#: How much of a wrong value a message repeats.
_SHOWN: Final = 80


@attrs.frozen
class JsonReader:
    """
    Reads JSON values by the types of their facts.

    Attributes:
        rulebook: the rules, which declare local and derived facts.
        told: what is read with care, or as unknown, is added to it.
        exact: whether the values are a snapshot's, in which `none` is None for a yes or no too.
    """

    rulebook: Rulebook
    told: list[Diagnostic] = attrs.field(factory=list, eq=False)
    exact: bool = False

    def _tell(self, found: Problem, path: Path) -> None:
        self.told.append(Diagnostic(found.code, found.about(path), Span("event"), found.help))

    def record(self, plain: Any, cls: type, *, path: Path = "") -> Any:  # noqa: ANN401
        """
        Return the record that a plain mapping describes.

        Raises:
            FactsError: the mapping does not fit the vocabulary; it names the fact.
        """
        if isinstance(plain, cls):
            return plain
        if not isinstance(plain, Mapping):
            raise _refused(path or cls.__name__.lower(), "a mapping of facts", _short(plain))
        vocabulary = vocabulary_of(cls)
        values: dict[str, Any] = {}
        for name, value in plain.items():
            where = f"{path}{name}"
            if name in vocabulary.fields:
                values[name] = self._value(value, vocabulary.fields[name].type, path=where)
            elif name in vocabulary.about and name in CARRIED and isinstance(value, Mapping):
                read = {
                    key: self._about(name, key, each, cls=cls, path=f"{where}.{key}")
                    for key, each in value.items()
                }
                values[name] = {key: each for key, each in read.items() if each is not UNKNOWN}
            else:
                raise _no_such_fact(where, vocabulary.fields)
        return cls(**values)

    def changed(self, record: Any, path: Path, value: Any, *, prefix: Path = "") -> Any:  # noqa: ANN401
        """
        Return a record with one fact changed; UNKNOWN takes the fact back.

        Args:
            record: an attrs object.

            path: the fact, such as ``funding.pooled``, ``partners[0].weaknesses``, ``local.x``,
                or the name of a derived fact, which is then stated.

            value: its value, plain or as the vocabulary has it; a record just past the end of a
                list is added.

            prefix: what the paths of the record's facts begin with, for messages.

        Raises:
            FactsError: there is no such fact, or the value does not fit it.
        """
        cls: type = type(record)
        fields = vocabulary_of(cls).fields
        head, _, rest = path.partition(".")
        step = _STEP.fullmatch(head)
        if step is None or step[1] not in fields:
            return self._said(record, path, value, prefix=prefix)
        name, fact = step[1], fields[step[1]]
        where = f"{prefix}{name}"
        old = getattr(record, name)
        if step[2] is not None:
            new = self._in_list(old, fact, rest, value, path=f"{where}[{int(step[2])}]")
        elif rest:
            if not isinstance(fact.type, Record):
                raise _no_such_fact(f"{prefix}{path}", fields)
            inner = fact.type.cls() if old is None or old is UNKNOWN else old
            new = self.changed(inner, rest, value, prefix=f"{where}.")
        else:
            new = self._value(value, fact.type, path=where)
        return attrs.evolve(record, **{name: new})

    def _said(self, base: Any, path: Path, value: Any, *, prefix: Path) -> Any:  # noqa: ANN401
        """Return a record with an annotation replaced: a stated fact, or evidence."""
        head, _, rest = path.partition(".")
        name, key = (head, rest) if rest else ("stated", path)
        cls: type = type(base)
        vocabulary = vocabulary_of(cls)
        declared = name != "stated" or self._declared(key, cls) is not None
        if name not in CARRIED or name not in vocabulary.about or not declared:
            raise _no_such_fact(f"{prefix}{path}", vocabulary.fields)
        known = dict(annotation(base, name))
        known.pop(key, None)
        new = value
        if value is not UNKNOWN:
            new = self._about(name, key, value, cls=cls, path=f"{prefix}{path}")
        if new is not UNKNOWN:
            known[key] = new
        return attrs.evolve(base, **{name: known})

    def _in_list(
        self,
        old: Any,  # noqa: ANN401 - the list
        fact: Fact,
        rest: Path,
        value: Any,  # noqa: ANN401 - what a user passed
        *,
        path: Path,
    ) -> tuple[Any, ...]:
        if not isinstance(fact.type, Records):
            raise _refused(path, "a fact of the vocabulary", "no record of a list")
        index = int(path.rpartition("[")[2].removesuffix("]"))
        items: tuple[Any, ...] = (UNKNOWN,) if old is UNKNOWN else old or ()
        # As facts count them: those that are known, without the gaps between them.
        known = [item for item in items if item is not UNKNOWN]
        if index > len(known):
            raise _refused(path, f"one of {len(known)} records, or the next", "a later one")
        after: list[Any] = []
        if rest:
            before = known[index] if index < len(known) else fact.type.cls()
            after = [self.changed(before, rest, value, prefix=f"{path}.")]
        elif value is not UNKNOWN:
            after = [self.record(value, fact.type.cls, path=f"{path}.")]
        known[index : index + 1] = after
        return (*known, UNKNOWN) if UNKNOWN in items else tuple(known)

    def _value(self, value: Any, fact_type: FactType, *, path: Path) -> Any:  # noqa: ANN401
        """Return a plain value as the type has it."""
        if value is None or value is UNKNOWN:
            return UNKNOWN
        if self.exact and value == _NONE:
            return None
        several = isinstance(fact_type, Record | Records | Choices)
        if several and isinstance(value, str) and state_of(fold(value)) is not VALUE:
            return _decoder(fact_type)(value)
        match fact_type:
            case Record(cls):
                return self.record(value, cls, path=f"{path}.")
            case Records(cls):
                records = [
                    UNKNOWN
                    if each in (UNKNOWN, _UNKNOWN)
                    else self.record(each, cls, path=f"{path}[{index}].")
                    for index, each in enumerate(_several(value, "a list of records", path))
                ]
                once, twice = twins_merged(records)
                for at, _ in twice:
                    self._tell(counts_once(records[at].name, path), path)
                return once
            case Choices():
                members = _several(value, "a list of values", path)
                return frozenset(UNKNOWN if member == _UNKNOWN else member for member in members)
            case _:
                return self._single(value, fact_type, path)

    def _single(self, value: Any, fact_type: FactType, path: Path) -> Any:  # noqa: ANN401
        if isinstance(value, Mapping) and isinstance(fact_type, Text) and [*value] == ["text"]:
            return str(value["text"])
        found = _decoder(fact_type)(value)
        if found is UNKNOWN and is_placeholder(value, fact_type):
            message = f"`{written(value)}` counts as unknown"
            self._tell(
                Problem(Code.PLACEHOLDER, message, "send the value, `none`, or nothing"), path
            )
        if not isinstance(found, Problem):
            # A text is kept as it was written.
            kept = isinstance(fact_type, Text) and isinstance(found, str) and isinstance(value, str)
            return value if kept else found
        if found.code is Code.READ_WITH_CARE or isinstance(fact_type, Text):
            self._tell(found, path)
            return found.value
        code = Code.TYPE_MISMATCH if found.code.is_warning else found.code
        raise _refused(path, describe(fact_type), f"`{str(value)[:_SHOWN]}`", code, found.help)

    def _about(self, name: str, key: str, value: Any, *, cls: type, path: Path) -> Any:  # noqa: ANN401
        if name == "evidence":
            if not isinstance(value, str):
                raise _refused(path, "a line of text", _short(value))
            return value
        fact = self._declared(key, cls)
        if fact is None:
            raise _refused(path, "a derived fact of the rulebook", "no such fact")
        return self._value(value, fact.type, path=path)

    def _declared(self, key: str, cls: type) -> Fact | None:
        derived = self.rulebook.derived.get(key)
        return derived.fact if derived is not None and derived.cls is cls else None


_decoder = functools.cache(decoder)


def _no_such_fact(path: Path, known: Collection[str]) -> FactsError:
    near = did_you_mean(path.rpartition(".")[2], known)
    return _refused(path, "a fact of the vocabulary", "unknown to it", Code.UNKNOWN_FACT, near)


def _refused(
    path: Path, expected: str, actual: str, code: Code = Code.TYPE_MISMATCH, help_: str = ""
) -> FactsError:
    told = Misfit(path, expected, actual, code, help_).diagnostic
    return FactsError(path, expected, actual, (told,))


def _short(value: object) -> str:
    return repr(value)[:_SHOWN]


def _several(value: Any, expected: str, path: Path) -> Collection[Any]:  # noqa: ANN401
    if not isinstance(value, list | tuple | set | frozenset):
        raise _refused(path, expected, _short(value))
    return value


def count_facts(record: Any) -> int:  # noqa: ANN401 - any attrs object
    """Return how many facts are recorded, members of sets and records of lists included."""
    cls: type = type(record)
    number = sum(len(annotation(record, name)) for name in CARRIED)
    for name in vocabulary_of(cls).fields:
        value = getattr(record, name)
        if value is UNKNOWN:
            continue
        number += 1
        if isinstance(value, frozenset | tuple):
            number += len(value)
        for each in value if isinstance(value, tuple) else (value,):
            if attrs.has(type(each)):
                number += count_facts(each)
    return number


def changed_paths(old: Any, new: Any, prefix: Path = "") -> Iterator[Path]:  # noqa: ANN401
    """
    Yield the facts in which two records of one class differ.

    A list that became longer, shorter, open or closed is one change; so is a record that came or
    went. What differs inside a record of a list is told with `[]` for which record it is.
    """
    cls: type = type(new)
    for name, fact in vocabulary_of(cls).fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if before is after or (type(before) is type(after) and before == after):
            continue
        path = f"{prefix}{name}"
        if isinstance(fact.type, Record) and type(before) is type(after) is fact.type.cls:
            yield from changed_paths(before, after, f"{path}.")
        elif isinstance(fact.type, Records) and _shape(before) == _shape(after):
            for one, two in zip(before, after, strict=True):
                if one is not two and one != two:
                    yield from changed_paths(one, two, f"{path}[].")
        else:
            yield path
    before, after = annotation(old, "stated"), annotation(new, "stated")
    for key in before.keys() | after.keys():
        if before.get(key, UNKNOWN) != after.get(key, UNKNOWN):
            yield f"{prefix}{key}"


def _shape(value: Any) -> Any:  # noqa: ANN401 - a list of records, or the lack of one
    return tuple(each is UNKNOWN for each in value) if isinstance(value, tuple) else value


def fits(number: int, path: Path) -> None:
    """
    Refuse more facts than one entry may have.

    Raises:
        FactsError: there are more.
    """
    if number > MOST_FACTS:
        raise _refused(path, f"at most {MOST_FACTS:,} facts", f"{number:,}")
