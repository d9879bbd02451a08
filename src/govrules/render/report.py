"""What is to be said of one subject: worked out once, and printed in every format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Final

import attrs

from govrules.assessment import Assessment, ended
from govrules.explain.phrases import counted, day, joined, named, sentence
from govrules.findings import DerivedValue, Finding, Reason, may_rest_on_nothing
from govrules.model import Status
from govrules.portfolio import subject_name
from govrules.ranking import RankedQuestion, by_rank
from govrules.receipt import Receipt
from govrules.render.actions import RemedyTask, Work, tasks_of, when_due, when_phrase, works_of
from govrules.render.advice import alike, fact_of_path, noun_phrase, settled_when
from govrules.render.counting import that_count
from govrules.render.lines import INDEX, WIDTH, cut
from govrules.render.standing import Standing, tier_of
from govrules.rulebook.ast import SEVERITIES, Rule, Rulebook, Severity, Theme, Verdict
from govrules.rulebook.expr import Known
from govrules.rulebook.reads import unread
from govrules.rulebook.walk import nodes, references
from govrules.vocabulary import AS_OF

if TYPE_CHECKING:
    from govrules.saved import ChangesSince

#: How many lines of reasons a finding has at its default length.
MOST_REASONS: Final = 5
_NAME: Final = 40
_NAMED: Final = 3
_NUMBERS: Final = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_NOTICES: Final = {
    Status.ENDED: "This partnership has ended. Only what still matters after the end is asked.",
    Status.DORMANT: "This partnership is dormant.",
    Status.PROPOSED: "This partnership has not begun yet.",
}


@attrs.frozen
class Provenance:
    """
    Inputs of a report other than its assessments.

    Attributes:
        source: the name of the file that was read; "" where there was none, or several.
        changed: what changed since an assessment that was saved.
        receipt: what it was made from, as can be verified.
    """

    source: str = ""
    changed: ChangesSince | None = None
    receipt: Receipt | None = None

    def since(self, assessment: Assessment, finding: Finding) -> str:
        """Return whether a finding is new or since when it is open; "" without saved results."""
        if self.changed is None:
            return ""
        return self.changed.since_of(assessment.id, finding.rule.id)


#: Where nobody says from what a report is made.
NOWHERE: Final = Provenance()


@attrs.frozen
class GroupedQuestion:
    """
    A question merged over all records it is about.

    Attributes:
        question: the question, without the names of the records that it is about.
        records: their names; none where it is about the subject itself.
        fact: the path of the fact.
        rules: the ids of the rules that the answer helps to settle.
        could_be: the worst that it could show.
        settles: the derived facts that are shown that it helps to settle.
    """

    question: str
    records: tuple[str, ...]
    fact: str
    rules: frozenset[str]
    could_be: Severity
    settles: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The question, with the names."""
        return f"{named(self.records)}: {self.question}" if self.records else self.question

    @property
    def short(self) -> str:
        """The question, with as many names as fit on a page."""
        if len(self.records) <= _NAMED:
            names = joined(cut(record, _NAME) for record in self.records)
        else:
            shown = [cut(record, _NAME) for record in self.records[:_NAMED]]
            names = joined([*shown, f"{len(self.records) - _NAMED} more"])
        return f"{names}: {self.question}" if names else self.question


@attrs.frozen
class GroupedReason:
    """
    A reason merged over all records it is alike for.

    Attributes:
        text: the reason as a sentence.
        seen: where the fact was seen, or read; "" where nobody says.
        fact: the path of the fact.
        alike: of how many records it says so.
        step: the fact with its own reasons, where it follows from others.
    """

    text: str
    seen: str
    fact: str
    alike: int
    step: DerivedValue | None = None


@attrs.frozen
class ByTheme:
    """The counts of a theme: flagged by severity, gravest first, and the rest."""

    theme: Theme
    severities: tuple[int, ...]
    unknown: int
    met: int
    not_applicable: int

    @property
    def flagged(self) -> int:
        """How many are flagged."""
        return sum(self.severities)

    @property
    def gravest(self) -> Severity | None:
        """How grave the gravest is; None where none is flagged."""
        grades = zip(reversed(SEVERITIES), self.severities, strict=True)
        return next((grade for grade, number in grades if number), None)


@attrs.frozen(eq=False, slots=False)
class SubjectReport:
    """
    One subject as its partners see it.

    Attributes:
        assessment: its assessment.
    """

    assessment: Assessment

    @cached_property
    def name(self) -> str:
        """What the subject is called."""
        return subject_name(self.assessment)

    @cached_property
    def flagged(self) -> tuple[Finding, ...]:
        """What is flagged, gravest first."""
        return self.assessment.flagged

    @cached_property
    def to_do(self) -> tuple[Finding, ...]:
        """What is flagged and not waived, gravest first."""
        return tuple(finding for finding in self.flagged if finding.waived is None)

    @cached_property
    def works(self) -> tuple[Work, ...]:
        """The pieces of work that settle several findings."""
        return works_of(self.to_do, self.assessment.rulebook)

    @cached_property
    def actions(self) -> tuple[RemedyTask, ...]:
        """What is to be done, what is due first before the rest."""
        return tasks_of(self.to_do, self.works, self.assessment.as_of)

    @cached_property
    def by_date(self) -> list[tuple[str, list[RemedyTask]]]:
        """What is to be done, by the time when it is due; gravest first."""
        found = [(when, [*its]) for when, its in groupby(self.actions, when_of)]
        return [(when, sorted(its, key=lambda each: -each.severity.rank)) for when, its in found]

    @cached_property
    def tier(self) -> Standing | None:
        """How much is at stake."""
        return tier_of(self.assessment)

    @cached_property
    def asked(self) -> list[GroupedQuestion]:
        """What is asked, in the order of consequence."""
        return asked(self.assessment.questions)

    @cached_property
    def good(self) -> list[Finding]:
        """Checks met by something in place."""
        return [each for each in self.assessment.good_practice if not has_nothing_to_check(each)]

    @cached_property
    def empty(self) -> list[Finding]:
        """Checks met vacuously."""
        return [each for each in self.assessment.good_practice if has_nothing_to_check(each)]

    @cached_property
    def notices(self) -> list[str]:
        """What a reader must know before anything else."""
        status = getattr(self.assessment.subject, "status", None)
        found = [_NOTICES[status]] if status in _NOTICES else []
        return found + [each.sentence for each in self.assessment.contradictions]

    @cached_property
    def unread(self) -> list[str]:
        """Recorded facts that no check reads, as noun phrases."""
        facts = unread(self.assessment.subject, self.assessment.rulebook)
        return sorted(dict.fromkeys(map(self._label, facts)), key=len)

    def _label(self, path: str) -> str:
        fact = fact_of_path(path, type(self.assessment.subject))
        assert fact is not None  # noqa: S101 - it is a path of the vocabulary
        return noun_phrase(fact)

    @cached_property
    def themes(self) -> list[ByTheme]:
        """How the findings of each theme ended, in the order of the rulebook."""
        return by_theme(self.assessment)

    @cached_property
    def flagged_by_theme(self) -> list[tuple[Theme, list[Finding]]]:
        """What is flagged, theme by theme."""
        found: dict[str, list[Finding]] = {}
        for finding in self.flagged:
            found.setdefault(finding.rule.theme, []).append(finding)
        themes = self.assessment.rulebook.themes
        return [(theme, found[theme.id]) for theme in themes if theme.id in found]

    @cached_property
    def not_applicable(self) -> list[tuple[str, list[Finding]]]:
        """The rules that do not apply, by reason."""
        found: dict[str, list[Finding]] = {}
        for each in self.assessment.of(Verdict.NOT_APPLICABLE):
            reason = sentence(joined(dict.fromkeys(one.phrase for one in each.because)))
            found.setdefault(reason, []).append(each)
        return [*found.items()]

    def reasons(self, finding: Finding) -> list[GroupedReason]:
        """Return what a finding rests on; of a register, what it counts."""
        found = reasons_of(finding)
        so_of = self.assessment.so_of
        if so_of:
            found.append(GroupedReason(f"This is so of {named(so_of)}.", "", "", len(so_of)))
        asked = [node for node in nodes(finding.rule.requires) if isinstance(node, Known)]
        if found and not asked:
            return found
        names = [*dict.fromkeys(that_count(finding, self.assessment))]
        if not names:
            return found
        # Of what nobody recorded no fact can be cited: it is said of whom it is so.
        missing = joined(dict.fromkeys(noun_phrase(each.fact.fact) for each in asked))
        told = f"{named(names)}: {missing} cannot be told from what is recorded"
        text = sentence(told if missing else f"this is so of {named(names)}")
        return [GroupedReason(text, "", "", len(names)), *found]

    @cached_property
    def steps(self) -> dict[str, DerivedValue]:
        """The derived facts that flagged findings rest on, each once."""
        return {path: step for finding in self.flagged for path, step in finding.steps.items()}

    def settled(self, finding: Finding) -> str:
        """Return when a finding is settled, as a sentence."""
        return sentence(settled_when(finding, self.assessment.subject))

    def source(self, finding: Finding) -> str:
        """Return on what a finding rests."""
        from govrules.catalogue import citation_phrase  # noqa: PLC0415 - a page has no sources

        return citation_phrase(finding.source, self.assessment.rulebook)

    def to_know(self, finding: Finding) -> list[GroupedQuestion]:
        """Return what to ask to settle a finding's severity."""
        worst = finding.could_be or Severity.LOW
        return asked(
            RankedQuestion(question, (finding.rule.id,), worst) for question in finding.questions
        )


def number_word(number: int) -> str:
    """Return a number spelled out and capitalised, if it is small."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def when_of(action: RemedyTask) -> str:
    """Return the due date of a finding."""
    return when_phrase(action.due, action.within)


def by_theme(assessment: Assessment) -> list[ByTheme]:
    """Return the counts of each theme of the rules in force."""
    found: dict[str, list[Verdict | Severity]] = {}
    for rule, verdict, severity in ended(assessment):
        found.setdefault(rule.theme, []).append(severity or verdict)
    return [
        ByTheme(
            theme,
            tuple(map(found[theme.id].count, reversed(SEVERITIES))),
            found[theme.id].count(Verdict.UNKNOWN),
            found[theme.id].count(Verdict.CLEAR),
            found[theme.id].count(Verdict.NOT_APPLICABLE),
        )
        for theme in assessment.rulebook.themes
        if theme.id in found
    ]


def asked(questions: Iterable[RankedQuestion]) -> list[GroupedQuestion]:
    """Return questions in the order of consequence, each once for all the records it is about."""
    groups: dict[str, list[RankedQuestion]] = {}
    for question in questions:
        fact = question.question.fact
        groups.setdefault(INDEX.sub("[]", fact) if "[" in fact else fact, []).append(question)
    return [
        GroupedQuestion(
            its[0].question.of_any_record,
            tuple(dict.fromkeys(each.question.record for each in its if each.question.record)),
            its[0].question.fact if len(its) == 1 else fact,
            frozenset(rule for each in its for rule in each.rules),
            max((each.could_be for each in its), key=by_rank),
            tuple(dict.fromkeys(name for each in its for name in each.settles)),
        )
        for fact, its in groups.items()
    ]


def headline(assessment: Assessment) -> Iterator[str]:
    """Yield the one or two sentences that sum the report up."""
    counts = assessment.counts
    flagged, unknown = counts[Verdict.FLAGGED], counts[Verdict.UNKNOWN]
    apply = sum(counts.values()) - counts[Verdict.NOT_APPLICABLE]
    checks = f"{unknown:,} of {counted(apply, 'check')}"
    little = unknown > apply / 2
    if flagged:
        yield f"{counted(flagged, 'thing')} to put right{gravest(assessment)}."
        waived = len(assessment.waived)
        if waived:
            do = "does" if waived == 1 else "do"
            yield f"{waived:,} of them {_are(waived)} waived and {do} not count."
        for summary in assessment.summaries:
            if summary.severity is not None:
                yield sentence(summary.rule.title)
        if little:
            yield f"And {checks} {_are(unknown)} not known yet."
    elif little:
        yield f"Too little is recorded to judge: {checks} {_are(unknown)} not known yet."
        yield "No finding is not a clean bill."
    else:
        met = counts[Verdict.CLEAR]
        unknowns = f", {unknown:,} {_are(unknown)} not known yet" if unknown else ""
        yield f"Nothing found to put right. {counted(met, 'check')} {_are(met)} met{unknowns}."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def gravest(assessment: Assessment) -> str:
    """Return how grave what is flagged is, as it follows in a sentence."""
    number = assessment.counts[Verdict.FLAGGED]
    worst = next(severity for severity in reversed(SEVERITIES) if assessment.severities[severity])
    grave = assessment.severities[worst]
    if grave == number:
        return f", {worst.value}" if number == 1 else f", all of them {worst.value}"
    return f", {grave:,} of them {worst.value}"


def rulebook_name(rulebook: Rulebook) -> str:
    """Return the rulebook's title and version."""
    return f"{rulebook.title} {', '.join(dict.fromkeys(rulebook.version.split('+')))}"


def rulebook_line(rulebook: Rulebook, checks: str) -> str:
    """Return the rulebook and the number of checks, in one line."""
    versions = [*dict.fromkeys(rulebook.version.split("+"))]
    end = f" {', '.join(versions)}, {checks}"
    return f"{cut(rulebook.title, max(WIDTH - len(end), _NAME))}{end}"


def has_nothing_to_check(finding: Finding) -> bool:
    """Tell whether a check is met vacuously."""
    asked_for = {ref.path for ref in references(finding.rule.requires)}
    if not may_rest_on_nothing(finding, asked_for):
        return False
    values = [
        reason.value
        for reason in finding.because
        if INDEX.sub("[]", reason.fact).rpartition("[].")[2] in asked_for
    ]
    return bool(values) and all(
        value is None or value in ((), frozenset(), "unclear") for value in values
    )


def reasons_of(finding: Finding) -> list[GroupedReason]:
    """Return a finding's reasons, derived facts last."""
    cited = [reason for reason in finding.because if reason.fact != AS_OF.name] or finding.because
    ordered = sorted(cited, key=lambda each: each.fact in finding.steps)
    return [*gathered(ordered, finding.steps)]


def gathered(
    reasons: Sequence[Reason], steps: Mapping[str, DerivedValue]
) -> Iterator[GroupedReason]:
    """
    Yield reasons as sentences, merged over records.

    Args:
        reasons: the reasons.

        steps: those of them that follow from other facts, by path.
    """
    for (fact, said), its in alike(reasons).items():
        if len(its) > 1:
            text = sentence(f"{named([each.record for each in its])}: {said}")
            yield GroupedReason(text, "", fact, len(its))
            continue
        (reason,) = its
        step = steps.get(reason.fact)
        seen = "" if step else reason.evidence or reason.origin
        yield GroupedReason(sentence(reason.phrase), seen, reason.fact, 1, step)


def by_whom(finding: Finding, assessment: Assessment) -> str:
    """Return a finding's owner and due date; "" if the rule has neither."""
    remedy = finding.rule.remedy
    if remedy is None:
        return ""
    when = when_due(remedy.within, assessment.as_of)
    return ", ".join(filter(None, (remedy.who, when)))


def whose(rule: Rule) -> str:
    """Return how far the source goes, as a sentence; "" if nobody says."""
    from govrules.catalogue import claims_of, claims_phrase  # noqa: PLC0415 - a page has none

    return sentence(claims_phrase(claims_of(rule)))


def graded(severities: Mapping[Severity, int]) -> list[str]:
    """Return the number of findings of each severity, gravest first."""
    found = [severity for severity in reversed(SEVERITIES) if severities[severity]]
    return [f"{severities[each]:,} {each.value}" for each in found]


def date_phrase(as_of: object) -> str:
    """Return a date of assessment; "" where it is not known."""
    return day(as_of) if isinstance(as_of, dt.date) else ""
