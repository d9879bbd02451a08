"""
Sphinx directives that write a rulebook's catalogue and its coverage of sources at build time.

`govrules-catalogue` takes the names or folders of packs; `govrules-coverage` takes a file of
units. Folders and files are found beside the page that names them. Both need MyST.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from docutils import nodes  # type: ignore[import-untyped]
from docutils.parsers.rst import directives  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from govrules.catalogue import catalogue
from govrules.coverage import read_units
from govrules.render.catalogue import coverage_markdown, markdown
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook, packs_in, shipped_packs

_RULE: Final = re.compile(r"^### (?P<id>[a-z0-9-]+)$", re.MULTILINE)


class _Written(SphinxDirective):
    """A directive that stands for Markdown made from rules."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the Markdown."""
        return self.parse_text_to_nodes(self.markdown(), allow_section_headings=True)

    def markdown(self) -> str:
        """Return what the directive stands for."""
        raise NotImplementedError

    def rulebook(self, packs: str) -> Rulebook:
        """Load packs; a page is written again when one of their files changes."""
        named = packs.split() or packs_in(())
        folders = [self._pack(each) for each in named]
        for folder in folders:
            for file in sorted((folder if folder.is_dir() else shipped_packs() / folder).iterdir()):
                self.env.note_dependency(str(file))
        return load_rulebook(*folders)

    def _pack(self, name: str) -> Path:
        beside = Path(self.env.doc2path(self.env.docname)).parent / name
        return beside if beside.is_dir() else Path(name)


class CatalogueDirective(_Written):
    """Every rule of packs in plain English, with derived facts, parameters and sources."""

    optional_arguments = 1
    final_argument_whitespace = True

    def markdown(self) -> str:
        """Return the catalogue, each rule with a target that other pages can name."""
        packs = self.arguments[0] if self.arguments else ""
        text = markdown(catalogue(self.rulebook(packs)), title=False)
        return _RULE.sub(lambda found: f"({target(found['id'])})=\n{found[0]}", text)


class CoverageDirective(_Written):
    """What encodes each unit of the sources, and why nothing encodes the others."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        "packs": directives.unchanged,
        # The rules are linked only where the documentation also has their catalogue.
        "linked": directives.flag,
    }

    def markdown(self) -> str:
        """Return one table for each group of units."""
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        rulebook = self.rulebook(self.options.get("packs", ""))
        link = "{{ref}}`{0} <" + target("{0}") + ">`" if "linked" in self.options else "`{}`"
        return coverage_markdown(read_units(path), rulebook, link=link)


def target(rule: str) -> str:
    """Return the name under which a page can link to a rule of the catalogue."""
    return f"govrules-rule-{rule}"


def written() -> Iterator[tuple[str, type[SphinxDirective]]]:
    """Yield the directives by name."""
    yield "govrules-catalogue", CatalogueDirective
    yield "govrules-coverage", CoverageDirective


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    for name, directive in written():
        app.add_directive(name, directive)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
