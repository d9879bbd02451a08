"""What a report was made from: hashes of packs and facts, the version, and what was found."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.assessment import Assessment, ended
from govrules.explain.phrases import day
from govrules.rulebook.ast import Rulebook

FORMAT: Final = 1
#: Stands for the hash of the report until it is known.
OPEN: Final = f"sha256:{'0' * 64}"
_BEGINS: Final = re.compile(r'\{\s*"govrules_receipt"')
#: How much of a hash a person reads.
_SHOWN: Final = 23
_CHUNK: Final = 1 << 20


@attrs.frozen
class PackMark:
    """A pack in a receipt: id, version and hash."""

    id: str
    version: str
    content: str


@attrs.frozen
class FileMark:
    """
    An input file in a receipt.

    Attributes:
        name: as it was given.
        content: its hash; "" where it was read from standard input, and cannot be read again.
    """

    name: str
    content: str


@attrs.frozen
class Receipt:
    """
    What a report was made from.

    Attributes:
        version: of govrules.
        as_of: the date of the assessment; None where it was not known or was not one.
        packs: the packs.
        facts: the files that were assessed.
        beside: what was read with them: a mapping, waivers.
        options: what else was asked for, by the names of the options.
        findings: the hash of what was found.
        report: the hash of the report itself.
    """

    version: str
    as_of: str | None
    packs: tuple[PackMark, ...]
    facts: tuple[FileMark, ...]
    beside: tuple[FileMark, ...]
    options: Mapping[str, Any] = attrs.field(hash=False)
    findings: str
    report: str = OPEN

    @property
    def data(self) -> dict[str, Any]:
        """The receipt as plain data."""
        return {"govrules_receipt": FORMAT, **attrs.asdict(self)}

    @property
    def text(self) -> str:
        """The receipt as JSON on one line."""
        return json.dumps(self.data, ensure_ascii=True, separators=(", ", ": "))

    def lines(self) -> Iterator[str]:
        """Yield the lines of the receipt as text."""
        yield f"govrules {self.version}"
        for pack in self.packs:
            yield f"Pack {pack.id} {pack.version}: {pack.content[:_SHOWN]}…"
        for file in self.facts:
            content = f"{file.content[:_SHOWN]}…" if file.content else "read from standard input"
            yield f"Facts {Path(file.name).name}: {content}"
        if self.as_of:
            yield f"As at {day(dt.date.fromisoformat(self.as_of))}"


def receipt_of(
    assessments: Iterable[Assessment],
    rulebook: Rulebook,
    as_of: object,
    sources: Iterable[Path],
    *,
    options: Mapping[str, Any],
    beside: Iterable[Path] = (),
) -> Receipt:
    """
    Return what a report of assessments is made from.

    Args:
        assessments: the assessments, in their order.

        rulebook: the rules.

        as_of: the date of the assessments.

        sources: the files that were assessed.

        options: what else was asked for; what is empty is left out.

        beside: the files that were read with them.

    Raises:
        OSError: a file can no longer be read.
    """
    from importlib.metadata import version  # noqa: PLC0415 - slow, and not every report asks

    return Receipt(
        version=version("govrules"),
        as_of=as_of.isoformat() if isinstance(as_of, dt.date) else None,
        packs=pack_marks(rulebook),
        facts=tuple(FileMark(str(source), hash_of(source)) for source in sources),
        beside=tuple(FileMark(str(each), hash_of(each)) for each in beside),
        options={name: value for name, value in options.items() if value},
        findings=findings_hash(assessments),
    )


def pack_marks(rulebook: Rulebook) -> tuple[PackMark, ...]:
    """Return the packs of a rulebook with the hashes of their files."""
    return tuple(
        PackMark(pack.id, pack.version, f"sha256:{pack.content}") for pack in rulebook.packs
    )


def hash_of(path: Path) -> str:
    """Return the hash of a file; "" of standard input."""
    if str(path) == "-":
        return ""
    found = hashlib.sha256()
    with file_of(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return f"sha256:{found.hexdigest()}"


def file_of(path: Path) -> Path:
    """Return the path of an assessed file, without the sheet named after it."""
    name, colons, _ = str(path).rpartition("::")
    return Path(name) if colons and not path.exists() else path


def findings_hash(assessments: Iterable[Assessment]) -> str:
    """Return a hash of every rule's outcome on every subject."""
    found = hashlib.sha256()
    for assessment in assessments:
        found.update(f"{assessment.id}\n".encode("utf-8", "surrogatepass"))
        for rule, verdict, severity in ended(assessment):
            grade = severity.value if severity else ""
            found.update(f"{rule.id} {verdict.value} {grade}\n".encode())
    return f"sha256:{found.hexdigest()}"


def sealed(report: str) -> str:
    """Return a report with its own hash in the embedded receipt."""
    digest = hashlib.sha256(report.encode()).hexdigest()
    return report.replace(OPEN, f"sha256:{digest}", 1)


def is_sealed(report: bytes, receipt: Receipt) -> bool:
    """Tell whether a report is unmodified since it was written."""
    content = report.replace(receipt.report.encode(), OPEN.encode(), 1)
    return f"sha256:{hashlib.sha256(content).hexdigest()}" == receipt.report


def receipt_in(text: str) -> Receipt | None:
    """Return the receipt that a report carries; None where it carries none that can be read."""
    import html  # noqa: PLC0415 - only what reads reports needs it

    for plain in (text, html.unescape(text)):
        for found in _BEGINS.finditer(plain):
            try:
                data, _ = json.JSONDecoder().raw_decode(plain, found.start())
                return _read(data)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
    return None


def _files(several: Iterable[Mapping[str, Any]]) -> tuple[FileMark, ...]:
    return tuple(FileMark(str(each["name"]), str(each["content"])) for each in several)


def _read(data: Mapping[str, Any]) -> Receipt:
    if data["govrules_receipt"] != FORMAT:
        raise ValueError
    options = data["options"]
    date = data["as_of"]
    if date is not None:
        dt.date.fromisoformat(date)
    return Receipt(
        version=str(data["version"]),
        as_of=date,
        packs=tuple(PackMark(**{k: str(v) for k, v in each.items()}) for each in data["packs"]),
        facts=_files(data["facts"]),
        beside=_files(data["beside"]),
        options=dict(options),
        findings=str(data["findings"]),
        report=str(data["report"]),
    )
