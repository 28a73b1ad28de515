"""The driver branch does not drive this GPU: dropped by a newer branch, or newer than the driver."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts, FactUnknown, Gpu
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import ArchitectureRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    not_by_driver_number(facts.host)
    gpus = facts.host.gpus.need()
    driver = facts.host.driver.need()
    branch = matrix.branch(driver, windows=facts.host.is_windows)
    if branch is None:
        raise FactUnknown(
            f"driver {driver} is in no {_system(facts)} branch that the matrix knows{nearest_known.driver(driver, matrix)}{_windows(facts, matrix)}"
        )
    yield from each(gpus, lambda gpu: _judge(gpu, branch.branch, facts, matrix))


def _system(facts: Facts) -> str:
    return "Windows" if facts.host.is_windows else "Linux"


def _windows(facts: Facts, matrix: Matrix) -> str:
    """551.61 exists on Windows and in WSL only, where it is of R550."""
    found = matrix.branch(facts.host.driver.need(), windows=True)
    if facts.host.is_windows or found is None:
        return ""
    return f"; Windows has such numbers (R{found.branch}): if the host is WSL, state it (--host driver={facts.host.driver.get()},wsl=2)"


def _judge(gpu: Gpu, branch: int, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    capability = gpu.compute_capability.need()
    row = matrix.architecture(capability)
    if row is None:
        near = nearest_known.capability(capability, matrix)
        raise FactUnknown(f"the matrix does not know compute capability {capability}{near}")
    if row.last_branch is not None and branch > row.last_branch:
        yield _finding(gpu, row, facts, f"driver branch R{branch} no longer drives {row.name} GPUs; R{row.last_branch} was the last that does",
                       f"install a driver of branch R{row.last_branch}")  # fmt: skip
    if row.first_branch is not None and branch < row.first_branch:
        yield _finding(gpu, row, facts, f"driver branch R{branch} is older than {row.name} GPUs; R{row.first_branch} is the first that drives them",
                       f"upgrade the host's driver to branch R{row.first_branch} or newer")  # fmt: skip


def _finding(gpu: Gpu, row: ArchitectureRow, facts: Facts, what: str, remedy: str) -> Finding:
    return Finding(
        message=f"{gpu.label}: {what}. The GPU does not appear on this host.",
        severity=Severity.ERROR,
        remedy=(remedy,),
        verify="nvidia-smi -L",
        at=facts.host.driver.origin,
        evidence=(
            of("host.driver.version", facts.host.driver),
            of("host.gpus.compute_capability", gpu.compute_capability),
        ),
        sources=row.source or _SOURCES,
    )


RULE = Rule(
    id="gpu-not-in-driver",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the driver branch does not drive this GPU (dropped by a newer branch, or older than the GPU)",
    seen=(
        "No devices were found",
        "NVRM: The NVIDIA GPU … installed in this system is supported through the NVIDIA 580.xx Legacy drivers.",
    ),
    why=(
        "Each driver branch drives a range of GPU architectures: R470 was the last for Kepler, R580 the last for Maxwell, Pascal and Volta;"
        " Blackwell starts with R570. Outside the range the driver loads and finds no device."
    ),
    remedy=("install a driver branch that drives the GPU",),
    sources=_SOURCES,
    check=check,
)
