"""Files of answers: read with what is wrong in them, and written so that what stands stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from govrules.answered.answer import Answer, fact_of
from govrules.decode.names import fold_body
from govrules.decode.states import NIL_WORDS, PLACEHOLDERS, fold
from govrules.decode.values import YES_NO_WORDS
from govrules.diagnostics import Code, did_you_mean
from govrules.editing import Edit, edited, in_quotes, line_end, newline_of, span_of
from govrules.errors import FactsError
from govrules.fact_nodes import says_a_state
from govrules.files import replacing
from govrules.nodes import Items, Node, Report, Scalar, read_file
from govrules.parsing import parse
from govrules.reading import class_of, declared_by
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.fields import FORMAT, Fields, check_version, open_kept
from govrules.rulebook.write import write_value
from govrules.subjects import EVERY_FACT, SubjectReader
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Months, Record, Records, vocabulary_of

_KEYS: Final = ("partnership", "fact", "value", "evidence", "by", "date")


# ── Read ──────────────────────────────────────────────────────────────────────────────────────


def read_answers(
    source: str | Path | Mapping[str, str], rulebook: Rulebook | None = None
) -> tuple[Answer, ...]:
    """
    Read a file of answers.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

        rulebook: the rules, where answers are for local or derived facts that they declare.

    Raises:
        FactsError: something in the file is wrong; it carries every problem found.

    >>> text = "{govrules: 1, answers: [{partnership: p7, fact: funding.pooled, value: yes}]}"
    >>> [(each.fact, each.value) for each in read_answers({"answers.yaml": text})]
    [('funding.pooled', True)]
    """
    report, fields = open_kept(source, "answers")
    found: list[Answer | None] = []
    if fields is not None:
        fields.required("answers")
        notes = _notes(report.lines)
        found = [_answer(report, item, rulebook, notes) for item in fields.items("answers")]
    if report.diagnostics:
        raise FactsError(report.file, "answers", "problems", report.in_order())
    return tuple(each for each in found if each is not None)


def _answer(
    report: Report, node: Node, rulebook: Rulebook | None, notes: Mapping[int, str]
) -> Answer | None:
    before = report.errors
    fields = Fields(report, node, _KEYS, "an answer")
    if not fields.is_mapping:
        return None
    partnership = fields.text("partnership", required=True)
    path = fields.text("fact", required=True)
    given = fields.required("value", "yes")
    evidence, by, date = fields.text("evidence"), fields.text("by"), fields.date("date")
    at = fact_of(path, partnership, rulebook) if path else None
    if path and at is None:
        report.add(
            Code.UNKNOWN_FACT,
            f"unknown fact `{path}`",
            fields.value("fact"),
            did_you_mean(path, vocabulary_of(class_of(rulebook)).facts) or EVERY_FACT,
            path=path,
        )
    if given is None or at is None:
        return None
    value = _value(given, at.fact, path, report, rulebook)
    if report.errors > before:
        return None
    span = report.span(fields.value("fact"))
    note = notes.get(getattr(given, "line", 0), "")
    return Answer(partnership, path, value, evidence, by, date, note=note, span=span)


def _value(node: Node, fact: Fact, path: str, report: Report, rulebook: Rulebook | None) -> Any:  # noqa: ANN401 - any fact's value
    """Return the value written for a fact, read strictly."""
    word = fold(node.text) if isinstance(node, Scalar) else ""
    if word in PLACEHOLDERS or (word in NIL_WORDS and isinstance(node, Scalar) and node.plain):
        report.add(
            Code.TYPE_MISMATCH,
            f"`{word}` is no answer (`{path}`)",
            node,
            "write the value, `none`, or `unknown` where nobody knows",
            path=path,
        )
        return UNKNOWN
    match fact.type:
        case Record() if YES_NO_WORDS.get(word):
            return True
        case Records() if isinstance(node, Items):
            return _names(node, path, report)
        case _:
            reader = SubjectReader(report, declared_by(rulebook), strict=True)
            return reader.read_value(node, fact, path)


def _names(node: Items, path: str, report: Report) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for item in node.items:
        if isinstance(item, Scalar) and item.text.strip() and not says_a_state(item.text):
            found.setdefault(fold_body(item.text), item.text)
        else:
            report.add(
                Code.WRONG_SHAPE,
                f"`{path}` is answered by names",
                item,
                "write the name of each, and all of them",
                path=path,
            )
    return tuple(found.values())


def _notes(lines: Sequence[str]) -> Mapping[int, str]:
    """Return the comments of a file by the line they stand above."""
    found = {}
    for number, line in enumerate(lines, 1):
        head, mark, rest = line.partition(_NOTE)
        if mark and not head.strip():
            found[number - 1] = rest.strip()
    return found


# ── Written ───────────────────────────────────────────────────────────────────────────────────

_NOTE: Final = "# note: "


def write_answers(
    path: str | Path, answers: Iterable[Answer], rulebook: Rulebook | None = None
) -> None:
    """
    Write answers into a file, whole or not at all; what stands in it stays.

    An answer to a question that the file answers already takes its place; others go to the end.

    Args:
        path: the file, which need not be there.

        answers: the answers.

        rulebook: the rules, where answers are for local facts that they declare.

    Raises:
        FactsError: what stands in the file is no file of answers.

        OSError: it cannot be written.
    """
    path = Path(path)
    text = ""
    if path.exists():
        text, report = read_file(path, str(path))
        if not report.ok:
            raise FactsError(str(path), "answers", "problems", report.in_order())
    new = with_answers(text, answers, rulebook, name=str(path))
    with replacing(path, over_inputs=True) as file:
        file.write_bytes(new.encode())


def with_answers(
    text: str,
    answers: Iterable[Answer],
    rulebook: Rulebook | None = None,
    *,
    name: str = "answers.yaml",
) -> str:
    """
    Return the text of a file of answers with these in it; every other letter stays.

    Args:
        text: the text; "" for a file that is not there yet.

        answers: the answers.

        rulebook: the rules, where answers are for local facts that they declare.

        name: what messages call the file.

    Raises:
        FactsError: the text is no file of answers, one answer an item.
    """
    if not text.strip():
        text = f"govrules: {FORMAT}\nanswers:\n"
    report = Report(name, text)
    fields = Fields(report, parse(text, report), ("govrules", "answers"), "a file of answers")
    given = fields.value("answers")
    # A list into which nothing is written yet is empty, however it is written.
    empty = not (given.text if isinstance(given, Scalar) else getattr(given, "items", None))
    if check_version(fields):
        fields.required("answers")
        if not empty:
            fields.items("answers")
    if not report.ok:
        raise FactsError(name, "answers", "problems", report.in_order())
    body = text.removeprefix("\ufeff")
    newline = newline_of(body)
    root: Any = yaml.compose(body, Loader=yaml.CSafeLoader)
    ((key, several),) = [each for each in root.value if each[0].value == "answers"]
    if root.flow_style:
        raise _not_on_lines(report, 1)
    places = {} if empty else dict(_places(body, several, report))
    indent = next((each[2] for each in places.values()), 2)
    wanted = {
        (answer.partnership, answer.fact): _block(answer, indent, rulebook) for answer in answers
    }
    edits: list[Edit] = []
    new: list[str] = []
    for which, block in wanted.items():
        if which in places:
            begin, end, _ = places[which]
            edits.append((begin, end, newline.join(block)))
        else:
            new += block
    last = max((end for _, end, _ in places.values()), default=key.end_mark.index)
    if empty and isinstance(several, yaml.CollectionNode):
        last = several.end_mark.index
        edits.append((key.end_mark.index, last, ":"))
    if new:
        place = line_end(body, last)
        edits.append((place, place, newline + newline.join(new)))
    changed = edited(body, edits)
    return text[: len(text) - len(body)] + changed.removesuffix(newline) + newline


_Place: TypeAlias = tuple[int, int, int]


def _places(
    body: str,
    several: Any,  # noqa: ANN401 - the node of a list
    report: Report,
) -> Iterator[tuple[tuple[str, str], _Place]]:
    """Yield the start, end and indentation of each answer in a file."""
    for item in several.value:
        begin, end = span_of(body, item)
        head = body[begin - item.start_mark.column : begin]
        if several.flow_style or head.strip() != "-" or not isinstance(item, yaml.MappingNode):
            raise _not_on_lines(report, item.start_mark.line + 1)
        said = {each.value: value.value for each, value in item.value}
        which = str(said.get("partnership")), str(said.get("fact"))
        yield which, (begin - len(head), line_end(body, end), head.index("-"))


def _not_on_lines(report: Report, line: int) -> FactsError:
    report.add(
        Code.WRONG_SHAPE,
        "answers are added to a file that has each of them on lines of its own",
        Scalar("", plain=True, line=line, column=1),
        "begin each answer with `- ` on a new line",
    )
    return FactsError(report.file, "answers", "problems", report.in_order())


def _block(answer: Answer, indent: int, rulebook: Rulebook | None) -> list[str]:
    """Return the lines of an answer."""
    entries = [
        f"partnership: {_text(answer.partnership)}",
        f"fact: {_text(answer.fact)}",
        f"value: {answer_text(answer, rulebook)}",
    ]
    if answer.note:
        entries.append(f"{_NOTE}{' '.join(answer.note.split())}")
    seen = {"evidence": answer.evidence, "by": answer.by}
    entries += [f"{key}: {_text(each)}" for key, each in seen.items() if each]
    if answer.date is not None:
        entries.append(f"date: {answer.date.isoformat()}")
    first, *others = entries
    space = " " * indent
    return [f"{space}- {first}", *(f"{space}  {each}" for each in others)]


#: What YAML takes for a text wherever it stands.
_PLAIN: Final = re.compile(r"[A-Za-z](?:[\w./-]*(?: [\w./(-][\w./()-]*)*)?")


def _text(text: str) -> str:
    """Return a text as YAML writes it: in quotes, where something else could be read from it."""
    return text if _PLAIN.fullmatch(text) and not says_a_state(text) else in_quotes(text)


def answer_text(answer: Answer, rulebook: Rulebook | None = None) -> str:
    """Return a value as YAML writes it."""
    value = answer.value
    match value:
        case _ if value is UNKNOWN:
            return "unknown"
        case frozenset() | () if not value:
            return "none"
        case frozenset():
            words = sorted(str(each) for each in value if each is not UNKNOWN)
            return f"[{', '.join([*words, *(['unknown'] if UNKNOWN in value else [])])}]"
        case tuple():
            return f"[{', '.join(map(in_quotes, value))}]"
        case Decimal() if value == value.to_integral_value():
            return f"{int(value)}"
        case str() if says_a_state(value) or fold(value) in PLACEHOLDERS:
            return f"{{text: {in_quotes(value)}}}"
        case str():
            return _text(value)
        case _:
            months = type(value) is int and _is_months(answer.fact, rulebook)
            return str(write_value(value, Months() if months else None))


def _is_months(path: str, rulebook: Rulebook | None) -> bool:
    fact = fact_of(path, "?", rulebook)
    return fact is not None and isinstance(fact.fact.type, Months)
