"""A register of any size to a table of findings: one row a rule and a partnership, written on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from govrules.cli.output import (
    FINE,
    FLAGGED,
    NOTHING_CHECKED,
    Stop,
    complain,
    emit,
    not_written,
    warn,
)
from govrules.cli.progress import followed_batches
from govrules.diagnostics import Code, Diagnostic
from govrules.doubts import place_of
from govrules.errors import FactsError
from govrules.explain.phrases import counted, joined
from govrules.model import Register
from govrules.portfolio import entries_of, is_register, listed
from govrules.reading import Read, class_of
from govrules.registers.columnar import Columns
from govrules.registers.own_schema import Doubts
from govrules.render.text import counts_line
from govrules.rulebook.ast import SEVERITIES, Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN

#: How many findings have a verdict and a severity.
Counts: TypeAlias = Counter[tuple[str, str | None]]
#: What is said of subjects that columns have no rows for.
_LEFT_OUT: Final = {
    "pair": "on pairs of partnerships",
    "assessment": "on what findings come to together",
}


@attrs.frozen
class EntrySource:
    """
    The entries of a register, ready to be read as batches.

    Attributes:
        file: where they come from.
        rows: how many.
        batches: gives those of the columns that are wanted, as of a date.
        register: what is known of the register beside them.
        complete: whether they are certainly all.
        kind: the kind of subject that they are.
    """

    file: str
    rows: int
    batches: Callable[[Collection[str], dt.date], Iterable[Any]]
    register: Any = attrs.field(factory=Register)
    complete: bool = True
    kind: str = "partnership"


def entries_of_columns(columns: Columns, rulebook: Rulebook, doubts: Doubts) -> EntrySource:
    """Return the entries of a columnar file; report values that cannot be read."""
    return EntrySource(
        columns.name,
        columns.rows,
        lambda wanted, as_of: columns.batches(rulebook, wanted, doubts=doubts, as_of=as_of),
    )


def entries_of_register(
    read: Read,
    file: Path,
    rulebook: Rulebook,
    say: Callable[[list[Diagnostic]], None],
) -> EntrySource:
    """Return the entries of an object register; report misfits as they are met."""
    register = read.subject
    if not is_register(register):
        raise Stop(
            f"`{file}` is one partnership, and no register",
            "`govrules check` explains what is found of it",
        )
    from govrules.engines.columns import to_batches  # noqa: PLC0415 - it needs pyarrow

    entries, those = entries_of(register), listed(register)
    cls = type(entries[0]) if entries else class_of(rulebook)
    told: set[tuple[int, str]] = set()

    def misfit(entry: Any, path: str, value: object) -> None:  # noqa: ANN401 - of any class
        if (id(entry), path) in told:
            return
        told.add((id(entry), path))
        doubt = Diagnostic(
            Code.UNREADABLE_VALUE,
            f"`{value}` has more digits than a column keeps, so that it is unknown here (`{path}`)",
            place_of(entry, path),
            "round it: amounts to the penny, other numbers to six places; `check` reads it whole",
        )
        say([doubt])

    return EntrySource(
        str(file),
        len(entries),
        lambda *_: to_batches(entries, cls, rulebook, misfit=misfit),
        register,
        isinstance(those, tuple) and UNKNOWN not in those,
        next(name for name, known in rulebook.subjects.items() if known is cls),
    )


def tabulate(
    entries: EntrySource, rulebook: Rulebook, as_of: dt.date, output: Path, level: Severity
) -> int:
    """Write every finding on a register to a file, say how many there are, and return the code."""
    from govrules.registers.batches import (  # noqa: PLC0415 - it needs pyarrow
        ahead,
        assess_batches,
        assess_whole,
        counts_of,
        kernel,
        register_kernel,
    )
    from govrules.registers.findings_files import write_findings  # noqa: PLC0415 - likewise

    own = entries.kind != "partnership"
    wanted = kernel(rulebook, as_of=as_of, kind=entries.kind, details=False).columns
    wanted |= {"id", "name"}
    if not own:
        wanted |= register_kernel(rulebook, entries.register, as_of=as_of).columns
    tally: Counts = Counter()

    def tallied(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            tally.update(counts_of(batch))
            yield batch

    batches = ahead(entries.batches(wanted, as_of))
    if own:
        found = assess_batches(rulebook, batches, as_of=as_of, kind=entries.kind)
    else:
        found = assess_whole(
            rulebook,
            batches,
            register=entries.register,
            complete=entries.complete,
            as_of=as_of,
        )
    rules = len(rulebook.rules_for(entries.kind, as_of))
    shown = followed_batches(tallied(ahead(found)), entries.rows * rules, "Judging")
    try:
        number = write_findings(shown, output)
    except FactsError as error:
        if error.diagnostics or error.path == str(output):
            raise
        raise Stop(
            f"`{entries.file}`: {error}",
            "`govrules.engines.columns.schema_of` says what columns are called and hold",
        ) from error
    except OSError as error:
        raise not_written(output, error) from error
    what = "partnership" if not own else entries.kind.replace("_", " ")
    emit(_summary(entries.rows, what, number, tally, output))
    warn(_left_out(rulebook, as_of))
    if not entries.rows and entries.complete:
        complain("nothing was checked: no partnership was read")
        return NOTHING_CHECKED
    if not number:
        complain("nothing was checked: no rule in force is about what was given")
        return NOTHING_CHECKED
    grave = {each.value for each in SEVERITIES if each >= level}
    return FLAGGED if any(severity in grave for _, severity in tally) else FINE


def _summary(rows: int, what: str, number: int, tally: Counts, output: Path) -> str:
    verdicts: Counter[Verdict] = Counter()
    severities: Counter[Severity] = Counter()
    for (verdict, severity), each in tally.items():
        verdicts[Verdict(verdict)] += each
        if severity is not None:
            severities[Severity(severity)] += each
    told = f"{counted(rows, what)}, {counted(number, 'finding')}"
    return f"{output}: {told}: {counts_line(verdicts, severities)}\n"


def _left_out(rulebook: Rulebook, as_of: dt.date) -> Iterator[str]:
    for kind, about in _LEFT_OUT.items():
        rules = rulebook.rules_for(kind, as_of)
        if rules:
            names = joined(f"`{rule.id}`" for rule in rules)
            yield (
                f"govrules: not worked out here: {counted(len(rules), 'rule')} "
                f"{about} ({names}); see `govrules check`"
            )
