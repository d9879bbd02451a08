"""A proposal for a table, and a mapping as YAML, laid out for a person who has the last word."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from govrules.editing import in_quotes
from govrules.nodes import Entries, Node, Scalar
from govrules.visible import argument


@attrs.define
class ProposedColumn:
    """
    What is proposed for one column.

    Attributes:
        heading: its heading, as the mapping names it.
        about: what the mapping says of it: the fact, and how it is written; empty if left over.
        samples: some of its cells.
        unread: some cells that cannot be read as the fact.
        likely: facts that a person may choose from.
        ignored: whether the mapping ignores it.
    """

    heading: str
    about: dict[str, Any] = attrs.field(factory=dict)
    samples: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def unsure(self) -> bool:
        """Whether a person has to confirm it."""
        return "unsure" in self.about


@attrs.define
class Proposal:
    """
    A proposed mapping, with notes for its reader.

    Attributes:
        file: what the table's file is called.
        settings: what the mapping says, but for columns and what is ignored.
        columns: of each column, in the order of the table.
        notes: what strikes the eye before anything else.
        not_found: the facts that no column was found for.
        questions: of each fact, the question that asks for it.
        choices: of each fact of a closed list, its values.
    """

    file: str
    settings: dict[str, Any] = attrs.field(factory=dict)
    columns: list[ProposedColumn] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    not_found: list[str] = attrs.field(factory=list)
    questions: dict[str, str] = attrs.field(factory=dict)
    choices: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def unsure(self) -> int:
        """How many entries a person has to confirm."""
        lists = self.settings.get("lists", {})
        skips = self.settings.get("skip", [])
        marked = (*(column.about for column in self.columns), *lists.values(), *skips)
        return sum("unsure" in each for each in marked)


_WIDTH: Final = 96
_MARK: Final = "unsure: yes"
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*\??")
_PATH: Final = re.compile(r"[a-z_]+(\.[a-z_]+)*|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYWORDS: Final = frozenset({"yes", "no", "true", "false", "null", "none", "unknown", "on", "off"})
#: These stand before the columns, in this order.
_FIRST: Final = (
    "register",
    "table",
    "sideways",
    "header",
    "encoding",
    "delimiter",
    "rows",
    "unknown",
)
_STATES: Final = ("yes", "no", "unknown", "none")


def mapping_text(proposal: Proposal, *, confirmed: bool = False) -> str:
    """
    Return a mapping as YAML.

    Args:
        proposal: what it says.

        confirmed: whether it is a mapping that was there, and no proposal.
    """
    settings = proposal.settings
    lines: list[str] = []
    if not confirmed:
        lines = [
            f"# Proposed by `govrules map {argument(proposal.file)}`: read it before you use it.",
            f"# `check` takes nothing marked `{_MARK}`: where it is right, delete the mark.",
        ]
        for note in proposal.notes:
            lines += textwrap.wrap(note, _WIDTH, initial_indent="# ", subsequent_indent="#   ")
    lines.append("govrules: 1")
    for key in _FIRST:
        if key in settings:
            lines += _block(key, settings[key], "")
    lines += ["", "columns:", *_columns(proposal)]
    if "skip" in settings:
        lines += [
            "",
            "# These rows, or columns of a table on its side, are no partnerships.",
            "skip:",
        ]
        lines += [f"  - {_flow(each)}" for each in settings["skip"]]
    if settings.get("lists"):
        lines += [
            "",
            "# `complete: yes` says that no record is missing: then rules on every one settle.",
            "lists:",
        ]
        for key, each in settings["lists"].items():
            lines += _list(key, each)
    lines += [*_left_over(proposal), ""]
    ignored = [column.heading for column in proposal.columns if column.ignored]
    lines.append("ignored: " + _flow_list(ignored))
    if not confirmed:
        lines += ["", *_not_found(proposal)]
    return "\n".join(lines).rstrip() + "\n"


def plain_of(node: Node) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Return nodes as plain data, scalars as text."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Entries):
        return {key.text: plain_of(value) for key, value in node.items}
    return [plain_of(item) for item in node.items]


def _columns(proposal: Proposal) -> Iterator[str]:
    found = [each for each in proposal.columns if each.about]
    for column in found:
        yield f"  {quoted(column.heading)}: {_about(column.about)}"
        if column.unread:
            words = ", ".join(f"`{each}`" for each in column.unread)
            yield f"    # not read as it stands: {words}"
        elif column.unsure:
            yield f"    # for example: {_samples(column)}"
    if not found:
        yield "  {}  # no heading is like the words of any fact"


def _samples(column: ProposedColumn) -> str:
    return ", ".join(f"`{each}`" for each in column.samples) or "no cell is filled"


def _list(key: str, about: Mapping[str, Any]) -> Iterator[str]:
    if all(isinstance(each, str) for each in about.values()):
        yield f"  {quoted(key)}: {_flow(about)}"
        return
    yield from _block(key, about, "  ")


def _block(key: str, value: Any, indent: str) -> Iterator[str]:  # noqa: ANN401 - plain data
    if key == "columns" and isinstance(value, dict):
        yield f"{indent}columns:"
        for heading, about in value.items():
            said = about if isinstance(about, dict) else {"fact": about}
            yield f"{indent}  {quoted(heading)}: {_about(said)}"
    elif isinstance(value, dict) and any(isinstance(each, (dict, list)) for each in value.values()):
        yield f"{indent}{quoted(key)}:"
        for each, inner in value.items():
            yield from _block(each, inner, f"{indent}  ")
    elif key in ("table", "header", "delimiter") and isinstance(value, str):
        # These are words to a reader, whatever they look like.
        number = key != "table" and re.fullmatch(r"[0-9]+(-[0-9]+)?|tab", value)
        yield f"{indent}{key}: {value if number else quoted(value)}"
    else:
        yield f"{indent}{quoted(key)}: {_value(value)}"


def _about(about: Mapping[str, Any]) -> str:
    return quoted(about["fact"]) if len(about) == 1 else _flow(about)


def _value(value: Any) -> str:  # noqa: ANN401 - plain data
    if isinstance(value, dict):
        return _flow(value)
    if isinstance(value, list):
        return _flow_list(value)
    return value if value in _STATES else _in_flow(value)


def _in_flow(text: str) -> str:
    # Between braces a question mark begins a key.
    return quoted(text) if "?" not in text else in_quotes(text)


def _flow(about: Mapping[str, Any]) -> str:
    said = (f"{_in_flow(key)}: {_value(each)}" for key, each in about.items())
    return f"{{ {', '.join(said)} }}" if about else "{}"


def _flow_list(values: list[Any]) -> str:
    return "[" + ", ".join(_value(value) for value in values) + "]"


def _left_over(proposal: Proposal) -> Iterator[str]:
    """Yield the columns without a fact, with candidates."""
    left = [each for each in proposal.columns if not each.about and not each.ignored]
    if left:
        yield ""
        yield "# Columns left over. Map each to a fact, or write it below under `ignored`."
    for column in left:
        yield f"#   {quoted(column.heading)}"
        for path in column.likely:
            yield f"#     perhaps {path}: {proposal.questions.get(path, '')}"


def _not_found(proposal: Proposal) -> Iterator[str]:
    left = proposal.not_found
    yield f"# Facts that no column was found for ({len(left)}); each stays unknown:"
    yield "# `govrules facts WORDS` says what each is, and finds one by what people call it."
    for line in textwrap.wrap(", ".join(left), _WIDTH - 4, break_on_hyphens=False):
        yield f"#   {line}"


def quoted(text: str) -> str:
    """Return a text quoted for YAML."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _KEYWORDS:
        return text
    if _PATH.fullmatch(text) and text not in _KEYWORDS:
        return text
    return in_quotes(text)
