"""The shape of a rule. A rule module ends in `RULE = Rule(...)`; `envdoctor.rules` lists the modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from envdoctor.facts import Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.matrix import Matrix


class Rule(NamedTuple):
    """`id` is a promise: kebab-case, never renamed, the file's name with dashes. `severity` is the highest it reports.

    `title` completes "this rule reports that …". `seen` are error texts as users meet them. `why` explains,
    `remedy` lists ways to mend it, `sources` are public addresses. All five are what `envdoctor explain` prints.
    """

    id: str
    kind: Kind
    severity: Severity
    title: str
    seen: tuple[str, ...]
    why: str
    remedy: tuple[str, ...]
    sources: tuple[str, ...]
    check: Callable[[Facts, Matrix], Iterator[Finding]]
