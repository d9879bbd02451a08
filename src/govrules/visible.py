"""Text of strangers, shown as it is written and never obeyed."""

from __future__ import annotations

import re
import shlex
from typing import Final

#: What moves a cursor, turns the direction of what follows, is not seen, or is no character.
_UNSEEN: Final = re.compile(
    "["
    "\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
    "\ud800-\udfff"
    "]|\r(?!\n)"
)


def visible(text: str) -> str:
    r"""
    Return a text with invisible and control characters escaped.

    It is written as JSON escapes it, so that a text in JSON says the same as before; a text that
    holds nothing of the kind is returned as it is. Tabs and line ends stay.

    >>> visible("Care \x1b[31mpool\u202e")
    'Care \\u001b[31mpool\\u202e'
    """
    # Almost every text is plain, and to see that costs little: none of these is printable.
    if text.isprintable():
        return text
    return _UNSEEN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


#: What no shell takes for anything but itself, and what one still obeys within double quotes.
_BARE: Final = re.compile(r"[\w@%+=:,./][\w@%+=:,./-]*")
_OBEYED: Final = re.compile(r"[\"$`!]|\\$")


def argument(value: object) -> str:
    """
    Return a value quoted for a shell.

    Double quotes are those that every shell takes; where one would obey what stands in them, the
    value stands in single ones.

    >>> argument("Care, Hub"), argument("p7"), argument("$HOME")
    ('"Care, Hub"', 'p7', "'$HOME'")
    """
    text = str(value)
    if _BARE.fullmatch(text):
        return text
    return shlex.quote(text) if _OBEYED.search(text) else f'"{text}"'


#: What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(text: str) -> str:
    """
    Return a text that no spreadsheet executes as a formula.

    What it would take for a formula gets an apostrophe before it, as people type one: what stands
    in a register is never carried out.

    >>> harmless("=1+1")
    "'=1+1"
    """
    text = visible(text)
    # Spaces before it do not keep every program from reading a formula.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
