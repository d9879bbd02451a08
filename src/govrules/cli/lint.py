"""The command `lint`."""

from __future__ import annotations

from typing import Literal

from govrules.cli.options import KINDS, Folder
from govrules.cli.output import FINE, PROBLEM, emit, emit_json, warn
from govrules.cli.workspace import packs_of
from govrules.diagnostics import Diagnostic
from govrules.errors import RuleFileError
from govrules.explain.phrases import counted
from govrules.rulebook.load import lint_pack, load_rulebook
from govrules.rulebook.packs import packs_in


def _together(packs: list[str], found: list[Diagnostic]) -> list[Diagnostic]:
    """Return the problems of packs that are sound alone but not together."""
    if len(packs) < 2 or not all(each.code.is_warning for each in found):  # noqa: PLR2004 - together
        return []
    try:
        load_rulebook(*packs, subjects=KINDS.get())
    except RuleFileError as error:
        return [diagnostic for diagnostic in error.diagnostics if diagnostic not in found]
    return []


def lint(directories: Folder = None, *, format: Literal["text", "json"] = "text") -> int:  # noqa: A002 - the option's name
    """
    Check that packs are well formed and said plainly; every problem with file, line and remedy.

    What is well formed and could be said better is a warning, which does not fail.

    Parameters
    ----------
    directories
        Packs, or folders of packs; the shipped ones if none is given.
    format
        How to print the problems.
    """
    problems: list[Diagnostic] = []
    number = 0
    packs = packs_in(packs_of(directories))
    for pack in packs:
        rulebook, said = lint_pack(pack, subjects=KINDS.get())
        number += len(rulebook.rules) if rulebook else 0
        problems += [each for each in said if each not in problems]
    problems += _together(packs, problems)
    failed = not all(problem.code.is_warning for problem in problems)
    if format == "json":
        data = [
            {
                "code": problem.code.id,
                "name": problem.code.title,
                "warning": problem.code.is_warning,
                "message": problem.message,
                "help": problem.help,
                "file": problem.span.file,
                "line": problem.span.line,
                "column": problem.span.column,
            }
            for problem in problems
        ]
        emit_json(data)
    else:
        warn(str(problem) for problem in problems)
        if not failed:
            of = f"{counted(number, 'rule')} in {counted(len(packs), 'pack')}"
            found = counted(len(problems), "warning") if problems else "no problem found"
            emit(f"{of}: {found}\n")
    return PROBLEM if failed else FINE
