"""The command `answer`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
from cyclopts import Parameter

from govrules.actions import actions_text, read_actions
from govrules.answered import Answer, lay_over, read_answers, with_answers
from govrules.answered.answer_cells import how_to_answer
from govrules.answered.book import Returned, open_returned
from govrules.answered.decisions import DecisionsBack, decided_in, waiver_record
from govrules.answered.taken import Refused, Taken, Taking
from govrules.assessment import ended
from govrules.cli.assessing import assess_file, read_all, subjects_in
from govrules.cli.options import AS_THEY_ARE, Actions, Answers, Source, Waivers, read_day, today
from govrules.cli.output import FINE, PROBLEM, Stop, complain, emit, write
from govrules.cli.workspace import workspace
from govrules.diagnostics import Diagnostic
from govrules.editing import with_records
from govrules.errors import FactsError
from govrules.explain.phrases import counted, named
from govrules.facts import names_of
from govrules.gc_pause import gc_paused
from govrules.nodes import read_file
from govrules.portfolio import Checked, apart
from govrules.reading import Read
from govrules.rulebook.ast import Rulebook, Severity, Verdict
from govrules.saved import changed_between
from govrules.truth import UNKNOWN
from govrules.waivers import read_waivers

_SHOWN: Final = 20
_NAMED: Final = 10


@attrs.frozen
class _Files:
    """Where what comes back is written."""

    answers: Path
    actions: Path
    waivers: Path


def answer(
    files: Annotated[list[Path], Parameter(name="FILE", negative="")],
    *,
    register: Annotated[Path | None, Parameter(name="--register")] = None,
    source: Source = AS_THEY_ARE,
    answers: Answers = None,
    actions: Actions = None,
    waivers: Waivers = None,
    prefer: Annotated[Path | None, Parameter(name="--prefer")] = None,
    partial: Annotated[bool, Parameter(name="--partial", negative="")] = False,
    require_evidence: Annotated[bool, Parameter(name="--require-evidence", negative="")] = False,
    date: Annotated[dt.date | None, Parameter(name="--date", converter=read_day)] = None,
) -> int:
    """
    Take answers back from workbooks: into `answers.yaml`, `actions.yaml` and `waivers.yaml`.

    Nothing is written while any answer is refused, unless `--partial` is given; the exit code is 2
    wherever one is.

    Parameters
    ----------
    files
        Workbooks that `check --format xlsx` or `ask --workbook` wrote and people filled in, as
        .xlsx or .ods; or one sheet of them as .csv. Several copies are merged.
    register
        The register that they are of, so that answers are set against it; that of `govrules.yaml`
        if none.
    prefer
        Of copies that differ, the one that counts.
    partial
        Write what can be read, and what is refused into a workbook beside each file.
    require_evidence
        Refuse an answer that does not say where it was seen.
    date
        When it was answered, as 2026-03-31; today if not given.
    """
    if prefer is not None and prefer not in files:
        raise Stop(
            f"`--prefer {prefer}` is none of the files",
            "name one of the workbooks that are taken back",
        )
    here = workspace()
    to = _Files(
        answers or here.answers or Path("answers.yaml"),
        actions or here.actions or Path("actions.yaml"),
        waivers or here.waivers or Path("waivers.yaml"),
    )
    rulebook = source.rulebook
    books = _open(files)
    read = _register(register, source, rulebook)
    answered = date or today()
    existing = read_answers(to.answers, rulebook) if to.answers.exists() else ()
    subject = None if read is None else read.subject
    _same_register(books, subject)
    taking = Taking(subject, existing, rulebook, answered, str(prefer or ""), require_evidence)
    taken = taking.take(books)
    decided = decided_in(
        books,
        read_actions(to.actions) if to.actions.exists() else (),
        read_waivers(to.waivers) if to.waivers.exists() else (),
        rulebook,
    )
    wrong = [
        *(problem for book in books for problem in book.problems),
        *(each.problem for each in taken.refused),
        *decided.problems,
    ]
    wrong.sort(key=lambda each: (each.span.file, each.span.sheet, each.span.line, each.span.column))
    writes = partial or not wrong
    emit("".join(f"{line}\n" for line in _told(files, taken, decided, to, wrong, writes=writes)))
    if not writes:
        complain("nothing was written", "correct the cells, or write the rest with `--partial`")
        return PROBLEM
    _write(taken, decided, to, rulebook)
    if wrong:
        _write_refused(books, taken.refused, rulebook)
    if read is not None:
        stated = read.as_of if isinstance(read.as_of, dt.date) else None
        as_of_books = next((each.as_of for each in books if each.as_of), answered)
        when = source.as_of or stated or as_of_books
        emit("".join(_changes(read, existing, taken, rulebook, when)))
    return PROBLEM if wrong else FINE


def _open(files: Sequence[Path]) -> list[Returned]:
    """Open every workbook, or report every one that cannot be opened."""
    found: list[Returned] = []
    problems: list[Diagnostic] = []
    with gc_paused():
        for file in files:
            try:
                found.append(open_returned(str(file)))
            except FactsError as error:
                problems += error.diagnostics
    if problems:
        raise FactsError(str(files[0]), "workbooks", "problems", tuple(problems))
    return found


def _register(register: Path | None, source: Source, rulebook: Rulebook) -> Read | None:
    """Read the register the answers belong to, if one is named."""
    if register is None and workspace().register is None:
        complain(
            "no register is named, so that answers are not set against one",
            "add `--register FILE`, or write `register: FILE` in `govrules.yaml`",
        )
        return None
    paths, source = source.chosen(register)
    reads, told = read_all(paths, rulebook, source)
    if told.failed or not reads:
        raise Stop(f"`{paths[0]}` cannot be read, so that nothing was written")
    return reads[0]


def _same_register(books: Sequence[Returned], subject: Any) -> None:  # noqa: ANN401 - of any class
    """
    Refuse workbooks made for another register.

    Raises:
        Stop: none of the partnerships that one asks about is on the register.
    """
    if subject is None:
        return
    known = {name for each in (*subjects_in(subject), subject) for name in names_of(each)}
    for book in books:
        asked = {fact.partnership for fact in book.facts.values()}
        if asked and not asked & known:
            raise Stop(
                f"`{book.file}` is of another register, `{book.register}`: none of its"
                " partnerships is on this one",
                "name the register that it was made from with `--register`",
            )


def _told(
    files: Sequence[Path],
    taken: Taken,
    decided: DecisionsBack,
    to: _Files,
    wrong: Sequence[Diagnostic],
    *,
    writes: bool,
) -> Iterator[str]:
    """Yield the lines on what workbooks held and what was done with it."""
    of = ", ".join(map(str, files))
    yield (
        f"{of}: {counted(taken.questions, 'question')}, {taken.answered:,} answered,"
        f" {taken.unknown:,} don't know, {taken.blank:,} blank"
    )
    facts = sum(each.value is not UNKNOWN for each in taken.answers)
    verb = "written to" if writes else "could be written to"
    refused = f"; {counted(len(wrong), 'answer')} refused" if wrong else ""
    yield f"  {counted(facts, 'fact')} {verb} {to.answers}{refused}"
    for each in wrong[:_SHOWN]:
        yield f"    {each.span}: {each.message}"
        yield f"      help: {each.help}"
    if len(wrong) > _SHOWN:
        yield f"    and {len(wrong) - _SHOWN:,} more"
    if taken.on_record:
        yield f"  {counted(taken.on_record, 'answer')} on record already"
    if decided.actions:
        yield f"  {counted(len(decided.actions), 'action')} {verb} {to.actions}"
    if decided.waivers:
        yield f"  {counted(len(decided.waivers), 'waiver')} {verb} {to.waivers}"
    if taken.without_evidence:
        bare = named([each.rpartition(", ")[2] for each in taken.without_evidence])
        yield f"  {counted(len(taken.without_evidence), 'answer')} without evidence: {bare}"
    notes = (*taken.notes, *decided.notes)
    if notes:
        yield f"  {counted(len(notes), 'thing')} to look at:"
        yield from _several(notes)


def _several(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"    and {len(lines) - _SHOWN:,} more"


def _write(taken: Taken, decided: DecisionsBack, to: _Files, rulebook: Rulebook) -> None:
    """Write all output files, after checking that each can be written."""
    texts: dict[Path, str] = {}
    if taken.answers:
        texts[to.answers] = with_answers(
            _text(to.answers), taken.answers, rulebook, name=str(to.answers)
        )
    if decided.actions:
        texts[to.actions] = actions_text(_text(to.actions), decided.actions, name=str(to.actions))
    if decided.waivers:
        records = [waiver_record(waiver) for waiver in decided.waivers]
        same = ("rule", "partnership")
        texts[to.waivers] = with_records(_text(to.waivers), "waivers", records, same)
    for path, text in texts.items():
        write(path, text.encode(), over_inputs=True)


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    text, report = read_file(path, str(path))
    if not report.ok:
        raise FactsError(str(path), "text", "problems", report.in_order())
    return text


def _write_refused(
    books: Sequence[Returned], refused: Iterable[Refused], rulebook: Rulebook
) -> None:
    """Write the refused rows of each workbook into one beside it, with the reason in the note."""
    from govrules.render.workbook.question_rows import QuestionRow  # noqa: PLC0415 - seldom needed
    from govrules.render.workbook.write import refused_book  # noqa: PLC0415 - likewise

    several = [*refused]
    for book in books:
        rows: dict[str, QuestionRow] = {}
        typed: dict[str, tuple[str, str, str]] = {}
        for each in several:
            if each.row.file != book.file or each.asked is None or each.fact is None:
                continue
            text = each.row.text
            grade = text("Could show").lower()
            rows[each.asked.key] = QuestionRow(
                text("Lead officer"),
                each.asked.partnership,
                each.asked.name,
                each.asked.about,
                Severity(grade) if grade in [*Severity] else Severity.LOW,
                each.asked.question,
                how_to_answer(each.fact, each.asked.on_record or "unknown"),
                text("Why we ask"),
                each.asked.fact,
                each.fact.type,
                each.asked.on_record,
                "",
            )
            typed[each.asked.key] = text("Answer"), text("Where we saw it"), each.problem.message
        if rows:
            path = Path(book.file).with_suffix(".refused.xlsx")
            keyed = {row.key(rulebook.id): typed[key] for key, row in rows.items()}
            made = refused_book(
                [*rows.values()],
                keyed,
                (book.register or "Partnerships", book.as_of or UNKNOWN),
                (rulebook.id, rulebook.version),
            )
            write(path, made)
            emit(f"wrote {path}: {counted(len(rows), 'refused answer')}\n")


def _changes(
    read: Read,
    existing: Sequence[Answer],
    taken: Taken,
    rulebook: Rulebook,
    as_of: dt.date,
) -> Iterator[str]:
    """Yield the lines on findings that the answers opened and cleared."""
    earlier = {(each.partnership, each.fact): each for each in existing}
    later = earlier | {(each.partnership, each.fact): each for each in taken.answers}
    before, after = (
        apart([_assessed(read, several.values(), rulebook, as_of)]) for several in (earlier, later)
    )
    changed = changed_between(before, after, as_of)
    open_, open_still = (
        {
            (each.id, rule.id)
            for each in several
            for rule, verdict, _ in ended(each)
            if verdict is Verdict.UNKNOWN
        }
        for several in (before, after)
    )
    yield (
        f"  {counted(len(changed.opened), 'finding')} opened, {len(changed.closed):,} settled,"
        f" {counted(len(open_ - open_still), 'check')} now known\n"
    )
    for title, found in (("opened", changed.opened), ("settled", changed.closed)):
        for each in found[:_NAMED]:
            what = f"{each.title[:1].lower()}{each.title[1:]}"
            yield f"    {title}  {each.severity.value.upper()}  {each.name}: {what}\n"
        if len(found) > _NAMED:
            yield f"    and {len(found) - _NAMED:,} more {title}\n"


def _assessed(read: Read, answers: Iterable[Answer], rulebook: Rulebook, as_of: dt.date) -> Checked:
    subject, _ = lay_over(read.subject, [*answers], rulebook)
    with gc_paused():
        return assess_file(attrs.evolve(read, subject=subject), rulebook, as_of, None)
