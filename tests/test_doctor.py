"""The engine: every rule has one outcome, and nothing found is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from envdoctor.doctor import ask, verdict, worst
from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Outcome, RuleResult, Severity, Verdict
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

NO_MATRIX = cast(Matrix, None)  # these rules do not ask it


def rule_of(*steps: Finding | Exception, kind: Kind = Kind.COMPATIBILITY) -> Rule:
    def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
        for step in steps:
            if isinstance(step, Exception):
                raise step
            yield step

    return Rule("a-rule", kind, Severity.ERROR, "", (), "", (), (), check)


def result_of(*steps: Finding | Exception, kind: Kind = Kind.COMPATIBILITY) -> RuleResult:
    return ask(rule_of(*steps, kind=kind), Facts("w"), NO_MATRIX)


ERROR = Finding("broken", Severity.ERROR)
WARNING = Finding("slow", Severity.WARNING)
NOTE = Finding("old", Severity.NOTE)


@pytest.mark.parametrize(
    ("steps", "outcome", "reason"),
    [
        ((), Outcome.PASS, None),
        ((ERROR,), Outcome.FAIL, None),
        ((FactUnknown("no driver"),), Outcome.OPEN, "no driver"),
        ((FactAbsent("no torch"),), Outcome.NOT_APPLICABLE, "no torch"),
        ((ERROR, FactUnknown("second GPU")), Outcome.FAIL, "second GPU"),
        ((ERROR, FactAbsent("second package")), Outcome.FAIL, None),
        ((ERROR, ZeroDivisionError("oops")), Outcome.ERROR, "the rule crashed: ZeroDivisionError: oops"),
    ],
)
def test_each_way_a_rule_ends_is_one_outcome(
    steps: tuple[Finding | Exception, ...], outcome: Outcome, reason: str | None
) -> None:
    result = result_of(*steps)
    assert (result.outcome, result.reason) == (outcome, reason)
    assert result.findings == tuple(step for step in steps if isinstance(step, Finding))


def test_unknown_never_hides_a_finding() -> None:
    unknown = result_of(FactUnknown("?"))
    assert verdict([unknown, result_of(ERROR)]) is Verdict.INCOMPATIBLE
    assert verdict([unknown, result_of(WARNING)]) is Verdict.DEGRADED
    assert verdict([unknown, result_of(NOTE)]) is Verdict.UNKNOWN
    assert verdict([result_of(NOTE)]) is Verdict.COMPATIBLE


def test_a_crashed_rule_and_a_half_decided_one_are_not_fine() -> None:
    assert verdict([result_of(ValueError("x"))]) is Verdict.UNKNOWN
    assert verdict([result_of(NOTE, FactUnknown("?"))]) is Verdict.UNKNOWN


def test_hygiene_does_not_move_the_verdict() -> None:
    assert verdict([result_of(ERROR, kind=Kind.HYGIENE)]) is Verdict.COMPATIBLE
    assert verdict([result_of(FactUnknown("?"), kind=Kind.HYGIENE)]) is Verdict.COMPATIBLE


def test_suppressed_findings_do_not_count() -> None:
    assert verdict([result_of(ERROR._replace(suppressed="known"))]) is Verdict.COMPATIBLE


def test_the_worst_of_several() -> None:
    assert worst([Verdict.COMPATIBLE, Verdict.UNKNOWN]) is Verdict.UNKNOWN
    assert worst([Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.INCOMPATIBLE]) is Verdict.INCOMPATIBLE
    assert worst([]) is Verdict.COMPATIBLE
