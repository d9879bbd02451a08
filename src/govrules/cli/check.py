"""The command `check`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import attrs
from cyclopts import Parameter

from govrules.assessment import Assessment
from govrules.cli.assessing import assess_all, code_of
from govrules.cli.options import (
    AS_THEY_ARE,
    AS_USUAL,
    Actions,
    Answers,
    Engine,
    Entry,
    Level,
    Output,
    PairShare,
    Source,
    Subjects,
    Waivers,
    WorkbookOptions,
)
from govrules.cli.output import Stop, format_of, refuse_inputs
from govrules.cli.overlays import answers_file, with_decisions
from govrules.cli.processes import each_of
from govrules.cli.reports import FORMATS, Reporting, Wanted
from govrules.cli.workspace import workspace
from govrules.gc_pause import gc_paused
from govrules.portfolio import Checked, RegisterAssessment
from govrules.rulebook.ast import Rulebook, Severity

R = TypeVar("R")

_FORMAT = (
    "How to write the report: a page for a meeting is `html`, a paper `markdown`; a workbook needs"
    " `--output`. As the name of the `--output` file says if not given, or else as text."
    f" {', '.join(FORMATS)}, and those that installed packages add."
)


def check(
    subjects: Subjects = None,
    *,
    source: Source = AS_THEY_ARE,
    engine: Engine = None,
    entry: Entry = None,
    answers: Answers = None,
    waivers: Waivers = None,
    actions: Actions = None,
    format: Annotated[  # noqa: A002 - the option's name
        str | None, Parameter(name="--format", help=_FORMAT)
    ] = None,
    output: Output = None,
    save: Annotated[Path | None, Parameter(name="--save", negative="")] = None,
    suppose_: Annotated[
        list[str] | None,
        Parameter(
            name="--set",
            negative="",
            help="Of one partnership, what would be found if `fact=value`; may be repeated.",
        ),
    ] = None,
    fail_on: Level = Severity.LOW,
    full: bool = False,
    depth: Annotated[str | None, Parameter(name="--depth")] = None,
    book: WorkbookOptions = AS_USUAL,
    pair_share: PairShare = None,
) -> int:
    """
    Assess partnership and register files: every rule in force, one finding each.

    Parameters
    ----------
    subjects
        Partnership files or registers: YAML, JSON, JSON Lines, CSV, XLSX, Parquet, Arrow, DuckDB;
        the register of `govrules.yaml` if none.
    save
        A folder that keeps what is flagged, so that the next report says what changed since.
    fail_on
        The severity from which flagged findings make the exit code 1.
    full
        In text, below the page, each finding with its reasons, each question and what is met.
    depth
        The same, with at most so many lines of reasons for each finding; `all` for every one.
    """
    refuse_inputs(output, subjects, source.mapping, source.rules, answers, waivers, actions)
    more = full or depth is not None
    format = format_of(format, output, *FORMATS)  # noqa: A001 - the option's name
    wanted = Wanted(format, output, save, fail_on, more, _reasons(depth), book=book)
    wanted.ready()
    rulebook = source.rulebook
    facts = _supposed(suppose_, rulebook)
    paths, source = source.chosen(*(subjects or ()))
    answered = answers_file(answers)
    checked, told = assess_all(
        paths,
        rulebook,
        source,
        engine=engine,
        only=entry or (),
        answers=answered,
        share=pair_share,
    )
    if facts:
        from govrules.cli.what_if import suppose  # noqa: PLC0415 - only `--set` needs it

        after = suppose(_one(checked), facts, format, output, full=more)
        return code_of([after], fail_on, told)
    checked = with_decisions(checked, waivers, actions, rulebook, told)

    def each(work: Callable[[Assessment], R], several: Sequence[Assessment], /) -> Iterator[R]:
        return _followed(each_of(work, several), len(several), output)

    options = {
        "rules": source.rules,
        "mapping": source.mapping and str(source.mapping),
        "table": source.table,
        "entry": entry,
        "answers": answered and str(answered),
        "pair_share": pair_share,
    }
    here = workspace()
    read_too = (source.mapping, answered, waivers or here.waivers, actions or here.actions)
    beside = tuple(each for each in read_too if each is not None and each.exists())
    wanted = attrs.evolve(wanted, options=options, beside=beside)
    with gc_paused():
        Reporting(wanted, checked, paths, rulebook, told, each).run()
    return code_of(checked, fail_on, told)


def _supposed(texts: Sequence[str] | None, rulebook: Rulebook) -> dict[str, Any]:
    """Read the overrides given for one partnership."""
    if not texts:
        return {}
    from govrules.cli.what_if import supposed  # noqa: PLC0415 - only `--set` needs it

    return supposed(texts, rulebook)


def _one(checked: Sequence[Checked]) -> list[Assessment]:
    """Return the assessments of single partnerships, entries of registers included."""
    return [
        entry
        for one in checked
        for entry in (one.entries if isinstance(one, RegisterAssessment) else (one,))
    ]


def _reasons(depth: str | None) -> int | None:
    """Read how many lines of reasons a finding has; None is all of them."""
    if depth is None or depth == "all":
        return None
    if not depth.isdigit() or int(depth) < 1:
        raise Stop(
            f"`--depth {depth}` is no number of lines",
            "write a number from 1, such as `--depth 5`, or `--depth all`",
        )
    return int(depth)


def _followed(made: Iterator[R], number: int, output: Path | None) -> Iterator[R]:
    # What is printed on a terminal shows by itself how far it is.
    if sys.stderr is None or sys.stdout is None or not sys.stderr.isatty():
        return made
    if output is None and sys.stdout.isatty():
        return made
    from govrules.cli.progress import followed  # noqa: PLC0415 - only a terminal pays for it

    return followed(made, number, "Explaining")
