"""What a `rulebook.yaml` declares: sources, themes, parameters, own and derived facts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Mapping

import attrs

from govrules.diagnostics import Code, Span
from govrules.nodes import Node, Report, Scalar
from govrules.own import with_own
from govrules.rulebook.adapted import Pack
from govrules.rulebook.ast import Document, ParameterValue, Rulebook, Says
from govrules.rulebook.dated import Dated, read_dated, value_and_days
from govrules.rulebook.expr import Plain
from govrules.rulebook.fields import SNAKE, Fields, check_name
from govrules.rulebook.own_facts import read_own
from govrules.rulebook.packs import PackFiles
from govrules.rulebook.rules import read_amendments
from govrules.rulebook.types import read_parameter_type
from govrules.vocabulary import (
    Choice,
    Fact,
    FactType,
    Kind,
    Text,
    YesNo,
    vocabulary_of,
)


@attrs.define
class OpenedPack:
    """A pack whose `rulebook.yaml` has been read, but not its rules."""

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
    #: Reads it with its examples, where these are left out; None where they are read at once.
    whole: Callable[[], Rulebook] | None = None

    def read(self, name: str) -> tuple[str, Report]:
        """Return the text of one of its files and a report on it."""
        text, report = self.files.read(name, f"{self.name}/{name}")
        self.contents[name] = text
        return text, report

    def made(self, sees: Iterable[str]) -> Pack:
        """Return the declaration as the rulebook keeps it."""
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


@attrs.define
class Declarations:
    """
    What packs declare, by name; two packs may declare the same source, theme or piece of work.

    Attributes:
        subjects: the classes that rules may be about, by the name that `subject:` gives them.

        texts: the texts of sources, with white space folded.

        own: own facts, by the class of the records that have them, and by name.

        own_at: by own fact, the pack that declares it and where.

        derived_of: by derived fact, the pack that declares it.

        copies: by two packs, how often the first declares what the second does.
    """

    subjects: Mapping[str, type]
    documents: dict[str, Document] = attrs.field(factory=dict)
    texts: dict[str, str] = attrs.field(factory=dict)
    themes: dict[str, str] = attrs.field(factory=dict)
    work: dict[str, str] = attrs.field(factory=dict)
    parameters: dict[str, ParameterValue] = attrs.field(factory=dict)
    own: dict[type, dict[str, Fact]] = attrs.field(factory=dict)
    own_at: dict[str, tuple[str, Span]] = attrs.field(factory=dict)
    derived_of: dict[str, str] = attrs.field(factory=dict)
    derived_facts: dict[str, tuple[Fact, type]] = attrs.field(factory=dict)
    copies: dict[tuple[str, str], int] = attrs.field(factory=dict)

    def declare(self, pack: OpenedPack) -> None:
        """Read what a pack declares, and report what is wrong with it."""
        for key in ("title", "version", "owner"):
            pack.fields.text(key, required=True)
        several = (("themes", "theme", self.themes), ("work", "piece of work", self.work))
        for key, what, known in several:
            for name, node in pack.fields.entries(key):
                title = self._titled(pack, name, node, what)
                if known.setdefault(name.text, title) != title:
                    self._name_taken(pack.report, name, f"another {what}")
        for name, node in pack.fields.entries("sources"):
            self._source(pack, name, node)
        for name, node in pack.fields.entries("parameters"):
            self._parameter(pack, name, node)
        for name, node in pack.fields.entries("facts"):
            self._own_fact(pack, name, node)
        for name, node in pack.fields.entries("derived"):
            self._declare_derived(pack, name, node)

    @staticmethod
    def _titled(pack: OpenedPack, key: Scalar, node: Node, what: str) -> str:
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

    def _source(self, pack: OpenedPack, key: Scalar, node: Node) -> None:
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

    def _parameter(self, pack: OpenedPack, key: Scalar, node: Node) -> None:
        report = pack.report
        keys = ("value", "values", "unit", "reason", "says")
        fields = Fields(report, node, keys, f"parameter `{key.text}`")
        check_name(report, key.text, key, SNAKE)
        if "values" not in fields:
            fields.required("value")
        unit = fields.text("unit")
        reason = fields.text("reason", required=True)
        says = fields.member("says", Says, required=True)
        read: tuple[Plain | Dated, FactType] | None = None
        if "values" in fields:
            read = read_dated(fields, key.text, unit)
        elif (value := fields.value("value")) is not None:
            read = read_parameter_type(value, unit) if isinstance(value, Scalar) else None
            if read is None:
                report.add(
                    Code.TYPE_MISMATCH,
                    f"parameter `{key.text}` is no number, amount, length of time or date",
                    value,
                    "write 250000 with `unit: pounds`, or `12 months`, or a number",
                )
        if read is None or says is None:
            return
        if key.text in self.parameters:
            self._name_taken(report, key, "another parameter", self.parameters[key.text].pack, pack)
            return
        value_, dated = value_and_days(read[0])
        self.parameters[key.text] = ParameterValue(
            key.text,
            value_,
            read[1],
            reason,
            says,
            unit,
            pack.id,
            dated=dated,
            span=report.span(key),
        )

    def _own_fact(self, pack: OpenedPack, key: Scalar, node: Node) -> None:
        report = pack.report
        found = read_own(report, key, node, self.subjects)
        if key.text in self.own_at:
            self._name_taken(report, key, "another local fact", self.own_at[key.text][0], pack)
        elif found is not None:
            cls, fact = found
            self.own_at[key.text] = (pack.id, report.span(key))
            self.own.setdefault(cls, {})[fact.name] = fact

    def with_own(self) -> dict[str, type]:
        """Return the subject classes with the declared own facts."""
        made = {name: with_own(cls, self.own) for name, cls in self.subjects.items()}
        by_base = {self.subjects[name]: cls for name, cls in made.items()}
        for name, (fact, cls) in self.derived_facts.items():
            self.derived_facts[name] = (fact, by_base[cls])
        self.subjects = made
        return made

    def _declare_derived(self, pack: OpenedPack, key: Scalar, node: Node) -> None:
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
        self, report: Report, key: Scalar, by: str, other: str = "", pack: OpenedPack | None = None
    ) -> None:
        """Report a name already taken; once only for a pack that copies another."""
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


def fold_space(text: str) -> str:
    """Fold white space, for comparing quotes with sources."""
    return re.sub(r"\s+", " ", text).strip()
