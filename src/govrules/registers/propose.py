"""
Propose a mapping: what the columns of somebody's own table hold, and how sure that is.

Headings are set against the words of the vocabulary, and cells against the types of facts. What
is only likely is marked as unsure, and reading leaves it out until a person confirms it.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from rapidfuzz import fuzz

from govrules.decode.values import Problem
from govrules.errors import FactsError
from govrules.model import Partnership
from govrules.registers.cells import (
    DATE_FORMATS,
    PER_CENT,
    UNKNOWN_WORDS,
    Bad,
    CellReader,
    Wording,
    read_choice,
    written,
)
from govrules.registers.mapping import FactPath, path_of, paths_of
from govrules.registers.sources import (
    Grid,
    Layout,
    Opened,
    fill,
    has_grid,
    lay_out,
    open_grid,
    open_table,
)
from govrules.registers.tables import Table, blank, fold_heading
from govrules.subjects import Declared
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Records,
    YesNo,
    vocabulary_of,
)

_LOOKED_AT: Final = 20
_CELLS: Final = 2000
_CANDIDATES: Final = 6
#: From here on a heading says what a column holds, if its cells agree.
_SURE: Final = 90
#: Below this it says nothing.
_LIKELY: Final = 62
#: So far must a fact be ahead of the next for a column to be sure of it.
_AHEAD: Final = 4
#: So many of the cells must be readable for a column to be sure of its fact.
_FIT: Final = 0.75
_SAME_WORD: Final = 86
_WIDTH: Final = 96
_SHOWN: Final = 3

_STOP_WORDS: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "is",
        "are",
        "it",
        "its",
        "to",
        "for",
        "and",
        "in",
        "on",
        "by",
        "or",
        "any",
        "there",
        "what",
        "which",
        "who",
        "when",
        "does",
        "do",
        "has",
        "have",
        "been",
        "was",
        "be",
        "this",
        "that",
        "with",
        "as",
        "at",
    ]
)
#: What registers call facts in words that the vocabulary does not use of them.
_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("ref", "reference", "id", "no", "number", "partnership ref", "partnership id"),
    "name": ("partnership", "partnership name", "name", "name of partnership", "title"),
    "objective": ("objective", "objectives", "purpose", "aim", "aims"),
    "status": ("status", "state", "stage"),
    "area": ("area", "geography", "area covered", "place"),
    "legal_form": ("legal form", "legal status", "constitution type"),
    "nature": ("type", "type of partnership", "partnership type", "nature"),
    "responsible_officer": ("lead officer", "responsible officer", "link officer", "officer"),
    "reviewed": ("last reviewed", "review date", "date of last review", "last review", "reviewed"),
    "parent": ("parent", "parent partnership", "reports to"),
    "integration_level": ("integration", "level of integration"),
    "funding.pooled": ("pooled", "pooled budget", "budget pooled", "pooled budgets"),
    "funding.annual_spend": (
        "spend",
        "annual spend",
        "budget",
        "annual budget",
        "expenditure",
        "annual value",
    ),
    "funding.external_grant": ("grant", "external grant", "external funding", "grant funded"),
    "accountability.accountable_body": ("accountable body", "lead authority", "lead body"),
    "governing_document.kind": ("governing document", "agreement type", "document type"),
    "governing_document.expires": ("expires", "expiry date", "agreement ends", "end date"),
    "governing_document.reviewed": ("agreement reviewed", "document reviewed"),
    "protocol.agreed": ("protocol", "protocol agreed", "protocol in place"),
    "risk.register": ("risk register",),
    "scrutiny.by": ("scrutiny", "scrutinised by", "scrutiny by"),
    "scrutiny.last": ("last scrutiny", "last scrutinised"),
    "assurance.internal_audit": ("internal audit", "audited", "in audit plan"),
    "public.complaints": ("complaints", "complaints route", "complaints procedure"),
    "partners[].name": (
        "partners",
        "partner organisations",
        "members",
        "partner",
        "partner name",
        "organisation",
        "partner organisation",
    ),
    "partners[].kind": (
        "type",
        "partner type",
        "organisation type",
        "type of organisation",
        "sector",
    ),
    "partners[].roles": ("role", "partner role", "roles"),
    "partners[].named_accountable": ("named as accountable", "accountable"),
    "partners[].voting_share": ("votes", "share of votes", "voting share"),
}
_YES_WORDS: Final = {"y": "yes", "t": "yes", "✓": "yes", "n": "no", "f": "no", "✗": "no"}
_DIGITS: Final = {"1": "yes", "0": "no"}
_TOTALS: Final = re.compile(r"(grand |sub-?)?totals?|sum", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(?P<before>.*?)\s*(?P<number>[0-9]{1,2})\s*(?P<after>.*)")
_SEPARATORS: Final = (";", "\n", "|", ",")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*\??")
_KEYWORDS: Final = frozenset({"yes", "no", "true", "false", "null", "none", "unknown", "on", "off"})


@attrs.frozen
class _Guess:
    """What a column may hold: the fact, how it is written, and how sure that is."""

    path: str
    wording: Mapping[str, Any]
    score: float
    sure: bool
    unread: tuple[str, ...] = ()


def propose(file: str, declared: Declared, *, table: str = "", name: str = "") -> str:
    """
    Return the text of a mapping file for a table.

    Args:
        file: the table's file.

        declared: the local and derived facts that columns may hold.

        table: the sheet or table; the first sheet that holds anything if not given.

        name: what the file is called in the mapping.

    Raises:
        FactsError: the file cannot be read.
    """
    proposer = _Proposer(declared)
    grid, opened, layout = _open(file, table)
    if grid is not None:
        layout = attrs.evolve(layout, header=proposer.header(grid))
        opened = lay_out(grid, layout)
    assert opened is not None  # noqa: S101 - one of the two was opened
    text = [
        f"# Proposed by `govrules map {name or file}`: read it before you use it.",
        "# `check` takes nothing that is marked `unsure: yes`: where it is right, delete the mark.",
        "govrules: 1",
        *_layout_lines(layout),
        "",
    ]
    text += proposer.lines(opened.table)
    if grid is not None and grid.others:
        text += proposer.other_sheets(file, opened.table, grid.others)
    text += proposer.lists()
    text += proposer.left_over(opened.table)
    text += proposer.not_found()
    return "\n".join(text).rstrip() + "\n"


def _open(file: str, table: str) -> tuple[Grid | None, Opened | None, Layout]:
    """Open a file as it seems to be written: its rows, or its table where it names columns."""
    layout = Layout(table=table)
    if not has_grid(file):
        return None, open_table(file, layout), layout
    try:
        grid = open_grid(file, layout, first=True)
    except FactsError as error:
        # Only what is no UTF-8 is worth a second look.
        if "UTF-8" not in str(error):
            raise
        layout = attrs.evolve(layout, encoding="cp1252")
        grid = open_grid(file, layout)
    beginning = grid.rows[:_LOOKED_AT]
    if not grid.sheet and max(map(len, beginning), default=0) == 1:
        for delimiter in (";", "\t", "|"):
            if any(delimiter in str(cell) for row in beginning for cell in row):
                layout = attrs.evolve(layout, delimiter=delimiter)
                grid = open_grid(file, layout)
                break
    return grid, None, attrs.evolve(layout, table=grid.sheet)


def _layout_lines(layout: Layout) -> Iterator[str]:
    if layout.table:
        yield f"table: {_quoted(layout.table)}"
    first, last = layout.header
    if last > 1:
        yield f"header: {last}" if first == last else f"header: {first}-{last}"
    if layout.encoding != "utf-8":
        yield f"encoding: {layout.encoding}  # it is not UTF-8"
    if layout.delimiter:
        yield "delimiter: " + ("tab" if layout.delimiter == "\t" else _quoted(layout.delimiter))


class _Proposer:
    """Collects what is proposed."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.paths: dict[str, FactPath] = {}
        self.words: dict[str, tuple[list[str], list[str]]] = {}
        for text in paths_of(Partnership, declared):
            path = path_of(text, Partnership, declared)
            if path is not None and not isinstance(path.fact.type, (Record, Records)):
                self.paths[text] = path
                self.words[text] = _words_of(text, path.fact)
        self.taken: dict[str, str] = {}
        self.columns: dict[int, _Guess] = {}
        self.in_lists: set[str] = set()
        self.joined: list[str] = []

    # ── Where the headings are ──

    def header(self, grid: Grid) -> tuple[int, int]:
        """Return the rows of the headings: the first that is as full of words as any."""
        rows = [*grid.rows[:_LOOKED_AT]]
        fill(rows, grid.merged, (1, len(rows)))
        words = [
            len({fold_heading(each).casefold() for each in row if _is_word(each)}) for row in rows
        ]
        most = max(words, default=0)
        last = next((at for at, number in enumerate(words) if number and number >= 0.8 * most), 0)
        first = last
        above = [each for each in rows[last - 1] if not blank(each)] if last else []
        filled = sum(not blank(each) for each in rows[last]) if rows else 0
        # A text over all columns is a title; one over some of them is a heading.
        spanned = any(
            top == last - 1 == bottom and 0 < right - left < filled - 1
            for (top, left), (bottom, right) in grid.merged
        )
        if spanned or (not grid.sheet and len({fold_heading(str(each)) for each in above}) > 1):
            first = last - 1
        return first + 1, last + 1

    # ── What the columns hold ──

    def lines(self, table: Table) -> Iterator[str]:
        """Yield the columns with the facts that they may hold."""
        numbered = self._numbered(table)
        guesses = {
            at: self._guesses(table, at)
            for at in range(len(table.headings))
            if at not in numbered and table.headings[at]
        }
        for at, guess in numbered.items():
            self.columns[at] = guess
        # The best match of all columns chooses first.
        ranked = sorted(
            ((guess, at) for at, found in guesses.items() for guess in found),
            key=lambda each: (-each[0].score, each[1]),
        )
        for guess, at in ranked:
            if at in self.columns or self._is_taken(guess.path):
                continue
            self.columns[at] = guess
            self.taken[guess.path] = table.named(at)
        yield "columns:"
        for at in sorted(self.columns):
            yield from self._column(table, at, self.columns[at])
        if not self.columns:
            yield "  {}  # no heading is like the words of any fact"
        yield from _skips(table)

    def _is_taken(self, path: str) -> bool:
        found = path_of(path, Partnership, self.declared)
        in_list = found.list if found is not None else ""
        return path in self.taken or bool(in_list and in_list in self.in_lists)

    def _column(self, table: Table, at: int, guess: _Guess) -> Iterator[str]:
        heading = _quoted(table.named(at))
        about: dict[str, Any] = {"fact": guess.path, **guess.wording}
        if not guess.sure:
            about["unsure"] = "yes"
        if len(about) == 1:
            yield f"  {heading}: {_quoted(guess.path)}"
        else:
            yield f"  {heading}: {_flow(about)}"
        if guess.unread:
            words = ", ".join(f"`{each}`" for each in guess.unread)
            yield f"    # not read as it stands: {words}"
        elif not guess.sure:
            yield f"    # for example: {_examples(table.columns[at])}"
        found = path_of(guess.path, Partnership, self.declared)
        if found is not None and found.list:
            self.in_lists.add(found.list)

    def _numbered(self, table: Table) -> dict[int, _Guess]:
        """Return columns such as `Partner 1` and `Partner 2`: one fact of several records."""
        groups: dict[str, list[tuple[int, int]]] = {}
        for at, heading in enumerate(table.headings):
            found = _NUMBERED.fullmatch(heading)
            if found:
                stem = fold_heading(f"{found['before']} {found['after']}").casefold()
                groups.setdefault(stem, []).append((int(found["number"]), at))
        guesses: dict[int, _Guess] = {}
        used: set[str] = set()
        for stem, members in groups.items():
            numbers = [number for number, _ in members]
            if len(members) < 2 or len(set(numbers)) < len(numbers):  # noqa: PLR2004 - one is no list
                continue
            inner = [path for path in self.paths if "[]" in path and path not in used]
            cells = [cell for _, at in members for cell in table.columns[at]]
            best = self._best(stem, inner, cells, alone=True)
            if not best:
                continue
            guess = best[0]
            used.add(guess.path)
            for number, at in members:
                path = guess.path.replace("[]", f"[{number - min(numbers)}]")
                guesses[at] = attrs.evolve(guess, path=path)
                self.taken[guess.path] = table.named(at)
        return guesses

    def _guesses(self, table: Table, at: int) -> list[_Guess]:
        return self._best(table.headings[at], [*self.paths], table.columns[at])

    def _best(
        self, heading: str, paths: Sequence[str], cells: Sequence[Any], *, alone: bool = False
    ) -> list[_Guess]:
        """
        Return what a column may hold, the likeliest first; only that can be sure, if it is ahead.

        `alone` says that a cell holds one record of a list and not several.
        """
        scored = sorted(
            ((self._score(heading, path), path) for path in paths),
            key=lambda each: (-each[0], each[1]),
        )[:_CANDIDATES]
        known = [each for each in cells if not blank(each)]
        sample = _sample(known)
        found = [
            self._guess(heading, path, score, sample, alone=alone)
            for score, path in scored
            if score >= _LIKELY
        ]
        found = sorted(
            (each for each in found if each.score >= _LIKELY), key=lambda each: -each.score
        )
        if len(found) > 1 and found[0].score < found[1].score + _AHEAD:
            found[0] = attrs.evolve(found[0], sure=False)
        return [found[0], *(attrs.evolve(each, sure=False) for each in found[1:])] if found else []

    def _score(self, heading: str, path: str) -> float:
        """Return from 0 to 100 how far a heading says what a fact is about."""
        names, questions = self.words[path]
        parts = {heading, heading.rpartition(" / ")[2]}
        best = 0.0
        for part in parts:
            said = _clean(part)
            if not said:
                continue
            for each in names:
                if said == each:
                    return 100
                best = max(best, fuzz.token_sort_ratio(said, each))
            for each in questions:
                # A question says more than a heading, so that only its share of words counts.
                best = max(best, 0.8 * fuzz.token_set_ratio(said, each))
        return best

    def _guess(
        self,
        heading: str,
        path: str,
        score: float,
        sample: Sequence[Any],
        *,
        alone: bool,
    ) -> _Guess:
        found = self.paths[path]
        if alone:
            found = attrs.evolve(found, list="", text=found.rest)
        wording, sure = _wording(heading, found, sample)
        if found.list and "separator" not in wording:
            wording["separator"] = _SEPARATORS[0]
            sure = False
        reader = CellReader(found.fact, _as_wording(found, wording))
        unread: list[str] = []
        known = bad = 0
        for cell in sample:
            for part in _parts(cell, found, wording):
                value = reader.read(part)
                if value is UNKNOWN:
                    continue
                known += 1
                if isinstance(value, Bad):
                    bad += 1
                    unread.append(_as_text(part))
        fit = 1 - bad / known if known else 1.0
        shown = [each for each, _ in Counter(unread).most_common(_SHOWN)]
        return _Guess(
            path,
            wording,
            score * (0.5 + 0.5 * fit),
            sure and score >= _SURE and fit >= _FIT and bool(known),
            tuple(shown),
        )

    # ── What else there is ──

    def other_sheets(self, file: str, table: Table, others: Sequence[str]) -> Iterator[str]:
        """Look for the partners in another sheet of a workbook."""
        for name in others:
            try:
                grid = open_grid(file, Layout(table=name))
                header = self.header(grid)
                other = lay_out(grid, Layout(name, header)).table
            except FactsError:
                continue
            joins = _joining(table, other)
            if joins is None or "partners" in self.in_lists:
                yield f"# The sheet `{name}` is not read."
                continue
            self._join(name, header, table, other, joins)

    def _join(
        self,
        name: str,
        header: tuple[int, int],
        table: Table,
        other: Table,
        joins: tuple[int, int],
    ) -> None:
        mine, its = joins
        inner = [path for path in self.paths if path.startswith("partners[].")]
        lines = [
            "  partners:",
            "    unsure: yes",
            "    complete: no",
            f"    table: {_quoted(name)}",
        ]
        if header[1] > 1:
            first, last = header
            lines.append(f"    header: {last}" if first == last else f"    header: {first}-{last}")
        lines += [
            f"    key: {_quoted(other.named(its))}",
            f"    joins: {_quoted(table.named(mine))}",
            "    columns:",
        ]
        used: set[str] = set()
        left: list[str] = []
        for at in range(len(other.headings)):
            if at == its or not other.headings[at]:
                continue
            best = self._best(
                other.headings[at],
                [each for each in inner if each not in used],
                other.columns[at],
                alone=True,
            )
            if not best:
                left.append(other.named(at))
                continue
            guess = best[0]
            used.add(guess.path)
            about: dict[str, Any] = {"fact": guess.path.partition("[].")[2], **guess.wording}
            if not guess.sure:
                about["unsure"] = "yes"
            fact = _quoted(about["fact"]) if len(about) == 1 else _flow(about)
            lines.append(f"      {_quoted(other.named(at))}: {fact}")
        lines += [f"      # left over: {_quoted(each)}" for each in left]
        if used:
            self.joined += lines
            self.taken.update(dict.fromkeys(used, name))

    def lists(self) -> Iterator[str]:
        """Yield the lists, each with whether more may belong to it."""
        if not self.in_lists and not self.joined:
            return
        yield ""
        yield "# `complete: yes` says that no record is missing: then rules on every one settle."
        yield "lists:"
        for each in sorted(self.in_lists):
            yield f"  {each}: {{ complete: no }}"
        yield from self.joined

    def left_over(self, table: Table) -> Iterator[str]:
        """Yield the columns that no fact was found for."""
        left = [
            table.named(at)
            for at in range(len(table.headings))
            if at not in self.columns and not all(map(blank, table.columns[at]))
        ]
        if left:
            yield ""
            yield "# Columns left over. Map each to a fact, or write it below under `ignored`."
            for each in left:
                yield f"#   {_quoted(each)}"
        yield ""
        yield "ignored: []"

    def not_found(self) -> Iterator[str]:
        """Yield the facts that no column was found for."""
        left = [each for each in self.paths if each not in self.taken]
        yield ""
        yield f"# Facts that no column was found for ({len(left)}); each stays unknown:"
        for line in textwrap.wrap(", ".join(left), _WIDTH - 4, break_on_hyphens=False):
            yield f"#   {line}"


def _is_word(cell: object) -> bool:
    return isinstance(cell, str) and any(each.isalpha() for each in cell)


def _as_text(cell: object) -> str:
    return fold_heading(cell) if isinstance(cell, str) else written(cell)


def _sample(cells: Sequence[Any]) -> list[Any]:
    """Return cells from the whole length of a column."""
    return list(cells[:: max(1, len(cells) // _CELLS)])


def _examples(cells: Iterable[Any]) -> str:
    seen = dict.fromkeys(_as_text(each) for each in cells if not blank(each))
    shown = [textwrap.shorten(each, 40, placeholder=" …") for each in [*seen][:_SHOWN]]
    return ", ".join(f"`{each}`" for each in shown) or "no cell is filled"


def _clean(text: str) -> str:
    words = re.findall(r"[\w£%]+", text.casefold().replace("_", " "))
    kept = [each for each in words if each not in _STOP_WORDS and each not in _UNITS]
    return " ".join(kept or words)


#: Words of a heading that say how it is written rather than what it holds.
_UNITS: Final = frozenset(
    [
        "£",
        "£k",
        "£m",
        "£000",
        "£000s",
        "000",
        "000s",
        "k",
        "m",
        "%",
        "percent",
        "cent",
        "per",
        "months",
        "years",
        "y",
        "n",
        "yes",
        "date",
        "dd",
        "mm",
        "yy",
        "yyyy",
        "if",
        "list",
        "please",
    ]
)


def _words_of(path: str, fact: Fact) -> tuple[list[str], list[str]]:
    """Return what a fact may be called in a heading, and the question that asks for it."""
    last = path.rpartition(".")[2]
    names = {path, last, fact.label.partition("the ")[2] or fact.label}
    names |= set(_ALSO_CALLED.get(path, ()))
    if path.startswith("partners[]."):
        names = {each for each in names if each != last or last not in ("name", "kind")}
        names.add(f"partner {last}")
    elif "[]" in path:
        names = {f"{path.partition('[]')[0].rpartition('.')[2].removesuffix('s')} {last}"}
    elif "." in path and last in vocabulary_of(Partnership).fields:
        names.discard(last)
    questions = [] if "[]" in path else [_clean(fact.question)]
    return sorted({_clean(each.replace("[]", " ").replace(".", " ")) for each in names}), questions


def _parts(cell: Any, path: FactPath, wording: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401 - any cell
    separator = wording.get("separator", "")
    if path.list and separator and isinstance(cell, str):
        return [each for each in cell.split(separator) if each.strip()]
    return [cell]


def _as_wording(path: FactPath, wording: Mapping[str, Any]) -> Wording:
    """Return a proposed wording as cells are read by it."""
    states: dict[str, Any] = {"unknown": UNKNOWN, "yes": True, "no": False}
    values = {
        fold_heading(key).casefold(): states.get(value, value)
        for key, value in wording.get("values", {}).items()
    }
    if isinstance(path.fact.type, Choices):
        values = {
            key: frozenset({value}) if isinstance(value, str) else value
            for key, value in values.items()
        }
    dates = wording.get("dates", ())
    return Wording(
        values,
        wording.get("unit", ""),
        (dates,) if isinstance(dates, str) else tuple(dates),
        "" if path.list else wording.get("separator", ""),
    )


def _wording(heading: str, path: FactPath, cells: Sequence[Any]) -> tuple[dict[str, Any], bool]:
    """Return how a column seems to be written, and whether that is certain."""
    about: dict[str, Any] = {}
    words = {_as_text(each) for each in cells}
    known = {each for each in words if each.casefold() not in UNKNOWN_WORDS}
    separator = _separator(cells)
    if path.list and path.index is None and separator:
        about["separator"] = separator
    match path.fact.type:
        case YesNo():
            values, sure = _yes_no(known)
        case Choice(allowed):
            values, sure = _translated(known, allowed)
        case Choices(allowed):
            if separator:
                about["separator"] = separator
                parts = {fold_heading(part) for each in known for part in each.split(separator)}
                known = {each for each in parts if each}
            values, sure = _translated(known, allowed)
            sure = sure and separator != ","
        case Money():
            values = {}
            about |= _money_unit(heading)
            sure = True
        case Number(unit=unit) if unit == PER_CENT:
            values = {}
            numbers = [each for each in cells if isinstance(each, float)]
            sure = not numbers or max(numbers) > 1
            if not sure:
                about["unit"] = "fraction"
        case Months():
            values = {}
            sure = any(each in heading.casefold() for each in ("month", "year"))
            about["unit"] = "years" if "year" in heading.casefold() else "months"
        case Date():
            values = {}
            dates, sure = _dates(path.fact, cells)
            if dates:
                about["dates"] = dates[0] if len(dates) == 1 else dates
        case _:
            values, sure = {}, separator != "," or not about
    if values:
        about["values"] = values
    return about, sure


def _separator(cells: Sequence[Any]) -> str:
    """Return what parts several values in one cell; "" where nothing does."""
    texts = [each.strip() for each in cells if isinstance(each, str)]
    for each in _SEPARATORS:
        parted = sum(each in text for text in texts)
        # A comma may also stand within a name.
        if parted and (each != "," or parted * 4 >= len(texts)):
            return each
    return ""


def _yes_no(words: Iterable[str]) -> tuple[dict[str, str], bool]:
    found: dict[str, str] = {}
    sure = True
    for each in sorted(words):
        word = each.casefold()
        if word in _YES_WORDS:
            found[each] = _YES_WORDS[word]
        elif word in _DIGITS:
            found[each] = _DIGITS[word]
            sure = False
    return found, sure


def _translated(words: Iterable[str], allowed: Sequence[str]) -> tuple[dict[str, str], bool]:
    """Return what words may mean of a closed list, where they are not of it already."""
    found: dict[str, str] = {}
    for each in sorted(words):
        if not isinstance(read_choice(each, allowed), Problem):
            continue
        scored = sorted(
            ((fuzz.token_sort_ratio(_clean(each), _clean(value)), value) for value in allowed),
            key=lambda pair: -pair[0],
        )
        if scored[0][0] >= _SAME_WORD:
            found[each] = scored[0][1]
    return found, not found


def _money_unit(heading: str) -> dict[str, str]:
    words = heading.casefold().replace("'", "").replace("’", "").replace(",", "")
    if re.search(r"£ ?k\b|£ ?000s?\b|\b000s?\b|thousand", words):
        return {"unit": "£k"}
    return {"unit": "£m"} if re.search(r"£ ?m\b|million", words) else {}


def _dates(fact: Fact, cells: Sequence[Any]) -> tuple[list[str], bool]:
    """Return the ways in which dates are typed, and whether day and month are certain."""
    texts = {_as_text(each) for each in cells if isinstance(each, str)}
    numbers = [each for each in cells if isinstance(each, (int, float))]
    plain = CellReader(fact, Wording())
    # A date that means one day alone is read as it stands, and shows how the others are typed.
    left = {
        each
        for each in texts
        if plain.read(each) not in (UNKNOWN, None) and not re.match(r"[0-9]{4}-", each)
    }
    found: list[str] = []
    sure = True
    for way in (each for each in DATE_FORMATS if each not in ("m/d/y", "excel")):
        reader = CellReader(fact, Wording(dates=(way,)))
        read = {each for each in left if not isinstance(reader.read(each), Bad)}
        if read:
            found.append(way)
            left -= read
            # A day above twelve shows which of the two numbers is the day.
            if way in ("d/m/y", "d.m.y", "d-m-y"):
                sure = any(int(re.split(r"\D", each)[0]) > 12 for each in read)  # noqa: PLR2004 - months
    other = CellReader(fact, Wording(dates=("m/d/y",)))
    american = {each for each in left if not isinstance(other.read(each), Bad)}
    if american and "d/m/y" not in found:
        found.append("m/d/y")
    elif american:
        sure = False
    serial = CellReader(fact, Wording(dates=("excel",)))
    if any(not isinstance(serial.read(each), Bad) for each in numbers):
        found.append("excel")
        sure = False
    return found, sure


def _skips(table: Table) -> Iterator[str]:
    """Yield the rows that sum the others up."""
    for at, cells in enumerate(table.columns):
        words = {
            fold_heading(each)
            for each in cells
            if isinstance(each, str) and _TOTALS.fullmatch(fold_heading(each))
        }
        if words and table.headings[at]:
            yield ""
            yield "# A row that sums up the others is no partnership."
            yield "skip:"
            said = ", ".join(_quoted(each) for each in sorted(words))
            yield f"  - {{ column: {_quoted(table.named(at))}, is: [{said}], unsure: yes }}"
            return


def _joining(table: Table, other: Table) -> tuple[int, int] | None:
    """Return the columns by which the rows of two tables belong to each other."""
    best: tuple[float, int, int] | None = None
    for mine, cells in enumerate(table.columns):
        keys = [_as_text(each).casefold() for each in cells if not blank(each)]
        if len(set(keys)) < 2 or len(set(keys)) < 0.9 * len(keys):  # noqa: PLR2004 - no key
            continue
        known = set(keys)
        for its, others in enumerate(other.columns):
            theirs = [_as_text(each).casefold() for each in others if not blank(each)]
            share = sum(each in known for each in theirs) / len(theirs) if theirs else 0
            if share >= 0.8 and (best is None or share > best[0]):  # noqa: PLR2004 - nearly all
                best = (share, mine, its)
    return None if best is None else best[1:]


def _quoted(text: str) -> str:
    """Return a text as YAML reads it back."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _KEYWORDS:
        return text
    if re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", text) and text not in _KEYWORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(about: Mapping[str, Any]) -> str:
    parts = []
    for key, value in about.items():
        if isinstance(value, dict):
            said = _flow({_quoted(each): to for each, to in value.items()})
        elif isinstance(value, list):
            said = "[" + ", ".join(_quoted(each) for each in value) + "]"
        else:
            said = value if value in ("yes", "no", "unknown") else _quoted(value)
        parts.append(f"{key}: {said}")
    return "{ " + ", ".join(parts) + " }"
