"""A report arranged for people: by workload, and a finding that holds on several hosts told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.findings import Diagnosis, Finding, Kind, Outcome, Report, RuleResult, TargetError, undecided

NO_HOST = "no host stated"


class Told(NamedTuple):
    """One finding. `hosts` are those it holds on; empty if it holds on every host of the workload."""

    rule: str
    kind: Kind
    finding: Finding
    hosts: tuple[str, ...]


class Open(NamedTuple):
    """What could not be decided for one cause: the rules that wait for it, and the hosts (empty: all)."""

    reason: str
    rules: tuple[str, ...]
    hosts: tuple[str, ...]
    crashed: bool


class Group(NamedTuple):
    workload: str
    diagnoses: tuple[Diagnosis, ...]
    findings: tuple[Told, ...]
    undecided: tuple[Open, ...]
    assumptions: tuple[str, ...]


def by_workload(report: Report) -> list[Group]:
    """Workloads in the order of the report. Two environment documents of the same name stay one workload."""
    grouped: dict[str, list[Diagnosis]] = {}
    for diagnosis in report.diagnoses:
        grouped.setdefault(diagnosis.workload, []).append(diagnosis)
    return [_group(workload, tuple(diagnoses)) for workload, diagnoses in grouped.items()]


def _group(workload: str, diagnoses: tuple[Diagnosis, ...]) -> Group:
    findings: dict[tuple[str, Kind, Finding], list[str]] = {}
    waiting: dict[tuple[str, bool], tuple[list[str], list[str]]] = {}
    for diagnosis in diagnoses:
        host = diagnosis.host or NO_HOST
        for result in diagnosis.results:
            for finding in result.findings:
                findings.setdefault((result.rule, result.kind, finding), []).append(host)
            if undecided(result):
                _wait(waiting, result, host)
    assumptions = dict.fromkeys(text for diagnosis in diagnoses for text in diagnosis.assumptions)
    return Group(
        workload,
        diagnoses,
        tuple(Told(*key, _unless_all(hosts, diagnoses)) for key, hosts in findings.items()),
        tuple(
            Open(reason, tuple(dict.fromkeys(rules)), _unless_all(hosts, diagnoses), crashed)
            for (reason, crashed), (rules, hosts) in waiting.items()
        ),
        tuple(assumptions),
    )


def shared_place(item: Told) -> tuple[object, ...] | None:
    """What makes two findings of different workloads one: several launches of one Dockerfile find the same in it. None for
    one without a place in a file, which belongs to its workload."""
    at = item.finding.at
    if at is None or at.path is None:
        return None
    finding = item.finding
    return item.rule, at.path, at.line, finding.severity.value, finding.message, finding.suppressed


def told_once(groups: Iterable[Group]) -> Iterator[Told]:
    """The findings of all workloads, each place in a file once."""
    seen: set[object] = set()
    for group in groups:
        for item in group.findings:
            where = shared_place(item)
            if where is None or where not in seen:
                seen.add(where)
                yield item


def _wait(waiting: dict[tuple[str, bool], tuple[list[str], list[str]]], result: RuleResult, host: str) -> None:
    key = (_cause(result.reason or "no reason was given"), result.outcome is Outcome.ERROR)
    rules, hosts = waiting.setdefault(key, ([], []))
    rules.append(result.rule)
    hosts.append(host)


_CAUSES = (" is not known", " cannot be read", " is not stated")


def _cause(reason: str) -> str:
    """Several rules ask different questions and wait for one answer: "whether torch is installed is not known: what
    the image app:1 installs is not known" waits for its second half."""
    reason = reason.removesuffix(": what the system holds is not known")
    question, separator, cause = reason.partition(" is not known: ")
    if separator and question.startswith("whether ") and any(text in cause for text in _CAUSES):
        return cause
    return reason


def _unless_all(hosts: list[str], diagnoses: tuple[Diagnosis, ...]) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(hosts))
    everywhere = {diagnosis.host or NO_HOST for diagnosis in diagnoses}
    return () if len(distinct) == len(everywhere) else distinct


def unread(error: TargetError) -> str:
    """The target and what is wrong with it; a reader's own message already begins with the file's name."""
    return error.message if error.message.startswith(error.target) else f"{error.target}: {error.message}"
