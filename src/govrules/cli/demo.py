"""`govrules demo`: a register that comes with the library, assessed, and the page that shows it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Final

import attrs
from cyclopts import Parameter

from govrules.cli.assessing import assess_file
from govrules.cli.options import load
from govrules.cli.output import FINE, RunNotes, emit
from govrules.cli.reports import Reporting, Wanted
from govrules.reading import read_subject
from govrules.rulebook.ast import Severity
from govrules.rulebook.packs import shipped_examples

_EXAMPLE: Final = "example-register.yaml"
_NEXT: Final = """
The page for a committee is {page}: open it in a browser.

A fact that nobody recorded is a question there, never a fault and never a pass.

Try next:
  govrules explain pooled-budget-without-protocol   a rule in plain English
  govrules check FILE                               assess a partnership or register of your own
  govrules check FILE --output page.html            the page for a meeting
  govrules lint DIR; govrules test DIR              check rules of your own
"""


def demo(
    *,
    output: Annotated[Path, Parameter(name="--output", help="Where the page is written.")] = Path(
        "govrules-demo.html"
    ),
) -> int:
    """Assess a bundled register, write the page for its committee and say what to try next."""
    wanted = Wanted("text", None, None, Severity.LOW, full=False, depth=None)
    page = attrs.evolve(wanted, format="html", output=output)
    page.ready()
    path = shipped_examples() / _EXAMPLE
    rulebook = load([])
    read = read_subject(path, rulebook=rulebook)
    assert isinstance(read.as_of, dt.date)  # noqa: S101 - the example says it
    checked = [assess_file(read, rulebook, read.as_of, None)]
    for each in (wanted, page):
        Reporting(each, checked, [path], rulebook, RunNotes(), map).run()
    emit(_NEXT.format(page=output))
    return FINE
