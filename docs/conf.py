"""Sphinx reads this to build the documentation; nothing is fetched."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import get_args

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

from govrules.rulebook.expr import Condition

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "govrules"
author = "govrules contributors"
copyright = "govrules contributors"
release = installed_version("govrules")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "derived", "govrules.sphinxext"]
exclude_patterns = ["_build", "_ext"]
nitpicky = True

html_theme = "furo"
html_title = f"govrules {release}"
html_static_path: list[str] = []
# The JSON Schemas, as `make docs` writes them.
html_extra_path = [each for each in ("_generated",) if (Path(__file__).parent / each).is_dir()]
html_show_sphinx = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_use_unqualified_type_names = True
autodoc_default_options = {"members": True}

nitpick_ignore_regex = [
    # The standard library's pages are elsewhere, and nothing is fetched to build these.
    ("py:class", r"dt\.date|Unknown"),
    ("py:class", r"(datetime|collections\.abc|pathlib|decimal|enum)\..*"),
    # The nodes of a condition are not public.
    ("py:class", r"Condition"),
    ("py:class", r"govrules\.rulebook\.ast\.DerivedExample"),
    ("py:class", r"govrules\.truth\.Unknown"),
    ("py:class", r"govrules\.vocabulary\..*"),
]

#: The union of all nodes of a condition, as annotations spell it out.
_UNION = " | ".join(f"{each.__module__}.{each.__qualname__}" for each in get_args(Condition))
_CONFIG = Config(napoleon_use_ivar=True)


def read_sections(  # noqa: PLR0917 - the arguments are Sphinx's
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Turn the sections of a docstring into fields."""
    kind = "method" if what in {"property", "attribute"} else what
    found = GoogleDocstring(list(lines), _CONFIG, app, kind, name, obj, options).lines()
    # A name that ends in an underscore is no reference.
    lines[:] = [
        re.sub(r"(\w)_(?![\w`])", r"\1\\_", each)
        for each in (line.replace(_UNION, "Condition") for line in found)
    ]


def no_constructor(  # noqa: PLR0917 - the arguments are Sphinx's
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """Leave a class without a signature: its description tells its fields."""
    del app, name, obj, options, signature, returns
    return ("", "") if what == "class" else None


def setup(app: Sphinx) -> None:
    """Have docstrings read so."""
    app.connect("autodoc-process-docstring", read_sections)
    app.connect("autodoc-process-signature", no_constructor)
