"""Directives that write what the code already says, so that nothing is written twice."""

from __future__ import annotations

import ast
import inspect
import json
import re
from importlib.metadata import metadata
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import govrules
from govrules.decode.values import describe
from govrules.diagnostics import Code
from govrules.engines.reference import VERDICTS
from govrules.render.explained import case_of
from govrules.rulebook.types import tests_for
from govrules.truth import Truth
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    FactType,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

ROOT = Path(__file__).parents[2]
_GROUPS = {
    "GR0": "Reading a file",
    "GR1": "Conditions",
    "GR2": "Rules",
    "GR3": "The rulebook",
    "GR4": "Sources",
    "GR5": "Examples",
    "GR6": "The facts of a subject",
    "GR7": "Registers kept as tables",
    "GR8": "The words of a pack",
}
_TYPES: dict[str, FactType] = {
    "yes or no": YesNo(),
    "text": Text(),
    "a choice": Choice(()),
    "a choice whose values are ordered": Choice((), ordered=True),
    "a number, an amount, a length of time": Number(),
    "a date": Date(),
    "a set of values": Choices(()),
    "a record": Record(object),
    "a list of records": Records(object),
}


class Derived(SphinxDirective):
    """A directive whose Markdown is worked out."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the Markdown."""
        return self.parse_text_to_nodes(self.markdown(), allow_section_headings=True)

    def markdown(self) -> str:
        """Return what the directive stands for."""
        raise NotImplementedError


class DiagnosticCodes(Derived):
    """Every code with its name, its meaning and a file that brings it about."""

    def markdown(self) -> str:
        """Return one section for each hundred, one entry for each code."""
        lines: list[str] = []
        group = ""
        for code in Code:
            if code.id[:3] != group:
                group = code.id[:3]
                lines += [f"## {_GROUPS.get(group, group)}", ""]
            lines += [f"### {code.id} {code.title}", "", escaped(code.meaning), ""]
            # A file that is wrong need not be what its language takes.
            lines += [re.sub("(?m)^```[a-z]+$", "```text", case_of(code)), ""]
        return "\n".join(lines)


class Verdicts(Derived):
    """The table of verdicts."""

    def markdown(self) -> str:
        """Return three rows of three cells, as the reference engine holds them."""
        order = (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)
        heads = " | ".join(f"requires {each.value}" for each in order)
        lines = [f"| | {heads} |", "|---|---|---|---|"]
        for scope in (Truth.TRUE, Truth.UNKNOWN, Truth.FALSE):
            cells = " | ".join(VERDICTS[scope, each].value for each in order)
            lines.append(f"| **applies: {scope.value}** | {cells} |")
        return "\n".join(lines)


class Tests(Derived):
    """The tests that a fact of each type can stand."""

    def markdown(self) -> str:
        """Return one row for each type."""
        lines = ["| a fact that is | takes the tests |", "|---|---|"]
        for name, fact_type in _TYPES.items():
            tests = ", ".join(f"`{each}`" for each in tests_for(fact_type))
            lines.append(f"| {name} | {tests} |")
        return "\n".join(lines)


class Cached(Derived):
    """What an object of a class works out when it is first asked for it."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return one entry for each cached property, with its docstring."""
        cls = getattr(govrules, self.arguments[0])
        tree = ast.parse(Path(inspect.getfile(cls)).read_text(encoding="utf-8"))
        found = [
            (member.name, ast.get_docstring(member) or "")
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__
            for member in node.body
            if isinstance(member, ast.FunctionDef)
            and any(ast.unparse(each) == "cached_property" for each in member.decorator_list)
        ]
        return "\n".join(f"- `{name}`: {escaped(said)}" for name, said in found)


class Facts(Derived):
    """Every fact of a subject."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return one table for the subject's own facts and one for each record in it."""
        lines = tables(getattr(govrules, self.arguments[0]), "")
        return "\n".join(["### Its own facts", "", *lines])


def tables(cls: type, prefix: str) -> list[str]:
    """Return the table of a class, then those of the records inside it."""
    plain: list[str] = []
    inner: list[str] = []
    for name, fact in vocabulary_of(cls).fields.items():
        path = f"{prefix}{name}"
        if isinstance(fact.type, Record):
            inner += ["", f"### {path}", "", *opening(fact), *tables(fact.type.cls, f"{path}.")]
        elif isinstance(fact.type, Records):
            plain.append(row(path, fact))
            if fact.type.cls is not cls and fact.type.cls.__name__ != "Partnership":
                inner += [
                    "",
                    f"### Each {fact.each} of {path}",
                    "",
                    *opening(fact),
                    *tables(fact.type.cls, ""),
                ]
        else:
            plain.append(row(path, fact))
    head = ["| fact | takes | kind | question |", "|---|---|---|---|"] if plain else []
    return [*head, *plain, *inner]


def opening(fact: Fact) -> list[str]:
    """Return the question that a whole record answers."""
    return [f"{escaped(fact.question)} *({fact.kind.value})*", ""]


def row(path: str, fact: Fact) -> str:
    """Return a fact as a row of its table."""
    kind = "arrangement" if fact.kind is Kind.ARRANGEMENT else "circumstance"
    return f"| `{path}` | {takes(fact)} | {kind} | {escaped(fact.question)} |"


def takes(fact: Fact) -> str:
    """Return what a fact takes."""
    match fact.type:
        case Choice(values=values):
            return "one of " + ", ".join(f"`{each}`" for each in values)
        case Choices(values=values):
            return "any of " + ", ".join(f"`{each}`" for each in values)
        case Records():
            return f"a list, each a {fact.each}"
        case Money() | Months() | Number() | Date() | Text() | YesNo() | Record():
            return describe(fact.type)


def escaped(text: str) -> str:
    """Return text in which no character is markup, save code in backticks."""
    parts = text.split("`")
    marks = str.maketrans({mark: f"\\{mark}" for mark in "*_<>[]|&"})
    outside = [part.translate(marks) if not index % 2 else part for index, part in enumerate(parts)]
    return "`".join(outside)


class Licences(Derived):
    """The packages that the library needs, with their licences."""

    def markdown(self) -> str:
        """Return one row for each component of the bill of materials."""
        bill = json.loads((ROOT / "requirements" / "run.cdx.json").read_text(encoding="utf-8"))
        lines = ["| package | version | licence |", "|---|---|---|"]
        for each in bill["components"]:
            stated = [one["license"] for one in each["licenses"]]
            names = [one.get("id") or one["name"] for one in stated]
            said = ", ".join(name.removeprefix("License :: OSI Approved :: ") for name in names)
            lines.append(f"| {each['name']} | {each['version']} | {said} |")
        return "\n".join(lines)


class Hooks(Derived):
    """A configuration that uses the hooks of this version."""

    def markdown(self) -> str:
        """Return it as YAML, with the one address of the project."""
        about = metadata("govrules")
        urls = dict(each.split(", ", 1) for each in about.get_all("Project-URL") or [])
        hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        lines = ["repos:", f"  - repo: {urls['Source']}"]
        lines += [f"    rev: v{about['Version']}", "    hooks:"]
        for each in hooks:
            lines += [f"      - id: {each['id']}", "        args: [our-rules]"]
        return "\n".join(["```yaml", *lines, "```"])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive("diagnostic-codes", DiagnosticCodes)
    app.add_directive("verdicts", Verdicts)
    app.add_directive("tests-by-type", Tests)
    app.add_directive("facts", Facts)
    app.add_directive("cached", Cached)
    app.add_directive("licences", Licences)
    app.add_directive("hooks", Hooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
