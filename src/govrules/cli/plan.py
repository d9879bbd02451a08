"""The command `plan`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from govrules.actions import actions_of_plan, actions_text, merged, read_actions, write_actions
from govrules.assessment import Assessment
from govrules.cli.answering import answers_file
from govrules.cli.assessing import assess_all, code_of
from govrules.cli.options import (
    Answers,
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
from govrules.cli.output import emit, not_written, refuse_inputs, show, warn
from govrules.cli.reports import apart
from govrules.cli.workspace import chosen
from govrules.editing import EditError
from govrules.explain.phrases import counted
from govrules.plans import Plan
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
    answers: Answers = None,
    level: Level = "low",
    format: Literal["text", "json", "actions"] | None = None,  # noqa: A002 - the option's name
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
        How to write the plan: `actions` is a file of actions to agree, with an owner to fill in;
        an `--output` that ends in `.yaml` is one, and keeps what was decided in it.
    """
    if format is None:
        format = "actions" if output and output.suffix in (".yaml", ".yml") else "text"  # noqa: A001
    refuse_inputs(output, subjects, mapping, rules, answers)
    rulebook = load(rules)
    named = chosen(subjects, mapping)
    checked, told = assess_all(
        named.subjects,
        rulebook,
        mapping=named.mapping,
        table=table,
        given=day(as_of),
        engine=engine,
        answers=answers_file(answers),
    )
    assessments = apart(checked)
    from govrules.cli.progress import waited  # noqa: PLC0415 - only a plan pays for it

    with waited("Looking for the fewest changes"):
        plans = [(each, each.plan(Severity(level))) for each in assessments]
    if format == "actions":
        # Where nothing could be read, nothing is planned either.
        if plans:
            _keep(plans, output)
    elif format == "json":
        said = problems_data(told.diagnostics, told.notes)
        data = plans_data(plans, rulebook, said)
        emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)
    else:
        show((line for each, made in plans for line in plan_lines(each, made)), output)
    return code_of(checked, Severity(level), told)


def _keep(plans: Sequence[tuple[Assessment, Plan]], output: Path | None) -> None:
    """Write the actions of plans; into a file that is there, beside what was decided."""
    planned = [each for one, made in plans for each in actions_of_plan(one, made)]
    nameless = sum(not each.partnership for each in planned)
    if nameless:
        actions = counted(nameless, "action")
        warn(
            [
                f"govrules: {actions} of a partnership without id or name: left out",
                "  help: give it an `id`",
            ]
        )
        planned = [each for each in planned if each.partnership]
    if output is None:
        emit(actions_text("", planned))
        return
    before = read_actions(output) if output.exists() else ()
    new, marks = merged(before, planned, [one for one, _ in plans])
    try:
        write_actions(output, new, no_longer=marks)
    except (OSError, EditError) as error:
        raise not_written(output, error) from error
    needless = sum(bool(why) for why in marks.values())
    emit(
        f"{counted(len(new), 'action')} added to {output}; {len(before):,} kept as they were, "
        f"{needless:,} of them no longer needed.\n"
    )
