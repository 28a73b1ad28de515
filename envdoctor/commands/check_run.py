"""What `envdoctor check` does: targets x hosts -> diagnoses -> report -> exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.commands import OutputError, console
from envdoctor.commands.arguments import columns
from envdoctor.commands.settings import Settings, settings
from envdoctor.findings import Diagnosis, Report
from envdoctor.gate import NOT_DONE, Silence, exit_code, report_of, suppress

if TYPE_CHECKING:
    from envdoctor.commands.check_hosts import Hosts
    from envdoctor.matrix import Matrix
    from envdoctor.targets import Targets, Workload

MANY = 50  # workload x host pairs from which a progress bar is worth importing rich for


class Judged(NamedTuple):
    """`usage`: a target could not be understood. `details` are notices for the verbose, not part of the report."""

    report: Report
    usage: bool
    details: tuple[str, ...]


def check(args: argparse.Namespace) -> int:
    chosen = settings(args)
    judged = judge(args, chosen)
    code = exit_code(
        judged.report,
        fail_on=chosen.fail_on,
        strict=chosen.strict,
        usage=judged.usage,
        silenced=[silence.rule for silence in chosen.silences],
    )
    try:
        _write(judged.report, args)
    except OutputError as error:
        console.tell(f"error: {error}")
        code = code or NOT_DONE
    _tell(judged, args)
    return code


def judge(args: argparse.Namespace, chosen: Settings) -> Judged:
    """Raises UsageError and InputError for options; a target that cannot be judged is a value in the report."""
    from envdoctor.commands.check_hosts import Hosts
    from envdoctor.matrix import Matrix
    from envdoctor.targets import Options, collect

    matrix = Matrix.load()
    hosts = Hosts(args, chosen.config, matrix)
    found = collect(chosen.targets, Options(chosen.build_args, args.target, chosen.stated.aliases))
    silences: dict[Silence, None] = dict.fromkeys(chosen.silences)
    used: set[Silence] = set()
    diagnoses: list[Diagnosis] = []
    with _progress(found, hosts.count, args) as advance:
        for workload in found.workloads:
            own = (*chosen.silences, *comments(workload))
            silences.update(dict.fromkeys(own))
            for diagnosis in _diagnoses(workload, hosts, matrix, chosen):
                silenced, effective = suppress(diagnosis, own)
                diagnoses.append(silenced)
                used |= effective
                advance()
    notices = [*found.notices, *hosts.notices, *_idle(silences, used, args.verbose), *_stale(matrix)]
    report = report_of(diagnoses, [*found.usage, *found.errors], notices, matrix.date)
    return Judged(report, bool(found.usage), found.details)


def _diagnoses(workload: Workload, hosts: Hosts, matrix: Matrix, chosen: Settings) -> Iterator[Diagnosis]:
    from envdoctor.doctor import diagnose
    from envdoctor.rules import RULES
    from envdoctor.workload import assemble, from_environment

    for host in hosts.of(workload.facts):
        if workload.declared is not None:
            facts = assemble(workload.declared, host, matrix, chosen.stated)
        else:
            assert workload.facts is not None
            facts = from_environment(workload.facts, host, matrix, chosen.stated)
        yield diagnose(facts, matrix, RULES)


def _stale(matrix: Matrix) -> Iterator[str]:
    from envdoctor.freshness import notice

    text = notice(matrix.date)
    if text is not None:
        yield text


def comments(workload: Workload) -> Iterator[Silence]:
    for span in workload.ignores:
        said_at = f"comment above {span.path}:{span.first}"
        yield Silence(span.rule, span.reason, said_at, span.path, span.first, span.last, span.whole)


def _idle(silences: Iterable[Silence], used: set[Silence], verbose: int) -> Iterator[str]:
    """Suppressions without effect. One in the settings is only told to the verbose: it may be for other targets. A
    comment in a file that several workloads share needs an effect in one of them."""
    from envdoctor.rules import RULES, find

    effective = {(silence.rule, silence.said_at) for silence in used}
    for silence in {(silence.rule, silence.said_at): silence for silence in silences}.values():
        if find(silence.rule) is None:
            from envdoctor.nearest import did_you_mean

            guess = did_you_mean(silence.rule, [rule.id for rule in RULES])
            yield f"{silence.said_at}: no rule is called {silence.rule}{guess}"
        elif (silence.rule, silence.said_at) not in effective and (
            silence.said_at == "--ignore" or silence.path or verbose
        ):
            yield f"{silence.said_at}: ignoring {silence.rule} silenced nothing"


@contextmanager
def _progress(found: Targets, hosts: int, args: argparse.Namespace) -> Iterator[Callable[[], None]]:
    """A bar on stderr, when somebody watches and there is much to do."""
    import sys

    total = len(found.workloads) * hosts
    if total <= MANY or args.quiet or not console.is_terminal(sys.stderr):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("judging", total=total)
        yield lambda: progress.advance(task)


def _write(report: Report, args: argparse.Namespace) -> None:
    """Raises OutputError."""
    from envdoctor.formatters import formatter

    color = console.use_color(args.color, to_file=args.output is not None)
    text = formatter(args.format)(report, verbose=args.verbose, color=color, width=columns())
    if args.output is not None:
        console.write_file(text, args.output)
    else:
        console.write(text)


def _tell(judged: Judged, args: argparse.Namespace) -> None:
    """Errors are told unless the report on the terminal already did; notices and the summary unless --quiet."""
    from envdoctor.formatters.grouping import unread
    from envdoctor.summary import summary

    report = judged.report
    if args.format != "terminal" or args.output is not None:
        for error in report.errors:
            console.tell(f"error: {unread(error)}")
    if args.quiet:
        return
    for notice in (*report.notices, *(judged.details if args.verbose else ())):
        console.tell(notice)
    console.tell(summary(report))
