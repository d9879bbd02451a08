"""How the findings on several subjects come out together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from govrules.assessment import Assessment, ended
from govrules.rulebook.ast import Rule, Severity, Verdict


def counted_together(
    assessments: Iterable[Assessment],
) -> tuple[Counter[Verdict], Counter[Severity]]:
    """Return how many findings on several subjects have each verdict, and each severity."""
    verdicts: Counter[Verdict] = Counter()
    severities: Counter[Severity] = Counter()
    for each in assessments:
        for _, verdict, severity in ended(each):
            verdicts[verdict] += 1
            if severity is not None:
                severities[severity] += 1
    return verdicts, severities


def not_waived(assessments: Iterable[Assessment]) -> Counter[Severity]:
    """Return how many findings that are flagged and not waived have each severity."""
    found: Counter[Severity] = Counter()
    for each in assessments:
        waived = {waiver.rule for waiver in each.waivers}
        for rule, _, severity in ended(each):
            if severity is not None and rule.id not in waived:
                found[severity] += 1
    return found


def flagged_together(assessments: Iterable[Assessment]) -> Counter[Rule]:
    """Return of how many subjects each rule flags something."""
    by_id: dict[str, Rule] = {}
    found: Counter[str] = Counter()
    for each in assessments:
        for rule, verdict, _ in ended(each):
            if verdict is Verdict.FLAGGED:
                by_id[rule.id] = rule
                found[rule.id] += 1
    return Counter({by_id[name]: number for name, number in found.items()})
