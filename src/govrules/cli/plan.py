"""The command `plan`."""

from __future__ import annotations

import json
from typing import Literal

from govrules.cli.assessing import assess_all, code_of
from govrules.cli.options import (
    AsOf,
    Engine,
    Level,
    Mapping,
    Output,
    Rules,
    Subjects,
    Table,
    day,
    load,
)
from govrules.cli.output import emit, refuse_inputs, show
from govrules.cli.reports import apart
from govrules.cli.workspace import chosen
from govrules.render.plain import plans_data, problems_data
from govrules.render.plan import plan_lines
from govrules.rulebook.ast import Severity


def plan(
    subjects: Subjects = None,
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    engine: Engine = None,
    as_of: AsOf = None,
    level: Level = "low",
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> int:
    """
    Plan the fewest changes that clear what is flagged.

    Parameters
    ----------
    subjects
        Partnership files or registers: YAML, JSON, JSON Lines, CSV, XLSX, Parquet, Arrow, DuckDB;
        the register of `govrules.yaml` if none.
    level
        The severity from which findings are to be cleared.
    format
        How to print the plan.
    """
    refuse_inputs(output, subjects, mapping, rules)
    rulebook = load(rules)
    named = chosen(subjects, mapping)
    checked, told = assess_all(
        named.subjects,
        rulebook,
        mapping=named.mapping,
        table=table,
        given=day(as_of),
        engine=engine,
    )
    assessments = apart(checked)
    from govrules.cli.progress import waited  # noqa: PLC0415 - only a plan pays for it

    with waited("Looking for the fewest changes"):
        plans = [(each, each.plan(Severity(level))) for each in assessments]
    if format == "json":
        said = problems_data(told.diagnostics, told.notes)
        data = plans_data(plans, rulebook, said)
        emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)
    else:
        show((line for each, made in plans for line in plan_lines(each, made)), output)
    return code_of(checked, Severity(level), told)
