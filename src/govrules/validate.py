"""Check that a Python object fits the vocabulary, before any rule reads it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final, Literal, TypeAlias, TypeVar, assert_never

import attrs

from govrules.decode.values import describe
from govrules.diagnostics import NOWHERE, Code, Diagnostic, did_you_mean
from govrules.errors import FactsError, VocabularyError
from govrules.fact_nodes import EVERY_VALUE, values_of
from govrules.facts import annotation
from govrules.own import LOCAL, adopted
from govrules.rulebook.ast import Rulebook
from govrules.subjects import INDEX
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Records,
    Scalar,
    Text,
    YesNo,
    vocabulary_of,
)

T = TypeVar("T")
#: Which findings are wanted: all of them, or those that are flagged.
Which: TypeAlias = Literal["all", "flagged"]


def check_as_of(as_of: object) -> None:
    """
    Check the date of an assessment.

    Raises:
        FactsError: it is neither a date nor UNKNOWN; a time of day is no date.
    """
    if as_of is UNKNOWN or (isinstance(as_of, dt.date) and not isinstance(as_of, dt.datetime)):
        return
    raise FactsError("as_of", "a date (`datetime.date`) or UNKNOWN", repr(as_of)[:_SHOWN])


def require_rulebook(rulebook: object) -> None:
    """
    Check that what is passed as a rulebook is one.

    Raises:
        FactsError: it is none.
    """
    if not isinstance(rulebook, Rulebook):
        raise FactsError("rulebook", "what `load_rulebook` returned", type(rulebook).__name__)


def one_of(name: str, value: object, allowed: Iterable[T]) -> T:
    """
    Return an option's value, given as itself or as its text.

    Raises:
        FactsError: it is none of the option's values.
    """
    known = [*allowed]
    if value not in known:
        raise FactsError(name, f"one of {', '.join(map(str, known))}", repr(value)[:_SHOWN])
    return next(each for each in known if each == value)


@attrs.frozen
class Misfit:
    """
    A fact of a Python object that does not fit the vocabulary.

    Attributes:
        path: the fact.
        expected: what the vocabulary allows there.
        actual: what stands there.
        code: what kind of problem it is.
        help: how to mend it.
        allowed: the values that the fact takes, where they are closed.
    """

    path: str
    expected: str
    actual: str
    code: Code = Code.TYPE_MISMATCH
    help: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def diagnostic(self) -> Diagnostic:
        """It as a diagnostic, which is in no file."""
        actual = self.actual if len(self.actual) <= _SHOWN else f"{self.actual[:_SHOWN]}…"
        message = f"`{self.path}` must be {self.expected}, not {actual}"
        return Diagnostic(
            self.code, message, NOWHERE, self.help, path=self.path, allowed=self.allowed
        )


#: How much of a wrong value a message repeats.
_SHOWN: Final = 200


def check_subject(record: Any, rulebook: Rulebook | None) -> Any:  # noqa: ANN401 - any attrs object
    """
    Return a record validated and converted to the rulebook's class.

    Every fact of it is checked, and of the records in it; own and derived facts by the rulebook.

    Raises:
        FactsError: facts that do not fit; it names the first, and carries every one of them.
    """
    its: type = type(record)
    is_sound = _quick(its)
    cls = its if rulebook is None else rulebook.class_of(its)
    if its is cls and is_sound(record):
        return record
    strays: list[str] = []
    made = adopted(record, cls, strays)
    if not strays and _quick(cls)(made):
        return made
    found = [*_undeclared(strays, cls), *misfits(made, rulebook)]
    if found:
        first = found[0]
        told = tuple(each.diagnostic for each in found)
        raise FactsError(first.path, first.expected, first.actual, told)
    return made


def _undeclared(paths: Iterable[str], cls: type) -> Iterator[Misfit]:
    """Yield the own facts that no pack declares."""
    known = [each for each in vocabulary_of(cls).paths if f".{LOCAL}." in f".{each}"]
    for path in paths:
        help_ = did_you_mean(INDEX.sub("[]", path), known)
        expected = f"a declared fact ({', '.join(known) or 'none'})"
        yield Misfit(path, expected, "undeclared", Code.UNKNOWN_FACT, help_)


def misfits(record: Any, rulebook: Rulebook | None, prefix: str = "") -> Iterator[Misfit]:  # noqa: ANN401 - any attrs object
    """Yield every fact of a record, and of the records in it, that does not fit."""
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        yield from _misfits(getattr(record, name), fact, f"{prefix}{name}", rulebook)
    follow = {} if rulebook is None else rulebook.derived
    for name, value in annotation(record, "stated").items():
        derived = follow.get(name)
        if derived is None or derived.cls is not cls:
            known = did_you_mean(name, [each for each, its in follow.items() if its.cls is cls])
            yield Misfit(
                f"{prefix}{name}",
                "a derived fact of the rulebook",
                "no such fact",
                Code.UNKNOWN_FACT,
                known,
            )
        else:
            yield from _misfits(value, derived.fact, f"{prefix}{name}", rulebook)


#: What a value of a type is for certain, if it is plain; what is not plain is looked at again.
_PLAIN: Final[Mapping[type, str]] = {
    YesNo: "(v is True or v is False)",
    Text: "v.__class__ is str",
    Date: "v.__class__ is date",
    Months: "v.__class__ is int and v >= 0",
    Money: "(v.__class__ is Decimal and v.is_finite() or v.__class__ is int) and v >= 0",
}


@functools.cache
def _quick(cls: type) -> Callable[[Any], bool]:
    """
    Return a fast check that accepts only plainly valid records.

    It is generated, for every subject of a register is checked before it is assessed.
    """
    names: dict[str, Any] = {"date": dt.date, "Decimal": Decimal, "UNKNOWN": UNKNOWN}
    if any(issubclass(cls, each) for each in (Mapping, list, str, PurePath)):
        msg = f"`{cls.__name__}` is no subject; `govrules.read` makes one of it: `read(…).subject`"
        raise VocabularyError(msg)
    try:
        vocabulary = vocabulary_of(cls)
    except VocabularyError as error:
        if not hasattr(cls, "subject"):
            raise
        msg = f"`{cls.__name__}` is no subject; what is read or assessed is its `subject`"
        raise VocabularyError(msg) from error
    lines = ["def sound(it):"]
    lines += [f"    if it.{name}: return False" for name in vocabulary.about & {"local", "stated"}]
    for index, (name, fact) in enumerate(vocabulary.fields.items()):
        lines.append(f"    v = it.{name}")
        match fact.type:
            case Record(inner):
                names |= {f"C{index}": inner, f"S{index}": _quick(inner)}
                fits = f"v.__class__ is C{index} and S{index}(v)"
            case Records(inner):
                names |= {f"C{index}": inner, f"S{index}": _quick(inner)}
                lines.append("    if v is not UNKNOWN and v is not None:")
                lines.append("        if v.__class__ is not tuple: return False")
                lines.append("        for each in v:")
                lines.append("            if each is not UNKNOWN and not (")
                lines.append(f"                each.__class__ is C{index} and S{index}(each)")
                lines.append("            ): return False")
                continue
            case Choices(values):
                names[f"V{index}"] = frozenset((*values, UNKNOWN))
                fits = f"v.__class__ is frozenset and v <= V{index}"
            case Choice(values):
                names[f"V{index}"] = frozenset(values)
                fits = f"isinstance(v, str) and v in V{index}"
            case Number(whole, _, most):
                names[f"M{index}"] = most
                numbers = "v.__class__ is int"
                if not whole:
                    numbers = f"({numbers} or v.__class__ is Decimal and v.is_finite())"
                fits = f"{numbers} and v >= 0" + ("" if most is None else f" and v <= M{index}")
            case _:
                fits = _PLAIN[type(fact.type)]
        lines.append(f"    if v is not UNKNOWN and v is not None and not ({fits}): return False")
    lines.append("    return True")
    exec("\n".join(lines), names)  # noqa: S102 - of a user's text nothing stands in it
    made: Callable[[Any], bool] = names["sound"]
    return made


def _misfits(
    value: Any,  # noqa: ANN401 - what a user passed
    fact: Fact,
    path: str,
    rulebook: Rulebook | None,
) -> Iterator[Misfit]:
    if value is UNKNOWN or value is None:
        return
    match fact.type:
        case Record(cls):
            if isinstance(value, cls):
                yield from misfits(value, rulebook, f"{path}.")
            else:
                help_ = _read_it(value, cls)
                expected = f"a {cls.__name__}, None or UNKNOWN"
                yield Misfit(path, expected, repr(value), help=help_)
        case Records(cls):
            yield from _list_misfits(value, cls, path, rulebook)
        case Choices(values):
            if not isinstance(value, frozenset):
                expected = "a frozenset, None or UNKNOWN"
                yield Misfit(path, expected, repr(value), allowed=values)
                return
            for each in value:
                if each is not UNKNOWN and each not in values:
                    expected = f"a set of {', '.join(values)}"
                    yield _no_value(path, expected, each, values)
        case Choice(values) if isinstance(value, str) and value not in values:
            yield _no_value(path, f"one of {', '.join(values)}, None or UNKNOWN", value, values)
        case _:
            if not _fits(value, fact.type):
                expected = f"{describe(fact.type)}, None or UNKNOWN"
                yield Misfit(path, expected, repr(value), allowed=values_of(fact.type))


def _no_value(path: str, expected: str, value: object, values: tuple[str, ...]) -> Misfit:
    help_ = did_you_mean(str(value), values) or EVERY_VALUE
    return Misfit(path, expected, repr(value), Code.UNKNOWN_VALUE, help_, values)


def _read_it(value: object, cls: type) -> str:
    if isinstance(value, Mapping):
        return "read the mapping with `govrules.read`, which reads the records in it"
    return f"pass `{cls.__name__}(...)`"


def _list_misfits(
    value: Any,  # noqa: ANN401 - what a user passed
    cls: type,
    path: str,
    rulebook: Rulebook | None,
) -> Iterator[Misfit]:
    if not isinstance(value, tuple):
        yield Misfit(path, f"a tuple of {cls.__name__}, None or UNKNOWN", repr(value))
        return
    known = [each for each in value if each is not UNKNOWN]
    for index, each in enumerate(known):
        if isinstance(each, cls):
            yield from misfits(each, rulebook, f"{path}[{index}].")
        else:
            yield Misfit(f"{path}[{index}]", f"a {cls.__name__}", repr(each))


def _fits(value: Any, fact_type: Scalar) -> bool:  # noqa: ANN401 - what a user passed
    match fact_type:
        case YesNo():
            return isinstance(value, bool)
        case Text():
            return isinstance(value, str)
        case Choice(values):
            return isinstance(value, str) and value in values
        case Date():
            return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        case Months():
            return type(value) is int and value >= 0
        case Money():
            return _is_number(value) and value >= 0
        case Number(whole, _, most):
            if whole and not isinstance(value, int):
                return False
            return _is_number(value) and value >= 0 and (most is None or value <= most)
        case _:
            assert_never(fact_type)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - what a user passed
    if isinstance(value, Decimal):
        return value.is_finite()
    return type(value) is int
