"""One unknown item must not hide the findings on the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from envdoctor.facts import FactAbsent, FactUnknown
from envdoctor.findings import Finding, Severity
from envdoctor.judging.each import each


def judge(item: str) -> Iterator[Finding]:
    if item.startswith("?"):
        raise FactUnknown(f"{item} is not known")
    if item.startswith("-"):
        raise FactAbsent(f"{item} is not there")
    if item.startswith("!"):
        yield Finding(item, Severity.ERROR)


def test_findings_come_before_what_is_not_known() -> None:
    judged = each(["?a", "!one", "?b", "?a", "!two", "-c"], judge)
    assert [next(judged).message, next(judged).message] == ["!one", "!two"]
    with pytest.raises(FactUnknown, match=r"^\?a is not known; \?b is not known$"):
        next(judged)


def test_absent_only_where_nothing_was_judged() -> None:
    assert list(each(["-a", "fine"], judge)) == []
    with pytest.raises(FactAbsent, match="-a"):
        list(each(["-a"], judge))
    assert list(each([], judge)) == []
