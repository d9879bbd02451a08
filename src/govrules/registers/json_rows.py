"""JSON as rows: lists of objects and JSON Lines, the keys of objects inside them joined by dots."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.errors import FactsError
from govrules.parsing import MAX_DEPTH
from govrules.registers.sources import (
    LINES,
    UTF_16,
    OpenedTable,
    content_of,
    read_lines,
    refuse,
    too_many,
)
from govrules.registers.tables import MAX_ROWS, Table

#: Half of a character, which stands for a byte that is no text too.
_HALF: Final = re.compile("[\ud800-\udfff]")
_AS_TEXT: Final = json.JSONDecoder(parse_int=str)


def json_lines(file: str, name: str) -> list[str]:
    """
    Return the lines of a file of JSON Lines, each of which is read apart from the others.

    What is no text in UTF-8 stands in its line as what `whole` refuses.

    Raises:
        FactsError: the file cannot be read.
    """
    data = content_of(file, name)
    if data.startswith(UTF_16):
        return read_lines(file, name).split("\n")
    return data.decode("utf-8-sig", "surrogateescape").split("\n")


def whole(line: str) -> str:
    """
    Return a line of JSON if it is valid text throughout.

    Raises:
        ValueError: it holds bytes that are no text, or an escape that is half a character.
    """
    if not line.isascii() and _HALF.search(line):
        msg = "it is not text in UTF-8"
        raise ValueError(msg)
    if "\\ud" not in line and "\\uD" not in line:
        return line
    if _HALF.search(json.dumps(_AS_TEXT.decode(line.strip()), ensure_ascii=False)):
        msg = "an escape in it is half a character"
        raise ValueError(msg)
    return line


def _float(text: str) -> float | str:
    """Return a number; its text if it overflows or underflows."""
    found = float(text)
    mantissa = text.lower().partition("e")[0]
    lost = math.isinf(found) or (found == 0 and mantissa.strip("-.0"))
    return text if lost else found


def json_value(line: str) -> Any:  # noqa: ANN401 - whatever the line holds
    """
    Return what a line of JSON holds.

    Raises:
        ValueError: it is no JSON, or gives a key twice; the text says why.
    """
    try:
        return json.loads(whole(line), object_pairs_hook=once, parse_float=_float)
    except json.JSONDecodeError:
        msg = "it cannot be read as JSON"
        raise ValueError(msg) from None
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
    except ValueError as error:
        msg = "a number in it has too many digits" if "digits" in str(error) else str(error)
        raise ValueError(msg) from None


def left_out(name: str, number: int, why: str) -> Diagnostic:
    """Return the diagnostic of a skipped line."""
    return Diagnostic(
        Code.UNREADABLE_TABLE,
        f"line {number} is left out: {why}",
        Span(name, number),
        "write one object on the line, with every quote and bracket closed",
    )


def table_of(rows: Sequence[Mapping[str, Any]], name: str) -> OpenedTable:
    """Return mappings as a table, nested ones flattened to dotted columns."""
    flat = [dict(_flat(dict(each), "")) for each in rows]
    headings = tuple(dict.fromkeys(key for row in flat for key in row))
    if not headings:
        refuse(Code.EMPTY_FILE, name, "no mapping holds anything", "give one a partnership")
    columns = tuple([row.get(key) for row in flat] for key in headings)
    return OpenedTable(Table(name, headings, columns, range(1, len(flat) + 1)))


def records(file: str, name: str, suffix: str) -> OpenedTable:
    """
    Return objects as rows, nested keys joined by dots.

    Raises:
        FactsError: the file cannot be read, or holds no object.
    """
    problems: list[Diagnostic] = []
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    of_lines = suffix in LINES
    found = _lines(file, name, problems) if of_lines else _array(read_lines(file, name), name)
    for number, record in found:
        if not isinstance(record, dict):
            refuse(
                Code.UNREADABLE_TABLE,
                Span(name, number),
                f"what begins on line {number} is no object",
                'write one object a partnership: `{"column": "value"}`',
            )
        try:
            rows.append(dict(_flat(record, "")))
        except ValueError as error:
            problems.append(left_out(name, number, str(error)))
            continue
        numbers.append(number)
        if len(rows) > MAX_ROWS:
            too_many(name, len(rows))
    headings = tuple(dict.fromkeys(key for row in rows for key in row))
    if not headings:
        if problems:
            raise FactsError(name, "a table", "problems", tuple(problems))
        refuse(Code.EMPTY_FILE, name, "no object holds anything", "name another file")
    columns = tuple([row.get(key) for row in rows] for key in headings)
    return OpenedTable(Table(name, headings, columns, numbers), tuple(problems))


def _lines(file: str, name: str, problems: list[Diagnostic]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(json_lines(file, name), 1):
        if line and not line.isspace():
            try:
                found = json_value(line)
            except ValueError as error:
                problems.append(left_out(name, number, str(error)))
                continue
            if isinstance(found, dict):
                yield number, found
            else:
                problems.append(left_out(name, number, "it is no object"))


def _array(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the objects of a list in JSON, each with the line on which it begins."""
    decoder = json.JSONDecoder(object_pairs_hook=once)
    at = _past_space(text, 0)
    if text[at : at + 1] != "[":
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "a mapping is for a list of objects, and the file holds none",
            "check it without `--mapping`",
        )
    at = _past_space(text, at + 1)
    line = 1
    counted = 0
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, at)
        counted = at
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            _no_json(name, line)
        yield line, record
        at = _past_space(text, at)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
        elif text[at : at + 1] != "]":
            _no_json(name, line)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the entries of an object.

    Raises:
        ValueError: a key stands twice, so that one of its values would be lost.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key stands twice"
        raise ValueError(msg)
    return found


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _no_json(name: str, line: int) -> NoReturn:
    refuse(
        Code.UNREADABLE_TABLE,
        Span(name, line),
        f"what begins on line {line} cannot be read as JSON",
        "look for a quote or bracket that is not closed, a comma too many, or a key given twice",
    )


def _flat(record: dict[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH:
        msg = f"more than {MAX_DEPTH} levels are nested in it"
        raise ValueError(msg)
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value
