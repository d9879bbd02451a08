"""Ask the open questions of a partnership on the terminal, and write each answer into its file."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.answers import AnswerError, Askable, askable, check_layout, with_answer, written
from govrules.assessment import Assessment, RankedQuestion, assess
from govrules.cli.exits import FINE, Stop
from govrules.cli.options import AsOf, Rules, day, load
from govrules.cli.output import emit, flush, warn, write
from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.files import read_bytes
from govrules.nodes import MAX_BYTES, why_not_read
from govrules.portfolio import is_register
from govrules.reading import Read, read_subject
from govrules.registers.sources import TABLES
from govrules.rulebook.ast import Rulebook, Verdict

_QUIT = ("quit", "exit")
_SKIP = ("", "unknown")


class Asking:
    """
    One round of questions about one file.

    Args:
        path: the partnership's file.

        rulebook: the rules.

        as_of: the date of the assessment; today's where neither this nor the file says.
    """

    def __init__(self, path: Path, rulebook: Rulebook, as_of: dt.date | None) -> None:
        self.path = path
        self.rulebook = rulebook
        self.as_of = as_of
        self.passed: set[str] = set()
        self.answered = 0

    def run(self) -> None:
        """Ask until nothing is left to ask, or nobody answers any more."""
        if self.path.suffix.lower() in TABLES:
            raise Stop(
                f"govrules: `{self.path}` is a table, and answers are written into YAML files",
                "  help: name the YAML file of one partnership",
            )
        read = self._read()
        warn(str(each) for each in (*read.warnings, *read.problems))
        try:
            check_layout(self._text())
        except AnswerError as error:
            raise Stop(
                f"govrules: `{self.path}`: {error}",
                "  help: write one `fact: value` a line, or write the answers by hand",
            ) from error
        assessment = self._assess(read)
        before = len(assessment.of(Verdict.UNKNOWN))
        emit("An empty answer skips a question; `quit` stops. Each answer is written at once.\n\n")
        while (ranked := self._next(assessment)) is not None:
            fact = ranked.question.fact
            self.passed.add(fact)
            how = askable(fact, self.rulebook)
            if isinstance(how, str):
                emit(f"{ranked.question.question}  ({fact})\n  Not asked here: {how}.\n\n")
                continue
            if not self._ask(how, ranked):
                break
            assessment = self._assessed()
        after = len(assessment.of(Verdict.UNKNOWN))
        facts = counted(self.answered, "fact")
        emit(f"\n{facts} written to {self.path}: {before} rules were unknown, {after} are.\n")

    def _read(self) -> Read:
        read = read_subject(self.path, rulebook=self.rulebook)
        if is_register(read.subject):
            raise Stop(
                f"govrules: `{self.path}` is a register",
                "  help: name the file of one partnership",
            )
        return read

    def _assessed(self) -> Assessment:
        """Assess the file again; while it cannot be read, say so and wait for it to be mended."""
        while True:
            try:
                return self._assess(self._read())
            except FactsError as error:
                warn([*map(str, error.diagnostics)] or [f"govrules: {error}"])
            emit(
                "  The file cannot be read any more; every answer so far was written into it.\n"
                "  Mend it and press Enter to go on, or write `quit`.\n> "
            )
            if self._line() is None:
                raise Stop(f"govrules: `{self.path}` cannot be read any more")

    @staticmethod
    def _line() -> str | None:
        """Return an answer; None where there is none, or nobody answers any more."""
        flush()
        try:
            line = "" if sys.stdin is None else sys.stdin.readline()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "what was typed is not text in UTF-8"
            raise Stop(f"govrules: standard input: {reason.lower()}") from error
        answer = line.strip()
        return None if not line or answer.lower() in _QUIT else answer

    def _assess(self, read: Read) -> Assessment:
        stated = read.as_of if isinstance(read.as_of, dt.date) else None
        today = dt.date.today()  # noqa: DTZ011 - a date without a time has no zone
        return assess(read.subject, self.rulebook, as_of=self.as_of or stated or today)

    def _next(self, assessment: Assessment) -> RankedQuestion | None:
        left = (each for each in assessment.questions if each.question.fact not in self.passed)
        return next(left, None)

    def _ask(self, asked: Askable, ranked: RankedQuestion) -> bool:
        """Ask until there is an answer that can be used; tell whether to go on."""
        rules = counted(len(ranked.rules), "rule")
        emit(f"{ranked.question.question}\n  {asked.path}: {asked.hint}; helps to settle {rules}\n")
        while True:
            emit("> ")
            answer = self._line()
            if answer is None:
                return False
            if answer.lower() in _SKIP:
                emit("\n")
                return True
            try:
                self._write(asked, written(answer, asked.fact))
            except AnswerError as error:
                emit(f"  {error}\n")
                continue
            emit("\n")
            self.answered += 1
            return True

    def _write(self, asked: Askable, value: str) -> None:
        changed = with_answer(self._text(), asked, value, self.rulebook)
        # Byte for byte, so that what was there stays as it was.
        write(self.path, changed.encode(), over_inputs=True)

    def _text(self) -> str:
        """
        Return the file as it is now, its line ends and its byte order mark too.

        Raises:
            AnswerError: it cannot be read.
        """
        try:
            data = read_bytes(self.path, MAX_BYTES)
            if data is not None:
                return data.decode("utf-8")
            reason = "it has grown too large"
        except UnicodeDecodeError:
            reason = "it is no text in UTF-8 any more"
        except (OSError, ValueError) as error:
            reason = why_not_read(error)[0]
        raise AnswerError(f"`{self.path}` has changed meanwhile: {reason}")


def ask(
    file: Annotated[Path, Parameter(name="FILE", negative="")],
    *,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """
    Ask the questions still open, most useful first, and write the answers into the file.

    Parameters
    ----------
    file
        The YAML file of one partnership; what stands in it stays as it is.
    """
    Asking(file, load(rules), day(as_of)).run()
    return FINE
