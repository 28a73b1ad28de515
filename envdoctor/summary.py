"""The one line on stderr: how many workloads and hosts, the verdicts, what was found and what was not decided."""

from __future__ import annotations

from collections import Counter

from envdoctor.findings import Report, Severity, Verdict
from envdoctor.formatters.grouping import by_workload, told_once

_VERDICTS = (Verdict.INCOMPATIBLE, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.COMPATIBLE)


def summary(report: Report) -> str:
    """ "2 workloads x 2 hosts: 1 incompatible, 3 unknown; 3 errors, 1 warning, 4 undecided"

    A finding that holds on several hosts counts once, and so does one at a place in a file that several workloads share,
    as the terminal report tells it."""
    groups = by_workload(report)
    hosts = {diagnosis.host for diagnosis in report.diagnoses if diagnosis.host is not None}
    verdicts = Counter(diagnosis.verdict for diagnosis in report.diagnoses)
    findings = [item.finding for item in told_once(groups)]
    severities = Counter(finding.severity for finding in findings if finding.suppressed is None)
    counts = [
        counted(severities[Severity.ERROR], "error"),
        counted(severities[Severity.WARNING], "warning"),
        counted(severities[Severity.NOTE], "note"),
        *_others(sum(len(item.rules) for group in groups for item in group.undecided), "undecided"),
        *_others(sum(finding.suppressed is not None for finding in findings), "suppressed"),
        *_others(len(report.errors), "not checked"),
    ]
    told = ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in _VERDICTS if verdicts[verdict])
    return f"{_scope(report, len(groups), len(hosts))}: {told or 'nothing judged'}; {', '.join(counts)}"


def _scope(report: Report, workloads: int, hosts: int) -> str:
    """A product only where it is one: environment documents may bring hosts of their own."""
    if not hosts:
        return f"{counted(workloads, 'workload')}, no host stated"
    pairs = len(report.diagnoses)
    if pairs == workloads * hosts and all(diagnosis.host is not None for diagnosis in report.diagnoses):
        return f"{counted(workloads, 'workload')} x {counted(hosts, 'host')}"
    return f"{counted(workloads, 'workload')} on {counted(hosts, 'host')}, {pairs} judged"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _others(number: int, what: str) -> list[str]:
    return [f"{number} {what}"] if number else []
