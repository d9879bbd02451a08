"""Answers laid over a subject: they fill in what the record leaves open, and take nothing away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs

from govrules.answered.answer import (
    OF_RECORD,
    Answer,
    FactAt,
    fact_at,
    label_of,
    places_of,
    record_called,
    records_of,
)
from govrules.answered.file import answer_text
from govrules.decode.names import fold_body
from govrules.diagnostics import Code, Diagnostic, Place, did_you_mean
from govrules.facts import absent, annotation, names_of, origin_of, recorded, replaced
from govrules.portfolio import THE_REGISTER, entries_of, is_register, listed
from govrules.reading import declared_by
from govrules.rulebook.ast import Rulebook
from govrules.subjects import EVERY_FACT
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choices, Fact, Record, Records, Text, list_of, vocabulary_of


@attrs.frozen
class Laid:
    """
    The result of applying one answer.

    Attributes:
        answer: the answer.
        used: what counts for the fact: the answer; the record, which said it already or says
            something else; or neither.
        path: the fact as findings name it, such as ``partners[1].independent``; "" where there is
            no such record.
        problem: what has to be said of it; None where nothing has.
    """

    answer: Answer
    used: Literal["answer", "record", "neither"]
    path: str = ""
    problem: Diagnostic | None = None


def lay_over(
    subject: Any,  # noqa: ANN401 - a subject of any class
    answers: Iterable[Answer],
    rulebook: Rulebook | None = None,
) -> tuple[Any, tuple[Laid, ...]]:
    """
    Return a subject with answers filling its open facts, and the result of each answer.

    What is on record stays: an answer that says something else is named, and does not count.

    Args:
        subject: a partnership or a register, wherever it was read from.

        answers: the answers; of those to one question that differ none counts.

        rulebook: the rules, where answers are for local or derived facts that they declare.

    >>> from govrules.model import Partnership, Register
    >>> register = Register(partnerships=(Partnership(id="p7"),))
    >>> new, (laid,) = lay_over(register, [Answer("p7", "funding.pooled", True)])
    >>> new.partnerships[0].funding.pooled, laid.used
    (True, 'answer')
    """
    several = list(answers)
    subject = subject if rulebook is None else rulebook.adopted(subject)
    if not is_register(subject):
        new, done = _laid_on(subject, several, rulebook)
        return new, tuple(done.get(id(each)) or _nobody(each, [subject]) for each in several)
    entries = entries_of(subject)
    called: dict[str, list[int]] = {}
    for at, entry in enumerate(entries):
        for name in dict.fromkeys(_called(entry)):
            called.setdefault(name, []).append(at)
    its: dict[int, list[Answer]] = {}
    own: list[Answer] = []
    found: dict[int, Laid] = {}
    known = {*_called(subject), THE_REGISTER}
    for answer in several:
        places = called.get(answer.partnership, [])
        if len(places) == 1:
            its.setdefault(places[0], []).append(answer)
        elif places:
            found[id(answer)] = _for_nothing(
                answer,
                f"{len(places)} partnerships are called `{answer.partnership}`",
                "give the partnership an id, and name it in the answer",
            )
        elif answer.partnership in known:
            own.append(answer)
        else:
            found[id(answer)] = _nobody(answer, entries)
    changed = {}
    for at, of_entry in its.items():
        changed[at], done = _laid_on(entries[at], of_entry, rulebook)
        found |= done
    new = _with_entries(subject, entries, changed) if changed else subject
    if own:
        new, done = _laid_on(new, own, rulebook)
        found |= done
    return new, tuple(found[id(each)] for each in several)


def _called(subject: Any) -> tuple[str, ...]:  # noqa: ANN401 - of any class
    # One without id and name is called by no name.
    return names_of(subject) or ("",)


def _with_entries(register: Any, entries: Sequence[Any], changed: Mapping[int, Any]) -> Any:  # noqa: ANN401 - of any class
    """Return a register with some entries replaced; an open list stays open."""
    more = tuple(each for each in listed(register) if each is UNKNOWN)
    new = (*(changed.get(at, each) for at, each in enumerate(entries)), *more)
    cls: type = type(register)
    found = list_of(cls) if attrs.has(cls) and hasattr(register, "name") else None
    return attrs.evolve(register, **{found[0] if found else "entries": new})


def _for_nothing(answer: Answer, message: str, help_: str) -> Laid:
    problem = Diagnostic(Code.ANSWER_FOR_NOTHING, message, answer.span, help_, path=answer.fact)
    return Laid(answer, "neither", problem=problem)


def _nobody(answer: Answer, entries: Sequence[Any]) -> Laid:
    known = [name for entry in entries for name in _called(entry)]
    give = "give its id, or its name where it has no id"
    return _for_nothing(
        answer,
        f"an answer is for `{answer.partnership}`, and no partnership here is called so",
        did_you_mean(answer.partnership, known, otherwise=give),
    )


def _laid_on(
    subject: Any,  # noqa: ANN401 - of any class
    answers: Sequence[Answer],
    rulebook: Rulebook | None,
) -> tuple[Any, dict[int, Laid]]:
    """Return one subject with its answers applied, and the result of each."""
    called = {*_called(subject), *([THE_REGISTER] if is_register(subject) else [])}
    mine = [each for each in answers if each.partnership in called]
    cls: type = type(subject)
    declared = declared_by(rulebook)
    by_fact: dict[str, list[Answer]] = {}
    for each in mine:
        by_fact.setdefault(_folded(each.fact), []).append(each)
    found: dict[int, Laid] = {}
    ready: list[tuple[Answer, FactAt]] = []
    for several in by_fact.values():
        # That nobody knew once says nothing against an answer.
        known = [each for each in several if each.value is not UNKNOWN]
        first = (known or several)[0]
        differ = [each for each in known if each.value != first.value]
        at = fact_at(first.fact, cls, declared)
        if at is None:
            missing = f"`{first.fact}` is no fact of `{first.partnership}`"
            found |= {id(each): _for_nothing(each, missing, EVERY_FACT) for each in several}
        elif differ:
            found |= {id(each): _two_answers(each, first, differ[0]) for each in several}
        else:
            ready.append((first, at))
    new = subject
    evidence, origin = dict(annotation(subject, "evidence")), dict(annotation(subject, "origin"))
    for answer, at in sorted(ready, key=_first_lists):
        new, laid = _lay(new, answer, at)
        found[id(answer)] = laid
        if laid.used == "answer":
            evidence[laid.path] = answer.seen
            if answer.span.file:
                origin[laid.path] = Place(answer.span)
    about = vocabulary_of(cls).about
    more = {"evidence": evidence, "origin": origin}
    if new is not subject:
        new = attrs.evolve(new, **{key: more[key] for key in more if key in about})
    for several in by_fact.values():
        done = next(found[id(each)] for each in several if id(each) in found)
        for each in several:
            found.setdefault(id(each), attrs.evolve(done, answer=each))
    return new, found


def _folded(path: str) -> str:
    found = OF_RECORD.fullmatch(path)
    return f"{found['list']}[{fold_body(found['record'])}].{found['rest']}" if found else path


def _first_lists(ready: tuple[Answer, FactAt]) -> int:
    """Sort answers that name records before answers about those records."""
    _, at = ready
    if isinstance(at.fact.type, Records):
        return 0
    return 1 if at.list and isinstance(at.fact.type, Text) else 2


def _two_answers(answer: Answer, one: Answer, other: Answer) -> Laid:
    first, second = (f"`{answer_text(each)}`" for each in (one, other))
    problem = Diagnostic(
        Code.ANSWERS_DISAGREE,
        f"`{answer.fact}` of `{answer.partnership}` is answered {first} at {one.span} and "
        f"{second} at {other.span}: neither counts",
        answer.span,
        "find out which is right, and take the other out",
        path=answer.fact,
    )
    return Laid(answer, "neither", problem=problem)


def _against(answer: Answer, path: str, on_record: str, place: str) -> Laid:
    at = f" ({place})" if place else ""
    problem = Diagnostic(
        Code.ANSWER_AGAINST_THE_RECORD,
        f"`{answer.fact}` of `{answer.partnership}` is answered `{answer_text(answer)}`, and on "
        f"record{at} it is {on_record}: the record counts",
        answer.span,
        "correct the record if the answer is right; else take the answer out",
        path=answer.fact,
    )
    return Laid(answer, "record", path, problem)


def _lay(subject: Any, answer: Answer, at: FactAt) -> tuple[Any, Laid]:  # noqa: ANN401 - of any class
    """Apply one answer to a subject, unless a recorded fact contradicts it."""
    if not at.list:
        return _lay_in(subject, answer, at, subject, "")
    records = records_of(subject, at.list)
    places = places_of(records, at)
    if len(places) != 1:
        if not places and at.rest == _label_in(subject, at.list):
            return _add(subject, answer, at)
        known = [record_called(each) for each in records if record_called(each)]
        which = f"{len(places)} records" if places else "no record"
        message = f"{which} of `{at.list}` of `{answer.partnership}` is called `{at.record}`"
        return subject, _for_nothing(
            answer, message, did_you_mean(at.record, known) or "give the name as it stands"
        )
    index = places[0]
    prefix = f"{at.list}[{index}]."
    record, laid = _lay_in(records[index], answer, at, subject, prefix)
    if record is records[index]:
        return subject, laid
    records[index] = record
    return replaced(subject, at.list, (*records, *_more(subject, at.list))), laid


def _label_in(subject: Any, path: str) -> str:  # noqa: ANN401 - of any class
    """Return the fact that names a record of a list."""
    cls: type = type(subject)
    listed_ = vocabulary_of(cls).facts[path].type
    return label_of(listed_.cls) if isinstance(listed_, Records) else ""


def _more(subject: Any, path: str) -> tuple[Any, ...]:  # noqa: ANN401 - of any class
    """Return the marker of an open list, if a list has one."""
    value = recorded(subject, path)
    if value is None or (isinstance(value, tuple) and UNKNOWN not in value):
        return ()
    return (UNKNOWN,)


def _add(subject: Any, answer: Answer, at: FactAt) -> tuple[Any, Laid]:  # noqa: ANN401 - of any class
    """Return a subject with one more record in an open list."""
    cls: type = type(subject)
    fact = vocabulary_of(cls).facts[at.list]
    assert isinstance(fact.type, Records)  # noqa: S101 - the path says so
    records, more = records_of(subject, at.list), _more(subject, at.list)
    if not more:
        listed_ = f"not among the {len(records)} of `{at.list}`, which are all there are"
        return subject, _against(answer, "", listed_, "")
    if not isinstance(answer.value, str) or fold_body(answer.value) != fold_body(at.record):
        return subject, _for_nothing(
            answer, f"`{answer.fact}` is answered by another name", "write that name in the fact"
        )
    record = fact.type.cls(**{at.rest: answer.value})
    new = replaced(subject, at.list, (*records, record, *more))
    return new, Laid(answer, "answer", f"{at.list}[{len(records)}].{at.rest}")


def _lay_in(
    record: Any,  # noqa: ANN401 - of any class
    answer: Answer,
    at: FactAt,
    subject: Any,  # noqa: ANN401 - of any class
    prefix: str,
) -> tuple[Any, Laid]:
    """Apply one answer to a record; `prefix` is the path of the record."""
    path = f"{prefix}{at.rest}"
    if answer.value is UNKNOWN:
        return record, Laid(answer, "neither", path)
    current = _current(record, at)
    new = _settled(current, answer.value, at.fact)
    if new is not None:
        return replaced(record, at.rest, new.value), Laid(answer, "answer", path)
    if _agree(current, answer.value, at.fact):
        return record, Laid(answer, "record", path)
    shown = answer_text(attrs.evolve(answer, value=_shown(current, at.fact)))
    return record, _against(answer, path, f"`{shown}`", origin_of(subject, path))


def current_value(subject: Any, path: str, rulebook: Rulebook | None = None) -> Any:  # noqa: ANN401 - of any class, any value
    """
    Return the recorded value of a fact an answer names; UNKNOWN if there is no such fact.

    Args:
        subject: the subject itself, and no register that lists it.

        path: the path of the fact, with the name of its record.

        rulebook: the rules, which declare local and derived facts.
    """
    cls: type = type(subject)
    at = fact_at(path, cls, declared_by(rulebook))
    if at is None:
        return UNKNOWN
    if not at.list:
        return _current(subject, at)
    records = records_of(subject, at.list)
    places = places_of(records, at)
    return _current(records[places[0]], at) if len(places) == 1 else UNKNOWN


def _current(record: Any, at: FactAt) -> Any:  # noqa: ANN401 - of any class, any value
    """Return what is on record for a fact."""
    cls: type = type(record)
    if at.rest in vocabulary_of(cls).facts:
        value = recorded(record, at.rest)
    else:
        value = annotation(record, "stated").get(at.rest, UNKNOWN)
    return absent(at.fact) if value is None else value


@attrs.frozen
class _New:
    """The value that a fact has from now on."""

    value: Any


def _settled(current: Any, value: Any, fact: Fact) -> _New | None:  # noqa: ANN401 - any fact's
    """Return the recorded value completed by an answer; None if it adds nothing."""
    match fact.type:
        case Record(cls):
            return _New(cls() if value else None) if current is UNKNOWN else None
        case Records(cls):
            return _listed(current, value, cls)
        case Choices() if isinstance(current, frozenset) and UNKNOWN in current:
            members = frozenset() if value is None else value
            if UNKNOWN in members:
                return None if members <= current else _New(current | members)
            return _New(members) if current - {UNKNOWN} <= members else None
        case _:
            return _New(value) if current is UNKNOWN else None


def _listed(current: Any, names: Any, cls: type) -> _New | None:  # noqa: ANN401 - records, names
    """Return a list of records closed by an answer that names them all."""
    known = [] if current is UNKNOWN else [each for each in current if each is not UNKNOWN]
    if current is not UNKNOWN and UNKNOWN not in current:
        return None
    wanted = {fold_body(name) for name in names or ()}
    have = {fold_body(record_called(each)) for each in known}
    if not have <= wanted:
        return None
    new = [cls(**{label_of(cls): name}) for name in names or () if fold_body(name) not in have]
    return _New((*known, *new))


def _agree(current: Any, value: Any, fact: Fact) -> bool:  # noqa: ANN401 - any fact's values
    """Tell whether an answer repeats the recorded value."""
    match fact.type:
        case Record():
            return (current is not None) == bool(value)
        case Records():
            complete = UNKNOWN not in current
            known = {fold_body(record_called(each)) for each in current if each is not UNKNOWN}
            return complete and known == {fold_body(each) for each in value or ()}
        case Choices() if value is not None and UNKNOWN in value:
            return bool(value - {UNKNOWN} <= current)
        case _:
            return bool(current == (absent(fact) if value is None else value))


def _shown(current: Any, fact: Fact) -> Any:  # noqa: ANN401 - any fact's value
    """Return a recorded value in the form of an answer."""
    if isinstance(fact.type, Record):
        return None if current is None else True
    if isinstance(fact.type, Records):
        return tuple(record_called(each) for each in current if each is not UNKNOWN)
    return current
