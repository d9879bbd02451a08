"""The errors that govrules raises: one tree, small and public."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govrules.diagnostics import Diagnostic

_SHOWN = 5


class GovrulesError(Exception):
    """The base of every error that govrules raises on purpose."""


class GovrulesWarning(UserWarning):
    """Something of a table was not read, and what is left of it was assessed."""


class RuleFileError(GovrulesError):
    """
    A rule file is wrong: all its problems at once.

    Attributes:
        diagnostics: every problem found, in the order of files and lines.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return _summary(self.diagnostics)


class FactsError(GovrulesError):
    """
    A subject does not fit the vocabulary.

    Attributes:
        path: the first fact, or the file where the subject was read from one.
        expected: what the vocabulary allows there.
        actual: what stands there.
        diagnostics: every problem found, each with the path of its fact; empty where what was
            called, and not a fact, is wrong.
    """

    def __init__(
        self,
        path: str,
        expected: str,
        actual: str,
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> None:
        super().__init__(path, expected, actual, diagnostics)
        self.path = path
        self.expected = expected
        self.actual = actual
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        if self.diagnostics:
            return _summary(self.diagnostics)
        return f"`{self.path}` must be {self.expected}, not {self.actual}"


class VocabularyError(GovrulesError, TypeError):
    """A class is no class of subjects: it is no attrs class, or a field has no type of a fact."""


class NoSuchRuleError(GovrulesError, KeyError):
    """
    A rulebook has no rule of an id.

    Attributes:
        rule: the id.
        help: the id that may have been meant; "" where none is near.
    """

    def __init__(self, rule: str, help_: str = "") -> None:
        super().__init__(rule, help_)
        self.rule = rule
        self.help = help_

    def __str__(self) -> str:
        return f"there is no rule `{self.rule}`" + (f"; {self.help}" if self.help else "")


class EngineError(GovrulesError):
    """
    An engine is not there, or cannot do this rulebook or this load.

    Attributes:
        engine: the engine's name.
    """

    def __init__(self, engine: str, message: str) -> None:
        super().__init__(engine, message)
        self.engine = engine
        self.message = message

    def __str__(self) -> str:
        return f"engine `{self.engine}`: {self.message}"


def _summary(diagnostics: tuple[Diagnostic, ...]) -> str:
    lines = [diagnostic.headline for diagnostic in diagnostics[:_SHOWN]]
    more = len(diagnostics) - _SHOWN
    if more > 0:
        lines.append(f"and {more} more")
    return "\n".join(lines)
