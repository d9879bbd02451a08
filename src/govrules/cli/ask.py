"""An interview on the terminal: each answer is written at once, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter

from govrules.answered import Answer
from govrules.assessment import ended
from govrules.cli.answer_files import AnswerKeeper, FactKeeper, Keeper, KeptText, kept_text
from govrules.cli.assessing import assess_all, called, read_all, subjects_in
from govrules.cli.options import (
    AS_THEY_ARE,
    AS_USUAL,
    Answers,
    Entry,
    Level,
    Source,
    WorkbookOptions,
    today,
)
from govrules.cli.output import (
    FINE,
    Stop,
    complain,
    emit,
    flush,
    refuse_inputs,
    warn,
    write,
)
from govrules.cli.overlays import answers_file
from govrules.cli.workspace import workspace
from govrules.decode.states import fold
from govrules.diagnostics import Code
from govrules.editing import EditError
from govrules.errors import FactsError
from govrules.explain.phrases import counted, sentence, value_phrase
from govrules.factfile import check_layout, is_bare
from govrules.interview import AnswerError, Interview, Prompt
from govrules.portfolio import is_register, register_problems
from govrules.render.lines import folded_text
from govrules.rulebook.ast import Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Text, YesNo

_STOP: Final = ("stop", "quit", "exit", "q")
_SKIP: Final = ("", "skip", "s")
_BACK: Final = ("back", "b")
_WHY: Final = ("why", "why?")
_HELP: Final = ("?", "help")
_NEXT: Final = ("next",)
_SEEN: Final = "seen "
_FOUND: Final = 2
_HOW: Final = (
    "Answer as you would say it: yes, no, none, don't know, £1.2m, 31 March 2026, words given.\n"
    "Enter or skip leaves a question; back takes the last answer back; why says why it is asked;\n"
    "? shows how to answer; seen WHERE says where the last answer stands; stop ends.\n"
    "Each answer is written at once.\n"
)
_HOW_NEXT: Final = "next goes on to the next partnership.\n"


@attrs.define
class Terminal:
    """
    Puts the questions of interviews on the terminal.

    Attributes:
        evidence: whether it asks after each answer where that was seen.
        by: who answers.
        several: whether there is a next partnership to go on to.
        written: how many facts were written.
    """

    evidence: bool = False
    by: str = ""
    several: bool = False
    written: int = 0
    _last: tuple[Answer, ...] = ()

    def begin(self) -> None:
        """Say how to answer."""
        emit(_HOW + (_HOW_NEXT if self.several else "") + "\n")

    def hold(self, talk: Interview, keeper: Keeper) -> bool:
        """
        Ask until no question is left; tell whether to continue with the next subject.

        Raises:
            Stop: the file cannot be read or written any more.
        """
        self._forget()
        shown: Prompt | None = None
        while True:
            self._look_again(talk, keeper)
            prompt = talk.prompt
            if prompt is None:
                return True
            if prompt is not shown:
                emit("".join(f"{line}\n" for line in _asked(prompt)))
                shown = prompt
            emit("> ")
            line = read_line()
            word = "" if line is None else fold(line)
            if line is None or word in _STOP:
                return False
            if word in _NEXT and self.several:
                emit("\n")
                return True
            if word in _SKIP:
                talk.skip()
                emit("\n")
            elif word in _BACK:
                self._back(talk, keeper)
                shown = None
            elif word in _WHY:
                _say(*talk.why())
            elif word in _HELP:
                emit(f"  {sentence(prompt.hint)}\n{_HOW}")
            elif word.startswith(_SEEN) and self._last:
                self._seen(talk, keeper, line.strip()[len(_SEEN) :].strip())
            else:
                self._answer(talk, keeper, line)

    def _forget(self) -> None:
        self._last = ()

    def _answer(self, talk: Interview, keeper: Keeper, line: str) -> None:
        fact, before = talk.fact, _flagged(talk)
        try:
            found = talk.read(line, by=self.by, date=today())
            if self.evidence and any(each.value is not UNKNOWN for each in found):
                emit("  Where was that seen? Enter if nobody can say.\n>> ")
                seen = (read_line() or "").strip()
                found = tuple(attrs.evolve(each, evidence=seen) for each in found)
            keeper.keep(found)
        except AnswerError as error:
            _say(str(error))
            return
        except EditError as error:
            _say(f"Not written: {error}")
            return
        talk.take(found)
        self._last = found
        self.written += sum(each.value is not UNKNOWN for each in found)
        read_as = _read_as(line, found, fact)
        if read_as:
            emit(f"  {read_as}\n")
        _say(*_new(talk, before))
        emit("\n")

    def _back(self, talk: Interview, keeper: Keeper) -> None:
        kept = talk.last_answers
        if kept is None:
            emit("  This is the first question.\n")
            return
        if keeper.keeps(kept):
            try:
                keeper.text.take_back()
            except EditError as error:
                _say(str(error))
                return
            self.written -= sum(each.value is not UNKNOWN for each in kept)
        talk.back()
        self._forget()
        talk.update(keeper.subject())
        emit("\n")

    def _seen(self, talk: Interview, keeper: Keeper, where: str) -> None:
        """Say where the last answer was seen: it is kept anew."""
        found = tuple(attrs.evolve(each, evidence=where) for each in self._last)
        if not keeper.keeps(found):
            emit("  The last answer says nothing that could have been seen.\n")
            return
        try:
            keeper.text.take_back()
            keeper.keep(found)
        except EditError as error:
            _say(f"Not written: {error}")
            return
        self._last = found
        talk.see(where)
        emit("  Noted.\n")

    def _look_again(self, talk: Interview, keeper: Keeper) -> None:
        """Continue from the file's current contents, waiting while it cannot be read."""
        told = False
        while True:
            try:
                if not keeper.text.changed() and not told:
                    return
                talk.update(keeper.subject())
            except (EditError, FactsError) as error:
                warn(_problems(error))
            else:
                emit(f"  {keeper.text.path} has changed meanwhile, and was read again.\n")
                return
            told = True
            emit(
                "  The file cannot be read any more; every answer so far was written into it.\n"
                "  Mend it and press Enter to go on, or write stop.\n> "
            )
            line = read_line()
            if line is None or fold(line) in _STOP:
                raise Stop(f"`{keeper.text.path}` cannot be read any more")


def read_line() -> str | None:
    """
    Return what is typed; None where nobody answers any more.

    Raises:
        Stop: it cannot be read.
    """
    flush()
    try:
        line = "" if sys.stdin is None else sys.stdin.readline()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "what was typed is not text in UTF-8"
        raise Stop(f"standard input: {reason.lower()}") from error
    return line.rstrip("\r\n") if line else None


def _problems(error: Exception) -> list[str]:
    several = getattr(error, "diagnostics", ())
    return [*map(str, several)] or [f"govrules: {error}"]


def _folded(text: str) -> list[str]:
    return [line for line, _ in folded_text(text, indent=2)]


def _say(*texts: str) -> None:
    emit("".join(f"{line}\n" for text in texts for line in _folded(text)))


def _asked(prompt: Prompt) -> list[str]:
    left = f"{prompt.left:,} left"
    lines = [line for line, _ in folded_text(f"{prompt.question}  ({left})")]
    what = [prompt.hint]
    if prompt.could_be is not None:
        what.append(f"could show a {prompt.could_be.value} finding")
        what.append(f"helps to settle {counted(len(prompt.rules), 'check')}")
    if prompt.known:
        lines += _folded(f"So far: {prompt.known}.")
    return lines + _folded(f"{'; '.join(what)}  [{prompt.fact}]")


def _flagged(talk: Interview) -> set[str]:
    return {rule.id for rule, verdict, _ in ended(talk.assessment) if verdict is Verdict.FLAGGED}


def _new(talk: Interview, before: set[str]) -> Iterable[str]:
    """Yield the findings an answer brings about, gravest first."""
    found = [
        (severity, rule.title)
        for rule, _, severity in ended(talk.assessment)
        if severity is not None and rule.id not in before
    ]
    found.sort(key=lambda each: -each[0].rank)
    for severity, title in found[:_FOUND]:
        yield f"{severity.value.upper()}: {sentence(title)}"
    if len(found) > _FOUND:
        yield f"and {len(found) - _FOUND} more to put right."


def _read_as(line: str, found: Sequence[Answer], fact: Fact | None) -> str:
    """Return the value an answer was read as, if that differs from the text typed."""
    value = found[0].value
    if value is UNKNOWN:
        return "It stays open."
    if fact is None or len(found) > 1 or isinstance(fact.type, (YesNo, Text)):
        return ""
    if value is None or isinstance(value, (bool, tuple, str)) or not value:
        return ""
    told = value_phrase(value, fact.type)
    return "" if fold(told) == fold(line) else f"Read as {told}."


# ── The command ───────────────────────────────────────────────────────────────────────────────


def ask(
    file: Annotated[Path | None, Parameter(name="FILE", negative="")] = None,
    *,
    source: Source = AS_THEY_ARE,
    entry: Entry = None,
    answers: Answers = None,
    level: Level = Severity.LOW,
    evidence: Annotated[
        bool,
        Parameter(
            name="--evidence", negative="", help="Ask after each answer where that was seen."
        ),
    ] = False,
    by: Annotated[str, Parameter(name="--by", help="Who answers: a post, not a person.")] = "",
    workbook: Annotated[Path | None, Parameter(name="--workbook")] = None,
    book: WorkbookOptions = AS_USUAL,
) -> int:
    """
    Ask the questions still open, most useful first, and write each answer at once.

    Parameters
    ----------
    file
        The YAML file of one partnership, into which answers go and all else stays as it is; or a
        register, of which answers go into a file of their own; that of `govrules.yaml` if none.
    level
        Ask only what could show a finding of this severity or above.
    workbook
        Ask nothing here: write the questions of a register into this workbook, to be sent round
        and read back by `answer`.
    """
    if workbook is not None:
        refuse_inputs(workbook, file, source.mapping, answers)
        return _ask_by_workbook(file, workbook, source, book, answers_file(answers))
    terminal = Terminal(evidence, by)
    rulebook = source.rulebook
    if file is None and workspace().register is None:
        raise Stop(
            "no file was named",
            "name a partnership or a register, begin one with `govrules new`, or run"
            " `govrules --help`",
        )
    (path,), source = source.chosen(file)
    if answers is None and _is_bare(path):
        return _ask_file(path, rulebook, terminal, source.as_of, level)
    reads, told = read_all([path], rulebook, source, entry or ())
    if told.failed or not reads:
        raise _put_right_first()
    (read,) = reads
    if not is_register(read.subject) and answers is None:
        return _ask_file(path, rulebook, terminal, source.as_of, level)
    several = subjects_in(read.subject)
    found = called(entry, several) if entry else several
    # Two that are called alike cannot be told apart in answers; the rest is no matter here.
    told.say(each for each in register_problems(found) if each.code is Code.DUPLICATE_ENTRY)
    if told.failed:
        raise _put_right_first()
    return _ask_entries(found, answers, rulebook, terminal, as_of=source.date(read), level=level)


def _put_right_first() -> Stop:
    return Stop("nothing is asked while entries or answers cannot be read", "put them right first")


def _ask_by_workbook(
    register: Path | None,
    output: Path,
    source: Source,
    wanted: WorkbookOptions,
    answers: Path | None,
) -> int:
    """Write the questions of a register into a workbook, to be sent round."""
    from govrules.cli.books import write_by_officer  # noqa: PLC0415 - only a workbook pays for it
    from govrules.cli.reports import Wanted, whole_of  # noqa: PLC0415 - likewise
    from govrules.render.workbook.question_rows import asking_of  # noqa: PLC0415 - likewise
    from govrules.render.workbook.write import asking_book  # noqa: PLC0415 - likewise

    Wanted("xlsx", output, None, Severity.LOW, full=False, depth=None, book=wanted).ready()
    paths, source = source.chosen(register)
    checked, told = assess_all(paths, source.rulebook, source, answers=answers)
    if told.failed or not checked:
        raise _put_right_first()
    whole = whole_of(checked)
    asking = asking_of(whole, told.laid, everything=wanted.everything)
    write(output, asking_book(whole, asking, locked=wanted.locked))
    grids = f", {counted(len(asking.clauses), 'governing document')}" if asking.clauses else ""
    more = f"; {asking.more.removesuffix('.')}" if asking.left_out else ""
    emit(f"wrote {output}: {counted(len(asking.rows), 'question')}{grids}{more}\n")
    write_by_officer(whole, wanted, told)
    return FINE


def _is_bare(path: Path) -> bool:
    """Tell whether a file of facts exists and is empty."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return False
    try:
        return is_bare(KeptText(path).last)
    except EditError:
        return False


def _ask_file(
    path: Path, rulebook: Rulebook, terminal: Terminal, as_of: dt.date | None, level: Severity
) -> int:
    try:
        keeper = FactKeeper(path, rulebook)
        check_layout(keeper.text.last)
    except EditError as error:
        raise Stop(
            f"`{path}`: {error}",
            "write one `fact: value` a line, or name a file of answers with `--answers`",
        ) from error
    subject, stated = keeper.begin()
    talk = Interview(subject, rulebook, as_of=as_of or stated or today(), level=level)
    before = len(talk.assessment.of(Verdict.UNKNOWN))
    terminal.begin()
    terminal.hold(talk, keeper)
    _sum_up([talk], before, terminal, path, level)
    return FINE


def _ask_entries(
    entries: Sequence[Any],
    given: Path | None,
    rulebook: Rulebook,
    terminal: Terminal,
    *,
    as_of: dt.date,
    level: Severity,
) -> int:
    path = answers_file(given) or workspace().answers or Path("answers.yaml")
    text = kept_text(path)
    terminal.several = len(entries) > 1
    terminal.begin()
    talks = []
    before = 0
    for entry in entries:
        keeper = AnswerKeeper(entry, text, rulebook)
        talk = Interview(
            keeper.subject(), rulebook, as_of=as_of, level=level, last=keeper.nobody_knew()
        )
        if not talk.partnership:
            complain("a partnership without id or name is not asked about")
            continue
        if talk.prompt is None:
            continue
        name = getattr(entry, "name", UNKNOWN)
        called = name if isinstance(name, str) else talk.partnership
        about = "" if called == talk.partnership else f" ({talk.partnership})"
        emit(f"── {called}{about}: {counted(talk.remaining, 'question')}\n\n")
        before += len(talk.assessment.of(Verdict.UNKNOWN))
        talks.append(talk)
        if not terminal.hold(talk, keeper):
            break
    if not talks:
        emit("Nothing is left to ask.\n")
        return FINE
    _sum_up(talks, before, terminal, path, level)
    return FINE


def _sum_up(
    talks: Sequence[Interview], before: int, terminal: Terminal, path: Path, level: Severity
) -> None:
    after = sum(len(each.assessment.of(Verdict.UNKNOWN)) for each in talks)
    facts = counted(terminal.written, "fact")
    emit(f"\n{facts} written to {path}: {before} checks were not known, {after} are.\n")
    left = sum(len(each.open) for each in talks)
    if left:
        verb = "is" if left == 1 else "are"
        emit(f"{counted(left, 'question')} {verb} left open.\n")
    elif level > Severity.LOW:
        emit(f"No open question could show a finding of {level.value} severity or above.\n")
