"""
A lowered rule in words: when it flags, when it is clear, when it does not apply, and how gravely.

A test holds only where what it compares is recorded; what denies it holds everywhere else.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.explain.phrases import joined, value_phrase
from govrules.lowering.formulas import TRUE, among, no, unknown
from govrules.lowering.ir import (
    Above,
    Absent,
    Among,
    Amount,
    And,
    Const,
    Exists,
    FactRead,
    Formula,
    Holds,
    IsUnknown,
    May,
    Meets,
    Members,
    More,
    Neg,
    Num,
    RecordTotal,
    Times,
    Var,
)
from govrules.lowering.lower import lowering_of
from govrules.rulebook.ast import SEVERITIES, Rule, Rulebook
from govrules.rulebook.expr import Op
from govrules.vocabulary import Choice, FactType, Months

#: How long a line may be.
_WIDTH: Final = 88
_STEP: Final = 4
_YES: Final = frozenset({True})


@attrs.frozen
class _JoinedPhrases:
    """Phrases joined by *and* or *or*."""

    word: str
    phrases: tuple[_Phrase, ...]


#: A phrase: words with other phrases among them, or several joined.
_Words: TypeAlias = "tuple[str | _Phrase, ...]"
_Phrase: TypeAlias = "_JoinedPhrases | _Words"


def formula_lines(rule: Rule, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield a lowered rule in words, as styled lines."""
    judged = lowering_of(rulebook).rule(rule, rulebook.subjects[rule.subject])
    yield rule.id, "bold"
    said = [
        ("flagged", judged.flagged),
        ("clear", judged.clear),
        ("not applicable", judged.not_applicable),
        *(
            (f"{severity.value}, if it flags,", judged.severities[severity])
            for severity in reversed(SEVERITIES)
            if severity in judged.severities
        ),
    ]
    for name, formula in said:
        equals = "=" if not name.endswith(",") else "is possible ="
        yield "", ""
        phrase = _phrase(formula)
        if len(line := f"{name} {equals} {_in_line(phrase)}") <= _WIDTH:
            yield line, ""
            continue
        yield f"{name} {equals}", ""
        yield from ((each, "") for each in _laid_out(phrase, " " * _STEP))


# ── Layout ────────────────────────────────────────────────────────────────────────────────────


def _in_line(phrase: _Phrase, *, inside: bool = False) -> str:
    if isinstance(phrase, _JoinedPhrases):
        text = f" {phrase.word} ".join(_in_line(each, inside=True) for each in phrase.phrases)
        return f"({text})" if inside else text
    return "".join(each if isinstance(each, str) else f"({_in_line(each)})" for each in phrase)


def _laid_out(phrase: _Phrase, pad: str, begin: str = "", *, inside: bool = False) -> Iterator[str]:
    """Yield a phrase's lines, the first with a prefix."""
    line = pad + begin + _in_line(phrase, inside=inside)
    if len(line) <= _WIDTH:
        yield line
    elif not isinstance(phrase, _JoinedPhrases):
        yield from _parted(phrase, pad, begin)
    elif inside:
        yield f"{pad}{begin}("
        yield from _laid_out(phrase, pad + " " * _STEP)
        yield f"{pad})"
    else:
        for index, each in enumerate(phrase.phrases):
            yield from _laid_out(each, pad, f"{phrase.word} " if index else "", inside=True)


def _parted(words: _Words, pad: str, begin: str) -> Iterator[str]:
    """Yield lines of words, nested phrases on lines of their own."""
    line, further = pad + begin, pad + " " * 2 * _STEP
    for word in words:
        if isinstance(word, str):
            line += word
        else:
            yield from textwrap.wrap(f"{line}(", _WIDTH, subsequent_indent=further)
            yield from _laid_out(word, pad + " " * _STEP)
            line = f"{pad})"
    yield from textwrap.wrap(line, _WIDTH, subsequent_indent=further)


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────


def _phrase(formula: Formula, *, holds: bool = True) -> _Phrase:
    """Return a formula, or its denial, as a phrase."""
    match formula:
        case Const(value=value):
            return ("always" if value is holds else "never",)
        case Neg(item=item):
            return _phrase(item, holds=not holds)
        case And(items=items):
            parts = list(_parts(items, "and" if holds else "or", holds=holds))
            return (
                _JoinedPhrases("and" if holds else "or", tuple(parts))
                if len(parts) > 1
                else parts[0]
            )
        case Exists(var=var, so=so):
            if so is TRUE:
                return (f"there is {'a' if holds else 'no'} {_each(var)}",)
            return (f"{'some' if holds else 'no'} {_each(var)}: ", _phrase(so))
        case Above():
            return _compared(formula, holds=holds)
        case _:
            return (_leaf(formula, holds=holds),)


def _parts(items: Iterable[Formula], word: str, *, holds: bool) -> Iterator[_Phrase]:
    known = dict.fromkeys(items)
    for each in known:
        match each:
            case Neg(item=IsUnknown(read=read)) if no(among(read, _YES)) in known:
                # A yes or no that is recorded, and not yes.
                yield (f"{read.full_path} {'is' if holds else 'is not'} no",)
            case Neg(item=Among(read=read, values=values)) if (
                values == _YES and no(unknown(read)) in known
            ):
                continue
            case _:
                phrase = _phrase(each, holds=holds)
                same = isinstance(phrase, _JoinedPhrases) and phrase.word == word
                yield from (
                    phrase.phrases if same and isinstance(phrase, _JoinedPhrases) else [phrase]
                )


def _leaf(formula: Formula, *, holds: bool) -> str:
    isnt = "is" if holds else "is not"
    match formula:
        case IsUnknown(read=read):
            return f"{'nobody' if holds else 'somebody'} recorded {read.full_path}"
        case Absent(read=read):
            return f"{read.full_path} {isnt} none"
        case More(read=read):
            return f"there {'may be' if holds else 'are no'} more {read.full_path}"
        case Among(read=read, values=values):
            words = [_value(each, read.type) for each in _in_order(values, read.type)]
            return f"{read.full_path} {isnt} {joined(words, 'or')}"
        case Holds(op=op, one=one, other=other, type=kind):
            if op is Op.OLDER_THAN:
                if isinstance(other, int) and other < 0:
                    return f"{one.full_path} {isnt} less than {_value(-other, Months())} ahead"
                age = other.full_path if isinstance(other, FactRead) else _value(other, Months())
                return f"{one.full_path} {isnt} more than {age} ago"
            than = other.full_path if isinstance(other, FactRead) else _value(other, kind)
            words_ = {Op.EQUALS: "", Op.AT_LEAST: "at least ", Op.MORE_THAN: "more than "}[op]
            return f"{one.full_path} {isnt} {words_}{than}"
        case Meets(read=read, wanted=wanted, all=every):
            if isinstance(wanted, FactRead):
                named = f"{'all' if every else 'any'} of {wanted.full_path}"
            else:
                named = joined(sorted(wanted), "and" if every else "or")
            return f"{read.full_path} {'includes' if holds else 'does not include'} {named}"
        case May(table=table, values=values):
            kind = table.fact.type
            words = [_value(each, kind) for each in _in_order(values, kind)]
            verb = "may" if holds else "cannot"
            return f"{table.var.prefix}{table.name} {verb} be {joined(words, 'or')}"
        case _:
            raise AssertionError("it is no leaf")


def _each(var: Var) -> str:
    assert var.list is not None  # noqa: S101 - only lists are gone through
    return var.list.fact.each or f"record of {var.list.full_path}"


def _in_order(values: Iterable[Any], kind: FactType) -> list[Any]:
    order = kind.values if isinstance(kind, Choice) else ()
    known = sorted(value for value in values if value is not None and value not in order)
    return [
        *(each for each in order if each in values),
        *known,
        *([None] if None in values else []),
    ]


def _value(value: Any, kind: FactType) -> str:  # noqa: ANN401 - any value
    return value if isinstance(kind, Choice) and value is not None else value_phrase(value, kind)


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────

#: How one number stands to another, by whether it may equal it, as it is and denied.
_COMPARED: Final = {
    (True, True): "is at least",
    (True, False): "is less than",
    (False, True): "is more than",
    (False, False): "is at most",
}
#: The same seen from the other number.
_TURNED: Final = {
    "is at least": "is at most",
    "is less than": "is more than",
    "is more than": "is less than",
    "is at most": "is at least",
}


def _compared(formula: Above, *, holds: bool) -> _Words:
    one, other, verb = formula.one, formula.other, _COMPARED[formula.equal, holds]
    if isinstance(one, Amount) and not isinstance(other, Amount):
        one, other, verb = other, one, _TURNED[verb]
    return (*_number(one), f" {verb} ", *_number(other))


def _number(number: Num) -> _Words:
    match number:
        case Amount(of=of):
            return (of.full_path if isinstance(of, FactRead) else f"{of:,}",)
        case Members(read=read):
            return (f"the number of {read.full_path}",)
        case Times(one=one, other=other):
            return (*_number(one), " times ", *_number(other))
        case RecordTotal(var=var, so=so, of=of):
            many = f"{_each(var)}s"
            begin = f"the number of {many}" if of is None else f"the sum of {of.full_path}"
            if so is TRUE:
                return (begin,)
            return (f"{begin} where ", _phrase(so))
        case _:
            assert_never(number)
