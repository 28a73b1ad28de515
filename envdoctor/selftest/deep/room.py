"""Is there room to test, without taking anything from the workload? On each GPU, and in the memory of this container."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.probes import child, gpu_room, memory
from envdoctor.probes.child import Answers
from envdoctor.probes.presence import LIVE
from envdoctor.selftest import observed

_MIB = 1024 * 1024


class Gpu(NamedTuple):
    """None: not told, as with MIG or without NVML; then nothing speaks against a test."""

    name: str
    free: int | None
    total: int | None
    mode: int | None
    mig: int | None


def asked(until: float) -> Answers:
    return observed.remembered(child.ask(gpu_room.probe, until))


def of_gpus(answers: Answers | None) -> tuple[Gpu, ...] | None:
    """None where nobody could tell."""
    told = answers.told.get("gpu room") if answers else None
    return tuple(Gpu(**each) for each in told) if isinstance(told, list) and told else None


def allowed(gpus: Sequence[Gpu] | None, mib: int) -> tuple[tuple[int, ...] | None, str]:
    """The CUDA indexes of the GPUs that may be used, None for all; and why none may, "" if one may."""
    if gpus is None or not mib:
        return None, ""
    reasons = [_against(index, gpu, mib) for index, gpu in enumerate(gpus)]
    free = tuple(index for index, reason in enumerate(reasons) if not reason)
    return free, "" if free else reasons[0]


def _against(index: int, gpu: Gpu, mib: int) -> str:
    if gpu.mode in gpu_room.EXCLUSIVE:
        return f"GPU {index} is in exclusive compute mode, and the workload may need it"
    if gpu.mode == gpu_room.PROHIBITED:
        return f"GPU {index} is in compute mode Prohibited"
    if gpu.free is not None and gpu.free < mib * _MIB:
        return f"GPU {index} has {gpu.free // _MIB} MiB of memory free, and the test takes up to {mib}"
    return ""


def prohibited(gpus: Sequence[Gpu] | None) -> str:
    """What is wrong where no GPU may be used by anyone."""
    if not gpus or any(gpu.mode != gpu_room.PROHIBITED for gpu in gpus):
        return ""
    return f"the compute mode of {gpus[0].name or 'the GPU'} is Prohibited: no program may use CUDA on it"


def without_memory(mib: int) -> str:
    """Why the container's memory, or the machine's, does not hold the test; "" if it does or nobody tells."""
    left = memory.free(LIVE)
    if left is None or left >= mib * _MIB:
        return ""
    return f"{left // _MIB} MiB of memory are left to this container, and the test takes up to {mib}"
