"""
Findings, questions and assessments: what govrules says of a subject.

All are frozen values. A finding's explanation is worked out when it is first asked for, and
re-evaluated before it is handed out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs

from govrules.engines.registry import Outcome, comparable
from govrules.errors import EngineError
from govrules.explain import phrases
from govrules.explain.because import because, called_of, of_two, proof, record_name_of, twins
from govrules.explain.cells import Cited, Frame, Restricted
from govrules.explain.compared import chosen_phrase
from govrules.explain.english import known_phrase
from govrules.explain.judging import ExplainedOutcome
from govrules.explain.questions import questions
from govrules.explain.view import Seen, View
from govrules.explain.ways import ToBeChosen
from govrules.facts import evidence_of, origin_of
from govrules.lazy import ShownInNotebooks
from govrules.rulebook.ast import (
    Citation,
    Mitigation,
    Rule,
    Rulebook,
    Severity,
    Verdict,
    rule_conditions,
)
from govrules.rulebook.decisions import Action, Progress, Waiver
from govrules.rulebook.expr import Includes, Known, Quantified, SetOp, Test
from govrules.rulebook.walk import asking_members, nodes
from govrules.truth import UNKNOWN, Truth, Unknown
from govrules.vocabulary import Choices, Fact, Records

if TYPE_CHECKING:
    from govrules.explain import plan


@attrs.frozen
class Reason:
    """
    A fact that forces a verdict.

    Attributes:
        fact: its path, such as ``partners[1].independent``.
        value: what was recorded; None is known to be absent.
        evidence: where it was seen; "" where nobody says.
        phrase: the fact as a clause.
        origin: ``file:line`` where it was read; "" for a Python object.
        record: the name of the record of a list that it is in; "" where it is in none.
        of_any_record: the phrase without the name of the record.
    """

    fact: str
    value: Any
    evidence: str
    phrase: str
    origin: str
    record: str = ""
    of_any_record: str = attrs.Factory(lambda self: self.phrase, takes_self=True)


@attrs.frozen
class Question:
    """
    A fact to ask for.

    Attributes:
        fact: its path.
        question: what to ask.
        record: the name of the record of a list that it is in; "" where it is in none.
        of_any_record: the question without the name of the record.
    """

    fact: str
    question: str
    record: str = ""
    of_any_record: str = attrs.Factory(lambda self: self.question, takes_self=True)


@attrs.frozen
class Change:
    """
    A change of an arrangement.

    Attributes:
        fact: its path; a record beyond the end of a list is to be added.
        to: the value that it should have; what is yet to be found or chosen is no value but a
            ``govrules.facts.Supposed`` or ``govrules.explain.ways.ToBeChosen``.
        phrase: how it is then, as a clause.
        record: the name of the record of a list that it is in; "" where it is in none.
        of_any_record: the phrase without the name of the record.
    """

    fact: str
    to: Any
    phrase: str
    record: str = ""
    of_any_record: str = attrs.Factory(lambda self: self.phrase, takes_self=True)


@attrs.frozen
class Opened:
    """
    What a way out would bring about under another rule.

    Attributes:
        rule: the rule's id.
        title: its title.
        severity: how grave what it flags is then; None where it is not known any more whether it
            flags.
        could_be: how grave it could turn out.
        phrase: both, as a clause.
    """

    rule: str
    title: str
    severity: Severity | None
    could_be: Severity | None
    phrase: str


@attrs.frozen
class DerivedValue:
    """
    What a fact that follows from others may be, and why.

    Attributes:
        name: the derived fact; of a record of a list, its path.
        label: what it is, as a noun phrase.
        phrase: the fact as a clause; "" where it is not settled.
        values: every value that it may still have; one where it is settled.
        because: the facts that settle it; none where it is not settled.
        questions: what to ask to settle it.
    """

    name: str
    label: str
    phrase: str
    values: tuple[str | bool | None, ...]
    because: tuple[Reason, ...]
    questions: tuple[Question, ...]


@attrs.frozen
class Finding(ShownInNotebooks):
    """
    What one rule says of one subject, and why.

    Attributes:
        rule: the rule.
        verdict: flagged, clear, unknown or not applicable.
        severity: how grave it is for certain; None unless flagged.
        could_be: how grave it could turn out, where that is graver than what is certain.
        mitigations: what makes it one step less grave.
        waived: the waiver by which it does not count; None unless it is flagged and waived.
        action: what was decided about it; None where nothing was.
    """

    rule: Rule
    verdict: Verdict
    severity: Severity | None
    could_be: Severity | None
    mitigations: tuple[Mitigation, ...]
    #: Of two findings the subjects are compared, and not how they are looked at.
    _seen: Seen = attrs.field(repr=False, eq=lambda seen: seen.record, hash=False, alias="seen")
    _outcome: Outcome = attrs.field(repr=False, eq=False, alias="outcome")
    #: The engine that judged.
    _engine: str = attrs.field(default="reference", repr=False, eq=False, alias="engine")
    #: For a rule that sums up findings: those findings, in the order of its facts.
    _parts: tuple[Finding, ...] = attrs.field(default=(), repr=False, hash=False, alias="parts")
    waived: Waiver | None = attrs.field(default=None, repr=False)
    action: Action | None = attrs.field(default=None, repr=False)

    def __deepcopy__(self, _memo: object) -> Finding:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        judged = Outcome(self.verdict, self.severity, self.could_be, self.mitigations)
        seen = (self._seen.record, self._seen.as_of, self._seen.rulebook)
        decided = self.waived, self.action
        return _unpacked, (self.rule, judged, seen, self._engine, self._parts, decided)

    def __repr__(self) -> str:
        grave = f", {self.severity.value}" if self.severity else ""
        waived = ", waived" if self.waived else ""
        return f"<Finding {self.rule.id}: {self.verdict.value}{grave}{waived}>"

    @property
    def _view(self) -> View:
        return self._seen.view

    @cached_property
    def _said(self) -> ExplainedOutcome:
        """The rule's outcome recomputed by explanations, checked against the engine's."""
        said = self._view.said(self.rule)
        found = said.outcome
        if comparable(found) != comparable(self._outcome):
            raise EngineError(
                self._engine,
                f"on `{self.rule.id}` it says {self.verdict.value} where its explanation says "
                f"{found.verdict.value}, or is less sure how grave it is; this is a fault in it",
            )
        return said

    @cached_property
    def because(self) -> tuple[Reason, ...]:
        """
        The facts that force the verdict and its severity: those alone reproduce it.

        A derived fact is one reason, and has its own in `steps`.
        """
        if self.parts:
            return tuple(self._part(index) for index in self._counted)
        return tuple(map(self._reason, self._cited))

    @cached_property
    def steps(self) -> Mapping[str, DerivedValue]:
        """The derived facts that its reasons rest on and what these rest on, by path."""
        if self.parts:
            return {}
        return steps_of([each for each in self._cited if each.is_step], self._view)

    @cached_property
    def _cited(self) -> tuple[Cited, ...]:
        return because(self.rule, self._view, self._said)

    @cached_property
    def parts(self) -> tuple[Finding, ...]:
        """The findings that a flagged summary sums up, each with its own reasons; else nothing."""
        if not self._parts or self.verdict is not Verdict.FLAGGED:
            return ()
        chosen = {each: range(-1, len(each.values)) for each in self._counted.values()}
        alone = self._view.rule(self.rule).says((Restricted(self._view.frames[0], chosen).top,))
        return tuple(self._parts[each] for each in self._counted if alone == self._said.outcome)

    @cached_property
    def _counted(self) -> Mapping[int, Frame]:
        """The summed findings that satisfy a quantifier of the rule, by index."""
        found: dict[int, Frame] = {}
        for node in nodes(self.rule.requires):
            if isinstance(node, Quantified):
                records, _ = self._view.records(node.list)
                holds = [record.check(node.where, Truth.TRUE) for record in records[:1]]
                for index, each in enumerate(records):
                    if holds[0](each.frames):
                        found[index] = each.frame
        return dict(sorted(found.items()))

    def _part(self, index: int) -> Reason:
        part = self._parts[index]
        level = f" ({part.severity.value})" if part.severity else ""
        phrase = f"{part.rule.title}{level}"
        return Reason(f"findings[{index}]", part.rule.id, "", phrase, part.subject_location)

    @cached_property
    def applies(self) -> bool:
        """Whether the rule certainly applies, and no exception holds."""
        return self._view.rule(self.rule).scope(self._view.frames) is Truth.TRUE

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What to ask: to settle an unknown verdict, or how grave a flagged one is."""
        if self.verdict is not Verdict.UNKNOWN and self.could_be is None:
            return ()
        asked = questions(self.rule, self._view, self._said)
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
        return tuple([_question(each, self._view) for each in asked])

    @cached_property
    def _ways(self) -> tuple[Mapping[str, Any], ...]:
        if self.verdict is not Verdict.FLAGGED:
            return ()
        from govrules.explain.clears import clears  # noqa: PLC0415 - only full reports ask

        return clears(self.rule, self._view)

    @cached_property
    def clears(self) -> tuple[tuple[Change, ...], ...]:
        """The smallest changes of arrangements that clear it, each way tried; else nothing."""
        return tuple(changes(way, self._view) for way in self._ways)

    @cached_property
    def opens(self) -> tuple[tuple[Opened, ...], ...]:
        """Of each way that clears it, what it would newly flag or make unknown elsewhere."""
        from govrules.explain.plan import opened  # noqa: PLC0415 - only full reports ask

        return tuple(tuple(map(_opened, opened(way, self.rule, self._view))) for way in self._ways)

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
        return origin_of(self._seen.record)

    @property
    def as_of(self) -> dt.date | Unknown:
        """The date of the assessment."""
        return self._seen.as_of

    @property
    def progress(self) -> Progress | None:
        """What has become of what was decided about it; None where nothing was."""
        if self.action is None:
            return None
        return self.action.progress(self.verdict, self.as_of)

    @property
    def remedy(self) -> str:
        """What to do, as the rule says for this case; "" where it says nothing."""
        if self.rule.remedy is None:
            return ""
        for when, do in self.rule.remedy.instead:
            if self._view.truth(when) is Truth.TRUE:
                return do
        return self.rule.remedy.do

    @property
    def sentence(self) -> str:
        """The finding as one English sentence."""
        reasons = phrases.joined(reason.phrase for reason in self.because)
        match self.verdict:
            case Verdict.FLAGGED:
                return phrases.sentence(f"{self.rule.title}: {reasons}")
            case Verdict.CLEAR:
                met = f"{phrases.lowered(self.rule.met)} ({reasons})" if self.rule.met else reasons
                return phrases.sentence(f"met: {met}")
            case Verdict.NOT_APPLICABLE:
                return phrases.sentence(f"does not apply: {reasons}")
            case Verdict.UNKNOWN:
                number = phrases.counted(len(self.questions), "question")
                return phrases.sentence(f"not known: {number} would settle it")

    def _reason(self, cited: Cited) -> Reason:
        if not cited.name:
            # A record that counts by being there, whatever is known of it.
            return _reason(cited, self._view, self._there(cited.fact))
        lacking = self._lacking(cited)
        if lacking:
            return _reason(cited, self._view, lacking)
        return _plain_reason(cited, self._view)

    def _there(self, listed: Fact) -> str:
        """Return the clause for a cited record without cited facts: nothing was recorded."""
        for condition in rule_conditions(self.rule):
            for node in nodes(condition):
                if isinstance(node, Quantified) and node.list.fact == listed:
                    for each in nodes(node.where):
                        if isinstance(each, Known):
                            return known_phrase(each.fact.fact, recorded=False)
        return f"this {listed.each} is recorded"

    def _lacking(self, cited: Cited) -> str:
        """Return which members a set lacks that the rule asks for; "" where it lacks none."""
        if self.verdict is not Verdict.FLAGGED or not isinstance(cited.fact.type, Choices):
            return ""
        value = cited.value
        if not value:
            return ""
        view = self._view.seen_from(cited.frame)
        wanted = (_wanted(each, view) for each in asking_members(self.rule.requires, cited.name))
        lacking = next((each - frozenset(value) for each in wanted if each), None)
        return phrases.missing_phrase(cited.fact, lacking) if lacking else ""


def steps_of(cited: Iterable[Cited], view: View) -> Mapping[str, DerivedValue]:
    """Return by path the derived facts that citations rest on, transitively."""
    found: dict[str, DerivedValue] = {}
    waiting = [*cited]
    known = view.all[0].known
    for each in waiting:
        if each.path in found:
            continue
        kept = known.get((DerivedValue, each.number))
        if kept is None:
            its = proof(each.name, view.seen_from(each.frame))
            step = DerivedValue(
                name=each.path,
                label=each.fact.label,
                phrase=_plain_reason(each, view).phrase,
                values=(each.value,),
                because=tuple(_plain_reason(one, view) for one in its),
                questions=(),
            )
            kept = known[DerivedValue, each.number] = step, [one for one in its if one.is_step]
        found[each.path] = kept[0]
        waiting += kept[1]
    return found


def _plain_reason(cited: Cited, view: View) -> Reason:
    """Return the cached reason of a fact, independent of the finding."""
    known = view.all[0].known
    found: Reason | None = known.get((Reason, cited.number))
    if found is None:
        phrase = phrases.fact_phrase(cited.fact, cited.value) if cited.name else ""
        found = known[Reason, cited.number] = _reason(cited, view, phrase)
    return found


def _reason(cited: Cited, view: View, phrase: str) -> Reason:
    owner = record_name_of(cited)
    return Reason(
        fact=cited.path,
        value=cited.value if cited.name else owner,
        evidence=_nearest(evidence_of, cited, view),
        phrase=phrases.of_record(owner, phrase, called_of(cited)),
        origin=_nearest(origin_of, cited, view),
        record=owner,
        of_any_record=phrase,
    )


def _nearest(look: Callable[[Any, str], str], cited: Cited, view: View) -> str:
    """Return the annotation of a fact from its record, or else from the subject."""
    subject = view.record
    if not cited.frame.prefix:
        return look(subject, cited.path)
    return look(cited.frame.record, cited.name) or look(subject, cited.path)


def _unpacked(
    rule: Rule,
    judged: Outcome,
    seen: tuple[Any, dt.date | Unknown, Rulebook],
    *rest: Any,  # noqa: ANN401 - the engine, the parts and the waiver
) -> Finding:
    engine, parts, (waived, action) = rest
    rulebook = seen[2]
    # The very rule of the rulebook, which is kept ready.
    rule = next((each for each in rulebook.rules if each == rule), rule)
    seen_ = Seen(*seen)
    return finding_of(rule, judged, seen_, engine=engine, parts=parts, waived=waived, action=action)


def finding_of(
    rule: Rule,
    outcome: Outcome,
    seen: Seen,
    *,
    engine: str = "reference",
    parts: tuple[Finding, ...] = (),
    waived: Waiver | None = None,
    action: Action | None = None,
) -> Finding:
    """Return a finding of an outcome."""
    return Finding(
        rule=rule,
        verdict=outcome.verdict,
        severity=outcome.severity,
        could_be=outcome.could_be,
        mitigations=outcome.mitigations,
        seen=seen,
        outcome=outcome,
        engine=engine,
        parts=parts,
        waived=waived,
        action=action,
    )


def may_rest_on_nothing(finding: Finding, paths: Iterable[str]) -> bool:
    """Tell quickly whether any of some facts may be none, empty or unclear."""
    view = finding._view  # noqa: SLF001 - of this module
    for path in paths:
        if any(each.says_nothing(path) for each in view.all):
            return True
        # Where no row of its table holds, what is derived may have no value.
        if path in view.derived and view.derived[path].may_be_nothing:
            return True
    return False


#: How a clause begins on a rule of which a way out makes unknown what it says.
NOT_KNOWN_ANY_MORE: Final = "it is not known any more whether"


def _opened(found: plan.SideEffect) -> Opened:
    rule, outcome = found.rule, found.outcome
    if outcome.severity is None:
        good = phrases.lowered(rule.met or rule.title)
        phrase = f"{NOT_KNOWN_ANY_MORE} {good}"
    else:
        phrase = f"{phrases.lowered(rule.title)} ({outcome.severity.value})"
    return Opened(rule.id, rule.title, outcome.severity, outcome.could_be, phrase)


def _wanted(test: Test, view: View) -> frozenset[Any]:
    """Return the members a failed test of a set asks for, if they are known."""
    predicate, truth = test.predicate, view.truth(test)
    assert isinstance(predicate, Includes)  # noqa: S101 - as it was asked for
    lacks = Truth.TRUE if predicate.op is SetOp.MISSING_ANY_OF else Truth.FALSE
    several = [each for each in view.possible(predicate.operand) if isinstance(each, frozenset)]
    if truth is not lacks or len(several) != 1:
        return frozenset()
    (wanted,) = several
    return wanted if predicate.op is not SetOp.INCLUDES or len(wanted) == 1 else frozenset()


def changes(way: Mapping[str, Any], view: View) -> tuple[Change, ...]:
    """Return a change set in words, each change cached."""
    known = view.all[0].known
    found = []
    for path in sorted(way):
        key = Change, path, way[path]
        if key not in known:
            known[key] = _change(path, way[path], view)
        found.append(known[key])
    return tuple(found)


def _change(path: str, to: Any, view: View) -> Change:  # noqa: ANN401 - any fact's value
    *lists, last = path.split("].")
    cls: type = type(view.record)
    frame, owner, each = view.frames[0], of_two(view.record, path), ""
    if owner:
        each = twins(cls)[path.partition(".")[0]]
    for listed in lists:
        name, _, place = listed.rpartition("[")
        each = frame.shape.facts[name].each
        frame, added = view.record_of(frame, name, int(place))
        called = phrases.record_name(frame.record, int(place), each)
        owner = f"a new {each}" if added else called
    fact = frame.shape.facts[last]
    if isinstance(to, ToBeChosen):
        phrase = chosen_phrase(fact, to.values)
    else:
        phrase = phrases.changed_phrase(fact, to, view.effort.now(path))
    return Change(path, to, phrases.of_record(owner, phrase, each), owner, phrase)


def _question(cited: Cited, view: View) -> Question:
    known = view.all[0].known
    found: Question | None = known.get((Question, cited.number))
    if found is None:
        owner = record_name_of(cited)
        text = _whether_all(cited) or cited.fact.question
        asked = f"{owner[:1].upper()}{owner[1:]}: {text}" if owner else text
        found = known[Question, cited.number] = Question(cited.path, asked, owner, text)
    return found


def _whether_all(cited: Cited) -> str:
    """Return the question whether a list or set is complete; "" if nothing is known of it."""
    if not cited.name or not isinstance(cited.fact.type, Records | Choices):
        return ""
    known = [each for each in cited.value if each is not UNKNOWN]
    return phrases.whether_all(cited.fact, known) if known else ""
