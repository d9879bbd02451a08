"""The command `findings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.cli.assessing import read_all
from govrules.cli.options import AS_THEY_ARE, Level, Source, today
from govrules.cli.output import PROBLEM, RunNotes, emit_json, refuse_inputs
from govrules.doubts import doubts
from govrules.engines.registry import engine as engine_called
from govrules.render.plain import problems_data
from govrules.rulebook.ast import Severity


def findings(
    register: Annotated[Path, Parameter(name="REGISTER", negative="")],
    *,
    output: Annotated[
        Path, Parameter(name="--output", help="The file: .parquet, .csv or .jsonl; whole or not.")
    ],
    source: Source = AS_THEY_ARE,
    problems: Annotated[
        Path | None,
        Parameter(name="--problems", help="A JSON file of what was not read, whole or not at all."),
    ] = None,
    fail_on: Level = Severity.LOW,
) -> int:
    """
    Judge a register of any size as columns: one row a rule and a partnership, as a table.

    Parameters
    ----------
    register
        A file of columns (Parquet, Arrow, DuckDB), which is read in bounded memory, or a register
        in any other format. `check --entry` explains single partnerships of it.
    fail_on
        The severity from which flagged findings make the exit code 1.
    """
    refuse_inputs(output, register, source.mapping, source.rules)
    engine_called("columnar")
    from govrules.cli.export import (  # noqa: PLC0415 - only this command needs it
        entries_of_columns,
        entries_of_register,
        tabulate,
    )
    from govrules.registers.read import columns_of  # noqa: PLC0415 - likewise

    rulebook = source.rulebook
    told = RunNotes()
    columns = columns_of(register, source.table) if source.mapping is None else None
    if columns is not None:
        from govrules.registers.own_schema import Doubts  # noqa: PLC0415 - likewise

        told.say(columns.not_read(rulebook))
        of_columns = Doubts(columns.name)
        entries = entries_of_columns(columns, rulebook, of_columns)
        code = tabulate(entries, rulebook, source.as_of or today(), output, fail_on)
        told.say(of_columns.diagnostics())
        _keep(told, problems)
        return code
    reads, told = read_all([register], rulebook, source)
    if not reads:
        _keep(told, problems)
        return PROBLEM
    [read] = reads
    date = source.date(read)
    told.say(doubts(read.subject, date))
    entries = entries_of_register(read, register, rulebook, told.say)
    code = tabulate(entries, rulebook, date, output, fail_on)
    _keep(told, problems)
    return PROBLEM if told.failed else code


def _keep(told: RunNotes, file: Path | None) -> None:
    """Write what was said of files and of what they hold, if a file is named for it."""
    if file is not None:
        emit_json(problems_data(told.diagnostics, told.notes), file)
