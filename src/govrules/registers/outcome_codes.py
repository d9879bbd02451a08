"""
Bitmaps of what a rule says to its verdict and severities on each row, as codes.

Of the severities the least that is possible is certain, and the worst is what it could be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from govrules.engines.bitmaps import Bitmap, ones, unpack
from govrules.lowering.ir import Formula
from govrules.lowering.judged import Judged
from govrules.rulebook.ast import SEVERITIES, Verdict

Codes: TypeAlias = NDArray[np.uint8]

#: Verdicts and severities by their codes; no severity is 0.
VERDICT_CODES: Final = (Verdict.FLAGGED, Verdict.CLEAR, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
SEVERITY_CODES: Final = (None, *SEVERITIES)


def codes_of(judged: Judged, bitmap: Callable[[Formula], Bitmap], rows: int) -> Codes:
    """
    Return a rule's outcome code for each row.

    Args:
        judged: the rule.

        bitmap: gives where a formula holds.

        rows: how many rows there are.

    Returns:
        in the two lowest bits the place of the verdict in `VERDICT_CODES`; in the next three that
        of the severity that is certain in `SEVERITY_CODES`; in the others likewise the worst that
        is possible, where that is worse.
    """
    flagged, clear = bitmap(judged.flagged), bitmap(judged.clear)
    not_applicable = bitmap(judged.not_applicable)
    open_ = ~(clear | not_applicable)
    possible = [(each.rank + 1, bitmap(may)) for each, may in judged.severities.items()]
    if len(possible) == 1:
        # It is possible wherever any is.
        possible = [(possible[0][0], ones(rows))]
    possible.sort(key=lambda each: each[0])
    severity, worst = _first(possible, flagged, rows), _first(possible[::-1], open_, rows)
    low, high = (unpack(each, rows).view(np.uint8) for each in (~open_, ~(flagged | clear)))
    codes: Codes = low | high << 1 | severity << 2 | worst * (worst != severity) << 5
    return codes


def _first(possible: Sequence[tuple[int, Bitmap]], where: Bitmap, rows: int) -> Codes:
    """Return the first possible code of each row; 0 for other rows."""
    found = np.zeros(rows, np.uint8)
    for code, may in possible:
        found += unpack(where & may, rows).view(np.uint8) * np.uint8(code)
        where = where & ~may
    return found
