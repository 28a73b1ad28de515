"""An option behind the image's name is an argument of the program in the container: docker does not see it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Slip
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/reference/cli/docker/container/run/",
    "https://docs.docker.com/engine/containers/run/#general-form",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not facts.launch.stated:
        raise FactAbsent("the launch is not stated")
    found = list(dict.fromkeys(slip for slip in facts.slips if slip.kind == "flag-after-image"))
    if found:
        yield _finding(found, facts)


def _finding(found: list[Slip], facts: Facts) -> Finding:
    first = found[0]
    options = " ".join(dict.fromkeys(slip.shown for slip in found))[:100]
    name = first.command or "docker run"
    gpu = any(slip.shown.startswith(("--gpus", "--runtime", "--device")) for slip in found)
    effect = (
        "the container gets no GPU" if gpu and not facts.launch.gpus.is_known else "the container starts without it"
    )
    return Finding(
        message=f"{options} stands behind the image, where it is an argument of the program in the container: {name} does not see it, and {effect}.",
        severity=Severity.WARNING,
        remedy=(f"put it in front of the image: {name} {options} … IMAGE COMMAND",),
        verify="docker inspect --format '{{.HostConfig.DeviceRequests}} {{.Args}}' CONTAINER",
        at=first.origin,
        evidence=(
            *(Evidence("slips", slip.shown[:80], str(slip.origin)) for slip in found[:4]),
            of("launch.gpus", facts.launch.gpus),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="option-after-image",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="an option of docker run stands behind the image and does nothing",
    seen=('exec: "--gpus": executable file not found in $PATH: unknown', "error: unrecognized arguments: --gpus all"),
    why=(
        "docker run reads its options up to the first word that is none, the image. All that follows is the command in the container: with an ENTRYPOINT its arguments, without one the program to start."
        " A warning, since the program may have an option of that name."
    ),
    remedy=("put options in front of the image",),
    sources=_SOURCES,
    check=check,
)
