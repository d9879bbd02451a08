"""
Findings, questions and assessments: what govrules says of a subject.

All are frozen values. A finding's explanation is worked out when it is first asked for, and
re-evaluated before it is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import attrs

from govrules.engines.reference import Case, Judgement, evaluate, judge
from govrules.engines.registry import Outcome, said
from govrules.errors import EngineError
from govrules.explain import english
from govrules.explain.because import Cited, because, reproduces, restricted
from govrules.explain.clears import clears
from govrules.explain.questions import questions
from govrules.explain.remembered import Explanation, Memory, seen_in
from govrules.facts import evidence_of, origin_of, read_field
from govrules.model import FindingFacts
from govrules.rulebook.ast import (
    Citation,
    FactSource,
    Mitigation,
    Quantified,
    Rule,
    Severity,
    Verdict,
)
from govrules.rulebook.walk import nodes
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Records, vocabulary_of


class InRecord:
    """What is said in words that begin with the name of a record, where it is of one of a list."""

    __slots__ = ()
    #: The attribute that has the words.
    _words: ClassVar[str] = "phrase"
    record: str

    @property
    def of_any_record(self) -> str:
        """The words without the name of the record."""
        words: str = getattr(self, self._words)
        return words.removeprefix(f"{self.record}: ")


@attrs.frozen
class Reason(InRecord):
    """
    A fact that forces a verdict.

    Attributes:
        fact: its path, such as ``partners[1].independent``.
        value: what was recorded; None is known to be absent.
        evidence: where it was seen; "" where nobody says.
        phrase: the fact as a clause.
        origin: ``file:line`` where it was read; "" for a Python object.
        record: the name of the record of a list that the phrase begins with; "" where it begins
            with none.
    """

    fact: str
    value: Any
    evidence: str
    phrase: str
    origin: str
    record: str = ""


@attrs.frozen
class Question(InRecord):
    """
    A fact to ask for.

    Attributes:
        fact: its path.
        question: what to ask.
        record: the name of the record of a list that the question begins with; "" where it begins
            with none.
    """

    _words: ClassVar[str] = "question"
    fact: str
    question: str
    record: str = ""


@attrs.frozen
class Change(InRecord):
    """
    A change of an arrangement.

    Attributes:
        fact: its path; a record beyond the end of a list is to be added.
        to: the value that it should have.
        phrase: how it is then, as a clause.
        record: the name of the record of a list that the phrase begins with; "" where it begins
            with none.
    """

    fact: str
    to: Any
    phrase: str
    record: str = ""


@attrs.frozen
class Finding:
    """
    What one rule says of one subject, and why.

    Attributes:
        rule: the rule.
        verdict: flagged, clear, unknown or not applicable.
        severity: how grave it is for certain; None unless flagged.
        could_be: how grave it could turn out, where that is graver than what is certain.
        mitigations: what makes it one step less grave.
    """

    rule: Rule
    verdict: Verdict
    severity: Severity | None
    could_be: Severity | None
    mitigations: tuple[Mitigation, ...]
    _case: Case = attrs.field(repr=False, alias="case", hash=False)
    _outcome: Outcome = attrs.field(repr=False, eq=False, alias="outcome")
    #: The engine that judged.
    _engine: str = attrs.field(default="reference", repr=False, eq=False, alias="engine")
    #: What is known of findings of the same rule on other subjects; None where nothing is.
    _memory: Memory | None = attrs.field(default=None, repr=False, eq=False, alias="memory")
    #: For a rule that sums up findings: those findings, in the order of its facts.
    _parts: tuple[Finding, ...] = attrs.field(default=(), repr=False, hash=False, alias="parts")

    def __repr__(self) -> str:
        grave = f", {self.severity.value}" if self.severity else ""
        return f"<Finding {self.rule.id}: {self.verdict.value}{grave}>"

    @cached_property
    def _judged(self) -> Judgement:
        """The outcome as the reference engine reaches it, which is what is explained."""
        if isinstance(self._outcome, Judgement):
            return self._outcome
        known = self._explained
        found = known.judged or judge(self.rule, self._case)
        known.judged = found
        if said(found) != said(self._outcome):
            raise EngineError(
                self._engine,
                f"on `{self.rule.id}` it says {self.verdict.value} where the reference engine says "
                f"{found.verdict.value}, or is less sure how grave it is; this is a fault in it",
            )
        return found

    @cached_property
    def _explained(self) -> Explanation:
        """What was worked out on these facts, of this subject or of another."""
        return Explanation() if self._memory is None else self._memory.of(self.rule, self._case)

    @cached_property
    def because(self) -> tuple[Reason, ...]:
        """The facts that force the verdict and its severity: those alone reproduce it."""
        if self.parts:
            return tuple(self._part(index) for index in self._counted)
        known = self._explained
        if known.because is None:
            cited = because(self.rule, self._case, self._judged)
            alone = judge(self.rule, restricted(self._case, [each.path for each in cited]))
            if not reproduces(alone, self._judged):
                msg = f"the explanation of `{self.rule.id}` does not reproduce its verdict"
                raise AssertionError(msg)
            known.because = cited
        return tuple(self._reason(each) for each in seen_in(known.because, self._case))

    @cached_property
    def parts(self) -> tuple[Finding, ...]:
        """The findings that a flagged summary sums up, each with its own reasons; else nothing."""
        if not self._parts or self.verdict is not Verdict.FLAGGED:
            return ()
        counted = self._counted
        paths = [
            f"findings[{index}].{name}"
            for index in counted
            for name in vocabulary_of(FindingFacts).fields
        ]
        alone = judge(self.rule, restricted(self._case, paths))
        return tuple(self._parts[each] for each in counted) if alone == self._judged else ()

    @cached_property
    def _counted(self) -> list[int]:
        """The places of the findings for which a quantifier of the rule holds."""
        case = self._case
        found: set[int] = set()
        for node in nodes(self.rule.requires):
            if isinstance(node, Quantified):
                records, _ = case.facts.records(node.list, case.scopes)
                truths = [evaluate(node.where, case.inside(record)) for record in records]
                found |= {index for index, each in enumerate(truths) if each is Truth.TRUE}
        return sorted(found)

    def _part(self, index: int) -> Reason:
        part = self._parts[index]
        level = f" ({part.severity.value})" if part.severity else ""
        phrase = f"{part.rule.title}{level}"
        return Reason(f"findings[{index}]", part.rule.id, "", phrase, part.subject_location)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What to ask: to settle an unknown verdict, or how grave a flagged one is."""
        known = self._explained
        if known.asks is None:
            known.asks = questions(self.rule, self._case, self._judged)
        asked = seen_in(known.asks, self._case)
        if self._parts:
            # Nobody can be asked for a verdict: the facts that are open beneath it are asked for.
            beneath = {each.path.partition(".")[0] for each in asked}
            return tuple(
                dict.fromkeys(
                    question
                    for index, part in enumerate(self._parts)
                    if f"findings[{index}]" in beneath
                    for question in part.questions
                )
            )
        return tuple(map(_question, asked))

    @cached_property
    def clears(self) -> tuple[tuple[Change, ...], ...]:
        """The smallest changes of arrangements that clear it, each way tried; else nothing."""
        if self.verdict is not Verdict.FLAGGED:
            return ()
        return tuple(changes(way, self._case) for way in clears(self.rule, self._case))

    @property
    def source(self) -> Citation:
        """The document and paragraph that the rule rests on."""
        return self.rule.source

    @property
    def principle(self) -> str:
        """The principle of the source, in the rule's words."""
        return self.rule.principle

    @property
    def rule_location(self) -> str:
        """``file:line`` of the rule."""
        return str(self.rule.span)

    @property
    def subject_location(self) -> str:
        """``file:line`` of the first fact that forces the verdict; "" for a Python object."""
        for reason in self.because:
            if reason.origin:
                return reason.origin
        return origin_of(self._case.facts.record)

    @property
    def remedy(self) -> str:
        """What to do, as the rule says for this case; "" where it says nothing."""
        if self.rule.remedy is None:
            return ""
        for when, do in self.rule.remedy.instead:
            if evaluate(when, self._case) is Truth.TRUE:
                return do
        return self.rule.remedy.do

    @property
    def sentence(self) -> str:
        """The finding as one English sentence."""
        reasons = english.joined(each.phrase for each in self.because)
        match self.verdict:
            case Verdict.FLAGGED:
                return english.sentence(f"{self.rule.title}: {reasons}")
            case Verdict.CLEAR:
                return english.sentence(f"in order: {reasons}")
            case Verdict.NOT_APPLICABLE:
                return english.sentence(f"does not apply: {reasons}")
            case Verdict.UNKNOWN:
                number = english.counted(len(self.questions), "question")
                return english.sentence(f"not known: {number} would settle it")

    def _reason(self, cited: Cited) -> Reason:
        ref = cited.ref
        case = self._case
        record = case.facts.record
        if cited.path.endswith("]"):
            # A record that counts by being there, whatever is known of it.
            name = _owner(cited)
            there = f"the {ref.fact.each} {name} is recorded"
            evidence, origin = (
                _nearest(evidence_of, record, cited),
                _nearest(origin_of, record, cited),
            )
            return Reason(cited.path, name, evidence, there, origin)
        value = cited_value(cited, case)
        owner = _owner(cited)
        phrase = english.fact_phrase(ref.fact, value)
        return Reason(
            fact=cited.path,
            value=value,
            evidence=_nearest(evidence_of, record, cited),
            phrase=_with_owner(phrase, owner),
            origin=_nearest(origin_of, record, cited),
            record=owner,
        )


def cited_value(cited: Cited, case: Case) -> Any:  # noqa: ANN401 - any fact's value
    """Return the value of a fact that an explanation cites."""
    if isinstance(cited.ref.type, Records):
        scopes = _scopes(cited)
        return tuple(each.record for each in case.facts.records(cited.ref, scopes)[0])
    if cited.ref.source is FactSource.DERIVED:
        return case.facts.stated(cited.ref.path, cited.scope)
    return case.facts.value(cited.ref, _scopes(cited))


def changes(way: Mapping[str, Any], case: Case) -> tuple[Change, ...]:
    """Return a way out as changes in words."""
    return tuple(_change(path, to, case) for path, to in sorted(way.items()))


def _change(path: str, to: Any, case: Case) -> Change:  # noqa: ANN401 - any fact's value
    record: Any = case.facts.record
    cls: type = type(record)
    owner = ""
    *lists, last = path.split("].")
    for each in lists:
        name, _, index = each.rpartition("[")
        fact = vocabulary_of(cls).facts[name]
        assert isinstance(fact.type, Records)  # noqa: S101 - only lists are indexed
        items = [] if record is UNKNOWN else read_field(record, name, fact)
        known = [] if items is UNKNOWN else [item for item in items if item is not UNKNOWN]
        added = int(index) >= len(known)
        record = UNKNOWN if added else known[int(index)]
        owner = f"a new {fact.each}" if added else english.record_name(record, int(index))
        cls = fact.type.cls
    found = case.fact(last, cls)
    phrase = english.changed_phrase(found, to)
    return Change(path, to, _with_owner(phrase, owner), owner)


def _nearest(look: Callable[[Any, str], str], record: Any, cited: Cited) -> str:  # noqa: ANN401 - any attrs object
    """Return what the record that a fact is in says of it, or what the subject says."""
    if not cited.scope.prefix:
        return look(record, cited.path)
    own = cited.ref.path if not cited.path.endswith("]") else ""
    return look(cited.scope.record, own) or look(record, cited.path)


def _scopes(cited: Cited) -> tuple[Any, ...]:
    return (cited.scope,) * (cited.ref.level + 1)


def _question(cited: Cited) -> Question:
    owner = _owner(cited)
    return Question(cited.path, _with_owner(cited.ref.fact.question, owner), owner)


def _with_owner(text: str, owner: str) -> str:
    return f"{owner}: {text}" if owner else text


def _owner(cited: Cited) -> str:
    """Return the name of the record that a fact is in; "" for the subject itself."""
    if not cited.scope.prefix:
        return ""
    index = cited.scope.prefix.rstrip("].").rpartition("[")[2]
    return english.record_name(cited.scope.record, int(index))
