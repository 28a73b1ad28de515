"""A backslash is missing, or has blanks or a comment behind it: docker run or docker build ends there, and the rest is lost."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Slip
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://www.gnu.org/software/bash/manual/html_node/Escape-Character.html",
    "https://www.shellcheck.net/wiki/SC1101",
)
_KINDS = ("cut-short", "blank-after-backslash")
_OPTION = lazily(r"--?[A-Za-z]")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.get()
    commands = build.commands if build is not None else ()
    if not facts.launch.stated and not commands:
        raise FactAbsent("no script starts or builds it")
    found = [*facts.slips, *(slip for command in commands for slip in command.slips)]
    for slip in dict.fromkeys(slip for slip in found if slip.kind in _KINDS):
        yield _finding(slip, facts)


def _finding(slip: Slip, facts: Facts) -> Finding:
    name = slip.command or "docker run"
    following = _shown(slip.shown)
    message, remedy = (_blank if slip.kind == "blank-after-backslash" else _missing)(slip, name, following)
    return Finding(
        message=message,
        severity=Severity.ERROR,
        remedy=remedy,
        verify="bash -n SCRIPT && shellcheck SCRIPT",
        at=slip.origin,
        evidence=(Evidence("slips", f"next line: {following}", str(slip.origin)),),
        sources=_SOURCES,
    )


def _missing(slip: Slip, name: str, following: str) -> tuple[str, tuple[str, ...]]:
    return (
        f"The line ends without a backslash, so {name} ends there, and the next line ({following}) is run as a command of its own: {_effect(name, slip.shown)}.",
        (f"end the line with a backslash, so that {following} belongs to {name}",),
    )


def _blank(slip: Slip, name: str, following: str) -> tuple[str, tuple[str, ...]]:
    """A backslash makes the blank behind it a part of a word, so docker gets a word that begins with a blank."""
    what = (
        "the image (docker: invalid reference format)"
        if name.endswith(("run", "create"))
        else "the folder of the build"
    )
    return (
        f"There are blanks or a comment behind the backslash, so it continues nothing: {name} is given a word that begins with a blank, which it takes for {what} if none was named before, and the next line ({following}) is"
        f" run as a command of its own. So {_effect(name, slip.shown)}.",
        (
            "make the backslash the last character of the line, and put the comment on a line above the command",
            'or collect the options in an array, where comments may stand: ARGS=(…), then docker run "${ARGS[@]}" IMAGE',
        ),
    )


def _effect(name: str, shown: str) -> str:
    if not name.endswith(("run", "create")):
        return "the build stops for want of its folder, or runs without these options"
    if _OPTION.match(shown.strip()):
        return "docker run stops for want of an image, or starts without the options that follow"
    return "the container does not start as it is meant"


def _shown(text: str) -> str:
    bare = " ".join(text.split()).rstrip("\\").strip().rstrip(".")
    return bare if len(bare) <= 60 else f"{bare[:60]}…"


RULE = Rule(
    id="command-cut-short",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="docker run or docker build ends in the middle: a backslash is missing or has something behind it",
    seen=(
        "docker: 'docker run' requires at least 1 argument",
        "-it: command not found",
        "docker: invalid reference format",
    ),
    why=(
        "A backslash continues a line only if it is its last character. Without it, or with a blank or a comment behind it, the shell takes the next line for a new command. What was meant as an option"
        " (--gpus all, a volume, the image) does not reach docker."
    ),
    remedy=("make the backslash the last character of the line", "or collect the options in an array"),
    sources=_SOURCES,
    check=check,
)
