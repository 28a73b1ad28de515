"""conda install without -y: it asks, and nobody is there to answer."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Statement
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.shell_words import of_statement, program
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.conda.io/projects/conda/en/stable/commands/install.html",
    "https://github.com/conda/conda/blob/main/conda/plugins/reporter_backends/console.py",
)
_PROGRAMS = ("conda", "mamba", "micromamba")
_ASKS = (("install",), ("update",), ("upgrade",), ("remove",), ("uninstall",), ("create",))
_ANSWERED = frozenset({"-y", "--yes", "--json", "-d", "--dry-run", "-h", "--help"})
_SETTINGS = frozenset({"always_yes", "alwaysyes"})  # conda config --set always_yes true
_VARIABLES = ("CONDA_ALWAYS_YES", "MAMBA_ALWAYS_YES")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    statements = facts.build.need().statements
    if not any(program(each) in _PROGRAMS for each in statements):
        raise FactAbsent("the build does not call conda")
    if any(name in (facts.image.env.get() or {}) for name in _VARIABLES):
        return
    always = (place for place, each in enumerate(statements) if _SETTINGS.intersection(each.words))
    last = next(always, len(statements))
    asking = [each for place, each in enumerate(statements[:last]) if _asks(each) and not _is_piped(place, statements)]
    if asking:
        yield _finding(asking)


def _asks(statement: Statement) -> bool:
    words = statement.words
    if program(statement) not in _PROGRAMS or words[1:2] not in _ASKS or None in words:
        return False
    short = any(word and word[:1] == "-" and word[1:2] != "-" and "y" in word[1:] and len(word) < 5 for word in words)
    return _ANSWERED.isdisjoint(words) and not short


def _is_piped(place: int, statements: tuple[Statement, ...]) -> bool:
    """`yes | conda install …`"""
    before = statements[place - 1] if place else None
    return (
        before is not None
        and program(before) in ("yes", "echo", "printf")
        and before.origin == statements[place].origin
    )


def _finding(asking: list[Statement]) -> Finding:
    first = asking[0]
    name, action = program(first), first.words[1]
    more = f" ({len(asking)} commands)" if len(asking) > 1 else ""
    return Finding(
        message=(
            f"{name} {action} asks before it does anything{more}: in a build nobody answers. Where the build has no input, conda takes that for yes; where a terminal is attached, as when the same script is run"
            " in a container by hand, it waits."
        ),
        severity=Severity.NOTE,
        remedy=(f"write {name} {action} -y …", "or ENV CONDA_ALWAYS_YES=true before the first one"),
        verify="docker build --progress=plain .",
        at=first.origin,
        evidence=tuple(of_statement(each) for each in asking[:5]),
        sources=_SOURCES,
    )


RULE = Rule(
    id="conda-install-asks",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="conda asks for an answer during the build",
    seen=("Proceed ([y]/n)?",),
    why=(
        "Without -y conda, mamba and micromamba print what they would do and read a line. docker build gives an empty input, which conda reads as its default, yes; a plan that replaces the GPU build of a package goes through"
        " unseen. With a terminal attached the build stands still."
    ),
    remedy=("write -y", "or set CONDA_ALWAYS_YES=true"),
    sources=_SOURCES,
    check=check,
)
