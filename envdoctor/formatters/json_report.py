"""The report document, schema `envdoctor.report/1` (`envdoctor schema report`): a promise to other programs.

The document is built here field by field, apart from the internal records, so that renaming a record's field
cannot change it. Output is ASCII (other characters as \\uXXXX): nothing in it can act on a terminal.
"""

from __future__ import annotations

from typing import Any

from envdoctor import __version__
from envdoctor.facts import Origin
from envdoctor.findings import Diagnosis, Finding, Report, RuleResult

SCHEMA = "envdoctor.report/1"


def render(report: Report, *, verbose: int = 0, color: bool = False, width: int = 80) -> str:
    import json

    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__, "matrix": report.matrix},
        "verdict": report.verdict.value,
        "diagnoses": [_diagnosis(diagnosis) for diagnosis in report.diagnoses],
        "errors": [{"target": error.target, "message": error.message} for error in report.errors],
        "notices": list(report.notices),
    }


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "workload": diagnosis.workload,
        "host": diagnosis.host,
        "verdict": diagnosis.verdict.value,
        "assumptions": list(diagnosis.assumptions),
        "results": [_result(result) for result in diagnosis.results],
    }


def _result(result: RuleResult) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "kind": result.kind.value,
        "outcome": result.outcome.value,
        "severity": result.severity.value if result.severity else None,
        "reason": result.reason,
        "findings": [_finding(finding) for finding in result.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "message": finding.message,
        "severity": finding.severity.value,
        "remedy": list(finding.remedy),
        "verify": finding.verify,
        "location": _location(finding.at),
        "evidence": [{"fact": item.fact, "value": item.value, "origin": item.origin} for item in finding.evidence],
        "sources": list(finding.sources),
        "suppressed": finding.suppressed,
    }


def _location(at: Origin | None) -> dict[str, Any] | None:
    """A place in a file; null for what comes from the command line or the matrix."""
    return {"path": at.path, "line": at.line} if at is not None and at.path is not None else None
