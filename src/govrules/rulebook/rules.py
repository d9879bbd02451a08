"""Nodes to rules: one rule of a theme file, with its severity, remedy, sources and examples."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import attrs

from govrules.diagnostics import Code, Span, did_you_mean
from govrules.nodes import Entries, Items, Node, Report, Scalar
from govrules.rulebook.adapted import Amendment
from govrules.rulebook.ast import (
    ELEMENTS,
    INTENDABLE,
    NOT_IN_FORCE,
    SEVERITIES,
    Citation,
    Document,
    Example,
    Exemption,
    Grade,
    Mitigation,
    Remedy,
    Rule,
    Says,
    Severity,
    Verdict,
)
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.fields import Fields
from govrules.subjects import EVERY_FACT, INDEX, Declared, SubjectReader, paths_of
from govrules.truth import Unknown
from govrules.vocabulary import AS_OF

C = TypeVar("C", Exemption, Mitigation)
RULE_KEYS: Final = (
    "id",
    "title",
    "met",
    "principle",
    "note",
    "source",
    "says",
    "also",
    "subject",
    "about",
    "applies_when",
    "unless",
    "requires",
    "severity",
    "mitigated_by",
    "remedy",
    "examples",
    "in_force",
    "supersedes",
    "tags",
    "intended",
    "approved",
    "changed",
)
EXAMPLE_KEYS: Final = ("name", "given", "expect", "severity", "could_be", "asks")
REMEDY_KEYS: Final = ("do", "who", "within", "part_of", "instead")
LEVELS: Final = tuple(each.value for each in SEVERITIES)
_NUMBERED: Final = re.compile(r"(?=[-\u22120-9])[-\u2212]? ?([0-9]*) *(.*)")
#: A longer time leads out of the calendar.
_DIGITS: Final = 3
_UNITS: Final = ("day", "week", "month", "year")
_LENGTH: Final = re.compile(
    rf"1 (?:{'|'.join(_UNITS)})|(?!1 )[1-9][0-9]{{0,{_DIGITS - 1}}} (?:{'|'.join(_UNITS)})s"
)
SAYS: Final = tuple(each.value for each in Says)


@attrs.define
class RuleReader:
    """Reads the rules of one theme file."""

    report: Report
    conditions: ConditionReader
    documents: Mapping[str, Document]
    texts: Mapping[str, str]
    subjects: Mapping[str, type]
    theme: str
    pack: str
    work: Mapping[str, str]
    ids: dict[str, Span]
    #: Ids that a rule says it supersedes, to be looked for once every rule has been read.
    superseded: list[tuple[Report, Scalar]]

    def rule(self, node: Node) -> Rule | None:
        """Read one rule; None where the report says why it cannot be used."""
        before = len(self.report.diagnostics)
        fields = Fields(self.report, node, RULE_KEYS, "a rule")
        if not fields.is_mapping:
            return None
        rule_id = fields.name("id")
        title = fields.text("title", required=True)
        principle = fields.text("principle", required=True)
        fields.required("source")
        source = self._citation(fields.value("source"))
        subject = fields.choice("subject", [*self.subjects]) or "partnership"
        about_records = fields.choice("about", ["records"]) == "records"
        self.conditions.known_allowed = about_records and subject == "register"
        classes = (self.subjects[subject],)
        fields.required("requires")
        applies_when = self.conditions.condition(fields.value("applies_when"), classes)
        unless = (*self._cases(fields, "unless", Exemption, "an exception", classes),)
        requires = self.conditions.condition(fields.value("requires"), classes)
        grades, otherwise = self._severity(fields, classes)
        mitigated_by = (*self._cases(fields, "mitigated_by", Mitigation, "a mitigation", classes),)
        remedy = self._remedy(fields.value("remedy"), classes)
        examples = tuple(
            example
            for item in fields.items("examples")
            for example in self._example(item, classes[0])
        )
        also = tuple(
            citation for item in fields.items("also") if (citation := self._citation(item))
        )
        in_force = self._period(fields)
        intended = self._intended(fields)
        said = self._said(fields)
        self._check_unique(rule_id, fields)
        if len(self.report.diagnostics) > before or requires is None or source is None:
            return None
        rule = Rule(
            id=rule_id,
            title=title,
            theme=self.theme,
            principle=principle,
            source=source,
            requires=requires,
            otherwise=otherwise,
            subject=subject,
            applies_when=applies_when,
            unless=unless,
            grades=grades,
            mitigated_by=mitigated_by,
            remedy=remedy,
            examples=examples,
            also=also,
            about_records=about_records,
            in_force=in_force,
            supersedes=fields.texts("supersedes"),
            tags=fields.texts("tags"),
            intended=intended,
            met=fields.text("met") or None,
            note=fields.text("note") or None,
            pack=self.pack,
            approved=fields.text("approved"),
            changed=read_amendments(fields),
            span=self.report.span(fields.value("id")),
        )
        says = self._says(rule, said)
        return None if says is None else attrs.evolve(rule, says=says)

    def _said(self, fields: Fields) -> dict[str, tuple[Scalar, Says]]:
        """Return the rule's own `says`, with positions."""
        if "says" not in fields:
            return {}
        given = Fields(self.report, fields.value("says"), ELEMENTS, "`says` of a rule")
        found = {}
        for element in ELEMENTS:
            says = given.member(element, Says)
            key = given.key(element)
            if says and isinstance(key, Scalar):
                found[element] = (key, says)
        return found

    def _says(self, rule: Rule, said: Mapping[str, tuple[Scalar, Says]]) -> dict[str, Says] | None:
        """Return how far the source goes by element; None if an element is not the rule's."""
        has = rule.elements
        extra = [key for element, (key, _) in said.items() if element not in has]
        for key in extra:
            self.report.add(
                Code.SAYS_OF_NOTHING,
                f"`says` speaks of the {key.text} of rule `{rule.id}`, which has none",
                key,
                f"drop `{key.text}`; the rule has: {', '.join(has)}",
            )
        if extra:
            return None
        cited: dict[str, Says | None] = dict.fromkeys(has, rule.source.says)
        if rule.unless:
            # An exception rests on its own source; the one that goes least far counts.
            sources = [exemption.source.says for exemption in rule.unless if exemption.source]
            least = [source for source in sources if source is not None]
            cited["exception"] = max(least, key=[*Says].index, default=rule.source.says)
        for element, (_, own) in said.items():
            cited[element] = own
        return {element: says for element, says in cited.items() if says is not None}

    def _citation(self, node: Node | None) -> Citation | None:
        if node is None:
            return None
        return read_citation(self.report, node, self.documents, self.texts)

    def _cases(
        self, fields: Fields, key: str, kind: type[C], what: str, classes: tuple[type, ...]
    ) -> Iterator[C]:
        for node in fields.items(key):
            case = Fields(self.report, node, ("when", "because", "source"), what)
            case.required("when")
            when = self.conditions.condition(case.value("when"), classes)
            because = case.text("because", required=True)
            case.required("source")
            citation = self._citation(case.value("source"))
            if when is not None:
                yield kind(when, because, citation, span=self.report.span(node))

    def _severity(
        self, fields: Fields, classes: tuple[type, ...]
    ) -> tuple[tuple[Grade, ...], Severity]:
        node = fields.required("severity")
        if isinstance(node, Scalar):
            return (), fields.member("severity", Severity) or Severity.LOW
        if isinstance(node, Items):
            self.report.add(
                Code.WRONG_SHAPE,
                "a severity is one word, or a mapping of levels to conditions",
                node,
                "write `severity: high`",
            )
        if not isinstance(node, Entries):
            return (), Severity.LOW
        graded = Fields(self.report, node, (*LEVELS, "otherwise"), "a severity")
        grades = []
        for level in reversed(LEVELS):
            when = self.conditions.condition(graded.value(level), classes)
            if when is not None:
                grades.append(Grade(Severity(level), when))
        if "otherwise" not in graded:
            self.report.add(
                Code.SEVERITY_WITHOUT_OTHERWISE,
                "the severity has no `otherwise`",
                node,
                "say what it is when no grade holds: `otherwise: medium`",
            )
        return tuple(grades), graded.member("otherwise", Severity) or Severity.LOW

    def _remedy(self, node: Node | None, classes: tuple[type, ...]) -> Remedy | None:
        if node is None:
            return None
        fields = Fields(self.report, node, REMEDY_KEYS, "a remedy")
        instead = []
        for item in fields.items("instead"):
            case = Fields(self.report, item, ("when", "do"), "another remedy")
            case.required("when")
            when = self.conditions.condition(case.value("when"), classes)
            do = case.text("do", required=True)
            if when is not None:
                instead.append((when, do))
        part_of = fields.text("part_of")
        if part_of and part_of not in self.work:
            self.report.add(
                Code.NOT_DECLARED,
                f"no piece of work is called `{part_of}`",
                fields.value("part_of"),
                did_you_mean(part_of, self.work) or "name it under `work` in `rulebook.yaml`",
            )
        return Remedy(
            do=fields.text("do", required=True),
            who=fields.text("who"),
            within=self._within(fields),
            instead=tuple(instead),
            part_of=part_of or None,
        )

    def _within(self, fields: Fields) -> str:
        """Return a remedy's due time; one beginning with a number must be a duration."""
        text = fields.text("within")
        found = _NUMBERED.match(text)
        if found is None or _LENGTH.fullmatch(text):
            return text
        number = found[1].lstrip("0")
        few = 0 < len(number) <= _DIGITS
        units = [f"{unit}{'' if number == '1' else 's'}" for unit in _UNITS if few]
        such_as = "write a length of time such as `6 months`"
        self.report.add(
            Code.TYPE_MISMATCH,
            f"`{text}` is no length of time",
            fields.value("within"),
            did_you_mean(found[2], units, f"{number} ", otherwise=such_as),
        )
        return ""

    def _example(self, node: Node, cls: type) -> list[Example]:
        fields = Fields(self.report, node, EXAMPLE_KEYS, "an example")
        name = fields.text("name", required=True)
        given = fields.required("given")
        words = [*(verdict.value for verdict in Verdict), NOT_IN_FORCE]
        expect = fields.choice("expect", words, required=True)
        severity, could_be = (fields.member(each, Severity) for each in ("severity", "could_be"))
        asks = self._asks(fields, cls) if "asks" in fields else None
        if expect in ("clear", "not applicable", NOT_IN_FORCE):
            for key in ("severity", "could_be", "asks"):
                if key in fields:
                    self.report.add(
                        Code.BAD_EXPECTATION,
                        f"what is {expect} has no `{key}`",
                        fields.key(key),
                        f"drop `{key}`",
                    )
        if expect == "unknown" and severity:
            self.report.add(
                Code.BAD_EXPECTATION,
                "what is unknown has no severity yet",
                fields.key("severity"),
                "say how grave it might be with `could_be`",
            )
        if given is None or expect is None:
            return []
        record, as_of = read_given(self.report, given, cls, self.conditions.declared)
        return [
            Example(
                name=name,
                given=record,
                expect=None if expect == NOT_IN_FORCE else Verdict(expect),
                severity=severity,
                could_be=could_be,
                asks=asks,
                as_of=as_of if isinstance(as_of, dt.date) else None,
                span=self.report.span(node),
            )
        ]

    def _asks(self, fields: Fields, cls: type) -> frozenset[str]:
        recorded, _ = paths_of(cls)
        declared = self.conditions.declared
        askable = {*recorded, AS_OF.name}
        for word in fields.words("asks"):
            path = INDEX.sub("[]", word.text)
            if path in askable:
                continue
            help_ = did_you_mean(path, askable) or EVERY_FACT
            if path.rpartition("[].")[2] in declared.derived:
                help_ = "it is derived: name the recorded facts that it follows from"
            message = f"`asks` names no fact that is recorded: `{word.text}`"
            self.report.add(Code.UNKNOWN_FACT, message, word, help_)
        return frozenset(fields.texts("asks"))

    def _intended(self, fields: Fields) -> tuple[tuple[str, str], ...]:
        if "intended" not in fields:
            return ()
        kinds = Fields(self.report, fields.value("intended"), INTENDABLE, "`intended`")
        return tuple((kind, kinds.text(kind)) for kind in INTENDABLE if kind in kinds)

    def _period(self, fields: Fields) -> tuple[dt.date | None, dt.date | None]:
        if "in_force" not in fields:
            return None, None
        period = Fields(self.report, fields.value("in_force"), ("from", "until"), "`in_force`")
        begins, ends = period.date("from"), period.date("until")
        if begins and ends and begins > ends:
            self.report.add(
                Code.PERIOD_UPSIDE_DOWN,
                f"`in_force` ends on {ends}, before it begins",
                period.value("until"),
                "give the earlier date as `from`",
            )
        return begins, ends

    def _check_unique(self, rule_id: str, fields: Fields) -> None:
        if rule_id in self.ids:
            self.report.add(
                Code.DUPLICATE_ID,
                f"rule `{rule_id}` stands already at {self.ids[rule_id]}",
                fields.value("id"),
                "give one of the two another id",
            )
        elif rule_id:
            self.ids[rule_id] = self.report.span(fields.value("id"))
        self.superseded += [(self.report, item) for item in fields.words("supersedes")]


def read_amendments(fields: Fields) -> tuple[Amendment, ...]:
    """Read what was changed in a rule or a pack, under `changed`."""
    found = []
    for node in fields.items("changed"):
        keys = ("what", "version", "on", "approved")
        each = Fields(fields.report, node, keys, "a change of it")
        what = each.text("what", required=True)
        version, approved = each.text("version"), each.text("approved")
        found.append(Amendment(what, version, each.date("on"), approved))
    return tuple(found)


def read_given(
    report: Report, node: Node, cls: type, declared: Declared
) -> tuple[object, dt.date | Unknown]:
    """Read an example's facts strictly."""
    reader = SubjectReader(report, declared, with_origin=False, strict=True)
    return reader.read_subject(node, cls)


def read_citation(
    report: Report,
    node: Node | None,
    documents: Mapping[str, Document],
    texts: Mapping[str, str],
) -> Citation | None:
    """Read a citation, and check that its document is named and its quote is there."""
    fields = Fields(report, node, ("document", "paragraph", "quote", "says"), "a source")
    document = fields.text("document", required=True)
    paragraph = fields.text("paragraph", required=True)
    quote = fields.text("quote")
    says = fields.member("says", Says)
    if not document or not paragraph:
        return None
    if document not in documents:
        report.add(
            Code.UNKNOWN_DOCUMENT,
            f"the pack names no source `{document}`",
            fields.value("document"),
            did_you_mean(document, documents) or "name it under `sources` in `rulebook.yaml`",
        )
        return None
    if quote and document not in texts:
        report.add(
            Code.NO_SOURCE_TEXT,
            f"the pack does not carry the text of source `{document}`",
            fields.value("quote"),
            "drop `quote`, or give the source a `text`",
        )
    elif quote and re.sub(r"\s+", " ", quote).strip() not in texts[document]:
        report.add(
            Code.QUOTE_DIFFERS,
            f"the quote does not stand in source `{document}`",
            fields.value("quote"),
            _nearest(quote, texts[document]),
        )
    return Citation(document, paragraph, quote, says)


def _nearest(quote: str, text: str) -> str:
    """Return a help line with the source passage nearest to a quote."""
    words = quote.split()
    for length in range(len(words), 1, -1):
        start = text.find(" ".join(words[:length]))
        if start >= 0:
            return f"the source has: {text[start : start + len(quote)]}"
    return "copy the words from the source"
