"""What `govrules check` writes: one report in each of its formats, with what changed since."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from govrules.assessment import Assessment
from govrules.cli.options import WorkbookOptions
from govrules.cli.output import RunNotes, Stop, emit, emit_lines, reason_of, show, write
from govrules.cli.overlays import answer_lines, law_hints
from govrules.diagnostics import did_you_mean
from govrules.errors import GovrulesError
from govrules.extensions import RENDERERS, added, failed, loaded
from govrules.portfolio import Checked, RegisterAssessment, apart, collected
from govrules.receipt import Receipt, hash_of, receipt_of, sealed
from govrules.render.lines import Line
from govrules.render.report import Provenance
from govrules.rulebook.ast import Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.visible import argument, visible

if TYPE_CHECKING:
    from govrules.render.register import Each
    from govrules.saved import ChangesSince

#: The formats of the product's own; installed packages add others by `govrules.renderers`.
FORMATS: Final = (
    "text",
    "json",
    "jsonl",
    "csv",
    "xlsx",
    "html",
    "markdown",
    "pull-request",
    "sarif",
    "junit",
    "github",
)
#: Those of them that are about one subject or register.
_OF_SOMETHING: Final = ("xlsx", "html", "markdown")
#: Those of them that carry no receipt: it stands in a file beside the report.
_WITHOUT_RECEIPT: Final = ("text", "jsonl", "csv", "xlsx")


@attrs.frozen
class Wanted:
    """
    What kind of report is wanted.

    Attributes:
        format: the format.
        output: the file; None is standard output.
        folder: where assessments are saved, so that the next says what changed; None saves none.
        fail_on: the severity from which findings fail.
        full: in text, everything below the page.
        depth: in text, the most lines of reasons that a finding then has.
        options: what was asked for, as a receipt holds it.
        beside: what is read with the files that are assessed.
        book: what is wanted of a workbook.
    """

    format: str
    output: Path | None
    folder: Path | None
    fail_on: Severity
    full: bool
    depth: int | None
    options: dict[str, Any] = attrs.field(factory=dict, hash=False)
    beside: tuple[Path, ...] = ()
    book: WorkbookOptions = attrs.Factory(WorkbookOptions)

    def ready(self) -> None:
        """
        Check that the requested output can be written, before anything is read.

        Raises:
            Stop: there is no such format, a folder is missing or not writable, or a workbook is to
                be printed.
        """
        if self.format not in FORMATS and self.format not in (more := added(RENDERERS)):
            near = did_you_mean(self.format, (*FORMATS, *more))
            raise Stop(
                f"there is no format `{self.format}`",
                f"{f'{near}; ' if near else ''}run `govrules --help` for what can be asked",
            )
        if self.format == "xlsx" and self.output is None:
            raise Stop("a workbook cannot be printed", "add `--output findings.xlsx`")
        if self.folder is not None:
            _writable(self.folder, "--save")
        if self.book.folder is not None:
            _writable(self.book.folder, "--per-officer")
        if self.format != "xlsx" and self.book != WorkbookOptions():
            raise Stop(
                "`--all-questions`, `--per-officer` and `--unlocked` are of a workbook",
                "add `--output assessment.xlsx`",
            )
        if self.output is not None:
            if self.output.is_dir():
                raise Stop(
                    f"`{self.output}` is a folder",
                    f"name a file in it, such as `{self.output / 'report.html'}`",
                )
            _writable(self.output.parent, "--output")


def _writable(folder: Path, option: str) -> None:
    if not folder.exists():
        raise Stop(
            f"there is no folder `{folder}` for `{option}`",
            f"make it with `mkdir {folder}`, or name another",
        )
    if not folder.is_dir():
        raise Stop(f"`{folder}` is no folder", "name a folder")
    import tempfile  # noqa: PLC0415 - only what writes a file needs it

    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = reason_of(error, "it cannot be written")
        raise Stop(
            f"nothing can be written into `{folder}`: {reason}",
            "name a folder that you may write into",
        ) from error


@attrs.frozen
class Reporting:
    """
    Writes one report.

    Attributes:
        wanted: what kind of report.
        checked: what was assessed, file by file.
        sources: the files.
        rulebook: the rules.
        told: what was said of the files.
        each: makes something of each assessment.
    """

    wanted: Wanted
    checked: Sequence[Checked]
    sources: Sequence[Path]
    rulebook: Rulebook
    told: RunNotes
    each: Each

    def run(self) -> None:
        """
        Write the report, and save the assessment where that is wanted.

        Raises:
            Stop: a file cannot be written, or nothing was read that a page could be about.

            GovrulesError: a saved assessment cannot be read.
        """
        if not self.checked and self.wanted.format in _OF_SOMETHING:
            raise Stop("nothing was read, so no report is made", "put right what is said above")
        changed = self._save()
        match self.wanted.format:
            case "text":
                show(self._lines(changed), self.wanted.output)
            case "json":
                self._json(changed)
            case "jsonl":
                self._jsonl(changed)
            case "csv":
                self._csv(changed)
            case "xlsx":
                self._xlsx(changed)
            case "html" | "markdown":
                self._page(changed)
            case _ if self.wanted.format in FORMATS:
                self._machine(changed)
            case _:
                self._elsewhere()
        if self.wanted.format in _WITHOUT_RECEIPT or self.wanted.format not in FORMATS:
            self._beside()

    # ── What is reported ──────────────────────────────────────────────────────────────────────

    @property
    def assessments(self) -> list[Assessment]:
        """Every assessment with findings, those of a register one by one."""
        return apart(self.checked)

    @property
    def as_of(self) -> dt.date | Unknown:
        """The one date of all assessments; UNKNOWN where there are several."""
        dates = {assessment.as_of for assessment in self.assessments}
        return dates.pop() if len(dates) == 1 else UNKNOWN

    def _save(self) -> list[ChangesSince]:
        """Save every assessment; return what changed since those that were saved."""
        folder = self.wanted.folder
        if folder is None:
            return []
        from govrules.saved import save  # noqa: PLC0415 - only `--save` needs it

        found = []
        for each in self.checked:
            whole = isinstance(each, RegisterAssessment)
            several = each.all() if isinstance(each, RegisterAssessment) else (each,)
            of = each.register if isinstance(each, RegisterAssessment) else each
            called = of.id or of.name or ("register" if whole else "partnership")
            try:
                changed = save(folder, called, several, of.as_of)
            except OSError as error:
                reason = reason_of(error, "it cannot be written")
                raise Stop(f"`{folder}`: {reason}", "name another") from error
            if changed is not None:
                found.append(changed)
        return found

    def _receipt(self) -> Receipt:
        return receipt_of(
            self.assessments,
            self.rulebook,
            self.as_of,
            self.sources,
            options=self.wanted.options,
            beside=self.wanted.beside,
        )

    def _emit(self, text: str) -> None:
        emit(sealed(visible(text)), self.wanted.output)

    def _beside(self) -> None:
        """Write the receipt of a report that cannot carry one into a file beside it."""
        output = self.wanted.output
        if output is None or not output.is_file():
            return
        receipt = attrs.evolve(self._receipt(), report=hash_of(output))
        write(beside(output), f"{json.dumps(receipt.data, indent=1)}\n")

    # ── Formats ───────────────────────────────────────────────────────────────────────────────

    def _lines(self, changed: list[ChangesSince]) -> Iterator[Line]:
        from govrules.render.action_progress import law_lines  # noqa: PLC0415 - likewise
        from govrules.render.changes import changed_lines  # noqa: PLC0415 - only text
        from govrules.render.register import register_lines  # noqa: PLC0415 - likewise
        from govrules.render.text import assessment_lines  # noqa: PLC0415 - likewise

        full, depth = self.wanted.full, self.wanted.depth
        for index, each in enumerate(self.checked):
            if index:
                yield "", ""
            if isinstance(each, RegisterAssessment):
                hints = () if full else tuple(_register_hints(each))
                yield from register_lines(each, full=full, depth=depth, each=self.each, hints=hints)
            else:
                hints = () if full else tuple(_hints(each))
                yield from assessment_lines(each, full=full, depth=depth, hints=hints)
        for one in changed:
            yield from changed_lines(one, full=full)
        if full:
            yield from answer_lines(self.told.laid, self.rulebook)
            yield from law_lines(self.assessments)

    def _json(self, changed: list[ChangesSince]) -> None:
        from govrules.render.plain import assessment_data, report_data  # noqa: PLC0415 - each format for itself

        data = report_data(
            self.each(assessment_data, self.assessments),
            self.rulebook,
            self.as_of,
            self.told.diagnostics,
            self.told.notes,
            changed=changed[0] if len(changed) == 1 else None,
            receipt=self._receipt(),
        )
        self._emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def _jsonl(self, changed: list[ChangesSince]) -> None:
        from govrules.render.plain import problems_data  # noqa: PLC0415 - likewise

        rest = problems_data(self.told.diagnostics, self.told.notes)
        last: list[dict[str, Any]] = [rest] if any(rest.values()) else []
        last += [{"changes": each.data} for each in changed]
        found = self.each(_json_line, self.assessments)
        emit_lines(itertools.chain(found, map(_as_line, last)), self.wanted.output)

    def _csv(self, changed: list[ChangesSince]) -> None:
        from govrules.render.machines import as_csv, rows_of  # noqa: PLC0415 - likewise

        work = partial(rows_of, changed=changed[0] if len(changed) == 1 else None)
        emit(as_csv(self.each(work, self.assessments)), self.wanted.output)

    def _xlsx(self, changed: list[ChangesSince]) -> None:
        from govrules.cli.books import write_book  # noqa: PLC0415 - likewise

        output = self.wanted.output
        assert output is not None  # noqa: S101 - `ready` made sure
        write_book(whole_of(self.checked), output, self.wanted.book, self.told, changed)

    def _page(self, changed: list[ChangesSince]) -> None:
        """Write a page or a paper about one partnership, or about a register of several."""
        one = self.checked[0] if len(self.checked) == 1 else whole_of(self.checked)
        source = str(self.sources[0]) if len(self.sources) == 1 else ""
        origin = Provenance(source, changed[0] if len(changed) == 1 else None, self._receipt())
        if self.wanted.format == "markdown":
            from govrules.render import markdown  # noqa: PLC0415 - likewise

            if isinstance(one, RegisterAssessment):
                self._emit(markdown.register_paper(one, origin))
            else:
                self._emit(markdown.partnership_paper(one, origin))
            return
        from govrules.render.html import partnership_page  # noqa: PLC0415 - likewise
        from govrules.render.register_html import register_page  # noqa: PLC0415 - likewise

        output = self.wanted.output
        if isinstance(one, RegisterAssessment):
            made = register_page(one, origin, beside=output.stem if output else "")
        else:
            made = partnership_page(one, origin)
        if output is not None:
            for name, text in made.beside.items():
                write(output.with_name(name), sealed(visible(text)))
        self._emit(made.page)

    def _machine(self, changed: list[ChangesSince]) -> None:
        from govrules.render import machines, markdown  # noqa: PLC0415 - likewise

        assessments, receipt = self.assessments, self._receipt()
        match self.wanted.format:
            case "sarif":
                made = machines.sarif(assessments, self.rulebook, changed=changed, receipt=receipt)
            case "junit":
                level = self.wanted.fail_on
                made = machines.junit(assessments, fail_on=level, changed=changed, receipt=receipt)
            case "github":
                lines = machines.github(assessments, changed=changed, receipt=receipt)
                made = "".join(f"{line}\n" for line in lines)
            case _:
                made = markdown.comment(assessments, changed=changed, receipt=receipt)
        self._emit(made)

    def _elsewhere(self) -> None:
        """Write with the renderer of an installed package."""
        name, output = self.wanted.format, self.wanted.output
        render = loaded(RENDERERS, name)
        try:
            made = render(self.assessments, self.rulebook)
        except GovrulesError:
            raise
        except Exception as error:
            raise failed(RENDERERS, name, "failed", error) from error
        if not isinstance(made, str | bytes):
            raise failed(RENDERERS, name, "gives no text", TypeError(type(made).__name__))
        if isinstance(made, str):
            emit(made, output)
        elif output is None:
            raise Stop(f"`{name}` cannot be printed", "add `--output FILE`")
        else:
            write(output, made)


def _json_line(assessment: Assessment) -> str:
    from govrules.render.plain import assessment_data  # noqa: PLC0415 - each format for itself

    return _as_line(assessment_data(assessment))


def _as_line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def whole_of(checked: Sequence[Checked]) -> RegisterAssessment:
    """Combine all assessments into one register assessment."""
    one = checked[0] if len(checked) == 1 else None
    return one if isinstance(one, RegisterAssessment) else collected(checked)


def beside(report: Path) -> Path:
    """Return the path of the separate receipt of a report that cannot embed one."""
    return report.with_name(f"{report.name}.receipt.json")


def _hints(assessment: Assessment) -> Iterator[str]:
    """Yield what to type next about one partnership."""
    if assessment.flagged:
        plan = "    The plan: govrules plan" if assessment.severities else ""
        yield f"Every finding with its reasons: --full{plan}"
    if assessment.of(Verdict.UNKNOWN):
        yield "Answer them one by one: govrules ask    Every question: --full"
    elif not assessment.flagged:
        yield "Every check with its reasons: --full"
    yield from law_hints([assessment], assessment.rulebook)


def _register_hints(whole: RegisterAssessment) -> Iterator[str]:
    """Yield what to type next about a register."""
    first = next((entry.id for entry in whole.entries if entry.id), "ID")
    yield f"One partnership: --entry {argument(first)}    Everything: --full"
    yield "A page for a committee: --output page.html    A workbook: --output assessment.xlsx"
    yield from law_hints(whole.all(), whole.register.rulebook)
