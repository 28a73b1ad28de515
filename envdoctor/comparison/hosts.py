"""One host with A and with B: the verdict of every rule on both, and the findings that come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from envdoctor.comparison import HostChange, Side, Told, change_of
from envdoctor.doctor import diagnose
from envdoctor.facts import Host
from envdoctor.findings import Diagnosis, Kind, Outcome, Severity, Verdict, undecided
from envdoctor.gate import Silence, suppress
from envdoctor.rules import RULES
from envdoctor.workload import Stated

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

# A is what runs today: that its tag is gone by now takes nothing away from the hosts it was pulled to.
_NOT_OF_A = "image-tag-removed"
_MOST_REASONS = 3


def host_change(
    a: Side, b: Side, host: Host, matrix: Matrix, stated: Stated, silences: Sequence[Silence]
) -> HostChange:
    asked_of_a = tuple(rule for rule in RULES if rule.id != _NOT_OF_A)
    before = diagnose(a.facts(host, matrix, stated), matrix, asked_of_a)
    after = diagnose(b.facts(host, matrix, stated), matrix, RULES)
    before, _ = suppress(before, (*silences, *a.silences))
    after, _ = suppress(after, (*silences, *b.silences))
    with_a, with_b = _deciding(before), _deciding(after)
    seen_a = {(told.rule, told.finding.message) for told in with_a}
    seen_b = {(told.rule, told.finding.message) for told in with_b}
    return HostChange(
        host=host.name,
        stated=host.stated,
        a=before.verdict,
        b=after.verdict,
        change=change_of(before.verdict, after.verdict),
        appear=tuple(told for told in with_b if (told.rule, told.finding.message) not in seen_a),
        vanish=tuple(told for told in with_a if (told.rule, told.finding.message) not in seen_b),
        remain=tuple(told for told in with_b if (told.rule, told.finding.message) in seen_a),
        undecided=_undecided(before, after),
        crashed=any(result.outcome is Outcome.ERROR for each in (before, after) for result in each.results),
    )


def _deciding(diagnosis: Diagnosis) -> list[Told]:
    """The findings that move the verdict, the worst first."""
    found = [
        Told(result.rule, finding)
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY
        for finding in result.findings
        if finding.suppressed is None and finding.severity is not Severity.NOTE
    ]
    return sorted(found, key=lambda told: told.finding.severity is not Severity.ERROR)


def _undecided(*diagnoses: Diagnosis) -> tuple[str, ...]:
    reasons = [
        result.reason or f"the rule {result.rule} could not decide"
        for diagnosis in diagnoses
        if diagnosis.verdict is Verdict.UNKNOWN
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY and undecided(result)
    ]
    return tuple(dict.fromkeys(reasons))[:_MOST_REASONS]
