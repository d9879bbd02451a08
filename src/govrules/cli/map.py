"""The command `map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from govrules.cli.options import Entry, Mapping, Output, Rules, Table, load
from govrules.cli.output import FINE, Stop, refuse_inputs


def map_(
    register: Annotated[Path, Parameter(name="REGISTER", negative="")],
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    headings: Annotated[
        Path | None,
        Parameter(name="--headings", help="A file of what registers of your own call facts."),
    ] = None,
    preview: Annotated[bool, Parameter(name="--preview", negative="")] = False,
    entry: Entry = None,
    output: Output = None,
    overwrite: bool = False,
) -> int:
    """
    Propose which columns of a table hold which facts, for a person to confirm.

    With --mapping nothing is proposed: that mapping is written in the other form, or previewed.

    Parameters
    ----------
    register
        A table: CSV, XLSX, Parquet, Arrow, DuckDB, or JSON with other keys than facts.
    preview
        Print one partnership as it is read, cell by cell: the first, or the one of --entry.
    overwrite
        Write over an output file that is there already.
    """
    from govrules.cli.mapping import Mapper  # noqa: PLC0415 - only this command needs it

    refuse_inputs(output, register, mapping, headings, rules)
    if output is not None and output.exists() and not overwrite:
        raise Stop(f"`{output}` is there already", "name another file, or add `--overwrite`")
    mapper = Mapper(register, load(rules), mapping=mapping, table=table, headings=headings)
    if preview:
        mapper.preview(entry or (), output)
        return FINE
    return mapper.write(output)
