"""`pip install torch>=2.0` without quotes: to the shell `>` writes a file, and pip is given torch without a version."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Slip
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://pip.pypa.io/en/stable/cli/pip_install/#requirement-specifiers",
    "https://www.gnu.org/software/bash/manual/html_node/Redirections.html",
)
_PARTS = lazily(r"([^<>]{1,100}?)[~!=]?([<>])(.{0,80})")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    found = list(dict.fromkeys(slip for slip in facts.slips if slip.kind == "redirection"))
    if not found and not facts.build.is_known and not facts.launch.stated:
        raise FactAbsent("no command installs anything")
    lines: dict[object, list[Slip]] = {}
    for slip in found:
        lines.setdefault(slip.origin, []).append(slip)
    for group in lines.values():
        yield _finding(group)


def _finding(group: list[Slip]) -> Finding:
    first = group[0]
    command = first.command or "pip install"
    requirement = first.shown
    parts = _PARTS.match(requirement)
    package, operator, rest = parts.groups() if parts else (requirement, ">", "")
    does = (
        f"writes a file called {rest!r}"
        if operator == ">"
        else f"looks for a file called {rest!r}, and stops if there is none"
    )
    others = f" The same goes for {', '.join(slip.shown for slip in group[1:4])}." if len(group) > 1 else ""
    return Finding(
        message=f"{requirement} is not in quotes: the shell takes {operator} for a redirection and {does}. {command} is given {package} alone, and installs any version.{others}",
        severity=Severity.WARNING,
        remedy=(
            f"put it in quotes: {command} {' '.join(chr(34) + slip.shown + chr(34) for slip in group[:4])}",
            "or list it in a requirements.txt, where no shell reads it",
        ),
        verify=f"pip show {package.partition('[')[0]}",
        at=first.origin,
        evidence=tuple(Evidence("slips", slip.shown, str(slip.origin)) for slip in group[:4]),
        sources=_SOURCES,
    )


RULE = Rule(
    id="requirement-becomes-redirection",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="a version bound without quotes is a redirection to the shell, and any version is installed",
    seen=("/bin/sh: 1: cannot open =2.0: No such file",),
    why=(
        "In a shell torch>=2.0 is the word torch and an output that goes into the file =2.0. pip installs the newest torch, which can need a newer driver than the host has; with < the command fails, or reads a file."
        " In a requirements file and in the exec form of RUN no shell is involved."
    ),
    remedy=('put requirements in quotes: pip install "torch>=2.0"',),
    sources=_SOURCES,
    check=check,
)
