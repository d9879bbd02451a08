"""
Rule files laid out anew: block form, short lines, comments kept, and nothing else changed.

The parser's events say where each value begins and ends; what stands between them is white space,
marks and comments. So values are copied from the file as they were written, quotes and all.
"""

from __future__ import annotations

import re
import textwrap
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import attrs
import yaml

from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.parsing import parse

#: No line is longer where a space lets it be broken; rules are read beside each other.
WIDTH: Final = 100
#: A comment is broken only above this, since it may be laid out by hand.
LONGEST_COMMENT: Final = 120
#: A text of more words is read as a sentence, and stands on a line of its own.
_FEW_WORDS: Final = 3
_STEP: Final = 2
_COMMENT: Final = re.compile(r"#[^\n]*")
#: A space at which a value can be broken: one, and no backslash before it.
_BREAK: Final = re.compile(r"(?<=[^\s\\]) (?=\S)")
_INDENT: Final = re.compile(r"[|>][+-]?[1-9]|[|>][1-9]")


class LayoutError(Exception):
    """A file whose layout cannot change without changing its meaning."""


@attrs.define(eq=False)
class _Leaf:
    """A scalar, as written and as read."""

    raw: str
    value: str
    start: int
    end: int


@attrs.define(eq=False)
class _Branch:
    """A mapping or list; `flow` if written in brackets."""

    is_list: bool
    flow: bool
    start: int
    end: int
    column: int
    in_list: bool = False
    items: list[_Item] = attrs.field(factory=list)


@attrs.define(eq=False)
class _Item:
    """An entry or list item, with its comments."""

    key: _Leaf | None
    value: _Part
    parent: _Branch
    above: list[str] = attrs.field(factory=list)
    beside: str = ""
    below: list[str] = attrs.field(factory=list)

    @property
    def start(self) -> int:
        return self.value.start if self.key is None else self.key.start


_Part: TypeAlias = _Leaf | _Branch


@attrs.frozen
class _Comment:
    text: str
    start: int
    column: int
    after_blank: bool


def laid_out(text: str) -> str:
    """
    Return a file of rules, or a `rulebook.yaml`, in block form.

    Collections in brackets stay on one line where they hold no sentence and fit.

    Args:
        text: YAML that `govrules.parsing.parse` reads.

    Raises:
        LayoutError: what would be written does not say the same; nothing should be written then.

    >>> print(laid_out("rules: [{id: a, title: A pool has no protocol,  tags: [x,y]}]"), end="")
    rules:
      - id: a
        title: A pool has no protocol
        tags: [x, y]
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    root, leaves = _tree(text)
    if isinstance(root, _Leaf) or not root.items:
        return text
    comments = list(_comments(text, leaves))
    _attach(root, comments, text)
    lines = list(_block(root, 0))
    while lines and not lines[0]:
        del lines[0]
    made = "\n".join(lines) + "\n"
    before, after = (_said(parse(each, Report("", each))) for each in (text, made))
    if (
        before is None
        or before != after
        or _words(comments) != _words(_comments(made, _tree(made)[1]))
    ):
        raise LayoutError
    return made


def _tree(text: str) -> tuple[_Part, list[_Leaf]]:
    """Return a document's tree, and its scalars in order."""
    leaves: list[_Leaf] = []

    def part(node: yaml.Node, *, in_list: bool = False) -> _Part:
        start, end = node.start_mark, node.end_mark
        if isinstance(node, yaml.ScalarNode):
            leaf = _Leaf(text[start.index : end.index].rstrip(), node.value, start.index, end.index)
            leaves.append(leaf)
            return leaf
        assert isinstance(node, yaml.CollectionNode)  # noqa: S101 - there are no other nodes
        is_list, flow = isinstance(node, yaml.SequenceNode), bool(node.flow_style)
        branch = _Branch(is_list, flow, start.index, end.index, start.column, in_list)
        for each in node.value:
            key = None if is_list else part(each[0])
            assert not isinstance(key, _Branch)  # noqa: S101 - other keys are refused by the reader
            value = part(each if is_list else each[1], in_list=is_list)
            branch.items.append(_Item(key, value, branch))
        if not flow:
            # A block ends where the next thing begins; brackets end where they close.
            branch.end = branch.items[-1].value.end
        return branch

    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert root is not None  # noqa: S101 - a file without a value is refused by the reader
    return part(root), leaves


# ── Comments ──────────────────────────────────────────────────────────────────────────────────


def _comments(text: str, leaves: list[_Leaf]) -> Iterator[_Comment]:
    """Yield the comments between scalars."""
    at = 0
    for start, end in [*((leaf.start, leaf.end) for leaf in leaves), (len(text), len(text))]:
        for found in _COMMENT.finditer(text, at, max(at, start)):
            line = text.rfind("\n", 0, found.start()) + 1
            yield _Comment(
                found[0].rstrip(),
                found.start(),
                len(text[line : found.start()]) - len(text[line : found.start()].lstrip()),
                after_blank=_is_after_blank(text, line) and not text[line : found.start()].strip(),
            )
        at = end


def _words(comments: Iterable[_Comment]) -> list[str]:
    return sorted(word for each in comments for word in each.text.lstrip("#").split())


def _attach(root: _Branch, comments: list[_Comment], text: str) -> None:
    """Attach comments and blank lines to items."""
    items = list(_walk(root))
    owners = {id(item.value): item for item in items}
    ends = sorted((end, number) for number, item in enumerate(items) for end in _ends(item))
    for comment in comments:
        at = bisect_right(ends, comment.start, key=lambda each: each[0]) - 1
        end, number = ends[at] if at >= 0 else (0, -1)
        if number >= 0 and not items[number].beside and "\n" not in text[end : comment.start]:
            items[number].beside = comment.text
        else:
            _place(comment, root, items, owners)
    for item in items:
        line = text.rfind("\n", 0, item.start) + 1
        if _is_after_blank(text, line) and text[line : item.start].strip() in ("", "-"):
            item.above.append("")


def _is_after_blank(text: str, line: int) -> bool:
    """Tell whether the line starting here follows a blank one."""
    return line > 0 and not text[text.rfind("\n", 0, line - 1) + 1 : line - 1].strip()


def _place(comment: _Comment, root: _Branch, items: list[_Item], owners: dict[int, _Item]) -> None:
    """Attach a full-line comment above what follows, or below what it ends."""
    lines = ["", comment.text] if comment.after_blank else [comment.text]
    # Items stand in the order of their beginnings.
    at = bisect_right(items, comment.start, key=lambda each: each.start)
    if at == 0:
        items[0].above += lines
        return
    item = items[at - 1]
    around = _brackets(item, comment.start, owners)
    if around is not None:
        later = next((each for each in around.items if each.start > comment.start), None)
        if later is not None or not around.items:
            (later or owners[id(around)]).above += lines
        else:
            around.items[-1].below += lines
        return
    following = items[at] if at < len(items) else None
    if following is not None and (
        comment.column <= following.parent.column or following.parent is item.value
    ):
        following.above += lines
        return
    while (item.parent.flow or item.parent.column > comment.column) and item.parent is not root:
        item = owners[id(item.parent)]
    item.below += lines


def _brackets(item: _Item, place: int, owners: dict[int, _Item]) -> _Branch | None:
    """Return the innermost flow collection around a position."""
    branch = item.value if isinstance(item.value, _Branch) else item.parent
    while not (branch.flow and branch.start < place < branch.end):
        owner = owners.get(id(branch))
        if owner is None:
            return None
        branch = owner.parent
    return branch


def _walk(branch: _Branch) -> Iterator[_Item]:
    for item in branch.items:
        yield item
        if isinstance(item.value, _Branch):
            yield from _walk(item.value)


def _ends(item: _Item) -> Iterator[int]:
    """Yield the end positions of an item's own parts."""
    if item.key is not None:
        yield item.key.end
    if isinstance(item.value, _Leaf) or item.value.flow:
        yield item.value.end


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────


def _block(branch: _Branch, indent: int) -> Iterator[str]:
    """Yield a collection's lines in block form."""
    margin = " " * indent
    # Records of a list are laid out alike: where one does not fit on a line, none has one.
    apart = branch.is_list and not all(
        isinstance(item.value, _Leaf) or _fits(item.value, indent + _STEP) for item in branch.items
    )
    for number, item in enumerate(branch.items):
        above = item.above if number or indent == 0 else item.above[_leading(item.above) :]
        lines = _lines(item, indent, apart=apart)
        while item.key is None and not lines[0].startswith(f"{margin}-"):
            # What stands above the first entry of a record stands above its dash.
            above = [*above, lines.pop(0).strip()]
        if item.beside:
            beside = f"{lines[0]}  {item.beside}"
            opens = item.key is not None and isinstance(item.value, _Branch)
            whole = opens or len(lines) == 1
            if whole and len(beside) <= LONGEST_COMMENT:
                lines[0] = beside
            else:
                above = [*above, item.beside]
        yield from _noted(above, margin)
        yield from lines
        yield from _noted(item.below, margin)


def _lines(item: _Item, indent: int, *, apart: bool) -> list[str]:
    """Return an item's lines without comments."""
    margin = " " * indent
    value = item.value
    head = f"{margin}-" if item.key is None else f"{margin}{item.key.raw}:"
    if isinstance(value, _Leaf):
        return _scalar(value, head, indent)
    if not value.items or (not apart and _fits(value, len(head) + 1)):
        return [f"{head} {_flow(value)}"]
    inner = list(_block(value, indent + _STEP))
    if item.key is not None:
        return [head, *inner]
    first = next(number for number, line in enumerate(inner) if line.strip()[:1] not in ("", "#"))
    inner[first] = f"{head} {inner[first].strip()}"
    return inner


def _leading(lines: list[str]) -> int:
    return next((number for number, each in enumerate(lines) if each), len(lines))


def _noted(lines: list[str], margin: str) -> Iterator[str]:
    """Yield comments, long ones wrapped, with blank lines between."""
    for line in lines:
        if len(margin + line) > LONGEST_COMMENT:
            said = line.lstrip("#")
            first = f"{margin}{line[: len(line) - len(said)]} "
            yield from textwrap.wrap(
                said.strip(), WIDTH, initial_indent=first, subsequent_indent=first,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
        else:
            yield margin + line if line else ""


def _fits(part: _Part, column: int) -> bool:
    """Tell whether a collection fits on one line from a column."""
    return _is_short(part) and column + len(_flow(part)) <= WIDTH


def _is_short(part: _Part, *, inside: bool = False) -> bool:
    """Tell whether a flow collection holds neither sentences nor comments."""
    if isinstance(part, _Leaf):
        return "\n" not in part.raw and len(part.value.split()) <= _FEW_WORDS
    if not part.flow:
        return False
    if part.is_list and any(isinstance(item.value, _Branch) for item in part.items):
        return False
    if part.in_list and not inside and len(part.items) == 1:
        return False
    return all(
        not (item.above or item.beside or item.below) and _is_short(item.value, inside=True)
        for item in part.items
    )


def _flow(part: _Part) -> str:
    if isinstance(part, _Leaf):
        return part.raw
    if part.is_list:
        return f"[{', '.join(_flow(item.value) for item in part.items)}]"
    # A value left out keeps its space, or the comma would be read as part of the key.
    entries = (f"{item.key.raw if item.key else ''}: {_flow(item.value)}" for item in part.items)
    return f"{{ {', '.join(entries).rstrip()} }}" if part.items else "{}"


def _scalar(leaf: _Leaf, head: str, indent: int) -> list[str]:
    margin = " " * (indent + _STEP)
    if not leaf.raw:
        return [head]
    if leaf.raw[0] in "|>":
        return _block_scalar(leaf, head, margin)
    written = leaf.raw.split("\n")
    if len(written) > 1 and ("\n" in leaf.value or any(each.endswith("\\") for each in written)):
        first, *rest = (each.strip() for each in written)
        return [f"{head} {first}", *(margin + each if each else "" for each in rest)]
    pieces = _BREAK.split(" ".join(each.strip() for each in written))
    lines = [head]
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f"{'' if lines[-1] == margin else ' '}{piece}"
        else:
            lines.append(margin + piece)
    return lines


def _block_scalar(leaf: _Leaf, head: str, margin: str) -> list[str]:
    first, *rest = leaf.raw.split("\n")
    if _INDENT.match(first):
        raise LayoutError
    least = min((len(each) - len(each.lstrip(" ")) for each in rest if each.strip()), default=0)
    return [f"{head} {first}", *(margin + each[least:] if each.strip() else "" for each in rest)]


# ── The same ──────────────────────────────────────────────────────────────────────────────────


def _said(node: Node | None) -> object:
    """Return a document's content without positions."""
    match node:
        case Scalar(text, plain):
            return text, plain
        case Entries(items):
            return Entries, [(_said(key), _said(value)) for key, value in items]
        case _:
            return node and (Items, [*map(_said, node.items)])
