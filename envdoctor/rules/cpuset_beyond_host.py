"""The launch binds the container to CPUs that the host does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/engine/containers/resource_constraints/#cpu",
    "https://man7.org/linux/man-pages/man7/cpuset.7.html",
)
_LIST = lazily(r"\s*\d{1,5}(?:-\d{1,5})?(?:\s*,\s*\d{1,5}(?:-\d{1,5})?){0,200}\s*", re.ASCII)
_NUMBER = lazily(r"\d+")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    asked, cpus = facts.launch.cpuset_cpus.get(), facts.host.cpus.get()
    if asked is None or cpus is None or cpus < 1:
        raise FactAbsent("the launch binds no CPUs, or the host's CPU count is not stated")
    if not _LIST.fullmatch(asked):
        raise FactAbsent(f"{asked[:40]!r} is no list of CPUs that is known before the run")
    highest = max(int(number) for number in _NUMBER.findall(asked))
    if highest < cpus:
        return
    option = "cpuset" if facts.launch.how == "compose" else "--cpuset-cpus"
    present = "0" if cpus == 1 else f"0-{cpus - 1}"
    yield Finding(
        message=f"{option} asks for the CPUs {asked.strip()}, and the host has {cpus} ({present}): the container does not start.",
        severity=Severity.ERROR,
        remedy=(
            f"{option}={present}, or fewer" if option.startswith("-") else f"cpuset: '{present}', or fewer",
            "or --cpus=N (compose: cpus), which bounds the CPU time and fits every host",
            "or leave it out where one container has the host to itself",
        ),
        verify="nproc --all",
        at=facts.launch.cpuset_cpus.origin,
        evidence=(of("launch.cpuset_cpus", facts.launch.cpuset_cpus), of("host.cpus", facts.host.cpus)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="cpuset-beyond-host",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the launch binds the container to CPUs that the host does not have",
    seen=("docker: Error response from daemon: Requested CPUs are not available - requested 0-31, available: 0-7",),
    why="CPUs are numbered from 0. The engine refuses a set with a number that is not online, whatever else is in it.",
    remedy=("name CPUs that are there, or bound the time with --cpus",),
    sources=_SOURCES,
    check=check,
)
