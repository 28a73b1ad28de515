"""The host is known to have no NVIDIA driver or no GPU, and the workload needs one."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    without_driver = facts.host.driver.is_absent
    without_gpu = facts.host.gpus.is_known and not facts.host.gpus.need()
    if not without_driver and not without_gpu:
        raise FactAbsent("the host is not known to be without a driver or a GPU")
    demand = gpu_demand(facts, matrix)
    what = "no NVIDIA driver" if without_driver else "no NVIDIA GPU"
    yield Finding(
        message=f"The host has {what}, and {demand.label} needs one: docker run --gpus all does not start, and without --gpus everything runs on the CPU.",
        severity=Severity.ERROR,
        remedy=("install the NVIDIA driver on the host (not in the image)",)
        if without_driver
        else ("run it on a host with an NVIDIA GPU",),
        verify="nvidia-smi -L",
        at=demand.origin,
        evidence=(
            of("host.driver.version", facts.host.driver),
            of("host.gpus", facts.host.gpus),
            *demand.evidence,
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="host-without-gpu",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the host has no NVIDIA driver or no GPU, and the workload needs one",
    seen=(
        'could not select device driver "" with capabilities: [[gpu]]',
        "nvidia-container-cli: initialization error: nvml error: driver not loaded",
        "RuntimeError: Found no NVIDIA driver on your system.",
    ),
    why="The driver belongs to the host: the container runtime mounts its libraries into the container. An image cannot bring it.",
    remedy=("install the driver on the host", "or choose another host"),
    sources=_SOURCES,
    check=check,
)
