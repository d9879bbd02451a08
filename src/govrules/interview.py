"""An interview: the question that matters most, an answer as people give it, and the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import attrs

from govrules.answered import Answer, lay_over, named_path
from govrules.answered.answer import INDEX, OF_RECORD, fact_at, label_of
from govrules.answered.answer_cells import BLANK, Refusal, how_to_answer, read_answer, said
from govrules.answered.overlay import current_value
from govrules.assessment import Assessment, assess
from govrules.decode.states import fold
from govrules.decode.values import YES_NO_WORDS
from govrules.engines.registry import REFERENCE
from govrules.errors import EngineError, FactsError, GovrulesError
from govrules.explain.phrases import counted, named, sentence
from govrules.facts import names_of
from govrules.portfolio import is_register
from govrules.ranking import RankedQuestion
from govrules.reading import declared_by
from govrules.rulebook.ast import Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import one_of
from govrules.vocabulary import Choice, Choices, Fact, Records, Text

#: The engine by which an interview judges again after each answer; the findings are the same.
_FAST: Final = "compiled"
_REASONS: Final = 3
#: Texts that name no officer.
_NAMES: Final = ("name", "id")


class AnswerError(GovrulesError):
    """
    An answer that cannot be used.

    Attributes:
        message: what is wrong with it.
        help: what to write instead.
    """

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(f"{message}: {help_}" if help_ else message)
        self.message = message
        self.help = help_


@attrs.frozen
class Prompt:
    """
    A question of an interview.

    Attributes:
        fact: the path of the fact, with the name of the record that it is of.
        question: what is asked.
        hint: what an answer looks like.
        known: what is known of it already, where there may be more; "" where nothing is.
        could_be: the worst that the answer could show; None where no rule asks for it.
        rules: the ids of the rules that it helps to settle.
        left: how many questions are open, this one among them.
    """

    fact: str
    question: str
    hint: str
    known: str
    could_be: Severity | None
    rules: tuple[str, ...]
    left: int


@attrs.frozen
class _Turn:
    """A question that was put, and the answers to it; none where it was skipped."""

    prompt: Prompt
    answers: tuple[Answer, ...]


class Interview:
    """
    An interview about one partnership, without a terminal.

    Args:
        subject: what is known of it so far.

        rulebook: the rules that decide what is asked.

        as_of: the date of the assessment.

        level: only questions are asked that could show a finding of this severity or above.

        first: facts that are asked before all others, whether a rule asks for them or not.

        settle: a derived fact; where one is named, only what it hangs on is asked after those.

        last: facts that are asked after all others, since nobody knew them when they were asked.

    Raises:
        FactsError: the subject is a register or does not fit the vocabulary, or what is asked
            first, or is to be settled, is not there.

    >>> from govrules import load_rulebook
    >>> from govrules.model import Partnership
    >>> talk = Interview(Partnership(name="Care pool"), load_rulebook())
    >>> talk.prompt.question
    'Has any member benefited from an interest that was not declared?'
    >>> [answer] = talk.answer("no")
    >>> answer.fact, answer.value
    ('conflicts.undeclared', False)
    """

    def __init__(
        self,
        subject: Any,  # noqa: ANN401 - a subject of any class
        rulebook: Rulebook,
        *,
        as_of: dt.date | Unknown = UNKNOWN,
        level: Severity = Severity.LOW,
        first: Sequence[str] = (),
        settle: str = "",
        last: Collection[str] = (),
    ) -> None:
        if is_register(subject):
            raise FactsError("subject", "one partnership", "a register")
        self.rulebook = rulebook
        self.as_of = as_of
        self.level = one_of("level", level, Severity)
        self._first = tuple(first)
        self._settle = settle
        self._last = frozenset(last)
        self._base = rulebook.adopted(subject)
        self._turns: list[_Turn] = []
        self._put_again: Prompt | None = None
        self._subject: Any = self._base

    # ── What is known ─────────────────────────────────────────────────────────────────────────

    @property
    def subject(self) -> Any:  # noqa: ANN401 - a subject of any class
        """The subject with every answer so far."""
        return self._subject

    @cached_property
    def assessment(self) -> Assessment:
        """The assessment of the subject with the answers so far."""
        try:
            return assess(self._subject, self.rulebook, as_of=self.as_of, engine=_FAST)
        except EngineError:
            return assess(self._subject, self.rulebook, as_of=self.as_of, engine=REFERENCE)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every answer so far, that nobody knows among them, in the order in which it was given."""
        return tuple(answer for turn in self._turns for answer in turn.answers)

    @property
    def partnership(self) -> str:
        """How answers name the partnership: by its id, or its name where it has none."""
        return _name_of(self._subject)

    @property
    def last_answers(self) -> tuple[Answer, ...] | None:
        """What was answered to the question before; None where this is the first."""
        return self._turns[-1].answers if self._turns else None

    def see(self, evidence: str) -> None:
        """Say of the last answer where it was seen."""
        if self._turns:
            last = self._turns[-1]
            answers = tuple(attrs.evolve(answer, evidence=evidence) for answer in last.answers)
            self._turns[-1] = attrs.evolve(last, answers=answers)

    def update(self, subject: Any) -> None:  # noqa: ANN401 - a subject of any class
        """Go on from what is known of the subject now; answers fill in what that leaves open."""
        self._base = subject
        self._changed()

    def _changed(self) -> None:
        called = _name_of(self._base)
        answers = [attrs.evolve(answer, partnership=called) for answer in self.answers]
        self._subject = lay_over(self._base, answers, self.rulebook)[0] if answers else self._base
        for name in ("assessment", "prompt", "_all_open"):
            vars(self).pop(name, None)

    @property
    def _passed(self) -> set[str]:
        """The facts already asked; a list stays open while its records are named."""
        return {
            turn.prompt.fact
            for turn in self._turns
            if all(answer.fact == turn.prompt.fact for answer in turn.answers)
        }

    # ── Questions ─────────────────────────────────────────────────────────────────────────────

    @cached_property
    def prompt(self) -> Prompt | None:
        """The question that is put now; None where none is left."""
        return self._put_again or self._next()

    @property
    def remaining(self) -> int:
        """How many questions are left, the one that is put now among them."""
        left = self._left
        begun = sum(each not in {one.fact for one in left} for each in self._of_first())
        return len(left) + begun

    @property
    def open(self) -> tuple[str, ...]:
        """The facts of the questions at the level that are open, those that were skipped too."""
        return tuple(each.fact for each in self._all_open)

    @property
    def _left(self) -> list[_OpenFact]:
        passed = self._passed
        return [each for each in self._all_open if each.fact not in passed]

    def _next(self) -> Prompt | None:
        left = self._left
        by_fact = {each.fact: each for each in left}
        for path in self._of_first():
            return self._prompt_for(by_fact.get(path) or _OpenFact(path, None))
        return self._prompt_for(left[0]) if left else None

    def _of_first(self) -> Iterator[str]:
        passed = self._passed
        for path in self._first:
            if path not in passed and self._is_open(path):
                yield path

    def _is_open(self, path: str) -> bool:
        value = self._recorded(path)
        several = isinstance(value, (frozenset, tuple))
        return value is UNKNOWN or (several and UNKNOWN in value)

    def _recorded(self, path: str) -> Any:  # noqa: ANN401 - any fact's value
        """Return the value at a path that may name a record instead of numbering it."""
        return current_value(self._subject, path, self.rulebook)

    @cached_property
    def _all_open(self) -> list[_OpenFact]:
        """Every question that is open and can be asked, in the order of consequence."""
        assessment = self.assessment
        questions: Iterable[RankedQuestion] = assessment.questions
        if self._settle:
            settle = one_of("settle", self._settle, assessment.derived)
            wanted = {question.fact for question in assessment.derived[settle].questions}
            questions = [question for question in questions if question.question.fact in wanted]
        found = [
            _OpenFact(named_path(self._subject, question.question.fact), question)
            for question in questions
            if question.could_be >= self.level or self._settle
        ]
        asked = [each for each in found if self._fact(each.fact) is not None]
        return sorted(asked, key=lambda each: each.fact in self._last)

    def _fact(self, path: str) -> Fact | None:
        """Return the fact of a path; None where an answer of one line cannot settle it."""
        cls: type = type(self._subject)
        found = fact_at(path, cls, declared_by(self.rulebook))
        if found is None:
            return None
        of = found.fact.type
        # What has no name cannot be told from others.
        return (
            None if isinstance(of, Records) and (found.list or not label_of(of.cls)) else found.fact
        )

    def _prompt_for(self, each: _OpenFact) -> Prompt:
        fact = self._fact(each.fact)
        if fact is None:
            raise FactsError("first", "a fact that can be asked for", each.fact)
        ranked = each.ranked
        return Prompt(
            fact=each.fact,
            question=fact.question if ranked is None else _question(each.fact, ranked),
            hint=_hint(fact, each.fact),
            known=_known(self._recorded(each.fact)),
            could_be=None if ranked is None else ranked.could_be,
            rules=() if ranked is None else ranked.rules,
            left=self.remaining,
        )

    def why(self) -> tuple[str, ...]:
        """Return why the question is put: what the answer could show, and on what that rests."""
        prompt = self.prompt
        if prompt is None or not prompt.rules:
            return ("So that it is known which partnership this is about.",) if prompt else ()
        findings = {finding.rule.id: finding for finding in self.assessment.findings}
        several = [findings[rule] for rule in prompt.rules if rule in findings]
        several.sort(key=lambda each: -(each.could_be or each.severity or Severity.LOW).rank)
        lines = []
        for each in several[:_REASONS]:
            worst = each.could_be or each.severity or Severity.LOW
            open_ = each.verdict is Verdict.UNKNOWN
            whether = "It could show" if open_ else "It settles how grave this is"
            lines.append(
                f"{whether} ({worst.value}): {sentence(each.rule.title)} {each.rule.principle}"
            )
        more = len(several) - len(lines)
        if more > 0:
            lines.append(f"And it helps to settle {counted(more, 'more check')}.")
        return tuple(lines)

    # ── Answers ───────────────────────────────────────────────────────────────────────────────

    @property
    def fact(self) -> Fact | None:
        """The fact that is asked for now; None where nothing is asked."""
        return None if self.prompt is None else self._fact(self.prompt.fact)

    def read(
        self, text: str, *, evidence: str = "", by: str = "", date: dt.date | None = None
    ) -> tuple[Answer, ...]:
        """
        Return what a text answers to the question that is put now, and change nothing.

        Args:
            text: what was typed: `yes`, `y`, `none`, `don't know`, `£1.2m`, `31 March 2026`,
                words of a list, names with ; between.

            evidence: where it was seen.

            by: who answers.

            date: when.

        Returns:
            the answers, several where a text names several records; UNKNOWN is the value where
            nobody knows.

        Raises:
            AnswerError: it cannot be read as an answer, or nothing is asked.
        """
        prompt = self.prompt
        if prompt is None:
            raise AnswerError("nothing is asked any more")
        fact = self._fact(prompt.fact)
        assert fact is not None  # noqa: S101 - it is asked
        known = self._recorded(prompt.fact)
        value = read_answer(text, fact, known, self.as_of)
        if value is BLANK:
            raise AnswerError("there is no answer", prompt.hint)
        if isinstance(value, Refusal):
            raise AnswerError(value.message, value.help)
        if value is not UNKNOWN and isinstance(fact.type, Choices) and isinstance(known, frozenset):
            # What is known stands, whether or not it is typed again.
            value |= known - {UNKNOWN}
        if isinstance(fact.type, Records) and isinstance(value, tuple) and _are_names(text, value):
            label = label_of(fact.type.cls)
            pairs = [(f"{prompt.fact}[{each}].{label}", each) for each in value]
        else:
            pairs = [(prompt.fact, value)]
        several = [Answer(self.partnership, path, each, evidence, by, date) for path, each in pairs]
        _, laid = lay_over(self._subject, several, self.rulebook)
        for each in laid:
            if each.problem is not None:
                raise AnswerError(each.problem.message, each.problem.help)
            if each.used == "record":
                raise AnswerError(
                    "that is known already", "name another, or answer yes if that is all"
                )
        return tuple(several)

    def take(self, answers: Iterable[Answer]) -> None:
        """Go on with answers that `read` returned."""
        prompt = self.prompt
        if prompt is None:
            raise AnswerError("nothing is asked any more")
        self._go_on(_Turn(prompt, tuple(answers)))

    def answer(
        self, text: str, *, evidence: str = "", by: str = "", date: dt.date | None = None
    ) -> tuple[Answer, ...]:
        """
        Answer the question that is put now, and go on to the next.

        Args:
            text, evidence, by, date: see `read`.

        Raises:
            AnswerError: it cannot be read as an answer, or nothing is asked; nothing has changed.
        """
        found = self.read(text, evidence=evidence, by=by, date=date)
        self.take(found)
        return found

    def skip(self) -> None:
        """Leave the question that is put now, and go on to the next."""
        if self.prompt is not None:
            self._go_on(_Turn(self.prompt, ()))

    def back(self) -> Prompt | None:
        """
        Take back the last answer, or what was skipped, and put that question again.

        Returns:
            the question; None where this is the first.
        """
        if not self._turns:
            return None
        self._put_again = self._turns.pop().prompt
        self._changed()
        return self.prompt

    def _go_on(self, turn: _Turn) -> None:
        self._put_again = None
        self._turns.append(turn)
        self._changed()


@attrs.frozen
class _OpenFact:
    """A fact that is open, and the question for it where a rule asks one."""

    fact: str
    ranked: RankedQuestion | None


def _name_of(subject: Any) -> str:  # noqa: ANN401 - a subject of any class
    return next(iter(names_of(subject)), "")


def _question(path: str, ranked: RankedQuestion) -> str:
    """Return the question, of a record of a list with its name."""
    found = OF_RECORD.fullmatch(path)
    if found is None or INDEX.fullmatch(found["record"]):
        return ranked.question.question
    return f"{found['record']}: {ranked.question.of_any_record}"


def _are_names(text: str, value: tuple[str, ...]) -> bool:
    """Tell whether a text names records, and does not say that those known are all."""
    return bool(value) and YES_NO_WORDS.get(fold(text).removesuffix(".")) is None


def _known(value: Any) -> str:  # noqa: ANN401 - any fact's value
    """Return the known members of an open set or list, in words."""
    if not isinstance(value, (frozenset, tuple)):
        return ""
    members = [each for each in value if each is not UNKNOWN]
    names = [
        member if isinstance(member, str) else getattr(member, "name", "") for member in members
    ]
    return named(sorted(said(str(name)) for name in names if isinstance(name, str) and name))


def _hint(fact: Fact, path: str) -> str:
    match fact.type:
        case Text() if path.rpartition(".")[2] in _NAMES:
            return "words"
        case Records():
            return "a name, or several with ; between; yes if those known are all; none"
        case Choice(values):
            return f"one of: {', '.join(map(said, values))}"
        case _:
            return how_to_answer(fact)
