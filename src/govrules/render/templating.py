"""Templates of pages: what is put into them is escaped, and shows what would not be seen."""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from govrules.explain.phrases import day, sentence
from govrules.findings import DerivedValue
from govrules.render.lines import cut
from govrules.visible import visible
from govrules.vocabulary import AS_OF

#: How long the reasons of a reason are, at most.
_LINE: Final = 160
#: What stands in no name that a link points to.
_NEVER: Final = re.compile(r"[^A-Za-z0-9_-]+")


def template(name: str) -> Template:
    """Return a template by the name of its file."""
    return _environment().get_template(name)


@functools.cache
def macro(file: str, name: str) -> Any:  # noqa: ANN401 - a macro carries no type
    """Return a macro of a file of macros."""
    return getattr(template(file).module, name)


def _because(step: DerivedValue) -> str:
    """Return a derived fact's reason, short enough for a line."""
    phrases = dict.fromkeys(reason.phrase for reason in step.because if reason.fact != AS_OF.name)
    return cut("; ".join(phrases), _LINE)


@functools.lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("govrules", "render/templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    folder = files("govrules.render") / "templates"
    for name, file in (("css", "report.css"), ("script", "report.js")):
        made.globals[name] = Markup((folder / file).read_text(encoding="utf-8"))  # noqa: S704 - files of ours
    made.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    made.filters["step"] = lambda name: f"step-{_NEVER.sub('-', name)}"
    made.filters["because"] = _because
    made.filters["sentence"] = sentence
    made.filters["date"] = day
    return made
