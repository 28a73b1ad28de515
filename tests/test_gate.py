"""The exit code, bracketed at each threshold, and suppression."""

from __future__ import annotations

import itertools

import pytest

from envdoctor.facts import Origin
from envdoctor.findings import (
    Diagnosis,
    Finding,
    Kind,
    Outcome,
    Report,
    RuleResult,
    Severity,
    TargetError,
    Verdict,
)
from envdoctor.gate import FINDINGS, NOT_DONE, OK, USAGE, Silence, exit_code, report_of, suppress
from envdoctor.summary import summary

AT = Origin("Dockerfile:3", "Dockerfile", 3)
UNREAD = (TargetError("x", "cannot be read"),)


def _result(
    outcome: Outcome = Outcome.PASS,
    *severities: Severity,
    rule: str = "driver-too-old",
    kind: Kind = Kind.COMPATIBILITY,
    reason: str | None = None,
    at: Origin | None = AT,
) -> RuleResult:
    findings = tuple(Finding("m", severity, at=at) for severity in severities)
    return RuleResult(rule, kind, outcome, severities[0] if severities else None, reason, findings)


def _report(*results: RuleResult, errors: tuple[TargetError, ...] = ()) -> Report:
    return Report(Verdict.UNKNOWN, (Diagnosis("Dockerfile", None, Verdict.UNKNOWN, (), results),), errors)


FAILED = _result(Outcome.FAIL, Severity.ERROR)
WARNED = _result(Outcome.FAIL, Severity.WARNING)
NOTED = _result(Outcome.FAIL, Severity.NOTE)
OPEN = _result(Outcome.OPEN, reason="not stated")
PARTLY = _result(Outcome.FAIL, Severity.NOTE, reason="the rest is not known")
CRASHED = _result(Outcome.ERROR, reason="the rule crashed")
SKIPPED = _result(Outcome.NOT_APPLICABLE, reason="nothing needs it")


@pytest.mark.parametrize(
    ("result", "fail_on", "code"),
    [
        (_result(), "error", OK),
        (SKIPPED, "error", OK),
        (OPEN, "error", OK),
        (NOTED, "error", OK),
        (WARNED, "error", OK),
        (FAILED, "error", FINDINGS),
        (NOTED, "warning", OK),
        (WARNED, "warning", FINDINGS),
        (FAILED, "warning", FINDINGS),
        (FAILED, "never", OK),
        (CRASHED, "error", NOT_DONE),
        (CRASHED, "never", NOT_DONE),
    ],
)
def test_thresholds(result: RuleResult, fail_on: str, code: int) -> None:
    assert exit_code(_report(result), fail_on=fail_on, strict=False) == code


@pytest.mark.parametrize(
    ("result", "code"), [(_result(), OK), (SKIPPED, OK), (NOTED, OK), (OPEN, NOT_DONE), (PARTLY, NOT_DONE)]
)
def test_strict(result: RuleResult, code: int) -> None:
    assert exit_code(_report(result), fail_on="error", strict=True) == code


def test_hygiene_reaches_the_exit_code_by_its_severity() -> None:
    hygiene = _result(Outcome.FAIL, Severity.WARNING, kind=Kind.HYGIENE)
    assert exit_code(_report(hygiene), fail_on="warning", strict=False) == FINDINGS


def test_a_check_that_did_not_happen_is_never_0() -> None:
    assert exit_code(Report(Verdict.UNKNOWN, ()), fail_on="never", strict=False) == NOT_DONE
    assert exit_code(_report(_result(), errors=UNREAD), fail_on="never", strict=False) == NOT_DONE


def test_precedence_2_over_1_over_3_over_0() -> None:
    for usage, finding, unread, crash in itertools.product((True, False), repeat=4):
        results = [_result(), *([FAILED] if finding else []), *([CRASHED] if crash else [])]
        report = _report(*results, errors=UNREAD if unread else ())
        expected = USAGE if usage else FINDINGS if finding else NOT_DONE if unread or crash else OK
        assert exit_code(report, fail_on="error", strict=False, usage=usage) == expected


def _diagnosis(*results: RuleResult) -> Diagnosis:
    return Diagnosis("Dockerfile", None, Verdict.INCOMPATIBLE, (), results)


def _code(diagnosis: Diagnosis, **options: object) -> int:
    report = report_of([diagnosis], (), (), "")
    return exit_code(report, fail_on="error", strict=bool(options.get("strict")), silenced=options.get("silenced", ()))  # type: ignore[arg-type]


def test_a_suppressed_finding_stays_and_counts_for_nothing() -> None:
    silence = Silence("driver-too-old", "new driver in May", "pyproject.toml")
    diagnosis, used = suppress(_diagnosis(FAILED), [silence])
    assert diagnosis.verdict is Verdict.COMPATIBLE
    assert diagnosis.results[0].outcome is Outcome.FAIL
    assert diagnosis.results[0].severity is None
    assert diagnosis.results[0].findings[0].suppressed == "new driver in May (pyproject.toml)"
    assert used == {silence}
    assert _code(diagnosis) == OK


def test_another_rule_is_not_suppressed() -> None:
    diagnosis, used = suppress(_diagnosis(FAILED), [Silence("gpu-not-in-torch", "", "--ignore")])
    assert (diagnosis.verdict, used, _code(diagnosis)) == (Verdict.INCOMPATIBLE, frozenset(), FINDINGS)


def test_the_severity_that_remains_counts() -> None:
    two = RuleResult(
        "driver-too-old",
        Kind.COMPATIBILITY,
        Outcome.FAIL,
        Severity.ERROR,
        None,
        (Finding("a", Severity.ERROR, at=AT), Finding("b", Severity.WARNING, at=AT._replace(line=9))),
    )
    diagnosis, _ = suppress(_diagnosis(two), [Silence("driver-too-old", "x", "comment", "Dockerfile", 3, 3)])
    assert diagnosis.results[0].severity is Severity.WARNING
    assert diagnosis.verdict is Verdict.DEGRADED


@pytest.mark.parametrize(
    ("silence", "at", "covered"),
    [
        (Silence("r", "", "--ignore"), None, True),
        (Silence("r", "", "--ignore"), AT, True),
        (Silence("r", "", "c", "Dockerfile", 3, 5), AT, True),
        (Silence("r", "", "c", "Dockerfile", 1, 2), AT, False),
        (Silence("r", "", "c", "Dockerfile", 4, 9), AT, False),
        (Silence("r", "", "c", "other/Dockerfile", 3, 3), AT, False),
        (Silence("r", "", "c", "Dockerfile", 3, 3), None, False),
        (Silence("r", "", "c", "Dockerfile", 3, 3), Origin("--driver"), False),
        (Silence("r", "", "c", "Dockerfile", 3, 3, whole=True), None, True),
        (Silence("r", "", "c", "Dockerfile", 3, 3, whole=True), Origin("--driver"), True),
        (Silence("r", "", "c", "Dockerfile", 1, 1, whole=True), AT, False),
    ],
)
def test_what_an_ignore_covers(silence: Silence, at: Origin | None, covered: bool) -> None:
    assert silence.covers(at) is covered


def test_strict_passes_over_a_rule_that_is_ignored_as_a_whole() -> None:
    silence = Silence("driver-too-old", "", "--ignore")
    diagnosis, used = suppress(_diagnosis(OPEN), [silence])
    assert diagnosis.verdict is Verdict.UNKNOWN  # what is not known is not made known by not asking
    assert used == {silence}
    assert _code(diagnosis, strict=True) == NOT_DONE
    assert _code(diagnosis, strict=True, silenced=["driver-too-old"]) == OK


def test_the_whole_verdict_is_the_worst_and_unknown_beside_an_unread_target() -> None:
    good = _diagnosis(_result())._replace(verdict=Verdict.COMPATIBLE)
    bad = good._replace(verdict=Verdict.INCOMPATIBLE)
    assert report_of([good, good], (), (), "").verdict is Verdict.COMPATIBLE
    assert report_of([good, bad], (), (), "").verdict is Verdict.INCOMPATIBLE
    assert report_of([good], UNREAD, (), "").verdict is Verdict.UNKNOWN
    assert report_of([bad], UNREAD, (), "").verdict is Verdict.INCOMPATIBLE
    assert report_of([], (), (), "").verdict is Verdict.UNKNOWN


def test_summary_counts_a_finding_on_two_hosts_once() -> None:
    first = Diagnosis("Dockerfile", "T4", Verdict.INCOMPATIBLE, (), (FAILED, OPEN))
    report = report_of([first, first._replace(host="L4"), first._replace(workload="b", host="L4")], UNREAD, (), "")
    assert summary(report) == (
        "2 workloads on 2 hosts, 3 judged: 3 incompatible; 1 error, 0 warnings, 0 notes, 2 undecided, 1 not checked"
    )


def test_summary_without_a_host_and_without_anything() -> None:
    alone = Diagnosis("Dockerfile", None, Verdict.UNKNOWN, (), (NOTED,))
    assert (
        summary(report_of([alone], (), (), "")) == "1 workload, no host stated: 1 unknown; 0 errors, 0 warnings, 1 note"
    )
    assert (
        summary(report_of([], (), (), ""))
        == "0 workloads, no host stated: nothing judged; 0 errors, 0 warnings, 0 notes"
    )


def test_a_crashed_rule_is_never_fine_even_if_it_is_ignored() -> None:
    assert exit_code(_report(CRASHED), fail_on="error", strict=False, silenced=[CRASHED.rule]) == NOT_DONE


def test_summary_is_a_product_only_where_it_is_one() -> None:
    diagnoses = [
        Diagnosis("a", "edge", Verdict.UNKNOWN, (), (OPEN,)),
        Diagnosis("b", None, Verdict.UNKNOWN, (), (OPEN,)),
    ]
    assert summary(report_of(diagnoses, (), (), "")).startswith("2 workloads on 1 host, 2 judged: 2 unknown")
