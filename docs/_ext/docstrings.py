"""Read the sections of docstrings; a colon in a property's summary is only a colon."""

from __future__ import annotations

import re
from typing import get_args

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util.typing import ExtensionMetadata

from govrules.rulebook.expr import Condition

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


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the reader."""
    app.connect("autodoc-process-docstring", read_sections)
    app.connect("autodoc-process-signature", no_constructor)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
