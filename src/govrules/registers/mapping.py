"""
Mapping files: which column of a table holds which fact, and how it is written there.

They are read with the care of rule files: every problem at once, each with place and remedy.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.decode.amounts import BANDS, MONEY_UNITS
from govrules.decode.dates import DATE_FORMATS, PERIODS
from govrules.decode.values import MONTHS_UNITS, PER_CENT, SHARE_UNITS, CellFormat, whole_said
from govrules.diagnostics import Code, did_you_mean
from govrules.errors import FactsError
from govrules.model import Partnership, Register
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.parsing import parse
from govrules.registers.mapping_nodes import how_to_confirm, nodes_of
from govrules.registers.paths import FactPath, column_paths, path_of
from govrules.registers.sources import Layout
from govrules.registers.tables import fold_heading
from govrules.rulebook.fields import Fields, check_format
from govrules.subjects import Declared, SubjectReader, words_of
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    Choices,
    Date,
    Fact,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    list_of,
    vocabulary_of,
)

ENCODINGS: Final = ("utf-8", "utf-16", "cp1252")
_TABLE_KEYS: Final = (
    "table",
    "header",
    "encoding",
    "delimiter",
    "sideways",
    "columns",
    "ignored",
    "skip",
)
MAPPING_KEYS: Final = ("govrules", "register", *_TABLE_KEYS, "rows", "unknown", "lists")
COLUMN_KEYS: Final = ("fact", "values", "unit", "dates", "bands", "separator", "complete", "unsure")
SKIP_KEYS: Final = ("column", "is", "unsure")
LIST_KEYS: Final = ("complete", "file", *_TABLE_KEYS, "key", "joins", "unsure")

_HEADER: Final = re.compile(r"([1-9][0-9]{0,3})(?: ?(?:-|to) ?([1-9][0-9]{0,3}))?")


@attrs.frozen(eq=False)
class MappedColumn:
    """
    A column that holds a fact.

    Attributes:
        heading: its heading, as the mapping names it.
        path: which fact.
        cell_format: how it is written.
        node: where the mapping names the column; None where the heading itself is the fact.
    """

    heading: str
    path: FactPath
    cell_format: CellFormat
    node: Scalar | None = None


@attrs.frozen(eq=False)
class Skip:
    """Rows to skip: those with one of these words in a column."""

    node: Scalar
    words: frozenset[str]


@attrs.frozen(eq=False)
class MappedSheet:
    """
    How one table is read.

    Attributes:
        layout: where it is.
        columns: those that hold facts.
        ignored: the nodes of columns that hold none.
        skips: rows to leave out.
        unsure: the nodes of columns that nobody has confirmed.
    """

    layout: Layout
    columns: tuple[MappedColumn, ...] = ()
    ignored: tuple[Scalar, ...] = ()
    skips: tuple[Skip, ...] = ()
    unsure: tuple[Scalar, ...] = ()


@attrs.frozen(eq=False)
class JoinedSheet:
    """
    The records of a list that stand in a table of their own.

    Attributes:
        sheet: that table.
        file: its file; "" for the register's own.
        key: the column there that says to which partnership a row belongs.
        joins: the column of the register that holds the same.
    """

    sheet: MappedSheet
    file: str
    key: Scalar
    joins: Scalar


@attrs.frozen(eq=False)
class TableMapping:
    """
    What a mapping file says.

    Attributes:
        report: the file, to which problems with the table are added.
        sheet: how the register is read.
        joined: lists whose records stand elsewhere, by path.
        complete: lists of which nothing can be missing.
        register: what it says of the register itself.
        cls: the class of subject that a row is.
        as_of: the date of the assessment that it states, if it does.
        rows: the list whose records the rows are, several to a partnership; "" where a row is a
            partnership.
    """

    report: Report
    sheet: MappedSheet
    joined: dict[str, JoinedSheet] = attrs.field(factory=dict)
    complete: frozenset[str] = frozenset()
    register: Any = attrs.field(factory=Register)
    as_of: dt.date | Unknown = UNKNOWN
    rows: str = ""
    cls: type = Partnership


def read_mapping(path: str | Path, declared: Declared) -> TableMapping:
    """
    Read a mapping file.

    Raises:
        FactsError: it cannot be used; it carries every problem found.
    """
    node, report = nodes_of(path)
    return _mapping(node, report, declared)


def read_mapping_text(text: str, name: str, declared: Declared) -> TableMapping:
    """
    Read a mapping from a text in YAML.

    Args:
        text: the mapping.

        name: what it is called in messages.

        declared: the local and derived facts that columns may hold.

    Raises:
        FactsError: it cannot be used; it carries every problem found.
    """
    report = Report(name, text)
    return _mapping(parse(text, report), report, declared)


def _mapping(node: Node | None, report: Report, declared: Declared) -> TableMapping:
    mapping = _MappingReader(report, declared).read(node) if node is not None else None
    if mapping is None or not report.ok:
        raise FactsError(report.file, "a mapping", "problems", report.in_order())
    return mapping


@attrs.define
class _MappingReader:
    """Reads one mapping file."""

    report: Report
    declared: Declared
    unknown: frozenset[str] = frozenset()
    rows: str = ""

    def read(self, node: Node) -> TableMapping | None:
        fields = Fields(self.report, node, MAPPING_KEYS, "a mapping")
        version = fields.required("govrules", "1")
        if version is not None and not check_format(version, self.report):
            return None
        if not fields.is_mapping:
            return None
        fields.required("columns", "{Name: name}")
        self.unknown = frozenset(fold_heading(text).casefold() for text in fields.texts("unknown"))
        register, as_of = self._register(fields)
        self.rows = fields.choice("rows", tuple(_lists(self.declared.cls))) or ""
        sheet = self._named_rows(self._sheet(fields, self.declared.cls), fields)
        joined: dict[str, JoinedSheet] = {}
        complete: set[str] = set()
        for key, value in fields.entries("lists"):
            self._list(key, value, joined, complete)
        self._check_lists(sheet, joined)
        return TableMapping(
            self.report,
            sheet,
            joined,
            frozenset(complete),
            register,
            as_of,
            self.rows,
            self.declared.cls,
        )

    def _named_rows(self, sheet: MappedSheet, fields: Fields) -> MappedSheet:
        """Return the columns readable in a table of several rows a partnership."""
        if not self.rows or any(column.path.text in ("id", "name") for column in sheet.columns):
            return sheet
        what = f"`rows: {self.rows}` is not used: no column says to which partnership a row belongs"
        help_ = "confirm or map a column as `id` or `name`"
        code = Code.NOT_CONFIRMED if sheet.unsure else Code.BAD_FORMAT
        self.report.add(code, what, fields.key("rows"), help_)
        left = tuple(column for column in sheet.columns if column.path.list == self.rows)
        self.rows = ""
        return attrs.evolve(
            sheet,
            columns=tuple(column for column in sheet.columns if column not in left),
            unsure=(*sheet.unsure, *(each.node for each in left if each.node is not None)),
        )

    def _register(self, fields: Fields) -> tuple[Any, dt.date | Unknown]:
        node = fields.value("register")
        lister = self.declared.lister
        listed = None if lister is None else list_of(lister)
        if node is None:
            return self.declared.register, UNKNOWN
        if lister is None or listed is None:
            what = f"no class lists a {words_of(self.declared.cls)}"
            key = fields.key("register")
            self.report.add(Code.WRONG_SHAPE, what, key, "drop `register`")
            return self.declared.register, UNKNOWN
        if isinstance(node, Entries):
            for key, _ in node.items:
                if key.text.partition(".")[0] == listed[0]:
                    self.report.add(
                        Code.WRONG_SHAPE,
                        f"the {listed[0]} are read from the table",
                        key,
                        f"drop `{listed[0]}`",
                    )
        reader = SubjectReader(self.report, self.declared, strict=True)
        register, as_of = reader.read_subject(node, lister)
        return register, as_of

    def _sheet(self, fields: Fields, cls: type) -> MappedSheet:
        columns: list[MappedColumn] = []
        unsure: list[Scalar] = []
        for key, value in fields.entries("columns"):
            column, confirmed = self._column(key, value, cls)
            if not confirmed:
                unsure.append(key)
            elif column is not None:
                columns.append(column)
        self._check_once(columns)
        skips = []
        for node in fields.items("skip"):
            skip, confirmed = self._skip(node)
            if skip is not None and confirmed:
                skips.append(skip)
        return MappedSheet(
            self._layout(fields),
            tuple(columns),
            tuple(fields.words("ignored")),
            tuple(skips),
            tuple(unsure),
        )

    def _layout(self, fields: Fields) -> Layout:
        header = (1, 1)
        stated = fields.text("header")
        if stated:
            found = _HEADER.fullmatch(stated.strip())
            header = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if header[0] < 1 or header[1] < header[0]:
                self.report.add(
                    Code.BAD_FORMAT,
                    f"`header: {stated}` names no row",
                    fields.value("header"),
                    "write the row of the headings, such as `3`, or its rows, such as `2-3`",
                )
        node = fields.value("delimiter")
        is_tab = isinstance(node, Scalar) and node.text in ("\t", "\\t", "tab")
        delimiter = "\t" if is_tab else fields.text("delimiter")
        if len(delimiter) > 1 or delimiter in ('"', "\n"):
            self.report.add(
                Code.BAD_FORMAT,
                f"`{delimiter}` cannot part columns",
                fields.value("delimiter"),
                'write one character, such as `";"`, or `tab`',
            )
            delimiter = ""
        stated_table = fields.value("table")
        several = fields.texts("table") if isinstance(stated_table, Items) else ()
        return Layout(
            several[0] if several else "" if stated_table is None else fields.text("table"),
            header,
            fields.choice("encoding", ENCODINGS) or "utf-8",
            delimiter,
            several[1:],
            bool(fields.yes_no("sideways")),
        )

    def _column(self, key: Scalar, node: Node, cls: type) -> tuple[MappedColumn | None, bool]:
        if isinstance(node, Scalar):
            path = self._path(node, cls)
            column = None if path is None else self._checked(key, node, path, CellFormat())
            return column, True
        fields = Fields(self.report, node, COLUMN_KEYS, f"the column `{key.text}`")
        if not fields.is_mapping:
            return None, True
        named = fields.required("fact", "name")
        if not isinstance(named, Scalar):
            fields.text("fact")
            return None, True
        path = self._path(named, cls)
        if path is None:
            return None, True
        cell_format = CellFormat(
            values=self._values(fields, path),
            unit=self._unit(fields, path.fact.type),
            dates=self._dates(fields, path.fact.type),
            separator=self._separator(fields, path),
            complete=self._complete(fields, path),
            unknown=self.unknown,
            bands=self._bands(fields, path.fact.type),
        )
        confirmed = self._confirmed(fields, key, f"column `{key.text}`")
        return self._checked(key, named, path, cell_format), confirmed

    def _confirmed(self, fields: Fields, node: Node, what: str) -> bool:
        if not fields.yes_no("unsure"):
            return True
        self.report.add(
            Code.NOT_CONFIRMED,
            f"{what} is not read: nobody confirmed it",
            node,
            f"look at it, and {how_to_confirm(node)} if it is right",
        )
        return False

    def _path(self, node: Scalar, cls: type) -> FactPath | None:
        path = path_of(node.text, cls, self.declared)
        if path is None:
            paths = [*column_paths(cls, self.declared)]
            self.report.add(
                Code.UNKNOWN_FACT,
                f"unknown fact `{node.text}`",
                node,
                did_you_mean(re.sub(r"\[[0-9]+\]", "[]", node.text), paths)
                or "`govrules schema mapping` lists every fact that a column can hold",
            )
        return path

    def _checked(
        self, key: Scalar, node: Scalar, path: FactPath, cell_format: CellFormat
    ) -> MappedColumn | None:
        """Return the column, or report a fact no cell can hold."""
        thresholds = self.declared.thresholds.get(path.fact, frozenset())
        cell_format = attrs.evolve(cell_format, unknown=self.unknown, thresholds=thresholds)
        whole = isinstance(path.fact.type, (Record, Records))
        if whole and not cell_format.values:
            inner = vocabulary_of(path.fact.type.cls)  # type: ignore[union-attr]
            first = next(iter(inner.fields))
            example = (
                f"`{path.text}[0].{first}`, or `{path.text}[].{first}` with a `separator`"
                if isinstance(path.fact.type, Records)
                else f"`{path.text}.{first}`"
            )
            self.report.add(
                Code.BAD_FORMAT,
                f"`{path.text}` holds several facts, and a cell only one",
                node,
                f"name one of them: {example}; or say under `values` which words mean "
                f"{whole_said(path.fact.type)}",
            )
            return None
        in_row = path.list and path.list == self.rows
        if path.list and path.index is None and not cell_format.separator and not in_row:
            self.report.add(
                Code.BAD_FORMAT,
                f"`{path.text}` is read from a cell that holds several values",
                node,
                f'say what parts them: `{{ fact: {path.text}, separator: ";" }}`',
            )
            return None
        return MappedColumn(key.text, path, cell_format, key)

    def _values(self, fields: Fields, path: FactPath) -> dict[str, Any]:
        reader = SubjectReader(self.report, self.declared, strict=True)
        found: dict[str, Any] = {}
        for key, node in fields.entries("values"):
            word = fold_heading(key.text).casefold()
            if word in found:
                self.report.add(
                    Code.DUPLICATE_KEY,
                    f"`{key.text}` is written before in other letters",
                    key,
                    "keep one of the two: capitals and spaces are not told apart",
                )
            is_yes = isinstance(node, Scalar) and node.text.casefold() in ("yes", "true")
            if isinstance(path.fact.type, Record) and is_yes:
                found[word] = path.fact.type.cls()
                continue
            found[word] = reader.read_value(node, path.fact, path.text)
        return found

    def _unit(self, fields: Fields, fact_type: FactType) -> str:
        allowed: Sequence[str] = ()
        match fact_type:
            case Money():
                allowed = tuple(MONEY_UNITS)
            case Months():
                allowed = tuple(MONTHS_UNITS)
            case Number(unit=unit) if unit == PER_CENT:
                allowed = tuple(SHARE_UNITS)
            case _:
                pass
        return self._words(fields, "unit", allowed, "a unit")[0]

    def _dates(self, fields: Fields, fact_type: FactType) -> tuple[str, ...]:
        allowed = (*DATE_FORMATS, *PERIODS) if isinstance(fact_type, Date) else ()
        return tuple(word for word in self._words(fields, "dates", allowed, "a date") if word)

    def _bands(self, fields: Fields, fact_type: FactType) -> str:
        allowed = BANDS if isinstance(fact_type, Money) else ()
        return self._words(fields, "bands", allowed, "an amount")[0]

    def _words(
        self, fields: Fields, key: str, allowed: Sequence[str], what: str
    ) -> tuple[str, ...]:
        """Return one allowed word, or several where a list may stand."""
        node = fields.value(key)
        if node is None:
            return ("",)
        if not allowed:
            self.report.add(
                Code.BAD_FORMAT,
                f"`{key}` does not fit the fact: it is not written with {what}",
                fields.key(key),
                f"drop `{key}`",
            )
            return ("",)
        many = isinstance(node, Items) and key == "dates"
        nodes = node.items if isinstance(node, Items) and many else [node]
        found = []
        for each in nodes:
            if isinstance(each, Scalar) and each.text in allowed:
                found.append(each.text)
                continue
            text = each.text if isinstance(each, Scalar) else ""
            self.report.add(
                Code.BAD_FORMAT,
                f"`{key}` cannot be `{text}`" if text else f"`{key}` is a word",
                each,
                did_you_mean(text, allowed),
            )
        return tuple(found) or ("",)

    def _separator(self, fields: Fields, path: FactPath) -> str:
        one = not path.list or path.index is not None
        if one and not isinstance(path.fact.type, Choices):
            fields.refuse("separator", "its cells hold one value each")
            return ""
        node = fields.value("separator")
        # A line break within a cell is a separator too.
        return node.text if isinstance(node, Scalar) and node.text else fields.text("separator")

    def _complete(self, fields: Fields, path: FactPath) -> bool:
        if not isinstance(path.fact.type, Choices):
            why = "of a list it is said under `lists`" if path.list else "it holds no set"
            fields.refuse("complete", why)
            return False
        return bool(fields.yes_no("complete"))

    def _check_once(self, columns: Sequence[MappedColumn]) -> None:
        first: dict[str, MappedColumn] = {}
        for column in columns:
            several = bool(column.path.list) and column.path.index is None
            several = several and column.path.list != self.rows
            # A cell that holds several records is all that is said of its list.
            name = column.path.list if several else column.path.text
            other = first.setdefault(name, column)
            clash = [
                each
                for each in columns
                if several and each is not column and each.path.list == column.path.list
            ]
            if other is not column or (clash and clash[0].path.index is not None):
                self.report.add(
                    Code.FACT_MAPPED_TWICE,
                    f"`{column.path.text}` is read from another column already"
                    if other is not column and other.path.text == column.path.text
                    else f"`{column.path.list}` is read whole from the cells of another column, so "
                    f"that nothing says to which of them `{column.path.text}` belongs",
                    column.node,
                    "keep one of the two",
                )

    def _skip(self, node: Node) -> tuple[Skip | None, bool]:
        fields = Fields(self.report, node, SKIP_KEYS, "rows to skip")
        if not fields.is_mapping:
            return None, True
        column = fields.required("column", "Name")
        fields.required("is", "[Total]")
        stated = fields.value("is")
        words = [stated] if isinstance(stated, Scalar) else fields.words("is")
        confirmed = self._confirmed(fields, node, "`skip`")
        if not isinstance(column, Scalar):
            fields.text("column")
            return None, confirmed
        return Skip(
            column, frozenset(fold_heading(word.text).casefold() for word in words)
        ), confirmed

    def _list(
        self, key: Scalar, node: Node, joined: dict[str, JoinedSheet], complete: set[str]
    ) -> None:
        lists = _lists(self.declared.cls)
        fact = lists.get(key.text)
        if fact is None or not isinstance(fact.type, Records):
            self.report.add(
                Code.UNKNOWN_FACT,
                f"unknown list `{key.text}`",
                key,
                did_you_mean(key.text, lists),
            )
            return
        fields = Fields(self.report, node, LIST_KEYS, f"the list `{key.text}`")
        if not fields.is_mapping:
            return
        if fields.yes_no("complete"):
            complete.add(key.text)
        if not any(each in fields for each in LIST_KEYS[1:-1]):
            return
        confirmed = self._confirmed(fields, key, f"the list `{key.text}`")
        fields.required("columns", "{Partner: name}")
        its_key = fields.required("key", "Reference")
        joins = fields.required("joins", "Reference")
        sheet = self._sheet(fields, fact.type.cls)
        if isinstance(its_key, Scalar) and isinstance(joins, Scalar) and confirmed:
            joined[key.text] = JoinedSheet(sheet, fields.text("file"), its_key, joins)
            return
        for name, given in (("key", its_key), ("joins", joins)):
            if given is not None and not isinstance(given, Scalar):
                fields.text(name)

    def _check_lists(self, sheet: MappedSheet, joined: dict[str, JoinedSheet]) -> None:
        for column in sheet.columns:
            if column.path.list in joined:
                self.report.add(
                    Code.FACT_MAPPED_TWICE,
                    f"`{column.path.list}` is read from a table of its own",
                    column.node,
                    "keep one of the two",
                )


@functools.cache
def _lists(cls: type) -> dict[str, Fact]:
    facts = vocabulary_of(cls).facts
    return {path: fact for path, fact in facts.items() if isinstance(fact.type, Records)}
