"""Answers to open questions, written into a partnership file that keeps all else as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import attrs
import yaml

from govrules.decode.values import Problem, describe, read
from govrules.errors import FactsError, GovrulesError
from govrules.facts import read_field, said
from govrules.nodes import Entries, Report, parse
from govrules.reading import CARRIED, class_of, declared_by
from govrules.rulebook.ast import Rulebook
from govrules.subjects import SubjectReader
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Choices, Date, Fact, Record, Records, Text, vocabulary_of

#: A key's path in a file and the node of its value.
Place: TypeAlias = tuple[str, yaml.Node]

_SEPARATORS: Final = re.compile(r"[,;\s]+")
#: What YAML takes for a single value wherever it stands.
_PLAIN: Final = re.compile(r"\w[\w. -]*")
_END: Final = re.compile(r"^\.\.\.", re.MULTILINE)


class AnswerError(GovrulesError):
    """An answer, or a file, that cannot be used; its text says why."""


@attrs.frozen
class Askable:
    """
    A fact that an answer of one line can settle.

    Attributes:
        path: the fact, as it is written in the file.
        fact: its type and question.
        hint: what an answer looks like, in words.
    """

    path: str
    fact: Fact
    hint: str


def askable(path: str, rulebook: Rulebook) -> Askable | str:
    """Return the fact that an answer settles, or why it has to be written by hand."""
    head, inside, _ = path.partition("[")
    if inside:
        return f"write it in the file, in the list `{head}`"
    if path.startswith("local."):
        fact = rulebook.local.get(path.removeprefix("local."))
    else:
        fact = vocabulary_of(class_of(rulebook)).facts.get(path)
    if fact is None:
        return "write it in the file"
    match fact.type:
        case Records():
            return f"write them in the file, as the list `{path}`; or `{path}: none`"
        case Record():
            hint = "answer `none` if there is none; what there is has facts of its own in the file"
        case Choices(values):
            hint = f"any of: {', '.join(values)}; or none"
        case Choice(values):
            hint = f"one of: {', '.join(values)}; or none"
        case Date():
            hint = f"{describe(fact.type)}; or none"
        case _:
            hint = describe(fact.type)
    return Askable(path, fact, hint)


def written(answer: str, fact: Fact) -> str:
    """
    Return an answer as YAML writes it.

    Raises:
        AnswerError: it cannot be read as the fact's type.
    """
    answer = answer.strip()
    if answer.lower() == "none" or (isinstance(fact.type, Record) and answer.lower() == "no"):
        return "none"
    match fact.type:
        case Record():
            raise AnswerError("only `none` can be answered here; write what there is in the file")
        case Choices(values):
            words = [each for each in _SEPARATORS.split(answer.strip("[] ")) if each]
            for each in words:
                _check(each, Choice(values))
            return f"[{', '.join(dict.fromkeys(words))}]"
        case Text():
            # Quoted, so that no text is taken for something else.
            return json.dumps(answer, ensure_ascii=False)
        case _:
            _check(answer, fact.type)
            return answer if _PLAIN.fullmatch(answer) else json.dumps(answer, ensure_ascii=False)


def _check(text: str, fact_type: object) -> None:
    value = read(text, fact_type)  # type: ignore[arg-type]
    if isinstance(value, Problem):
        raise AnswerError(f"{value.message}: {value.help}" if value.help else value.message)


def with_answer(text: str, asked: Askable, value: str, rulebook: Rulebook) -> str:
    """
    Return the text of a partnership file with one more fact; every other letter stays.

    A fact that the file leaves open stands where it was; another goes to the end.

    Raises:
        AnswerError: the file cannot take it without being changed elsewhere.
    """
    body = text.removeprefix("\ufeff")
    root = _top(body)
    changed = _replaced(body, root, asked.path, value)
    if changed is None:
        changed = _appended(body, root, f"{asked.path}: {value}")
    _verify(changed, body, asked, rulebook)
    return text[: len(text) - len(body)] + changed


def check_layout(text: str) -> None:
    """
    Check that answers can be added to a file.

    Raises:
        AnswerError: it is not written with one fact a line.
    """
    _top(text.removeprefix("\ufeff"))


def _top(body: str) -> yaml.MappingNode:
    report = Report("the file", body)
    # What nests too deeply ends the process of whoever composes it.
    if parse(body, report) is None:
        problems = report.in_order()
        why = problems[0].message if problems else "it holds nothing"
        raise AnswerError(f"it cannot be read any more: {why}")
    root = yaml.compose(body, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise AnswerError("it is written in braces, as JSON is, and would have to be laid out anew")
    return root


def _replaced(body: str, root: yaml.MappingNode, path: str, value: str) -> str | None:
    """Return the text with an open value replaced; None where the fact is not in it."""
    for key, node in _places(root, ""):
        if key == path and isinstance(node, yaml.SequenceNode):
            raise AnswerError("the file lists some already: complete the list there")
        if key == path:
            new = value
        elif path.startswith(f"{key}.") and isinstance(node, yaml.ScalarNode):
            new = f"{{{path.removeprefix(f'{key}.')}: {value}}}"
        else:
            continue
        begin, end = _offset(body, node.start_mark), _offset(body, node.end_mark)
        before = body[:begin]
        gap = "" if before.endswith((" ", "\n")) else " "
        return before + gap + new + body[end:]
    return None


def _places(node: yaml.MappingNode, prefix: str) -> Iterator[Place]:
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        path = f"{prefix}{key.value}"
        if isinstance(value, yaml.MappingNode):
            yield from _places(value, f"{path}.")
        else:
            yield path, value


def _offset(body: str, mark: yaml.Mark) -> int:
    """Return where a mark is; YAML ends a line at more characters than at a line feed."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])", body)
    return sum(len(each) for each in lines[: mark.line]) + mark.column


def _appended(body: str, root: yaml.MappingNode, line: str) -> str:
    newline = "\r\n" if "\r\n" in body else "\n"
    indent = " " * (root.value[0][0].start_mark.column if root.value else 0)
    end = _END.search(body, _offset(body, root.end_mark)) if "\n..." in body else None
    before = body[: end.start()] if end else body
    after = body[len(before) :]
    if before and not before.endswith(("\n", "\r")):
        before += newline
    return f"{before}{indent}{line}{newline}{after}"


def _verify(changed: str, before: str, asked: Askable, rulebook: Rulebook) -> None:
    """Check that the file can be read, that the fact is known, and that no other fact changed."""
    new, old = _read(changed, rulebook), _read(before, rulebook)
    if _value(new, asked) is UNKNOWN:
        raise AnswerError("the file would still leave it open; write it by hand")
    if _others(new, asked) != _others(old, asked):
        raise AnswerError("another fact of the file would change; write it by hand")


def _read(text: str, rulebook: Rulebook) -> Any:  # noqa: ANN401 - a subject of any class
    report = Report("the file", text)
    node = parse(text, report)
    reader = SubjectReader(report, declared_by(rulebook), with_origin=False)
    cls = class_of(rulebook)
    subject = reader.read_subject(node, cls)[0] if isinstance(node, Entries) else None
    if not report.ok or subject is None:
        problems = FactsError("the file", "facts", "problems", tuple(report.diagnostics))
        raise AnswerError(f"the file could not be read any more: {problems}")
    return subject


def _value(subject: Any, asked: Askable) -> object:  # noqa: ANN401 - of any class
    if asked.path.startswith("local."):
        return said(subject, "local").get(asked.path.removeprefix("local."), UNKNOWN)
    return read_field(subject, asked.path, asked.fact)


def _others(subject: Any, asked: Askable) -> dict[str, object]:  # noqa: ANN401 - of any class
    """Return every fact of a single value but the one that was asked for."""
    cls: type = type(subject)
    facts = vocabulary_of(cls).facts
    found: dict[str, object] = {
        path: read_field(subject, path, fact)
        for path, fact in facts.items()
        if not isinstance(fact.type, Record)
        and path != asked.path
        and not path.startswith(f"{asked.path}.")
    }
    for about in CARRIED:
        found |= {f"{about}.{name}": value for name, value in said(subject, about).items()}
    found.pop(asked.path, None)
    return found
