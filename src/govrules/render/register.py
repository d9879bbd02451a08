"""A register as text: what stands out first, then each partnership, then those that overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import attrs

from govrules.assessment import Assessment
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
#: Hands assessments out one by one, and may show how far they are.
Follow: TypeAlias = Callable[[Sequence[Assessment]], Iterable[Assessment]]


@attrs.define
class _Asked:
    """What an answer would do, over many subjects."""

    subjects: int = 0
    findings: int = 0
    could_be: Severity = Severity.LOW


def register_lines(
    whole: RegisterAssessment, *, verbose: bool = False, follow: Follow = iter
) -> Iterator[Line]:
    """
    Yield the assessment of a register line by line.

    Of pairs those with something flagged are shown. The others are counted, and what to ask about
    them is asked once; `verbose` shows each.
    """
    entries = [each for each in whole.entries if each.findings]
    pairs = [each for each in whole.pairs if each.findings]
    many = len(entries) >= MANY
    if many:
        yield from _overview(entries)
    if whole.register.findings:
        yield from assessment_lines(
            whole.register, verbose=verbose, nameless="(the register itself)"
        )
    asked: dict[str, _Asked] = {}
    for each in follow(entries):
        yield from assessment_lines(each, verbose=verbose)
        _ask(asked, each, _of_any_record)
    if many:
        yield from _ask_first(asked, "Ask first on the register", "partnership")
    for each in follow([each for each in pairs if verbose or _flags(each)]):
        yield from assessment_lines(each, verbose=verbose)
    if pairs and not verbose:
        yield from _pairs(pairs)


def _flags(assessment: Assessment) -> bool:
    return assessment.counts[Verdict.FLAGGED] > 0


def _overview(entries: Sequence[Assessment]) -> Iterator[Line]:
    verdicts: Counter[Verdict] = Counter()
    severities: Counter[Severity] = Counter()
    rules: dict[str, Rule] = {}
    flagged: Counter[str] = Counter()
    for each in entries:
        verdicts.update(each.counts)
        severities.update(each.severities)
        for finding in each.flagged:
            rules[finding.rule.id] = finding.rule
            flagged[finding.rule.id] += 1
    yield _counted(len(entries), "partnership"), "bold"
    yield counts_line(verdicts, severities), ""
    yield "", ""
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
        name = each.name or each.id or "(a partnership without a name)"
        called = f"{name} ({each.id})" if each.id not in ("", name) else name
        yield from item(called, flagged_words(each.counts, each.severities), indent=2)
    yield from _more(len(gravest), "partnership")
    yield "", ""


def _gravity(assessment: Assessment) -> list[int]:
    return [-assessment.severities[each] for each in reversed(SEVERITIES)]


def _pairs(pairs: Sequence[Assessment]) -> Iterator[Line]:
    """Yield what there is to say of all pairs together."""
    left = [each for each in pairs if not _flags(each)]
    said = _counted(len(pairs), "pair") + " of partnerships with a partner or a parent in common"
    yield said, "bold"
    by_rule: dict[str, Counter[Verdict]] = {}
    rules: dict[str, Rule] = {}
    asked: dict[str, _Asked] = {}
    for each in pairs:
        for finding in each.findings:
            rules[finding.rule.id] = finding.rule
            by_rule.setdefault(finding.rule.id, Counter())[finding.verdict] += 1
        _ask(asked, each, lambda _, question: question)
    for name, verdicts in by_rule.items():
        yield from item(rules[name].title, f"{counts_line(verdicts)}  [{name}]", indent=2)
    if left:
        which = "these" if len(left) < len(pairs) else "them"
        hint = f"nothing is flagged on {which}; `--verbose` shows them one by one"
        yield from item(_counted(len(left), "pair") + " left out", hint, indent=2)
    yield "", ""
    yield from _ask_first(asked, "Ask first on pairs", "pair")


def _ask(
    asked: dict[str, _Asked], assessment: Assessment, worded: Callable[[str, str], str]
) -> None:
    """Add what is asked of a subject, each question once, and each rule once for each question."""
    rules: dict[str, set[str]] = {}
    for ranked in assessment.questions:
        text = worded(ranked.question.fact, ranked.question.question)
        # A rule that asks the same about several records is still one finding.
        rules.setdefault(text, set()).update(ranked.rules)
        known = asked.setdefault(text, _Asked())
        known.could_be = max(known.could_be, ranked.could_be)
    for text, its in rules.items():
        asked[text].subjects += 1
        asked[text].findings += len(its)


def _of_any_record(fact: str, question: str) -> str:
    """Return a question without the name of the record that it is about, and what it asks for."""
    folded = INDEX.sub("[]", fact)
    # The name of a record stands before a question about it.
    text = question.partition(": ")[2] or question if folded != fact else question
    return f"{text}  ({folded})"


def _ask_first(asked: dict[str, _Asked], title: str, of: str) -> Iterator[Line]:
    if not asked:
        return
    yield f"{title}: the answers that help to settle most", "bold"
    ranked = sorted(asked.items(), key=lambda each: (-each[1].findings, -each[1].could_be.rank))
    for number, (text, each) in enumerate(ranked[:_NAMED], 1):
        helps = (
            f"{_counted(each.subjects, of)}, {_counted(each.findings, 'finding')}, "
            f"up to {each.could_be.value}"
        )
        yield from item("", f"{number}. {text}  ({helps})", indent=2)
    yield from _more(len(ranked), "question")
    yield "", ""


def _more(number: int, what: str) -> Iterator[Line]:
    if number > _NAMED:
        yield f"  and {_counted(number - _NAMED, f'more {what}')}", ""


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
