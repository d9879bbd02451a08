"""Actions: what a body decided to do about findings, kept in a file that people complete."""

from __future__ import annotations

import datetime as dt
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import attrs

from govrules.decode.values import decoder
from govrules.diagnostics import NOWHERE, Code, Span
from govrules.editing import Flat, with_records
from govrules.errors import RuleFileError
from govrules.files import read_bytes, replacing
from govrules.nodes import MAX_BYTES, Node, Report, Scalar, decoded, parse, read_text
from govrules.rulebook.fields import Fields
from govrules.rulebook.load import check_version
from govrules.vocabulary import Date

#: Above what the next check no longer needs.
NO_LONGER_NEEDED: Final = "no longer needed"
_LISTED: Final = "actions"
_KEYS: Final = ("partnership", "rule", "do", "owner", "by", "state", "why")
_SAME: Final = ("partnership", "rule")
_DATE: Final = decoder(Date())


class State(StrEnum):
    """How far an action is, as people say."""

    PLANNED = "planned"
    DONE = "done"
    NOT_PLANNED = "not planned"


@attrs.frozen
class Action:
    """
    What is to be done about what a rule flags of a partnership, or why nothing is.

    Attributes:
        partnership: the partnership's id, or its name where it has none.
        rule: the id of the rule.
        do: the act; "" where nobody said.
        owner: the post that does it; "" where nobody said.
        by: the day by which, or when in words; "" where nobody said.
        state: how far it is.
        why: the reason why nothing is planned, or what else is to be said of it.
    """

    partnership: str
    rule: str
    do: str = ""
    owner: str = ""
    by: dt.date | str = ""
    state: State = State.PLANNED
    why: str = ""
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)

    @property
    def key(self) -> tuple[str, str]:
        """By what it is known in a file: the partnership and the rule."""
        return self.partnership, self.rule


def read_actions(source: str | Path | Mapping[str, str]) -> tuple[Action, ...]:
    """
    Read a file of actions.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

    Raises:
        RuleFileError: something in the file is wrong; it carries every problem found.
    """
    if isinstance(source, Mapping):
        ((name, text),) = source.items()
        report = Report(name, text)
    else:
        text, report = read_text(Path(source), str(source))
    node = parse(text, report) if report.ok else None
    found: list[Action] = []
    if node is not None:
        fields = Fields(report, node, ("govrules", _LISTED), "a file of actions")
        if check_version(fields):
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
        state = State(fields.choice("state", [each.value for each in State]) or State.PLANNED)
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
    """Read a day, or when in words; what has figures and is no day is reported."""
    text = _text(fields, "by")
    if not any(each.isdigit() for each in text):
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
    """Return what is to be written of an action; what was there stays as it was typed."""
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
        EditError: the file is laid out so that it cannot be added to.

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
        EditError: the file is laid out so that it cannot be added to.

        RuleFileError: it cannot be read as actions.
    """
    there = {each.key: each for each in read_actions({name: text})} if text.strip() else {}
    records = [_changed(each, there.get(each.key)) for each in actions]
    marks: dict[tuple[str, ...], str] = {
        key: f"{NO_LONGER_NEEDED}: {why}" if why else "" for key, why in (no_longer or {}).items()
    }
    new = with_records(text, _LISTED, records, _SAME, marks=marks, mark=NO_LONGER_NEEDED)
    read_actions({name: new})
    return new
