"""A GPU that is divided into MIG instances, and a launch that names none of them."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.judging.launching import setting
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/datacenter/tesla/mig-user-guide/",)
_VARIABLES = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    divided = [gpu for gpu in facts.host.gpus.get() or () if gpu.mig]
    if not divided:
        raise FactAbsent("no GPU of the host is known to be divided by MIG")
    if _named(facts):
        return
    demand = gpu_demand(facts, matrix)
    all_of_them = facts.launch.gpus.is_known
    yield Finding(
        message=f"{divided[0].label} is divided by MIG, and neither the launch nor CUDA_VISIBLE_DEVICES names an instance: a process uses one instance, the first that CUDA lists, and never several as one GPU. {demand.label[0].upper()}{demand.label[1:]} may share it with others while the rest stand idle.",
        severity=Severity.WARNING if all_of_them else Severity.NOTE,
        remedy=(
            "name the instance: docker run --gpus device=0:0, or --gpus device=MIG-UUID (nvidia-smi -L lists them)",
            "or inside: CUDA_VISIBLE_DEVICES=MIG-UUID, one process for each instance",
        ),
        verify="nvidia-smi -L",
        at=facts.launch.gpus.origin if all_of_them else facts.host.gpus.origin,
        evidence=(Evidence("host.gpus.mig", "true", str(facts.host.gpus.origin)), of("launch.gpus", facts.launch.gpus)),
        sources=_SOURCES,
    )


def _named(facts: Facts) -> bool:
    """An instance is MIG-UUID, or GPU:INSTANCE ("0:1")."""
    asked = [facts.launch.gpus.get() or "", *(facts.launch.devices.get() or ())]
    values = [found.value for name in _VARIABLES if (found := setting(facts, name))]
    texts = [*values, *(text.partition("=")[2] for text in asked)]
    return any("MIG-" in text or ":" in text.removeprefix("nvidia.com/") for text in texts)


RULE = Rule(
    id="mig-instance-not-named",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="the GPU is divided by MIG, and the launch names no instance",
    seen=("RuntimeError: No CUDA GPUs are available",),
    why="Under MIG a GPU is no device of its own: CUDA sees instances, takes the first that it may, and a process cannot use two. An index such as 1 does not mean the second instance.",
    remedy=("name an instance by its UUID in the launch, or in CUDA_VISIBLE_DEVICES",),
    sources=_SOURCES,
    check=check,
)
