"""Packs to a rulebook: folders of rule files, read and checked, with every problem at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Hashable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Final

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import GovrulesError, RuleFileError, VocabularyError
from govrules.model import AssessmentFacts, Pair, Partnership, Register
from govrules.nodes import Entries, Node, Report, Scalar, parse
from govrules.rulebook.ast import (
    Citation,
    Condition,
    Derived,
    DerivedExample,
    Document,
    FactSource,
    Pack,
    ParameterValue,
    Row,
    Rule,
    Rulebook,
    Says,
    Theme,
)
from govrules.rulebook.conditions import ConditionReader, read_parameter_type
from govrules.rulebook.fields import SNAKE, Fields, check_name
from govrules.rulebook.packs import (
    Folder,
    PackFiles,
    PackSource,
    files_of,
    installed,
    installed_pack,
)
from govrules.rulebook.rules import SAYS, RuleReader, read_citation, read_given
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
    #: The texts that were read of it, by the names of their files.
    contents: dict[str, str] = attrs.field(factory=dict)

    def read(self, name: str) -> tuple[str, Report]:
        """Return the text of one of its files and a report on it."""
        text, report = self.files.read(name, f"{self.name}/{name}")
        self.contents[name] = text
        return text, report

    @property
    def made(self) -> Pack:
        """What is kept of it in the rulebook."""
        digest = hashlib.sha256()
        for name, text in sorted(self.contents.items()):
            for each in (name, text):
                data = each.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "big") + data)
        version = self.fields.text("version")
        return Pack(self.id, version, digest.hexdigest(), self.with_rules)


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
            files = Folder(Path(pack)) if Path(pack).is_dir() else _named(name)
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

    def _extend(self, pack: _Pack, node: Scalar) -> None:
        name = node.text
        if name and "\0" not in name:
            files = pack.files.beside(name) or _named(name)
            if files is not None:
                self._add_files(files, name, with_rules=False)
                return
        pack.report.add(
            Code.UNREADABLE_FILE, f"there is no pack `{name}` to extend", node, _packs_like(name)
        )

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
            self._extend(loaded, base)
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
        """Report files that were meant for the pack, as their endings show, and are not read."""
        for path in map(Path, files.names()):
            if path.suffix != ".yaml" and path.suffix.lower() in (".yaml", ".yml"):
                report = Report(f"{name}/{path.name}")
                report.add(
                    Code.NOT_READ,
                    f"`{path.name}` is not read",
                    help_=f"call it `{path.stem}.yaml`",
                )
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
            path = Path(document.text)
            if not text_report.ok or ".." in path.parts or path.is_absolute():
                report.add(
                    Code.NO_SOURCE_TEXT,
                    f"the text `{document.text}` of source `{key.text}` cannot be read",
                    fields.value("text"),
                    "put the text into the pack, or drop `text`",
                )
            self.texts[key.text] = fold_space(text)

    def _parameter(self, pack: _Pack, key: Scalar, node: Node) -> None:
        report = pack.report
        keys = ("value", "unit", "reason", "says")
        fields = Fields(report, node, keys, f"parameter `{key.text}`")
        check_name(report, key.text, key, SNAKE)
        fields.required("value")
        unit = fields.text("unit")
        reason = fields.text("reason", required=True)
        says = fields.choice("says", SAYS, required=True)
        value = fields.value("value")
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
            self._name_taken(report, key, "another parameter")
            return
        self.parameters[key.text] = ParameterValue(
            key.text, read[0], read[1], reason, Says(says), unit
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
            self._name_taken(report, key, "another local fact")
            return
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
            self._name_taken(report, key, "another derived fact")
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
        if values or not is_table:
            pack.derived.append((key, fields))

    def _name_taken(self, report: Report, key: Scalar, by: str) -> None:
        report.add(
            Code.NAME_TAKEN, f"`{key.text}` is already the name of {by}", key, "choose another name"
        )

    def finish(self) -> Rulebook:
        """Read all conditions and rules; raise every problem of every file at once."""
        declared = Declared(self.local, self.derived_facts)
        for pack in self.packs.values():
            reader = ConditionReader(pack.report, declared, self.parameters)
            for key, fields in pack.derived:
                self._read_derived(pack, reader, key, fields)
        self._check_cycles()
        for pack in self.packs.values():
            if pack.with_rules:
                self._read_themes(pack, declared)
        self._check_superseded()
        diagnostics = tuple(each for report in self.reports for each in report.in_order())
        if diagnostics:
            raise RuleFileError(diagnostics)
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
            packs=tuple(pack.made for pack in self.packs.values()),
        )
        # Those to which a pack gives a place come first, then the others as their files come.
        used = {each.id: each for each in book.themes}
        titled = {each: theme for each, theme in self.themes.items() if each in used}
        return attrs.evolve(book, themes=tuple((titled | used | titled).values()))

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
        for name in self.derived:
            for each in beneath(name, self.derived, found):
                found[each] = self.derived[each]
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

    def _check_superseded(self) -> None:
        for report, node in self.superseded:
            if node.text in self.ids:
                report.add(
                    Code.SUPERSEDED_RULE_PRESENT,
                    f"rule `{node.text}` is superseded, yet it stands at {self.ids[node.text]}",
                    node,
                    "remove the older rule",
                )

    def _read_themes(self, pack: _Pack, declared: Declared) -> None:
        names = pack.files.names()
        files = [each for each in names if each.endswith(".yaml") and each != "rulebook.yaml"]
        if not files:
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


def _named(name: str) -> PackFiles | None:
    """Return the pack of a name: one that is shipped, or that an installed package offers."""
    folder = shipped_packs() / name
    return Folder(folder) if folder.is_dir() else installed_pack(name)


def _packs_like(name: str) -> str:
    """Return a help line with the pack of the nearest name."""
    shipped = sorted(each.name for each in shipped_packs().iterdir() if each.is_dir())
    help_ = did_you_mean(Path(name).name, [*shipped, *installed()])
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
