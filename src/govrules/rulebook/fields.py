"""A mapping with known keys: what is missing, misspelt or of the wrong shape is reported once."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Final, TypeVar

from govrules.decode.states import VALUE, fold, state_of
from govrules.decode.values import Problem, read
from govrules.diagnostics import Code, did_you_mean
from govrules.nodes import Entries, Items, Node, Report, Scalar, read_file
from govrules.parsing import parse
from govrules.rulebook.words import KEYS_MEANT
from govrules.vocabulary import Date, YesNo

#: The version of the file formats that this govrules reads.
FORMAT: Final = "1"
_NEWER: Final = re.compile(r"[2-9]|[1-9][0-9]+")
KEBAB: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


E = TypeVar("E", bound=Enum)
N = TypeVar("N", Scalar, Entries, Items)


class Fields:
    """
    The entries of a mapping that may have just these keys.

    Args:
        report: where problems go.

        node: the mapping; anything else is reported and read as empty.

        keys: the keys that may stand in it.

        what: what the mapping is, in words.
    """

    def __init__(self, report: Report, node: Node | None, keys: Sequence[str], what: str) -> None:
        self.report = report
        self.node = node
        self.what = what
        self._entries: dict[str, tuple[Scalar, Node]] = {}
        #: Keys that a misspelt one was meant to be, so that they are not said to be missing too.
        self._meant: set[str] = set()
        self.is_mapping = isinstance(node, Entries)
        if not isinstance(node, Entries):
            help_ = f"write one `key: …` a line, such as `{keys[0]}: …`"
            report.add(Code.WRONG_SHAPE, f"{what} is a mapping", node, help_)
            return
        for key, value in node.items:
            if key.text in keys:
                self._entries[key.text] = (key, value)
            else:
                self._meant.update(difflib.get_close_matches(key.text, keys, n=1))
                report.add(
                    Code.UNKNOWN_KEY,
                    f"unknown key `{key.text}` of {what}",
                    key,
                    KEYS_MEANT.get(key.text) or did_you_mean(key.text, keys),
                )

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def key(self, key: str) -> Node | None:
        """Return the key's own node, or the mapping's where the key is not given."""
        return self._entries[key][0] if key in self._entries else self.node

    def value(self, key: str) -> Node | None:
        """Return the value's node, if the key is given."""
        return self._entries[key][1] if key in self._entries else None

    def required(self, key: str, example: str = "…") -> Node | None:
        """Return the value's node; report a key that is not given."""
        if self.is_mapping and key not in self._entries and key not in self._meant:
            self.report.add(
                Code.MISSING_KEY,
                f"{self.what} has no `{key}`",
                self.node,
                f"add `{key}: {example}`",
            )
        return self.value(key)

    def _of_kind(
        self, key: str, kind: type[N], what: str, help_: str, *, required: bool = False
    ) -> N | None:
        """Return the value's node if it is of a kind; report one of another kind."""
        node = self.required(key) if required else self.value(key)
        if node is None or isinstance(node, kind):
            return node
        self.report.add(Code.WRONG_SHAPE, f"`{key}` of {self.what} is {what}", node, help_)
        return None

    def text(self, key: str, *, required: bool = False) -> str:
        """Return the value as text; "" where it is not given or is no single value."""
        what, help_ = "a line of text", "write text, in quotes if it begins with a bracket"
        node = self._of_kind(key, Scalar, what, help_, required=required)
        if node is None or node.text.strip():
            return "" if node is None else node.text
        self.report.add(
            Code.WRONG_SHAPE,
            f"`{key}` of {self.what} is empty",
            self.key(key),
            "write text after the colon",
        )
        return ""

    def name(self, key: str, pattern: re.Pattern[str] = KEBAB) -> str:
        """Return the value as an id, and report one that is not written as ids are."""
        text = self.text(key, required=True)
        if text:
            check_name(self.report, text, self.value(key), pattern)
        return text

    def items(self, key: str) -> list[Node]:
        """Return the items of a list; nothing where it is not given."""
        found = self._of_kind(key, Items, "a list", "begin each item with `- `")
        return found.items if found else []

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of words."""
        return tuple(word.text for word in self.words(key))

    def words(self, key: str) -> list[Scalar]:
        """Return the nodes of a list of words."""
        words = []
        for node in self.items(key):
            if isinstance(node, Scalar):
                words.append(node)
            else:
                self.report.add(
                    Code.WRONG_SHAPE,
                    f"`{key}` of {self.what} is a list of words",
                    node,
                    "write `- word`",
                )
        return words

    def values(self, key: str) -> tuple[str, ...]:
        """Return a closed list of values; report those that could be read as another type."""
        nodes = self.words(key)
        words = tuple(each.text for each in nodes)
        given = self.value(key)
        if isinstance(given, Items) and not given.items:
            self.report.add(
                Code.EMPTY_CONDITION,
                f"`{key}` of {self.what} is empty",
                self.key(key),
                "write the values that it can take",
            )
        for index, node in enumerate(nodes):
            state = state_of(fold(node.text))
            if state is not VALUE:
                self.report.add(
                    Code.BAD_NAME,
                    f"`{node.text}` cannot be the name of a value: it is read as "
                    f"{'none' if state is None else 'unknown'}",
                    node,
                    "choose another word, or leave it out: every fact can be none or unknown",
                )
            if node.text in words[:index]:
                self.report.add(
                    Code.NAME_TAKEN,
                    f"value `{node.text}` stands twice",
                    node,
                    "keep one of the two",
                )
        return words

    def refuse(self, key: str, why: str) -> None:
        """Report a key that is allowed elsewhere, but not here."""
        if key in self:
            self.report.add(
                Code.UNKNOWN_KEY,
                f"`{key}` does not belong in {self.what}: {why}",
                self.key(key),
                f"drop `{key}`",
            )

    def entries(self, key: str) -> list[tuple[Scalar, Node]]:
        """Return the entries of a mapping; nothing where it is not given."""
        found = self._of_kind(key, Entries, "a mapping", "write `name: …`")
        return found.items if found else []

    def yes_no(self, key: str) -> bool | None:
        """Return a yes or no; None where it is not given or cannot be read."""
        node = self.value(key)
        if node is None:
            return None
        value = read(node.text, YesNo()) if isinstance(node, Scalar) else None
        if isinstance(value, bool):
            return value
        self.report.add(
            Code.TYPE_MISMATCH, f"`{key}` of {self.what} is yes or no", node, "write yes or no"
        )
        return None

    def date(self, key: str) -> dt.date | None:
        """Return a date; None where it is not given or cannot be read."""
        node = self.value(key)
        if node is None:
            return None
        value = read(node.text, Date()) if isinstance(node, Scalar) else None
        if isinstance(value, dt.date):
            return value
        message = value.message if isinstance(value, Problem) else f"`{key}` is a date"
        self.report.add(Code.TYPE_MISMATCH, message, node, "write a date such as 2026-03-31")
        return None

    def choice(self, key: str, allowed: Sequence[str], *, required: bool = False) -> str | None:
        """Return one of the allowed words; None where it is not given or is none of them."""
        help_ = "" if isinstance(self.value(key), Scalar) else did_you_mean("", allowed)
        node = self._of_kind(key, Scalar, "a single word", help_, required=required)
        if node is None:
            return None
        text = node.text
        if text in allowed:
            return text
        self.report.add(
            Code.UNKNOWN_VALUE,
            f"unknown value `{text}` of `{key}`",
            node,
            did_you_mean(text, allowed) or "write one of its values",
        )
        return None

    def member(self, key: str, kind: type[E], *, required: bool = False) -> E | None:
        """Return a member of an enumeration by its value; None likewise."""
        word = self.choice(key, [each.value for each in kind], required=required)
        return None if word is None else kind(word)


def check_name(
    report: Report, text: str, node: Node | None, pattern: re.Pattern[str] = KEBAB
) -> None:
    """Report a badly formed name."""
    if not pattern.fullmatch(text):
        mark, joint = ("hyphens", "-") if pattern is KEBAB else ("underscores", "_")
        better = re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)
        write = f": write `{better}`" if pattern.fullmatch(better) else ""
        report.add(
            Code.BAD_NAME,
            f"`{text}` is not written as names are here",
            node,
            f"small letters, digits and {mark}, a letter first{write}",
        )


def check_version(fields: Fields) -> bool:
    """Check a file's format version; tell whether it is supported."""
    if not fields.is_mapping:
        return False
    version = fields.required("govrules", FORMAT)
    return version is not None and check_format(version, fields.report)


def check_format(version: Node, report: Report) -> bool:
    """Check a format version; tell whether it is supported."""
    text = version.text if isinstance(version, Scalar) else ""
    if text == FORMAT:
        return True
    report.add(
        Code.UNSUPPORTED_VERSION,
        f"format version `{text}` is not read here" if text else "no format version stands here",
        version,
        "upgrade govrules" if _NEWER.fullmatch(text) else f"write `govrules: {FORMAT}`",
    )
    return False


def open_kept(source: str | Path | Mapping[str, str], listed: str) -> tuple[Report, Fields | None]:
    """
    Open a file holding one list.

    Args:
        source: the file; or one name of a file with its text, as a mapping.

        listed: the key of its list.

    Returns:
        the report on it, and its keys; None where it is no such file, as the report says.
    """
    if isinstance(source, Mapping):
        ((name, text),) = source.items()
        report = Report(name, text)
    else:
        text, report = read_file(Path(source), str(source))
    node = parse(text, report) if report.ok else None
    if node is None:
        return report, None
    fields = Fields(report, node, ("govrules", listed), f"a file of {listed}")
    return report, fields if check_version(fields) else None
