"""
The compiled engine: one Python function for all rules about a kind of subject.

The function is generated from the rules when they are first asked for (see `codegen`), and kept by
what the rules say: two rulebooks that say the same share it. It gives outcomes and no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.python import NAME, Code, Gravity, generate, sanitise
from govrules.engines.reference import months_before
from govrules.engines.registry import Outcome
from govrules.errors import EngineError
from govrules.lowering.lower import Lowering
from govrules.rulebook.ast import Derived, Rule, Rulebook, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import vocabulary_of

#: How many sets of rules are kept ready.
MOST_KEPT: Final = 32
#: On how many dates a set of rules is kept ready.
_MOST_DATES: Final = 8
_CLEAR: Final = Outcome(Verdict.CLEAR, None, None, ())
_NOT_APPLICABLE: Final = Outcome(Verdict.NOT_APPLICABLE, None, None, ())

#: Takes one subject, and returns what each rule says of it.
Judge: TypeAlias = Callable[[Any], tuple[Outcome, ...]]


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
    return _bound(_Same(tuple(rules), cls, rulebook))(as_of)


def source(rules: Sequence[Rule], cls: type, rulebook: Rulebook) -> str:
    """
    Return the Python source that rules about a class compile to, with what its names stand for.

    Raises:
        EngineError: the conditions are nested too deep to be compiled.
    """
    code = _code(tuple(rules), cls, _all(rulebook.derived))
    named = [f"# {name} = {sanitise(_said(value))}" for name, value in code.constants.items()]
    return "\n".join([*named, "", code.source]) if named else code.source


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


@attrs.frozen(eq=False)
class _Same:
    """Rules of a rulebook, equal only to themselves: whether they are is seen at a glance."""

    rules: tuple[Rule, ...]
    cls: type
    rulebook: Rulebook

    def __hash__(self) -> int:
        return hash((id(self.rulebook), self.cls, len(self.rules)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Same)
            and self.rulebook is other.rulebook
            and self.cls is other.cls
            and len(self.rules) == len(other.rules)
            and all(map(_is, self.rules, other.rules))
        )


def _is(one: object, other: object) -> bool:
    return one is other


def _all(derived: Mapping[str, Derived]) -> tuple[tuple[str, Derived], ...]:
    return tuple(derived.items())


@lru_cache(maxsize=MOST_KEPT)
def _bound(same: _Same) -> Callable[[dt.date | Unknown], Judge]:
    """Return the compiled function with the outcomes of these very rules, by date."""
    code = _code(same.rules, same.cls, _all(same.rulebook.derived))
    names: dict[str, Any] = {
        **code.constants,
        "__builtins__": {"len": len},
        "UNKNOWN": UNKNOWN,
        "CLEAR": _CLEAR,
        "NOT_APPLICABLE": _NOT_APPLICABLE,
        "day_before": _day_before,
        "recorded": _recorded,
    }
    for index, (rule, gravity) in enumerate(zip(same.rules, code.gravities, strict=True)):
        for letter, verdict in (("F", Verdict.FLAGGED), ("U", Verdict.UNKNOWN)):
            table = _Outcomes(rule, verdict, gravity)
            names[f"{letter}{index}"] = table if gravity.atoms else table[0]
    exec(code.compiled, names)  # noqa: S102 - our own source, in which no text of a user stands
    return lru_cache(maxsize=_MOST_DATES)(names["prepare"])


@lru_cache(maxsize=MOST_KEPT)
def _kept(rules: tuple[Rule, ...], cls: type, derived: tuple[tuple[str, Derived], ...]) -> Code:
    lowering = Lowering(dict(derived))
    return generate([(rule, lowering.rule(rule, cls)) for rule in rules], cls)


def _code(rules: tuple[Rule, ...], cls: type, derived: tuple[tuple[str, Derived], ...]) -> Code:
    """Return what rules compile to; kept by what they say."""
    try:
        return _kept(rules, cls, derived)
    except RecursionError as error:
        raise EngineError(
            NAME,
            "the conditions are nested too deep to be compiled; use the engine `reference`",
        ) from error


class _Outcomes(dict[int, Outcome]):
    """The outcomes of a rule with one verdict, each made when it is first reached; see `Gravity`."""

    def __init__(self, rule: Rule, verdict: Verdict, gravity: Gravity) -> None:
        super().__init__()
        self.rule = rule
        self.verdict = verdict
        self.gravity = gravity

    def __missing__(self, key: int) -> Outcome:
        possible = self.gravity.possible(key)
        least, worst = possible[0], possible[-1]
        held = zip(self.rule.mitigated_by, self.gravity.holding(key), strict=True)
        holding = tuple(each for each, holds in held if holds)
        flagged = self.verdict is Verdict.FLAGGED
        could_be = None if flagged and worst is least else worst
        # Of two threads that make it at once, both hand out the first one's.
        made = Outcome(self.verdict, least if flagged else None, could_be, holding)
        return self.setdefault(key, made)


def _day_before(as_of: dt.date | Unknown, months: int) -> dt.date:
    """Return the day some months before the assessment; where that is not known, no day is older."""
    return months_before(as_of, months) if isinstance(as_of, dt.date) else dt.date.min


def _recorded(records: Sequence[Any]) -> list[Any]:
    """Return the records of a list that are known."""
    return [each for each in records if each is not UNKNOWN]
