"""The report for people: verdict first, then what is wrong, why, what to type, then what could not be decided.

Without colour it is plain text with no control characters; with colour the same lines, styled by rich.
"""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.findings import Diagnosis, Finding, Kind, Report, RuleResult, Severity, Verdict
from envdoctor.formatters.colored import colored
from envdoctor.formatters.grouping import NO_HOST, Group, Told, by_workload, shared_place, unread
from envdoctor.formatters.hints import hint
from envdoctor.formatters.layout import Line, is_prose, plain, wrapped
from envdoctor.formatters.visible import lines, visible

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_MOST_SOURCES = 3


def render(report: Report, *, verbose: int = 0, color: bool = False, width: int = 80) -> str:
    told: list[Line] = []
    already: dict[object, str] = {}
    for group in by_workload(report):
        told += [*_group(group, already, verbose, width), Line("")]
    told += _unread(report, width)
    while told and not told[-1].text:
        told.pop()
    return colored(told) if color else plain(told)


def _group(group: Group, already: dict[object, str], verbose: int, width: int) -> Iterator[Line]:
    """`already` are the findings that an earlier workload told, with that workload's name: those about the host, and those
    at a place in a file that several workloads share; and what it could not decide."""
    yield from _verdicts(group, width)
    active = [item for item in group.findings if item.finding.suppressed is None]
    again: dict[str, None] = {}
    for severity in _ORDER:
        for item in active:
            if item.finding.severity is severity:
                key = shared_place(item) or (item.rule, item.finding)
                told_for = already.get(key)
                if told_for is None:
                    yield Line("")
                    yield from _finding(item, verbose, width)
                elif severity is Severity.NOTE:
                    again.setdefault(item.rule)
                else:
                    yield Line("")
                    yield from _as_before(item, told_for, width)
                if item.finding.at is not None:
                    already.setdefault(key, group.workload)
    if again:
        yield Line("")
        yield from wrapped(f"Notes told above: {', '.join(again)}", width, "  ", "    ", "quiet")
    if group.undecided:
        yield Line("")
        yield from _undecided(group, already, width)
    yield from _suppressed(group, width)
    if group.assumptions:
        yield Line("")
        yield from wrapped(f"Assumed: {visible('; '.join(group.assumptions))}", width, "  ", "    ", "quiet")
    if verbose:
        yield Line("")
        for diagnosis in group.diagnoses:
            yield from _asked(diagnosis, width)


def _verdicts(group: Group, width: int) -> Iterator[Line]:
    """One line if there is one host; else the workload, and below it a line for each host."""
    workload = visible(group.workload)
    if len(group.diagnoses) == 1:
        diagnosis = group.diagnoses[0]
        yield from wrapped(
            f"{diagnosis.verdict.value.upper()}  {workload}{_on(diagnosis)}", width, "", "  ", diagnosis.verdict.value
        )
        return
    yield Line(workload, "heading")
    for diagnosis in group.diagnoses:
        verdict = diagnosis.verdict.value
        yield from wrapped(f"{verdict.upper():<12}{_on(diagnosis)}", width, "  ", "    ", verdict)


def _on(diagnosis: Diagnosis) -> str:
    return f" on {visible(diagnosis.host)}" if diagnosis.host else f" ({NO_HOST})"


def _finding(item: Told, verbose: int, width: int) -> Iterator[Line]:
    """In full; a note without its evidence unless verbose."""
    finding = item.finding
    yield from wrapped(_head(item), width, "  ", "    ", finding.severity.value)
    if item.hosts:
        yield from wrapped(f"on {visible('; '.join(item.hosts))}", width, "    ", "      ", "quiet")
    yield from wrapped(visible(finding.message), width, "    ", "    ")
    in_full = verbose > 0 or finding.severity is not Severity.NOTE
    if in_full:
        yield from _why(finding, width)
    yield from _to_type(finding, width)
    if in_full:
        yield from _proof(finding, verbose)
    yield Line(f"    more: envdoctor explain {item.rule}", "quiet")


def _as_before(item: Told, told_for: str, width: int) -> Iterator[Line]:
    """What an earlier workload told in full: by its name and place alone."""
    yield from wrapped(_head(item), width, "  ", "    ", item.finding.severity.value)
    hosts = f"on {'; '.join(item.hosts)}, " if item.hosts else ""
    yield from wrapped(visible(f"({hosts}as for {told_for} above)"), width, "    ", "    ", "quiet")


def _head(item: Told) -> str:
    finding = item.finding
    place = f" at {visible(str(finding.at))}" if finding.at is not None and finding.at.path is not None else ""
    hygiene = " (hygiene: does not move the verdict)" if item.kind is Kind.HYGIENE else ""
    return f"{finding.severity.value.upper()} {item.rule}{place}{hygiene}"


def _why(finding: Finding, width: int) -> Iterator[Line]:
    if finding.evidence:
        yield Line("    why:", "heading")
    for evidence in finding.evidence:
        text = visible(f"{evidence.fact} = {evidence.value} ({evidence.origin})")
        yield from wrapped(text, width, "      ", "        ")


def _to_type(finding: Finding, width: int) -> Iterator[Line]:
    if finding.remedy:
        yield Line("    what to do:", "heading")
    for remedy in finding.remedy:
        for index, line in enumerate(lines(remedy)):
            first = "      - " if index == 0 else "        "
            yield from wrapped(line, width, first, "        ") if is_prose(line) else [Line(first + line)]


def _proof(finding: Finding, verbose: int) -> Iterator[Line]:
    if finding.verify:
        yield Line("    verify with:", "heading")
        yield from (Line(f"        {line}") for line in lines(finding.verify))
    sources = finding.sources if verbose else finding.sources[:_MOST_SOURCES]
    for source in sources:
        yield Line(f"    source: {visible(source)}", "quiet")


def _undecided(group: Group, already: dict[object, str], width: int) -> Iterator[Line]:
    yield Line("  Could not be decided:", "heading")
    for item in group.undecided:
        crash = "please report this: " if item.crashed else ""
        hosts = f" (on {'; '.join(item.hosts)})" if item.hosts else ""
        yield from wrapped(visible(f"{crash}{item.reason}{hosts}"), width, "    - ", "      ")
        earlier = already.setdefault(item.rules, group.workload)
        waiting = ", ".join(item.rules) if earlier == group.workload else f"the same as for {visible(earlier)} above"
        yield from wrapped(f"waiting: {waiting}", width, "      ", "        ", "quiet")
        state = hint(item.reason)
        if state:
            yield Line(f"      to decide: {visible(state)}")


def _suppressed(group: Group, width: int) -> Iterator[Line]:
    """Named in one line each, so that nobody takes silence for health."""
    silent = [item for item in group.findings if item.finding.suppressed is not None]
    if silent:
        yield Line("")
        yield Line("  Suppressed:", "heading")
    for rule, reason in dict.fromkeys((item.rule, item.finding.suppressed or "") for item in silent):
        yield from wrapped(f"{rule}: {visible(reason)}", width, "    - ", "      ", "quiet")


def _asked(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    yield from wrapped(
        f"Rules asked for {visible(diagnosis.workload)}{_on(diagnosis)}:", width, "  ", "    ", "heading"
    )
    for result in diagnosis.results:
        yield from wrapped(_outcome(result), width, "    ", "      ", "quiet")


def _outcome(result: RuleResult) -> str:
    reason = f": {visible(result.reason)}" if result.reason else ""
    return f"{result.outcome.value:<14} {result.rule} ({result.kind.value}){reason}"


def _unread(report: Report, width: int) -> Iterator[Line]:
    if report.errors:
        yield Line("Could not be checked:", "heading")
    for error in report.errors:
        yield from wrapped(visible(unread(error)), width, "  - ", "    ", Verdict.UNKNOWN.value)
