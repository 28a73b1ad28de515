"""The workload runs on this host only through the cuda-compat package in the image."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.components import below_floor, cuda_components
from envdoctor.judging.evidence import of, sentence
from envdoctor.judging.forward_compat import by_entrypoint, escape, not_activated
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import major


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    not_by_driver_number(facts.host)
    components = [component for component in cuda_components(facts, matrix) if component.cudas]
    driver = facts.host.driver.need()
    for component in components:
        below, floor = below_floor(driver, component.cudas, facts.host.is_windows, matrix)
        if not below:
            continue
        way = escape(facts, matrix, min(major(cuda) for cuda in component.cudas))
        if way.answer is not True:
            continue  # driver-too-old tells it
        yield _finding(facts, driver, component.label, floor.driver, way.basis, way.reason, way.sources)
        return


def _finding(
    facts: Facts, driver: str, label: str, floor: str, basis: str, reason: str, sources: tuple[str, ...]
) -> Finding:
    supported = basis == "matrix"
    past = "" if supported else ", a branch that NVIDIA's current table no longer lists (it is past its end of life)"
    return Finding(
        message=(
            f"{sentence(label)} is above what driver {driver} runs by itself ({floor} or newer is needed). It runs only through forward compatibility:"
            f" {reason}{past}. {_activation(facts)}"
        ),
        severity=Severity.NOTE if supported and not not_activated(facts) else Severity.WARNING,
        remedy=(
            f"upgrade the host's driver to {floor} or newer, which needs no compatibility package",
            "or start it with the image's own entrypoint, which activates its cuda-compat libraries"
            if by_entrypoint(facts)
            else "or keep the NVIDIA Container Toolkit at 1.17.5 or newer, so that the image's cuda-compat libraries are activated",
        ),
        verify="docker run --rm --gpus all IMAGE nvidia-smi",
        at=facts.image.reference.origin,
        evidence=(of("host.driver.version", facts.host.driver), of("image.compat", facts.image.compat)),
        sources=sources,
    )


def _activation(facts: Facts) -> str:
    if by_entrypoint(facts):
        return "The entrypoint of NGC images activates their cuda-compat libraries; under an ENTRYPOINT of your own they may stay inactive."
    if not_activated(facts):
        return "The stated NVIDIA Container Toolkit 1.17.4 does not activate the image's cuda-compat libraries."
    return "The NVIDIA Container Toolkit has to activate the image's cuda-compat libraries (every release but 1.17.4 does)."


RULE = Rule(
    id="needs-forward-compat",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="the workload runs on this driver only through the image's cuda-compat package",
    seen=(
        "CUDA driver version is insufficient for CUDA runtime version",
        "NOTE: CUDA Forward Compatibility mode ENABLED.",
    ),
    why=(
        "Below the floor of its CUDA major a program runs only with a newer libcuda than the host's, which the cuda-compat package in the"
        " image provides on data center GPUs. It is fine where NVIDIA's table lists the driver branch, and a warning where only older release"
        " notes or the image's own start gate do, or where the stated container toolkit does not activate it."
    ),
    remedy=("upgrade the host's driver", "use a container toolkit that activates cuda-compat (not 1.17.4)"),
    sources=("https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",),
    check=check,
)
