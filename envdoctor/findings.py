"""What a check says: severities, outcomes, findings and the report. Frozen records, no behaviour beyond reading them.

The records are NamedTuples rather than dataclasses: as frozen and as typed, and importing the module
costs a fifth (`dataclasses` imports `inspect`), which the cheap paths feel.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from envdoctor.facts import Origin


class Severity(str, Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Kind(str, Enum):
    COMPATIBILITY = "compatibility"
    HYGIENE = "hygiene"


class Outcome(str, Enum):
    """SARIF's result kinds, plus `error` for a rule that crashed."""

    PASS = "pass"
    FAIL = "fail"
    OPEN = "open"
    NOT_APPLICABLE = "notApplicable"
    ERROR = "error"


class Verdict(str, Enum):
    INCOMPATIBLE = "incompatible"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    COMPATIBLE = "compatible"


class Evidence(NamedTuple):
    """One fact a finding rests on: its dotted path in the environment document, its value, where it came from."""

    fact: str
    value: str
    origin: str


class Finding(NamedTuple):
    """What was found, what it will do, what to type. `remedy` lists alternatives, the best first."""

    message: str
    severity: Severity
    remedy: tuple[str, ...] = ()
    verify: str | None = None
    at: Origin | None = None
    evidence: tuple[Evidence, ...] = ()
    sources: tuple[str, ...] = ()
    suppressed: str | None = None


class RuleResult(NamedTuple):
    """What became of one rule for one workload on one host. `reason` says why it is open, not applicable or an
    error; for a `fail` it names what stayed undecided besides."""

    rule: str
    kind: Kind
    outcome: Outcome
    severity: Severity | None = None
    reason: str | None = None
    findings: tuple[Finding, ...] = ()


def undecided(result: RuleResult) -> bool:
    """Did something stay open? A `fail` with a reason found something and could not decide the rest."""
    if result.outcome in (Outcome.OPEN, Outcome.ERROR):
        return True
    return result.outcome is Outcome.FAIL and result.reason is not None


class Diagnosis(NamedTuple):
    workload: str
    host: str | None
    verdict: Verdict
    assumptions: tuple[str, ...]
    results: tuple[RuleResult, ...]


class TargetError(NamedTuple):
    """A target, or a part of one, that could not be read: a value in the report, never a lost result."""

    target: str
    message: str


class Report(NamedTuple):
    verdict: Verdict
    diagnoses: tuple[Diagnosis, ...]
    errors: tuple[TargetError, ...] = ()
    notices: tuple[str, ...] = ()
    matrix: str = ""
