"""A register as text: what stands out first, then each partnership, then those that overlap."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import attrs

from govrules.assessment import Assessment
from govrules.explain.phrases import counted
from govrules.findings import Question
from govrules.model import Pair, Partnership
from govrules.portfolio import RegisterAssessment
from govrules.render.text import (
    INDEX,
    Line,
    assessment_lines,
    counts_line,
    flagged_words,
    item,
)
from govrules.rulebook.ast import SEVERITIES, Rule, Severity, Verdict

#: From so many partnerships on, a reader wants to know first which to look at.
MANY: Final = 10
#: How many of each are named there.
_NAMED: Final = 10
_IN_COMMON: Final = " of partnerships with a partner or a parent in common"
#: Hands assessments out one by one, and may show how far they are.
Follow: TypeAlias = Callable[[Sequence[Assessment]], Iterable[Assessment]]


@attrs.define
class _Asked:
    """What an answer would do, over many subjects."""

    subjects: int = 0
    findings: int = 0
    could_be: Severity = Severity.LOW


def register_lines(
    whole: RegisterAssessment, *, full: bool = False, follow: Follow = iter
) -> Iterator[Line]:
    """
    Yield the assessment of a register line by line.

    Of pairs those with something flagged are shown. The others are counted, and what to ask about
    them is asked once; `full` shows each pair.
    """
    entries = [each for each in whole.entries if each.findings]
    pairs = [each for each in whole.pairs if each.findings]
    many = len(entries) >= MANY
    if many:
        yield from _overview(entries, pairs)
    if whole.register.findings:
        yield from assessment_lines(whole.register, full=full, nameless="(the register itself)")
    asked: dict[str, _Asked] = {}
    for each in follow(entries):
        yield from assessment_lines(each, full=full)
        _ask(asked, each, _of_any_record)
    if many:
        ranked = sorted(asked.items(), key=lambda each: (-each[1].findings, -each[1].could_be.rank))
        of = counted(len(entries), "partnership")
        helps = [
            (text, f"{each.subjects:,} of {of}, {counted(each.findings, 'finding')}", each)
            for text, each in ranked
        ]
        yield from _ask_first("Ask first on the register", helps)
    for each in follow([each for each in pairs if full or _flags(each)]):
        yield from assessment_lines(each, full=full)
    if pairs and not full:
        yield from _pairs(pairs)


def _flags(assessment: Assessment) -> bool:
    return assessment.counts[Verdict.FLAGGED] > 0


def _overview(entries: Sequence[Assessment], pairs: Sequence[Assessment]) -> Iterator[Line]:
    rules: dict[str, Rule] = {}
    flagged: Counter[str] = Counter()
    for each in entries:
        for finding in each.flagged:
            rules[finding.rule.id] = finding.rule
            flagged[finding.rule.id] += 1
    yield from _sum(entries, "partnership")
    if pairs:
        yield from _sum(pairs, "pair", _IN_COMMON)
    if not flagged:
        return
    yield "Flagged most often", "bold"
    for name, number in flagged.most_common(_NAMED):
        yield from item(f"{number:,}", f"{rules[name].title}  [{name}]", indent=2)
    yield from _more(len(flagged), "rule")
    yield "", ""
    gravest = sorted(filter(_flags, entries), key=_gravity)
    yield "To look at first", "bold"
    for each in gravest[:_NAMED]:
        words = flagged_words(each.counts, each.severities)
        yield from item(_called(each.subject), words, indent=2)
    yield from _more(len(gravest), "partnership")
    yield "", ""


def _gravity(assessment: Assessment) -> list[int]:
    return [-assessment.severities[each] for each in reversed(SEVERITIES)]


def _sum(assessments: Sequence[Assessment], what: str, which: str = "") -> Iterator[Line]:
    """Yield how many there are, and what their findings come to."""
    verdicts: Counter[Verdict] = Counter()
    severities: Counter[Severity] = Counter()
    for each in assessments:
        verdicts.update(each.counts)
        severities.update(each.severities)
    yield counted(len(assessments), what) + which, "bold"
    yield counts_line(verdicts, severities), ""
    yield "", ""


def _pairs(pairs: Sequence[Assessment]) -> Iterator[Line]:
    """Yield what there is to say of all pairs together, and what to ask on those left out."""
    yield counted(len(pairs), "pair") + _IN_COMMON, "bold"
    standing = Counter(_standing(each) for each in pairs)
    flagged = standing[Verdict.FLAGGED]
    yield f"  {flagged:,} with something flagged{', shown above' if flagged else ''}", ""
    if flagged < len(pairs):
        others = (
            f"{standing[Verdict.UNKNOWN]:,} with something unknown, {standing[Verdict.CLEAR]:,} in "
            f"order and {standing[Verdict.NOT_APPLICABLE]:,} to which no rule applies"
        )
        where = "`--full` shows each, and `--format csv`, `jsonl` or `json` holds every one"
        yield from item("", f"{others}, left out here: {where}", indent=2)
    by_rule: dict[str, Counter[Verdict]] = {}
    rules: dict[str, Rule] = {}
    asked: dict[str, _Asked] = {}
    for each in pairs:
        for finding in each.findings:
            rules[finding.rule.id] = finding.rule
            by_rule.setdefault(finding.rule.id, Counter())[finding.verdict] += 1
        if not _flags(each):
            _ask(asked, each, functools.partial(_of_pair, each.subject))
    for name, verdicts in by_rule.items():
        yield from item(rules[name].title, f"{counts_line(verdicts)}  [{name}]", indent=2)
    yield "", ""
    ranked = sorted(asked.items(), key=lambda each: (-each[1].subjects, -each[1].could_be.rank))
    helps = [(text, counted(each.subjects, "pair"), each) for text, each in ranked]
    yield from _ask_first("Ask first on the pairs left out", helps)


def _standing(assessment: Assessment) -> Verdict:
    """Return the verdict that counts most of those on a subject."""
    counts = assessment.counts
    telling = (Verdict.FLAGGED, Verdict.UNKNOWN, Verdict.CLEAR)
    return next((each for each in telling if counts[each]), Verdict.NOT_APPLICABLE)


def _ask(
    asked: dict[str, _Asked], assessment: Assessment, worded: Callable[[Question], str]
) -> None:
    """Add what is asked of a subject, each question once, and each rule once for each question."""
    rules: dict[str, set[str]] = {}
    for ranked in assessment.questions:
        text = worded(ranked.question)
        # A rule that asks the same about several records is still one finding.
        rules.setdefault(text, set()).update(ranked.rules)
        known = asked.setdefault(text, _Asked())
        known.could_be = max(known.could_be, ranked.could_be)
    for text, its in rules.items():
        asked[text].subjects += 1
        asked[text].findings += len(its)


def _of_any_record(question: Question) -> str:
    """Return a question without the name of the record that it is about, and what it asks for."""
    return f"{question.of_any_record}  ({INDEX.sub('[]', question.fact)})"


def _of_pair(pair: Pair, question: Question) -> str:
    """Return a question on a pair with what it is about: one of the two, a partner, or the pair."""
    which, _, inside = question.fact.partition(".")
    if inside and which in ("first", "second"):
        return f"{_called(getattr(pair, which))}: {question.question}"
    # The name of a partner already stands before a question about it.
    return question.question if question.record else f"Of each pair: {question.question}"


def _called(partnership: Partnership) -> str:
    """Return what a partnership is called, with its id where that says more."""
    texts = (partnership.name, partnership.id)
    name, *more = dict.fromkeys(each for each in texts if isinstance(each, str) and each) or [
        "(a partnership without a name)"
    ]
    return f"{name} ({more[0]})" if more else name


def _ask_first(title: str, ranked: Sequence[tuple[str, str, _Asked]]) -> Iterator[Line]:
    """Yield the first of the questions, each with what its answer helps to settle."""
    if not ranked:
        return
    yield f"{title}: the answers that help to settle most", "bold"
    for number, (text, helps, each) in enumerate(ranked[:_NAMED], 1):
        words = f"{number}. {text}  ({helps}, up to {each.could_be.value})"
        yield from item("", words, indent=2)
    yield from _more(len(ranked), "question")
    yield "", ""


def _more(number: int, what: str) -> Iterator[Line]:
    if number > _NAMED:
        yield f"  and {counted(number - _NAMED, f'more {what}')}", ""
