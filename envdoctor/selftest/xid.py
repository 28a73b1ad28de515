"""Xid errors of the kernel log, in words. They are notes: a Xid alone, which a program may have caused, makes nothing unhealthy.
Beside a GPU that the driver says is lost they name the cause.

Meanings: https://docs.nvidia.com/deploy/xid-errors/ , its catalogue
https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from envdoctor.selftest.verdict import Problem

_MEANINGS = {
    8: "GPU stopped processing", 13: "graphics engine exception, mostly the program's fault",
    31: "GPU memory page fault, mostly the program's fault", 32: "corrupted push buffer stream",
    38: "driver firmware error", 43: "GPU stopped processing, mostly the program's fault",
    44: "fault at a context switch", 45: "cleanup after an earlier error", 46: "GPU stopped processing",
    48: "double-bit ECC error", 61: "micro-controller breakpoint or warning", 62: "micro-controller halt",
    63: "memory page retired or row remapped", 64: "page retirement or row remapping failed",
    68: "video processor exception", 69: "graphics engine class error", 74: "NVLink error",
    79: "GPU has fallen off the bus", 92: "many single-bit ECC errors", 94: "contained memory error",
    95: "uncontained memory error", 109: "context switch timeout", 119: "GSP RPC timeout", 120: "GSP error",
    121: "C2C link error", 140: "unrecovered ECC error", 143: "GPU initialization error",
}  # fmt: skip
# After these a GPU may be gone until it is reset or the host restarted.
_TAKE_AWAY = (46, 48, 62, 64, 74, 79, 95, 119, 120, 140, 143)
_LOST = (15, 16)  # NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED
_MOST_NOTES = 5


def of_here(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Without those of the host's other GPUs, as far as the driver shows which are ours."""
    xids: Sequence[Mapping[str, Any]] = told.get("xids") or ()
    ours: Sequence[str] = told.get("pci") or ()
    return [item for item in xids if not ours or item["pci"] in ours]


def words(item: Mapping[str, Any]) -> str:
    meaning = _MEANINGS.get(item["xid"])
    return f"Xid {item['xid']}" + (f" ({meaning})" if meaning else "") + f" on the GPU at {item['pci']}"


def notes(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The newest first."""
    newest = sorted(of_here(told), key=lambda item: item["seconds"], reverse=True)
    return tuple(
        f"the kernel log has {words(item)}, {item['count']} times, the last {item['seconds']} s after the boot"
        if item["count"] > 1
        else f"the kernel log has {words(item)}, {item['seconds']} s after the boot"
        for item in newest[:_MOST_NOTES]
    )


def explained(problem: Problem, told: Mapping[str, Any]) -> Problem:
    """With the Xid that took the GPU away, where the driver itself says that one is lost, or does not answer."""
    states: Sequence[int] = (told.get("nvml") or {}).get("gpus", ())
    lost = problem.need == "cuda" and any(code in _LOST for code in states)
    if not lost and problem.need != "driver":
        return problem
    taking = [item for item in of_here(told) if item["xid"] in _TAKE_AWAY]
    if not taking:
        return problem
    last = max(taking, key=lambda item: item["seconds"])
    return problem._replace(cause=f"{problem.cause}; the kernel log has {words(last)}")
