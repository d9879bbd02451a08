"""A partnership's own file: facts are written into it, and all else in it stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import yaml

from govrules.answered import Answer, lay_over
from govrules.answered.answer import (
    FactAt,
    fact_at,
    label_of,
    places_of,
    record_called,
    records_of,
)
from govrules.answered.file import answer_text
from govrules.decode.names import fold_body
from govrules.editing import (
    Edit,
    EditError,
    edited,
    in_place,
    in_quotes,
    into_braces,
    line_end,
    newline_of,
    quoted,
    root_of,
    span_of,
)
from govrules.facts import names_of
from govrules.nodes import Entries, Report
from govrules.parsing import parse
from govrules.reading import class_of, declared_by
from govrules.rulebook.ast import Rulebook
from govrules.subjects import SubjectReader
from govrules.vocabulary import Record, Records

#: What a file that holds nothing yet begins with.
BEGUN: Final = "govrules: 1\n"
_EVIDENCE: Final = "evidence"
_UNKNOWN: Final = "unknown"
_END: Final = re.compile(r"^\.\.\.", re.MULTILINE)
_COMMENT: Final = re.compile(r"(?:^|\s)#")


def with_fact(text: str, answer: Answer, rulebook: Rulebook) -> str:
    """
    Return a partnership's file with one fact added, otherwise unchanged.

    A fact that the file leaves open stands where it was; one of a record goes into the record, and
    another to the end.

    Args:
        text: the file; "" where it holds nothing yet.

        answer: the fact, its value and where it was seen.

        rulebook: the rules, which say what kind of subject the file is about.

    Raises:
        EditError: the file cannot take it without being changed elsewhere; its text says why.
    """
    body = _begun(text.removeprefix("\ufeff"))
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    before = read_facts(body, rulebook)
    wanted, (laid,) = lay_over(
        before, [attrs.evolve(answer, partnership=next(iter(names_of(before)), ""))], rulebook
    )
    if laid.used != "answer":
        why = laid.problem.message if laid.problem else "the file says so already"
        raise EditError(why)
    at = fact_at(answer.fact, class_of(rulebook), declared_by(rulebook))
    assert at is not None  # noqa: S101 - it was laid
    changed = _written(body, answer, at, before, rulebook)
    if answer.evidence:
        changed = _with_evidence(changed, laid.path, answer.evidence)
    after = read_facts(changed, rulebook)
    if _facts(after) != _facts(wanted):
        raise EditError("another fact of the file would change; write it by hand")
    return mark + changed


def check_layout(text: str) -> None:
    """
    Check that facts can be written into a file.

    Raises:
        EditError: it is not written with one fact a line.
    """
    root_of(_begun(text.removeprefix("\ufeff")))


def read_facts(text: str, rulebook: Rulebook) -> Any:  # noqa: ANN401 - a subject of any class
    """
    Return the subject that a file holds.

    Raises:
        EditError: it cannot be read.
    """
    report = Report("the file", text)
    node = parse(text, report)
    reader = SubjectReader(report, declared_by(rulebook), with_origin=False)
    cls = class_of(rulebook)
    subject = reader.read_subject(node, cls)[0] if isinstance(node, Entries) else None
    if not report.ok or subject is None:
        first = report.in_order()[:1]
        raise EditError("; ".join(f"{each.span}: {each.message}" for each in first) or "no facts")
    return subject


def is_bare(text: str) -> bool:
    """Tell whether a file holds nothing but comments."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return all(not line or line.startswith("#") for line in lines)


def _begun(body: str) -> str:
    """Return the text of a file of facts, begun if it holds only comments."""
    if not is_bare(body):
        return body
    newline = newline_of(body)
    gap = "" if not body or body.endswith(("\n", "\r")) else newline
    return f"{body}{gap}{BEGUN.rstrip()}{newline}"


def _facts(subject: Any) -> Any:  # noqa: ANN401 - of any class
    """Return a subject without its evidence and origins."""
    return attrs.evolve(subject, evidence={}) if hasattr(subject, _EVIDENCE) else subject


# ── Where a fact goes ─────────────────────────────────────────────────────────────────────────


def _written(body: str, answer: Answer, at: FactAt, before: Any, rulebook: Rulebook) -> str:  # noqa: ANN401 - a subject
    root = root_of(body)
    if isinstance(at.fact.type, Records) and not at.list:
        return _with_records(body, root, answer, at, before)
    value = _value(answer, at, rulebook)
    if not at.list:
        return edited(body, _put(body, root, at.rest, value))
    known = records_of(before, at.list)
    places = places_of(known, at)
    if not places:
        return _with_records(body, root, answer, at, before)
    node = _items(_node_at(root, at.list)[0])[places[0]]
    if not isinstance(node, yaml.MappingNode):
        raise EditError(f"a record of `{at.list}` is laid out so that it takes no more facts")
    return edited(body, _put(body, node, at.rest, value))


def _value(answer: Answer, at: FactAt, rulebook: Rulebook) -> str:
    if isinstance(at.fact.type, Record) and answer.value is not None:
        # That there is one is said by its being there.
        return "{}"
    return answer_text(answer, rulebook)


def _put(body: str, node: yaml.MappingNode, path: str, value: str) -> list[Edit]:
    """Return the edits that set a fact: over its open value, else at the record's end."""
    for key, inner in _places(node, ""):
        if key == path:
            _check_comments(body, inner)
            return [in_place(body, inner, value)]
        if not path.startswith(f"{key}."):
            continue
        rest = path.removeprefix(f"{key}.")
        if isinstance(inner, yaml.ScalarNode):
            return [in_place(body, inner, f"{{{rest}: {value}}}")]
        if isinstance(inner, yaml.CollectionNode) and inner.flow_style:
            return [into_braces(body, inner, f"{rest}: {value}")]
    if node.flow_style:
        return [into_braces(body, node, f"{path}: {value}")]
    return [_at_end(body, node, f"{path}: {value}")]


def _places(node: yaml.Node, prefix: str) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the path and node of each fact, and each flow mapping after its facts."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, inner in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        path = f"{prefix}{key.value}"
        if isinstance(inner, yaml.MappingNode) and inner.value:
            yield from _places(inner, f"{path}.")
            if inner.flow_style:
                yield path, inner
        else:
            yield path, inner


def _check_comments(body: str, node: yaml.Node) -> None:
    begin, end = span_of(body, node)
    if isinstance(node, yaml.CollectionNode) and _COMMENT.search(body[begin:end]):
        raise EditError("the file has comments among what it lists: complete the list there")


def _at_end(body: str, node: yaml.MappingNode, entry: str) -> Edit:
    newline = newline_of(body)
    if not node.value:
        raise EditError("it holds no facts that it could be added to")
    indent = " " * _indent(node)
    if node.start_mark.index == 0 or not _is_inside(body, node):
        # Of the whole file: after everything, comments too.
        end = _END.search(body) if "\n..." in body else None
        place = end.start() if end else len(body)
        gap = "" if not place or body[:place].endswith(("\n", "\r")) else newline
        return place, place, f"{gap}{indent}{entry}{newline}"
    place = line_end(body, span_of(body, node)[1])
    return place, place, f"{newline}{indent}{entry}"


def _indent(node: yaml.MappingNode) -> int:
    """Return the column of a mapping's keys."""
    return int(node.value[0][0].start_mark.column)


def _is_inside(body: str, node: yaml.MappingNode) -> bool:
    """Tell whether a mapping is an item of a list."""
    line = body.rfind("\n", 0, node.start_mark.index) + 1
    return "-" in body[line : node.start_mark.index]


# ── Lists of records ──────────────────────────────────────────────────────────────────────────


def _node_at(node: yaml.Node, path: str) -> tuple[yaml.Node | None, int]:
    """Return the node at a path, however nested, and its key's column."""
    for key, inner in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == path:
            return inner, key.start_mark.column
        if path.startswith(f"{key.value}."):
            return _node_at(inner, path.removeprefix(f"{key.value}."))
    return None, 0


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes of the records of a list, without `unknown` entries."""
    if not isinstance(node, yaml.SequenceNode):
        return []
    return [each for each in node.value if not _is_open(each)]


def _is_open(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value.strip() in ("", _UNKNOWN)


def _with_records(
    body: str,
    root: yaml.MappingNode,
    answer: Answer,
    at: FactAt,
    before: Any,  # noqa: ANN401 - a subject of any class
) -> str:
    """Return a file with more records in a list, or with a list that has no more."""
    path = at.list or at.rest
    whole = not at.list
    names = [answer.value] if at.list else [*(answer.value or ())]
    have = {fold_body(record_called(each)) for each in records_of(before, path)}
    new = [name for name in names if fold_body(name) not in have]
    label = at.rest if at.list else _label(at)
    node, column = _node_at(root, path)
    if whole and not names:
        return edited(body, _put(body, root, path, "none"))
    if isinstance(node, yaml.SequenceNode) and node.flow_style and node.value:
        return _in_brackets(body, node, label, new, whole=whole)
    newline = newline_of(body)
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        items = [*(f"{label}: {_quoted(each)}" for each in new), *([] if whole else [_UNKNOWN])]
        indent = " " * (_indent(root) if node is None else column)
        lines = "".join(f"{newline}{indent}  - {item}" for item in items)
        if node is None:
            return edited(body, [_at_end(body, root, f"{path}:{lines}")])
        begin, end = span_of(body, node)
        key = body.rindex(":", 0, begin + 1) + 1
        place = line_end(body, end)
        return edited(body, [(key, place, body[end:place] + lines)])
    edits: list[Edit] = []
    indent = " " * node.start_mark.column
    if new:
        listed = _items(node)
        text = "".join(f"{newline}{indent}- {label}: {_quoted(each)}" for each in new)
        if listed:
            place = line_end(body, span_of(body, listed[-1])[1])
            edits.append((place, place, text))
        else:
            # Nothing is listed yet but that there may be some.
            begin = body.rfind("\n", 0, node.start_mark.index) + 1
            edits.append((begin, begin, text.removeprefix(newline) + newline))
    if whole:
        for each in node.value:
            if _is_open(each):
                begin = body.rfind("\n", 0, body.rindex("-", 0, each.start_mark.index + 1)) + 1
                end = line_end(body, span_of(body, each)[1])
                end += len(newline) if body[end : end + len(newline)] == newline else 0
                edits.append((begin, end, ""))
    return edited(body, edits)


def _in_brackets(
    body: str, node: yaml.SequenceNode, label: str, names: Sequence[str], *, whole: bool
) -> str:
    _check_comments(body, node)
    texts = [body[begin:end] for begin, end in (span_of(body, item) for item in _items(node))]
    texts += [f"{{{label}: {_quoted(name, in_flow=True)}}}" for name in names]
    texts += [] if whole else [_UNKNOWN]
    return edited(body, [(*span_of(body, node), f"[{', '.join(texts)}]")])


def _quoted(name: str, *, in_flow: bool = False) -> str:
    # A name that says what a fact is would be read as that.
    word = name.strip().casefold()
    plain = word not in ("none", _UNKNOWN, "yes", "no", "")
    return quoted(name, in_flow=in_flow) if plain else in_quotes(name)


def _label(at: FactAt) -> str:
    assert isinstance(at.fact.type, Records)  # noqa: S101 - the caller has looked
    return label_of(at.fact.type.cls)


# ── Evidence ──────────────────────────────────────────────────────────────────────────────────


def _with_evidence(body: str, path: str, seen: str) -> str:
    """Return a file that says where a fact was seen."""
    root = root_of(body)
    node, _ = _node_at(root, _EVIDENCE)
    entry = f"{path}: {quoted(seen)}"
    newline = newline_of(body)
    if node is None:
        lines = f"{newline}{' ' * _indent(root)}  {entry}"
        return edited(body, [_at_end(body, root, f"{_EVIDENCE}:{lines}")])
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return edited(body, [in_place(body, node, f"{{{path}: {quoted(seen, in_flow=True)}}}")])
    for key, inner in node.value:
        if key.value == path:
            in_flow = bool(node.flow_style)
            return edited(body, [in_place(body, inner, quoted(seen, in_flow=in_flow))])
    if node.flow_style:
        return edited(body, [into_braces(body, node, f"{path}: {quoted(seen, in_flow=True)}")])
    place = line_end(body, span_of(body, node)[1])
    return edited(body, [(place, place, f"{newline}{' ' * _indent(node)}{entry}")])
