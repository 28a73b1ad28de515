"""A comparison as GitHub's Markdown, for a comment on the pull request that moves the base image.

Names and messages come from outside: they are put in code spans or escaped, so that they cannot make links, mention people
or close issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from envdoctor.comparison import DIFFERENT, UNKNOWN, Comparison, HostChange, Row, Told
from envdoctor.comparison.text import (
    GPU_WORDS,
    WORDS,
    by_cause,
    cell,
    gpus_named,
    left_out,
    nothing,
    reasons,
    shown,
    why,
)
from envdoctor.facts import Fact
from envdoctor.formatters.visible import visible
from envdoctor.summary import counted

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_ACTS = re.compile(r"([@#])(?=\w)|(https?:|www\.)", re.IGNORECASE)


def render(compared: Comparison, *, everything: bool = False) -> str:
    parts = [
        "\n".join(_head(compared)),
        "\n".join(_table(compared, everything)),
        "\n".join(_hosts(compared)),
        "\n".join(_gpus(compared)),
        "\n".join(f"- {escaped(sentence)}" for sentence in compared.drivers),
        f"<sub>envdoctor diff, matrix of {compared.matrix}</sub>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Prose of one line without any markup of its own, no mention (@) and no link (#12, https:) in it."""
    harmless = _SPECIAL.sub(r"\\\1", visible(text))
    return _ACTS.sub(lambda match: f"{match.group()[:1]}<!-- -->{match.group()[1:]}", harmless)


def code(text: str, *, in_table: bool = False) -> str:
    """A code span of one line, with a fence longer than any run of backticks in it. In a table, and only there, a pipe in it
    must be escaped. Source: https://github.github.com/gfm/#example-200"""
    harmless = visible(text).replace("|", "\\|") if in_table else visible(text)
    longest = max((len(run) for run in re.findall(r"`+", harmless)), default=0)
    if not longest:
        return f"`{harmless}`"
    fence = "`" * (longest + 1)
    return f"{fence} {harmless} {fence}"


def _head(compared: Comparison) -> Iterator[str]:
    hosts = [change for change in compared.hosts if change.stated]
    lost = len(compared.lost)
    if hosts and lost:
        yield f"### {lost} of {counted(len(hosts), 'host')} {'drop' if lost > 1 else 'drops'} out or {'get' if lost > 1 else 'gets'} worse"
    elif lost:
        yield "### The new base does not run"
    else:
        yield "### No host drops out" if hosts else "### What changes with the base image"
    yield ""
    if compared.dockerfile is not None:
        yield f"{code(compared.dockerfile)} on each base:"
        yield ""
    yield f"- A: {code(compared.a)}"
    yield f"- B: {code(compared.b)}"


def _table(compared: Comparison, everything: bool) -> Iterator[str]:
    chosen = shown(compared.rows, everything)
    changes = {row.change for row in compared.rows}
    if DIFFERENT not in changes:
        yield nothing(changes)
        yield ""
    if chosen:
        yield "| | A | B |"
        yield "|---|---|---|"
    for row in chosen:
        yield f"| {_label(row)} | {_cell(row.a)} | {_cell(row.b)} |"
    yield ""
    for label, reason in reasons(chosen):
        yield f"- {escaped(label)}: {escaped(reason)}"
    for sentence in left_out(compared.rows, everything):
        yield f"- {escaped(sentence)}"


def _label(row: Row) -> str:
    return f"{row.label} (?)" if row.change == UNKNOWN else f"**{row.label}**" if row.change == DIFFERENT else row.label


def _cell(fact: Fact[str]) -> str:
    return escaped(cell(fact))


def _hosts(compared: Comparison) -> Iterator[str]:
    stated = [change for change in compared.hosts if change.stated]
    if stated:
        yield "| host | with A | with B | |"
        yield "|---|---|---|---|"
    for change in stated:
        yield f"| {code(change.host, in_table=True)} | {change.a.value} | {change.b.value} | {WORDS[change.change]} |"
    if stated:
        yield ""
    for told, hosts in _by_finding(compared.hosts, _new).items():
        yield f"- {code(told.rule)}{_where(hosts)}: {escaped(told.finding.message)}"
        for remedy in told.finding.remedy:
            yield "  - " + "<br>".join(map(escaped, remedy.split("\n")))
    for told, hosts in _by_finding(compared.hosts, lambda change: change.not_counted).items():
        message = escaped(told.finding.message)
        yield f"- not counted against A, which runs today: {code(told.rule)}{_where(hosts)}: {message}"


def _where(hosts: Sequence[str]) -> str:
    return f" ({', '.join(map(code, hosts))})" if hosts else ""


def _new(change: HostChange) -> tuple[Told, ...]:
    return (*change.appear, *(after for _, after in change.changed))


def _by_finding(
    hosts: Sequence[HostChange], told_of: Callable[[HostChange], tuple[Told, ...]]
) -> dict[Told, list[str]]:
    """Each finding once for all hosts it is found on."""
    found: dict[Told, list[str]] = {}
    for change in hosts:
        for told in told_of(change):
            found.setdefault(told, []).extend([change.host] if change.stated else [])
    return found


def _gpus(compared: Comparison) -> Iterator[str]:
    for group in by_cause(compared.gpus):
        yield f"- GPUs {GPU_WORDS[group[0].change]}: {escaped(gpus_named(group))}; {escaped(why(group))}"
