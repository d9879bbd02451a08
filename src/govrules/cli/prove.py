"""The command `prove`."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from cyclopts import Parameter

from govrules.cli.exits import FINE, FLAGGED, NOTHING_CHECKED, Stop
from govrules.cli.options import Folder, Level, load
from govrules.cli.output import emit_json, show
from govrules.cli.workspace import packs_of
from govrules.explain.phrases import counted
from govrules.prove.results import USUAL, Flaw, Result, Status
from govrules.rulebook.ast import Severity
from govrules.rulebook.packs import packs_in


def prove(
    directories: Folder = None,
    *,
    kind: Annotated[list[Flaw] | None, Parameter(negative="")] = None,
    level: Level = Severity.HIGH,
    list_bound: int = 4,
    timeout: float = 30,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name
) -> int:
    """
    Prove that rules can do their work and agree with each other; show each flaw by an example.

    Parameters
    ----------
    directories
        Packs, or folders of packs, taken together; the shipped ones if none is given.
    kind
        Only look for flaws of this kind; may be repeated.
    level
        The severity from which rules can be in conflict.
    list_bound
        The longest list of records that is considered.
    timeout
        How many seconds one proof may take; one that takes longer is not decided.
    format
        How to print the results.
    """
    try:
        from govrules.cli import proofs  # noqa: PLC0415 - z3 is an extra
        from govrules.prove import questions  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise Stop(
            "proofs need the solver z3, which is not installed", "pip install govrules[prove]"
        ) from error
    if list_bound < 1 or timeout <= 0:
        raise Stop("`--list-bound` and `--timeout` are above zero", "leave them out")
    prover = questions.Prover(
        load(packs_in(packs_of(directories))),
        bound=list_bound,
        seconds=timeout,
        level=level,
        flaws=frozenset(kind or USUAL),
    )
    began = time.monotonic()
    results: list[Result] = []
    for result in prover.results():
        results.append(result)
        if format == "text" and result.status is not Status.PROVED:
            show(proofs.result_lines(result))
    if format == "text":
        show(proofs.summary_lines(results, prover))
        rules = counted(len(prover.rulebook.rules), "rule")
        show([(f"{rules} in {time.monotonic() - began:.1f} seconds.", "dim")])
    else:
        emit_json(proofs.report_data(results, prover))
    if any(each.unexplained for each in results):
        return FLAGGED
    decided = (Status.PROVED, Status.INTENDED)
    return FINE if any(each.status in decided for each in results) else NOTHING_CHECKED
