"""
Sphinx directives that write a rulebook's catalogue and its coverage of sources at build time.

`govrules-catalogue` takes the names or folders of packs; `govrules-coverage` takes a file of
units. Folders and files are found beside the page that names them. Both write Markdown, which
MyST reads, on pages in Markdown and in reStructuredText alike. What is wrong with a pack is a
warning at the directive, and the page is built without it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Final

from docutils import nodes  # type: ignore[import-untyped]
from docutils.parsers.rst import directives  # type: ignore[import-untyped]
from docutils.utils import new_document  # type: ignore[import-untyped]
from myst_parser.mocking import MockState
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from govrules.catalogue import catalogue
from govrules.coverage import read_units
from govrules.errors import GovrulesError, RuleFileError
from govrules.render.catalogue import coverage_markdown, markdown
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in, shipped_packs

_LOG: Final = logging.getLogger(__name__)
_LOWER: Final = re.compile(r"^#(?=##? )", re.MULTILINE)
_RULE: Final = re.compile(r"^### (?P<id>[a-z0-9-]+)$", re.MULTILINE)


class _Written(SphinxDirective):
    """A directive that expands to generated Markdown."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the Markdown; none where the rules cannot be used."""
        try:
            text = self.markdown()
        except RuleFileError as error:
            for diagnostic in error.diagnostics:
                _LOG.warning("%s", diagnostic, location=self.get_location(), type="govrules")
            return []
        except GovrulesError as error:
            _LOG.warning("%s", error, location=self.get_location(), type="govrules")
            return []
        if isinstance(self.state, MockState):
            return self.parse_text_to_nodes(text, allow_section_headings=True)
        return self._read_apart(text)

    def _read_apart(self, text: str) -> list[nodes.Node]:
        """Return nodes of Markdown on a page in another markup."""
        page = self.state.document
        apart = new_document(page["source"], page.settings)
        # There it begins with its highest headings, as a page of its own does.
        MystParser().parse(_LOWER.sub("", text), apart)
        for each in apart.findall(nodes.target):
            page.note_explicit_target(each)
        for each in apart.findall(nodes.section):
            # Those that have a label are known by it, and so are never in the way of another's.
            page.note_implicit_target(each)
        return [*apart.children]

    def markdown(self) -> str:
        """Return what the directive stands for."""
        raise NotImplementedError

    def rulebook(self, packs: str) -> Rulebook:
        """Load packs, with their files as dependencies of the page."""
        named = packs.split() or packs_in(())
        folders = [self._pack(each) for each in named]
        for folder in folders:
            found = folder if folder.is_dir() else shipped_packs() / folder
            for file in sorted(found.iterdir()) if found.is_dir() else ():
                self.env.note_dependency(str(file))
        return load_rulebook(*folders)

    def _pack(self, name: str) -> Path:
        beside = Path(self.env.doc2path(self.env.docname)).parent / name
        return beside if beside.is_dir() else Path(name)


class CatalogueDirective(_Written):
    """Every rule of packs in plain English, with derived facts, parameters and sources."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        # A pack that stands on several pages has the targets of its rules on one of them.
        "without-targets": directives.flag,
    }

    def markdown(self) -> str:
        """Return the catalogue, each rule with a target that other pages can name."""
        packs = self.arguments[0] if self.arguments else ""
        text = markdown(catalogue(self.rulebook(packs)), title=False)
        if "without-targets" in self.options:
            return text
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
    """Return the link target of a rule in the catalogue."""
    return f"govrules-rule-{rule}"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.setup_extension("myst_parser")
    app.add_directive("govrules-catalogue", CatalogueDirective)
    app.add_directive("govrules-coverage", CoverageDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
