"""A size for /dev/shm together with the host's /dev/shm."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/reference/cli/docker/container/run/#ipc",
    "https://docs.podman.io/en/latest/markdown/podman-run.1.html",
    "https://github.com/containers/podman/blob/main/pkg/specgen/container_validate.go",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    if launch.ipc.get() != "host" or launch.shm_size.is_absent or not _is_given(facts):
        raise FactAbsent("the launch does not give both --ipc=host and a size of /dev/shm")
    podman = launch.how.startswith("podman")
    effect = (
        "Podman refuses to start it: cannot set shmsize when running in the host IPC namespace"
        if podman
        else "the container sees the host's /dev/shm with the host's size, and the size that is asked for does nothing"
    )
    yield Finding(
        message=f"The launch gives both --ipc=host and --shm-size: {effect}.",
        severity=Severity.ERROR if podman else Severity.NOTE,
        remedy=(
            "drop --shm-size and keep --ipc=host, where the container may see the host's shared memory",
            "or drop --ipc=host and keep --shm-size: /dev/shm is then the container's own",
        ),
        verify="docker run --rm … IMAGE df -h /dev/shm",
        at=launch.shm_size.origin,
        evidence=(of("launch.ipc", launch.ipc), of("launch.shm_size", launch.shm_size)),
        sources=_SOURCES,
    )


def _is_given(facts: Facts) -> bool:
    """A document tells the size that /dev/shm has; a launch the size that was asked for, which only the run may know."""
    launch = facts.launch
    if launch.how == "document" or not launch.stated:
        return False
    return launch.shm_size.is_known or "--shm-size is given" in launch.shm_size.reason


RULE = Rule(
    id="shm-size-ignored",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="--shm-size and --ipc=host are given together, and one of them does nothing",
    seen=("Error: invalid config provided: cannot set shmsize when running in the {host} IPC Namespace",),
    why=(
        "With --ipc=host a container mounts the host's /dev/shm, whose size is the host's; Docker takes no notice of --shm-size then, without a word. Podman refuses the pair."
    ),
    remedy=("drop one of the two",),
    sources=_SOURCES,
    check=check,
)
