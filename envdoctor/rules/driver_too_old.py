"""The host's driver is older than what a CUDA component of the workload needs."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.components import Component, anything_unseen, base_counts, below_floor, cuda_components
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, sentence
from envdoctor.judging.forward_compat import escape
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, major


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    not_by_driver_number(facts.host)
    components = cuda_components(facts, matrix)
    facts.host.driver.need()
    yield from each(components, lambda component: _judge(component, facts, matrix))
    anything_unseen(facts)


def _judge(component: Component, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not component.cudas:
        raise FactUnknown(f"which CUDA {component.label} was built with is not known{component.nearest}")
    driver = facts.host.driver.need()
    below, floor = below_floor(driver, component.cudas, facts.host.is_windows, matrix)
    if below is None:
        raise FactUnknown(_undecided(component, driver, floor.driver))
    if not below:
        return
    way_out = escape(facts, matrix, min(major(cuda) for cuda in component.cudas))
    if way_out.answer is True:
        return  # needs-forward-compat tells it
    certain = way_out.answer is False and (component.label != _base_label(facts) or base_counts(facts) is not None)
    yield Finding(
        message=f"{sentence(component.label)} cannot run on driver {driver}: {floor.rule}; {way_out.reason}.",
        severity=Severity.ERROR if certain else Severity.NOTE,
        remedy=_remedy(driver, floor.driver, facts, matrix),
        verify="nvidia-smi --query-gpu=driver_version --format=csv,noheader",
        at=component.origin,
        evidence=(of("host.driver.version", facts.host.driver), *component.evidence),
        sources=(*floor.sources, *way_out.sources)[:4],
    )
    if not certain:
        raise FactUnknown(way_out.reason if way_out.answer is None else _undecided(component, driver, floor.driver))


def _base_label(facts: Facts) -> str:
    return f"the image's CUDA {facts.image.cuda.get()}"


def _undecided(component: Component, driver: str, floor: str) -> str:
    choices = ", ".join(component.cudas[:4])
    return f"driver {driver} may or may not do for {component.label} (CUDA {choices}; floor {floor})"


def _remedy(driver: str, floor: str, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    upgrade = f"upgrade the host's driver to {floor} or newer"
    if not _driven(floor, facts, matrix):
        upgrade = f"use a GPU that driver {floor} still drives"
    runs = [number for number in (13, 12, 11) if _runs(number, driver, facts, matrix)]
    if not runs:
        return (upgrade,)
    older = f"use an image and wheels built for CUDA {runs[0]}.x, the newest that driver {driver} runs"
    return (upgrade, f"or {older}") if _driven(floor, facts, matrix) else (older, f"or {upgrade}")


def _driven(floor: str, facts: Facts, matrix: Matrix) -> bool:
    """Does that driver still drive the host's GPUs? R470 was the last for Kepler, R580 for Volta and older."""
    found = (matrix.architecture(gpu.compute_capability.get() or "") for gpu in facts.host.gpus.get() or ())
    return all(row is None or row.last_branch is None or row.last_branch >= major(floor) for row in found)


def _runs(number: int, driver: str, facts: Facts, matrix: Matrix) -> bool:
    row = matrix.major_floor(number)
    floor = (row.driver_windows if facts.host.is_windows else row.driver_linux) if row else None
    return bool(floor and at_least(driver, floor))


RULE = Rule(
    id="driver-too-old",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the driver is older than the floor of a CUDA release that the workload needs",
    seen=(
        "CUDA driver version is insufficient for CUDA runtime version (cudaErrorInsufficientDriver, 35)",
        "The NVIDIA driver on your system is too old (found version 11040)",
        "CUDA initialization: CUDA unknown error",
    ),
    why=(
        "A program built with CUDA 11, 12 or 13 runs on every driver from the floor of that major on (450.80.02, 525.60.13, 580.65.06 on"
        " Linux), whatever the minor: that is minor-version compatibility. CUDA 10.2 and older need the driver that the toolkit came with."
        " The driver table of a toolkit's release notes is not this floor. Below the floor only a cuda-compat package in the image can help,"
        " on data center GPUs and on the driver branches it supports."
    ),
    remedy=(
        "upgrade the host's driver to the floor or newer",
        "use an image and wheels of a CUDA major that the driver runs",
        "on data center GPUs: an image with the cuda-compat package that supports the driver's branch",
    ),
    sources=(
        "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",
        "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",
    ),
    check=check,
)
