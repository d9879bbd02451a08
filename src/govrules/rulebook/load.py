"""Packs to a rulebook: folders of rule files, read and checked, with every problem at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Final

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import GovrulesError, RuleFileError, VocabularyError
from govrules.extensions import PACKS, added
from govrules.files import is_folder, is_name
from govrules.model import AssessmentFacts, Pair, Partnership, Register
from govrules.nodes import Entries, Node, Report, Scalar, parse
from govrules.rulebook.adapt import Section, applied, out_of_order, read_adaptations
from govrules.rulebook.ast import (
    Citation,
    Condition,
    Derived,
    DerivedExample,
    Document,
    FactSource,
    Pack,
    ParameterValue,
    Plain,
    Row,
    Rule,
    Rulebook,
    Says,
    Theme,
)
from govrules.rulebook.conditions import ConditionReader, read_parameter_type
from govrules.rulebook.dated import periods_read, read_dated, with_periods
from govrules.rulebook.fields import SNAKE, Fields, check_name
from govrules.rulebook.meant import TYPES_MEANT
from govrules.rulebook.packs import (
    Folder,
    PackFiles,
    PackSource,
    files_of,
    installed_pack,
)
from govrules.rulebook.rules import (
    SAYS,
    RuleReader,
    read_amendments,
    read_citation,
    read_given,
)
from govrules.rulebook.traps import names_no_rule, spans_of, warned
from govrules.rulebook.walk import beneath, references
from govrules.rulebook.wording import check_wording
from govrules.subjects import Declared, words_of
from govrules.undisturbed import undisturbed
from govrules.vocabulary import (
    Choice,
    Date,
    Fact,
    FactType,
    Kind,
    Money,
    Number,
    Text,
    YesNo,
    list_of,
    sentences,
    vocabulary_of,
)

#: The version of the file formats that this govrules reads.
FORMAT: Final = "1"
#: The subjects that are shipped; `load_rulebook` takes others beside them.
SUBJECTS: Final[Mapping[str, type]] = {
    "partnership": Partnership,
    "register": Register,
    "pair": Pair,
    "assessment": AssessmentFacts,
}

_NEWER: Final = re.compile(r"[2-9]|[1-9][0-9]+")
_RULEBOOK_KEYS: Final = (
    "govrules",
    "id",
    "title",
    "version",
    "owner",
    "extends",
    "adapts",
    "approved",
    "changed",
    "themes",
    "work",
    "sources",
    "parameters",
    "facts",
    "derived",
)
_LOCAL_TYPES: Final[Mapping[str, FactType]] = {
    "yes or no": YesNo(),
    "text": Text(),
    "number": Number(),
    "money": Money(),
    "date": Date(),
}


def shipped_packs() -> Path:
    """Return the folder of the packs that ship with govrules."""
    installed = Path(__file__).parents[1] / "packs"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "rules"


def shipped_examples() -> Path:
    """Return the folder of the example subjects that ship with govrules."""
    installed = Path(__file__).parents[1] / "examples"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "examples"


def packs_in(directories: Sequence[str]) -> list[str]:
    """Return the packs in folders: a folder that is no pack itself stands for those in it."""
    if not directories:
        return sorted(each.parent.name for each in shipped_packs().glob("*/rulebook.yaml"))
    packs: list[str] = []
    for directory in directories:
        inner = sorted(Path(directory).glob("*/rulebook.yaml"))
        if (Path(directory) / "rulebook.yaml").exists() or not inner:
            packs.append(directory)
        else:
            packs += [str(each.parent) for each in inner]
    return packs


def is_pack(folder: Path) -> bool:
    """Tell whether a folder is a pack, or holds packs."""
    return (folder / "rulebook.yaml").is_file() or any(folder.glob("*/rulebook.yaml"))


def pack_names() -> list[str]:
    """Return the names of the packs that are shipped, or that installed packages offer."""
    shipped = (each.name for each in shipped_packs().iterdir() if each.is_dir())
    return sorted({*shipped, *added(PACKS)})


def load_rulebook(*packs: PackSource, subjects: Mapping[str, type] | None = None) -> Rulebook:
    """
    Load packs of rules and check them together.

    Args:
        packs: folders; the names of packs that are shipped, or that installed packages offer by
            the entry point `govrules.packs`; mappings of file names to texts; or folders of a
            package's resources. All that are shipped if none is given.

        subjects: attrs classes that rules may be about, by the name that `subject:` gives them,
            beside partnership and register.

    Raises:
        RuleFileError: something in them is wrong; it carries every problem found.

        GovrulesError: what was passed is no pack, or no class of subjects.

    >>> load_rulebook().rule("pooled-budget-without-protocol").source.paragraph
    '7'
    """
    kinds = {**SUBJECTS, **(subjects or {})}
    for name, cls in kinds.items():
        check_kind(name, cls)
    loader = _Loader(kinds)
    with undisturbed():
        for pack in packs or packs_in(()):
            loader.add(pack)
        return loader.finish()


def imported_kinds(names: Sequence[str]) -> dict[str, type]:
    """
    Import classes of subjects, each with that of the subjects it lists, if it is a register.

    Args:
        names: of each ``module:Class``, or ``name=module:Class`` where rules call it otherwise than
            its class.

    Raises:
        GovrulesError: one cannot be imported, or is no class of subjects.
    """
    found: dict[str, type] = {}
    for each in names:
        name, equals, where = each.partition("=")
        module, _, cls_name = (where if equals else each).partition(":")
        try:
            cls = getattr(import_module(module), cls_name)
        except (ImportError, AttributeError, ValueError) as error:
            msg = f"the kind of subject `{each}` cannot be imported: {error}"
            raise GovrulesError(msg) from error
        check_kind(each, cls)
        found[name if equals else words_of(cls).replace(" ", "_")] = cls
        inner = list_of(cls)
        if inner is not None and inner[1] not in found.values():
            found[words_of(inner[1]).replace(" ", "_")] = inner[1]
    return found


def check_kind(name: str, cls: object) -> None:
    """
    Check that a class can be a kind of subject.

    Raises:
        GovrulesError: it is no attrs class, or has a field that no fact can be.
    """
    what = f"the kind of subject `{name}`"
    if not isinstance(cls, type):
        msg = f"{what} must be an attrs class, not {type(cls).__name__}"
        raise GovrulesError(msg)
    try:
        vocabulary_of(cls)
    except (VocabularyError, NameError) as error:
        msg = f"{what}: {error}"
        raise GovrulesError(msg) from error


def lint_pack(
    pack: PackSource, *, subjects: Mapping[str, type] | None = None
) -> tuple[Rulebook | None, tuple[Diagnostic, ...]]:
    """
    Return a pack's rulebook, and what is wrong with it or warned of in its words.

    The rulebook is None where something is wrong.
    """
    loader = _Loader({**SUBJECTS, **(subjects or {})})
    loader.worded = []
    loader.add(pack)
    rulebook: Rulebook | None = None
    found: list[Diagnostic] = []
    try:
        rulebook = loader.finish()
    except RuleFileError as error:
        found += error.diagnostics
    found += [each for report in loader.worded for each in report.in_order()]
    if rulebook is not None:
        found += loader.warned(rulebook)
    return rulebook, tuple(found)


@attrs.define
class _Pack:
    """A pack whose `rulebook.yaml` has been read, and whose rules have not."""

    files: PackFiles
    name: str
    fields: Fields
    report: Report
    id: str
    with_rules: bool
    derived: list[tuple[Scalar, Fields]] = attrs.field(factory=list)
    #: The packs that it extends and those that it adapts, by their keys.
    extended: list[Hashable] = attrs.field(factory=list)
    adapted: list[tuple[Hashable, Scalar, Node]] = attrs.field(factory=list)
    #: The texts that were read of it, by the names of their files.
    contents: dict[str, str] = attrs.field(factory=dict)

    def read(self, name: str) -> tuple[str, Report]:
        """Return the text of one of its files and a report on it."""
        text, report = self.files.read(name, f"{self.name}/{name}")
        self.contents[name] = text
        return text, report

    def made(self, sees: Iterable[str]) -> Pack:
        """Return what is kept of it in the rulebook."""
        digest = hashlib.sha256()
        for name, text in sorted(self.contents.items()):
            for each in (name, text):
                data = each.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "big") + data)
        version = self.fields.text("version")
        return Pack(
            self.id,
            version,
            digest.hexdigest(),
            self.with_rules,
            tuple(sees),
            self.fields.text("approved"),
            read_amendments(self.fields),
        )


class _Loader:
    """Collects the declarations of all packs first, then their conditions and rules."""

    def __init__(self, subjects: Mapping[str, type]) -> None:
        self.subjects = subjects
        #: What is warned of in the words of each file; None where nobody asks.
        self.worded: list[Report] | None = None
        self.packs: dict[Hashable, _Pack] = {}
        #: Packs begun: two that extend each other are read once.
        self.opened: set[Hashable] = set()
        self.reports: list[Report] = []
        self.documents: dict[str, Document] = {}
        self.texts: dict[str, str] = {}
        self.themes: dict[str, Theme] = {}
        self.work: dict[str, str] = {}
        self.parameters: dict[str, ParameterValue] = {}
        self.local: dict[str, Fact] = {}
        #: Where each own fact is declared, and by which pack.
        self.local_at: dict[str, tuple[str, Span]] = {}
        #: Which pack declares each derived fact.
        self.derived_of: dict[str, str] = {}
        #: Packs that declare what others do, with how often, and where that was reported.
        self.copies: dict[tuple[str, str], int] = {}
        self.derived_facts: dict[str, tuple[Fact, type]] = {}
        self.derived: dict[str, Derived] = {}
        self.rules: list[Rule] = []
        self.ids: dict[str, Span] = {}
        self.superseded: list[tuple[Report, Scalar]] = []

    def add(self, pack: PackSource) -> None:
        """Read the `rulebook.yaml` of a pack whose rules are asked for."""
        if isinstance(pack, str | Path):
            name = str(pack)
            # A shipped pack goes by its name, so that output is the same on every machine.
            files = Folder(Path(pack)) if is_folder(Path(pack)) else _named(name)
        else:
            files = files_of(pack, "a pack")
            number = sum(not isinstance(each.files, Folder) for each in self.packs.values())
            name = f"pack-{number + 1}"
        if files is not None:
            self._add_files(files, name, with_rules=True)
            return
        report = Report(name)
        self.reports.append(report)
        report.add(Code.UNREADABLE_FILE, "there is no such folder", help_=_packs_like(name))

    def _beside(self, pack: _Pack, node: Scalar, to: str, *, with_rules: bool) -> Hashable | None:
        """Read the pack that another extends or adapts, and return its key; None without one."""
        name = node.text
        files = None
        if name:
            files = pack.files.beside(name) or _named(name)
        if files is None:
            message = f"there is no pack `{name}` to {to}"
            pack.report.add(Code.UNREADABLE_FILE, message, node, _packs_like(name))
            return None
        self._add_files(files, name, with_rules=with_rules)
        return files.key

    def _add_files(self, files: PackFiles, name: str, *, with_rules: bool) -> None:
        """Read a pack's `rulebook.yaml`, after those of the packs that it extends."""
        key = files.key
        if key in self.packs:
            self.packs[key].with_rules |= with_rules
            return
        if key in self.opened:
            return
        self.opened.add(key)
        text, report = files.read("rulebook.yaml", f"{name}/rulebook.yaml")
        self.reports.append(report)
        if not report.ok:
            if "rulebook.yaml" not in files.names():
                report.diagnostics.clear()
                self._no_rulebook(report)
                self._report_not_read(files, name)
            return
        node = parse(text, report)
        if node is None:
            return
        fields = Fields(report, node, _RULEBOOK_KEYS, "a rulebook")
        if not check_version(fields):
            return
        if with_rules:
            self._check_wording(node, report.file, text)
        loaded = _Pack(files, name, fields, report, fields.name("id"), with_rules)
        loaded.contents["rulebook.yaml"] = text
        for base in fields.words("extends"):
            found = self._beside(loaded, base, "extend", with_rules=False)
            loaded.extended += [] if found is None else [found]
        for base, given in fields.entries("adapts"):
            # A pack whose rules are brought as they are has nothing after the colon.
            empty = isinstance(given, Scalar) and not given.text.strip()
            section = Entries([], given.line, given.column) if empty else given
            found = self._beside(loaded, base, "adapt", with_rules=with_rules)
            if found is not None:
                loaded.adapted.append((found, base, section))
        self.packs[key] = loaded
        self._declare(loaded)

    @staticmethod
    def _no_rulebook(report: Report) -> None:
        report.add(
            Code.NO_RULEBOOK,
            "the folder holds no `rulebook.yaml`, so it is no pack",
            help_="`govrules init` makes a pack",
        )

    def _report_not_read(self, files: PackFiles, name: str) -> None:
        """Report files that were meant for the pack, as their names show, and are not read."""
        for path in map(Path, files.names()):
            help_ = _meant_for_the_pack(path.name)
            if help_:
                report = Report(f"{name}/{path.name}")
                report.add(Code.NOT_READ, f"`{path.name}` is not read", help_=help_)
                self.reports.append(report)

    def _declare(self, pack: _Pack) -> None:
        for key in ("title", "version", "owner"):
            pack.fields.text(key, required=True)
        for name, node in pack.fields.entries("themes"):
            self._theme(pack, name, node)
        for name, node in pack.fields.entries("work"):
            title = self._titled(pack, name, node, "piece of work")
            if self.work.setdefault(name.text, title) != title:
                self._name_taken(pack.report, name, "another piece of work")
        for name, node in pack.fields.entries("sources"):
            self._source(pack, name, node)
        for name, node in pack.fields.entries("parameters"):
            self._parameter(pack, name, node)
        for name, node in pack.fields.entries("facts"):
            self._local(pack, name, node)
        for name, node in pack.fields.entries("derived"):
            self._declare_derived(pack, name, node)

    def _theme(self, pack: _Pack, key: Scalar, node: Node) -> None:
        theme = Theme(key.text, self._titled(pack, key, node, "theme"))
        if self.themes.setdefault(key.text, theme) != theme:
            self._name_taken(pack.report, key, "another theme")

    @staticmethod
    def _titled(pack: _Pack, key: Scalar, node: Node, what: str) -> str:
        """Return the title of a theme or a piece of work."""
        check_name(pack.report, key.text, key)
        if isinstance(node, Scalar) and node.text.strip():
            return node.text
        pack.report.add(
            Code.WRONG_SHAPE,
            f"the title of {what} `{key.text}` is a line of text",
            node,
            f"write `{key.text}: its title`",
        )
        return ""

    def _source(self, pack: _Pack, key: Scalar, node: Node) -> None:
        report = pack.report
        fields = Fields(
            report, node, ("title", "publisher", "year", "where", "text"), f"source `{key.text}`"
        )
        check_name(report, key.text, key)
        document = Document(
            id=key.text,
            title=fields.text("title", required=True),
            publisher=fields.text("publisher", required=True),
            year=fields.text("year", required=True),
            where=fields.text("where"),
            text=fields.text("text"),
        )
        if self.documents.get(key.text, document) != document:
            self._name_taken(report, key, "another source")
            return
        self.documents[key.text] = document
        if document.text:
            text, text_report = pack.read(document.text)
            if not text_report.ok:
                report.add(
                    Code.NO_SOURCE_TEXT,
                    f"the text `{document.text}` of source `{key.text}` cannot be read",
                    fields.value("text"),
                    "put the text into the pack, or drop `text`",
                )
            self.texts[key.text] = fold_space(text)

    def _parameter(self, pack: _Pack, key: Scalar, node: Node) -> None:
        report = pack.report
        keys = ("value", "values", "unit", "reason", "says")
        fields = Fields(report, node, keys, f"parameter `{key.text}`")
        check_name(report, key.text, key, SNAKE)
        if "values" in fields:
            fields.refuse("value", "a parameter has one `value`, or `values` with their first days")
        else:
            fields.required("value")
        unit = fields.text("unit")
        reason = fields.text("reason", required=True)
        says = fields.choice("says", SAYS, required=True)
        value = fields.value("value")
        dated: tuple[tuple[dt.date, Plain], ...] = ()
        if "values" in fields and says is not None:
            items = fields.items("values")
            dated = read_dated(report, items, key.text, unit) or ()
            last = Fields(report, items[-1], ("from", "value"), "a value") if dated else None
            value = last.value("value") if last is not None else None
        if value is None or says is None:
            return
        read = read_parameter_type(value, unit) if isinstance(value, Scalar) else None
        if read is None:
            report.add(
                Code.TYPE_MISMATCH,
                f"parameter `{key.text}` is no number, amount, length of time or date",
                value,
                "write 250000 with `unit: pounds`, or `12 months`, or a number",
            )
            return
        if key.text in self.parameters:
            self._name_taken(report, key, "another parameter", self.parameters[key.text].pack, pack)
            return
        self.parameters[key.text] = ParameterValue(
            key.text,
            read[0],
            read[1],
            reason,
            Says(says),
            unit,
            pack.id,
            dated=dated,
            span=report.span(key),
        )

    def _local(self, pack: _Pack, key: Scalar, node: Node) -> None:
        report = pack.report
        said = ("label", "sentence", "denial", "absent", "present", "question")
        keys = ("type", "values", "kind", "unit", *said)
        name = key.text.removeprefix("local.")
        fields = Fields(report, node, keys, f"fact `{key.text}`")
        check_name(report, name, key, SNAKE)
        if not key.text.startswith("local."):
            report.add(
                Code.BAD_NAME,
                f"a pack's own fact is named `local.…`, not `{key.text}`",
                key,
                f"write `local.{name}`",
            )
        label = fields.text("label", required=True)
        if "question" not in fields:
            report.add(
                Code.NO_QUESTION,
                f"fact `{key.text}` has no question",
                key,
                "add `question: …`, to be asked when nobody recorded it",
            )
        question = fields.text("question")
        kind = fields.choice("kind", [each.value for each in Kind], required=True)
        if name in self.local:
            self._name_taken(report, key, "another local fact", self.local_at[name][0], pack)
            return
        self.local_at[name] = (pack.id, report.span(key))
        # A fact declared badly is a fact all the same, or each use of it would be reported too.
        fact_type = self._local_type(fields) or Text()
        self.local[name] = Fact(
            name=key.text,
            type=fact_type,
            kind=Kind(kind) if kind else Kind.CIRCUMSTANCE,
            label=label,
            question=question,
            **sentences(
                label,
                fact_type,
                self._sentences(fields, "sentence", fact_type),
                self._sentences(fields, "denial", fact_type),
            ),
            absent=fields.text("absent"),
            present=fields.text("present"),
        )

    @staticmethod
    def _sentences(fields: Fields, key: str, fact_type: FactType) -> str | dict[str, str]:
        """Return one sentence for every value, or a mapping with one for each that it names."""
        values = fact_type.values if isinstance(fact_type, Choice) else ()
        is_yes_no = isinstance(fact_type, YesNo)
        if is_yes_no and key == "sentence":
            fields.refuse(key, "a yes or no has its sentences in `label` and `denial`")
            return ""
        if not isinstance(fields.value(key), Entries) or not values:
            text = fields.text(key)
            if text and not is_yes_no and "{value}" not in text:
                fields.report.add(
                    Code.WRONG_SHAPE,
                    f"`{key}` of {fields.what} says no value",
                    fields.value(key),
                    "write `{value}` where the value stands",
                )
            return text
        found = Fields(fields.report, fields.value(key), values, f"`{key}` of {fields.what}")
        return {each: found.text(each) for each in values if each in found}

    @staticmethod
    def _local_type(fields: Fields) -> FactType | None:
        if "values" in fields:
            fields.refuse("type", "a fact has either `type` or `values`")
            values = fields.values("values")
            return Choice(values) if values else None
        given = fields.value("type")
        meant = TYPES_MEANT.get(given.text.lower()) if isinstance(given, Scalar) else None
        if meant is not None and isinstance(given, Scalar):
            message = f"unknown value `{given.text}` of `type`"
            fields.report.add(Code.UNKNOWN_VALUE, message, given, f"write `type: {meant}`")
            return None
        word = fields.choice("type", [*_LOCAL_TYPES], required=True)
        if word is None:
            return None
        if word != "number":
            fields.refuse("unit", "only a number has a `unit`")
            return _LOCAL_TYPES[word]
        return Number(unit=fields.text("unit"))

    def _declare_derived(self, pack: _Pack, key: Scalar, node: Node) -> None:
        report = pack.report
        check_name(report, key.text, key, SNAKE)
        keys = (
            "subject",
            "label",
            "denial",
            "values",
            "first_match",
            "otherwise",
            "when",
            "unique",
            "show",
            "examples",
            "source",
        )
        fields = Fields(report, node, keys, f"derived fact `{key.text}`")
        subject = fields.choice("subject", [*self.subjects]) or "partnership"
        cls = self.subjects[subject]
        if key.text in vocabulary_of(cls).facts:
            self._name_taken(report, key, "a recorded fact")
            return
        if key.text in self.derived_facts:
            self._name_taken(
                report, key, "another derived fact", self.derived_of.get(key.text, ""), pack
            )
            return
        is_table = "values" in fields or "first_match" in fields
        if is_table:
            fields.required("values")
            fields.refuse("when", "it belongs to a fact that is yes or no")
        else:
            fields.refuse("otherwise", "it belongs to a fact with `first_match`")
            fields.refuse("unique", "it belongs to a fact with `first_match`")
        values = fields.values("values")
        label = fields.text("label", required=True)
        fact_type: FactType = YesNo()
        if is_table:
            fact_type = Choice(values, ordered=True) if values else Text()
        denial = fields.text("denial") or ("" if is_table else f"not so: {label}")
        asks = "Is it so that" if isinstance(fact_type, YesNo) else "What is"
        fact = Fact(key.text, fact_type, Kind.CIRCUMSTANCE, label, f"{asks} {label}?", denial)
        self.derived_facts[key.text] = (fact, cls)
        self.derived_of[key.text] = pack.id
        if values or not is_table:
            pack.derived.append((key, fields))

    def _name_taken(
        self, report: Report, key: Scalar, by: str, other: str = "", pack: _Pack | None = None
    ) -> None:
        """Report a name that another thing has; of a pack that copies another, say so once."""
        if not other or pack is None or other == pack.id:
            message = f"`{key.text}` is already the name of {by}"
            report.add(Code.NAME_TAKEN, message, key, "choose another name")
            return
        seen = self.copies.get((pack.id, other), 0)
        self.copies[pack.id, other] = seen + 1
        if not seen:
            report.add(
                Code.NAME_TAKEN,
                f"`{key.text}` is already the name of {by}, of pack `{other}`; what else is "
                "declared twice is not listed",
                key,
                f"to change what `{other}` says, write `adapts: {{ {other}: … }}` in place of a "
                "copy; else choose another name",
            )

    def finish(self) -> Rulebook:
        """Read all conditions and rules; raise every problem of every file at once."""
        declared = Declared(self.local, self.derived_facts)
        adapting = self._adapting()
        for pack in self.packs.values():
            reader = ConditionReader(pack.report, declared, self.parameters)
            for key, fields in pack.derived:
                self._read_derived(pack, reader, key, fields)
        self._check_cycles()
        for pack in self.packs.values():
            if pack.with_rules:
                self._read_themes(pack, declared)
        self._check_superseded()
        # What is adapted is read though a pack that adapts has other faults: all is said at once.
        own = [pack.report for pack in adapting]
        if not all(report.ok or report in own for report in self.reports):
            self._raise_problems()
        self._check_names()
        book = self._adapted(self._plain_book(), adapting)
        self._raise_problems()
        return book

    def _raise_problems(self) -> None:
        found = (each for report in self.reports for each in report.in_order())
        diagnostics = tuple(dict.fromkeys(found))
        if diagnostics:
            raise RuleFileError(diagnostics)

    def _plain_book(self) -> Rulebook:
        """Return the rulebook of what was read, with nothing adapted."""
        own = [pack for pack in self.packs.values() if pack.with_rules]
        book = Rulebook(
            id="+".join(pack.id for pack in own),
            title=" and ".join(pack.fields.text("title") for pack in own),
            version="+".join(pack.fields.text("version") for pack in own),
            owner=own[0].fields.text("owner"),
            documents=self.documents,
            parameters=self.parameters,
            derived=self._in_order(),
            local=self.local,
            rules=tuple(self.rules),
            subjects=dict(self.subjects),
            work=self.work,
            packs=tuple(pack.made(self._sees(key)) for key, pack in self.packs.items()),
        )
        # Those to which a pack gives a place come first, then the others as their files come.
        book = attrs.evolve(book, derived=periods_read(book))
        used = {each.id: each for each in book.themes}
        titled = {each: theme for each, theme in self.themes.items() if each in used}
        return attrs.evolve(book, themes=tuple((titled | used | titled).values()))

    def _sees(self, key: Hashable) -> tuple[str, ...]:
        """Return the ids of the packs that one adapts or extends, and of those that they do."""
        found: dict[Hashable, None] = {}
        waiting = [key]
        while waiting:
            pack = self.packs.get(waiting.pop())
            beneath = [] if pack is None else [*pack.extended, *(each for each, *_ in pack.adapted)]
            waiting += [each for each in beneath if each not in found]
            found |= dict.fromkeys(beneath)
        return tuple(self.packs[each].id for each in found if each in self.packs and each != key)

    def _adapting(self) -> tuple[_Pack, ...]:
        """Return the packs that adapt others, each after those; report rings of them."""
        needs = {
            key: [each for each, *_ in pack.adapted if each in self.packs]
            for key, pack in self.packs.items()
        }
        try:
            order = [*TopologicalSorter(needs).static_order()]
        except CycleError as error:
            self._report_ring_of_packs(error.args[1])
            return ()
        for key in reversed(order):
            if self.packs[key].with_rules:
                for each in needs[key]:
                    self.packs[each].with_rules = True
        return tuple(self.packs[key] for key in order if needs[key])

    def _report_ring_of_packs(self, ring: Sequence[Hashable]) -> None:
        ring = ring[::-1]
        pack = self.packs[ring[0]]
        path = " → ".join(f"`{self.packs[each].id}`" for each in ring)
        node = next(name for key, name, _ in pack.adapted if key == ring[1])
        pack.report.add(
            Code.ADAPTED_IN_A_RING,
            f"packs adapt each other in a ring: {path}",
            node,
            "let one of them stop adapting the next; `extends` brings facts without rules",
        )

    def _adapted(self, plain: Rulebook, adapting: Sequence[_Pack]) -> Rulebook:
        """Return the rulebook with what packs change in others."""
        builds_on = {pack.id: frozenset(self._adapts(pack)) for pack in self.packs.values()}
        sections = [
            Section(pack.id, self.packs[key].id, node, pack.report, pack.with_rules)
            for pack in adapting
            for key, _, node in pack.adapted
        ]
        adaptations = read_adaptations(sections, plain, builds_on)
        if not all(report.ok for report in self.reports):
            return plain
        book = applied(plain, adaptations)
        for adaptation, message in out_of_order(book):
            span = adaptation.span
            report = next(each.report for each in sections if each.report.file == span.file)
            key = Scalar(adaptation.name, True, span.line, span.column, span.length)  # noqa: FBT003
            report.add(Code.EMPTY_RANGE, message, key, "give another value, or adapt both ends")
        return book

    def _adapts(self, pack: _Pack) -> set[str]:
        """Return the ids of the packs that one adapts, and of those that they adapt."""
        beneath = [self.packs[key] for key, *_ in pack.adapted if key in self.packs]
        return {each.id for each in beneath}.union(*map(self._adapts, beneath))

    def warned(self, rulebook: Rulebook) -> Iterator[Diagnostic]:
        """Yield what is warned of in the pack that was asked for, which was read last."""
        pack = [*self.packs.values()][-1]
        own = {name: span for name, (of, span) in self.local_at.items() if of == pack.id}
        lines = {report.file: report.lines for report in self.reports}
        yield from spans_of(warned(rulebook, {pack.id}, own), lines)

    def _check_wording(self, node: Node, file: str, text: str) -> None:
        if self.worded is not None:
            self.worded.append(Report(file, text))
            check_wording(node, self.worded[-1])

    def _read_derived(
        self, pack: _Pack, reader: ConditionReader, key: Scalar, fields: Fields
    ) -> None:
        report = pack.report
        fact, cls = self.derived_facts[key.text]
        rows: list[Row] = []
        otherwise: str | bool | None = None
        if isinstance(fact.type, YesNo):
            when = reader.required_condition(fields.required("when"), (cls,))
            if when is not None:
                rows.append(Row(when, value=True, span=report.span(key)))
            otherwise = False
        else:
            assert isinstance(fact.type, Choice)  # noqa: S101 - declared just so
            rows = self._rows(report, reader, fields, fact.type, cls)
            otherwise = fields.choice("otherwise", fact.type.values)
        sources: tuple[Citation, ...] = ()
        if "source" in fields:
            citation = read_citation(report, fields.value("source"), self.documents, self.texts)
            sources = (citation,) if citation else ()
        examples = [
            example
            for item in fields.items("examples")
            for example in self._derived_example(report, reader.declared, item, fact, cls)
        ]
        self.derived[key.text] = Derived(
            fact,
            cls,
            tuple(rows),
            otherwise,
            sources,
            tuple(examples),
            inherited=not pack.with_rules,
            unique=fields.yes_no("unique") is True,
            show=fields.yes_no("show"),
            pack=pack.id,
            span=report.span(key),
        )

    @staticmethod
    def _derived_example(
        report: Report, declared: Declared, node: Node, fact: Fact, cls: type
    ) -> list[DerivedExample]:
        fields = Fields(report, node, ("name", "given", "expect"), "an example of a derived fact")
        name = fields.text("name", required=True)
        given = fields.required("given")
        words: dict[str, str | bool | None] = {"unknown": None}
        if isinstance(fact.type, Choice):
            words |= {value: value for value in fact.type.values}
        else:
            words |= {"yes": True, "no": False}
        expect = fields.choice("expect", [*words], required=True)
        if given is None or expect is None:
            return []
        record, as_of = read_given(report, given, cls, declared)
        day = as_of if isinstance(as_of, dt.date) else None
        return [DerivedExample(name, record, words[expect], day, span=report.span(node))]

    def _rows(
        self,
        report: Report,
        reader: ConditionReader,
        fields: Fields,
        fact_type: Choice,
        cls: type,
    ) -> list[Row]:
        rows: list[Row] = []
        fields.required("first_match")
        seen: list[Condition] = []
        for node in fields.items("first_match"):
            row = Fields(report, node, ("when", "value"), "a row")
            when = reader.required_condition(row.required("when"), (cls,))
            value = row.choice("value", fact_type.values, required=True)
            if when is None or value is None:
                continue
            if when in seen:
                report.add(
                    Code.UNREACHABLE_ROW,
                    "an earlier row has the same condition, so this one is never reached",
                    row.key("when"),
                    "drop it",
                )
            seen.append(when)
            rows.append(Row(when, value, span=report.span(node)))
        return rows

    def _in_order(self) -> dict[str, Derived]:
        """Return the derived facts, each after those that it reads."""
        found: dict[str, Derived] = {}
        every = with_periods(self.derived, self.parameters.values(), self.subjects.values())
        for name in every:
            for each in beneath(name, every, found):
                found[each] = every[each]
        return found

    def _check_cycles(self) -> None:
        needs = {
            name: {
                ref.path
                for row in derived.rows
                for ref in references(row.when)
                if ref.source is FactSource.DERIVED
            }
            for name, derived in self.derived.items()
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError:
            self._report_cycles(needs)

    def _report_cycles(self, needs: Mapping[str, set[str]]) -> None:
        in_a_cycle: set[str] = set()
        for name in needs:
            ring = _ring(name, needs)
            if ring and not in_a_cycle & set(ring):
                in_a_cycle |= set(ring)
                self._report_cycle(name, ring)

    def _report_cycle(self, name: str, ring: list[str]) -> None:
        for pack in self.packs.values():
            for key, _ in pack.derived:
                if key.text == name:
                    path = " → ".join(f"`{each}`" for each in [*ring, ring[0]])
                    pack.report.add(
                        Code.DERIVED_CYCLE,
                        f"derived in a ring: {path}",
                        key,
                        "derive one of them from recorded facts only",
                    )

    def _check_names(self) -> None:
        """Report rules about findings that name a rule or a theme that is not there."""
        if not any(rule.subject == "assessment" for rule in self.rules):
            return
        ids, themes = {*self.ids}, {rule.theme for rule in self.rules}
        for pack in self.packs.values():
            if not pack.with_rules:
                # Its rules are not used here, and can be meant all the same.
                for name in pack.files.names():
                    text = pack.files.read(name, name)[0] if name.endswith(".yaml") else ""
                    ids.update(_IDS.findall(text))
                    themes.update(_THEMES.findall(text))
        lines = {report.file: report.lines for report in self.reports}
        for each in spans_of(names_no_rule(self.rules, ids, sorted(ids), sorted(themes)), lines):
            report = next(one for one in self.reports if one.file == each.span.file)
            report.diagnostics.append(each)

    def _check_superseded(self) -> None:
        for report, node in self.superseded:
            older = next((each for each in self.rules if each.id == node.text), None)
            # One that ends is kept beside its successor, so that any day can be judged.
            if node.text in self.ids and not (older and older.in_force[1]):
                report.add(
                    Code.SUPERSEDED_RULE_PRESENT,
                    f"rule `{node.text}` is superseded, yet it stands at {self.ids[node.text]}",
                    node,
                    "remove the older rule, or say when it ends: `in_force: { until: … }`",
                )

    def _read_themes(self, pack: _Pack, declared: Declared) -> None:
        names = pack.files.names()
        files = [each for each in names if each.endswith(".yaml") and each != "rulebook.yaml"]
        if not files and not pack.adapted:
            pack.report.add(
                Code.NO_RULEBOOK,
                "the pack holds no file of rules",
                help_="add `<theme>.yaml` beside `rulebook.yaml`",
            )
        self._report_not_read(pack.files, pack.name)
        for each in files:
            text, report = pack.read(each)
            self.reports.append(report)
            node = parse(text, report) if report.ok else None
            if node is None:
                continue
            self._check_wording(node, report.file, text)
            fields = Fields(report, node, ("govrules", "theme", "rules"), "a rule file")
            if not check_version(fields):
                continue
            theme = fields.name("theme")
            self._check_theme(pack, fields, theme)
            fields.required("rules")
            reader = RuleReader(
                report=report,
                conditions=ConditionReader(report, declared, self.parameters),
                documents=self.documents,
                texts=self.texts,
                subjects=self.subjects,
                theme=theme,
                pack=pack.id,
                work=self.work,
                ids=self.ids,
                superseded=self.superseded,
            )
            for item in fields.items("rules"):
                rule = reader.rule(item)
                if rule is not None:
                    self.rules.append(rule)

    def _check_theme(self, pack: _Pack, fields: Fields, theme: str) -> None:
        """Report a theme that is not among those to which the pack gives titles and an order."""
        titled = isinstance(pack.fields.value("themes"), Entries)
        if theme and titled and theme not in self.themes:
            fields.report.add(
                Code.NOT_DECLARED,
                f"no theme is called `{theme}`",
                fields.value("theme"),
                did_you_mean(theme, self.themes) or "name it under `themes` in `rulebook.yaml`",
            )


def check_version(fields: Fields) -> bool:
    """Tell whether the file is of the format version that is read here, and report if not."""
    if not fields.is_mapping:
        return False
    version = fields.required("govrules", FORMAT)
    return version is not None and check_format(version, fields.report)


def check_format(version: Node, report: Report) -> bool:
    """Tell whether a file is of the format version that is read here, and report if not."""
    text = version.text if isinstance(version, Scalar) else ""
    if text == FORMAT:
        return True
    report.add(
        Code.UNSUPPORTED_VERSION,
        f"format version `{text}` is not read here" if text else "no format version stands here",
        version,
        "upgrade govrules" if _NEWER.fullmatch(text) else f"write `govrules: {FORMAT}`",
    )
    return False


def fold_space(text: str) -> str:
    """Fold white space, as quotes and sources are compared."""
    return re.sub(r"\s+", " ", text).strip()


def _meant_for_the_pack(name: str) -> str:
    """Return what to do about a file that looks like rules and is not read; "" of other files."""
    path = Path(name)
    if name.startswith(".") or path.suffix == ".yaml":
        return ""
    if path.suffix.lower() in (".yaml", ".yml"):
        return f"call it `{path.stem}.yaml`"
    inner = _RULES_INSIDE.match(name)
    if inner is not None:
        return f"call it `{inner[1]}.yaml`, or move it out of the pack"
    if path.suffix.lower() in _DOCUMENTS:
        return f"save it as plain text called `{path.stem}.yaml`, or move it out of the pack"
    return ""


_IDS: Final = re.compile(r"^\s+(?:- )?id:\s*([a-z0-9-]+)\s*$", re.MULTILINE)
_THEMES: Final = re.compile(r"^theme:\s*([a-z0-9-]+)\s*$", re.MULTILINE)
#: A name such as `money.yaml.txt`, `money.yaml.bak` or `money.yaml~`, without what comes after it.
_RULES_INSIDE: Final = re.compile(r"(.+?)\.ya?ml(?:[._~ -].*)?$", re.IGNORECASE)
_DOCUMENTS: Final = (".doc", ".docx", ".odt", ".rtf", ".pages")


def _named(name: str) -> PackFiles | None:
    """Return the pack of a name: one that is shipped, or that an installed package offers."""
    folder = shipped_packs() / name
    return Folder(folder) if is_name(name) and is_folder(folder) else installed_pack(name)


def _packs_like(name: str) -> str:
    """Return a help line with the pack of the nearest name."""
    help_ = did_you_mean(Path(name).name, pack_names())
    return help_ if help_.startswith("did") else "name a folder that holds a pack"


def _ring(name: str, needs: Mapping[str, set[str]]) -> list[str]:
    """Return the names on a way from a derived fact back to itself, if there is one."""
    ways: list[list[str]] = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for each in sorted(needs.get(way[-1], ())):
            if each == name:
                return way
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []
