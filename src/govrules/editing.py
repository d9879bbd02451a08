"""YAML that people keep by hand, completed: what is written takes its place, all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import yaml

from govrules.errors import GovrulesError
from govrules.nodes import Report
from govrules.parsing import parse

#: A text to be put where another stands: from, until, and the new text.
Edit: TypeAlias = tuple[int, int, str]
#: A record of single values, by key; "" is nothing after the colon.
Flat: TypeAlias = Mapping[str, str]

#: What YAML takes for the very text, wherever it stands.
_PLAIN: Final = re.compile(r"\w[\w .'-]*(?<! )")
#: And in a block, where commas and brackets mean nothing.
_BLOCK_PLAIN: Final = re.compile(r"[^\W_](?:[^#:\n]|:(?=\S)|(?<=\S)#)*(?<![ :])")
_ESCAPED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_BRACES: Final = "it is written in braces, as JSON is, and would have to be laid out anew"


class EditError(GovrulesError):
    """A file that cannot be completed without a change of something else; its text says why."""


def quoted(text: str, *, in_flow: bool = False) -> str:
    r"""
    Return a line of text quoted for YAML.

    Args:
        text: the text.

        in_flow: whether it is to stand within brackets, where commas part values.

    >>> quoted("Agree it, and sign it."), quoted("Note: £5"), quoted("a, b", in_flow=True)
    ('Agree it, and sign it.', '"Note: £5"', '"a, b"')
    """
    plain = _PLAIN if in_flow else _BLOCK_PLAIN
    return text if plain.fullmatch(text) and text.isprintable() else in_quotes(text)


def in_quotes(text: str) -> str:
    """Return a text in double quotes, with what YAML does not read there escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(each: str) -> str:
    if each in _ESCAPED:
        return _ESCAPED[each]
    if each.isprintable():
        return each
    number = ord(each)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - two sizes of escapes


def root_of(body: str) -> yaml.MappingNode:
    """
    Return the top mapping of a file, with positions.

    Args:
        body: the text, without a byte order mark.

    Raises:
        EditError: it cannot be read, or is not written with one entry a line.
    """
    report = Report("the file", body)
    # What nests too deeply ends the process of whoever composes it.
    if parse(body, report) is None:
        problems = report.in_order()
        why = problems[0].message if problems else "it holds nothing"
        raise EditError(f"it cannot be read any more: {why}")
    root = yaml.compose(body, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise EditError(_BRACES)
    return root


def span_of(body: str, node: yaml.Node) -> tuple[int, int]:
    """Return the start and end of a node, without the rest of a block's last line."""
    begin, end = node.start_mark.index, node.end_mark.index
    inner = node.value if isinstance(node, yaml.CollectionNode) and not node.flow_style else ()
    if inner:
        last = inner[-1][1] if isinstance(node, yaml.MappingNode) else inner[-1]
        end = span_of(body, last)[1]
    elif getattr(node, "style", None) in ("|", ">"):
        end = begin + len(body[begin:end].rstrip())
    return begin, end


def edited(body: str, edits: Sequence[Edit]) -> str:
    """Apply non-overlapping edits to a text."""
    in_order = sorted(enumerate(edits), key=lambda each: (*each[1][:2], each[0]), reverse=True)
    for _, (begin, end, new) in in_order:
        body = body[:begin] + new + body[end:]
    return body


def line_end(body: str, place: int) -> int:
    """Return where the line of a place ends, before its line end."""
    found = re.compile(r"\r?\n|\r|\Z").search(body, place)
    return len(body) if found is None else found.start()


def newline_of(body: str) -> str:
    """Return the line ending of a text."""
    return "\r\n" if "\r\n" in body else "\n"


def in_place(body: str, node: yaml.Node, value: str) -> Edit:
    """Return the edit that replaces one value by another."""
    begin, end = span_of(body, node)
    if begin == end:
        # Nothing stands there, and its mark may lie anywhere after the colon.
        begin = end = body.rindex(":", 0, begin + 1) + 1
    gap = " " if value and not body[:begin].endswith((" ", "\n", "[", "{")) else ""
    return begin, end, gap + value


def into_braces(body: str, node: yaml.Node, entry: str) -> Edit:
    """Return the edit that appends an entry to a flow mapping."""
    end = span_of(body, node)[1] - 1
    inside = body[:end].rstrip()
    comma = "" if inside.endswith(("{", ",")) else ","
    space = "" if inside.endswith("{") else " "
    return len(inside), len(inside), f"{comma}{space}{entry}"


def with_records(
    text: str,
    listed: str,
    records: Sequence[Flat],
    same: Sequence[str],
    *,
    marks: Mapping[tuple[str, ...], str] | None = None,
    mark: str = "",
) -> str:
    """
    Return a single-list file with these records added or updated.

    A record that is there already is changed where its values differ, and keeps its comments and
    its place; a new one goes to the end; none is taken away.

    Args:
        text: the file; "" where there is none yet.

        listed: the key of the list.

        records: the records, with every key in the order in which it is written.

        same: the keys by which a record is known.

        marks: comments that stand above records, by the values of those keys; "" takes one away.

        mark: how each such comment begins.

    Raises:
        EditError: the file cannot take them without being changed elsewhere.
    """
    if not text.strip():
        text = f"govrules: 1\n\n{listed}:\n"
    body = text.removeprefix("\ufeff")
    root = root_of(body)
    value = next((each for key, each in root.value if key.value == listed), None)
    if value is None:
        raise EditError(f"it has no `{listed}`")
    there = _records(value, same)
    edits: list[Edit] = []
    new: list[Flat] = []
    for record in records:
        node = there.get(tuple(record[each] for each in same))
        if node is None:
            new.append(record)
        else:
            edits += _changes(body, node, record)
    for known, comment in (marks or {}).items():
        if known in there:
            edits += _marked(body, there[known], comment, mark)
    if new:
        edits.append(_appended(body, value, new))
    changed = edited(body, edits)
    _check(changed, listed, records, same)
    return text[: len(text) - len(body)] + changed


def _check(changed: str, listed: str, records: Sequence[Flat], same: Sequence[str]) -> None:
    """Check that an edited file reads back to the records written."""
    value = next((each for key, each in root_of(changed).value if key.value == listed), None)
    there = {} if value is None else _records(value, same)
    for record in records:
        node = there.get(tuple(record[each] for each in same))
        read = {} if node is None else {key.value: str(each.value) for key, each in node.value}
        if any(read.get(key, "") != text for key, text in record.items()):
            raise EditError(f"`{listed}` is laid out in a way that cannot be added to")


def _records(value: yaml.Node, same: Sequence[str]) -> dict[tuple[str, ...], yaml.MappingNode]:
    found: dict[tuple[str, ...], yaml.MappingNode] = {}
    for each in value.value if isinstance(value, yaml.SequenceNode) else ():
        if isinstance(each, yaml.MappingNode):
            texts = {key.value: str(inner.value) for key, inner in each.value}
            found.setdefault(tuple(texts.get(key, "") for key in same), each)
    return found


def _changes(body: str, node: yaml.MappingNode, record: Flat) -> Iterator[Edit]:
    """Yield the edits that set a record's values."""
    flow = bool(node.flow_style)
    there = {key.value: inner for key, inner in node.value}
    added: list[str] = []
    for key, text in record.items():
        inner = there.get(key)
        written = quoted(text, in_flow=flow) if text else ""
        if inner is None:
            added += [f"{key}: {written}"] if text else []
        elif inner.value != text:
            yield in_place(body, inner, written)
    if not added:
        return
    if flow:
        yield into_braces(body, node, ", ".join(added))
    else:
        place = line_end(body, span_of(body, node)[1])
        indent = " " * node.value[0][0].start_mark.column
        yield place, place, "".join(f"{newline_of(body)}{indent}{each}" for each in added)


def _marked(body: str, node: yaml.MappingNode, comment: str, mark: str) -> Iterator[Edit]:
    """Yield the edits that put a comment above a record, replacing an earlier one."""
    begin = body.rfind("\n", 0, node.start_mark.index) + 1
    before = body.rfind("\n", 0, max(begin - 1, 0)) + 1
    above = body[before:begin]
    dash = body[begin : node.start_mark.index]
    if dash.strip() != "-":
        return
    indent = dash[: dash.index("-")]
    line = f"{indent}# {comment}{newline_of(body)}" if comment else ""
    if above.strip().startswith(f"# {mark}"):
        yield before, begin, line
    elif line:
        yield begin, begin, line


def _appended(body: str, value: yaml.Node, records: Sequence[Flat]) -> Edit:
    """Return the edit that appends records to a list."""
    newline = newline_of(body)
    begin, end = span_of(body, value)
    if isinstance(value, yaml.SequenceNode) and value.flow_style and value.value:
        inside = body[: end - 1].rstrip()
        comma = "" if inside.endswith(",") else ","
        flat = ", ".join(map(_in_braces, records))
        return len(inside), end - 1, f"{comma} {flat}"
    listed = isinstance(value, yaml.SequenceNode) and value.value
    indent = " " * (value.start_mark.column if listed else 2)
    blocks = [_block(record, indent, newline) for record in records]
    lines = (newline * 2).join(blocks)
    if listed:
        place = line_end(body, end)
        return place, place, newline * 2 + lines
    if begin == end or isinstance(value, yaml.ScalarNode):
        place = line_end(body, body.rindex(":", 0, begin + 1))
        end = max(place, end)
        return place, end, newline + lines
    return body[:begin].rindex(":") + 1, end, newline + lines


def _block(record: Flat, indent: str, newline: str) -> str:
    lines = [f"{key}: {quoted(text)}" if text else f"{key}:" for key, text in record.items()]
    return f"{indent}- " + f"{newline}{indent}  ".join(lines)


def _in_braces(record: Flat) -> str:
    said = (f"{key}: {quoted(text, in_flow=True)}" for key, text in record.items() if text)
    return "{" + ", ".join(said) + "}"
