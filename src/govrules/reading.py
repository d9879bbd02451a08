"""Read partnerships and registers from YAML or JSON files, keeping the line of every fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.diagnostics import Code, Diagnostic
from govrules.errors import FactsError
from govrules.model import Partnership, Register
from govrules.nodes import Entries, Node, Report, Scalar, parse, read_text
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import check_format
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN, Unknown

_KEYS_OF_RULE_FILES: Final = ("rules", "sources", "parameters", "derived", "extends")


@attrs.frozen
class Read:
    """
    A subject that was read from a file.

    Attributes:
        subject: a `Partnership` or a `Register`.
        as_of: the date of assessment that the file states, if it does.
        warnings: values that could not be read and so count as unknown.
        problems: what is wrong with entries of a register that had to be left out.
        notes: of each table, what became of its rows; of other files, how many facts are `null`.
    """

    subject: Any
    as_of: dt.date | Unknown
    warnings: tuple[Diagnostic, ...]
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def read_partnership(path: str | Path, *, rulebook: Rulebook | None = None) -> Partnership:
    """
    Read a partnership from a YAML or JSON file.

    Args:
        path: the file.

        rulebook: the rules, where the file gives local or derived facts that they declare.

    Raises:
        FactsError: the file cannot be used; it carries every problem found.
    """
    read = read_subject(path, rulebook=rulebook)
    if not isinstance(read.subject, Partnership):
        raise FactsError(str(path), "a partnership", "a register")
    return read.subject


def read_subject(path: str | Path, *, rulebook: Rulebook | None = None) -> Read:
    """
    Read whatever a file holds: a register if it lists `partnerships`, else a partnership.

    Raises:
        FactsError: the file cannot be used; it carries every problem found.
    """
    text, report = read_text(Path(path), str(path))
    quoted = Path(path).suffix.lower() != ".json"
    node = parse(text, report, quoted=quoted) if report.ok else None
    reader = SubjectReader(report, declared_by(rulebook))
    subject: Any = None
    as_of: dt.date | Unknown = UNKNOWN
    if node is not None:
        subject, as_of = _read(node, report, reader)
    if report.errors > reader.errors_in_entries:
        raise FactsError(str(path), "facts", "problems", report.in_order())
    warnings = tuple(each for each in report.in_order() if each.code.is_warning)
    problems = tuple(each for each in report.in_order() if not each.code.is_warning)
    return Read(subject, as_of, warnings, problems, null_notes(str(path), reader.nulls))


def null_notes(file: str, number: int) -> tuple[str, ...]:
    """Return what is said of a file in which so many facts are written as `null`."""
    if not number:
        return ()
    facts = "1 fact is" if number == 1 else f"{number:,} facts are"
    return (f"{file}: {facts} `null`, and so unknown: write `none` where there is none",)


def _read(node: Node, report: Report, reader: SubjectReader) -> tuple[Any, dt.date | Unknown]:
    keys: Mapping[str, tuple[Scalar, Node]] = {}
    if isinstance(node, Entries):
        keys = {key.text: (key, value) for key, value in node.items}
    of_rules = next((key for key, _ in keys.values() if key.text in _KEYS_OF_RULE_FILES), None)
    if of_rules is not None:
        report.add(
            Code.NOT_A_SUBJECT,
            "this is a file of rules, not of facts",
            of_rules,
            "name its folder with `--rules`, and here the file of a partnership or register",
        )
        return None, UNKNOWN
    version = keys.get("govrules")
    if version is not None and not check_format(version[1], report):
        return None, UNKNOWN
    cls = Register if "partnerships" in keys else Partnership
    return reader.read_subject(node, cls)


def declared_by(rulebook: Rulebook | None) -> Declared:
    """Return the local and derived facts that a rulebook declares."""
    if rulebook is None:
        return Declared()
    derived = {name: (each.fact, each.cls) for name, each in rulebook.derived.items()}
    return Declared(rulebook.local, derived)
