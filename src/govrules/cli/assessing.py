"""Read and assess what a command line names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

import attrs

from govrules.assessment import assess
from govrules.cli.answering import laid_over
from govrules.cli.exits import FINE, FLAGGED, NOTHING_CHECKED, PROBLEM, Stop
from govrules.cli.needs import with_packs
from govrules.cli.output import warn
from govrules.cli.reports import Checked, apart
from govrules.cli.said import Said
from govrules.cli.standard_input import STANDARD_INPUT, read_input
from govrules.diagnostics import did_you_mean
from govrules.doubts import doubts
from govrules.engines.registry import REFERENCE, engine_for
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError, FactsError
from govrules.portfolio import (
    PAIRED_UP_TO,
    RegisterAssessment,
    assess_register,
    entries_of,
    is_empty,
    is_register,
)
from govrules.reading import Read, read_subject
from govrules.rulebook.ast import Rulebook, Severity
from govrules.totals import not_waived
from govrules.truth import UNKNOWN
from govrules.undisturbed import undisturbed

#: Files of facts, which need nothing that tables need.
_FACTS = (".yaml", ".yml", ".json")


def assess_all(
    paths: list[Path],
    rulebook: Rulebook,
    *,
    mapping: Path | None,
    table: str,
    given: dt.date | None,
    engine: str | None,
    only: Collection[str] = (),
    answers: Path | None = None,
    share: int | None = None,
) -> tuple[list[Checked], Said]:
    """
    Assess every file that can be read, on the day that was given, the file's own or today.

    Where entries of registers are named, they alone are assessed; answers are laid over all.

    Return the assessments, and what was said of the files and of what they hold.
    """
    if engine is not None:
        # An engine that is not there is said before anything is read.
        engine_called(engine)
    reads, told = read_all(paths, rulebook, mapping, table, only)
    reads = laid_over(reads, answers, rulebook, told, whole=not only)
    if only:
        reads = _entries_called(only, reads)
    today = dt.date.today()  # noqa: DTZ011 - a date without a time has no zone
    checked: list[Checked] = []
    for read in reads:
        stated = read.as_of if isinstance(read.as_of, dt.date) else today
        with undisturbed():
            found = assess_file(read, rulebook, given or stated, engine, share)
        checked.append(found)
        if isinstance(found, RegisterAssessment):
            told.say((*found.warnings, *found.problems))
        else:
            told.say(doubts(found.subject, found.as_of))
    return checked, told


def _entries_called(names: Collection[str], reads: list[Read]) -> list[Read]:
    """Return the entries of these ids or names, each as if it had been read alone."""
    known: dict[str, None] = {}
    found: dict[str, list[Read]] = {each: [] for each in names}
    for read in reads:
        register = is_register(read.subject)
        for each in entries_of(read.subject) if register else (read.subject,):
            texts = (getattr(each, name, UNKNOWN) for name in ("id", "name"))
            called = {text for text in texts if isinstance(text, str)}
            known |= dict.fromkeys(sorted(called))
            for name in called & found.keys():
                found[name].append(attrs.evolve(read, subject=each))
    for name, its in found.items():
        if not its:
            raise Stop(
                f"govrules: no partnership is called `{name}`",
                f"  help: {did_you_mean(name, [*known]) or 'give its id or its name as it stands'}",
            )
    return list({id(one.subject): one for its in found.values() for one in its}.values())


def read_all(
    paths: list[Path],
    rulebook: Rulebook,
    mapping: Path | None,
    table: str,
    only: Collection[str] = (),
) -> tuple[list[Read], Said]:
    """Read every file that can be read; say at once what is wrong with the others."""
    reads: list[Read] = []
    told = Said()
    for path in paths:
        try:
            read = _read(path, rulebook, mapping, table, only)
        except FactsError as error:
            told.say(with_packs(error.diagnostics, path))
            if not error.diagnostics:
                told.fail(str(error))
            told.failed = True
            continue
        told.say((*read.warnings, *read.problems))
        told.note(read.notes)
        reads.append(read)
    return reads, told


def _read(
    path: Path,
    rulebook: Rulebook,
    mapping: Path | None,
    table: str,
    only: Collection[str] = (),
) -> Read:
    if path == STANDARD_INPUT:
        return read_input(rulebook, mapping, table)
    if mapping is None and not table and path.suffix.lower() in _FACTS:
        return read_subject(path, rulebook=rulebook)
    from govrules.registers.read import columns_of, read_source  # noqa: PLC0415 - only a table pays for it

    columns = columns_of(path, table) if only and mapping is None else None
    if columns is not None:
        return columns.read(rulebook, only)
    return read_source(path, mapping=mapping, table=table, rulebook=rulebook)


def assess_file(
    read: Read, rulebook: Rulebook, as_of: dt.date, engine: str | None, share: int | None = None
) -> Checked:
    """
    Assess what a file holds.

    A body in more than a share of a register's entries, in per cent, makes no pairs of them.

    Where no engine is named, many entries go to a faster one, unless it cannot do the rules.
    """
    if not is_register(read.subject):
        return assess(read.subject, rulebook, as_of=as_of, engine=engine or REFERENCE)
    chosen = engine or engine_for(len(entries_of(read.subject)))
    up_to = PAIRED_UP_TO if share is None else Decimal(share)
    try:
        return assess_register(read.subject, rulebook, as_of=as_of, engine=chosen, share=up_to)
    except EngineError:
        if engine is not None:
            raise
        return assess_register(read.subject, rulebook, as_of=as_of, engine=REFERENCE, share=up_to)


def code_of(checked: list[Checked], level: Severity, told: Said) -> int:
    """Return the exit code of what was assessed, for findings from this severity."""
    if told.failed:
        return PROBLEM
    assessments = apart(checked)
    if all(isinstance(each, RegisterAssessment) and is_empty(each) for each in checked):
        warn(["govrules: nothing was checked: no partnership was read"])
        return NOTHING_CHECKED
    if not any(each.checks for each in assessments):
        warn(["govrules: nothing was checked: no rule in force is about what was given"])
        return NOTHING_CHECKED
    severities = not_waived(assessments)
    return FLAGGED if any(severities[each] for each in Severity if each >= level) else FINE
