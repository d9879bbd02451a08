"""Names of bodies as they are compared: one body, however its name is spelt, is one."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

from govrules.decode.states import fold

#: What a name is the same with and without.
_POINTS: Final = re.compile(r"[.,'\"\u201c\u201d]")
_COMPANY: Final = frozenset({"ltd", "limited"})


@functools.lru_cache(maxsize=65_536)
def fold_body(name: str) -> str:
    """
    Return the name of a body as it is compared.

    Capitals, spaces, dashes, points, composed letters, *and* or *&*, and *Ltd* make no difference.

    >>> fold_body("Smith & Sons Ltd.") == fold_body("SMITH AND  SONS")
    True
    """
    text = unicodedata.normalize("NFKC", fold(name))
    text = _POINTS.sub("", text).replace("&", " and ").replace("-", " ")
    words = text.split()
    if len(words) > 1 and words[-1] in _COMPANY:
        words.pop()
    return " ".join(words)
