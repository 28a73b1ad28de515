"""The launch or the image asks for parts of the driver, and CUDA's is not among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Origin
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.components import cuda_components
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import cdi_devices, setting
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import below, leading

_SOURCES = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html",
    "https://github.com/moby/moby/blob/v28.2.2/daemon/nvidia_linux.go",
    "https://github.com/moby/moby/pull/50228",
)
_PARTS = frozenset({"compute", "compat32", "graphics", "utility", "video", "display"})  # those that Docker passes on
_CODECS = (("nvenc", "NVENC"), ("nvdec", "NVDEC"))
_BY_CDI = "29"  # its releases came to serve --gpus by CDI, which mounts the whole driver; no older one does


class Asked(NamedTuple):
    shown: str
    fact: str
    parts: frozenset[str]
    origin: Origin


class Needing(NamedTuple):
    label: str
    evidence: tuple[Evidence, ...]


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    asked = _of_request(facts) or _of_variable(facts)
    if asked is None:
        raise FactAbsent("nothing chooses among the parts of the driver")
    if {"compute", "all"} & asked.parts:
        return
    if cdi_devices(facts.launch) or "cdi" in (facts.host.toolkit_mode.get() or ""):
        raise FactAbsent("CDI mounts the whole driver")
    needing = _needing(facts, matrix)
    yield Finding(
        message=f"{asked.shown} leaves out compute: the container toolkit mounts no libcuda.so.1, and {needing.label} finds no CUDA driver. Only where the engine passes GPUs by CDI does this choice have no effect.",
        severity=Severity.ERROR if _by_hook(facts) else Severity.WARNING,
        remedy=(
            "leave only gpu in the request, and set NVIDIA_DRIVER_CAPABILITIES=compute,utility with what else is needed, such as video",
            "or name compute and utility in the request as well: capabilities: [gpu, compute, utility, video]",
        ),
        verify="docker run --rm --gpus all IMAGE sh -c 'ldconfig -p | grep libcuda.so.1'",
        at=asked.origin,
        evidence=(Evidence(asked.fact, ",".join(sorted(asked.parts)), str(asked.origin)), *needing.evidence),
        sources=_SOURCES,
    )


def _needing(facts: Facts, matrix: Matrix) -> Needing:
    """Also NVENC and NVDEC: ffmpeg opens libcuda.so.1 before libnvidia-encode or libnvcuvid, and libnvcuvid links to it.
    Source: https://github.com/FFmpeg/nv-codec-headers/blob/master/include/ffnvcodec/dynlink_loader.h"""
    try:
        components = cuda_components(facts, matrix)
    except FactUnknown:
        components = ()
    if components:
        return Needing(components[0].label, components[0].evidence)
    codecs = [name for use, name in _CODECS if use in (facts.uses.get() or ())]
    if not codecs:
        raise FactAbsent("nothing in the workload is known to need CUDA")
    return Needing(codecs[0], (of("uses", facts.uses),))


def _of_request(facts: Facts) -> Asked | None:
    """What a request names besides gpu becomes NVIDIA_DRIVER_CAPABILITIES, in place of the image's and the launch's."""
    launch = facts.launch
    for reservation in launch.reservations:
        parts = _PARTS & frozenset(reservation.capabilities or ())
        if parts and reservation.driver != "cdi":
            shown = f"capabilities: [{', '.join(reservation.capabilities or ())}]{_instead(facts)}"
            return Asked(shown, "launch.reservations.capabilities", parts, reservation.origin)
    parts = _PARTS & frozenset(launch.gpu_capabilities.get() or ())
    if not parts:
        return None
    return Asked(f"capabilities={','.join(sorted(parts))} in --gpus", "launch.gpu_capabilities", parts, launch.gpu_capabilities.origin)  # fmt: skip


def _instead(facts: Facts) -> str:
    """Somebody set the variable as well, and wonders."""
    try:
        found = setting(facts, "NVIDIA_DRIVER_CAPABILITIES")
    except FactAbsent:
        found = None
    return f", which takes the place of NVIDIA_DRIVER_CAPABILITIES={found.value[:60]} and" if found is not None else ""


def _of_variable(facts: Facts) -> Asked | None:
    found = setting(facts, "NVIDIA_DRIVER_CAPABILITIES")
    if found is None or not found.value.strip() or "$" in found.value:
        return None
    parts = frozenset(part.strip() for part in found.value.split(",") if part.strip())
    return Asked(f"NVIDIA_DRIVER_CAPABILITIES={found.value[:60]}", found.fact, parts, found.origin)


def _by_hook(facts: Facts) -> bool:
    """Is it known that the toolkit's hook mounts the driver, part by part?"""
    if facts.host.toolkit_mode.get() == "legacy":
        return True
    version = leading(facts.host.engine_version.get() or "")
    return facts.host.engine.get() == "docker" and version is not None and below(version, _BY_CDI) is True


RULE = Rule(
    id="driver-capabilities-without-compute",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the parts of the driver that are asked for leave out CUDA's",
    seen=(
        "libcuda.so.1: cannot open shared object file: No such file or directory",
        "RuntimeError: Found no NVIDIA driver on your system.",
    ),
    why="The container toolkit mounts the parts of the driver that NVIDIA_DRIVER_CAPABILITIES names; libcuda belongs to compute. Docker overwrites the variable with whatever capabilities a --gpus option or a compose reservation names besides gpu.",
    remedy=("name compute too", "or name only gpu in the request"),
    sources=_SOURCES,
    check=check,
)
