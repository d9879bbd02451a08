"""The command `catalogue`."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from govrules import catalogue as catalogues
from govrules.cli.options import Output, Rules, load
from govrules.cli.output import FINE, Stop, emit, format_of, refuse_inputs, write
from govrules.render import catalogue as render


def catalogue(
    *,
    rules: Rules = None,
    format: Literal["markdown", "html", "xlsx"] | None = None,  # noqa: A002 - the option's name
    says: Annotated[bool, Parameter(name="--says", negative="")] = False,
    output: Output = None,
) -> int:
    """
    Print every rule in plain English, with its source, questions and examples.

    Parameters
    ----------
    says
        Print only how much of the rules their sources state, how much they imply, and how much is
        the pack's own.
    format
        Markdown, one HTML page, or a workbook (which needs `--output`); as the name of the file
        says if not given.
    """
    refuse_inputs(output, rules)
    how = format_of(format, output, "markdown", "html", "xlsx")
    if says and how != "markdown":
        raise Stop("`--says` prints a table in Markdown only", "drop `--format`")
    if how == "xlsx" and output is None:
        raise Stop("a workbook cannot be printed", "add `--output catalogue.xlsx`")
    if says:
        emit(render.shares_markdown(catalogues.shares(load(rules))), output)
        return FINE
    made = catalogues.catalogue(load(rules))
    if how == "xlsx" and output is not None:
        write(output, render.xlsx(made))
    else:
        emit(render.html(made) if how == "html" else render.markdown(made), output)
    return FINE
