"""Read and assess what a command line names."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.assessment import assess
from govrules.cli.options import Source
from govrules.cli.output import (
    FINE,
    FLAGGED,
    NOTHING_CHECKED,
    PROBLEM,
    RunNotes,
    Stop,
    complain,
    reason_of,
)
from govrules.cli.overlays import laid_over
from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.engines.registry import REFERENCE, engine_for
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError, FactsError
from govrules.facts import names_of
from govrules.gc_pause import gc_paused
from govrules.nodes import MAX_BYTES, decoded
from govrules.portfolio import (
    PAIRED_UP_TO,
    Checked,
    RegisterAssessment,
    apart,
    assess_register,
    entries_of,
    is_empty,
    is_register,
    not_waived,
)
from govrules.reading import Read, read_subject, read_text, read_values
from govrules.rulebook.ast import Rulebook, Severity
from govrules.rulebook.packs import pack_names, shipped_packs
from govrules.visible import argument

#: Files of facts, which need nothing that tables need.
_FACTS = (".yaml", ".yml", ".json")


def assess_all(
    paths: list[Path],
    rulebook: Rulebook,
    source: Source,
    *,
    engine: str | None = None,
    only: Collection[str] = (),
    answers: Path | None = None,
    share: int | None = None,
) -> tuple[list[Checked], RunNotes]:
    """
    Assess every file that can be read, on the day that was given, the file's own or today.

    Where entries of registers are named, they alone are assessed; answers are laid over all.

    Return the assessments, and what was said of the files and of what they hold.
    """
    if engine is not None:
        # An engine that is not there is said before anything is read.
        engine_called(engine)
    reads, told = read_all(paths, rulebook, source, only)
    reads = laid_over(reads, answers, rulebook, told, whole=not only)
    if only:
        of = {id(each): read for read in reads for each in subjects_in(read.subject)}
        several = [each for read in reads for each in subjects_in(read.subject)]
        found = called(only, several)
        reads = [attrs.evolve(of[id(each)], subject=each) for each in found]
    checked: list[Checked] = []
    for read in reads:
        with gc_paused():
            one = assess_file(read, rulebook, source.date(read), engine, share)
        checked.append(one)
        told.say(one.warnings)
        if isinstance(one, RegisterAssessment):
            told.say(one.problems)
    return checked, told


def subjects_in(subject: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a subject of any class
    """Return the entries of a register, or the one subject that a file holds."""
    return entries_of(subject) if is_register(subject) else (subject,)


def called(names: Collection[str], subjects: Sequence[Any]) -> list[Any]:
    """
    Return the subjects with these ids or names, in the order given.

    Raises:
        Stop: none is called so.
    """
    known: dict[str, list[Any]] = {}
    for subject in subjects:
        for name in names_of(subject):
            known.setdefault(name, []).append(subject)
    for name in names:
        if name not in known:
            near = did_you_mean(name, known) or "give its id or its name as it stands"
            raise Stop(f"no partnership is called `{name}`", near)
    return list({id(each): each for name in names for each in known[name]}.values())


def read_all(
    paths: list[Path], rulebook: Rulebook, source: Source, only: Collection[str] = ()
) -> tuple[list[Read], RunNotes]:
    """Read every file that can be read; say at once what is wrong with the others."""
    reads: list[Read] = []
    told = RunNotes()
    for path in paths:
        try:
            read = _read(path, rulebook, source, only)
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


def _read(path: Path, rulebook: Rulebook, source: Source, only: Collection[str]) -> Read:
    mapping, table = source.mapping, source.table
    if path == STANDARD_INPUT:
        return read_input(rulebook, mapping, table)
    if mapping is None and not table and path.suffix.lower() in _FACTS:
        return read_subject(path, rulebook=rulebook)
    from govrules.registers.read import read_source  # noqa: PLC0415 - only a table pays for it

    return read_source(path, mapping=mapping, table=table, rulebook=rulebook, only=only)


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


def code_of(checked: list[Checked], level: Severity, told: RunNotes) -> int:
    """Return the exit code of assessments, counting findings from a severity up."""
    if told.failed:
        return PROBLEM
    assessments = apart(checked)
    if all(isinstance(each, RegisterAssessment) and is_empty(each) for each in checked):
        complain("nothing was checked: no partnership was read")
        return NOTHING_CHECKED
    if not any(assessment.checks for assessment in assessments):
        complain("nothing was checked: no rule in force is about what was given")
        return NOTHING_CHECKED
    severities = not_waived(assessments)
    return (
        FLAGGED if any(severities[severity] for severity in Severity if severity >= level) else FINE
    )


def with_packs(found: Iterable[Diagnostic], file: Path) -> Iterator[Diagnostic]:
    """
    Yield diagnostics, adding which pack declares an own fact that no loaded pack has.

    Args:
        found: what is wrong.

        file: the file; packs are looked for beside it, here, and among those that are shipped.
    """
    packs: dict[str, str] = {}
    for each in found:
        name = each.path.rpartition("local.")[2]
        if each.code is Code.UNKNOWN_FACT and "local." in each.path:
            packs = packs or dict(_packs(file))
            wanted = re.compile(rf"^\s+(?:.*\.)?local\.{re.escape(name)}\s*:", re.MULTILINE)
            declaring = [pack for pack, text in packs.items() if wanted.search(text)]
            if declaring:
                add = " or ".join(f"`--rules {argument(pack)}`" for pack in declaring[:2])
                help_ = f"pack `{declaring[0]}` declares it: add {add}, or name it in govrules.yaml"
                yield attrs.evolve(each, help=help_)
                continue
        yield each


def _packs(file: Path) -> Iterator[tuple[str, str]]:
    """Yield packs as the command line names them, with the text of each rulebook."""
    for folder in dict.fromkeys((Path(), file.parent, file.parent.parent)):
        for path in sorted((*folder.glob("rulebook.yaml"), *folder.glob("*/rulebook.yaml"))):
            yield str(path.parent), path.read_text("utf-8", "replace")
    for name in pack_names():
        path = shipped_packs() / name / "rulebook.yaml"
        if path.is_file():
            yield name, path.read_text("utf-8", "replace")


#: What stands for standard input where a file is named.
STANDARD_INPUT: Final = Path("-")


def read_input(rulebook: Rulebook, mapping: Path | None, table: str) -> Read:
    """Read what comes by standard input: facts in YAML or JSON, or an object a line."""
    name = str(STANDARD_INPUT)
    if mapping is not None or table:
        raise Stop(
            "standard input holds no table",
            "save it, and name the file with `--mapping` or `--table`",
        )
    text, report = decoded(_standard_input(), name)
    if not report.ok:
        raise FactsError(name, "facts", "problems", report.in_order())
    lines = [each for each in text.splitlines() if each.strip()]
    if len(lines) > 1 and all(
        line.startswith("{") and line.rstrip().endswith("}") for line in lines
    ):
        with contextlib.suppress(ValueError):
            return read_values([json.loads(line) for line in lines], name=name, rulebook=rulebook)
    return read_text(text, name=name, rulebook=rulebook)


def _standard_input() -> bytes | None:
    """Return what comes by standard input; None where it is more than is read."""
    try:
        data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise Stop(f"standard input: {reason_of(error)}", "name a file") from error
    return data if len(data) <= MAX_BYTES else None
