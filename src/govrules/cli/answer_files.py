"""Where an interview keeps its answers: in the partnership's own file, or in a file of answers."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govrules.answered import Answer, lay_over, read_answers
from govrules.answered.file import with_answers
from govrules.cli.output import Stop, warn, write
from govrules.editing import EditError
from govrules.errors import FactsError
from govrules.factfile import is_bare, with_fact
from govrules.facts import names_of
from govrules.files import read_bytes
from govrules.nodes import MAX_BYTES, why_not_read
from govrules.reading import class_of, read_subject
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN


class KeptText:
    """A file's text as last seen, with its state before each change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last = ""
        self.last = self.read()
        self._before: list[tuple[str, str]] = []

    def read(self) -> str:
        """
        Return the file as it is now; "" where it is not there.

        Raises:
            EditError: it cannot be read.
        """
        try:
            data = read_bytes(self.path, MAX_BYTES)
            text = None if data is None else data.decode("utf-8")
            if text is not None and (text.strip() or not self.last.strip()):
                return text
            reason = "it has grown too large" if text is None else "it is empty"
        except FileNotFoundError:
            if not self.last.strip():
                return ""
            reason = "it is not there any more"
        except UnicodeDecodeError:
            reason = "it is no text in UTF-8 any more"
        except (OSError, ValueError) as error:
            reason = why_not_read(error)[0]
        raise EditError(f"`{self.path}` has changed meanwhile: {reason}")

    def changed(self) -> bool:
        """Tell whether somebody else has written into the file since it was last looked at."""
        now = self.read()
        if now == self.last:
            return False
        self.last = now
        return True

    def put(self, new: str) -> None:
        """Write the file, whole or not at all."""
        before = self.last
        # Byte for byte, so that what was there stays as it was.
        write(self.path, new.encode(), over_inputs=True)
        self.last = new
        self._before.append((before, new))

    def take_back(self) -> None:
        """
        Put back what stood there before the last change.

        Raises:
            EditError: the file has changed since.
        """
        before, after = self._before[-1]
        if self.read() != after:
            raise EditError(f"`{self.path}` has changed since: change the answer there")
        self._before.pop()
        write(self.path, before.encode(), over_inputs=True)
        self.last = before


class Keeper(ABC):
    """
    Writes answers to a file one by one, tolerating concurrent edits.

    Args:
        text: the text of the file.

        rulebook: the rules.
    """

    def __init__(self, text: KeptText, rulebook: Rulebook) -> None:
        self.text = text
        self._rulebook = rulebook

    @abstractmethod
    def subject(self) -> Any:  # noqa: ANN401 - a subject of any class
        """
        Return what is known of the subject now.

        Raises:
            FactsError: the file cannot be read.
        """

    @abstractmethod
    def keep(self, answers: Sequence[Answer]) -> None:
        """
        Write answers into the file, whole or not at all.

        Raises:
            EditError: the file cannot take them; nothing is written.

            Stop: it cannot be written.
        """

    @abstractmethod
    def keeps(self, answers: Sequence[Answer]) -> bool:
        """Tell whether answers like these are written into the file."""


class FactKeeper(Keeper):
    """
    Keeps answers in the file of one partnership.

    Args:
        path: the file.

        rulebook: the rules.
    """

    def __init__(self, path: Path, rulebook: Rulebook) -> None:
        super().__init__(KeptText(path), rulebook)

    def subject(self) -> Any:  # noqa: ANN401 - a subject of any class
        """Return what the file says now."""
        if is_bare(self.text.last):
            return class_of(self._rulebook)()
        return read_subject(self.text.path, rulebook=self._rulebook).subject

    def begin(self) -> tuple[Any, dt.date | None]:
        """
        Return what the file says, and the date of the assessment that it states.

        Raises:
            FactsError: it cannot be read.
        """
        if is_bare(self.text.last):
            return self.subject(), None
        read = read_subject(self.text.path, rulebook=self._rulebook)
        warn(str(each) for each in (*read.warnings, *read.problems))
        return read.subject, read.as_of if isinstance(read.as_of, dt.date) else None

    def keeps(self, answers: Sequence[Answer]) -> bool:
        """Tell whether answers like these are written into the file."""
        return any(answer.value is not UNKNOWN for answer in answers)

    def keep(self, answers: Sequence[Answer]) -> None:
        """Write answers into the file; that nobody knows is written nowhere."""
        if not self.keeps(answers):
            return
        new = self.text.read()
        for answer in answers:
            if answer.value is not UNKNOWN:
                new = with_fact(new, answer, self._rulebook)
        self.text.last = self.text.read()
        self.text.put(new)


class AnswerKeeper(Keeper):
    """
    Keeps answers about an entry of a register in a file of answers.

    Args:
        entry: the entry, as the register has it.

        text: the text of the file of answers.

        rulebook: the rules.
    """

    def __init__(self, entry: Any, text: KeptText, rulebook: Rulebook) -> None:  # noqa: ANN401 - a subject of any class
        super().__init__(text, rulebook)
        self.entry = entry

    def _answers(self) -> tuple[Answer, ...]:
        text = self.text.last
        return read_answers({str(self.text.path): text}, self._rulebook) if text.strip() else ()

    def subject(self) -> Any:  # noqa: ANN401 - a subject of any class
        """Return the entry with the answers of the file laid over it."""
        return lay_over(self.entry, self._answers(), self._rulebook)[0]

    def nobody_knew(self) -> frozenset[str]:
        """Return the facts of which the file says that nobody knew them."""
        names = names_of(self.entry)
        return frozenset(
            answer.fact
            for answer in self._answers()
            if answer.partnership in names and answer.value is UNKNOWN
        )

    def keeps(self, answers: Sequence[Answer]) -> bool:
        """Tell whether answers like these are written into the file."""
        return bool(answers)

    def keep(self, answers: Sequence[Answer]) -> None:
        """Write answers into the file, that nobody knows too."""
        now = self.text.read()
        try:
            new = with_answers(now, answers, self._rulebook, name=str(self.text.path))
        except FactsError as error:
            first = next(iter(error.diagnostics), None)
            why = str(error) if first is None else f"{first.span}: {first.message}"
            raise EditError(f"nothing was written: {why}") from error
        self.text.last = now
        self.text.put(new)


def kept_text(path: Path) -> KeptText:
    """
    Return the text of a file of answers, which need not be there yet.

    Raises:
        Stop: it cannot be read.
    """
    try:
        return KeptText(path)
    except EditError as error:
        raise Stop(f"{error}", "name another file with `--answers`") from error
