"""Every row cites what a reader can look up, and a day on which it was compared with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone

from envdoctor.upkeep.form import Lines
from envdoctor.upkeep.problems import Problem

KINDS = ("https://", "github:", "PyPI: ", "measured: ")  # how an address or a citation starts


def latest_day() -> str:
    """Today's date where the day starts first on earth: a row that was checked there this morning is not of the future."""
    return datetime.now(timezone(timedelta(hours=14))).date().isoformat()


def sources(lines: Lines, today: str) -> Iterator[Problem]:
    named = dict(lines.head.get("sources", {}))
    cited: set[str] = set()
    for at, (_, _, row) in enumerate(lines.rows):
        cited.update(row["source"])
        for source in row["source"]:
            if source not in named and not source.startswith(KINDS):
                expected = f"a name from the file's first line, or a text that starts with {', '.join(KINDS)}"
                yield lines.problem("source", at, "source", f"{source!r} can be looked up nowhere; expected {expected}")
        yield from _checked(lines, at, str(row["checked"]), today)
    yield from _head(lines, named, cited)


def _head(lines: Lines, named: dict[str, str], cited: set[str]) -> Iterator[Problem]:
    for name, address in named.items():
        if not address.startswith(KINDS):
            text = f"expected an address or citation that starts with {', '.join(KINDS)}"
            yield Problem("source", f"{lines.table}.json", 1, "", f"sources.{name}", address, text)
        if name not in cited:
            yield Problem(
                "source", f"{lines.table}.json", 1, "", f"sources.{name}", address, "no row cites this source"
            )


def _checked(lines: Lines, at: int, day: str, today: str) -> Iterator[Problem]:
    try:
        date.fromisoformat(day)
    except ValueError:
        yield lines.problem("checked", at, "checked", "not a day of the calendar; expected one such as 2026-11-21")
        return
    if day > today:
        yield lines.problem("checked", at, "checked", f"a day in the future (today is {today})")
