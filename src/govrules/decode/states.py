"""
The states of a fact as they are written: one table for files, cells, columns, lines and events.

A fact is known, known to be absent, or unknown. Nothing else says either of the last two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from enum import Enum
from typing import Any, Final

from govrules.truth import UNKNOWN

#: Words that say in so many letters that nobody knows.
UNKNOWN_WORDS: Final = frozenset({"", "unknown", "null", "~"})
#: What people, and their programs, write where they have nothing to write.
PLACEHOLDERS: Final = frozenset(
    {
        *("?", "??", "???", "-", "--", "---", ".", "..", "..."),
        *("tbc", "tba", "tbd", "to be confirmed", "to be agreed", "to be determined"),
        *("n/a", "na", "n.a.", "n.a", "#n/a", "nan", "not applicable", "not available"),
        *("n/k", "nk", "not known", "not recorded", "dk", "don't know", "dont know", "no data"),
        *("vacant", "vacancy", "post vacant", "nobody", "no one", "no-one", "various"),
        *("ditto", "do.", '"', "''", "as above", "as below", "see above", "see below", "see note"),
        *("see notes", "see list", "see attached", "see report", "same as above"),
        *("etc", "etc.", "et al", "et al.", "others", "and others", "other partners", "and more"),
        *("to follow", "to be advised", "not yet known", "awaited", "pending"),
        *("#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"),
    }
)
#: The word that says that there is none.
NONE_WORDS: Final = frozenset({"none"})
#: Words that are nought in an amount, and elsewhere say nothing for certain.
NIL_WORDS: Final = frozenset({"nil"})
#: A plain yes or no, which is no text that anybody means.
YES_OR_NO: Final = frozenset({"yes", "no", "true", "false"})
#: Words that are no text, whatever the fact.
NO_TEXTS: Final = UNKNOWN_WORDS | PLACEHOLDERS | NONE_WORDS | NIL_WORDS | YES_OR_NO

#: How they begin: with these letters of their first word.
_BEGINNINGS: Final = frozenset(word.split()[0][:3] for word in NO_TEXTS if word)

#: What is written for a plain dash, and for a plain apostrophe.
DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
APOSTROPHES: Final = "\u2018\u2019\u02bc"

_FOLDED: Final[dict[int, str | None]] = {
    **dict.fromkeys(map(ord, DASHES), "-"),
    **dict.fromkeys(map(ord, APOSTROPHES), "'"),
    # What has a sign drawn as a picture.
    0xFE0F: None,
}


class _NoState(Enum):
    VALUE = "a value"

    __hash__ = object.__hash__


#: What `state_of` returns of a word that says what a fact is.
VALUE: Final = _NoState.VALUE


def fold(text: str) -> str:
    """
    Return a text as words are compared: in small letters, with single spaces and plain dashes.

    >>> fold(" Not  Known ")
    'not known'
    """
    text = " ".join(text.split()).casefold()
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_FOLDED)


def are_plain(texts: Collection[str]) -> bool:
    """
    Tell quickly whether texts are plain values; False means that they must be folded.

    >>> are_plain(["Cabinet", "DASS"]), are_plain(["Cabinet", "TBC"])
    (True, False)
    """
    whole = "".join(texts)
    if not whole.isascii() or not whole.isprintable():
        return False
    begin = {text[:3] for text in texts}
    return all(
        each[:1] > " " and each.split(None, 1)[0].lower() not in _BEGINNINGS for each in begin
    )


def state_of(word: str) -> Any:  # noqa: ANN401 - a state
    """
    Return the state a folded word says: None, UNKNOWN, or `VALUE` if it is none.

    >>> state_of("none"), state_of("tbc"), state_of("cabinet")
    (None, UNKNOWN, <_NoState.VALUE: 'a value'>)
    """
    if word in UNKNOWN_WORDS or word in PLACEHOLDERS:
        return UNKNOWN
    return None if word in NONE_WORDS else VALUE
