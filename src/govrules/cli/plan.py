"""The command `plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from govrules.actions import actions_of_plan, actions_text, plan_merged, read_actions, write_actions
from govrules.assessment import Assessment
from govrules.cli.assessing import assess_all, code_of
from govrules.cli.options import (
    AS_THEY_ARE,
    Answers,
    Engine,
    Entry,
    Level,
    Output,
    Source,
    Subjects,
)
from govrules.cli.output import (
    complain,
    emit,
    emit_json,
    format_of,
    not_written,
    refuse_inputs,
    show,
)
from govrules.cli.overlays import answers_file
from govrules.editing import EditError
from govrules.explain.phrases import counted
from govrules.plans import Plan
from govrules.portfolio import apart
from govrules.render.actions import plan_lines
from govrules.render.plain import plans_data, problems_data
from govrules.rulebook.ast import Severity


def plan(
    subjects: Subjects = None,
    *,
    source: Source = AS_THEY_ARE,
    entry: Entry = None,
    engine: Engine = None,
    answers: Answers = None,
    level: Level = Severity.LOW,
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
    refuse_inputs(output, subjects, source.mapping, source.rules, answers)
    how = format_of(format, output, "text", "json", "actions")
    rulebook = source.rulebook
    paths, source = source.chosen(*(subjects or ()))
    answered = answers_file(answers)
    checked, told = assess_all(
        paths, rulebook, source, engine=engine, only=entry or (), answers=answered
    )
    from govrules.cli.progress import waited  # noqa: PLC0415 - only a plan pays for it

    with waited("Looking for the fewest changes"):
        plans = [(each, each.plan(level)) for each in apart(checked)]
    if how == "actions":
        # Where nothing could be read, nothing is planned either.
        if plans:
            _keep(plans, output)
    elif how == "json":
        said = problems_data(told.diagnostics, told.notes)
        emit_json(plans_data(plans, rulebook, said), output)
    else:
        show((line for each, made in plans for line in plan_lines(each, made)), output)
    return code_of(checked, level, told)


def _keep(plans: Sequence[tuple[Assessment, Plan]], output: Path | None) -> None:
    """Write the actions of plans; into a file that is there, beside what was decided."""
    planned = [each for one, made in plans for each in actions_of_plan(one, made)]
    nameless = sum(not each.partnership for each in planned)
    if nameless:
        actions = counted(nameless, "action")
        complain(f"{actions} of a partnership without id or name: left out", "give it an `id`")
        planned = [each for each in planned if each.partnership]
    if output is None:
        emit(actions_text("", planned))
        return
    before = read_actions(output) if output.exists() else ()
    new, marks = plan_merged(before, planned, [one for one, _ in plans])
    try:
        write_actions(output, new, no_longer=marks)
    except (OSError, EditError) as error:
        raise not_written(output, error) from error
    needless = sum(bool(why) for why in marks.values())
    emit(
        f"{counted(len(new), 'action')} added to {output}; {len(before):,} kept as they were, "
        f"{needless:,} of them no longer needed.\n"
    )
