"""The driver's libraries are of another release than the kernel module that is loaded: nothing on the GPU starts until a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html",
    "https://github.com/NVIDIA/nvidia-container-toolkit/issues/394",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if is_jetson(facts.host):
        raise FactAbsent("a Jetson's kernel module numbers itself by the L4T release")
    if facts.host.kernel_module.is_unknown:  # hardly anyone states it, and an ordinary host has one release
        raise FactAbsent("which kernel module is loaded is not stated")
    module, driver = facts.host.kernel_module.need(), facts.host.driver.need()
    if _same(module, driver):
        return
    demand = gpu_demand(facts, matrix)
    yield Finding(
        message=(
            f"The driver's libraries are of release {driver}, and the kernel module that is loaded is of {module}: NVML fails with"
            f" Driver/library version mismatch and CUDA with error 803, so {demand.label} has no GPU."
        ),
        severity=Severity.ERROR,
        remedy=(
            "reboot the host, which loads the kernel module of the installed driver",
            "or, without a reboot, stop everything that uses the GPU, then: sudo rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia && sudo modprobe nvidia",
        ),
        verify="nvidia-smi",
        at=demand.origin,
        evidence=(
            of("host.driver.version", facts.host.driver),
            of("host.driver.kernel_module", facts.host.kernel_module),
            *demand.evidence,
        ),
        sources=_SOURCES,
    )


def _same(one: str, other: str) -> bool:
    """A partial version ("535") can be any release of its branch."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return all(first == second for first, second in pairs)


RULE = Rule(
    id="driver-library-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the driver's libraries are of another release than the kernel module that is loaded",
    seen=(
        "Failed to initialize NVML: Driver/library version mismatch",
        "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch",
        "CUDA error 803: system has unsupported display driver / cuda driver combination",
    ),
    why="A package upgrade replaces the driver's libraries at once; the kernel module stays the old one until it is loaded anew. The two must be of exactly the same release.",
    remedy=("reboot the host", "or unload and load the kernel modules while nothing uses the GPU"),
    sources=_SOURCES,
    check=check,
)
