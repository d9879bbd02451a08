"""Actions: what a body decided to do about findings, kept in a file that people complete."""

from __future__ import annotations

import datetime as dt
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from govrules.assessment import Assessment, ended
from govrules.decode.values import decoder
from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.editing import Flat, with_records
from govrules.errors import RuleFileError
from govrules.files import read_bytes, replacing
from govrules.nodes import MAX_BYTES, Node, Report, Scalar, decoded
from govrules.plans import Plan
from govrules.portfolio import THE_REGISTER, Assessed, is_register, with_each
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.rulebook.decisions import Action, Progress, State, due_date
from govrules.rulebook.fields import Fields, open_kept
from govrules.vocabulary import Date
from govrules.waivers import called_by

#: Above what the next check no longer needs.
NO_LONGER_NEEDED: Final = Progress.NO_LONGER_NEEDED.value
_LISTED: Final = "actions"
_KEYS: Final = ("partnership", "rule", "do", "owner", "by", "state", "why")
_SAME: Final = ("partnership", "rule")
_DATE: Final = decoder(Date())
#: What remedies say where no day follows from it, such as `10 working days`.
_LENGTH: Final = re.compile(r"\b\d+ (?:working )?(?:day|week|month|quarter|year|meeting)s?\b")


def read_actions(source: str | Path | Mapping[str, str]) -> tuple[Action, ...]:
    """
    Read a file of actions.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

    Raises:
        RuleFileError: something in the file is wrong; it carries every problem found.
    """
    report, fields = open_kept(source, _LISTED)
    found: list[Action] = []
    if fields is not None:
        listed = fields.required(_LISTED)
        # A list that nobody began is empty.
        items = [] if _is_blank(listed) else fields.items(_LISTED)
        found = [each for item in items for each in _action(report, item)]
        _once_each(report, found, items)
    if report.diagnostics:
        raise RuleFileError(report.in_order())
    return tuple(found)


def _is_blank(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text.strip()


def _action(report: Report, node: Node) -> Iterator[Action]:
    before = report.errors
    fields = Fields(report, node, _KEYS, "an action")
    if not fields.is_mapping:
        return
    partnership = fields.text("partnership", required=True)
    rule = fields.text("rule", required=True)
    do, owner, why = (_text(fields, key) for key in ("do", "owner", "why"))
    state = State.PLANNED
    if not _is_blank(fields.value("state")):
        state = fields.member("state", State) or State.PLANNED
    by = _by(fields)
    if state is State.NOT_PLANNED and not why and report.errors == before:
        report.add(
            Code.MISSING_KEY,
            "an action that is not planned has no reason",
            fields.key("why") if "why" in fields else fields.value("state"),
            "write the reason after `why:`, or `state: planned`",
        )
    if report.errors == before:
        span = report.span(fields.value("rule"))
        yield Action(partnership, rule, do, owner, by, state, why, span=span)


def _text(fields: Fields, key: str) -> str:
    return "" if _is_blank(fields.value(key)) else " ".join(fields.text(key).split())


def _by(fields: Fields) -> dt.date | str:
    """Read a due date or a phrase; report what has digits and is neither a date nor a duration."""
    text = _text(fields, "by")
    if not any(each.isdigit() for each in text) or _LENGTH.search(text):
        return text
    value = _DATE(text)
    if isinstance(value, dt.date):
        return value
    fields.report.add(
        Code.TYPE_MISMATCH,
        f"`{text}` cannot be read as a day",
        fields.value("by"),
        "write a date such as 2026-03-31, or words such as `the next meeting`",
    )
    return ""


def _once_each(report: Report, found: Sequence[Action], items: Sequence[Node]) -> None:
    # Where something was wrong with an item, the rest no longer lie side by side.
    if len(found) != len(items):
        return
    seen: dict[tuple[str, str], Action] = {}
    for action, node in zip(found, items, strict=True):
        first = seen.setdefault(action.key, action)
        if first is not action:
            report.add(
                Code.DUPLICATE_ENTRY,
                f"`{action.rule}` of `{action.partnership}` has an action already, {first.span}",
                node,
                "write one action for each partnership and rule",
            )


def flat(action: Action) -> Flat:
    """Return an action as a file holds it: every key, in order, as text."""
    by = action.by.isoformat() if isinstance(action.by, dt.date) else action.by
    said = attrs.asdict(action, filter=attrs.filters.exclude("span", "by"))
    return {key: by if key == "by" else str(said[key]) for key in _KEYS}


def _changed(action: Action, before: Action | None) -> Flat:
    """Return the fields of an action to write; unchanged fields keep their spelling."""
    now, was = flat(action), {} if before is None else flat(before)
    return {key: text for key, text in now.items() if key in _SAME or was.get(key) != text}


def write_actions(
    path: str | Path,
    actions: Iterable[Action],
    *,
    no_longer: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """
    Write actions into a file: what is there keeps its comments and its place, and none is lost.

    An action of the same partnership and rule is changed where it says otherwise; a new one goes
    to the end; what is not among them stays as it is. The file is written whole or not at all.

    Args:
        path: the file; it need not be there yet.

        actions: the actions.

        no_longer: why actions are no longer needed, by partnership and rule, as a comment above
            each; "" takes that comment away.

    Raises:
        GovrulesError: the file is laid out so that it cannot be added to.

        RuleFileError: what is there cannot be read as actions.

        OSError: it cannot be written.
    """
    path = Path(path)
    data = read_bytes(path, MAX_BYTES) if path.exists() else b""
    text, report = decoded(data, str(path))
    if not report.ok:
        raise RuleFileError(report.in_order())
    new = actions_text(text, actions, no_longer=no_longer, name=str(path))
    mark = BOM_UTF8 if data and data.startswith(BOM_UTF8) else b""
    with replacing(path, over_inputs=True) as file:
        file.write_bytes(mark + new.encode())


def actions_text(
    text: str,
    actions: Iterable[Action],
    *,
    no_longer: Mapping[tuple[str, str], str] | None = None,
    name: str = "actions",
) -> str:
    """
    Return the text of a file of actions with these in it; see `write_actions`.

    Args:
        text: the file as it is; "" where there is none.

        actions, no_longer: see `write_actions`.

        name: what the file is called where something is said of it.

    Raises:
        GovrulesError: the file is laid out so that it cannot be added to.

        RuleFileError: it cannot be read as actions.
    """
    there = {each.key: each for each in read_actions({name: text})} if text.strip() else {}
    records = [_changed(action, there.get(action.key)) for action in actions]
    marks: dict[tuple[str, ...], str] = {
        key: f"{NO_LONGER_NEEDED}: {why}" if why else "" for key, why in (no_longer or {}).items()
    }
    new = with_records(text, _LISTED, records, _SAME, marks=marks, mark=NO_LONGER_NEEDED)
    read_actions({name: new})
    return new


# ── On an assessment ──────────────────────────────────────────────────────────────────────────


def follow_up(assessed: Assessed, actions: Iterable[Action]) -> Assessed:
    """
    Return an assessment whose findings carry their actions and the progress of each.

    Args:
        assessed: what `assess` or `assess_register` returned.

        actions: the actions, of whatever partnerships and rules.

    >>> from govrules import assess, load_rulebook
    >>> from govrules.model import Funding, Partnership, Protocol
    >>> pool = Partnership(id="care", funding=Funding(pooled=True), protocol=None)
    >>> found = assess(pool, load_rulebook(), as_of=dt.date(2026, 3, 31))
    >>> action = Action("care", "pooled-budget-without-protocol", by=dt.date(2026, 1, 31))
    >>> [(each.rule.id, each.progress.value) for each in follow_up(found, [action]).acted_on]
    [('pooled-budget-without-protocol', 'late')]
    """
    several = tuple(actions)
    return with_each(assessed, lambda each: _followed(each, several))


def _followed(assessment: Assessment, actions: Sequence[Action]) -> Assessment:
    called, *_ = called_by(assessment)
    its = tuple(action for action in actions if action.partnership in called)
    return attrs.evolve(assessment, actions=its) if its else assessment


def subject_called(assessment: Assessment) -> str:
    """Return how actions name the subject of an assessment; "" where it has no name."""
    return assessment.id or (THE_REGISTER if is_register(assessment.subject) else "")


def action_problems(
    assessments: Iterable[Assessment],
    actions: Sequence[Action],
    rulebook: Rulebook,
    *,
    whole: bool = True,
) -> Iterator[Diagnostic]:
    """
    Yield what is to be said of actions that cannot be followed up.

    Args:
        assessments: every assessment that they could be of.

        actions: the actions.

        rulebook: the rules.

        whole: whether the assessments are of a whole register, so that a partnership that none of
            them is of is on none.
    """
    rules = {rule.id for rule in (*rulebook.rules, *rulebook.left_out)}
    known = sorted({name for assessment in assessments for name in called_by(assessment)[0]})
    for action in actions:
        if action.partnership not in known:
            if whole:
                yield Diagnostic(
                    Code.ACTION_NOT_FOLLOWED_UP,
                    f"there is an action of `{action.partnership}`, which is not on the register",
                    action.span,
                    did_you_mean(
                        action.partnership, known, otherwise="give its id, or remove what has ended"
                    ),
                )
        elif action.rule not in rules:
            yield Diagnostic(
                Code.ACTION_NOT_FOLLOWED_UP,
                f"there is an action about rule `{action.rule}`, and no rule of this id",
                action.span,
                did_you_mean(action.rule, rules, otherwise="name the rule as it is called now"),
            )


# ── From a plan ───────────────────────────────────────────────────────────────────────────────


def actions_of_plan(assessment: Assessment, plan: Plan) -> tuple[Action, ...]:
    """
    Return the actions of a plan: one for each finding that it puts right, and what is left.

    What a step puts right beside its own finding is done by that step. Each has no owner yet, and
    is due when the rule says.

    Args:
        assessment: what was planned for.

        plan: its plan.
    """
    own = {step.rule: step for step in plan.steps}
    helped = {rule: step for step in reversed(plan.steps) for rule in step.helps}
    flagged = {each.rule.id: each for each in assessment.flagged}
    wanted = {*plan.clears, *plan.left}
    order = [*own, *(each for step in plan.steps for each in step.helps), *plan.clears, *plan.left]
    found: list[Action] = []
    for rule in dict.fromkeys(order):
        if rule not in wanted or rule not in flagged:
            continue
        step = own.get(rule) or helped.get(rule)
        finding = flagged[rule]
        remedy = finding.rule.remedy
        do = finding.remedy if step is None else step.do
        within = ("" if remedy is None else remedy.within) if step is None else step.within
        by = due_date(within, assessment.as_of) or within
        found.append(Action(subject_called(assessment), rule, do, by=by))
    return tuple(found)


def plan_merged(
    before: Iterable[Action], planned: Iterable[Action], assessments: Iterable[Assessment]
) -> tuple[tuple[Action, ...], dict[tuple[str, str], str]]:
    """
    Return the actions to add to those decided earlier, and those no longer needed.

    Args:
        before: the actions that were decided; they stay as they are.

        planned: the actions of the plan now.

        assessments: what was planned for.

    Returns:
        the new actions; and for each action of before, why it is no longer needed, "" where it
        is, by partnership and rule. Those of what was not assessed are not among them.
    """
    before = tuple(before)
    several = tuple(assessments)
    there = {each.key for each in before}
    for each in several:
        # An action may name by its name what a plan names by its id.
        its = {action.rule for action in before if action.partnership in called_by(each)[0]}
        there |= {(subject_called(each), rule) for rule in its}
    new = tuple(each for each in planned if each.key not in there)
    marks: dict[tuple[str, str], str] = {}
    for assessment in several:
        verdicts = {rule.id: verdict for rule, verdict, _ in ended(assessment)}
        verdicts |= {summary.rule.id: summary.verdict for summary in assessment.summaries}
        called, *_ = called_by(assessment)
        for action in before:
            if action.partnership in called:
                marks[action.key] = _why_not_needed(verdicts.get(action.rule))
    return new, marks


def _why_not_needed(verdict: Verdict | None) -> str:
    match verdict:
        case None:
            return "the rule is not in force"
        case Verdict.CLEAR:
            return "the rule is met"
        case Verdict.NOT_APPLICABLE:
            return "the rule does not apply"
        case _:
            return ""
