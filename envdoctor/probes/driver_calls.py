"""Asks the driver itself, through ctypes: CUDA first, then NVML, then the video libraries. Runs in a child (`child.ask`).

No CUDA context is made, so that nothing is left on a GPU and no memory of it is taken. Tells:

    libcuda_error | libcuda                why libcuda.so.1 cannot be loaded | the file that was
    cuInit, cuDriverGetVersion, gpus       the result codes, 12020, the names of the GPUs that CUDA sees
    libnvidia-ml_error, nvmlInit, nvml     the loader's error, the result code, {"driver": …, "gpus": [code of each]}
    libnvcuvid, libnvidia-encode           "" loaded, else the loader's error
    opened                                 {"/dev/nvidia0": errno or 0}, where CUDA or NVML failed
    cgroup_allows                          whether the device list of cgroup version 1 has them, where one gave EPERM
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

MOST_GPUS = 256
VIDEO = {"nvdec": "libnvcuvid", "nvenc": "libnvidia-encode"}


def ask(say: Say, video: Iterable[str] = ()) -> str:
    """`video`: names of VIDEO to try too. Returns libcuda's file, "" if none was loaded."""
    from envdoctor.probes.child import make_no_nodes
    from envdoctor.probes.device_nodes import nodes, opened

    make_no_nodes()
    # https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__INITIALIZE.html: no compiler is needed to be asked.
    os.environ["CUDA_FORCE_PRELOAD_LIBRARIES"] = "0"
    library = _cuda_library(say)
    fine = library is not None and _cuda(say, library)
    fine = _nvml(say) and fine
    for name in video:
        _library(say, f"{VIDEO[name]}.so.1", VIDEO[name])
    if not fine:
        say("call", "open of /dev/nvidia*")
        codes = opened("/", nodes("/"))
        say("opened", codes)
        if errno.EPERM in codes.values():
            from envdoctor.probes import cgroup

            say("cgroup_allows", cgroup.gpu_devices("/").get())
    return "" if library is None else _file_of(library, "cuInit")


def loaded(say: Say, name: str) -> Any:
    """The library, or the loader's error as text."""
    import ctypes

    say("call", f"dlopen of {name}")
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        return str(error)[:500]


def _library(say: Say, name: str, key: str) -> None:
    library = loaded(say, name)
    say(key, library if isinstance(library, str) else "")


def called(say: Say, library: Any, name: str, *arguments: object) -> int:
    """The function's result; -1 if the library has no such function."""
    say("call", name)
    function = getattr(library, name, None)
    return -1 if function is None else int(function(*arguments))


def _cuda_library(say: Say) -> Any:
    library = loaded(say, "libcuda.so.1")
    if isinstance(library, str):
        say("libcuda_error", library)
        return None
    say("libcuda", _file_of(library, "cuInit"))
    return library


def _cuda(say: Say, library: Any) -> bool:
    from ctypes import byref, c_int

    version = c_int(0)
    if called(say, library, "cuDriverGetVersion", byref(version)) == 0:
        say("cuDriverGetVersion", version.value)
    code = called(say, library, "cuInit", 0)
    say("cuInit", code)
    if code != 0:
        return False
    count = c_int(0)
    code = called(say, library, "cuDeviceGetCount", byref(count))
    names = [cuda_name(say, library, index) for index in range(min(max(count.value, 0), MOST_GPUS))]
    say("gpus", names if code == 0 else [])
    return code == 0 and bool(names)


def cuda_name(say: Say, library: Any, index: int) -> str:
    from ctypes import byref, c_int, create_string_buffer

    device, text = c_int(0), create_string_buffer(256)
    if called(say, library, "cuDeviceGet", byref(device), index) != 0:
        return ""
    if called(say, library, "cuDeviceGetName", text, len(text), device) != 0:
        return ""
    return text.value.decode("utf-8", "replace")


def _nvml(say: Say) -> bool:
    from ctypes import byref, c_uint, create_string_buffer

    library = loaded(say, "libnvidia-ml.so.1")
    if isinstance(library, str):
        say("libnvidia-ml_error", library)
        return True  # a container with the capability "compute" alone has none, and CUDA works
    code = nvml_started(say, library)
    say("nvmlInit", code)
    if code != 0:
        return False
    text, count = create_string_buffer(96), c_uint(0)
    driver = ""
    if called(say, library, "nvmlSystemGetDriverVersion", text, c_uint(len(text))) == 0:
        driver = text.value.decode("utf-8", "replace")
    called(say, library, "nvmlDeviceGetCount_v2", byref(count))
    states = [_nvml_state(say, library, index) for index in range(min(count.value, MOST_GPUS))]
    say("nvml", {"driver": driver, "gpus": states})
    return not any(states)


def nvml_started(say: Say, library: Any) -> int:
    code = called(say, library, "nvmlInitWithFlags", 0)
    return called(say, library, "nvmlInit_v2") if code == -1 else code


def _nvml_state(say: Say, library: Any, index: int) -> int:
    """0, or the NVML error that the GPU gives: 15 is lost, 16 needs a reset."""
    from ctypes import byref, c_ulonglong, c_void_p

    device, memory = c_void_p(), (c_ulonglong * 3)()
    code = called(say, library, "nvmlDeviceGetHandleByIndex_v2", index, byref(device))
    return code or called(say, library, "nvmlDeviceGetMemoryInfo", device, byref(memory))


def _file_of(library: Any, function: str) -> str:
    """The file that the loader chose, from dladdr(3); works without /proc."""
    import ctypes

    class Found(ctypes.Structure):
        _fields_ = [
            ("file", ctypes.c_char_p),
            ("base", ctypes.c_void_p),
            ("symbol", ctypes.c_char_p),
            ("address", ctypes.c_void_p),
        ]

    found = Found()
    try:
        address = ctypes.cast(getattr(library, function), ctypes.c_void_p)
        if ctypes.CDLL(None).dladdr(address, ctypes.byref(found)) and found.file:
            return os.path.realpath(os.fsdecode(found.file))
    except (AttributeError, OSError):
        pass
    return ""
