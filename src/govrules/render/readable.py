"""Text of users in a form that every format can hold, and that shows what it holds."""

from __future__ import annotations

import re
from typing import Final

#: Control characters, halves of characters, and marks that turn the order of what follows round.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_PICTURES: Final = 0x2400
_DELETE: Final = "\x7f"


def readable(text: str) -> str:
    r"""
    Return a text with what would not be seen, or would hide other text, made visible.

    >>> readable("bell\x07, turned \u202eround")
    'bell␇, turned ⟨U+202E⟩round'
    """
    return _UNSEEN.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    unseen = found[0]
    if unseen < " ":
        return chr(_PICTURES + ord(unseen))
    return "␡" if unseen == _DELETE else f"⟨U+{ord(unseen):04X}⟩"
