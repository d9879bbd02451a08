"""The command `diff`."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import attrs
from cyclopts import Parameter

from govrules.cli.options import AsOf, Mapping, Output, Rules, Source, Table, load
from govrules.cli.output import FINE, FLAGGED, Stop, emit, emit_json, format_of, show
from govrules.cli.workspace import workspace
from govrules.rulebook.packs import is_pack, pack_names

if TYPE_CHECKING:
    from govrules.diff.report import RulebookComparison


def diff(
    old: Annotated[str, Parameter(name="OLD", negative="")],
    new: Annotated[str, Parameter(name="NEW", negative="")],
    register: Annotated[Path | None, Parameter(name="REGISTER", negative="")] = None,
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    as_of: AsOf = None,
    full: bool = False,
    format: Literal["text", "markdown", "json"] | None = None,  # noqa: A002 - the option's name
    output: Output = None,
) -> int:
    """
    Compare two versions of rules: what they mean, and whose outcome changes; or two kept results.

    Exit code 1 where a rule changed in meaning or an outcome changed, 0 where none did.

    Parameters
    ----------
    old
        A pack as it was: its folder, its name, or a git revision of NEW; or kept results.
    new
        The pack as it is; or later results, as `check --format json --output FILE` keeps them.
    register
        A register or partnership whose outcomes are compared; that of `govrules.yaml` if none.
    rules
        Packs that are used beside both.
    full
        List every rule and every outcome.
    format
        How to print it; Markdown is for a meeting paper.
    """
    how = format_of(format, output, "text", "markdown", "json")
    from govrules.diff import report  # noqa: PLC0415 - only this command needs it
    from govrules.diff.runs import compare_results, is_results, read_results  # noqa: PLC0415 - likewise

    if is_results(Path(old)) and is_results(Path(new)):
        results = compare_results(read_results(Path(old)), read_results(Path(new)))
        if how == "json":
            emit_json(report.results_data(results), output)
        elif how == "markdown":
            emit(report.results_markdown(results), output)
        else:
            show(report.results_lines(results, full=full), output)
        return FLAGGED if results.moves else FINE
    from govrules.diff.rulebooks import difference  # noqa: PLC0415 - likewise

    beside = [*(rules or ())]
    after = load([new, *beside])
    with _as_it_was(old, new) as before:
        compared = report.RulebookComparison(difference(load([before, *beside]), after))
        if register or workspace().register:
            source = Source(mapping=mapping, table=table, as_of=as_of)
            compared = _with_register(compared, register, source)
    if how == "json":
        emit_json(report.data(compared), output)
    elif how == "markdown":
        emit(report.markdown(compared, full=full), output)
    else:
        show(report.text_lines(compared, full=full), output)
    return FLAGGED if compared.found.means_more else FINE


def _with_register(
    compared: RulebookComparison, register: Path | None, source: Source
) -> RulebookComparison:
    from govrules.diff.moves import moves  # noqa: PLC0415 - likewise
    from govrules.portfolio import entries_of, is_register  # noqa: PLC0415 - likewise
    from govrules.registers.read import read  # noqa: PLC0415 - likewise

    (path,), source = source.chosen(register)
    book = compared.found.new
    found = read(path, mapping=source.mapping, table=source.table, rulebook=book)
    made = moves(compared.found, found.subject, as_of=source.date(found))
    number = len(entries_of(found.subject)) if is_register(found.subject) else 1
    return attrs.evolve(compared, moves=made, subjects=number)


@contextmanager
def _as_it_was(old: str, new: str) -> Iterator[str]:
    """Yield the older pack; for a git revision, a checkout of the newer pack's folder."""
    if is_pack(Path(old)) or old in pack_names():
        yield old
        return
    folder = Path(new)
    top = _git(folder, "rev-parse", "--show-toplevel") if folder.is_dir() else None
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{old}^{{commit}}") if top else None
    if not top or not commit:
        raise Stop(
            f"`{old}` is neither a pack nor a revision of `{new}` that git knows",
            "name a pack's folder, or a revision such as `HEAD~1` or `v2025`",
        )
    root = Path(top.decode().strip())
    around = folder.resolve().parent.relative_to(root)
    below = f":{around.as_posix()}" if around.parts else ""
    packed = _git(root, "archive", commit.decode().strip() + below)
    if packed is None:
        raise Stop(f"revision `{old}` has no folder `{around}`", "name a later revision")
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(place, filter="data")
        was = Path(place) / folder.resolve().name
        if not is_pack(was):
            raise Stop(f"at revision `{old}` there was no pack `{new}`", "name a later revision")
        yield str(was)


def _git(folder: Path, *words: str) -> bytes | None:
    """Return git's output; None if git is missing or fails."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S607 - the user's own git
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
