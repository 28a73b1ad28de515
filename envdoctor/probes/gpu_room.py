"""What another program may still take of each GPU that CUDA sees, in a child (`child.ask`). No CUDA context is made. Tells:

    gpu room   [{"name": "Tesla T4", "free": bytes, "total": bytes, "mode": 0, "mig": 0}], in CUDA's order; None: not told

Modes are NVML's: 0 shared, 2 prohibited, 3 one process alone (exclusive).
https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.probes.driver_calls import MOST_GPUS, called, cuda_name, loaded, nvml_started

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

PROHIBITED, EXCLUSIVE = 2, (1, 3)


def probe(say: Say) -> None:
    from ctypes import byref, c_int

    from envdoctor.probes.child import make_no_nodes

    make_no_nodes()
    cuda = loaded(say, "libcuda.so.1")
    count = c_int(0)
    if isinstance(cuda, str) or called(say, cuda, "cuInit", 0) != 0:
        return
    called(say, cuda, "cuDeviceGetCount", byref(count))
    names = [cuda_name(say, cuda, index) for index in range(min(max(count.value, 0), MOST_GPUS))]
    nvml = loaded(say, "libnvidia-ml.so.1")
    if isinstance(nvml, str) or nvml_started(say, nvml) != 0:
        nvml = None
    say("gpu room", [{"name": name, **_room(say, cuda, nvml, index)} for index, name in enumerate(names)])


def _room(say: Say, cuda: Any, nvml: Any, index: int) -> dict[str, int | None]:
    """CUDA and NVML number the GPUs each in an order of their own; the PCI address tells which is which."""
    from ctypes import byref, c_int, c_uint, c_ulonglong, c_void_p, create_string_buffer

    found: dict[str, int | None] = {"free": None, "total": None, "mode": None, "mig": None}
    device, handle, address = c_int(0), c_void_p(), create_string_buffer(64)
    if nvml is None or called(say, cuda, "cuDeviceGet", byref(device), index) != 0:
        return found
    if called(say, cuda, "cuDeviceGetPCIBusId", address, len(address), device) != 0:
        return found
    if called(say, nvml, "nvmlDeviceGetHandleByPciBusId_v2", address, byref(handle)) != 0:
        return found
    memory, mode, mig, pending = (c_ulonglong * 3)(), c_uint(0), c_uint(0), c_uint(0)
    if called(say, nvml, "nvmlDeviceGetMigMode", handle, byref(mig), byref(pending)) == 0:
        found["mig"] = mig.value
    if called(say, nvml, "nvmlDeviceGetComputeMode", handle, byref(mode)) == 0:
        found["mode"] = mode.value
    if not found["mig"] and called(say, nvml, "nvmlDeviceGetMemoryInfo", handle, byref(memory)) == 0:
        found.update(total=memory[0], free=memory[1])  # with MIG it is the whole GPU's, of which only a part is ours
    return found
