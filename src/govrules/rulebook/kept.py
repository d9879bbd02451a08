"""What a body keeps beside its rules: a file with one list, of waivers, actions or answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from govrules.nodes import Report, read_text
from govrules.parsing import parse
from govrules.rulebook.fields import Fields
from govrules.rulebook.load import check_version


def open_kept(source: str | Path | Mapping[str, str], listed: str) -> tuple[Report, Fields | None]:
    """
    Open a file that holds one list.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

        listed: the key of its list.

    Returns:
        the report on it, and its keys; None where it is no such file, as the report says.
    """
    if isinstance(source, Mapping):
        ((name, text),) = source.items()
        report = Report(name, text)
    else:
        text, report = read_text(Path(source), str(source))
    node = parse(text, report) if report.ok else None
    if node is None:
        return report, None
    fields = Fields(report, node, ("govrules", listed), f"a file of {listed}")
    return report, fields if check_version(fields) else None
