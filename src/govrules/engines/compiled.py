"""
The compiled engine: one Python function for all rules about a kind of subject.

The function is generated from the rules when they are first asked for (see `python`), and kept by
their rulebook. It gives outcomes and no more. Of formulas alone a function is made likewise that
tells which hold.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.outcomes import CLEAR, NOT_APPLICABLE, Outcomes
from govrules.engines.python import Writer
from govrules.engines.registry import Outcome
from govrules.engines.source import NAME, sanitise
from govrules.errors import EngineError
from govrules.facts import months_before
from govrules.frozen import Identical
from govrules.lowering.dependencies import Leaf
from govrules.lowering.ir import Formula, Num, Var
from govrules.lowering.judged import Judged
from govrules.lowering.lower import lowering_of
from govrules.rulebook.ast import Rule, Rulebook, kept_on_rulebook
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import vocabulary_of

#: How many sets of its rules a rulebook keeps ready.
_MOST_KEPT: Final = 32
#: Of how many sets of formulas it is kept what tells whether they hold.
_MOST_TOLD: Final = 512
#: On how many dates a set of rules is kept ready.
_MOST_DATES: Final = 8

_TOO_DEEP: Final = "the conditions are nested too deep to be compiled; use the engine `reference`"

#: What rules compile to: the source of `prepare`, which takes the date of the assessment and gives
#: the function that judges one subject; the values that it names; the rules as formulas; the code.
Code: TypeAlias = tuple[str, dict[str, Any], tuple[Judged, ...], CodeType]
#: Takes one subject, and returns what each rule says of it.
Judge: TypeAlias = Callable[[Any], tuple[Outcome, ...]]
#: Takes a subject, numbers that are given and a record, and returns what is true or a number.
Tell: TypeAlias = Callable[[Any, Mapping[Leaf, Any], Any], tuple[Any, ...]]


def outcomes(
    rules: Sequence[Rule],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
    rulebook: Rulebook,
) -> Iterator[Sequence[Outcome]]:
    """
    Yield for each subject what each rule says of it.

    Raises:
        EngineError: the conditions are nested too deep to be compiled.
    """
    if not subjects:
        return iter(())
    return map(judge_for(rules, type(subjects[0]), as_of, rulebook), subjects)


def judge_for(
    rules: Sequence[Rule], cls: type, as_of: dt.date | Unknown, rulebook: Rulebook
) -> Judge:
    """
    Return the function that judges one subject of a class by rules on a date.

    It holds for any number of subjects. Each must fit the vocabulary: see `check_subject`.

    Raises:
        EngineError: the conditions are nested too deep to be compiled.
    """
    return _bound(rulebook, rulebook.class_of(cls), Identical(rules))(as_of)


def source(rules: Sequence[Rule], cls: type, rulebook: Rulebook) -> str:
    """
    Return the Python source compiled for rules on a class, with its constants.

    Raises:
        EngineError: the conditions are nested too deep to be compiled.
    """
    written, constants, *_ = _code(rules, rulebook.class_of(cls), rulebook)
    named = [f"# {name} = {sanitise(_said(value))}" for name, value in constants.items()]
    return "\n".join([*named, "", written]) if named else written


def _said(value: Any) -> str:  # noqa: ANN401 - any constant of generated code
    if isinstance(value, frozenset | tuple):
        return " ".join(sorted(str(each) for each in value)) or "nothing"
    if attrs.has(type(value)):
        cls: type = type(value)
        facts = [getattr(value, name) for name in vocabulary_of(cls).fields]
        return f"{cls.__name__} {'unknown' if UNKNOWN in facts else 'none'}"
    if isinstance(value, Mapping):
        return " ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


@kept_on_rulebook(_MOST_KEPT)
def _bound(rulebook: Rulebook, cls: type, rules: Identical) -> Callable[[dt.date | Unknown], Judge]:
    """Return by date the compiled function, bound to the outcomes of these rules."""
    _, constants, lowered, compiled = _code(rules, cls, rulebook)
    names = {**constants}
    for index, (rule, judged) in enumerate(zip(rules, lowered, strict=True)):
        for letter in "FU":
            table = Outcomes(rule, judged, flagged=letter == "F")
            names[f"{letter}{index}"] = table if table.atoms else table[0]
    return _ready(compiled, names)


def _ready(compiled: CodeType, names: Mapping[str, Any]) -> Callable[[dt.date | Unknown], Any]:
    """Return a cached factory of the compiled function for a date."""
    every = {
        **names,
        "__builtins__": {"len": len},
        "UNKNOWN": UNKNOWN,
        "CLEAR": CLEAR,
        "NOT_APPLICABLE": NOT_APPLICABLE,
        "day_before": _day_before,
        "last_day": _last_day,
    }
    exec(compiled, every)  # noqa: S102 - our own source, in which no text of a user stands
    return lru_cache(maxsize=_MOST_DATES)(every["prepare"])


@lru_cache(maxsize=_MOST_TOLD)
def tells(
    nodes: tuple[Formula | Num, ...],
    cls: type,
    given: tuple[Leaf, ...] = (),
    var: Var | None = None,
) -> Callable[[dt.date | Unknown], Tell]:
    """
    Return by date a function that returns the truth of formulas for a subject.

    Args:
        nodes: the formulas; where `var` is given, numbers over its list.

        cls: the class of the subject.

        given: numbers over lists that are handed over with a subject.

        var: a record of a list, of which it is told what it adds to each number.

    Raises:
        EngineError: the formulas are nested too deep to be compiled.
    """
    with _shallow():
        writer = Writer([[node] for node in nodes])
        compiled = compile(writer.telling(nodes, cls, given, var), "<govrules told>", "exec")
    return _ready(compiled, writer.constants)


def _code(rules: Sequence[Rule], cls: type, rulebook: Rulebook) -> Code:
    """Return the compiled code of rules."""
    with _shallow():
        lowering = lowering_of(rulebook)
        judged = tuple(lowering.rule(rule, cls) for rule in rules)
        writer = Writer([each.formulas for each in judged])
        source = writer.judging(judged, [rule.id for rule in rules], cls)
        return source, writer.constants, judged, compile(source, "<govrules compiled>", "exec")


@contextlib.contextmanager
def _shallow() -> Iterator[None]:
    try:
        yield
    except (RecursionError, MemoryError, SyntaxError, OverflowError) as error:
        raise EngineError(NAME, _TOO_DEEP) from error


def _day_before(as_of: dt.date | Unknown, months: int) -> dt.date:
    """Return the day some months before the assessment; the first there is if that is unknown."""
    return months_before(as_of, months) if isinstance(as_of, dt.date) else dt.date.min


def _last_day(as_of: dt.date | Unknown) -> dt.date:
    """Return the last day on which something can have been done."""
    return as_of if isinstance(as_of, dt.date) else dt.date.max
