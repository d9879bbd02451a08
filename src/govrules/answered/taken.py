"""Answers of workbooks that came back: merged by question, and set against what is on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.answered import labels
from govrules.answered.answer import Answer, FactAt, fact_of
from govrules.answered.answer_cells import BLANK, Refusal, read_answer
from govrules.answered.book import AskedQuestion, Returned, SheetRow
from govrules.answered.file import answer_text
from govrules.answered.overlay import Laid, current_value, lay_over
from govrules.diagnostics import Code, Diagnostic
from govrules.facts import names_of
from govrules.portfolio import THE_REGISTER, entries_of, is_register
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.visible import argument
from govrules.vocabulary import Choices, Fact, YesNo

#: What a lead officer is called where nobody is.
_NOBODY: Final = ("nobody", "not recorded")


@attrs.frozen
class Given:
    """
    A row with at least one cell filled in.

    Attributes:
        row: the row.
        asked: the question that it answers.
        fact: the fact that is asked for.
        value: what it says; `BLANK`, UNKNOWN, or a `Refusal`.
        head: the heading of the cell that says so.
    """

    row: SheetRow
    asked: AskedQuestion
    fact: Fact
    value: Any
    head: str = labels.ANSWER

    @property
    def place(self) -> str:
        """The file and the cell."""
        return self.row.cell(self.head)


@attrs.frozen
class Refused:
    """
    An answer that was refused.

    Attributes:
        row: the row.
        problem: why, with its cell.
        asked: the question; None where it cannot be told which.
        fact: the fact that is asked for; None likewise.
    """

    row: SheetRow
    problem: Diagnostic
    asked: AskedQuestion | None = None
    fact: Fact | None = None


@attrs.frozen
class Taken:
    """
    The combined contents of returned workbooks.

    Attributes:
        answers: what is to be written.
        refused: what is not.
        questions: how many questions the workbooks ask.
        answered: how many of them are answered.
        unknown: how many are answered by that nobody knows.
        blank: how many nobody has answered.
        on_record: how many are answered as the register has it already.
        without_evidence: the cells of answers that do not say where it was seen.
        notes: what else is to be said.
    """

    answers: tuple[Answer, ...]
    refused: tuple[Refused, ...]
    questions: int
    answered: int
    unknown: int
    blank: int
    on_record: int
    without_evidence: tuple[str, ...]
    notes: tuple[str, ...]


@attrs.define
class Taking:
    """
    Takes answers back from workbooks.

    Attributes:
        subject: the register as it is now, with the answers so far; None where nobody names it.
        existing: the answers so far.
        rulebook: the rules.
        today: when the answers are taken back.
        prefer: the workbook that counts where copies differ; "" for none.
        evidence: whether an answer without evidence is refused.
    """

    subject: Any
    existing: Sequence[Answer]
    rulebook: Rulebook
    today: dt.date
    prefer: str = ""
    evidence: bool = False
    refused: list[Refused] = attrs.field(factory=list, init=False)
    notes: list[str] = attrs.field(factory=list, init=False)
    bare: list[str] = attrs.field(factory=list, init=False)
    on_record: int = attrs.field(default=0, init=False)

    def take(self, books: Sequence[Returned]) -> Taken:
        """Return what the workbooks say."""
        self.notes += (note for book in books for note in book.notes)
        known: dict[str, AskedQuestion] = {}
        for book in books:
            known |= book.facts
        given: dict[str, list[Given]] = {}
        keys: set[str] = {*known}
        for book in books:
            for each in self._given(book, known):
                keys.add(each.asked.key)
                given.setdefault(each.asked.key, []).append(each)
        answers = [one for its in given.values() if (one := self._one(its)) is not None]
        written_ = self._against_the_record(answers)
        typed = sum(any(one.value is not BLANK for one in its) for its in given.values())
        dunno = sum(answer.value is UNKNOWN for answer, _ in answers)
        return Taken(
            tuple(written_),
            tuple(self.refused),
            len(keys),
            len(answers) - dunno,
            dunno,
            len(keys) - typed,
            self.on_record,
            tuple(self.bare),
            tuple(self.notes),
        )

    # ── Rows ──────────────────────────────────────────────────────────────────────────────────

    def _given(self, book: Returned, known: Mapping[str, AskedQuestion]) -> Iterator[Given]:
        """Yield the rows of a workbook in which something is typed."""
        for row in book.rows.get(labels.QUESTIONS, ()):
            asked = self._asked(row, known)
            if asked is None:
                continue
            fact = self._fact(asked, row)
            if fact is None:
                continue
            as_of = book.as_of or UNKNOWN
            value = read_answer(row.cells.get(labels.ANSWER), fact.fact, self._known(asked), as_of)
            if labels.ANSWER in row.formulas:
                self.notes.append(
                    f"{row.cell(labels.ANSWER)}: a formula stands there; its value was read: "
                    f"`{row.text(labels.ANSWER)}`"
                )
            yield Given(row, asked, fact.fact, value)
        for row in book.rows.get(labels.CLAUSES, ()):
            asked = self._asked(row, known, labels.CLAUSES_FACT)
            fact = None if asked is None else self._fact(asked, row)
            if asked is not None and fact is not None:
                yield self._grid(row, asked, fact.fact)

    def _asked(
        self, row: SheetRow, known: Mapping[str, AskedQuestion], path: str = ""
    ) -> AskedQuestion | None:
        """Return the question of a row: by its key, else by its subject and text."""
        key = row.text(labels.KEY)
        typed = any(row.text(each) for each in (labels.ANSWER, labels.SEEN))
        if key in known:
            self._changed(row, known[key], path)
            return known[key]
        name, about = row.text(labels.PARTNERSHIP), row.text(labels.ABOUT)
        wanted = path or row.text(labels.FACT)
        alike = {
            each.key: each
            for each in known.values()
            if (each.name, each.about, _plain(each)) == (name, about, wanted)
        }
        if not alike:
            found = self._by_register(row, name, about, wanted)
            if found is not None:
                return found
        if len(alike) == 1 and not labels.is_key(key):
            return next(iter(alike.values()))
        if typed or path:
            what = "is changed or was typed by hand" if key else "is blank"
            which = f"{len(alike)} questions" if alike else "no question"
            message = f"the key of the row {what}, and {which} of the workbook fit"
            help_ = "copy the answer into the row of its question"
            if labels.is_key(key) and not known:
                message = "no hidden sheet says what the row asks, and nothing on the register fits"
                help_ = "name its register with `--register`, or take the whole workbook back"
            self._refuse(row, labels.KEY, f"{message} `{name}`, `{wanted}`", help_)
        return None

    def _by_register(
        self, row: SheetRow, name: str, about: str, wanted: str
    ) -> AskedQuestion | None:
        """Return the question of a row from the register, if the hidden sheet is missing."""
        fact = wanted.replace("[]", f"[{about}]") if about else wanted
        typed = row.text(labels.KEY)
        found: dict[str, str] = {}
        for each in self._called(name):
            partnership = (*names_of(each), THE_REGISTER)[0]
            key = labels.question_key(self.rulebook.id, partnership, fact)
            if key == typed or not labels.is_key(typed):
                found[key] = partnership
        if len(found) != 1 or fact_of(fact, name, self.rulebook) is None:
            return None
        ((key, partnership),) = found.items()
        return AskedQuestion(key, partnership, name, about, fact, "", row.text(labels.QUESTION))

    def _called(self, name: str) -> list[Any]:
        """Return the entries of the register, and the register itself, by name and id."""
        subject = self.subject
        entries = entries_of(subject) if is_register(subject) else ()
        whole = is_register(subject) and name.casefold() == THE_REGISTER
        found = [each for each in (*entries, subject) if name in names_of(each)]
        return [*found, subject] if whole else found

    def _changed(self, row: SheetRow, asked: AskedQuestion, path: str) -> None:
        """Report a row whose visible question differs from the one its key identifies."""
        now = {labels.PARTNERSHIP: asked.name}
        if not path:
            now |= {
                labels.ABOUT: asked.about,
                labels.FACT: _plain(asked),
                labels.QUESTION: asked.question,
            }
        for head, text in now.items():
            if head in row.cells and row.text(head) != " ".join(text.split()):
                self.notes.append(
                    f"{row.cell(head)}: `{head}` was changed to `{row.text(head)}`; the key"
                    f" counts: {asked.name}, {asked.fact}"
                )

    def _fact(self, asked: AskedQuestion, row: SheetRow) -> FactAt | None:
        """Return the fact of a question; None if the rulebook no longer has it."""
        found = fact_of(asked.fact, asked.partnership, self.rulebook)
        answer = row.text(labels.ANSWER)
        if found is None and (answer or row.text(labels.SEEN)):
            told = f"no longer asked: `{asked.fact}` ({asked.name}), answered `{answer}`"
            self.notes.append(f"{row.cell(labels.ANSWER)}: {told}")
        return found

    def _known(self, asked: AskedQuestion) -> Any:  # noqa: ANN401 - any fact's value
        """Return the recorded value of an open set or list."""
        found = self._called(asked.partnership)
        return current_value(found[0], asked.fact, self.rulebook) if found else UNKNOWN

    def _grid(self, row: SheetRow, asked: AskedQuestion, fact: Fact) -> Given:
        """Return the clauses ticked for a governing document as one answer."""
        assert isinstance(fact.type, Choices)  # noqa: S101 - it is the fact of the sheet
        said: dict[str, Any] = {}
        for value in fact.type.values:
            head = next((cell for cell in row.cells if cell == value.replace("_", " ")), "")
            found = read_answer(row.cells.get(head), _YES_NO) if head else BLANK
            if isinstance(found, Refusal):
                return Given(row, asked, fact, found, head)
            said[value] = found
        yes = {value for value, found in said.items() if found is True}
        no = sum(found is False for found in said.values())
        known = self._known(asked)
        record = known - {UNKNOWN} if isinstance(known, frozenset) else frozenset()
        if len(yes) + no == len(said):
            return Given(row, asked, fact, frozenset(yes), labels.SEEN)
        if no:
            self.notes.append(
                f"{row.cell(labels.PARTNERSHIP)}: {no} answered no, which counts once every "
                "matter is answered yes or no"
            )
        if yes - record:
            return Given(row, asked, fact, frozenset({*yes, UNKNOWN}), labels.SEEN)
        dunno = any(found is UNKNOWN for found in said.values())
        return Given(row, asked, fact, UNKNOWN if dunno else BLANK, labels.SEEN)

    # ── One question ──────────────────────────────────────────────────────────────────────────

    def _one(self, several: Sequence[Given]) -> tuple[Answer, Given] | None:
        """Return the single answer all copies of a question agree on; None if there is none."""
        wrong = [each for each in several if isinstance(each.value, Refusal)]
        for each in wrong:
            self._refuse(each.row, each.head, each.value.message, each.value.help, given=each)
        if wrong:
            return None
        for each in several:
            if each.value is BLANK and each.row.text(labels.SEEN):
                self.notes.append(
                    f"{each.row.cell(labels.ANSWER)}: it says where it was seen and not what: "
                    f"`{each.row.text(labels.SEEN)}` ({each.asked.name})"
                )
        known = [each for each in several if each.value not in (BLANK, UNKNOWN)]
        if any(each.value != known[0].value for each in known[1:]):
            known = [each for each in known if each.row.file == self.prefer]
            if not known or any(each.value != known[0].value for each in known[1:]):
                self._differ([each for each in several if each.value not in (BLANK, UNKNOWN)])
                return None
        dunno = [each for each in several if each.value is UNKNOWN]
        chosen = known or dunno
        if not chosen:
            return None
        return self._answer(chosen), chosen[0]

    def _answer(self, alike: Sequence[Given]) -> Answer:
        first = alike[0]

        def every(head: str) -> str:
            texts = dict.fromkeys(each.row.text(head) for each in alike)
            return "; ".join(text for text in texts if text)

        officer = first.row.text(labels.OFFICER)
        by = "" if officer.casefold().startswith(_NOBODY) else officer
        return Answer(
            first.asked.partnership,
            first.asked.fact,
            first.value,
            every(labels.SEEN),
            by,
            self.today,
            note=every(labels.NOTE),
            span=first.row.place(first.head),
        )

    def _differ(self, several: Sequence[Given]) -> None:
        """Refuse contradictory answers to one question, each naming the others."""
        told = "; ".join(
            f"{each.place}: `{self._said(each)}`"
            + (f" ({each.row.text(labels.SEEN)})" if each.row.text(labels.SEEN) else "")
            for each in several
        )
        files = list(dict.fromkeys(each.row.file for each in several))
        choose = f"`--prefer {argument(files[-1])}` takes that copy's; or correct one of the cells"
        for each in several:
            self._refuse(
                each.row,
                each.head,
                f"two answers to one question differ: {told}",
                choose if len(files) > 1 else "correct one of the cells",
                given=each,
            )

    def _said(self, given: Given) -> str:
        if given.row.text(labels.ANSWER):
            return given.row.text(labels.ANSWER)
        return answer_text(Answer(given.asked.partnership, given.asked.fact, given.value))

    def _refuse(
        self,
        row: SheetRow,
        head: str,
        message: str,
        help_: str,
        *,
        given: Given | None = None,
    ) -> None:
        asked, fact = (given.asked, given.fact) if given else (None, None)
        told = f"{message} ({asked.name})" if asked is not None else message
        problem = Diagnostic(
            Code.ANSWER_REFUSED, told, row.place(head), help_, path=asked.fact if asked else ""
        )
        self.refused.append(Refused(row, problem, asked, fact))

    # ── Against the record ────────────────────────────────────────────────────────────────────

    def _against_the_record(self, answers: Sequence[tuple[Answer, Given]]) -> Iterator[Answer]:
        """Yield the answers that contradict no recorded fact; refuse the others."""
        of = {id(answer): given for answer, given in answers}
        several = [answer for answer, _ in answers]
        preferred = {
            (answer.partnership, answer.fact)
            for answer, given in answers
            if given.row.file == self.prefer
        }
        for laid in self._laid(several, preferred):
            answer, given = laid.answer, of[id(laid.answer)]
            if laid.problem is not None:
                was = (
                    f"; when the workbook was made it was {given.asked.on_record}"
                    if (given.asked.on_record and laid.used == "record")
                    else ""
                )
                message = laid.problem.message.replace(": the record counts", "") + was
                self._refuse(given.row, given.head, message, laid.problem.help, given=given)
            elif laid.used == "record":
                self.on_record += 1
            else:
                if answer.value is not UNKNOWN and not answer.evidence:
                    if self.evidence:
                        self._refuse(
                            given.row,
                            labels.SEEN,
                            "the answer does not say where it was seen",
                            f"write it under `{labels.SEEN}`",
                            given=given,
                        )
                        continue
                    self.bare.append(given.place)
                yield answer

    def _laid(self, answers: Sequence[Answer], preferred: set[tuple[str, str]]) -> Iterable[Laid]:
        earlier = [each for each in self.existing if (each.partnership, each.fact) not in preferred]
        if self.subject is not None:
            base, _ = lay_over(self.subject, earlier, self.rulebook)
            return lay_over(base, answers, self.rulebook)[1]
        before = {(each.partnership, each.fact): each for each in earlier}
        return [
            _beside(answer, before.get((answer.partnership, answer.fact))) for answer in answers
        ]


def _beside(answer: Answer, earlier: Answer | None) -> Laid:
    """Return the result of an answer beside an earlier one, without a register."""
    if answer.value is UNKNOWN and (earlier is None or earlier.value is UNKNOWN):
        return Laid(answer, "neither", answer.fact)
    if earlier is None or earlier.value is UNKNOWN:
        return Laid(answer, "answer", answer.fact)
    if earlier.value == answer.value or answer.value is UNKNOWN:
        return Laid(answer, "record", answer.fact)
    problem = Diagnostic(
        Code.ANSWERS_DISAGREE,
        f"it was answered `{answer_text(earlier)}` before ({earlier.span})",
        answer.span,
        "take one of the two out",
    )
    return Laid(answer, "neither", answer.fact, problem)


_YES_NO: Final = Fact("", YesNo(), None, "", "")  # type: ignore[arg-type]


def _plain(asked: AskedQuestion) -> str:
    return labels.about_of(asked.fact)[1]
