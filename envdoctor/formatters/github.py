"""Annotations for GitHub Actions: one workflow command per finding, which GitHub shows at its line in a pull request.

    ::error file=Dockerfile,line=1,title=driver-too-old::message

Escaping as GitHub's own toolkit does it: `%`, CR and LF in messages; `:` and `,` as well in properties.
Sources: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
         https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.findings import Finding, Report, Severity, TargetError
from envdoctor.formatters.grouping import Told, by_workload, told_once
from envdoctor.formatters.visible import lines, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_ORDER = tuple(_COMMANDS)


def render(report: Report, *, verbose: int = 0, color: bool = False, width: int = 80) -> str:
    """Errors first, because GitHub shows only the first ten annotations of a step. Suppressed findings are left out:
    silencing an annotation is what suppression is for."""
    told = [item for item in told_once(by_workload(report)) if item.finding.suppressed is None]
    told.sort(key=lambda item: _ORDER.index(item.finding.severity))
    commands = [*(_unread(error) for error in report.errors), *(_annotation(item) for item in told)]
    return "".join(f"{command}\n" for command in commands)


def _annotation(item: Told) -> str:
    finding = item.finding
    properties = {"title": f"envdoctor: {item.rule}"}
    if finding.at is not None and finding.at.path is not None:
        place = {"file": finding.at.path} | ({"line": str(finding.at.line)} if finding.at.line else {})
        properties = place | properties
    return _command(_COMMANDS[finding.severity], properties, "\n".join(_message(item)))


def _message(item: Told) -> Iterator[str]:
    hosts = f" [{'; '.join(item.hosts)}]" if item.hosts else ""
    yield visible(item.finding.message + hosts)
    for remedy in item.finding.remedy:
        yield from (f"- {line}" if index == 0 else f"  {line}" for index, line in enumerate(lines(remedy)))
    yield from _verify(item.finding)


def _verify(finding: Finding) -> Iterator[str]:
    if finding.verify:
        yield f"verify with: {visible(finding.verify)}"


def _unread(error: TargetError) -> str:
    """At its line where the reader's message names one: "Dockerfile:3: unknown instruction"."""
    line = error.message.removeprefix(f"{error.target}:").partition(":")[0]
    place = {"line": line} if error.message.startswith(f"{error.target}:") and line.isdecimal() else {}
    return _command("error", {"file": error.target, **place, "title": "envdoctor: not checked"}, visible(error.message))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    stated = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {stated}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped, and without characters that hide: a path with an escape sequence is shown, not obeyed."""
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
