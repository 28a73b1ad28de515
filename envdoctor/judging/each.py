"""Judging a list item by item: one unknown item must not hide the findings on the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from envdoctor.facts import FactAbsent, FactUnknown
from envdoctor.findings import Finding

T = TypeVar("T")


def each(items: Iterable[T], judge: Callable[[T], Iterator[Finding]]) -> Iterator[Finding]:
    """Findings of every item; afterwards FactUnknown with all reasons if some could not be decided, or
    FactAbsent if the question applied to none of them."""
    unknown: list[str] = []
    absent: list[str] = []
    judged = 0
    for item in items:
        try:
            yield from judge(item)
            judged += 1
        except FactUnknown as missing:
            unknown.append(missing.reason)
        except FactAbsent as missing:
            absent.append(missing.reason)
    if unknown:
        raise FactUnknown("; ".join(dict.fromkeys(unknown)))
    if absent and not judged:
        raise FactAbsent("; ".join(dict.fromkeys(absent)))
