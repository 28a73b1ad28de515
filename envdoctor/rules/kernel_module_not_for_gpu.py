"""The kernel module is of the wrong kind for the GPU: Blackwell needs the open one, GPUs before Turing the proprietary one."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Gpu
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://developer.nvidia.com/blog/nvidia-transitions-fully-towards-open-source-gpu-kernel-modules/",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if facts.host.open_kernel_module.is_unknown or facts.host.gpus.is_unknown:  # hardly anyone states it
        raise FactAbsent("the kind of kernel module and the GPUs are not both stated")
    if is_jetson(facts.host) or facts.host.is_windows:
        raise FactAbsent("a Jetson and Windows have kernel modules of their own")
    is_open = facts.host.open_kernel_module.need()
    yield from each(facts.host.gpus.need(), lambda gpu: _judge(gpu, is_open, facts, matrix))


def _judge(gpu: Gpu, is_open: bool, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    capability = gpu.compute_capability.get()
    row = matrix.architecture(capability) if capability else None
    if row is None:
        raise FactAbsent(f"which kernel modules drive {gpu.label} is not known")
    if row.kernel_modules is None or row.kernel_modules == ("open" if is_open else "proprietary"):
        return
    loaded = "open" if is_open else "proprietary"
    wanted = row.kernel_modules
    yield Finding(
        message=f"{gpu.label}: {row.name} GPUs (compute capability {capability}) need NVIDIA's {wanted} kernel modules, and the host has the {loaded} ones. The driver does not take the GPU, and nvidia-smi finds no devices.",
        severity=Severity.ERROR,
        remedy=(
            "install the open kernel modules: nvidia-open (NVIDIA's repository), nvidia-driver-580-open (Ubuntu), or the .run installer with -M open"
            if wanted == "open"
            else "install the proprietary kernel modules: cuda-drivers (NVIDIA's repository), or a nvidia-driver package without -open (Ubuntu), of branch R580 or older",
        ),
        verify="modinfo -F license nvidia",
        at=facts.host.open_kernel_module.origin,
        evidence=(
            of("host.driver.open_kernel_module", facts.host.open_kernel_module),
            of("host.gpus.compute_capability", gpu.compute_capability),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="kernel-module-not-for-gpu",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the kernel module is of a kind (open or proprietary) that does not drive this GPU",
    seen=(
        "NVRM: The NVIDIA GPU … installed in this system requires use of the NVIDIA open kernel modules.",
        "No devices were found",
    ),
    why="NVIDIA ships two kinds of kernel modules. Blackwell and later work with the open ones only; Maxwell, Pascal and Volta with the proprietary ones only; Turing to Hopper with either.",
    remedy=("install the other kind of kernel modules and reboot",),
    sources=_SOURCES,
    check=check,
)
