"""Seen inside the running container: CUDA does not start there, whatever the versions say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.components import Component, cuda_components
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_RELOAD = "https://github.com/NVIDIA/nvidia-container-toolkit/issues/48"
_CODES = "https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html"
_CAPABILITIES = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html"
_RESTART = (
    "start the container anew: it gets its devices back",
    "for good, on the host: sudo nvidia-ctk system create-dev-char-symlinks --create-all, or the cgroupfs driver for Docker",
)


class Seen(NamedTuple):
    fact: str
    value: str
    text: str
    remedy: tuple[str, ...]


# What cuInit returns, and what it comes from in a container.
_RESULTS = {
    100: ("no CUDA-capable device is detected", ("start it with --gpus all", "or look on the host whether nvidia-smi lists the GPU")),
    802: ("the system is not yet initialized", ("start nvidia-fabricmanager on the host, in the driver's release",)),
    803: (
        "the driver's libraries do not fit its kernel module",
        ("reboot the host after a driver upgrade", "or take the cuda-compat folder out of LD_LIBRARY_PATH"),
    ),
    804: ("this GPU may not use forward compatibility", ("take the cuda-compat folder out of LD_LIBRARY_PATH",)),
    999: ("an unknown error, mostly a device that cannot be opened", _RESTART),
}  # fmt: skip


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if facts.observed.get("container") is not True:
        raise FactAbsent("nothing was seen of a running container")
    if facts.host.driver.origin.path != facts.image.env.origin.path:
        raise FactAbsent("the container was seen on another host than this one")
    seen = _cgroup(facts) or _library(facts) or _result(facts)
    if seen is None:
        if _part(facts, "cuda").get("cuInit") != 0:
            raise FactAbsent("whether CUDA starts was not asked")
        return
    components = cuda_components(facts, matrix)
    if not components:
        raise FactAbsent("nothing in the workload is known to need CUDA")
    yield _finding(seen, components[0])


def _part(facts: Facts, name: str) -> Mapping[str, object]:
    part = facts.observed.get(name)
    return part if isinstance(part, dict) else {}


def _cgroup(facts: Facts) -> Seen | None:
    """Only where the container was given a GPU: else that it may not open one is no loss."""
    if _part(facts, "cgroup").get("nvidia_devices") is not False or not facts.host.gpus.get():
        return None
    text = (
        "the cgroup of this container no longer allows NVIDIA's devices, as after a systemctl daemon-reload on the host"
    )
    return Seen("observed.cgroup.nvidia_devices", "false", text, _RESTART)


def _library(facts: Facts) -> Seen | None:
    cuda = _part(facts, "cuda")
    if cuda.get("library") is not False:
        return None
    error = str(cuda.get("error") or "libcuda.so.1 cannot be loaded")[:200]
    remedy = ("start it with --gpus all", 'with "compute" in NVIDIA_DRIVER_CAPABILITIES, where that is set')
    return Seen("observed.cuda.library", "none", f"the driver's library is not in this container ({error})", remedy)


def _result(facts: Facts) -> Seen | None:
    code = _part(facts, "cuda").get("cuInit")
    if not isinstance(code, int) or code == 0:
        return None
    text, remedy = _RESULTS.get(
        code, ("see the CUDA driver API's error codes", ("look at nvidia-smi and dmesg on the host",))
    )
    return Seen("observed.cuda.cuInit", str(code), f"cuInit returns error {code} in this container: {text}", remedy)


def _finding(seen: Seen, component: Component) -> Finding:
    text = seen.text[0].upper() + seen.text[1:]
    return Finding(
        message=f"{text}. {component.label[0].upper()}{component.label[1:]} has no GPU here.",
        severity=Severity.ERROR,
        remedy=seen.remedy,
        verify="envdoctor selftest",
        at=component.origin,
        evidence=(Evidence(seen.fact, seen.value, "seen in the container"), *component.evidence),
        sources=(_RELOAD, _CODES, _CAPABILITIES),
    )


RULE = Rule(
    id="cuda-does-not-start",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="CUDA was seen not to start in the running container",
    seen=(
        "Failed to initialize NVML: Unknown Error",
        "CUDA error 999: unknown error",
        "RuntimeError: No CUDA GPUs are available",
    ),
    why="Versions can all fit and the GPU still be out of reach: the container was started without it, or lost it while it ran. `envdoctor probe` asks the driver inside the container.",
    remedy=("start the container with the GPU", "or start it anew, if it had one"),
    sources=(_RELOAD, _CODES, _CAPABILITIES),
    check=check,
)
