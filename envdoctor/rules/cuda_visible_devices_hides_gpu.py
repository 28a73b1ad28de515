"""CUDA_VISIBLE_DEVICES names no device that is there, so CUDA sees none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.judging.launching import Setting, asked_for_gpu, cdi_devices, setting, with_nvidia_runtime
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#cuda-environment-variables",)
_DEVICE = lazily(r"[0-9]{1,6}|GPU-[0-9A-Fa-f-]{1,40}|MIG-[0-9A-Za-z/-]{1,80}", re.ASCII)
_NAME = "CUDA_VISIBLE_DEVICES"


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    found = setting(facts, _NAME)
    if found is None or "$" in found.value:
        raise FactAbsent(f"{_NAME} is not stated")
    first = found.value.split(",")[0].strip().strip("\"'")
    if first in ("", "-1", "NoDevFiles"):
        yield from _switched_off(found, facts, matrix)
    elif not _DEVICE.fullmatch(first):
        what = f"{_NAME}={found.value[:40]} is not a list of devices ({first[:20]!r} is no index and no UUID): CUDA stops at the first entry that is not valid, and hides every GPU"
        yield _finding(what, found, facts, matrix, Severity.ERROR)
    elif first.isdigit() and (there := _given(facts)) is not None and int(first) >= there > 0:
        what = f"{_NAME}={found.value[:40]} starts with index {first}, and the container is given {there} GPU{'s' if there > 1 else ''}, which CUDA numbers from 0: it hides every GPU"
        yield _finding(what, found, facts, matrix, Severity.WARNING if _is_named_once(facts) else Severity.ERROR)


def _switched_off(found: Setting, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """On purpose, unless something else asks for the GPU."""
    asked = asked_for_gpu(facts.launch)
    if not asked and not facts.uses_stated and (facts.launch.stated or found.fact.startswith("launch")):
        raise FactAbsent("the GPU is switched off, and nothing in the launch asks for one")
    severity = Severity.ERROR if asked or facts.uses_stated else Severity.WARNING
    what = f"{_NAME}={found.value[:40] or '(empty)'} hides every GPU"
    yield _finding(
        f"{what}, and the launch asks for one ({asked.shown})" if asked else what, found, facts, matrix, severity
    )


def _given(facts: Facts) -> int | None:
    """How many GPUs the container is given; None where that is not known."""
    launch, host = facts.launch, facts.host.gpus.get()
    if host and any(gpu.mig for gpu in host):
        return None
    devices = cdi_devices(launch)
    asked = launch.gpus.get()
    if asked is None and with_nvidia_runtime(launch) and (visible := setting(facts, "NVIDIA_VISIBLE_DEVICES")):
        asked = visible.value if visible.value == "all" else f"device={visible.value}"
    if devices and asked is None:
        return None if any(name.endswith("=all") for name in devices) else len(set(devices))
    text = (asked or "").strip("\"'")
    if text == "all":
        return len(host) if host else None
    if text.isdigit():
        return int(text)
    if not text.startswith("device=") or ":" in text or "MIG-" in text:
        return None
    return (
        len([item for item in text.removeprefix("device=").strip("\"'").split(",") if item and "=" not in item]) or None
    )


def _is_named_once(facts: Facts) -> bool:
    """`--gpu A100` may stand for a machine with eight of them: whoever counts writes 8xA100."""
    gpus = facts.host.gpus
    is_all = (facts.launch.gpus.get() or "all").strip("\"'") == "all"
    return is_all and gpus.origin.path is None and len(gpus.get() or ()) == 1


def _finding(what: str, found: Setting, facts: Facts, matrix: Matrix, severity: Severity) -> Finding:
    """Where the contents cannot be read nobody knows whether something needs the GPU: a warning."""
    try:
        label = gpu_demand(facts, matrix).label
    except FactUnknown:
        label, severity = "what needs CUDA", Severity.WARNING
    return Finding(
        message=f"{what}. {label[0].upper() + label[1:] if label.startswith(('the ', 'what ', 'a ')) else label} finds no CUDA device.",
        severity=severity,
        remedy=(
            f"leave {_NAME} out: --gpus and NVIDIA_VISIBLE_DEVICES choose the GPUs of a container",
            f"or list indices as the container counts them, from 0: {_NAME}=0",
        ),
        verify='python -c "import torch; print(torch.cuda.device_count())"',
        at=found.origin,
        evidence=(Evidence(found.fact, found.value[:80] or '""', str(found.origin)),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="cuda-visible-devices-hides-gpu",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="CUDA_VISIBLE_DEVICES hides every GPU from CUDA",
    seen=("RuntimeError: No CUDA GPUs are available", "CUDA error 100: no CUDA-capable device is detected"),
    why='CUDA reads indices or UUIDs, and stops at the first entry that names no device. "all" is a word of NVIDIA_VISIBLE_DEVICES, which the container toolkit reads. Inside a container the GPUs that it was given are counted from 0.',
    remedy=("leave it out, or list indices from 0 or UUIDs",),
    sources=_SOURCES,
    check=check,
)
