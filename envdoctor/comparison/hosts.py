"""Hosts with A and with B: the verdict of every rule on both, and the findings that come and go."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from envdoctor.comparison import HostChange, Side, Told, change_of
from envdoctor.doctor import verdict
from envdoctor.facts import Fact, Host
from envdoctor.findings import Diagnosis, Kind, Outcome, RuleResult, Severity, Verdict, undecided
from envdoctor.gate import Silence, suppress
from envdoctor.rules import RULES
from envdoctor.watching import Watched, watch
from envdoctor.workload import Stated

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

# A is what runs today: that its tag is gone by now takes nothing away from the hosts it was pulled to.
_NOT_OF_A = "image-tag-removed"
_MOST_REASONS = 3
_WITHOUT_WEIGHT = frozenset({"name", "kernel"})  # of a host: no finding rests on them


class Asked:
    """One side, for many hosts: its facts are assembled once, and a rule that did not look at the host is asked once."""

    def __init__(self, side: Side, matrix: Matrix, stated: Stated, silences: Sequence[Silence]) -> None:
        self._facts = Watched(*side.facts(Host(), matrix, stated))
        self._matrix = matrix
        self._silences = (*silences, *side.silences)
        self._settled: dict[str, RuleResult] = {}

    def on(self, host: Host) -> Diagnosis:
        facts = Watched(*self._facts._replace(host=host))
        results = []
        for rule in RULES:
            result = self._settled.get(rule.id)
            if result is None:
                result, parts = watch(rule, facts, self._matrix)
                if "host" not in parts:
                    self._settled[rule.id] = result
            results.append(result)
        diagnosis = Diagnosis(facts.workload, host.name, verdict(results), (), tuple(results))
        return suppress(diagnosis, self._silences)[0]


def host_changes(a: Asked, b: Asked, hosts: Iterable[Host]) -> Iterator[HostChange]:
    """Hosts that differ in nothing but their names are asked about once."""
    found: dict[Hashable, HostChange] = {}
    for host in hosts:
        kind = _kind(host)
        if kind not in found:
            found[kind] = _change(host, a.on(host), b.on(host))
        yield found[kind]._replace(host=host.name)


def _kind(host: Host) -> Hashable:
    return tuple(_content(value) for name, value in zip(Host._fields, host, strict=True) if name not in _WITHOUT_WEIGHT)


def _content(value: object) -> Hashable:
    """What a fact says, wherever it comes from."""
    if isinstance(value, Fact):
        return value.state, value.reason, _content(value.get())
    return tuple(map(_content, value)) if isinstance(value, tuple) else value


def _change(host: Host, before: Diagnosis, after: Diagnosis) -> HostChange:
    before, not_counted = without_removal(before)
    with_a, with_b = deciding(before), deciding(after)
    remain = tuple(told for told in with_b if any(_same(told, other) for other in with_a))
    gone = [told for told in with_a if not any(_same(told, other) for other in with_b)]
    new = [told for told in with_b if told not in remain]
    changed = tuple(_changed(gone, new))
    return HostChange(
        host=host.name,
        stated=host.stated,
        a=before.verdict,
        b=after.verdict,
        change=change_of(before.verdict, after.verdict),
        appear=tuple(told for told in new if all(told is not pair[1] for pair in changed)),
        vanish=tuple(told for told in gone if all(told is not pair[0] for pair in changed)),
        remain=remain,
        changed=changed,
        not_counted=not_counted,
        undecided=_undecided(before, after),
        crashed=any(result.outcome is Outcome.ERROR for each in (before, after) for result in each.results),
    )


def without_removal(diagnosis: Diagnosis) -> tuple[Diagnosis, tuple[Told, ...]]:
    """A's diagnosis without the findings that its tag is gone, and those findings. A tag of which that is not known stays
    undecided, as for check."""
    told = tuple(item for item in deciding(diagnosis) if item.rule == _NOT_OF_A)
    if not told:
        return diagnosis, ()
    results = tuple(result for result in diagnosis.results if result.rule != _NOT_OF_A)
    return diagnosis._replace(results=results, verdict=verdict(results)), told


def deciding(diagnosis: Diagnosis) -> list[Told]:
    """The findings that move the verdict, the worst first."""
    found = [
        Told(result.rule, finding)
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY
        for finding in result.findings
        if finding.suppressed is None and finding.severity is not Severity.NOTE
    ]
    return sorted(found, key=lambda told: told.finding.severity is not Severity.ERROR)


def _same(one: Told, other: Told) -> bool:
    return (one.rule, one.finding.message) == (other.rule, other.finding.message)


def _changed(gone: Sequence[Told], new: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    """One finding of a rule on each side, of one severity. Of several it is not certain which became which."""
    for told in gone:
        ours = [other for other in gone if _kind_of(other) == _kind_of(told)]
        theirs = [other for other in new if _kind_of(other) == _kind_of(told)]
        if len(ours) == len(theirs) == 1:
            yield told, theirs[0]


def _kind_of(told: Told) -> tuple[str, Severity]:
    return told.rule, told.finding.severity


def _undecided(*diagnoses: Diagnosis) -> tuple[str, ...]:
    reasons = [
        result.reason or f"the rule {result.rule} could not decide"
        for diagnosis in diagnoses
        if diagnosis.verdict is Verdict.UNKNOWN
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY and undecided(result)
    ]
    return tuple(dict.fromkeys(reasons))[:_MOST_REASONS]
