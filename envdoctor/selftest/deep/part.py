"""One part of the deep self-test: what it needs to run, what its child does, and what its answers mean."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.selftest.verdict import FAILED, OK, SKIPPED, DeepResult

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

# torch.OutOfMemoryError: CUDA out of memory; CUDA failure 2: out of memory; CUBLAS_STATUS_ALLOC_FAILED
_NO_MEMORY = re.compile(r"out of memory|OutOfMemory|_ALLOC_FAILED|Failed to allocate memory|MemoryError", re.IGNORECASE)


class Asked(NamedTuple):
    """What a part is given. `gpus`: the CUDA indexes with room, None where it is not known or no GPU is needed."""

    need: str
    needs: tuple[str, ...]  # all of the image's
    quick: Mapping[str, Any]  # what the quick self-test observed
    notes: tuple[str, ...]
    gpus: tuple[int, ...] | None
    seconds: float = 60.0  # that this part has

    @property
    def installed(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.quick.get("installed") or {}
        return found


class Part(NamedTuple):
    """`weight` is its share of the time. The memory is what a run was seen to take, and half as much again; 0 GPU memory
    for a part that makes no CUDA context."""

    name: str
    weight: int
    memory_mib: int
    gpu_mib: int
    package: str  # its key in what is installed, "" if it needs no Python package
    work: Callable[[Asked], Callable[[Say], None]]
    judge: Callable[[Asked, Mapping[str, Any]], DeepResult]
    remedy: str  # where it crashes or hangs


def ok(need: str, text: str) -> DeepResult:
    return DeepResult(need, OK, text)


def failed(need: str, cause: str, remedy: str) -> DeepResult:
    """Where the GPU's memory or the machine's ran out, nothing is proven to be broken: the workload has it."""
    if _NO_MEMORY.search(cause):
        return skipped(need, f"there was not enough memory: {cause}")
    return DeepResult(need, FAILED, cause, remedy)


def skipped(need: str, reason: str, started: bool = True) -> DeepResult:
    return DeepResult(need, SKIPPED, reason, started=started)


def short(error: str) -> str:
    """In one line that leaves room for the remedy."""
    text = " ".join(error.split())
    return text if len(text) <= 400 else text[:399] + "…"


def other_python(site: str) -> str:
    """ "3.10" where the package lies in the folder of another Python than this one; its modules would not load."""
    match = re.search(r"/python(3\.[0-9]{1,3})/", site + "/")
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return match.group(1) if match and match.group(1) != ours else ""
