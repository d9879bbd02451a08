"""Calendar months, by which rules measure time."""

from __future__ import annotations

import datetime as dt

from dateutil.relativedelta import relativedelta


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many calendar months earlier, later where negative; the last there is."""
    try:
        return day - relativedelta(months=months)
    except (ValueError, OverflowError):
        return dt.date.min if months > 0 else dt.date.max
