"""Traceability: which rules encode each unit of a source, and why the others have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

from govrules.diagnostics import NOWHERE, Code, Span
from govrules.errors import RuleFileError
from govrules.nodes import Node, Report, Scalar, read_file
from govrules.parsing import parse
from govrules.rulebook.ast import Citation, Rulebook
from govrules.rulebook.fields import Fields


@attrs.frozen
class Unit:
    """
    A part of a source that is to be covered.

    Attributes:
        document: the source.
        paragraph: the place as rules cite it, such as ``7`` or ``checklist 1b``.
        about: what it says, in our own words.
        not_encoded: why no rule encodes it; "" where rules do.
    """

    document: str
    paragraph: str
    about: str
    not_encoded: str = ""
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@attrs.frozen
class Group:
    """Units that belong together, with a heading."""

    title: str
    units: tuple[Unit, ...]


@attrs.frozen
class Covered:
    """
    A unit with what encodes it.

    Attributes:
        rules: the ids of the rules that cite it.
        derived: the names of the derived facts that cite it.
    """

    unit: Unit
    rules: tuple[str, ...]
    derived: tuple[str, ...]

    @property
    def gap(self) -> str:
        """What is wrong; "" where it has either rules or a reason, and not both."""
        unit = self.unit
        name = f"{unit.document} {unit.paragraph}"
        if self.rules and unit.not_encoded:
            rules = ", ".join(f"`{rule}`" for rule in self.rules)
            return f"{name} is said not to be encoded, yet it is cited by {rules}"
        if not self.rules and not unit.not_encoded:
            return f"{name} has neither a rule that cites it nor a reason why not"
        return ""


def read_units(path: str | Path) -> tuple[Group, ...]:
    """
    Read the units of sources that are to be covered.

    Raises:
        RuleFileError: something in the file is wrong; it carries every problem found.
    """
    text, report = read_file(Path(path), str(path))
    node = parse(text, report) if report.ok else None
    groups: list[Group] = []
    if node is not None:
        fields = Fields(report, node, ("groups",), "a coverage file")
        fields.required("groups")
        groups = [_group(report, each) for each in fields.items("groups")]
    if not report.ok:
        raise RuleFileError(tuple(report.diagnostics))
    return tuple(groups)


def _group(report: Report, node: Node) -> Group:
    fields = Fields(report, node, ("title", "document", "units"), "a group")
    title = fields.text("title", required=True)
    document = fields.text("document", required=True)
    fields.required("units")
    units = []
    seen: set[str] = set()
    for key, value in fields.entries("units"):
        if isinstance(value, Scalar):
            about, reason = value.text, ""
        else:
            unit = Fields(report, value, ("about", "not_encoded"), f"unit `{key.text}`")
            about = unit.text("about", required=True)
            reason = unit.text("not_encoded", required=True)
        if _same(key.text) in seen:
            report.add(Code.DUPLICATE_KEY, f"`{key.text}` is given twice", key, "keep one")
        seen.add(_same(key.text))
        units.append(Unit(document, key.text, about, reason, span=report.span(key)))
    return Group(title, tuple(units))


def _same(paragraph: str) -> str:
    return " ".join(paragraph.casefold().split())


def coverage(units: Iterable[Unit], rulebook: Rulebook) -> tuple[Covered, ...]:
    """Return each unit with the rules and derived facts that cite it."""
    rules = _citing((rule.id, (rule.source, *rule.also)) for rule in rulebook.rules)
    derived = _citing((each.name, each.sources) for each in rulebook.derived.values())
    return tuple(
        Covered(
            unit,
            rules.get((unit.document, _same(unit.paragraph)), ()),
            derived.get((unit.document, _same(unit.paragraph)), ()),
        )
        for unit in units
    )


def _citing(
    cited: Iterable[tuple[str, Sequence[Citation]]],
) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for name, citations in cited:
        for citation in citations:
            found.setdefault((citation.document, _same(citation.paragraph)), {})[name] = None
    return {place: tuple(names) for place, names in found.items()}


def gaps(rows: Iterable[Covered]) -> Iterator[str]:
    """Yield what is wrong with the coverage of units; nothing where all is covered."""
    return (f"{row.unit.span}: {row.gap}" for row in rows if row.gap)
