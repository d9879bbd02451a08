"""`govrules verify REPORT`: whether a report can be made again, and if not, what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from govrules.cli.assessing import assess_all
from govrules.cli.options import Source, load
from govrules.cli.output import FINE, FLAGGED, Stop, show
from govrules.cli.reports import beside
from govrules.errors import GovrulesError, RuleFileError
from govrules.explain.phrases import joined
from govrules.portfolio import apart
from govrules.receipt import (
    Receipt,
    file_of,
    findings_hash,
    hash_of,
    is_sealed,
    pack_marks,
    receipt_in,
)
from govrules.rulebook.ast import Rulebook


@attrs.frozen
class Differs:
    """How one input of a report differs from its receipt, as a clause; "" if it does not."""

    what: str
    how: str = ""


def verify(
    report: Annotated[Path, Parameter(name="REPORT", negative="")],
    *,
    rules: Annotated[
        list[str] | None,
        Parameter(
            name="--rules", negative="", help="A pack's folder or name, in place of its own."
        ),
    ] = None,
    facts: Annotated[
        list[Path] | None,
        Parameter(name="--facts", negative="", help="The files assessed, where they moved to."),
    ] = None,
) -> int:
    """
    Tell whether a report can be made again, or which of pack, facts and version differs.

    The exit code is 0 where everything is as it was, and 1 where something differs.

    Parameters
    ----------
    report
        A report that `govrules check` wrote, in any format.
    """
    receipt, whole = _receipt_of(report)
    found = [whole, *_Verifying(receipt, report, rules, facts).found()]
    for each in found:
        show([(f"{each.what}: {each.how or 'as it was'}", "red" if each.how else "")])
    wrong = [each.what for each in found if each.how]
    show([("", "")])
    if not wrong:
        show([("Verified: made again, the report says the same.", "bold")])
        return FINE
    differ = "differs" if len(wrong) == 1 else "differ"
    what = joined(each[:1].lower() + each[1:] for each in wrong)
    show([(f"Not verified: {what} {differ}.", "bold red")])
    return FLAGGED


def _receipt_of(report: Path) -> tuple[Receipt, Differs]:
    """Return the receipt of a report, and whether the report is unmodified."""
    try:
        content = report.read_bytes()
        apart_ = beside(report)
        text = content.decode("utf-8", "replace")
        receipt = receipt_in(text) or receipt_in(text.replace("%25", "%"))
        if receipt is not None:
            same = is_sealed(content, receipt)
        elif apart_.is_file():
            receipt = receipt_in(apart_.read_text(encoding="utf-8", errors="replace"))
            same = receipt is not None and hash_of(report) == receipt.report
        else:
            same = False
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise Stop(f"`{report}`: {reason}", "name a report that can be read") from error
    if receipt is None:
        raise Stop(
            f"`{report}` carries no receipt",
            "name a report that `govrules check` wrote to a file; the receipt of text, CSV "
            f"and a workbook stands beside it in `{apart_.name}`",
        )
    return receipt, Differs("The report itself", "" if same else "changed since it was written")


@attrs.frozen
class _Verifying:
    """Compares a receipt with the current inputs."""

    receipt: Receipt
    report: Path
    rules: list[str] | None
    facts: list[Path] | None

    def found(self) -> Iterator[Differs]:
        """Yield the version, each pack, each file of facts, and what is found."""
        here = version("govrules")
        was = self.receipt.version
        yield Differs(f"Version {was}", "" if here == was else f"this is govrules {here}")
        rulebook = self._rulebook()
        if isinstance(rulebook, str):
            yield Differs("The packs", rulebook)
        else:
            yield from self._packs(rulebook)
        paths: list[Path] = []
        for name, content in self._files():
            path = self._path(name)
            how = _changed(path, content)
            yield Differs(f"Facts {name}", how)
            if path is not None:
                paths.append(path)
        for file in self.receipt.beside:
            how = _changed(self._path(file.name), file.content)
            yield Differs(f"Read with them, {file.name}", how)
        if isinstance(rulebook, Rulebook) and paths and len(paths) == len(self.receipt.facts):
            yield self._findings(rulebook, paths)

    def _rulebook(self) -> Rulebook | str:
        named = self.rules or self.receipt.options.get("rules")
        if not self.rules and named:
            named = [str(self._path(each) or each) for each in named]
        try:
            return load(named)
        except RuleFileError as error:
            return f"cannot be read: {next(iter(error.diagnostics)).message}"
        except GovrulesError as error:
            return f"cannot be read: {error}"

    def _packs(self, rulebook: Rulebook) -> Iterator[Differs]:
        now = {each.id: each for each in pack_marks(rulebook)}
        for pack in self.receipt.packs:
            same = now.pop(pack.id, None)
            if same is None:
                yield Differs(f"Pack {pack.id}", "is not among the packs any more")
            elif same.version != pack.version:
                told = f"was {pack.version} and is {same.version}"
                yield Differs(f"Pack {pack.id}", told)
            else:
                how = "" if same.content == pack.content else "its files changed"
                yield Differs(f"Pack {pack.id} {pack.version}", how)
        for new in now.values():
            yield Differs(f"Pack {new.id}", "was not among the packs")

    def _files(self) -> Iterator[tuple[str, str]]:
        for index, file in enumerate(self.receipt.facts):
            if self.facts is not None and index < len(self.facts):
                yield str(self.facts[index]), file.content
            else:
                yield file.name, file.content

    def _path(self, name: str) -> Path | None:
        """Return the path of a file, relative to here or to the report."""
        folder = self.report.resolve().parent
        for path in (Path(name), folder / name, folder / Path(name).name):
            if file_of(path).exists():
                return path
        return None

    def _findings(self, rulebook: Rulebook, paths: list[Path]) -> Differs:
        options = self.receipt.options
        mapping, answers = options.get("mapping"), options.get("answers")
        as_of = self.receipt.as_of
        source = Source(
            mapping=self._path(mapping) if mapping else None,
            table=options.get("table", ""),
            as_of=dt.date.fromisoformat(as_of) if as_of else None,
        )
        checked, _ = assess_all(
            paths,
            rulebook,
            source,
            only=options.get("entry", ()),
            answers=self._path(answers) if answers else None,
            share=options.get("pair_share"),
        )
        same = findings_hash(apart(checked)) == self.receipt.findings
        return Differs("The findings", "" if same else "are others now")


def _changed(path: Path | None, content: str) -> str:
    if not content:
        return "came by standard input, and cannot be read again"
    if path is None:
        return "are not there any more"
    return "" if hash_of(path) == content else "changed"
