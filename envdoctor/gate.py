"""From a report to an exit code: what is silenced, what reaches the threshold, what was not done.

    0  everything that could be decided is below the threshold
    1  a finding at or above the threshold
    2  usage error (also a target that cannot be understood)
    3  the check could not be done: a target could not be read, a rule crashed, or, with --strict, could not decide

Precedence 2 > 1 > 3 > 0: a finding that is printed always reaches the exit code, and a check that did not happen is
never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from envdoctor.doctor import highest, verdict, worst
from envdoctor.facts import Origin
from envdoctor.findings import (
    Diagnosis,
    Finding,
    Outcome,
    Report,
    RuleResult,
    Severity,
    TargetError,
    Verdict,
    undecided,
)

OK, FINDINGS, USAGE, NOT_DONE = 0, 1, 2, 3
THRESHOLDS = ("error", "warning", "never")
_REACHED = {
    "error": frozenset({Severity.ERROR}),
    "warning": frozenset({Severity.ERROR, Severity.WARNING}),
    "never": frozenset[Severity](),
}


class Silence(NamedTuple):
    """Suppresses a rule's findings. With a `path` only those at lines `first` to `last` of that file, and with `whole`
    also those that have no place in it (a driver stated on the command line, say)."""

    rule: str
    reason: str
    said_at: str  # "--ignore", "pyproject.toml", "Dockerfile:3"
    path: str | None = None
    first: int = 0
    last: int = 0
    whole: bool = False

    def covers(self, at: Origin | None) -> bool:
        if self.path is None:
            return True
        if at is None or at.path != self.path or at.line is None:
            return self.whole
        return self.first <= at.line <= self.last


def suppress(diagnosis: Diagnosis, silences: Sequence[Silence]) -> tuple[Diagnosis, frozenset[Silence]]:
    """The diagnosis with silenced findings marked and its verdict taken without them; the silences that had effect."""
    if not silences:
        return diagnosis, frozenset()
    used: set[Silence] = set()
    results = tuple(_silenced(result, silences, used) for result in diagnosis.results)
    return diagnosis._replace(results=results, verdict=verdict(results)), frozenset(used)


def _silenced(result: RuleResult, silences: Sequence[Silence], used: set[Silence]) -> RuleResult:
    mine = [silence for silence in silences if silence.rule == result.rule]
    if not mine:
        return result
    if undecided(result):  # --strict passes over it: the rule was silenced as a whole
        used.update(silence for silence in mine if silence.path is None)
    findings = tuple(_marked(finding, mine, used) for finding in result.findings)
    return result._replace(findings=findings, severity=highest(findings))


def _marked(finding: Finding, silences: list[Silence], used: set[Silence]) -> Finding:
    covering = [silence for silence in silences if silence.covers(finding.at)]
    if not covering:
        return finding
    used.update(covering)
    return finding._replace(suppressed=f"{covering[0].reason or 'no reason given'} ({covering[0].said_at})")


def report_of(
    diagnoses: Sequence[Diagnosis], errors: Sequence[TargetError], notices: Sequence[str], matrix: str
) -> Report:
    """The whole. Nothing judged is unknown, not compatible; so is an unread target beside compatible ones."""
    verdicts = [diagnosis.verdict for diagnosis in diagnoses]
    overall = worst([*verdicts, *([Verdict.UNKNOWN] if errors or not diagnoses else [])])
    return Report(overall, tuple(diagnoses), tuple(errors), tuple(dict.fromkeys(notices)), matrix)


def exit_code(report: Report, *, fail_on: str, strict: bool, usage: bool = False, silenced: Iterable[str] = ()) -> int:
    """`usage` says that a target could not be understood; `silenced` are rules that --strict passes over."""
    results = [result for diagnosis in report.diagnoses for result in diagnosis.results]
    if usage:
        return USAGE
    if any(reaches(result, fail_on) for result in results):
        return FINDINGS
    excused = frozenset(silenced)
    asked = [result for result in results if result.rule not in excused]
    if report.errors or not report.diagnoses or any(result.outcome is Outcome.ERROR for result in results):
        return NOT_DONE
    return NOT_DONE if strict and any(undecided(result) for result in asked) else OK


def reaches(result: RuleResult, fail_on: str) -> bool:
    return any(finding.suppressed is None and finding.severity in _REACHED[fail_on] for finding in result.findings)
