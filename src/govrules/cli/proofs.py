"""The results of proofs as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from govrules.explain.adaptations import counting, said_of
from govrules.prove.questions import Flaw, Prover, Result, Status
from govrules.render.plain import packs_data
from govrules.rulebook.ast import Rulebook

_STYLES: Final = {
    Status.PROVED: "green",
    Status.REFUTED: "bold red",
    Status.INTENDED: "dim",
    Status.NOT_DECIDED: "bold yellow",
    Status.OUTSIDE: "yellow",
}
_WIDTH: Final = max(len(each.value) for each in Flaw)


def result_lines(result: Result) -> Iterator[tuple[str, str]]:
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


def summary_lines(results: Sequence[Result], prover: Prover) -> Iterator[tuple[str, str]]:
    """Yield how many proofs of each kind ended how."""
    counted = Counter((each.flaw, each.status) for each in results)
    for flaw in Flaw:
        parts = [
            f"{counted[flaw, status]} {status.value}" for status in Status if counted[flaw, status]
        ]
        if parts:
            yield f"{flaw.value:{_WIDTH}}  {', '.join(parts)}", ""
    for each in counting(prover.rulebook):
        yield f"Adapted: {said_of(each, prover.rulebook)}.", "dim"
    yield (
        f"Lists have at most {prover.bound} records; derived facts are derived, never stated.",
        "dim",
    )


def report_data(results: Sequence[Result], prover: Prover) -> dict[str, Any]:
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
                "kind": each.flaw.value,
                "about": each.about,
                "status": each.status.value,
                "says": each.says,
                "rules": list(each.rules),
                "reason": each.reason,
                "examples": [
                    {"of": shown.of, "example": shown.text, "fails": shown.fails}
                    for shown in each.examples
                ],
                "location": "" if each.span is None else str(each.span),
            }
            for each in results
        ],
    }
