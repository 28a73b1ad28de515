"""Asks every rule about one workload on one host and drops nothing: one outcome per rule, one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Diagnosis, Finding, Kind, Outcome, RuleResult, Severity, Verdict, undecided
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_BY_SEVERITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_WORST_FIRST = (Verdict.INCOMPATIBLE, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.COMPATIBLE)


def diagnose(facts: Facts, matrix: Matrix, rules: Sequence[Rule]) -> Diagnosis:
    results = tuple(ask(rule, facts, matrix) for rule in rules)
    host = facts.host.name if facts.host.stated else None
    return Diagnosis(facts.workload, host, verdict(results), facts.assumptions, results)


def ask(rule: Rule, facts: Facts, matrix: Matrix) -> RuleResult:
    """The outcome of one rule. Findings made before a fact turned out unknown are kept, and the reason with them."""
    findings: list[Finding] = []
    reason: str | None = None
    outcome = Outcome.PASS
    try:
        for finding in rule.check(facts, matrix):
            findings.append(finding)  # noqa: PERF402 - kept one by one: what came before an unknown fact stays
    except FactUnknown as missing:
        outcome, reason = Outcome.OPEN, missing.reason
    except FactAbsent as missing:
        outcome, reason = Outcome.NOT_APPLICABLE, missing.reason
    except Exception as crash:  # the only broad one in the package: a crashed rule is an outcome, and the others go on
        outcome, reason = Outcome.ERROR, f"the rule crashed: {type(crash).__name__}: {crash}"[:400]
    if findings and outcome is not Outcome.ERROR:
        reason = reason if outcome is Outcome.OPEN else None
        outcome = Outcome.FAIL
    return RuleResult(rule.id, rule.kind, outcome, highest(findings), reason, tuple(findings))


def highest(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among findings that are not suppressed; None if there are none."""
    present = {finding.severity for finding in findings if finding.suppressed is None}
    return next((severity for severity in _BY_SEVERITY if severity in present), None)


def verdict(results: Iterable[RuleResult]) -> Verdict:
    """incompatible > degraded > unknown > compatible: what is not known never hides what was found.

    Only rules of kind compatibility count. A crashed rule did not decide, so it is unknown."""
    decisive = [result for result in results if result.kind is Kind.COMPATIBILITY]
    severities = {highest(result.findings) for result in decisive}
    if Severity.ERROR in severities:
        return Verdict.INCOMPATIBLE
    if Severity.WARNING in severities:
        return Verdict.DEGRADED
    return Verdict.UNKNOWN if any(undecided(result) for result in decisive) else Verdict.COMPATIBLE


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; compatible if there are none."""
    present = set(verdicts)
    return next((candidate for candidate in _WORST_FIRST if candidate in present), Verdict.COMPATIBLE)
