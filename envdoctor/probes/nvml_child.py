"""Asks NVML through `pynvml`, in a process of its own, because a foreign native library may hang or crash.

Prints one JSON object:

    {"driver": "535.104.05", "cuda": 12020, "gpus": [{"name": "Tesla T4", "brand": 2, "capability": [7, 5],
     "memory": 16106127360, "mig": null, "ecc": 1, "uncorrected": 0, "compute_mode": 0, "pci": "00000000:65:00.0"}],
     "errors": {"nvmlInit": [9, "Driver Not Loaded"]}}

What a call could not tell is missing, with its NVML error number and text under `errors` (a GPU's own under its
`errors`). Without `pynvml`: {"missing": "No module named 'pynvml'"}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from envdoctor.probes.child import make_no_nodes

_MOST_GPUS = 256
_UNCORRECTED, _SINCE_START = 1, 0  # NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC
_UNKNOWN = 999  # NVML_ERROR_UNKNOWN
_NOT_SUPPORTED = 3  # NVML_ERROR_NOT_SUPPORTED: this GPU has no MIG


def main(parent: int) -> None:
    """The answer goes to the standard output; whatever the library itself prints there does not. `parent` is the process
    that waits for it."""
    _die_with(parent)
    answer = os.dup(1)
    os.dup2(2, 1)
    _forbid_core_dumps()
    make_no_nodes()
    content = memoryview(json.dumps(ask()).encode())
    while content:
        content = content[os.write(answer, content) :]
    os._exit(0)  # the library's own exit handlers may hang too


def _die_with(parent: int) -> None:
    """A library that hangs must not stay behind when the command is killed, nor when that ended before the kernel was
    told. The answer's pipe does not tell: for a moment after its main thread ended, another thread still holds it."""
    if sys.platform != "linux":
        return
    import ctypes

    try:
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    except (OSError, AttributeError):
        pass
    if os.getppid() != parent:
        os._exit(1)


def _forbid_core_dumps() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def ask() -> dict[str, object]:
    try:
        import pynvml
    except ImportError as error:
        return {"missing": str(error)}
    errors: dict[str, object] = {}
    if _call(pynvml, "nvmlInit", errors, pynvml.nvmlInit, True) is None:
        return {"errors": errors}
    count = _call(pynvml, "nvmlDeviceGetCount", errors, pynvml.nvmlDeviceGetCount)
    return {
        "driver": _call(pynvml, "nvmlSystemGetDriverVersion", errors, pynvml.nvmlSystemGetDriverVersion),
        "cuda": _call(pynvml, "nvmlSystemGetCudaDriverVersion", errors, pynvml.nvmlSystemGetCudaDriverVersion),
        "gpus": None if count is None else [_gpu(pynvml, index) for index in range(min(int(count), _MOST_GPUS))],
        "errors": errors,
    }


def _gpu(pynvml: Any, index: int) -> dict[str, object]:
    errors: dict[str, object] = {}
    handle = _call(pynvml, "nvmlDeviceGetHandleByIndex", errors, lambda: pynvml.nvmlDeviceGetHandleByIndex(index))
    if handle is None:
        return {"errors": errors}
    name = _call(pynvml, "nvmlDeviceGetName", errors, lambda: pynvml.nvmlDeviceGetName(handle))
    memory = _call(pynvml, "nvmlDeviceGetMemoryInfo", errors, lambda: pynvml.nvmlDeviceGetMemoryInfo(handle).total)
    mig = _call(pynvml, "nvmlDeviceGetMigMode", errors, lambda: pynvml.nvmlDeviceGetMigMode(handle)[0])
    if mig is None and errors.get("nvmlDeviceGetMigMode", [0])[0] == _NOT_SUPPORTED:  # type: ignore[index]
        mig = 0
    return {
        "name": _text(name),
        "brand": _call(pynvml, "nvmlDeviceGetBrand", errors, lambda: pynvml.nvmlDeviceGetBrand(handle)),
        "capability": _call(
            pynvml,
            "nvmlDeviceGetCudaComputeCapability",
            errors,
            lambda: list(pynvml.nvmlDeviceGetCudaComputeCapability(handle)),
        ),
        "memory": memory,
        "mig": mig,
        "ecc": _call(pynvml, "nvmlDeviceGetEccMode", errors, lambda: pynvml.nvmlDeviceGetEccMode(handle)[0]),
        "uncorrected": _call(
            pynvml,
            "nvmlDeviceGetTotalEccErrors",
            errors,
            lambda: pynvml.nvmlDeviceGetTotalEccErrors(handle, _UNCORRECTED, _SINCE_START),
        ),
        "compute_mode": _call(
            pynvml, "nvmlDeviceGetComputeMode", errors, lambda: pynvml.nvmlDeviceGetComputeMode(handle)
        ),
        "pci": _text(_call(pynvml, "nvmlDeviceGetPciInfo", errors, lambda: pynvml.nvmlDeviceGetPciInfo(handle).busId)),
        "errors": errors,
    }


def _text(value: Any) -> Any:
    """pynvml gave bytes until its release 11.5."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _call(
    pynvml: Any, name: str, errors: dict[str, object], function: Callable[[], Any], success: object = None
) -> Any:
    """What the function returns (`success` if it returns nothing); None if it failed, with its error noted."""
    try:
        value = function()
    except pynvml.NVMLError as error:
        errors[name] = [error.value, str(error)]
        return None
    except ValueError as error:  # pynvml decodes names strictly: UnicodeDecodeError
        errors[name] = [_UNKNOWN, f"gave text that cannot be read: {error}"[:200]]
        return None
    return success if value is None else value
