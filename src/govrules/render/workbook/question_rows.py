"""Which questions a workbook asks: of each partnership those that matter most."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.answered import Laid, named_path
from govrules.answered.answer import OF_RECORD
from govrules.answered.answer_cells import how_to_answer, said
from govrules.answered.labels import CLAUSES_FACT, DONT_KNOW, about_of, question_key, record_hash
from govrules.assessment import Assessment
from govrules.explain.phrases import joined
from govrules.facts import recorded
from govrules.model import Register
from govrules.portfolio import THE_REGISTER, RegisterAssessment, is_register
from govrules.ranking import RankedQuestion
from govrules.render.advice import fact_of_path
from govrules.render.lines import INDEX
from govrules.render.standing import TIER
from govrules.rulebook.ast import Severity
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    YesNo,
    list_of,
)

#: How many questions are asked of a partnership, beside those that decide the risk tier.
MOST: Final = 15
#: How many questions one lead officer is asked, of however many partnerships.
MOST_OF_AN_OFFICER: Final = 40
_NOBODY: Final = "Nobody"
_NOT_RECORDED: Final = "Not recorded"


@attrs.frozen
class QuestionRow:
    """
    A question, as a row of a workbook.

    Attributes:
        officer: who answers for the partnership, in the register's words.
        partnership: its id, or its name where it has none.
        name: its name.
        about: the partner, measure or other record that it is about; "" for the partnership.
        could_be: the worst that the answer could show.
        question: what is asked.
        how: what an answer looks like.
        why: the finding that it could show.
        fact: the path of the fact, with the name of its record.
        type: of the fact.
        on_record: what is known of it, in words.
        record: a hash of all that is on record of the partnership.
        asked: when nobody knew, the last time that it was asked; "" where it was not.
    """

    officer: str
    partnership: str
    name: str
    about: str
    could_be: Severity
    question: str
    how: str
    why: str
    fact: str
    type: FactType
    on_record: str
    record: str
    asked: str = ""

    def key(self, pack: str) -> str:
        """Return the stable key of the row."""
        return question_key(pack, self.partnership, self.fact)


@attrs.frozen
class QuestionSheet:
    """
    The questions of a workbook.

    Attributes:
        rows: the questions.
        clauses: of which partnerships the matters of the governing document are asked, each with
            the row that says so.
        left: how many questions are left for the next workbook, by lead officer.
    """

    rows: tuple[QuestionRow, ...]
    clauses: tuple[tuple[Assessment, QuestionRow], ...] = ()
    left: Mapping[str, int] = attrs.field(factory=dict, hash=False)

    @property
    def left_out(self) -> int:
        """How many questions are left for the next workbook."""
        return sum(self.left.values())

    @property
    def more(self) -> str:
        """The number of further questions and how to get them; "" if there are none."""
        number = self.left_out
        are = "question is" if number == 1 else "questions are"
        asks = "`--all-questions` asks them all"
        return f"{number:,} more {are} left for the next workbook: {asks}." if number else ""

    @property
    def by_officer(self) -> Iterator[tuple[str, QuestionSheet]]:
        """What each lead officer is asked."""
        clauses = (row for _, row in self.clauses)
        for name in dict.fromkeys(row.officer for row in (*self.rows, *clauses)):
            yield (
                name,
                QuestionSheet(
                    tuple(row for row in self.rows if row.officer == name),
                    tuple(pair for pair in self.clauses if pair[1].officer == name),
                    {name: self.left.get(name, 0)},
                ),
            )


def asking_of(
    whole: RegisterAssessment, laid: Sequence[Laid] = (), *, everything: bool = False
) -> QuestionSheet:
    """
    Return the questions of a workbook.

    Args:
        whole: the assessment of the register.

        laid: what became of earlier answers: what nobody knew is asked last.

        everything: whether every question is asked, and not those alone that matter most.
    """
    asked = {
        (each.answer.partnership, each.answer.fact): each.answer.date
        for each in laid
        if each.answer.value is UNKNOWN and each.used == "neither"
    }
    rows: list[QuestionRow] = []
    clauses: list[tuple[Assessment, QuestionRow]] = []
    left: Counter[str] = Counter()
    beside = _of_the_register(whole)
    for index, each in enumerate((whole.register, *whole.entries)):
        found = [*_rows(each, asked, beside.get(index - 1, ()))]
        grid = [row for row, _ in found if row.fact == CLAUSES_FACT]
        clauses += [(each, row) for row in grid]
        others = [(row, tier) for row, tier in found if row.fact != CLAUSES_FACT]
        kept = others if everything else _first(others)
        rows += (row for row, _ in kept)
        left[_officer(each)] += len(others) - len(kept)
    order = {row.partnership: at for at, row in reversed([*enumerate(rows)])}
    rows.sort(key=lambda row: (row.officer.casefold(), order[row.partnership]))
    if not everything:
        kept_ = _gravest(rows)
        left += Counter(row.officer for row in rows) - Counter(row.officer for row in kept_)
        rows = kept_
    return QuestionSheet(tuple(rows), tuple(clauses), left)


def _gravest(rows: list[QuestionRow]) -> list[QuestionRow]:
    """Return each lead officer's most consequential questions, in order."""
    its: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        its.setdefault(row.officer, []).append(at)
    chosen: set[int] = set()
    for officer, places in its.items():
        # Where nobody leads, no one person is asked.
        most = None if officer in (_NOBODY, _NOT_RECORDED) else MOST_OF_AN_OFFICER
        places.sort(key=lambda at: (bool(rows[at].asked), -rows[at].could_be.rank))
        chosen.update(places[:most])
    return [rows[at] for at in sorted(chosen)]


def _first(rows: list[tuple[QuestionRow, bool]]) -> list[tuple[QuestionRow, bool]]:
    """Return the questions that decide the risk tier, then the most consequential."""
    places = [at for at, (_, tier) in enumerate(rows) if not tier][:MOST]
    chosen = {*places, *(at for at, (_, tier) in enumerate(rows) if tier)}
    return [rows[at] for at in sorted(chosen)]


def _of_the_register(whole: RegisterAssessment) -> Mapping[int, list[RankedQuestion]]:
    """Return the register findings' questions about its partnerships, by count."""
    found: dict[int, list[RankedQuestion]] = {}
    subject = whole.register.subject
    cls: type = type(subject)
    listed = list_of(cls) if isinstance(subject, Register) else None
    if listed is None:
        return found
    for each in whole.register.questions:
        head, inside, rest = each.question.fact.partition("].")
        name, _, number = head.partition("[")
        if inside and name == listed[0]:
            question = attrs.evolve(each.question, fact=rest, question=each.question.of_any_record)
            place = found.setdefault(int(number), [])
            place.append(attrs.evolve(each, question=attrs.evolve(question, record="")))
    return found


def _rows(
    each: Assessment,
    asked: Mapping[tuple[str, str], dt.date | None],
    beside: Sequence[RankedQuestion],
) -> Iterator[tuple[QuestionRow, bool]]:
    """Yield a subject's questions, each with whether it decides the risk tier."""
    subject = each.subject
    register = is_register(subject)
    if not each.checks:
        return
    partnership = each.id or each.name or (THE_REGISTER if register else "")
    if not partnership:
        return
    cls: type = type(subject)
    own = list_of(cls) if isinstance(subject, Register) else None
    tier = {one.fact for one in each.derived[TIER].questions} if TIER in each.derived else set()
    ranked = [*each.questions]
    already = {one.question.fact for one in ranked}
    ranked += (one for one in beside if one.question.fact not in already)
    titles = {rule.id: rule.title for rule in each.rulebook.rules}
    grave = {one.rule.id: one.could_be or Severity.LOW for one in each.findings}
    record = record_hash(subject) if not register else ""
    moot = _moot(ranked)
    found: list[tuple[QuestionRow, bool]] = []
    for one in ranked:
        question = one.question
        if own is not None and question.fact.startswith(f"{own[0]}["):
            # It is asked of the entry.
            continue
        fact = fact_of_path(question.fact, cls)
        path = named_path(subject, question.fact)
        # What has no name cannot be found again, and what others decide is asked with them.
        nameless = INDEX.search(path) is not None and OF_RECORD.fullmatch(path) is not None
        if fact is None or nameless or question.fact in moot:
            continue
        about = about_of(path)[0]
        there = on_record(recorded(subject, question.fact))
        rules = sorted(one.rules, key=lambda rule: -grave.get(rule, Severity.LOW).rank)
        more = f", and {len(rules) - 1} more" if len(rules) > 1 else ""
        before = asked.get((partnership, path), asked.get((each.name, path), _NEVER))
        row = QuestionRow(
            officer=_officer(each),
            partnership=partnership,
            name="The register" if register else each.name or partnership,
            about=about,
            could_be=one.could_be,
            question=question.of_any_record if about else question.question,
            how=how_to_answer(fact, there) + moot_phrase(moot, question.fact),
            why=f"{titles.get(rules[0], rules[0])}{more}",
            fact=path,
            type=fact.type,
            on_record=there,
            record=record,
            asked="" if before is _NEVER else "asked before, and nobody knew",
        )
        found.append((row, question.fact in tier))
    yield from sorted(found, key=lambda pair: bool(pair[0].asked))


_NEVER: Final = dt.date.min


def _officer(each: Assessment) -> str:
    """Return a subject's lead officer, in the register's words."""
    if is_register(each.subject):
        return "Whoever keeps the register"
    officer = getattr(each.subject, "responsible_officer", UNKNOWN)
    if officer is None:
        return _NOBODY
    return officer if isinstance(officer, str) else _NOT_RECORDED


def _moot(ranked: Sequence[RankedQuestion]) -> dict[str, str]:
    """Return the questions that fall away if a record is none."""
    paths = {each.question.fact for each in ranked}
    above = {
        path: [path[:at] for at, letter in enumerate(path) if letter == "." and path[:at] in paths]
        for path in paths
    }
    return {path: heads[0] for path, heads in above.items() if heads}


def moot_phrase(moot: Mapping[str, str], fact: str) -> str:
    """Return how many questions fall away where one is answered by none."""
    number = sum(each == fact for each in moot.values())
    return f"; if none, {number} more fall away" if number else ""


def on_record(value: Any) -> str:  # noqa: ANN401 - any fact's value
    """Return the recorded part of an open fact."""
    if value is UNKNOWN or value is None:
        return "unknown" if value is UNKNOWN else "none"
    if isinstance(value, (frozenset, tuple)):
        known = [each for each in value if each is not UNKNOWN]
        names = (getattr(each, "name", each) for each in known)
        texts = sorted(name for name in names if isinstance(name, str))
        return f"{'; '.join(texts)}; perhaps more" if texts else "unknown"
    return str(value)


def input_message(fact_type: FactType) -> str:
    """Return the prompt of an answer cell, at most 255 characters."""
    match fact_type:
        case YesNo() | Record():
            return f"yes, no or {DONT_KNOW}. Leave blank if you have not looked."
        case Choice(values) | Choices(values) if sum(map(len, values)) < 200:  # noqa: PLR2004
            several = "Any of" if isinstance(fact_type, Choices) else "One of"
            end = ", with ; between" if isinstance(fact_type, Choices) else ""
            return f"{several}: {joined(map(said, values), 'or')}{end}."[:255]
        case Money():
            return f"Pounds, such as 18,000 or £1.2m; none; {DONT_KNOW}."
        case Date():
            return f"The day, such as 31 March 2026; none; {DONT_KNOW}."
        case Number() | Months():
            return f"A number or length of time in full, such as 3 or 12 months; {DONT_KNOW}."
        case Records():
            return f"The name of each, with ; between; none; {DONT_KNOW}."
        case Choices() | Choice():
            return f"Words of the list on the right; none; {DONT_KNOW}."
        case _:
            return "The post, not the person, where a post will do."


def as_of_text(as_of: dt.date | Unknown) -> str:
    """Return the date of an assessment in the workbook's format."""
    return as_of.isoformat() if isinstance(as_of, dt.date) else ""
