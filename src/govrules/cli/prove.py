"""The command `prove`, and the results of proofs as text and as data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import Parameter

from govrules.cli.options import Folder, Level, load
from govrules.cli.output import FINE, FLAGGED, NOTHING_CHECKED, Stop, emit_json, show
from govrules.cli.workspace import packs_of
from govrules.explain.adaptations import counting, said_of
from govrules.explain.phrases import counted
from govrules.prove.results import USUAL, Flaw, ProofResult, ProofStatus
from govrules.render.plain import packs_data
from govrules.rulebook.ast import Rulebook, Severity
from govrules.rulebook.packs import packs_in

if TYPE_CHECKING:
    from govrules.prove.prover import Prover

_STYLES: Final = {
    ProofStatus.PROVED: "green",
    ProofStatus.REFUTED: "bold red",
    ProofStatus.INTENDED: "dim",
    ProofStatus.NOT_DECIDED: "bold yellow",
    ProofStatus.OUTSIDE: "yellow",
}
_WIDTH: Final = max(len(each.value) for each in Flaw)


def result_lines(result: ProofResult) -> Iterator[tuple[str, str]]:
    """Yield one result in full, each line with its style."""
    word = result.status.value.upper()
    yield f"{word}: {result.flaw.value}: {result.says}", _STYLES[result.status]
    if result.span is not None:
        yield f"  {result.span}", "dim"
    if result.reason:
        yield f"  because {result.reason}", ""
    for shown in result.examples:
        note = ", which fails until the pack is mended" if shown.fails else ""
        yield f"  an example of `{shown.of}`{note}:", "dim"
        yield f"    {shown.text}", ""


def summary_lines(results: Sequence[ProofResult], prover: Prover) -> Iterator[tuple[str, str]]:
    """Yield how many proofs of each kind ended how."""
    counted = Counter((result.flaw, result.status) for result in results)
    for flaw in Flaw:
        parts = [
            f"{counted[flaw, status]} {status.value}"
            for status in ProofStatus
            if counted[flaw, status]
        ]
        if parts:
            yield f"{flaw.value:{_WIDTH}}  {', '.join(parts)}", ""
    for each in counting(prover.rulebook):
        yield f"Adapted: {said_of(each, prover.rulebook)}.", "dim"
    yield (
        f"Lists have at most {prover.bound} records; derived facts are derived, never stated.",
        "dim",
    )


def report_data(results: Sequence[ProofResult], prover: Prover) -> dict[str, Any]:
    """Return all results as plain data."""
    rulebook: Rulebook = prover.rulebook
    return {
        "govrules": 1,
        "rulebook": {"id": rulebook.id, "version": rulebook.version},
        "list_bound": prover.bound,
        "level": prover.level.value,
        "packs": packs_data(rulebook),
        "results": [
            {
                "kind": result.flaw.value,
                "about": result.about,
                "status": result.status.value,
                "says": result.says,
                "rules": list(result.rules),
                "reason": result.reason,
                "examples": [
                    {"of": shown.of, "example": shown.text, "fails": shown.fails}
                    for shown in result.examples
                ],
                "location": "" if result.span is None else str(result.span),
            }
            for result in results
        ],
    }


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
        from govrules.prove.prover import Prover  # noqa: PLC0415 - z3 is an extra
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise Stop(
            "proofs need the solver z3, which is not installed", "pip install govrules[prove]"
        ) from error
    if list_bound < 1 or timeout <= 0:
        raise Stop("`--list-bound` and `--timeout` are above zero", "leave them out")
    prover = Prover(
        load(packs_in(packs_of(directories))),
        bound=list_bound,
        seconds=timeout,
        level=level,
        flaws=frozenset(kind or USUAL),
    )
    began = time.monotonic()
    results: list[ProofResult] = []
    for result in prover.results():
        results.append(result)
        if format == "text" and result.status is not ProofStatus.PROVED:
            show(result_lines(result))
    if format == "text":
        show(summary_lines(results, prover))
        rules = counted(len(prover.rulebook.rules), "rule")
        show([(f"{rules} in {time.monotonic() - began:.1f} seconds.", "dim")])
    else:
        emit_json(report_data(results, prover))
    if any(each.unexplained for each in results):
        return FLAGGED
    decided = (ProofStatus.PROVED, ProofStatus.INTENDED)
    return FINE if any(each.status in decided for each in results) else NOTHING_CHECKED
