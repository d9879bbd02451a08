"""Sphinx reads this to build the documentation; nothing is fetched."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "govrules"
author = "govrules contributors"
copyright = "govrules contributors"
release = installed_version("govrules")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "derived", "docstrings", "govrules.sphinxext"]
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
