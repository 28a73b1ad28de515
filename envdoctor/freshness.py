"""How old the matrix is: what came out since is not known to it, which the user should hear once."""

from __future__ import annotations

import os
import time

MONTHS = 6


def notice(date: str) -> str | None:
    """The sentence about a matrix of that ISO date, None while it is not older than six months."""
    if not date or today() <= _later(date):
        return None
    return (
        f"the matrix of this envdoctor is of {date}, more than six months ago: what came out since is unknown to it. "
        "A newer one comes with: pip install -U envdoctor-gpu"
    )


def today() -> str:
    """By the clock, in UTC; SOURCE_DATE_EPOCH (seconds) stands in for it, for reports that must not change with the day.
    Source: https://reproducible-builds.org/specs/source-date-epoch/"""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= 11 else time.time()
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _later(date: str) -> str:
    """Six months on, to compare with: a day that its month lacks (2027-02-31) sorts where it should."""
    year, month, day = date.split("-")
    months = int(year) * 12 + int(month) - 1 + MONTHS
    return f"{months // 12:04}-{months % 12 + 1:02}-{day}"
